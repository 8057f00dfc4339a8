import * as core from '@actions/core'
import type { PipelineError } from '../../base/errors.ts'
import { Secrets } from '../../base/secrets.ts'
import { appendSummary, problemsSummary } from '../job-summary.ts'
import { actionLog, openShell, tellFailure } from '../shell.ts'
import { stageOf, type StageName } from './index.ts'
import type { StageEnd } from './stage.ts'

/** The main step of a stage's action. Never throws: a failure is told and sets the exit code. */
export async function stageMain(name: StageName): Promise<void> {
  const stage = stageOf(name)
  const secrets = new Secrets((value) => core.setSecret(value))
  const ca = stage.inputs.some((input) => input.name === 'registry-ca') ? core.getInput('registry-ca') : ''
  const shell = openShell(actionLog, secrets, ca === '' ? {} : { ca })
  let end: StageEnd | undefined
  let failure: PipelineError | undefined
  try {
    end = await (await stage.load())((input) => core.getInput(input), shell)
    for (const [output, value] of Object.entries(end.outputs)) core.setOutput(output, value)
    failure = end.failure
    if (failure !== undefined) tellFailure(failure, shell.log, `${name} failed`)
  } catch (error) {
    failure = tellFailure(error, shell.log, `${name} failed`)
  } finally {
    await shell.temp.dispose().catch(() => undefined)
    await shell.close()
  }
  // Not core.setFailed: it would annotate the first problem a second time.
  if (failure !== undefined) process.exitCode = failure.exitCode
  const text =
    end?.summary ?? (failure === undefined ? undefined : problemsSummary(`${name}: stopped`, failure))
  if (text !== undefined) await appendSummary(shell, text)
}
