import { messageOf, PipelineError, type Problem } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { digestOf, type Recorded, runningReference, versionOf } from './compose-state.ts'
import type { ComposeService } from './compose.ts'

/** What is wrong with an image for hosts: only a digest names the same image everywhere and tomorrow. */
export function imageFault(image: string): string | undefined {
  // A reference's characters are safe in every file and command it is written into.
  if (!/^[A-Za-z0-9][A-Za-z0-9._:/-]*@sha256:[0-9a-f]{64}$/.test(image))
    return digestOf(image) === undefined ? 'is not an image with a digest' : 'is not an image reference'
  return undefined
}

export const isServiceName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)
export const isProjectName = (text: string): boolean => /^[a-z0-9][a-z0-9_-]*$/.test(text)
export const isVariableName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text)
export const isFolder = (text: string, os: 'linux' | 'windows'): boolean =>
  !/\p{Cc}/u.test(text) && (os === 'windows' ? /^[A-Za-z]:[\\/]/.test(text) : text.startsWith('/'))

/** At most this many hosts are asked at the same time. */
const TOGETHER = 10

export interface HostResult<T> {
  readonly host: ComposeService
  readonly value?: T
  readonly error?: unknown
}

/** Asks every host, whatever becomes of the others; answers in the order of the hosts. */
export async function eachHost<T>(
  hosts: readonly ComposeService[],
  work: (host: ComposeService) => Promise<T>,
  together = TOGETHER,
): Promise<HostResult<T>[]> {
  const results: HostResult<T>[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (;;) {
      const index = next++
      const host = hosts[index]
      if (host === undefined) return
      try {
        results[index] = { host, value: await work(host) }
      } catch (error) {
        results[index] = { host, error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(together, hosts.length) }, worker))
  return results
}

/**
 * One error of several hosts: all problems together. When one of them may pass, the whole may be tried again, because
 * what is done on the other hosts is done.
 */
export function hostsError(results: readonly HostResult<unknown>[], what: string): Error | undefined {
  const bad = results.filter(({ error }) => error !== undefined)
  if (bad.length === 0) return undefined
  const other = bad.find(({ error }) => !(error instanceof PipelineError))
  // A cancellation, or a fault of ours: not to be told as one of a host's.
  if (other !== undefined)
    return other.error instanceof Error ? other.error : new Error(`${what}: ${messageOf(other.error)}`)
  const pipeline = bad.map(({ error }) => error).filter((error) => error instanceof PipelineError)
  const kind =
    pipeline.find((error) => error.kind === 'cancelled')?.kind ??
    pipeline.find((error) => error.kind === 'environment')?.kind ??
    pipeline.find((error) => error.kind === 'gate')?.kind ??
    'input'
  const logs = pipeline.flatMap(({ log }) => (log === undefined ? [] : [log]))
  return new PipelineError(
    kind,
    pipeline.flatMap(({ problems }) => problems),
    logs.length === 0 ? {} : { log: logs.join('\n\n') },
  )
}

/** Everything that would stop a deployment on any host, all at once; hosts that cannot be asked are problems too. */
export async function preflightHosts(
  hosts: readonly ComposeService[],
  signal: AbortSignal,
): Promise<{ problems: Problem[]; error?: Error }> {
  const results = await eachHost(hosts, (host) => host.preflight(signal))
  const problems = results.flatMap(({ value }) => value?.problems ?? [])
  const error = hostsError(results, 'the look at the hosts')
  return { problems, ...(error === undefined ? {} : { error }) }
}

export interface DeployOptions {
  readonly hosts: readonly ComposeService[]
  /** `name@sha256:…`. */
  readonly image: string
  /** Hosts updated at the same time. Default 1. */
  readonly batch?: number
  /** Asked after each batch, beyond what compose itself waits for; throws to take everything back. */
  readonly healthy?: (hosts: readonly ComposeService[]) => Promise<void>
  readonly log: Log
  readonly signal: AbortSignal
  /** For the way back after a cancellation: not the run's own. */
  readonly backSignal?: AbortSignal
  /** Called before the first host is touched; what fails earlier has changed nothing. */
  readonly begins?: () => void
  /** Leaves this record on each host and keeps its old image there; without it the old image is removed. */
  readonly record?: Pick<Recorded, 'at' | 'kind'>
}

export interface Deployed {
  readonly host: string
  /** What ran before; absent: nothing did. */
  readonly before?: string
  readonly changed: boolean
}

/**
 * Brings an image to all hosts, batch by batch, in order: first everything is checked and pulled everywhere, then
 * the first batch is updated; when a host refuses it, every host that was touched gets its old image back and the error
 * names what was and what was not put back.
 */
export async function deployToHosts(options: DeployOptions): Promise<Deployed[]> {
  const { hosts, image, batch = 1, log, signal } = options
  const { problems, error } = await preflightHosts(hosts, signal)
  if (error !== undefined) throw error
  if (problems.length > 0) throw new PipelineError('input', problems)
  const prepared = await eachHost(hosts, (host) => host.prepare(image, signal))
  const unprepared = hostsError(prepared, 'the pull of the image')
  if (unprepared !== undefined) throw unprepared
  const deployed = prepared.map(({ host, value }): Deployed => {
    const before = value === undefined ? undefined : runningReference(value)
    const changed = value === undefined || versionOf(value, image).version !== 'new'
    return { host: host.where, changed, ...(before === undefined ? {} : { before }) }
  })
  options.begins?.()
  try {
    for (let at = 0; at < hosts.length; at += batch) {
      const now = hosts.slice(at, at + batch)
      const failed = hostsError(
        await eachHost(now, (host) => host.update(image, signal), batch),
        'the update',
      )
      if (failed !== undefined) throw failed
      await options.healthy?.(now)
      log.info(`${now.map(({ where }) => where).join(', ')}: healthy with ${image}`)
    }
  } catch (fault) {
    const backSignal = options.backSignal ?? AbortSignal.timeout(10 * 60_000)
    const back = await eachHost(hosts, (host) => host.back(backSignal))
    const stuck = hostsError(back, 'the way back')
    if (stuck === undefined) {
      log.info('every host has its old version again')
      throw fault
    }
    if (!(stuck instanceof PipelineError)) throw stuck
    throw new PipelineError(
      stuck.kind,
      [...(fault instanceof PipelineError ? fault.problems : []), ...stuck.problems],
      { cause: fault, ...(stuck.log === undefined ? {} : { log: stuck.log }) },
    )
  }
  // The release stands; what is left of the old one takes only room.
  const { record } = options
  const ended = await eachHost(hosts, (host) =>
    record === undefined ? host.finalise(image, signal) : host.record({ ...record, image }, signal),
  )
  for (const { host, error: left } of ended)
    if (left !== undefined)
      log.warning(
        `${host.where}: ${record === undefined ? 'the old image was not removed' : 'the deployment was not recorded, so a later rollback there needs an image named'}: ${messageOf(left)}`,
      )
  return deployed
}
