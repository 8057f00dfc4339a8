import { describe, expect, it } from '@jest/globals'
import { runRelease } from '../../../src/gray/engine-start.ts'
import type { EngineOptions, RunResult } from '../../../src/gray/engine-types.ts'
import type { ReleasePlan } from '../../../src/gray/reducer.ts'
import { inputError } from '../../../src/base/errors.ts'
import { broken, type Call, hang, type Judge, PLAN, Rig } from '../../support/gray-engine-sim.ts'

function release(
  rig: Rig,
  plan: Partial<ReleasePlan> = {},
  more: Partial<EngineOptions> = {},
): Promise<RunResult> {
  return rig.clock.run(runRelease(rig.request({ plan: { ...PLAN, ...plan } }), rig.options('run-1', more)))
}

describe('a release', () => {
  it('promotes a good version, and every act stands between its intent and its proof', async () => {
    const rig = new Rig()
    // The contract: whatever is done has been stored before as what is being done.
    rig.target.before = (call) => {
      const state = rig.store.now?.state
      if (call === 'set') expect(state).toMatchObject({ phase: 'shifting', stage: 'act' })
      if (call === 'deploy') expect(state).toMatchObject({ phase: 'deploying', touched: true })
      if (call === 'finalise') expect(state).toMatchObject({ phase: 'finalising', observed: 100 })
    }
    const began = rig.clock.now()
    const result = await release(rig)
    expect(result).toMatchObject({ outcome: 'promoted', pending: false })
    expect(rig.target.end).toBe('new')
    expect(rig.target.changes).toEqual(['deploy', 'set 5', 'set 25', 'set 100', 'finalise'])
    expect(rig.clock.now() - began).toBe(3 * 70_000 + 120_000)
    expect(rig.store.now).toMatchObject({ lease: null, state: { phase: 'done' } })
    expect(rig.store.now?.history.map(({ percent, step }) => [step, percent])).toEqual([
      [0, 5],
      [1, 25],
      [2, 100],
    ])
    const lines = rig.audit.map((line) =>
      line.kind === 'event' ? line.after : 'action' in line ? `${line.kind} ${line.action}` : line.kind,
    )
    expect(lines.slice(0, 14)).toEqual([
      'lease taken', 'settings', 'preparing', 'intent prepare', 'done prepare', 'deploying', 'intent deploy', 'done deploy',
      'deploying', 'done read-back', 'smoking', 'intent smoke', 'done smoke', 'shifting',
    ]) // prettier-ignore
    expect(lines.at(-1)).toBe('lease released')
    expect(rig.notices.map(({ event }) => event)).toEqual(['started', 'step', 'step', 'step', 'promoted'])
    expect(rig.mirrored.at(-1)).toBe('done')
  })

  it('judges windows that begin after the warm-up, each look a quarter of a minute on', async () => {
    const rig = new Rig()
    const began = rig.clock.now()
    await release(rig)
    const first = rig.windows.slice(0, 4)
    expect(first.map(({ start }) => start - began)).toEqual([10_000, 10_000, 10_000, 10_000])
    expect(first.map(({ end }) => end - began)).toEqual([25_000, 40_000, 55_000, 70_000])
    expect(first[3]).toMatchObject({ percent: 5, step: 0, baking: false, deadline: began + 70_000 })
    // Three steps of four looks, and a bake of eight.
    expect(rig.windows).toHaveLength(20)
    expect(rig.windows.slice(12).every(({ baking, start }) => baking && start === began + 210_000)).toBe(true)
  })

  it('renews its lease while it waits and while an effect takes long', async () => {
    const rig = new Rig()
    rig.target.before = async (call, signal) => {
      if (call === 'deploy') await rig.clock.sleep(10 * 60_000, signal)
    }
    let longest = 0
    let last = rig.clock.now()
    rig.store.after = () => {
      longest = Math.max(longest, rig.clock.now() - last)
      last = rig.clock.now()
    }
    expect((await release(rig)).outcome).toBe('promoted')
    expect(longest).toBeLessThanOrEqual(20_000)
  })

  it.each<[string, Judge, Partial<ReleasePlan>, string, RegExp]>([
    ['a fail', () => 'fail', {}, 'rolled-back', /judged/],
    ['a fail at 25 %', ({ percent }) => (percent >= 25 ? 'fail' : 'pass'), {}, 'rolled-back', /judged/],
    ['a fail in the bake', ({ baking }) => (baking ? 'fail' : 'pass'), {}, 'rolled-back', /judged/],
    [
      'a hard rule in an undecided look',
      () => ({ verdict: 'inconclusive', hard: true, reason: '5xx above 5 %' }),
      {},
      'rolled-back',
      /5xx above/,
    ],
    ['undecided', () => 'inconclusive', {}, 'rolled-back', /still inconclusive after 2/],
    ['no data', () => 'nodata', {}, 'rolled-back', /still nodata after 2/],
    ['no data, promote', () => 'nodata', { endPolicy: 'promote' }, 'rolled-back', /without one conclusive/],
    [
      'undecided after a pass, promote',
      ({ percent }) => (percent > 5 ? 'inconclusive' : 'pass'),
      { endPolicy: 'promote' },
      'promoted',
      /./,
    ],
    ['undecided, hold, approved', () => 'inconclusive', { endPolicy: 'hold' }, 'promoted', /./],
    ['metrics lost', () => 'error', {}, 'rolled-back', /4 looks in a row/],
  ])('%s', async (_, judge, plan, outcome, reason) => {
    const rig = new Rig()
    rig.judge = judge
    const result = await release(rig, plan)
    expect(result.outcome).toBe(outcome)
    expect(result.reason).toMatch(reason)
    expect(rig.target.end).toBe(outcome === 'promoted' ? 'new' : 'old')
    expect(rig.store.now?.lease).toBeNull()
    const { looks } = result
    expect(looks).toHaveLength(rig.windows.length)
  })

  it('a look that throws or hangs is an error, and three of them are forgiven', async () => {
    const rig = new Rig()
    let looks = 0
    const options = rig.options()
    const measure = async (_: unknown, signal: AbortSignal): Promise<never> => {
      if (looks++ === 0) throw new Error('ECONNREFUSED')
      return await hang(signal)
    }
    const { measurer } = options
    if (measurer === undefined) throw new Error('no measurer')
    const result = await release(
      rig,
      {},
      {
        measurer: {
          ...measurer,
          measure: (window, signal) =>
            looks < 3 ? measure(window, signal) : measurer.measure(window, signal),
        },
      },
    )
    expect(result.outcome).toBe('promoted')
    expect(result.looks.slice(0, 3).map(({ measurement }) => measurement.verdict)).toEqual([
      'error',
      'error',
      'error',
    ])
    expect(result.looks[1]?.measurement.reason).toMatch(/did not end within/)
  })

  it('an undecided step is prolonged in the same window, and may pass then', async () => {
    const rig = new Rig()
    rig.judge = ({ start, end }) => (end - start > 60_000 ? 'pass' : 'inconclusive')
    const result = await release(rig, {
      steps: [{ percent: 100, observeMs: 60_000, hold: false }],
      bakeMs: 0,
    })
    expect(result.outcome).toBe('promoted')
    const lengths = rig.windows.map(({ start, end }) => end - start)
    expect(lengths).toEqual([15, 30, 45, 60, 75, 90, 105, 120].map((s) => s * 1000))
  })

  it('sends alerts once each', async () => {
    const rig = new Rig()
    rig.judge = () => ({ alerts: [{ level: 'warning', message: 'P99 above 800 ms' }] })
    await release(rig)
    expect(rig.notices.filter(({ event }) => event === 'alert')).toHaveLength(1)
  })

  it('waits for the last scrape when told to, and judges the same windows', async () => {
    const [plain, lagging] = [new Rig(), new Rig()]
    await release(plain)
    await release(lagging, {}, { settings: { lagMs: 5000 } })
    expect(lagging.windows.slice(0, 4)).toEqual(plain.windows.slice(0, 4))
    expect(lagging.clock.now()).toBeGreaterThan(plain.clock.now())
  })
})

describe('what cannot be begun', () => {
  it.each<[string, Parameters<Rig['request']>[0], Partial<EngineOptions>, RegExp]>([
    ['no steps', { plan: { ...PLAN, steps: [] } }, {}, /last step is not 100/],
    ['no looks', { plan: { ...PLAN, intervalMs: 0 } }, {}, /intervalMs is 0/],
    [
      'nobody to ask',
      { plan: { ...PLAN, endPolicy: 'hold' } },
      { approver: undefined as never },
      /nobody can be asked/,
    ],
    ['no metrics', {}, { measurer: undefined as never }, /metrics to be judged/],
    ['nothing new', { new: 'app@sha256:old' }, {}, /the same/],
    ['no adapter', { adapter: {} }, {}, /no "kind"/],
  ])('%s', async (_, request, options, message) => {
    const rig = new Rig()
    await expect(runRelease(rig.request(request), rig.options('run-1', options))).rejects.toThrow(message)
    expect(rig.store.text).toBeUndefined()
    expect(rig.target.calls).toEqual([])
  })

  it('a check that refuses ends the release before anything is touched', async () => {
    const rig = new Rig()
    rig.target.before = (call) => {
      if (call === 'check')
        throw inputError({ code: 'gray-test', what: 'the backend has a static algorithm' })
    }
    const result = await release(rig)
    expect(result).toMatchObject({ outcome: 'rolled-back', release: { state: { touched: false } } })
    expect(result.reason).toMatch(/static algorithm/)
    expect(rig.target.calls.map(({ call }) => call)).toEqual(['check'])
  })

  it('a target that already gives the new version a part is not touched: old and new may have changed places', async () => {
    const rig = new Rig()
    rig.target.percent = 100
    const result = await release(rig)
    expect(result).toMatchObject({ outcome: 'rolled-back', release: { state: { touched: false } } })
    expect(result.reason).toMatch(/already has 100 %/)
    expect(rig.target.changes).toEqual([])
  })
})

describe('faults of the target', () => {
  const failing = (
    rig: Rig,
    bad: Call,
    times: number,
    error: () => Error = () => broken('no answer'),
  ): void => {
    let left = times
    rig.target.before = (call) => {
      if (call === bad && left-- > 0) throw error()
    }
  }

  it.each<[Call, number, string, 'old' | 'new' | 'mix']>([
    ['check', 2, 'promoted', 'new'],
    ['deploy', 2, 'promoted', 'new'],
    ['deploy', 3, 'rolled-back', 'old'],
    ['smoke', 3, 'rolled-back', 'old'],
    ['set', 2, 'promoted', 'new'],
    ['set', 3, 'rolled-back', 'old'],
    ['get', 4, 'promoted', 'new'],
    ['finalise', 2, 'promoted', 'new'],
    ['finalise', 99, 'finalise-failed', 'mix'],
  ])('%s fails %d times: %s', async (call, times, outcome, end) => {
    const rig = new Rig()
    failing(rig, call, times)
    expect((await release(rig)).outcome).toBe(outcome)
    expect(rig.target.end).toBe(end)
    expect(rig.pages).toHaveLength(outcome === 'finalise-failed' ? 1 : 0)
  })

  it('a final fault is not tried again', async () => {
    const rig = new Rig()
    failing(rig, 'set', 99, () => inputError({ code: 'gray-test', what: 'no such backend' }))
    expect((await release(rig)).outcome).toBe('rolled-back')
    expect(rig.target.changes).toEqual(['deploy', 'set 5', 'reset'])
  })

  it('a rollback that fails pages and keeps its state', async () => {
    const rig = new Rig()
    rig.judge = () => 'fail'
    failing(rig, 'reset', 99)
    const result = await release(rig)
    expect(result.outcome).toBe('rollback-failed')
    expect(rig.pages).toHaveLength(1)
    expect(rig.pages[0]).toMatch(/FAILED.*no answer.*gray reap/)
    expect(rig.store.now).toMatchObject({ lease: null, state: { phase: 'rollback-failed', step: 0 } })
  })

  it('an effect that hangs is ended by its time limit', async () => {
    const rig = new Rig()
    rig.target.before = (call, signal) => (call === 'set' ? hang(signal) : undefined)
    const result = await release(rig)
    expect(result.outcome).toBe('rolled-back')
    expect(result.reason).toMatch(/set-weight did not end within 5 m 00 s/)
    expect(rig.target.end).toBe('old')
  })

  it('a target that takes its time to settle is waited for', async () => {
    const rig = new Rig()
    const options = rig.options()
    let asked = 0
    const adapter = rig.target.adapter('run-1')
    const result = await release(
      rig,
      {},
      {
        ...options,
        adapterFor: () => ({
          ...adapter,
          get: async (signal) => ({ ...(await adapter.get(signal)), settled: ++asked % 5 === 0 }),
        }),
      },
    )
    expect(result.outcome).toBe('promoted')
    expect(rig.target.changes).toEqual(['deploy', 'set 5', 'set 25', 'set 100', 'finalise'])
  })

  it('a weight that a reload has lost is set again, and its window begins anew', async () => {
    const rig = new Rig()
    let lost = false
    rig.judge = ({ percent }) => {
      if (percent === 25 && !lost) {
        lost = true
        rig.target.percent = 50
      }
      return 'pass'
    }
    const result = await release(rig)
    expect(result).toMatchObject({ outcome: 'promoted', release: { state: { drifts: 1 } } })
    expect(rig.target.changes).toEqual(['deploy', 'set 5', 'set 25', 'set 25', 'set 100', 'finalise'])
    // 25 % was confirmed twice; only looks after the second are about 25 %.
    expect(result.release.history.map(({ percent }) => percent)).toEqual([5, 25, 25, 100])
    const starts = new Set(rig.windows.filter(({ percent }) => percent === 25).map(({ start }) => start))
    expect(starts.size).toBe(2)
  })

  it('a weight that is lost again and again is given up', async () => {
    const rig = new Rig()
    rig.judge = () => {
      rig.target.percent = 50
      return 'pass'
    }
    const result = await release(rig)
    expect(result.outcome).toBe('rolled-back')
    expect(result.reason).toMatch(/lost its weight \(3 of 3\): read back 50 % where 5 % were set/)
  })

  it('a target that cannot be read for good is a series of errors; bad numbers still count', async () => {
    for (const verdict of ['pass', 'fail'] as const) {
      const rig = new Rig()
      rig.judge = () => verdict
      rig.target.before = (call) => {
        if (call === 'get' && rig.phase === 'observing') throw broken('no route to host')
      }
      const result = await release(rig)
      expect(result.outcome).toBe('rolled-back')
      expect(result.reason).toMatch(verdict === 'fail' ? /judged/ : /4 looks in a row.*cannot be read back/)
      expect(result.looks).toHaveLength(verdict === 'fail' ? 1 : 4)
    }
  })
})

describe('what must not stop a release, and what must', () => {
  it("chats and mirrors that fail or hang are in nobody's way", async () => {
    const rig = new Rig()
    const result = await release(
      rig,
      {},
      {
        notifier: { notify: (_, __, signal) => hang(signal, true) },
        mirror: { update: () => Promise.reject(new Error('403')) },
      },
    )
    expect(result.outcome).toBe('promoted')
  })

  it('without evidence nothing goes on: an audit that cannot be written takes the release back', async () => {
    const rig = new Rig()
    rig.onAudit = (record) => {
      if (record.kind === 'measurement') throw new Error('ENOSPC')
    }
    const result = await release(rig)
    expect(result.outcome).toBe('rolled-back')
    expect(result.reason).toMatch(/audit cannot be written: ENOSPC/)
    expect(rig.target.end).toBe('old')
  })

  it('an audit that hangs does not hold the way back up', async () => {
    const rig = new Rig()
    const controller = new AbortController()
    rig.judge = () => {
      controller.abort(new Error('SIGINT'))
      rig.onAudit = () => new Promise(() => undefined)
      return 'pass'
    }
    const result = await release(rig, {}, { signal: controller.signal })
    expect(result.outcome).toBe('rolled-back')
    const cancelled = rig.windows[0]?.end ?? 0
    expect(
      (rig.target.calls.find(({ call }) => call === 'reset')?.at ?? Infinity) - cancelled,
    ).toBeLessThanOrEqual(1000)
  })
})

describe('approval', () => {
  const held = {
    steps: PLAN.steps.map((step) => ({ ...step, hold: step.percent === 25 })),
    approvalMs: 600_000,
  }

  it('is asked for once and waited for', async () => {
    const rig = new Rig()
    let asked = 0
    rig.answer = () =>
      ++asked < 5 ? { kind: 'waiting', detail: '1 of 2' } : { kind: 'approved', by: ['ann', 'bob'] }
    const result = await release(rig, held)
    expect(result.outcome).toBe('promoted')
    expect(rig.asked).toHaveLength(1)
    // Each new answer once, however often it was asked for.
    expect(rig.audit.filter(({ kind }) => kind === 'approval')).toHaveLength(2)
    expect(rig.notices.some(({ event }) => event === 'hold')).toBe(true)
  })

  it('that is refused or does not come takes the release back', async () => {
    const refused = new Rig()
    refused.answer = () => ({ kind: 'rejected', by: 'eve' })
    expect(await release(refused, held)).toMatchObject({ outcome: 'rolled-back', reason: 'rejected by eve' })
    const late = new Rig()
    late.answer = () => ({ kind: 'waiting', detail: '0 of 2' })
    const result = await release(late, held)
    expect(result.outcome).toBe('rolled-back')
    expect(result.reason).toMatch(/nobody approved in time/)
  })

  it('that cannot be asked for takes the release back; one that cannot be read is not given', async () => {
    const rig = new Rig()
    const none = await release(rig, held, {
      approver: { ask: () => Promise.reject(broken('403')), answer: () => Promise.reject(broken('403')) },
    })
    expect(none.outcome).toBe('rolled-back')
    expect(none.reason).toMatch(/holding failed: 403/)
    const unread = await release(new Rig(), held, {
      approver: { ask: () => Promise.resolve(), answer: () => Promise.reject(broken('502')) },
    })
    expect(unread.reason).toMatch(/nobody approved in time/)
  })

  it('a weight that is lost while people think is found', async () => {
    const rig = new Rig()
    let polls = 0
    rig.answer = () => {
      if (++polls === 2) rig.target.percent = 0
      return polls < 20 ? { kind: 'waiting', detail: '' } : { kind: 'approved', by: ['ann', 'bob'] }
    }
    const result = await release(rig, held)
    expect(result).toMatchObject({ outcome: 'promoted', release: { state: { drifts: 1 } } })
    expect(rig.target.changes.filter((change) => change === 'set 25')).toHaveLength(2)
  })
})
