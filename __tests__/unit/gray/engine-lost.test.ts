import { describe, expect, it } from '@jest/globals'
import { runRelease } from '../../../src/gray/engine-start.ts'
import type { RunResult } from '../../../src/gray/engine-types.ts'
import { reap, recover } from '../../../src/gray/reap.ts'
import type { ReleasePlan } from '../../../src/gray/reducer.ts'
import { broken, type Call, PLAN, Rig } from '../../support/gray-engine-sim.ts'

const HOUR = 3_600_000
const SHORT: ReleasePlan = { ...PLAN, bakeMs: 0, steps: PLAN.steps.slice(-1) }

/**
 * Freezes `run-1` inside its first `call` for an hour, in which `meanwhile` happens; then the call lands, deaf to every abort.
 */
function freeze(rig: Rig, call: Call, meanwhile: () => Promise<unknown>): () => boolean {
  let frozen = false
  rig.target.before = async (now, _, owner) => {
    if (frozen || owner !== 'run-1' || now !== call) return
    frozen = true
    rig.clock.jump(HOUR)
    await meanwhile()
  }
  return () => frozen
}

const run = (rig: Rig, plan: ReleasePlan = PLAN): Promise<RunResult> =>
  rig.clock.run(runRelease(rig.request({ plan }), rig.options('run-1')))

describe('a change that lands after the release was taken over', () => {
  it.each<Call>(['deploy', 'set'])('%s: the way back is proved again', async (call) => {
    const rig = new Rig()
    const frozen = freeze(rig, call, () => reap(rig.options('reaper')))
    const ended = await run(rig)
    expect(frozen()).toBe(true)
    expect(ended).toMatchObject({ outcome: 'lost', late: true })
    expect(ended.reason).toMatch(/a change was under way, so the target was proved again: rolled-back/)
    expect(rig.target.end).toBe('old')
    expect(rig.store.now).toMatchObject({ lease: null, state: { phase: 'rolled-back' } })
    // What it had been taken back for is still what stands there.
    expect(rig.store.now?.state.reason).toMatch(/the engine was lost/)
    expect(rig.target.calls.filter(({ call: one }) => one === 'reset').map(({ owner }) => owner)).toEqual([
      'reaper',
      'run-1',
    ])
  })

  it('a weight after a promotion by somebody else: everything is new again', async () => {
    const rig = new Rig()
    let sets = 0
    rig.target.before = async (call, _, owner) => {
      if (owner !== 'run-1' || call !== 'set' || ++sets !== 2) return
      rig.clock.jump(HOUR)
      await reap({ ...rig.options('reaper'), policy: 'continue' })
      expect(rig.target.end).toBe('new')
    }
    const ended = await run(rig)
    expect(ended).toMatchObject({ outcome: 'lost', late: true })
    expect(rig.target.end).toBe('new')
    expect(rig.store.now).toMatchObject({ lease: null, state: { phase: 'done' } })
  })

  it('waits for the new holder to end', async () => {
    const rig = new Rig()
    let reaped = false
    // The reaper's own reset takes ten minutes; the late change lands in the middle of them.
    const frozen = freeze(rig, 'set', () => {
      const before = rig.target.before
      rig.target.before = async (call, signal, owner) => {
        if (owner === 'reaper' && call === 'reset') await rig.clock.sleep(120_000)
        await before(call, signal, owner)
      }
      void reap(rig.options('reaper')).then(() => (reaped = true))
      return rig.clock.sleep(30_000)
    })
    const ended = await run(rig)
    expect(frozen()).toBe(true)
    expect(ended).toMatchObject({ outcome: 'lost', late: true })
    expect(reaped).toBe(true)
    expect(rig.target.end).toBe('old')
    expect(rig.store.now).toMatchObject({ lease: null, state: { phase: 'rolled-back' } })
  })

  it('leaves another release alone: its own looks find what was lost', async () => {
    const rig = new Rig()
    let other: Promise<RunResult> | undefined
    const frozen = freeze(rig, 'set', async () => {
      await reap(rig.options('reaper'))
      other = runRelease(rig.request({ id: 'r2', new: 'app@sha256:r2' }), rig.options('run-2'))
      while (rig.store.now?.id !== 'r2' || rig.phase !== 'observing') await rig.clock.sleep(1000)
    })
    const both = async (): Promise<RunResult> => {
      const first = await runRelease(rig.request(), rig.options('run-1'))
      await other
      return first
    }
    const ended = await rig.clock.run(both())
    expect(frozen()).toBe(true)
    expect(ended.outcome).toBe('lost')
    expect(rig.store.now).toMatchObject({ id: 'r2', state: { phase: 'done' } })
    expect(rig.target.end).toBe('new')
    expect(rig.target.calls.filter(({ owner, call }) => owner === 'run-1' && call === 'reset')).toEqual([])
  })

  it('a proof that fails is told, and the record asks for a reaper', async () => {
    const rig = new Rig()
    const frozen = freeze(rig, 'set', async () => {
      await reap(rig.options('reaper'))
      rig.target.before = (call, _, owner) => {
        if (owner === 'run-1' && call === 'reset') throw broken('the proxy is gone')
      }
    })
    const ended = await run(rig)
    expect(frozen()).toBe(true)
    expect(ended.reason).toMatch(/rollback-failed/)
    expect(rig.phase).toBe('rollback-failed')
    expect(rig.pages.join()).toMatch(/the proxy is gone/)
    rig.target.before = () => undefined
    expect((await rig.clock.run(reap(rig.options('reaper')))).run?.outcome).toBe('rolled-back')
    expect(rig.target.end).toBe('old')
  })

  it('of a main step that still lives, after its own post step', async () => {
    const rig = new Rig()
    const frozen = freeze(rig, 'set', () => recover('run-1', rig.options('post')))
    const ended = await run(rig)
    expect(frozen()).toBe(true)
    expect(ended).toMatchObject({ outcome: 'lost', late: true })
    expect(rig.target.end).toBe('old')
  })
})

describe('a lease that is lost while nothing is changed', () => {
  it.each(['observing', 'warming'])('%s: nothing is proved, nothing touched', async (phase) => {
    const rig = new Rig()
    let taken = -1
    rig.onAudit = async () => {
      if (taken >= 0 || rig.phase !== phase || rig.target.percent !== 25) return
      taken = rig.target.changes.length
      rig.clock.jump(HOUR)
      await reap(rig.options('reaper'))
    }
    const ended = await run(rig)
    expect(ended.outcome).toBe('lost')
    expect(ended.late).toBeUndefined()
    expect(rig.target.changes.slice(taken)).toEqual(['reset'])
    expect(rig.target.end).toBe('old')
  })

  it('a change that a later write has proved is not late', async () => {
    const rig = new Rig()
    rig.judge = () => {
      const now = rig.store.now
      if (now !== undefined)
        rig.store.put({ ...now, lease: { owner: 'thief', expires: rig.clock.now() + HOUR } })
      return 'pass'
    }
    const ended = await run(rig, SHORT)
    expect(ended).toMatchObject({ outcome: 'lost' })
    expect(ended.late).toBeUndefined()
  })
})
