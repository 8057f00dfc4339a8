import { createHash } from 'node:crypto'
import type { Problem } from '../base/errors.ts'
import type { StoredRelease, WeightChange } from './ports.ts'
import { Reader } from './record-reader.ts'
import { INITIAL_STATE, isTerminal, type ReleasePlan, type ReleaseState } from './reducer.ts'

/** Every phase of the machine, for reading a record. */
export const PHASES = [
  'idle', 'preparing', 'deploying', 'smoking', 'shifting', 'warming', 'observing', 'holding', 'baking', 'finalising',
  'done', 'finalise-failed', 'aborting', 'rolled-back', 'rollback-failed',
] as const // prettier-ignore
/** Adapter settings are small; anything larger is no state of ours. */
const MAX_CHARACTERS = 1_000_000

/** The record as it is stored: readable, the same bytes for the same release, ended by a line end. */
export function formatRelease(release: StoredRelease): string {
  return `${JSON.stringify(release, null, 2)}\n`
}

/**
 * Reads a stored record strictly: every field of the right type and range, none unknown (a newer program may have put
 * a meaning into it that this one would lose when it writes). All problems are returned at once, each with its path.
 */
export function parseRelease(text: string, where: string): { release?: StoredRelease; problems: Problem[] } {
  const bad = (what: string, cause?: string): { problems: Problem[] } => ({
    problems: [
      {
        code: 'gray-state-corrupt',
        what,
        ...(cause === undefined ? {} : { cause }),
        where,
        fix: 'look at the target and at this file; put it right, or move it away once nothing of the release is left',
      },
    ],
  })
  if (text.length > MAX_CHARACTERS) return bad('the stored state is far too large')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return bad('the stored state is not JSON', error instanceof Error ? error.message : undefined)
  }
  const schema =
    typeof value === 'object' && value !== null ? (value as { schema?: unknown }).schema : undefined
  if (schema !== 1)
    return {
      problems: [
        {
          code: 'gray-state-schema',
          what: `the stored state has schema ${schema === undefined ? 'none' : JSON.stringify(schema)}, this program writes 1`,
          where,
          fix: 'use the version of go-image-pipeline that wrote it, or move the file away once nothing of the release is left',
        },
      ],
    }
  const read = new Reader(value, '')
  const release = readRelease(read)
  if (read.faults.length === 0 && release !== undefined) return { release, problems: [] }
  return bad('the stored state cannot be read', read.faults.join('; '))
}

function readRelease(read: Reader): StoredRelease | undefined {
  const run = read.optional('run')?.object((at) => ({
    repository: at.string('repository'),
    id: at.string('id'),
    attempt: at.whole('attempt'),
    url: at.string('url'),
  }))
  const pending = read
    .optional('pending')
    ?.object((at) => ({ nextAt: at.time('nextAt'), until: at.time('until') }))
  const superseded = read.optional('superseded')?.object((at) => ({ by: at.string('by'), at: at.time('at') }))
  const plan = read.child('plan').object(readPlan)
  const state = read.child('state').object((at) => readState(at, plan?.steps.length ?? 0))
  const lease = read
    .nullable('lease')
    ?.object((at) => ({ owner: at.string('owner'), expires: at.time('expires') }))
  const adapter = read.child('adapter').object((at) => {
    at.string('kind')
    return at.all()
  })
  const rest = {
    id: read.string('id'),
    environment: read.string('environment'),
    old: read.string('old'),
    new: read.string('new'),
    startedAt: read.time('startedAt'),
    planHash: read.string('planHash'),
    windowStart: read.nullableTime('windowStart'),
    history: read.child('history').list((at): WeightChange => ({
      at: at.time('at'),
      step: at.whole('step', -1),
      percent: at.percent('percent'),
    })),
  }
  read.number('schema')
  read.end()
  if (plan === undefined || state === undefined || adapter === undefined) return undefined
  return {
    schema: 1,
    ...rest,
    plan,
    adapter,
    state,
    lease: lease ?? null,
    ...(run === undefined ? {} : { run }),
    ...(pending === undefined ? {} : { pending }),
    ...(superseded === undefined ? {} : { superseded }),
  }
}

function readPlan(at: Reader): ReleasePlan {
  const approvalMs = at.optionalNumber('approvalMs')
  return {
    steps: at.child('steps').list((step) => ({
      percent: step.percent('percent'),
      observeMs: step.amount('observeMs'),
      hold: step.boolean('hold'),
    })),
    warmUpMs: at.amount('warmUpMs'),
    bakeMs: at.amount('bakeMs'),
    intervalMs: at.amount('intervalMs'),
    maxExtends: at.whole('maxExtends'),
    endPolicy: at.one('endPolicy', ['rollback', 'hold', 'promote']),
    maxErrors: at.whole('maxErrors'),
    maxTries: at.whole('maxTries'),
    ...(approvalMs === undefined ? {} : { approvalMs }),
  }
}

function readState(at: Reader, steps: number): ReleaseState {
  const state: ReleaseState = {
    schema: 1,
    phase: at.one('phase', PHASES),
    stage: at.one('stage', ['act', 'read-back']),
    step: at.whole('step', -1),
    intended: at.percent('intended'),
    observed: at.nullablePercent('observed'),
    extends: at.whole('extends'),
    errors: at.whole('errors'),
    tries: at.whole('tries'),
    conclusive: at.whole('conclusive'),
    heldAt: at.nullableOne('heldAt', ['observing', 'baking']),
    asked: at.boolean('asked'),
    deadline: at.nullableTime('deadline'),
    nextLook: at.nullableTime('nextLook'),
    drifts: at.whole('drifts'),
    paged: at.nullableString('paged'),
    touched: at.boolean('touched'),
    reason: at.string('reason', true),
  }
  if (at.number('schema') !== 1) at.fault('schema', 'is not 1')
  if (state.step >= steps) at.fault('step', `is ${state.step}, the plan has ${steps}`)
  const { phase, touched } = state
  const acts = !['idle', 'preparing', 'rolled-back'].includes(phase)
  if (acts && !touched) at.fault('touched', `is false in the phase ${phase}`)
  return state
}

/**
 * What is wrong with a plan before anything is stored: `parseSteps` checks what people write, this what programs pass.
 */
export function checkPlan(plan: ReleasePlan): Problem[] {
  const faults: string[] = []
  const amounts = { warmUpMs: plan.warmUpMs, bakeMs: plan.bakeMs, approvalMs: plan.approvalMs ?? 0 }
  for (const [name, value] of Object.entries(amounts))
    if (!Number.isSafeInteger(value) || value < 0) faults.push(`${name} is ${value}`)
  for (const [name, value] of Object.entries({ intervalMs: plan.intervalMs, maxTries: plan.maxTries }))
    if (!Number.isSafeInteger(value) || value < 1) faults.push(`${name} is ${value}`)
  for (const [name, value] of Object.entries({ maxExtends: plan.maxExtends, maxErrors: plan.maxErrors }))
    if (!Number.isSafeInteger(value) || value < 0) faults.push(`${name} is ${value}`)
  let before = 0
  for (const { percent, observeMs } of plan.steps) {
    if (!(percent > before && percent <= 100))
      faults.push(`the step ${percent} % does not rise above ${before} %`)
    if (!Number.isSafeInteger(observeMs) || observeMs < 0)
      faults.push(`a step is observed for ${observeMs} ms`)
    before = percent
  }
  if (before !== 100) faults.push('the last step is not 100 %')
  return faults.map((what) => ({
    code: 'gray-plan',
    what: `the plan cannot be used: ${what}`,
    fix: 'correct the plan',
  }))
}

/**
 * One value for everything that decides a release's course (plan, adapter, metrics): SHA-256 of JSON with sorted keys.
 * A stored release is only continued under the same value.
 */
export function planHash(parts: Readonly<Record<string, unknown>>): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(parts)))
    .digest('hex')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  // By code unit, so that no locale has a say.
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

/** A release at its beginning, not yet stored. */
export function newRelease(
  request: Pick<
    StoredRelease,
    'id' | 'environment' | 'old' | 'new' | 'run' | 'plan' | 'planHash' | 'adapter'
  >,
  now: number,
): StoredRelease {
  const { run, ...rest } = request
  return {
    schema: 1,
    id: rest.id,
    environment: rest.environment,
    old: rest.old,
    new: rest.new,
    ...(run === undefined ? {} : { run }),
    startedAt: now,
    plan: rest.plan,
    planHash: rest.planHash,
    adapter: rest.adapter,
    state: INITIAL_STATE,
    windowStart: null,
    history: [],
    lease: null,
  }
}

/** The record after a transition at `at` (ms): confirmed weights join the history, windows open and close. */
export function advanceRelease(release: StoredRelease, state: ReleaseState, at: number): StoredRelease {
  const before = release.state
  const entered = state.phase !== before.phase
  const confirmed =
    entered && (state.phase === 'warming' || (state.phase === 'rolled-back' && before.touched))
  const history = confirmed
    ? [...release.history, { at, step: state.step, percent: state.observed ?? state.intended }]
    : release.history
  const opens =
    entered && (state.phase === 'observing' || (state.phase === 'baking' && before.phase === 'observing'))
  const looking = ['observing', 'baking', 'holding'].includes(state.phase)
  // A bake after a hold begins when people have approved, and so does its window.
  const afterHold = entered && state.phase === 'baking' && before.phase === 'holding'
  return {
    ...release,
    state,
    windowStart: opens || afterHold ? at : looking ? release.windowStart : null,
    history,
  }
}

/** What is kept of a release that has ended, for the metrics of delivery (how often, how long, how many went back). */
export interface EndedRelease {
  readonly id: string
  readonly environment: string
  readonly old: string
  readonly new: string
  readonly result: 'done' | 'finalise-failed' | 'rolled-back' | 'rollback-failed'
  readonly reason: string
  readonly startedAt: number
  readonly endedAt: number
  /** The highest confirmed part of the new version. */
  readonly reached: number
  readonly run?: string
}

const KEPT = 20

/** The list with this ended release in it (once, by id), the newest last, at most twenty. */
export function addEnded(list: readonly EndedRelease[], release: StoredRelease, now: number): EndedRelease[] {
  const { phase, reason } = release.state
  if (!isTerminal(release.state)) return [...list]
  const known = list.find(({ id, result }) => id === release.id && result === phase)
  const ended: EndedRelease = {
    id: release.id,
    environment: release.environment,
    old: release.old,
    new: release.new,
    result: phase as EndedRelease['result'],
    reason,
    startedAt: release.startedAt,
    // Written again for other causes, an end keeps its time.
    endedAt: known?.endedAt ?? now,
    reached: Math.max(0, ...release.history.map(({ percent }) => percent)),
    ...(release.run === undefined ? {} : { run: release.run.url }),
  }
  return [...list.filter(({ id }) => id !== release.id), ended].slice(-KEPT)
}
