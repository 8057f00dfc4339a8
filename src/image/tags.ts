import type { Problem } from '../base/errors.ts'
import { isTag } from '../registry/reference.ts'
import { after, clean, fill, folderOf, ownVersion, type TagFacts } from './tag-facts.ts'
import { type Flavor, parseTagRules, type TagRule, type TagRules } from './tag-rules.ts'
import { isPlain, type Template } from './template.ts'
import { formatVersion, higherVersion, parseVersion, type Version } from './versions.ts'

export { describeVersion, tagFacts, type TagFacts } from './tag-facts.ts'
export { parseTagRules, type TagRules } from './tag-rules.ts'

export interface TagResult {
  /** Tag names for every image, without doubles: exact ones first, moving ones last, `latest` at the very end. */
  readonly tags: readonly string[]
  /** Those of `tags` that are meant to move from image to image (branch, `1.2`, `latest`). */
  readonly moving: readonly string[]
  /** Full references from the input, each with its own tag. */
  readonly references: readonly { readonly name: string; readonly tag: string }[]
  /** The tag of the highest priority; '' when there is none. For labels and the summary. */
  readonly version: string
  readonly problems: readonly Problem[]
  /** What a reader may wonder about: "latest stays at v2.0.0". */
  readonly notes: readonly string[]
}

/**
 * The rules that hold when the input `tags` is empty.
 *
 * | what is built | tags |
 * |---|---|
 * | git tag v1.2.3 | `1.2.3`, `1.2`, `1`, `latest`; each of the last three only while no higher stable version of its line exists; no `0` |
 * | git tag v1.2.3-rc.1 or v1.2.3-staging | `1.2.3-rc.1`: a pre-release moves nothing |
 * | git tag v1.2 or v1 | `1.2`, `1`, `latest`, as above |
 * | any other git tag | its name |
 * | a branch | its name, `sha-1a2b3c4` |
 * | a pull request | `pr-7` |
 * | a schedule | `nightly`, the branch, `sha-1a2b3c4` |
 * | a merge queue, or HEAD without a name | `sha-1a2b3c4` |
 * | a changed tree outside CI | `sha-1a2b3c4-dirty` |
 */
export function defaultTagRules(facts: TagFacts): string {
  if (facts.event === 'local' && facts.dirty) return 'type=sha,suffix=-dirty'
  if (facts.ref.startsWith('refs/tags/')) {
    const version = ownVersion(facts, facts.ref.slice('refs/tags/'.length))
    if (version === undefined) return 'type=ref,event=tag'
    const rules = ['type=semver,pattern={{version}}', 'type=semver,pattern={{major}}.{{minor}}']
    // Nothing is promised between 0.x versions, so no tag may stand for all of them.
    if (version.major > 0) rules.push('type=semver,pattern={{major}}')
    return rules.join('\n')
  }
  if (facts.ref.startsWith('refs/pull/')) return 'type=ref,event=pr'
  if (facts.ref.startsWith('refs/heads/gh-readonly-queue/')) return 'type=sha'
  return 'type=schedule\ntype=ref,event=branch\ntype=sha'
}

/** Lower ranks are published first, so that a tag that people follow moves only after the exact ones stand. */
const RANK = { exact: 0, named: 1, branch: 2, minor: 3, major: 4, latest: 5 }
type Rank = keyof typeof RANK
const MOVING: ReadonlySet<Rank> = new Set<Rank>(['branch', 'minor', 'major', 'latest'])

interface Candidate {
  readonly tag: string
  readonly rank: Rank
}

interface Context {
  readonly facts: TagFacts
  readonly flavor: Flavor
  readonly notes: string[]
  readonly problems: Problem[]
}

/**
 * Evaluates the rules (the default ones when there are none). A moving version tag is left where it is while a higher
 * stable version of its line is known; `latest` moves by itself only to the highest stable version.
 * With `required` (the default) "no tag at all" is a problem: it would fail at the push otherwise.
 */
export function computeTags(
  parsed: TagRules,
  facts: TagFacts,
  options: { readonly required?: boolean } = {},
): TagResult {
  const rules = parsed.rules.length === 0 ? parseTagRules(defaultTagRules(facts)).rules : parsed.rules
  const context: Context = { facts, flavor: parsed.flavor, notes: [], problems: [] }
  const candidates: Candidate[] = []
  const references: { name: string; tag: string }[] = []
  let released: Version | undefined
  for (const rule of [...rules].sort((a, b) => b.priority - a.priority)) {
    if (!enabled(rule, context)) continue
    if (rule.type === 'reference') {
      references.push({ name: rule.name, tag: rule.tag })
      continue
    }
    const found = evaluate(rule, context)
    if (found === undefined) continue
    if (found.version !== undefined) released ??= found.version
    // A tag that is left where it is still told which version is released.
    if (found.text !== undefined) candidates.push(...named(rule, found.text, found.rank, context))
  }
  const first = candidates[0]?.tag
  const asked = candidates.some((one) => one.rank === 'latest')
  if (asked && released !== undefined) context.notes.push(...latestAgainst(released, facts))
  if (wantsLatest(released, first, asked, context))
    candidates.push({ tag: latestName(context), rank: 'latest' })

  const unique = candidates.filter((one, i) => candidates.findIndex((other) => other.tag === one.tag) === i)
  const ordered = [...unique].sort((a, b) => RANK[a.rank] - RANK[b.rank])
  if (
    unique.length === 0 &&
    references.length === 0 &&
    options.required !== false &&
    context.problems.length === 0
  )
    context.problems.push(noTag(parsed.rules, facts))
  return {
    tags: ordered.map((one) => one.tag),
    moving: ordered.filter((one) => MOVING.has(one.rank)).map((one) => one.tag),
    references,
    version: first ?? references[0]?.tag ?? '',
    problems: context.problems,
    notes: [...new Set(context.notes)],
  }
}

interface Found {
  /** Undefined: the rule holds, but its tag is left where it is. */
  readonly text?: string
  readonly rank: Rank
  readonly version?: Version
}

function evaluate(rule: Exclude<TagRule, { type: 'reference' }>, context: Context): Found | undefined {
  const { facts } = context
  const gitTag = after(facts.ref, 'refs/tags/')
  switch (rule.type) {
    case 'schedule':
      return facts.event === 'schedule' ? { text: fill(rule.pattern, facts), rank: 'branch' } : undefined
    case 'edge': {
      const wanted = rule.branch === '' ? facts.defaultBranch : rule.branch
      return wanted !== undefined && after(facts.ref, 'refs/heads/') === wanted
        ? { text: 'edge', rank: 'branch' }
        : undefined
    }
    case 'ref': {
      if (rule.event === 'pr') {
        const number = /^refs\/pull\/(\d+)\//.exec(facts.ref)?.[1]
        return number === undefined ? undefined : { text: number, rank: 'branch' }
      }
      if (rule.event === 'branch') {
        const branch = after(facts.ref, 'refs/heads/')
        return branch === undefined ? undefined : { text: branch, rank: 'branch' }
      }
      if (gitTag === undefined) return undefined
      const version = ownVersion(facts, gitTag)
      return { text: gitTag, rank: 'exact', ...(version === undefined ? {} : { version }) }
    }
    case 'raw': {
      const text = fill(rule.value, facts)
      return text === '' ? undefined : { text, rank: text === 'latest' ? 'latest' : 'named' }
    }
    case 'sha':
      return facts.commit === undefined
        ? undefined
        : { text: rule.format === 'long' ? facts.commit : facts.commit.slice(0, 7), rank: 'exact' }
    case 'match': {
      const value = fill(rule.value, facts)
      const subject = value === '' ? gitTag : value
      if (subject === undefined) return undefined
      const text = rule.pattern.exec(subject)?.[rule.group]
      if (text === undefined) {
        context.notes.push(
          `no tag from "${rule.source}": group ${rule.group} of the pattern does not match ${subject}`,
        )
        return undefined
      }
      const version = value === '' ? ownVersion(facts, subject) : undefined
      return { text, rank: 'exact', ...(version === undefined ? {} : { version }) }
    }
    case 'semver':
      return versionTag(rule, gitTag, context)
  }
}

function versionTag(
  rule: Extract<TagRule, { type: 'semver' }>,
  gitTag: string | undefined,
  context: Context,
): Found | undefined {
  const { facts } = context
  const value = fill(rule.value, facts)
  const subject = value === '' ? gitTag : value
  if (subject === undefined) return undefined
  let text = subject
  if (rule.match !== undefined) {
    const match = rule.match.exec(subject)
    if (match === null) {
      context.notes.push(`no tag from "${rule.source}": ${subject} does not match`)
      return undefined
    }
    text = match[1] ?? match[0]
  }
  const version = rule.match === undefined && value === '' ? ownVersion(facts, text) : parseVersion(text)
  if (version === undefined || (version.folder !== '' && version.folder !== folderOf(facts))) {
    context.notes.push(`no tag from "${rule.source}": ${text} is no semantic version`)
    return undefined
  }
  const names = new Set(rule.pattern.filter((part) => typeof part !== 'string').map((part) => part.name))
  const pick = (pattern: Template): string => fill(pattern, facts, version)
  // A pre-release never moves a tag that stands for stable versions.
  if (version.prerelease !== undefined)
    return {
      text: names.has('raw') && names.size === 1 ? pick(rule.pattern) : formatVersion(version),
      rank: 'exact',
      version,
    }
  for (const part of ['minor', 'patch'] as const) {
    if (names.has(part) && version[part] === undefined) {
      context.notes.push(`no tag from "${rule.source}": ${version.raw} has no ${part} part`)
      return { rank: 'exact', version }
    }
  }
  const exact = names.has('version') || names.has('raw') || names.has('patch')
  const depth = version.patch !== undefined ? 'exact' : version.minor !== undefined ? 'minor' : 'major'
  const rank: Rank = exact ? depth : names.has('minor') ? 'minor' : 'major'
  const tag = pick(rule.pattern)
  // The git tag v1 itself asks for `1`; v1.2.3 moves `1` only forward.
  const higher =
    rank === depth || rank === 'exact' ? undefined : higherVersion(version, facts.versionTags, rank)
  if (higher !== undefined) {
    context.notes.push(`${tag} stays where it is: ${higher.raw} is higher than ${version.raw}`)
    return { rank, version }
  }
  return { text: tag, rank, version }
}

function wantsLatest(
  released: Version | undefined,
  first: string | undefined,
  asked: boolean,
  context: Context,
): boolean {
  const { facts, flavor, notes } = context
  if (flavor.latest !== 'auto') return flavor.latest === 'true' && first !== undefined
  if (released === undefined || asked) return false
  if (released.prerelease !== undefined) {
    notes.push(`latest stays where it is: ${released.raw} is a pre-release`)
    return false
  }
  const higher = higherVersion(released, facts.versionTags, 'all')
  if (higher !== undefined) {
    notes.push(`latest stays where it is: ${higher.raw} is higher than ${released.raw}`)
    return false
  }
  if (!facts.versionTagsComplete) {
    notes.push(
      'latest stays where it is: the other version tags are not known here, so nobody can say that this is the highest (give actions/checkout fetch-tags: true)',
    )
    return false
  }
  return true
}

/** Said when a line asks for `latest` in so many words, though by itself it would not move. */
function latestAgainst(released: Version, facts: TagFacts): string[] {
  const higher = higherVersion(released, facts.versionTags, 'all')
  if (released.prerelease !== undefined)
    return [`latest moves to the pre-release ${released.raw}, because the tags ask for it`]
  return higher === undefined
    ? []
    : [`latest moves to ${released.raw}, because the tags ask for it, although ${higher.raw} is higher`]
}

function latestName(context: Context): string {
  const { flavor, facts } = context
  return clean(
    `${flavor.prefixLatest ? fill(flavor.prefix, facts) : ''}latest${flavor.suffixLatest ? fill(flavor.suffix, facts) : ''}`,
  )
}

/** Puts prefix and suffix on, cleans the name and reports what cannot become a tag. */
function named(rule: TagRule, text: string, rank: Rank, context: Context): Candidate[] {
  const { facts, flavor } = context
  const full = fill(rule.prefix ?? flavor.prefix, facts) + text + fill(rule.suffix ?? flavor.suffix, facts)
  const tag = clean(full)
  if (!isTag(tag)) {
    context.problems.push({
      code: 'bad-tag',
      what: `the rule gives "${full}", which cannot become a tag`,
      cause: 'a tag has letters, digits, "_", "." and "-"',
      input: 'tags',
      value: rule.source,
      fix: 'change the rule, or give it a prefix',
    })
    return []
  }
  if (tag !== full && rule.type === 'raw' && isPlain(rule.value))
    context.notes.push(`"${full}" is published as ${tag}, because a tag cannot hold it as it is`)
  return [{ tag, rank }]
}

function enabled(rule: TagRule, context: Context): boolean {
  const answer = fill(rule.enable, context.facts)
  if (answer === 'true' || answer === 'false') return answer === 'true'
  context.problems.push({
    code: 'bad-tag-rule',
    what: 'a line of the tags cannot be used',
    cause: `enable= gives "${answer}", which is neither true nor false`,
    input: 'tags',
    value: rule.source,
    fix: 'use {{is_default_branch}} or an expression that gives true or false',
  })
  return false
}

function noTag(rules: readonly TagRule[], facts: TagFacts): Problem {
  const where = facts.ref === '' ? 'a commit without a branch or tag' : facts.ref
  return rules.length === 0
    ? {
        code: 'no-tag',
        what: 'there is no tag to publish the image under',
        cause: 'the build is outside git, and the input tags is empty',
        input: 'tags',
        fix: 'give the input tags, for example tags: dev',
      }
    : {
        code: 'no-tag',
        what: 'there is no tag to publish the image under',
        cause: `none of the rules gives a tag for ${facts.event === 'local' ? '' : `${facts.event} of `}${where}`,
        input: 'tags',
        fix: 'add a rule for this case (type=ref,event=branch, type=sha …), or set push: false for it',
      }
}
