/**
 * The Go build cache of a user's Dockerfile, kept between runs: its own entry in the cache service, handed to BuildKit as a named
 * context, and what the build compiled taken back. Its folder is a GOCACHE, so saving and trimming are those of the build cache.
 */
import {
  copyFile,
  link,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { createReadStream, createWriteStream } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract, type Header } from 'tar-stream'
import { codeOf } from '../base/errors.ts'
import { type CacheAccess } from './access.ts'
import { each } from './each.ts'
import type { KeySet } from './keys.ts'
import { escapeModule, type WantedModules } from './module-cache.ts'
import { type CachePart, restoreCaches } from './plan.ts'
import type { CacheAct, CacheStoreOptions } from './store.ts'
import { type Amount, markTime, outputOf } from './trim.ts'

export const DOCKERFILE_CACHE = 'Dockerfile build cache'

const ENTRY = /^[0-9a-f]{64}-[ad]$/
const FOLDER = /^[0-9a-f]{2}$/
/** More than any build leaves; a damaged or hostile archive ends here. */
const MAX_BYTES = 8e9

/** Restores the newest fitting entry into `root`, an empty folder. Never rejects. */
export async function restoreDockerfileCache(
  root: string,
  keys: KeySet,
  access: CacheAccess,
  act: CacheAct,
  options: CacheStoreOptions,
): Promise<CachePart | undefined> {
  const store = { name: DOCKERFILE_CACHE, root, paths: ['[0-9a-f][0-9a-f]'], crossOs: false }
  const plan = {
    access,
    build: { store, keys },
    wanted: { zips: new Set<string>(), mods: new Set<string>() },
    hosted: true,
    notes: [],
  }
  const part = await restoreCaches(plan, act, options).build
  // Its content would make another context of the same entries.
  await rm(join(root, 'trim.txt'), { force: true })
  return part
}

/**
 * Makes the folder ready to be read by BuildKit. Actions get a time two hours back, so that cmd/go marks those it uses (internal/
 * cache markUsed) and `mark` tells them from the others; outputs get the present, so that no large file is copied to be marked.
 */
export async function prepareSeed(root: string, mark: string, now: number): Promise<void> {
  await mkdir(root, { recursive: true })
  await writeFile(join(root, mark), '')
  const [old, fresh] = [markTime(now) / 1000, now / 1000]
  await utimes(join(root, mark), (old + fresh) / 2, (old + fresh) / 2)
  await eachEntry(root, (path, name) => touch(path, name.endsWith('-a') ? old : fresh))
}

/** Says that nothing is known about use: every entry counts as used. To be called once BuildKit has read the folder. */
export const freshenSeed = (root: string, now: number): Promise<void> =>
  eachEntry(root, (path) => touch(path, now / 1000))

export interface Absorbed {
  /** Entries that the build has made. */
  readonly added: Amount
  /** Actions that it has used, the new ones included. */
  readonly used: number
}

/**
 * Takes over what a build left: archives of new entries, and lists of the actions that were used. Entries that were not used get the
 * time `mark`, by which a save trims them; when nothing is listed (every step came from the layer cache) all stay as they are.
 */
export async function absorb(
  root: string,
  brought: readonly { readonly archive?: string; readonly used: string }[],
  mark: number | undefined,
  now: number,
): Promise<Absorbed> {
  let added: Amount = { entries: 0, bytes: 0 }
  for (const { archive } of brought) {
    if (archive === undefined) continue
    const more = await unpack(archive, root)
    added = { entries: added.entries + more.entries, bytes: added.bytes + more.bytes }
  }
  const used = new Set(
    brought.flatMap((one) =>
      one.used.split('\n').map((line) => line.slice(line.lastIndexOf('/') + 1).trim()),
    ),
  )
  used.delete('')
  if (used.size === 0 || mark === undefined) return { added, used: used.size }
  const outputs = new Set<string>()
  await eachEntry(root, async (path, name) => {
    if (!used.has(name)) return
    const output = outputOf(await readFile(path, 'latin1'))
    if (output !== undefined) outputs.add(`${output}-d`)
  })
  await eachEntry(root, (path, name) =>
    touch(path, used.has(name) || outputs.has(name) ? now / 1000 : mark / 1000),
  )
  return { added, used: used.size }
}

/** Unpacks entries of a GOCACHE; everything else in the archive is left out. Entries that are there stay as they are. */
async function unpack(archive: string, root: string): Promise<Amount> {
  let entries = 0
  let bytes = 0
  const tar = extract()
  const part = `${archive}.part`
  const work = async (): Promise<void> => {
    for await (const entry of tar as AsyncIterable<Readable & { header: Header }>) {
      const [folder = '', name = '', ...rest] = entry.header.name.replace(/^\.\//, '').split('/')
      const { size } = entry.header
      const file = join(root, folder, name)
      const wanted =
        entry.header.type === 'file' &&
        rest.length === 0 &&
        FOLDER.test(folder) &&
        ENTRY.test(name) &&
        name.startsWith(folder)
      if (!wanted || bytes + size > MAX_BYTES || (await isThere(file))) {
        entry.resume()
        continue
      }
      await mkdir(join(root, folder), { recursive: true })
      // Whole or not at all: a piece under its final name would be saved.
      await pipeline(entry, createWriteStream(part))
      await rename(part, file)
      entries++
      bytes += size
    }
  }
  // The entry of an archive that ends early never does: the archive's own error has to win.
  await Promise.all([pipeline(createReadStream(archive), tar), work()])
  return { entries, bytes }
}

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

async function eachEntry(root: string, work: (path: string, name: string) => Promise<void>): Promise<void> {
  const folders = (await readdir(root).catch(() => [])).filter((name) => FOLDER.test(name))
  await each(folders, async (folder) => {
    for (const name of await readdir(join(root, folder)).catch(() => []))
      if (ENTRY.test(name)) await work(join(root, folder, name), name)
  })
}

/** Go may have a folder under the name of an entry (executables); its own time counts. */
const touch = (path: string, seconds: number): Promise<void> => utimes(path, seconds, seconds)

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  )
