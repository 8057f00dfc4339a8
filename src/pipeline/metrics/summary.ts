import { code, details, fence, inline, link, table } from '../../report/markdown.ts'
import { metricsMermaid } from './chart.ts'
import type { Metrics } from './compute.ts'
import { formatSeconds, formatValue, type Judgement, overall, type Verdict } from './gate.ts'

const MARKS: Readonly<Record<Verdict, string>> = {
  passed: '✅ within',
  failed: '❌ beyond',
  nodata: '⚪ no data',
  off: 'no limit',
}

export interface SummaryContext {
  readonly repository: string
  readonly environment: string
  readonly workflows: readonly string[]
  /** Where the vulnerabilities come from, in words. */
  readonly source: string
}

/** Markdown for the job summary: each number beside its limit, charts, what stands behind, and what was counted. */
export function metricsSummary(
  metrics: Metrics,
  judgements: readonly Judgement[],
  context: SummaryContext,
): string {
  const { window } = metrics
  const head = { passed: 'within its limits', failed: 'beyond its limits', nodata: 'not enough data', off: 'no limits set' }[overall(judgements)] // prettier-ignore
  const parts = [
    `## Pipeline metrics: ${head}`,
    `${code(context.repository)}, ${window.from.slice(0, 10)} to ${window.to.slice(0, 10)} (${window.days} days), environment ${code(context.environment)}`,
    table(
      [['', 'left'], ['value', 'right'], ['limit', 'right'], ['', 'left'], ['of', 'left']],
      judgements.map((one) => [
        inline(one.title),
        formatValue(one.value, one.unit),
        one.limit === undefined ? '' : `${one.better === 'high' ? '≥' : '≤'} ${formatValue(one.limit, one.unit)}`,
        MARKS[one.verdict],
        inline(one.evidence),
      ]),
    ),
    ...metricsMermaid(metrics).map((one) => fence(one.chart.split('\n'), 'mermaid')),
    numbers(metrics),
    escaped(metrics),
    metrics.partial.length === 0
      ? ''
      : `**Partial data**\n\n${metrics.partial.map((note) => `- ${inline(note)}`).join('\n')}`,
    details('What is counted', counted(context)),
  ] // prettier-ignore
  return parts.filter((part) => part !== '').join('\n\n')
}

function numbers(metrics: Metrics): string {
  const { builds, deployments, rollbacks, changes } = metrics
  const times = [
    ['run that succeeds', builds.duration],
    ['deployment', deployments.duration],
    ['gray release', deployments.grayDuration],
    ['lead time (commit to live)', changes.leadTime],
    ['bad version to rollback', rollbacks.timeToRestore],
  ] as const
  const cell = (value: number | undefined): string => (value === undefined ? '' : formatSeconds(value))
  const rows = times.filter(([, spread]) => spread.count > 0)
  const first = builds.firstTryRate
  return [
    rows.length === 0
      ? ''
      : table(
          [['time of a', 'left'], ['number', 'right'], ['mean', 'right'], ['median', 'right'], ['p90', 'right']],
          rows.map(([name, of]) => [name, String(of.count), cell(of.mean), cell(of.median), cell(of.p90)]),
        ),
    [
      first === undefined ? '' : `${formatValue(first, 'percent')} of the runs succeeded at the first attempt.`,
      deployments.perWeek === undefined ? '' : `${deployments.perWeek.toFixed(1)} deployments a week, ${deployments.failed} failed.`,
      rollbacks.perWeek === undefined ? '' : `${rollbacks.perWeek.toFixed(1)} rollbacks a week: ${rollbacks.ofGrayReleases} gray releases taken back, ${rollbacks.toOlderVersions} returns to an older version.`,
    ].filter((part) => part !== '').join(' '),
  ].filter((part) => part !== '').join('\n\n') // prettier-ignore
}

function escaped(metrics: Metrics): string {
  const list = metrics.vulnerabilities.list.filter((one) => one.verdict !== 'stopped')
  if (list.length === 0) return ''
  const rows = list
    .slice(0, 20)
    .map((one) => [link(code(one.id), one.url), code(one.place), one.severity, one.verdict, inline(one.why)])
  const more = list.length > 20 ? `\n\nand ${list.length - 20} more in metrics.json` : ''
  return `**Vulnerabilities that were not stopped**\n\n${table(
    [['', 'left'], ['where', 'left'], ['severity', 'left'], ['', 'left'], ['why', 'left']],
    rows,
  )}${more}` // prettier-ignore
}

const counted = ({ environment, workflows, source }: SummaryContext): string =>
  [
    `- Builds: runs of ${workflows.length === 0 ? 'every workflow' : workflows.map(code).join(', ')} that were made in the window and have ended, by their last attempt. Cancelled, skipped and waiting ones are left out.`,
    `- Deploy time: from the start of work to success of each deployment of ${code(environment)}; waiting in a queue or for an approval is left out. Gray releases watch their metrics on purpose and are told apart.`,
    '- Rollbacks: gray releases that were taken back, and deployments whose commit is older than that of the version before (or whose version was live before it). The limit is for the worst seven days.',
    '- Lead time: from the committer date of each commit to the moment its version was live.',
    '- Changes that failed: versions that were taken back, of all that went live for the first time or were taken back on the way.',
    `- Vulnerabilities: ${source}`,
  ].join('\n')
