import { type Clock, formatDuration, systemClock } from './clock.ts'
import { codeOf, messageOf } from './errors.ts'
import { type Log, silentLog } from './log.ts'

/** Whether another try can help: `passing` faults go by, `final` ones do not; `afterMs` is the server's Retry-After. */
export type Fault = { readonly kind: 'passing'; readonly afterMs?: number } | { readonly kind: 'final' }

export interface RetryOptions {
  /** What is tried, for the log: `push of ghcr.io/acme/hello`. */
  readonly what: string
  readonly classify: (error: unknown) => Fault
  /** Tries in all, the first included. Default 5. */
  readonly attempts?: number
  /** First wait in ms; doubles each time, with full jitter. Default 500. */
  readonly baseMs?: number
  /** Longest wait in ms, also for Retry-After. Default 60 000. */
  readonly capMs?: number
  readonly clock?: Clock
  readonly random?: () => number
  readonly signal?: AbortSignal
  readonly log?: Log
  readonly counter?: RetryCounter
}

/** Counts retries of the whole run, for the summary. */
export class RetryCounter {
  readonly #counts = new Map<string, { count: number; lastReason: string }>()

  add(what: string, reason: string): void {
    const entry = this.#counts.get(what) ?? { count: 0, lastReason: '' }
    this.#counts.set(what, { count: entry.count + 1, lastReason: reason })
  }

  list(): { what: string; count: number; lastReason: string }[] {
    return [...this.#counts].map(([what, entry]) => ({ what, ...entry }))
  }
}

/**
 * Runs `work` until it succeeds, a fault is final, or the tries are used up; then throws the last error.
 * Waits `random() * min(cap, base * 2^n)` ("full jitter", AWS Architecture Blog 2015), or Retry-After when it is longer.
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const {
    attempts = 5,
    baseMs = 500,
    capMs = 60_000,
    clock = systemClock,
    random = Math.random,
    log = silentLog,
  } = options
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted()
    try {
      return await work(attempt)
    } catch (error) {
      if (options.signal?.aborted === true) throw error
      const fault = options.classify(error)
      if (fault.kind === 'final' || attempt >= attempts) throw error
      const jittered = random() * Math.min(capMs, baseMs * 2 ** (attempt - 1))
      const wait = Math.min(capMs, Math.max(jittered, fault.afterMs ?? 0))
      const reason = messageOf(error).split('\n')[0] ?? ''
      options.counter?.add(options.what, reason)
      log.info(`retry ${attempt} of ${attempts - 1}: ${options.what} in ${formatDuration(wait)} (${reason})`)
      await clock.sleep(wait, options.signal)
    }
  }
}

const PASSING_CODES = new Set([
  'ECONNRESET', 'ECONNREFUSED', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH', 'ENETDOWN',
  'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_SOCKET', 'UND_ERR_RESPONSE_STATUS_CODE',
]) // prettier-ignore

/** Network faults by system error code; anything else is final. */
export function classifyNetworkFault(error: unknown): Fault {
  const code = codeOf(error)
  return code !== undefined && PASSING_CODES.has(code) ? { kind: 'passing' } : { kind: 'final' }
}

/** HTTP statuses another try can help: 408, 425, 429 and 5xx except 501 and 505. */
export function classifyStatus(status: number, retryAfter?: string | null, now = Date.now()): Fault {
  const passing =
    status === 408 || status === 425 || status === 429 || (status >= 500 && status !== 501 && status !== 505)
  if (!passing) return { kind: 'final' }
  const afterMs = parseRetryAfter(retryAfter ?? undefined, now)
  return afterMs === undefined ? { kind: 'passing' } : { kind: 'passing', afterMs }
}

/** `Retry-After` as ms from now: seconds or an HTTP date (RFC 9110 §10.2.3). */
export function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined || value.trim() === '') return undefined
  if (/^\d+$/.test(value.trim())) return Number(value.trim()) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
