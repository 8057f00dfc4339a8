import type { Finding } from '../../../src/scan/findings.ts'

export function finding(change: Partial<Finding> = {}): Finding {
  const whole: Finding = {
    scanner: 'govulncheck',
    kind: 'vulnerability',
    id: 'GO-2026-0001',
    aliases: ['CVE-2026-1'],
    severity: 'HIGH',
    severityFrom: 'assumed',
    reach: 'symbol',
    title: 'weak is bad',
    package: 'example.com/weak',
    installed: 'v1.0.0',
    fixed: 'v1.0.1',
    places: [{ file: 'main.go', line: 7, column: 2 }],
    trace: ['main.main', 'weak.Bad'],
    url: 'https://vuln.example/GO-2026-0001',
    fix: 'go get example.com/weak@v1.0.1',
    fingerprint: `${change.id ?? 'GO-2026-0001'}/example.com/weak`,
    ...change,
  }
  // `fixed: undefined` in a table means that there is none.
  return Object.fromEntries(
    Object.entries(whole).filter(([, value]) => value !== undefined),
  ) as unknown as Finding
}

export const secret = (change: Partial<Finding> = {}): Finding => ({
  scanner: 'gitleaks',
  kind: 'secret',
  id: 'aws-access-token',
  aliases: [],
  severity: 'CRITICAL',
  severityFrom: 'assumed',
  title: 'an AWS key',
  package: '',
  installed: '',
  places: [{ file: 'config.txt', line: 1, commit: '0123456789abcdef' }],
  fix: 'revoke it',
  fingerprint: '0123456789abcdef:config.txt:aws-access-token:1',
  ...change,
})
