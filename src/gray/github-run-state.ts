import type { GitHub } from '../github/client.ts'
import { parseRepository } from '../github/client.ts'
import { findRun, type WorkflowRun } from '../github/runs.ts'
import type { StoredRelease } from './ports.ts'

/** Whether the workflow run that owns a release can still be at work. */
export type RunState =
  /** It is on its way or waits: leave it its release until the lease expires. */
  | { readonly state: 'going'; readonly detail: string }
  /** It has ended: whatever it left may be taken over at once. */
  | { readonly state: 'ended'; readonly detail: string }
  /** Nobody can say: the lease alone decides. */
  | { readonly state: 'unknown'; readonly detail: string }

/** What a run says about the attempt that drove a release; pure. A newer attempt means that the old one has ended. */
export function judgeRun(run: WorkflowRun | undefined, attempt: number): RunState {
  if (run === undefined)
    return { state: 'unknown', detail: 'the run does not exist any more, or the token may not see it' }
  if (run.attempt > attempt)
    return { state: 'ended', detail: `attempt ${attempt} was followed by attempt ${run.attempt}` }
  if (run.status === 'completed')
    return { state: 'ended', detail: `the run has ended: ${run.conclusion ?? 'no conclusion'}` }
  return { state: 'going', detail: `the run is ${run.status.replaceAll('_', ' ')}` }
}

/** Asks GitHub about the run of a release, for the reaper; needs `actions: read`. A release from a laptop has no run. */
export async function runStateOf(
  github: GitHub,
  release: Pick<StoredRelease, 'run'>,
  signal: AbortSignal,
): Promise<RunState> {
  const { run } = release
  if (run === undefined) return { state: 'unknown', detail: 'the release was not started by a workflow' }
  return judgeRun(await findRun(github, parseRepository(run.repository), run.id, signal), run.attempt)
}
