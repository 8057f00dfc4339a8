import { environmentError, PipelineError, type Problem } from '../../../base/errors.ts'
import { GitHub, githubSettings, parseRepository } from '../../../github/client.ts'
import { inline, oneLine } from '../../../report/markdown.ts'
import type { Message } from '../../../report/notify/message.ts'
import { AccessReader, type NotifyTarget } from '../../access-reader.ts'
import { notifiersFor } from '../../notifiers.ts'
import type { Shell } from '../../shell.ts'
import { runOf } from '../../this-run.ts'
import type { StageEnd } from '../stage.ts'
import { NOTIFY } from './spec.ts'

/** Sends one message to all receivers at the same time. One that is down fails nothing, unless that is asked for. */
export async function runNotify(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const { message, targets, required, githubToken, problems } = loadNotify(read, act)
  if (problems.length > 0) throw new PipelineError('input', problems)
  const name = act.env['GITHUB_REPOSITORY'] ?? ''
  const side =
    githubToken === '' || name === ''
      ? undefined
      : { github: new GitHub(githubSettings(act.env, githubToken), act), repository: parseRepository(name) }
  const all = await Promise.all(
    notifiersFor(targets, side, act).map(async ({ kind, notifier }) => ({
      kind,
      arrived: await notifier.send(message, act.signal),
    })),
  )
  if (all.length === 0) act.log.info('nobody is named in notify: nobody is told')
  const kinds = (arrived: boolean): string[] =>
    all.filter((one) => one.arrived === arrived).map(({ kind }) => kind)
  const missing = kinds(false)
  return {
    outputs: { delivered: kinds(true).join('\n'), undelivered: missing.join('\n') },
    summary: `${inline(message.title)}: ${all.length === 0 ? 'nobody is told' : `told ${all.length - missing.length} of ${all.length}`}`,
    ...(required && missing.length > 0
      ? {
          failure: environmentError({
            code: 'notify-undelivered',
            what: `the message was not delivered by ${missing.join(', ')}`,
            input: 'notify',
            fix: 'see the warnings above; check the address, the secret and the network',
          }),
        }
      : {}),
  }
}

interface NotifyInputs {
  readonly message: Message
  readonly targets: readonly NotifyTarget[]
  readonly required: boolean
  readonly githubToken: string
  readonly problems: readonly Problem[]
}

/** Reads the inputs; every problem is in `problems`. */
export function loadNotify(
  read: (name: string) => string,
  act: Pick<Shell, 'env' | 'secrets'>,
): NotifyInputs {
  const reader = new AccessReader(NOTIFY.inputs, read, act.env, act.secrets)
  const clean = (text: string): string => oneLine(act.secrets.redact(text))
  const title = clean(reader.text('title'))
  if (title === '') reader.bad('title', '', 'the message has no title', 'write what has happened')
  const run = runOf(act.env)
  const link = reader.optional('link') ?? run?.url
  if (link !== undefined && !/^https?:\/\//.test(link))
    reader.bad('link', link, 'not a URL', 'write https://…')
  const targets = reader.notify()
  const githubToken = reader.text('github-token')
  if (targets.some(({ kind }) => kind === 'github-issue') && (githubToken === '' || run === undefined))
    reader.bad('github-token', '', 'github-issue needs a workflow run and a token', 'set github-token') // prettier-ignore
  const level = reader.choice<Message['level']>('level')
  const why = clean(reader.text('text'))
  const event = reader.text('event')
  const env = (name: string, fact: string): [string, string][] => {
    const value = act.env[name] ?? ''
    return value === '' ? [] : [[fact, value]]
  }
  const facts = [
    ...reader.pairs('facts').map(([name, value]): [string, string] => [clean(name), clean(value)]),
    ...env('GITHUB_REPOSITORY', 'repository'),
    ...env('GITHUB_REF_NAME', 'branch or tag'),
    ...env('GITHUB_SHA', 'commit').map(([name, value]): [string, string] => [name, value.slice(0, 12)]),
    ...env('GITHUB_ACTOR', 'started by'),
  ]
  const topic = reader.optional('topic') ?? title
  return {
    message: {
      level,
      event,
      title: `${level === 'info' ? '' : `${level.toUpperCase()} `}${title}`,
      facts,
      why: why === '' ? title : why,
      todo: reader.list('todo').map(clean),
      ...(link === undefined ? {} : { link }),
      key: [run?.id ?? '', run?.attempt ?? '', event, level, title, why].join('\n'),
      story: { label: 'pipeline', group: topic, id: event, issue: level === 'info' ? 'closes' : 'opens' },
      data: run === undefined ? {} : { run },
    },
    targets,
    required: reader.boolean('required'),
    githubToken,
    problems: reader.problems,
  }
}
