import type { Act } from '../../base/act.ts'
import { messageOf } from '../../base/errors.ts'
import type { GitHub, Repository } from '../../github/client.ts'
import { addComment, ensureIssue, findIssue, issuesOf, markerLine, updateIssue } from '../../github/issues.ts'
import type { Notice, Notifier, StoredRelease } from '../../gray/ports.ts'
import { code, inline, link } from '../markdown.ts'
import { composeMessage, type Message } from './message.ts'

export const ISSUE_LABEL = 'gray-release'

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

/**
 * One issue for each release that went wrong: opened at the first trouble, a comment for each later notice, closed when a later
 * release of the environment is promoted. Needs `issues: write`. Never throws.
 */
export class IssueNotifier implements Notifier {
  readonly #github: GitHub
  readonly #repository: Repository
  readonly #act: Pick<Act, 'log' | 'clock' | 'secrets'>

  constructor(github: GitHub, repository: Repository, act: Pick<Act, 'log' | 'clock' | 'secrets'>) {
    this.#github = github
    this.#repository = repository
    this.#act = act
  }

  async notify(notice: Notice, release: StoredRelease, signal: AbortSignal): Promise<void> {
    const { log, clock, secrets } = this.#act
    try {
      const message = composeMessage(
        { ...notice, message: secrets.redact(notice.message) },
        release,
        clock.now(),
      )
      if (RECOVERS.includes(notice.event)) await this.#recovered(message, release, signal)
      else await this.#trouble(message, release, signal)
    } catch (error) {
      log.warning(`the issue of release ${release.id} was not written: ${messageOf(error)}`)
    }
  }

  async #trouble(message: Message, release: StoredRelease, signal: AbortSignal): Promise<void> {
    const marker = markerOf(release)
    if (!OPENS.includes(message.event)) {
      // Other notices belong to the story of an issue that is there, but open none.
      if (message.level === 'info') return
      const issue = await findIssue(
        this.#github,
        this.#repository,
        marker,
        { label: ISSUE_LABEL, state: 'open' },
        signal,
      )
      if (issue !== undefined)
        await addComment(this.#github, this.#repository, issue.number, issueText(message), signal)
      return
    }
    const wanted = { title: message.title, body: issueText(message), labels: [ISSUE_LABEL], marker }
    const { issue, opened } = await ensureIssue(this.#github, this.#repository, wanted, signal)
    if (opened) return
    // The title says how it stands now; what was is in the comments.
    await addComment(this.#github, this.#repository, issue.number, issueText(message), signal)
    const reopen = issue.open ? {} : ({ state: 'open', state_reason: 'reopened' } as const)
    await updateIssue(
      this.#github,
      this.#repository,
      issue.number,
      { title: message.title.slice(0, 250), ...reopen },
      signal,
    )
  }

  async #recovered(message: Message, release: StoredRelease, signal: AbortSignal): Promise<void> {
    const own = markerLine(environmentMarker(release)).replace(/ -->$/, '/')
    for await (const issue of issuesOf(
      this.#github,
      this.#repository,
      { label: ISSUE_LABEL, state: 'open' },
      signal,
    )) {
      if (!issue.body.startsWith(own)) continue
      await addComment(
        this.#github,
        this.#repository,
        issue.number,
        `Recovered.\n\n${issueText(message)}`,
        signal,
      )
      await updateIssue(
        this.#github,
        this.#repository,
        issue.number,
        { state: 'closed', state_reason: 'completed' },
        signal,
      )
    }
  }
}

const environmentMarker = (release: StoredRelease): string =>
  `trouble ${encodeURIComponent(release.environment)}`
const markerOf = (release: StoredRelease): string => `${environmentMarker(release)}/${release.id}`

/** Markdown; every value is somebody else's text. Mentions are broken up, so that a metric's name calls nobody. */
function issueText(message: Message): string {
  const safe = (text: string): string => inline(text).replaceAll('@', '@\u200b')
  return [
    `**${safe(message.why)}**`,
    '',
    ...message.facts.map(([name, value]) => `- ${safe(name)}: ${code(value)}`),
    ...(message.todo.length === 0
      ? []
      : ['', '**To do**', '', ...message.todo.map((one) => `- ${safe(one)}`)]),
    ...(message.link === undefined ? [] : ['', link('Open the run', message.link)]),
  ].join('\n')
}
