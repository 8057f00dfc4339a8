import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { MetricResult } from '../../../src/gray/ports.ts'
import { grayChartSvg, niceMost, thinned } from '../../../src/report/gray-chart.ts'
import { writeGrayFiles } from '../../../src/report/gray-files.ts'
import { grayMermaid } from '../../../src/report/gray-mermaid.ts'
import {
  fromAudit,
  type GrayReport,
  metricsOf,
  neededOf,
  sectionsOf,
  showValue,
  weightsOf,
} from '../../../src/report/gray-model.ts'
import { renderGraySummary } from '../../../src/report/gray-summary.ts'
import { nextEntry, type AuditEntry } from '../../../src/report/audit-chain.ts'
import { begun, gauge, held, look, promoted, ratio, START, takenBack } from './gray-samples.ts'
import { hostile, outline, parseXml } from './structure.ts'

const MINUTE = 60_000
const svgOf = (report: GrayReport): string => {
  const svg = grayChartSvg(report)
  if (svg === undefined) throw new Error('no picture')
  return svg
}
const texts = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((one) => one[1] ?? '')
const dots = (svg: string): string[] =>
  [...svg.matchAll(/<circle class="dot (\w+)"[^>]*><title>/g)].map((one) => one[1] ?? '')
const named = (report: GrayReport, name: string): GrayReport => ({
  ...report,
  release: { ...report.release, environment: name, state: { ...report.release.state, reason: name } },
  decisions: [{ at: START + MINUTE, text: name }],
  looks: report.looks.map(({ window, measurement }) => ({
    window,
    measurement: {
      ...measurement,
      reason: name,
      alerts: [{ level: 'page', message: name }],
      metrics: measurement.metrics.map((metric) => ({ ...metric, name, reason: name })),
    },
  })),
})

describe('the picture', () => {
  it.each([
    ['promoted', promoted(), { green: 52, amber: 8 }],
    ['taken back', takenBack(), { red: 3, green: 6, amber: 7 }],
    ['held', held(), { amber: 3, grey: 3 }],
  ])('%s: a dot for each look at each metric, in the colour of its verdict', (_, report, colours) => {
    const svg = svgOf(report)
    expect(parseXml(svg).length).toBeGreaterThan(10)
    const counted: Record<string, number> = {}
    for (const colour of dots(svg)) counted[colour] = (counted[colour] ?? 0) + 1
    expect(counted).toEqual(colours)
  })

  it('says what happened, both versions, what is shown, and how long it took', () => {
    const words = texts(svgOf(takenBack()))
    expect(words).toEqual(
      expect.arrayContaining([
        'production: taken back, the old version serves everything',
        'new version',
        'old version',
        'limit',
        'bounds',
        'fail',
        'fail: new 3.27 %, old 0.125 %',
        'slow checkouts (says, but does not decide)',
        '6 m 30 s, 4 looks',
      ]),
    )
    expect(words).not.toContain('no data')
  })

  it('says what is still needed for a verdict', () => {
    expect(texts(svgOf(held())).some((text) => text.startsWith('not decided, 59 more events needed'))).toBe(
      true,
    )
  })

  it('nothing has happened yet: no picture, and a summary that says so', () => {
    expect(grayChartSvg(begun())).toBeUndefined()
    expect(grayMermaid(begun())).toEqual([])
    expect(renderGraySummary(begun())).toContain('No look was taken at the metrics.')
  })

  it('goes down to zero only where the way back was proved', () => {
    expect(weightsOf(takenBack()).at(-1)).toEqual({ at: START + 6.5 * MINUTE, percent: 0 })
    const failed = takenBack()
    const lost = {
      ...failed,
      release: {
        ...failed.release,
        state: { ...failed.release.state, phase: 'rollback-failed' as const, observed: 5 },
      },
    }
    expect(weightsOf(lost).at(-1)?.percent).toBe(5)
    expect(svgOf(lost)).toContain('THE WAY BACK FAILED')
  })

  it('looks of hours stay a small picture, and keep the ends and the turns', () => {
    const looks = Array.from({ length: 4000 }, (_, index) =>
      look(START + index * 15_000, index < 2000 ? 0 : 1, index < 2000 ? 5 : 50, [
        ratio('5xx', index === 2500 ? 900 : 1, 1000, [1, 9000], 0.05),
        gauge('CPU', 0.4, 0.4, 0.8),
      ]),
    )
    const base = promoted()
    const svg = svgOf({ ...base, looks, until: START + 4000 * 15_000 })
    expect(svg.length).toBeLessThan(400_000)
    expect(dots(svg).filter((colour) => colour === 'red')).toHaveLength(1)
    const points = looks.map(({ measurement, window }) => ({
      at: measurement.at,
      section: String(window.step),
      metric: measurement.metrics[0] as MetricResult,
    }))
    const kept = thinned(points).map(({ at }) => (at - START) / 15_000)
    expect(kept).toEqual(expect.arrayContaining([0, 1999, 2000, 2500, 3999]))
    expect(kept.length).toBeLessThan(200)
    // Beginning and end of all, whatever flickers.
    const flicker = points.map((point, index) => ({
      ...point,
      metric: { ...point.metric, verdict: index % 2 === 0 ? ('pass' as const) : ('inconclusive' as const) },
    }))
    expect(thinned(flicker).length).toBeLessThan(200)
  })

  it('more metrics than a page holds are told, and the failed one is drawn', () => {
    const metrics = Array.from({ length: 30 }, (_, index) =>
      gauge(`m${index}`, index === 29 ? 2 : 0.1, 0.1, 1),
    )
    const report = { ...takenBack(), looks: [look(START + 3 * MINUTE, 0, 5, metrics)] }
    expect(metricsOf(report.looks)[0]).toBe('m29')
    const words = texts(svgOf(report))
    expect(words).toContain('m29')
    expect(words.some((text) => text.includes('22 metrics not drawn'))).toBe(true)
  })

  it.each<[string, Partial<MetricResult>]>([
    ['no number at all', { verdict: 'nodata' }],
    ['negative values', { new: -5, old: -7, limit: -2 }],
    ['huge values', { new: 1e300, old: 1e-300 }],
    ['equal zeros', { new: 0, old: 0, limit: 0 }],
    ['a band around nothing', { lower: 0, upper: 1 }],
  ])('is whole with %s', (_, more) => {
    const metric = {
      name: 'x',
      verdict: 'pass',
      critical: false,
      dryRun: false,
      reason: '',
      ...more,
    } as const
    const svg = svgOf({ ...takenBack(), looks: [look(START + 3 * MINUTE, 0, 5, [metric])] })
    expect(parseXml(svg).length).toBeGreaterThan(10)
    expect(svg).not.toMatch(/NaN|Infinity|undefined/)
  })

  it.each([
    [0, true, 0.01],
    [0.034, true, 0.04],
    [0.97, true, 1],
    [7, false, 8],
    [123, false, 160],
  ])('axis above %d', (value, share, most) => expect(niceMost(value, share)).toBeCloseTo(most, 10))

  it.each([
    [0, true, '0 %'],
    [0.00123456, true, '0.123 %'],
    [1, true, '100 %'],
    [123.456, false, '123'],
    [1e-9, false, '1.0e-9'],
  ])('shows %d (%s) as %s', (value, share, text) => expect(showValue(value, share)).toBe(text))
})

/** The page's blocks; our own small print, with the words that may stand in it, is no foreign tag. */
const blocks = (markdown: string): ReturnType<typeof outline> =>
  outline(markdown.replace(/<sub>([a-z ():,]+)<\/sub>/g, '$1'))

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  ']]></style><svg onload=alert(1)>',
  '| a | b |\n| --- | --- |',
  '```\n# owned\n```mermaid\n',
  '[click](javascript:alert(1))',
  '![x](https://evil.example/t.png)',
  'x" \n    line [9, 9]\n    title "',
  '%%{init: {"securityLevel": "loose"}}%%',
  '</details><h1>owned</h1>',
  '&lt;b&gt; &#60;i&#62;',
  '\u202Eevil\u0000\u001b[31m',
]

describe('names that attack', () => {
  it.each(HOSTILE)('%j stays text in the picture', (name) => {
    const svg = svgOf(named(takenBack(), name))
    expect(parseXml(svg).length).toBeGreaterThan(10)
    // Only drawing, no attribute that runs or loads something.
    for (const { name: tag, attributes } of parseXml(svg)) {
      expect(['svg', 'style', 'rect', 'text', 'line', 'path', 'circle', 'title']).toContain(tag)
      for (const key of Object.keys(attributes)) expect(key).not.toMatch(/^on|href|src/i)
    }
  })

  it.each(HOSTILE)('%j stays text in the summary', (name) => {
    const markdown = renderGraySummary(named(held(), name))
    const prose = markdown.replace(/```mermaid\n[\s\S]*?\n```/g, '')
    expect(prose).not.toMatch(/<(?:script|img|svg|h1|b|i)[\s>]/i)
    expect(prose).not.toMatch(/(^|[^\\])!?\[[^\]]*[^\\]\]\((?:javascript|https:\/\/evil)/m)
    // Headings, folds, fences and tables are those of the same page with an ordinary name.
    expect(blocks(markdown)).toEqual(blocks(renderGraySummary(named(held(), 'x'))))
    expect(blocks(markdown).faults).toEqual([])
  })

  it.each(HOSTILE)('%j stays a title in the diagram', (name) => {
    for (const { chart } of grayMermaid(named(promoted(), name))) {
      const lines = chart.split('\n')
      expect(lines[0]).toMatch(
        /^%%\{init: \{"themeVariables": \{"xyChart": \{"plotColorPalette": "[#0-9a-f, ]+"\}\}\}\}%%$/,
      )
      expect(lines[1]).toBe('xychart-beta')
      expect(lines[2]).toMatch(/^ {4}title "[^"\n]*"$/)
      expect(lines.slice(3).every((line) => /^ {4}(?:x-axis|y-axis|line) /.test(line))).toBe(true)
      expect(lines.slice(3).join('\n')).not.toMatch(/[^\d\s.,[\]>"a-z-]/)
    }
  })

  it('whatever the text', () =>
    fc.assert(
      fc.property(hostile, (name) => {
        const report = named(held(), name)
        expect(parseXml(svgOf(report)).length).toBeGreaterThan(10)
        const page = blocks(renderGraySummary(report))
        expect(page.faults).toEqual([])
        // The same page as with an ordinary name.
        expect(page).toEqual(blocks(renderGraySummary(named(held(), 'x'))))
      }),
      { numRuns: 100 },
    ))
})

describe('the summary', () => {
  it('tells first what happened, why, and what to do', () => {
    const [head = '', why = ''] = renderGraySummary(takenBack()).split('\n\n')
    expect(head).toBe('## ⛔ production: taken back, the old version serves everything')
    expect(why).toContain('17 of 520 bad on the new version')
  })

  it('has one row for each step, reached or not', () => {
    const rows = renderGraySummary(takenBack())
      .split('\n')
      .filter((line) => /^\| (?:\d(?: \(hold\))?|bake) \|/.test(line))
    expect(
      rows.map((row) =>
        row
          .split(' | ')
          .slice(0, 5)
          .map((cell) => cell.replace('| ', '')),
      ),
    ).toEqual([
      ['1', '5 %', '4 m 00 s', '4', '🔴 fail'],
      ['2 (hold)', '50 %', '', '', 'not reached'],
      ['3', '100 %', '', '', 'not reached'],
      ['bake', '100 %', '', '', 'not reached'],
    ])
  })

  it('says what a verdict still needs, and how long that takes', () => {
    expect(neededOf(held())).toEqual([{ metric: '5xx | <b>ünïcode</b>', events: 59, ms: 88_500 }])
    expect(renderGraySummary(held())).toContain('59 more events on the new version, about 1 m 29 s')
    expect(renderGraySummary(promoted())).not.toContain('Still needed')
    expect(renderGraySummary(takenBack())).not.toContain('Still needed')
  })

  it('shows people and the head of the audit', () => {
    const text = renderGraySummary(promoted())
    expect(text).toContain('approved by mona and hubot')
    expect(text).toContain(`--head 214:${'5e'.repeat(32)}`)
  })

  it('stays below the size that GitHub takes', () => {
    const metrics = Array.from({ length: 400 }, (_, index) => ({
      ...gauge(`metric-${index}`, 0.1, 0.1, 1),
      reason: 'a long reason '.repeat(60),
    }))
    const base = promoted()
    const looks = base.looks.map((one) => ({ ...one, measurement: { ...one.measurement, metrics } }))
    const text = renderGraySummary({ ...base, looks })
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024)
    expect(text).toContain('are left out here')
    expect(text).toContain('### Steps')
  })

  it('prolonged looks belong to one step, the bake is one of its own', () => {
    expect(
      sectionsOf(promoted().looks).map(({ title, percent, looks }) => [title, percent, looks.length]),
    ).toEqual([
      ['step 1', 5, 5],
      ['step 2', 50, 5],
      ['step 3', 100, 5],
      ['bake', 100, 5],
    ])
  })
})

describe('from the audit of several jobs', () => {
  it('has the looks, the shares and the people of one release', () => {
    const entries: AuditEntry[] = []
    const add = (record: AuditEntry['record'], id = 'r1'): void => {
      entries.push(
        nextEntry(entries.at(-1), record, { id, environment: 'production' }, START + entries.length),
      )
    }
    for (const { window, measurement } of promoted().looks) add({ kind: 'measurement', window, measurement })
    add({ kind: 'approval', answer: { kind: 'waiting', detail: 'one more' } })
    add({ kind: 'approval', answer: { kind: 'approved', by: ['mona', 'hubot'] } })
    add({ kind: 'approval', answer: { kind: 'rejected', by: 'zoe' } }, 'other')
    const { looks, decisions, weights } = fromAudit(entries, 'r1')
    expect(looks).toHaveLength(20)
    expect(weights.map(({ percent }) => percent)).toEqual([5, 50, 100])
    expect(decisions.map(({ text }) => text)).toEqual(['approved by mona and hubot'])
  })
})

describe('the files', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gray-files-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('are written without secrets, and the picture only when there is one', async () => {
    const secrets = { redact: (text: string) => text.replaceAll('hunter2', '***') }
    const written = await writeGrayFiles(folder, named(takenBack(), 'token hunter2'), secrets)
    expect(written.files).toEqual(['gray.svg', 'gray-summary.md'])
    for (const name of await readdir(folder)) {
      const text = await readFile(join(folder, name), 'utf8')
      expect(text.replaceAll('\\', '')).toContain('token ***')
      expect(text).not.toContain('hunter2')
    }
    expect((await writeGrayFiles(folder, begun(), secrets)).files).toEqual(['gray-summary.md'])
  })
})
