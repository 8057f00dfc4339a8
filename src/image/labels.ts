import type { Problem } from '../base/errors.ts'
import { parseList, parsePairs } from '../base/lists.ts'
import { formatPlatform, parsePlatform, type Platform, samePlatform } from '../base/platform.ts'

const OCI = 'org.opencontainers.image.'

/** What the standard labels are made of (keys of the OCI image spec, annotations.md). */
export interface LabelFacts {
  /** Seconds since the epoch: the commit's time, so that the same commit gives the same image. */
  readonly created?: number
  readonly revision?: string
  /** Web address of the repository. */
  readonly url?: string
  readonly version?: string
  readonly title?: string
  readonly description?: string
  /** SPDX expression. */
  readonly license?: string
  readonly vendor?: string
  readonly documentation?: string
  readonly refName?: string
  /** `docker.io/library/alpine:3.22`. */
  readonly baseName?: string
  /** `sha256:…` of the base as it was used. */
  readonly baseDigest?: string
}

/** The OCI labels that the facts allow; what is not known is left out instead of being left empty. */
export function standardLabels(facts: LabelFacts): Record<string, string> {
  const labels: Record<string, string | undefined> = {
    created: facts.created === undefined ? undefined : timestamp(facts.created),
    revision: facts.revision,
    source: facts.url,
    url: facts.url,
    version: facts.version,
    title: facts.title,
    description: facts.description,
    licenses: facts.license,
    vendor: facts.vendor,
    documentation: facts.documentation,
    'ref.name': facts.refName,
    'base.name': facts.baseName,
    'base.digest': facts.baseDigest,
  }
  return Object.fromEntries(
    Object.entries(labels)
      .map(([key, value]) => [OCI + key, oneLine(value ?? '')] as const)
      .filter(([, value]) => value !== ''),
  )
}

/** RFC 3339 in UTC, to the second. */
export const timestamp = (seconds: number): string =>
  new Date(seconds * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z')

// A line feed in a label breaks Dockerfiles and every tool that lists labels by line.
const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ').trim()

export interface Labels {
  /** Sorted by key, so that the image does not depend on the order of the input. */
  readonly labels: Readonly<Record<string, string>>
  readonly problems: readonly Problem[]
}

/** The standard labels with the user's `key=value` lines on top; `key=` removes a standard label. */
export function imageLabels(facts: LabelFacts, userLines: string): Labels {
  const { pairs, errors } = parsePairs(userLines)
  const problems: Problem[] = errors.map((error) => badPair('labels', error.line, error.reason))
  const labels = standardLabels(facts)
  for (const [key, value] of pairs) {
    const fault = keyFault(key)
    if (fault !== undefined) problems.push(badPair('labels', `${key}=${value}`, fault))
    else labels[key] = value
    if (value === '' && key.startsWith(OCI)) Reflect.deleteProperty(labels, key)
  }
  return { labels: sorted(labels), problems }
}

export type AnnotationLevel = 'manifest' | 'index' | 'manifest-descriptor' | 'index-descriptor'
const LEVELS: readonly AnnotationLevel[] = ['manifest', 'index', 'manifest-descriptor', 'index-descriptor']

/** One annotation at one place; without a platform a manifest annotation is for all platforms. */
export interface AnnotationEntry {
  readonly level: AnnotationLevel
  readonly platform?: Platform
  readonly key: string
  readonly value: string
}

/**
 * The annotations of an image: the standard ones on the manifests and, with several platforms, on the index (GHCR and
 * others show the index's); then the user's lines in Buildx's syntax, `[level[platform],…:]key=value`.
 * A line without a level goes where the standard ones go. `key=` removes a standard annotation.
 */
export function imageAnnotations(
  facts: LabelFacts,
  userLines: string,
  multiPlatform: boolean,
): { entries: readonly AnnotationEntry[]; problems: readonly Problem[] } {
  const levels: AnnotationLevel[] = multiPlatform ? ['index', 'manifest'] : ['manifest']
  const problems: Problem[] = []
  const entries = new Map<string, AnnotationEntry>()
  const put = (entry: AnnotationEntry): void => {
    const place = `${entry.level}[${entry.platform === undefined ? '' : formatPlatform(entry.platform)}]:${entry.key}`
    if (entry.value === '' && entry.key.startsWith(OCI)) entries.delete(place)
    else entries.set(place, entry)
  }
  for (const [key, value] of Object.entries(standardLabels(facts)))
    for (const level of levels) put({ level, key, value })
  for (const line of parseList(userLines)) {
    const parsed = parseAnnotation(line, levels)
    if ('reason' in parsed) problems.push(badPair('annotations', line, parsed.reason))
    else for (const entry of parsed) put(entry)
  }
  return {
    entries: [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry),
    problems,
  }
}

function parseAnnotation(
  line: string,
  levels: readonly AnnotationLevel[],
): AnnotationEntry[] | { reason: string } {
  const equals = line.indexOf('=')
  if (equals < 0) return { reason: 'no "=": write key=value' }
  const value = line.slice(equals + 1).trim()
  const left = line.slice(0, equals).trim()
  const place = /^((?:[a-z-]+(?:\[[^\]]*\])?)(?:,[a-z-]+(?:\[[^\]]*\])?)*):(.*)$/.exec(left)
  const key = place?.[2] ?? left
  const fault = keyFault(key)
  if (fault !== undefined) return { reason: fault }
  if (place === null) return levels.map((level) => ({ level, key, value }))
  const entries: AnnotationEntry[] = []
  for (const part of (place[1] ?? '').match(/[a-z-]+(?:\[[^\]]*\])?/g) ?? []) {
    const [, name = '', platformText] = /^([a-z-]+)(?:\[([^\]]*)\])?$/.exec(part) ?? []
    const level = LEVELS.find((known) => known === name)
    if (level === undefined) return { reason: `"${name}" is no level: it is one of ${LEVELS.join(', ')}` }
    if (platformText === undefined || platformText === '') {
      entries.push({ level, key, value })
      continue
    }
    const platform = parsePlatform(platformText)
    if ('reason' in platform) return { reason: `"${platformText}" is no platform: ${platform.reason}` }
    if (level.startsWith('index')) return { reason: 'the index has no platform: leave [ ] out' }
    entries.push({ level, platform, key, value })
  }
  return entries
}

/** An entry as `docker buildx build --annotation` takes it. */
export const formatAnnotation = (entry: AnnotationEntry): string =>
  `${entry.level}${entry.platform === undefined ? '' : `[${formatPlatform(entry.platform)}]`}:${entry.key}=${entry.value}`

/** The annotations of one place: the index, or the manifest of a platform (its own entries over the common ones). */
export function annotationsAt(
  entries: readonly AnnotationEntry[],
  level: AnnotationLevel,
  platform?: Platform,
): Record<string, string> {
  const here = entries.filter((entry) => entry.level === level)
  const common = here.filter((entry) => entry.platform === undefined)
  const own = here.filter(
    (entry) =>
      entry.platform !== undefined && platform !== undefined && samePlatform(entry.platform, platform),
  )
  return sorted(Object.fromEntries([...common, ...own].map((entry) => [entry.key, entry.value])))
}

const badPair = (input: string, line: string, cause: string): Problem => ({
  code: 'bad-pair',
  what: `a line of the ${input} cannot be used`,
  cause,
  input,
  value: line,
  fix: 'write key=value, one a line',
})

function keyFault(key: string): string | undefined {
  if (key === '') return 'nothing before "="'
  return /[\s"'=\\]/.test(key) ? `the key "${key}" holds a blank, a quote or a backslash` : undefined
}

const sorted = (record: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
