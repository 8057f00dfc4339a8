import type { Act } from '../../base/act.ts'
import { messageOf } from '../../base/errors.ts'
import type { GitHub, Repository } from '../../github/client.ts'
import { addComment, ensureIssue, findIssue, issuesOf, markerLine, updateIssue } from '../../github/issues.ts'
import { code, inline, link } from '../markdown.ts'
import type { Message } from './message.ts'
import { MessageNotifier } from './send.ts'

/**
 * One issue for each trouble: opened by the first message, a comment for each later one, closed when its group (the
 * environment) is well again. Needs `issues: write`. Never throws.
 */
export class IssueNotifier extends MessageNotifier {
  readonly #github: GitHub
  readonly #repository: Repository

  constructor(github: GitHub, repository: Repository, act: Pick<Act, 'log' | 'clock' | 'secrets'>) {
    super(act)
    this.#github = github
    this.#repository = repository
  }

  async send(message: Message, signal: AbortSignal): Promise<boolean> {
    const { story } = message
    if (story.issue === 'none') return true
    try {
      if (story.issue === 'closes') await this.#recovered(message, signal)
      else await this.#trouble(message, signal)
      return true
    } catch (error) {
      this.ports.log.warning(`the issue of ${story.group} (${story.id}) was not written: ${messageOf(error)}`)
      return false
    }
  }

  async #trouble(message: Message, signal: AbortSignal): Promise<void> {
    const { story } = message
    const { label } = story
    const marker = `${groupMarker(story.group)}/${story.id}`
    if (story.issue === 'continues') {
      const issue = await findIssue(this.#github, this.#repository, marker, { label, state: 'open' }, signal)
      if (issue !== undefined)
        await addComment(this.#github, this.#repository, issue.number, issueText(message), signal)
      return
    }
    const wanted = { title: message.title, body: issueText(message), labels: [label], marker }
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

  async #recovered(message: Message, signal: AbortSignal): Promise<void> {
    const { label, group } = message.story
    const own = markerLine(groupMarker(group)).replace(/ -->$/, '/')
    for await (const issue of issuesOf(this.#github, this.#repository, { label, state: 'open' }, signal)) {
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

const groupMarker = (group: string): string => `trouble ${encodeURIComponent(group)}`

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
