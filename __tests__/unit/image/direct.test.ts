import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  addCounts,
  assembleManifests,
  type DirectRequest,
  joinManifests,
  NOTHING_PUSHED,
  pushDirect,
  pushManifests,
} from '../../../src/image/direct.ts'
import { zstdHere } from '../../../src/image/layers.ts'
import { RegistryClient } from '../../../src/registry/client.ts'
import { verifyImage } from '../../../src/registry/verify.ts'
import { testAct, type TestAct } from '../../support/registry-act.ts'
import { type RegistryDouble, startRegistry } from '../../support/registry-double.ts'

const AMD64 = { os: 'linux', arch: 'amd64' } as const
const ARM64 = { os: 'linux', arch: 'arm64' } as const

let folder: string
let registry: RegistryDouble
let act: TestAct
let client: RegistryClient
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gip-direct-'))
  registry = await startRegistry()
  act = testAct()
  client = new RegistryClient(act)
})
afterEach(async () => {
  await act.http.close()
  await registry.close()
  await rm(folder, { recursive: true, force: true })
})

/** Two platforms on scratch, each with a program that names it. */
async function request(more: Partial<DirectRequest> = {}, content = 'v1'): Promise<DirectRequest> {
  const platforms = await Promise.all(
    [AMD64, ARM64].map(async (platform) => {
      const rootfs = join(folder, `rootfs-${platform.arch}`)
      await mkdir(join(rootfs, 'app'), { recursive: true })
      await writeFile(join(rootfs, 'app/hello'), `${platform.arch} ${content}`)
      await chmod(join(rootfs, 'app/hello'), 0o555)
      return { platform, rootfs }
    }),
  )
  await mkdir(join(folder, 'work'), { recursive: true })
  return {
    platforms,
    config: { program: 'hello', user: '65532:65532' },
    labels: [['a', 'b']],
    annotations: [],
    epoch: 1_700_000_000,
    compression: 'gzip',
    work: join(folder, 'work'),
    ...more,
  }
}

describe('the direct engine', () => {
  it('sends everything once; the same image again costs one HEAD', async () => {
    const to = { registry: registry.host, repository: 'a/b' }
    const one = await request()
    const image = joinManifests(await assembleManifests(one, client, act), one.annotations)
    const first = await pushDirect(image, to, client, act)
    expect(first).toMatchObject({ uploaded: 4, unchanged: 0, manifests: 3 })
    const sizes = image.manifests.map((m) => m.bytes.length + m.config.length + m.layer.size)
    expect(first.bytes).toBe(sizes.reduce((sum, size) => sum + size, image.index?.length ?? 0))

    const before = registry.log.length
    const again = joinManifests(await assembleManifests(await request(), client, act), [])
    expect(again.digest).toBe(image.digest)
    expect(await pushDirect(again, to, client, act)).toEqual({
      ...NOTHING_PUSHED,
      unchanged: 3,
      manifests: 3,
    })
    expect(registry.log.slice(before).map(({ method, path }) => `${method} ${path}`)).toEqual([
      `HEAD /v2/a/b/manifests/${image.digest}`,
    ])
    expect(act.lines.some((line) => line.includes('unchanged'))).toBe(true)
    expect(registry.tags()).toEqual({})
  })

  it('sends only what differs when one platform is new', async () => {
    const to = { registry: registry.host, repository: 'a/b' }
    const whole = await request()
    const manifests = await assembleManifests(whole, client, act)
    await pushManifests(manifests.slice(0, 1), to, client, act)
    const counts = await pushDirect(joinManifests(manifests, []), to, client, act)
    expect(counts).toMatchObject({ uploaded: 2, unchanged: 1, manifests: 3 })
  })

  it('gives the image that a registry and an independent reader take', async () => {
    const to = { registry: registry.host, repository: 'a/b' }
    const image = joinManifests(await assembleManifests(await request(), client, act), [])
    await pushDirect(image, to, client, act)
    const report = await verifyImage({ ...to, digest: image.digest }, { platforms: [AMD64, ARM64] }, client, {
      level: 'full',
      signal: act.signal,
    })
    expect(report).toMatchObject({ ok: true })
  })

  const zstd = zstdHere() ? it : it.skip
  zstd('packs zstd layers with the same contents, and says so', async () => {
    const to = { registry: registry.host, repository: 'a/z' }
    const [gzip, packed] = [
      await assembleManifests(await request(), client, act),
      await assembleManifests(await request({ compression: 'zstd' }), client, act),
    ]
    expect(packed.map((one) => one.layer.diffId)).toEqual(gzip.map((one) => one.layer.diffId))
    expect(packed.map((one) => one.configDigest)).toEqual(gzip.map((one) => one.configDigest))
    expect(packed[0]?.layer.mediaType).toBe('application/vnd.oci.image.layer.v1.tar+zstd')
    const image = joinManifests(packed, [])
    await pushDirect(image, to, client, act)
    const report = await verifyImage({ ...to, digest: image.digest }, { platforms: [AMD64, ARM64] }, client, {
      level: 'full',
      signal: act.signal,
    })
    expect(report).toMatchObject({ ok: true })
  })

  it('counts add up', () => {
    const one = { exists: 1, mounted: 2, uploaded: 3, bytes: 4, unchanged: 5, manifests: 6 }
    expect(addCounts(one, one)).toEqual({
      exists: 2,
      mounted: 4,
      uploaded: 6,
      bytes: 8,
      unchanged: 10,
      manifests: 12,
    })
  })
})
