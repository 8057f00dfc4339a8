import type { Facts } from '../../plan/facts.ts'
import type { Inputs } from '../../plan/inputs.ts'
import type { Plan } from '../../plan/make.ts'
import type { Shell } from '../shell.ts'
import type { Results } from './results.ts'
import type { StateKeeper } from './state.ts'

/** What all steps of one run share. */
export interface RunContext {
  readonly inputs: Inputs
  readonly facts: Facts
  readonly plan: Plan
  readonly act: Shell
  /** What the steps found out; filled while they run. */
  readonly results: Results
  /** For the post step. */
  readonly keeper: StateKeeper
  /** The one working folder of the run, made when it is first asked for. */
  readonly folder: () => Promise<string>
}
