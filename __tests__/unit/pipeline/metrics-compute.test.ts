import { describe, expect, it } from '@jest/globals'
import * as fc from 'fast-check'
import { computeMetrics } from '../../../src/pipeline/metrics/compute.ts'
import { eventOf } from '../../../src/pipeline/metrics/deployments.ts'
import type { DeploymentFact, Facts, RunFact } from '../../../src/pipeline/metrics/facts.ts'
import {
  formatSeconds,
  formatValue,
  gateProblems,
  judgeMetrics,
  type Limits,
  overall,
} from '../../../src/pipeline/metrics/gate.ts'
import { busiest, percentile } from '../../../src/pipeline/metrics/numbers.ts'

const T = Date.parse('2026-11-01T00:00:00Z')
const HOUR = 3_600_000
const DAY = 24 * HOUR
const window = { from: T, to: T + 14 * DAY }
const LIMITS: Limits = {
  minSuccessRate: 98,
  maxDeployTime: 300,
  minVulnerabilitiesStopped: 90,
  maxRollbacksPerWeek: 2,
  maxLeadTime: undefined,
  maxChangeFailureRate: undefined,
}

let ids = 0
const run = (conclusion: string, at = T + HOUR, more: Partial<RunFact> = {}): RunFact => ({
  id: ++ids,
  workflow: 'ci.yml',
  branch: 'main',
  attempt: 1,
  conclusion,
  createdAt: at,
  startedAt: at,
  endedAt: at + 60_000,
  url: '',
  ...more,
})
const deployment = (
  sha: string,
  at: number,
  statuses: [state: string, afterMs: number, description?: string][] = [['success', 60_000]],
  more: Partial<DeploymentFact> = {},
): DeploymentFact => ({
  id: ++ids,
  sha,
  task: 'deploy',
  version: undefined,
  createdAt: at,
  statuses: statuses.map(([state, after, description = '']) => ({ state, description, at: at + after })),
  ...more,
})
const facts = (more: Partial<Facts>): Facts => ({
  window,
  runs: [],
  deployments: [],
  comparisons: [],
  vulnerabilities: [],
  partial: [],
  ...more,
})
const compared = (
  base: string,
  head: string,
  status: 'ahead' | 'behind' | 'diverged',
  at: number[] = [],
): Facts['comparisons'][number] => ({
  base,
  head,
  status,
  commits: at.map((one, index) => ({ sha: `${head}${index}`, at: one })),
  total: at.length,
})

describe('builds', () => {
  it('counts what succeeded or failed, and nothing else', () => {
    const { builds } = computeMetrics(
      facts({
        runs: [
          ...Array.from({ length: 7 }, () => run('success')),
          run('success', T + DAY, { attempt: 2 }),
          run('failure', T + DAY),
          run('timed_out'),
          ...['cancelled', 'skipped', 'neutral', 'action_required'].map((one) => run(one)),
          run('failure', T - 1),
        ],
      }),
    )
    expect(builds).toMatchObject({
      counted: 10,
      succeeded: 8,
      failed: 2,
      leftOut: 4,
      successRate: 80,
      firstTryRate: 70,
      duration: { count: 8, mean: 60, p90: 60 },
      days: [
        { day: '2026-11-01', succeeded: 7, failed: 1 },
        { day: '2026-11-02', succeeded: 1, failed: 1 },
      ],
    })
  })

  it('has no rate without runs', () => {
    const metrics = computeMetrics(facts({ runs: [run('cancelled')] }))
    expect(metrics.builds).not.toHaveProperty('successRate')
    const judgements = judgeMetrics(metrics, LIMITS)
    expect(judgements.map((one) => one.verdict)).toEqual([
      'nodata', 'nodata', 'nodata', 'nodata', 'off', 'off',
    ]) // prettier-ignore
    expect(overall(judgements)).toBe('nodata')
    expect(gateProblems(judgements, false)).toEqual([])
    expect(gateProblems(judgements, true).map((one) => one.code)).toEqual(Array(4).fill('metrics-no-data'))
  })

  it('does not round up to a limit', () => {
    const runs = [...Array.from({ length: 979 }, () => run('success')), ...Array.from({ length: 21 }, () => run('failure'))] // prettier-ignore
    const [rate] = judgeMetrics(computeMetrics(facts({ runs })), LIMITS)
    expect(rate).toMatchObject({ verdict: 'failed', value: 97.9, evidence: '979 of 1000 runs' })
    expect(gateProblems([rate ?? fail()], false)[0]?.what).toBe(
      'Builds that succeed: 97.9 %, at least 98 % is asked for',
    )
  })
})

const fail = (): never => {
  throw new Error('not there')
}

describe('deployments', () => {
  it.each<[string, [string, number, string?][], string, number | undefined]>([
    ['from its creation when it never says that it works', [['success', 90_000]], 'live', 90_000],
    ['from the start of work', [['queued', 0], ['in_progress', 40_000], ['success', 100_000]], 'live', 60_000],
    [
      'without waiting for a person',
      [['in_progress', 10_000], ['pending', 20_000], ['in_progress', 920_000], ['success', 950_000]],
      'live',
      40_000,
    ],
    ['retired later', [['in_progress', 0], ['success', 30_000], ['inactive', 9e9]], 'live', 30_000],
    ['failed', [['in_progress', 0], ['failure', 30_000]], 'failed', undefined],
    ['failed, then tried again', [['failure', 1000], ['in_progress', 2000], ['success', 5000]], 'live', 3000],
    ['still at it', [['in_progress', 0]], 'running', undefined],
  ])('takes its time %s', (_, statuses, outcome, workMs) => {
    expect(eventOf(deployment('a', T, statuses))).toMatchObject({ outcome, workMs })
  }) // prettier-ignore

  it('knows a gray release that was taken back by what its mirror says', () => {
    const gray = { task: 'deploy:gray' }
    const outcome = (text: string, state = 'failure', more: Partial<DeploymentFact> = gray): string =>
      eventOf(deployment('a', T, [['in_progress', 0], [state, 1000, text]], more)).outcome // prettier-ignore
    expect(outcome('rolled back: 5xx rose')).toBe('rolled-back')
    expect(outcome('rollback failed: host is gone', 'error')).toBe('rolled-back')
    expect(outcome('finalise failed: old version still runs', 'error')).toBe('failed')
    expect(outcome('rolled back: by hand', 'failure', {})).toBe('failed')
  })

  it('counts a gray release once, not also the deployment of the job that carries it', () => {
    const metrics = computeMetrics(
      facts({
        deployments: [
          deployment('a', T, [['in_progress', 0], ['failure', 600_000]]),
          deployment('a', T + 5000, [['in_progress', 0], ['failure', 590_000, 'rolled back: slow']], { task: 'deploy:gray' }),
          deployment('b', T + DAY, [['in_progress', 0], ['success', 600_000]]),
          deployment('b', T + DAY + 5000, [['in_progress', 0], ['success', 590_000]], { task: 'deploy:gray' }),
        ],
      }),
    ) // prettier-ignore
    expect(metrics.deployments).toMatchObject({ live: 1, failed: 0, duration: { count: 0 }, grayDuration: { count: 1, mean: 590 } }) // prettier-ignore
    expect(metrics.rollbacks).toMatchObject({ count: 1, ofGrayReleases: 1, worstWeek: 1, perWeek: 0.5 })
    expect(metrics.changes).toMatchObject({ count: 2, failed: 1, failureRate: 50 })
  })
})

describe('rollbacks', () => {
  const at = (day: number): number => T + day * DAY

  it('is a commit older than the one before; what it undid is a change that failed', () => {
    const metrics = computeMetrics(
      facts({
        deployments: [deployment('a', at(0)), deployment('b', at(1)), deployment('a', at(1) + HOUR), deployment('c', at(2))],
        comparisons: [
          compared('a', 'b', 'ahead', [at(1) - 2 * HOUR]),
          compared('b', 'a', 'behind'),
          compared('a', 'c', 'ahead', [at(1), at(2) - HOUR]),
        ],
      }),
    ) // prettier-ignore
    expect(metrics.rollbacks).toMatchObject({ count: 1, toOlderVersions: 1, timeToRestore: { count: 1, mean: 3600 } }) // prettier-ignore
    expect(metrics.changes).toMatchObject({ count: 3, failed: 1, leadTime: { count: 3, median: 2 * 3600 + 60 } }) // prettier-ignore
    expect(metrics.changes.failureRate).toBeCloseTo(33.333, 3)
  })

  it('falls back to what was live before where commits do not tell', () => {
    const image = (name: string): Partial<DeploymentFact> => ({ version: `x@${name}` })
    const one = (name: string, day: number): DeploymentFact => deployment('same', at(day), undefined, image(name)) // prettier-ignore
    const metrics = computeMetrics(
      facts({ deployments: [one('1', 0), one('2', 1), one('1', 2), one('2', 3), one('2', 4), one('3', 5)] }),
    )
    // 1 → 2 forward, 2 → 1 back, 1 → 2 forward again, 2 again is no change, 3 forward.
    expect(metrics.rollbacks).toMatchObject({ toOlderVersions: 1, count: 1 })
    expect(metrics.changes).toMatchObject({ count: 4, failed: 1 })
  })

  it('does not take a version that comes again for a rollback when its commit is newer', () => {
    const metrics = computeMetrics(
      facts({
        deployments: [deployment('b', at(0)), deployment('a', at(1)), deployment('b', at(2))],
        comparisons: [compared('b', 'a', 'behind'), compared('a', 'b', 'ahead')],
      }),
    )
    expect(metrics.rollbacks.toOlderVersions).toBe(1)
  })

  it('judges the worst seven days, not the mean of the window', () => {
    const back = (day: number): DeploymentFact =>
      deployment(`x${day}`, at(day), [['failure', 1000, 'rolled back: slow']], { task: 'deploy:gray' })
    const metrics = computeMetrics(facts({ deployments: [back(8), back(9), back(10)] }))
    expect(metrics.rollbacks).toMatchObject({ perWeek: 1.5, worstWeek: 3 })
    expect(judgeMetrics(metrics, LIMITS).find((one) => one.id === 'rollbacks')?.verdict).toBe('failed')
  })

  it('uses what came before the window only to compare with', () => {
    const metrics = computeMetrics(
      facts({
        deployments: [deployment('a', T - DAY), deployment('b', at(1))],
        comparisons: [compared('a', 'b', 'ahead', [at(0)])],
      }),
    )
    expect(metrics.deployments.live).toBe(1)
    expect(metrics.changes).toMatchObject({ count: 1, leadTime: { count: 1 } })
  })
})

describe('numbers', () => {
  it('has nearest ranks that are values', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, share) => {
        const found = percentile(values, share) ?? fail()
        expect(values).toContain(found)
        // At least that share lies at or below it.
        expect(values.filter((value) => value <= found).length).toBeGreaterThanOrEqual(share * values.length)
      }),
    ) // prettier-ignore
    expect(percentile([], 0.9)).toBeUndefined()
    expect(percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)).toBe(9)
  })

  it('finds the busiest stretch as trying all of them does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { maxLength: 30 }),
        fc.integer({ min: 1, max: 20 }),
        (times, length) => {
          const slow = Math.max(0, ...times.map((from) => times.filter((one) => one >= from && one < from + length).length)) // prettier-ignore
          expect(busiest(times, length)).toBe(slow)
        },
      ),
    )
  })

  it.each([
    [0, '0 s'], [45, '45 s'], [245, '4 m 05 s'], [12_000, '3 h 20 m'], [187_200, '2 d 4 h'],
  ])('writes %d s as %s', (seconds, text) => expect(formatSeconds(seconds)).toBe(text)) // prettier-ignore

  it('never shows a share as one it has not reached', () => {
    expect(formatValue(97.999, 'percent')).toBe('97.99 %')
    expect(formatValue(undefined, 'percent')).toBe('no data')
  })
})
