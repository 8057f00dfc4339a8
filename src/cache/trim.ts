import { lstat, readdir, readFile, rm, unlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../base/errors.ts'
import { each } from './each.ts'

/**
 * Exact trimming of a GOCACHE: what the run did not use is removed before the cache is saved.
 *
 * cmd/go (internal/cache, DiskCache.markUsed) sets an entry's mtime to now when it uses it, but only if the mtime is more than an
 * hour old, and its own Trim drops entries older than five days, at most once a day by the time in trim.txt. So restored entries
 * get one mtime two hours back: used ones move away from it, Trim leaves them alone, and equal mtimes afterwards mean "not used".
 * Entries that were in the folder before keep their mtimes and so can never be removed here.
 */
const BACK_MS = 2 * 60 * 60 * 1000

/** The two kinds of cmd/go: `<hash>-a` (action, 1 line naming an output) and `<hash>-d` (output; a folder for an executable). */
const ENTRY = /^[0-9a-f]{64}-[ad]$/
const FOLDER = /^[0-9a-f]{2}$/

export interface Amount {
  readonly entries: number
  /** Uncompressed. */
  readonly bytes: number
}

/** The mtime for restored entries, ms since the epoch: whole even seconds, which every file system keeps exactly (FAT has 2 s). */
export const markTime = (now: number): number => Math.floor((now - BACK_MS) / 2000) * 2000

interface Entry {
  readonly path: string
  readonly name: string
  readonly directory: boolean
  readonly mtime: number
  readonly bytes: number
}

/** Sets the mtime of every entry under `gocache` to `mark` (see {@link markTime}). To be called on restored files only. */
export async function markEntries(gocache: string, mark: number): Promise<Amount> {
  const entries = await listEntries(gocache)
  await each(entries, (entry) => utimes(entry.path, mark / 1000, mark / 1000))
  return amount(entries)
}

/** Tells cmd/go that the cache has been trimmed at `now`, so that it does not walk through it again in this job. */
export async function writeTrimStamp(gocache: string, now: number): Promise<void> {
  await writeFile(join(gocache, 'trim.txt'), String(Math.floor(now / 1000)))
}

export interface Usage {
  /** Everything in the cache. */
  readonly all: Amount
  /** Restored and not used since; empty when nothing was marked. */
  readonly unused: Amount
}

/** A usage that may call too much unused: no action was opened, which takes two thirds of the time. */
export interface Estimate extends Usage {
  /** The same, with outputs that a used action names counted as used. */
  readonly exact: () => Promise<Usage>
}

/** What there is and what the run left unused. */
export async function estimateUsage(gocache: string, mark: number | undefined): Promise<Estimate> {
  const entries = await listEntries(gocache)
  const all = amount(entries)
  return {
    all,
    unused: amount(entries.filter(markedBy(mark))),
    exact: async () => ({ all, unused: amount(await unusedOf(entries, mark)) }),
  }
}

/** Removes what the run did not use, as the exact {@link Estimate} counts it. Never called on a cache that was not restored here. */
export async function trimUnused(gocache: string, mark: number): Promise<{ kept: Amount; removed: Amount }> {
  const entries = await listEntries(gocache)
  const unused = await unusedOf(entries, mark)
  await each(unused, (entry) =>
    entry.directory ? rm(entry.path, { recursive: true, force: true }) : unlink(entry.path),
  )
  const all = amount(entries)
  const removed = amount(unused)
  return { kept: { entries: all.entries - removed.entries, bytes: all.bytes - removed.bytes }, removed }
}

const markedBy =
  (mark: number | undefined) =>
  (entry: Entry): boolean =>
    mark !== undefined && Math.abs(entry.mtime - mark) < 500

async function unusedOf(entries: readonly Entry[], mark: number | undefined): Promise<Entry[]> {
  if (mark === undefined) return []
  const marked = markedBy(mark)
  // A lookup may read the action alone and its output in a later run: keep what kept actions name.
  const named = new Set<string>()
  await each(
    entries.filter((entry) => entry.name.endsWith('-a') && !marked(entry)),
    async (entry) => {
      const output = outputOf(await readFile(entry.path, 'latin1').catch(() => ''))
      if (output !== undefined) named.add(`${output}-d`)
    },
  )
  return entries.filter((entry) => marked(entry) && !named.has(entry.name))
}

/** The output's hash in an action entry: `v1 <action> <output> <size> <time>`. */
export function outputOf(action: string): string | undefined {
  return /^v1 [0-9a-f]{64} ([0-9a-f]{64}) /.exec(action)?.[1]
}

async function listEntries(gocache: string): Promise<Entry[]> {
  const found: Entry[] = []
  const folders = (await names(gocache)).filter((name) => FOLDER.test(name))
  await each(folders, async (folder) => {
    for (const name of await names(join(gocache, folder))) {
      if (!ENTRY.test(name)) continue
      const path = join(gocache, folder, name)
      const info = await lstat(path)
      const directory = info.isDirectory()
      found.push({
        path,
        name,
        directory,
        mtime: info.mtimeMs,
        bytes: directory ? await sizeOf(path) : info.size,
      })
    }
  })
  return found
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const name of await names(folder)) bytes += (await lstat(join(folder, name))).size
  return bytes
}

async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return []
    throw error
  }
}

const amount = (entries: readonly Entry[]): Amount => ({
  entries: entries.length,
  bytes: entries.reduce((sum, entry) => sum + entry.bytes, 0),
})

/** Whether the folder holds at least `limit` actions; stops counting there. */
export async function holdsActions(gocache: string, limit: number): Promise<boolean> {
  let count = 0
  for (const folder of (await names(gocache)).filter((name) => FOLDER.test(name))) {
    count += (await names(join(gocache, folder))).filter(
      (name) => ENTRY.test(name) && name.endsWith('-a'),
    ).length
    if (count >= limit) return true
  }
  return false
}

export interface SaveFacts {
  /** What the restored entry held; undefined when none was restored. */
  readonly restored: Amount | undefined
  readonly usage: Usage
  readonly defaultBranch: boolean
}

// Saving 5 % more costs about as long as compiling it again (3-5 s for a service with 30 dependencies); other branches see
// their entries alone, so theirs must be worth more. A third of dead weight costs every later run its download.
const NEW_SHARE = { defaultBranch: 0.05, otherBranch: 0.2 }
const DEAD_SHARE = 1 / 3

/** Save only when the next run would gain by it; `why` says it with the figures. */
export function saveDecision(facts: SaveFacts): { save: boolean; why: string } {
  const { all, unused } = facts.usage
  if (all.entries === 0) return { save: false, why: 'nothing was compiled' }
  const { restored } = facts
  if (restored === undefined || restored.entries === 0) return { save: true, why: 'no entry was restored' }
  const fresh = { entries: all.entries - restored.entries, bytes: all.bytes - restored.bytes }
  const share = Math.max(fresh.bytes / restored.bytes, fresh.entries / restored.entries)
  const needed = facts.defaultBranch ? NEW_SHARE.defaultBranch : NEW_SHARE.otherBranch
  if (share >= needed) return { save: true, why: `${percent(share)} more than restored` }
  const dead = unused.bytes / restored.bytes
  if (dead >= DEAD_SHARE && facts.defaultBranch)
    return { save: true, why: `${percent(dead)} of it was not used any more` }
  return { save: false, why: `only ${percent(Math.max(0, share))} more than restored` }
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`
