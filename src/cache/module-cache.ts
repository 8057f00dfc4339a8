import { readdir, rm, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../base/errors.ts'
import { each } from './each.ts'
import type { ModuleFile } from './keys.ts'

/**
 * What of GOMODCACHE is stored: `cache/download` alone, without toolchains. The zips there are what the proxy sent; the go command
 * unpacks the ones it needs, in parallel, when it needs them. Against the full tree (a service with 30 direct dependencies,
 * 53 modules): 28 MB instead of 50 MB, 270 files instead of 8,475, packing 0.1 s instead of 0.9 s; unpacking costs the same whoever
 * does it. All files are writable, so restoring twice works, and the archive is the same on every operating system.
 *
 * Patterns of @actions/glob relative to GOMODCACHE; the last that matches decides. They are part of the entry's version.
 */
export const MODULE_PATHS = [
  'cache/download/*',
  '!cache/download/golang.org',
  'cache/download/golang.org/*',
  '!cache/download/golang.org/toolchain',
] as const

/** What go.sum names: `path@version` of modules whose zip, and of those whose go.mod alone, belongs to the project. */
export interface WantedModules {
  readonly zips: ReadonlySet<string>
  readonly mods: ReadonlySet<string>
}

/** Reads the lines `path version h1:…` and `path version/go.mod h1:…` of go.sum and go.work.sum files. */
export function wantedModules(files: readonly ModuleFile[]): WantedModules {
  const zips = new Set<string>()
  const mods = new Set<string>()
  for (const file of files) {
    if (!/(^|[\\/])go\.(work\.)?sum$/.test(file.path)) continue
    for (const line of file.content.split(/\r?\n/)) {
      const [path, version, hash] = line.trim().split(/\s+/)
      if (path === undefined || version === undefined || hash === undefined) continue
      if (version.endsWith('/go.mod')) mods.add(`${path}@${version.slice(0, -'/go.mod'.length)}`)
      else zips.add(`${path}@${version}`)
    }
  }
  return { zips, mods }
}

/** How the module cache writes paths and versions on case-insensitive disks: capitals become `!` and the small letter (go.dev/ref/mod). */
export const escapeModule = (text: string): string =>
  text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)
export const unescapeModule = (text: string): string =>
  text.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase())

/**
 * Removes versions that `wanted` does not name from a restored `cache/download`, so that an entry that grew out of an older set of
 * dependencies does not carry them for ever. Returns how many files went.
 */
export async function pruneModules(download: string, wanted: WantedModules): Promise<number> {
  let removed = 0
  await walkVersions(download, async (folder, module, files) => {
    const kept = new Set(
      files.filter((file) => {
        const match = /^(v.+)\.(zip|ziphash|mod|info|lock)$/.exec(file)
        const [, version = '', kind = ''] = match ?? []
        const name = `${module}@${unescapeModule(version)}`
        return kind === 'zip' || kind === 'ziphash'
          ? wanted.zips.has(name)
          : wanted.zips.has(name) || wanted.mods.has(name)
      }),
    )
    if (kept.size === 0) {
      await rm(folder, { recursive: true, force: true })
      removed += files.length
      return
    }
    for (const file of files) {
      // `list` and others speak of the module as a whole.
      if (kept.has(file) || !/^v.+\.(zip|ziphash|mod|info|lock)$/.test(file)) continue
      await unlink(join(folder, file))
      removed++
    }
  })
  return removed
}

/** The share (0 to 1) of the wanted zips that a `cache/download` holds; 0 when none is wanted. */
export async function shareOfModules(download: string, wanted: WantedModules): Promise<number> {
  let held = 0
  await each([...wanted.zips], async (name) => {
    const at = name.lastIndexOf('@')
    const path = escapeModule(name.slice(0, at)).split('/')
    const file = join(download, ...path, '@v', `${escapeModule(name.slice(at + 1))}.zip`)
    if ((await stat(file).catch(() => undefined)) !== undefined) held++
  })
  return wanted.zips.size === 0 ? 0 : held / wanted.zips.size
}

/** How many module zips and go.mod files a `cache/download` holds; both only grow in a run. Toolchains do not count. */
export async function countModules(download: string): Promise<{ zips: number; mods: number }> {
  let zips = 0
  let mods = 0
  await walkVersions(download, (_, module, files) => {
    if (module === 'golang.org/toolchain') return Promise.resolve()
    zips += files.filter((file) => file.endsWith('.zip')).length
    mods += files.filter((file) => file.endsWith('.mod')).length
    return Promise.resolve()
  })
  return { zips, mods }
}

/** Visits every `<module>/@v` under `cache/download`; `sumdb` holds tiles of the checksum database, not modules. */
async function walkVersions(
  download: string,
  visit: (folder: string, module: string, files: readonly string[]) => Promise<void>,
): Promise<void> {
  const descend = async (folder: string, module: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      if (codeOf(error) === 'ENOENT') return []
      throw error
    })
    await each(
      entries.filter((entry) => entry.isDirectory() && !(module === '' && entry.name === 'sumdb')),
      async (entry) => {
        const inside = join(folder, entry.name)
        if (entry.name === '@v') await visit(inside, unescapeModule(module), await readdir(inside))
        else await descend(inside, module === '' ? entry.name : `${module}/${entry.name}`)
      },
    )
  }
  await descend(download, '')
}
