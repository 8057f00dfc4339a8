import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PipelineError } from '../../base/errors.ts'
import { readTextIfAny } from '../../base/files.ts'
import { formatPlatform } from '../../base/platform.ts'
import type { CachePart } from '../../cache/plan.ts'
import type { TestReport } from '../../go/test.ts'
import { publishTargets } from '../../image/names.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Inputs } from '../../plan/inputs.ts'
import type { Plan, Target } from '../../plan/make.ts'
import type { RunResult, StepSpan } from '../../plan/run.ts'
import { annotationsOf } from '../../report/annotations.ts'
import { advise, figuresOf, previousOf } from '../../report/compare.ts'
import { writeReportFiles } from '../../report/files.ts'
import { junitXml } from '../../report/junit.ts'
import type {
  CacheReport,
  DiagnosticReport,
  GateReport,
  ImageReport,
  RunReport,
  ToolReport,
} from '../../report/model.ts'
import { renderSummary } from '../../report/summary.ts'
import { stepReports, timingOf } from '../../report/timeline.ts'
import { projectName } from '../../project/modules.ts'
import { parseReference, sameRepository } from '../../registry/reference.ts'
import { makeReportFolder } from '../folders.ts'
import { appendSummary } from '../job-summary.ts'
import type { Shell } from '../shell.ts'
import { keepLastRun } from './last-run.ts'
import { type BuiltImage, cachesOf, type Results, usedCaches } from './results.ts'

export interface RunFacts {
  readonly inputs: Inputs
  readonly facts: Facts
  readonly plan: Plan
  readonly result: RunResult
  readonly results: Results
  readonly reportDir: string
  readonly failure?: PipelineError
}

/** Annotations, report files and job summary. A report that cannot be written costs a warning, never the run. */
export async function writeReport(run: RunFacts, act: Shell): Promise<{ folder: string; summary: string }> {
  const { lastRun } = run.results
  const previous =
    previousOf(await readTextIfAny(join(run.reportDir, 'report.json')).catch(() => undefined)) ??
    (lastRun === undefined ? undefined : figuresOf(lastRun))
  const bare = reportOf(run, act)
  const advice = advise(bare)
  const report: RunReport = {
    ...bare,
    ...(previous === undefined ? {} : { previous }),
    ...(bare.coverage === undefined || previous?.coverage === undefined
      ? {}
      : { coverage: { ...bare.coverage, previousPercent: previous.coverage } }),
    ...(advice === undefined ? {} : { advice }),
  }
  const summary = renderSummary(report)
  const { tests } = run.results
  if (tests !== undefined) for (const annotation of annotationsOf(tests)) act.log.annotate(annotation)
  try {
    await makeReportFolder(run.reportDir)
    await writeReportFiles(run.reportDir, report, act.secrets)
    if (report.outcome === 'passed') await keepLastRun(run.results, join(run.reportDir, 'report.json'))
    if (tests !== undefined)
      await writeFile(join(run.reportDir, 'junit.xml'), act.secrets.redact(junitXml(tests)))
    await appendSummary(act, summary)
  } catch (error) {
    act.log.warning(
      `the report could not be written to ${run.reportDir}: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
  return { folder: run.reportDir, summary }
}

/** Bytes that are known to have moved: archives of caches, what the direct engine sent. */
function movedOf(results: Results): { down: number; up: number } {
  const down = cachesOf(results).reduce((sum, part) => sum + (part?.bytes ?? 0), 0)
  const up = [...results.images.values()].reduce((sum, image) => sum + (image.pushed?.bytes ?? 0), 0)
  return { down, up }
}

/** Everything that happened, as the data that summary and files are made of. Pure. */
export function reportOf(run: RunFacts, act: Pick<Shell, 'counter' | 'clock'>): RunReport {
  const { inputs, facts, plan, result, results, failure } = run
  const now = act.clock.now()
  const steps = stepReports(result.spans, plan.steps, facts.now)
  const { git, event, workspace } = facts
  const failed = result.failures[0]
  const caches = usedCaches(results)
  return {
    schema: 1,
    outcome: failure === undefined ? 'passed' : failure.kind === 'cancelled' ? 'cancelled' : 'failed',
    startedAt: new Date(facts.now).toISOString(),
    durationMs: now - facts.now,
    project: {
      name: projectName(workspace) ?? facts.folder,
      directory: facts.folder,
      dirty: git?.dirty ?? false,
      ...(workspace.modules[0] === undefined ? {} : { module: workspace.modules[0].path }),
      ...(plan.version === '' ? {} : { version: plan.version }),
      ...(git?.url === undefined ? {} : { url: git.url }),
      ...(git === undefined ? {} : { commit: git.commit }),
      ...(git?.branch === undefined ? {} : { branch: git.branch }),
      ...(git?.tag === undefined ? {} : { tag: git.tag }),
      ...(event.prNumber === undefined ? {} : { pullRequest: event.prNumber }),
    },
    run: {
      event: event.name,
      host: `${facts.host.os}/${facts.host.arch}`,
      cores: facts.cores,
      ...(event.actor === undefined ? {} : { actor: event.actor }),
      ...(event.runUrl === undefined ? {} : { url: event.runUrl }),
      ...(event.runAttempt === undefined ? {} : { attempt: event.runAttempt }),
    },
    tools: toolsOf(facts, results),
    steps,
    gates: result.spans.filter((span) => span.gate).map(gateOf),
    ...(results.tests === undefined ? {} : testsOf(results.tests, inputs)),
    diagnostics: diagnosticsOf(results, plan, facts),
    images: plan.targets.flatMap((target) => imagesOf(target, run)),
    push: plan.push,
    published: results.published.size > 0,
    caches: [
      cacheOf('modules', caches.modulesCache),
      cacheOf('build', caches.buildCache),
      cacheOf('Dockerfile', caches.dockerfileCache),
    ].filter((one) => one !== undefined),
    moved: movedOf(results),
    retries: act.counter.list(),
    notes: [...plan.notes, ...results.notes],
    warnings: plan.warnings,
    problems: failure?.problems ?? [],
    ...(failure?.log === undefined
      ? {}
      : { failureLog: { step: failed?.id ?? '', lines: failure.log.split('\n') } }),
    files: [
      { title: 'This report as data', path: 'report.json' },
      ...(results.tests === undefined
        ? []
        : [
            { title: 'JUnit', path: 'junit.xml' },
            { title: 'go test events', path: 'go-test.jsonl' },
          ]),
      ...(results.tests?.coverageProfile === undefined
        ? []
        : [{ title: 'Coverage profile', path: 'coverage.out' }]),
    ],
    timing: timingOf(steps),
  }
}

function toolsOf(facts: Facts, results: Results): ToolReport[] {
  const tools: ToolReport[] = []
  if (results.go !== undefined)
    tools.push({ name: 'go', version: results.go.version, source: results.go.source })
  if (facts.engine.server !== undefined)
    tools.push({ name: facts.engine.server.product, version: facts.engine.server.version })
  if (results.buildx !== undefined)
    tools.push({ name: 'buildx', version: results.buildx.version, source: results.buildx.source })
  if (results.builder !== undefined && results.builder.buildkit !== '')
    tools.push({ name: 'buildkit', version: results.builder.buildkit })
  return tools
}

function gateOf(span: StepSpan): GateReport {
  const verdict =
    span.status === 'ok' || span.needless === true
      ? 'passed'
      : span.status === 'failed'
        ? 'failed'
        : span.startMs === undefined &&
            span.status === 'skipped' &&
            !/did not end well|failed$/.test(span.reason ?? '')
          ? 'off'
          : 'not-reached'
  return {
    id: span.id,
    title: span.title,
    verdict,
    ...(span.reason === undefined ? {} : { detail: span.reason }),
    ...(span.startMs === undefined || span.endMs === undefined
      ? {}
      : { durationMs: span.endMs - span.startMs }),
  }
}

function testsOf(tests: TestReport, inputs: Inputs): Pick<RunReport, 'tests' | 'coverage'> {
  const { coverage } = tests
  return {
    ...(inputs.test
      ? {
          tests: {
            passed: tests.passed,
            failed: tests.failed,
            skipped: tests.skipped,
            packages: tests.packages.length,
            cachedPackages: tests.cached,
            durationMs: tests.ms,
            slowest: tests.slowest.map((one) => ({ package: one.package, name: one.test, ms: one.ms })),
            failures: tests.failures.map((one) => ({
              package: one.package,
              message: one.output.at(-1) ?? 'failed',
              output: one.output,
              ...(one.test === undefined ? {} : { test: one.test }),
              ...(one.file === undefined ? {} : { file: one.file }),
              ...(one.line === undefined ? {} : { line: one.line }),
            })),
          },
        }
      : {}),
    ...(coverage?.percent === undefined
      ? {}
      : {
          coverage: {
            percent: coverage.percent,
            packages: coverage.packages.map((one) => ({
              name: one.package,
              covered: one.covered,
              statements: one.statements,
            })),
            ...(inputs.coverageThreshold === undefined ? {} : { threshold: inputs.coverageThreshold }),
          },
        }),
  }
}

function diagnosticsOf(results: Results, plan: Plan, facts: Facts): DiagnosticReport[] {
  const of = (tool: string, list: TestReport['findings']): DiagnosticReport[] =>
    list.map((one) => ({
      tool,
      level: 'error' as const,
      message: one.message,
      ...(one.file === undefined ? {} : { file: one.file }),
      ...(one.line === undefined ? {} : { line: one.line }),
      ...(one.analyzer === undefined ? {} : { code: one.analyzer }),
    }))
  const docker = (facts.dockerfile?.findings(plan.platforms) ?? []).map((finding): DiagnosticReport => ({
    tool: 'dockerfile',
    level: finding.severity === 'note' ? 'notice' : finding.severity,
    message: finding.message,
    file: facts.dockerfile?.path ?? 'Dockerfile',
    line: finding.line,
    code: finding.code,
    ...(finding.fix === undefined ? {} : { fix: finding.fix }),
  }))
  return [
    ...of('compile', results.tests?.buildErrors ?? []),
    ...of('vet', results.tests?.findings ?? []),
    ...docker,
  ]
}

function imagesOf(target: Target, run: RunFacts): ImageReport[] {
  const { plan, results } = run
  const image = results.images.get(target.id)
  const published = results.published.get(target.id)
  const start = results.starts.get(target.id)
  const names = target.repositories.length === 0 ? [target.id] : target.repositories
  return names.map((name): ImageReport => {
    const reference = parseReference(name)
    const repository =
      'reason' in reference ? undefined : { registry: reference.registry, repository: reference.repository }
    const tags = repository === undefined ? [] : (publishTargets([repository], plan.tags)[0]?.tags ?? [])
    const moved = (tag: string) =>
      published?.tags.find(
        (one) => one.tag === tag && repository !== undefined && sameRepository(one, repository),
      )
    const [base] = [...results.bases]
    return {
      name,
      ...(image === undefined ? {} : { digest: image.digest }),
      tags: tags.map((tag) => {
        const done = moved(tag)
        return {
          tag,
          ...(done?.old === undefined ? {} : { before: done.old }),
          ...(done === undefined || image === undefined ? {} : { after: image.digest }),
        }
      }),
      platforms: platformsOf(target, image, results, plan),
      ...(base === undefined ? {} : { base: { name: base[0], digest: base[1] } }),
      verified: results.verifies.get(target.id)?.ok === true,
      ...(start === undefined || start.verdict === 'skipped'
        ? {}
        : {
            start: {
              platform: plan.startPlatform === undefined ? '' : formatPlatform(plan.startPlatform),
              ok: start.problems.length === 0,
              detail: start.summary,
              ...(start.proof === undefined ? {} : { proof: start.proof }),
              ...(start.provenAt === undefined ? {} : { provenAt: start.provenAt }),
            },
          }),
    }
  })
}

function platformsOf(
  target: Target,
  image: BuiltImage | undefined,
  results: Results,
  plan: Plan,
): ImageReport['platforms'] {
  if (image === undefined || image.platforms.length === 0) {
    return plan.platforms.map((platform) => ({ platform: formatPlatform(platform), size: 0, layers: [] }))
  }
  const before = results.before.get(target.id)
  return image.platforms.map((one) => {
    const previous = before?.find((other) => other.platform === one.platform)
    return {
      platform: one.platform,
      digest: one.digest,
      size: one.size,
      layers: one.layers,
      ...(previous === undefined ? {} : { previousSize: previous.size }),
    }
  })
}

function cacheOf(name: string, part: CachePart | undefined): CacheReport | undefined {
  if (part === undefined) return undefined
  const hit =
    part.status === 'restored'
      ? part.hit === 'none'
        ? 'miss'
        : part.hit
      : part.status === 'failed' || part.status === 'denied'
        ? 'failed'
        : part.status === 'missed'
          ? 'miss'
          : 'off'
  return {
    name,
    hit,
    restoreMs: part.ms,
    ...(part.bytes === undefined ? {} : { restoredBytes: part.bytes }),
    ...(part.key === undefined ? {} : { key: part.key }),
    ...(part.why === undefined ? {} : { note: part.why }),
  }
}
