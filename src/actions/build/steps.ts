import { join, resolve } from 'node:path'
import type { Facts } from '../../plan/facts.ts'
import type { Inputs } from '../../plan/inputs.ts'
import type { Plan } from '../../plan/make.ts'
import { REUSE_STEP } from '../../plan/reuse.ts'
import { compileStepId } from '../../plan/steps.ts'
import type { StepWork } from '../../plan/run.ts'
import { makeReportFolder, workspaceOf } from '../folders.ts'
import { registryClient } from '../registry.ts'
import type { Shell } from '../shell.ts'
import { checkBinaries } from './binaries.ts'
import { emptyResults, type Results } from './results.ts'
import { Reuse } from './reuse.ts'
import type { RunContext } from './run-context.ts'
import type { StateKeeper } from './state.ts'
import { GoSteps } from './steps-go.ts'
import { ImageSteps } from './steps-image.ts'

/** What each step of the plan does. */
export class Steps {
  readonly results: Results = emptyResults()
  /** Absolute. */
  readonly reportDir: string
  /** What the run need not do any more, and why; see runPlan. */
  readonly needless = new Map<string, string>()
  readonly #inputs: Inputs
  readonly #plan: Plan
  readonly #act: Shell
  readonly #go: GoSteps
  readonly #image: ImageSteps
  readonly #reuse: Reuse
  readonly #keeper: StateKeeper
  #work: Promise<string> | undefined

  constructor(inputs: Inputs, facts: Facts, plan: Plan, act: Shell, keeper: StateKeeper) {
    this.#inputs = inputs
    this.#plan = plan
    this.#act = act
    this.#keeper = keeper
    this.reportDir = reportFolder(inputs, facts, act)
    const { results } = this
    const run: RunContext = { inputs, facts, plan, act, results, keeper, folder: () => this.#folder() }
    this.#go = new GoSteps(run)
    const client = registryClient(inputs, act)
    this.#image = new ImageSteps(run, client)
    this.#reuse = new Reuse(run, client, this.reportDir, this.needless)
  }

  /** By step id; every step of the plan is there. */
  work(): ReadonlyMap<string, StepWork> {
    const go = this.#go
    const image = this.#image
    const work = new Map<string, StepWork>([
      ['login', (signal) => image.login(signal)],
      ['go', (signal) => go.install(signal)],
      ['modules-restore', (signal) => go.restoreModules(signal)],
      ['build-restore', (signal) => go.restoreBuild(signal)],
      ['mtimes', (signal) => go.mtimes(signal)],
      ['modules', (signal) => go.modules(signal)],
      ['test', async (signal) => go.test(await this.#reports(), signal)],
      ['coverage', () => Promise.resolve(go.coverage())],
      ['binaries', () => checkBinaries(this.results.binaries, this.#inputs)],
      ['builder', (signal) => image.builder(signal)],
      ['base', (signal) => image.base(signal)],
      ['dockerfile-restore', (signal) => image.restoreDockerfileCache(signal)],
      [REUSE_STEP, (signal) => this.#reuse.find(signal)],
      ['load', (signal) => image.load(signal)],
      ['publish', (signal) => image.publish(signal)],
    ])
    for (const platform of this.#plan.platforms) {
      work.set(compileStepId(platform), (signal) => go.compile(platform, signal))
    }
    for (const target of this.#plan.targets) {
      const suffix = this.#plan.targets.length > 1 ? `:${target.id}` : ''
      work.set(`own${suffix}`, (signal) => image.own(target, signal))
      work.set(`dockerfile-caches${suffix}`, (signal) => image.collect(target, signal))
      work.set(`image${suffix}`, (signal) => image.image(target, signal))
      work.set(`start${suffix}`, (signal) => image.start(target, signal))
      work.set(`verify${suffix}`, (signal) => image.verify(target, signal))
    }
    return work
  }

  /** After a run in which every gate passed: what later runs of the same input need not do again. */
  keep(): Promise<void> {
    return this.#reuse.keep()
  }

  /** Waits for what goes on in the background. */
  settle(): Promise<void> {
    return this.#image.settle()
  }

  /** One working folder for the whole run, removed at its end. */
  #folder(): Promise<string> {
    this.#work ??= this.#act.temp.make('work').then((folder) => {
      this.#keeper.update({ folders: this.#act.temp.folders })
      return folder
    })
    return this.#work
  }

  async #reports(): Promise<string> {
    await makeReportFolder(this.reportDir)
    return this.reportDir
  }
}

/** Where the report files go. */
export function reportFolder(
  inputs: Pick<Inputs, 'reportDir'>,
  facts: Pick<Facts, 'inActions' | 'root'>,
  act: Pick<Shell, 'env'>,
): string {
  if (inputs.reportDir !== undefined) return resolve(workspaceOf(act.env), inputs.reportDir)
  const temp = act.env['RUNNER_TEMP']
  if (facts.inActions && temp !== undefined && temp !== '') return join(temp, 'go-image-pipeline', 'report')
  return join(process.cwd(), '.gip', 'report')
}
