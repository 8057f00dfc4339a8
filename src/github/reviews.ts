import { listAt, maybeText, numberAt, personAt, textAt } from './answers.ts'
import { type GitHub, type Repository, route } from './client.ts'
import { peopleOf } from './runs.ts'

export interface Review {
  readonly by: string
  readonly bot: boolean
  /** APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED or PENDING. */
  readonly state: string
  /** The commit that was looked at. */
  readonly commit: string | undefined
  readonly at: string
}

export interface ReviewedChange {
  readonly number: number
  readonly url: string
  readonly head: string
  /** Everybody who wrote a part of it: none of them can approve it. */
  readonly authors: readonly string[]
  readonly reviews: readonly Review[]
}

/**
 * The pull request that last changed a file as it is at `sha`, with its reviews; a reason when there is none.
 * It is found by the newest commit that touched the path, and that commit's merged pull request.
 */
export async function changeOf(
  github: GitHub,
  repository: Repository,
  path: string,
  sha: string,
  signal: AbortSignal,
): Promise<ReviewedChange | { readonly reason: string }> {
  const { owner, repo } = repository
  const commits = listAt(
    await github.get(route`/repos/${owner}/${repo}/commits`, signal, {
      query: { path, sha, per_page: 1 },
      needs: 'contents: read',
    }),
  )
  if (commits[0] === undefined) return { reason: `${path} is in no commit of ${sha.slice(0, 12)}` }
  const commit = textAt(commits[0], 'sha')
  const pulls = listAt(
    await github.get(route`/repos/${owner}/${repo}/commits/${commit}/pulls`, signal, {
      needs: 'pull-requests: read',
    }),
  )
  const merged = pulls.find((one) => typeof maybeText(one, 'merged_at') === 'string')
  if (merged === undefined)
    return {
      reason: `${path} was last changed by commit ${commit.slice(0, 12)}, which came in without a pull request`,
    }
  const number = numberAt(merged, 'number')
  const reviews = await github.list(route`/repos/${owner}/${repo}/pulls/${number}/reviews`, signal, {
    needs: 'pull-requests: read',
  })
  const parts = await github.list(route`/repos/${owner}/${repo}/pulls/${number}/commits`, signal, {
    needs: 'pull-requests: read',
  })
  const author = personAt(merged, 'user')
  return {
    number,
    url: textAt(merged, 'html_url'),
    head: textAt(merged, 'head', 'sha'),
    authors: [...new Set([...(author === undefined ? [] : [author.login]), ...parts.flatMap(peopleOf)])],
    reviews: reviews.flatMap((one) => {
      const by = personAt(one, 'user')
      if (by === undefined) return []
      return [
        {
          by: by.login,
          bot: by.bot,
          state: textAt(one, 'state'),
          commit: maybeText(one, 'commit_id'),
          at: maybeText(one, 'submitted_at') ?? '',
        },
      ]
    }),
  }
}

/**
 * Each person's present word on a change: the newest review that says yes or no. Comments leave it as it was; a dismissed
 * review says nothing; an approval of another commit than `head` is one of something else. Lists are oldest first, as the API's.
 */
export function standingReviews(
  reviews: readonly Review[],
  head: string,
): { approved: string[]; refused: string[] } {
  const words = new Map<string, { name: string; word: 'yes' | 'no' | 'none' }>()
  for (const { by, bot, state, commit } of reviews) {
    if (bot || !['APPROVED', 'CHANGES_REQUESTED', 'DISMISSED'].includes(state)) continue
    const word =
      state === 'CHANGES_REQUESTED' ? 'no' : state === 'APPROVED' && commit === head ? 'yes' : 'none'
    words.set(by.toLowerCase(), { name: by, word })
  }
  const having = (wanted: string): string[] =>
    [...words.values()].filter(({ word }) => word === wanted).map(({ name }) => name)
  return { approved: having('yes'), refused: having('no') }
}
