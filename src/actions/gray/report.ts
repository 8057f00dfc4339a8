import { appendFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describeProblem, type PipelineError } from '../../base/errors.ts'
import { writeAtomic } from '../../base/files.ts'
import type { Shell } from '../shell.ts'
import type { GrayInputs } from './inputs.ts'
import type { GrayEnd } from './outputs.ts'
import type { Done } from './run.ts'
import type { Wires } from './wire.ts'

export interface Reported {
  readonly inputs: GrayInputs | undefined
  readonly done: Done
  readonly wires: Wires | undefined
  readonly failure: PipelineError | undefined
}

/** Writes report files and the job summary; returns where they are. */
export async function reportGray(
  { done, wires, failure }: Reported,
  act: Shell,
): Promise<Pick<GrayEnd, 'audit' | 'report'>> {
  const summary = act.env['GITHUB_STEP_SUMMARY'] ?? ''
  if (wires === undefined || done.end.release === undefined) {
    if (summary !== '' && failure !== undefined)
      await appendFile(summary, act.secrets.redact(nothingDone(failure)))
    return {}
  }
  await mkdir(wires.reportDir, { recursive: true })
  await writeAtomic(
    join(wires.reportDir, 'gray.json'),
    act.secrets.redact(`${JSON.stringify({ ...done.end, looks: done.run?.looks ?? [], problems: failure?.problems ?? [] }, null, 2)}\n`), // prettier-ignore
  )
  const head = wires.auditHead()
  return {
    report: wires.reportDir,
    audit: { file: wires.auditFile, ...(head === undefined ? {} : { head }) },
  }
}

function nothingDone(failure: PipelineError): string {
  const items = failure.problems.map(
    (problem) => `- ${describeProblem(problem).replaceAll('\n', '  \n  ').replaceAll('<', '&lt;')}`,
  )
  return `## Gray release: nothing was done\n\n${items.join('\n')}\n`
}
