import { join, posix } from 'node:path'
import type { Act } from '../base/act.ts'
import { environmentError, gateError, PipelineError } from '../base/errors.ts'
import { redactUrl } from '../base/secrets.ts'
import type { GoModule } from '../project/modules.ts'
import type { ScanPart } from './findings.ts'
import { type GovulncheckReport, type GovulncheckSubject, parseGovulncheck } from './govulncheck.ts'
import type { ScanGo, Scanner } from './install.ts'

export interface SourceRequest {
  /** Top of the repository. */
  readonly root: string
  readonly modules: readonly GoModule[]
  readonly tags: readonly string[]
  readonly database: string
}

export interface SourceScan {
  readonly parts: readonly ScanPart[]
  readonly reports: readonly GovulncheckReport[]
}

type ScanAct = Pick<Act, 'exec' | 'log' | 'signal'>

const SCAN_MS = 30 * 60_000
/** The database's entries of all modules, the standard library's too, are in the output. */
const MOST_OUTPUT = 512 * 1024 * 1024

/** The public database of the Go project. */
export const GO_DATABASE = 'https://vuln.go.dev'

/** govulncheck on each module: which vulnerable symbols the code can reach, and by which calls. */
export async function scanSource(
  request: SourceRequest,
  scanner: Scanner,
  go: ScanGo,
  act: ScanAct,
): Promise<SourceScan> {
  const parts: ScanPart[] = []
  const reports: GovulncheckReport[] = []
  const folders = new Map(request.modules.map((module) => [module.path, module.dir]))
  for (const module of request.modules) {
    const started = Date.now()
    const tags = request.tags.length === 0 ? [] : ['-tags', request.tags.join(',')]
    const report = await govulncheck(
      [...tags, './...'],
      { cwd: join(request.root, module.dir), env: go.env, database: request.database, about: module.path },
      {
        place: (name, file) => {
          const dir = folders.get(name)
          return dir === undefined ? undefined : posix.normalize(posix.join(dir, file.replaceAll('\\', '/')))
        },
        standard: { file: posix.normalize(posix.join(module.dir, 'go.mod')) },
      },
      scanner,
      act,
    )
    reports.push(report)
    parts.push({
      scanner: 'govulncheck',
      subject: `module ${module.path}`,
      version: scanner.version,
      database: databaseOf(report, request.database),
      findings: report.findings,
      notes: [],
      ms: Date.now() - started,
    })
  }
  return { parts, reports }
}

export const databaseOf = (report: GovulncheckReport, asked: string): NonNullable<ScanPart['database']> => ({
  source: redactUrl(report.database ?? asked),
  ...(report.modified === undefined ? {} : { modified: report.modified }),
})

/**
 * Runs govulncheck once and reads its answer. With `-format json` it exits with 0 whether it found something or not; any
 * other code means that it could not look, which is never a pass.
 *
 * @throws PipelineError gate `scan-load` (the code does not compile), environment `scan-database`, `scan-failed`
 */
export async function govulncheck(
  args: readonly string[],
  options: {
    readonly cwd: string
    readonly env: ScanGo['env']
    readonly database: string
    readonly about: string
  },
  subject: GovulncheckSubject,
  scanner: Scanner,
  act: ScanAct,
): Promise<GovulncheckReport> {
  const done = await act.exec.run({
    argv: [scanner.program, '-format', 'json', '-db', options.database, ...args],
    cwd: options.cwd,
    env: options.env,
    timeoutMs: SCAN_MS,
    maxStdout: MOST_OUTPUT,
    signal: act.signal,
  })
  if (done.code !== 0) throw govulncheckFault(done.stderr, options.about, options.database)
  try {
    return parseGovulncheck(done.stdout, subject)
  } catch (error) {
    throw unreadable('govulncheck', options.about, error, done.tail)
  }
}

/** Why govulncheck could not look, by what it wrote to stderr. */
export function govulncheckFault(stderr: string, about: string, database: string): PipelineError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '')
  if (/loading packages|errors with the provided package patterns/.test(stderr)) {
    const cause = lines.find((line) => /^\S+\.go:\d+/.test(line) || /^go: /.test(line)) ?? lines.at(-1)
    return gateError(
      {
        code: 'scan-load',
        what: `the code of ${about} cannot be loaded, so its calls are not known`,
        ...(cause === undefined ? {} : { cause: cause.trim() }),
        fix: 'make it compile (go build ./...) with the build tags of go-tags, then scan again',
      },
      stderr,
    )
  }
  const cause = lines.at(-1)?.replace(/^govulncheck: /, '')
  if (
    /creating client|vulndb|fetching vulnerabilities|HTTP (?:GET|status)|dial tcp|lookup |x509|index\/db\.json/.test(
      stderr,
    )
  )
    return environmentError(
      {
        code: 'scan-database',
        what: 'the vulnerability database of govulncheck cannot be read',
        ...(cause === undefined ? {} : { cause }),
        where: redactUrl(database),
        fix: 'without a network set vuln-db to a mirror (https://…) or a copy (file:///…, go.dev/doc/security/vuln/database)',
      },
      { log: stderr },
    )
  return environmentError(
    {
      code: 'scan-failed',
      what: `govulncheck could not scan ${about}`,
      ...(cause === undefined ? {} : { cause }),
      fix: 'see its last output below; another version can be given by its path in the input govulncheck',
    },
    { log: stderr },
  )
}

/** A scanner that ended well but whose answer is none. */
export function unreadable(
  name: string,
  about: string,
  error: unknown,
  tail: readonly string[],
): PipelineError {
  return environmentError(
    {
      code: 'scan-output',
      what: `the answer of ${name} on ${about} cannot be read`,
      cause: error instanceof Error ? error.message : String(error),
      fix: `an own program may be of a version that writes another form: use the pinned one (${name}: auto)`,
    },
    { log: tail.slice(-20).join('\n'), cause: error },
  )
}
