import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import { environmentError } from '../base/errors.ts'

/** A file of an archive. */
export interface ZipEntry {
  readonly name: string
  readonly content: Buffer
  /** Unix permissions. */
  readonly mode: number
}

const deflate = promisify(deflateRaw)
const LIMIT = 0xffff_ffff

/** MS-DOS time, two seconds fine, and date from 1980 on (APPNOTE 4.4.6), in UTC so that no machine's zone is in it. */
export function dosTime(seconds: number): { time: number; date: number } {
  const at = new Date(Math.max(seconds, Date.UTC(1980, 0, 1) / 1000) * 1000)
  return {
    time: (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1),
    date: (Math.min(at.getUTCFullYear() - 1980, 127) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate(),
  }
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1
  return value
})

/** CRC-32 (ISO 3309). node:zlib has one only from 20.15 on. */
export function crc32(data: Uint8Array): number {
  let value = 0xffff_ffff
  for (const byte of data) value = (TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8)
  return (value ^ 0xffff_ffff) >>> 0
}

/**
 * Writes a ZIP archive (PKWARE APPNOTE 6.3.10, deflate, no extra fields): the same entries and time give the same bytes.
 * One entry is in memory at a time.
 *
 * @param mtime seconds since the epoch, for every entry
 * @throws PipelineError environment `archive-too-large` beyond 4 GiB, where another format begins
 */
export async function writeZip(file: string, entries: readonly ZipEntry[], mtime: number): Promise<void> {
  const { time, date } = dosTime(mtime)
  const handle = await open(file, 'w')
  try {
    const directory: Buffer[] = []
    let at = 0
    const put = async (bytes: Buffer): Promise<void> => {
      await handle.write(bytes, 0, bytes.length, at)
      at += bytes.length
      if (at > LIMIT)
        throw environmentError({ code: 'archive-too-large', what: 'an archive is larger than 4 GiB', where: file, fix: 'set archive to tar.gz' }) // prettier-ignore
    }
    for (const { name, content, mode } of entries) {
      const packed = await deflate(content, { level: 9 })
      const title = Buffer.from(name, 'utf8')
      const common = Buffer.alloc(26)
      common.writeUInt16LE(20, 0) // needs version 2.0: deflate
      common.writeUInt16LE(0x0800, 2) // the name is UTF-8
      common.writeUInt16LE(8, 4) // deflate
      common.writeUInt16LE(time, 6)
      common.writeUInt16LE(date, 8)
      common.writeUInt32LE(crc32(content), 10)
      common.writeUInt32LE(packed.length, 14)
      common.writeUInt32LE(content.length, 18)
      common.writeUInt16LE(title.length, 22)
      const tail = Buffer.alloc(14)
      tail.writeUInt32LE(((0o100000 | mode) << 16) >>> 0, 6) // external attributes: a file with its mode
      tail.writeUInt32LE(at, 10)
      directory.push(Buffer.from([0x50, 0x4b, 1, 2, 20, 3]), common, tail, title) // made on Unix
      await put(Buffer.concat([Buffer.from([0x50, 0x4b, 3, 4]), common, title, packed]))
    }
    const start = at
    await put(Buffer.concat(directory))
    const end = Buffer.alloc(22)
    end.write('PK\u0005\u0006', 0, 'latin1')
    end.writeUInt16LE(entries.length, 8)
    end.writeUInt16LE(entries.length, 10)
    end.writeUInt32LE(at - start, 12)
    end.writeUInt32LE(start, 16)
    await put(end)
  } finally {
    await handle.close()
  }
}
