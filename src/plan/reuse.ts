import { runsEveryTest } from '../go/test-flags.ts'
import type { Facts } from './facts.ts'
import type { PlanStep } from './graph.ts'
import type { Inputs } from './inputs.ts'
import type { PlanDecisions } from './make.ts'

/** Id of the step that asks whether this input was proved before. */
export const REUSE_STEP = 'reuse'

/** Steps that are done whatever is known of the input. */
const ALWAYS: ReadonlySet<string> = new Set(['login', 'go', 'base', REUSE_STEP, 'publish'])

/** What need not be done when the input was proved before. */
export const needlessSteps = (steps: readonly PlanStep[]): string[] =>
  steps.map(({ id }) => id).filter((id) => !ALWAYS.has(id))

/**
 * Whether an earlier run of the same input may stand for this one. Undefined: there is nothing to look for (nothing is pushed, or no cache
 * service remembers). A text: why not.
 */
export function mayReuse(
  plan: Pick<PlanDecisions, 'form' | 'push'>,
  inputs: Inputs,
  facts: Pick<Facts, 'cacheService' | 'git' | 'workspace'>,
): true | string | undefined {
  if (!plan.push || inputs.until === 'checks' || facts.cacheService !== true) return undefined
  if (!inputs.reuse) return 'reuse is off'
  if (inputs.cache === 'off') return 'cache is off'
  if (plan.form !== 'generated') return 'a Dockerfile may fetch what no commit names'
  if (inputs.noCache) return 'no-cache is set'
  if (inputs.load) return 'the image is loaded here'
  if (runsEveryTest(inputs.testFlags)) return 'test-flags ask for every test to run'
  if (inputs.start !== 'off' && inputs.startEnv.length > 0) return 'what start-env holds is not remembered'
  if (facts.git === undefined) return 'no commit names the files'
  if (facts.git.dirty) return 'there are changes that are not committed'
  if (facts.workspace.modules.some((module) => module.replacesOutside))
    return 'a replace of go.mod points out of the repository'
  return true
}
