import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import {
  formatDiagnostic,
  packageDir,
  parseBuildOutput,
  parseLocated,
  parsePosition,
  repositoryPath,
  type SourceTree,
  stackPath,
} from '../../../src/go/diagnostics.ts'
import { explainGo } from '../../../src/go/explain.ts'
import { assignPackages } from '../../../src/go/packages.ts'
import { blameCrash, testInStack, timedOutTests } from '../../../src/go/test-output.ts'
import { parseVet } from '../../../src/go/vet.ts'
import type { GoModule, Workspace } from '../../../src/project/modules.ts'

const module = (dir: string, path: string): GoModule => ({
  dir,
  path,
  dependencies: false,
  vendored: false,
  replacesOutside: false,
})
const modules = [
  module('.', 'example.com/m'),
  module('tools', 'example.com/m/tools'),
  module('x', 'other.org/x'),
]
const linux: SourceTree = { root: '/src/repo', realRoot: '/private/src/repo', os: 'linux', modules }
const windows: SourceTree = { root: 'D:\\a\\repo', os: 'windows', modules }
const fixture = (name: string): string[] =>
  readFileSync(new URL(`../../fixtures/test-events/${name}`, import.meta.url), 'utf8').split('\n')

describe('paths', () => {
  it.each<[string, SourceTree, string, string | undefined]>([
    ['/src/repo/a/b.go', linux, '.', 'a/b.go'],
    ['/private/src/repo/a/b.go', linux, '.', 'a/b.go'],
    ['/src/repository/b.go', linux, '.', undefined],
    ['/usr/local/go/src/fmt/print.go', linux, '.', undefined],
    ['./b.go', linux, 'a', 'a/b.go'],
    ['../b.go', linux, 'a/c', 'a/b.go'],
    ['../../../b.go', linux, 'a', undefined],
    ['D:\\a\\repo\\a\\b.go', windows, '.', 'a/b.go'],
    ['d:/A/Repo/a/b.go', windows, '.', 'a/b.go'],
    ['C:\\go\\src\\fmt\\print.go', windows, '.', undefined],
    ['.\\a\\b.go', windows, 'tools', 'tools/a/b.go'],
  ])('%s', (path, tree, cwd, expected) => expect(repositoryPath(path, tree, cwd)).toBe(expected))

  it.each<[string, SourceTree, string | undefined]>([
    ['example.com/m/a/b.go', linux, 'a/b.go'],
    ['example.com/m/b.go', linux, 'b.go'],
    ['example.com/m/tools/b.go', linux, 'tools/b.go'],
    ['other.org/x/y/b.go', linux, 'x/y/b.go'],
    ['other.org/xyz/b.go', linux, undefined],
    ['example.com/m@v1.2.3/b.go', linux, undefined],
    ['testing/testing.go', linux, undefined],
    ['D:/a/repo/b.go', windows, 'b.go'],
  ])('in a stack: %s', (path, tree, expected) => expect(stackPath(path, tree)).toBe(expected))

  it.each([
    ['example.com/m', '.'],
    ['example.com/m/a [example.com/m/a.test]', 'a'],
    ['example.com/m/tools/t', 'tools/t'],
    ['fmt', undefined],
  ])('packageDir(%s)', (path, expected) => expect(packageDir(path, { modules })).toBe(expected))
})

describe('parseLocated', () => {
  it.each([
    ['a/b.go:3:4: bad: thing', { file: 'a/b.go', line: 3, column: 4, message: 'bad: thing' }],
    ['vet: ./b.go:3:4: bad', { file: './b.go', line: 3, column: 4, message: 'bad' }],
    ['C:\\a b\\c.go:12:1: x', { file: 'C:\\a b\\c.go', line: 12, column: 1, message: 'x' }],
    ['go.mod:4: unknown directive: foo', { file: 'go.mod', line: 4, message: 'unknown directive: foo' }],
    ['asm_amd64.s:9: bad', { file: 'asm_amd64.s', line: 9, message: 'bad' }],
    ['just text: 12', undefined],
    ['2026/11/21 10:00:00 server.go:12: started', undefined],
  ])('%s', (line, expected) => expect(parseLocated(line)).toEqual(expected))
  it.each([
    ['/a/b.go:3:24', { file: '/a/b.go', line: 3, column: 24 }],
    ['C:\\a\\b.go:3', { file: 'C:\\a\\b.go', line: 3 }],
    ['nothing', undefined],
  ])('parsePosition(%s)', (text, expected) => expect(parsePosition(text)).toEqual(expected))
  it('never throws', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (lines) => Array.isArray(parseBuildOutput(lines, linux, '.'))),
    )
  })
})

describe('parseBuildOutput', () => {
  it('headers, continuation lines, cgo, the limit of ten', () => {
    const found = parseBuildOutput(
      [
        '# example.com/m/a',
        'a/b.go:3:4: cannot use x',
        '\thave string',
        '\twant int',
        'a/b.go:9:1: too many errors',
        'too many errors',
        '# [example.com/m/v]',
        'v/v.go:1:2: unreachable code',
        '# runtime/cgo',
        'cgo: C compiler "gcc" not found',
        'go: downloading example.com/z v1.0.0',
      ],
      linux,
      '.',
    )
    expect(found).toEqual([
      {
        kind: 'compile',
        file: 'a/b.go',
        line: 3,
        column: 4,
        package: 'example.com/m/a',
        message: 'cannot use x\nhave string\nwant int',
      },
      {
        kind: 'compile',
        file: 'a/b.go',
        line: 9,
        column: 1,
        package: 'example.com/m/a',
        message: 'too many errors',
      },
      {
        kind: 'vet',
        file: 'v/v.go',
        line: 1,
        column: 2,
        package: 'example.com/m/v',
        message: 'unreachable code',
      },
      { kind: 'compile', package: 'runtime/cgo', message: 'cgo: C compiler "gcc" not found' },
    ])
  })
  it('a dependency outside the repository keeps its own path in the message', () => {
    expect(parseBuildOutput(['# dep', '/go/pkg/mod/dep@v1/x.go:3:4: bad'], linux, '.')).toEqual([
      { kind: 'compile', package: 'dep', message: '/go/pkg/mod/dep@v1/x.go:3: bad' },
    ])
  })
  it('a broken go.mod', () => {
    expect(
      parseBuildOutput(['go: errors parsing go.mod:', 'go.mod:4: unknown directive: foo'], linux, 'tools'),
    ).toEqual([{ kind: 'setup', file: 'tools/go.mod', line: 4, message: 'unknown directive: foo' }])
  })
  it('formatDiagnostic', () => {
    expect(
      formatDiagnostic({ kind: 'vet', file: 'a.go', line: 1, column: 2, message: 'm', analyzer: 'printf' }),
    ).toBe('a.go:1:2: m (printf)')
    expect(formatDiagnostic({ kind: 'setup', package: 'p', message: 'm' })).toBe('p: m')
  })
})

describe('parseVet', () => {
  const lab: SourceTree = { root: '/src', os: 'linux', modules: [module('lab', 'example.com/lab')] }
  it('reads JSON on stdout (1.26) with errors on stderr', () => {
    const report = parseVet(
      [...fixture('vet-1.26.stdout.txt'), ...fixture('vet-1.26.stderr.txt')],
      lab,
      'lab',
    )
    expect(report.findings.map((d) => `${d.file}:${d.line}:${d.column} ${d.analyzer}`).sort()).toEqual([
      'lab/fail/f_test.go:28:1 tests',
      'lab/vetbad/v.go:6:14 printf',
      'lab/vetbad/v.go:9:3 unreachable',
      'lab/vetnotest/v.go:5:24 printf',
    ])
    expect(report.errors).toEqual([
      {
        kind: 'compile',
        file: 'lab/broken/b.go',
        line: 5,
        column: 7,
        package: 'example.com/lab/broken',
        message: 'undefined: undefinedType',
      },
    ])
  })
  it('reads JSON among text on stderr (1.23)', () => {
    const report = parseVet(fixture('vet-1.23.stderr.txt'), lab, 'lab')
    expect(report.findings).toHaveLength(3)
    expect(report.errors).toHaveLength(1)
  })
  it('Windows positions, an analyzer that failed, the same finding of package and test variant', () => {
    const one = { posn: 'D:\\a\\repo\\a\\b.go:3:4', message: 'm' }
    const json = JSON.stringify(
      {
        'example.com/m/a': { printf: [one], ctrl: { error: 'failed' } },
        'example.com/m/a [example.com/m/a.test]': { printf: [one] },
      },
      null,
      '\t',
    )
    expect(parseVet(json.split('\n'), windows, '.').findings).toEqual([
      {
        kind: 'vet',
        file: 'a/b.go',
        line: 3,
        column: 4,
        analyzer: 'printf',
        message: 'm',
        package: 'example.com/m/a',
      },
      { kind: 'vet', analyzer: 'ctrl', message: 'failed', package: 'example.com/m/a' },
    ])
  })
  it('JSON that ends early is no crash', () => {
    expect(parseVet(['{', '\t"a": {'], lab, '.').findings).toEqual([])
    expect(parseVet(['{', '\t"a": {', '}'], lab, '.').findings[0]?.message).toContain('cannot be read')
  })
})

describe('explainGo', () => {
  it.each([
    ['go: go.mod requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)', 'go-too-old', 'gate'],
    ['verifying example.com/a@v1.0.0: checksum mismatch', 'go-sum-mismatch', 'gate'],
    ['a.go:3:2: missing go.sum entry for module providing package x', 'go-sum-missing', 'gate'],
    ['a.go:3:8: no required module provides package example.com/x; to add it:', 'go-mod-untidy', 'gate'],
    ['go: inconsistent vendoring in /x:', 'go-vendor-inconsistent', 'gate'],
    [
      "fatal: could not read Username for 'https://github.com': terminal prompts disabled",
      'go-private-module',
      'environment',
    ],
    ['reading https://p/x/@v/v1.info: 404 Not Found', 'go-private-module', 'environment'],
    ['cgo: C compiler "gcc" not found: exec: "gcc"', 'go-c-compiler', 'environment'],
    ['go: -race is not supported on linux/386', 'go-race-platform', 'environment'],
    ['go: -race requires cgo; enable cgo by setting CGO_ENABLED=1', 'go-race-cgo', 'environment'],
    ['write /tmp/x: no space left on device', 'disk-full', 'environment'],
    ['compile: signal: killed', 'out-of-memory', 'environment'],
    ['error obtaining VCS status: exit status 128', 'go-vcs', 'environment'],
    ['Get "https://p/x": dial tcp 1.2.3.4:443: connect: connection refused', 'go-network', 'environment'],
    ['reading https://p/x: 502 Bad Gateway', 'go-network', 'environment'],
    ['x.go:3:12: pattern dist/*: no matching files found', 'go-embed-missing', 'gate'],
    ['a.go:3:2: package slicess is not in std (/go/src/slicess)', 'go-not-in-std', 'gate'],
  ])('%s', (text, code, kind) => expect(explainGo(text)).toMatchObject({ code, kind }))
  it.each(['a.go:9:1: syntax error: unexpected EOF, expecting }', 'undefined: x', ''])(
    'knows nothing of %j',
    (text) => expect(explainGo(text)).toBeUndefined(),
  )
})

describe('assignPackages', () => {
  const workspace = (dirs: GoModule[], work?: string): Workspace => ({
    modules: dirs,
    sumFiles: [],
    problems: [],
    ...(work === undefined ? {} : { work }),
  })
  const nested = workspace([
    module('.', 'ex.com/r'),
    module('tools', 'ex.com/r/tools'),
    module('svc/a', 'ex.com/a'),
  ])
  const work = workspace([module('a', 'ex.com/a'), module('b', 'ex.com/b')], 'go.work')
  it.each<[string, Workspace, string, string[], [string, string[]][], string[]]>([
    [
      'all modules',
      nested,
      '.',
      ['./...'],
      [
        ['.', ['./...']],
        ['tools', ['./...']],
        ['svc/a', ['./...']],
      ],
      [],
    ],
    [
      'below a folder',
      nested,
      'svc',
      ['./...'],
      [
        ['.', ['./svc/...']],
        ['svc/a', ['./...']],
      ],
      [],
    ],
    [
      'one package of a nested module',
      nested,
      '.',
      ['./tools/gen', './cmd'],
      [
        ['tools', ['./gen']],
        ['.', ['./cmd']],
      ],
      [],
    ],
    [
      'one package with the folder as working directory',
      nested,
      'tools',
      ['.', '../cmd/...'],
      [
        ['tools', ['.']],
        ['.', ['./cmd/...']],
      ],
      [],
    ],
    ['a workspace is one command', work, '.', ['./...'], [['.', ['./a/...', './b/...']]], []],
    ['a workspace from inside', work, 'b', ['./...'], [['.', ['./b/...']]], []],
    [
      'import paths',
      nested,
      '.',
      ['ex.com/a/...', 'ex.com/r/tools/gen'],
      [
        ['svc/a', ['ex.com/a/...']],
        ['.', ['ex.com/r/tools/gen']],
        ['tools', ['ex.com/r/tools/gen']],
      ],
      [],
    ],
    ['a folder in no module', work, '.', ['./docs', './a'], [['.', ['./a']]], ['./docs']],
  ])('%s', (_name, space, dir, patterns, expected, unmatched) => {
    const result = assignPackages(space, dir, patterns)
    expect(result.invocations.map((i) => [i.cwd, i.patterns])).toEqual(expected)
    expect(result.unmatched).toEqual(unmatched)
  })
})

describe('stack traces', () => {
  it('windows frames, vendored and foreign files', () => {
    const head = [
      'panic: boom',
      '',
      'goroutine 1 [running]:',
      'github.com/dep/x.F()',
      '\tD:/a/repo/vendor/github.com/dep/x/x.go:3 +0x1',
      'example.com/m/a.Run(...)',
      '\tD:/a/repo/a/run.go:12',
    ]
    expect(blameCrash(head, 'panic', windows)).toEqual({ message: 'panic: boom', file: 'a/run.go', line: 12 })
    expect(
      blameCrash(['fatal error: all goroutines are asleep - deadlock!'], 'panic', linux).message,
    ).toContain('deadlock')
  })
  it('names the test', () => {
    expect(testInStack(['created by example.com/m/a_test.TestX in goroutine 7'], 'example.com/m/a')).toBe(
      'TestX',
    )
    expect(testInStack(['example.com/m/ab.TestX()'], 'example.com/m/a')).toBeUndefined()
    expect(
      timedOutTests([
        'panic: test timed out after 1s',
        '\trunning tests:',
        '\t\tTestA (1s)',
        '\t\tTestA/b (1s)',
        '\t\tTestC (0s)',
      ]),
    ).toEqual(['TestA/b', 'TestC'])
  })
})
