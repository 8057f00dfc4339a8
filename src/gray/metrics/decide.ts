import type { Verdict } from '../judge.ts'
import type { MetricResult } from '../ports.ts'
import { sampleForLimit, sampleForMargin } from '../power.ts'
import type { Counts } from '../statistics.ts'
import { Events, type Look } from './look.ts'
import type { Part } from './parts.ts'
import type { MetricSpec } from './settings.ts'

/** Why a version's numbers cannot be judged. */
export interface Trouble {
  readonly verdict: 'nodata' | 'error'
  readonly reason: string
}

export interface Evaluated {
  readonly spec: MetricSpec
  readonly result: MetricResult
  /** The fail's chance under a tolerable version; absent unless it failed. */
  readonly chance?: number
  /** The old version breaks the limit too: nobody knows whom to blame. */
  readonly environment?: boolean
  /** At 100 % a comparison has nothing to compare with: it is left out. */
  readonly idle?: boolean
}

/** One version's events, or why there are none. */
export type EventsOrTrouble = Events | Trouble

export function isTrouble(value: unknown): value is Trouble {
  return typeof value === 'object' && value !== null && 'verdict' in value && 'reason' in value
}

export interface Findings {
  readonly counts?: { readonly fresh: Counts; readonly old?: Counts }
  readonly values?: { readonly fresh: number; readonly old?: number }
  readonly limit?: number
  /** Set when the old version breaks the limit too: how. */
  readonly environment?: string
  /** Set when the trouble was over before this look: how. */
  readonly stopped?: string
  readonly notes: readonly string[]
}

const AGAINST_LIMIT = new Set<Part['role']>(['limit', 'recent', 'sequential-limit', 'mean'])

/** From the answers of the judge to the metric's verdict. */
export function decide(spec: MetricSpec, parts: readonly Part[], found: Findings): Evaluated {
  const failing = parts.filter((part) => part.judgement.verdict === 'fail')
  const counted = failing.filter(({ mayFail }) => mayFail)
  const excused = (part: Part): boolean =>
    AGAINST_LIMIT.has(part.role) && (found.environment !== undefined || found.stopped !== undefined)
  const blamed = counted.filter((part) => !excused(part))
  const needed = parts.filter((part) => part.needed)
  const notes = found.notes.length === 0 ? '' : ` (${found.notes.join('; ')})`
  let verdict: Verdict
  let reason: string
  const environment = blamed.length === 0 && counted.length > 0 && found.environment !== undefined
  const [first] = blamed
  if (first !== undefined) {
    verdict = 'fail'
    reason = blamed.map(({ judgement }) => judgement.reason).join('; also ')
  } else if (counted.length > 0) {
    verdict = 'inconclusive'
    reason = `${environment ? `environment bad, not the new version alone: ${found.environment ?? ''}` : (found.stopped ?? '')}; ${counted.map(({ judgement }) => judgement.reason).join('; ')}`
  } else if (failing.length > 0) {
    verdict = 'inconclusive'
    reason = `beyond the limit so far, which counts at the end of the observation and with enough bad events: ${failing.map(({ judgement }) => judgement.reason).join('; ')}`
  } else if (needed.length === 0) {
    verdict = 'inconclusive'
    reason = 'nothing that could pass it was asked'
  } else {
    const open = needed.filter(({ judgement }) => judgement.verdict !== 'pass')
    verdict =
      open.length === 0
        ? 'pass'
        : open.some(({ judgement }) => judgement.verdict === 'nodata')
          ? 'nodata'
          : 'inconclusive'
    reason = (open.length === 0 ? needed : open).map(({ judgement }) => judgement.reason).join('; ')
  }
  const lead = first ?? parts.find(({ role }) => role === 'limit' || role === 'mean') ?? parts[0]
  const evalues = parts.flatMap(({ judgement }) => (judgement.evalue === undefined ? [] : [judgement.evalue]))
  const numbers = (lead?.role.startsWith('sequential') === true ? parts[0] : lead)?.judgement
  const chances = blamed.map(({ chance }) => chance ?? 0)
  const more =
    verdict === 'inconclusive' && found.counts !== undefined ? stillNeeded(spec, found.counts) : undefined
  return {
    spec,
    result: {
      name: spec.name,
      verdict,
      critical: spec.critical,
      dryRun: hasNoSay(spec),
      reason: `${reason}${notes}`,
      ...(numbers?.estimate === undefined ? {} : { estimate: numbers.estimate }),
      ...(numbers?.lower === undefined ? {} : { lower: numbers.lower }),
      ...(numbers?.upper === undefined ? {} : { upper: numbers.upper }),
      ...(evalues.length === 0 ? {} : { evalue: Math.max(...evalues) }),
      ...(found.limit === undefined ? {} : { limit: found.limit }),
      items: parts.flatMap(({ items }) => items),
      ...valuesOf(found),
      ...(more === undefined ? {} : { needed: more }),
    },
    ...(verdict === 'fail' ? { chance: Math.min(...chances) } : {}),
    ...(environment ? { environment } : {}),
  }
}

function valuesOf({ counts, values }: Findings): { new?: number; old?: number } {
  if (values !== undefined)
    return { new: values.fresh, ...(values.old === undefined ? {} : { old: values.old }) }
  if (counts === undefined || counts.fresh.total === 0) return {}
  const { fresh, old } = counts
  return {
    new: fresh.bad / fresh.total,
    ...(old === undefined || old.total === 0 ? {} : { old: old.bad / old.total }),
  }
}

/** What only warns or pages is shown, and heard, but decides nothing. */
export function hasNoSay(spec: MetricSpec): boolean {
  return spec.dryRun || spec.action === 'warn' || spec.action === 'page'
}

export function cannot(
  spec: MetricSpec,
  look: Look,
  fresh: EventsOrTrouble,
  old: EventsOrTrouble | undefined,
): Evaluated | undefined {
  if (spec.against === 'old' && look.percent >= 100) return idle(spec)
  if (isTrouble(fresh)) return troubled(spec, { ...fresh, reason: `the new version: ${fresh.reason}` })
  if (old !== undefined && isTrouble(old))
    return troubled(spec, { ...old, reason: `the old version: ${old.reason}` })
  return undefined
}

export function idle(spec: MetricSpec): Evaluated {
  return {
    ...troubled(spec, {
      verdict: 'nodata',
      reason: 'at 100 % there is no old version to compare with: left out',
    }),
    idle: true,
  }
}

export function troubled(spec: MetricSpec, trouble: Trouble): Evaluated {
  return {
    spec,
    result: {
      name: spec.name,
      verdict: trouble.verdict,
      critical: spec.critical,
      dryRun: hasNoSay(spec),
      reason: trouble.reason,
    },
  }
}

const memory = new Map<string, number>()

function stillNeeded(spec: MetricSpec, { fresh, old }: { fresh: Counts; old?: Counts }): number | undefined {
  if (spec.kind !== 'ratio' && spec.kind !== 'latency') return undefined
  const limit = spec.kind === 'ratio' ? spec.limit : 1 - spec.quantile
  const rounded = old === undefined || old.total === 0 ? 0 : Number((old.bad / old.total).toPrecision(1))
  const share =
    old === undefined || old.total === 0
      ? 1
      : Math.max(0.001, Number((fresh.total / (fresh.total + old.total)).toPrecision(2)))
  const key = JSON.stringify([spec.against, limit, spec.margin, spec.confidence, rounded, share])
  let wanted = memory.get(key)
  if (wanted === undefined) {
    const forLimit =
      limit === undefined || spec.against === 'old' ? 0 : sampleForLimit(limit, spec.confidence, rounded)
    const forMargin =
      spec.against === 'limit' || share >= 1
        ? 0
        : sampleForMargin(spec.margin, spec.confidence, rounded, share) * share
    wanted = Math.ceil(Math.max(forLimit, forMargin))
    if (memory.size > 500) memory.clear()
    memory.set(key, wanted)
  }
  return Number.isFinite(wanted) && wanted > fresh.total ? wanted - fresh.total : undefined
}
