import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { systemClock } from '../../../src/base/clock.ts'
import { cancelledError, gateError } from '../../../src/base/errors.ts'
import { graphFaults, inOrder, type PlanStep } from '../../../src/plan/graph.ts'
import { runPlan, type StepWork } from '../../../src/plan/run.ts'

const step = (id: string, needs: string[] = [], more: Partial<PlanStep> = {}): PlanStep => ({
  id,
  title: id,
  needs,
  gate: false,
  lane: 'free',
  why: '',
  ...more,
})
const lanes = { network: () => 8, compile: () => 2, engine: () => 2, start: () => 1 }
const options = (signal = new AbortController().signal) => ({ clock: systemClock, signal, lanes })

/** Work that ends when told to, and records when it runs. */
function bench(ids: readonly string[]) {
  const log: string[] = []
  const gates = new Map(ids.map((id) => [id, Promise.withResolvers<undefined>()]))
  const work = new Map<string, StepWork>(
    ids.map((id) => [
      id,
      async (signal) => {
        log.push(`+${id}`)
        const gate = gates.get(id)
        const aborted = new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => {
            log.push(`!${id}`)
            reject(signal.reason as Error)
          })
        })
        await Promise.race([gate?.promise, aborted])
        log.push(`-${id}`)
        return undefined
      },
    ]),
  )
  return {
    log,
    work,
    end: async (id: string) => {
      gates.get(id)?.resolve(undefined)
      await tick()
    },
    fail: async (id: string, error: Error) => {
      gates.get(id)?.reject(error)
      await tick()
    },
  }
}
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('runPlan', () => {
  it('starts what is ready at once and the rest when its needs have ended', async () => {
    const steps = [step('a'), step('b'), step('c', ['a', 'b'])]
    const { log, work, end } = bench(['a', 'b', 'c'])
    const run = runPlan(steps, work, options())
    await tick()
    expect(log).toEqual(['+a', '+b'])
    await end('b')
    expect(log).toEqual(['+a', '+b', '-b'])
    await end('a')
    await end('c')
    expect((await run).spans.map((span) => span.status)).toEqual(['ok', 'ok', 'ok'])
    expect(log).toEqual(['+a', '+b', '-b', '-a', '+c', '-c'])
  })

  it('leaves out what became needless, aborts it where it runs, and goes on behind it', async () => {
    const needless = new Map<string, string>()
    const steps = [step('ask'), step('restore'), step('compile', ['ask', 'restore']), step('test', ['compile'], { gate: true }), step('publish', ['test'])] // prettier-ignore
    const { log, work, end } = bench(['ask', 'restore', 'compile', 'test', 'publish'])
    const run = runPlan(steps, work, { ...options(), needless })
    await tick()
    for (const id of ['restore', 'compile', 'test']) needless.set(id, 'known')
    await end('ask')
    await tick()
    await end('publish')
    const { spans, failures } = await run
    expect(log).toEqual(['+ask', '+restore', '-ask', '!restore', '+publish', '-publish'])
    expect(failures).toEqual([])
    expect(spans.map(({ id, status, needless: left }) => [id, status, left])).toEqual([
      ['ask', 'ok', undefined],
      ['restore', 'skipped', true],
      ['compile', 'skipped', true],
      ['test', 'skipped', true],
      ['publish', 'ok', undefined],
    ])
    expect(spans[2]).toMatchObject({ reason: 'known', gate: false })
  })

  it('does not count the fault of a step that became needless, and keeps what had ended', async () => {
    const needless = new Map<string, string>()
    const steps = [step('ask'), step('early'), step('slow'), step('last', ['ask', 'slow'])]
    const { work, end, fail } = bench(['ask', 'early', 'slow', 'last'])
    const run = runPlan(steps, work, { ...options(), needless })
    await end('early')
    for (const id of ['early', 'slow']) needless.set(id, 'known')
    await fail('slow', gateError({ code: 'x', what: 'x' }))
    await end('ask')
    await end('last')
    const { spans, failures } = await run
    expect(failures).toEqual([])
    expect(spans.map(({ status }) => status)).toEqual(['ok', 'ok', 'skipped', 'ok'])
  })

  it('keeps to the capacity of a lane', async () => {
    const steps = ['a', 'b', 'c'].map((id) => step(id, [], { lane: 'compile' }))
    const { log, work, end } = bench(['a', 'b', 'c'])
    const run = runPlan(steps, work, options())
    await tick()
    expect(log).toEqual(['+a', '+b'])
    await end('a')
    expect(log).toEqual(['+a', '+b', '-a', '+c'])
    await end('b')
    await end('c')
    // What decided when c began is a step that it does not need.
    expect((await run).spans.map(({ waitedFor }) => waitedFor)).toEqual([undefined, undefined, 'a'])
  })

  it('asks for the capacity of a lane before each start', async () => {
    let room = 1
    const steps = [
      step('restore'),
      ...['a', 'b', 'c'].map((id) => step(id, ['restore'], { lane: 'compile' })),
    ]
    const { log, work, end } = bench(['restore', 'a', 'b', 'c'])
    const run = runPlan(steps, work, { ...options(), lanes: { ...lanes, compile: () => room } })
    await end('restore')
    expect(log.slice(2)).toEqual(['+a'])
    room = 2
    await end('a')
    expect(log.slice(3)).toEqual(['-a', '+b', '+c'])
    await end('b')
    await end('c')
    await run
  })

  it('after a failed gate: what needs it is skipped, other gates finish, useless work is aborted', async () => {
    const steps = [
      step('test', [], { gate: true }),
      step('vet', [], { gate: true }),
      step('compile'),
      step('image', ['compile']),
      step('publish', ['image', 'test', 'vet']),
    ]
    const { log, work, end, fail } = bench(steps.map((s) => s.id))
    const run = runPlan(steps, work, options())
    await tick()
    await fail('test', gateError({ code: 'tests-failed', what: '2 tests failed' }))
    expect(log).toContain('!compile')
    await end('vet')
    const { spans, failures } = await run
    expect(failures.map((f) => f.id)).toEqual(['test'])
    expect(Object.fromEntries(spans.map((s) => [s.id, s.status]))).toEqual({
      test: 'failed',
      vet: 'ok',
      compile: 'cancelled',
      image: 'skipped',
      publish: 'skipped',
    })
    expect(log).not.toContain('+publish')
  })

  it('a ready gate still runs after a failure, with its running needs kept alive', async () => {
    const steps = [step('test', [], { gate: true }), step('image'), step('start', ['image'], { gate: true })]
    const { log, work, end, fail } = bench(steps.map((s) => s.id))
    const run = runPlan(steps, work, options())
    await tick()
    await end('image')
    await fail('test', new Error('no'))
    await end('start')
    expect((await run).spans.map((s) => s.status)).toEqual(['failed', 'ok', 'ok'])
    expect(log).toContain('-start')
  })

  it('cancellation aborts what runs and starts nothing more', async () => {
    const abort = new AbortController()
    const steps = [step('a'), step('b', ['a'])]
    const { work } = bench(['a', 'b'])
    const run = runPlan(steps, work, options(abort.signal))
    await tick()
    abort.abort(cancelledError())
    const { spans, failures } = await run
    expect(spans.map((s) => s.status)).toEqual(['cancelled', 'cancelled'])
    expect(failures).toEqual([])
  })

  it('a step that the plan leaves out does not stop those that need it', async () => {
    const steps = [step('a', [], { skip: 'not asked for' }), step('b', ['a'])]
    const { work, end } = bench(['a', 'b'])
    const run = runPlan(steps, work, options())
    await tick()
    await end('b')
    expect((await run).spans.map((s) => s.status)).toEqual(['skipped', 'ok'])
  })

  it('refuses a graph that cannot be run', async () => {
    await expect(runPlan([step('a', ['a'])], new Map(), options())).rejects.toThrow('a circle: a → a')
  })
})

describe('graph', () => {
  it.each([
    [[step('a'), step('a')], 'the step a is there twice'],
    [[step('a', ['x'])], 'a needs x, which is not there'],
    [[step('a', ['b']), step('b', ['a'])], 'a circle: a → b → a'],
  ])('names the fault', (steps, fault) => {
    expect(graphFaults(steps)).toContain(fault)
  })

  const graphs = fc.integer({ min: 1, max: 12 }).chain((size) =>
    fc
      .array(fc.array(fc.nat({ max: size - 1 }), { maxLength: 3 }), { minLength: size, maxLength: size })
      .map((needs) =>
        // Needs point only to earlier steps, so there is no circle.
        needs.map((list, i) =>
          step(
            `s${i}`,
            [...new Set(list.filter((n) => n < i))].map((n) => `s${n}`),
          ),
        ),
      ),
  )

  it('orders every graph without circles, needs first', () => {
    fc.assert(
      fc.property(graphs, (steps) => {
        const ordered = inOrder([...steps].reverse()).map((s) => s.id)
        expect(ordered).toHaveLength(steps.length)
        for (const s of steps)
          for (const need of s.needs) expect(ordered.indexOf(need)).toBeLessThan(ordered.indexOf(s.id))
      }),
    )
  })

  it('runs every graph, whatever fails: a step runs only if all that it needs ended well', async () => {
    await fc.assert(
      fc.asyncProperty(
        graphs,
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        async (steps, fails) => {
          const work = new Map<string, StepWork>(
            steps.map((s, i) => [
              s.id,
              () => (fails[i] === true ? Promise.reject(new Error('x')) : Promise.resolve(undefined)),
            ]),
          )
          const { spans } = await runPlan(steps, work, options())
          const status = new Map(spans.map((s) => [s.id, s.status]))
          for (const s of steps) {
            if (status.get(s.id) === 'ok') for (const need of s.needs) expect(status.get(need)).toBe('ok')
          }
          expect(spans).toHaveLength(steps.length)
        },
      ),
    )
  })
})
