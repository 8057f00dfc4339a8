import { createHash } from 'node:crypto'
import { mkdir, open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { reasonOf, systemClock } from '../base/clock.ts'
import { codeOf, environmentError, PipelineError } from '../base/errors.ts'
import { readTextIfAny } from '../base/files.ts'
import { acquireLock, type LockOptions } from './store-lock.ts'
import type { StateStore, StoredRelease } from './ports.ts'
import { addEnded, type EndedRelease, formatRelease, parseRelease } from './record.ts'

export interface FileStoreOptions extends Pick<LockOptions, 'staleMs' | 'foreignStaleMs'> {
  readonly clock?: Clock
  /** How long another writer's lock is waited for, ms. Default 10 s. */
  readonly lockMs?: number
}

/**
 * The state in one local JSON file. A write holds `FILE.lock` (made with O_EXCL), compares the revision (SHA-256 of the
 * bytes), writes `FILE.draft`, syncs it and renames it over the file, so that a reader or a crash sees the old or the new state.
 * `FILE.history` keeps the last twenty ended releases.
 */
export class FileStateStore implements StateStore {
  readonly where: string
  readonly #options: FileStoreOptions
  readonly #clock: Clock

  constructor(file: string, options: FileStoreOptions = {}) {
    this.where = file
    this.#options = options
    this.#clock = options.clock ?? systemClock
  }

  async read(signal: AbortSignal): Promise<{ release: StoredRelease; revision: string } | undefined> {
    if (signal.aborted) throw reasonOf(signal)
    const text = await guard(this.where, 'read', () => readTextIfAny(this.where))
    if (text === undefined) return undefined
    const { release, problems } = parseRelease(text, this.where)
    if (release === undefined) throw new PipelineError('environment', problems)
    return { release, revision: revisionOf(text) }
  }

  async write(
    release: StoredRelease,
    expected: string | undefined,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    return await guard(this.where, 'written', async () => {
      await mkdir(dirname(this.where), { recursive: true })
      const lock = await acquireLock(`${this.where}.lock`, {
        ...this.#options,
        clock: this.#clock,
        waitMs: this.#options.lockMs ?? 10_000,
        signal,
      })
      try {
        const present = await readTextIfAny(this.where)
        // A state that cannot be read is not overwritten, whatever its revision.
        if (present !== undefined) {
          const { release: known, problems } = parseRelease(present, this.where)
          if (known === undefined) throw new PipelineError('environment', problems)
        }
        if ((present === undefined ? undefined : revisionOf(present)) !== expected) return undefined
        const text = formatRelease(release)
        await this.#replace(this.where, text, () => lock.held())
        await this.#remember(release)
        return revisionOf(text)
      } finally {
        await lock.release()
      }
    })
  }

  /** The ended releases that are remembered, oldest first; a damaged list is an empty one, it decides nothing. */
  async history(): Promise<EndedRelease[]> {
    try {
      const list: unknown = JSON.parse((await readTextIfAny(`${this.where}.history`)) ?? '[]')
      return Array.isArray(list) ? (list as EndedRelease[]) : []
    } catch {
      return []
    }
  }

  async #remember(release: StoredRelease): Promise<void> {
    const before = await this.history()
    const after = addEnded(before, release, this.#clock.now())
    if (JSON.stringify(before) === JSON.stringify(after)) return
    try {
      await this.#replace(`${this.where}.history`, `${JSON.stringify(after, null, 2)}\n`, () =>
        Promise.resolve(true),
      )
    } catch {
      // Statistics: the state itself has been written.
    }
  }

  async #replace(file: string, text: string, held: () => Promise<boolean>): Promise<void> {
    // One name is enough, as only the lock's holder writes it; what a killed writer left is overwritten.
    const draft = `${file}.draft`
    const handle = await open(draft, 'w', 0o644)
    try {
      await handle.writeFile(text)
      await handle.sync()
    } finally {
      await handle.close()
    }
    // A writer that slept so long that its lock was broken must not write over what came after.
    if (!(await held()))
      throw environmentError({
        code: 'gray-lock-broken',
        what: 'the lock of the stored state was taken away while it was being written',
        where: file,
        fix: 'see whether two programs drive this environment, or whether this machine was asleep',
      })
    await renameOver(draft, file, this.#clock)
    await syncFolder(dirname(file))
  }
}

const revisionOf = (text: string): string => createHash('sha256').update(text).digest('hex')

/** Windows refuses to replace a file while somebody reads it; that passes. */
async function renameOver(from: string, to: string, clock: Clock): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await rename(from, to)
      return
    } catch (error) {
      const busy = ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '')
      if (!busy || tries >= 10) throw error
      await clock.sleep(20 * (tries + 1))
    }
  }
}

/** Makes a rename last through a power cut, where the system can (Windows cannot open folders). */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch {
    // The rename itself is done.
  }
}

async function guard<T>(file: string, verb: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const code = codeOf(error)
    // Only faults of the file system are put into words here.
    if (error instanceof PipelineError || code === undefined || !/^E[A-Z]+$/.test(code)) throw error
    throw environmentError(
      {
        code: 'gray-state-file',
        what: `the stored state cannot be ${verb}`,
        cause: code,
        where: file,
        fix: 'give the user that runs the release the right to read and write this folder, and room on the disk',
      },
      { cause: error },
    )
  }
}
