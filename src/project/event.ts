import { readTextIfAny } from '../base/files.ts'
import { messageOf } from '../base/errors.ts'
import { redactUrl } from '../base/secrets.ts'
import type { Environment } from '../base/platform.ts'

/** What started the run: GitHub's event (or a compatible server's), or nobody but the user of a laptop. */
export interface EventFacts {
  /** `push`, `pull_request`, `schedule`, `workflow_dispatch` …; `local` outside a workflow. */
  readonly name: string
  /** Full ref: `refs/heads/…`, `refs/tags/…`, `refs/pull/N/merge` (also for pull_request_target); '' when unknown. */
  readonly ref: string
  /** The commit the event is about; for pull requests the merge commit. */
  readonly sha?: string
  /** The branch a pull request goes to, or the branch a pushed tag was on when the event tells. */
  readonly baseRef?: string
  /** The branch a pull request comes from. */
  readonly headRef?: string
  readonly prNumber?: number
  /** The code comes from another repository than the one whose secrets and caches the run may see. */
  readonly fork: boolean
  readonly defaultBranch?: string
  /** Seconds since the epoch, when the event tells the time of `sha`. */
  readonly commitTime?: number
  readonly runId?: string
  readonly runAttempt?: number
  readonly actor?: string
  /** `owner/name`. */
  readonly repository?: string
  /** `https://github.com`, without a slash at the end. */
  readonly serverUrl?: string
  /** The page of this run. */
  readonly runUrl?: string
  /** The cron line, on `schedule`. */
  readonly schedule?: string
  readonly description?: string
  /** SPDX id as GitHub detected it. */
  readonly license?: string
  /** Why the event file could not be used, when it could not. */
  readonly problem?: string
}

/**
 * Reads the event from `GITHUB_*` and the payload file. Missing or broken payloads leave facts out, they never fail:
 * act, other servers and hand-made environments give less than GitHub does.
 */
export async function eventFacts(
  env: Environment,
  readFile: (file: string) => Promise<string | undefined> = readTextIfAny,
): Promise<EventFacts> {
  const { payload, problem } = await readPayload(env['GITHUB_EVENT_PATH'], readFile)
  return { ...factsOf(env, payload), ...(problem === undefined ? {} : { problem }) }
}

async function readPayload(
  file: string | undefined,
  readFile: (file: string) => Promise<string | undefined>,
): Promise<{ payload: unknown; problem?: string }> {
  if (file === undefined || file === '') return { payload: undefined }
  try {
    const text = await readFile(file)
    if (text === undefined || text.trim() === '') return { payload: undefined }
    return { payload: JSON.parse(text) }
  } catch (error) {
    return { payload: undefined, problem: `GITHUB_EVENT_PATH cannot be read: ${messageOf(error)}` }
  }
}

/** The pure part of `eventFacts`. */
export function factsOf(env: Environment, payload: unknown): EventFacts {
  const name = env['GITHUB_EVENT_NAME'] ?? ''
  const isPullRequest = name.startsWith('pull_request') || dig(payload, 'pull_request') !== undefined
  const number = isPullRequest
    ? (dig(payload, 'pull_request', 'number') ?? dig(payload, 'number'))
    : undefined
  const prNumber = typeof number === 'number' ? number : numberOfRef(env['GITHUB_REF'])
  const repository = nonEmpty(env['GITHUB_REPOSITORY']) ?? text(payload, 'repository', 'full_name')
  const serverUrl = nonEmpty(env['GITHUB_SERVER_URL'])?.replace(/\/+$/, '')
  const runId = nonEmpty(env['GITHUB_RUN_ID'])
  const attempt = Number(env['GITHUB_RUN_ATTEMPT'])
  const sha = nonEmpty(env['GITHUB_SHA'])
  return given({
    name: name === '' ? 'local' : name,
    // pull_request_target gives the base branch as ref; the run is about the pull request all the same.
    ref:
      name === 'pull_request_target' && prNumber !== undefined
        ? `refs/pull/${prNumber}/merge`
        : (env['GITHUB_REF'] ?? ''),
    sha,
    baseRef: isPullRequest
      ? (nonEmpty(env['GITHUB_BASE_REF']) ?? text(payload, 'pull_request', 'base', 'ref'))
      : text(payload, 'base_ref')?.replace(/^refs\/heads\//, ''),
    headRef: isPullRequest
      ? (nonEmpty(env['GITHUB_HEAD_REF']) ?? text(payload, 'pull_request', 'head', 'ref'))
      : undefined,
    prNumber,
    fork: isFork(payload, repository),
    defaultBranch: text(payload, 'repository', 'default_branch'),
    commitTime: timeOf(payload, sha),
    runId,
    runAttempt: Number.isInteger(attempt) && attempt > 0 ? attempt : undefined,
    actor: nonEmpty(env['GITHUB_ACTOR']),
    repository,
    serverUrl,
    runUrl:
      serverUrl !== undefined && repository !== undefined && runId !== undefined
        ? `${serverUrl}/${repository}/actions/runs/${runId}`
        : undefined,
    schedule: name === 'schedule' ? text(payload, 'schedule') : undefined,
    description: text(payload, 'repository', 'description'),
    license: licenseOf(payload),
  })
}

/**
 * A fork's code: the head repository of the pull request (or of the run that `workflow_run` follows) is another one.
 * A deleted head repository (null in the payload) counts as a fork: nobody can vouch for it.
 */
function isFork(payload: unknown, repository: string | undefined): boolean {
  for (const source of [
    ['pull_request', 'head', 'repo'],
    ['workflow_run', 'head_repository'],
  ]) {
    const parent = dig(payload, ...source.slice(0, -1))
    if (parent === undefined || parent === null) continue
    const head = text(payload, ...source, 'full_name')
    const base = text(payload, 'repository', 'full_name') ?? repository
    if (head === undefined || base === undefined || head.toLowerCase() !== base.toLowerCase()) return true
  }
  return false
}

function timeOf(payload: unknown, sha: string | undefined): number | undefined {
  const commits = dig(payload, 'commits')
  const candidates: unknown[] = [
    dig(payload, 'head_commit'),
    dig(payload, 'workflow_run', 'head_commit'),
    ...(Array.isArray(commits) ? (commits as unknown[]) : []),
  ]
  for (const commit of candidates) {
    if (sha === undefined || text(commit, 'id') !== sha) continue
    const time = Date.parse(text(commit, 'timestamp') ?? '')
    if (!Number.isNaN(time)) return Math.floor(time / 1000)
  }
  return undefined
}

function licenseOf(payload: unknown): string | undefined {
  const id = text(payload, 'repository', 'license', 'spdx_id')
  return id === 'NOASSERTION' ? undefined : id
}

function numberOfRef(ref: string | undefined): number | undefined {
  const match = /^refs\/pull\/(\d+)\//.exec(ref ?? '')
  return match === null ? undefined : Number(match[1])
}

/**
 * The https form of a remote's URL, without credentials, `.git` or slash at the end; undefined for local paths.
 * `git@host:owner/x.git`, `ssh://git@host:22/owner/x`, `git://…` and `https://token@host/…` are understood.
 */
export function webUrl(remote: string): string | undefined {
  const trimmed = remote.trim()
  const strip = (path: string): string => path.replace(/\/+$/, '').replace(/\.git$/, '')
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed)) {
    let url: URL
    try {
      url = new URL(trimmed)
    } catch {
      return undefined
    }
    const scheme = url.protocol.slice(0, -1).toLowerCase()
    if (!['http', 'https', 'ssh', 'git', 'git+ssh', 'git+https'].includes(scheme) || url.hostname === '')
      return undefined
    // An ssh or git port is not the web server's.
    const host = scheme.startsWith('http') || scheme === 'git+https' ? url.host : url.hostname
    return redactUrl(`${scheme === 'http' ? 'http' : 'https'}://${host}${strip(url.pathname)}`)
  }
  // scp-like `[user@]host:path`; one letter before the colon is a Windows drive.
  const scp = /^(?:[^@/\\:]+@)?([A-Za-z0-9][A-Za-z0-9.-]+):(?!\\)\/?(.+)$/.exec(trimmed)
  return scp === null ? undefined : `https://${scp[1] ?? ''}/${strip(scp[2] ?? '')}`
}

function dig(value: unknown, ...path: string[]): unknown {
  let at = value
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return undefined
    at = (at as Record<string, unknown>)[key]
  }
  return at
}

function text(value: unknown, ...path: string[]): string | undefined {
  const found = dig(value, ...path)
  return typeof found === 'string' ? nonEmpty(found) : undefined
}

const nonEmpty = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

/** Drops the keys whose value is undefined, as exactOptionalPropertyTypes wants. */
function given<T extends object>(facts: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as T
}
