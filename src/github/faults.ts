import { PipelineError } from '../base/errors.ts'
import { classifyNetworkFault, type Fault, parseRetryAfter } from '../base/retry.ts'
import { codeOf } from '../base/errors.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a request was and how it was answered; enough to decide on another try and to tell a person what to change. */
export interface Refusal {
  readonly method: Method
  /** Path without host and query. */
  readonly path: string
  readonly status: number
  /** `message` of the answer, and what its `errors` add. */
  readonly message: string
  readonly headers: Readonly<Record<string, string>>
  /** The permission the caller knows it needs: `deployments: write`. */
  readonly needs?: string
}

/** An answer other than a success. A PipelineError whose status callers may look at (404, 409, 422). */
export class GitHubFault extends PipelineError {
  readonly status: number
  readonly refusal: Refusal

  constructor(refusal: Refusal, now: number) {
    super('environment', [problemOf(refusal, now)])
    this.name = 'GitHubFault'
    this.status = refusal.status
    this.refusal = refusal
  }
}

export const isStatus = (error: unknown, ...statuses: readonly number[]): boolean =>
  error instanceof GitHubFault && statuses.includes(error.status)

/**
 * How long GitHub asks to wait, in ms; undefined when this is no rate limit.
 * Primary limit: `x-ratelimit-remaining: 0` and `x-ratelimit-reset` (UTC seconds). Secondary limit: `retry-after`, or at least
 * one minute (docs.github.com, "Rate limits for the REST API").
 */
export function rateLimitWait(refusal: Refusal, now: number): number | undefined {
  const { status, headers, message } = refusal
  if (status !== 403 && status !== 429) return undefined
  const after = parseRetryAfter(headers['retry-after'], now)
  if (after !== undefined) return after
  const reset = Number(headers['x-ratelimit-reset'])
  // A second more, because the two clocks are not the same.
  if (headers['x-ratelimit-remaining'] === '0' && Number.isFinite(reset))
    return Math.max(0, reset * 1000 - now) + 1000
  return status === 429 || /rate limit|abuse detection/i.test(message) ? 60_000 : undefined
}

/** Before these the request has not reached the server, so that it may be sent again whatever it does. */
const NOT_SENT = new Set([
  'ECONNREFUSED',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/**
 * Whether another try can help. A request that makes something (`repeatable` false) is only sent again when it surely
 * was not carried out: a rate limit, or no connection. A wait longer than `longest` is refused at once.
 */
export function classifyGitHubFault(
  error: unknown,
  options: { readonly repeatable: boolean; readonly longest: number; readonly now: number },
): Fault {
  if (!(error instanceof GitHubFault)) {
    const code = codeOf(error)
    if (!options.repeatable && !(code !== undefined && NOT_SENT.has(code))) return { kind: 'final' }
    return classifyNetworkFault(error)
  }
  const wait = rateLimitWait(error.refusal, options.now)
  if (wait !== undefined)
    return wait > options.longest ? { kind: 'final' } : { kind: 'passing', afterMs: wait }
  const { status } = error
  const passing = status === 408 || (status >= 500 && status !== 501)
  return passing && options.repeatable ? { kind: 'passing' } : { kind: 'final' }
}

/**
 * `deployments: write` from GitHub's own header `x-accepted-github-permissions: deployments=write; …`: alternatives by
 * semicolon, permissions needed together by comma.
 */
export function acceptedPermissions(header: string | undefined): string | undefined {
  const first = header?.split(';')[0]?.trim()
  if (first === undefined || first === '' || first.includes('allows_permissionless')) return undefined
  return first
    .split(',')
    .map((one) => one.trim().replace('=', ': '))
    .join(', ')
}

function problemOf(refusal: Refusal, now: number): ConstructorParameters<typeof PipelineError>[1][number] {
  const { method, path, status, message, headers } = refusal
  const where = `${method} ${path}`
  const cause = `${status}${message === '' ? '' : ` ${message}`}`
  const wait = rateLimitWait(refusal, now)
  if (wait !== undefined)
    return {
      code: 'github-rate-limit',
      what: "GitHub's rate limit is used up",
      cause,
      where,
      fix: `wait ${Math.ceil(wait / 1000)} s (until ${new Date(now + wait).toISOString()}), or use a token of its own for this workflow`,
    }
  const permission = refusal.needs ?? acceptedPermissions(headers['x-accepted-github-permissions'])
  const grant =
    permission === undefined
      ? 'give the token the permission this request needs'
      : `give the token the permission "${permission}" (in a workflow: under permissions: of the job)`
  if (status === 401)
    return {
      code: 'github-token',
      what: 'GitHub does not know the token',
      cause,
      where,
      fix: 'the token has expired, was revoked or is empty: pass github-token, for example ${{ github.token }}',
    }
  if (status === 403)
    return { code: 'github-denied', what: 'GitHub refuses this to the token', cause, where, fix: grant }
  if (status === 404)
    return {
      code: 'github-not-found',
      what: 'GitHub does not find this',
      cause,
      where,
      fix: `check the name; GitHub also answers 404 to a token that may not see it: ${grant}`,
    }
  if (status >= 500)
    return {
      code: 'github-unavailable',
      what: 'the GitHub API failed',
      cause,
      where,
      fix: 'look at githubstatus.com (or ask whoever runs the GHES server) and run again',
    }
  return {
    code: 'github-refused',
    what: 'GitHub refuses the request',
    cause,
    where,
    fix: 'the cause names the field or the rule; rules of branches and environments count too',
  }
}
