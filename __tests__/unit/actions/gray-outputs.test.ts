import { describe, expect, it } from '@jest/globals'
import {
  failureOf,
  type GrayEnd,
  outputsOf,
  resultOf,
  type Verdicts,
} from '../../../src/actions/gray/outputs.ts'
import type { Measurement, StoredRelease } from '../../../src/gray/ports.ts'
import { newRelease } from '../../../src/gray/record.ts'
import type { Phase, ReleaseState } from '../../../src/gray/reducer.ts'

const release = (state: Partial<ReleaseState> = {}, more: Partial<StoredRelease> = {}): StoredRelease => {
  const fresh = newRelease(
    {
      id: '20261121-120000-ab12',
      environment: 'production',
      old: '1.3.0',
      new: '1.4.0',
      plan: {
        steps: [
          { percent: 5, observeMs: 1000, hold: false },
          { percent: 100, observeMs: 1000, hold: false },
        ],
        warmUpMs: 0,
        bakeMs: 0,
        intervalMs: 1000,
        maxExtends: 0,
        endPolicy: 'rollback',
        maxErrors: 3,
        maxTries: 3,
      },
      planHash: 'x',
      adapter: { kind: 'command' },
    },
    0,
  )
  return { ...fresh, ...more, state: { ...fresh.state, ...state } }
}

const look = (verdict: Measurement['verdict'], hard = false): Measurement => ({
  at: 0,
  verdict,
  reason: 'measured',
  metrics: [],
  ...(hard ? { hard } : {}),
})

describe('outputsOf', () => {
  it('tells where a release is', () => {
    const end: GrayEnd = {
      result: 'pending',
      release: release(
        { phase: 'observing', step: 0, intended: 5, observed: 5.2, reason: 'warmed up' },
        { pending: { nextAt: Date.UTC(2026, 10, 21, 12), until: 0 } },
      ),
      audit: { file: 'audit.jsonl', head: 'abc' },
      report: 'report',
      plan: { steps: [] },
    }
    expect(outputsOf(end)).toEqual({
      result: 'pending',
      phase: 'observing',
      step: '1',
      weight: '5.2',
      reason: 'warmed up',
      'release-id': '20261121-120000-ab12',
      'old-version': '1.3.0',
      'new-version': '1.4.0',
      'next-at': '2026-11-21T12:00:00.000Z',
      audit: 'audit.jsonl',
      'audit-head': 'abc',
      report: 'report',
      plan: '{"steps":[]}',
    })
  })

  it('leaves out what is not known', () => {
    expect(outputsOf({ result: 'none' })).toEqual({ result: 'none' })
  })

  it('gives no time while people are asked: theirs is the time of giving up', () => {
    const end: GrayEnd = { result: 'pending', nextAt: 5, release: release({ phase: 'holding', step: 0 }) }
    expect(outputsOf(end)).not.toHaveProperty('next-at')
  })
})

it.each<[Phase | undefined, string]>([
  [undefined, 'none'],
  ['done', 'promoted'],
  ['rolled-back', 'rolled-back'],
  ['rollback-failed', 'rollback-failed'],
  ['finalise-failed', 'finalise-failed'],
  ['observing', 'pending'],
  ['holding', 'pending'],
  ['aborting', 'pending'],
])('a stored release in the phase %s is told as %s', (phase, result) => {
  expect(resultOf(phase === undefined ? undefined : release({ phase }))).toBe(result)
})

describe('failureOf', () => {
  const back = (reason: string): GrayEnd => ({
    result: 'rolled-back',
    reason,
    release: release({ phase: 'rolled-back', reason }),
  })
  const calm: Verdicts = { cancelled: false }

  it.each<[string, GrayEnd, Verdicts, number | undefined, string | undefined]>([
    ['promoted', { result: 'promoted', release: release({ phase: 'done' }) }, calm, undefined, undefined],
    ['pending', { result: 'pending', release: release({ phase: 'observing' }) }, calm, undefined, undefined],
    ['a dry run', { result: 'planned' }, calm, undefined, undefined],
    ['a failed gate', back('errors 3 %'), { last: look('fail'), cancelled: false }, 1, 'gray-gate'],
    ['a hard abort', back('errors 9 %'), { last: look('inconclusive', true), cancelled: false }, 1, 'gray-gate'],
    ['undecided', back('still inconclusive after 3 prolongations: x'), calm, 1, 'gray-gate'],
    ['no traffic', back('still nodata after 3 prolongations: x'), calm, 1, 'gray-gate'],
    ['a rejection', back('rejected by eve'), calm, 1, 'gray-gate'],
    ['nobody came', back('nobody approved in time: x'), calm, 1, 'gray-gate'],
    ['the new version does not work', back('smoking failed: 500'), calm, 1, 'gray-gate'],
    ['a newer run', back('superseded by a newer run (7.1)'), calm, 1, 'gray-gate'],
    ['Prometheus is down', back('4 looks in a row failed: x'), { last: look('error'), cancelled: false }, 3, 'gray-environment'],
    ['no evidence because of errors', back('still error after 3 prolongations: x'), calm, 3, 'gray-environment'],
    ['the proxy refuses', back('shifting failed: socket'), calm, 3, 'gray-environment'],
    ['lost weights', back('the target lost its weight (3 of 3): x'), calm, 3, 'gray-environment'],
    ['a cancel', back('cancelled: SIGINT'), { cancelled: true }, 130, 'cancelled'],
    ['a cancel after a fail', back('errors 3 %'), { last: look('fail'), cancelled: true }, 130, 'cancelled'],
    ['no time to go back', { result: 'interrupted', reason: 'x', release: release() }, { cancelled: true }, 130, 'cancelled'],
    ['the way back failed', { result: 'rollback-failed', release: release({ phase: 'rollback-failed' }) }, { last: look('fail'), cancelled: true }, 3, 'gray-rollback-failed'],
    ['the old one stays', { result: 'finalise-failed', release: release({ phase: 'finalise-failed' }) }, calm, 3, 'gray-finalise-failed'],
    ['taken over', { result: 'lost', reason: 'x', release: release() }, calm, 3, 'gray-lease-lost'],
  ])('%s', (_, end, verdicts, exitCode, code) => {
    const failure = failureOf(end, verdicts)
    expect(failure?.exitCode).toBe(exitCode)
    expect(failure?.problems[0]?.code).toBe(code)
    if (code !== undefined && code !== 'cancelled') expect(failure?.problems[0]?.fix).toMatch(/\w{4}/)
  }) // prettier-ignore
})
