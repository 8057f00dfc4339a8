import { at, listAt, maybeText, numberAt, type Person, personAt, textAt } from './answers.ts'
import { type GitHub, type Repository, route } from './client.ts'

export interface WorkflowRun {
  readonly id: number
  readonly attempt: number
  /** `completed` alone means that it has ended; everything else is on its way or waiting. */
  readonly status: string
  readonly conclusion: string | undefined
  readonly headSha: string
  /** Who caused the run, and who caused this attempt of it. */
  readonly actor: Person | undefined
  readonly triggeredBy: Person | undefined
}

/** A workflow run; undefined when it does not exist (or the token may not see it). */
export async function findRun(
  github: GitHub,
  { owner, repo }: Repository,
  id: string,
  signal: AbortSignal,
): Promise<WorkflowRun | undefined> {
  const value = await github.find(route`/repos/${owner}/${repo}/actions/runs/${id}`, signal, {
    needs: 'actions: read',
  })
  if (value === undefined) return undefined
  return {
    id: numberAt(value, 'id'),
    attempt: (at(value, 'run_attempt') as number | undefined) ?? 1,
    status: maybeText(value, 'status') ?? 'unknown',
    conclusion: maybeText(value, 'conclusion'),
    headSha: textAt(value, 'head_sha'),
    actor: personAt(value, 'actor'),
    triggeredBy: personAt(value, 'triggering_actor'),
  }
}

export interface RunReview {
  readonly state: 'approved' | 'rejected' | 'pending'
  readonly by: Person
  readonly environments: readonly string[]
  readonly comment: string
}

/** Who approved or rejected the environments of a run ("review history"). */
export async function runReviews(
  github: GitHub,
  { owner, repo }: Repository,
  id: string,
  signal: AbortSignal,
): Promise<RunReview[]> {
  const value = await github.get(route`/repos/${owner}/${repo}/actions/runs/${id}/approvals`, signal, {
    needs: 'actions: read',
  })
  return listAt(value).flatMap((one) => {
    const by = personAt(one, 'user')
    const state = textAt(one, 'state')
    if (by === undefined || (state !== 'approved' && state !== 'rejected' && state !== 'pending')) return []
    const environments = listAt(one, 'environments').flatMap((each) => maybeText(each, 'name') ?? [])
    return [{ state, by, environments, comment: maybeText(one, 'comment') ?? '' }]
  })
}

/** The GitHub accounts of a commit's author and committer, as far as their addresses are known to GitHub. */
export async function commitPeople(
  github: GitHub,
  { owner, repo }: Repository,
  sha: string,
  signal: AbortSignal,
): Promise<string[]> {
  const value = await github.get(route`/repos/${owner}/${repo}/commits/${sha}`, signal, {
    needs: 'contents: read',
  })
  return peopleOf(value)
}

/** Author and committer of a commit object. `web-flow` is GitHub itself, which commits what people merge in the browser. */
export function peopleOf(commit: unknown): string[] {
  return [personAt(commit, 'author'), personAt(commit, 'committer')].flatMap((person) =>
    person === undefined || person.login === 'web-flow' ? [] : [person.login],
  )
}
