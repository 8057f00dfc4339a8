import { describe, expect, it } from '@jest/globals'
import { type Build, EarlyBuild } from '../../../src/actions/build/early-build.ts'
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
