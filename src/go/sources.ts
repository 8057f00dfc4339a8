import type { Host } from '../base/platform.ts'
import { messageOf } from '../base/errors.ts'
import { redactUrl } from '../base/secrets.ts'
import type { FetchContext } from '../base/download.ts'
import { isAbsent, sourceText, type Trail, under } from './remote.ts'
import {
  asRelease,
  compareGoVersions,
  formatGoVersion,
  type GoRelease,
  type GoVersion,
  newestStable,
  parseGoVersion,
} from './version.ts'

/** Where Go publishes its archives (https://go.dev/dl/, "Downloads"). */
export const GO_DEV = 'https://go.dev/dl'

/** The machine an archive is for, in Go's spelling: `linux`, `arm64`. */
export interface GoTarget {
  readonly os: string
  readonly arch: string
}

export interface GoArchive {
  readonly filename: string
  readonly os: string
  /** As listings spell it: `armv6l` for GOARCH arm on Linux. */
  readonly arch: string
  /** Hex; empty when the listing has none. */
  readonly sha256: string
  /** Bytes, 0 when unknown. */
  readonly size: number
}

export interface ListedRelease extends GoRelease {
  readonly archives: readonly GoArchive[]
}

const GOARCH: Readonly<Record<string, string>> = {
  x64: 'amd64',
  x86_64: 'amd64',
  x86: '386',
  x32: '386',
  ia32: '386',
  i386: '386',
  aarch64: 'arm64',
  armv6l: 'arm',
  armv7l: 'arm',
  armv6: 'arm',
  armv7: 'arm',
  s390: 's390x',
}
const NODE_ARCH: Readonly<Record<string, string>> = { amd64: 'x64', '386': 'ia32' }

/** The target for this host; `architecture` may be spelled as Go, Node, setup-go or `uname -m` do. */
export function goTarget(host: Host, architecture?: string): GoTarget {
  const asked = (architecture ?? '').trim().toLowerCase()
  return { os: host.os, arch: asked === '' ? host.arch : (GOARCH[asked] ?? asked) }
}

/** The architecture's folder name in the runner's tool cache, which is Node's spelling. */
export const toolCacheArch = (target: GoTarget): string => NODE_ARCH[target.arch] ?? target.arch

/** The archive's name by Go's rule, for sources that have no listing. */
export function archiveName(version: GoVersion, target: GoTarget): string {
  const arch = target.os === 'linux' && target.arch === 'arm' ? 'armv6l' : target.arch
  return `go${formatGoVersion(version)}.${target.os}-${arch}.${target.os === 'windows' ? 'zip' : 'tar.gz'}`
}

/** The archive of a release for a target. */
export const archiveFor = (release: ListedRelease, target: GoTarget): GoArchive | undefined =>
  release.archives.find(
    (archive) =>
      archive.os === target.os &&
      (archive.arch === target.arch || (target.arch === 'arm' && archive.arch === 'armv6l')),
  )

/**
 * Reads go.dev's listing (pkg.go.dev/golang.org/x/website/internal/dl). Rows that are no archive of a version are
 * left out (installers, sources, the `bootstrap` rows); the order of the listing means nothing.
 * Throws an Error that says what is wrong when it is no listing at all.
 */
export function parseListing(text: string): ListedRelease[] {
  let rows: unknown
  try {
    rows = JSON.parse(text)
  } catch {
    throw new Error('its answer is no JSON')
  }
  if (!Array.isArray(rows)) throw new Error('its answer is no list of releases')
  const releases: ListedRelease[] = []
  for (const row of rows as unknown[]) {
    const version =
      isRecord(row) && typeof row['version'] === 'string' ? parseGoVersion(row['version']) : undefined
    if (version === undefined || !isRecord(row) || !Array.isArray(row['files'])) continue
    const archives: GoArchive[] = []
    for (const file of row['files'] as unknown[]) {
      if (!isRecord(file)) continue
      const { filename, os, arch, sha256, size, kind } = file
      if (
        kind !== 'archive' ||
        typeof filename !== 'string' ||
        typeof os !== 'string' ||
        typeof arch !== 'string'
      ) {
        continue
      }
      // The name becomes part of a path here, so it must be a plain one.
      if (!/^go[\w.-]+\.(?:tar\.gz|zip)$/.test(filename)) continue
      const hash = typeof sha256 === 'string' && /^[0-9a-f]{64}$/i.test(sha256) ? sha256.toLowerCase() : ''
      archives.push({ filename, os, arch, sha256: hash, size: typeof size === 'number' ? size : 0 })
    }
    if (archives.length > 0) releases.push({ version: asRelease(version), archives })
  }
  if (releases.length === 0) throw new Error('its listing holds no release')
  return releases
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** What the first listing that knows a fitting release says. */
export interface Found {
  readonly release: ListedRelease
  /** Base URL of the listing. */
  readonly base: string
}

export interface Search {
  readonly found?: Found
  /** The newest stable release for the target that any listing has. */
  readonly newest?: GoVersion
  /** A listing answered in full, so that what is not in it does not exist there. */
  readonly complete: boolean
  /** The wanted version is listed, but not for this target. */
  readonly otherTargets?: readonly string[]
}

/**
 * Asks the listings in order for a release that `choose` takes. Each is asked first for the supported releases only
 * (about 30 kB), then for all (megabytes): what is newest among the supported is newest of all.
 */
export async function searchListings(
  bases: readonly string[],
  target: GoTarget,
  choose: (available: readonly ListedRelease[]) => ListedRelease | undefined,
  context: FetchContext,
  trail: Trail,
): Promise<Search> {
  let newest: GoVersion | undefined
  let complete = false
  let otherTargets: string[] | undefined
  for (const base of bases) {
    for (const query of ['?mode=json', '?mode=json&include=all']) {
      let releases: ListedRelease[]
      try {
        releases = parseListing(await sourceText(under(base, query), context, { limit: 128 * 1024 * 1024 }))
      } catch (error) {
        context.signal?.throwIfAborted()
        trail.fail(`listing of ${redactUrl(base)}`, error)
        break
      }
      const fit = releases.filter((release) => archiveFor(release, target) !== undefined)
      const latest = newestStable(fit)?.version
      if (latest !== undefined && (newest === undefined || compareGoVersions(latest, newest) > 0))
        newest = latest
      const release = choose(fit)
      if (release !== undefined) {
        return { found: { release, base }, complete: true, ...(newest === undefined ? {} : { newest }) }
      }
      if (!query.includes('all')) continue
      complete = true
      const elsewhere = choose(releases)
      if (elsewhere !== undefined) otherTargets = elsewhere.archives.map((file) => `${file.os}/${file.arch}`)
      trail.add(
        `listing of ${redactUrl(base)}`,
        elsewhere === undefined
          ? `has no such version (newest ${latest === undefined ? 'none' : formatGoVersion(latest)})`
          : `has Go ${formatGoVersion(elsewhere.version)}, but not for ${target.os}/${target.arch}`,
      )
    }
  }
  return {
    complete,
    ...(newest === undefined ? {} : { newest }),
    ...(otherTargets === undefined ? {} : { otherTargets }),
  }
}

/** Longest wait for go.dev's opinion of a mirror's file: where only a mirror is open, packets may just vanish. */
const SECOND_OPINION_MS = 10_000

/** go.dev's own SHA-256 of an archive, undefined when go.dev cannot be asked in time or does not list it. */
export async function officialHash(
  version: GoVersion,
  target: GoTarget,
  context: FetchContext,
): Promise<string | undefined> {
  const limit = AbortSignal.timeout(SECOND_OPINION_MS)
  const signal = context.signal === undefined ? limit : AbortSignal.any([context.signal, limit])
  for (const query of ['?mode=json', '?mode=json&include=all']) {
    try {
      const text = await sourceText(
        under(GO_DEV, query),
        { ...context, signal },
        { limit: 128 * 1024 * 1024, attempts: 1 },
      )
      const release = parseListing(text).find((row) => compareGoVersions(row.version, version) === 0)
      const archive = release === undefined ? undefined : archiveFor(release, target)
      if (archive !== undefined && archive.sha256 !== '') return archive.sha256
    } catch {
      context.signal?.throwIfAborted()
      return undefined
    }
  }
  return undefined
}

/** The checksum that a mirror keeps beside an archive (`<file>.sha256`: the hash, or `hash  name`). */
export async function checksumBeside(
  base: string,
  filename: string,
  context: FetchContext,
): Promise<{ sha256: string } | { absent: boolean; answer: string }> {
  try {
    const text = await sourceText(under(base, `${filename}.sha256`), context, { limit: 4096 })
    const sha256 = /^\s*([0-9a-f]{64})(?:\s|$)/i.exec(text)?.[1]
    if (sha256 !== undefined) return { sha256: sha256.toLowerCase() }
    return { absent: true, answer: `${filename}.sha256 holds no SHA-256` }
  } catch (error) {
    context.signal?.throwIfAborted()
    return { absent: isAbsent(error), answer: `no checksum for ${filename}: ${messageOf(error)}` }
  }
}
