import type { Problem } from '../base/errors.ts'

/**
 * What a run did, as data: the content of report.json, and all that summary, pictures and notifications are made of.
 * Fields are only ever added; a change of meaning gives `schema` a new number.
 *
 * Times are milliseconds since the start of the run unless a name says otherwise, sizes are bytes (compressed, as a
 * registry stores and sends them), digests are `sha256:…`, paths are repository-relative with forward slashes.
 */
export interface RunReport {
  readonly schema: 1
  readonly outcome: Outcome
  /** RFC 3339, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  readonly project: ProjectReport
  readonly run: RunInfo
  readonly tools: readonly ToolReport[]
  readonly steps: readonly StepReport[]
  readonly gates: readonly GateReport[]
  readonly tests?: TestsReport
  readonly coverage?: CoverageReport
  /** Findings of the compiler, vet and the Dockerfile checks. */
  readonly diagnostics: readonly DiagnosticReport[]
  readonly images: readonly ImageReport[]
  /** `false`: built and checked only, as on pull requests. */
  readonly push: boolean
  /** Whether tags were moved: the commit point of a release. */
  readonly published: boolean
  readonly caches: readonly CacheReport[]
  readonly retries: readonly RetryReport[]
  readonly notes: readonly string[]
  readonly warnings: readonly string[]
  /** Why the run did not pass. */
  readonly problems: readonly Problem[]
  /** Last lines of the tool that failed. */
  readonly failureLog?: FailureLog
  readonly files: readonly FileReport[]
  readonly timing: TimingReport
  /** The run before that passed, where it left its figures (report folder, or the build cache of the runner). */
  readonly previous?: PreviousRun
  /** What went over the network, as far as it is known: caches and bases down, layers up. */
  readonly moved?: { readonly down: number; readonly up: number }
  /** One sentence: what would make the next run faster. */
  readonly advice?: string
}

export interface PreviousRun {
  /** RFC 3339, UTC. */
  readonly startedAt: string
  readonly durationMs: number
  readonly commit?: string
  /** All that ran. */
  readonly tests?: number
  /** Percent of statements. */
  readonly coverage?: number
  readonly steps: readonly { readonly id: string; readonly ms: number }[]
}

export type Outcome = 'passed' | 'failed' | 'cancelled'

export interface ProjectReport {
  /** Short name, for headlines. */
  readonly name: string
  /** Module path of go.mod. */
  readonly module?: string
  /** Relative to the repository; `.` is its root. */
  readonly directory: string
  readonly version?: string
  readonly url?: string
  readonly commit?: string
  readonly branch?: string
  readonly tag?: string
  readonly pullRequest?: number
  readonly dirty: boolean
}

export interface RunInfo {
  /** `push`, `pull_request` …, `local`. */
  readonly event: string
  readonly actor?: string
  readonly url?: string
  readonly attempt?: number
  /** `linux/amd64`. */
  readonly host: string
  readonly cores?: number
}

export interface ToolReport {
  /** `go`, `docker`, `buildx`, `buildkit` … */
  readonly name: string
  readonly version: string
  /** Where it came from: `PATH`, `tool cache`, `go.dev` … */
  readonly source?: string
}

export type StepStatus = 'ok' | 'failed' | 'skipped' | 'cancelled'

export interface StepReport {
  readonly id: string
  readonly title: string
  readonly status: StepStatus
  readonly gate: boolean
  readonly needs: readonly string[]
  readonly phase: Phase
  /** Absent when it never ran. */
  readonly startMs?: number
  readonly endMs?: number
  /** What it found, or why it failed or did not run. */
  readonly reason?: string
  /** Id of the step whose place it took: until that one ended there was no room for it. */
  readonly waitedFor?: string
}

export const PHASES = ['set up', 'compile', 'check', 'image', 'publish', 'finish'] as const
export type Phase = (typeof PHASES)[number]

export interface GateReport {
  readonly id: string
  readonly title: string
  /** `not-reached`: something before it failed. `off`: switched off. */
  readonly verdict: 'passed' | 'failed' | 'warned' | 'off' | 'not-reached'
  readonly detail?: string
  readonly durationMs?: number
}

export interface TestsReport {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly packages: number
  /** Packages whose result came from the build cache. */
  readonly cachedPackages: number
  readonly durationMs: number
  readonly slowest: readonly SlowTest[]
  readonly failures: readonly TestFailureReport[]
}

export interface SlowTest {
  readonly package: string
  readonly name: string
  readonly ms: number
}

export interface TestFailureReport {
  readonly package: string
  readonly test?: string
  readonly message: string
  readonly file?: string
  readonly line?: number
  readonly output: readonly string[]
}

export interface CoverageReport {
  /** Of statements, 0 to 100. */
  readonly percent: number
  readonly threshold?: number
  readonly previousPercent?: number
  readonly packages: readonly PackageCoverage[]
}

export interface PackageCoverage {
  readonly name: string
  readonly covered: number
  readonly statements: number
}

export interface DiagnosticReport {
  /** `compile`, `vet`, `dockerfile` … */
  readonly tool: string
  readonly level: 'error' | 'warning' | 'notice'
  readonly message: string
  readonly file?: string
  readonly line?: number
  /** Analyzer or rule. */
  readonly code?: string
  readonly fix?: string
}

export interface ImageReport {
  /** `ghcr.io/acme/hello`. */
  readonly name: string
  /** Of the index, or of the only manifest. */
  readonly digest?: string
  readonly tags: readonly TagReport[]
  readonly platforms: readonly PlatformReport[]
  readonly base?: { readonly name: string; readonly digest?: string }
  /** Read back from the registry and hashed again. */
  readonly verified: boolean
  readonly start?: StartReport
}

export interface TagReport {
  readonly tag: string
  /** Digest before this run; absent when the tag was new or is not known. */
  readonly before?: string
  /** Digest after this run; absent when it was not published. */
  readonly after?: string
}

export interface PlatformReport {
  /** `linux/arm64`. */
  readonly platform: string
  readonly digest?: string
  /** Config and layers. */
  readonly size: number
  readonly previousSize?: number
  readonly layers: readonly LayerReport[]
}

export interface LayerReport {
  readonly digest: string
  readonly size: number
  /** Part of the base image, shared with others that stand on it. */
  readonly base: boolean
}

export interface StartReport {
  readonly platform: string
  readonly ok: boolean
  /** One sentence: `answers GET /health with 200 after 120 ms, stops in 40 ms`. */
  readonly detail: string
  /** SHA-256 over the image's digest and how it was started: a later run that has the same need not start it again. */
  readonly proof?: string
  /** When it was started; absent when this run did it. RFC 3339, UTC. */
  readonly provenAt?: string
}

export interface CacheReport {
  /** `modules`, `build`, `layers`. */
  readonly name: string
  readonly hit: 'exact' | 'partial' | 'miss' | 'off' | 'failed'
  readonly restoredBytes?: number
  readonly restoreMs?: number
  /** Key that matched. */
  readonly key?: string
  readonly note?: string
}

export interface RetryReport {
  readonly what: string
  readonly count: number
  readonly lastReason: string
}

export interface FailureLog {
  readonly step: string
  readonly lines: readonly string[]
}

export interface FileReport {
  readonly title: string
  /** Inside the report folder. */
  readonly path: string
}

export interface TimingReport {
  /** Sum of all steps. */
  readonly workMs: number
  /** Longest chain of steps that had to wait for each other. */
  readonly criticalMs: number
  /** Ids of its steps, in order. */
  readonly criticalPath: readonly string[]
  readonly phases: readonly { readonly phase: Phase; readonly wallMs: number; readonly workMs: number }[]
}
