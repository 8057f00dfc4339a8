/** Checking the layers of an image: there, whole, and unpacking to what the configurations say. */
import { availableParallelism } from 'node:os'
import type { Readable } from 'node:stream'
import { Turns } from '../base/turns.ts'
import type { RegistryClient } from './client.ts'
import { type Compression, hashLayer } from './layers.ts'
import { type Descriptor, layerCompression } from './media-types.ts'
import type { Repository } from './reference.ts'
import { REBUILD, short } from './verify-checks.ts'
import type { Notebook } from './verify-report.ts'

/** A layer of a platform, with what its configuration says it decompresses to. */
export interface LayerUse {
  readonly layer: Descriptor
  readonly diffId?: string
  readonly where: string
}

/** Of all images: unpacking keeps a core busy, and more streams at once would only take memory. */
const hashing = new Turns(Math.max(4, availableParallelism()))

export class LayerCheck {
  readonly #at: Repository
  readonly #client: RegistryClient
  readonly #notes: Notebook
  readonly #level: 'full' | 'fast'
  readonly #origin: boolean

  constructor(
    at: Repository,
    client: RegistryClient,
    notes: Notebook,
    options: { level: 'full' | 'fast'; origin: boolean },
  ) {
    this.#at = at
    this.#client = client
    this.#notes = notes
    this.#level = options.level
    this.#origin = options.origin
  }

  /** One blob, whoever uses it. */
  async check(uses: readonly LayerUse[]): Promise<void> {
    const [first] = uses
    if (first === undefined) return
    const { layer, where } = first
    const { digest, size } = layer
    for (const use of uses) {
      if (use.layer.size !== size)
        this.#notes.fail({
          code: 'image-size-mismatch',
          what: `two manifests give different sizes for the layer ${short(digest)}`,
          cause: `${size} and ${use.layer.size} bytes`,
          where: use.where,
          fix: REBUILD,
        })
    }
    const wanted = uses.filter((use) => use.diffId !== undefined)
    const compression = layerCompression(layer.mediaType)
    if (wanted.length > 0 && compression === undefined)
      this.#notes.fail({
        code: 'image-media-type',
        what: `the layer ${short(digest)} is of a type no engine unpacks`,
        cause: `its media type is ${layer.mediaType}`,
        where,
        fix: 'build with OCI or Docker media types',
      })
    const done = await this.#notes.guarded(`layer ${short(digest)} of ${where}`, () =>
      this.#level === 'fast'
        ? this.#statLayer(layer, where)
        : this.#hashLayer(layer, wanted.length > 0 ? (compression ?? 'none') : 'none', wanted),
    )
    if (done !== undefined) this.#notes.blobs++
  }

  async #statLayer({ digest, size }: Descriptor, where: string): Promise<true> {
    const found = await this.#client.blobSize(this.#at, digest)
    if (found === undefined)
      this.#notes.fail({
        code: 'registry-not-found',
        what: `the layer ${short(digest)} is not in the registry`,
        where,
        fix: 'push the image again; if it stays, the registry loses blobs',
      })
    else if (!Number.isNaN(found) && found !== size)
      this.#notes.fail({
        code: 'image-size-mismatch',
        what: `the layer ${short(digest)} has another size than its manifest says`,
        cause: `${found} instead of ${size} bytes`,
        where,
        fix: 'push the image again; if it stays, the registry stores it damaged',
      })
    return true
  }

  async #hashLayer(layer: Descriptor, compression: Compression, wanted: readonly LayerUse[]): Promise<true> {
    const { digest, size } = layer
    const open = (): Readable => this.#client.blob(this.#at, digest, { size, origin: this.#origin })
    const facts = await hashing.take(() => hashLayer(open, compression))
    this.#notes.bytes += size
    const where = wanted[0]?.where ?? ''
    if (wanted.length === 0) return true
    if (facts.broken !== undefined || facts.actual !== compression) {
      this.#notes.fail({
        code: 'image-layer-compression',
        what: `the layer ${short(digest)} is not compressed as its media type says`,
        cause: `${layer.mediaType} says ${compression}, the bytes are ${facts.actual}${facts.broken === undefined ? '' : ` (${facts.broken})`}`,
        where,
        fix: REBUILD,
      })
      return true
    }
    if (facts.diffId === undefined) {
      this.#notes.skip(
        `the content of layer ${short(digest)}`,
        `Node ${process.versions.node} cannot decompress zstd (22.15 and later can); its digest was checked`,
      )
      return true
    }
    for (const use of wanted) {
      if (use.diffId !== facts.diffId)
        this.#notes.fail({
          code: 'image-diffid-mismatch',
          what: `the layer ${short(digest)} is not the one the configuration names`,
          cause: `it unpacks to ${facts.diffId}, rootfs.diff_ids says ${use.diffId ?? 'nothing'}: engines refuse to start it`,
          where: use.where,
          fix: REBUILD,
        })
    }
    return true
  }
}
