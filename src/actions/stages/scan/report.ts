import { join } from 'node:path'
import { PipelineError } from '../../../base/errors.ts'
import { writeAtomic } from '../../../base/files.ts'
import { redactAll } from '../../../report/files.ts'
import { countBySeverity } from '../../../scan/findings.ts'
import type { GateVerdict } from '../../../scan/gate.ts'
import { toSarif } from '../../../scan/sarif.ts'
import { type ScanReport, scanSummary } from '../../../scan/summary.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'

const MOST_PROBLEMS = 40

/** Writes scan.sarif, findings.json and summary.md, and returns the outputs. */
export async function writeReport(report: ScanReport, folder: string, act: Shell): Promise<StageEnd> {
  const clean = redactAll(report, act.secrets)
  const { gate, parts, failures } = clean
  const verdict =
    gate === undefined ? 'skipped' : gate.verdict === 'failed' || failures.length > 0 ? 'failed' : 'passed'
  const summary = scanSummary(clean)
  const counts = gate?.counts ?? countBySeverity([])
  const findings = {
    schemaVersion: 1,
    verdict,
    rules: clean.rules,
    counts,
    findings: gate?.judged.map(({ finding, state, why }) => ({ ...finding, state, why })) ?? [],
    expired: gate?.expired ?? [],
    unused: gate?.unused ?? [],
    scanners: parts.map(({ findings: found, ...part }) => ({ ...part, found: found.length })),
    notScanned: failures,
    skips: clean.skips,
    ...(clean.permit === undefined ? {} : { skipAllowed: { ...clean.permit, reason: clean.reason } }),
  }
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
  const sarif = join(folder, 'scan.sarif')
  await writeAtomic(sarif, json(toSarif(parts, gate?.judged ?? [], act.clock.now())))
  await writeAtomic(join(folder, 'findings.json'), json(findings))
  await writeAtomic(join(folder, 'summary.md'), `${summary}\n`)
  return {
    outputs: {
      verdict,
      counts: JSON.stringify(counts),
      stopping: String(gate?.problems.length ?? 0),
      sarif,
      findings: join(folder, 'findings.json'),
      report: folder,
      'audit-head': clean.auditHead ?? '',
    },
    summary,
  }
}

/** All that is wrong as one failure. A finding comes before a scanner that could not look, as the exit code does. */
export function failureOf(gate: GateVerdict, failures: readonly PipelineError[]): PipelineError | undefined {
  const problems = [...gate.problems]
  if (problems.length > MOST_PROBLEMS) {
    const rest = problems.splice(MOST_PROBLEMS).length
    problems.push({ code: 'scan-vulnerability', what: `${rest} more stop the release`, fix: 'see findings.json or scan.sarif of the report' }) // prettier-ignore
  }
  const all = [...problems, ...failures.flatMap((failure) => failure.problems)]
  if (all.length === 0) return undefined
  const kinds = new Set(failures.map((failure) => failure.kind))
  const kind =
    problems.length > 0 || kinds.has('gate') ? 'gate' : kinds.has('input') ? 'input' : 'environment'
  const log = failures.find((failure) => failure.log !== undefined)?.log
  return new PipelineError(kind, all, log === undefined ? {} : { log })
}
