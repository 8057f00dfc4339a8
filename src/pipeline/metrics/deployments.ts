import type { ComparisonFact, DeploymentFact, StatusFact } from './facts.ts'

export type Outcome = 'live' | 'rolled-back' | 'failed' | 'running'

/** A deployment read as one event. */
export interface DeploymentEvent {
  readonly id: number
  readonly sha: string
  readonly version: string
  readonly gray: boolean
  readonly outcome: Outcome
  /** When it went live, was rolled back, or failed; the last status while it runs. */
  readonly at: number
  /** Time at work, without waiting in a queue or for a person. Only of those that went live. */
  readonly workMs: number | undefined
}

/** A version that went live after another one. */
export interface Change {
  readonly event: DeploymentEvent
  readonly former: DeploymentEvent | undefined
  readonly kind: 'forward' | 'rollback'
}

const ENDED_BADLY = new Set(['failure', 'error'])
const WAITING = new Set(['queued', 'pending', 'waiting'])

export function eventOf(deployment: DeploymentFact): DeploymentEvent {
  const { statuses } = deployment
  const live = statuses.find((status) => status.state === 'success')
  const bad = statuses.findLast((status) => ENDED_BADLY.has(status.state))
  const gray = deployment.task === 'deploy:gray'
  // The words are those of the mirror of a gray release (src/gray/github-mirror.ts).
  const back = gray && bad !== undefined && /^(rolled back|rollback failed):/.test(bad.description)
  const outcome: Outcome =
    live !== undefined ? 'live' : back ? 'rolled-back' : bad !== undefined ? 'failed' : 'running'
  return {
    id: deployment.id,
    sha: deployment.sha,
    version: deployment.version ?? deployment.sha,
    gray,
    outcome,
    at: (live ?? bad ?? statuses.at(-1))?.at ?? deployment.createdAt,
    workMs: live === undefined ? undefined : workTime(deployment, live),
  }
}

/** Sum of the stretches in which the deployment neither waited in a queue nor for an approval. */
function workTime({ createdAt, statuses }: DeploymentFact, live: StatusFact): number {
  const begun = statuses.find((status) => status.state === 'in_progress')
  if (begun === undefined) return live.at - createdAt
  let work = 0
  let since: StatusFact = begun
  for (const status of statuses.slice(statuses.indexOf(begun) + 1)) {
    if (!WAITING.has(since.state)) work += status.at - since.at
    if (status === live) break
    since = status
  }
  return work
}

/**
 * Deployments as events in the order in which they ended. A job that carries a gray release in an `environment` makes a
 * deployment of its own beside it; it is the same event, told worse, and left out.
 */
export function eventsOf(deployments: readonly DeploymentFact[]): DeploymentEvent[] {
  const gray = deployments.filter((one) => one.task === 'deploy:gray')
  const shadow = (one: DeploymentFact): boolean => {
    const end = one.statuses.at(-1)?.at ?? one.createdAt
    return (
      one.task !== 'deploy:gray' &&
      gray.some((g) => g.sha === one.sha && g.createdAt >= one.createdAt && g.createdAt <= end)
    )
  }
  return deployments
    .filter((one) => !shadow(one))
    .map(eventOf)
    .sort((a, b) => a.at - b.at || a.id - b.id)
}

/**
 * The changes among events. One that went live is a rollback when its commit is older than that of the version before it, or,
 * where commits do not tell (the same one, an unrelated one, one that is gone), when its version was live before that one was.
 */
export function changesOf(
  events: readonly DeploymentEvent[],
  comparisons: readonly ComparisonFact[],
): Change[] {
  const first = new Map<string, number>()
  const changes: Change[] = []
  let former: DeploymentEvent | undefined
  for (const event of events) {
    if (event.outcome !== 'live') continue
    if (!first.has(event.version)) first.set(event.version, first.size)
    if (former?.version === event.version) continue
    changes.push({ event, former, kind: kindOf(event, former, first, comparisons) })
    former = event
  }
  return changes
}

function kindOf(
  event: DeploymentEvent,
  former: DeploymentEvent | undefined,
  first: ReadonlyMap<string, number>,
  comparisons: readonly ComparisonFact[],
): Change['kind'] {
  if (former === undefined) return 'forward'
  const { status } = comparisonOf(comparisons, former.sha, event.sha) ?? { status: undefined }
  if (status === 'ahead') return 'forward'
  if (status === 'behind') return 'rollback'
  return (first.get(event.version) ?? 0) < (first.get(former.version) ?? 0) ? 'rollback' : 'forward'
}

export const comparisonOf = (
  comparisons: readonly ComparisonFact[],
  base: string,
  head: string,
): ComparisonFact | undefined => comparisons.find((one) => one.base === base && one.head === head)
