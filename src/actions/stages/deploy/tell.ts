import { oneLine } from '../../../report/markdown.ts'
import { type Message, version } from '../../../report/notify/message.ts'
import type { Rollout, Result } from '../../../deploy/rollout.ts'
import type { ThisRun } from '../../this-run.ts'

const LEVELS: Readonly<Record<Result, Message['level']>> = {
  deployed: 'info',
  unchanged: 'info',
  'rolled-back': 'warning',
  refused: 'warning',
  'taken-back': 'warning',
  broken: 'page',
}
const TITLES: Readonly<Record<Result, string>> = {
  deployed: 'deployed',
  unchanged: 'the image was there already',
  'rolled-back': 'rolled back',
  refused: 'the deployment was refused, nothing was touched',
  'taken-back': 'the deployment was taken back, what served before serves again',
  broken: 'THE DEPLOYMENT IS BROKEN: not every host is as before',
}

/** What people are told of a deployment; pure. One issue for each environment, closed by the next deployment that works. */
export function deployMessage(
  { result, image, before, after, failure }: Rollout,
  id: string,
  environment: string,
  by: string,
  run: ThisRun | undefined,
): Message {
  const level = LEVELS[result]
  const images = (standings: Rollout['before']): string =>
    [...new Set(standings.map((one) => version(one.image ?? 'nothing')))].join(', ')
  const good = failure === undefined
  return {
    level,
    event: `deploy-${result}`,
    title: `${level === 'info' ? '' : `${level.toUpperCase()} `}${environment}: ${TITLES[result]}`,
    facts: [
      ['environment', environment],
      ...(image === '' ? [] : [['image', version(image)] as const]),
      ...(before.length === 0 ? [] : [['before', images(before)] as const, ['hosts', before.map(({ where }) => where).join(', ')] as const]),
      ...(after.length === 0 ? [] : [['now', images(after)] as const]),
      ...(by === '' ? [] : [['by', by] as const]),
      ...(run === undefined ? [] : [['repository', run.repository] as const]),
    ],
    why: oneLine(failure?.problems[0]?.what ?? TITLES[result]),
    todo: result === 'broken' ? ['NOW: look at the hosts named in the run; command: rollback goes back where it can'] : [],
    ...(run === undefined ? {} : { link: run.url }),
    key: `${id}\n${result}`,
    story: { label: 'deploy', group: environment, id: 'deploy', issue: good ? (result === 'rolled-back' ? 'continues' : 'closes') : 'opens' },
    data: { deployment: { id, environment, result, image } },
  }
} // prettier-ignore
