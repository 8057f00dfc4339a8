import { createHash } from 'node:crypto'
import { chmod, type FileHandle, mkdir, open, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { inflateRaw as inflateRawCallback } from 'node:zlib'
import { environmentError } from '../base/errors.ts'

/*
 * A small reader for the two zip files that we open: Go modules and Go's Windows archives. Own, because a module's
 * `h1:` hash is over the unpacked files (so every one must be read before any is trusted), because `unzip` is
 * missing on many runners, and because Expand-Archive takes minutes for 11,000 files.
 * Format: PKWARE APPNOTE 6.3.10, §4.3. Zip64, encryption and symbolic links are refused: Go's files have none.
 */

const inflateRaw = promisify(inflateRawCallback) as (
  data: Uint8Array,
  options: { maxOutputLength: number },
) => Promise<Buffer>

export interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly compressed: number
  readonly size: number
  readonly offset: number
  /** Unix permission bits, 0 when the archive was not made on Unix. */
  readonly mode: number
}

const MAX_ENTRIES = 65_534
const MAX_FILE = 1024 * 1024 * 1024
const MAX_TOTAL = 4 * MAX_FILE
/** Files handled at the same time: inflating runs in Node's thread pool. */
const LANES = 8

const broken = (file: string, cause: string): Error =>
  environmentError({
    code: 'archive-broken',
    what: 'a downloaded zip file cannot be opened',
    where: file,
    cause,
    fix: 'a proxy or mirror may have altered it: use another source',
  })

/** Opens a zip file, checks its directory, and closes it after `use`. */
export async function withZip<T>(file: string, use: (zip: Zip) => Promise<T>): Promise<T> {
  const handle = await open(file, 'r')
  try {
    return await use(new Zip(file, handle, await readDirectory(file, handle)))
  } finally {
    await handle.close()
  }
}

async function readDirectory(file: string, handle: FileHandle): Promise<ZipEntry[]> {
  const { size } = await handle.stat()
  // The end record has 22 bytes and a comment of at most 65,535.
  const tail = await readAt(file, handle, Math.max(0, size - 65_557), Math.min(size, 65_557))
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]))
  if (end < 0 || end + 22 > tail.length) throw broken(file, 'it has no end record (cut off, or no zip file)')
  const count = tail.readUInt16LE(end + 10)
  const length = tail.readUInt32LE(end + 12)
  const start = tail.readUInt32LE(end + 16)
  if (count > MAX_ENTRIES || start === 0xffffffff) throw broken(file, 'it is a zip64 archive')
  if (start + length > size) throw broken(file, 'its directory lies outside the file')
  const directory = await readAt(file, handle, start, length)
  const entries: ZipEntry[] = []
  const seen = new Set<string>()
  let total = 0
  for (let at = 0, i = 0; i < count; i++) {
    if (at + 46 > length || directory.readUInt32LE(at) !== 0x02014b50)
      throw broken(file, 'its directory is malformed')
    const nameLength = directory.readUInt16LE(at + 28)
    const next = at + 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
    if (next > length) throw broken(file, 'its directory is malformed')
    const name = directory.toString('utf8', at + 46, at + 46 + nameLength)
    const unix = directory.readUInt8(at + 5) === 3
    const attributes = unix ? directory.readUInt16LE(at + 40) : 0
    const entry: ZipEntry = {
      name,
      method: directory.readUInt16LE(at + 10),
      compressed: directory.readUInt32LE(at + 20),
      size: directory.readUInt32LE(at + 24),
      offset: directory.readUInt32LE(at + 42),
      mode: attributes & 0o777,
    }
    const kind = attributes & 0o170000
    total += entry.size
    if ((directory.readUInt16LE(at + 8) & 1) !== 0) throw broken(file, `${name} is encrypted`)
    if (entry.method !== 0 && entry.method !== 8)
      throw broken(file, `${name} has compression method ${entry.method}`)
    if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000) throw broken(file, `${name} is no regular file`)
    if (entry.size > MAX_FILE || total > MAX_TOTAL)
      throw broken(file, `${name} would unpack to too many bytes`)
    if (!isSafeName(name))
      throw broken(file, `the name ${JSON.stringify(name)} leads out of the archive or is not portable`)
    if (seen.has(name)) throw broken(file, `${name} is there twice`)
    seen.add(name)
    entries.push(entry)
    at = next
  }
  return entries
}

/** No way out of the target folder on any system: no `..`, absolute path, drive, backslash, stream or control character. */
export function isSafeName(name: string): boolean {
  if (name === '' || name.startsWith('/') || /[\\:*?"<>|\p{Cc}\ufffd]/u.test(name)) return false
  return name
    .replace(/\/$/, '')
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..')
}

async function readAt(file: string, handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length)
  let have = 0
  while (have < length) {
    const { bytesRead } = await handle.read(buffer, have, length - have, position + have)
    if (bytesRead === 0) throw broken(file, 'it ends too early')
    have += bytesRead
  }
  return buffer
}

export class Zip {
  readonly entries: readonly ZipEntry[]
  readonly #file: string
  readonly #handle: FileHandle

  constructor(file: string, handle: FileHandle, entries: readonly ZipEntry[]) {
    this.#file = file
    this.#handle = handle
    this.entries = entries
  }

  /** The unpacked bytes of one entry; its declared size is also the limit. */
  async read(entry: ZipEntry): Promise<Buffer> {
    const head = await readAt(this.#file, this.#handle, entry.offset, 30)
    if (head.readUInt32LE(0) !== 0x04034b50) throw broken(this.#file, `${entry.name} has no header`)
    const start = entry.offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28)
    const raw = await readAt(this.#file, this.#handle, start, entry.compressed)
    let bytes: Buffer
    try {
      bytes = entry.method === 0 ? raw : await inflateRaw(raw, { maxOutputLength: Math.max(1, entry.size) })
    } catch {
      throw broken(this.#file, `${entry.name} cannot be unpacked`)
    }
    if (bytes.length !== entry.size)
      throw broken(this.#file, `${entry.name} has not the size that the directory says`)
    return bytes
  }

  /**
   * Go's module hash of the whole archive (golang.org/x/mod/sumdb/dirhash Hash1): base64 of SHA-256 over the lines
   * `hex(SHA-256(file)), two blanks, name`, sorted by name.
   */
  async h1(signal?: AbortSignal): Promise<string> {
    const lines = new Map<string, string>()
    await inLanes(this.entries, signal, async (entry) => {
      const digest = createHash('sha256')
        .update(await this.read(entry))
        .digest('hex')
      lines.set(entry.name, `${digest}  ${entry.name}\n`)
    })
    const all = createHash('sha256')
    // Go sorts the bytes of the names, not UTF-16 units.
    const names = [...lines.keys()].map((name) => Buffer.from(name)).sort((a, b) => a.compare(b))
    for (const name of names) all.update(lines.get(name.toString()) ?? '')
    return `h1:${all.digest('base64')}`
  }

  /** Writes every file below `prefix` into `folder`. `executable` adds to the permission bits of the archive. */
  async unpack(
    folder: string,
    options: { prefix: string; executable?: (path: string) => boolean; signal?: AbortSignal },
  ): Promise<void> {
    const made = new Map<string, Promise<unknown>>()
    const ensure = (directory: string): Promise<unknown> => {
      const known = made.get(directory) ?? mkdir(directory, { recursive: true })
      made.set(directory, known)
      return known
    }
    await ensure(folder)
    await inLanes(this.entries, options.signal, async (entry) => {
      if (!entry.name.startsWith(options.prefix)) {
        throw broken(this.#file, `${entry.name} is not below ${options.prefix}`)
      }
      const path = entry.name.slice(options.prefix.length)
      if (path === '') return
      const target = join(folder, path)
      if (path.endsWith('/')) {
        await ensure(target)
        return
      }
      await ensure(dirname(target))
      const run = (entry.mode & 0o111) !== 0 || options.executable?.(path) === true
      await writeFile(target, await this.read(entry), { flag: 'wx' })
      // Not by `mode` of the write: the umask would take bits away.
      if (run) await chmod(target, 0o755)
    })
  }
}

/** `work` for every item, a few at a time; the first failure stops the rest. */
async function inLanes<T>(
  items: readonly T[],
  signal: AbortSignal | undefined,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  let failed = false
  const lane = async (): Promise<void> => {
    for (const item of queue) {
      if (failed) return
      signal?.throwIfAborted()
      try {
        await work(item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const results = await Promise.allSettled(Array.from({ length: LANES }, lane))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}
