/** What linters find, in one form. */
export type LinterName = 'staticcheck' | 'golangci-lint'

export interface LintFinding {
  readonly tool: LinterName | 'gofmt'
  /** `SA4006`, or the linter inside golangci-lint. */
  readonly rule: string
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** Repository-relative with forward slashes. */
  readonly file: string
  readonly line?: number
  readonly column?: number
}

type Json = Readonly<Record<string, unknown>>
const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const place = (line: unknown, column: unknown): Pick<LintFinding, 'line' | 'column'> => ({
  ...(typeof line === 'number' && line > 0 ? { line } : {}),
  ...(typeof column === 'number' && column > 0 ? { column } : {}),
})

/**
 * `staticcheck -f json`: an object a line (staticcheck.dev/docs/running-staticcheck/cli/formatters). Code that does not
 * compile is a finding of the rule `compile`.
 *
 * @param relative a file as the repository names it
 * @throws SyntaxError when a line is no JSON
 */
export function parseStaticcheck(output: string, relative: (file: string) => string): LintFinding[] {
  return output
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => object(JSON.parse(line)))
    .filter((one) => text(one['severity']) !== 'ignored')
    .map((one) => {
      const location = object(one['location'])
      return {
        tool: 'staticcheck' as const,
        rule: text(one['code']),
        severity: text(one['severity']) === 'warning' ? ('warning' as const) : ('error' as const),
        message: text(one['message']),
        file: relative(text(location['file'])),
        ...place(location['line'], location['column']),
      }
    })
}

/**
 * `golangci-lint run --output.json.path=stdout` (v2): `Issues`, null when there are none. A severity that is not `warning`,
 * `info` or lower counts as error: without a configuration there is none.
 *
 * @throws SyntaxError when it is no JSON, or has no report in it
 */
export function parseGolangci(output: string, relative: (file: string) => string): LintFinding[] {
  const first = output.split(/\r?\n/).find((line) => line.startsWith('{')) ?? ''
  const report = object(JSON.parse(first))
  if (!('Issues' in report)) throw new SyntaxError('there is no "Issues" in it')
  const issues: unknown[] = Array.isArray(report['Issues']) ? report['Issues'] : []
  return issues.map(object).map((one) => {
    const position = object(one['Pos'])
    return {
      tool: 'golangci-lint' as const,
      rule: text(one['FromLinter']),
      severity: /^(?:warning|info|low|minor)$/i.test(text(one['Severity'])) ? ('warning' as const) : ('error' as const),
      message: text(one['Text']),
      file: relative(text(position['Filename'])),
      ...place(position['Line'], position['Column']),
    }
  })
} // prettier-ignore

/** By file and line; the same finding once, since several modules or build contexts may tell it. */
export function sortFindings(findings: readonly LintFinding[]): LintFinding[] {
  const unique = new Map(findings.map((one) => [JSON.stringify(one), one]))
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
  return [...unique.values()].sort(
    (a, b) =>
      order(a.file, b.file) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      order(a.rule, b.rule),
  )
}

/** Which linter `auto` is: golangci-lint where it is configured. */
export const CONFIGURATIONS = ['.golangci.yml', '.golangci.yaml', '.golangci.toml', '.golangci.json']
export const linterFor = (names: readonly string[]): LinterName =>
  CONFIGURATIONS.some((name) => names.includes(name)) ? 'golangci-lint' : 'staticcheck'

/** The Go files of a list that gofmt has a say in: Go itself leaves vendor, testdata and hidden folders alone. */
export const formattedFiles = (files: readonly string[]): string[] =>
  files.filter(
    (file) =>
      file.endsWith('.go') &&
      !file
        .split('/')
        .slice(0, -1)
        .some((part) => part === 'vendor' || part === 'testdata' || part === 'node_modules' || /^[._]./.test(part)),
  ) // prettier-ignore

/** Cut so that no command line grows beyond what Windows takes. */
export function batches(files: readonly string[], most = 20_000): string[][] {
  const all: string[][] = []
  let length = Infinity
  for (const file of files) {
    if (length + file.length + 1 > most) {
      all.push([])
      length = 0
    }
    all.at(-1)?.push(file)
    length += file.length + 1
  }
  return all
}

/** SARIF 2.1.0, a run for each tool that ran, also without results: that is what closes alerts. */
export function lintSarif(tools: readonly { readonly name: string; readonly version: string }[], findings: readonly LintFinding[]): object {
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: tools.map(({ name, version }) => {
      const own = findings.filter((one) => one.tool === name)
      const rules = [...new Set(own.map(({ rule }) => rule))].sort()
      return {
        tool: { driver: { name, ...(version === '' ? {} : { version }), rules: rules.map((id) => ({ id })) } },
        automationDetails: { id: `go-image-pipeline/${name}/` },
        results: own.map((one) => ({
          ruleId: one.rule,
          ruleIndex: rules.indexOf(one.rule),
          level: one.severity,
          message: { text: one.message },
          locations: [
            {
              physicalLocation: {
                artifactLocation: { uri: one.file.split('/').map(encodeURIComponent).join('/') },
                ...(one.line === undefined
                  ? {}
                  : { region: { startLine: one.line, ...(one.column === undefined ? {} : { startColumn: one.column }) } }),
              },
            },
          ],
        })),
      }
    }),
  }
} // prettier-ignore
