/** Operating systems and architectures in the three spellings in use: Node, Go, and OCI platforms. */

export type Environment = Readonly<Record<string, string | undefined>>

/** An OCI platform. `variant` as in `arm/v7` or `amd64/v3`; `osVersion` as in `windows(10.0.20348.2700)/amd64`. */
export interface Platform {
  readonly os: string
  readonly arch: string
  readonly variant?: string
  readonly osVersion?: string
}

/** GOOS/GOARCH pairs that `go tool dist list` of Go 1.27 names and that containers exist for. */
const CONTAINER_OS = new Set(['linux', 'windows', 'freebsd'])
const GO_ARCHES = new Set([
  '386',
  'amd64',
  'arm',
  'arm64',
  'loong64',
  'mips',
  'mips64',
  'mips64le',
  'mipsle',
  'ppc64',
  'ppc64le',
  'riscv64',
  's390x',
])
const WINDOWS_ARCHES = new Set(['386', 'amd64', 'arm64'])
const VARIANTS: Readonly<Record<string, readonly string[]>> = {
  arm: ['v5', 'v6', 'v7'],
  arm64: ['v8', 'v8.0', 'v8.1', 'v8.2', 'v8.3', 'v8.4', 'v8.5', 'v8.6', 'v8.7', 'v8.8', 'v8.9', 'v9.0', 'v9.1', 'v9.2', 'v9.3', 'v9.4', 'v9.5'],
  amd64: ['v1', 'v2', 'v3', 'v4'],
} // prettier-ignore
const ARCH_ALIASES: Readonly<Record<string, { arch: string; variant?: string }>> = {
  x86_64: { arch: 'amd64' },
  'x86-64': { arch: 'amd64' },
  i386: { arch: '386' },
  i686: { arch: '386' },
  aarch64: { arch: 'arm64' },
  armhf: { arch: 'arm', variant: 'v7' },
  armel: { arch: 'arm', variant: 'v6' },
}

/** Parses `os/arch[/variant]`, with the OS version in parentheses for Windows. Returns a reason when it is not one. */
export function parsePlatform(text: string): Platform | { reason: string } {
  const match = /^([a-z0-9]+)(?:\(([0-9.]+)\))?\/([a-z0-9_-]+)(?:\/(v[0-9.]+))?$/.exec(text.trim())
  if (match === null) return { reason: 'write os/arch or os/arch/variant, for example linux/arm64' }
  const [, os = '', osVersion, rawArch = '', rawVariant] = match
  const alias = ARCH_ALIASES[rawArch]
  const arch = alias?.arch ?? rawArch
  const variant = rawVariant ?? alias?.variant
  if (!CONTAINER_OS.has(os)) return { reason: `no container images exist for ${os}; use linux or windows` }
  if (!GO_ARCHES.has(arch)) return { reason: `Go has no architecture ${arch}` }
  if (os === 'windows' && !WINDOWS_ARCHES.has(arch))
    return { reason: `Go does not build for windows/${arch}` }
  if (os === 'freebsd' && !['386', 'amd64', 'arm', 'arm64', 'riscv64'].includes(arch)) {
    return { reason: `Go does not build for freebsd/${arch}` }
  }
  if (osVersion !== undefined && os !== 'windows') return { reason: 'only Windows has an OS version' }
  if (variant !== undefined && VARIANTS[arch]?.includes(variant) !== true) {
    const known = VARIANTS[arch]
    return {
      reason:
        known === undefined ? `${arch} has no variants` : `${arch} has the variants ${known.join(', ')}`,
    }
  }
  // arm64/v8 is the same platform as arm64 (containerd platforms.Normalize).
  const plain =
    variant === undefined || (arch === 'arm64' && variant === 'v8') || (arch === 'amd64' && variant === 'v1')
  return { os, arch, ...(plain ? {} : { variant }), ...(osVersion === undefined ? {} : { osVersion }) }
}

/** `linux/arm/v7`; the OS version is left out, as in Docker's own listings. */
export function formatPlatform(platform: Platform): string {
  return [platform.os, platform.arch, ...(platform.variant === undefined ? [] : [platform.variant])].join('/')
}

/** With the OS version, so that two Windows versions of one architecture differ: `windows(10.0.20348)/amd64`. */
export function platformId(platform: Platform): string {
  const name = formatPlatform(platform)
  return platform.osVersion === undefined ? name : name.replace('/', `(${platform.osVersion})/`)
}

/** A name for files and cache scopes: `linux_arm_v7`. */
export const platformSlug = (platform: Platform): string =>
  [platform.os, platform.arch + (platform.variant ?? '').replaceAll('.', '_')].join('_') +
  (platform.osVersion === undefined ? '' : `_${platform.osVersion.replaceAll('.', '_')}`)

export function samePlatform(a: Platform, b: Platform): boolean {
  const variant = (p: Platform): string => p.variant ?? (p.arch === 'arm' ? 'v7' : '')
  return (
    a.os === b.os &&
    a.arch === b.arch &&
    variant(a) === variant(b) &&
    (a.osVersion === undefined || b.osVersion === undefined || a.osVersion === b.osVersion)
  )
}

/** Go's environment for a platform: GOOS, GOARCH and the variant's variable. */
export function goEnvironment(platform: Platform): Record<string, string> {
  const env: Record<string, string> = { GOOS: platform.os, GOARCH: platform.arch }
  if (platform.arch === 'arm') env['GOARM'] = (platform.variant ?? 'v7').slice(1)
  if (platform.arch === 'amd64' && platform.variant !== undefined) env['GOAMD64'] = platform.variant
  if (platform.arch === 'arm64' && platform.variant !== undefined) {
    env['GOARM64'] = platform.variant.includes('.') ? platform.variant : `${platform.variant}.0`
  }
  return env
}

export type HostOs = 'linux' | 'darwin' | 'windows' | 'freebsd'

/** The machine we run on. Computed once from process.platform and process.arch; everything else takes it as data. */
export interface Host {
  readonly os: HostOs
  /** GOARCH spelling: amd64, arm64, 386, arm, ppc64le, s390x, riscv64, loong64. */
  readonly arch: string
}

/** Maps Node's names to Go's; unknown ones pass through, so that the message downstream can name them. */
export function hostOf(
  platform: string = process.platform,
  arch: string = process.arch,
  endianness = 'LE',
): Host {
  const os = platform === 'win32' ? 'windows' : platform
  const arches: Record<string, string> = {
    x64: 'amd64',
    ia32: '386',
    ppc64: endianness === 'LE' ? 'ppc64le' : 'ppc64',
  }
  return { os: os as HostOs, arch: arches[arch] ?? arch }
}

/** The platform whose containers this host can run without emulation: macOS and Windows (WSL) engines run Linux. */
export const nativeContainerPlatform = (host: Host): Platform => ({ os: 'linux', arch: host.arch })

/** `name` with the host's suffix for programs. */
export const executable = (name: string, os: string): string => (os === 'windows' ? `${name}.exe` : name)

/**
 * `base` with `extra` on top; an undefined value removes. Windows environment names ignore case, so
 * `PATH` replaces `Path` there instead of standing beside it.
 */
export function mergeEnvironment(base: Environment, extra: Environment, os: HostOs): Record<string, string> {
  const merged: Record<string, string> = {}
  const nameOf = new Map<string, string>()
  const fold = (name: string): string => (os === 'windows' ? name.toUpperCase() : name)
  for (const source of [base, extra]) {
    for (const [name, value] of Object.entries(source)) {
      const known = nameOf.get(fold(name))
      if (known !== undefined) {
        nameOf.delete(fold(name))
        // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a plain record of the environment
        delete merged[known]
      }
      if (value === undefined) continue
      merged[name] = value
      nameOf.set(fold(name), name)
    }
  }
  return merged
}

/** Looks a variable up as the operating system would. */
export function lookupEnvironment(env: Environment, name: string, os: HostOs): string | undefined {
  if (os !== 'windows') return env[name]
  return Object.entries(env).find(([key]) => key.toUpperCase() === name.toUpperCase())?.[1]
}

/** Whether the job has a machine of GitHub's for itself, which is thrown away at its end. */
export const onHostedRunner = (env: Environment): boolean => env['RUNNER_ENVIRONMENT'] === 'github-hosted'
