import type { Measurement, MetricResult } from '../gray/ports.ts'
import type { AuditEntry } from './audit-chain.ts'

/** What the judge says of one item, as `judge` and `judgeCommand` give it. */
export interface Answer {
  readonly verdict: string
  readonly estimate?: number
  readonly lower?: number
  readonly upper?: number
  readonly evalue?: number
  readonly reason: string
}

export interface Recomputed {
  readonly seq: number
  readonly metric: string
  /** `unchecked`: the line does not hold what the verdict was made of. */
  readonly state: 'same' | 'different' | 'unchecked'
  readonly recorded: string
  readonly detail: string
  /** The questions with today's answers, to be followed by hand. */
  readonly answers: readonly Answer[]
}

/**
 * Asks the judge again about every measurement of an audit and compares. A verdict stands when its evidence is there: a `fail`
 * needs an item that fails (or consecutive sequential items whose product does), a `pass` an item that passes and none
 * that fails, and the recorded bounds must be those of one of the items. Pure.
 */
export function recompute(entries: readonly AuditEntry[], judge: (item: unknown) => Answer): Recomputed[] {
  return entries.flatMap(({ seq, record }) => {
    if (record.kind !== 'measurement') return []
    const metrics = record.measurement.metrics.map((metric) => recomputeMetric(seq, metric, judge))
    const whole = wholeVerdict(seq, record.measurement)
    return whole === undefined ? metrics : [...metrics, whole]
  })
}

function recomputeMetric(seq: number, metric: MetricResult, judge: (item: unknown) => Answer): Recomputed {
  const items = metric.items ?? []
  const answers = items.map(judge)
  const result = (state: Recomputed['state'], detail: string): Recomputed => ({
    seq,
    metric: metric.name,
    state,
    recorded: metric.verdict,
    detail,
    answers,
  })
  if (metric.verdict === 'nodata' || metric.verdict === 'error') {
    const decided = answers.find(({ verdict }) => verdict === 'fail')
    return decided === undefined
      ? result('same', 'there was nothing to judge')
      : result('different', `an item fails: ${decided.reason}`)
  }
  const numbers = sameNumbers(metric, items, answers)
  if (numbers !== undefined) return result('different', numbers)
  if (items.length === 0) return byLimit(metric, result)
  const failing = answers.find(({ verdict }) => verdict === 'fail')
  const evidence = failing !== undefined || products(items, answers).some(({ fails }) => fails)
  switch (metric.verdict) {
    case 'fail':
      if (evidence) return result('same', failing?.reason ?? 'the product of the steps has reached the bound')
      // The mean of a gauge is no item: it is compared with its limit as it stands.
      return metric.limit === undefined ? result('different', 'no item fails') : byLimit(metric, result)
    case 'pass':
      if (evidence)
        return result('different', `an item fails: ${failing?.reason ?? 'the product of the steps'}`)
      if (answers.some(({ verdict }) => verdict === 'pass'))
        return result('same', 'an item passes and none fails')
      return byLimit(metric, result)
    case 'inconclusive':
      return result('same', evidence ? 'what fails did not count yet' : 'no item decides it')
  }
}

/** A mean against its limit: the two numbers are the whole question. */
function byLimit(
  { verdict, limit, new: value, lower }: MetricResult,
  result: (state: Recomputed['state'], detail: string) => Recomputed,
): Recomputed {
  if (limit === undefined || value === undefined || lower !== undefined)
    return result('unchecked', 'the line holds no item for the judge')
  const beyond = value > limit
  const same = verdict === 'inconclusive' || beyond === (verdict === 'fail')
  return result(
    same ? 'same' : 'different',
    `the mean ${value} lies ${beyond ? 'above' : 'within'} the limit ${limit}`,
  )
}

/** A reason when a recorded number belongs to none of the items. */
function sameNumbers(
  metric: MetricResult,
  items: readonly unknown[],
  answers: readonly Answer[],
): string | undefined {
  const { estimate, lower, upper, evalue } = metric
  if (answers.length > 0 && lower !== undefined) {
    const found = answers.some(
      (one) => near(one.lower, lower) && near(one.upper, upper) && near(one.estimate, estimate),
    )
    if (!found) return `no item has the bounds ${lower} and ${upper ?? 'none'}`
  }
  if (answers.length > 0 && evalue !== undefined) {
    const known = [...answers.map((one) => one.evalue), ...products(items, answers).map((one) => one.evalue)]
    if (!known.some((one) => near(one, evalue))) return `no item has the e-value ${evalue}`
  }
  return undefined
}

/** Consecutive sequential items are bets on one after another: their e-values are multiplied. */
function products(
  items: readonly unknown[],
  answers: readonly Answer[],
): { evalue: number; fails: boolean }[] {
  const found: { evalue: number; fails: boolean }[] = []
  for (const first of items.keys()) {
    let product = 1
    for (let at = first; at < items.length; at++) {
      const item = items[at] as { kind?: unknown; alpha?: unknown }
      const evalue = answers[at]?.evalue
      if (item.kind !== 'sequential' || typeof item.alpha !== 'number' || evalue === undefined) break
      product = Math.min(Number.MAX_VALUE, product * evalue)
      found.push({ evalue: product, fails: product >= 1 / item.alpha })
    }
  }
  return found
}

const near = (a: number | undefined, b: number | undefined): boolean =>
  a === b ||
  (a !== undefined && b !== undefined && Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b), 1e-300))

/** The look as a whole: it cannot pass over a critical metric that fails. */
function wholeVerdict(seq: number, { verdict, metrics }: Measurement): Recomputed | undefined {
  const failing = metrics.filter((one) => one.critical && !one.dryRun && one.verdict === 'fail')
  if (failing.length === 0 || verdict === 'fail') return undefined
  return {
    seq,
    metric: '(the look)',
    state: 'different',
    recorded: verdict,
    detail: `the critical metric ${failing.map(({ name }) => name).join(', ')} fails`,
    answers: [],
  }
}
