/**
 * What the embedded registry keeps, as files. The folder is an OCI image layout as well (image-spec 1.1, image-layout.md): every blob
 * and manifest lies in `blobs/sha256`, `index.json` names the tags, so other tools read it without a registry. Beside it,
 * `repositories/NAME/` says what belongs to which repository: `_blobs/HEX`, `_manifests/HEX` (its media type), `_tags/TAG` (its digest).
 */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { readTextIfAny, writeAtomic } from '../base/files.ts'
import { digestOf } from './media-types.ts'

/** The store takes no more. */
export class StoreFull extends Error {}

export interface StoreLimits {
  /** Bytes of all blobs, manifests and unfinished uploads. */
  readonly maxBytes: number
  /** Uploads that are open at once. */
  readonly maxUploads: number
}

export interface StoredManifest {
  readonly bytes: Buffer
  readonly digest: string
  readonly mediaType: string
}

interface Upload {
  readonly file: string
  size: number
  busy: boolean
}

const hexOf = (digest: string): string => digest.replace(/^sha256:/, '')

/** Names and digests must have been checked: they become paths. */
export class EmbeddedStore {
  readonly #root: string
  readonly #limits: StoreLimits
  readonly #uploads = new Map<string, Upload>()
  #bytes = 0
  #writing: Promise<unknown> = Promise.resolve()

  private constructor(root: string, limits: StoreLimits) {
    this.#root = root
    this.#limits = limits
  }

  /** Opens a folder, new or filled by an earlier run; uploads that were not finished are dropped. */
  static async open(root: string, limits: StoreLimits): Promise<EmbeddedStore> {
    const store = new EmbeddedStore(root, limits)
    await rm(join(root, 'uploads'), { recursive: true, force: true })
    for (const folder of ['blobs/sha256', 'uploads', 'repositories'])
      await mkdir(join(root, folder), { recursive: true })
    await writeFile(join(root, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
    for (const name of await readdir(join(root, 'blobs', 'sha256')))
      store.#bytes += (await stat(store.#blob(name))).size
    return store
  }

  get bytes(): number {
    return this.#bytes
  }

  async repositories(): Promise<string[]> {
    const found: string[] = []
    const walk = async (path: string, name: string): Promise<void> => {
      const entries = await readdir(path, { withFileTypes: true })
      if (entries.some((entry) => entry.name === '_manifests')) found.push(name)
      for (const entry of entries)
        if (entry.isDirectory() && !entry.name.startsWith('_'))
          await walk(join(path, entry.name), name === '' ? entry.name : `${name}/${entry.name}`)
    }
    await walk(join(this.#root, 'repositories'), '')
    return found.sort()
  }

  /** Size of a blob of this repository; undefined when it is not there. */
  async blobSize(repository: string, digest: string): Promise<number | undefined> {
    if ((await this.#mark(repository, '_blobs', hexOf(digest))) === undefined) return undefined
    return (await stat(this.#blob(hexOf(digest))).catch(() => undefined))?.size
  }

  /** @param start first byte; @param end last byte, included */
  openBlob(digest: string, start: number, end: number): Readable {
    return createReadStream(this.#blob(hexOf(digest)), { start, end })
  }

  /** Takes a blob over from another repository; false when it is not there. */
  async mount(repository: string, digest: string, from: string): Promise<boolean> {
    if ((await this.blobSize(from, digest)) === undefined) return false
    await this.#link(repository, '_blobs', hexOf(digest), '')
    return true
  }

  async begin(): Promise<string> {
    if (this.#uploads.size >= this.#limits.maxUploads) throw new StoreFull('too many uploads are open')
    const id = randomUUID()
    const file = join(this.#root, 'uploads', id)
    await writeFile(file, '')
    this.#uploads.set(id, { file, size: 0, busy: false })
    return id
  }

  /** Bytes an upload has so far; undefined when there is none of that name. */
  uploaded(id: string): number | undefined {
    return this.#uploads.get(id)?.size
  }

  /** Adds to an upload. What arrived before a cut connection stays. Throws {@link StoreFull}. */
  async append(id: string, body: Readable): Promise<number> {
    const upload = this.#uploads.get(id)
    if (upload === undefined) throw new TypeError(`no upload ${id}`)
    if (upload.busy) throw new Error('this upload is being written to')
    upload.busy = true
    const counted = async function* (store: EmbeddedStore): AsyncGenerator<Buffer, void, undefined> {
      for await (const chunk of body as AsyncIterable<Buffer>) {
        if (store.#bytes + chunk.length > store.#limits.maxBytes)
          throw new StoreFull(`it holds ${store.#limits.maxBytes} bytes at most`)
        store.#bytes += chunk.length
        yield chunk
      }
    }
    try {
      await pipeline(counted(this), createWriteStream(upload.file, { flags: 'a' }))
    } finally {
      const { size } = await stat(upload.file)
      upload.size = size
      upload.busy = false
    }
    return upload.size
  }

  async cancel(id: string): Promise<boolean> {
    const upload = this.#uploads.get(id)
    if (upload === undefined) return false
    this.#uploads.delete(id)
    this.#bytes -= upload.size
    await rm(upload.file, { force: true })
    return true
  }

  /** Ends an upload; false, and the upload is gone, when its content is not what `digest` says. */
  async finish(id: string, repository: string, digest: string): Promise<boolean> {
    const upload = this.#uploads.get(id)
    if (upload === undefined) throw new TypeError(`no upload ${id}`)
    const hash = createHash('sha256')
    for await (const chunk of createReadStream(upload.file) as AsyncIterable<Buffer>) hash.update(chunk)
    const hex = hash.digest('hex')
    if (hex !== hexOf(digest)) {
      await this.cancel(id)
      return false
    }
    const known = await stat(this.#blob(hex)).catch(() => undefined)
    if (known !== undefined) await this.cancel(id)
    else {
      await rename(upload.file, this.#blob(hex))
      this.#uploads.delete(id)
    }
    await this.#link(repository, '_blobs', hex, '')
    return true
  }

  async manifest(repository: string, reference: string): Promise<StoredManifest | undefined> {
    const digest = reference.startsWith('sha256:')
      ? reference
      : await this.#mark(repository, '_tags', reference)
    if (digest === undefined) return undefined
    const mediaType = await this.#mark(repository, '_manifests', hexOf(digest))
    if (mediaType === undefined) return undefined
    return { bytes: await readFile(this.#blob(hexOf(digest))), digest, mediaType }
  }

  async putManifest(repository: string, bytes: Buffer, mediaType: string, tag?: string): Promise<string> {
    const digest = digestOf(bytes)
    const file = this.#blob(hexOf(digest))
    if ((await stat(file).catch(() => undefined)) === undefined) {
      if (this.#bytes + bytes.length > this.#limits.maxBytes)
        throw new StoreFull(`it holds ${this.#limits.maxBytes} bytes at most`)
      this.#bytes += bytes.length
      await writeAtomic(file, bytes)
    }
    await this.#link(repository, '_manifests', hexOf(digest), mediaType)
    if (tag !== undefined) {
      await this.#link(repository, '_tags', tag, digest)
      await this.#writeIndex()
    }
    return digest
  }

  async deleteManifest(repository: string, reference: string): Promise<boolean> {
    const stored = await this.manifest(repository, reference)
    if (stored === undefined) return false
    const folder = join(this.#root, 'repositories', ...repository.split('/'))
    if (reference.startsWith('sha256:')) {
      await rm(join(folder, '_manifests', hexOf(reference)), { force: true })
      for (const tag of await this.tags(repository))
        if ((await this.#mark(repository, '_tags', tag)) === reference) await rm(join(folder, '_tags', tag))
    } else await rm(join(folder, '_tags', reference), { force: true })
    await this.#writeIndex()
    return true
  }

  async tags(repository: string): Promise<string[]> {
    const folder = join(this.#root, 'repositories', ...repository.split('/'), '_tags')
    return (await readdir(folder).catch(() => [])).sort()
  }

  /** index.json of the layout; one at a time, so that an older one never replaces a newer. */
  #writeIndex(): Promise<void> {
    const work = this.#writing.then(async () => {
      const manifests: unknown[] = []
      for (const repository of await this.repositories())
        for (const tag of await this.tags(repository)) {
          const stored = await this.manifest(repository, tag)
          if (stored === undefined) continue
          const { digest, mediaType, bytes } = stored
          const annotations = { 'org.opencontainers.image.ref.name': `${repository}:${tag}` }
          manifests.push({ mediaType, digest, size: bytes.length, annotations })
        }
      const index = { schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests }
      await writeAtomic(join(this.#root, 'index.json'), JSON.stringify(index, null, 2))
    })
    this.#writing = work.catch(() => undefined)
    return work
  }

  #blob(hex: string): string {
    return join(this.#root, 'blobs', 'sha256', hex)
  }

  #mark(repository: string, kind: string, name: string): Promise<string | undefined> {
    return readTextIfAny(join(this.#root, 'repositories', ...repository.split('/'), kind, name))
  }

  async #link(repository: string, kind: string, name: string, content: string): Promise<void> {
    const folder = join(this.#root, 'repositories', ...repository.split('/'), kind)
    await mkdir(folder, { recursive: true })
    await writeAtomic(join(folder, name), content)
  }
}
