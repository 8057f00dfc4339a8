import type { Problem } from '../../base/errors.ts'
import { isRecord } from '../../base/json.ts'
import { parseDuration } from '../plan.ts'
import { readCommand, type UserCommand } from './commands.ts'
import { Fields, fault, plainName, type Test } from './fields.ts'
import { type Hooks, readHooks } from './hooks.ts'

/** A server line of the backend. */
export interface HaproxyServer {
  readonly name: string
  /** How much it takes compared with the others of its side. Default 1. */
  readonly size?: number
}

export interface HaproxySettings extends Hooks {
  readonly kind: 'haproxy'
  /**
   * The runtime API of every HAProxy process that serves the backend: `/run/haproxy/admin.sock`, `10.0.0.5:9999`, or a
   * command that carries one request on stdin and its answer on stdout (`ssh`, `docker exec`, `socat`).
   */
  readonly processes: readonly (string | { readonly run: readonly string[] })[]
  readonly backend: string
  readonly old: readonly HaproxyServer[]
  readonly new: readonly HaproxyServer[]
  /** What a side at 0 % becomes: weight 0 only, or maintenance as well, which moves users who stick to it. */
  readonly zero: 'weight' | 'maint'
  /** A configuration file of this machine that the weights are also written into. */
  readonly config?: string
  /** Checks the file at `{config}`. Default `haproxy -c -f {config}`. */
  readonly validate?: UserCommand
  /** For one answer of the runtime API. Default 5s. */
  readonly timeout?: string
  /** How long `set` waits for the servers that get traffic to be fully up (checks, slowstart). Default 30s. */
  readonly settle?: string
}

const MOST_SIZE = 32

/** Reads the settings of kind `haproxy`; all faults at once. */
export function parseHaproxySettings(raw: unknown): { settings?: HaproxySettings; problems: Problem[] } {
  const problems: Problem[] = []
  const at = new Fields(raw, problems)
  at.raw('kind')
  const processes = at.list(
    'processes',
    (value, path) => readProcess(value, path, problems),
    '[/run/haproxy/admin.sock]',
  )
  const backend = at.text('backend', { test: plainName })
  const old = at.list('old', (value, path) => readServer(value, path, problems), '[app-old]')
  const fresh = at.list('new', (value, path) => readServer(value, path, problems), '[app-new]')
  const zero = at.one('zero', ['weight', 'maint'], 'weight')
  const config = at.optionalText('config')
  const validate = readCommand(at, 'validate')
  if (validate !== undefined && config === undefined)
    at.fault('validate', 'is of no use without config', 'add config, or remove it')
  if (
    validate !== undefined &&
    !('run' in validate && validate.run.some((word) => word.includes('{config}')))
  )
    at.fault('validate', 'does not name {config}', 'write it like [haproxy, -c, -f, "{config}"]')
  const timeout = at.optionalText('timeout', duration)
  const settle = at.optionalText('settle', duration)
  const hooks = readHooks(at)
  at.end()
  const names = [...old, ...fresh].map(({ name }) => name)
  for (const name of new Set(names.filter((name, index) => names.indexOf(name) !== index)))
    at.fault('new', `names ${name} twice, or as old too`, 'each server stands once, on one side')
  if (problems.length > 0) return { problems }
  return {
    settings: {
      kind: 'haproxy',
      processes,
      backend,
      old,
      new: fresh,
      zero,
      ...(config === undefined ? {} : { config }),
      ...(validate === undefined ? {} : { validate }),
      ...(timeout === undefined ? {} : { timeout }),
      ...(settle === undefined ? {} : { settle }),
      ...hooks,
    },
    problems,
  }
}

export const duration: Test = (text) =>
  (parseDuration(text) ?? 0) > 0 ? undefined : { what: 'is not a length of time', fix: 'write it like 5s' }

function readServer(value: unknown, path: string, problems: Problem[]): HaproxyServer | undefined {
  const from = typeof value === 'string' ? { name: value } : value
  if (!isRecord(from)) {
    problems.push(fault(path, 'is not a server', 'write its name, or {name: app-1, size: 2}', value))
    return undefined
  }
  const at = new Fields(from, problems, path)
  const name = at.text('name', { test: plainName })
  const size = at.whole('size', { fallback: 1, least: 1, most: MOST_SIZE })
  at.end()
  return { name, ...(size === 1 ? {} : { size }) }
}

function readProcess(
  value: unknown,
  path: string,
  problems: Problem[],
): HaproxySettings['processes'][number] | undefined {
  if (isRecord(value)) {
    const at = new Fields({ process: value }, problems)
    const command = readCommand(at, 'process')
    if (
      command !== undefined &&
      'run' in command &&
      command.timeout === undefined &&
      command.cwd === undefined
    )
      return { run: command.run }
    if (command === undefined) return undefined
  } else if (typeof value === 'string' && endpointOf(value) !== undefined) return value
  problems.push(
    fault(
      path,
      'is not an address of the runtime API',
      'write /run/haproxy/admin.sock, 10.0.0.5:9999, or {run: [ssh, …]}',
      value,
    ),
  )
  return undefined
}

/** `/path`, `unix:/path`, `host:port`, `[::1]:port`, each host also after `tcp:`. */
export function endpointOf(text: string): { path: string } | { host: string; port: number } | undefined {
  const path = /^(?:unix[:@])?(\/.+)$/.exec(text)?.[1]
  if (path !== undefined) return { path }
  const match = /^(?:tcp:)?(?:\/\/)?(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]+)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  const host = match?.[1] ?? match?.[2]
  return host !== undefined && port >= 1 && port <= 65_535 ? { host, port } : undefined
}
