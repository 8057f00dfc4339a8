import { messageOf } from '../base/errors.ts'
import { bounded } from './engine-bound.ts'
import type { EngineOptions } from './engine-types.ts'
import type { AuditRecord, StoredRelease } from './ports.ts'

/** Appends in order, each bounded. A line that cannot be written is told once, by `onFault`: without evidence nothing goes on. */
export class AuditTrail {
  readonly #options: Pick<EngineOptions, 'audit' | 'clock' | 'log'>
  readonly #ms: number
  readonly #onFault: (reason: string) => void
  #tail: Promise<void> = Promise.resolve()
  #faulty = false

  constructor(
    options: Pick<EngineOptions, 'audit' | 'clock' | 'log'>,
    ms: number,
    onFault: (reason: string) => void,
  ) {
    this.#options = options
    this.#ms = ms
    this.#onFault = onFault
  }

  append(record: AuditRecord, release: StoredRelease): Promise<void> {
    const { audit, clock, log } = this.#options
    if (audit === undefined) return this.#tail
    const at = clock.now()
    const { id, environment } = release
    this.#tail = this.#tail.then(async () => {
      try {
        await bounded({ what: 'the audit', ms: this.#ms, clock, signals: [] }, () =>
          audit.append(record, { id, environment }, at),
        )
      } catch (error) {
        const reason = `the audit cannot be written: ${messageOf(error)}`
        if (!this.#faulty) log.warning(reason)
        this.#faulty = true
        this.#onFault(reason)
      }
    })
    return this.#tail
  }
}
