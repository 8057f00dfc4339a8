import { sha256 } from '../base/download.ts'
import { byName } from '../base/lists.ts'
import { type Environment, type Host, type HostOs, lookupEnvironment } from '../base/platform.ts'

/** Raise it when entries of an older release must not be read any more. */
export const KEY_SALT = 'gip-v1'

/** Limits of the cache service (documented with actions/cache): longer keys and longer lists are refused. */
export const MAX_KEY_LENGTH = 512
export const MAX_KEYS = 10

/** What to ask the cache service for, best first, and the name to save under. */
export interface KeySet {
  /** Unique to this run, because finished entries can never be written again. Saved under this name. */
  readonly primary: string
  /** Prefixes in order of preference; the newest entry with a prefix wins. */
  readonly restore: readonly string[]
  /** An entry with this prefix was made from the same inputs (dependencies, flavour): nothing should be missing in it. */
  readonly exact: string
}

/** Everything that makes the Go command compile something else from the same sources. */
export interface Flavour {
  readonly cgo: boolean
  readonly race: boolean
  /** Tests run with coverage: the covered packages are compiled a second time. */
  readonly cover: boolean
  readonly tags: readonly string[]
  /** GOFLAGS and the build flags (`-trimpath`, `-gcflags=…`) as one string. */
  readonly goflags: string
  readonly goexperiment: string
  readonly goamd64: string
  /** Platforms compiled for, `linux/amd64` …; the host's own (vet, test) is always among them. */
  readonly platforms: readonly string[]
  /** Other variables that reach the compilers, see {@link compileEnvironment}. */
  readonly environment?: Readonly<Record<string, string>>
}

export interface ModuleFile {
  /** Repository-relative; only its base name decides how it is read: go.mod, go.work, go.sum, go.work.sum. */
  readonly path: string
  readonly content: string
}

export interface ModuleKeyFacts {
  /** Working directory, repository-relative: two projects of one repository prefer their own entries. */
  readonly project: string
  readonly modulesHash: string
  readonly unique: string
}

export interface BuildKeyFacts extends ModuleKeyFacts {
  readonly host: Host
  /** `ImageOS` of hosted runners (`ubuntu24`): the C compiler's version follows it. */
  readonly image?: string | undefined
  /** `1.26.8`. */
  readonly goVersion: string
  readonly flavour: Flavour
  /** `GITHUB_JOB`: a job gets its own entry back first, so a lint job cannot replace the test job's. */
  readonly job: string
}

/**
 * Keys of the module cache: one line of entries per set of dependencies, for every operating system, architecture
 * and Go version (what is stored are the proxy's own zip files). A bumped dependency starts from the last set.
 */
export function moduleKeys(facts: ModuleKeyFacts): KeySet {
  const all = `${KEY_SALT}-mod-`
  const project = `${all}${short(facts.project)}-`
  const exact = `${project}${slug(facts.modulesHash)}-`
  return { primary: `${exact}${slug(facts.unique)}`, restore: [exact, project, all], exact }
}

/**
 * Keys of the build cache. The ladder goes down only where entries can still be hit: never across operating systems,
 * architectures, Go versions, race, cgo or compiler settings (cmd/go hashes those into every action, so such an
 * entry is dead weight), but across tags, coverage, target platforms, dependencies and jobs, which share most objects.
 */
export function buildKeys(facts: BuildKeyFacts): KeySet {
  const { flavour, host } = facts
  const hard = short(
    JSON.stringify([
      flavour.cgo,
      flavour.race,
      compileFlags(flavour.goflags),
      list(flavour.goexperiment),
      flavour.goamd64 === '' ? 'v1' : flavour.goamd64,
      Object.entries(flavour.environment ?? {}).sort(byName),
    ]),
  )
  const soft = short(
    JSON.stringify([flavour.cover, [...flavour.tags].sort(), [...new Set(flavour.platforms)].sort()]),
  )
  // Without cgo the objects do not depend on the image of the runner.
  const image = flavour.cgo ? slug(facts.image ?? 'any') : 'any'
  const words = [flavour.cgo ? 'cgo' : 'nocgo', ...(flavour.race ? ['race'] : [])].join('.')
  const toolchain = `${KEY_SALT}-build-${host.os}-${slug(host.arch)}-${image}-go${slug(facts.goVersion)}-${words}-${hard}-`
  const same = `${toolchain}${soft}-`
  const project = `${same}${short(facts.project)}-`
  const modules = `${project}${slug(facts.modulesHash)}-`
  const job = `${modules}${slug(facts.job)}-`
  return {
    primary: `${job}${slug(facts.unique)}`,
    restore: [job, modules, project, same, toolchain],
    exact: modules,
  }
}

/**
 * Keys of the build cache of a user's Dockerfile. What it compiles with (Go version, flags) is inside the Dockerfile: entries that
 * do not fit any more are not used and trimmed, so the ladder goes down to the project.
 */
export function dockerfileKeys(
  facts: ModuleKeyFacts & {
    /** Repository-relative path of the Dockerfile, and the stage that is built. */
    readonly dockerfile: string
    readonly platforms: readonly string[]
  },
): KeySet {
  const file = `${KEY_SALT}-image-${short(JSON.stringify([facts.project, facts.dockerfile]))}-`
  const platforms = `${file}${short(JSON.stringify([...new Set(facts.platforms)].sort()))}-`
  const exact = `${platforms}${slug(facts.modulesHash)}-`
  return { primary: `${exact}${slug(facts.unique)}`, restore: [exact, platforms, file], exact }
}

/** Keys of the proof of one input: the newest of them wins, nothing else is of use. */
export function proofKeys(facts: { readonly digest: string; readonly unique: string }): KeySet {
  const exact = `${KEY_SALT}-proof-${facts.digest}-`
  return { primary: `${exact}${slug(facts.unique)}`, restore: [exact], exact }
}

/** How well an entry fits: `exact` when it was made from the same inputs. */
export function hitOf(matched: string | undefined, keys: KeySet): 'exact' | 'partial' | 'none' {
  if (matched === undefined || matched === '') return 'none'
  return matched.toLowerCase().startsWith(keys.exact.toLowerCase()) ? 'exact' : 'partial'
}

/**
 * A hash of what decides the set of modules: `require`, `replace`, `exclude` and `use` lines of go.mod and go.work,
 * all lines of go.sum and go.work.sum. Order, comments, places of the files and the `go` and `toolchain` lines do not count
 * (the Go version has its own place in the build key). Undefined when nothing is required: there is nothing to cache.
 */
export function hashModules(files: readonly ModuleFile[]): string | undefined {
  const lines = new Set<string>()
  for (const file of files) {
    const name = file.path.slice(file.path.replaceAll('\\', '/').lastIndexOf('/') + 1)
    const text = file.content.replaceAll('\r\n', '\n')
    if (name === 'go.mod' || name === 'go.work') for (const line of directives(text)) lines.add(line)
    else if (name === 'go.sum' || name === 'go.work.sum') {
      for (const line of text.split('\n')) if (line.trim() !== '') lines.add(`sum ${line.trim()}`)
    }
  }
  const needsModules = [...lines].some((line) => line.startsWith('require ') || line.startsWith('sum '))
  return needsModules ? sha256([...lines].sort().join('\n')).slice(0, 20) : undefined
}

const DIRECTIVES = new Set(['require', 'replace', 'exclude', 'use'])

/** The directives of go.mod syntax that choose modules, one a line, blocks unrolled, comments dropped. */
function directives(text: string): string[] {
  const found: string[] = []
  let block: string | undefined
  for (const raw of text.split('\n')) {
    const line = raw
      .replace(/\/\/.*$/, '')
      .trim()
      .replace(/\s+/g, ' ')
    if (line === '') continue
    if (block !== undefined) {
      if (line === ')') block = undefined
      else if (DIRECTIVES.has(block)) found.push(`${block} ${line}`)
      continue
    }
    const open = /^(\w+) ?\($/.exec(line)
    if (open !== null) block = open[1]
    else if (DIRECTIVES.has(line.split(' ')[0] ?? '')) found.push(line)
  }
  return found
}

// Flags that change what is printed, fetched, run or how fast, never an object.
const HARMLESS =
  /^-(v|x|json|work|p|modcacherw|buildvcs|mod|modfile|count|timeout|parallel|run|skip|short|failfast)(=|$)/

/** GOFLAGS without what never reaches a compiler, in a fixed order. */
export function compileFlags(goflags: string): string[] {
  return goflags
    .split(/\s+/)
    .map((flag) => flag.replace(/^--/, '-'))
    .filter((flag) => flag !== '' && !HARMLESS.test(flag))
    .sort()
}

const COMPILE_VARIABLES = [
  'GOARM64', 'GOARM', 'GO386', 'GOPPC64', 'GOMIPS', 'GOMIPS64', 'GORISCV64', 'GOWASM', 'GOFIPS140',
  'CGO_CFLAGS', 'CGO_CPPFLAGS', 'CGO_CXXFLAGS', 'CGO_FFLAGS', 'CGO_LDFLAGS', 'CC', 'CXX', 'AR', 'FC', 'PKG_CONFIG',
] // prettier-ignore

/** The variables that cmd/go hashes into its actions besides those {@link Flavour} names, where they are set. */
export function compileEnvironment(env: Environment, os: HostOs): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of COMPILE_VARIABLES) {
    const value = lookupEnvironment(env, name, os)
    if (value !== undefined && value !== '') found[name] = value
  }
  return found
}

/**
 * The unique end of a key. Runs of GitHub have their number; a re-run attempt counts as another. Runners that count every
 * run as 1 (act) or have no number at all get the time.
 */
export function uniqueOf(env: Environment, now: number): string {
  const run = env['GITHUB_RUN_ID'] ?? ''
  const attempt = env['GITHUB_RUN_ATTEMPT'] ?? '1'
  const counted = run !== '' && env['ACT'] !== 'true'
  return counted ? `${run}-${attempt}` : `${run === '' ? '0' : run}-${attempt}-${now.toString(36)}`
}

/** A part of a key: no comma, no blank, at most 48 characters; what had to change keeps its identity by a hash. */
function slug(text: string): string {
  const clean = text.replace(/[^A-Za-z0-9._-]/g, '_')
  if (clean === text && clean !== '' && clean.length <= 48) return clean
  return `${clean.slice(0, 32)}_${short(text)}`
}

const short = (text: string): string => sha256(text).slice(0, 10)
const list = (text: string): string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .sort()
