/** OCI image layouts (image-spec image-layout.md): a folder, or the tar that `--output type=oci,dest=FILE` writes. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { environmentError } from '../base/errors.ts'
import { parseObject } from '../base/json.ts'
import type { RegistryClient } from './client.ts'
import {
  type Descriptor,
  digestOf,
  isForeignLayer,
  isIndexType,
  isManifestType,
  OCI_INDEX,
  parseManifest,
} from './media-types.ts'
import { mapLimited } from './pool.ts'
import type { Repository } from './reference.ts'
import { indexTar } from './tar-index.ts'
import type { BlobSource } from './uploads.ts'

export interface OciLayout {
  readonly path: string
  /** The descriptors of index.json, each digest once. */
  readonly tops: readonly Descriptor[]
  has(digest: string): Promise<boolean>
  /** A blob, hashed and compared with its digest; for manifests and configurations (at most 16 MiB). */
  read(digest: string): Promise<Buffer>
  /** A blob to be streamed, straight from the tar: nothing is unpacked. */
  source(digest: string): Promise<BlobSource>
}

const MAX_READ = 16 * 1024 * 1024

/** A place that holds the files of a layout. */
interface Files {
  size(name: string): Promise<number | undefined>
  open(name: string): Readable
}

function inFolder(folder: string): Files {
  const at = (name: string): string => join(folder, ...name.split('/'))
  return {
    size: async (name) => (await stat(at(name)).catch(() => undefined))?.size,
    open: (name) => createReadStream(at(name)),
  }
}

async function inTar(file: string): Promise<Files> {
  const entries = await indexTar(file)
  return {
    size: (name) => Promise.resolve(entries.get(name)?.size),
    open: (name) => {
      const { offset = 0, size = 0 } = entries.get(name) ?? {}
      return size === 0
        ? Readable.from([])
        : createReadStream(file, { start: offset, end: offset + size - 1 })
    },
  }
}

const nameOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`

/** Opens a layout, folder or tar. Blobs in a tar are found by one pass over its headers; only small files are read. */
export async function openOciLayout(path: string): Promise<OciLayout> {
  const files = (await stat(path)).isDirectory() ? inFolder(path) : await inTar(path)
  const fault = (cause: string): Error =>
    environmentError({
      code: 'oci-layout',
      what: 'the image that was built cannot be read',
      cause,
      where: path,
      fix: 'build again; the disk may be full, or the builder wrote no OCI layout (output type=oci)',
    })
  const sizeOf = async (name: string): Promise<number> => {
    const size = await files.size(name)
    if (size === undefined) throw fault(`it has no ${name}`)
    return size
  }
  const bytesOf = async (name: string): Promise<Buffer> => {
    const size = await sizeOf(name)
    if (size > MAX_READ) throw fault(`${name} is larger than ${MAX_READ} bytes`)
    const chunks: Buffer[] = []
    for await (const chunk of files.open(name) as AsyncIterable<Buffer>) chunks.push(chunk)
    return Buffer.concat(chunks)
  }
  const version = parseObject(await bytesOf('oci-layout'))?.['imageLayoutVersion']
  if (version !== '1.0.0') throw fault('its oci-layout file does not say version 1.0.0')
  const index = parseManifest(await bytesOf('index.json'), OCI_INDEX)
  if ('reason' in index || index.kind !== 'index')
    throw fault(`index.json cannot be read${'reason' in index ? `: ${index.reason}` : ''}`)
  return {
    path,
    tops: [...new Map(index.manifests.map((top) => [top.digest, top])).values()],
    has: async (digest) => (await files.size(nameOf(digest))) !== undefined,
    read: async (digest) => {
      const bytes = await bytesOf(nameOf(digest))
      if (digestOf(bytes, digest) !== digest) throw fault(`the blob ${digest} does not have its digest`)
      return bytes
    },
    source: async (digest) => ({
      digest,
      size: await sizeOf(nameOf(digest)),
      open: () => files.open(nameOf(digest)),
    }),
  }
}

export interface PushedLayout {
  readonly digest: string
  readonly mediaType: string
  /** Blobs that were there, mounted, or sent. */
  readonly blobs: { exists: number; mounted: number; uploaded: number }
  readonly manifests: number
}

/**
 * Pushes an image of a layout (a path, or an open one) by digest, children first: nothing is visible under a tag.
 * `digest` chooses among several images in index.json. `mountFrom` names repositories of the same registry that may
 * have a blob already, for example the base's.
 */
export async function pushLayout(
  from: string | OciLayout,
  to: Repository,
  client: RegistryClient,
  options: {
    readonly signal: AbortSignal
    readonly digest?: string
    readonly concurrency?: number
    readonly mountFrom?: (digest: string) => string | undefined
  },
): Promise<PushedLayout> {
  const layout = typeof from === 'string' ? await openOciLayout(from) : from
  const registry = client.withSignal(options.signal)
  const top = chooseTop(layout, options.digest)
  const blobs = { exists: 0, mounted: 0, uploaded: 0 }
  /** Levels of manifests, the deepest last. */
  const levels: Node[][] = []
  const needed = new Map<string, Descriptor>()

  const collect = async (entry: Descriptor, depth: number): Promise<void> => {
    const bytes = await layout.read(entry.digest)
    const content = parseManifest(bytes, entry.mediaType)
    if ('reason' in content)
      throw environmentError({
        code: 'oci-layout',
        what: `the manifest ${entry.digest} that was built cannot be read`,
        cause: content.reason,
        where: layout.path,
        fix: 'build again with a current BuildKit',
      })
    const level = (levels[depth] ??= [])
    if (!level.some((node) => node.digest === entry.digest))
      level.push({ digest: entry.digest, bytes, mediaType: content.mediaType })
    if (content.kind === 'index') {
      for (const child of content.manifests) {
        if (isIndexType(child.mediaType) || isManifestType(child.mediaType)) await collect(child, depth + 1)
        else needed.set(child.digest, child)
      }
      return
    }
    for (const blob of [content.config, ...content.layers])
      if (!isForeignLayer(blob.mediaType)) needed.set(blob.digest, blob)
  }

  await collect(top, 0)
  const limit = options.concurrency ?? 4
  await mapLimited([...needed.keys()], limit, async (digest) => {
    // A lazy layer of the base may lie only in its registry; then ours must have it already.
    if (!(await layout.has(digest)) && (await registry.hasBlob(to, digest))) {
      blobs.exists++
      return
    }
    const mountFrom = options.mountFrom?.(digest)
    const source = await layout.source(digest)
    blobs[await registry.uploadBlob(to, source, mountFrom === undefined ? {} : { mountFrom })]++
  })
  let manifests = 0
  for (const level of levels.reverse()) {
    await mapLimited(level, limit, async (node) => {
      await registry.putManifest(to, node.bytes, node.mediaType, node.digest)
      manifests++
    })
  }
  return { digest: top.digest, mediaType: top.mediaType, blobs, manifests }
}

interface Node {
  readonly digest: string
  readonly bytes: Buffer
  readonly mediaType: string
}

function chooseTop(layout: OciLayout, digest: string | undefined): Descriptor {
  const [first, ...others] = layout.tops
  const chosen = digest === undefined ? first : layout.tops.find((top) => top.digest === digest)
  if (chosen !== undefined && (digest !== undefined || others.length === 0)) return chosen
  throw environmentError({
    code: 'oci-layout',
    what:
      chosen === undefined
        ? `the layout holds no ${digest ?? 'image'}`
        : 'the layout holds several images, and none is chosen',
    cause: `index.json names ${layout.tops.map((top) => top.digest).join(', ') || 'nothing'}`,
    where: layout.path,
    fix: 'build one image into one layout',
  })
}
