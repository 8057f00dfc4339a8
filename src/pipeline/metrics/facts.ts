/** What GitHub has told, as far as the numbers need it. Times are milliseconds since the epoch. */
export interface Window {
  readonly from: number
  readonly to: number
}

export interface RunFact {
  readonly id: number
  readonly workflow: string
  readonly branch: string
  readonly attempt: number
  /** GitHub's word: `success`, `failure`, `cancelled`, `timed_out`, `startup_failure`, `skipped` … */
  readonly conclusion: string
  /** When the run was made; a later attempt starts later. */
  readonly createdAt: number
  readonly startedAt: number
  readonly endedAt: number
  readonly url: string
}

export interface StatusFact {
  readonly state: string
  readonly description: string
  readonly at: number
}

export interface DeploymentFact {
  readonly id: number
  readonly sha: string
  /** `deploy` is that of a job with an `environment`, `deploy:gray` a gray release of ours. */
  readonly task: string
  /** What was deployed, when the payload says so (`new` or `image`); a commit may be deployed as several images. */
  readonly version: string | undefined
  readonly createdAt: number
  /** Oldest first. */
  readonly statuses: readonly StatusFact[]
}

export interface CommitFact {
  readonly sha: string
  readonly at: number
}

/** How the commit of a deployment stands to that of the one before it. */
export interface ComparisonFact {
  readonly base: string
  readonly head: string
  readonly status: 'ahead' | 'behind' | 'diverged' | 'identical'
  /** Those that `head` has and `base` has not; GitHub names 250 at most. */
  readonly commits: readonly CommitFact[]
  readonly total: number
}

export interface VulnerabilityFact {
  /** CVE, GO-…, or the rule of a scanner. */
  readonly id: string
  /** Where it is: a package, or a file. */
  readonly place: string
  readonly severity: string
  readonly foundAt: number
  /** Undefined while nobody can say: it is open, and nothing has been deployed since. */
  readonly stopped: boolean | undefined
  readonly why: string
  readonly url: string | undefined
}

export interface Facts {
  readonly window: Window
  readonly runs: readonly RunFact[]
  /** Oldest first; also the last one that was live before the window. */
  readonly deployments: readonly DeploymentFact[]
  readonly comparisons: readonly ComparisonFact[]
  readonly vulnerabilities: readonly VulnerabilityFact[]
  /** What is missing, in words for the reader. */
  readonly partial: readonly string[]
}
