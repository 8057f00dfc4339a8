import type { Measurement, WeightChange } from '../ports.ts'
import type { Selector } from '../presets.ts'
import { measureWindow } from './measurer.ts'
import type { MetricsSettings } from './settings.ts'
import { type MetricsServer, Source } from './source.ts'

export interface ReplayOptions {
  readonly oldSelector: Selector
  readonly newSelector: Selector
  /** The past window, ms. */
  readonly start: number
  readonly end: number
  /** As they were or might have been; laid one after the other from `start`. */
  readonly steps: readonly { readonly percent: number; readonly observeMs: number }[]
  readonly warmUpMs?: number
  /** Time between two looks. Default: a fifth of a step. */
  readonly intervalMs?: number
}

export interface ReplayReport {
  readonly looks: readonly Measurement[]
  /** The verdict at the end of each step that fits into the window. */
  readonly steps: readonly {
    readonly percent: number
    readonly at: number
    readonly verdict: Measurement['verdict']
    readonly reason: string
  }[]
  /** The first look that would have taken the release back. */
  readonly abort?: { readonly at: number; readonly percent: number; readonly reason: string }
}

/**
 * Judges a past window as a release would have been judged: with the samples that Prometheus still has, the verdicts are
 * the same as if it ran now. Steps after an abort are judged too, to see what they would have said.
 */
export async function replay(
  settings: MetricsSettings,
  server: MetricsServer,
  options: ReplayOptions,
): Promise<ReplayReport> {
  const source = new Source(server, { acceptPartial: settings.prometheus.acceptPartial })
  const { steps, end, warmUpMs = 0 } = options
  const plan = { steps: steps.map((step) => ({ ...step, hold: false })), warmUpMs }
  const selectors = { old: options.oldSelector, new: options.newSelector }
  const looks: Measurement[] = []
  const verdicts: ReplayReport['steps'][number][] = []
  const history: WeightChange[] = []
  let abort: ReplayReport['abort']
  let from = options.start
  for (const [index, { percent, observeMs }] of steps.entries()) {
    const start = from + warmUpMs
    const deadline = start + observeMs
    if (deadline > end) break
    history.push({ at: from - 1, step: index, percent })
    const interval = Math.max(1000, options.intervalMs ?? observeMs / 5)
    for (let at = Math.min(start + interval, deadline); ; at = Math.min(at + interval, deadline)) {
      const window = { start, end: at, step: index, percent, baking: false, history: [...history], deadline }
      const look = await measureWindow(settings, selectors, source, window, plan)
      looks.push(look)
      if (look.verdict === 'fail') abort ??= { at, percent, reason: look.reason }
      if (at >= deadline) {
        verdicts.push({ percent, at, verdict: look.verdict, reason: look.reason })
        break
      }
    }
    from = deadline
  }
  return { looks, steps: verdicts, ...(abort === undefined ? {} : { abort }) }
}
