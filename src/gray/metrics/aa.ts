import type { Selector } from '../presets.ts'
import { clopperPearson } from '../statistics.ts'
import { compose, type Measured } from './compose.ts'
import type { Increment } from './counts.ts'
import { type EventsOrTrouble, isTrouble, type Trouble } from './decide.ts'
import { evaluateLatency, evaluateRatio, type LatencyEvents } from './evaluate-events.ts'
import { evaluateSamples, type GaugeSample } from './evaluate-samples.ts'
import { Events, type Look } from './look.ts'
import { Reader } from './read.ts'
import type { LatencySpec, MetricsSettings, RatioSpec, SamplesSpec } from './settings.ts'
import { type MetricsServer, type QueryRecord, Source } from './source.ts'

export interface AaOptions {
  readonly selector: Selector
  /** The past window, ms. */
  readonly start: number
  readonly end: number
  /** The part that plays the new version. */
  readonly percent: number
  readonly observeMs: number
  /** Default 200. */
  readonly runs?: number
  /** The same seed splits in the same way. Default 1. */
  readonly seed?: number
}

export interface AaReport {
  readonly runs: number
  readonly passed: number
  readonly undecided: number
  /** Aborts of a version by itself: all of them are false. */
  readonly failed: number
  readonly rate: number
  /** With 95 % confidence the gate's false-abort rate is at most this. */
  readonly upper: number
  /** False aborts by metric. */
  readonly byMetric: Readonly<Record<string, number>>
  /** Metrics that cannot be split, or have no data, and why. */
  readonly skipped: Readonly<Record<string, string>>
  /** The mean number of events the part had in one run, by metric. */
  readonly events: Readonly<Record<string, number>>
}

type Data =
  | { readonly spec: RatioSpec; readonly data: Events }
  | { readonly spec: LatencySpec; readonly data: LatencyEvents }
  | { readonly spec: SamplesSpec; readonly data: readonly GaugeSample[] }

/**
 * A against A: the old version is split by chance into two arms, again and again, and judged as if one of them were new.
 * Every abort is then a false one: what this gate, with these settings and this data, would do to a version that is no
 * worse. Arms are single scrapes of instances, and in every second run, where there are four or more, whole instances, so
 * that differences between hosts show too.
 */
export async function checkAgainstItself(
  settings: MetricsSettings,
  server: MetricsServer,
  options: AaOptions,
): Promise<AaReport> {
  const { start, end, percent, observeMs, runs = 200, seed = 1 } = options
  const source = new Source(server, { acceptPartial: settings.prometheus.acceptPartial })
  const whole: Look = { start, end, percent, final: true, spans: [{ start, end, percent }], planned: 1 }
  const { data, skipped } = await readAll(settings, new Reader(source, whole, settings), options.selector)
  const targets = [...new Set(data.flatMap(targetsOf))].sort()
  let [passed, failed, undecided] = [0, 0, 0]
  const byMetric: Record<string, number> = {}
  const events: Record<string, number> = {}
  for (let run = 0; run < (data.length === 0 ? 0 : runs); run++) {
    const byInstance = targets.length >= 4 && run % 2 === 1
    const chosen = byInstance ? someOf(targets, percent / 100, `${seed}/${run}`) : undefined
    const isNew = (target: string, at: number): boolean =>
      chosen === undefined ? chance(`${seed}/${run}/${target}/${at}`) < percent / 100 : chosen.has(target)
    const room = Math.max(0, end - start - observeMs)
    const from = start + Math.floor(chance(`${seed}/${run}`) * room)
    let verdict = 'inconclusive'
    for (const part of [0.25, 0.5, 0.75, 1]) {
      const until = Math.min(end, from + observeMs * part)
      const look: Look = {
        start: from,
        end: until,
        percent,
        final: part === 1,
        spans: [{ start: from, end: until, percent }],
        planned: 1,
      }
      const measured = data.map((one) => ({ ...judgeSplit(one, look, isNew), queries: [] }))
      const { verdict: found, metrics } = compose(measured, look, settings.score)
      verdict = found
      if (part === 1)
        for (const one of data)
          events[one.spec.name] = (events[one.spec.name] ?? 0) + countOf(one, look, isNew) / runs
      if (found !== 'fail') continue
      for (const metric of metrics)
        if (metric.verdict === 'fail' && !metric.dryRun)
          byMetric[metric.name] = (byMetric[metric.name] ?? 0) + 1
      break
    }
    if (verdict === 'fail') failed++
    else if (verdict === 'pass') passed++
    else undecided++
  }
  const done = passed + failed + undecided
  return {
    runs: done,
    passed,
    undecided,
    failed,
    rate: done === 0 ? 0 : failed / done,
    upper: done === 0 ? 1 : clopperPearson({ bad: failed, total: done }, 0.95).upper,
    byMetric,
    skipped,
    events,
  }
}

async function readAll(
  settings: MetricsSettings,
  reader: Reader,
  selector: Selector,
): Promise<{ data: Data[]; skipped: Record<string, string> }> {
  const data: Data[] = []
  const skipped: Record<string, string> = {}
  const records: QueryRecord[] = []
  const keep = <T>(name: string, value: T | Trouble): T | undefined => {
    if (!isTrouble(value)) return value
    skipped[name] = value.reason
    return undefined
  }
  for (const spec of settings.metrics) {
    if (spec.kind === 'value') {
      skipped[spec.name] = 'a single number cannot be split'
    } else if (spec.kind === 'ratio') {
      const events = keep<Events>(spec.name, await reader.ratio(spec, selector, records))
      if (events !== undefined) data.push({ spec, data: events })
    } else if (spec.kind === 'latency') {
      const { old } = await reader.latency(spec, { new: selector, old: selector }, records)
      const events = old === undefined ? undefined : keep<LatencyEvents>(spec.name, old)
      if (events !== undefined) data.push({ spec, data: events })
    } else {
      const samples = keep<readonly GaugeSample[]>(spec.name, await reader.samples(spec, selector, records))
      if (samples !== undefined) data.push({ spec, data: samples })
    }
  }
  return { data, skipped }
}

type IsNew = (target: string, at: number) => boolean

function judgeSplit(one: Data, look: Look, isNew: IsNew): Omit<Measured, 'queries'> {
  switch (one.spec.kind) {
    case 'ratio': {
      const [fresh, old] = splitEvents(one.data as Events, look, isNew)
      return evaluateRatio(one.spec, look, fresh, old)
    }
    case 'latency': {
      const { slowerThan, limitEdges, oldEdges } = one.data as LatencyEvents
      const halves = [...slowerThan].map(
        ([edge, events]) => [edge, splitEvents(events, look, isNew)] as const,
      )
      const arm = (index: 0 | 1): LatencyEvents => ({
        slowerThan: new Map(halves.map(([edge, pair]) => [edge, pair[index] as Events])),
        limitEdges,
        oldEdges,
      })
      return evaluateLatency(one.spec, look, arm(0), arm(1))
    }
    case 'samples': {
      const samples = one.data as readonly GaugeSample[]
      return evaluateSamples(
        one.spec,
        look,
        samples.filter(({ target, at }) => isNew(target, at)),
        samples.filter(({ target, at }) => !isNew(target, at)),
      )
    }
  }
}

/** Only what lies in the look: a run judges minutes of what may be days. */
function splitEvents(events: Events, { start, end }: Look, isNew: IsNew): [EventsOrTrouble, EventsOrTrouble] {
  const arms: [Increment[], Increment[]] = [[], []]
  for (const one of events.data.increments)
    if (one.from >= start && one.at <= end) arms[isNew(one.target, one.at) ? 0 : 1].push(one)
  const [fresh, old] = arms
  return [
    events.with({ ...events.data, increments: fresh }),
    events.with({ ...events.data, increments: old }),
  ]
}

function targetsOf({ data }: Data): readonly string[] {
  if (data instanceof Events) return data.data.targets
  if ('slowerThan' in data) return [...data.slowerThan.values()][0]?.data.targets ?? []
  return data.map(({ target }) => target)
}

function countOf(one: Data, look: Look, isNew: IsNew): number {
  if (one.spec.kind === 'samples')
    return (one.data as readonly GaugeSample[]).filter(
      ({ target, at }) => at >= look.start && at <= look.end && isNew(target, at),
    ).length
  const events =
    one.data instanceof Events ? one.data : [...(one.data as LatencyEvents).slowerThan.values()][0]
  const fresh = events === undefined ? undefined : splitEvents(events, look, isNew)[0]
  return fresh instanceof Events ? fresh.between(look.start, look.end).total : 0
}

/** At least one, and never all. */
function someOf(targets: readonly string[], share: number, seed: string): Set<string> {
  const count = Math.min(targets.length - 1, Math.max(1, Math.round(targets.length * share)))
  const shuffled = targets.toSorted((a, b) => chance(`${seed}/${a}`) - chance(`${seed}/${b}`))
  return new Set(shuffled.slice(0, count))
}

/** A number from 0 to below 1 for a text, the same every time: FNV-1a, its bits mixed as MurmurHash3 ends. */
function chance(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296
}
