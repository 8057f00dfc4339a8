import { formatDuration } from '../base/clock.ts'
import { describeProblem } from '../base/errors.ts'
import type { MetricResult } from '../gray/ports.ts'
import { formatHead } from './audit-chain.ts'
import { count } from './format.ts'
import {
  countsOf,
  type GrayLook,
  type GrayReport,
  isShare,
  neededOf,
  outcomeOf,
  round,
  sectionsOf,
  showValue,
  type StepSection,
} from './gray-model.ts'
import { grayMermaid } from './gray-mermaid.ts'
import { code, details, inline, link, table } from './markdown.ts'
import { version } from './notify/message.ts'
import { composeMessage } from './notify/release-message.ts'

const VERDICTS: Readonly<Record<string, string>> = {
  pass: '🟢 pass',
  fail: '🔴 fail',
  inconclusive: '🟡 not decided',
  nodata: '⚪ no data',
  error: '⚪ error',
}

/** GitHub takes 1 MiB a step, and refuses all of a longer summary. */
const MOST_BYTES = 900_000

/** The job summary of a gray release: the outcome and what to do first, then pictures, steps, numbers, people, the audit. */
export function renderGraySummary(report: GrayReport): string {
  const whole = rendered(report, true)
  return Buffer.byteLength(whole) <= MOST_BYTES ? whole : rendered(report, false)
}

function rendered(report: GrayReport, withDetails: boolean): string {
  const { release } = report
  const { state, run } = release
  const outcome = outcomeOf(report)
  const event = state.phase === 'holding' ? 'hold' : state.phase === 'aborting' ? 'going-back' : state.phase
  const { todo } = composeMessage({ level: 'info', event, message: state.reason }, release, report.until)
  const sections = sectionsOf(report.looks)
  return [
    `## ${outcome.mark} ${inline(release.environment)}: ${inline(outcome.text)}`,
    `**Why:** ${inline(state.reason)}`,
    ...(todo.length === 0 ? [] : [todo.map((one) => `- ${inline(one)}`).join('\n')]),
    ...stillNeeded(report, outcome.tone),
    table(
      [
        ['', 'left'],
        ['', 'left'],
      ],
      [
        ['new version', code(version(release.new))],
        ['old version', code(version(release.old))],
        ['share of the new', shareOf(report)],
        ['took', formatDuration(Math.max(0, report.until - release.startedAt))],
        ['release', `${code(release.id)}${run === undefined ? '' : `, ${link('run', run.url)}`}`],
      ],
    ),
    ...pictures(report),
    ...(sections.length === 0
      ? ['No look was taken at the metrics.']
      : ['### Steps', stepsTable(report, sections)]),
    ...(withDetails
      ? []
      : ['The numbers of each look are left out here, because they are too many; all are in the audit.']),
    ...(withDetails ? sections : []).map((section, index) => {
      const last = index === sections.length - 1
      return details(sectionTitle(section), sectionBody(section), last && outcome.tone !== 'good')
    }),
    ...(report.decisions.length === 0
      ? []
      : [
          '### People',
          report.decisions
            .map(({ at, text }) => `- ${new Date(at).toISOString()}: ${inline(text)}`)
            .join('\n'),
        ]),
    ...(report.problems === undefined || report.problems.length === 0
      ? []
      : [
          '### Problems',
          report.problems
            .map((one) => `- ${describeProblem(one).split('\n').map(inline).join('<br>')}`)
            .join('\n'),
        ]),
    ...auditPart(report),
    '',
  ].join('\n\n')
}

/** Only where somebody still waits for a verdict, or would have needed one. */
function stillNeeded(report: GrayReport, tone: 'good' | 'bad' | 'open'): string[] {
  const verdict = report.looks.at(-1)?.measurement.verdict
  const needed = neededOf(report)
  if (tone === 'good' || verdict === 'fail' || needed.length === 0) return []
  const lines = needed.map(
    ({ metric, events, ms }) =>
      `- ${inline(metric)}: ${count(events, 'more event')} on the new version${ms === undefined ? '' : `, about ${formatDuration(ms)} at the present traffic`}`,
  )
  return [`**Still needed for a verdict:**\n\n${lines.join('\n')}`]
}

/** The share and the metric that matters most at once, the others folded. */
function pictures(report: GrayReport): string[] {
  const drawn = grayMermaid(report).map(({ legend, chart }) => {
    const below = legend === '' ? '' : `\n\n<sub>${inline(legend)}</sub>`
    return `\`\`\`mermaid\n${chart}\n\`\`\`${below}`
  })
  const [first, second, ...more] = drawn
  return [
    ...(first === undefined ? [] : [first]),
    ...(second === undefined ? [] : [second]),
    ...(more.length === 0 ? [] : [details('More metrics', more.join('\n\n'))]),
  ]
}

function shareOf({ release }: GrayReport): string {
  const { observed, intended, step } = release.state
  const read = observed === null ? 'not read back' : `${round(observed)} % read back`
  const asked = observed === intended ? '' : `, ${round(intended)} % asked for`
  return `${read}${asked}${step < 0 ? '' : `, step ${step + 1} of ${release.plan.steps.length}`}`
}

/** One row for each step of the plan, also those that were never reached. */
function stepsTable({ release }: GrayReport, sections: readonly StepSection[]): string {
  const of = (step: number, baking: boolean): StepSection | undefined =>
    sections.find(({ looks }) => looks[0]?.window.step === step && looks[0].window.baking === baking)
  const row = (name: string, percent: number, section: StepSection | undefined): string[] => {
    const last = section?.looks.at(-1)
    if (section === undefined || last === undefined)
      return [name, `${round(percent)} %`, '', '', 'not reached', '']
    return [
      name,
      `${round(section.percent)} %`,
      formatDuration(Math.max(0, section.end - section.start)),
      String(section.looks.length),
      VERDICTS[last.measurement.verdict] ?? last.measurement.verdict,
      inline(last.measurement.reason),
    ]
  }
  const rows = release.plan.steps.map((step, index) =>
    row(`${index + 1}${step.hold ? ' (hold)' : ''}`, step.percent, of(index, false)),
  )
  const bake = of(release.plan.steps.length - 1, true)
  if (bake !== undefined || release.plan.bakeMs > 0) rows.push(row('bake', 100, bake))
  return table(
    [
      ['step', 'left'],
      ['share', 'right'],
      ['observed', 'right'],
      ['looks', 'right'],
      ['verdict', 'left'],
      ['why', 'left'],
    ],
    rows,
  )
}

function sectionTitle({ title, percent, looks }: StepSection): string {
  const last = looks.at(-1)
  return `${title}, ${round(percent)} %: ${VERDICTS[last?.measurement.verdict ?? ''] ?? ''} after ${count(looks.length, 'look')}`
}

/** The numbers of the last look, which decided, and how the verdicts came over time. */
function sectionBody({ looks }: StepSection): string {
  const last = looks.at(-1)
  if (last === undefined) return ''
  const { metrics, score, alerts = [] } = last.measurement
  return [
    table(
      [
        ['metric', 'left'],
        ['new', 'right'],
        ['old', 'right'],
        ['bounds', 'right'],
        ['limit', 'right'],
        ['verdict', 'left'],
        ['still needed', 'right'],
        ['looks', 'left'],
      ],
      metrics.map((metric) => metricRow(metric, looks)),
    ),
    metrics.map((metric) => `- ${inline(metric.name)}: ${inline(metric.reason)}`).join('\n'),
    ...(score === undefined ? [] : [`Score: ${round(score)} of 100.`]),
    ...(alerts.length === 0
      ? []
      : [alerts.map(({ level, message }) => `- **${level}**: ${inline(message)}`).join('\n')]),
  ].join('\n\n')
}

function metricRow(metric: MetricResult, looks: readonly GrayLook[]): string[] {
  const share = isShare(metric)
  const counts = countsOf(metric)
  const value = (which: 'new' | 'old'): string => {
    const number = metric[which]
    const events = counts[which]
    if (number === undefined && events === undefined) return ''
    const shown = number === undefined ? '' : showValue(number, share)
    return events === undefined ? shown : `${shown} (${events.bad} of ${events.total})`
  }
  const bounds =
    metric.lower !== undefined && metric.upper !== undefined
      ? `${showValue(metric.lower, share)} to ${showValue(metric.upper, share)}`
      : metric.evalue === undefined
        ? ''
        : `e-value ${Number(metric.evalue.toPrecision(3))}`
  const marks = looks.map(({ measurement }) => {
    const verdict = measurement.metrics.find(({ name }) => name === metric.name)?.verdict
    return verdict === undefined ? '·' : (VERDICTS[verdict]?.split(' ')[0] ?? '·')
  })
  return [
    `${inline(metric.name)}${metric.dryRun ? ' <sub>dry run</sub>' : metric.critical ? ' <sub>critical</sub>' : ''}`,
    value('new'),
    value('old'),
    bounds,
    metric.limit === undefined ? '' : showValue(metric.limit, share),
    VERDICTS[metric.verdict] ?? metric.verdict,
    metric.needed === undefined ? '' : count(metric.needed, 'event'),
    marks.length > 12 ? `… ${marks.slice(-12).join('')}` : marks.join(''),
  ]
}

function auditPart({ audit }: GrayReport): string[] {
  if (audit === undefined) return []
  const head = audit.head === undefined ? '' : ` Head: ${code(formatHead(audit.head))}.`
  const option = audit.head === undefined ? '' : ` --head ${formatHead(audit.head)}`
  return [
    '### Audit',
    `Every measurement, decision and weight is in ${code(audit.file)}.${head} Prove it, and have each verdict computed again:`,
    `\`\`\`sh\ngray audit verify ${audit.file}${option}\n\`\`\``,
  ]
}
