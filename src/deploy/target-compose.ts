import type { Problem } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { ComposeService, type ComposeHost } from './compose.ts'
import { type Container, runningReference, type ServiceState, versionOf } from './compose-state.ts'
import { deployToHosts, eachHost, hostsError } from './hosts.ts'
import type { Ssh } from './ssh.ts'
import { formatTarget } from './ssh-target.ts'
import type { Standing, Target, TargetDeploy } from './target.ts'

/** One service of a compose project on each of some hosts. */
export class ComposeTarget implements Target {
  readonly kind = 'compose'
  readonly places: readonly string[]
  readonly #hosts: readonly ComposeService[]
  readonly #services: readonly string[]
  readonly #batch: number
  readonly #log: Log

  constructor(hosts: readonly ComposeHost[], batch: number, ssh: Ssh, log: Log) {
    this.places = placesOf(hosts)
    this.#hosts = hosts.map((host) => new ComposeService(ssh, host))
    this.#services = hosts.map(({ service }) => service.service)
    this.#batch = batch
    this.#log = log
  }

  async look(signal: AbortSignal): Promise<Standing[]> {
    const results = await eachHost(this.#hosts, (host) => host.inspect(signal))
    const error = hostsError(results, 'the look at the hosts')
    if (error !== undefined) throw error
    return results.flatMap(({ value }, index) =>
      value === undefined
        ? []
        : [standingOf(value, this.places[index] ?? '', this.#services[index] ?? 'the service')],
    )
  }

  async deploy({ image, record, begins, healthy }: TargetDeploy, signal: AbortSignal): Promise<void> {
    await deployToHosts({
      hosts: this.#hosts,
      image,
      batch: this.#batch,
      record,
      begins,
      healthy: (hosts) => healthy(hosts.map(({ where }) => where)),
      log: this.#log,
      signal,
    })
  }

  async takeBack(signal: AbortSignal): Promise<void> {
    const error = hostsError(await eachHost(this.#hosts, (host) => host.back(signal)), 'the way back')
    if (error !== undefined) throw error
  }
}

/** A name for each: the host, and its folder where one host has several. */
export function placesOf(hosts: readonly ComposeHost[]): string[] {
  const names = hosts.map(({ target }) => formatTarget(target))
  return hosts.map(({ service }, index) => {
    const name = names[index] ?? ''
    return names.indexOf(name) === names.lastIndexOf(name) ? name : `${name}:${service.folder}`
  })
}

/** A host's answer as the target tells it; pure. */
export function standingOf(state: ServiceState, where: string, service: string): Standing {
  const { kept, containers, history = [] } = state
  const image = runningReference(state)
  // The version that runs now, asked about by its own name: mixed means that an update stopped half-way.
  const { version, healthy, detail } = versionOf(state, image ?? '')
  const touched = kept !== undefined && versionOf(state, kept.new).version !== 'old' && containers.length > 0
  return {
    where,
    healthy: healthy && version === 'new',
    detail: version === 'new' ? (healthy ? 'healthy' : detail.replace(/^new, /, '')) : detail,
    history,
    advice: containers[0] === undefined ? [] : adviceFor(containers[0], where, service),
    ...(image === undefined ? {} : { image }),
    ...(containers[0] === undefined ? {} : { content: containers[0].image }),
    ...(touched && kept.new !== kept.old ? { unfinished: kept.new } : {}),
  }
}

/** What a container lacks for safe operation, by how the engine has made it; pure. */
export function adviceFor({ health, made }: Container, where: string, service: string): Problem[] {
  const all: Problem[] = []
  const add = (code: string, what: string, cause: string, fix: string): void => {
    all.push({ code, what: `${service} has no ${what}`, cause, where, fix: `in the compose file: ${fix}` })
  }
  if (health === null)
    add('deploy-no-healthcheck', 'health check', 'a version that starts and does not work is only seen by its users', 'healthcheck: { test: [CMD, /app, healthcheck], interval: 10s, timeout: 3s, start_period: 10s, retries: 3 }')
  if (made === undefined) return all
  if (made.memory === 0 || !made.cpuLimited)
    add('deploy-no-limits', [made.memory === 0 ? 'memory limit' : '', made.cpuLimited ? '' : 'CPU limit'].filter((one) => one !== '').join(' and no '), 'one leak takes the whole host down', "deploy: { resources: { limits: { memory: 512M, cpus: '0.5' } } }")
  if (made.graceSeconds === null)
    add('deploy-no-grace', 'time of its own to stop', 'after 10 s, the standard of Docker, requests that still run are cut off', 'stop_grace_period: 30s')
  if (made.restart === '' || made.restart === 'no')
    add('deploy-no-restart', 'restart policy', 'after a crash or a restart of the host it stays down', 'restart: unless-stopped')
  return all
} // prettier-ignore
