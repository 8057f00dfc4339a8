import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CacheStore, removeTree, type Store } from '../../src/cache/store.ts'
import type { KeySet } from '../../src/cache/keys.ts'
import { CacheDouble, type Scope } from '../support/cache-double.ts'
import { machine, type Machine, workerOptions } from '../support/cache-act.ts'

jest.setTimeout(600_000)

const main: Scope = { scope: 'refs/heads/main', permission: 3 }
const machines: Machine[] = []
let double: CacheDouble

beforeEach(async () => {
  double = await CacheDouble.start()
})
afterEach(async () => {
  for (const at of machines.splice(0)) await at.dispose()
  await double.close()
})

async function runner(
  options: {
    protocol?: 'v1' | 'v2'
    scopes?: Scope[]
    env?: Record<string, string>
    signal?: AbortSignal
  } = {},
): Promise<Machine> {
  const made = await machine(
    { ...double.environment(options.protocol ?? 'v2', options.scopes ?? [main]), ...options.env },
    options.signal,
  )
  machines.push(made)
  return made
}

const keys = (unique: string): KeySet => ({ primary: `k-${unique}`, restore: ['k-'], exact: 'k-' })
const storeIn = (at: Machine, name = 'cache'): Store => ({
  name: 'test cache',
  root: join(at.folder, name),
  paths: ['data/*'],
  crossOs: true,
})

async function fill(store: Store, files: Record<string, string>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(store.root, name)), { recursive: true })
    await writeFile(join(store.root, name), content)
  }
}

async function saved(files: Record<string, string>, unique = '1'): Promise<void> {
  const at = await runner()
  await fill(storeIn(at), files)
  const result = await new CacheStore(at.act, workerOptions).save(storeIn(at), keys(unique).primary)
  expect(result).toMatchObject({ status: 'saved' })
}

const restore = (at: Machine, options = {}): ReturnType<CacheStore['restore']> =>
  new CacheStore(at.act, { ...workerOptions, ...options }).restore(storeIn(at), keys('next'))
const nothingLeft = async (at: Machine): Promise<void> => {
  expect((await readdir(storeIn(at).root)).filter((name) => name.startsWith('.gip'))).toEqual([])
}

describe.each(['v2', 'v1'] as const)('the cache service, protocol %s', (protocol) => {
  it('gives back on another machine what one machine saved, at another place', async () => {
    const one = await runner({ protocol })
    const big = 'x'.repeat(300_000)
    await fill(storeIn(one), { 'data/a/b.txt': 'hello', 'data/big': big, 'other/c': 'not stored' })
    const store = new CacheStore(one.act, workerOptions)
    expect(await store.save(storeIn(one), 'k-1')).toMatchObject({ status: 'saved', key: 'k-1' })
    expect(await store.save(storeIn(one), 'k-1')).toMatchObject({ status: 'exists' })

    const two = await runner({ protocol })
    const result = await restore(two)
    expect(result).toMatchObject({ status: 'restored', hit: 'exact', key: 'k-1' })
    expect(result.bytes).toBe(double.entries[0]?.size)
    expect(await readFile(join(storeIn(two).root, 'data/a/b.txt'), 'utf8')).toBe('hello')
    expect(await readFile(join(storeIn(two).root, 'data/big'), 'utf8')).toBe(big)
    expect(await readdir(storeIn(two).root)).toEqual(['data'])
  })

  it('answers a miss with a miss', async () => {
    const at = await runner({ protocol })
    expect(await restore(at)).toMatchObject({ status: 'missed', hit: 'none' })
    await nothingLeft(at)
  })

  it('says so when the token may only read', async () => {
    await saved({ 'data/a': '1' })
    const at = await runner({ protocol, scopes: [{ ...main, permission: 1 }] })
    await fill(storeIn(at), { 'data/a': '2' })
    const result = await new CacheStore(at.act, workerOptions).save(storeIn(at), 'k-2')
    expect(result).toMatchObject({ status: 'denied' })
    expect(double.keys).toEqual(['k-1'])
  })

  it('survives an upload that the service refuses', async () => {
    const at = await runner({ protocol })
    await fill(storeIn(at), { 'data/a': '2' })
    const path = protocol === 'v2' ? /devstoreaccount1/ : /caches\/\d+/
    double.faults.push({ path, fault: { kind: 'status', status: 403 } })
    expect(await new CacheStore(at.act, workerOptions).save(storeIn(at), 'k-2')).toMatchObject({
      status: 'failed',
    })
    expect(double.keys).toEqual([])
  })
})

describe('a restore', () => {
  it('leaves files that are there, read-only ones included, as they are', async () => {
    await saved({ 'data/mod/a.go': 'stored', 'data/mod/b.go': 'stored' })
    const at = await runner()
    const file = join(storeIn(at).root, 'data/mod/a.go')
    await fill(storeIn(at), { 'data/mod/a.go': 'mine' })
    await chmod(file, 0o444)
    for (let time = 0; time < 2; time++) expect(await restore(at)).toMatchObject({ status: 'restored' })
    expect(await readFile(file, 'utf8')).toBe('mine')
    expect((await stat(file)).mode & 0o777).toBe(0o444)
    expect(await readFile(join(storeIn(at).root, 'data/mod/b.go'), 'utf8')).toBe('stored')
    await nothingLeft(at)
  })

  it('cleans up read-only folders of its staging', async () => {
    const at = await runner()
    const folder = join(at.folder, 'tree/sub')
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'f'), '')
    await chmod(folder, 0o555)
    await removeTree(join(at.folder, 'tree'))
    await expect(stat(join(at.folder, 'tree'))).rejects.toThrow('ENOENT')
  })

  it('masks the signed address it was given', async () => {
    await saved({ 'data/a': '1' })
    const at = await runner()
    await restore(at)
    expect(at.masked.some((value) => value.startsWith('secret'))).toBe(true)
    expect(at.act.log.debugs.join('\n')).not.toContain('::')
  })

  it.each([
    [
      '429',
      { path: /GetCacheEntry/, fault: { kind: 'status', status: 429, message: 'slow down' } },
      /[Rr]ate limited.*429/,
    ],
    ['404', { path: /GetCacheEntry/, fault: { kind: 'status', status: 404 } }, /404/],
    [
      'no readable scope',
      { path: /GetCacheEntry/, fault: { kind: 'status', status: 403, message: 'cache read denied: no' } },
      /may not read/,
    ],
    ['cut while answering', { path: /GetCacheEntry/, fault: { kind: 'cut' } }, /ECONNRESET|network|Unable/],
    [
      'cut in the middle of the blob',
      { path: /devstoreaccount1/, fault: { kind: 'cut', afterBytes: 4000 } },
      /./,
    ],
    ['blob gone', { path: /devstoreaccount1/, fault: { kind: 'status', status: 404 } }, /./],
  ] as const)('of a faulty service (%s) costs a line and leaves nothing', async (_, rule, why) => {
    await saved({ 'data/a': Array.from({ length: 20_000 }, (_, i) => String(i * 7919)).join(' ') })
    double.faults.push(rule)
    const at = await runner()
    const result = await restore(at)
    expect(result).toMatchObject({ hit: 'none' })
    expect(['failed', 'denied']).toContain(result.status)
    expect(result.why).toMatch(why)
    expect(result.why).not.toContain('\n')
    expect(await readdir(storeIn(at).root)).toEqual([])
  })

  it('of an archive that is none leaves nothing', async () => {
    await saved({ 'data/a': '1' })
    const entry = double.entries[0]
    if (entry === undefined) throw new Error('nothing saved')
    await writeFile(entry.file, 'not an archive')
    entry.size = 14
    const at = await runner()
    expect(await restore(at)).toMatchObject({ status: 'failed', hit: 'none' })
    expect(await readdir(storeIn(at).root)).toEqual([])
  })

  it.each([
    ['the service hangs', /GetCacheEntry/],
    ['the download hangs', /devstoreaccount1/],
  ])('ends at its limit when %s', async (_, path) => {
    await saved({ 'data/a': '1' })
    double.faults.push({ path, fault: { kind: 'slow', ms: 60_000 } })
    const at = await runner()
    const result = await restore(at, { restoreTimeoutMs: 2500 })
    expect(result).toMatchObject({ status: 'failed', hit: 'none' })
    expect(result.why).toContain('did not end within')
    await nothingLeft(at)
  })

  it('ends with the run', async () => {
    await saved({ 'data/a': '1' })
    double.faults.push({ path: /devstoreaccount1/, fault: { kind: 'stall', afterBytes: 10 } })
    const cancel = new AbortController()
    const at = await runner({ signal: cancel.signal })
    const pending = restore(at)
    while (
      !double.requests.some((line) => line.includes('devstoreaccount1/cache/1') && line.startsWith('GET'))
    )
      await new Promise((resolve) => setTimeout(resolve, 20))
    cancel.abort(new Error('cancelled by the user'))
    expect(await pending).toMatchObject({ status: 'failed', hit: 'none' })
    await nothingLeft(at)
  })

  it('asks nobody when there is no service, or its mode forbids it', async () => {
    const none = await machine({})
    machines.push(none)
    expect(await restore(none)).toMatchObject({ status: 'unavailable' })
    await saved({ 'data/a': '1' })
    const at = await runner({ env: { ACTIONS_CACHE_MODE: 'none' } })
    double.requests.length = 0
    expect(await restore(at)).toMatchObject({ hit: 'none' })
    expect(double.requests).toEqual([])
  })

  it('meets a dead service', async () => {
    const at = await runner({ env: { ACTIONS_RESULTS_URL: 'http://127.0.0.1:9/' } })
    expect(await restore(at)).toMatchObject({ status: 'failed', hit: 'none' })
    await nothingLeft(at)
  })

  it('sees its own ref and the default branch, not another branch', async () => {
    const own = { scope: 'refs/heads/topic', permission: 3 } as const
    const at = await runner({ scopes: [own] })
    await fill(storeIn(at), { 'data/a': 'topic' })
    await new CacheStore(at.act, workerOptions).save(storeIn(at), 'k-topic')
    await saved({ 'data/a': 'main' }, 'main')
    const topic = await runner({ scopes: [own, { ...main, permission: 1 }] })
    expect(await restore(topic)).toMatchObject({ key: 'k-topic' })
    const other = await runner({
      scopes: [
        { scope: 'refs/heads/other', permission: 3 },
        { ...main, permission: 1 },
      ],
    })
    expect(await restore(other)).toMatchObject({ key: 'k-main' })
  })
})

describe('a save', () => {
  it('of one key by two jobs at once stores it once and harms neither', async () => {
    const results = await Promise.all(
      [0, 1].map(async (job) => {
        const at = await runner()
        await fill(storeIn(at), { 'data/a': `job ${job}` })
        return new CacheStore(at.act, workerOptions).save(storeIn(at), 'k-same')
      }),
    )
    expect(results.map((result) => result.status).sort()).toEqual(['exists', 'saved'])
    expect(double.keys).toEqual(['k-same'])
  })

  it.each([
    ['429', { path: /CreateCacheEntry/, fault: { kind: 'status', status: 429 } }],
    ['cut', { path: /CreateCacheEntry/, fault: { kind: 'cut' } }],
    ['refused at the end', { path: /FinalizeCache/, fault: { kind: 'status', status: 400 } }],
  ] as const)('by a faulty service (%s) fails with a reason', async (_, rule) => {
    double.faults.push(rule)
    const at = await runner()
    await fill(storeIn(at), { 'data/a': '1' })
    const result = await new CacheStore(at.act, workerOptions).save(storeIn(at), 'k-1')
    expect(result.status).toBe('failed')
    expect(result.why).toMatch(/\w/)
    expect(double.keys).toEqual([])
  })

  it('obeys ACTIONS_CACHE_MODE=read', async () => {
    const at = await runner({ env: { ACTIONS_CACHE_MODE: 'read' } })
    await fill(storeIn(at), { 'data/a': '1' })
    const result = await new CacheStore(at.act, workerOptions).save(storeIn(at), 'k-1')
    expect(result.status).not.toBe('saved')
    expect(double.requests).toEqual([])
  })

  it('survives a worker that is missing or dies', async () => {
    const at = await runner()
    await fill(storeIn(at), { 'data/a': '1' })
    for (const worker of [['/nowhere/node'], [process.execPath, '-e', 'process.exit(7)']])
      expect(await new CacheStore(at.act, { worker }).save(storeIn(at), 'k-1')).toMatchObject({
        status: 'failed',
      })
  })
})
