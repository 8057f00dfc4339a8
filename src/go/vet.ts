import {
  type Diagnostic,
  parseBuildOutput,
  parsePosition,
  plainPackage,
  repositoryPath,
  type SourceTree,
  unique,
} from './diagnostics.ts'

export interface VetReport {
  readonly findings: Diagnostic[]
  /** Packages that could not be vetted, because they do not compile or load. */
  readonly errors: Diagnostic[]
}

/**
 * Reads `go vet -json`. It exits with 0 when there are findings; the JSON comes on stdout (1.25 and later) or among
 * `# package` lines on stderr (before), one object per package: `{"pkg": {"analyzer": [{posn, message}]}}`, or
 * `{"analyzer": {"error": "…"}}`.
 */
export function parseVet(lines: readonly string[], tree: SourceTree, cwd: string): VetReport {
  const findings: Diagnostic[] = []
  const text: string[] = []
  let object: string[] | undefined
  for (const raw of lines) {
    const line = raw.replace(/\r$/, '')
    if (object === undefined) {
      if (line === '{') object = [line]
      else if (line !== '{}') text.push(line)
    } else {
      object.push(line)
      if (line === '}') {
        findings.push(...readObject(object.join('\n'), tree, cwd))
        object = undefined
      }
    }
  }
  if (object !== undefined) text.push(...object)
  const errors = parseBuildOutput(text, tree, cwd)
  return {
    findings: unique(findings),
    errors: errors.map((d) => (d.kind === 'vet' ? { ...d, kind: 'compile' } : d)),
  }
}

function readObject(json: string, tree: SourceTree, cwd: string): Diagnostic[] {
  let parsed: unknown
  try {
    parsed = JSON.parse(json)
  } catch {
    return [{ kind: 'vet', message: `go vet printed JSON that cannot be read: ${json.slice(0, 200)}` }]
  }
  const found: Diagnostic[] = []
  for (const [id, analyzers] of entriesOf(parsed)) {
    for (const [analyzer, results] of entriesOf(analyzers)) {
      if (!Array.isArray(results)) {
        const error = entriesOf(results).find(([key]) => key === 'error')?.[1]
        if (typeof error === 'string')
          found.push({ kind: 'vet', message: error, analyzer, package: plainPackage(id) })
        continue
      }
      for (const result of results as unknown[]) {
        const fields = new Map(entriesOf(result))
        const message = fields.get('message')
        const posn = fields.get('posn')
        if (typeof message !== 'string') continue
        const position = typeof posn === 'string' ? parsePosition(posn) : undefined
        const file = position === undefined ? undefined : repositoryPath(position.file, tree, cwd)
        found.push({
          kind: 'vet',
          message,
          analyzer,
          package: plainPackage(id),
          ...(file === undefined || position === undefined
            ? {}
            : {
                file,
                line: position.line,
                ...(position.column === undefined ? {} : { column: position.column }),
              }),
        })
      }
    }
  }
  return found
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []
