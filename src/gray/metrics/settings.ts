import type { Selector } from '../presets.ts'

/** Where Prometheus is and how it is asked. Secrets are names of environment variables; their values are never in here. */
export interface ServerSettings {
  readonly url: string
  readonly auth?: { readonly bearer?: string; readonly user?: string; readonly password?: string }
  readonly tls?: { readonly ca?: string; readonly unverified?: boolean }
  readonly proxy?: string
  readonly timeoutMs?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Header name to environment variable. */
  readonly headersFromEnv?: Readonly<Record<string, string>>
  /** Absent: found from the samples. */
  readonly scrapeMs?: number
  /** Looks end this long ago, for servers that get their samples late (remote write, Thanos). */
  readonly delayMs: number
  readonly acceptPartial: boolean
}

export type MetricAction = 'abort' | 'hard-abort' | 'warn' | 'page'
export type OnNodata = 'wait' | 'fail' | 'pass'
export type Against = 'limit' | 'old' | 'both'

interface CommonSpec {
  readonly name: string
  readonly title: string
  readonly action: MetricAction
  /** A fail stops at once; others count through the score. */
  readonly critical: boolean
  readonly dryRun: boolean
  readonly weight: number
  readonly onNodata: OnNodata
  readonly against: Against
  /** "Over 5 min": what is judged at the end of a longer observation too, and how long a hard abort must last. */
  readonly windowMs: number
  readonly confidence: number
}

export interface SequentialRule {
  /** The tolerated ratio of the new version's bad-event rate to the old one's. */
  readonly tolerated: number
  /** The chance of a wrong abort over the whole release, for each of its two tests. */
  readonly alpha: number
}

/** Counters of bad (or good) and of all events, as vector selectors without the version's labels. */
export interface RatioSpec extends CommonSpec {
  readonly kind: 'ratio'
  readonly part: string
  readonly partIs: 'bad' | 'good'
  readonly total: string
  /** The limit of the bad ratio; absent when judged against the old version only. */
  readonly limit?: number
  /** How much higher than the old version's the bad ratio may be. */
  readonly margin: number
  readonly sequential?: SequentialRule
  /** Fewer bad events than this stop no release (but by the sequential test, which knows). */
  readonly least: number
  /** A fail against the limit needs this last part of the observation to be beyond it too (burn rates). */
  readonly confirm?: number
}

/** "P99 ≤ 1 s" as "at most 1 % of the requests take longer than 1 s", on a histogram's buckets. */
export interface LatencySpec extends CommonSpec {
  readonly kind: 'latency'
  /** The histogram's name and own matchers, without `_bucket`. */
  readonly histogram: string
  readonly quantile: number
  readonly limitSeconds?: number
  readonly margin: number
  /** The odds of being slower than the old version's quantile may be this many times the old ones. */
  readonly tolerated: number
  readonly sequential?: SequentialRule
  readonly least: number
}

export type SampleSource =
  /** CPU seconds used (a counter) and CPUs available (a gauge, or a number). */
  | { readonly kind: 'cpu'; readonly used: string; readonly available: string | number }
  | { readonly kind: 'gauge'; readonly gauge: string }
  /** PromQL with `$selector` (the version's matchers) and `$window`. */
  | { readonly kind: 'query'; readonly query: string }

export interface SamplesSpec extends CommonSpec {
  readonly kind: 'samples'
  readonly source: SampleSource
  /** Of the mean over the window. */
  readonly max?: number
  readonly min?: number
  readonly direction: 'increase' | 'decrease' | 'either'
  readonly tolerance: number
  /** A smaller change than this, in the metric's unit, is tolerated whatever its part. */
  readonly leastChange?: number
  /** One sample in this time, so that samples are independent. */
  readonly everyMs: number
}

/** One number from PromQL, compared as it is: no bounds are known. */
export interface ValueSpec extends CommonSpec {
  readonly kind: 'value'
  readonly query: string
  readonly max?: number
  readonly min?: number
}

export type MetricSpec = RatioSpec | LatencySpec | SamplesSpec | ValueSpec

export interface SloSettings {
  /** The good part that was promised, such as 0.999. */
  readonly objective: number
  readonly periodMs: number
  readonly part: string
  readonly partIs: 'bad' | 'good'
  readonly total: string
}

export interface AlertSettings {
  readonly url: string
  readonly filter: readonly string[]
  readonly auth?: ServerSettings['auth']
  readonly unverified: boolean
}

export interface MetricsSettings {
  readonly prometheus: ServerSettings
  /** Labels both versions have. */
  readonly labels: Selector
  /** Either the label that holds the version … */
  readonly versionLabel?: string
  /** … or both versions' matchers, in which `$old` and `$new` stand for the releases' names. */
  readonly selectors?: { readonly old: Selector; readonly new: Selector }
  readonly metrics: readonly MetricSpec[]
  readonly slo?: SloSettings
  readonly score: { readonly pass: number; readonly marginal: number }
  readonly alerts?: AlertSettings
  /** What a power plan that cannot decide leads to, before the start. */
  readonly power: 'warn' | 'refuse' | 'off'
}

/** The two versions' matchers. */
export interface Selectors {
  readonly old: Selector
  readonly new: Selector
}

/** Both versions' matchers for releases of these names. */
export function selectorsFor(settings: MetricsSettings, names: { old: string; new: string }): Selectors {
  const { labels, versionLabel, selectors } = settings
  // A name is data: whatever operator it begins with, it is compared as it is.
  if (versionLabel !== undefined)
    return {
      old: { ...labels, [versionLabel]: `=${names.old}` },
      new: { ...labels, [versionLabel]: `=${names.new}` },
    }
  const fill = (selector: Selector): Selector => ({
    ...labels,
    ...Object.fromEntries(
      Object.entries(selector).map(([label, value]) => [
        label,
        value.replaceAll(/\$(old|new)\b/g, (_, which: string) => (which === 'old' ? names.old : names.new)),
      ]),
    ),
  })
  return { old: fill(selectors?.old ?? {}), new: fill(selectors?.new ?? {}) }
}
