import { measureWindow } from '../../src/gray/metrics/measurer.ts'
import { type MetricsSettings, selectorsFor } from '../../src/gray/metrics/settings.ts'
import { Source } from '../../src/gray/metrics/source.ts'
import type { Measurement, WeightChange } from '../../src/gray/ports.ts'
import {
  type Effect,
  INITIAL_STATE,
  isTerminal,
  reduce,
  type ReleaseEvent,
  type ReleasePlan,
  type ReleaseState,
} from '../../src/gray/reducer.ts'
import { normal } from '../unit/gray/random.ts'
import { PrometheusDouble } from './prometheus-double.ts'

/** How one version behaves. */
export interface Behaviour {
  readonly errorRatio: number
  /** Log-normal: median in seconds and the standard deviation of the logarithm. */
  readonly median: number
  readonly spread: number
  /** Used part of its CPUs without traffic, and for each request a second. */
  readonly cpuIdle: number
  readonly cpuPerRequest: number
}

export const GOOD: Behaviour = {
  errorRatio: 0.003,
  median: 0.08,
  spread: 0.5,
  cpuIdle: 0.05,
  cpuPerRequest: 0.004,
}
const EDGES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** A binomial number: by the gaps between its events (Devroye 1986, X.4), or by its normal limit where that is the same. */
export function binomial(random: () => number, n: number, p: number): number {
  if (n <= 0 || p <= 0) return 0
  if (p >= 1) return n
  if (p > 0.5) return n - binomial(random, n, 1 - p)
  if (n * p * (1 - p) > 100)
    return Math.min(n, Math.max(0, Math.round(n * p + normal(random) * Math.sqrt(n * p * (1 - p)))))
  const scale = Math.log1p(-p)
  let [count, at] = [0, 0]
  for (;;) {
    at += Math.floor(Math.log(1 - random()) / scale) + 1
    if (at > n) return count
    count++
  }
}

export function poisson(random: () => number, mean: number): number {
  if (mean > 60) return Math.max(0, Math.round(mean + normal(random) * Math.sqrt(mean)))
  const limit = Math.exp(-mean)
  let [count, product] = [0, random()]
  while (product > limit) {
    count++
    product *= random()
  }
  return count
}

/** One instance of a service, as Prometheus sees it. */
export class SimulatedService {
  readonly #labels: Readonly<Record<string, string>>
  #behaviour: Behaviour
  readonly #codes = new Map([['200', 0]])
  readonly #buckets = EDGES.map(() => 0)
  #shares: readonly number[] = []
  /** One server a service: its series are found once. */
  readonly #series = new Map<string, (at: number, value: number) => void>()
  #count = 0
  #cpu = 0

  constructor(version: string, instance: string, behaviour: Behaviour) {
    this.#labels = { job: 'shop', instance, version }
    this.#behaviour = behaviour
    this.behave(behaviour)
  }

  behave(behaviour: Behaviour): void {
    this.#behaviour = behaviour
    this.#shares = EDGES.map((edge) => normalBelow(Math.log(edge / behaviour.median) / behaviour.spread))
  }

  /** Serves for a while; the errors it gave. */
  serve(random: () => number, requests: number, seconds: number): number {
    const bad = binomial(random, requests, this.#behaviour.errorRatio)
    this.#codes.set('200', (this.#codes.get('200') ?? 0) + requests - bad)
    // Like client_golang: the series begins with its first event.
    if (bad > 0) this.#codes.set('500', (this.#codes.get('500') ?? 0) + bad)
    this.#count += requests
    let left = requests
    let above = 1
    for (let index = EDGES.length - 1; index >= 0; index--) {
      const share = this.#shares[index] ?? 0
      left = binomial(random, left, Math.min(1, share / above))
      above = share
      this.#buckets[index] = (this.#buckets[index] ?? 0) + left
      if (share <= 0) break
    }
    const { cpuIdle, cpuPerRequest } = this.#behaviour
    this.#cpu += Math.max(
      0,
      seconds * cpuIdle * (1 + 0.3 * normal(random)) + requests * cpuPerRequest * (1 + 0.05 * normal(random)),
    )
    return bad
  }

  restart(): void {
    this.#codes.clear()
    this.#codes.set('200', 0)
    this.#buckets.fill(0)
    this.#count = 0
    this.#cpu = 0
  }

  scrape(into: PrometheusDouble, at: number): void {
    const labels = this.#labels
    const put = (key: string, name: string, own: Readonly<Record<string, string>>, value: number): void => {
      let add = this.#series.get(key)
      if (add === undefined) this.#series.set(key, (add = into.series(name, own)))
      add(at, value)
    }
    for (const [code, value] of this.#codes) put(code, 'http_requests_total', { ...labels, code }, value)
    for (const [index, edge] of EDGES.entries()) {
      const le = String(edge)
      put(le, 'http_request_duration_seconds_bucket', { ...labels, le }, this.#buckets[index] ?? 0)
    }
    put('+Inf', 'http_request_duration_seconds_bucket', { ...labels, le: '+Inf' }, this.#count)
    put('count', 'http_request_duration_seconds_count', labels, this.#count)
    put('cpu', 'process_cpu_seconds_total', labels, this.#cpu)
    const { job = '', instance = '' } = labels
    put('cores', 'go_sched_gomaxprocs_threads', { job, instance }, 2)
  }
}

/** Abramowitz and Stegun 26.2.17, good to 7 digits. */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z))
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)
  const tail =
    density * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return z >= 0 ? 1 - tail : tail
}

export interface Outcome {
  readonly state: ReleaseState
  /** Errors the new version gave until the end. */
  readonly errors: number
  readonly requests: number
  readonly step: number
  readonly looks: number
  readonly last: Measurement | undefined
  readonly minutes: number
}

/** One whole release: reducer, measurer and services, in simulated time. */
export async function simulateRelease(
  random: () => number,
  options: {
    readonly settings: MetricsSettings
    readonly plan: ReleasePlan
    readonly old: Behaviour
    /** May depend on its share: bad only under load. */
    readonly new: Behaviour | ((percent: number) => Behaviour)
    /** The new version's process dies and comes back about this often, ms. */
    readonly restartMs?: number
    /** Requests a second of both versions together. */
    readonly rate: number
    readonly scrapeMs?: number
  },
): Promise<Outcome> {
  const { settings, plan, rate } = options
  const scrapeMs = options.scrapeMs ?? 15_000
  const begin = 1_700_000_000_000
  const prometheus = new PrometheusDouble()
  const source = new Source(prometheus, { acceptPartial: false })
  const selectors = selectorsFor(settings, { old: '1', new: '2' })
  const old = [new SimulatedService('1', 'a:80', options.old), new SimulatedService('1', 'b:80', options.old)]
  const behaviour = (part: number): Behaviour =>
    typeof options.new === 'function' ? options.new(part) : options.new
  const fresh = new SimulatedService('2', 'c:80', behaviour(0))
  let [now, percent, errors, requests, looks] = [begin, 0, 0, 0, 0]
  const advance = (until: number): void => {
    while (now + scrapeMs <= until) {
      now += scrapeMs
      const seconds = scrapeMs / 1000
      const count = poisson(random, (rate * seconds * percent) / 100)
      if (options.restartMs !== undefined && random() < scrapeMs / options.restartMs) fresh.restart()
      errors += fresh.serve(random, count, seconds)
      requests += count
      for (const service of old)
        service.serve(random, poisson(random, (rate * seconds * (100 - percent)) / 200), seconds)
      for (const service of [...old, fresh]) service.scrape(prometheus, now)
    }
    now = Math.max(now, until)
  }
  advance(begin + 120_000)
  let state = INITIAL_STATE
  let windowStart = now
  let last: Measurement | undefined
  const history: WeightChange[] = []
  let events: ReleaseEvent[] = [{ kind: 'start' }]
  while (!isTerminal(state)) {
    const event = events.shift()
    if (event === undefined) throw new Error(`stuck in ${state.phase}`)
    const before = state.phase
    const next = reduce(plan, state, event, now)
    state = next.state
    if (state.phase === 'observing' && before === 'warming') windowStart = now
    if (state.phase === 'baking' && before !== 'baking') windowStart = now
    for (const effect of next.effects) events = [...events, ...(await carryOut(effect))]
  }
  return { state, errors, requests, step: state.step, looks, last, minutes: (now - begin) / 60_000 }

  async function carryOut(effect: Effect): Promise<ReleaseEvent[]> {
    switch (effect.kind) {
      case 'prepare':
      case 'deploy':
      case 'smoke':
      case 'finalise':
        return [{ kind: 'acted', of: effect.kind }]
      case 'set-weight':
      case 'reset':
        percent = effect.kind === 'reset' ? 0 : effect.percent
        fresh.behave(behaviour(percent))
        return [{ kind: 'acted', of: effect.kind }]
      case 'read-back':
        if (state.phase === 'shifting') history.push({ at: now, step: state.step, percent })
        return [{ kind: 'observed', percent, settled: true }]
      case 'wait':
        advance(effect.until)
        return [{ kind: 'waited' }]
      case 'measure': {
        looks++
        last = await measureWindow(
          settings,
          selectors,
          source,
          {
            start: windowStart,
            end: now,
            step: state.step,
            percent,
            baking: state.phase === 'baking',
            history,
            ...(state.deadline === null ? {} : { deadline: state.deadline }),
          },
          plan,
        )
        return [
          {
            kind: 'measured',
            verdict: last.verdict,
            reason: last.reason,
            ...(last.hard === true ? { hard: true } : {}),
          },
        ]
      }
      case 'ask-approval':
      case 'await-approval':
      case 'notify':
        return []
    }
  }
}
