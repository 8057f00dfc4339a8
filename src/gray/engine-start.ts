import { cancelledError, gateError, PipelineError, type Problem } from '../base/errors.ts'
import { Engine } from './engine.ts'
import { bounded } from './engine-bound.ts'
import { afterLoss } from './engine-lost.ts'
import { type EngineOptions, type ReleaseRequest, type RunResult, settingsOf } from './engine-types.ts'
import { claimOf, take } from './lease.ts'
import type { StoredRelease } from './ports.ts'
import { checkPlan, newRelease } from './record.ts'
import { afterSleep, takeUp } from './reap.ts'

/**
 * Releases a new version: takes the place of what is stored (an ended release at once, an abandoned one after taking it
 * back, a running one after waiting for it, or asking it to go back), and drives it to its end, or in split mode to its first long
 * wait. Throws PipelineError for settings that cannot work, for a release that blocks this one, and when the state cannot be stored.
 */
export async function runRelease(request: ReleaseRequest, options: EngineOptions): Promise<RunResult> {
  const problems = checkRequest(request, options)
  if (problems.length > 0) throw new PipelineError('input', problems)
  const { store, clock, log, owner } = options
  const { leaseMs, limits } = settingsOf(options)
  const adapter = await options.adapterFor(request.adapter)
  const since = clock.now()
  const queue = new Queue(options, since)
  for (;;) {
    const stored = await unlessCancelled(options.signal, () => place(queue, options))
    if (stored === 'taken') continue
    const release = newRelease(request, clock.now())
    const holder = await take(
      release,
      stored?.revision,
      { store, clock, log, owner, leaseMs, storeMs: limits.store },
      // Once begun, the write is waited for: a cancel right after it goes back in order.
      options.calm ?? new AbortController().signal,
    )
    if (holder === undefined) continue
    const run = await afterLoss(await new Engine(holder, adapter, options).start(), options)
    const done = await afterSleep({ action: 'taken', reason: run.reason, release: run.release, run }, options)
    return done.run ?? run
  }
}

type Stored = { release: StoredRelease; revision: string } | undefined

/** What is stored at a place that may be taken now. */
async function place(
  queue: Queue,
  { store, clock, signal, settings }: EngineOptions,
): Promise<Stored | 'taken'> {
  const { limits } = settingsOf({ ...(settings === undefined ? {} : { settings }) })
  const bound = { what: `reading ${store.where}`, ms: limits.store, clock, signals: [signal] }
  const stored = await bounded(bound, (own) => store.read(own))
  return (await queue.free(stored)) ? stored : 'taken'
}

async function unlessCancelled<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw signal.aborted && !(error instanceof PipelineError) ? cancelledError() : error
  }
}

function checkRequest(request: ReleaseRequest, options: EngineOptions): Problem[] {
  const problems = checkPlan(request.plan)
  const missing = (what: string, fix: string): void => {
    problems.push({ code: 'gray-plan', what, fix })
  }
  const { steps, endPolicy } = request.plan
  if (options.measurer === undefined) missing('a release needs metrics to be judged by', 'give metrics')
  if (options.approver === undefined && (endPolicy === 'hold' || steps.some(({ hold }) => hold)))
    missing(
      'the plan holds for approval, but nobody can be asked',
      'set an approver up, or take the hold out of the plan',
    )
  if (typeof request.adapter['kind'] !== 'string')
    missing('the adapter\'s settings have no "kind"', 'name the adapter')
  if (request.old === request.new)
    missing(`old and new version are the same: ${request.new}`, 'there is nothing to release')
  return problems
}

/** What stands between a new release and the stored one. */
class Queue {
  readonly #options: EngineOptions
  readonly #since: number
  #told = ''

  constructor(options: EngineOptions, since: number) {
    this.#options = options
    this.#since = since
  }

  /** True when the place may be taken. False after something has been done about it, or after a wait: look again. */
  async free(stored: Stored): Promise<boolean> {
    if (stored === undefined) return true
    const { clock, signal, log } = this.#options
    const { concurrency, queueMs, queuePollMs } = settingsOf(this.#options)
    const { release } = stored
    const newest = concurrency === 'newest-wins'
    if (newest) this.#refuseOlder(release)
    const claim = claimOf(release, clock.now())
    if (claim.kind === 'free') return true
    // Asked through takeUp as well, which knows whether the run has completed.
    const taken = await takeUp(
      { ...this.#options, policy: 'rollback' },
      (found) => found.kind === 'unfinished' || (newest && found.kind === 'sleeping'),
      ({ id }) => id === release.id,
    )
    if (taken.run !== undefined) {
      if (taken.run.outcome === 'promoted' || taken.run.outcome === 'rolled-back') return false
      if (taken.run.outcome !== 'lost')
        throw gateError({
          code: 'gray-unfinished',
          what: `the release before (${release.id}, ${release.new}) could not be brought to an end: ${taken.run.outcome}`,
          cause: taken.run.reason,
          where: this.#options.store.where,
          fix: 'put the target right, run "gray reap" until it ends well, then release again',
        })
    }
    if (newest && claim.kind === 'held' && release.superseded?.by !== this.#options.owner)
      return await this.#supersede(stored)
    const waited = clock.now() - this.#since
    if (waited >= queueMs)
      throw gateError({
        code: 'gray-busy',
        what: `another release (${release.id}, ${release.new}) is still running`,
        cause: taken.reason,
        where: release.run?.url ?? this.#options.store.where,
        fix: 'wait for it; raise the time to queue, or use newest-wins, which asks it to go back',
      })
    const told = `waiting for release ${release.id} (${release.new}), which is ${release.state.phase}`
    if (told !== this.#told) log.info(told)
    this.#told = told
    await bounded({ what: 'a wait', ms: queuePollMs + 60_000, clock, signals: [signal] }, (own) =>
      clock.sleep(Math.min(queuePollMs, queueMs - waited), own),
    )
    return false
  }

  /** Of several waiting runs only the newest goes on; a mark from before us is replaced by ours. */
  #refuseOlder({ superseded }: StoredRelease): void {
    if (superseded === undefined || superseded.by === this.#options.owner) return
    // Equal times are decided by name, so that not both give way.
    const newer =
      superseded.at > this.#since || (superseded.at === this.#since && superseded.by > this.#options.owner)
    if (newer)
      throw gateError({
        code: 'gray-superseded',
        what: `a newer release (${superseded.by}) takes this one's place`,
        fix: 'nothing: the newest run releases',
      })
  }

  async #supersede({ release, revision }: NonNullable<Stored>): Promise<boolean> {
    const { store, clock, signal, owner, log } = this.#options
    const { limits } = settingsOf(this.#options)
    const marked = { ...release, superseded: { by: owner, at: this.#since } }
    const written = await bounded(
      { what: `writing ${store.where}`, ms: limits.store, clock, signals: [signal] },
      (own) => store.write(marked, revision, own),
    )
    if (written !== undefined) log.info(`release ${release.id} is asked to go back`)
    return false
  }
}
