import { describe, expect, it } from '@jest/globals'
import { standingReviews } from '../../../src/github/reviews.ts'
import { shortDescription } from '../../../src/github/deployments.ts'
import {
  atLeast,
  DEFAULT_RULES,
  type GrayAction,
  may,
  parseMember,
  type Role,
  rolesOf,
} from '../../../src/github/roles.ts'
import { clientOf } from '../../support/github-act.ts'
import { GitHubDouble } from '../../support/github-double.ts'
import { testAct } from '../../support/registry-act.ts'

describe('who may do what', () => {
  const table: [GrayAction, boolean, boolean, boolean][] = [
    // action, developer, pipeline-admin, auditor
    ['start', true, true, false],
    ['approve', true, true, false],
    ['reject', true, true, false],
    ['roll-back', true, true, false],
    ['promote-early', false, true, false],
    ['skip-gate', false, true, false],
    ['change-settings', false, true, false],
    ['read-audit', true, true, true],
    ['verify-audit', false, true, true],
  ]
  it.each(table)('%s', (action, developer, admin, auditor) => {
    const roles: Role[] = ['developer', 'pipeline-admin', 'auditor']
    expect(roles.map((role) => may(role, action))).toEqual([developer, admin, auditor])
    expect(may([], action)).toBe(false)
    expect(may(roles, action)).toBe(true)
  })

  it.each([
    ['admin', 'write', true],
    ['write', 'write', true],
    ['triage', 'write', false],
    ['none', 'read', false],
  ] as const)('%s is at least %s: %s', (has, needed, answer) => {
    expect(atLeast(has, needed)).toBe(answer)
  })

  it.each([
    ['@acme/release-admins', { kind: 'team', org: 'acme', team: 'release-admins' }],
    ['@mona', { kind: 'user', login: 'mona' }],
    ['permission:maintain', { kind: 'permission', permission: 'maintain' }],
    ['permission:none', { code: 'bad-member' }],
    ['permission:owner', { code: 'bad-member' }],
    ['mona', { code: 'bad-member' }],
    ['@acme/', { code: 'bad-member' }],
  ])('member %s', (text, member) => {
    expect(parseMember(text)).toMatchObject(member)
  })

  it('asks GitHub by the rules', async () => {
    const double = await GitHubDouble.start()
    const act = testAct()
    const github = clientOf(double, act)
    const repository = double.repository
    const { signal } = act
    double.addUser({ login: 'mona', role: 'write' })
    double.addUser({ login: 'boss', role: 'admin' })
    double.teams.set('acme/audit', { members: ['ann'] })
    expect(await rolesOf(github, repository, DEFAULT_RULES, 'mona', signal)).toEqual(['developer'])
    expect(await rolesOf(github, repository, DEFAULT_RULES, 'boss', signal)).toEqual([
      'developer',
      'pipeline-admin',
    ])
    expect(await rolesOf(github, repository, DEFAULT_RULES, 'ann', signal)).toEqual([])
    const rules = {
      developer: [],
      'pipeline-admin': [{ kind: 'user', login: 'MONA' }],
      auditor: [{ kind: 'team', org: 'acme', team: 'audit' }],
    } as const
    expect(await rolesOf(github, repository, rules, 'mona', signal)).toEqual(['pipeline-admin'])
    expect(await rolesOf(github, repository, rules, 'ann', signal)).toEqual(['auditor'])
    await double.close()
    await act.http.close()
  })
})

describe('standing reviews', () => {
  const review = (by: string, state: string, commit = 'head', bot = false) => ({
    by,
    state,
    commit,
    bot,
    at: '',
  })
  it.each([
    ['one approval', [review('a', 'APPROVED')], ['a'], []],
    ['a comment after it', [review('a', 'APPROVED'), review('a', 'COMMENTED')], ['a'], []],
    ['an approval of an older head', [review('a', 'APPROVED', 'old')], [], []],
    ['an approval taken back', [review('a', 'APPROVED'), review('A', 'CHANGES_REQUESTED')], [], ['A']],
    ['changes made', [review('a', 'CHANGES_REQUESTED', 'old'), review('a', 'APPROVED')], ['a'], []],
    ['changes asked for, then a new head', [review('a', 'CHANGES_REQUESTED', 'old')], [], ['a']],
    ['a dismissal', [review('a', 'APPROVED'), review('a', 'DISMISSED')], [], []],
    ['a bot', [review('a', 'APPROVED', 'head', true)], [], []],
  ])('%s', (_, reviews, approved, refused) => {
    expect(standingReviews(reviews, 'head')).toEqual({ approved, refused })
  })
})

describe('descriptions', () => {
  it.each([
    ['short', 'short'],
    ['two\n lines', 'two lines'],
    ['x'.repeat(140), 'x'.repeat(140)],
    ['x'.repeat(141), `${'x'.repeat(139)}…`],
    ['word '.repeat(40), `${'word '.repeat(27).trim()}…`],
    ['😀'.repeat(200), `${'😀'.repeat(139)}…`],
  ])('%s', (text, description) => {
    expect(shortDescription(text)).toBe(description)
  })
})
