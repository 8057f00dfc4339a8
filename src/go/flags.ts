import type { Problem } from '../base/errors.ts'
import { type Environment, type Host, lookupEnvironment } from '../base/platform.ts'

/** What decides how Go compiles. One value of it serves vet, test and every build. */
export interface GoSettings {
  readonly tags: readonly string[]
  readonly cgo: boolean
  readonly race: boolean
  readonly cover: boolean
  /** The linker drops all debug information (see stripsDwarf), so the compiler need not make it. */
  readonly stripped?: boolean
  readonly goproxy?: string
  readonly goprivate?: string
  /** `mod`, `vendor` or `readonly`. */
  readonly mod?: string
  /** Wins over everything else, GOFLAGS included (which is then merged like a caller's own). */
  readonly extraEnv?: Readonly<Record<string, string>>
}

export interface GoCaches {
  readonly gocache?: string
  readonly gomodcache?: string
  readonly gotmpdir?: string
}

export interface GoFlags {
  /** The words of GOFLAGS, `-name` or `-name=value`. */
  readonly words: readonly string[]
  /** What was merged or overruled, for the log. */
  readonly notes: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * GOFLAGS for every go command of the run. `-trimpath` and `-tags` are part of each package's action ID
 * (cmd/go/internal/work/exec.go, buildActionID), so a command with other flags compiles everything again.
 *
 * @param own the caller's GOFLAGS: kept, and merged with the inputs
 */
export function mergeGoFlags(settings: GoSettings, own = ''): GoFlags {
  const notes: string[] = []
  const problems: Problem[] = []
  const split = splitGoFlags(own)
  if (split.reason !== undefined) {
    problems.push({
      code: 'goflags-invalid',
      what: 'the environment variable GOFLAGS cannot be read',
      value: own,
      cause: split.reason,
      fix: "separate the flags with blanks, and quote a whole flag that holds blanks: '-ldflags=-s -w'",
    })
  }
  const kept: string[] = []
  const tags = [...settings.tags]
  let trimpath = true
  for (const word of split.words) {
    const { name, value } = parseFlag(word)
    if (name === 'trimpath') {
      trimpath = value !== 'false'
      if (!trimpath) {
        notes.push(
          'GOFLAGS has -trimpath=false: it is kept for vet, test and build alike, so paths of this machine get into the binaries',
        )
      }
    } else if (name === 'tags') {
      const more = (value ?? '').split(',').filter((tag) => tag !== '' && !tags.includes(tag))
      if (more.length > 0 && settings.tags.length > 0) {
        notes.push(
          `the tags of GOFLAGS (${more.join(', ')}) and of go-tags (${settings.tags.join(', ')}) are all set`,
        )
      }
      tags.push(...more)
    } else if (name === 'mod' && settings.mod !== undefined) {
      if (value !== settings.mod)
        notes.push(`-mod=${settings.mod} of the inputs wins over ${word} of GOFLAGS`)
    } else if (name === 'json' || name === 'o' || name === 'n') {
      problems.push({
        code: 'goflags-conflict',
        what: `GOFLAGS has ${word}, which this run must set itself`,
        value: own,
        fix: `remove ${word} from GOFLAGS`,
      })
    } else if (name === 'race' && value !== 'false') {
      notes.push(
        'GOFLAGS has -race: left out, because it would get into the published binaries; use race: true',
      )
    } else if ((name === 'cover' || name === 'coverprofile' || name === 'covermode') && value !== 'false') {
      notes.push(
        `GOFLAGS has ${word}: left out, because it would get into the published binaries; use coverage-threshold`,
      )
    } else {
      if (name === 'a')
        notes.push('GOFLAGS has -a: everything is compiled again by each command, caches do not help')
      if (name === 'count') notes.push(`GOFLAGS has ${word}: no test result is taken from the cache`)
      if (name === 'vet') notes.push(`GOFLAGS has ${word}: the input vet decides instead`)
      kept.push(word)
    }
  }
  const words = [
    trimpath ? '-trimpath' : '-trimpath=false',
    ...(tags.length > 0 ? [`-tags=${[...new Set(tags)].join(',')}`] : []),
    ...(settings.mod === undefined ? [] : [`-mod=${settings.mod}`]),
    ...kept,
    ...(withoutDwarf(settings, kept) ? [NO_DWARF] : []),
  ]
  return { words, notes, problems }
}

/** What cmd/go itself gives the compiler where it knows that nobody will debug the program (`go test`, `go run`). */
const NO_DWARF = '-gcflags=all=-dwarf=false'

/**
 * Objects without DWARF are a quarter smaller and compiled sooner, and the linked program holds the same code: only its build information
 * names one more flag. With cgo, the race detector or compiler flags of the caller's own everything stays as it is.
 */
const withoutDwarf = (settings: GoSettings, kept: readonly string[]): boolean =>
  settings.stripped === true &&
  !settings.cgo &&
  !settings.race &&
  !kept.some((word) => parseFlag(word).name === 'gcflags')

/**
 * The environment of every go command: same GOFLAGS and CGO_ENABLED for vet, test and build, so that nothing is
 * compiled twice. GOFLAGS of `extraEnv`, or else of `ambient`, is the caller's own and is merged.
 */
export function goCommandEnvironment(
  settings: GoSettings,
  host: Host,
  caches: GoCaches = {},
  ambient: Environment = {},
): Record<string, string> {
  const own = settings.extraEnv?.['GOFLAGS'] ?? lookupEnvironment(ambient, 'GOFLAGS', host.os)
  return {
    CGO_ENABLED: settings.cgo ? '1' : '0',
    ...(settings.goproxy === undefined ? {} : { GOPROXY: settings.goproxy }),
    ...(settings.goprivate === undefined ? {} : { GOPRIVATE: settings.goprivate }),
    ...(caches.gocache === undefined ? {} : { GOCACHE: caches.gocache }),
    ...(caches.gomodcache === undefined ? {} : { GOMODCACHE: caches.gomodcache }),
    ...(caches.gotmpdir === undefined ? {} : { GOTMPDIR: caches.gotmpdir }),
    ...settings.extraEnv,
    GOFLAGS: joinGoFlags(mergeGoFlags(settings, own).words),
  }
}

/** The race detector needs cgo (and so a C compiler) everywhere but on macOS (Go 1.20 and later). */
export const raceNeedsCgo = (host: Host): boolean => host.os !== 'darwin'

/** Splits GOFLAGS as cmd/internal/quoted does: a flag may be quoted whole, nothing is escaped. */
export function splitGoFlags(text: string): { words: string[]; reason?: string } {
  const words: string[] = []
  let rest = text.trim()
  while (rest !== '') {
    const quote = rest.charAt(0)
    if (quote === "'" || quote === '"') {
      const end = rest.indexOf(quote, 1)
      if (end < 0) return { words, reason: `the quote ${quote} is not closed` }
      words.push(rest.slice(1, end))
      rest = rest.slice(end + 1).trimStart()
    } else {
      const word = /^\S+/.exec(rest)?.[0] ?? rest
      words.push(word)
      rest = rest.slice(word.length).trimStart()
    }
  }
  const bad = words.find((word) => !/^--?[A-Za-z]/.test(word))
  return bad === undefined ? { words } : { words, reason: `"${bad}" is not a flag` }
}

export const joinGoFlags = (words: readonly string[]): string =>
  words.map((word) => (/\s/.test(word) ? (word.includes("'") ? `"${word}"` : `'${word}'`) : word)).join(' ')

/** `-name`, `--name=value`: the name without dashes. */
export function parseFlag(word: string): { name: string; value?: string } {
  const match = /^--?([^=]+)(?:=([\s\S]*))?$/.exec(word)
  const [, name = word, value] = match ?? []
  return value === undefined ? { name } : { name, value }
}
