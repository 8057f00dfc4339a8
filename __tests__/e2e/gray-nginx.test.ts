import { writeFileSync as writeFileNow } from 'node:fs'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { request } from 'undici'
import { systemClock } from '../../src/base/clock.ts'
import { SystemExec } from '../../src/base/exec.ts'
import { SystemHttp } from '../../src/base/http.ts'
import { Secrets } from '../../src/base/secrets.ts'
import { makeAdapter } from '../../src/gray/adapters/index.ts'
import { parseNginxSettings } from '../../src/gray/adapters/nginx-settings.ts'
import { render } from '../../src/gray/adapters/nginx-render.ts'
import type { Adapter } from '../../src/gray/ports.ts'
import { itIsAnAdapter, readBack } from '../support/adapter-conformance.ts'
import { KeptLog } from '../support/docker-act.ts'
import type { Backend } from '../support/gray-backend.ts'
import { countVersions, type GrayRig, nginxConfig, type Proxy, startGrayRig } from '../support/gray-rig.ts'
import { describeWithRig, rigValue, until } from '../support/rig.ts'

describeWithRig('nginx as the traffic adapter', () => {
  const signal = new AbortController().signal
  const http = new SystemHttp()
  const act = { exec: new SystemExec(), http, log: new KeptLog(), clock: systemClock, secrets: new Secrets() }
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

  interface Site {
    readonly proxy: Proxy
    readonly adapter: Adapter
    readonly file: string
    readonly settings: Record<string, unknown>
  }

  const settledAt = async ({ adapter }: Site, percent: number): Promise<void> =>
    expect(await readBack(adapter, signal)).toMatchObject({ percent, settled: true })

  /** nginx with the adapter's file included; `more` are settings, `pass` the target of proxy_pass. */
  async function start(
    more: Record<string, unknown> = {},
    options: { pass?: string; location?: string; before?: string } = {},
  ): Promise<Site> {
    let file = ''
    let settings: Record<string, unknown> = {}
    const marker = `127.0.0.1:${await rig.freePort()}`
    const proxy = await rig.nginx(({ port, folder }) => {
      file = join(folder, 'gray.conf')
      const command = [rigValue('GIP_NGINX'), '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']
      settings = { kind: 'nginx', file, old: 'app_old', new: 'app_new', marker, nginx: command, ...more }
      const parsed = parseNginxSettings(settings).settings
      if (parsed === undefined) throw new Error('the settings of the test are wrong')
      writeFileNow(file, render(parsed, 0))
      return nginxConfig({
        folder,
        http: `
  upstream app_old { server ${old.address}; }
  upstream app_new { server ${fresh.address}; }
  include ${file};
  server {
    listen 127.0.0.1:${port};
    location / {
      ${options.location ?? ''}
      proxy_pass http://${options.pass ?? '$gray_upstream'};
    }
  }`,
      })
    })
    return { proxy, file, settings, adapter: makeAdapter(settings, act) }
  }

  describe('by split_clients', () => {
    let site: Site
    beforeAll(async () => {
      site = await start()
    })
    beforeEach(() => site.adapter.reset(signal))

    it('is fit for a release, and starts with everything on the old version', async () => {
      await site.adapter.check(signal)
      await settledAt(site, 0)
      expect(await countVersions(site.proxy.url, 50)).toEqual({ old: 50 })
    })

    it('gives 5 percent of 2000 real requests to the new version', async () => {
      await site.adapter.set(5, signal)
      await settledAt(site, 5)
      const seen = await countVersions(site.proxy.url, 2000)
      // Each request falls by its own hash: 100 expected, standard deviation 9.7, so beyond 5 of them once in a million.
      expect(seen['new']).toBeGreaterThan(51)
      expect(seen['new']).toBeLessThan(149)
      expect((seen['new'] ?? 0) + (seen['old'] ?? 0)).toBe(2000)
    })

    it('shifts up and back under constant load without a failed request', async () => {
      const load = rig.load(site.proxy.url, { perSecond: 200, workers: 8 })
      for (const percent of [5, 10, 50, 100, 0]) {
        await site.adapter.set(percent, signal)
        await settledAt(site, percent)
        const before = { old: old.requests, new: fresh.requests }
        const served = (): number => old.requests + fresh.requests - before.old - before.new
        await until('300 requests of the load', () => served() >= 300)
        const share = (fresh.requests - before.new) / served()
        if (percent === 0 || percent === 100) expect(Math.abs(share - percent / 100)).toBeLessThan(0.02)
        else expect(Math.abs(share - percent / 100)).toBeLessThan(5 * Math.sqrt(0.25 / 300))
      }
      const report = await load.stop()
      expect(report.statuses).toEqual({ 200: report.total })
      expect(report.total).toBeGreaterThan(1500)
    })

    it('leaves file and traffic as they are when nginx -t refuses', async () => {
      await site.adapter.set(50, signal)
      const before = await readFile(site.file, 'utf8')
      // The variable that proxy_pass needs is gone: only the whole configuration shows that.
      const wrong = makeAdapter({ ...site.settings, variable: 'other' }, act)
      await expect(wrong.set(10, signal)).rejects.toMatchObject({
        kind: 'environment',
        problems: [{ code: 'gray-nginx-refused', cause: expect.stringContaining('gray_upstream') }],
      })
      expect(await readFile(site.file, 'utf8')).toBe(before)
      await settledAt(site, 50)
      expect(Object.keys(await countVersions(site.proxy.url, 60)).sort()).toEqual(['new', 'old'])
      expect((await readdir(dirname(site.file))).filter((name) => name.startsWith('.'))).toEqual([])
    })

    it('tells a file that is not loaded, one that was edited, and puts both right', async () => {
      await site.adapter.set(10, signal)
      const parsed = parseNginxSettings(site.settings).settings
      if (parsed === undefined) throw new Error('the settings of the test are wrong')
      await writeFile(site.file, render(parsed, 50))
      expect(await site.adapter.get(signal)).toMatchObject({
        percent: 10,
        settled: false,
        detail: expect.stringContaining('is not loaded'),
      })
      await site.adapter.set(50, signal)
      await settledAt(site, 50)
      await writeFile(site.file, (await readFile(site.file, 'utf8')).replace('50%', '90%'))
      expect(await site.adapter.get(signal)).toMatchObject({
        settled: false,
        detail: expect.stringContaining('edited'),
      })
      await site.adapter.reset(signal)
      await settledAt(site, 0)
    })

    it('does not reload for nothing', async () => {
      await site.adapter.set(25, signal)
      const lines = site.proxy.program
        .output()
        .split('\n')
        .filter((line) => line.includes('reconfiguring')).length
      await site.adapter.set(25, signal)
      await site.adapter.get(signal)
      const after = site.proxy.program
        .output()
        .split('\n')
        .filter((line) => line.includes('reconfiguring')).length
      expect(lines).toBeGreaterThan(0)
      expect(after).toBe(lines)
    })

    it('tells a reload that did not happen', async () => {
      const idle = makeAdapter({ ...site.settings, reload: ['true'], settle: '1s' }, act)
      await expect(idle.set(75, signal)).rejects.toMatchObject({
        problems: [{ code: 'gray-nginx-not-loaded', cause: 'it still has 0 % loaded' }],
      })
      const failing = makeAdapter(
        { ...site.settings, reload: { shell: 'sh', script: 'echo no >&2; exit 3' } },
        act,
      )
      await expect(failing.set(75, signal)).rejects.toMatchObject({
        problems: [{ code: 'gray-nginx-reload' }],
        log: 'no',
      })
    })
  })

  it('keeps a user with a cookie on one version, and only moves users towards the new one', async () => {
    const site = await start(
      { sticky: 'gray_id' },
      { location: 'add_header Set-Cookie $gray_upstream_cookie;' },
    )
    await site.adapter.set(30, signal)
    const versionOf = async (cookie: string): Promise<string> => {
      const answer = await request(site.proxy.url, {
        headers: cookie === '' ? {} : { cookie: `gray_id=${cookie}` },
      })
      await answer.body.dump()
      return String(answer.headers['x-version'])
    }
    const users = Array.from({ length: 60 }, (_, i) => `user${i}`)
    const all = async (): Promise<string[]> => Promise.all(users.map(versionOf))
    const first = await all()
    expect(new Set(first)).toEqual(new Set(['old', 'new']))
    expect(await all()).toEqual(first)
    await site.adapter.set(60, signal)
    const second = await all()
    // Whoever was on the new version stays there.
    expect(users.filter((_, i) => first[i] === 'new' && second[i] !== 'new')).toEqual([])
    expect(second.filter((version) => version === 'new').length).toBeGreaterThan(
      first.filter((version) => version === 'new').length,
    )
    // The first answer of a new user already is from the version that the cookie will lead to.
    for (let i = 0; i < 10; i++) {
      const answer = await request(site.proxy.url)
      await answer.body.dump()
      const cookie = /^gray_id=([0-9a-f]{32});/.exec(String(answer.headers['set-cookie']))?.[1] ?? ''
      expect(await versionOf(cookie)).toBe(String(answer.headers['x-version']))
    }
    await site.adapter.reset(signal)
    expect(new Set(await all())).toEqual(new Set(['old']))
  })

  it('splits exactly by the weights of an upstream', async () => {
    const site = await start(
      { upstream: 'app', old: [old.address], new: [fresh.address], options: ['keepalive 4'] },
      { pass: 'app' },
    )
    await site.adapter.check(signal)
    await site.adapter.set(5, signal)
    await settledAt(site, 5)
    const seen = await countVersions(site.proxy.url, 1000)
    expect(Math.abs((seen['new'] ?? 0) - 50)).toBeLessThanOrEqual(2)
    await site.adapter.set(100, signal)
    await settledAt(site, 100)
    expect(await countVersions(site.proxy.url, 100)).toEqual({ new: 100 })
    await site.adapter.reset(signal)
    await settledAt(site, 0)
    expect(await countVersions(site.proxy.url, 100)).toEqual({ old: 100 })
  })

  it('writes its file at the first release, and takes it away again when nginx refuses it', async () => {
    const site = await start()
    await rm(site.file)
    await site.adapter.check(signal)
    await expect(site.adapter.get(signal)).rejects.toMatchObject({ problems: [{ code: 'gray-nginx-file' }] })
    const wrong = makeAdapter({ ...site.settings, old: 'app_none', variable: 'other' }, act)
    await expect(wrong.deploy?.(signal)).rejects.toMatchObject({ problems: [{ code: 'gray-nginx-refused' }] })
    expect((await readdir(dirname(site.file))).includes('gray.conf')).toBe(false)
    await site.adapter.deploy?.(signal)
    await settledAt(site, 0)
  })

  it('refuses a file that is not its own, not included, or not reachable', async () => {
    const site = await start()
    const elsewhere = join(dirname(site.file), 'elsewhere.conf')
    await writeFile(elsewhere, 'map $host $mine { default 1; }\n')
    const strange = makeAdapter({ ...site.settings, file: elsewhere }, act)
    for (const call of [strange.check(signal), strange.set(5, signal), strange.get(signal)])
      await expect(call).rejects.toMatchObject({ kind: 'input', problems: [{ code: 'gray-nginx-file' }] })
    expect(await readFile(elsewhere, 'utf8')).toContain('$mine')
    await writeFile(elsewhere, await readFile(site.file, 'utf8'))
    await expect(strange.check(signal)).rejects.toMatchObject({ problems: [{ code: 'gray-nginx-include' }] })
    await site.proxy.program.stop()
    await expect(site.adapter.get(signal)).rejects.toMatchObject({
      problems: [{ code: 'gray-nginx-marker' }],
    })
  })

  describe.each([
    ['split_clients', {}, '$gray_upstream'],
    ['the weights of an upstream', { upstream: 'app' }, 'app'],
  ] as const)('by %s, keeps the contract', (_, more, pass) => {
    itIsAnAdapter('nginx', async () => {
      const addresses = pass === 'app' ? { old: [old.address], new: [fresh.address] } : {}
      const site = await start({ ...more, ...addresses, settle: '30s' }, { pass })
      const { marker, nginx: argv } = site.settings as { marker: string; nginx: readonly string[] }
      let running = site.proxy.program
      return {
        make: () => makeAdapter(JSON.parse(JSON.stringify(site.settings)), act),
        // Of the running workers, not of the file.
        truth: async () => {
          const answer = await request(`http://${marker}/gray-release`, { reset: true })
          return ((await answer.body.json()) as { percent: number }).percent
        },
        // A reload each: enough to catch a lost request, few enough to be quick.
        parts: [5, 50],
        load: () => rig.load(site.proxy.url, { perSecond: 200, workers: 8 }),
        // The whole proxy is down, and comes up again with what is in the file.
        cut: () => running.stop(),
        join: async () => {
          const ready = (): Promise<boolean> =>
            request(site.proxy.url, { reset: true }).then(
              async ({ body }) => body.dump().then(() => true),
              () => false,
            )
          running = await rig.program({ name: 'nginx', argv: [...argv, '-g', 'daemon off;'], ready })
        },
        close: () => running.stop(),
      }
    })
  })
})
