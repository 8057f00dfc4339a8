import { kthDifference, mannWhitneyRank, sortedMedian, sortedQuantile } from './statistics.ts'

export interface SampleRules {
  readonly direction: 'increase' | 'decrease' | 'either'
  /** The change that is tolerated, as a part of the old version's median. */
  readonly tolerance: number
  /** Two-sided confidence of the interval of the shift. */
  readonly confidence: number
}

/** What a comparison of two samples shows; all values in the metric's own unit. */
export interface SampleComparison {
  /** Hodges-Lehmann: the median of all differences new − old. */
  readonly estimate: number
  /** Bounds of the shift; absent when there are too few samples for this confidence. */
  readonly lower?: number
  readonly upper?: number
  /** The tolerated shift: tolerance × |median of old|. */
  readonly tolerated: number
  /** The chance that a new sample is above an old one, ties half: ½ is no difference. */
  readonly effect: number
  /** One line for each way the new version is worse, with its numbers. */
  readonly worse: readonly string[]
  /** One line for each thing that keeps it from being proved equal. */
  readonly doubts: readonly string[]
}

/** At most this part of the new samples may lie beyond the old version's range, for a pass. */
const TAIL_SHARE = 0.01
/** The spread check refuses a pass at this level; it never fails a release, so it may be quick to doubt. */
const DOUBT_LEVEL = 0.1

/**
 * Compares two samples of finite numbers, neither empty.
 *
 * 1. The shift: the Hodges-Lehmann interval from the Mann-Whitney test (Hollander, Wolfe, Chicken, Nonparametric
 *    Statistical Methods, 4.2-4.3). With closed ends it holds for ties too (Noether, JASA 62, 1967).
 * 2. The tail: how many new samples lie beyond all old ones, by more than the tolerance (Rosenbaum, Annals of Math.
 *    Statistics 25, 1954; exact). Finds what leaves the median alone: sparse errors, a part of the samples far off.
 * 3. The spread: Smirnov's one-sided distance between old and tolerance-reduced new samples, as a doubt only.
 */
export function compareSamples(
  old: readonly number[],
  fresh: readonly number[],
  rules: SampleRules,
): SampleComparison {
  const xs = old.toSorted((a, b) => a - b)
  const ys = fresh.toSorted((a, b) => a - b)
  const tail = (1 - rules.confidence) / 2
  const pairs = xs.length * ys.length
  const estimate =
    (kthDifference(xs, ys, Math.ceil(pairs / 2)) + kthDifference(xs, ys, Math.floor(pairs / 2) + 1)) / 2
  const rank = mannWhitneyRank(xs.length, ys.length, tail)
  const bounds =
    rank === 0 ? {} : { lower: kthDifference(xs, ys, rank), upper: kthDifference(xs, ys, pairs + 1 - rank) }
  const tolerated = rules.tolerance * Math.abs(sortedMedian(xs))
  const worse: string[] = []
  const doubts: string[] = []

  const sides: { name: string; a: readonly number[]; b: readonly number[]; shift: Bounds }[] = []
  if (rules.direction !== 'decrease') sides.push({ name: 'above', a: xs, b: ys, shift: bounds })
  // A decrease is an increase of the mirrored values: one rule for both directions.
  if (rules.direction !== 'increase')
    sides.push({ name: 'below', a: mirror(xs), b: mirror(ys), shift: mirrorBounds(bounds) })
  for (const { name, a, b, shift } of sides) {
    if (shift.lower === undefined || shift.upper === undefined) {
      doubts.push(
        `${a.length} old and ${b.length} new samples are too few for an interval at this confidence`,
      )
    } else if (shift.lower > tolerated) {
      worse.push(
        `the shift is at least ${show(shift.lower)} ${name} the old version, more than the tolerated ${show(tolerated)}`,
      )
    } else if (shift.upper > tolerated) {
      doubts.push(
        `the shift may be ${show(shift.upper)} ${name} the old version, more than the tolerated ${show(tolerated)}`,
      )
    }
    const beyond = countAbove(b, widen(a.at(-1) ?? 0, rules.tolerance))
    if (beyond > 0 && rosenbaum(a.length, b.length, beyond) <= tail) {
      worse.push(
        `${beyond} of ${b.length} new samples lie ${name} all ${a.length} old ones by more than the tolerance`,
      )
    } else {
      const outside = countAbove(b, widen(sortedQuantile(a, 1 - TAIL_SHARE), rules.tolerance))
      if (outside > b.length * TAIL_SHARE)
        doubts.push(`${outside} of ${b.length} new samples lie ${name} the old version's range`)
    }
    const distance = smirnov(a, b, tolerated)
    const level = Math.exp((-2 * a.length * b.length * distance ** 2) / (a.length + b.length))
    if (level <= DOUBT_LEVEL)
      doubts.push(
        `${(100 * distance).toFixed(0)} % more of the new samples than of the old lie ${name} one and the same value`,
      )
  }
  return { estimate, ...bounds, tolerated, effect: superiority(xs, ys), worse, doubts: [...new Set(doubts)] }
}

/** P(at least `beyond` of m new samples lie above all n old ones) when both have one distribution: C(N−k, n) / C(N, n). */
export function rosenbaum(n: number, m: number, beyond: number): number {
  let chance = 1
  for (let i = 0; i < beyond; i++) chance *= (m - i) / (n + m - i)
  return chance
}

/** sup over v of (share of a ≤ v) − (share of b − shift ≤ v), both ascending; 0 when b is nowhere above a. */
export function smirnov(a: readonly number[], b: readonly number[], shift: number): number {
  let greatest = 0
  let below = 0
  for (const [index, value] of a.entries()) {
    while (below < b.length && (b[below] ?? 0) - shift <= value) below++
    greatest = Math.max(greatest, (index + 1) / a.length - below / b.length)
  }
  return greatest
}

interface Bounds {
  readonly lower?: number
  readonly upper?: number
}

function mirror(ascending: readonly number[]): number[] {
  return ascending.map((value) => -value).reverse()
}

function mirrorBounds({ lower, upper }: Bounds): Bounds {
  return lower === undefined || upper === undefined ? {} : { lower: -upper, upper: -lower }
}

function widen(value: number, tolerance: number): number {
  return value + tolerance * Math.abs(value)
}

function countAbove(values: readonly number[], limit: number): number {
  return values.reduce((count, value) => (value > limit ? count + 1 : count), 0)
}

function superiority(xs: readonly number[], ys: readonly number[]): number {
  let [below, upTo, sum] = [0, 0, 0]
  for (const y of ys) {
    while (below < xs.length && (xs[below] ?? 0) < y) below++
    while (upTo < xs.length && (xs[upTo] ?? 0) <= y) upTo++
    sum += (below + upTo) / 2
  }
  return sum / (xs.length * ys.length)
}

/** A number for a sentence: four significant digits. */
export function show(value: number): string {
  return String(Number(value.toPrecision(4)))
}
