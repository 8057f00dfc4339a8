import { edgesAround, type Selector, vectorOf } from '../presets.ts'
import type { Series } from '../prometheus-data.ts'
import { increments, targetOf, typicalGap } from './counts.ts'
import type { GaugeSample } from './evaluate-samples.ts'
import type { EventsOrTrouble, Trouble } from './decide.ts'
import type { LatencyEvents } from './evaluate-events.ts'
import { Events, type Look } from './look.ts'
import type { LatencySpec, MetricsSettings, RatioSpec, SamplesSpec, ValueSpec } from './settings.ts'
import { durationText, type Fetched, fillQuery, type QueryRecord, type Source } from './source.ts'

/** The questions of one look: each is put once, however many metrics ask it, and each is kept for the audit. */
export class Reader {
  readonly #source: Source
  readonly #look: Look
  readonly #settings: MetricsSettings
  readonly #from: number
  readonly #asked = new Map<string, Promise<Fetched>>()

  constructor(source: Source, look: Look, settings: MetricsSettings) {
    this.#source = source
    this.#look = look
    this.#settings = settings
    // Some scrapes more, so that it is known which series began inside.
    const before = Math.max(60_000, 4 * (settings.prometheus.scrapeMs ?? 15_000))
    this.#from = Math.min(look.start, ...look.spans.map(({ start }) => start)) - before
  }

  /** Bad and all events of one version. */
  async ratio(
    spec: Pick<RatioSpec, 'part' | 'partIs' | 'total'>,
    selector: Selector,
    records: QueryRecord[],
  ): Promise<EventsOrTrouble> {
    const [part, total] = await Promise.all([
      this.#raw(vectorOf(spec.part, selector)),
      this.#raw(vectorOf(spec.total, selector)),
    ])
    const trouble = this.#troubleOf(total) ?? (part.kind === 'error' ? this.#troubleOf(part) : undefined)
    if (trouble !== undefined || part.kind === 'error' || total.kind === 'error') {
      for (const fetched of [part, total]) records.push(this.#record(fetched, trouble?.reason ?? null))
      return trouble ?? { verdict: 'error', reason: 'no answer' }
    }
    // No error yet may well mean no such series yet; no success at all means a wrong name.
    if (spec.partIs === 'good' && part.series.length === 0)
      return {
        verdict: 'nodata',
        reason: `no series match the good events: ${vectorOf(spec.part, selector)}`,
      }
    const events = new Events(this.#increments([part.series, total.series]), 2, (sums) => {
      const [some = 0, all = 0] = sums
      return { bad: spec.partIs === 'bad' ? some : all - some, total: all }
    })
    const { bad, total: all } = events.between(this.#look.start, this.#look.end)
    records.push(this.#record(part, spec.partIs === 'bad' ? bad : all - bad), this.#record(total, all))
    return events
  }

  /** The events of a histogram above the edges that matter, of both versions. */
  async latency(
    spec: LatencySpec,
    selectors: { new: Selector; old?: Selector },
    records: QueryRecord[],
  ): Promise<{ new: LatencyEvents | Trouble; old?: LatencyEvents | Trouble }> {
    const [fresh, old] = await Promise.all([
      this.#edges(spec, selectors.new, records),
      selectors.old === undefined ? undefined : this.#edges(spec, selectors.old, records),
    ])
    if ('verdict' in fresh)
      return { new: fresh, ...(old === undefined ? {} : { old: 'verdict' in old ? old : fresh }) }
    const known = old === undefined || 'verdict' in old ? undefined : old
    const common = [...fresh.labels.keys()]
      .filter((edge) => known === undefined || known.labels.has(edge))
      .sort((a, b) => a - b)
    const limitEdges = spec.limitSeconds === undefined ? {} : edgesAround(spec.limitSeconds, common)
    const oldEdges = known === undefined ? {} : quantileEdges(known.growth, spec.quantile, common)
    const wanted = [...new Set([...Object.values(limitEdges), ...Object.values(oldEdges)])]
    const eventsOf = async (
      selector: Selector,
      labels: ReadonlyMap<number, readonly string[]>,
    ): Promise<LatencyEvents | Trouble> => {
      const texts = wanted.flatMap((edge) => labels.get(edge) ?? [])
      const within = vectorOf(vectorOf(spec.histogram, selector, '_bucket'), {
        le: `=~${texts.map(escapeRegex).join('|')}`,
      })
      const [buckets, total] = await Promise.all([
        this.#raw(within),
        this.#raw(vectorOf(spec.histogram, selector, '_count')),
      ])
      const trouble = this.#troubleOf(total) ?? this.#troubleOf(buckets)
      if (trouble !== undefined || buckets.kind === 'error' || total.kind === 'error') {
        for (const fetched of [buckets, total]) records.push(this.#record(fetched, trouble?.reason ?? null))
        return trouble ?? { verdict: 'error', reason: 'no answer' }
      }
      const groups = wanted.map((edge) => buckets.series.filter(({ labels: { le } }) => Number(le) === edge))
      const data = this.#increments([...groups, total.series])
      const slowerThan = new Map(
        wanted.map((edge, index) => [
          edge,
          new Events(data, wanted.length + 1, (sums) => {
            const all = sums.at(-1) ?? 0
            return { bad: all - (sums[index] ?? 0), total: all }
          }),
        ]),
      )
      const answer = [...slowerThan].map(([edge, events]) => {
        const { bad, total: all } = events.between(this.#look.start, this.#look.end)
        return { le: edge, within: all - bad, total: all }
      })
      records.push(this.#record(buckets, answer), this.#record(total, answer[0]?.total ?? 0))
      return { slowerThan, limitEdges, oldEdges }
    }
    if (wanted.length === 0)
      return { new: { verdict: 'nodata', reason: 'the two versions have no bucket edge in common' } }
    const [a, b] = await Promise.all([
      eventsOf(selectors.new, fresh.labels),
      known === undefined || selectors.old === undefined ? undefined : eventsOf(selectors.old, known.labels),
    ])
    return { new: a, ...(selectors.old === undefined ? {} : { old: b ?? (old as Trouble) }) }
  }

  /** The bucket edges of a version (with all ways they are written), and how much each grew. */
  async #edges(
    spec: LatencySpec,
    selector: Selector,
    records: QueryRecord[],
  ): Promise<{ labels: Map<number, string[]>; growth: Map<number, number> } | Trouble> {
    const { start, end } = this.#look
    const buckets = vectorOf(spec.histogram, selector, '_bucket')
    const query = `sum by (le) (increase(${buckets}[${durationText(end - start)}]))`
    const fetched = await this.#once(query, () => this.#source.instant(query, end))
    if (fetched.kind === 'error') {
      records.push(this.#record(fetched, fetched.reason))
      return { verdict: 'error', reason: fetched.reason }
    }
    const labels = new Map<number, string[]>()
    const growth = new Map<number, number>()
    for (const {
      labels: { le },
      points,
    } of fetched.series) {
      const edge = le === '+Inf' ? Infinity : Number(le)
      if (le === undefined || Number.isNaN(edge)) continue
      growth.set(edge, (growth.get(edge) ?? 0) + (points.at(-1)?.value ?? 0))
      if (edge !== Infinity) labels.set(edge, [...(labels.get(edge) ?? []), le])
    }
    records.push({
      query,
      at: end,
      answer: Object.fromEntries([...growth].map(([edge, value]) => [String(edge), value])),
    })
    if (labels.size === 0)
      return {
        verdict: 'nodata',
        reason: `no bucket grew or was scraped twice in the window: ${buckets} (a native histogram has none)`,
      }
    return { labels, growth }
  }

  /** The samples of a gauge, one in `everyMs`. */
  async samples(
    spec: SamplesSpec,
    selector: Selector,
    records: QueryRecord[],
  ): Promise<readonly GaugeSample[] | Trouble> {
    const { source, everyMs } = spec
    const { start, end } = this.#look
    let samples: GaugeSample[] | Trouble
    let fetched: Fetched
    if (source.kind === 'cpu') {
      fetched = await this.#raw(vectorOf(source.used, selector))
      samples = this.#troubleOf(fetched) ?? (await this.#cpu(spec, source.available, fetched, selector))
    } else if (source.kind === 'gauge') {
      fetched = await this.#raw(vectorOf(source.gauge, selector))
      samples =
        this.#troubleOf(fetched) ?? (fetched.kind === 'series' ? thinned(fetched.series, start, everyMs) : [])
    } else {
      const query = fillQuery(source.query, selector, everyMs)
      const span = { start: start + everyMs, end, stepMs: everyMs }
      if (span.start > span.end)
        return { verdict: 'nodata', reason: 'the window is shorter than the time of one sample' }
      fetched = await this.#once(`${query} each ${everyMs}`, () => this.#source.range(query, span))
      samples =
        this.#troubleOf(fetched, 2 * everyMs) ??
        (fetched.kind === 'series' ? thinned(fetched.series, start, 0) : [])
    }
    records.push(
      this.#record(
        fetched,
        Array.isArray(samples) ? samples.map(({ value }) => Number(value.toPrecision(6))) : samples.reason,
      ),
    )
    return samples
  }

  /** Used CPU seconds by time and available CPUs, scrape by scrape. */
  async #cpu(
    spec: SamplesSpec,
    available: string | number,
    used: Fetched,
    selector: Selector,
  ): Promise<GaugeSample[] | Trouble> {
    if (used.kind === 'error') return { verdict: 'error', reason: used.reason }
    const cores = new Map<string, number>()
    if (typeof available === 'string') {
      // The runtime's series may lack the version's label (go_info has a label "version" of its own): same instance will do.
      const instances = [...new Set(used.series.flatMap(({ labels: { instance } }) => instance ?? []))]
      const queries = [
        vectorOf(available, selector),
        vectorOf(available, {
          ...this.#settings.labels,
          instance: `=~${instances.map(escapeRegex).join('|')}`,
        }),
      ]
      for (const vector of queries) {
        const fetched = await this.#once(vector, () => this.#source.instant(vector, this.#look.end))
        if (fetched.kind === 'error') return { verdict: 'error', reason: fetched.reason }
        for (const { labels, points } of fetched.series) {
          const value = points.at(-1)?.value
          if (value !== undefined && value > 0) cores.set(targetOf(labels), value)
        }
        if (cores.size > 0) break
      }
    }
    const data = this.#increments([used.series])
    const samples: GaugeSample[] = []
    const open = new Map<string, { from: number; sum: number }>()
    for (const { target, from, at, values } of data.increments) {
      if (from < this.#look.start || at > this.#look.end) continue
      const count = typeof available === 'number' ? available : cores.get(target)
      if (count === undefined)
        return {
          verdict: 'nodata',
          reason: `no CPU count for ${target}: ${String(available)} has no series; give "cores:"`,
        }
      const begun = open.get(target) ?? { from, sum: 0 }
      begun.sum += values[0] ?? 0
      if (at - begun.from < spec.everyMs * 0.99) {
        open.set(target, begun)
        continue
      }
      samples.push({ target, at, value: begun.sum / ((at - begun.from) / 1000) / count })
      open.delete(target)
    }
    return samples
  }

  /** One number. */
  async value(spec: ValueSpec, selector: Selector, records: QueryRecord[]): Promise<number | Trouble> {
    const { start, end } = this.#look
    const query = fillQuery(spec.query, selector, Math.min(spec.windowMs, end - start))
    const fetched = await this.#once(query, () => this.#source.instant(query, end))
    const answer =
      fetched.kind === 'error'
        ? fetched.reason
        : fetched.series.map(({ labels, points }) => ({ labels, value: String(points.at(-1)?.value) }))
    records.push({ query, at: end, answer })
    if (fetched.kind === 'error') return { verdict: 'error', reason: fetched.reason }
    const [series, ...others] = fetched.series
    if (others.length > 0)
      return {
        verdict: 'error',
        reason: `${others.length + 1} series where one is expected; aggregate with sum(…) or max(…): ${fetched.series
          .slice(0, 3)
          .map(({ labels }) => JSON.stringify(labels))
          .join(', ')}`,
      }
    const value = series?.points.at(-1)?.value
    if (value === undefined) return { verdict: 'nodata', reason: `no series match: ${query}` }
    if (Number.isNaN(value))
      return { verdict: 'nodata', reason: 'the value is NaN (0/0: no requests, or an empty histogram)' }
    if (!Number.isFinite(value))
      return { verdict: 'error', reason: `the value is ${value} (a division by zero)` }
    return value
  }

  #increments(groups: readonly (readonly Series[])[]) {
    const { scrapeMs } = this.#settings.prometheus
    return increments(groups, { end: this.#look.end, ...(scrapeMs === undefined ? {} : { scrapeMs }) })
  }

  #raw(vector: string): Promise<Fetched> {
    return this.#once(vector, () => this.#source.raw(vector, this.#from, this.#look.end))
  }

  #once(key: string, ask: () => Promise<Fetched>): Promise<Fetched> {
    const known = this.#asked.get(key) ?? ask()
    this.#asked.set(key, known)
    return known
  }

  /** What keeps series of samples from being used at all. */
  #troubleOf(fetched: Fetched, maxAgeMs?: number): Trouble | undefined {
    if (fetched.kind === 'error') return { verdict: 'error', reason: fetched.reason }
    const { series, query } = fetched
    let [samples, finite, newest] = [0, 0, 0]
    for (const { points } of series)
      for (const { at, value } of points) {
        samples++
        if (Math.abs(value) === Infinity)
          return {
            verdict: 'error',
            reason: `a sample is infinite (a division by zero in a recording rule?): ${query}`,
          }
        if (Number.isNaN(value)) continue
        finite++
        if (at > newest) newest = at
      }
    if (samples === 0) return { verdict: 'nodata', reason: `no series match: ${query}` }
    if (finite === 0) return { verdict: 'nodata', reason: `every sample is NaN: ${query}` }
    const gap = this.#settings.prometheus.scrapeMs ?? typicalGap(series)
    if (gap === undefined && maxAgeMs === undefined)
      return { verdict: 'nodata', reason: `scraped only once so far: ${query}` }
    const age = this.#look.end - newest
    if (age > (maxAgeMs ?? 2 * (gap ?? 0)) + 1000)
      return {
        verdict: 'nodata',
        reason: `stale: the newest sample is ${Math.round(age / 1000)} s old, more than two scrapes: ${query}`,
      }
    return undefined
  }

  #record(fetched: Fetched, answer: unknown): QueryRecord {
    return { query: fetched.query, at: this.#look.end, answer }
  }
}

/** The edges on both sides of a version's own quantile. */
export function quantileEdges(
  growth: ReadonlyMap<number, number>,
  quantile: number,
  edges: readonly number[],
): { below?: number; above?: number } {
  const total = growth.get(Infinity) ?? Math.max(0, ...growth.values())
  if (total <= 0) return {}
  const part = (edge: number): number => (growth.get(edge) ?? 0) / total
  const above = edges.find((edge) => part(edge) >= quantile)
  const below = edges.filter((edge) => part(edge) < quantile && part(edge) > 0).at(-1)
  return { ...(below === undefined ? {} : { below }), ...(above === undefined ? {} : { above }) }
}

/** At most one sample of a series in `everyMs`. */
function thinned(series: readonly Series[], start: number, everyMs: number): GaugeSample[] {
  const samples: GaugeSample[] = []
  for (const { labels, points } of series) {
    const target = targetOf(labels)
    let last = -Infinity
    for (const { at, value } of points) {
      if (at < start || !Number.isFinite(value) || at - last < everyMs * 0.99) continue
      samples.push({ at, value, target })
      last = at
    }
  }
  return samples
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
