import { messageOf } from '../../../base/errors.ts'
import type { Result } from '../../../deploy/rollout.ts'
import { GitHub, githubSettings, parseRepository, type Repository } from '../../../github/client.ts'
import { addStatus, type DeploymentState, ensureDeployment } from '../../../github/deployments.ts'
import { permit } from '../../../github/permit.ts'
import { DEFAULT_RULES } from '../../../github/roles.ts'
import type { Shell } from '../../shell.ts'
import { runOf } from '../../this-run.ts'
import type { DeployInputs } from './inputs.ts'

export interface Side {
  readonly github: GitHub
  readonly repository: Repository
}

export function githubOf({ githubToken }: Pick<DeployInputs, 'githubToken'>, act: Shell): Side | undefined {
  const name = act.env['GITHUB_REPOSITORY'] ?? ''
  if (githubToken === '' || name === '') return undefined
  return { github: new GitHub(githubSettings(act.env, githubToken), act), repository: parseRepository(name) }
}

/**
 * Who may: a deployment is guarded by its environment unless deployers are named; going back, which needs no approval, is for
 * people with write access. Outside GitHub who has the key of the hosts may do both.
 */
export async function allowed(inputs: DeployInputs, side: Side | undefined, act: Shell): Promise<string> {
  const { command, deployers } = inputs
  if (side === undefined || command === 'status') return ''
  if (command === 'deploy' && deployers.length === 0) return act.env['GITHUB_ACTOR'] ?? ''
  const rules = deployers.length === 0 ? DEFAULT_RULES : { ...DEFAULT_RULES, developer: deployers }
  const { by, roles } = await permit(command === 'deploy' ? 'start' : 'roll-back', rules, side, act)
  act.log.info(`@${by} (${roles.join(', ')}) may ${command}`)
  return by
}

const STATES: Readonly<Record<Result, DeploymentState>> = {
  deployed: 'success',
  unchanged: 'success',
  'rolled-back': 'success',
  refused: 'failure',
  'taken-back': 'failure',
  broken: 'error',
}

/** The deployment on GitHub's pages. Never throws: GitHub being down must not stop or fail a deployment of ours. */
export class Mirror {
  readonly #side: Side
  readonly #inputs: DeployInputs
  readonly #act: Shell
  #id: number | undefined

  constructor(side: Side, inputs: DeployInputs, act: Shell) {
    this.#side = side
    this.#inputs = inputs
    this.#act = act
  }

  async begin(release: string): Promise<void> {
    const { command, environment, image } = this.#inputs
    const what = command === 'rollback' ? 'rollback' : `deployment of ${image ?? ''}`
    await this.#try(async (signal) => {
      const { id } = await ensureDeployment(
        this.#side.github,
        this.#side.repository,
        {
          ref: this.#act.env['GITHUB_SHA'] ?? 'HEAD',
          environment,
          production: /^prod/i.test(environment),
          description: what,
          task: 'deploy',
          payload: { release, command, image: image ?? null },
        },
        signal,
      )
      this.#id = id
      await this.#status('in_progress', what, signal)
    })
  }

  async end(result: Result, text: string): Promise<void> {
    await this.#try((signal) => this.#status(STATES[result], text, signal))
  }

  async #status(state: DeploymentState, description: string, signal: AbortSignal): Promise<void> {
    if (this.#id === undefined) return
    const logUrl = runOf(this.#act.env)?.url
    const status = { state, description, ...(logUrl === undefined ? {} : { logUrl }) }
    await addStatus(this.#side.github, this.#side.repository, this.#id, status, signal)
  }

  async #try(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      // The last status of a cancelled deployment matters most.
      await work(AbortSignal.timeout(30_000))
    } catch (error) {
      this.#act.log.warning(`the deployment on GitHub was not updated: ${messageOf(error)}`)
    }
  }
}
