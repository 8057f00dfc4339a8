import type { Annotation } from '../base/log.ts'
import type { Diagnostic } from '../go/diagnostics.ts'
import type { TestFailure } from '../go/test-output.ts'

/** GitHub shows ten annotations of each level for a step; what comes after is dropped without a word. */
export const MAX_ANNOTATIONS = 10

/**
 * Annotations for what stops the run: build errors first, then failed tests, then findings of vet. One for each
 * place; tests that only went down with another one's panic are left out. When some must be hidden, the last one
 * shown says how many.
 */
export function annotationsOf(
  report: {
    readonly buildErrors: readonly Diagnostic[]
    readonly findings: readonly Diagnostic[]
    readonly failures: readonly TestFailure[]
  },
  limit = MAX_ANNOTATIONS,
): Annotation[] {
  const crashed = new Set(
    report.failures.filter((f) => f.kind === 'panic' || f.kind === 'timeout').map((f) => f.package),
  )
  const all = [
    ...report.buildErrors.map(ofDiagnostic),
    ...report.failures.filter((f) => f.kind !== 'unfinished' || !crashed.has(f.package)).map(ofFailure),
    ...report.findings.map(ofDiagnostic),
  ]
  const seen = new Set<string>()
  const unique = all.filter((a) => {
    const key = JSON.stringify([a.file, a.line, a.title, a.message])
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
  if (unique.length <= limit) return unique
  const shown = unique.slice(0, Math.max(0, limit - 1))
  return [
    ...shown,
    {
      level: 'error',
      title: 'more problems',
      message: `${unique.length - shown.length} more problems are in the job summary and in the JUnit file of report-dir`,
    },
  ]
}

function ofDiagnostic(d: Diagnostic): Annotation {
  const title =
    d.kind === 'vet'
      ? `go vet${d.analyzer === undefined ? '' : `: ${d.analyzer}`}`
      : d.kind === 'compile'
        ? 'does not compile'
        : 'cannot be loaded'
  const message = d.fix === undefined ? d.message : `${d.message}\nfix: ${d.fix}`
  return { level: 'error', title, message, ...placeOf(d) }
}

const TITLES: Readonly<Record<TestFailure['kind'], string>> = {
  failed: 'failed',
  panic: 'panicked',
  race: 'has a data race',
  timeout: 'timed out',
  unfinished: 'did not finish',
  package: 'the test program failed',
}

function ofFailure(failure: TestFailure): Annotation {
  const subject = failure.test ?? failure.package
  // A message that says nothing by itself: the last words of the output help more.
  const tail = failure.message.includes('\n') ? [] : failure.output.slice(-5)
  const message = [failure.message, ...tail.filter((line) => !line.includes(failure.message))].join('\n')
  return { level: 'error', title: `${subject} ${TITLES[failure.kind]}`, message, ...placeOf(failure) }
}

const placeOf = (at: { file?: string; line?: number; column?: number }): Partial<Annotation> => ({
  ...(at.file === undefined ? {} : { file: at.file }),
  ...(at.file === undefined || at.line === undefined ? {} : { line: at.line }),
  ...(at.file === undefined || at.column === undefined ? {} : { column: at.column }),
})
