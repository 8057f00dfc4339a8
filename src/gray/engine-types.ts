import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { AuditTrail } from './engine-audit.ts'
import type { Outbox } from './engine-outbox.ts'
import type { Holder } from './lease.ts'
import type {
  Adapter,
  AdapterFactory,
  Approver,
  Audit,
  Measurement,
  Measurer,
  Mirror,
  Notifier,
  RunState,
  StateStore,
  StoredRelease,
  Window,
} from './ports.ts'

/** Longest time of each thing the engine asks for, ms. */
export interface TimeLimits {
  readonly prepare: number
  readonly deploy: number
  readonly smoke: number
  readonly setWeight: number
  /** One reading of the target. */
  readonly get: number
  readonly measure: number
  readonly approval: number
  readonly finalise: number
  readonly reset: number
  readonly notify: number
  readonly mirror: number
  readonly store: number
  readonly audit: number
}

export const DEFAULT_LIMITS: TimeLimits = {
  prepare: 2 * 60_000,
  deploy: 15 * 60_000,
  smoke: 2 * 60_000,
  setWeight: 5 * 60_000,
  get: 30_000,
  measure: 60_000,
  approval: 30_000,
  finalise: 5 * 60_000,
  reset: 10 * 60_000,
  notify: 15_000,
  mirror: 15_000,
  store: 20_000,
  audit: 10_000,
}

export interface EngineSettings {
  /** `inline`: one job until the end. `split`: one short job per step, taken up again by `tick`. */
  readonly mode: 'inline' | 'split'
  /** What a new release does while another runs: waits for it, or asks it to go back first. */
  readonly concurrency: 'queue' | 'newest-wins'
  /** How long a new release waits for the running one. */
  readonly queueMs: number
  /** Between two looks at a running release. */
  readonly queuePollMs: number
  readonly leaseMs: number
  /** Split mode: a wait up to this long is slept through. */
  readonly awakeMs: number
  /** Split mode: how long after its time a release that nobody takes up is left to a late job before a reaper goes back. */
  readonly overdueMs: number
  /** How long the target may take to settle into what was set, and how often it is asked. */
  readonly settleMs: number
  readonly settlePollMs: number
  /** A look is taken this long after the end of its window, so that the last scrape has arrived. */
  readonly lagMs: number
  readonly approvalPollMs: number
  /** First wait before another try of an action; doubles each time, up to 30 s. */
  readonly retryMs: number
  /** How long an interrupted effect may take to end by itself. */
  readonly graceMs: number
  readonly limits: TimeLimits
}

export const DEFAULT_SETTINGS: EngineSettings = {
  mode: 'inline',
  concurrency: 'queue',
  queueMs: 30 * 60_000,
  queuePollMs: 5000,
  leaseMs: 60_000,
  awakeMs: 60_000,
  overdueMs: 6 * 3_600_000,
  settleMs: 60_000,
  settlePollMs: 1000,
  lagMs: 0,
  approvalPollMs: 15_000,
  retryMs: 1000,
  graceMs: 1000,
  limits: DEFAULT_LIMITS,
}

/** What an engine acts through. The adapter comes from the stored settings, for a new release as for a taken-over one. */
export interface EngineOptions {
  readonly store: StateStore
  readonly adapterFor: AdapterFactory
  /** Without it a release can only be taken back. */
  readonly measurer?: Measurer
  readonly approver?: Approver
  readonly notifier?: Notifier
  readonly audit?: Audit
  readonly mirror?: Mirror
  readonly runState?: RunState
  readonly clock: Clock
  readonly log: Log
  /** Aborted when the run is cancelled: the release goes back at once. */
  readonly signal: AbortSignal
  /** Aborted when even the way back must end (the runner is about to kill this process): the rest is left to `recover`. */
  readonly calm?: AbortSignal
  /** Unique to this process: run id, attempt and a random part. */
  readonly owner: string
  readonly settings?: Partial<Omit<EngineSettings, 'limits'>> & { readonly limits?: Partial<TimeLimits> }
}

export type ReleaseRequest = Pick<
  StoredRelease,
  'id' | 'environment' | 'old' | 'new' | 'run' | 'plan' | 'planHash' | 'adapter'
>

export type Outcome =
  | 'promoted'
  | 'rolled-back'
  | 'rollback-failed'
  | 'finalise-failed'
  /** Split mode: the release goes on with the next `tick`. */
  | 'pending'
  /** Another engine has it; nothing was touched any more. */
  | 'lost'
  /** `calm` was aborted before the way back was done: `recover` does the rest. */
  | 'interrupted'

export interface RunResult {
  readonly outcome: Outcome
  readonly pending: boolean
  /** Pending: when the next decision can be taken, ms. */
  readonly nextAt?: number
  readonly reason: string
  /** Lost: a change at the target was under way, and may have landed after the new holder's. See `afterLoss`. */
  readonly late?: boolean
  readonly release: StoredRelease
  /** The looks this process took. */
  readonly looks: readonly { readonly window: Window; readonly measurement: Measurement }[]
}

export function settingsOf(options: Pick<EngineOptions, 'settings'>): EngineSettings {
  const given = options.settings ?? {}
  return { ...DEFAULT_SETTINGS, ...given, limits: { ...DEFAULT_LIMITS, ...given.limits } }
}

/** What one effect is carried out with. */
export interface EffectPorts {
  readonly holder: Holder
  readonly adapter: Adapter
  readonly options: EngineOptions
  readonly settings: EngineSettings
  readonly outbox: Outbox
  readonly trail: AuditTrail
  /** Ends what belongs to the way forward: a cancel, a newer run, an audit that cannot be written. */
  readonly stop: AbortSignal
}
