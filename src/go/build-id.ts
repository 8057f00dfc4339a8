import { open } from 'node:fs/promises'

const PREFIX = 64 * 1024
const MARKER = Buffer.from('\xff Go build ID: "', 'latin1')
/** An ELF note: name size 4, then the description's size, type 4, the name "Go". */
const NOTE_TAIL = Buffer.from('\x04\0\0\0Go\0\0', 'latin1')

/**
 * The Go build ID of a binary, as `go tool buildid` prints it (that tool is not shipped with Go 1.25 and later, but
 * compiled when asked for). It names the content: action ID / main package / link inputs / content
 * (cmd/internal/buildid). An empty string when there is none (-buildid=).
 */
export async function readBuildId(file: string): Promise<string> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(PREFIX), 0, PREFIX, 0)
    return findBuildId(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

/** ELF keeps it in a note; Mach-O and PE begin their code with `\xff Go build ID: "…"\n \xff`. */
export function findBuildId(head: Buffer): string {
  if (head.subarray(0, 4).toString('latin1') === '\x7fELF') {
    const big = head[5] === 2
    const tail = big ? Buffer.from('\0\0\0\x04Go\0\0', 'latin1') : NOTE_TAIL
    for (let at = head.indexOf(tail); at >= 0; at = head.indexOf(tail, at + 1)) {
      if (at < 8) continue
      const nameSize = big ? head.readUInt32BE(at - 8) : head.readUInt32LE(at - 8)
      const size = big ? head.readUInt32BE(at - 4) : head.readUInt32LE(at - 4)
      const start = at + tail.length
      if (nameSize === 4 && size > 0 && start + size <= head.length)
        return head.subarray(start, start + size).toString('latin1')
    }
  }
  const at = head.indexOf(MARKER)
  if (at < 0) return ''
  const start = at + MARKER.length
  const end = head.indexOf('"', start)
  return end < 0 ? '' : head.subarray(start, end).toString('latin1')
}
