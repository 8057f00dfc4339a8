import { OutputTail } from './test-output.ts'

export interface TestCase {
  readonly name: string
  readonly status: 'pass' | 'fail' | 'skip'
  readonly ms: number
  /** Why it was skipped. */
  readonly reason?: string
}

export interface PackageResult {
  readonly package: string
  /** Repository-relative folder, when it is a package of a known module. */
  readonly dir?: string
  /** `build`: it, or something it needs, does not compile or has vet findings, so no test ran. */
  readonly status: 'pass' | 'fail' | 'no-tests' | 'build'
  readonly cached: boolean
  readonly ms: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** Percent of statements, as go test prints it. */
  readonly coverage?: number
  /** Tests without subtests, and groups that failed by themselves; at most 20,000 a run. */
  readonly tests: readonly TestCase[]
}

/** One line of `go test -json` (go doc test2json) or `go build -json`. */
export interface Event {
  readonly Action?: string
  readonly Package?: string
  readonly ImportPath?: string
  readonly Test?: string
  readonly Elapsed?: number
  readonly Output?: string
  readonly OutputType?: string
  readonly FailedBuild?: string
}

export interface Test {
  readonly name: string
  readonly parent: Test | undefined
  readonly children: Test[]
  readonly output: OutputTail
  status: TestCase['status'] | undefined
  ms: number
}

export interface Package {
  readonly name: string
  /** Unfinished tests, and finished ones whose outermost test still runs. */
  readonly tests: Map<string, Test>
  readonly output: OutputTail
  readonly cases: TestCase[]
  passed: number
  failed: number
  skipped: number
  cached: boolean
  noTests: boolean
  buildFailed: boolean
  coverage: number | undefined
  /** Failures already told. */
  told: number
}

export const newPackage = (name: string): Package => ({
  name,
  tests: new Map(),
  output: new OutputTail(),
  cases: [],
  passed: 0,
  failed: 0,
  skipped: 0,
  cached: false,
  noTests: false,
  buildFailed: false,
  coverage: undefined,
  told: 0,
})

/** The test that a subtest's name belongs to. */
export function parentOf(pkg: Package, name: string): Test | undefined {
  // A subtest's name may hold slashes of its own.
  for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
    const parent = pkg.tests.get(name.slice(0, at))
    if (parent !== undefined) return parent
  }
  return undefined
}

/** A test above this one printed the crash. */
export function crashedAbove(test: Test): boolean {
  for (let at = test.parent; at !== undefined; at = at.parent) if (at.output.crash !== undefined) return true
  return false
}

/** The subtest that a crash printed by `test` belongs to: the failed one that said nothing itself. */
export function deepestSilent(test: Test): Test {
  const child = test.children.find((c) => c.status === 'fail' && c.output.empty)
  return child === undefined ? test : deepestSilent(child)
}

/** The event of a line, or undefined when the line is text. */
export function parseEvent(line: string): Event | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && 'Action' in value ? (value as Event) : undefined
  } catch {
    return undefined
  }
}
