import {
  type Diagnostic,
  packageDir,
  parseBuildOutput,
  plainPackage,
  type SourceTree,
  unique,
} from './diagnostics.ts'
import {
  blameCrash,
  blameOutput,
  OutputTail,
  type TestFailure,
  testInStack,
  timedOutTests,
} from './test-output.ts'

import {
  crashedAbove,
  deepestSilent,
  type Event,
  newPackage,
  type Package,
  type PackageResult,
  parentOf,
  parseEvent,
  type Test,
  type TestCase,
} from './test-state.ts'

export type { PackageResult, TestCase } from './test-state.ts'

export interface TestListener {
  onFailure?(failure: TestFailure): void
  onPackage?(result: PackageResult): void
  /** A piece of a test's output, as it comes. */
  onOutput?(text: string): void
  /** A line of output that is not an event: progress of the go command, text of old versions. */
  onText?(line: string): void
}

const MAX_CASES = 20_000
const MAX_BUILD_LINES = 400
const MAX_TEXT_LINES = 2000

/**
 * Reads `go test -json` (go doc test2json) line by line, of one go command. What it keeps is bounded: the tail of
 * each running test, nothing of a passed one.
 *
 * A test counts when it has no subtests, or when it failed by itself; a group that fails because of a subtest does not.
 */
export class TestEvents {
  readonly #tree: SourceTree
  readonly #cwd: string
  readonly #listener: TestListener
  readonly #packages = new Map<string, Package>()
  readonly #results = new Map<string, PackageResult>()
  readonly #failures: TestFailure[] = []
  readonly #builds = new Map<string, string[]>()
  readonly #blocked = new Map<string, string>()
  readonly #text: string[] = []
  #cases = 0

  /** @param cwd repository-relative folder that the go command runs in */
  constructor(tree: SourceTree, cwd: string, listener: TestListener = {}) {
    this.#tree = tree
    this.#cwd = cwd
    this.#listener = listener
  }

  /** Takes one line of stdout or stderr. */
  line(text: string): void {
    const event = parseEvent(text)
    if (event === undefined) this.#plain(text)
    else this.#event(event)
  }

  #event(event: Event): void {
    const { Action: action = '', Package: name } = event
    if (action === 'build-output' || action === 'build-fail') {
      const lines = this.#build(event.ImportPath ?? '')
      if (event.Output !== undefined && lines.length < MAX_BUILD_LINES) lines.push(event.Output)
      return
    }
    if (name === undefined) return
    const pkg = this.#package(name)
    if (event.Test === undefined) this.#packageEvent(pkg, event)
    else this.#testEvent(pkg, event.Test, event)
  }

  #testEvent(pkg: Package, name: string, event: Event): void {
    const test = this.#test(pkg, name)
    const ms = Math.round((event.Elapsed ?? 0) * 1000)
    switch (event.Action) {
      case 'output':
        test.output.add(event.Output ?? '', event.OutputType)
        this.#listener.onOutput?.(event.Output ?? '')
        return
      case 'pass':
      case 'bench':
        this.#end(pkg, test, 'pass', ms)
        return
      case 'fail':
        this.#end(pkg, test, 'fail', ms)
        return
      case 'skip':
        this.#end(pkg, test, 'skip', ms)
        return
      default:
    }
  }

  #packageEvent(pkg: Package, event: Event): void {
    const ms = Math.round((event.Elapsed ?? 0) * 1000)
    switch (event.Action) {
      case 'output':
        this.#summaryLine(pkg, event.Output ?? '')
        return
      case 'fail':
        if (event.FailedBuild !== undefined) {
          pkg.buildFailed = true
          this.#blocked.set(pkg.name, event.FailedBuild)
        }
        this.#finish(pkg, 'fail', ms)
        return
      case 'skip':
        pkg.noTests = true
        this.#finish(pkg, 'pass', ms)
        return
      case 'pass':
        this.#finish(pkg, 'pass', ms)
        return
      default:
    }
  }

  /** `ok  \tp\t(cached)\tcoverage: 66.7% of statements`, `?   \tp\t[no test files]`, `FAIL\tp [build failed]` … */
  #summaryLine(pkg: Package, output: string): void {
    const line = output.trimEnd()
    if (/^ok\s/.test(line)) pkg.cached = line.includes('\t(cached)')
    else if (/^\?\s.*\[no test files\]/.test(line)) pkg.noTests = true
    else if (/^\t\S+\t\tcoverage: /.test(line)) pkg.noTests = true
    else if (/^FAIL\s.*\[(?:build|setup) failed\]$/.test(line)) pkg.buildFailed = true
    else if (!/^(?:PASS|FAIL|coverage: |FAIL\s)/.test(line)) pkg.output.add(output)
    const coverage = /coverage: (\d+(?:\.\d+)?)% of statements/.exec(line)?.[1]
    if (coverage !== undefined) pkg.coverage = Number(coverage)
  }

  /** Text beside the events: the go command's stderr, and what Go before 1.24 says about builds. */
  #plain(line: string): void {
    const failed = /^FAIL\t(\S+) \[(?:build|setup) failed\]$/.exec(line)
    const none = /^\?\s+\t(\S+)\t\[no test files\]$/.exec(line)
    if (failed !== null) {
      const pkg = this.#package(failed[1] ?? '')
      pkg.buildFailed = true
      this.#finish(pkg, 'fail', 0)
    } else if (none !== null) {
      const pkg = this.#package(none[1] ?? '')
      pkg.noTests = true
      this.#finish(pkg, 'pass', 0)
    } else {
      if (this.#text.length < MAX_TEXT_LINES) this.#text.push(line)
      this.#listener.onText?.(line)
    }
  }

  #package(name: string): Package {
    const known = this.#packages.get(name)
    if (known !== undefined) return known
    const pkg = newPackage(name)
    this.#packages.set(name, pkg)
    return pkg
  }

  #test(pkg: Package, name: string): Test {
    const known = pkg.tests.get(name)
    if (known !== undefined) return known
    const parent = parentOf(pkg, name)
    const test: Test = { name, parent, children: [], output: new OutputTail(), status: undefined, ms: 0 }
    parent?.children.push(test)
    pkg.tests.set(name, test)
    return test
  }

  #end(pkg: Package, test: Test, status: TestCase['status'], ms: number): void {
    if (test.status !== undefined) return
    test.output.flush()
    test.status = status
    test.ms = ms
    // A test may not end before its subtests do, but the end of one may have been lost (golang/go#45508).
    if (test.parent === undefined) this.#settle(pkg, test)
  }

  /** The outermost test has ended: counts it and its subtests, tells its failures and forgets all of it. */
  #settle(pkg: Package, root: Test): void {
    const visit = (test: Test): boolean => {
      let failedBelow = false
      for (const child of test.children) failedBelow = visit(child) || failedBelow
      pkg.tests.delete(test.name)
      const status = test.status ?? (root.status === 'fail' ? 'fail' : 'pass')
      if (status !== 'fail') {
        if (test.children.length === 0) this.#count(pkg, test, status)
        return failedBelow
      }
      const crash = test.output.crash
      // The panic of a subtest is printed as the output of its outermost test.
      if (failedBelow && crash === undefined) return true
      if (!failedBelow && test.output.empty && crashedAbove(test)) return true
      if (!failedBelow || crash !== undefined) {
        this.#count(pkg, crash === undefined ? test : deepestSilent(test), 'fail')
        this.#tell(pkg, this.#failureOf(pkg, test))
      }
      return true
    }
    visit(root)
  }

  #count(pkg: Package, test: Test, status: TestCase['status']): void {
    if (status === 'pass') pkg.passed++
    else if (status === 'fail') pkg.failed++
    else pkg.skipped++
    if (this.#cases++ >= MAX_CASES) return
    const reason = status === 'skip' ? blameOutput(test.output, pkg.name, this.#tree).message : undefined
    pkg.cases.push({ name: test.name, status, ms: test.ms, ...(reason === undefined ? {} : { reason }) })
  }

  #failureOf(pkg: Package, test: Test): TestFailure {
    const { crash, head } = test.output
    const base = { package: pkg.name, output: test.output.lines }
    if (crash === undefined) {
      return { ...base, test: test.name, kind: 'failed', ...blameOutput(test.output, pkg.name, this.#tree) }
    }
    const name = deepestSilent(test).name
    return { ...base, test: name, kind: crash, ...blameCrash(head, crash, this.#tree, name) }
  }

  #tell(pkg: Package, failure: TestFailure): void {
    pkg.told++
    this.#failures.push(failure)
    this.#listener.onFailure?.(failure)
  }

  #finish(pkg: Package, status: 'pass' | 'fail', ms: number): void {
    if (this.#results.has(pkg.name)) return
    pkg.output.flush()
    for (const test of pkg.tests.values()) test.output.flush()
    if (status === 'fail' && !pkg.buildFailed) this.#unfinished(pkg)
    // In a package that passed, a test without an end (a benchmark, a lost event) has passed.
    for (const test of [...pkg.tests.values()]) {
      if (test.parent !== undefined || !pkg.tests.has(test.name)) continue
      test.status ??= 'pass'
      this.#settle(pkg, test)
    }
    if (status === 'fail' && !pkg.buildFailed && pkg.told === 0) this.#tell(pkg, this.#packageFailure(pkg))
    const dir = packageDir(pkg.name, this.#tree)
    const result: PackageResult = {
      package: pkg.name,
      ...(dir === undefined ? {} : { dir }),
      status: pkg.buildFailed ? 'build' : pkg.noTests && status === 'pass' ? 'no-tests' : status,
      cached: pkg.cached,
      ms,
      passed: pkg.passed,
      failed: pkg.failed,
      skipped: pkg.skipped,
      ...(pkg.coverage === undefined ? {} : { coverage: pkg.coverage }),
      tests: pkg.cases,
    }
    this.#packages.delete(pkg.name)
    this.#results.set(pkg.name, result)
    this.#listener.onPackage?.(result)
  }

  /** The test program ended while tests ran: finds the one to blame, and calls the others unfinished. */
  #unfinished(pkg: Package): void {
    const open = [...pkg.tests.values()].filter((test) => test.status === undefined)
    if (open.length === 0) return
    const source = open.find((test) => test.output.crash !== undefined)
    const output = source?.output ?? (pkg.output.crash === undefined ? undefined : pkg.output)
    const crash = output?.crash
    const blamed = new Set<string>()
    if (output !== undefined && crash !== undefined) {
      // Output goes to the test that printed last, which need not be the one that crashed.
      const inStack = crash === 'timeout' ? undefined : testInStack(output.head, pkg.name)
      const named =
        crash === 'timeout'
          ? timedOutTests(output.head)
          : inStack !== undefined && inStack !== source?.name.split('/')[0] && pkg.tests.has(inStack)
            ? [inStack]
            : [source?.name ?? inStack].filter((name) => name !== undefined)
      for (const name of named) {
        blamed.add(name)
        this.#tell(pkg, {
          package: pkg.name,
          test: name,
          kind: crash,
          ...blameCrash(output.head, crash, this.#tree, name),
          output: output.lines,
        })
      }
    }
    const leaves = open.filter((test) => !test.children.some((child) => child.status === undefined))
    const only = blamed.size === 0 && leaves.length === 1
    for (const test of open) {
      test.status = 'fail'
      const isLeaf = leaves.includes(test)
      if (isLeaf || blamed.has(test.name)) this.#count(pkg, test, 'fail')
      if (isLeaf && !blamed.has(test.name)) {
        this.#tell(pkg, {
          package: pkg.name,
          test: test.name,
          kind: 'unfinished',
          message: only
            ? `the test program ended during this test (os.Exit or log.Fatal?)\n${blameOutput(test.output, pkg.name, this.#tree).message}`
            : 'the test program ended while this test ran',
          output: test.output.lines,
        })
      }
    }
    for (const test of [...pkg.tests.values()]) {
      // Finished subtests below an unfinished test still count.
      if (test.status !== 'fail' || !open.includes(test)) {
        if (test.children.length === 0 && test.status !== undefined) this.#count(pkg, test, test.status)
      }
    }
    pkg.tests.clear()
  }

  #packageFailure(pkg: Package): TestFailure {
    const { crash, head, lines } = pkg.output
    const base = { package: pkg.name, output: lines }
    if (crash !== undefined) return { ...base, kind: crash, ...blameCrash(head, crash, this.#tree) }
    const words = lines
      .filter((line) => line.trim() !== '')
      .slice(-5)
      .join('\n')
    const reason =
      pkg.passed + pkg.skipped > 0
        ? 'every test passed, but the test program ended with an error code (TestMain, os.Exit, a leak check?)'
        : 'the test program ended with an error code before any test ran'
    return { ...base, kind: 'package', message: words === '' ? reason : `${reason}\n${words}` }
  }

  #build(id: string): string[] {
    const known = this.#builds.get(id)
    if (known !== undefined) return known
    const lines: string[] = []
    this.#builds.set(id, lines)
    return lines
  }

  /** Ends packages that have no end: the go command was stopped or died. Call once, at the end. */
  close(): void {
    for (const pkg of [...this.#packages.values()]) this.#finish(pkg, 'fail', 0)
  }

  get packages(): readonly PackageResult[] {
    return [...this.#results.values()]
  }

  get failures(): readonly TestFailure[] {
    return this.#failures
  }

  /** What runs now, for progress lines: `example.com/p: TestA, TestB`. */
  get running(): readonly string[] {
    return [...this.#packages.values()].map((pkg) => {
      const tests = [...pkg.tests.values()].filter(
        (test) => test.status === undefined && test.children.length === 0,
      )
      const names = tests.slice(0, 3).map((test) => test.name)
      const more = tests.length > names.length ? ` and ${tests.length - names.length} more` : ''
      return names.length === 0 ? pkg.name : `${pkg.name}: ${names.join(', ')}${more}`
    })
  }

  /** What builds and loading said, by the JSON events (1.24 and later) or as text. */
  get buildDiagnostics(): readonly Diagnostic[] {
    const lists = [...this.#builds.values(), this.#text.map((line) => `${line}\n`)]
    return unique(lists.flatMap((lines) => parseBuildOutput(lines, this.#tree, this.#cwd)))
  }

  /** All text beside the events, for a log. */
  get text(): readonly string[] {
    return [...this.#text, ...[...this.#builds.values()].flat().map((line) => line.trimEnd())]
  }

  /**
   * Packages whose tests did not run because of themselves (their own compile errors or vet findings), not because of
   * something they import. Go before 1.24 does not tell, so there it is every package that failed to build.
   */
  get buildFailedPackages(): readonly string[] {
    return this.packages
      .filter((result) => {
        if (result.status !== 'build') return false
        const because = this.#blocked.get(result.package)
        return because === undefined || plainPackage(because).replace(/_test$/, '') === result.package
      })
      .map((result) => result.package)
  }
}
