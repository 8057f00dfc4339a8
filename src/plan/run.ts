import { reasonOf } from '../base/clock.ts'
import type { Clock } from '../base/clock.ts'
import { cancelledError, messageOf } from '../base/errors.ts'
import { graphFaults, type Lane, type PlanStep } from './graph.ts'

export type StepStatus = 'ok' | 'failed' | 'skipped' | 'cancelled'

/** When a step ran and how it ended. Times are ms since the epoch; a step that never ran has none. */
export interface StepSpan {
  readonly id: string
  readonly title: string
  readonly gate: boolean
  readonly status: StepStatus
  readonly startMs?: number
  readonly endMs?: number
  /** Why it failed or did not run, or what it found. */
  readonly reason?: string
  /** The step whose place in the lane it took: until that one ended there was no room, although all it needs was there. */
  readonly waitedFor?: string
  /** Skipped because another step has found that its outcome is known already. */
  readonly needless?: true
}

export interface StepFailure {
  readonly id: string
  readonly gate: boolean
  readonly error: unknown
}

/** What a step tells about itself when it ends well: one line for the log and the summary. */
export type StepWork = (signal: AbortSignal) => Promise<string | undefined>

export interface RunOptions {
  readonly clock: Clock
  /** Cancels everything. */
  readonly signal: AbortSignal
  /** How many steps of a lane may run at once; asked anew before each start. */
  readonly lanes: Readonly<Record<Exclude<Lane, 'free'>, () => number>>
  /** Filled by steps while they run: ids of steps that need not run any more, and why. Those that run are aborted. */
  readonly needless?: ReadonlyMap<string, string>
  readonly onStart?: (step: PlanStep) => void
  readonly onEnd?: (span: StepSpan) => void
}

export interface RunResult {
  readonly spans: readonly StepSpan[]
  readonly failures: readonly StepFailure[]
}

/**
 * Runs the graph with the greatest safe concurrency: a step starts as soon as what it needs has ended well and its
 * lane has room. After a failure nothing new starts but gates that are ready (their verdicts are worth having),
 * running gates finish, and running work that could only serve the refused release is aborted.
 * Never rejects: the caller reads `failures`.
 */
export async function runPlan(
  steps: readonly PlanStep[],
  work: ReadonlyMap<string, StepWork>,
  options: RunOptions,
): Promise<RunResult> {
  const faults = graphFaults(steps)
  if (faults.length > 0) throw new TypeError(`the plan cannot be run: ${faults.join('; ')}`)

  const ended = new Map<string, StepSpan>()
  const running = new Map<string, { promise: Promise<void>; abort: AbortController; step: PlanStep }>()
  const failures: StepFailure[] = []
  const { clock, signal } = options

  const finish = (span: StepSpan): void => {
    ended.set(span.id, span)
    options.onEnd?.(span)
  }
  const unrun = (step: PlanStep, status: 'skipped' | 'cancelled', reason: string): void => {
    finish({ id: step.id, title: step.title, gate: step.gate, status, reason })
  }

  const needlessSpan = (step: PlanStep): StepSpan | undefined => {
    const reason = options.needless?.get(step.id)
    const { id, title, gate } = step
    return reason === undefined ? undefined : { id, title, gate, status: 'skipped', reason, needless: true }
  }

  const abortNeedless = (): void => {
    for (const { step, abort } of running.values()) {
      const reason = options.needless?.get(step.id)
      if (reason !== undefined) abort.abort(cancelledError(reason))
    }
  }

  /** Work in progress that a still running or ready gate needs goes on; the rest is aborted. */
  const abortUseless = (): void => {
    const wanted = new Set<string>()
    const want = (id: string): void => {
      if (wanted.has(id)) return
      wanted.add(id)
      for (const need of steps.find((step) => step.id === id)?.needs ?? []) want(need)
    }
    for (const entry of running.values()) if (entry.step.gate) want(entry.step.id)
    for (const entry of running.values()) {
      if (!wanted.has(entry.step.id))
        entry.abort.abort(cancelledError(`stopped because ${failures[0]?.id ?? 'a step'} failed`))
    }
  }

  /** Steps that could have started but for the room in their lane; and the step of each lane that ended last. */
  const waiting = new Set<string>()
  const leftLast = new Map<Lane, string>()

  const start = (step: PlanStep): void => {
    const task = work.get(step.id)
    if (task === undefined) throw new TypeError(`no work is known for the step ${step.id}`)
    const abort = new AbortController()
    const onCancel = (): void => abort.abort(reasonOf(signal))
    signal.addEventListener('abort', onCancel, { once: true })
    const startMs = clock.now()
    options.onStart?.(step)
    const before = waiting.has(step.id) ? leftLast.get(step.lane) : undefined
    const waitedFor = before === undefined ? {} : { waitedFor: before }
    const base = { id: step.id, title: step.title, gate: step.gate, startMs, ...waitedFor }
    const promise = task(abort.signal)
      .then(
        (note) => {
          const endMs = clock.now()
          const reason = note === undefined ? {} : { reason: note }
          finish(needlessSpan(step) ?? { ...base, status: 'ok', endMs, ...reason })
        },
        (error: unknown) => {
          const needless = needlessSpan(step)
          if (needless !== undefined) {
            finish(needless)
            return
          }
          const status = abort.signal.aborted ? 'cancelled' : 'failed'
          if (status === 'failed') failures.push({ id: step.id, gate: step.gate, error })
          finish({ ...base, status, endMs: clock.now(), reason: messageOf(error).split('\n')[0] ?? '' })
          if (status === 'failed') abortUseless()
        },
      )
      .finally(() => {
        signal.removeEventListener('abort', onCancel)
        running.delete(step.id)
        leftLast.set(step.lane, step.id)
        abortNeedless()
      })
    running.set(step.id, { promise, abort, step })
  }

  const laneHasRoom = (lane: Lane): boolean =>
    lane === 'free' ||
    [...running.values()].filter((entry) => entry.step.lane === lane).length < options.lanes[lane]()

  for (;;) {
    // Settle what cannot run any more, until nothing changes: a skip may doom the next.
    for (let changed = true; changed;) {
      changed = false
      for (const step of steps) {
        if (ended.has(step.id) || running.has(step.id)) continue
        const bad = step.needs
          .map((need) => ended.get(need))
          .find((span) => span !== undefined && !endedWell(span, steps))
        const needless = needlessSpan(step)
        if (step.skip !== undefined) unrun(step, 'skipped', step.skip)
        else if (needless !== undefined) finish(needless)
        else if (signal.aborted) unrun(step, 'cancelled', reasonOf(signal).message)
        else if (bad !== undefined) unrun(step, 'skipped', `${bad.title} did not end well`)
        else if (failures.length > 0 && !step.gate)
          unrun(step, 'skipped', `${failures[0]?.id ?? 'a step'} failed`)
        else continue
        changed = true
      }
    }
    for (const step of steps) {
      if (ended.has(step.id) || running.has(step.id)) continue
      if (!step.needs.every((need) => ended.has(need))) continue
      if (laneHasRoom(step.lane)) start(step)
      else waiting.add(step.id)
    }
    if (running.size === 0) break
    await Promise.race([...running.values()].map((entry) => entry.promise))
  }
  return { spans: steps.map((step) => ended.get(step.id) as StepSpan), failures }
}

/** A step that the plan left out or that became needless counts as done; one that was skipped because of a failure does not. */
function endedWell(span: StepSpan, steps: readonly PlanStep[]): boolean {
  return (
    span.status === 'ok' ||
    (span.status === 'skipped' &&
      (span.needless === true || steps.find((step) => step.id === span.id)?.skip !== undefined))
  )
}
