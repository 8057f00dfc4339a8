import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { runRelease } from '../../../src/gray/engine-start.ts'
import type { EngineOptions, RunResult } from '../../../src/gray/engine-types.ts'
import type { Verdict } from '../../../src/gray/judge.ts'
import { reap, tick } from '../../../src/gray/reap.ts'
import type { ReleasePlan } from '../../../src/gray/reducer.ts'
import { type Judge, PLAN, Rig } from '../../support/gray-engine-sim.ts'

const LONG: ReleasePlan = {
  ...PLAN,
  steps: [5, 25, 100].map((percent) => ({ percent, observeMs: 300_000, hold: false })),
  warmUpMs: 60_000,
  bakeMs: 600_000,
  intervalMs: 60_000,
}
const SPLIT = { settings: { mode: 'split' } } as const

interface Story {
  readonly outcome: string
  readonly reason: string
  readonly looks: readonly string[]
  readonly jobs: number
}

function tell(rig: Rig, result: RunResult, jobs: number): Story {
  return {
    outcome: result.outcome,
    reason: result.reason,
    jobs,
    looks: rig.windows.map(
      ({ step, start, end, baking }) => `${step} ${baking ? 'bake' : 'step'} ${end - start}`,
    ),
  }
}

async function inline(judge: Judge, plan = LONG): Promise<Story> {
  const rig = new Rig()
  rig.judge = judge
  return tell(rig, await rig.clock.run(runRelease(rig.request({ plan }), rig.options())), 1)
}

/** One short job after the other; each comes `late` ms after its time (before it, when negative). */
async function split(judge: Judge, late: (job: number) => number, plan = LONG): Promise<Story> {
  const rig = new Rig()
  rig.judge = judge
  let result = await rig.clock.run(runRelease(rig.request({ plan }), rig.options('job-0', SPLIT)))
  let job = 1
  for (; result.pending; job++) {
    expect(rig.store.now?.lease).toBeNull()
    const wait = (result.nextAt ?? 0) - rig.clock.now() + late(job)
    rig.clock.jump(Math.max(1000, wait))
    const began = rig.clock.now()
    const found = await rig.clock.run(
      tick(rig.options(`job-${job}`, { ...SPLIT, runState: () => Promise.resolve('unknown') })),
    )
    if (found.run === undefined) throw new Error(found.reason)
    result = found.run
    // A job never holds its runner for a wait of minutes.
    expect(rig.clock.now() - began).toBeLessThan(2 * 60_000)
    if (job > 200) throw new Error('it does not end')
  }
  return tell(rig, result, job)
}

/** Verdicts by the place of the look in its own step, so that they do not depend on when somebody looked. */
function data(seed: number, weights: Readonly<Record<Verdict, number>>): Judge {
  const names = Object.entries(weights).flatMap(([name, count]) =>
    Array<Verdict>(count).fill(name as Verdict),
  )
  return ({ step, start, end, baking }) => {
    const mixed =
      Math.imul(seed ^ (step * 7919 + (end - start) / 1000 + (baking ? 101 : 0)), 2_654_435_761) >>> 0
    return names[(mixed >>> 8) % names.length] ?? 'pass'
  }
}

describe('split mode', () => {
  it('takes one job a step, and each is short', async () => {
    const story = await split(
      () => 'pass',
      () => 0,
    )
    expect(story).toMatchObject({ outcome: 'promoted', jobs: 5 })
  })

  it('gives the same looks and the same end as one that was awake, however late and often its jobs come', async () => {
    const ends: Record<string, number> = {}
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.array(fc.integer({ min: -300_000, max: 3 * 3_600_000 }), { minLength: 5, maxLength: 12 }),
        fc.constantFrom<ReleasePlan['endPolicy']>('rollback', 'promote'),
        async (seed, delays, endPolicy) => {
          const judge = data(seed, { pass: 12, inconclusive: 6, nodata: 1, error: 2, fail: 0 })
          const bad =
            seed % 5 === 0 ? data(seed, { pass: 14, inconclusive: 3, nodata: 1, error: 1, fail: 1 }) : judge
          const plan = { ...LONG, endPolicy }
          const awake = await inline(bad, plan)
          const asleep = await split(bad, (job) => delays[job % delays.length] ?? 0, plan)
          expect({ ...asleep, jobs: 1 }).toEqual(awake)
          ends[awake.outcome] = (ends[awake.outcome] ?? 0) + 1
        },
      ),
      { seed: 11, numRuns: 60 },
    )
    expect(ends['promoted']).toBeGreaterThan(5)
    expect(ends['rolled-back']).toBeGreaterThan(5)
  })

  it('makes up for every look it slept through, each at its own time', async () => {
    const rig = new Rig()
    await rig.clock.run(runRelease(rig.request({ plan: LONG }), rig.options('job-0', SPLIT)))
    expect(rig.windows).toEqual([])
    const confirmed = rig.store.now?.history[0]?.at ?? 0
    rig.clock.jump(2 * 3_600_000)
    await rig.clock.run(tick(rig.options('job-1', SPLIT)))
    const ends = rig.windows.filter(({ step }) => step === 0).map(({ end }) => end - confirmed)
    expect(ends).toEqual([2, 3, 4, 5, 6].map((minutes) => minutes * 60_000))
  })

  it('a job that comes too early does what is due and sleeps again', async () => {
    const rig = new Rig()
    const first = await rig.clock.run(runRelease(rig.request({ plan: LONG }), rig.options('job-0', SPLIT)))
    rig.clock.jump(190_000)
    const early = await rig.clock.run(tick(rig.options('job-1', SPLIT)))
    expect(early.run).toMatchObject({ pending: true, nextAt: first.nextAt })
    expect(rig.target.percent).toBe(5)
  })

  it('holds without a runner: each job asks whether people have approved, and asks them once', async () => {
    const rig = new Rig()
    const plan = {
      ...LONG,
      steps: [5, 100].map((percent) => ({ percent, observeMs: 60_000, hold: percent === 5 })),
      approvalMs: 7_200_000,
    }
    rig.answer = () => ({ kind: 'waiting', detail: '1 of 2' })
    const go = async (job: string): Promise<RunResult> => {
      const { run } = await rig.clock.run(tick(rig.options(job, SPLIT)))
      if (run === undefined) throw new Error('nothing to take up')
      return run
    }
    await rig.clock.run(runRelease(rig.request({ plan }), rig.options('job-0', SPLIT)))
    rig.clock.jump(3_600_000)
    const result = await go('job-1')
    expect(result).toMatchObject({ pending: true, release: { state: { phase: 'holding' } } })
    rig.clock.jump(600_000)
    expect((await go('job-2')).pending).toBe(true)
    expect(rig.asked).toHaveLength(1)
    rig.answer = () => ({ kind: 'approved', by: ['ann', 'bob'] })
    await go('job-3')
    expect(rig.target.percent).toBe(100)
    // And the people's time counts from when they were asked, not from when the look was due.
    const late = new Rig()
    late.answer = () => ({ kind: 'waiting', detail: '' })
    await late.clock.run(runRelease(late.request({ plan }), late.options('job-0', SPLIT)))
    late.clock.jump(5 * 3_600_000)
    const held = (await late.clock.run(tick(late.options('job-1', SPLIT)))).run
    expect(held).toMatchObject({ pending: true, nextAt: late.clock.now() + 7_200_000 })
    late.clock.jump(7_200_001)
    const over = (await late.clock.run(tick(late.options('job-2', SPLIT)))).run
    expect(over).toMatchObject({ outcome: 'rolled-back' })
    expect(over?.reason).toMatch(/nobody approved in time/)
  })

  it('a weight that was lost during the sleep is set again before anything is judged', async () => {
    const rig = new Rig()
    await rig.clock.run(runRelease(rig.request({ plan: LONG }), rig.options('job-0', SPLIT)))
    rig.target.percent = 0
    rig.clock.jump(600_000)
    const result = await rig.clock.run(tick(rig.options('job-1', SPLIT)))
    expect(result.run).toMatchObject({
      pending: true,
      release: { state: { drifts: 1, phase: 'warming', step: 0 } },
    })
    expect(rig.target.percent).toBe(5)
    expect(rig.windows).toEqual([])
  })

  it('other settings than it began with take it back; a newer run takes its place at once', async () => {
    const rig = new Rig()
    await rig.clock.run(runRelease(rig.request({ plan: LONG }), rig.options('job-0', SPLIT)))
    const changed = await rig.clock.run(tick({ ...rig.options('job-1', SPLIT), planHash: 'other' }))
    expect(changed.run).toMatchObject({ outcome: 'rolled-back' })
    expect(changed.reason).toMatch(/settings are not those/)
    const second = new Rig()
    await second.clock.run(runRelease(second.request({ plan: LONG }), second.options('job-0', SPLIT)))
    const newer = await second.clock.run(
      runRelease(
        second.request({ id: 'r2', new: 'app@sha256:newer' }),
        second.options('job-9', { settings: { concurrency: 'newest-wins' } }),
      ),
    )
    expect(newer.outcome).toBe('promoted')
    expect(second.target.changes.slice(0, 4)).toEqual(['deploy', 'set 5', 'reset', 'deploy'])
  })

  it('a reaper leaves it asleep until it is overdue', async () => {
    const rig = new Rig()
    await rig.clock.run(runRelease(rig.request({ plan: LONG }), rig.options('job-0', SPLIT)))
    rig.clock.jump(3_600_000)
    expect(await rig.clock.run(reap(rig.options('reaper')))).toMatchObject({ action: 'left' })
    rig.clock.jump(6 * 3_600_000)
    expect((await rig.clock.run(reap(rig.options('reaper')))).run).toMatchObject({ outcome: 'rolled-back' })
    expect(rig.target.end).toBe('old')
  })

  it('a cancel at any write, also while the lease is being let go, takes the release back', async () => {
    let pending = 0
    for (let at = 0; at < 30; at++) {
      const rig = new Rig()
      const abort = new AbortController()
      let writes = 0
      rig.store.before = (verb) => {
        if (verb === 'write' && writes++ === at) abort.abort(new Error('SIGINT'))
      }
      const options: Partial<EngineOptions> = { ...SPLIT, signal: abort.signal }
      const result = await rig.clock.run(
        runRelease(rig.request({ plan: LONG }), rig.options('job-0', options)),
      )
      if (result.pending) {
        pending++
        expect(abort.signal.aborted).toBe(false)
      } else {
        expect([at, result.outcome, rig.target.end]).toEqual([at, 'rolled-back', 'old'])
        expect(rig.store.now?.lease).toBeNull()
      }
    }
    expect(pending).toBeGreaterThan(5)
  })
})
