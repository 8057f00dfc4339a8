import type { Host, Platform } from '../base/platform.ts'
import type { EngineFacts } from '../buildx/engine.ts'
import type { GoRequest } from '../go/version.ts'
import type { DockerfileCopy, DockerfileFacts, DockerfileFinding } from '../project/dockerfile.ts'
import type { EventFacts, GitFacts } from '../project/git.ts'
import type { MainPackage, Workspace } from '../project/modules.ts'

/** What is known before the plan is made: the project, the runner, the engine. Gathered once, never changed. */
export interface Facts {
  /** When the run began, ms since the epoch. */
  readonly now: number
  readonly host: Host
  /** Usable cores, at least 1. */
  readonly cores: number
  /** Inside GitHub Actions or a compatible runner. */
  readonly inActions: boolean
  /** A runner of GitHub's own: everything on it was made by this job. */
  readonly hosted?: boolean
  /** A cache service can be reached. */
  readonly cacheService?: boolean
  /** Root of the repository (absolute); annotations and reports are relative to it. */
  readonly root: string
  /** The Go project (absolute). */
  readonly workingDirectory: string
  readonly git?: GitFacts
  readonly event: EventFacts
  readonly workspace: Workspace
  /** working-directory relative to root, with forward slashes; `.` is the root itself. */
  readonly folder: string
  /** All main packages below working-directory. */
  readonly mains: readonly MainPackage[]
  /** The Dockerfile that was asked for or found. */
  readonly dockerfile?: {
    /** Relative to working-directory, with forward slashes. */
    readonly path: string
    readonly facts: DockerfileFacts
    /** The copy whose RUN steps find Go's caches, or why there is none. */
    readonly copy?: DockerfileCopy | { readonly why: string }
    readonly findings: (platforms: readonly Platform[]) => readonly DockerfileFinding[]
  }
  readonly engine: EngineFacts
  readonly go: GoRequest
  /** Registries that there are credentials for. */
  readonly loggedIn: ReadonlySet<string>
}
