import type { Act } from '../base/act.ts'
import { messageOf } from '../base/errors.ts'
import { isRecord } from '../base/json.ts'
import { classifyNetworkFault, classifyStatus, type Fault, retry } from '../base/retry.ts'
import { redactUrl } from '../base/secrets.ts'
import { parsePrometheusData, type Series } from './prometheus-data.ts'

export interface PrometheusServer {
  /** The address without `/api/v1`; a path prefix is kept. */
  readonly url: string
  readonly auth?:
    | { readonly kind: 'basic'; readonly user: string; readonly password: string }
    | { readonly kind: 'bearer'; readonly token: string }
  /** Extra headers, such as a tenant's `X-Scope-OrgID`. */
  readonly headers?: Readonly<Record<string, string>>
  /** For one request, also told to the server as the query's own limit. Default 10 s. */
  readonly timeoutMs?: number
  /** Tries for passing faults. Default 3. */
  readonly attempts?: number
  readonly unverified?: boolean
}

export type QueryFault =
  'unreachable' | 'denied' | 'redirected' | 'refused' | 'query' | 'overloaded' | 'malformed'

export interface QueryAnswer {
  readonly kind: 'answer'
  readonly type: 'vector' | 'matrix' | 'scalar' | 'string'
  readonly series: readonly Series[]
  /** The result may be partial (a store did not answer, a limit was met). */
  readonly warnings: readonly string[]
  /** Advice of the server on the query's style; the result is whole. */
  readonly infos: readonly string[]
}

export interface QueryError {
  readonly kind: 'error'
  readonly fault: QueryFault
  /** Whether the same query may succeed later. */
  readonly passing: boolean
  readonly detail: string
}

export type QueryOutcome = QueryAnswer | QueryError

type Ports = Pick<Act, 'http' | 'signal' | 'clock' | 'log' | 'counter'>

/**
 * The HTTP API of Prometheus (and of Thanos, Mimir, VictoriaMetrics): instant and range queries. A fault is returned, not
 * thrown, because a gate treats it as a verdict of its own; only the run's cancellation is thrown.
 */
export class Prometheus {
  readonly #act: Ports
  readonly #server: PrometheusServer

  constructor(act: Ports, server: PrometheusServer) {
    this.#act = act
    this.#server = server
  }

  /** The query's value at one time (ms since the epoch). A range selector gives its raw samples, as a matrix. */
  instant(query: string, at: number): Promise<QueryOutcome> {
    return this.#ask('query', query, { time: seconds(at) })
  }

  /** The query's values from `start` to `end` (ms, both included), one each `stepMs`. */
  range(query: string, span: { start: number; end: number; stepMs: number }): Promise<QueryOutcome> {
    return this.#ask('query_range', query, {
      start: seconds(span.start),
      end: seconds(span.end),
      step: seconds(span.stepMs),
    })
  }

  async #ask(path: string, query: string, rest: Record<string, string>): Promise<QueryOutcome> {
    const timeoutMs = this.#server.timeoutMs ?? 10_000
    const form = new URLSearchParams({ query, ...rest, timeout: `${seconds(timeoutMs)}s` })
    try {
      return await retry(
        async () => {
          const outcome = await this.#send(path, form, timeoutMs)
          if (outcome.kind === 'error' && outcome.passing) throw new PassingFault(outcome)
          return outcome
        },
        {
          what: `query of ${redactUrl(this.#server.url)}`,
          classify: (error): Fault => (error instanceof PassingFault ? error.fault : classifyFault(error)),
          attempts: this.#server.attempts ?? 3,
          capMs: timeoutMs,
          clock: this.#act.clock,
          signal: this.#act.signal,
          log: this.#act.log,
          counter: this.#act.counter,
        },
      )
    } catch (error) {
      if (this.#act.signal.aborted) throw error
      if (error instanceof PassingFault) return error.outcome
      const passing = classifyFault(error).kind === 'passing'
      return { kind: 'error', fault: 'unreachable', passing, detail: messageOf(error) }
    }
  }

  async #send(path: string, form: URLSearchParams, timeoutMs: number): Promise<QueryOutcome> {
    const base = new URL(this.#server.url)
    base.pathname = `${base.pathname.replace(/\/+$/, '')}/api/v1/${path}`
    const shared = {
      // The server's own limit comes first, so that its reason reaches us.
      timeoutMs: timeoutMs + 2000,
      // Each wait above is between two pieces; this one bounds the whole answer.
      signal: AbortSignal.any([this.#act.signal, AbortSignal.timeout(2 * timeoutMs + 2000)]),
      ...(this.#server.unverified === true ? { unverified: true } : {}),
    }
    const headers = { accept: 'application/json', ...this.#server.headers, ...this.#authorization() }
    // Queries can be longer than an address may be; the API takes a form for that.
    let response = await this.#act.http.request({
      method: 'POST',
      url: base.toString(),
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
      ...shared,
    })
    if (response.status === 405 || response.status === 501) {
      // A reading proxy in between may allow GET only.
      await response.drain()
      for (const [name, value] of form) base.searchParams.set(name, value)
      response = await this.#act.http.request({ url: base.toString(), headers, ...shared })
    }
    const text = await response.text()
    const outcome = readAnswer(response.status, text, response.headers['location'])
    if (outcome.kind === 'error' && outcome.passing) {
      const fault = classifyStatus(response.status, response.headers['retry-after'], this.#act.clock.now())
      throw new PassingFault(outcome, fault)
    }
    return outcome
  }

  #authorization(): Record<string, string> {
    const auth = this.#server.auth
    if (auth === undefined) return {}
    if (auth.kind === 'bearer') return { authorization: `Bearer ${auth.token}` }
    return { authorization: `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}` }
  }
}

/** A network fault, or the end of our own time for one request. */
function classifyFault(error: unknown): Fault {
  // By shape: the DOMException of AbortSignal.timeout may be of another realm.
  return isRecord(error) && error['name'] === 'TimeoutError'
    ? { kind: 'passing' }
    : classifyNetworkFault(error)
}

class PassingFault extends Error {
  readonly outcome: QueryError
  readonly fault: Fault

  constructor(outcome: QueryError, fault: Fault = { kind: 'passing' }) {
    super(outcome.detail)
    this.outcome = outcome
    this.fault = fault
  }
}

/** Status and body of an answer to an outcome (https://prometheus.io/docs/prometheus/latest/querying/api/#format-overview). */
export function readAnswer(status: number, text: string, location?: string): QueryOutcome {
  const fail = (fault: QueryFault, detail: string, passing = false): QueryError => ({
    kind: 'error',
    fault,
    passing,
    detail,
  })
  if (status >= 300 && status < 400)
    return fail(
      'redirected',
      `HTTP ${status} to ${location === undefined ? 'nowhere' : redactUrl(location)}; give that address`,
    )
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    body = undefined
  }
  const said = isRecord(body) && typeof body['error'] === 'string' ? `: ${body['error']}` : ''
  if (status === 401 || status === 403) return fail('denied', `HTTP ${status}${said}; check the credentials`)
  if (status === 400 || status === 422) return fail('query', `the query was refused (HTTP ${status})${said}`)
  if (status !== 200) {
    const passing = classifyStatus(status).kind === 'passing'
    return fail(passing ? 'overloaded' : 'refused', `HTTP ${status}${said}`, passing)
  }
  if (!isRecord(body))
    return fail('malformed', 'the answer is not a JSON object; is this address Prometheus?')
  if (body['status'] !== 'success') return fail('query', `status ${JSON.stringify(body['status'])}${said}`)
  const data = parsePrometheusData(body['data'])
  if ('fault' in data) return fail('malformed', data.fault)
  return { kind: 'answer', ...data, warnings: strings(body['warnings']), infos: strings(body['infos']) }
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}

function seconds(ms: number): string {
  return String(ms / 1000)
}
