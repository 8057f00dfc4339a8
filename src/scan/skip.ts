import type { Act } from '../base/act.ts'
import { gateError, type PipelineError } from '../base/errors.ts'
import type { Environment } from '../base/platform.ts'
import { type GitHub, parseRepository, type Repository } from '../github/client.ts'
import { GitHubFault } from '../github/faults.ts'
import { DEFAULT_RULES, may, type Member, type Role, rolesOf } from '../github/roles.ts'
import { findRun, runReviews } from '../github/runs.ts'
import type { Audit, AuditRecord } from '../gray/ports.ts'

/** Something that would be looked at and is asked not to be. */
export interface Skip {
  /** `all scanners`, `secrets`, `OS packages of the image` … */
  readonly what: string
  /** The input that asks for it, and its value. */
  readonly input: string
  readonly value: string
}

export interface SkipSwitches {
  readonly skip: boolean
  readonly govulncheck: boolean
  readonly gitleaks: boolean
  readonly imageScanner: 'auto' | 'govulncheck' | 'grype' | 'off'
  readonly hasImage: boolean
  /** Nothing stops: `fail-on: none`. */
  readonly nothingStops: boolean
}

/** Everything that the inputs leave out. `image-scanner: grype` leaves nothing out: it knows Go modules too. */
export function skipsOf(switches: SkipSwitches): Skip[] {
  if (switches.skip) return [{ what: 'all scanners', input: 'skip', value: 'true' }]
  const skips: Skip[] = []
  if (!switches.govulncheck)
    skips.push({ what: 'vulnerabilities that the code calls', input: 'govulncheck', value: 'off' })
  if (!switches.gitleaks) skips.push({ what: 'secrets', input: 'gitleaks', value: 'off' })
  if (switches.hasImage && switches.imageScanner === 'off')
    skips.push({ what: 'the image', input: 'image-scanner', value: 'off' })
  if (switches.hasImage && switches.imageScanner === 'govulncheck')
    skips.push({
      what: 'packages of the image that are not Go',
      input: 'image-scanner',
      value: 'govulncheck',
    })
  if (switches.nothingStops)
    skips.push({ what: 'the verdict on vulnerabilities', input: 'fail-on', value: 'none' })
  return skips
}

export interface SkipRequest {
  readonly skips: readonly Skip[]
  readonly reason: string | undefined
  /** Who is a pipeline admin; empty: DEFAULT_RULES. */
  readonly admins: readonly Member[]
}

/** Who lets a skip pass. */
export interface SkipPermit {
  readonly by: string
  readonly how: string
}

const SHORTEST_REASON = 10

/**
 * A skip is blocked unless it has a reason and a pipeline admin stands behind it: the one who started this attempt of the run,
 * or one who approved an environment of it. Allowed or not, it is in the audit before anything goes on; when the audit
 * cannot be written, the skip is not allowed.
 *
 * @throws PipelineError gate `scan-skip-blocked`
 */
export async function permitSkip(
  request: SkipRequest,
  github: GitHub | undefined,
  audit: Audit,
  act: Pick<Act, 'env' | 'signal' | 'clock' | 'log'>,
): Promise<SkipPermit> {
  const people = await askPeople(request, github, act)
  const what = request.skips.map((skip) => `${skip.what} (${skip.input}: ${skip.value})`).join(', ')
  const refused = blockedBecause(request, people)
  const record: AuditRecord = {
    kind: refused === undefined ? 'done' : 'failed',
    action: 'scan-skip',
    detail: JSON.stringify({
      what,
      reason: request.reason ?? null,
      asked: people.asked ?? null,
      allowed: people.permit?.by ?? null,
      how: people.permit?.how ?? refused ?? null,
      commit: act.env['GITHUB_SHA'] ?? null,
      ref: act.env['GITHUB_REF'] ?? null,
    }),
  }
  await audit.append(record, { id: runName(act.env), environment: 'scan' }, act.clock.now())
  if (refused !== undefined || people.permit === undefined) throw blocked(request, what, refused ?? '')
  act.log.warning(`NOT SCANNED: ${what}. ${people.permit.by} (${people.permit.how}): ${request.reason ?? ''}`)
  return people.permit
}

interface People {
  /** Login of who started this attempt. */
  readonly asked: string | undefined
  readonly roles: readonly Role[]
  readonly permit: SkipPermit | undefined
  /** Why nobody could be asked about. */
  readonly unknown?: string
}

/** Why a skip is not allowed; undefined when it is. Pure. */
export function blockedBecause(
  request: Pick<SkipRequest, 'reason'>,
  people: Pick<People, 'asked' | 'permit' | 'unknown' | 'roles'>,
): string | undefined {
  const { reason } = request
  if (reason === undefined) return 'no skip-reason is given'
  if (reason.length < SHORTEST_REASON) return `the skip-reason "${reason}" says too little`
  if (people.permit !== undefined) return undefined
  if (people.unknown !== undefined) return people.unknown
  const has = people.roles.length === 0 ? 'no role' : people.roles.join(', ')
  return `@${people.asked ?? 'nobody'} has ${has}, and no pipeline-admin has approved this run`
}

async function askPeople(
  request: SkipRequest,
  github: GitHub | undefined,
  act: Pick<Act, 'env' | 'signal'>,
): Promise<People> {
  const named = act.env['GITHUB_TRIGGERING_ACTOR'] ?? act.env['GITHUB_ACTOR']
  const name = act.env['GITHUB_REPOSITORY'] ?? ''
  const nobody = { asked: named, roles: [], permit: undefined }
  // Without a reason nobody needs to be asked about.
  if (request.reason === undefined) return nobody
  if (github === undefined || name === '')
    return {
      ...nobody,
      unknown: 'who asks is not known: there is no GitHub repository or token to ask about roles',
    }
  const repository = parseRepository(name)
  const rules =
    request.admins.length === 0 ? DEFAULT_RULES : { ...DEFAULT_RULES, 'pipeline-admin': request.admins }
  const id = act.env['GITHUB_RUN_ID'] ?? ''
  const run =
    id === '' ? undefined : await visibleOr(undefined, () => findRun(github, repository, id, act.signal))
  const asked = run?.triggeredBy?.login ?? run?.actor?.login ?? named
  if (asked === undefined) return { ...nobody, unknown: 'who started the run is not known' }
  const roles = await rolesOf(github, repository, rules, asked, act.signal)
  if (may(roles, 'skip-gate'))
    return { asked, roles, permit: { by: `@${asked}`, how: 'pipeline-admin, started the run' } }
  return { asked, roles, permit: await approver(github, repository, rules, id, act.signal) }
}

/** An admin who approved an environment of this run. */
async function approver(
  github: GitHub,
  repository: Repository,
  rules: typeof DEFAULT_RULES,
  id: string,
  signal: AbortSignal,
): Promise<SkipPermit | undefined> {
  if (id === '') return undefined
  const reviews = await visibleOr([], () => runReviews(github, repository, id, signal))
  for (const { by, state, environments } of reviews) {
    if (state !== 'approved' || by.bot) continue
    if (may(await rolesOf(github, repository, rules, by.login, signal), 'skip-gate'))
      return { by: `@${by.login}`, how: `pipeline-admin, approved ${environments.join(', ')}` }
  }
  return undefined
}

/** A token without `actions: read` sees no runs; then what the runner says about the run has to do. */
async function visibleOr<T>(none: T, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof GitHubFault && [401, 403, 404].includes(error.status)) return none
    throw error
  }
}

function blocked(request: SkipRequest, what: string, cause: string): PipelineError {
  const [first] = request.skips
  const admins =
    request.admins.length === 0
      ? 'somebody with the permission maintain or admin in the repository'
      : request.admins.map(memberName).join(', ')
  return gateError({
    code: 'scan-skip-blocked',
    what: `the scan may not leave out ${what}`,
    cause,
    ...(first === undefined ? {} : { input: first.input, value: first.value }),
    fix: `remove it; or a pipeline-admin (${admins}) starts or approves the run, with a skip-reason. Every try is in the audit`,
  })
}

const memberName = (member: Member): string =>
  member.kind === 'team'
    ? `@${member.org}/${member.team}`
    : member.kind === 'user'
      ? `@${member.login}`
      : `permission:${member.permission}`

/** One attempt of one run of a workflow, or this machine. */
const runName = (env: Environment): string =>
  env['GITHUB_RUN_ID'] === undefined ? 'local' : `${env['GITHUB_RUN_ID']}/${env['GITHUB_RUN_ATTEMPT'] ?? '1'}`
