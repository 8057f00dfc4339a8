import { judge, type Judgement } from '../judge.ts'
import type { JudgeItem, SequentialItem } from '../judge-input.ts'
import { show } from '../samples.ts'
import { finiteEvalue, guardedEvalue, logEvalue, nullChance, type WindowCounts } from '../sequential.ts'
import type { Counts } from '../statistics.ts'
import type { Events, Look, Span } from './look.ts'
import type { SequentialRule } from './settings.ts'

/** One question put to the judge, with its answer and what the answer may do. */
export interface Part {
  /** `limit`, `recent`: against the limit. `margin`: against the old version. The sequential ones: at any time. */
  readonly role: 'limit' | 'recent' | 'margin' | 'sequential-limit' | 'sequential-old' | 'mean' | 'samples'
  readonly items: readonly JudgeItem[]
  readonly judgement: Judgement
  /** Whether a fail counts at this look. */
  readonly mayFail: boolean
  /** Whether a pass of the metric needs a pass of this part. */
  readonly needed: boolean
  /** The chance of so bad a result if the new version is tolerable, for Holm's correction; only of a fail. */
  readonly chance?: number
}

/** A part that is one item. */
export function single(
  role: Part['role'],
  item: JudgeItem,
  flags: { mayFail: boolean; needed: boolean },
): Part {
  const judgement = judge(item)
  return {
    role,
    items: [item],
    judgement,
    ...flags,
    ...(judgement.verdict === 'fail' ? { chance: chanceOf(item) } : {}),
  }
}

/** The least 1 − confidence at which an item still fails: its p-value, whatever its test. */
export function chanceOf(item: JudgeItem): number {
  if (item.kind === 'sequential') return Math.min(1, 1 / (judge(item).evalue ?? 1))
  const fails = (level: number): boolean => judge({ ...item, confidence: 1 - level }).verdict === 'fail'
  let [low, high] = [1e-9, 1 - item.confidence]
  if (fails(low)) return low
  // On a scale of logarithms: small chances matter by their factor.
  while (high / low > 1.001) {
    const middle = Math.sqrt(low * high)
    if (fails(middle)) high = middle
    else low = middle
  }
  return high
}

/**
 * Early abort against a limit: the e-value of "each event is bad with a chance of at most `limit`", over the present
 * observation. It is the sequential item with share = limit and tolerated = 1, whose chance is the limit itself.
 * Bursts are cut as between versions: evidence must come in three scrapes.
 */
export function sequentialLimit(
  events: Events,
  look: Look,
  limit: number,
  rule: SequentialRule,
  widthMs: number,
): Part | undefined {
  if (limit <= 0 || limit >= 1) return undefined
  const windows = events.windows(look, widthMs)
  const cap = windows.map(({ bad }) => bad).sort((a, b) => b - a)[2] ?? 0
  const bad = windows.reduce((sum, window) => sum + Math.min(window.bad, cap), 0)
  const good = windows.reduce((sum, window) => sum + window.total - window.bad, 0)
  const alpha = rule.alpha / look.planned
  const item: SequentialItem = {
    kind: 'sequential',
    share: limit,
    tolerated: 1,
    alpha,
    new: bad,
    all: bad + good,
  }
  const answer = judge(item)
  const evalue = answer.evalue ?? 1
  const seen = `${bad} of ${bad + good} events bad, bursts cut: the e-value ${show(evalue)} against ${percent(limit)}`
  return {
    role: 'sequential-limit',
    items: [item],
    judgement: {
      ...answer,
      reason:
        answer.verdict === 'fail'
          ? `${seen} has reached ${show(1 / alpha)}`
          : `${seen} is below ${show(1 / alpha)}`,
    },
    mayFail: true,
    needed: false,
    ...(answer.verdict === 'fail' ? { chance: Math.min(1, 1 / evalue) } : {}),
  }
}

/**
 * Early abort against the old version, over all steps so far. Each step is a bet of its own, since the share differs; the
 * e-values of consecutive steps are multiplied. Evidence that only begins at a later step (bad under load) must not be
 * drowned by good earlier ones, so a bet may begin at any step: one of `planned` bets wins with a chance of alpha/planned.
 */
export function sequentialOld(
  fresh: Events,
  old: Events,
  look: Look,
  rule: SequentialRule,
  widthMs: number,
): Part | undefined {
  const spans = look.spans
    .filter(({ percent: part }) => part > 0 && part < 100)
    .map((span) => tally(span, fresh, old, widthMs))
  if (spans.length === 0) return undefined
  const alpha = rule.alpha / look.planned
  let best: { log: number; from: number; cap: number } | undefined
  for (const from of spans.keys()) {
    const windows = spans.slice(from).flatMap(({ windows }) => windows)
    const { log, cap } = guardedEvalue(windows, rule.tolerated)
    if (best === undefined || log > best.log) best = { log, from, cap }
  }
  if (best === undefined) return undefined
  const { from, cap } = best
  const items = spans.slice(from).map(({ windows, share, oldBad }): SequentialItem => {
    const bad = windows.reduce((sum, window) => sum + Math.min(window.fresh, cap), 0)
    return { kind: 'sequential', share, tolerated: rule.tolerated, alpha, new: bad, all: bad + oldBad }
  })
  const logs = items.map((item) =>
    logEvalue({ fresh: item.new, all: item.all }, nullChance(item.share, item.tolerated)),
  )
  const log = logs.reduce((sum, value) => sum + value, 0)
  const evalue = finiteEvalue(log)
  const failed = log >= -Math.log(alpha)
  const sum = (key: 'new' | 'all'): number => items.reduce((total, item) => total + item[key], 0)
  const steps = items.length === 1 ? '' : ` (the product of ${items.length} steps)`
  const seen = `${sum('new')} of ${sum('all')} bad events on the new version, bursts cut: the e-value ${show(evalue)}${steps}`
  return {
    role: 'sequential-old',
    items,
    judgement: {
      verdict: failed ? 'fail' : 'inconclusive',
      ...(sum('all') === 0 ? {} : { estimate: sum('new') / sum('all') }),
      evalue,
      reason: failed ? `${seen} has reached ${show(1 / alpha)}` : `${seen} is below ${show(1 / alpha)}`,
    },
    mayFail: true,
    needed: false,
    ...(failed ? { chance: Math.min(1, 1 / evalue) } : {}),
  }
}

function tally(
  span: Span,
  fresh: Events,
  old: Events,
  widthMs: number,
): { windows: WindowCounts[]; share: number; oldBad: number } {
  const [a, b] = [fresh.between(span.start, span.end), old.between(span.start, span.end)]
  const all = a.total + b.total
  // The greater of the asked and the seen share: too small a one would make good versions look bad.
  const share = Math.min(0.999, Math.max(span.percent / 100, all === 0 ? 0 : a.total / all))
  const windows: WindowCounts[] = fresh
    .windows(span, widthMs)
    .map(({ bad }) => ({ fresh: bad, old: 0, share }))
  windows.push({ fresh: 0, old: b.bad, share })
  return { windows, share, oldBad: b.bad }
}

/**
 * How much higher than the old version's a ratio may be: the margin, or, where the old ratio is already high (an edge far
 * below the quantile), what odds grown by `tolerated` give. Odds, because 10 % may well become 14 %, but 90 % not 130 %.
 */
export function marginAt(old: Counts, margin: number, tolerated: number): number {
  if (old.total === 0) return margin
  const p = old.bad / old.total
  const grown = (tolerated * p) / (1 - p + tolerated * p)
  return Number(Math.max(margin, grown - p).toPrecision(6))
}

/** Both neighbours of a limit that is no edge: a verdict is one that both give. */
export function both(role: Part['role'], below: Part | undefined, above: Part | undefined): Part | undefined {
  if (below === undefined || above === undefined) {
    const one = below ?? above
    if (one === undefined) return undefined
    // More requests are slower than the lower edge: only its pass says something, and only the upper edge's fail does.
    const useless = below === undefined ? 'pass' : 'fail'
    const { chance: _, ...rest } = one
    return one.judgement.verdict === useless
      ? {
          ...rest,
          role,
          judgement: {
            ...one.judgement,
            verdict: 'inconclusive',
            reason: `${one.judgement.reason}; the limit lies ${below === undefined ? 'below the least' : 'above the greatest'} bucket`,
          },
        }
      : { ...one, role }
  }
  const items = [...below.items, ...above.items]
  if (below.judgement.verdict === above.judgement.verdict) return { ...below, role, items }
  const { chance: _, ...rest } = below
  return {
    ...rest,
    role,
    items,
    judgement: {
      ...below.judgement,
      verdict: 'inconclusive',
      reason: `the limit is no bucket edge, and its neighbours disagree: below it ${below.judgement.verdict} (${below.judgement.reason}); above it ${above.judgement.verdict} (${above.judgement.reason})`,
    },
  }
}

export function percent(value: number): string {
  return `${show(100 * value)} %`
}
