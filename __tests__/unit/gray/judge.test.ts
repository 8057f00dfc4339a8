import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { judgeCommand } from '../../../src/gray/judge-command.ts'
import type { Judgement } from '../../../src/gray/judge.ts'

const one = (item: unknown): Judgement => {
  const { output } = judgeCommand(JSON.stringify(item))
  if (Array.isArray(output)) throw new Error('one item gave an array')
  return output
}
const limited = (bad: number, total: number, limit = 0.01, confidence = 0.95): Judgement =>
  one({ kind: 'ratio', limit, confidence, new: { bad, total } })
const compared = (ob: number, ot: number, nb: number, nt: number, margin = 0.01): Judgement =>
  one({ kind: 'ratio', margin, confidence: 0.95, old: { bad: ob, total: ot }, new: { bad: nb, total: nt } })
const sequence = (fresh: number, all: number, rest = {}): Judgement =>
  one({ kind: 'sequential', share: 0.05, tolerated: 1.5, alpha: 0.01, new: fresh, all, ...rest })

describe('a ratio against a limit', () => {
  it.each([
    [0, 0, 'nodata'],
    [0, 1, 'inconclusive'],
    [0, 50, 'inconclusive'],
    [0, 298, 'inconclusive'],
    [0, 299, 'pass'],
    [3, 300, 'inconclusive'],
    [1, 1, 'fail'],
    [1, 5, 'fail'],
    [1, 6, 'inconclusive'],
    [3, 100, 'inconclusive'],
    [4, 100, 'fail'],
    [900, 100_000, 'pass'],
    [1100, 100_000, 'fail'],
  ])('%d of %d: %s', (bad, total, verdict) => expect(limited(bad, total).verdict).toBe(verdict))

  it('at 99 % it takes 459 good events', () => {
    expect(limited(0, 458, 0.01, 0.99).verdict).toBe('inconclusive')
    expect(limited(0, 459, 0.01, 0.99).verdict).toBe('pass')
  })

  it('a limit of zero can fail, but never pass', () => {
    expect(limited(1, 10, 0).verdict).toBe('fail')
    expect(limited(0, 1_000_000, 0).verdict).toBe('inconclusive')
  })

  it('more bad events never improve the verdict', () => {
    const rank = { pass: 0, inconclusive: 1, fail: 2, nodata: NaN, error: NaN }
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(), (total, pick) => {
        const bad = pick % total
        expect(rank[limited(bad + 1, total).verdict]).toBeGreaterThanOrEqual(
          rank[limited(bad, total).verdict],
        )
      }),
      { seed: 5 },
    )
  })
})

describe('new against old', () => {
  it.each([
    [10, 1900, 5, 100, 'fail'],
    [10, 1900, 1, 100, 'inconclusive'],
    [10, 1900, 0, 2000, 'pass'],
    [500, 100_000, 50, 10_000, 'pass'],
    [0, 0, 1, 10, 'nodata'],
    [1, 10, 0, 0, 'nodata'],
    [0, 1000, 0, 10, 'inconclusive'],
  ])('%d/%d to %d/%d: %s', (ob, ot, nb, nt, verdict) =>
    expect(compared(ob, ot, nb, nt).verdict).toBe(verdict),
  )
})

describe('a sequence of bad events', () => {
  it.each([
    [0, 0, 'inconclusive', 1],
    [1, 1, 'inconclusive', 7.3333],
    [2, 2, 'inconclusive', 67.1481],
    [3, 3, 'fail', 688.5185],
    [3, 10, 'inconclusive', 3.5294],
  ])('%d of %d: %s', (fresh, all, verdict, evalue) => {
    const answer = sequence(fresh, all)
    expect(answer.verdict).toBe(verdict)
    expect(answer.evalue).toBeCloseTo(evalue, 4)
  })

  it('never passes, however good', () => expect(sequence(0, 1_000_000).verdict).toBe('inconclusive'))

  it.each([
    [{ share: 1 - 1e-16, tolerated: 1e300 }, 'inconclusive'],
    [{ share: 1e-320, tolerated: 1e-10 }, 'fail'],
    [{ share: 0.5, tolerated: 1e308, alpha: 1e-320 }, 'inconclusive'],
  ])('at the edges of a number: %j', (rest, verdict) => {
    const answer = sequence(3, 4, rest)
    expect(answer.verdict).toBe(verdict)
    expect(Number.isFinite(answer.evalue)).toBe(true)
  })

  it('the e-value is always a number in JSON', () => {
    expect(JSON.parse(JSON.stringify(sequence(900_000, 1_000_000)))).toMatchObject({
      verdict: 'fail',
      evalue: Number.MAX_VALUE,
    })
  })
})

describe('malformed items', () => {
  const ratio = { kind: 'ratio', limit: 0.01, confidence: 0.95, new: { bad: 3, total: 300 } }
  const samples = {
    kind: 'samples',
    direction: 'either',
    tolerance: 0.25,
    confidence: 0.98,
    old: [1],
    new: [1],
  }
  it.each<[unknown, string]>([
    [null, 'must be an object, not null'],
    [[], 'must be an object, not an array'],
    [3, 'must be an object, not 3'],
    [{}, '"kind" must be one of'],
    [{ ...ratio, kind: 'toString' }, 'not "toString"'],
    [
      { kind: 'ratio', confidence: 0.95, new: { bad: 0, total: 1 } },
      '"limit" (the new version alone) or "margin"',
    ],
    [{ ...ratio, margin: 0.01 }, 'exclude each other'],
    [{ ...ratio, old: { bad: 0, total: 1 } }, '"old" is not a field here'],
    [{ ...ratio, confidense: 1 }, 'did you mean "confidence"'],
    [{ ...ratio, limit: 1 }, '"limit" must be a ratio'],
    [{ ...ratio, limit: -0.1 }, '"limit" must be a ratio'],
    [{ ...ratio, limit: '0.01' }, 'not "0.01"'],
    [{ ...ratio, confidence: 95 }, '"confidence" must be'],
    [{ ...ratio, confidence: 1 }, '"confidence" must be'],
    [{ ...ratio, new: { bad: 3, total: 2 } }, '"new.bad" (3) must not exceed "new.total" (2)'],
    [{ ...ratio, new: { bad: 0.5, total: 2 } }, '"new.bad" must be a whole number'],
    [{ ...ratio, new: { bad: -1, total: 2 } }, '"new.bad" must be a whole number'],
    [{ ...ratio, new: { bad: 1 } }, '"new.total" is missing'],
    [{ ...ratio, new: { bad: 1, total: 2, good: 1 } }, '"new.good" is not a field'],
    [{ ...ratio, new: [3, 300] }, 'not an array'],
    [{ kind: 'ratio', margin: 0.01, confidence: 0.95, new: { bad: 0, total: 1 } }, '"old" is missing'],
    [{ kind: 'sequential', share: 0, tolerated: 1.5, alpha: 0.01, new: 0, all: 0 }, '"share" must be'],
    [{ kind: 'sequential', share: 0.5, tolerated: 0, alpha: 0.01, new: 0, all: 0 }, '"tolerated" must be'],
    [{ kind: 'sequential', share: 0.5, tolerated: 1, alpha: 1, new: 0, all: 0 }, '"alpha" must be'],
    [
      { kind: 'sequential', share: 0.5, tolerated: 1, alpha: 0.1, new: 4, all: 3 },
      '"new" (4) must not exceed "all" (3)',
    ],
    [{ ...samples, direction: 'up' }, '"direction" must be one of increase, decrease, either, not "up"'],
    [{ ...samples, tolerance: -1 }, '"tolerance" must be'],
    [{ ...samples, old: 3 }, '"old" must be an array'],
    [{ ...samples, new: [1, 'x'] }, '"new[1]" must be a finite number'],
    [{ ...samples, old: [1e301] }, '"old[0]" must be a finite number'],
  ])('%j', (item, fault) => {
    const answer = judgeCommand(JSON.stringify([item]))
    expect(answer.ok).toBe(false)
    expect(answer.output).toEqual([{ verdict: 'error', reason: expect.stringContaining(fault) as unknown }])
  })

  it('names all faults of an item, and judges its neighbours', () => {
    const { output, ok } = judgeCommand(
      JSON.stringify([{ kind: 'ratio', limit: 2, confidence: 2, new: { bad: 1, total: 0 } }, ratio]),
    )
    expect(ok).toBe(false)
    expect(output).toMatchObject([{ verdict: 'error' }, { verdict: 'inconclusive' }])
    const { reason } = [output].flat()[0] ?? { reason: '' }
    for (const part of ['"limit"', '"confidence"', '"new.bad"']) expect(reason).toContain(part)
  })

  it.each(['', '{', '{"kind":"ratio","limit":NaN}'])('text that is not JSON: %j', (text) => {
    expect(judgeCommand(text)).toMatchObject({ ok: false, output: { verdict: 'error' } })
  })

  it('answers any JSON with verdicts of the fixed shape, never with an exception', () => {
    const known = ['verdict', 'estimate', 'lower', 'upper', 'evalue', 'reason']
    const number = fc.oneof(fc.nat(50), fc.double(), fc.constantFrom(0.5, 0.95, 0.01, null, 'NaN'))
    const counts = fc.record({ bad: number, total: number }, { requiredKeys: [] })
    const item = fc.record(
      {
        kind: fc.constantFrom('ratio', 'sequential', 'samples'),
        direction: fc.constantFrom('increase', 'either'),
        ...Object.fromEntries(
          ['limit', 'margin', 'confidence', 'share', 'tolerated', 'alpha', 'all', 'tolerance'].map((name) => [
            name,
            number,
          ]),
        ),
        old: fc.oneof(counts, fc.array(number)),
        new: fc.oneof(counts, number, fc.array(number)),
      },
      { requiredKeys: ['kind'] },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.array(item).map((items) => JSON.stringify(items)),
        ),
        (text) => {
          for (const answer of [judgeCommand(text).output].flat()) {
            expect(known).toEqual(expect.arrayContaining(Object.keys(answer)))
            expect(answer.reason).not.toBe('')
            for (const value of [answer.estimate, answer.lower, answer.upper, answer.evalue])
              if (value !== undefined) expect(Number.isFinite(value)).toBe(true)
          }
        },
      ),
      { seed: 5, numRuns: 500 },
    )
  })
})

describe('docs/gray-judge.md', () => {
  const text = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'gray-judge.md'), 'utf8')
  const questions = [...text.matchAll(/```json\n(\{"kind".*)\n```/g)].map(([, json = '']) => json)

  it('shows a question of each kind', () => expect(questions).toHaveLength(4))

  it.each(questions)('%s is well formed', (question) => {
    expect(judgeCommand(question)).toMatchObject({ ok: true })
  })

  it.each<[string, Judgement]>([
    ['1.59 … 10.65 points', compared(10, 1900, 5, 100)],
    ['0.27 … 2.56 %', limited(3, 300)],
    ['1.4 … 8.9 %', limited(4, 100)],
  ])('says %s', (quoted, { lower = NaN, upper = NaN }) => {
    expect(text).toContain(quoted)
    const numbers = [...quoted.matchAll(/[\d.]+/g)].map(([number]) => number)
    expect(numbers).toEqual(
      [lower, upper].map((bound, index) => (100 * bound).toFixed(numbers[index]?.split('.')[1]?.length ?? 0)),
    )
  })

  it('says −40 … 40 of an oscillation around the old median', () => {
    const repeat = (value: number, count: number): number[] => Array.from({ length: count }, () => value)
    const old = repeat(50, 40)
    const fresh = [...repeat(10, 20), ...repeat(90, 20)]
    expect(
      one({ kind: 'samples', direction: 'increase', tolerance: 0.25, confidence: 0.98, old, new: fresh }),
    ).toMatchObject({
      lower: -40,
      upper: 40,
    })
  })
})
