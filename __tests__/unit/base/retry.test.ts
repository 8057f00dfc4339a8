import { describe, expect, it } from '@jest/globals'
import { type Clock } from '../../../src/base/clock.ts'
import {
  classifyNetworkFault,
  classifyStatus,
  parseRetryAfter,
  retry,
  RetryCounter,
} from '../../../src/base/retry.ts'

/** A clock whose sleeps end at once and are written down. */
function fakeClock(): Clock & { waits: number[] } {
  const waits: number[] = []
  return { waits, now: () => 0, sleep: (ms) => (waits.push(ms), Promise.resolve()) }
}

describe('retry', () => {
  const passing = { what: 'x', classify: () => ({ kind: 'passing' as const }), random: () => 1 }

  it('doubles the wait, up to the cap, and counts', async () => {
    const clock = fakeClock()
    const counter = new RetryCounter()
    let tries = 0
    const done = await retry(
      () => (++tries < 5 ? Promise.reject(new Error(`fault ${tries}`)) : Promise.resolve('ok')),
      { ...passing, clock, counter, baseMs: 100, capMs: 300 },
    )
    expect(done).toBe('ok')
    expect(clock.waits).toEqual([100, 200, 300, 300])
    expect(counter.list()).toEqual([{ what: 'x', count: 4, lastReason: 'fault 4' }])
  })

  it('never retries what is final', async () => {
    let tries = 0
    const work = (): Promise<never> => (tries++, Promise.reject(new Error('denied')))
    await expect(retry(work, { what: 'x', classify: () => ({ kind: 'final' }) })).rejects.toThrow('denied')
    expect(tries).toBe(1)
  })

  it('gives up after the tries with the last error', async () => {
    const clock = fakeClock()
    let tries = 0
    await expect(
      retry(() => Promise.reject(new Error(`${++tries}`)), { ...passing, clock, attempts: 3 }),
    ).rejects.toThrow('3')
    expect(clock.waits).toHaveLength(2)
  })

  it('waits as long as Retry-After says, within the cap', async () => {
    const clock = fakeClock()
    let tries = 0
    const work = (): Promise<string> =>
      ++tries === 1 ? Promise.reject(new Error('429')) : Promise.resolve('ok')
    await retry(work, {
      what: 'x',
      classify: () => ({ kind: 'passing', afterMs: 7000 }),
      clock,
      random: () => 0,
    })
    expect(clock.waits).toEqual([7000])
  })

  it('stops at once when cancelled', async () => {
    const abort = new AbortController()
    const work = (): Promise<never> => {
      abort.abort(new Error('cancelled'))
      return Promise.reject(new Error('x'))
    }
    await expect(retry(work, { ...passing, clock: fakeClock(), signal: abort.signal })).rejects.toThrow('x')
  })
})

describe('classification', () => {
  it.each([
    [429, 'passing'], [408, 'passing'], [500, 'passing'], [502, 'passing'], [503, 'passing'], [504, 'passing'],
    [400, 'final'], [401, 'final'], [403, 'final'], [404, 'final'], [409, 'final'], [413, 'final'], [501, 'final'],
  ])('status %i is %s', (status, kind) => {
    expect(classifyStatus(status).kind).toBe(kind)
  }) // prettier-ignore

  it.each([
    ['ECONNRESET', 'passing'],
    ['ETIMEDOUT', 'passing'],
    ['EAI_AGAIN', 'passing'],
    ['UND_ERR_SOCKET', 'passing'],
    ['ENOTFOUND', 'final'],
    ['CERT_HAS_EXPIRED', 'final'],
    ['ENOSPC', 'final'],
  ])('%s is %s', (code, kind) => {
    expect(
      classifyNetworkFault(new TypeError('failed', { cause: Object.assign(new Error('x'), { code }) })).kind,
    ).toBe(kind)
  })

  it.each([
    ['120', 120_000],
    ['Sat, 21 Nov 2026 00:00:10 GMT', 10_000],
    ['Fri, 20 Nov 2026 00:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ])('Retry-After %s', (value, expected) => {
    expect(parseRetryAfter(value, Date.parse('2026-11-21T00:00:00Z'))).toBe(expected)
  })
})
