import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { fileUrl, formatPercent, pointChange, pullName, shortDigest, shortNames, sizeChange } from '../../../src/report/format.ts' // prettier-ignore
import type { RunReport } from '../../../src/report/model.ts'
import { headlineText, renderSummary } from '../../../src/report/summary.ts'
import { bar } from '../../../src/report/summary-parts.ts'
import { digest, failed, minimal, passed, pullRequest } from './samples.ts'
import { ganttFaults, hostile, mapStrings, outline } from './structure.ts'

const samples: [string, RunReport][] = [
  ['passed', passed],
  ['failed', failed],
  ['a pull request', pullRequest],
  ['ended early', minimal],
  [
    'cancelled',
    { ...failed, outcome: 'cancelled', problems: [{ code: 'cancelled', what: 'the run was cancelled' }] },
  ],
]

describe('the summary', () => {
  it.each(samples)('of a run that %s is whole Markdown of a sensible size', (_, report) => {
    const text = renderSummary(report)
    expect(outline(text).faults).toEqual([])
    expect(text.endsWith('\n')).toBe(true)
    expect(text).not.toMatch(/undefined|NaN|\[object/)
    expect(Buffer.byteLength(text)).toBeLessThan(64_000)
    const gantt = /```mermaid\n([\s\S]*?)\n```/.exec(text)?.[1]
    if (report.steps.length > 0) expect(ganttFaults(gantt ?? '')).toEqual([])
  })

  it('of a release says what is out, how to get it, and that it was read back', () => {
    const text = renderSummary(passed)
    expect(text.split('\n')[0]).toBe('## ✅ hello 1.2.3 is published and read back')
    expect(text).toContain(`docker pull ghcr.io/acme/hello:1.2.3\ndocker run --rm ghcr.io/acme/hello@${digest('a')}`)
    expect(text).toContain('| `linux/amd64` | 5.8 MB | +12.4 kB (+0.2 %) | 2 + 2 of the base | `sha256:bbbbbbbbbbbb` |')
    expect(text).toContain('**Tags** `1.2.3`, `1.2` (moved from `sha256:999999999999`), `latest` (moved from')
    expect(text).toContain('83.4 % of statements (+0.4 against the last run, threshold 80 %)')
    expect(text).toContain('| `TestReopen/after_crash` | `internal/store` | 1.8 s |')
    expect(text).not.toContain('TestFlags')
    expect(text).toContain('**Retries** 2: push of ghcr.io/acme/hello ×2 (429 Too Many Requests, Retry-After 3 s)')
    expect(text).toContain('25.9 s of work in 13.4 s, up to 4 steps at the same time')
    expect(text).toContain('[`860c190`](https://github.com/acme/hello/commit/860c1904a1ce19322e91ac35af1ab07466440c37)')
  }) // prettier-ignore

  it('of a failure puts the failure first: what, cause, where, fix, then tests, then the log', () => {
    const text = renderSummary(failed)
    const order = [
      '## ❌ hello 1.2.3 was stopped at the gate “Vet and test”',
      '**No tag was moved**',
      '> ❌ **2 of 57 tests failed**',
      '> **Cause** TestGreeting',
      '> **Where** [`internal/api/greeting_test.go:42`](https://github.com/acme/hello/blob/860c1904a1ce19322e91ac35af1ab07466440c37/internal/api/greeting_test.go#L42)',
      '> **Fix** run go test',
      '✗ TestGreeting/empty_name',
      '✗ TestReopen',
      'Last 3 lines of go test',
      '| Gate | Verdict |',
      '### Findings',
      'internal/api/greeting.go:17',
      '### Tests',
      '### Timeline',
    ]
    const places = order.map((part) => text.indexOf(part))
    expect(places).not.toContain(-1)
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(text).not.toContain('docker pull')
    expect(text).toContain('`1.2.3`, `1.2`, `latest` (all not published)')
  })

  it('of a run that failed after the tags had moved says so', () => {
    expect(renderSummary({ ...failed, published: true })).toContain(
      'Tags had been moved before this happened',
    )
  })

  it('of a pull request says that nothing was pushed', () => {
    const text = renderSummary(pullRequest)
    expect(text).toContain('## ✅ hello pr-7 passed every gate')
    expect(text).toContain('built, not pushed')
    expect(text).toContain('[#7](https://github.com/acme/hello/pull/7)')
    expect(text).not.toMatch(/docker pull|No tag was moved/)
  })

  it('of bad input is short', () => {
    expect(renderSummary(minimal)).toBe(
      [
        '## ❌ hello could not start',
        '',
        '12 ms<br>\n**No tag was moved**: the registry shows what it showed before.',
        '',
        '> ❌ **no image is named**',
        '>',
        '> **Where** input `images`',
        '>',
        '> **Fix** set images, or push: false',
        '',
        '**Machine** windows/amd64',
        '',
      ].join('\n'),
    )
  })

  it('keeps its form whatever names, messages and output hold', () => {
    const fixed = new Set([
      'status',
      'phase',
      'verdict',
      'outcome',
      'level',
      'hit',
      'id',
      'needs',
      'criticalPath',
    ])
    const plain = new Map(samples.map(([name, report]) => [name, outline(renderSummary(report))]))
    fc.assert(
      fc.property(fc.constantFrom(...samples), fc.array(hostile, { minLength: 1, maxLength: 6 }), ([name, report], texts) => {
        let at = 0
        // Something visible is kept in each, because a title of blanks alone is rightly left out.
        const strange = mapStrings(report, (text, key) => (fixed.has(key) ? text : `x${texts[at++ % texts.length] ?? ''}`)) // prettier-ignore
        const found = outline(renderSummary(strange))
        expect(found.faults).toEqual([])
        expect(found.headings).toBe(plain.get(name)?.headings)
        expect(found.details).toBe(plain.get(name)?.details)
        expect(found.tables).toEqual(plain.get(name)?.tables)
      }),
    ) // prettier-ignore
  })

  it('stays small with thousands of everything, and keeps the verdict, the causes and the gates', () => {
    const long = 'x'.repeat(5000)
    const times = <T>(count: number, make: (i: number) => T): T[] =>
      Array.from({ length: count }, (_, i) => make(i))
    const huge: RunReport = {
      ...failed,
      problems: times(500, (i) => ({ code: 'c', what: `${i} ${long}`, cause: long, where: long, fix: long })),
      diagnostics: times(5000, (i) => ({ tool: 'vet', level: 'error', message: `${i} ${long}`, file: long, line: i })),
      tests: {
        passed: 0, failed: 3000, skipped: 0, packages: 900, cachedPackages: 0, durationMs: 1,
        slowest: times(3000, (i) => ({ package: long, name: long, ms: 1000 + i })),
        failures: times(3000, () => ({ package: long, test: long, message: long, output: times(400, () => long) })),
      },
      coverage: { percent: 1, packages: times(3000, (i) => ({ name: `${long}${i}`, covered: 1, statements: 2 })) },
      images: times(50, (i) => ({ ...failed.images[0], name: `ghcr.io/${long}/${i}`, tags: [], platforms: [], verified: false })),
      steps: times(500, (i) => ({ id: `s${i}`, title: long, status: 'ok', gate: false, needs: [], phase: 'check', startMs: 0, endMs: i })),
      notes: times(1000, () => long),
      warnings: times(1000, () => long),
      retries: times(1000, () => ({ what: long, count: 1, lastReason: long })),
      failureLog: { step: 'go test', lines: times(10_000, () => long) },
    } // prettier-ignore
    const text = renderSummary(huge)
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024)
    expect(text).toContain('## ❌')
    expect(text).toContain('❌ **0 xxx')
    expect(text).toContain('Left out to keep this page short')
    expect(outline(text).faults).toEqual([])
  })
})

describe('the headline', () => {
  const step = (status: 'failed' | 'ok', gate: boolean): RunReport['steps'] => [
    { id: 'x', title: 'Build image', status, gate, needs: [], phase: 'image' },
  ]
  it.each<[Partial<RunReport>, string]>([
    [{}, 'hello 1.2.3 is published and read back'],
    [{ images: [] }, 'hello 1.2.3 is published'],
    [{ published: false }, 'hello 1.2.3 passed every gate'],
    [{ outcome: 'cancelled' }, 'hello 1.2.3 was cancelled'],
    [{ outcome: 'failed', steps: step('failed', true) }, 'hello 1.2.3 was stopped at the gate “Build image”'],
    [{ outcome: 'failed', steps: step('failed', false) }, 'hello 1.2.3 failed at “Build image”'],
    [{ outcome: 'failed', steps: step('ok', false) }, 'hello 1.2.3 could not start'],
    [{ project: { name: 'hello', directory: '.', dirty: false } }, 'hello is published and read back'],
  ])('%#', (change, expected) => {
    expect(headlineText({ ...passed, ...change })).toBe(expected)
  })
})

describe('figures', () => {
  it.each([
    [83.45, '83.4 %'],
    [79.96, '79.9 %'],
    [100, '100.0 %'],
    [0, '0.0 %'],
    [28.999999999999996, '29.0 %'],
  ])('%d is %s, never more than it is', (percent, expected) => {
    expect(formatPercent(percent)).toBe(expected)
  })

  it.each([
    [0, '░░░░░░░░░░'],
    [0.1, '█░░░░░░░░░'],
    [55, '█████░░░░░'],
    [99.9, '█████████░'],
    [100, '██████████'],
  ])('the bar of %d is %s', (percent, expected) => {
    expect(bar(percent)).toBe(expected)
  })

  it('changes have a sign', () => {
    expect(sizeChange(1200, 1000)).toBe('+200 B (+20.0 %)')
    expect(sizeChange(500, 1000)).toBe('−500 B (−50.0 %)')
    expect(sizeChange(1000, 1000)).toBe('same')
    expect(sizeChange(10, 0)).toBe('+10 B')
    expect(pointChange(83.4, 83)).toBe('+0.4')
    expect(pointChange(80, 83)).toBe('−3.0')
    expect(pointChange(83.01, 83)).toBe('same')
  })

  it('names are as short as they can be', () => {
    expect([...shortNames(['m', 'm/a/b', 'mx/a'], 'm').values()]).toEqual(['(root)', 'a/b', 'mx/a'])
    expect([...shortNames(['m/a'], undefined).values()]).toEqual(['m/a'])
    expect(shortDigest(digest('a'))).toBe('sha256:aaaaaaaaaaaa')
    expect(shortDigest('odd')).toBe('odd')
  })

  it('the name to pull is the most exact tag, else the digest', () => {
    const image = passed.images[0]
    if (image === undefined) throw new Error('the sample has an image')
    expect(pullName(image)).toBe('ghcr.io/acme/hello:1.2.3')
    expect(pullName({ ...image, tags: [] })).toBe(`ghcr.io/acme/hello@${digest('a')}`)
    expect(
      pullName({ ...failed.images[0], name: 'x', tags: [], platforms: [], verified: false, digest: '' }),
    ).toBe('x@')
  })

  it('files are linked where the layout of the pages is known', () => {
    const at = '860c1904a1ce19322e91ac35af1ab07466440c37'
    expect(fileUrl(passed, 'a b/(c).go', 3)).toBe(
      `https://github.com/acme/hello/blob/${at}/a%20b/%28c%29.go#L3`,
    )
    const gitea = { ...passed, project: { ...passed.project, url: 'https://git.example.org/a/b' } }
    expect(fileUrl(gitea, 'x.go')).toBeUndefined()
    const known = { ...gitea, run: { ...gitea.run, url: 'https://git.example.org/a/b/actions/runs/1' } }
    expect(fileUrl(known, 'x.go')).toBe(`https://git.example.org/a/b/blob/${at}/x.go`)
    expect(fileUrl(minimal, 'x.go')).toBeUndefined()
  })
})
