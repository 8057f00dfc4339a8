import { describe, expect, it } from '@jest/globals'
import { parseOptions, SUITES } from '../../../bench/options.ts'
import { planUnits, rotate, unitName } from '../../../bench/suites.ts'
import { CHAINS } from '../../../bench/types.ts'

const defaults = { out: 'bench', work: '' }
const all = { rounds: 3, growthRounds: 1, suites: SUITES, chains: CHAINS }

describe('options', () => {
  it('have defaults', () => {
    expect(parseOptions([], defaults)).toEqual({
      rounds: 5,
      growthRounds: 3,
      suites: SUITES,
      chains: CHAINS,
      out: 'bench',
      work: '',
      reportOnly: false,
      fresh: false,
    })
  })

  it('are read', () => {
    const line = '--rounds 7 --cases image,main --chains ko,ours --out o --work w --report --fresh'
    expect(parseOptions(line.split(' '), defaults)).toMatchObject({
      rounds: 7,
      suites: ['main', 'image'],
      chains: ['ours', 'ko'],
      out: 'o',
      work: 'w',
      reportOnly: true,
      fresh: true,
    })
  })

  it.each([
    ['--rounds 0', '--rounds takes a number'],
    ['--rounds many', '--rounds takes a number'],
    ['--cases main,none', '"none" is none of'],
    ['--chains', '--chains needs a value'],
    ['--only (', '"(" is no regular expression'],
    ['--speed 9', 'unknown option --speed'],
  ])('%s is refused', (line, said) => {
    expect(parseOptions(line.split(' '), defaults)).toEqual(expect.stringContaining(said))
  })
})

describe('the order of the units', () => {
  const units = planUnits(all)

  it('has each unit once', () => {
    const names = units.map(unitName)
    expect(new Set(names).size).toBe(names.length)
  })

  it('keeps the chains of a comparison together and begins with another one in each round', () => {
    const main = units.filter((unit) => unit.suite === 'main').map((unit) => `${unit.round} ${unit.chain}`)
    expect(main).toEqual([
      '1 ours',
      '1 classic',
      '1 ko',
      '1 floor',
      '2 classic',
      '2 ko',
      '2 floor',
      '2 ours',
      '3 ko',
      '3 floor',
      '3 ours',
      '3 classic',
    ])
    const first = units.findIndex((unit) => unit.suite === 'main')
    expect(units.slice(first, first + 4).every((unit) => unit.suite === 'main')).toBe(true)
  })

  it('goes through all suites before a second round begins', () => {
    const second = units.findIndex((unit) => unit.round === 2)
    expect(new Set(units.slice(0, second).map((unit) => unit.suite))).toEqual(new Set(SUITES))
    expect(units.slice(second).some((unit) => unit.round === 1)).toBe(false)
  })

  it('grows to eight platforms, a thousand packages and twenty mains', () => {
    const of = (suite: string): (typeof units)[number][] =>
      units.filter((unit) => unit.suite === suite && unit.chain === 'ours')
    expect(of('platforms').map((unit) => new Set(unit.platforms).size)).toEqual([1, 2, 4, 8])
    expect(of('packages').map((unit) => unit.subject)).toEqual([
      'generated-10x1',
      'generated-100x1',
      'generated-1000x1',
    ])
    expect(of('mains').map((unit) => unit.subject)).toEqual([
      'generated-100x1',
      'generated-100x5',
      'generated-100x20',
    ])
  })

  it('runs only the units whose name matches', () => {
    const units = planUnits({ ...all, only: /^packages\/generated-10x1\/ko/ })
    expect(units.map(unitName)).toEqual(['packages/generated-10x1/ko/2/1'])
  })

  it('runs only the chains that are asked for', () => {
    const units = planUnits({ ...all, chains: ['ko'] })
    expect(new Set(units.map((unit) => unit.chain))).toEqual(new Set(['ko', 'image-ko']))
  })
})

it.each([
  [[1, 2, 3], 0, [1, 2, 3]],
  [[1, 2, 3], 2, [3, 1, 2]],
  [[1, 2, 3], 4, [2, 3, 1]],
  [[], 1, []],
])('rotates %j by %d', (list, by, wanted) => {
  expect(rotate(list, by)).toEqual(wanted)
})
