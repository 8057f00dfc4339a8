import { randomUUID } from 'node:crypto'
import { open, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { Clock } from '../base/clock.ts'
import { codeOf, environmentError } from '../base/errors.ts'
import { readTextIfAny } from '../base/files.ts'

export interface LockOptions {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** How long somebody else's lock is waited for, ms. */
  readonly waitMs: number
  /** Age from which a lock whose process is gone is broken, ms. Default 2 s. */
  readonly staleMs?: number
  /** Age from which any lock is broken, ms: what it guards takes milliseconds. Default 60 s. */
  readonly foreignStaleMs?: number
}

export interface Lock {
  /** Whether the lock still is ours. */
  held(): Promise<boolean>
  release(): Promise<void>
}

interface Mark {
  readonly token: string
  readonly pid: number
  readonly host: string
}

/**
 * A lock file made with O_EXCL; in it stand process, machine and a token. Its age is the file's own, so that clocks of
 * several machines on a shared disk need not agree with what is written in it.
 */
export async function acquireLock(file: string, options: LockOptions): Promise<Lock> {
  const { clock, signal, waitMs } = options
  const mark: Mark = { token: randomUUID(), pid: process.pid, host: hostname() }
  const until = clock.now() + waitMs
  for (;;) {
    signal.throwIfAborted()
    if (await create(file, JSON.stringify(mark))) return lockOf(file, mark.token)
    if (await breakStale(file, options)) continue
    if (clock.now() >= until) throw await locked(file)
    await clock.sleep(10 + Math.random() * 30, signal)
  }
}

function lockOf(file: string, token: string): Lock {
  const held = async (): Promise<boolean> => (await readMark(file))?.token === token
  return {
    held,
    release: async () => {
      if (await held()) await rm(file, { force: true })
    },
  }
}

/** True when the file did not exist and is ours now. */
async function create(file: string, text: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o644)
    try {
      await handle.writeFile(text)
    } catch (error) {
      // A full disk: an empty lock must not stay.
      await rm(file, { force: true })
      throw error
    } finally {
      await handle.close()
    }
    return true
  } catch (error) {
    const code = codeOf(error)
    // Windows says EPERM of a file that is being removed.
    if (code === 'EEXIST' || code === 'EPERM') return false
    throw error
  }
}

/**
 * Removes a lock that nobody holds. Of several breakers only the one that made the guard file may, and it looks again
 * under the guard, so that no fresh lock is ever removed.
 */
async function breakStale(file: string, options: LockOptions): Promise<boolean> {
  if (!(await isStale(file, options))) return false
  const guard = `${file}.break`
  if (!(await create(guard, String(process.pid)))) {
    const age = await ageOf(guard)
    // Whoever died between making and removing the guard left it behind.
    if (age !== undefined && age > (options.staleMs ?? STALE_MS)) await rm(guard, { force: true })
    return false
  }
  try {
    if (await isStale(file, options)) await rm(file, { force: true })
    return true
  } finally {
    await rm(guard, { force: true })
  }
}

const STALE_MS = 2000
const FOREIGN_STALE_MS = 60_000

async function isStale(file: string, options: LockOptions): Promise<boolean> {
  const age = await ageOf(file)
  if (age === undefined) return false
  if (age > (options.foreignStaleMs ?? FOREIGN_STALE_MS)) return true
  if (age <= (options.staleMs ?? STALE_MS)) return false
  const mark = await readMark(file)
  // Empty: its maker died before it could write into it.
  if (mark === undefined) return true
  return mark.host === hostname() && !lives(mark.pid)
}

/** The file's age in ms, by the disk's and this machine's clock; undefined when it is gone. */
async function ageOf(file: string): Promise<number | undefined> {
  try {
    return Date.now() - (await stat(file)).mtimeMs
  } catch {
    return undefined
  }
}

async function readMark(file: string): Promise<Mark | undefined> {
  try {
    const value = JSON.parse((await readTextIfAny(file)) ?? '') as Partial<Mark>
    return typeof value.token === 'string' && typeof value.pid === 'number' && typeof value.host === 'string'
      ? { token: value.token, pid: value.pid, host: value.host }
      : undefined
  } catch {
    return undefined
  }
}

/** Signal 0 asks without disturbing. EPERM: it lives, as another user's. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

async function locked(file: string): Promise<Error> {
  const mark = await readMark(file)
  return environmentError({
    code: 'gray-state-locked',
    what: 'another process keeps the stored state locked',
    ...(mark === undefined ? {} : { cause: `process ${mark.pid} on ${mark.host}` }),
    where: file,
    fix: 'wait for it, or end it; a lock whose process is gone is removed by itself',
  })
}
