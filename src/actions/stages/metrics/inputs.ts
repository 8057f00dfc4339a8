import { type Problem } from '../../../base/errors.ts'
import type { Environment } from '../../../base/platform.ts'
import type { Secrets } from '../../../base/secrets.ts'
import { parseRepository, type Repository } from '../../../github/client.ts'
import type { Window } from '../../../pipeline/metrics/facts.ts'
import type { Limits } from '../../../pipeline/metrics/gate.ts'
import { InputReader } from '../../reader.ts'
import { METRICS } from './spec.ts'

export interface MetricsInputs {
  readonly window: Window
  readonly repository: Repository
  readonly workflows: readonly string[]
  readonly branch: string | undefined
  readonly event: string | undefined
  readonly environment: string
  readonly source: 'auto' | 'alerts' | 'reports' | 'off'
  readonly scanReports: readonly string[]
  readonly watchReports: readonly string[]
  readonly severities: readonly string[]
  readonly token: string
  readonly limits: Limits
  readonly gate: boolean
  readonly nodataFails: boolean
  readonly reportDir: string | undefined
  readonly problems: readonly Problem[]
}

const SEVERITIES = ['critical', 'high', 'medium', 'low']
const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } // prettier-ignore
const MOST_DAYS = 180

/** Reads the inputs; every problem is in `problems`. `now` in ms since the epoch. */
export function loadMetrics(
  read: (name: string) => string,
  act: { readonly env: Environment; readonly secrets: Secrets },
  now: number,
): MetricsInputs {
  const reader = new InputReader(METRICS.inputs, read, act.secrets)
  const severities = reader.list('severities', { commas: true }).map((one) => one.toLowerCase())
  for (const one of severities)
    if (!SEVERITIES.includes(one))
      reader.bad('severities', one, 'not a severity', `use ${SEVERITIES.join(', ')}`)
  const workflows = reader
    .list('workflows', { commas: true })
    .map((one) => one.replace(/^\.github\/workflows\//, ''))
  for (const one of workflows)
    if (!/^[\w.-]+\.ya?ml$|^\d+$/.test(one))
      reader.bad('workflows', one, 'not a workflow file', 'write the name of the file, for example ci.yml')
  const environment = reader.text('environment')
  const source = reader.choice<MetricsInputs['source']>('vulnerabilities')
  const scanReports = reader.list('scan-reports')
  const watchReports = reader.list('watch-reports')
  if (source === 'reports' && scanReports.length + watchReports.length === 0)
    reader.bad('vulnerabilities', source, 'no reports are named', 'set scan-reports, or use alerts')
  const limits: Limits = {
    minSuccessRate: limit(reader, 'min-success-rate', 100),
    maxDeployTime: span(reader, 'max-deploy-time'),
    minVulnerabilitiesStopped: limit(reader, 'min-vulnerabilities-stopped', 100),
    maxRollbacksPerWeek: limit(reader, 'max-rollbacks-per-week', 1_000_000),
    maxLeadTime: span(reader, 'max-lead-time'),
    maxChangeFailureRate: limit(reader, 'max-change-failure-rate', 100),
  }
  return {
    window: windowOf(reader, now),
    repository: repositoryOf(reader, act.env),
    workflows,
    branch: reader.optional('branch'),
    event: reader.optional('event'),
    environment,
    source,
    scanReports,
    watchReports,
    severities,
    token: reader.text('github-token'),
    limits,
    gate: reader.boolean('gate'),
    nodataFails: reader.choice('on-nodata') === 'fail',
    reportDir: reader.optional('report-dir'),
    problems: reader.problems,
  }
}

function windowOf(reader: InputReader, now: number): Window {
  const until = reader.optional('until')
  // Whole seconds, as the API has them.
  const to = Math.floor((until === undefined ? now : Date.parse(until)) / 1000) * 1000
  if (Number.isNaN(to)) {
    reader.bad('until', until ?? '', 'not a date', 'write for example 2026-11-21 or 2026-11-21T12:00:00Z')
    return { from: now, to: now }
  }
  const match = /^(\d+)([dw])$/.exec(reader.text('window'))
  const length = Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN)
  if (!(length > 0) || length > MOST_DAYS * 86_400_000) {
    reader.bad(
      'window',
      reader.text('window'),
      'not a window',
      `write for example 7d or 4w, at most ${MOST_DAYS}d`,
    )
    return { from: to, to }
  }
  return { from: to - length, to }
}

function repositoryOf(reader: InputReader, env: Environment): Repository {
  const text = reader.optional('repository') ?? env['GITHUB_REPOSITORY'] ?? ''
  try {
    return parseRepository(text)
  } catch {
    reader.bad('repository', text, 'not a repository', 'write OWNER/NAME')
    return { owner: '', repo: '' }
  }
}

function limit(reader: InputReader, name: string, most: number): number | undefined {
  const text = reader.text(name).replace(/\s*%$/, '')
  if (text === 'none') return undefined
  const value = Number(text)
  if (Number.isFinite(value) && value >= 0 && value <= most) return value
  reader.bad(name, reader.text(name), 'not a limit', most === 100 ? 'write a percentage, for example 98, or none' : 'write a number, or none') // prettier-ignore
  return undefined
}

/** In seconds. */
function span(reader: InputReader, name: string): number | undefined {
  const text = reader.text(name)
  if (text === 'none') return undefined
  const match = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text)
  const value = (Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN)) / 1000
  if (value > 0) return value
  reader.bad(name, text, 'not a time', 'write for example 90s, 5m, 1h or 2d, or none')
  return undefined
}
