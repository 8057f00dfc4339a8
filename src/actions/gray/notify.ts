import type { GitHub, Repository } from '../../github/client.ts'
import type { Notifier } from '../../gray/ports.ts'
import { EveryNotifier } from '../../report/notify/send.ts'
import { notifiersFor } from '../notifiers.ts'
import type { Shell } from '../shell.ts'
import type { GrayInputs } from './inputs.ts'

/** Everybody who is told; undefined when nobody asked to be. */
export function notifierFor(
  inputs: Pick<GrayInputs, 'notify'>,
  github: { readonly client: GitHub; readonly repository: Repository } | undefined,
  act: Shell,
): Notifier | undefined {
  const side = github === undefined ? undefined : { github: github.client, repository: github.repository }
  const all = notifiersFor(inputs.notify, side, act).map(({ notifier }) => notifier)
  return all.length === 0 ? undefined : new EveryNotifier(all, act)
}
