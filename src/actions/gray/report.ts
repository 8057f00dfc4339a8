import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PipelineError } from '../../base/errors.ts'
import { writeAtomic } from '../../base/files.ts'
import type { StoredRelease } from '../../gray/ports.ts'
import { isTerminal } from '../../gray/reducer.ts'
import { parseHead } from '../../report/audit-chain.ts'
import { writeGrayFiles } from '../../report/gray-files.ts'
import { fromAudit, type GrayReport } from '../../report/gray-model.ts'
import { appendSummary, problemsSummary } from '../job-summary.ts'
import type { Shell } from '../shell.ts'
import type { GrayEnd } from './outputs.ts'
import type { Done } from './run.ts'
import type { Wires } from './wire.ts'

export interface Reported {
  readonly done: Done
  readonly wires: Wires | undefined
  readonly failure: PipelineError | undefined
}

/** Writes report files and the job summary; returns where they are. What only looks (status, a dry run) leaves no files. */
export async function reportGray(
  { done, wires, failure }: Reported,
  act: Shell,
): Promise<Pick<GrayEnd, 'audit' | 'report'>> {
  const { release } = done.end
  if (wires === undefined || release === undefined || done.run === undefined) {
    if (failure !== undefined)
      await appendSummary(act, problemsSummary('Gray release: nothing was done', failure))
    else if (done.text !== undefined) await appendSummary(act, told(done.text))
    return {}
  }
  const report = await reportOf(release, done, wires, failure, act)
  const { reportDir, auditFile } = wires
  await mkdir(reportDir, { recursive: true })
  const { summary } = await writeGrayFiles(reportDir, report, act.secrets)
  await writeAtomic(
    join(reportDir, 'gray.json'),
    act.secrets.redact(`${JSON.stringify({ ...done.end, ...report }, null, 2)}\n`),
  )
  await appendSummary(act, summary)
  const head = wires.auditHead()
  return { report: reportDir, audit: { file: auditFile, ...(head === undefined ? {} : { head }) } }
}

/** From the audit, which also has the looks of earlier jobs; what is not there (a damaged file) is told by this run itself. */
async function reportOf(
  release: StoredRelease,
  done: Done,
  wires: Wires,
  failure: PipelineError | undefined,
  act: Shell,
): Promise<GrayReport> {
  const entries = await wires.auditEntries(release.id)
  const audited = fromAudit(entries, release.id)
  const own = done.run?.looks ?? []
  const looks = audited.looks.length >= own.length ? audited.looks : own
  const last = entries.findLast(({ record }) => record.kind === 'event')
  const ended = isTerminal(release.state) && last !== undefined ? Date.parse(last.at) : act.clock.now()
  const head = parseHead(wires.auditHead() ?? '')
  return {
    release,
    looks,
    decisions: audited.decisions,
    until: ended,
    audit: { file: wires.auditFile, ...(head === undefined ? {} : { head }) },
    ...(failure === undefined ? {} : { problems: failure.problems }),
  }
}

/** A status or a plan, as it stands on a terminal. */
const told = (text: string): string => `## Gray release\n\n~~~text\n${text.replaceAll('~~~', '~ ~ ~')}\n~~~\n`
