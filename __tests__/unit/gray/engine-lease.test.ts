import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { PipelineError } from '../../../src/base/errors.ts'
import { runRelease } from '../../../src/gray/engine-start.ts'
import type { EngineOptions, EngineSettings, RunResult } from '../../../src/gray/engine-types.ts'
import { claimOf, SKEW_MS } from '../../../src/gray/lease.ts'
import { reap } from '../../../src/gray/reap.ts'
import { broken, CHANGES, hang, mortal, PLAN, Rig } from '../../support/gray-engine-sim.ts'

type Ended = RunResult | PipelineError

/** A release of `owner`; a refusal is an answer here. */
function run(
  rig: Rig,
  owner: string,
  settings: Partial<EngineSettings> = {},
  more: Partial<EngineOptions> = {},
): Promise<Ended> {
  const request = rig.request({ id: owner, new: `app@sha256:${owner}` })
  const options = rig.options(owner, { settings, ...more })
  // A release that finds a promoted one names that one's version as the old one.
  const audit: EngineOptions['audit'] = {
    append: async (record, release, at) => {
      if (record.kind === 'lease' && record.action === 'taken') rig.target.next()
      await options.audit?.append(record, release, at)
    },
  }
  return runRelease(request, { ...options, audit }).catch((error: unknown) => {
    if (error instanceof PipelineError) return error
    throw error
  })
}

const codeOf = (ended: Ended): string | undefined =>
  ended instanceof PipelineError ? ended.problems[0]?.code : ended.outcome

/** When each owner changed the target, so that overlaps can be seen. */
function owners(rig: Rig): string[] {
  const all = rig.target.calls.filter(({ call }) => CHANGES.has(call)).map(({ owner }) => owner)
  return all.filter((owner, i) => owner !== all[i - 1])
}

describe('claims', () => {
  const lease = { owner: 'run-1', expires: 1_000_000 }
  const state = { phase: 'observing' } as const
  it.each<[string, object, number, 'running' | 'completed' | 'unknown', string]>([
    ['held', { lease }, 1_000_000, 'unknown', 'held'],
    ['just expired, within the skew', { lease }, 1_000_000 + SKEW_MS, 'unknown', 'held'],
    ['expired', { lease }, 1_000_001 + SKEW_MS, 'unknown', 'unfinished'],
    ['held by a run that has completed', { lease }, 0, 'completed', 'unfinished'],
    ['held by a run that runs', { lease }, 0, 'running', 'held'],
    ['asleep', { lease: null, pending: { nextAt: 1, until: 10 } }, 10, 'unknown', 'sleeping'],
    ['overslept', { lease: null, pending: { nextAt: 1, until: 10 } }, 11, 'unknown', 'unfinished'],
    ['let go in the middle', { lease: null }, 0, 'unknown', 'unfinished'],
    ['ended', { lease: null, state: { phase: 'done' } }, 0, 'unknown', 'free'],
    ['ended, perhaps not told', { lease, state: { phase: 'done' } }, 9e9, 'unknown', 'unfinished'],
    ['not back', { lease: null, state: { phase: 'rollback-failed' } }, 0, 'unknown', 'unfinished'],
  ])('%s', (_, record, now, known, kind) => {
    const release = {
      ...new Rig().request(),
      schema: 1,
      startedAt: 0,
      windowStart: null,
      history: [],
      state,
      ...record,
    }
    expect(claimOf(release as never, now, known).kind).toBe(kind)
  })

  it('nothing stored is free', () => {
    expect(claimOf(undefined, 0).kind).toBe('free')
  })
})

describe('a lease that is lost', () => {
  it.each(['observing', 'shifting', 'deploying', 'baking', 'finalising'])(
    'while %s: the engine stops without touching the target',
    async (phase) => {
      const rig = new Rig()
      let taken = -1
      rig.store.after = () => {
        const now = rig.store.now
        if (now === undefined || now.state.phase !== phase || taken >= 0) return
        rig.store.put({ ...now, lease: { owner: 'thief', expires: rig.clock.now() + 60_000 } })
        taken = rig.target.changes.length
      }
      // The effect of the stored state is under way when the next write fails.
      rig.target.before = async (call, signal) => {
        if (taken >= 0 && CHANGES.has(call)) await hang(signal)
      }
      const ended = await rig.clock.run(run(rig, 'run-1'))
      expect(codeOf(ended)).toBe('lost')
      expect(taken).toBeGreaterThanOrEqual(0)
      // At most the effect that was begun before the loss could be known, and it was aborted.
      expect(rig.target.changes.length - taken).toBeLessThanOrEqual(1)
      expect(rig.target.changes).not.toContain('reset')
      expect(rig.store.now?.lease?.owner).toBe('thief')
      expect(rig.audit.at(-1)).toMatchObject({ kind: 'lease', action: 'lost' })
    },
  )

  it('a machine that slept past its lease goes on when nobody came, and touches nothing before it knows', async () => {
    for (const thief of [false, true]) {
      const rig = new Rig()
      let slept = false
      rig.judge = ({ percent }) => {
        if (percent === 25 && !slept) {
          slept = true
          rig.clock.jump(3_600_000)
          const now = rig.store.now
          if (thief && now !== undefined)
            rig.store.put({ ...now, lease: { owner: 'thief', expires: rig.clock.now() + 60_000 } })
        }
        return 'pass'
      }
      const ended = await rig.clock.run(run(rig, 'run-1'))
      expect(codeOf(ended)).toBe(thief ? 'lost' : 'promoted')
      expect(rig.target.percent).toBe(thief ? 25 : 100)
    }
  })

  it('a record that vanished is a lost lease', async () => {
    const rig = new Rig()
    rig.judge = () => {
      rig.store.text = undefined
      return 'pass'
    }
    expect(codeOf(await rig.clock.run(run(rig, 'run-1')))).toBe('lost')
  })
})

describe('a store that fails', () => {
  it('for a moment is tried again; a write whose answer was lost is recognised as our own', async () => {
    const rig = new Rig()
    let count = 0
    rig.store.before = () => {
      if (++count % 4 === 0) throw broken('connection reset')
    }
    rig.store.after = () => {
      if (++count % 5 === 0) throw broken('connection reset')
    }
    rig.store.before = (verb) => {
      if (verb === 'write' && ++count % 4 === 0) throw broken('connection reset')
    }
    // The first write has nothing to go back to, so that one is let through.
    count = 1
    expect(codeOf(await rig.clock.run(run(rig, 'run-1')))).toBe('promoted')
  })

  it('for good: the target is put back while the lease is ours, and a reaper finishes the record', async () => {
    for (const how of ['throws', 'hangs'] as const) {
      const rig = new Rig()
      let brokenAt = Infinity
      let down = true
      rig.judge = ({ percent }) => {
        if (percent === 25) brokenAt = Math.min(brokenAt, rig.clock.now())
        return 'pass'
      }
      rig.store.before = async () => {
        if (!down || rig.clock.now() < brokenAt) return
        if (how === 'throws') throw broken('no space left')
        await new Promise(() => undefined)
      }
      const ended = await rig.clock.run(run(rig, 'run-1'))
      expect(codeOf(ended)).toBe('gray-state-unwritable')
      expect(ended instanceof PipelineError ? ended.message : '').toMatch(/put back to the old version/)
      expect(rig.target.end).toBe('old')
      expect(rig.pages.at(-1)).toMatch(/cannot be stored/)
      const reset = rig.target.calls.findLast(({ call }) => call === 'reset')?.at ?? Infinity
      expect(reset).toBeLessThan((rig.store.now?.lease?.expires ?? 0) + SKEW_MS)
      down = false
      expect((await rig.clock.run(reap(rig.options('reaper')))).action).toBe('left')
      rig.clock.jump(120_000)
      const reaped = await rig.clock.run(reap(rig.options('reaper')))
      expect(reaped.run?.outcome).toBe('rolled-back')
    }
  })
})

describe('two releases', () => {
  it('started at once on nothing: one goes first, the other waits and then goes', async () => {
    const rig = new Rig()
    const [a, b] = await rig.clock.run(Promise.all([run(rig, 'a'), run(rig, 'b')]))
    expect([codeOf(a), codeOf(b)]).toEqual(['promoted', 'promoted'])
    expect(owners(rig)).toHaveLength(2)
  })

  it('the waiting one gives up in time', async () => {
    const rig = new Rig()
    const first = run(rig, 'a')
    const second = rig.clock.run(run(rig, 'b', { queueMs: 60_000 }))
    expect(codeOf(await second)).toBe('gray-busy')
    expect(codeOf(await rig.clock.run(first))).toBe('promoted')
    expect(owners(rig)).toEqual(['a'])
  })

  it('newest wins: the running one goes back, then the new one begins', async () => {
    const rig = new Rig()
    const first = run(rig, 'a')
    const later = rig.clock.sleep(100_000).then(() => run(rig, 'b', { concurrency: 'newest-wins' }))
    const [a, b] = await rig.clock.run(Promise.all([first, later]))
    expect(a).toMatchObject({ outcome: 'rolled-back', reason: 'superseded by a newer run (b)' })
    expect(codeOf(b)).toBe('promoted')
    expect(owners(rig)).toEqual(['a', 'b'])
  })

  it('newest wins, but a version that is being finished is finished', async () => {
    const rig = new Rig()
    rig.target.before = async (call, signal, owner) => {
      if (call === 'finalise' && owner === 'a') await rig.clock.sleep(120_000, signal)
    }
    const first = run(rig, 'a')
    const later = rig.clock.sleep(340_000).then(() => run(rig, 'b', { concurrency: 'newest-wins' }))
    const [a, b] = await rig.clock.run(Promise.all([first, later]))
    expect([codeOf(a), codeOf(b)]).toEqual(['promoted', 'promoted'])
  })

  it('of several that wait only the newest goes on', async () => {
    const rig = new Rig()
    const runs = [0, 56_000, 57_000, 58_000].map((at, i) =>
      rig.clock.sleep(at).then(() => run(rig, `run-${i}`, { concurrency: 'newest-wins' })),
    )
    const ended = await rig.clock.run(Promise.all(runs))
    expect(ended.map(codeOf)).toEqual(['rolled-back', 'gray-superseded', 'gray-superseded', 'promoted'])
    expect(owners(rig)).toEqual(['run-0', 'run-3'])
  })

  it('a release whose engine died is taken back before the next begins, once its lease has expired', async () => {
    const rig = new Rig()
    await rig.clock.run(dieAt(rig, 25))
    expect(rig.target.percent).toBe(25)
    const ended = await rig.clock.run(run(rig, 'b'))
    expect(codeOf(ended)).toBe('promoted')
    const reset = rig.target.calls.findIndex(({ call }) => call === 'reset')
    const deploy = rig.target.calls.findIndex(({ call, owner }) => call === 'deploy' && owner === 'b')
    expect(reset).toBeGreaterThan(0)
    expect(deploy).toBeGreaterThan(reset)
  })

  it('a release whose way back fails blocks the next one, until it is put right', async () => {
    const rig = new Rig()
    rig.judge = () => 'fail'
    let stuck = true
    rig.target.before = (call) => {
      if (call === 'reset' && stuck) throw broken('no answer')
    }
    expect(codeOf(await rig.clock.run(run(rig, 'a')))).toBe('rollback-failed')
    expect(codeOf(await rig.clock.run(run(rig, 'b')))).toBe('gray-unfinished')
    expect(rig.pages).toHaveLength(1)
    stuck = false
    rig.judge = () => 'pass'
    expect(codeOf(await rig.clock.run(run(rig, 'b')))).toBe('promoted')
  })
})

/** Runs a release until 25 % are observed, and then never lets it do anything again: a killed process. */
async function dieAt(rig: Rig, percent: number): Promise<void> {
  const dead = new Promise<never>(() => undefined)
  let died = (): void => undefined
  const death = new Promise<void>((resolve) => {
    died = resolve
  })
  let isDead = false
  const { store, target } = rig
  const options = rig.options('dead')
  const { measurer } = options
  const guard = <T>(work: () => Promise<T>): Promise<T> => (isDead ? dead : work())
  void runRelease(rig.request({ id: 'dead' }), {
    ...options,
    store: {
      where: store.where,
      read: () => guard(() => store.read()),
      write: (release, expected) => guard(() => store.write(release, expected)),
    },
    adapterFor: () => mortal(target.adapter('dead'), () => isDead),
    measurer: {
      check: () => Promise.resolve(),
      measure: (window, signal) => {
        if (window.percent === percent) {
          isDead = true
          died()
          return dead
        }
        return measurer?.measure(window, signal) ?? dead
      },
    },
  }).catch(() => undefined)
  await death
}

describe('races', () => {
  it('engines, reapers, slow and failing stores, cancels in any order: one hand at a time, and in the end all old or all new', async () => {
    const ends: Record<string, number> = {}
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          seed: fc.integer({ min: 1, max: 2 ** 30 }),
          starts: fc.array(fc.integer({ min: 0, max: 200_000 }), { minLength: 1, maxLength: 3 }),
          newest: fc.boolean(),
          reaps: fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 3 }),
          cancels: fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 2 }),
          slow: fc.constantFrom(0, 500, 15_000),
          failing: fc.constantFrom(0, 0.05, 0.3),
          bad: fc.boolean(),
        }),
        async ({ seed, starts, newest, reaps, cancels, slow, failing, bad }) => {
          const rig = new Rig()
          let now = seed
          // A small generator of our own (Lehmer), so that a run can be repeated from its seed.
          const random = (): number => (now = (now * 48_271) % 2_147_483_647) / 2_147_483_647
          rig.store.before = async () => {
            if (slow > 0) await rig.clock.sleep(random() * slow)
            if (random() < failing) throw broken('connection reset')
          }
          rig.target.before = (_, signal) => rig.clock.sleep(random() * 3000, signal)
          rig.judge = ({ percent }) => (bad && percent > 5 ? 'fail' : 'pass')
          // Whoever changes the target holds the lease at that moment, or has lost it too little ago for anybody to have it.
          const hands: string[] = []
          const { before } = rig.target
          rig.target.before = async (call, signal, owner) => {
            const lease = rig.store.now?.lease
            if (CHANGES.has(call) && lease !== null && lease?.owner !== owner)
              hands.push(`${owner} does ${call} while ${lease?.owner ?? 'nobody'} holds the lease`)
            await before(call, signal, owner)
          }
          const jobs = starts.map(async (at, i) => {
            const abort = new AbortController()
            const cancel = cancels[i]
            if (cancel !== undefined)
              void rig.clock.sleep(at + cancel).then(() => abort.abort(new Error('SIGINT')))
            await rig.clock.sleep(at)
            await run(
              rig,
              `run-${i}`,
              { concurrency: newest ? 'newest-wins' : 'queue' },
              { signal: abort.signal },
            )
          })
          const reapers = reaps.map(async (at, i) => {
            await rig.clock.sleep(at)
            await reap(rig.options(`reaper-${i}`)).catch(() => undefined)
          })
          await rig.clock.run(Promise.all([...jobs, ...reapers]))
          rig.store.before = () => undefined
          rig.clock.jump(10 * 60_000)
          await rig.clock.run(reap(rig.options('last')))
          expect(hands).toEqual([])
          expect(rig.store.now?.lease ?? null).toBeNull()
          expect(['old', 'new']).toContain(rig.target.end)
          expect(rig.target.percent).toBe(rig.phase === 'done' ? 100 : 0)
          ends[rig.phase ?? 'none'] = (ends[rig.phase ?? 'none'] ?? 0) + 1
        },
      ),
      { seed: 7, numRuns: 100 },
    )
    expect(ends['done']).toBeGreaterThan(10)
    expect(ends['rolled-back']).toBeGreaterThan(10)
  })
})

it('a plan is checked before the place is taken', async () => {
  const rig = new Rig()
  const request = rig.request({ plan: { ...PLAN, maxTries: 0 } })
  await expect(runRelease(request, rig.options())).rejects.toThrow(/maxTries is 0/)
})
