import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { gatherSettings, parseAdapterText } from '../../../src/actions/gray/gather.ts'
import { loadGrayInputs } from '../../../src/actions/gray/inputs.ts'
import { ownerOf, releaseId, runOf } from '../../../src/actions/this-run.ts'
import { GrayKeeper, parseGrayState } from '../../../src/actions/gray/state.ts'
import type { Problem } from '../../../src/base/errors.ts'
import { Secrets } from '../../../src/base/secrets.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gip-gather-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const METRICS = 'prometheus: {url: "http://127.0.0.1:9090"}\nversion-label: version\npreset: client_golang\n'

async function gather(
  given: Record<string, string>,
  env: Record<string, string> = {},
): ReturnType<typeof gatherSettings> {
  const secrets = new Secrets()
  const { inputs } = loadGrayInputs((name) => given[name] ?? '', {}, secrets)
  return gatherSettings(inputs, { env: { GITHUB_WORKSPACE: folder, ...env }, secrets })
}

describe('gatherSettings', () => {
  it('reads what stands in files of the workspace', async () => {
    await writeFile(
      join(folder, 'adapter.yml'),
      'kind: haproxy\nprocesses: [/run/haproxy/admin.sock]\nbackend: app\nold: [a]\nnew: [b]\n',
    )
    await writeFile(join(folder, 'metrics.yml'), METRICS)
    await writeFile(join(folder, 'known_hosts'), 'lb1 ssh-ed25519 AAAA\n')
    const { gathered, problems } = await gather({
      adapter: 'adapter.yml',
      metrics: 'metrics.yml',
      'known-hosts': 'known_hosts',
    })
    expect(problems).toEqual([])
    expect(gathered).toMatchObject({
      workspace: folder,
      adapter: { kind: 'haproxy', backend: 'app' },
      metrics: { versionLabel: 'version' },
      ssh: { knownHosts: 'lb1 ssh-ed25519 AAAA\n' },
    })
  })

  it('takes the texts themselves', async () => {
    const { gathered, problems } = await gather({
      adapter: 'kind: command\nget: [./traffic.sh, get]\nset: [./traffic.sh, set]',
      metrics: METRICS,
    })
    expect(problems).toEqual([])
    expect(gathered).toMatchObject({ adapter: { kind: 'command' }, metrics: { versionLabel: 'version' } })
  })

  it('tells the problems of all of them at once', async () => {
    const { problems } = await gather({
      adapter: 'gone.yml',
      metrics: 'preset: nonsense\nmore: 1',
      'known-hosts': 'gone',
    })
    const inputs = new Set(problems.map(({ input }) => input))
    expect([...inputs].sort()).toEqual(['adapter', 'known-hosts', 'metrics'])
  })
})

describe('parseAdapterText', () => {
  it.each([
    ['kind: [', /YAML/],
    ['kind: a\nkind: b', /YAML/],
    ['- kind: a', /no mapping/],
    ['just text', /no mapping/],
    ['backend: app', /no kind/],
    ['kind: 3', /no kind/],
  ])('%j is refused', (text, what) => {
    const problems: Problem[] = []
    expect(parseAdapterText(text, 'adapter.yml', problems)).toBeUndefined()
    expect(problems).toEqual([expect.objectContaining({ code: 'gray-adapter', input: 'adapter' })])
    expect(problems[0]?.what).toMatch(what)
    expect(problems[0]?.where).toMatch(/^adapter\.yml/)
  })
})

describe('runOf', () => {
  it('knows the run, also on another server', () => {
    const env = {
      GITHUB_REPOSITORY: 'acme/shop',
      GITHUB_RUN_ID: '42',
      GITHUB_RUN_ATTEMPT: '2',
      GITHUB_SERVER_URL: 'https://git.example/',
    }
    expect(runOf(env)).toEqual({
      repository: 'acme/shop',
      id: '42',
      attempt: 2,
      url: 'https://git.example/acme/shop/actions/runs/42',
    })
    expect(ownerOf(runOf(env))).toMatch(/^42\.2\.[0-9a-f]{8}$/)
  })

  it('is nothing on a laptop', () => {
    expect(runOf({})).toBeUndefined()
    expect(ownerOf(undefined)).toContain(`.${process.pid}.`)
    expect(ownerOf(undefined)).not.toBe(ownerOf(undefined))
  })
})

it('names releases by their time', () => {
  expect(releaseId(Date.UTC(2026, 10, 21, 14, 35, 7))).toMatch(/^20261121-143507-[0-9a-f]{4}$/)
})

describe('the state for post', () => {
  it('comes back as it was kept', () => {
    let text = ''
    const keeper = new GrayKeeper((state) => (text = JSON.stringify(state)))
    keeper.update({ owner: 'me' })
    keeper.update({ settled: true })
    expect(parseGrayState(text)).toEqual({ schema: 1, owner: 'me', settled: true, folders: [] })
  })

  it.each(['', 'no json', 'null', '{}', '{"schema":2,"owner":"me"}', '[]'])(
    '%j is nothing of ours',
    (text) => {
      expect(parseGrayState(text)).toBeUndefined()
    },
  )

  it('takes nothing of a wrong type over', () => {
    expect(parseGrayState('{"schema":1,"owner":3,"settled":"yes","folders":[1,"a"]}')).toEqual({
      schema: 1,
      settled: false,
      folders: ['a'],
    })
  })
})
