import { vectorOf, type Selector } from '../presets.ts'
import type { QueryAnswer, QueryOutcome } from '../prometheus.ts'
import type { Point, Series } from '../prometheus-data.ts'

/** The two questions put to Prometheus; `Prometheus` is one, simulations are another. */
export interface MetricsServer {
  instant(query: string, at: number): Promise<QueryOutcome>
  range(query: string, span: { start: number; end: number; stepMs: number }): Promise<QueryOutcome>
}

/** A question as it was sent, and what was taken from the answer. */
export interface QueryRecord {
  readonly query: string
  readonly at: number
  readonly answer: unknown
}

/** What came of a question: series, or why there are none. `passing`: the next look may do better. */
export type Fetched =
  | { readonly kind: 'series'; readonly query: string; readonly series: readonly Series[] }
  | { readonly kind: 'error'; readonly query: string; readonly reason: string; readonly passing: boolean }

interface Kept {
  readonly from: number
  readonly to: number
  /** By their labels; points in the order of time, each time once. */
  readonly series: Map<string, KeptSeries>
}

interface KeptSeries {
  readonly labels: Series['labels']
  readonly points: Point[]
}

/** Samples that arrive late by up to this are still taken in by the next look. */
const LATE_MS = 120_000
/** Raw samples of very many series are asked in parts of time; after this many halvings they are refused. */
const HALVINGS = 4

/**
 * Reads raw samples, and remembers them from look to look: a look asks only for what is new. Everything can be read again
 * from Prometheus by another process, so nothing here needs to be kept.
 */
export class Source {
  readonly #server: MetricsServer
  readonly #acceptPartial: boolean
  readonly #kept = new Map<string, Kept>()

  constructor(server: MetricsServer, options: { acceptPartial: boolean }) {
    this.#server = server
    this.#acceptPartial = options.acceptPartial
  }

  /** The raw samples of a vector selector from `from` to `to` (ms). */
  async raw(vector: string, from: number, to: number): Promise<Fetched> {
    const kept = this.#kept.get(vector)
    const begin =
      kept !== undefined && kept.from <= from && kept.to >= from ? Math.max(from, kept.to - LATE_MS) : from
    const query = rangeQuery(vector, to - begin)
    const fetched = await this.#rawParts(vector, begin, to, 0)
    if (fetched.kind === 'error') return fetched
    const series: Kept['series'] =
      begin === from || kept === undefined ? new Map<string, KeptSeries>() : kept.series
    for (const { labels, points } of fetched.series) {
      const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
      const known = series.get(key)
      if (known === undefined) series.set(key, { labels, points: [...points] })
      else for (const point of points) insert(known.points, point)
    }
    this.#kept.set(vector, { from, to, series })
    const list = [...series.values()].map(({ labels, points }) => ({
      labels,
      points: points.slice(firstAfter(points, from - 1), firstAfter(points, to)),
    }))
    return { kind: 'series', query, series: list.filter(({ points }) => points.length > 0) }
  }

  async #rawParts(vector: string, from: number, to: number, depth: number): Promise<Fetched> {
    const query = rangeQuery(vector, to - from)
    const outcome = await this.#server.instant(query, to)
    const whole = this.#read(query, outcome)
    const tooLarge =
      whole.kind === 'error' && /larger than \d+ bytes|too many samples|exceed/i.test(whole.reason)
    if (!tooLarge || depth >= HALVINGS) return whole
    const middle = Math.floor((from + to) / 2)
    const [first, second] = [
      await this.#rawParts(vector, from, middle, depth + 1),
      await this.#rawParts(vector, middle, to, depth + 1),
    ]
    if (first.kind === 'error') return first
    return second.kind === 'error'
      ? second
      : { ...second, query, series: [...first.series, ...second.series] }
  }

  /** Any query at one time. */
  async instant(query: string, at: number): Promise<Fetched> {
    return this.#read(query, await this.#server.instant(query, at))
  }

  /** Any query over a time, one value each `stepMs`. */
  async range(query: string, span: { start: number; end: number; stepMs: number }): Promise<Fetched> {
    return this.#read(query, await this.#server.range(query, span))
  }

  #read(query: string, outcome: QueryOutcome): Fetched {
    if (outcome.kind === 'error')
      return { kind: 'error', query, reason: outcome.detail, passing: outcome.passing }
    const fault = faultOf(outcome)
    if (fault !== undefined) return { kind: 'error', query, reason: fault, passing: false }
    if (outcome.warnings.length > 0 && !this.#acceptPartial)
      return {
        kind: 'error',
        query,
        reason: `Prometheus warns that the result may be partial: ${outcome.warnings.join('; ')}`,
        passing: true,
      }
    return { kind: 'series', query, series: outcome.series }
  }
}

function faultOf(answer: QueryAnswer): string | undefined {
  return answer.type === 'string' ? 'the query gives a text, not numbers' : undefined
}

/** Index of the first point later than `at`. */
function firstAfter(points: readonly Point[], at: number): number {
  let [low, high] = [0, points.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((points[middle]?.at ?? Infinity) <= at) low = middle + 1
    else high = middle
  }
  return low
}

/** Puts a point where its time belongs; a time that is known stays as it was. */
function insert(points: Point[], point: Point): void {
  const index = firstAfter(points, point.at)
  if (points[index - 1]?.at !== point.at) points.splice(index, 0, point)
}

/** `name{…}[90s]`. */
export function rangeQuery(vector: string, ms: number): string {
  return `${vector}[${durationText(ms)}]`
}

/** A time as PromQL writes it. */
export function durationText(ms: number): string {
  const whole = Math.max(1, Math.round(ms))
  return whole % 1000 === 0 ? `${whole / 1000}s` : `${whole}ms`
}

/** A query of the user's with the version's matchers and the window. */
export function fillQuery(query: string, selector: Selector, windowMs: number): string {
  const list = vectorOf('', selector).replace(/^\{|\}$/g, '')
  return query.replaceAll('$selector', () => list).replaceAll('$window', durationText(windowMs))
}
