import { isRecord } from '../base/json.ts'
import type { QueryOutcome } from './prometheus.ts'

export interface Point {
  /** Milliseconds since the epoch. */
  readonly at: number
  /** May be NaN or infinite, as Prometheus gives it. */
  readonly value: number
}

export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** In the order of time. */
  readonly points: readonly Point[]
}

interface Data {
  readonly type: 'vector' | 'matrix' | 'scalar' | 'string'
  readonly series: Series[]
}

/** The `data` of a successful answer. Native histograms are refused with a reason: their count needs a function. */
export function parsePrometheusData(data: unknown): Data | { readonly fault: string } {
  if (!isRecord(data)) return { fault: 'the answer has no data' }
  const { resultType: type, result } = data as { resultType?: unknown; result?: unknown }
  if (type === 'scalar' || type === 'string') {
    const point = type === 'scalar' ? parsePoint(result) : undefined
    if (type === 'scalar' && point === undefined) return { fault: 'the scalar is not [time, "value"]' }
    return { type, series: point === undefined ? [] : [{ labels: {}, points: [point] }] }
  }
  if (type !== 'vector' && type !== 'matrix')
    return { fault: `the result type ${JSON.stringify(type)} is not known` }
  if (!Array.isArray(result)) return { fault: `the ${type} is not an array` }
  const series: Series[] = []
  for (const entry of result as unknown[]) {
    if (!isRecord(entry) || !isRecord(entry['metric']))
      return { fault: `a series of the ${type} has no labels` }
    if (entry['histogram'] !== undefined || entry['histograms'] !== undefined)
      return {
        fault:
          'the result is a native histogram; use histogram_count, histogram_fraction or histogram_quantile',
      }
    const raw: unknown = type === 'vector' ? [entry['value']] : entry['values']
    const points = Array.isArray(raw) ? raw.map(parsePoint) : []
    if (!Array.isArray(raw) || points.includes(undefined)) return { fault: 'a sample is not [time, "value"]' }
    const labels = Object.entries(entry['metric']).map(([name, value]) => [name, String(value)])
    series.push({
      labels: Object.fromEntries(labels) as Record<string, string>,
      points: points.filter((point) => point !== undefined),
    })
  }
  return { type, series }
}

function parsePoint(value: unknown): Point | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined
  const [at, text] = value as unknown[]
  if (typeof at !== 'number' || typeof text !== 'string') return undefined
  const known: Record<string, number> = { NaN, '+Inf': Infinity, '-Inf': -Infinity, Inf: Infinity }
  const number = known[text] ?? (/^[-+]?[\d.]/.test(text) ? Number(text) : undefined)
  if (number === undefined || (Number.isNaN(number) && text !== 'NaN')) return undefined
  return { at: Math.round(at * 1000), value: number }
}

/** One number read for a gate; what is not a usable number is told apart by `cause`. */
export type Reading =
  | {
      readonly kind: 'value'
      readonly value: number
      readonly at: number
      readonly warnings: readonly string[]
    }
  | { readonly kind: 'nodata'; readonly cause: 'empty' | 'nan' | 'stale'; readonly detail: string }
  | {
      readonly kind: 'error'
      readonly cause: 'several-series' | 'infinite' | 'partial' | 'query-failed' | 'wrong-type'
      readonly passing: boolean
      readonly detail: string
    }

export interface ReadingRules {
  /** Now, in ms since the epoch. */
  readonly now: number
  /** A sample older than this (two scrape intervals) is stale. */
  readonly maxAgeMs: number
  /** Take a result that carries warnings, which may be partial. Default: refuse it. */
  readonly acceptPartial?: boolean
}

/** Reads the one number of an outcome; of a matrix, its last point. */
export function readOne(outcome: QueryOutcome, rules: ReadingRules): Reading {
  if (outcome.kind === 'error')
    return { kind: 'error', cause: 'query-failed', passing: outcome.passing, detail: outcome.detail }
  if (outcome.type === 'string')
    return {
      kind: 'error',
      cause: 'wrong-type',
      passing: false,
      detail: 'the query gives a text, not a number',
    }
  if (outcome.warnings.length > 0 && rules.acceptPartial !== true)
    return { kind: 'error', cause: 'partial', passing: true, detail: outcome.warnings.join('; ') }
  const [series, ...others] = outcome.series
  if (others.length > 0)
    return {
      kind: 'error',
      cause: 'several-series',
      passing: false,
      detail: `${others.length + 1} series where one is needed; aggregate with sum(…): ${outcome.series.slice(0, 3).map(labelText).join(', ')}`,
    }
  const point = series?.points.at(-1)
  if (point === undefined) return { kind: 'nodata', cause: 'empty', detail: 'the query matches no series' }
  const age = rules.now - point.at
  if (age > rules.maxAgeMs)
    return { kind: 'nodata', cause: 'stale', detail: `the newest sample is ${Math.round(age / 1000)} s old` }
  if (Number.isNaN(point.value))
    return {
      kind: 'nodata',
      cause: 'nan',
      detail: 'the value is NaN (0/0: no requests, or an empty histogram)',
    }
  if (!Number.isFinite(point.value))
    return {
      kind: 'error',
      cause: 'infinite',
      passing: false,
      detail: `the value is ${point.value} (a division by zero)`,
    }
  return { kind: 'value', value: point.value, at: point.at, warnings: outcome.warnings }
}

/**
 * The increase of counters over their raw samples, summed over all series: whole events, where `increase()` extrapolates
 * to fractions. A drop is a restart of the process: all that was counted since belongs to the increase.
 * Undefined when no series has two samples, because then nothing was seen to grow or stand still.
 */
export function counterIncrease(series: readonly Series[]): { increase: number; resets: number } | undefined {
  let [increase, resets, pairs] = [0, 0, 0]
  for (const { points } of series) {
    let last: number | undefined
    for (const { value } of points) {
      if (!Number.isFinite(value)) continue
      if (last !== undefined) {
        pairs++
        if (value < last) resets++
        increase += value < last ? value : value - last
      }
      last = value
    }
  }
  return pairs === 0 ? undefined : { increase, resets }
}

function labelText({ labels }: Series): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return `{${parts.join(', ')}}`
}
