import * as core from '@actions/core'
import { Secrets } from '../../base/secrets.ts'
import { actionLog, openShell, tellFailure } from '../shell.ts'
import { runGray } from './run.ts'
import { GrayKeeper } from './state.ts'

/**
 * After SIGINT the runner waits 7.5 s before it sends SIGTERM (github/docs, workflow cancellation). The way back has begun within 2 s; what
 * is not done a little before SIGTERM is left to post.
 */
const CALM_MS = 6000

/** The main step of the gray-release action. Never throws: a failure is told and sets the exit code. */
export async function grayMain(): Promise<void> {
  const secrets = new Secrets((value) => core.setSecret(value))
  const shell = openShell(actionLog, secrets)
  const keeper = new GrayKeeper((state) => core.saveState('gip-gray', JSON.stringify(state)))
  const calm = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const onCancel = (): void => {
    timer = setTimeout(() => calm.abort(new Error('the runner is about to end this process')), CALM_MS)
  }
  shell.signal.addEventListener('abort', onCancel, { once: true })
  try {
    const run = await runGray((name) => core.getInput(name), shell, keeper, { calm: calm.signal })
    for (const [name, value] of Object.entries(run.outputs)) core.setOutput(name, value)
    if (run.failure !== undefined) {
      tellFailure(run.failure, shell.log, 'the gray release failed')
      // Not core.setFailed: it would annotate the first problem a second time.
      process.exitCode = run.failure.exitCode
    }
  } finally {
    clearTimeout(timer)
    shell.signal.removeEventListener('abort', onCancel)
    if (shell.temp.folders.length > 0) keeper.update({ folders: shell.temp.folders })
    await shell.close()
  }
}
