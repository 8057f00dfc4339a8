import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError, type Problem } from '../../../base/errors.ts'
import { writeAtomic } from '../../../base/files.ts'
import { GitHub, githubSettings } from '../../../github/client.ts'
import { findFiles } from '../../../pipeline/glob.ts'
import { metricsSvg } from '../../../pipeline/metrics/chart.ts'
import { collectFacts } from '../../../pipeline/metrics/collect.ts'
import { computeMetrics, type Metrics } from '../../../pipeline/metrics/compute.ts'
import type { Facts } from '../../../pipeline/metrics/facts.ts'
import { gateProblems, type Judgement, judgeMetrics, overall } from '../../../pipeline/metrics/gate.ts'
import { openMetrics } from '../../../pipeline/metrics/openmetrics.ts'
import { readScan, scanFacts, type ScanRecord } from '../../../pipeline/metrics/scans.ts'
import { metricsSummary } from '../../../pipeline/metrics/summary.ts'
import { redactAll } from '../../../report/files.ts'
import { makeReportFolder, stageFolder, workspaceOf } from '../../folders.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'
import { loadMetrics, type MetricsInputs } from './inputs.ts'

/** Reads the window from GitHub, counts, writes the report files, and judges by the limits. */
export async function runMetrics(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const inputs = loadMetrics(read, act, act.clock.now())
  const top = workspaceOf(act.env)
  const scans = inputs.problems.length > 0 ? { records: [], problems: [] } : await readScans(inputs, top)
  const problems = [...inputs.problems, ...scans.problems]
  if (problems.length > 0) throw new PipelineError('input', problems)

  const reports = inputs.source === 'reports' || (inputs.source === 'auto' && scans.records.length > 0)
  const alerts = inputs.source === 'alerts' || (inputs.source === 'auto' && !reports)
  const github = new GitHub(githubSettings(act.env, inputs.token), act)
  const collected = await collectFacts(
    { ...inputs, severities: alerts ? inputs.severities : [] },
    github,
    act,
  )
  const facts: Facts = reports
    ? { ...collected, vulnerabilities: scanFacts(scans.records, inputs.severities) }
    : collected
  const metrics = computeMetrics(facts)
  const judgements = judgeMetrics(metrics, inputs.limits)
  const verdict = overall(judgements)
  const repository = `${inputs.repository.owner}/${inputs.repository.repo}`
  const summary = metricsSummary(metrics, judgements, {
    repository,
    environment: inputs.environment,
    workflows: inputs.workflows,
    source: sourceText(inputs, reports, alerts),
  })
  const folder = stageFolder('metrics', inputs.reportDir, act.env)
  await writeFiles(folder, { metrics, judgements, verdict, repository, inputs, summary }, act)
  const refused = gateProblems(judgements, inputs.nodataFails)
  for (const problem of refused) if (!inputs.gate) act.log.warning(problem.what)
  const { days: _days, ...builds } = metrics.builds
  const { list: _list, ...deployments } = metrics.deployments
  const { list: _all, ...vulnerabilities } = metrics.vulnerabilities
  return {
    outputs: {
      verdict,
      metrics: JSON.stringify({ ...metrics, builds, deployments, vulnerabilities }),
      judgements: JSON.stringify(judgements.map(({ id, value, limit, verdict: one }) => ({ id, value, limit, verdict: one }))),
      report: folder,
    },
    summary,
    ...(inputs.gate && refused.length > 0 ? { failure: new PipelineError('gate', refused) } : {}),
  } // prettier-ignore
}

async function readScans(
  inputs: MetricsInputs,
  top: string,
): Promise<{ records: ScanRecord[]; problems: Problem[] }> {
  const records: ScanRecord[] = []
  const problems: Problem[] = []
  if (inputs.source === 'alerts' || inputs.source === 'off') return { records, problems }
  for (const [where, globs] of [['gate', inputs.scanReports], ['watch', inputs.watchReports]] as const)
    for (const file of globs.length === 0 ? [] : await findFiles(top, globs)) {
      const path = join(top, file)
      // Better than nothing: a file that was made in this job has the time of its scan.
      const { mtimeMs } = await stat(path)
      const fallback = Math.min(Math.max(mtimeMs, inputs.window.from), inputs.window.to)
      const found = readScan(await readFile(path, 'utf8'), file, where, fallback)
      if ('code' in found) problems.push(found)
      else records.push(found)
    } // prettier-ignore
  return { records, problems }
}

function sourceText(inputs: MetricsInputs, reports: boolean, alerts: boolean): string {
  const severities = inputs.severities.join(', ')
  if (reports)
    return `SARIF reports of scans, severities ${severities}. Stopped: a scan gate refused it. Escaped: a gate let it through, or it was found in something published. Each vulnerability counts once for each place.`
  if (alerts)
    return `alerts of code scanning found in the window, severities ${severities}, on the default branch, without those dismissed as false or used in tests. Stopped: fixed before another version went live. Escaped: a version went live while it was open. Open with nothing gone live since: not counted yet.`
  return 'not counted (vulnerabilities: off).'
}

async function writeFiles(
  folder: string,
  report: {
    readonly metrics: Metrics
    readonly judgements: readonly Judgement[]
    readonly verdict: string
    readonly repository: string
    readonly inputs: MetricsInputs
    readonly summary: string
  },
  act: Shell,
): Promise<void> {
  const { metrics, judgements, repository, inputs } = report
  const labels = { repository, environment: inputs.environment }
  const json = redactAll({ schema: 1, ...labels, verdict: report.verdict, judgements, metrics }, act.secrets)
  const files: [string, string | undefined][] = [
    ['summary.md', `${report.summary}\n`],
    ['metrics.svg', metricsSvg(metrics, repository, inputs.limits.maxDeployTime)],
    ['metrics.prom', openMetrics(metrics, judgements, labels)],
    ['metrics.json', `${JSON.stringify(json, null, 2)}\n`],
  ]
  await makeReportFolder(folder)
  for (const [name, content] of files)
    if (content !== undefined) await writeAtomic(join(folder, name), act.secrets.redact(content))
  act.log.info(`metrics are in ${folder}`)
}
