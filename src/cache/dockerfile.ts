/**
 * The Go build cache of a user's Dockerfile, kept between runs as its own entry in the cache service: a folder of tar archives that are
 * unpacked and packed in the builder alone, never here.
 */
import { copyFile, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { codeOf } from '../base/errors.ts'
import type { CacheAccess } from './access.ts'
import { each } from './each.ts'
import type { KeySet } from './keys.ts'
import { escapeModule, type WantedModules } from './module-cache.ts'
import type { CachePart } from './state.ts'
import { type CacheAct, CacheStore, type CacheStoreOptions } from './store.ts'
import type { Amount } from './trim.ts'

export const DOCKERFILE_CACHE = 'Dockerfile build cache'

const ARCHIVE = /^\d+\.tar$/

/** Restores the newest fitting entry into `root`, an empty folder. Never rejects. */
export async function restoreSeed(
  root: string,
  keys: KeySet,
  access: CacheAccess,
  act: CacheAct,
  options: CacheStoreOptions,
): Promise<CachePart> {
  const store = { name: DOCKERFILE_CACHE, root, paths: ['*.tar'], crossOs: false }
  if (!access.read) return { store, keys, status: 'skipped', hit: 'none', ms: 0 }
  const result = await new CacheStore(act, options).restore(store, keys)
  const restored = result.status === 'restored' ? { restored: await seedAmount(root) } : {}
  return { store, keys, ...result, ...restored }
}

/** The archives of the seed. */
export async function seedAmount(root: string): Promise<Amount> {
  const names = await archivesOf(root)
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(root, name))).size))
  return { entries: names.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
}

/** What a build has left of one mount. */
export interface Brought {
  readonly archive: string
  /** It holds all that is worth keeping of the mount. */
  readonly whole: boolean
}

/** Takes over what a build has brought; when all of it is whole, in place of what there was. Returns the bytes that came. */
export async function takeOver(root: string, brought: readonly Brought[]): Promise<number> {
  const there = await archivesOf(root)
  if (brought.length > 0 && brought.every((one) => one.whole))
    for (const name of there) await rm(join(root, name))
  let number = there.length === 0 ? 0 : Math.max(...there.map((name) => Number.parseInt(name, 10))) + 1
  let bytes = 0
  for (const { archive } of brought) {
    bytes += (await stat(archive)).size
    await rename(archive, join(root, `${number++}.tar`))
  }
  return bytes
}

const archivesOf = async (root: string): Promise<string[]> =>
  (await readdir(root)).filter((name) => ARCHIVE.test(name))

/**
 * Lays the wanted modules of a GOMODCACHE out as `cache/download` of another: the go command unpacks those it needs. Links where the
 * disk can, copies elsewhere. Returns what there is.
 */
export async function laySeedModules(gomodcache: string, wanted: WantedModules, to: string): Promise<Amount> {
  let entries = 0
  let bytes = 0
  const kinds = new Map<string, readonly string[]>()
  for (const name of wanted.mods) kinds.set(name, ['mod', 'info'])
  for (const name of wanted.zips) kinds.set(name, ['mod', 'info', 'zip', 'ziphash'])
  await each([...kinds], async ([name, endings]) => {
    const at = name.lastIndexOf('@')
    const folder = join('cache', 'download', ...escapeModule(name.slice(0, at)).split('/'), '@v')
    await mkdir(join(to, folder), { recursive: true })
    for (const ending of endings) {
      const file = join(folder, `${escapeModule(name.slice(at + 1))}.${ending}`)
      const found = await stat(join(gomodcache, file)).catch(() => undefined)
      if (found === undefined) continue
      await place(join(gomodcache, file), join(to, file))
      entries++
      bytes += found.size
    }
  })
  return { entries, bytes }
}

async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  try {
    await link(from, to)
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return
    await copyFile(from, to)
  }
}
