import { expect, it } from '@jest/globals'
import { PipelineError } from '../../src/base/errors.ts'
import type { Adapter, Observation } from '../../src/gray/ports.ts'

/** A target of its own, with everything on the old version, and the way to make adapters for it. */
export interface AdapterStage {
  /** A new adapter from nothing but stored settings, as any later process makes it. */
  make(): Adapter
  /** The new version's part in percent as the target itself has it, asked past the adapter. */
  truth(): Promise<number>
  /** Parts between 0 and 100 that the target can take. Default 5, 33, 50. */
  readonly parts?: readonly number[]
  /** From here on nobody reaches the target; its traffic goes on as it is. */
  cut?(): Promise<void> | void
  join?(): Promise<void> | void
  /** Every state the target was in since the start, where it can be seen: how much each side takes. */
  moments?(): readonly { readonly old: number; readonly new: number }[]
  /** Real load, where there is a real proxy. */
  load?(): { stop(): Promise<{ readonly total: number; readonly failed: number }> }
  close?(): Promise<void> | void
}

/** The engine takes more than this for drift. */
const NEAR = 0.5

/** As the engine reads back: until the target has settled (an old nginx worker that is slow to go may answer once more), or its last answer. */
export async function readBack(adapter: Adapter, signal: AbortSignal): Promise<Observation> {
  let seen = await adapter.get(signal)
  for (let tries = 0; !seen.settled && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    seen = await adapter.get(signal)
  }
  return seen
}

/**
 * What every traffic adapter keeps (docs/adapters.md, "The contract"), as tests. `open` makes a fresh stage for each.
 *
 *   describe('my adapter', () => { itIsAnAdapter('mine', openStage) })
 */
export function itIsAnAdapter(kind: string, open: () => Promise<AdapterStage> | AdapterStage): void {
  const signal = new AbortController().signal
  const on =
    (work: (stage: AdapterStage, adapter: Adapter) => Promise<void>): (() => Promise<void>) =>
    async () => {
      const stage = await open()
      try {
        await work(stage, stage.make())
      } finally {
        await stage.close?.()
      }
    }
  const partsOf = ({ parts = [5, 33, 50] }: AdapterStage): readonly number[] => parts
  const begin = async (adapter: Adapter): Promise<void> => {
    await adapter.check(signal)
    await adapter.deploy?.(signal)
  }
  const isAt = async (stage: AdapterStage, adapter: Adapter, percent: number): Promise<void> => {
    const seen = await readBack(adapter, signal)
    expect([seen.settled, seen.detail]).toEqual([true, seen.detail])
    expect(Math.abs(seen.percent - percent)).toBeLessThanOrEqual(NEAR)
    expect(Math.abs((await stage.truth()) - percent)).toBeLessThanOrEqual(NEAR)
  }

  it(
    'says its kind, finds nothing wrong, and changes nothing by looking',
    on(async (stage, adapter) => {
      expect(adapter.kind).toBe(kind)
      await adapter.check(signal)
      await adapter.check(signal)
      await adapter.deploy?.(signal)
      const first = await adapter.get(signal)
      expect(first).toEqual({ percent: 0, settled: true, detail: first.detail })
      expect(first.detail).toMatch(/^[^\n]+$/)
      expect(await adapter.get(signal)).toEqual(first)
      expect(await stage.truth()).toBe(0)
    }),
  )

  it(
    'brings the new version up again and again without giving it traffic',
    on(async (stage, adapter) => {
      for (let i = 0; i < 3; i++) await adapter.deploy?.(signal)
      await isAt(stage, adapter, 0)
    }),
  )

  it(
    'sets each part, up and down, and reads back what the target has',
    on(async (stage, adapter) => {
      await begin(adapter)
      for (const percent of [...partsOf(stage), 100, ...[...partsOf(stage)].reverse(), 0, 100, 0]) {
        await adapter.set(percent, signal)
        await isAt(stage, adapter, percent)
      }
    }),
  )

  it(
    'may be asked for the same part again, by itself and by another process',
    on(async (stage, adapter) => {
      await begin(adapter)
      const [first = 50, second = 50] = partsOf(stage)
      await adapter.set(first, signal)
      await adapter.set(first, signal)
      const other = stage.make()
      await isAt(stage, other, first)
      await other.set(first, signal)
      await other.set(second, signal)
      await isAt(stage, adapter, second)
    }),
  )

  it(
    'goes back from every part, also twice, also from another process, also when nothing was changed',
    on(async (stage, adapter) => {
      await stage.make().deploy?.(signal)
      await stage.make().reset(signal)
      await isAt(stage, adapter, 0)
      for (const percent of [...partsOf(stage), 100]) {
        // A reset ends a release; the next one brings its version up anew.
        await adapter.deploy?.(signal)
        await adapter.set(percent, signal)
        const other = stage.make()
        await other.reset(signal)
        await other.reset(signal)
        await isAt(stage, adapter, 0)
      }
    }),
  )

  it(
    'never leaves both sides without traffic on the way, nor goes past where it comes from and goes to',
    on(async (stage, adapter) => {
      if (stage.moments === undefined) return
      await begin(adapter)
      let before = 0
      for (const percent of [...partsOf(stage), 100, ...partsOf(stage), 0]) {
        const from = stage.moments().length
        await adapter.set(percent, signal)
        const passed = stage.moments().slice(from)
        expect(passed.length).toBeGreaterThan(0)
        const most = Math.max(before, percent) + NEAR
        for (const { old, new: fresh } of passed) {
          expect(old + fresh).toBeGreaterThan(0)
          expect((100 * fresh) / (old + fresh)).toBeLessThanOrEqual(most)
        }
        before = percent
      }
    }),
  )

  it(
    'loses no request while it shifts',
    on(async (stage, adapter) => {
      if (stage.load === undefined) return
      await begin(adapter)
      const load = stage.load()
      for (let round = 0; round < 4; round++)
        for (const percent of [...partsOf(stage), 100, 0]) await adapter.set(percent, signal)
      await adapter.set(100, signal)
      await adapter.reset(signal)
      const { total, failed } = await load.stop()
      expect(total).toBeGreaterThan(0)
      expect(failed).toBe(0)
    }),
  )

  it(
    'does nothing any more when it is cancelled',
    on(async (stage, adapter) => {
      await begin(adapter)
      const [percent = 50] = partsOf(stage)
      await adapter.set(percent, signal)
      const gone = AbortSignal.abort(new Error('cancelled by a person'))
      for (const call of [() => adapter.set(100, gone), () => adapter.reset(gone), () => adapter.get(gone)])
        await expect(call()).rejects.toThrow('cancelled')
      await isAt(stage, adapter, percent)
    }),
  )

  it(
    'says of a target that is away that it is, may be asked again, and goes on when it is back',
    on(async (stage, adapter) => {
      if (stage.cut === undefined) return
      await begin(adapter)
      const [percent = 50] = partsOf(stage)
      await adapter.set(percent, signal)
      await stage.cut()
      const seen = await adapter.get(signal).catch((error: unknown) => error)
      if (seen instanceof Error) expectPassing(seen)
      else expect(seen).toMatchObject({ settled: false })
      expectPassing(await adapter.set(100, signal).catch((error: unknown) => error))
      expectPassing(await adapter.reset(signal).catch((error: unknown) => error))
      await stage.join?.()
      await adapter.reset(signal)
      await isAt(stage, stage.make(), 0)
    }),
  )

  it(
    'ends a release at 100 %, also twice',
    on(async (stage, adapter) => {
      await begin(adapter)
      await adapter.set(100, signal)
      await adapter.finalise?.(signal)
      await stage.make().finalise?.(signal)
      await isAt(stage, adapter, 100)
    }),
  )
}

/** A fault of the environment, which the engine tries again, told so that a person can do something about it. */
function expectPassing(error: unknown): void {
  expect(error).toBeInstanceOf(PipelineError)
  if (!(error instanceof PipelineError)) return
  expect(error.kind).toBe('environment')
  for (const problem of error.problems) {
    expect(problem.code).toMatch(/^[a-z][a-z0-9-]*$/)
    expect(problem.what).not.toBe('')
    expect(problem.fix ?? '').not.toBe('')
  }
}
