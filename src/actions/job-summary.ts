import { appendFile } from 'node:fs/promises'
import { describeProblem, type PipelineError } from '../base/errors.ts'
import type { Shell } from './shell.ts'

/** Adds text to the job summary, where there is one. */
export async function appendSummary(act: Pick<Shell, 'env' | 'secrets'>, text: string): Promise<void> {
  const file = act.env['GITHUB_STEP_SUMMARY'] ?? ''
  if (file !== '') await appendFile(file, act.secrets.redact(`${text.trimEnd()}\n`))
}

/** What ended before it had anything to report still lists every problem. */
export function problemsSummary(title: string, failure: PipelineError): string {
  const items = failure.problems.map(
    (problem) => `- ${describeProblem(problem).replaceAll('\n', '  \n  ').replaceAll('<', '&lt;')}`,
  )
  return `## ${title}\n\n${items.join('\n')}`
}
