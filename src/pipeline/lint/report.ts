import { createHash } from 'node:crypto'
import type { Annotation } from '../../base/log.ts'
import { count } from '../../report/format.ts'
import { code, details, fence, inline, table } from '../../report/markdown.ts'
import { type Finding, type Level, RULES } from './model.ts'

/** GitHub shows ten of each level for a step. */
const MOST_ANNOTATIONS = 10

/** Annotations at their lines; when some must be left out the last one says how many. */
export function lintAnnotations(findings: readonly Finding[]): Annotation[] {
  return (['error', 'warning'] as const).flatMap((level) => {
    const all = findings.filter((one) => one.level === level)
    const shown = all.length > MOST_ANNOTATIONS ? all.slice(0, MOST_ANNOTATIONS - 1) : all
    const left = all.length - shown.length
    return [
      ...shown.map(
        (one): Annotation => ({
          level,
          title: one.rule,
          message: `${one.message}\nfix: ${one.fix}`,
          file: one.file,
          line: one.line,
          column: one.column,
        }),
      ),
      ...(left === 0 ? [] : [{ level, title: 'more findings', message: `${left} more are in the job summary` }]),
    ]
  }) // prettier-ignore
}

/** SARIF 2.1.0 (OASIS), deterministic, with every rule, so that a fixed finding closes its alert. */
export function lintSarif(findings: readonly Finding[], version: string): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'go-image-pipeline template-lint',
            semanticVersion: version.replace(/^v/, ''),
            rules: RULES.map(({ id, title, why, level }) => ({
              id,
              shortDescription: { text: title },
              fullDescription: { text: why },
              defaultConfiguration: { level },
            })),
          },
        },
        automationDetails: { id: 'go-image-pipeline/template-lint/' },
        columnKind: 'utf16CodeUnits',
        results: findings.map((one) => ({
          ruleId: one.rule,
          ruleIndex: RULES.findIndex(({ id }) => id === one.rule),
          level: one.level,
          message: { text: `${one.message}. To fix it: ${one.fix}.` },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: one.file.split('/').map(encodeURIComponent).join('/') },
                region: { startLine: one.line, startColumn: one.column },
              },
            },
          ],
          // Lines move; what is said about a file stays the same finding.
          partialFingerprints: {
            'goImagePipeline/v1': createHash('sha256')
              .update(JSON.stringify([one.rule, one.file, one.message]))
              .digest('hex'),
          },
        })),
      },
    ],
  }
}

/** Markdown for the job summary: what was found, by file, with diffs folded. */
export function lintSummary(findings: readonly Finding[], files: number, failed: boolean): string {
  const number = (level: Level): number => findings.filter((one) => one.level === level).length
  const head = failed ? 'stopped' : findings.length === 0 ? 'nothing found' : 'passed'
  const rows = findings
    .slice(0, 200)
    .map((one) => [
      one.level === 'error' ? '❌' : '⚠️',
      code(`${one.file}:${one.line}`),
      code(one.rule),
      inline(one.message),
      inline(one.fix),
    ])
  const diffs = findings.flatMap((one) =>
    one.diff === undefined
      ? []
      : [
          details(
            `${one.file}: to the template of the current version`,
            fence(one.diff.slice(0, 400), 'diff'),
          ),
        ],
  )
  return [
    `## Templates: ${head}`,
    `${count(files, 'file')}, ${count(number('error'), 'error')}, ${count(number('warning'), 'warning')}`,
    rows.length === 0
      ? ''
      : table([['', 'left'], ['where', 'left'], ['rule', 'left'], ['what', 'left'], ['fix', 'left']], rows),
    findings.length > 200 ? `and ${findings.length - 200} more in the SARIF file` : '',
    ...diffs,
  ].filter((part) => part !== '').join('\n\n') // prettier-ignore
}
