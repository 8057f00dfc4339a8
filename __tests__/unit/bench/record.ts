import type { RunRecord } from '../../../bench/types.ts'

/** A record with everything that is needed. */
export const record = (change: Partial<RunRecord>): RunRecord => ({
  schema: 1,
  at: '2026-11-21T12:00:00.000Z',
  series: 's',
  unit: 'main/service/ours/2/1',
  round: 1,
  suite: 'main',
  subject: 'service',
  chain: 'ours',
  run: 'cold',
  platforms: 2,
  wallMs: 1000,
  phases: [],
  load: 0.5,
  ...change,
})
