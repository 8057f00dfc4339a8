import { gzipSync } from 'node:zlib'
import * as zlib from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import type { Platform } from '../../../src/base/platform.ts'
import { canDecompress, hashLayer, sniffCompression } from '../../../src/registry/layers.ts'
import {
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
} from '../../../src/registry/media-types.ts'
import {
  type Expectations,
  verifyError,
  verifyImage,
  type VerifyReport,
} from '../../../src/registry/verify.ts'
import {
  digest,
  type ImageOptions,
  type MadeImage,
  makeImage,
  plant,
  tarOf,
} from '../../support/image-maker.ts'
import type { RegistryDouble } from '../../support/registry-double.ts'
import { Readable } from 'node:stream'
import { at, clientFor, registry } from './support.ts'

const AMD64: Platform = { os: 'linux', arch: 'amd64' }
const ARM64: Platform = { os: 'linux', arch: 'arm64' }

async function verified(
  options: ImageOptions,
  change: (double: RegistryDouble, image: MadeImage) => void = () => undefined,
  expectations: Expectations = {},
  level: 'full' | 'fast' = 'full',
): Promise<{ report: VerifyReport; double: RegistryDouble; image: MadeImage }> {
  const double = await registry()
  const image = await makeImage(options)
  plant(double, 'acme/hello', image, '1.0')
  change(double, image)
  const { client, act } = clientFor()
  const report = await verifyImage(
    { ...at(double), digest: image.top.digest, tag: '1.0' },
    expectations,
    client,
    { level, signal: act.signal },
  )
  return { report, double, image }
}

const codes = (report: VerifyReport): string[] => report.failures.map(({ code }) => code)

describe('a whole image', () => {
  it.each([
    ['OCI', {}],
    ['Docker schema 2', { docker: true }],
    ['uncompressed layers', { plain: true }],
    ['with attestations', { attestations: true }],
  ] as [string, ImageOptions][])('%s: everything is read once and hashed', async (name, options) => {
    const { report, double, image } = await verified(options, undefined, {
      platforms: [AMD64, ARM64],
    })
    expect(codes(report)).toEqual([])
    expect(report.ok).toBe(true)
    expect(verifyError(report)).toBeUndefined()
    expect(report.platforms.map(({ platform }) => platform)).toEqual(['linux/amd64', 'linux/arm64'])
    expect(report.attestations).toHaveLength(name === 'with attestations' ? 2 : 0)
    // The shared layer is read once although two platforms have it.
    expect(double.requests(/GET .*\/blobs\//)).toHaveLength(image.blobs.length)
    expect(report.blobs).toBe(image.blobs.length)
    expect(report.bytes).toBe(
      [...image.blobs, ...image.manifests.map(({ bytes }) => bytes)].reduce(
        (sum, one) => sum + one.length,
        0,
      ),
    )
  })

  it('a plain manifest takes its platform from the configuration', async () => {
    const { report } = await verified({ platforms: ['linux/arm/v7'] }, undefined, {
      platforms: [{ os: 'linux', arch: 'arm', variant: 'v7' }],
    })
    expect(report.ok).toBe(true)
    expect(report.platforms[0]).toMatchObject({ platform: 'linux/arm/v7' })
  })

  it('fast asks for the presence of layers only', async () => {
    const { report, double } = await verified({}, undefined, {}, 'fast')
    expect(report.ok).toBe(true)
    expect(double.requests(/HEAD .*\/blobs\//)).toHaveLength(3)
  })

  it('labels are compared in every platform', async () => {
    const labels = { 'org.opencontainers.image.revision': 'abc', lost: 'x' }
    const { report } = await verified({ labels: { 'org.opencontainers.image.revision': 'abc' } }, undefined, {
      labels,
    })
    expect(report.failures.map(({ what }) => what)).toEqual([
      'the label lost is missing',
      'the label lost is missing',
    ])
  })

  it('the same image by mirrors and by the registry itself', async () => {
    const origin = await registry()
    const mirror = await registry()
    const image = await makeImage()
    plant(origin, 'acme/hello', image)
    plant(mirror, 'acme/hello', image)
    const { client, act } = clientFor({
      mirrors: [{ registry: origin.host, url: mirror.url, insecure: true }],
    })
    const ref = { ...at(origin), digest: image.top.digest }
    await verifyImage(ref, {}, client, { level: 'full', signal: act.signal })
    expect(mirror.requests()).toEqual([])
    const report = await verifyImage(ref, {}, client, { level: 'full', signal: act.signal, mirrors: true })
    expect(report.ok).toBe(true)
    expect(mirror.requests(/manifests/)).toHaveLength(3)
  })
})

describe('what is wrong is found', () => {
  const blob = (image: MadeImage, at: number): string => digest(image.blobs[at] ?? Buffer.alloc(0))
  const cases: [string, ImageOptions, (double: RegistryDouble, image: MadeImage) => void, string[]][] = [
    [
      'a layer that is damaged',
      {},
      (double, image) => double.blobs.set(blob(image, 1), Buffer.from('x'.repeat(image.blobs[1]?.length ?? 0))),
      ['registry-blob-mismatch'],
    ],
    [
      'a layer that is cut short',
      {},
      (double, image) => double.blobs.set(blob(image, 1), (image.blobs[1] ?? Buffer.alloc(0)).subarray(0, 20)),
      ['registry-blob-mismatch'],
    ],
    [
      'a layer that is gone',
      {},
      (double, image) => double.repository('acme/hello').blobs.delete(blob(image, 1)),
      ['registry-not-found'],
    ],
    [
      'a configuration that is gone',
      { platforms: ['linux/amd64'] },
      (double, image) => double.repository('acme/hello').blobs.delete(blob(image, 0)),
      ['registry-not-found', 'image-platform-missing'],
    ],
    [
      'a platform manifest that is gone',
      {},
      (double, image) => double.repository('acme/hello').manifests.delete(image.manifests[0]?.digest ?? ''),
      ['registry-not-found', 'image-platform-missing'],
    ],
    [
      'a tag that points elsewhere',
      {},
      (double, image) => double.repository('acme/hello').tags.set('1.0', image.manifests[0]?.digest ?? ''),
      ['image-tag-mismatch'],
    ],
    [
      'diff_ids of other layers',
      { platforms: ['linux/amd64'], changeConfig: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [digest(Buffer.from('a')), digest(Buffer.from('b'))] } }) },
      () => undefined,
      ['image-diffid-mismatch', 'image-diffid-mismatch'],
    ],
    [
      'too few diff_ids',
      { platforms: ['linux/amd64'], changeConfig: (config) => ({ ...config, rootfs: { type: 'layers', diff_ids: [] } }) },
      () => undefined,
      ['image-layer-count'],
    ],
    [
      'a history of other layers',
      { platforms: ['linux/amd64'], changeConfig: (config) => ({ ...config, history: [{ created_by: 'one' }] }) },
      () => undefined,
      ['image-history-count'],
    ],
    [
      'a configuration for another machine',
      { platforms: ['linux/amd64', 'linux/arm64'], changeConfig: (config) => ({ ...config, architecture: 'amd64' }) },
      () => undefined,
      ['image-platform-mismatch', 'image-platform-twice', 'image-platform-missing'],
    ],
    [
      'a configuration that is none',
      { platforms: ['linux/amd64'], changeConfig: () => ({ nothing: true }) },
      () => undefined,
      ['image-config-invalid', 'image-platform-missing'],
    ],
    [
      'a layer type no engine knows',
      { platforms: ['linux/amd64'], changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as object[]).map((layer) => ({ ...layer, mediaType: 'application/x-tar' })) }) },
      () => undefined,
      ['image-media-type', 'image-layer-compression', 'image-media-type', 'image-layer-compression'],
    ],
    [
      'gzip that says it is not compressed',
      { platforms: ['linux/amd64'], changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as object[]).map((layer) => ({ ...layer, mediaType: 'application/vnd.oci.image.layer.v1.tar' })) }) },
      () => undefined,
      ['image-layer-compression', 'image-layer-compression'],
    ],
    [
      'plain tar that says it is gzip',
      { platforms: ['linux/amd64'], plain: true, changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as object[]).map((layer) => ({ ...layer, mediaType: OCI_LAYER_GZIP })) }) },
      () => undefined,
      ['image-layer-compression', 'image-layer-compression'],
    ],
    [
      'a size that is not the layer\'s',
      { platforms: ['linux/amd64'], changeManifest: (manifest) => ({ ...manifest, layers: (manifest['layers'] as { size: number }[]).map((layer, at) => ({ ...layer, size: layer.size - at })) }) },
      () => undefined,
      ['registry-blob-mismatch'],
    ],
  ] // prettier-ignore

  it.each(cases)('%s', async (_name, options, change, expected) => {
    const wanted = options.platforms?.length === 1 ? [AMD64] : [AMD64, ARM64]
    const { report } = await verified(options, change, { platforms: wanted })
    expect(codes(report).sort()).toEqual([...expected].sort())
    expect(report.ok).toBe(false)
    expect(verifyError(report)?.kind).toBe('gate')
    expect(report.failures.every(({ what, fix }) => what !== '' && fix !== undefined)).toBe(true)
  })

  it('a wanted platform that is missing, and one that is there twice', async () => {
    const { report } = await verified({ platforms: ['linux/amd64', 'linux/amd64'] }, undefined, {
      platforms: [AMD64, ARM64],
    })
    expect(codes(report)).toEqual(['image-platform-twice', 'image-platform-missing'])
  })

  it('a layer that is not there, fast', async () => {
    const { report } = await verified(
      {},
      (double, image) => double.repository('acme/hello').blobs.delete(blob(image, 1)),
      {},
      'fast',
    )
    expect(codes(report)).toEqual(['registry-not-found'])
  })

  it('an attestation about a manifest that is not in the index', async () => {
    const double = await registry()
    const image = await makeImage({ platforms: ['linux/amd64'], attestations: true })
    plant(double, 'acme/hello', image)
    const attestation = image.manifests.at(-1)
    const index = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_INDEX,
        manifests: [
          {
            mediaType: OCI_MANIFEST,
            digest: attestation?.digest,
            size: attestation?.bytes.length,
            platform: { os: 'unknown', architecture: 'unknown' },
            annotations: {
              'vnd.docker.reference.type': 'attestation-manifest',
              'vnd.docker.reference.digest': digest(Buffer.from('another')),
            },
          },
        ],
      }),
    )
    const top = double.addManifest('acme/hello', index, OCI_INDEX)
    const { client, act } = clientFor()
    const report = await verifyImage({ ...at(double), digest: top }, {}, client, {
      level: 'full',
      signal: act.signal,
    })
    expect(codes(report)).toEqual(['image-attestation-orphan'])
  })

  it.each([
    ['the registry is down', { status: 503 }, 'registry-unavailable'],
    ['reading is denied', { status: 403 }, 'registry-denied'],
  ] as const)('%s: no verdict on the image, an environment fault', async (_name, action, code) => {
    const { report } = await verified({}, (double) => {
      double.faults = [{ match: { path: /./ }, action }]
    })
    expect(codes(report)).toEqual([code, code])
    expect(verifyError(report)?.kind).toBe('environment')
  })

  it('an abort is thrown', async () => {
    const double = await registry()
    const image = await makeImage()
    plant(double, 'acme/hello', image)
    const { client, act } = clientFor()
    const reason = new Error('enough')
    double.faults = [{ match: { path: /blobs/, nth: 2 }, action: { call: () => act.abort(reason) } }]
    const work = verifyImage({ ...at(double), digest: image.top.digest }, {}, client, {
      level: 'full',
      signal: act.signal,
    })
    await expect(work).rejects.toBe(reason)
  })
})

describe('layers', () => {
  it('foreign layers are left out with a note', async () => {
    const foreign = {
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
      digest: digest(Buffer.from('far away')),
      size: 8,
      urls: ['https://mcr.example/layer'],
    }
    const { report } = await verified({
      platforms: ['windows/amd64'],
      changeManifest: (manifest) => ({
        ...manifest,
        layers: [foreign, ...(manifest['layers'] as object[]).slice(1)],
      }),
    })
    expect(report.ok).toBe(true)
    expect(report.skipped[0]?.reason).toMatch(/licence/)
  })

  it('zstd is unpacked where Node can, else noted', async () => {
    const tar = await tarOf({ 'app/server': 'zstd' })
    const compress = (zlib as { zstdCompressSync?: (bytes: Buffer) => Buffer }).zstdCompressSync
    const bytes = compress?.(tar) ?? Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
    const double = await registry()
    const layer = double.addBlob('acme/hello', bytes)
    const config = Buffer.from(
      JSON.stringify({
        os: 'linux',
        architecture: 'amd64',
        rootfs: { type: 'layers', diff_ids: [digest(tar)] },
      }),
    )
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: OCI_MANIFEST,
        config: { mediaType: OCI_CONFIG, digest: double.addBlob('acme/hello', config), size: config.length },
        layers: [{ mediaType: OCI_LAYER_ZSTD, digest: layer, size: bytes.length }],
      }),
    )
    const top = double.addManifest('acme/hello', manifest, OCI_MANIFEST)
    const { client, act } = clientFor()
    const report = await verifyImage({ ...at(double), digest: top }, { platforms: [AMD64] }, client, {
      level: 'full',
      signal: act.signal,
    })
    expect(codes(report)).toEqual([])
    expect(report.skipped).toHaveLength(canDecompress('zstd') ? 0 : 1)
  })

  it('gzip of several members is one layer (pigz, estargz)', async () => {
    const [one, two] = [Buffer.from('first half '), Buffer.from('second half')]
    const facts = await hashLayer(() => Readable.from([gzipSync(one), gzipSync(two)]), 'gzip')
    expect(facts).toEqual({ actual: 'gzip', diffId: digest(Buffer.concat([one, two])) })
  })

  it.each([
    [[0x1f, 0x8b, 8, 0], 'gzip'],
    [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
    [[0x50, 0x2a, 0x4d, 0x18], 'zstd'],
    [[0x61, 0x70, 0x70, 0x2f], 'none'],
    [[], 'none'],
  ] as const)('the first bytes %j are %s', (head, compression) => {
    expect(sniffCompression(Uint8Array.from(head))).toBe(compression)
  })
})
