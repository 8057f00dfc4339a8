import type { Verdict } from '../judge.ts'
import type { Measurement, MetricResult } from '../ports.ts'
import { show } from '../samples.ts'
import { type Evaluated, hasNoSay } from './decide.ts'
import type { Look } from './look.ts'
import type { QueryRecord } from './source.ts'

export interface ScoreRules {
  readonly pass: number
  readonly marginal: number
}

export type Measured = Evaluated & { readonly queries: readonly QueryRecord[] }

/**
 * One verdict from all metrics. Pure.
 *
 * - A critical fail stops, at its own level of confidence. Fails of the others are first held against each other
 *   (Holm, Scandinavian Journal of Statistics 6, 1979): of many metrics one is out of line by chance alone.
 * - The others make a score: passed weight of the decided weight, out of 100. Undecided ones leave it open between two
 *   bounds; it passes or fails only when both bounds do.
 * - Without one metric decided by evidence nothing ever passes.
 */
export function compose(evaluated: readonly Measured[], look: Look, rules: ScoreRules): Measurement {
  const corrected = holm(evaluated.map((one) => policy(one, look)))
  const say = corrected.filter((one) => !hasNoSay(one.spec) && one.idle !== true)
  const critical = say.filter(({ spec }) => spec.critical)
  const others = say.filter(({ spec }) => !spec.critical)
  const score = scoreOf(others)
  const { verdict, reason } = overall(say, critical, score, rules)
  const hard = say.some(({ spec, result }) => spec.action === 'hard-abort' && result.verdict === 'fail')
  const decided = say.some(({ result }) => result.verdict === 'pass' || result.verdict === 'fail')
  return {
    at: look.end,
    verdict,
    ...(hard ? { hard } : {}),
    reason,
    ...(decided ? { score: score.now } : {}),
    // In an order of their own: they were asked at the same time, and the audit of a look must not depend on who was first.
    metrics: corrected.map(({ result, queries }): MetricResult => ({
      ...result,
      queries: queries.toSorted((a, b) => (a.query < b.query ? -1 : 1)),
    })),
    ...alertsOf(corrected),
  }
}

interface Counted extends Measured {
  /** Whether the verdict stands on numbers, not on a policy. */
  readonly evidence: boolean
}

/** What having no data counts as. */
function policy(one: Measured, look: Look): Counted {
  const { spec, result } = one
  const evidence = result.verdict === 'pass' || result.verdict === 'fail'
  if (result.verdict !== 'nodata' || spec.onNodata === 'wait' || one.idle === true)
    return { ...one, evidence }
  // A fail by policy waits for the end: data may still come.
  if (spec.onNodata === 'fail' && !look.final) return { ...one, evidence }
  const reason = `${result.reason}; on-nodata makes this a ${spec.onNodata}`
  return {
    ...one,
    result: { ...result, verdict: spec.onNodata, reason },
    evidence,
    ...(spec.onNodata === 'fail' ? { chance: 0 } : {}),
  }
}

/** Withdraws those fails of non-critical metrics that may be the unlucky one of many. */
function holm(evaluated: readonly Counted[]): Counted[] {
  const family = evaluated.filter(({ spec, idle }) => !spec.critical && !hasNoSay(spec) && idle !== true)
  const failed = family
    .filter(({ result }) => result.verdict === 'fail')
    .toSorted((a, b) => (a.chance ?? 0) - (b.chance ?? 0))
  const withdrawn = new Map<string, number>()
  let stopped = false
  for (const [index, { spec, chance = 0 }] of failed.entries()) {
    const level = (1 - spec.confidence) / (family.length - index)
    stopped ||= chance > level
    if (stopped) withdrawn.set(spec.name, level)
  }
  return evaluated.map((one) => {
    const level = withdrawn.get(one.spec.name)
    if (level === undefined) return one
    const { chance = 0, ...rest } = one
    return {
      ...rest,
      evidence: false,
      result: {
        ...one.result,
        verdict: 'inconclusive',
        reason: `fails alone (chance ${show(chance)}), but one of ${family.length} metrics may do so by chance: it takes ${show(level)} (Holm): ${one.result.reason}`,
      },
    }
  })
}

interface Score {
  /** Among the decided ones. */
  readonly now: number
  /** If all open ones fail, and if all pass. */
  readonly least: number
  readonly most: number
}

function scoreOf(others: readonly Counted[]): Score {
  const weight = (...verdicts: readonly Verdict[]): number =>
    others.reduce((sum, { spec, result }) => sum + (verdicts.includes(result.verdict) ? spec.weight : 0), 0)
  const [passed, failed] = [weight('pass'), weight('fail')]
  const open = weight('inconclusive', 'nodata', 'error')
  const of = (part: number, all: number): number =>
    all === 0 ? 100 : Math.round((10_000 * part) / all) / 100
  const all = passed + failed + open
  return { now: of(passed, passed + failed), least: of(passed, all), most: of(passed + open, all) }
}

function overall(
  say: readonly Counted[],
  critical: readonly Counted[],
  score: Score,
  rules: ScoreRules,
): { verdict: Verdict; reason: string } {
  const told = (list: readonly Counted[]): string =>
    list.map(({ spec, result }) => `${spec.name}: ${result.reason}`).join(' | ')
  const failed = critical.filter(({ result }) => result.verdict === 'fail')
  if (failed.length > 0) return { verdict: 'fail', reason: told(failed) }
  if (score.most < rules.marginal)
    return {
      verdict: 'fail',
      reason: `the score is at most ${score.most} of 100, below ${rules.marginal}: ${told(say.filter(({ spec, result }) => !spec.critical && result.verdict === 'fail'))}`,
    }
  const errors = say.filter(({ result }) => result.verdict === 'error')
  if (errors.length > 0) return { verdict: 'error', reason: told(errors) }
  const evidence = say.filter((one) => one.evidence)
  const open = critical.filter(({ result }) => result.verdict !== 'pass')
  const environment = say.filter((one) => one.environment === true)
  if (
    open.length === 0 &&
    environment.length === 0 &&
    score.least >= rules.pass &&
    evidence.some(({ result }) => result.verdict === 'pass')
  )
    return { verdict: 'pass', reason: passText(say, score) }
  const waiting = say.filter(({ result }) => result.verdict === 'inconclusive' || result.verdict === 'nodata')
  if (evidence.length === 0 && waiting.every(({ result }) => result.verdict === 'nodata'))
    return {
      verdict: 'nodata',
      reason:
        say.length === 0
          ? 'at this step no metric can be judged'
          : `no metric was decided by evidence: ${told(say)}`,
    }
  const marginal =
    waiting.length === 0
      ? `the score ${score.now} is between ${rules.marginal} and ${rules.pass}: ${told(say.filter(({ result }) => result.verdict === 'fail'))}`
      : told(environment.length > 0 ? environment : waiting)
  return { verdict: 'inconclusive', reason: marginal }
}

function passText(say: readonly Counted[], score: Score): string {
  const names = say.filter(({ result }) => result.verdict === 'pass').map(({ spec }) => spec.name)
  return `${names.join(', ')} pass${score.now === 100 ? '' : `; score ${score.now}`}`
}

/** What warns or pages: heard, whatever the verdict. */
function alertsOf(evaluated: readonly Counted[]): Pick<Measurement, 'alerts'> {
  const alerts = evaluated.flatMap(({ spec, result }) => {
    if (result.verdict !== 'fail' || spec.dryRun) return []
    if (spec.action !== 'warn' && spec.action !== 'page') return []
    const level = spec.action === 'page' ? ('page' as const) : ('warning' as const)
    return [{ level, message: `${spec.title}: ${result.reason}` }]
  })
  return alerts.length === 0 ? {} : { alerts }
}
