import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { formatDuration } from '../base/clock.ts'
import { environmentError, inputError, messageOf, type Problem } from '../base/errors.ts'
import type { Finished } from '../base/exec.ts'
import { writeAtomic } from '../base/files.ts'
import { formatPlatform } from '../base/platform.ts'
import {
  type ContainerState,
  createContainerArgv,
  decodeExit,
  type Ending,
  type ImageFacts,
  readContainer,
} from './container.ts'
import { judgePorts, type Listener, type PortVerdict, tcpPorts } from './ports.ts'
import { answers, readListeners } from './sockets.ts'
import type { StartAct, StartOptions, StartReport } from './start-types.ts'
import { judgeStop, notReady, summarize } from './start-verdicts.ts'

const POLL_MS = 50
/** For the client that waits for the end, beyond all that is waited for here. */
const WAIT_SPARE_MS = 120_000
/** An answering service has loaded what it needs; one that dies of its first request does so within this time. */
const SETTLE_HEALTHY_MS = 500
/** An open port proves less: programs that connect to a database after they listen end about a second later. */
const SETTLE_OPEN_MS = 2000

type Draft = Omit<StartReport, 'summary'>

/** One trial container, from create to remove. */
export class Trial {
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
  #answered: number | undefined
  #watched: { over: boolean } | undefined

  constructor(options: StartOptions, image: ImageFacts, readOnly: boolean, act: StartAct) {
    this.#options = options
    this.#image = image
    this.#readOnly = readOnly
    this.#act = act
    this.#exposed = [...new Set(tcpPorts([...(options.expose ?? []), ...image.expose]))]
  }

  async run(): Promise<StartReport> {
    const report = await this.#run()
    return { ...report, summary: summarize(report) }
  }

  async #run(): Promise<Draft> {
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

  /**
   * Its state as it was last told. One call of the client waits for the end of the container: to ask again and again would take the
   * processor from the tests that run beside it.
   */
  async #watch(known: ContainerState | undefined): Promise<ContainerState> {
    if (known !== undefined && this.#watched?.over === false) return known
    const watched = { over: false }
    this.#watched = watched
    const limit = (this.#options.timeoutMs ?? 30_000) + WAIT_SPARE_MS
    void this.#docker(['wait', this.#name], limit)
      .catch(() => undefined)
      .then(() => (watched.over = true))
    return this.#inspect()
  }

  async #awaitEnd(): Promise<Draft> {
    const limit = this.#options.timeoutMs ?? 30_000
    let state: ContainerState | undefined
    for (;;) {
      state = await this.#watch(state)
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

  async #awaitService(): Promise<Draft> {
    const { clock, signal } = this.#act
    const limit = this.#options.timeoutMs ?? 30_000
    const settle =
      this.#options.settleMs ?? (this.#options.healthPath === undefined ? SETTLE_OPEN_MS : SETTLE_HEALTHY_MS)
    let readyAt: number | undefined
    let loopbackSince: number | undefined
    let state: ContainerState | undefined
    for (;;) {
      state = await this.#watch(state)
      if (!state.running) return this.#ended(state)
      const listeners = await readListeners(state, this.#act.host)
      if (listeners !== undefined) this.#seen = listeners
      const verdict = listeners === undefined ? undefined : judgePorts(listeners, this.#exposed)
      // A port that was promised and is open on 127.0.0.1 only stays so; give a slow start its settling time.
      loopbackSince = verdict?.kind === 'loopback' ? (loopbackSince ?? clock.now()) : undefined
      const port = await this.#readyPort(state, verdict)
      const healthy = port !== undefined && (await this.#healthy(state, port))
      if (healthy) readyAt ??= clock.now()
      else readyAt = undefined

      if (readyAt !== undefined && clock.now() - readyAt >= settle) {
        // Its end may not have been told yet.
        const last = await this.#inspect()
        return last.running ? this.#stop(readyAt - this.#started) : this.#ended(last)
      }
      const late = this.#elapsed() > limit
      const hopeless = loopbackSince !== undefined && clock.now() - loopbackSince > SETTLE_OPEN_MS
      if ((late && readyAt === undefined) || hopeless)
        return this.#failed(
          notReady(verdict, {
            exposed: this.#exposed,
            ...(this.#options.healthPath === undefined ? {} : { healthPath: this.#options.healthPath }),
            lastHealth: this.#lastHealth,
            limitMs: limit,
          }),
        )
      await clock.sleep(POLL_MS, signal)
    }
  }

  /** The port that is ready; 0 for a program that promises none; undefined while it has to be waited for. */
  async #readyPort(state: ContainerState, verdict: PortVerdict | undefined): Promise<number | undefined> {
    if (verdict !== undefined) {
      if (verdict.kind === 'ready') return verdict.port
      return verdict.kind === 'quiet' && this.#options.healthPath === undefined ? 0 : undefined
    }
    if (this.#exposed.length === 0) return this.#options.healthPath === undefined ? 0 : undefined
    // One proof is enough: it costs 400 ms, and the container's end is seen anyway.
    for (const port of this.#answered === undefined ? this.#exposed : []) {
      const at = state.published.get(port)
      if (at === undefined || !(await answers(at))) continue
      this.#answered = port
      break
    }
    return this.#answered
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

  /** SIGTERM, as Docker and Kubernetes send it, and the time until it is gone: the engine answers as soon as it is. */
  async #stop(readyMs: number): Promise<Draft> {
    const { clock } = this.#act
    const grace = this.#options.graceMs ?? 10_000
    const sent = clock.now()
    await this.#docker(['stop', '--time', String(Math.ceil(grace / 1000)), this.#name], grace + 30_000)
    const stopMs = clock.now() - sent
    const [state, logs] = await Promise.all([this.#inspect(), this.#logs()])
    if (state.running || (state.exitCode === 137 && stopMs >= grace)) {
      const problem: Problem = {
        code: 'start-ignores-sigterm',
        what: `the program did not end within ${formatDuration(grace)} of ${this.#image.stopSignal}`,
        cause: 'it is killed at every deployment, with the requests it is working on',
        fix: 'stop on the signal: ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM), then http.Server.Shutdown; write ENTRYPOINT in exec form, so that the signal reaches it',
      }
      return {
        ...(await this.#report('failed', 'service', [problem], logs)),
        readyMs,
      }
    }
    const odd = judgeStop(state.exitCode, this.#image.stopSignal)
    if (odd !== undefined) this.#warnings.push(odd)
    return {
      ...(await this.#report('passed', 'service', [], logs)),
      readyMs,
      stopMs,
      exitCode: state.exitCode,
    }
  }

  /** It ended by itself, or never began. */
  async #ended(state: ContainerState, said = ''): Promise<Draft> {
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

  #failed(problem: Problem): Promise<Draft> {
    return this.#report('failed', undefined, [problem])
  }

  async #report(
    verdict: StartReport['verdict'],
    as: StartReport['as'],
    problems: readonly Problem[],
    logs?: readonly string[],
  ): Promise<Draft> {
    const { platform } = this.#options
    return {
      verdict,
      as,
      ...(platform === undefined ? {} : { platform: formatPlatform(platform) }),
      problems,
      warnings: this.#warnings,
      listeners: this.#seen,
      ...(this.#health === undefined ? {} : { health: this.#health }),
      logs: logs ?? (await this.#logs()),
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

/** A call of the docker client, bounded and cancelled with the run. */
export function docker(
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
