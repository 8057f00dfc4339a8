import { code, inline, table } from '../report/markdown.ts'
import type { Problem } from '../base/errors.ts'
import type { Staleness } from './model.ts'

/** What became of the tags of one image. */
export interface Row {
  readonly names: readonly string[]
  readonly digest: string
  readonly staleness: Staleness
  readonly notes: readonly string[]
  /** Of the rebased image. */
  readonly rebased?: string
  readonly refused?: readonly string[]
  readonly problems?: readonly Problem[]
}

const short = (digest: string): string => code(digest.replace(/^(sha\d+:[0-9a-f]{12})[0-9a-f]+$/, '$1'))

function stateOf(row: Row): string {
  const { staleness } = row
  if (row.problems !== undefined) return '❌ failed'
  if (row.rebased !== undefined) return '✅ on the new base'
  if (row.refused !== undefined) return '❌ must be built again'
  if (staleness.state === 'current') return '✅ current'
  if (staleness.state === 'unknown') return '⚪ unknown'
  return staleness.days === undefined ? '⚠️ old base' : `⚠️ old base (new one is ${staleness.days} days old)`
}

/** A table of all images, then what has to be known about each. */
export function refreshTable(rows: readonly Row[]): string {
  const cells = rows.map((row) => {
    const { staleness } = row
    return [
      row.names.map(code).join('<br>'),
      stateOf(row),
      staleness.state === 'unknown' ? '' : code(staleness.base.name),
      staleness.state === 'unknown' ? '' : short(staleness.base.digest),
      staleness.state === 'stale' ? short(staleness.now) : '',
    ]
  })
  const said = rows.flatMap((row) =>
    [
      ...(row.staleness.state === 'unknown' && row.problems === undefined ? [row.staleness.why] : []),
      ...(row.refused ?? []),
      ...(row.problems ?? []).map((problem) => problem.what),
      ...row.notes,
    ].map((line) => `- ${row.names.map(code).join(', ')}: ${inline(line)}`),
  )
  return [
    table([['image', 'left'], ['', 'left'], ['base', 'left'], ['stands on', 'left'], ['is now', 'left']], cells),
    said.join('\n'),
  ].filter((part) => part !== '').join('\n\n')
} // prettier-ignore

export const refreshSummary = (rows: readonly Row[], verdict: string): string =>
  `## Base images: ${verdict}\n\n${refreshTable(rows)}`
