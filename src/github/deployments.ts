import { at, listAt, maybeText, numberAt, textAt } from './answers.ts'
import { type GitHub, type Repository, route } from './client.ts'
import { findOrMake } from './once.ts'

/** What GitHub accepts for a deployment status, all of them. */
export type DeploymentState =
  'error' | 'failure' | 'inactive' | 'in_progress' | 'queued' | 'pending' | 'success'

export interface Deployment {
  readonly id: number
  readonly environment: string
  /** As stored; older API versions give it as JSON text. */
  readonly payload: unknown
}

export interface NewDeployment {
  /** Commit, branch or tag. */
  readonly ref: string
  readonly environment: string
  readonly production: boolean
  readonly description: string
  /** What kind of deployment; one of another kind is never taken for it. Default `deploy:gray`. */
  readonly task?: string
  /** Found again by `payload.release`. */
  readonly payload: Readonly<Record<string, unknown>> & { readonly release: string }
}

const NEEDS = 'deployments: write'
const TASK = 'deploy:gray'
/** GitHub refuses longer descriptions. */
export const DESCRIPTION_LIMIT = 140

/** `text` within GitHub's 140 characters (or `limit`), cut between words where it can be, with an ellipsis. */
export function shortDescription(text: string, limit = DESCRIPTION_LIMIT): string {
  const line = Array.from(text.replace(/\s+/g, ' ').trim())
  if (line.length <= limit) return line.join('')
  const head = line.slice(0, limit - 1).join('')
  const blank = head.lastIndexOf(' ')
  return `${blank > limit / 2 ? head.slice(0, blank) : head}…`
}

function readDeployment(value: unknown): Deployment {
  const payload = at(value, 'payload')
  return {
    id: numberAt(value, 'id'),
    environment: textAt(value, 'environment'),
    payload: typeof payload === 'string' ? parse(payload) : payload,
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** The deployment whose payload names this release, among the newest ones of the environment. */
export async function findDeployment(
  github: GitHub,
  { owner, repo }: Repository,
  environment: string,
  release: string,
  signal: AbortSignal,
  task = TASK,
): Promise<Deployment | undefined> {
  const path = route`/repos/${owner}/${repo}/deployments`
  // Newest first; a release older than 300 others is not looked for.
  let seen = 0
  for await (const item of github.items(path, signal, {
    query: { environment, task },
    needs: 'deployments: read',
  })) {
    const deployment = readDeployment(item)
    if (maybeText(deployment.payload, 'release') === release) return deployment
    if (++seen >= 300) return undefined
  }
  return undefined
}

/** The ids of our earlier deployments of an environment, newest first, at most 30. */
export async function olderDeployments(
  github: GitHub,
  { owner, repo }: Repository,
  environment: string,
  than: number,
  signal: AbortSignal,
): Promise<number[]> {
  const value = await github.get(route`/repos/${owner}/${repo}/deployments`, signal, {
    query: { environment, task: TASK, per_page: 31 },
    needs: 'deployments: read',
  })
  return listAt(value)
    .map((one) => numberAt(one, 'id'))
    .filter((id) => id < than)
}

/**
 * Makes a deployment for a release, or returns the one that is already there. `auto_merge` and `required_contexts` are off,
 * because the commit is what it is and the gates have been asked already.
 */
export async function ensureDeployment(
  github: GitHub,
  repository: Repository,
  wanted: NewDeployment,
  signal: AbortSignal,
): Promise<Deployment> {
  const { owner, repo } = repository
  const { value } = await findOrMake(
    () => findDeployment(github, repository, wanted.environment, wanted.payload.release, signal, wanted.task),
    async () =>
      readDeployment(
        await github.send('POST', route`/repos/${owner}/${repo}/deployments`, signal, {
          body: {
            ref: wanted.ref,
            task: wanted.task ?? TASK,
            auto_merge: false,
            required_contexts: [],
            payload: wanted.payload,
            environment: wanted.environment,
            description: shortDescription(wanted.description),
            transient_environment: false,
            production_environment: wanted.production,
          },
          needs: NEEDS,
        }),
      ),
    { clock: github.clock, signal },
  )
  return value
}

export interface NewStatus {
  readonly state: DeploymentState
  readonly description: string
  readonly logUrl?: string
}

/** The newest status of a deployment; undefined when it has none. */
export async function lastStatus(
  github: GitHub,
  { owner, repo }: Repository,
  deployment: number,
  signal: AbortSignal,
): Promise<{ state: string; description: string } | undefined> {
  const path = route`/repos/${owner}/${repo}/deployments/${deployment}/statuses`
  const value = await github.get(path, signal, { query: { per_page: 1 }, needs: 'deployments: read' })
  const first = Array.isArray(value) ? (value as unknown[])[0] : undefined
  return first === undefined
    ? undefined
    : { state: textAt(first, 'state'), description: maybeText(first, 'description') ?? '' }
}

/** Adds a status. Sending it twice does no harm: the newest counts. `auto_inactive` retires the former successes. */
export async function addStatus(
  github: GitHub,
  { owner, repo }: Repository,
  deployment: number,
  status: NewStatus,
  signal: AbortSignal,
): Promise<void> {
  await github.send('POST', route`/repos/${owner}/${repo}/deployments/${deployment}/statuses`, signal, {
    body: {
      state: status.state,
      description: shortDescription(status.description),
      auto_inactive: status.state === 'success',
      ...(status.logUrl === undefined ? {} : { log_url: status.logUrl }),
    },
    needs: NEEDS,
    repeatable: true,
  })
}
