import { Readable } from 'node:stream'
import { type Http, type HttpRequest, wrapResponse } from '../../src/base/http.ts'
import type { QueryOutcome } from '../../src/gray/prometheus.ts'
import { readAnswer } from '../../src/gray/prometheus.ts'

/**
 * A Prometheus in memory: samples that tests put in, and the few forms of PromQL that our client sends. It knows nothing
 * of our judge. What it does not understand is refused as Prometheus refuses a query, so that a new form is noticed.
 */
export class PrometheusDouble {
  readonly #series = new Map<string, Map<string, Stored>>()
  /** Queries as they came. */
  readonly asked: string[] = []

  add(name: string, labels: Readonly<Record<string, string>>, at: number, value: number): void {
    this.series(name, labels)(at, value)
  }

  /** Adds to one series, without looking for it each time: simulations have millions of samples. */
  series(name: string, labels: Readonly<Record<string, string>>): (at: number, value: number) => void {
    const family = this.#series.get(name) ?? new Map<string, Stored>()
    this.#series.set(name, family)
    const key = JSON.stringify(labels)
    const stored = family.get(key) ?? { labels, times: [], values: [] }
    family.set(key, stored)
    return (at, value) => {
      stored.times.push(at)
      stored.values.push(value)
    }
  }

  instant(query: string, at: number): Promise<QueryOutcome> {
    this.asked.push(query)
    return Promise.resolve(this.#evaluate(query, at))
  }

  range(query: string, span: { start: number; end: number; stepMs: number }): Promise<QueryOutcome> {
    this.asked.push(query)
    const merged = new Map<
      string,
      { labels: Readonly<Record<string, string>>; points: { at: number; value: number }[] }
    >()
    for (let at = span.start; at <= span.end; at += span.stepMs) {
      const outcome = this.#evaluate(query, at)
      if (outcome.kind === 'error') return Promise.resolve(outcome)
      for (const { labels, points } of outcome.series) {
        const key = JSON.stringify(labels)
        const known = merged.get(key) ?? { labels, points: [] }
        known.points.push(...points.map(({ value }) => ({ at, value })))
        merged.set(key, known)
      }
    }
    return Promise.resolve({
      kind: 'answer',
      type: 'matrix',
      series: [...merged.values()],
      warnings: [],
      infos: [],
    })
  }

  /** The HTTP API over the same data. `fault` may answer in its place. */
  http(fault: (path: string) => { status: number; body: string } | undefined = () => undefined): Http {
    return {
      request: async (request: HttpRequest) => {
        const url = new URL(request.url)
        const form = new URLSearchParams(typeof request.body === 'string' ? request.body : url.search)
        const query = form.get('query') ?? ''
        const number = (name: string): number => Math.round(Number(form.get(name)) * 1000)
        const broken = fault(`${url.pathname} ${query}`)
        if (broken !== undefined)
          return wrapResponse(broken.status, {}, Readable.from([Buffer.from(broken.body)]))
        const outcome = url.pathname.endsWith('/query_range')
          ? await this.range(query, { start: number('start'), end: number('end'), stepMs: number('step') })
          : await this.instant(query, number('time'))
        const [status, body] = answerOf(outcome)
        return wrapResponse(status, {}, Readable.from([Buffer.from(JSON.stringify(body))]))
      },
    }
  }

  #evaluate(query: string, at: number): QueryOutcome {
    try {
      return { kind: 'answer', warnings: [], infos: [], ...this.#expression(query.trim(), at) }
    } catch (error) {
      return readAnswer(400, JSON.stringify({ status: 'error', error: String(error) }))
    }
  }

  #expression(query: string, at: number): { type: 'vector' | 'matrix'; series: Result[] } {
    if (query === 'vector(1)') return { type: 'vector', series: [{ labels: {}, points: [{ at, value: 1 }] }] }
    const aggregate = /^(sum|count|max)(?: by \((\w+)\))? ?\((.*)\)$/s.exec(query)
    if (aggregate !== null) {
      const [, kind = '', by, inner = ''] = aggregate
      const groups = new Map<string, Result>()
      for (const { labels, points } of this.#expression(inner.trim(), at).series) {
        const own = by === undefined || labels[by] === undefined ? {} : { [by]: labels[by] }
        const key = JSON.stringify(own)
        const value = points.at(-1)?.value ?? NaN
        const known = groups.get(key)
        const before = known?.points[0]?.value
        const next =
          kind === 'count'
            ? (before ?? 0) + 1
            : kind === 'max'
              ? Math.max(before ?? value, value)
              : (before ?? 0) + value
        groups.set(key, { labels: own, points: [{ at, value: next }] })
      }
      return { type: 'vector', series: [...groups.values()] }
    }
    const rate = /^(rate|increase)\((.*)\)$/s.exec(query)
    if (rate !== null) {
      const [, kind, inner = ''] = rate
      const { series } = this.#expression(inner, at)
      const ms = milliseconds(/\[(\w+)\]$/.exec(inner)?.[1] ?? '')
      return {
        type: 'vector',
        series: series
          .filter(({ points }) => points.length > 1)
          .map(({ labels, points }) => {
            let sum = 0
            for (const [index, { value }] of points.entries()) {
              const last = points[index - 1]?.value
              if (last !== undefined) sum += value < last ? value : value - last
            }
            return { labels, points: [{ at, value: kind === 'rate' ? sum / (ms / 1000) : sum }] }
          }),
      }
    }
    const selector = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?(?:\[(\w+)\])?$/s.exec(query)
    if (selector === null) throw new SyntaxError(`parse error: ${query}`)
    const [, name = '', matchers = '', duration] = selector
    const wanted = parseMatchers(matchers)
    const series = [...(this.#series.get(name)?.values() ?? [])]
      .filter(({ labels }) => wanted.every((matches) => matches(labels)))
      .map((stored) => ({
        labels: { __name__: name, ...stored.labels },
        points:
          duration === undefined
            ? between(stored, at - 300_000, at)
                .slice(-1)
                .map(({ value }) => ({ at, value }))
            : between(stored, at - milliseconds(duration), at),
      }))
      .filter(({ points }) => points.length > 0)
    return { type: duration === undefined ? 'vector' : 'matrix', series }
  }
}

interface Stored {
  readonly labels: Readonly<Record<string, string>>
  readonly times: number[]
  readonly values: number[]
}

interface Result {
  readonly labels: Readonly<Record<string, string>>
  readonly points: readonly { readonly at: number; readonly value: number }[]
}

function between({ times, values }: Stored, from: number, to: number): { at: number; value: number }[] {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] ?? 0) <= from) low = middle + 1
    else high = middle
  }
  const points: { at: number; value: number }[] = []
  for (let index = low; index < times.length; index++) {
    const [at, value] = [times[index], values[index]]
    if (at === undefined || value === undefined || at > to) break
    points.push({ at, value })
  }
  return points
}

function parseMatchers(text: string): ((labels: Readonly<Record<string, string>>) => boolean)[] {
  const matchers: ((labels: Readonly<Record<string, string>>) => boolean)[] = []
  const pattern = /\s*([a-zA-Z_]\w*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*")\s*(,|$)/gy
  let at = 0
  while (at < text.length) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) throw new SyntaxError(`parse error in matchers: ${text}`)
    const [whole, name = '', operator, quoted = '""'] = match
    const value = JSON.parse(quoted) as string
    const regex = new RegExp(`^(?:${value})$`)
    matchers.push((labels) => {
      const own = labels[name] ?? ''
      return operator === '='
        ? own === value
        : operator === '!='
          ? own !== value
          : (operator === '=~') === regex.test(own)
    })
    at += whole.length
  }
  return matchers
}

function milliseconds(text: string): number {
  const [, count = '', unit = ''] = /^(\d+)(ms|s|m|h|d)$/.exec(text) ?? []
  return Number(count) * ({ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? NaN)
}

function answerOf(outcome: QueryOutcome): [number, unknown] {
  if (outcome.kind === 'error') return [400, { status: 'error', error: outcome.detail }]
  const text = (value: number): string =>
    value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value)
  const result = outcome.series.map(({ labels, points }) => {
    const values = points.map(({ at, value }) => [at / 1000, text(value)])
    return outcome.type === 'matrix' ? { metric: labels, values } : { metric: labels, value: values.at(-1) }
  })
  return [200, { status: 'success', data: { resultType: outcome.type, result } }]
}
