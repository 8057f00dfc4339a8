import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { environmentError, type PipelineError } from '../base/errors.ts'
import { mapLimited } from '../registry/pool.ts'
import type { ScanPart, Severity } from './findings.ts'
import { type GovulncheckReport, reachFromSource } from './govulncheck.ts'
import { type GrypeReport, parseGrype } from './grype.ts'
import type { ImagePlatform } from './image.ts'
import type { ScanGo, Scanner } from './install.ts'
import { databaseOf, govulncheck, unreadable } from './source.ts'

type ScanAct = Pick<Act, 'exec' | 'log' | 'signal' | 'temp'>

const SCAN_MS = 30 * 60_000

export interface BinaryOptions {
  readonly database: string
  /** What the scan of the source found, when it is of the commit `commit`. */
  readonly sources: readonly Pick<GovulncheckReport, 'inventory' | 'findings'>[]
  readonly commit: string | undefined
}

/** govulncheck on every Go program of an image: whoever built it, and whatever its source was. */
export async function scanPrograms(
  platform: ImagePlatform,
  options: BinaryOptions,
  scanner: Scanner,
  go: ScanGo,
  act: ScanAct,
): Promise<ScanPart> {
  const started = Date.now()
  const cwd = await act.temp.make('scan')
  // The image was made from the commit whose source was scanned just now.
  const same = platform.revision !== undefined && platform.revision === options.commit
  const notes = [...platform.notes]
  const reports = await mapLimited([...platform.programs], 2, async ([path, file]) => {
    const about = `${path} in ${platform.image} (${platform.platform})`
    const place = { file: path, image: platform.image, platform: platform.platform }
    const report = await govulncheck(
      ['-mode', 'binary', file],
      { cwd, env: go.env, database: options.database, about },
      { place: () => undefined, standard: place },
      scanner,
      act,
    )
    const findings = same ? reachFromSource(report, options.sources) : report.findings
    const nearer = report.findings.filter((finding, at) => findings[at]?.reach !== finding.reach).length
    if (nearer > 0) notes.push(`${path}: ${nearer} judged by the calls in its source, which is this commit`)
    return { ...report, findings }
  })
  const [first] = reports
  if (first === undefined) notes.push('it holds no Go program')
  return {
    scanner: 'govulncheck',
    subject: `${platform.programs.size} Go programs of ${platform.image} (${platform.platform})`,
    version: scanner.version,
    ...(first === undefined ? {} : { database: databaseOf(first, options.database) }),
    findings: reports.flatMap((report) => report.findings),
    notes,
    ms: Date.now() - started,
  }
}

export interface GrypeOptions {
  /** An archive of the database (`grype db` calls it so) instead of the one it fetches by itself. */
  readonly archive: string | undefined
  /** Where grype keeps its database; undefined: its own place. */
  readonly cache: string | undefined
  /** govulncheck looks at the Go programs. */
  readonly withoutGo: boolean
}

/** Makes grype's database ready: imports the archive, or lets grype update its own. Throws `scan-database`. */
export async function prepareGrype(
  scanner: Scanner,
  options: Pick<GrypeOptions, 'archive' | 'cache'>,
  act: ScanAct,
): Promise<void> {
  const argv =
    options.archive === undefined
      ? [scanner.program, 'db', 'update']
      : [scanner.program, 'db', 'import', options.archive]
  const done = await act.exec.run({
    argv,
    env: grypeEnvironment(options),
    timeoutMs: SCAN_MS,
    signal: act.signal,
  })
  if (done.code !== 0) throw databaseFault(done.stderr, options.archive)
}

/** grype on one platform: packages of the distribution and of other languages, from the layout on the disk. */
export async function scanPackages(
  platform: ImagePlatform,
  options: GrypeOptions,
  scanner: Scanner,
  act: ScanAct,
): Promise<{ part: ScanPart; severities: ReadonlyMap<string, Severity> }> {
  const started = Date.now()
  const about = `${platform.image} (${platform.platform})`
  const folder = await act.temp.make('grype')
  const out = join(folder, 'report.json')
  const done = await act.exec.run({
    argv: [scanner.program, `oci-dir:${await platform.layout()}`, '-o', 'json', '--file', out],
    // A .grype.yaml of the repository would hide findings without a reason and an end.
    cwd: folder,
    env: grypeEnvironment(options),
    timeoutMs: SCAN_MS,
    signal: act.signal,
  })
  if (done.code !== 0) throw grypeFault(done.stderr, about, options.archive)
  let report: GrypeReport
  try {
    report = parseGrype(await readFile(out, 'utf8'), {
      image: platform.image,
      platform: platform.platform,
      withoutGo: options.withoutGo,
    })
  } catch (error) {
    throw unreadable('grype', about, error, done.tail)
  }
  const { database, modified, distribution, leftOut } = report
  return {
    part: {
      scanner: 'grype',
      subject: `packages of ${about}`,
      version: scanner.version,
      ...(database === undefined
        ? {}
        : { database: { source: database, ...(modified === undefined ? {} : { modified }) } }),
      findings: report.findings,
      notes: [
        ...(distribution === undefined ? [] : [distribution]),
        ...(leftOut === 0
          ? []
          : [`${leftOut} matches of Go modules are left to govulncheck, which knows what is called`]),
      ],
      ms: Date.now() - started,
    },
    severities: report.severities,
  }
}

/** Never an update behind our back, never a look for its own newer version, and a database that is too old is an error. */
export const grypeEnvironment = ({ cache }: Pick<GrypeOptions, 'cache'>): Record<string, string> => ({
  GRYPE_CHECK_FOR_APP_UPDATE: 'false',
  GRYPE_DB_AUTO_UPDATE: 'false',
  ...(cache === undefined ? {} : { GRYPE_DB_CACHE_DIR: cache }),
})

export const databaseFault = (stderr: string, archive: string | undefined): PipelineError =>
  environmentError(
    {
      code: 'scan-database',
      what: 'the vulnerability database of grype cannot be had',
      cause: lastLine(stderr),
      ...(archive === undefined ? {} : { where: archive }),
      fix:
        archive === undefined
          ? 'without a network give an archive of the database as grype-db, or set image-scanner: govulncheck (a skip, which an admin has to allow)'
          : 'make the archive with a grype of the same database schema, and give it whole',
    },
    { log: stderr },
  )

export function grypeFault(stderr: string, about: string, archive: string | undefined): PipelineError {
  if (
    /database does not exist|failed to load vulnerability db|db could not be loaded|the vulnerability database was built/i.test(
      stderr,
    )
  )
    return databaseFault(stderr, archive)
  return environmentError(
    {
      code: 'scan-failed',
      what: `grype could not scan ${about}`,
      cause: lastLine(stderr),
      fix: 'see its last output below; another version can be given by its path in the input grype',
    },
    { log: stderr },
  )
}

const lastLine = (text: string): string =>
  text
    .split('\n')
    .findLast((line) => line.trim() !== '')
    // eslint-disable-next-line no-control-regex -- colours of a terminal
    ?.replace(/\u001b\[[0-9;]*m/g, '')
    .trim() ?? 'it said nothing'
