/** Where each file of a tar lies, without reading the files (POSIX ustar and pax, GNU long names). */
import { type FileHandle, open } from 'node:fs/promises'
import { environmentError } from '../base/errors.ts'

export interface TarEntry {
  /** Bytes from the beginning of the tar. */
  readonly offset: number
  readonly size: number
}

const BLOCK = 512
const MAX_EXTENSION = 1024 * 1024

/**
 * The regular files of an uncompressed tar by name. Reads the headers only, so a tar of gigabytes takes milliseconds and
 * no memory. Throws `tar-broken` for anything that is not one, with the offset.
 */
export async function indexTar(file: string): Promise<Map<string, TarEntry>> {
  const handle = await open(file, 'r')
  try {
    const { size: total } = await handle.stat()
    const entries = new Map<string, TarEntry>()
    let pax: Record<string, string> = {}
    let longName: string | undefined
    for (let at = 0; at < total;) {
      const header = await readAt(handle, at, BLOCK)
      if (header.every((byte) => byte === 0)) break
      const broken = (cause: string): Error =>
        environmentError({
          code: 'tar-broken',
          what: 'a tar file cannot be read',
          cause: `${cause} at byte ${at}`,
          where: file,
          fix: 'the disk may be full or the file cut off: make it again',
        })
      if (header.length < BLOCK) throw broken('the file ends within a header')
      if (!checksumFits(header)) throw broken('a header has a wrong checksum')
      const size = pax['size'] === undefined ? numberAt(header, 124, 12) : Number(pax['size'])
      if (!Number.isSafeInteger(size) || size < 0) throw broken('a header has no size')
      const type = String.fromCharCode(header[156] ?? 0)
      const data = at + BLOCK
      if (data + size > total) throw broken('the file ends within an entry')
      at = data + Math.ceil(size / BLOCK) * BLOCK
      if ((type === 'x' || type === 'L' || type === 'g') && size > MAX_EXTENSION)
        throw broken('an extension header is too large')
      if (type === 'x') pax = parsePax(await readAt(handle, data, size))
      else if (type === 'L') longName = textAt(await readAt(handle, data, size), 0, size)
      else if (type !== 'g') {
        const prefix = textAt(header, 257, 5) === 'ustar' ? textAt(header, 345, 155) : ''
        const short = textAt(header, 0, 100)
        const name = pax['path'] ?? longName ?? (prefix === '' ? short : `${prefix}/${short}`)
        if (type === '0' || type === '\0') entries.set(name.replace(/^\.\//, ''), { offset: data, size })
        pax = {}
        longName = undefined
      }
    }
    return entries
  } finally {
    await handle.close()
  }
}

async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await handle.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function textAt(bytes: Buffer, start: number, length: number): string {
  const field = bytes.subarray(start, start + length)
  const end = field.indexOf(0)
  return field.subarray(0, end < 0 ? length : end).toString('utf8')
}

/** Octal text, or base 256 when the first bit is set (GNU, files beyond 8 GiB). */
function numberAt(bytes: Buffer, start: number, length: number): number {
  const first = bytes[start] ?? 0
  if ((first & 0x80) !== 0) {
    let value = first & 0x7f
    for (const byte of bytes.subarray(start + 1, start + length)) value = value * 256 + byte
    return value
  }
  const text = textAt(bytes, start, length).trim()
  return text === '' ? 0 : /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN
}

function checksumFits(header: Buffer): boolean {
  let sum = 0
  for (const [at, byte] of header.entries()) sum += at >= 148 && at < 156 ? 0x20 : byte
  return numberAt(header, 148, 8) === sum
}

/** `<length> key=value\n` records (POSIX pax). */
function parsePax(bytes: Buffer): Record<string, string> {
  const records: Record<string, string> = {}
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(0x20, at)
    const length = blank < 0 ? Number.NaN : Number(bytes.subarray(at, blank).toString('latin1'))
    if (!Number.isSafeInteger(length) || length <= blank - at) break
    const record = bytes.subarray(blank + 1, at + length - 1).toString('utf8')
    const equals = record.indexOf('=')
    if (equals > 0) records[record.slice(0, equals)] = record.slice(equals + 1)
    at += length
  }
  return records
}
