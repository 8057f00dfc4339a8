import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import type { Verdict } from '../../../src/gray/judge.ts'
import {
  type Effect,
  INITIAL_STATE,
  isTerminal,
  reduce,
  type ReleaseEvent,
  type ReleasePlan,
  type ReleaseState,
} from '../../../src/gray/reducer.ts'

const PLAN: ReleasePlan = {
  steps: [5, 25, 100].map((percent) => ({ percent, observeMs: 60_000, hold: false })),
  warmUpMs: 10_000,
  bakeMs: 120_000,
  intervalMs: 15_000,
  maxExtends: 2,
  endPolicy: 'rollback',
  maxErrors: 3,
  maxTries: 3,
}

/** A target in memory, and an engine that carries out effects in order; it can be killed or cancelled at any event. */
class Rig {
  percent = 0
  deployed = false
  oldGone = false
  now = 0
  state: ReleaseState = INITIAL_STATE
  log: string[] = []
  pages: string[] = []
  readonly plan: ReleasePlan
  readonly verdict: (rig: Rig) => Verdict
  /** Effects that fail, with the number of times. */
  readonly broken = new Map<Effect['kind'], number>()
  approve: ReleaseEvent = { kind: 'approved', by: ['ann', 'bob'] }

  constructor(plan: ReleasePlan = PLAN, verdict: (rig: Rig) => Verdict = () => 'pass') {
    this.plan = plan
    this.verdict = verdict
  }

  /** Runs until the end, or until `limit` events were reduced; returns how many there were. */
  run(first: ReleaseEvent, limit = 2000, onEvent?: (count: number) => ReleaseEvent | undefined): number {
    let events: ReleaseEvent[] = [first]
    let count = 0
    while (events.length > 0 && count < limit) {
      const event = onEvent?.(count) ?? events.shift()
      if (event === undefined) break
      if (event.kind === 'cancel') events = []
      const { state, effects } = reduce(this.plan, this.state, event, this.now)
      this.state = state
      this.log.push(`${event.kind}>${state.phase}`)
      count++
      // Killed after the state was stored, before its effects.
      if (count >= limit) break
      for (const effect of effects) {
        const answer = this.carryOut(effect)
        if (answer !== undefined) events.push(answer)
      }
    }
    return count
  }

  carryOut(effect: Effect): ReleaseEvent | undefined {
    const left = this.broken.get(effect.kind) ?? 0
    if (left > 0) {
      this.broken.set(effect.kind, left - 1)
      return { kind: 'failed', reason: `${effect.kind} is broken` }
    }
    switch (effect.kind) {
      case 'deploy':
        this.deployed = true
        break
      case 'set-weight':
        this.percent = effect.percent
        break
      case 'finalise':
        this.oldGone = true
        break
      case 'reset':
        this.percent = 0
        this.deployed = false
        break
      case 'read-back':
        return { kind: 'observed', percent: this.percent, settled: true }
      case 'wait':
        this.now = Math.max(this.now, effect.until)
        return { kind: 'waited' }
      case 'measure':
        return { kind: 'measured', verdict: this.verdict(this), reason: 'measured' }
      case 'ask-approval':
        break
      case 'await-approval':
        return this.approve
      case 'notify':
        if (effect.level === 'page') this.pages.push(effect.message)
        return undefined
      case 'prepare':
      case 'smoke':
        break
    }
    return { kind: 'acted', of: effect.kind }
  }

  get allOld(): boolean {
    return this.percent === 0 && !this.oldGone && !this.deployed
  }
  get allNew(): boolean {
    return this.percent === 100 && this.oldGone && this.deployed
  }
}

const start: ReleaseEvent = { kind: 'start' }

describe('one release', () => {
  it('promotes a good version through every step and phase', () => {
    const rig = new Rig()
    rig.run(start)
    expect(rig.state.phase).toBe('done')
    expect(rig.allNew).toBe(true)
    const phases = rig.log.map((line) => line.split('>')[1]).filter((phase, i, all) => phase !== all[i - 1])
    const step = ['shifting', 'warming', 'observing']
    expect(phases).toEqual([
      'preparing',
      'deploying',
      'smoking',
      ...step,
      ...step,
      ...step,
      'baking',
      'finalising',
      'done',
    ])
    // Three steps of warm-up and observation, and the bake: a pass never shortens them.
    expect(rig.now).toBe(3 * 70_000 + 120_000)
  })

  it.each<[string, (rig: Rig) => Verdict, Partial<ReleasePlan>, string, RegExp]>([
    ['a fail', () => 'fail', {}, 'rolled-back', /measured/],
    ['bad only at 25 %', (rig) => (rig.percent >= 25 ? 'fail' : 'pass'), {}, 'rolled-back', /measured/],
    [
      'bad only in the bake',
      (rig) => (rig.state.phase === 'baking' ? 'fail' : 'pass'),
      {},
      'rolled-back',
      /measured/,
    ],
    ['undecided', () => 'inconclusive', {}, 'rolled-back', /still inconclusive after 2/],
    ['no data', () => 'nodata', {}, 'rolled-back', /still nodata/],
    [
      'no data, policy promote',
      () => 'nodata',
      { endPolicy: 'promote' },
      'rolled-back',
      /without one conclusive/,
    ],
    [
      'never conclusive, policy promote',
      () => 'inconclusive',
      { endPolicy: 'promote' },
      'rolled-back',
      /without one conclusive/,
    ],
    [
      'undecided later, policy promote',
      (rig) => (rig.percent > 5 ? 'inconclusive' : 'pass'),
      { endPolicy: 'promote' },
      'done',
      /./,
    ],
    ['undecided, policy hold, approved', () => 'inconclusive', { endPolicy: 'hold' }, 'done', /./],
    ['metrics lost for good', () => 'error', {}, 'rolled-back', /4 looks in a row failed/],
  ])('%s', (_, verdict, change, phase, reason) => {
    const rig = new Rig({ ...PLAN, ...change }, verdict)
    rig.run(start)
    expect(rig.state.phase).toBe(phase)
    expect(phase === 'done' ? rig.allNew : rig.allOld).toBe(true)
    expect(rig.state.reason).toMatch(reason)
  })

  it('metrics lost for three looks are forgiven', () => {
    let looks = 0
    const rig = new Rig(PLAN, () => (++looks <= 3 ? 'error' : 'pass'))
    rig.run(start)
    expect(rig.state.phase).toBe('done')
  })

  it('an undecided step is prolonged, and may pass then', () => {
    const rig = new Rig(PLAN, ({ now }) => (now < 100_000 ? 'inconclusive' : 'pass'))
    rig.run(start)
    expect(rig.state.phase).toBe('done')
    expect(rig.now).toBe(3 * 70_000 + 120_000 + 60_000)
  })

  it('holds where asked, and a rejection goes back', () => {
    const plan = { ...PLAN, steps: PLAN.steps.map((step) => ({ ...step, hold: step.percent === 25 })) }
    const good = new Rig(plan)
    good.run(start)
    expect(good.log.filter((line) => line === 'measured>holding')).toHaveLength(1)
    expect(good.allNew).toBe(true)
    const refused = new Rig(plan)
    refused.approve = { kind: 'rejected', by: 'eve' }
    refused.run(start)
    expect(refused.state).toMatchObject({ phase: 'rolled-back', reason: 'rejected by eve' })
    expect(refused.allOld).toBe(true)
  })
})

describe('faults of the target', () => {
  it.each<[Effect['kind'], number, string, boolean]>([
    ['prepare', 9, 'rolled-back', false],
    ['deploy', 2, 'done', false],
    ['deploy', 9, 'rolled-back', false],
    ['smoke', 9, 'rolled-back', false],
    ['set-weight', 9, 'rolled-back', false],
    ['read-back', 2, 'done', false],
    ['finalise', 9, 'finalise-failed', true],
  ])('%s fails %d times: %s', (kind, times, phase, page) => {
    const rig = new Rig()
    rig.broken.set(kind, times)
    rig.run(start)
    expect(rig.state.phase).toBe(phase)
    expect(rig.pages.length > 0).toBe(page)
  })

  it('a rollback that fails pages, keeps its state, and can be taken up again', () => {
    const rig = new Rig(PLAN, () => 'fail')
    rig.broken.set('reset', 4)
    rig.run(start)
    expect(rig.state).toMatchObject({ phase: 'rollback-failed', step: 0 })
    expect(rig.pages).toHaveLength(1)
    rig.run({ kind: 'resume', policy: 'rollback' })
    expect(rig.state.phase).toBe('rolled-back')
    expect(rig.allOld).toBe(true)
  })

  it('weights lost by a reload are found by the read-back and set again, or taken back', () => {
    const lost = reduce(
      PLAN,
      { ...INITIAL_STATE, phase: 'shifting', stage: 'read-back', step: 1, intended: 25, touched: true },
      { kind: 'observed', percent: 50, settled: true },
      0,
    )
    expect(lost.effects).toEqual([{ kind: 'set-weight', percent: 25 }])
    const often = reduce(
      PLAN,
      { ...lost.state, stage: 'read-back', tries: 2 },
      { kind: 'observed', percent: 50, settled: true },
      0,
    )
    expect(often.state).toMatchObject({ phase: 'aborting', intended: 0 })
    expect(often.effects).toEqual([{ kind: 'reset' }])
  })
})

describe('the way back', () => {
  const total = new Rig().run(start)

  it('killed at every event, before or after its effects, and taken up again: all old or all new', () => {
    for (let at = 1; at <= total; at++) {
      for (const policy of ['continue', 'rollback'] as const) {
        for (const carried of [false, true]) {
          const rig = new Rig()
          rig.run(start, at)
          if (isTerminal(rig.state)) continue
          const wasFinal = rig.state.phase === 'finalising'
          // The effect may have reached the target although its answer was lost.
          if (carried)
            for (const kind of ['set-weight'] as const)
              if (rig.state.phase === 'shifting') rig.carryOut({ kind, percent: rig.state.intended })
          rig.run({ kind: 'resume', policy })
          expect(isTerminal(rig.state)).toBe(true)
          expect(policy === 'continue' || wasFinal ? rig.allNew : rig.allOld).toBe(true)
        }
      }
    }
  })

  it('cancelled at every event: all old, or all new once the old version is being removed', () => {
    for (let at = 0; at < total; at++) {
      const rig = new Rig()
      rig.run(start, at)
      const late = rig.state.phase === 'finalising'
      const { state, effects } = reduce(PLAN, rig.state, { kind: 'cancel', reason: 'SIGINT' }, rig.now)
      if (late || isTerminal(rig.state)) {
        expect(state).toBe(rig.state)
        continue
      }
      // The weight goes back first: nothing comes before the reset.
      expect(effects[0]?.kind).toBe(state.touched ? 'reset' : 'notify')
      rig.run({ kind: 'cancel', reason: 'SIGINT' })
      expect(rig.state).toMatchObject({ phase: 'rolled-back', reason: 'SIGINT' })
      expect(rig.allOld).toBe(true)
    }
  })

  it('the answer of an overtaken action proves nothing', () => {
    const aborting = reduce(
      PLAN,
      { ...INITIAL_STATE, phase: 'shifting', step: 0, intended: 5, touched: true },
      { kind: 'cancel', reason: 'SIGINT' },
      0,
    ).state
    expect(reduce(PLAN, aborting, { kind: 'acted', of: 'set-weight' }, 0)).toEqual({
      state: aborting,
      effects: [],
    })
  })
})

it('any order of events: ends stay ends, and nothing but a confirmed 100 % is finalised', () => {
  const verdicts: Verdict[] = ['pass', 'fail', 'inconclusive', 'nodata', 'error']
  const kinds: Effect['kind'][] = ['prepare', 'deploy', 'smoke', 'set-weight', 'reset', 'finalise']
  const event: fc.Arbitrary<ReleaseEvent> = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...kinds).map((of): ReleaseEvent => ({ kind: 'acted', of })) },
    {
      weight: 6,
      arbitrary: fc
        .constantFrom(0, 5, 25, 100)
        .map((percent): ReleaseEvent => ({ kind: 'observed', percent, settled: true })),
    },
    {
      weight: 4,
      arbitrary: fc
        .constantFrom(...verdicts)
        .map((verdict): ReleaseEvent => ({ kind: 'measured', verdict, reason: 'r' })),
    },
    { weight: 4, arbitrary: fc.constant<ReleaseEvent>({ kind: 'waited' }) },
    fc.constantFrom<ReleaseEvent>(
      { kind: 'start' },
      { kind: 'failed', reason: 'f' },
      { kind: 'approved', by: ['ann'] },
      { kind: 'cancel', reason: 'c' },
      { kind: 'resume', policy: 'continue' },
    ),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 200 }), (events) => {
      let state: ReleaseState = reduce(PLAN, INITIAL_STATE, start, 0).state
      let now = 0
      for (const one of events) {
        now += 20_000
        const next = reduce(PLAN, state, one, now)
        if (state.phase === 'done' || state.phase === 'rolled-back') expect(next.state).toBe(state)
        if (next.state.phase === 'finalising')
          expect(next.state).toMatchObject({ observed: 100, intended: 100 })
        if (state.phase === 'aborting')
          expect(['aborting', 'rolled-back', 'rollback-failed']).toContain(next.state.phase)
        if (next.state.phase === 'rolled-back') expect(next.state.observed ?? 0).toBeLessThanOrEqual(0.5)
        // Stored as JSON between any two events.
        expect(JSON.parse(JSON.stringify(next.state))).toEqual(next.state)
        state = next.state
      }
    }),
    { seed: 5, numRuns: 300 },
  )
})
