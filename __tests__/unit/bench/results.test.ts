import { describe, expect, it } from '@jest/globals'
import { parseXml } from '../report/structure.ts'
import { barChart, growthChart, label } from '../../../bench/charts.ts'
import { results } from '../../../bench/results.ts'
import { planUnits, unitName } from '../../../bench/suites.ts'
import { targets } from '../../../bench/targets.ts'
import { SUITES } from '../../../bench/options.ts'
import { CHAINS, type RunRecord } from '../../../bench/types.ts'
import { record } from './record.ts'

const versions = {
  product: 'abc (dist def)',
  bench: 'fed',
  go: '1.26.8',
  node: 'v24',
  ko: 'v0.19.1',
  engine: '28',
  buildx: '0.29',
  buildkit: 'v0.32.2',
  cpu: 'a CPU',
  cores: 2,
  memoryBytes: 8 * 2 ** 30,
  kernel: '6.1',
}

/** A whole bench; `wallOf` gives the time of a run in seconds. */
function bench(wallOf: (chain: string, run: string) => number): RunRecord[] {
  return planUnits({ rounds: 2, growthRounds: 2, suites: SUITES, chains: CHAINS }).flatMap((unit) =>
    unit.runs.map((run) =>
      record({
        ...unit,
        unit: unitName(unit),
        run,
        platforms: unit.platforms.length,
        wallMs: wallOf(unit.chain, run) * 1000 * (unit.round === 1 ? 1 : 1.2),
        phases: [{ name: 'compile', startMs: 0, endMs: 900, critical: true }],
        bytes: {
          cacheDown: unit.chain === 'ours' ? 40e6 : 100e6,
          cacheUp: 0,
          registryDown: 0,
          registryUp: 0,
          modulesDown: 0,
        },
        ...(unit.family === 'ours'
          ? {
              own: {
                mainMs: 1000,
                postMs: 500,
                criticalMs: 900,
                postBusyMs: 100,
                idleMs: 1,
                peakBytes: unit.suite === 'memory' ? 160 * 2 ** 20 : 100 * 2 ** 20,
                postPeakBytes: 80 * 2 ** 20,
              },
            }
          : {}),
      }),
    ),
  )
}

const seconds: Record<string, number> = { ours: 10, classic: 200, ko: 25, floor: 5 }
const fast = bench((chain) => seconds[chain] ?? 10)

describe('the targets', () => {
  it('are those of the issue, none of them measured without runs', () => {
    const rows = targets([])
    expect(rows.map((row) => row.limit)).toEqual([
      0.07,
      0.5,
      0.55,
      0.65,
      0.3,
      0.35,
      1,
      1.5,
      0.3,
      0.5,
      1000,
      150 * 2 ** 20,
    ])
    expect(rows.every((row) => row.measured === undefined && row.met === undefined)).toBe(true)
  })

  it('are met or missed by what was measured', () => {
    const rows = targets(fast)
    const find = (start: string, against: string): (typeof rows)[number] | undefined =>
      rows.find((row) => row.what.startsWith(start) && row.against === against)
    expect(find('one-line edit', 'classic chain')).toMatchObject({ met: true, measured: { value: 0.05 } })
    expect(find('one-line edit', 'ko chain')).toMatchObject({ met: true, measured: { value: 0.4 } })
    expect(find('same commit', 'ko chain')).toMatchObject({ met: false })
    expect(find('bytes', 'classic chain')).toMatchObject({ met: true, measured: { value: 0.4 } })
    expect(find('overhead', '')).toMatchObject({ met: true, measured: { value: 500 } })
  })

  it('judge memory by the greatest peak, not by the usual one', () => {
    expect(targets(fast).at(-1)).toMatchObject({
      met: false,
      measured: { value: 100 * 2 ** 20, max: 160 * 2 ** 20 },
    })
  })
})

describe('RESULTS.md', () => {
  const { markdown, pictures } = results(fast, versions)

  it('has the targets, every comparison and what it was measured with', () => {
    for (const part of [
      '## Targets',
      '## The service',
      '## examples/hello',
      '## The image part alone',
      "## A Dockerfile of the user's own",
      '## Where our time goes',
      '### Over packages',
      '### Over main packages',
      '### Over platforms',
      '## Peak memory',
      'Go 1.26.8',
    ])
      // prettier-ignore
      expect(markdown).toContain(part)
    expect(markdown).toContain(
      '| one-line edit, whole action | classic chain | ≤ 0.070 × | **0.050 ×** (0.050 × to 0.050 ×, 2 rounds) | met |',
    )
    expect(markdown).toContain('| cold | 11.0 (10.0 to 12.0) | 220.0 (200.0 to 240.0) |')
  })

  it('has tables with equal columns and pictures that are there', () => {
    for (const block of markdown.split('\n\n').filter((one) => one.startsWith('|'))) {
      const columns = block
        .trimEnd()
        .split('\n')
        .map((row) => row.split('|').length)
      expect({ block, columns: new Set(columns).size }).toEqual({ block, columns: 1 })
    }
    const named = [...markdown.matchAll(/\(charts\/([^)]+)\)/g)].map(([, name]) => name)
    expect(named.sort()).toEqual([...pictures.keys()].sort())
  })

  it('shows the memory of cold runs and of edits, and leaves out the row without a run', () => {
    expect(markdown).toContain('|  | main, cold | main, edit | post, cold | post, edit |')
    expect(markdown).toContain('| tests that print: 200 MB | 160 (up to 160) |  | 80 (up to 80) |  |')
    expect(markdown).toContain(
      '| packages: 1000 | 100 (up to 100) | 100 (up to 100) | 80 (up to 80) | 80 (up to 80) |',
    )
    const cold = results(
      fast.filter((one) => one.suite === 'memory'),
      versions,
    ).markdown
    expect(cold).not.toContain('| packages: 1000 |')
  })

  it('is written from no runs at all', () => {
    const empty = results([], versions)
    expect(empty.markdown).toContain('not measured')
    expect(empty.pictures.size).toBe(0)
  })
})

describe('pictures', () => {
  it('are well-formed, all of them', () => {
    for (const svg of results(fast, versions).pictures.values())
      expect(parseXml(svg).length).toBeGreaterThan(5)
  })

  it('escape what they are told', () => {
    const bars = [{ name: '<&', value: 1, min: 1, max: 1, style: 'blue' }]
    expect(barChart('a & b', '<', [{ name: '"', bars }], 's')).toContain('&lt;&amp;')
  })

  it('draw longer bars for greater values', () => {
    const bar = (
      value: number,
    ): { name: string; value: number; min: number; max: number; style: string } => ({
      name: String(value),
      value,
      min: value,
      max: value,
      style: 'blue',
    })
    const svg = barChart('t', 's', [{ name: 'g', bars: [bar(10), bar(20)] }], 's')
    const widths = [...svg.matchAll(/class="blue"[^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width))
    expect(widths).toHaveLength(2)
    expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(2, 1)
  })

  it('keep every point of a curve inside the frame', () => {
    const svg = growthChart(
      't',
      's',
      'packages',
      [
        {
          name: 'ours',
          style: 'blue',
          points: [
            [10, 0.05],
            [1000, 900],
          ],
        },
      ],
      's',
    )
    const [width = 0, height = 0] = (/viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg) ?? []).slice(1).map(Number)
    for (const [, x, y] of svg.matchAll(/<rect class="blue" x="([\d.-]+)" y="([\d.-]+)"/g)) {
      expect(Number(x)).toBeGreaterThan(0)
      expect(Number(x)).toBeLessThan(width)
      expect(Number(y)).toBeGreaterThan(0)
      expect(Number(y)).toBeLessThan(height)
    }
    expect(growthChart('t', 's', 'x', [], 's')).toContain('<svg')
  })

  it.each([
    [0.123, '0.12 s'],
    [9.5, '9.5 s'],
    [12.34, '12.3 s'],
    [123.4, '123 s'],
  ])('label %d as %s', (value, wanted) => {
    expect(label(value, 's')).toBe(wanted)
  })
})
