import { isAbsolute } from 'node:path'
import type { Problem } from '../../../base/errors.ts'
import type { Platform } from '../../../base/platform.ts'
import { type Member, parseMember } from '../../../github/roles.ts'
import { formatReference, parseReference, type Reference } from '../../../registry/reference.ts'
import {
  isSeverity,
  type Reach,
  type ScannerName,
  type Severity,
  SEVERITIES,
} from '../../../scan/findings.ts'
import type { GateRules } from '../../../scan/gate.ts'
import type { ScannerChoice } from '../../../scan/install.ts'
import type { SecretScope } from '../../../scan/secrets.ts'
import type { SkipSwitches } from '../../../scan/skip.ts'
import { type RegistryAccess, Reader } from '../../build/reader.ts'
import type { Shell } from '../../shell.ts'
import { SCAN } from './spec.ts'

export interface ScanInputs {
  readonly workingDirectory: string
  readonly images: readonly (Reference & { readonly digest: string })[]
  readonly platforms: readonly Platform[]
  readonly imageScanner: SkipSwitches['imageScanner']
  readonly secretScope: SecretScope
  /** undefined: off. */
  readonly scanners: Readonly<Record<ScannerName, ScannerChoice | undefined>>
  readonly vulnDb: string
  readonly grypeDb: string | undefined
  readonly rules: GateRules
  readonly ignoreFile: string
  readonly skip: boolean
  readonly skipReason: string | undefined
  readonly admins: readonly Member[]
  readonly audit: string | undefined
  readonly auditBranch: string | undefined
  readonly goVersion: string
  readonly goVersionFile: string
  readonly goTags: readonly string[]
  readonly cgo: boolean
  readonly goproxy: string | undefined
  readonly goMirrors: readonly string[]
  readonly reportDir: string | undefined
  readonly access: RegistryAccess
  readonly problems: readonly Problem[]
}

/** Reads the inputs; every problem is in `problems`. */
export function loadScan(read: (name: string) => string, act: Pick<Shell, 'env' | 'secrets'>): ScanInputs {
  const reader = new Reader(read, act.env, act.secrets, SCAN.inputs)
  const grypeDb = reader.optional('grype-db')
  const inputs = {
    workingDirectory: reader.relativePath('working-directory', '.'),
    images: imagesOf(reader),
    platforms: reader.platforms(),
    imageScanner: reader.choice<SkipSwitches['imageScanner']>('image-scanner'),
    secretScope: reader.choice<SecretScope>('secret-scope'),
    scanners: {
      govulncheck: scannerOf(reader, 'govulncheck', true),
      gitleaks: scannerOf(reader, 'gitleaks', true),
      grype: scannerOf(reader, 'grype', false),
    },
    vulnDb: databaseOf(reader),
    grypeDb,
    rules: {
      failOn: failOnOf(reader),
      level: reader.choice<Reach>('govulncheck-level'),
      unfixed: reader.choice<'fail' | 'warn'>('unfixed'),
    },
    ignoreFile: reader.relativePath('ignore-file', '.gip/scan-ignore.yaml'),
    skip: reader.boolean('skip'),
    skipReason: reader.optional('skip-reason'),
    admins: adminsOf(reader),
    audit: reader.optional('audit'),
    auditBranch: reader.optional('audit-branch'),
    goVersion: reader.goVersion(),
    goVersionFile: reader.text('go-version-file'),
    goTags: reader.goTags(),
    cgo: reader.boolean('cgo'),
    goproxy: reader.optional('goproxy'),
    goMirrors: reader.urls('go-mirrors'),
    reportDir: reader.optional('report-dir'),
    access: reader.registryAccess(),
  }
  return { ...inputs, problems: reader.problems }
}

/** A tag can be moved between the scan and the deployment: what was scanned is named by digest. */
function imagesOf(reader: Reader): ScanInputs['images'] {
  const images = new Map<string, Reference & { readonly digest: string }>()
  for (const text of reader.list('image', { commas: true })) {
    const found = parseReference(text)
    if ('reason' in found) reader.bad('image', text, found.reason, 'write name@sha256:…')
    else if (found.digest === undefined)
      reader.bad(
        'image',
        text,
        'an image without a digest',
        'write name@sha256:…, as in the output image of the build',
      )
    else {
      const { registry, repository, digest } = found
      const ref = { registry, repository, digest }
      images.set(formatReference(ref), ref)
    }
  }
  return [...images.values()]
}

function scannerOf(reader: Reader, name: ScannerName, mayBeOff: boolean): ScannerChoice | undefined {
  const text = reader.text(name)
  if (text === 'auto') return { kind: 'pinned' }
  if (mayBeOff && text === 'off') return undefined
  if (isAbsolute(text)) return { kind: 'own', path: text }
  reader.bad(
    name,
    text,
    'not a known value',
    `write auto${mayBeOff ? ', off' : ''} or the absolute path of a program`,
  )
  return undefined
}

function databaseOf(reader: Reader): string {
  const text = reader.text('vuln-db').replace(/\/+$/, '')
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^(?:https?|file):$/.test(url.protocol))
    reader.bad('vuln-db', text, 'not a URL', 'write https://… or file:///…')
  else if (url.username !== '' || url.password !== '')
    reader.bad(
      'vuln-db',
      url.host,
      'a URL with a password',
      'use a mirror that needs none, or a copy as file:///…',
    )
  return text
}

function failOnOf(reader: Reader): Severity[] {
  const words = reader.list('fail-on', { commas: true }).map((word) => word.toUpperCase())
  if (words.length === 1 && words[0] === 'NONE') return []
  const severities = [...new Set(words)].flatMap((word) => {
    if (isSeverity(word)) return [word]
    reader.bad('fail-on', word, 'not a severity', `use ${SEVERITIES.join(', ')}, or none alone`)
    return []
  })
  // What is worse than something that stops has to stop as well. UNKNOWN is beside the scale.
  const mildest = Math.max(
    0,
    ...severities.filter((one) => one !== 'UNKNOWN').map((one) => SEVERITIES.indexOf(one)),
  )
  const missing = SEVERITIES.slice(0, mildest + 1).filter((one) => !severities.includes(one))
  if (severities.length > 0 && missing.length > 0)
    reader.bad('fail-on', words.join(','), `a gate with a hole: ${missing.join(', ')} is not in it`, `add ${missing.join(', ')}`) // prettier-ignore
  return severities
}

function adminsOf(reader: Reader): Member[] {
  return reader.list('admins', { commas: true }).flatMap((name) => {
    const member = parseMember(name)
    if ('kind' in member) return [member]
    reader.bad('admins', name, 'names nobody', member.fix ?? '')
    return []
  })
}
