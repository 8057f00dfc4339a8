import type { Verdict } from './judge.ts'
import type { ReleaseEvent, ReleasePlan, ReleaseState } from './reducer.ts'

/** What the target says of itself at this moment. */
export interface Observation {
  /** The new version's part in percent: of the traffic, or of the nodes. */
  readonly percent: number
  /** Every proxy process, file and node agrees and is healthy; false: not (yet) all of them. */
  readonly settled: boolean
  /** One line for people: `new 5, old 95 (weights 13 and 243)`, `host-2 still runs sha256:…`. */
  readonly detail: string
}

/**
 * One way of splitting traffic. `get`, `set` and `reset` may each be called again at any time, also by another process
 * that knows nothing but the stored settings: none may depend on the plan or on an earlier call.
 * They throw PipelineError; `environmentError` may be tried again, `inputError` and `gateError` are final.
 */
export interface Adapter {
  /** `haproxy`, `nginx`, `command`, `hosts` … */
  readonly kind: string
  /** What can be found wrong before anything is touched: reachability, algorithm, names, rights. */
  check(signal: AbortSignal): Promise<void>
  get(signal: AbortSignal): Promise<Observation>
  /** Raises the receiving side before it lowers the other, so that at no moment everything is at zero. */
  set(percent: number, signal: AbortSignal): Promise<void>
  /** All traffic to the old version; where the config was written, as it was before the release. */
  reset(signal: AbortSignal): Promise<void>
  /** Brings the new version up without traffic. Absent: it runs already. */
  deploy?(signal: AbortSignal): Promise<void>
  /** Asks the new version itself, past the traffic split, whether it works. */
  smoke?(signal: AbortSignal): Promise<void>
  /** The new version becomes "the old one" of the next release; what is left of the old one goes. */
  finalise?(signal: AbortSignal): Promise<void>
}

/** Who drives the release now. Another may take over once `expires` has passed. */
export interface Lease {
  /** Unique to one process: run id, attempt and a random part. */
  readonly owner: string
  /** ms since the epoch, by the holder's clock; stores allow for 30 s of difference. */
  readonly expires: number
}

/** Everything a later process needs to go on or to go back; no secret is ever in it. */
export interface StoredRelease {
  readonly schema: 1
  /** Unique to one release. */
  readonly id: string
  readonly environment: string
  readonly old: string
  readonly new: string
  /** `OWNER/REPO`, the run's id, attempt and address; absent on a laptop. */
  readonly run?: {
    readonly repository: string
    readonly id: string
    readonly attempt: number
    readonly url: string
  }
  readonly startedAt: number
  readonly plan: ReleasePlan
  /** Of plan, adapter and metrics; a resume under other settings is a rollback. */
  readonly planHash: string
  /** The adapter's own settings as plain JSON (`kind` and what it needs), so that a reaper can make it again. */
  readonly adapter: Readonly<Record<string, unknown>>
  readonly state: ReleaseState
  /** Where the present observation began, ms; metrics are judged from here. */
  readonly windowStart: number | null
  /** When each step's weight was confirmed; what the judge and the chart need after a restart. */
  readonly history: readonly WeightChange[]
  readonly lease: Lease | null
  /** Split mode, between two jobs: nobody holds the lease, and nobody needs to until `until`. */
  readonly pending?: {
    /** When the next decision can be taken, ms. */
    readonly nextAt: number
    /** From here on a reaper takes the release for forgotten. */
    readonly until: number
  }
  /** A newer run asks the holder to go back; the one field that may be written without holding the lease. */
  readonly superseded?: Superseded
}

export interface Superseded {
  /** The owner of the run that asks. */
  readonly by: string
  /** When that run began, ms; of several waiting runs the newest goes on. */
  readonly at: number
}

export interface WeightChange {
  readonly at: number
  readonly step: number
  readonly percent: number
}

/**
 * The one JSON per environment, kept at the target. Every write is compare-and-swap: it fails (returns undefined) when
 * the stored revision is another than the expected one, so that of two engines only one goes on.
 */
export interface StateStore {
  readonly where: string
  read(signal: AbortSignal): Promise<{ release: StoredRelease; revision: string } | undefined>
  /** `expected` undefined: nothing may be stored yet. The new revision, or undefined when somebody else was faster. */
  write(
    release: StoredRelease,
    expected: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined>
}

/** Makes the adapter again from its stored settings; throws PipelineError when they cannot be used. */
export type AdapterFactory = (settings: Readonly<Record<string, unknown>>) => Adapter | Promise<Adapter>

/** What CI knows of the run that started a release; `completed` lets a reaper act before the lease has expired. */
export type RunState = (
  run: NonNullable<StoredRelease['run']>,
  signal: AbortSignal,
) => Promise<'running' | 'completed' | 'unknown'>

/** One metric's part of a look. */
export interface MetricResult {
  readonly name: string
  readonly verdict: Verdict
  readonly critical: boolean
  readonly dryRun: boolean
  readonly reason: string
  readonly estimate?: number
  readonly lower?: number
  readonly upper?: number
  readonly evalue?: number
  readonly limit?: number
  /** The question put to the judge, so that anybody can ask it again; several where a metric has several. */
  readonly items?: readonly unknown[]
  /** Each query as sent, with the raw counts or samples taken from its answer. */
  readonly queries?: readonly { readonly query: string; readonly at: number; readonly answer: unknown }[]
  /** The value of each version, for the chart. */
  readonly old?: number
  readonly new?: number
  /** Events the verdict still needs; absent when it has one. */
  readonly needed?: number
}

export interface Measurement {
  readonly at: number
  readonly verdict: Verdict
  /** Stops at any step, whatever the window. */
  readonly hard?: boolean
  readonly reason: string
  readonly score?: number
  readonly metrics: readonly MetricResult[]
  /** Rules that warn or page without stopping. */
  readonly alerts?: readonly { readonly level: 'warning' | 'page'; readonly message: string }[]
}

/** The present window in the release's own terms. */
export interface Window {
  readonly start: number
  readonly end: number
  readonly step: number
  readonly percent: number
  readonly baking: boolean
  readonly history: readonly WeightChange[]
  /**
   * When the present observation ends (the state's deadline), ms. Before it only tests that may be looked at any number
   * of times can fail; absent, or not after `end`: this look decides.
   */
  readonly deadline?: number
}

export interface Measurer {
  /** Before the start: alerts firing, error budget spent, queries that do not parse; throws what forbids the start. */
  check(signal: AbortSignal): Promise<void>
  /** Never throws for bad or missing numbers: those are verdicts. */
  measure(window: Window, signal: AbortSignal): Promise<Measurement>
}

export type ApprovalAnswer =
  | { readonly kind: 'approved'; readonly by: readonly string[] }
  | { readonly kind: 'rejected'; readonly by: string }
  | { readonly kind: 'waiting'; readonly detail: string }

export interface Approver {
  /** May be called again for the same hold when an engine died in between. */
  ask(release: StoredRelease, reason: string, signal: AbortSignal): Promise<void>
  answer(release: StoredRelease, signal: AbortSignal): Promise<ApprovalAnswer>
}

export interface Notice {
  readonly level: 'info' | 'warning' | 'page'
  /** `started`, `step`, `hold`, `promoted`, `rolled-back`, `rollback-failed` … */
  readonly event: string
  readonly message: string
}

export interface Notifier {
  /** Never throws: a chat that is down must not stop a release. */
  notify(notice: Notice, release: StoredRelease, signal: AbortSignal): Promise<void>
}

/** What the audit keeps: the intent before an act, what came of it, every look with its numbers, every person. */
export type AuditRecord =
  | { readonly kind: 'event'; readonly event: ReleaseEvent; readonly before: string; readonly after: string }
  | { readonly kind: 'intent' | 'done' | 'failed'; readonly action: string; readonly detail: string }
  | { readonly kind: 'measurement'; readonly measurement: Measurement; readonly window: Window }
  | { readonly kind: 'approval'; readonly answer: ApprovalAnswer }
  | {
      readonly kind: 'lease'
      readonly action: 'taken' | 'taken-over' | 'lost' | 'released'
      readonly owner: string
    }
  | { readonly kind: 'settings'; readonly settings: Readonly<Record<string, unknown>> }

export interface Audit {
  /** Appends one line; `at` is ms since the epoch. Lines are written before `append` returns. */
  append(record: AuditRecord, release: Pick<StoredRelease, 'id' | 'environment'>, at: number): Promise<void>
}

/** Mirrors the release to a place people look at (GitHub Deployments); the target's own state decides. */
export interface Mirror {
  update(release: StoredRelease, signal: AbortSignal): Promise<void>
}
