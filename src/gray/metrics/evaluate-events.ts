import type { JudgeItem } from '../judge-input.ts'
import { clopperPearson, type Counts } from '../statistics.ts'
import {
  cannot,
  decide,
  type Evaluated,
  type EventsOrTrouble,
  isTrouble,
  troubled,
  type Trouble,
} from './decide.ts'
import { Events, type Look } from './look.ts'
import { both, marginAt, type Part, percent, sequentialLimit, sequentialOld, single } from './parts.ts'
import type { LatencySpec, RatioSpec } from './settings.ts'

const DEFAULT_SCRAPE_MS = 15_000

/** Judges a ratio of two counters. Pure. */
export function evaluateRatio(
  spec: RatioSpec,
  look: Look,
  fresh: EventsOrTrouble,
  old: EventsOrTrouble,
): Evaluated {
  const comparing = spec.against !== 'limit' && look.percent < 100
  const stop = cannot(spec, look, fresh, comparing ? old : undefined)
  if (stop !== undefined) return stop
  if (!(fresh instanceof Events)) return troubled(spec, fresh)
  const known = old instanceof Events ? old : undefined
  const observed = fresh.between(look.start, look.end)
  if (observed.total === 0)
    return troubled(spec, { verdict: 'nodata', reason: 'the new version had no events in the window' })
  const before = known?.between(look.start, look.end)
  const parts: Part[] = []
  const width = widthOf(fresh, known)
  if (spec.limit !== undefined && spec.against !== 'old') {
    parts.push(...limitParts(spec, look, fresh, spec.limit))
    const early =
      spec.sequential === undefined
        ? undefined
        : sequentialLimit(fresh, look, spec.limit, spec.sequential, width)
    if (early !== undefined) parts.push(early)
  }
  if (comparing && known !== undefined && before !== undefined) {
    const item: JudgeItem = {
      kind: 'ratio',
      margin: spec.margin,
      confidence: spec.confidence,
      old: before,
      new: observed,
    }
    parts.push(single('margin', item, { mayFail: look.final && observed.bad >= spec.least, needed: true }))
    const early =
      spec.sequential === undefined ? undefined : sequentialOld(fresh, known, look, spec.sequential, width)
    if (early !== undefined) parts.push(early)
  }
  const environment =
    spec.limit === undefined || before === undefined ? undefined : breaks(before, spec.limit, spec.confidence)
  const stopped =
    spec.confirm === undefined || spec.limit === undefined
      ? undefined
      : confirmed(fresh, look, spec.limit, spec.confirm)
  return decide(spec, parts, {
    counts: { fresh: observed, ...(before === undefined ? {} : { old: before }) },
    ...(spec.limit === undefined ? {} : { limit: spec.limit }),
    ...(environment === undefined ? {} : { environment }),
    ...(stopped === undefined ? {} : { stopped }),
    notes: [...notesOf('new', fresh), ...(known === undefined ? [] : notesOf('old', known))],
  })
}

/** The whole observation, and where it is longer than the rule's own window, the last of these. */
function limitParts(
  spec: Pick<RatioSpec, 'action' | 'windowMs' | 'confidence' | 'least'>,
  look: Look,
  events: Events,
  limit: number,
): Part[] {
  const { confidence, least, windowMs } = spec
  const elapsed = look.end - look.start
  const ask = (start: number): { item: JudgeItem; counts: Counts } => {
    const counts = events.between(start, look.end)
    return { item: { kind: 'ratio', limit, confidence, new: counts }, counts }
  }
  const recentStart = Math.max(look.start, look.end - windowMs)
  if (spec.action === 'hard-abort') {
    // "5 % for 3 min": the last 3 min, as soon as they are full.
    const { item, counts } = ask(recentStart)
    const mayFail = (look.final || elapsed >= windowMs) && counts.bad >= least
    return [single('limit', item, { mayFail, needed: true })]
  }
  const { item, counts } = ask(look.start)
  const parts = [single('limit', item, { mayFail: look.final && counts.bad >= least, needed: true })]
  if (elapsed > 1.5 * windowMs) {
    const recent = ask(recentStart)
    const mayFail = look.final && recent.counts.bad >= least
    parts.push(single('recent', recent.item, { mayFail, needed: false }))
  }
  return parts
}

/** The events slower than each bucket edge, by edge in seconds. */
export interface LatencyEvents {
  readonly slowerThan: ReadonlyMap<number, Events>
  /** The edges around the limit, and around the old version's own quantile. */
  readonly limitEdges: { readonly below?: number; readonly above?: number }
  readonly oldEdges: { readonly below?: number; readonly above?: number }
}

/** Judges a quantile as shares above bucket edges. Pure. */
export function evaluateLatency(
  spec: LatencySpec,
  look: Look,
  fresh: LatencyEvents | Trouble,
  old: LatencyEvents | Trouble,
): Evaluated {
  const comparing = spec.against !== 'limit' && look.percent < 100
  const eventsOf = (version: LatencyEvents | Trouble): EventsOrTrouble =>
    isTrouble(version)
      ? version
      : ([...version.slowerThan.values()][0] ?? { verdict: 'nodata', reason: 'the histogram has no buckets' })
  const stop = cannot(spec, look, eventsOf(fresh), comparing ? eventsOf(old) : undefined)
  if (stop !== undefined) return stop
  if (isTrouble(fresh)) return troubled(spec, fresh)
  const known = isTrouble(old) ? undefined : old
  const limit = Number((1 - spec.quantile).toPrecision(12))
  const parts: Part[] = []
  const slower = (version: LatencyEvents | undefined, edge: number | undefined): Events | undefined =>
    edge === undefined ? undefined : version?.slowerThan.get(edge)
  const { below, above } = fresh.limitEdges
  const [near, far] = [slower(fresh, below), slower(fresh, above)]
  const any = near ?? far ?? eventsOf(fresh)
  if (!(any instanceof Events)) return troubled(spec, any)
  if (any.between(look.start, look.end).total === 0)
    return troubled(spec, { verdict: 'nodata', reason: 'the new version had no requests in the window' })
  if (spec.limitSeconds !== undefined && spec.against !== 'old') {
    const [lowParts, highParts] = [near, far].map((events) =>
      events === undefined ? [] : limitParts(spec, look, events, limit),
    )
    for (const role of ['limit', 'recent'] as const) {
      const part = both(
        role,
        lowParts?.find((one) => one.role === role),
        below === above
          ? lowParts?.find((one) => one.role === role)
          : highParts?.find((one) => one.role === role),
      )
      if (part !== undefined) parts.push(below === above ? { ...part, items: part.items.slice(0, 1) } : part)
    }
    // What is slower than the upper edge is surely slower than the limit.
    const early =
      spec.sequential === undefined || far === undefined
        ? undefined
        : sequentialLimit(far, look, limit, spec.sequential, widthOf(far))
    if (early !== undefined) parts.push(early)
  }
  if (comparing && known !== undefined) {
    const edges = [...new Set([known.oldEdges.below, known.oldEdges.above])]
    for (const edge of edges) {
      const [a, b] = [slower(fresh, edge), slower(known, edge)]
      if (a === undefined || b === undefined) continue
      const [after, before] = [a.between(look.start, look.end), b.between(look.start, look.end)]
      const margin = marginAt(before, spec.margin, spec.tolerated)
      // Either edge may fail it: each has half of the chance of a wrong fail.
      const confidence =
        edges.length < 2 ? spec.confidence : Number(((1 + spec.confidence) / 2).toPrecision(12))
      const item: JudgeItem = { kind: 'ratio', margin, confidence, old: before, new: after }
      const part = single('margin', item, { mayFail: look.final && after.bad >= spec.least, needed: true })
      parts.push({
        ...part,
        judgement: { ...part.judgement, reason: `slower than ${edge ?? 0} s: ${part.judgement.reason}` },
      })
    }
  }
  const observed = any.between(look.start, look.end)
  const oldAny = slower(known, below) ?? slower(known, above)
  const before = oldAny?.between(look.start, look.end)
  // Blame the environment only for what is certain: slower than the upper edge.
  const oldFar = slower(known, above)?.between(look.start, look.end)
  const environment = oldFar === undefined ? undefined : breaks(oldFar, limit, spec.confidence)
  return decide(spec, parts, {
    counts: { fresh: observed, ...(before === undefined ? {} : { old: before }) },
    limit,
    ...(environment === undefined ? {} : { environment }),
    notes: [...notesOf('new', any), ...(oldAny === undefined ? [] : notesOf('old', oldAny))],
  })
}

/** Whether a version is proved to break the limit. */
function breaks(counts: Counts, limit: number, confidence: number): string | undefined {
  if (counts.total === 0) return undefined
  const { lower } = clopperPearson(counts, confidence)
  return lower > limit
    ? `the old version has ${counts.bad} of ${counts.total} bad, at least ${percent(lower)}, too`
    : undefined
}

/** A burn that has stopped is no reason to abort: the last part of the observation must burn too. */
function confirmed(events: Events, look: Look, limit: number, part: number): string | undefined {
  const start = look.end - Math.max((look.end - look.start) * part, 2 * widthOf(events))
  const { bad, total } = events.between(Math.max(start, look.start), look.end)
  return total === 0 || bad / total > limit
    ? undefined
    : `it has stopped: ${bad} of the last ${total} are bad`
}

function widthOf(...versions: readonly (Events | undefined)[]): number {
  return Math.max(...versions.map((events) => events?.data.scrapeMs ?? 0)) || DEFAULT_SCRAPE_MS
}

function notesOf(version: string, { data }: Events): string[] {
  return [
    ...(data.resets === 0
      ? []
      : [`${data.resets} restart${data.resets === 1 ? '' : 's'} on the ${version} version`]),
    ...(data.stale.length === 0
      ? []
      : [`${data.stale.length} of ${data.targets.length} targets of the ${version} version are silent`]),
  ]
}
