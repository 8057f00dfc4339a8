import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { finiteEvalue, guardedEvalue, logEvalue, nullChance } from '../../../src/gray/sequential.ts'
import { seeded } from './random.ts'
import { evalueRows } from './reference.ts'

describe('the e-value', () => {
  it.each(evalueRows)('%d of %d at share %d, tolerated %d', (fresh, all, share, tolerated, expected) => {
    const evalue = Math.exp(logEvalue({ fresh, all }, nullChance(share, tolerated)))
    expect(Math.abs(evalue - expected)).toBeLessThanOrEqual(1e-9 * expected)
  })

  it('is fair: one step ahead its mean is exactly 1 at the null, for every past', () => {
    const chance = nullChance(0.05, 1.5)
    for (let all = 0; all <= 60; all++)
      for (let fresh = 0; fresh <= all; fresh++) {
        const now = logEvalue({ fresh, all }, chance)
        const hit = logEvalue({ fresh: fresh + 1, all: all + 1 }, chance)
        const miss = logEvalue({ fresh, all: all + 1 }, chance)
        expect(chance * Math.exp(hit - now) + (1 - chance) * Math.exp(miss - now)).toBeCloseTo(1, 9)
      }
  })

  it('grows with each bad event of the new version and shrinks with each of the old', () => {
    fc.assert(
      fc.property(
        fc.nat(2000),
        fc.nat(2000),
        fc.double({ min: 0.01, max: 0.9, noNaN: true }),
        (fresh, old, chance) => {
          const now = logEvalue({ fresh, all: fresh + old }, chance)
          expect(logEvalue({ fresh: fresh + 1, all: fresh + old + 1 }, chance)).toBeGreaterThanOrEqual(now)
          expect(logEvalue({ fresh, all: fresh + old + 1 }, chance)).toBeLessThanOrEqual(now)
        },
      ),
      { seed: 5 },
    )
  })

  it('stays a number far out', () => {
    expect(logEvalue({ fresh: 900_000, all: 1_000_000 }, 0.05)).toBeGreaterThan(1e6)
    expect(finiteEvalue(logEvalue({ fresh: 900_000, all: 1_000_000 }, 0.05))).toBe(Number.MAX_VALUE)
    expect(finiteEvalue(logEvalue({ fresh: 0, all: 1_000_000 }, 0.5))).toBe(0)
  })
})

/** How many of `runs` sequences of 200 bad events ever reach 1/alpha, and at which event, looked at after each one. */
function simulate(runs: number, theta: number, chance: number, alpha: number, seed: number): number[] {
  const random = seeded(seed)
  const stopped: number[] = []
  for (let run = 0; run < runs; run++) {
    let fresh = 0
    for (let all = 1; all <= 200; all++) {
      if (random() < theta) fresh++
      if (logEvalue({ fresh, all }, chance) < -Math.log(alpha)) continue
      stopped.push(all)
      break
    }
  }
  return stopped.sort((a, b) => a - b)
}

describe('simulated releases, looked at after each bad event', () => {
  const chance = nullChance(0.05, 1.5)

  it('no worse than tolerated: falsely stopped at most as often as alpha', () => {
    expect(simulate(1500, chance, chance, 0.01, 1).length / 1500).toBeLessThanOrEqual(0.01)
    expect(simulate(1500, nullChance(0.05, 1), chance, 0.05, 2).length / 1500).toBeLessThanOrEqual(0.05)
  })

  it('ten times worse: always found, soon', () => {
    const stopped = simulate(300, nullChance(0.05, 10), chance, 0.01, 3)
    expect(stopped).toHaveLength(300)
    expect(stopped[150]).toBeLessThanOrEqual(20)
  })

  it('four times worse: found in at least 85 %', () => {
    expect(simulate(400, nullChance(0.05, 4), chance, 0.01, 4).length).toBeGreaterThanOrEqual(340)
  })
})

describe('the burst guard', () => {
  const share = 0.05
  const window = (fresh: number, old = 0, at = share) => ({ fresh, old, share: at })

  it.each([
    ['nothing seen', [], 0, 0],
    ['one burst', [window(500)], 0, 1],
    ['two bursts', [window(500), window(0), window(300)], 0, 2],
    ['three events in three windows', [window(1), window(1), window(1)], 1, 3],
    ['a burst beside two single events', [window(500), window(1), window(1)], 1, 3],
    ['steady trouble', [window(40), window(50), window(45), window(60)], 45, 4],
  ])('%s', (_, windows, cap, hit) => {
    expect(guardedEvalue(windows, 1.5)).toMatchObject({ cap, windows: hit })
  })

  it('a single burst is no evidence; three windows are as much as three single events', () => {
    expect(guardedEvalue([window(500)], 1.5).log).toBe(0)
    expect(guardedEvalue([window(500)], 1.5).unguarded).toBeGreaterThan(100)
    const steady = guardedEvalue([window(500), window(1), window(1)], 1.5)
    expect(Math.exp(steady.log)).toBeCloseTo(688.5185, 4)
  })

  it('is never above the unguarded value', () => {
    const windows = fc.array(
      fc.record({ fresh: fc.nat(30), old: fc.nat(100), share: fc.constantFrom(0.05, 0.25) }),
      { maxLength: 20 },
    )
    fc.assert(
      fc.property(windows, (list) => {
        const { log, unguarded } = guardedEvalue(list, 1.5)
        expect(log).toBeLessThanOrEqual(unguarded + 1e-9)
      }),
      { seed: 5 },
    )
  })

  it('steps of different shares are multiplied', () => {
    const small = [window(2, 3), window(2, 3), window(2, 3)]
    const large = small.map((one) => ({ ...one, share: 0.25 }))
    expect(guardedEvalue([...small, ...large], 1.5).log).toBeCloseTo(
      guardedEvalue(small, 1.5).log + guardedEvalue(large, 1.5).log,
      9,
    )
  })
})
