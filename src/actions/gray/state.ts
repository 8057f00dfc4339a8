/**
 * What main leaves for post, as JSON in the action's state. Never a secret: the inputs are there again in post, and say
 * where the state of the release is.
 */
export interface GrayState {
  readonly schema: 1
  /** Who main was at the lease; post takes back only what this owner left. Absent: nothing could have been touched. */
  readonly owner?: string
  /** The release reached an end, or was handed on (split mode): there is nothing to take back. */
  readonly settled: boolean
  /** Temporary folders, among them the private SSH configuration. */
  readonly folders: readonly string[]
}

export const EMPTY_STATE: GrayState = { schema: 1, settled: false, folders: [] }

/** Keeps the state up to date where post finds it, before what it names is done. */
export class GrayKeeper {
  #state: GrayState = EMPTY_STATE
  readonly #write: (state: GrayState) => void

  constructor(write: (state: GrayState) => void = () => undefined) {
    this.#write = write
  }

  get state(): GrayState {
    return this.#state
  }

  update(change: Partial<Omit<GrayState, 'schema'>>): void {
    this.#state = { ...this.#state, ...change }
    this.#write(this.#state)
  }
}

/** Reads what main left; undefined when there is nothing that this program wrote. */
export function parseGrayState(text: string): GrayState | undefined {
  if (text === '') return undefined
  try {
    const value = JSON.parse(text) as Partial<GrayState> | null
    if (value === null || typeof value !== 'object' || value.schema !== 1) return undefined
    const { owner, settled, folders } = value
    return {
      schema: 1,
      settled: settled === true,
      folders: Array.isArray(folders) ? folders.filter((one) => typeof one === 'string') : [],
      ...(typeof owner === 'string' ? { owner } : {}),
    }
  } catch {
    return undefined
  }
}
