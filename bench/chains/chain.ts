import type { Machine } from '../machine.ts'
import type { OwnFigures, Phase } from '../types.ts'

/** What a run builds. */
export interface Job {
  readonly machine: Machine
  /** Without tag. */
  readonly image: string
  readonly platforms: readonly string[]
  /** Main packages, `./cmd/a`; `.` for the module's own. */
  readonly mains: readonly string[]
  readonly goVersion: string
  /** The address of the cache service, and what a runner tells of it. */
  readonly cacheEnv: Readonly<Record<string, string>>
  readonly commit: string
  /** Base image where it is not distroless static. */
  readonly base?: string
  /** A number that no other run has. */
  readonly runId: number
}

export interface Outcome {
  readonly phases: readonly Phase[]
  readonly wallMs: number
  readonly own?: OwnFigures
}

/** The reference that a chain publishes for one of several mains. */
export const imageOf = (job: Pick<Job, 'image' | 'mains'>, main: string): string =>
  job.mains.length === 1 ? job.image : `${job.image}-${main.slice(main.lastIndexOf('/') + 1)}`
