import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, symlinkSync } from 'node:fs'
import { access, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../../src/base/clock.ts'
import { runRelease } from '../../../src/gray/engine-start.ts'
import type { StoredRelease } from '../../../src/gray/ports.ts'
import { reap } from '../../../src/gray/reap.ts'
import { newRelease } from '../../../src/gray/record.ts'
import { FileStateStore, type FileStoreOptions } from '../../../src/gray/store-file.ts'
import { PLAN, Rig } from '../../support/gray-engine-sim.ts'

const signal = new AbortController().signal
let root = ''
let count = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'gray-store-'))
})
afterAll(async () => {
  await rm(root, { recursive: true, force: true })
})

const fresh = (options: FileStoreOptions = {}): FileStateStore =>
  new FileStateStore(join(root, String(++count), 'state.json'), options)
const release = (id = 'r1', change: Partial<StoredRelease> = {}): StoredRelease => ({
  ...newRelease(new Rig().request({ id }), 1000),
  ...change,
})

/** The pid of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
  await once(child, 'exit')
  return child.pid ?? 0
}

async function putLock(store: FileStateStore, text: string, ageMs: number, suffix = '.lock'): Promise<void> {
  const file = `${store.where}${suffix}`
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(file, text)
  const at = new Date(Date.now() - ageMs)
  await utimes(file, at, at)
}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

describe('the state in a file', () => {
  it('is created, read back, and replaced under its revision only', async () => {
    const store = fresh()
    expect(await store.read(signal)).toBeUndefined()
    const first = await store.write(release(), undefined, signal)
    expect(first).toMatch(/^[0-9a-f]{64}$/)
    expect(await store.write(release('r2'), undefined, signal)).toBeUndefined()
    expect(await store.write(release('r2'), 'other', signal)).toBeUndefined()
    expect(await store.read(signal)).toEqual({ release: release(), revision: first })
    const second = await store.write(release('r2'), first, signal)
    expect(second).not.toBe(first)
    expect(await store.write(release('r3'), first, signal)).toBeUndefined()
    expect((await store.read(signal))?.release.id).toBe('r2')
    expect(await exists(`${store.where}.lock`)).toBe(false)
    expect(await exists(`${store.where}.draft`)).toBe(false)
  })

  it('has one winner for each revision, however many write at once', async () => {
    const store = fresh()
    let revision = await store.write(release('0'), undefined, signal)
    for (let round = 1; round <= 5; round++) {
      const stores = Array.from({ length: 6 }, () => new FileStateStore(store.where))
      const written = await Promise.all(
        stores.map((one, i) => one.write(release(`${round}-${i}`), revision, signal)),
      )
      const winners = written.filter((one) => one !== undefined)
      expect(winners).toHaveLength(1)
      revision = winners[0]
      const won = written.findIndex((one) => one !== undefined)
      expect((await store.read(signal))?.release.id).toBe(`${round}-${won}`)
    }
  })

  it.each<[string, string, RegExp]>([
    ['torn', '{"schema": 1, "id"', /not JSON/],
    ['empty', '', /not JSON/],
    ['foreign', '{"schema": 2}', /schema 2, this program writes 1/],
    ['of another program', '{"name": "x"}', /schema none/],
    ['a list', '[]', /schema none/],
    ['incomplete', '{"schema": 1, "id": "r1"}', /plan is not an object; state is not an object/],
    ['huge', ' '.repeat(1_000_001), /far too large/],
  ])('%s: it is neither read nor overwritten', async (_, text, message) => {
    const store = fresh()
    await mkdir(join(store.where, '..'), { recursive: true })
    await writeFile(store.where, text)
    await expect(store.read(signal)).rejects.toMatchObject({ kind: 'environment' })
    await expect(store.read(signal)).rejects.toThrow(message)
    await expect(store.write(release(), undefined, signal)).rejects.toThrow(message)
    expect(await readFile(store.where, 'utf8')).toBe(text)
    expect(await exists(`${store.where}.lock`)).toBe(false)
  })

  it('a folder that cannot be used is told with its place', async () => {
    const store = fresh()
    await mkdir(join(store.where, '..', '..'), { recursive: true })
    await writeFile(join(store.where, '..'), 'a file where a folder should be')
    await expect(store.write(release(), undefined, signal)).rejects.toMatchObject({
      kind: 'environment',
      problems: [{ code: 'gray-state-file', where: store.where }],
    })
  })

  const onFullDisk = existsSync('/dev/full') ? it : it.skip
  onFullDisk(
    'a full disk: the state stays whole, the lock goes, and it works again once there is room',
    async () => {
      const store = fresh()
      const first = await store.write(release(), undefined, signal)
      // The kernel's own ENOSPC: the draft leads to a device that is always full.
      await symlink('/dev/full', `${store.where}.draft`)
      await expect(store.write(release('r2'), first, signal)).rejects.toMatchObject({
        kind: 'environment',
        problems: [{ code: 'gray-state-file', what: 'the stored state cannot be written', cause: 'ENOSPC' }],
      })
      expect((await store.read(signal))?.revision).toBe(first)
      expect(await exists(`${store.where}.lock`)).toBe(false)
      await rm(`${store.where}.draft`)
      expect(await store.write(release('r2'), first, signal)).toMatch(/^[0-9a-f]{64}$/)
    },
  )

  onFullDisk(
    'a disk that fills during a release: the target is put back, a reaper finishes the record later',
    async () => {
      const rig = new Rig()
      const store = fresh()
      let full = false
      rig.judge = () => {
        // Without an await: nothing is written in between.
        if (!full) symlinkSync('/dev/full', `${store.where}.draft`)
        full = true
        return 'pass'
      }
      const options = { store, clock: systemClock, settings: { leaseMs: 1500 } }
      const plan = {
        ...PLAN,
        warmUpMs: 5,
        bakeMs: 5,
        intervalMs: 5,
        steps: PLAN.steps.map((step) => ({ ...step, observeMs: 5 })),
      }
      await expect(runRelease(rig.request({ plan }), rig.options('run-1', options))).rejects.toMatchObject({
        kind: 'environment',
        problems: [{ code: 'gray-state-unwritable', cause: expect.stringContaining('cannot be written') }],
      })
      expect(rig.target.end).toBe('old')
      expect(rig.pages.join()).toContain('the target was put back to the old version')
      expect((await store.read(signal))?.release).toMatchObject({ lease: { owner: 'run-1' } })
      await rm(`${store.where}.draft`)
      const ahead = { ...systemClock, now: (): number => Date.now() + 3_600_000 }
      const reaped = await reap(rig.options('reaper', { store, clock: ahead }))
      expect(reaped.run?.outcome).toBe('rolled-back')
      expect((await store.read(signal))?.release).toMatchObject({
        lease: null,
        state: { phase: 'rolled-back' },
      })
      expect(rig.target.end).toBe('old')
    },
  )

  it('a torn state stops a reaper and a new release before anything is touched', async () => {
    const rig = new Rig()
    const store = fresh()
    await mkdir(join(store.where, '..'), { recursive: true })
    await writeFile(store.where, '{"schema": 1, "id": "r1", "lease"')
    const corrupt = { problems: [{ code: 'gray-state-corrupt', where: store.where }] }
    await expect(reap(rig.options('reaper', { store, clock: systemClock }))).rejects.toMatchObject(corrupt)
    await expect(
      runRelease(rig.request(), rig.options('run-1', { store, clock: systemClock })),
    ).rejects.toMatchObject(corrupt)
    expect(rig.target.calls).toEqual([])
  })

  it('an aborted call does nothing', async () => {
    const store = fresh()
    const aborted = AbortSignal.abort(new Error('SIGINT'))
    await expect(store.read(aborted)).rejects.toThrow('SIGINT')
    await expect(store.write(release(), undefined, aborted)).rejects.toThrow('SIGINT')
    expect(await exists(store.where)).toBe(false)
  })
})

describe('its lock', () => {
  const mark = (pid: number, host = hostname()): string => JSON.stringify({ token: 'theirs', pid, host })

  it('of a living process is waited for, then named', async () => {
    const store = fresh({ lockMs: 60, staleMs: 0 })
    await putLock(store, mark(process.pid), 10_000)
    await expect(store.write(release(), undefined, signal)).rejects.toMatchObject({
      problems: [{ code: 'gray-state-locked', cause: `process ${process.pid} on ${hostname()}` }],
    })
    expect(await readFile(`${store.where}.lock`, 'utf8')).toBe(mark(process.pid))
  })

  it.each<[string, (dead: number) => [text: string, ageMs: number], boolean]>([
    ['whose process is gone', (dead) => [mark(dead), 10_000], true],
    ['whose process is gone, but young', (dead) => [mark(dead), 0], false],
    ['of another machine', (dead) => [mark(dead, 'elsewhere'), 10_000], false],
    ['of another machine, a minute old', (dead) => [mark(dead, 'elsewhere'), 61_000], true],
    ['that its maker never wrote', () => ['', 10_000], true],
    ['that is a minute old', () => [mark(process.pid), 61_000], true],
  ])('%s', async (_, lock, broken) => {
    const store = fresh({ lockMs: 60, staleMs: 5000 })
    await putLock(store, ...lock(await deadPid()))
    const write = store.write(release(), undefined, signal)
    if (broken) expect(await write).toMatch(/^[0-9a-f]{64}$/)
    else await expect(write).rejects.toThrow(/keeps the stored state locked/)
    expect(await exists(`${store.where}.lock`)).toBe(!broken)
  })

  it('that is stale is broken by one of many, and still there is one winner', async () => {
    const store = fresh({ staleMs: 5000 })
    await putLock(store, mark(await deadPid()), 10_000)
    // And somebody died while breaking it.
    await putLock(store, '1', 10_000, '.lock.break')
    const written = await Promise.all(
      Array.from({ length: 6 }, (_, i) => store.write(release(String(i)), undefined, signal)),
    )
    expect(written.filter((one) => one !== undefined)).toHaveLength(1)
    expect(await exists(`${store.where}.lock.break`)).toBe(false)
  })

  it('ends its wait with the signal', async () => {
    const store = fresh({ lockMs: 60_000 })
    await putLock(store, mark(process.pid), 0)
    const abort = new AbortController()
    const write = store.write(release(), undefined, abort.signal)
    abort.abort(new Error('SIGINT'))
    await expect(write).rejects.toThrow('SIGINT')
  })
})

describe('its history', () => {
  const ended = (id: string, phase: 'done' | 'rolled-back' = 'done'): StoredRelease => {
    const base = release(id)
    return {
      ...base,
      state: { ...base.state, phase, touched: true, reason: 'because', step: 0 },
      history: [{ at: 2000, step: 0, percent: 5 }],
    }
  }

  it('keeps the last twenty ended releases, each once', async () => {
    const store = fresh({ clock: { now: () => 9000, sleep: () => Promise.resolve() } })
    let revision: string | undefined
    for (let i = 0; i < 25; i++) {
      revision = await store.write(release(`r${i}`), revision, signal)
      revision = await store.write(ended(`r${i}`, i % 2 === 0 ? 'done' : 'rolled-back'), revision, signal)
      revision = await store.write(
        { ...ended(`r${i}`, i % 2 === 0 ? 'done' : 'rolled-back'), lease: null },
        revision,
        signal,
      )
    }
    const list = await store.history()
    expect(list.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, i) => `r${i + 5}`))
    expect(list[0]).toEqual({
      id: 'r5',
      environment: 'production',
      old: 'app@sha256:old',
      new: 'app@sha256:new',
      result: 'rolled-back',
      reason: 'because',
      startedAt: 1000,
      endedAt: 9000,
      reached: 5,
    })
  })

  it('that is damaged is begun anew and never in the way', async () => {
    const store = fresh()
    const revision = await store.write(release(), undefined, signal)
    await writeFile(`${store.where}.history`, '{torn')
    expect(await store.history()).toEqual([])
    expect(await store.write(ended('r1'), revision, signal)).toBeDefined()
    expect((await store.history()).map(({ id }) => id)).toEqual(['r1'])
  })
})
