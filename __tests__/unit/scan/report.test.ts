import { describe, expect, it } from '@jest/globals'
import { readScan } from '../../../src/pipeline/metrics/scans.ts'
import type { ScanPart } from '../../../src/scan/findings.ts'
import { judgeFindings } from '../../../src/scan/gate.ts'
import { parseIgnores } from '../../../src/scan/ignore.ts'
import { toSarif } from '../../../src/scan/sarif.ts'
import { type ScanReport, scanSummary } from '../../../src/scan/summary.ts'
import { finding, secret } from './samples.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const ignores = parseIgnores(
  '- {id: GO-3, reason: only our own input, until: 2026-12-01, owner: "@mona"}\n- {id: GO-9, reason: it was here once, until: 2026-12-01, owner: "@mona"}',
  'i.yaml',
  NOW,
).entries
const image = { image: `r.example/app@sha256:${'ab'.repeat(32)}`, platform: 'linux/amd64' }
const found = [
  finding({ id: 'GO-1' }),
  finding({ id: 'GO-2', reach: 'package', places: [{ file: '/app/my server', ...image }] }),
  finding({ id: 'GO-3' }),
  secret(),
]
const rules = { failOn: ['CRITICAL', 'HIGH'], level: 'symbol', unfixed: 'fail' } as const
const gate = judgeFindings(found, rules, ignores, 'i.yaml', NOW)
const part = (scanner: ScanPart['scanner']): ScanPart => ({
  scanner,
  subject: 'module example.com/app',
  version: 'v1.2.3',
  database: { source: 'https://vuln.example', modified: '2026-11-01T00:00:00Z' },
  findings: [],
  notes: [],
  ms: 1200,
})
const parts = [part('govulncheck'), part('gitleaks'), part('govulncheck'), part('grype')]

interface Sarif {
  $schema: string
  version: string
  runs: {
    tool: { driver: { name: string; version: string; informationUri: string; rules: { id: string; shortDescription: { text: string }; properties: Record<string, unknown> }[] } }
    automationDetails: { id: string }
    invocations: { executionSuccessful: boolean; endTimeUtc: string }[]
    results: {
      ruleId: string
      ruleIndex: number
      level: string
      message: { text: string }
      locations: { physicalLocation: { artifactLocation: { uri: string }; region?: { startLine: number } } }[]
      partialFingerprints: Record<string, string>
      suppressions?: { kind: string; justification: string }[]
    }[]
  }[]
} // prettier-ignore
const sarif = JSON.parse(JSON.stringify(toSarif(parts, gate.judged, NOW))) as Sarif
const results = sarif.runs.flatMap((run) => run.results)

describe('SARIF', () => {
  it('has a run for each scanner, also for one that found nothing', () => {
    expect(sarif).toMatchObject({ version: '2.1.0', $schema: expect.stringMatching(/sarif-2\.1\.0\.json$/) })
    expect(sarif.runs.map(({ tool, results: own }) => [tool.driver.name, own.length])).toEqual([
      ['govulncheck', 3],
      ['gitleaks', 1],
      ['grype', 0],
    ])
    for (const run of sarif.runs) {
      expect(run.tool.driver.informationUri).toMatch(/^https:\/\//)
      expect(run.invocations).toEqual([{ executionSuccessful: true, endTimeUtc: '2026-11-21T12:00:00.000Z' }])
    }
    expect(new Set(sarif.runs.map((run) => run.automationDetails.id)).size).toBe(3)
  })

  it('says in the level what stops, and keeps what is accepted as suppressed', () => {
    expect(results.map(({ ruleId, level, suppressions }) => [ruleId, level, suppressions?.[0]?.justification])).toEqual([
      ['GO-1', 'error', undefined],
      ['GO-3', 'note', 'only our own input'],
      ['GO-2', 'warning', undefined],
      ['aws-access-token', 'error', undefined],
    ])
  }) // prettier-ignore

  it('has the shape that the specification and GitHub ask for', () => {
    for (const run of sarif.runs)
      for (const result of run.results) {
        expect(run.tool.driver.rules[result.ruleIndex]?.id).toBe(result.ruleId)
        expect(result.message.text).not.toBe('')
        expect(result.locations.length).toBeGreaterThan(0)
        for (const { physicalLocation } of result.locations) {
          // A relative reference (RFC 3986), never a path of the machine.
          expect(physicalLocation.artifactLocation.uri).toMatch(/^[A-Za-z0-9._~%-][A-Za-z0-9._~%/-]*$/)
          if (physicalLocation.region !== undefined)
            expect(physicalLocation.region.startLine).toBeGreaterThan(0)
        }
        expect(Object.values(result.partialFingerprints)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
      }
    for (const rule of sarif.runs.flatMap((run) => run.tool.driver.rules))
      expect(Number(rule.properties['security-severity'])).toBeGreaterThan(0)
  })

  it('is what the metrics read: refused is what stopped; a secret is no vulnerability', () => {
    const record = readScan(JSON.stringify(sarif), 'scan.sarif', 'gate', 0)
    expect(record).toMatchObject({ at: NOW })
    expect('findings' in record ? record.findings.map(({ id, severity, refused }) => [id, severity, refused]) : []).toEqual([
      ['GO-1', 'high', true],
      ['GO-3', 'high', false],
      ['GO-2', 'high', false],
    ])
  }) // prettier-ignore
})

describe('the summary', () => {
  const report: ScanReport = {
    parts,
    gate,
    rules,
    skips: [],
    permit: undefined,
    reason: undefined,
    failures: [],
    notes: [],
    auditHead: undefined,
  }
  it('begins with the verdict; tells what stops, what passes and why, what was accepted, what was looked at', () => {
    const text = scanSummary(report)
    expect(text.split('\n')[0]).toBe('## Scan: stopped by 2 findings')
    for (const part of ['main.main → weak.Bad', 'go get example.com/weak@v1.0.1', '1 that do not stop', 'imported, but no vulnerable symbol is called', '1 accepted for a time', 'only our own input', 'https://vuln.example of 2026-11-01', 'remove them: `GO-9`', '/app/my server in r.example/app@sha256:abababababab…'])
      expect(text).toContain(part)
  }) // prettier-ignore

  it.each([
    ['a pass', { gate: judgeFindings([], rules, [], 'i', NOW) }, '## Scan: passed, nothing found by 3 scanners'],
    ['a pass with warnings', { gate: judgeFindings([finding({ severity: 'LOW' })], rules, [], 'i', NOW) }, '## Scan: passed (1 LOW)'],
    ['a scanner that could not look', { gate: judgeFindings([], rules, [], 'i', NOW), failures: ['no database'] }, '## Scan: not finished\n\n- **not scanned:** no database'],
    ['a skip', { gate: undefined, parts: [], skips: [{ what: 'all scanners', input: 'skip', value: 'true' }], permit: { by: '@mona', how: 'pipeline-admin' }, reason: 'the database is away' }, '## Scan: skipped\n\n> **Not scanned:** all scanners. Allowed by @mona (pipeline-admin): the database is away'],
  ])('of %s', (_, change, head) => {
    expect(scanSummary({ ...report, ...change }).startsWith(head)).toBe(true)
  }) // prettier-ignore
})
