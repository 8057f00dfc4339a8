/** What scanners find, in one form whatever the scanner; everything after the parsers sees nothing else. */

export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW', 'NEGLIGIBLE', 'UNKNOWN'] as const
export type Severity = (typeof SEVERITIES)[number]

/** How near a vulnerable symbol is: called (or, in a binary, linked), its package imported, or only its module required. */
export const REACHES = ['symbol', 'package', 'module'] as const
export type Reach = (typeof REACHES)[number]

export type ScannerName = 'govulncheck' | 'gitleaks' | 'grype'

/** A place that a person can go to. */
export interface Place {
  /** Repository-relative with forward slashes; in an image an absolute path there. */
  readonly file?: string
  readonly line?: number
  readonly column?: number
  /** `name@digest` of the image the file is in. */
  readonly image?: string
  /** `os/arch` of the image. */
  readonly platform?: string
  /** The commit a secret came in with. */
  readonly commit?: string
}

export interface Finding {
  readonly scanner: ScannerName
  readonly kind: 'vulnerability' | 'secret'
  /** `GO-2026-0001`, `CVE-…`, `GHSA-…`; of a secret the rule that matched. */
  readonly id: string
  /** Other names of the same vulnerability. */
  readonly aliases: readonly string[]
  readonly severity: Severity
  /** `advisory`: somebody stated it; `assumed`: the scanner tells none. */
  readonly severityFrom: 'advisory' | 'assumed'
  /** Only govulncheck knows. */
  readonly reach?: Reach
  readonly title: string
  /** Module or package; empty for a secret. */
  readonly package: string
  readonly installed: string
  /** The lowest version without the fault; undefined when there is none. */
  readonly fixed?: string
  readonly places: readonly Place[]
  /** How it is called, the program's own function first. */
  readonly trace?: readonly string[]
  readonly url?: string
  /** What to do, one sentence. */
  readonly fix: string
  /** The same for the same finding in every run, whatever lines moved above it. */
  readonly fingerprint: string
}

/** What one scanner saw. */
export interface ScanPart {
  readonly scanner: ScannerName
  /** What was looked at: `module example.com/acme`, `history of 12 commits`, `ghcr.io/acme/x@sha256:… linux/amd64`. */
  readonly subject: string
  readonly version: string
  /** Of the vulnerabilities it compared with, as far as it tells. */
  readonly database?: { readonly source: string; readonly modified?: string }
  readonly findings: readonly Finding[]
  /** What a reader should know, for example that no OS packages are in the image. */
  readonly notes: readonly string[]
  readonly ms: number
}

export const isSeverity = (text: string): text is Severity => SEVERITIES.includes(text as Severity)

/** GitHub's and the OSV schema's spellings: MODERATE is MEDIUM. */
export function parseSeverity(text: string | undefined): Severity | undefined {
  const name = (text ?? '').trim().toUpperCase()
  if (name === 'MODERATE') return 'MEDIUM'
  return isSeverity(name) ? name : undefined
}

export type Counts = Readonly<Record<Severity, number>>

export function countBySeverity(findings: readonly Pick<Finding, 'severity'>[]): Counts {
  const counts: Record<Severity, number> = {
    CRITICAL: 0,
    HIGH: 0,
    MEDIUM: 0,
    LOW: 0,
    NEGLIGIBLE: 0,
    UNKNOWN: 0,
  }
  for (const { severity } of findings) counts[severity]++
  return counts
}

/** Worst first; then the nearest, then by name, so that two runs print the same order. */
export function compareFindings(a: Finding, b: Finding): number {
  const rank = (one: Finding): number => SEVERITIES.indexOf(one.severity) * 4 + reachRank(one.reach)
  return (
    rank(a) - rank(b) ||
    order(a.id, b.id) ||
    order(a.package, b.package) ||
    order(a.fingerprint, b.fingerprint)
  )
}

export const reachRank = (reach: Reach | undefined): number =>
  reach === undefined ? 0 : REACHES.indexOf(reach)

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** One finding for each fingerprint: the same binary on two platforms is one fault in two places. */
export function mergeFindings(findings: readonly Finding[]): Finding[] {
  const merged = new Map<string, Finding>()
  for (const finding of findings) {
    const key = `${finding.scanner} ${finding.fingerprint}`
    const known = merged.get(key)
    if (known === undefined) {
      merged.set(key, finding)
      continue
    }
    const nearer = reachRank(finding.reach) < reachRank(known.reach) ? finding : known
    const places = [...known.places]
    for (const place of finding.places)
      if (!places.some((one) => JSON.stringify(one) === JSON.stringify(place))) places.push(place)
    merged.set(key, { ...nearer, places })
  }
  return [...merged.values()].sort(compareFindings)
}

/**
 * Severities that another scanner states for the same vulnerability under one of its names; the worst when several do.
 * govulncheck tells none, so what grype knows about the same module is taken.
 */
export function severitiesFrom(
  findings: readonly Finding[],
  stated: ReadonlyMap<string, Severity>,
): Finding[] {
  return findings.map((finding) => {
    if (finding.severityFrom !== 'assumed' || finding.kind === 'secret') return finding
    const known = [finding.id, ...finding.aliases].flatMap((name) => stated.get(name) ?? [])
    const worst = SEVERITIES.find((severity) => severity !== 'UNKNOWN' && known.includes(severity))
    return worst === undefined ? finding : { ...finding, severity: worst, severityFrom: 'advisory' }
  })
}

/** `main.go:12:3`, `/app/server in ghcr.io/acme/x@sha256:0123456789ab… (linux/amd64)`, `key.txt:3 in commit 0123456`. */
export function describePlace(place: Place): string {
  const file = [place.file, place.line, place.column].filter((part) => part !== undefined).join(':')
  const image =
    place.image === undefined
      ? ''
      : ` in ${place.image.replace(/(@sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…')}${place.platform === undefined ? '' : ` (${place.platform})`}`
  const commit = place.commit === undefined ? '' : ` in commit ${place.commit.slice(0, 12)}`
  return `${file}${image}${commit}`.trim()
}
