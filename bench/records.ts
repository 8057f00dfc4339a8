import type { RunRecord } from './types.ts'

/** Reads runs.jsonl; a line that was cut off by an interruption is left out. */
export function parseRecords(text: string): RunRecord[] {
  return text.split('\n').flatMap((line) => {
    if (line.trim() === '') return []
    try {
      const record = JSON.parse(line) as Partial<RunRecord>
      return record.schema === 1 && typeof record.unit === 'string' && typeof record.wallMs === 'number'
        ? [record as RunRecord]
        : []
    } catch {
      return []
    }
  })
}

/**
 * The runs of whole units of one series. A unit that was interrupted is measured again, so only its last attempt counts: the last
 * record of each run, and only when every run of the unit is there.
 */
export function wholeUnits(
  records: readonly RunRecord[],
  series: string,
  runsOf: (unit: string) => readonly string[] | undefined,
): Map<string, RunRecord[]> {
  const units = new Map<string, RunRecord[]>()
  for (const record of records) {
    if (record.series !== series) continue
    const runs = runsOf(record.unit)
    if (runs === undefined) continue
    // The first run of a unit begins a new attempt.
    const attempt = record.run === runs[0] ? [] : (units.get(record.unit) ?? [])
    units.set(record.unit, [...attempt, record])
  }
  for (const [unit, attempt] of units) {
    const runs = runsOf(unit) ?? []
    if (attempt.length !== runs.length || runs.some((run, at) => attempt[at]?.run !== run)) units.delete(unit)
  }
  return units
}

/** What a set of runs is looked up by. */
export interface Selector {
  readonly suite: string
  readonly subject?: string
  readonly chain: string
  readonly run: string
  readonly platforms?: number
}

/** A figure of every matching run, by round. */
export function byRound(
  records: readonly RunRecord[],
  wanted: Selector,
  figure: (record: RunRecord) => number | undefined,
): Map<number, number> {
  const found = new Map<number, number>()
  for (const record of records) {
    if (
      record.suite !== wanted.suite ||
      record.chain !== wanted.chain ||
      record.run !== wanted.run ||
      (wanted.subject !== undefined && record.subject !== wanted.subject) ||
      (wanted.platforms !== undefined && record.platforms !== wanted.platforms)
    )
      continue
    const value = figure(record)
    if (value !== undefined) found.set(record.round, value)
  }
  return found
}

export const wall = (record: RunRecord): number => record.wallMs

/** Cache down and up, and what went to and came from the registry. Modules from the proxy are not among the target's bytes. */
export function movedBytes(record: RunRecord): number | undefined {
  const { bytes } = record
  return bytes === undefined
    ? undefined
    : bytes.cacheDown + bytes.cacheUp + bytes.registryDown + bytes.registryUp
}

/** Wall time that the longest chain of steps and the saving in post do not explain. */
export function overhead(record: RunRecord): number | undefined {
  const { own } = record
  return own === undefined
    ? undefined
    : own.mainMs - own.criticalMs + Math.max(0, own.postMs - own.postBusyMs)
}

export const peak = (record: RunRecord): number | undefined => record.own?.peakBytes
