import type { Act } from '../../base/act.ts'
import { display, type Finished } from '../../base/exec.ts'
import { isRecord } from '../../base/json.ts'
import type { Environment } from '../../base/platform.ts'
import { parseDuration } from '../plan.ts'
import { type Fields, fault } from './fields.ts'

const SHELLS = ['sh', 'bash', 'pwsh', 'powershell'] as const
export type Shell = (typeof SHELLS)[number]

/** A command of the user, as it stands in the settings. */
export type UserCommand =
  | { readonly run: readonly string[]; readonly timeout?: string; readonly cwd?: string }
  | { readonly shell: Shell; readonly script: string; readonly timeout?: string; readonly cwd?: string }

/** Reads `[program, argument …]`, `{run: […], timeout, cwd}` or `{shell: sh, script: "…", timeout, cwd}`. */
export function readCommand(fields: Fields, key: string): UserCommand | undefined {
  const raw = fields.raw(key)
  if (raw === undefined) return undefined
  const value = Array.isArray(raw) ? { run: raw as unknown[] } : raw
  const bad = (what: string, fix: string): UserCommand | undefined => {
    fields.problems.push(fault(fields.path(key), what, fix, raw))
    return undefined
  }
  if (!isRecord(value))
    return bad(
      'is not a command',
      `write a list of words ([program, argument]), or {shell: sh, script: "…"}: nothing is given to a shell unasked`,
    )
  const unknown = Object.keys(value).find(
    (name) => !['run', 'shell', 'script', 'timeout', 'cwd'].includes(name),
  )
  if (unknown !== undefined)
    return bad(`has the field ${unknown}`, 'a command has run, or shell and script; and timeout and cwd')
  const { run, shell, script, timeout, cwd } = value
  if (timeout !== undefined && (typeof timeout !== 'string' || (parseDuration(timeout) ?? 0) <= 0))
    return bad('has a timeout that is not a length of time', 'write it like 30s or 5m')
  if (cwd !== undefined && (typeof cwd !== 'string' || cwd === ''))
    return bad('has a cwd that is not a text', 'write the path of a folder')
  const common = { ...(timeout === undefined ? {} : { timeout }), ...(cwd === undefined ? {} : { cwd }) }
  if (run !== undefined && (shell !== undefined || script !== undefined))
    return bad('has run and also shell or script', 'write one of the two')
  if (run !== undefined) {
    if (
      !Array.isArray(run) ||
      run.length === 0 ||
      !run.every((word) => typeof word === 'string') ||
      run[0] === ''
    )
      return bad('is not a list of words', 'write it like [program, argument]; quote numbers')
    return { run, ...common }
  }
  const known = SHELLS.find((name) => name === shell)
  if (known === undefined) return bad('names no shell we know', `write shell: ${SHELLS.join(', ')}`)
  if (typeof script !== 'string' || script.trim() === '') return bad('has no script', 'write script: "…"')
  return { shell: known, script, ...common }
}

/** The argv of a shell that ends at the first failing command. */
export function shellArgv(shell: Shell, script: string): string[] {
  switch (shell) {
    case 'sh':
      return ['sh', '-ec', script]
    case 'bash':
      return ['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', script]
    case 'pwsh':
    case 'powershell':
      // Without the last line a program's failure inside the script would be lost.
      return [
        shell,
        '-NoProfile',
        '-NonInteractive',
        '-Command',
        `$ErrorActionPreference = 'Stop'\n${script}\nif (Test-Path variable:LASTEXITCODE) { exit $LASTEXITCODE }`,
      ]
  }
}

/** `{percent}` and the like in the words of an argv; scripts get their values by the environment only. */
export function fill(words: readonly string[], values: Readonly<Record<string, string>>): string[] {
  return words.map((word) => word.replaceAll(/\{([a-z]+)\}/g, (all, name: string) => values[name] ?? all))
}

export interface CommandRun {
  readonly command: UserCommand
  /** For `{name}` in the words. */
  readonly values?: Readonly<Record<string, string>>
  readonly env?: Environment
  readonly defaultTimeoutMs: number
  readonly signal: AbortSignal
}

/** Runs it; a non-zero exit is an answer. `shown` is the command line for people. */
export async function runCommand(
  act: Pick<Act, 'exec' | 'log'>,
  { command, values = {}, env = {}, defaultTimeoutMs, signal }: CommandRun,
): Promise<Finished & { readonly shown: string }> {
  const argv = 'run' in command ? fill(command.run, values) : shellArgv(command.shell, command.script)
  const shown = 'run' in command ? display(argv) : `${command.shell}: ${firstLine(command.script)}`
  const finished = await act.exec.run({
    argv,
    env,
    signal,
    timeoutMs: timeoutOf(command, defaultTimeoutMs),
    onLine: (line) => act.log.debug(line),
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
  })
  return { ...finished, shown }
}

export function timeoutOf(command: { readonly timeout?: string }, fallback: number): number {
  return command.timeout === undefined ? fallback : (parseDuration(command.timeout) ?? fallback)
}

function firstLine(script: string): string {
  const [first = '', ...rest] = script.trim().split('\n')
  return rest.length === 0 ? first : `${first} …`
}
