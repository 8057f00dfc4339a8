import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Act } from '../../src/base/act.ts'
import { type Clock, reasonOf, systemClock } from '../../src/base/clock.ts'
import { type Command, type Exec, type Finished, SystemExec } from '../../src/base/exec.ts'
import { TemporaryFolders } from '../../src/base/files.ts'
import { type Http, SystemHttp } from '../../src/base/http.ts'
import type { Annotation, Log } from '../../src/base/log.ts'
import { type Environment, hostOf } from '../../src/base/platform.ts'
import { RetryCounter } from '../../src/base/retry.ts'
import { Secrets } from '../../src/base/secrets.ts'

/** Keeps everything that is said. */
export class KeptLog implements Log {
  readonly lines: string[] = []
  readonly warnings: string[] = []
  readonly annotations: Annotation[] = []
  info(line: string): void {
    this.lines.push(line)
  }
  debug(line: string): void {
    this.lines.push(line)
  }
  warning(message: string): void {
    this.warnings.push(message)
  }
  error(message: string): void {
    this.warnings.push(message)
  }
  annotate(annotation: Annotation): void {
    this.annotations.push(annotation)
  }
}

/** A clock whose time passes only by sleeping, or when told. */
export class StepClock implements Clock {
  #now = 1_000_000
  readonly slept: number[] = []
  pass(ms: number): void {
    this.#now += ms
  }
  now(): number {
    return this.#now
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(reasonOf(signal))
    this.#now += ms
    this.slept.push(ms)
    return Promise.resolve()
  }
}

export interface Reply {
  readonly code?: number
  readonly stdout?: string
  readonly stderr?: string
  /** Thrown instead of an answer. */
  readonly throws?: Error
}

/** Programs played by a function; every call is kept. Its lines arrive through `onLine`, as from a real one. */
export class PlayedExec implements Exec {
  readonly calls: Command[] = []
  readonly #play: (argv: readonly string[], call: number) => Reply | undefined

  constructor(play: (argv: readonly string[], call: number) => Reply | undefined) {
    this.#play = play
  }

  run(command: Command): Promise<Finished> {
    this.calls.push(command)
    if (command.signal?.aborted === true) return Promise.reject(reasonOf(command.signal))
    const reply = this.#play(command.argv, this.calls.length)
    if (reply === undefined) return Promise.reject(new Error(`nobody plays ${command.argv.join(' ')}`))
    if (reply.throws !== undefined) return Promise.reject(reply.throws)
    const { code = 0, stdout = '', stderr = '' } = reply
    const out = stdout === '' ? [] : stdout.replace(/\n$/, '').split('\n')
    const err = stderr === '' ? [] : stderr.replace(/\n$/, '').split('\n')
    for (const line of out) command.onLine?.(line, 'stdout')
    for (const line of err) command.onLine?.(line, 'stderr')
    return Promise.resolve({ code, stdout, stderr: err.join('\n'), tail: [...out, ...err], ms: 1 })
  }

  /** The command lines, as people write them. */
  get lines(): string[] {
    return this.calls.map((call) => call.argv.join(' '))
  }
}

export interface TestAct extends Act {
  readonly log: KeptLog
  readonly folder: string
  dispose(): Promise<void>
}

/** Every port for a test; what is not given is real, in a folder of its own. */
export async function testAct(parts: Partial<Omit<Act, 'log'>> = {}): Promise<TestAct> {
  const folder = await mkdtemp(join(tmpdir(), 'gip-act-'))
  const http: Http & { close?: () => Promise<void> } = parts.http ?? new SystemHttp()
  const env: Environment = parts.env ?? process.env
  return {
    exec: new SystemExec(),
    signal: new AbortController().signal,
    host: hostOf(),
    counter: new RetryCounter(),
    secrets: new Secrets(),
    temp: new TemporaryFolders(folder),
    clock: systemClock,
    ...parts,
    http,
    env,
    log: new KeptLog(),
    folder,
    dispose: async () => {
      if (parts.http === undefined) await http.close?.()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}
