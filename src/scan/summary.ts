import { formatDuration } from '../base/clock.ts'
import { code, details, inline, link, shorten, table } from '../report/markdown.ts'
import { describePlace, type ScanPart, SEVERITIES } from './findings.ts'
import type { GateRules, GateVerdict, Judged } from './gate.ts'
import type { Skip, SkipPermit } from './skip.ts'

export interface ScanReport {
  readonly parts: readonly ScanPart[]
  /** Undefined when everything was skipped. */
  readonly gate: GateVerdict | undefined
  readonly rules: GateRules
  readonly skips: readonly Skip[]
  readonly permit: SkipPermit | undefined
  readonly reason: string | undefined
  /** Scanners that could not look, and why. */
  readonly failures: readonly string[]
  /** What a reader should know about the whole. */
  readonly notes: readonly string[]
  /** `SEQ:HASH` of the audit's last line, when one was written. */
  readonly auditHead: string | undefined
}

const MOST_ROWS = 60

/** The job summary: the verdict, what stops and how to mend it, what was looked at, what was let pass and by whom. */
export function scanSummary(report: ScanReport): string {
  const { gate } = report
  const parts = [`## ${headline(report)}`]
  if (report.failures.length > 0)
    parts.push(report.failures.map((failure) => `- **not scanned:** ${inline(failure)}`).join('\n'))
  if (report.permit !== undefined) parts.push(skipText(report, report.permit))
  if (gate !== undefined) {
    const of = (state: Judged['state']): readonly Judged[] => gate.judged.filter((one) => one.state === state)
    const stopping = of('stops')
    if (stopping.length > 0) parts.push(findingsTable(stopping))
    for (const entry of gate.expired)
      parts.push(
        `- the entry for ${code(entry.id)} in the ignore file ended on ${entry.until} (${inline(entry.owner)}: ${inline(entry.reason)})`,
      )
    const warnings = of('warning')
    if (warnings.length > 0)
      parts.push(details(`${warnings.length} that do not stop the release`, findingsTable(warnings)))
    const ignored = of('ignored')
    if (ignored.length > 0)
      parts.push(details(`${ignored.length} accepted for a time`, findingsTable(ignored)))
    if (gate.unused.length > 0)
      parts.push(
        `Entries of the ignore file that speak about nothing found, remove them: ${gate.unused.map(({ id }) => code(id)).join(', ')}`,
      )
  }
  if (report.parts.length > 0) parts.push(partsTable(report.parts))
  if (report.notes.length > 0) parts.push(report.notes.map((note) => `- ${inline(note)}`).join('\n'))
  if (report.auditHead !== undefined) parts.push(`Audit: ${code(report.auditHead)}`)
  return parts.join('\n\n')
}

function headline({ gate, parts, failures, rules }: ScanReport): string {
  if (gate === undefined) return 'Scan: skipped'
  if (gate.verdict === 'failed') return `Scan: stopped by ${plural(gate.problems.length, 'finding')}`
  if (failures.length > 0) return 'Scan: not finished'
  const known = SEVERITIES.filter((severity) => gate.counts[severity] > 0)
  const rest = known.map((severity) => `${gate.counts[severity]} ${severity}`).join(', ')
  const judged = rules.failOn.length === 0 ? 'nothing was judged' : 'passed'
  return `Scan: ${judged}${rest === '' ? `, nothing found by ${new Set(parts.map(({ scanner }) => scanner)).size} scanners` : ` (${rest})`}`
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

const skipText = ({ skips, reason }: ScanReport, permit: SkipPermit): string =>
  `> **Not scanned:** ${skips.map((skip) => inline(skip.what)).join(', ')}. Allowed by ${inline(permit.by)} (${inline(permit.how)}): ${inline(reason ?? '')}`

function findingsTable(judged: readonly Judged[]): string {
  const rows = judged.slice(0, MOST_ROWS).map(({ finding, why, state }) => {
    const names = [finding.id, ...finding.aliases.slice(0, 2)]
    const places = finding.places.slice(0, 2).map((place) => code(describePlace(place)))
    const more = finding.places.length - places.length
    const calls = finding.trace === undefined ? '' : `<br>${code(shorten(finding.trace.join(' → '), 160))}`
    return [
      link(inline(names.join(', ')), finding.url),
      finding.severityFrom === 'assumed' && finding.kind === 'vulnerability' ? `${finding.severity} (assumed)` : finding.severity, // prettier-ignore
      finding.package === '' ? '' : code(finding.package),
      code(finding.installed),
      finding.fixed === undefined ? '' : code(finding.fixed),
      `${places.join('<br>')}${more > 0 ? `<br>and ${more} more` : ''}${calls}`,
      inline(state === 'stops' ? finding.fix : why),
    ]
  })
  const rest = judged.length - rows.length
  const tail = rest > 0 ? `\n\n${rest} more are in findings.json and scan.sarif.` : ''
  const last = judged[0]?.state === 'stops' ? 'how to fix' : 'why it passes'
  return `${table(
    [['id', 'left'], ['severity', 'left'], ['package', 'left'], ['installed', 'left'], ['fixed in', 'left'], ['where', 'left'], [last, 'left']],
    rows,
  )}${tail}` // prettier-ignore
}

const partsTable = (parts: readonly ScanPart[]): string =>
  table(
    [['scanner', 'left'], ['looked at', 'left'], ['found', 'right'], ['database', 'left'], ['notes', 'left'], ['time', 'right']],
    parts.map((part) => [
      inline(`${part.scanner} ${part.version}`),
      inline(part.subject),
      String(part.findings.length),
      part.database === undefined ? '' : `${inline(part.database.source)}${part.database.modified === undefined ? '' : ` of ${part.database.modified.slice(0, 10)}`}`,
      part.notes.map(inline).join('<br>'),
      formatDuration(part.ms),
    ]),
  ) // prettier-ignore
