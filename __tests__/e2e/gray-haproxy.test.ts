import { readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { systemClock } from '../../src/base/clock.ts'
import { SystemExec } from '../../src/base/exec.ts'
import { SystemHttp } from '../../src/base/http.ts'
import { Secrets } from '../../src/base/secrets.ts'
import { ask } from '../../src/gray/adapters/haproxy-api.ts'
import { parseServersState } from '../../src/gray/adapters/haproxy-state.ts'
import { makeAdapter } from '../../src/gray/adapters/index.ts'
import type { Adapter } from '../../src/gray/ports.ts'
import { itIsAnAdapter } from '../support/adapter-conformance.ts'
import { KeptLog } from '../support/docker-act.ts'
import type { Backend } from '../support/gray-backend.ts'
import { relayTo } from '../support/haproxy-relay.ts'
import { countVersions, type GrayRig, haproxyConfig, type Proxy, startGrayRig } from '../support/gray-rig.ts'
import { describeWithRig, rigValue, until } from '../support/rig.ts'

type HaproxyProxy = Proxy & { readonly socket: string }

describeWithRig('HAProxy as the traffic adapter', () => {
  const signal = new AbortController().signal
  const http = new SystemHttp()
  const log = new KeptLog()
  const act = { exec: new SystemExec(), http, log, clock: systemClock, secrets: new Secrets() }
  let rig: GrayRig
  let old: Backend
  let fresh: Backend

  beforeAll(async () => {
    rig = await startGrayRig()
    old = await rig.backend('old')
    fresh = await rig.backend('new')
  })
  afterAll(async () => {
    await rig.stop()
    await http.close()
  })

  const start = (
    options: Partial<Parameters<typeof haproxyConfig>[0]> = {},
    change: (config: string) => string = (config) => config,
  ): Promise<HaproxyProxy> =>
    rig.haproxy(({ port, socket }) =>
      change(
        haproxyConfig({
          port,
          socket,
          servers: { old, new: fresh },
          weights: { old: 1, new: 0 },
          ...options,
        }),
      ),
    )
  const adapterOf = (proxies: readonly HaproxyProxy[], more: Record<string, unknown> = {}): Adapter =>
    makeAdapter(
      {
        kind: 'haproxy',
        processes: proxies.map(({ socket }) => socket),
        backend: 'app',
        old: ['old'],
        new: ['new'],
        ...more,
      },
      act,
    )
  const withConfig = (proxy: HaproxyProxy): Record<string, unknown> => ({
    config: proxy.config,
    validate: { run: [rigValue('GIP_HAPROXY'), '-c', '-f', '{config}'] },
  })

  describe('one process', () => {
    let proxy: HaproxyProxy
    let adapter: Adapter
    beforeAll(async () => {
      proxy = await start()
      adapter = adapterOf([proxy])
    })
    beforeEach(() => adapter.reset(signal))

    it('is fit for a release and starts with everything on the old version', async () => {
      await adapter.check(signal)
      expect(await adapter.get(signal)).toEqual({
        percent: 0,
        settled: true,
        detail: 'new 0 % (weights old 1; new 0)',
      })
      expect(await countVersions(proxy.url, 50)).toEqual({ old: 50 })
    })

    it.each([
      [5, 60, 1140],
      [25, 300, 900],
      [50, 600, 600],
    ])('splits 1200 real requests by %d percent', async (percent, toNew, toOld) => {
      await adapter.set(percent, signal)
      expect(await adapter.get(signal)).toMatchObject({ percent, settled: true })
      expectNear(await countVersions(proxy.url, 1200), { new: toNew, old: toOld })
    })

    it('shifts up and back under constant load without a failed request', async () => {
      const load = rig.load(proxy.url, { perSecond: 200, workers: 8 })
      for (const percent of [5, 10, 50, 100, 0]) {
        await adapter.set(percent, signal)
        expect(await adapter.get(signal)).toMatchObject({ percent, settled: true })
        const before = { old: old.requests, new: fresh.requests }
        const served = (): number => old.requests + fresh.requests - before.old - before.new
        await until('200 requests of the load', () => served() >= 200)
        const share = (fresh.requests - before.new) / served()
        // A few requests were on their way while the weights changed.
        expect(Math.abs(share - percent / 100)).toBeLessThan(0.04)
      }
      const report = await load.stop()
      expect(report.statuses).toEqual({ 200: report.total })
      expect(report.total).toBeGreaterThan(1000)
    })

    it('is idempotent, and another adapter made from the same settings goes on', async () => {
      await adapter.set(10, signal)
      await adapter.set(10, signal)
      const other = adapterOf([proxy])
      expect(await other.get(signal)).toMatchObject({ percent: 10, settled: true })
      await other.reset(signal)
      await other.reset(signal)
      expect(await adapter.get(signal)).toMatchObject({ percent: 0, settled: true })
    })

    it('finds weights lost by a reload, and sets them again', async () => {
      await adapter.set(50, signal)
      await proxy.reload()
      expect(await adapter.get(signal)).toMatchObject({ percent: 0 })
      await adapter.set(50, signal)
      expect(await adapter.get(signal)).toMatchObject({ percent: 50, settled: true })
      expectNear(await countVersions(proxy.url, 100), { new: 50, old: 50 })
    })

    it('does not shift to a version that is down, and takes nothing from the other', async () => {
      const third = await rig.backend('third')
      const own = await start({ servers: { old, new: third } })
      const sick = adapterOf([own])
      await sick.set(5, signal)
      await third.stop()
      await until('the check to fail', async () => !(await sick.get(signal)).settled)
      expect((await sick.get(signal)).detail).toContain('new is down')
      await expect(sick.set(100, signal)).rejects.toMatchObject({
        kind: 'environment',
        problems: [{ code: 'gray-haproxy-down', cause: 'new is down' }],
      })
      expect(await sick.get(signal)).toMatchObject({ percent: 5 })
      await sick.reset(signal)
      expect(await sick.get(signal)).toMatchObject({ percent: 0, settled: true })
    })

    it('does not go back to an old version that is down while the new one serves', async () => {
      const first = await rig.backend('first')
      const own = await start({ servers: { old: first, new: fresh } })
      const adapterOfOwn = adapterOf([own])
      await adapterOfOwn.set(100, signal)
      await first.stop()
      await until('the check to fail', async () => {
        const state = await readServers(own)
        return /\bold\b \S+ 0 /.test(state)
      })
      await expect(adapterOfOwn.reset(signal)).rejects.toMatchObject({
        problems: [{ code: 'gray-haproxy-down' }],
      })
      expect(await countVersions(own.url, 20)).toEqual({ new: 20 })
    })
  })

  describe('the runtime API by a command', () => {
    it('carries requests over stdin and stdout, as ssh or docker exec would', async () => {
      const proxy = await start()
      const script = `const s=require('net').connect(process.argv[1]);process.stdin.pipe(s,{end:false});s.pipe(process.stdout)`
      const adapter = adapterOf([proxy], {
        processes: [{ run: [process.execPath, '-e', script, proxy.socket] }],
      })
      await adapter.set(50, signal)
      expect(await adapter.get(signal)).toMatchObject({ percent: 50, settled: true })
      const broken = adapterOf([proxy], { processes: [{ run: ['sh', '-c', 'echo no route >&2; exit 7'] }] })
      await expect(broken.get(signal)).rejects.toMatchObject({
        problems: [{ code: 'gray-haproxy-unreachable', cause: 'exit code 7' }],
        log: 'no route',
      })
    })

    it('works over TCP', async () => {
      const port = await rig.freePort()
      const proxy = await start({ global: [`stats socket ipv4@127.0.0.1:${port} level admin`] })
      const adapter = adapterOf([proxy], { processes: [`127.0.0.1:${port}`] })
      await adapter.set(25, signal)
      expect(await adapter.get(signal)).toMatchObject({ percent: 25, settled: true })
    })
  })

  describe('two processes', () => {
    it('are not settled while they disagree, and agree again after set', async () => {
      const [one, two] = [await start(), await start()]
      const both = adapterOf([one, two])
      await both.set(10, signal)
      expect(await both.get(signal)).toMatchObject({ percent: 10, settled: true })
      await adapterOf([two]).set(50, signal)
      const seen = await both.get(signal)
      expect(seen).toMatchObject({ percent: 30, settled: false })
      expect(seen.detail).toContain('processes disagree')
      await both.set(10, signal)
      expect(await both.get(signal)).toMatchObject({ percent: 10, settled: true })
    })

    it('go back one by one: a dead one is told and does not keep the other', async () => {
      const [one, two] = [await start(), await start()]
      const both = adapterOf([one, two])
      await both.set(50, signal)
      await two.program.kill()
      await expect(both.get(signal)).rejects.toMatchObject({
        problems: [{ code: 'gray-haproxy-unreachable' }],
      })
      await expect(both.set(100, signal)).rejects.toMatchObject({ kind: 'environment' })
      expect(await adapterOf([one]).get(signal)).toMatchObject({ percent: 50 })
      await expect(both.reset(signal)).rejects.toMatchObject({ problems: [{ where: two.socket }] })
      expect(await adapterOf([one]).get(signal)).toMatchObject({ percent: 0, settled: true })
    })
  })

  describe('with its configuration file', () => {
    it('keeps the weights over a reload, and gives the file back byte for byte', async () => {
      const proxy = await start()
      const before = await readFile(proxy.config, 'utf8')
      const adapter = adapterOf([proxy], withConfig(proxy))
      await adapter.check(signal)
      await adapter.set(5, signal)
      await adapter.set(20, signal)
      const changed = await readFile(proxy.config, 'utf8')
      expect(changed.split('\n').filter((line, i) => line !== before.split('\n')[i])).toEqual([
        `  server old 127.0.0.1:${old.port} check inter 500ms weight 4`,
        // `new` had weight 0
        `  server new 127.0.0.1:${fresh.port} check inter 500ms weight 1`,
      ])
      const load = rig.load(proxy.url)
      await proxy.reload()
      expect(await adapter.get(signal)).toMatchObject({ percent: 20, settled: true })
      expectNear(await countVersions(proxy.url, 100), { new: 20, old: 80 })
      await adapter.reset(signal)
      expect((await load.stop()).failed).toBe(0)
      expect(await readFile(proxy.config, 'utf8')).toBe(before)
      expect(await adapter.get(signal)).toMatchObject({ percent: 0, settled: true })
      expect(await leftovers(proxy)).toEqual([])
    })

    it('is not settled while a reload would give something else', async () => {
      const proxy = await start()
      const adapter = adapterOf([proxy], withConfig(proxy))
      await adapter.set(50, signal)
      await writeFile(proxy.config, (await readFile(proxy.config, 'utf8')).replace(/weight 1$/m, 'weight 0'))
      const seen = await adapter.get(signal)
      expect(seen).toMatchObject({ percent: 50, settled: false })
      expect(seen.detail).toContain('a reload would give')
      await adapter.set(50, signal)
      expect(await adapter.get(signal)).toMatchObject({ percent: 50, settled: true })
      await adapter.reset(signal)
    })

    it('touches nothing when HAProxy refuses the file', async () => {
      const proxy = await start()
      const adapter = adapterOf([proxy], withConfig(proxy))
      const broken = (await readFile(proxy.config, 'utf8')) + '\nfrontend nonsense\n  no such keyword\n'
      await writeFile(proxy.config, broken)
      await expect(adapter.check(signal)).rejects.toMatchObject({
        problems: [{ code: 'gray-haproxy-config' }],
      })
      await expect(adapter.set(50, signal)).rejects.toMatchObject({
        kind: 'environment',
        problems: [{ code: 'gray-haproxy-config' }],
        log: expect.stringContaining("unknown keyword 'such'"),
      })
      expect(await readFile(proxy.config, 'utf8')).toBe(broken)
      expect(await readServers(proxy)).toMatch(/ old \S+ 2 0 1 1 /)
      expect(await leftovers(proxy)).toEqual([])
      // The way back comes before the file: the running weights are right although the file cannot be written.
      await adapterOf([proxy]).set(50, signal)
      await adapter.reset(signal)
      expect(await adapterOf([proxy]).get(signal)).toMatchObject({ percent: 0, settled: true })
    })

    it('keeps edits that somebody made during the release, and the file at the end of a good one', async () => {
      const proxy = await start()
      const adapter = adapterOf([proxy], withConfig(proxy))
      await adapter.set(50, signal)
      const edit = (text: string): string => text.replace('hard-stop-after 5s', 'hard-stop-after 6s')
      await writeFile(proxy.config, edit(await readFile(proxy.config, 'utf8')))
      await adapter.reset(signal)
      expect(await readFile(proxy.config, 'utf8')).toContain('hard-stop-after 6s')
      expect(await adapter.get(signal)).toMatchObject({ percent: 0, settled: true })
      await adapter.set(100, signal)
      await adapter.finalise?.(signal)
      expect(await leftovers(proxy)).toEqual([])
      await proxy.reload()
      expect(await adapter.get(signal)).toMatchObject({ percent: 100, settled: true })
    })
  })

  describe('what forbids a release', () => {
    it.each<
      [string, Partial<Parameters<typeof haproxyConfig>[0]>, Record<string, unknown>, Record<string, unknown>]
    >([
      ['a static algorithm', { balance: 'static-rr' }, {}, { code: 'gray-haproxy-algorithm' }],
      ['a hash', { balance: 'source' }, {}, { code: 'gray-haproxy-algorithm' }],
      ['a socket below admin', { level: 'operator' }, {}, { code: 'gray-haproxy-level' }],
      ['an unknown server', {}, { new: ['nobody'] }, { code: 'gray-haproxy-name' }],
      ['an unknown backend', {}, { backend: 'nobody' }, { code: 'gray-haproxy-name' }],
      [
        'a socket that is not there',
        {},
        { processes: ['/nonexistent/api.sock'] },
        { code: 'gray-haproxy-unreachable', cause: 'no such socket' },
      ],
      [
        'a file that is not there',
        {},
        { config: '/nonexistent/haproxy.cfg' },
        { code: 'gray-haproxy-config' },
      ],
    ])('%s', async (_, options, more, problem) => {
      const proxy = await start(options)
      await expect(adapterOf([proxy], more).check(signal)).rejects.toMatchObject({ problems: [problem] })
      expect(await countVersions(proxy.url, 20)).toEqual({ old: 20 })
    })

    it('a server of the backend that stands on neither side', async () => {
      const third = await rig.backend('third')
      const proxy = await start({ servers: { old, new: fresh, third } })
      await expect(adapterOf([proxy]).check(signal)).rejects.toMatchObject({
        problems: [{ code: 'gray-haproxy-others', what: expect.stringContaining('third') }],
      })
    })

    it('an answer to set that is refused by a static algorithm', async () => {
      const proxy = await start({ balance: 'source' })
      await expect(adapterOf([proxy]).set(50, signal)).rejects.toMatchObject({
        kind: 'input',
        problems: [{ code: 'gray-haproxy-algorithm' }],
      })
    })
  })

  describe('users who stick to a server by cookie', () => {
    const sticky = (config: string): string =>
      config
        .replace('balance roundrobin', 'balance roundrobin\n  cookie SRV insert indirect nocache')
        .replace(/(server (old|new) .*)$/gm, '$1 cookie $2')

    it('need maintenance at 0 %, which moves them back', async () => {
      const proxy = await start({}, sticky)
      await expect(adapterOf([proxy]).check(signal)).rejects.toMatchObject({
        problems: [{ code: 'gray-haproxy-sticky', what: expect.stringContaining('SRV') }],
      })
      const adapter = adapterOf([proxy], { zero: 'maint' })
      await adapter.check(signal)
      await adapter.set(50, signal)
      const headers = (): Record<string, string> => ({ cookie: 'SRV=new' })
      expect(await countVersions(proxy.url, 40, { headers })).toEqual({ new: 40 })
      await adapter.reset(signal)
      expect(await adapter.get(signal)).toMatchObject({ percent: 0, settled: true })
      expect(await countVersions(proxy.url, 40, { headers })).toEqual({ old: 40 })
      await adapter.set(100, signal)
      expect(await countVersions(proxy.url, 40, { headers: () => ({ cookie: 'SRV=old' }) })).toEqual({
        new: 40,
      })
    })
  })

  it('weighs servers of different size, several to a side, and leaves one in maintenance alone', async () => {
    const more = [await rig.backend('old-2'), await rig.backend('new-2')] as const
    const proxy = await start({
      servers: { old, 'old-2': more[0], new: fresh, 'new-2': more[1] },
      weights: { old: 10, 'old-2': 20, new: 0, 'new-2': 0 },
    })
    const adapter = adapterOf([proxy], { old: ['old', { name: 'old-2', size: 2 }], new: ['new', 'new-2'] })
    await adapter.check(signal)
    await adapter.set(20, signal)
    // 8 and 16 parts on old, 3 and 3 on new
    expectNear(await countVersions(proxy.url, 600), { old: 160, 'old-2': 320, new: 60, 'new-2': 60 })
    await tell(proxy, 'set server app/old-2 state maint')
    await adapter.set(20, signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: 20, settled: true })
    expectNear(await countVersions(proxy.url, 200), { old: 160, new: 20, 'new-2': 20 })
    await adapter.reset(signal)
    // as configured, not as set
    expect((await adapter.get(signal)).detail).toBe('new 0 % (weights old 10, old-2 20; new 0, new-2 0)')
  })

  describe.each(['without', 'with'] as const)('%s its file, keeps the contract', (file) => {
    itIsAnAdapter('haproxy', async () => {
      const proxy = await start()
      const weights = async (): Promise<{ old: number; new: number }> => {
        const states = parseServersState(await readServers(proxy), 'app')
        return { old: states?.get('old')?.weight ?? 0, new: states?.get('new')?.weight ?? 0 }
      }
      // Everything the adapter says goes through here, so that each state between two commands is seen.
      const moments: { old: number; new: number }[] = []
      const relay = await relayTo(proxy.socket, join(proxy.folder, 'relay.sock'), async (request) => {
        if (request.startsWith('set server')) moments.push(await weights())
      })
      return {
        make: () => adapterOf([{ ...proxy, socket: relay.path }], file === 'with' ? withConfig(proxy) : {}),
        truth: async () => {
          const { old: a, new: b } = await weights()
          return (100 * b) / (a + b)
        },
        moments: () => moments,
        load: () => rig.load(proxy.url, { perSecond: 200, workers: 8 }),
        cut: () => relay.cut(),
        join: () => relay.join(),
        close: async () => {
          await relay.close()
          await proxy.program.stop()
        },
      }
    })
  })

  /** HAProxy's round begins anywhere: each server may have a few requests more or less. */
  function expectNear(seen: Record<string, number>, wanted: Record<string, number>): void {
    expect(Object.keys(seen).sort()).toEqual(Object.keys(wanted).sort())
    for (const [name, count] of Object.entries(wanted))
      expect(Math.abs((seen[name] ?? 0) - count)).toBeLessThanOrEqual(4)
  }

  async function leftovers(proxy: HaproxyProxy): Promise<string[]> {
    return (await readdir(dirname(proxy.config))).filter((name) => name.startsWith('.'))
  }

  function readServers(proxy: HaproxyProxy): Promise<string> {
    return tell(proxy, 'show servers state app')
  }

  function tell(proxy: HaproxyProxy, request: string): Promise<string> {
    return ask(act, proxy.socket, request, { timeoutMs: 5000, signal })
  }
})
