import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { axisStep, coverageSvg, sizesSvg, timelineSvg } from '../../../src/report/charts.ts'
import type { RunReport } from '../../../src/report/model.ts'
import { fitEnd, fitText, textWidth } from '../../../src/report/svg.ts'
import { timingOf } from '../../../src/report/timeline.ts'
import { digest, failed, minimal, passed } from './samples.ts'
import { type Element, hostile, mapStrings, parseXml } from './structure.ts'

const charts = { timelineSvg, coverageSvg, sizesSvg }
const draw = Object.entries(charts)

interface Box {
  readonly text: string
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

const boxOf = ({ attributes, text }: Element): Box => {
  const size = Number(attributes['font-size'])
  const width = textWidth(text, size, attributes['font-weight'] !== undefined)
  const x = Number(attributes['x'])
  const left = { start: x, middle: x - width / 2, end: x - width }[attributes['text-anchor'] ?? 'start'] ?? x
  const y = Number(attributes['y'])
  return { text, left, right: left + width, top: y - size * 0.8, bottom: y + size * 0.2 }
}

/** Labels that lie over each other or outside the picture, bars outside the picture; plus what no picture may hold. */
function chartFaults(svg: string): string[] {
  const elements = parseXml(svg)
  const root = elements.find((element) => element.name === 'svg')
  const [, , width = 0, height = 0] = (root?.attributes['viewBox'] ?? '').split(' ').map(Number)
  const faults: string[] = []
  const labels = elements.filter((element) => element.name === 'text').map(boxOf)
  for (const label of labels) {
    if (label.left < 0 || label.right > width || label.top < 0 || label.bottom > height)
      faults.push(`clipped: ${JSON.stringify(label)}`)
  }
  // Sorted by height, so that only neighbours are compared.
  const sorted = [...labels].sort((a, b) => a.top - b.top)
  for (const [i, one] of sorted.entries()) {
    for (const other of sorted.slice(i + 1)) {
      if (other.top >= one.bottom) break
      if (one.left < other.right && other.left < one.right)
        faults.push(`overlap: ${one.text} / ${other.text}`)
    }
  }
  for (const { name, attributes } of elements) {
    if (!['svg', 'style', 'rect', 'title', 'text', 'line'].includes(name)) faults.push(`<${name}>`)
    for (const key of Object.keys(attributes)) if (/^on|href|src/i.test(key)) faults.push(key)
    if (name !== 'rect') continue
    const [x = 0, y = 0, w = 0, h = 0] = ['x', 'y', 'width', 'height'].map((key) => Number(attributes[key]))
    if (!(x >= 0 && y >= 0 && w >= 0 && x + w <= width && y + h <= height))
      faults.push(`bar outside: ${x} ${w}`)
  }
  if (/@import|url\(|NaN|undefined|Infinity/.test(svg)) faults.push('something that must not be there')
  return faults
}

describe('pictures', () => {
  it.each(draw)('%s of the samples has no label over another or outside', (_, chart) => {
    for (const report of [passed, failed]) expect(chartFaults(chart(report) ?? '')).toEqual([])
  })

  it('are not drawn when there is nothing to show', () => {
    for (const [, chart] of draw) expect(chart(minimal)).toBeUndefined()
    expect(sizesSvg({ ...passed, images: [{ name: 'x', tags: [], verified: false, platforms: [{ platform: 'linux/amd64', size: 0, layers: [] }] }] })).toBeUndefined() // prettier-ignore
    expect(coverageSvg({ ...passed, coverage: { percent: 0, packages: [{ name: 'x', covered: 0, statements: 0 }] } })).toBeUndefined() // prettier-ignore
  })

  it('say in words what they show', () => {
    expect(timelineSvg(passed)).toContain('>25.9 s of work in 13.4 s<')
    expect(coverageSvg(passed)).toContain('>83.4 % of statements covered<')
    expect(sizesSvg(passed)).toContain('>Up to 5.8 MB to pull<')
    expect(sizesSvg(passed)).toContain('5.8 MB · +12.4 kB (+0.2 %)')
  })

  it('have a bar for each step, package and layer group, as long as it is', () => {
    const bars = (svg: string | undefined, style: string): number[] =>
      parseXml(svg ?? '').filter((one) => one.name === 'rect' && one.attributes['class'] === style).map((one) => Number(one.attributes['width'])) // prettier-ignore
    const [, go = 0, restore = 0] = bars(timelineSvg(passed), 'blue')
    // Install Go took 3.2 s, restoring the build cache 1.7 s (the first blue field is the legend's).
    expect(go / restore).toBeCloseTo(3200 / 1700, 1)
    expect(bars(timelineSvg(failed), 'red')).toHaveLength(2)
    const track = bars(coverageSvg(passed), 'track')[0] ?? 0
    expect(bars(coverageSvg(passed), 'red')[0]).toBeCloseTo((track * 12) / 31, 0)
    expect(bars(coverageSvg(passed), 'green').at(-1)).toBeCloseTo(track, 0)
  })

  it('stay in order whatever the names, times and sizes', () => {
    const amount = fc.oneof(fc.nat(50), fc.nat(1_000_000_000))
    const any = fc.record({
      names: fc.array(hostile, { minLength: 1, maxLength: 5 }),
      times: fc.array(fc.tuple(amount, amount), { minLength: 1, maxLength: 8 }),
      sizes: fc.array(fc.tuple(amount, fc.option(amount, { nil: undefined }), amount), {
        minLength: 1,
        maxLength: 5,
      }),
      packages: fc.array(fc.tuple(amount, amount), { maxLength: 60 }),
      threshold: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
    })
    fc.assert(
      fc.property(any, ({ names, times, sizes, packages, threshold }) => {
        const phases = ['set up', 'compile', 'check', 'image', 'publish'] as const
        const states = ['ok', 'failed', 'cancelled'] as const
        const steps = times.map(([start, length], i) => ({
          id: `s${i}`, title: 'x', status: states[i % 3] ?? 'ok', gate: false, needs: i > 0 ? [`s${i - 1}`] : [],
          phase: phases[i % 5] ?? 'check', startMs: start, endMs: start + length,
        }))
        const report: RunReport = {
          ...passed,
          steps,
          timing: timingOf(steps),
          coverage: {
            percent: 50,
            ...(threshold === undefined ? {} : { threshold }),
            packages: packages.map(([a, b], i) => ({ name: `p${i}`, covered: Math.min(a, b), statements: b })),
          },
          images: [
            {
              name: 'image', tags: [{ tag: 'tag' }], verified: true,
              platforms: sizes.map(([size, previousSize, base]) => ({
                platform: 'linux/amd64', size, layers: [{ digest: digest('a'), size: base, base: true }],
                ...(previousSize === undefined ? {} : { previousSize }),
              })),
            },
          ],
        }
        let at = 0
        const fixed = new Set(['status', 'phase', 'id', 'needs', 'criticalPath'])
        const strange = mapStrings(report, (text, key) => (fixed.has(key) ? text : (names[at++ % names.length] ?? '')))
        for (const [, chart] of draw) {
          const svg = chart(strange)
          if (svg !== undefined) expect(chartFaults(svg)).toEqual([])
        }
      }),
    ) // prettier-ignore
  })
})

describe('fitting text', () => {
  it('never gets wider than the room, and keeps what fits', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 0, max: 200 }), (text, room) => {
        for (const fitted of [fitText(text, room, 12), fitEnd(text, room, 12)])
          expect(textWidth(fitted, 12)).toBeLessThanOrEqual(room + 1e-6)
      }),
    )
    expect(fitText('short', 200, 12)).toBe('short')
    expect(fitText('a long name', 40, 12)).toMatch(/^a l.*…$/)
    expect(fitEnd('github.com/acme/internal/api', 100, 12)).toMatch(/^….*\/api$/)
  })

  it.each([
    [0, 1], [1, 0.2], [80, 10], [81, 20], [100, 20], [2400, 500], [5, 1], [9, 2],
  ])('an axis of %d has steps of %d', (length, step) => {
    expect(axisStep(length)).toBeCloseTo(step, 9)
  }) // prettier-ignore
})
