import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { environmentError } from '../../../src/base/errors.ts'
import { type Command, type Exec, type Finished, SystemExec } from '../../../src/base/exec.ts'
import { slashes } from '../../../src/base/files.ts'
import { silentLog } from '../../../src/base/log.ts'
import { hostOf } from '../../../src/base/platform.ts'
import { gitFacts, isVersionTag, parseStatus, refOfHead } from '../../../src/project/git.ts'

const TIME = '2026-01-02T03:04:05Z'
const clean = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_DATE: TIME,
  GIT_COMMITTER_DATE: TIME,
  GIT_AUTHOR_NAME: 'A',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'A',
  GIT_COMMITTER_EMAIL: 'a@example.org',
}
const environment = { ...process.env, ...clean, GITHUB_REF: undefined, GITHUB_SHA: undefined }
const act = {
  exec: new SystemExec(environment),
  log: silentLog,
  signal: new AbortController().signal,
  host: hostOf(),
}

let top: string
let origin: string
const git = (cwd: string, ...args: string[]): string =>
  execFileSync('git', args, {
    cwd,
    env: { ...process.env, ...clean },
    encoding: 'utf8',
    stdio: 'pipe',
  }).trim()

beforeAll(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'gip-git-')))
  origin = join(top, 'origin')
  mkdirSync(join(origin, 'sub'), { recursive: true })
  git(origin, 'init', '-q', '-b', 'trunk')
  writeFileSync(join(origin, 'main.go'), 'package main\n')
  writeFileSync(join(origin, 'sub', 'x.go'), 'package sub\n')
  git(origin, 'add', '.')
  git(origin, 'commit', '-q', '-m', 'one')
  git(origin, 'tag', 'v1.0.0')
  git(origin, 'commit', '-q', '--allow-empty', '-m', 'two')
  git(origin, 'tag', '-a', '-m', 'annotated', 'v1.1.0')
  git(origin, 'tag', 'v1')
  git(origin, 'tag', 'nightly-build')
  git(origin, 'tag', 'sub/v0.3.0')
})
afterAll(() => {
  rmSync(top, { recursive: true, force: true })
})

const clone = (name: string, ...args: string[]): string => {
  git(top, 'clone', '-q', ...args, `file://${origin}`, name)
  return join(top, name)
}

describe('git facts of a real repository', () => {
  it('of a full clone: everything, also from a folder below', async () => {
    const dir = clone('full')
    git(dir, 'remote', 'set-url', 'origin', 'https://user:hunter22@git.example.org/acme/hello.git')
    const facts = await gitFacts(join(dir, 'sub'), {}, act)
    expect(facts).toEqual({
      root: slashes(dir),
      commit: git(dir, 'rev-parse', 'HEAD'),
      shortCommit: git(dir, 'rev-parse', 'HEAD').slice(0, 7),
      commitTime: Date.parse(TIME) / 1000,
      ref: 'refs/tags/v1.1.0',
      tag: 'v1.1.0',
      tags: ['sub/v0.3.0', 'v1', 'v1.0.0', 'v1.1.0'],
      tagsComplete: true,
      shallow: false,
      dirty: false,
      changes: [],
      url: 'https://git.example.org/acme/hello',
      defaultBranch: 'trunk',
      environment: {},
    })
    expect(JSON.stringify(facts)).not.toContain('hunter22')
  })

  it('of the shallow detached checkout of a tag: the ref from the event, the other tags from the remote', async () => {
    const dir = join(top, 'shallow')
    mkdirSync(dir)
    const sha = git(origin, 'rev-parse', 'HEAD')
    git(dir, 'init', '-q')
    git(dir, 'remote', 'add', 'origin', `file://${origin}`)
    git(dir, 'fetch', '-q', '--no-tags', '--depth=1', 'origin', `+${sha}:refs/tags/v1.1.0`)
    git(dir, 'checkout', '-q', '--force', 'refs/tags/v1.1.0')
    const facts = await gitFacts(dir, { GITHUB_REF: 'refs/tags/v1.1.0', GITHUB_SHA: sha }, act)
    expect(facts).toMatchObject({
      commit: sha,
      tag: 'v1.1.0',
      shallow: true,
      tagsComplete: true,
      tags: ['v1.1.0', 'sub/v0.3.0', 'v1', 'v1.0.0'],
    })
    git(dir, 'remote', 'set-url', 'origin', `file://${top}/gone`)
    const alone = await gitFacts(dir, { GITHUB_REF: 'refs/tags/v1.1.0', GITHUB_SHA: sha }, act)
    expect(alone).toMatchObject({ tag: 'v1.1.0', tagsComplete: false, tags: ['v1.1.0'] })
  })

  it('of a shallow branch checkout do not ask the remote', async () => {
    const dir = clone('branch', '--depth=1', '--no-tags')
    const sha = git(dir, 'rev-parse', 'HEAD')
    const asked: string[] = []
    const exec: Exec = {
      run: (command) => {
        asked.push(command.argv.join(' '))
        return act.exec.run(command)
      },
    }
    const facts = await gitFacts(dir, { GITHUB_REF: 'refs/heads/trunk', GITHUB_SHA: sha }, { ...act, exec })
    expect(facts).toMatchObject({ branch: 'trunk', shallow: true, tagsComplete: false })
    expect(facts?.tag).toBeUndefined()
    expect(asked.filter((line) => line.includes('ls-remote'))).toEqual([])
  })

  it('say dirty and what changed, with strange names', async () => {
    const dir = clone('dirty')
    writeFileSync(join(dir, 'main.go'), 'package main // changed\n')
    writeFileSync(join(dir, 'new "file" ä.txt'), '')
    git(dir, 'mv', 'sub/x.go', 'sub/y.go')
    const facts = await gitFacts(dir, {}, act)
    expect(facts?.dirty).toBe(true)
    expect([...(facts?.changes ?? [])].sort()).toEqual(['main.go', 'new "file" ä.txt', 'sub/y.go'])
  })

  it('are undefined outside git and before the first commit', async () => {
    const outside = join(top, 'outside')
    mkdirSync(outside)
    const ceiling = { ...act, exec: new SystemExec({ ...environment, GIT_CEILING_DIRECTORIES: top }) }
    expect(await gitFacts(outside, {}, ceiling)).toBeUndefined()
    git(outside, 'init', '-q')
    expect(await gitFacts(outside, {}, ceiling)).toBeUndefined()
  })

  it('read a workspace of another user, and refuse any other folder of another user', async () => {
    const dir = clone('foreign')
    if (process.getuid?.() !== 0) {
      // Only root can give files away; the words of git are tested below in any case.
      expect(await gitFacts(dir, {}, act)).toBeDefined()
      return
    }
    chownSync(dir, 12345, 12345)
    chownSync(join(dir, '.git'), 12345, 12345)
    const facts = await gitFacts(dir, { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: dir }, act)
    expect(facts?.environment).toEqual({
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'safe.directory',
      GIT_CONFIG_VALUE_0: dir,
    })
    await expect(gitFacts(dir, {}, act)).rejects.toMatchObject({
      kind: 'environment',
      problems: [
        { code: 'git-untrusted-folder', where: dir, fix: expect.stringContaining('safe.directory') },
      ],
    })
  })
})

describe('git facts when git does not help', () => {
  const answering = (reply: (command: Command) => Partial<Finished>): Exec => ({
    run: (command) =>
      Promise.resolve({ code: 0, stdout: '', stderr: '', tail: [], ms: 1, ...reply(command) }),
  })
  const missing: Exec = {
    run: () => Promise.reject(environmentError({ code: 'program-missing', what: 'cannot start git' })),
  }
  const sha = 'c'.repeat(40)

  it.each([
    [
      "fatal: detected dubious ownership in repository at '/w/x'\nTo add an exception",
      'git 2.35.3 and later',
    ],
    ["fatal: unsafe repository ('/w/x' is owned by someone else)", 'git 2.35.2'],
  ])('names the untrusted folder when git says %j (%s)', async (stderr) => {
    const exec = answering(() => ({ code: 128, stderr }))
    for (const env of [{}, { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: '/w' }]) {
      await expect(gitFacts('/w/x', env, { ...act, exec })).rejects.toMatchObject({
        problems: [{ code: 'git-untrusted-folder', where: '/w/x' }],
      })
    }
  })

  it('adds to a git configuration by environment instead of replacing it', async () => {
    const seen: (string | undefined)[] = []
    const exec = answering((command) => {
      seen.push(command.env?.['GIT_CONFIG_KEY_2'])
      return command.env?.['GIT_CONFIG_KEY_2'] === undefined
        ? { code: 128, stderr: "fatal: detected dubious ownership in repository at 'D:/A/x'" }
        : { code: 128, stderr: 'fatal: not a git repository' }
    })
    const env = { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: String.raw`d:\a\x`, Git_Config_Count: '2' }
    expect(
      await gitFacts('D:/A/x', env, { ...act, exec, host: { os: 'windows', arch: 'amd64' } }),
    ).toBeUndefined()
    expect(seen).toEqual([undefined, 'safe.directory'])
  })

  it('a folder beside the workspace with the same beginning is not the workspace', async () => {
    const exec = answering(() => ({
      code: 128,
      stderr: "fatal: detected dubious ownership in repository at '/w/x-evil'",
    }))
    const calls: string[] = []
    const counting: Exec = { run: (c) => (calls.push(c.argv.join(' ')), exec.run(c)) }
    await expect(
      gitFacts('/w/x-evil', { GITHUB_ACTIONS: 'true', GITHUB_WORKSPACE: '/w/x' }, { ...act, exec: counting }),
    ).rejects.toMatchObject({ problems: [{ code: 'git-untrusted-folder' }] })
    expect(calls).toHaveLength(1)
  })

  it('any other failure of git keeps its words', async () => {
    const exec = answering(() => ({ code: 128, stderr: 'fatal: bad config line 1 in file .git/config' }))
    await expect(gitFacts('/w', {}, { ...act, exec })).rejects.toMatchObject({
      problems: [{ code: 'git-failed', cause: 'fatal: bad config line 1 in file .git/config' }],
    })
  })

  it('without git: nothing on a laptop', async () => {
    expect(await gitFacts('/w', {}, { ...act, exec: missing })).toBeUndefined()
  })

  it('without git: the event is the witness', async () => {
    const event = join(top, 'event.json')
    writeFileSync(
      event,
      JSON.stringify({
        repository: { full_name: 'acme/hello', default_branch: 'trunk' },
        head_commit: { id: sha, timestamp: TIME },
      }),
    )
    const env = {
      GITHUB_WORKSPACE: '/w',
      GITHUB_SHA: sha,
      GITHUB_REF: 'refs/heads/trunk',
      GITHUB_EVENT_NAME: 'push',
      GITHUB_EVENT_PATH: event,
      GITHUB_REPOSITORY: 'acme/hello',
      GITHUB_SERVER_URL: 'https://github.com',
    }
    expect(await gitFacts('/w', env, { ...act, exec: missing })).toMatchObject({
      root: '/w',
      commit: sha,
      commitTime: Date.parse(TIME) / 1000,
      branch: 'trunk',
      tagsComplete: false,
      url: 'https://github.com/acme/hello',
      defaultBranch: 'trunk',
    })
    await expect(
      gitFacts('/w', { ...env, GITHUB_EVENT_PATH: '' }, { ...act, exec: missing }),
    ).rejects.toMatchObject({ problems: [{ code: 'git-missing' }] })
  })
})

describe('the ref that HEAD stands for', () => {
  it.each([
    ['the event commit on a branch', 'refs/heads/trunk', undefined, true, undefined, ['v1.0.0'], 'refs/heads/trunk'],
    ['the event commit of a tag', 'refs/tags/v2', undefined, true, undefined, ['v2', 'v2.0.0'], 'refs/tags/v2'],
    ['another commit, detached on a tag', 'refs/heads/trunk', undefined, false, undefined, ['v1.2.3'], 'refs/tags/v1.2.3'],
    ['another commit on a branch', 'refs/heads/trunk', undefined, false, 'release', ['v1.2.3'], 'refs/heads/release'],
    ['another commit, nameless', 'refs/heads/trunk', undefined, false, undefined, [], undefined],
    ['a pull request, head checked out', 'refs/pull/7/merge', 7, false, 'feature', [], 'refs/pull/7/merge'],
    ['a laptop on a branch', '', undefined, false, 'trunk', [], 'refs/heads/trunk'],
    ['a laptop on a tagged commit', '', undefined, false, 'trunk', ['v1', 'v1.2.3', 'v1.2.3-rc.1', 'v1.2'], 'refs/tags/v1.2.3'],
    ['a laptop, version beside other tags', '', undefined, false, 'trunk', ['zeta', 'sub/v9.0.0', 'v0.1.0'], 'refs/tags/v0.1.0'],
  ])('%s', (_, ref, prNumber, isEventCommit, branch, tagsAtHead, expected) => {
    expect(
      refOfHead({
        event: { ref, ...(prNumber === undefined ? {} : { prNumber }) },
        isEventCommit,
        branch,
        tagsAtHead,
      }),
    ).toBe(expected)
  }) // prettier-ignore
})

it.each([
  ['v1.2.3', true], ['1.2.3', true], ['v1', true], ['v1.2', true], ['v1.2.3-rc.1', true], ['v1.2.3+meta', true],
  ['sub/dir/v1.2.3', true], ['nightly', false], ['v1.2.3.4', false], ['release-1', false], ['vv1', false],
] as const)('isVersionTag(%s) is %s', (tag, expected) => {
  expect(isVersionTag(tag)).toBe(expected)
}) // prettier-ignore

it('parseStatus reads renames, copies and names with blanks', () => {
  expect(parseStatus('R  new name\0old name\0 M a b.go\0?? c\0')).toEqual(['new name', 'a b.go', 'c'])
  expect(parseStatus('')).toEqual([])
})
