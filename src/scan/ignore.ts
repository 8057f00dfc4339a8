import { LineCounter, parseDocument, isMap, isScalar, isSeq, type YAMLMap } from 'yaml'
import type { Problem } from '../base/errors.ts'
import { nearest } from '../base/lists.ts'
import type { Finding } from './findings.ts'

/** One accepted finding: who accepts it, why, and until when. */
export interface IgnoreEntry {
  /** Id, alias or fingerprint. */
  readonly id: string
  readonly reason: string
  /** `YYYY-MM-DD`, the last day it holds (UTC). */
  readonly until: string
  readonly owner: string
  /** Only in this module or package. */
  readonly package?: string
  /** Only in this file or folder, repository-relative (in an image: the path there without the leading slash). */
  readonly path?: string
  /** Line of the ignore file. */
  readonly line: number
}

const REQUIRED = ['id', 'reason', 'until', 'owner'] as const
const OPTIONAL = ['package', 'path'] as const
const KNOWN: readonly string[] = [...REQUIRED, ...OPTIONAL]
const SHORTEST_REASON = 10
const LONGEST_DAYS = 366
const DAY = 86_400_000

/**
 * Reads `.gip/scan-ignore.yaml`: a list of entries, or `ignore:` with one. Every problem is returned, with its line.
 * An entry that holds for more than a year would be one for ever, so it is refused.
 *
 * @param now ms since the epoch
 */
export function parseIgnores(
  text: string,
  file: string,
  now: number,
): { entries: IgnoreEntry[]; problems: Problem[] } {
  const problems: Problem[] = []
  const lines = new LineCounter()
  const bad = (line: number, what: string, fix: string): void => {
    problems.push({ code: 'scan-ignore', what, where: `${file}:${line}`, fix })
  }
  const document = parseDocument(text, { lineCounter: lines })
  for (const error of document.errors)
    bad(error.linePos?.[0].line ?? 1, 'the ignore file is no YAML', error.message.split('\n')[0] ?? '')
  if (problems.length > 0 || document.contents === null) return { entries: [], problems }
  const top = document.contents
  const list = isMap(top) ? top.get('ignore', true) : top
  if (!isSeq(list)) {
    bad(1, 'the ignore file is no list', `write a list of entries with ${REQUIRED.join(', ')}`)
    return { entries: [], problems }
  }
  const entries: IgnoreEntry[] = []
  for (const item of list.items) {
    const range = (item as { range?: readonly number[] | null } | null)?.range
    const line = lines.linePos(range?.[0] ?? 0).line
    if (!isMap(item)) bad(line, 'an entry of the ignore file is no map', `give it ${REQUIRED.join(', ')}`)
    else {
      const entry = readEntry(item, line, now, (what, fix) => {
        bad(line, what, fix)
      })
      if (entry !== undefined) entries.push(entry)
    }
  }
  return { entries, problems }
}

function readEntry(
  item: YAMLMap,
  line: number,
  now: number,
  bad: (what: string, fix: string) => void,
): IgnoreEntry | undefined {
  const values = new Map<string, string>()
  let faults = 0
  const refuse = (what: string, fix: string): void => {
    faults++
    bad(what, fix)
  }
  for (const { key, value } of item.items) {
    const name = isScalar(key) ? String(key.value) : ''
    // The source of a date is its text; YAML 1.2 has no dates, but quoting must not matter.
    const text = isScalar(value) ? (value.source ?? '').trim() : ''
    if (!KNOWN.includes(name)) {
      const near = nearest(name, KNOWN)
      refuse(
        `"${name}" is no field of an ignore entry`,
        near === undefined ? `use ${KNOWN.join(', ')}` : `did you mean ${near}?`,
      )
    } else values.set(name, text)
  }
  const about = values.get('id') ?? ''
  for (const name of REQUIRED)
    if ((values.get(name) ?? '') === '')
      refuse(`an ignore entry${about === '' ? '' : ` (${about})`} has no ${name}`, MISSING[name])
  const reason = values.get('reason') ?? ''
  if (reason !== '' && reason.length < SHORTEST_REASON)
    refuse(
      `the reason of ${about} says too little`,
      `write a sentence: why it does no harm here (at least ${SHORTEST_REASON} letters)`,
    )
  const until = values.get('until') ?? ''
  const end = lastMoment(until)
  if (until !== '' && end === undefined) refuse(`until of ${about} is no date`, 'write YYYY-MM-DD')
  else if (end !== undefined && end - now > (LONGEST_DAYS + 1) * DAY)
    refuse(
      `until of ${about} is more than a year away`,
      `choose a day up to ${new Date(now + LONGEST_DAYS * DAY).toISOString().slice(0, 10)}, and look at it again then`,
    )
  if (faults > 0) return undefined
  const only = (name: (typeof OPTIONAL)[number]): string | undefined => {
    const value = values.get(name)
    return value === undefined || value === '' ? undefined : value
  }
  const of = only('package')
  const path = only('path')
  return {
    id: about,
    reason,
    until,
    owner: values.get('owner') ?? '',
    line,
    ...(of === undefined ? {} : { package: of }),
    ...(path === undefined ? {} : { path }),
  }
}

const MISSING: Readonly<Record<(typeof REQUIRED)[number], string>> = {
  id: 'name the vulnerability (GO-…, CVE-…, GHSA-…), the rule of a secret, or the fingerprint of findings.json',
  reason: 'say why it does no harm here',
  until: 'say until which day it is accepted: YYYY-MM-DD',
  owner: 'say who answers for it: @user, @org/team or an address',
}

/** The last ms of a day, UTC; undefined when it is none of the calendar. */
function lastMoment(day: string): number | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN
  // Date.parse takes 2026-02-30 for the 2nd of March.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day) return undefined
  return at + DAY - 1
}

export const isExpired = (entry: Pick<IgnoreEntry, 'until'>, now: number): boolean =>
  now > (lastMoment(entry.until) ?? -Infinity)

/** Whether an entry speaks about a finding. With `path` every place of it must lie there. */
export function covers(entry: IgnoreEntry, finding: Finding): boolean {
  const names = [finding.id, finding.fingerprint, ...finding.aliases].map((name) => name.toLowerCase())
  if (!names.includes(entry.id.toLowerCase())) return false
  if (entry.package !== undefined && entry.package !== finding.package) return false
  const { path } = entry
  if (path === undefined) return true
  const folder = clean(path)
  return finding.places.every(({ file = '' }) => {
    const at = clean(file)
    return at === folder || at.startsWith(`${folder}/`)
  })
}

const clean = (path: string): string => path.replace(/^(?:\.?\/)+/, '').replace(/\/+$/, '')
