import type { Act } from '../../base/act.ts'
import { environmentError, gateError, messageOf, type PipelineError } from '../../base/errors.ts'
import type { Adapter } from '../ports.ts'
import { parseDuration } from '../plan.ts'
import { readCommand, runCommand, type UserCommand } from './commands.ts'
import { Fields, fault, plainUrl } from './fields.ts'

/** A request to the new version itself, asked again until it passes or the time is over. */
export interface SmokeUrl {
  readonly url: string
  /** Statuses that pass. Default 200. */
  readonly status?: readonly number[]
  /** Text that the body has to hold. */
  readonly contains?: string
  /** Default 1m. */
  readonly timeout?: string
}

/** What any adapter may have beside its traffic split. */
export interface Hooks {
  readonly deploy?: UserCommand
  readonly smoke?: UserCommand | SmokeUrl
  readonly finalise?: UserCommand
}

export type HookAct = Pick<Act, 'exec' | 'http' | 'log' | 'clock'>

const DEPLOY_MS = 10 * 60_000
const SMOKE_MS = 60_000
const BODY_LIMIT = 1024 * 1024

export function readHooks(fields: Fields): Hooks {
  const deploy = readCommand(fields, 'deploy')
  const finalise = readCommand(fields, 'finalise')
  const smoke = readSmoke(fields)
  return {
    ...(deploy === undefined ? {} : { deploy }),
    ...(smoke === undefined ? {} : { smoke }),
    ...(finalise === undefined ? {} : { finalise }),
  }
}

function readSmoke(fields: Fields): UserCommand | SmokeUrl | undefined {
  const raw = fields.raw('smoke')
  if (typeof raw !== 'object' || raw === null || !('url' in raw)) return readCommand(fields, 'smoke')
  const at = new Fields(raw, fields.problems, fields.path('smoke'))
  const url = at.text('url', { test: plainUrl })
  const status = at.has('status')
    ? at.list('status', (value, path) => readStatus(value, path, fields), '200')
    : undefined
  const contains = at.optionalText('contains')
  const timeout = at.optionalText('timeout', (text) =>
    (parseDuration(text) ?? 0) > 0
      ? undefined
      : { what: 'is not a length of time', fix: 'write it like 30s or 5m' },
  )
  at.end()
  return {
    url,
    ...(status === undefined ? {} : { status }),
    ...(contains === undefined ? {} : { contains }),
    ...(timeout === undefined ? {} : { timeout }),
  }
}

function readStatus(value: unknown, path: string, fields: Fields): number | undefined {
  if (Number.isInteger(value) && (value as number) >= 100 && (value as number) <= 599) return value as number
  fields.problems.push(fault(path, 'is not an HTTP status', 'write a number such as 200', value))
  return undefined
}

/**
 * The adapter with the user's hooks around it. The adapter's own `deploy`, `smoke` and `finalise` run after the user's:
 * what is brought up by a command must be there before the adapter looks at it.
 * `env` is what the commands are told beside `GIP_ACTION` (the versions).
 */
export function withHooks(
  adapter: Adapter,
  hooks: Hooks,
  act: HookAct,
  env: Readonly<Record<string, string>> = {},
): Adapter {
  const { deploy, smoke, finalise } = hooks
  const after = (
    own: ((signal: AbortSignal) => Promise<void>) | undefined,
    work: ((signal: AbortSignal) => Promise<void>) | undefined,
  ): ((signal: AbortSignal) => Promise<void>) | undefined =>
    work === undefined
      ? own
      : async (signal) => {
          await work(signal)
          await own?.(signal)
        }
  const command = (
    name: HookName,
    given: UserCommand | undefined,
  ): ((signal: AbortSignal) => Promise<void>) | undefined =>
    given === undefined ? undefined : (signal) => runHook(act, name, given, env, signal)
  // Method by method, so that an adapter may also be an instance of a class.
  const all = {
    deploy: after(adapter.deploy?.bind(adapter), command('deploy', deploy)),
    smoke: after(
      adapter.smoke?.bind(adapter),
      smoke !== undefined && 'url' in smoke
        ? (signal) => askSmoke(act, smoke, signal)
        : command('smoke', smoke),
    ),
    finalise: after(adapter.finalise?.bind(adapter), command('finalise', finalise)),
  }
  return {
    kind: adapter.kind,
    check: (signal) => adapter.check(signal),
    get: (signal) => adapter.get(signal),
    set: (percent, signal) => adapter.set(percent, signal),
    reset: (signal) => adapter.reset(signal),
    ...(all.deploy === undefined ? {} : { deploy: all.deploy }),
    ...(all.smoke === undefined ? {} : { smoke: all.smoke }),
    ...(all.finalise === undefined ? {} : { finalise: all.finalise }),
  }
}

type HookName = 'deploy' | 'smoke' | 'finalise'

async function runHook(
  act: HookAct,
  name: HookName,
  command: UserCommand,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const done = await runCommand(act, {
    command,
    env: { ...env, GIP_ACTION: name },
    defaultTimeoutMs: name === 'smoke' ? SMOKE_MS : DEPLOY_MS,
    signal,
  })
  if (done.code === 0) return
  const problem = {
    code: name === 'smoke' ? 'gray-smoke' : `gray-${name}`,
    what:
      name === 'smoke'
        ? 'the new version did not pass its smoke test'
        : `the ${name} command of the adapter failed`,
    cause: `exit code ${done.code} of ${done.shown}`,
    fix: 'see its last output below',
  }
  const log = done.tail.join('\n')
  throw name === 'smoke' ? gateError(problem, log) : environmentError(problem, { log })
}

async function askSmoke(act: HookAct, smoke: SmokeUrl, signal: AbortSignal): Promise<void> {
  const { clock, http } = act
  const limit = smoke.timeout === undefined ? SMOKE_MS : (parseDuration(smoke.timeout) ?? SMOKE_MS)
  const end = clock.now() + limit
  for (;;) {
    let last: string
    try {
      const answer = await http.request({ url: smoke.url, signal, timeoutMs: Math.min(10_000, limit) })
      const body = await answer.text(BODY_LIMIT)
      const statuses = smoke.status ?? [200]
      if (!statuses.includes(answer.status))
        last = `status ${answer.status} instead of ${statuses.join(' or ')}`
      else if (smoke.contains !== undefined && !body.includes(smoke.contains))
        last = `status ${answer.status}, but the body does not hold "${smoke.contains}": ${body.slice(0, 200)}`
      else return
    } catch (error) {
      signal.throwIfAborted()
      last = messageOf(error)
    }
    if (clock.now() + 1000 > end) throw smokeFailed(smoke, last)
    await clock.sleep(1000, signal)
  }
}

function smokeFailed(smoke: SmokeUrl, last: string): PipelineError {
  return gateError({
    code: 'gray-smoke',
    what: 'the new version did not pass its smoke test',
    cause: last,
    where: smoke.url,
    fix: 'look at the log of the new version; it has had no traffic so far',
  })
}
