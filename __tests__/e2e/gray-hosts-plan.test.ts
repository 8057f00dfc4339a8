import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { systemClock } from '../../src/base/clock.ts'
import { gateError } from '../../src/base/errors.ts'
import { deployToHosts } from '../../src/deploy/hosts.ts'
import type { Ssh } from '../../src/deploy/ssh.ts'
import { HostsAdapter, hostsDeadMan } from '../../src/gray/adapters/hosts.ts'
import { hostSteps, parseHosts } from '../../src/gray/adapters/hosts-settings.ts'
import { DeadMan, withDeadMan } from '../../src/gray/dead-man.ts'
import { parseSteps } from '../../src/gray/plan.ts'
import type { StoredRelease } from '../../src/gray/ports.ts'
import { SshStateStore } from '../../src/gray/store-ssh.ts'
import { describeWithRig, until } from '../support/rig.ts'
import { detailOf, exists, Fleet, sampleRelease, thrown } from '../support/ssh-fleet.ts'
import { sshTo } from '../support/ssh-host.ts'

const signal = new AbortController().signal

describeWithRig('a release by hosts', () => {
  let fleet: Fleet<'one' | 'two' | 'sick' | 'slow'>
  beforeAll(async () => {
    fleet = await Fleet.start(3, {
      one: { version: '1' },
      two: { version: '2' },
      sick: { version: '3', fault: 'sick' },
      slow: { version: '5', fault: 'slow' },
    })
  })
  afterAll(() => fleet.stop())

  const adapterFor = (image: string, more: Record<string, unknown> = {}): HostsAdapter => {
    const { settings, problems } = parseHosts({
      kind: 'hosts',
      hosts: fleet.hosts.map(({ text, folder }) => ({ host: text, folder })),
      service: 'web',
      image,
      wait: '90s',
      stable: '2s',
      ...more,
    })
    expect(problems).toEqual([])
    if (settings === undefined) throw new Error('no settings')
    return new HostsAdapter(settings, fleet.connection.ssh, fleet.connection.log)
  }

  it('releases to a part of the hosts, goes on after an unreachable one came back, and finalises', async () => {
    await fleet.all(fleet.images.one)
    const adapter = adapterFor(fleet.images.two)
    await adapter.check(signal)
    await adapter.deploy(signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: 0, settled: true })
    const [first, second, third] = hostSteps(parseSteps('10% 1m, 50% 1m, 100% 1m').steps, 3)
    await adapter.set(first?.percent ?? 0, signal)
    const one = await adapter.get(signal)
    expect(one).toMatchObject({ percent: first?.percent, settled: true })
    expect(one.detail).toBe(`new: ${fleet.host(0).text}; old: ${fleet.host(1).text}, ${fleet.host(2).text}`)

    fleet.host(1).line.cut()
    const error = await thrown(adapter.set(second?.percent ?? 0, signal))
    expect(error.kind).toBe('environment')
    expect(error.problems.map(({ where }) => where)).toEqual([fleet.host(1).text])
    const blind = await adapter.get(signal)
    expect(blind.settled).toBe(false)
    expect(blind.detail).toContain(`: ${fleet.host(1).text}`)
    expect(blind.detail).toContain('not reached')

    fleet.host(1).line.join()
    await adapter.set(second?.percent ?? 0, signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: second?.percent, settled: true })
    await adapter.set(third?.percent ?? 0, signal)
    await adapter.finalise(signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: 100, settled: true })
    const again = await thrown(adapter.check(signal))
    expect(again.problems.map(({ code }) => code)).toEqual(Array(3).fill('hosts-already-new'))
  })

  it('puts every reachable host back, names the others, and never calls the whole old before it is', async () => {
    await fleet.all(fleet.images.one)
    const adapter = adapterFor(fleet.images.two, { batch: 3 })
    await adapter.deploy(signal)
    await adapter.set(hostSteps(parseSteps('50%, 100%').steps, 3)[0]?.percent ?? 0, signal)
    expect(await adapter.get(signal)).toMatchObject({ settled: true, percent: (100 * 2) / 3 })
    // The second host has the new version and is away.
    fleet.host(1).line.cut()
    const error = await thrown(adapter.reset(signal))
    expect(error.kind).toBe('environment')
    expect(error.problems[0]).toMatchObject({ code: 'hosts-not-back', where: fleet.host(1).text })
    const state = await adapter.get(signal)
    expect(state).toMatchObject({ percent: 0, settled: false })
    expect(state.detail).toContain(`old: ${fleet.host(0).text}, ${fleet.host(2).text}`)
    fleet.host(1).line.join()
    expect((await adapter.get(signal)).percent).toBeCloseTo(100 / 3)
    await adapter.reset(signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: 0, settled: true })
    await adapter.reset(signal)
  })

  it('stops at the host that refuses the new version; that host is old again by itself', async () => {
    await fleet.all(fleet.images.one)
    const adapter = adapterFor(fleet.images.sick)
    await adapter.deploy(signal)
    const error = await thrown(adapter.set(100, signal))
    expect(error.kind).toBe('gate')
    expect(error.problems.map(({ code, where }) => [code, where])).toEqual([
      ['compose-refused', fleet.host(0).text],
    ])
    expect(error.log).toContain('the database is away')
    expect(await adapter.get(signal)).toMatchObject({ percent: 0, settled: true })
    await adapter.reset(signal)
  })

  it('deploys to all hosts, or to none: the batch that is refused takes the earlier ones back', async () => {
    const services = await fleet.all(fleet.images.one)
    const deployed = await deployToHosts({
      hosts: services,
      image: fleet.images.two,
      batch: 2,
      log: fleet.connection.log,
      signal,
    })
    expect(deployed).toEqual(
      fleet.hosts.map(({ text }) => ({ host: text, before: fleet.images.one, changed: true })),
    )
    // From outside it looks healthy to compose, and still somebody says no after the second batch.
    let batches = 0
    const error = await thrown(
      deployToHosts({
        hosts: services,
        image: fleet.images.slow,
        batch: 2,
        log: fleet.connection.log,
        signal,
        healthy: () =>
          ++batches === 2 ? Promise.reject(gateError({ code: 'asked', what: 'no' })) : Promise.resolve(),
      }),
    )
    expect(error.problems.map(({ code }) => code)).toEqual(['asked'])
    for (const service of services) expect(await detailOf(service, fleet.images.two)).toBe('new')
  })

  it('fires the dead-man timer when the engine is gone: the old version is back and the state says so', async () => {
    await fleet.all(fleet.images.one)
    const { settings } = parseHosts({
      kind: 'hosts',
      hosts: fleet.hosts.slice(0, 2).map(({ text, folder }) => ({ host: text, folder })),
      service: 'web',
      image: fleet.images.two,
      wait: '20s',
      'dead-man': '15s',
    })
    if (settings === undefined) throw new Error('no settings')
    const gone = await sshTo(fleet.hosts)
    const adapter = new HostsAdapter(settings, gone.ssh, gone.log)
    const [timer] = hostsDeadMan(settings)
    const path = join(fleet.host(0).folder, '.gip/production.json')
    const open = (ssh: Ssh): SshStateStore =>
      new SshStateStore(ssh, fleet.host(0).target, path, { deadMan: timer?.folder ?? '' })
    const store = withDeadMan(open(gone.ssh), new DeadMan(gone.ssh, hostsDeadMan(settings)), {
      clock: systemClock,
      log: gone.log,
      silenceMs: settings.deadManMs ?? 0,
    })
    const release = {
      ...sampleRelease(fleet.hosts.slice(0, 2).map(({ text }) => text)),
      lease: { owner: 'gone', expires: Date.now() + 5000 },
    }
    const touched = (percent: number): StoredRelease => ({
      ...release,
      state: {
        ...release.state,
        phase: percent === 0 ? 'deploying' : 'shifting',
        touched: true,
        step: percent === 0 ? -1 : 0,
        intended: percent,
      },
    })
    let current = touched(0)
    let revision = await store.write(current, undefined, signal)
    // The heartbeat of an engine, during its effects too.
    const save = async (next: StoredRelease): Promise<void> => {
      current = next
      revision = await store.write(next, revision, signal)
    }
    const dying = new AbortController()
    const beating = (async () => {
      while (!dying.signal.aborted) {
        await systemClock.sleep(1000)
        await save(current)
      }
    })()
    await adapter.deploy(signal)
    current = touched(50)
    await adapter.set(50, signal)
    // Renewed for longer than its silence: it has not gone off.
    await systemClock.sleep(17_000)
    expect(await adapter.get(signal)).toMatchObject({ percent: 50, settled: true })
    dying.abort()
    await beating
    expect(revision).toBeDefined()
    await gone.dispose()

    const after = new HostsAdapter(settings, fleet.connection.ssh, fleet.connection.log)
    const later = open(fleet.connection.ssh)
    await until(
      'the timer to go off',
      async () => (await later.read(signal))?.release.state.phase === 'aborting',
      120_000,
    )
    await until(
      'the old version',
      async () => (await after.get(signal)).percent === 0 && (await after.get(signal)).settled,
      120_000,
    )
    await until('its mark', () => exists(join(timer?.folder ?? '', 'fired')), 120_000)
    const stored = await later.read(signal)
    expect(stored?.release.lease).toBeNull()
    expect(stored?.release.state.reason).toContain('dead-man timer')
    // The engine that comes back is refused, and whoever takes over goes on from here.
    expect(await later.write(touched(50), revision, signal)).toBeUndefined()
    expect(await later.write(release, stored?.revision, signal)).toMatch(/^[0-9a-f]{64}$/)
    expect((await later.read(signal))?.release.state.phase).toBe('idle')
  })
})
