import { describe, expect, it } from '@jest/globals'
import { type Build, EarlyBuild, notingSteps } from '../../../src/actions/build/early-build.ts'
import type { BuildResult } from '../../../src/buildx/build.ts'

const RESULT: BuildResult = {
  metadata: {},
  steps: { total: 1, cached: 1 },
  executed: [],
  warnings: [],
  ms: 1,
  attempts: 1,
}

/** A build that the test drives: it works on steps, and ends when it is told to or stopped. */
function driven(): {
  build: Build
  work: (step?: string) => void
  end: () => void
  fail: (error: Error) => void
} {
  const done = Promise.withResolvers<BuildResult>()
  let work: (step?: string) => void = () => undefined
  return {
    build: (signal, onWork) => {
      work = onWork ?? work
      signal.addEventListener('abort', () => done.reject(new Error('killed')))
      return done.promise
    },
    work: (step) => work(step),
    end: () => done.resolve(RESULT),
    fail: (error) => done.reject(error),
  }
}

describe('a build that begins before the caches are there', () => {
  it('ends by itself when nothing has to wait', async () => {
    const { build, work, end } = driven()
    const early = new EarlyBuild(build, (step) => step === 'compile')
    work()
    work('copy')
    expect(await early.known).toBe('working')
    end()
    expect(await early.done).toEqual({ result: RESULT })
  })

  it('is known to need nothing only at its end', async () => {
    const { build, end } = driven()
    const early = new EarlyBuild(build, () => true)
    end()
    expect(await early.known).toEqual({ result: RESULT })
  })

  it('is stopped by a step that must wait, as long as it must', async () => {
    let filled = true
    const { build, work } = driven()
    const early = new EarlyBuild(build, () => !filled)
    work('compile')
    filled = false
    work('compile')
    expect(await early.done).toBe('stopped')
  })

  it('a fault of its own is kept for the one who asks', async () => {
    const { build, fail } = driven()
    const early = new EarlyBuild(build, () => true)
    const error = new Error('no such base')
    fail(error)
    expect(await early.done).toEqual({ error })
    early.stop()
    expect(await early.done).toEqual({ error })
  })
})

describe('the steps that a build runs', () => {
  it('are known of one that was stopped, though the next has them from the cache', async () => {
    const ran = new Set<string>()
    const { build, work } = driven()
    const early = new EarlyBuild(notingSteps(build, ran), (step) => step === 'compile')
    work()
    work('compile')
    expect(await early.done).toBe('stopped')
    const next = driven()
    const whole = notingSteps(next.build, ran)(new AbortController().signal)
    next.end()
    await whole
    expect([...ran]).toEqual(['compile'])
  })

  it('are known of one that was too quick to be seen at work', async () => {
    const ran = new Set<string>()
    const seen: (string | undefined)[] = []
    const quick: Build = (_, onWork) => {
      onWork?.('copy')
      return Promise.resolve({ ...RESULT, executed: ['copy', 'compile'] })
    }
    await notingSteps(quick, ran)(new AbortController().signal, (step) => seen.push(step))
    expect([...ran]).toEqual(['copy', 'compile'])
    expect(seen).toEqual(['copy'])
  })
})
