import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  environmentOf,
  inputDigest,
  programDigest,
  untrackedDigest,
} from '../../../src/actions/build/input-digest.ts'
import { loadInputs } from '../../../src/actions/build/inputs.ts'
import { SystemExec } from '../../../src/base/exec.ts'
import { Secrets } from '../../../src/base/secrets.ts'
import type { Facts } from '../../../src/plan/facts.ts'
import { makePlan } from '../../../src/plan/make.ts'
import { cleanCheckout, planFacts, pushEvent } from '../../support/plan-facts.ts'

interface Case {
  inputs?: Record<string, string>
  facts?: Partial<Facts>
  event?: Record<string, string>
  env?: Record<string, string>
  program?: string
  untracked?: string
}

function digest(more: Case = {}, secrets = new Secrets()): string {
  const given: Record<string, string> = { images: 'ghcr.io/acme/a', tags: 'v1', ...more.inputs }
  const { inputs, problems: wrong } = loadInputs((name) => given[name] ?? '', {}, secrets)
  const facts = planFacts({ git: cleanCheckout, ...more.facts }, { ...pushEvent, ...more.event })
  const { plan, problems } = makePlan(inputs, facts)
  expect([...wrong, ...problems]).toEqual([])
  const { env = {}, program = 'p', untracked = 'u' } = more
  return inputDigest({ inputs, facts, plan, env, program, untracked }, secrets)
}
const same = digest()

describe('inputDigest', () => {
  it.each<[string, Case]>([
    ['another commit', { facts: { git: { ...cleanCheckout, commit: 'b'.repeat(40) } } }],
    ['another branch', { facts: { git: { ...cleanCheckout, branch: 'next' } } }],
    ['a tag', { facts: { git: { ...cleanCheckout, tag: 'v1.0.0' } } }],
    ['another remote', { facts: { git: { ...cleanCheckout, url: 'https://github.com/acme/b' } } }],
    ['another host', { facts: { host: { os: 'linux', arch: 'arm64' } } }],
    ['another event', { event: { GITHUB_EVENT_NAME: 'schedule' } }],
    ['another image name', { inputs: { images: 'ghcr.io/acme/b' } }],
    ['another tag', { inputs: { tags: 'v2' } }],
    ['another platform', { inputs: { platforms: 'linux/amd64' } }],
    ['another base', { inputs: { base: 'scratch' } }],
    ['other linker flags', { inputs: { ldflags: '-s' } }],
    ['other build tags', { inputs: { 'go-tags': 'x' } }],
    ['other packages', { inputs: { packages: './a/...' } }],
    ['a gate that is off', { inputs: { vet: 'false' } }],
    ['a coverage threshold', { inputs: { 'coverage-threshold': '80' } }],
    ['another read-back', { inputs: { verify: 'fast' } }],
    ['labels', { inputs: { labels: 'a=b' } }],
    ['another end', { inputs: { until: 'image' } }],
    ['a variable', { env: { FEATURE: 'on' } }],
    ['the name of a secret variable', { env: { API_TOKEN: 'x' } }],
    ['another release of this program', { program: 'q' }],
    ['other files that git does not know', { untracked: 'v' }],
  ])('is another one for %s', (_, more) => {
    expect(digest(more)).toMatch(/^[0-9a-f]{64}$/)
    expect(digest(more)).not.toBe(same)
  })

  it.each<[string, Case]>([
    ['another run', { env: { GITHUB_RUN_ID: '7', GITHUB_RUN_ATTEMPT: '2', GITHUB_ACTOR: 'somebody' } }],
    ['other folders', { env: { HOME: '/h', RUNNER_TEMP: '/t', GOCACHE: '/c', GITHUB_WORKSPACE: '/w' } }],
    ['another clock', { facts: { now: Date.parse('2026-11-22T12:00:00Z') } }],
    ['another place for the report', { inputs: { 'report-dir': 'out' } }],
    ['caches that are only read', { inputs: { cache: 'read' } }],
    ['another login', { inputs: { registries: 'ghcr.io user long-password' } }],
  ])('is the same for %s', (_, more) => {
    expect(digest(more)).toBe(same)
  })

  it('never depends on a secret', () => {
    expect(digest({ env: { API_TOKEN: 'one' } })).toBe(digest({ env: { API_TOKEN: 'two' } }))
    const masked = (value: string): string => {
      const secrets = new Secrets()
      secrets.mask(value)
      return digest({ env: { GREETING: `hello ${value}` } }, secrets)
    }
    expect(masked('first-value')).toBe(masked('other-value'))
  })
})

describe('environmentOf', () => {
  it('keeps what a compiler or a test may read, sorted, without the values of secrets', () => {
    expect(
      environmentOf({
        PATH: '/bin',
        GOFLAGS: '-x',
        CC: 'gcc',
        DB_PASSWORD: 'x',
        EMPTY_TOKEN: '',
        GITHUB_SHA: 'a',
        GITHUB_RUN_ID: '1',
        ACTIONS_RUNTIME_TOKEN: 't',
        RUNNER_OS: 'Linux',
        GOCACHE: '/c',
        UNSET: undefined,
      }),
    ).toEqual([
      ['CC', 'gcc'],
      ['DB_PASSWORD', '***'],
      ['EMPTY_TOKEN', ''],
      ['GITHUB_SHA', 'a'],
      ['GOFLAGS', '-x'],
      ['PATH', '/bin'],
    ])
  })
})

describe('files', () => {
  let folder: string
  const act = { exec: new SystemExec(), signal: new AbortController().signal }
  const untracked = (leave: string[] = []) => untrackedDigest(folder, leave, act, {})
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-digest-'))
    execFileSync('git', ['init', '-q', folder])
    await writeFile(join(folder, '.gitignore'), '*.gen\n')
    await writeFile(join(folder, 'tracked.go'), 'package a\n')
    execFileSync('git', ['-C', folder, 'add', '-A'])
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('notices every file that git does not know, ignored ones too, and leaves our own folder out', async () => {
    const seen = [await untracked()]
    const change = async (work: Promise<unknown>): Promise<void> => {
      await work
      const next = await untracked()
      expect(seen).not.toContain(next)
      expect(next).toMatch(/^[0-9a-f]{64}$/)
      seen.push(next)
    }
    await change(writeFile(join(folder, 'new.go'), 'package a\n'))
    await change(writeFile(join(folder, 'made.gen'), 'one'))
    await change(writeFile(join(folder, 'made.gen'), 'two'))
    await change(symlink('tracked.go', join(folder, 'link.gen')))
    await mkdir(join(folder, 'report'))
    await writeFile(join(folder, 'report/a.json'), '{}')
    expect(await untracked(['report'])).toBe(seen.at(-1))
    expect(await untracked()).not.toBe(seen.at(-1))
    await writeFile(join(folder, 'tracked.go'), 'package b\n')
    expect(await untracked(['report'])).toBe(seen.at(-1))
  })

  it('gives up on too many, on a repository within, and where git does not answer', async () => {
    await mkdir(join(folder, 'many'))
    for (let count = 0; count < 2001; count++) await writeFile(join(folder, `many/${count}.gen`), '')
    expect(await untracked()).toBeUndefined()
    await rm(join(folder, 'many'), { recursive: true })
    expect(await untracked()).toBeDefined()
    execFileSync('git', ['init', '-q', join(folder, 'inner')])
    execFileSync('git', ['-C', join(folder, 'inner'), '-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-q', '--allow-empty', '-m', 'a']) // prettier-ignore
    expect(await untracked()).toBeUndefined()
    await rm(join(folder, 'inner'), { recursive: true })
    const outside = await mkdtemp(join(tmpdir(), 'gip-no-git-'))
    expect(await untrackedDigest(outside, [], act, { GIT_CEILING_DIRECTORIES: tmpdir() })).toBeUndefined()
    await rm(outside, { recursive: true })
  })

  it('names a program by its files', async () => {
    const dist = join(folder, 'dist')
    await mkdir(dist)
    await writeFile(join(dist, 'main.js'), 'one')
    const first = await programDigest(dist)
    await writeFile(join(dist, 'note.txt'), 'no program')
    expect(await programDigest(dist)).toBe(first)
    await writeFile(join(dist, '7.index.js'), 'two')
    expect(await programDigest(dist)).not.toBe(first)
  })
})
