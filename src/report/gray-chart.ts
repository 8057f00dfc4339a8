import { formatDuration } from '../base/clock.ts'
import type { MetricResult } from '../gray/ports.ts'
import { type GrayReport, isShare, metricsOf, outcomeOf, round, showValue, weightsOf } from './gray-model.ts'
import { count } from './format.ts'
import { fitText, line, picture, rectangle, textAt, textWidth, xml } from './svg.ts'

const WIDTH = 860
const PAD = 20
const LEFT = 78
const RIGHT = WIDTH - PAD
const SMALL = 11
const MOST_PANELS = 8
/** More looks than this in one panel are thinned out: a picture of hours must not grow to megabytes. */
const MOST_POINTS = 160
const WEIGHT_HEIGHT = 84
const PANEL_HEIGHT = 104
const GAP = 48

// Lines and marks in the colours of svg.ts, which only fills.
const STYLE = [
  '<style>.ln{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}.sb{stroke:#0969da}.sg{stroke:#818b98}.sr{stroke:#cf222e;stroke-width:1.5;stroke-dasharray:6 4;fill:none}',
  '.ba{fill:#54aeff;fill-opacity:.22}.dot{stroke:#fff;stroke-width:1.5}.wt{fill:#0969da;fill-opacity:.14}',
  '@media (prefers-color-scheme:dark){.sb{stroke:#388bfd}.sg{stroke:#9198a1}.sr{stroke:#f85149}.dot{stroke:#0d1117}.ba{fill:#388bfd}.wt{fill:#388bfd}}</style>',
].join('')

const VERDICTS: Readonly<Record<string, { style: string; text: string }>> = {
  pass: { style: 'green', text: 'pass' },
  fail: { style: 'red', text: 'fail' },
  inconclusive: { style: 'amber', text: 'not decided' },
  nodata: { style: 'grey', text: 'no data' },
  error: { style: 'grey', text: 'error' },
}

export interface Point {
  readonly at: number
  /** Which observation it belongs to: counts begin anew with each. */
  readonly section: string
  readonly metric: MetricResult
}

/**
 * The release as a picture: the new version's share, and under it each metric of both versions with its bounds, its limit and the
 * verdict of each look, on one axis of time. Undefined before anything has happened.
 */
export function grayChartSvg(report: GrayReport): string | undefined {
  const { release, looks } = report
  if (release.history.length === 0 && looks.length === 0) return undefined
  const names = metricsOf(looks)
  const shown = names.slice(0, MOST_PANELS)
  const weights = weightsOf(report)
  const start = weights[0]?.at ?? release.startedAt
  const end = Math.max(start + 1000, report.until, ...looks.map(({ window }) => window.end))
  const x = (at: number): number =>
    LEFT + ((Math.min(end, Math.max(start, at)) - start) / (end - start)) * (RIGHT - LEFT)
  const { shapes, height } = header(report, names.length - shown.length)
  const top = height + 28
  const bottom = top + WEIGHT_HEIGHT + shown.length * (PANEL_HEIGHT + GAP)
  const ticks = grid(start, end, x, top, bottom)
  const body = [
    ...ticks,
    ...weightPanel(report, weights, x, top, end),
    ...shown.flatMap((name, index) =>
      metricPanel(
        name,
        thinned(
          looks.flatMap(({ measurement, window }) =>
            measurement.metrics
              .filter((metric) => metric.name === name)
              .map((metric): Point => ({
                at: measurement.at,
                section: `${window.step} ${window.baking}`,
                metric,
              })),
          ),
        ),
        x,
        top + WEIGHT_HEIGHT + index * (PANEL_HEIGHT + GAP) + GAP,
      ),
    ),
    ...decisions(report, x, top, bottom),
  ]
  return picture(WIDTH, bottom + 34, `Gray release of ${release.environment}: ${outcomeOf(report).text}`, [
    STYLE,
    ...shapes,
    ...body,
  ])
}

function header(report: GrayReport, hidden: number): { shapes: string[]; height: number } {
  const { release, looks } = report
  const room = WIDTH - 2 * PAD
  const outcome = outcomeOf(report)
  const took = formatDuration(Math.max(0, report.until - release.startedAt))
  const shapes = [
    textAt(PAD, 30, fitText(`${release.environment}: ${outcome.text}`, room, 15, true), {
      size: 15,
      bold: true,
    }),
    textAt(PAD, 50, fitText(release.state.reason, room, 12), { style: 'm' }),
  ]
  const used = new Set(
    looks.flatMap(({ measurement }) => measurement.metrics.map((metric) => metric.verdict as string)),
  )
  const legend: [string, string][] = [
    ['line sb', 'new version'],
    ['line sg', 'old version'],
    ['line sr', 'limit'],
    ['box ba', 'bounds'],
    ...['pass', 'fail', 'inconclusive', 'nodata', 'error']
      .filter((verdict) => used.has(verdict))
      .map((verdict): [string, string] => [
        `dot ${VERDICTS[verdict]?.style ?? 'grey'}`,
        VERDICTS[verdict]?.text ?? verdict,
      ]),
  ]
  let at = PAD
  for (const [kind, text] of legend) {
    const [shape = '', style = ''] = kind.split(' ')
    if (shape === 'line') shapes.push(line(at, 68, at + 16, 68, style === 'sr' ? 'sr' : `ln ${style}`))
    else if (shape === 'box') shapes.push(rectangle({ x: at, y: 63, width: 16, height: 10 }, style))
    else shapes.push(dot(at + 8, 68, style))
    shapes.push(textAt(at + 21, 72, text, { size: SMALL, style: 'm' }))
    at += 21 + textWidth(text, SMALL) + 14
  }
  const more = hidden > 0 ? `, ${count(hidden, 'metric')} not drawn` : ''
  const facts = `${took}, ${count(looks.length, 'look')}${more}`
  if (at + textWidth(facts, SMALL) < WIDTH - PAD)
    shapes.push(textAt(WIDTH - PAD, 72, facts, { size: SMALL, anchor: 'end', style: 'm' }))
  return { shapes, height: 84 }
}

/** Lines of time through all panels, each panel on the same axis. */
function grid(start: number, end: number, x: (at: number) => number, top: number, bottom: number): string[] {
  const steps = [5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000] // prettier-ignore
  const step = steps.find((one) => (end - start) / one <= 9) ?? Math.ceil((end - start) / 9)
  const shapes: string[] = []
  for (let ms = 0; ms <= end - start; ms += step) {
    shapes.push(line(x(start + ms), top, x(start + ms), bottom + 4, 'grid'))
    const text =
      ms === 0
        ? '0'
        : step < 60_000 && ms % 60_000 !== 0
          ? `${ms / 1000} s`
          : ms < 7_200_000
            ? `${round(ms / 60_000)} min`
            : `${round(ms / 3_600_000)} h`
    shapes.push(textAt(x(start + ms), bottom + 20, text, { size: SMALL, anchor: 'middle', style: 'm' }))
  }
  return shapes
}

function weightPanel(
  { release }: GrayReport,
  weights: readonly { at: number; percent: number }[],
  x: (at: number) => number,
  top: number,
  end: number,
): string[] {
  const y = (percent: number): number => top + WEIGHT_HEIGHT - (percent / 100) * WEIGHT_HEIGHT
  const shapes = [
    textAt(PAD, top - 12, 'Share of the new version', { size: 12, bold: true }),
    ...[0, 50, 100].flatMap((percent) => [
      line(LEFT, y(percent), RIGHT, y(percent), 'grid'),
      textAt(LEFT - 8, y(percent) + 4, `${percent} %`, { size: SMALL, anchor: 'end', style: 'm' }),
    ]),
  ]
  const corners: [number, number][] = []
  for (const [index, { at, percent }] of weights.entries()) {
    const before = weights[index - 1]
    if (before !== undefined) corners.push([x(at), y(before.percent)])
    corners.push([x(at), y(percent)])
  }
  corners.push([x(end), y(weights.at(-1)?.percent ?? 0)])
  const [first] = corners
  const last = corners.at(-1)
  if (first !== undefined && last !== undefined)
    shapes.push(`<path class="wt" d="${path([...corners, [last[0], y(0)], [first[0], y(0)]])}Z"/>`)
  shapes.push(`<path class="ln sb" d="${path(corners)}"/>`)
  let free = 0
  for (const [index, { at, percent }] of weights.entries()) {
    const before = weights[index - 1]?.percent
    if (before === undefined) continue
    const label = `${round(percent)} %`
    const width = textWidth(label, SMALL)
    const place = Math.min(x(at) + 4, RIGHT - width)
    if (place < free) continue
    free = place + width + 6
    shapes.push(
      textAt(place, Math.max(top + 12, y(Math.max(percent, before)) - 5), label, {
        size: SMALL,
        style: 'm halo',
      }),
    )
  }
  if (release.state.phase === 'rollback-failed')
    shapes.push(dot(x(end), y(weights.at(-1)?.percent ?? 0), 'red'))
  return shapes
}

function metricPanel(
  name: string,
  points: readonly Point[],
  x: (at: number) => number,
  top: number,
): string[] {
  const last = points.at(-1)
  if (last === undefined) return []
  const share = points.some(({ metric }) => isShare(metric))
  const values = points.flatMap(({ metric }) =>
    [metric.new, metric.old, metric.limit].filter((one) => one !== undefined),
  )
  const highest = Math.max(0, ...values)
  // Bounds of few events reach far: they may go beyond the panel, the values and the limit may not.
  const far = Math.max(0, ...points.flatMap(({ metric }) => (hasBand(metric) ? [metric.upper ?? 0] : [])))
  const most = niceMost(Math.max(highest * 1.15, Math.min(far, highest * 2.5)), share)
  const low = niceLeast(Math.min(0, ...values))
  const y = (value: number): number =>
    top + PANEL_HEIGHT - ((Math.min(most, Math.max(low, value)) - low) / (most - low)) * PANEL_HEIGHT
  const verdict = VERDICTS[last.metric.verdict]
  const kind = last.metric.dryRun ? ' (says, but does not decide)' : last.metric.critical ? ' (critical)' : ''
  const now =
    last.metric.new === undefined
      ? ''
      : `: new ${showValue(last.metric.new, share)}${last.metric.old === undefined ? '' : `, old ${showValue(last.metric.old, share)}`}`
  const { needed } = last.metric
  const more = needed === undefined ? '' : `, ${count(needed, 'more event')} needed`
  const right = `${verdict?.text ?? last.metric.verdict}${more}${now}`
  const shapes = [
    // The lines of time run behind the words.
    textAt(PAD, top - 12, fitText(`${name}${kind}`, RIGHT - PAD - textWidth(right, SMALL) - 24, 12, true), {
      size: 12,
      bold: true,
      style: 't halo',
    }),
    textAt(RIGHT, top - 12, right, { size: SMALL, anchor: 'end', style: 'm halo' }),
    ...[low, (low + most) / 2, most].flatMap((value) => [
      line(LEFT, y(value), RIGHT, y(value), 'grid'),
      textAt(LEFT - 8, y(value) + 4, showValue(value, share), { size: SMALL, anchor: 'end', style: 'm' }),
    ]),
  ]
  for (const run of runsOf(points, hasBand)) {
    const upper = run.map(({ at, metric }): [number, number] => [x(at), y(metric.upper ?? 0)])
    const lower = run.map(({ at, metric }): [number, number] => [x(at), y(metric.lower ?? 0)])
    shapes.push(`<path class="ba" d="${path([...widened(upper), ...widened(lower).reverse()])}Z"/>`)
  }
  for (const run of runsOf(points, ({ limit }) => limit !== undefined)) {
    const corners = run.map(({ at, metric }): [number, number] => [x(at), y(metric.limit ?? 0)])
    shapes.push(`<path class="sr" d="${path(widened(corners))}"/>`)
  }
  for (const [key, style] of [
    ['old', 'sg'],
    ['new', 'sb'],
  ] as const)
    for (const run of runsOf(points, (metric) => metric[key] !== undefined))
      shapes.push(
        `<path class="ln ${style}" d="${path(run.map(({ at, metric }) => [x(at), y(metric[key] ?? 0)]))}"/>`,
      )
  for (const { at, metric } of points)
    shapes.push(
      dot(
        x(at),
        y(metric.new ?? low),
        VERDICTS[metric.verdict]?.style ?? 'grey',
        `${metric.verdict}: ${metric.reason}`.slice(0, 300),
      ),
    )
  return shapes
}

/** Keeps the ends of each observation and, as far as there is room, each change of the verdict. */
export function thinned(points: readonly Point[]): readonly Point[] {
  if (points.length <= MOST_POINTS) return points
  const every = Math.ceil((2 * points.length) / MOST_POINTS)
  const keeps = (index: number): boolean => {
    const [before, point, after] = [points[index - 1], points[index], points[index + 1]]
    return before?.section !== point?.section || after?.section !== point?.section
  }
  const changes = points.flatMap((point, index) =>
    point.metric.verdict === points[index - 1]?.metric.verdict ? [] : [index],
  )
  const kept = new Set(changes.length > MOST_POINTS / 2 ? [] : changes)
  return points.filter((_, index) => index % every === 0 || keeps(index) || kept.has(index))
}

/** The recorded bounds are those of the value itself, not of a difference between the versions. */
const hasBand = ({ lower, upper, new: value }: MetricResult): boolean =>
  lower !== undefined && upper !== undefined && value !== undefined && lower <= value && value <= upper

/** Stretches without a gap: no line is drawn over looks without data, or from one step to the next. */
function runsOf(points: readonly Point[], has: (metric: MetricResult) => boolean): Point[][] {
  const runs: Point[][] = []
  let open: Point[] | undefined
  for (const point of points) {
    if (!has(point.metric)) {
      open = undefined
      continue
    }
    if (open === undefined || open[0]?.section !== point.section) runs.push((open = []))
    open.push(point)
  }
  return runs
}

/** A single look as a short line instead of a point that cannot be seen. */
function widened(corners: readonly [number, number][]): [number, number][] {
  const [only] = corners
  if (only === undefined || corners.length > 1) return [...corners]
  return [
    [Math.max(LEFT, only[0] - 6), only[1]],
    [Math.min(RIGHT, only[0] + 6), only[1]],
  ]
}

function decisions(report: GrayReport, x: (at: number) => number, top: number, bottom: number): string[] {
  let free = 0
  return report.decisions.flatMap(({ at, text }) => {
    const width = textWidth(text, SMALL)
    const place = Math.min(Math.max(LEFT, x(at) + 4), RIGHT - width)
    const shapes = [line(x(at), top, x(at), bottom, 'mark')]
    if (place >= free)
      shapes.push(textAt(place, top + WEIGHT_HEIGHT + 14, text, { size: SMALL, style: 'm halo' }))
    free = Math.max(free, place + width + 8)
    return shapes
  })
}

function dot(x: number, y: number, style: string, hint?: string): string {
  const shape = `<circle class="dot ${style}" cx="${number(x)}" cy="${number(y)}" r="4.5"`
  return hint === undefined ? `${shape}/>` : `${shape}><title>${xml(hint)}</title></circle>`
}

const number = (value: number): string => String(Math.round(value * 10) / 10)
const path = (corners: readonly (readonly [number, number])[]): string =>
  corners.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${number(x)} ${number(y)}`).join('')

/** A round number above `value`, so that the axis has labels people can read. */
export function niceMost(value: number, share: boolean): number {
  if (!(value > 0)) return share ? 0.01 : 1
  const power = 10 ** Math.floor(Math.log10(value))
  const found =
    [1, 1.2, 1.6, 2, 3, 4, 5, 6, 8, 10]
      .map((factor) => factor * power)
      .find((one) => one >= value * 0.9999) ?? 10 * power
  return share ? Math.min(1, Number(found.toPrecision(6))) : Number(found.toPrecision(6))
}

const niceLeast = (value: number): number => (value < 0 ? -niceMost(-value, false) : 0)
