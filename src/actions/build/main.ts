import { appendFile } from 'node:fs/promises'
import * as core from '@actions/core'
import { Secrets } from '../../base/secrets.ts'
import { describeProblem, type PipelineError } from '../../base/errors.ts'
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
    if (!reported) await summarise(failure, shell.env['GITHUB_STEP_SUMMARY'], secrets)
  } finally {
    // What was made after the last update of the state.
    if (shell.temp.folders.length > 0) keeper.update({ folders: shell.temp.folders })
    await shell.close()
  }
}

/** Bad input ends before there is a report; the summary still lists every problem. */
async function summarise(failure: PipelineError, file: string | undefined, secrets: Secrets): Promise<void> {
  if (file === undefined || file === '') return
  const items = failure.problems.map(
    (problem) => `- ${describeProblem(problem).replaceAll('\n', '  \n  ').replaceAll('<', '&lt;')}`,
  )
  await appendFile(file, secrets.redact(`## go-image-pipeline: nothing was done\n\n${items.join('\n')}\n`))
}
