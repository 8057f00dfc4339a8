import { chmod, copyFile, mkdir, rename, rm, stat, symlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import * as toolCache from '@actions/tool-cache'
import semver from 'semver'
import type { Act } from '../base/act.ts'
import { download, getText, HttpStatusError, sha256File } from '../base/download.ts'
import { environmentError, inputError, messageOf, PipelineError, type Problem } from '../base/errors.ts'
import { executable, type Environment, type Host } from '../base/platform.ts'
import type { BuildxCommand } from './build.ts'
import { type EngineFacts, plainVersion } from './engine.ts'
import { MINIMUM_BUILDX, pinnedChecksum, PINNED_BUILDX, releasePlatform } from './pins.ts'

export const BUILDX_RELEASES = 'https://github.com/docker/buildx/releases/download'

export interface BuildxOptions {
  /** `auto` (the installed one when new enough, else our pin), `latest`, or `vX.Y.Z`. */
  readonly version: string
  /** Where releases lie: `<baseUrl>/<version>/buildx-<version>.<os>-<arch>`. Default {@link BUILDX_RELEASES}. */
  readonly baseUrl?: string
  /** Extra environment of every call, for example our own DOCKER_CONFIG. */
  readonly env?: Environment
}

export interface Buildx extends BuildxCommand {
  /** Without a leading v. */
  readonly version: string
  readonly path: string
  readonly source: 'installed' | 'tool-cache' | 'download'
  readonly why: string
}

/** Checks `buildx-version` before any work. */
export function validateBuildxVersion(version: string): Problem[] {
  if (['auto', 'latest'].includes(version) || exactVersion(version) !== undefined) return []
  return [
    {
      code: 'buildx-version',
      what: 'this is no version of Buildx',
      input: 'buildx-version',
      value: version,
      fix: `write auto, latest, or an exact release such as ${PINNED_BUILDX}`,
    },
  ]
}

/** `0.36.1` and `v0.36.1` → `v0.36.1`. */
function exactVersion(version: string): string | undefined {
  const plain = /^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)$/.exec(version)?.[1]
  return plain === undefined ? undefined : `v${plain}`
}

/**
 * What to do for a wanted version: use the installed plug-in, or fetch a release. Pure; `latest` always needs a look
 * at the release page.
 */
export function decideBuildx(
  wanted: string,
  installed: EngineFacts['buildx'],
): { use: 'installed' | 'fetch'; version: string; why: string } {
  const have = installed?.version ?? ''
  if (wanted === 'auto') {
    if (have !== '' && semver.gte(have, MINIMUM_BUILDX)) {
      return {
        use: 'installed',
        version: have,
        why: `the installed Buildx ${have} is new enough (at least ${MINIMUM_BUILDX})`,
      }
    }
    return {
      use: 'fetch',
      version: PINNED_BUILDX,
      why:
        have === ''
          ? 'no Buildx is installed'
          : `the installed Buildx ${have} is older than ${MINIMUM_BUILDX}`,
    }
  }
  if (wanted === 'latest') return { use: 'fetch', version: 'latest', why: 'the newest release was asked for' }
  const exact = exactVersion(wanted) ?? wanted
  if (have !== '' && exact === `v${have}`)
    return { use: 'installed', version: have, why: `Buildx ${have} is installed` }
  return { use: 'fetch', version: exact, why: `Buildx ${exact} was asked for` }
}

/**
 * A Buildx that can do the job. A download is checked against the committed SHA-256 of the pinned release, or, for
 * any other release, against the `checksums.txt` published beside it (fetched over TLS).
 */
export async function installBuildx(
  options: BuildxOptions,
  engine: EngineFacts,
  act: Pick<Act, 'exec' | 'http' | 'log' | 'signal' | 'host' | 'env' | 'counter' | 'clock' | 'temp'>,
): Promise<Buildx> {
  const problems = validateBuildxVersion(options.version)
  if (problems[0] !== undefined) throw inputError(problems[0])
  const env = { ...engine.env, ...options.env }
  const decision = decideBuildx(options.version, engine.buildx)
  if (decision.use === 'installed' && engine.buildx !== undefined) {
    const { path } = engine.buildx
    return { argv: [path], env, path, version: decision.version, source: 'installed', why: decision.why }
  }

  const base = (options.baseUrl ?? BUILDX_RELEASES).replace(/\/+$/, '')
  const version = decision.version === 'latest' ? await newestRelease(base, act) : decision.version
  const platform = releasePlatform(act.host)
  if (platform === undefined) {
    throw environmentError({
      code: 'buildx-no-binary',
      what: `no Buildx binary is published for ${act.host.os}/${act.host.arch}`,
      fix: 'install Buildx from your distribution (package docker-buildx) and leave "buildx-version" at auto',
    })
  }
  const file = `buildx-${version}.${platform}${act.host.os === 'windows' ? '.exe' : ''}`
  const checksum = pinnedChecksum(version, platform) ?? (await publishedChecksum(base, version, file, act))
  const store = new ToolFolder(act.host, act.env)
  const kept = await store.find(version)
  if (kept !== undefined && (await sha256File(kept).catch(() => '')) === checksum) {
    return {
      argv: [kept],
      env,
      path: kept,
      version: version.slice(1),
      source: 'tool-cache',
      why: decision.why,
    }
  }

  const draft = join(await act.temp.make('buildx'), file)
  const url = `${base}/${version}/${file}`
  await download({ url, file: draft, sha256: checksum }, act).catch((error: unknown) => {
    throw unavailable(error, version, url)
  })
  await chmod(draft, 0o755)
  const path = await store.add(draft, version)
  const said = await act.exec.run({ argv: [path, 'version'], env, timeoutMs: 60_000, signal: act.signal })
  if (said.code !== 0) {
    throw environmentError(
      {
        code: 'buildx-broken',
        what: `Buildx ${version} does not run here`,
        where: path,
        fix: 'choose another "buildx-version"',
      },
      { log: said.tail.join('\n') },
    )
  }
  return {
    argv: [path],
    env,
    path,
    version: plainVersion(said.stdout) || version.slice(1),
    source: 'download',
    why: decision.why,
  }
}

/** Makes `docker buildx` of other steps find this Buildx: a link (a copy on Windows) in `<config>/cli-plugins`. */
export async function linkPlugin(
  buildx: Pick<Buildx, 'path'>,
  dockerConfig: string,
  host: Host,
): Promise<string> {
  const folder = join(dockerConfig, 'cli-plugins')
  await mkdir(folder, { recursive: true })
  const link = join(folder, executable('docker-buildx', host.os))
  await rm(link, { force: true })
  if (host.os === 'windows') await copyFile(buildx.path, link)
  else await symlink(buildx.path, link)
  return link
}

/** GitHub answers `/releases/latest` with a redirect to the tag: no API, so no rate limit. */
async function newestRelease(base: string, act: Pick<Act, 'http' | 'log' | 'signal'>): Promise<string> {
  const page = base.replace(/\/download$/, '/latest')
  const answer = await act.http
    .request({ url: page, signal: act.signal })
    .catch((error: unknown) => messageOf(error))
  if (typeof answer !== 'string') {
    await answer.drain().catch(() => undefined)
    const tag = exactVersion(basename(answer.headers['location'] ?? ''))
    if (tag !== undefined) return tag
  }
  act.log.warning(
    `The newest Buildx release could not be found out at ${page}` +
      `${typeof answer === 'string' ? ` (${answer})` : ` (status ${answer.status})`}: using ${PINNED_BUILDX}.`,
  )
  return PINNED_BUILDX
}

/** The SHA-256 of one file in the release's `checksums.txt` (`<hex> *<file>` lines). */
export function checksumOf(listing: string, file: string): string | undefined {
  for (const line of listing.split(/\r?\n/)) {
    const match = /^([0-9a-f]{64})\s+\*?(\S+)$/i.exec(line.trim())
    if (match?.[2] === file) return match[1]?.toLowerCase()
  }
  return undefined
}

async function publishedChecksum(
  base: string,
  version: string,
  file: string,
  act: Pick<Act, 'http' | 'log' | 'signal' | 'counter' | 'clock'>,
): Promise<string> {
  const url = `${base}/${version}/checksums.txt`
  const listing = await getText(url, act, { limit: 1024 * 1024 }).catch((error: unknown) => {
    throw unavailable(error, version, url)
  })
  const checksum = checksumOf(listing, file)
  if (checksum === undefined) {
    throw environmentError({
      code: 'buildx-no-checksum',
      what: `Buildx ${version} has no published checksum for ${file}`,
      where: url,
      fix: `use ${PINNED_BUILDX}, whose checksums are part of this action, or another release`,
    })
  }
  return checksum
}

function unavailable(error: unknown, version: string, url: string): PipelineError {
  if (error instanceof PipelineError) return error
  const missing = error instanceof HttpStatusError && error.status === 404
  return environmentError(
    {
      code: missing ? 'buildx-release-missing' : 'buildx-download',
      what: missing
        ? `there is no Buildx release ${version} for this platform`
        : `Buildx ${version} could not be downloaded`,
      cause: messageOf(error),
      where: url,
      fix: missing
        ? `correct "buildx-version" (auto takes ${PINNED_BUILDX})`
        : 'allow this runner to reach it, set the base URL to a mirror of the releases, or install Buildx on the runner',
    },
    { cause: error },
  )
}

/** The runner's tool cache; on a laptop, which has none, a folder of the user's own cache. */
class ToolFolder {
  readonly #host: Host
  readonly #own: string | undefined

  constructor(host: Host, env: Environment) {
    this.#host = host
    const runner = env['RUNNER_TOOL_CACHE']
    const temp = env['RUNNER_TEMP']
    // @actions/tool-cache insists on both.
    const hosted = runner !== undefined && runner !== '' && temp !== undefined && temp !== ''
    this.#own = hosted ? undefined : join(cacheHome(host, env), 'go-image-pipeline', 'tools')
  }

  get #program(): string {
    return executable('docker-buildx', this.#host.os)
  }

  async find(version: string): Promise<string | undefined> {
    const folder =
      this.#own === undefined
        ? toolCache.find('gip-buildx', version.slice(1), this.#host.arch)
        : join(this.#own, 'gip-buildx', version, this.#host.arch)
    if (folder === '') return undefined
    const file = join(folder, this.#program)
    return (await stat(file).catch(() => undefined))?.isFile() === true ? file : undefined
  }

  async add(file: string, version: string): Promise<string> {
    if (this.#own === undefined) {
      const folder = await toolCache.cacheFile(
        file,
        this.#program,
        'gip-buildx',
        version.slice(1),
        this.#host.arch,
      )
      await chmod(join(folder, this.#program), 0o755)
      return join(folder, this.#program)
    }
    const folder = join(this.#own, 'gip-buildx', version, this.#host.arch)
    await mkdir(folder, { recursive: true })
    const target = join(folder, this.#program)
    const draft = `${target}.${process.pid}`
    await copyFile(file, draft)
    await chmod(draft, 0o755)
    await rename(draft, target)
    return target
  }
}

/** Where programs keep what they can fetch again: XDG, macOS and Windows each have their place. */
export function cacheHome(host: Host, env: Environment): string {
  const set = env['XDG_CACHE_HOME']
  if (set !== undefined && set !== '') return set
  if (host.os === 'windows') return env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local')
  return host.os === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache')
}
