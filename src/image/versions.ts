import { compare } from 'semver'

/** A version tag, semantic (v1.2.3-rc.1+meta) or shortened (v1.2, v1). */
export interface Version {
  /** As written, without the folder: `v1.2.3`. */
  readonly raw: string
  /** Folder of a nested module's tag, with its slash: `sub/dir/`; else ''. */
  readonly folder: string
  readonly major: number
  readonly minor?: number
  readonly patch?: number
  readonly prerelease?: string
}

const VERSION =
  /^v?(0|[1-9]\d*)(?:\.(0|[1-9]\d*))?(?:\.(0|[1-9]\d*))?(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

export function parseVersion(tag: string): Version | undefined {
  const slash = tag.lastIndexOf('/') + 1
  const raw = tag.slice(slash)
  const match = VERSION.exec(raw)
  if (match === null) return undefined
  const [, major = '', minor, patch, prerelease] = match
  if ([major, minor, patch].some((part) => part !== undefined && !Number.isSafeInteger(Number(part))))
    return undefined
  // A numeric identifier with a leading zero is no semantic version (semver.org, item 9).
  if (prerelease?.split('.').some((part) => /^0\d+$/.test(part)) === true) return undefined
  return {
    raw,
    folder: tag.slice(0, slash),
    major: Number(major),
    ...(minor === undefined ? {} : { minor: Number(minor) }),
    ...(patch === undefined ? {} : { patch: Number(patch) }),
    ...(prerelease === undefined ? {} : { prerelease }),
  }
}

/** `1.2.3-rc.1`, as many parts as were written, without `v` and build metadata. */
export function formatVersion(version: Version): string {
  const numbers = [version.major, version.minor, version.patch].filter((part) => part !== undefined)
  return numbers.join('.') + (version.prerelease === undefined ? '' : `-${version.prerelease}`)
}

const comparable = (version: Version): string =>
  `${version.major}.${version.minor ?? 0}.${version.patch ?? 0}` +
  (version.prerelease === undefined ? '' : `-${version.prerelease}`)

/** Precedence of semantic versioning; missing parts count as 0. */
export const compareVersions = (a: Version, b: Version): number => compare(comparable(a), comparable(b))

/**
 * The highest stable version of `tags` that is above `version`, of the same folder and, when `line` says so, of the same
 * major or minor line. Undefined when `version` is the highest, so that a moving tag may move to it.
 */
export function higherVersion(
  version: Version,
  tags: readonly string[],
  line: 'all' | 'major' | 'minor',
): Version | undefined {
  return tags
    .map(parseVersion)
    .filter((other) => other !== undefined)
    .filter(
      (other) =>
        other.folder === version.folder &&
        other.prerelease === undefined &&
        (line === 'all' || other.major === version.major) &&
        (line !== 'minor' || other.minor === version.minor) &&
        compareVersions(other, version) > 0,
    )
    .sort(compareVersions)
    .at(-1)
}
