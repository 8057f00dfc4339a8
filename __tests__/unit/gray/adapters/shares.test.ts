import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { nearestWeights, orderOf, shareOf, tooFar, type Side } from '../../../../src/gray/adapters/shares.ts'

const one: Side = { units: 1, most: 256 }
const side = fc.record({ units: fc.integer({ min: 1, max: 12 }), most: fc.integer({ min: 8, max: 256 }) })

describe('nearestWeights', () => {
  it.each([
    [0, 100, 0, 0],
    [1, 99, 1, 1],
    [5, 19, 1, 5],
    [10, 9, 1, 10],
    [25, 3, 1, 25],
    [50, 1, 1, 50],
    [95, 1, 19, 95],
    [100, 0, 100, 100],
    // below the smallest share there is
    [0.1, 256, 1, 100 / 257],
    [99.9, 1, 256, 25_600 / 257],
  ])('%d %% on one server each is %d to %d', (percent, old, fresh, got) => {
    const weights = nearestWeights(percent, one, one)
    expect(weights).toMatchObject({ old, new: fresh })
    expect(weights.percent).toBeCloseTo(got, 10)
  })

  it('counts the servers of both sides', () => {
    expect(nearestWeights(5, { units: 10, most: 256 }, one)).toMatchObject({ old: 19, new: 10, percent: 5 })
    expect(nearestWeights(50, { units: 1, most: 256 }, { units: 4, most: 256 })).toMatchObject({
      old: 4,
      new: 1,
    })
  })

  it('stays within the error that is told, with whole weights in range, on both sides above zero', () => {
    fc.assert(
      fc.property(side, side, fc.double({ min: 0.01, max: 99.99, noNaN: true }), (old, fresh, percent) => {
        const weights = nearestWeights(percent, old, fresh)
        for (const [weight, { most }] of [
          [weights.old, old],
          [weights.new, fresh],
        ] as const) {
          expect(Number.isInteger(weight)).toBe(true)
          expect(weight).toBeGreaterThanOrEqual(1)
          expect(weight).toBeLessThanOrEqual(most)
        }
        expect(weights.percent).toBeCloseTo(shareOf(weights.old * old.units, weights.new * fresh.units), 9)
        const [m, n] = [old.units, fresh.units]
        const smallest = shareOf(old.most * m, n)
        const largest = shareOf(m, fresh.most * n)
        const error = Math.abs(weights.percent - percent)
        if (percent <= smallest) expect(weights.percent).toBeCloseTo(smallest, 9)
        else if (percent >= largest) expect(weights.percent).toBeCloseTo(largest, 9)
        else
          expect(error).toBeLessThanOrEqual(
            Math.max((50 * n) / (m * old.most), (50 * m) / (n * fresh.most)) + 1e-9,
          )
      }),
    )
  })

  it('is the nearest of all there are', () => {
    const small = fc.record({ units: fc.integer({ min: 1, max: 5 }), most: fc.integer({ min: 1, max: 20 }) })
    fc.assert(
      fc.property(small, small, fc.double({ min: 0.1, max: 99.9, noNaN: true }), (old, fresh, percent) => {
        let best = Infinity
        for (let v = 1; v <= old.most; v++)
          for (let w = 1; w <= fresh.most; w++)
            best = Math.min(best, Math.abs(shareOf(v * old.units, w * fresh.units) - percent))
        expect(Math.abs(nearestWeights(percent, old, fresh).percent - percent)).toBeLessThanOrEqual(
          best + 1e-8,
        )
      }),
    )
  })
})

describe('orderOf', () => {
  const weights = fc.record({ old: fc.integer({ min: 0, max: 256 }), new: fc.integer({ min: 0, max: 256 }) })
  const some = weights.filter(({ old, new: fresh }) => old + fresh > 0)

  it('never passes through all zero, nor through more of the new version than before or after', () => {
    fc.assert(
      fc.property(some, some, (before, after) => {
        const [first] = orderOf(before, after)
        const between = { ...before, [first]: after[first] }
        expect(between.old + between.new).toBeGreaterThan(0)
        const share = shareOf(between.old, between.new)
        const limit = Math.max(shareOf(before.old, before.new), shareOf(after.old, after.new))
        expect(share).toBeLessThanOrEqual(limit + 1e-9)
      }),
    )
  })
})

it.each([
  [5, 5.4, false],
  [5, 5.6, true],
  [0, 0.4, false],
])('tooFar(%d, %d) is %s', (asked, got, far) => {
  expect(tooFar(asked, got)).toBe(far)
})
