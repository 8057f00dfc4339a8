import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  asRelease,
  canMeet,
  chooseVersion,
  compareGoVersions,
  formatGoVersion,
  type GoSpec,
  type GoVersion,
  meetsMinimum,
  newestStable,
  parseGoSpec,
  parseGoVersion,
  satisfies,
  semverOf,
} from '../../../src/go/version.ts'

const version = (text: string): GoVersion => {
  const parsed = parseGoVersion(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}
const spec = (text: string): GoSpec => {
  const parsed = parseGoSpec(text)
  if ('reason' in parsed) throw new Error(parsed.reason)
  return parsed
}
const releases = (...names: string[]): { version: GoVersion }[] =>
  names.map((name) => ({ version: asRelease(version(name)) }))

describe('parseGoVersion', () => {
  it.each([
    ['1.26.8', '1.26.8', '1.26.8'],
    ['go1.26.8', '1.26.8', '1.26.8'],
    ['v1.26.8', '1.26.8', '1.26.8'],
    [' 1.26.0 ', '1.26.0', '1.26.0'],
    ['go1.20', '1.20', '1.20.0'],
    ['1.20.0', '1.20', '1.20.0'],
    ['1.20.14', '1.20.14', '1.20.14'],
    ['go1.27rc1', '1.27rc1', '1.27.0-rc.1'],
    ['1.27.0-rc.1', '1.27rc1', '1.27.0-rc.1'],
    ['1.21beta2', '1.21beta2', '1.21.0-beta.2'],
    ['go1.9.2rc2', '1.9.2rc2', '1.9.2-rc.2'],
  ])('reads %s as %s, in npm spelling %s', (text, go, npm) => {
    expect(formatGoVersion(version(text))).toBe(go)
    expect(semverOf(version(text))).toBe(npm)
  })

  it('knows that 1.26 is a language version and 1.20 a release', () => {
    expect(version('1.26').language).toBe(true)
    expect(formatGoVersion(version('1.26'))).toBe('1.26')
    expect(version('1.20').language).toBeUndefined()
  })

  it.each(['', '1', 'go', '1.26.8.1', '1.26rc', 'devel', '1.26.8-alpine', '1.x', '-1.2', '1.26.99999'])(
    'refuses %j',
    (text) => {
      expect(parseGoVersion(text)).toBeUndefined()
    },
  )

  it('reads back what it writes, in both spellings', () => {
    const versions = fc.record({
      major: fc.constant(1),
      minor: fc.integer({ min: 5, max: 60 }),
      patch: fc.integer({ min: 0, max: 30 }),
      pre: fc.option(
        fc.record({
          kind: fc.constantFrom('rc' as const, 'beta' as const),
          n: fc.integer({ min: 1, max: 9 }),
        }),
        {
          nil: undefined,
        },
      ),
    })
    fc.assert(
      fc.property(versions, ({ pre, ...numbers }) => {
        const wanted: GoVersion = pre === undefined ? numbers : { ...numbers, pre }
        expect(parseGoVersion(`go${formatGoVersion(wanted)}`)).toEqual(wanted)
        expect(parseGoVersion(semverOf(wanted))).toEqual(wanted)
        expect(compareGoVersions(wanted, version(semverOf(wanted)))).toBe(0)
      }),
    )
  })
})

describe('compareGoVersions', () => {
  it("sorts as Go's own gover does", () => {
    const sorted = ['1.9.2rc2', '1.20beta1', '1.20rc3', '1.20', '1.20.1', '1.21', '1.21beta1', '1.21rc1', '1.21rc2', '1.21.0', '1.21.13', '1.26', '1.26.9', '1.26.10', '1.27'] // prettier-ignore
    const shuffled = [...sorted].reverse().map(version)
    expect(shuffled.sort(compareGoVersions).map(formatGoVersion)).toEqual(sorted)
  })
})

describe('meetsMinimum', () => {
  it.each([
    ['1.26.8', '1.26', true],
    ['1.26rc1', '1.26', true],
    ['1.26rc1', '1.26.0', false],
    ['1.26.0', '1.26rc2', true],
    ['1.25.9', '1.26', false],
    ['1.26.8', '1.26.8', true],
    ['1.26.7', '1.26.8', false],
    ['1.20', '1.20', true],
    ['1.26.8', 'nonsense', false],
  ])('%s for a module that says go %s: %s', (go, minimum, expected) => {
    expect(meetsMinimum(version(go), minimum)).toBe(expected)
  })
})

describe('parseGoSpec', () => {
  it.each<[string, GoSpec]>([
    ['1.26.8', { kind: 'exact', version: version('1.26.8') }],
    ['go1.26.8', { kind: 'exact', version: version('1.26.8') }],
    ['1.27rc1', { kind: 'exact', version: version('1.27rc1') }],
    ['1.27.0-rc.1', { kind: 'exact', version: version('1.27rc1') }],
    ['1.26', { kind: 'range', range: '~1.26.0' }],
    ['1.20', { kind: 'range', range: '~1.20.0' }],
    ['stable', { kind: 'alias', alias: 'stable' }],
    ['Latest', { kind: 'alias', alias: 'stable' }],
    ['*', { kind: 'alias', alias: 'stable' }],
    ['oldstable', { kind: 'alias', alias: 'oldstable' }],
  ])('%s', (text, expected) => {
    expect(parseGoSpec(text)).toEqual(expected)
  })

  it.each([
    ['', /empty/],
    ['1.2', /write '1\.20' with quotes/],
    ['1.3', /write '1\.30' with quotes/],
    ['tip', /not a release/],
    ['newest', /"newest" is not a Go version/],
    ['1.26.8-alpine', /not a Go version/],
    ['>=', /not a Go version/],
    ['${{ matrix.go }}', /not a Go version/],
  ])('refuses %j and says why', (text, reason) => {
    const parsed = parseGoSpec(text)
    expect('reason' in parsed ? parsed.reason : '').toMatch(reason)
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const parsed = parseGoSpec(text)
        expect('reason' in parsed ? parsed.reason : parsed.kind).not.toBe('')
      }),
    )
  })
})

const OFFERED = releases('1.27rc2', '1.27rc1', '1.25.9', '1.26.0', '1.26.8', '1.26.10', '1.24.13', '1.20', '1.20.14', '1.26rc3') // prettier-ignore

describe('chooseVersion', () => {
  it.each([
    ['1.26.8', '1.26.8'],
    ['1.26', '1.26.10'],
    ['1.26.x', '1.26.10'],
    ['1.x', '1.26.10'],
    ['1', '1.26.10'],
    ['^1.24', '1.26.10'],
    ['~1.25', '1.25.9'],
    ['>=1.25 <1.26', '1.25.9'],
    ['>=go1.25.0 <go1.26.0', '1.25.9'],
    ['1.24 || 1.25', '1.25.9'],
    ['1.20', '1.20.14'],
    ['1.20.0', '1.20'],
    ['stable', '1.26.10'],
    ['oldstable', '1.25.9'],
    ['1.27rc1', '1.27rc1'],
    ['>=1.27.0-rc.1', '1.27rc2'],
    ['>=1.27rc1', '1.27rc2'],
    ['>=1.26.0-rc.1', '1.26.10'],
    ['1.27', undefined],
    ['^1.27', undefined],
    ['1.28.0', undefined],
  ])('%s chooses %s', (text, expected) => {
    const chosen = chooseVersion(spec(text), OFFERED)
    expect(chosen === undefined ? undefined : formatGoVersion(chosen.version)).toBe(expected)
  })

  it.each([
    ['1.26', '1.26.9', '1.26.10'],
    ['1.26', '1.26.11', undefined],
    ['stable', '1.26', '1.26.10'],
    ['stable', '1.27', undefined],
  ])('%s with a minimum of %s chooses %s', (text, minimum, expected) => {
    const chosen = chooseVersion(spec(text), OFFERED, { minimum })
    expect(chosen === undefined ? undefined : formatGoVersion(chosen.version)).toBe(expected)
  })

  it('finds nothing among nothing', () => {
    expect(newestStable(releases())).toBeUndefined()
    expect(chooseVersion(spec('oldstable'), releases('1.26.8'))).toBeUndefined()
  })

  it('chooses only what satisfies', () => {
    const texts = fc.constantFrom('1.26', '^1.24', '~1.25', '>=1.27rc1', 'stable', '1.20.0', '1.24 || 1.20')
    fc.assert(
      fc.property(texts, fc.subarray(OFFERED), (text, offered) => {
        const chosen = chooseVersion(spec(text), offered)
        const fitting = offered.filter((release) => satisfies(release.version, spec(text)))
        expect(
          fitting.length === 0 ? chosen === undefined : fitting.some((release) => release === chosen),
        ).toBe(true)
      }),
    )
  })

  it('never takes a language version for a release', () => {
    expect(satisfies(version('1.26'), spec('1.26'))).toBe(false)
  })
})

describe('canMeet', () => {
  it.each([
    ['1.26', '1.26.5', true],
    ['1.26', '1.26', true],
    ['1.25', '1.26.5', false],
    ['^1.25', '1.26.5', true],
    ['1.26.4', '1.26.5', false],
    ['1.26.5', '1.26.5', true],
    ['>=1.24 <1.26', '1.26.0', false],
    ['stable', '1.99', true],
    ['1.26', 'nonsense', false],
  ])('%s with a minimum of %s: %s', (text, minimum, expected) => {
    expect(canMeet(spec(text), minimum)).toBe(expected)
  })
})
