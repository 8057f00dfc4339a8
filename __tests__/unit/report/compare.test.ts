import { describe, expect, it } from '@jest/globals'
import { advise, figuresOf, movedLine, previousLine, previousOf } from '../../../src/report/compare.ts'
import type { PreviousRun, RunReport, StepReport } from '../../../src/report/model.ts'
import { schemaFaults } from '../../../src/report/schema.ts'
import { renderSummary } from '../../../src/report/summary.ts'
import { timingOf } from '../../../src/report/timeline.ts'
import { passed } from './samples.ts'

const then = (more: Partial<PreviousRun> = {}): PreviousRun => ({ ...figuresOf(passed), ...more })
const now = (more: Partial<RunReport>): RunReport => ({ ...passed, ...more })
/** A run of one chain of steps, each as long as said. */
function chain(...list: [id: string, ms: number][]): Pick<RunReport, 'steps' | 'timing' | 'durationMs'> {
  let at = 0
  const steps = list.map(([id, ms], index): StepReport => {
    const startMs = at
    at += ms
    return { id, title: `Step ${id}`, status: 'ok', gate: false, needs: index === 0 ? [] : [list[index - 1]?.[0] ?? ''], phase: 'check', startMs, endMs: at }
  }) // prettier-ignore
  return { steps, timing: timingOf(steps), durationMs: at }
}

describe('the run before', () => {
  it('is read from its report, if it passed', () => {
    expect(previousOf(JSON.stringify(passed))).toEqual(figuresOf(passed))
    expect(previousOf(JSON.stringify({ ...passed, outcome: 'failed' }))).toBeUndefined()
    expect(previousOf('{"schema":1}')).toBeUndefined()
    expect(previousOf('no JSON')).toBeUndefined()
    expect(previousOf(undefined)).toBeUndefined()
  })

  it('fits the schema, with all else that was added', () => {
    const whole = now({ previous: then(), moved: { down: 1, up: 2 }, advice: 'x' })
    expect(schemaFaults(JSON.parse(JSON.stringify(whole)))).toEqual([])
    expect(schemaFaults({ ...whole, previous: { ...then(), durationMs: '1' } })).toEqual([
      '/previous/durationMs: is string, not number',
    ])
  })

  it('a difference that is felt is explained by the step that made it', () => {
    const before = then({
      commit: 'abcdef0123',
      durationMs: 30_000,
      steps: [
        { id: 'test', ms: 16_200 },
        { id: 'builder', ms: 100 },
      ],
    })
    expect(previousLine(now({ durationMs: 13_500, previous: before }))).toContain(
      '**Against the run before** (`abcdef0`) 13.5 s now, 30.0 s then · most of it: Vet and test −12.0 s',
    )
  })

  it('noise is not explained, a slower run by what got slower', () => {
    expect(previousLine(now({ durationMs: 13_500, previous: then({ durationMs: 13_000 }) }))).not.toContain(
      'most of it',
    )
    const slower = previousLine(
      now({
        durationMs: 30_000,
        previous: then({
          durationMs: 13_000,
          steps: [
            { id: 'go', ms: 100 },
            { id: 'test', ms: 9000 },
          ],
        }),
      }),
    )
    expect(slower).toContain('most of it: Install Go +3.1 s')
  })

  it('tests that came or went, and the change of coverage', () => {
    const line = previousLine(now({ previous: then({ tests: 1, coverage: 50 }) }))
    expect(line).toMatch(/\(1 then\)/)
    expect(line).toMatch(/coverage \d/)
  })

  it('says nothing of a run that failed, nor without one', () => {
    expect(previousLine(now({ outcome: 'failed', previous: then() }))).toBeUndefined()
    expect(previousLine(passed)).toBeUndefined()
  })
})

describe('what moved', () => {
  it.each([
    [{ down: 26_000_000, up: 4_700_000 }, '**Moved** 26.0 MB down, 4.7 MB up'],
    [{ down: 0, up: 0 }, undefined],
    [undefined, undefined],
  ])('%j', (moved, want) => {
    expect(movedLine(moved === undefined ? passed : now({ moved }))).toBe(want)
  })
})

describe('what would make the next run faster', () => {
  const quiet = { caches: [], retries: [] }
  it.each<[what: string, report: Partial<RunReport>, want: RegExp | undefined]>([
    [
      'a cache that failed',
      { caches: [{ name: 'build', hit: 'failed', note: 'HTTP 503' }], ...chain(['test', 100]) },
      /^The build cache could not be read \(HTTP 503\)/,
    ],
    [
      'a first run',
      { caches: [{ name: 'build', hit: 'miss' }], ...chain(['compile:linux/amd64', 60_000]) },
      /^The next run finds what this one compiled \(build/,
    ],
    [
      'a first run of next to nothing',
      { caches: [{ name: 'build', hit: 'miss' }], ...chain(['compile:linux/amd64', 500]) },
      undefined,
    ],
    [
      'one slow test',
      {
        ...chain(['go', 300], ['test', 9000]),
        tests: { ...passedTests(), slowest: [{ package: 'p', name: 'TestSlow', ms: 7000 }] },
      },
      /TestSlow alone 7\.0 s.*t\.Parallel/,
    ],
    [
      'tests that are not cached',
      { ...chain(['test', 9000]), tests: { ...passedTests(), packages: 10, cachedPackages: 1, slowest: [] } },
      /9 of 10 packages were tested again/,
    ],
    [
      'tests that are',
      { ...chain(['test', 9000]), tests: { ...passedTests(), packages: 10, cachedPackages: 9, slowest: [] } },
      /^The tests take 9\.0 s of 9\.0 s\.$/,
    ],
    [
      'a builder',
      { ...chain(['builder', 8000], ['image', 3000]) },
      /^Booting a builder takes 8\.0 s of 11\.0 s/,
    ],
    ['a start', { ...chain(['start', 5000]) }, /health-path/],
    ['an install', { ...chain(['go', 5000]) }, /go-version/],
    ['a restore', { ...chain(['build-restore', 5000]) }, /^Restoring caches/],
    [
      'a compile',
      { ...chain(['compile:linux/arm64', 5000]), run: { ...passed.run, cores: 2 } },
      /on 2 cores/,
    ],
    ['modules', { ...chain(['modules', 5000]) }, /goproxy/],
    [
      'anything else',
      { ...chain(['publish', 5000]) },
      /^Most of the longest chain is “Step publish”: 5\.0 s of 5\.0 s\.$/,
    ],
    ['nothing that is long', { ...chain(['test', 1900], ['publish', 1900]) }, undefined],
    [
      'nothing that stands out',
      { ...chain(...['a', 'b', 'c', 'd', 'e', 'f'].map((id): [string, number] => [id, 2500])) },
      undefined,
    ],
    ['a run that failed', { outcome: 'failed', ...chain(['test', 9000]) }, undefined],
    ['a run of nothing', { steps: [], timing: timingOf([]) }, undefined],
  ])('%s', (_, report, want) => {
    const advice = advise(now({ ...quiet, ...report }))
    if (want === undefined) expect(advice).toBeUndefined()
    else expect(advice).toMatch(want)
  })

  it('stands in the summary, below the longest chain', () => {
    const page = renderSummary(
      now({
        advice: 'Buy a <faster> machine.',
        previous: then({ durationMs: 60_000 }),
        moved: { down: 5, up: 6 },
      }),
    )
    expect(page).toMatch(/\*\*Longest chain\*\* .*<br>\n\*\*Next time\*\* Buy a /)
    expect(page).not.toContain('<faster>')
    expect(page).toContain('**Against the run before**')
    expect(page).toContain('**Moved** 5 B down, 6 B up')
  })
})

function passedTests(): NonNullable<RunReport['tests']> {
  if (passed.tests === undefined) throw new Error('the sample has tests')
  return passed.tests
}
