import { formatDuration } from '../../base/clock.ts'
import { holdId } from '../../gray/github-votes.ts'
import type { Notice, StoredRelease } from '../../gray/ports.ts'
import { oneLine } from '../markdown.ts'
import { type Message, type Story, version } from './message.ts'

export const ISSUE_LABEL = 'gray-release'

const TITLES: Readonly<Record<string, string>> = {
  started: 'a gray release begins',
  step: 'the next step is reached',
  hold: 'approval is needed',
  'going-back': 'going back to the old version',
  promoted: 'the new version serves everything',
  'rolled-back': 'the new version was taken back',
  'rollback-failed': 'THE WAY BACK FAILED',
  'finalise-failed': 'promoted, but the old version could not be removed',
  'engine-failed': 'the engine of the release failed',
  alert: 'a metric gives an alert',
}

const LEVELS: Readonly<Record<Notice['level'], string>> = { info: '', warning: 'WARNING ', page: 'PAGE ' }

/** A notice with everything around it that its reader would else have to look for; pure. `now` in ms. */
export function composeMessage(notice: Notice, release: StoredRelease, now: number): Message {
  const { state, plan, run } = release
  const share = state.observed === null ? 'not read back yet' : `${round(state.observed)} % read back`
  const asked = state.observed === state.intended ? '' : `, ${round(state.intended)} % asked for`
  const step = state.step < 0 ? '' : ` (step ${state.step + 1} of ${plan.steps.length})`
  return {
    level: notice.level,
    event: notice.event,
    title: oneLine(
      `${LEVELS[notice.level]}${release.environment}: ${TITLES[notice.event] ?? notice.event.replaceAll('-', ' ')}`,
    ),
    facts: [
      ['environment', release.environment],
      ['new version', version(release.new)],
      ['old version', version(release.old)],
      ['share of the new', `${share}${asked}${step}`],
      ['running for', formatDuration(Math.max(0, now - release.startedAt))],
      ['release', release.id],
      ...(run === undefined ? [] : [['repository', run.repository] as const]),
    ],
    why: oneLine(notice.message),
    todo: todoOf(notice, release),
    key: `${release.id}\n${notice.event}\n${state.step}\n${oneLine(notice.message)}`,
    story: { label: ISSUE_LABEL, group: release.environment, id: release.id, issue: issueOf(notice) },
    data: { release: dataOf(release) },
    ...(run === undefined ? {} : { link: run.url }),
  }
}

/** Events that open an issue: something is wrong, or was. A hold has an issue of its own where approval is by comments. */
const OPENS: readonly string[] = [
  'going-back',
  'rolled-back',
  'rollback-failed',
  'finalise-failed',
  'engine-failed',
  'alert',
]
/** Events after which traffic is where it belongs and nothing is left to be done at the target. */
const RECOVERS: readonly string[] = ['promoted']

function issueOf({ event, level }: Notice): Story['issue'] {
  if (RECOVERS.includes(event)) return 'closes'
  if (OPENS.includes(event)) return 'opens'
  // Other notices belong to the story of an issue that is there, but open none.
  return level === 'info' ? 'none' : 'continues'
}

const dataOf = ({ state, plan, run, ...release }: StoredRelease): Record<string, unknown> => ({
  id: release.id,
  environment: release.environment,
  old: release.old,
  new: release.new,
  phase: state.phase,
  step: state.step + 1,
  steps: plan.steps.length,
  intended: state.intended,
  observed: state.observed,
  startedAt: new Date(release.startedAt).toISOString(),
  ...(run === undefined ? {} : { run }),
})

function todoOf({ event }: Notice, release: StoredRelease): string[] {
  const old = version(release.old)
  switch (event) {
    case 'hold': {
      const id = holdId(release)
      return [
        'look at the numbers in the job summary',
        `then comment "/approve ${id}" or "/reject ${id}" (on a laptop: gray approve ${id})`,
      ]
    }
    case 'going-back':
      return ['nothing yet: the way back runs by itself, and a page follows if it fails']
    case 'rolled-back':
      return [
        `nothing urgent: ${old} serves everything`,
        'before the next try read why in the job summary; "gray audit verify" shows each number',
      ]
    case 'rollback-failed':
      return [
        `NOW: look at the target ("gray status"), and give ${old} all traffic by hand if the new version still gets any`,
        'when the target can be reached again, run "gray reap": it goes back and proves it',
      ]
    case 'finalise-failed':
      return ['remove what is left of the old version, or run "gray reap" to try it again; traffic is fine']
    case 'engine-failed':
      return ['run "gray status" to see what serves, then "gray reap" to take the release back']
    case 'alert':
      return ['look at this metric now; the release goes on, "gray rollback" takes it back']
    default:
      return []
  }
}

const round = (percent: number): number => Math.round(percent * 10) / 10
