import { type GrayReport, isShare, metricsOf, weightsOf } from './gray-model.ts'
import { ganttName } from './mermaid.ts'

/** A summary page of GitHub draws Mermaid, but no SVG of ours; so the same picture in its plainer form. */
const SAMPLES = 24
const MOST_METRICS = 3

/**
 * The new version's share, and the first metrics of both versions with their limits, as Mermaid xychart blocks. Each says
 * in `legend` which line is which, because the chart cannot.
 */
export function grayMermaid(report: GrayReport): { title: string; legend: string; chart: string }[] {
  const charts: { title: string; legend: string; chart: string }[] = []
  const weights = weightsOf(report)
  const start = weights[0]?.at ?? report.release.startedAt
  if (report.release.history.length > 0) {
    const axis = axisOf(start, start, Math.max(start + 1000, report.until))
    const points = weights.map(({ at, percent }) => ({ at, value: percent }))
    const title = 'Share of the new version'
    charts.push({
      title,
      legend: '',
      chart: chart(`${title} in %`, axis.text, 100, [sampled(points, axis.times)]),
    })
  }
  for (const name of metricsOf(report.looks).slice(0, MOST_METRICS)) {
    const points = report.looks.flatMap(({ measurement }) =>
      measurement.metrics
        .filter((one) => one.name === name)
        .map((metric) => ({ at: measurement.at, metric })),
    )
    const share = points.some(({ metric }) => isShare(metric))
    const series = (['new', 'old', 'limit'] as const).flatMap((key) => {
      const values = points.flatMap(({ at, metric }) => {
        const value = metric[key]
        return value === undefined ? [] : [{ at, value: share ? value * 100 : value }]
      })
      return values.length === 0 ? [] : [{ key, values }]
    })
    const times = series.find(({ key }) => key === 'new')?.values.map(({ at }) => at) ?? []
    const [first] = times
    const last = times.at(-1)
    // One point is no line; the tables have its numbers.
    if (first === undefined || last === undefined || last <= first) continue
    const axis = axisOf(start, first, last)
    const lines = series.map(({ values }) => sampled(values, axis.times))
    const most = Math.max(...lines.flat())
    charts.push({
      title: name,
      legend: series
        .map(
          ({ key }, index) =>
            `${ORDER[index] ?? ''} line (${LINES[key].name}): ${key === 'limit' ? 'limit' : `${key} version`}`,
        )
        .join(', '),
      chart: chart(
        `${name}${share ? ', bad events in %' : ''}`,
        axis.text,
        most <= 0 ? 1 : most * 1.15,
        lines,
        series.map(({ key }) => LINES[key].colour),
      ),
    })
  }
  return charts
}

const ORDER = ['first', 'second', 'third']
/** As in the SVG. Where a viewer ignores the directive, the order of the lines still holds. */
const LINES = {
  new: { name: 'blue', colour: '#0969da' },
  old: { name: 'grey', colour: '#818b98' },
  limit: { name: 'red', colour: '#cf222e' },
} as const

/** Equal distances, because the chart knows no times: the axis tells where the first and the last lie. */
function axisOf(zero: number, from: number, to: number): { text: string; times: number[] } {
  const short = to - zero < 180_000
  const unit = short ? 1000 : 60_000
  return {
    text: `x-axis "${short ? 'seconds' : 'minutes'}" ${decimal((from - zero) / unit)} --> ${decimal((to - zero) / unit)}`,
    times: Array.from({ length: SAMPLES + 1 }, (_, index) => from + ((to - from) * index) / SAMPLES),
  }
}

/** The newest value known at each time; a chart of this kind knows no gaps. */
function sampled(points: readonly { at: number; value: number }[], times: readonly number[]): number[] {
  return times.map((time) => points.filter((one) => one.at <= time).at(-1)?.value ?? points[0]?.value ?? 0)
}

function chart(
  title: string,
  axis: string,
  most: number,
  lines: readonly (readonly number[])[],
  colours: readonly string[] = [LINES.new.colour],
): string {
  return [
    `%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "${colours.join(', ')}"}}}}%%`,
    'xychart-beta',
    `    title "${ganttName(title)}"`,
    `    ${axis}`,
    `    y-axis 0 --> ${decimal(most)}`,
    ...lines.map((values) => `    line [${values.map(decimal).join(', ')}]`),
  ].join('\n')
}

/** The grammar knows no exponents. */
function decimal(value: number): string {
  const text = Number(value.toPrecision(4)).toString()
  return /e/.test(text) ? value.toFixed(12).replace(/\.?0+$/, '') : text
}
