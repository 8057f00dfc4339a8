import { reasonOf } from '../base/clock.ts'
import { environmentError, messageOf } from '../base/errors.ts'
import { AuditTrail } from './engine-audit.ts'
import { bounded } from './engine-bound.ts'
import { Effects, Interrupted } from './engine-effects.ts'
import { Outbox } from './engine-outbox.ts'
import { endNotice } from './engine-status.ts'
import {
  type EngineOptions,
  type EngineSettings,
  type Outcome,
  type RunResult,
  settingsOf,
} from './engine-types.ts'
import { type Holder, LeaseLost, StoreFailing } from './lease.ts'
import type { Adapter, Notice } from './ports.ts'
import { advanceRelease } from './record.ts'
import { isTerminal, reduce, type ReleaseEvent, type ReleaseState, reversible, steady } from './reducer.ts'

/**
 * Drives one release whose lease `holder` has: each event is reduced, the new state is stored, its effects are carried
 * out in order, and what they answer is the next event. It ends at an end of the release, at a wait that a split job does not sleep
 * through, when the lease is lost, or when `calm` says that this process has to go.
 */
export class Engine {
  readonly #holder: Holder
  readonly #adapter: Adapter
  readonly #options: EngineOptions
  readonly #settings: EngineSettings
  readonly #outbox: Outbox
  readonly #trail: AuditTrail
  readonly #effects: Effects
  readonly #stop = new AbortController()
  /** The newest state, which may not be stored yet: what a cancel has to go by. */
  #state: ReleaseState
  #asleep = false

  constructor(holder: Holder, adapter: Adapter, options: EngineOptions) {
    this.#holder = holder
    this.#adapter = adapter
    this.#options = options
    this.#settings = settingsOf(options)
    this.#state = holder.release.state
    const { limits } = this.#settings
    this.#outbox = new Outbox(options, limits, options.calm === undefined ? [] : [options.calm])
    this.#trail = new AuditTrail(options, limits.audit, (reason) => {
      this.#halt(reason)
    })
    this.#effects = new Effects({
      holder,
      adapter,
      options,
      settings: this.#settings,
      outbox: this.#outbox,
      trail: this.#trail,
      stop: this.#stop.signal,
    })
  }

  /** A release that has just been stored for the first time. */
  async start(): Promise<RunResult> {
    const { release } = this.#holder
    return await this.#guarded(async () => {
      const { plan, adapter, planHash } = release
      await this.#lease('taken')
      await this.#trail.append(
        { kind: 'settings', settings: { plan, adapter, planHash, old: release.old, new: release.new } },
        release,
      )
      const steps = plan.steps.map(({ percent }) => `${percent} %`).join(', ')
      this.#say('info', 'started', `${release.new} is released to ${release.environment}: ${steps}`)
      return await this.#drive({ kind: 'start' })
    })
  }

  /** A release that another engine has begun. `untold`: its end was stored, but perhaps not told. */
  async resume(policy: 'continue' | 'rollback', reason: string, untold: boolean): Promise<RunResult> {
    return await this.#guarded(async () => {
      await this.#lease('taken-over')
      const { release } = this.#holder
      const { state } = release
      if (untold && isTerminal(state)) this.#outbox.notify(endNotice(release), release)
      if (state.phase === 'done' || state.phase === 'rolled-back') return await this.#finish()
      // Whether the target still has the weight that was confirmed is asked before anything is built on it.
      const drifted = policy === 'continue' && steady(state.phase) ? await this.#effects.drift() : undefined
      return await this.#drive(drifted ?? { kind: 'resume', policy, reason })
    })
  }

  async #drive(first: ReleaseEvent): Promise<RunResult> {
    let next: ReleaseEvent | undefined = first
    for (;;) {
      const event: ReleaseEvent | undefined = this.#cancelled() ?? next
      if (event === undefined) throw new Error(`nothing leads on from the phase ${this.#state.phase}`)
      next = undefined
      for (const effect of await this.#transit(event)) {
        // Overtaken while the state was being stored: the effect belongs to a way that is not gone any more.
        if (this.#cancelled() !== undefined) break
        const answer = await this.#effects.carryOut(effect)
        if (answer?.kind === 'pending') {
          const asleep = await this.#sleep(answer.nextAt)
          if (asleep !== undefined) return asleep
        } else next = answer ?? next
      }
      if (isTerminal(this.#state)) return await this.#finish()
    }
  }

  /** The cancel that is due, as long as there is a way back. */
  #cancelled(): ReleaseEvent | undefined {
    const { signal } = this.#stop
    return signal.aborted && reversible(this.#state)
      ? { kind: 'cancel', reason: reasonOf(signal).message }
      : undefined
  }

  async #transit(event: ReleaseEvent): Promise<ReturnType<typeof reduce>['effects']> {
    const before = this.#holder.release
    const now = this.#options.clock.now()
    const { state, effects } = reduce(before.plan, before.state, event, now)
    this.#state = state
    const at = event.kind === 'waited' || event.kind === 'measured' ? (event.at ?? now) : now
    if (state !== before.state) await this.#holder.save((release) => advanceRelease(release, state, at))
    await this.#trail.append(
      { kind: 'event', event, before: before.state.phase, after: state.phase },
      this.#holder.release,
    )
    if (state.phase !== before.state.phase) {
      this.#announce(before.state, state)
      this.#outbox.mirror(this.#holder.release)
    }
    return effects
  }

  #announce(before: ReleaseState, { phase, observed, reason, step }: ReleaseState): void {
    const { environment, plan } = this.#holder.release
    if (phase === 'warming')
      this.#say(
        'info',
        'step',
        `${environment}: step ${step + 1} of ${plan.steps.length}, ${observed ?? 0} % confirmed`,
      )
    if (phase === 'holding') this.#say('warning', 'hold', `${environment}: approval is needed. ${reason}`)
    if (phase === 'aborting' && before.phase !== 'rollback-failed')
      this.#say('warning', 'going-back', `${environment}: going back to the old version. ${reason}`)
  }

  #say(level: Notice['level'], event: string, message: string): void {
    this.#outbox.notify({ level, event, message }, this.#holder.release)
  }

  /** Split mode: the record without a lease, with the time of the next decision; undefined when a cancel came first. */
  async #sleep(nextAt: number): Promise<RunResult | undefined> {
    const until = nextAt + this.#settings.overdueMs
    await this.#lease('released')
    await this.#outbox.flush()
    if (this.#cancelled() !== undefined) return undefined
    // From here on a cancel has to take the lease again (see takeUp): this engine must touch nothing without one.
    this.#asleep = true
    await this.#holder.letGo((release) => ({ ...release, pending: { nextAt, until } }))
    return { ...this.#result('pending'), pending: true, nextAt }
  }

  /** People are told before the record is let go: a reaper repeats what may not have been told. */
  async #finish(): Promise<RunResult> {
    await this.#outbox.flush()
    await this.#lease('released')
    try {
      await this.#holder.letGo((release) => release)
    } catch (error) {
      // The end itself is stored.
      this.#options.log.warning(`the lease was not given back: ${messageOf(error)}`)
    }
    const outcomes: Partial<Record<ReleaseState['phase'], Outcome>> = {
      done: 'promoted',
      'rolled-back': 'rolled-back',
      'finalise-failed': 'finalise-failed',
    }
    return this.#result(outcomes[this.#state.phase] ?? 'rollback-failed')
  }

  #result(outcome: Outcome, reason = this.#state.reason): RunResult {
    return { outcome, pending: false, reason, release: this.#holder.release, looks: this.#effects.looks }
  }

  /** Listens for what ends the way forward, keeps the lease alive, and turns what stops this engine into its outcome. */
  async #guarded(work: () => Promise<RunResult>): Promise<RunResult> {
    const { signal } = this.#options
    const { superseded } = this.#holder
    const onCancel = (): void => {
      this.#halt(`cancelled: ${reasonOf(signal).message}`)
    }
    const onSuperseded = (): void => {
      this.#halt(reasonOf(superseded).message)
    }
    signal.addEventListener('abort', onCancel, { once: true })
    superseded.addEventListener('abort', onSuperseded, { once: true })
    if (superseded.aborted) onSuperseded()
    if (signal.aborted) onCancel()
    this.#holder.beat()
    try {
      return await work()
    } catch (error) {
      if (error instanceof LeaseLost) {
        await this.#lease('lost')
        const late = await this.#effects.late()
        return { ...this.#result('lost', error.message), ...(late ? { late } : {}) }
      }
      if (error instanceof Interrupted) return this.#result('interrupted', error.message)
      throw await this.#emergency(error)
    } finally {
      this.#holder.rest()
      signal.removeEventListener('abort', onCancel)
      superseded.removeEventListener('abort', onSuperseded)
    }
  }

  #halt(reason: string): void {
    if (this.#stop.signal.aborted) return
    // Aborts the effect that is under way; the reset waits for its end, at most for its grace.
    this.#stop.abort(new Error(reason))
    if (reversible(this.#state) && this.#state.touched && !this.#asleep) this.#effects.resetNow()
  }

  /**
   * The state cannot be stored any more (or this program has a fault), but the lease is still ours: the target is put back
   * while it is. The record stays unfinished, so that a reaper completes it.
   */
  async #emergency(error: unknown): Promise<unknown> {
    const { clock, calm, log } = this.#options
    const { environment } = this.#holder.release
    let what = 'nothing was changed at the target'
    const back = this.#state.phase === 'aborting' || (reversible(this.#state) && this.#state.touched)
    if (back && this.#holder.left > 0) {
      const ms = Math.min(this.#settings.limits.reset, this.#holder.left)
      try {
        const signals = calm === undefined ? [] : [calm]
        await bounded({ what: 'reset', ms, clock, signals }, (signal) => this.#adapter.reset(signal))
        what = 'the target was put back to the old version'
      } catch (fault) {
        what = `the target could not be put back: ${messageOf(fault)}`
      }
      log.error(`${environment}: ${messageOf(error)}; ${what}`)
      this.#say('page', 'engine-failed', `${environment}: ${messageOf(error)}; ${what}`)
    } else if (this.#state.phase === 'finalising') what = 'the old version was being removed; run "gray reap"'
    await this.#outbox.flush()
    if (!(error instanceof StoreFailing)) return error
    return environmentError(
      {
        code: 'gray-state-unwritable',
        what: `the release's state cannot be stored; ${what}`,
        cause: messageOf(error.cause),
        where: this.#options.store.where,
        fix: 'make the place writable again, then run "gray reap", which finishes the record',
      },
      { cause: error },
    )
  }

  async #lease(action: 'taken' | 'taken-over' | 'lost' | 'released'): Promise<void> {
    await this.#trail.append({ kind: 'lease', action, owner: this.#options.owner }, this.#holder.release)
  }
}
