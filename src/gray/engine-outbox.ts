import { messageOf } from '../base/errors.ts'
import { bounded } from './engine-bound.ts'
import type { EngineOptions, TimeLimits } from './engine-types.ts'
import type { Notice, StoredRelease } from './ports.ts'

/**
 * What goes to people: chats and the mirror. Sent in order beside the release, each bounded, and never in its way: a chat that is down
 * must not hold a rollback up.
 */
export class Outbox {
  readonly #options: Pick<EngineOptions, 'notifier' | 'mirror' | 'clock' | 'log'>
  readonly #limits: TimeLimits
  readonly #signals: readonly AbortSignal[]
  readonly #said = new Set<string>()
  #tail: Promise<void> = Promise.resolve()
  #mirrored: StoredRelease | undefined

  constructor(
    options: Pick<EngineOptions, 'notifier' | 'mirror' | 'clock' | 'log'>,
    limits: TimeLimits,
    signals: readonly AbortSignal[],
  ) {
    this.#options = options
    this.#limits = limits
    this.#signals = signals
  }

  notify(notice: Notice, release: StoredRelease): void {
    const { notifier, log } = this.#options
    if (notice.level === 'info') log.info(notice.message)
    else log.warning(notice.message)
    if (notifier === undefined) return
    this.#add('a notice', this.#limits.notify, (signal) => notifier.notify(notice, release, signal))
  }

  /** A notice whose text is sent once in this process, however often it is found again. */
  notifyOnce(notice: Notice, release: StoredRelease): void {
    const key = `${notice.event} ${notice.message}`
    if (this.#said.has(key)) return
    this.#said.add(key)
    this.notify(notice, release)
  }

  /** Only the newest state is sent when several gather while one is under way. */
  mirror(release: StoredRelease): void {
    const { mirror } = this.#options
    if (mirror === undefined) return
    const waiting = this.#mirrored !== undefined
    this.#mirrored = release
    if (waiting) return
    this.#add('the mirror', this.#limits.mirror, async (signal) => {
      const newest = this.#mirrored
      this.#mirrored = undefined
      if (newest !== undefined) await mirror.update(newest, signal)
    })
  }

  /** Resolves when all is sent; each message has its own time limit. */
  async flush(): Promise<void> {
    await this.#tail
  }

  #add(what: string, ms: number, work: (signal: AbortSignal) => Promise<void>): void {
    const { clock, log } = this.#options
    const sent = this.#tail.then(() => bounded({ what, ms, clock, signals: this.#signals }, work))
    this.#tail = sent.catch((error: unknown) => {
      log.warning(`${what} could not be sent: ${messageOf(error)}`)
    })
  }
}
