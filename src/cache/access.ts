import type { Environment } from '../base/platform.ts'

export type CacheInput = 'auto' | 'read' | 'off'

/** What this run may do with the cache service, and why when that is not everything. */
export interface CacheAccess {
  readonly read: boolean
  readonly write: boolean
  /** One sentence for the log, when something is not done. */
  readonly reason?: string
  /** Entries of other refs are seen by that ref alone, so they have to be worth more to be saved. */
  readonly defaultBranch: boolean
}

// Only events that somebody with write access to the repository (or its own schedule) starts; an unknown event is not trusted.
const TRUSTED_EVENTS = new Set(['push', 'schedule', 'workflow_dispatch', 'repository_dispatch'])

/**
 * Decides from the input `cache`, the runner's own `ACTIONS_CACHE_MODE`, and what started the run.
 *
 * Saved entries are restored by later runs with more rights, so a run that foreign code can steer must not write
 * (cache poisoning). Tags only read: an entry saved by a tag is seen by that tag alone, and what a release builds from
 * must not come from a release run. Set `cache: off` for a release that shall trust no cache at all.
 * @param event the parsed webhook payload (`GITHUB_EVENT_PATH`), of unknown shape
 */
export function cacheAccess(env: Environment, input: CacheInput, event: unknown): CacheAccess {
  const defaultBranch = isDefaultBranch(env, event)
  if (input === 'off')
    return { read: false, write: false, reason: 'caches are off (input "cache")', defaultBranch }
  const mode = (env['ACTIONS_CACHE_MODE'] ?? '').trim().toLowerCase()
  if (mode === 'none') {
    return {
      read: false,
      write: false,
      reason: 'this run may not use caches (ACTIONS_CACHE_MODE is none)',
      defaultBranch,
    }
  }
  const read = mode !== 'write-only'
  const readOnly = (reason: string): CacheAccess => ({ read, write: false, reason, defaultBranch })
  if (input === 'read') return readOnly('caches are only read (input "cache")')
  if (mode === 'read')
    return readOnly(
      'caches are only read (ACTIONS_CACHE_MODE is read: GitHub does not trust what started this run)',
    )
  const untrusted = untrustedReason(env, event)
  if (untrusted !== undefined) return readOnly(`caches are only read (${untrusted})`)
  return read
    ? { read, write: true, defaultBranch }
    : { read, write: true, reason: 'caches are only saved (ACTIONS_CACHE_MODE is write-only)', defaultBranch }
}

/** Whether this run may save entries, see {@link cacheAccess}. */
export const mayWrite = (env: Environment, input: CacheInput, event: unknown): boolean =>
  cacheAccess(env, input, event).write

function untrustedReason(env: Environment, event: unknown): string | undefined {
  const name = env['GITHUB_EVENT_NAME'] ?? ''
  const ref = env['GITHUB_REF'] ?? ''
  if (name === 'pull_request') {
    const head = text(event, 'pull_request', 'head', 'repo', 'full_name')
    const base = text(event, 'pull_request', 'base', 'repo', 'full_name')
    if (head === undefined || base === undefined || head.toLowerCase() !== base.toLowerCase())
      return 'the pull request comes from a fork'
    if (env['GITHUB_ACTOR'] === 'dependabot[bot]') return 'Dependabot started the run'
    return undefined
  }
  if (name === '') return 'what started the run is unknown'
  if (!TRUSTED_EVENTS.has(name)) return `the event ${name} can be started by others`
  if (env['GITHUB_REF_TYPE'] === 'tag' || ref.startsWith('refs/tags/'))
    return 'a tag saves no caches for others'
  return undefined
}

function isDefaultBranch(env: Environment, event: unknown): boolean {
  const name = text(event, 'repository', 'default_branch')
  if (env['GITHUB_EVENT_NAME'] === 'pull_request') return false
  return name === undefined || env['GITHUB_REF'] === undefined || env['GITHUB_REF'] === `refs/heads/${name}`
}

/** A text deep in parsed JSON, or undefined where the path ends early. */
function text(value: unknown, ...path: readonly string[]): string | undefined {
  let at = value
  for (const name of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  return typeof at === 'string' ? at : undefined
}

/**
 * The protocol of the cache service this process can reach, decided as @actions/cache does (config.ts): v2 only on
 * github.com and its relatives, v1 elsewhere (GHES, act, Gitea). Undefined when there is none: outside a runner, or in a `run:` step.
 */
export function cacheService(env: Environment): 'v1' | 'v2' | undefined {
  const has = (name: string): boolean => (env[name] ?? '') !== ''
  if (!isEnterpriseServer(env['GITHUB_SERVER_URL']) && has('ACTIONS_CACHE_SERVICE_V2'))
    return has('ACTIONS_RESULTS_URL') && has('ACTIONS_RUNTIME_TOKEN') ? 'v2' : undefined
  return has('ACTIONS_CACHE_URL') ? 'v1' : undefined
}

function isEnterpriseServer(server: string | undefined): boolean {
  if (server === undefined || server === '') return false
  try {
    const host = new URL(server).hostname.toLowerCase()
    return host !== 'github.com' && !host.endsWith('.ghe.com') && !host.endsWith('.localhost')
  } catch {
    return true
  }
}
