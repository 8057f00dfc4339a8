import { axisStep } from '../src/report/charts.ts'
import { fitText, line, picture, rectangle, textAt, textWidth } from '../src/report/svg.ts'

const WIDTH = 860
const PAD = 20

export interface Bar {
  readonly name: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly style: string
}

export interface BarGroup {
  readonly name: string
  readonly bars: readonly Bar[]
}

/** Horizontal bars in groups, with a whisker from the smallest to the greatest value. `unit` stands behind each value. */
export function barChart(title: string, subtitle: string, groups: readonly BarGroup[], unit: string): string {
  const all = groups.flatMap((group) => group.bars)
  const longest = Math.max(1e-9, ...all.map((bar) => bar.max))
  const left = PAD + Math.max(60, ...all.map((bar) => textWidth(bar.name, 12))) + 12
  const right = Math.max(...all.map((bar) => textWidth(label(bar.value, unit), 11)), 0) + 14
  const scale = (WIDTH - PAD - right - left) / longest
  const shapes = [
    textAt(PAD, 30, fitText(title, WIDTH - 2 * PAD, 15, true), { size: 15, bold: true }),
    textAt(PAD, 50, fitText(subtitle, WIDTH - 2 * PAD, 12), { style: 'm' }),
  ]
  let y = 78
  for (const group of groups) {
    shapes.push(textAt(PAD, y, fitText(group.name, WIDTH - 2 * PAD, 12, true), { bold: true }))
    y += 10
    for (const bar of group.bars) {
      const hint = `${group.name}, ${bar.name}: ${label(bar.value, unit)} (${label(bar.min, unit)} to ${label(bar.max, unit)})`
      shapes.push(
        textAt(left - 10, y + 12, bar.name, { anchor: 'end', style: 'm' }),
        rectangle({ x: left, y: y + 2, width: Math.max(1, bar.value * scale), height: 13 }, bar.style, hint),
        line(left + bar.min * scale, y + 8.5, left + bar.max * scale, y + 8.5, 'mark'),
        textAt(left + bar.max * scale + 6, y + 12, label(bar.value, unit), { size: 11 }),
      )
      y += 19
    }
    y += 18
  }
  return picture(WIDTH, y, title, shapes)
}

export interface Curve {
  readonly name: string
  readonly style: string
  /** Size and value, by size. */
  readonly points: readonly (readonly [size: number, value: number])[]
}

/**
 * Curves over a size, both axes logarithmic: straight with slope one is linear growth, and the dashed line through the first
 * point of the first curve shows what that would look like.
 */
export function growthChart(
  title: string,
  subtitle: string,
  sizes: string,
  curves: readonly Curve[],
  unit: string,
): string {
  const points = curves.flatMap((curve) => curve.points)
  const height = 400
  const frame = { x: 70, y: 92, width: WIDTH - 70 - 150, height: height - 92 - 50 }
  const shapes = [
    textAt(PAD, 30, fitText(title, WIDTH - 2 * PAD, 15, true), { size: 15, bold: true }),
    textAt(PAD, 50, fitText(subtitle, WIDTH - 2 * PAD, 12), { style: 'm' }),
  ]
  if (points.length === 0) return picture(WIDTH, 70, title, shapes)
  const [minSize, maxSize] = extent(points.map(([size]) => size))
  const [minValue, maxValue] = extent(points.map(([, value]) => value))
  const low = 10 ** Math.floor(Math.log10(minValue))
  const high = 10 ** Math.ceil(Math.log10(maxValue * 1.05))
  const x = (size: number): number => frame.x + frame.width * share(size, minSize, maxSize)
  const y = (value: number): number => frame.y + frame.height * (1 - share(value, low, high))
  for (let value = low; value <= high * 1.001; value *= 10) {
    shapes.push(line(frame.x, y(value), frame.x + frame.width, y(value), 'grid'))
    shapes.push(
      textAt(frame.x - 8, y(value) + 4, label(value, unit), { anchor: 'end', size: 11, style: 'm' }),
    )
  }
  for (const size of new Set(points.map(([one]) => one)))
    shapes.push(
      textAt(x(size), frame.y + frame.height + 20, String(size), { anchor: 'middle', size: 11, style: 'm' }),
    )
  shapes.push(
    textAt(frame.x + frame.width / 2, height - 10, sizes, { anchor: 'middle', size: 11, style: 'm' }),
  )
  const first = curves[0]?.points[0]
  if (first !== undefined) {
    const end = Math.min(maxSize, (first[0] * high) / first[1])
    shapes.push(line(x(first[0]), y(first[1]), x(end), y((first[1] * end) / first[0]), 'mark'))
  }
  const placed: number[] = []
  for (const curve of curves) {
    curve.points.forEach(([size, value], at) => {
      const next = curve.points[at + 1]
      if (next !== undefined) shapes.push(stroke(x(size), y(value), x(next[0]), y(next[1]), curve.style))
      const box = { x: x(size) - 3.5, y: y(value) - 3.5, width: 7, height: 7 }
      shapes.push(rectangle(box, curve.style, `${curve.name}, ${size}: ${label(value, unit)}`, 3.5))
    })
    const last = curve.points.at(-1)
    if (last === undefined) continue
    // Names at the right, moved down where two would lie on each other.
    let at = y(last[1]) + 4
    while (placed.some((other) => Math.abs(other - at) < 14)) at += 14
    placed.push(at)
    shapes.push(
      textAt(frame.x + frame.width + 12, at, fitText(`${curve.name} ${label(last[1], unit)}`, 136, 11), {
        size: 11,
      }),
    )
  }
  return picture(WIDTH, height, title, shapes)
}

/** A line in the colour of a fill: the pictures' styles know fills only, so it is a thin box turned into place. */
function stroke(x1: number, y1: number, x2: number, y2: number, style: string): string {
  const length = Math.hypot(x2 - x1, y2 - y1)
  const angle = (Math.atan2(y2 - y1, x2 - x1) * 180) / Math.PI
  const round = (value: number): number => Math.round(value * 10) / 10
  return `<rect class="${style}" width="${round(length)}" height="2" transform="translate(${round(x1)} ${round(y1 - 1)}) rotate(${round(angle)})"/>`
}

const extent = (values: readonly number[]): [number, number] => [Math.min(...values), Math.max(...values)]
const share = (value: number, low: number, high: number): number =>
  high === low ? 0.5 : Math.log(value / low) / Math.log(high / low)

/** Three figures that mean something. */
export function label(value: number, unit: string): string {
  const digits = value >= 100 || axisStep(value) >= 100 ? 0 : value >= 10 ? 1 : 2
  return `${String(Number(value.toFixed(digits)))} ${unit}`
}
