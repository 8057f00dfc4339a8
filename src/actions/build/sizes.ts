import { formatPlatform, type Platform, samePlatform } from '../../base/platform.ts'
import type { Plan } from '../../plan/make.ts'
import type { RegistryClient } from '../../registry/client.ts'
import {
  type ImageIndex,
  type ImageManifest,
  isAttestation,
  parseManifest,
  toPlatform,
} from '../../registry/media-types.ts'
import { openOciLayout } from '../../registry/oci-layout.ts'
import type { Repository } from '../../registry/reference.ts'
import { referenceOf } from '../registry.ts'
import type { BuiltPlatform, Results } from './results.ts'

/** What an image weighs, platform by platform, as the registry tells it. */
export class ImageSizes {
  readonly #plan: Plan
  readonly #results: Results
  readonly #client: RegistryClient
  readonly #base: (platform: Platform) => string

  constructor(plan: Plan, results: Results, client: RegistryClient, base: (platform: Platform) => string) {
    this.#plan = plan
    this.#results = results
    this.#client = client
    this.#base = base
  }

  /** Sizes per platform, from the manifests in the registry. */
  /** Of what was pushed. */
  async of(
    repository: Repository | undefined,
    digest: string,
    signal: AbortSignal,
  ): Promise<BuiltPlatform[]> {
    if (repository === undefined) return []
    const client = this.#client.withSignal(signal)
    return this.#measure(
      digest,
      async (one) => (await client.manifest({ ...repository, digest: one }, { origin: true })).content,
      client,
    )
  }

  /** Of an OCI layout that was not pushed (pull requests). */
  async ofLayout(file: string, digest: string, signal: AbortSignal): Promise<BuiltPlatform[]> {
    const layout = await openOciLayout(file)
    const read = async (one: string): Promise<ImageIndex | ImageManifest> => {
      const content = parseManifest(await layout.read(one), '')
      if ('reason' in content) throw new TypeError(`the layout holds no manifest ${one}: ${content.reason}`)
      return content
    }
    return this.#measure(digest, read, this.#client.withSignal(signal))
  }

  async #measure(
    digest: string,
    read: (digest: string) => Promise<ImageIndex | ImageManifest>,
    client: RegistryClient,
  ): Promise<BuiltPlatform[]> {
    const measured = async (
      of: string,
      manifest: ImageManifest,
      platform: Platform | undefined,
    ): Promise<BuiltPlatform> => {
      const known = platform === undefined ? new Set<string>() : await this.#baseLayers(platform, client)
      const layers = manifest.layers.map((layer) => ({
        digest: layer.digest,
        size: layer.size,
        base: known.has(layer.digest),
      }))
      const size = manifest.config.size + layers.reduce((sum, layer) => sum + layer.size, 0)
      return {
        platform: platform === undefined ? 'unknown' : formatPlatform(platform),
        digest: of,
        size,
        layers,
      }
    }
    const top = await read(digest)
    if (top.kind === 'manifest') return [await measured(digest, top, this.#plan.platforms[0])]
    const images = top.manifests.filter((entry) => !isAttestation(entry))
    return Promise.all(
      images.map(async (entry) => {
        const manifest = await read(entry.digest)
        if (manifest.kind === 'index') throw new TypeError('an index in an index')
        return measured(
          entry.digest,
          manifest,
          entry.platform === undefined ? undefined : toPlatform(entry.platform),
        )
      }),
    )
  }

  /** Digests of the layers that come with the base; empty when that is not known. */
  async #baseLayers(platform: Platform, client: RegistryClient): Promise<Set<string>> {
    const base = this.#plan.form === 'generated' ? this.#base(platform) : 'scratch'
    const digest = this.#results.bases.get(base)
    if (digest === undefined) return new Set()
    try {
      const reference = referenceOf(base)
      const top = await client.manifest({
        registry: reference.registry,
        repository: reference.repository,
        digest,
      })
      if (top.content.kind === 'manifest') return new Set(top.content.layers.map((layer) => layer.digest))
      const entry = top.content.manifests.find(
        (one) => one.platform !== undefined && samePlatform(toPlatform(one.platform), platform),
      )
      if (entry === undefined) return new Set()
      const { content } = await client.manifest({
        registry: reference.registry,
        repository: reference.repository,
        digest: entry.digest,
      })
      return new Set(content.kind === 'index' ? [] : content.layers.map((layer) => layer.digest))
    } catch {
      // Only the picture of the layers is poorer for it.
      return new Set()
    }
  }
}
