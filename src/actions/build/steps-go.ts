import { totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { formatBytes } from '../../base/clock.ts'
import { environmentError, gateError } from '../../base/errors.ts'
import { prefixed } from '../../base/log.ts'
import {
  executable,
  formatPlatform,
  mergeEnvironment,
  type Platform,
  platformSlug,
} from '../../base/platform.ts'
import { type CachePart, type CachePlan, cacheState, planCaches, restoreCaches } from '../../cache/plan.ts'
import { beginWriteBack } from '../../cache/write-back.ts'
import { compileEnvironment } from '../../cache/keys.ts'
import { compile } from '../../go/compile.ts'
import { checkCoverage, formatPercent } from '../../go/coverage.ts'
import { goCommandEnvironment, type GoSettings, mergeGoFlags } from '../../go/flags.ts'
import { installGo } from '../../go/install.ts'
import { DEFAULT_LDFLAGS, renderLdflags, stripsDwarf } from '../../go/ldflags.ts'
import { downloadModules } from '../../go/download-modules.ts'
import { setContentMtimes } from '../../go/mtimes.ts'
import { runTests, type TestReport } from '../../go/test.ts'
import { meetsMinimum, parseGoVersion } from '../../go/version.ts'
import { toolchainEnvironment } from '../../go/toolchain-environment.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Inputs } from '../../plan/inputs.ts'
import type { Shell } from '../shell.ts'
import { collectLess } from './machine-load.ts'
import { goCacheLocations, moduleFiles, webhookPayload } from './go-caches.ts'
import { readLastRun } from './last-run.ts'
import { cachesOf, type Results } from './results.ts'
import type { RunContext } from './run-context.ts'

/** The process around @actions/cache; its file lies beside the one that was started (dist/main.js, dist/cli.js). */
export const CACHE_WORKER: readonly string[] = [
  process.execPath,
  join(dirname(process.argv[1] ?? ''), 'cache-worker.js'),
]

/** The steps that run Go: install, caches, modules, tests, compiles. */
export class GoSteps {
  readonly #run: RunContext
  #cachePlan: Promise<CachePlan> | undefined

  constructor(run: RunContext) {
    this.#run = run
  }

  async install(signal: AbortSignal): Promise<string> {
    const act = this.#ports('go', signal)
    const { checkLatest, goMirrors, goproxy } = this.#run.inputs
    const installed = await installGo(this.#run.facts.go, { checkLatest, goMirrors, goproxy }, act)
    const required = requiredVersion(this.#run.facts)
    const toolchain = toolchainEnvironment(installed, required, act.env, act.host)
    act.log.info(toolchain.explanation)
    const locations = await goCacheLocations(this.#run.act)
    this.#run.results.go = installed
    this.#run.results.goEnvironment = {
      ...toolchain.env,
      ...goCommandEnvironment(this.#settings(), act.host, {}, act.env),
      ...locations.environment,
      ...(this.#run.facts.git?.environment ?? {}),
    }
    return installed.detail
  }

  async restoreModules(signal: AbortSignal): Promise<string | undefined> {
    const plan = await this.#caches('')
    const { build: _, ...modulesOnly } = plan
    const part = await restoreCaches(modulesOnly, this.#ports('cache', signal), { worker: CACHE_WORKER })
      .modules
    if (part !== undefined) this.#run.results.modulesCache = part
    this.#keepCaches(plan)
    return describeRestore(part)
  }

  async restoreBuild(signal: AbortSignal): Promise<string | undefined> {
    const plan = await this.#caches(this.#run.results.go?.version ?? '')
    const { modules: _, ...buildOnly } = { ...plan, notes: [] }
    const part = await restoreCaches(buildOnly, this.#ports('cache', signal), { worker: CACHE_WORKER }).build
    if (part !== undefined) this.#run.results.buildCache = part
    const lastRun = await readLastRun(this.#run.results)
    if (lastRun !== undefined) this.#run.results.lastRun = lastRun
    this.#keepCaches(plan)
    await this.#restored(part, 'gocache')
    return describeRestore(part)
  }

  async mtimes(signal: AbortSignal): Promise<string> {
    const done = await setContentMtimes(this.#run.facts.root, this.#ports('mtimes', signal), {
      env: { ...this.#run.facts.git?.environment },
    })
    return done.reason ?? `${done.files} files${done.skipped > 0 ? `, ${done.skipped} left alone` : ''}`
  }

  async modules(signal: AbortSignal): Promise<string> {
    const { go, env } = this.#go()
    const detail = await downloadModules(
      {
        bin: go.bin,
        root: this.#run.facts.root,
        workspace: this.#run.facts.workspace,
        env: { ...env, ...this.#collectLess('unpack') },
      },
      this.#ports('modules', signal),
    )
    await this.#restored(this.#run.results.modulesCache, 'gomodcache')
    return detail
  }

  async compile(platform: Platform, signal: AbortSignal): Promise<string> {
    const { go, env } = this.#go()
    const out = join(await this.#run.folder(), 'bin', platformSlug(platform))
    const mains = this.#run.plan.targets.flatMap((target) => target.mains)
    const built = await compile(
      mains.map((main) => ({
        main: main.package,
        platform,
        output: join(out, executable(main.name, platform.os)),
      })),
      {
        bin: go.bin,
        root: this.#run.facts.root,
        modules: this.#run.facts.workspace.modules,
        env: { ...env, ...this.#collectLess('compile') },
        ldflags: this.#ldflags(),
        buildvcs: 'auto',
        timeoutMs: 60 * 60_000,
      },
      this.#ports(`compile ${formatPlatform(platform)}`, signal),
    )
    for (const { target, path, size, ms } of built) {
      const name = mains.find((main) => main.package === target.main)?.name ?? target.main.name
      this.#run.results.binaries.push({ name, platform, file: path, size, ms })
    }
    return built.map(({ target, size }) => `${target.main.name} ${formatBytes(size)}`).join(', ')
  }

  /** Vet and tests. The report is kept whatever the verdict is. */
  async test(reportDir: string, signal: AbortSignal): Promise<string> {
    const { go, env } = this.#go()
    const inputs = this.#run.inputs
    const report = await runTests(
      {
        bin: go.bin,
        root: this.#run.facts.root,
        workingDirectory: this.#run.facts.folder,
        workspace: this.#run.facts.workspace,
        packages: inputs.packages,
        vet: inputs.vet,
        test: inputs.test,
        race: inputs.race,
        coverage: inputs.coverage && inputs.test,
        flags: inputs.testFlags,
        env,
        reportDir,
        toolsDir: join(await this.#run.folder(), 'go-tools'),
        timeoutMs: 60 * 60_000,
      },
      this.#ports('test', signal),
    )
    this.#run.results.tests = report
    const refusal = refusalOf(report)
    if (refusal !== undefined) throw refusal
    return verdictOf(report, inputs)
  }

  coverage(): string {
    const limit = this.#run.inputs.coverageThreshold ?? 0
    const report = this.#run.results.tests?.coverage
    const problem = checkCoverage(report, limit)
    if (problem !== undefined) throw gateError(problem)
    return `${formatPercent(report?.percent ?? 0)} ≥ ${limit} %`
  }

  #go(): { go: NonNullable<Results['go']>; env: Record<string, string | undefined> } {
    const { go, goEnvironment } = this.#run.results
    if (go === undefined || goEnvironment === undefined) throw new TypeError('Go is not installed yet')
    return { go, env: { ...goEnvironment } }
  }

  /** What was restored is on its way to the disk before the engine waits for that. */
  async #restored(part: CachePart | undefined, cache: 'gocache' | 'gomodcache'): Promise<void> {
    const { startPlatform, startsNatively } = this.#run.plan
    if (part?.status !== 'restored' || startPlatform === undefined || startsNatively === true) return
    const folder = (await goCacheLocations(this.#run.act))[cache]
    if (folder !== undefined) beginWriteBack(folder, this.#run.act)
  }

  #collectLess(kind: 'unpack' | 'compile'): Record<string, string> {
    return collectLess(kind, this.#run.act.env, totalmem(), this.#run.facts.cores)
  }

  #settings(): GoSettings {
    const { goTags, cgo, race, coverage, goproxy } = this.#run.inputs
    return {
      tags: goTags,
      cgo,
      race,
      cover: coverage,
      stripped: this.#run.plan.form === 'generated' && stripsDwarf(this.#ldflagsTemplate()),
      ...(goproxy === undefined ? {} : { goproxy }),
    }
  }

  #ldflagsTemplate(): string {
    return this.#run.inputs.ldflags === '' ? DEFAULT_LDFLAGS : this.#run.inputs.ldflags
  }

  #ldflags(): string {
    const { git, now, event } = this.#run.facts
    const seconds = git?.commitTime ?? Math.floor(now / 1000)
    const rendered = renderLdflags(this.#ldflagsTemplate(), {
      version: this.#run.plan.version === '' ? (git?.shortCommit ?? 'dev') : this.#run.plan.version,
      commit: git?.commit ?? event.sha ?? '',
      commitDate: new Date(seconds * 1000).toISOString().replace('.000Z', 'Z'),
      env: this.#run.act.env,
      ...(git?.branch === undefined ? {} : { branch: git.branch }),
      ...(git?.tag === undefined ? {} : { tag: git.tag }),
    })
    const [problem] = rendered.problems
    if (problem !== undefined) throw environmentError(problem)
    return rendered.text
  }

  /** The same plan for both caches; only the build cache needs the Go version. */
  async #caches(goVersion: string): Promise<CachePlan> {
    if (goVersion === '') return this.#planCaches('')
    this.#cachePlan ??= this.#planCaches(goVersion)
    return this.#cachePlan
  }

  async #planCaches(goVersion: string): Promise<CachePlan> {
    const { env, host } = this.#run.act
    const merged = mergeEnvironment(env, this.#run.results.goEnvironment ?? {}, host.os)
    return planCaches({
      input: this.#run.inputs.cache,
      env,
      event: await webhookPayload(env),
      host,
      locations: await goCacheLocations(this.#run.act),
      goVersion,
      flavour: {
        cgo: this.#run.inputs.cgo,
        race: this.#run.inputs.race,
        cover: this.#run.inputs.coverage && this.#run.inputs.test,
        tags: this.#run.inputs.goTags,
        goflags: mergeGoFlags(this.#settings(), env['GOFLAGS']).words.join(' '),
        goexperiment: merged['GOEXPERIMENT'] ?? '',
        goamd64: merged['GOAMD64'] ?? '',
        platforms: this.#run.plan.form === 'generated' ? this.#run.plan.platforms.map(formatPlatform) : [],
        environment: compileEnvironment(merged, host.os),
      },
      moduleFiles: await moduleFiles(this.#run.facts),
      vendored: this.#run.facts.workspace.modules.every((module) => module.vendored),
      project: this.#run.facts.folder,
      now: this.#run.facts.now,
    })
  }

  #keepCaches(plan: CachePlan): void {
    this.#run.keeper.update({ caches: cacheState(plan, cachesOf(this.#run.results)) })
  }

  #ports(name: string, signal: AbortSignal): Shell {
    return { ...this.#run.act, signal, log: prefixed(this.#run.act.log, name) }
  }
}

/** The newest `go` or `toolchain` line of all modules; undefined when none has one. */
function requiredVersion(facts: Facts): string | undefined {
  const lines = [facts.workspace, ...facts.workspace.modules].flatMap((one) => [
    one.go,
    one.toolchain?.replace(/^go/, ''),
  ])
  let highest: string | undefined
  for (const line of lines) {
    if (line === undefined) continue
    const version = parseGoVersion(line)
    if (version !== undefined && (highest === undefined || meetsMinimum(version, highest))) highest = line
  }
  return highest
}

export function describeRestore(part: CachePart | undefined): string | undefined {
  if (part === undefined) return 'nothing to restore'
  const size = part.bytes === undefined ? '' : `, ${formatBytes(part.bytes)}`
  return part.status === 'restored' ? `${part.hit} hit${size}` : part.status
}

/** What stops the release, as one error; undefined when nothing does. */
export function refusalOf(report: TestReport): Error | undefined {
  const parts = [
    report.buildErrors.length > 0
      ? `${report.buildErrors.length} compile ${report.buildErrors.length === 1 ? 'error' : 'errors'}`
      : undefined,
    report.findings.length > 0
      ? `${report.findings.length} vet ${report.findings.length === 1 ? 'finding' : 'findings'}`
      : undefined,
    report.failed > 0 ? `${report.failed} failed ${report.failed === 1 ? 'test' : 'tests'}` : undefined,
  ].filter((part) => part !== undefined)
  if (!report.vetFailed && !report.testFailed) return undefined
  const first = report.buildErrors[0] ?? report.findings[0]
  const failure = report.failures[0]
  const place = first ?? failure
  const where = place?.file === undefined ? place?.package : `${place.file}:${place.line ?? 1}`
  const code =
    report.buildErrors.length > 0 ? 'compile-failed' : report.testFailed ? 'tests-failed' : 'vet-failed'
  return gateError(
    {
      code,
      what: parts.length === 0 ? 'go test failed' : parts.join(', '),
      ...(first === undefined
        ? failure === undefined
          ? {}
          : { cause: `${failure.package} ${failure.test ?? ''}`.trim() }
        : { cause: first.message }),
      ...(where === undefined ? {} : { where }),
      fix: 'see the annotations and the report; reproduce with go test ./... on your machine',
    },
    failure?.output.join('\n'),
  )
}

function verdictOf(report: TestReport, inputs: Inputs): string {
  const parts: string[] = []
  if (inputs.vet) parts.push('no vet findings')
  if (inputs.test)
    parts.push(
      `${report.passed} passed${report.skipped > 0 ? `, ${report.skipped} skipped` : ''}${report.cached > 0 ? `, ${report.cached} packages cached` : ''}`,
    )
  if (report.coverage?.percent !== undefined) parts.push(`coverage ${formatPercent(report.coverage.percent)}`)
  return parts.join('; ')
}
