import { createHash } from 'node:crypto'
import type { Judged } from './gate.ts'
import {
  describePlace,
  type Finding,
  type Place,
  type ScannerName,
  type ScanPart,
  type Severity,
} from './findings.ts'

/** GitHub sorts by this number (docs.github.com, "SARIF support for code scanning", security-severity). */
const SCORES: Readonly<Record<Severity, string>> = {
  CRITICAL: '9.5',
  HIGH: '8.0',
  MEDIUM: '5.5',
  LOW: '2.0',
  NEGLIGIBLE: '0.1',
  UNKNOWN: '0.0',
}

const HOMES: Readonly<Record<ScannerName, string>> = {
  govulncheck: 'https://go.dev/security/vuln',
  gitleaks: 'https://gitleaks.io',
  grype: 'https://oss.anchore.com/docs',
}

/**
 * The findings as SARIF 2.1.0 (OASIS, sarif-v2.1.0): one run for each scanner that ran, with or without findings, because an
 * empty run is what closes alerts. Ignored findings are there, as suppressed. `error` is what stops the release. No absolute
 * path of this machine is in it.
 *
 * @param at when the scan ended, ms since the epoch
 */
export function toSarif(
  parts: readonly Pick<ScanPart, 'scanner' | 'version'>[],
  judged: readonly Judged[],
  at: number,
): object {
  const scanners = [...new Map(parts.map((part) => [part.scanner, part.version]))]
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: scanners.map(([name, version]) => {
      const own = judged.filter(({ finding }) => finding.scanner === name)
      const ids = [...new Set(own.map(({ finding }) => finding.id))].sort()
      return {
        tool: {
          driver: {
            name,
            informationUri: HOMES[name],
            ...(version === '' ? {} : { version }),
            rules: ids.flatMap((id) => {
              const first = own.find(({ finding }) => finding.id === id)
              return first === undefined ? [] : [ruleOf(first.finding)]
            }),
          },
        },
        // One upload for each tool, so that they do not close each other's alerts.
        automationDetails: { id: `go-image-pipeline/${name}/` },
        invocations: [{ executionSuccessful: true, endTimeUtc: new Date(at).toISOString() }],
        columnKind: 'utf16CodeUnits',
        results: own.map((one) => resultOf(one, ids.indexOf(one.finding.id))),
      }
    }),
  }
}

function ruleOf(finding: Finding): object {
  return {
    id: finding.id,
    shortDescription: { text: finding.title },
    ...(finding.url === undefined ? {} : { helpUri: finding.url }),
    help: {
      text: finding.aliases.length === 0 ? finding.title : `${finding.title} (${finding.aliases.join(', ')})`,
    },
    properties: {
      tags: ['security', finding.kind],
      'security-severity': SCORES[finding.severity],
    },
  }
}

function resultOf({ finding, state, why, entry }: Judged, ruleIndex: number): object {
  const about =
    finding.kind === 'secret'
      ? finding.title
      : `${finding.package} ${finding.installed}: ${finding.title}${finding.trace === undefined ? '' : `. Called: ${finding.trace.join(' → ')}`}`
  return {
    ruleId: finding.id,
    ruleIndex,
    level: state === 'stops' ? 'error' : state === 'warning' ? 'warning' : 'note',
    message: { text: `${about}. ${finding.fix}.` },
    locations: finding.places.map(locationOf),
    partialFingerprints: {
      'goImagePipeline/v1': createHash('sha256')
        .update(`${finding.scanner} ${finding.fingerprint}`)
        .digest('hex'),
    },
    properties: {
      severity: finding.severity,
      ...(finding.reach === undefined ? {} : { reach: finding.reach }),
      ...(finding.fixed === undefined ? {} : { fixed: finding.fixed }),
      gate: why,
    },
    ...(state === 'ignored'
      ? { suppressions: [{ kind: 'external', status: 'accepted', justification: entry?.reason ?? why }] }
      : {}),
  }
}

/** A file that is in an image has no place in the repository: its path there names it, and the image stands beside it. */
function locationOf(place: Place): object {
  const file = (place.file ?? 'go.mod').replace(/^\/+/, '')
  const { line, column } = place
  return {
    physicalLocation: {
      artifactLocation: { uri: file.split('/').map(encodeURIComponent).join('/') },
      ...(line === undefined
        ? {}
        : { region: { startLine: line, ...(column === undefined ? {} : { startColumn: column }) } }),
    },
    ...(place.image === undefined && place.commit === undefined
      ? {}
      : {
          logicalLocations: [
            {
              fullyQualifiedName: place.image ?? place.commit,
              kind: place.image === undefined ? 'commit' : 'image',
            },
          ],
        }),
    ...(place.image === undefined && place.commit === undefined
      ? {}
      : { message: { text: describePlace(place) } }),
  }
}
