import { median, type Ratio, ratio } from './statistics.ts'
import { byRound, movedBytes, overhead, peak, type Selector, wall } from './records.ts'
import type { RunRecord } from './types.ts'

/** One row of the table of targets. */
export interface Target {
  readonly what: string
  readonly against: string
  readonly limit: number
  readonly unit: '×' | 'ms' | 'bytes'
  readonly measured?: Ratio
  readonly met?: boolean
}

const MAIN = { suite: 'main', subject: 'service' } as const
const ratios: readonly {
  readonly what: string
  readonly limit: number
  readonly ours: Selector
  readonly other: Selector
  readonly figure?: (record: RunRecord) => number | undefined
}[] = [
  { what: 'one-line edit, whole action', limit: 0.07, ours: { ...MAIN, chain: 'ours', run: 'edit' }, other: { ...MAIN, chain: 'classic', run: 'edit' } },
  { what: 'one-line edit, whole action', limit: 0.5, ours: { ...MAIN, chain: 'ours', run: 'edit' }, other: { ...MAIN, chain: 'ko', run: 'edit' } },
  { what: 'cold', limit: 0.55, ours: { ...MAIN, chain: 'ours', run: 'cold' }, other: { ...MAIN, chain: 'classic', run: 'cold' } },
  { what: 'cold', limit: 0.65, ours: { ...MAIN, chain: 'ours', run: 'cold' }, other: { ...MAIN, chain: 'ko', run: 'cold' } },
  { what: 'same commit again', limit: 0.3, ours: { ...MAIN, chain: 'ours', run: 'same' }, other: { ...MAIN, chain: 'classic', run: 'same' } },
  { what: 'same commit again', limit: 0.35, ours: { ...MAIN, chain: 'ours', run: 'same' }, other: { ...MAIN, chain: 'ko', run: 'same' } },
  { what: 'image part only, local caches warm, `direct`', limit: 1, ours: { suite: 'image', chain: 'image-direct', run: 'edit' }, other: { suite: 'image', chain: 'image-ko', run: 'edit' } },
  { what: 'image part only, local caches warm, `buildx`, builder running', limit: 1.5, ours: { suite: 'image', chain: 'image-buildx', run: 'edit' }, other: { suite: 'image', chain: 'image-ko', run: 'edit' } },
  { what: "a user's own multi-stage Dockerfile, one-line edit", limit: 0.3, ours: { suite: 'dockerfile', chain: 'ours-dockerfile', run: 'edit' }, other: { ...MAIN, chain: 'classic', run: 'edit' } },
  { what: 'bytes moved by the edit run (cache and registry, both ways)', limit: 0.5, ours: { ...MAIN, chain: 'ours', run: 'edit' }, other: { ...MAIN, chain: 'classic', run: 'edit' }, figure: movedBytes },
] // prettier-ignore

const NAMES: Readonly<Record<string, string>> = {
  classic: 'classic chain',
  ko: 'ko chain',
  'image-ko': '`ko build`',
}

/** The targets of the project with what was measured; `measured` is missing where a run is. */
export function targets(records: readonly RunRecord[]): Target[] {
  const rows: Target[] = ratios.map(({ what, limit, ours, other, figure = wall }) =>
    judged(
      { what, against: NAMES[other.chain] ?? other.chain, limit, unit: '×' },
      ratio(byRound(records, ours, figure), byRound(records, other, figure)),
    ),
  )
  const worst = (
    figure: (record: RunRecord) => number | undefined,
    wanted: (record: RunRecord) => boolean,
  ): Ratio | undefined => {
    const values = records.filter(wanted).flatMap((record) => figure(record) ?? [])
    return values.length === 0
      ? undefined
      : { value: median(values), min: Math.min(...values), max: Math.max(...values), rounds: values.length }
  }
  rows.push(
    judged(
      {
        what: 'overhead: wall time outside the longest chain of steps',
        against: '',
        limit: 1000,
        unit: 'ms',
      },
      worst(overhead, (record) => record.suite === 'main' && record.chain === 'ours'),
    ),
    // Every run has to keep this one, whatever it builds and prints: the greatest counts.
    judged(
      {
        what: 'peak memory of our own process, all subjects',
        against: '',
        limit: 150 * 1024 * 1024,
        unit: 'bytes',
      },
      worst(peak, (record) => record.own !== undefined),
      'max',
    ),
  )
  return rows
}

function judged(
  row: Omit<Target, 'measured' | 'met'>,
  measured: Ratio | undefined,
  by: 'value' | 'max' = 'value',
): Target {
  return measured === undefined ? row : { ...row, measured, met: measured[by] <= row.limit }
}
