import { judge } from '../../../src/gray/judge.ts'
import type { JudgeItem } from '../../../src/gray/judge-input.ts'
import type { Measurement, MetricResult, StoredRelease, WeightChange } from '../../../src/gray/ports.ts'
import type { ReleaseState } from '../../../src/gray/reducer.ts'
import type { GrayLook, GrayReport } from '../../../src/report/gray-model.ts'
import { releaseOf } from '../../support/github-act.ts'

/** Reports as real releases give them; each verdict is the judge's own. */

export const START = Date.parse('2026-11-21T12:00:00Z')
const MINUTE = 60_000
const digest = (letter: string): string => `ghcr.io/acme/shop@sha256:${letter.repeat(64)}`

export function ratio(
  name: string,
  bad: number,
  total: number,
  old: [number, number],
  limit: number,
  more: Partial<MetricResult> = {},
): MetricResult {
  const item: JudgeItem = { kind: 'ratio', limit, confidence: 0.95, new: { bad, total } }
  const { verdict, reason, estimate, lower, upper } = judge(item)
  return {
    name,
    verdict,
    reason,
    critical: true,
    dryRun: false,
    limit,
    items: [
      item,
      {
        kind: 'ratio',
        margin: limit,
        confidence: 0.95,
        old: { bad: old[0], total: old[1] },
        new: { bad, total },
      },
    ],
    ...(total === 0 ? {} : { new: bad / total }),
    ...(old[1] === 0 ? {} : { old: old[0] / old[1] }),
    ...(estimate === undefined ? {} : { estimate }),
    ...(lower === undefined ? {} : { lower }),
    ...(upper === undefined ? {} : { upper }),
    ...(verdict === 'inconclusive' ? { needed: Math.max(0, 299 - total) } : {}),
    ...more,
  }
}

export const gauge = (name: string, value: number, old: number, limit: number): MetricResult => ({
  name,
  verdict: value > limit ? 'fail' : 'pass',
  reason: `the mean of 40 samples is ${value}`,
  critical: false,
  dryRun: false,
  limit,
  new: value,
  old,
})

export function look(
  at: number,
  step: number,
  percent: number,
  metrics: MetricResult[],
  more: Partial<GrayLook['window']> = {},
): GrayLook {
  const verdict: Measurement['verdict'] = metrics.some((one) => one.critical && one.verdict === 'fail')
    ? 'fail'
    : metrics.every((one) => one.verdict === 'pass')
      ? 'pass'
      : 'inconclusive'
  const deciding = metrics.find((one) => one.verdict === verdict) ?? metrics[0]
  return {
    window: { start: START + 2 * MINUTE, end: at, step, percent, baking: false, history: [], ...more },
    measurement: { at, verdict, reason: `${deciding?.name ?? ''}: ${deciding?.reason ?? ''}`, metrics },
  }
}

function report(
  state: Partial<ReleaseState>,
  history: WeightChange[],
  looks: GrayLook[],
  minutes: number,
  more: Partial<GrayReport> = {},
): GrayReport {
  const release: StoredRelease = releaseOf(state, {
    old: digest('a'),
    new: digest('b'),
    startedAt: START,
    history,
  })
  return { release, looks, decisions: [], until: START + minutes * MINUTE, ...more }
}

/** 5 % passes, 50 % is approved by two people, 100 % bakes. */
export function promoted(): GrayReport {
  const history = [
    { at: START + MINUTE, step: 0, percent: 5 },
    { at: START + 8 * MINUTE, step: 1, percent: 50 },
    { at: START + 16 * MINUTE, step: 2, percent: 100 },
  ]
  const looks: GrayLook[] = []
  const add = (
    step: number,
    percent: number,
    from: number,
    to: number,
    rate: number,
    baking = false,
  ): void => {
    for (let minute = from + 1; minute <= to; minute++) {
      const total = Math.round((minute - from) * rate * percent)
      const old = Math.round((minute - from) * rate * (100 - percent))
      const metrics = [
        ratio('5xx', Math.round(total * 0.0011), total, [Math.round(old * 0.0012), old], 0.01),
        ratio(
          'P99 latency',
          Math.round(total * 0.003 + Math.sin(minute)),
          total,
          [Math.round(old * 0.0034), old],
          0.01,
        ),
        gauge('CPU', 0.41 + 0.05 * Math.sin(minute / 2), 0.44, 0.8),
      ]
      looks.push(
        look(START + minute * MINUTE, step, percent, metrics, {
          start: START + from * MINUTE,
          baking,
          history,
        }),
      )
    }
  }
  add(0, 5, 2, 7, 15)
  add(1, 50, 9, 14, 15)
  add(2, 100, 17, 22, 15)
  add(2, 100, 22, 27, 15, true)
  return report(
    { phase: 'done', step: 2, observed: 100, intended: 100, reason: 'the new version serves everything' },
    history,
    looks,
    28,
    {
      decisions: [{ at: START + 15.5 * MINUTE, text: 'approved by mona and hubot' }],
      audit: { file: 'gray/audit.jsonl', head: { seq: 214, hash: '5e'.repeat(32) } },
    },
  )
}

/** 5xx of 3 % at the 5 % step. */
export function takenBack(): GrayReport {
  const history = [{ at: START + MINUTE, step: 0, percent: 5 }]
  const looks = [1, 2, 3, 4].map((minute) =>
    look(START + (2 + minute) * MINUTE, 0, 5, [
      ratio('5xx', 5 * minute - 3, 130 * minute, [3 * minute, 2400 * minute], 0.01),
      ratio('P99 latency', 0, 130 * minute, [7 * minute, 2400 * minute], 0.01),
      gauge('CPU', 0.38, 0.41, 0.8),
      ratio('slow checkouts', minute, 40 * minute, [minute * 3, 600 * minute], 0.05, {
        dryRun: true,
        critical: false,
      }),
    ]),
  )
  const last = looks.at(-1)
  return report(
    { phase: 'rolled-back', step: 0, observed: 0, intended: 0, reason: last?.measurement.reason ?? '' },
    history,
    looks,
    6.5,
    { audit: { file: 'gray/audit.jsonl', head: { seq: 31, hash: 'a1'.repeat(32) } } },
  )
}

/** No traffic, a gap, then a hold for people. */
export function held(): GrayReport {
  const history = [{ at: START + MINUTE, step: 0, percent: 5 }]
  const empty = ratio('5xx | <b>ünïcode</b>', 0, 0, [0, 0], 0.01)
  const looks = [1, 2, 3, 4, 5, 6].map((minute) =>
    look(
      START + (2 + minute) * MINUTE,
      0,
      5,
      minute < 3 || minute === 5 ? [empty] : [ratio(empty.name, 1, 40 * minute, [0, 0], 0.01)],
    ),
  )
  return report(
    {
      phase: 'holding',
      step: 0,
      heldAt: 'observing',
      observed: 5,
      intended: 5,
      extends: 3,
      reason: 'still inconclusive after 3 prolongations',
    },
    history,
    looks,
    9,
  )
}

export const begun = (): GrayReport =>
  report({ phase: 'preparing', reason: 'the release begins' }, [], [], 0.1)
