import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runMetrics } from '../../../../src/actions/stages/metrics/run.ts'
import type { StageEnd } from '../../../../src/actions/stages/stage.ts'
import { PipelineError } from '../../../../src/base/errors.ts'
import { GitHubDouble } from '../../../support/github-double.ts'
import { testAct } from '../../../support/registry-act.ts'

let double: GitHubDouble
let folder: string
beforeEach(async () => {
  double = await GitHubDouble.start()
  folder = await mkdtemp(join(tmpdir(), 'gip-metrics-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
  await double.close()
})

const DEFAULTS: Record<string, string> = {
  repository: 'acme/shop',
  until: '2026-11-21T00:00:00Z',
  'github-token': 'ghs_test-token-123',
  'report-dir': 'out',
}

let lines: string[] = []
async function metrics(values: Record<string, string> = {}): Promise<StageEnd> {
  const act = testAct({ env: { GITHUB_API_URL: double.url, GITHUB_WORKSPACE: folder } })
  lines = act.lines
  try {
    return await runMetrics((name) => values[name] ?? DEFAULTS[name] ?? '', {
      ...act,
      cancel: () => undefined,
      close: () => Promise.resolve(),
    })
  } finally {
    await act.http.close()
  }
}

const failure = async (values: Record<string, string>): Promise<PipelineError> => {
  const found = await metrics(values).then(
    (end) => end.failure,
    (error: unknown) => error,
  )
  if (found instanceof PipelineError) return found
  throw new Error(`no failure: ${String(found)}`)
}

const SHA = (letter: string): string => letter.repeat(40)
const numbersOf = (end: StageEnd): Record<string, Record<string, unknown>> =>
  JSON.parse(end.outputs['metrics'] ?? '') as Record<string, Record<string, unknown>>

function aMonth(): void {
  for (let id = 1; id <= 60; id++)
    double.addEndedRun(id, {
      workflow: 'ci.yml',
      createdAt: `2026-11-${String(1 + (id % 20)).padStart(2, '0')}T08:00:00Z`,
      seconds: 100,
      conclusion: id === 7 ? 'failure' : id === 8 ? 'cancelled' : 'success',
    })
  double.addEndedRun(99, { workflow: 'other.yml', createdAt: '2026-11-05T08:00:00Z', seconds: 1, conclusion: 'failure' }) // prettier-ignore
  double.addDeployment({ sha: SHA('0'), at: '2026-10-01T10:00:00Z' }, [['success', '2026-10-01T10:02:00Z']])
  double.addDeployment({ sha: SHA('a'), at: '2026-11-02T10:00:00Z' }, [
    ['in_progress', '2026-11-02T10:00:10Z'],
    ['success', '2026-11-02T10:02:10Z'],
  ])
  double.addDeployment({ sha: SHA('b'), at: '2026-11-09T10:00:00Z' }, [
    ['in_progress', '2026-11-09T10:00:00Z'],
    ['success', '2026-11-09T10:04:00Z'],
  ])
  double.addDeployment({ sha: SHA('c'), at: '2026-11-10T10:00:00Z', environment: 'staging' }, [])
  double.addDeployment({ sha: SHA('a'), at: '2026-11-09T12:00:00Z' }, [
    ['in_progress', '2026-11-09T12:00:00Z'],
    ['success', '2026-11-09T12:01:00Z'],
  ])
  const commit = (letter: string, at: string): { sha: string; at: string } => ({ sha: SHA(letter), at })
  double.comparisons.set(`${SHA('0')}...${SHA('a')}`, { status: 'ahead', commits: [commit('a', '2026-11-02T09:00:00Z')] }) // prettier-ignore
  double.comparisons.set(`${SHA('a')}...${SHA('b')}`, { status: 'ahead', commits: [commit('b', '2026-11-09T09:00:00Z')], total: 3 }) // prettier-ignore
  double.comparisons.set(`${SHA('b')}...${SHA('a')}`, { status: 'behind', commits: [] })
  double.addAlert({ rule: 'CVE-1', createdAt: '2026-11-01T00:00:00Z', fixedAt: '2026-11-01T12:00:00Z' })
  double.addAlert({ rule: 'CVE-2', createdAt: '2026-11-08T00:00:00Z' })
}

describe('metrics', () => {
  it('counts a month and writes it down', async () => {
    aMonth()
    double.pageSize = 25
    const end = await metrics({ workflows: 'ci.yml', gate: 'false' })
    expect(end.failure).toBeUndefined()
    expect(numbersOf(end)).toMatchObject({
      builds: { counted: 59, succeeded: 58, failed: 1, leftOut: 1, duration: { mean: 100 } },
      deployments: { live: 3, duration: { count: 3, mean: 140, p90: 240 } },
      rollbacks: { count: 1, toOlderVersions: 1, worstWeek: 1 },
      changes: { count: 2, failed: 1, failureRate: 50, leadTime: { count: 2 } },
      vulnerabilities: { found: 2, stopped: 1, escaped: 1, stoppedRate: 50 },
      partial: [`lead time of ${'b'.repeat(12)}: 1 of 3 commits were read`],
    })
    expect(end.outputs).toMatchObject({ verdict: 'failed', report: join(folder, 'out') })
    expect(lines).toContain('warning: Vulnerabilities stopped: 50 %, at least 90 % is asked for')
    const file = JSON.parse(await readFile(join(folder, 'out/metrics.json'), 'utf8')) as Record<
      string,
      unknown
    >
    expect(file).toMatchObject({ schema: 1, repository: 'acme/shop', verdict: 'failed' })
    expect(await readFile(join(folder, 'out/metrics.prom'), 'utf8')).toContain(
      'gip_pipeline_builds{repository="acme/shop",environment="production",result="success"} 58\n',
    )
    expect(await readFile(join(folder, 'out/metrics.svg'), 'utf8')).toMatch(/^<svg /)
    expect(await readFile(join(folder, 'out/summary.md'), 'utf8')).toBe(`${end.summary ?? ''}\n`)
  })

  it('fails by its limits, each told, and passes within them', async () => {
    aMonth()
    const error = await failure({ workflows: 'ci.yml', 'max-deploy-time': '2m', 'max-rollbacks-per-week': '0', 'max-change-failure-rate': '15' }) // prettier-ignore
    expect(error.kind).toBe('gate')
    expect(error.problems.map((one) => one.what)).toEqual([
      'Mean deploy time: 2 m 20 s, at most 2 m 00 s is asked for',
      'Vulnerabilities stopped: 50 %, at least 90 % is asked for',
      'Rollbacks in the worst week: 1, at most 0 is asked for',
      'Changes that failed: 50 %, at most 15 % is asked for',
    ])
    const end = await metrics({ workflows: 'ci.yml', 'min-vulnerabilities-stopped': '50' })
    expect(end.failure).toBeUndefined()
    expect(end.outputs['verdict']).toBe('passed')
  })

  it('says that there is nothing to count instead of 100 %', async () => {
    const end = await metrics()
    expect(end.failure).toBeUndefined()
    expect(end.outputs['verdict']).toBe('nodata')
    expect(end.summary).toContain('| Builds that succeed | no data |')
    expect((await failure({ 'on-nodata': 'fail' })).problems.map((one) => one.code)).toContain(
      'metrics-no-data',
    )
  })

  it('reads more than a search can give by halving the window', async () => {
    for (let id = 1; id <= 1500; id++)
      double.addEndedRun(id, {
        workflow: 'ci.yml',
        createdAt: new Date(Date.parse('2026-11-01T00:00:00Z') + id * 600_000).toISOString(),
        seconds: 1,
        conclusion: 'success',
      })
    const end = await metrics()
    expect(numbersOf(end)).toMatchObject({ builds: { counted: 1500 }, partial: [] })
  })

  it('says when an hour holds more than GitHub gives', async () => {
    for (let id = 1; id <= 1100; id++)
      double.addEndedRun(id, { workflow: 'ci.yml', createdAt: '2026-11-05T08:00:00Z', seconds: 1, conclusion: 'success' }) // prettier-ignore
    const numbers = numbersOf(await metrics())
    expect(numbers).toMatchObject({
      builds: { counted: 1000 },
      partial: [expect.stringMatching(/^100 runs before .* were not read/)],
    })
  })

  it('goes on without code scanning, and says so', async () => {
    double.fail({
      when: (one) => one.path.endsWith('/alerts'),
      status: 404,
      body: { message: 'no analysis found' },
    })
    const end = await metrics()
    expect(numbersOf(end)['partial']).toEqual([expect.stringContaining('no analysis found')])
  })

  it('takes scan reports in the place of alerts', async () => {
    const result = (ruleId: string, level: string): object => ({ ruleId, level, properties: { severity: 'CRITICAL' } }) // prettier-ignore
    await mkdir(join(folder, 'scans/1'), { recursive: true })
    await writeFile(join(folder, 'scans/1/scan.sarif'), JSON.stringify({ runs: [{ invocations: [{ endTimeUtc: '2026-11-20T00:00:00Z' }], results: [result('A', 'error'), result('B', 'warning')] }] })) // prettier-ignore
    const end = await metrics({ 'scan-reports': 'scans/**/*.sarif', gate: 'false' })
    expect(numbersOf(end)['vulnerabilities']).toMatchObject({ found: 2, stopped: 1, escaped: 1 })
    expect(double.seen.some((one) => one.path.endsWith('/alerts'))).toBe(false)
    await writeFile(join(folder, 'scans/1/scan.sarif'), 'nonsense')
    expect((await failure({ 'scan-reports': 'scans/**/*.sarif' })).problems[0]).toMatchObject({
      code: 'metrics-scan-report',
      where: 'scans/1/scan.sarif',
    })
  })

  it('names a workflow that is not there', async () => {
    expect((await failure({ workflows: 'nope.yml' })).problems[0]).toMatchObject({
      code: 'metrics-no-workflow',
      value: 'nope.yml',
    })
  })

  it('tells every bad input at once', async () => {
    const error = await failure({
      window: '5h',
      until: 'tomorrow',
      repository: 'acme',
      workflows: '../x',
      severities: 'bad',
      'min-success-rate': '101',
      'max-deploy-time': 'soon',
      vulnerabilities: 'reports',
    })
    expect(error.kind).toBe('input')
    expect(error.problems.map((one) => one.input).sort()).toEqual(
      ['max-deploy-time', 'min-success-rate', 'repository', 'severities', 'until', 'vulnerabilities', 'workflows'],
    ) // prettier-ignore
    expect((await failure({ window: '999d' })).problems[0]).toMatchObject({ input: 'window' })
  })
})
