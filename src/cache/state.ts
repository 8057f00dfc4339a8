import { formatBytes, formatDuration } from '../base/clock.ts'
import type { CacheAccess } from './access.ts'
import type { KeySet } from './keys.ts'
import type { Store } from './store.ts'
import type { Amount } from './trim.ts'

export interface PlannedCache {
  readonly store: Store
  readonly keys: KeySet
}

/** One restored (or not restored) cache, as post needs it: plain JSON without secrets. */
export interface CachePart {
  readonly store: Store
  readonly keys: KeySet
  /**
   * `restored`, `missed` …: answers of the service. `kept`: the folder was filled before and belongs to the machine.
   * `shared`: an earlier call of the same job has restored this very entry and will save it. `skipped`: not asked.
   */
  readonly status: 'restored' | 'missed' | 'denied' | 'failed' | 'unavailable' | 'kept' | 'shared' | 'skipped'
  readonly hit: 'exact' | 'partial' | 'none'
  readonly key?: string
  /** Size of the archive. */
  readonly bytes?: number
  readonly ms: number
  readonly why?: string
  /** The mtime that restored build entries got. */
  readonly mark?: number
  /** What the restored build entry held. */
  readonly restored?: Amount
  /** What the restored module entry held. */
  readonly modules?: { readonly zips: number; readonly mods: number }
}

/** Handed from main to post. */
export interface CacheState {
  readonly version: 1
  readonly access: CacheAccess
  readonly parts: readonly CachePart[]
}

/** Reads a state back; undefined when it is of another shape (another release, damaged). */
export function parseCacheState(json: string): CacheState | undefined {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null) return undefined
    const state = value as Partial<CacheState>
    return state.version === 1 && Array.isArray(state.parts) && typeof state.access === 'object'
      ? (state as CacheState)
      : undefined
  } catch {
    return undefined
  }
}

export interface SavedCache {
  readonly name: string
  /** Besides the service's answers: `unchanged` (not worth it), `kept`, `shared`, `read-only`. */
  readonly status:
    'saved' | 'exists' | 'denied' | 'failed' | 'unavailable' | 'unchanged' | 'kept' | 'shared' | 'read-only'
  readonly key?: string
  readonly bytes?: number
  readonly ms: number
  readonly why?: string
  /** Uncompressed, trimmed before the save. */
  readonly removed?: Amount
}

/** One line about a restore. */
export function describePart(part: CachePart): string {
  const { name } = part.store
  const size = part.bytes === undefined ? '' : ` ${formatBytes(part.bytes)}`
  switch (part.status) {
    case 'restored':
      return `${name}: restored${size} in ${formatDuration(part.ms)} (${part.hit === 'exact' ? 'same inputs' : 'nearest inputs'}: ${part.key ?? ''})`
    case 'missed':
      return `${name}: no entry yet`
    case 'kept':
      return `${name}: ${part.store.root} is filled already and belongs to this machine: used as it is, not saved`
    case 'shared':
      return `${name}: restored by an earlier step of this job`
    case 'skipped':
      return `${name}: not read`
    case 'unavailable':
      return `${name}: no cache service here`
    case 'denied':
    case 'failed':
      return `${name}: not restored, going on without it (${part.why ?? 'no reason given'}, after ${formatDuration(part.ms)})`
  }
}

/** One line about a save. */
export function describeSaved(saved: SavedCache): string {
  const why = saved.why === undefined ? '' : ` (${saved.why})`
  const trimmed =
    saved.removed === undefined || saved.removed.entries === 0
      ? ''
      : `, ${formatBytes(saved.removed.bytes)} that this run did not use trimmed`
  switch (saved.status) {
    case 'saved':
      return `${saved.name}: saved ${saved.bytes === undefined ? '' : `${formatBytes(saved.bytes)} `}in ${formatDuration(saved.ms)}${trimmed}${why}`
    case 'unchanged':
    case 'read-only':
      return `${saved.name}: not saved${why}`
    case 'kept':
    case 'shared':
      return `${saved.name}: left to its owner`
    case 'exists':
    case 'denied':
    case 'unavailable':
    case 'failed':
      return `${saved.name}: not saved${why === '' ? ` (${saved.status})` : why}`
  }
}
