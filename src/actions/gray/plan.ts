import { formatDuration } from '../../base/clock.ts'
import { PipelineError, type Problem, toPipelineError } from '../../base/errors.ts'
import { type PowerReport, powerTable } from '../../gray/metrics/power-report.ts'
import type { MetricsSettings } from '../../gray/metrics/settings.ts'
import type { ReleasePlan } from '../../gray/reducer.ts'
import type { Shell } from '../shell.ts'
import type { AdapterSettings } from './gather.ts'
import type { GrayInputs } from './inputs.ts'
import type { Names, Wires } from './wire.ts'

/** Something that was looked at before the start. */
export interface Check {
  readonly check: 'state' | 'adapter' | 'metrics'
  readonly ok: boolean
  readonly detail: string
}

export interface Prepared {
  readonly json: unknown
  readonly text: string
}

interface Asked {
  readonly inputs: GrayInputs
  readonly names: Names
  readonly plan: ReleasePlan
  readonly adapter: AdapterSettings
  readonly metrics: MetricsSettings
  readonly wires: Wires
}

/** The plan in a few lines: what is done, and how long it takes at least. */
export function describePlan({ inputs, names, plan, adapter }: Omit<Asked, 'wires' | 'metrics'>): string {
  const steps = plan.steps.map(
    ({ percent, observeMs, hold }) =>
      `  ${round(percent)} %: warm-up ${formatDuration(plan.warmUpMs)}, observed ${formatDuration(observeMs)}${hold ? ', then people must approve' : ''}`,
  )
  const least = plan.steps.reduce((sum, { observeMs }) => sum + plan.warmUpMs + observeMs, plan.bakeMs)
  return [
    `${inputs.environment}: ${names.old} -> ${names.new}, ${adapter.kind}, ${inputs.mode}`,
    ...steps,
    ...(plan.bakeMs > 0 ? [`  100 % with the old version still there: ${formatDuration(plan.bakeMs)}`] : []),
    `  at least ${formatDuration(least)}; a look every ${formatDuration(plan.intervalMs)}; an undecided step is prolonged up to ${plan.maxExtends} times, then: ${plan.endPolicy}`,
  ].join('\n')
}

/**
 * Everything that can be found wrong before the start, all at once. Throws one error with every problem; what is a gate's
 * (a firing alert, a spent budget, traffic that cannot decide) stays a gate's.
 */
export async function checkBeforeStart(
  { names, plan, adapter, metrics, wires }: Asked,
  act: Shell,
): Promise<void> {
  const faults = await Promise.all([
    faultOf(async () => (await wires.adapterFor(adapter)).check(act.signal)),
    faultOf(() => wires.measurer(metrics, names, plan).check(act.signal)),
  ])
  const found = faults.filter((fault) => fault !== undefined)
  if (act.signal.aborted || found.length === 0) return
  const kinds = ['input', 'gate', 'environment', 'cancelled'] as const
  const first = kinds.find((kind) => found.some((fault) => fault.kind === kind)) ?? 'environment'
  throw new PipelineError(
    first,
    found.flatMap((fault) => fault.problems),
  )
}

async function faultOf(work: () => Promise<void>): Promise<PipelineError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    return toPipelineError(error, 'a check before the start failed')
  }
}

/** A dry run: the plan, what the traffic can decide, and the result of every check. Touches nothing. */
export async function planDry(asked: Asked, act: Shell): Promise<Prepared & { readonly ok: boolean }> {
  const { inputs, names, plan, adapter, metrics, wires } = asked
  const checks: (Check & { problems?: readonly Problem[] })[] = []
  const add = (check: Check['check'], good: string, fault: PipelineError | undefined): void => {
    if (fault === undefined) checks.push({ check, ok: true, detail: good })
    else checks.push({ check, ok: false, detail: fault.message, problems: fault.problems })
  }
  let present = ''
  add(
    'adapter',
    'the target can be reached and is fit',
    await faultOf(async () => {
      const made = await wires.adapterFor(adapter)
      await made.check(act.signal)
      present = (await made.get(act.signal)).detail
    }),
  )
  // The power plan stands in a table of its own here.
  const quiet = { ...metrics, power: 'off' as const }
  add('metrics', 'Prometheus answers every query', await faultOf(() => wires.measurer(quiet, names, plan).check(act.signal))) // prettier-ignore
  const power = await powerOf(asked, act)
  const json = {
    environment: inputs.environment,
    ...names,
    mode: inputs.mode,
    adapter: { kind: adapter.kind, ...(present === '' ? {} : { present }) },
    steps: plan.steps,
    warmUpMs: plan.warmUpMs,
    bakeMs: plan.bakeMs,
    intervalMs: plan.intervalMs,
    maxExtends: plan.maxExtends,
    endPolicy: plan.endPolicy,
    ...(power === undefined ? {} : { power }),
    checks,
  }
  const text = [
    describePlan({ inputs, names, plan, adapter }),
    '',
    ...(power === undefined ? [] : [describePower(power), '']),
    ...checks.map(({ check, ok, detail }) => `${ok ? '✔' : '✘'} ${check}: ${detail}`),
    ...(present === '' ? [] : [`now: ${present}`]),
  ].join('\n')
  return { json, text, ok: checks.every((check) => check.ok) }
}

/** What the present traffic can decide; undefined when nobody can say. */
export async function powerOf(
  { names, plan, metrics, wires }: Asked,
  act: Shell,
): Promise<PowerReport | undefined> {
  try {
    return await wires.measurer(metrics, names, plan).power(act.signal)
  } catch (error) {
    act.log.debug(`no power plan: ${toPipelineError(error, 'power').message}`)
    return undefined
  }
}

export function describePower(power: PowerReport): string {
  const doubts = [...power.unknown, ...power.doubts]
  return [
    'What the present traffic can decide:',
    ...(power.rows.length === 0 ? [] : [powerTable(power)]),
    ...(doubts.length === 0 ? ['every step decides'] : doubts.map((line) => `! ${line}`)),
  ].join('\n')
}

const round = (percent: number): number => Math.round(percent * 10) / 10
