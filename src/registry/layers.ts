/** Hashing a layer's content: what its bytes decompress to. */
import { createHash } from 'node:crypto'
import { finished, pipeline } from 'node:stream/promises'
import type { Readable, Transform } from 'node:stream'
import * as zlib from 'node:zlib'

export type Compression = 'none' | 'gzip' | 'zstd'

/** Node has zstd from 22.15 and 23.8 on. */
const zstd = (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress

export const canDecompress = (compression: Compression): boolean =>
  compression !== 'zstd' || zstd !== undefined

/** What the first bytes say: gzip (RFC 1952) and zstd (RFC 8878) have magic numbers, zstd also skippable frames. */
export function sniffCompression(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  const magic = head.length < 4 ? 0 : Buffer.from(head).readUInt32LE(0)
  return magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5 ? 'zstd' : 'none'
}

export interface LayerFacts {
  /** `sha256:<hex>` of the uncompressed tar; undefined when this Node cannot decompress it. */
  readonly diffId?: string
  /** What the bytes really are. */
  readonly actual: Compression
  /** Why the content could not be decompressed. */
  readonly broken?: string
}

/**
 * Reads a verified blob to its end in constant memory and hashes what it decompresses to. Errors of the stream itself
 * (registry, digest) are thrown; bytes that do not decompress are reported, after the rest has been verified.
 */
export async function hashLayer(open: () => Readable, declared: Compression): Promise<LayerFacts> {
  let actual: Compression = 'none'
  let sourceFailure: { error: unknown } | undefined
  const source = open()
  const sniffed = async function* (stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    let first = true
    try {
      for await (const chunk of stream) {
        if (first && chunk.length > 0) {
          first = false
          actual = sniffCompression(chunk)
        }
        yield chunk
      }
    } catch (error) {
      sourceFailure = { error }
      throw error
    }
  }
  const hash = createHash('sha256')
  const hashing = async (stream: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of stream) hash.update(chunk)
  }
  const decompress = declared === 'gzip' ? zlib.createGunzip() : declared === 'zstd' ? zstd?.() : undefined
  try {
    if (decompress === undefined) await pipeline(source, sniffed, hashing)
    else await pipeline(source, sniffed, decompress, hashing)
  } catch (error) {
    const failed = sourceFailure as { error: unknown } | undefined
    if (failed !== undefined) throw failed.error
    // The digest comes first: damaged bytes are told as such, and only whole ones as badly compressed.
    const again = open()
    again.resume()
    await finished(again)
    return { actual, broken: error instanceof Error ? error.message : String(error) }
  }
  return { actual, ...(canDecompress(declared) ? { diffId: `sha256:${hash.digest('hex')}` } : {}) }
}
