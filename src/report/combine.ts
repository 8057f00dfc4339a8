/** Many runs of one commit (a matrix of runners and Go versions) as one report. Pure. */
import { formatDuration } from '../base/clock.ts'
import { describeProblem, type Problem } from '../base/errors.ts'
import { count, formatPercent } from './format.ts'
import { failedJobs, type JobEnd, jobProblems, jobsTitle, renderJobs } from './jobs.ts'
import { code, details, fence, inline, link, shorten, table } from './markdown.ts'
import type { RunReport } from './model.ts'

/** One run: its report, or why there is none. */
export interface Leg {
  readonly name: string
  readonly report?: RunReport
  readonly reason?: string
}

export interface Combined {
  readonly legs: readonly Leg[]
  readonly passed: readonly string[]
  readonly failed: readonly string[]
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number }
  /** Of all legs together, in percent; each statement counts as covered when any leg reached it. */
  readonly coverage?: number
  /** Other jobs whose end counts. */
  readonly jobs: readonly JobEnd[]
  readonly problems: readonly Problem[]
}

const MOST_LOG_LINES = 40

/**
 * Joins the legs. A leg that was expected and left no report has failed: its runner may have died before it could say so.
 * @param coverage percent over all legs; undefined when nothing was measured
 */
export function combine(
  found: readonly Leg[],
  expected: readonly string[],
  gate: { readonly coverage?: number; readonly threshold?: number },
  jobs: readonly JobEnd[] = [],
): Combined {
  const missing = expected.filter((name) => !found.some((leg) => leg.name === name))
  const legs: readonly Leg[] = [
    ...found,
    ...missing.map((name) => ({
      name,
      reason: 'it left no report: its job failed before, or was cancelled',
    })),
  ].sort((a, b) => (a.name < b.name ? -1 : 1))
  const ok = (leg: Leg): boolean => leg.report?.outcome === 'passed'
  const sum = (key: 'passed' | 'failed' | 'skipped'): number =>
    legs.reduce((total, leg) => total + (leg.report?.tests?.[key] ?? 0), 0)
  const problems: Problem[] = legs.filter((leg) => !ok(leg)).map(legProblem)
  if (legs.length === 0 && jobs.length === 0)
    problems.push({
      code: 'report-none',
      what: 'there is no report to combine',
      cause: 'no leg ran, or their reports were not downloaded',
      fix: 'download the artifacts of the legs into the folder that the input reports names',
    })
  const { coverage, threshold } = gate
  if (threshold !== undefined && (coverage === undefined || coverage < threshold))
    problems.push({
      code: 'report-coverage',
      what:
        coverage === undefined
          ? 'no leg measured coverage, which a threshold asks for'
          : `all legs together cover ${formatPercent(coverage)} of statements, below ${threshold} %`,
      input: 'coverage-threshold',
      fix:
        coverage === undefined
          ? 'set coverage to true in the legs'
          : 'test what the list of packages shows as uncovered, or lower the threshold in a change of its own',
    })
  problems.push(...jobProblems(jobs))
  return {
    legs,
    passed: legs.filter(ok).map((leg) => leg.name),
    failed: legs.filter((leg) => !ok(leg)).map((leg) => leg.name),
    tests: { passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') },
    ...(coverage === undefined ? {} : { coverage }),
    jobs,
    problems,
  }
}

function legProblem({ name, report, reason }: Leg): Problem {
  const [first] = report?.problems ?? []
  const step = report?.steps.find((one) => one.status === 'failed')
  const cause = reason ?? first?.what ?? step?.reason
  return {
    code: 'report-leg-failed',
    what: `${name} ${report?.outcome === 'cancelled' ? 'was cancelled' : 'did not pass'}`,
    ...(cause === undefined ? {} : { cause }),
    ...(step === undefined ? {} : { where: step.title }),
    fix: first?.fix ?? 'look at the log of its job',
  }
}

const ICONS = { passed: '✅', failed: '❌', cancelled: '⏹️' } as const

/** What stands at the top. */
function titleOf({ legs, failed, jobs, problems }: Combined): string {
  if (legs.length === 0 && jobs.length > 0) return jobsTitle(jobs)
  if (problems.length === 0) return `${count(legs.length, 'leg')} passed`
  if (failed.length > 0) return `${failed.length} of ${count(legs.length, 'leg')} did not pass`
  return failedJobs(jobs).length > 0
    ? `the legs passed, but ${jobsTitle(jobs)}`
    : 'the legs passed, a gate over all of them did not'
}

/** The combined summary, as GitHub-flavoured Markdown: a row for each leg and each other job, then what failed, worst first. */
export function renderCombined(combined: Combined): string {
  const { legs, tests, coverage, jobs, problems } = combined
  const good = problems.length === 0
  const facts = [
    tests.failed > 0
      ? `**${count(tests.failed, 'failed test')}**`
      : `**${count(tests.passed, 'test')}** passed`,
    ...(tests.skipped > 0 ? [`${tests.skipped} skipped`] : []),
    ...(coverage === undefined ? [] : [`**${formatPercent(coverage)}** covered by all together`]),
  ]
  const rows = legs.map(({ name, report, reason }) => [
    `${ICONS[report?.outcome ?? 'failed']} ${report?.run.url === undefined ? inline(name) : link(inline(name), report.run.url)}`,
    inline(report?.run.host ?? ''),
    inline(report?.tools.find((tool) => tool.name === 'go')?.version ?? ''),
    report?.tests === undefined ? '' : `${report.tests.passed}${report.tests.failed > 0 ? ` (${report.tests.failed} failed)` : ''}`,
    report?.coverage === undefined ? '' : formatPercent(report.coverage.percent),
    report === undefined ? '' : formatDuration(report.durationMs),
    inline(shorten(reason ?? failedAt(report), 160)),
  ]) // prettier-ignore
  const logs = legs.flatMap(({ name, report }) => {
    const lines = report?.failureLog?.lines ?? []
    return lines.length === 0
      ? []
      : [details(`Log of ${inline(name)}`, fence(lines.slice(-MOST_LOG_LINES)), legs.length < 4)]
  })
  const legTable = table(
    [
      ['Leg', 'left'],
      ['Runner', 'left'],
      ['Go', 'left'],
      ['Tests', 'right'],
      ['Coverage', 'right'],
      ['Time', 'right'],
      ['', 'left'],
    ],
    rows,
  )
  return [
    `## ${good ? '✅' : '❌'} ${titleOf(combined)}`,
    ...(legs.length === 0 ? [] : [facts.join(' · '), legTable]),
    ...(jobs.length === 0 ? [] : [renderJobs(jobs)]),
    ...(good
      ? []
      : [`### What to do\n\n${problems.map((problem) => `- ${inline(describeProblem(problem).replace(/\s*\n\s*/g, ' · '))}`).join('\n')}`]),
    ...failures(legs),
    ...logs,
  ].join('\n\n') // prettier-ignore
}

const failedAt = (report: RunReport | undefined): string => {
  const step = report?.steps.find((one) => one.status === 'failed')
  return step === undefined ? '' : `failed at ${step.title}`
}

/** Failed tests over all legs: one that fails everywhere stands once, with the legs where it does. */
function failures(legs: readonly Leg[]): string[] {
  const where = new Map<string, string[]>()
  for (const { name, report } of legs)
    for (const failure of report?.tests?.failures ?? []) {
      const key = `${failure.package}${failure.test === undefined ? '' : `.${failure.test}`}`
      where.set(key, [...(where.get(key) ?? []), name])
    }
  if (where.size === 0) return []
  const rows = [...where]
    .sort((a, b) => b[1].length - a[1].length)
    .slice(0, 50)
    .map(([test, names]) => [code(shorten(test, 200)), names.length === legs.length ? 'everywhere' : names.map((name) => inline(name)).join(', ')]) // prettier-ignore
  return [
    `### Failed tests\n\n${table(
      [
        ['Test', 'left'],
        ['Where', 'left'],
      ],
      rows,
    )}`,
  ]
}
