import type { Problem } from '../base/errors.ts'
import {
  compareFindings,
  countBySeverity,
  type Counts,
  describePlace,
  type Finding,
  type Reach,
  reachRank,
  type Severity,
} from './findings.ts'
import { covers, type IgnoreEntry, isExpired } from './ignore.ts'

export interface GateRules {
  /** A finding of one of these stops the release. */
  readonly failOn: readonly Severity[]
  /** From this reach on a finding of govulncheck counts; what is farther away is a warning. */
  readonly level: Reach
  /** What has no fixed version: stops as well, or is a warning. Secrets always stop. */
  readonly unfixed: 'fail' | 'warn'
}

/** What became of a finding, and why when that is not plain. */
export interface Judged {
  readonly finding: Finding
  readonly state: 'stops' | 'warning' | 'ignored'
  readonly why: string
  /** The entry of the ignore file that speaks about it, expired or not. */
  readonly entry?: IgnoreEntry
}

export interface GateVerdict {
  readonly verdict: 'passed' | 'failed'
  /** Worst first. */
  readonly judged: readonly Judged[]
  readonly stopping: readonly Judged[]
  /** Of all findings that are not ignored. */
  readonly counts: Counts
  readonly expired: readonly IgnoreEntry[]
  /** Entries that speak about nothing that was found. */
  readonly unused: readonly IgnoreEntry[]
  readonly problems: readonly Problem[]
}

/**
 * The verdict on what was found. An expired entry of the ignore file fails the gate even when its finding is gone: what was
 * accepted for a time has to be looked at when the time is over.
 *
 * @param now ms since the epoch
 */
export function judgeFindings(
  findings: readonly Finding[],
  rules: GateRules,
  ignores: readonly IgnoreEntry[],
  ignoreFile: string,
  now: number,
): GateVerdict {
  const used = new Set<IgnoreEntry>()
  const judged = [...findings].sort(compareFindings).map((finding): Judged => {
    const entries = ignores.filter((entry) => covers(entry, finding))
    for (const entry of entries) used.add(entry)
    const valid = entries.find((entry) => !isExpired(entry, now))
    if (valid !== undefined) {
      const why = `accepted by ${valid.owner} until ${valid.until}: ${valid.reason}`
      return { finding, state: 'ignored', why, entry: valid }
    }
    const [entry] = entries
    return { finding, ...stateOf(finding, rules), ...(entry === undefined ? {} : { entry }) }
  })
  const stopping = judged.filter(({ state }) => state === 'stops')
  const expired = ignores.filter((entry) => isExpired(entry, now))
  const problems = [
    ...stopping.map(({ finding, entry }) => problemOf(finding, entry)),
    ...expired.map((entry) => expiredProblem(entry, ignoreFile)),
  ]
  return {
    verdict: problems.length === 0 ? 'passed' : 'failed',
    judged,
    stopping,
    counts: countBySeverity(judged.flatMap(({ finding, state }) => (state === 'ignored' ? [] : [finding]))),
    expired,
    unused: ignores.filter((entry) => !used.has(entry) && !isExpired(entry, now)),
    problems,
  }
}

function stateOf(finding: Finding, { failOn, level, unfixed }: GateRules): Pick<Judged, 'state' | 'why'> {
  if (finding.kind === 'secret') return { state: 'stops', why: 'a secret always stops' }
  if (!failOn.includes(finding.severity))
    return { state: 'warning', why: `${finding.severity} is not in fail-on` }
  if (finding.reach !== undefined && reachRank(finding.reach) > reachRank(level))
    return {
      state: 'warning',
      why:
        finding.reach === 'package'
          ? 'imported, but no vulnerable symbol is called'
          : 'required, but its vulnerable packages are not imported',
    }
  if (finding.fixed === undefined && unfixed === 'warn')
    return { state: 'warning', why: 'there is no fixed version' }
  return { state: 'stops', why: finding.severity }
}

function problemOf(finding: Finding, entry: IgnoreEntry | undefined): Problem {
  const [place] = finding.places
  const more = finding.places.length - 1
  const where = place === undefined ? '' : `${describePlace(place)}${more > 0 ? ` and ${more} more` : ''}`
  const expired =
    entry === undefined ? '' : `; its entry in the ignore file (${entry.owner}) ended on ${entry.until}`
  if (finding.kind === 'secret')
    return {
      code: 'scan-secret',
      what: `a secret is in the repository: ${finding.id}`,
      cause: `${finding.title}${expired}`,
      where,
      fix: finding.fix,
    }
  const calls = finding.trace === undefined ? '' : `; called by ${finding.trace.join(' → ')}`
  const { aliases, id, severity } = finding
  return {
    code: 'scan-vulnerability',
    what: `${id} (${severity}) in ${finding.package} ${finding.installed}`.trim(),
    cause: `${finding.title}${aliases.length === 0 ? '' : ` (${aliases.join(', ')})`}${calls}${expired}`,
    where,
    fix: finding.fix,
  }
}

const expiredProblem = (entry: IgnoreEntry, file: string): Problem => ({
  code: 'scan-ignore-expired',
  what: `the entry for ${entry.id} in the ignore file has ended on ${entry.until}`,
  cause: `${entry.owner} accepted it: ${entry.reason}`,
  where: `${file}:${entry.line}`,
  fix: 'fix the finding and remove the entry, or look at it again and give it a new day',
})
