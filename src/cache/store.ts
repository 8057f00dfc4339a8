import { chmod, lstat, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { codeOf, messageOf, PipelineError } from '../base/errors.ts'
import { cacheService } from './access.ts'
import { each } from './each.ts'
import { hitOf, type KeySet } from './keys.ts'
import { judgeRestore, judgeSave, type RestoreStatus, type SaveStatus, Talk } from './talk.ts'
import type { WorkerRequest } from './worker.ts'

export type CacheAct = Pick<Act, 'exec' | 'log' | 'signal' | 'env' | 'secrets' | 'temp' | 'clock'>

/** One kind of cache: which entries of which folder. */
export interface Store {
  /** For the log: `build cache`. */
  readonly name: string
  /** Absolute. Entries are stored relative to it, so another home or drive restores them just as well. */
  readonly root: string
  /** Patterns relative to `root` (@actions/glob), without `..`. They are part of the entry's version: constants. */
  readonly paths: readonly string[]
  readonly crossOs: boolean
}

/** The folder of a proof in its entry. */
export const PROOF_FOLDER = 'proof'

/** What a run proved of its input: `root` is a folder of its own. */
export const proofStore = (root: string): Store => ({
  name: 'proof',
  root,
  paths: [PROOF_FOLDER],
  crossOs: false,
})

export interface RestoreResult {
  readonly status: RestoreStatus
  readonly hit: 'exact' | 'partial' | 'none'
  /** The matched key. */
  readonly key?: string
  /** Size of the archive. */
  readonly bytes?: number
  readonly ms: number
  /** Why nothing was restored, one line, when that is a fault. */
  readonly why?: string
}

export interface SaveResult {
  readonly status: SaveStatus
  readonly key: string
  readonly bytes?: number
  readonly ms: number
  readonly why?: string
}

export interface CacheStoreOptions {
  /** The command that runs {@link cacheWorkerMain}: `[node, dist/index.js, 'cache-worker']`. */
  readonly worker: readonly string[]
  /** Whole restore, download and unpacking. Default 5 minutes: later than that, compiling would have been faster. */
  readonly restoreTimeoutMs?: number
  /** Default 10 minutes. */
  readonly saveTimeoutMs?: number
}

/**
 * The cache service as best effort: every call ends in time, is ended by the signal, and answers; none throws.
 * A failed call has cost time and one line, never a half-written cache: archives are unpacked beside the live files and moved in.
 */
export class CacheStore {
  readonly #act: CacheAct
  readonly #options: CacheStoreOptions

  constructor(act: CacheAct, options: CacheStoreOptions) {
    this.#act = act
    this.#options = options
  }

  /**
   * Restores the best entry into `store.root`. Files that are there already stay as they are.
   * @param prepare works on the unpacked files before they are moved in (trimming, marking); its fault costs the restore
   */
  async restore(
    store: Store,
    keys: KeySet,
    prepare: (staging: string, hit: 'exact' | 'partial' | 'none') => Promise<void> = () => Promise.resolve(),
  ): Promise<RestoreResult> {
    const started = this.#act.clock.now()
    const done = (rest: Omit<RestoreResult, 'ms'>): RestoreResult => ({
      ...rest,
      ms: this.#act.clock.now() - started,
    })
    if (cacheService(this.#act.env) === undefined) return done({ status: 'unavailable', hit: 'none' })
    let staging: string | undefined
    try {
      await mkdir(store.root, { recursive: true })
      staging = await mkdtemp(join(store.root, '.gip-restore-'))
      const talk = await this.#work(
        {
          operation: 'restore',
          paths: store.paths,
          key: keys.primary,
          restoreKeys: keys.restore,
          crossOs: store.crossOs,
        },
        staging,
        this.#options.restoreTimeoutMs ?? 5 * 60_000,
      )
      const verdict = judgeRestore(talk)
      if (verdict.status !== 'restored') return done({ ...verdict, hit: 'none' })
      const key = talk.answer?.key
      const hit = hitOf(key, keys)
      await prepare(staging, hit)
      await moveInto(staging, store.root)
      return done({
        status: 'restored',
        hit,
        ...(key === undefined ? {} : { key }),
        ...(talk.bytes === undefined ? {} : { bytes: talk.bytes }),
      })
    } catch (error) {
      return done({ status: 'failed', hit: 'none', why: whyOf(error) })
    } finally {
      if (staging !== undefined) await removeTree(staging)
    }
  }

  /** Saves `store.paths` under `key`. */
  async save(store: Store, key: string): Promise<SaveResult> {
    const started = this.#act.clock.now()
    const done = (rest: Omit<SaveResult, 'ms' | 'key'>): SaveResult => ({
      ...rest,
      key,
      ms: this.#act.clock.now() - started,
    })
    if (cacheService(this.#act.env) === undefined) return done({ status: 'unavailable' })
    try {
      const talk = await this.#work(
        { operation: 'save', paths: store.paths, key, restoreKeys: [], crossOs: store.crossOs },
        store.root,
        this.#options.saveTimeoutMs ?? 10 * 60_000,
      )
      return done({ ...judgeSave(talk), ...(talk.bytes === undefined ? {} : { bytes: talk.bytes }) })
    } catch (error) {
      return done({ status: 'failed', why: whyOf(error) })
    }
  }

  async #work(request: WorkerRequest, folder: string, timeoutMs: number): Promise<Talk> {
    const { exec, log, secrets, signal, temp } = this.#act
    const talk = new Talk(
      (secret) => secrets.mask(secret),
      (line) => log.debug(line),
    )
    await exec.run({
      argv: this.#options.worker,
      cwd: folder,
      input: JSON.stringify(request),
      env: {
        // tar runs in the workspace and stores names relative to it; the archive goes to RUNNER_TEMP.
        GITHUB_WORKSPACE: folder,
        RUNNER_TEMP: await temp.make('cache'),
        // Debug mode would list every file of the archive.
        RUNNER_DEBUG: undefined,
        // A segment that takes longer than this hangs (the library waits 10 minutes).
        SEGMENT_DOWNLOAD_TIMEOUT_MINS: this.#act.env['SEGMENT_DOWNLOAD_TIMEOUT_MINS'] ?? '2',
      },
      timeoutMs,
      signal,
      maxStdout: 0,
      onLine: (line, stream) => {
        if (stream === 'stdout') talk.hear(line)
        else log.debug(line)
      },
    })
    return talk
  }
}

/**
 * Moves what `from` holds into `to`, folder by folder. What is there already wins: cache entries are named by their content,
 * so both are the same, and a file that Go has open is never touched.
 */
export async function moveInto(from: string, to: string): Promise<void> {
  await each(await readdir(from, { withFileTypes: true }), async (entry) => {
    const source = join(from, entry.name)
    const target = join(to, entry.name)
    if (!entry.isDirectory()) {
      if (!(await exists(target))) await rename(source, target)
      return
    }
    try {
      // Takes the place of an empty folder too (rename(2)): the go command makes all of its folders at its start.
      await rename(source, target)
    } catch (error) {
      if (!TAKEN.includes(codeOf(error) ?? '')) throw error
      await mkdir(target, { recursive: true }).catch(() => undefined)
      if (await isFolder(target)) await moveInto(source, target)
    }
  })
}

/** What a folder cannot be moved onto, by platform: a folder with something in it, a link, a file. */
const TAKEN: readonly string[] = ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES', 'ENOTDIR']

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  )

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path)
    return true
  } catch {
    return false
  }
}

/** Removes a tree, read-only folders (as in a module cache) included; a fault leaves the rest behind. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    await makeWritable(folder).catch(() => undefined)
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name))
}

function whyOf(error: unknown): string {
  if (error instanceof PipelineError) return error.problems[0]?.what ?? error.message
  return messageOf(error).split('\n')[0] ?? ''
}
