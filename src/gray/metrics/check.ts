import { type ErrorKind, PipelineError, type Problem } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { type Selector, vectorOf } from '../presets.ts'
import { type AlertAct, firingAlerts } from './alertmanager.ts'
import { errorBudget } from './burn-rate.ts'
import { hasNoSay } from './decide.ts'
import { type PowerReport, powerTable } from './power-report.ts'
import type { MetricSpec, MetricsSettings, Selectors } from './settings.ts'
import { durationText, type Fetched, fillQuery, type Source } from './source.ts'

export interface CheckContext {
  readonly now: number
  readonly log: Log
  readonly alerts: AlertAct
  readonly power: () => Promise<PowerReport>
  /** Whether both versions have names, and different ones. */
  readonly bothNamed: boolean
}

interface Found {
  readonly problem: Problem
  readonly kind: Exclude<ErrorKind, 'cancelled'>
}

/**
 * What forbids the start, all at once: alerts that fire, an error budget that is spent, queries that Prometheus does not
 * take or that give more series than they may, an old version without data, and, when asked for, steps that the traffic
 * cannot decide. Anything odd that forbids nothing is a warning in the log.
 */
export async function checkStart(
  settings: MetricsSettings,
  selectors: Selectors,
  source: Source,
  context: CheckContext,
): Promise<void> {
  const found: Found[] = []
  if (!context.bothNamed && settings.versionLabel !== undefined)
    found.push({
      kind: 'input',
      problem: {
        code: 'gray-metrics-versions',
        what: 'the old and the new version must have names, and different ones, to be told apart by a label',
        fix: 'give both versions, or write selectors: {old: …, new: …}',
        input: 'metrics',
      },
    })
  const alive = await source.instant('vector(1)', context.now)
  if (alive.kind === 'error') {
    // One cause, told once: every query would fail in the same way.
    found.push({
      kind: 'environment',
      problem: {
        code: 'gray-prometheus-unreachable',
        what: 'Prometheus does not answer',
        cause: alive.reason,
        where: settings.prometheus.url,
        fix: 'check prometheus.url, its credentials, and the way from this runner to it',
      },
    })
  } else {
    for (const spec of settings.metrics)
      found.push(...(await checkMetric(spec, settings, selectors, source, context)))
    found.push(...(await checkBudget(settings, selectors, source, context)))
  }
  if (settings.alerts !== undefined) found.push(...(await firingAlerts(settings.alerts, context.alerts)))
  if (alive.kind === 'series' && settings.power !== 'off' && !found.some(({ kind }) => kind === 'input'))
    found.push(...(await checkPower(settings, context)))
  warnAboutFullStep(settings, context.log)
  if (found.length === 0) return
  const kinds = found.map(({ kind }) => kind)
  const kind = (['gate', 'input', 'environment'] as const).find((one) => kinds.includes(one)) ?? 'environment'
  throw new PipelineError(kind, unique(found.map(({ problem }) => problem)))
}

async function checkMetric(
  spec: MetricSpec,
  settings: MetricsSettings,
  selectors: Selectors,
  source: Source,
  { now, log }: CheckContext,
): Promise<Found[]> {
  const problem = (what: string, fix: string, query: string, cause?: string): Found => ({
    kind: 'input',
    problem: {
      code: 'gray-query',
      what: `${spec.name}: ${what}`,
      ...(cause === undefined ? {} : { cause }),
      where: query,
      fix,
      input: 'metrics',
    },
  })
  const refused = (fetched: Fetched): Found[] =>
    fetched.kind === 'error'
      ? [
          fetched.passing
            ? {
                kind: 'environment',
                problem: {
                  code: 'gray-prometheus-unreachable',
                  what: `${spec.name}: the query was not answered`,
                  cause: fetched.reason,
                  where: fetched.query,
                  fix: 'try again; if it stays, the query may be too much for the server',
                },
              }
            : problem(
                'Prometheus does not take the query',
                'correct the metric',
                fetched.query,
                fetched.reason,
              ),
        ]
      : []
  const noOld = (query: string): Found =>
    problem(
      'the old version has no data, so nothing can be compared with it',
      'check the name of the metric, and labels, version-label or selectors: this query must give series',
      query,
    )
  // Whether a version without events has any series is not said by a missing error: a version still has its total.
  const count = async (vector: string, own: Selector): Promise<{ fetched: Fetched; series: number }> => {
    const fetched = await source.instant(`count(${vectorOf(vector, own)})`, now)
    return { fetched, series: fetched.kind === 'series' ? (fetched.series[0]?.points.at(-1)?.value ?? 0) : 0 }
  }
  switch (spec.kind) {
    case 'ratio': {
      const [part, total] = [await count(spec.part, selectors.old), await count(spec.total, selectors.old)]
      const faults = [...refused(part.fetched), ...refused(total.fetched)]
      if (faults.length > 0) return faults
      if (total.series === 0) return [noOld(vectorOf(spec.total, selectors.old))]
      if (part.series === 0) {
        const name = spec.part.replace(/\{.*$/s, '')
        const any = await source.instant(`count(${name})`, now)
        if (any.kind === 'series' && any.series.length === 0)
          return [
            problem(
              `nothing has the name ${name}`,
              'correct the name: a counter that is never there would make every version look good',
              name,
            ),
          ]
        log.info(
          `${spec.name}: no series yet for ${vectorOf(spec.part, selectors.old)}; that is right while there was none`,
        )
      }
      return []
    }
    case 'latency': {
      const query = `count by (le) (${vectorOf(spec.histogram, selectors.old, '_bucket')})`
      const fetched = await source.instant(query, now)
      if (fetched.kind === 'error') return refused(fetched)
      const edges = fetched.series
        .map(({ labels: { le } }) => Number(le))
        .filter((edge) => Number.isFinite(edge))
        .sort((a, b) => a - b)
      if (edges.length === 0) return [noOld(query)]
      if (spec.limitSeconds !== undefined && !edges.includes(spec.limitSeconds))
        log.warning(
          `${spec.name}: the limit ${spec.limitSeconds} s is no bucket edge (${edges.join(', ')}): between its neighbours the verdict stays open`,
        )
      return []
    }
    case 'samples': {
      if (spec.source.kind === 'query') {
        const query = fillQuery(spec.source.query, selectors.old, spec.everyMs)
        const fetched = await source.instant(query, now)
        if (fetched.kind === 'error') return refused(fetched)
        return fetched.series.length === 0 ? [noOld(query)] : []
      }
      const vector = spec.source.kind === 'cpu' ? spec.source.used : spec.source.gauge
      const { fetched, series } = await count(vector, selectors.old)
      if (fetched.kind === 'error') return refused(fetched)
      if (series === 0) return [noOld(vectorOf(vector, selectors.old))]
      if (spec.source.kind === 'cpu' && typeof spec.source.available === 'string') {
        const cores = await count(spec.source.available, settings.labels)
        if (cores.fetched.kind === 'error') return refused(cores.fetched)
        if (cores.series === 0)
          return [
            problem(
              'how many CPUs there are is not known',
              'add "cores:" to the rule, with the CPUs of one instance',
              vectorOf(spec.source.available, settings.labels),
            ),
          ]
      }
      return []
    }
    case 'value': {
      const query = fillQuery(spec.query, selectors.old, spec.windowMs)
      const fetched = await source.instant(query, now)
      if (fetched.kind === 'error') return refused(fetched)
      if (fetched.series.length > 1)
        return [
          problem(
            `${fetched.series.length} series where one is expected`,
            'aggregate: sum(…), max(…) or avg(…) around the whole query',
            query,
            fetched.series
              .slice(0, 3)
              .map(({ labels }) => JSON.stringify(labels))
              .join(', '),
          ),
        ]
      if (fetched.series.length === 0) log.warning(`${spec.name}: no series for the old version: ${query}`)
      return []
    }
  }
}

async function checkBudget(
  settings: MetricsSettings,
  selectors: Selectors,
  source: Source,
  { now, log }: CheckContext,
): Promise<Found[]> {
  const { slo } = settings
  if (slo === undefined) return []
  const selector = Object.keys(settings.labels).length > 0 ? settings.labels : selectors.old
  const budget = await errorBudget(slo, selector, source, now)
  const objective = `${Number((100 * slo.objective).toPrecision(8))} % over ${durationText(slo.periodMs)}`
  if ('trouble' in budget) {
    if (budget.kind === 'nodata') {
      log.warning(`slo: ${budget.trouble}: the error budget is not known`)
      return []
    }
    return [
      {
        kind: 'environment',
        problem: {
          code: 'gray-prometheus-unreachable',
          what: 'the error budget could not be read',
          cause: budget.trouble,
          fix: 'try again, or shorten slo.period',
        },
      },
    ]
  }
  const spent = `${Math.round(100 * budget.spent)} %`
  if (budget.spent < 1) {
    log.info(`error budget of ${objective}: ${spent} spent`)
    return []
  }
  return [
    {
      kind: 'gate',
      problem: {
        code: 'gray-budget-spent',
        what: `the error budget of ${objective} is spent (${spent})`,
        fix: 'wait until it recovers, or release with "slo:" removed when this release is the repair',
      },
    },
  ]
}

async function checkPower(settings: MetricsSettings, { log, power }: CheckContext): Promise<Found[]> {
  const report = await power()
  if (report.rows.length > 0) log.info(`What the present traffic can decide:\n${powerTable(report)}`)
  if (report.decides) return []
  const lines = [...report.unknown, ...report.doubts]
  if (settings.power === 'refuse')
    return lines.map((line) => ({
      kind: 'gate',
      problem: {
        code: 'gray-power',
        what: `the traffic cannot decide the release: ${line}`,
        fix: 'observe longer, begin with a greater step, or set "power: warn"',
      },
    }))
  for (const line of lines) log.warning(`the traffic may not decide the release: ${line}`)
  return []
}

/** At 100 % a comparison has nothing to compare with. */
function warnAboutFullStep(settings: MetricsSettings, log: Log): void {
  const say = settings.metrics.filter((spec) => !hasNoSay(spec))
  if (say.length > 0 && say.every(({ against }) => against === 'old'))
    log.warning(
      'every metric is only compared with the old version: at 100 % nothing can be judged; give one of them a limit',
    )
}

function unique(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
