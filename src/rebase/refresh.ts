import type { Act } from '../base/act.ts'
import { environmentError, type Problem } from '../base/errors.ts'
import { formatPlatform } from '../base/platform.ts'
import type { RegistryClient } from '../registry/client.ts'
import { digestOf } from '../registry/media-types.ts'
import { publish, type TagTarget } from '../registry/publish.ts'
import { formatReference, type Reference, type Repository } from '../registry/reference.ts'
import { verifyError, verifyImage } from '../registry/verify.ts'
import type { ImageView, Staleness } from './model.ts'
import { rebaseIndex, type RebasedPlatform, rebasePlatform } from './plan.ts'
import { programFault } from './programs.ts'
import { platformIn, readImage } from './read.ts'
import { ageInDays, baseOf, followedTag } from './staleness.ts'

type Ports = Pick<Act, 'log' | 'signal' | 'clock'>
export type Tagged = Reference & { readonly tag: string }

/** What is known about one published image. */
export interface Look {
  readonly image: ImageView
  readonly staleness: Staleness
}

/** Whether the base of an image has moved since. A base that cannot be asked for is `unknown`, not an error: others go on. */
export async function look(ref: Tagged, client: RegistryClient, act: Pick<Act, 'clock'>): Promise<Look> {
  const image = await readImage(ref, client)
  const base = baseOf(image)
  if ('why' in base) return { image, staleness: { state: 'unknown', why: base.why } }
  const tag = followedTag(base)
  const now = await client.tryResolve(tag)
  if (now === undefined)
    return { image, staleness: { state: 'unknown', why: `${formatReference(tag)} does not exist any more` } }
  if (now.digest === base.digest) return { image, staleness: { state: 'current', base } }
  const fresh = await readImage({ registry: tag.registry, repository: tag.repository, digest: now.digest }, client)
  const days = ageInDays(fresh.platforms[0], act.clock.now())
  return { image, staleness: { state: 'stale', base, now: now.digest, days } }
} // prettier-ignore

export interface Rebased {
  readonly digest: string
  readonly mediaType: string
  readonly index: Buffer | undefined
  /** By the digest of the manifest before. */
  readonly platforms: ReadonlyMap<string, RebasedPlatform>
  readonly base: Repository
  /** What a reader should know: platforms left as they are, attestations left out. */
  readonly notes: readonly string[]
}

/** The image on the newer base, as bytes; or every reason why not. Reads layers of the image, writes nothing. */
export async function planRebase(
  { image, staleness }: Look,
  client: RegistryClient,
): Promise<Rebased | { readonly why: readonly string[] }> {
  if (staleness.state !== 'stale') return { why: ['its base has not moved'] }
  const { registry, repository } = followedTag(staleness.base)
  const base = { registry, repository }
  if ((await client.tryResolve({ ...base, digest: staleness.base.digest })) === undefined)
    return {
      why: ['the base as it was is gone from its registry, so nobody can say which layers are its own'],
    }
  const before = await readImage({ ...base, digest: staleness.base.digest }, client)
  const after = await readImage({ ...base, digest: staleness.now }, client)
  const why: string[] = []
  const notes: string[] = []
  const platforms = new Map<string, RebasedPlatform>()
  for (const platform of image.platforms) {
    const name = formatPlatform(platform.platform)
    if (platform.platform.os !== 'linux' && image.platforms.length > 1) {
      notes.push(`${name} stays as it is: only layers for Linux can change their base`)
      continue
    }
    const [old, fresh] = [platformIn(before, platform.platform), platformIn(after, platform.platform)]
    if (old === undefined || fresh === undefined) {
      why.push(`${name}: the ${old === undefined ? 'base as it was' : 'new base'} does not have it`)
      continue
    }
    const made = rebasePlatform(platform, old, fresh, staleness.now)
    if ('why' in made) {
      why.push(`${name}: ${made.why}`)
      continue
    }
    const settings = platform.config['config'] as { Entrypoint?: unknown } | undefined
    const fault = await programFault(made.ownLayers, settings?.Entrypoint, (layer) =>
      client.blob(image.at, layer.digest, { size: layer.size }),
    )
    if (fault === undefined) platforms.set(platform.descriptor.digest, made)
    else why.push(`${name}: ${fault}`)
  }
  if (platforms.size === 0 && why.length === 0) why.push('it has no platform for Linux')
  if (why.length > 0) return { why }
  if (image.attestations.length > 0)
    notes.push(`${image.attestations.length} attestations are left out: they speak about the image as it was`)
  const index = rebaseIndex(image, platforms, staleness.now)
  const [only] = platforms.values()
  return {
    digest: index === undefined ? (only?.descriptor.digest ?? '') : digestOf(index),
    mediaType: image.mediaType,
    index,
    platforms,
    base,
    notes,
  }
}

/**
 * Pushes the rebased image by digest beside the old one, reads it back, and only then moves the tags. A tag that does not point
 * to the old digest any more is somebody else's by now: nothing is moved. The old image stays in the registry; `previousTag`
 * keeps a name on it, so that a clean-up of untagged images does not take the way back.
 */
export async function applyRebase(
  { image }: Look,
  rebased: Rebased,
  tags: readonly Tagged[],
  options: { readonly previousTag: string; readonly verify: 'full' | 'fast' },
  client: RegistryClient,
  act: Ports,
): Promise<{ readonly digest: string; readonly tags: readonly string[] }> {
  const to = image.at
  for (const one of rebased.platforms.values()) {
    act.signal.throwIfAborted()
    for (const layer of one.baseLayers)
      await client.uploadBlob(
        to,
        { digest: layer.digest, size: layer.size, open: () => client.blob(rebased.base, layer.digest, { size: layer.size }) },
        rebased.base.registry === to.registry ? { mountFrom: rebased.base.repository } : {},
      )
    await client.uploadBlob(to, { digest: one.configDigest, size: one.config.length, open: () => one.config })
    await client.putManifest(to, one.manifest, one.mediaType, one.descriptor.digest)
  }
  if (rebased.index !== undefined) await client.putManifest(to, rebased.index, rebased.mediaType, rebased.digest)
  const source = { ...to, digest: rebased.digest }
  act.log.info(`pushed ${formatReference(source)} by digest, no tag yet`)
  const report = await verifyImage(
    source,
    { platforms: image.platforms.map((one) => one.platform) },
    client,
    { level: options.verify, signal: act.signal },
  )
  const failure = verifyError(report)
  if (failure !== undefined) throw failure
  await unmoved(tags, image.digest, client)
  if (options.previousTag !== '') {
    const previous: TagTarget[] = tags.map((tag) => ({ ...to, tag: options.previousTag.replaceAll('{tag}', tag.tag) }))
    await publish({ source: { ...to, digest: image.digest }, tags: previous }, client, act)
  }
  const targets: TagTarget[] = tags.map(({ registry, repository, tag }) => ({ registry, repository, tag }))
  const published = await publish({ source, tags: targets }, client, act)
  return { digest: rebased.digest, tags: published.tags.map((tag) => tag.reference) }
} // prettier-ignore

/** Between the look and now somebody may have released: their tag is not turned back. */
async function unmoved(tags: readonly Tagged[], digest: string, client: RegistryClient): Promise<void> {
  for (const tag of tags) {
    const now = await client.tryResolve(tag, { writing: true })
    if (now?.digest !== digest)
      throw environmentError({
        code: 'rebase-tag-moved',
        what: `${formatReference(tag)} was moved while its base was being replaced`,
        cause: `it was ${digest}, it is ${now?.digest ?? 'gone'}`,
        fix: 'run again: the newer image is looked at then',
      })
  }
}

/** The gate of mode report: stale images as problems. */
export const staleProblem = (name: string, staleness: Extract<Staleness, { state: 'stale' }>): Problem => ({
  code: 'base-stale',
  what: `${name} stands on an old base`,
  cause: `${staleness.base.name} was ${staleness.base.digest.slice(0, 19)}…, it is ${staleness.now.slice(0, 19)}…${staleness.days === undefined ? '' : ` since about ${staleness.days} days`}`,
  where: name,
  fix: 'build the image again, or let base-refresh replace the base (mode: rebase)',
}) // prettier-ignore
