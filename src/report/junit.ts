import { type Diagnostic, formatDiagnostic } from '../go/diagnostics.ts'
import type { TestReport } from '../go/test.ts'
import type { TestFailure } from '../go/test-output.ts'
import type { PackageResult } from '../go/test-state.ts'

/**
 * JUnit XML as the readers of GitHub, GitLab and Jenkins take it: one suite per package. What does not compile and
 * what vet finds are errors of the suite of their package, or of a suite `build` when they belong to none.
 */
export function junitXml(report: TestReport, name = 'go test'): string {
  const failures = groupBy(report.failures, (f) => f.package)
  const diagnostics = groupBy([...report.buildErrors, ...report.findings], (d) =>
    (d.package ?? 'build').replace(/_test$/, ''),
  )
  const suites = report.packages.map((result) =>
    suite(result.package, result, failures.get(result.package) ?? [], diagnostics.get(result.package) ?? []),
  )
  const known = new Set(report.packages.map((result) => result.package))
  const others = new Set([...failures.keys(), ...diagnostics.keys()].filter((key) => !known.has(key)))
  for (const other of [...others].sort())
    suites.push(suite(other, undefined, failures.get(other) ?? [], diagnostics.get(other) ?? []))
  const sum = (of: (s: Suite) => number): number => suites.reduce((total, s) => total + of(s), 0)
  const head = element('testsuites', {
    name,
    tests: sum((s) => s.tests),
    failures: sum((s) => s.failures),
    errors: sum((s) => s.errors),
    skipped: sum((s) => s.skipped),
    time: seconds(report.ms),
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n${head}>\n${suites.map((s) => s.xml).join('')}</testsuites>\n`
}

interface Suite {
  readonly tests: number
  readonly failures: number
  readonly errors: number
  readonly skipped: number
  readonly xml: string
}

function suite(
  name: string,
  result: PackageResult | undefined,
  failures: readonly TestFailure[],
  diagnostics: readonly Diagnostic[],
): Suite {
  const cases: string[] = []
  const counts = { tests: 0, failures: 0, errors: 0, skipped: 0 }
  const byTest = new Map(failures.flatMap((f) => (f.test === undefined ? [] : [[f.test, f] as const])))
  const told = new Set<TestFailure>()
  const add = (attributes: Attributes, body: string): void => {
    counts.tests++
    const head = element('testcase', attributes, 4)
    cases.push(body === '' ? `${head}/>\n` : `${head}>\n${body}    </testcase>\n`)
  }
  for (const test of result?.tests ?? []) {
    const failure = test.status === 'fail' ? byTest.get(test.name) : undefined
    const attributes = {
      name: test.name,
      classname: name,
      ...placeOf(failure),
      time: seconds(test.ms),
    }
    if (test.status === 'pass') add(attributes, '')
    else if (test.status === 'skip') {
      counts.skipped++
      add(attributes, `${element('skipped', { message: test.reason ?? '' }, 6)}/>\n`)
    } else {
      counts.failures++
      if (failure !== undefined) told.add(failure)
      add(attributes, failureXml(failure))
    }
  }
  // Failures of no counted test: TestMain, init, a panic in a group, tests beyond the limit.
  for (const failure of failures) {
    if (told.has(failure)) continue
    counts.failures++
    add(
      { name: failure.test ?? 'TestMain', classname: name, ...placeOf(failure), time: seconds(0) },
      failureXml(failure),
    )
  }
  for (const d of diagnostics) {
    counts.errors++
    const type = d.kind === 'vet' ? `vet.${d.analyzer ?? 'finding'}` : d.kind
    add(
      { name: `[${type}]`, classname: name, ...placeOf(d), time: seconds(0) },
      `${element('error', { message: firstLine(d.message), type }, 6)}>${escapeXml(formatDiagnostic(d))}</error>\n`,
    )
  }
  const head = element(
    'testsuite',
    {
      name,
      ...counts,
      time: seconds(result?.ms ?? 0),
    },
    2,
  )
  const properties = [
    ...(result?.cached === true ? [['go.cached', 'true'] as const] : []),
    ...(result?.coverage === undefined
      ? []
      : [['coverage.statements.pct', result.coverage.toFixed(1)] as const]),
  ]
  const lines = properties.map(([key, value]) => `${element('property', { name: key, value }, 6)}/>\n`)
  const block = lines.length === 0 ? '' : `    <properties>\n${lines.join('')}    </properties>\n`
  return { ...counts, xml: `${head}>\n${block}${cases.join('')}  </testsuite>\n` }
}

function failureXml(failure: TestFailure | undefined): string {
  if (failure === undefined) return `${element('failure', { message: 'failed' }, 6)}/>\n`
  const text = [failure.message, ...failure.output].join('\n')
  const head = element('failure', { message: firstLine(failure.message), type: failure.kind }, 6)
  return `${head}>${escapeXml(text)}</failure>\n`
}

const placeOf = (at: { file?: string; line?: number } | undefined): Attributes => ({
  ...(at?.file === undefined ? {} : { file: at.file }),
  ...(at?.line === undefined ? {} : { line: at.line }),
})

type Attributes = Readonly<Record<string, string | number>>

/** An opening tag without its end. */
function element(name: string, attributes: Attributes, indent = 0): string {
  const words = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeAttribute(String(value))}"`,
  )
  return `${' '.repeat(indent)}<${name}${words.join('')}`
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3)
const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 500)

/**
 * Text for XML 1.0: what the standard does not allow (control characters, lone surrogates, U+FFFE, U+FFFF) becomes
 * U+FFFD, for no escape exists for it (https://www.w3.org/TR/xml/#charsets).
 */
export function escapeXml(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- these are what must go
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll('\r', '&#13;')
  )
}

/** Line breaks and tabs in attributes would be read as blanks. */
const escapeAttribute = (text: string): string =>
  escapeXml(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
