import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { systemClock } from '../../src/base/clock.ts'
import { gateError, PipelineError } from '../../src/base/errors.ts'
import type { Finished } from '../../src/base/exec.ts'
import { ComposeService } from '../../src/deploy/compose.ts'
import type { ServiceSettings } from '../../src/deploy/compose-sh.ts'
import { versionOf } from '../../src/deploy/compose-state.ts'
import { deployToHosts } from '../../src/deploy/hosts.ts'
import type { RemoteCommand, Ssh, SshSettings } from '../../src/deploy/ssh.ts'
import { HostsAdapter, hostsDeadMan } from '../../src/gray/adapters/hosts.ts'
import { hostSteps, parseHosts } from '../../src/gray/adapters/hosts-settings.ts'
import { DeadMan, withDeadMan } from '../../src/gray/dead-man.ts'
import { parseSteps } from '../../src/gray/plan.ts'
import type { StoredRelease } from '../../src/gray/ports.ts'
import { newRelease } from '../../src/gray/record.ts'
import { SshStateStore } from '../../src/gray/store-ssh.ts'
import { type GrayRig, startGrayRig } from '../support/gray-rig.ts'
import { describeWithRig, run } from '../support/rig.ts'
import {
  composeFile,
  composeIn,
  pushImages,
  type SshHost,
  sshTo,
  startHosts,
  type TestSsh,
} from '../support/ssh-host.ts'

const signal = new AbortController().signal
const thrown = async (work: Promise<unknown>): Promise<PipelineError> => {
  try {
    await work
  } catch (error) {
    if (error instanceof PipelineError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
const codeOf = async (work: Promise<unknown>): Promise<string | undefined> =>
  (await thrown(work)).problems[0]?.code
/** A release over these hosts, not yet begun. */
const sampleRelease = (texts: readonly string[]): StoredRelease =>
  newRelease(
    {
      id: 'r-1',
      environment: 'production',
      old: 'one',
      new: 'two',
      planHash: 'hash',
      adapter: { kind: 'hosts', hosts: texts },
      plan: {
        steps: [
          { percent: 50, observeMs: 60_000, hold: false },
          { percent: 100, observeMs: 60_000, hold: false },
        ],
        warmUpMs: 0,
        bakeMs: 0,
        intervalMs: 1000,
        maxExtends: 1,
        endPolicy: 'rollback',
        maxErrors: 1,
        maxTries: 3,
      },
    },
    1_000_000,
  )
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  const end = Date.now() + 60_000
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${holds.toString()}`)
    await systemClock.sleep(300)
  }
}
const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

describeWithRig('compose hosts over SSH', () => {
  let rig: GrayRig
  let hosts: SshHost[]
  let connection: TestSsh
  let images: { one: string; two: string; sick: string; ends: string; slow: string }
  const suffix = process.pid.toString(36)

  beforeAll(async () => {
    rig = await startGrayRig()
    hosts = await startHosts(rig, ['h0', 'h1', 'h2'])
    const [one = '', two = '', sick = '', ends = '', slow = ''] = await pushImages(`gray/app-${suffix}`, [
      { version: '1' },
      { version: '2' },
      { version: '3', fault: 'sick' },
      { version: '4', fault: 'exit' },
      { version: '5', fault: 'slow' },
    ])
    images = { one, two, sick, ends, slow }
    connection = await sshTo(hosts)
  }, 240_000)

  afterAll(async () => {
    for (const host of hosts) {
      await composeIn(host.folder, 'down', '-v', '--remove-orphans').catch(() => undefined)
      await host.line.close()
    }
    await connection.dispose()
    await rig.stop()
    for (const image of Object.values(images)) await run(['docker', 'image', 'rm', '-f', image])
  }, 120_000)

  const hostAt = (index: number): SshHost => {
    const host = hosts[index]
    if (host === undefined) throw new Error(`no host ${index}`)
    return host
  }
  const settingsOf = (host: SshHost, more: Partial<ServiceSettings> = {}): ServiceSettings => ({
    folder: host.folder,
    service: 'web',
    waitSeconds: 20,
    stableSeconds: 2,
    ...more,
  })
  /** A fresh project that runs `image`, given by tag as people write it. */
  const project = async (
    index: number,
    name: string,
    image: string,
    more: { health?: boolean; file?: string } = {},
  ): Promise<ComposeService> => {
    const host = hostAt(index)
    await composeIn(host.folder, 'down', '--remove-orphans').catch(() => undefined)
    await run(['rm', '-rf', join(host.folder, '.gip'), join(host.folder, '.env')])
    const text =
      more.file ??
      composeFile({
        project: `${name}-${suffix}`,
        image,
        ...(more.health === undefined ? {} : { health: more.health }),
      })
    await writeFile(join(host.folder, 'compose.yaml'), text)
    return new ComposeService(connection.ssh, { target: host.target, os: 'linux', service: settingsOf(host) })
  }
  const up = async (index: number): Promise<void> => {
    await composeIn(hostAt(index).folder, 'up', '-d', '--wait', 'web')
  }
  const detail = async (service: ComposeService, image: string): Promise<string> =>
    versionOf(await service.inspect(signal), image).detail

  it('takes a service from one digest to another and back, and leaves its neighbours alone', async () => {
    const tag = images.one.replace(/@.*/, ':1')
    const service = await project(0, 'plain', tag)
    await up(0)
    const other = await composeIn(hostAt(0).folder, 'ps', '-q', 'other')
    const { facts, problems } = await service.preflight(signal)
    expect(problems).toEqual([])
    expect(facts.platform).toBe('linux/amd64')

    const prepared = await service.prepare(images.two, signal)
    expect(prepared.kept).toEqual({ new: images.two, old: images.one })
    expect(versionOf(prepared, images.two)).toMatchObject({ version: 'old', healthy: true })

    const updated = await service.update(images.two, signal)
    expect(versionOf(updated, images.two)).toMatchObject({ version: 'new', healthy: true })
    expect(updated.containers.map(({ ref }) => ref)).toEqual([images.two])
    // Once more: nothing is started anew, and the note of the old one stays.
    const [before] = updated.containers
    const again = await service.update(images.two, signal)
    expect(again.containers[0]?.id).toBe(before?.id)
    expect((await service.prepare(images.two, signal)).kept?.old).toBe(images.one)

    const back = await service.back(signal)
    expect(versionOf(back, images.two)).toMatchObject({ version: 'old', healthy: true })
    expect(versionOf(back, images.one).version).toBe('new')
    expect(back.kept).toBeUndefined()
    expect(await composeIn(hostAt(0).folder, 'ps', '-q', 'other')).toBe(other)
    // A command that arrives late finds its release taken back.
    expect(await codeOf(service.update(images.two, signal))).toBe('compose-fenced')
    expect(await detail(service, images.two)).toBe('old')
  }, 120_000)

  it('puts the old version back by itself when the new one is unhealthy, with the log of the service', async () => {
    const service = await project(0, 'sick', images.one)
    await up(0)
    await service.prepare(images.sick, signal)
    const error = await thrown(service.update(images.sick, signal))
    expect(error.kind).toBe('gate')
    expect(error.problems[0]?.code).toBe('compose-refused')
    expect(error.log).toContain('the database is away')
    expect(error.log).toContain('unhealthy')
    expect(await detail(service, images.sick)).toBe('old')
    expect(await readFile(join(hostAt(0).folder, '.gip/web.failed.log'), 'utf8')).toContain(
      'the database is away',
    )
  }, 120_000)

  it('notices without a health check that the service ends after its start', async () => {
    const service = await project(0, 'ends', images.one, { health: false })
    await up(0)
    await service.prepare(images.ends, signal)
    const error = await thrown(service.update(images.ends, signal))
    expect([error.problems[0]?.code, error.log]).toEqual([
      'compose-refused',
      expect.stringContaining('no such table'),
    ])
    expect(await detail(service, images.ends)).toBe('old')
  }, 120_000)

  it('finalises: the note and the kept image go, the next release begins from here', async () => {
    const service = await project(0, 'final', images.one)
    await up(0)
    await service.prepare(images.two, signal)
    const kept = `gip-kept/final-${suffix}-web`
    const named = async (): Promise<string> =>
      (await run(['docker', 'image', 'ls', '-q', kept])).stdout.trim()
    expect(await named()).not.toBe('')
    await service.update(images.two, signal)
    const done = await service.finalise(images.two, signal)
    expect(done.kept).toBeUndefined()
    expect(versionOf(done, images.two)).toMatchObject({ version: 'new', healthy: true })
    expect(await named()).toBe('')
    // Nothing is noted: the way back has nothing to do.
    expect(versionOf(await service.back(signal), images.two).version).toBe('new')
    expect((await service.prepare(images.one, signal)).kept?.old).toBe(images.two)
    await service.back(signal)
  }, 120_000)

  it('writes a variable of .env and keeps the other lines, the order and the mode', async () => {
    const host = hostAt(1)
    const file = composeFile({ project: `variable-${suffix}`, image: '${APP_IMAGE:?}', other: images.one })
    await project(1, 'variable', images.one, { file })
    const env = join(host.folder, '.env')
    await writeFile(env, `# ours\nSECRET='a\\b$c'\nAPP_IMAGE=${images.one}\nLAST=1\n`, { mode: 0o640 })
    await up(1)
    const service = new ComposeService(connection.ssh, {
      target: host.target,
      os: 'linux',
      service: settingsOf(host, { variable: 'APP_IMAGE' }),
    })
    expect((await service.preflight(signal)).problems).toEqual([])
    await service.prepare(images.two, signal)
    await service.update(images.two, signal)
    expect(await readFile(env, 'utf8')).toBe(`# ours\nSECRET='a\\b$c'\nAPP_IMAGE=${images.two}\nLAST=1\n`)
    // What people type there does the same as we do.
    await composeIn(host.folder, 'up', '-d', '--no-deps', 'web')
    expect(await detail(service, images.two)).toBe('new')
    await service.back(signal)
    expect(await readFile(env, 'utf8')).toBe(`# ours\nSECRET='a\\b$c'\nAPP_IMAGE=${images.one}\nLAST=1\n`)
    expect(await exists(join(host.folder, '.gip/web.yaml'))).toBe(false)
    const mode = (await run(['stat', '-c', '%a', env])).stdout.trim()
    expect(mode).toBe('640')
  }, 120_000)

  it('ends an update that still runs when the way back is asked for', async () => {
    const service = await project(1, 'race', images.one)
    await up(1)
    await service.prepare(images.sick, signal)
    const stop = new AbortController()
    const updating = thrown(service.update(images.sick, stop.signal)).catch((error: unknown) => error)
    // The sick version is up and waited for: 20 s unless somebody ends it.
    for (;;) {
      const state = await service.inspect(signal)
      if (state.containers.some(({ ref }) => ref === images.sick)) break
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    stop.abort(new Error('cancelled'))
    const back = await service.back(signal)
    expect(versionOf(back, images.sick)).toMatchObject({ version: 'old', healthy: true })
    await updating
    expect(await codeOf(service.update(images.sick, signal))).toBe('compose-fenced')
  }, 120_000)

  const three = async (name: string, image: string): Promise<void> => {
    for (const index of [0, 1, 2]) await project(index, `${name}${index}`, image)
    for (const index of [0, 1, 2]) await up(index)
  }
  const adapterFor = (image: string, more: Record<string, unknown> = {}): HostsAdapter => {
    const { settings, problems } = parseHosts({
      kind: 'hosts',
      hosts: hosts.map(({ text, folder }) => ({ host: text, folder })),
      service: 'web',
      image,
      wait: '20s',
      stable: '2s',
      ...more,
    })
    expect(problems).toEqual([])
    if (settings === undefined) throw new Error('no settings')
    return new HostsAdapter(settings, connection.ssh, connection.log)
  }

  it('releases to a part of the hosts, goes on after an unreachable one came back, and finalises', async () => {
    await three('good', images.one)
    const adapter = adapterFor(images.two)
    await adapter.check(signal)
    await adapter.deploy(signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: 0, settled: true })
    const [first, second, third] = hostSteps(parseSteps('10% 1m, 50% 1m, 100% 1m').steps, 3)
    await adapter.set(first?.percent ?? 0, signal)
    const one = await adapter.get(signal)
    expect(one).toMatchObject({ percent: first?.percent, settled: true })
    expect(one.detail).toBe(`new: ${hostAt(0).text}; old: ${hostAt(1).text}, ${hostAt(2).text}`)

    hostAt(1).line.cut()
    const error = await thrown(adapter.set(second?.percent ?? 0, signal))
    expect(error.kind).toBe('environment')
    expect(error.problems.map(({ where }) => where)).toEqual([hostAt(1).text])
    const blind = await adapter.get(signal)
    expect(blind.settled).toBe(false)
    expect(blind.detail).toContain(`: ${hostAt(1).text}`)
    expect(blind.detail).toContain('not reached')

    hostAt(1).line.join()
    await adapter.set(second?.percent ?? 0, signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: second?.percent, settled: true })
    await adapter.set(third?.percent ?? 0, signal)
    await adapter.finalise(signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: 100, settled: true })
    const again = await thrown(adapter.check(signal))
    expect(again.problems.map(({ code }) => code)).toEqual(Array(3).fill('hosts-already-new'))
  }, 240_000)

  it('puts every reachable host back, names the others, and never calls the whole old before it is', async () => {
    await three('bad', images.one)
    const adapter = adapterFor(images.two, { batch: 3 })
    await adapter.deploy(signal)
    await adapter.set(hostSteps(parseSteps('50%, 100%').steps, 3)[0]?.percent ?? 0, signal)
    expect(await adapter.get(signal)).toMatchObject({ settled: true, percent: (100 * 2) / 3 })
    // The second host has the new version and is away.
    hostAt(1).line.cut()
    const error = await thrown(adapter.reset(signal))
    expect(error.kind).toBe('environment')
    expect(error.problems[0]).toMatchObject({ code: 'hosts-not-back', where: hostAt(1).text })
    const state = await adapter.get(signal)
    expect(state).toMatchObject({ percent: 0, settled: false })
    expect(state.detail).toContain(`old: ${hostAt(0).text}, ${hostAt(2).text}`)
    hostAt(1).line.join()
    expect((await adapter.get(signal)).percent).toBeCloseTo(100 / 3)
    await adapter.reset(signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: 0, settled: true })
    await adapter.reset(signal)
  }, 240_000)

  it('stops at the host that refuses the new version; that host is old again by itself', async () => {
    await three('refuse', images.one)
    const adapter = adapterFor(images.sick)
    await adapter.deploy(signal)
    const error = await thrown(adapter.set(100, signal))
    expect(error.kind).toBe('gate')
    expect(error.problems.map(({ code, where }) => [code, where])).toEqual([
      ['compose-refused', hostAt(0).text],
    ])
    expect(error.log).toContain('the database is away')
    expect(await adapter.get(signal)).toMatchObject({ percent: 0, settled: true })
    await adapter.reset(signal)
  }, 240_000)

  it('deploys to all hosts, or to none: the batch that is refused takes the earlier ones back', async () => {
    await three('deploy', images.one)
    const services = hosts.map(
      (host) =>
        new ComposeService(connection.ssh, { target: host.target, os: 'linux', service: settingsOf(host) }),
    )
    const deployed = await deployToHosts({
      hosts: services,
      image: images.two,
      batch: 2,
      log: connection.log,
      signal,
    })
    expect(deployed).toEqual(hosts.map(({ text }) => ({ host: text, before: images.one, changed: true })))
    // From outside it looks healthy to compose, and still somebody says no after the second batch.
    let batches = 0
    const error = await thrown(
      deployToHosts({
        hosts: services,
        image: images.slow,
        batch: 2,
        log: connection.log,
        signal,
        healthy: () =>
          ++batches === 2 ? Promise.reject(gateError({ code: 'asked', what: 'no' })) : Promise.resolve(),
      }),
    )
    expect(error.problems.map(({ code }) => code)).toEqual(['asked'])
    for (const service of services) expect(await detail(service, images.two)).toBe('new')
  }, 240_000)

  it('fires the dead-man timer when the engine is gone: the old version is back and the state says so', async () => {
    await three('dead', images.one)
    const { settings } = parseHosts({
      kind: 'hosts',
      hosts: hosts.slice(0, 2).map(({ text, folder }) => ({ host: text, folder })),
      service: 'web',
      image: images.two,
      wait: '20s',
      'dead-man': '6s',
    })
    if (settings === undefined) throw new Error('no settings')
    const gone = await sshTo(hosts)
    const adapter = new HostsAdapter(settings, gone.ssh, gone.log)
    const [timer] = hostsDeadMan(settings)
    const path = join(hostAt(0).folder, '.gip/production.json')
    const open = (ssh: Ssh): SshStateStore =>
      new SshStateStore(ssh, hostAt(0).target, path, { deadMan: timer?.folder ?? '' })
    const store = withDeadMan(open(gone.ssh), new DeadMan(gone.ssh, hostsDeadMan(settings)), {
      clock: systemClock,
      log: gone.log,
      silenceMs: settings.deadManMs ?? 0,
    })
    const release = {
      ...sampleRelease(hosts.slice(0, 2).map(({ text }) => text)),
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
    let revision = await store.write(touched(0), undefined, signal)
    await adapter.deploy(signal)
    revision = await store.write(touched(50), revision, signal)
    expect(revision).toBeDefined()
    const beat = setInterval(
      () => void store.write(touched(50), revision, signal).catch(() => undefined),
      1500,
    )
    await adapter.set(50, signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: 50, settled: true })
    // Renewed for longer than its silence: it has not gone off.
    await systemClock.sleep(8000)
    expect(await adapter.get(signal)).toMatchObject({ percent: 50, settled: true })
    clearInterval(beat)
    await gone.dispose()

    const after = new HostsAdapter(settings, connection.ssh, connection.log)
    const later = open(connection.ssh)
    await until(async () => (await later.read(signal))?.release.state.phase === 'aborting')
    await until(async () => (await after.get(signal)).percent === 0 && (await after.get(signal)).settled)
    await until(() => exists(join(timer?.folder ?? '', 'fired')))
    const stored = await later.read(signal)
    expect(stored?.release.lease).toBeNull()
    expect(stored?.release.state.reason).toContain('dead-man timer')
    // The engine that comes back is refused, and whoever takes over goes on from here.
    expect(await later.write(touched(50), revision, signal)).toBeUndefined()
    expect(await later.write(release, stored?.revision, signal)).toMatch(/^[0-9a-f]{64}$/)
    expect((await later.read(signal))?.release.state.phase).toBe('idle')
  }, 240_000)

  it('lets one of two racing stores win each time', async () => {
    const other = await sshTo(hosts)
    try {
      const path = join(hostAt(2).folder, 'race/state.json')
      const [a, b] = [connection.ssh, other.ssh].map(
        (ssh) => new SshStateStore(ssh, hostAt(2).target, path),
      ) as [SshStateStore, SshStateStore]
      const release = sampleRelease(['x@y'])
      let revision = await a.write(release, undefined, signal)
      expect(await b.write({ ...release, id: 'late' }, undefined, signal)).toBeUndefined()
      for (let round = 0; round < 8; round++) {
        const tries = [a, b].map((store, index) =>
          store.write({ ...release, lease: { owner: `${index}-${round}`, expires: 1 } }, revision, signal),
        )
        const won = (await Promise.all(tries)).filter((answer) => answer !== undefined)
        expect(won).toHaveLength(1)
        revision = won[0]
        expect((await b.read(signal))?.revision).toBe(revision)
      }
    } finally {
      await other.dispose()
    }
  }, 120_000)
})

describeWithRig('ssh to a real server', () => {
  let rig: GrayRig
  let hosts: SshHost[]
  beforeAll(async () => {
    rig = await startGrayRig()
    hosts = await startHosts(rig, ['a', 'b'])
  }, 60_000)
  afterAll(async () => {
    for (const host of hosts) await host.line.close()
    await rig.stop()
  })
  const first = (): SshHost => hosts[0] as SshHost
  const second = (): SshHost => hosts[1] as SshHost
  const script = (
    connection: TestSsh,
    text: string,
    host = first(),
    more: Partial<RemoteCommand> = {},
  ): Promise<Finished> =>
    connection.ssh.run(host.target, { what: 'a test', script: text, timeoutMs: 20_000, signal, ...more })
  const using = async <T>(
    settings: Partial<SshSettings>,
    work: (connection: TestSsh) => Promise<T>,
  ): Promise<T> => {
    const connection = await sshTo(hosts, settings)
    try {
      return await work(connection)
    } finally {
      await connection.dispose()
    }
  }

  it('runs scripts over one shared connection, with exit codes and streams kept apart', async () => {
    await using({}, async (connection) => {
      const before = first().line.connections
      const done = await script(connection, 'echo out; echo err >&2; cat; exit 255')
      expect([done.code, done.stdout, done.stderr]).toEqual([255, 'out\n', 'err'])
      for (const code of [0, 1, 42]) expect((await script(connection, `exit ${code}`)).code).toBe(code)
      expect(first().line.connections - before).toBe(1)
      expect((await script(connection, 'exit', first())).code).toBe(0)
      const argv = await script(
        connection,
        'tr "\\0" " " </proc/$PPID/cmdline; cat /proc/self/environ | tr "\\0" "\\n" | grep -c SSH_AUTH_SOCK || :',
      )
      expect(argv.stdout).not.toContain('SSH_AUTH')
    })
  })

  it('refuses a changed host key, finally, without sending anything', async () => {
    const wrong = second().knownHosts.replace(/:\d+/, `:${first().target.port}`)
    await using({ knownHosts: wrong + second().knownHosts }, async (connection) => {
      const error = await thrown(script(connection, 'echo never'))
      expect([error.kind, error.problems[0]?.code]).toEqual(['gate', 'ssh-host-key-changed'])
      expect(connection.counter.list()).toEqual([])
    })
  })

  it('refuses hosts without a known key before it connects, and believes an unknown one only when asked to', async () => {
    expect(await codeOf(sshTo(hosts, { knownHosts: first().knownHosts }))).toBe('ssh-host-key-unknown')
    await using({ knownHosts: '', hostKeys: 'accept-new' }, async (connection) => {
      expect((await script(connection, 'echo in')).stdout).toBe('in\n')
    })
  })

  it('says denied for a key nobody knows, and does not try again', async () => {
    await using({ identity: { kind: 'key', text: second().key } }, async (connection) => {
      const error = await thrown(script(connection, 'true'))
      expect([error.kind, error.problems[0]?.code]).toEqual(['input', 'ssh-denied'])
      expect(connection.counter.list()).toEqual([])
    })
  })

  it('tries a host that is away again, and tells a broken command from one that never began', async () => {
    await using({}, async (connection) => {
      first().line.cut()
      setTimeout(() => first().line.join(), 500)
      expect((await script(connection, 'echo back')).stdout).toBe('back\n')
      expect(connection.counter.list()[0]?.count).toBeGreaterThan(0)
      const cut = script(connection, 'echo begun; sleep 20', first(), {
        attempts: 1,
        onLine: () => first().line.cut(),
      })
      expect(await codeOf(cut)).toBe('ssh-lost')
      first().line.join()
    })
  })

  it('bounds a command and a host that never answers', async () => {
    await using({ connectSeconds: 2 }, async (connection) => {
      const slow = await thrown(script(connection, 'sleep 60', first(), { timeoutMs: 500 }))
      expect(slow.problems[0]).toMatchObject({ code: 'ssh-timeout', where: first().text })
      second().line.silence()
      const silent = await thrown(script(connection, 'true', second(), { attempts: 1 }))
      expect(silent.problems[0]?.code).toBe('ssh-unreachable')
      second().line.join()
    })
  })

  it('stops at once when it is cancelled, and the shared connection lives on', async () => {
    await using({}, async (connection) => {
      await script(connection, 'true')
      const before = first().line.connections
      const stop = new AbortController()
      const running = script(connection, 'echo begun; sleep 60', first(), {
        signal: stop.signal,
        onLine: () => stop.abort(new Error('cancelled by a person')),
      })
      await expect(running).rejects.toThrow('cancelled by a person')
      expect((await script(connection, 'echo here')).stdout).toBe('here\n')
      expect(first().line.connections).toBe(before)
    })
  })

  it('goes through a jump host, whose key is checked too', async () => {
    await using({ targets: [second().target], jump: first().target }, async (connection) => {
      const before = first().line.connections
      expect((await script(connection, 'echo through', second())).stdout).toBe('through\n')
      expect(first().line.connections - before).toBe(1)
    })
    const wrong = second().knownHosts.replace(/:\d+/, `:${first().target.port}`)
    await using(
      { targets: [second().target], jump: first().target, knownHosts: wrong + second().knownHosts },
      async (connection) => {
        expect(await codeOf(script(connection, 'true', second()))).toBe('ssh-host-key-changed')
      },
    )
  })

  it('leaves neither keys nor connections behind', async () => {
    const connection = await sshTo(hosts)
    await script(connection, 'true')
    const [folder = ''] = connection.temp.folders
    const mode = (await run(['stat', '-c', '%a %n', join(folder, 'key'), folder])).stdout
    expect(mode).toBe(`600 ${join(folder, 'key')}\n700 ${folder}\n`)
    await connection.dispose()
    expect(await exists(folder)).toBe(false)
    expect((await run(['pgrep', '-f', folder])).stdout).toBe('')
  })
})
