import type { Problem } from '../base/errors.ts'
import { count, fileUrl } from './format.ts'
import { code, details, fence, inline, link, shorten, table } from './markdown.ts'
import type { DiagnosticReport, RunReport, TestFailureReport } from './model.ts'

const MAX_PROBLEMS = 10
const MAX_FAILURES = 10
const MAX_FINDINGS = 25
const MAX_OUTPUT_LINES = 25
const MAX_LOG_LINES = 60
const MAX_LINE = 300

/** What went wrong, before anything else: causes, places and fixes; then tests, findings and the log behind them. */
export function failureSection(report: RunReport): string | undefined {
  if (report.outcome === 'passed') return undefined
  const parts: string[] = []
  for (const problem of report.problems.slice(0, MAX_PROBLEMS)) parts.push(problemBlock(problem, report))
  if (report.problems.length > MAX_PROBLEMS)
    parts.push(
      `… and ${count(report.problems.length - MAX_PROBLEMS, 'more problem')}; all are in report.json.`,
    )
  parts.push(...testFailures(report.tests?.failures ?? [], report))
  const log = report.failureLog
  if (log !== undefined && log.lines.length > 0) {
    const lines = tail(log.lines, MAX_LOG_LINES)
    parts.push(details(`Last ${count(lines.length, 'line')} of ${log.step}`, fence(lines, 'text')))
  }
  return parts.length === 0 ? undefined : parts.join('\n\n')
}

function problemBlock(problem: Problem, report: RunReport): string {
  const lines = [`> ❌ **${inline(shorten(problem.what, 500))}**`]
  const row = (name: string, text: string | undefined): void => {
    if (text !== undefined && text !== '') lines.push('>', `> **${name}** ${text}`)
  }
  row('Cause', problem.cause === undefined ? undefined : inline(shorten(problem.cause, 2000)))
  row('Where', place(problem, report))
  row('Fix', problem.fix === undefined ? undefined : inline(shorten(problem.fix, 2000)))
  return lines.join('\n')
}

function place(problem: Problem, report: RunReport): string {
  const parts: string[] = []
  if (problem.input !== undefined) {
    const value = problem.value === undefined ? '' : ` = ${code(shorten(problem.value, 200))}`
    parts.push(`input ${code(problem.input)}${value}`)
  }
  if (problem.where !== undefined) {
    const file = /^([\w./@ -]+\.\w+):(\d+)(?::\d+)?$/.exec(problem.where)
    const url = file?.[1] === undefined ? undefined : fileUrl(report, file[1], Number(file[2]))
    parts.push(link(code(shorten(problem.where, 500)), url))
  }
  return parts.join(', ')
}

function testFailures(failures: readonly TestFailureReport[], report: RunReport): string[] {
  const shown = failures.slice(0, MAX_FAILURES).map((failure) => {
    const name = failure.test === undefined ? failure.package : `${failure.test} (${failure.package})`
    const where =
      failure.file === undefined
        ? []
        : [
            link(
              code(failure.line === undefined ? failure.file : `${failure.file}:${failure.line}`),
              fileUrl(report, failure.file, failure.line),
            ),
          ]
    const output = failure.output.length > 0 ? failure.output : failure.message.split('\n')
    return details(
      `✗ ${shorten(name, 200)}`,
      [...where, fence(tail(output, MAX_OUTPUT_LINES), 'text')].join('\n\n'),
    )
  })
  if (failures.length > MAX_FAILURES)
    shown.push(`… and ${count(failures.length - MAX_FAILURES, 'more failed test')}; all are in junit.xml.`)
  return shown
}

/** Findings on lines of the code, worst first. */
export function findingsSection(report: RunReport): string | undefined {
  const weight: Record<DiagnosticReport['level'], number> = { error: 0, warning: 1, notice: 2 }
  const sorted = [...report.diagnostics].sort((a, b) => weight[a.level] - weight[b.level])
  if (sorted.length === 0) return undefined
  const icon = { error: '❌', warning: '⚠️', notice: 'ℹ️' }
  const rows = sorted.slice(0, MAX_FINDINGS).map((one) => {
    const where =
      one.file === undefined
        ? ''
        : link(
            code(one.line === undefined ? one.file : `${one.file}:${one.line}`),
            fileUrl(report, one.file, one.line),
          )
    const fix = one.fix === undefined ? '' : `<br>→ ${inline(shorten(one.fix, MAX_LINE))}`
    return [
      icon[one.level],
      where,
      inline(shorten(one.message, MAX_LINE)) + fix,
      code(one.code === undefined ? one.tool : `${one.tool} ${one.code}`),
    ]
  })
  const more =
    sorted.length > MAX_FINDINGS
      ? `\n\n… and ${sorted.length - MAX_FINDINGS} more; all are in report.json.`
      : ''
  return (
    table(
      [['', 'left'], ['Where', 'left'], ['Finding', 'left'], ['From', 'left']],
      rows,
    ) + more
  ) // prettier-ignore
}

const tail = (lines: readonly string[], most: number): string[] =>
  lines.slice(-most).map((line) => shorten(line, MAX_LINE))
