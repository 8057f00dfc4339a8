/** Real Go on small modules: vet, test, coverage, content mtimes. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { silentLog } from '../../src/base/log.ts'
import { PipelineError } from '../../src/base/errors.ts'
import { covdataFlag } from '../../src/go/covdata.ts'
import { checkCoverage } from '../../src/go/coverage.ts'
import { mtimeOfObject, setContentMtimes } from '../../src/go/mtimes.ts'
import { runTests } from '../../src/go/test.ts'
import { findModules } from '../../src/project/modules.ts'
import { annotationsOf } from '../../src/report/annotations.ts'
import { junitXml } from '../../src/report/junit.ts'
import { GoBench, goMod } from '../support/go-bench.ts'

jest.setTimeout(600_000)

const go = new GoBench()
beforeAll(() => go.start())
afterAll(() => go.temp.dispose())

const PRINTF = 'package bad\n\nimport "fmt"\n\nfunc F() { fmt.Printf("%d\\n", "s") }\n'
const ADD =
  'package good\n\nfunc Add(a, b int) int {\n\tif a > 100 {\n\t\treturn -1\n\t}\n\treturn a + b\n}\n'
const ADD_TEST =
  'package good\n\nimport "testing"\n\nfunc TestAdd(t *testing.T) {\n\tif Add(1, 2) != 3 {\n\t\tt.Fatal("no")\n\t}\n}\n'

describe('vet and tests as one graph', () => {
  it('tells findings by analyzer and the failures of the same package, in nested modules', async () => {
    const root = await go.repository({
      'go.mod': goMod('example.com/r'),
      'good/good.go': ADD,
      'good/good_test.go': ADD_TEST,
      'bad/bad.go': PRINTF,
      'bad/bad_test.go':
        'package bad\n\nimport "testing"\n\nfunc TestBad(t *testing.T) {\n\tt.Error("fails too")\n}\n',
      'bare/bare.go': PRINTF.replace('package bad', 'package bare'),
      'nested/go.mod': goMod('example.com/r/nested'),
      'nested/n.go': 'package nested\n\nfunc F() int { return "x" }\n',
      'empty/go.mod': goMod('example.com/r/empty'),
    })
    const report = await go.run(root, { coverage: true })
    expect(report.findings.map((d) => [d.file, d.line, d.analyzer])).toEqual([
      ['bad/bad.go', 5, 'printf'],
      ['bare/bare.go', 5, 'printf'],
    ])
    expect(report.failures).toMatchObject([
      {
        package: 'example.com/r/bad',
        test: 'TestBad',
        file: 'bad/bad_test.go',
        line: 6,
        message: 'fails too',
      },
    ])
    expect(report.buildErrors).toMatchObject([
      { kind: 'compile', file: 'nested/n.go', line: 3, package: 'example.com/r/nested' },
    ])
    expect(report).toMatchObject({ passed: 1, failed: 1, vetFailed: true, testFailed: true })
    expect(report.packages.map((p) => [p.package, p.status])).toEqual([
      ['example.com/r/bad', 'fail'],
      ['example.com/r/bare', 'no-tests'],
      ['example.com/r/good', 'pass'],
      ['example.com/r/nested', 'build'],
    ])
    // The profile of the second run of bad and bare is merged in.
    expect(report.coverage?.files.map((f) => [f.file, f.covered, f.statements])).toEqual([
      ['bad/bad.go', 0, 1],
      ['bare/bare.go', 0, 1],
      ['good/good.go', 2, 3],
    ])
    expect(await readdir(report.reportDir)).toEqual(['coverage.out', 'go-test.jsonl'])
    expect(
      execFileSync('go', ['tool', 'cover', '-func', join(report.reportDir, 'coverage.out')], {
        cwd: root,
        env: { ...process.env, ...go.environment() },
      }).toString(),
    ).toMatch(/total:\s+\(statements\)\s+40\.0%/)
    expect(report.coverage?.percent).toBe(40)
    expect(checkCoverage(report.coverage, 40)).toBeUndefined()
    expect(checkCoverage(report.coverage, 40.1)?.fix).toContain('(1)')
    const raw = (await readFile(join(report.reportDir, 'go-test.jsonl'), 'utf8')).trim().split('\n')
    for (const line of raw) expect(() => JSON.parse(line) as unknown).not.toThrow()
    expect(annotationsOf(report).map((a) => `${a.file}:${a.line}`)).toEqual([
      'nested/n.go:3',
      'bad/bad_test.go:6',
      'bad/bad.go:5',
      'bare/bare.go:5',
    ])
    expect(junitXml(report)).toContain(
      '<testsuite name="example.com/r/nested" tests="1" failures="0" errors="1"',
    )
    expect(go.lines.join('\n')).toMatch(/FAIL .*example\.com\/r\/bad/)
  })

  it('vet alone, and tests alone', async () => {
    const root = await go.repository({
      'go.mod': goMod('example.com/r'),
      'bad/bad.go': PRINTF,
      'bad/bad_test.go': 'package bad_test\n\nimport "testing"\n\nfunc TestBad(t *testing.T) {}\n',
      'broken/b.go': 'package broken\n\nvar X = missing\n',
    })
    const vet = await go.run(root, { test: false })
    expect(vet).toMatchObject({ vetFailed: true, testFailed: false, passed: 0, packages: [] })
    expect(vet.findings).toMatchObject([{ file: 'bad/bad.go', line: 5, analyzer: 'printf' }])
    expect(vet.buildErrors).toMatchObject([
      { kind: 'compile', file: 'broken/b.go', line: 3, message: 'undefined: missing' },
    ])
    const test = await go.run(root, { vet: false, packages: ['./bad'] })
    expect(test).toMatchObject({
      vetFailed: false,
      testFailed: false,
      passed: 1,
      findings: [],
      buildErrors: [],
    })
  })

  it('a workspace runs as one command, from its root or from a module', async () => {
    const root = await go.repository({
      'go.work': 'go 1.25\n\nuse (\n\t./a\n\t./b\n)\n',
      'a/go.mod': goMod('example.com/a'),
      'a/good/good.go': ADD,
      'a/good/good_test.go': ADD_TEST,
      'b/go.mod': goMod('example.com/b'),
      'b/b_test.go':
        'package b\n\nimport "testing"\nimport "example.com/a/good"\n\nfunc TestB(t *testing.T) {\n\tif good.Add(1, 1) != 2 {\n\t\tt.Fail()\n\t}\n}\n',
    })
    expect(await go.run(root)).toMatchObject({ passed: 2, failed: 0, vetFailed: false, testFailed: false })
    expect(await go.run(root, { workingDirectory: 'b' })).toMatchObject({ passed: 1, failed: 0 })
    expect(
      (await go.run(root, { workingDirectory: 'b', packages: ['../a/...'] })).packages.map((p) => p.package),
    ).toEqual(['example.com/a/good'])
  })

  it('panics, exits, helpers of other packages, a test that hangs', async () => {
    const test = (name: string, body: string, imports = ''): string =>
      `package ${name}\n\nimport "testing"\n${imports}\n\n${body}\n`
    const root = await go.repository({
      'svc/go.mod': goMod('example.com/svc'),
      'svc/helper/assert.go': test(
        'helper',
        'func Equal(t *testing.T, a, b int) {\n\tif a != b {\n\t\tt.Errorf("%d != %d", a, b)\n\t}\n}',
      ),
      'svc/a/a_test.go': test(
        'a',
        'func TestHelped(t *testing.T) { helper.Equal(t, 1, 2) }',
        'import "example.com/svc/helper"',
      ),
      'svc/b/b_test.go': test(
        'b',
        'func TestPanics(t *testing.T) {\n\tvar m map[string]int\n\tm["x"] = 1\n}',
      ),
      'svc/c/c_test.go': test(
        'c',
        'func TestMain(m *testing.M) {\n\tm.Run()\n\tos.Exit(3)\n}\n\nfunc TestFine(t *testing.T) {}',
        'import "os"',
      ),
      'svc/d/d_test.go': test('d', 'func TestHangs(t *testing.T) {\n\tselect {}\n}'),
      'svc/e/e_test.go': test(
        'e',
        'func TestSleeps(t *testing.T) {\n\ttime.Sleep(time.Minute)\n}',
        'import "time"',
      ),
    })
    const report = await go.run(root, { flags: ['-timeout=3s'] })
    const of = (pkg: string) => report.failures.find((f) => f.package === `example.com/svc/${pkg}`)
    expect(of('a')).toMatchObject({
      kind: 'failed',
      file: 'svc/helper/assert.go',
      line: 8,
      message: '1 != 2',
    })
    expect(of('b')).toMatchObject({ kind: 'panic', test: 'TestPanics', file: 'svc/b/b_test.go', line: 8 })
    expect(of('c')).toMatchObject({ kind: 'package', file: 'svc/c/c_test.go', line: 6 })
    expect(of('d')).toMatchObject({ test: 'TestHangs', file: 'svc/d/d_test.go' })
    expect(of('e')).toMatchObject({ kind: 'timeout', test: 'TestSleeps', file: 'svc/e/e_test.go', line: 7 })
    expect(report).toMatchObject({ passed: 1, failed: 5, testFailed: true })
  })

  it('a go command that does not end in time keeps what was learnt', async () => {
    const root = await go.repository({
      'go.mod': goMod('example.com/r'),
      'a/a_test.go': 'package a\n\nimport "testing"\n\nfunc TestFast(t *testing.T) {}\n',
      'b/b_test.go':
        'package b\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestSleeps(t *testing.T) { time.Sleep(10 * time.Minute) }\n',
    })
    await go.run(root, { flags: ['-run=XXX'] }) // compiles
    const report = await go.run(root, { timeoutMs: 20_000 })
    expect(report).toMatchObject({ passed: 1, testFailed: true })
    expect(report.failures[0]).toMatchObject({
      kind: 'timeout',
      message: expect.stringContaining('b: TestSleeps'),
    })
  })

  it('a broken go.mod is a finding with its line; no Go at all is an environment fault', async () => {
    const root = await go.repository({
      'go.mod': `${goMod('example.com/r')}foo bar\n`,
      'a.go': 'package a\n',
    })
    expect(await go.run(root)).toMatchObject({
      testFailed: true,
      buildErrors: [{ kind: 'setup', file: 'go.mod', line: 4 }],
    })
    await expect(go.run(root, { bin: 'no-such-go' })).rejects.toMatchObject({
      kind: 'environment',
      exitCode: 3,
    })
  })

  it('a Go that is too old, and a module that cannot be downloaded', async () => {
    const old = await go.repository({ 'go.mod': 'module example.com/r\n\ngo 1.99\n', 'a.go': 'package a\n' })
    const report = await go.run(old)
    expect(report).toMatchObject({ testFailed: true })
    expect(report.buildErrors[0]).toMatchObject({
      message: expect.stringContaining('requires go >= 1.99'),
      fix: expect.stringContaining('go-version'),
    })
    const typo = await go.run(await go.repository({ 'go.mod': goMod('example.com/r'), 'a.go': ADD }), {
      packages: ['./nope/...'],
    })
    expect(typo).toMatchObject({
      testFailed: true,
      buildErrors: [{ kind: 'setup', message: expect.stringContaining('nope') }],
    })
  })

  it('race without a C compiler is explained before anything is compiled; with one it works', async () => {
    const root = await go.repository({
      'go.mod': goMod('example.com/r'),
      'r_test.go':
        'package r\n\nimport "testing"\n\nfunc TestRace(t *testing.T) {\n\tn, done := 0, make(chan bool)\n\tgo func() { n++; done <- true }()\n\tn++\n\t<-done\n}\n',
    })
    await expect(
      go.run(root, { race: true, env: go.environment({ CC: 'no-such-cc' }) }),
    ).rejects.toMatchObject({
      problems: [{ code: 'race-needs-c-compiler', cause: expect.stringContaining('no-such-cc') }],
    })
    const report = await go.run(root, { race: true })
    expect(report.failures).toMatchObject([{ test: 'TestRace', kind: 'race', file: 'r_test.go' }])
  })

  it('cancelling ends it', async () => {
    const root = await go.repository({
      'go.mod': goMod('example.com/r'),
      's_test.go':
        'package s\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestS(t *testing.T) { time.Sleep(time.Hour) }\n',
    })
    const stop = new AbortController()
    const workspace = await findModules(root, '.')
    const running = runTests(
      {
        bin: 'go',
        root,
        workspace,
        vet: false,
        test: true,
        race: false,
        coverage: false,
        flags: [],
        env: go.environment(),
        reportDir: await go.temp.make('r'),
        timeoutMs: 300_000,
      },
      { ...go.act, signal: stop.signal, log: silentLog },
    )
    setTimeout(() => {
      stop.abort(new PipelineError('cancelled', [{ code: 'cancelled', what: 'stopped' }]))
    }, 500)
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' })
  })
})

describe('coverage of packages without tests', () => {
  const UNTESTED = 6
  const untested = (): Promise<string> =>
    go.repository({
      'go.mod': goMod('example.com/r'),
      'good/good.go': ADD,
      'good/good_test.go': ADD_TEST,
      ...Object.fromEntries(
        Array.from({ length: UNTESTED }, (_, at) => [
          `p${at}/p.go`,
          `package p${at}\n\nfunc F() int { return ${at} }\n`,
        ]),
      ),
    })
  /** The lines that a script wrote, one for each start. */
  const starts = (log: string): string[] => readFileSync(log, 'utf8').trimEnd().split('\n')

  it('is measured by one start of go tool covdata: same profile, same results, same cache entries', async () => {
    const root = await untested()
    const toolsDir = join(await go.temp.make('with blanks'), 'go tools')
    const env = go.environment({ GOCACHE: await go.temp.make('gocache') })
    const plain = await go.run(root, { coverage: true, env })
    const spared = await go.run(root, { coverage: true, env, toolsDir })
    const profile = (dir: string): Promise<string> => readFile(join(dir, 'coverage.out'), 'utf8')
    expect(await profile(spared.reportDir)).toBe(await profile(plain.reportDir))
    expect(await profile(spared.reportDir)).toContain('example.com/r/p0/p.go')
    const told = (report: typeof plain) => report.packages.map((p) => [p.package, p.status, p.coverage])
    expect(told(spared)).toEqual(told(plain))
    expect(spared).toMatchObject({ cached: 1, passed: 1, failed: 0 })
    expect((await readFile(join(toolsDir, 'covdata.sh.path'), 'utf8')).trimEnd()).toMatch(/\/covdata$/)
    // The other way round: what was compiled and tested with it serves a go without it.
    await writeFile(join(root, 'p0/p.go'), 'package p0\n\nfunc F() int { return 40 }\n')
    await writeFile(join(root, 'good/good_test.go'), ADD_TEST.replace('\tif Add', '\tt.Log("new")\n\tif Add'))
    expect(await go.run(root, { coverage: true, env, toolsDir })).toMatchObject({ cached: 0, passed: 1 })
    expect(await go.run(root, { coverage: true, env })).toMatchObject({ cached: 1, passed: 1 })
  })

  it('leaves a -toolexec of the caller alone', async () => {
    const root = await untested()
    const toolsDir = join(await go.temp.make('tools'), 'go')
    const log = join(await go.temp.make('own'), 'log')
    const script = join(await go.temp.make('own'), 'own.sh')
    await writeFile(script, `echo "$@" >>${log}\nexec "$@"\n`)
    const own = `-toolexec=/bin/sh ${script}`
    for (const options of [{ flags: [own] }, { env: go.environment({ GOFLAGS: `'${own}'` }) }]) {
      await rm(log, { force: true })
      expect(await go.run(root, { coverage: true, toolsDir, ...options })).toMatchObject({ failed: 0 })
      expect(starts(log).filter((line) => line.includes('tool covdata')).length).toBe(2 * UNTESTED)
    }
    await expect(stat(toolsDir)).rejects.toThrow('ENOENT')
  })

  it('asks go once for its program, and falls back to go where that cannot be had', async () => {
    const folder = await go.temp.make('tools')
    const flag = await covdataFlag(folder, { flags: [], goflags: '' }, go.host)
    expect(flag).toBe(`-toolexec=/bin/sh '${join(folder, 'covdata.sh')}'`)
    const log = join(folder, 'log')
    const fake = join(folder, 'go')
    const program = join(folder, 'built covdata')
    const wrapped = (...argv: string[]) =>
      spawnSync('/bin/sh', [join(folder, 'covdata.sh'), ...argv], { encoding: 'utf8' })
    await writeFile(
      fake,
      `#!/bin/sh\necho "$@" >>'${log}'\n[ "$2" != -n ] || { [ -e '${program}' ] && echo '${program}'; }\n`,
      { mode: 0o755 },
    )
    // Not to be had: go itself does it, each time.
    expect(wrapped(fake, 'tool', 'covdata', 'percent')).toMatchObject({ status: 0, stderr: '' })
    expect(wrapped(fake, 'tool', 'covdata', 'percent')).toMatchObject({ status: 0, stderr: '' })
    expect(starts(log)).toEqual([
      'tool -n covdata',
      'tool covdata percent',
      'tool -n covdata',
      'tool covdata percent',
    ])
    // To be had: asked for once.
    await writeFile(program, '#!/bin/sh\necho "built $@"\nexit 7\n', { mode: 0o755 })
    await rm(log)
    const said = { status: 7, stdout: 'built textfmt -i a b\n' }
    expect(wrapped(fake, 'tool', 'covdata', 'textfmt', '-i', 'a b')).toMatchObject(said)
    expect(wrapped(fake, 'tool', 'covdata', 'textfmt', '-i', 'a b')).toMatchObject(said)
    expect(starts(log)).toEqual(['tool -n covdata'])
    // Gone again, as after a `go clean -cache` of somebody else.
    await rm(program)
    expect(wrapped(fake, 'tool', 'covdata', 'percent')).toMatchObject({ status: 0 })
    expect(starts(log)).toEqual(['tool -n covdata', 'tool covdata percent'])
    // Every other tool is run as it is, with its words.
    expect(wrapped('/bin/sh', '-c', 'echo "$1"; exit 3', 'x', 'a  b')).toMatchObject({
      status: 3,
      stdout: 'a  b\n',
    })
  })

  it('is left to go on Windows, and where the path cannot be quoted', async () => {
    const none = { flags: [], goflags: '' }
    expect(
      await covdataFlag(join(await go.temp.make('w'), 'x'), none, { ...go.host, os: 'windows' }),
    ).toBeUndefined()
    expect(await covdataFlag(join(await go.temp.make('w'), "it's"), none, go.host)).toBeUndefined()
  })
})

describe('results stay cached across checkouts', () => {
  it('content mtimes: a second clone is cached, an edit of the same size is seen', async () => {
    const origin = await go.repository({
      'go.mod': goMod('example.com/r'),
      'r_test.go':
        'package r\n\nimport (\n\t"os"\n\t"testing"\n)\n\nfunc TestData(t *testing.T) {\n\tb, err := os.ReadFile("testdata/x.txt")\n\tif err != nil || string(b) != "one" {\n\t\tt.Fatalf("%s %v", b, err)\n\t}\n}\n',
      'testdata/x.txt': 'one',
      'testdata/dir/y.txt': 'y',
    })
    const git = (cwd: string, ...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        cwd,
      }).toString()
    git(origin, 'init', '-q', '-b', 'main')
    git(origin, 'add', '-A')
    git(origin, 'commit', '-qm', 'one')
    const parent = await go.temp.make('clones')
    const place = join(parent, 'repo') // Each clone at the same place, as on runners.
    const fresh = async (): Promise<void> => {
      await rm(place, { recursive: true, force: true })
      git(parent, 'clone', '-q', '--depth', '1', `file://${origin}`, 'repo')
    }
    await fresh()
    const first = await setContentMtimes(place, go.act)
    expect(first).toEqual({ files: 4, directories: 3, symlinks: 0, skipped: 0 })
    expect(await go.run(place)).toMatchObject({ passed: 1, cached: 0, failed: 0 })

    await fresh()
    await setContentMtimes(place, go.act)
    const oid = git(place, 'rev-parse', 'HEAD:testdata/x.txt').trim()
    expect((await stat(join(place, 'testdata/x.txt'))).mtimeMs / 1000).toBeCloseTo(mtimeOfObject(oid), 3)
    expect(git(place, 'status', '--porcelain')).toBe('')
    expect(await go.run(place)).toMatchObject({ passed: 1, cached: 1 })

    await writeFile(join(origin, 'testdata/x.txt'), 'two')
    git(origin, 'commit', '-qam', 'two')
    await fresh()
    await setContentMtimes(place, go.act)
    expect(await go.run(place)).toMatchObject({ passed: 0, failed: 1, cached: 0 })

    await writeFile(join(place, 'testdata/x.txt'), 'one')
    const dirty = await setContentMtimes(place, go.act)
    expect(dirty).toMatchObject({ files: 3, skipped: 1, directories: 1 })
    expect(await setContentMtimes(parent, go.act)).toMatchObject({
      files: 0,
      reason: expect.stringContaining('git'),
    })
  })
})

it('vet, test and build compile a package once', async () => {
  const root = await go.repository({
    'go.mod': goMod('example.com/r'),
    'main.go': 'package main\n\nfunc main() {}\n\nfunc once() int { return 41 }\n',
    'main_test.go': 'package main\n\nimport "testing"\n\nfunc TestOnce(t *testing.T) { once() }\n',
    'lib/lib.go': 'package lib\n\nfunc Once() int { return 43 }\n',
    'use_test.go':
      'package main\n\nimport (\n\t"testing"\n\n\t"example.com/r/lib"\n)\n\nfunc TestLib(t *testing.T) { lib.Once() }\n',
  })
  expect(await go.run(root)).toMatchObject({ passed: 2, failed: 0, vetFailed: false })
  // -x prints what runs, on stderr: the compiler must not be among it for a package that the tests compiled.
  const compiled = (env: Record<string, string>): boolean =>
    /compile -o /.test(
      spawnSync('go', ['build', '-x', './lib'], {
        cwd: root,
        env: { ...process.env, ...go.environment(), ...env },
      }).stderr.toString(),
    )
  expect(compiled({})).toBe(false)
  expect(compiled({ GOFLAGS: '-trimpath -gcflags=-N' })).toBe(true)
})
