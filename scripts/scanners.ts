/**
 * Pins the scanners and linters: writes src/scan/tools/NAME.json and src/analysis/tools/NAME.json, the go.mod and go.sum of a module whose only content is one scanner.
 * The checksums of go.sum are what a scanner is verified by wherever it is built.
 *
 *   node scripts/scanners.ts                       refreshes all at their pinned versions
 *   node scripts/scanners.ts govulncheck v1.9.0    moves one to another version
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

interface Pin {
  readonly version: string
  readonly package: string
  readonly module: string
  readonly mod: readonly string[]
  readonly sum: readonly string[]
}

const FOLDERS: Readonly<Record<string, string>> = {
  govulncheck: 'scan',
  gitleaks: 'scan',
  grype: 'scan',
  staticcheck: 'analysis',
  'golangci-lint': 'analysis',
}
const [only, version] = process.argv.slice(2)

for (const [name, of] of Object.entries(FOLDERS).filter(([one]) => only === undefined || one === only)) {
  const file = new URL(`../src/${of}/tools/${name}.json`, import.meta.url)
  const pin = JSON.parse(readFileSync(file, 'utf8')) as Pin
  const wanted = version ?? pin.version
  const temporary = mkdtempSync(join(tmpdir(), 'gip-scanner-'))
  try {
    const go = (...args: string[]): void => {
      execFileSync('go', args, { cwd: temporary, stdio: 'inherit', env: { ...process.env, GOFLAGS: '', GOWORK: 'off' } }) // prettier-ignore
    }
    writeFileSync(join(temporary, 'go.mod'), `module scanner/${name}\n\ngo 1.25.0\n`)
    go('get', '-tool', `${pin.package}@${wanted}`)
    // All platforms' dependencies, not only this machine's.
    go('mod', 'tidy')
    const lines = (of: string): string[] => readFileSync(join(temporary, of), 'utf8').trimEnd().split('\n')
    const next: Pin = { ...pin, version: wanted, mod: lines('go.mod'), sum: lines('go.sum') }
    writeFileSync(file, `${JSON.stringify(next, null, 2)}\n`)
    console.log(`${name} ${wanted}: ${next.sum.length} checksums`)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}
