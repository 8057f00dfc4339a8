import type { Act } from '../base/act.ts'
import { environmentError, messageOf, PipelineError } from '../base/errors.ts'
import type { Finished } from '../base/exec.ts'
import { slashes } from '../base/files.ts'
import type { Environment } from '../base/platform.ts'
import { type EventFacts, eventFacts, webUrl } from './event.ts'
import { type Git, openWorkTree, type WorkTree } from './git-folder.ts'

export { type EventFacts, eventFacts, webUrl } from './event.ts'

export interface GitFacts {
  /** Top of the work tree, with forward slashes. */
  readonly root: string
  readonly commit: string
  /** The first seven digits: the same in shallow and full clones, unlike git's own abbreviation. */
  readonly shortCommit: string
  /** Committer time in seconds since the epoch. */
  readonly commitTime: number
  /** What HEAD stands for: the event's ref when HEAD is the event's commit, else what git says. */
  readonly ref?: string
  readonly branch?: string
  readonly tag?: string
  /** Version tags (`v1.2.3`, `1.2`, `sub/v1.2.3`) that are known here; may be empty in a shallow clone. */
  readonly tags: readonly string[]
  /** Whether `tags` is known to be all of them: full clone, or the remote was asked. */
  readonly tagsComplete: boolean
  readonly shallow: boolean
  /** Something differs from the commit; untracked files count, as they do for `vcs.modified` of Go. */
  readonly dirty: boolean
  /** Up to 20 changed paths, for messages. */
  readonly changes: readonly string[]
  /** https form of the remote, without credentials. */
  readonly url?: string
  readonly defaultBranch?: string
  /** To be given to child programs that call git (`go build` stamps the commit); empty in the usual case. */
  readonly environment: Readonly<Record<string, string>>
}

const REMOTE_MS = 15_000
const REMOTE_HEAD = 'refs/remotes/origin/HEAD'
/** Name, object, what a tag object stands for, and what a symbolic ref leads to. No name holds a blank. */
const REF_FORMAT = '--format=%(refname) %(objectname) %(*objectname) %(symref)'
const MAX_CHANGES = 20

/**
 * Facts of the git work tree around `dir`. Undefined outside git and before the first commit. Works in the shallow,
 * detached checkout of actions/checkout, and without git when the event tells the commit.
 *
 * A work tree that another user owns is trusted only when it is the runner's own workspace; elsewhere it throws.
 * @throws PipelineError (environment) `git-untrusted-folder`, `git-missing`, `git-failed`
 */
export async function gitFacts(
  dir: string,
  env: Environment,
  act: Pick<Act, 'exec' | 'log' | 'signal' | 'host'>,
): Promise<GitFacts | undefined> {
  const event = await eventFacts(env)
  let opened: WorkTree | undefined
  try {
    opened = await openWorkTree(dir, env, act)
  } catch (error) {
    if (!isMissingProgram(error)) throw error
    return withoutGit(env, event, act, error)
  }
  if (opened === undefined) return undefined
  const { git, root, shallow, environment } = opened

  const head = await git(['log', '-1', '--no-show-signature', '--format=%H%n%ct', 'HEAD'])
  if (head.code !== 0) {
    act.log.debug(`no git facts: ${root} has no commit yet (${firstLine(head.stderr)})`)
    return undefined
  }
  const [commit = '', time = ''] = head.stdout.trim().split('\n')

  const [symbolic, refs, status, remotes, eventCommit] = await Promise.all([
    git(['symbolic-ref', '-q', '--short', 'HEAD']),
    git(['for-each-ref', REF_FORMAT, 'refs/tags', REMOTE_HEAD]),
    git(['status', '--porcelain=v1', '-z', '--untracked-files=normal']),
    git(['config', '--get-regexp', String.raw`^remote\..*\.url$`]),
    // An annotated tag's event may carry the tag object; `^{commit}` gives the commit in both cases.
    event.sha === undefined || event.sha === commit
      ? undefined
      : git(['rev-parse', '-q', '--verify', '--end-of-options', `${event.sha}^{commit}`]),
  ])
  const known = parseRefs(lines(refs))
  const ref = refOfHead({
    event,
    isEventCommit: event.sha === commit || eventCommit?.stdout.trim() === commit,
    branch: answer(symbolic),
    tagsAtHead: known.tags.filter((tag) => tag.commit === commit).map(({ name }) => name),
  })
  const url = remoteUrl(lines(remotes)) ?? eventUrl(event)
  const defaultBranch = event.defaultBranch ?? known.remoteHead
  const changes = status.code === 0 ? parseStatus(status.stdout) : []
  const local = known.tags.map(({ name }) => name).filter(isVersionTag)

  let tags = local
  let tagsComplete = !shallow
  if (ref?.startsWith('refs/tags/') === true && shallow) {
    const remote = await remoteTags(git)
    if (remote === undefined) act.log.debug('the remote could not be asked for its tags')
    else {
      tags = [...new Set([...local, ...remote.filter(isVersionTag)])]
      tagsComplete = true
    }
  }
  return {
    root,
    commit,
    shortCommit: commit.slice(0, 7),
    commitTime: Number(time),
    ...refParts(ref),
    tags,
    tagsComplete,
    shallow,
    dirty: changes.length > 0,
    changes: changes.slice(0, MAX_CHANGES),
    ...(url === undefined ? {} : { url }),
    ...(defaultBranch === undefined ? {} : { defaultBranch }),
    environment,
  }
}

/** What `git for-each-ref` with {@link REF_FORMAT} says. */
function parseRefs(said: readonly string[]): {
  readonly tags: readonly { readonly name: string; readonly commit: string }[]
  readonly remoteHead?: string
} {
  const rows = said.map((line) => line.split(' '))
  const head = rows.find(([name]) => name === REMOTE_HEAD)?.[3]?.replace(/^refs\/remotes\/[^/]+\//, '')
  return {
    tags: rows.flatMap(([name = '', object = '', peeled = '']) =>
      name.startsWith('refs/tags/')
        ? [{ name: name.slice('refs/tags/'.length), commit: peeled === '' ? object : peeled }]
        : [],
    ),
    ...(head === undefined || head === '' ? {} : { remoteHead: head }),
  }
}

const isMissingProgram = (error: unknown): boolean =>
  error instanceof PipelineError && error.problems[0]?.code === 'program-missing'

/** Without git, actions/checkout downloads an archive; then the event is the only witness of the commit. */
function withoutGit(
  env: Environment,
  event: EventFacts,
  act: Pick<Act, 'log'>,
  error: unknown,
): GitFacts | undefined {
  const root = env['GITHUB_WORKSPACE']
  if (event.sha === undefined || root === undefined || root === '') {
    act.log.debug(`no git facts: ${messageOf(error)}`)
    return undefined
  }
  if (event.commitTime === undefined) {
    throw environmentError({
      code: 'git-missing',
      what: 'the time of the commit is not known, so the image could not be made reproducible',
      cause: `git is not installed here, and the ${event.name} event does not tell the time of ${event.sha.slice(0, 7)}`,
      fix: 'install git in the job container before actions/checkout runs, so that it makes a real clone',
    })
  }
  act.log.warning(
    'git is not installed: commit, branch and tag are taken from the event, other tags are not known',
  )
  const url = eventUrl(event)
  return {
    root: slashes(root),
    commit: event.sha,
    shortCommit: event.sha.slice(0, 7),
    commitTime: event.commitTime,
    ...refParts(event.ref === '' ? undefined : event.ref),
    tags: [],
    tagsComplete: false,
    shallow: true,
    dirty: false,
    changes: [],
    ...(url === undefined ? {} : { url }),
    ...(event.defaultBranch === undefined ? {} : { defaultBranch: event.defaultBranch }),
    environment: {},
  }
}

/**
 * Which ref HEAD stands for. The event's own while HEAD is the event's commit (a detached checkout has no name of its
 * own) and always for pull requests; otherwise the workflow checked out something else, and git knows better.
 */
export function refOfHead(facts: {
  event: Pick<EventFacts, 'ref' | 'prNumber'>
  isEventCommit: boolean
  branch: string | undefined
  tagsAtHead: readonly string[]
}): string | undefined {
  const { event, branch } = facts
  if (event.ref !== '' && (event.prNumber !== undefined || facts.isEventCommit)) return event.ref
  const tag = highestTag(facts.tagsAtHead)
  // On a laptop a tagged commit is a release even while a branch is checked out.
  if (event.ref === '' && tag !== undefined) return `refs/tags/${tag}`
  if (branch !== undefined) return `refs/heads/${branch}`
  return tag === undefined ? undefined : `refs/tags/${tag}`
}

function refParts(ref: string | undefined): Pick<GitFacts, 'ref' | 'branch' | 'tag'> {
  if (ref === undefined) return {}
  if (ref.startsWith('refs/heads/')) return { ref, branch: ref.slice('refs/heads/'.length) }
  if (ref.startsWith('refs/tags/')) return { ref, tag: ref.slice('refs/tags/'.length) }
  return { ref }
}

/** `v1.2.3`, `1.2`, `v1.2.3-rc.1`, also behind a module's folder as in `sub/dir/v1.2.3`. */
export const isVersionTag = (tag: string): boolean =>
  /(?:^|\/)v?\d+(?:\.\d+){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/.test(tag)

/** The tag to name a commit by when it has several: the most exact version, then the highest. */
function highestTag(tags: readonly string[]): string | undefined {
  const weight = (tag: string): number[] => {
    const version = /(?:^|\/)v?(\d+(?:\.\d+){0,2})(-)?/.exec(isVersionTag(tag) ? tag : '')
    const parts = (version?.[1] ?? '').split('.').filter((part) => part !== '')
    // A folder's tag names one module, not the repository.
    return [
      tag.includes('/') ? 0 : 1,
      parts.length,
      ...[0, 1, 2].map((i) => Number(parts[i] ?? -1)),
      version?.[2] === undefined ? 1 : 0,
    ]
  }
  return [...tags].sort((a, b) => {
    const [left, right] = [weight(a), weight(b)]
    const at = left.findIndex((value, i) => value !== right[i])
    return at < 0 ? a.localeCompare(b, 'en') : (right[at] ?? 0) - (left[at] ?? 0)
  })[0]
}

async function remoteTags(git: Git): Promise<string[] | undefined> {
  try {
    const result = await git(['ls-remote', '--tags', '--refs', 'origin'], REMOTE_MS)
    if (result.code !== 0) return undefined
    return lines(result).map((line) => line.replace(/^[0-9a-f]+\s+refs\/tags\//, ''))
  } catch (error) {
    // A slow or silent remote costs the answer, not the run.
    if (error instanceof PipelineError && error.problems[0]?.code === 'command-timeout') return undefined
    throw error
  }
}

/** Paths of `git status --porcelain=v1 -z`; a rename's old path follows as an item of its own and is left out. */
export function parseStatus(text: string): string[] {
  const items = text.split('\0')
  const paths: string[] = []
  for (let i = 0; i < items.length; i++) {
    const item = items[i] ?? ''
    if (item.length < 4) continue
    paths.push(item.slice(3))
    if (/^[RC]/.test(item)) i++
  }
  return paths
}

/** The web address of `origin`, else of the first remote that has one. */
function remoteUrl(config: readonly string[]): string | undefined {
  const remotes = config.map((line) => {
    const at = line.indexOf(' ')
    return { name: line.slice('remote.'.length, at).replace(/\.url$/, ''), url: line.slice(at + 1) }
  })
  const sorted = [
    ...remotes.filter((r) => r.name === 'origin'),
    ...remotes.filter((r) => r.name !== 'origin'),
  ]
  return sorted.map((remote) => webUrl(remote.url)).find((url) => url !== undefined)
}

const eventUrl = (event: EventFacts): string | undefined =>
  event.serverUrl !== undefined && event.repository !== undefined
    ? `${event.serverUrl}/${event.repository}`
    : undefined

const answer = (result: Finished): string | undefined =>
  result.code === 0 && result.stdout.trim() !== '' ? result.stdout.trim() : undefined

const lines = (result: Finished): string[] =>
  result.code === 0
    ? result.stdout
        .split(/\r?\n/)
        .map((line) => line.trim())
        .filter((line) => line !== '')
    : []

const firstLine = (text: string): string => text.trim().split('\n')[0] ?? ''
