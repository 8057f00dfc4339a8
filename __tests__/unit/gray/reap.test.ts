import { describe, expect, it } from '@jest/globals'
import { runRelease } from '../../../src/gray/engine-start.ts'
import { describeStatus } from '../../../src/gray/engine-status.ts'
import { reap, type ReapOptions, type ReapResult, recover } from '../../../src/gray/reap.ts'
import type { StoredRelease } from '../../../src/gray/ports.ts'
import { broken, hang, mortal, PLAN, Rig } from '../../support/gray-engine-sim.ts'

const RUN = {
  repository: 'acme/shop',
  id: '77',
  attempt: 1,
  url: 'https://github.com/acme/shop/actions/runs/77',
}

/** A world in which a release got `writes` states far and its process was then killed. */
async function killedAfter(writes: number): Promise<{ rig: Rig; ended: boolean }> {
  const rig = new Rig()
  const options = rig.options('dead')
  let count = 0
  let dead = false
  let die = (): void => undefined
  const death = new Promise<void>((resolve) => {
    die = resolve
  })
  const never = new Promise<never>(() => undefined)
  const alive = async <T>(work: () => Promise<T>): Promise<T> => (dead ? await never : await work())
  const running = runRelease(rig.request({ run: RUN }), {
    ...options,
    adapterFor: () => mortal(rig.target.adapter('dead'), () => dead),
    store: {
      where: 'memory',
      read: () => alive(() => rig.store.read()),
      write: (release, expected) =>
        alive(async () => {
          const revision = await rig.store.write(release, expected)
          if (++count < writes) return revision
          dead = true
          die()
          return await never
        }),
    },
  })
  const ended = await rig.clock.run(Promise.race([running.then(() => true), death.then(() => false)]))
  return { rig, ended }
}

const go = (rig: Rig, more: Partial<ReapOptions> = {}, owner = 'reaper'): Promise<ReapResult> =>
  rig.clock.run(reap({ ...rig.options(owner), ...more }))

describe('a reaper', () => {
  it('finds nothing where nothing is stored', async () => {
    expect(await go(new Rig())).toEqual({ action: 'none', reason: 'no release is stored' })
  })

  it('after each state at which an engine can die: not before the lease has expired, then all old or all new', async () => {
    let deaths = 0
    const ends = new Set<string>()
    for (const policy of ['rollback', 'continue'] as const) {
      for (let writes = 1; ; writes++) {
        const { rig, ended } = await killedAfter(writes)
        if (ended) break
        deaths++
        const phase = rig.phase ?? ''
        if (rig.store.now?.lease !== null) expect((await go(rig)).action).toBe('left')
        rig.clock.jump(91_000)
        const result = await go(rig, { policy, planHash: 'hash' })
        const where = `${policy} after ${writes} writes (${phase})`
        // The last write of all is the one that lets go.
        if (result.action === 'none') expect([where, rig.phase]).toEqual([where, 'done'])
        else
          expect([where, result.run?.outcome]).toEqual([
            where,
            policy === 'continue' || ['finalising', 'done'].includes(phase) ? 'promoted' : 'rolled-back',
          ])
        expect([where, rig.target.end]).toEqual([where, rig.phase === 'done' ? 'new' : 'old'])
        expect([where, rig.store.now?.lease]).toEqual([where, null])
        ends.add(`${policy} ${phase} ${rig.phase ?? ''}`)
      }
    }
    expect(deaths).toBeGreaterThan(60)
    expect(ends).toContain('rollback observing rolled-back')
    expect(ends).toContain('continue baking done')
  })

  it('does not wait for the lease of a run that has completed', async () => {
    for (const state of ['completed', 'running', 'unknown'] as const) {
      const { rig } = await killedAfter(12)
      const result = await go(rig, { runState: () => Promise.resolve(state) })
      expect(result.action).toBe(state === 'completed' ? 'taken' : 'left')
    }
    const { rig } = await killedAfter(12)
    const unreachable = await go(rig, { runState: () => Promise.reject(new Error('502')) })
    expect(unreachable.action).toBe('left')
  })

  it.each<[string, Partial<ReapOptions>, RegExp]>([
    ['other settings', { planHash: 'other' }, /settings are not those/],
    ['no metrics', { measurer: undefined as never }, /nothing to measure with/],
  ])('continues under the same conditions only: %s take the release back', async (_, more, reason) => {
    const { rig } = await killedAfter(12)
    rig.clock.jump(91_000)
    const result = await go(rig, { policy: 'continue', planHash: 'hash', ...more })
    expect(result.run?.outcome).toBe('rolled-back')
    expect(result.run?.reason).toMatch(reason)
  })

  it('of several at once one acts', async () => {
    const { rig } = await killedAfter(12)
    rig.clock.jump(91_000)
    const all = await rig.clock.run(Promise.all([1, 2, 3].map((n) => reap(rig.options(`reaper-${n}`)))))
    expect(all.map(({ action }) => action).sort()).toEqual(['left', 'left', 'taken'])
    expect(rig.target.changes.filter((change) => change === 'reset')).toHaveLength(1)
  })

  it('needs nothing but the record: the adapter is made from the stored settings', async () => {
    const { rig } = await killedAfter(12)
    rig.clock.jump(91_000)
    let given: unknown
    await go(rig, {
      adapterFor: (settings) => {
        given = settings
        return rig.target.adapter('reaper')
      },
    })
    expect(given).toEqual({ kind: 'sim' })
    const { rig: other } = await killedAfter(12)
    other.clock.jump(91_000)
    const before = other.store.text
    await expect(go(other, { adapterFor: () => Promise.reject(broken('no such adapter')) })).rejects.toThrow(
      /no such adapter/,
    )
    expect(other.store.text).toBe(before)
  })

  it('tries a failed way back again, and pages only when the fault is another one', async () => {
    const { rig } = await killedAfter(12)
    rig.clock.jump(91_000)
    let fault: string | undefined = 'connection refused'
    rig.target.before = (call) => {
      if (call === 'reset' && fault !== undefined) throw broken(fault)
    }
    for (const [now, pages] of [
      ['connection refused', 1],
      ['connection refused', 1],
      ['permission denied', 2],
      ['permission denied', 2],
    ] as const) {
      fault = now
      const result = await go(rig)
      expect(result.run?.outcome).toBe('rollback-failed')
      expect(rig.pages).toHaveLength(pages)
      // The first reason stays in front, and the faults do not pile up behind it.
      expect(result.run?.reason).toBe(
        `the engine was lost (its lease expired at ${expiry(result)}); taken back; the way back failed: ${now}`,
      )
    }
    fault = undefined
    expect((await go(rig)).run?.outcome).toBe('rolled-back')
    expect(rig.target.end).toBe('old')
    expect((await go(rig)).action).toBe('none')
  })

  it('tells an end again that may not have been told', async () => {
    const { rig } = await killedAfter(1)
    const stored = rig.store.now
    if (stored === undefined) throw new Error('nothing is stored')
    for (const [phase, level] of [
      ['done', 'info'],
      ['rolled-back', 'warning'],
      ['rollback-failed', 'page'],
    ] as const) {
      rig.notices.length = 0
      rig.store.put({
        ...stored,
        lease: { owner: 'dead', expires: 0 },
        state: {
          ...stored.state,
          phase,
          touched: true,
          reason: 'because',
          paged: phase === 'rollback-failed' ? 'because' : null,
        },
      })
      const result = await go(rig)
      expect(rig.notices[0]).toMatchObject({ level, event: phase === 'done' ? 'promoted' : phase })
      expect(result.run?.outcome).toBe(phase === 'done' ? 'promoted' : 'rolled-back')
      expect(rig.store.now?.lease).toBeNull()
    }
  })

  it('can itself be cancelled, and goes on taking back', async () => {
    const { rig } = await killedAfter(12)
    rig.clock.jump(91_000)
    const abort = new AbortController()
    abort.abort(new Error('SIGINT'))
    expect((await go(rig, { signal: abort.signal })).run?.outcome).toBe('rolled-back')
    expect(rig.target.end).toBe('old')
  })
})

function expiry(result: ReapResult): string {
  return /expired at (\S+)\)/.exec(result.run?.reason ?? '')?.[1] ?? ''
}

describe('recover', () => {
  it("takes its own job's release back at once, and leaves those of others", async () => {
    const { rig } = await killedAfter(12)
    const others = await rig.clock.run(recover('somebody', rig.options('somebody/post')))
    expect(others).toMatchObject({ action: 'none', reason: 'the stored release is driven by another run' })
    const own = await rig.clock.run(recover('dead', rig.options('dead/post')))
    expect(own.run).toMatchObject({ outcome: 'rolled-back' })
    expect(rig.target.end).toBe('old')
    const again = await rig.clock.run(recover('dead', rig.options('dead/post')))
    expect(again.action).toBe('none')
  })

  it('takes the lease away from a main step that still lives', async () => {
    const rig = new Rig()
    let stuck = true
    rig.target.before = (call, signal, owner) =>
      call === 'set' && owner === 'main' && stuck ? hang(signal) : undefined
    const main = runRelease(rig.request(), rig.options('main'))
    const post = rig.clock.sleep(5000).then(() => recover('main', rig.options('main/post')))
    const [run, back] = await rig.clock.run(Promise.all([main, post]))
    stuck = false
    expect(back.run?.outcome).toBe('rolled-back')
    expect(run.outcome).toBe('lost')
    expect(rig.target.end).toBe('old')
  })
})

describe('the status for people', () => {
  const at = Date.UTC(2026, 0, 1, 12)
  const lines = (release: StoredRelease | undefined, now = at): string[] =>
    describeStatus(release, now).split('\n')

  it('says what runs, how far it is, why, and who drives it', async () => {
    const { rig } = await killedAfter(14)
    const release = rig.store.now
    const text = lines(release, rig.clock.now())
    expect(text).toEqual(
      expect.arrayContaining([
        'environment  production',
        'release      r1: app@sha256:old -> app@sha256:new',
        'step         1 of 3, 5 % asked for',
        'weight       5 % read back, 5 % intended',
      ]),
    )
    expect(text[2]).toContain(RUN.url)
    expect(text.at(-1)).toMatch(/^driven by {4}dead, lease until 2026-01-01T00:01:\d\d\.\d{3}Z \(in /)
    expect(lines(release, rig.clock.now() + 600_000).at(-1)).toMatch(
      /nobody \(its lease expired at .*"gray reap" takes it back/,
    )
  })

  it.each<[string, Partial<StoredRelease>, RegExp]>([
    [
      'asleep',
      { lease: null, pending: { nextAt: at + 60_000, until: at + 120_000 } },
      /nobody until .*\(in 1 m 00 s\); then "gray tick"/,
    ],
    [
      'superseded',
      { superseded: { by: 'run-9', at: at - 30_000 } },
      /superseded.*by run-9, .*\(30\.0 s ago\)/,
    ],
  ])('%s', async (_, change, line) => {
    const { rig } = await killedAfter(14)
    const release = rig.store.now
    if (release === undefined) throw new Error('nothing is stored')
    expect(describeStatus({ ...release, ...change }, at)).toMatch(line)
  })

  it('says so when there is nothing, or when it has ended', async () => {
    expect(describeStatus(undefined, at)).toBe('no release is stored')
    const rig = new Rig()
    await rig.clock.run(runRelease(rig.request({ plan: { ...PLAN, bakeMs: 0 } }), rig.options()))
    expect(lines(rig.store.now).at(-1)).toBe('driven by    nobody; it has ended')
  })
})
