import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { growthExponent, median, quantile, ratio, sample } from '../../../bench/statistics.ts'

describe('quantiles', () => {
  // Type 7 of Hyndman and Fan, as numpy.quantile gives them.
  it.each([
    [[3], 0.5, 3],
    [[1, 2], 0.5, 1.5],
    [[4, 1, 3, 2], 0.25, 1.75],
    [[4, 1, 3, 2], 0.75, 3.25],
    [[10, 20, 30, 40, 50], 0.9, 46],
    [[5, 1, 9], 0, 1],
    [[5, 1, 9], 1, 9],
  ])('of %j at %d is %d', (values, share, wanted) => {
    expect(quantile(values, share)).toBeCloseTo(wanted, 12)
  })

  it('refuses nothing', () => {
    expect(() => median([])).toThrow(RangeError)
  })

  it('stay between the smallest and the greatest and leave the list as it is', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1 }), (values) => {
        const before = [...values]
        const { min, q1, median: middle, q3, max, n } = sample(values)
        expect(values).toEqual(before)
        expect(n).toBe(values.length)
        const order = [min, q1, middle, q3, max]
        // Interpolation may be off by the last bit.
        for (const [at, value] of order.entries())
          if (at > 0) expect(value).toBeGreaterThanOrEqual((order[at - 1] ?? 0) - 1e-6)
      }),
    )
  })
})

describe('ratios', () => {
  const rounds = (...values: number[]): Map<number, number> =>
    new Map(values.map((value, at) => [at + 1, value]))

  it('divide the medians and spread over the rounds', () => {
    expect(ratio(rounds(10, 20, 30), rounds(100, 100, 100))).toEqual({
      value: 0.2,
      min: 0.1,
      max: 0.3,
      rounds: 3,
    })
  })

  it('pair only the rounds that both have', () => {
    const ours = new Map([
      [1, 10],
      [3, 50],
    ])
    const other = new Map([
      [2, 100],
      [3, 100],
    ])
    expect(ratio(ours, other)).toEqual({ value: 0.3, min: 0.5, max: 0.5, rounds: 1 })
  })

  it('have a value without a common round, and none without a side', () => {
    expect(ratio(new Map([[1, 10]]), new Map([[2, 40]]))).toEqual({
      value: 0.25,
      min: 0.25,
      max: 0.25,
      rounds: 0,
    })
    expect(ratio(rounds(), rounds(1))).toBeUndefined()
    expect(ratio(rounds(1), rounds())).toBeUndefined()
  })
})

describe('the exponent of growth', () => {
  it.each([
    ['constant', [10, 100], [500, 500], 0, 0],
    ['linear', [10, 100], [500, 5000], 0, 1],
    ['quadratic', [10, 100], [5, 500], 0, 2],
    ['linear on top of a constant', [10, 100], [2100, 3000], 2000, 1],
  ] as const)('%s', (_, sizes, times, fixed, wanted) => {
    expect(growthExponent(sizes, times, fixed)).toBeCloseTo(wanted, 10)
  })
})
