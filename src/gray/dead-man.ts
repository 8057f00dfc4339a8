import type { Clock } from '../base/clock.ts'
import { environmentError, messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { quotePosix } from '../deploy/ssh-quote.ts'
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

const MS = 30_000

export class DeadMan {
  readonly #ssh: Ssh
  readonly #hosts: readonly DeadManHost[]

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
        try {
          const done = await this.#ssh.run(host.target, {
            what: 'setting the dead-man timer',
            script: armScript(host.folder, release, seconds, host.back),
            timeoutMs: MS,
            signal,
          })
          const word = /^(armed|fired)$/m.exec(done.stdout)?.[1]
          if (done.code === 0 && word === 'fired') return { where, kind: 'fired' }
          if (done.code === 0 && word === 'armed') return { where, kind: 'armed' }
          return { where, kind: 'failed', error: failed(where, done.stderr) }
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
        const done = await this.#ssh.run(host.target, {
          what: 'ending the dead-man timer',
          script: disarmScript(host.folder),
          timeoutMs: MS,
          signal,
        })
        if (done.code !== 0) throw failed(formatTarget(host.target), done.stderr)
      }),
    )
    const bad = results.find((result) => result.status === 'rejected')
    if (bad !== undefined) throw bad.reason
  }
}

export type ArmResult =
  | { readonly where: string; readonly kind: 'armed' }
  | { readonly where: string; readonly kind: 'fired' }
  | { readonly where: string; readonly kind: 'failed'; readonly error: unknown }

const failed = (where: string, stderr: string): Error =>
  environmentError({
    code: 'dead-man',
    what: `the dead-man timer on ${where} could not be set`,
    cause: stderr.trim().split('\n').at(-1) ?? '',
    where,
    fix: 'its folder must be writable and setsid (or systemd-run) must be there; or leave dead-man out',
  })

export interface DeadManOptions {
  readonly clock: Clock
  readonly log: Log
  /** Silence after which the old version comes back, ms: longer than the lease. */
  readonly silenceMs: number
}

/**
 * A store whose writes carry the timers along: armed when the target is first touched, renewed by every write (so by each
 * heartbeat), ended before the old version is removed and after the release has ended. The first arming must succeed
 * everywhere, as somebody asked for it; later, a host that cannot be reached is a warning: its timer runs, which is its purpose.
 */
export function withDeadMan(store: StateStore, timers: DeadMan, options: DeadManOptions): StateStore {
  const { clock, log, silenceMs } = options
  let armedFor: string | undefined
  return {
    where: store.where,
    read: (signal) => store.read(signal),
    write: async (release, expected, signal) => {
      const wanted = guards(release)
      // From here the old version is being removed: a timer that goes off now would do harm.
      if (!wanted && release.state.phase === 'finalising') await timers.disarm(signal)
      const revision = await store.write(release, expected, signal)
      if (revision === undefined) return undefined
      if (wanted) {
        const results = await timers.arm(release.id, timerSeconds(release, clock.now(), silenceMs), signal)
        for (const result of results) {
          if (result.kind === 'armed') continue
          if (result.kind === 'fired')
            log.warning(`the dead-man timer on ${result.where} has gone off; the old version is back there`)
          else if (armedFor !== release.id) throw result.error
          else
            log.warning(`the dead-man timer on ${result.where} was not renewed: ${messageOf(result.error)}`)
        }
        armedFor = release.id
      } else if (isTerminal(release.state) && release.state.touched) {
        await timers.disarm(signal).catch((error: unknown) => {
          log.warning(`a dead-man timer was not ended; it finds nothing to take back: ${messageOf(error)}`)
        })
      }
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

/**
 * A way back for HAProxy on the host, for `DeadManHost.back`: runtime commands through its admin socket by the first program that
 * is there: socat, python3, perl, or nc with -U. They last until HAProxy is reloaded; pass lines that put the configuration
 * file back too where the release has written it.
 */
export function haproxyBack(socket: string, commands: readonly string[], after = ''): string {
  const text = quotePosix(`${commands.join(';')}\n`)
  return `socket=${quotePosix(socket)}
send() {
  if command -v socat >/dev/null 2>&1; then printf '%s' "$1" | socat -t 5 - "UNIX-CONNECT:$socket"
  elif command -v python3 >/dev/null 2>&1; then python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(5); s.connect(sys.argv[1]); s.sendall(sys.argv[2].encode())
while True:
  part = s.recv(4096)
  if not part: break
  sys.stdout.write(part.decode())' "$socket" "$1"
  elif command -v perl >/dev/null 2>&1; then perl -MIO::Socket::UNIX -e '$s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "$!\\n"; print $s $ARGV[1]; $s->shutdown(1); print while <$s>' "$socket" "$1"
  elif command -v nc >/dev/null 2>&1; then printf '%s' "$1" | nc -w 5 -U "$socket"
  else echo 'none of socat, python3, perl and nc is there to reach HAProxy' >&2; return 1; fi
}
answer=$(send ${text}) || exit 1
# HAProxy says nothing when a command was carried out.
if [ -n "$(printf '%s' "$answer" | tr -d '[:space:]')" ]; then printf '%s\\n' "$answer" >&2; exit 1; fi
${after}`
}
