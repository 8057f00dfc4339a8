import type { ScannerName } from './findings.ts'
import gitleaks from './tools/gitleaks.json' with { type: 'json' }
import govulncheck from './tools/govulncheck.json' with { type: 'json' }
import grype from './tools/grype.json' with { type: 'json' }

/** A scanner as a module of its own: go.mod and go.sum, whose checksums pin it and everything it is made of. */
export interface Pin {
  /** With a leading v. */
  readonly version: string
  /** The main package. */
  readonly package: string
  /** The module it is in. */
  readonly module: string
  /** Lines of go.mod and go.sum. */
  readonly mod: readonly string[]
  readonly sum: readonly string[]
}

const PINS: Readonly<Record<ScannerName, Pin>> = { govulncheck, gitleaks, grype }

/** Written by scripts/scanners.ts. */
export const pinOf = (name: ScannerName): Pin => PINS[name]
