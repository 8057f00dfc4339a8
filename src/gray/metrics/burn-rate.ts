import type { Selector } from '../presets.ts'
import { vectorOf } from '../presets.ts'
import type { SloSettings } from './settings.ts'
import { durationText, type Source } from './source.ts'

export interface Budget {
  /** The bad ratio over the period. */
  readonly ratio: number
  /** The spent part of what may be bad: 1 is all of it. */
  readonly spent: number
}

/**
 * How much of the period's error budget is gone (SRE workbook, "Alerting on SLOs"): bad ratio / (1 − objective). Here the
 * server's own `increase` serves: over weeks its rounding does not matter, and raw samples would be too many.
 */
export async function errorBudget(
  slo: SloSettings,
  selector: Selector,
  source: Source,
  at: number,
): Promise<Budget | { readonly trouble: string; readonly kind: 'nodata' | 'error' }> {
  const period = durationText(slo.periodMs)
  const [part, total] = await Promise.all(
    [slo.part, slo.total].map((counter) =>
      source.instant(`sum(increase(${vectorOf(counter, selector)}[${period}]))`, at),
    ),
  )
  for (const fetched of [part, total])
    if (fetched === undefined || fetched.kind === 'error')
      return { trouble: fetched?.reason ?? 'no answer', kind: 'error' }
  const number = (fetched: typeof part): number =>
    fetched?.kind === 'series' ? (fetched.series[0]?.points.at(-1)?.value ?? 0) : 0
  const all = number(total)
  if (!(all > 0)) return { trouble: `no requests in the last ${period}`, kind: 'nodata' }
  const some = number(part)
  const ratio = (slo.partIs === 'bad' ? some : all - some) / all
  return { ratio, spent: ratio / (1 - slo.objective) }
}
