import { formatBytes, formatDuration } from '../base/clock.ts'
import { byCoverage, count, formatPercent, packagePercent, pointChange, pullName, shortDigest, shortNames, sizeChange } from './format.ts' // prettier-ignore
import { renderGantt } from './gantt.ts'
import { code, details, fence, inline, shorten, table } from './markdown.ts'
import type { GateReport, ImageReport, RunReport, TagReport } from './model.ts'
import { peakConcurrency, ran } from './timeline.ts'

const MAX_PACKAGES = 60
const MAX_SLOWEST = 10
const MAX_PULLS = 20
/** Beneath this a "slow" test is none. */
const SLOW_MS = 100

const VERDICTS: Readonly<Record<GateReport['verdict'], string>> = {
  passed: '✅ passed',
  failed: '❌ failed',
  warned: '⚠️ warned',
  off: '➖ off',
  'not-reached': '⏭️ not reached',
}

export function gatesSection(report: RunReport): string | undefined {
  if (report.gates.length === 0) return undefined
  return table(
    [['Gate', 'left'], ['Verdict', 'left'], ['Detail', 'left'], ['Time', 'right']],
    report.gates.map((gate) => [
      inline(gate.title),
      VERDICTS[gate.verdict],
      inline(shorten(gate.detail ?? '', 300)),
      gate.durationMs === undefined ? '' : formatDuration(gate.durationMs),
    ]),
  ) // prettier-ignore
}

export function testsSection(report: RunReport): string | undefined {
  const { tests, coverage } = report
  if (tests === undefined && coverage === undefined) return undefined
  const parts: string[] = []
  if (tests !== undefined) {
    const figures = [
      tests.failed > 0 ? `**${tests.failed} failed**` : undefined,
      `${tests.passed} passed`,
      tests.skipped > 0 ? `${tests.skipped} skipped` : undefined,
    ].filter((figure) => figure !== undefined)
    const cached = tests.cachedPackages > 0 ? `, ${tests.cachedPackages} of them from the cache` : ''
    parts.push(
      `${figures.join(', ')} in ${count(tests.packages, 'package')}${cached}, ${formatDuration(tests.durationMs)}`,
    )
  }
  if (coverage !== undefined) {
    const change =
      coverage.previousPercent === undefined
        ? undefined
        : `${pointChange(coverage.percent, coverage.previousPercent)} against the last run`
    const threshold =
      coverage.threshold === undefined ? undefined : `threshold ${String(coverage.threshold)} %`
    const extra = [change, threshold].filter((part) => part !== undefined).join(', ')
    parts.push(
      `**Coverage** \`${bar(coverage.percent)}\` ${formatPercent(coverage.percent)} of statements${extra === '' ? '' : ` (${extra})`}`,
    )
  }
  const folded = [coverageTable(report), slowestTable(report)].filter((part) => part !== undefined)
  return [parts.join('<br>\n'), ...folded].join('\n\n')
}

function coverageTable(report: RunReport): string | undefined {
  const { coverage } = report
  const packages = coverage === undefined ? [] : byCoverage(coverage)
  if (packages.length < 2) return undefined
  const names = shortNames(
    packages.map((one) => one.name),
    report.project.module,
  )
  const rows = packages
    .slice(0, MAX_PACKAGES)
    .map((one) => [
      code(names.get(one.name) ?? one.name),
      `\`${bar(packagePercent(one))}\` ${formatPercent(packagePercent(one))}`,
      `${one.covered} / ${one.statements}`,
    ])
  const more =
    packages.length > MAX_PACKAGES ? `\n\n… and ${packages.length - MAX_PACKAGES} better covered ones.` : ''
  return details(
    `Coverage of ${count(packages.length, 'package')}`,
    table([['Package', 'left'], ['Coverage', 'left'], ['Statements', 'right']], rows) + more,
  ) // prettier-ignore
}

function slowestTable(report: RunReport): string | undefined {
  const slowest = [...(report.tests?.slowest ?? [])]
    .filter((test) => test.ms >= SLOW_MS)
    .sort((a, b) => b.ms - a.ms)
    .slice(0, MAX_SLOWEST)
  if (slowest.length === 0) return undefined
  const names = shortNames(
    slowest.map((test) => test.package),
    report.project.module,
  )
  const rows = slowest.map((test) => [
    code(shorten(test.name, 120)),
    code(names.get(test.package) ?? test.package),
    formatDuration(test.ms),
  ])
  return details('Slowest tests', table([['Test', 'left'], ['Package', 'left'], ['Time', 'right']], rows)) // prettier-ignore
}

/** Ten cells; only a full value fills the last one, only zero leaves the first one empty. */
export function bar(percent: number): string {
  const exact = Math.floor(percent / 10)
  const full = percent >= 100 ? 10 : percent <= 0 ? 0 : Math.min(9, Math.max(1, exact))
  return '█'.repeat(full) + '░'.repeat(10 - full)
}

export function imagesSection(report: RunReport): string | undefined {
  if (report.images.length === 0) return undefined
  return report.images.map((image) => imageBlock(image, report)).join('\n\n')
}

function imageBlock(image: ImageReport, report: RunReport): string {
  const state = [
    image.digest === undefined ? undefined : code(shortDigest(image.digest)),
    image.verified ? 'read back and hashed again ✔' : undefined,
    report.push ? undefined : 'built, not pushed',
  ].filter((part) => part !== undefined)
  const parts = [`**${code(image.name)}**${state.length > 0 ? ` · ${state.join(' · ')}` : ''}`]
  if (image.platforms.length > 0) {
    const compared = image.platforms.some((one) => one.previousSize !== undefined)
    const rows = image.platforms.map((one) => {
      const base = one.layers.filter((layer) => layer.base).length
      return [
        code(one.platform),
        one.size > 0 ? formatBytes(one.size) : '',
        ...(compared
          ? [one.previousSize === undefined ? 'new' : sizeChange(one.size, one.previousSize)]
          : []),
        `${one.layers.length - base}${base > 0 ? ` + ${base} of the base` : ''}`,
        one.digest === undefined ? '' : code(shortDigest(one.digest)),
      ]
    })
    parts.push(
      table(
        [['Platform', 'left'], ['Size', 'right'], ...(compared ? [['Change', 'right'] as const] : []), ['Layers', 'left'], ['Digest', 'left']],
        rows,
      ),
    ) // prettier-ignore
  }
  const lines: string[] = []
  if (image.tags.length > 0) lines.push(tagsLine(image.tags))
  if (image.base !== undefined) {
    const digest = image.base.digest === undefined ? '' : ` at ${code(shortDigest(image.base.digest))}`
    lines.push(`**Base** ${code(image.base.name)}${digest}`)
  }
  if (image.start !== undefined)
    lines.push(
      `**Start** ${image.start.ok ? '✅' : '❌'} ${code(image.start.platform)} ${inline(image.start.detail)}${image.start.provenAt === undefined ? '' : inline(` (the same digest, started ${image.start.provenAt})`)}`,
    )
  if (lines.length > 0) parts.push(lines.join('<br>\n'))
  return parts.join('\n\n')
}

function tagsLine(tags: readonly TagReport[]): string {
  const published = tags.filter((tag) => tag.after !== undefined)
  const rest = tags.filter((tag) => tag.after === undefined).map((tag) => code(tag.tag))
  const parts = [
    ...published.map(tagText),
    ...(rest.length > 0 ? [`${rest.join(', ')} (${rest.length > 1 ? 'all ' : ''}not published)`] : []),
  ]
  return `**Tags** ${parts.join(', ')}`
}

function tagText(tag: TagReport): string {
  const name = code(tag.tag)
  if (tag.before === undefined) return name
  return tag.before === tag.after
    ? `${name} (unchanged)`
    : `${name} (moved from ${code(shortDigest(tag.before))})`
}

/** The lines that people copy. */
export function pullSection(report: RunReport): string | undefined {
  if (!report.published) return undefined
  const lines = report.images.slice(0, MAX_PULLS).flatMap((image) => {
    const name = pullName(image)
    if (name === undefined) return []
    const pinned = image.digest === undefined ? [] : [`docker run --rm ${image.name}@${image.digest}`]
    return [`docker pull ${name}`, ...pinned]
  })
  return lines.length === 0 ? undefined : fence(lines, 'sh')
}

export function timelineSection(report: RunReport): string | undefined {
  const gantt = renderGantt(report)
  if (gantt === undefined) return undefined
  const titles = new Map(report.steps.map((step) => [step.id, step.title]))
  const chain = report.timing.criticalPath.map((id) => inline(titles.get(id) ?? id)).join(' → ')
  const folded = details(
    'Time by phase',
    table(
      [['Phase', 'left'], ['Took', 'right'], ['Work in it', 'right']],
      report.timing.phases.map((one) => [inline(one.phase), formatDuration(one.wallMs), formatDuration(one.workMs)]),
    ),
  ) // prettier-ignore
  return [
    parallelText(report),
    `\`\`\`mermaid\n${gantt}\n\`\`\``,
    [
      `**Longest chain** ${formatDuration(report.timing.criticalMs)}: ${chain}`,
      ...(report.advice === undefined ? [] : [`**Next time** ${inline(report.advice)}`]),
    ].join('<br>\n'),
    folded,
  ].join('\n\n')
}

/** `38.1 s of work in 12.4 s, up to 5 steps at the same time`. */
export function parallelText(report: RunReport): string {
  const peak = peakConcurrency(report.steps)
  const steps = ran(report.steps)
  const wall = Math.max(0, ...steps.map((step) => step.endMs))
  const beside = peak > 1 ? `, up to ${peak} steps at the same time` : ''
  return `${formatDuration(report.timing.workMs)} of work in ${formatDuration(wall)}${beside}`
}

export function cachesLine(report: RunReport): string | undefined {
  if (report.caches.length === 0) return undefined
  const words = { exact: 'exact', partial: 'partly', miss: 'nothing found', off: 'off', failed: 'failed' }
  const parts = report.caches.map((cache) => {
    const size = cache.restoredBytes === undefined ? '' : ` ${formatBytes(cache.restoredBytes)}`
    const time = cache.restoreMs === undefined ? '' : ` in ${formatDuration(cache.restoreMs)}`
    const note = cache.note === undefined ? '' : ` (${inline(shorten(cache.note, 200))})`
    return `${inline(cache.name)} ${words[cache.hit]}${size}${time}${note}`
  })
  return `**Caches** ${parts.join(' · ')}`
}

export function retriesLine(report: RunReport): string | undefined {
  if (report.retries.length === 0) return undefined
  const parts = report.retries
    .slice(0, 10)
    .map((one) => `${inline(one.what)} ×${one.count} (${inline(shorten(one.lastReason, 160))})`)
  const total = report.retries.reduce((sum, one) => sum + one.count, 0)
  return `**Retries** ${total}: ${parts.join('; ')}`
}

export function toolsLine(report: RunReport): string | undefined {
  const parts = report.tools.map(
    (tool) =>
      `${inline(tool.name)} ${inline(tool.version)}${tool.source === undefined ? '' : ` (${inline(tool.source)})`}`,
  )
  const machine = `${inline(report.run.host)}${report.run.cores === undefined ? '' : `, ${count(report.run.cores, 'core')}`}`
  return `**Machine** ${[machine, ...parts].join(' · ')}`
}
