import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { formatDuration } from '../base/clock.ts'
import { environmentError, inputError, messageOf, type Problem } from '../base/errors.ts'
import type { Finished } from '../base/exec.ts'
import { writeAtomic } from '../base/files.ts'
import { type Environment, formatPlatform, lookupEnvironment, type Platform } from '../base/platform.ts'
import {
  type ContainerState,
  createContainerArgv,
  decodeExit,
  type Ending,
  type ImageFacts,
  readContainer,
  readImage,
  RUN_LABEL,
} from './container.ts'
import { judgePorts, type Listener, parseProcNet, tcpPorts } from './ports.ts'

export type StartMode = 'auto' | 'service' | 'command' | 'off'

export interface StartOptions {
  /** What the engine holds: a tag, `name@digest` or an image ID. It is never pulled from here. */
  readonly image: string
  readonly platform?: Platform
  /** auto: a program that goes on running is a service, one that exits 0 a command. */
  readonly mode: StartMode
  readonly args?: readonly string[]
  readonly env?: readonly (readonly [name: string, value: string])[]
  /** Must answer 2xx from outside. */
  readonly healthPath?: string
  /** Ports that must be open, on top of the image's EXPOSE. */
  readonly ports?: readonly number[]
  readonly user?: string
  /** Until it listens and is healthy (service), or until it ends (command). Default 30 s. */
  readonly timeoutMs?: number
  /** How long a service has to stay up after that. Default 2 s. */
  readonly settleMs?: number
  /** From SIGTERM to the end. Default 10 s, as Docker and Kubernetes (30 s) would wait at least. */
  readonly graceMs?: number
  readonly memory?: string
  readonly cpus?: string
  /** Environment of the docker calls: DOCKER_HOST, DOCKER_CONFIG. */
  readonly dockerEnv?: Environment
  /** Marks the container, so that a post step can remove what a killed run left. */
  readonly run?: string
}

export interface StartReport {
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly as: 'service' | 'command' | undefined
  readonly platform?: string
  /** Why it failed; empty when it passed. */
  readonly problems: readonly Problem[]
  /** What is not in order, but does not stop a release. */
  readonly warnings: readonly Problem[]
  /** From start to listening (and healthy). */
  readonly readyMs?: number
  readonly stopMs?: number
  readonly exitCode?: number
  readonly listeners: readonly Listener[]
  readonly health?: { readonly path: string; readonly status: number; readonly ms: number }
  /** The last 50 lines of its output. */
  readonly logs: readonly string[]
  readonly readOnly: boolean
}

export type StartAct = Pick<Act, 'exec' | 'log' | 'signal' | 'host' | 'clock' | 'temp' | 'http'>

const POLL_MS = 200

/**
 * Proves that an image starts, the way a careful cluster runs it: read-only root, no capabilities, no new privileges,
 * low ports forbidden. The container is removed whatever happens. A failing program is a report, not an exception;
 * exceptions are for a broken engine and for cancellation.
 */
export async function startImage(options: StartOptions, act: StartAct): Promise<StartReport> {
  if (options.mode === 'off') return skipped('the start is switched off')
  const image = await inspectImage(options, act)
  const report = await attempt(options, image, true, act)
  const code = report.problems[0]?.code
  if (report.verdict !== 'failed' || code !== 'start-read-only') return report
  act.log.info('it writes into its own file system: once more with a writable root, to tell the rest')
  const again = await attempt(options, image, false, act)
  if (again.verdict !== 'passed') return { ...again, problems: [...again.problems, ...report.problems] }
  const first = report.problems[0]
  return {
    ...again,
    warnings: [
      ...again.warnings,
      {
        code: 'start-writable-root',
        what: 'the program only starts with a writable root file system',
        cause: first?.cause ?? 'it writes into the image’s own file system',
        fix: 'write below /tmp, or into a volume; then readOnlyRootFilesystem can be set in the cluster',
      },
    ],
  }
}

const skipped = (cause: string): StartReport => ({
  verdict: 'skipped',
  as: undefined,
  problems: [],
  warnings: [{ code: 'start-skipped', what: 'the image was not started', cause }],
  listeners: [],
  logs: [],
  readOnly: false,
})

async function inspectImage(options: StartOptions, act: StartAct): Promise<ImageFacts> {
  const asked = await docker(['image', 'inspect', options.image], options, act)
  const image = asked.code === 0 ? readImage(asked.stdout) : undefined
  if (image === undefined) {
    throw environmentError(
      {
        code: 'start-no-image',
        what: `the engine does not hold ${options.image}`,
        cause: asked.stderr.trim().split('\n').at(-1) ?? '',
        fix: 'load or pull it before it is started',
      },
      { log: asked.tail.join('\n') },
    )
  }
  return image
}

async function attempt(
  options: StartOptions,
  image: ImageFacts,
  readOnly: boolean,
  act: StartAct,
): Promise<StartReport> {
  const trial = new Trial(options, image, readOnly, act)
  try {
    return await trial.run()
  } finally {
    await trial.remove()
  }
}

/** What was seen in one look at the container. */
interface Sight {
  readonly state: ContainerState
  readonly listeners: readonly Listener[] | undefined
}

class Trial {
  readonly #options: StartOptions
  readonly #image: ImageFacts
  readonly #readOnly: boolean
  readonly #act: StartAct
  readonly #name = `gip-start-${randomBytes(6).toString('hex')}`
  readonly #exposed: readonly number[]
  readonly #warnings: Problem[] = []
  #health: StartReport['health']
  #lastHealth = ''
  #seen: readonly Listener[] = []
  #started = 0

  constructor(options: StartOptions, image: ImageFacts, readOnly: boolean, act: StartAct) {
    this.#options = options
    this.#image = image
    this.#readOnly = readOnly
    this.#act = act
    this.#exposed = [...new Set([...(options.ports ?? []), ...tcpPorts(image.expose)])]
  }

  async run(): Promise<StartReport> {
    const { clock } = this.#act
    await this.#create()
    this.#started = clock.now()
    const begun = await this.#docker(['start', this.#name])
    if (begun.code !== 0) {
      const state = await this.#inspect()
      return this.#ended(state, begun.stderr)
    }
    return this.#options.mode === 'command' ? this.#awaitEnd() : this.#awaitService()
  }

  /** Never throws, is bounded, and does not listen to the run's signal: it is what a cancelled run does last. */
  async remove(): Promise<void> {
    try {
      const done = await this.#act.exec.run({
        argv: ['docker', 'rm', '--force', '--volumes', this.#name],
        ...(this.#options.dockerEnv === undefined ? {} : { env: this.#options.dockerEnv }),
        timeoutMs: 30_000,
      })
      if (done.code !== 0 && !/no such container/i.test(done.stderr)) {
        this.#act.log.warning(`The trial container ${this.#name} could not be removed: ${done.stderr.trim()}`)
      }
    } catch (error) {
      this.#act.log.warning(`The trial container ${this.#name} could not be removed: ${messageOf(error)}`)
    }
  }

  #docker(args: readonly string[], timeoutMs = 60_000): Promise<Finished> {
    return docker(args, this.#options, this.#act, timeoutMs)
  }

  async #create(): Promise<void> {
    const { options, envFile } = { options: this.#options, envFile: await this.#envFile() }
    const created = await docker(
      createContainerArgv({
        name: this.#name,
        run: options.run ?? 'cli',
        image: options.image,
        ...(options.platform === undefined ? {} : { platform: options.platform }),
        args: options.args ?? [],
        ...(envFile === undefined ? {} : { envFile }),
        publish: this.#exposed,
        ...(options.user === undefined ? {} : { user: options.user }),
        readOnly: this.#readOnly,
        memory: options.memory ?? '512m',
        cpus: options.cpus ?? '1',
      }).slice(1),
      options,
      this.#act,
    )
    if (created.code === 0) return
    throw environmentError(
      {
        code: 'start-create',
        what: 'the engine refused the trial container',
        cause: created.stderr.trim().split('\n').at(-1) ?? '',
        fix: 'see the message; "start: off" leaves the start out',
      },
      { log: created.tail.join('\n') },
    )
  }

  async #envFile(): Promise<string | undefined> {
    const env = this.#options.env ?? []
    if (env.length === 0) return undefined
    const broken = env.find(([, value]) => /[\r\n]/.test(value))
    if (broken !== undefined) {
      throw inputError({
        code: 'start-env',
        what: `the value of ${broken[0]} holds a line end, which docker cannot take`,
        input: 'start-env',
        fix: 'give the program a one-line test value',
      })
    }
    const file = join(await this.#act.temp.make('start'), 'env')
    await writeAtomic(file, env.map(([name, value]) => `${name}=${value}\n`).join(''), 0o600)
    return file
  }

  async #inspect(): Promise<ContainerState> {
    const asked = await this.#docker(['inspect', this.#name])
    const state = asked.code === 0 ? readContainer(asked.stdout) : undefined
    if (state === undefined) {
      throw environmentError(
        {
          code: 'start-lost',
          what: 'the trial container is gone',
          cause: asked.stderr.trim(),
          fix: 'something else removes containers on this engine: look for a clean-up job',
        },
        { log: asked.tail.join('\n') },
      )
    }
    return state
  }

  async #awaitEnd(): Promise<StartReport> {
    const limit = this.#options.timeoutMs ?? 30_000
    for (;;) {
      const state = await this.#inspect()
      if (!state.running) return this.#ended(state)
      if (this.#elapsed() > limit) {
        return this.#failed({
          code: 'start-did-not-end',
          what: `the program did not end within ${formatDuration(limit)}`,
          cause: 'it was started as a command',
          fix: 'give arguments that make it end ("start-args: --version"), or set "start: service"',
        })
      }
      await this.#act.clock.sleep(POLL_MS, this.#act.signal)
    }
  }

  async #awaitService(): Promise<StartReport> {
    const { clock, signal } = this.#act
    const limit = this.#options.timeoutMs ?? 30_000
    const settle = this.#options.settleMs ?? 2000
    let readyAt: number | undefined
    let loopbackSince: number | undefined
    for (;;) {
      const sight = await this.#look()
      if (!sight.state.running) return this.#ended(sight.state)
      const verdict = sight.listeners === undefined ? undefined : judgePorts(sight.listeners, this.#exposed)
      // A port that was promised and is open on 127.0.0.1 only stays so; give a slow start its settling time.
      loopbackSince = verdict?.kind === 'loopback' ? (loopbackSince ?? clock.now()) : undefined
      const port = await this.#readyPort(sight, verdict)
      const healthy = port !== undefined && (await this.#healthy(sight.state, port))
      if (healthy) readyAt ??= clock.now()
      else readyAt = undefined

      if (readyAt !== undefined && clock.now() - readyAt >= settle) return this.#stop(readyAt - this.#started)
      const late = this.#elapsed() > limit
      const hopeless = loopbackSince !== undefined && clock.now() - loopbackSince > Math.max(settle, 1000)
      if ((late && readyAt === undefined) || hopeless) return this.#failed(this.#notReady(verdict, limit))
      await clock.sleep(POLL_MS, signal)
    }
  }

  async #look(): Promise<Sight> {
    const state = await this.#inspect()
    const listeners = state.running ? await this.#listeners(state) : undefined
    if (listeners !== undefined) this.#seen = listeners
    return { state, listeners }
  }

  /**
   * The container's sockets, read in its network namespace from the host: no shell is needed in the image. Undefined
   * where the engine's processes are not ours (Docker Desktop, remote engines, job containers).
   */
  async #listeners(state: ContainerState): Promise<Listener[] | undefined> {
    if (this.#act.host.os !== 'linux' || state.pid <= 0 || this.#image.os !== 'linux') return undefined
    try {
      const [cgroup, tcp, tcp6] = await Promise.all(
        ['cgroup', 'net/tcp', 'net/tcp6'].map((file) =>
          readFile(`/proc/${state.pid}/${file}`, 'utf8').catch((error: unknown) => {
            // IPv6 may be switched off.
            if (file === 'net/tcp6') return ''
            throw error
          }),
        ),
      )
      // The number may belong to another process when the engine lives in another PID namespace.
      if (cgroup?.includes(state.id.slice(0, 12)) !== true) return undefined
      const bigEndian = this.#act.host.arch === 's390x'
      return [...parseProcNet(tcp ?? '', { bigEndian }), ...parseProcNet(tcp6 ?? '', { bigEndian })]
    } catch {
      return undefined
    }
  }

  /** The port that is ready; 0 for a program that promises none; undefined while it has to be waited for. */
  async #readyPort(
    sight: Sight,
    verdict: ReturnType<typeof judgePorts> | undefined,
  ): Promise<number | undefined> {
    if (verdict !== undefined) {
      if (verdict.kind === 'ready') return verdict.port
      return verdict.kind === 'quiet' && this.#options.healthPath === undefined ? 0 : undefined
    }
    if (this.#exposed.length === 0) return this.#options.healthPath === undefined ? 0 : undefined
    for (const port of this.#exposed) {
      const at = sight.state.published.get(port)
      if (at !== undefined && (await answers(at))) return port
    }
    return undefined
  }

  async #healthy(state: ContainerState, port: number): Promise<boolean> {
    const path = this.#options.healthPath
    if (path === undefined) return true
    const published = state.published.get(port)
    const host = published === undefined ? `${state.ip}:${port}` : `127.0.0.1:${published}`
    const url = `http://${host}${path.startsWith('/') ? '' : '/'}${path}`
    const before = this.#act.clock.now()
    try {
      const answer = await this.#act.http.request({ url, timeoutMs: 2000, signal: this.#act.signal })
      await answer.drain()
      this.#lastHealth = `it answered ${answer.status}`
      if (answer.status < 200 || answer.status > 299) return false
      this.#health ??= { path, status: answer.status, ms: this.#act.clock.now() - before }
      return true
    } catch (error) {
      this.#act.signal.throwIfAborted()
      this.#lastHealth = messageOf(error)
      return false
    }
  }

  #notReady(verdict: ReturnType<typeof judgePorts> | undefined, limit: number): Problem {
    const exposed = this.#exposed.join(', ')
    const within = formatDuration(limit)
    switch (verdict?.kind) {
      case 'loopback':
        return {
          code: 'start-loopback',
          what: `the program listens on 127.0.0.1:${verdict.ports.join(', ')} only`,
          cause: 'nobody outside the container can reach that address',
          fix: `listen on all addresses: ":${verdict.ports[0] ?? 8080}" or "0.0.0.0:${verdict.ports[0] ?? 8080}" instead of "localhost"`,
        }
      case 'elsewhere':
        return {
          code: 'start-wrong-port',
          what: `the image promises port ${exposed}, but the program listens on ${verdict.open.join(', ')}`,
          cause: 'EXPOSE (or the "expose" input) and the program do not agree',
          fix: `expose ${verdict.open.join(', ')}, or make the program listen on ${exposed}`,
        }
      case 'ready':
        return {
          code: 'start-unhealthy',
          what: `${this.#options.healthPath ?? ''} did not answer 2xx within ${within}`,
          ...(this.#lastHealth === '' ? {} : { cause: this.#lastHealth }),
          input: 'health-path',
          ...(this.#options.healthPath === undefined ? {} : { value: this.#options.healthPath }),
          fix: 'correct the path, or give the program what it needs to be healthy ("start-env"); raise "start-timeout" for a slow start',
        }
      case 'waiting':
      case 'quiet':
      case undefined:
        return {
          code: 'start-not-listening',
          what:
            exposed === ''
              ? `the program opened no port within ${within}`
              : `port ${exposed} was not open within ${within}`,
          cause: this.#lastHealth === '' ? 'the program runs, but does not listen' : this.#lastHealth,
          fix: 'raise "start-timeout" for a slow start; if it lacks configuration, give it with "start-env"; a program without a port needs no EXPOSE',
        }
    }
  }

  /** SIGTERM, as Docker and Kubernetes send it, and the time until it is gone. */
  async #stop(readyMs: number): Promise<StartReport> {
    const { clock, signal } = this.#act
    const grace = this.#options.graceMs ?? 10_000
    const sent = clock.now()
    const logs = await this.#logs()
    if (this.#image.os === 'windows') {
      await this.#docker(['stop', '--time', String(Math.ceil(grace / 1000)), this.#name], grace + 30_000)
    } else {
      await this.#docker(['kill', '--signal', this.#image.stopSignal, this.#name])
    }
    for (;;) {
      const state = await this.#inspect()
      if (!state.running) {
        this.#judgeStop(state)
        return {
          ...(await this.#report('passed', 'service', [])),
          readyMs,
          stopMs: clock.now() - sent,
          exitCode: state.exitCode,
        }
      }
      if (clock.now() - sent > grace) {
        return {
          ...(await this.#report('failed', 'service', [
            {
              code: 'start-ignores-sigterm',
              what: `the program did not end within ${formatDuration(grace)} of ${this.#image.stopSignal}`,
              cause: 'it is killed at every deployment, with the requests it is working on',
              fix: 'stop on the signal: ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM), then http.Server.Shutdown; write ENTRYPOINT in exec form, so that the signal reaches it',
            },
          ])),
          readyMs,
          logs,
        }
      }
      await clock.sleep(POLL_MS, signal)
    }
  }

  #judgeStop(state: ContainerState): void {
    if (state.exitCode === 0 || state.exitCode === 143) return
    // As process 1 the default action of a signal is ignored, and Go's runtime then ends with 2.
    const unhandled = state.exitCode === 2
    this.#warnings.push({
      code: unhandled ? 'start-sigterm-unhandled' : 'start-stop-code',
      what: unhandled
        ? `the program does not handle ${this.#image.stopSignal}: it ends at once (code 2)`
        : `the program ends with code ${state.exitCode} on ${this.#image.stopSignal}`,
      cause: unhandled
        ? 'requests it is working on are cut off'
        : 'a stop that was asked for looks like a failure',
      fix: 'stop on the signal (signal.NotifyContext, http.Server.Shutdown) and exit 0',
    })
  }

  /** It ended by itself, or never began. */
  async #ended(state: ContainerState, said = ''): Promise<StartReport> {
    const { mode } = this.#options
    if (state.exitCode === 0 && said === '') {
      if (mode !== 'service') return { ...(await this.#report('passed', 'command', [])), exitCode: 0 }
      return {
        ...(await this.#failed({
          code: 'start-ended',
          what: 'the program ended, but should go on running',
          cause: `it exited 0 after ${formatDuration(this.#elapsed())}`,
          fix: 'if it is a command, set "start: command"; else give it what it needs to run ("start-args", "start-env")',
        })),
        exitCode: 0,
      }
    }
    const logs = await this.#logs()
    const ending: Ending = decodeExit({
      exitCode: state.exitCode,
      oomKilled: state.oomKilled,
      error: said === '' ? state.error : said,
      logs,
      program: this.#image.entrypoint[0] ?? this.#image.cmd[0] ?? 'the program',
      memory: this.#options.memory ?? '512m',
    })
    const began = said === '' && state.error === ''
    return {
      ...(await this.#failed({
        code: `start-${ending.code}`,
        what: began
          ? `the program ended with code ${state.exitCode} after ${formatDuration(this.#elapsed())}`
          : 'the image does not start',
        cause: ending.cause,
        fix: ending.fix,
      })),
      exitCode: state.exitCode,
      logs: logs.length > 0 ? logs : said === '' ? [] : said.trim().split('\n'),
    }
  }

  #failed(problem: Problem): Promise<StartReport> {
    return this.#report('failed', undefined, [problem])
  }

  async #report(
    verdict: StartReport['verdict'],
    as: StartReport['as'],
    problems: readonly Problem[],
  ): Promise<StartReport> {
    const { platform } = this.#options
    return {
      verdict,
      as,
      ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
      problems,
      warnings: this.#warnings,
      listeners: this.#seen,
      ...(this.#health === undefined ? {} : { health: this.#health }),
      logs: await this.#logs(),
      readOnly: this.#readOnly,
    }
  }

  async #logs(): Promise<string[]> {
    const asked = await this.#docker(['logs', '--tail', '50', this.#name]).catch(() => {
      this.#act.signal.throwIfAborted()
      return undefined
    })
    return asked?.code === 0 ? [...asked.tail].slice(-50) : []
  }

  #elapsed(): number {
    return this.#act.clock.now() - this.#started
  }
}

function docker(
  args: readonly string[],
  options: Pick<StartOptions, 'dockerEnv'>,
  act: Pick<Act, 'exec' | 'signal'>,
  timeoutMs = 60_000,
): Promise<Finished> {
  return act.exec.run({
    argv: ['docker', ...args],
    ...(options.dockerEnv === undefined ? {} : { env: options.dockerEnv }),
    timeoutMs,
    signal: act.signal,
  })
}

/**
 * Whether a program stands behind a published port. Docker's proxy takes every connection and drops it at once when
 * nothing listens inside, so a connection has to last.
 */
function answers(port: number, ms = 400): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const end = (answer: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => {
      end(!socket.connecting)
    }, ms)
    socket.on('error', () => end(false))
    socket.on('close', () => end(false))
    socket.on('end', () => end(false))
  })
}

/** Removes trial containers that a killed run left behind. Never throws. */
export async function removeTrials(
  run: string,
  act: Pick<Act, 'exec' | 'log'>,
  dockerEnv?: Environment,
): Promise<number> {
  const env = dockerEnv === undefined ? {} : { env: dockerEnv }
  try {
    const left = await act.exec.run({
      argv: ['docker', 'ps', '-aq', '--filter', `label=${RUN_LABEL}=${run}`],
      ...env,
      timeoutMs: 20_000,
    })
    const ids = left.code === 0 ? left.stdout.split(/\s+/).filter((id) => id !== '') : []
    if (ids.length > 0) {
      await act.exec.run({
        argv: ['docker', 'rm', '--force', '--volumes', ...ids],
        ...env,
        timeoutMs: 60_000,
      })
    }
    return ids.length
  } catch (error) {
    act.log.debug(`trial containers of ${run}: ${messageOf(error)}`)
    return 0
  }
}

/** Whether the engine is this machine's own, from the address in force. */
export function isLocalEngine(env: Environment, os: Act['host']['os']): boolean {
  const address = lookupEnvironment(env, 'DOCKER_HOST', os) ?? ''
  return address === '' || address.startsWith('unix://') || address.startsWith('npipe://')
}
