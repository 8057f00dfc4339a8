import { PipelineError, type Problem } from '../../base/errors.ts'
import { type AaReport, checkAgainstItself } from '../../gray/metrics/aa.ts'
import { connect, makeMeasurer } from '../../gray/metrics/measurer.ts'
import { replay, type ReplayReport } from '../../gray/metrics/replay.ts'
import { selectorsFor } from '../../gray/metrics/settings.ts'
import { parseDuration } from '../../gray/plan.ts'
import type { CliCommand } from '../arguments.ts'
import type { Shell } from '../shell.ts'
import { stepsFor } from './adapters.ts'
import { gatherSettings } from './gather.ts'
import { loadGrayInputs } from './inputs.ts'
import { describePower } from './plan.ts'
import { planOf } from './run.ts'

export interface PastAnswer {
  readonly text: string
  readonly json: unknown
  readonly exitCode: number
}

export type PastVerb = 'power' | 'replay' | 'aa'

/**
 * `gray power`, `gray replay` and `gray aa`: what Prometheus can say without any release. Needs the metrics; touches nothing. Exit
 * code 1 where a gate would refuse: traffic that cannot decide, a past window that would have been taken back.
 */
export async function pastCommand(
  verb: PastVerb,
  read: (name: string) => string,
  options: CliCommand['values'],
  act: Shell,
): Promise<PastAnswer> {
  const loaded = loadGrayInputs(read, act.env, act.secrets, 'past')
  const { inputs } = loaded
  const { gathered, problems } = await gatherSettings(inputs, act)
  const span = verb === 'power' ? undefined : pastSpan(options, act.clock.now())
  const wrong = [...loaded.problems, ...problems, ...(span?.problems ?? [])]
  const { metrics, adapter } = gathered
  if (wrong.length > 0 || metrics === undefined) throw new PipelineError('input', wrong)
  const names = { old: inputs.oldVersion ?? 'old', new: inputs.newVersion ?? 'new' }
  const asked = planOf(inputs)
  const steps = adapter === undefined ? asked.steps : stepsFor(asked.steps, { ...adapter, versions: names })
  const plan = { ...asked, steps }
  if (span === undefined) {
    const power = await makeMeasurer(metrics, act, { ...names, plan }).power(act.signal)
    return { text: describePower(power), json: power, exitCode: power.decides ? 0 : 1 }
  }
  const server = connect(metrics, act)(act.signal)
  const selectors = selectorsFor(metrics, names)
  const { start, end, percent } = span
  if (verb === 'aa') {
    const [first] = steps
    const report = await checkAgainstItself(metrics, server, {
      selector: selectors.old,
      start,
      end,
      percent: percent ?? first?.percent ?? 5,
      observeMs: Math.min(first?.observeMs ?? 300_000, end - start),
    })
    return { text: describeAa(report), json: report, exitCode: 0 }
  }
  const report = await replay(metrics, server, {
    oldSelector: selectors.old,
    newSelector: selectors.new,
    start,
    end,
    warmUpMs: percent === undefined ? plan.warmUpMs : 0,
    intervalMs: plan.intervalMs,
    steps: percent === undefined ? steps : [{ percent, observeMs: end - start }],
  })
  return { text: describeReplay(report), json: report, exitCode: report.abort === undefined ? 0 : 1 }
}

interface Span {
  readonly start: number
  readonly end: number
  readonly percent?: number
  readonly problems: readonly Problem[]
}

/** `--from`, `--to` and `--percent`, as at `now` (ms); pure. */
export function pastSpan(options: CliCommand['values'], now: number): Span {
  const problems: Problem[] = []
  const time = (name: string, fallback: number | undefined): number => {
    const text = options.get(name)?.trim() ?? ''
    if (text === '' && fallback !== undefined) return fallback
    const ago = parseDuration(text)
    const at = ago === undefined ? Date.parse(text) : now - ago
    if (Number.isFinite(at) && at <= now) return at
    problems.push({
      code: 'bad-input',
      what: text === '' ? `${name} is needed` : `${name} is no time in the past`,
      input: name,
      ...(text === '' ? {} : { value: text }),
      fix: `write --${name} 2h (ago), or --${name} 2026-11-21T14:00:00Z`,
    })
    return now
  }
  const start = time('from', undefined)
  const end = time('to', now)
  const share = options.get('percent')
  const percent = share === undefined ? undefined : Number(share.replace(/%$/, ''))
  if (percent !== undefined && !(percent > 0 && percent <= 100))
    problems.push({
      code: 'bad-input',
      what: 'percent is no part of the traffic',
      input: 'percent',
      value: share ?? '',
      fix: 'write for example --percent 5',
    })
  if (problems.length === 0 && end - start < 10_000)
    problems.push({
      code: 'bad-input',
      what: 'the past window is shorter than ten seconds',
      input: 'from',
      fix: 'give a from that lies before to',
    })
  return { start, end, ...(percent === undefined ? {} : { percent }), problems }
}

function describeReplay({ steps, abort, looks }: ReplayReport): string {
  const lines = steps.map(
    ({ percent, at, verdict, reason }) =>
      `${percent} % until ${new Date(at).toISOString()}: ${verdict} (${reason})`,
  )
  if (steps.length === 0) lines.push('no step fits into this window')
  lines.push(
    abort === undefined
      ? `${looks.length} looks; nothing would have been taken back`
      : `would have been taken back at ${new Date(abort.at).toISOString()}, at ${abort.percent} %: ${abort.reason}`,
  )
  return lines.join('\n')
}

function describeAa(report: AaReport): string {
  const { runs, passed, undecided, failed, rate, upper, byMetric, skipped, events } = report
  const share = (value: number): string => `${Number((100 * value).toPrecision(3))} %`
  return [
    `${runs} releases of the old version against itself: ${passed} passed, ${undecided} undecided, ${failed} taken back for nothing (${share(rate)}, with 95 % confidence at most ${share(upper)})`,
    ...Object.entries(events).map(
      ([name, count]) =>
        `${name}: ${Math.round(count)} events in the part, ${byMetric[name] ?? 0} false aborts`,
    ),
    ...Object.entries(skipped).map(([name, why]) => `${name}: left out, ${why}`),
  ].join('\n')
}
