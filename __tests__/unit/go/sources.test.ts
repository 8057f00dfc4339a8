import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../../src/base/clock.ts'
import { SystemHttp } from '../../../src/base/http.ts'
import { parseGoProxy, sumdbBases, toolchainVersion } from '../../../src/go/goproxy.ts'
import { answerOf, Trail, withCredentials } from '../../../src/go/remote.ts'
import {
  archiveFor,
  archiveName,
  checksumBeside,
  goTarget,
  parseListing,
  searchListings,
  toolCacheArch,
} from '../../../src/go/sources.ts'
import {
  chooseVersion,
  formatGoVersion,
  type GoVersion,
  parseGoSpec,
  parseGoVersion,
} from '../../../src/go/version.ts'
import { hostOf } from '../../../src/base/platform.ts'
import { GoSources, RoutedHttp } from '../../support/go-sources.ts'

const version = (text: string): GoVersion => {
  const parsed = parseGoVersion(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

/** A listing in go.dev's shape. */
const listing = (...rows: [version: string, platforms: string[]][]): string =>
  JSON.stringify(
    rows.map(([name, platforms]) => ({
      version: name,
      stable: !/rc|beta/.test(name),
      files: platforms.flatMap((platform) => {
        const [os = '', arch = ''] = platform.split('/')
        const suffix = os === 'windows' ? 'zip' : 'tar.gz'
        return [
          {
            filename: `${name}.${os}-${arch}.${suffix}`,
            os,
            arch,
            version: name,
            sha256: 'AB'.repeat(32),
            size: 9,
            kind: 'archive',
          },
          {
            filename: `${name}.${os}-${arch}.msi`,
            os,
            arch,
            version: name,
            sha256: 'cd'.repeat(32),
            size: 9,
            kind: 'installer',
          },
        ]
      }),
    })),
  )

describe('goTarget', () => {
  it.each([
    ['linux', 'x64', undefined, 'linux/amd64', 'x64', 'go1.26.8.linux-amd64.tar.gz'],
    ['linux', 'arm64', '', 'linux/arm64', 'arm64', 'go1.26.8.linux-arm64.tar.gz'],
    ['linux', 'arm', undefined, 'linux/arm', 'arm', 'go1.26.8.linux-armv6l.tar.gz'],
    ['linux', 'x64', 'armv7l', 'linux/arm', 'arm', 'go1.26.8.linux-armv6l.tar.gz'],
    ['linux', 'x64', 'riscv64', 'linux/riscv64', 'riscv64', 'go1.26.8.linux-riscv64.tar.gz'],
    ['linux', 'ppc64', undefined, 'linux/ppc64le', 'ppc64le', 'go1.26.8.linux-ppc64le.tar.gz'],
    ['linux', 's390x', undefined, 'linux/s390x', 's390x', 'go1.26.8.linux-s390x.tar.gz'],
    ['linux', 'loong64', undefined, 'linux/loong64', 'loong64', 'go1.26.8.linux-loong64.tar.gz'],
    ['linux', 'x64', 'x86', 'linux/386', 'ia32', 'go1.26.8.linux-386.tar.gz'],
    ['win32', 'x64', 'X64', 'windows/amd64', 'x64', 'go1.26.8.windows-amd64.zip'],
    ['win32', 'arm64', undefined, 'windows/arm64', 'arm64', 'go1.26.8.windows-arm64.zip'],
    ['win32', 'ia32', undefined, 'windows/386', 'ia32', 'go1.26.8.windows-386.zip'],
    ['darwin', 'arm64', undefined, 'darwin/arm64', 'arm64', 'go1.26.8.darwin-arm64.tar.gz'],
    ['darwin', 'arm64', 'aarch64', 'darwin/arm64', 'arm64', 'go1.26.8.darwin-arm64.tar.gz'],
    ['freebsd', 'arm', undefined, 'freebsd/arm', 'arm', 'go1.26.8.freebsd-arm.tar.gz'],
  ])('node %s/%s, architecture %s: %s, tool cache %s, %s', (platform, arch, asked, target, cache, file) => {
    const got = goTarget(hostOf(platform, arch), asked)
    expect(`${got.os}/${got.arch}`).toBe(target)
    expect(toolCacheArch(got)).toBe(cache)
    expect(archiveName(version('1.26.8'), got)).toBe(file)
  })

  it('names archives before 1.21 and candidates as Go does', () => {
    const target = { os: 'linux', arch: 'amd64' }
    expect(archiveName(version('1.20'), target)).toBe('go1.20.linux-amd64.tar.gz')
    expect(archiveName(version('1.27rc1'), target)).toBe('go1.27rc1.linux-amd64.tar.gz')
    expect(toolchainVersion(version('1.27rc1'), { os: 'linux', arch: 'arm' })).toBe(
      'v0.0.1-go1.27rc1.linux-arm',
    )
  })
})

describe('parseListing', () => {
  it('keeps archives of releases, lower-cases hashes, and leaves the junk out', () => {
    const junk = [
      null,
      7,
      { version: 'go1.99' },
      { version: 'weekly', files: [] },
      { version: 'go1.2.2', files: [null, { kind: 'archive', os: 4 }] },
      {
        version: 'go1.9',
        files: [{ kind: 'archive', os: 'linux', arch: 'amd64', filename: '../../evil.tar.gz' }],
      },
    ]
    const text = JSON.stringify([
      ...junk,
      ...(JSON.parse(
        listing(['go1.26.8', ['linux/amd64', 'linux/armv6l']], ['go1.21', ['linux/amd64']]),
      ) as unknown[]),
    ])
    const releases = parseListing(text)
    expect(releases.map((release) => [formatGoVersion(release.version), release.archives.length])).toEqual([
      ['1.26.8', 2],
      ['1.21.0', 1],
    ])
    const [first] = releases
    if (first === undefined) throw new Error('none')
    expect(archiveFor(first, { os: 'linux', arch: 'arm' })).toMatchObject({
      arch: 'armv6l',
      sha256: 'ab'.repeat(32),
    })
    expect(archiveFor(first, { os: 'linux', arch: 's390x' })).toBeUndefined()
  })

  it.each([
    ['<html>', /no JSON/],
    ['{"error":1}', /no list/],
    ['[]', /no release/],
    ['[{"version":"go1.26.8"}]', /no release/],
  ])('refuses %s', (text, message) => {
    expect(() => parseListing(text)).toThrow(message)
  })
})

describe('searchListings', () => {
  const sources = new GoSources()
  const http = new SystemHttp()
  beforeAll(() => sources.start())
  afterEach(() => sources.reset())
  afterAll(async () => {
    await http.close()
    await sources.stop()
  })
  const target = { os: 'linux', arch: 'amd64' }
  const clock = { ...systemClock, sleep: () => Promise.resolve() }
  const search = (
    text: string,
    trail = new Trail(),
    bases = ['mirror', 'go.dev'],
    at: { os: string; arch: string } = target,
  ) => {
    const spec = parseGoSpec(text)
    if ('reason' in spec) throw new Error(spec.reason)
    const context = { http: new RoutedHttp(http, {}), clock }
    return searchListings(
      bases.map((base) => `${sources.url}/${base}`),
      at,
      (all) => chooseVersion(spec, all),
      context,
      trail,
    )
  }
  const SMALL = listing(['go1.26.8', ['linux/amd64']], ['go1.25.9', ['linux/amd64']])
  const ALL = listing(
    ['go1.26.8', ['linux/amd64', 'linux/loong64']],
    ['go1.24.3', ['linux/amd64']],
    ['go1.18.1', ['linux/amd64']],
    ['go1.26.7', ['linux/amd64']],
  )

  it('is content with the short listing when it has the version', async () => {
    sources.put('/go.dev/?mode=json', SMALL)
    const { found } = await search('^1.25', new Trail(), ['go.dev'])
    expect(found === undefined ? '' : formatGoVersion(found.release.version)).toBe('1.26.8')
    expect(sources.requests).toEqual(['GET /go.dev/?mode=json'])
  })

  it('reads the whole listing for an older version, and passes over a source without listing', async () => {
    sources.put('/go.dev/?mode=json', SMALL)
    sources.put('/go.dev/?mode=json&include=all', ALL)
    const trail = new Trail()
    const { found } = await search('1.24', trail)
    expect(found).toMatchObject({ base: `${sources.url}/go.dev`, release: { version: version('1.24.3') } })
    expect(trail.toString()).toBe(`listing of ${sources.url}/mirror: answered 404`)
  })

  it('waits for a busy source', async () => {
    sources.put('/go.dev/?mode=json', SMALL)
    sources.faults.push({ path: /json/, status: 429, times: 2, headers: { 'retry-after': '3' } })
    expect((await search('1.26', new Trail(), ['go.dev'])).found).toBeDefined()
    expect(sources.requests).toHaveLength(3)
  })

  it('tells what is newest when nothing fits', async () => {
    sources.put('/go.dev/?mode=json', SMALL)
    sources.put('/go.dev/?mode=json&include=all', ALL)
    const trail = new Trail()
    expect(await search('1.99.0', trail, ['go.dev'])).toEqual({ complete: true, newest: version('1.26.8') })
    expect(trail.toString()).toContain('has no such version (newest 1.26.8)')
  })

  it('tells for which platforms a version is published', async () => {
    sources.put('/go.dev/?mode=json', SMALL)
    sources.put('/go.dev/?mode=json&include=all', ALL)
    const trail = new Trail()
    const result = await search('1.18.1', trail, ['go.dev'], { os: 'linux', arch: 'loong64' })
    expect(result).toEqual({ complete: true, newest: version('1.26.8'), otherTargets: ['linux/amd64'] })
    expect(trail.toString()).toContain('has Go 1.18.1, but not for linux/loong64')
  })

  it.each([
    ['a hash', 'ab'.repeat(32), { sha256: 'ab'.repeat(32) }],
    ['a hash and a name', `${'AB'.repeat(32)}  f.tar.gz\n`, { sha256: 'ab'.repeat(32) }],
    ['a login page', '<html>', { absent: true, answer: 'f.tar.gz.sha256 holds no SHA-256' }],
  ])('reads %s beside a file', async (_, text, expected) => {
    sources.put('/m/f.tar.gz.sha256', text)
    expect(await checksumBeside(`${sources.url}/m/`, 'f.tar.gz', { http })).toEqual(expected)
  })
})

describe('parseGoProxy', () => {
  it.each([
    ['https://goproxy.example,direct', ['https://goproxy.example']],
    ['https://a.example/|https://b.example/go,direct', ['https://a.example', 'https://b.example/go']],
    ['https://a.example,off,https://b.example', ['https://a.example']],
    ['goproxy.cn, https://goproxy.cn', ['https://goproxy.cn']],
    ['file:///srv/proxy,direct', []],
    ['off', []],
    ['', []],
  ])('%s', (list, expected) => {
    expect(parseGoProxy(list)).toEqual(expected)
  })
})

describe('sumdbBases', () => {
  const sources = new GoSources()
  const http = new SystemHttp()
  beforeAll(() => sources.start())
  afterAll(async () => {
    await http.close()
    await sources.stop()
  })
  it.each([
    ['', []],
    ['off', []],
    ['sum.golang.org https://copy.example/sum', ['https://copy.example/sum']],
    ['sum.example.org+033de0ae+AAAA https://evil.example', []],
  ])('GOSUMDB=%s', async (gosumdb, extra) => {
    sources.put('/one/sumdb/sum.golang.org/supported', '')
    const bases = await sumdbBases(
      [`${sources.url}/one`, `${sources.url}/two`],
      { GOSUMDB: gosumdb },
      { http },
    )
    expect(bases).toEqual([
      `${sources.url}/one/sumdb/sum.golang.org`,
      ...extra,
      'https://sum.golang.org',
      'https://sum.golang.google.cn',
    ])
  })
})

describe('credentials', () => {
  it('leave the URL for a header', () => {
    expect(withCredentials('https://me:p%40ss@mirror.example/dl')).toEqual({
      url: 'https://mirror.example/dl',
      headers: { authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}` },
    })
    expect(withCredentials('https://mirror.example/dl')).toEqual({
      url: 'https://mirror.example/dl',
      headers: {},
    })
  })
  it('never show in the trail', () => {
    const trail = new Trail()
    trail.fail('https://me:secret@mirror.example/dl', new Error('down'))
    expect(trail.toString()).toBe('https://mirror.example/dl: down')
    expect(answerOf('odd')).toBe('odd')
  })
})
