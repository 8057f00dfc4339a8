import { afterEach, describe, expect, it } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { ImagePlatform } from '../../../src/scan/image.ts'
import { databaseFault, grypeFault, prepareGrype, scanPackages } from '../../../src/scan/image-scan.ts'
import { buildEnvironment, buildFault, parseBuildInfo, placeName } from '../../../src/scan/install.ts'
import { hasPackages, isProgram, type LayerContent, readLayer, visible } from '../../../src/scan/layers.ts'
import { pinOf } from '../../../src/scan/pins.ts'
import { chooseTarget, gitleaksFault, type SecretScope } from '../../../src/scan/secrets.ts'
import { govulncheckFault } from '../../../src/scan/source.ts'
import { PlayedExec, testAct } from '../../support/docker-act.ts'
import { tarOf } from '../../support/image-maker.ts'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})
async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gip-scanners-'))
  folders.push(folder)
  return folder
}

describe('pins', () => {
  it.each(['govulncheck', 'gitleaks', 'grype'] as const)('%s has a version, and a checksum for itself and all it needs', (name) => {
    const pin = pinOf(name)
    expect(pin.version).toMatch(/^v\d+\.\d+\.\d+$/)
    expect(pin.package.startsWith(pin.module)).toBe(true)
    const required = pin.mod.flatMap((line) => /^(?:require )?\t?(\S+\.\S+) (v\S+)/.exec(line)?.slice(1, 3).join(' ') ?? [])
    expect(required).toContain(`${pin.module} ${pin.version}`)
    const sums = pin.sum.map((line) => line.split(' '))
    for (const [, , sum] of sums) expect(sum).toMatch(/^h1:[A-Za-z0-9+/]{43}=$/)
    const known = new Set(sums.map(([module, version = '']) => `${module} ${version.replace(/\/go\.mod$/, '')}`))
    expect(required.filter((module) => !known.has(module))).toEqual([])
    expect(pin.mod.some((line) => line.startsWith('replace'))).toBe(false)
  }) // prettier-ignore

  it('are built by themselves: nothing of the repository or the job gets in', () => {
    const go = {
      version: '1.26.8',
      env: { GOFLAGS: '-mod=vendor', GOOS: 'windows', GOPROXY: 'https://proxy.example' },
    }
    expect(buildEnvironment(go, { os: 'darwin', arch: 'arm64' })).toMatchObject({
      GOFLAGS: '-mod=readonly',
      GOWORK: 'off',
      GOOS: 'darwin',
      GOARCH: 'arm64',
      GOTOOLCHAIN: 'go1.26.8+auto',
      GOPROXY: 'https://proxy.example',
      CGO_ENABLED: '0',
    })
  })

  it('have a place of their own for each pin and each Go', () => {
    const pin = pinOf('govulncheck')
    const names = [
      placeName(pin, '1.26.8'),
      placeName(pin, '1.26.9'),
      placeName({ ...pin, sum: ['x'] }, '1.26.8'),
    ]
    expect(new Set(names).size).toBe(3)
    expect(names[0]).toMatch(/^1\.8\.0-go1\.26\.8-[0-9a-f]{8}$/)
  })

  it.each([
    ['ours', '/x/govulncheck: go1.26.8\n\tpath\tgolang.org/x/vuln/cmd/govulncheck\n\tmod\tgolang.org/x/vuln\tv1.8.0\th1:abc=\n', { module: 'golang.org/x/vuln', version: 'v1.8.0', sum: 'h1:abc=' }],
    ['made from a checkout', 'p: go1.26.8\n\tpath\ta.example/b\n\tmod\ta.example/b\t(devel)\t\n', { module: 'a.example/b', version: '(devel)', sum: '' }],
    ['none of Go', '', undefined],
  ])('build information: %s', (_, text, info) => {
    expect(parseBuildInfo(text)).toEqual(info)
  }) // prettier-ignore

  it.each([
    ['a module that is another', ['verifying example.com/a@v1: checksum mismatch', '\tdownloaded: h1:x', 'SECURITY ERROR'], 'scanner-checksum'],
    ['no proxy', ['go: downloading a', 'go: a@v1: Get "https://proxy.example": dial tcp: no such host'], 'scanner-build'],
  ])('a build that fails: %s', (_, tail, code) => {
    const fault = buildFault('gitleaks', pinOf('gitleaks'), tail)
    expect(fault.problems[0]).toMatchObject({ code })
    expect(fault.exitCode).toBe(3)
    expect(fault.log).toContain(tail[0])
  }) // prettier-ignore
})

describe('where secrets are looked for', () => {
  const whole = { shallow: false, parents: 1 }
  it.each([
    ['auto', false, whole, { kind: 'history' }],
    ['auto', true, { shallow: false, parents: 2 }, { kind: 'range', range: 'HEAD^1..HEAD' }],
    // Not the merge commit: the pull request's own commits cannot be told apart.
    ['auto', true, whole, { kind: 'history' }],
    ['history', true, { shallow: false, parents: 2 }, { kind: 'history' }],
    ['folder', false, { shallow: true, parents: 0 }, { kind: 'folder' }],
    ['auto', false, undefined, { kind: 'folder' }],
  ] as const)('%s, pull request %s, %j', (scope: SecretScope, pullRequest, git, target) => {
    expect(chooseTarget({ scope, pullRequest }, git)).toEqual(target)
  })
  it.each([
    ['auto', { shallow: true, parents: 1 }],
    ['history', undefined],
  ] as const)('%s of %j is refused', (scope, git) => {
    expect(() => chooseTarget({ scope, pullRequest: false }, git)).toThrow(/history/)
  })
})

describe('a scanner that could not look is no pass', () => {
  it.each([
    ['git failed inside, exit code 0', 0, "4:36PM ERR [git] fatal: Invalid revision range\n4:36PM INF no leaks found", /Invalid revision range/],
    ['it could not start', 1, '4:34PM FTL stat /nowhere: no such file or directory', /no such file/],
    ['it was killed', 137, '', /exit code 137/],
  ])('gitleaks: %s', (_, code, stderr, cause) => {
    expect(gitleaksFault({ code, stderr })?.problems[0]).toMatchObject({ code: 'scan-failed', cause: expect.stringMatching(cause) })
  }) // prettier-ignore
  it.each([[0, '4:36PM INF 3 commits scanned.'], [7, '4:36PM WRN leaks found: 1']])('gitleaks: %d is an answer', (code, stderr) => {
    expect(gitleaksFault({ code, stderr })).toBeUndefined()
  }) // prettier-ignore

  it.each([
    ['govulncheck: loading packages: \nThere are errors with the provided package patterns:\n\nmain.go:3:8: found packages', 'scan-load', 1],
    ['creating client: stat /nonex: no such file or directory', 'scan-database', 3],
    ['govulncheck: fetching vulnerabilities: Get "https://vuln.go.dev/index/modules.json.gz": dial tcp: lookup', 'scan-database', 3],
    ['govulncheck: unrecognized binary format', 'scan-failed', 3],
  ])('govulncheck: %j', (stderr, code, exit) => {
    const fault = govulncheckFault(stderr, 'module x', 'https://vuln.example')
    expect(fault.problems[0]).toMatchObject({ code })
    expect(fault.exitCode).toBe(exit)
  }) // prettier-ignore

  it.each([
    ['[0034] ERROR failed to load vulnerability db: database does not exist', 'scan-database'],
    [
      '[0001] ERROR the vulnerability database was built 3 weeks ago (max allowed age is 5 days)',
      'scan-database',
    ],
    ['[0001] ERROR could not determine source', 'scan-failed'],
  ])('grype: %j', (stderr, code) => {
    expect(grypeFault(stderr, 'x', undefined).problems[0]).toMatchObject({ code })
  })
  it('tells the last line without colours', () => {
    const stderr = 'a\n[0000] \u001b[31mERROR\u001b[0m unable to update\n'
    expect(databaseFault(stderr, undefined).problems[0]?.cause).toBe('[0000] ERROR unable to update')
  })
})

describe('grype as a program', () => {
  const scanner = { name: 'grype', program: '/tools/grype', version: 'v0.110.0' } as const
  const platform: ImagePlatform = {
    image: 'r.example/app@sha256:1',
    platform: 'linux/amd64',
    programs: new Map(),
    packages: true,
    revision: undefined,
    notes: [],
    layout: () => Promise.resolve('/layout'),
  }
  it('updates its database once and by itself, then reads the layout', async () => {
    const exec = new PlayedExec((argv) => {
      const out = argv[argv.indexOf('--file') + 1]
      if (argv.includes('json') && out !== undefined) writeFileSync(out, JSON.stringify({ matches: [] }))
      return {}
    })
    const act = await testAct({ exec })
    const options = { archive: undefined, cache: undefined, withoutGo: true }
    await prepareGrype(scanner, options, act)
    const { part } = await scanPackages(platform, options, scanner, act)
    expect(part).toMatchObject({ scanner: 'grype', findings: [], subject: 'packages of r.example/app@sha256:1 (linux/amd64)' })
    expect(exec.lines[0]).toBe('/tools/grype db update')
    expect(exec.lines[1]).toMatch(/^\/tools\/grype oci-dir:\/layout -o json --file /)
    expect(exec.calls[1]?.env).toMatchObject({ GRYPE_DB_AUTO_UPDATE: 'false', GRYPE_CHECK_FOR_APP_UPDATE: 'false' })
    await act.dispose()
  }) // prettier-ignore
  it.each([
    [undefined, 'db update'],
    ['/w/db.tar.zst', 'db import /w/db.tar.zst'],
  ])('without a database nothing passes: archive %s', async (archive, words) => {
    const exec = new PlayedExec(() => ({ code: 1, stderr: 'no such host' }))
    const act = await testAct({ exec })
    await expect(prepareGrype(scanner, { archive, cache: '/cache' }, act)).rejects.toMatchObject({ exitCode: 3, problems: [{ code: 'scan-database', cause: 'no such host' }] })
    expect(exec.lines).toEqual([`/tools/grype ${words}`])
    expect(exec.calls[0]?.env).toMatchObject({ GRYPE_DB_CACHE_DIR: '/cache' })
    await act.dispose()
  }) // prettier-ignore
})

const GO_PROGRAM = Buffer.concat([Buffer.from([0x7f, 0x45, 0x4c, 0x46]), Buffer.alloc(70_000, 1), Buffer.from([0xff]), Buffer.from(' Go buildinf:'), Buffer.alloc(100)]) // prettier-ignore

describe('layers', () => {
  it.each([['plain', (tar: Buffer) => tar], ['gzip', (tar: Buffer) => gzipSync(tar)]])('%s: names, what is removed, and Go programs', async (_, pack) => {
    const folder = await temporary()
    const tar = await tarOf({
      './app/server': GO_PROGRAM,
      'app/other': Buffer.from('\u007fELF but not of Go'),
      'app/script': '#!/bin/sh',
      'app/short': 'x',
      'etc/.wh.passwd': '',
      'var/cache/.wh..wh..opq': '',
    })
    await writeFile(join(folder, 'layer'), pack(tar))
    const layer = await readLayer(join(folder, 'layer'), join(folder, 'programs'))
    expect([...layer.paths]).toEqual(['app/server', 'app/other', 'app/script', 'app/short'])
    expect([[...layer.removed], [...layer.opaque]]).toEqual([['etc/passwd'], ['var/cache']])
    expect([...layer.programs.keys()]).toEqual(['app/server'])
    expect(await readFile(layer.programs.get('app/server') ?? '')).toEqual(GO_PROGRAM)
  }) // prettier-ignore

  it('that are none are told', async () => {
    const folder = await temporary()
    await writeFile(join(folder, 'layer'), gzipSync(Buffer.alloc(1024, 7)))
    await expect(readLayer(join(folder, 'layer'), join(folder, 'programs'))).rejects.toMatchObject({ problems: [{ code: 'scan-layer' }] })
  }) // prettier-ignore

  const layer = (paths: string[], more: { removed?: string[]; opaque?: string[]; programs?: string[] } = {}): LayerContent => ({
    paths: new Set(paths),
    removed: new Set(more.removed),
    opaque: new Set(more.opaque),
    programs: new Map((more.programs ?? []).map((path) => [path, `/tmp/${path}`])),
  }) // prettier-ignore
  it.each([
    ['one', [layer(['a'], { programs: ['a'] })], ['a'], ['a']],
    ['a file removed', [layer(['a'], { programs: ['a'] }), layer([], { removed: ['a'] })], [], []],
    ['a folder removed', [layer(['d/a', 'da']), layer([], { removed: ['d'] })], ['da'], []],
    ['a folder emptied and filled', [layer(['d/a']), layer(['d/b'], { opaque: ['d'] })], ['d/b'], []],
    ['everything emptied', [layer(['d/a', 'b']), layer(['c'], { opaque: [''] })], ['c'], []],
    ['a program replaced by a script', [layer(['a'], { programs: ['a'] }), layer(['a'])], ['a'], []],
    ['removed, then there again', [layer(['a']), layer([], { removed: ['a'] }), layer(['a'], { programs: ['a'] })], ['a'], ['a']],
  ])('over each other: %s', (_, layers, paths, programs) => {
    const seen = visible(layers)
    expect([[...seen.paths], [...seen.programs.keys()]]).toEqual([paths, programs])
  }) // prettier-ignore

  it.each([
    ['var/lib/dpkg/status', true],
    ['var/lib/dpkg/status.d/base', true],
    ['lib/apk/db/installed', true],
    ['usr/lib/sysimage/rpm/rpmdb.sqlite', true],
    ['app/node_modules/left-pad/package.json', true],
    ['usr/lib/python3/site-packages/x-1.dist-info/METADATA', true],
    ['app/lib.jar', true],
    ['app/server', false],
    ['etc/passwd', false],
    ['app/package.json', false],
  ])('packages by %s: %s', (path, there) => {
    expect(hasPackages([path])).toBe(there)
  })

  it.each([
    ['ELF', [0x7f, 0x45, 0x4c, 0x46], true],
    ['PE', [0x4d, 0x5a, 0x90, 0], true],
    ['Mach-O', [0xcf, 0xfa, 0xed, 0xfe], true],
    ['a script', [0x23, 0x21, 0x2f, 0x62], false],
    ['three bytes', [0x7f, 0x45, 0x4c], false],
  ])('a program by its first bytes: %s', (_, bytes, is) => {
    expect(isProgram(Uint8Array.from(bytes))).toBe(is)
  })
})
