import type { Act } from '../../base/act.ts'
import { environmentError, inputError, type PipelineError } from '../../base/errors.ts'
import type { Adapter, Observation } from '../ports.ts'
import { timeoutOf } from './commands.ts'
import { unknownName, staticAlgorithm } from './haproxy-api.ts'
import { HaproxyFile } from './haproxy-file.ts'
import {
  everywhere,
  type Goal,
  HaproxyProcess,
  joined,
  percentOf,
  type ProcessState,
  unfit,
  usable,
} from './haproxy-process.ts'
import type { HaproxyServer, HaproxySettings } from './haproxy-settings.ts'
import type { BackendFacts } from './haproxy-state.ts'
import { nearestWeights, type Side, tooFar } from './shares.ts'

const MOST_WEIGHT = 256
/** Those that follow weights while they change, and split requests rather than keys (configuration manual, "balance"). */
const ALGORITHMS = ['roundrobin', 'leastconn', 'random']
const POLL_MS = 200

/**
 * Traffic split by the weights of server lines, over HAProxy's runtime API; with `config` also in its file, so that a
 * reload does not forget them. All processes have to agree.
 */
export function makeHaproxy(settings: HaproxySettings, act: Pick<Act, 'exec' | 'log' | 'clock'>): Adapter {
  const apiMs = timeoutOf(settings, 5000)
  const settleMs = timeoutOf(settings.settle === undefined ? {} : { timeout: settings.settle }, 30_000)
  const processes = settings.processes.map((address) => new HaproxyProcess(act, settings, address, apiMs))
  const file = settings.config === undefined ? undefined : new HaproxyFile(act, settings, settings.config)

  /** `out`: old servers that somebody has taken out of service; the share is that of the others. */
  const goalOf = (percent: number, out: ReadonlySet<string> = new Set()): Goal => {
    const old = settings.old.filter(({ name }) => !out.has(name))
    const weights = nearestWeights(percent, sideOf(old), sideOf(settings.new))
    if (tooFar(percent, weights.percent)) throw shareFault(percent, weights.percent)
    return new Map([
      ...settings.old.map(({ name, size = 1 }) => [name, weights.old * size] as const),
      ...settings.new.map(({ name, size = 1 }) => [name, weights.new * size] as const),
    ])
  }

  /** Both sides, old and new servers as they were configured; at least one old server has a weight. */
  const homeOf = (weights: (name: string) => number | undefined): Goal => {
    const old = settings.old.map(({ name }) => [name, weights(name) ?? 0] as const)
    const known = old.some(([, weight]) => weight > 0) ? old : [...goalOf(0)].slice(0, settings.old.length)
    return new Map([...known, ...settings.new.map(({ name }) => [name, 0] as const)])
  }

  return {
    kind: 'haproxy',

    check: async (signal) => {
      await everywhere(processes, async (process) => {
        const facts = await process.facts(signal)
        const state = await process.read(signal)
        checkBackend(settings, process.name, facts, state)
        if (!state.old.servers.some(usable)) throw downFault(process.name, 'old', state)
      })
      await file?.check(signal)
      if (file !== undefined) {
        const states = await everywhere(processes, (process) => process.read(signal))
        const after = await file.percent(outOf(states))
        const now = mean(states.map(percentOf))
        if (tooFar(now, after))
          throw environmentError({
            code: 'gray-haproxy-drift',
            what: `a reload of HAProxy would give the new version ${show(after)} %, now it has ${show(now)} %`,
            where: file.path,
            fix: 'put the weights in the file right (the new servers at weight 0), or reload HAProxy, before the release',
          })
      }
    },

    get: async (signal) => {
      const states = await everywhere(processes, (process) => process.read(signal))
      const reload = await file?.percent(outOf(states))
      return observe(settings, processes, states, reload)
    },

    set: async (percent, signal) => {
      const states = await everywhere(processes, (process) => process.read(signal))
      const goal = goalOf(percent, outOf(states))
      // Validated before anything is touched, put in place when the weights are in force.
      const draft = await file?.prepare(goal, signal)
      try {
        await shift(settings, processes, goal, signal)
        await draft?.commit()
      } finally {
        await draft?.discard()
      }
      await settled(act, processes, settleMs, signal)
    },

    reset: async (signal) => {
      const errors: unknown[] = []
      const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
        try {
          return await work()
        } catch (error) {
          errors.push(error)
          return undefined
        }
      }
      const before = await attempt(async () => file?.before())
      // The running processes first, each on its own: one that does not answer must not keep the others back.
      await attempt(() =>
        everywhere(processes, async (process) => {
          const state = await process.read(signal)
          const goal = homeOf((name) => before?.get(name) ?? state.all.get(name)?.initial)
          await process.apply('old', goal, signal)
          const raised = await process.read(signal)
          if (!raised.old.servers.some(usable)) throw downFault(process.name, 'old', raised)
          await process.apply('new', goal, signal)
          process.verify(await process.read(signal), goal)
        }),
      )
      await attempt(async () =>
        file?.restore(
          homeOf((name) => before?.get(name)),
          signal,
        ),
      )
      signal.throwIfAborted()
      if (errors.length > 0) throw joined(errors)
    },

    ...(file === undefined
      ? {}
      : {
          finalise: async () => {
            await file.forget()
          },
        }),
  }
}

/** Old servers that are in maintenance or drain everywhere while others serve: a person's wish, which is kept. */
function outOf(states: readonly ProcessState[]): Set<string> {
  const sets = states.map(
    ({ old }) =>
      new Set(
        old.total === 0
          ? []
          : old.servers.filter(({ maint, drain }) => maint || drain).map(({ name }) => name),
      ),
  )
  return new Set([...(sets[0] ?? [])].filter((name) => sets.every((set) => set.has(name))))
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

function sideOf(servers: readonly HaproxyServer[]): Side {
  const sizes = servers.map(({ size = 1 }) => size)
  return { units: sizes.reduce((a, b) => a + b, 0), most: Math.floor(MOST_WEIGHT / Math.max(...sizes)) }
}

/** Every process gets what it has to get first before any gets the rest, so that none is left without servers. */
async function shift(
  settings: HaproxySettings,
  processes: readonly HaproxyProcess[],
  goal: Goal,
  signal: AbortSignal,
): Promise<void> {
  const takes = settings.new.some(({ name }) => (goal.get(name) ?? 0) > 0)
  const orders = await everywhere(processes, async (process) => {
    const state = await process.read(signal)
    // A new server that is down would come up later with more traffic than anybody looked at.
    const down = state.new.servers.filter((server) => !usable(server) && !server.maint && !server.drain)
    if (takes && down.length > 0) throw downFault(process.name, 'new', state)
    return { process, order: process.order(state, goal) }
  })
  const turn = (index: 0 | 1): Promise<unknown> =>
    everywhere(processes, async (process) => {
      const order = orders.find((entry) => entry.process === process)?.order ?? ['old', 'new']
      const side = order[index] ?? 'new'
      if (index === 1) {
        const first = order[0] ?? 'old'
        const state = await process.read(signal)
        const given = state[first].servers.some(({ name }) => (goal.get(name) ?? 0) > 0)
        if (given && !state[first].servers.some(usable)) throw downFault(process.name, first, state)
      }
      await process.apply(side, goal, signal)
    })
  await turn(0)
  await turn(1)
  await everywhere(processes, async (process) => {
    process.verify(await process.read(signal), goal)
  })
}

/** Waits, within its time, for checks and slowstart; what is still missing then is told by `get`. */
async function settled(
  act: Pick<Act, 'clock' | 'log'>,
  processes: readonly HaproxyProcess[],
  limitMs: number,
  signal: AbortSignal,
): Promise<void> {
  const end = act.clock.now() + limitMs
  for (;;) {
    const states = await everywhere(processes, (process) => process.read(signal))
    const waiting = states.flatMap(unfit)
    if (waiting.length === 0 || act.clock.now() + POLL_MS > end) return
    act.log.debug(`waiting for ${waiting.map(({ name, shown }) => `${name} (${shown})`).join(', ')}`)
    await act.clock.sleep(POLL_MS, signal)
  }
}

function observe(
  settings: HaproxySettings,
  processes: readonly HaproxyProcess[],
  states: readonly ProcessState[],
  reload: number | undefined,
): Observation {
  const shares = states.map(percentOf)
  const percent = mean(shares)
  const faults: string[] = []
  if (shares.some((share) => Math.abs(share - percent) > 1e-9))
    faults.push(
      `processes disagree: ${processes.map(({ name }, i) => `${name} ${show(shares[i] ?? 0)} %`).join(', ')}`,
    )
  for (const [index, state] of states.entries()) {
    const where = processes.length > 1 ? ` at ${processes[index]?.name ?? ''}` : ''
    if (state.old.total + state.new.total === 0) faults.push(`no server has a weight${where}`)
    for (const { name, shown } of unfit(state)) faults.push(`${name} is ${shown}${where}`)
    if (settings.zero === 'maint')
      for (const { name } of [...state.old.servers, ...state.new.servers].filter(
        ({ weight, maint }) => weight === 0 && !maint,
      ))
        faults.push(`${name} has no weight but still takes users who stick to it${where}`)
  }
  if (reload !== undefined && Math.abs(reload - percent) > 0.01)
    faults.push(`a reload would give ${show(reload)} %`)
  const [first] = states
  const weights = (side: 'old' | 'new'): string =>
    first?.[side].servers.map(({ name, weight }) => `${name} ${weight}`).join(', ') ?? ''
  return {
    percent,
    settled: faults.length === 0,
    detail: [`new ${show(percent)} % (weights ${weights('old')}; ${weights('new')})`, ...faults].join('; '),
  }
}

function checkBackend(
  settings: HaproxySettings,
  where: string,
  facts: BackendFacts,
  state: ProcessState,
): void {
  const { algorithm, cookie, backups } = facts
  if (algorithm !== undefined && !ALGORITHMS.includes(algorithm)) throw staticAlgorithm(where, algorithm)
  const ours = new Set([...settings.old, ...settings.new].map(({ name }) => name))
  const backup = backups.find((name) => ours.has(name))
  if (backup !== undefined)
    throw unknownName(where, backup, 'it is a backup server: weights have no meaning for it')
  const others = [...state.all.values()].filter(
    ({ name, weight, maint, drain }) =>
      !ours.has(name) && !backups.includes(name) && weight > 0 && !maint && !drain,
  )
  if (others.length > 0)
    throw inputError({
      code: 'gray-haproxy-others',
      what: `the backend ${settings.backend} has servers that are on neither side: ${others.map(({ name }) => name).join(', ')}`,
      cause: 'they take traffic too, so no share would be right',
      where,
      input: 'adapter',
      fix: 'name every server of the backend under old or new',
    })
  if (cookie !== undefined && settings.zero !== 'maint')
    throw inputError({
      code: 'gray-haproxy-sticky',
      what: `users stick to a server by the cookie ${cookie}, so weight 0 does not take them away`,
      cause: 'a server at weight 0, or in drain, still takes everybody whose cookie names it',
      where,
      input: 'adapter',
      fix: 'write "zero: maint" in the adapter, so that a side at 0 % is also put into maintenance and its users move',
    })
}

function downFault(where: string, side: 'old' | 'new', state: ProcessState): PipelineError {
  return environmentError({
    code: 'gray-haproxy-down',
    what: `the ${side} version cannot take traffic`,
    cause: state[side].servers.map(({ name, shown }) => `${name} is ${shown}`).join(', '),
    where,
    fix: 'nothing was taken from the other version; see why the health check fails (show servers state, HAProxy’s log)',
  })
}

function shareFault(asked: number, nearest: number): PipelineError {
  return inputError({
    code: 'gray-share',
    what: `${asked} % cannot be had with these servers: the nearest is ${show(nearest)} %`,
    cause: `a weight is a whole number from 0 to ${MOST_WEIGHT}, the same for every server of a side (times its size)`,
    input: 'steps',
    fix: 'choose another step, or other numbers of servers: few new ones for a small share, few old ones for a large',
  })
}

const show = (percent: number): string => String(Number(percent.toFixed(2)))
