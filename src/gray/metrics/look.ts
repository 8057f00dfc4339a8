import type { ReleasePlan } from '../reducer.ts'
import type { Window } from '../ports.ts'
import { type CounterData, sumBetween, sumPerWindow } from './counts.ts'
import type { Counts } from '../statistics.ts'

/** A time at one weight. */
export interface Span {
  readonly start: number
  readonly end: number
  readonly percent: number
}

/** One look at the metrics: what is judged, and what it may decide. */
export interface Look {
  readonly start: number
  readonly end: number
  readonly percent: number
  /** The observation ends with this look: tests of a fixed sample may fail. */
  readonly final: boolean
  /** All steps so far, the present one last. */
  readonly spans: readonly Span[]
  /** How many observations the whole release has at most: what a chance of error is divided by. */
  readonly planned: number
}

/** The look that a window of the engine asks for. Earlier steps are taken from their weight's confirmation and warm-up on. */
export function lookOf(window: Window, plan: Pick<ReleasePlan, 'steps' | 'warmUpMs'>, delayMs: number): Look {
  const end = window.end - delayMs
  const earlier = window.history.filter(({ at }) => at < window.start)
  // The last of them is the present weight, whose observation is the window itself.
  const spans = earlier.slice(0, -1).map(({ at, percent }, index) => ({
    start: at + plan.warmUpMs,
    end: earlier[index + 1]?.at ?? window.start,
    percent,
  }))
  return {
    start: window.start,
    end,
    percent: window.percent,
    final: window.deadline === undefined || window.end >= window.deadline,
    spans: [
      ...spans.filter((span) => span.end > span.start && span.percent > 0),
      { start: window.start, end, percent: window.percent },
    ],
    planned: plan.steps.length + 1,
  }
}

/** The events of one version: counters, and which of their groups are all and bad ones. */
export class Events {
  readonly data: CounterData
  readonly #pick: (sums: readonly number[]) => Counts
  readonly #groups: number

  constructor(data: CounterData, groups: number, pick: (sums: readonly number[]) => Counts) {
    this.data = data
    this.#groups = groups
    this.#pick = pick
  }

  /** The same counters over other data. */
  with(data: CounterData): Events {
    return new Events(data, this.#groups, this.#pick)
  }

  between(start: number, end: number): Counts {
    return whole(this.#pick(sumBetween(this.data.increments, this.#groups, start, end)))
  }

  /** One count for each scrape of the span. */
  windows({ start, end }: { start: number; end: number }, widthMs: number): Counts[] {
    return sumPerWindow(this.data.increments, this.#groups, { start, end, widthMs }).map((sums) =>
      whole(this.#pick(sums)),
    )
  }
}

/** Events are whole; two counters read at nearly one moment may be an event apart. */
function whole({ bad, total }: Counts): Counts {
  const all = Math.max(0, Math.round(total))
  return { bad: Math.min(all, Math.max(0, Math.round(bad))), total: all }
}
