import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import type { SourceTree } from '../../../src/go/diagnostics.ts'
import { TestEvents } from '../../../src/go/test-events.ts'
import { OutputTail } from '../../../src/go/test-output.ts'

const tree: SourceTree = {
  root: '/src',
  os: 'linux',
  modules: [
    { dir: 'lab', path: 'example.com/lab', dependencies: false, vendored: false, replacesOutside: false },
  ],
}
const fixture = (name: string): string[] =>
  readFileSync(new URL(`../../fixtures/test-events/${name}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')

function read(lines: readonly string[]): TestEvents {
  const events = new TestEvents(tree, 'lab')
  for (const line of lines) events.line(line)
  events.close()
  return events
}
const short = (name: string): string => name.replace('example.com/lab/', '')
const table = (events: TestEvents) =>
  Object.fromEntries(
    events.packages.map((p) => [short(p.package), [p.status, p.passed, p.failed, p.skipped]]),
  )
const failures = (events: TestEvents) =>
  events.failures.map((f) => [
    short(f.package),
    f.test ?? null,
    f.kind,
    f.file === undefined ? null : `${f.file}:${f.line}`,
    f.message.split('\n')[0],
  ])

const ENDED_WHILE = 'the test program ended while this test ran'

describe('real output of go test -json', () => {
  it('failures, panics, exits (1.26)', () => {
    const events = read(fixture('failures-1.26.jsonl'))
    expect(table(events)).toEqual({
      pass: ['pass', 2, 0, 1],
      fail: ['fail', 2, 4, 0],
      panics: ['fail', 1, 1, 0],
      gopanic: ['fail', 0, 2, 0],
      exits: ['fail', 1, 0, 0],
      exits0: ['fail', 0, 1, 0],
      exit1: ['fail', 0, 1, 0],
      initpanic: ['fail', 0, 0, 0],
      notests: ['no-tests', 0, 0, 0],
      chatty: ['pass', 1, 0, 0],
    })
    expect(failures(events)).toEqual([
      ['fail', 'TestTable/n=2', 'failed', 'lab/fail/f_test.go:17', 'got 2'],
      ['fail', 'TestPlain', 'failed', 'lab/fail/f_test.go:25', 'boom'],
      ['fail', 'FuzzSeed/seed#1', 'failed', 'lab/fail/f_test.go:38', 'bad seed'],
      ['fail', 'ExampleHello', 'failed', null, 'got:'],
      [
        'panics',
        'TestPanic/sub',
        'panic',
        'lab/panics/p_test.go:10',
        'panic: assignment to entry in nil map',
      ],
      ['gopanic', 'TestGoroutine', 'panic', 'lab/gopanic/p_test.go:15', 'panic: in a goroutine'],
      ['gopanic', 'TestParallelA', 'unfinished', null, ENDED_WHILE],
      [
        'exits',
        null,
        'package',
        null,
        'every test passed, but the test program ended with an error code (TestMain, os.Exit, a leak check?)',
      ],
      [
        'exits0',
        'TestExit',
        'panic',
        'lab/exits0/e_test.go:8',
        'panic: unexpected call to os.Exit(0) during test',
      ],
      [
        'exit1',
        'TestFatal',
        'unfinished',
        null,
        'the test program ended during this test (os.Exit or log.Fatal?)',
      ],
      ['initpanic', null, 'panic', 'lab/initpanic/e_test.go:5', 'panic: init'],
    ])
    expect(events.failures[0]?.message).toBe('got 2\nwant 1\n\tindented')
    expect(events.failures[3]?.message).toBe('got:\nhello\nwant:\ngoodbye')
    expect(events.failures.find((f) => f.test === 'TestFatal')?.message).toContain('log.Fatal in a test')
    expect(events.packages.find((p) => p.package.endsWith('/pass'))?.tests).toContainEqual({
      name: 'TestSkip',
      status: 'skip',
      ms: 0,
      reason: 'not today',
    })
  })

  it('absolute paths of builds without -trimpath, and a test that hangs', () => {
    expect(failures(read(fixture('absolute-paths-1.26.jsonl')))).toEqual([
      [
        'panics',
        'TestPanic/sub',
        'panic',
        'lab/panics/p_test.go:10',
        'panic: assignment to entry in nil map',
      ],
      ['slow', 'TestHang/deep', 'timeout', 'lab/slow/s_test.go:9', 'test timed out after 1s'],
    ])
  })

  it('a timeout names the tests that ran, beside another package that panics', () => {
    const events = read(fixture('timeout-1.26.jsonl'))
    expect(failures(events)).toContainEqual([
      'slow',
      'TestHang/deep',
      'timeout',
      'lab/slow/s_test.go:9',
      'test timed out after 1s',
    ])
    expect(table(events)).toMatchObject({ slow: ['fail', 0, 1, 0], pass: ['pass', 2, 0, 1] })
  })

  it('a data race', () => {
    const events = read(fixture('race-1.26.jsonl'))
    expect(failures(events)).toEqual([
      ['race', 'TestRace', 'race', 'lab/race/r_test.go:12', 'data race detected'],
    ])
    expect(events.failures[0]?.output.join('\n')).toContain('Previous write at')
  })

  it('errors that Go 1.27 marks as such', () => {
    const events = read(fixture('output-types-1.27.jsonl'))
    expect(failures(events).slice(0, 3)).toEqual([
      ['fail', 'TestTable/n=2', 'failed', 'lab/fail/f_test.go:17', 'got 2'],
      ['fail', 'TestPlain', 'failed', 'lab/fail/f_test.go:25', 'boom'],
      ['fail', 'FuzzSeed/seed#1', 'failed', 'lab/fail/f_test.go:38', 'bad seed'],
    ])
  })

  it.each([
    [
      '1.26',
      fixture('build-and-vet-1.26.jsonl'),
      ['broken', 'brokentest', 'syntax', 'vetbad', 'vetnotest', 'fail'],
    ],
    [
      '1.23, with plain text on stderr',
      [...fixture('build-and-vet-1.23.stderr.txt'), ...fixture('build-and-vet-1.23.jsonl')],
      ['broken', 'usesbroken', 'brokentest', 'syntax', 'vetbad', 'vetnotest', 'fail'],
    ],
  ])('compile errors and findings of %s', (_version, lines, blocked) => {
    const events = read(lines)
    expect(table(events)).toMatchObject({
      broken: ['build', 0, 0, 0],
      usesbroken: ['build', 0, 0, 0],
      notests: ['no-tests', 0, 0, 0],
    })
    expect(events.failures).toEqual([])
    expect(events.buildFailedPackages.map(short)).toEqual(blocked)
    const places = events.buildDiagnostics.map((d) => `${d.kind} ${d.file}:${d.line}: ${d.message}`)
    expect(places).toContain('compile lab/broken/b.go:5: undefined: undefinedType')
    expect(places).toContain('compile lab/brokentest/b_test.go:5: undefined: missing')
    expect(places).toContain('vet lab/vetbad/v.go:9: unreachable code')
    expect(places).toHaveLength(8)
  })

  it('a package that cannot be loaded', () => {
    const events = read(fixture('setup-failed-1.26.jsonl'))
    expect(table(events)).toMatchObject({ missingimport: ['build', 0, 0, 0], pass: ['pass', 2, 0, 1] })
    const diagnostic = {
      kind: 'setup',
      file: 'lab/missingimport/n.go',
      line: 3,
      column: 8,
      message: expect.stringContaining('go get example.com/nowhere/pkg'),
    }
    expect(events.buildDiagnostics).toMatchObject([diagnostic])
    expect(read(fixture('setup-failed-1.23.stderr.txt')).buildDiagnostics).toMatchObject([diagnostic])
  })

  it('cached packages, coverage, packages without tests, benchmarks', () => {
    expect(read(fixture('cached-1.26.jsonl')).packages[0]).toMatchObject({ cached: true, coverage: 66.7 })
    expect(read(fixture('cover-no-tests-1.26.jsonl')).packages[1]).toMatchObject({
      status: 'no-tests',
      coverage: 0,
    })
    expect(table(read(fixture('benchmark-1.26.jsonl')))).toEqual({ pass: ['pass', 1, 0, 0] })
  })
})

describe('what test2json is known to get wrong', () => {
  const event = (fields: object): string => JSON.stringify({ Package: 'example.com/lab/p', ...fields })
  const run = (Test: string): string => event({ Action: 'run', Test })
  const out = (Output: string, Test?: string): string =>
    event({ Action: 'output', Output, ...(Test === undefined ? {} : { Test }) })

  it('a subtest without its end, below a test that failed', () => {
    const events = read([
      run('TestA'),
      run('TestA/lost'),
      event({ Action: 'fail', Test: 'TestA' }),
      event({ Action: 'fail' }),
    ])
    expect(failures(events)).toEqual([
      ['p', 'TestA/lost', 'failed', null, 'the test failed without a message'],
    ])
  })

  it('a lost end in a package that passed is a pass', () => {
    const events = read([
      run('TestA'),
      run('TestA/lost'),
      run('TestB'),
      event({ Action: 'pass', Test: 'TestB' }),
      event({ Action: 'pass' }),
    ])
    expect(table(events)).toEqual({ p: ['pass', 2, 0, 0] })
    expect(events.failures).toEqual([])
  })

  it('a panic printed under the wrong test is found by its stack', () => {
    const events = read([
      run('TestA'),
      run('TestB'),
      out(
        'panic: boom\n\ngoroutine 7 [running]:\nexample.com/lab/p.helper()\n\texample.com/lab/p/p.go:3 +0x1\ncreated by example.com/lab/p.TestA in goroutine 6\n',
        'TestB',
      ),
      event({ Action: 'fail' }),
    ])
    expect(failures(events)).toEqual([
      ['p', 'TestA', 'panic', 'lab/p/p.go:3', 'panic: boom'],
      ['p', 'TestB', 'unfinished', null, 'the test program ended while this test ran'],
    ])
  })

  it('a test that only prints "panic:" has not panicked', () => {
    const events = read([
      run('TestA'),
      out('panic: only a word\n', 'TestA'),
      out('    a_test.go:4: real reason\n', 'TestA'),
      event({ Action: 'fail', Test: 'TestA' }),
      event({ Action: 'fail' }),
    ])
    expect(failures(events)).toEqual([['p', 'TestA', 'failed', 'lab/p/a_test.go:4', 'real reason']])
  })

  it('a name with slashes belongs to the test that ran, not to one that did not', () => {
    const events = read([
      run('TestA'),
      run('TestA/GET_/x/y'),
      event({ Action: 'fail', Test: 'TestA/GET_/x/y' }),
      event({ Action: 'fail', Test: 'TestA' }),
      event({ Action: 'fail' }),
    ])
    expect(table(events)).toEqual({ p: ['fail', 0, 1, 0] })
    expect(events.failures.map((f) => f.test)).toEqual(['TestA/GET_/x/y'])
  })

  it('lines that come in parts, CRLF, a location after other text, an unfinished last line', () => {
    const events = read([
      run('TestA'),
      out('no line end    a_te', 'TestA'),
      out('st.go:7: why\r\n', 'TestA'),
      out('        more\n', 'TestA'),
      out('trailing', 'TestA'),
      event({ Action: 'fail', Test: 'TestA' }),
      event({ Action: 'fail' }),
    ])
    expect(events.failures[0]).toMatchObject({ file: 'lab/p/a_test.go', line: 7, message: 'why\nmore' })
    expect(events.failures[0]?.output.at(-1)).toBe('trailing')
  })

  it('the plain lines of old versions', () => {
    const events = read([
      'FAIL\texample.com/lab/x [build failed]',
      '?   \texample.com/lab/y\t[no test files]',
    ])
    expect(table(events)).toEqual({ x: ['build', 0, 0, 0], y: ['no-tests', 0, 0, 0] })
  })

  it('a go command that was stopped: what ran is unfinished, what it says is progress', () => {
    const events = new TestEvents(tree, 'lab')
    for (const line of [event({ Action: 'start' }), run('TestA'), run('TestA/sub'), run('TestB')])
      events.line(line)
    expect(events.running).toEqual(['example.com/lab/p: TestA/sub, TestB'])
    events.close()
    expect(events.failures.map((f) => [f.test, f.kind])).toEqual([
      ['TestA/sub', 'unfinished'],
      ['TestB', 'unfinished'],
    ])
  })

  it('never throws on any line', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.json(),
            fc
              .record(
                {
                  Action: fc.constantFrom(
                    'run',
                    'output',
                    'pass',
                    'fail',
                    'skip',
                    'bench',
                    'start',
                    'build-output',
                    'x',
                  ),
                  Package: fc.constantFrom('p', 'q'),
                  Test: fc.constantFrom('TestA', 'TestA/b', 'TestA/b/c', 'TestB'),
                  Output: fc.string(),
                  Elapsed: fc.double(),
                },
                { requiredKeys: ['Action'] },
              )
              .map((value) => JSON.stringify(value)),
          ),
        ),
        (lines) => {
          const events = read(lines)
          for (const p of events.packages) expect(p.passed + p.failed + p.skipped).toBe(p.tests.length)
        },
      ),
    )
  })
})

describe('OutputTail', () => {
  it('keeps the last lines, and the head of a panic, whatever is printed', () => {
    const tail = new OutputTail()
    for (let i = 0; i < 5000; i++) tail.add(`line ${i}\n`)
    tail.add('panic: boom\n\ngoroutine 1 [running]:\n')
    for (let i = 0; i < 5000; i++) tail.add(`\tframe ${i}\n`)
    expect(tail.crash).toBe('panic')
    expect(tail.head[0]).toBe('panic: boom')
    expect(tail.lines.length).toBeLessThan(700)
    expect(tail.lines[0]).toMatch(/lines before are in go-test\.jsonl/)
  })
  it('is bounded for one endless line too', () => {
    const tail = new OutputTail()
    for (let i = 0; i < 100; i++) tail.add('x'.repeat(10_000))
    tail.flush()
    expect(tail.lines.join('').length).toBeLessThan(300_000)
  })
})
