import type { Metrics, Spread } from './compute.ts'
import { type Judgement, overall } from './gate.ts'

type Labels = Readonly<Record<string, string>>
interface Sample {
  readonly labels?: Labels
  readonly value: number | undefined
}

/**
 * The numbers as an OpenMetrics 1.0 text exposition, for the textfile collector of node_exporter or a Pushgateway: gauges,
 * shares as ratios from 0 to 1, times in seconds, without timestamps. What has no data has no sample.
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export function openMetrics(metrics: Metrics, judgements: readonly Judgement[], common: Labels): string {
  const lines: string[] = []
  const family = (name: string, unit: 'seconds' | 'ratio' | '', help: string, samples: readonly Sample[]): void => {
    const known = samples.flatMap(({ labels, value }) => (value === undefined ? [] : [{ labels, value }]))
    if (known.length === 0) return
    // The unit must be the end of the name.
    const full = `gip_pipeline_${name}${unit === '' ? '' : `_${unit}`}`
    lines.push(`# TYPE ${full} gauge`)
    if (unit !== '') lines.push(`# UNIT ${full} ${unit}`)
    lines.push(`# HELP ${full} ${escaped(help)}`)
    for (const { labels, value } of known) lines.push(`${full}${labelText({ ...common, ...labels })} ${value}`)
  } // prettier-ignore
  const ratio = (percent: number | undefined): number | undefined =>
    percent === undefined ? undefined : Math.round(percent * 1e4) / 1e6
  const spread = (of: Spread, labels: Labels = {}): Sample[] =>
    (['mean', 'median', 'p90'] as const).map((stat) => ({ labels: { ...labels, stat }, value: of[stat] }))
  const { builds, deployments, rollbacks, changes, vulnerabilities } = metrics
  family('window', 'seconds', 'Length of the window that was counted.', [
    { value: (Date.parse(metrics.window.to) - Date.parse(metrics.window.from)) / 1000 },
  ])
  family('builds', '', 'Workflow runs in the window.', [
    { labels: { result: 'success' }, value: builds.succeeded },
    { labels: { result: 'failure' }, value: builds.failed },
    { labels: { result: 'left_out' }, value: builds.leftOut },
  ])
  family('build_success', 'ratio', 'Runs that succeeded, of those that succeeded or failed.', [
    { value: ratio(builds.successRate) },
  ])
  family('build_duration', 'seconds', 'Time of runs that succeeded.', spread(builds.duration))
  family('deployments', '', 'Deployments in the window.', [
    { labels: { result: 'live' }, value: deployments.live },
    { labels: { result: 'failed' }, value: deployments.failed },
    { labels: { result: 'rolled_back' }, value: rollbacks.ofGrayReleases },
  ])
  family('deploy_duration', 'seconds', 'Time of deployments that went live, without waiting for people.', [
    ...spread(deployments.duration, { kind: 'direct' }),
    ...spread(deployments.grayDuration, { kind: 'gray' }),
  ])
  family('rollbacks', '', 'Rollbacks in the window.', [
    { labels: { kind: 'gray_release' }, value: rollbacks.ofGrayReleases },
    { labels: { kind: 'older_version' }, value: rollbacks.toOlderVersions },
  ])
  family('rollbacks_worst_week', '', 'The most rollbacks in any seven days.', [
    { value: rollbacks.worstWeek },
  ])
  family('time_to_restore', 'seconds', 'From a bad version to the rollback.', spread(rollbacks.timeToRestore))
  family('lead_time', 'seconds', 'From commit to live.', spread(changes.leadTime))
  family('change_failure', 'ratio', 'Changes that were taken back.', [{ value: ratio(changes.failureRate) }])
  family('vulnerabilities', '', 'Vulnerabilities found in the window.', [
    { labels: { verdict: 'stopped' }, value: vulnerabilities.stopped },
    { labels: { verdict: 'escaped' }, value: vulnerabilities.escaped },
    { labels: { verdict: 'undecided' }, value: vulnerabilities.undecided },
  ])
  family('vulnerabilities_stopped', 'ratio', 'Vulnerabilities that were stopped, of those that can be judged.', [
    { value: ratio(vulnerabilities.stoppedRate) },
  ]) // prettier-ignore
  const verdict = overall(judgements)
  family('within_limits', '', '1 when no limit is broken, 0 when one is; absent without data.', [
    { value: verdict === 'passed' ? 1 : verdict === 'failed' ? 0 : undefined },
  ])
  return `${lines.join('\n')}\n# EOF\n`
}

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')

const labelText = (labels: Labels): string => {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}
