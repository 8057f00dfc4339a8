import { gateError } from '../base/errors.ts'
import type { Environment } from '../base/platform.ts'
import type { GitHub, Repository } from './client.ts'
import { type GrayAction, may, type Role, type RoleRules, rolesOf } from './roles.ts'

export interface Permit {
  /** Login. */
  readonly by: string
  readonly roles: readonly Role[]
}

/** Who started this attempt of the run; a re-run counts for who asked for it. */
export const actorOf = (env: Environment): string | undefined =>
  [env['GITHUB_TRIGGERING_ACTOR'], env['GITHUB_ACTOR']].find((name) => name !== undefined && name !== '')

/**
 * Whether who started the run may do something.
 *
 * @throws PipelineError gate `role-forbidden`
 */
export async function permit(
  action: GrayAction,
  rules: RoleRules,
  { github, repository }: { readonly github: GitHub; readonly repository: Repository },
  act: { readonly env: Environment; readonly signal: AbortSignal },
): Promise<Permit> {
  const by = actorOf(act.env)
  const roles = by === undefined ? [] : await rolesOf(github, repository, rules, by, act.signal)
  if (by !== undefined && may(roles, action)) return { by, roles }
  throw gateError({
    code: 'role-forbidden',
    what: `${by === undefined ? 'nobody known' : `@${by}`} may not ${action.replaceAll('-', ' ')} here`,
    cause:
      by === undefined
        ? 'who started the run is not known'
        : `the roles are: ${roles.length === 0 ? 'none' : roles.join(', ')}`,
    fix: 'let somebody with the role start it, or change who has it (the input deployers, or the access to the repository)',
  })
}
