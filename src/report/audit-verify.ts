import { readFile } from 'node:fs/promises'
import { inputError, type Problem } from '../base/errors.ts'
import type { AuditHead } from '../gray/github-mirror.ts'
import { auditParts } from './audit.ts'
import { type AuditCheck, type AuditEntry, formatHead, parseHead, verifyAudit } from './audit-chain.ts'
import { type Answer, recompute, type Recomputed } from './audit-recompute.ts'
import { count } from './format.ts'
import { printable } from './markdown.ts'

export interface AuditReport {
  readonly ok: boolean
  readonly files: readonly string[]
  readonly entries: number
  readonly head: string | undefined
  readonly fault: { readonly file: string; readonly line: number; readonly what: string } | undefined
  readonly notes: readonly string[]
  readonly recomputed:
    { readonly same: number; readonly different: number; readonly unchecked: number } | undefined
  readonly differences: readonly Recomputed[]
}

export interface VerifyRequest {
  readonly file: string
  /** A pinned head, `SEQ:HASH`, as it stands in the deployment's status or the summary. */
  readonly expected?: string
  /** Asks the judge again: `(item) => judgement`. */
  readonly judge?: (item: unknown) => Answer
}

/**
 * `gray audit verify FILE [--head SEQ:HASH]`: proves the chain over all rotated parts and recomputes every verdict.
 * `text` is for people, `json` for programs; `ok` false is a refusal (exit code 1). Throws inputError when there is no audit.
 */
export async function auditVerifyCommand(
  request: VerifyRequest,
): Promise<{ text: string; json: AuditReport; ok: boolean }> {
  const expected = headOf(request.expected)
  const files = await auditParts(request.file)
  if (files.length === 0)
    throw inputError({
      code: 'audit-missing',
      what: 'there is no audit',
      where: request.file,
      fix: 'give the path of audit.jsonl; rotated parts beside it are read too',
    })
  const entries: AuditEntry[] = []
  const notes = new Set<string>()
  let check: AuditCheck | undefined
  let failedIn: string | undefined
  for (const [index, file] of files.entries()) {
    const last = index === files.length - 1
    check = verifyAudit(await readFile(file, 'utf8'), {
      ...(check?.head === undefined ? {} : { after: check.head }),
    })
    entries.push(...check.entries)
    for (const note of check.notes) if (!note.startsWith('no head')) notes.add(note)
    if (!check.ok || last) {
      failedIn = file
      break
    }
  }
  const chained = check?.fault === undefined ? pinned(entries, expected) : check.fault
  if (expected === undefined)
    notes.add('no head was given (--head): an end that was cut off, or a file written anew, cannot be seen')
  const fault = chained === undefined ? undefined : { file: failedIn ?? request.file, ...chained }
  const answers = request.judge === undefined ? undefined : recompute(entries, request.judge)
  const of = (state: Recomputed['state']): number => answers?.filter((one) => one.state === state).length ?? 0
  const ok = fault === undefined && of('different') === 0
  const json: AuditReport = {
    ok,
    files,
    entries: entries.length,
    head: check?.head === undefined ? undefined : formatHead(check.head),
    fault,
    notes: [...notes],
    recomputed:
      answers === undefined
        ? undefined
        : { same: of('same'), different: of('different'), unchecked: of('unchecked') },
    differences: answers?.filter((one) => one.state === 'different') ?? [],
  }
  return { text: told(json, entries), json, ok }
}

function headOf(text: string | undefined): AuditHead | undefined {
  if (text === undefined || text === '') return undefined
  const head = parseHead(text)
  if (head !== undefined) return head
  const problem: Problem = {
    code: 'audit-head',
    what: 'the head of the audit is not one',
    value: text,
    fix: 'copy it from the deployment or the job summary: the number, a colon, and 64 hex digits',
  }
  throw inputError(problem)
}

/** Over all parts at once, because the pinned entry may stand in any of them. */
function pinned(
  entries: readonly AuditEntry[],
  expected: AuditHead | undefined,
): { line: number; what: string } | undefined {
  if (expected === undefined) return undefined
  const last = entries.at(-1)?.seq ?? 0
  const entry = entries.find(({ seq }) => seq === expected.seq)
  if (entry?.hash === expected.hash) return undefined
  if (entry === undefined && last < expected.seq)
    return {
      line: entries.length + 1,
      what: `it ends at entry ${last}, but entry ${expected.seq} was written: the end was cut off`,
    }
  return entry === undefined
    ? { line: 1, what: `entry ${expected.seq}, whose hash is known, is not in it` }
    : {
        line: entries.indexOf(entry) + 1,
        what: `entry ${expected.seq} has the hash ${entry.hash}, not the pinned ${expected.hash}: the file was written anew`,
      }
}

function told(report: AuditReport, entries: readonly AuditEntry[]): string {
  const lines = [
    report.fault === undefined
      ? `The audit is whole: ${count(entries.length, 'line')} in ${count(report.files.length, 'file')}.`
      : `THE AUDIT IS NOT WHOLE. ${report.fault.file}:${report.fault.line}: ${report.fault.what}.`,
  ]
  if (report.fault !== undefined)
    lines.push(
      `${count(entries.length, 'line')} before that ${entries.length === 1 ? 'is' : 'are'} proved; nothing behind it is.`,
    )
  const [first, last] = [entries[0], entries.at(-1)]
  if (first !== undefined && last !== undefined)
    lines.push(`From ${first.at} to ${last.at}; head ${report.head ?? 'none'}.`)
  for (const release of new Set(entries.map((one) => one.release)))
    lines.push(...aboutRelease(release, entries))
  if (report.recomputed !== undefined) {
    const { same, different, unchecked } = report.recomputed
    lines.push(
      `Verdicts asked of the judge again: ${same} the same, ${different} different${unchecked === 0 ? '' : `, ${unchecked} that cannot be (their lines hold no item)`}.`,
    )
    for (const one of report.differences.slice(0, 20))
      lines.push(`  entry ${one.seq}, ${one.metric}: recorded ${one.recorded}, but ${one.detail}`)
    if (report.differences.length > 20) lines.push(`  and ${report.differences.length - 20} more`)
  }
  for (const note of report.notes) lines.push(`Note: ${note}.`)
  return `${lines.map(printable).join('\n')}\n`
}

function aboutRelease(release: string, entries: readonly AuditEntry[]): string[] {
  const own = entries.filter((one) => one.release === release)
  const looks = own.filter(({ record }) => record.kind === 'measurement').length
  const people = new Set(
    own.flatMap(({ record }) => {
      if (record.kind !== 'approval') return []
      if (record.answer.kind === 'approved') return record.answer.by.map((by) => `approved by ${by}`)
      return record.answer.kind === 'rejected' ? [`rejected by ${record.answer.by}`] : []
    }),
  )
  const events = own.flatMap(({ record }) => (record.kind === 'event' ? [record.after] : []))
  const end = events.at(-1)
  return [
    `  ${own[0]?.environment ?? ''} ${release}: ${count(own.length, 'line')}, ${count(looks, 'look')}${end === undefined ? '' : `, last ${end}`}${people.size === 0 ? '' : `; ${[...people].join(', ')}`}`,
  ]
}
