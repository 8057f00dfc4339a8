/**
 * The start of a program without an engine: as a process of this machine, in a folder laid out like the image. It proves less than a
 * container (no read-only root, no dropped rights, the files of the machine are in sight), so it is for machines that have no engine.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { once } from 'node:events'
import { basename } from 'node:path'
import type { Act } from '../base/act.ts'
import { formatDuration } from '../base/clock.ts'
import { codeOf, messageOf, type Problem } from '../base/errors.ts'
import { LineReader } from '../base/exec.ts'
import { retry } from '../base/retry.ts'
import { decodeExit } from './container.ts'
import { judgePorts, type Listener, parseProcNet, type PortVerdict, tcpPorts } from './ports.ts'
import type { StartMode, StartReport } from './start-types.ts'
import { judgeStop, notReady, summarize } from './start-verdicts.ts'

export interface NativeStart {
  /** Absolute path of the program. */
  readonly program: string
  readonly args: readonly string[]
  /** All of its environment. */
  readonly env: readonly (readonly [name: string, value: string])[]
  /** Its working folder. */
  readonly folder: string
  readonly mode: Exclude<StartMode, 'off'>
  readonly healthPath?: string
  readonly expose: readonly string[]
  /** Until it listens and is healthy, or until it ends. */
  readonly timeoutMs: number
  readonly settleMs?: number
  readonly graceMs?: number
  /** For the report. */
  readonly platform: string
}

type NativeAct = Pick<Act, 'log' | 'signal' | 'clock' | 'http' | 'host'>

const POLL_MS = 50
const SETTLE_HEALTHY_MS = 500
const SETTLE_OPEN_MS = 2000
const LOG_LINES = 50

/** Starts, watches and stops it. A failing program is a report; the process and its children are gone in any case. */
export async function startNative(options: NativeStart, act: NativeAct): Promise<StartReport> {
  const trial = await begin(options, act)
  try {
    const report = await trial.run()
    const taken =
      report.verdict === 'failed' && report.logs.some((line) => /address already in use/i.test(line))
    if (!taken) return { ...report, summary: `${summarize(report)} (as a process of this machine)` }
    const cause = 'its port is taken on this machine, and there is no engine to give it one of its own'
    return {
      ...report,
      verdict: 'skipped',
      problems: [],
      warnings: [{ code: 'start-skipped', what: 'the program was not started', cause }],
      summary: cause,
    }
  } finally {
    await trial.end()
  }
}

/**
 * Starts the program, again while it is "busy": a process that was forked while the program's file was being written holds the
 * file open until it executes its own (golang/go#22315), and other steps start processes all the time.
 */
const begin = (options: NativeStart, act: NativeAct): Promise<NativeTrial> =>
  retry(() => Promise.resolve(new NativeTrial(options, act)), {
    what: `start of ${basename(options.program)}`,
    classify: (error) => ({ kind: codeOf(error) === 'ETXTBSY' ? 'passing' : 'final' }),
    attempts: 10,
    baseMs: 20,
    capMs: 200,
    // The wait is for a file of this machine: there is no crowd to spread.
    random: () => 1,
    clock: act.clock,
    log: act.log,
    signal: act.signal,
  })

type Draft = Omit<StartReport, 'summary'>

class NativeTrial {
  readonly #options: NativeStart
  readonly #act: NativeAct
  readonly #child: ChildProcess
  readonly #exposed: readonly number[]
  readonly #started: number
  readonly #logs: string[] = []
  readonly #warnings: Problem[] = []
  readonly #gone: Promise<unknown>
  #fault: unknown
  #seen: readonly Listener[] = []
  #health: StartReport['health']
  #lastHealth = ''

  constructor(options: NativeStart, act: NativeAct) {
    this.#options = options
    this.#act = act
    this.#exposed = [...new Set(tcpPorts(options.expose))]
    this.#started = act.clock.now()
    this.#child = spawn(options.program, options.args, {
      cwd: options.folder,
      env: Object.fromEntries(options.env),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: its children end with it.
      detached: true,
    })
    const keep = (line: string): void => {
      this.#logs.push(line)
      if (this.#logs.length > LOG_LINES) this.#logs.shift()
    }
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      const reader = new LineReader(keep)
      stream?.on('data', (chunk: Buffer) => reader.write(chunk))
      stream?.on('end', () => reader.end())
    }
    this.#gone = once(this.#child, 'close').catch((error: unknown) => {
      this.#fault = error
    })
  }

  async run(): Promise<Draft> {
    const { mode, timeoutMs } = this.#options
    const { clock, signal } = this.#act
    const settle =
      this.#options.settleMs ?? (this.#options.healthPath === undefined ? SETTLE_OPEN_MS : SETTLE_HEALTHY_MS)
    let readyAt: number | undefined
    let loopbackSince: number | undefined
    for (;;) {
      signal.throwIfAborted()
      if (this.#ended) return this.#end()
      const late = clock.now() - this.#started > timeoutMs
      if (mode === 'command') {
        if (late)
          return this.#failed({
            code: 'start-did-not-end',
            what: `the program did not end within ${formatDuration(timeoutMs)}`,
            cause: 'it was started as a command',
            fix: 'give arguments that make it end ("start-args: --version"), or set "start: service"',
          })
      } else {
        this.#seen = await listenersOf(this.#child.pid ?? 0, this.#act.host.arch === 's390x')
        const verdict = judgePorts(this.#seen, this.#exposed)
        loopbackSince = verdict.kind === 'loopback' ? (loopbackSince ?? clock.now()) : undefined
        const port = this.#readyPort(verdict)
        const healthy = port !== undefined && (await this.#healthy(port))
        readyAt = healthy ? (readyAt ?? clock.now()) : undefined
        if (readyAt !== undefined && clock.now() - readyAt >= settle)
          return this.#stop(readyAt - this.#started)
        const hopeless = loopbackSince !== undefined && clock.now() - loopbackSince > SETTLE_OPEN_MS
        if ((late && readyAt === undefined) || hopeless)
          return this.#failed(
            notReady(verdict, {
              exposed: this.#exposed,
              ...(this.#options.healthPath === undefined ? {} : { healthPath: this.#options.healthPath }),
              lastHealth: this.#lastHealth,
              limitMs: timeoutMs,
            }),
          )
      }
      await clock.sleep(POLL_MS, signal)
    }
  }

  /** Whatever is left of it is killed. Never throws. */
  async end(): Promise<void> {
    this.#kill('SIGKILL')
    await this.#gone
  }

  get #ended(): boolean {
    return this.#fault !== undefined || this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  #kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, signal)
    } catch (error) {
      if (codeOf(error) !== 'ESRCH') this.#act.log.warning(`the started program: ${messageOf(error)}`)
    }
  }

  #readyPort(verdict: PortVerdict): number | undefined {
    if (verdict.kind === 'ready') return verdict.port
    return verdict.kind === 'quiet' && this.#options.healthPath === undefined ? 0 : undefined
  }

  async #healthy(port: number): Promise<boolean> {
    const path = this.#options.healthPath
    if (path === undefined) return true
    const { clock, http, signal } = this.#act
    const before = clock.now()
    try {
      const url = `http://127.0.0.1:${port}${path.startsWith('/') ? '' : '/'}${path}`
      const answer = await http.request({ url, timeoutMs: 2000, signal })
      await answer.drain()
      this.#lastHealth = `it answered ${answer.status}`
      if (answer.status < 200 || answer.status > 299) return false
      this.#health ??= { path, status: answer.status, ms: clock.now() - before }
      return true
    } catch (error) {
      signal.throwIfAborted()
      this.#lastHealth = messageOf(error)
      return false
    }
  }

  async #stop(readyMs: number): Promise<Draft> {
    const { clock, signal } = this.#act
    const grace = this.#options.graceMs ?? 10_000
    const sent = clock.now()
    this.#kill('SIGTERM')
    while (!this.#ended) {
      if (clock.now() - sent >= grace)
        return {
          ...this.#failed({
            code: 'start-ignores-sigterm',
            what: `the program did not end within ${formatDuration(grace)} of SIGTERM`,
            cause: 'it is killed at every deployment, with the requests it is working on',
            fix: 'stop on the signal: ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM), then http.Server.Shutdown',
          }),
          readyMs,
        }
      await clock.sleep(POLL_MS, signal)
    }
    // Not process 1 here: the signal itself ends a program that does not handle it.
    const exitCode = this.#child.exitCode ?? (this.#child.signalCode === 'SIGTERM' ? 2 : 137)
    const odd = judgeStop(exitCode, 'SIGTERM')
    if (odd !== undefined) this.#warnings.push(odd)
    return { ...this.#report('passed', 'service', []), readyMs, stopMs: clock.now() - sent, exitCode }
  }

  /** It ended by itself, or never began. */
  async #end(): Promise<Draft> {
    await this.#gone
    const took = formatDuration(this.#act.clock.now() - this.#started)
    const { exitCode, signalCode } = this.#child
    const code = exitCode ?? (signalCode === null ? 126 : 128)
    if (this.#fault === undefined && code === 0) {
      if (this.#options.mode !== 'service') return { ...this.#report('passed', 'command', []), exitCode: 0 }
      return this.#failed({
        code: 'start-ended',
        what: 'the program ended, but should go on running',
        cause: `it exited 0 after ${took}`,
        fix: 'if it is a command, set "start: command"; else give it what it needs to run ("start-args", "start-env")',
      })
    }
    const ending = decodeExit({
      exitCode: code,
      oomKilled: false,
      error: this.#fault === undefined ? '' : messageOf(this.#fault),
      logs: this.#logs,
      program: this.#options.program,
      memory: 'all',
    })
    return {
      ...this.#failed({
        code: `start-${ending.code}`,
        what:
          this.#fault === undefined
            ? `the program ended with ${signalCode ?? `code ${code}`} after ${took}`
            : 'the program does not start',
        cause: ending.cause,
        fix: ending.fix,
      }),
      exitCode: code,
    }
  }

  #failed(problem: Problem): Draft {
    return this.#report('failed', undefined, [problem])
  }

  #report(verdict: StartReport['verdict'], as: StartReport['as'], problems: readonly Problem[]): Draft {
    return {
      verdict,
      as,
      platform: this.#options.platform,
      problems,
      warnings: this.#warnings,
      listeners: this.#seen,
      ...(this.#health === undefined ? {} : { health: this.#health }),
      logs: [...this.#logs],
      readOnly: false,
    }
  }
}

/** The listening sockets of one process (proc_pid_fd(5), proc_pid_net(5)); none when it is gone. Linux only. */
export async function listenersOf(pid: number, bigEndian: boolean): Promise<Listener[]> {
  const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')
  const files = await readdir(`/proc/${pid}/fd`).catch(() => [])
  const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => '')))
  const inodes = new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
  const tables = await Promise.all(['net/tcp', 'net/tcp6'].map(read))
  return tables.flatMap((table) => parseProcNet(linesOf(table, inodes), { bigEndian }))
}

/** The lines of a table whose socket is one of `inodes`, with its heading. Pure. */
export function linesOf(table: string, inodes: ReadonlySet<string>): string {
  const [head = '', ...lines] = table.split('\n')
  return [head, ...lines.filter((line) => inodes.has(line.trim().split(/\s+/)[9] ?? ''))].join('\n')
}
