/** The jobs of a workflow as the one behind them sees them. Pure. */
import type { Problem } from '../base/errors.ts'
import { asObject, parseObject } from '../base/json.ts'
import { code, inline, shorten, table } from './markdown.ts'

/** A job, its result (`success`, `failure`, `cancelled`, `skipped`), and what it handed on. */
export interface JobEnd {
  readonly name: string
  readonly result: string
  readonly outputs: Readonly<Record<string, string>>
}

/** `toJSON(needs)` (https://docs.github.com/actions/reference/contexts-reference#needs-context); a text says what is wrong with it. */
export function parseNeeds(text: string): JobEnd[] | string {
  const needs = parseObject(text)
  if (needs === undefined) return 'not JSON'
  const jobs: JobEnd[] = []
  for (const [name, job] of Object.entries(needs)) {
    const { result, outputs: given } = asObject(job) ?? {}
    if (typeof result !== 'string') return `${name} has no result`
    const outputs = Object.entries(asObject(given) ?? {}).filter(
      (one): one is [string, string] => typeof one[1] === 'string',
    )
    jobs.push({ name, result, outputs: Object.fromEntries(outputs) })
  }
  return jobs
}

/** A job that is switched off is skipped; one behind a failed one is, too, but then that one counts. */
export const failedJobs = (jobs: readonly JobEnd[]): JobEnd[] =>
  jobs.filter(({ result }) => result !== 'success' && result !== 'skipped')

export const jobProblems = (jobs: readonly JobEnd[]): Problem[] =>
  failedJobs(jobs).map(({ name, result }) => ({
    code: 'report-job-failed',
    what: `${name} ${result === 'cancelled' ? 'was cancelled' : 'did not pass'}`,
    cause: `the job ended with ${result === '' ? 'no result' : result}`,
    fix: `see the log and the summary of ${name}`,
  }))

const ICONS: Readonly<Record<string, string>> = { success: '✅', skipped: '⏭️', cancelled: '⏹️' }
/** Outputs that are longer are for machines. */
const LONGEST = 160

/** A row for each job: how it ended, and what it handed on. */
export const renderJobs = (jobs: readonly JobEnd[]): string =>
  table(
    [['Job', 'left'], ['Result', 'left'], ['Gave', 'left']],
    jobs.map(({ name, result, outputs }) => [
      `${ICONS[result] ?? '❌'} ${inline(name)}`,
      inline(result === '' ? 'no result' : result),
      Object.entries(outputs)
        .filter(([, value]) => value !== '' && value.length <= LONGEST && !/[\n{]/.test(value))
        .map(([key, value]) => `${inline(shorten(key, 40))} ${code(value)}`)
        .join('<br>'),
    ]),
  ) // prettier-ignore

/** One line of what all of them came to. */
export function jobsTitle(jobs: readonly JobEnd[]): string {
  const bad = failedJobs(jobs).map(({ name }) => name)
  const skipped = jobs.filter(({ result }) => result === 'skipped').length
  if (bad.length > 0) return `${inline(bad.join(', '))} did not pass`
  return `all ${jobs.length - skipped} jobs passed${skipped === 0 ? '' : `, ${skipped} had nothing to do`}`
}
