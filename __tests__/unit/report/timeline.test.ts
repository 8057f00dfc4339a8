import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { renderGantt } from '../../../src/report/gantt.ts'
import { ganttName } from '../../../src/report/mermaid.ts'
import type { StepReport } from '../../../src/report/model.ts'
import {
  busyMs,
  criticalPath,
  peakConcurrency,
  phaseOf,
  stepReports,
  timingOf,
} from '../../../src/report/timeline.ts'
import { failed, passed, steps } from './samples.ts'
import { ganttFaults, hostile } from './structure.ts'

const at = (id: string, startMs: number, endMs: number, needs: string[] = []): StepReport => ({
  id, title: id, status: 'ok', gate: false, needs, phase: phaseOf(id), startMs, endMs,
}) // prettier-ignore

describe('the critical path', () => {
  it('goes back over the need that ended last', () => {
    const list = [at('a', 0, 5), at('b', 0, 9), at('c', 9, 12, ['a', 'b']), at('d', 5, 11, ['a'])]
    expect(criticalPath(list).map((step) => step.id)).toEqual(['b', 'c'])
  })

  it('goes back over the step whose place was waited for, which nobody needs', () => {
    const waited: StepReport = { ...at('c', 9, 12, ['a']), waitedFor: 'b' }
    expect(criticalPath([at('a', 0, 5), at('b', 0, 9), waited]).map((step) => step.id)).toEqual(['b', 'c'])
    const spans = [{ id: 'c', title: 'c', gate: false, status: 'ok', startMs: 9, endMs: 12, waitedFor: 'b' } as const] // prettier-ignore
    expect(stepReports(spans, [], 0)[0]).toMatchObject({ waitedFor: 'b' })
  })

  it('passes through a skipped step to what that needed', () => {
    const skipped: StepReport = {
      id: 's',
      title: 's',
      status: 'skipped',
      gate: false,
      needs: ['a'],
      phase: 'check',
    }
    expect(criticalPath([at('a', 0, 5), skipped, at('z', 5, 6, ['s'])]).map((step) => step.id)).toEqual([
      'a',
      'z',
    ])
  })

  it('survives unknown needs and circles', () => {
    const circle = [at('a', 0, 5, ['b', 'gone']), at('b', 5, 9, ['a'])]
    expect(criticalPath(circle).map((step) => step.id)).toEqual(['a', 'b'])
    expect(criticalPath([])).toEqual([])
  })

  it('of the sample is the chain that decided its length', () => {
    expect(passed.timing.criticalPath).toEqual(['go', 'build-restore', 'compile:linux/amd64', 'test', 'coverage', 'publish', 'verify']) // prettier-ignore
    expect(passed.timing.criticalMs).toBe(13_400)
  })
})

describe('figures', () => {
  it.each([
    ['none', [], 0, 0],
    ['one', [at('a', 3, 9)], 6, 1],
    ['one after another', [at('a', 0, 5), at('b', 5, 7)], 7, 1],
    ['beside each other', [at('a', 0, 5), at('b', 1, 3), at('c', 2, 9)], 9, 3],
    ['with a pause', [at('a', 0, 2), at('b', 8, 9)], 3, 1],
    ['without length', [at('a', 4, 4)], 0, 0],
  ])('of %s: busy and greatest number at once', (_, list, busy, peak) => {
    expect(busyMs(list)).toBe(busy)
    expect(peakConcurrency(list)).toBe(peak)
  })

  it('hold for every plan: the path is no longer than the run, the busy time no longer than the work', () => {
    const list = fc.array(fc.tuple(fc.nat(100), fc.nat(100)), { maxLength: 12 }).map((times) =>
      times.map(([start, length], i) =>
        // Needs that ended before, as in a real run.
        at(`s${i}`, start, start + length, times.flatMap(([s, l], j) => (j < i && s + l <= start ? [`s${j}`] : []))),
      ),
    ) // prettier-ignore
    fc.assert(
      fc.property(list, (some) => {
        const end = Math.max(0, ...some.map((step) => step.endMs ?? 0))
        const timing = timingOf(some)
        expect(timing.criticalMs).toBeLessThanOrEqual(end)
        expect(busyMs(some)).toBeLessThanOrEqual(Math.min(end, timing.workMs))
        expect(peakConcurrency(some)).toBeLessThanOrEqual(some.length)
        expect(timing.phases.reduce((sum, one) => sum + one.workMs, 0)).toBe(timing.workMs)
      }),
    )
  })
})

it('spans of a run become steps with times since its start', () => {
  const reports = stepReports(
    [
      {
        id: 'go',
        title: 'Install Go',
        gate: false,
        status: 'ok',
        startMs: 1_000_010,
        endMs: 1_000_050,
        reason: 'x',
      },
      { id: 'test', title: 'Test', gate: true, status: 'skipped' },
      // A clock that was set back must not give negative lengths.
      { id: 'image', title: 'Build', gate: false, status: 'ok', startMs: 1_000_100, endMs: 999_000 },
    ],
    [{ id: 'test', needs: ['go'] }],
    1_000_000,
  )
  expect(reports).toEqual([
    { id: 'go', title: 'Install Go', status: 'ok', gate: false, needs: [], phase: 'set up', startMs: 10, endMs: 50, reason: 'x' },
    { id: 'test', title: 'Test', status: 'skipped', gate: true, needs: ['go'], phase: 'check' },
    { id: 'image', title: 'Build', status: 'ok', gate: false, needs: [], phase: 'image', startMs: 100, endMs: 100 },
  ]) // prettier-ignore
})

it.each([
  ['compile:linux/arm64', 'compile'],
  ['test', 'check'],
  ['publish:web', 'publish'],
  ['anything', 'set up'],
  ['constructor', 'set up'],
  ['', 'set up'],
])('the step %s belongs to %s', (id, phase) => {
  expect(phaseOf(id)).toBe(phase)
})

describe('the gantt chart', () => {
  it('marks what failed and what was beside the critical path', () => {
    const text = renderGantt(failed) ?? ''
    expect(ganttFaults(text)).toEqual([])
    expect(text).toContain('  Vet and test 4.2 s :crit, 7900, 4200ms\n')
    expect(text).toContain('  Install Go 3.2 s :0, 3200ms\n')
    expect(text).toContain('  Boot builder 3.7 s :done, 240, 3660ms\n')
    expect(text).not.toContain('Publish')
  })

  it('is not drawn when nothing ran', () => {
    expect(renderGantt({ steps: [], timing: timingOf([]) })).toBeUndefined()
  })

  it.each([
    [40, '100millisecond', '%s.%L s'],
    [2400, '250millisecond', '%s.%L s'],
    [13_400, '2second', '%s s'],
    [95_000, '10second', '%s s'],
    [1_500_000, '5minute', '%s s'],
    [90_000_000, '1hour', '%s s'],
  ])('of a run of %d ms has ticks of %s', (length, tick, format) => {
    const list = [at('go', 0, length)]
    const text = renderGantt({ steps: list, timing: timingOf(list) }) ?? ''
    expect(text).toContain(`tickInterval ${tick}\n`)
    expect(text).toContain(`axisFormat ${format}\n`)
  })

  it('keeps the critical path among very many steps', () => {
    const many = Array.from({ length: 100 }, (_, i) => at(`compile:p${i}`, 0, 1000 + i))
    const list = [...many, at('image', 1000, 1001, ['compile:p0']), at('publish', 2000, 2001, ['image'])]
    const text = renderGantt({ steps: list, timing: timingOf(list) }) ?? ''
    expect(text.match(/ms$/gm)).toHaveLength(40)
    expect(text).toContain('image 1 ms')
    expect(ganttFaults(text)).toEqual([])
  })

  it('stays a chart whatever the steps are called', () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 5 }), (titles) => {
        const list = steps.map((step, i) => ({ ...step, title: titles[i % titles.length] ?? '' }))
        expect(ganttFaults(renderGantt({ steps: list, timing: timingOf(list) }) ?? '')).toEqual([])
      }),
    )
  })

  it.each([
    ['Compile linux/arm64', 'Compile linux/arm64'],
    ['Coverage ≥ 80 %', 'Coverage ≥ 80 %'],
    ['a: b; c # d', 'a b c d'],
    ['section of text', '· section of text'],
    ['click here', '· click here'],
    ['%% comment', '% comment'],
    ['', 'step'],
    [':::', 'step'],
    ['日本語', '日本語'],
  ])('the name %j is written %j', (text, expected) => {
    expect(ganttName(text)).toBe(expected)
  })
})
