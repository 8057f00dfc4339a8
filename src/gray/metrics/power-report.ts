import { formatDuration } from '../../base/clock.ts'
import type { Step } from '../plan.ts'
import { powerPlan, sampleForMargin, type StepPower } from '../power.ts'
import { vectorOf } from '../presets.ts'
import type { ReleasePlan } from '../reducer.ts'
import { quantileEdges } from './read.ts'
import type { LatencySpec, MetricsSettings, RatioSpec, Selectors } from './settings.ts'
import { durationText, type Source } from './source.ts'
import { hasNoSay } from './decide.ts'

/** One step of one metric. */
export interface PowerRow extends StepPower {
  readonly metric: string
  /** Within how many prolongations it decides; undefined: not within the allowed ones. */
  readonly extends?: number
}

export interface PowerReport {
  /** Requests a second of the old version, by metric. */
  readonly rates: Readonly<Record<string, number>>
  readonly rows: readonly PowerRow[]
  /** Every step of every metric decides, prolongations included. */
  readonly decides: boolean
  /** One line for each metric and step that does not. */
  readonly doubts: readonly string[]
  /** Metrics whose traffic could not be read, and why. */
  readonly unknown: readonly string[]
}

/** The traffic of this time is taken for the traffic of the release. */
const LOOK_BACK_MS = 600_000

/**
 * The power plan from the live traffic: for each step whether its requests can decide it, and how long that takes. The old
 * version has all the traffic before the start, so its rate is that of both.
 */
export async function powerReport(
  settings: MetricsSettings,
  selectors: Selectors,
  source: Source,
  plan: Pick<ReleasePlan, 'steps' | 'maxExtends'>,
  now: number,
): Promise<PowerReport> {
  const rates: Record<string, number> = {}
  const rows: PowerRow[] = []
  const unknown: string[] = []
  const judged = settings.metrics.filter(
    (spec): spec is RatioSpec | LatencySpec =>
      (spec.kind === 'ratio' || spec.kind === 'latency') && !hasNoSay(spec) && spec.action !== 'hard-abort',
  )
  for (const spec of judged) {
    const traffic = await trafficOf(spec, selectors, source, now)
    if ('trouble' in traffic) {
      unknown.push(`${spec.name}: ${traffic.trouble}`)
      continue
    }
    rates[spec.name] = traffic.rate
    rows.push(...rowsOf(spec, plan, traffic))
  }
  const open = rows.filter(({ extends: needed }) => needed === undefined)
  return {
    rates,
    rows,
    decides: open.length === 0 && unknown.length === 0,
    doubts: open.map(({ metric, percent, reason }) => `${metric} at ${percent} %: ${reason}`),
    unknown,
  }
}

interface Traffic {
  readonly rate: number
  readonly badRatio: number
}

async function trafficOf(
  spec: RatioSpec | LatencySpec,
  selectors: Selectors,
  source: Source,
  now: number,
): Promise<Traffic | { trouble: string }> {
  const window = durationText(LOOK_BACK_MS)
  if (spec.kind === 'latency') {
    const query = `sum by (le) (rate(${vectorOf(spec.histogram, selectors.old, '_bucket')}[${window}]))`
    const fetched = await source.instant(query, now)
    if (fetched.kind === 'error') return { trouble: fetched.reason }
    const growth = new Map(
      fetched.series.map(({ labels: { le }, points }) => [
        le === '+Inf' ? Infinity : Number(le),
        points.at(-1)?.value ?? 0,
      ]),
    )
    const rate = growth.get(Infinity) ?? 0
    if (!(rate > 0)) return { trouble: `no requests in the last ${window}: ${query}` }
    const edges = [...growth.keys()].filter((edge) => edge !== Infinity).sort((a, b) => a - b)
    // Judged at the edge below a limit that is none, as the gate does.
    const edge =
      spec.limitSeconds === undefined
        ? quantileEdges(growth, spec.quantile, edges).above
        : edges.filter((one) => one <= (spec.limitSeconds ?? 0)).at(-1)
    return { rate, badRatio: edge === undefined ? 1 : 1 - (growth.get(edge) ?? 0) / rate }
  }
  const [part, total] = await Promise.all(
    [spec.part, spec.total].map((counter) =>
      source.instant(`sum(rate(${vectorOf(counter, selectors.old)}[${window}]))`, now),
    ),
  )
  if (part?.kind !== 'series' || total?.kind !== 'series')
    return {
      trouble: part?.kind === 'error' ? part.reason : total?.kind === 'error' ? total.reason : 'no answer',
    }
  const rate = total.series[0]?.points.at(-1)?.value ?? 0
  if (!(rate > 0)) return { trouble: `no events of the old version in the last ${window}` }
  const some = part.series[0]?.points.at(-1)?.value ?? 0
  const bad = spec.partIs === 'bad' ? some : rate - some
  return { rate, badRatio: Math.min(1, Math.max(0, bad / rate)) }
}

/** Pure: what each step needs for one metric, for limit and margin together. */
export function rowsOf(
  spec: RatioSpec | LatencySpec,
  plan: Pick<ReleasePlan, 'steps' | 'maxExtends'>,
  { rate, badRatio }: Traffic,
): PowerRow[] {
  // Two digits are all that a rate of some minutes is worth.
  const expected = Number(badRatio.toPrecision(2))
  const limit = spec.kind === 'ratio' ? spec.limit : Number((1 - spec.quantile).toPrecision(12))
  const limited = spec.against !== 'old' && limit !== undefined
  const bySteps = (steps: readonly Step[]): StepPower[] =>
    powerPlan(steps, rate, {
      limit: limited ? limit : 1 - 1e-9,
      confidence: spec.confidence,
      expected: limited ? expected : 0,
    })
  return bySteps(plan.steps).map((power, index): PowerRow => {
    const step = plan.steps[index]
    const share = power.percent / 100
    const forMargin =
      spec.against === 'limit' || share >= 1
        ? 0
        : Math.ceil(sampleForMargin(spec.margin, spec.confidence, expected, share) * share)
    const needed = Math.max(limited || share >= 1 ? power.needed : 0, forMargin)
    const observeMs = step?.observeMs ?? 0
    const perMs = (rate * share) / 1000
    const neededMs = Number.isFinite(needed) && perMs > 0 ? Math.ceil(needed / perMs) : Infinity
    const rounds = Math.max(1, Math.ceil(neededMs / Math.max(1, observeMs)))
    const possible = Number.isFinite(rounds) && rounds - 1 <= plan.maxExtends
    const decides = power.requests >= needed
    return {
      metric: spec.name,
      percent: power.percent,
      requests: power.requests,
      needed,
      neededMs,
      decides,
      ...(possible ? { extends: rounds - 1 } : {}),
      reason: !Number.isFinite(needed)
        ? `a bad ratio of ${Number((100 * expected).toPrecision(3))} % now cannot be shown to be within ${Number((100 * (limit ?? 0)).toPrecision(3))} %`
        : decides
          ? `${power.requests} requests are expected, ${needed} are needed`
          : `${power.requests} requests are expected, ${needed} are needed: that takes ${formatDuration(neededMs)}${possible ? `, ${rounds - 1} prolongations` : ', more than the prolongations give'}`,
    }
  })
}

/** The report as a Markdown table. */
export function powerTable(report: PowerReport): string {
  const rows = report.rows.map(
    ({ metric, percent, requests, needed, neededMs, decides, extends: more }) =>
      `| ${metric} | ${percent} % | ${requests} | ${Number.isFinite(needed) ? needed : 'never'} | ${Number.isFinite(neededMs) ? formatDuration(neededMs) : 'never'} | ${decides ? 'yes' : more === undefined ? 'no' : `after ${more} prolongations`} |`,
  )
  return [
    '| metric | step | requests expected | needed | time needed | decides |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n')
}
