import { resolve } from 'node:path'
import type { Ssh } from '../../deploy/ssh.ts'
import { formatTarget, type SshTarget } from '../../deploy/ssh-target.ts'
import { hostsDeadMan } from '../../gray/adapters/hosts.ts'
import { DeadMan, type DeadManHost, withDeadMan } from '../../gray/dead-man.ts'
import type { StateStore, StoredRelease } from '../../gray/ports.ts'
import { FileStateStore } from '../../gray/store-file.ts'
import { SshStateStore } from '../../gray/store-ssh.ts'
import type { Shell } from '../shell.ts'
import { hostsOf } from './adapters.ts'
import type { StatePlace } from './inputs.ts'

type Open = (targets: readonly SshTarget[]) => Promise<Ssh>
type Found = Awaited<ReturnType<StateStore['read']>>

/**
 * The state where the inputs say, with the dead-man timers of the release that is in it: those belong to the stored adapter,
 * which is only known once the state was read, or is about to be written.
 */
export class GrayStore implements StateStore {
  readonly where: string
  readonly #place: StatePlace
  readonly #open: Open
  readonly #act: Shell
  /** Stores by the adapter they are for; each remembers what it has armed. */
  readonly #guarded = new Map<string, Promise<StateStore>>()
  readonly #plain: Promise<StateStore>
  #last: StateStore | undefined

  private constructor(place: StatePlace, plain: Promise<StateStore>, where: string, open: Open, act: Shell) {
    this.where = where
    this.#place = place
    this.#plain = plain
    this.#open = open
    this.#act = act
  }

  /** Opens the place, by SSH where it lies on a host. */
  static async open(place: StatePlace, workspace: string, open: Open, act: Shell): Promise<GrayStore> {
    const plain =
      place.kind === 'file'
        ? new FileStateStore(resolve(workspace, place.path), { clock: act.clock })
        : new SshStateStore(await open([place.target]), place.target, place.path)
    return new GrayStore(place, Promise.resolve(plain), plain.where, open, act)
  }

  async read(signal: AbortSignal): Promise<Found> {
    const plain = await this.#plain
    const found = await plain.read(signal)
    const guarded = found === undefined ? undefined : this.#guardedBy(found.release)
    this.#last = (await guarded) ?? plain
    // Again, with what the timer on the same host has to say.
    return this.#last === plain ? found : this.#last.read(signal)
  }

  async write(
    release: StoredRelease,
    expected: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const store = (await this.#guardedBy(release)) ?? this.#last ?? (await this.#plain)
    return store.write(release, expected, signal)
  }

  #guardedBy({ adapter }: StoredRelease): Promise<StateStore> | undefined {
    const settings = hostsOf(adapter)
    if (settings?.deadManMs === undefined) return undefined
    const key = JSON.stringify(adapter)
    const known = this.#guarded.get(key) ?? this.#guard(hostsDeadMan(settings), settings.deadManMs)
    this.#guarded.set(key, known)
    return known
  }

  async #guard(hosts: readonly DeadManHost[], silenceMs: number): Promise<StateStore> {
    const place = this.#place
    const ssh = await this.#open(hosts.map(({ target }) => target))
    let store = await this.#plain
    if (place.kind === 'ssh') {
      const same = hosts.find(({ target }) => formatTarget(target) === formatTarget(place.target))
      if (same !== undefined)
        store = new SshStateStore(await this.#open([place.target]), place.target, place.path, { deadMan: same.folder }) // prettier-ignore
    }
    const { clock, log } = this.#act
    return withDeadMan(store, new DeadMan(ssh, hosts), { clock, log, silenceMs })
  }
}
