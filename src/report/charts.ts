import { formatBytes, formatDuration } from '../base/clock.ts'
import { byCoverage, count, formatPercent, packagePercent, shortNames, sizeChange } from './format.ts'
import { type CoverageReport, PHASES, type PlatformReport, type RunReport } from './model.ts'
import { fitEnd, fitText, line, picture, rectangle, textAt, textWidth } from './svg.ts'
import { peakConcurrency, ran } from './timeline.ts'

const WIDTH = 860
const PAD = 20
const ROW = 22
const BAR = 14
const SIZE = 12
const SMALL = 11
/** Column of names at the left. */
const NAME_MIN = 90
const NAME_MAX = 250

interface Legend {
  readonly style: string
  readonly text: string
}

/** Title, subtitle and legend; the height that they take. */
function header(
  title: string,
  subtitle: string,
  legend: readonly Legend[],
): { shapes: string[]; height: number } {
  const room = WIDTH - 2 * PAD
  const shapes = [
    textAt(PAD, 30, fitText(title, room, 15, true), { size: 15, bold: true }),
    textAt(PAD, 50, fitText(subtitle, room, SIZE), { style: 'm' }),
  ]
  let x = PAD
  const y = 72
  for (const item of legend) {
    shapes.push(rectangle({ x, y: y - 9, width: 10, height: 10 }, item.style))
    shapes.push(textAt(x + 15, y, item.text, { size: SMALL, style: 'm' }))
    x += 15 + textWidth(item.text, SMALL) + 18
  }
  return { shapes, height: legend.length > 0 ? 88 : 66 }
}

const nameColumn = (names: readonly string[]): number =>
  Math.min(NAME_MAX, Math.max(NAME_MIN, ...names.map((name) => textWidth(name, SIZE))))

/** A round step for an axis of `length`, so that it gets 4 to 10 parts. */
export function axisStep(length: number): number {
  if (!(length > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(length / 5))
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => length / step <= 8) ?? 10 * power
}

/** Round steps of a clock: 15 s and 2 min instead of 20 s and 100 s. */
function timeStep(ms: number): number {
  const steps = [1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000] // prettier-ignore
  if (ms < 4000) return axisStep(ms)
  return steps.find((step) => ms / step <= 8) ?? axisStep(ms / 3_600_000) * 3_600_000
}

function axisTime(ms: number, step: number): string {
  if (ms === 0) return '0'
  if (step < 1000) return ms < 1000 ? `${Math.round(ms)} ms` : `${String(Math.round(ms / 10) / 100)} s`
  if (step < 60_000) return `${String(ms / 1000)} s`
  if (step < 3_600_000) return `${String(ms / 60_000)} min`
  return `${String(Math.round(ms / 360_000) / 10)} h`
}

/** What ran beside what: a row for each step, by phase. Undefined when nothing ran. */
export function timelineSvg(report: RunReport): string | undefined {
  const steps = ran(report.steps)
  if (steps.length === 0) return undefined
  const path = new Set(report.timing.criticalPath)
  const end = Math.max(1, ...steps.map((step) => step.endMs))
  const peak = peakConcurrency(report.steps)
  const failed = steps.some((step) => step.status === 'failed')
  const stopped = steps.some((step) => step.status === 'cancelled')
  const { shapes, height: top } = header(
    `${formatDuration(report.timing.workMs)} of work in ${formatDuration(end)}`,
    `${report.project.name} on ${report.run.host}: ${count(steps.length, 'step')}, up to ${peak} at the same time`,
    [
      { style: 'blue', text: 'longest chain' },
      ...(steps.every((step) => path.has(step.id)) ? [] : [{ style: 'grey', text: 'beside it' }]),
      ...(failed ? [{ style: 'red', text: 'failed' }] : []),
      ...(stopped ? [{ style: 'amber', text: 'stopped' }] : []),
    ],
  )
  const left = PAD + nameColumn(steps.map((step) => step.title)) + 14
  // The longest duration must fit to the right of a bar that reaches the end.
  const right =
    Math.max(...steps.map((step) => textWidth(formatDuration(step.endMs - step.startMs), SMALL))) + 8
  const scale = (WIDTH - PAD - right - left) / end
  const groups = PHASES.map((phase) => ({
    phase,
    rows: steps
      .filter((step) => step.phase === phase)
      .sort((a, b) => a.startMs - b.startMs || a.endMs - b.endMs),
  })).filter((group) => group.rows.length > 0)
  const body = top + groups.length * 24 + steps.length * ROW
  const step = timeStep(end)
  for (let ms = 0; ms <= end; ms += step) {
    const x = left + ms * scale
    shapes.push(line(x, top, x, body + 4, 'grid'))
    shapes.push(textAt(x, body + 20, axisTime(ms, step), { size: SMALL, anchor: 'middle', style: 'm' }))
  }
  let y = top
  for (const group of groups) {
    shapes.push(textAt(PAD, y + 16, group.phase.toUpperCase(), { size: 10, bold: true, style: 'm' }))
    y += 24
    for (const one of group.rows) {
      const took = formatDuration(one.endMs - one.startMs)
      const width = Math.max(2, (one.endMs - one.startMs) * scale)
      const x = Math.min(left + one.startMs * scale, WIDTH - PAD - right - width)
      const style =
        one.status === 'failed'
          ? 'red'
          : one.status === 'cancelled'
            ? 'amber'
            : path.has(one.id)
              ? 'blue'
              : 'grey'
      shapes.push(textAt(PAD, y + 15, fitText(one.title, left - PAD - 14, SIZE)))
      shapes.push(
        rectangle(
          { x, y: y + 4, width, height: BAR },
          style,
          `${one.title}: ${took}${one.reason === undefined ? '' : `, ${one.reason}`}`,
        ),
      )
      shapes.push(textAt(x + width + 6, y + 15, took, { size: SMALL, style: 'm halo' }))
      y += ROW
    }
  }
  return picture(WIDTH, body + 34, `Timeline of ${report.project.name}`, shapes)
}

const MAX_PACKAGES = 40

/** Coverage of each package as a bar, least covered first. Undefined without packages that have statements. */
export function coverageSvg(report: RunReport): string | undefined {
  const { coverage } = report
  if (coverage === undefined) return undefined
  const all = byCoverage(coverage)
  if (all.length === 0) return undefined
  const packages = all.slice(0, MAX_PACKAGES)
  const names = shortNames(
    packages.map((one) => one.name),
    report.project.module,
  )
  const threshold = coverage.threshold === undefined ? '' : `, threshold ${String(coverage.threshold)} %`
  const hidden =
    all.length > packages.length ? `, the ${packages.length} least covered of ${all.length} packages` : ''
  const { shapes, height: top } = header(
    `${formatPercent(coverage.percent)} of statements covered`,
    `${report.project.name}: ${count(all.length, 'package')}${threshold}${hidden}`,
    [],
  )
  const rows = packages.map((one) => ({
    name: names.get(one.name) ?? one.name,
    full: one.name,
    percent: packagePercent(one),
    figures: `${one.covered} / ${one.statements}`,
  }))
  const figuresWidth = Math.max(...rows.map((row) => textWidth(row.figures, SMALL)))
  const percentWidth = textWidth('100.0 %', SIZE, true)
  const left = PAD + nameColumn(rows.map((row) => row.name)) + 14
  const right = WIDTH - PAD - figuresWidth - 14 - percentWidth - 10
  const scale = (right - left) / 100
  let y = top
  for (const row of rows) {
    const track = { x: left, y: y + 4, width: right - left, height: BAR }
    shapes.push(textAt(PAD, y + 15, fitEnd(row.name, left - PAD - 14, SIZE)))
    shapes.push(rectangle(track, 'track'))
    if (row.percent > 0)
      shapes.push(
        rectangle(
          { ...track, width: Math.max(2, row.percent * scale) },
          coverageStyle(row.percent, coverage),
          `${row.full}: ${row.figures} statements`,
        ),
      )
    shapes.push(
      textAt(right + 10 + percentWidth, y + 15, formatPercent(row.percent), { anchor: 'end', bold: true }),
      textAt(WIDTH - PAD, y + 15, row.figures, { size: SMALL, anchor: 'end', style: 'm' }),
    )
    y += ROW
  }
  if (coverage.threshold !== undefined) {
    const x = left + Math.min(100, Math.max(0, coverage.threshold)) * scale
    shapes.push(line(x, top - 2, x, y + 4, 'mark'))
    shapes.push(
      textAt(x, y + 18, `${String(coverage.threshold)} %`, { size: SMALL, anchor: 'middle', style: 'm' }),
    )
  }
  return picture(
    WIDTH,
    y + (coverage.threshold === undefined ? 14 : 32),
    `Coverage of ${report.project.name}`,
    shapes,
  )
}

/** Against the threshold when there is one: below it is what the gate would refuse, were it for this package alone. */
function coverageStyle(percent: number, coverage: CoverageReport): string {
  const good = coverage.threshold ?? 80
  return percent >= good ? 'green' : percent >= good / 2 ? 'amber' : 'red'
}

/** Compressed sizes of all images and platforms, base and own layers apart. Undefined when no size is known. */
export function sizesSvg(report: RunReport): string | undefined {
  const images = report.images
    .map((image) => ({ ...image, platforms: image.platforms.filter((one) => one.size > 0) }))
    .filter((image) => image.platforms.length > 0)
  const all = images.flatMap((image) => image.platforms)
  if (all.length === 0) return undefined
  const most = Math.max(...all.flatMap((one) => [one.size, one.previousSize ?? 0]))
  const largest = Math.max(...all.map((one) => one.size))
  const shrunk = all.some((one) => (one.previousSize ?? 0) > one.size)
  const { shapes, height: top } = header(
    all.length === 1 ? `${formatBytes(largest)} to pull` : `Up to ${formatBytes(largest)} to pull`,
    `${report.project.name}: compressed layers, as a registry sends them`,
    [
      { style: 'blue', text: 'own layers' },
      ...(all.some((one) => one.layers.some((layer) => layer.base))
        ? [{ style: 'grey', text: 'base image' }]
        : []),
      ...(shrunk ? [{ style: 'sky', text: 'saved against the previous tag' }] : []),
    ],
  )
  const label = (one: PlatformReport): string =>
    formatBytes(one.size) +
    (one.previousSize === undefined ? '' : ` · ${sizeChange(one.size, one.previousSize)}`)
  const left = PAD + nameColumn(all.map((one) => one.platform)) + 14
  const right = Math.max(...all.map((one) => textWidth(label(one), SMALL))) + 8
  const scale = (WIDTH - PAD - right - left) / most
  let y = top
  for (const image of images) {
    const tag = image.tags[0] === undefined ? '' : `:${image.tags[0].tag}`
    shapes.push(textAt(PAD, y + 16, fitText(image.name + tag, WIDTH - 2 * PAD, SIZE, true), { bold: true }))
    y += 26
    for (const one of image.platforms) {
      const base = one.layers.reduce((sum, layer) => sum + (layer.base ? layer.size : 0), 0)
      const own = Math.max(0, one.size - base)
      const row = { y: y + 4, height: BAR }
      const width = Math.max(2, one.size * scale)
      const saved = (one.previousSize ?? 0) > one.size ? ((one.previousSize ?? 0) - one.size) * scale : 0
      shapes.push(textAt(PAD, y + 15, fitText(one.platform, left - PAD - 14, SIZE)))
      if (saved >= 1)
        shapes.push(
          rectangle(
            { ...row, x: left + width, width: saved },
            'sky',
            `before: ${formatBytes(one.previousSize ?? 0)}`,
          ),
        )
      shapes.push(
        rectangle(
          { ...row, x: left, width: Math.min(width, base * scale) },
          'grey',
          `base image: ${formatBytes(base)}`,
        ),
      )
      shapes.push(
        rectangle(
          { ...row, x: left + Math.min(width, base * scale), width: Math.max(0, width - base * scale) },
          'blue',
          `own layers: ${formatBytes(own)}`,
        ),
      )
      shapes.push(textAt(left + width + saved + 6, y + 15, label(one), { size: SMALL, style: 'm' }))
      y += ROW
    }
    y += 6
  }
  return picture(WIDTH, y + 10, `Image sizes of ${report.project.name}`, shapes)
}
