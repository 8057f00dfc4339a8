import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { plant } from '../support/image-maker.ts'
import { type RegistryDouble, startRegistry } from '../support/registry-double.ts'
import { describeWithRig, rigUp } from '../support/rig.ts'
import { elf, stackedImage } from '../support/stacked-image.ts'
import { type Caller, callerOf } from '../support/stage-workflow.ts'

if (rigUp) jest.setTimeout(1_200_000)

// The image is replaced and started for real in e2e/base-refresh.test.ts; here the workflow's own wiring is proved.
describeWithRig('base-refresh.yml, called from another repository', () => {
  let caller: Caller
  let double: RegistryDouble

  beforeAll(async () => {
    caller = await callerOf('base-refresh')
    double = await startRegistry({})
  })
  afterAll(async () => {
    await caller.dispose()
    await double.close()
  })

  async function stale(name: string, program: Buffer): Promise<string> {
    const base = (text: string): Parameters<typeof stackedImage>[0] => [{ platform: 'linux/amd64', layers: [{ 'etc/motd': text }] }] // prettier-ignore
    const old = plant(double, 'lib/base', await stackedImage(base('one')), 'stable')
    const annotations = {
      'org.opencontainers.image.base.name': `${double.host}/lib/base:stable`,
      'org.opencontainers.image.base.digest': old,
    }
    const image = await stackedImage(
      [{ platform: 'linux/amd64', layers: [{ 'etc/motd': 'one' }, { 'app/x': program }], settings: { Entrypoint: ['/app/x'] }, history: ['base 0', 'go-image-pipeline'] }],
      { annotations },
    ) // prettier-ignore
    const before = plant(double, name, image, 'latest')
    plant(double, 'lib/base', await stackedImage(base('two')), 'stable')
    return before
  }

  it('replaces the base and moves the tag; its outputs cross to the next job', async () => {
    const before = await stale('acme/good', elf('x'))
    const done = await caller.run({ vars: { IMAGE: `${double.host}/acme/good:latest` } })
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    const after = double.tags()['acme/good:latest']
    expect(after).not.toBe(before)
    expect(double.tags()['acme/good:latest-previous']).toBe(before)
    expect(caller.outputs(done)).toMatchObject({ verdict: 'refreshed', images: `${double.host}/acme/good@${after ?? ''}` }) // prettier-ignore
  })

  it('stops where a build is needed, and no tag moves', async () => {
    const before = await stale('acme/cgo', elf('x', '/lib64/ld-linux-x86-64.so.2'))
    const done = await caller.run({ vars: { IMAGE: `${double.host}/acme/cgo:latest` } })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(/cannot change its base without a build.*linked dynamically/)
    expect(double.tags()['acme/cgo:latest']).toBe(before)
    expect(caller.outputs(done)).toBeUndefined()
  })
})
