import { describe, expect, it } from '@jest/globals'
import { alertFacts } from '../../../src/pipeline/metrics/vulnerabilities.ts'
import { metricsMermaid, metricsSvg } from '../../../src/pipeline/metrics/chart.ts'
import { computeMetrics } from '../../../src/pipeline/metrics/compute.ts'
import { eventsOf } from '../../../src/pipeline/metrics/deployments.ts'
import type { Facts } from '../../../src/pipeline/metrics/facts.ts'
import { judgeMetrics } from '../../../src/pipeline/metrics/gate.ts'
import { openMetrics } from '../../../src/pipeline/metrics/openmetrics.ts'
import { readScan, scanFacts } from '../../../src/pipeline/metrics/scans.ts'
import type { Finding } from '../../../src/scan/findings.ts'
import { toSarif } from '../../../src/scan/sarif.ts'
import { metricsSummary } from '../../../src/pipeline/metrics/summary.ts'

const T = Date.parse('2026-11-01T00:00:00Z')
const DAY = 86_400_000
const window = { from: T, to: T + 7 * DAY }
const live = (sha: string, day: number) => ({
  id: day,
  sha,
  task: 'deploy',
  version: undefined,
  createdAt: T + day * DAY,
  statuses: [{ state: 'success', description: '', at: T + day * DAY + 60_000 }],
})
const whole: Facts = {
  window,
  runs: ['success', 'failure'].map((conclusion, id) => ({
    id,
    workflow: 'ci.yml',
    branch: 'main',
    attempt: 1,
    conclusion,
    createdAt: T + id * DAY,
    startedAt: T + id * DAY,
    endedAt: T + id * DAY + 60_000,
    url: '',
  })),
  deployments: [live('a', 1), live('b', 2)],
  comparisons: [],
  vulnerabilities: [
    { id: 'CVE-1 | <x>', place: 'go.mod', severity: 'high', foundAt: T + 1, stopped: false, why: 'a went live', url: undefined }, // prettier-ignore
  ],
  partial: ['runs before <yesterday> were not read'],
}
const LIMITS = {
  minSuccessRate: 98,
  maxDeployTime: 300,
  minVulnerabilitiesStopped: 90,
  maxRollbacksPerWeek: 2,
  maxLeadTime: undefined,
  maxChangeFailureRate: undefined,
}

describe('vulnerabilities by alerts', () => {
  const events = eventsOf([live('a', 1), live('b', 4)])
  const alert = (day: number, fixed?: number, more: object = {}) => ({
    created_at: new Date(T + day * DAY).toISOString(),
    fixed_at: fixed === undefined ? null : new Date(T + fixed * DAY).toISOString(),
    dismissed_reason: null,
    rule: { id: 'CVE-1', security_severity_level: 'high' },
    tool: { name: 'grype' },
    ...more,
  })
  const verdict = (one: unknown) =>
    alertFacts([one], ['high', 'critical'], events, window).map((fact) => fact.stopped)

  it.each([
    ['fixed before anything went live', alert(2, 3), [true]],
    ['open while a version went live', alert(2, 5), [false]],
    ['found before, never fixed', alert(0), [false]],
    ['open with nothing live since', alert(5), [undefined]],
    ['accepted, and live', alert(0, undefined, { dismissed_reason: "won't fix" }), [false]],
    ['false', alert(0, undefined, { dismissed_reason: 'false positive' }), []],
    ['too mild', alert(0, undefined, { rule: { id: 'x', security_severity_level: 'low' } }), []],
    ['no matter of security', alert(0, undefined, { rule: { id: 'x' } }), []],
  ])('%s', (_, one, wanted) => expect(verdict(one)).toEqual(wanted))
})

describe('vulnerabilities by scan reports', () => {
  const sarif = (...results: object[]): string =>
    JSON.stringify({ version: '2.1.0', runs: [{ tool: { driver: { name: 'grype', rules: [{ id: 'CVE-9', properties: { 'security-severity': '9.8' } }] } }, results }] }) // prettier-ignore
  const result = (id: string, level: string | undefined, more: object = {}) => ({
    ruleId: id,
    ...(level === undefined ? {} : { level }),
    locations: [{ physicalLocation: { artifactLocation: { uri: 'go.mod' } } }],
    properties: { severity: 'HIGH' },
    ...more,
  })
  const read = (text: string, where: 'gate' | 'watch', at = T) => {
    const found = readScan(text, 'scan.sarif', where, at)
    if ('code' in found) throw new Error(found.cause)
    return found
  }

  it('tells what a gate refused from what it let through', () => {
    const record = read(
      sarif(
        result('A', 'error'),
        result('B', 'warning'),
        result('C', 'error', { suppressions: [{ kind: 'external' }] }),
        result('CVE-9', 'error', { properties: {} }),
        result('D', undefined),
      ),
      'gate',
    )
    expect(record.findings.map(({ id, severity, refused }) => [id, severity, refused])).toEqual([
      ['A', 'high', true], ['B', 'high', false], ['C', 'high', false], ['CVE-9', 'critical', true], ['D', 'high', false],
    ]) // prettier-ignore
  })

  it('counts each once: refused every time is stopped, let through or found later is not', () => {
    const facts = scanFacts(
      [
        read(sarif(result('A', 'error'), result('B', 'error')), 'gate', T),
        read(sarif(result('A', 'error')), 'gate', T + 1),
        read(sarif(result('B', 'note')), 'watch', T + 2),
        read(sarif(result('E', 'error')), 'watch', T + 3),
      ],
      ['high'],
    )
    expect(facts.map(({ id, stopped, foundAt }) => [id, stopped, foundAt - T])).toEqual([
      ['A', true, 0], ['B', false, 0], ['E', false, 3],
    ]) // prettier-ignore
  })

  it('reads what the stage scan writes', () => {
    const finding = (kind: 'vulnerability' | 'secret', id: string): Finding => ({
      scanner: kind === 'secret' ? 'gitleaks' : 'grype',
      kind,
      id,
      aliases: [],
      severity: 'CRITICAL',
      severityFrom: 'advisory',
      title: id,
      package: 'example.com/x',
      installed: 'v1.0.0',
      places: [{ file: 'go.mod', line: 3 }],
      fix: 'update',
      fingerprint: id,
    })
    const judged = (['stops', 'warning', 'ignored'] as const).map((state) => ({
      finding: finding('vulnerability', state),
      state,
      why: '',
    }))
    const secret = { finding: finding('secret', 'key'), state: 'stops' as const, why: '' }
    const parts = [
      { scanner: 'grype' as const, version: '1.0.0' },
      { scanner: 'gitleaks' as const, version: '' },
    ]
    const record = read(JSON.stringify(toSarif(parts, [...judged, secret], T + DAY)), 'gate')
    expect(record.at).toBe(T + DAY)
    expect(record.findings).toEqual(
      ['stops', 'warning', 'ignored'].map((id) => ({
        id,
        place: 'go.mod',
        severity: 'critical',
        refused: id === 'stops',
      })),
    )
  })

  it('takes the time of the invocation', () => {
    const text = JSON.stringify({ runs: [{ invocations: [{ endTimeUtc: '2026-11-03T00:00:00Z' }], results: [] }] }) // prettier-ignore
    expect(read(text, 'gate', 5).at).toBe(T + 2 * DAY)
    expect(read('{"runs":[]}', 'gate', 5).at).toBe(5)
  })

  it.each(['{', '[]', '{"runs":1}', 'null'])('refuses %s', (text) =>
    expect(readScan(text, 'x.sarif', 'gate', 0)).toMatchObject({
      code: 'metrics-scan-report',
      where: 'x.sarif',
    }),
  )
})

describe('the report', () => {
  const metrics = computeMetrics(whole)
  const judgements = judgeMetrics(metrics, LIMITS)

  it('is a valid OpenMetrics text', () => {
    const text = openMetrics(metrics, judgements, { repository: 'acme/shop', environment: 'a"b\\c\nd' })
    expect(text.endsWith('\n# EOF\n')).toBe(true)
    expect(text).toContain('gip_pipeline_build_success_ratio{repository="acme/shop",environment="a\\"b\\\\c\\nd"} 0.5\n')
    expect(checkOpenMetrics(text)).toEqual([])
    const empty = computeMetrics({ ...whole, runs: [], deployments: [], vulnerabilities: [] })
    const bare = openMetrics(empty, judgeMetrics(empty, LIMITS), {})
    expect(checkOpenMetrics(bare)).toEqual([])
    expect(bare).not.toContain('ratio')
    expect(bare).not.toContain('within_limits')
  }) // prettier-ignore

  it('is well-formed SVG and safe Markdown, with the verdict first', () => {
    const svg = metricsSvg(metrics, 'acme/<shop>', 300) ?? ''
    expect(svg.match(/<rect /g)?.length).toBeGreaterThan(4)
    expect(svg).toContain('acme/&lt;shop&gt;')
    expect(metricsSvg(computeMetrics({ ...whole, runs: [], deployments: [] }), 'x', 300)).toBeUndefined()
    const text = metricsSummary(metrics, judgements, { repository: 'acme/shop', environment: 'production', workflows: ['ci.yml'], source: 'alerts' }) // prettier-ignore
    expect(text).toMatch(/^## Pipeline metrics: beyond its limits\n/)
    expect(text).toContain('| Builds that succeed | 50 % | ≥ 98 % | ❌ beyond | 1 of 2 runs |')
    expect(text).toContain('| Vulnerabilities stopped | 0 % | ≥ 90 % | ❌ beyond | 0 of 1 |')
    expect(text).not.toContain('<yesterday>')
    expect(text).toContain('**Partial data**')
  })

  it('draws every day of a short window and every week of a long one', () => {
    const bars = (text: string | undefined): number =>
      text?.match(/bar \[(.*)\]/)?.[1]?.split(',').length ?? 0
    expect(bars(metricsMermaid(metrics)[0]?.chart)).toBe(8)
    const long = computeMetrics({ ...whole, window: { from: T - 60 * DAY, to: T + 7 * DAY } })
    expect(bars(metricsMermaid(long)[0]?.chart)).toBe(10)
  })
})

/** The rules of the OpenMetrics 1.0 text format that a writer of gauges can break. */
function checkOpenMetrics(text: string): string[] {
  const faults: string[] = []
  const lines = text.split('\n')
  if (lines.pop() !== '' || lines.pop() !== '# EOF') faults.push('it does not end with # EOF and a line feed')
  let family = ''
  const families = new Set<string>()
  const series = new Set<string>()
  for (const line of lines) {
    const meta = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][\w:]*) (.*)$/.exec(line)
    if (meta !== null) {
      const [, kind, name = '', rest = ''] = meta
      if (kind === 'TYPE') {
        if (families.has(name)) faults.push(`${name} comes twice`)
        families.add(name)
        family = name
        if (rest !== 'gauge') faults.push(`${name} is ${rest}`)
      } else if (name !== family) faults.push(`${name} is described in ${family}`)
      if (kind === 'UNIT' && !name.endsWith(`_${rest}`)) faults.push(`${name} does not end with its unit`)
      continue
    }
    const sample = /^([a-zA-Z_:][\w:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*\})? (-?\d+(?:\.\d+)?)$/.exec(line)
    if (sample === null) faults.push(`no sample: ${line}`)
    else if (sample[1] !== family) faults.push(`${line} is not of ${family}`)
    else if (series.has(`${sample[1]}${sample[2] ?? ''}`)) faults.push(`${line} comes twice`)
    series.add(`${sample?.[1] ?? ''}${sample?.[2] ?? ''}`)
  } // prettier-ignore
  return faults
}
