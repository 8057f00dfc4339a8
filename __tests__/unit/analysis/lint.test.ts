import { describe, expect, it } from '@jest/globals'
import type { Command, Finished } from '../../../src/base/exec.ts'
import { silentLog } from '../../../src/base/log.ts'
import {
  batches,
  formattedFiles,
  linterFor,
  lintSarif,
  parseGolangci,
  parseStaticcheck,
  sortFindings,
} from '../../../src/analysis/findings.ts'
import { LINTERS, runLinter, unformatted } from '../../../src/analysis/lint.ts'

const relative = (file: string): string => file.replace('/repo/', '')
const SC = (code: string, severity: string): string =>
  JSON.stringify({
    code,
    severity,
    location: { file: '/repo/a/x.go', line: 3, column: 6 },
    end: {},
    message: `says ${code}`,
  })
const GC = JSON.stringify({
  Issues: [
    {
      FromLinter: 'errcheck',
      Text: 'not checked',
      Severity: '',
      Pos: { Filename: '/repo/b.go', Line: 7, Column: 2 },
    },
    {
      FromLinter: 'revive',
      Text: 'comment',
      Severity: 'warning',
      Pos: { Filename: '/repo/a.go', Line: 1, Column: 0 },
    },
  ],
  Report: {},
})

describe('what linters say', () => {
  it('staticcheck: an object a line, ignored ones left out', () => {
    expect(
      parseStaticcheck(
        `${SC('SA4006', 'error')}\n${SC('U1000', 'ignored')}\n${SC('ST1000', 'warning')}\n`,
        relative,
      ),
    ).toEqual([
      {
        tool: 'staticcheck',
        rule: 'SA4006',
        severity: 'error',
        message: 'says SA4006',
        file: 'a/x.go',
        line: 3,
        column: 6,
      },
      {
        tool: 'staticcheck',
        rule: 'ST1000',
        severity: 'warning',
        message: 'says ST1000',
        file: 'a/x.go',
        line: 3,
        column: 6,
      },
    ])
    expect(parseStaticcheck('', relative)).toEqual([])
    expect(() => parseStaticcheck('panic', relative)).toThrow(SyntaxError)
  })

  it('golangci-lint: Issues, null when there are none', () => {
    const found = sortFindings([...parseGolangci(GC, relative), ...parseGolangci(GC, relative)])
    expect(
      found.map(({ file, rule, severity, line, column }) => [file, rule, severity, line, column]),
    ).toEqual([
      ['a.go', 'revive', 'warning', 1, undefined],
      ['b.go', 'errcheck', 'error', 7, 2],
    ])
    expect(parseGolangci('{"Issues":null,"Report":{}}\n', relative)).toEqual([])
    expect(() => parseGolangci('', relative)).toThrow(SyntaxError)
    expect(() => parseGolangci('{"other":1}', relative)).toThrow(/Issues/)
  })

  it('SARIF has a run of every tool, also of one that found nothing', () => {
    const sarif = lintSarif(
      [
        { name: 'gofmt', version: '1.26.8' },
        { name: 'golangci-lint', version: 'v2' },
      ],
      parseGolangci(GC, relative),
    ) as {
      runs: {
        tool: { driver: { rules: { id: string }[] } }
        results: { ruleIndex: number; level: string }[]
      }[]
    }
    expect(sarif.runs.map(({ results }) => results.length)).toEqual([0, 2])
    expect(
      sarif.runs[1]?.results.map(({ ruleIndex, level }) => [
        sarif.runs[1]?.tool.driver.rules[ruleIndex]?.id,
        level,
      ]),
    ).toEqual([
      ['errcheck', 'error'],
      ['revive', 'warning'],
    ])
  })

  it.each([
    [['go.mod', '.golangci.yml'], 'golangci-lint'],
    [['.golangci.toml'], 'golangci-lint'],
    [['.golangci.bck', 'go.mod'], 'staticcheck'],
  ])('%j asks for %s', (names, linter) => expect(linterFor(names)).toBe(linter))

  it('leaves to gofmt what Go itself would look at, in bounded batches', () => {
    const files = [
      'a.go',
      'vendor/x/y.go',
      'p/testdata/bad.go',
      '.hidden/a.go',
      '_old/a.go',
      'p/vendor.go',
      'x.txt',
    ]
    expect(formattedFiles(files)).toEqual(['a.go', 'p/vendor.go'])
    expect(batches(['aaaa', 'bbbb', 'cccc'], 10)).toEqual([['aaaa', 'bbbb'], ['cccc']])
    expect(batches([])).toEqual([])
  })
})

describe('running', () => {
  const done = (code: number, stdout: string, stderr = ''): Finished => ({
    code,
    stdout,
    stderr,
    tail: stderr.split('\n'),
    ms: 1,
  })
  const act = (answer: (command: Command) => Finished) => ({
    exec: { run: (command: Command) => Promise.resolve(answer(command)) },
    log: silentLog,
    signal: new AbortController().signal,
    host: { os: 'linux' as const, arch: 'amd64' },
  })
  const go = { bin: 'go', version: '1.26.8', env: {} }
  const modules = ['.', 'sub'].map((dir) => ({
    dir,
    path: `example.com/${dir}`,
    dependencies: false,
    vendored: false,
    replacesOutside: false,
  }))
  const tool = { name: 'staticcheck', program: '/bin/sc', version: 'v0.8.2' }
  const request = { root: '/repo', modules, tags: ['a', 'b'], go }

  it('goes through all modules, each in its own folder', async () => {
    const seen: string[] = []
    const found = await runLinter(
      'staticcheck',
      tool,
      request,
      act(({ argv, cwd }) => {
        seen.push(`${cwd ?? ''} ${argv.join(' ')}`)
        return cwd?.endsWith('sub') === true ? done(1, SC('U1000', 'error')) : done(0, '')
      }),
    )
    expect(seen).toEqual([
      '/repo /bin/sc -f json -tags a,b ./...',
      '/repo/sub /bin/sc -f json -tags a,b ./...',
    ])
    expect(found).toMatchObject([{ rule: 'U1000', file: 'a/x.go' }])
  })

  it.each([
    [done(2, '', 'panic: x'), 'environment', 'lint-failed'],
    [done(3, '', 'level=error msg="can\'t load config: bad"'), 'gate', 'lint-load'],
    [done(1, '', 'what?'), 'environment', 'lint-failed'],
    [done(1, 'garbage'), 'environment', 'lint-output'],
  ])('a linter that could not look is never a pass: %#', async (answer, kind, code) => {
    await expect(
      runLinter(
        'staticcheck',
        tool,
        request,
        act(() => answer),
      ),
    ).rejects.toMatchObject({ kind, problems: [{ code }] })
  })

  it('gofmt names files, and what it cannot parse', async () => {
    const found = await unformatted(
      '/repo',
      ['a.go', 'b.go'],
      go,
      act(({ argv }) =>
        argv.includes('env') ? done(0, '/go\n') : done(2, 'a.go\n', "b.go:3:1: expected '}', found EOF"),
      ),
    )
    expect(found).toMatchObject([
      { rule: 'gofmt', file: 'a.go' },
      { rule: 'syntax', file: 'b.go', line: 3, column: 1 },
    ])
  })

  it('pins name their own checksum', () => {
    for (const pin of Object.values(LINTERS))
      expect(pin.sum.some((line) => line.startsWith(`${pin.module} ${pin.version} h1:`))).toBe(true)
  })
})
