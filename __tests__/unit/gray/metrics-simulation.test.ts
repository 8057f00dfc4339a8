import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { SCENARIOS, type Scenario, type Tally } from '../../support/gray-simulation-child.ts'

/**
 * Whole releases in simulated time: the real reducer, the real reading of raw samples through queries, the real judge. Only
 * the services, the clock and the server are doubles. The numbers stand in docs/gray-metrics.md and are compared with it.
 */
/** A row of the page's table: `| scenario | runs | promoted | taken back | undecided | errors | minutes |`. */
function documented(scenario: string): readonly number[] {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/gray-metrics.md'), 'utf8')
  const row = page.split('\n').find((line) => line.startsWith(`| ${scenario} |`))
  return (row ?? '')
    .split('|')
    .slice(2, -1)
    .map((cell) => Number(cell.trim()))
}

const rowOf = (tally: Tally): number[] => [
  tally.steps.length,
  tally.promoted,
  tally.found,
  tally.undecided,
  tally.medianErrors,
  tally.medianMinutes,
]

describe('simulated releases', () => {
  let tallies: Readonly<Record<Scenario, Tally>>
  const tally = (name: Scenario): Tally => tallies[name]
  beforeAll(async () => {
    const program = join(import.meta.dirname, '../../support/gray-simulation-child.ts')
    const { stdout } = await promisify(execFile)(process.execPath, [program], { maxBuffer: 16 * 1024 * 1024 })
    tallies = JSON.parse(stdout) as Record<Scenario, Tally>
  }, 600_000)

  it.each(Object.keys(SCENARIOS) as Scenario[])('the page tells what came out: %s', (name) => {
    expect(documented(name)).toEqual(rowOf(tally(name)))
  })

  it('aborts at most 1 of 100 equally good versions, and leaves hardly more undecided', () => {
    const { found, undecided, promoted } = tally('an equally good version')
    expect(found).toBeLessThanOrEqual(4)
    expect(found + undecided).toBeLessThanOrEqual(8)
    expect(promoted).toBeGreaterThanOrEqual(392)
  })

  it('finds four times the errors, early, and never promotes it', () => {
    const { found, promoted, medianErrors, steps } = tally('four times the errors (0.5 % → 2 %)')
    expect(found / steps.length).toBeGreaterThanOrEqual(0.85)
    expect(promoted).toBe(0)
    expect(medianErrors).toBeLessThanOrEqual(25)
    // Nearly all of them while 5 % of the users saw it.
    expect(steps.filter((step) => step === 0).length / steps.length).toBeGreaterThan(0.98)
  })

  it.each([
    'four times the errors (0.3 % → 1.2 %)',
    'ten times the errors (0.3 % → 3 %)',
    'latency 40 % longer',
    'latency 40 % longer at 25 % and more',
    'twelve times the CPU for a request',
  ] as const)('never promotes what is worse: %s', (name) => {
    expect(tally(name).promoted).toBe(0)
  })

  it('sees what is bad under load only once there is load', () => {
    const { steps } = tally('latency 40 % longer at 25 % and more')
    expect(steps.filter((step) => step >= 1).length).toBeGreaterThanOrEqual(58)
  })

  it('a process that restarts is not blamed for it', () => {
    expect(tally('an equally good version that restarts every 5 min').found).toBeLessThanOrEqual(1)
  })

  it('says so where there is too little traffic, and never guesses', () => {
    const { steps, promoted, found, undecided } = tally('an equally good version, 4 requests a second')
    expect(found).toBeLessThanOrEqual(1)
    expect(promoted).toBe(0)
    expect(undecided + found).toBe(steps.length)
  })
})
