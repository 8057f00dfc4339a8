import { formatDuration } from '../base/clock.ts'
import { claimOf } from './lease.ts'
import type { Notice, StoredRelease } from './ports.ts'
import { isTerminal, type Phase } from './reducer.ts'

const PHASES: Readonly<Record<Phase, string>> = {
  idle: 'nothing has begun',
  preparing: 'being prepared',
  deploying: 'the new version is being brought up, without traffic',
  smoking: 'the new version is being tested, without traffic',
  shifting: 'traffic is being shifted',
  warming: 'warming up',
  observing: 'observed',
  holding: 'waiting for approval',
  baking: 'observed at 100 %, the old version is still there',
  finalising: 'the old version is being removed',
  done: 'promoted',
  'finalise-failed': 'promoted, but the old version could not be removed',
  aborting: 'going back to the old version',
  'rolled-back': 'taken back',
  'rollback-failed': 'THE WAY BACK FAILED',
}

/** The stored release in a few lines for people, as at `now` (ms). */
export function describeStatus(release: StoredRelease | undefined, now: number): string {
  if (release === undefined) return 'no release is stored'
  const { state, plan, run, superseded } = release
  const step = plan.steps[state.step]
  const lines: [string, string][] = [
    ['environment', release.environment],
    ['release', `${release.id}: ${release.old} -> ${release.new}`],
    ['started', `${stamp(release.startedAt)}${run === undefined ? '' : ` by ${run.url}`}`],
    ['state', `${PHASES[state.phase]} (${state.phase})`],
  ]
  if (step !== undefined)
    lines.push(['step', `${state.step + 1} of ${plan.steps.length}, ${step.percent} % asked for`])
  lines.push([
    'weight',
    `${state.observed === null ? 'not read back yet' : `${round(state.observed)} % read back`}, ${round(state.intended)} % intended`,
  ])
  if (state.deadline !== null)
    lines.push([state.phase === 'holding' ? 'approve by' : 'until', from(state.deadline, now)])
  if (state.extends > 0) lines.push(['prolonged', `${state.extends} of ${plan.maxExtends} times`])
  if (state.drifts > 0) lines.push(['weight lost', `${state.drifts} times`])
  lines.push(['why', state.reason])
  if (superseded !== undefined) lines.push(['superseded', `by ${superseded.by}, ${from(superseded.at, now)}`])
  lines.push(['driven by', driver(release, now)])
  const width = Math.max(...lines.map(([name]) => name.length))
  return lines.map(([name, text]) => `${name.padEnd(width)}  ${text}`).join('\n')
}

function driver(release: StoredRelease, now: number): string {
  const claim = claimOf(release, now)
  switch (claim.kind) {
    case 'free':
      return 'nobody; it has ended'
    case 'held':
      return `${claim.owner}, lease until ${from(claim.expires, now)}`
    case 'sleeping':
      return `nobody until ${from(claim.nextAt, now)}; then "gray tick"`
    case 'unfinished':
      return isTerminal(release.state) && release.lease !== null
        ? 'nobody; it has ended, the lease was not given back'
        : `nobody (${claim.why}); "gray reap" takes it back`
  }
}

/** The notice of an end, so that a person on call knows what serves now and what to do. */
export function endNotice(
  release: StoredRelease,
  level?: Notice['level'],
  reason = release.state.reason,
): Notice {
  const { environment, old, new: fresh, state } = release
  switch (state.phase) {
    case 'done':
      return {
        level: level ?? 'info',
        event: 'promoted',
        message: `${environment}: ${fresh} serves everything. ${reason}`,
      }
    case 'finalise-failed':
      return {
        level: level ?? 'page',
        event: state.phase,
        message: `${environment}: ${fresh} serves everything, but what is left of ${old} stays. ${reason}. Fix it, then run "gray reap".`,
      }
    case 'rollback-failed':
      return {
        level: level ?? 'page',
        event: state.phase,
        message: `${environment}: the way back to ${old} FAILED, last read back at ${round(state.observed ?? 0)} % of ${fresh}. ${reason}. Look at the target now; "gray reap" tries again.`,
      }
    default:
      return {
        level: level ?? 'warning',
        event: state.phase,
        message: `${environment}: ${fresh} was taken back, ${old} serves everything. ${reason}`,
      }
  }
}

const stamp = (at: number): string => new Date(at).toISOString()

function from(at: number, now: number): string {
  const distance = formatDuration(Math.abs(at - now))
  return `${stamp(at)} (${at >= now ? `in ${distance}` : `${distance} ago`})`
}

const round = (percent: number): number => Math.round(percent * 10) / 10
