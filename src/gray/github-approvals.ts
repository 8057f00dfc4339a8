import type { Act } from '../base/act.ts'
import { messageOf } from '../base/errors.ts'
import type { GitHub, Repository } from '../github/client.ts'
import { parseRepository } from '../github/client.ts'
import { addComment, commentsOf, ensureIssue, findIssue, type Issue, updateIssue } from '../github/issues.ts'
import { changeOf, standingReviews } from '../github/reviews.ts'
import { DEFAULT_RULES, may, type RoleRules, rolesOf } from '../github/roles.ts'
import { commitPeople, findRun, runReviews } from '../github/runs.ts'
import { commandIn, countVotes, holdId, type Vote } from './github-votes.ts'
import type { ApprovalAnswer, Approver, StoredRelease } from './ports.ts'

export interface ApprovalRules {
  /** Different people; 2 is "four eyes". */
  readonly minimum: number
  /** Default true: who started the run (or this attempt of it) cannot approve it. */
  readonly excludeActor?: boolean
  /** Default true: the author and committer of the released commit cannot approve it. */
  readonly excludeAuthor?: boolean
  /** Who has a role that may approve. Environments default to their own list of reviewers, the others to DEFAULT_RULES. */
  readonly roles?: RoleRules
}

interface Deps {
  readonly github: GitHub
  readonly log: Act['log']
}

type Excluded = readonly { readonly login: string; readonly why: string }[]

/** The people behind a release: they would approve their own work. */
async function ownPeople(
  github: GitHub,
  release: StoredRelease,
  rules: ApprovalRules,
  signal: AbortSignal,
): Promise<Excluded> {
  if (release.run === undefined) return []
  const repository = parseRepository(release.run.repository)
  const run = await findRun(github, repository, release.run.id, signal)
  if (run === undefined) return []
  const excluded: { login: string; why: string }[] = []
  if (rules.excludeActor !== false)
    for (const person of [run.actor, run.triggeredBy])
      if (person !== undefined && !person.bot) excluded.push({ login: person.login, why: 'started the run' })
  if (rules.excludeAuthor !== false)
    for (const login of await commitPeople(github, repository, run.headSha, signal))
      excluded.push({ login, why: 'wrote the released commit' })
  return excluded
}

/** Says why somebody's approval does not count, asking GitHub once for each person. */
function rightTo(
  github: GitHub,
  repository: Repository,
  rules: RoleRules | undefined,
  signal: AbortSignal,
): ((login: string) => Promise<string | undefined>) | undefined {
  if (rules === undefined) return undefined
  return async (login) => {
    const roles = await rolesOf(github, repository, rules, login, signal)
    return may(roles, 'approve') ? undefined : 'has no role that may approve'
  }
}

export interface EnvironmentApproverOptions extends ApprovalRules {
  /** Approvals of these environments count; empty: of any. */
  readonly environments: readonly string[]
}

/**
 * Approvals of protected environments. GitHub asks for one reviewer of an environment, so two people need two environments
 * with different reviewers; this counts the different people in the run's review history. Needs `actions: read`.
 */
export class EnvironmentApprover implements Approver {
  readonly #deps: Deps
  readonly #options: EnvironmentApproverOptions

  constructor(deps: Deps, options: EnvironmentApproverOptions) {
    this.#deps = deps
    this.#options = options
  }

  ask(release: StoredRelease): Promise<void> {
    this.#deps.log.info(
      `approval is asked for in the environments of ${release.run?.url ?? 'the workflow run'}`,
    )
    return Promise.resolve()
  }

  async answer(release: StoredRelease, signal: AbortSignal): Promise<ApprovalAnswer> {
    const { github } = this.#deps
    const { run } = release
    if (run === undefined)
      return { kind: 'waiting', detail: 'a release without a workflow run has no environments' }
    const repository = parseRepository(run.repository)
    const { environments } = this.#options
    const reviews = (await runReviews(github, repository, run.id, signal)).filter(
      (one) =>
        one.state !== 'pending' &&
        !one.by.bot &&
        (environments.length === 0 || one.environments.some((name) => environments.includes(name))),
    )
    const rejected = reviews.find(({ state }) => state === 'rejected')
    // GitHub ends the job of a rejected environment, so a rejection is final there too.
    if (rejected !== undefined) return { kind: 'rejected', by: rejected.by.login }
    return countVotes(
      reviews.map(({ by }) => ({ by: by.login, approves: true })),
      {
        minimum: this.#options.minimum,
        excluded: await ownPeople(github, release, this.#options, signal),
        how: `Approve at ${run.url}`,
        ...optional('refusal', rightTo(github, repository, this.#options.roles, signal)),
      },
    )
  }
}

export interface ReviewApproverOptions extends ApprovalRules {
  readonly repository: Repository
  /** The file whose last change must have been approved, for example `gray.yml`. */
  readonly path: string
  /** The commit the release is made from. */
  readonly sha: string
}

/** Two people approve the configuration: approving reviews of the pull request that last changed it, at its head. */
export class ReviewApprover implements Approver {
  readonly #deps: Deps
  readonly #options: ReviewApproverOptions

  constructor(deps: Deps, options: ReviewApproverOptions) {
    this.#deps = deps
    this.#options = options
  }

  ask(): Promise<void> {
    return Promise.resolve()
  }

  async answer(_release: StoredRelease, signal: AbortSignal): Promise<ApprovalAnswer> {
    const { github } = this.#deps
    const { repository, path, sha, minimum, roles } = this.#options
    const change = await changeOf(github, repository, path, sha, signal)
    if ('reason' in change)
      return { kind: 'waiting', detail: `${change.reason}: change it by a pull request that is approved` }
    const { approved, refused } = standingReviews(change.reviews, change.head)
    if (refused[0] !== undefined)
      return { kind: 'waiting', detail: `${refused.join(' and ')} asked for changes in ${change.url}` }
    return countVotes(
      approved.map((by) => ({ by, approves: true })),
      {
        minimum,
        excluded: change.authors.map((login) => ({ login, why: 'wrote a part of the change' })),
        how: `Approve the last change of ${path} in ${change.url}, at ${change.head.slice(0, 12)}`,
        ...optional('refusal', rightTo(github, repository, roles ?? DEFAULT_RULES, signal)),
      },
    )
  }
}

export interface CommentApproverOptions extends ApprovalRules {
  readonly repository: Repository
  /** Markdown for the issue: what the approvers decide on. */
  readonly evidence?: (release: StoredRelease) => string
}

export const APPROVAL_LABEL = 'gray-release-approval'

/**
 * Approval by comments on an issue: works on every plan of GitHub and holds no runner, because a workflow on `issue_comment`
 * asks again when somebody has written. Edited comments, bots, quotes and people without the right do not count.
 * Needs `issues: write`, and for teams a token that sees them.
 */
export class CommentApprover implements Approver {
  readonly #deps: Deps
  readonly #options: CommentApproverOptions

  constructor(deps: Deps, options: CommentApproverOptions) {
    this.#deps = deps
    this.#options = options
  }

  async ask(release: StoredRelease, reason: string, signal: AbortSignal): Promise<void> {
    const { repository, evidence, minimum } = this.#options
    const { issue } = await ensureIssue(
      this.#deps.github,
      repository,
      {
        title: `Approve the gray release of ${release.environment}: ${release.state.observed ?? release.state.intended} %`,
        body: approvalText(release, reason, minimum, evidence?.(release)),
        labels: [APPROVAL_LABEL],
        marker: holdId(release),
      },
      signal,
    )
    this.#deps.log.info(`approval is asked for in ${issue.url}`)
  }

  async answer(release: StoredRelease, signal: AbortSignal): Promise<ApprovalAnswer> {
    const { github } = this.#deps
    const { repository, minimum, roles } = this.#options
    const hold = holdId(release)
    const issue = await findIssue(github, repository, hold, { label: APPROVAL_LABEL }, signal)
    if (issue === undefined)
      return { kind: 'waiting', detail: 'nobody was asked yet: the issue is not there' }
    const comments = await commentsOf(github, repository, issue.number, signal)
    const votes = comments.flatMap((comment): Vote[] => {
      if (comment.by === undefined || comment.by.bot || comment.edited) return []
      const command = commandIn(comment.body, hold)
      return command === undefined ? [] : [{ by: comment.by.login, approves: command === 'approve' }]
    })
    const answer = await countVotes(votes, {
      minimum,
      excluded: await ownPeople(github, release, this.#options, signal),
      how: `Comment "/approve ${hold}" on ${issue.url}`,
      ...optional('refusal', rightTo(github, repository, roles ?? DEFAULT_RULES, signal)),
    })
    if (answer.kind !== 'waiting' && issue.open) await this.#close(issue, answer, signal)
    return answer
  }

  /** The decision stands whether or not the issue can be closed. */
  async #close(issue: Issue, answer: ApprovalAnswer, signal: AbortSignal): Promise<void> {
    const { github, log } = this.#deps
    const { repository } = this.#options
    const word =
      answer.kind === 'approved'
        ? `Approved by ${answer.by.map((one) => `@${one}`).join(' and ')}.`
        : answer.kind === 'rejected'
          ? `Rejected by @${answer.by}. The release is taken back.`
          : ''
    try {
      await addComment(github, repository, issue.number, word, signal)
      const reason = answer.kind === 'approved' ? 'completed' : 'not_planned'
      await updateIssue(github, repository, issue.number, { state: 'closed', state_reason: reason }, signal)
    } catch (error) {
      log.warning(`the approval issue ${issue.url} was not closed: ${messageOf(error)}`)
    }
  }
}

/** The issue's text; what others wrote stays behind the instructions, so that nothing in it can look like them. */
function approvalText(
  release: StoredRelease,
  reason: string,
  minimum: number,
  evidence: string | undefined,
): string {
  const hold = holdId(release)
  const people = minimum === 1 ? 'One person' : `${minimum} different people`
  return [
    `The gray release of \`${release.environment}\` waits. ${people} must approve it; who started it or wrote its commit does not count.`,
    '',
    `- to go on, comment: \`/approve ${hold}\``,
    `- to take it back, comment: \`/reject ${hold}\``,
    '',
    'Write a new comment for another decision: edited comments do not count.',
    '',
    `- new: \`${plain(release.new)}\``,
    `- old: \`${plain(release.old)}\``,
    `- share of the new version: ${release.state.observed ?? release.state.intended} %`,
    ...(release.run === undefined ? [] : [`- run: ${release.run.url}`]),
    `- why it waits: ${plain(reason)}`,
    ...(evidence === undefined ? [] : ['', evidence]),
  ].join('\n')
}

const plain = (text: string): string => text.replace(/[`<>@\r\n]+/g, ' ').trim()

/** All must approve: the configuration by reviews, and the hold by comments, for example. Any rejection rejects. */
export class EveryApprover implements Approver {
  readonly #all: readonly Approver[]

  constructor(all: readonly Approver[]) {
    this.#all = all
  }

  async ask(release: StoredRelease, reason: string, signal: AbortSignal): Promise<void> {
    for (const one of this.#all) await one.ask(release, reason, signal)
  }

  async answer(release: StoredRelease, signal: AbortSignal): Promise<ApprovalAnswer> {
    const by: string[] = []
    const waiting: string[] = []
    for (const one of this.#all) {
      const answer = await one.answer(release, signal)
      if (answer.kind === 'rejected') return answer
      if (answer.kind === 'waiting') waiting.push(answer.detail)
      else by.push(...answer.by)
    }
    if (waiting.length > 0 || by.length === 0)
      return { kind: 'waiting', detail: waiting.length > 0 ? waiting.join('; ') : 'nobody is asked' }
    return { kind: 'approved', by: [...new Set(by)] }
  }
}

const optional = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Record<K, V>)
