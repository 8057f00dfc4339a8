import { cancelledError } from '../../base/errors.ts'
import type { BuildResult } from '../../buildx/build.ts'

/** Builds once; `onWork` hears of each step that no cache has, and (without a name) that a base is fetched. */
export type Build = (signal: AbortSignal, onWork?: (step?: string) => void) => Promise<BuildResult>

/** The same build; the names of the steps that it runs go into `ran`, though it fails or is stopped and a later one has them from the cache. */
export function notingSteps(build: Build, ran: Set<string>): Build {
  return async (signal, onWork) => {
    const result = await build(signal, (step) => {
      if (step !== undefined) ran.add(step)
      onWork?.(step)
    })
    for (const step of result.executed) ran.add(step)
    return result
  }
}

export type EarlyEnd = { readonly result: BuildResult } | { readonly error: unknown } | 'stopped'

/**
 * A build that begins before all it could use is there, and is stopped when a step begins that had better wait. What it has done until
 * then (bases pulled, steps built) stays in the builder for the next one.
 */
export class EarlyBuild {
  /** Never rejects. */
  readonly done: Promise<EarlyEnd>
  /** Settles with the end, or already when there is a step that no cache has. */
  readonly known: Promise<EarlyEnd | 'working'>
  readonly #stop = new AbortController()

  constructor(build: Build, mustWait: (step: string) => boolean) {
    const { signal } = this.#stop
    let work: () => void = () => undefined
    const working = new Promise<'working'>((resolve) => {
      work = () => resolve('working')
    })
    const onWork = (step?: string): void => {
      work()
      if (step !== undefined && mustWait(step)) this.stop()
    }
    this.done = build(signal, onWork).then(
      (result): EarlyEnd => ({ result }),
      (error: unknown): EarlyEnd => (signal.aborted ? 'stopped' : { error }),
    )
    this.known = Promise.race([this.done, working])
  }

  stop(): void {
    this.#stop.abort(cancelledError('the build waits for Go’s caches'))
  }
}
