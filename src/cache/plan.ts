import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../base/download.ts'
import { readTextIfAny, writeAtomic } from '../base/files.ts'
import { type Environment, type Host, onHostedRunner } from '../base/platform.ts'
import { type CacheAccess, cacheAccess, type CacheInput, cacheService } from './access.ts'
import { buildKeys, type Flavour, hashModules, type ModuleFile, moduleKeys, uniqueOf } from './keys.ts'
import { DOCKERFILE_CACHE, seedAmount } from './dockerfile.ts'
import type { CacheLocations } from './locations.ts'
import {
  countModules,
  MODULE_PATHS,
  pruneModules,
  shareOfModules,
  type WantedModules,
  wantedModules,
} from './module-cache.ts'
import { type CacheAct, CacheStore, type CacheStoreOptions } from './store.ts'
import {
  type CachePart,
  type CacheState,
  describePart,
  describeSaved,
  type PlannedCache,
  type SavedCache,
} from './state.ts'
import {
  type Amount,
  holdsActions,
  markEntries,
  markTime,
  estimateUsage,
  type Estimate,
  saveDecision,
  trimUnused,
  type Usage,
  writeTrimStamp,
} from './trim.ts'

export {
  type CachePart,
  type CacheState,
  describePart,
  describeSaved,
  parseCacheState,
  type PlannedCache,
  type SavedCache,
} from './state.ts'

export interface CacheFacts {
  readonly input: CacheInput
  readonly env: Environment
  /** The parsed webhook payload, of unknown shape; undefined outside a runner. */
  readonly event: unknown
  readonly host: Host
  readonly locations: CacheLocations
  /** `1.26.8`. */
  readonly goVersion: string
  readonly flavour: Flavour
  /** go.mod, go.sum, go.work, go.work.sum of the project, and what `cache-dependency-path` adds. */
  readonly moduleFiles: readonly ModuleFile[]
  /** A vendor folder is used: no module is downloaded. */
  readonly vendored: boolean
  /** Working directory, repository-relative (`.` at the root). */
  readonly project: string
  /** ms since the epoch. */
  readonly now: number
}

/** What will be asked of the cache service. Pure data; `notes` are sentences for the log. */
export interface CachePlan {
  readonly access: CacheAccess
  readonly modules?: PlannedCache
  readonly build?: PlannedCache
  /** For pruning; not part of the state. */
  readonly wanted: WantedModules
  /** On a hosted runner what lies in the folders was made by this job; elsewhere it belongs to the machine. */
  readonly hosted: boolean
  readonly notes: readonly string[]
}

/** With so many actions a build cache belongs to the machine; `go list` and small tools of earlier steps leave fewer. */
const MACHINE_ACTIONS = 500

const BUILD_PATHS = ['[0-9a-f][0-9a-f]'] as const

/** Decides what to restore and save, and under which keys. */
export function planCaches(facts: CacheFacts): CachePlan {
  const { env, host, locations } = facts
  const access = cacheAccess(env, facts.input, facts.event)
  const hosted = onHostedRunner(env)
  const wanted = wantedModules(facts.moduleFiles)
  const notes = access.reason === undefined ? [] : [access.reason]
  const nothing = { access, wanted, hosted, notes }
  if (!access.read && !access.write) return nothing
  if (cacheService(env) === undefined)
    return { ...nothing, notes: ['no cache service here: Go uses its local caches'] }

  const modulesHash = hashModules(facts.moduleFiles)
  const unique = uniqueOf(env, facts.now)
  const { gomodcache, gocache } = locations
  const modules: PlannedCache | undefined =
    modulesHash === undefined || facts.vendored || gomodcache === undefined
      ? undefined
      : {
          store: { name: 'module cache', root: gomodcache, paths: MODULE_PATHS, crossOs: true },
          keys: moduleKeys({ project: facts.project, modulesHash, unique }),
        }
  const build: PlannedCache | undefined =
    gocache === undefined
      ? undefined
      : {
          store: { name: 'build cache', root: gocache, paths: BUILD_PATHS, crossOs: false },
          keys: buildKeys({
            host,
            image: env['ImageOS'],
            goVersion: facts.goVersion,
            flavour: facts.flavour,
            project: facts.project,
            modulesHash: modulesHash ?? 'none',
            job: env['GITHUB_JOB'] ?? 'job',
            unique,
          }),
        }
  return {
    ...nothing,
    ...(modules === undefined ? {} : { modules }),
    ...(build === undefined ? {} : { build }),
    notes: [
      ...notes,
      ...(gocache === undefined
        ? ['GOCACHEPROG or an unusable GOCACHE: build objects are not cached here']
        : []),
    ],
  }
}

/** The state for post, from what {@link restoreCaches} gave. */
export const cacheState = (
  { access }: Pick<CachePlan, 'access'>,
  parts: readonly (CachePart | undefined)[],
): CacheState => ({
  version: 1,
  access,
  parts: parts.filter((part) => part !== undefined),
})

/**
 * Starts both restores at once and returns at once. Neither promise rejects; each costs one line in the log. Go commands of the
 * run have to wait for both (an entry that arrives late is of no use), installs need not.
 */
export function restoreCaches(
  plan: CachePlan,
  act: CacheAct,
  options: CacheStoreOptions,
): { modules: Promise<CachePart | undefined>; build: Promise<CachePart | undefined> } {
  for (const note of plan.notes) act.log.info(`caches: ${note}`)
  const store = new CacheStore(act, options)
  return {
    modules: guarded(plan.modules, act, (planned) => restoreModules(plan, planned, store, act)),
    build: guarded(plan.build, act, (planned) => restoreBuild(plan, planned, store, act)),
  }
}

async function guarded(
  planned: PlannedCache | undefined,
  act: CacheAct,
  work: (planned: PlannedCache) => Promise<CachePart>,
): Promise<CachePart | undefined> {
  if (planned === undefined) return undefined
  const part = await work(planned).catch((error: unknown): CachePart => ({
    ...planned,
    status: 'failed',
    hit: 'none',
    ms: 0,
    why: error instanceof Error ? error.message : String(error),
  }))
  if (!act.signal.aborted) act.log.info(describePart(part))
  return part
}

async function restoreModules(
  plan: CachePlan,
  planned: PlannedCache,
  store: CacheStore,
  act: CacheAct,
): Promise<CachePart> {
  const download = join(planned.store.root, 'cache', 'download')
  // go.sum names more than a build needs (tests of dependencies), so not all of it will ever be there.
  const filled = (await shareOfModules(download, plan.wanted)) >= 0.7
  const held = await heldBack(plan, planned, filled, act)
  if (held !== undefined) return held
  let modules = { zips: 0, mods: 0 }
  const result = await store.restore(planned.store, planned.keys, async (staging, hit) => {
    const restored = join(staging, 'cache', 'download')
    // An entry of these very dependencies may also hold tools that go.sum does not name.
    if (hit !== 'exact') await pruneModules(restored, plan.wanted)
    modules = await countModules(restored)
  })
  await remember(planned, act)
  return { ...planned, ...result, ...(result.status === 'restored' ? { modules } : {}) }
}

async function restoreBuild(
  plan: CachePlan,
  planned: PlannedCache,
  store: CacheStore,
  act: CacheAct,
): Promise<CachePart> {
  const { root } = planned.store
  const held = await heldBack(plan, planned, !plan.hosted && (await holdsActions(root, MACHINE_ACTIONS)), act)
  if (held !== undefined) return held
  const now = act.clock.now()
  const mark = markTime(now)
  let restored: Amount | undefined
  const result = await store.restore(planned.store, planned.keys, async (staging) => {
    restored = await markEntries(staging, mark)
  })
  if (result.status === 'restored') await writeTrimStamp(root, now)
  await remember(planned, act)
  return {
    ...planned,
    ...result,
    ...(result.status === 'restored' && restored !== undefined ? { mark, restored } : {}),
  }
}

/** The reasons not to ask the service, besides what the plan knows. */
async function heldBack(
  plan: CachePlan,
  planned: PlannedCache,
  filled: boolean,
  act: CacheAct,
): Promise<CachePart | undefined> {
  const part = (status: CachePart['status']): CachePart => ({ ...planned, status, hit: 'none', ms: 0 })
  if ((await readTextIfAny(reminder(planned, act.env))) === reminderOf(planned, act.env))
    return part('shared')
  if (filled) return part('kept')
  if (!plan.access.read) return part('skipped')
  return undefined
}

// Tells a later call of the action in the same job that this folder has been restored from the same inputs already.
const reminder = (planned: PlannedCache, env: Environment): string =>
  join(env['RUNNER_TEMP'] ?? planned.store.root, `gip-cache-${sha256(planned.store.root).slice(0, 12)}`)

const reminderOf = (planned: PlannedCache, env: Environment): string =>
  [env['GITHUB_RUN_ID'], env['GITHUB_RUN_ATTEMPT'], env['GITHUB_JOB'], planned.keys.exact].join(' ')

async function remember(planned: PlannedCache, act: CacheAct): Promise<void> {
  if ((act.env['RUNNER_TEMP'] ?? '') !== '')
    await writeAtomic(reminder(planned, act.env), reminderOf(planned, act.env))
}

/**
 * Saves what changed, both caches at once. Never rejects; each costs one line.
 * @param outcome `complete` when every compile and test of the plan ran: only then "not used" is a reason to trim
 */
export async function saveCaches(
  state: CacheState,
  act: CacheAct,
  options: CacheStoreOptions,
  outcome: { readonly complete: boolean },
): Promise<SavedCache[]> {
  const store = new CacheStore(act, options)
  return Promise.all(
    state.parts.map(async (part) => {
      const saved = await savePart(state, part, store, outcome.complete).catch(
        (error: unknown): SavedCache => ({
          name: part.store.name,
          status: 'failed',
          ms: 0,
          why: error instanceof Error ? error.message : String(error),
        }),
      )
      act.log.info(describeSaved(saved))
      await forget(part, act)
      return saved
    }),
  )
}

/** The end of a run that needed no cache: nothing is saved. Never rejects. */
export async function leaveCaches(state: CacheState, act: CacheAct): Promise<void> {
  await Promise.all(state.parts.map((part) => forget(part, act)))
}

/** Post steps run in reverse order: the call that restored is the last. */
async function forget(part: CachePart, act: CacheAct): Promise<void> {
  if ((act.env['RUNNER_TEMP'] ?? '') !== '' && part.status !== 'shared')
    await rm(reminder(part, act.env), { force: true }).catch(() => undefined)
}

async function savePart(
  state: CacheState,
  part: CachePart,
  store: CacheStore,
  complete: boolean,
): Promise<SavedCache> {
  const { name } = part.store
  const not = (status: SavedCache['status'], why?: string): SavedCache => ({
    name,
    status,
    ms: 0,
    ...(why === undefined ? {} : { why }),
  })
  if (part.status === 'kept' || part.status === 'shared') return not(part.status)
  if (part.status === 'unavailable') return not('unavailable')
  if (!state.access.write) return not('read-only', state.access.reason)

  if (part.store.name === 'module cache') {
    const now = await countModules(join(part.store.root, 'cache', 'download'))
    if (now.zips + now.mods === 0) return not('unchanged', 'no module was downloaded')
    const before = part.modules
    const same = part.hit === 'exact' && before !== undefined
    if (same && now.zips <= before.zips && now.mods <= before.mods)
      return not('unchanged', 'the entry holds all modules')
    return { name, ...(await store.save(part.store, part.keys.primary)) }
  }

  const estimate =
    part.store.name === DOCKERFILE_CACHE
      ? await seedUsage(part)
      : await estimateUsage(part.store.root, complete ? part.mark : undefined)
  const decide = (usage: Usage): ReturnType<typeof saveDecision> =>
    saveDecision({ restored: part.restored, usage, defaultBranch: state.access.defaultBranch })
  // Most runs have nothing to save, which is seen without opening thousands of files.
  let decision = decide(estimate)
  if (decision.save) decision = decide(await estimate.exact())
  if (!decision.save) return not('unchanged', decision.why)
  const trimmed =
    complete && part.mark !== undefined ? await trimUnused(part.store.root, part.mark) : undefined
  const saved = await store.save(part.store, part.keys.primary)
  return {
    name,
    ...saved,
    why: saved.why ?? decision.why,
    ...(trimmed === undefined ? {} : { removed: trimmed.removed }),
  }
}

/** Archives that were packed again are smaller by what was not used. */
async function seedUsage(part: CachePart): Promise<Estimate> {
  const all = await seedAmount(part.store.root)
  const bytes = Math.max(0, (part.restored?.bytes ?? 0) - all.bytes)
  const usage: Usage = { all: { ...all, entries: Math.min(1, all.entries) }, unused: { entries: 0, bytes } }
  return { ...usage, exact: () => Promise.resolve(usage) }
}
