import { type Phase, PHASES, type StepReport, type StepStatus, type TimingReport } from './model.ts'

/** A step that ran. */
export interface Ran extends StepReport {
  readonly startMs: number
  readonly endMs: number
}

export const ran = (steps: readonly StepReport[]): Ran[] =>
  steps.filter((step): step is Ran => step.startMs !== undefined && step.endMs !== undefined)

/** What a run's span and its plan's step tell; both may come from the plan package without knowing this one. */
export interface SpanLike {
  readonly id: string
  readonly title: string
  readonly gate: boolean
  readonly status: StepStatus
  /** Milliseconds since the epoch. */
  readonly startMs?: number
  readonly endMs?: number
  readonly reason?: string
  /** The step whose place it took. */
  readonly waitedFor?: string
}

/** Joins spans with what their steps needed; times become relative to the start of the run. */
export function stepReports(
  spans: readonly SpanLike[],
  plan: readonly { readonly id: string; readonly needs: readonly string[] }[],
  runStartMs: number,
): StepReport[] {
  const needs = new Map(plan.map((step) => [step.id, step.needs]))
  return spans.map((span) => ({
    id: span.id,
    title: span.title,
    status: span.status,
    gate: span.gate,
    needs: needs.get(span.id) ?? [],
    phase: phaseOf(span.id),
    ...(span.startMs === undefined || span.endMs === undefined
      ? {}
      : {
          startMs: Math.max(0, span.startMs - runStartMs),
          endMs: Math.max(0, span.startMs - runStartMs, span.endMs - runStartMs),
        }),
    ...(span.reason === undefined ? {} : { reason: span.reason }),
    ...(span.waitedFor === undefined ? {} : { waitedFor: span.waitedFor }),
  }))
}

const PHASE_OF: Readonly<Record<string, Phase>> = {
  compile: 'compile',
  vet: 'check',
  test: 'check',
  coverage: 'check',
  binaries: 'check',
  scan: 'check',
  base: 'image',
  own: 'image',
  image: 'image',
  inspect: 'image',
  start: 'image',
  load: 'publish',
  publish: 'publish',
  verify: 'publish',
  'dockerfile-caches': 'finish',
  save: 'finish',
  report: 'finish',
}

/** The phase that a step belongs to, by the part of its id before the first colon; what is not known sets things up. */
export function phaseOf(id: string): Phase {
  const kind = id.split(':')[0] ?? ''
  return Object.hasOwn(PHASE_OF, kind) ? (PHASE_OF[kind] ?? 'set up') : 'set up'
}

/**
 * The critical path: from the step that ended last back over what it waited for and what ended last each time, a need or the step whose
 * place it took. It is the chain that decided how long the run took; making any other step faster gains nothing. Skipped needs hand over
 * what they needed.
 */
export function criticalPath(steps: readonly StepReport[]): Ran[] {
  const byId = new Map(steps.map((step) => [step.id, step]))
  const last = (candidates: readonly Ran[]): Ran | undefined =>
    candidates.reduce<Ran | undefined>(
      (best, step) => (best === undefined || step.endMs > best.endMs ? step : best),
      undefined,
    )
  const path: Ran[] = []
  const seen = new Set<string>()
  let at = last(ran(steps))
  while (at !== undefined && !seen.has(at.id)) {
    seen.add(at.id)
    path.unshift(at)
    at = last(needsThatRan(at, byId).filter((need) => !seen.has(need.id)))
  }
  return path
}

function needsThatRan(step: StepReport, byId: ReadonlyMap<string, StepReport>): Ran[] {
  const found = new Map<string, Ran>()
  const visited = new Set<string>()
  const visit = (ids: readonly string[]): void => {
    for (const id of ids) {
      const need = byId.get(id)
      if (need === undefined || visited.has(id)) continue
      visited.add(id)
      const [one] = ran([need])
      if (one === undefined) visit(need.needs)
      else found.set(id, one)
    }
  }
  visit(step.waitedFor === undefined ? step.needs : [...step.needs, step.waitedFor])
  return [...found.values()]
}

/** Milliseconds in which at least one of the steps ran. */
export function busyMs(steps: readonly StepReport[]): number {
  let busy = 0
  let until = 0
  for (const { startMs, endMs } of ran(steps).sort((a, b) => a.startMs - b.startMs)) {
    if (endMs <= until) continue
    busy += endMs - Math.max(startMs, until)
    until = endMs
  }
  return busy
}

/** The greatest number of steps that ran at the same moment. One that starts when another ends does not overlap it. */
export function peakConcurrency(steps: readonly StepReport[]): number {
  const changes = ran(steps)
    .filter((step) => step.endMs > step.startMs)
    .flatMap((step) => [
      { at: step.startMs, by: 1 },
      { at: step.endMs, by: -1 },
    ]) // prettier-ignore
    .sort((a, b) => a.at - b.at || a.by - b.by)
  let now = 0
  let peak = 0
  for (const change of changes) {
    now += change.by
    peak = Math.max(peak, now)
  }
  return peak
}

/** All figures about time that a report holds. */
export function timingOf(steps: readonly StepReport[]): TimingReport {
  const path = criticalPath(steps)
  const work = (list: readonly StepReport[]): number =>
    ran(list).reduce((sum, step) => sum + step.endMs - step.startMs, 0)
  return {
    workMs: work(steps),
    criticalMs: work(path),
    criticalPath: path.map((step) => step.id),
    phases: PHASES.map((phase) => ({ phase, list: steps.filter((step) => step.phase === phase) }))
      .filter(({ list }) => ran(list).length > 0)
      .map(({ phase, list }) => ({ phase, wallMs: busyMs(list), workMs: work(list) })),
  }
}
