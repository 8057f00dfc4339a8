import { access, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { environmentError } from '../../../src/base/errors.ts'
import type { Finished } from '../../../src/base/exec.ts'
import { DeadMan, deadManFault, deadManFolder, timerSeconds, withDeadMan } from '../../../src/gray/dead-man.ts' // prettier-ignore
import { applyDeadMan, parseMark } from '../../../src/gray/dead-man-state.ts'
import type { StateStore, StoredRelease } from '../../../src/gray/ports.ts'
import { KeptLog } from '../../support/docker-act.ts'
import { sampleRelease } from '../../support/ssh-fleet.ts'
import { LocalSsh, PlayedSsh, TARGET } from '../../support/ssh-local.ts'

const signal = new AbortController().signal
const posix = process.platform === 'win32' ? describe.skip : describe

posix('the timer on a host, with the real shell', () => {
  let folder = ''
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gip-dead man's-"))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))
  const timer = (
    back = `echo "$(date +%s)" >>'${join(folder, 'back-ran').replaceAll("'", "'\\''")}'`,
  ): DeadMan => new DeadMan(new LocalSsh(), [{ target: TARGET, folder: join(folder, 't'), back }])
  const file = (name: string): Promise<string> => readFile(join(folder, name), 'utf8')
  const there = (name: string): Promise<boolean> =>
    access(join(folder, name)).then(
      () => true,
      () => false,
    )
  const until = async (holds: () => Promise<boolean>): Promise<void> => {
    for (let tries = 0; !(await holds()); tries++) {
      if (tries > 300) throw new Error('waited in vain')
      await systemClock.sleep(100)
    }
  }

  it('goes off when it is not renewed, once, and says so to whoever asks', async () => {
    const [armed] = await timer().arm('r 1', 1, signal)
    expect(armed).toEqual({ where: 'deploy@web-1', kind: 'armed' })
    await until(() => there('t/fired'))
    expect((await file('back-ran')).trim().split('\n')).toHaveLength(1)
    expect(await file('t/fired')).toMatch(/^r-1 \d+ 0\n$/)
    // The engine that comes back late is told; another release begins anew.
    expect(await timer().arm('r 1', 60, signal)).toMatchObject([{ kind: 'fired' }])
    expect(await timer().arm('r 2', 60, signal)).toMatchObject([{ kind: 'armed' }])
    expect(await there('t/fired')).toBe(false)
    await timer().disarm(signal)
  })

  it('does not go off while it is renewed, nor after its end, and leaves no watcher behind', async () => {
    for (let i = 0; i < 3; i++) {
      expect(await timer().arm('r-1', 10, signal)).toMatchObject([{ kind: 'armed' }])
      await systemClock.sleep(500)
    }
    const pid = Number(await file('t/pid'))
    await timer().disarm(signal)
    await until(() => {
      try {
        process.kill(pid, 0)
        return Promise.resolve(false)
      } catch {
        return Promise.resolve(true)
      }
    })
    expect(await there('back-ran')).toBe(false)
    expect(await there('t/deadline')).toBe(false)
    await timer().disarm(signal)
  })

  it('keeps the exit code of a way back that failed, after it was tried again', async () => {
    // Fails once: the second try, ten seconds later, is the good one.
    const back = `cd '${folder.replaceAll("'", "'\\''")}'; if [ -f once ]; then echo good; exit 0; fi; : >once; exit 9`
    await timer(back).arm('r-1', 1, signal)
    await until(() => there('t/fired'))
    expect(await file('t/fired')).toMatch(/ 0\n$/)
    expect(await file('t/log')).toContain('good')
  })

  it('says why it could not be set', async () => {
    const broken = new DeadMan(new LocalSsh(), [{ target: TARGET, folder: '/dev/null/x', back: 'true' }])
    expect(await broken.arm('r', 5, signal)).toMatchObject([
      { kind: 'failed', error: { problems: [{ code: 'dead-man', where: 'deploy@web-1' }] } },
    ])
  })
})

describe('withDeadMan', () => {
  const release = (
    change: Partial<StoredRelease['state']>,
    more: Partial<StoredRelease> = {},
  ): StoredRelease => {
    const one = sampleRelease(['deploy@web-1'])
    return { ...one, ...more, state: { ...one.state, ...change } }
  }
  const UNTOUCHED = release({ phase: 'preparing' })
  const DEPLOYING = release({ phase: 'deploying', touched: true })
  const SHIFTING = release({ phase: 'shifting', touched: true })
  /** Time that has passed as soon as somebody waits. */
  const hasty: Clock = { now: () => 0, sleep: () => Promise.resolve() }

  function rig(
    answer: (what: string) => Partial<Finished> | Promise<Partial<Finished>>,
    clock: Clock = systemClock,
  ) {
    const order: string[] = []
    const ssh = new PlayedSsh((_, what) => {
      order.push(what.split(' ')[0] ?? '')
      return answer(what)
    })
    const inner: StateStore = {
      where: 'memory',
      read: () => Promise.resolve(undefined),
      write: ({ state }, expected) => {
        order.push(`write ${state.phase}`)
        return Promise.resolve(expected === 'stale' ? undefined : 'rev')
      },
    }
    const log = new KeptLog()
    const timers = new DeadMan(ssh, [{ target: TARGET, folder: '/srv/t', back: 'true' }])
    return { order, log, store: withDeadMan(inner, timers, { clock, log, silenceMs: 240_000 }) }
  }
  const armed = (): Partial<Finished> => ({ stdout: 'armed\n' })
  const away = (): never => {
    throw environmentError({ code: 'ssh-unreachable', what: 'away' })
  }

  it('arms at the first touch, renews by each write, ends before the old version goes and after the end', async () => {
    const { order, store, log } = rig(armed)
    for (const one of [
      UNTOUCHED,
      DEPLOYING,
      SHIFTING,
      release({ phase: 'finalising', touched: true }),
      release({ phase: 'done', touched: true }),
    ])
      expect(await store.write(one, 'rev', signal)).toBe('rev')
    expect(order).toEqual([
      'write preparing',
      'write deploying', 'setting',
      'write shifting', 'setting',
      'ending', 'write finalising',
      'write done', 'ending',
    ]) // prettier-ignore
    expect(log.warnings).toEqual([])
  })

  it('touches no timer when somebody else was faster', async () => {
    const { order, store } = rig(armed)
    expect(await store.write(SHIFTING, 'stale', signal)).toBeUndefined()
    expect(order).toEqual(['write shifting'])
  })

  it('must arm everywhere at the start, and only there', async () => {
    const { store } = rig(away)
    await store.write(UNTOUCHED, 'rev', signal)
    await expect(store.write(DEPLOYING, 'rev', signal)).rejects.toMatchObject({
      problems: [{ code: 'ssh-unreachable' }],
    })
    // A process that takes a release up must be able to, whoever is away.
    const reaper = rig(away)
    expect(await reaper.store.write(SHIFTING, 'rev', signal)).toBe('rev')
    expect(reaper.log.warnings[0]).toContain('was not renewed')
  })

  it('lets no slow host hold a heartbeat up, and none of its renewals come after the end', async () => {
    let finish: (done: Partial<Finished>) => void = () => undefined
    const { order, store } = rig(
      (what) => (what.startsWith('setting') ? new Promise((resolve) => (finish = resolve)) : {}),
      hasty,
    )
    expect(await store.write(SHIFTING, 'rev', signal)).toBe('rev')
    const ending = store.write(release({ phase: 'finalising', touched: true }), 'rev', signal)
    await systemClock.sleep(20)
    expect(order).toEqual(['write shifting', 'setting'])
    finish(armed())
    await ending
    expect(order).toEqual(['write shifting', 'setting', 'ending', 'write finalising'])
  })

  it('removes no old version while a timer could still go off', async () => {
    const { order, store } = rig(away)
    await expect(store.write(release({ phase: 'finalising', touched: true }), 'rev', signal)).rejects.toThrow(
      'away',
    )
    expect(order).toEqual(['ending'])
  })

  it('leaves the timers running after a rollback that failed: they are the way back', async () => {
    const { order, store } = rig(armed)
    await store.write(release({ phase: 'rollback-failed', touched: true }), 'rev', signal)
    await store.write(release({ phase: 'rolled-back', touched: true }), 'rev', signal)
    expect(order).toEqual(['write rollback-failed', 'write rolled-back', 'ending'])
  })

  it('tells when a timer has gone off', async () => {
    const { store, log } = rig(() => ({ stdout: 'fired\n' }))
    await store.write(SHIFTING, 'rev', signal)
    expect(log.warnings[0]).toContain('has gone off')
  })

  it.each([
    ['with a lease', { owner: 'x', expires: 1 }, { nextAt: 0, until: 60_000 }, 240],
    ['between two jobs', null, { nextAt: 0, until: 60_000 }, 290],
    ['between two jobs, too late', null, { nextAt: 0, until: 5000 }, 240],
    ['without either', null, undefined, 240],
  ])('counts from the time when somebody is expected: %s', (_, lease, pending, seconds) => {
    const one = { ...SHIFTING, lease, ...(pending === undefined ? {} : { pending }) }
    expect(timerSeconds(one, 10_000, 240_000)).toBe(seconds)
  })
})

describe('the settings of a timer', () => {
  it('must outlive the lease', () => {
    expect(deadManFault(240_000, 120_000)).toBeUndefined()
    expect(deadManFault(120_000, 120_000)).toMatchObject({
      code: 'dead-man-short',
      what: expect.stringContaining('120 s'),
    })
  })
  it.each([
    ['/srv/shop', 'web', '/srv/shop/.gip/web.dead-man'],
    ['/srv/shop/', 'we b/../x', '/srv/shop/.gip/we-b-..-x.dead-man'],
  ])('lie in %s', (base, name, folder) => {
    expect(deadManFolder(base, name)).toBe(folder)
  })
})

describe('the mark beside the state', () => {
  it.each([
    ['firing:r-1:1234', { kind: 'firing', release: 'r-1' }],
    ['fired:r-1:1700000000:0', { kind: 'fired', release: 'r-1', at: 1_700_000_000_000, code: 0 }],
    ['fired:r-1:1700000000:42', { kind: 'fired', release: 'r-1', at: 1_700_000_000_000, code: 42 }],
    ['fired:r-1', undefined],
    ['fired::1:0', undefined],
    ['-', undefined],
    ['rubbish', undefined],
  ])('%s', (word, mark) => {
    expect(parseMark(word)).toEqual(mark)
  })

  const one = sampleRelease(['deploy@web-1'])
  const shifting: StoredRelease = {
    ...one,
    lease: { owner: 'x', expires: 1 },
    state: { ...one.state, phase: 'shifting', stage: 'act', touched: true, step: 0, intended: 50 },
  }
  const fired = { kind: 'fired', release: 'r-1', at: 1_700_000_000_000, code: 0 } as const

  it('makes a release of one host rolled back, and one of several the next one’s to finish', () => {
    expect(applyDeadMan(shifting, fired)).toMatchObject({ lease: null, state: { phase: 'rolled-back' } })
    const several = { ...shifting, adapter: { kind: 'hosts', hosts: ['a@b', 'c@d'] } }
    expect(applyDeadMan(several, fired)).toMatchObject({ lease: null, state: { phase: 'aborting' } })
    expect(applyDeadMan(shifting, { ...fired, code: 42 }).state.phase).toBe('aborting')
    expect(applyDeadMan(shifting, { kind: 'firing', release: 'r-1' }).state.phase).toBe('aborting')
  })

  it('changes nothing that is over, never began, or belongs to another release', () => {
    const done: StoredRelease = { ...shifting, state: { ...shifting.state, phase: 'done' } }
    for (const [release, mark] of [
      [done, fired],
      [one, fired],
      [shifting, { ...fired, release: 'r-0' }],
    ] as const)
      expect(applyDeadMan(release, mark)).toBe(release)
  })
})
