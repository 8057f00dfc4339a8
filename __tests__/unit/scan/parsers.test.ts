import { describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { mergeFindings, severitiesFrom } from '../../../src/scan/findings.ts'
import { parseGitleaks } from '../../../src/scan/gitleaks.ts'
import { type GovulncheckSubject, parseGovulncheck, reachFromSource } from '../../../src/scan/govulncheck.ts'
import { databaseAge, parseGrype } from '../../../src/scan/grype.ts'
import { concatenated } from '../../../src/scan/json.ts'
import { ROOT } from '../../support/rig.ts'

/** Output of the real scanners. */
const recorded = (name: string): string => readFileSync(join(ROOT, '__tests__/fixtures/scan', name), 'utf8')

const inRepository: GovulncheckSubject = {
  place: (module, file) => (module === 'example.com/red' ? `services/red/${file}` : undefined),
  standard: { file: 'services/red/go.mod' },
}
const inImage: GovulncheckSubject = {
  place: () => undefined,
  standard: { file: '/app/red', image: 'r.example/red@sha256:1', platform: 'linux/amd64' },
}

describe('govulncheck', () => {
  const report = parseGovulncheck(recorded('govulncheck-source.json'), inRepository)

  it('is one finding for each vulnerability and module, at the nearest level, with the call in our code', () => {
    expect(report.findings).toEqual([
      {
        scanner: 'govulncheck',
        kind: 'vulnerability',
        id: 'GO-2026-0001',
        aliases: ['CVE-2026-0001'],
        severity: 'HIGH',
        severityFrom: 'assumed',
        reach: 'symbol',
        title: 'weak.Bad is bad',
        package: 'example.com/weak',
        installed: 'v1.0.0',
        fixed: 'v1.0.1',
        places: [{ file: 'services/red/inner/inner.go', line: 6, column: 17 }],
        trace: ['inner.Call', 'weak.Bad'],
        url: 'https://vuln.example/GO-2026-0001',
        fix: 'go get example.com/weak@v1.0.1',
        fingerprint: 'GO-2026-0001/example.com/weak',
      },
      expect.objectContaining({
        id: 'GO-2026-0002',
        reach: 'module',
        places: [{ file: 'services/red/go.mod' }],
      }),
    ])
  })

  it('tells its version, its database and what the program is made of', () => {
    expect(report).toMatchObject({
      version: 'v1.8.0',
      goVersion: 'go1.26.8',
      database: 'https://vuln.example',
      modified: '2026-11-01T00:00:00Z',
      inventory: { mains: ['example.com/red'] },
    })
    expect(report.inventory.versions.get('example.com/weak')).toBe('v1.0.0')
  })

  it('takes every symbol of a stripped binary for called, unless the source of its commit says less', () => {
    const binary = parseGovulncheck(recorded('govulncheck-stripped.json'), inImage)
    expect(binary.findings.map(({ id, reach }) => [id, reach])).toEqual([
      ['GO-2026-0001', 'symbol'],
      ['GO-2026-0002', 'symbol'],
    ])
    expect(binary.findings[0]?.places).toEqual([inImage.standard])
    expect(reachFromSource(binary, [report]).map(({ id, reach }) => [id, reach])).toEqual([
      ['GO-2026-0001', 'symbol'],
      ['GO-2026-0002', 'module'],
    ])
    const other = { ...report, inventory: { ...report.inventory, mains: ['example.com/other'] } }
    expect(reachFromSource(binary, [other])).toEqual(binary.findings)
    const newer = { mains: ['example.com/red'], versions: new Map([['example.com/weak', 'v1.0.1']]) }
    expect(reachFromSource(binary, [{ ...report, inventory: newer }])).toEqual(binary.findings)
  })

  it.each([
    [
      'a standard library finding',
      'stdlib',
      'v1.26.9',
      'use Go 1.26.9 (go-version, or the toolchain line of go.mod)',
    ],
    ['no fixed version', 'example.com/weak', undefined, 'there is no fixed version of example.com/weak: stop using the vulnerable symbols'], // prettier-ignore
  ])('says what to do: %s', (_, module, fixed, fix) => {
    const text = JSON.stringify({
      finding: { osv: 'GO-1', fixed_version: fixed, trace: [{ module, version: 'v1' }] },
    })
    expect(parseGovulncheck(text, inRepository).findings[0]).toMatchObject({
      fix,
      title: 'GO-1',
      severity: 'HIGH',
    })
  })

  it('refuses a stream that was cut off', () => {
    const text = recorded('govulncheck-source.json')
    expect(() => parseGovulncheck(text.slice(0, -20), inRepository)).toThrow(SyntaxError)
  })

  it('takes the severity that another scanner states under one of the names', () => {
    const stated = new Map([
      ['CVE-2026-0001', 'CRITICAL'],
      ['GO-2026-0002', 'UNKNOWN'],
    ] as const)
    expect(severitiesFrom(report.findings, stated).map(({ severity, severityFrom }) => [severity, severityFrom])).toEqual([
      ['CRITICAL', 'advisory'],
      ['HIGH', 'assumed'],
    ]) // prettier-ignore
  })
})

describe('JSON objects one after the other', () => {
  it('come out as they went in', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(
        fc.array(object),
        fc.constantFrom('', '\n', '  \n'),
        fc.boolean(),
        (objects, between, wide) => {
          const text = objects.map((one) => JSON.stringify(one, null, wide ? 2 : 0)).join(between)
          expect([...concatenated(text)]).toEqual(
            objects.map((one) => JSON.parse(JSON.stringify(one)) as unknown),
          )
        },
      ),
    )
  })
})

describe('gitleaks', () => {
  it('never takes over what can hold the secret', () => {
    const text = recorded('gitleaks.json')
    expect(text).toContain('not-redacted-by-mistake')
    const findings = parseGitleaks(text, (file) => file)
    expect(JSON.stringify(findings)).not.toContain('not-redacted-by-mistake')
    const [finding] = findings
    expect(finding).toMatchObject({
      kind: 'secret',
      id: 'aws-access-token',
      severity: 'CRITICAL',
      fingerprint: `${finding?.places[0]?.commit}:config.txt:aws-access-token:1`,
      places: [{ file: 'config.txt', line: 1, commit: expect.stringMatching(/^[0-9a-f]{40}$/) }],
    })
  })

  it.each([['', []], ['null', []], ['[]', []]])('nothing found: %j', (text, findings) => {
    expect(parseGitleaks(text, (file) => file)).toEqual(findings)
  }) // prettier-ignore

  it('refuses what is no report', () => {
    expect(() => parseGitleaks('{}', (file) => file)).toThrow(SyntaxError)
  })
})

/** As grype 0.110 writes it (presenter/models, Document), with the fields that are read. */
const grypeReport = {
  matches: [
    {
      vulnerability: {
        id: 'CVE-2026-1111',
        dataSource: 'https://security-tracker.debian.org/tracker/CVE-2026-1111',
        severity: 'High',
        description: 'libfoo reads too far\nmore',
        fix: { versions: ['1.2-3+deb13u1'], state: 'fixed' },
      },
      relatedVulnerabilities: [{ id: 'CVE-2026-1111', severity: 'Critical' }, { id: 'GHSA-aaaa' }],
      artifact: { name: 'libfoo1', version: '1.2-3', type: 'deb', locations: [{ path: '/var/lib/dpkg/status.d/libfoo1' }] },
    },
    {
      vulnerability: { id: 'CVE-2026-2222', severity: 'Unknown', fix: { versions: [], state: 'wont-fix' } },
      relatedVulnerabilities: [{ id: 'CVE-2026-2222', severity: 'Moderate', description: 'from NVD' }],
      artifact: { name: 'libbar', version: '2', type: 'apk', locations: [] },
    },
    {
      vulnerability: { id: 'GHSA-bbbb', severity: 'Low', fix: { versions: ['1.0.1'], state: 'fixed' } },
      relatedVulnerabilities: [{ id: 'CVE-2026-0001' }],
      artifact: { name: 'example.com/weak', version: 'v1.0.0', type: 'go-module', locations: [{ path: '/app/red' }] },
    },
    { vulnerability: {}, artifact: {} },
  ],
  distro: { name: 'debian', version: '13' },
  descriptor: { version: '0.110.0', db: { status: { built: '2026-11-20T00:00:00Z', from: 'https://grype.example/db' } } },
} // prettier-ignore

describe('grype', () => {
  const subject = { image: 'r.example/app@sha256:2', platform: 'linux/amd64', withoutGo: true }

  it('leaves Go modules to govulncheck but keeps what is stated about them', () => {
    const report = parseGrype(JSON.stringify(grypeReport), subject)
    expect(report).toMatchObject({
      version: '0.110.0',
      modified: '2026-11-20T00:00:00Z',
      database: 'https://grype.example/db',
      distribution: 'debian 13',
      leftOut: 1,
    })
    expect(report.severities.get('CVE-2026-0001')).toBe('LOW')
    expect(report.findings).toEqual([
      {
        scanner: 'grype',
        kind: 'vulnerability',
        id: 'CVE-2026-1111',
        aliases: ['GHSA-aaaa'],
        severity: 'HIGH',
        severityFrom: 'advisory',
        title: 'libfoo reads too far',
        package: 'libfoo1',
        installed: '1.2-3',
        fixed: '1.2-3+deb13u1',
        places: [{ file: '/var/lib/dpkg/status.d/libfoo1', image: subject.image, platform: 'linux/amd64' }],
        url: 'https://security-tracker.debian.org/tracker/CVE-2026-1111',
        fix: 'take a base image with libfoo1 1.2-3+deb13u1 or newer',
        fingerprint: 'CVE-2026-1111/deb/libfoo1/1.2-3',
      },
      expect.objectContaining({ id: 'CVE-2026-2222', severity: 'MEDIUM', title: 'from NVD' }),
    ])
    expect(report.findings[1]).not.toHaveProperty('fixed')
  })

  it('has them too when it is the only scanner of the image', () => {
    const { findings, leftOut } = parseGrype(JSON.stringify(grypeReport), { ...subject, withoutGo: false })
    expect(findings.map(({ id }) => id)).toEqual(['CVE-2026-1111', 'CVE-2026-2222', 'GHSA-bbbb'])
    expect(leftOut).toBe(0)
  })

  it.each(['[]', '{}', '{"matches":null}', 'not json'])('refuses %s', (text) => {
    expect(() => parseGrype(text, subject)).toThrow(SyntaxError)
  })

  it('is one finding in two places when two platforms have the same package', () => {
    const of = (platform: string) =>
      parseGrype(JSON.stringify(grypeReport), { ...subject, platform }).findings
    const merged = mergeFindings([...of('linux/amd64'), ...of('linux/arm64')])
    expect(merged.map(({ places }) => places.length)).toEqual([2, 2])
  })

  it.each([
    ['2026-11-20T00:00:00Z', 2],
    ['2027-01-01T00:00:00Z', 0],
    [undefined, undefined],
    ['soon', undefined],
  ])('age of a database of %s', (modified, days) => {
    expect(databaseAge(modified, Date.parse('2026-11-22T12:00:00Z'))).toBe(days)
  })
})
