import { describeProblem, type PipelineError } from '../../../base/errors.ts'
import type { Result } from '../../../deploy/rollout.ts'
import type { Standing } from '../../../deploy/target.ts'
import { code, details, fence, inline, table } from '../../../report/markdown.ts'

export const TITLES: Readonly<Record<Result | 'healthy' | 'unhealthy', string>> = {
  deployed: '✅ Deployed',
  unchanged: '✅ It was there already',
  'rolled-back': '↩️ Rolled back',
  refused: '❌ Refused: nothing was touched',
  'taken-back': '❌ Taken back: what served before serves again',
  broken: '🔥 BROKEN: not every host is as before',
  healthy: '✅ Healthy',
  unhealthy: '❌ Not healthy',
}

export interface Told {
  readonly result: Result | 'healthy' | 'unhealthy'
  readonly environment: string
  readonly image: string
  readonly before: readonly Standing[]
  readonly after: readonly Standing[]
  readonly failure?: PipelineError
  readonly auditHead?: string
}

/** Digests in the length that people compare by. */
const short = (image: string | undefined): string =>
  image === undefined ? '–' : code(image.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/, '$1'))

/** The summary of a deployment: what serves where, why, and what is missing for safe operation. */
export function deploySummary(told: Told): string {
  const { result, environment, image, before, after, failure, auditHead } = told
  const now = new Map(after.map((one) => [one.where, one]))
  const advice = after.flatMap((one) => one.advice)
  const unique = [...new Map(advice.map((one) => [`${one.code} ${one.what}`, one])).values()]
  return [
    `## ${TITLES[result]}: ${inline(environment)}`,
    ...(image === '' ? [] : [code(image)]),
    ...(before.length === 0
      ? []
      : [
          table(
            [['Host', 'left'], ['Before', 'left'], ['Now', 'left'], ['State', 'left']],
            before.map((one) => {
              const is = now.get(one.where)
              return [inline(one.where), short(one.image), is === undefined ? '?' : short(is.image), inline(is?.detail ?? 'could not be read')]
            }),
          ),
        ]),
    ...(failure === undefined ? [] : [failure.problems.map((problem) => `- ${inline(describeProblem(problem).replaceAll(/\s*\n\s*/g, '; '))}`).join('\n')]),
    ...(failure?.log === undefined || failure.log === '' ? [] : [details('Log of the service', fence(failure.log.split('\n').slice(-60)), true)]),
    ...(unique.length === 0 ? [] : [`**For safe operation**\n\n${unique.map((one) => `- ${inline(one.what)}: ${inline(one.cause ?? '')}. ${inline(one.fix ?? '')}`).join('\n')}`]),
    ...(auditHead === undefined ? [] : [`Audit: ${code(auditHead)}`]),
  ].join('\n\n')
} // prettier-ignore
