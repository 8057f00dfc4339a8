import { messageOf, PipelineError, type Problem, toPipelineError } from '../../base/errors.ts'
import { describeStatus } from '../../gray/engine-status.ts'
import { runRelease } from '../../gray/engine-start.ts'
import type { RunResult } from '../../gray/engine-types.ts'
import { claimOf } from '../../gray/lease.ts'
import type { StoredRelease } from '../../gray/ports.ts'
import { reap, type ReapResult, recover, tick } from '../../gray/reap.ts'
import { planHash } from '../../gray/record.ts'
import type { ReleasePlan } from '../../gray/reducer.ts'
import type { Shell } from '../shell.ts'
import { abortRelease } from './abort.ts'
import { releaseId } from '../this-run.ts'
import { type Gathered, gatherSettings } from './gather.ts'
import { type GrayInputs, loadGrayInputs } from './inputs.ts'
import { failureOf, type GrayEnd, outputsOf, resultOf } from './outputs.ts'
import { checkBeforeStart, describePlan, planDry } from './plan.ts'
import { reportGray } from './report.ts'
import type { GrayKeeper } from './state.ts'
import { type Wires, wire } from './wire.ts'

export interface GrayRun {
  readonly end: GrayEnd
  readonly outputs: Readonly<Record<string, string>>
  /** Why the run did not end well. */
  readonly failure?: PipelineError
  /** For people, when the command's answer is a text (status, a dry run). */
  readonly text?: string
}

export interface RunExtras {
  /** Aborted when this process is about to be killed: the rest is left to post. */
  readonly calm?: AbortSignal
}

/** A command's end, with the looks it took. */
export interface Done {
  readonly end: GrayEnd
  readonly run?: RunResult
  readonly text?: string
}

/** One command of the action, from inputs to outputs. Never throws: whatever fails is told by `failure`. */
export async function runGray(
  read: (name: string) => string,
  act: Shell,
  keeper: GrayKeeper,
  extras: RunExtras = {},
): Promise<GrayRun> {
  let wires: Wires | undefined
  let inputs: GrayInputs | undefined
  let done: Done
  let fault: PipelineError | undefined
  try {
    const loaded = loadGrayInputs(read, act.env, act.secrets)
    inputs = loaded.inputs
    const { gathered, problems } = await gatherSettings(inputs, act)
    refuse([...loaded.problems, ...problems])
    wires = await wire(inputs, gathered, act, extras)
    await fetchAudit(inputs, wires, act)
    done = await carryOut(inputs, gathered, wires, act, keeper)
  } catch (error) {
    fault = toPipelineError(
      act.signal.aborted ? act.signal.reason : error,
      `${inputs?.command ?? 'the gray release'} failed`,
    )
    done = { end: { result: 'refused', reason: fault.problems[0]?.what ?? fault.message } }
  }
  // What was asked for is done by reap, recover and abort when everything is back: no failure of theirs.
  const asked = inputs !== undefined && ['reap', 'recover', 'abort', 'status'].includes(inputs.command)
  const back = asked && (done.end.result === 'rolled-back' || inputs?.command === 'status')
  const last = done.run?.looks.at(-1)?.measurement
  const failure =
    fault ??
    (back
      ? undefined
      : failureOf(done.end, { cancelled: act.signal.aborted, ...(last === undefined ? {} : { last }) }))
  let end = done.end
  try {
    end = { ...end, ...(await reportGray({ done, wires, failure }, act)) }
  } catch (error) {
    act.log.warning(`the report could not be written: ${toPipelineError(error, 'report').message}`)
  }
  if (done.run !== undefined) await wires?.keepAudit()
  await wires?.close()
  return {
    end,
    outputs: outputsOf(end),
    ...(failure === undefined ? {} : { failure }),
    ...(done.text === undefined ? {} : { text: done.text }),
  }
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new PipelineError('input', problems)
}

/** Before the first line is written. A release is not begun on an audit that cannot go on; no way back waits for one. */
async function fetchAudit(inputs: GrayInputs, wires: Wires, act: Shell): Promise<void> {
  if (inputs.command === 'status' || inputs.dryRun) return
  try {
    await wires.fetchAudit()
  } catch (error) {
    if (inputs.command === 'release') throw error
    act.log.warning(`the audit of earlier runs could not be fetched: ${messageOf(error)}`)
  }
}

async function carryOut(
  inputs: GrayInputs,
  gathered: Gathered,
  wires: Wires,
  act: Shell,
  keeper: GrayKeeper,
): Promise<Done> {
  const { store } = wires
  switch (inputs.command) {
    case 'status': {
      const release = (await store.read(act.signal))?.release
      return {
        end: { result: resultOf(release), ...(release === undefined ? {} : { release }) },
        text: describeStatus(release, act.clock.now()),
      }
    }
    case 'release':
      return release(inputs, gathered, wires, act, keeper)
    case 'tick':
    case 'reap':
      return goOn(inputs, gathered, wires, act, keeper)
    case 'recover':
      // By hand there is no owner to go by: whatever is unfinished is taken back, however young its lease is.
      return doneOf(await abortRelease(wires, act, 'recover'))
    case 'abort':
      return doneOf(await abortRelease(wires, act, 'abort'))
  }
}

async function release(
  inputs: GrayInputs,
  gathered: Gathered,
  wires: Wires,
  act: Shell,
  keeper: GrayKeeper,
): Promise<Done> {
  const { adapter, metrics } = gathered
  if (adapter === undefined || metrics === undefined) throw new TypeError('checked by the inputs')
  const stored = (await wires.store.read(act.signal))?.release
  const names = { old: oldVersion(inputs, stored, act.clock.now()), new: inputs.newVersion ?? '' }
  const settings = wires.storedSettings(adapter, names)
  const plan = wires.planFor(planOf(inputs), settings)
  const asked = { inputs, names, plan, adapter: settings, metrics, wires }
  if (inputs.dryRun) {
    const { json, text, ok } = await planDry(asked, act)
    const reason = ok ? 'every check passed' : 'a check failed'
    return { end: { result: 'planned', reason, plan: json }, text }
  }
  for (const line of describePlan(asked).split('\n')) act.log.info(line)
  // While another release runs the target is not as this one will find it: its checks come when it is its turn.
  const busy = stored !== undefined && claimOf(stored, act.clock.now()).kind !== 'free'
  if (!busy) await checkBeforeStart(asked, act)
  const request = {
    id: releaseId(act.clock.now()),
    environment: inputs.environment,
    ...names,
    ...(gathered.run === undefined ? {} : { run: gathered.run }),
    plan,
    planHash: planHash({ plan, adapter: settings, metrics }),
    adapter: settings,
  }
  // Before anything is touched, so that post finds what a killed main has left.
  keeper.update({ owner: wires.owner })
  const run = await runRelease(request, wires.options(names, { plan, checked: !busy }))
  keeper.update({ settled: run.outcome !== 'interrupted' })
  return { ...doneOf({ action: 'taken', reason: run.reason, release: run.release, run }), run }
}

/** What the stored release left unnamed: the version that serves before this one comes. */
function oldVersion(inputs: GrayInputs, stored: StoredRelease | undefined, now: number): string {
  if (inputs.oldVersion !== undefined) return inputs.oldVersion
  if (stored === undefined) return 'old'
  if (stored.state.phase === 'done' || stored.state.phase === 'finalise-failed') return stored.new
  const claim = claimOf(stored, now)
  const waits = claim.kind === 'held' || claim.kind === 'sleeping'
  if (waits && inputs.concurrency === 'queue')
    throw new PipelineError('input', [
      {
        code: 'gray-old-version',
        what: `a release to ${stored.new} is under way, so it is not known yet which version this one will replace`,
        input: 'old-version',
        fix: 'set old-version, wait for the other release, or use concurrency: newest-wins',
      },
    ])
  return stored.old
}

/** `tick` and `reap`: the plan and the adapter are the stored ones; present settings that differ mean the way back. */
async function goOn(
  inputs: GrayInputs,
  gathered: Gathered,
  wires: Wires,
  act: Shell,
  keeper: GrayKeeper,
): Promise<Done> {
  const stored = (await wires.store.read(act.signal))?.release
  if (stored === undefined) return { end: { result: 'none', reason: 'no release is stored' } }
  const names = { old: stored.old, new: stored.new }
  const { metrics } = gathered
  const settings =
    gathered.adapter === undefined ? stored.adapter : wires.storedSettings(gathered.adapter, names)
  const options = wires.options(names, { plan: stored.plan })
  const common = {
    ...options,
    ...(metrics === undefined ? {} : { planHash: planHash({ plan: stored.plan, adapter: settings, metrics }) }), // prettier-ignore
  }
  keeper.update({ owner: wires.owner })
  const found =
    inputs.command === 'tick' ? await tick(common) : await reap({ ...common, policy: inputs.resume })
  keeper.update({ settled: found.run?.outcome !== 'interrupted' })
  return doneOf(found)
}

function doneOf(found: ReapResult): Done {
  const { run } = found
  const release = run?.release ?? found.release
  const nextAt = run?.nextAt ?? found.nextAt
  return {
    end: {
      result: run === undefined ? resultOf(release) : resultOfRun(run),
      reason: run?.reason ?? found.reason,
      ...(release === undefined ? {} : { release }),
      ...(nextAt === undefined ? {} : { nextAt }),
    },
    ...(run === undefined ? {} : { run }),
  }
}

const resultOfRun = (run: RunResult): GrayEnd['result'] =>
  run.outcome === 'rolled-back' && run.release.superseded !== undefined ? 'superseded' : run.outcome

/** The plan that the inputs ask for, before the adapter has had its say (a node plan has whole nodes). */
export function planOf(inputs: GrayInputs): ReleasePlan {
  return {
    steps: inputs.steps,
    warmUpMs: inputs.warmUpMs,
    bakeMs: inputs.bakeMs,
    intervalMs: inputs.intervalMs,
    maxExtends: inputs.maxExtends,
    endPolicy: inputs.endPolicy,
    maxErrors: inputs.maxErrors,
    maxTries: inputs.maxTries,
    approvalMs: inputs.approvalTimeoutMs,
  }
}

/** For the post step: takes back what main (lease owner `owner`) has left. Reports like `runGray`, never throws for the release. */
export async function recoverGray(
  read: (name: string) => string,
  act: Shell,
  owner: string,
): Promise<GrayRun> {
  const { inputs } = loadGrayInputs(read, act.env, act.secrets)
  const { gathered } = await gatherSettings(inputs, act)
  const wires = await wire(inputs, gathered, act, {})
  try {
    const stored = (await wires.store.read(act.signal))?.release
    const names = { old: stored?.old ?? 'old', new: stored?.new ?? 'new' }
    await fetchAudit({ ...inputs, command: 'recover' }, wires, act)
    const done = doneOf(await recover(owner, wires.options(names)))
    const ended = done.end.result === 'rolled-back' || done.run === undefined
    const failure = ended ? undefined : failureOf(done.end, { cancelled: false })
    if (done.run === undefined) return { end: done.end, outputs: outputsOf(done.end) }
    const end = { ...done.end, ...(await reportGray({ done, wires, failure }, act)) }
    await wires.keepAudit()
    return { end, outputs: outputsOf(end), ...(failure === undefined ? {} : { failure }) }
  } finally {
    await wires.close()
  }
}
