import type { Finding } from './findings.ts'
import { asList, asNumber, asObject, asText, type Json } from './json.ts'

/**
 * Reads the report of gitleaks (`--report-format json`). Only names and places are taken over: no field that can hold the
 * secret or the line around it (`Secret`, `Match`, `Line`, `Message`) is ever read, redacted or not.
 *
 * @param place turns a file name of the report into a repository-relative one
 * @throws SyntaxError when it is no list of findings
 */
export function parseGitleaks(text: string, place: (file: string) => string): Finding[] {
  const report: unknown = text.trim() === '' ? [] : JSON.parse(text)
  // Without a finding some versions write null.
  if (report !== null && !Array.isArray(report)) throw new SyntaxError('the report of gitleaks is no list')
  return asList(report).flatMap((one) => {
    const leak = asObject(one)
    return leak === undefined ? [] : [findingOf(leak, place)]
  })
}

function findingOf(leak: Json, place: (file: string) => string): Finding {
  const rule = asText(leak['RuleID']) ?? 'unknown-rule'
  const file = place(asText(leak['File']) ?? '')
  const line = asNumber(leak['StartLine'])
  const commit = asText(leak['Commit'])
  const title = asText(leak['Description']) ?? rule
  return {
    scanner: 'gitleaks',
    kind: 'secret',
    id: rule,
    aliases: [],
    severity: 'CRITICAL',
    severityFrom: 'assumed',
    title,
    package: '',
    installed: '',
    places: [
      {
        file,
        ...(line === undefined || line < 1 ? {} : { line }),
        ...(commit === undefined ? {} : { commit }),
      },
    ],
    fix:
      commit === undefined
        ? 'revoke it where it was issued, then remove it from the file'
        : 'revoke it where it was issued: whoever has a clone has it, and removing the line does not take it back',
    // gitleaks' own form, which people know from .gitleaksignore.
    fingerprint: [...(commit === undefined ? [] : [commit]), file, rule, line ?? 0].join(':'),
  }
}
