import type { GitHub, Repository } from '../../github/client.ts'
import type { Notifier } from '../../gray/ports.ts'
import { IssueNotifier } from '../../report/notify/issue.ts'
import { EveryNotifier, WebhookNotifier } from '../../report/notify/send.ts'
import type { Shell } from '../shell.ts'
import type { GrayInputs } from './inputs.ts'

/** Everybody who is told; undefined when nobody asked to be. */
export function notifierFor(
  inputs: GrayInputs,
  github: { readonly client: GitHub; readonly repository: Repository } | undefined,
  act: Shell,
): Notifier | undefined {
  const all = inputs.notify.flatMap((target): Notifier[] => {
    if (target.kind !== 'github-issue') return [new WebhookNotifier(target, act)]
    return github === undefined ? [] : [new IssueNotifier(github.client, github.repository, act)]
  })
  return all.length === 0 ? undefined : new EveryNotifier(all, act)
}
