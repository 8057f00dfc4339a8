import type { Clock } from '../base/clock.ts'
import { environmentError, messageOf, type PipelineError, type Problem } from '../base/errors.ts'
import type { Finished } from '../base/exec.ts'
import type { Log } from '../base/log.ts'
import type { Ssh } from '../deploy/ssh.ts'
import { formatTarget, type SshTarget } from '../deploy/ssh-target.ts'
import { armScript, disarmScript } from './dead-man-script.ts'
import type { StateStore, StoredRelease } from './ports.ts'
import { isTerminal } from './reducer.ts'

/** One host whose old version comes back by itself when nobody speaks for the release any more. */
export interface DeadManHost {
  readonly target: SshTarget
  /** `deadManFolder(…)`: where the timer keeps its files. */
  readonly folder: string
  /** POSIX sh that puts the old version back and exits 0 when it serves; it may be run again. Holds no secret. */
  readonly back: string
}

/** The timer's folder beside a compose file or a state file: one per service or environment. */
export const deadManFolder = (folder: string, name: string): string =>
  `${folder.replace(/\/$/, '')}/.gip/${name.replace(/[^A-Za-z0-9._-]+/g, '-')}.dead-man`

/** One try: a host that is away is asked again by the next heartbeat. */
const MS = 15_000

export class DeadMan {
  readonly #ssh: Ssh
  readonly #hosts: readonly DeadManHost[]
  /** The last command of each host, so that a slow renewal cannot come after the end of its timer. */
  readonly #last = new Map<DeadManHost, Promise<unknown>>()

  constructor(ssh: Ssh, hosts: readonly DeadManHost[]) {
    this.#ssh = ssh
    this.#hosts = hosts
  }

  /**
   * Arms every host's timer, or renews it: it goes off `seconds` from now unless it is renewed. Answers one entry per host:
   * `fired` when it has gone off for this release already; an error when the host could not be asked.
   */
  async arm(release: string, seconds: number, signal: AbortSignal): Promise<ArmResult[]> {
    return Promise.all(
      this.#hosts.map(async (host): Promise<ArmResult> => {
        const where = formatTarget(host.target)
        const script = armScript(host.folder, release, seconds, host.back)
        try {
          const done = await this.#inOrder(host, () =>
            this.#run(host, 'setting the dead-man timer', script, signal),
          )
          const word = /^(armed|fired)$/m.exec(done.stdout)?.[1]
          if (done.code === 0 && word === 'fired') return { where, kind: 'fired' }
          if (done.code === 0 && word === 'armed') return { where, kind: 'armed' }
          return { where, kind: 'failed', error: failed(where, 'set', done.stderr) }
        } catch (error) {
          return { where, kind: 'failed', error }
        }
      }),
    )
  }

  /** Ends every timer; throws when one could not be ended, for it would still go off. */
  async disarm(signal: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(
      this.#hosts.map(async (host) => {
        const script = disarmScript(host.folder)
        const done = await this.#inOrder(host, () =>
          this.#run(host, 'ending the dead-man timer', script, signal),
        )
        if (done.code !== 0) throw failed(formatTarget(host.target), 'ended', done.stderr)
      }),
    )
    const bad = results.find((result) => result.status === 'rejected')
    if (bad !== undefined) throw bad.reason
  }

  #run({ target }: DeadManHost, what: string, script: string, signal: AbortSignal): Promise<Finished> {
    return this.#ssh.run(target, { what, script, timeoutMs: MS, attempts: 1, signal })
  }

  #inOrder<T>(host: DeadManHost, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(host) ?? Promise.resolve()
    const result = before.then(work)
    this.#last.set(
      host,
      result.catch(() => undefined),
    )
    return result
  }
}

export type ArmResult =
  | { readonly where: string; readonly kind: 'armed' }
  | { readonly where: string; readonly kind: 'fired' }
  | { readonly where: string; readonly kind: 'failed'; readonly error: unknown }

const failed = (where: string, verb: 'set' | 'ended', stderr: string): PipelineError =>
  environmentError({
    code: 'dead-man',
    what: `the dead-man timer on ${where} could not be ${verb}`,
    cause: stderr.trim().split('\n').at(-1) ?? '',
    where,
    fix: 'its folder must be writable and setsid (or systemd-run) must be there; or leave dead-man out',
  })

export interface DeadManOptions {
  readonly clock: Clock
  readonly log: Log
  /** Silence after which the old version comes back, ms: longer than the lease (`deadManFault`). */
  readonly silenceMs: number
}

/** A timer must outlive the lease: every heartbeat renews both, and a reaper should come before the timer. */
export function deadManFault(silenceMs: number, leaseMs: number): Problem | undefined {
  return silenceMs > leaseMs
    ? undefined
    : {
        code: 'dead-man-short',
        what: `the dead-man timer (${silenceMs / 1000} s) is not longer than the lease (${leaseMs / 1000} s)`,
        cause: 'it is renewed with the lease, so it would go off while all is well',
        input: 'adapter',
        fix: 'write a longer dead-man, or a shorter lease; twice the lease is a good choice',
      }
}

/** How long a slow renewal may hold a write up; far below the time a store is given. */
const PATIENCE_MS = 5000

/**
 * A store whose writes carry the timers along: armed when the target is first touched, renewed by every write (so by each
 * heartbeat), ended before the old version is removed and after the release has ended well. Whoever starts a release must
 * arm everywhere, as somebody asked for it; later, a host that cannot be reached holds nothing up and is a warning: its timer
 * runs, which is its purpose. After a rollback that failed the timers run on: where nobody gets through, they are the way back.
 */
export function withDeadMan(store: StateStore, timers: DeadMan, options: DeadManOptions): StateStore {
  const { clock, log, silenceMs } = options
  /** A release that this process began and has not armed yet. */
  let begun: string | undefined

  const tell = (results: readonly ArmResult[]): void => {
    for (const result of results)
      if (result.kind === 'fired')
        log.warning(`the dead-man timer on ${result.where} has gone off; the old version is back there`)
      else if (result.kind === 'failed')
        log.warning(`the dead-man timer on ${result.where} was not renewed: ${messageOf(result.error)}`)
  }

  const arm = async (release: StoredRelease, own: AbortSignal): Promise<void> => {
    const seconds = timerSeconds(release, clock.now(), silenceMs)
    if (begun === release.id) {
      const results = await timers.arm(release.id, seconds, own)
      const bad = results.find((result) => result.kind === 'failed')
      if (bad !== undefined) throw bad.error
      begun = undefined
      tell(results)
      return
    }
    // Its own time: the renewal goes on when the write it came with is over.
    const renewal = timers.arm(release.id, seconds, AbortSignal.timeout(2 * MS)).then(tell)
    const over = new AbortController()
    const patience = clock.sleep(PATIENCE_MS, over.signal).catch(() => undefined)
    await Promise.race([renewal, patience])
    over.abort()
  }

  return {
    where: store.where,
    read: (signal) => store.read(signal),
    write: async (release, expected, signal) => {
      const { state } = release
      if (!state.touched) begun = release.id
      // From here the old version is being removed: a timer that goes off now would do harm.
      if (state.phase === 'finalising') await timers.disarm(signal)
      const revision = await store.write(release, expected, signal)
      if (revision === undefined) return undefined
      if (guards(release)) await arm(release, signal)
      else if (state.touched && isTerminal(state) && state.phase !== 'rollback-failed')
        await timers.disarm(signal).catch((error: unknown) => {
          log.warning(`a dead-man timer was not ended; it finds nothing to take back: ${messageOf(error)}`)
        })
      return revision
    },
  }
}

/** Whether there is something to take back, and still a way back. */
function guards({ state }: StoredRelease): boolean {
  return state.touched && !isTerminal(state) && state.phase !== 'finalising'
}

/** From now to the end of the silence; between the jobs of a split release nobody is expected to speak until then. */
export function timerSeconds(release: StoredRelease, now: number, silenceMs: number): number {
  const quiet = release.lease === null && release.pending !== undefined ? release.pending.until - now : 0
  return Math.ceil((Math.max(0, quiet) + silenceMs) / 1000)
}
