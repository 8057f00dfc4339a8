import type { GitHub, Repository } from '../github/client.ts'
import { IssueNotifier } from '../report/notify/issue.ts'
import { type MessageNotifier, WebhookNotifier } from '../report/notify/send.ts'
import type { NotifyTarget } from './access-reader.ts'
import type { Shell } from './shell.ts'

/** One who is told. */
export interface Told {
  readonly kind: string
  readonly notifier: MessageNotifier
}

/** Everybody that the input notify names, in its order; the issues only where there is a repository and a token. */
export const notifiersFor = (
  targets: readonly NotifyTarget[],
  github: { readonly github: GitHub; readonly repository: Repository } | undefined,
  act: Shell,
): Told[] =>
  targets.flatMap((target): Told[] => {
    if (target.kind !== 'github-issue')
      return [{ kind: target.kind, notifier: new WebhookNotifier(target, act) }]
    if (github === undefined) return []
    return [{ kind: target.kind, notifier: new IssueNotifier(github.github, github.repository, act) }]
  })
