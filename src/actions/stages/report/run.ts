import { join, resolve } from 'node:path'
import { PipelineError } from '../../../base/errors.ts'
import { writeAtomic } from '../../../base/files.ts'
import { formatCoverProfile, parseCoverProfiles, summariseCoverage } from '../../../go/coverage.ts'
import { combine, renderCombined } from '../../../report/combine.ts'
import { failedJobs, type JobEnd, parseNeeds } from '../../../report/jobs.ts'
import { readLegs } from '../../../report/legs.ts'
import { makeReportFolder, stageFolder, workspaceOf } from '../../folders.ts'
import { InputReader } from '../../reader.ts'
import type { Shell } from '../../shell.ts'
import type { StageEnd } from '../stage.ts'
import { REPORT } from './spec.ts'

/** Reads the legs' reports, joins them, and fails when one of them did, or when all together cover too little. */
export async function runReport(read: (name: string) => string, act: Shell): Promise<StageEnd> {
  const reader = new InputReader(REPORT.inputs, read, act.secrets)
  const folder = reader.relativePath('reports', 'reports')
  const prefix = reader.text('prefix')
  const expected = legNames(reader)
  const threshold = reader.percent('coverage-threshold')
  const jobs = otherJobs(reader)
  const given = reader.optional('report-dir')
  if (reader.problems.length > 0) throw new PipelineError('input', reader.problems)

  const found = await readLegs(resolve(workspaceOf(act.env), folder), act, prefix)
  const profile = parseCoverProfiles(found.flatMap((leg) => (leg.profile === undefined ? [] : [leg.profile])))
  const coverage = profile === undefined ? undefined : summariseCoverage(profile.profile, []).percent
  const combined = combine(
    found.map(({ leg }) => leg),
    expected,
    { ...(coverage === undefined ? {} : { coverage }), ...(threshold === undefined ? {} : { threshold }) },
    jobs,
  )

  const reportDir = stageFolder('combined', given, act.env)
  const summary = renderCombined(combined)
  const { legs, ...figures } = combined
  await makeReportFolder(reportDir)
  await writeAtomic(join(reportDir, 'summary.md'), act.secrets.redact(`${summary}\n`))
  await writeAtomic(
    join(reportDir, 'report.json'),
    act.secrets.redact(
      `${JSON.stringify({ schema: 1, ...figures, legs: legs.map(({ name, report, reason }) => ({ name, outcome: report?.outcome ?? 'failed', ...(reason === undefined ? {} : { reason }) })) }, null, 2)}\n`,
    ),
  )
  if (profile !== undefined)
    await writeAtomic(join(reportDir, 'coverage.out'), formatCoverProfile(profile.profile))
  return {
    outputs: {
      verdict: combined.problems.length === 0 ? 'passed' : 'failed',
      failed: [...combined.failed, ...failedJobs(jobs).map(({ name }) => name)].join('\n'),
      tests: JSON.stringify(combined.tests),
      ...(coverage === undefined ? {} : { coverage: coverage.toFixed(1) }),
      report: reportDir,
    },
    summary,
    ...(combined.problems.length === 0 ? {} : { failure: new PipelineError('gate', combined.problems) }),
  }
} // prettier-ignore

/** Lines with results, or the context `needs` as JSON. */
function otherJobs(reader: InputReader): JobEnd[] {
  const text = reader.text('also')
  if (!text.startsWith('{'))
    return reader.pairs('also').map(([name, result]) => ({ name, result, outputs: {} }))
  const jobs = parseNeeds(text)
  if (typeof jobs !== 'string') return jobs
  reader.bad('also', text, `not the results of jobs: ${jobs}`, 'write ${{ toJSON(needs) }}, or a line name=result for each job')
  return []
} // prettier-ignore

function legNames(reader: InputReader): string[] {
  const text = reader.text('legs')
  if (!text.startsWith('[')) return reader.list('legs', { commas: true })
  try {
    const names: unknown = JSON.parse(text)
    if (Array.isArray(names) && names.every((name): name is string => typeof name === 'string')) return names
  } catch {
    // Told below.
  }
  reader.bad('legs', text, 'not a JSON array of names', 'write ["linux", "windows"], or a name a line')
  return []
}
