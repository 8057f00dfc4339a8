import { formatDuration } from '../base/clock.ts'
import { count, formatPercent, shortDigest } from './format.ts'
import { movedLine, previousLine } from './compare.ts'
import { code, details, inline, link, oneLine, shorten } from './markdown.ts'
import type { RunReport } from './model.ts'
import { failureSection, findingsSection } from './summary-failure.ts'
import { cachesLine, gatesSection, imagesSection, pullSection, retriesLine, testsSection, timelineSection, toolsLine } from './summary-parts.ts' // prettier-ignore

/** GitHub drops a step summary above 1 MiB as a whole; a page above this is slow and read by nobody. */
const WANTED_BYTES = 64_000
const MOST_BYTES = 900_000
const MAX_NOTES = 15

interface Section {
  /** Sections with the highest number go first when the page is too long; 0 never goes. */
  readonly cut: number
  readonly title?: string
  readonly body: string | undefined
}

/**
 * The job summary as GitHub-flavoured Markdown: the verdict, then what failed and how to mend it, then gates, tests,
 * images, time. It stays far below GitHub's 1 MiB.
 */
export function renderSummary(report: RunReport): string {
  const sections: Section[] = [
    { cut: 0, body: `## ${headline(report)}\n\n${subline(report)}` },
    { cut: 1, body: failureSection(report) },
    { cut: 0, body: pullSection(report) },
    { cut: 2, body: gatesSection(report) },
    { cut: 4, title: 'Findings', body: findingsSection(report) },
    { cut: 5, title: 'Tests', body: testsSection(report) },
    { cut: 3, title: report.images.length > 1 ? 'Images' : 'Image', body: imagesSection(report) },
    { cut: 6, title: 'Timeline', body: timelineSection(report) },
    { cut: 7, body: closing(report) },
  ]
  return fit(sections)
}

/** Leaves whole sections out, least needed first, until the page fits. */
function fit(sections: readonly Section[]): string {
  const kept = sections.filter((section) => section.body !== undefined)
  const left: string[] = []
  const page = (): string =>
    `${[
      ...kept.map((section) =>
        section.title === undefined ? (section.body ?? '') : `### ${section.title}\n\n${section.body ?? ''}`,
      ),
      ...(left.length > 0
        ? [`Left out to keep this page short, and all there in the report files: ${left.join(', ')}.`]
        : []),
    ].join('\n\n')}\n`
  for (;;) {
    const text = page()
    if (Buffer.byteLength(text) <= WANTED_BYTES) return text
    const victim = kept.reduce<Section | undefined>(
      (worst, section) => (section.cut > (worst?.cut ?? 0) ? section : worst),
      undefined,
    )
    if (victim === undefined || kept.length <= 2)
      return Buffer.byteLength(text) <= MOST_BYTES
        ? text
        : Buffer.from(text).subarray(0, MOST_BYTES).toString().toWellFormed()
    kept.splice(kept.indexOf(victim), 1)
    left.push(
      victim.title?.toLowerCase() ?? (victim.cut === 1 ? 'failures' : victim.cut === 2 ? 'gates' : 'details'),
    )
  }
}

/** The verdict in one line, as plain text for notifications and as the heading of the summary. */
export function headlineText(report: RunReport): string {
  const name = report.project.name
  const version = report.project.version
  const what = oneLine(version === undefined || version === '' ? name : `${name} ${version}`)
  if (report.outcome === 'cancelled') return `${what} was cancelled`
  if (report.outcome === 'passed') {
    if (!report.published) return `${what} passed every gate`
    const verified = report.images.length > 0 && report.images.every((image) => image.verified)
    return verified ? `${what} is published and read back` : `${what} is published`
  }
  const failed = report.steps.find((step) => step.status === 'failed')
  if (failed?.gate === true) return `${what} was stopped at the gate “${oneLine(failed.title)}”`
  if (failed !== undefined) return `${what} failed at “${oneLine(failed.title)}”`
  return `${what} could not start`
}

function headline(report: RunReport): string {
  const icon = { passed: '✅', failed: '❌', cancelled: '⏹️' }[report.outcome]
  return `${icon} ${inline(shorten(headlineText(report), 200))}`
}

function subline(report: RunReport): string {
  const { project, tests, coverage, images } = report
  const facts: string[] = []
  if (tests !== undefined)
    facts.push(
      tests.failed > 0
        ? `**${count(tests.failed, 'failed test')}**`
        : `**${count(tests.passed, 'test')}** passed`,
    )
  if (coverage !== undefined) facts.push(`**${formatPercent(coverage.percent)}** covered`)
  const platforms = new Set(images.flatMap((image) => image.platforms.map((one) => one.platform)))
  if (platforms.size > 0) facts.push(`**${count(platforms.size, 'platform')}**`)
  const starts = images.flatMap((image) => (image.start === undefined ? [] : [image.start]))
  if (starts.length > 0 && starts.every((start) => start.ok)) facts.push('**starts**')
  facts.push(formatDuration(report.durationMs))
  const lines = [facts.join(' · ')]
  if (report.outcome !== 'passed' && report.push)
    lines.push(report.published ? '⚠️ Tags had been moved before this happened.' : '**No tag was moved**: the registry shows what it showed before.') // prettier-ignore
  const origin = [
    project.pullRequest === undefined
      ? undefined
      : link(
          `#${project.pullRequest}`,
          project.url === undefined ? undefined : `${project.url}/pull/${project.pullRequest}`,
        ),
    project.tag ?? project.branch,
  ]
  const from = origin[0] ?? (origin[1] === undefined ? undefined : code(origin[1]))
  const commit =
    project.commit === undefined
      ? undefined
      : link(
          code(project.commit.slice(0, 7)),
          project.url === undefined ? undefined : `${project.url}/commit/${project.commit}`,
        )
  const digest =
    report.published && images.length === 1 && images[0]?.digest !== undefined
      ? code(shortDigest(images[0].digest))
      : undefined
  const dirty = project.dirty ? 'with changes that are not committed' : undefined
  const where = [from, commit, dirty, digest].filter((part) => part !== undefined)
  if (where.length > 0) lines.push(where.join(' · '))
  return lines.join('<br>\n')
}

function closing(report: RunReport): string | undefined {
  const lines = [
    previousLine(report),
    cachesLine(report),
    movedLine(report),
    retriesLine(report),
    toolsLine(report),
  ].filter((line) => line !== undefined)
  const remarks = [...report.warnings.map((text) => `- ⚠️ ${inline(shorten(text, 500))}`), ...report.notes.map((text) => `- ${inline(shorten(text, 500))}`)] // prettier-ignore
  const shown = remarks.slice(0, MAX_NOTES)
  if (remarks.length > shown.length)
    shown.push(`- … and ${remarks.length - shown.length} more in report.json`)
  const parts = [lines.join('<br>\n')]
  if (shown.length > 0) {
    // Warnings want to be read; notes are there for who wonders.
    parts.push(
      report.warnings.length > 0 ? shown.join('\n') : details(count(shown.length, 'note'), shown.join('\n')),
    )
  }
  return parts.join('\n\n')
}
