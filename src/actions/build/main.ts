import * as core from '@actions/core'
import { Secrets } from '../../base/secrets.ts'
import { appendSummary, problemsSummary } from '../job-summary.ts'
import { actionLog, openShell, tellFailure } from '../shell.ts'
import { runBuild } from './run.ts'
import { StateKeeper } from './state.ts'

/** The main step of the action. Never throws: a failure is told and sets the exit code. */
export async function main(): Promise<void> {
  const secrets = new Secrets((value) => core.setSecret(value))
  const ca = core.getInput('registry-ca')
  const shell = openShell(actionLog, secrets, ca === '' ? {} : { ca })
  const keeper = new StateKeeper((state) => core.saveState('gip', JSON.stringify(state)))
  let reported = false
  try {
    const run = await runBuild((name) => core.getInput(name), shell, keeper)
    if (run.summary === undefined) for (const line of run.planText.split('\n')) shell.log.info(line)
    reported = run.summary !== undefined
    for (const [name, value] of Object.entries(run.outputs)) core.setOutput(name, value)
    if (run.failure !== undefined) throw run.failure
  } catch (error) {
    const failure = tellFailure(error, shell.log, 'the run failed')
    // Not core.setFailed: it would annotate the first problem a second time.
    process.exitCode = failure.exitCode
    // Bad input ends before there is a report.
    if (!reported) await appendSummary(shell, problemsSummary('go-image-pipeline: nothing was done', failure))
  } finally {
    // What was made after the last update of the state.
    if (shell.temp.folders.length > 0) keeper.update({ folders: shell.temp.folders })
    await shell.close()
  }
}
