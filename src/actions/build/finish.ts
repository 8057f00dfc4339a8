import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { messageOf } from '../../base/errors.ts'
import { onHostedRunner } from '../../base/platform.ts'
import { removeBuilder } from '../../buildx/builder.ts'
import { leaveCaches, saveCaches } from '../../cache/plan.ts'
import { CacheStore, proofStore } from '../../cache/store.ts'
import { removeTrials } from '../../image/start.ts'
import type { RegistryClient } from '../../registry/client.ts'
import { restoreTags } from '../../registry/restore.ts'
import type { Shell } from '../shell.ts'
import type { PostState } from './state.ts'
import { CACHE_WORKER } from './steps-go.ts'

/**
 * What is done after the run, whatever became of it: caches saved, builder and temporary folders removed, tags that a
 * killed main left half moved put back (`client` has the logins). Each part on its own:
 * none can fail the job, each fault is a line in the log.
 */
export async function finish(state: PostState, act: Shell, client: () => RegistryClient): Promise<void> {
  const guarded = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work()
    } catch (error) {
      act.log.warning(`${what}: ${messageOf(error)}`)
    }
  }
  const { caches, builder, proof } = state
  await Promise.all([
    caches === undefined
      ? undefined
      : guarded('the caches could not be saved', () =>
          state.reused === true
            ? leaveCaches(caches, act)
            : saveCaches(caches, act, { worker: CACHE_WORKER }, { complete: state.complete }),
        ),
    proof === undefined
      ? undefined
      : guarded('the proof could not be saved', async () => {
          const saved = await new CacheStore(act, { worker: CACHE_WORKER }).save(
            proofStore(proof.folder),
            proof.key,
          )
          if (saved.why !== undefined) act.log.info(`the proof was not saved: ${saved.why}`)
        }),
    builder === undefined
      ? undefined
      : guarded('the builder could not be removed', () =>
          removeBuilder(
            builder.builder,
            builder.buildx,
            act,
            onHostedRunner(act.env) ? 'thrown-away' : 'stays',
          ),
        ),
  ])
  for (const trial of state.trials ?? []) await removeTrials(trial, act)
  const { moves = [] } = state
  if (moves.length > 0) {
    await guarded('tags that were being moved could not be put back', async () => {
      act.log.warning(`main ended while it moved tags: putting ${moves.length} back`)
      await restoreTags([...moves].reverse(), client(), act)
    })
  }
  for (const folder of state.folders) {
    // Only what we made: a state that was tampered with must not remove anything else.
    if (!basename(folder).startsWith('gip-')) continue
    await guarded(`${folder} could not be removed`, () =>
      rm(folder, { recursive: true, force: true, maxRetries: 3 }),
    )
  }
}
