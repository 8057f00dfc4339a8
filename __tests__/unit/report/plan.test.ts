import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { flowLabel } from '../../../src/report/mermaid.ts'
import { type DrawnStep, renderPlanMermaid, renderPlanText, waves } from '../../../src/report/plan.ts'
import { flowchartFaults, hostile } from './structure.ts'

const step = (id: string, title: string, needs: string[], more: Partial<DrawnStep> = {}): DrawnStep => ({
  id,
  title,
  needs,
  ...more,
})
const plan = {
  steps: [
    step('go', 'Install Go', [], { why: '1.26.8 from go.mod' }),
    step('restore', 'Restore modules', ['go'], { skip: 'cache is off' }),
    step('modules', 'Download modules', ['go', 'restore'], { argv: [['go', 'mod', 'download'], ['echo', 'a b']] }),
    step('test', 'Vet and test', ['go', 'modules'], { gate: true }),
    step('login', 'Log in', []),
    step('publish', 'Publish', ['test', 'login', 'go']),
  ],
} // prettier-ignore

describe('the plan as text', () => {
  it('shows waves, gates, needs, reasons, command lines and what is not run', () => {
    expect(renderPlanText(plan)).toBe(
      [
        'At once:',
        '  • Install Go',
        '      1.26.8 from go.mod',
        '  • Log in',
        'Then, each as soon as what it needs is there:',
        '  • Download modules  (after go)',
        '      $ go mod download',
        "      $ echo 'a b'",
        '  ◆ Vet and test      (gate, after modules)',
        '  • Publish           (after test, login)',
        'Not run:',
        '  - Restore modules: cache is off',
        '5 steps, 1 gate, 1 not run.',
      ].join('\n'),
    )
  })

  it('of nothing is one line', () => {
    expect(renderPlanText({ steps: [] })).toBe('0 steps, 0 gates.')
  })
})

describe('the plan as a flowchart', () => {
  it('leaves implied edges out, marks gates and what is not run', () => {
    expect(renderPlanMermaid(plan)).toBe(
      [
        'flowchart LR',
        '  s0["Install Go"]',
        '  s1["Restore modules"]',
        '  s2["Download modules"]',
        '  s3{{"Vet and test"}}',
        '  s4["Log in"]',
        '  s5["Publish"]',
        '  s0 --> s1',
        '  s1 --> s2',
        '  s2 --> s3',
        '  s3 --> s5',
        '  s4 --> s5',
        '  classDef gate stroke:#bf8700,stroke-width:2px',
        '  class s3 gate',
        '  classDef off stroke-dasharray:4 3,opacity:0.6',
        '  class s1 off',
        '',
      ].join('\n'),
    )
  })

  it('and the text hold every step once, whatever titles, ids and needs they have', () => {
    const one = fc.record({
      id: fc.oneof(hostile, fc.constantFrom('a', 'b', 'c')),
      title: hostile,
      needs: fc.array(fc.oneof(hostile, fc.constantFrom('a', 'b', 'c')), { maxLength: 4 }),
      gate: fc.boolean(),
      why: hostile,
    })
    fc.assert(
      fc.property(fc.uniqueArray(one, { selector: (some) => some.id, maxLength: 8 }), (drawn) => {
        const text = renderPlanMermaid({ steps: drawn })
        expect(flowchartFaults(text)).toEqual([])
        expect(text.match(/^ {2}s\d+(?:\[|\{\{)/gm) ?? []).toHaveLength(drawn.length)
        expect(waves(drawn).flat()).toHaveLength(drawn.length)
        expect(renderPlanText({ steps: drawn })).toContain(`${drawn.length} step`)
      }),
    )
  })

  it('keeps every edge or a way that implies it', () => {
    // Needs only on earlier ones: no circles.
    const graph = fc.array(fc.array(fc.nat(9), { maxLength: 4 }), { minLength: 1, maxLength: 10 }).map((list) =>
      list.map((needs, i) => step(`n${i}`, 'x', needs.filter((need) => need < i).map((need) => `n${need}`))),
    ) // prettier-ignore
    const reach = (edges: readonly (readonly [string, string])[], from: string): Set<string> => {
      const found = new Set<string>()
      const grow = (at: string): void => {
        for (const [a, b] of edges) {
          if (b === at && !found.has(a)) {
            found.add(a)
            grow(a)
          }
        }
      }
      grow(from)
      return found
    }
    fc.assert(
      fc.property(graph, (drawn) => {
        const shown = [...renderPlanMermaid({ steps: drawn }).matchAll(/s(\d+) --> s(\d+)/g)].map(
          ([, a = '', b = '']) => [`n${a}`, `n${b}`] as const,
        )
        const real = drawn.flatMap((one) => one.needs.map((need) => [need, one.id] as const))
        for (const one of drawn) expect(reach(shown, one.id)).toEqual(reach(real, one.id))
        expect(shown.length).toBeLessThanOrEqual(new Set(real.map(String)).size)
      }),
    )
  })
})

it('waves come to an end with circles and unknown needs, which come last', () => {
  const list = [step('a', 'a', ['b']), step('b', 'b', ['a']), step('c', 'c', ['gone'])]
  expect(waves(list).map((wave) => wave.map((one) => one.id))).toEqual([['c'], ['a', 'b']])
})

it.each([
  ['say "hi" & <b>', '"say #quot;hi#quot; #amp; #lt;b#gt;"'],
  ['#1 `x`', '"#35;1 #96;x#96;"'],
  ['a\nb', '"a b"'],
  ['', '" "'],
])('the label %j is written %s', (text, expected) => {
  expect(flowLabel(text)).toBe(expected)
})
