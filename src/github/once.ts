import { PipelineError } from '../base/errors.ts'
import type { Clock } from '../base/clock.ts'
import { GitHubFault } from './faults.ts'

/** Whether a request may have been carried out although no good answer came: a cut connection, or a failing server. */
function unknownOutcome(error: unknown): boolean {
  if (error instanceof GitHubFault) return error.status >= 500 || error.status === 408
  return error instanceof PipelineError && error.problems.some(({ code }) => code === 'github-unreachable')
}

/**
 * Finds a thing, or makes it, never twice: when it is not known whether the making came through, it is looked for again
 * before another try. Lists of GitHub lag a little behind, hence the wait.
 */
export async function findOrMake<T>(
  find: () => Promise<T | undefined>,
  make: () => Promise<T>,
  {
    clock,
    signal,
    attempts = 3,
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly attempts?: number },
): Promise<{ value: T; made: boolean }> {
  for (let attempt = 1; ; attempt++) {
    const found = await find()
    if (found !== undefined) return { value: found, made: false }
    try {
      return { value: await make(), made: true }
    } catch (error) {
      if (!unknownOutcome(error) || attempt >= attempts) throw error
      await clock.sleep(2000 * attempt, signal)
    }
  }
}
