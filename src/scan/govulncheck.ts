import { type Finding, mergeFindings, type Place, type Reach, reachRank } from './findings.ts'
import { asNumber, asObject, asObjects, asText, asTexts, concatenated, type Json } from './json.ts'

/** What `govulncheck -format json` said (golang.org/x/vuln/internal/govulncheck, protocol v1). */
export interface GovulncheckReport {
  readonly version: string | undefined
  readonly goVersion: string | undefined
  readonly database: string | undefined
  /** RFC 3339. */
  readonly modified: string | undefined
  readonly inventory: Inventory
  readonly findings: readonly Finding[]
}

/** What a program is made of. */
export interface Inventory {
  /** The modules whose packages were the roots: of a binary, its main module. */
  readonly mains: readonly string[]
  /** Version of each module, `stdlib` included; the main module has none or `(devel)`. */
  readonly versions: ReadonlyMap<string, string>
}

export interface GovulncheckSubject {
  /** A file of a module (govulncheck names files relative to it) as a path of the repository; undefined when it is not ours. */
  readonly place: (module: string, file: string) => string | undefined
  /** Where a finding without a position is: go.mod of the module, or the binary in an image. */
  readonly standard: Place
}

/** An entry of the vulnerability database (https://ossf.github.io/osv-schema), as far as it is used here. */
interface Osv {
  readonly id: string
  readonly aliases: readonly string[]
  readonly summary: string
  readonly url: string
}

interface Frame {
  readonly module: string
  readonly version: string
  readonly package: string | undefined
  readonly function: string | undefined
  readonly receiver: string | undefined
  readonly position: Place | undefined
}

/**
 * Reads the stream. govulncheck tells a vulnerability once for each level it holds on (module, then package, then symbol) and
 * for each vulnerable symbol; here it is one finding for each module, at its nearest level, with one call chain.
 *
 * @throws SyntaxError when the stream is cut off or is no JSON
 */
export function parseGovulncheck(text: string, subject: GovulncheckSubject): GovulncheckReport {
  const osvs = new Map<string, Osv>()
  const raw: {
    readonly osv: string
    readonly fixed: string | undefined
    readonly trace: readonly Frame[]
  }[] = []
  let config: Json = {}
  let inventory: Inventory = { mains: [], versions: new Map() }
  for (const message of concatenated(text)) {
    config = asObject(message['config']) ?? config
    const sbom = asObject(message['SBOM'])
    if (sbom !== undefined) inventory = readInventory(sbom)
    const osv = asObject(message['osv'])
    const id = asText(osv?.['id'])
    if (osv !== undefined && id !== undefined) osvs.set(id, readOsv(id, osv))
    const finding = asObject(message['finding'])
    const about = asText(finding?.['osv'])
    if (finding === undefined || about === undefined) continue
    raw.push({
      osv: about,
      fixed: asText(finding['fixed_version']),
      trace: asObjects(finding['trace']).map((frame) => readFrame(frame, subject)),
    })
  }
  const version = asText(config['scanner_version'])
  const findings = raw.flatMap(({ osv, fixed, trace }) => {
    const [hit] = trace
    return hit === undefined ? [] : [findingOf(osvs.get(osv) ?? unknownOsv(osv), hit, trace, fixed, subject)]
  })
  return {
    version,
    goVersion: asText(config['go_version']),
    database: asText(config['db']),
    modified: asText(config['db_last_modified']),
    inventory,
    findings: mergeFindings(nearest(findings)),
  }
}

/** Of one vulnerability in one module only what is nearest: where it is called, that it is imported says nothing more. */
function nearest(findings: readonly Finding[]): Finding[] {
  const best = new Map<string, number>()
  for (const { fingerprint, reach } of findings)
    best.set(fingerprint, Math.min(best.get(fingerprint) ?? Infinity, reachRank(reach)))
  return findings.filter(({ fingerprint, reach }) => best.get(fingerprint) === reachRank(reach))
}

function findingOf(
  osv: Osv,
  hit: Frame,
  trace: readonly Frame[],
  fixed: string | undefined,
  subject: GovulncheckSubject,
): Finding {
  const reach: Reach =
    hit.function !== undefined ? 'symbol' : hit.package !== undefined ? 'package' : 'module'
  const calls = reach === 'symbol' ? [...trace].reverse().map(nameOf) : []
  const own = trace.find((frame, at) => at > 0 && frame.position !== undefined)
  const name = hit.module === 'stdlib' || hit.module === 'toolchain' ? `Go ${hit.module}` : hit.module
  return {
    scanner: 'govulncheck',
    kind: 'vulnerability',
    id: osv.id,
    aliases: osv.aliases,
    // Its messages carry no severity; judged is by reach (severitiesFrom may know better).
    severity: 'HIGH',
    severityFrom: 'assumed',
    reach,
    title: osv.summary,
    package: hit.module,
    installed: hit.version,
    ...(fixed === undefined ? {} : { fixed }),
    places: [own?.position ?? subject.standard],
    ...(calls.length > 1 ? { trace: calls } : {}),
    url: osv.url,
    fix: fixText(name, hit.module, fixed),
    fingerprint: `${osv.id}/${hit.module}${subject.standard.image === undefined ? '' : '/image'}`,
  }
}

function fixText(name: string, module: string, fixed: string | undefined): string {
  if (fixed === undefined) return `there is no fixed version of ${name}: stop using the vulnerable symbols`
  return name === module
    ? `go get ${module}@${fixed}`
    : `use Go ${fixed.replace(/^(?:v|go)/, '')} (go-version, or the toolchain line of go.mod)`
}

/** `pkg.Func`, `pkg.(*T).Method` shortened to the last part of the import path, as govulncheck prints it. */
function nameOf({ package: path, receiver, function: name, module }: Frame): string {
  const last = (path ?? module).split('/').at(-1) ?? ''
  return [last, receiver?.replace(/^\*/, ''), name]
    .filter((part) => part !== undefined && part !== '')
    .join('.')
}

function readFrame(frame: Json, subject: GovulncheckSubject): Frame {
  const position = asObject(frame['position'])
  const file = asText(position?.['filename'])
  const module = asText(frame['module']) ?? ''
  const place = file === undefined ? undefined : subject.place(module, file)
  const line = asNumber(position?.['line'])
  const column = asNumber(position?.['column'])
  return {
    module,
    version: asText(frame['version']) ?? '',
    package: asText(frame['package']),
    function: asText(frame['function']),
    receiver: asText(frame['receiver']),
    position:
      place === undefined
        ? undefined
        : {
            file: place,
            ...(line === undefined || line < 1 ? {} : { line }),
            ...(column === undefined || column < 1 ? {} : { column }),
          },
  }
}

function readOsv(id: string, osv: Json): Osv {
  const database = asObject(osv['database_specific'])
  return {
    id,
    aliases: asTexts(osv['aliases']),
    summary: asText(osv['summary']) ?? asText(osv['details'])?.split('\n')[0] ?? id,
    url: asText(database?.['url']) ?? `https://pkg.go.dev/vuln/${id}`,
  }
}

const unknownOsv = (id: string): Osv => ({
  id,
  aliases: [],
  summary: id,
  url: `https://pkg.go.dev/vuln/${id}`,
})

function readInventory(sbom: Json): Inventory {
  const versions = new Map(
    asObjects(sbom['modules']).flatMap((one) => {
      const path = asText(one['path'])
      return path === undefined ? [] : [[path, asText(one['version']) ?? ''] as const]
    }),
  )
  const roots = asTexts(sbom['roots'])
  const own = [...versions]
    .filter(([, version]) => version === '' || version === '(devel)')
    .map(([path]) => path)
  const holds = (module: string): boolean =>
    roots.some((root) => root === module || root.startsWith(`${module}/`))
  // A tool installed by version has one as main module too.
  const mains = own.length > 0 ? own : [...versions.keys()].filter(holds)
  return { mains, versions }
}

/** `v1.26.8` of a source scan and `go1.26.8` of a binary are one version. */
const plainVersion = (version: string | undefined): string => (version ?? '').replace(/^(?:v|go)(?=\d)/, '')

/**
 * A binary without symbol table (`-ldflags=-s`) tells only which packages it holds, so govulncheck takes every symbol of them
 * for called. When the image was made from the commit whose source was scanned, the source knows better: its reach is taken
 * for the same vulnerability in the same version of the same module.
 */
export function reachFromSource(
  binary: Pick<GovulncheckReport, 'inventory' | 'findings'>,
  sources: readonly Pick<GovulncheckReport, 'inventory' | 'findings'>[],
): Finding[] {
  const source = sources.find(({ inventory }) =>
    inventory.mains.some((module) => binary.inventory.mains.includes(module)),
  )
  if (source === undefined) return [...binary.findings]
  return binary.findings.map((finding) => {
    const same =
      plainVersion(binary.inventory.versions.get(finding.package)) ===
      plainVersion(source.inventory.versions.get(finding.package))
    const known = source.findings.find((one) => one.id === finding.id && one.package === finding.package)
    return same && known?.reach !== undefined && reachRank(known.reach) > reachRank(finding.reach)
      ? { ...finding, reach: known.reach }
      : finding
  })
}
