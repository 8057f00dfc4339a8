import type { Problem } from '../base/errors.ts'
import type { AuditHead } from '../gray/github-mirror.ts'
import type { Measurement, MetricResult, StoredRelease, WeightChange, Window } from '../gray/ports.ts'
import type { Phase } from '../gray/reducer.ts'
import type { AuditEntry } from './audit-chain.ts'

export interface GrayLook {
  readonly window: Window
  readonly measurement: Measurement
}

/** What a person decided, and when (ms). */
export interface Decision {
  readonly at: number
  readonly text: string
}

/** Everything that is drawn and told of one gray release. */
export interface GrayReport {
  readonly release: StoredRelease
  /** All looks in the order of time, also those of earlier jobs (`looksOf`). */
  readonly looks: readonly GrayLook[]
  readonly decisions: readonly Decision[]
  /** When the release ended, or now; ms. */
  readonly until: number
  readonly audit?: { readonly file: string; readonly head?: AuditHead }
  readonly problems?: readonly Problem[]
}

/** The looks and decisions of a release as its audit holds them: in split mode each job knows only its own. */
export function fromAudit(
  entries: readonly AuditEntry[],
  release: string,
): { looks: GrayLook[]; decisions: Decision[]; weights: WeightChange[] } {
  const looks: GrayLook[] = []
  const decisions: Decision[] = []
  const weights = new Map<number, WeightChange>()
  for (const { release: of, record, at } of entries) {
    if (of !== release) continue
    if (record.kind === 'measurement') {
      looks.push({ window: record.window, measurement: record.measurement })
      for (const one of record.window.history) weights.set(one.at, one)
    }
    if (record.kind === 'approval' && record.answer.kind !== 'waiting')
      decisions.push({
        at: Date.parse(at),
        text:
          record.answer.kind === 'approved'
            ? `approved by ${record.answer.by.join(' and ')}`
            : `rejected by ${record.answer.by}`,
      })
  }
  return { looks, decisions, weights: [...weights.values()].sort((a, b) => a.at - b.at) }
}

/** How a release stands, in one word of its own and in a sentence. */
export function outcomeOf({ release }: GrayReport): {
  mark: string
  tone: 'good' | 'bad' | 'open'
  text: string
} {
  const { phase, observed, intended } = release.state
  const share = `${round(observed ?? intended)} %`
  const outcomes: Partial<Record<Phase, { mark: string; tone: 'good' | 'bad' | 'open'; text: string }>> = {
    done: { mark: '✅', tone: 'good', text: 'promoted, the new version serves everything' },
    'rolled-back': { mark: '⛔', tone: 'bad', text: 'taken back, the old version serves everything' },
    'rollback-failed': {
      mark: '🚨',
      tone: 'bad',
      text: `THE WAY BACK FAILED: the new version was last seen at ${share}`,
    },
    'finalise-failed': {
      mark: '⚠️',
      tone: 'bad',
      text: 'promoted, but the old version could not be removed',
    },
    holding: { mark: '✋', tone: 'open', text: `waits for approval at ${share}` },
    aborting: { mark: '⛔', tone: 'bad', text: 'going back to the old version' },
  }
  return (
    outcomes[phase] ?? {
      mark: '⏳',
      tone: 'open',
      text: `on its way, ${share} of the new version (${phase})`,
    }
  )
}

/** One observation: a step, or the bake at 100 %. */
export interface StepSection {
  readonly title: string
  readonly percent: number
  readonly looks: readonly GrayLook[]
  /** First start to last end of its windows, ms. */
  readonly start: number
  readonly end: number
}

export function sectionsOf(looks: readonly GrayLook[]): StepSection[] {
  const groups = new Map<string, GrayLook[]>()
  for (const look of looks) {
    const key = `${look.window.step} ${look.window.baking}`
    groups.set(key, [...(groups.get(key) ?? []), look])
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    if (first === undefined) return []
    return [
      {
        title: first.window.baking ? 'bake' : `step ${first.window.step + 1}`,
        percent: first.window.percent,
        looks: group,
        start: Math.min(...group.map(({ window }) => window.start)),
        end: Math.max(...group.map(({ window }) => window.end)),
      },
    ]
  })
}

/** Metrics worth a picture first: what failed, then what is critical, then what decides anything. */
export function metricsOf(looks: readonly GrayLook[]): string[] {
  const ranks = new Map<string, number>()
  for (const { measurement } of looks)
    for (const metric of measurement.metrics) {
      const rank =
        metric.verdict === 'fail' && !metric.dryRun
          ? 0
          : metric.critical && !metric.dryRun
            ? 1
            : metric.dryRun
              ? 3
              : 2
      ranks.set(metric.name, Math.min(rank, ranks.get(metric.name) ?? 9))
    }
  return [...ranks].sort((a, b) => a[1] - b[1]).map(([name]) => name)
}

interface Counts {
  readonly bad: number
  readonly total: number
}

const isCounts = (value: unknown): value is Counts =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Counts>).bad === 'number' &&
  typeof (value as Partial<Counts>).total === 'number'

/** The counts a metric was judged by, for each version, when it is made of counts. */
export function countsOf(metric: MetricResult): { new?: Counts; old?: Counts } {
  const counts: { new?: Counts; old?: Counts } = {}
  for (const item of metric.items ?? []) {
    const { new: fresh, old } = item as { new?: unknown; old?: unknown }
    if (counts.new === undefined && isCounts(fresh)) counts.new = fresh
    if (counts.old === undefined && isCounts(old)) counts.old = old
  }
  return counts
}

export interface Needed {
  readonly metric: string
  readonly events: number
  /** At the rate of the last observation, ms; undefined when there was none. */
  readonly ms?: number
}

/** What the last look still lacked for a verdict; empty when everything that has a say was decided. */
export function neededOf({ looks }: Pick<GrayReport, 'looks'>): Needed[] {
  const last = looks.at(-1)
  if (last === undefined) return []
  const { start, end } = last.window
  return last.measurement.metrics.flatMap((metric) => {
    if (
      metric.needed === undefined ||
      metric.dryRun ||
      metric.verdict === 'pass' ||
      metric.verdict === 'fail'
    )
      return []
    const total = countsOf(metric).new?.total ?? 0
    const ms = total > 0 && end > start ? Math.round((metric.needed * (end - start)) / total) : undefined
    return [{ metric: metric.name, events: metric.needed, ...(ms === undefined ? {} : { ms }) }]
  })
}

/** A ratio is shown in percent; what is measured in units of its own is shown as it is. */
export const isShare = (metric: MetricResult): boolean =>
  (metric.items ?? []).some((item) =>
    ['ratio', 'sequential'].includes(String((item as { kind?: unknown }).kind)),
  )

/** Three digits, never in powers of ten where people would have to count zeros. */
export function showValue(value: number, share: boolean): string {
  const number = share ? value * 100 : value
  const digits = number === 0 ? '0' : Math.abs(number) >= 100 ? number.toFixed(0) : plain(number)
  return share ? `${digits} %` : digits
}

const plain = (value: number): string =>
  Math.abs(value) < 1e-6 ? value.toExponential(1) : String(Number(value.toPrecision(3)))

export const round = (percent: number): number => Math.round(percent * 10) / 10

/** The share of the new version over time: what was confirmed, and nothing after a way back. */
export function weightsOf({ release, until }: GrayReport): { at: number; percent: number }[] {
  const changes = [...release.history].sort((a, b) => a.at - b.at).map(({ at, percent }) => ({ at, percent }))
  const points = [{ at: Math.min(release.startedAt, changes[0]?.at ?? Infinity), percent: 0 }, ...changes]
  const { phase } = release.state
  if (phase === 'rolled-back' && (points.at(-1)?.percent ?? 0) > 0) points.push({ at: until, percent: 0 })
  return points
}
