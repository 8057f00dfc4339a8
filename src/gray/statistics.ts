import betainc from '@stdlib/math-base-special-betainc'
import betaincinv from '@stdlib/math-base-special-betaincinv'
import erfcinv from '@stdlib/math-base-special-erfcinv'

/** How many of `total` events were bad; whole numbers, `bad` ≤ `total`. */
export interface Counts {
  readonly bad: number
  readonly total: number
}

export interface Interval {
  readonly lower: number
  readonly upper: number
}

/** The quantile of the standard normal distribution: `normalQuantile(0.975)` is 1.959964. */
export function normalQuantile(probability: number): number {
  return -Math.SQRT2 * erfcinv(2 * probability)
}

/** P(X > x) of a beta distribution, without cancellation for small tails. */
export function betaUpperTail(x: number, a: number, b: number): number {
  return betainc(x, a, b, true, true)
}

/**
 * Exact one-sided bounds of a ratio: each alone holds with probability ≥ `confidence`
 * (Clopper and Pearson, Biometrika 26, 1934; as quantiles of the beta distribution).
 */
export function clopperPearson({ bad, total }: Counts, confidence: number): Interval {
  return {
    // The upper-tail form keeps its digits at confidences near one.
    lower: bad === 0 ? 0 : betaincinv(confidence, bad, total - bad + 1, true),
    upper: bad === total ? 1 : betaincinv(confidence, bad + 1, total - bad),
  }
}

/** The two-sided score interval of a ratio (Wilson, JASA 22, 1927), without continuity correction. */
export function wilson({ bad, total }: Counts, confidence: number): Interval {
  const z = normalQuantile(1 - (1 - confidence) / 2)
  const square = z * z
  const centre = bad + square / 2
  const spread = z * Math.sqrt((bad / total) * (total - bad) + square / 4)
  return {
    lower: bad === 0 ? 0 : (centre - spread) / (total + square),
    upper: bad === total ? 1 : (centre + spread) / (total + square),
  }
}

/**
 * The two-sided interval of `new − old` from the two score intervals
 * (Newcombe, Statistics in Medicine 17, 1998, method 10).
 */
export function newcombe(old: Counts, fresh: Counts, confidence: number): Interval {
  const before = old.bad / old.total
  const after = fresh.bad / fresh.total
  const [a, b] = [wilson(fresh, confidence), wilson(old, confidence)]
  return {
    lower: after - before - Math.hypot(after - a.lower, b.upper - before),
    upper: after - before + Math.hypot(a.upper - after, before - b.lower),
  }
}

/**
 * The largest k for which P(U ≤ k − 1) ≤ `tail` when both samples have one distribution: the k-th smallest pairwise
 * difference is then a lower confidence bound of the shift, and the k-th largest an upper one. 0 means: too few samples.
 * Exact (counting arrangements) up to 50 by 50, beyond by the normal approximation with continuity correction.
 */
export function mannWhitneyRank(n: number, m: number, tail: number): number {
  if (n === 0 || m === 0) return 0
  if (n > 50 || m > 50) {
    const mean = (n * m) / 2
    const deviation = Math.sqrt((n * m * (n + m + 1)) / 12)
    // U ≤ k − 1 with the correction: (k − 1 + ½ − mean) / deviation ≤ z.
    return Math.max(0, Math.floor(mean + 0.5 + normalQuantile(tail) * deviation))
  }
  const probabilities = mannWhitneyDistribution(n, m)
  let sum = 0
  let rank = 0
  for (const [u, probability] of probabilities.entries()) {
    sum += probability
    if (sum > tail) break
    rank = u + 1
  }
  return rank
}

/**
 * P(U = u) under one common continuous distribution, u = 0 … n·m.
 * The generating function of U is the Gaussian binomial coefficient ∏ (1 − q^(m+i)) / (1 − q^i), i = 1 … n.
 */
export function mannWhitneyDistribution(n: number, m: number): Float64Array {
  const size = n * m + 1
  const weights = new Float64Array(size)
  weights[0] = 1
  const at = (index: number): number => weights[index] ?? 0
  for (let i = 1; i <= n; i++) {
    for (let u = size - 1; u >= m + i; u--) weights[u] = at(u) - at(u - m - i)
    for (let u = i; u < size; u++) weights[u] = at(u) + at(u - i)
  }
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/**
 * The k-th smallest (from 1) of all differences `y − x`, both ascending, by bisection on the value:
 * memory stays small where n·m is large.
 */
export function kthDifference(xs: readonly number[], ys: readonly number[], k: number): number {
  const count = (limit: number): number => {
    let sum = 0
    let from = xs.length
    // For growing y, fewer x are small enough for y − x > limit to fail.
    for (const y of ys) {
      while (from > 0 && y - (xs[from - 1] ?? 0) <= limit) from--
      while (from < xs.length && y - (xs[from] ?? 0) > limit) from++
      sum += xs.length - from
    }
    return sum
  }
  let low = (ys[0] ?? 0) - (xs.at(-1) ?? 0)
  let high = (ys.at(-1) ?? 0) - (xs[0] ?? 0)
  if (count(low) >= k) return low
  for (;;) {
    const middle = low + (high - low) / 2
    if (middle <= low || middle >= high) return high
    if (count(middle) >= k) high = middle
    else low = middle
  }
}

/** The quantile of ascending values by the nearest rank: the smallest value with at least `share` of all at or below it. */
export function sortedQuantile(values: readonly number[], share: number): number {
  return values[Math.max(0, Math.ceil(values.length * share) - 1)] ?? NaN
}

/** The median of ascending values: the mean of the middle two when their number is even. */
export function sortedMedian(values: readonly number[]): number {
  const half = values.length / 2
  return ((values[Math.ceil(half) - 1] ?? NaN) + (values[Math.floor(half)] ?? NaN)) / 2
}
