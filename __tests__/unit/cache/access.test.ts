import { describe, expect, it } from '@jest/globals'
import { cacheAccess, cacheService, mayWrite } from '../../../src/cache/access.ts'

const pull = (head: string | null, base = 'acme/app'): unknown => ({
  pull_request: {
    head: { repo: head === null ? null : { full_name: head } },
    base: { repo: { full_name: base } },
  },
  repository: { default_branch: 'main' },
})
const push = { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main' }
const repository = { repository: { default_branch: 'main' } }

describe('who may save', () => {
  it.each<[string, Record<string, string>, unknown, boolean]>([
    ['a push', push, repository, true],
    ['a push without payload', push, undefined, true],
    ['a schedule', { ...push, GITHUB_EVENT_NAME: 'schedule' }, repository, true],
    ['a person', { ...push, GITHUB_EVENT_NAME: 'workflow_dispatch' }, repository, true],
    ['a tag', { ...push, GITHUB_REF: 'refs/tags/v1.0.0' }, repository, false],
    [
      'a tag by its type',
      { GITHUB_EVENT_NAME: 'workflow_dispatch', GITHUB_REF_TYPE: 'tag' },
      repository,
      false,
    ],
    ['a release', { ...push, GITHUB_EVENT_NAME: 'release' }, repository, false],
    ['a pull request of the same repository', { GITHUB_EVENT_NAME: 'pull_request' }, pull('Acme/app'), true],
    ['a pull request of a fork', { GITHUB_EVENT_NAME: 'pull_request' }, pull('eve/app'), false],
    ['a pull request of a deleted fork', { GITHUB_EVENT_NAME: 'pull_request' }, pull(null), false],
    ['a pull request without payload', { GITHUB_EVENT_NAME: 'pull_request' }, undefined, false],
    [
      'Dependabot',
      { GITHUB_EVENT_NAME: 'pull_request', GITHUB_ACTOR: 'dependabot[bot]' },
      pull('acme/app'),
      false,
    ],
    ['pull_request_target', { ...push, GITHUB_EVENT_NAME: 'pull_request_target' }, pull('acme/app'), false],
    ['issue_comment', { ...push, GITHUB_EVENT_NAME: 'issue_comment' }, repository, false],
    ['workflow_run', { ...push, GITHUB_EVENT_NAME: 'workflow_run' }, repository, false],
    ['merge_group', { ...push, GITHUB_EVENT_NAME: 'merge_group' }, repository, false],
    ['an event of the future', { ...push, GITHUB_EVENT_NAME: 'teleport' }, repository, false],
    ['an unknown start', {}, repository, false],
  ])('%s', (_, env, event, expected) => {
    expect(mayWrite(env, 'auto', event)).toBe(expected)
    const access = cacheAccess(env, 'auto', event)
    expect(access.read).toBe(true)
    expect(access.reason === undefined).toBe(expected)
  })

  it.each<['auto' | 'read' | 'off', string | undefined, boolean, boolean]>([
    ['auto', undefined, true, true],
    ['auto', '', true, true],
    ['auto', 'write', true, true],
    ['auto', 'future', true, true],
    ['auto', ' READ ', true, false],
    ['auto', 'none', false, false],
    ['auto', 'write-only', false, true],
    ['read', undefined, true, false],
    ['read', 'write-only', false, false],
    ['off', 'write', false, false],
  ])('input %s with mode %s reads: %s, writes: %s', (input, mode, read, write) => {
    const access = cacheAccess({ ...push, ACTIONS_CACHE_MODE: mode }, input, repository)
    expect([access.read, access.write]).toEqual([read, write])
    // Whatever is not done is said.
    expect(access.reason === undefined).toBe(read && write)
  })

  it.each([
    [push, repository, true],
    [{ ...push, GITHUB_REF: 'refs/heads/topic' }, repository, false],
    [{ GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/1/merge' }, pull('acme/app'), false],
    [push, undefined, true],
  ])('knows the default branch %#', (env, event, expected) => {
    expect(cacheAccess(env, 'auto', event).defaultBranch).toBe(expected)
  })

  it.each([[null], ['text'], [7], [{ repository: null }], [{ pull_request: { head: 'x' } }]])(
    'survives the payload %j',
    (event) => {
      expect(mayWrite({ GITHUB_EVENT_NAME: 'pull_request' }, 'auto', event)).toBe(false)
    },
  )
})

const v2 = { ACTIONS_CACHE_SERVICE_V2: 'true', ACTIONS_RESULTS_URL: 'https://r/', ACTIONS_RUNTIME_TOKEN: 't' }
const v1 = { ACTIONS_CACHE_URL: 'http://c/' }
it.each<[Record<string, string>, string | undefined]>([
  [{}, undefined],
  [v2, 'v2'],
  [{ ...v2, GITHUB_SERVER_URL: 'https://acme.ghe.com' }, 'v2'],
  [{ ...v2, ...v1, GITHUB_SERVER_URL: 'https://git.example' }, 'v1'],
  [{ ...v2, GITHUB_SERVER_URL: 'https://git.example' }, undefined],
  [{ ...v2, ACTIONS_RUNTIME_TOKEN: '' }, undefined],
  [{ ...v2, ACTIONS_RESULTS_URL: '' }, undefined],
  [v1, 'v1'],
  [{ ...v1, GITHUB_SERVER_URL: 'not a url' }, 'v1'],
])('finds the cache service of %j: %s', (env, expected) => {
  expect(cacheService(env)).toBe(expected)
})
