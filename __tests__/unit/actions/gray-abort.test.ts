import { describe, expect, it } from '@jest/globals'
import { abortRelease } from '../../../src/actions/gray/abort.ts'
import type { Wires } from '../../../src/actions/gray/wire.ts'
import type { Shell } from '../../../src/actions/shell.ts'
import { silentLog } from '../../../src/base/log.ts'
import { toPipelineError } from '../../../src/base/errors.ts'

/** A release whose driver goes back when it is asked to, or does not; a tick of the clock is a look of ours. */
function driven(phases: readonly { phase: string; held: boolean }[]) {
  let now = 1_000_000
  let look = 0
  const marks: unknown[] = []
  const store = {
    where: 'state.json',
    read: () => {
      const { phase, held } = phases[Math.min(look++, phases.length - 1)] ?? { phase: '', held: false }
      const release = {
        id: 'r1',
        old: 'one',
        new: 'two',
        state: { phase, reason: `it is ${phase}` },
        lease: held ? { owner: 'engine', expires: now + 30_000 } : null,
        ...(marks.length === 0 ? {} : { superseded: { by: 'abort', at: now } }),
      }
      return Promise.resolve({ release, revision: look })
    },
    write: (release: { superseded?: unknown }) => {
      marks.push(release.superseded)
      return Promise.resolve(look)
    },
  }
  const act = {
    env: { GITHUB_ACTOR: 'somebody' },
    log: silentLog,
    signal: new AbortController().signal,
    clock: {
      now: () => now,
      sleep: (ms: number) => {
        now += ms
        return Promise.resolve()
      },
    },
  }
  return { abort: () => abortRelease({ store } as unknown as Wires, act as unknown as Shell, 'abort'), marks }
}

describe('abortRelease', () => {
  it('asks a living engine, and waits until it has let go of the release that it took back', async () => {
    const { abort, marks } = driven([
      { phase: 'observing', held: true },
      { phase: 'aborting', held: true },
      { phase: 'rolled-back', held: true },
      { phase: 'rolled-back', held: true },
      { phase: 'rolled-back', held: false },
    ])
    expect(await abort()).toMatchObject({ action: 'none', reason: 'it is rolled-back' })
    expect(marks).toEqual([{ by: 'gray abort by somebody', at: 1_000_000 }])
  })

  it('does not mark a release that has ended, and tells how it ended', async () => {
    const { abort, marks } = driven([
      { phase: 'done', held: true },
      { phase: 'done', held: false },
    ])
    expect(await abort()).toMatchObject({ action: 'none', reason: 'the stored release has ended' })
    expect(marks).toEqual([])
  })

  it('gives up on an engine that lives and does not obey, and names it', async () => {
    const { abort } = driven([{ phase: 'observing', held: true }])
    const error = await abort().catch((fault: unknown) => toPipelineError(fault, ''))
    expect(error).toMatchObject({
      kind: 'gate',
      problems: [
        { code: 'gray-busy', what: expect.stringContaining('engine, which does not go back') as unknown },
      ],
    })
  })
})
