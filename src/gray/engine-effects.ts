import { gateError, messageOf, PipelineError } from '../base/errors.ts'
import { bounded } from './engine-bound.ts'
import { endNotice } from './engine-status.ts'
import type { EffectPorts, RunResult } from './engine-types.ts'
import { firstLine, part, windowOf } from './engine-window.ts'
import type { ApprovalAnswer, Measurement, Observation, Window } from './ports.ts'
import { agrees, type Effect, type ReleaseEvent, reversible } from './reducer.ts'

/** Split mode: nothing to do before this time (ms). */
export interface Pending {
  readonly kind: 'pending'
  readonly nextAt: number
}

/** `calm` was aborted: even the way back has to end here. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

const CHANGES: ReadonlySet<Effect['kind']> = new Set(['deploy', 'set-weight', 'finalise', 'reset'])
const MAX_RETRY_MS = 30_000
const MAX_SLEEP_MS = 3_600_000
/** How often the target is looked at while people make up their minds. */
const HOLD_CHECK_MS = 60_000
/** How long interrupted work that did not end is waited for, before the way back is taken for proved. */
const ORPHAN_MS = 10_000
const MAX_LOOKS = 5000

/** Carries out one effect after the other, each bounded, each with its lines in the audit; faults become events. */
export class Effects {
  readonly looks: RunResult['looks'][number][] = []
  readonly #ports: EffectPorts
  readonly #orphans = new Set<Promise<unknown>>()
  #running: Promise<unknown> = Promise.resolve()
  #early: Promise<ReleaseEvent | undefined> | undefined
  #seenAt = -Infinity
  /** The newest change at the target: `moment` of its end by the holder, undefined while it is under way. */
  #change: { ended: number | undefined } | undefined

  constructor(ports: EffectPorts) {
    this.#ports = ports
  }

  /**
   * Begins the way back now: the effect that is under way is aborted by `stop`, gets its grace, and then comes `reset`,
   * beside whatever is being stored or written. The next `reset` effect is answered by this one.
   */
  resetNow(): void {
    if (this.#early !== undefined) return
    this.#early = this.#running.then(() => this.#reset(true))
    // Its fault is met where the answer is taken.
    this.#early.catch(() => undefined)
  }

  /**
   * After the lease was lost: waits for a change that is still under way, and tells whether one may have landed after somebody
   * else had the release (a process that was frozen in the middle of it).
   */
  async late(): Promise<boolean> {
    const change = this.#change
    if (change === undefined) return false
    const { options, holder } = this.#ports
    if (this.#orphans.size > 0) {
      const all = Promise.allSettled([...this.#orphans])
      const bound = { what: 'interrupted work', ms: ORPHAN_MS, clock: options.clock, signals: [] }
      await bounded(bound, () => all).catch(() => undefined)
    }
    return change.ended === undefined || !holder.provedSince(change.ended)
  }

  /** The event that answers the effect; undefined when it has none, or was interrupted by `stop`. */
  async carryOut(effect: Effect): Promise<ReleaseEvent | Pending | undefined> {
    const { adapter, options, settings, holder } = this.#ports
    const { limits } = settings
    switch (effect.kind) {
      case 'prepare':
        return await this.#act(effect.kind, 2 * limits.prepare, '', false, async (signal) => {
          await adapter.check(signal)
          await options.measurer?.check(signal)
          await this.#stillOld(signal)
        })
      case 'deploy':
        return await this.#act(effect.kind, limits.deploy, holder.release.new, false, async (signal) => {
          await adapter.deploy?.(signal)
        })
      case 'smoke':
        return await this.#act(effect.kind, limits.smoke, holder.release.new, false, async (signal) => {
          await adapter.smoke?.(signal)
        })
      case 'set-weight':
        return await this.#act(effect.kind, limits.setWeight, `${effect.percent} %`, false, (signal) =>
          adapter.set(effect.percent, signal),
        )
      case 'finalise':
        return await this.#act(effect.kind, limits.finalise, holder.release.old, true, async (signal) => {
          await adapter.finalise?.(signal)
        })
      case 'reset': {
        const early = this.#early
        this.#early = undefined
        return await (early ?? this.#reset(false))
      }
      case 'read-back':
        return await this.#readBack()
      case 'wait':
        return await this.#wait(effect.until)
      case 'measure':
        return await this.#measure()
      case 'ask-approval':
        return await this.#ask(effect.reason)
      case 'await-approval':
        return await this.#await(effect.until)
      case 'notify':
        this.#ports.outbox.notify(endNotice(holder.release, effect.level, effect.message), holder.release)
        return undefined
    }
  }

  /**
   * Deploying over a version that serves would break it, and so would going "back" to one that does not: the new
   * version must have no part yet. A target that cannot tell before the deployment is asked after it.
   */
  async #stillOld(signal: AbortSignal): Promise<void> {
    const { adapter, options, holder } = this.#ports
    let seen: Observation
    try {
      seen = await adapter.get(signal)
    } catch (error) {
      options.log.debug(`the target says nothing yet: ${messageOf(error)}`)
      return
    }
    if (agrees({ intended: 0 }, { ...seen, settled: true })) return
    const { old, new: fresh } = holder.release
    throw gateError({
      code: 'gray-not-at-zero',
      what: `the new version already has ${seen.percent} % before anything was shifted`,
      cause: seen.detail,
      fix: `see that ${old} is the version that serves and ${fresh} the one that comes (after a promotion the two change places), give it weight 0, and release again`,
    })
  }

  /** What a new engine finds at the target of a release whose weight was confirmed; undefined when all is as it should be. */
  async drift(): Promise<ReleaseEvent | undefined> {
    const { holder, options } = this.#ports
    try {
      const seen = await this.#settled(false)
      return agrees(holder.release.state, seen) ? undefined : { kind: 'observed', ...part(seen) }
    } catch (error) {
      this.#stopped(error)
      // The next look tells whether it lasts.
      options.log.warning(`the target cannot be read: ${messageOf(error)}`)
      return undefined
    }
  }

  async #reset(urgent: boolean): Promise<ReleaseEvent | undefined> {
    const { adapter, settings } = this.#ports
    const reset = (signal: AbortSignal): Promise<void> => adapter.reset(signal)
    return await this.#act('reset', settings.limits.reset, '', true, reset, urgent)
  }

  async #act(
    action: Effect['kind'],
    ms: number,
    detail: string,
    back: boolean,
    work: (signal: AbortSignal) => Promise<void>,
    urgent = false,
  ): Promise<ReleaseEvent | undefined> {
    const { holder, trail, settings } = this.#ports
    try {
      const { tries } = holder.release.state
      if (tries > 0 && !urgent)
        await this.#pause(Math.min(MAX_RETRY_MS, settings.retryMs * 2 ** (tries - 1)), back)
      const noted = trail.append({ kind: 'intent', action, detail }, holder.release)
      // The way back does not wait for paper.
      if (!back) await noted
      await holder.ensure()
      if (CHANGES.has(action)) await this.#changing(() => this.#bounded(action, ms, back, work))
      else await this.#bounded(action, ms, back, work)
      await trail.append({ kind: 'done', action, detail }, holder.release)
      return { kind: 'acted', of: action }
    } catch (error) {
      return await this.#fault(error, action)
    }
  }

  async #changing(work: () => Promise<void>): Promise<void> {
    const change: { ended: number | undefined } = { ended: undefined }
    this.#change = change
    try {
      await work()
    } finally {
      change.ended = this.#ports.holder.moment
    }
  }

  /** A fault as an event; what stops this engine altogether is thrown on. */
  async #fault(error: unknown, action: string): Promise<ReleaseEvent | undefined> {
    const { holder, trail } = this.#ports
    const reason = firstLine(messageOf(error))
    // A way back that began early fails while the record still says forward: a fault all the same, to be tried again.
    const interrupted = this.#stopped(error) && action !== 'reset'
    await trail.append(
      { kind: 'failed', action, detail: interrupted ? `interrupted: ${reason}` : reason },
      holder.release,
    )
    if (interrupted) return undefined
    const final = error instanceof PipelineError && error.kind !== 'environment'
    return { kind: 'failed', reason, ...(final ? { final } : {}) }
  }

  /** True: interrupted by `stop`. Throws when the lease is gone or even the way back must end. */
  #stopped(error: unknown): boolean {
    const { holder, options, stop } = this.#ports
    if (holder.gone.aborted) throw holder.gone.reason instanceof Error ? holder.gone.reason : error
    if (options.calm?.aborted === true) throw new Interrupted('this process has to end')
    return stop.aborted && reversible(holder.release.state)
  }

  async #readBack(): Promise<ReleaseEvent | undefined> {
    const { holder, trail } = this.#ports
    const { phase } = holder.release.state
    try {
      if (phase === 'aborting') await this.#orphansEnd()
      const seen = await this.#settled(phase === 'aborting' || phase === 'finalising')
      await trail.append({ kind: 'done', action: 'read-back', detail: seen.detail }, holder.release)
      return { kind: 'observed', ...part(seen) }
    } catch (error) {
      return await this.#fault(error, 'read-back')
    }
  }

  /** Asks the target until it has what was set, at most as long as it may take to settle; then its last answer. */
  async #settled(back: boolean): Promise<Observation> {
    const { adapter, settings, options, holder } = this.#ports
    const until = options.clock.now() + settings.settleMs
    for (;;) {
      let answer: { seen: Observation } | { error: unknown }
      try {
        const seen = await this.#bounded('get', settings.limits.get, back, (signal) => adapter.get(signal))
        this.#seenAt = options.clock.now()
        if (agrees(holder.release.state, seen)) return seen
        answer = { seen }
      } catch (error) {
        if (this.#stopped(error) || (error instanceof PipelineError && error.kind !== 'environment'))
          throw error
        answer = { error }
      }
      const left = until - options.clock.now()
      if (left <= 0) {
        if ('seen' in answer) return answer.seen
        throw answer.error
      }
      await this.#pause(Math.min(left, settings.settlePollMs), back)
    }
  }

  /** Work that went on after its abort could still land after the reset: the proof is taken once it has ended. */
  async #orphansEnd(): Promise<void> {
    if (this.#orphans.size === 0) return
    const all = Promise.allSettled([...this.#orphans])
    await this.#bounded('interrupted work', ORPHAN_MS, true, () => all).catch((error: unknown) => {
      this.#stopped(error)
    })
  }

  async #wait(until: number): Promise<ReleaseEvent | Pending | undefined> {
    const { options, settings, holder } = this.#ports
    const { state, plan } = holder.release
    const looking = state.phase === 'observing' || state.phase === 'baking'
    const due = until + (looking ? settings.lagMs : 0)
    const warming = state.phase === 'warming' ? (plan.steps[state.step]?.observeMs ?? 0) : 0
    // Between two looks nothing can pass, so a split job sleeps until the one that decides, and makes up for the others.
    const decides = (state.deadline ?? until) + warming + settings.lagMs
    if (settings.mode === 'split' && decides - options.clock.now() > settings.awakeMs)
      return { kind: 'pending', nextAt: decides }
    try {
      for (let left = due - options.clock.now(); left > 0; left = due - options.clock.now())
        await this.#pause(Math.min(left, MAX_SLEEP_MS), false)
    } catch (error) {
      this.#stopped(error)
      return undefined
    }
    return { kind: 'waited', at: until }
  }

  async #measure(): Promise<ReleaseEvent | undefined> {
    const { options, settings, holder, trail, outbox } = this.#ports
    const { release } = holder
    const now = options.clock.now()
    const at = Math.min(release.state.nextLook ?? now, now)
    try {
      // A look that is made up for says nothing of the target's present weight.
      const timely = now - at - settings.lagMs <= release.plan.intervalMs
      const found = timely ? await this.#presentWeight() : undefined
      if (found?.kind === 'observed') return found
      const window = windowOf(release, at)
      let measurement = await this.#look(window)
      if (found !== undefined && measurement.verdict !== 'fail' && measurement.hard !== true)
        measurement = { ...measurement, verdict: 'error', reason: found.reason }
      if (this.looks.length < MAX_LOOKS) this.looks.push({ window, measurement })
      await trail.append({ kind: 'measurement', measurement, window }, release)
      options.log.info(
        `step ${release.state.step + 1}, ${window.percent} %: ${measurement.verdict} (${measurement.reason})`,
      )
      for (const { level, message } of measurement.alerts ?? [])
        outbox.notifyOnce({ level, event: 'alert', message }, release)
      const { verdict, reason, hard } = measurement
      return { kind: 'measured', verdict, reason, at, ...(hard === true ? { hard } : {}) }
    } catch (error) {
      this.#stopped(error)
      return undefined
    }
  }

  async #look(window: Window): Promise<Measurement> {
    const { options, settings } = this.#ports
    const { measurer } = options
    const failed = (reason: string): Measurement => ({
      at: window.end,
      verdict: 'error',
      reason,
      metrics: [],
    })
    if (measurer === undefined) return failed('there is nothing to measure with')
    try {
      return await this.#bounded('measure', settings.limits.measure, false, (signal) =>
        measurer.measure(window, signal),
      )
    } catch (error) {
      if (this.#stopped(error)) throw error
      return failed(firstLine(messageOf(error)))
    }
  }

  /** A lost weight as the event of it, a target that does not answer as a fault, undefined when all is well. */
  async #presentWeight(): Promise<
    | Extract<ReleaseEvent, { kind: 'observed' }>
    | { readonly kind: 'fault'; readonly reason: string }
    | undefined
  > {
    const { adapter, settings, holder, options } = this.#ports
    try {
      const first = await this.#bounded('get', settings.limits.get, false, (signal) => adapter.get(signal))
      this.#seenAt = options.clock.now()
      if (agrees(holder.release.state, first)) return undefined
      const seen = await this.#settled(false)
      return agrees(holder.release.state, seen) ? undefined : { kind: 'observed', ...part(seen) }
    } catch (error) {
      if (this.#stopped(error)) throw error
      return { kind: 'fault', reason: `the target cannot be read back: ${firstLine(messageOf(error))}` }
    }
  }

  async #ask(reason: string): Promise<ReleaseEvent | undefined> {
    const { options, settings, holder } = this.#ports
    const { approver } = options
    if (approver === undefined)
      return { kind: 'failed', reason: 'there is no way to ask for approval', final: true }
    return await this.#act('ask-approval', settings.limits.approval, reason, false, (signal) =>
      approver.ask(holder.release, reason, signal),
    )
  }

  async #await(until: number): Promise<ReleaseEvent | Pending | undefined> {
    const { options, settings, holder, trail } = this.#ports
    let last = ''
    try {
      for (;;) {
        const answer = await this.#answer()
        const told = JSON.stringify(answer)
        if (told !== last) {
          await trail.append({ kind: 'approval', answer }, holder.release)
          if (answer.kind === 'waiting') options.log.info(`waiting for approval: ${answer.detail}`)
        }
        last = told
        if (answer.kind === 'approved') return { kind: 'approved', by: answer.by }
        if (answer.kind === 'rejected') return { kind: 'rejected', by: answer.by }
        const now = options.clock.now()
        if (now >= until) return { kind: 'waited', at: until }
        if (settings.mode === 'split') return { kind: 'pending', nextAt: until }
        if (now - this.#seenAt >= HOLD_CHECK_MS) {
          this.#seenAt = now
          const found = await this.#presentWeight()
          if (found?.kind === 'observed') return found
        }
        await this.#pause(Math.min(until - now, settings.approvalPollMs), false)
      }
    } catch (error) {
      if (!this.#stopped(error)) throw error
      return undefined
    }
  }

  async #answer(): Promise<ApprovalAnswer> {
    const { options, settings, holder } = this.#ports
    const { approver } = options
    if (approver === undefined) return { kind: 'waiting', detail: 'this process cannot see approvals' }
    try {
      return await this.#bounded('approval', settings.limits.approval, false, (signal) =>
        approver.answer(holder.release, signal),
      )
    } catch (error) {
      if (this.#stopped(error)) throw error
      // Approvals that cannot be read are not given; the hold has its own end.
      return { kind: 'waiting', detail: firstLine(messageOf(error)) }
    }
  }

  #bounded<T>(
    what: string,
    ms: number,
    back: boolean,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { options, settings } = this.#ports
    const result = bounded(
      {
        what,
        ms,
        clock: options.clock,
        signals: this.#signals(back),
        graceMs: settings.graceMs,
        orphan: (running) => {
          const ended = running
            .catch(() => undefined)
            .finally(() => {
              this.#orphans.delete(ended)
            })
          this.#orphans.add(ended)
        },
      },
      work,
    )
    this.#running = result.catch(() => undefined)
    return result
  }

  async #pause(ms: number, back: boolean): Promise<void> {
    const { clock } = this.#ports.options
    await bounded({ what: 'a wait', ms: ms + 60_000, clock, signals: this.#signals(back) }, (signal) =>
      clock.sleep(ms, signal),
    )
  }

  #signals(back: boolean): AbortSignal[] {
    const { holder, stop, options } = this.#ports
    return [
      holder.gone,
      ...(options.calm === undefined ? [] : [options.calm]),
      // A newer run or a cancel does not stop what is on its way to an end.
      ...(back ? [] : [stop]),
    ]
  }
}
