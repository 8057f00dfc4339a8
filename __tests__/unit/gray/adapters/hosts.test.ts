import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { PipelineError } from '../../../../src/base/errors.ts'
import { ENDS } from '../../../../src/deploy/compose-sh.ts'
import { HostsAdapter, hostsDeadMan, unfitFor } from '../../../../src/gray/adapters/hosts.ts'
import { type HostsSettings, hostSteps, parseHosts } from '../../../../src/gray/adapters/hosts-settings.ts'
import { parseSteps } from '../../../../src/gray/plan.ts'
import { KeptLog } from '../../../support/docker-act.ts'
import { HostsDouble, NEW, OLD } from '../../../support/hosts-double.ts'
import { ROOT } from '../../../support/rig.ts'

const signal = new AbortController().signal
const thrown = async (work: Promise<unknown>): Promise<PipelineError> => {
  const error: unknown = await work.then(
    () => undefined,
    (fault: unknown) => fault,
  )
  if (error instanceof PipelineError) return error
  throw new Error(`not refused: ${String(error)}`)
}
const minimal = {
  kind: 'hosts',
  hosts: ['deploy@web-1', 'deploy@web-2'],
  folder: '/srv/shop',
  service: 'web',
}

describe('parseHosts', () => {
  it('fills in what is not said', () => {
    const { settings, problems } = parseHosts(minimal, NEW)
    expect(problems).toEqual([])
    expect(settings).toMatchObject({
      image: NEW,
      batch: 1,
      hosts: [
        {
          target: { user: 'deploy', host: 'web-1', port: 22 },
          os: 'linux',
          service: { folder: '/srv/shop', service: 'web', waitSeconds: 120, stableSeconds: 5 },
        },
        { target: { host: 'web-2' } },
      ],
    })
    expect(settings?.deadManMs).toBeUndefined()
  })

  it('takes what differs from host to host', () => {
    const { settings } = parseHosts(
      {
        ...minimal,
        hosts: ['deploy@web-1', { host: 'admin@win-1:2222', os: 'windows', folder: 'C:\\srv\\shop' }],
        image: OLD,
        variable: 'APP_IMAGE',
        files: ['a.yaml', 'b.yaml'],
        project: 'shop',
        wait: '90s',
        'health-url': 'http://127.0.0.1:8080/healthz',
      },
      NEW,
    )
    expect(settings).toMatchObject({
      image: OLD,
      hosts: [{ os: 'linux' }, { os: 'windows', target: { port: 2222 } }],
    })
    for (const host of settings?.hosts ?? [])
      expect(host.service).toMatchObject({ variable: 'APP_IMAGE', project: 'shop', waitSeconds: 90 })
  })

  it.each<[Record<string, unknown>, string]>([
    [{ hosts: [] }, 'hosts is empty'],
    [{ hosts: ['web-1'] }, 'hosts[0] is not a host'],
    [{ hosts: ['-oProxyCommand=x@web'] }, 'hosts[0] is not a host'],
    [{ hosts: ['a@b', 'a@b'] }, 'hosts has a host twice'],
    [{ folder: 'srv/shop' }, 'hosts[0] has a folder that is no absolute path'],
    [{ folder: undefined }, 'hosts[0] has no folder'],
    [{ service: '-x' }, 'service is not the name of a service'],
    [{ service: undefined }, 'service is missing'],
    [{ image: 'acme/shop:2' }, 'image is not an image with a digest'],
    [{ wait: 'soon' }, 'wait is not a length of time'],
    [{ batch: 0 }, 'batch is not a whole number from 1 to 50'],
    [{ variable: 'a-b' }, 'variable is not the name of a variable'],
    [{ project: 'Shop' }, 'project is not a project name'],
    [{ files: ['a:b'] }, 'files[0] is not the path of a compose file'],
    [{ 'health-url': 'http://u:p@x' }, 'health-url has a user or password in it'],
    [{ os: 'darwin' }, 'os is not known'],
    [{ sevrice: 'web' }, 'sevrice is not a setting'],
    [{ os: 'windows', folder: 'C:\\shop', 'dead-man': '5m' }, 'dead-man is not there for Windows hosts'],
  ])('%j: %s', (change, what) => {
    const { settings, problems } = parseHosts({ ...minimal, ...change }, NEW)
    expect(settings).toBeUndefined()
    expect(problems.map((problem) => problem.what)).toContain(what)
    for (const { fix, code } of problems)
      expect([code, fix === undefined || fix === '']).toEqual(['gray-adapter', false])
  })

  it('takes what docs/hosts.md shows', () => {
    const page = readFileSync(join(ROOT, 'docs/hosts.md'), 'utf8')
    const shown = [...page.matchAll(/^```yaml\n(kind: hosts\n.*?)^```$/gms)].map(([, text = '']) => text)
    expect(shown.length).toBeGreaterThan(1)
    for (const text of shown)
      expect(parseHosts(parse(text) as Record<string, unknown>, NEW).problems).toEqual([])
  })
})

describe('steps of hosts', () => {
  it.each([
    ['10%, 50%, 100%', 1, [100]],
    ['10%, 50%, 100%', 2, [50, 100]],
    ['10%, 50%, 100%', 4, [25, 50, 100]],
    ['1%, 5%, 10%, 100%', 10, [10, 100]],
    ['10%, 99%, 100%', 3, [100 / 3, 200 / 3, 100]],
  ])('%s of %d', (text, count, percents) => {
    const steps = hostSteps(parseSteps(text).steps, count)
    expect(steps.map(({ percent }) => percent)).toEqual(percents.map((percent) => expect.closeTo(percent, 6)))
  })
})

describe('HostsAdapter', () => {
  const rig = (
    count = 4,
    more: Partial<HostsSettings> = {},
  ): { double: HostsDouble; adapter: HostsAdapter; log: KeptLog } => {
    const double = new HostsDouble(count)
    const log = new KeptLog()
    const settings: HostsSettings = { kind: 'hosts', hosts: double.hosts, image: NEW, batch: 1, ...more }
    return { double, log, adapter: new HostsAdapter(settings, double.ssh, log) }
  }

  it.each([
    [0, 0],
    [0.1, 1],
    [10, 1],
    [25, 1],
    [26, 2],
    [75, 3],
    [99, 3],
    [100, 4],
  ])('gives %d %% to %d of four hosts: at least one, all only at 100 %%', async (percent, count) => {
    const { double, adapter } = rig()
    await adapter.deploy(signal)
    await adapter.set(percent, signal)
    expect(double.running).toEqual(double.hosts.map((_, index) => (index < count ? NEW : OLD)))
    expect(await adapter.get(signal)).toMatchObject({ percent: 25 * count, settled: true })
  })

  it('updates in order, a batch at a time, and asks no later batch when one was refused', async () => {
    const { double, adapter } = rig(5, { batch: 2 })
    await adapter.deploy(signal)
    double.break('update', 2, { code: ENDS.refused, stdout: 'panic: no table' })
    const error = await thrown(adapter.set(100, signal))
    expect([error.kind, error.log]).toEqual(['gate', 'panic: no table'])
    const updates = double.acts.filter((act) => act.startsWith('update'))
    expect(updates).toEqual(['update 0', 'update 1', 'update 2', 'update 3'])
    await adapter.reset(signal)
    expect(double.running).toEqual(Array(5).fill(OLD))
  })

  it('goes back on all that can be reached and names the one that cannot, until it can', async () => {
    const { double, adapter } = rig()
    await adapter.deploy(signal)
    await adapter.set(75, signal)
    double.away.add(1)
    const error = await thrown(adapter.reset(signal))
    expect(error.kind).toBe('environment')
    expect(error.problems[0]).toMatchObject({
      code: 'hosts-not-back',
      where: 'deploy@web-1',
      cause: '3 of 4 hosts are back',
    })
    expect(double.running).toEqual([OLD, NEW, OLD, OLD])
    // What nobody has seen is not called old.
    expect(await adapter.get(signal)).toMatchObject({
      percent: 0,
      settled: false,
      detail: expect.stringContaining('not reached'),
    })
    double.mend()
    await adapter.reset(signal)
    expect(double.running).toEqual(Array(4).fill(OLD))
  })

  it('lowers a part although a host that stays old is away; the read-back tells', async () => {
    const { double, adapter, log } = rig()
    await adapter.deploy(signal)
    await adapter.set(50, signal)
    double.away.add(3)
    await adapter.set(25, signal)
    expect(double.running).toEqual([NEW, OLD, OLD, OLD])
    expect(log.warnings.join()).toContain('deploy@web-3')
    expect((await adapter.get(signal)).settled).toBe(false)
    // And may go up again: its note was made anew.
    double.mend()
    await adapter.set(50, signal)
    expect(double.running).toEqual([NEW, NEW, OLD, OLD])
  })

  it('is not settled while a host is sick, or runs a third version', async () => {
    const { double, adapter } = rig(2)
    await adapter.deploy(signal)
    double.health[0] = 'unhealthy'
    expect(await adapter.get(signal)).toMatchObject({
      settled: false,
      detail: expect.stringContaining('unhealthy'),
    })
    double.health[0] = 'healthy'
    double.running[1] = OLD.replace(/1/g, '3')
    expect(await adapter.get(signal)).toMatchObject({
      settled: false,
      detail: expect.stringContaining('neither'),
    })
  })

  it('refuses to begin where there is nothing to go back to, or nothing new', async () => {
    const { double, adapter } = rig(4)
    double.running[0] = NEW
    double.running[1] = undefined
    double.health[2] = 'unhealthy'
    const error = await thrown(adapter.check(signal))
    expect([error.kind, ...error.problems.map(({ code, where }) => `${code} ${where ?? ''}`)]).toEqual([
      'gate',
      'hosts-already-new deploy@web-0',
      'hosts-nothing-old deploy@web-1',
      'hosts-nothing-old deploy@web-2',
    ])
  })

  it('finds an earlier release that was left', () => {
    const third = OLD.replace(/1/g, '3')
    const state = {
      engine: '28',
      containers: [
        {
          id: 'c',
          image: 'i',
          ref: third,
          status: 'running',
          restarts: 0,
          health: 'healthy',
          digests: [third],
        },
      ],
      kept: { new: third, old: OLD },
    }
    expect(unfitFor(state, NEW, 'web').map(({ code }) => code)).toEqual(['hosts-unfinished'])
    expect(unfitFor({ ...state, kept: { new: OLD, old: third } }, NEW, 'web')).toEqual([])
  })

  it('gives each host its own timer, with its own way back', () => {
    const { settings } = parseHosts({ ...minimal, 'dead-man': '5m' }, NEW)
    if (settings === undefined) throw new Error('no settings')
    expect(settings.deadManMs).toBe(300_000)
    const timers = hostsDeadMan(settings)
    expect(timers.map(({ target, folder }) => `${target.host}:${folder}`)).toEqual([
      'web-1:/srv/shop/.gip/web.dead-man',
      'web-2:/srv/shop/.gip/web.dead-man',
    ])
    for (const { back } of timers) expect(back).toContain("cd '/srv/shop'")
  })
})
