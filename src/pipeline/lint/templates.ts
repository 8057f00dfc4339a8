import { type Node } from 'yaml'
import { nearest } from '../../base/lists.ts'
import { unifiedDiff } from './diff.ts'
import { usesOf, type Use } from './rules.ts'
import { entries, entry, type Raw, Source, textOf } from './source.ts'

/** What a workflow or an action of the templates takes. */
export interface Interface {
  readonly inputs: ReadonlyMap<string, { readonly required: boolean }>
  /** Undefined for an action: it has none. */
  readonly secrets: ReadonlyMap<string, { readonly required: boolean }> | undefined
}

/** The templates as they are in the version that runs. */
export interface Library {
  /** `OWNER/NAME`. */
  readonly repository: string
  readonly version: string
  readonly sha: string
  /** By path: `.github/workflows/image.yml`, `gray-release`, or an empty text for the action at the root. */
  readonly interfaces: ReadonlyMap<string, Interface>
  /** Copyable twins by file name. */
  readonly twins: ReadonlyMap<string, string>
}

/** A version that a repository may use now. */
export interface AllowedVersion {
  readonly version: string | undefined
  readonly sha: string | undefined
}

/** `v1.2.0`, a commit, or `v1.2.0=COMMIT`; undefined when it is none of these. */
export function parseAllowed(text: string): AllowedVersion | undefined {
  const match = /^(?:(v?\d+\.\d+\.\d+[\w.+-]*))?(?:=?([0-9a-f]{40}))?$/.exec(text)
  const [, version, sha] = match ?? []
  if (version === undefined && sha === undefined) return undefined
  return { version, sha }
}

/** The interface that a file states: a callable workflow's, or an action's; undefined when it is neither. */
export function interfaceOf(source: Source): Interface | undefined {
  const call = entry(entry(source.root, 'on')?.value, 'workflow_call')
  if (call !== undefined)
    return { inputs: taken(entry(call.value, 'inputs')?.value), secrets: taken(entry(call.value, 'secrets')?.value) }
  if (entry(source.root, 'runs') === undefined) return undefined
  return { inputs: taken(entry(source.root, 'inputs')?.value), secrets: undefined }
} // prettier-ignore

function taken(node: Node | null | undefined): Map<string, { required: boolean }> {
  return new Map(
    entries(node).map(({ key, value }) => {
      const standard = entry(value, 'default')
      return [key, { required: textOf(entry(value, 'required')?.value) === 'true' && standard === undefined }]
    }),
  )
}

export interface TemplateRules {
  readonly library: Library | undefined
  /** Other names under which the templates are used: forks, mirrors. */
  readonly repositories: readonly string[]
  /** Empty: every version. */
  readonly allowed: readonly AllowedVersion[]
  /** Interfaces of the repository's own workflows and actions, for `./` and `$/`. */
  readonly own: ReadonlyMap<string, Interface>
}

const raw = (rule: Raw['rule'], offset: number, message: string, fix: string): Raw => ({
  rule,
  offset,
  message,
  fix,
})

/** Rules that compare a file with the templates. */
export function lintTemplates(source: Source, rules: TemplateRules): Raw[] {
  const uses = usesOf(source)
  return [
    ...uses.flatMap((use) => versionOf(source, use, rules)),
    ...uses.flatMap((use) => inputsOf(use, rules)),
    ...driftOf(source, rules.library),
  ]
}

/** Repository, path in it and ref of a `uses` of the templates. */
function templateUse(text: string, rules: TemplateRules): { path: string; ref: string } | undefined {
  const names = [...(rules.library === undefined ? [] : [rules.library.repository]), ...rules.repositories]
  const [whole = '', ref = ''] = text.split('@', 2)
  const name = names.find((one) => whole.toLowerCase() === one.toLowerCase() || whole.toLowerCase().startsWith(`${one.toLowerCase()}/`)) // prettier-ignore
  return name === undefined ? undefined : { path: whole.slice(name.length + 1), ref }
}

function versionOf(source: Source, use: Use, rules: TemplateRules): Raw[] {
  const template = templateUse(use.text, rules)
  if (template === undefined || rules.allowed.length === 0) return []
  const { ref } = template
  const comment = /^\s*#\s*(\S+)/.exec(source.restOfLine(use.node?.range?.[1] ?? use.at))?.[1]
  const same = (a: string | undefined, b: string): boolean => a?.replace(/^v/, '') === b.replace(/^v/, '')
  const ok = rules.allowed.some(({ version, sha }) =>
    sha !== undefined
      ? ref === sha && (version === undefined || comment === undefined || same(comment, version))
      : same(comment ?? ref, version ?? ''),
  )
  if (ok) return []
  const list = rules.allowed.map(({ version, sha }) => [version, sha?.slice(0, 12)].filter((part) => part !== undefined).join(' = ')) // prettier-ignore
  return [raw('version', use.at, `${use.text.replace(/([0-9a-f]{12})[0-9a-f]{28}/, '$1…')}${comment === undefined ? '' : ` (${comment})`} is not allowed in this repository now`, `use one of: ${list.join(', ')}`)] // prettier-ignore
}

function inputsOf(use: Use, rules: TemplateRules): Raw[] {
  const local = /^(?:\.\/|\$\/)(.*?)\/*$/.exec(use.text)?.[1]
  const template = local === undefined ? templateUse(use.text, rules) : undefined
  const path = local ?? template?.path
  if (path === undefined) return []
  const known = local === undefined ? rules.library?.interfaces.get(path) : rules.own.get(path)
  const where = local === undefined ? `${path === '' ? 'the action' : path} of ${rules.library?.version ?? ''}` : path // prettier-ignore
  if (known === undefined)
    return local === undefined && rules.library !== undefined
      ? [raw('inputs', use.at, `there is no ${path} in ${rules.library.repository} ${rules.library.version}`, 'look the path up in docs/workflows')] // prettier-ignore
      : []
  return [
    ...compare(use, 'with', 'input', known.inputs, where),
    ...(known.secrets === undefined ? [] : compare(use, 'secrets', 'secret', known.secrets, where)),
  ]
}

function compare(
  use: Use,
  part: 'with' | 'secrets',
  what: string,
  known: ReadonlyMap<string, { readonly required: boolean }>,
  where: string,
): Raw[] {
  const holder = entry(use.holder, part)
  if (part === 'secrets' && textOf(holder?.value) === 'inherit') return []
  const given = entries(holder?.value)
  // Actions read their inputs without case.
  const fold = (name: string): string => (use.job ? name : name.toLowerCase())
  const names = new Map([...known.keys()].map((name) => [fold(name), name]))
  const unknown = given.filter(({ key }) => !names.has(fold(key)))
  const missing = [...known].filter(([name, { required }]) => required && !given.some(({ key }) => fold(key) === fold(name))) // prettier-ignore
  return [
    ...unknown.map(({ key, at }) => {
      const near = nearest(key, [...known.keys()])
      return raw('inputs', at, `${where} has no ${what} ${key}`, near === undefined ? `it takes ${[...known.keys()].join(', ') || 'none'}` : `did you mean ${near}?`) // prettier-ignore
    }),
    ...missing.map(([name]) => raw('inputs', holder?.at ?? use.at, `${where} needs the ${what} ${name}`, `add ${name} under ${part}`)), // prettier-ignore
  ]
}

/** The first line of a twin says what it is a copy of. */
const HEAD = /^# Copy of (\S+?)\/\.github\/workflows\/(\S+\.ya?ml) at (\S+?):/

function driftOf(source: Source, library: Library | undefined): Raw[] {
  const [, repository, name = '', version = ''] = HEAD.exec(source.text) ?? []
  if (library === undefined || repository === undefined) return []
  if (repository.toLowerCase() !== library.repository.toLowerCase()) return []
  const twin = library.twins.get(name)
  if (twin === undefined)
    return [raw('twin-outdated', 0, `${name} is no template of ${library.version} any more`, 'see the changelog for what took its place')] // prettier-ignore
  // Line ends are the checkout's affair.
  const text = source.text.replaceAll('\r\n', '\n')
  if (text === twin) return []
  const diff = unifiedDiff(text, twin)
  const changed = diff.filter((line) => /^[+-]/.test(line)).length
  return version === library.version
    ? [{ ...raw('twin-adapted', firstDifference(text, twin), `this copy of ${name} ${version} was changed (${changed} lines)`, 'call the template with inputs instead, or keep the change and carry it along; rules: twin-adapted=off when it is meant to stay'), diff }] // prettier-ignore
    : [{ ...raw('twin-outdated', 0, `this copy is of ${version}; ${library.version} is current (${changed} lines differ)`, `copy workflows/${name} of ${library.version} again, or take the lines of the diff over`), diff }] // prettier-ignore
}

function firstDifference(a: string, b: string): number {
  let at = 0
  while (at < a.length && a.charAt(at) === b.charAt(at)) at++
  return Math.min(at, Math.max(0, a.length - 1))
}

/** Interfaces of files, by the path that `uses` names: workflows by file, actions by folder. */
export function interfacesOf(files: ReadonlyMap<string, string>): Map<string, Interface> {
  const found = new Map<string, Interface>()
  for (const [file, text] of files) {
    const known = interfaceOf(new Source(file, text))
    if (known !== undefined) found.set(file.replace(/(^|\/)action\.ya?ml$/, ''), known)
  }
  return found
}
