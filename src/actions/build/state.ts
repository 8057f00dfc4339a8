import type { Builder } from '../../buildx/builder.ts'
import type { CacheState } from '../../cache/plan.ts'
import type { TagMove } from '../../registry/restore.ts'

/** What main leaves for post, as JSON in the action's state. Never a secret. */
export interface PostState {
  readonly schema: 1
  readonly caches?: CacheState
  /** Nothing was built: what had been restored is not looked at or saved again. */
  readonly reused?: true
  /** The proof of this run's input, to be kept in the cache service: see reuse.ts. */
  readonly proof?: { readonly folder: string; readonly key: string }
  /** Every compile and test of the plan ran: only then an unused cache entry is of no use. */
  readonly complete: boolean
  readonly builder?: {
    readonly builder: Builder
    readonly buildx: {
      readonly argv: readonly string[]
      readonly env: Readonly<Record<string, string | undefined>>
    }
  }
  /** Tags that are being moved right now: not empty only when main died in the middle of publishing. */
  readonly moves?: readonly TagMove[]
  /** Labels of containers that were started: a killed main leaves them running. */
  readonly trials?: readonly string[]
  /** Temporary folders, among them the private Docker configuration. */
  readonly folders: readonly string[]
}

export const EMPTY_STATE: PostState = { schema: 1, complete: false, folders: [] }

/** Keeps the state up to date where post finds it, before what it names is made. */
export class StateKeeper {
  #state: PostState = EMPTY_STATE
  readonly #write: (state: PostState) => void

  constructor(write: (state: PostState) => void) {
    this.#write = write
  }

  get state(): PostState {
    return this.#state
  }

  update(change: Partial<PostState>): void {
    this.#state = { ...this.#state, ...change }
    this.#write(this.#state)
  }
}
