import { type MetricPreset, STANDARD_RULES } from '../presets.ts'
import type { Place } from './fields.ts'
import type { Against, MetricAction, MetricSpec, OnNodata, RatioSpec, SequentialRule } from './settings.ts'
import type { OwnMetric, RuleFields } from './shape.ts'

const CONFIDENCE = 0.95
/** For gauges: the confidence and tolerance of Kayenta's judge, so that its users find what they know. */
const SAMPLES = { confidence: 0.98, tolerance: 0.25, everyMs: 15_000 }
const SEQUENTIAL: SequentialRule = { tolerated: 1.5, alpha: 0.01 }
/** Of a CPU that idles at 1 %, 2 % are no alarm. */
const CPU_LEAST = 0.05
const WINDOW_MS = 300_000
const LEAST = 3

interface CommonFields {
  readonly critical?: boolean
  readonly 'dry-run'?: boolean
  readonly weight?: number
  readonly 'on-nodata'?: OnNodata
  readonly against?: Against
  readonly window?: number
  readonly confidence?: number
}

interface Defaults {
  readonly name: string
  readonly title: string
  readonly action: MetricAction
  readonly critical: boolean
  readonly against: Against
  readonly windowMs: number
  readonly confidence: number
}

/** Common fields with their defaults. What only warns or pages has no say. */
function commonOf(fields: CommonFields, defaults: Defaults) {
  const { name, title, action } = defaults
  return {
    name,
    title,
    action,
    critical: fields.critical ?? defaults.critical,
    dryRun: fields['dry-run'] ?? false,
    weight: fields.weight ?? 1,
    onNodata: fields['on-nodata'] ?? 'wait',
    against: fields.against ?? defaults.against,
    windowMs: fields.window ?? defaults.windowMs,
    confidence: fields.confidence ?? defaults.confidence,
  }
}

interface CounterFields {
  readonly bad?: string
  readonly good?: string
  readonly total?: string
}

/** Counters as written, or those of the preset; faults where they are half written. */
export function countersOf(
  fields: CounterFields,
  place: Place,
  preset?: { readonly bad: string; readonly total: string },
): Pick<RatioSpec, 'part' | 'partIs' | 'total'> | undefined {
  const { bad, good, total } = fields
  if (bad !== undefined && good !== undefined)
    return place.fault('has both bad and good', 'keep one of the two counters')
  const part = bad ?? good
  if (part === undefined && total === undefined)
    return preset === undefined ? undefined : { part: preset.bad, partIs: 'bad', total: preset.total }
  if (part === undefined || total === undefined)
    return place.fault(
      part === undefined ? 'has no counter of bad or good events' : 'has no counter of all events',
      part === undefined ? 'add bad: or good:' : 'add total:',
    )
  return { part, partIs: bad === undefined ? 'good' : 'bad', total }
}

function sequentialOf(
  written: Partial<SequentialRule> | 'off' | undefined,
  otherwise: SequentialRule | undefined,
): { sequential?: SequentialRule } {
  if (written === 'off') return {}
  if (written === undefined) return otherwise === undefined ? {} : { sequential: otherwise }
  return { sequential: { ...SEQUENTIAL, ...written } }
}

type StandardRule = Exclude<(typeof STANDARD_RULES)[number], { metric: 'coverage' }>

/** The standard rules that have something to read, with what the file changes. */
export function standardMetrics(
  preset: MetricPreset | undefined,
  rules: RuleFields,
  place: Place,
): MetricSpec[] {
  const metrics: MetricSpec[] = []
  for (const rule of STANDARD_RULES) {
    if (rule.metric === 'coverage') continue
    const metric = standardMetric(rule, preset, rules, place.at(rule.id))
    if (metric !== undefined) metrics.push(metric)
  }
  return metrics
}

function standardMetric(
  rule: StandardRule,
  preset: MetricPreset | undefined,
  rules: RuleFields,
  place: Place,
): MetricSpec | undefined {
  // Only the rules that abort are worth the comparison; the others have a limit and no more.
  const gating = rule.action === 'abort'
  const defaults: Defaults = {
    name: rule.id,
    title: rule.title,
    action: rule.action,
    critical: rule.action === 'abort' || rule.action === 'hard-abort',
    against: gating ? 'both' : 'limit',
    windowMs: rule.window * 1000,
    confidence: rule.metric === 'cpu' ? SAMPLES.confidence : rule.action === 'hard-abort' ? 0.99 : CONFIDENCE,
  }
  switch (rule.metric) {
    case 'errors':
    case 'business': {
      const written = rules[rule.id] ?? {}
      if (written === 'off') return undefined
      const counters = countersOf(written, place, rule.metric === 'errors' ? preset?.errors : undefined)
      if (counters === undefined) return undefined
      const limit = written.limit ?? (rule.metric === 'errors' ? rule.limit : roundOff(1 - rule.atLeast))
      return {
        ...commonOf(written, defaults),
        kind: 'ratio',
        ...counters,
        limit,
        margin: written.margin ?? limit,
        least: written.least ?? LEAST,
        ...sequentialOf(written.sequential, gating || rule.action === 'hard-abort' ? SEQUENTIAL : undefined),
      }
    }
    case 'latency': {
      const written = rules[rule.id] ?? {}
      if (written === 'off') return undefined
      const histogram = written.histogram ?? preset?.latency?.histogram
      if (histogram === undefined) return undefined
      const quantile = written.quantile ?? rule.quantile
      return {
        ...commonOf(written, defaults),
        kind: 'latency',
        histogram,
        quantile,
        limitSeconds: written.limit === undefined ? rule.seconds : written.limit / 1000,
        margin: written.margin ?? quantileMargin(quantile),
        tolerated: written.tolerated ?? SEQUENTIAL.tolerated,
        least: written.least ?? LEAST,
        ...sequentialOf(written.sequential, gating ? SEQUENTIAL : undefined),
      }
    }
    case 'cpu': {
      const written = rules.cpu ?? {}
      if (written === 'off') return undefined
      const used = written.used ?? preset?.cpu?.used
      if (written.available !== undefined && written.cores !== undefined)
        return place.fault('has both available and cores', 'keep one of the two')
      const available = written.cores ?? written.available ?? preset?.cpu?.available
      if (used === undefined && available === undefined) return undefined
      if (used === undefined || available === undefined)
        return place.fault(
          used === undefined ? 'has no counter of used CPU seconds' : 'does not know how many CPUs there are',
          used === undefined ? 'add used:' : 'add cores: (a number) or available: (a gauge)',
        )
      return {
        ...commonOf(written, defaults),
        kind: 'samples',
        source: { kind: 'cpu', used, available },
        max: written.limit ?? rule.limit,
        direction: written.direction ?? 'increase',
        tolerance: written.tolerance ?? SAMPLES.tolerance,
        leastChange: CPU_LEAST,
        everyMs: written.every ?? SAMPLES.everyMs,
      }
    }
  }
}

const KINDS = ['ratio', 'latency', 'samples', 'value'] as const

/** One metric of the user's own. */
export function ownMetric(name: string, written: OwnMetric, place: Place): MetricSpec | undefined {
  const kinds = KINDS.filter((kind) => written[kind] !== undefined)
  if (kinds.length !== 1)
    return place.fault(
      kinds.length === 0 ? 'says nothing to measure' : `is ${kinds.join(' and ')} at once`,
      `write exactly one of ${KINDS.join(', ')}`,
    )
  const { ratio, latency, samples, value } = written
  const defaults: Defaults = {
    name,
    title: written.title ?? name,
    action: written.action ?? 'abort',
    critical: written.action === 'hard-abort',
    against: 'both',
    windowMs: WINDOW_MS,
    confidence: samples === undefined ? CONFIDENCE : SAMPLES.confidence,
  }
  const common = commonOf(written, defaults)
  const isLimited = (has: boolean): boolean => {
    if (has || common.against === 'old') return true
    if (written.against === undefined) return true
    place.fault(
      `is judged against its ${common.against === 'limit' ? 'limit' : 'limit and the old version'}, but has no limit`,
      'add it, or write "against: old"',
    )
    return false
  }
  const against = (has: boolean): Against => (has ? common.against : 'old')
  if (ratio !== undefined) {
    const counters = countersOf(ratio, place.at('ratio'))
    if (counters === undefined || !isLimited(ratio.limit !== undefined)) return undefined
    return {
      ...common,
      against: against(ratio.limit !== undefined),
      kind: 'ratio',
      ...counters,
      ...(ratio.limit === undefined ? {} : { limit: ratio.limit }),
      margin: ratio.margin ?? ratio.limit ?? 0.01,
      least: ratio.least ?? LEAST,
      ...sequentialOf(ratio.sequential, SEQUENTIAL),
    }
  }
  if (latency !== undefined) {
    const quantile = latency.quantile ?? 0.99
    if (!isLimited(latency.limit !== undefined)) return undefined
    return {
      ...common,
      against: against(latency.limit !== undefined),
      kind: 'latency',
      histogram: latency.histogram,
      quantile,
      ...(latency.limit === undefined ? {} : { limitSeconds: latency.limit / 1000 }),
      margin: latency.margin ?? quantileMargin(quantile),
      tolerated: latency.tolerated ?? SEQUENTIAL.tolerated,
      least: latency.least ?? LEAST,
      ...sequentialOf(latency.sequential, SEQUENTIAL),
    }
  }
  if (samples !== undefined) {
    const { gauge, query } = samples
    if ((gauge === undefined) === (query === undefined))
      return place.at('samples').fault('needs either gauge or query', 'write exactly one of the two')
    const limited = samples.max !== undefined || samples.min !== undefined
    if (!isLimited(limited) || (query !== undefined && !hasSelector(query, place.at('samples'))))
      return undefined
    return {
      ...common,
      against: against(limited),
      kind: 'samples',
      source: gauge === undefined ? { kind: 'query', query: query ?? '' } : { kind: 'gauge', gauge },
      ...(samples.max === undefined ? {} : { max: samples.max }),
      ...(samples.min === undefined ? {} : { min: samples.min }),
      direction: samples.direction ?? 'increase',
      tolerance: samples.tolerance ?? SAMPLES.tolerance,
      everyMs: samples.every ?? SAMPLES.everyMs,
    }
  }
  if (value === undefined) return undefined
  if (value.max === undefined && value.min === undefined)
    return place
      .at('value')
      .fault('has neither max nor min', 'add one: a single number can only be held against a limit')
  if (written.against === 'old')
    return place.fault(
      'compares one number with one number',
      'use samples for a comparison with the old version',
    )
  if (!hasSelector(value.query, place.at('value'))) return undefined
  return {
    ...common,
    against: 'limit',
    kind: 'value',
    query: value.query,
    ...(value.max === undefined ? {} : { max: value.max }),
    ...(value.min === undefined ? {} : { min: value.min }),
  }
}

/** Without the version's matchers a query would judge both versions together. */
function hasSelector(query: string, place: Place): boolean {
  if (query.includes('$selector')) return true
  place
    .at('query')
    .fault('does not hold $selector', 'write it where the matchers stand: up{$selector}', query)
  return false
}

/**
 * How much greater the share above an edge near the old version's quantile may be. Twice 1 − q: a P99 that has become the
 * P97 is about a quarter slower on usual services; a margin of once would ask for four times the requests.
 */
function quantileMargin(quantile: number): number {
  return roundOff(Math.min(2 * (1 - quantile), 0.05))
}

/** 1 − 0.995 is 0.0050000000000000044 in binary. */
function roundOff(value: number): number {
  return Number(value.toPrecision(12))
}
