import semver from 'semver'

/**
 * A Go version. Order and spelling follow Go's own `internal/gover`: `1.26` (language) < `1.26rc1` < `1.26.0`;
 * before 1.21 there was no `.0`, so `1.20` is a release there.
 */
export interface GoVersion {
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly pre?: { readonly kind: 'rc' | 'beta'; readonly n: number }
  /** Only a language version (`go 1.26` in go.mod): no release has exactly this name. */
  readonly language?: true
}

/** What the user or the project asks for. */
export interface GoRequest {
  /** As `parseGoSpec` reads it. */
  readonly spec: string
  /** The least version that all modules accept: max of their `go` and `toolchain` lines, `1.26` or `1.26.3`. */
  readonly minimum?: string
  /** Which line decided, for people: `input go-version`, `go.mod line 3 (toolchain)`. */
  readonly origin: string
  /** The line that `minimum` comes from. */
  readonly minimumOrigin?: string
}

/** A release that some source offers. */
export interface GoRelease {
  readonly version: GoVersion
}

export type GoSpec =
  | { readonly kind: 'exact'; readonly version: GoVersion }
  /** `range` in npm's syntax, ready for `semver.satisfies`. */
  | { readonly kind: 'range'; readonly range: string }
  | { readonly kind: 'alias'; readonly alias: 'stable' | 'oldstable' }

const PATTERN = /^(?:go|v)?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:-?(rc|beta)\.?(\d{1,3}))?$/

/** Reads `1.26.8`, `go1.27rc1`, `1.20`, `1.27.0-rc.1`, `1.26` (a language version); undefined for anything else. */
export function parseGoVersion(text: string): GoVersion | undefined {
  const match = PATTERN.exec(text.trim())
  if (match === null) return undefined
  const [, major = '', minor = '', patch, kind, n = ''] = match
  const version = { major: Number(major), minor: Number(minor), patch: Number(patch ?? 0) }
  if (kind !== undefined) return { ...version, pre: { kind: kind as 'rc' | 'beta', n: Number(n) } }
  if (patch === undefined && hasZeroRelease(version)) return { ...version, language: true }
  return version
}

/** Since Go 1.21 the first release of a minor is called `.0`. */
const hasZeroRelease = (version: { major: number; minor: number }): boolean =>
  version.major > 1 || version.minor >= 21

/** Go's own spelling, without `go`: `1.26.8`, `1.20`, `1.27rc1`, `1.26` for a language version. */
export function formatGoVersion(version: GoVersion): string {
  const base = `${version.major}.${version.minor}`
  const zero = version.pre === undefined && version.language === undefined && hasZeroRelease(version)
  const patch = version.patch > 0 || zero ? `.${version.patch}` : ''
  return base + patch + (version.pre === undefined ? '' : version.pre.kind + String(version.pre.n))
}

/** A name that can only be a release's (`go1.21` in a listing), not a language version. */
export const asRelease = ({ major, minor, patch, pre }: GoVersion): GoVersion =>
  pre === undefined ? { major, minor, patch } : { major, minor, patch, pre }

/** npm's spelling, which names folders of the runner's tool cache: `1.26.8`, `1.27.0-rc.1`. */
export function semverOf(version: GoVersion): string {
  const pre = version.pre === undefined ? '' : `-${version.pre.kind}.${version.pre.n}`
  return `${version.major}.${version.minor}.${version.patch}${pre}`
}

/** Negative, zero or positive, as `sort` wants it. */
export function compareGoVersions(a: GoVersion, b: GoVersion): number {
  const key = (v: GoVersion): number[] => [
    v.major,
    v.minor,
    v.language === true ? -1 : v.patch,
    v.pre === undefined ? 2 : v.pre.kind === 'rc' ? 1 : 0,
    v.pre?.n ?? 0,
  ]
  const left = key(a)
  const right = key(b)
  for (const [i, value] of left.entries()) {
    const difference = value - (right[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** Whether a release accepts a module that says `go <minimum>`. A minimum that is no version accepts nothing. */
export function meetsMinimum(version: GoVersion, minimum: string): boolean {
  const least = parseGoVersion(minimum)
  return least !== undefined && compareGoVersions(version, least) >= 0
}

const HELP =
  'write a version (1.26.8, 1.27rc1), a minor (1.26, 1.26.x), a range (^1.25, ~1.26, ">=1.25 <1.27"), stable or oldstable'

/**
 * Reads what `go-version` and version files may say. Ranges are npm's; Go's spelling of pre-releases and a `go`
 * prefix are understood inside them too. `latest` and `*` mean `stable`.
 */
export function parseGoSpec(text: string): GoSpec | { readonly reason: string } {
  const asked = text.trim()
  if (asked === '') return { reason: `it is empty: ${HELP}` }
  if (/^(stable|latest|\*|x)$/i.test(asked)) return { kind: 'alias', alias: 'stable' }
  if (/^oldstable$/i.test(asked)) return { kind: 'alias', alias: 'oldstable' }
  if (/^(go)?tip$|^master$|^main$/i.test(asked)) {
    return { reason: `${asked} is not a release, it would have to be built from source: ${HELP}` }
  }
  const old = /^1\.([1-4])$/.exec(asked)
  if (old !== null) {
    const meant = `1.${old[1] ?? ''}0`
    return {
      reason: `Go ${asked} is older than 2015. YAML turns an unquoted ${meant} into ${asked}: write '${meant}' with quotes`,
    }
  }
  const version = parseGoVersion(asked)
  // `1.20` names a release, but people (and setup-go) mean the newest patch of that minor.
  const minor = /^(?:go|v)?(\d+)\.(\d+)$/.exec(asked)
  if (minor !== null) return { kind: 'range', range: `~${minor[1] ?? ''}.${minor[2] ?? ''}.0` }
  if (version !== undefined) return { kind: 'exact', version }
  const range = semver.validRange(
    asked
      .replace(/\bgo(?=\d)/g, '')
      .replace(/(?<![\d.])(\d+\.\d+)(rc|beta)(\d+)/g, '$1.0-$2.$3')
      .replace(/(\d+\.\d+\.\d+)(rc|beta)(\d+)/g, '$1-$2.$3'),
  )
  // npm takes any word after a dash for a pre-release (`1.26.8-alpine`); Go has only rc and beta.
  if (range === null || /-(?!0(?![\w.])|(?:rc|beta)\.\d)/.test(range))
    return { reason: `"${asked}" is not a Go version: ${HELP}` }
  if (range === '*' || range === '') return { kind: 'alias', alias: 'stable' }
  return { kind: 'range', range }
}

/**
 * Whether a release is one that the spec allows. A pre-release satisfies a range only where the range names a
 * pre-release of the same version, as in npm. For an alias every stable release does: which one is meant is known only
 * with a listing (`chooseVersion`).
 */
export function satisfies(version: GoVersion, spec: GoSpec): boolean {
  if (version.language === true) return false
  switch (spec.kind) {
    case 'exact':
      return compareGoVersions(version, spec.version) === 0
    case 'range':
      return semver.satisfies(semverOf(version), spec.range)
    case 'alias':
      return version.pre === undefined
  }
}

/**
 * The release to take: the newest stable one that the spec allows and `minimum` accepts, a pre-release only when no
 * stable one does. `oldstable` is the newest patch of the minor before the newest. Undefined: none is offered.
 */
export function chooseVersion<R extends GoRelease>(
  spec: GoSpec,
  available: readonly R[],
  options: { readonly minimum?: string } = {},
): R | undefined {
  const { minimum } = options
  let fit = available.filter((release) => satisfies(release.version, spec)).sort(newestFirst)
  if (spec.kind === 'alias' && spec.alias === 'oldstable') {
    const newest = fit[0]
    fit = fit.filter((release) => newest !== undefined && minorOf(release) !== minorOf(newest))
  }
  if (minimum !== undefined) fit = fit.filter((release) => meetsMinimum(release.version, minimum))
  return fit.find((release) => release.version.pre === undefined) ?? fit[0]
}

/** The newest stable release of a list. */
export const newestStable = <R extends GoRelease>(available: readonly R[]): R | undefined =>
  chooseVersion({ kind: 'alias', alias: 'stable' }, available)

export const newestFirst = (a: GoRelease, b: GoRelease): number => compareGoVersions(b.version, a.version)

const minorOf = (release: GoRelease): string => `${release.version.major}.${release.version.minor}`

/**
 * Whether some release the spec allows could meet the minimum. When none can, the minimum must not narrow the
 * choice: the user asked for an older Go on purpose and hears about it in `toolchainEnvironment`.
 */
export function canMeet(spec: GoSpec, minimum: string): boolean {
  const least = parseGoVersion(minimum)
  if (least === undefined) return false
  switch (spec.kind) {
    case 'exact':
      return compareGoVersions(spec.version, least) >= 0
    case 'range':
      return semver.intersects(spec.range, `>=${semverOf(least)}`, { includePrerelease: true })
    case 'alias':
      return true
  }
}
