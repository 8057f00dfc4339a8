import type { Problem } from '../base/errors.ts'
import { nearest, parseList } from '../base/lists.ts'
import { isTag, parseReference } from '../registry/reference.ts'
import { parseTemplate, type Template } from './template.ts'

/** What every rule has. */
interface RuleBase {
  /** The line as written, for messages. */
  readonly source: string
  readonly enable: Template
  /** Higher first; decides which tag is the version. */
  readonly priority: number
  readonly prefix?: Template
  readonly suffix?: Template
}

export type TagRule = RuleBase &
  (
    | { readonly type: 'schedule'; readonly pattern: Template }
    | {
        readonly type: 'semver'
        readonly pattern: Template
        readonly value: Template
        readonly match?: RegExp
      }
    | { readonly type: 'match'; readonly pattern: RegExp; readonly group: number; readonly value: Template }
    | { readonly type: 'edge'; readonly branch: string }
    | { readonly type: 'ref'; readonly event: 'branch' | 'tag' | 'pr' }
    | { readonly type: 'raw'; readonly value: Template }
    | { readonly type: 'sha'; readonly format: 'short' | 'long' }
    /** A whole name with its tag, as build-push-action takes them. */
    | { readonly type: 'reference'; readonly name: string; readonly tag: string }
  )

/** What holds for all rules: the `flavor` of metadata-action, written as a line of its own. */
export interface Flavor {
  readonly latest: 'auto' | 'true' | 'false'
  readonly prefix: Template
  readonly suffix: Template
  readonly prefixLatest: boolean
  readonly suffixLatest: boolean
}

export interface TagRules {
  readonly rules: readonly TagRule[]
  readonly flavor: Flavor
}

export const PLAIN_FLAVOR: Flavor = {
  latest: 'auto',
  prefix: [],
  suffix: [],
  prefixLatest: false,
  suffixLatest: false,
}

/** Order of the kinds, as documented by docker/metadata-action. */
const PRIORITIES = { schedule: 1000, semver: 900, match: 800, edge: 700, ref: 600, raw: 200, sha: 100 }
type RuleType = keyof typeof PRIORITIES
const TYPES = Object.keys(PRIORITIES) as RuleType[]

const OWN_ATTRIBUTES: Readonly<Record<RuleType, readonly string[]>> = {
  schedule: ['pattern'],
  semver: ['pattern', 'value', 'match'],
  match: ['pattern', 'group', 'value'],
  edge: ['branch'],
  ref: ['event'],
  raw: ['value'],
  sha: ['format'],
}

export const GLOBAL_NAMES = ['branch', 'tag', 'sha', 'base_ref', 'is_default_branch', 'is_not_default_branch', 'date', 'commit_date'] // prettier-ignore
export const VERSION_NAMES = ['raw', 'version', 'major', 'minor', 'patch', 'prerelease']

/**
 * Reads the `tags` input: one rule, plain tag, full reference or flavor line (`latest=false`, `suffix=-alpine,onlatest=true`)
 * a line. All mistakes are returned at once.
 */
export function parseTagRules(text: string): TagRules & { problems: Problem[] } {
  const rules: TagRule[] = []
  const problems: Problem[] = []
  let flavor = PLAIN_FLAVOR
  for (const line of parseList(text)) {
    try {
      const fields = splitFields(line)
      if (isFlavor(fields)) flavor = { ...flavor, ...flavorOf(fields) }
      else rules.push(ruleOf(line, fields))
    } catch (error) {
      if (!(error instanceof RuleFault)) throw error
      problems.push({
        code: error.code,
        what: 'a line of the tags cannot be used',
        cause: error.message,
        input: 'tags',
        value: line,
        fix: error.fix,
      })
    }
  }
  return { rules, flavor, problems }
}

/** Thrown and caught inside this file only, to leave a line with its reason. */
class RuleFault extends Error {
  readonly code: string
  readonly fix: string
  constructor(message: string, fix: string, code = 'bad-tag-rule') {
    super(message)
    this.fix = fix
    this.code = code
  }
}

/** Comma-separated fields; a field in double quotes may hold commas, `""` in it is one quote (RFC 4180). */
export function splitFields(line: string): string[] {
  const fields: string[] = []
  let field = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const char = line.charAt(i)
    if (quoted) {
      if (char !== '"') field += char
      else if (line.charAt(i + 1) === '"') field += line.charAt(++i)
      else quoted = false
    } else if (char === '"' && field.trim() === '') {
      quoted = true
      field = ''
    } else if (char === ',') {
      fields.push(field.trim())
      field = ''
    } else field += char
  }
  if (quoted)
    throw new RuleFault('a double quote is not closed', 'close the quote, or double it inside quotes')
  fields.push(field.trim())
  return fields.filter((part) => part !== '')
}

function keyOf(field: string): { key?: string; value: string } {
  const at = field.indexOf('=')
  return at < 1
    ? { value: field }
    : { key: field.slice(0, at).trim().toLowerCase(), value: field.slice(at + 1).trim() }
}

const FLAVOR_KEYS = new Set(['latest', 'prefix', 'suffix', 'onlatest'])
const isFlavor = (fields: readonly string[]): boolean =>
  fields.length > 0 && fields.every((field) => FLAVOR_KEYS.has(keyOf(field).key ?? ''))

function flavorOf(fields: readonly string[]): Partial<Flavor> {
  const flavor: { -readonly [K in keyof Flavor]?: Flavor[K] } = {}
  let last = ''
  for (const field of fields) {
    const { key = '', value } = keyOf(field)
    if (key === 'latest') flavor.latest = oneOf(value, ['auto', 'true', 'false'] as const, 'latest')
    else if (key === 'prefix' || key === 'suffix') {
      flavor[key] = template(value, GLOBAL_NAMES)
      last = key
    } else {
      const only = oneOf(value, ['true', 'false'] as const, 'onlatest') === 'true'
      if (last === 'prefix') flavor.prefixLatest = only
      else if (last === 'suffix') flavor.suffixLatest = only
      else throw new RuleFault('onlatest stands alone', 'write it after prefix= or suffix=, on the same line')
    }
  }
  return flavor
}

function ruleOf(line: string, fields: readonly string[]): TagRule {
  const attributes = new Map<string, string>()
  for (const field of fields) {
    const { key, value } = keyOf(field)
    const name = key ?? 'value'
    if (attributes.has(name))
      throw new RuleFault(
        `"${name}" is there twice`,
        'keep one of them, or put a value with commas in "quotes"',
      )
    attributes.set(name, value)
  }
  const type = attributes.get('type')
  // A line without attributes is a tag or a full reference.
  if (type === undefined && attributes.size === 1 && attributes.has('value'))
    return plainRule(line, attributes.get('value') ?? '')
  if (type === 'pep440') {
    throw new RuleFault(
      'pep440 is the version scheme of Python, which is not supported here',
      'use type=semver for Go versions, or type=match for anything else',
      'unsupported-tag-rule',
    )
  }
  const kind = type === undefined ? 'raw' : oneOf(type, TYPES, 'type')
  for (const name of attributes.keys()) {
    const known = ['type', 'enable', 'priority', 'prefix', 'suffix', ...OWN_ATTRIBUTES[kind]]
    if (known.includes(name)) continue
    const near = nearest(name, known)
    throw new RuleFault(
      `type=${kind} has no attribute "${name}"`,
      near === undefined ? `it has ${known.join(', ')}` : `did you mean "${near}"?`,
    )
  }
  const priority = Number(attributes.get('priority') ?? PRIORITIES[kind])
  if (!Number.isFinite(priority))
    throw new RuleFault('priority is not a number', 'write for example priority=300')
  const prefix = attributes.get('prefix') ?? (kind === 'sha' ? 'sha-' : undefined)
  const suffix = attributes.get('suffix')
  const base: RuleBase = {
    source: line,
    enable: enableTemplate(attributes.get('enable') ?? 'true'),
    priority,
    ...(prefix === undefined ? {} : { prefix: template(prefix, GLOBAL_NAMES) }),
    ...(suffix === undefined ? {} : { suffix: template(suffix, GLOBAL_NAMES) }),
  }
  return ofKind(kind, base, attributes)
}

function ofKind(kind: RuleType, base: RuleBase, attributes: ReadonlyMap<string, string>): TagRule {
  const value = (): Template => template(attributes.get('value') ?? '', GLOBAL_NAMES)
  const needed = (name: string, example: string): string => {
    const given = attributes.get(name)
    if (given === undefined || given === '')
      throw new RuleFault(`type=${kind} needs ${name}=`, `write for example type=${kind},${example}`)
    return given
  }
  switch (kind) {
    case 'schedule': {
      const pattern = attributes.get('pattern') ?? 'nightly'
      return { ...base, type: kind, pattern: template(pattern, GLOBAL_NAMES) }
    }
    case 'semver': {
      const pattern = template(needed('pattern', 'pattern={{version}}'), [...VERSION_NAMES, ...GLOBAL_NAMES])
      const match = attributes.get('match') ?? ''
      return {
        ...base,
        type: kind,
        pattern,
        value: value(),
        ...(match === '' ? {} : { match: regexp(match) }),
      }
    }
    case 'match': {
      const group = Number(attributes.get('group') ?? '0')
      if (!Number.isInteger(group) || group < 0)
        throw new RuleFault(
          'group is not the number of a capturing group',
          'write group=0 for the whole match',
        )
      const pattern = regexp(needed('pattern', String.raw`"pattern=v(\d+)",group=1`))
      return { ...base, type: kind, pattern, group, value: value() }
    }
    case 'edge':
      return { ...base, type: kind, branch: attributes.get('branch') ?? '' }
    case 'ref': {
      const event = oneOf(needed('event', 'event=branch'), ['branch', 'tag', 'pr'] as const, 'event')
      const prefix = event === 'pr' && base.prefix === undefined ? { prefix: ['pr-'] } : {}
      return { ...base, ...prefix, type: kind, event }
    }
    case 'raw':
      if (!attributes.has('value'))
        throw new RuleFault('type=raw needs value=', 'write for example type=raw,value=dev')
      return { ...base, type: kind, value: value() }
    case 'sha':
      return { ...base, type: kind, format: oneOf(attributes.get('format') ?? 'short', ['short', 'long'] as const, 'format') } // prettier-ignore
  }
}

/** `v1.2.3-staging`, `{{branch}}-debug` or `ghcr.io/acme/hello:v1`. */
function plainRule(line: string, value: string): TagRule {
  const base = { source: line, enable: ['true'], priority: PRIORITIES.raw }
  if (value.includes('{{')) return { ...base, type: 'raw', value: template(value, GLOBAL_NAMES) }
  if (isTag(value)) return { ...base, type: 'raw', value: [value] }
  if (!/[/:]/.test(value)) {
    throw new RuleFault(
      `"${value}" is not a tag: letters, digits, "_", "." and "-", at most 128, not starting with "." or "-"`,
      'write a tag, a rule (type=…) or a full reference',
      'bad-tag',
    )
  }
  const colon = value.indexOf(':', value.lastIndexOf('/') + 1)
  const name = (colon < 0 ? value : value.slice(0, colon)).toLowerCase()
  const tag = colon < 0 ? undefined : value.slice(colon + 1)
  const parsed = parseReference(tag === undefined ? name : `${name}:${tag}`)
  if ('reason' in parsed)
    throw new RuleFault(parsed.reason, 'write for example ghcr.io/acme/hello:v1', 'bad-tag')
  if (parsed.digest !== undefined)
    throw new RuleFault(
      'a digest is what a push gives, it cannot be asked for',
      'leave @sha256:… out',
      'bad-tag',
    )
  if (tag === undefined) {
    throw new RuleFault(
      'it is an image name without a tag',
      `write ${value}:latest if that is meant, or give the name in the input images`,
      'bad-tag',
    )
  }
  return { ...base, type: 'reference', name: `${parsed.registry}/${parsed.repository}`, tag }
}

function template(text: string, names: readonly string[]): Template {
  const parsed = parseTemplate(text, names)
  if ('reason' in parsed) throw new RuleFault(parsed.reason, 'see docs/inputs.md, tags')
  return parsed
}

function enableTemplate(text: string): Template {
  const parsed = template(text, GLOBAL_NAMES)
  if (!text.includes('{{')) oneOf(text, ['true', 'false'] as const, 'enable')
  return parsed
}

/** `/source/flags` or the bare source of a JavaScript regular expression. */
function regexp(text: string): RegExp {
  const wrapped = /^\/(.+)\/([a-z]*)$/s.exec(text)
  try {
    // Without g and y, which would keep a position between calls.
    return wrapped === null
      ? new RegExp(text)
      : new RegExp(wrapped[1] ?? '', (wrapped[2] ?? '').replace(/[gy]/g, ''))
  } catch (error) {
    throw new RuleFault(
      `not a regular expression: ${error instanceof Error ? error.message : text}`,
      'a pattern with commas stands in double quotes: type=match,"pattern=v(\\d{1,3})",group=1',
    )
  }
}

function oneOf<T extends string>(value: string, known: readonly T[], name: string): T {
  const found = known.find((item) => item === value)
  if (found !== undefined) return found
  const near = nearest(value, known)
  throw new RuleFault(
    `"${value}" is no ${name}`,
    near === undefined ? `it is one of ${known.join(', ')}` : `did you mean "${near}"?`,
  )
}
