import { dirname, join, resolve } from 'node:path'
import { LocalApprover } from '../../gray/approvals-local.ts'
import { CommentApprover, EnvironmentApprover, ReviewApprover } from '../../gray/github-approvals.ts'
import type { Approver } from '../../gray/ports.ts'
import type { GitHub, Repository } from '../../github/client.ts'
import { DEFAULT_RULES } from '../../github/roles.ts'
import type { Shell } from '../shell.ts'
import type { GrayInputs } from './inputs.ts'

/** Where local votes lie: as told, or beside the file of the state. */
export function approvalFolder(inputs: GrayInputs, workspace: string): string | undefined {
  if (inputs.approvalFolder !== undefined) return resolve(workspace, inputs.approvalFolder)
  if (inputs.state?.kind !== 'file') return undefined
  return join(dirname(resolve(workspace, inputs.state.path)), 'approvals')
}

/** Who is asked at a hold; undefined when nobody can be. */
export function approverFor(
  inputs: GrayInputs,
  workspace: string,
  github: { readonly client: GitHub; readonly repository: Repository } | undefined,
  act: Shell,
): Approver | undefined {
  const minimum = inputs.approvals
  if (inputs.approval === 'local') {
    const folder = approvalFolder(inputs, workspace)
    if (folder === undefined) return undefined
    return new LocalApprover({
      folder,
      minimum,
      // One person who needs nobody else tries something out.
      selfApproval: minimum === 1,
      host: act.host,
      log: act.log,
    })
  }
  if (github === undefined) return undefined
  const { client, repository } = github
  const deps = { github: client, log: act.log }
  // Whoever is listed may approve, as a developer may; nobody else may.
  const roles =
    inputs.approvers.length === 0
      ? {}
      : { roles: { ...DEFAULT_RULES, developer: inputs.approvers, 'pipeline-admin': [] } }
  const sha = act.env['GITHUB_SHA'] ?? ''
  switch (inputs.approval) {
    case 'environment':
      return new EnvironmentApprover(deps, {
        minimum,
        environments: inputs.approvalEnvironments,
        ...roles,
      })
    case 'pull-request':
      return new ReviewApprover(deps, {
        minimum,
        repository,
        path: inputs.approvalFile ?? '',
        sha,
        ...roles,
      })
    case 'issue':
      return new CommentApprover(deps, { minimum, repository, ...roles })
  }
}
