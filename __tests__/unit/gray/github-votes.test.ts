import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { silentLog } from '../../../src/base/log.ts'
import {
  decideLocally,
  LocalApprover,
  type LocalApproverOptions,
  localUser,
} from '../../../src/gray/approvals-local.ts'
import { headIn, mirrorStatus } from '../../../src/gray/github-mirror.ts'
import { judgeRun } from '../../../src/gray/github-run-state.ts'
import { commandIn, countVotes, holdId } from '../../../src/gray/github-votes.ts'
import type { Phase } from '../../../src/gray/reducer.ts'
import { releaseOf } from '../../support/github-act.ts'

describe('holds', () => {
  it.each([
    [{ step: 0, heldAt: 'observing' }, 'r-7f3a.step1'],
    [{ step: 1, heldAt: 'observing' }, 'r-7f3a.step2'],
    [{ step: 2, heldAt: 'baking' }, 'r-7f3a.bake'],
  ] as const)('%j has a name of its own', (state, id) => {
    expect(holdId(releaseOf(state))).toBe(id)
  })
})

describe('commands', () => {
  it.each([
    ['/approve h1', 'approve'],
    ['/reject h1 too slow', 'reject'],
    ['Fine.\r\n/approve h1\r\n', 'approve'],
    ['/approve h1\n/reject h1', 'reject'],
    ['/approve h2', undefined],
    ['/approve h11', undefined],
    ['/approve', undefined],
    ['please /approve h1', undefined],
    ['> /approve h1', undefined],
    ['```\n/approve h1\n```', undefined],
    ['~~~\n/approve h1', undefined],
    ['    /approve h1', undefined],
    ['/approve h1\n```\n/reject h1\n```', 'approve'],
    ['/approved h1', undefined],
  ])('%j', (body, command) => {
    expect(commandIn(body, 'h1')).toBe(command)
  })
})

describe('votes', () => {
  const yes = (by: string) => ({ by, approves: true })
  const no = (by: string) => ({ by, approves: false })
  it.each([
    ['too few', [yes('a')], 2, 'waiting'],
    ['the same person twice', [yes('a'), yes('A')], 2, 'waiting'],
    ['two people', [yes('a'), yes('b')], 2, 'approved'],
    ['the author as one of them', [yes('a'), yes('author')], 2, 'waiting'],
    ['the author in another case', [yes('a'), yes('AUTHOR')], 2, 'waiting'],
    ['the author stopping his own', [no('author')], 1, 'rejected'],
    ['a stranger', [yes('stranger')], 1, 'waiting'],
    ['a stranger against it', [no('stranger'), yes('a')], 1, 'approved'],
    ['one against two', [yes('a'), yes('b'), no('c')], 2, 'rejected'],
    ['a change of mind', [no('a'), yes('a'), yes('b')], 2, 'approved'],
    ['nobody, with a minimum of nobody', [], 0, 'waiting'],
  ])('%s', async (_, votes, minimum, kind) => {
    const answer = await countVotes(votes, {
      minimum,
      excluded: [{ login: 'author', why: 'wrote it' }],
      refusal: (login) => Promise.resolve(login === 'stranger' ? 'is a stranger' : undefined),
      how: 'Ask.',
    })
    expect(answer.kind).toBe(kind)
  })
})

describe('the mirror', () => {
  it.each([
    ['idle', 'queued'],
    ['observing', 'in_progress'],
    ['holding', 'pending'],
    ['aborting', 'in_progress'],
    ['done', 'success'],
    ['finalise-failed', 'error'],
    ['rolled-back', 'failure'],
    ['rollback-failed', 'error'],
  ] as const)('shows %s as %s', (phase: Phase, state) => {
    expect(mirrorStatus(releaseOf({ phase })).state).toBe(state)
  })

  it('gives the pinned head back', () => {
    const head = { seq: 9, hash: '0f'.repeat(32) }
    const { description } = mirrorStatus(releaseOf({ phase: 'rolled-back', reason: 'x'.repeat(500) }), head)
    expect(headIn(description)).toEqual(head)
    expect(headIn('done: fine')).toBeUndefined()
    expect(mirrorStatus(releaseOf({ phase: 'observing' }), head).description).not.toContain('audit')
  })
})

describe('runs', () => {
  const run = {
    id: 1,
    attempt: 2,
    status: 'queued',
    conclusion: undefined,
    headSha: '',
    actor: undefined,
    triggeredBy: undefined,
  }
  it.each([
    [undefined, 1, 'unknown'],
    [run, 2, 'running'],
    [run, 1, 'completed'],
    [{ ...run, status: 'completed', conclusion: 'failure' }, 2, 'completed'],
  ])('%j attempt %s: %s', (found, attempt, state) => {
    expect(judgeRun(found, attempt).state).toBe(state)
  })
})

describe('approval on a laptop', () => {
  let folder: string
  const held = releaseOf({ phase: 'holding', step: 0, heldAt: 'observing' })
  const hold = 'r-7f3a.step1'
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-approve-'))
  })
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true })
  })
  const approver = (more: Partial<LocalApproverOptions> = {}): LocalApprover =>
    new LocalApprover({ folder, minimum: 2, host: { os: 'windows', arch: 'amd64' }, log: silentLog, ...more })
  const vote = (by: string, approves = true): Promise<void> =>
    decideLocally({ folder, hold, approves, at: 0 }, by)

  it('needs different people, none of them the one who asks', async () => {
    await expect(vote('a')).rejects.toThrow('no release waits')
    await approver().ask(held, 'why')
    expect((await approver().answer(held)).kind).toBe('waiting')
    await vote(localUser())
    await vote('a')
    expect((await approver().answer(held)).kind).toBe('waiting')
    expect(await approver({ selfApproval: true }).answer(held)).toMatchObject({ kind: 'approved' })
    await vote('b.c/d')
    expect(await approver().answer(held)).toEqual({ kind: 'approved', by: ['a', 'b.c/d'] })
    await vote('b.c/d', false)
    expect(await approver().answer(held)).toEqual({ kind: 'rejected', by: 'b.c/d' })
  })

  it('believes the owner of a file more than the name in it', async () => {
    const owners = new Map([['request.json', 1], ['a.vote.json', 2], ['b.vote.json', 2], ['c.vote.json', 1], ['d.vote.json', 3]]) // prettier-ignore
    const ownerOf = (file: string): Promise<number> =>
      Promise.resolve(owners.get(file.split(/[\\/]/).at(-1) ?? '') ?? 0)
    const on = approver({ host: { os: 'linux', arch: 'amd64' }, ownerOf })
    await on.ask(held, 'why')
    for (const by of ['a', 'b', 'c']) await vote(by)
    const answer = await on.answer(held)
    expect(answer).toMatchObject({
      kind: 'waiting',
      detail: expect.stringMatching(/1 of 2 .*c started the release/),
    })
    await vote('d')
    expect(await on.answer(held)).toEqual({ kind: 'approved', by: ['a', 'd'] })
  })

  it('does not read what it did not write', async () => {
    await approver().ask(held, 'why')
    await approver().ask(held, 'again')
    const [name = ''] = await readdir(folder)
    await writeFile(join(folder, name, 'a.vote.json'), 'not json')
    await writeFile(
      join(folder, name, 'b.vote.json'),
      JSON.stringify({ hold: 'other', by: 'b', approves: true }),
    )
    await writeFile(join(folder, name, 'c.vote.json'), JSON.stringify({ hold, by: 'd', approves: true }))
    expect(await approver({ minimum: 1 }).answer(held)).toMatchObject({ kind: 'waiting' })
  })
})
