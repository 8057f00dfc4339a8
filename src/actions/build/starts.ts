import { randomUUID } from 'node:crypto'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gateError } from '../../base/errors.ts'
import { type Environment, formatPlatform, type Platform, samePlatform } from '../../base/platform.ts'
import { startImage, type StartReport } from '../../image/start.ts'
import { startNative } from '../../image/start-native.ts'
import type { Target } from '../../plan/make.ts'
import type { Shell } from '../shell.ts'
import { provenStart, startProof } from './last-run.ts'
import type { RunContext } from './run-context.ts'

/** The start gate: the image in the engine that is there, or where there is none the program itself. */
export class Starts {
  readonly #run: RunContext
  /** Removals of trial containers and images, awaited at the end of the run. */
  readonly #removals: Promise<void>[] = []

  constructor(run: RunContext) {
    this.#run = run
  }

  /**
   * Starts the image, unless a good run with this very digest has done so in the same way.
   * @param runnable makes the image of a platform something that the engine can run
   */
  async start(
    target: Target,
    digest: string | undefined,
    act: Shell,
    dockerEnv: Environment,
    runnable: (platform: Platform) => Promise<{ image: string; pull: boolean }>,
  ): Promise<string> {
    const platform = this.#run.plan.startPlatform
    if (platform === undefined) throw new TypeError('there is no platform to start')
    const natively = this.#run.plan.startsNatively === true
    const proof = digest === undefined ? undefined : startProof(digest, platform, natively, this.#run.inputs)
    const proven = proof === undefined ? undefined : provenStart(this.#run.results.lastRun, proof)
    if (proof !== undefined && proven !== undefined) {
      this.#run.results.starts.set(target.id, provenReport({ ...proven, proof }))
      return `${proven.detail}; the same digest as at ${proven.at}, not started again`
    }
    const report = natively
      ? await this.#program(target, platform, act)
      : await this.#image(await runnable(platform), platform, act, dockerEnv)
    // What warns shall warn again.
    const relied = proof !== undefined && report.verdict === 'passed' && report.warnings.length === 0
    this.#run.results.starts.set(target.id, relied ? { ...report, proof } : report)
    for (const warning of report.warnings)
      act.log.annotate({
        level: 'warning',
        title: warning.what,
        message: warning.fix ?? warning.cause ?? warning.what,
      })
    const [problem] = report.problems
    if (problem !== undefined) throw gateError(problem, report.logs.join('\n'))
    return report.summary
  }

  /** Waits for what goes on in the background; what is removed then need not be removed by post. */
  async settle(): Promise<void> {
    await Promise.all(this.#removals)
    if (this.#removals.length > 0) this.#run.keeper.update({ trials: [] })
  }

  #image(
    reference: { readonly image: string; readonly pull: boolean },
    platform: Platform,
    act: Shell,
    dockerEnv: Environment,
  ): Promise<StartReport> {
    const inputs = this.#run.inputs
    const trial = `gip-${randomUUID()}`
    this.#run.keeper.update({ trials: [...(this.#run.keeper.state.trials ?? []), trial] })
    return startImage(
      {
        image: reference.image,
        pull: reference.pull,
        // A machine that is thrown away needs no look at what was there before.
        remove: this.#run.facts.hosted !== true,
        platform,
        mode: inputs.start === 'off' ? 'auto' : inputs.start,
        args: inputs.startArgs,
        env: inputs.startEnv,
        expose: inputs.expose,
        timeoutMs: inputs.startTimeoutMs,
        dockerEnv,
        run: trial,
        defer: (removal) => this.#removals.push(removal),
        ...(inputs.healthPath === undefined ? {} : { healthPath: inputs.healthPath }),
      },
      act,
    )
  }

  /** The program in a folder of its own, with the environment that the image would give it. */
  async #program(target: Target, platform: Platform, act: Shell): Promise<StartReport> {
    const inputs = this.#run.inputs
    const [main] = target.mains
    const binary = this.#run.results.binaries.find(
      (one) => one.name === main?.name && samePlatform(one.platform, platform),
    )
    if (binary === undefined || inputs.start === 'off') throw new TypeError('there is no program to start')
    const folder = await act.temp.make('start')
    const program = join(folder, binary.name)
    await copyFile(binary.file, program)
    return startNative(
      {
        program,
        args: [...inputs.entrypointArgs, ...inputs.startArgs],
        env: [
          ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
          ['HOME', folder],
          ['TMPDIR', folder],
          ...inputs.imageEnv,
          ...inputs.startEnv,
        ],
        folder,
        mode: inputs.start,
        expose: inputs.expose,
        timeoutMs: inputs.startTimeoutMs,
        platform: formatPlatform(platform),
        ...(inputs.healthPath === undefined ? {} : { healthPath: inputs.healthPath }),
      },
      act,
    )
  }
}

/** The start of an image that was seen before, at a time as ISO 8601. */
export const provenReport = (start: {
  readonly detail: string
  readonly at: string
  readonly proof?: string
}): StartReport => ({
  verdict: 'passed',
  as: undefined,
  problems: [],
  warnings: [],
  listeners: [],
  logs: [],
  readOnly: true,
  summary: start.detail,
  provenAt: start.at,
  ...(start.proof === undefined ? {} : { proof: start.proof }),
})
