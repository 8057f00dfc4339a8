import { barChart, type BarGroup, type Curve, growthChart } from './charts.ts'
import { byRound, movedBytes, overhead, type Selector, wall } from './records.ts'
import { growthExponent, sample, type Sample } from './statistics.ts'
import { LOGS, MAINS, PACKAGES, PLATFORMS } from './suites.ts'
import { type Target, targets } from './targets.ts'
import type { RunRecord } from './types.ts'

/** With what, and on what, the figures were taken. */
export interface Versions {
  readonly product: string
  /** Digest of what is run: the chains, the subjects, the order of runs. */
  readonly bench: string
  readonly go: string
  readonly node: string
  readonly ko: string
  readonly engine: string
  readonly buildx: string
  readonly buildkit: string
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  readonly kernel: string
}

const STYLES: Readonly<Record<string, string>> = {
  ours: 'blue',
  classic: 'amber',
  ko: 'green',
  floor: 'grey',
}
const TITLES: Readonly<Record<string, string>> = {
  ours: 'ours',
  classic: 'classic chain',
  ko: 'ko chain',
  floor: 'floor',
  'ours-dockerfile': 'ours, own Dockerfile',
  'image-direct': 'ours, direct',
  'image-buildx': 'ours, buildx',
  'image-ko': 'ko build',
}
const RUNS = ['cold', 'same', 'edit'] as const
const RUN_TITLES: Readonly<Record<string, string>> = {
  cold: 'cold',
  same: 'same commit again',
  edit: 'one-line edit',
}

/** RESULTS.md and its pictures, from the runs alone. Pure. */
export function results(
  records: readonly RunRecord[],
  versions: Versions,
): { markdown: string; pictures: Map<string, string> } {
  const pictures = new Map<string, string>()
  const sections = [
    head(records, versions),
    targetTable(targets(records)),
    comparison(records, 'main', 'service', 'The service', pictures),
    comparison(records, 'hello', 'hello', 'examples/hello', pictures),
    imagePart(records),
    dockerfilePart(records),
    phases(records),
    growth(records, pictures),
    memory(records),
  ]
  return { markdown: `${sections.filter((section) => section !== '').join('\n\n')}\n`, pictures }
}

const date = (records: readonly RunRecord[]): string => {
  const days = [...new Set(records.map((record) => record.at.slice(0, 10)))].sort()
  return days.length < 2 ? (days[0] ?? 'no runs') : `${days[0] ?? ''} to ${days.at(-1) ?? ''}`
}

function head(records: readonly RunRecord[], versions: Versions): string {
  const loads = records.map((record) => record.load)
  const load =
    loads.length === 0
      ? ''
      : ` Load average when a run began: median ${sample(loads).median.toFixed(1)}, up to ${Math.max(...loads).toFixed(1)}.`
  return `# Results

Written by \`npm run bench\`; how it is measured is told in [README.md](README.md). Do not edit.

${date(records)}, ${records.length} runs of ${new Set(records.map((record) => record.unit)).size} units.${load}
Product ${versions.product}; Go ${versions.go}, Node ${versions.node}, ko ${versions.ko}, Docker ${versions.engine}, Buildx ${versions.buildx}, BuildKit ${versions.buildkit};
${versions.cores} cores of ${versions.cpu}, ${(versions.memoryBytes / 2 ** 30).toFixed(0)} GB, Linux ${versions.kernel}. All services on loopback.`
}

/** The table that the project is measured by. */
export function targetTable(rows: readonly Target[]): string {
  const cell = (row: Target): string => {
    const { measured } = row
    if (measured === undefined) return 'not measured'
    return `**${figure(measured.value, row.unit)}** (${figure(measured.min, row.unit)} to ${figure(measured.max, row.unit)}, ${measured.rounds} ${row.unit === '×' ? (measured.rounds === 1 ? 'round' : 'rounds') : 'runs'})`
  }
  return [
    '## Targets',
    '',
    'A ratio is that of the medians; in brackets the smallest and greatest ratio of two runs of one round.',
    '',
    '| what | against | target | measured | |',
    '|---|---|---:|---:|---|',
    ...rows.map(
      (row) =>
        `| ${row.what} | ${row.against} | ≤ ${figure(row.limit, row.unit)} | ${cell(row)} | ${row.met === undefined ? '' : row.met ? 'met' : '**missed**'} |`,
    ),
  ].join('\n')
}

function figure(value: number, unit: Target['unit']): string {
  if (unit === '×') return `${value.toFixed(value < 0.1 ? 3 : 2)} ×`
  if (unit === 'ms') return `${(value / 1000).toFixed(1)} s`
  return `${Math.round(value / 2 ** 20)} MB`
}

const seconds = (ms: number): string => (ms / 1000).toFixed(1)
const cell = (one: Sample | undefined): string =>
  one === undefined ? '' : `${seconds(one.median)} (${seconds(one.min)} to ${seconds(one.max)})`

function sampled(
  records: readonly RunRecord[],
  wanted: Selector,
  of: (record: RunRecord) => number | undefined = wall,
): Sample | undefined {
  const values = [...byRound(records, wanted, of).values()]
  return values.length === 0 ? undefined : sample(values)
}

const table = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [
    `| ${header.join(' | ')} |`,
    `|---|${header
      .slice(1)
      .map(() => '---:')
      .join('|')}|`,
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n')

function comparison(
  records: readonly RunRecord[],
  suite: string,
  subject: string,
  title: string,
  pictures: Map<string, string>,
): string {
  const chains = ['ours', 'classic', 'ko', 'floor'].filter((chain) =>
    records.some((record) => record.suite === suite && record.chain === chain),
  )
  if (chains.length === 0) return ''
  const rows = RUNS.map((run) => [
    RUN_TITLES[run] ?? run,
    ...chains.map((chain) => cell(sampled(records, { suite, subject, chain, run }))),
  ])
  const bytes = RUNS.map((run) => [
    RUN_TITLES[run] ?? run,
    ...chains.map((chain) => {
      const one = sampled(records, { suite, subject, chain, run }, movedBytes)
      return one === undefined || chain === 'floor' ? '' : `${Math.round(one.median / 1e6)}`
    }),
  ])
  const groups: BarGroup[] = RUNS.map((run) => ({
    name: RUN_TITLES[run] ?? run,
    bars: chains.flatMap((chain) => {
      const one = sampled(records, { suite, subject, chain, run })
      if (one === undefined) return []
      const { median, min, max } = one
      return [
        {
          name: TITLES[chain] ?? chain,
          value: median / 1000,
          min: min / 1000,
          max: max / 1000,
          style: STYLES[chain] ?? 'grey',
        },
      ]
    }),
  }))
  const name = `${suite}.svg`
  pictures.set(
    name,
    barChart(
      `${title}: from commit to published image`,
      'Median of all rounds in seconds; the dashed line goes from the fastest to the slowest.',
      groups,
      's',
    ),
  )
  const names = chains.map((chain) => TITLES[chain] ?? chain)
  return `## ${title}

Two platforms, everything from the first command to the last post step. Seconds: median (fastest to slowest).

${table(['s', ...names], rows)}

![${title}](charts/${name})

Megabytes that crossed the wire to and from the cache service and the registry:

${table(['MB', ...names], bytes)}`
}

function imagePart(records: readonly RunRecord[]): string {
  const chains = ['image-direct', 'image-buildx', 'image-ko']
  const rows = chains.flatMap((chain) => {
    const one = sampled(records, { suite: 'image', chain, run: 'edit' })
    return one === undefined ? [] : [[TITLES[chain] ?? chain, cell(one)]]
  })
  return rows.length === 0
    ? ''
    : `## The image part alone

The service after a one-line edit, local caches warm: compile for two platforms, assemble, push. No tests, no start, no read-back.

${table(['', 's'], rows)}`
}

function dockerfilePart(records: readonly RunRecord[]): string {
  const rows = ['ours-dockerfile', 'classic'].flatMap((chain) => {
    const suite = chain === 'classic' ? 'main' : 'dockerfile'
    const cells = RUNS.map((run) => sampled(records, { suite, subject: 'service', chain, run }))
    return cells.every((one) => one === undefined) ? [] : [[TITLES[chain] ?? chain, ...cells.map(cell)]]
  })
  return rows.length === 0
    ? ''
    : `## A Dockerfile of the user's own

The service's multi-stage Dockerfile (\`RUN go build\`, cache mounts), which both build.

${table(['s', ...RUNS.map((run) => RUN_TITLES[run] ?? run)], rows)}`
}

/** Where our time goes: the run with the median wall time of each kind. */
function phases(records: readonly RunRecord[]): string {
  const parts = RUNS.flatMap((run) => {
    const runs = records
      .filter((one) => one.suite === 'main' && one.chain === 'ours' && one.run === run)
      .sort((a, b) => a.wallMs - b.wallMs)
    const middle = runs[Math.floor((runs.length - 1) / 2)]
    if (middle === undefined) return []
    const rows = [...middle.phases]
      .sort((a, b) => a.startMs - b.startMs)
      .map((phase) => [
        `${phase.critical === true ? '**' : ''}${phase.name}${phase.critical === true ? '**' : ''}`,
        seconds(phase.startMs),
        seconds(phase.endMs),
        seconds(phase.endMs - phase.startMs),
      ])
    const over = overhead(middle)
    return [
      `${RUN_TITLES[run] ?? run}: ${seconds(middle.wallMs)} s, of which overhead ${seconds(over ?? 0)} s\n\n${table(['step', 'from', 'to', 's'], rows)}`,
    ]
  })
  return parts.length === 0
    ? ''
    : `## Where our time goes\n\nThe run with the median time of each kind; the longest chain of steps in bold.\n\n${parts.join('\n\n')}`
}

interface Axis {
  readonly suite: 'packages' | 'mains' | 'platforms'
  readonly title: string
  readonly sizes: readonly number[]
  readonly subject: (size: number) => string
  readonly platforms: (size: number) => number
}

const AXES: readonly Axis[] = [
  { suite: 'packages', title: 'packages', sizes: PACKAGES, subject: (size) => `generated-${size}x1`, platforms: () => 2 },
  { suite: 'mains', title: 'main packages', sizes: MAINS, subject: (size) => `generated-100x${size}`, platforms: () => 2 },
  { suite: 'platforms', title: 'platforms', sizes: PLATFORMS, subject: () => 'generated-100x1', platforms: (size) => size },
] // prettier-ignore

function growth(records: readonly RunRecord[], pictures: Map<string, string>): string {
  const parts = AXES.flatMap((axis) => {
    const chains = ['ours', 'classic', 'ko'].filter((chain) =>
      records.some((record) => record.suite === axis.suite && record.chain === chain),
    )
    if (chains.length === 0) return []
    const at = (chain: string, run: string, size: number): Sample | undefined =>
      sampled(records, {
        suite: axis.suite,
        subject: axis.subject(size),
        chain,
        run,
        platforms: axis.platforms(size),
      })
    const blocks = (['cold', 'edit'] as const).map((run) => {
      const curves: Curve[] = chains.map((chain) => ({
        name: TITLES[chain] ?? chain,
        style: STYLES[chain] ?? 'grey',
        points: axis.sizes.flatMap((size) => {
          const one = at(chain, run, size)
          return one === undefined ? [] : [[size, one.median / 1000] as const]
        }),
      }))
      const name = `${axis.suite}-${run}.svg`
      const title = `${RUN_TITLES[run] ?? run} over ${axis.title}`
      pictures.set(
        name,
        growthChart(
          title,
          'Median seconds, both axes logarithmic; the dashed line is linear growth.',
          axis.title,
          curves,
          's',
        ),
      )
      const rows = chains.map((chain) => [
        TITLES[chain] ?? chain,
        ...axis.sizes.map((size) => cell(at(chain, run, size))),
        exponents(axis.sizes, (size) => at(chain, run, size)?.median),
      ])
      return `${RUN_TITLES[run] ?? run}:\n\n${table(['s', ...axis.sizes.map(String), 'growth'], rows)}\n\n![${title}](charts/${name})`
    })
    return [`### Over ${axis.title}\n\n${blocks.join('\n\n')}`]
  })
  return parts.length === 0
    ? ''
    : `## Growth

Generated modules; "growth" is the exponent from each size to the next: 0 does not grow, 1 is linear, above 1 grows faster than the project.

${parts.join('\n\n')}`
}

function exponents(sizes: readonly number[], at: (size: number) => number | undefined): string {
  const steps = sizes.slice(1).flatMap((size, index) => {
    const before = sizes[index]
    const [fast, slow] = [before === undefined ? undefined : at(before), at(size)]
    return before === undefined || fast === undefined || slow === undefined
      ? []
      : [growthExponent([before, size], [fast, slow]).toFixed(2)]
  })
  return steps.join(', ')
}

type Subject = Omit<Selector, 'run'>

function memory(records: readonly RunRecord[]): string {
  const rows: (readonly [string, Subject])[] = [
    ['hello', { suite: 'hello', chain: 'ours' }],
    ['service: 35 direct dependencies', { suite: 'main', chain: 'ours' }],
    ...LOGS.map((mb): [string, Subject] => [
      `tests that print: ${mb} MB`,
      { suite: 'memory', subject: `logs-${mb}`, chain: 'ours' },
    ]),
    ...PACKAGES.map((count): [string, Subject] => [
      `packages: ${count}`,
      { suite: 'packages', subject: `generated-${count}x1`, chain: 'ours' },
    ]),
    ...MAINS.map((count): [string, Subject] => [
      `images: ${count}`,
      { suite: 'mains', subject: `generated-100x${count}`, chain: 'ours' },
    ]),
    ...PLATFORMS.map((count): [string, Subject] => [
      `platforms: ${count}`,
      { suite: 'platforms', platforms: count, chain: 'ours' },
    ]),
  ]
  const mb = (wanted: Selector, of: (record: RunRecord) => number | undefined): string => {
    const one = sampled(records, wanted, of)
    return one === undefined
      ? ''
      : `${Math.round(one.median / 2 ** 20)} (up to ${Math.round(one.max / 2 ** 20)})`
  }
  const lines = rows.flatMap(([name, subject]) => {
    const runs = (['cold', 'edit'] as const).map((run) => ({ ...subject, run }))
    const main = runs.map((wanted) => mb(wanted, (record) => record.own?.peakBytes))
    const post = runs.map((wanted) => mb(wanted, (record) => record.own?.postPeakBytes))
    return main.some((text) => text !== '') ? [[name, ...main, ...post]] : []
  })
  return lines.length === 0
    ? ''
    : `## Peak memory of our own process

VmHWM of the Node process of main and of post, MB: median (greatest).

${table(['', 'main, cold', 'main, edit', 'post, cold', 'post, edit'], lines)}`
}
