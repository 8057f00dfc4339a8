import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32 as zlibCrc } from 'node:zlib'
import { TemporaryFolders } from '../../../src/base/files.ts'
import { formatPlatform } from '../../../src/base/platform.ts'
import { parseBuildInfo, purlOf } from '../../../src/binaries/build-info.ts'
import { bundles, templateProblems } from '../../../src/binaries/names.ts'
import { pack } from '../../../src/binaries/pack.ts'
import { checkTargets, parseTargets, STANDARD_PLATFORMS } from '../../../src/binaries/platforms.ts'
import { githubRun, toProvenance } from '../../../src/binaries/provenance.ts'
import { toSpdx } from '../../../src/binaries/sbom.ts'
import { checkFolder, formatSums, parseSums } from '../../../src/binaries/sums.ts'
import { crc32, dosTime } from '../../../src/binaries/zip.ts'
import { withZip } from '../../../src/go/zip.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gip-binaries-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('platforms', () => {
  it('takes what Go builds for, GOARM made explicit', () => {
    const { platforms, problems } = parseTargets([...STANDARD_PLATFORMS.split(','), 'linux/arm', 'linux/arm/v6', 'openbsd/riscv64', 'linux/amd64/v3', 'linux/mips64le']) // prettier-ignore
    expect(problems).toEqual([])
    expect(platforms.slice(7).map(formatPlatform)).toEqual(['linux/arm/v7', 'linux/arm/v6', 'openbsd/riscv64', 'linux/amd64/v3', 'linux/mips64le']) // prettier-ignore
  })

  it.each([
    ['linux', /not a platform/, /GOOS\/GOARCH/],
    ['linus/amd64', /no system linus/, /did you mean linux/],
    ['linux/arm65', /no architecture arm65/, /did you mean arm64/],
    ['linux/arm/v9', /no variant v9/, /v5, v6, v7/],
    ['linux/riscv64/v1', /no variant v1/, /write linux\/riscv64/],
    ['js/wasm', /js is not offered/, /systems/],
    ['linux/arm/v7,linux/arm', /linux\/arm\/v7 is given twice/, /keep one/],
    ['', /no platform/, /linux\/amd64/],
  ])('refuses %j', (text, what, fix) => {
    const { problems } = parseTargets(text.split(',').filter((one) => one !== ''))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ what: expect.stringMatching(what), fix: expect.stringMatching(fix), input: 'platforms' }) // prettier-ignore
  })

  it('asks the list of the Go in use, all faults at once', () => {
    const { platforms } = parseTargets(['linux/amd64', 'windows/s390x', 'windows/arm'])
    const problems = checkTargets(platforms, 'linux/amd64\nwindows/386\nwindows/amd64\n', '1.26.8')
    expect(problems.map(({ value, fix }) => [value, fix])).toEqual([
      ['windows/s390x', 'for windows it builds 386, amd64'],
      ['windows/arm/v7', 'for windows it builds 386, amd64'],
    ])
  })
})

describe('names', () => {
  const facts = { project: 'acme', version: '1.2.3', tag: 'sub/v1.2.3', shortCommit: 'abcdef0' }
  const program = (name: string, text: string) => {
    const [platform = { os: '', arch: '' }] = parseTargets([text]).platforms
    return { name, platform }
  }

  it('renders, one archive for each program and platform', () => {
    const found = bundles(
      [program('a', 'linux/arm/v6'), program('a', 'windows/amd64'), program('b', 'windows/amd64')],
      '{{.Name}}_{{ .Version }}_{{.Os}}_{{.Arch}}',
      facts,
      'auto',
    )
    expect(found.problems).toEqual([])
    expect(found.bundles.map(({ file }) => file)).toEqual([
      'a_1.2.3_linux_armv6.tar.gz',
      'a_1.2.3_windows_amd64.zip',
      'b_1.2.3_windows_amd64.zip',
    ])
  })

  it('puts programs of one name together, and never two platforms', () => {
    const programs = [program('a', 'linux/amd64'), program('b', 'linux/amd64')]
    const together = bundles(programs, '{{.Project}}-{{.Tag}}-{{.Os}}-{{.Arch}}', facts, 'auto')
    expect(together.bundles.map(({ file, members }) => [file, members.length])).toEqual([['acme-sub-v1.2.3-linux-amd64.tar.gz', 2]]) // prettier-ignore
    expect(bundles(programs, '{{.Os}}{{.Arch}}', facts, 'none').problems[0]?.fix).toMatch(/\{\{\.Name\}\}/)
    expect(bundles([program('a', 'linux/amd64'), program('a', 'linux/arm64')], '{{.Os}}', facts, 'zip').problems).toHaveLength(1) // prettier-ignore
  })

  it.each([
    ['{{.Nam}}_{{.Os}}_{{.Arch}}', /did you mean \{\{\.Name\}\}/],
    ['{{.Name}_{{.Os}}_{{.Arch}}', /known/],
    ['a b{{.Os}}{{.Arch}}', /letters/],
    ['{{.Os}}', /\{\{\.Arch\}\}/],
  ])('refuses the template %s', (template, fix) => {
    expect(templateProblems(template).map((problem) => problem.fix)).toEqual([expect.stringMatching(fix)])
  })
})

describe('archives', () => {
  const MTIME = Date.UTC(2026, 10, 21, 12, 34, 56) / 1000
  const members = async (order: 1 | -1) => {
    await writeFile(join(folder, 'prog'), Buffer.alloc(100_000, 'program '))
    await writeFile(join(folder, 'LICENSE'), 'MIT')
    const list = [
      { name: 'prog', from: join(folder, 'prog'), mode: 0o755 as const },
      { name: 'LICENSE', from: join(folder, 'LICENSE'), mode: 0o644 as const },
    ]
    return order === 1 ? list : list.reverse()
  }

  it.each(['tar.gz', 'zip'] as const)(
    '%s: the same bytes whatever the order and the time',
    async (format) => {
      const act = { temp: new TemporaryFolders(folder) }
      const one = await pack({ file: `one.${format}`, format }, await members(1), folder, MTIME, act)
      const two = await pack({ file: `two.${format}`, format }, await members(-1), folder, MTIME, act)
      expect((await readFile(one)).equals(await readFile(two))).toBe(true)
      await act.temp.dispose()
      if (format === 'zip') {
        execFileSync('python3', ['-c', 'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None\nprint([(i.filename,oct(i.external_attr>>16),i.date_time) for i in z.infolist()])', one]) // prettier-ignore
        expect(await withZip(one, (zip) => Promise.resolve([...zip.entries].map((entry) => entry.name)))).toEqual(['LICENSE', 'prog']) // prettier-ignore
      } else {
        const listed = execFileSync('tar', ['--utc', '-tvzf', one], { encoding: 'utf8' })
        expect(listed).toMatch(/-rw-r--r-- 0\/0 +3 2026-11-21 12:34 LICENSE\n-rwxr-xr-x 0\/0 +100000 2026-11-21 12:34 prog/) // prettier-ignore
      }
    },
  )

  it('counts as zlib does, in UTC, from 1980 on', () => {
    const data = Buffer.from('the quick brown fox')
    expect(crc32(data)).toBe(zlibCrc(data))
    expect(dosTime(MTIME)).toEqual({ time: (12 << 11) | (34 << 5) | 28, date: (46 << 9) | (11 << 5) | 21 })
    expect(dosTime(0)).toEqual({ time: 0, date: (1 << 5) | 1 })
  })
})

const INFO = [
  '/tmp/x: go1.26.8',
  '\tpath\texample.com/acme/cmd/x',
  '\tmod\texample.com/acme\t(devel)\t',
  '\tdep\tgolang.org/x/text\tv0.3.0\th1:AAAA=',
  '\tdep\texample.com/old\tv1.0.0',
  '\t=>\texample.com/new\tv1.1.0\th1:g1v9Fqi9ZTmKGyXkOGhzZhSOS9YMPYdKA9ZUCK0Emig=',
  '\tbuild\t-trimpath=true',
  '\tbuild\tvcs.revision=abc',
].join('\n')

describe('build information', () => {
  const info = parseBuildInfo(INFO)
  if (info === undefined) throw new Error('no build information')

  it('is read with replacements', () => {
    expect(info).toMatchObject({ go: 'go1.26.8', path: 'example.com/acme/cmd/x' })
    expect(info.dependencies.map(purlOf)).toEqual(['pkg:golang/golang.org/x/text@v0.3.0', 'pkg:golang/example.com/new@v1.1.0']) // prettier-ignore
    expect(info.dependencies[1]?.replaces).toEqual({ path: 'example.com/old', version: 'v1.0.0' })
    expect(info.settings.get('vcs.revision')).toBe('abc')
    expect(parseBuildInfo('x: could not read Go build info')).toBeUndefined()
  })

  it('becomes an SPDX document whose relations name only what is in it', () => {
    const spdx = toSpdx(info, { file: 'x', sha1: '1'.repeat(40), sha256: '2'.repeat(64), version: '1.2.3', created: 0, url: 'https://github.com/acme/x', commit: 'abc' }) as { packages: { SPDXID: string; name: string; versionInfo: string }[]; relationships: { spdxElementId: string; relatedSpdxElement: string }[] } // prettier-ignore
    expect(spdx).toMatchObject({ spdxVersion: 'SPDX-2.3', creationInfo: { created: '1970-01-01T00:00:00Z' } })
    expect(spdx.packages.map(({ name, versionInfo }) => `${name} ${versionInfo}`)).toEqual(['example.com/acme 1.2.3', 'stdlib 1.26.8', 'golang.org/x/text v0.3.0', 'example.com/new v1.1.0']) // prettier-ignore
    const ids = new Set(['SPDXRef-DOCUMENT', 'SPDXRef-File', ...spdx.packages.map(({ SPDXID }) => SPDXID)])
    for (const { spdxElementId, relatedSpdxElement } of spdx.relationships) expect([ids.has(spdxElementId), ids.has(relatedSpdxElement)]).toEqual([true, true]) // prettier-ignore
    expect(spdx.relationships).toHaveLength(5)
  })

  it('becomes a provenance of the build type of GitHub', () => {
    const run = githubRun({
      GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'acme/x', GITHUB_RUN_ID: '7', GITHUB_REF: 'refs/tags/v1',
      GITHUB_WORKFLOW_REF: 'acme/x/.github/workflows/release.yml@refs/tags/v1', RUNNER_ENVIRONMENT: 'github-hosted',
    }) // prettier-ignore
    if (run === undefined) throw new Error('no run')
    const text = toProvenance({ subjects: [{ name: 'a', sha256: 'ff' }], commit: 'c0', modules: [...info.dependencies, ...info.dependencies], go: 'go1.26.8', run, parameters: {} }) // prettier-ignore
    expect(text).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'a', digest: { sha256: 'ff' } }],
      predicate: {
        buildDefinition: {
          externalParameters: { workflow: { ref: 'refs/tags/v1', repository: 'https://github.com/acme/x', path: '.github/workflows/release.yml' } },
          resolvedDependencies: [
            { uri: 'git+https://github.com/acme/x@refs/tags/v1', digest: { gitCommit: 'c0' } },
            { uri: 'pkg:golang/toolchain@go1.26.8' },
            { uri: 'pkg:golang/example.com/new@v1.1.0', digest: { dirHash: '835bfd16a8bd65398a1b25e438687366148e4bd60c3d874a03d65408ad049a28' } },
            { uri: 'pkg:golang/golang.org/x/text@v0.3.0' },
          ],
        },
        runDetails: { builder: { id: 'https://github.com/actions/runner/github-hosted' }, metadata: { invocationId: 'https://github.com/acme/x/actions/runs/7/attempts/1' } },
      },
    }) // prettier-ignore
    expect(githubRun({})).toBeUndefined()
  })
})

describe('SHA256SUMS', () => {
  const A = '559aead08264d5795d3909718cdd05abd49572e84fe55590eef31a88a08fdffd'
  const write = async (name: string, files: Record<string, string>): Promise<string> => {
    const at = await mkdtemp(join(folder, name))
    for (const [file, text] of Object.entries(files)) await writeFile(join(at, file), text)
    return at
  }

  it('is written sorted and read back', () => {
    const files = [{ name: 'b', sha256: A }, { name: 'a', sha256: A }] // prettier-ignore
    expect(parseSums(formatSums(files))).toEqual({ files: [...files].reverse(), problems: [] })
    expect(parseSums(`${A} *../x\n${A}  a\n${A}  a\nzz`).problems).toHaveLength(3)
  })

  it('holds for a folder as it was written', async () => {
    const at = await write('good', { a: 'A', SHA256SUMS: formatSums([{ name: 'a', sha256: A }]), 'provenance.json': JSON.stringify({ subject: [{ name: 'a', digest: { sha256: A } }] }) }) // prettier-ignore
    const { files, problems } = await checkFolder(at)
    expect(problems).toEqual([])
    expect(files.map(({ name }) => name)).toEqual(['a', 'provenance.json', 'SHA256SUMS'])
  })

  it.each([
    ['a changed file', { a: 'B' }, /a was changed/],
    ['a missing file', {}, /a is missing/],
    ['a file more', { a: 'A', evil: 'x' }, /evil is not in SHA256SUMS/],
    ['a provenance of other files', { a: 'A', 'provenance.json': '{"subject":[]}' }, /speaks of other files/],
    ['a broken provenance', { a: 'A', 'provenance.json': '{' }, /is no JSON/],
  ])('does not hold for %s', async (_, files, cause) => {
    const at = await write('bad', { SHA256SUMS: formatSums([{ name: 'a', sha256: A }]), ...files })
    expect((await checkFolder(at)).problems).toEqual([
      expect.objectContaining({ code: 'binaries-changed', cause: expect.stringMatching(cause) }),
    ])
  })

  it('has to be there', async () => {
    expect((await checkFolder(await write('none', {}))).problems[0]?.cause).toMatch(/no SHA256SUMS/)
    expect((await checkFolder(join(folder, 'nowhere'))).problems).toHaveLength(1)
  })
})
