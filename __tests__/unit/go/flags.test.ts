import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  type GoSettings,
  goCommandEnvironment,
  joinGoFlags,
  mergeGoFlags,
  raceNeedsCgo,
  splitGoFlags,
} from '../../../src/go/flags.ts'
import { DEFAULT_LDFLAGS, renderLdflags, stripsDwarf } from '../../../src/go/ldflags.ts'
import { testFlagWarnings, validateTestFlags } from '../../../src/go/test-flags.ts'

const plain: GoSettings = { tags: [], cgo: false, race: false, cover: false }
const NO_DWARF = '-gcflags=all=-dwarf=false'
const linux = { os: 'linux', arch: 'amd64' } as const

describe('mergeGoFlags', () => {
  it.each<[string, Partial<GoSettings>, string, string[], number]>([
    ['nothing set', {}, '', ['-trimpath'], 0],
    ['tags and mod', { tags: ['a', 'b'], mod: 'vendor' }, '', ['-trimpath', '-tags=a,b', '-mod=vendor'], 0],
    ['own flags stay', {}, '-buildvcs=false -p=2', ['-trimpath', '-buildvcs=false', '-p=2'], 0],
    ['tags are joined', { tags: ['a'] }, '-tags=b,a', ['-trimpath', '-tags=a,b'], 1],
    ['the same -mod is no conflict', { mod: 'vendor' }, '-mod=vendor', ['-trimpath', '-mod=vendor'], 0],
    ['another -mod loses', { mod: 'mod' }, '--mod=vendor', ['-trimpath', '-mod=mod'], 1],
    ['-trimpath=false is kept for all', {}, '-trimpath=false', ['-trimpath=false'], 1],
    ['-race must not reach the binaries', {}, '-race', ['-trimpath'], 1],
    ['-cover neither', {}, '-cover -coverprofile=x', ['-trimpath'], 2],
    [
      '-a, -count and -vet are told',
      {},
      '-a -count=1 -vet=off',
      ['-trimpath', '-a', '-count=1', '-vet=off'],
      3,
    ],
    ['no DWARF where the linker drops it', { stripped: true }, '', ['-trimpath', NO_DWARF], 0],
    ['DWARF as it is for cgo', { stripped: true, cgo: true }, '', ['-trimpath'], 0],
    ['for the race detector', { stripped: true, race: true }, '', ['-trimpath'], 0],
    [
      "and for the caller's own compiler flags",
      { stripped: true },
      '-gcflags=all=-N',
      ['-trimpath', '-gcflags=all=-N'],
      0,
    ],
  ])('%s', (_name, settings, own, words, notes) => {
    const merged = mergeGoFlags({ ...plain, ...settings }, own)
    expect(merged.words).toEqual(words)
    expect(merged.notes).toHaveLength(notes)
    expect(merged.problems).toEqual([])
  })
  it.each([
    ['-ldflags=-s w', 'goflags-invalid'],
    ["'-ldflags=-s", 'goflags-invalid'],
    ['-json', 'goflags-conflict'],
    ['-o=x', 'goflags-conflict'],
  ])('%s is a problem', (own, code) => {
    expect(mergeGoFlags(plain, own).problems).toMatchObject([{ code }])
  })
})

it('splitGoFlags reads what joinGoFlags writes', () => {
  const word = fc.stringMatching(/^-[a-z]{1,6}(=[a-z =,."]{0,10})?$/)
  fc.assert(
    fc.property(fc.array(word), (words) => expect(splitGoFlags(joinGoFlags(words))).toEqual({ words })),
  )
})

describe('goCommandEnvironment', () => {
  it('sets what vet, test and build share', () => {
    expect(
      goCommandEnvironment(
        {
          ...plain,
          cgo: true,
          goproxy: 'direct',
          goprivate: 'example.com/*',
          extraEnv: { GOEXPERIMENT: 'x' },
        },
        linux,
        { gocache: '/c', gomodcache: '/m', gotmpdir: '/t' },
        { GOFLAGS: '-buildvcs=false' },
      ),
    ).toEqual({
      CGO_ENABLED: '1',
      GOPROXY: 'direct',
      GOPRIVATE: 'example.com/*',
      GOCACHE: '/c',
      GOMODCACHE: '/m',
      GOTMPDIR: '/t',
      GOEXPERIMENT: 'x',
      GOFLAGS: '-trimpath -buildvcs=false',
    })
  })
  it('finds GOFLAGS as the system would', () => {
    const of = (os: 'linux' | 'windows') =>
      goCommandEnvironment(plain, { os, arch: 'amd64' }, {}, { goflags: '-p=1' })['GOFLAGS']
    expect(of('windows')).toBe('-trimpath -p=1')
    expect(of('linux')).toBe('-trimpath')
  })
  it('quotes a flag with blanks', () => {
    expect(goCommandEnvironment(plain, linux, {}, { GOFLAGS: "'-gcflags=all=-N -l'" })['GOFLAGS']).toBe(
      "-trimpath '-gcflags=all=-N -l'",
    )
  })
})

it.each([
  ['linux', true],
  ['windows', true],
  ['darwin', false],
] as const)('raceNeedsCgo on %s is %s', (os, needs) =>
  expect(raceNeedsCgo({ os, arch: 'arm64' })).toBe(needs),
)

describe('validateTestFlags', () => {
  it.each([
    [['-v', '-run', 'TestX|TestY', '-short', '-timeout=5m', '-count=1', '-integration'], []],
    [['-json'], ['-json']],
    [
      ['-vet=off', '-race'],
      ['-vet=off', '-race'],
    ],
    [['-coverprofile', 'x.out', '-test.run=A'], ['-coverprofile']],
    [['./...'], ['./...']],
    [['-run'], ['-run']],
    [['-test.v', '--tags', 'a'], ['--tags']],
    [['-bench=.', '-benchtime', '1x', '-cpu', '1,2'], []],
  ])('%j', (words, bad) => {
    const problems = validateTestFlags(words)
    expect(problems.map((p) => p.value)).toEqual(bad)
    for (const p of problems)
      expect(p).toMatchObject({ input: 'test-flags', fix: expect.stringMatching(/\w/) })
  })
  it.each([
    [['-count=1'], 1],
    [['-count', '1'], 1],
    [['-shuffle=on'], 1],
    [['-shuffle=off'], 0],
    [['-run=X'], 0],
    [['-gcflags=-N'], 1],
  ])('warnings of %j', (words, count) => expect(testFlagWarnings(words)).toHaveLength(count))
})

describe('stripsDwarf', () => {
  it.each([
    [DEFAULT_LDFLAGS, true],
    ['-w', true],
    ['-s', true],
    ['--w=1 -X main.a=b', true],
    ['', false],
    ['-X main.version={{.Version}}', false],
    ['-s -w=false', false],
    ['-w -w=0', false],
    ['-s=false', false],
    // Values of other flags.
    ['-X -w', false],
    ["-extldflags '-static -s'", false],
    ['-extldflags -s', false],
    ['-extldflags=-static -s', true],
  ])('%s: %s', (ldflags, strips) => {
    expect(stripsDwarf(ldflags)).toBe(strips)
  })
})

describe('renderLdflags', () => {
  const facts = {
    version: '1.2.3',
    commit: '0123456789abcdef0123456789abcdef01234567',
    commitDate: '2026-11-21T10:00:00Z',
    branch: 'main',
    tag: 'v1.2.3',
    env: { X: 'plain', SPACE: 'a b', QUOTE: "it's", BOTH: `a 'b' "c"`, FLAG: 'x -extld=/bin/sh' },
  }
  it.each([
    [
      DEFAULT_LDFLAGS,
      '-s -w -X main.version=1.2.3 -X main.commit=0123456789abcdef0123456789abcdef01234567 -X main.date=2026-11-21T10:00:00Z',
    ],
    ['-X a.b={{ .ShortCommit }} -X a.c={{.Branch}}-{{.Tag}}', '-X a.b=0123456 -X a.c=main-v1.2.3'],
    ['-X a.v={{version}} {{ sha }}', '-X a.v=1.2.3 0123456'],
    ['-X a.t={{.CommitTimestamp}} {{.Major}}.{{.Minor}}.{{.Patch}}', '-X a.t=1795255200 1.2.3'],
    ['-X a.x={{.Env.X}}', '-X a.x=plain'],
    ['-X a.x={{.Env.SPACE}}', "-X 'a.x=a b'"],
    ["-X 'a.x={{.Env.SPACE}}' -s", "-X 'a.x=a b' -s"],
    ['-X a.x={{.Env.FLAG}}', "-X 'a.x=x -extld=/bin/sh'"],
    ['-X "a.x={{.Env.QUOTE}} y"', `-X "a.x=it's y"`],
    ['-extldflags "-static -lm"', "-extldflags '-static -lm'"],
    ['  -s\n  -w\n', '-s -w'],
    ['', ''],
  ])('%j', (template, text) => expect(renderLdflags(template, facts)).toEqual({ text, problems: [] }))

  it.each([
    ['-X a={{.Verison}}', ['ldflags-unknown-key'], 'did you mean {{.Version}}?'],
    ['-X a={{.Env.NOPE}} -X b={{.Nope2}}', ['ldflags-env-missing', 'ldflags-unknown-key'], 'env:'],
    ['-X a={{.Version', ['ldflags-syntax'], 'close'],
    ['-X a=.Version}}', ['ldflags-syntax'], 'close'],
    ["-X 'a=b", ['ldflags-syntax'], 'close'],
    ['-X a={{.Env.BOTH}}', ['ldflags-quotes'], 'leave one'],
    ["'-s -w'", ['ldflags-syntax'], 'single words'],
    ['-X a={{.constructor}}', ['ldflags-unknown-key'], 'Known'],
  ])('%j has problems', (template, codes, fix) => {
    const { problems } = renderLdflags(template, facts)
    expect(problems.map((p) => p.code)).toEqual(codes)
    expect(problems[0]?.fix).toContain(fix)
  })

  it('a value never becomes a flag of its own', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const { text, problems } = renderLdflags('-s -X main.x={{.Env.V}} -w', {
          ...facts,
          env: { V: value },
        })
        if (problems.length > 0) return
        const match = /^-s -X (?:'([^']*)'|"([^"]*)"|(\S*)) -w$/.exec(text)
        expect(match?.[1] ?? match?.[2] ?? match?.[3]).toBe(`main.x=${value}`)
      }),
    )
  })
})
