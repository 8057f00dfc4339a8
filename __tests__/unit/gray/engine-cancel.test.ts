import { describe, expect, it } from '@jest/globals'
import { environmentError } from '../../../src/base/errors.ts'
import { runRelease } from '../../../src/gray/engine-start.ts'
import type { EngineOptions } from '../../../src/gray/engine-types.ts'
import { recover } from '../../../src/gray/reap.ts'
import { type Call, CHANGES, hang, PLAN, Rig } from '../../support/gray-engine-sim.ts'

/** Every place where a release hands control to somebody else: before and after each, a signal may come. */
class Places {
  count = 0
  hit: ((place: string) => void) | undefined
  readonly names: string[] = []
  readonly #at: number

  constructor(at: number) {
    this.#at = at
  }

  pass(place: string): void {
    this.names.push(place)
    if (this.count++ === this.#at) this.hit?.(place)
  }
}

function world(
  at: number,
  held = false,
): { rig: Rig; places: Places; start: () => ReturnType<typeof runRelease>; abort: AbortController } {
  const rig = new Rig()
  const places = new Places(at)
  rig.store.before = (verb) => {
    places.pass(`${verb}, before`)
  }
  rig.store.after = () => {
    places.pass('write, after')
  }
  rig.target.before = async (call) => {
    places.pass(`${call}, before`)
    await Promise.resolve()
    places.pass(`${call}, after`)
  }
  rig.onAudit = ({ kind }) => {
    places.pass(`audit ${kind}`)
  }
  rig.judge = () => {
    places.pass('look')
    return 'pass'
  }
  const abort = new AbortController()
  const steps = [5, 100].map((percent) => ({ percent, observeMs: 30_000, hold: held && percent === 5 }))
  const plan = { ...PLAN, steps, bakeMs: 30_000 }
  return {
    rig,
    places,
    abort,
    start: () => runRelease(rig.request({ plan }), rig.options('run-1', { signal: abort.signal })),
  }
}

const lengths = await (async (): Promise<number> => {
  const { rig, places, start } = world(-1, true)
  await rig.clock.run(start())
  return places.count
})()

describe('a cancel', () => {
  it(`at every one of ${lengths} places: the reset comes first, and all is old, or all is new once the old version goes`, async () => {
    const ends = { old: 0, new: 0 }
    for (let at = 0; at < lengths; at++) {
      const { rig, places, abort, start } = world(at, true)
      let place = ''
      let seen = 0
      let cancelledAt = 0
      const was = { late: false, touched: false }
      places.hit = (name) => {
        place = name
        seen = rig.target.calls.length
        cancelledAt = rig.clock.now()
        const state = rig.store.now?.state
        was.touched = state?.touched ?? false
        was.late = state?.phase === 'finalising' || state?.phase === 'done'
        abort.abort(new Error('SIGINT'))
      }
      const result = await rig.clock.run(start().catch((error: unknown) => String(error)))
      const where = `at ${at} (${place})`
      if (typeof result === 'string') {
        // Before anything was stored there is nothing to go back from.
        expect([where, result]).toEqual([where, 'PipelineError: the run was cancelled'])
        expect(rig.target.calls).toEqual([])
        continue
      }
      expect([where, rig.target.end]).toEqual([where, result.outcome === 'promoted' ? 'new' : 'old'])
      expect([where, rig.store.now?.lease]).toEqual([where, null])
      if (was.late) expect([where, result.outcome]).toEqual([where, 'promoted'])
      if (result.outcome !== 'promoted') {
        ends.old++
        expect(result.reason).toBe('cancelled: SIGINT')
        const changes = rig.target.calls.slice(seen).filter(({ call }) => CHANGES.has(call))
        if (was.touched) {
          expect([where, changes[0]?.call]).toEqual([where, 'reset'])
          // Weight 0 within two seconds, whatever was under way.
          expect((changes[0]?.at ?? Infinity) - cancelledAt).toBeLessThanOrEqual(1000)
        }
        expect(changes.every(({ call }) => call === 'reset')).toBe(true)
      } else ends.new++
    }
    expect(ends.old).toBeGreaterThan(lengths / 2)
    expect(ends.new).toBeGreaterThan(3)
  })

  it.each<[string, boolean]>([
    ['hangs, but hears the abort', false],
    ['is deaf to it', true],
  ])('while an effect %s: the reset comes within a second', async (_, deaf) => {
    for (const stuck of ['deploy', 'smoke', 'set', 'get'] as Call[]) {
      const { rig, abort, start } = world(-1)
      rig.target.before = (call, signal) => {
        if (call !== stuck || abort.signal.aborted || rig.store.now?.state.touched !== true) return
        void rig.clock.sleep(5000).then(() => abort.abort(new Error('SIGINT')))
        return hang(signal, deaf)
      }
      const result = await rig.clock.run(start())
      expect(result.outcome).toBe('rolled-back')
      expect(rig.target.end).toBe('old')
      const begun = rig.target.calls.find(({ call }) => call === stuck)?.at ?? 0
      const reset = rig.target.calls.find(({ call }) => call === 'reset')?.at ?? Infinity
      expect(reset - begun).toBeLessThanOrEqual(6000)
    }
  })

  it('an effect that was deaf and lands after the reset is found and taken back', async () => {
    const { rig, abort, start } = world(-1)
    rig.target.before = async (call) => {
      if (call !== 'set') return
      abort.abort(new Error('SIGINT'))
      await rig.clock.sleep(4000)
    }
    const result = await rig.clock.run(start())
    expect(result.outcome).toBe('rolled-back')
    expect(rig.target.end).toBe('old')
    expect(rig.target.changes.filter((change) => change === 'reset')).toHaveLength(2)
  })

  it('does not wait for a store that is slow', async () => {
    const { rig, abort, start } = world(-1)
    let cancelledAt = 0
    rig.judge = () => {
      rig.store.before = () => rig.clock.sleep(9000)
      cancelledAt = rig.clock.now()
      abort.abort(new Error('SIGINT'))
      return 'pass'
    }
    expect((await rig.clock.run(start())).outcome).toBe('rolled-back')
    expect(rig.target.calls.find(({ call }) => call === 'reset')?.at).toBe(cancelledAt)
  })

  it('tries the way back again when it failed before the record said so', async () => {
    const { rig, abort, start } = world(-1)
    let resets = 0
    rig.target.before = (call) => {
      if (call === 'reset' && ++resets === 1) throw environmentError({ code: 'x', what: 'the proxy is away' })
      return Promise.resolve()
    }
    rig.judge = () => {
      rig.store.before = () => rig.clock.sleep(3000)
      abort.abort(new Error('SIGINT'))
      return 'pass'
    }
    expect((await rig.clock.run(start())).outcome).toBe('rolled-back')
    expect(resets).toBe(2)
    expect(rig.target.end).toBe('old')
  })

  it('a wait for another release ends at once, and nothing was touched', async () => {
    const { rig, start } = world(-1)
    const first = rig.clock.run(start())
    const abort = new AbortController()
    const options: EngineOptions = rig.options('run-2', { signal: abort.signal })
    const second = runRelease(rig.request({ id: 'r2', new: 'app@sha256:newer' }), options).catch(String)
    void rig.clock.sleep(20_000).then(() => abort.abort(new Error('SIGINT')))
    expect(await rig.clock.run(second)).toBe('PipelineError: the run was cancelled')
    expect((await first).outcome).toBe('promoted')
    expect(rig.target.calls.every(({ owner }) => owner === 'run-1')).toBe(true)
  })
})

describe('a process that has to go before it is back', () => {
  it('leaves the rest to recover, which does not wait for the lease', async () => {
    const total = lengths
    let interrupted = 0
    for (let at = 0; at < total; at += 2) {
      const { rig, places, abort } = world(at, true)
      const calm = new AbortController()
      places.hit = () => {
        abort.abort(new Error('SIGINT'))
      }
      const { target } = rig
      const before = target.before
      // Killed while the reset is under way, for good.
      target.before = async (call, signal, owner) => {
        await before(call, signal, owner)
        if (call !== 'reset' || owner !== 'run-1') return
        calm.abort(new Error('SIGTERM'))
        await hang(signal)
      }
      const run = await rig.clock.run(
        runRelease(
          rig.request({
            plan: { ...PLAN, steps: [{ percent: 100, observeMs: 30_000, hold: true }], bakeMs: 30_000 },
          }),
          rig.options('run-1', { signal: abort.signal, calm: calm.signal }),
        ).catch(() => undefined),
      )
      if (run?.outcome !== 'interrupted') continue
      interrupted++
      expect(rig.store.now?.lease?.owner).toBe('run-1')
      const other = await rig.clock.run(recover('run-2', rig.options('run-2/post')))
      expect(other.action).toBe('none')
      const result = await rig.clock.run(recover('run-1', rig.options('run-1/post')))
      expect(result.run?.outcome).toBe('rolled-back')
      expect(rig.target.end).toBe('old')
      expect(rig.store.now?.lease).toBeNull()
    }
    expect(interrupted).toBeGreaterThan(10)
  })
})
