import type { GitHub, Repository } from '../github/client.ts'
import { addComment, ensureIssue, findIssue, markerLine, updateIssue } from '../github/issues.ts'

const LABEL = 'base-refresh'
const MARKER = 'base-refresh'

/**
 * One issue for all stale images: opened, kept up to date, opened again when a base moves again, and closed when nothing is
 * stale. Returns its address; undefined when there is nothing to say and never was.
 */
export async function tellByIssue(
  github: GitHub,
  repository: Repository,
  stale: { readonly count: number; readonly text: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  if (stale.count === 0) {
    const open = await findIssue(github, repository, MARKER, { label: LABEL, state: 'open' }, signal)
    if (open === undefined) return undefined
    await addComment(github, repository, open.number, 'All images stand on current bases.', signal)
    await updateIssue(github, repository, open.number, { state: 'closed', state_reason: 'completed' }, signal)
    return open.url
  }
  const title = `Base images: ${stale.count} ${stale.count === 1 ? 'image stands' : 'images stand'} on an old base`
  const body = `${stale.text}\n\nBuild them again, or run base-refresh with \`mode: rebase\`.`
  const { issue, opened } = await ensureIssue(github, repository, { title, body, labels: [LABEL], marker: MARKER }, signal)
  const wanted = `${markerLine(MARKER)}\n${body}`
  if (!opened && (issue.body !== wanted || !issue.open))
    await updateIssue(
      github,
      repository,
      issue.number,
      { title, body: wanted, ...(issue.open ? {} : { state: 'open', state_reason: 'reopened' }) },
      signal,
    )
  return issue.url
} // prettier-ignore
