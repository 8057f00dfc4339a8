import { describe, expect, it } from '@jest/globals'
import { Turns } from '../../../src/base/turns.ts'

/** Work that ends when it is told to. */
function work() {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let begun = false
  const run = (): Promise<string> => {
    begun = true
    return promise
  }
  return { run, end: () => resolve('done'), fail: reject, begun: () => begun }
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('Turns', () => {
  it('runs no more than its number at once, and the others in the order they came', async () => {
    const turns = new Turns(2)
    const all = [work(), work(), work(), work()]
    const results = all.map((one) => turns.take(one.run))
    await settle()
    expect(all.map((one) => one.begun())).toEqual([true, true, false, false])
    all[1]?.end()
    await settle()
    expect(all.map((one) => one.begun())).toEqual([true, true, true, false])
    for (const one of all) one.end()
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done', 'done'])
  })

  it('gives the turn of what failed to the next one', async () => {
    const turns = new Turns(1)
    const [failing, next] = [work(), work()]
    const failed = turns.take(failing.run)
    const waiting = turns.take(next.run)
    failing.fail(new Error('disk full'))
    await expect(failed).rejects.toThrow('disk full')
    await settle()
    expect(next.begun()).toBe(true)
    next.end()
    expect(await waiting).toBe('done')
    // Nothing is left over: the next one begins at once.
    const last = work()
    void turns.take(last.run)
    expect(last.begun()).toBe(true)
    last.end()
  })
})
