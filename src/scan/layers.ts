import { createReadStream } from 'node:fs'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable, Transform } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import * as zlib from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { environmentError, messageOf } from '../base/errors.ts'
import { sniffCompression } from '../registry/layers.ts'

/** What a layer of an image brings, as far as scanners ask. */
export interface LayerContent {
  /** Every path, without leading slash. */
  readonly paths: ReadonlySet<string>
  /** Paths that the layer removes from those below (`.wh.NAME`). */
  readonly removed: ReadonlySet<string>
  /** Folders whose earlier content is gone (`.wh..wh..opq`). */
  readonly opaque: ReadonlySet<string>
  /** Go programs: path in the image to the file here. */
  readonly programs: ReadonlyMap<string, string>
}

/** `\xff Go buildinf:`: the head of the build information that the linker puts into every Go program (debug/buildinfo). */
const BUILD_INFO = Buffer.from([0xff, ...Buffer.from(' Go buildinf:')])
const WHITEOUT = '.wh.'

/** Node has zstd from 22.15 and 23.8 on. */
const zstd = (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress

/**
 * Reads a layer once: names, whiteouts (OCI image-spec layer.md), and its Go programs, which are put into `folder`. Others
 * are never written. Constant memory but for the names.
 *
 * @throws PipelineError environment `scan-layer`
 */
export async function readLayer(file: string, folder: string): Promise<LayerContent> {
  const paths = new Set<string>()
  const removed = new Set<string>()
  const opaque = new Set<string>()
  const programs = new Map<string, string>()
  await mkdir(folder, { recursive: true })
  const tar = extract()
  let number = 0
  const visit = async (header: Header, stream: Readable): Promise<void> => {
    const path = cleanPath(header.name)
    const cut = path.lastIndexOf('/') + 1
    const name = path.slice(cut)
    if (name === '.wh..wh..opq') opaque.add(path.slice(0, Math.max(0, cut - 1)))
    else if (name.startsWith(WHITEOUT)) removed.add(path.slice(0, cut) + name.slice(WHITEOUT.length))
    else if (path !== '') paths.add(path)
    if (header.type === 'link') {
      const same = programs.get(cleanPath(header.linkname))
      if (same !== undefined) programs.set(path, same)
    }
    if (header.type !== 'file' && header.type !== 'contiguous-file') return drain(stream)
    const out = join(folder, String(number++))
    if (await keepProgram(stream, out)) programs.set(path, out)
  }
  try {
    await Promise.all([
      (async () => {
        for await (const entry of tar as AsyncIterable<Readable & { header: Header }>)
          await visit(entry.header, entry)
      })(),
      pipeline([createReadStream(file), ...(await decompressor(file)), tar]),
    ])
  } catch (error) {
    throw environmentError(
      {
        code: 'scan-layer',
        what: 'a layer of the image cannot be read',
        cause: messageOf(error),
        fix: 'zstd layers need Node 22.15 or newer; another fault means that the layer is no tar: build the image again',
      },
      { cause: error },
    )
  }
  return { paths, removed, opaque, programs }
}

async function decompressor(file: string): Promise<Transform[]> {
  const handle = await open(file, 'r')
  const head = Buffer.alloc(4)
  await handle.read(head, 0, 4, 0).finally(() => handle.close())
  const compression = sniffCompression(head)
  if (compression === 'none') return []
  if (compression === 'gzip') return [zlib.createGunzip()]
  if (zstd === undefined) throw new Error(`this Node (${process.version}) cannot read zstd`)
  return [zstd()]
}

const cleanPath = (name: string): string => name.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '')

/** ELF, PE and Mach-O (both byte orders, and fat). */
export function isProgram(head: Uint8Array): boolean {
  if (head.length < 4) return false
  const magic = Buffer.from(head).readUInt32BE(0)
  return (
    magic === 0x7f454c46 ||
    magic >>> 16 === 0x4d5a ||
    [0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe].includes(magic)
  )
}

/** Writes the entry to `out` when it is a program, and keeps it when Go made it. Reads it to its end in any case. */
async function keepProgram(stream: Readable, out: string): Promise<boolean> {
  const chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  while (head.length < 4) {
    const next = await chunks.next()
    if (next.done === true) return false
    head = Buffer.concat([head, next.value])
  }
  const program = isProgram(head)
  const search = new Search(BUILD_INFO)
  const handle = program ? await open(out, 'w') : undefined
  try {
    for (let chunk: Buffer = head; ;) {
      search.add(chunk)
      await handle?.writeFile(chunk)
      const next = await chunks.next()
      if (next.done === true) break
      chunk = next.value
    }
  } finally {
    await handle?.close()
  }
  if (program && !search.found) await rm(out, { force: true })
  return program && search.found
}

/** Finds bytes in a stream, also across two pieces of it. */
class Search {
  readonly #wanted: Buffer
  #tail = Buffer.alloc(0)
  #found = false

  constructor(wanted: Buffer) {
    this.#wanted = wanted
  }

  get found(): boolean {
    return this.#found
  }

  add(chunk: Buffer): void {
    if (this.#found) return
    const edge = Buffer.concat([this.#tail, chunk.subarray(0, this.#wanted.length)])
    this.#found = edge.includes(this.#wanted) || chunk.includes(this.#wanted)
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-this.#wanted.length)]).subarray(
      -this.#wanted.length,
    )
  }
}

async function drain(stream: Readable): Promise<void> {
  stream.resume()
  await finished(stream)
}

/** What is visible in the image after all layers. Bottom layer first. */
export function visible(layers: readonly LayerContent[]): {
  paths: Set<string>
  programs: Map<string, string>
} {
  const paths = new Set<string>()
  const programs = new Map<string, string>()
  const drop = (gone: (path: string) => boolean): void => {
    for (const path of paths) {
      if (!gone(path)) continue
      paths.delete(path)
      programs.delete(path)
    }
  }
  for (const layer of layers) {
    for (const folder of layer.opaque) drop((path) => folder === '' || path.startsWith(`${folder}/`))
    if (layer.removed.size > 0) drop((path) => ancestors(path).some((one) => layer.removed.has(one)))
    for (const path of layer.paths) {
      paths.add(path)
      programs.delete(path)
    }
    for (const [path, file] of layer.programs) programs.set(path, file)
  }
  return { paths, programs }
}

/** The path itself and every folder it is in. */
function ancestors(path: string): string[] {
  const parts = path.split('/')
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'))
}

/** Databases of package managers, and what other languages leave: what grype reads and govulncheck does not. */
const PACKAGES =
  /^(?:var\/lib\/dpkg\/status(?:\.d\/.+)?|(?:usr\/)?lib\/apk\/db\/installed|(?:var\/lib|usr\/lib\/sysimage)\/rpm\/.+|var\/lib\/pacman\/local\/.+|.*\/node_modules\/.+\/package\.json|.*\.dist-info\/METADATA|.*\.(?:jar|war|ear)|.*\/specifications\/.+\.gemspec)$/

/** Whether something else than Go programs is in the image that has versions. */
export const hasPackages = (paths: Iterable<string>): boolean => {
  for (const path of paths) if (PACKAGES.test(path)) return true
  return false
}
