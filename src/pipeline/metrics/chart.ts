import { count } from '../../report/format.ts'
import { ganttName } from '../../report/mermaid.ts'
import { fitText, line, picture, rectangle, textAt } from '../../report/svg.ts'
import type { Metrics } from './compute.ts'
import { formatSeconds, formatValue } from './gate.ts'
import { DAY_MS } from './numbers.ts'

const WIDTH = 860
const PAD = 20
const PLOT = 110
const LEFT = 70

/** Every day of the window, also those on which nothing ran. */
export function daysOf(metrics: Metrics): Metrics['builds']['days'] {
  const byDay = new Map(metrics.builds.days.map((day) => [day.day, day]))
  const days: Metrics['builds']['days'][number][] = []
  const last = metrics.window.to.slice(0, 10)
  for (let at = Date.parse(metrics.window.from.slice(0, 10)); ; at += DAY_MS) {
    const day = new Date(at).toISOString().slice(0, 10)
    days.push(byDay.get(day) ?? { day, succeeded: 0, failed: 0 })
    if (day >= last) return days
  }
}

/** Runs by day, and the time of each deployment with its limit. Undefined when there is nothing to draw. */
export function metricsSvg(
  metrics: Metrics,
  name: string,
  deployLimit: number | undefined,
): string | undefined {
  const { builds, deployments, window } = metrics
  if (builds.counted === 0 && deployments.live === 0) return undefined
  const span = `${window.from.slice(0, 10)} to ${window.to.slice(0, 10)}`
  const shapes = [
    textAt(PAD, 30, fitText(`Pipeline of ${name}`, WIDTH - 2 * PAD, 15, true), { size: 15, bold: true }),
    textAt(PAD, 50, fitText(`${span}, ${count(builds.counted, 'run')}, ${count(deployments.live, 'deployment')}`, WIDTH - 2 * PAD, 12), { style: 'm' }),
  ] // prettier-ignore
  let top = 80
  if (builds.counted > 0) {
    shapes.push(...buildBars(metrics, top))
    top += PLOT + 60
  }
  if (deployments.live > 0) {
    shapes.push(...deployBars(metrics, top, deployLimit))
    top += PLOT + 60
  }
  return picture(WIDTH, top - 10, `Pipeline metrics of ${name}`, shapes)
}

function buildBars(metrics: Metrics, top: number): string[] {
  const days = daysOf(metrics)
  const most = Math.max(1, ...days.map((day) => day.succeeded + day.failed))
  const slot = (WIDTH - PAD - LEFT) / days.length
  const width = Math.max(1, Math.min(slot * 0.75, 40))
  const rate = formatValue(metrics.builds.successRate, 'percent')
  const shapes = [
    textAt(PAD, top, `Runs by day: ${rate} succeeded`, { bold: true }),
    ...axis(top + 16, String(most)),
  ]
  for (const [index, day] of days.entries()) {
    const total = day.succeeded + day.failed
    if (total === 0) continue
    const x = LEFT + index * slot + (slot - width) / 2
    const good = (day.succeeded / most) * PLOT
    const bad = (day.failed / most) * PLOT
    const y = top + 16 + PLOT
    const hint = `${day.day}: ${day.succeeded} succeeded, ${day.failed} failed`
    if (good > 0) shapes.push(rectangle({ x, y: y - good, width, height: good }, 'green', hint, 1))
    if (bad > 0) shapes.push(rectangle({ x, y: y - good - bad, width, height: bad }, 'red', hint, 1))
  }
  shapes.push(...ends(top + 16 + PLOT, days[0]?.day ?? '', days.at(-1)?.day ?? ''))
  return shapes
}

function deployBars(metrics: Metrics, top: number, limit: number | undefined): string[] {
  const { list } = metrics.deployments
  const most = Math.max(1, limit ?? 0, ...list.map((one) => one.seconds))
  const slot = (WIDTH - PAD - LEFT) / list.length
  const width = Math.max(1, Math.min(slot * 0.75, 40))
  const bottom = top + 16 + PLOT
  const shapes = [
    textAt(PAD, top, `Time of each deployment${limit === undefined ? '' : `, limit of the mean ${formatSeconds(limit)}`}`, { bold: true }),
    ...axis(top + 16, formatSeconds(most)),
  ] // prettier-ignore
  for (const [index, one] of list.entries()) {
    const height = (one.seconds / most) * PLOT
    const x = LEFT + index * slot + (slot - width) / 2
    const style = one.gray ? 'sky' : limit !== undefined && one.seconds > limit ? 'amber' : 'blue'
    const hint = `${one.at.slice(0, 16)}: ${formatSeconds(one.seconds)}, ${one.version}${one.gray ? ' (gray release)' : ''}`
    shapes.push(rectangle({ x, y: bottom - height, width, height: Math.max(1, height) }, style, hint, 1))
  }
  if (limit !== undefined) {
    const y = bottom - (limit / most) * PLOT
    shapes.push(line(LEFT, y, WIDTH - PAD, y, 'mark'))
  }
  shapes.push(...ends(bottom, list[0]?.at.slice(0, 10) ?? '', list.at(-1)?.at.slice(0, 10) ?? ''))
  return shapes
}

const axis = (top: number, most: string): string[] => [
  line(LEFT, top, WIDTH - PAD, top, 'grid'),
  line(LEFT, top + PLOT, WIDTH - PAD, top + PLOT, 'grid'),
  textAt(LEFT - 8, top + 4, most, { size: 11, anchor: 'end', style: 'm' }),
  textAt(LEFT - 8, top + PLOT + 4, '0', { size: 11, anchor: 'end', style: 'm' }),
]

const ends = (bottom: number, first: string, last: string): string[] => [
  textAt(LEFT, bottom + 18, first, { size: 11, style: 'm' }),
  textAt(WIDTH - PAD, bottom + 18, last === first ? '' : last, { size: 11, anchor: 'end', style: 'm' }),
]

/** The same for a job summary, which draws Mermaid but no SVG of ours. One bar a day, a week when there are many. */
export function metricsMermaid(metrics: Metrics): { title: string; chart: string }[] {
  const charts: { title: string; chart: string }[] = []
  if (metrics.builds.counted > 0) {
    const days = daysOf(metrics)
    const step = days.length > 35 ? 7 : 1
    const groups = Array.from({ length: Math.ceil(days.length / step) }, (_, index) =>
      days.slice(index * step, (index + 1) * step),
    )
    const sums = groups.map((group) => ({
      label: group[0]?.day.slice(5) ?? '',
      total: group.reduce((sum, day) => sum + day.succeeded + day.failed, 0),
      failed: group.reduce((sum, day) => sum + day.failed, 0),
    }))
    const title = `Runs by ${step === 1 ? 'day' : 'week'}, all (bars) and failed (line)`
    charts.push({
      title,
      chart: xy(title, sums.map((one) => one.label), Math.max(1, ...sums.map((one) => one.total)), [
        `bar [${sums.map((one) => one.total).join(', ')}]`,
        `line [${sums.map((one) => one.failed).join(', ')}]`,
      ]),
    }) // prettier-ignore
  }
  const deploys = metrics.deployments.list.filter((one) => !one.gray).slice(-30)
  if (deploys.length > 1) {
    const title = 'Minutes of the last deployments'
    const minutes = deploys.map((one) => Math.round(one.seconds / 6) / 10)
    charts.push({
      title,
      chart: xy(title, deploys.map((_, index) => String(index + 1)), Math.max(1, ...minutes), [
        `bar [${minutes.join(', ')}]`,
      ]),
    }) // prettier-ignore
  }
  return charts
}

const xy = (title: string, labels: readonly string[], most: number, series: readonly string[]): string =>
  [
    'xychart-beta',
    `    title "${ganttName(title)}"`,
    `    x-axis [${labels.map((label) => `"${label}"`).join(', ')}]`,
    `    y-axis 0 --> ${most}`,
    ...series.map((one) => `    ${one}`),
  ].join('\n')
