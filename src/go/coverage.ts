import { posix } from 'node:path'
import type { Problem } from '../base/errors.ts'
import { type GoModule } from '../project/modules.ts'
import { packageDir } from './diagnostics.ts'

/** One block of a cover profile (golang.org/x/tools/cover): lines and columns are 1-based, the end is exclusive. */
export interface CoverBlock {
  readonly startLine: number
  readonly startColumn: number
  readonly endLine: number
  readonly endColumn: number
  readonly statements: number
  readonly count: number
}

export type CoverMode = 'set' | 'count' | 'atomic'

export interface CoverProfile {
  readonly mode: CoverMode
  /** By file as Go names it: import path and file name. */
  readonly files: ReadonlyMap<string, readonly CoverBlock[]>
}

export interface CoverageReport {
  readonly statements: number
  readonly covered: number
  /** Percent of all statements; undefined when there is no statement. */
  readonly percent?: number
  readonly packages: readonly PackageCoverage[]
  readonly files: readonly FileCoverage[]
}

export interface PackageCoverage {
  readonly package: string
  readonly statements: number
  readonly covered: number
  readonly percent: number
}

export interface FileCoverage {
  /** Repository-relative, or as Go names it when the module is not known. */
  readonly file: string
  readonly package: string
  readonly statements: number
  readonly covered: number
  readonly percent: number
  /** First and last line of what no test reached, sorted, without overlaps. */
  readonly uncovered: readonly (readonly [first: number, last: number])[]
}

/**
 * Reads and merges cover profiles of all modes, also of several modules. Blocks that come twice (-coverpkg, a second
 * run of some packages) count once; they are covered when any run reached them.
 * @returns undefined when no text is a profile; lines that cannot be read are counted in `bad`
 */
export function parseCoverProfiles(
  texts: readonly string[],
): { profile: CoverProfile; bad: number } | undefined {
  const files = new Map<string, Map<string, CoverBlock>>()
  let mode: CoverMode | undefined
  let bad = 0
  for (const text of texts) {
    for (const line of text.split(/\r?\n/)) {
      if (line === '') continue
      const header = /^mode: (set|count|atomic)$/.exec(line)
      if (header !== null) {
        const found = header[1] as CoverMode
        mode = mode === undefined || mode === found ? found : 'count'
        continue
      }
      const match = /^(.+):(\d+)\.(\d+),(\d+)\.(\d+) (\d+) (\d+)$/.exec(line)
      if (match === null) {
        bad++
        continue
      }
      const [, file = '', ...numbers] = match
      const [startLine = 0, startColumn = 0, endLine = 0, endColumn = 0, statements = 0, count = 0] =
        numbers.map(Number)
      const blocks = files.get(file) ?? new Map<string, CoverBlock>()
      files.set(file, blocks)
      const key = `${startLine}.${startColumn},${endLine}.${endColumn}`
      const before = blocks.get(key)?.count ?? 0
      const merged = mode === 'set' ? Math.max(before, count) : before + count
      blocks.set(key, { startLine, startColumn, endLine, endColumn, statements, count: merged })
    }
  }
  if (mode === undefined) return undefined
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    profile: {
      mode,
      files: new Map(sorted.map(([file, blocks]) => [file, [...blocks.values()].sort(byPlace)])),
    },
    bad,
  }
}

const byPlace = (a: CoverBlock, b: CoverBlock): number =>
  a.startLine - b.startLine ||
  a.startColumn - b.startColumn ||
  a.endLine - b.endLine ||
  a.endColumn - b.endColumn

/** The profile as text that `go tool cover` reads. */
export function formatCoverProfile(profile: CoverProfile): string {
  const lines = [`mode: ${profile.mode}`]
  for (const [file, blocks] of profile.files) {
    for (const b of blocks) {
      lines.push(
        `${file}:${b.startLine}.${b.startColumn},${b.endLine}.${b.endColumn} ${b.statements} ${b.count}`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}

/** Totals by statements, as `go tool cover -func` computes them. */
export function summariseCoverage(profile: CoverProfile, modules: readonly GoModule[]): CoverageReport {
  const packages = new Map<string, { statements: number; covered: number }>()
  const files: FileCoverage[] = []
  const total = { statements: 0, covered: 0 }
  for (const [name, blocks] of profile.files) {
    const pkg = posix.dirname(name)
    const sums = packages.get(pkg) ?? { statements: 0, covered: 0 }
    packages.set(pkg, sums)
    let statements = 0
    let covered = 0
    for (const block of blocks) {
      statements += block.statements
      if (block.count > 0) covered += block.statements
    }
    sums.statements += statements
    sums.covered += covered
    total.statements += statements
    total.covered += covered
    const dir = packageDir(pkg, { modules })
    files.push({
      file: dir === undefined ? name : posix.join(dir, posix.basename(name)),
      package: pkg,
      statements,
      covered,
      percent: percentOf(covered, statements),
      uncovered: uncoveredLines(blocks),
    })
  }
  return {
    ...total,
    ...(total.statements === 0 ? {} : { percent: percentOf(total.covered, total.statements) }),
    packages: [...packages].map(([name, sums]) => ({
      package: name,
      ...sums,
      percent: percentOf(sums.covered, sums.statements),
    })),
    files,
  }
}

const percentOf = (covered: number, statements: number): number =>
  statements === 0 ? 100 : (100 * covered) / statements

function uncoveredLines(blocks: readonly CoverBlock[]): [number, number][] {
  const ranges: [number, number][] = []
  for (const block of blocks) {
    if (block.count > 0 || block.statements === 0) continue
    // A block that ends in column 1 or before has nothing on its last line.
    const last = block.endColumn <= 1 && block.endLine > block.startLine ? block.endLine - 1 : block.endLine
    const previous = ranges.at(-1)
    if (previous !== undefined && block.startLine <= previous[1] + 1)
      previous[1] = Math.max(previous[1], last)
    else ranges.push([block.startLine, last])
  }
  return ranges
}

/** One digit after the point, rounded down: 79.96 never shows as the 80.0 that it is not. */
export const formatPercent = (percent: number): string =>
  `${(Math.floor(percent * 10 + 1e-9) / 10).toFixed(1)} %`

/** The coverage gate: undefined when the threshold is met. */
export function checkCoverage(report: CoverageReport | undefined, threshold: number): Problem | undefined {
  const base = { input: 'coverage-threshold', value: String(threshold) }
  if (report?.percent === undefined) {
    return {
      ...base,
      code: 'coverage-unknown',
      what: 'no coverage was measured, but a threshold is set',
      cause: 'no test ran, or the code has no statements',
      fix: 'add tests, or remove coverage-threshold',
    }
  }
  // Sums of floats: 80 of 100 must be 80.
  if (report.percent + 1e-9 >= threshold) return undefined
  const missing = Math.ceil((threshold / 100) * report.statements - 1e-9) - report.covered
  const worst = [...report.files]
    .sort((a, b) => b.statements - b.covered - (a.statements - a.covered))
    .slice(0, 3)
    .map((file) => `${file.file} (${file.statements - file.covered})`)
  return {
    ...base,
    code: 'coverage-below-threshold',
    what: `coverage is ${formatPercent(report.percent)}, below the threshold of ${threshold} %`,
    cause: `${report.covered} of ${report.statements} statements are covered, ${missing} more are needed`,
    fix: `most uncovered statements: ${worst.join(', ')}`,
  }
}
