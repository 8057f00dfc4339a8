import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  clopperPearson,
  kthDifference,
  mannWhitneyDistribution,
  mannWhitneyRank,
  newcombe,
  normalQuantile,
  sortedMedian,
  sortedQuantile,
  wilson,
} from '../../../src/gray/statistics.ts'
import { clopperPearsonRows, newcombeRows, wilsonRows } from './reference.ts'

/** Relative error 1e-9: far below anything a verdict could show. */
function expectClose(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1e-6, Math.abs(expected)))
}

/** P(X = x), x = 0 … n, of a binomial distribution. */
function binomial(n: number, p: number): number[] {
  // From the likelier end, where the first term does not underflow.
  if (p > 0.5) return binomial(n, 1 - p).reverse()
  let chance = (1 - p) ** n
  return Array.from({ length: n + 1 }, (_, x) => {
    const current = chance
    chance *= ((n - x) / (x + 1)) * (p / (1 - p))
    return current
  })
}

describe('against reference values', () => {
  it.each([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.99, 2.3263478740408408],
    [0.001, -3.090232306167813],
  ])('normal quantile of %d', (p, z) => expectClose(normalQuantile(p), z))

  it.each(clopperPearsonRows)('Clopper-Pearson of %d in %d at %d', (bad, total, confidence, lower, upper) => {
    const bounds = clopperPearson({ bad, total }, confidence)
    expectClose(bounds.lower, lower)
    expectClose(bounds.upper, upper)
  })

  it.each(wilsonRows)('Wilson of %d in %d at %d', (bad, total, confidence, lower, upper) => {
    const bounds = wilson({ bad, total }, confidence)
    expectClose(bounds.lower, lower)
    expectClose(bounds.upper, upper)
  })

  it.each(newcombeRows)('Newcombe of %d/%d to %d/%d at %d', (ob, ot, nb, nt, confidence, lower, upper) => {
    const bounds = newcombe({ bad: ob, total: ot }, { bad: nb, total: nt }, confidence)
    expectClose(bounds.lower, lower)
    expectClose(bounds.upper, upper)
  })
})

describe('coverage by exact enumeration', () => {
  it.each([
    [10, 0.9],
    [50, 0.95],
    [300, 0.95],
    [300, 0.99],
  ])('each one-sided bound of n = %d holds with at least %d, whatever the ratio', (n, confidence) => {
    const bounds = Array.from({ length: n + 1 }, (_, bad) => clopperPearson({ bad, total: n }, confidence))
    for (const p of [0.0005, 0.003, 0.01, 0.05, 0.2, 0.5, 0.77, 0.95, 0.999]) {
      const chances = binomial(n, p)
      const covered = (holds: (at: { lower: number; upper: number }) => boolean): number =>
        chances.reduce((sum, chance, x) => sum + (holds(bounds[x] ?? { lower: 1, upper: 0 }) ? chance : 0), 0)
      expect(covered((at) => at.lower <= p)).toBeGreaterThanOrEqual(confidence - 1e-9)
      expect(covered((at) => at.upper >= p)).toBeGreaterThanOrEqual(confidence - 1e-9)
    }
  })

  it('the Newcombe interval is near its confidence on the average', () => {
    const [old, fresh, confidence] = [60, 40, 0.95]
    let sum = 0
    let cases = 0
    for (const p of [0.02, 0.1, 0.3]) {
      for (const q of [0.02, 0.1, 0.3, 0.5]) {
        const [a, b] = [binomial(old, p), binomial(fresh, q)]
        let covered = 0
        for (const [x, chance] of a.entries())
          for (const [y, other] of b.entries()) {
            const { lower, upper } = newcombe({ bad: x, total: old }, { bad: y, total: fresh }, confidence)
            if (lower <= q - p && q - p <= upper) covered += chance * other
          }
        expect(covered).toBeGreaterThan(0.9)
        sum += covered
        cases++
      }
    }
    expect(sum / cases).toBeGreaterThan(0.945)
    expect(sum / cases).toBeLessThan(0.98)
  })
})

describe('properties', () => {
  const counts = fc
    .tuple(fc.nat(100_000), fc.integer({ min: 1, max: 100_000 }))
    .map(([bad, total]) => ({ bad: Math.min(bad, total), total }))
  const confidence = fc.double({ min: 0.5, max: 0.9999, noNaN: true })

  it('bounds enclose the estimate and stay between 0 and 1', () => {
    fc.assert(
      fc.property(counts, confidence, (sample, level) => {
        for (const { lower, upper } of [clopperPearson(sample, level), wilson(sample, level)]) {
          expect(lower).toBeGreaterThanOrEqual(0)
          expect(upper).toBeLessThanOrEqual(1)
          expect(lower).toBeLessThanOrEqual(sample.bad / sample.total + 1e-12)
          expect(upper).toBeGreaterThanOrEqual(sample.bad / sample.total - 1e-12)
        }
      }),
      { seed: 5 },
    )
  })

  it('one more bad event raises both bounds; more confidence widens them', () => {
    fc.assert(
      fc.property(counts, confidence, ({ bad, total }, level) => {
        const base = clopperPearson({ bad, total: total + 1 }, level)
        const more = clopperPearson({ bad: bad + 1, total: total + 1 }, level)
        expect(more.lower).toBeGreaterThan(base.lower)
        expect(more.upper).toBeGreaterThan(base.upper)
        const wider = clopperPearson({ bad, total: total + 1 }, (1 + level) / 2)
        expect(wider.lower).toBeLessThanOrEqual(base.lower)
        expect(wider.upper).toBeGreaterThanOrEqual(base.upper)
      }),
      { seed: 5 },
    )
  })

  it('swapping old and new mirrors the interval of the difference', () => {
    fc.assert(
      fc.property(counts, counts, confidence, (old, fresh, level) => {
        const there = newcombe(old, fresh, level)
        const back = newcombe(fresh, old, level)
        expect(there.lower).toBeCloseTo(-back.upper, 12)
        expect(there.upper).toBeCloseTo(-back.lower, 12)
      }),
      { seed: 5 },
    )
  })
})

describe('Mann-Whitney', () => {
  /** Counts arrangements with integers: W(n, m) by its recurrence. */
  function exactCounts(n: number, m: number): bigint[] {
    let row: bigint[][] = Array.from({ length: m + 1 }, () => [1n])
    for (let i = 1; i <= n; i++) {
      const next: bigint[][] = [[1n]]
      for (let j = 1; j <= m; j++) {
        const sum = Array.from({ length: i * j + 1 }, () => 0n)
        for (const [u, count] of (row[j] ?? []).entries()) sum[u + j] = (sum[u + j] ?? 0n) + count
        for (const [u, count] of (next[j - 1] ?? []).entries()) sum[u] = (sum[u] ?? 0n) + count
        next.push(sum)
      }
      row = next
    }
    return row[m] ?? []
  }

  it.each([
    [1, 1],
    [3, 5],
    [10, 10],
    [20, 33],
    [50, 50],
  ])('the distribution of U for %d and %d is exact', (n, m) => {
    const exact = exactCounts(n, m)
    const total = exact.reduce((sum, count) => sum + count, 0n)
    const chances = mannWhitneyDistribution(n, m)
    expect(chances).toHaveLength(exact.length)
    let [sum, exactSum] = [0, 0n]
    for (const [u, count] of exact.entries()) {
      sum += chances[u] ?? NaN
      exactSum += count
      const expected = Number(exactSum) / Number(total)
      expect(Math.abs(sum - expected)).toBeLessThanOrEqual(1e-9 * expected)
    }
  })

  it('the normal approximation meets the exact rank where it takes over', () => {
    for (const tail of [0.05, 0.01, 0.005])
      expect(Math.abs(mannWhitneyRank(50, 50, tail) - mannWhitneyRank(50, 51, tail))).toBeLessThanOrEqual(22)
    expect(mannWhitneyRank(4, 4, 0.01)).toBe(0)
    expect(mannWhitneyRank(0, 9, 0.01)).toBe(0)
  })

  it('finds the k-th difference without making them all', () => {
    const values = fc.array(
      fc.oneof(fc.integer({ min: -5, max: 5 }), fc.double({ min: -1e6, max: 1e6, noNaN: true })),
      {
        minLength: 1,
        maxLength: 15,
      },
    )
    fc.assert(
      fc.property(values, values, fc.nat(), (xs, ys, pick) => {
        const all = ys.flatMap((y) => xs.map((x) => y - x)).sort((a, b) => a - b)
        const k = (pick % all.length) + 1
        const sorted = (list: number[]): number[] => list.toSorted((a, b) => a - b)
        expect(kthDifference(sorted(xs), sorted(ys), k) - (all[k - 1] ?? NaN)).toBeCloseTo(0, 12)
      }),
      { seed: 5, numRuns: 300 },
    )
  })
})

it.each([
  [[1, 2, 3], 2],
  [[1, 2, 3, 10], 2.5],
  [[7], 7],
])('median of %j', (values, median) => expect(sortedMedian(values)).toBe(median))

it('quantile by nearest rank', () => {
  const values = Array.from({ length: 200 }, (_, i) => i + 1)
  expect([0, 0.5, 0.99, 1].map((share) => sortedQuantile(values, share))).toEqual([1, 100, 198, 200])
})
