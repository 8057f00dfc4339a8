import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/lists.ts'
import { formatPlatform, type Platform } from '../base/platform.ts'

/** What a name template knows. */
export interface NameFacts {
  readonly project: string
  readonly version: string
  readonly tag: string
  readonly shortCommit: string
}

export type ArchiveFormat = 'tar.gz' | 'zip' | 'none'

/** One file of the release: a program, or an archive of one or more. */
export interface Bundle<T> {
  /** Without folder, with its suffix. */
  readonly file: string
  readonly format: ArchiveFormat
  readonly platform: Platform
  readonly members: readonly T[]
}

const KEYS = ['Project', 'Name', 'Version', 'Tag', 'ShortCommit', 'Os', 'Arch'] as const
type Key = (typeof KEYS)[number]

/** zip where people unpack by double click, tar.gz where modes of files matter. */
export const formatOf = (asked: 'auto' | ArchiveFormat, platform: Platform): ArchiveFormat =>
  asked === 'auto' ? (platform.os === 'windows' ? 'zip' : 'tar.gz') : asked

/** What is wrong with a template by itself: unknown keys, braces, letters that GitHub would rename. */
export function templateProblems(template: string): Problem[] {
  const problems: Problem[] = []
  const bad = (what: string, fix: string): void => {
    problems.push({ code: 'bad-input', what, input: 'name', value: template, fix })
  }
  const known = KEYS.map((key) => `{{.${key}}}`).join(' ')
  const plain = template.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, key: string) => {
    if (KEYS.includes(key as Key)) return ''
    const near = nearest(key, KEYS)
    bad(`${whole} is not known`, `${near === undefined ? '' : `did you mean {{.${near}}}? `}known: ${known}`)
    return ''
  })
  if (/[{}]/.test(plain)) bad('braces that are no {{.Key}}', `known: ${known}`)
  else if (!/^[\w.+-]*$/.test(plain)) bad('not a name of a file', 'use letters, digits and . _ + - between the keys') // prettier-ignore
  for (const key of ['Os', 'Arch'])
    if (!new RegExp(`\\{\\{\\s*\\.${key}\\s*\\}\\}`).test(template))
      bad(`the name has no {{.${key}}}`, `two platforms would have one name: put {{.${key}}} into it`)
  return problems
}

/** `armv7`, `amd64v3`. */
export const archName = ({ arch, variant = '' }: Platform): string => arch + variant

/** The name without a suffix. */
export function renderName(template: string, facts: NameFacts, name: string, platform: Platform): string {
  const values: Readonly<Record<Key, string>> = {
    Project: facts.project,
    Name: name,
    Version: facts.version,
    Tag: facts.tag,
    ShortCommit: facts.shortCommit,
    Os: platform.os,
    Arch: archName(platform),
  }
  const text = template.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (_, key: Key) => values[key])
  // Versions and tags may hold slashes and plus signs; GitHub renames other letters of an asset by itself.
  return text.replace(/[^\w.+-]+/g, '-')
}

/**
 * The files of a release. Programs whose names come out equal go into one archive, so `{{.Name}}` in the template decides
 * whether several programs go out one by one or together.
 */
export function bundles<T extends { readonly name: string; readonly platform: Platform }>(
  programs: readonly T[],
  template: string,
  facts: NameFacts,
  archive: 'auto' | ArchiveFormat,
): { bundles: Bundle<T>[]; problems: Problem[] } {
  const found = new Map<string, Bundle<T> & { members: T[] }>()
  const problems: Problem[] = []
  for (const program of programs) {
    const { platform } = program
    const format = formatOf(archive, platform)
    const suffix = format === 'none' ? (platform.os === 'windows' ? '.exe' : '') : `.${format}`
    const file = renderName(template, facts, program.name, platform) + suffix
    const known = found.get(file.toLowerCase())
    if (known === undefined) found.set(file.toLowerCase(), { file, format, platform, members: [program] })
    else if (format === 'none' || formatPlatform(known.platform) !== formatPlatform(platform))
      problems.push({
        code: 'bad-input',
        what: `two files would be called ${file}`,
        input: 'name',
        value: template,
        fix: format === 'none' ? 'without an archive each program needs a name: put {{.Name}} into it' : 'put {{.Os}} and {{.Arch}} into it', // prettier-ignore
      })
    else known.members.push(program)
  }
  return { bundles: [...found.values()], problems }
}
