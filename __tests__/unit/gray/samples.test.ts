import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { judge } from '../../../src/gray/judge.ts'
import type { Sample } from '../../../src/gray/judge-input.ts'
import { compareSamples, rosenbaum, smirnov } from '../../../src/gray/samples.ts'
import { normal, seeded } from './random.ts'
import { shiftRows } from './reference.ts'

const many = (count: number, value: number): number[] => Array.from({ length: count }, () => value)
const gauss = (count: number, mean: number, deviation: number, seed: number): number[] => {
  const random = seeded(seed)
  return Array.from({ length: count }, () => mean + deviation * normal(random))
}
const verdict = (
  old: Sample[],
  fresh: Sample[],
  direction: 'increase' | 'decrease' | 'either' = 'increase',
  tolerance = 0.25,
): string => judge({ kind: 'samples', direction, tolerance, confidence: 0.98, old, new: fresh }).verdict

it.each(shiftRows)('Hodges-Lehmann of $old.length and $new.length samples', (row) => {
  const result = compareSamples(row.old, row.new, {
    direction: 'either',
    tolerance: 0,
    confidence: row.confidence,
  })
  expect(result.estimate).toBeCloseTo(row.estimate, 9)
  if (row.lower === null || row.upper === null) {
    expect(result).not.toHaveProperty('lower')
    expect(result.doubts.join()).toContain('too few')
  } else {
    expect(result.lower).toBeCloseTo(row.lower, 9)
    expect(result.upper).toBeCloseTo(row.upper, 9)
  }
})

describe('verdicts', () => {
  it.each<[string, string, Sample[], Sample[]]>([
    ['equal constants', 'pass', many(20, 3), many(20, 3)],
    ['equal zeros', 'pass', many(20, 0), many(20, 0)],
    ['equal noise', 'pass', gauss(60, 50, 3, 1), gauss(60, 50, 3, 2)],
    ['10 % more within 25 %', 'pass', gauss(60, 50, 3, 1), gauss(60, 55, 3, 2)],
    ['a clear improvement', 'pass', gauss(60, 50, 3, 1), gauss(60, 20, 3, 2)],
    ['twice as much', 'fail', gauss(20, 50, 3, 1), gauss(20, 100, 3, 2)],
    ['7 of 10 samples 100 times worse', 'fail', many(10, 1), [...many(3, 1), ...many(7, 100)]],
    [
      '30 % of the samples 100 times worse, 10 % were before',
      'inconclusive',
      [...many(90, 1), ...many(10, 100)],
      [...many(70, 1), ...many(30, 100)],
    ],
    ['sparse errors against zero', 'inconclusive', many(20, 0), [...many(18, 0), 5, 7]],
    ['one error against zero', 'inconclusive', many(20, 0), [...many(19, 0), 1]],
    ['more than sparse errors against zero', 'fail', many(100, 0), [...many(90, 0), ...many(10, 2)]],
    ['new oscillates, the median stays', 'fail', many(40, 50), [...many(20, 10), ...many(20, 90)]],
    ['too few', 'inconclusive', many(4, 1), many(4, 1)],
    ['one sample each', 'inconclusive', [1], [1]],
    ['no new sample', 'nodata', [1, 2], []],
    ['only missing samples', 'nodata', [1, 2, 3], [null, null]],
    ['no old sample', 'nodata', [], [1]],
    ['some missing', 'pass', [...many(20, 1), null], many(20, 1)],
    ['many missing', 'inconclusive', many(20, 1), [...many(20, 1), ...many(5, 0).map(() => null)]],
    ['many missing, and worse', 'fail', many(20, 1), [...many(20, 9), ...many(5, 0).map(() => null)]],
  ])('%s: %s', (_, expected, old, fresh) => {
    expect(verdict(old, fresh)).toBe(expected)
    // A decrease is the mirror of an increase, and "either" sees both.
    const mirrored = (list: Sample[]): Sample[] => list.map((value) => (value === null ? null : -value))
    expect(verdict(mirrored(old), mirrored(fresh), 'decrease')).toBe(expected)
    if (expected === 'fail') expect(verdict(old, fresh, 'either')).toBe('fail')
  })

  it('the other direction does not matter, unless asked for', () => {
    const [old, fresh] = [gauss(60, 50, 3, 1), gauss(60, 20, 3, 2)]
    expect(verdict(old, fresh, 'increase')).toBe('pass')
    expect(verdict(old, fresh, 'decrease')).toBe('fail')
    expect(verdict(old, fresh, 'either')).toBe('fail')
  })
})

describe('simulated comparisons', () => {
  const shares = (fresh: (seed: number) => number[]): Record<string, number> => {
    const found: Record<string, number> = {}
    for (let seed = 0; seed < 400; seed++) {
      const name = verdict(gauss(20, 50, 8, seed), fresh(seed + 10_000), 'increase', 0.1)
      found[name] = (found[name] ?? 0) + 1
    }
    return found
  }

  it('equal versions fail at most as often as 1 − confidence', () => {
    expect(shares((seed) => gauss(20, 50, 8, seed))['fail'] ?? 0).toBeLessThanOrEqual(8)
  })

  it('a version at the edge of the tolerance is not passed more often than the tail allows', () => {
    expect(shares((seed) => gauss(20, 55, 8, seed))['pass'] ?? 0).toBeLessThanOrEqual(8)
  })
})

it('changes with no order of the samples and with no unit', () => {
  const values = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(values, values, (old, fresh) => {
      const base = verdict(old, fresh)
      expect(verdict(old.toReversed(), fresh.toReversed())).toBe(base)
      // A power of two keeps every bit of the values.
      const scaled = (list: number[]): number[] => list.map((value) => value * 1024)
      expect(verdict(scaled(old), scaled(fresh))).toBe(base)
    }),
    { seed: 5 },
  )
})

it('a new sample that rises never turns a fail into a pass', () => {
  const values = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 6, maxLength: 30 })
  fc.assert(
    fc.property(values, values, fc.nat(), (old, fresh, pick) => {
      const raised = fresh.map((value, index) => (index === pick % fresh.length ? value + 50 : value))
      if (verdict(old, fresh) === 'fail') expect(verdict(old, raised)).toBe('fail')
      if (verdict(old, raised) === 'pass') expect(verdict(old, fresh)).toBe('pass')
    }),
    { seed: 5, numRuns: 300 },
  )
})

describe('parts', () => {
  it.each([
    [10, 10, 0, 1],
    [10, 10, 1, 0.5],
    [10, 10, 7, 286 / 184756],
    [20, 20, 3, (20 * 19 * 18) / (40 * 39 * 38)],
  ])('Rosenbaum with %d old, %d new, %d beyond', (n, m, beyond, chance) =>
    expect(rosenbaum(n, m, beyond)).toBeCloseTo(chance, 12),
  )

  it.each([
    [[1, 2, 3], [1, 2, 3], 0, 0],
    [[1, 2, 3], [4, 5, 6], 0, 1],
    [[1, 2, 3], [4, 5, 6], 3, 0],
    [[1, 1, 1, 9], [1, 1, 9, 9], 0, 0.25],
  ])('Smirnov of %j and %j shifted by %d', (a, b, shift, distance) =>
    expect(smirnov(a, b, shift)).toBeCloseTo(distance, 12),
  )
})
