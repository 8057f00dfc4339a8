import betainc from '@stdlib/math-base-special-betainc'
import type { Step } from './plan.ts'
import { clopperPearson, newcombe } from './statistics.ts'

/** No more events than this are planned for; what needs more is told as undecidable. */
const MOST = 1e9

/** The fewest events, all of them good, that pass a limit: ⌈ln(1 − confidence) / ln(1 − limit)⌉; Infinity at limit 0. */
export function minimumSample(limit: number, confidence: number): number {
  if (limit <= 0) return Infinity
  const estimate = Math.ceil(Math.log1p(-confidence) / Math.log1p(-limit))
  // The formula and the gate must agree to the last event.
  return leastPassing(0, limit, confidence, estimate)
}

/** The fewest events that pass with `bad` bad ones among them. */
function leastPassing(bad: number, limit: number, confidence: number, guess: number): number {
  const passes = (total: number): boolean => clopperPearson({ bad, total }, confidence).upper <= limit
  return least(passes, Math.max(bad + 1, guess))
}

/** The least whole number that satisfies a condition which stays true once it is true. */
function least(holds: (value: number) => boolean, guess: number): number {
  let high = Math.max(1, guess)
  while (!holds(high)) {
    high *= 2
    if (high > MOST) return Infinity
  }
  let low = 0
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle
  }
  return high
}

/** P(at most `bad` bad events among `total`) for a true ratio. */
function atMost(bad: number, total: number, ratio: number): number {
  return bad >= total ? 1 : ratio <= 0 ? 1 : ratio >= 1 ? 0 : betainc(ratio, bad + 1, total - bad, true, true)
}

/**
 * Events needed so that a version whose true bad ratio is `expected` passes `limit` with a chance of at least `power`.
 * Exact for the binomial gate. Infinity when `expected` is too near the limit, or beyond it.
 */
export function sampleForLimit(limit: number, confidence: number, expected: number, power = 0.9): number {
  if (limit <= 0 || expected >= limit) return Infinity
  if (expected <= 0) return minimumSample(limit, confidence)
  // Each allowed number of bad events has its least sample; the first that is likely enough is the answer.
  const enough = (bad: number): boolean => {
    const total = leastPassing(bad, limit, confidence, Math.ceil((bad + 1) / limit))
    return !Number.isFinite(total) || atMost(bad, total, expected) >= power
  }
  let high = 1
  if (enough(0)) return minimumSample(limit, confidence)
  while (!enough(high)) high *= 2
  let low = Math.floor(high / 2)
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (enough(middle)) high = middle
    else low = middle
  }
  return leastPassing(high, limit, confidence, Math.ceil((high + 1) / limit))
}

/**
 * Events of both versions together needed so that an equally good new version (bad ratio `expected` on both sides) passes a
 * margin, with counts as expected. A typical, not a guaranteed, size.
 */
export function sampleForMargin(margin: number, confidence: number, expected: number, share: number): number {
  if (margin <= 0) return Infinity
  return least((total) => {
    const fresh = Math.max(1, Math.floor(total * share))
    const old = Math.max(1, total - fresh)
    const counts = (events: number): { bad: number; total: number } => ({
      bad: Math.min(events, Math.round(events * expected)),
      total: events,
    })
    return newcombe(counts(old), counts(fresh), confidence).upper <= margin
  }, 64)
}

export interface PowerRule {
  /** The limit of the bad ratio. */
  readonly limit: number
  readonly confidence: number
  /** The bad ratio the old version shows now; 0 when none is known. */
  readonly expected: number
  /** The chance with which a version as good as the old one shall pass. Default 0.9. */
  readonly power?: number
}

export interface StepPower {
  readonly percent: number
  /** Requests the new version is expected to get while the step is observed. */
  readonly requests: number
  /** Requests the gate needs. */
  readonly needed: number
  /** Observation in ms that would bring them; Infinity when it never would. */
  readonly neededMs: number
  readonly decides: boolean
  readonly reason: string
}

/** Says for each step, before the start, whether the traffic (requests a second, both versions) can decide it. */
export function powerPlan(steps: readonly Step[], requestsPerSecond: number, rule: PowerRule): StepPower[] {
  const needed = sampleForLimit(rule.limit, rule.confidence, rule.expected, rule.power)
  return steps.map(({ percent, observeMs }) => {
    const rate = (requestsPerSecond * percent) / 100
    const requests = Math.floor((rate * observeMs) / 1000)
    const neededMs = rate > 0 && Number.isFinite(needed) ? Math.ceil((1000 * needed) / rate) : Infinity
    const decides = requests >= needed
    return { percent, requests, needed, neededMs, decides, reason: explain() }

    function explain(): string {
      if (!Number.isFinite(needed))
        return `a bad ratio of ${100 * rule.expected} % cannot be shown to be within ${100 * rule.limit} %`
      if (rate <= 0) return 'there is no traffic'
      const minutes = (neededMs / 60_000).toFixed(1)
      return decides
        ? `${requests} requests are expected, ${needed} are needed`
        : `${requests} requests are expected, ${needed} are needed: ${minutes} min at this share`
    }
  })
}
