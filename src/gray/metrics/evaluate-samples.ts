import type { JudgeItem } from '../judge-input.ts'
import { sortedMedian } from '../statistics.ts'
import { decide, type Evaluated, idle, isTrouble, troubled, type Trouble } from './decide.ts'
import type { Look } from './look.ts'
import { type Part, single } from './parts.ts'
import type { SamplesSpec, ValueSpec } from './settings.ts'

/** One sample of a gauge. */
export interface GaugeSample {
  readonly at: number
  readonly target: string
  readonly value: number
}

/** More samples than this say nothing more, and would fill the audit. */
const MOST_SAMPLES = 400
const FEWEST_SAMPLES = 4

/** Judges a gauge: its mean against a limit, its samples against the old version's. Pure. */
export function evaluateSamples(
  spec: SamplesSpec,
  look: Look,
  fresh: readonly GaugeSample[] | Trouble,
  old: readonly GaugeSample[] | Trouble,
): Evaluated {
  const comparing = spec.against !== 'limit' && look.percent < 100
  if (spec.against === 'old' && !comparing) return idle(spec)
  if (isTrouble(fresh)) return troubled(spec, fresh)
  if (comparing && isTrouble(old)) return troubled(spec, { ...old, reason: `the old version: ${old.reason}` })
  const start = Math.max(look.start, look.end - spec.windowMs)
  const inside = (samples: readonly GaugeSample[], from: number): number[] =>
    samples
      .filter(({ at, value }) => at >= from && at <= look.end && Number.isFinite(value))
      .map(({ value }) => value)
  const recent = inside(fresh, start)
  const before = isTrouble(old) ? [] : inside(old, start)
  if (recent.length < FEWEST_SAMPLES)
    return troubled(spec, {
      verdict: 'nodata',
      reason: `${recent.length} samples of the new version; ${FEWEST_SAMPLES} are needed`,
    })
  const [mean, oldMean] = [average(recent), before.length === 0 ? undefined : average(before)]
  const full = look.final || look.end - look.start >= spec.windowMs
  const parts: Part[] = []
  const beyond = (value: number): boolean =>
    (spec.max !== undefined && value > spec.max) || (spec.min !== undefined && value < spec.min)
  const limited = spec.against !== 'old' && (spec.max !== undefined || spec.min !== undefined)
  if (limited) {
    const failed = beyond(mean)
    parts.push({
      role: 'mean',
      items: [],
      judgement: {
        verdict: failed ? 'fail' : 'pass',
        estimate: mean,
        reason: `the mean of ${recent.length} samples over ${seconds(look.end - start)} is ${number(mean)}, ${failed ? 'beyond' : 'within'} ${boundsText(spec)}`,
      },
      mayFail: full,
      needed: true,
      // What was measured is what it was: there is no sample to be unlucky with.
      ...(failed ? { chance: 0 } : {}),
    })
  }
  if (comparing && !isTrouble(old)) {
    const [a, b] = [thinned(inside(old, look.start)), thinned(inside(fresh, look.start))]
    const median = a.length === 0 ? 0 : Math.abs(sortedMedian([...a].sort((x, y) => x - y)))
    const floor = median === 0 || spec.leastChange === undefined ? 0 : spec.leastChange / median
    const tolerance = Number(Math.max(spec.tolerance, floor).toPrecision(6))
    const item: JudgeItem = {
      kind: 'samples',
      direction: spec.direction,
      tolerance,
      confidence: spec.confidence,
      old: a,
      new: b,
    }
    // With a limit that has passed, doubts about the comparison alone do not hold a release back; a fail does.
    parts.push(single('samples', item, { mayFail: look.final, needed: !limited }))
  }
  return decide(spec, parts, {
    ...(spec.max === undefined ? {} : { limit: spec.max }),
    values: { fresh: mean, ...(oldMean === undefined ? {} : { old: oldMean }) },
    ...(limited && oldMean !== undefined && beyond(oldMean)
      ? { environment: `the old version's mean is ${number(oldMean)} too` }
      : {}),
    notes: [],
  })
}

/** Judges one number by itself. */
export function evaluateValue(spec: ValueSpec, look: Look, value: number | Trouble): Evaluated {
  if (typeof value !== 'number') return troubled(spec, value)
  const failed = (spec.max !== undefined && value > spec.max) || (spec.min !== undefined && value < spec.min)
  const part: Part = {
    role: 'mean',
    items: [],
    judgement: {
      verdict: failed ? 'fail' : 'pass',
      estimate: value,
      reason: `the value is ${number(value)}, ${failed ? 'beyond' : 'within'} ${boundsText(spec)}`,
    },
    mayFail: look.final,
    needed: true,
    ...(failed ? { chance: 0 } : {}),
  }
  return decide(spec, [part], {
    ...(spec.max === undefined ? {} : { limit: spec.max }),
    values: { fresh: value },
    notes: [],
  })
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function thinned(values: readonly number[]): number[] {
  const every = Math.ceil(values.length / MOST_SAMPLES)
  return values.filter((_, index) => index % every === 0)
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)))
}

function seconds(ms: number): string {
  return ms >= 120_000 ? `${(ms / 60_000).toFixed(1)} min` : `${Math.round(ms / 1000)} s`
}

function boundsText({ max, min }: { readonly max?: number; readonly min?: number }): string {
  return [
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(min === undefined ? [] : [`at least ${min}`]),
  ].join(', ')
}
