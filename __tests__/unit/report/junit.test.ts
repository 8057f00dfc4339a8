import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { TestReport } from '../../../src/go/test.ts'
import { annotationsOf, MAX_ANNOTATIONS } from '../../../src/report/annotations.ts'
import { escapeXml, junitXml } from '../../../src/report/junit.ts'

const empty: TestReport = {
  passed: 0,
  failed: 0,
  skipped: 0,
  cached: 0,
  packages: [],
  failures: [],
  slowest: [],
  findings: [],
  buildErrors: [],
  ms: 1234,
  vetFailed: false,
  testFailed: false,
}
const full: TestReport = {
  ...empty,
  packages: [
    {
      package: 'example.com/p',
      dir: 'p',
      status: 'fail',
      cached: false,
      ms: 1500,
      passed: 1,
      failed: 1,
      skipped: 1,
      coverage: 66.7,
      tests: [
        { name: 'TestOK', status: 'pass', ms: 10 },
        { name: 'TestSkip', status: 'skip', ms: 0, reason: 'not <today>' },
        { name: 'TestBad/a&b', status: 'fail', ms: 20 },
      ],
    },
    {
      package: 'example.com/broken',
      status: 'build',
      cached: false,
      ms: 0,
      passed: 0,
      failed: 0,
      skipped: 0,
      tests: [],
    },
  ],
  failures: [
    {
      package: 'example.com/p',
      test: 'TestBad/a&b',
      kind: 'failed',
      message: 'got "1"\nwant 2',
      file: 'p/p_test.go',
      line: 7,
      output: ['    p_test.go:7: got\u001b[31m', ']]>'],
    },
    { package: 'example.com/p', kind: 'package', message: 'exit', output: [] },
  ],
  findings: [
    {
      kind: 'vet',
      message: 'bad format',
      file: 'p/p.go',
      line: 3,
      analyzer: 'printf',
      package: 'example.com/p_test',
    },
  ],
  buildErrors: [
    {
      kind: 'compile',
      message: 'undefined: x',
      file: 'broken/b.go',
      line: 1,
      column: 2,
      package: 'example.com/broken',
    },
    { kind: 'setup', message: 'go.mod is broken', file: 'go.mod', line: 4 },
  ],
}

/** A small checker: tags balance, attributes are quoted, no forbidden character, every & is an entity. */
function wellFormed(xml: string): string[] {
  const open: string[] = []
  // eslint-disable-next-line no-control-regex -- what XML 1.0 forbids
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(xml)) return ['forbidden character']
  if (/&(?!(?:amp|lt|gt|quot|#\d+);)/.test(xml)) return ['bare &']
  const rest = xml.replace(/^<\?xml[^?]*\?>\n/, '')
  for (const match of rest.matchAll(/<(\/?)([a-z]+)((?: [a-z]+="[^"<]*")*)(\/?)>|<|>/g)) {
    const [whole, close, name, , self] = match
    if (name === undefined) return [`stray ${whole} at ${match.index}`]
    if (close === '/') {
      if (open.pop() !== name) return [`</${name}> does not match`]
    } else if (self !== '/') open.push(name)
  }
  return open
}

describe('junitXml', () => {
  const xml = junitXml(full)
  it('is well formed', () => expect(wellFormed(xml)).toEqual([]))
  it('counts', () => {
    expect(xml).toContain(
      '<testsuites name="go test" tests="7" failures="2" errors="3" skipped="1" time="1.234">',
    )
    expect(xml).toContain(
      '<testsuite name="example.com/p" tests="5" failures="2" errors="1" skipped="1" time="1.500">',
    )
    expect(xml).toContain(
      '<testsuite name="example.com/broken" tests="1" failures="0" errors="1" skipped="0" time="0.000">',
    )
    expect(xml).toContain(
      '<testsuite name="build" tests="1" failures="0" errors="1" skipped="0" time="0.000">',
    )
  })
  it('says what, where and why', () => {
    expect(xml).toContain(
      '<testcase name="TestBad/a&amp;b" classname="example.com/p" file="p/p_test.go" line="7" time="0.020">',
    )
    expect(xml).toContain('<failure message="got &quot;1&quot;" type="failed">got &quot;1&quot;\nwant 2')
    expect(xml).toContain('<skipped message="not &lt;today&gt;"/>')
    expect(xml).toContain('type="vet.printf">p/p.go:3: bad format (printf)</error>')
    expect(xml).toContain('<property name="coverage.statements.pct" value="66.7"/>')
    expect(xml).toContain('got\ufffd[31m\n]]&gt;')
  })
  it('an empty report', () => expect(wellFormed(junitXml(empty))).toEqual([]))
  it('is well formed whatever tests are called and print', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, text) => {
        const report: TestReport = {
          ...empty,
          packages: [
            {
              package: name,
              status: 'fail',
              cached: false,
              ms: 1,
              passed: 0,
              failed: 1,
              skipped: 1,
              tests: [
                { name, status: 'fail', ms: 1 },
                { name: text, status: 'skip', ms: 1, reason: text },
              ],
            },
          ],
          failures: [{ package: name, test: name, kind: 'failed', message: text, output: [text] }],
        }
        expect(wellFormed(junitXml(report))).toEqual([])
      }),
    )
  })
  it('escapes lone surrogates, keeps pairs', () =>
    expect(escapeXml('\ud800x😀\udc00')).toBe('\ufffdx😀\ufffd'))
})

describe('annotationsOf', () => {
  it('build errors first, then tests, then findings, each at its place', () => {
    expect(annotationsOf(full)).toEqual([
      {
        level: 'error',
        title: 'does not compile',
        message: 'undefined: x',
        file: 'broken/b.go',
        line: 1,
        column: 2,
      },
      { level: 'error', title: 'cannot be loaded', message: 'go.mod is broken', file: 'go.mod', line: 4 },
      {
        level: 'error',
        title: 'TestBad/a&b failed',
        message: 'got "1"\nwant 2',
        file: 'p/p_test.go',
        line: 7,
      },
      { level: 'error', title: 'example.com/p the test program failed', message: 'exit' },
      { level: 'error', title: 'go vet: printf', message: 'bad format', file: 'p/p.go', line: 3 },
    ])
  })
  it('no more than GitHub shows, and the last one counts the rest', () => {
    const failures = Array.from({ length: 25 }, (_, i) => ({
      package: 'p',
      test: `Test${i}`,
      kind: 'failed' as const,
      message: 'm',
      output: [],
    }))
    const shown = annotationsOf({ ...empty, failures })
    expect(shown).toHaveLength(MAX_ANNOTATIONS)
    expect(shown.at(-1)?.message).toMatch(/^16 more problems/)
    expect(annotationsOf({ ...empty, failures: failures.slice(0, 10) })).toHaveLength(10)
  })
  it('leaves out tests that went down with another one, and repeats', () => {
    const failures = [
      { package: 'p', test: 'TestA', kind: 'panic' as const, message: 'panic: x', output: [] },
      { package: 'p', test: 'TestB', kind: 'unfinished' as const, message: 'm', output: [] },
      { package: 'q', test: 'TestC', kind: 'unfinished' as const, message: 'm', output: [] },
      { package: 'q', test: 'TestC', kind: 'unfinished' as const, message: 'm', output: [] },
    ]
    expect(annotationsOf({ ...empty, failures }).map((a) => a.title)).toEqual([
      'TestA panicked',
      'TestC did not finish',
    ])
  })
})
