import { messageOf } from '../base/errors.ts'
import { Engine } from './engine.ts'
import { bounded } from './engine-bound.ts'
import { type EngineOptions, type RunResult, settingsOf } from './engine-types.ts'
import { take } from './lease.ts'
import type { StoredRelease } from './ports.ts'

/** How long the end that the new holder is driving to is waited for, ms. */
const WAIT_MS = 5 * 60_000

/**
 * No lease can keep a frozen process from ending the one call it was in when it wakes. An engine that lost its lease with such a
 * call under way therefore proves the end anew: once the release has ended, it takes the place again and repeats what its end
 * asked for, which is idempotent. Another release at that place needs no help: each of its looks reads the weight back.
 */
export async function afterLoss(run: RunResult, options: EngineOptions): Promise<RunResult> {
  if (run.outcome !== 'lost' || run.late !== true) return run
  const { clock, log, calm } = options
  const { environment } = run.release
  log.warning(`${environment}: a change was under way when the lease was lost; its end is proved again`)
  const signals = calm === undefined ? [] : [calm]
  try {
    const until = clock.now() + WAIT_MS
    for (;;) {
      const again = await proveAgain(run.release, options, signals)
      if (again === 'over') return run
      if (again !== 'later') {
        const reason = `${run.reason}; a change was under way, so the target was proved again: ${again.outcome}`
        return { ...run, reason, release: again.release }
      }
      if (clock.now() >= until) break
      const ms = settingsOf(options).queuePollMs
      await bounded({ what: 'a wait', ms: ms + 60_000, clock, signals }, (own) => clock.sleep(ms, own))
    }
    log.warning(
      `${environment}: the new holder has not ended yet; its own read-back has to find a late change`,
    )
  } catch (error) {
    log.error(`${environment}: the target could not be proved again: ${messageOf(error)}; look at it`)
  }
  return run
}

/** `over`: another release is there. `later`: the new holder still drives this one. */
async function proveAgain(
  lost: StoredRelease,
  options: EngineOptions,
  signals: readonly AbortSignal[],
): Promise<RunResult | 'over' | 'later'> {
  const { store, clock, log, owner, adapterFor } = options
  const { limits, leaseMs } = settingsOf(options)
  const bound = { what: `reading ${store.where}`, ms: limits.store, clock, signals }
  const stored = await bounded(bound, (signal) => store.read(signal))
  if (stored?.release.id !== lost.id) return 'over'
  const { release, revision } = stored
  const { phase } = release.state
  const promoted = phase === 'done' || phase === 'finalise-failed'
  const ended = promoted || phase === 'rolled-back' || phase === 'rollback-failed'
  if (release.lease !== null || !ended) return 'later'
  const adapter = await adapterFor(release.adapter)
  const unproved: StoredRelease = {
    ...release,
    state: { ...release.state, phase: promoted ? 'finalise-failed' : 'rollback-failed' },
  }
  const calm = options.calm ?? new AbortController().signal
  const holder = await take(
    unproved,
    revision,
    { store, clock, log, owner, leaseMs, storeMs: limits.store },
    calm,
  )
  if (holder === undefined) return 'later'
  // A late weight would send traffic to a version that is gone; the end of a promotion does not set one by itself.
  if (promoted)
    await bounded({ what: 'set-weight', ms: limits.setWeight, clock, signals }, (own) =>
      adapter.set(100, own),
    )
  return await new Engine(holder, adapter, options).resume('rollback', 'proved again', false)
}
