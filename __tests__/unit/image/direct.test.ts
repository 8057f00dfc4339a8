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

  it('attaches SBOMs in the form of Buildx: beside the manifests, one for each, and nothing else changes', async () => {
    const to = { registry: registry.host, repository: 'a/b' }
    const plain = await assembleManifests(await request(), client, act)
    const asked = await request()
    const documents = [
      { spdxVersion: 'SPDX-2.3', name: 'hello' },
      { spdxVersion: 'SPDX-2.3', name: 'tool' },
    ]
    const made = await assembleManifests(
      { ...asked, platforms: asked.platforms.map((one) => ({ ...one, sbom: documents })) },
      client,
      act,
    )
    expect(made.map((one) => one.descriptor)).toEqual(plain.map((one) => one.descriptor))
    const image = joinManifests(made, [])
    const counts = await pushDirect(image, to, client, act)
    expect(counts).toMatchObject({ manifests: 5, unchanged: 0 })
    const index = JSON.parse((await client.manifest({ ...to, digest: image.digest })).bytes.toString()) as {
      manifests: { digest: string; platform: { os: string }; annotations?: Record<string, string> }[]
    }
    expect(index.manifests.map((one) => one.platform.os)).toEqual(['linux', 'linux', 'unknown', 'unknown'])
    for (const [at, entry] of index.manifests.slice(2).entries()) {
      expect(entry.annotations).toEqual({
        'vnd.docker.reference.digest': index.manifests[at]?.digest,
        'vnd.docker.reference.type': 'attestation-manifest',
      })
      const { content } = await client.manifest({ ...to, digest: entry.digest })
      if (content.kind !== 'manifest') throw new Error('an attestation is a manifest')
      expect(content.layers.map((layer) => [layer.mediaType, layer.annotations])).toEqual(
        documents.map(() => [
          'application/vnd.in-toto+json',
          { 'in-toto.io/predicate-type': 'https://spdx.dev/Document' },
        ]),
      )
      const statements = await Promise.all(
        content.layers.map(async (layer) => {
          const chunks: Buffer[] = []
          for await (const chunk of client.blob(to, layer.digest) as AsyncIterable<Buffer>) chunks.push(chunk)
          return JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
        }),
      )
      expect(statements.map((one) => one['predicate'])).toEqual(documents)
      expect(statements[0]?.['subject']).toEqual([
        { name: '_', digest: { sha256: index.manifests[at]?.digest.slice(7) } },
      ])
    }
    const report = await verifyImage({ ...to, digest: image.digest }, { platforms: [AMD64, ARM64] }, client, {
      level: 'full',
      signal: act.signal,
    })
    expect(report).toMatchObject({ ok: true })
    expect(report.attestations.map((one) => one.subject)).toEqual(
      index.manifests.slice(0, 2).map((one) => one.digest),
    )
    expect(await pushDirect(image, to, client, act)).toMatchObject({ manifests: 5, unchanged: 5, bytes: 0 })
  })

  it('one platform with an SBOM is an index, and its manifest may go ahead', async () => {
    const to = { registry: registry.host, repository: 'a/b' }
    const asked = await request()
    const [first] = asked.platforms
    if (first === undefined) throw new Error('there are two')
    const made = await assembleManifests(
      { ...asked, platforms: [{ ...first, sbom: [{ name: 'x' }] }] },
      client,
      act,
    )
    expect(await pushManifests(made, to, client, act)).toMatchObject({ manifests: 2, uploaded: 4 })
    const image = joinManifests(made, [])
    expect(image.index).toBeDefined()
    expect(await pushDirect(image, to, client, act)).toMatchObject({
      manifests: 3,
      unchanged: 2,
      uploaded: 0,
    })
    expect(
      joinManifests(
        await assembleManifests({ ...asked, platforms: [{ ...first, sbom: [] }] }, client, act),
        [],
      ).index,
    ).toBeUndefined()
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
