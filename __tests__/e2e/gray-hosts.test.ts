import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { versionOf } from '../../src/deploy/compose-state.ts'
import { describeWithRig, run, until } from '../support/rig.ts'
import { codeOf, detailOf, exists, Fleet, thrown } from '../support/ssh-fleet.ts'
import { composeFile, composeIn } from '../support/ssh-host.ts'

const signal = new AbortController().signal

describeWithRig('a compose service on a host, over SSH', () => {
  let fleet: Fleet<'one' | 'two' | 'sick' | 'ends'>
  beforeAll(async () => {
    fleet = await Fleet.start(2, {
      one: { version: '1' },
      two: { version: '2' },
      sick: { version: '3', fault: 'sick' },
      ends: { version: '4', fault: 'exit' },
    })
  })
  afterAll(() => fleet.stop())

  it('takes a service from one digest to another and back, and leaves its neighbours alone', async () => {
    const tag = fleet.images.one.replace(/@.*/, ':1')
    const service = await fleet.project(0, tag, { neighbour: true })
    await fleet.up(0)
    const other = await composeIn(fleet.host(0).folder, 'ps', '-q', 'other')
    const { facts, problems } = await service.preflight(signal)
    expect(problems).toEqual([])
    expect(facts.platform).toBe('linux/amd64')

    const prepared = await service.prepare(fleet.images.two, signal)
    expect(prepared.kept).toEqual({ new: fleet.images.two, old: fleet.images.one })
    expect(versionOf(prepared, fleet.images.two)).toMatchObject({ version: 'old', healthy: true })

    const updated = await service.update(fleet.images.two, signal)
    expect(versionOf(updated, fleet.images.two)).toMatchObject({ version: 'new', healthy: true })
    expect(updated.containers.map(({ ref }) => ref)).toEqual([fleet.images.two])
    // Once more: nothing is started anew, and the note of the old one stays.
    const [before] = updated.containers
    const again = await service.update(fleet.images.two, signal)
    expect(again.containers[0]?.id).toBe(before?.id)
    expect((await service.prepare(fleet.images.two, signal)).kept?.old).toBe(fleet.images.one)

    const back = await service.back(signal)
    expect(versionOf(back, fleet.images.two)).toMatchObject({ version: 'old', healthy: true })
    expect(versionOf(back, fleet.images.one).version).toBe('new')
    expect(back.kept).toBeUndefined()
    expect(await composeIn(fleet.host(0).folder, 'ps', '-q', 'other')).toBe(other)
    // A command that arrives late finds its release taken back.
    expect(await codeOf(service.update(fleet.images.two, signal))).toBe('compose-fenced')
    expect(await detailOf(service, fleet.images.two)).toBe('old')
  })

  it('puts the old version back by itself when the new one is unhealthy, with the log of the service', async () => {
    const service = await fleet.project(0, fleet.images.one)
    await fleet.up(0)
    await service.prepare(fleet.images.sick, signal)
    const error = await thrown(service.update(fleet.images.sick, signal))
    expect(error.kind).toBe('gate')
    expect(error.problems[0]?.code).toBe('compose-refused')
    expect(error.log).toContain('the database is away')
    expect(error.log).toContain('unhealthy')
    expect(await detailOf(service, fleet.images.sick)).toBe('old')
    expect(await readFile(join(fleet.host(0).folder, '.gip/web.failed.log'), 'utf8')).toContain(
      'the database is away',
    )
  })

  it('notices without a health check that the service ends after its start', async () => {
    const service = await fleet.project(0, fleet.images.one, { health: false })
    await fleet.up(0)
    await service.prepare(fleet.images.ends, signal)
    const error = await thrown(service.update(fleet.images.ends, signal))
    expect([error.problems[0]?.code, error.log]).toEqual([
      'compose-refused',
      expect.stringContaining('no such table'),
    ])
    expect(await detailOf(service, fleet.images.ends)).toBe('old')
  })

  it('finalises: the note and the kept image go, the next release begins from here', async () => {
    const service = await fleet.project(0, fleet.images.one)
    await fleet.up(0)
    await service.prepare(fleet.images.two, signal)
    const kept = `gip-kept/p0-${fleet.suffix}-web`
    const named = async (): Promise<string> =>
      (await run(['docker', 'image', 'ls', '-q', kept])).stdout.trim()
    expect(await named()).not.toBe('')
    await service.update(fleet.images.two, signal)
    const done = await service.finalise(fleet.images.two, signal)
    expect(done.kept).toBeUndefined()
    expect(versionOf(done, fleet.images.two)).toMatchObject({ version: 'new', healthy: true })
    expect(await named()).toBe('')
    // Nothing is noted: the way back has nothing to do.
    expect(versionOf(await service.back(signal), fleet.images.two).version).toBe('new')
    expect((await service.prepare(fleet.images.one, signal)).kept?.old).toBe(fleet.images.two)
    await service.back(signal)
  })

  it('writes a variable of .env and keeps the other lines, the order and the mode', async () => {
    const host = fleet.host(1)
    const file = composeFile({ project: `p1-${fleet.suffix}`, image: '${APP_IMAGE:?}', neighbour: false })
    const service = await fleet.project(1, fleet.images.one, { file, variable: 'APP_IMAGE' })
    const env = join(host.folder, '.env')
    await writeFile(env, `# ours\nSECRET='a\\b$c'\nAPP_IMAGE=${fleet.images.one}\nLAST=1\n`, { mode: 0o640 })
    await fleet.up(1)
    expect((await service.preflight(signal)).problems).toEqual([])
    await service.prepare(fleet.images.two, signal)
    await service.update(fleet.images.two, signal)
    expect(await readFile(env, 'utf8')).toBe(
      `# ours\nSECRET='a\\b$c'\nAPP_IMAGE=${fleet.images.two}\nLAST=1\n`,
    )
    // What people type there does the same as we do.
    await composeIn(host.folder, 'up', '-d', '--no-deps', 'web')
    expect(await detailOf(service, fleet.images.two)).toBe('new')
    await service.back(signal)
    expect(await readFile(env, 'utf8')).toBe(
      `# ours\nSECRET='a\\b$c'\nAPP_IMAGE=${fleet.images.one}\nLAST=1\n`,
    )
    expect(await exists(join(host.folder, '.gip/web.yaml'))).toBe(false)
    const mode = (await run(['stat', '-c', '%a', env])).stdout.trim()
    expect(mode).toBe('640')
  })

  it('ends an update that still runs when the way back is asked for', async () => {
    // It does not become unhealthy by itself before it was seen.
    const file = composeFile({ project: `p1-${fleet.suffix}`, image: fleet.images.one, neighbour: false, retries: 1000 }) // prettier-ignore
    const service = await fleet.project(1, fleet.images.one, { file, waitSeconds: 600 })
    await fleet.up(1)
    await service.prepare(fleet.images.sick, signal)
    const stop = new AbortController()
    const updating = thrown(service.update(fleet.images.sick, stop.signal)).catch((error: unknown) => error)
    await until('the sick version to be up', async () =>
      (await service.inspect(signal)).containers.some(({ ref }) => ref === fleet.images.sick),
    )
    stop.abort(new Error('cancelled'))
    const back = await service.back(signal)
    expect(versionOf(back, fleet.images.sick)).toMatchObject({ version: 'old', healthy: true })
    await updating
    expect(await codeOf(service.update(fleet.images.sick, signal))).toBe('compose-fenced')
  })
})
