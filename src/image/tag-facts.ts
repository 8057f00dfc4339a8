import type { EventFacts } from '../project/event.ts'
import type { GitFacts } from '../project/git.ts'
import { formatDate } from './dates.ts'
import { expand, type Expression, type Template } from './template.ts'
import { formatVersion, parseVersion, type Version } from './versions.ts'

/** All that tags may depend on. */
export interface TagFacts {
  /** `push`, `pull_request`, `schedule` …, `local`. */
  readonly event: string
  /** `refs/heads/…`, `refs/tags/…`, `refs/pull/N/merge`, or '' when HEAD has no name. */
  readonly ref: string
  readonly commit?: string
  /** Seconds since the epoch. */
  readonly commitTime?: number
  readonly defaultBranch?: string
  readonly baseRef?: string
  readonly dirty: boolean
  /** Version tags of the repository, for "is this the highest". */
  readonly versionTags: readonly string[]
  readonly versionTagsComplete: boolean
  /** Folder of a nested module (`sub/dir`): its version tags are `sub/dir/v1.2.3`. */
  readonly moduleFolder?: string
  /** Milliseconds since the epoch, for `{{date}}`. */
  readonly now: number
}

/** Facts for tags from git and the event; git knows better what is checked out. */
export function tagFacts(
  git: GitFacts | undefined,
  event: EventFacts,
  now: number,
  moduleFolder?: string,
): TagFacts {
  const commit = git?.commit ?? event.sha
  const commitTime = git?.commitTime ?? event.commitTime
  const defaultBranch = event.defaultBranch ?? git?.defaultBranch
  return {
    event: event.name,
    ref: git === undefined ? event.ref : (git.ref ?? ''),
    dirty: git?.dirty ?? false,
    versionTags: git?.tags ?? [],
    versionTagsComplete: git?.tagsComplete ?? false,
    now,
    ...(commit === undefined ? {} : { commit }),
    ...(commitTime === undefined ? {} : { commitTime }),
    ...(defaultBranch === undefined ? {} : { defaultBranch }),
    ...(event.baseRef === undefined ? {} : { baseRef: event.baseRef }),
    ...(moduleFolder === undefined ? {} : { moduleFolder }),
  }
}

/** The version in a git tag, if it is this module's: `v1.2.3`, or `sub/dir/v1.2.3` for the module in sub/dir. */
export function ownVersion(facts: TagFacts, gitTag: string): Version | undefined {
  const version = parseVersion(gitTag)
  return version !== undefined && (version.folder === '' || version.folder === folderOf(facts))
    ? version
    : undefined
}

/** The module's folder with its slash, '' at the top. */
export const folderOf = (facts: TagFacts): string => {
  const folder = (facts.moduleFolder ?? '').replace(/^(?:\.?\/)+|\/+$/g, '')
  return folder === '' || folder === '.' ? '' : `${folder}/`
}

/** Letters that a tag cannot hold become `-`, as in metadata-action; it may not start with one, and has a length. */
export const clean = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128)

/** Expands a template with the facts, and with a version where a version rule asks. */
export function fill(template: Template, facts: TagFacts, version?: Version): string {
  const value = ({ name, format, zone }: Expression): string => {
    switch (name) {
      case 'branch':
        return after(facts.ref, 'refs/heads/') ?? ''
      case 'tag':
        return after(facts.ref, 'refs/tags/') ?? ''
      case 'sha':
        return (facts.commit ?? '').slice(0, 7)
      case 'base_ref':
        return facts.baseRef ?? ''
      case 'is_default_branch':
        return String(isDefaultBranch(facts))
      case 'is_not_default_branch':
        return String(!isDefaultBranch(facts))
      case 'date':
        return formatDate(facts.now, format, zone)
      case 'commit_date':
        return formatDate(facts.commitTime === undefined ? facts.now : facts.commitTime * 1000, format, zone)
      case 'raw':
        return version?.raw ?? ''
      case 'version':
        return version === undefined ? '' : formatVersion(version)
      case 'major':
        return String(version?.major ?? '')
      case 'minor':
        return String(version?.minor ?? '')
      case 'patch':
        return String(version?.patch ?? '')
      case 'prerelease':
        return version?.prerelease ?? ''
      default:
        return ''
    }
  }
  return expand(template, value)
}

/** Scheduled runs have the default branch's ref; GitHub gives no payload of the repository there in every case. */
const isDefaultBranch = (facts: TagFacts): boolean => {
  const branch = after(facts.ref, 'refs/heads/')
  return (
    branch !== undefined &&
    (branch === facts.defaultBranch || (facts.event === 'schedule' && facts.defaultBranch === undefined))
  )
}

/** The rest of `text` behind `start`, undefined when it does not start so. */
export const after = (text: string, start: string): string | undefined =>
  text.startsWith(start) ? text.slice(start.length) : undefined

/**
 * The version to compile into the program: `1.2.3` on its git tag, `main-1a2b3c4` or `pr-7-1a2b3c4` elsewhere,
 * `dev` outside git; `-dirty` at the end when the tree differs from the commit.
 */
export function describeVersion(facts: TagFacts): string {
  const gitTag = after(facts.ref, 'refs/tags/')
  const version = gitTag === undefined ? undefined : ownVersion(facts, gitTag)
  const commit = facts.commit?.slice(0, 7) ?? ''
  const branch = after(facts.ref, 'refs/heads/') ?? facts.ref.replace(/^refs\/pull\/(\d+)\/.*$/s, 'pr-$1')
  // The commit at the end must survive the cut of a long branch name.
  const named = [clean(branch).slice(0, 100), commit].filter((part) => part !== '').join('-')
  const found = version === undefined ? clean(gitTag ?? named) : formatVersion(version)
  return (found === '' ? commit || 'dev' : found) + (facts.dirty ? '-dirty' : '')
}
