import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { PipelineError } from '../../src/base/errors.ts'
import { ComposeService } from '../../src/deploy/compose.ts'
import type { ServiceSettings } from '../../src/deploy/compose-sh.ts'
import { versionOf } from '../../src/deploy/compose-state.ts'
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
})
