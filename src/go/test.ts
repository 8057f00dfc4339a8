import { mkdir, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '../base/clock.ts'
import { environmentError } from '../base/errors.ts'
import { readTextIfAny, writeAtomic } from '../base/files.ts'
import type { Workspace } from '../project/modules.ts'
import {
  type CoverageReport,
  formatCoverProfile,
  formatPercent,
  parseCoverProfiles,
  summariseCoverage,
} from './coverage.ts'
import { covdataFlag } from './covdata.ts'
import { type Diagnostic, formatDiagnostic, sortDiagnostics, type SourceTree, unique } from './diagnostics.ts'
import { explainGo } from './explain.ts'
import { raceNeedsCgo, splitGoFlags } from './flags.ts'
import { locateFailures } from './locate.ts'
import { assignPackages, type Invocation } from './packages.ts'
import type { TestFailure } from './test-output.ts'
import type { PackageResult } from './test-state.ts'
import { type GoCommand, type GoPorts, goTest, goVet, RawLog } from './test-step.ts'

export { testFlagWarnings, validateTestFlags } from './test-flags.ts'
export type { FailureKind, TestFailure } from './test-output.ts'
export type { PackageResult, TestCase } from './test-state.ts'

export interface TestRun {
  /** The go program. */
  readonly bin: string
  /** The repository's root, absolute. */
  readonly root: string
  readonly workspace: Workspace
  /** Repository-relative; what `packages` is relative to. Default: the root. */
  readonly workingDirectory?: string
  /** Default `./...`, which means all modules. */
  readonly packages?: readonly string[]
  readonly vet: boolean
  readonly test: boolean
  readonly race: boolean
  readonly coverage: boolean
  /** The caller's test-flags, checked by validateTestFlags. */
  readonly flags: readonly string[]
  /** Of goCommandEnvironment, and PATH. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. Gets go-test.jsonl (all events as they came) and coverage.out. */
  readonly reportDir: string
  /** Absolute: for programs that go is given; without it, go is left as it is. */
  readonly toolsDir?: string
  /** For each go command. */
  readonly timeoutMs: number
}

export interface TestReport {
  /** Counted are tests without subtests, and groups that failed by themselves. */
  readonly passed: number
  /** With packages that failed without a failing test. */
  readonly failed: number
  readonly skipped: number
  /** Packages whose results came from the cache. */
  readonly cached: number
  readonly packages: readonly PackageResult[]
  readonly failures: readonly TestFailure[]
  /** The ten slowest tests that ran (not cached) for 0.1 s or more. */
  readonly slowest: readonly SlowTest[]
  /** Of go vet. */
  readonly findings: readonly Diagnostic[]
  /** What does not compile or cannot be loaded. */
  readonly buildErrors: readonly Diagnostic[]
  readonly coverage?: CoverageReport
  /** The merged profile, absolute. */
  readonly coverageProfile?: string
  readonly ms: number
  /** Vet was asked for, and there are findings or code that cannot be vetted. */
  readonly vetFailed: boolean
  /** Tests were asked for, and a test, a package or a build failed. */
  readonly testFailed: boolean
}

export interface SlowTest {
  readonly package: string
  readonly test: string
  readonly ms: number
}

/** What the go commands of a run left behind. */
interface Gathered {
  readonly packages: Map<string, PackageResult>
  readonly failures: TestFailure[]
  readonly findings: Diagnostic[]
  readonly buildErrors: Diagnostic[]
  readonly profiles: string[]
}

/**
 * Runs vet and tests over all modules and reports; for what the code does wrong it does not throw (the caller is the
 * gate).
 *
 * With both on there is one build graph: `go test -vet=all`. A package with findings does not run its tests then, so
 * those packages are vetted again by `go vet -json` (analyzer names, all findings) and tested with -vet=off.
 * @throws PipelineError (environment) when go cannot do its work: network, disk, C compiler, toolchain
 */
export async function runTests(run: TestRun, act: GoPorts): Promise<TestReport> {
  const started = systemClock.now()
  const tree = await sourceTree(run, act)
  const { invocations, unmatched } = assignPackages(
    run.workspace,
    run.workingDirectory ?? '.',
    run.packages ?? ['./...'],
  )
  const gathered: Gathered = {
    packages: new Map(),
    failures: [],
    findings: [],
    buildErrors: unmatched.map((pattern) => ({
      kind: 'setup',
      message: `packages: ${pattern} lies in no Go module of the repository`,
    })),
    profiles: [],
  }
  await mkdir(run.reportDir, { recursive: true })
  const command: GoCommand = { ...run, env: await testEnvironment(run, act) }
  if (run.test) {
    const covdata = await toolFlag(run, command.env, act)
    const raw = new RawLog(join(run.reportDir, 'go-test.jsonl'), (message) => act.log.warning(message))
    try {
      for (const [index, invocation] of invocations.entries())
        await testOne({ run, command, covdata, tree, raw, index, invocation, gathered }, act)
    } finally {
      raw.close()
    }
  } else if (run.vet) {
    for (const invocation of invocations) {
      const { findings, errors } = await goVet(command, invocation, tree, act)
      gathered.findings.push(...findings)
      gathered.buildErrors.push(...errors)
    }
  }
  const report = await summarise(run, gathered, tree, systemClock.now() - started)
  for (const finding of report.findings) act.log.info(`vet: ${formatDiagnostic(finding)}`)
  for (const error of report.buildErrors) act.log.info(`build: ${formatDiagnostic(error)}`)
  act.log.info(summaryLine(run, report))
  return report
}

async function testOne(
  step: {
    readonly run: TestRun
    readonly command: GoCommand
    readonly covdata: string | undefined
    readonly tree: SourceTree
    readonly raw: RawLog
    readonly index: number
    readonly invocation: Invocation
    readonly gathered: Gathered
  },
  act: GoPorts,
): Promise<void> {
  const { run, command, covdata, tree, raw, index, invocation, gathered } = step
  const test = async (on: Invocation, vet: boolean, suffix: string) => {
    const profile = run.coverage ? join(run.reportDir, `coverage-${index}${suffix}.out`) : undefined
    if (profile !== undefined) gathered.profiles.push(profile)
    const options = {
      vet,
      race: run.race,
      flags: run.flags,
      onRaw: (line: string) => {
        raw.write(line)
      },
    }
    const measured = profile === undefined ? {} : { profile, ...(covdata === undefined ? {} : { covdata }) }
    return await goTest(command, on, { ...options, ...measured }, tree, act)
  }
  const take = (outcome: Awaited<ReturnType<typeof test>>, without: ReadonlySet<string>): void => {
    for (const result of outcome.packages) gathered.packages.set(result.package, result)
    gathered.failures.push(...outcome.failures)
    gathered.buildErrors.push(...outcome.diagnostics.filter((d) => !without.has(owner(d))))
  }
  const first = await test(invocation, run.vet, '')
  // A pattern that could not be loaded stands for a package too: `./...`.
  const suspects = run.vet ? first.buildFailedPackages.filter((name) => !name.startsWith('.')) : []
  if (suspects.length === 0) {
    take(first, new Set())
    return
  }
  const vetted = await goVet(command, { cwd: invocation.cwd, patterns: suspects }, tree, act)
  gathered.findings.push(...vetted.findings)
  const found = new Set(vetted.findings.map(owner))
  // Those with findings do compile: what go test said of them were the findings, worded like compile errors.
  take(first, found)
  const again = suspects.filter((name) => found.has(name))
  if (again.length === 0) return
  act.log.info(`vet has findings in ${again.length} packages; their tests run all the same`)
  take(await test({ cwd: invocation.cwd, patterns: again }, false, '-again'), new Set())
}

/** The package that a diagnostic is about; an external test package belongs to the one it tests. */
const owner = (d: Diagnostic): string => (d.package ?? '').replace(/_test$/, '')

/** What measuring the coverage of packages without tests is done with. */
async function toolFlag(run: TestRun, env: GoCommand['env'], act: GoPorts): Promise<string | undefined> {
  if (!run.coverage || run.toolsDir === undefined) return undefined
  return covdataFlag(run.toolsDir, { flags: run.flags, goflags: env['GOFLAGS'] ?? '' }, act.host)
}

async function sourceTree(run: TestRun, act: GoPorts): Promise<SourceTree> {
  const real = await realpath(run.root).catch(() => run.root)
  return {
    root: run.root,
    ...(real === run.root ? {} : { realRoot: real }),
    os: act.host.os,
    modules: run.workspace.modules,
  }
}

/** Race needs cgo, whatever the builds use; without a C compiler that is said before minutes of compiling. */
async function testEnvironment(run: TestRun, act: GoPorts): Promise<GoCommand['env']> {
  if (!run.test || !run.race || !raceNeedsCgo(act.host)) return run.env
  const env = { ...run.env, CGO_ENABLED: '1' }
  const asked = await act.exec.run({
    argv: [run.bin, 'env', 'CC'],
    cwd: run.root,
    env,
    timeoutMs: 60_000,
    signal: act.signal,
  })
  const compiler = splitGoFlags(asked.stdout).words[0] ?? asked.stdout.trim().split(/\s+/)[0] ?? ''
  if (asked.code !== 0 || compiler === '') return env
  try {
    await act.exec.run({
      argv: [compiler, '--version'],
      env,
      timeoutMs: 60_000,
      signal: act.signal,
    })
  } catch (error) {
    if (act.signal.aborted) throw error
    throw environmentError(
      {
        code: 'race-needs-c-compiler',
        what: 'the race detector cannot be used on this runner',
        cause: `it needs cgo, and the C compiler ${compiler} is not there`,
        input: 'race',
        value: 'true',
        fix: 'set race: false, or install a C compiler before this step (apt-get install gcc libc6-dev, apk add build-base, on Windows MinGW-w64)',
      },
      { cause: error },
    )
  }
  return env
}

async function summarise(
  run: TestRun,
  gathered: Gathered,
  tree: SourceTree,
  ms: number,
): Promise<TestReport> {
  const packages = [...gathered.packages.values()].sort((a, b) => (a.package < b.package ? -1 : 1))
  const findings = sortDiagnostics(
    unique([...gathered.findings, ...gathered.buildErrors.filter((d) => d.kind === 'vet')]),
  )
  const buildErrors = sortDiagnostics(unique(gathered.buildErrors.filter((d) => d.kind !== 'vet'))).map(
    withFix,
  )
  const failures = await locateFailures(gathered.failures, tree)
  const sum = (of: (result: PackageResult) => number): number =>
    packages.reduce((total, result) => total + of(result), 0)
  const testFailed =
    run.test &&
    (failures.length > 0 ||
      buildErrors.length > 0 ||
      packages.some((p) => p.status === 'fail' || p.status === 'build'))
  const profile = await mergeProfiles(run, gathered.profiles)
  return {
    passed: sum((p) => p.passed),
    failed: sum((p) => Math.max(p.failed, p.status === 'fail' ? 1 : 0)),
    skipped: sum((p) => p.skipped),
    cached: packages.filter((p) => p.cached).length,
    packages,
    failures,
    slowest: slowest(packages),
    findings,
    buildErrors,
    ...profile,
    ms,
    vetFailed: run.vet && (findings.length > 0 || (!run.test && buildErrors.length > 0)),
    testFailed,
  }
}

function withFix(diagnostic: Diagnostic): Diagnostic {
  const fix = explainGo(diagnostic.message)?.fix
  return fix === undefined ? diagnostic : { ...diagnostic, fix }
}

const SLOW_MS = 100

function slowest(packages: readonly PackageResult[]): SlowTest[] {
  return packages
    .filter((result) => !result.cached)
    .flatMap((result) =>
      result.tests
        .filter((test) => test.ms >= SLOW_MS)
        .map((test) => ({ package: result.package, test: test.name, ms: test.ms })),
    )
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 10)
}

/** One profile from those of all go commands, in report-dir/coverage.out. */
async function mergeProfiles(
  run: TestRun,
  files: readonly string[],
): Promise<{ coverage?: CoverageReport; coverageProfile?: string }> {
  if (!run.coverage || !run.test) return {}
  const texts: string[] = []
  for (const file of files) {
    const text = await readTextIfAny(file)
    if (text !== undefined) texts.push(text)
    await rm(file, { force: true })
  }
  const merged = parseCoverProfiles(texts)
  if (merged === undefined) return {}
  const coverageProfile = join(run.reportDir, 'coverage.out')
  await writeAtomic(coverageProfile, formatCoverProfile(merged.profile))
  return { coverage: summariseCoverage(merged.profile, run.workspace.modules), coverageProfile }
}

function summaryLine(run: TestRun, report: TestReport): string {
  const parts = [
    ...(run.vet ? [`vet: ${report.findings.length} findings`] : []),
    ...(run.test
      ? [
          `tests: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`,
          `${report.packages.length} packages, ${report.cached} from the cache`,
        ]
      : []),
    ...(report.buildErrors.length > 0 ? [`${report.buildErrors.length} build errors`] : []),
    ...(report.coverage?.percent === undefined ? [] : [`coverage ${formatPercent(report.coverage.percent)}`]),
  ]
  return parts.join('; ')
}
