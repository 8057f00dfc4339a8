import { type Clock, formatDuration, reasonOf } from '../base/clock.ts'
import { environmentError } from '../base/errors.ts'

export interface Bound {
  /** What is bounded, for the message: `set-weight`. */
  readonly what: string
  readonly ms: number
  readonly clock: Clock
  /** Any of them ends the work. */
  readonly signals: readonly AbortSignal[]
  /** How long aborted work may take to end by itself before it is left alone. Default 1 s. */
  readonly graceMs?: number
  /** Told of work that did not end within its grace, so that nobody takes it for ended. */
  readonly orphan?: (running: Promise<unknown>) => void
}

/**
 * Runs `work` for at most `ms`. When the time is over or a signal fires, its own signal is aborted, it gets its grace,
 * and the call rejects with the reason even when the work then ends well: nobody knows what half of it was done.
 */
export function bounded<T>(bound: Bound, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { clock, signals, graceMs = 1000 } = bound
  const fired = signals.find((signal) => signal.aborted)
  if (fired !== undefined) return Promise.reject(reasonOf(fired))
  const own = new AbortController()
  const timers = new AbortController()
  return new Promise<T>((resolve, reject) => {
    const listeners = signals.map((signal) => ({
      signal,
      onAbort: (): void => {
        stop(reasonOf(signal))
      },
    }))
    let over = false
    const settle = (act: () => void): void => {
      if (over) return
      over = true
      for (const { signal, onAbort } of listeners) signal.removeEventListener('abort', onAbort)
      timers.abort(new Error('settled'))
      act()
    }
    const after = (ms: number, act: () => void): void => {
      clock.sleep(ms, timers.signal).then(act, () => undefined)
    }
    const stop = (reason: Error): void => {
      if (own.signal.aborted) return
      own.abort(reason)
      after(graceMs, () => {
        settle(() => {
          bound.orphan?.(running)
          reject(reason)
        })
      })
    }
    for (const { signal, onAbort } of listeners) signal.addEventListener('abort', onAbort, { once: true })
    after(bound.ms, () => {
      stop(
        environmentError({
          code: 'gray-timeout',
          what: `${bound.what} did not end within ${formatDuration(bound.ms)}`,
          fix: 'see whether the target answers; raise the time limit only if it was still making progress',
        }),
      )
    })
    // Started here and not in a later turn, so that no signal can come in between.
    const running = begin(work, own.signal)
    running.then(
      (value) => {
        settle(() => {
          if (own.signal.aborted) reject(reasonOf(own.signal))
          else resolve(value)
        })
      },
      (error: unknown) => {
        settle(() => {
          reject(
            own.signal.aborted
              ? reasonOf(own.signal)
              : error instanceof Error
                ? error
                : new Error(String(error)),
          )
        })
      },
    )
  })
}

/** A synchronous throw becomes a rejection. */
async function begin<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return await work(signal)
}
