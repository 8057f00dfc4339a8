import { describe, expect, it } from '@jest/globals'
import {
  type CacheFacts,
  type CachePart,
  cacheState,
  describePart,
  describeSaved,
  parseCacheState,
  planCaches,
  restoreCaches,
} from '../../../src/cache/plan.ts'
import { machine } from '../../support/cache-act.ts'

const service = { ACTIONS_CACHE_URL: 'http://c/', GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main' }
const facts: CacheFacts = {
  input: 'auto',
  env: { ...service, GITHUB_JOB: 'test', GITHUB_RUN_ID: '5' },
  event: { repository: { default_branch: 'main' } },
  host: { os: 'linux', arch: 'amd64' },
  locations: { gocache: '/c', gomodcache: '/m', environment: {}, moved: false },
  goVersion: '1.26.8',
  flavour: {
    cgo: false,
    race: false,
    cover: false,
    tags: [],
    goflags: '',
    goexperiment: '',
    goamd64: '',
    platforms: [],
  },
  moduleFiles: [
    { path: 'go.mod', content: 'require a v1.0.0\n' },
    { path: 'go.sum', content: 'a v1.0.0 h1:x=\n' },
  ],
  vendored: false,
  project: '.',
  now: 0,
}

describe('the plan of the caches', () => {
  it('asks for both, apart', () => {
    const plan = planCaches(facts)
    expect(plan.modules?.store).toMatchObject({ root: '/m', crossOs: true })
    expect(plan.build?.store).toMatchObject({ root: '/c', crossOs: false })
    expect(plan.modules?.keys.primary).toContain('-mod-')
    expect(plan.build?.keys.primary).toMatch(/-test-5-1$/)
    expect(plan.notes).toEqual([])
  })

  it.each<[string, Partial<CacheFacts>, boolean, boolean, RegExp | undefined]>([
    ['off', { input: 'off' }, false, false, /off/],
    ['without a service', { env: {} }, false, false, /no cache service/],
    ['with mode none', { env: { ...service, ACTIONS_CACHE_MODE: 'none' } }, false, false, /none/],
    ['vendored', { vendored: true }, false, true, undefined],
    [
      'without dependencies',
      { moduleFiles: [{ path: 'go.mod', content: 'module x\n' }] },
      false,
      true,
      undefined,
    ],
    ['without GOCACHE', { locations: { ...facts.locations, gocache: undefined } }, true, false, /GOCACHE/],
    [
      'without GOMODCACHE',
      { locations: { ...facts.locations, gomodcache: undefined } },
      false,
      true,
      undefined,
    ],
    ['read-only', { input: 'read' }, true, true, /only read/],
  ])('%s', (_, change, modules, build, note) => {
    const plan = planCaches({ ...facts, ...change })
    expect([plan.modules !== undefined, plan.build !== undefined]).toEqual([modules, build])
    if (note === undefined) expect(plan.notes).toEqual([])
    else expect(plan.notes.join('\n')).toMatch(note)
  })

  it('stores under patterns that depend on no place', () => {
    const other = planCaches({
      ...facts,
      locations: { ...facts.locations, gocache: 'D:\\go\\build', gomodcache: 'D:\\m' },
    })
    const plan = planCaches(facts)
    expect(other.build?.store.paths).toEqual(plan.build?.store.paths)
    expect(other.modules?.store.paths).toEqual(plan.modules?.store.paths)
    for (const path of [...(plan.build?.store.paths ?? []), ...(plan.modules?.store.paths ?? [])])
      expect(path).not.toMatch(/^!?(\/|~|[A-Z]:)|\.\./)
  })
})

const planned = planCaches(facts).build
if (planned === undefined) throw new Error('no build cache planned')
const part: CachePart = {
  ...planned,
  status: 'restored',
  hit: 'exact',
  key: 'k',
  bytes: 112_000_000,
  ms: 4200,
}

it('hands its state from main to post as JSON', () => {
  const state = cacheState(planCaches(facts), [
    undefined,
    { ...part, mark: 2000, restored: { entries: 1, bytes: 2 } },
  ])
  expect(parseCacheState(JSON.stringify(state))).toEqual(state)
  expect(state.parts).toHaveLength(1)
})

it.each(['', '{', 'null', '[]', '{"version":2,"parts":[],"access":{}}', '{"version":1,"access":{}}'])(
  'does not take %j for a state',
  (text) => {
    expect(parseCacheState(text)).toBeUndefined()
  },
)

it.each<[Partial<CachePart>, string]>([
  [{}, 'build cache: restored 112.0 MB in 4.2 s (same inputs: k)'],
  [{ hit: 'partial' }, 'build cache: restored 112.0 MB in 4.2 s (nearest inputs: k)'],
  [{ status: 'missed' }, 'build cache: no entry yet'],
  [
    { status: 'kept' },
    'build cache: /c is filled already and belongs to this machine: used as it is, not saved',
  ],
  [{ status: 'shared' }, 'build cache: restored by an earlier step of this job'],
  [{ status: 'skipped' }, 'build cache: not read'],
  [{ status: 'unavailable' }, 'build cache: no cache service here'],
  [{ status: 'failed', why: 'x' }, 'build cache: not restored, going on without it (x, after 4.2 s)'],
])('says %j', (change, line) => {
  expect(describePart({ ...part, ...change })).toBe(line)
})

it.each<[Parameters<typeof describeSaved>[0], string]>([
  [
    {
      name: 'n',
      status: 'saved',
      ms: 900,
      bytes: 5000,
      why: '10 % more',
      removed: { entries: 2, bytes: 3_000_000 },
    },
    'n: saved 5.0 kB in 900 ms, 3.0 MB that this run did not use trimmed (10 % more)',
  ],
  [{ name: 'n', status: 'unchanged', ms: 0, why: 'w' }, 'n: not saved (w)'],
  [{ name: 'n', status: 'denied', ms: 0, why: 'w' }, 'n: not saved (w)'],
  [{ name: 'n', status: 'unavailable', ms: 0 }, 'n: not saved (unavailable)'],
  [{ name: 'n', status: 'kept', ms: 0 }, 'n: left to its owner'],
])('says %j of a save', (saved, line) => {
  expect(describeSaved(saved)).toBe(line)
})

it('rejects nothing when the folder cannot be made', async () => {
  const at = await machine(service)
  const plan = planCaches({
    ...facts,
    locations: { ...facts.locations, gocache: '/dev/null/x', gomodcache: '/dev/null/y' },
  })
  const { modules, build } = restoreCaches(plan, at.act, { worker: [process.execPath, '-e', ''] })
  expect([(await modules)?.status, (await build)?.status]).toEqual(['failed', 'failed'])
  expect(at.act.log.lines).toHaveLength(2)
  await at.dispose()
})
