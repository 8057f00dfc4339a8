import type { Act } from '../base/act.ts'
import { inputError, messageOf, PipelineError, toPipelineError } from '../base/errors.ts'
import { digestOf } from './compose-state.ts'
import { awaitHealthy, healthUrls } from './health.ts'
import type { Standing, Target } from './target.ts'

export const RESULTS = ['deployed', 'unchanged', 'rolled-back', 'refused', 'taken-back', 'broken'] as const
/**
 * `refused`: nothing was touched. `taken-back`: the new image failed, and what served before serves again. `broken`: not every
 * place is known to be as before.
 */
export type Result = (typeof RESULTS)[number]

export interface Rollout {
  readonly result: Result
  /** The image that was to serve. */
  readonly image: string
  readonly before: readonly Standing[]
  /** Read back at the end; empty when it could not be. */
  readonly after: readonly Standing[]
  readonly failure?: PipelineError
}

export interface RolloutRequest {
  readonly kind: 'deploy' | 'rollback'
  /** With `rollback` only where a certain image is wanted. */
  readonly image?: string
  /** Asked from here after each batch; `{host}` stands for the host. */
  readonly health?: { readonly url: string; readonly waitMs: number }
}

type Ports = Pick<Act, 'http' | 'clock' | 'signal' | 'log'>

const LAST_LOOK_MS = 60_000

/** What going back means: end an unfinished deployment, or bring an earlier image. */
export type WayBack =
  { readonly kind: 'unfinished'; readonly image: string } | { readonly kind: 'image'; readonly image: string }

/**
 * Where a rollback leads; pure. Each place's record is asked what served before the image that serves now was deployed, so that a
 * second rollback goes one step further back, and not to the image that was just left.
 *
 * @throws PipelineError `deploy-no-record` when a place knows none, `deploy-rollback-mixed` when places know different ones
 */
export function wayBackOf(standings: readonly Standing[]): WayBack {
  const unfinished = standings.find((one) => one.unfinished !== undefined)?.unfinished
  if (unfinished !== undefined) return { kind: 'unfinished', image: unfinished }
  const found = standings.map((one) => ({ where: one.where, image: former(one) }))
  const nothing = found.filter(({ image }) => image === undefined)
  if (nothing.length > 0)
    throw new PipelineError(
      'input',
      nothing.map(({ where }) => ({
        code: 'deploy-no-record',
        what: `${where} has no record of what served before the present image`,
        cause: 'it was its first deployment, or somebody else has changed the service since',
        where,
        fix: 'name the image: command rollback (or deploy) with image name@sha256:…; the audit and former runs have it',
      })),
    )
  const images = [...new Set(found.map(({ image }) => image ?? ''))]
  const [image = '', ...others] = images
  if (others.length > 0)
    throw inputError({
      code: 'deploy-rollback-mixed',
      what: 'the places had different images before, so there is not one to go back to',
      cause: found.map((one) => `${one.where}: ${one.image ?? ''}`).join('; '),
      fix: 'name the image that all of them shall run',
    })
  return { kind: 'image', image }
}

function former({ image, history }: Standing): string | undefined {
  const digest = digestOf(image ?? '')
  const entry = history.findLast(
    (one) => one.kind === 'deploy' && digest !== undefined && digestOf(one.image) === digest,
  )
  return entry === undefined || digestOf(entry.before) === undefined ? undefined : entry.before
}

/** Deploys or goes back. Throws only what stops it before anything is known; every other end is in the result. */
export async function rollOut(target: Target, request: RolloutRequest, act: Ports): Promise<Rollout> {
  const before = await target.look(act.signal)
  const way = request.kind === 'rollback' && request.image === undefined ? wayBackOf(before) : undefined
  if (way?.kind === 'unfinished') return takeBack(target, way.image, before, act)
  const image = way?.image ?? request.image ?? ''
  const stuck = before.filter((one) => one.unfinished !== undefined && one.unfinished !== image)
  if (stuck.length > 0)
    return { result: 'refused', image, before, after: before, failure: unfinishedError(stuck) }
  const progress = { begun: false }
  try {
    await target.deploy(
      {
        image,
        record: { at: new Date(act.clock.now()).toISOString(), kind: request.kind },
        begins: () => {
          progress.begun = true
        },
        healthy: async (where) => {
          const { health } = request
          if (health !== undefined) await awaitHealthy(healthUrls(health.url, where), health.waitMs, act)
        },
      },
      act.signal,
    )
  } catch (error) {
    const failure = toPipelineError(error, 'the deployment failed')
    const { begun } = progress
    const after = begun ? await lastLook(target, act) : before
    return { result: begun ? (isAs(before, after) ? 'taken-back' : 'broken') : 'refused', image, before, after, failure } // prettier-ignore
  }
  const after = await lastLook(target, act)
  const wrong = after.filter((one) => digestOf(one.image ?? '') !== digestOf(image) || !one.healthy)
  if (after.length > 0 && wrong.length > 0)
    return { result: 'broken', image, before, after, failure: changedError(wrong, image) }
  const same = before.every((one) => digestOf(one.image ?? '') === digestOf(image))
  const result = same ? 'unchanged' : request.kind === 'rollback' ? 'rolled-back' : 'deployed'
  return { result, image, before, after }
}

async function takeBack(
  target: Target,
  left: string,
  before: readonly Standing[],
  act: Ports,
): Promise<Rollout> {
  act.log.info(`the deployment of ${left} was never ended: it is taken back`)
  let failure: PipelineError | undefined
  try {
    await target.takeBack(act.signal)
  } catch (error) {
    failure = toPipelineError(error, 'the way back failed')
  }
  const after = await lastLook(target, act)
  const image = after[0]?.image ?? ''
  return failure === undefined
    ? { result: 'rolled-back', image, before, after }
    : { result: 'broken', image, before, after, failure }
}

/** Also after a cancellation, so never with the run's own signal. */
async function lastLook(target: Target, { log }: Ports): Promise<Standing[]> {
  try {
    return await target.look(AbortSignal.timeout(LAST_LOOK_MS))
  } catch (error) {
    log.warning(`what runs now could not be read: ${messageOf(error)}`)
    return []
  }
}

/** Every place serves what it served before, as well as it did. */
const isAs = (before: readonly Standing[], after: readonly Standing[]): boolean =>
  before.length === after.length &&
  before.every(
    ({ image, healthy }, index) =>
      after[index]?.image === image && (!healthy || after[index]?.healthy === true),
  )

const unfinishedError = (stuck: readonly Standing[]): PipelineError =>
  new PipelineError(
    'gate',
    stuck.map(({ where, unfinished }) => ({
      code: 'deploy-unfinished',
      what: `${where} has a deployment that was begun and neither ended nor taken back`,
      cause: `it brings ${unfinished ?? ''}; its run was killed, or a gray release is under way`,
      where,
      fix: 'wait for the gray release; or take it back with command: rollback; or deploy that image again',
    })),
  )

const changedError = (wrong: readonly Standing[], image: string): PipelineError =>
  new PipelineError(
    'gate',
    wrong.map(({ where, image: runs, detail }) => ({
      code: 'deploy-changed',
      what: `${where} was healthy with the new image and is not any more`,
      cause: `it runs ${runs ?? 'nothing'} (${detail}), not ${image}`,
      where,
      fix: 'see whether something else changes the service there; command: rollback goes back',
    })),
  )
