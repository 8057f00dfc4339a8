/** Every request of ours, and every answer we are tested with, against GitHub's published OpenAPI description. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import type { GitHub } from '../../src/github/client.ts'
import { addStatus, ensureDeployment, findDeployment, lastStatus } from '../../src/github/deployments.ts'
import { commentsOf, ensureIssue, findIssue, updateIssue } from '../../src/github/issues.ts'
import { changeOf } from '../../src/github/reviews.ts'
import { inTeam, permissionOf } from '../../src/github/roles.ts'
import { findRun, runReviews } from '../../src/github/runs.ts'
import {
  CommentApprover,
  EnvironmentApprover,
  EveryApprover,
  ReviewApprover,
} from '../../src/gray/github-approvals.ts'
import { DeploymentMirror } from '../../src/gray/github-mirror.ts'
import { runStateOf } from '../../src/gray/github-run-state.ts'
import { clientOf, releaseOf } from '../support/github-act.ts'
import { GitHubDouble } from '../support/github-double.ts'
import { testAct, type TestAct } from '../support/registry-act.ts'

let double: GitHubDouble
let act: TestAct
let github: GitHub
const repository = { owner: 'acme', repo: 'shop' }
const { signal } = new AbortController()

beforeEach(async () => {
  double = await GitHubDouble.start()
  act = testAct()
  github = clientOf(double, act)
})

// close() throws when a request or an answer was not as published.
afterEach(async () => {
  await double.close()
  await act.http.close()
})

describe('the double', () => {
  const violated = async (call: () => Promise<unknown>): Promise<string> => {
    await call().catch(() => undefined)
    return double.violations.splice(0).join('\n')
  }

  it.each([
    ['an unknown path', () => github.get('/repos/acme/shop/gates', signal), 'no such path'],
    [
      'a body without a required field',
      () => github.send('POST', '/repos/acme/shop/deployments', signal, { body: { environment: 'x' } }),
      "body must have required property 'ref'",
    ],
    [
      'a field that is not published',
      () =>
        github.send('POST', '/repos/acme/shop/deployments', signal, { body: { ref: 'main', colour: 'red' } }),
      'must NOT have additional properties',
    ],
    [
      'a state that is none',
      () =>
        github.send('POST', '/repos/acme/shop/deployments/1/statuses', signal, { body: { state: 'fine' } }),
      'must be equal to one of the allowed values',
    ],
    [
      'a path parameter of a wrong type',
      () => github.get('/repos/acme/shop/actions/runs/one', signal),
      'must be integer',
    ],
    [
      'a query that is not published',
      () => github.get('/repos/acme/shop/deployments', signal, { query: { colour: 'red' } }),
      'query colour is not known',
    ],
  ])('refuses %s', async (_, call, message) => {
    expect(await violated(call)).toContain(message)
  })

  it('refuses its own answers when they are not as published', async () => {
    double.addRun(1, { actor: 'mona' })
    const run = double.runs.get('1')
    expect(run).toBeDefined()
    if (run !== undefined) run['head_sha'] = 7
    expect(await violated(() => github.get('/repos/acme/shop/actions/runs/1', signal))).toContain(
      'head_sha must be string',
    )
  })
})

describe('deployments', () => {
  const wanted = {
    ref: 'main',
    environment: 'production',
    production: true,
    description: 'gray release',
    payload: { release: 'r-1' },
  }

  it('are made once and found again by the release', async () => {
    const made = await ensureDeployment(github, repository, wanted, signal)
    const again = await ensureDeployment(github, repository, wanted, signal)
    expect(again.id).toBe(made.id)
    expect(double.deployments).toHaveLength(1)
    expect(double.seen.find(({ method }) => method === 'POST')?.body).toMatchObject({
      auto_merge: false,
      required_contexts: [],
      payload: { release: 'r-1' },
    })
    expect(await findDeployment(github, repository, 'production', 'r-2', signal)).toBeUndefined()
  })

  it('are found on a later page', async () => {
    double.pageSize = 2
    await ensureDeployment(github, repository, wanted, signal)
    for (let i = 0; i < 5; i++)
      await ensureDeployment(github, repository, { ...wanted, payload: { release: `other-${i}` } }, signal)
    expect((await findDeployment(github, repository, 'production', 'r-1', signal))?.payload).toMatchObject({
      release: 'r-1',
    })
  })

  it('is not made twice when the answer was lost', async () => {
    double.fail({ when: ({ method }) => method === 'POST', status: 'cut', carriedOut: true })
    const made = await ensureDeployment(github, repository, wanted, signal)
    expect(double.deployments.map((one) => one['id'])).toEqual([made.id])
  })

  it('takes statuses of 140 characters', async () => {
    const { id } = await ensureDeployment(github, repository, wanted, signal)
    await addStatus(github, repository, id, { state: 'in_progress', description: 'ä'.repeat(300) }, signal)
    expect(Array.from((await lastStatus(github, repository, id, signal))?.description ?? '')).toHaveLength(
      140,
    )
  })
})

describe('the mirror', () => {
  const mirrorOf = (head?: { seq: number; hash: string }): DeploymentMirror =>
    new DeploymentMirror(github, repository, { ref: 'main', production: true, auditHead: () => head }, act)
  const told = (): unknown[] =>
    [...double.statuses.values()].flat().map((one) => [one['state'], one['description']])

  it('tells each change once, also after another process has taken over', async () => {
    const first = releaseOf({ phase: 'observing', step: 0, observed: 5, intended: 5, reason: 'warmed up' })
    const mirror = mirrorOf()
    await mirror.update(first, signal)
    await mirror.update(first, signal)
    await mirrorOf().update(first, signal)
    await mirrorOf().update(
      releaseOf({ phase: 'rolled-back', observed: 0, reason: '5xx at least 2.1 %' }),
      signal,
    )
    expect(double.deployments).toHaveLength(1)
    expect(told()).toEqual([
      ['in_progress', '5 % (step 1 of 3) observing: warmed up'],
      ['failure', 'rolled back: 5xx at least 2.1 %'],
    ])
  })

  it('pins the head of the audit whole, however long the reason is', async () => {
    const hash = 'c'.repeat(64)
    await mirrorOf({ seq: 123, hash }).update(
      releaseOf({ phase: 'done', reason: 'the new version '.repeat(20) }),
      signal,
    )
    const [[state, description] = []] = told() as [string, string][]
    expect(state).toBe('success')
    expect(description).toMatch(new RegExp(`^done: the new version .*… \\[audit 123 ${hash}\\]$`))
    expect(description?.length).toBeLessThanOrEqual(140)
  })

  it('retires the deployment it replaces, which GitHub does not do for production', async () => {
    await mirrorOf().update(releaseOf({ phase: 'done' }, { id: 'r-1' }), signal)
    await mirrorOf().update(releaseOf({ phase: 'rolled-back' }, { id: 'r-2' }), signal)
    await mirrorOf().update(releaseOf({ phase: 'done' }, { id: 'r-3' }), signal)
    const states = double.deployments.map((one) =>
      (double.statuses.get(one['id'] as number) ?? []).map((status) => status['state']),
    )
    expect(states).toEqual([['success', 'inactive'], ['failure'], ['success']])
  })

  it('never stops a release', async () => {
    double.fail({
      when: () => true,
      status: 403,
      body: { message: 'Resource not accessible by integration' },
    })
    await mirrorOf().update(releaseOf({ phase: 'observing' }), signal)
    expect(act.lines.join('\n')).toContain('"deployments: read"')
  })
})

describe('run state', () => {
  it.each([
    ['going', { status: 'in_progress' }, 1, 'running'],
    ['waiting for a reviewer', { status: 'waiting' }, 1, 'running'],
    ['over', { status: 'completed', conclusion: 'cancelled' }, 1, 'completed'],
    ['run again', { status: 'in_progress', attempt: 2 }, 1, 'completed'],
  ])('%s', async (_, run, attempt, state) => {
    double.addRun(4711, { actor: 'mona', ...run })
    const asked = { repository: 'acme/shop', id: '4711', attempt, url: 'https://x/' }
    expect(await runStateOf(github, act.log)(asked, signal)).toBe(state)
  })

  it('is unknown for a run that is gone', async () => {
    const asked = { repository: 'acme/shop', id: '4711', attempt: 1, url: 'https://x/' }
    expect(await runStateOf(github, act.log)(asked, signal)).toBe('unknown')
  })
})

const HELD = releaseOf({ phase: 'holding', step: 1, heldAt: 'observing', observed: 50, intended: 50 })

function people(): void {
  double.addUser({ login: 'mona', role: 'write' })
  double.addUser({ login: 'hubot', role: 'maintain' })
  double.addUser({ login: 'Lee', role: 'admin' })
  double.addUser({ login: 'reader', role: 'read' })
  double.addUser({ login: 'starter', role: 'admin' })
  double.addUser({ login: 'author', role: 'write' })
  double.addUser({ login: 'custom', role: 'release-captain' })
  double.addUser({ login: 'renovate[bot]', type: 'Bot', role: 'write' })
  double.commits.push({ sha: 'f'.repeat(40), author: 'author', paths: ['main.go'] })
  double.addRun(4711, { actor: 'starter', sha: 'f'.repeat(40) })
}

describe('approval by environments', () => {
  const approver = (environments: string[] = [], minimum = 2): EnvironmentApprover =>
    new EnvironmentApprover({ github, log: act.log }, { environments, minimum })

  it('needs different people', async () => {
    people()
    double.addApproval(4711, 'mona', 'prod-1')
    double.addApproval(4711, 'MONA', 'prod-2')
    expect(await approver().answer(HELD, signal)).toMatchObject({
      kind: 'waiting',
      detail: expect.stringContaining('1 of 2 approvals'),
    })
    double.addApproval(4711, 'hubot', 'prod-2')
    expect(await approver().answer(HELD, signal)).toEqual({ kind: 'approved', by: ['MONA', 'hubot'] })
  })

  it.each([
    ['starter', 'starter started the run'],
    ['author', 'author wrote the released commit'],
  ])('does not count %s', async (login, why) => {
    people()
    double.addApproval(4711, 'mona', 'prod-1')
    double.addApproval(4711, login, 'prod-2')
    const answer = await approver().answer(HELD, signal)
    expect(answer).toMatchObject({ kind: 'waiting', detail: expect.stringContaining(why) })
  })

  it('counts the named environments alone', async () => {
    people()
    double.addApproval(4711, 'mona', 'staging')
    double.addApproval(4711, 'hubot', 'prod-2')
    expect((await approver(['prod-1', 'prod-2']).answer(HELD, signal)).kind).toBe('waiting')
  })

  it('takes a rejection', async () => {
    people()
    double.addApproval(4711, 'mona', 'prod-1')
    double.addApproval(4711, 'hubot', 'prod-1', 'rejected')
    expect(await approver().answer(HELD, signal)).toEqual({ kind: 'rejected', by: 'hubot' })
  })
})

describe('approval by reviews of the configuration', () => {
  const approver = (): ReviewApprover =>
    new ReviewApprover({ github, log: act.log }, { repository, path: 'gray.yml', sha: 'main', minimum: 2 })
  const head = 'a'.repeat(40)

  beforeEach(() => {
    people()
    double.commits.push({ sha: 'c'.repeat(40), author: 'author', paths: ['gray.yml'], pull: 7 })
    double.pulls.set(7, { author: 'author', head, merged: true, reviews: [], commits: ['author', 'Lee'] })
  })

  it('needs two approvals of the head by people who wrote none of it', async () => {
    double.addReview(7, 'mona', 'APPROVED', head)
    double.addReview(7, 'mona', 'COMMENTED', head)
    double.addReview(7, 'author', 'APPROVED', head)
    double.addReview(7, 'Lee', 'APPROVED', head)
    double.addReview(7, 'reader', 'APPROVED', head)
    double.addReview(7, 'hubot', 'APPROVED', 'b'.repeat(40))
    const waiting = await approver().answer(HELD, signal)
    expect(waiting).toMatchObject({ kind: 'waiting' })
    expect(JSON.stringify(waiting)).toMatch(/1 of 2 approvals \(mona\).*Lee wrote a part.*reader has no role/)
    double.addReview(7, 'hubot', 'APPROVED', head)
    expect(await approver().answer(HELD, signal)).toEqual({ kind: 'approved', by: ['mona', 'hubot'] })
  })

  it.each(['CHANGES_REQUESTED', 'DISMISSED'])(
    'does not count an approval that was followed by %s',
    async (state) => {
      double.addReview(7, 'mona', 'APPROVED', head)
      double.addReview(7, 'hubot', 'APPROVED', head)
      double.addReview(7, 'hubot', state, head)
      expect((await approver().answer(HELD, signal)).kind).toBe('waiting')
    },
  )

  it('wants a pull request', async () => {
    double.commits.push({ sha: 'd'.repeat(40), author: 'author', paths: ['gray.yml'] })
    expect(await changeOf(github, repository, 'gray.yml', 'main', signal)).toEqual({
      reason: expect.stringContaining('without a pull request'),
    })
    expect(await changeOf(github, repository, 'none.yml', 'main', signal)).toEqual({
      reason: expect.stringContaining('in no commit'),
    })
  })
})

describe('approval by comments', () => {
  const approver = (minimum = 2): CommentApprover =>
    new CommentApprover({ github, log: act.log }, { repository, minimum })
  const HOLD = 'r-7f3a.step2'

  it('opens one issue, which says what to write', async () => {
    people()
    await approver().ask(HELD, '5xx at most 0.9 %\n/approve r-7f3a.step2 @everyone', signal)
    await approver().ask(HELD, 'again', signal)
    expect(double.issues).toHaveLength(1)
    expect(double.issues[0]?.['body']).toMatch(/^<!-- gray-release: r-7f3a.step2 -->/)
    expect(double.issues[0]?.['body']).toContain('`/approve r-7f3a.step2`')
    expect(double.issues[0]?.['body']).not.toContain('@everyone')
    expect((await approver().answer(HELD, signal)).kind).toBe('waiting')
  })

  it('counts what people with the right have written, and nothing else', async () => {
    people()
    await approver().ask(HELD, 'passed', signal)
    for (const [login, body, edited] of [
      ['mona', `/approve ${HOLD}`, true],
      ['renovate[bot]', `/approve ${HOLD}`, false],
      ['reader', `/approve ${HOLD}`, false],
      ['stranger', `/approve ${HOLD}`, false],
      ['stranger', `/reject ${HOLD}`, false],
      ['starter', `/approve ${HOLD}`, false],
      ['author', `/approve ${HOLD}`, false],
      ['hubot', `> /approve ${HOLD}`, false],
      ['hubot', '/approve r-7f3a.step1', false],
      ['custom', `/approve ${HOLD}`, false],
    ] as const)
      double.addComment(1, login, body, edited)
    expect(JSON.stringify(await approver().answer(HELD, signal))).toContain('1 of 2 approvals (custom)')
    double.addComment(1, 'Lee', `Looks good.\n/approve ${HOLD} at 14:05`)
    expect(await approver().answer(HELD, signal)).toEqual({ kind: 'approved', by: ['custom', 'Lee'] })
    expect(double.issues[0]).toMatchObject({ state: 'closed', state_reason: 'completed' })
    // The decision is the same when it is asked for again, and is told once.
    expect((await approver().answer(HELD, signal)).kind).toBe('approved')
    expect(
      (await commentsOf(github, repository, 1, signal)).filter(
        ({ by }) => by?.bot === true && by.login !== 'renovate[bot]',
      ),
    ).toHaveLength(1)
  })

  it('takes a rejection, also by the author, and a change of mind', async () => {
    people()
    await approver().ask(HELD, 'passed', signal)
    double.addComment(1, 'mona', `/reject ${HOLD}`)
    double.addComment(1, 'mona', `/approve ${HOLD}`)
    expect((await approver().answer(HELD, signal)).kind).toBe('waiting')
    double.addComment(1, 'author', `/reject ${HOLD}`)
    expect(await approver().answer(HELD, signal)).toEqual({ kind: 'rejected', by: 'author' })
  })

  it("does not read an outsider's look-alike", async () => {
    people()
    const copy = double.addIssue('stranger', 'Approve', `<!-- gray-release: ${HOLD} -->`, [
      'gray-release-approval',
    ])
    expect(
      await findIssue(github, repository, HOLD, { label: 'gray-release-approval' }, signal),
    ).toBeUndefined()
    double.addComment(copy, 'mona', `/approve ${HOLD}`)
    expect(await approver(1).answer(HELD, signal)).toMatchObject({
      kind: 'waiting',
      detail: expect.stringContaining('nobody was asked'),
    })
  })

  it('reads comments on every page', async () => {
    people()
    double.pageSize = 2
    await approver().ask(HELD, 'passed', signal)
    for (let i = 0; i < 5; i++) double.addComment(1, 'reader', `note ${i}`)
    double.addComment(1, 'mona', `/approve ${HOLD}`)
    expect(await approver(1).answer(HELD, signal)).toEqual({ kind: 'approved', by: ['mona'] })
  })

  it('can be one of several', async () => {
    people()
    await approver(1).ask(HELD, 'passed', signal)
    const every = new EveryApprover([
      approver(1),
      new EnvironmentApprover({ github, log: act.log }, { environments: [], minimum: 1 }),
    ])
    double.addComment(1, 'mona', `/approve ${HOLD}`)
    expect((await every.answer(HELD, signal)).kind).toBe('waiting')
    double.addApproval(4711, 'mona', 'prod')
    expect(await every.answer(HELD, signal)).toEqual({ kind: 'approved', by: ['mona'] })
    expect((await new EveryApprover([]).answer(HELD, signal)).kind).toBe('waiting')
  })
})

describe('people', () => {
  it.each([
    ['mona', 'write'],
    ['hubot', 'maintain'],
    ['Lee', 'admin'],
    ['reader', 'read'],
    // A role of the organization's own, built on write.
    ['custom', 'write'],
    ['stranger', 'none'],
  ])('%s has %s', async (login, permission) => {
    people()
    expect(await permissionOf(github, repository, login, signal)).toBe(permission)
  })

  it('tells a team that cannot be seen from a person who is not in it', async () => {
    double.teams.set('acme/release', { members: ['mona'] })
    double.teams.set('acme/secret', { members: ['mona'], hidden: true })
    expect(await inTeam(github, { org: 'acme', team: 'release' }, 'Mona', signal)).toBe(true)
    expect(await inTeam(github, { org: 'acme', team: 'release' }, 'hubot', signal)).toBe(false)
    await expect(inTeam(github, { org: 'acme', team: 'secret' }, 'mona', signal)).rejects.toThrow(
      'members: read',
    )
  })

  it('reads runs and their reviews', async () => {
    people()
    double.addApproval(4711, 'mona', 'prod-1')
    expect(await findRun(github, repository, '4711', signal)).toMatchObject({
      actor: { login: 'starter', bot: false },
      attempt: 1,
    })
    expect(await runReviews(github, repository, '4711', signal)).toEqual([
      { state: 'approved', by: { login: 'mona', bot: false }, environments: ['prod-1'], comment: '' },
    ])
  })
})

describe('issues', () => {
  it('are opened once, also when the answer was lost, and can be closed', async () => {
    double.fail({ when: ({ method }) => method === 'POST', status: 502, carriedOut: true })
    const wanted = {
      title: 'x'.repeat(300),
      body: 'y'.repeat(70_000),
      labels: ['gray-release'],
      marker: 'production--r1',
    }
    const { issue } = await ensureIssue(github, repository, wanted, signal)
    await updateIssue(
      github,
      repository,
      issue.number,
      { state: 'closed', state_reason: 'completed' },
      signal,
    )
    expect(double.issues).toHaveLength(1)
    expect(double.issues[0]).toMatchObject({ state: 'closed' })
    expect(
      await findIssue(github, repository, 'production--r1', { label: 'gray-release', state: 'open' }, signal),
    ).toBeUndefined()
  })
})
