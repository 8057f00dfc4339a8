import { createHash } from 'node:crypto'
import type { AuditHead } from '../gray/github-mirror.ts'
import type { AuditRecord } from '../gray/ports.ts'

/**
 * The audit as a chain: one JSON object a line, each with the hash of the one before it. Whoever edits, removes, adds or
 * moves a line breaks the chain behind it; whoever cuts the end, or writes all of it anew, is found by the head that is pinned
 * elsewhere (the deployment's status, the job summary, the history of a branch).
 */
export interface AuditEntry {
  /** 1 for the first line; goes on over rotated files. */
  readonly seq: number
  /** UTC, ISO 8601. */
  readonly at: string
  readonly release: string
  readonly environment: string
  readonly record: AuditRecord
  /** `hash` of the line before; 64 zeros before the first. */
  readonly prev: string
  /** SHA-256, hex, of the canonical JSON of the other fields. */
  readonly hash: string
}

export const GENESIS = '0'.repeat(64)

/**
 * Canonical JSON (RFC 8785, JCS): keys sorted by UTF-16 code units, no blanks, numbers as ECMAScript writes them. What JSON
 * cannot hold is dropped or becomes null first, as JSON.stringify does.
 */
export function canonical(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined
  return sorted(JSON.parse(text ?? 'null') as unknown)
}

function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const fields = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, field]) => `${JSON.stringify(name)}:${sorted(field)}`)
  return `{${fields.join(',')}}`
}

const hashOf = (entry: Omit<AuditEntry, 'hash'>): string =>
  createHash('sha256').update(canonical(entry)).digest('hex')

/** The next entry behind `head`. */
export function nextEntry(
  head: AuditHead | undefined,
  record: AuditRecord,
  release: { readonly id: string; readonly environment: string },
  at: number,
): AuditEntry {
  const entry = {
    seq: (head?.seq ?? 0) + 1,
    at: new Date(at).toISOString(),
    release: release.id,
    environment: release.environment,
    record,
    prev: head?.hash ?? GENESIS,
  }
  return { ...entry, hash: hashOf(entry) }
}

/** One line, as it is written: the canonical form, so that nothing about it can be changed unseen. */
export const lineOf = (entry: AuditEntry): string => `${canonical(entry)}\n`

export interface AuditFault {
  /** Line of the text, from 1. */
  readonly line: number
  readonly what: string
}

export interface AuditCheck {
  readonly ok: boolean
  /** The lines up to the first fault; nothing behind it is proved. */
  readonly entries: readonly AuditEntry[]
  readonly head: AuditHead | undefined
  /** The first line that is not what it should be. */
  readonly fault?: AuditFault
  /** What the text alone cannot prove. */
  readonly notes: readonly string[]
}

export interface CheckOptions {
  /** The last line of the file before this one. Without it a text that begins later than 1 is noted, not refused. */
  readonly after?: AuditHead
  /** The head that was pinned elsewhere: the text must hold that line, and, when `exact`, end with it. */
  readonly expected?: AuditHead
  readonly exact?: boolean
}

/** Checks every line of an audit; pure. Finds edits, insertions, removals, moves and, with a pinned head, a cut end. */
export function verifyAudit(text: string, options: CheckOptions = {}): AuditCheck {
  const lines = text.split('\n')
  const open = lines.pop() ?? ''
  const entries: AuditEntry[] = []
  const notes: string[] = []
  let head = options.after
  let fault: AuditFault | undefined
  for (const [index, line] of lines.entries()) {
    const read = readLine(line)
    if (typeof read === 'string') fault = { line: index + 1, what: read }
    else if (index === 0 && head === undefined && read.seq > 1) {
      notes.push(
        `it begins at entry ${read.seq}: the file before it was not given, so what was there is not proved`,
      )
      head = { seq: read.seq - 1, hash: read.prev }
    }
    if (typeof read !== 'string') fault = misplaced(read, head, index + 1)
    if (fault !== undefined || typeof read === 'string') break
    entries.push(read)
    head = { seq: read.seq, hash: read.hash }
  }
  if (fault === undefined && open !== '')
    fault = {
      line: lines.length + 1,
      what: 'the last line is not finished: the writer was stopped in the middle of it, or it was cut',
    }
  fault ??= missingHead(entries, head, lines.length, options)
  if (options.expected === undefined)
    notes.push('no head was given: an end that was cut off, or a whole file written anew, cannot be seen')
  return { ok: fault === undefined, entries, head, notes, ...(fault === undefined ? {} : { fault }) }
}

function missingHead(
  entries: readonly AuditEntry[],
  head: AuditHead | undefined,
  line: number,
  { expected, exact, after }: CheckOptions,
): AuditFault | undefined {
  if (expected === undefined) return undefined
  const last = head?.seq ?? 0
  if (last < expected.seq)
    return {
      line: line + 1,
      what: `it ends at entry ${last}, but entry ${expected.seq} was written: the end was cut off`,
    }
  const pinned = entries.find(({ seq }) => seq === expected.seq)
  const hash = pinned?.hash ?? (after?.seq === expected.seq ? after.hash : undefined)
  if (hash === undefined) return { line: 1, what: `entry ${expected.seq}, whose hash is known, is not in it` }
  if (hash !== expected.hash)
    return {
      line: entries.findIndex(({ seq }) => seq === expected.seq) + 1,
      what: `entry ${expected.seq} has the hash ${hash}, not the pinned ${expected.hash}: the file was written anew`,
    }
  if (exact === true && last !== expected.seq)
    return { line, what: `it goes on to entry ${last}, but ended at entry ${expected.seq}` }
  return undefined
}

function misplaced(entry: AuditEntry, head: AuditHead | undefined, line: number): AuditFault | undefined {
  const expected = (head?.seq ?? 0) + 1
  if (entry.seq !== expected)
    return {
      line,
      what:
        entry.seq > expected
          ? `entry ${entry.seq} stands where entry ${expected} belongs: lines are missing or were moved`
          : `entry ${entry.seq} stands where entry ${expected} belongs: a line was repeated, inserted or moved`,
    }
  if (entry.prev !== (head?.hash ?? GENESIS))
    return {
      line,
      what: `entry ${entry.seq} does not follow the line before it: one of the two was replaced`,
    }
  return undefined
}

/** An entry whose own hash is right, else what is wrong with the line. */
function readLine(line: string): AuditEntry | string {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'the line is no JSON'
  }
  if (!isEntry(value)) return 'the line is no audit entry'
  const { hash, ...rest } = value
  if (hashOf(rest) !== hash) return `entry ${value.seq} was changed: its hash does not belong to its content`
  // Repeated keys and other writings of the same value would show readers something else than what was hashed.
  if (canonical(value) !== line) return `entry ${value.seq} was written in another form than ours`
  return value
}

function isEntry(value: unknown): value is AuditEntry {
  if (typeof value !== 'object' || value === null) return false
  const at = value as Record<string, unknown>
  return (
    Number.isSafeInteger(at['seq']) &&
    ['at', 'release', 'environment', 'prev', 'hash'].every((name) => typeof at[name] === 'string') &&
    typeof at['record'] === 'object' &&
    at['record'] !== null &&
    typeof (at['record'] as Record<string, unknown>)['kind'] === 'string'
  )
}

/** `SEQ:HASH`, `SEQ HASH` or `[audit SEQ HASH]`, as it is pinned in statuses and summaries; undefined when it is none. */
export function parseHead(text: string): AuditHead | undefined {
  const match = /(\d+)[:\s]+([0-9a-f]{64})/i.exec(text)
  return match === null ? undefined : { seq: Number(match[1]), hash: (match[2] ?? '').toLowerCase() }
}

export const formatHead = ({ seq, hash }: AuditHead): string => `${seq}:${hash}`
