/** Putting tags back as they were. Also used by post, after a crash, from what publish told `onMove`. */
import { randomUUID } from 'node:crypto'
import type { Act } from '../base/act.ts'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { RegistryClient } from './client.ts'
import { digestOf, OCI_CONFIG, OCI_MANIFEST } from './media-types.ts'
import { formatReference, type Repository } from './reference.ts'

export interface TagMove {
  readonly target: Repository & { readonly tag: string }
  /** Where the tag pointed; undefined when there was none. */
  readonly old?: string
  readonly new: string
  /** The bytes behind `old`; read from the registry when not given. */
  readonly manifest?: { readonly bytes: Uint8Array; readonly mediaType: string }
}

export interface RestoredTag {
  readonly target: TagMove['target']
  readonly old?: string
  readonly new: string
  /**
   * `restored` to the old digest, `removed` because it was new, `left` because somebody else has moved it since,
   * `stayed` where it should not be because the registry does not let us.
   */
  readonly state: 'restored' | 'removed' | 'left' | 'stayed'
  readonly cause?: string
}

/** Puts each tag back; never throws, every tag is tried. */
export async function restoreTags(
  moves: readonly TagMove[],
  client: RegistryClient,
  act: Pick<Act, 'log' | 'clock'>,
): Promise<RestoredTag[]> {
  const results: RestoredTag[] = []
  for (const move of moves) {
    const about = { target: move.target, ...(move.old === undefined ? {} : { old: move.old }), new: move.new }
    let result: RestoredTag
    try {
      result = { ...about, ...(await restoreTag(move, client, act.clock)) }
    } catch (error) {
      result = { ...about, state: 'stayed', cause: messageOf(error).split('\n')[0] ?? '' }
    }
    act.log[result.state === 'stayed' || result.state === 'left' ? 'warning' : 'info'](
      `${formatReference(move.target)}: ${SAID[result.state]}${result.cause === undefined ? '' : ` (${result.cause})`}`,
    )
    results.push(result)
  }
  return results
}

const SAID: Readonly<Record<RestoredTag['state'], string>> = {
  restored: 'put back to what it was',
  removed: 'removed again',
  left: 'left where somebody else has moved it',
  stayed: 'could not be put back',
}

async function restoreTag(
  move: TagMove,
  client: RegistryClient,
  clock: Clock,
): Promise<Pick<RestoredTag, 'state' | 'cause'>> {
  const { target, old } = move
  const now = (await client.tryResolve(target, { writing: true }))?.digest
  if (now !== undefined && now !== old && now !== move.new)
    return { state: 'left', cause: `it points to ${now}` }
  if (old === undefined) {
    // The set may have been refused; a few more reads, for registries that show a write late.
    if (now === undefined && (await waitForTag(target, move.new, client, clock, { tries: 5 })) === undefined)
      return { state: 'removed' }
    const cause = await removeTag(target, client)
    if (cause !== undefined) return { state: 'stayed', cause }
    const seen = await waitForTag(target, undefined, client, clock)
    return seen === undefined
      ? { state: 'removed' }
      : { state: 'stayed', cause: `it still points to ${seen}` }
  }
  // Put even if a read shows the old digest: the read may be behind the move.
  try {
    const { bytes, mediaType } =
      move.manifest ??
      (await client.manifest(
        { registry: target.registry, repository: target.repository, digest: old },
        { writing: true },
      ))
    await client.putManifest(target, bytes, mediaType, target.tag)
  } catch (error) {
    // A tag that cannot be written (immutable, no permission) has not been moved by us either.
    if ((await client.tryResolve(target, { writing: true }))?.digest === old) return { state: 'restored' }
    throw error
  }
  const seen = await waitForTag(target, old, client, clock)
  return seen === old
    ? { state: 'restored' }
    : { state: 'stayed', cause: `it points to ${seen ?? 'nothing'}` }
}

const TRIES = 15

/**
 * Reads a tag until it shows `wanted` (undefined: nothing), because registries may show a write late; by default at most
 * 15 reads over half a minute. Returns what it shows at last.
 */
export async function waitForTag(
  target: TagMove['target'],
  wanted: string | undefined,
  client: RegistryClient,
  clock: Clock,
  options: { tries?: number; signal?: AbortSignal } = {},
): Promise<string | undefined> {
  const { tries = TRIES, signal } = options
  for (let attempt = 1; ; attempt++) {
    const seen = (await client.tryResolve(target, { writing: true }))?.digest
    if (seen === wanted || attempt >= tries) return seen
    await clock.sleep(Math.min(3000, 100 * 2 ** (attempt - 1)), signal)
  }
}

/**
 * Removes a tag without harming its manifest, which other tags or indexes may need. Registries that delete by digest only
 * (distribution 2) are helped by pointing the tag to an empty image of our own and deleting that; first it is proved, on
 * another such image, that they delete at all. Returns why not, or undefined.
 */
async function removeTag(target: TagMove['target'], client: RegistryClient): Promise<string | undefined> {
  if ((await client.deleteTag(target, target.tag)) !== 'unsupported') return undefined
  const trial = await emptyImage(target, client)
  await client.putManifest(target, trial.bytes, OCI_MANIFEST, trial.digest)
  if ((await client.deleteManifest(target, trial.digest)) !== 'deleted')
    return 'the registry does not allow deletion'
  const stone = await emptyImage(target, client)
  await client.putManifest(target, stone.bytes, OCI_MANIFEST, target.tag)
  return (await client.deleteManifest(target, stone.digest)) === 'deleted'
    ? undefined
    : 'the registry does not allow deletion'
}

async function emptyImage(
  at: Repository,
  client: RegistryClient,
): Promise<{ bytes: Buffer; digest: string }> {
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'unknown',
      os: 'unknown',
      // Makes it a manifest of its own, which no tag but ours can point to.
      config: { Labels: { 'go-image-pipeline.removed-tag': randomUUID() } },
      rootfs: { type: 'layers', diff_ids: [] },
    }),
  )
  const digest = digestOf(config)
  await client.uploadBlob(at, { digest, size: config.length, open: () => config })
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: OCI_CONFIG, digest, size: config.length },
      layers: [],
    }),
  )
  return { bytes, digest: digestOf(bytes) }
}
