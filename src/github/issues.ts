import { at, maybeText, numberAt, type Person, personAt, textAt } from './answers.ts'
import { type GitHub, type Repository, route } from './client.ts'
import { findOrMake } from './once.ts'

export interface Issue {
  readonly number: number
  readonly url: string
  readonly open: boolean
  readonly body: string
  readonly by: Person | undefined
}

export interface Comment {
  readonly by: Person | undefined
  readonly body: string
  readonly createdAt: string
  /** Changed after it was written, by whomever: its words are no longer surely those of `by`. */
  readonly edited: boolean
}

export interface NewIssue {
  readonly title: string
  /** Markdown; the marker is put before it. */
  readonly body: string
  readonly labels: readonly string[]
  /** Finds the issue again; no person reads it. */
  readonly marker: string
}

const NEEDS = 'issues: write'
/** GitHub refuses longer bodies (65 536 characters). */
const BODY_LIMIT = 65_000
const INSIDERS = new Set(['OWNER', 'MEMBER', 'COLLABORATOR'])

/** The invisible line that names an issue. A marker with `--` in it would end the comment. */
export const markerLine = (marker: string): string => `<!-- gray-release: ${marker.replaceAll('--', '-')} -->`

/**
 * The newest issue with this marker that we or a collaborator have opened: an outsider's look-alike does not count.
 */
export async function findIssue(
  github: GitHub,
  { owner, repo }: Repository,
  marker: string,
  options: { readonly label: string; readonly state?: 'open' | 'closed' | 'all' },
  signal: AbortSignal,
): Promise<Issue | undefined> {
  const line = markerLine(marker)
  for await (const one of issuesOf(github, { owner, repo }, { state: 'all', ...options }, signal))
    if (one.body.startsWith(line)) return one
  return undefined
}

/** Issues with a label, newest first, without pull requests and without those of outsiders. */
export async function* issuesOf(
  github: GitHub,
  { owner, repo }: Repository,
  { label, state }: { readonly label: string; readonly state: 'open' | 'closed' | 'all' },
  signal: AbortSignal,
): AsyncGenerator<Issue> {
  let seen = 0
  const query = { labels: label, state, sort: 'created', direction: 'desc' }
  const path = route`/repos/${owner}/${repo}/issues`
  for await (const item of github.items(path, signal, { query, needs: 'issues: read' })) {
    if (++seen > 500) return
    if (at(item, 'pull_request') !== undefined) continue
    const issue = readIssue(item)
    if (issue.by?.bot === true || INSIDERS.has(maybeText(item, 'author_association') ?? '')) yield issue
  }
}

function readIssue(value: unknown): Issue {
  return {
    number: numberAt(value, 'number'),
    url: textAt(value, 'html_url'),
    open: maybeText(value, 'state') === 'open',
    body: maybeText(value, 'body') ?? '',
    by: personAt(value, 'user'),
  }
}

/** The issue with this marker, opened when there is none. After a cut connection it is looked for again, never opened twice. */
export async function ensureIssue(
  github: GitHub,
  repository: Repository,
  wanted: NewIssue,
  signal: AbortSignal,
): Promise<{ issue: Issue; opened: boolean }> {
  const { owner, repo } = repository
  const label = wanted.labels[0] ?? 'gray-release'
  const body = `${markerLine(wanted.marker)}\n${wanted.body}`.slice(0, BODY_LIMIT)
  const { value, made } = await findOrMake(
    () => findIssue(github, repository, wanted.marker, { label }, signal),
    async () =>
      readIssue(
        await github.send('POST', route`/repos/${owner}/${repo}/issues`, signal, {
          body: { title: wanted.title.slice(0, 250), body, labels: [...wanted.labels] },
          needs: NEEDS,
        }),
      ),
    { clock: github.clock, signal },
  )
  return { issue: value, opened: made }
}

export async function updateIssue(
  github: GitHub,
  { owner, repo }: Repository,
  number: number,
  change: {
    readonly state?: 'open' | 'closed'
    readonly state_reason?: 'completed' | 'not_planned' | 'reopened'
    readonly title?: string
    readonly body?: string
  },
  signal: AbortSignal,
): Promise<void> {
  await github.send('PATCH', route`/repos/${owner}/${repo}/issues/${number}`, signal, {
    body: change,
    needs: NEEDS,
  })
}

export async function addComment(
  github: GitHub,
  { owner, repo }: Repository,
  number: number,
  body: string,
  signal: AbortSignal,
): Promise<void> {
  await github.send('POST', route`/repos/${owner}/${repo}/issues/${number}/comments`, signal, {
    body: { body: body.slice(0, BODY_LIMIT) },
    needs: NEEDS,
  })
}

/** All comments of an issue or pull request, oldest first. */
export async function commentsOf(
  github: GitHub,
  { owner, repo }: Repository,
  number: number,
  signal: AbortSignal,
): Promise<Comment[]> {
  const items = await github.list(route`/repos/${owner}/${repo}/issues/${number}/comments`, signal, {
    needs: 'issues: read',
  })
  return items.map((one) => {
    const createdAt = textAt(one, 'created_at')
    return {
      by: personAt(one, 'user'),
      body: maybeText(one, 'body') ?? '',
      createdAt,
      edited: textAt(one, 'updated_at') !== createdAt,
    }
  })
}
