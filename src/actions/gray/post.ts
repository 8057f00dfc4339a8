import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import * as core from '@actions/core'
import { messageOf } from '../../base/errors.ts'
import { Secrets } from '../../base/secrets.ts'
import { actionLog, openShell } from '../shell.ts'
import { recoverGray } from './run.ts'
import { parseGrayState } from './state.ts'

/**
 * The post step: whatever became of main, nothing of its release is left half done. It never fails the job; a way back that
 * failed is an error annotation, a page, and a state that the reaper finds.
 */
export async function grayPost(): Promise<void> {
  const state = parseGrayState(core.getState('gip-gray'))
  if (state === undefined) return
  const shell = openShell(actionLog, new Secrets((value) => core.setSecret(value)))
  try {
    if (!state.settled && state.owner !== undefined) {
      shell.log.info('main ended before its release did: taking it back')
      const run = await recoverGray((name) => core.getInput(name), shell, state.owner)
      if (run.failure !== undefined) for (const problem of run.failure.problems) shell.log.error(problem.what)
      if (run.end.reason !== undefined) shell.log.info(`${run.end.result}: ${run.end.reason}`)
    }
  } catch (error) {
    shell.log.error(`the release could not be taken back here, the reaper goes on: ${messageOf(error)}`)
  } finally {
    for (const folder of state.folders) {
      // Only what we made: a state that was tampered with must not remove anything else.
      if (!basename(folder).startsWith('gip-')) continue
      await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
    }
    await shell.temp.dispose().catch(() => undefined)
    await shell.close()
  }
}
