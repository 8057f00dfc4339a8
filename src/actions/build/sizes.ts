import { formatPlatform, type Platform, samePlatform } from '../../base/platform.ts'
import type { Plan } from '../../plan/make.ts'
import type { RegistryClient } from '../../registry/client.ts'
import { type ImageManifest, isAttestation, toPlatform } from '../../registry/media-types.ts'
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
  async of(
    repository: Repository | undefined,
    digest: string,
    signal: AbortSignal,
  ): Promise<BuiltPlatform[]> {
    if (repository === undefined) return []
    const client = this.#client.withSignal(signal)
    const top = await client.manifest({ ...repository, digest }, { origin: true })
    const layersOf = async (
      manifest: ImageManifest,
      platform: Platform | undefined,
    ): Promise<Pick<BuiltPlatform, 'size' | 'layers'>> => {
      const known = platform === undefined ? new Set<string>() : await this.#baseLayers(platform, client)
      const layers = manifest.layers.map((layer) => ({
        digest: layer.digest,
        size: layer.size,
        base: known.has(layer.digest),
      }))
      return { layers, size: manifest.config.size + layers.reduce((sum, layer) => sum + layer.size, 0) }
    }
    if (!('manifests' in top.content)) {
      const [only] = this.#plan.platforms
      return [
        {
          platform: only === undefined ? 'unknown' : formatPlatform(only),
          digest,
          ...(await layersOf(top.content, only)),
        },
      ]
    }
    return Promise.all(
      top.content.manifests
        .filter((entry) => !isAttestation(entry))
        .map(async (entry) => {
          const { content } = await client.manifest({ ...repository, digest: entry.digest }, { origin: true })
          if ('manifests' in content) throw new TypeError('an index in an index')
          const platform = entry.platform === undefined ? undefined : toPlatform(entry.platform)
          return {
            platform: platform === undefined ? 'unknown' : formatPlatform(platform),
            digest: entry.digest,
            ...(await layersOf(content, platform)),
          }
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
      if (!('manifests' in top.content)) return new Set(top.content.layers.map((layer) => layer.digest))
      const entry = top.content.manifests.find(
        (one) => one.platform !== undefined && samePlatform(toPlatform(one.platform), platform),
      )
      if (entry === undefined) return new Set()
      const { content } = await client.manifest({
        registry: reference.registry,
        repository: reference.repository,
        digest: entry.digest,
      })
      return new Set('manifests' in content ? [] : content.layers.map((layer) => layer.digest))
    } catch {
      // Only the picture of the layers is poorer for it.
      return new Set()
    }
  }
}
