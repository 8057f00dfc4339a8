import { join } from 'node:path'
import { writeAtomic } from '../base/files.ts'
import type { Secrets } from '../base/secrets.ts'
import { coverageSvg, sizesSvg, timelineSvg } from './charts.ts'
import type { FileReport, RunReport } from './model.ts'
import { REPORT_SCHEMA } from './schema.ts'
import { renderSummary } from './summary.ts'

/**
 * Writes report.json with its schema, summary.md and the pictures that there is something to draw for. Each file
 * appears whole or not at all. Secrets are taken out of every text, also of those inside the JSON.
 * Other files (junit.xml, coverage.out) are listed in report.json when the report names them.
 *
 * @returns the names of the written files, in the order in which a reader would open them
 */
export async function writeReportFiles(
  folder: string,
  report: RunReport,
  secrets: Pick<Secrets, 'redact'>,
): Promise<string[]> {
  const clean = redactAll(report, secrets)
  const pictures = [
    { title: 'Timeline', path: 'timeline.svg', content: timelineSvg(clean) },
    { title: 'Coverage', path: 'coverage.svg', content: coverageSvg(clean) },
    { title: 'Image sizes', path: 'sizes.svg', content: sizesSvg(clean) },
  ].filter((one): one is FileReport & { content: string } => one.content !== undefined)
  const listed: FileReport[] = [
    { title: 'Summary', path: 'summary.md' },
    ...pictures.map(({ title, path }) => ({ title, path })),
    ...clean.files,
  ]
  const files = listed.filter((one, i) => listed.findIndex((other) => other.path === one.path) === i)
  const written: readonly { readonly path: string; readonly content: string }[] = [
    { path: 'summary.md', content: renderSummary(clean) },
    ...pictures,
    { path: 'report.schema.json', content: `${JSON.stringify(REPORT_SCHEMA, null, 2)}\n` },
    // Last: who finds it finds the others too.
    { path: 'report.json', content: `${JSON.stringify({ ...clean, files }, null, 2)}\n` },
  ]
  for (const { path, content } of written) await writeAtomic(join(folder, path), content)
  return written.map(({ path }) => path)
}

/** A copy in which no string, at any depth, holds a secret. Redacting the JSON text instead would miss escaped ones. */
export function redactAll<T>(value: T, secrets: Pick<Secrets, 'redact'>): T {
  const clean = (at: unknown): unknown => {
    if (typeof at === 'string') return secrets.redact(at)
    if (Array.isArray(at)) return at.map(clean)
    if (typeof at === 'object' && at !== null)
      return Object.fromEntries(Object.entries(at).map(([key, entry]) => [key, clean(entry)]))
    return at
  }
  return clean(value) as T
}
