import { mkdir, open, readdir, readFile, rename, stat, truncate } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Act } from '../base/act.ts'
import { codeOf, environmentError } from '../base/errors.ts'
import type { AuditHead } from '../gray/github-mirror.ts'
import type { Audit, AuditRecord, StoredRelease } from '../gray/ports.ts'
import { acquireLock } from '../gray/store-lock.ts'
import { nextEntry, lineOf, verifyAudit } from './audit-chain.ts'
import { redactAll } from './files.ts'

export interface AuditFileOptions {
  /** `audit.jsonl`; rotated parts lie beside it as `audit.000001-000420.jsonl`. */
  readonly file: string
  /** From here on a new file is begun, bytes. Default 8 MiB. */
  readonly rotateAt?: number
}

const ROTATE_AT = 8 * 1024 * 1024
const LOCK_WAIT_MS = 5000

/**
 * The audit of one environment in a file. A line is on the disk (fsync) before `append` returns; a line that a crash left
 * half written is removed and told in the next one; two writers of one file take turns by a lock.
 */
export class AuditFile implements Audit {
  readonly #file: string
  readonly #rotateAt: number
  readonly #act: Pick<Act, 'clock' | 'secrets' | 'signal'>
  #tail: Promise<unknown> = Promise.resolve()
  #head: AuditHead | undefined
  /** Size of the file after our last write; another size means another writer. */
  #size = -1

  constructor(options: AuditFileOptions, act: Pick<Act, 'clock' | 'secrets' | 'signal'>) {
    this.#file = options.file
    this.#rotateAt = options.rotateAt ?? ROTATE_AT
    this.#act = act
  }

  /** The last line this process has written or found; what is pinned elsewhere. */
  get head(): AuditHead | undefined {
    return this.#head
  }

  append(record: AuditRecord, release: Pick<StoredRelease, 'id' | 'environment'>, at: number): Promise<void> {
    const done = this.#tail.then(() => this.#append(record, release, at))
    // One failed line must not keep later ones from being tried.
    this.#tail = done.catch(() => undefined)
    return done
  }

  async #append(
    record: AuditRecord,
    release: Pick<StoredRelease, 'id' | 'environment'>,
    at: number,
  ): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true })
    const lock = await acquireLock(`${this.#file}.lock`, {
      clock: this.#act.clock,
      // The last lines of a cancelled release matter most: an abort does not stop them.
      signal: new AbortController().signal,
      waitMs: LOCK_WAIT_MS,
    })
    try {
      const size = (await stat(this.#file).catch(ignoreMissing))?.size ?? 0
      const torn = size === this.#size ? 0 : await this.#open(size)
      const clean = redactAll(record, this.#act.secrets)
      const repaired: AuditRecord[] =
        torn === 0
          ? []
          : [
              {
                kind: 'failed',
                action: 'audit',
                detail: `a line that was not finished (${torn} bytes) was removed`,
              },
            ]
      for (const one of [...repaired, clean]) await this.#write(one, release, at)
    } finally {
      await lock.release()
    }
  }

  /** Finds the head of what is there; returns the bytes of an unfinished last line, which it removes. */
  async #open(size: number): Promise<number> {
    const text = size === 0 ? '' : await readFile(this.#file, 'utf8')
    const end = text.lastIndexOf('\n') + 1
    const torn = Buffer.byteLength(text.slice(end))
    if (torn > 0) await truncate(this.#file, size - torn)
    const parts = await auditParts(this.#file)
    const last = end > 0 ? text.slice(0, end) : await lastPart(parts)
    const check = verifyAudit(last)
    if (!check.ok)
      throw environmentError({
        code: 'audit-broken',
        what: 'the audit is not the one that was written',
        cause: check.fault?.what ?? 'it cannot be read',
        where: `${this.#file}:${check.fault?.line ?? 1}`,
        fix: 'keep the file for whoever looks into it, and begin a new one under another name',
      })
    this.#head = check.head
    this.#size = size - torn
    return torn
  }

  async #write(
    record: AuditRecord,
    release: Pick<StoredRelease, 'id' | 'environment'>,
    at: number,
  ): Promise<void> {
    if (this.#size >= this.#rotateAt) await this.#rotate()
    const entry = nextEntry(this.#head, record, release, at)
    const line = Buffer.from(lineOf(entry))
    const handle = await open(this.#file, 'a', 0o600)
    try {
      await handle.writeFile(line)
      await handle.sync()
    } finally {
      await handle.close()
    }
    this.#head = { seq: entry.seq, hash: entry.hash }
    this.#size += line.length
  }

  /** The full file gets the numbers of its entries as a name; the next one goes on with the chain. */
  async #rotate(): Promise<void> {
    const first = /"seq":(\d+)/.exec((await readFile(this.#file, 'utf8')).split('\n', 1)[0] ?? '')?.[1] ?? '0'
    const number = (seq: string): string => seq.padStart(6, '0')
    const name = `${this.#file.replace(/\.jsonl$/, '')}.${number(first)}-${number(String(this.#head?.seq ?? 0))}.jsonl`
    await rename(this.#file, name)
    this.#size = 0
  }
}

/** The files of an audit from the oldest to the present one. */
export async function auditParts(file: string): Promise<string[]> {
  const prefix = `${basename(file).replace(/\.jsonl$/, '')}.`
  const names = await readdir(dirname(file)).catch(ignoreMissing)
  const parts = (names ?? [])
    .filter((name) => name.startsWith(prefix) && /^\d+-\d+\.jsonl$/.test(name.slice(prefix.length)))
    .sort((a, b) => parseInt(a.slice(prefix.length), 10) - parseInt(b.slice(prefix.length), 10))
    .map((name) => join(dirname(file), name))
  return [...parts, ...((await stat(file).catch(ignoreMissing)) === undefined ? [] : [file])]
}

async function lastPart(parts: readonly string[]): Promise<string> {
  for (const part of [...parts].reverse()) {
    const text = await readFile(part, 'utf8')
    if (text !== '') return text
  }
  return ''
}

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined
  throw error
}
