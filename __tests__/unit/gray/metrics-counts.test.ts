import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { increments, sumBetween, sumPerWindow, typicalGap } from '../../../src/gray/metrics/counts.ts'
import type { Series } from '../../../src/gray/prometheus-data.ts'

const T = 15_000
/** A value each scrape; undefined: no sample. */
const series = (labels: Record<string, string>, ...values: (number | undefined)[]): Series => ({
  labels: { job: 'shop', instance: 'a', ...labels },
  points: values.flatMap((value, index) => (value === undefined ? [] : [{ at: index * T, value }])),
})
const total = (groups: Series[][], start = 0, end = 1e9) => {
  const data = increments(groups, { end: 1e6 })
  return { sums: sumBetween(data.increments, groups.length, start, end), resets: data.resets }
}

describe('growth of counters', () => {
  const ok = { code: '200' }
  const bad = { code: '500' }
  it.each<[string, Series[], number, number]>([
    ['nothing', [], 0, 0],
    ['one scrape', [series(ok, 100)], 0, 0],
    ['plain growth', [series(ok, 100, 110, 130)], 30, 0],
    ['no growth', [series(ok, 100, 100)], 0, 0],
    ['two codes', [series(ok, 100, 110), series(bad, 1, 3)], 12, 0],
    ['two instances', [series(ok, 100, 110), series({ ...ok, instance: 'b' }, 7, 8)], 11, 0],
    ['a restart', [series(ok, 100, 110, 5, 9)], 19, 1],
    [
      'a restart of one of two instances',
      [series(ok, 100, 110, 5), series({ ...ok, instance: 'b' }, 50, 60, 70)],
      35,
      1,
    ],
    ['a missed scrape', [series(ok, 100, undefined, 130)], 30, 0],
    [
      'a series born with its first error',
      [series(ok, 100, 110, 120), series(bad, undefined, undefined, 1)],
      21,
      0,
    ],
    ['a series born with a burst', [series(ok, 0, 10), series(bad, undefined, 8)], 18, 0],
    [
      'an instance never seen before: its past is unknown',
      [series(ok, 100, 110), series({ ...ok, instance: 'b' }, undefined, 500)],
      10,
      0,
    ],
    [
      'and counts from then on',
      [series(ok, 100, 110, 120), series({ ...ok, instance: 'b' }, undefined, 500, 503)],
      23,
      0,
    ],
    [
      'a restart makes the error series vanish and come back lower',
      [series(ok, 100, 110, 2, 4), series(bad, 5, 5, undefined, 1)],
      10 + 4 + 1,
      1,
    ],
    ['… or as high as it was', [series(ok, 100, 110, 2, 4), series(bad, 1, 1, undefined, 1)], 10 + 4 + 1, 1],
    ['… or higher', [series(ok, 100, 110, 2, 4), series(bad, 1, 1, undefined, 3)], 10 + 4 + 3, 1],
    ['two restarts', [series(ok, 100, 3, 10, 4)], 14, 2],
    ['NaN in between', [series(ok, 100, NaN, 104)], 4, 0],
    ['a series that goes away', [series(ok, 100, 110, 120), series(bad, 1, 2, undefined)], 21, 0],
    [
      'a gap without a restart is no birth',
      [series(ok, 100, 110, 120, 130), series(bad, 5, undefined, undefined, 6)],
      31,
      0,
    ],
  ])('%s', (_, list, sum, resets) => expect(total([list])).toEqual({ sums: [sum], resets }))

  it('a restart of the one shows in the other of two counters', () => {
    // The bad counter alone (1, 1) could not tell.
    expect(total([[series(bad, 1, 1)], [series(bad, 1, 1), series(ok, 100, 4)]]).sums).toEqual([1, 5])
  })

  it('samples of one scrape that a sender spreads a little belong together', () => {
    const late: Series = {
      labels: { job: 'shop', instance: 'a', code: '500' },
      points: [
        { at: 700, value: 1 },
        { at: T + 900, value: 3 },
      ],
    }
    expect(total([[series(ok, 100, 110), late]]).sums).toEqual([12])
  })

  it('what straddles the start of a window is left out, what ends in it is in', () => {
    const list = [series(ok, 0, 10, 30, 60, 100)]
    expect(total([list], T, 3 * T).sums).toEqual([50])
    expect(total([list], T + 1, 3 * T).sums).toEqual([30])
    expect(total([list], T, 3 * T - 1).sums).toEqual([20])
  })

  it('windows are as wide as a scrape, so that a burst is one of them', () => {
    const data = increments([[series(bad, 0, 0, 50, 51, 51)]], { end: 1e6 })
    expect(sumPerWindow(data.increments, 1, { start: 0, end: 4 * T, widthMs: T })).toEqual([
      [0],
      [50],
      [1],
      [0],
    ])
  })

  it('silent targets are named', () => {
    const list = [series(ok, 1, 2, 3, 4, 5, 6), series({ instance: 'b' }, 1, 2)]
    expect(increments([list], { end: 5 * T }).stale).toEqual(['shop/b'])
  })

  it.each<[string, Series[], number | undefined]>([
    ['none', [], undefined],
    ['one sample', [series(ok, 1)], undefined],
    ['regular', [series(ok, 1, 2, 3)], T],
    ['with a missed scrape', [series(ok, 1, 2, undefined, 3, 4)], T],
  ])('typical gap: %s', (_, list, gap) => expect(typicalGap(list)).toBe(gap))

  it('adds up what really happened, whatever restarts (of busy instances)', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            ok: fc.integer({ min: 1, max: 50 }),
            bad: fc.integer({ min: 0, max: 3 }),
            restart: fc.boolean(),
          }),
          { minLength: 1, maxLength: 30 },
        ),
        (scrapes) => {
          let [good, errors, sumOk, sumBad] = [1000, 0, 0, 0]
          const goods: number[] = [good]
          const bads: (number | undefined)[] = [undefined]
          for (const scrape of scrapes) {
            if (scrape.restart) [good, errors] = [0, 0]
            good += scrape.ok
            errors += scrape.bad
            sumOk += scrape.ok
            sumBad += scrape.bad
            goods.push(good)
            // As client libraries have it: no series without an event.
            bads.push(errors === 0 ? undefined : errors)
          }
          // A restart shows when the busiest counter is lower than before; the others are lost to everybody.
          let at = 0
          fc.pre(
            scrapes.every(
              ({ restart }, index) => ((at = index + 1), !restart || (goods[at] ?? 0) < (goods[at - 1] ?? 0)),
            ),
          )
          expect(total([[series(bad, ...bads)], [series(ok, ...goods)]]).sums).toEqual([sumBad, sumOk])
        },
      ),
    ))
})
