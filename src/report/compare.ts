/** The run before beside the present one, and what would make the next one faster. Pure. */
import { formatBytes, formatDuration } from '../base/clock.ts'
import { count, formatPercent, pointChange } from './format.ts'
import { code, inline } from './markdown.ts'
import type { PreviousRun, RunReport } from './model.ts'
import { parseReport } from './schema.ts'
import { ran } from './timeline.ts'

/** The figures of a report that a later run is held against. */
export function figuresOf(report: RunReport): PreviousRun {
  return {
    startedAt: report.startedAt,
    durationMs: report.durationMs,
    ...(report.project.commit === undefined ? {} : { commit: report.project.commit }),
    ...(report.tests === undefined
      ? {}
      : { tests: report.tests.passed + report.tests.failed + report.tests.skipped }),
    ...(report.coverage === undefined ? {} : { coverage: report.coverage.percent }),
    steps: ran(report.steps).map(({ id, startMs, endMs }) => ({ id, ms: endMs - startMs })),
  }
}

/** Reads the report of an earlier run; undefined when it is none, or of one that did not pass: its times say nothing. */
export function previousOf(json: string | undefined): PreviousRun | undefined {
  const report = passedReport(json)
  return report === undefined ? undefined : figuresOf(report)
}

/** The report of a run that passed; undefined when it is none, or did not. */
export function passedReport(json: string | undefined): RunReport | undefined {
  if (json === undefined) return undefined
  const report = parseReport(json)
  return 'reason' in report || report.outcome !== 'passed' ? undefined : report
}

/** Differences that are felt; less is noise. */
const FELT_MS = 1000
const FELT_SHARE = 0.1

export function previousLine(report: RunReport): string | undefined {
  const { previous } = report
  if (previous === undefined || report.outcome !== 'passed') return undefined
  const change = report.durationMs - previous.durationMs
  const felt = Math.abs(change) >= FELT_MS && Math.abs(change) >= previous.durationMs * FELT_SHARE
  const times = `${formatDuration(report.durationMs)} now, ${formatDuration(previous.durationMs)} then`
  const parts = [times]
  if (felt) {
    const before = new Map(previous.steps.map((step) => [step.id, step.ms]))
    // The step that explains most of it, in the same direction.
    const moved = ran(report.steps)
      .flatMap((step) => {
        const then = before.get(step.id)
        return then === undefined ? [] : [{ title: step.title, by: step.endMs - step.startMs - then }]
      })
      .filter(({ by }) => Math.sign(by) === Math.sign(change) && Math.abs(by) >= FELT_MS)
      .sort((a, b) => Math.abs(b.by) - Math.abs(a.by))[0]
    if (moved !== undefined)
      parts.push(
        `most of it: ${inline(moved.title)} ${moved.by > 0 ? '+' : '−'}${formatDuration(Math.abs(moved.by))}`,
      )
  }
  const tests =
    report.tests === undefined ? undefined : report.tests.passed + report.tests.failed + report.tests.skipped
  if (tests !== undefined && previous.tests !== undefined && tests !== previous.tests)
    parts.push(`${count(tests, 'test')} (${previous.tests} then)`)
  const points =
    report.coverage === undefined || previous.coverage === undefined
      ? 'same'
      : pointChange(report.coverage.percent, previous.coverage)
  if (points !== 'same') parts.push(`coverage ${formatPercent(report.coverage?.percent ?? 0)} (${points})`)
  const commit = previous.commit === undefined ? '' : ` (${code(previous.commit.slice(0, 7))})`
  return `**Against the run before**${commit} ${parts.join(' · ')}`
}

/** What went over the network, as far as it is known. */
export function movedLine(report: RunReport): string | undefined {
  const { moved } = report
  if (moved === undefined || moved.down + moved.up === 0) return undefined
  return `**Moved** ${formatBytes(moved.down)} down, ${formatBytes(moved.up)} up`
}

/** A step has to cost this much of the chain before it is worth a sentence. */
const WORTH_MS = 2000

/** One sentence: what would make the next run faster. Undefined when nothing stands out, or the run did not pass. */
export function advise(report: RunReport): string | undefined {
  if (report.outcome !== 'passed') return undefined
  const failed = report.caches.find((cache) => cache.hit === 'failed')
  if (failed !== undefined)
    return `The ${failed.name} cache could not be read${failed.note === undefined ? '' : ` (${failed.note})`}: with it less has to be done again.`
  const path = report.timing.criticalPath.flatMap((id) => ran(report.steps).filter((step) => step.id === id))
  const worst = [...path].sort((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs))[0]
  const missed = report.caches.filter((cache) => cache.hit === 'miss').map((cache) => cache.name)
  const compiled = path.filter((step) => /^(?:compile|test|modules|image)\b/.test(step.id))
  const compiling = compiled.reduce((sum, step) => sum + step.endMs - step.startMs, 0)
  if (missed.length > 0 && compiling >= WORTH_MS)
    return `The next run finds what this one compiled (${missed.join(', ')}: nothing was there yet), unless caches are not saved here.`
  if (worst === undefined) return undefined
  const ms = worst.endMs - worst.startMs
  if (ms < WORTH_MS || ms < report.durationMs * 0.2) return undefined
  const cost = `${formatDuration(ms)} of ${formatDuration(report.durationMs)}`
  const kind = worst.id.split(':')[0] ?? ''
  switch (kind) {
    case 'test': {
      const [slow] = [...(report.tests?.slowest ?? [])].sort((a, b) => b.ms - a.ms)
      if (slow !== undefined && slow.ms >= ms / 3)
        return `The tests take ${cost}, and ${slow.name} alone ${formatDuration(slow.ms)}: make it quicker, or run it beside others (t.Parallel).`
      const { packages = 0, cachedPackages = 0 } = report.tests ?? {}
      if (packages > 3 && cachedPackages < packages / 2)
        return `The tests take ${cost}; ${packages - cachedPackages} of ${packages} packages were tested again (GODEBUG=gocachetest=1 go test says why).`
      return `The tests take ${cost}.`
    }
    case 'builder':
      return `Booting a builder takes ${cost}: the containerd image store of the engine, a kept builder (keep-builder) or no Dockerfile (engine: direct) save it.`
    case 'start':
      return `Starting the image takes ${cost}: a health path (health-path) proves sooner that it works than waiting does.`
    case 'go':
      return `Installing Go takes ${cost}: a version that the runner holds already needs no download (go-version).`
    case 'build-restore':
    case 'modules-restore':
    case 'dockerfile-restore':
      return `Restoring caches takes ${cost}: compiling less (fewer platforms, no race detector in this job) makes them smaller.`
    case 'compile':
      return `Compiling takes ${cost} on ${count(report.run.cores ?? 1, 'core')}: more cores would help, or fewer platforms.`
    case 'modules':
      return `Downloading modules takes ${cost}: a module proxy that is near (goproxy) or a vendor folder saves it.`
    default:
      return `Most of the longest chain is “${worst.title}”: ${cost}.`
  }
}
