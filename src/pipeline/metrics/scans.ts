import type { Problem } from '../../base/errors.ts'
import { messageOf } from '../../base/errors.ts'
import { at, maybeText } from '../../github/answers.ts'
import type { VulnerabilityFact } from './facts.ts'

export interface ScanFinding {
  readonly id: string
  /** File or package. */
  readonly place: string
  /** Lower case: critical, high, medium, low. */
  readonly severity: string
  /** The gate stopped the release because of it. */
  readonly refused: boolean
}

/** What one scan found. */
export interface ScanRecord {
  readonly at: number
  /** `gate`: before the tag moved; `watch`: of what had been published already. */
  readonly where: 'gate' | 'watch'
  readonly findings: readonly ScanFinding[]
}

/**
 * A SARIF 2.1.0 file as a record. In our own (stage scan) `level: error` is what stopped the release; other scanners' files are
 * read by the same rule. A suppressed result was accepted by somebody, so it was let through. The time is that of the run's
 * invocation; a file without one counts as made at `fallback`.
 */
export function readScan(
  text: string,
  file: string,
  where: ScanRecord['where'],
  fallback: number,
): ScanRecord | Problem {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return notSarif(file, messageOf(error))
  }
  const runs = at(value, 'runs')
  if (!Array.isArray(runs)) return notSarif(file, 'it has no list "runs"')
  const times: number[] = []
  const findings = (runs as unknown[]).flatMap((run) => {
    for (const invocation of array(at(run, 'invocations'))) {
      const end = Date.parse(maybeText(invocation, 'endTimeUtc') ?? '')
      if (!Number.isNaN(end)) times.push(end)
    }
    const rules = array(at(run, 'tool', 'driver', 'rules'))
    return array(at(run, 'results')).flatMap((result) => readResult(result, rules) ?? [])
  })
  return { at: times.length === 0 ? fallback : Math.max(...times), where, findings }
}

function readResult(result: unknown, rules: readonly unknown[]): ScanFinding | undefined {
  const index = at(result, 'ruleIndex')
  const id = maybeText(result, 'ruleId') ?? maybeText(rules[typeof index === 'number' ? index : -1], 'id')
  if (id === undefined) return undefined
  const rule = rules.find((one) => maybeText(one, 'id') === id)
  // A leaked secret is another matter: it is revoked, not patched.
  if (array(at(rule, 'properties', 'tags')).includes('secret')) return undefined
  const [location] = array(at(result, 'locations'))
  const suppressed = array(at(result, 'suppressions')).length > 0
  // SARIF's own default of the level (§3.27.10), unless the rule says another.
  const level = maybeText(result, 'level') ?? maybeText(rule, 'defaultConfiguration', 'level') ?? 'warning'
  return {
    id,
    place: maybeText(location, 'physicalLocation', 'artifactLocation', 'uri') ?? '',
    severity:
      maybeText(result, 'properties', 'severity')?.toLowerCase() ??
      severityOfScore(maybeText(rule, 'properties', 'security-severity')),
    refused: level === 'error' && !suppressed,
  }
}

/** GitHub's bands of `security-severity`. */
function severityOfScore(text: string | undefined): string {
  const score = Number(text ?? Number.NaN)
  if (Number.isNaN(score)) return 'unknown'
  return score >= 9 ? 'critical' : score >= 7 ? 'high' : score >= 4 ? 'medium' : score > 0 ? 'low' : 'unknown'
}

/**
 * Findings of scans, each vulnerability of each place once: stopped when a gate refused it and it was never let through nor
 * found in what was published; escaped when it was.
 */
export function scanFacts(
  records: readonly ScanRecord[],
  severities: readonly string[],
): VulnerabilityFact[] {
  const found = new Map<string, VulnerabilityFact>()
  for (const record of [...records].sort((a, b) => a.at - b.at))
    for (const { id, place, severity, refused } of record.findings) {
      if (!severities.includes(severity)) continue
      const key = JSON.stringify([id, place])
      const known = found.get(key)
      const stopped = record.where === 'gate' && refused
      if (known !== undefined && (known.stopped === false || stopped)) continue
      const why = stopped
        ? 'the scan gate refused it'
        : record.where === 'gate'
          ? 'the scan gate let it through'
          : 'found in an image that was published'
      found.set(key, { id, place, severity, foundAt: known?.foundAt ?? record.at, stopped, why, url: undefined })
    } // prettier-ignore
  return [...found.values()]
}

const array = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])

const notSarif = (file: string, cause: string): Problem => ({
  code: 'metrics-scan-report',
  what: 'a scan report cannot be read',
  cause,
  where: file,
  fix: 'give SARIF 2.1.0 files, as the stage scan writes them',
})
