import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { messageOf, type Problem } from '../base/errors.ts'
import type { Command } from '../base/exec.ts'
import { type Environment, type Host, lookupEnvironment } from '../base/platform.ts'

/** What is known of the Docker engine before any work. Absent parts were not there or did not answer. */
export interface EngineFacts {
  readonly reachable: boolean
  readonly client?: { readonly version: string }
  readonly server?: ServerFacts
  readonly buildx?: { readonly version: string; readonly path: string }
  /** The Docker context in force; `default` unless the user chose another. */
  readonly context: string
  /** What every docker and buildx call needs to reach the same engine from another DOCKER_CONFIG. */
  readonly env: Readonly<Record<string, string>>
  /** Why the engine cannot be used; absent when it can be. */
  readonly problem?: Problem
}

export interface ServerFacts {
  readonly version: string
  readonly product: 'docker' | 'podman'
  /** `linux` or `windows`: the kind of container it runs. */
  readonly os: string
  /** Go's spelling: amd64, arm64 … */
  readonly arch: string
  /** `Docker Desktop`, `Ubuntu 24.04.3 LTS` … */
  readonly system: string
  readonly storageDriver: string
  /** Images are kept by containerd: several platforms, attestations and cache export work without a builder. */
  readonly containerdStore: boolean
  readonly rootless: boolean
  /** Docker Hub mirrors of the daemon. */
  readonly mirrors: readonly string[]
  /** Hosts and networks the daemon speaks HTTP or unverified HTTPS to. */
  readonly insecureRegistries: readonly string[]
  readonly cpus: number
  readonly memoryBytes: number
}

type Json = Readonly<Record<string, unknown>>
const PROBE_MS = 20_000

/**
 * Asks the engine what it is: `docker version` and `docker info` at the same time, and then where the context in force leads to, unless it is
 * the default one; each bounded. Never throws for a missing or broken engine: the reason is `problem`.
 */
export async function probeEngine(act: Pick<Act, 'exec' | 'host' | 'signal' | 'env'>): Promise<EngineFacts> {
  const ask = async (argv: readonly string[]): Promise<Answer> => {
    const command: Command = { argv, timeoutMs: PROBE_MS, signal: act.signal }
    try {
      const done = await act.exec.run(command)
      return { code: done.code, stdout: done.stdout, stderr: done.stderr }
    } catch (error) {
      act.signal.throwIfAborted()
      return { code: -1, stdout: '', stderr: messageOf(error), failed: error }
    }
  }
  const [version, info] = await Promise.all([
    ask(['docker', 'version', '--format', '{{json .}}']),
    ask(['docker', 'info', '--format', '{{json .}}']),
  ])
  // A client that does not name it (before 20.10, Podman's) is asked.
  const known = text(object(json(info.stdout)['ClientInfo'])['Context']) === 'default'
  const context: Answer = known
    ? { code: 0, stdout: '', stderr: '' }
    : await ask(['docker', 'context', 'inspect', '--format', '{{json .}}'])
  return readEngine({ version, info, context }, act.host, act.env)
}

export interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  /** What was thrown when the program could not run at all or did not answer in time. */
  readonly failed?: unknown
}

/** The pure half of {@link probeEngine}: three answers of the docker client become facts. */
export function readEngine(
  answers: { readonly version: Answer; readonly info: Answer; readonly context: Answer },
  host: Host,
  env: Environment,
): EngineFacts {
  const version = json(answers.version.stdout)
  const info = json(answers.info.stdout)
  const context = json(answers.context.stdout)
  const clientVersion = text(object(version['Client'])['Version'])
  const reach = contextEnvironment(context, env, host)
  const plugin = list(object(info['ClientInfo'])['Plugins'])
    .map(object)
    .find((one) => one['Name'] === 'buildx' && text(one['Path']) !== '')
  const common = {
    ...(clientVersion === '' ? {} : { client: { version: clientVersion } }),
    ...(plugin === undefined
      ? {}
      : { buildx: { version: plainVersion(text(plugin['Version'])), path: text(plugin['Path']) } }),
    context: text(context['Name']) || 'default',
    env: reach,
  }
  const serverJson = object(version['Server'])
  if (text(serverJson['Version']) === '') {
    const said = [answers.version.stderr, answers.info.stderr, ...list(info['ServerErrors']).map(text)].join(
      '\n',
    )
    return { reachable: false, ...common, problem: explainUnreachable(said, host, clientVersion !== '') }
  }
  return { reachable: true, ...common, server: readServer(serverJson, info) }
}

function readServer(server: Json, info: Json): ServerFacts {
  const registries = object(info['RegistryConfig'])
  const indexes = Object.entries(object(registries['IndexConfigs']))
  const driverStatus = list(info['DriverStatus']).map((row) => list(row).map(text).join('='))
  const components = list(server['Components']).map((one) => text(object(one)['Name']))
  return {
    version: text(server['Version']),
    product: components.some((name) => name.startsWith('Podman')) ? 'podman' : 'docker',
    os: text(server['Os']) || text(info['OSType']),
    arch: text(server['Arch']),
    system: text(info['OperatingSystem']),
    storageDriver: text(info['Driver']),
    containerdStore: driverStatus.some((row) => row.startsWith('driver-type=io.containerd.snapshotter')),
    rootless: list(info['SecurityOptions']).some((one) => text(one).startsWith('name=rootless')),
    mirrors: list(registries['Mirrors']).map(text),
    insecureRegistries: [
      ...list(registries['InsecureRegistryCIDRs']).map(text),
      ...indexes.filter(([, index]) => object(index)['Secure'] === false).map(([name]) => name),
    ],
    cpus: typeof info['NCPU'] === 'number' ? info['NCPU'] : 0,
    memoryBytes: typeof info['MemTotal'] === 'number' ? info['MemTotal'] : 0,
  }
}

/**
 * A private DOCKER_CONFIG hides the user's contexts, so the endpoint of the context in force travels as DOCKER_HOST.
 * A DOCKER_HOST that is set already wins, as it does in the client.
 */
function contextEnvironment(context: Json, env: Environment, host: Host): Record<string, string> {
  const set = lookupEnvironment(env, 'DOCKER_HOST', host.os)
  if (set !== undefined && set !== '') return { DOCKER_HOST: set }
  const name = text(context['Name'])
  if (name === '' || name === 'default') return {}
  const endpoint = object(object(context['Endpoints'])['docker'])
  const at = text(endpoint['Host'])
  if (at === '') return {}
  const tls = text(object(context['Storage'])['TLSPath'])
  const material = object(context['TLSMaterial'])['docker']
  return {
    DOCKER_HOST: at,
    ...(material !== undefined && tls !== '' && tls !== '<IN MEMORY>'
      ? { DOCKER_CERT_PATH: join(tls, 'docker'), DOCKER_TLS_VERIFY: '1' }
      : {}),
  }
}

/** Why no engine answers, and what would help on this host. */
export function explainUnreachable(said: string, host: Host, hasClient: boolean): Problem {
  const where = /(?:unix|npipe|tcp|ssh):\/\/\S+?(?=[.,;]?(?:\s|$))/.exec(said)?.[0]
  const at = where === undefined ? {} : { where }
  const what = 'no Docker engine can be used'
  if (!hasClient && /no such program|ENOENT|not found|cannot start docker/i.test(said)) {
    return {
      code: 'docker-missing',
      what,
      cause: 'there is no docker program on PATH',
      fix: `${installHint(host)}; or set "driver: remote" with an "endpoint", which needs no engine here`,
    }
  }
  if (/permission denied/i.test(said)) {
    return {
      code: 'docker-permission',
      what,
      ...at,
      cause: 'this user may not open the engine’s socket',
      fix: 'add the runner’s user to the group "docker" and start the runner again (sudo usermod -aG docker USER), or use rootless Docker',
    }
  }
  if (/did not end within|timeout|deadline exceeded/i.test(said)) {
    return {
      code: 'docker-hangs',
      what,
      ...at,
      cause: 'the engine did not answer in time',
      fix: 'look at the engine’s log (journalctl -u docker) and restart it; a full disk is the usual reason',
    }
  }
  if (/client version .* is too (new|old)|minimum supported API version/i.test(said)) {
    return {
      code: 'docker-api-version',
      what,
      ...at,
      cause:
        said.split('\n').find((line) => /API version|is too/i.test(line)) ?? 'client and engine do not fit',
      fix: 'bring the docker client and the engine to the same release, or set DOCKER_API_VERSION to what the engine offers',
    }
  }
  if (/x509|tls:|certificate/i.test(said)) {
    return {
      code: 'docker-tls',
      what,
      ...at,
      cause: 'the engine’s TLS certificate is not accepted',
      fix: 'check DOCKER_HOST, DOCKER_TLS_VERIFY and DOCKER_CERT_PATH',
    }
  }
  return {
    code: 'docker-down',
    what,
    ...at,
    cause: 'nothing answers at the engine’s address',
    fix: startHint(host),
  }
}

function installHint(host: Host): string {
  if (host.os === 'darwin')
    return 'GitHub’s macOS runners have no Docker: build the image in a job on ubuntu-latest'
  if (host.os === 'windows')
    return 'use a GitHub-hosted runner (ubuntu-latest builds Windows images too), or install Docker'
  return 'install Docker (https://docs.docker.com/engine/install/) or use a GitHub-hosted ubuntu runner'
}

function startHint(host: Host): string {
  if (host.os === 'darwin')
    return 'start Docker Desktop (or colima start); on GitHub, build the image in a job on ubuntu-latest'
  if (host.os === 'windows')
    return 'start the service "docker" or Docker Desktop; on GitHub, ubuntu-latest builds Windows images too'
  return 'start it (sudo systemctl start docker), or point DOCKER_HOST at a running engine; in a container job, mount the engine’s socket'
}

/** `github.com/docker/buildx 0.29.1+ds1 …` or `v0.36.1` → `0.29.1`; unknown → ''. */
export function plainVersion(said: string): string {
  return /(?:^|[\s/v])v?(\d+\.\d+\.\d+(?:-(?:rc|beta|alpha)[0-9.]*)?)/.exec(said)?.[1] ?? ''
}

function json(said: string): Json {
  try {
    return object(JSON.parse(said))
  } catch {
    return {}
  }
}
function object(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
