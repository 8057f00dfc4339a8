import { messageOf, PipelineError, type Problem } from '../../base/errors.ts'
import type { Log } from '../../base/log.ts'
import { backScript } from '../../deploy/compose-sh.ts'
import { digestOf, runsImage, type ServiceState, versionOf } from '../../deploy/compose-state.ts'
import { ComposeService } from '../../deploy/compose.ts'
import { eachHost, type HostResult, hostsError, preflightHosts } from '../../deploy/hosts.ts'
import type { Ssh } from '../../deploy/ssh.ts'
import { type DeadManHost, deadManFolder } from '../dead-man.ts'
import { nodesAt } from '../plan.ts'
import type { Adapter, Observation } from '../ports.ts'
import type { HostsSettings } from './hosts-settings.ts'

/**
 * Percent of the hosts: at p % the first ⌈n·p⌉ of them run the new image (at least one, all only at 100 %), the others the old
 * one. Every host keeps the note of its own old image, so going back needs nothing but the settings, and each host that
 * refuses the new image has put its old one back before we hear of it.
 */
export class HostsAdapter implements Adapter {
  readonly kind = 'hosts'
  readonly #settings: HostsSettings
  readonly #hosts: readonly ComposeService[]
  readonly #log: Log

  constructor(settings: HostsSettings, ssh: Ssh, log: Log) {
    this.#settings = settings
    this.#hosts = settings.hosts.map((host) => new ComposeService(ssh, host))
    this.#log = log
  }

  async check(signal: AbortSignal): Promise<void> {
    const { problems, error } = await preflightHosts(this.#hosts, signal)
    if (error !== undefined) throw error
    if (problems.length > 0) throw new PipelineError('input', problems)
    const found = await eachHost(this.#hosts, (host) => host.inspect(signal))
    const unseen = hostsError(found, 'the look at the hosts')
    if (unseen !== undefined) throw unseen
    const unfit = found.flatMap(({ host, value }) =>
      value === undefined ? [] : unfitFor(value, this.#settings.image, host.where),
    )
    if (unfit.length > 0) throw new PipelineError('gate', unfit)
  }

  /** Pulls the new image everywhere and notes what runs; nothing that runs is touched. */
  async deploy(signal: AbortSignal): Promise<void> {
    const error = hostsError(
      await eachHost(this.#hosts, (host) => host.prepare(this.#settings.image, signal)),
      'the pull of the image',
    )
    if (error !== undefined) throw error
  }

  async get(signal: AbortSignal): Promise<Observation> {
    const results = await eachHost(this.#hosts, (host) => host.inspect(signal))
    // A cancelled look says nothing of the hosts.
    signal.throwIfAborted()
    return observe(results, this.#settings.image)
  }

  async set(percent: number, signal: AbortSignal): Promise<void> {
    const { image, batch } = this.#settings
    const count = percent <= 0 ? 0 : nodesAt(percent, this.#hosts.length)
    const receiving = this.#hosts.slice(0, count)
    for (let at = 0; at < receiving.length; at += batch) {
      const now = receiving.slice(at, at + batch)
      // What a batch refuses, the next one is not asked.
      const failed = hostsError(
        await eachHost(now, (host) => host.update(image, signal), batch),
        'the update',
      )
      if (failed !== undefined) throw failed
    }
    const results = await eachHost(this.#hosts.slice(count), async (host) => {
      if (versionOf(await host.inspect(signal), image).version === 'old') return
      await host.back(signal)
      // The release goes on, at a lower part: the host may be asked again.
      await host.prepare(image, signal)
    })
    const [unreached, final] = [results.filter(isPassing), results.filter((result) => !isPassing(result))]
    const failed = hostsError(final, 'the way back')
    if (failed !== undefined) throw failed
    // A host that is to stay old and cannot be asked is for the read-back to judge; it hinders no other.
    for (const { host, error } of unreached) this.#log.warning(`${host.where}: ${messageOf(error)}`)
  }

  /** Every host that can be reached gets its old image; throws, naming the others, when one could not be asked. */
  async reset(signal: AbortSignal): Promise<void> {
    const results = await eachHost(this.#hosts, (host) => host.back(signal))
    const error = hostsError(results, 'the way back')
    if (error === undefined) return
    if (!(error instanceof PipelineError)) throw error
    const left = results.filter((result) => result.error !== undefined).map(({ host }) => host.where)
    const back = results.length - left.length
    // Some may be reached by another try, so this is never final.
    throw new PipelineError(
      'environment',
      [
        {
          code: 'hosts-not-back',
          what: `${left.join(', ')} ${left.length === 1 ? 'is' : 'are'} not known to run the old version`,
          cause: `${back} of ${results.length} hosts are back`,
          where: left.join(', '),
          fix: 'make the host reachable and run the release action with command: recover; or see to it by hand: docker compose ps',
        },
        ...error.problems,
      ],
      error.log === undefined ? {} : { log: error.log },
    )
  }

  /** Drops the notes and the old images. */
  async finalise(signal: AbortSignal): Promise<void> {
    const error = hostsError(
      await eachHost(this.#hosts, (host) => host.finalise(this.#settings.image, signal)),
      'the removal of the old image',
    )
    if (error !== undefined) throw error
  }
}

const isPassing = ({ error }: HostResult<unknown>): boolean =>
  error instanceof PipelineError && error.kind === 'environment'

/** What forbids a start on a host: nothing to go back to, nothing new, or an earlier release that was never ended. */
export function unfitFor(state: ServiceState, image: string, where: string): Problem[] {
  const { version, healthy, detail } = versionOf(state, image)
  const kept = state.kept
  const earlier = kept !== undefined && kept.new !== image ? kept.new : undefined
  if (earlier !== undefined && versionOf(state, earlier).version !== 'old')
    return [
      {
        code: 'hosts-unfinished',
        what: `${where} still has an earlier release that was neither finished nor taken back`,
        cause: `it runs ${earlier}`,
        where,
        fix: 'take that release back first (command: recover)',
      },
    ]
  if (version === 'new' || version === 'mixed')
    return [
      {
        code: 'hosts-already-new',
        what: `${where} runs the new image already`,
        cause: detail,
        where,
        fix: 'release another image, or take the host’s version back first: there is nothing to compare with',
      },
    ]
  if (version === 'none' || !healthy)
    return [
      {
        code: 'hosts-nothing-old',
        what: `${where} has no healthy version to go back to`,
        cause: detail,
        where,
        fix: 'start the present version first: docker compose up -d --wait; a first deployment is not a gray release',
      },
    ]
  return []
}

/** The hosts' answers as one: the part in percent, whether all agree, and who stands where. */
export function observe(results: readonly HostResult<ServiceState>[], image: string): Observation {
  let fresh = 0
  let settled = results.length > 0
  const groups = new Map<string, string[]>()
  for (const { host, value, error } of results) {
    let word: string
    if (value === undefined) {
      settled = false
      word = `not reached (${messageOf(error).split('\n')[0] ?? ''})`
    } else {
      const { version, healthy, detail } = versionOf(value, image)
      if (version === 'new') fresh++
      const strange = version === 'old' && isStrange(value)
      if (!healthy || version === 'mixed' || version === 'none' || strange) settled = false
      word = strange ? 'neither the old nor the new version' : detail
    }
    groups.set(word, [...(groups.get(word) ?? []), host.where])
  }
  return {
    percent: results.length === 0 ? 0 : (100 * fresh) / results.length,
    settled,
    detail: [...groups].map(([word, hosts]) => `${word}: ${hosts.join(', ')}`).join('; '),
  }
}

/** Somebody has put a third version there while the release ran. */
function isStrange({ kept, containers }: ServiceState): boolean {
  if (kept === undefined || digestOf(kept.old) === undefined) return false
  return containers.some((container) => container.digests.length > 0 && !runsImage(container, kept.old))
}

/** Where each host's timer lies and what it runs: the host's own way back. */
export const hostsDeadMan = (settings: HostsSettings): DeadManHost[] =>
  settings.hosts.map(({ target, service }) => ({
    target,
    folder: deadManFolder(service.folder, service.service),
    back: backScript(service),
  }))
