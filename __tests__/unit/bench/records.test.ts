import { describe, expect, it } from '@jest/globals'
import { byRound, movedBytes, overhead, parseRecords, wholeUnits } from '../../../bench/records.ts'
import type { RunRecord } from '../../../bench/types.ts'
import { record } from './record.ts'

const unit = 'main/service/ours/2/1'
const runs = ['cold', 'same', 'edit']
const runsOf = (name: string): readonly string[] | undefined => (name === unit ? runs : undefined)
const lines = (...list: RunRecord[]): string => list.map((one) => `${JSON.stringify(one)}\n`).join('')

describe('reading runs.jsonl', () => {
  it('leaves out what an interruption cut off and what is of another schema', () => {
    const text = `${lines(record({ unit }))}{"schema":2,"unit":"x","wallMs":1}\n\n{"schema":1,"unit":"mai`
    expect(parseRecords(text)).toEqual([record({ unit })])
  })
})

describe('whole units', () => {
  const attempt = (walls: readonly number[], names: readonly string[] = runs): RunRecord[] =>
    names.slice(0, walls.length).map((run, at) => record({ unit, run, wallMs: walls[at] ?? 0 }))

  it.each([
    ['one attempt', attempt([1, 2, 3]), [1, 2, 3]],
    ['an interrupted attempt', attempt([1, 2]), undefined],
    ['an interrupted attempt and a whole one', [...attempt([1, 2]), ...attempt([4, 5, 6])], [4, 5, 6]],
    ['a whole attempt and an interrupted one', [...attempt([1, 2, 3]), ...attempt([4])], undefined],
    ['runs in another order', attempt([1, 2, 3], ['cold', 'edit', 'same']), undefined],
  ])('%s', (_, records, walls) => {
    const found = wholeUnits(records, 's', runsOf).get(unit)
    expect(found?.map((one) => one.wallMs)).toEqual(walls)
  })

  it('takes nothing of another series and nothing that is not asked for', () => {
    expect(wholeUnits(attempt([1, 2, 3]), 'another', runsOf).size).toBe(0)
    expect(wholeUnits(attempt([1, 2, 3]), 's', () => undefined).size).toBe(0)
  })
})

describe('figures', () => {
  it('are picked by suite, chain, run, subject and platforms', () => {
    const records = [
      record({ round: 1, wallMs: 10 }),
      record({ round: 2, wallMs: 20 }),
      record({ round: 3, wallMs: 30, run: 'edit' }),
      record({ round: 4, wallMs: 40, chain: 'ko' }),
      record({ round: 5, wallMs: 50, subject: 'hello' }),
      record({ round: 6, wallMs: 60, platforms: 4 }),
      record({ round: 7, wallMs: 70, suite: 'hello' }),
    ]
    const wanted = { suite: 'main', subject: 'service', chain: 'ours', run: 'cold', platforms: 2 }
    expect([...byRound(records, wanted, (one) => one.wallMs)]).toEqual([
      [1, 10],
      [2, 20],
    ])
  })

  it('count cache and registry both ways, but not the module proxy', () => {
    const bytes = { cacheDown: 1, cacheUp: 2, registryDown: 4, registryUp: 8, modulesDown: 16 }
    expect(movedBytes(record({ bytes }))).toBe(15)
    expect(movedBytes(record({}))).toBeUndefined()
  })

  it('tell the overhead of main and post apart from their commands', () => {
    const own = { mainMs: 9000, postMs: 3000, criticalMs: 8400, postBusyMs: 2700, idleMs: 0, peakBytes: 0, postPeakBytes: 0 } // prettier-ignore
    expect(overhead(record({ own }))).toBe(900)
    expect(overhead(record({}))).toBeUndefined()
  })
})
