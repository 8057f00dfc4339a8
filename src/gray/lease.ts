import type { Clock } from '../base/clock.ts'
import { messageOf, PipelineError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { bounded } from './engine-bound.ts'
import type { StateStore, StoredRelease } from './ports.ts'
import { isTerminal } from './reducer.ts'

/** How far two machines' clocks may be apart: nobody takes over earlier than this after the holder's own expiry. */
export const SKEW_MS = 30_000

/** Whether a stored release may be taken up by somebody else, and why. */
export type Claim =
  /** Nothing is stored, or the release has ended and was let go. */
  | { readonly kind: 'free' }
  /** Its engine is gone, or its way back failed. */
  | { readonly kind: 'unfinished'; readonly why: string }
  /** Split mode, between two jobs. */
  | { readonly kind: 'sleeping'; readonly nextAt: number; readonly until: number }
  | { readonly kind: 'held'; readonly owner: string; readonly expires: number }

/** Decides by the record, the time, and what CI knows of the run that holds the lease. */
export function claimOf(
  release: StoredRelease | undefined,
  now: number,
  run: 'running' | 'completed' | 'unknown' = 'unknown',
): Claim {
  if (release === undefined) return { kind: 'free' }
  const { lease, state, pending } = release
  if (lease !== null) {
    if (run === 'completed') return { kind: 'unfinished', why: 'its run has completed' }
    if (now > lease.expires + SKEW_MS)
      return { kind: 'unfinished', why: `its lease expired at ${new Date(lease.expires).toISOString()}` }
    return { kind: 'held', owner: lease.owner, expires: lease.expires }
  }
  if (state.phase === 'done' || state.phase === 'rolled-back') return { kind: 'free' }
  if (isTerminal(state)) return { kind: 'unfinished', why: state.reason }
  if (pending === undefined) return { kind: 'unfinished', why: 'nobody holds its lease' }
  if (now > pending.until)
    return { kind: 'unfinished', why: `nobody took it up by ${new Date(pending.until).toISOString()}` }
  return { kind: 'sleeping', ...pending }
}

/** Another engine has the release, or may have it: nothing at the target may be touched any more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** The state cannot be stored, and a third of the lease is left to put the target back. */
export class StoreFailing extends Error {
  override readonly name = 'StoreFailing'
}

export interface HolderOptions {
  readonly store: StateStore
  readonly clock: Clock
  readonly log: Log
  readonly owner: string
  readonly leaseMs: number
  /** Bound of one read or write. */
  readonly storeMs: number
}

/** Writes, as `owner`, the taken-up record; undefined when somebody else was faster. */
export async function take(
  release: StoredRelease,
  expected: string | undefined,
  options: HolderOptions,
  signal: AbortSignal,
): Promise<Holder | undefined> {
  const { store, clock, owner, leaseMs, storeMs } = options
  const { pending: _, ...rest } = release
  const taken: StoredRelease = { ...rest, lease: { owner, expires: clock.now() + leaseMs } }
  const revision = await bounded(
    { what: `writing ${store.where}`, ms: storeMs, clock, signals: [signal] },
    (own) => store.write(taken, expected, own),
  )
  return revision === undefined ? undefined : new Holder(taken, revision, options)
}

/**
 * The one hand that writes a release's record while its lease is ours. Writes are in order and compare-and-swap; each
 * renews the lease, and so does a heartbeat in between. A failed swap means that somebody asked us to stop (the
 * mark is taken over and obeyed) or that the lease is lost.
 */
export class Holder {
  readonly #options: HolderOptions
  #release: StoredRelease
  #revision: string
  #expires: number
  #tail: Promise<unknown> = Promise.resolve()
  /** Writes begun, and the number of the last one that was carried out under our lease. */
  #begun = 0
  #proved = 0
  #beating: AbortController | undefined
  readonly #gone = new AbortController()
  readonly #asked = new AbortController()

  constructor(release: StoredRelease, revision: string, options: HolderOptions) {
    this.#options = options
    this.#release = release
    this.#revision = revision
    this.#expires = release.lease?.expires ?? 0
    if (release.superseded !== undefined) this.#asked.abort(new Error(supersededReason(release)))
  }

  get release(): StoredRelease {
    return this.#release
  }

  /** Aborted with LeaseLost or StoreFailing; nothing is written after it. */
  get gone(): AbortSignal {
    return this.#gone.signal
  }

  /** Aborted when a newer run asks us to go back. */
  get superseded(): AbortSignal {
    return this.#asked.signal
  }

  /** ms of the lease that are left by our own clock. */
  get left(): number {
    return this.#expires - this.#options.clock.now()
  }

  /** A moment, for `provedSince`. */
  get moment(): number {
    return this.#begun
  }

  /** Whether a write that was begun after `moment` has found the lease still ours. */
  provedSince(moment: number): boolean {
    return this.#proved > moment
  }

  /** Renews at each third of the lease, also during long effects and waits, until `rest`. */
  beat(): void {
    const { clock, leaseMs } = this.#options
    const beating = new AbortController()
    this.#beating = beating
    const loop = async (): Promise<void> => {
      while (!beating.signal.aborted && !this.gone.aborted) {
        await clock.sleep(leaseMs / 3, beating.signal)
        await this.save((release) => release)
      }
    }
    // Its faults are told by `gone`.
    loop().catch(() => undefined)
  }

  rest(): void {
    this.#beating?.abort(new Error('at rest'))
  }

  /** Stores what `change` makes of the newest record. Throws LeaseLost or StoreFailing. */
  save(change: (release: StoredRelease) => StoredRelease): Promise<void> {
    return this.#inOrder(() => this.#commit(change, false))
  }

  /** To be called before anything is touched: a lease that has run out unnoticed (a sleeping laptop) is renewed first. */
  async ensure(): Promise<void> {
    this.#alive()
    if (this.left <= 0) await this.save((release) => release)
  }

  /** Writes the last record without a lease. */
  letGo(change: (release: StoredRelease) => StoredRelease): Promise<void> {
    this.rest()
    return this.#inOrder(() => this.#commit(change, true))
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    const result = this.#tail.then(work)
    this.#tail = result.catch(() => undefined)
    return result
  }

  async #commit(change: (release: StoredRelease) => StoredRelease, last: boolean): Promise<void> {
    const { store, clock, owner, leaseMs, log } = this.#options
    let swaps = 0
    for (let tries = 0; ; tries++) {
      this.#alive()
      const expires = clock.now() + leaseMs
      const number = ++this.#begun
      const next: StoredRelease = { ...change(this.#release), lease: last ? null : { owner, expires } }
      try {
        const revision = await this.#call('writing', (signal) => store.write(next, this.#revision, signal))
        if (revision !== undefined) {
          this.#release = next
          this.#revision = revision
          this.#expires = last ? 0 : expires
          this.#proved = number
          return
        }
        // Each waiting run may put its mark in between; more often than that is not our lease any more.
        if (++swaps > 5) throw this.#lose(new LeaseLost('the stored state keeps changing under this engine'))
        if (await this.#reread(last)) return
      } catch (error) {
        this.#alive()
        const spare = this.left - leaseMs / 3
        const final = error instanceof PipelineError && error.kind !== 'environment'
        if (spare <= 0 || final)
          throw this.#lose(
            new StoreFailing(`the state cannot be stored: ${messageOf(error)}`, { cause: error }),
          )
        log.warning(`${store.where} cannot be written, tried again: ${messageOf(error)}`)
        await clock.sleep(Math.min(spare, 250 * 2 ** Math.min(tries, 4)))
      }
    }
  }

  /** After a failed swap: adopts a mark, or our own write whose answer was lost. True: that write was the last one. */
  async #reread(last: boolean): Promise<boolean> {
    const { store, owner } = this.#options
    const stored = await this.#call('reading', (signal) => store.read(signal))
    const there = stored?.release
    if (stored === undefined || there === undefined)
      throw this.#lose(new LeaseLost('the stored state has vanished'))
    if (there.id === this.#release.id && there.lease?.owner === owner) {
      this.#revision = stored.revision
      if (there.superseded !== undefined) this.#mark(there)
      return false
    }
    if (last && there.id === this.#release.id && there.lease === null) return true
    throw this.#lose(
      new LeaseLost(
        there.id === this.#release.id
          ? `${there.lease?.owner ?? 'somebody'} has taken the release over`
          : `another release, ${there.id}, is stored now`,
      ),
    )
  }

  #mark(there: StoredRelease): void {
    if (there.superseded === undefined) return
    this.#release = { ...this.#release, superseded: there.superseded }
    if (!this.#asked.signal.aborted) this.#asked.abort(new Error(supersededReason(there)))
  }

  #call<T>(verb: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { store, clock, storeMs } = this.#options
    return bounded({ what: `${verb} ${store.where}`, ms: storeMs, clock, signals: [] }, work)
  }

  #lose(reason: LeaseLost | StoreFailing): Error {
    this.rest()
    if (!this.gone.aborted) this.#gone.abort(reason)
    return this.#reason()
  }

  #alive(): void {
    if (this.gone.aborted) throw this.#reason()
  }

  #reason(): Error {
    const reason: unknown = this.gone.reason
    return reason instanceof Error ? reason : new LeaseLost('the lease is lost')
  }
}

function supersededReason({ superseded }: StoredRelease): string {
  return `superseded by a newer run (${superseded?.by ?? 'unknown'})`
}
