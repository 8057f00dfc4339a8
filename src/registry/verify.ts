/** Reading a pushed image back: everything hashed again, and compared with what was asked for. */
import { formatPlatform, type Platform } from '../base/platform.ts'
import type { ManifestBytes, RegistryClient } from './client.ts'
import {
  attestationSubject,
  type Descriptor,
  type ImageConfig,
  type ImageManifest,
  isAttestation,
  isConfigType,
  isForeignLayer,
  isIndexType,
  isManifestType,
  parseConfig,
  toPlatform,
} from './media-types.ts'
import { mapLimited } from './pool.ts'
import { formatReference, type Reference, type Repository } from './reference.ts'
import { checkConfig, checkPlatforms, platformOf, REBUILD, short } from './verify-checks.ts'
import { LayerCheck, type LayerUse } from './verify-layers.ts'
import { Notebook, type VerifyFailure, type VerifyReport } from './verify-report.ts'

export { verifyError } from './verify-report.ts'
export type { VerifiedPlatform, VerifyFailure, VerifyReport } from './verify-report.ts'

export interface Expectations {
  /** Each must be there exactly once. */
  readonly platforms?: readonly Platform[]
  /** Each must stand in every platform's configuration. */
  readonly labels?: Readonly<Record<string, string>>
}

export interface VerifyOptions {
  /** `full` hashes every layer, compressed and not; `fast` asks for the presence and size of each. */
  readonly level: 'full' | 'fast'
  /** Layers at a time. Default 4. */
  readonly concurrency?: number
  readonly signal: AbortSignal
  /** Reads by the mirrors too; the default is the registry itself, which has to have what was pushed. */
  readonly mirrors?: boolean
}

const MAX_DEPTH = 4
const MAX_CONFIG = 16 * 1024 * 1024

/**
 * Verifies `name@digest` (and, when the reference has a tag too, that the tag points to the digest): index, manifests,
 * configurations and layers are read and hashed, layers also uncompressed against rootfs.diff_ids. Shared layers are
 * read once; nothing is held but hashes. All failures are listed; only an abort is thrown.
 */
export async function verifyImage(
  ref: Reference & { readonly digest: string },
  expectations: Expectations,
  client: RegistryClient,
  options: VerifyOptions,
): Promise<VerifyReport> {
  return new Verification(ref, expectations, client, options).run()
}

class Verification {
  readonly #ref: Reference & { readonly digest: string }
  readonly #at: Repository
  readonly #name: string
  readonly #wanted: Expectations
  readonly #client: RegistryClient
  readonly #options: VerifyOptions
  readonly #origin: boolean
  readonly #notes = new Notebook()
  readonly #layers: LayerUse[] = []
  readonly #found: Platform[] = []
  /** Digests in the order of the index. */
  readonly #order: string[] = []

  constructor(
    ref: Reference & { readonly digest: string },
    wanted: Expectations,
    client: RegistryClient,
    options: VerifyOptions,
  ) {
    this.#ref = ref
    this.#at = { registry: ref.registry, repository: ref.repository }
    this.#name = formatReference(ref)
    this.#wanted = wanted
    this.#client = client.withSignal(options.signal)
    this.#options = options
    this.#origin = options.mirrors !== true
  }

  async run(): Promise<VerifyReport> {
    await this.#checkTag()
    const top = await this.#read(this.#ref.digest, undefined, this.#name, 'environment')
    if (top !== undefined) {
      await this.#walk(top, this.#name, 0)
      const layers = new LayerCheck(this.#at, this.#client, this.#notes, {
        level: this.#options.level,
        origin: this.#origin,
      })
      const limit = this.#options.concurrency ?? 4
      const byDigest = new Map<string, LayerUse[]>()
      for (const use of this.#layers)
        byDigest.set(use.layer.digest, [...(byDigest.get(use.layer.digest) ?? []), use])
      await mapLimited([...byDigest.values()], limit, (uses) => layers.check(uses))
      for (const problem of checkPlatforms(this.#found, this.#wanted.platforms ?? [], this.#name))
        this.#notes.fail(problem)
    }
    const notes = this.#notes
    const inOrder = <T extends { digest: string }>(all: readonly T[]): T[] =>
      [...all].sort((a, b) => this.#order.indexOf(a.digest) - this.#order.indexOf(b.digest))
    return {
      ok: notes.failures.length === 0,
      reference: this.#name,
      digest: this.#ref.digest,
      mediaType: top?.mediaType ?? '',
      level: this.#options.level,
      platforms: inOrder(notes.platforms),
      attestations: inOrder(notes.attestations),
      manifests: notes.manifests,
      blobs: notes.blobs,
      bytes: notes.bytes,
      failures: notes.failures,
      skipped: notes.skipped,
    }
  }

  async #checkTag(): Promise<void> {
    const { tag, digest } = this.#ref
    if (tag === undefined) return
    const found = await this.#notes.guarded(this.#name, () =>
      this.#client.resolve({ ...this.#at, tag }, { origin: this.#origin }),
    )
    if (found !== undefined && found.digest !== digest)
      this.#notes.fail({
        code: 'image-tag-mismatch',
        what: `the tag ${tag} does not point to the image`,
        cause: `it points to ${found.digest}, expected ${digest}`,
        where: this.#name,
        fix: 'another run may have moved it: let one release at a time move a tag (workflow concurrency)',
      })
  }

  /** A manifest by digest; checked against the descriptor that named it. */
  async #read(
    digest: string,
    named: Descriptor | undefined,
    where: string,
    absent: VerifyFailure['kind'] = 'gate',
  ): Promise<ManifestBytes | undefined> {
    const ref = { ...this.#at, digest }
    const read = await this.#notes.guarded(
      where,
      () => this.#client.manifest(ref, { origin: this.#origin }),
      absent,
    )
    if (read === undefined) return undefined
    this.#notes.manifests++
    this.#notes.bytes += read.bytes.length
    if (named !== undefined && named.size !== read.bytes.length)
      this.#notes.fail({
        code: 'image-size-mismatch',
        what: `the index gives a wrong size for the manifest ${short(digest)}`,
        cause: `it says ${named.size}, the manifest has ${read.bytes.length} bytes`,
        where,
        fix: REBUILD,
      })
    if (named !== undefined && named.mediaType !== read.mediaType)
      this.#notes.fail({
        code: 'image-media-type',
        what: `the index gives a wrong media type for the manifest ${short(digest)}`,
        cause: `it says ${named.mediaType}, the manifest is ${read.mediaType}`,
        where,
        fix: REBUILD,
      })
    return read
  }

  async #walk(read: ManifestBytes, where: string, depth: number, entry?: Descriptor): Promise<void> {
    const { content } = read
    if (content.kind === 'manifest') {
      await this.#image(content, read.digest, where, entry)
      return
    }
    if (depth >= MAX_DEPTH) {
      this.#notes.skip(where, `indexes are nested deeper than ${MAX_DEPTH}`)
      return
    }
    this.#order.push(...content.manifests.map(({ digest }) => digest))
    const subjects = new Set(content.manifests.map(({ digest }) => digest))
    await mapLimited(content.manifests, this.#options.concurrency ?? 4, async (child) => {
      const name =
        child.platform === undefined ? short(child.digest) : formatPlatform(toPlatform(child.platform))
      const at = `${where} (${name})`
      if (!isIndexType(child.mediaType) && !isManifestType(child.mediaType)) {
        this.#notes.skip(at, `entries of type ${child.mediaType} are not read`)
        return
      }
      const found = await this.#read(child.digest, child, at)
      if (isAttestation(child)) {
        const subject = attestationSubject(child)
        this.#notes.attestations.push({ digest: child.digest, ...(subject === undefined ? {} : { subject }) })
        if (subject !== undefined && !subjects.has(subject))
          this.#notes.fail({
            code: 'image-attestation-orphan',
            what: `the attestation ${short(child.digest)} speaks about a manifest that is not in the index`,
            cause: `it names ${subject}`,
            where,
            fix: REBUILD,
          })
      }
      if (found !== undefined) await this.#walk(found, at, depth + 1, child)
    })
  }

  async #image(manifest: ImageManifest, digest: string, where: string, entry?: Descriptor): Promise<void> {
    const { config, layers } = manifest
    if (!isConfigType(config.mediaType) || (entry !== undefined && isAttestation(entry))) {
      // Attestations and other artifacts: their blobs are no file systems.
      for (const blob of [config, ...layers]) this.#layers.push({ layer: blob, where })
      return
    }
    const facts = await this.#config(config, where)
    const compressed = layers.reduce((sum, layer) => sum + layer.size, config.size)
    if (facts !== undefined) {
      const platform = platformOf(facts)
      this.#found.push(platform)
      this.#notes.platforms.push({
        platform: formatPlatform(platform),
        digest,
        config: config.digest,
        layers: layers.map((layer) => ({
          digest: layer.digest,
          size: layer.size,
          mediaType: layer.mediaType,
        })),
        size: compressed,
      })
      for (const failure of checkConfig(facts, layers.length, entry, this.#wanted.labels ?? {}))
        this.#notes.fail({ ...failure, where })
    }
    for (const [at, layer] of layers.entries()) {
      if (isForeignLayer(layer.mediaType)) {
        this.#notes.skip(
          `layer ${short(layer.digest)} of ${where}`,
          'it is kept outside of the registry by its licence',
        )
        continue
      }
      const diffId = facts?.diffIds.length === layers.length ? facts.diffIds[at] : undefined
      this.#layers.push({ layer, where, ...(diffId === undefined ? {} : { diffId }) })
    }
  }

  async #config(config: Descriptor, where: string): Promise<ImageConfig | undefined> {
    if (config.size > MAX_CONFIG) {
      this.#notes.skip(`the configuration of ${where}`, `it is larger than ${MAX_CONFIG} bytes`)
      return undefined
    }
    const bytes = await this.#notes.guarded(where, async () => {
      const chunks: Buffer[] = []
      const stream = this.#client.blob(this.#at, config.digest, { size: config.size, origin: this.#origin })
      for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
      return Buffer.concat(chunks)
    })
    if (bytes === undefined) return undefined
    this.#notes.blobs++
    this.#notes.bytes += bytes.length
    const facts = parseConfig(bytes)
    if (!('reason' in facts)) return facts
    this.#notes.fail({
      code: 'image-config-invalid',
      what: 'the configuration of the image cannot be read',
      cause: facts.reason,
      where,
      fix: REBUILD,
    })
    return undefined
  }
}
