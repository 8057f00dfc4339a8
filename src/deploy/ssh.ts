import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { reasonOf } from '../base/clock.ts'
import { inputError, PipelineError } from '../base/errors.ts'
import type { Finished } from '../base/exec.ts'
import { writeAtomic } from '../base/files.ts'
import { retry } from '../base/retry.ts'
import { controlSocket, renderSshConfig } from './ssh-config.ts'
import { classifySsh, isPassing, lostError, sshError, timeoutProblem } from './ssh-faults.ts'
import { endMark, posixScript, powerShellScript, startMark } from './ssh-quote.ts'
import { formatTarget, parsePrivateKey, type SshTarget, unknownTargets } from './ssh-target.ts'

export interface SshSettings {
  /** Every host that may be asked. */
  readonly targets: readonly SshTarget[]
  /** A host all connections go through. */
  readonly jump?: SshTarget
  /** The key's text (an input, a secret), or the keys of an agent (SSH_AUTH_SOCK, or this socket). */
  readonly identity:
    { readonly kind: 'key'; readonly text: string } | { readonly kind: 'agent'; readonly socket?: string }
  /** Lines of a known_hosts file. */
  readonly knownHosts: string
  /** `accept-new` believes an unknown host the first time: only when somebody has asked for it in writing. */
  readonly hostKeys?: 'yes' | 'accept-new'
  /** Default 15. */
  readonly connectSeconds?: number
}

export interface RemoteCommand {
  /** For messages: `pull of the image`. */
  readonly what: string
  /** The whole script: POSIX sh, or Windows PowerShell. It may be run twice when a line is cut. */
  readonly script: string
  readonly shell?: 'sh' | 'powershell'
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  /** Tries when the connection fails by a fault that can pass; 1 for none. Default 3. */
  readonly attempts?: number
}

/** The door to other machines. A script's exit code is an answer; only connections and time limits throw. */
export interface Ssh {
  /**
   * Runs a script on a host. Throws environmentError for what may pass (`ssh-unreachable`, `ssh-lost`, `ssh-timeout` …),
   * inputError or gateError for what cannot (`ssh-denied`, `ssh-host-key-changed` …).
   */
  run(target: SshTarget, command: RemoteCommand): Promise<Finished>
  /** Ends the shared connections. */
  close(): Promise<void>
}

export type SshPorts = Pick<Act, 'exec' | 'log' | 'host' | 'secrets' | 'temp' | 'counter' | 'clock'>

/**
 * Prepares connections over the system's `ssh`: its own configuration file, the key in a file only we can read. Nothing is
 * sent to any host yet. Throws inputError for a key or known hosts that cannot work.
 */
export async function openSsh(settings: SshSettings, ports: SshPorts): Promise<Ssh> {
  const folder = await ports.temp.make('ssh')
  const knownHosts = join(folder, 'known_hosts')
  checkKnown(settings)
  let identityFile: string | undefined
  if (settings.identity.kind === 'key') {
    ports.secrets.mask(settings.identity.text)
    const key = parsePrivateKey(settings.identity.text)
    if ('reason' in key)
      throw inputError({
        code: 'ssh-key',
        what: 'the private key cannot be used',
        cause: key.reason,
        fix: key.fix,
      })
    identityFile = join(folder, 'key')
    await writeAtomic(identityFile, key.text, 0o600)
  }
  await writeAtomic(knownHosts, `${settings.knownHosts.trim()}\n`, 0o600)
  const aliases = new Map(settings.targets.map((target, index) => [formatTarget(target), `gip-${index}`]))
  const { identity, jump } = settings
  const config = join(folder, 'config')
  await writeAtomic(
    config,
    renderSshConfig({
      targets: settings.targets.map((target) => ({
        alias: aliases.get(formatTarget(target)) ?? '',
        target,
      })),
      ...(jump === undefined ? {} : { jump }),
      knownHosts,
      hostKeys: settings.hostKeys ?? 'yes',
      ...(identityFile === undefined ? {} : { identityFile }),
      ...(identity.kind === 'agent' && identity.socket !== undefined ? { agentSocket: identity.socket } : {}),
      connectSeconds: settings.connectSeconds ?? 15,
    }),
    0o600,
  )
  return new SystemSsh(ports, folder, config, aliases, settings)
}

function checkKnown(settings: SshSettings): void {
  if (settings.hostKeys === 'accept-new') return
  const all = [...settings.targets, ...(settings.jump === undefined ? [] : [settings.jump])]
  const unknown = unknownTargets(settings.knownHosts, all)
  if (unknown.length === 0) return
  const [first] = unknown
  throw inputError({
    code: 'ssh-host-key-unknown',
    what: `the known hosts have no line for ${unknown.map(formatTarget).join(', ')}`,
    cause: 'a host whose key is not known beforehand could be anybody',
    fix: `add what "ssh-keyscan -p ${first?.port ?? 22} ${first?.host ?? 'HOST'}" prints, after comparing the fingerprint on the host itself`,
  })
}

class SystemSsh implements Ssh {
  readonly #ports: SshPorts
  readonly #folder: string
  readonly #config: string
  readonly #aliases: ReadonlyMap<string, string>
  readonly #connectMs: number
  readonly #agent: boolean
  readonly #jump: boolean
  /** One shared connection per host: its socket, or undefined where there is none. */
  readonly #masters = new Map<string, Promise<string | undefined>>()
  #opened = 0

  constructor(
    ports: SshPorts,
    folder: string,
    config: string,
    aliases: ReadonlyMap<string, string>,
    settings: SshSettings,
  ) {
    this.#ports = ports
    this.#folder = folder
    this.#config = config
    this.#aliases = aliases
    this.#connectMs = (settings.connectSeconds ?? 15) * 1000
    this.#agent = settings.identity.kind === 'agent'
    this.#jump = settings.jump !== undefined
  }

  run(target: SshTarget, command: RemoteCommand): Promise<Finished> {
    const where = formatTarget(target)
    const { counter, clock, log } = this.#ports
    return retry(() => this.#once(target, command), {
      what: `${command.what} on ${where}`,
      classify: (error) =>
        error instanceof PipelineError &&
        error.kind === 'environment' &&
        error.problems.every(
          ({ code }) => code.startsWith('ssh-') && code !== 'ssh-timeout' && code !== 'ssh-client',
        )
          ? { kind: 'passing' }
          : { kind: 'final' },
      attempts: command.attempts ?? 3,
      baseMs: 1000,
      capMs: 10_000,
      signal: command.signal,
      counter,
      clock,
      log,
    })
  }

  async #once(target: SshTarget, command: RemoteCommand): Promise<Finished> {
    const where = formatTarget(target)
    const alias = this.#alias(target)
    const socket = await orAborted(this.#master(alias, where), command.signal)
    const nonce = randomBytes(8).toString('hex')
    const make = command.shell === 'powershell' ? powerShellScript : posixScript
    const { command: remote, input } = make(command.script, nonce)
    const seen: { started: boolean; code?: number } = { started: false }
    const end = `${endMark(nonce)} `
    const isMark = (line: string): boolean => line === startMark(nonce) || line.startsWith(end)
    const argv = [
      ...this.#argv(),
      ...(socket === undefined ? [] : ['-o', 'ControlMaster=no', '-o', `ControlPath=${socket}`]),
      alias,
      remote,
    ]
    let done: Finished
    try {
      done = await this.#ports.exec.run({
        argv,
        env: this.#env(),
        input,
        timeoutMs: command.timeoutMs + this.#connectMs,
        signal: command.signal,
        maxStdout: 4 * 1024 * 1024,
        onLine: (raw, stream) => {
          const line = raw.replace(/\r$/, '')
          if (stream === 'stderr' && line === startMark(nonce)) seen.started = true
          else if (stream === 'stderr' && line.startsWith(end)) seen.code = Number(line.slice(end.length))
          else command.onLine?.(line, stream)
        },
      })
    } catch (error) {
      throw timeoutOf(error, where, command)
    }
    const clean = (lines: readonly string[]): string[] =>
      lines.map((line) => line.replace(/\r$/, '')).filter((line) => !isMark(line))
    const stderr = clean(done.stderr.split('\n')).join('\n')
    if (seen.code !== undefined) return { ...done, code: seen.code, stderr, tail: clean(done.tail) }
    // Whatever broke, the shared connection is not to be trusted any more.
    this.#masters.delete(alias)
    if (seen.started) throw lostError(where, stderr)
    if (done.code !== 255)
      throw new PipelineError(
        'input',
        [
          {
            code: 'ssh-shell',
            what: `${where} does not run commands`,
            cause: `the login shell ended with ${done.code} before the command began`,
            where,
            fix:
              command.shell === 'powershell'
                ? 'the account needs powershell.exe and the right to run commands over OpenSSH'
                : 'the account needs a login shell that can run "sh -s" (no nologin, no forced command, no menu)',
          },
        ],
        { log: done.tail.join('\n') },
      )
    throw connectionError(where, stderr)
  }

  /**
   * Opens the shared connection once. It detaches itself (-f), so a command that is stopped does not take the other
   * commands' connection with it; left alone it ends after two minutes.
   */
  #master(alias: string, where: string): Promise<string | undefined> {
    const known = this.#masters.get(alias)
    if (known !== undefined) return known
    const socket = controlSocket(this.#folder, this.#opened++, this.#ports.host.os)
    const opening = socket === undefined ? Promise.resolve(undefined) : this.#open(alias, where, socket)
    this.#masters.set(alias, opening)
    opening.catch(() => this.#masters.delete(alias))
    return opening
  }

  async #open(alias: string, where: string, socket: string): Promise<string | undefined> {
    const done = await this.#ports.exec.run({
      argv: [
        ...this.#argv(),
        ...['-o', 'ControlMaster=yes', '-o', `ControlPath=${socket}`, '-o', 'ControlPersist=120'],
        '-N',
        '-f',
        alias,
      ],
      env: this.#env(),
      timeoutMs: this.#connectMs * 2 + 10_000,
    })
    if (done.code === 0) return socket
    // A socket that could not be made is no reason to fail; a host that could not be reached is.
    if (/ControlSocket|ControlPath|mux|unix_listener/i.test(done.stderr)) return undefined
    // Behind a jump host a persistent connection does not tell why; the command's own one does.
    if (this.#jump) {
      this.#masters.delete(alias)
      return undefined
    }
    throw connectionError(where, done.stderr)
  }

  async close(): Promise<void> {
    const open = [...this.#masters]
    this.#masters.clear()
    for (const [alias, opening] of open) {
      const socket = await opening.catch(() => undefined)
      if (socket === undefined) continue
      await this.#ports.exec
        .run({
          argv: [...this.#argv(), '-o', `ControlPath=${socket}`, '-O', 'exit', alias],
          env: this.#env(),
          timeoutMs: 5000,
        })
        .catch(() => undefined)
    }
  }

  #argv(): string[] {
    return ['ssh', '-F', this.#config, '-T']
  }

  /** Untranslated messages, and no door to an agent or a password dialogue that was not asked for. */
  #env(): Record<string, string | undefined> {
    return {
      LC_ALL: 'C',
      SSH_ASKPASS: undefined,
      DISPLAY: undefined,
      ...(this.#agent ? {} : { SSH_AUTH_SOCK: undefined }),
    }
  }

  #alias(target: SshTarget): string {
    const alias = this.#aliases.get(formatTarget(target))
    if (alias === undefined) throw new TypeError(`${formatTarget(target)} is not among the hosts`)
    return alias
  }
}

function connectionError(where: string, stderr: string): PipelineError {
  const fault = classifySsh(stderr)
  const error = sshError(fault, where, stderr)
  // A name that does not exist will not exist in a second either.
  return fault === 'name' && !isPassing(fault, stderr)
    ? new PipelineError('input', error.problems, { log: stderr })
    : error
}

function timeoutOf(error: unknown, where: string, command: RemoteCommand): unknown {
  if (!(error instanceof PipelineError) || error.problems[0]?.code !== 'command-timeout') return error
  const problem = timeoutProblem(where, command.what, command.timeoutMs)
  return new PipelineError('environment', [problem], error.log === undefined ? {} : { log: error.log })
}

/** The promise's answer, or the signal's reason as soon as it is aborted. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(reasonOf(signal))
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(reasonOf(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', onAbort)
    })
  })
}
