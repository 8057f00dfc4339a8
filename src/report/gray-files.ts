import { join } from 'node:path'
import { writeAtomic } from '../base/files.ts'
import type { Secrets } from '../base/secrets.ts'
import { redactAll } from './files.ts'
import { grayChartSvg } from './gray-chart.ts'
import type { GrayReport } from './gray-model.ts'
import { renderGraySummary } from './gray-summary.ts'

/**
 * Writes gray.svg (when there is something to draw) and gray-summary.md into `folder`; secrets are taken out of every text
 * first. Returns the summary for GITHUB_STEP_SUMMARY and the names of the files.
 */
export async function writeGrayFiles(
  folder: string,
  report: GrayReport,
  secrets: Pick<Secrets, 'redact'>,
): Promise<{ summary: string; files: string[] }> {
  const clean = redactAll(report, secrets)
  const summary = renderGraySummary(clean)
  const svg = grayChartSvg(clean)
  const files = [
    ...(svg === undefined ? [] : [{ name: 'gray.svg', content: svg }]),
    { name: 'gray-summary.md', content: summary },
  ]
  for (const { name, content } of files) await writeAtomic(join(folder, name), content)
  return { summary, files: files.map(({ name }) => name) }
}
