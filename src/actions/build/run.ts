import {
  type PipelineError,
  PipelineError as Failure,
  type Problem,
  toPipelineError,
} from '../../base/errors.ts'
import { formatDuration } from '../../base/clock.ts'
import { prefixed } from '../../base/log.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Inputs } from '../../plan/inputs.ts'
import { makePlan, type Plan } from '../../plan/make.ts'
import { type RunResult, runPlan } from '../../plan/run.ts'
import { renderPlanMermaid, renderPlanText } from '../../report/plan.ts'
import type { Shell } from '../shell.ts'
import { gatherFacts } from './gather.ts'
import { loadInputs } from './inputs.ts'
import { compilesAtOnce, startsAtOnce } from './machine-load.ts'
import { outputsOf } from './outputs.ts'
import { writeReport } from './report.ts'
import type { StateKeeper } from './state.ts'
import { Steps } from './steps.ts'

export interface BuildRun {
  /** By output name; only those that are known. */
  readonly outputs: Readonly<Record<string, string>>
  /** Why the run did not end well; undefined when every gate passed. */
  readonly failure?: PipelineError
  readonly summary?: string
  readonly planText: string
  readonly planMermaid: string
}

/** The whole main job: inputs, facts, plan, steps, report. Throws only for bad input and faults before any work. */
export async function runBuild(
  read: (name: string) => string,
  act: Shell,
  keeper: StateKeeper,
): Promise<BuildRun> {
  const { inputs, facts, plan } = await prepare(read, act)
  const planText = renderPlanText(plan)
  const planMermaid = renderPlanMermaid(plan)
  const planJson = JSON.stringify(publicPlan(plan))
  for (const note of plan.notes) act.log.info(note)
  for (const warning of plan.warnings) act.log.warning(warning)
  if (inputs.dryRun) {
    return { outputs: { plan: planJson }, planText, planMermaid }
  }

  annotateDockerfile(facts, plan, act)
  const steps = new Steps(inputs, facts, plan, act, keeper)
  const result = await runPlan(plan.steps, steps.work(), {
    clock: act.clock,
    signal: act.signal,
    lanes: {
      network: () => 8,
      compile: () => compilesAtOnce(steps.results.buildCache, facts.cores),
      engine: () => 2,
      start: () => startsAtOnce(plan.startsNatively === true, facts.cores),
    },
    needless: steps.needless,
    onStart: (step) => act.log.info(`▶ ${step.title}`),
    onEnd: (span) => {
      const took =
        span.startMs === undefined ? '' : ` (${formatDuration((span.endMs ?? span.startMs) - span.startMs)})`
      const mark = { ok: '✔', failed: '✘', skipped: '–', cancelled: '■' }[span.status]
      act.log.info(`${mark} ${span.title}${took}${span.reason === undefined ? '' : `: ${span.reason}`}`)
    },
  })
  const unfinished = result.spans.some((span) => /^(test|compile:)/.test(span.id) && span.status !== 'ok')
  keeper.update({ complete: !unfinished })
  const failure = failureOf(result, act)
  const outputs = { ...outputsOf(plan, steps.results), plan: planJson }
  const report = await writeReport(
    {
      inputs,
      facts,
      plan,
      result,
      results: steps.results,
      reportDir: steps.reportDir,
      ...(failure === undefined ? {} : { failure }),
    },
    act,
  )
  if (failure === undefined) await steps.keep()
  await steps.settle()
  return {
    outputs: { ...outputs, report: report.folder },
    ...(failure === undefined ? {} : { failure }),
    summary: report.summary,
    planText,
    planMermaid,
  }
}

/** Inputs, facts and plan; throws one error with every problem of all three. */
export async function prepare(
  read: (name: string) => string,
  act: Shell,
): Promise<{ inputs: Inputs; facts: Facts; plan: Plan }> {
  const { inputs, problems: wrong } = loadInputs(read, act.env, act.secrets)
  let gathered: Awaited<ReturnType<typeof gatherFacts>>
  try {
    gathered = await gatherFacts(inputs, { ...act, log: prefixed(act.log, 'facts') })
  } catch (error) {
    act.signal.throwIfAborted()
    const fault = toPipelineError(error, 'the project could not be looked at')
    throw wrong.length === 0 ? fault : new Failure('input', [...wrong, ...fault.problems])
  }
  const { plan, problems } = makePlan(inputs, gathered.facts)
  refuse([...wrong, ...gathered.problems, ...problems], gathered.facts)
  return { inputs, facts: gathered.facts, plan }
}

/** A missing engine is a fault of the environment; anything else that is known before the work is one of the input. */
function refuse(problems: readonly Problem[], facts: Facts): void {
  if (problems.length === 0) return
  const ofEngine = (problem: Problem): boolean => problem === facts.engine.problem
  const seen = new Set<string>()
  const once = problems.filter((problem) => {
    // Two looks at one input may find the same fault in different words: the first is told.
    const key =
      problem.input === undefined || problem.value === undefined
        ? JSON.stringify(problem)
        : `${problem.input}\0${problem.value}`
    return !seen.has(key) && seen.add(key)
  })
  throw new Failure(once.every(ofEngine) ? 'environment' : 'input', once)
}

/** All failures of the run as one error: gates before faults of the environment, in the order they happened. */
function failureOf(result: RunResult, act: Shell): PipelineError | undefined {
  if (act.signal.aborted) return toPipelineError(act.signal.reason, 'the run was cancelled')
  const errors = result.failures.map(({ id, error }) => toPipelineError(error, `the step ${id} failed`))
  const [first] = errors
  if (first === undefined) return undefined
  const kinds = ['gate', 'input', 'environment', 'cancelled'] as const
  const kind = kinds.find((one) => errors.some((error) => error.kind === one)) ?? first.kind
  const log = errors.map((error) => error.log).find((text) => text !== undefined)
  return new Failure(
    kind,
    errors.flatMap((error) => error.problems),
    log === undefined ? {} : { log },
  )
}

/** The plan without what only we need. */
function publicPlan(plan: Plan): unknown {
  return {
    schema: plan.schema,
    form: plan.form,
    push: plan.push,
    platforms: plan.platforms,
    images: plan.targets.map((target) => ({
      name: target.id,
      mains: target.mains.map((main) => main.package.path),
      repositories: target.repositories,
    })),
    tags: plan.tags.tags,
    version: plan.version,
    driver: plan.driver.driver,
    steps: plan.steps,
    notes: plan.notes,
    warnings: plan.warnings,
  }
}

/** What the Dockerfile checks found, on its lines. */
function annotateDockerfile(facts: Facts, plan: Plan, act: Shell): void {
  const { dockerfile } = facts
  if (dockerfile === undefined) return
  const file = facts.folder === '.' ? dockerfile.path : `${facts.folder}/${dockerfile.path}`
  for (const { severity, code, message, line, fix, patch } of dockerfile.findings(plan.platforms)) {
    if (severity === 'note') continue
    const more = [fix, patch].filter((text) => text !== undefined).join('\n')
    act.log.annotate({
      level: severity,
      title: code,
      message: more === '' ? message : `${message}\n${more}`,
      file,
      line,
    })
  }
}
