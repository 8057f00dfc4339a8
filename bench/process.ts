import { spawn } from 'node:child_process'
import { createWriteStream, readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { once } from 'node:events'

export interface Finished {
  readonly code: number
  /** performance.now() of start and end. */
  readonly startMs: number
  readonly endMs: number
  readonly stdout: string
  /** VmHWM of the process itself, bytes; 0 when it was not watched. */
  readonly peakBytes: number
  /** Time in which the process had no child, ms; 0 when it was not watched. */
  readonly idleMs: number
}

export interface Command {
  readonly argv: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  /** Everything that it prints is appended there. */
  readonly log: string
  readonly input?: string
  /** Sample memory and children of the process. */
  readonly watch?: boolean
  readonly timeoutMs?: number
  /** Exit codes that are no fault; default 0. */
  readonly allow?: readonly number[]
}

/** A command of a chain that failed: the bench cannot go on, its log says why. */
export class CommandFailed extends Error {}

const SAMPLE_MS = 20

/** Runs a command to its end in a process group of its own. Throws CommandFailed. */
export async function runCommand(command: Command): Promise<Finished> {
  const { argv, cwd, env, log, input, watch = false, timeoutMs = 20 * 60_000, allow = [0] } = command
  const [program = '', ...args] = argv
  await mkdir(dirname(log), { recursive: true })
  const file = createWriteStream(log, { flags: 'a' })
  file.write(`$ ${argv.join(' ')}\n`)
  const startMs = performance.now()
  const child = spawn(program, args, {
    cwd,
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const watcher = watch && child.pid !== undefined ? new Watcher(child.pid) : undefined
  const timer = setTimeout(() => killGroup(child.pid), timeoutMs)
  const stdout: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => {
    file.write(chunk)
    stdout.push(chunk)
  })
  child.stderr.on('data', (chunk: Buffer) => file.write(chunk))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input ?? '')
  const { code, endMs } = await new Promise<{ code: number; endMs: number }>((resolve, reject) => {
    child.on('error', reject)
    // The end of the process, not of its pipes: a grandchild may hold those.
    let endMs = 0
    child.on('exit', () => (endMs = performance.now()))
    child.on('close', (code, signal) => resolve({ code: code ?? (signal === null ? 1 : 128), endMs }))
  }).finally(() => {
    clearTimeout(timer)
    watcher?.stop()
  })
  file.end(`= ${code}, ${Math.round(endMs - startMs)} ms\n`)
  await once(file, 'finish')
  if (!allow.includes(code)) throw new CommandFailed(`${argv.join(' ')}\nended with ${code}; see ${log}`)
  return {
    code,
    startMs,
    endMs,
    stdout: Buffer.concat(stdout).toString('utf8'),
    peakBytes: watcher?.peakBytes ?? 0,
    idleMs: watcher === undefined ? 0 : Math.max(0, endMs - startMs - watcher.busyMs),
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended in between.
  }
}

/** Looks at /proc every 20 ms: the peak of resident memory only grows, so the last look before the end has it. */
class Watcher {
  peakBytes = 0
  busyMs = 0
  readonly #pid: number
  readonly #timer: NodeJS.Timeout
  #last = performance.now()

  constructor(pid: number) {
    this.#pid = pid
    this.#timer = setInterval(() => this.#look(), SAMPLE_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const now = performance.now()
    try {
      const status = readFileSync(`/proc/${this.#pid}/status`, 'latin1')
      const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
      // Between fork and exec the process is still a copy of this one.
      if (/^Name:\s+(node|MainThread)$/m.test(status)) this.peakBytes = Math.max(this.peakBytes, peak)
      const children = readFileSync(`/proc/${this.#pid}/task/${this.#pid}/children`, 'latin1')
      if (children.trim() !== '') this.busyMs += now - this.#last
    } catch {
      // It has ended.
    }
    this.#last = now
  }
}
