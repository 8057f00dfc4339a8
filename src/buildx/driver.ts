import type { Problem } from '../base/errors.ts'
import type { Platform } from '../base/platform.ts'
import { bareMirror } from './config.ts'
import type { EngineFacts } from './engine.ts'

export type Driver = 'docker' | 'docker-container' | 'remote' | 'kubernetes'
export type DriverInput = 'auto' | Driver

/** What the build will ask of its builder. */
export interface BuildNeeds {
  readonly platforms: readonly Platform[]
  /** What leaves the builder: a push or OCI file (the default), an image in the engine, or nothing (a tester target). */
  readonly output?: 'push' | 'load' | 'none'
  readonly attestations: boolean
  readonly cacheExport: boolean
  readonly mirrors: readonly { readonly registry: string; readonly url: string }[]
  /** `host[:port]` of registries without verified TLS. */
  readonly insecure: readonly string[]
  readonly ca: boolean
  /** The user gave a buildkitd configuration of his own. */
  readonly rawConfig: boolean
  /** An image is pushed to or pulled from a registry on this machine's loopback. */
  readonly loopbackRegistry?: boolean
  readonly endpoint?: string
}

export interface DriverChoice {
  /** `none`: no builder can be had; `problems` say why and what would help. */
  readonly driver: Driver | 'none'
  /** A builder has to be made and booted first. */
  readonly boots: boolean
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
    return {
      driver: 'remote',
      boots: true,
      why: 'asked for',
      problems: [...problems, ...unusedConfig(needs)],
    }
  }
  if (input === 'kubernetes') return kubernetes(needs)
  // Without a scheme it is the name of a Docker context, which docker-container builds in.
  if (input === 'auto' && (needs.endpoint ?? '').includes('://')) {
    return {
      driver: 'remote',
      boots: true,
      why: 'the address of a BuildKit was given',
      problems: unusedConfig(needs),
    }
  }

  const { server } = engine
  if (!engine.reachable || server === undefined) {
    const problem = engine.problem ?? { code: 'docker-down', what: 'no Docker engine can be used' }
    return { driver: 'none', boots: false, why: 'no engine answers', problems: [problem] }
  }
  if (server.os === 'windows') return windowsEngine(needs)

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
    return { driver: 'docker', boots: false, why: 'asked for', problems }
  }
  if (input === 'docker-container') return { driver: input, boots: true, why: 'asked for', problems: [] }
  return cannot.length === 0
    ? {
        driver: 'docker',
        boots: false,
        why: 'the engine itself can do this build: no builder to boot',
        problems: [],
      }
    : { driver: 'docker-container', boots: true, why: cannot.join('; '), problems: [] }
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
      ...((needs.output ?? 'push') === 'push' ? ['an OCI export'] : []),
      ...(needs.attestations ? ['attestations'] : []),
      ...(needs.cacheExport ? ['a layer cache'] : []),
    ]
    if (wants.length > 0) reasons.push(`the engine’s classic image store has no ${wants.join(', ')}`)
  }
  const mirrors = needs.mirrors.filter(
    ({ registry, url }) =>
      !(registry === 'docker.io' && server.mirrors.some((own) => bareMirror(own) === bareMirror(url))),
  )
  if (mirrors.length > 0) reasons.push('registry mirrors are asked for that the engine does not have')
  const insecure = needs.insecure.filter(
    (host) => !isLoopback(host) && !server.insecureRegistries.includes(host),
  )
  if (insecure.length > 0)
    reasons.push(`the engine does not accept ${insecure.join(', ')} without verified TLS`)
  if (needs.ca) reasons.push('a registry authority is given, which the engine does not have')
  if ((needs.endpoint ?? '') !== '') reasons.push('another Docker context is named by "endpoint"')
  if (needs.rawConfig) reasons.push('a buildkitd configuration is given')
  return reasons
}

/** The host part of `host[:port]` is this machine; the engine accepts plain HTTP there by itself. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
  return name === 'localhost' || name === '::1' || /^127\.\d+\.\d+\.\d+$/.test(name)
}

function kubernetes(needs: BuildNeeds): DriverChoice {
  const problems: Problem[] = [
    {
      code: 'loopback-registry',
      what: 'a builder in Kubernetes cannot reach a registry on this machine’s loopback',
      input: 'driver',
      value: 'kubernetes',
      fix: 'push to a registry that the cluster reaches, or leave "driver" at auto',
    },
  ]
  return {
    driver: 'kubernetes',
    boots: true,
    why: 'asked for',
    problems: needs.loopbackRegistry === true ? problems : [],
  }
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
function windowsEngine(needs: BuildNeeds): DriverChoice {
  const windowsOnly =
    needs.platforms.length > 0 && needs.platforms.every((platform) => platform.os === 'windows')
  return {
    driver: 'none',
    boots: false,
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
