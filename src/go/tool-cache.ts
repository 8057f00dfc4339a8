import { randomUUID } from 'node:crypto'
import { access, cp, mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, posix, win32 } from 'node:path'
import * as toolCache from '@actions/tool-cache'
import { codeOf } from '../base/errors.ts'
import type { Clock } from '../base/clock.ts'
import { type Environment, executable, type Host, lookupEnvironment } from '../base/platform.ts'
import { type GoVersion, parseGoVersion } from './version.ts'

export interface ToolCacheRoots {
  /** Where installed tools may be found, best first. */
  readonly search: readonly string[]
  /** Where to install, best first: a read-only or full one is passed over. */
  readonly install: readonly string[]
}

/**
 * The tool caches of this machine. On a runner it is RUNNER_TOOL_CACHE; on a laptop, where there is none, a folder of
 * the user's own caches. GitHub's Windows machines have the tool cache on the slow system disk: what is installed
 * there goes to the same path on RUNNER_TEMP's disk (actions/setup-go#495: minutes against seconds).
 */
export function toolCacheRoots(env: Environment, host: Host, home: string = homedir()): ToolCacheRoots {
  const get = (name: string): string | undefined => {
    const value = lookupEnvironment(env, name, host.os)
    return value === '' ? undefined : value
  }
  const at = (...parts: string[]): string => (host.os === 'windows' ? win32 : posix).join(...parts)
  const caches =
    host.os === 'windows'
      ? (get('LOCALAPPDATA') ?? at(home, 'AppData', 'Local'))
      : host.os === 'darwin'
        ? at(home, 'Library', 'Caches')
        : (get('XDG_CACHE_HOME') ?? at(home, '.cache'))
  const own = at(caches, 'go-image-pipeline', 'tools')
  const runner = get('RUNNER_TOOL_CACHE')
  if (runner === undefined) return { search: [own], install: [own] }
  const drive = /^[A-Za-z]:/.exec(get('RUNNER_TEMP') ?? '')?.[0]
  const swapped =
    host.os === 'windows' &&
    get('RUNNER_ENVIRONMENT') === 'github-hosted' &&
    drive !== undefined &&
    /^[A-Za-z]:/.test(runner) &&
    !runner.toLowerCase().startsWith(drive.toLowerCase())
      ? drive + runner.slice(2)
      : undefined
  const install = swapped === undefined ? [runner, own] : [swapped, runner, own]
  return { search: swapped === undefined ? [runner, own] : [runner, swapped, own], install }
}

export interface InstalledGo {
  readonly version: GoVersion
  readonly root: string
  readonly bin: string
}

/** Every complete Go in the tool caches for an architecture (the tool cache's spelling: `x64`, `arm64`). */
export async function listInstalled(
  roots: readonly string[],
  names: readonly string[],
  arch: string,
  host: Host,
): Promise<{ installed: InstalledGo[]; damaged: string[] }> {
  const installed: InstalledGo[] = []
  const damaged: string[] = []
  for (const root of roots) {
    for (const name of names) {
      for (const semver of within(root, [], () => toolCache.findAllVersions(name, arch))) {
        const version = parseGoVersion(semver)
        const folder = join(root, name, semver, arch)
        if (version === undefined) continue
        const bin = join(folder, 'bin', executable('go', host.os))
        // A marker beside a half-deleted folder has been seen on self-hosted runners.
        if (await exists(bin)) installed.push({ version, root: folder, bin })
        else damaged.push(folder)
      }
    }
  }
  return { installed, damaged }
}

/** @actions/tool-cache reads its folder from the environment at each call; the call is synchronous. */
function within<T>(root: string, none: T, call: () => T): T {
  const before = process.env['RUNNER_TOOL_CACHE']
  process.env['RUNNER_TOOL_CACHE'] = root
  try {
    return call()
  } catch {
    // An unreadable folder is an empty one.
    return none
  } finally {
    if (before === undefined) delete process.env['RUNNER_TOOL_CACHE']
    else process.env['RUNNER_TOOL_CACHE'] = before
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** A folder beside the tools, on their disk, so that what is made there can be moved into place in one step. */
export async function makeStaging(root: string, name: string): Promise<string> {
  await mkdir(join(root, name), { recursive: true })
  return mkdtemp(join(root, name, '.new-'))
}

/**
 * Moves a finished tool to its place in the tool cache (`<root>/<name>/<semver>/<arch>` and `<arch>.complete`, as
 * @actions/tool-cache lays it out and finds it), and returns the place. `program` is a file without which a tool is no
 * tool (`bin/go`).
 *
 * Not by tool-cache's `cacheDir`: that first deletes what is there and then copies for seconds, under the eyes of
 * other jobs on the same machine. Here the marker is written first and one rename makes folder and marker valid
 * together; whoever comes second finds a complete tool and uses it.
 */
export async function placeTool(
  made: string,
  place: { root: string; name: string; semver: string; arch: string; program: string },
  clock: Clock,
): Promise<string> {
  const target = join(place.root, place.name, place.semver, place.arch)
  const marker = `${target}.complete`
  await mkdir(dirname(target), { recursive: true })
  for (let attempt = 1; ; attempt++) {
    const state = await stateOf(target, marker, join(target, place.program), clock)
    if (state === 'complete') {
      await remove(made)
      return target
    }
    if (state === 'left-behind') {
      const aside = join(place.root, place.name, `.old-${randomUUID()}`)
      await rename(target, aside).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error
      })
      await remove(aside)
    }
    await writeFile(marker, '')
    try {
      await rename(made, target)
      return target
    } catch (error) {
      const code = codeOf(error) ?? ''
      // Someone else was faster, which the next look finds out, or a virus scanner holds the new files for a moment.
      if (['ENOTEMPTY', 'EEXIST', 'EPERM', 'EBUSY', 'EACCES'].includes(code) && attempt < 4) {
        await clock.sleep(250 * attempt)
        continue
      }
      if (!['EPERM', 'EBUSY', 'EACCES', 'EXDEV'].includes(code)) throw error
      await rm(marker, { force: true })
      await cp(made, target, { recursive: true, preserveTimestamps: true })
      await writeFile(marker, '')
      await remove(made)
      return target
    }
  }
}

/** A copy by another program (setup-go) is under way when its folder is this young; its end is waited for. */
const YOUNG_MS = 60_000

/** What is at a place: nothing, a complete tool, or the rest of one (an installation or a clean-up was killed). */
async function stateOf(
  target: string,
  marker: string,
  program: string,
  clock: Clock,
): Promise<'absent' | 'complete' | 'left-behind'> {
  for (let waited = 0; ; waited += 1000) {
    const folder = await stat(target).catch(() => undefined)
    if (folder === undefined) return 'absent'
    if (await exists(marker)) return (await exists(program)) ? 'complete' : 'left-behind'
    if (waited >= YOUNG_MS || clock.now() - folder.mtimeMs > YOUNG_MS) return 'left-behind'
    await clock.sleep(1000)
  }
}

const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 })
