import { type Finding, mergeFindings, parseSeverity, type Place, type Severity } from './findings.ts'
import { asNumber, asObject, asObjects, asText, asTexts, type Json } from './json.ts'

export interface GrypeReport {
  readonly version: string | undefined
  readonly database: string | undefined
  /** RFC 3339: when the database was built. */
  readonly modified: string | undefined
  readonly distribution: string | undefined
  readonly findings: readonly Finding[]
  /** By id and alias, of all matches, those left out as well. */
  readonly severities: ReadonlyMap<string, Severity>
  /** Matches of Go modules that were left to govulncheck. */
  readonly leftOut: number
}

export interface GrypeSubject {
  readonly image: string
  readonly platform: string
  /** govulncheck looks at the Go programs: it knows which symbols are there, grype only which modules. */
  readonly withoutGo: boolean
}

/**
 * Reads `grype -o json` (github.com/anchore/grype/grype/presenter/models, Document).
 *
 * @throws SyntaxError when it is no report of grype
 */
export function parseGrype(text: string, subject: GrypeSubject): GrypeReport {
  const report = asObject(JSON.parse(text) as unknown)
  if (report === undefined || !Array.isArray(report['matches']))
    throw new SyntaxError('it has no list of matches')
  const matches = asObjects(report['matches'])
  const all = matches.flatMap((match) => findingOf(match, subject) ?? [])
  const kept = subject.withoutGo ? matches.filter((match) => !isGo(match)) : matches
  const descriptor = asObject(report['descriptor'])
  const distro = asObject(report['distro'])
  const distribution = [asText(distro?.['name']), asText(distro?.['version'])].filter(
    (part) => part !== undefined,
  )
  const db = asObject(descriptor?.['db'])
  const status = asObject(db?.['status']) ?? db
  return {
    version: asText(descriptor?.['version']),
    database: asText(status?.['from']) ?? asText(status?.['path']) ?? asText(status?.['location']),
    modified: asText(status?.['built']),
    distribution: distribution.length === 0 ? undefined : distribution.join(' '),
    findings: mergeFindings(kept.flatMap((match) => findingOf(match, subject) ?? [])),
    severities: new Map(
      all.flatMap(({ id, aliases, severity }) => [id, ...aliases].map((name) => [name, severity] as const)),
    ),
    leftOut: matches.length - kept.length,
  }
}

const isGo = (match: Json): boolean => asText(asObject(match['artifact'])?.['type']) === 'go-module'

function findingOf(match: Json, subject: GrypeSubject): Finding | undefined {
  const vulnerability = asObject(match['vulnerability'])
  const artifact = asObject(match['artifact'])
  const id = asText(vulnerability?.['id'])
  const name = asText(artifact?.['name'])
  if (vulnerability === undefined || artifact === undefined || id === undefined || name === undefined)
    return undefined
  const related = asObjects(match['relatedVulnerabilities'])
  const installed = asText(artifact['version']) ?? ''
  const fixed = fixedVersion(asObject(vulnerability['fix']))
  const { severity, from } = severityOf(vulnerability, related)
  const url = asText(vulnerability['dataSource'])
  const type = asText(artifact['type']) ?? 'package'
  const title =
    asText(vulnerability['description']) ??
    related.map((one) => asText(one['description'])).find(Boolean) ??
    id
  return {
    scanner: 'grype',
    kind: 'vulnerability',
    id,
    aliases: [...new Set(related.flatMap((one) => asText(one['id']) ?? []))].filter((other) => other !== id),
    severity,
    severityFrom: from,
    title: title.split('\n')[0] ?? id,
    package: name,
    installed,
    ...(fixed === undefined ? {} : { fixed }),
    places: placesOf(artifact, subject),
    ...(url === undefined ? {} : { url }),
    fix:
      fixed === undefined
        ? `there is no fixed ${type} of ${name} yet: take a base image without it, or wait for one`
        : `take a base image with ${name} ${fixed} or newer`,
    fingerprint: [id, type, name, installed].join('/'),
  }
}

function placesOf(artifact: Json, { image, platform }: GrypeSubject): Place[] {
  const files = asObjects(artifact['locations']).flatMap((one) => asText(one['path']) ?? [])
  const [first] = files
  return [{ ...(first === undefined ? {} : { file: first }), image, platform }]
}

/** The first fixed version; undefined when the state is `not-fixed`, `wont-fix` or `unknown`. */
function fixedVersion(fix: Json | undefined): string | undefined {
  const versions = asTexts(fix?.['versions'])
  return asText(fix?.['state']) === 'fixed' ? versions[0] : undefined
}

/** The vulnerability's own word, else that of the record it refers to (distributions often leave it to NVD). */
function severityOf(
  vulnerability: Json,
  related: readonly Json[],
): { severity: Severity; from: Finding['severityFrom'] } {
  for (const one of [vulnerability, ...related]) {
    const severity = parseSeverity(asText(one['severity']))
    if (severity !== undefined && severity !== 'UNKNOWN') return { severity, from: 'advisory' }
  }
  return { severity: 'UNKNOWN', from: 'advisory' }
}

/** Age of a database in whole days, undefined when it does not tell. */
export function databaseAge(modified: string | undefined, now: number): number | undefined {
  const at = modified === undefined ? Number.NaN : Date.parse(modified)
  const days = asNumber(Math.floor((now - at) / 86_400_000))
  return days === undefined ? undefined : Math.max(0, days)
}
