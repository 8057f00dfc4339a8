import { describe, expect, it } from '@jest/globals'
import { eventFacts, factsOf, webUrl } from '../../../src/project/event.ts'

const COMMIT = '860c1904a1ce19322e91ac35af1ab07466440c37'
const base = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SHA: COMMIT,
  GITHUB_REPOSITORY: 'acme/hello',
  GITHUB_SERVER_URL: 'https://github.com/',
  GITHUB_RUN_ID: '42',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_ACTOR: 'ann',
}
const repository = {
  full_name: 'acme/hello',
  default_branch: 'trunk',
  description: 'Says hello',
  license: { spdx_id: 'MIT' },
}

describe('event facts', () => {
  it('of a push tell the branch, the time of the commit, the run and the repository', () => {
    const facts = factsOf(
      { ...base, GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/trunk' },
      { repository, head_commit: { id: COMMIT, timestamp: '2026-03-04T05:06:07+02:00' } },
    )
    expect(facts).toEqual({
      name: 'push',
      ref: 'refs/heads/trunk',
      sha: COMMIT,
      fork: false,
      defaultBranch: 'trunk',
      commitTime: Date.UTC(2026, 2, 4, 3, 6, 7) / 1000,
      runId: '42',
      runAttempt: 2,
      actor: 'ann',
      repository: 'acme/hello',
      serverUrl: 'https://github.com',
      runUrl: 'https://github.com/acme/hello/actions/runs/42',
      description: 'Says hello',
      license: 'MIT',
    })
  })

  it('of another commit than the one checked out do not tell its time', () => {
    const facts = factsOf(
      { ...base, GITHUB_EVENT_NAME: 'push' },
      { head_commit: { id: 'f'.repeat(40), timestamp: '2026-03-04T05:06:07Z' } },
    )
    expect(facts.commitTime).toBeUndefined()
  })

  it('of a pushed tag tell the branch it was on', () => {
    const facts = factsOf(
      { ...base, GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/tags/v1.2.3' },
      { repository, base_ref: 'refs/heads/trunk' },
    )
    expect(facts).toMatchObject({ ref: 'refs/tags/v1.2.3', baseRef: 'trunk' })
  })

  it.each([
    ['the same repository', 'acme/hello', false],
    ['the same repository in other letters', 'Acme/Hello', false],
    ['a fork', 'mallory/hello', true],
    ['a deleted fork', undefined, true],
  ])('of a pull request from %s: fork is %s', (_, head, fork) => {
    const facts = factsOf(
      {
        ...base,
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_REF: 'refs/pull/7/merge',
        GITHUB_BASE_REF: 'trunk',
      },
      {
        repository,
        number: 7,
        pull_request: {
          number: 7,
          head: { ref: 'feature', repo: head === undefined ? null : { full_name: head } },
          base: { ref: 'trunk' },
        },
      },
    )
    expect(facts).toMatchObject({
      prNumber: 7,
      baseRef: 'trunk',
      headRef: 'feature',
      fork,
      ref: 'refs/pull/7/merge',
    })
  })

  it('of pull_request_target name the pull request, though the runner names the base branch', () => {
    const facts = factsOf(
      { ...base, GITHUB_EVENT_NAME: 'pull_request_target', GITHUB_REF: 'refs/heads/trunk' },
      { repository, pull_request: { number: 9, head: { repo: { full_name: 'mallory/hello' } } } },
    )
    expect(facts).toMatchObject({ ref: 'refs/pull/9/merge', prNumber: 9, fork: true })
  })

  it('of workflow_run see the fork behind it', () => {
    const facts = factsOf(
      { ...base, GITHUB_EVENT_NAME: 'workflow_run', GITHUB_REF: 'refs/heads/trunk' },
      { repository, workflow_run: { head_repository: { full_name: 'mallory/hello' } } },
    )
    expect(facts.fork).toBe(true)
  })

  it('of a schedule keep the cron line; NOASSERTION is no licence', () => {
    const facts = factsOf(
      { ...base, GITHUB_EVENT_NAME: 'schedule', GITHUB_REF: 'refs/heads/trunk' },
      { schedule: '0 3 * * *', repository: { ...repository, license: { spdx_id: 'NOASSERTION' } } },
    )
    expect(facts.schedule).toBe('0 3 * * *')
    expect(facts.license).toBeUndefined()
  })

  it('are small and harmless on a laptop', async () => {
    expect(await eventFacts({})).toEqual({ name: 'local', ref: '', fork: false })
  })

  it.each([
    ['broken JSON', '{"a":'],
    ['an empty file', ''],
    ['a list', '[1,2]'],
    ['null', 'null'],
    ['other shapes', '{"pull_request":3,"repository":"x","commits":{"a":1},"head_commit":null}'],
  ])('survive a payload that is %s', async (_, payload) => {
    const facts = await eventFacts(
      { ...base, GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/x', GITHUB_EVENT_PATH: '/event.json' },
      () => Promise.resolve(payload),
    )
    expect(facts).toMatchObject({ name: 'push', ref: 'refs/heads/x', sha: COMMIT })
  })

  it('say why the payload could not be read', async () => {
    const facts = await eventFacts({ ...base, GITHUB_EVENT_PATH: '/event.json' }, () => Promise.resolve('{'))
    expect(facts.problem).toContain('GITHUB_EVENT_PATH')
  })
})

describe('the web address of a remote', () => {
  it.each([
    ['https://github.com/acme/hello.git', 'https://github.com/acme/hello'],
    ['https://x-access-token:ghs_secret@github.com/acme/hello', 'https://github.com/acme/hello'],
    ['git@github.com:acme/hello.git', 'https://github.com/acme/hello'],
    ['github.com:acme/hello', 'https://github.com/acme/hello'],
    ['ssh://git@git.example.org:2222/acme/hello.git/', 'https://git.example.org/acme/hello'],
    ['git://git.example.org/acme/hello.git', 'https://git.example.org/acme/hello'],
    ['http://gitea.local:3000/acme/hello.git', 'http://gitea.local:3000/acme/hello'],
    ['https://git.example.org:8443/acme/hello.git', 'https://git.example.org:8443/acme/hello'],
    ['/srv/git/hello.git', undefined],
    ['../hello', undefined],
    [String.raw`C:\src\hello`, undefined],
    ['C:/src/hello', undefined],
    ['file:///srv/git/hello.git', undefined],
    ['', undefined],
  ])('%s → %s', (remote, expected) => {
    expect(webUrl(remote)).toBe(expected)
  })
})
