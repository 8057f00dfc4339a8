import { type Change, changesOf, comparisonOf, type DeploymentEvent, eventsOf } from './deployments.ts'
import type { Facts, RunFact, Window } from './facts.ts'
import { busiest, DAY_MS, mean, percentile, percentOf, WEEK_MS } from './numbers.ts'

/** Durations in seconds, shares in percent. An absent number means that there was nothing to count. */
export interface Spread {
  readonly count: number
  readonly mean?: number
  readonly median?: number
  readonly p90?: number
}

export interface BuildDay {
  /** `2026-11-21`, UTC. */
  readonly day: string
  readonly succeeded: number
  readonly failed: number
}

export interface Metrics {
  readonly window: { readonly from: string; readonly to: string; readonly days: number }
  readonly builds: {
    readonly counted: number
    readonly succeeded: number
    readonly failed: number
    /** Cancelled, skipped, waiting for approval: they say nothing about the build. */
    readonly leftOut: number
    readonly successRate?: number
    /** Succeeded without a second attempt. */
    readonly firstTryRate?: number
    readonly duration: Spread
    readonly days: readonly BuildDay[]
  }
  readonly deployments: {
    readonly live: number
    readonly failed: number
    readonly running: number
    readonly perWeek?: number
    readonly duration: Spread
    /** Gray releases take as long as they watch; their time is told apart. */
    readonly grayDuration: Spread
    readonly list: readonly { readonly at: string; readonly seconds: number; readonly version: string; readonly gray: boolean }[] // prettier-ignore
  }
  readonly rollbacks: {
    readonly count: number
    readonly ofGrayReleases: number
    readonly toOlderVersions: number
    readonly perWeek?: number
    /** The most in any seven days. */
    readonly worstWeek?: number
    readonly timeToRestore: Spread
  }
  readonly changes: {
    readonly count: number
    readonly failed: number
    readonly failureRate?: number
    readonly leadTime: Spread
  }
  readonly vulnerabilities: {
    readonly found: number
    readonly stopped: number
    readonly escaped: number
    readonly undecided: number
    readonly stoppedRate?: number
    readonly list: readonly { readonly id: string; readonly place: string; readonly severity: string; readonly verdict: 'stopped' | 'escaped' | 'undecided'; readonly why: string; readonly url?: string }[] // prettier-ignore
  }
  readonly partial: readonly string[]
}

const FAILED = new Set(['failure', 'timed_out', 'startup_failure'])

/** All numbers of a window. Pure. */
export function computeMetrics(facts: Facts): Metrics {
  const { window } = facts
  const events = eventsOf(facts.deployments)
  const inside = events.filter((event) => within(window, event.at))
  const changes = changesOf(events, facts.comparisons)
  return {
    window: {
      from: new Date(window.from).toISOString(),
      to: new Date(window.to).toISOString(),
      days: round((window.to - window.from) / DAY_MS),
    },
    builds: builds(facts.runs.filter((run) => within(window, run.createdAt))),
    deployments: deployments(window, inside),
    rollbacks: rollbacks(window, inside, changes),
    changes: changeNumbers(facts, inside, changes),
    vulnerabilities: vulnerabilities(facts),
    partial: facts.partial,
  }
}

const within = (window: Window, at: number): boolean => at >= window.from && at <= window.to
const round = (value: number): number => Math.round(value * 1000) / 1000
const known = <N extends string>(name: N, value: number | undefined): Partial<Record<N, number>> =>
  value === undefined ? {} : ({ [name]: round(value) } as Record<N, number>)

function spread(ms: readonly number[]): Spread {
  const seconds = ms.map((one) => one / 1000)
  return {
    count: seconds.length,
    ...known('mean', mean(seconds)),
    ...known('median', percentile(seconds, 0.5)),
    ...known('p90', percentile(seconds, 0.9)),
  }
}

function builds(runs: readonly RunFact[]): Metrics['builds'] {
  const succeeded = runs.filter((run) => run.conclusion === 'success')
  const failed = runs.filter((run) => FAILED.has(run.conclusion))
  const counted = succeeded.length + failed.length
  const days = new Map<string, { succeeded: number; failed: number }>()
  for (const run of [...succeeded, ...failed].sort((a, b) => a.createdAt - b.createdAt)) {
    const day = new Date(run.createdAt).toISOString().slice(0, 10)
    const entry = days.get(day) ?? { succeeded: 0, failed: 0 }
    entry[run.conclusion === 'success' ? 'succeeded' : 'failed']++
    days.set(day, entry)
  }
  return {
    counted,
    succeeded: succeeded.length,
    failed: failed.length,
    leftOut: runs.length - counted,
    ...known('successRate', percentOf(succeeded.length, counted)),
    ...known('firstTryRate', percentOf(succeeded.filter((run) => run.attempt === 1).length, counted)),
    duration: spread(succeeded.map((run) => run.endedAt - run.startedAt)),
    days: [...days].map(([day, numbers]) => ({ day, ...numbers })),
  }
}

function deployments(window: Window, events: readonly DeploymentEvent[]): Metrics['deployments'] {
  const live = events.filter((event) => event.outcome === 'live')
  const times = (gray: boolean): number[] =>
    live.flatMap((event) => (event.gray === gray && event.workMs !== undefined ? [event.workMs] : []))
  return {
    live: live.length,
    failed: events.filter((event) => event.outcome === 'failed').length,
    running: events.filter((event) => event.outcome === 'running').length,
    ...known('perWeek', events.length === 0 ? undefined : perWeek(window, live.length)),
    duration: spread(times(false)),
    grayDuration: spread(times(true)),
    list: live.map((event) => ({
      at: new Date(event.at).toISOString(),
      seconds: round((event.workMs ?? 0) / 1000),
      version: event.version,
      gray: event.gray,
    })),
  }
}

/** A window shorter than a week is not blown up to one: one rollback in a day is no seven a week. */
const perWeek = (window: Window, count: number): number =>
  count / Math.max(1, (window.to - window.from) / WEEK_MS)

function rollbacks(
  window: Window,
  inside: readonly DeploymentEvent[],
  changes: readonly Change[],
): Metrics['rollbacks'] {
  const gray = inside.filter((event) => event.outcome === 'rolled-back')
  const older = changes.filter(
    (change) => change.kind === 'rollback' && within(window, change.event.at) && change.former !== undefined,
  )
  const times = [...gray.map((event) => event.at), ...older.map((change) => change.event.at)]
  const nothing = inside.length === 0
  return {
    count: times.length,
    ofGrayReleases: gray.length,
    toOlderVersions: older.length,
    ...known('perWeek', nothing ? undefined : perWeek(window, times.length)),
    ...known('worstWeek', nothing ? undefined : busiest(times, WEEK_MS)),
    timeToRestore: spread(
      older.flatMap(({ event, former }) => (former === undefined ? [] : [event.at - former.at])),
    ),
  }
}

/**
 * Changes are versions that went live for the first time after another one, and gray releases that were taken back. A change
 * has failed when it was taken back: as a gray release, or by a rollback that came right after it.
 */
function changeNumbers(
  facts: Facts,
  inside: readonly DeploymentEvent[],
  changes: readonly Change[],
): Metrics['changes'] {
  const gray = inside.filter((event) => event.outcome === 'rolled-back').length
  const forward = changes.filter((one) => one.kind === 'forward' && within(facts.window, one.event.at))
  const undone = forward.filter((one) => changes[changes.indexOf(one) + 1]?.kind === 'rollback')
  const count = forward.length + gray
  const leads = forward.flatMap(({ event, former }) =>
    (comparisonOf(facts.comparisons, former?.sha ?? '', event.sha)?.commits ?? []).map(
      (commit) => event.at - commit.at,
    ),
  )
  return {
    count,
    failed: undone.length + gray,
    ...known('failureRate', percentOf(undone.length + gray, count)),
    leadTime: spread(leads),
  }
}

function vulnerabilities(facts: Facts): Metrics['vulnerabilities'] {
  const all = facts.vulnerabilities.filter((one) => within(facts.window, one.foundAt))
  const stopped = all.filter((one) => one.stopped === true).length
  const escaped = all.filter((one) => one.stopped === false).length
  return {
    found: all.length,
    stopped,
    escaped,
    undecided: all.length - stopped - escaped,
    ...known('stoppedRate', percentOf(stopped, stopped + escaped)),
    list: all.map(({ id, place, severity, stopped: verdict, why, url }) => ({
      id,
      place,
      severity,
      verdict: verdict === undefined ? 'undecided' : verdict ? 'stopped' : 'escaped',
      why,
      ...(url === undefined ? {} : { url }),
    })),
  }
}
