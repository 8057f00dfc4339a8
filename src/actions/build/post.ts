import * as core from '@actions/core'
import { messageOf } from '../../base/errors.ts'
import { Secrets } from '../../base/secrets.ts'
import { actionLog, openShell } from '../shell.ts'
import { registryClient } from '../registry.ts'
import { finish } from './finish.ts'
import { loadInputs } from './inputs.ts'
import type { PostState } from './state.ts'

/** The post step: saves and cleans up. It never fails the job. */
export async function post(): Promise<void> {
  const text = core.getState('gip')
  if (text === '') return
  const shell = openShell(actionLog, new Secrets((value) => core.setSecret(value)))
  try {
    const state = JSON.parse(text) as Omit<PostState, 'schema'> & { schema: number }
    if (state.schema === 1) {
      const { inputs } = loadInputs((name) => core.getInput(name), shell.env, shell.secrets)
      await finish({ ...state, schema: 1 }, shell, () => registryClient(inputs, shell))
    }
  } catch (error) {
    core.warning(`the clean-up did not end well: ${messageOf(error)}`)
  } finally {
    await shell.temp.dispose().catch(() => undefined)
    await shell.close()
  }
}
