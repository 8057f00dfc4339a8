/** The chains that are compared. */
export const CHAINS = ['ours', 'classic', 'ko', 'floor'] as const
export type Chain = (typeof CHAINS)[number]

/** One command or phase of a run, in milliseconds since the start of the run. */
export interface Phase {
  readonly name: string
  readonly startMs: number
  readonly endMs: number
  /** Ours only: the step lies on the longest chain of steps. */
  readonly critical?: boolean
}

/** Bytes that crossed the loopback device, by service; `down` is towards the runner. */
export interface Bytes {
  readonly cacheDown: number
  readonly cacheUp: number
  readonly registryDown: number
  readonly registryUp: number
  readonly modulesDown: number
}

/** What one measured run gave: one line of runs.jsonl. */
export interface RunRecord {
  readonly schema: 1
  /** RFC 3339, UTC. */
  readonly at: string
  /** What was measured with: a change of the product, of Go or of the machine begins a new series. */
  readonly series: string
  /** Runs of one unit share what survives between runs (registry, cache service); only whole units count. */
  readonly unit: string
  readonly round: number
  readonly suite: string
  readonly subject: string
  readonly chain: string
  readonly run: string
  readonly platforms: number
  /** The whole run: main, post, every command. */
  readonly wallMs: number
  readonly phases: readonly Phase[]
  readonly bytes?: Bytes
  /** Ours only. */
  readonly own?: OwnFigures
  /** Load average of the machine when the run began: a high one makes the figure doubtful. */
  readonly load: number
}

/** What only our own process tells. */
export interface OwnFigures {
  readonly mainMs: number
  readonly postMs: number
  /** Sum of the longest chain of steps, as the report tells it. */
  readonly criticalMs: number
  /** Time of post in which one of its commands (the cache service's client) ran. */
  readonly postBusyMs: number
  /** Time of main and post in which none of their commands ran. */
  readonly idleMs: number
  /** VmHWM of the main process, bytes. */
  readonly peakBytes: number
  /** VmHWM of the post process, bytes. */
  readonly postPeakBytes: number
  readonly cachedPackages?: number
}
