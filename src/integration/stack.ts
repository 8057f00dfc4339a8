/** A compose project that lives for one test run: started together, awaited, read, and taken down whatever happens. */
import { createHash } from 'node:crypto'
import type { Act } from '../base/act.ts'
import { environmentError, inputError, PipelineError, type Problem } from '../base/errors.ts'
import type { Environment } from '../base/platform.ts'

export interface StackSettings {
  /** Where compose runs and relative files are, absolute. */
  readonly folder: string
  /** Compose files, relative to the folder. None: those that compose finds by itself. */
  readonly files: readonly string[]
  /** Services to start, with what they depend on. None: all. */
  readonly services: readonly string[]
  /** Variables for the compose files, for example the image by digest. */
  readonly env: Environment
  /** References by digest that some service must use. */
  readonly images: readonly string[]
  /** How long all of them may take to become healthy. */
  readonly waitMs: number
}

export interface Published {
  readonly service: string
  /** Port in the container. */
  readonly target: number
  readonly host: string
  readonly port: number
}

export interface ServiceEnd {
  readonly service: string
  readonly state: string
  readonly health: string
  readonly exitCode: number
}

/** 2.20 has `up --wait-timeout` and `config --images`. */
const LEAST_COMPOSE = [2, 20] as const
const UP_MS = 15 * 60_000
const DOWN_MS = 3 * 60_000
const LOOK_MS = 60_000

type StackAct = Pick<Act, 'exec' | 'log' | 'signal'>

export class Stack {
  /** The same again for the same folder and files: what a killed run left is found by the next one. */
  readonly project: string
  readonly #settings: StackSettings
  readonly #act: StackAct

  constructor(settings: StackSettings, act: StackAct) {
    this.#settings = settings
    this.#act = act
    const key = JSON.stringify([settings.folder, settings.files])
    this.project = `gip-${createHash('sha256').update(key).digest('hex').slice(0, 12)}`
  }

  /** Everything that would keep the project from starting, all at once; starts nothing. */
  async check(): Promise<void> {
    const version = await this.#docker(['compose', 'version', '--short'], LOOK_MS)
    if (version.code !== 0)
      throw environmentError(
        {
          code: 'integration-no-compose',
          what: 'docker compose does not run here',
          cause: version.stderr.trim(),
          fix: 'install Docker with the compose plugin on the runner, or use a runner that has it',
        },
        { log: version.tail.join('\n') },
      )
    const problems: Problem[] = []
    const [major = 0, minor = 0] = version.stdout.trim().replace(/^v/, '').split('.').map(Number)
    if (major < LEAST_COMPOSE[0] || (major === LEAST_COMPOSE[0] && minor < LEAST_COMPOSE[1]))
      problems.push({
        code: 'integration-old-compose',
        what: `docker compose ${version.stdout.trim()} is too old`,
        fix: `update it to ${LEAST_COMPOSE.join('.')} or newer`,
      })
    const config = await this.#compose(['config', '--format', 'json'], LOOK_MS)
    if (config.code !== 0) throw inputError(configProblem(config.stderr))
    problems.push(...readConfig(config.stdout, this.#settings))
    if (problems.length > 0) throw new PipelineError('input', problems)
  }

  /** Starts the services and waits until each is healthy (or running, without a health check). What an earlier run left goes first. */
  async up(): Promise<void> {
    const { services, waitMs } = this.#settings
    await this.down()
    const seconds = Math.ceil(waitMs / 1000)
    const done = await this.#compose(
      ['up', '--detach', '--no-build', '--quiet-pull', '--wait', '--wait-timeout', String(seconds), ...services],
      UP_MS + waitMs,
    )
    if (done.code === 0) return
    const ends = await this.ends()
    throw new PipelineError('gate', unhealthy(ends, done.stderr, waitMs), {
      log: (await this.logs()).split('\n').slice(-120).join('\n'),
    })
  }

  /** How every service stands, finished ones too. */
  async ends(): Promise<ServiceEnd[]> {
    const done = await this.#compose(['ps', '--all', '--format', 'json'], LOOK_MS)
    return done.code === 0 ? readContainers(done.stdout).map(({ end }) => end) : []
  }

  /** Where the published ports of the services can be reached. */
  async ports(): Promise<Published[]> {
    const done = await this.#compose(['ps', '--format', 'json'], LOOK_MS)
    return done.code === 0 ? readContainers(done.stdout).flatMap(({ ports }) => ports) : []
  }

  /** All that a service (or all of them) has printed, with times. */
  async logs(service?: string): Promise<string> {
    const done = await this.#docker(
      [...this.#prefix(), 'logs', '--no-color', '--timestamps', ...(service === undefined ? [] : ['--no-log-prefix', service])],
      LOOK_MS,
      new AbortController().signal,
    )
    return done.stdout
  }

  /** Removes containers, networks and volumes of the project; also after a cancellation. Never throws. */
  async down(): Promise<void> {
    try {
      const done = await this.#docker(
        [...this.#prefix(), 'down', '--volumes', '--remove-orphans', '--timeout', '10'],
        DOWN_MS,
        new AbortController().signal,
      )
      if (done.code !== 0) this.#act.log.warning(`${this.project} was not taken down: ${done.stderr.trim()}`)
    } catch (error) {
      this.#act.log.warning(`${this.project} was not taken down: ${String(error)}`)
    }
  }

  #prefix(): string[] {
    return [
      'compose',
      '--project-name',
      this.project,
      '--ansi',
      'never',
      '--progress',
      'quiet',
      ...this.#settings.files.flatMap((file) => ['--file', file]),
    ]
  }

  #compose(words: readonly string[], timeoutMs: number): ReturnType<Act['exec']['run']> {
    return this.#docker([...this.#prefix(), ...words], timeoutMs, this.#act.signal)
  }

  #docker(
    words: readonly string[],
    timeoutMs: number,
    signal: AbortSignal = this.#act.signal,
  ): ReturnType<Act['exec']['run']> {
    const { folder, env } = this.#settings
    return this.#act.exec.run({ argv: ['docker', ...words], cwd: folder, env, timeoutMs, signal, maxStdout: 32 * 1024 * 1024 })
  }
} // prettier-ignore

const configProblem = (stderr: string): Problem => ({
  code: 'integration-compose-file',
  what: 'the compose project cannot be read',
  cause: stderr.trim().split('\n').slice(-5).join('\n'),
  input: 'compose-files',
  fix: 'try docker compose config in the same folder',
})

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** What is wrong with a resolved project (`docker compose config --format json`), against what is asked of it. */
export function readConfig(
  text: string,
  { services, images }: Pick<StackSettings, 'services' | 'images'>,
): Problem[] {
  const config = JSON.parse(text) as { services?: Record<string, { image?: string; build?: unknown }> }
  const there = config.services ?? {}
  const problems: Problem[] = []
  for (const name of services)
    if (!Object.hasOwn(there, name))
      problems.push({
        code: 'integration-no-service',
        what: 'the compose project has no such service',
        input: 'services',
        value: name,
        fix: `use one of ${Object.keys(there).join(', ')}`,
      })
  for (const image of images)
    if (!Object.values(there).some((service) => service.image === image))
      problems.push({
        code: 'integration-image-unused',
        what: 'no service runs the image that is to be tested',
        cause: `the images are ${Object.values(there).flatMap((service) => service.image ?? []).join(', ') || 'none'}`,
        input: 'image',
        value: image,
        fix: 'write image: ${IMAGE} in the compose file (the input image-variable names the variable)',
      }) // prettier-ignore
  for (const [name, service] of Object.entries(there))
    if (service.image === undefined && service.build !== undefined)
      problems.push({
        code: 'integration-builds',
        what: `the service ${name} is built from source`,
        cause: 'what is tested must be the image that is released, byte for byte',
        input: 'compose-files',
        fix: `give ${name} an image by digest`,
      })
  return problems
}

interface Container {
  readonly end: ServiceEnd
  readonly ports: readonly Published[]
}

/** Lines of `docker compose ps --format json`: an object each, or (before compose 2.21) one array. */
export function readContainers(text: string): Container[] {
  const entries = text.trim().startsWith('[')
    ? (JSON.parse(text) as unknown[])
    : text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line): unknown => JSON.parse(line))
  return entries.filter(isObject).map((entry) => {
    const word = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '')
    const service = word('Service')
    const publishers = Array.isArray(entry['Publishers']) ? entry['Publishers'].filter(isObject) : []
    return {
      end: {
        service,
        state: word('State'),
        health: word('Health'),
        exitCode: typeof entry['ExitCode'] === 'number' ? entry['ExitCode'] : 0,
      },
      ports: publishers.flatMap((port): Published[] => {
        const { URL: url, TargetPort: target, PublishedPort: published, Protocol: protocol } = port
        if (typeof target !== 'number' || typeof published !== 'number' || published === 0 || protocol !== 'tcp')
          return []
        // Bound to every address, or by IPv6 as well: loopback reaches it.
        const host = typeof url === 'string' && !['', '0.0.0.0', '::'].includes(url) ? url : '127.0.0.1'
        return [{ service, target, host, port: published }]
      }),
    }
  }) // prettier-ignore
}

/** `SHOP_8080=127.0.0.1:32768`, and `SHOP_ADDR` where a service publishes one port only. */
export function portVariables(ports: readonly Published[]): Record<string, string> {
  const variables: Record<string, string> = {}
  for (const { service, target, host, port } of ports) {
    const name = service.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
    variables[`${name}_${target}`] = `${host}:${port}`
    const own = new Set(ports.filter((one) => one.service === service).map((one) => one.target))
    if (own.size === 1) variables[`${name}_ADDR`] = `${host}:${port}`
  }
  return variables
}

function unhealthy(ends: readonly ServiceEnd[], stderr: string, waitMs: number): Problem[] {
  const bad = ends.filter(
    ({ state, health, exitCode }) =>
      health === 'unhealthy' || health === 'starting' || (state !== 'running' && exitCode !== 0) || state === 'restarting',
  ) // prettier-ignore
  if (bad.length === 0)
    return [
      {
        code: 'integration-up',
        what: 'the services could not be started',
        cause: stderr.trim().split('\n').slice(-5).join('\n'),
        fix: 'look at the cause; try docker compose up --wait in the same folder',
      },
    ]
  return bad.map(({ service, state, health, exitCode }) => ({
    code: 'integration-unhealthy',
    what: `the service ${service} did not become healthy`,
    cause:
      state === 'running'
        ? `its health is ${health} after ${Math.round(waitMs / 1000)} s`
        : `it is ${state}${exitCode === 0 ? '' : `, exit code ${exitCode}`}`,
    fix: 'its log below says more; give a slow one more time by wait',
  }))
}
