import type { Act } from '../../base/act.ts'
import { environmentError, type Problem } from '../../base/errors.ts'
import { isRecord } from '../../base/json.ts'
import type { Adapter, Observation } from '../ports.ts'
import { readCommand, runCommand, type UserCommand } from './commands.ts'
import { Fields } from './fields.ts'
import { type Hooks, readHooks } from './hooks.ts'

/** Traffic split by the user's own commands. */
export interface CommandSettings extends Hooks {
  readonly kind: 'command'
  /** Prints the new version's part: a number, or `{"percent": 5, "settled": true, "detail": "…"}`. */
  readonly get: UserCommand
  /** Gives the new version `GIP_PERCENT` (or `{percent}` in a word of `run`) percent. */
  readonly set: UserCommand
  /** All traffic to the old version. Absent: `set` with 0. */
  readonly reset?: UserCommand
  /** Finds faults before anything is touched. */
  readonly check?: UserCommand
}

const TIMEOUT_MS = 60_000

/** Reads the settings of kind `command`; all faults at once. */
export function parseCommandSettings(raw: unknown): { settings?: CommandSettings; problems: Problem[] } {
  const problems: Problem[] = []
  const at = new Fields(raw, problems)
  at.raw('kind')
  const needed = (key: string, example: string): UserCommand | undefined => {
    if (!at.has(key)) at.fault(key, 'is missing', `write ${key}: ${example}`)
    return readCommand(at, key)
  }
  const get = needed('get', '[./traffic.sh, get]')
  const set = needed('set', '[./traffic.sh, set, "{percent}"]')
  const reset = readCommand(at, 'reset')
  const check = readCommand(at, 'check')
  const hooks = readHooks(at)
  at.end()
  if (problems.length > 0 || get === undefined || set === undefined) return { problems }
  return {
    settings: {
      kind: 'command',
      get,
      set,
      ...(reset === undefined ? {} : { reset }),
      ...(check === undefined ? {} : { check }),
      ...hooks,
    },
    problems,
  }
}

/** A non-zero exit code of any command is a fault that may be tried again, with the command's output. */
export function makeCommand(
  settings: CommandSettings,
  act: Pick<Act, 'exec' | 'log'>,
  env: Readonly<Record<string, string>> = {},
): Adapter {
  const run = async (
    action: 'check' | 'get' | 'set' | 'reset',
    command: UserCommand,
    percent: number | undefined,
    signal: AbortSignal,
  ): Promise<{ stdout: string; tail: readonly string[]; shown: string }> => {
    const value = percent === undefined ? undefined : String(percent)
    const done = await runCommand(act, {
      command,
      values: value === undefined ? {} : { percent: value },
      env: { ...env, GIP_ACTION: action, GIP_PERCENT: value },
      defaultTimeoutMs: TIMEOUT_MS,
      signal,
    })
    if (done.code === 0) return done
    throw environmentError(
      {
        code: 'gray-command',
        what: `the adapter’s ${action} command failed`,
        cause: `exit code ${done.code} of ${done.shown}`,
        fix: 'see its last output below',
      },
      { log: done.tail.join('\n') },
    )
  }
  const { check } = settings
  return {
    kind: 'command',
    check: async (signal) => {
      if (check !== undefined) await run('check', check, undefined, signal)
      // That the present share can be read is what everything else stands on.
      await read(signal)
    },
    get: read,
    set: async (percent, signal) => {
      await run('set', settings.set, percent, signal)
    },
    reset: async (signal) => {
      await run('reset', settings.reset ?? settings.set, 0, signal)
    },
  }

  async function read(signal: AbortSignal): Promise<Observation> {
    const { stdout, tail, shown } = await run('get', settings.get, undefined, signal)
    const answer = parseObservation(stdout)
    if ('percent' in answer) return answer
    throw environmentError(
      {
        code: 'gray-command-answer',
        what: 'the adapter’s get command did not print the new version’s part',
        cause: answer.fault,
        where: shown,
        fix: 'print a number from 0 to 100, or {"percent": 5, "settled": true}, as the last line of stdout',
      },
      { log: tail.join('\n') },
    )
  }
}

/** Reads what a get command printed: the whole of it, else its last line. A bare number is taken for settled. */
export function parseObservation(stdout: string): Observation | { readonly fault: string } {
  const whole = stdout.trim()
  const last = whole.split(/\r?\n/).at(-1)?.trim() ?? ''
  if (whole === '') return { fault: 'it printed nothing' }
  for (const text of [whole, last]) {
    const bare = /^(\d+(?:\.\d+)?)\s*%?$/.exec(text)
    if (bare !== null) return ranged(Number(bare[1]), true, text)
    const value = parseJson(text)
    if (!isRecord(value)) continue
    const { percent, settled = true, detail } = value
    if (typeof percent !== 'number' || !Number.isFinite(percent))
      return { fault: '"percent" is not a number' }
    if (typeof settled !== 'boolean') return { fault: '"settled" is neither true nor false' }
    return ranged(percent, settled, typeof detail === 'string' ? detail : `new ${percent} %`)
  }
  return { fault: `it printed "${last.slice(0, 100)}"` }
}

function ranged(percent: number, settled: boolean, detail: string): Observation | { readonly fault: string } {
  return percent >= 0 && percent <= 100
    ? { percent, settled, detail }
    : { fault: `${percent} lies outside 0 to 100` }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
