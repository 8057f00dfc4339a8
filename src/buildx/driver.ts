import type { Problem } from '../base/errors.ts'
import type { Platform } from '../base/platform.ts'
import type { EngineFacts } from './engine.ts'

export type Driver = 'docker' | 'docker-container' | 'remote' | 'kubernetes'
export type DriverInput = 'auto' | Driver

/** What the build will ask of its builder. */
export interface BuildNeeds {
  readonly platforms: readonly Platform[]
  /** What leaves the builder: a push, an OCI file, an image in the engine, or nothing (a tester target). */
  readonly output: 'push' | 'oci' | 'load' | 'none'
  readonly attestations: boolean
  readonly cacheExport: boolean
  readonly mirrors: readonly { readonly registry: string; readonly mirror: string }[]
  /** `host[:port]` of registries without verified TLS. */
  readonly insecure: readonly string[]
  readonly ca: boolean
  /** The user gave a buildkitd configuration of his own. */
  readonly rawConfig: boolean
  readonly endpoint?: string
}

export interface DriverChoice {
  readonly driver: Driver
  readonly why: string
  /** Why the build cannot run; empty when it can. */
  readonly problems: readonly Problem[]
}

/**
 * Which driver builds. `docker` needs no builder to boot (2 to 20 s saved) but leans on the engine's own image store
 * and registry settings; `docker-container` can do everything; `remote` and `kubernetes` need no engine here.
 */
export function chooseDriver(input: DriverInput, engine: EngineFacts, needs: BuildNeeds): DriverChoice {
  if (input === 'remote') {
    const problems: Problem[] =
      (needs.endpoint ?? '') === ''
        ? [
            {
              code: 'endpoint-missing',
              what: 'the remote driver needs the address of a BuildKit',
              input: 'endpoint',
              fix: 'set "endpoint", for example tcp://buildkit.example:1234',
            },
          ]
        : []
    return { driver: 'remote', why: 'asked for', problems: [...problems, ...unusedConfig(needs)] }
  }
  if (input === 'kubernetes') return { driver: 'kubernetes', why: 'asked for', problems: [] }
  if (input === 'auto' && (needs.endpoint ?? '') !== '') {
    return { driver: 'remote', why: 'an endpoint was given', problems: unusedConfig(needs) }
  }

  const { server } = engine
  if (!engine.reachable || server === undefined) {
    const problem = engine.problem ?? { code: 'docker-down', what: 'no Docker engine can be used' }
    return {
      driver: input === 'auto' ? 'docker-container' : input,
      why: 'no engine answers',
      problems: [problem],
    }
  }
  if (server.os === 'windows') return windowsEngine(input, needs)

  const cannot = dockerDriverLacks(engine, needs)
  if (input === 'docker') {
    const problems = cannot.map((reason): Problem => ({
      code: 'driver-cannot',
      what: 'the docker driver cannot do this build',
      cause: reason,
      input: 'driver',
      value: 'docker',
      fix: 'set "driver" to auto or docker-container; or turn the containerd image store on in the engine',
    }))
    return { driver: 'docker', why: 'asked for', problems }
  }
  if (input === 'docker-container') return { driver: input, why: 'asked for', problems: [] }
  return cannot.length === 0
    ? { driver: 'docker', why: 'the engine itself can do this build: no builder to boot', problems: [] }
    : { driver: 'docker-container', why: cannot.join('; '), problems: [] }
}

/** Why the engine's built-in BuildKit is not enough; empty when it is. */
function dockerDriverLacks(engine: EngineFacts, needs: BuildNeeds): string[] {
  const { server } = engine
  if (server === undefined) return ['no engine answers']
  const reasons: string[] = []
  if (server.product === 'podman') reasons.push('Podman has no BuildKit of its own')
  if (!server.containerdStore) {
    const wants = [
      ...(needs.platforms.length > 1 ? ['several platforms'] : []),
      ...(needs.output === 'push' || needs.output === 'oci' ? ['an OCI export'] : []),
      ...(needs.attestations ? ['attestations'] : []),
      ...(needs.cacheExport ? ['a layer cache'] : []),
    ]
    if (wants.length > 0) reasons.push(`the engine’s classic image store has no ${wants.join(', ')}`)
  }
  const mirrors = needs.mirrors.filter(
    ({ registry, mirror }) =>
      !(registry === 'docker.io' && server.mirrors.some((url) => bareUrl(url) === mirror)),
  )
  if (mirrors.length > 0) reasons.push('registry mirrors are asked for that the engine does not have')
  const insecure = needs.insecure.filter(
    (host) => !isLoopback(host) && !server.insecureRegistries.includes(host),
  )
  if (insecure.length > 0)
    reasons.push(`the engine does not accept ${insecure.join(', ')} without verified TLS`)
  if (needs.ca) reasons.push('a registry authority is given, which the engine does not have')
  if (needs.rawConfig) reasons.push('a buildkitd configuration is given')
  return reasons
}

const bareUrl = (url: string): string => url.replace(/^https?:\/\//, '').replace(/\/+$/, '')

/** The host part of `host[:port]` is this machine; the engine accepts plain HTTP there by itself. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  return name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)
}

function unusedConfig(needs: BuildNeeds): Problem[] {
  if (needs.mirrors.length === 0 && needs.insecure.every(isLoopback) && !needs.ca && !needs.rawConfig)
    return []
  return [
    {
      code: 'remote-config',
      what: 'a remote BuildKit has its own configuration',
      cause:
        'mirrors, insecure registries, authorities and buildkitd settings cannot be handed to it from here',
      input: 'driver',
      value: 'remote',
      fix: 'put them into the buildkitd.toml of that BuildKit and remove the inputs here',
    },
  ]
}

/** Buildx and BuildKit do not run in a Windows-containers engine (docker/setup-buildx-action#597). */
function windowsEngine(input: DriverInput, needs: BuildNeeds): DriverChoice {
  const windowsOnly =
    needs.platforms.length > 0 && needs.platforms.every((platform) => platform.os === 'windows')
  return {
    driver: input === 'auto' ? 'docker' : input,
    why: 'the engine runs Windows containers',
    problems: [
      {
        code: 'windows-engine',
        what: 'this engine runs Windows containers and has no BuildKit',
        cause: windowsOnly
          ? 'Windows images are assembled by a BuildKit in Linux-containers mode, or by the direct engine'
          : `it cannot build for ${[...new Set(needs.platforms.map((platform) => platform.os))].join(' and ')}`,
        fix:
          'build on ubuntu-latest: Windows images need no Windows there as long as nothing RUNs in them (start them in a job on windows-2022 or windows-2025); ' +
          'or switch Docker Desktop to Linux containers; or set "driver: remote" with an "endpoint"',
      },
    ],
  }
}

/** How the result leaves a builder that can do `needs`: by digest where the driver can, else as a file that we push. */
export const pushForm = (driver: Driver): 'digest' | 'oci' => (driver === 'docker' ? 'oci' : 'digest')
