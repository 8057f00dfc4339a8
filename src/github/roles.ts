import { environmentError, type Problem } from '../base/errors.ts'
import { maybeText, sameLogin } from './answers.ts'
import { type GitHub, type Repository, route } from './client.ts'

/** `auditor` reads what happened and proves it; he decides nothing, so that he can be asked about others' decisions. */
export type Role = 'developer' | 'pipeline-admin' | 'auditor'

export type GrayAction =
  | 'start'
  | 'approve'
  | 'reject'
  | 'roll-back'
  | 'promote-early'
  | 'skip-gate'
  | 'change-settings'
  | 'read-audit'
  | 'verify-audit'

/**
 * Who may do what. Going back is open to everybody who can start, because in an incident nobody should be looked for; what
 * weakens a gate is for the pipeline's admins alone.
 */
const RIGHTS: Readonly<Record<Role, readonly GrayAction[]>> = {
  developer: ['start', 'approve', 'reject', 'roll-back', 'read-audit'],
  'pipeline-admin': [
    'start',
    'approve',
    'reject',
    'roll-back',
    'promote-early',
    'skip-gate',
    'change-settings',
    'read-audit',
    'verify-audit',
  ],
  auditor: ['read-audit', 'verify-audit'],
}

/** Whether one of somebody's roles allows an action. */
export const may = (roles: Role | readonly Role[], action: GrayAction): boolean =>
  (typeof roles === 'string' ? [roles] : roles).some((role) => RIGHTS[role].includes(action))

/** Repository permissions from the least to the most (GitHub's `role_name`). */
export const PERMISSIONS = ['none', 'read', 'triage', 'write', 'maintain', 'admin'] as const
export type Permission = (typeof PERMISSIONS)[number]

export const atLeast = (has: Permission, needed: Permission): boolean =>
  PERMISSIONS.indexOf(has) >= PERMISSIONS.indexOf(needed)

/** `@org/team`, `@user`, or everybody with a repository permission. */
export type Member =
  | { readonly kind: 'team'; readonly org: string; readonly team: string }
  | { readonly kind: 'user'; readonly login: string }
  | { readonly kind: 'permission'; readonly permission: Permission }

export type RoleRules = Readonly<Record<Role, readonly Member[]>>

/** Without rules of its own a repository uses its permissions: write is a developer's, maintain and admin are an admin's. */
export const DEFAULT_RULES: RoleRules = {
  developer: [{ kind: 'permission', permission: 'write' }],
  'pipeline-admin': [{ kind: 'permission', permission: 'maintain' }],
  auditor: [],
}

/** One member as people write it: `@acme/release-admins`, `@mona`, `permission:maintain`. */
export function parseMember(text: string): Member | Problem {
  const team = /^@([A-Za-z0-9-]+)\/([A-Za-z0-9_.-]+)$/.exec(text)
  if (team !== null) return { kind: 'team', org: team[1] ?? '', team: team[2] ?? '' }
  const user = /^@([A-Za-z0-9-]+)$/.exec(text)
  if (user !== null) return { kind: 'user', login: user[1] ?? '' }
  const permission = PERMISSIONS.find((one) => text === `permission:${one}`)
  if (permission !== undefined && permission !== 'none') return { kind: 'permission', permission }
  return {
    code: 'bad-member',
    what: `"${text}" names nobody`,
    fix: 'write @org/team, @user or permission:write (read, triage, write, maintain, admin)',
  }
}

/** A person's permission in the repository. Custom roles count as the standard one they are built on. */
export async function permissionOf(
  github: GitHub,
  { owner, repo }: Repository,
  login: string,
  signal: AbortSignal,
): Promise<Permission> {
  const value = await github.find(route`/repos/${owner}/${repo}/collaborators/${login}/permission`, signal, {
    needs: 'metadata: read',
  })
  if (value === undefined) return 'none'
  // `permission` folds maintain into write and triage into read; `role_name` is exact but may be a custom name.
  const names = [maybeText(value, 'role_name'), maybeText(value, 'permission')]
  return PERMISSIONS.find((one) => one === names[0]) ?? PERMISSIONS.find((one) => one === names[1]) ?? 'none'
}

/**
 * Whether a person is an active member of a team (or of a team below it). The workflow's own token cannot see teams: when the
 * team itself is not visible, that is told, because "not found" would else be taken for "no member".
 */
export async function inTeam(
  github: GitHub,
  { org, team }: { readonly org: string; readonly team: string },
  login: string,
  signal: AbortSignal,
): Promise<boolean> {
  const value = await github.find(route`/orgs/${org}/teams/${team}/memberships/${login}`, signal, {
    needs: 'members: read',
  })
  if (value !== undefined) return maybeText(value, 'state') === 'active'
  const visible = await github.find(route`/orgs/${org}/teams/${team}`, signal, { needs: 'members: read' })
  if (visible !== undefined) return false
  throw environmentError({
    code: 'github-team-hidden',
    what: `the token cannot see the team @${org}/${team}`,
    cause: 'the GITHUB_TOKEN of a workflow has no rights in the organization, or the team does not exist',
    fix: 'use the token of a GitHub App (or a fine-grained one) with the organization permission "members: read"',
  })
}

export async function isMember(
  github: GitHub,
  repository: Repository,
  member: Member,
  login: string,
  signal: AbortSignal,
): Promise<boolean> {
  switch (member.kind) {
    case 'user':
      return sameLogin(member.login, login)
    case 'team':
      return inTeam(github, member, login, signal)
    case 'permission':
      return atLeast(await permissionOf(github, repository, login, signal), member.permission)
  }
}

/** All roles of a person, by the rules. A listed user or team is asked before the permission, which costs a request each. */
export async function rolesOf(
  github: GitHub,
  repository: Repository,
  rules: RoleRules,
  login: string,
  signal: AbortSignal,
): Promise<Role[]> {
  const roles: Role[] = []
  for (const role of ['developer', 'pipeline-admin', 'auditor'] as const) {
    for (const member of rules[role]) {
      if (!(await isMember(github, repository, member, login, signal))) continue
      roles.push(role)
      break
    }
  }
  return roles
}
