import type { Problem } from '../base/errors.ts'
import type { Recorded } from './compose-state.ts'

/** What runs at one place of a target: one host, one workload of a cluster. */
export interface Standing {
  readonly where: string
  /** `name@sha256:…`; absent: nothing runs. */
  readonly image?: string
  /** What the image is, whatever it is called: its id at that place. */
  readonly content?: string
  readonly healthy: boolean
  /** For people. */
  readonly detail: string
  /** The image of a deployment that was begun and neither ended nor taken back. */
  readonly unfinished?: string
  /** Former deployments, oldest first. */
  readonly history: readonly Recorded[]
  /** What is missing for safe operation; stops nothing. */
  readonly advice: readonly Problem[]
}

export interface TargetDeploy {
  /** `name@sha256:…`. */
  readonly image: string
  /** Left at the target: what serves, what served before. */
  readonly record: Pick<Recorded, 'at' | 'kind'>
  /** Called before the first place is touched. */
  readonly begins: () => void
  /** Asked after each batch with the names of its places; throws to take everything back. */
  readonly healthy: (where: readonly string[]) => Promise<void>
}

/** Where an image is brought to. Compose hosts are one; a cluster is another adapter of this size. */
export interface Target {
  readonly kind: string
  /** Places in the order in which they are updated. */
  readonly places: readonly string[]
  /** What runs everywhere; changes nothing. Throws when a place cannot be asked. */
  look(signal: AbortSignal): Promise<Standing[]>
  /** Brings the image everywhere or nowhere: when it throws, every place that was touched is as before, or the error says not. */
  deploy(deploy: TargetDeploy, signal: AbortSignal): Promise<void>
  /** Takes an unfinished deployment back, everywhere. */
  takeBack(signal: AbortSignal): Promise<void>
}
