import type { Log } from '../base/log.ts'
import type { GitHub } from '../github/client.ts'
import { parseRepository } from '../github/client.ts'
import { findRun, type WorkflowRun } from '../github/runs.ts'
import type { RunState } from './ports.ts'

/** What GitHub says of the run that drives a release; `completed`: whatever it left may be taken over at once. */
export interface RunAnswer {
  readonly state: 'running' | 'completed' | 'unknown'
  readonly detail: string
}

/** What a run says about the attempt that drove a release; pure. A newer attempt means that the old one has ended. */
export function judgeRun(run: WorkflowRun | undefined, attempt: number): RunAnswer {
  if (run === undefined)
    return { state: 'unknown', detail: 'the run does not exist any more, or the token may not see it' }
  if (run.attempt > attempt)
    return { state: 'completed', detail: `attempt ${attempt} was followed by attempt ${run.attempt}` }
  if (run.status === 'completed')
    return { state: 'completed', detail: `the run has ended: ${run.conclusion ?? 'no conclusion'}` }
  // Waiting for a reviewer or a runner is going on too: only the lease can tell a run that hangs.
  return { state: 'running', detail: `the run is ${run.status.replaceAll('_', ' ')}` }
}

/** The port by which a reaper asks GitHub; needs `actions: read`. */
export function runStateOf(github: GitHub, log: Log): RunState {
  return async (run, signal) => {
    const found = await findRun(github, parseRepository(run.repository), run.id, signal)
    const { state, detail } = judgeRun(found, run.attempt)
    log.debug(`run ${run.id}: ${detail}`)
    return state
  }
}
