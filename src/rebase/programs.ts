import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import * as zlib from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { messageOf } from '../base/errors.ts'
import { isElf, readElf } from '../checks/elf.ts'
import { type Descriptor, layerCompression } from '../registry/media-types.ts'

/** A Go program is far smaller; more is not held in memory. */
const MAX_PROGRAM = 512 * 1024 * 1024

/**
 * Why the programs in an image's own layers need something of the base: a loader, a library, or an interpreter. Undefined when
 * they stand on their own, and the entry point is one of them.
 *
 * @param open streams a layer, verified
 */
export async function programFault(
  layers: readonly Descriptor[],
  entrypoint: unknown,
  open: (layer: Descriptor) => Readable,
): Promise<string | undefined> {
  const [program] = Array.isArray(entrypoint) ? (entrypoint as unknown[]) : []
  if (typeof program !== 'string' || !program.startsWith('/')) return 'its entry point is no absolute path of a program'
  const wanted = clean(program)
  const seen = new Set<string>()
  for (const layer of layers) {
    const fault = await visitFiles(layer, open, (path, bytes) => {
      seen.add(path)
      return isElf(bytes) ? elfFault(path, bytes) : Promise.resolve(path === wanted ? `${path} is no program for Linux` : undefined)
    })
    if (fault !== undefined) return fault
  }
  return seen.has(wanted) ? undefined : `its program ${program} is not in its own layers`
} // prettier-ignore

async function elfFault(path: string, bytes: Buffer): Promise<string | undefined> {
  const facts = await readElf((offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)))
  if ('reason' in facts) return `${path} is ${facts.reason}`
  if (facts.static) return undefined
  const needs = [...(facts.interpreter === undefined ? [] : [facts.interpreter]), ...facts.needed]
  return `${path} is linked dynamically (${needs.join(', ')}): the new base may have other versions of its libraries`
}

/** Hands over ELF files whole and of all others their head; ends at the first answer. Faults of the layer are an answer too. */
async function visitFiles(
  layer: Descriptor,
  open: (layer: Descriptor) => Readable,
  visit: (path: string, bytes: Buffer) => Promise<string | undefined>,
): Promise<string | undefined> {
  let answer: string | undefined
  const tar = extract()
  const reading = async (): Promise<void> => {
    for await (const entry of tar as AsyncIterable<Readable & { header: Header }>) {
      const { name, type } = entry.header
      const bytes = await content(entry)
      if (type === 'file' && bytes !== undefined) answer ??= await visit(clean(name), bytes)
      else if (type === 'file') answer ??= `${clean(name)} is larger than ${MAX_PROGRAM} bytes`
    }
  }
  try {
    await Promise.all([reading(), pipeline([open(layer), ...decompressor(layer.mediaType), tar])])
  } catch (error) {
    // What the registry says is told as such; it has a code of its own.
    if (error instanceof Error && error.name === 'PipelineError') throw error
    return `one of its own layers cannot be read: ${messageOf(error)}`
  }
  return answer
}

/** Whole for an ELF file, the first piece for others; undefined when it is too large. The stream is read to its end. */
async function content(entry: AsyncIterable<Buffer>): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of entry) {
    size += chunk.length
    const head = chunks[0] ?? chunk
    if (chunks.length === 0 || (isElf(head) && size <= MAX_PROGRAM)) chunks.push(chunk)
  }
  return size > MAX_PROGRAM && isElf(chunks[0] ?? Buffer.alloc(0)) ? undefined : Buffer.concat(chunks)
}

const zstd = (zlib as { createZstdDecompress?: () => zlib.Gunzip }).createZstdDecompress

function decompressor(mediaType: string): zlib.Gunzip[] {
  const compression = layerCompression(mediaType)
  if (compression === 'gzip') return [zlib.createGunzip()]
  if (compression !== 'zstd') return []
  if (zstd === undefined)
    throw new Error(`this Node (${process.version}) cannot read zstd: use 22.15 or newer`)
  return [zstd()]
}

const clean = (name: string): string => name.replace(/^(?:\.?\/)+/, '')
