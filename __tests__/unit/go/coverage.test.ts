import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  checkCoverage,
  formatCoverProfile,
  formatPercent,
  parseCoverProfiles,
  summariseCoverage,
} from '../../../src/go/coverage.ts'

const modules = [
  { dir: 'svc', path: 'example.com/svc', dependencies: false, vendored: false, replacesOutside: false },
]
const report = (...texts: string[]) => {
  const merged = parseCoverProfiles(texts)
  if (merged === undefined) throw new Error('no profile')
  return summariseCoverage(merged.profile, modules)
}

describe('profiles', () => {
  it('weighs by statements, and finds what no test reached', () => {
    const result = report(
      'mode: set\nexample.com/svc/a/x.go:4.24,5.13 1 1\nexample.com/svc/a/x.go:5.13,7.3 3 0\nexample.com/svc/a/x.go:8.2,9.1 1 0\nexample.com/svc/y.go:1.1,2.2 5 1\n',
    )
    expect(result).toMatchObject({ statements: 10, covered: 6, percent: 60 })
    expect(result.packages).toEqual([
      { package: 'example.com/svc/a', statements: 5, covered: 1, percent: 20 },
      { package: 'example.com/svc', statements: 5, covered: 5, percent: 100 },
    ])
    expect(result.files[0]).toMatchObject({ file: 'svc/a/x.go', uncovered: [[5, 8]] })
    expect(result.files[1]).toMatchObject({ file: 'svc/y.go', uncovered: [] })
  })

  it.each([
    ['set', 'mode: set', 0, 1, 1],
    ['count', 'mode: count', 2, 3, 5],
    ['atomic', 'mode: atomic', 2, 3, 5],
  ])('merges the same block of two runs in mode %s', (mode, head, a, b, sum) => {
    const merged = parseCoverProfiles([
      `${head}\nm/x.go:1.1,2.2 4 ${a}\n`,
      `${head}\r\nm/x.go:1.1,2.2 4 ${b}\r\n`,
    ])
    expect(merged?.profile.mode).toBe(mode)
    expect([...(merged?.profile.files.get('m/x.go') ?? [])]).toMatchObject([{ statements: 4, count: sum }])
  })

  it('different modes become count; bad lines are counted; Windows names work', () => {
    const merged = parseCoverProfiles(['mode: set\nC:\\a\\x.go:1.1,2.2 1 1\nrubbish\n', 'mode: atomic\n'])
    expect(merged).toMatchObject({ bad: 1, profile: { mode: 'count' } })
    expect([...(merged?.profile.files.keys() ?? [])]).toEqual(['C:\\a\\x.go'])
    expect(parseCoverProfiles(['', 'no profile'])).toBeUndefined()
  })

  it('what is written reads back the same', () => {
    const block = fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(9), fc.nat(9))
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('m/a.go', 'm/b c.go'), block)), (entries) => {
        const text = `mode: count\n${entries.map(([f, [a, b, c, d, n, k]]) => `${f}:${a}.${b},${c}.${d} ${n} ${k}\n`).join('')}`
        const once = parseCoverProfiles([text])
        const written = once === undefined ? '' : formatCoverProfile(once.profile)
        expect(parseCoverProfiles([written])).toEqual({ ...once, bad: 0 })
      }),
    )
  })
})

describe('the gate', () => {
  const of = (covered: number, statements: number) =>
    report(`mode: set\nm/x.go:1.1,2.2 ${covered} 1\nm/x.go:3.1,4.2 ${statements - covered} 0\n`)
  it.each([
    [80, 100, 80, true],
    [7996, 10000, 80, false],
    [1, 3, 33.3, true],
    [1, 3, 33.4, false],
    [0, 10, 0, true],
    [10, 10, 100, true],
  ])('%d of %d against %d %%: %s', (covered, statements, threshold, met) => {
    const problem = checkCoverage(of(covered, statements), threshold)
    expect(problem === undefined).toBe(met)
    if (!met)
      expect(problem).toMatchObject({
        code: 'coverage-below-threshold',
        cause: expect.stringMatching(/[1-9]\d* more/),
      })
  })
  it('refuses when nothing was measured', () => {
    expect(checkCoverage(undefined, 1)?.code).toBe('coverage-unknown')
    expect(checkCoverage(report('mode: set\n'), 0)?.code).toBe('coverage-unknown')
  })
  it.each([
    [79.96, '79.9 %'],
    [80, '80.0 %'],
    [100, '100.0 %'],
    [(100 * 2) / 3, '66.6 %'],
  ])('%d is shown as %s', (percent, text) => expect(formatPercent(percent)).toBe(text))
})
