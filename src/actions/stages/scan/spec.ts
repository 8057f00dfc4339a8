import { sharedInputs } from '../../build/spec.ts'
import { choice, input } from '../../spec.ts'
import type { StageSpec } from '../stage.ts'

/** Inputs that mean the same as those of the main action. */
export const SCAN: StageSpec = {
  name: 'scan',
  description: 'Scan code, git history and images with pinned scanners, and stop what has vulnerabilities or secrets',
  icon: 'shield',
  inputs: [
    ...sharedInputs('working-directory'),
    input('Scan', 'image', 'list', '', 'Images by digest, name@sha256:…, a line each. Empty: no image is scanned.'),
    input('Scan', 'platforms', 'list', '', 'Platforms of the images to scan. Empty: all of them.'),
    choice('Scan', 'image-scanner', ['auto', 'govulncheck', 'grype', 'off'], 'What scans images. auto: govulncheck for Go programs, and grype where something else is installed in the image; grype: for both; govulncheck and off leave something out, which is a skip.'),
    choice('Scan', 'secret-scope', ['auto', 'history', 'folder'], 'Where secrets are looked for. auto: the commits of a pull request, else the whole git history; folder: only the files as they are. A history needs fetch-depth: 0.'),
    input('Scan', 'govulncheck', 'text', 'auto', 'auto: the pinned govulncheck, built by Go; the absolute path of an installed one; off is a skip.'),
    input('Scan', 'gitleaks', 'text', 'auto', 'auto: the pinned gitleaks, built by Go; the absolute path of an installed one; off is a skip.'),
    input('Scan', 'grype', 'text', 'auto', 'auto: the pinned grype, built by Go when an image needs it; the absolute path of an installed one.'),
    input('Scan', 'vuln-db', 'text', 'https://vuln.go.dev', 'Vulnerability database of govulncheck: https://… of a mirror, or file:///… of a copy.'),
    input('Scan', 'grype-db', 'text', '', 'Archive of the database of grype, relative to the workspace. Empty: grype fetches it by itself.'),
    input('Gate', 'fail-on', 'list', 'CRITICAL,HIGH', 'Severities that stop: CRITICAL, HIGH, MEDIUM, LOW, NEGLIGIBLE, UNKNOWN. A finding of govulncheck without a stated severity counts as HIGH. none is a skip.'),
    choice('Gate', 'govulncheck-level', ['symbol', 'package', 'module'], 'How near a vulnerability of a module has to be to stop: symbol: the code calls it; package: imports it; module: requires it. What is farther away is a warning.'),
    choice('Gate', 'unfixed', ['fail', 'warn'], 'What has no fixed version yet stops as well, or is a warning.'),
    input('Gate', 'ignore-file', 'text', '.gip/scan-ignore.yaml', 'Accepted findings, each with id, reason, until (a date) and owner. An entry whose day is over stops.'),
    input('Skip', 'skip', 'boolean', 'false', 'Scan nothing. Blocked, unless a pipeline admin started or approved the run and skip-reason says why.'),
    input('Skip', 'skip-reason', 'text', '', 'Why something is not scanned; it stands in the audit.'),
    input('Skip', 'admins', 'list', '', 'Who is a pipeline admin: @user, @org/team or permission:maintain. Empty: permission:maintain.'),
    input('Skip', 'audit', 'text', '', 'File that skips are appended to, JSON lines chained by hashes. Empty: audit.jsonl in report-dir.'),
    input('Skip', 'audit-branch', 'text', '', 'Branch of the repository that keeps the audit for good (needs contents: write).'),
    ...sharedInputs('go-version', 'go-version-file', 'go-tags', 'cgo', 'goproxy', 'go-mirrors'),
    input('Run', 'report-dir', 'text', '', 'Folder for scan.sarif, findings.json and summary.md, relative to the workspace. Empty: a folder in RUNNER_TEMP, or .gip/scan outside GitHub Actions.'),
    ...sharedInputs('registries', 'github-token', 'registry-mirrors', 'insecure-registries', 'registry-ca'),
  ],
  outputs: [
    { name: 'verdict', description: 'passed, failed, or skipped.' },
    { name: 'counts', description: 'JSON object: severity to number of findings that are not accepted.' },
    { name: 'stopping', description: 'Number of findings and ended entries that stop the release.' },
    { name: 'sarif', description: 'Path of scan.sarif (SARIF 2.1.0, a run for each scanner).' },
    { name: 'findings', description: 'Path of findings.json.' },
    { name: 'report', description: 'Folder of the report files.' },
    { name: 'audit-head', description: 'Number and hash of the last line of the audit, when something was skipped.' },
  ],
} // prettier-ignore
