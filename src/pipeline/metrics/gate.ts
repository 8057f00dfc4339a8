import type { Problem } from '../../base/errors.ts'
import { count } from '../../report/format.ts'
import type { Metrics } from './compute.ts'

/** Undefined is no limit. Shares in percent, times in seconds. */
export interface Limits {
  readonly minSuccessRate: number | undefined
  readonly maxDeployTime: number | undefined
  readonly minVulnerabilitiesStopped: number | undefined
  readonly maxRollbacksPerWeek: number | undefined
  readonly maxLeadTime: number | undefined
  readonly maxChangeFailureRate: number | undefined
}

export type Verdict = 'passed' | 'failed' | 'nodata' | 'off'

export interface Judgement {
  readonly id: 'success-rate' | 'deploy-time' | 'vulnerabilities-stopped' | 'rollbacks' | 'lead-time' | 'change-failure-rate' // prettier-ignore
  readonly title: string
  readonly unit: 'percent' | 'seconds' | 'count'
  readonly value: number | undefined
  readonly limit: number | undefined
  readonly better: 'high' | 'low'
  readonly verdict: Verdict
  /** How much stands behind the value. */
  readonly evidence: string
}

/** Each number beside its limit. Without data there is no verdict: an empty week is neither good nor bad. */
export function judgeMetrics(metrics: Metrics, limits: Limits): Judgement[] {
  const { builds, deployments, rollbacks, changes, vulnerabilities } = metrics
  const one = (
    id: Judgement['id'],
    title: string,
    unit: Judgement['unit'],
    better: Judgement['better'],
    value: number | undefined,
    limit: number | undefined,
    evidence: string,
  ): Judgement => ({ id, title, unit, better, value, limit, evidence, verdict: verdictOf(value, limit, better) }) // prettier-ignore
  return [
    one('success-rate', 'Builds that succeed', 'percent', 'high', builds.successRate, limits.minSuccessRate, `${builds.succeeded} of ${builds.counted} runs`), // prettier-ignore
    one('deploy-time', 'Mean deploy time', 'seconds', 'low', deployments.duration.mean, limits.maxDeployTime, count(deployments.duration.count, 'deployment')), // prettier-ignore
    one('vulnerabilities-stopped', 'Vulnerabilities stopped', 'percent', 'high', vulnerabilities.stoppedRate, limits.minVulnerabilitiesStopped, `${vulnerabilities.stopped} of ${vulnerabilities.stopped + vulnerabilities.escaped}`), // prettier-ignore
    one('rollbacks', 'Rollbacks in the worst week', 'count', 'low', rollbacks.worstWeek, limits.maxRollbacksPerWeek, `${rollbacks.count} in the window`), // prettier-ignore
    one('lead-time', 'Lead time, median', 'seconds', 'low', changes.leadTime.median, limits.maxLeadTime, count(changes.leadTime.count, 'commit')), // prettier-ignore
    one('change-failure-rate', 'Changes that failed', 'percent', 'low', changes.failureRate, limits.maxChangeFailureRate, `${changes.failed} of ${changes.count} changes`), // prettier-ignore
  ]
}

function verdictOf(
  value: number | undefined,
  limit: number | undefined,
  better: Judgement['better'],
): Verdict {
  if (limit === undefined) return 'off'
  if (value === undefined) return 'nodata'
  // Not rounded before: 97.96 shown as 98.0 must not pass a limit of 98.
  return (better === 'high' ? value >= limit : value <= limit) ? 'passed' : 'failed'
}

/** Failed before no data before passed; `off` when nothing is limited. */
export function overall(judgements: readonly Judgement[]): Verdict {
  for (const verdict of ['failed', 'nodata', 'passed'] as const)
    if (judgements.some((one) => one.verdict === verdict)) return verdict
  return 'off'
}

const FIXES: Readonly<Record<Judgement['id'], string>> = {
  'success-rate': 'look at the failed runs that the summary names; a flaky test shows as a success at a second attempt',
  'deploy-time': 'look at the slowest deployments in the summary; waiting for a person is not counted',
  'vulnerabilities-stopped': 'let the scan gate stop what escaped: the summary names each with the deployment it went out with',
  rollbacks: 'find what the tests did not: the summary names the versions that were taken back',
  'lead-time': 'release smaller changes more often',
  'change-failure-rate': 'test nearer to production before the release; a gray release keeps the damage small',
} // prettier-ignore

/** What the gate refuses; with `nodataFails` also what could not be judged. */
export function gateProblems(judgements: readonly Judgement[], nodataFails: boolean): Problem[] {
  return judgements.flatMap((one): Problem[] => {
    if (one.verdict === 'failed')
      return [
        {
          code: 'metrics-limit',
          what: `${one.title}: ${formatValue(one.value, one.unit)}, ${one.better === 'high' ? 'at least' : 'at most'} ${formatValue(one.limit, one.unit)} is asked for`,
          cause: one.evidence,
          fix: FIXES[one.id],
        },
      ]
    if (one.verdict === 'nodata' && nodataFails)
      return [
        {
          code: 'metrics-no-data',
          what: `${one.title}: nothing to count in the window`,
          cause: one.evidence,
          fix: 'take a longer window, or set on-nodata: ignore',
        },
      ]
    return []
  })
}

/** `97.9 %` (never rounded up to a limit), `4 m 05 s`, `3`, `no data`. */
export function formatValue(value: number | undefined, unit: Judgement['unit']): string {
  if (value === undefined) return 'no data'
  if (unit === 'percent') return `${String(Math.floor(value * 100 + 1e-9) / 100)} %`
  if (unit === 'count') return String(value)
  return formatSeconds(value)
}

/** `45 s`, `4 m 05 s`, `3 h 20 m`, `2 d 4 h`. */
export function formatSeconds(seconds: number): string {
  const total = Math.round(seconds)
  const pad = (value: number): string => String(value).padStart(2, '0')
  if (total < 60) return `${total} s`
  if (total < 3600) return `${Math.floor(total / 60)} m ${pad(total % 60)} s`
  if (total < 86_400) return `${Math.floor(total / 3600)} h ${pad(Math.floor((total % 3600) / 60))} m`
  return `${Math.floor(total / 86_400)} d ${Math.floor((total % 86_400) / 3600)} h`
}
