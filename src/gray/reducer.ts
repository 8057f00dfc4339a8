import type { Verdict } from './judge.ts'
import type { Step } from './plan.ts'

/**
 * The gray release as a pure state machine. The engine's contract: store the state that `reduce` returns BEFORE its
 * effects are carried out (the record of the intent), then carry them out in order, then feed back what happened.
 * Whatever kills the engine, the stored state says what may have been done, and every effect may be done again.
 */
export type Phase =
  | 'idle'
  | 'preparing'
  | 'deploying'
  | 'smoking'
  | 'shifting'
  | 'warming'
  | 'observing'
  | 'holding'
  | 'baking'
  | 'finalising'
  | 'done'
  | 'finalise-failed'
  | 'aborting'
  | 'rolled-back'
  | 'rollback-failed'

export interface ReleasePlan {
  readonly steps: readonly Step[]
  readonly warmUpMs: number
  /** Observation at 100 % with the old version still there. */
  readonly bakeMs: number
  /** Time between two looks at the metrics. */
  readonly intervalMs: number
  /** How often an undecided step is prolonged by its own length. */
  readonly maxExtends: number
  /** What an undecided step ends with. `promote` still needs one conclusive look in the whole release. */
  readonly endPolicy: 'rollback' | 'hold' | 'promote'
  /** Looks in a row that may end in an error (metrics unreachable). */
  readonly maxErrors: number
  /** Tries of one action, and of the read-back that proves it. */
  readonly maxTries: number
  /** How long a hold waits for people before the release goes back, ms. Default one hour. */
  readonly approvalMs?: number
}

const DEFAULT_APPROVAL_MS = 3_600_000
const WAY_BACK_FAILED = '; the way back failed: '

export interface ReleaseState {
  readonly schema: 1
  readonly phase: Phase
  /** Acting phases: `act` was asked for, or its read-back. */
  readonly stage: 'act' | 'read-back'
  /** Index in the plan's steps; −1 before the first. */
  readonly step: number
  /** The new version's part in percent, as asked for and as last read back. */
  readonly intended: number
  readonly observed: number | null
  readonly extends: number
  readonly errors: number
  readonly tries: number
  /** Looks so far that ended in pass or fail. */
  readonly conclusive: number
  /** Which observation a hold has interrupted. */
  readonly heldAt: 'observing' | 'baking' | null
  /** Whether people were asked about the present hold. */
  readonly asked: boolean
  /** When the present phase ends (the warm-up, the window, the time to approve), ms since the epoch. */
  readonly deadline: number | null
  /** When the next look is due, ms. An engine that wakes late makes up for the looks it missed. */
  readonly nextLook: number | null
  /** How often in this release the target lost what had been set. */
  readonly drifts: number
  /** The fault that people were last paged about, so that a repeated try pages only on a change. */
  readonly paged: string | null
  /** Whether anything was deployed, so that there is something to take back. */
  readonly touched: boolean
  /** Why the phase was entered; the audit's answer to "why". */
  readonly reason: string
}

export type ReleaseEvent =
  | { readonly kind: 'start' }
  /** The asked action was carried out. */
  | { readonly kind: 'acted'; readonly of: Effect['kind'] }
  /** The target's answer: the new version's part, and whether the action's own result is in place. */
  | { readonly kind: 'observed'; readonly percent: number; readonly settled: boolean }
  /** An action or a read-back failed. `final`: no further try can help. */
  | { readonly kind: 'failed'; readonly reason: string; readonly final?: boolean }
  /** A wait has ended. `at`: when it was due, which lies before now when the engine slept. */
  | { readonly kind: 'waited'; readonly at?: number }
  /** `at`: the end of the judged window. Deadlines count from it, so that a late look gives what a timely one had. */
  | {
      readonly kind: 'measured'
      readonly verdict: Verdict
      readonly hard?: boolean
      readonly reason: string
      readonly at?: number
    }
  | { readonly kind: 'approved'; readonly by: readonly string[] }
  | { readonly kind: 'rejected'; readonly by: string }
  | { readonly kind: 'cancel'; readonly reason: string }
  /** A new engine has taken over the stored state. */
  | { readonly kind: 'resume'; readonly policy: 'continue' | 'rollback'; readonly reason?: string }

export type Effect =
  | { readonly kind: 'prepare' }
  | { readonly kind: 'deploy' }
  | { readonly kind: 'smoke' }
  | { readonly kind: 'set-weight'; readonly percent: number }
  /** Reads the target back; answered by `observed`. */
  | { readonly kind: 'read-back' }
  /** Answered by `waited` at that time. */
  | { readonly kind: 'wait'; readonly until: number }
  /** Judge the present window; answered by `measured`. */
  | { readonly kind: 'measure' }
  | { readonly kind: 'ask-approval'; readonly reason: string }
  /** Answered by `approved` or `rejected`, or by `waited` at that time. */
  | { readonly kind: 'await-approval'; readonly until: number }
  /** Remove the old version: from here the only way is forward. */
  | { readonly kind: 'finalise' }
  /** Put everything back to the old version: needs the state only, never the plan. */
  | { readonly kind: 'reset' }
  | { readonly kind: 'notify'; readonly level: 'info' | 'warning' | 'page'; readonly message: string }

export interface Transition {
  readonly state: ReleaseState
  readonly effects: readonly Effect[]
}

export const INITIAL_STATE: ReleaseState = {
  schema: 1,
  phase: 'idle',
  stage: 'act',
  step: -1,
  intended: 0,
  observed: null,
  extends: 0,
  errors: 0,
  tries: 0,
  conclusive: 0,
  heldAt: null,
  asked: false,
  deadline: null,
  nextLook: null,
  drifts: 0,
  paged: null,
  touched: false,
  reason: 'nothing has begun',
}

export function isTerminal({ phase }: ReleaseState): boolean {
  return ['done', 'finalise-failed', 'rolled-back', 'rollback-failed'].includes(phase)
}

/** One step of the machine at `now` (ms). An event that has no meaning in this phase changes nothing. */
export function reduce(plan: ReleasePlan, state: ReleaseState, event: ReleaseEvent, now: number): Transition {
  const stay: Transition = { state, effects: [] }
  const failed = state.phase === 'rollback-failed' || state.phase === 'finalise-failed'
  if (isTerminal(state) && !(failed && event.kind === 'resume')) return stay
  const at = event.kind === 'waited' || event.kind === 'measured' ? (event.at ?? now) : now
  switch (event.kind) {
    case 'start':
      return state.phase === 'idle' ? act(state, 'preparing', 'the release begins') : stay
    case 'cancel':
      return reversible(state) ? abort(state, event.reason) : stay
    case 'rejected':
      return state.phase === 'holding' ? abort(state, `rejected by ${event.by}`) : stay
    case 'resume':
      return resume(plan, state, event, now)
    case 'failed':
      return acting(state.phase) || asking(state)
        ? again(plan, state, event.reason, event.final === true)
        : stay
    case 'acted':
      if (asking(state) && event.of === 'ask-approval') return awaitApproval({ ...state, asked: true }, now)
      // The answer of an action that was overtaken (by a cancel) is not that of the present one.
      return acting(state.phase) && state.stage === 'act' && event.of === effectOf(state).kind
        ? acted(plan, state)
        : stay
    case 'observed':
      if (steady(state.phase)) return agrees(state, event) ? stay : drifted(plan, state, event)
      return acting(state.phase) && state.stage === 'read-back' ? observed(plan, state, event, now) : stay
    case 'waited':
      return waited(plan, state, at)
    case 'measured':
      return observing(state.phase) ? measured(plan, state, event, at, now) : stay
    case 'approved':
      if (state.phase !== 'holding') return stay
      return advance(plan, state, `approved by ${event.by.join(' and ')}`, now)
  }
}

type ActingPhase = 'preparing' | 'deploying' | 'smoking' | 'shifting' | 'finalising' | 'aborting'

function acting(phase: Phase): phase is ActingPhase {
  return ['preparing', 'deploying', 'smoking', 'shifting', 'finalising', 'aborting'].includes(phase)
}

function observing(phase: Phase): phase is 'observing' | 'baking' {
  return phase === 'observing' || phase === 'baking'
}

/** The weight was confirmed and should stay as it is. */
export function steady(phase: Phase): phase is 'warming' | 'observing' | 'baking' | 'holding' {
  return phase === 'warming' || phase === 'holding' || observing(phase)
}

function asking(state: ReleaseState): boolean {
  return state.phase === 'holding' && !state.asked
}

/** Before the old version is being removed, not already on the way back, and not at an end. */
export function reversible(state: ReleaseState): boolean {
  return state.phase !== 'finalising' && state.phase !== 'aborting' && !isTerminal(state)
}

/** Whether the target has what was set. A proxy rounds weights to whole parts: half a percent is not drift. */
export function agrees(
  { intended }: Pick<ReleaseState, 'intended'>,
  { percent, settled }: { readonly percent: number; readonly settled: boolean },
): boolean {
  return settled && Math.abs(percent - intended) <= 0.5
}

function disagreement(
  { intended }: ReleaseState,
  { percent, settled }: { percent: number; settled: boolean },
): string {
  return settled
    ? `read back ${percent} % where ${intended} % were set`
    : 'the target has not settled into what was asked'
}

function effectOf(state: ReleaseState): Effect {
  switch (state.phase) {
    case 'deploying':
      return { kind: 'deploy' }
    case 'smoking':
      return { kind: 'smoke' }
    case 'shifting':
      return { kind: 'set-weight', percent: state.intended }
    case 'finalising':
      return { kind: 'finalise' }
    case 'aborting':
      return { kind: 'reset' }
    case 'holding':
      return { kind: 'ask-approval', reason: state.reason }
    default:
      return { kind: 'prepare' }
  }
}

function act(
  state: ReleaseState,
  phase: ActingPhase,
  reason: string,
  more: Partial<ReleaseState> = {},
): Transition {
  const next: ReleaseState = {
    ...state,
    phase,
    stage: 'act',
    tries: 0,
    asked: false,
    deadline: null,
    nextLook: null,
    heldAt: null,
    reason,
    ...more,
  }
  return { state: next, effects: [effectOf(next)] }
}

function acted(plan: ReleasePlan, state: ReleaseState): Transition {
  // Preparing and the smoke test change nothing at the target: their own answer is the proof.
  if (state.phase === 'preparing') return act(state, 'deploying', 'prepared', { touched: true, intended: 0 })
  if (state.phase === 'smoking') return shift(plan, state, 0, 'the smoke test passed')
  return { state: { ...state, stage: 'read-back' }, effects: [{ kind: 'read-back' }] }
}

function observed(
  plan: ReleasePlan,
  before: ReleaseState,
  event: { percent: number; settled: boolean },
  now: number,
): Transition {
  const { percent } = event
  const state = { ...before, observed: percent }
  if (!agrees(state, event)) return again(plan, state, disagreement(state, event), false)
  switch (state.phase) {
    case 'deploying':
      return act(state, 'smoking', 'the new version runs without traffic')
    case 'shifting':
      return wait(state, 'warming', `${percent} % confirmed`, now + plan.warmUpMs)
    case 'finalising':
      return end(state, 'done', 'the new version serves everything', 'info')
    case 'aborting':
      return end(state, 'rolled-back', state.reason, 'warning')
    default:
      return { state, effects: [] }
  }
}

/**
 * The target lost what had been set (a reload, a dead-man's timer): set again and observed anew, because what was
 * measured meanwhile belongs to another weight. Too often, and the release goes back.
 */
function drifted(
  plan: ReleasePlan,
  state: ReleaseState,
  event: { percent: number; settled: boolean },
): Transition {
  const drifts = state.drifts + 1
  const reason = `the target lost its weight (${drifts} of ${plan.maxTries}): ${disagreement(state, event)}`
  const next = { ...state, drifts, observed: event.percent }
  return drifts >= plan.maxTries ? abort(next, reason) : act(next, 'shifting', reason, { errors: 0 })
}

/** Another try of the failed action, or, when they are used up, the way back (of a way back: a page). */
function again(plan: ReleasePlan, state: ReleaseState, reason: string, final: boolean): Transition {
  const tries = state.tries + 1
  if (!final && tries < plan.maxTries) {
    const next: ReleaseState = { ...state, stage: 'act', tries }
    return { state: next, effects: [effectOf(next)] }
  }
  const told = { ...state, paged: reason }
  // A reaper tries again and again: people are paged when the fault is another one, not at each try.
  const level = state.paged === reason ? 'info' : 'page'
  if (state.phase === 'aborting')
    return end(told, 'rollback-failed', `${state.reason}${WAY_BACK_FAILED}${reason}`, level)
  // All traffic is on the new version and the old one may be gone: there is nothing to go back to.
  if (state.phase === 'finalising')
    return end(told, 'finalise-failed', `the old version could not be removed: ${reason}`, level)
  return abort(state, `${state.phase} failed: ${reason}`)
}

function shift(plan: ReleasePlan, state: ReleaseState, index: number, reason: string): Transition {
  const step = plan.steps[index]
  if (step === undefined) return abort(state, 'the plan has no such step')
  return act(state, 'shifting', reason, { step: index, intended: step.percent, extends: 0, errors: 0 })
}

function wait(state: ReleaseState, phase: 'warming', reason: string, until: number): Transition {
  return { state: { ...state, phase, deadline: until, reason }, effects: [{ kind: 'wait', until }] }
}

function waited(plan: ReleasePlan, state: ReleaseState, now: number): Transition {
  const early = state.deadline !== null && now < state.deadline
  if (state.phase === 'holding')
    return early ? awaitApproval(state, now) : abort(state, `nobody approved in time: ${state.reason}`)
  if (state.phase === 'warming') {
    if (early) return { state, effects: [{ kind: 'wait', until: state.deadline }] }
    const step = plan.steps[state.step]
    if (step === undefined) return abort(state, 'the plan has no such step')
    return look(
      { ...state, phase: 'observing', deadline: now + step.observeMs, reason: 'warmed up' },
      plan,
      now,
    )
  }
  if (observing(state.phase)) return { state, effects: [{ kind: 'measure' }] }
  return { state, effects: [] }
}

/** Waits for the next look, but not beyond the end of the window. */
function look(state: ReleaseState, plan: ReleasePlan, now: number): Transition {
  const until = Math.min(state.deadline ?? now, now + plan.intervalMs)
  return { state: { ...state, nextLook: until }, effects: [{ kind: 'wait', until }] }
}

function measured(
  plan: ReleasePlan,
  before: ReleaseState,
  { verdict, hard, reason }: { verdict: Verdict; hard?: boolean; reason: string },
  at: number,
  now: number,
): Transition {
  const errors = verdict === 'error' ? before.errors + 1 : 0
  const conclusive = before.conclusive + (verdict === 'pass' || verdict === 'fail' ? 1 : 0)
  const state: ReleaseState = { ...before, errors, conclusive }
  if (verdict === 'fail' || hard === true) return abort(state, reason)
  if (errors > plan.maxErrors) return abort(state, `${errors} looks in a row failed: ${reason}`)
  // A pass before the end of the window is a look too early: what comes with time has not come yet.
  if (at < (state.deadline ?? 0)) return look(state, plan, at)
  if (verdict === 'pass') return passed(plan, state, reason, at, now)
  if (state.extends < plan.maxExtends) {
    const length = state.phase === 'baking' ? plan.bakeMs : (plan.steps[state.step]?.observeMs ?? 0)
    const message = `prolonged (${state.extends + 1} of ${plan.maxExtends}): ${reason}`
    return look({ ...state, extends: state.extends + 1, deadline: at + length, reason: message }, plan, at)
  }
  return undecided(plan, state, verdict, reason, at, now)
}

function undecided(
  plan: ReleasePlan,
  state: ReleaseState,
  verdict: Verdict,
  reason: string,
  at: number,
  now: number,
): Transition {
  const why = `still ${verdict} after ${state.extends} prolongations: ${reason}`
  if (plan.endPolicy === 'hold') return hold(plan, state, why, now)
  if (plan.endPolicy === 'promote' && verdict === 'inconclusive' && state.conclusive > 0)
    return advance(plan, state, `${why}; the policy promotes`, at)
  return abort(
    state,
    plan.endPolicy === 'promote' ? `${why}; without one conclusive look nothing is promoted` : why,
  )
}

function passed(plan: ReleasePlan, state: ReleaseState, reason: string, at: number, now: number): Transition {
  const step = plan.steps[state.step]
  if (state.phase === 'observing' && step?.hold === true) return hold(plan, state, reason, now)
  return advance(plan, state, reason, at)
}

/** People get their time from now on, even when the look that led here was due long ago. */
function hold(plan: ReleasePlan, state: ReleaseState, reason: string, now: number): Transition {
  const next: ReleaseState = {
    ...state,
    phase: 'holding',
    tries: 0,
    asked: false,
    deadline: now + (plan.approvalMs ?? DEFAULT_APPROVAL_MS),
    nextLook: null,
    heldAt: state.phase === 'baking' ? 'baking' : 'observing',
    reason,
  }
  return { state: next, effects: [effectOf(next)] }
}

function awaitApproval(state: ReleaseState, now: number): Transition {
  return { state, effects: [{ kind: 'await-approval', until: state.deadline ?? now }] }
}

/** From a passed (or approved) step to the next one, from the last to the bake, from the bake to the end. */
function advance(plan: ReleasePlan, state: ReleaseState, reason: string, now: number): Transition {
  if (state.step + 1 < plan.steps.length) return shift(plan, state, state.step + 1, reason)
  const baked = state.phase === 'baking' || state.heldAt === 'baking'
  if (baked || plan.bakeMs <= 0) return act(state, 'finalising', reason)
  const deadline = now + plan.bakeMs
  return look({ ...state, phase: 'baking', deadline, extends: 0, errors: 0, heldAt: null, reason }, plan, now)
}

function abort(state: ReleaseState, reason: string): Transition {
  if (!state.touched) return end({ ...state, observed: 0 }, 'rolled-back', reason, 'warning')
  return act(state, 'aborting', reason, { intended: 0 })
}

function end(
  state: ReleaseState,
  phase: 'done' | 'finalise-failed' | 'rolled-back' | 'rollback-failed',
  reason: string,
  level: 'info' | 'warning' | 'page',
): Transition {
  return {
    state: { ...state, phase, deadline: null, nextLook: null, reason },
    effects: [{ kind: 'notify', level, message: reason }],
  }
}

function resume(plan: ReleasePlan, state: ReleaseState, event: ResumeEvent, now: number): Transition {
  if (state.phase === 'rollback-failed') return act(state, 'aborting', firstReason(state), { intended: 0 })
  if (state.phase === 'finalise-failed') return act(state, 'finalising', state.reason)
  if (event.policy === 'rollback' && reversible(state))
    return abort(state, event.reason ?? 'the engine was lost; taken back')
  if (state.phase === 'idle') return act(state, 'preparing', 'the release begins')
  if (acting(state.phase) || asking(state)) {
    // Whether the action was carried out is not known; all are idempotent, so it is done again.
    const next: ReleaseState = { ...state, stage: 'act', tries: 0 }
    return { state: next, effects: [effectOf(next)] }
  }
  if (state.phase === 'holding') return awaitApproval(state, now)
  if (state.phase === 'warming') return { state, effects: [{ kind: 'wait', until: state.deadline ?? now }] }
  // The metrics of the lost time are still in Prometheus: each missed look is made up for at its own time.
  return { state, effects: [{ kind: 'wait', until: state.nextLook ?? now }] }
}

type ResumeEvent = Extract<ReleaseEvent, { kind: 'resume' }>

/** Why the release went back, without the fault of the way back that stands behind it. */
function firstReason({ reason, paged }: ReleaseState): string {
  const fault = `${WAY_BACK_FAILED}${paged ?? ''}`
  return reason.endsWith(fault) ? reason.slice(0, -fault.length) : reason
}
