import { messageOf } from '../base/errors.ts'
import { Engine } from './engine.ts'
import { bounded } from './engine-bound.ts'
import { afterLoss } from './engine-lost.ts'
import { type EngineOptions, type RunResult, settingsOf } from './engine-types.ts'
import { type Claim, claimOf, take } from './lease.ts'
import type { StoredRelease } from './ports.ts'

export interface ReapOptions extends EngineOptions {
  /** What is done with a release whose engine is gone. `continue` needs an equal plan hash and a measurer. */
  readonly policy?: 'rollback' | 'continue'
  /** Of the present settings; another one than the stored makes every policy a rollback. Absent: the stored plan is trusted. */
  readonly planHash?: string
}

export interface ReapResult {
  /** `none`: nothing to do. `left`: its engine lives, or its time has not come. `taken`: see `run`. */
  readonly action: 'none' | 'left' | 'taken'
  readonly reason: string
  readonly release?: StoredRelease
  readonly run?: RunResult
  /** Left: when it is worth another try, ms. */
  readonly nextAt?: number
}

/**
 * Finds a release whose engine is gone (its lease has expired, its CI run has completed, its next job never came) or whose way back
 * failed, takes it over, and takes it back or on. Needs nothing but the store: the adapter is made from the stored settings.
 */
export function reap(options: ReapOptions): Promise<ReapResult> {
  return takeUp(options, (claim) => claim.kind === 'unfinished')
}

/** Split mode: goes on with the stored release; the same as a reap with `continue` when its engine is gone. */
export function tick(options: Omit<ReapOptions, 'policy'>): Promise<ReapResult> {
  return takeUp({ ...options, policy: 'continue' }, (claim) => claim.kind !== 'held')
}

/**
 * For the post step of a job: takes back what the main step of the same job (lease owner `owner`) has left, without waiting
 * for its lease. `options.owner` must be another one, so that a main step that still lives loses its lease.
 */
export function recover(owner: string, options: EngineOptions): Promise<ReapResult> {
  return takeUp(
    { ...options, policy: 'rollback' },
    // A main step that hung before it was killed has let its lease run out.
    (claim) => claim.kind === 'unfinished' || (claim.kind === 'held' && claim.owner === owner),
    (release) => release.lease?.owner === owner,
  )
}

/** The rule of `reap`, `tick`, `recover` and of a new release that finds another: who may take what up. */
export async function takeUp(
  options: ReapOptions,
  may: (claim: Claim, release: StoredRelease) => boolean,
  ours: (release: StoredRelease) => boolean = () => true,
): Promise<ReapResult> {
  const { store, clock, adapterFor, owner, measurer, log } = options
  const { limits, leaseMs } = settingsOf(options)
  // A cancelled run still has to take its release back.
  const signal = options.calm ?? new AbortController().signal
  const stored = await bounded(
    { what: `reading ${store.where}`, ms: limits.store, clock, signals: [signal] },
    (own) => store.read(own),
  )
  if (stored === undefined) return { action: 'none', reason: 'no release is stored' }
  const { release } = stored
  const claim = await claimWith(release, options, signal)
  if (claim.kind === 'free') return { action: 'none', reason: 'the stored release has ended', release }
  if (!ours(release))
    return { action: 'none', reason: 'the stored release is driven by another run', release }
  if (!may(claim, release)) return left(claim, release)
  // Before the lease is taken: settings that cannot be read must not leave it behind.
  const adapter = await adapterFor(release.adapter)
  const holder = await take(
    release,
    stored.revision,
    { store, clock, log, owner, leaseMs, storeMs: limits.store },
    signal,
  )
  if (holder === undefined) return { action: 'left', reason: 'another engine was faster', release }
  const { policy, reason } = policyFor(options, release, claim, measurer !== undefined)
  log.info(`${release.environment}: release ${release.id} is taken up (${policy}): ${reason}`)
  const engine = new Engine(holder, adapter, options)
  const run = await engine.resume(policy, reason, release.lease !== null)
  const settled = await afterLoss(run, options)
  return await afterSleep({ action: 'taken', reason, release: settled.release, run: settled }, options)
}

/** A cancel that came while a split job let go of its lease: it is taken again, and the release goes back. */
export async function afterSleep(result: ReapResult, options: EngineOptions): Promise<ReapResult> {
  if (result.run?.outcome !== 'pending' || !options.signal.aborted) return result
  const again = await takeUp(
    { ...options, policy: 'rollback' },
    (claim) => claim.kind === 'sleeping',
    ({ id }) => id === result.release?.id,
  )
  return again.action === 'taken' ? again : result
}

function policyFor(
  options: ReapOptions,
  release: StoredRelease,
  claim: Claim,
  measurable: boolean,
): { policy: 'continue' | 'rollback'; reason: string } {
  const why = claim.kind === 'unfinished' ? `the engine was lost (${claim.why})` : 'its next job'
  if (options.policy !== 'continue') return { policy: 'rollback', reason: `${why}; taken back` }
  if (release.superseded !== undefined)
    return { policy: 'rollback', reason: `superseded by a newer run (${release.superseded.by})` }
  if (options.planHash !== undefined && options.planHash !== release.planHash)
    return { policy: 'rollback', reason: `${why}; the settings are not those it began with; taken back` }
  if (!measurable)
    return { policy: 'rollback', reason: `${why}; there is nothing to measure with; taken back` }
  return { policy: 'continue', reason: why }
}

async function claimWith(
  release: StoredRelease,
  options: EngineOptions,
  signal: AbortSignal,
): Promise<Claim> {
  const { clock, runState, log } = options
  const claim = claimOf(release, clock.now())
  if (claim.kind !== 'held' || runState === undefined || release.run === undefined) return claim
  const { run } = release
  try {
    const state = await bounded({ what: 'asking for the run', ms: 30_000, clock, signals: [signal] }, (own) =>
      runState(run, own),
    )
    return claimOf(release, clock.now(), state)
  } catch (error) {
    log.warning(`whether the run ${run.id} has ended is not known: ${messageOf(error)}`)
    return claim
  }
}

function left(claim: Claim, release: StoredRelease): ReapResult {
  switch (claim.kind) {
    case 'held':
      return { action: 'left', reason: `${claim.owner} drives it`, release, nextAt: claim.expires }
    case 'sleeping':
      return { action: 'left', reason: 'it sleeps between two jobs', release, nextAt: claim.nextAt }
    default:
      return { action: 'left', reason: 'it is not for this call', release }
  }
}
