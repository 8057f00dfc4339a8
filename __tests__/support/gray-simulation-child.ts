import { pathToFileURL } from 'node:url'
import { parseMetrics } from '../../src/gray/metrics/parse.ts'
import type { ReleasePlan } from '../../src/gray/reducer.ts'
import { seeded } from '../unit/gray/random.ts'
import { type Behaviour, GOOD, simulateRelease } from './gray-simulation.ts'

/**
 * The scenarios of metrics-simulation.test.ts, run as a program of its own, because Jest's sandbox makes arithmetic several
 * times slower: prints one JSON object of tallies by scenario.
 */
const { settings, problems } = parseMetrics(
  `prometheus: {url: 'http://prometheus:9090', scrape-interval: 30s}
version-label: version
labels: {job: shop}
preset: client_golang
rules: {p99-warn: off}
`,
  'metrics.yml',
)
const PLAN: ReleasePlan = {
  steps: [5, 25, 100].map((percent) => ({ percent, observeMs: 300_000, hold: false })),
  warmUpMs: 30_000,
  bakeMs: 300_000,
  intervalMs: 75_000,
  maxExtends: 3,
  endPolicy: 'rollback',
  maxErrors: 3,
  maxTries: 3,
}

export interface Tally {
  /** Served everything at the end. */
  readonly promoted: number
  /** Taken back by a verdict. */
  readonly found: number
  /** Taken back because nothing was proved within the prolongations. */
  readonly undecided: number
  readonly medianErrors: number
  readonly medianMinutes: number
  /** The step each release ended in. */
  readonly steps: readonly number[]
}

interface Case {
  readonly old?: Partial<Behaviour>
  readonly new?: Partial<Behaviour> | ((percent: number) => Partial<Behaviour>)
  readonly rate?: number
  readonly restartMs?: number
  readonly plan?: Partial<ReleasePlan>
}

async function simulate(runs: number, seed: number, options: Case): Promise<Tally> {
  if (settings === undefined) throw new Error(JSON.stringify(problems))
  const old = { ...GOOD, ...options.old }
  const fresh = options.new ?? {}
  const outcomes: Awaited<ReturnType<typeof simulateRelease>>[] = []
  for (let run = 0; run < runs; run++)
    outcomes.push(
      await simulateRelease(seeded(seed + run), {
        settings,
        plan: { ...PLAN, ...options.plan },
        old,
        new: typeof fresh === 'function' ? (part) => ({ ...old, ...fresh(part) }) : { ...old, ...fresh },
        rate: options.rate ?? 40,
        scrapeMs: 30_000,
        ...(options.restartMs === undefined ? {} : { restartMs: options.restartMs }),
      }),
    )
  const promoted = outcomes.filter(({ state }) => state.phase === 'done').length
  const found = outcomes.filter(
    ({ last, state }) => state.phase !== 'done' && last?.verdict === 'fail',
  ).length
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN
  return {
    promoted,
    found,
    undecided: runs - promoted - found,
    medianErrors: median(outcomes.map(({ errors }) => errors)),
    medianMinutes: Math.round(median(outcomes.map(({ minutes }) => minutes))),
    steps: outcomes.map(({ step }) => step),
  }
}

export const SCENARIOS = {
  'an equally good version': [400, 1000, {}],
  'four times the errors (0.5 % → 2 %)': [
    400,
    1000,
    { old: { errorRatio: 0.005 }, new: { errorRatio: 0.02 } },
  ],
  'four times the errors (0.3 % → 1.2 %)': [60, 1, { new: { errorRatio: 0.012 } }],
  'ten times the errors (0.3 % → 3 %)': [60, 1, { new: { errorRatio: 0.03 } }],
  'latency 40 % longer': [60, 1, { new: { median: GOOD.median * 1.4 } }],
  'latency 40 % longer at 25 % and more': [
    60,
    1,
    { new: (percent: number) => ({ median: GOOD.median * (percent < 25 ? 1 : 1.4) }) },
  ],
  'twelve times the CPU for a request': [40, 1, { new: { cpuPerRequest: 12 * GOOD.cpuPerRequest } }],
  'an equally good version that restarts every 5 min': [40, 1, { restartMs: 300_000 }],
  'an equally good version, 4 requests a second': [30, 1, { rate: 4 }],
} as const satisfies Record<string, readonly [runs: number, seed: number, options: Case]>

export type Scenario = keyof typeof SCENARIOS

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const tallies: Record<string, Tally> = {}
  for (const [name, [runs, seed, options]] of Object.entries(SCENARIOS))
    tallies[name] = await simulate(runs, seed, options)
  process.stdout.write(JSON.stringify(tallies))
}
