import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import {
  type BuildKeyFacts,
  buildKeys,
  compileEnvironment,
  compileFlags,
  type Flavour,
  hashModules,
  hitOf,
  KEY_SALT,
  MAX_KEY_LENGTH,
  MAX_KEYS,
  moduleKeys,
  uniqueOf,
} from '../../../src/cache/keys.ts'

const flavour: Flavour = {
  cgo: false,
  race: false,
  cover: false,
  tags: [],
  goflags: '-trimpath',
  goexperiment: '',
  goamd64: '',
  platforms: ['linux/amd64', 'linux/arm64'],
}
const facts: BuildKeyFacts = {
  host: { os: 'linux', arch: 'amd64' },
  image: 'ubuntu24',
  goVersion: '1.26.8',
  flavour,
  project: '.',
  modulesHash: 'abc123',
  unique: '77-1',
  job: 'test',
}

describe('build keys', () => {
  const keys = buildKeys(facts)

  it('go from this job down to the toolchain, each a prefix of the one before', () => {
    expect(keys.primary).toMatch(
      /^gip-v1-build-linux-amd64-any-go1\.26\.8-nocgo-[0-9a-f]{10}-[0-9a-f]{10}-[0-9a-f]{10}-abc123-test-77-1$/,
    )
    expect(keys.restore).toHaveLength(5)
    let longer = keys.primary
    for (const key of keys.restore) {
      expect(longer.startsWith(key)).toBe(true)
      expect(key).toMatch(/-$/)
      expect(key.length).toBeLessThan(longer.length)
      longer = key
    }
    expect(keys.restore[1]).toBe(keys.exact)
  })

  const change = (part: Partial<Flavour>): BuildKeyFacts => ({ ...facts, flavour: { ...flavour, ...part } })

  it.each<[string, BuildKeyFacts]>([
    ['operating system', { ...facts, host: { os: 'darwin', arch: 'amd64' } }],
    ['architecture', { ...facts, host: { os: 'linux', arch: 'arm64' } }],
    ['Go patch version', { ...facts, goVersion: '1.26.9' }],
    ['Go version of which ours is a prefix', { ...facts, goVersion: '1.26.80' }],
    ['release candidate', { ...facts, goVersion: '1.26rc1' }],
    ['race', change({ race: true })],
    ['cgo', change({ cgo: true })],
    ['compiler flags', change({ goflags: '-trimpath -gcflags=all=-N' })],
    ['no trimpath', change({ goflags: '' })],
    ['experiment', change({ goexperiment: 'jsonv2' })],
    ['GOAMD64', change({ goamd64: 'v3' })],
    ['C flags', change({ environment: { CGO_CFLAGS: '-O3' } })],
  ])('share nothing with another %s', (_, other) => {
    const theirs = buildKeys(other)
    for (const key of keys.restore) expect(theirs.primary.startsWith(key)).toBe(false)
    for (const key of theirs.restore) expect(keys.primary.startsWith(key)).toBe(false)
  })

  it.each<[string, BuildKeyFacts, number]>([
    ['run', { ...facts, unique: '78-1' }, 0],
    ['job', { ...facts, job: 'lint' }, 1],
    ['dependencies', { ...facts, modulesHash: 'def' }, 2],
    ['project', { ...facts, project: 'services/a' }, 3],
    ['tags', change({ tags: ['integration'] }), 4],
    ['coverage', change({ cover: true }), 4],
    ['platforms', change({ platforms: ['linux/amd64'] }), 4],
  ])('fall back to another %s', (_, other, rung) => {
    const theirs = buildKeys(other)
    expect(keys.restore.findIndex((key) => theirs.primary.startsWith(key))).toBe(rung)
    expect(hitOf(theirs.primary, keys)).toBe(rung <= 1 ? 'exact' : 'partial')
  })

  it.each<[string, BuildKeyFacts]>([
    ['order of tags', change({ tags: [] })],
    [
      'order and repetition of platforms',
      change({ platforms: ['linux/arm64', 'linux/amd64', 'linux/arm64'] }),
    ],
    ['flags that compile nothing else', change({ goflags: '-v --trimpath -mod=mod -buildvcs=false -p=4' })],
    ['GOAMD64 spelled out', change({ goamd64: 'v1' })],
    ['image without cgo', { ...facts, image: 'ubuntu22' }],
  ])('ignore the %s', (_, other) => {
    expect(buildKeys(other)).toEqual(keys)
  })

  it('tell images apart with cgo', () => {
    const cgo = change({ cgo: true })
    expect(buildKeys(cgo).primary).toContain('-ubuntu24-')
    expect(buildKeys({ ...cgo, image: undefined }).primary).toContain('-any-')
  })

  it('stay within the limits of the service, whatever the names are', () => {
    const word = fc.string({ maxLength: 400, unit: 'binary' })
    fc.assert(
      fc.property(
        word,
        word,
        word,
        word,
        fc.array(word, { maxLength: 20 }),
        (job, project, image, version, tags) => {
          const made = buildKeys({
            ...change({ tags, cgo: true }),
            job,
            project,
            image,
            goVersion: version,
            unique: job,
          })
          const modules = moduleKeys({ project, modulesHash: version, unique: job })
          for (const set of [made, modules]) {
            expect(set.restore.length + 1).toBeLessThanOrEqual(MAX_KEYS)
            for (const key of [set.primary, ...set.restore]) {
              expect(key.length).toBeLessThanOrEqual(MAX_KEY_LENGTH)
              expect(key).toMatch(/^[A-Za-z0-9._-]+$/)
            }
          }
        },
      ),
    )
  })

  it('never let two jobs or versions fall together by cleaning their names', () => {
    const name = fc.string({ minLength: 1, maxLength: 80, unit: 'binary' })
    fc.assert(
      fc.property(name, name, (a, b) => {
        fc.pre(a !== b)
        expect(buildKeys({ ...facts, job: a }).primary).not.toBe(buildKeys({ ...facts, job: b }).primary)
      }),
    )
  })
})

describe('module keys', () => {
  it('name neither Go version nor platform, and go down to any project', () => {
    const keys = moduleKeys({ project: 'a', modulesHash: 'h1', unique: '5-1' })
    expect(keys.primary).toMatch(/^gip-v1-mod-[0-9a-f]{10}-h1-5-1$/)
    expect(keys.restore).toEqual([keys.exact, keys.exact.slice(0, -3), `${KEY_SALT}-mod-`])
    expect(hitOf(moduleKeys({ project: 'a', modulesHash: 'h1', unique: '9' }).primary, keys)).toBe('exact')
    expect(hitOf(moduleKeys({ project: 'a', modulesHash: 'h2', unique: '9' }).primary, keys)).toBe('partial')
    expect(hitOf(undefined, keys)).toBe('none')
    expect(hitOf('', keys)).toBe('none')
  })
})

describe('the hash of the modules', () => {
  const mod = (content: string, path = 'go.mod'): { path: string; content: string } => ({ path, content })
  const plain = hashModules([mod('module x\n\ngo 1.25\n\nrequire a.b/c v1.0.0\n')])

  it.each([
    ['Go version', 'module x\n\ngo 1.26\n\nrequire a.b/c v1.0.0\n'],
    ['toolchain', 'module x\n\ngo 1.25\ntoolchain go1.26.8\n\nrequire a.b/c v1.0.0\n'],
    ['comments', 'module x // y\n\n// c\nrequire a.b/c v1.0.0 // indirect\n'],
    ['block form', 'module x\n\nrequire (\n\ta.b/c   v1.0.0\n)\n'],
    ['line ends', 'module x\r\n\r\nrequire (\r\n\ta.b/c v1.0.0\r\n)\r\n'],
    ['own name', 'module other\n\nrequire a.b/c v1.0.0\n'],
    ['retractions', 'module x\n\nrequire a.b/c v1.0.0\nretract (\n\tv1.0.0\n)\n'],
  ])('ignores the %s', (_, content) => {
    expect(hashModules([mod(content, 'sub/go.mod')])).toBe(plain)
  })

  it.each([
    ['version', 'require a.b/c v1.0.1'],
    ['replacement', 'require a.b/c v1.0.0\nreplace a.b/c => ../c'],
    ['exclusion', 'require a.b/c v1.0.0\nexclude (\n\ta.b/d v1.0.0\n)'],
    ['dependency', 'require (\na.b/c v1.0.0\na.b/d v1.0.0\n)'],
  ])('follows another %s', (_, content) => {
    expect(hashModules([mod(content)])).not.toBe(plain)
  })

  it('follows go.sum and go.work.sum, in any order, on any path', () => {
    const a = mod('m v1 h1:x=\nn v1 h1:y=\n', 'a\\go.sum')
    const b = mod('n v1 h1:y=\r\nm v1 h1:x=\r\n', 'go.work.sum')
    expect(hashModules([a])).toBe(hashModules([b]))
    expect(hashModules([a, mod('use ./a', 'go.work')])).not.toBe(hashModules([a]))
    expect(hashModules([a])).not.toBe(hashModules([mod('m v1 h1:x=\n', 'go.sum')]))
  })

  it.each([
    ['nothing', []],
    ['a module without requirements', [mod('module x\n\ngo 1.25\n'), mod('', 'go.sum')]],
    ['other files', [mod('require a.b/c v1', 'README.md'), mod('x v1 h1:', 'xgo.sum')]],
  ])('is missing for %s', (_, files) => {
    expect(hashModules(files)).toBeUndefined()
  })
})

it('keeps the flags that compile, sorted', () => {
  expect(compileFlags(' -v  -trimpath --gcflags=-N -count=1 -tags=a,b -short ')).toEqual([
    '-gcflags=-N',
    '-tags=a,b',
    '-trimpath',
  ])
})

it('finds the variables that reach the compilers', () => {
  const env = { CC: 'clang', GOARM64: 'v8.2', cgo_cflags: '-O1', GOPATH: '/x', CXX: '', HOME: '/root' }
  expect(compileEnvironment(env, 'linux')).toEqual({ CC: 'clang', GOARM64: 'v8.2' })
  expect(compileEnvironment(env, 'windows')).toEqual({ CC: 'clang', GOARM64: 'v8.2', CGO_CFLAGS: '-O1' })
})

it.each([
  [{ GITHUB_RUN_ID: '12', GITHUB_RUN_ATTEMPT: '3' }, '12-3'],
  [{ GITHUB_RUN_ID: '12' }, '12-1'],
  [{ GITHUB_RUN_ID: '1', ACT: 'true' }, '1-1-rs'],
  [{}, '0-1-rs'],
])('ends keys of %j with %s', (env, unique) => {
  expect(uniqueOf(env, 1000)).toBe(unique)
})
