import { type PipelineError, cancelledError, environmentError, gateError } from '../../base/errors.ts'
import type { Outcome } from '../../gray/engine-types.ts'
import type { Measurement, StoredRelease } from '../../gray/ports.ts'
import { isTerminal } from '../../gray/reducer.ts'

/** The output `result`. */
export type GrayResult = Outcome | 'refused' | 'superseded' | 'planned' | 'none'

/** What became of a run, as far as it is known; what is not is left out of the outputs. */
export interface GrayEnd {
  readonly result: GrayResult
  readonly reason?: string
  readonly release?: StoredRelease
  /** ms since the epoch. */
  readonly nextAt?: number
  readonly audit?: { readonly file: string; readonly head?: string }
  readonly report?: string
  readonly plan?: unknown
}

/** The outputs of the action, by name. */
export function outputsOf(end: GrayEnd): Record<string, string> {
  const { release } = end
  const outputs: Record<string, string> = { result: end.result }
  if (release !== undefined) {
    const { state } = release
    outputs['phase'] = state.phase
    outputs['step'] = String(state.step + 1)
    outputs['weight'] = String(state.observed ?? state.intended)
    outputs['release-id'] = release.id
    outputs['old-version'] = release.old
    outputs['new-version'] = release.new
  }
  const reason = end.reason ?? release?.state.reason
  if (reason !== undefined) outputs['reason'] = reason
  const next = end.nextAt ?? (end.result === 'pending' ? release?.pending?.nextAt : undefined)
  // While people are asked there is a time too, but it is that of giving up.
  if (next !== undefined && release?.state.phase !== 'holding')
    outputs['next-at'] = new Date(next).toISOString()
  if (end.audit !== undefined) {
    outputs['audit'] = end.audit.file
    if (end.audit.head !== undefined) outputs['audit-head'] = end.audit.head
  }
  if (end.report !== undefined) outputs['report'] = end.report
  if (end.plan !== undefined) outputs['plan'] = JSON.stringify(end.plan)
  return outputs
}

/** What a stored release is, told by `status`. */
export function resultOf(release: StoredRelease | undefined): GrayResult {
  switch (release?.state.phase) {
    case undefined:
      return 'none'
    case 'done':
      return 'promoted'
    case 'rolled-back':
    case 'rollback-failed':
    case 'finalise-failed':
      return release.state.phase
    default:
      return 'pending'
  }
}

export interface Verdicts {
  /** The last look this run took, if it took one. */
  readonly last?: Measurement
  readonly cancelled: boolean
}

/**
 * Why a release did not end well, typed for the exit code: a gate that refused (1), a target or metrics that failed (3), a
 * cancelled run (130). undefined: it ended well, or goes on.
 */
export function failureOf(end: GrayEnd, { last, cancelled }: Verdicts): PipelineError | undefined {
  const { release, result } = end
  const reason = end.reason ?? release?.state.reason ?? 'nothing is known of the release'
  const where =
    release === undefined ? {} : { where: `environment ${release.environment}, release ${release.id}` }
  switch (result) {
    case 'promoted':
    case 'pending':
    case 'planned':
    case 'none':
      return undefined
    case 'rollback-failed':
      return environmentError({
        code: 'gray-rollback-failed',
        what: 'the release could not be taken back: both versions may be serving',
        cause: reason,
        ...where,
        fix: 'put the target right by hand or repair it, then run gray reap: the state is kept and it tries again',
      })
    case 'finalise-failed':
      return environmentError({
        code: 'gray-finalise-failed',
        what: 'the new version serves everything, but the old one could not be removed',
        cause: reason,
        ...where,
        fix: 'repair the target, then run gray reap: it tries again',
      })
    case 'lost':
      return environmentError({
        code: 'gray-lease-lost',
        what: 'another run has taken the release over',
        cause: reason,
        ...where,
        fix: 'look at that run; make lease longer if this one was only slow',
      })
    case 'interrupted':
      return cancelledError(
        `the run was cancelled before the release was taken back; the post step goes on: ${reason}`,
      )
    case 'superseded':
    case 'refused':
    case 'rolled-back':
      return takenBack(reason, where, cancelled, last, release)
  }
}

function takenBack(
  reason: string,
  where: { readonly where?: string },
  cancelled: boolean,
  last: Measurement | undefined,
  release: StoredRelease | undefined,
): PipelineError {
  if (cancelled) return cancelledError(`the run was cancelled and the release taken back: ${reason}`)
  const refused = {
    what: 'the release was refused and taken back',
    cause: reason,
    ...where,
    fix: 'the summary and the audit show the numbers; repair the new version and release again',
  }
  if (last !== undefined && (last.verdict === 'fail' || last.hard === true))
    return gateError({ code: 'gray-gate', ...refused })
  // The reducer's own words; each has a test of its own there and here.
  if (
    /^(rejected by|nobody approved|still (inconclusive|nodata|pass|fail)|smoking failed|superseded)/.test(
      reason,
    )
  )
    return gateError({ code: 'gray-gate', ...refused })
  return environmentError({
    code: 'gray-environment',
    what: 'the release was taken back because its surroundings failed',
    cause: reason,
    ...where,
    fix:
      release === undefined || !isTerminal(release.state)
        ? 'look at the target and at Prometheus'
        : 'nothing of it is left at the target: look at the target and at Prometheus, then release again',
  })
}
