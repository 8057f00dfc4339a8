import type { PipelineError } from '../../base/errors.ts'
import type { Shell } from '../shell.ts'
import type { InputSpec, OutputSpec } from '../spec.ts'

/** A stage of the pipeline after (or beside) the image: an action in a folder of its own, and a command of the CLI. */
export interface StageSpec {
  /** Folder of the action, command of the CLI, and stem of its file in dist. */
  readonly name: string
  /** What it does; the text of action.yml. */
  readonly description: string
  /** Of the feather icon set, as the marketplace asks. */
  readonly icon: string
  readonly inputs: readonly InputSpec[]
  readonly outputs: readonly OutputSpec[]
}

/** What became of a stage. Outputs and summary are also there when it failed. */
export interface StageEnd {
  readonly outputs: Readonly<Record<string, string>>
  /** Markdown for the job summary. */
  readonly summary?: string
  readonly failure?: PipelineError
}

/** Runs a stage. Bad input is thrown as one PipelineError with every problem; a failed gate is `failure`. */
export type StageRun = (read: (name: string) => string, act: Shell) => Promise<StageEnd>
