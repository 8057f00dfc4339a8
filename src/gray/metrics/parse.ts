import { parseDocument } from 'yaml'
import type { Problem } from '../../base/errors.ts'
import { METRIC_PRESETS, type MetricPreset } from '../presets.ts'
import { Place } from './fields.ts'
import { countersOf, ownMetric, standardMetrics } from './rules.ts'
import type { MetricsSettings, MetricSpec, ServerSettings, SloSettings } from './settings.ts'
import { METRICS, type MetricsFile } from './shape.ts'

export interface ParsedMetrics {
  /** Absent when there is a problem. */
  readonly settings?: MetricsSettings
  readonly problems: readonly Problem[]
}

/**
 * Reads the metrics file, or the same text inline. `file` is its name for messages. All faults are told at once; unknown
 * fields are faults.
 */
export function parseMetrics(text: string, file = 'metrics'): ParsedMetrics {
  const problems: Problem[] = []
  const place = new Place(file, problems)
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true })
  for (const error of [...document.errors, ...document.warnings]) {
    const at = error.linePos?.[0]
    problems.push({
      code: 'gray-metrics',
      what: `${file} is not good YAML`,
      cause: error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? error.code,
      where: at === undefined ? file : `${file}:${at.line}:${at.col}`,
      fix: 'correct the line; texts that hold ": ", "#", "{" or quotes go into single quotes',
      input: 'metrics',
    })
  }
  if (problems.length > 0) return { problems }
  let value: unknown
  try {
    value = document.toJS({ maxAliasCount: 100 })
  } catch {
    place.fault('has too many aliases', 'write the values out')
    return { problems }
  }
  const read = METRICS.read(value, place)
  if (read === undefined) return { problems }
  const settings = resolve(read, place)
  return problems.length > 0 ? { problems } : { settings, problems }
}

function resolve(file: MetricsFile, place: Place): MetricsSettings {
  if ((file['version-label'] === undefined) === (file.selectors === undefined))
    place.fault(
      file.selectors === undefined
        ? 'does not say how the two versions are told apart'
        : 'has both version-label and selectors',
      file.selectors === undefined
        ? 'add "version-label: version" (the label that holds the version), or selectors: {old: …, new: …}'
        : 'keep one of the two',
    )
  if (
    file.selectors !== undefined &&
    JSON.stringify(file.selectors.old) === JSON.stringify(file.selectors.new)
  )
    place
      .at('selectors')
      .fault('are the same for both versions', 'write what differs: an instance, a version, a server')
  const preset = METRIC_PRESETS.find(({ name }) => name === file.preset)
  const metrics = metricsOf(file, preset, place)
  const score = { pass: file.score?.pass ?? 95, marginal: file.score?.marginal ?? 75 }
  if (score.marginal > score.pass)
    place.at('score').fault('has marginal above pass', 'marginal must not exceed pass', score)
  const slo = sloOf(file, preset, place)
  if (slo !== undefined) metrics.push(burnMetric(slo, file.slo?.burn ?? BURN))
  if (metrics.length === 0)
    place.fault(
      'names nothing to judge',
      `add "preset:" (${METRIC_PRESETS.map(({ name }) => name).join(', ')}), or metrics`,
    )
  else if (metrics.every(({ action, dryRun }) => dryRun || action === 'warn' || action === 'page'))
    place.fault('has no metric with a say: all only warn, page, or are dry runs', 'let at least one abort')
  const { alerts } = file
  return {
    prometheus: serverOf(file.prometheus, place.at('prometheus')),
    labels: file.labels ?? {},
    ...(file['version-label'] === undefined ? {} : { versionLabel: file['version-label'] }),
    ...(file.selectors === undefined ? {} : { selectors: file.selectors }),
    metrics,
    ...(slo === undefined ? {} : { slo }),
    score,
    ...(alerts === undefined
      ? {}
      : {
          alerts: {
            url: alerts.url,
            filter: alerts.filter,
            unverified: alerts.insecure ?? false,
            ...credentials(alerts.auth, place.at('alerts')),
          },
        }),
    power: file.power ?? 'warn',
  }
}

function metricsOf(file: MetricsFile, preset: MetricPreset | undefined, place: Place): MetricSpec[] {
  const metrics = standardMetrics(preset, file.rules ?? {}, place.at('rules'))
  for (const [name, written] of Object.entries(file.metrics ?? {})) {
    const at = place.at('metrics').at(name)
    if (metrics.some((metric) => metric.name === name))
      at.fault('has the name of a standard rule', 'change that rule below "rules:", or choose another name')
    const metric = ownMetric(name, written, at)
    if (metric !== undefined) metrics.push(metric)
  }
  // A rule that was written out but has nothing to read would be missed in silence.
  for (const name of Object.keys(file.rules ?? {})) {
    const written = file.rules?.[name as keyof typeof file.rules]
    if (written === 'off' || metrics.some((metric) => metric.name === name)) continue
    place
      .at('rules')
      .at(name)
      .fault(
        'has nothing to read',
        preset === undefined
          ? 'add a preset, or its counters or histogram'
          : `the preset ${preset.name} lacks ${preset.lacks ?? 'it'}; write the rule's own counters or histogram`,
      )
  }
  return metrics
}

function serverOf(file: MetricsFile['prometheus'], place: Place): ServerSettings {
  for (const name of Object.keys(file.headers ?? {})) {
    if (/^(authorization|proxy-authorization|cookie)$|key|token|secret/i.test(name))
      place
        .at('headers')
        .at(name)
        .fault('looks like a secret', `put it into headers-from-env: {${name}: NAME_OF_A_VARIABLE}`)
  }
  const { tls } = file
  return {
    url: file.url,
    ...credentials(file.auth, place),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ...(tls.ca === undefined ? {} : { ca: tls.ca }),
            ...(tls.insecure === undefined ? {} : { unverified: tls.insecure }),
          },
        }),
    ...(file.proxy === undefined ? {} : { proxy: file.proxy }),
    ...(file.timeout === undefined ? {} : { timeoutMs: file.timeout }),
    ...(file.headers === undefined ? {} : { headers: file.headers }),
    ...(file['headers-from-env'] === undefined ? {} : { headersFromEnv: file['headers-from-env'] }),
    ...(file['scrape-interval'] === undefined ? {} : { scrapeMs: file['scrape-interval'] }),
    delayMs: file.delay ?? 0,
    acceptPartial: file['accept-partial'] ?? false,
  }
}

function credentials(
  auth: MetricsFile['prometheus']['auth'],
  place: Place,
): { auth?: NonNullable<ServerSettings['auth']> } {
  if (auth === undefined) return {}
  const { bearer, user, password } = auth
  const basic = user !== undefined && password !== undefined
  if (bearer === undefined ? !basic : user !== undefined || password !== undefined)
    place
      .at('auth')
      .fault(
        'is neither a bearer token nor user and password',
        'write {bearer: NAME} or {user: NAME, password: NAME}',
      )
  return { auth }
}

/** The SRE workbook's fast burn: 2 % of a month's budget in one hour. */
const BURN = 14.4

function sloOf(file: MetricsFile, preset: MetricPreset | undefined, place: Place): SloSettings | undefined {
  if (file.slo === undefined) return undefined
  const before = place.faults
  const counters = countersOf(file.slo, place.at('slo'), preset?.errors)
  if (counters === undefined) {
    if (place.faults === before)
      place.at('slo').fault('has no counters', 'add good: (or bad:) and total:, or a preset')
    return undefined
  }
  const { objective } = file.slo
  const burn = file.slo.burn ?? BURN
  if (objective <= 0) {
    place.at('slo').at('objective').fault('leaves nothing to be good', 'write it like 99.9%', objective)
    return undefined
  }
  if (burn * (1 - objective) >= 1) {
    place
      .at('slo')
      .fault(
        `can never burn ${burn} times: all requests failing is a burn of ${(1 / (1 - objective)).toFixed(1)}`,
        'write a smaller burn, or use a limit instead',
      )
    return undefined
  }
  return { objective, periodMs: file.slo.period ?? 30 * 86_400_000, ...counters }
}

/** A burn of b is a bad ratio of b · (1 − objective). */
function burnMetric(slo: SloSettings, burn: number): MetricSpec {
  const limit = Number((burn * (1 - slo.objective)).toPrecision(12))
  return {
    kind: 'ratio',
    name: 'slo-burn',
    title: `error budget burns ${burn} times too fast`,
    action: 'abort',
    critical: true,
    dryRun: false,
    weight: 1,
    onNodata: 'wait',
    against: 'limit',
    // Long and short window of the workbook are 12 to 1: the whole observation, and its last twelfth.
    windowMs: 300_000,
    confidence: 0.95,
    part: slo.part,
    partIs: slo.partIs,
    total: slo.total,
    limit,
    margin: limit,
    least: 3,
    confirm: 1 / 12,
    sequential: { tolerated: 1.5, alpha: 0.01 },
  }
}
