import { formatDuration } from '../base/clock.ts'
import { ganttName } from './mermaid.ts'
import { PHASES, type RunReport } from './model.ts'
import { type Ran, ran } from './timeline.ts'

/** More bars than these are no picture any more; the longest are kept. */
const MAX_BARS = 40
const TICKS: readonly (readonly [ms: number, interval: string])[] = [
  [100, '100millisecond'], [250, '250millisecond'], [500, '500millisecond'],
  [1000, '1second'], [2000, '2second'], [5000, '5second'], [10_000, '10second'], [15_000, '15second'], [30_000, '30second'],
  [60_000, '1minute'], [120_000, '2minute'], [300_000, '5minute'], [600_000, '10minute'], [900_000, '15minute'], [1_800_000, '30minute'],
  [3_600_000, '1hour'],
] // prettier-ignore

/**
 * What ran beside what, as a Mermaid gantt chart. Red bars failed, those of the critical path have the theme's main
 * colour, the others its colour for what is done. (`active` would be brighter, but Mermaid's dark theme writes labels beside
 * such bars in black.)
 * The axis counts seconds since the start (`%s` is the epoch's, and the chart starts there), because a clock time would be
 * shifted by the time zone of the reader.
 */
export function renderGantt(report: Pick<RunReport, 'steps' | 'timing'>): string | undefined {
  const all = ran(report.steps)
  if (all.length === 0) return undefined
  const path = new Set(report.timing.criticalPath)
  const length = (step: Ran): number => step.endMs - step.startMs
  const kept = new Set(
    [...all]
      .sort((a, b) => Number(path.has(b.id)) - Number(path.has(a.id)) || length(b) - length(a))
      .slice(0, MAX_BARS),
  )
  const end = Math.max(...all.map((step) => step.endMs))
  const [tickMs, tick] = TICKS.find(([ms]) => end / ms <= 10) ?? ([3_600_000, '1hour'] as const)
  const lines = [
    'gantt',
    '  dateFormat x',
    `  axisFormat ${tickMs < 1000 ? '%s.%L s' : '%s s'}`,
    `  tickInterval ${tick}`,
    '  todayMarker off',
  ]
  for (const phase of PHASES) {
    const steps = all
      .filter((step) => step.phase === phase && kept.has(step))
      .sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)
    if (steps.length > 0) lines.push(`  section ${ganttName(phase)}`)
    for (const step of steps) {
      const kind = step.status === 'failed' ? 'crit, ' : path.has(step.id) ? '' : 'done, '
      const name = ganttName(`${step.title} ${formatDuration(length(step))}`)
      // A bar without length is not drawn.
      const width = Math.max(1, Math.round(length(step)))
      lines.push(`  ${name} :${kind}${Math.round(step.startMs)}, ${width}ms`)
    }
  }
  return lines.join('\n')
}
