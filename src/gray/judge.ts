import type {
  JudgeItem,
  RatioLimitItem,
  RatioMarginItem,
  Sample,
  SamplesItem,
  SequentialItem,
} from './judge-input.ts'
import { compareSamples, show } from './samples.ts'
import { finiteEvalue, logEvalue, nullChance } from './sequential.ts'
import { clopperPearson, type Counts, newcombe } from './statistics.ts'

/**
 * `fail` and `pass` both need evidence: a bound beyond the limit, or within it. Everything else is `inconclusive`.
 * `nodata`: there was nothing to judge. `error`: the question itself is malformed.
 */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'nodata' | 'error'

export interface Judgement {
  readonly verdict: Verdict
  readonly estimate?: number
  readonly lower?: number
  readonly upper?: number
  readonly evalue?: number
  readonly reason: string
}

/** The verdict about one well-formed item; pure, and the same for the same input at any time. */
export function judge(item: JudgeItem): Judgement {
  switch (item.kind) {
    case 'ratio':
      return 'limit' in item ? judgeLimit(item) : judgeMargin(item)
    case 'sequential':
      return judgeSequential(item)
    case 'samples':
      return judgeSamples(item)
  }
}

function judgeLimit({ limit, confidence, new: fresh }: RatioLimitItem): Judgement {
  if (fresh.total === 0)
    return { verdict: 'nodata', reason: 'the new version has no events: nothing can be said' }
  const { lower, upper } = clopperPearson(fresh, confidence)
  const numbers = { estimate: fresh.bad / fresh.total, lower, upper }
  const seen = `${counts(fresh)} on the new version`
  const sure = `with ${percent(confidence)} confidence`
  if (lower > limit)
    return {
      verdict: 'fail',
      ...numbers,
      reason: `${seen}: ${sure} the ratio is at least ${percent(lower)}, above the limit of ${percent(limit)}`,
    }
  if (upper <= limit)
    return {
      verdict: 'pass',
      ...numbers,
      reason: `${seen}: ${sure} the ratio is at most ${percent(upper)}, within the limit of ${percent(limit)}`,
    }
  return {
    verdict: 'inconclusive',
    ...numbers,
    reason: `${seen}: the bounds ${percent(lower)} and ${percent(upper)} lie on both sides of the limit of ${percent(limit)}; more events are needed`,
  }
}

function judgeMargin({ margin, confidence, old, new: fresh }: RatioMarginItem): Judgement {
  const empty = [fresh.total === 0 ? 'new' : '', old.total === 0 ? 'old' : ''].filter((name) => name !== '')
  if (empty.length > 0)
    return {
      verdict: 'nodata',
      reason: `the ${empty.join(' and the ')} version ${empty.length > 1 ? 'have' : 'has'} no events: nothing can be compared`,
    }
  const { lower, upper } = newcombe(old, fresh, confidence)
  const numbers = { estimate: fresh.bad / fresh.total - old.bad / old.total, lower, upper }
  const seen = `${counts(fresh)} on the new version, ${counts(old)} on the old one`
  if (lower > margin)
    return {
      verdict: 'fail',
      ...numbers,
      reason: `${seen}: the new ratio is higher by at least ${points(lower)}, more than the margin of ${points(margin)}`,
    }
  if (upper <= margin)
    return {
      verdict: 'pass',
      ...numbers,
      reason: `${seen}: the new ratio is higher by at most ${points(upper)}, within the margin of ${points(margin)}`,
    }
  return {
    verdict: 'inconclusive',
    ...numbers,
    reason: `${seen}: the difference lies between ${points(lower)} and ${points(upper)}, on both sides of the margin of ${points(margin)}; more events are needed`,
  }
}

function judgeSequential(item: SequentialItem): Judgement {
  const chance = nullChance(item.share, item.tolerated)
  const log = logEvalue({ fresh: item.new, all: item.all }, chance)
  const evalue = finiteEvalue(log)
  const seen = `${item.new} of ${item.all} bad events on the new version, at most ${percent(chance)} of them tolerable`
  // In logarithms, because 1/α and the e-value may both be beyond the range of a number.
  const failed = log >= -Math.log(item.alpha)
  return {
    verdict: failed ? 'fail' : 'inconclusive',
    ...(item.all === 0 ? {} : { estimate: item.new / item.all }),
    evalue,
    reason: failed
      ? `${seen}: the e-value ${show(evalue)} has reached ${show(1 / item.alpha)}, which a tolerable version does with a chance of at most ${percent(item.alpha)}, however often one looks`
      : `${seen}: the e-value ${show(evalue)} is below ${show(1 / item.alpha)}; this test only ever stops a release, it passes none`,
  }
}

/** More missing samples than this part of either version keep a comparison from passing. */
const MISSING_SHARE = 0.1

function judgeSamples(item: SamplesItem): Judgement {
  const [old, fresh] = [present(item.old), present(item.new)]
  const empty = [fresh.length === 0 ? 'new' : '', old.length === 0 ? 'old' : ''].filter((name) => name !== '')
  if (empty.length > 0)
    return {
      verdict: 'nodata',
      reason: `the ${empty.join(' and the ')} version ${empty.length > 1 ? 'have' : 'has'} no samples: nothing can be compared`,
    }
  const { estimate, lower, upper, effect, worse, doubts } = compareSamples(old, fresh, item)
  const numbers = {
    estimate,
    ...(lower === undefined ? {} : { lower }),
    ...(upper === undefined ? {} : { upper }),
  }
  const seen = `shift ${show(estimate)}, a new sample is above an old one with a chance of ${percent(effect)}`
  const reasons = [...doubts, ...missing('old', item.old, old), ...missing('new', item.new, fresh)]
  if (worse.length > 0) return { verdict: 'fail', ...numbers, reason: `${seen}: ${worse.join('; ')}` }
  if (reasons.length > 0)
    return { verdict: 'inconclusive', ...numbers, reason: `${seen}: ${reasons.join('; ')}` }
  return {
    verdict: 'pass',
    ...numbers,
    reason: `${seen}: shift, tail and spread of ${fresh.length} new against ${old.length} old samples lie within the tolerance of ${percent(item.tolerance)}`,
  }
}

function present(samples: readonly Sample[]): number[] {
  return samples.filter((sample) => sample !== null)
}

function missing(name: string, all: readonly Sample[], kept: readonly number[]): string[] {
  const count = all.length - kept.length
  return count > all.length * MISSING_SHARE
    ? [`${count} of ${all.length} ${name} samples are missing, too many for a pass`]
    : []
}

function counts({ bad, total }: Counts): string {
  return `${bad} of ${total} bad`
}

function percent(ratio: number): string {
  return `${show(100 * ratio)} %`
}

/** A difference of two ratios. */
function points(difference: number): string {
  return `${show(100 * difference)} percentage points`
}
