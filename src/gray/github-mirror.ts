import type { Act } from '../base/act.ts'
import { messageOf } from '../base/errors.ts'
import type { GitHub, Repository } from '../github/client.ts'
import {
  addStatus,
  DESCRIPTION_LIMIT,
  type DeploymentState,
  ensureDeployment,
  lastStatus,
  olderDeployments,
  shortDescription,
} from '../github/deployments.ts'
import type { Mirror, StoredRelease } from './ports.ts'
import type { Phase } from './reducer.ts'

const STATES: Readonly<Record<Phase, DeploymentState>> = {
  idle: 'queued',
  preparing: 'in_progress',
  deploying: 'in_progress',
  smoking: 'in_progress',
  shifting: 'in_progress',
  warming: 'in_progress',
  observing: 'in_progress',
  // Waiting for a person is what "pending" looks like on GitHub's pages.
  holding: 'pending',
  baking: 'in_progress',
  finalising: 'in_progress',
  done: 'success',
  // All traffic is on the new version, but the target is not tidy: somebody has to look.
  'finalise-failed': 'error',
  aborting: 'in_progress',
  'rolled-back': 'failure',
  'rollback-failed': 'error',
}

const FINAL: readonly Phase[] = ['done', 'finalise-failed', 'rolled-back', 'rollback-failed']

/** Where the head of the audit chain is pinned, so that the file cannot be cut or rewritten unseen. */
export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

export interface MirrorStatus {
  readonly state: DeploymentState
  readonly description: string
}

/** What GitHub is told about a release; pure. The audit's head goes in whole, the reason is cut to what room is left. */
export function mirrorStatus(release: Pick<StoredRelease, 'state' | 'plan'>, head?: AuditHead): MirrorStatus {
  const { phase, step, observed, intended, reason } = release.state
  const steps = release.plan.steps.length
  const place =
    step >= 0 && !FINAL.includes(phase) ? `${observed ?? intended} % (step ${step + 1} of ${steps}) ` : ''
  const text = `${place}${phase.replace('-', ' ')}: ${reason}`
  if (head === undefined || !FINAL.includes(phase))
    return { state: STATES[phase], description: shortDescription(text) }
  const tail = ` [audit ${head.seq} ${head.hash}]`
  return {
    state: STATES[phase],
    description: `${shortDescription(text, DESCRIPTION_LIMIT - tail.length)}${tail}`,
  }
}

/** The pinned head in a status description, for `audit verify`. */
export function headIn(description: string): AuditHead | undefined {
  const match = /\[audit (\d+) ([0-9a-f]{64})\]/.exec(description)
  return match === null ? undefined : { seq: Number(match[1]), hash: match[2] ?? '' }
}

export interface MirrorOptions {
  /** Commit that is deployed. */
  readonly ref: string
  /** Whether end users meet this environment. */
  readonly production: boolean
  /** Read when a release has ended; see MirrorStatus. */
  readonly auditHead?: () => AuditHead | undefined
}

/**
 * Shows a release as a GitHub Deployment. Found again by the release's id in its payload, so that any later process
 * goes on with the same one. Never throws: GitHub being down must not stop a release, the target's own state decides.
 */
export class DeploymentMirror implements Mirror {
  readonly #github: GitHub
  readonly #repository: Repository
  readonly #options: MirrorOptions
  readonly #log: Act['log']
  readonly #ids = new Map<string, number>()
  readonly #told = new Map<string, string>()

  constructor(github: GitHub, repository: Repository, options: MirrorOptions, { log }: Pick<Act, 'log'>) {
    this.#github = github
    this.#repository = repository
    this.#options = options
    this.#log = log
  }

  async update(release: StoredRelease, signal: AbortSignal): Promise<void> {
    const status = mirrorStatus(release, this.#options.auditHead?.())
    const text = JSON.stringify(status)
    if (this.#told.get(release.id) === text) return
    try {
      const id = await this.#deployment(release, signal)
      // A process that has taken over does not know what was told before.
      const last = this.#told.has(release.id)
        ? undefined
        : await lastStatus(this.#github, this.#repository, id, signal)
      if (last?.state !== status.state || last.description !== status.description)
        await addStatus(
          this.#github,
          this.#repository,
          id,
          { ...status, ...(release.run === undefined ? {} : { logUrl: release.run.url }) },
          signal,
        )
      this.#told.set(release.id, text)
      if (release.state.phase === 'done') await this.#retire(release, id, signal)
    } catch (error) {
      this.#log.warning(`the GitHub Deployment of release ${release.id} was not updated: ${messageOf(error)}`)
    }
  }

  async #deployment(release: StoredRelease, signal: AbortSignal): Promise<number> {
    const known = this.#ids.get(release.id)
    if (known !== undefined) return known
    const { id } = await ensureDeployment(
      this.#github,
      this.#repository,
      {
        ref: this.#options.ref,
        environment: release.environment,
        production: this.#options.production,
        description: `gray release of ${release.new}`,
        payload: {
          release: release.id,
          schema: release.schema,
          old: release.old,
          new: release.new,
          plan: release.planHash,
          startedAt: new Date(release.startedAt).toISOString(),
          ...(release.run === undefined ? {} : { run: { ...release.run } }),
        },
      },
      signal,
    )
    this.#ids.set(release.id, id)
    return id
  }

  /** GitHub retires older deployments of environments by itself, but not of production ones. */
  async #retire(release: StoredRelease, id: number, signal: AbortSignal): Promise<void> {
    for (const older of await olderDeployments(
      this.#github,
      this.#repository,
      release.environment,
      id,
      signal,
    )) {
      const last = await lastStatus(this.#github, this.#repository, older, signal)
      // Beyond a retired one all are.
      if (last?.state === 'inactive') return
      if (last?.state !== 'success') continue
      const description = `replaced by ${release.new}`
      await addStatus(this.#github, this.#repository, older, { state: 'inactive', description }, signal)
    }
  }
}
