/** The commit point of a release: moving tags to the tested digest, all of them or none. */
import type { Act } from '../base/act.ts'
import {
  cancelledError,
  environmentError,
  PipelineError,
  type Problem,
  toPipelineError,
} from '../base/errors.ts'
import type { ManifestBytes, RegistryClient } from './client.ts'
import { copyImage } from './copy.ts'
import { mapLimited } from './pool.ts'
import { formatReference, type Repository, sameRepository } from './reference.ts'
import { type RestoredTag, restoreTags, type TagMove, waitForTag } from './restore.ts'

export interface TagTarget extends Repository {
  readonly tag: string
}

export interface PublishPlan {
  /** The image as it was tested, pushed by digest. */
  readonly source: Repository & { readonly digest: string }
  readonly tags: readonly TagTarget[]
}

export interface PublishedTag extends TagTarget {
  /** `ghcr.io/acme/hello:1.2.3`. */
  readonly reference: string
  /** What the tag pointed to before; undefined for a new tag. */
  readonly old?: string
  readonly new: string
  readonly state: 'created' | 'moved' | 'unchanged'
}

export interface PublishResult {
  readonly digest: string
  readonly mediaType: string
  /** In the order in which they were moved. */
  readonly tags: readonly PublishedTag[]
}

/** A publish that failed; `tags` tells where every tag that was touched points now. */
export class PublishFailure extends PipelineError {
  readonly tags: readonly RestoredTag[]
  constructor(error: PipelineError, problems: readonly Problem[], tags: readonly RestoredTag[]) {
    super(error.kind, problems, { cause: error, ...(error.log === undefined ? {} : { log: error.log }) })
    this.tags = tags
  }
}

export interface PublishOptions {
  /** Told before each tag is touched, so that a later process (post) can restore after a crash. */
  readonly onMove?: (move: TagMove) => void | Promise<void>
}

/** Longest time the restoring after a failure may take. */
const RESTORE_MS = 3 * 60_000

/**
 * How much a tag is expected to move, and so how late it is set: exact versions and commits 0, `1.2` 1, `1` and branches
 * 2, `latest` 3. Who follows `latest` never sees it ahead of the version it stands for.
 */
export function mobility(tag: string): number {
  if (/(?:^|-)latest(?:-|$)/.test(tag)) return 3
  if (/^v?\d+\.\d+\.\d+/.test(tag) || /^(?:sha-)?[a-f0-9]{7,40}$/.test(tag)) return 0
  if (/^v?\d+\.\d+(?:$|-)/.test(tag)) return 1
  return 2
}

/** Specific tags first, moving ones last; each tag once. */
export function orderTags(tags: readonly TagTarget[]): TagTarget[] {
  const once = new Map(tags.map((target) => [formatReference(target), target]))
  return [...once.values()].sort((a, b) => mobility(a.tag) - mobility(b.tag))
}

/**
 * Moves the tags to the digest, in every repository of the plan (the image is copied there first, by digest). Each tag's
 * old digest is remembered, each move read back. On any failure or abort all tags are put back as they were: moved ones
 * to their old digest, new ones removed; PublishFailure tells of each. A tag that somebody else has moved meanwhile is
 * left to them. Nothing happens to a tag that has the digest already.
 */
export async function publish(
  plan: PublishPlan,
  client: RegistryClient,
  act: Pick<Act, 'log' | 'signal' | 'clock'>,
  options: PublishOptions = {},
): Promise<PublishResult> {
  const { log, signal } = act
  const { source } = plan
  const touched: TagMove[] = []
  try {
    signal.throwIfAborted()
    const targets = orderTags(plan.tags)
    const manifest = await client.manifest(source, { writing: true })
    for (const target of targets.filter(
      (one, at) =>
        !sameRepository(one, source) && targets.findIndex((other) => sameRepository(one, other)) === at,
    ))
      await copyImage(source, target, client, act)

    const moves = await mapLimited(targets, 4, (target) => remember(target, source.digest, client, log))
    const published: PublishedTag[] = []
    for (const move of moves) {
      const reference = formatReference(move.target)
      const state = move.old === undefined ? 'created' : move.old === move.new ? 'unchanged' : 'moved'
      if (state !== 'unchanged') {
        signal.throwIfAborted()
        await options.onMove?.(move)
        touched.push(move)
        await moveTag(move, manifest, client, act)
        log.info(
          `${reference} -> ${move.new.slice(0, 19)}${move.old === undefined ? ' (new tag)' : ` (was ${move.old.slice(0, 19)})`}`,
        )
      }
      published.push({
        ...move.target,
        reference,
        ...(move.old === undefined ? {} : { old: move.old }),
        new: move.new,
        state,
      })
    }
    return { digest: source.digest, mediaType: manifest.mediaType, tags: published }
  } catch (error) {
    const failure = signal.aborted
      ? cancelledError('publishing was cancelled')
      : toPipelineError(error, 'the tags could not be moved')
    // The run's own signal may be aborted: what must be put right gets one of its own.
    const cleaner = client.withSignal(AbortSignal.timeout(RESTORE_MS))
    const tags = await restoreTags(touched.reverse(), cleaner, act)
    throw new PublishFailure(failure, [...failure.problems, ...tags.flatMap(describeRestored)], tags)
  }
}

async function remember(
  target: TagTarget,
  digest: string,
  client: RegistryClient,
  log: Act['log'],
): Promise<TagMove> {
  const found = await client.tryResolve(target, { writing: true })
  const move = {
    target: { registry: target.registry, repository: target.repository, tag: target.tag },
    new: digest,
  }
  if (found === undefined) return move
  if (found.digest === digest) return { ...move, old: digest }
  try {
    // Held, so that putting the tag back needs no reading, even if the registry drops what has no tag.
    const { bytes, mediaType } = await client.manifest(
      { registry: target.registry, repository: target.repository, digest: found.digest },
      { writing: true },
    )
    return { ...move, old: found.digest, manifest: { bytes, mediaType } }
  } catch (error) {
    if (!(error instanceof PipelineError) || error.problems[0]?.code !== 'registry-manifest-invalid')
      throw error
    log.warning(
      `${formatReference(target)} points to something that cannot be read, so it could not be put back`,
    )
    return { ...move, old: found.digest }
  }
}

async function moveTag(
  move: TagMove,
  manifest: ManifestBytes,
  client: RegistryClient,
  act: Pick<Act, 'signal' | 'clock'>,
): Promise<void> {
  const { target } = move
  try {
    await client.putManifest(target, manifest.bytes, manifest.mediaType, target.tag)
  } catch (error) {
    act.signal.throwIfAborted()
    // An answer may be lost and the next try refused (immutable tags): what counts is where the tag points.
    const now = await client.tryResolve(target, { writing: true }).catch(() => undefined)
    if (now?.digest !== move.new) throw error
  }
  const seen = await waitForTag(target, move.new, client, act.clock, { signal: act.signal })
  if (seen !== move.new)
    throw environmentError({
      code: 'registry-read-back',
      what: `${formatReference(target)} does not point to the published digest`,
      cause:
        seen === undefined
          ? 'the registry took the tag but does not show it'
          : `it was set to ${move.new}, the registry shows ${seen}: somebody else moved it, or the registry serves old data`,
      where: target.registry,
      fix: 'let one release at a time move this tag (workflow concurrency), then run again',
    })
}

function describeRestored(tag: RestoredTag): Problem[] {
  const reference = formatReference(tag.target)
  if (tag.state === 'stayed')
    return [
      {
        code: 'publish-tag-stayed',
        what: `${reference} could not be put back and may point to ${tag.new}`,
        ...(tag.cause === undefined ? {} : { cause: tag.cause }),
        fix:
          tag.old === undefined
            ? 'delete the tag by hand'
            : `move it back by hand, for example: crane tag ${formatReference({ registry: tag.target.registry, repository: tag.target.repository, digest: tag.old })} ${tag.target.tag}`,
      },
    ]
  if (tag.state === 'left')
    return [
      {
        code: 'publish-tag-taken',
        what: `${reference} was moved by somebody else meanwhile and left there`,
        ...(tag.cause === undefined ? {} : { cause: tag.cause }),
        fix: 'let one release at a time move this tag (workflow concurrency)',
      },
    ]
  return []
}
