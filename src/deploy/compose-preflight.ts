import type { Problem } from '../base/errors.ts'
import type { ServiceSettings } from './compose-sh.ts'

/** `up --wait-timeout`, `config --images` and variables in `--no-build` are all there since compose 2.20 (2023). */
const MIN_COMPOSE = [2, 20] as const
const MIN_DOCKER = [20, 10] as const
/** Room for one more image and its layers while they are unpacked. */
const MIN_FREE_KIB = 1024 * 1024

export interface HostFacts {
  readonly docker: string
  readonly compose: string
  readonly platform: string
  readonly freeKib: number | undefined
}

/** What `preflightScript` found: the host's facts, and everything that would stop a deployment, all at once. */
export function parsePreflight(
  stdout: string,
  stderr: string,
  settings: ServiceSettings,
  where: string,
  minFreeKib: number = MIN_FREE_KIB,
): { facts: HostFacts; problems: Problem[] } {
  const values = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    const [, name = '', value = ''] = /^([a-z]+) (.*)$/.exec(line.trimEnd()) ?? []
    if (name !== '') values.set(name, value.trim())
  }
  const get = (name: string): string => values.get(name) ?? ''
  const free = /^\d+$/.test(get('free')) ? Number(get('free')) : undefined
  const facts: HostFacts = {
    docker: get('docker'),
    compose: get('compose'),
    platform: get('platform'),
    freeKib: free,
  }
  const problems: Problem[] = []
  const add = (problem: Problem): void => {
    problems.push({ where, ...problem })
  }
  if (!atLeast(facts.docker, MIN_DOCKER))
    add({
      code: 'compose-docker-old',
      what: `the Docker engine is ${facts.docker === '' ? 'not there' : `version ${facts.docker}`}; ${MIN_DOCKER.join('.')} is needed`,
      fix: 'update Docker on the host',
    })
  if (!atLeast(facts.compose, MIN_COMPOSE))
    add({
      code: 'compose-old',
      what: `docker compose is ${facts.compose === '' ? 'not there' : `version ${facts.compose}`}; ${MIN_COMPOSE.join('.')} is needed`,
      cause: 'older ones cannot wait for health with a limit',
      fix: 'install the compose plug-in (docker-compose-plugin) on the host; the old docker-compose program is not it',
    })
  if (free !== undefined && free < minFreeKib)
    add({
      code: 'compose-disk',
      what: `only ${Math.floor(free / 1024)} MiB are free where Docker keeps images`,
      fix: 'free space on the host: docker system df, docker image prune',
    })
  if (get('writable') === 'no')
    add({
      code: 'compose-folder',
      what: `${settings.folder} cannot be written by this user`,
      fix: 'give the deploying user the folder (chown), so that neither root nor sudo is needed',
    })
  if (get('config') === 'bad')
    add({
      code: 'compose-config',
      what: `docker compose cannot read the project in ${settings.folder}`,
      cause: stderr.trim().split('\n').at(-1) ?? '',
      fix: 'run docker compose config there',
    })
  else if (get('config') === 'good' && get('service') !== 'there')
    add({
      code: 'compose-service',
      what: `there is no service ${settings.service} in ${settings.folder}`,
      cause: `the project has: ${get('services') === '' ? 'none' : get('services')}`,
      fix: 'name one of them',
    })
  if (settings.variable !== undefined && get('config') === 'good' && get('variable') !== 'used')
    add({
      code: 'compose-variable',
      what: `no image of the project is \${${settings.variable}}`,
      fix: `write image: \${${settings.variable}} in the compose file, or leave the variable out and an override file is used`,
    })
  if (settings.healthUrl !== undefined && get('client') !== 'there')
    add({
      code: 'compose-health-client',
      what: 'neither curl nor wget is installed on the host, so the health URL cannot be asked there',
      fix: 'install one of them, or give the service a health check in the compose file',
    })
  return { facts, problems }
}

function atLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const match = /^v?(\d+)\.(\d+)/.exec(version)
  if (match === null) return false
  const [found, foundMinor] = [Number(match[1]), Number(match[2])]
  return found > major || (found === major && foundMinor >= minor)
}
