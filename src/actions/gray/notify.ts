import type { AuditHead } from '../../gray/github-mirror.ts'
import type { Notifier } from '../../gray/ports.ts'
import type { GitHub, Repository } from '../../github/client.ts'
import type { Shell } from '../shell.ts'
import type { GrayInputs } from './inputs.ts'

export function notifierFor(
  inputs: GrayInputs,
  _github: { readonly client: GitHub; readonly repository: Repository } | undefined,
  _more: { readonly act: Shell; readonly auditHead: () => AuditHead | undefined },
): Notifier | undefined {
  return inputs.notify.length === 0 ? undefined : undefined
}
