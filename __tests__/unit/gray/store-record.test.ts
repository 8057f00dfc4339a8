import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { runRelease } from '../../../src/gray/engine-start.ts'
import type { StoredRelease } from '../../../src/gray/ports.ts'
import { checkPlan, formatRelease, newRelease, parseRelease, planHash } from '../../../src/gray/record.ts'
import { PLAN, Rig } from '../../support/gray-engine-sim.ts'

const full: StoredRelease = {
  ...newRelease(
    new Rig().request({
      run: {
        repository: 'acme/shop',
        id: '77',
        attempt: 1,
        url: 'https://github.com/acme/shop/actions/runs/77',
      },
      plan: { ...PLAN, approvalMs: 60_000 },
      adapter: { kind: 'haproxy', socket: '/run/haproxy.sock', servers: { new: ['green'] } },
    }),
    1000,
  ),
  state: {
    schema: 1, phase: 'observing', stage: 'read-back', step: 1, intended: 25, observed: 25.1, extends: 1, errors: 0, tries: 0,
    conclusive: 3, heldAt: null, asked: false, deadline: 5000, nextLook: 4000, drifts: 0, paged: null, touched: true, reason: 'warmed up',
  }, // prettier-ignore
  windowStart: 3000,
  history: [{ at: 2000, step: 0, percent: 5 }],
  lease: { owner: 'run-1', expires: 9000 },
  pending: { nextAt: 1, until: 2 },
  superseded: { by: 'run-2', at: 3 },
}

const problemsOf = (value: unknown): string => {
  const { release, problems } = parseRelease(JSON.stringify(value), 'state.json')
  expect(release === undefined).toBe(problems.length > 0)
  return problems.map(({ cause, what }) => cause ?? what).join('; ')
}

/** `full` with one field at `path` replaced, or removed when the value is undefined. */
function changed(path: string, value: unknown): unknown {
  const copy = structuredClone(full) as unknown as Record<string, unknown>
  const keys = path.split('.')
  let at: Record<string, unknown> = copy
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>
  at[keys.at(-1) ?? ''] = value
  return copy
}

describe('the stored record', () => {
  it('comes back as it went, at every state of a release', async () => {
    expect(parseRelease(formatRelease(full), 'x')).toEqual({ release: full, problems: [] })
    const rig = new Rig()
    await rig.clock.run(runRelease(rig.request(), rig.options()))
    expect(rig.store.writes.length).toBeGreaterThan(30)
    for (const release of rig.store.writes)
      expect(parseRelease(formatRelease(release), 'x')).toEqual({ release, problems: [] })
  })

  it.each<[string, unknown, string]>([
    ['id', '', 'id is not a text'],
    ['id', undefined, 'id is missing'],
    ['startedAt', '5', 'startedAt is not a number'],
    ['startedAt', -5, 'startedAt is below 0'],
    ['planHash', 7, 'planHash is not a text'],
    ['extra', 1, 'extra is not known'],
    ['state.extra', 1, 'state.extra is not known'],
    ['state.phase', 'flying', 'state.phase is "flying"'],
    ['state.phase', undefined, 'state.phase is missing'],
    ['state.step', 3, 'state.step is 3, the plan has 3'],
    ['state.step', -2, 'state.step is not a whole number from -1'],
    ['state.intended', 101, 'state.intended lies outside 0 to 100'],
    ['state.observed', 'x', 'state.observed is not a number'],
    ['state.touched', false, 'state.touched is false in the phase observing'],
    ['state.schema', 2, 'state.schema is not 1'],
    ['state.asked', 'no', 'state.asked is neither true nor false'],
    ['state.heldAt', 'warming', 'state.heldAt is "warming"'],
    ['plan.endPolicy', 'hope', 'plan.endPolicy is "hope"'],
    ['plan.steps', {}, 'plan.steps is not a list'],
    ['plan.steps.1.percent', 'x', 'plan.steps[1].percent is not a number'],
    ['plan.steps.0.extra', 1, 'plan.steps[0].extra is not known'],
    ['lease', undefined, 'lease is not an object'],
    ['lease.expires', null, 'lease.expires is not a number'],
    ['adapter', [], 'adapter is not an object'],
    ['adapter.kind', undefined, 'adapter.kind is missing'],
    ['run.attempt', 1.5, 'run.attempt is not a whole number from 0'],
    ['history.0.at', 'x', 'history[0].at is not a number'],
    ['pending.until', undefined, 'pending.until is missing'],
    ['superseded.by', '', 'superseded.by is not a text'],
  ])('%s = %j is told', (path, value, message) => {
    expect(problemsOf(changed(path, value))).toContain(message)
  })

  it('tells all that is wrong at once', () => {
    const both = changed('state.phase', 'flying') as Record<string, unknown>
    expect(problemsOf({ ...both, id: 5 })).toMatch(/state\.phase.*id is not a text/)
  })

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((v) => JSON.stringify({ ...full, state: v })),
        ),
        (text) => {
          const { release, problems } = parseRelease(text, 'x')
          expect(release === undefined).toBe(problems.length > 0)
        },
      ),
      { seed: 3, numRuns: 300 },
    )
  })
})

describe('the plan hash', () => {
  it('does not depend on the order of keys, and on everything else', () => {
    const a = planHash({ plan: PLAN, adapter: { kind: 'x', b: [1, 2], a: { d: 1, c: null } } })
    expect(planHash({ adapter: { a: { c: null, d: 1 }, b: [1, 2], kind: 'x' }, plan: { ...PLAN } })).toBe(a)
    expect(planHash({ adapter: { a: { c: null, d: 1 }, b: [2, 1], kind: 'x' }, plan: PLAN })).not.toBe(a)
    expect(planHash({ adapter: { a: { c: 0, d: 1 }, b: [1, 2], kind: 'x' }, plan: PLAN })).not.toBe(a)
  })
})

describe('a plan', () => {
  it.each<[string, Partial<typeof PLAN>, string[]]>([
    ['good', {}, []],
    [
      'of real node parts',
      { steps: [33.33333, 100].map((percent) => ({ percent, observeMs: 1, hold: false })) },
      [],
    ],
    [
      'falling',
      { steps: [25, 5, 100].map((percent) => ({ percent, observeMs: 1, hold: false })) },
      ['the step 5 % does not rise above 25 %'],
    ],
    ['unfinished', { steps: [{ percent: 50, observeMs: 1, hold: false }] }, ['the last step is not 100 %']],
    [
      'of broken numbers',
      { warmUpMs: -1, maxTries: 0, intervalMs: NaN },
      ['warmUpMs is -1', 'intervalMs is NaN', 'maxTries is 0'],
    ],
  ])('%s', (_, change, faults) => {
    expect(checkPlan({ ...PLAN, ...change }).map(({ what }) => what)).toEqual(
      faults.map((fault) => `the plan cannot be used: ${fault}`),
    )
  })
})
