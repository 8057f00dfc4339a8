import type { Act } from '../../base/act.ts'
import { environmentError, PipelineError } from '../../base/errors.ts'
import { ask, levelTooLow, nameOf, refused, unknownName } from './haproxy-api.ts'
import type { HaproxyServer, HaproxySettings } from './haproxy-settings.ts'
import { type BackendFacts, parseServersState, parseStat, type ServerState } from './haproxy-state.ts'
import { orderOf, shareOf } from './shares.ts'

export type SideName = 'old' | 'new'

/** Weights per server. */
export type Goal = ReadonlyMap<string, number>

/** One side in one process. */
export interface SideState {
  readonly servers: readonly ServerState[]
  /** Sum of the weights that count: not those in maintenance or drain. */
  readonly total: number
}

export interface ProcessState {
  readonly old: SideState
  readonly new: SideState
  /** All servers of the backend, also those that are none of ours. */
  readonly all: ReadonlyMap<string, ServerState>
}

/** One HAProxy process: its backend read and changed over the runtime API. */
export class HaproxyProcess {
  readonly name: string
  readonly #act: Pick<Act, 'exec' | 'clock'>
  readonly #address: HaproxySettings['processes'][number]
  readonly #settings: HaproxySettings
  readonly #timeoutMs: number

  constructor(
    act: Pick<Act, 'exec' | 'clock'>,
    settings: HaproxySettings,
    address: HaproxySettings['processes'][number],
    timeoutMs: number,
  ) {
    this.#act = act
    this.#address = address
    this.#settings = settings
    this.#timeoutMs = timeoutMs
    this.name = nameOf(address)
  }

  async read(signal: AbortSignal): Promise<ProcessState> {
    const { backend } = this.#settings
    const request = `show servers state ${backend}`
    const answer = await this.#ask(request, signal)
    const states = parseServersState(answer, backend)
    if (states === undefined) throw this.#notUnderstood(request, answer)
    const side = (servers: readonly HaproxyServer[]): SideState => {
      const found = servers.map(({ name }) => {
        const state = states.get(name)
        if (state === undefined)
          throw unknownName(
            this.name,
            `${backend}/${name}`,
            `it has ${[...states.keys()].join(', ') || 'no server'}`,
          )
        return state
      })
      return {
        servers: found,
        total: found.reduce((sum, { weight, maint, drain }) => sum + (maint || drain ? 0 : weight), 0),
      }
    }
    return { old: side(this.#settings.old), new: side(this.#settings.new), all: states }
  }

  /** What only a look at the whole backend tells; the level of the socket is proved too. */
  async facts(signal: AbortSignal): Promise<BackendFacts> {
    const level = (await this.#ask('show cli level', signal)).trim()
    if (level === 'operator' || level === 'user') throw levelTooLow(this.name)
    const { backend } = this.#settings
    // 7: frontends, backends and servers; -1: every one.
    const request = `show stat ${backend} 7 -1`
    const answer = await this.#ask(request, signal)
    const facts = parseStat(answer, backend)
    if (facts === undefined) throw this.#notUnderstood(request, answer)
    return facts
  }

  /** Which side this process has to be given first on the way to `goal`. */
  order(state: ProcessState, goal: Goal): readonly SideName[] {
    const after = (side: SideState): number =>
      side.servers.reduce((sum, { name }) => sum + (goal.get(name) ?? 0), 0)
    return orderOf(
      { old: state.old.total, new: state.new.total },
      { old: after(state.old), new: after(state.new) },
    )
  }

  /**
   * Gives one side its weights. A side without traffic so far is taken out of drain and maintenance; a single server
   * that somebody put there while its side had traffic is left there.
   */
  async apply(side: SideName, goal: Goal, signal: AbortSignal): Promise<void> {
    const { backend, zero } = this.#settings
    const state = (await this.read(signal))[side]
    const asleep = state.total === 0
    for (const server of state.servers) {
      const path = `${backend}/${server.name}`
      const weight = goal.get(server.name) ?? 0
      if (server.weight !== weight) await this.#tell(`set server ${path} weight ${weight}`, signal)
      if (weight > 0 && asleep && (server.maint || server.drain))
        await this.#tell(`set server ${path} state ready`, signal)
      if (weight === 0 && zero === 'maint' && !server.maint)
        await this.#tell(`set server ${path} state maint`, signal)
    }
  }

  /** Throws unless the weights are `goal`'s. */
  verify(state: ProcessState, goal: Goal): void {
    const wrong = [...state.old.servers, ...state.new.servers].filter(
      ({ name, weight }) => weight !== goal.get(name),
    )
    if (wrong.length === 0) return
    throw environmentError({
      code: 'gray-haproxy-lost',
      what: 'HAProxy does not have the weights it was given a moment ago',
      cause: wrong
        .map(({ name, weight }) => `${name} has ${weight} instead of ${goal.get(name) ?? 0}`)
        .join(', '),
      where: this.name,
      fix: 'does something else change them (an agent check, a reload, another release)?',
    })
  }

  async #tell(request: string, signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(request, signal)
    const fault = refused(this.#address, request, answer)
    if (fault !== undefined) throw fault
  }

  #ask(request: string, signal: AbortSignal): Promise<string> {
    return ask(this.#act, this.#address, request, { timeoutMs: this.#timeoutMs, signal })
  }

  #notUnderstood(request: string, answer: string): PipelineError {
    return (
      refused(this.#address, request, answer) ??
      environmentError({
        code: 'gray-haproxy-answer',
        what: `HAProxy answered nothing to "${request}"`,
        where: this.name,
        fix: 'is this the socket of a worker (stats socket), not of the master?',
      })
    )
  }
}

/** The new version's part in percent, by the weights that count. */
export function percentOf(state: ProcessState): number {
  return shareOf(state.old.total, state.new.total)
}

/** Servers that have weight but do not, or not fully, take requests; maintenance of an old one is a person's wish. */
export function unfit(state: ProcessState): ServerState[] {
  return [
    ...state.old.servers.filter(({ weight, up, maint, drain }) => weight > 0 && !up && !maint && !drain),
    ...state.new.servers.filter(({ weight, up }) => weight > 0 && !up),
  ]
}

/** Takes requests now, if only at a reduced rate. */
export function usable(server: ServerState): boolean {
  return server.up || (server.shown === 'starting' && !server.maint && !server.drain)
}

/** All faults as one error, of the kind that is final when any is. */
export function joined(errors: readonly unknown[]): unknown {
  const [first] = errors
  const known = errors.filter((error) => error instanceof PipelineError)
  if (errors.length < 2 || known.length < errors.length) return first
  const kind = known.find(({ kind: each }) => each !== 'environment')?.kind ?? 'environment'
  return new PipelineError(
    kind,
    known.flatMap(({ problems }) => problems),
    { log: known.flatMap(({ log }) => log ?? []).join('\n') },
  )
}

/** Does all of them, also when one fails; then throws what failed. */
export async function everywhere<T>(
  processes: readonly HaproxyProcess[],
  work: (process: HaproxyProcess) => Promise<T>,
): Promise<T[]> {
  const results = await Promise.allSettled(processes.map(work))
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
  if (errors.length > 0) throw joined(errors)
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}
