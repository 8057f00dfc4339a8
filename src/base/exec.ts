import { spawn } from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import { getExecOutput } from '@actions/exec'
import { reasonOf } from './clock.ts'
import { codeOf, environmentError, messageOf } from './errors.ts'
import { type Environment, type HostOs, hostOf, mergeEnvironment } from './platform.ts'

export interface Command {
  /** Program and arguments. Never a shell string, never a secret: secrets go by `input` or `env`. */
  readonly argv: readonly string[]
  readonly cwd?: string
  /** On top of this process's environment; undefined removes a variable. */
  readonly env?: Environment
  /** Written to stdin, which is then closed. Without it stdin is empty. */
  readonly input?: string | Uint8Array
  /** Default 30 minutes. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Called for each line as it arrives (without its line end). */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void
  /** Bytes of stdout kept in `stdout`; beyond it the command fails. 0 keeps none. Default 8 MiB. */
  readonly maxStdout?: number
}

export interface Finished {
  readonly code: number
  readonly stdout: string
  /** The last lines of stderr. */
  readonly stderr: string
  /** The last lines of both streams, as they came. */
  readonly tail: readonly string[]
  readonly ms: number
}

/** The one door to other programs. A non-zero exit code is an answer, not an exception. */
export interface Exec {
  run(command: Command): Promise<Finished>
}

const TAIL_LINES = 200
const MAX_LINE = 64 * 1024
const KILL_GRACE_MS = 5000
/** After a stopped program's end: time for its last lines. */
const LAST_WORDS_MS = 200

/** Runs real processes: each in a group of its own, ended as a group on abort or timeout, with bounded memory. */
export class SystemExec implements Exec {
  readonly #os: HostOs
  readonly #env: Environment

  constructor(env: Environment = process.env, os: HostOs = hostOf().os) {
    this.#env = env
    this.#os = os
  }

  run(command: Command): Promise<Finished> {
    const [program, ...args] = command.argv
    if (program === undefined) throw new TypeError('a command needs a program')
    const started = Date.now()
    const { signal, timeoutMs = 30 * 60_000, maxStdout = 8 * 1024 * 1024 } = command
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal))

    return new Promise((resolve, reject) => {
      const child = spawn(program, args, {
        cwd: command.cwd,
        env: mergeEnvironment(this.#env, command.env ?? {}, this.#os),
        stdio: ['pipe', 'pipe', 'pipe'],
        // A group of its own, so that grandchildren (compilers, test binaries) end with it.
        detached: this.#os !== 'windows',
        windowsHide: true,
      })
      let stop: Error | undefined
      let killTimer: NodeJS.Timeout | undefined
      // What has left the group (a daemon, ssh's shared connection) may hold the pipes long after the program's end.
      const letGo = (): void => {
        child.stdout.destroy()
        child.stderr.destroy()
      }
      const end = (reason: Error): void => {
        if (stop !== undefined) return
        stop = reason
        if (child.exitCode !== null || child.signalCode !== null) letGo()
        this.#kill(child.pid, 'SIGTERM')
        killTimer = setTimeout(() => {
          this.#kill(child.pid, 'SIGKILL')
        }, KILL_GRACE_MS)
      }
      const onAbort = (): void => {
        if (signal !== undefined) end(reasonOf(signal))
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      const timer = setTimeout(() => {
        end(
          environmentError(
            {
              code: 'command-timeout',
              what: `${display(command.argv)} did not end within ${Math.round(timeoutMs / 1000)} s and was stopped`,
              fix: 'see its last output below; raise the timeout only if it was still making progress',
            },
            { log: tail.lines.join('\n') },
          ),
        )
      }, timeoutMs)
      const done = (): void => {
        clearTimeout(timer)
        clearTimeout(killTimer)
        signal?.removeEventListener('abort', onAbort)
      }

      const tail = new LineRing()
      const errors = new LineRing()
      const kept: Buffer[] = []
      let keptBytes = 0
      const reader = (stream: 'stdout' | 'stderr'): LineReader =>
        new LineReader((line) => {
          tail.push(line)
          if (stream === 'stderr') errors.push(line)
          command.onLine?.(line, stream)
        })
      const out = reader('stdout')
      const err = reader('stderr')
      child.stdout.on('data', (chunk: Buffer) => {
        keptBytes += chunk.length
        if (maxStdout > 0 && keptBytes <= maxStdout) kept.push(chunk)
        out.write(chunk)
      })
      child.stderr.on('data', (chunk: Buffer) => {
        err.write(chunk)
      })
      child.on('error', (error) => {
        done()
        const missing = codeOf(error) === 'ENOENT'
        reject(
          environmentError(
            {
              code: missing ? 'program-missing' : 'program-failed-to-start',
              what: `cannot start ${program}`,
              cause: missing ? 'no such program on PATH (or no such working directory)' : messageOf(error),
              ...(command.cwd === undefined ? {} : { where: command.cwd }),
              fix: `install ${program} on the runner, or put it on PATH`,
            },
            { cause: error },
          ),
        )
      })
      child.on('exit', () => {
        if (stop !== undefined) setTimeout(letGo, LAST_WORDS_MS)
      })
      child.on('close', (code, killed) => {
        done()
        out.end()
        err.end()
        if (stop !== undefined) reject(stop)
        else if (maxStdout > 0 && keptBytes > maxStdout) {
          reject(
            environmentError({
              code: 'output-too-large',
              what: `${display(command.argv)} printed more than ${maxStdout} bytes`,
            }),
          )
        } else {
          resolve({
            code: code ?? 128 + (SIGNALS[killed ?? ''] ?? 9),
            stdout: Buffer.concat(kept).toString('utf8'),
            stderr: errors.lines.join('\n'),
            tail: tail.lines,
            ms: Date.now() - started,
          })
        }
      })
      // A program that does not read its stdin must not fail us with EPIPE.
      child.stdin.on('error', () => undefined)
      child.stdin.end(command.input ?? '')
    })
  }

  #kill(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
    if (pid === undefined) return
    if (this.#os === 'windows') {
      // Windows has no signals and no groups: taskkill ends the tree.
      spawn('taskkill', ['/PID', String(pid), '/T', '/F'], { stdio: 'ignore', windowsHide: true }).on(
        'error',
        () => undefined,
      )
      return
    }
    try {
      process.kill(-pid, signal)
    } catch {
      // Already gone.
    }
  }
}

const SIGNALS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
}

/** Cuts a byte stream into lines; a line longer than 64 KiB is delivered in pieces, so memory stays bounded. */
export class LineReader {
  readonly #decoder = new StringDecoder('utf8')
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  write(chunk: Buffer): void {
    let text = this.#rest + this.#decoder.write(chunk)
    let start = 0
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', start)) {
      this.#onLine(text.slice(start, at).replace(/\r$/, ''))
      start = at + 1
    }
    text = text.slice(start)
    while (text.length > MAX_LINE) {
      this.#onLine(text.slice(0, MAX_LINE))
      text = text.slice(MAX_LINE)
    }
    this.#rest = text
  }

  end(): void {
    const last = this.#rest + this.#decoder.end()
    this.#rest = ''
    if (last !== '') this.#onLine(last.replace(/\r$/, ''))
  }
}

/**
 * The last lines of an output, as bytes outside the heap: strings that are kept for a while, and then not, fill the part of the heap that
 * is cleaned rarely (by 40 MB while 200 MB were printed).
 */
export class LineRing {
  #bytes = Buffer.alloc(0)
  #used = 0
  /** Where each kept line ends, oldest first; each begins where the one before ends. */
  #ends: number[] = []
  #start = 0

  push(line: string): void {
    // A UTF-16 unit takes three bytes at most.
    const room = line.length * 3
    if (this.#used + room > this.#bytes.length) this.#makeRoom(room)
    this.#used += this.#bytes.write(line, this.#used, 'utf8')
    this.#ends.push(this.#used)
    if (this.#ends.length > TAIL_LINES) this.#start = this.#ends.shift() ?? 0
  }

  get lines(): string[] {
    let from = this.#start
    return this.#ends.map((end) => {
      const line = this.#bytes.toString('utf8', from, end)
      from = end
      return line
    })
  }

  /** Moves what is kept to the front, of a larger buffer when that is not enough. */
  #makeRoom(room: number): void {
    const kept = this.#used - this.#start
    // Half of it free afterwards: what is moved then has been written since the last time.
    const wanted = 2 * (kept + room)
    const bytes = wanted > this.#bytes.length ? Buffer.allocUnsafe(wanted + 4096) : this.#bytes
    this.#bytes.copy(bytes, 0, this.#start, this.#used)
    this.#bytes = bytes
    this.#ends = this.#ends.map((end) => end - this.#start)
    this.#used = kept
    this.#start = 0
  }
}

/** A command line for people: words with blanks are quoted. It is never given to a shell. */
export function display(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./\\()-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ')
}

/**
 * A short question to a program (`git rev-parse`, `docker version`): its trimmed stdout, or undefined when it is
 * missing, fails or does not answer in time.
 */
export async function probe(
  argv: readonly string[],
  options: { cwd?: string; env?: Environment; timeoutMs?: number } = {},
): Promise<string | undefined> {
  const [program, ...args] = argv
  if (program === undefined) return undefined
  const limit = options.timeoutMs ?? 15_000
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      resolve(undefined)
    }, limit)
  })
  try {
    const asked = getExecOutput(program, args, {
      silent: true,
      ignoreReturnCode: true,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: mergeEnvironment(process.env, options.env ?? {}, hostOf().os),
    }).then((result) => (result.exitCode === 0 ? result.stdout.trim() : undefined))
    return await Promise.race([asked, late])
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
