import { describe, expect, it } from '@jest/globals'
import type { Verdict } from '../../../src/gray/judge.ts'
import { compose, type Measured } from '../../../src/gray/metrics/compose.ts'
import { increments } from '../../../src/gray/metrics/counts.ts'
import type { EventsOrTrouble, Trouble } from '../../../src/gray/metrics/decide.ts'
import {
  evaluateLatency,
  evaluateRatio,
  type LatencyEvents,
} from '../../../src/gray/metrics/evaluate-events.ts'
import {
  evaluateSamples,
  evaluateValue,
  type GaugeSample,
} from '../../../src/gray/metrics/evaluate-samples.ts'
import { Events, type Look, lookOf } from '../../../src/gray/metrics/look.ts'
import { both, chanceOf, marginAt, type Part } from '../../../src/gray/metrics/parts.ts'
import type {
  LatencySpec,
  MetricSpec,
  RatioSpec,
  SamplesSpec,
  ValueSpec,
} from '../../../src/gray/metrics/settings.ts'

const SCRAPE = 15_000
const MINUTE = 60_000
const COMMON = {
  name: 'm',
  title: 'M',
  action: 'abort',
  critical: true,
  dryRun: false,
  weight: 1,
  onNodata: 'wait',
  against: 'both',
  windowMs: 5 * MINUTE,
  confidence: 0.95,
} as const
const RATIO: RatioSpec = {
  ...COMMON,
  kind: 'ratio',
  part: 'bad_total',
  partIs: 'bad',
  total: 'all_total',
  limit: 0.01,
  margin: 0.01,
  least: 3,
  sequential: { tolerated: 1.5, alpha: 0.01 },
}
const LATENCY: LatencySpec = {
  ...COMMON,
  kind: 'latency',
  histogram: 'h',
  quantile: 0.99,
  limitSeconds: 1,
  margin: 0.02,
  tolerated: 1.5,
  least: 3,
}
const SAMPLES: SamplesSpec = {
  ...COMMON,
  kind: 'samples',
  source: { kind: 'gauge', gauge: 'g' },
  max: 0.8,
  direction: 'increase',
  tolerance: 0.25,
  confidence: 0.98,
  everyMs: 15_000,
}
const VALUE: ValueSpec = { ...COMMON, kind: 'value', query: 'q', max: 10, against: 'limit' }

/** A field may be taken out. */
type Changed<T> = { readonly [K in keyof T]?: T[K] | undefined }
const without = <T extends object>(value: Changed<T>): T =>
  Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as T

const END = 5 * MINUTE
const look = (more: Partial<Look> = {}): Look => {
  const { start = 0, end = END, percent = 5 } = more
  return { start, end, percent, final: true, spans: [{ start, end, percent }], planned: 1, ...more }
}

/** Events spread evenly over the scrapes of a window; `burst`: all the bad ones in one scrape. */
function events(
  bad: number,
  total: number,
  options: { burst?: boolean; from?: number; to?: number } = {},
): Events {
  const { burst = false, from = 0, to = END } = options
  const scrapes = Math.round((to - from) / SCRAPE)
  const points = (count: number, all: boolean) =>
    Array.from({ length: scrapes + 1 }, (_, index) => ({
      at: from + index * SCRAPE,
      value: all && burst ? (index > scrapes / 2 ? count : 0) : Math.floor((count * index) / scrapes),
    }))
  const labels = { job: 'shop', instance: 'a' }
  const data = increments(
    [[{ labels, points: points(bad, true) }], [{ labels, points: points(total, false) }]],
    {
      end: to,
      scrapeMs: SCRAPE,
    },
  )
  return new Events(data, 2, ([some = 0, all = 0]) => ({ bad: some, total: all }))
}
const nodata: Trouble = { verdict: 'nodata', reason: 'no series match' }
const failed: Trouble = { verdict: 'error', reason: 'HTTP 503' }

describe('a ratio', () => {
  it.each<[string, EventsOrTrouble, EventsOrTrouble, Changed<RatioSpec>, Partial<Look>, Verdict, string]>([
    ['good', events(1, 1000), events(20, 19_000), {}, {}, 'pass', 'within the limit'],
    ['too few events', events(0, 50), events(1, 1000), {}, {}, 'inconclusive', 'more events are needed'],
    ['beyond the limit', events(40, 1000), events(20, 19_000), {}, {}, 'fail', 'above the limit'],
    ['beyond it, in the middle of the observation', events(25, 1000, { burst: true }), events(100, 19_000), {}, { final: false }, 'inconclusive', 'beyond the limit so far'],
    ['far beyond, in the middle: stopped early', events(80, 1000), events(20, 19_000), {}, { final: false }, 'fail', 'has reached'],
    ['far beyond, but no early abort wanted', events(80, 1000), events(20, 19_000), { sequential: undefined }, { final: false }, 'inconclusive', 'beyond the limit so far'],
    ['a burst stops nothing early', events(80, 1000, { burst: true }), events(20, 19_000), {}, { final: false }, 'inconclusive', 'so far'],
    ['within the limit, but worse than the old one', events(60, 9000), events(0, 9000), { margin: 0.001, sequential: undefined }, { percent: 50 }, 'fail', 'more than the margin'],
    ['fewer bad events than stop anything', events(2, 20), events(0, 380), { sequential: undefined }, {}, 'inconclusive', 'with enough bad events'],
    ['the old one breaks the limit as well', events(40, 1000), events(760, 19_000), {}, {}, 'inconclusive', 'environment bad'],
    ['both break it, and the new one is far worse', events(400, 1000), events(760, 19_000), {}, {}, 'fail', 'more than the margin'],
    ['no events at all', events(0, 0), events(20, 19_000), {}, {}, 'nodata', 'no events in the window'],
    ['no old events to compare with', events(0, 1000), events(0, 0), {}, {}, 'nodata', 'the old version has no events'],
    ['no series of the new one', nodata, events(20, 19_000), {}, {}, 'nodata', 'the new version: no series match'],
    ['no series of the old one', events(1, 1000), nodata, {}, {}, 'nodata', 'the old version: no series match'],
    ['the old one unreadable', events(1, 1000), failed, {}, {}, 'error', 'the old version: HTTP 503'],
    ['… does not matter to a limit alone', events(1, 1000), failed, { against: 'limit' }, {}, 'pass', 'within the limit'],
    ['against the old version alone, at 100 %', events(0, 1000), nodata, { against: 'old' }, { percent: 100 }, 'nodata', 'left out'],
    ['at 100 % only the limit is left', events(0, 1000), nodata, {}, { percent: 100 }, 'pass', 'within the limit'],
  ])('%s', (_, fresh, old, more, at, verdict, reason) => {
    const { result } = evaluateRatio(without<RatioSpec>({ ...RATIO, ...more }), look(at), fresh, old)
    expect(result).toMatchObject({ verdict, reason: expect.stringContaining(reason) })
  }) // prettier-ignore

  it('carries its numbers, its questions, and what it still needs', () => {
    const { result } = evaluateRatio(RATIO, look(), events(1, 200), events(20, 3800))
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      new: 0.005,
      old: 20 / 3800,
      limit: 0.01,
      estimate: 0.005,
    })
    expect(result.items?.[0]).toEqual({
      kind: 'ratio',
      limit: 0.01,
      confidence: 0.95,
      new: { bad: 1, total: 200 },
    })
    expect(result.items?.[1]).toMatchObject({ kind: 'sequential', share: 0.01, tolerated: 1 })
    expect(result.items?.[2]).toMatchObject({ kind: 'ratio', margin: 0.01, old: { bad: 20, total: 3800 } })
    expect(result.needed).toBeGreaterThan(500)
  })

  it('a hard rule counts as soon as its own window is full, and looks at no more than that', () => {
    const hard: RatioSpec = { ...RATIO, action: 'hard-abort', limit: 0.05, against: 'limit', windowMs: 3 * MINUTE, confidence: 0.99 }
    const { sequential: _, ...spec } = hard
    const bad = events(200, 1000)
    const at = (end: number) => evaluateRatio(spec, look({ end, final: false }), bad, nodata).result.verdict
    expect(at(2 * MINUTE)).toBe('inconclusive')
    expect(at(3 * MINUTE)).toBe('fail')
    // A bad beginning that is over for three minutes.
    const points = (values: number[]) => values.map((value, index) => ({ at: index * MINUTE, value }))
    const labels = { job: 'shop', instance: 'a' }
    const data = increments([[{ labels, points: points([0, 90, 90, 90, 90, 90]) }], [{ labels, points: points([0, 100, 400, 700, 1000, 1300]) }]], { end: END })
    const over = new Events(data, 2, ([some = 0, all = 0]) => ({ bad: some, total: all }))
    expect(evaluateRatio(spec, look(), over, nodata).result.verdict).toBe('pass')
  }) // prettier-ignore

  it('trouble that has just begun is not hidden by a good hour', () => {
    const labels = { job: 'shop', instance: 'a' }
    const points = (rate: (minute: number) => number) => {
      let sum = 0
      return Array.from({ length: 61 }, (_, minute) => ({
        at: minute * MINUTE,
        value: (sum += rate(minute)),
      }))
    }
    const data = increments(
      [
        [{ labels, points: points((minute) => (minute > 55 ? 40 : 0)) }],
        [{ labels, points: points(() => 1000) }],
      ],
      { end: 60 * MINUTE },
    )
    const late = new Events(data, 2, ([some = 0, all = 0]) => ({ bad: some, total: all }))
    const { sequential: _, ...spec } = { ...RATIO, against: 'limit' as const }
    const { result } = evaluateRatio(spec, look({ end: 60 * MINUTE }), late, nodata)
    expect(result).toMatchObject({ verdict: 'fail' })
    expect(result.items?.map((item) => (item as { new: { total: number } }).new.total)).toEqual([
      60_000, 5000,
    ])
  })

  it('a burn that has stopped aborts nothing (SLO)', () => {
    const labels = { job: 'shop', instance: 'a' }
    const series = (values: number[]) => [{ labels, points: values.map((value, index) => ({ at: index * SCRAPE, value })) }]
    const of = (bad: number[]) => {
      const all = bad.map((_, index) => index * 100)
      return new Events(increments([series(bad), series(all)], { end: END }), 2, ([some = 0, total = 0]) => ({ bad: some, total }))
    }
    const stopped = Array.from({ length: 21 }, (_, index) => Math.min(index, 8) * 10)
    const goesOn = Array.from({ length: 21 }, (_, index) => index * 10)
    const { sequential: _, ...spec } = { ...RATIO, against: 'limit' as const, limit: 0.0144, confirm: 1 / 12 }
    expect(evaluateRatio(spec, look(), of(stopped), nodata).result).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('it has stopped'),
    })
    expect(evaluateRatio(spec, look(), of(goesOn), nodata).result.verdict).toBe('fail')
  }) // prettier-ignore

  it('restarts and silent targets are told', () => {
    const labels = { job: 'shop', instance: 'a' }
    const of = (values: number[]) => [
      { labels, points: values.map((value, index) => ({ at: index * SCRAPE, value })) },
    ]
    const data = increments([of([0, 0, 0]), of([500, 600, 50])], { end: END, scrapeMs: SCRAPE })
    const fresh = new Events(data, 2, ([some = 0, all = 0]) => ({ bad: some, total: all }))
    const { result } = evaluateRatio({ ...RATIO, against: 'limit' }, look(), fresh, nodata)
    expect(result.reason).toContain('1 restart on the new version')
    expect(result.reason).toContain('1 of 1 targets of the new version are silent')
  })

  it('evidence of several steps is multiplied, and good earlier steps do not drown bad later ones', () => {
    const spans = [
      { start: 0, end: END, percent: 5 },
      { start: END, end: 2 * END, percent: 25 },
    ]
    const later = look({ start: END, end: 2 * END, percent: 25, final: false, spans, planned: 3 })
    const span = { from: 0, to: 2 * END }
    // Four times as many errors as the old one, at both steps: neither step alone is enough.
    const mild = evaluateRatio(RATIO, later, events(24, 2400, span), events(30, 12_000, span)).result
    expect(mild.items?.filter((item) => (item as { tolerated?: number }).tolerated === 1.5)).toHaveLength(2)
    expect(mild.evalue).toBeGreaterThan(1)
  })
})

describe('latency', () => {
  const histogram = (
    slower: Record<number, [number, number]>,
    more: Partial<LatencyEvents> = {},
  ): LatencyEvents => ({
    slowerThan: new Map(
      Object.entries(slower).map(([edge, [bad, total]]) => [Number(edge), events(bad, total)]),
    ),
    limitEdges: { below: 1, above: 1 },
    oldEdges: { below: 0.25, above: 0.5 },
    ...more,
  })
  const OLD = histogram({ 0.25: [209, 19_000], 0.5: [19, 19_000], 1: [2, 19_000] })

  it.each<[string, LatencyEvents | Trouble, LatencyEvents | Trouble, Partial<LatencySpec>, Verdict, string]>([
    ['as fast as the old one', histogram({ 0.25: [12, 1000], 0.5: [1, 1000], 1: [0, 1000] }), OLD, {}, 'pass', 'within the limit'],
    ['slower than the limit', histogram({ 0.25: [500, 1000], 0.5: [200, 1000], 1: [60, 1000] }), OLD, {}, 'fail', 'above the limit'],
    ['within the limit, but slower than the old one', histogram({ 0.25: [90, 1000], 0.5: [9, 1000], 1: [0, 1000] }), OLD, {}, 'fail', 'slower than 0.25 s'],
    ['too few', histogram({ 0.25: [1, 60], 0.5: [0, 60], 1: [0, 60] }), OLD, {}, 'inconclusive', 'more events are needed'],
    ['no requests', histogram({ 0.25: [0, 0], 0.5: [0, 0], 1: [0, 0] }), OLD, {}, 'nodata', 'no requests'],
    ['no histogram', nodata, OLD, {}, 'nodata', 'the new version: no series match'],
    ['the old one has none', histogram({ 1: [0, 1000] }), nodata, {}, 'nodata', 'the old version: no series match'],
    ['… which does not matter to a limit alone', histogram({ 1: [0, 1000] }), nodata, { against: 'limit' }, 'pass', 'within the limit'],
    ['the limit lies between edges that agree', histogram({ 0.5: [1, 2000], 2.5: [0, 2000] }, { limitEdges: { below: 0.5, above: 2.5 } }), nodata, { against: 'limit' }, 'pass', 'within the limit'],
    ['… that disagree', histogram({ 0.5: [200, 2000], 2.5: [0, 2000] }, { limitEdges: { below: 0.5, above: 2.5 } }), nodata, { against: 'limit' }, 'inconclusive', 'neighbours disagree'],
    ['the limit lies above the greatest edge', histogram({ 0.5: [200, 2000] }, { limitEdges: { below: 0.5 } }), nodata, { against: 'limit' }, 'inconclusive', 'above the greatest bucket'],
    ['… and nothing is slower than that edge: that is enough', histogram({ 0.5: [0, 2000] }, { limitEdges: { below: 0.5 } }), nodata, { against: 'limit' }, 'pass', 'within the limit'],
    ['the limit lies below the least edge', histogram({ 5: [0, 2000] }, { limitEdges: { above: 5 } }), nodata, { against: 'limit' }, 'inconclusive', 'below the least bucket'],
    ['… and many are slower than that edge: that is enough', histogram({ 5: [200, 2000] }, { limitEdges: { above: 5 } }), nodata, { against: 'limit' }, 'fail', 'above the limit'],
    ['both versions are too slow', histogram({ 0.25: [500, 1000], 0.5: [200, 1000], 1: [60, 1000] }), histogram({ 0.25: [9500, 19_000], 0.5: [3800, 19_000], 1: [1140, 19_000] }), {}, 'inconclusive', 'environment bad'],
  ])('%s', (_, fresh, old, more, verdict, reason) => {
    const { result } = evaluateLatency({ ...LATENCY, ...more }, look(), fresh, old)
    expect(result).toMatchObject({ verdict, reason: expect.stringContaining(reason) })
  }) // prettier-ignore

  it.each([
    [{ bad: 0, total: 0 }, 0.02],
    [{ bad: 1, total: 100 }, 0.02],
    [{ bad: 10, total: 100 }, 0.0428571],
    [{ bad: 90, total: 100 }, 0.0310345],
    [{ bad: 100, total: 100 }, 0.02],
  ])('the margin at an old share of %j', (old, margin) =>
    expect(marginAt(old, 0.02, 1.5)).toBeCloseTo(margin, 6),
  )
})

describe('gauges', () => {
  const gauge = (values: readonly number[], target = 'a'): GaugeSample[] =>
    values.map((value, index) => ({ at: (index + 1) * 10_000, target, value }))
  const calm = (mean: number, count = 24): number[] =>
    Array.from({ length: count }, (_, index) => mean * (1 + 0.05 * Math.sin(index * 1.7)))

  it.each<[string, readonly number[] | Trouble, readonly number[] | Trouble, Changed<SamplesSpec>, Partial<Look>, Verdict, string]>([
    ['as the old one', calm(0.4), calm(0.4), {}, {}, 'pass', 'the mean of 24 samples'],
    ['above the limit', calm(0.9), calm(0.4), {}, {}, 'fail', 'beyond at most 0.8'],
    ['above it before the window is full', calm(0.9, 5), calm(0.4, 5), { windowMs: 10 * MINUTE }, { final: false, end: MINUTE }, 'inconclusive', 'beyond the limit so far'],
    ['both above it', calm(0.9), calm(0.9), {}, {}, 'inconclusive', 'environment bad'],
    ['far above the old one', calm(0.7), calm(0.3), {}, {}, 'fail', 'more than the tolerated'],
    ['above the old one by less than matters', calm(0.04), calm(0.02), { leastChange: 0.05 }, {}, 'pass', 'within at most'],
    ['below a minimum', calm(3), calm(9), { max: undefined, min: 5, direction: 'decrease' }, {}, 'fail', 'at least 5'],
    ['three samples', calm(0.4, 3), calm(0.4), {}, {}, 'nodata', '3 samples of the new version; 4 are needed'],
    ['NaN and infinity do not count', [...calm(0.4, 3), NaN, Infinity, NaN], calm(0.4), {}, {}, 'nodata', '3 samples'],
    ['none', [], calm(0.4), {}, {}, 'nodata', '0 samples'],
    ['the old one has none', calm(0.4), nodata, {}, {}, 'nodata', 'the old version: no series match'],
    ['unreadable', failed, calm(0.4), {}, {}, 'error', 'HTTP 503'],
    ['against the old one alone, at 100 %', calm(0.4), calm(0.4), { against: 'old', max: undefined }, { percent: 100 }, 'nodata', 'left out'],
  ])('%s', (_, fresh, old, more, at, verdict, reason) => {
    const spec = without<SamplesSpec>({ ...SAMPLES, ...more })
    const read = (values: readonly number[] | Trouble): readonly GaugeSample[] | Trouble =>
      'verdict' in values ? values : gauge(values)
    const { result } = evaluateSamples(spec, look(at), read(fresh), read(old))
    expect(result).toMatchObject({ verdict, reason: expect.stringContaining(reason) })
  }) // prettier-ignore

  it('more samples than anybody can read are thinned for the audit, evenly', () => {
    const many = Array.from({ length: 5000 }, (_, index) => ({
      at: index * 60,
      target: 'a',
      value: 1 + (index % 7) / 100,
    }))
    const { result } = evaluateSamples({ ...SAMPLES, max: 5 }, look(), many, many)
    const [item] = (result.items ?? []) as { old: number[]; new: number[] }[]
    expect(item?.new.length).toBeLessThanOrEqual(400)
    expect(result.verdict).toBe('pass')
  })

  it.each<[number | Trouble, Partial<ValueSpec>, Partial<Look>, Verdict]>([
    [5, {}, {}, 'pass'],
    [10, {}, {}, 'pass'],
    [10.1, {}, {}, 'fail'],
    [11, {}, { final: false }, 'inconclusive'],
    [1, { min: 2 }, {}, 'fail'],
    [nodata, {}, {}, 'nodata'],
    [failed, {}, {}, 'error'],
  ])('one number %j: %j', (value, more, at, verdict) => {
    expect(evaluateValue({ ...VALUE, ...more }, look(at), value).result.verdict).toBe(verdict)
  })
})

describe('parts', () => {
  const part = (verdict: Verdict): Part => ({
    role: 'limit',
    items: [],
    judgement: { verdict, reason: verdict },
    mayFail: true,
    needed: true,
  })
  it.each<[Verdict | undefined, Verdict | undefined, Verdict | undefined]>([
    ['pass', 'pass', 'pass'],
    ['fail', 'fail', 'fail'],
    ['fail', 'pass', 'inconclusive'],
    ['inconclusive', 'pass', 'inconclusive'],
    ['pass', undefined, 'pass'],
    ['fail', undefined, 'inconclusive'],
    [undefined, 'fail', 'fail'],
    [undefined, 'pass', 'inconclusive'],
    [undefined, undefined, undefined],
  ])('edge below %s, edge above %s: %s', (below, above, verdict) => {
    const of = (one: Verdict | undefined) => (one === undefined ? undefined : part(one))
    expect(both('limit', of(below), of(above))?.judgement.verdict).toBe(verdict)
  }) // prettier-ignore

  it("the chance of a fail is the test's own p-value", () => {
    // P(X ≥ 8 | n = 100, p = 0.01) by summing.
    const chance = chanceOf({ kind: 'ratio', limit: 0.01, confidence: 0.95, new: { bad: 8, total: 100 } })
    let [below, term] = [0, 0.99 ** 100]
    for (let k = 0; k < 8; k++) {
      below += term
      term *= ((100 - k) / (k + 1)) * (0.01 / 0.99)
    }
    expect(chance / (1 - below)).toBeCloseTo(1, 2)
  })
})

describe('a window of the engine', () => {
  const plan = {
    steps: [5, 25, 100].map((percent) => ({ percent, observeMs: END, hold: false })),
    warmUpMs: 30_000,
  }
  const history = [
    { at: 0, step: 0, percent: 5 },
    { at: 400_000, step: 1, percent: 25 },
  ]
  it('has the earlier steps from their warm-up to the next change of weight', () => {
    const found = lookOf({ start: 430_000, end: 700_000, step: 1, percent: 25, baking: false, history, deadline: 730_000 }, plan, 10_000)
    expect(found).toEqual({
      start: 430_000,
      end: 690_000,
      percent: 25,
      final: false,
      spans: [
        { start: 30_000, end: 400_000, percent: 5 },
        { start: 430_000, end: 690_000, percent: 25 },
      ],
      planned: 4,
    })
  }) // prettier-ignore
  it('is the last one at its deadline, or without one', () => {
    const window = { start: 430_000, end: 730_000, step: 1, percent: 25, baking: false, history }
    expect(lookOf({ ...window, deadline: 730_000 }, plan, 0).final).toBe(true)
    expect(lookOf(window, plan, 0).final).toBe(true)
  })
})

describe('one verdict from many', () => {
  const rules = { pass: 95, marginal: 75 }
  interface Wanted {
    verdict: Verdict
    critical?: boolean
    weight?: number
    chance?: number
    dryRun?: boolean
    action?: MetricSpec['action']
    onNodata?: MetricSpec['onNodata']
    environment?: boolean
    idle?: boolean
    name?: string
  }
  const measured = (wanted: Wanted, index: number): Measured => {
    const { verdict, critical = false, weight = 1, chance, dryRun = false, action = 'abort', onNodata = 'wait' } = wanted
    const name = wanted.name ?? `m${index}`
    return {
      spec: { ...RATIO, name, title: name, critical, weight, dryRun, action, onNodata },
      result: { name, verdict, critical, dryRun: dryRun || action === 'warn' || action === 'page', reason: `${name} ${verdict}` },
      queries: [],
      ...(chance === undefined ? {} : { chance }),
      ...(wanted.environment === undefined ? {} : { environment: wanted.environment }),
      ...(wanted.idle === undefined ? {} : { idle: wanted.idle }),
    }
  } // prettier-ignore
  const composed = (list: Wanted[], at: Partial<Look> = {}) => compose(list.map(measured), look(at), rules)
  const many = (count: number, one: Wanted): Wanted[] => Array.from({ length: count }, () => one)

  it.each<[string, Wanted[], Verdict, string]>([
    ['nothing at all', [], 'nodata', 'no metric can be judged'],
    ['all pass', [{ verdict: 'pass', critical: true }, { verdict: 'pass' }], 'pass', 'm0, m1 pass'],
    ['a critical fail among passes', [{ verdict: 'fail', critical: true, chance: 0.001 }, ...many(9, { verdict: 'pass' })], 'fail', 'm0 fail'],
    ['a critical fail beside an error', [{ verdict: 'fail', critical: true, chance: 0.001 }, { verdict: 'error', critical: true }], 'fail', 'm0'],
    ['a critical one is open', [{ verdict: 'inconclusive', critical: true }, { verdict: 'pass' }], 'inconclusive', 'm0 inconclusive'],
    ['a critical one has no data, another passes', [{ verdict: 'nodata', critical: true }, { verdict: 'pass' }], 'inconclusive', 'm0 nodata'],
    ['nobody has data', [{ verdict: 'nodata', critical: true }, { verdict: 'nodata' }], 'nodata', 'no metric was decided by evidence'],
    ['an error', [{ verdict: 'error', critical: true }, { verdict: 'pass' }], 'error', 'm0 error'],
    ['an error of something that has no say', [{ verdict: 'error', dryRun: true }, { verdict: 'pass', critical: true }], 'pass', 'm1'],
    ['a dry run fails', [{ verdict: 'fail', critical: true, dryRun: true, chance: 0 }, { verdict: 'pass', critical: true }], 'pass', 'm1'],
    ['only dry runs: nothing ever passes', [{ verdict: 'pass', critical: true, dryRun: true }], 'nodata', 'no metric can be judged'],
    ['a warning fails', [{ verdict: 'fail', action: 'warn', chance: 0 }, { verdict: 'pass', critical: true }], 'pass', 'm1'],
    ['the environment is bad', [{ verdict: 'inconclusive', critical: true, environment: true }, { verdict: 'pass', critical: true }], 'inconclusive', 'm0'],
    ['left out at 100 %', [{ verdict: 'nodata', critical: true, idle: true }, { verdict: 'pass', critical: true }], 'pass', 'm1'],
    ['no data counts as a pass, but is no evidence', [{ verdict: 'nodata', critical: true, onNodata: 'pass' }], 'nodata', 'no metric was decided by evidence'],
    ['… beside evidence it does pass', [{ verdict: 'nodata', critical: true, onNodata: 'pass' }, { verdict: 'pass' }], 'pass', 'm1'],
    ['no data counts as a fail', [{ verdict: 'nodata', critical: true, onNodata: 'fail' }, { verdict: 'pass' }], 'fail', 'on-nodata makes this a fail'],
    ['one of twenty fails for sure: the score is 95', [{ verdict: 'fail', chance: 1e-6 }, ...many(19, { verdict: 'pass' })], 'pass', 'score 95'],
    ['one of ten: between pass and marginal', [{ verdict: 'fail', chance: 1e-6 }, ...many(9, { verdict: 'pass' })], 'inconclusive', 'between 75 and 95'],
    ['three of ten: below marginal', [...many(3, { verdict: 'fail', chance: 1e-6 }), ...many(7, { verdict: 'pass' })], 'fail', 'at most 70 of 100'],
    ['one of ten by bare luck is withdrawn (Holm)', [{ verdict: 'fail', chance: 0.04 }, ...many(9, { verdict: 'pass' })], 'inconclusive', 'Holm'],
    ['a heavy fail', [{ verdict: 'fail', chance: 1e-6, weight: 9 }, ...many(9, { verdict: 'pass' })], 'fail', 'at most 50'],
    ['undecided ones leave the score open', [{ verdict: 'inconclusive' }, ...many(9, { verdict: 'pass' })], 'inconclusive', 'm0 inconclusive'],
    ['undecided ones that no longer matter', [{ verdict: 'inconclusive', weight: 0.01 }, ...many(9, { verdict: 'pass' })], 'pass', 'pass'],
  ])('%s', (_, list, verdict, reason) => {
    expect(composed(list)).toMatchObject({ verdict, reason: expect.stringContaining(reason) })
  }) // prettier-ignore

  it('a fail by policy waits for the end of the observation', () => {
    const list: Wanted[] = [{ verdict: 'nodata', critical: true, onNodata: 'fail' }, { verdict: 'pass' }]
    expect(composed(list, { final: false }).verdict).toBe('inconclusive')
  })

  it('Holm: fails are taken in the order of their chances until one is too likely', () => {
    const list = [0.02, 0.001, 0.3, 0.011].map((chance): Wanted => ({ verdict: 'fail', chance }))
    // 0.05/4, 0.05/3, 0.05/2, 0.05: 0.001 and 0.011 stay, so does 0.02, 0.3 does not.
    expect(composed(list).metrics.map(({ verdict }) => verdict)).toEqual([
      'fail',
      'fail',
      'inconclusive',
      'fail',
    ])
    const unlucky = [0.02, 0.02, 0.02, 0.02].map((chance): Wanted => ({ verdict: 'fail', chance }))
    expect(composed(unlucky).metrics.every(({ verdict }) => verdict === 'inconclusive')).toBe(true)
  })

  it('a hard abort says so, a warning and a page are heard', () => {
    const found = composed([
      { verdict: 'fail', critical: true, action: 'hard-abort', chance: 0 },
      { verdict: 'fail', action: 'warn', chance: 0, name: 'slow' },
      { verdict: 'fail', action: 'page', chance: 0, name: 'orders' },
      { verdict: 'fail', action: 'page', dryRun: true, chance: 0, name: 'quiet' },
      { verdict: 'pass', action: 'page', name: 'fine' },
    ])
    expect(found.hard).toBe(true)
    expect(found.alerts).toEqual([
      { level: 'warning', message: 'slow: slow fail' },
      { level: 'page', message: 'orders: orders fail' },
    ])
  })
})
