import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { nodesAt, nodeSteps, parseDuration, parseSteps } from '../../../src/gray/plan.ts'
import { minimumSample, powerPlan, sampleForLimit, sampleForMargin } from '../../../src/gray/power.ts'
import { clopperPearson } from '../../../src/gray/statistics.ts'

const MINUTE = 60_000

describe('steps', () => {
  it('reads percentages, times and holds', () => {
    expect(parseSteps('5% 5m, 10% 1h30m hold\n25%, 50% hold 30s, 100%')).toEqual({
      problems: [],
      steps: [
        { percent: 5, observeMs: 5 * MINUTE, hold: false },
        { percent: 10, observeMs: 90 * MINUTE, hold: true },
        { percent: 25, observeMs: 5 * MINUTE, hold: false },
        { percent: 50, observeMs: MINUTE / 2, hold: true },
        { percent: 100, observeMs: 5 * MINUTE, hold: false },
      ],
    })
  })

  it('100 % alone is blue-green', () => expect(parseSteps('100%').steps).toHaveLength(1))

  it.each([
    ['', ['there are no steps']],
    ['5%', ['the last step is not 100 %']],
    ['5, 100%', ['starts with a percentage, not with "5"']],
    ['0%, 100%', ['above 0 %']],
    ['10%, 5%, 100%', ['does not rise above 10 %']],
    ['10%, 10%, 100%', ['does not rise']],
    ['5% 5x, 100% 1m 2m, 120%', ['"5x" is not understood', '"2m" is not understood', 'at most at 100 %']],
    ['5% 0s, 100%', ['"0s" is not understood']],
  ])('%j', (text, faults) => {
    const { steps, problems } = parseSteps(text)
    expect(steps).toEqual([])
    expect(problems).toHaveLength(faults.length)
    for (const [index, fault] of faults.entries()) expect(problems[index]?.what).toContain(fault)
  })

  it('never throws, and what it accepts rises to 100 %', () => {
    const piece = fc.constantFrom('5%', '25%', '100%', ' 5m', ' hold', ', ', '\n', '%', 'x', '0')
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
        (text) => {
          const { steps, problems } = parseSteps(text)
          expect(steps.length > 0).toBe(problems.length === 0)
          if (steps.length > 0) expect(steps.at(-1)?.percent).toBe(100)
          for (const [index, step] of steps.entries())
            expect(step.percent).toBeGreaterThan(steps[index - 1]?.percent ?? 0)
        },
      ),
      { seed: 5, numRuns: 500 },
    )
  })

  it.each([
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['5', undefined],
    ['', undefined],
    ['5m5m', undefined],
  ])('duration %j', (text, ms) => expect(parseDuration(text)).toBe(ms))
})

describe('nodes', () => {
  it.each([
    [10, 30, 3],
    [10, 31, 4],
    [10, 4, 1],
    [50, 3, 2],
    [99, 3, 2],
    [100, 3, 3],
    [10, 1, 1],
    [10, 0, 0],
  ])('%d %% of %d nodes is %d', (percent, nodes, expected) => expect(nodesAt(percent, nodes)).toBe(expected))

  it('leaves out steps that move nothing, keeps their time and hold, tells the real part', () => {
    const { steps } = parseSteps('5% 10m hold, 10% 2m, 50%, 100%')
    expect(nodeSteps(steps, 4)).toEqual([
      { percent: 5, observeMs: 10 * MINUTE, hold: true, nodes: 1, real: 25 },
      { percent: 50, observeMs: 5 * MINUTE, hold: false, nodes: 2, real: 50 },
      { percent: 100, observeMs: 5 * MINUTE, hold: false, nodes: 4, real: 100 },
    ])
  })
})

describe('power', () => {
  it.each([
    [0.01, 0.95, 299],
    [0.01, 0.99, 459],
    [0.05, 0.95, 59],
    [0.001, 0.95, 2995],
    [0, 0.95, Infinity],
  ])('limit %d at %d takes %d good events', (limit, confidence, expected) => {
    expect(minimumSample(limit, confidence)).toBe(expected)
  })

  it('the size for a limit passes as often as promised, and one allowed bad event less does not', () => {
    const [limit, confidence, expected, power] = [0.01, 0.95, 0.003, 0.9]
    const total = sampleForLimit(limit, confidence, expected, power)
    const chance = (events: number): number => {
      let [sum, term] = [0, (1 - expected) ** events]
      for (let bad = 0; clopperPearson({ bad, total: events }, confidence).upper <= limit; bad++) {
        sum += term
        term *= ((events - bad) / (bad + 1)) * (expected / (1 - expected))
      }
      return sum
    }
    expect(chance(total)).toBeGreaterThanOrEqual(power)
    expect(chance(total - 1)).toBeLessThan(power)
  })

  it.each([
    [0.01, 0.01],
    [0.01, 0.02],
    [0, 0],
  ])('a limit of %d cannot be shown for a ratio of %d', (limit, expected) =>
    expect(sampleForLimit(limit, 0.95, expected)).toBe(Infinity),
  )

  it('a margin takes fewer events at an even share than at a small one', () => {
    const small = sampleForMargin(0.01, 0.95, 0.005, 0.05)
    const even = sampleForMargin(0.01, 0.95, 0.005, 0.5)
    expect(Number.isFinite(small)).toBe(true)
    expect(even).toBeLessThan(small)
  })

  it.each([
    [1, 99.7],
    [5, 19.9],
    [20, 5],
    [100, 1],
  ])('at %d requests a second and 5 %%, 1 %% is shown in %d min', (rate, minutes) => {
    const { steps } = parseSteps('5% 5m, 100%')
    const [first] = powerPlan(steps, rate, { limit: 0.01, confidence: 0.95, expected: 0 })
    expect((first?.neededMs ?? NaN) / MINUTE).toBeCloseTo(minutes, 1)
    expect(first?.decides).toBe(rate >= 20)
  })

  it('without traffic nothing is decided', () => {
    const [first] = powerPlan(parseSteps('5%, 100%').steps, 0, { limit: 0.01, confidence: 0.95, expected: 0 })
    expect(first).toMatchObject({
      requests: 0,
      decides: false,
      neededMs: Infinity,
      reason: 'there is no traffic',
    })
  })
})
