import { formatPlatform, type Platform, platformId } from '../../base/platform.ts'
import {
  addCounts,
  assembleManifests,
  type DirectManifest,
  joinManifests,
  NOTHING_PUSHED,
  type PushCounts,
  pushDirect,
  pushManifests,
} from '../../image/direct.ts'
import type { Plan, Target } from '../../plan/make.ts'
import type { RegistryClient } from '../../registry/client.ts'
import type { Repository } from '../../registry/reference.ts'
import { repositoriesOf } from '../registry.ts'
import type { Shell } from '../shell.ts'
import type { ImageRequests } from './requests.ts'
import type { BuiltImage } from './results.ts'

interface Begun {
  readonly manifest: DirectManifest
  readonly counts: PushCounts
}

/** Our own layers on the base's, through the registry API; the platform that is started can go ahead of the others. */
export class DirectEngine {
  readonly #plan: Plan
  readonly #requests: ImageRequests
  readonly #begun = new Map<string, Begun>()

  constructor(plan: Plan, requests: ImageRequests) {
    this.#plan = plan
    this.#requests = requests
  }

  /** Assembles and pushes one platform of the image; {@link assemble} takes it over as it is. */
  async ahead(
    target: Target,
    platform: Platform,
    client: RegistryClient,
    act: Shell,
  ): Promise<DirectManifest> {
    const request = await this.#requests.direct(target, [platform])
    const manifests = await assembleManifests(request, client, act)
    const [manifest] = manifests
    if (manifest === undefined) throw new TypeError('one platform gives one manifest')
    const counts = await each(repositoriesOf(target), (to) => pushManifests(manifests, to, client, act))
    this.#begun.set(target.id, { manifest, counts })
    return manifest
  }

  /** What {@link ahead} has pushed, to be started. */
  begun(target: Target): DirectManifest | undefined {
    return this.#begun.get(target.id)?.manifest
  }

  async assemble(target: Target, client: RegistryClient, act: Shell): Promise<BuiltImage> {
    const begun = this.#begun.get(target.id)
    const key = (platform: Platform): string => platformId(platform)
    const rest = this.#plan.platforms.filter(
      (platform) => begun === undefined || key(platform) !== key(begun.manifest.platform),
    )
    const request = await this.#requests.direct(target, rest)
    const made = [
      ...(begun === undefined ? [] : [begun.manifest]),
      ...(await assembleManifests(request, client, act)),
    ]
    const image = joinManifests(
      this.#plan.platforms.flatMap((platform) => made.filter((one) => key(one.platform) === key(platform))),
      request.annotations,
    )
    const pushed = this.#plan.push
      ? await each(repositoriesOf(target), (to) => pushDirect(image, to, client, act))
      : NOTHING_PUSHED
    return {
      id: target.id,
      digest: image.digest,
      mediaType: image.mediaType,
      platforms: image.manifests.map((one) => {
        const layers = [
          ...one.baseLayers.map(({ digest, size }) => ({ digest, size, base: true })),
          { digest: one.layer.digest, size: one.layer.size, base: false },
        ]
        const size = one.config.length + layers.reduce((sum, layer) => sum + layer.size, 0)
        return { platform: formatPlatform(one.platform), digest: one.descriptor.digest, size, layers }
      }),
      labels: Object.fromEntries(request.labels),
      ...(this.#plan.push ? { pushed: addCounts(begun?.counts ?? NOTHING_PUSHED, pushed) } : {}),
    }
  }
}

async function each(
  repositories: readonly Repository[],
  push: (to: Repository) => Promise<PushCounts>,
): Promise<PushCounts> {
  const counts: PushCounts[] = []
  for (const repository of repositories) counts.push(await push(repository))
  return addCounts(...counts)
}
