import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/lists.ts'
import { parseFlag } from './flags.ts'

/** What the templates of `ldflags` know. Times are RFC 3339. */
export interface BuildFacts {
  /** Without the leading `v`: `1.2.3`, or what git describes. */
  readonly version: string
  readonly commit: string
  /** The commit's time. Also what `{{.Date}}` gives, so that the same commit gives the same bytes. */
  readonly commitDate: string
  readonly branch?: string
  /** The git tag, as it is written. */
  readonly tag?: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

/**
 * The default: no symbol table and no DWARF (a third smaller, panics keep their lines), and the usual variables. The
 * linker ignores `-X` for a variable that does not exist, so they cost nothing where they are not declared.
 */
export const DEFAULT_LDFLAGS =
  '-s -w -X main.version={{.Version}} -X main.commit={{.Commit}} -X main.date={{.Date}}'

const KEYS: Readonly<Record<string, (facts: BuildFacts) => string>> = {
  Version: (f) => f.version,
  Commit: (f) => f.commit,
  FullCommit: (f) => f.commit,
  ShortCommit: (f) => f.commit.slice(0, 7),
  Date: (f) => f.commitDate,
  CommitDate: (f) => f.commitDate,
  CommitTimestamp: (f) => {
    const ms = Date.parse(f.commitDate)
    return Number.isNaN(ms) ? '' : String(Math.floor(ms / 1000))
  },
  Timestamp: (f) => KEYS['CommitTimestamp']?.(f) ?? '',
  Branch: (f) => f.branch ?? '',
  Tag: (f) => f.tag ?? '',
  Major: (f) => /^(\d+)\.\d+\.\d+/.exec(f.version)?.[1] ?? '',
  Minor: (f) => /^\d+\.(\d+)\.\d+/.exec(f.version)?.[1] ?? '',
  Patch: (f) => /^\d+\.\d+\.(\d+)/.exec(f.version)?.[1] ?? '',
}

/** The lower-case spelling of metadata-action, and short forms: `{{version}}`, `{{sha}}`, `{{commit_date}}`. */
const ALIASES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(Object.keys(KEYS).map((key) => [key.toLowerCase(), key])),
  sha: 'ShortCommit',
  short_commit: 'ShortCommit',
  full_commit: 'Commit',
  commit_date: 'CommitDate',
  timestamp: 'Timestamp',
}

/**
 * Fills `{{.Version}}`, `{{ .Env.X }}`, `{{version}}` … in the input `ldflags`.
 *
 * The template is split into words before the values are put in, and a word with blanks is quoted for the linker: a
 * value can therefore never become a flag of its own. Unknown keys, unset variables, unclosed quotes and braces are
 * all returned at once.
 */
export function renderLdflags(template: string, facts: BuildFacts): { text: string; problems: Problem[] } {
  const problems: Problem[] = []
  const problem = (code: string, what: string, fix: string): void => {
    problems.push({ code, what, input: 'ldflags', value: template, fix })
  }
  const split = splitTemplate(template)
  if (split.reason !== undefined) problem('ldflags-syntax', split.reason, 'close every quote and every {{')
  const words = split.words.map((word) => {
    const text = word.replace(/\{\{\s*(.*?)\s*\}\}/gs, (whole, expression: string) => {
      const value = lookup(expression, facts)
      if (typeof value === 'string') return value
      problem(value.code, `${whole} ${value.reason}`, value.fix)
      return ''
    })
    const quoted = quoteWord(text)
    if (quoted === undefined) {
      problem(
        'ldflags-quotes',
        'a value holds blanks and both kinds of quotes',
        'the linker cannot be given such a value; leave one kind of quotes out',
      )
    }
    return quoted ?? ''
  })
  // A value that is missing leaves an empty word, which is quoted: the one fault is enough.
  if (problems.length === 0 && words[0] !== undefined && /^['"]/.test(words[0]))
    problem('ldflags-syntax', 'ldflags starts with a quote', "quote single words only: -X 'main.x=a b'")
  return { text: words.join(' '), problems }
}

/** Flags of the linker whose value may be the next word. */
const VALUED = new Set(
  'B E F H I L R T X buildid capturehostobjs cpuprofile extar extld extldflags fipso importcfg installsuffix k libgcc linkmode memprofile memprofilerate o pluginpath r randlayout tmpdir'.split(
    ' ',
  ),
)

/** Whether the linker leaves DWARF out: `-w`, or `-s` that no `-w=false` takes back. Templates count as they are written. */
export function stripsDwarf(template: string): boolean {
  const told = new Map<string, boolean>()
  const { words } = splitTemplate(template)
  for (let at = 0; at < words.length; at++) {
    const { name, value } = parseFlag(words[at] ?? '')
    if (name === 's' || name === 'w') told.set(name, value === undefined || /^(?:1|t|true)$/i.test(value))
    else if (VALUED.has(name) && value === undefined) at++
  }
  return told.get('w') ?? told.get('s') ?? false
}

/** Words as Go splits -ldflags (cmd/internal/quoted: only whole words are quoted); blanks inside `{{ }}` do not count. */
function splitTemplate(template: string): { words: string[]; reason?: string } {
  const words: string[] = []
  let rest = template.trim()
  while (rest !== '') {
    const quote = rest.charAt(0)
    if (quote === "'" || quote === '"') {
      const end = rest.indexOf(quote, 1)
      if (end < 0) return { words, reason: `the quote ${quote} is not closed` }
      words.push(rest.slice(1, end))
      rest = rest.slice(end + 1).trimStart()
      continue
    }
    const word = /^(?:\{\{.*?\}\}|(?!\{\{)\S)+/s.exec(rest)?.[0]
    if (word === undefined) return { words, reason: 'a {{ is not closed' }
    if (word.replace(/\{\{.*?\}\}/gs, '').includes('}}')) return { words, reason: 'a }} has no {{' }
    words.push(word)
    rest = rest.slice(word.length).trimStart()
  }
  return { words }
}

/** The word as Go's splitter takes it back, or undefined when that cannot be done. */
function quoteWord(word: string): string | undefined {
  if (word !== '' && !/\s/.test(word) && !/^['"]/.test(word)) return word
  if (!word.includes("'")) return `'${word}'`
  return word.includes('"') ? undefined : `"${word}"`
}

function lookup(
  expression: string,
  facts: BuildFacts,
): string | { code: string; reason: string; fix: string } {
  const env = /^\.?[Ee]nv\.([A-Za-z_][A-Za-z0-9_]*)$/.exec(expression)
  if (env !== null) {
    const name = env[1] ?? ''
    const value = facts.env?.[name]
    if (value !== undefined) return value
    return {
      code: 'ldflags-env-missing',
      reason: `asks for the environment variable ${name}, which is not set`,
      fix: `set it in the step's env:, or remove it from ldflags`,
    }
  }
  const key = expression.startsWith('.') ? expression.slice(1) : ALIASES[expression]
  const get = key === undefined || !Object.hasOwn(KEYS, key) ? undefined : KEYS[key]
  if (get !== undefined) return get(facts)
  const near = nearest(expression.replace(/^\./, ''), Object.keys(KEYS))
  return {
    code: 'ldflags-unknown-key',
    reason: 'is not known',
    fix: `${near === undefined ? '' : `did you mean {{.${near}}}? `}Known: ${Object.keys(KEYS)
      .map((name) => `.${name}`)
      .join(' ')} .Env.NAME`,
  }
}
