/**
 * The direct engine: base manifest + one layer of ours + configuration, written through the registry API. No Docker, no
 * BuildKit, no pull of the base. The configuration says what the generated Dockerfile would have said.
 */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { environmentError, PipelineError } from '../base/errors.ts'
import { parseObject } from '../base/json.ts'
import { formatPlatform, type Platform, platformSlug, samePlatform } from '../base/platform.ts'
import type { RegistryClient } from '../registry/client.ts'
import {
  type Descriptor,
  digestOf,
  type ImageManifest,
  isForeignLayer,
  type ManifestPlatform,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_MANIFEST,
  toPlatform,
} from '../registry/media-types.ts'
import { mapLimited } from '../registry/pool.ts'
import { formatReference, type Repository } from '../registry/reference.ts'
import type { BlobSource, UploadOptions } from '../registry/uploads.ts'
import { type ConfigurationRequest, imageConfiguration } from './configuration.ts'
import { type AnnotationEntry, annotationsAt } from './labels.ts'
import { type Compression, type Layer, packLayer } from './layers.ts'
import { attest, type Attestation } from './attestation.ts'

export interface DirectPlatform {
  readonly platform: Platform
  /** Folder that becomes the layer. */
  readonly rootfs: string
  /** Undefined for scratch. */
  readonly base?: Repository & { readonly digest: string }
  /** SPDX documents about what is in the layer, attached to the manifest; none for an image without. */
  readonly sbom?: readonly object[]
}

/** `epoch` is every time that is written: the same commit gives the same digest. */
export interface DirectRequest extends ConfigurationRequest {
  readonly platforms: readonly DirectPlatform[]
  readonly annotations: readonly AnnotationEntry[]
  readonly compression: Compression
  /** Folder for layers, of this image alone. */
  readonly work: string
}

export interface DirectManifest {
  readonly platform: Platform
  readonly descriptor: Descriptor
  readonly bytes: Buffer
  readonly config: Buffer
  readonly configDigest: string
  readonly layer: Layer
  /** Layers of the base, and where they are. */
  readonly baseLayers: readonly Descriptor[]
  readonly base?: Repository
  readonly attestation?: Attestation
}

export interface DirectImage {
  /** Of the index, or of the only manifest. */
  readonly digest: string
  readonly mediaType: string
  /** Absent when there is one platform. */
  readonly index?: Buffer
  readonly manifests: readonly DirectManifest[]
}

type Json = Record<string, unknown>

/** Packs the layers and writes configurations and manifests; reads only manifests and configurations of the bases. */
export function assembleManifests(
  request: DirectRequest,
  client: RegistryClient,
  act: Pick<Act, 'log' | 'signal'>,
): Promise<DirectManifest[]> {
  return mapLimited(request.platforms, 4, (one) => assemblePlatform(one, request, client, act))
}

/** One manifest is the image; several get an index, in the order given. Pure. */
export function joinManifests(
  manifests: readonly DirectManifest[],
  annotations: readonly AnnotationEntry[],
): DirectImage {
  const [only, ...others] = manifests
  if (only === undefined) throw new TypeError('an image needs a platform')
  const attested = manifests.flatMap(({ attestation }) => attestation ?? [])
  if (others.length === 0 && attested.length === 0)
    return { digest: only.descriptor.digest, mediaType: OCI_MANIFEST, manifests }
  const own = annotationsAt(annotations, 'index')
  const index = json({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    // As Buildx orders them: who takes the first entry that fits never meets an attestation.
    manifests: [...manifests, ...attested].map((one) => one.descriptor),
    ...(Object.keys(own).length === 0 ? {} : { annotations: own }),
  })
  return { digest: digestOf(index), mediaType: OCI_INDEX, index, manifests }
}

/** What a push had to do. */
export interface PushCounts {
  /** Blobs that were there, taken over from another repository, or sent. */
  readonly exists: number
  readonly mounted: number
  readonly uploaded: number
  /** Sent, blobs and manifests. */
  readonly bytes: number
  /** Manifests that the registry had already: nothing below them was looked at. */
  readonly unchanged: number
  readonly manifests: number
}

export const NOTHING_PUSHED: PushCounts = {
  exists: 0,
  mounted: 0,
  uploaded: 0,
  bytes: 0,
  unchanged: 0,
  manifests: 0,
}

export function addCounts(...all: readonly PushCounts[]): PushCounts {
  const sum = (key: keyof PushCounts): number => all.reduce((total, one) => total + one[key], 0)
  return {
    exists: sum('exists'),
    mounted: sum('mounted'),
    uploaded: sum('uploaded'),
    bytes: sum('bytes'),
    unchanged: sum('unchanged'),
    manifests: sum('manifests'),
  }
}

/**
 * Pushes manifests by digest, children first; base layers are mounted or copied from where they are. No tag is touched. A
 * manifest that the registry has already has its blobs as well (it takes none without them): one HEAD, nothing is sent.
 */
export async function pushManifests(
  manifests: readonly DirectManifest[],
  to: Repository,
  client: RegistryClient,
  act: Pick<Act, 'log' | 'signal'>,
): Promise<PushCounts> {
  const pushed = new Map<string, Promise<PushCounts>>()
  const once = (blob: BlobSource, options: UploadOptions = {}): Promise<PushCounts> => {
    const known = pushed.get(blob.digest)
    if (known !== undefined) return known.then(() => NOTHING_PUSHED)
    const work = client.uploadBlob(to, blob, options).then((result) => ({
      ...NOTHING_PUSHED,
      [result]: 1,
      bytes: result === 'uploaded' ? blob.size : 0,
    }))
    pushed.set(blob.digest, work)
    return work
  }
  const counts = await mapLimited(manifests, 3, async (one): Promise<PushCounts> => {
    act.signal.throwIfAborted()
    const { layer, base, descriptor } = one
    if (await hasManifest(client, to, descriptor.digest))
      return { ...NOTHING_PUSHED, unchanged: 1, manifests: 1 }
    const blobs = await Promise.all([
      once({ digest: layer.digest, size: layer.size, open: () => createReadStream(layer.file) }),
      once({ digest: one.configDigest, size: one.config.length, open: () => one.config }),
      ...one.baseLayers.map(({ digest, size, mediaType }) =>
        base === undefined || isForeignLayer(mediaType)
          ? Promise.resolve(NOTHING_PUSHED)
          : once(
              { digest, size, open: () => client.blob(base, digest, { size }) },
              base.registry === to.registry ? { mountFrom: base.repository } : {},
            ),
      ),
    ])
    await client.putManifest(to, one.bytes, OCI_MANIFEST, descriptor.digest)
    return addCounts(...blobs, { ...NOTHING_PUSHED, manifests: 1, bytes: one.bytes.length })
  })
  const attested = await mapLimited(
    manifests.flatMap(({ attestation }) => attestation ?? []),
    3,
    async ({ descriptor, bytes, blobs }): Promise<PushCounts> => {
      if (await hasManifest(client, to, descriptor.digest))
        return { ...NOTHING_PUSHED, unchanged: 1, manifests: 1 }
      const sent = await Promise.all(
        blobs.map((blob) => once({ digest: digestOf(blob), size: blob.length, open: () => blob })),
      )
      await client.putManifest(to, bytes, OCI_MANIFEST, descriptor.digest)
      return addCounts(...sent, { ...NOTHING_PUSHED, manifests: 1, bytes: bytes.length })
    },
  )
  return addCounts(...counts, ...attested)
}

/** Pushes a whole image; manifests that were pushed before cost a HEAD each. */
export async function pushDirect(
  image: DirectImage,
  to: Repository,
  client: RegistryClient,
  act: Pick<Act, 'log' | 'signal'>,
): Promise<PushCounts> {
  const { index } = image
  const name = `${to.registry}/${to.repository}@${image.digest.slice(0, 19)}`
  if (index !== undefined && (await hasManifest(client, to, image.digest))) {
    act.log.info(`unchanged: ${name} is there already, nothing is sent`)
    const attested = image.manifests.filter((one) => one.attestation !== undefined)
    const manifests = image.manifests.length + attested.length + 1
    return { ...NOTHING_PUSHED, unchanged: manifests, manifests }
  }
  const counts = await pushManifests(image.manifests, to, client, act)
  if (index === undefined) {
    act.log.info(
      counts.unchanged > 0
        ? `unchanged: ${name} is there already, nothing is sent`
        : `pushed ${name} by digest`,
    )
    return counts
  }
  await client.putManifest(to, index, OCI_INDEX, image.digest)
  act.log.info(`pushed ${name} by digest`)
  return addCounts(counts, { ...NOTHING_PUSHED, manifests: 1, bytes: index.length })
}

/** A registry that refuses to say is taken to have nothing: the push tells the reason better. */
async function hasManifest(client: RegistryClient, at: Repository, digest: string): Promise<boolean> {
  try {
    return (await client.tryResolve({ ...at, digest }, { writing: true })) !== undefined
  } catch (error) {
    if (error instanceof PipelineError && error.kind !== 'cancelled') return false
    throw error
  }
}

async function assemblePlatform(
  one: DirectPlatform,
  request: DirectRequest,
  client: RegistryClient,
  act: Pick<Act, 'log' | 'signal'>,
): Promise<DirectManifest> {
  const { platform } = one
  act.signal.throwIfAborted()
  const file = join(request.work, `layer-${platformSlug(platform)}.tar`)
  const [layer, base] = await Promise.all([
    packLayer(one.rootfs, file, {
      mtime: request.epoch,
      windows: platform.os === 'windows',
      compression: request.compression,
      signal: act.signal,
    }),
    one.base === undefined ? undefined : readBase(one.base, platform, client),
  ])
  const config = json(imageConfiguration(platform, request, layer, base?.config))
  const configDigest = digestOf(config)
  const baseLayers = base?.manifest.layers ?? []
  const annotations = annotationsAt(request.annotations, 'manifest', platform)
  const bytes = json({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: configDigest, size: config.length },
    layers: [
      ...baseLayers.map(({ mediaType, digest, size, urls }) => ({
        mediaType: ociLayer(mediaType),
        digest,
        size,
        ...(urls === undefined ? {} : { urls }),
      })),
      { mediaType: layer.mediaType, digest: layer.digest, size: layer.size },
    ],
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  })
  const osVersion = base?.config['os.version']
  const described: ManifestPlatform = {
    architecture: platform.arch,
    os: platform.os,
    ...(platform.variant === undefined
      ? platform.arch === 'arm'
        ? { variant: 'v7' }
        : {}
      : { variant: platform.variant }),
    ...(typeof osVersion === 'string' ? { 'os.version': osVersion } : {}),
  }
  const digest = digestOf(bytes)
  return {
    platform,
    descriptor: { mediaType: OCI_MANIFEST, digest, size: bytes.length, platform: described },
    bytes,
    config,
    configDigest,
    layer,
    baseLayers,
    ...(one.base === undefined
      ? {}
      : { base: { registry: one.base.registry, repository: one.base.repository } }),
    ...(one.sbom === undefined || one.sbom.length === 0 ? {} : { attestation: attest(digest, one.sbom) }),
  }
}

interface Base {
  readonly manifest: ImageManifest
  readonly config: Json
}

/** The base's manifest and configuration for one platform. */
async function readBase(
  base: Repository & { readonly digest: string },
  platform: Platform,
  client: RegistryClient,
): Promise<Base> {
  let { content } = await client.manifest(base)
  if (content.kind === 'index') {
    const candidates = content.manifests.filter(
      (entry) => entry.platform !== undefined && samePlatform(toPlatform(entry.platform), platform),
    )
    const [entry] = candidates
    if (entry === undefined) {
      const there = content.manifests.flatMap((one) =>
        one.platform === undefined ? [] : [formatPlatform(toPlatform(one.platform))],
      )
      throw environmentError({
        code: 'base-platform-missing',
        what: `the base ${formatReference(base)} has no ${formatPlatform(platform)}`,
        cause: `it has ${[...new Set(there)].join(', ')}`,
        fix: 'choose another base, or leave this platform out',
      })
    }
    ;({ content } = await client.manifest({
      registry: base.registry,
      repository: base.repository,
      digest: entry.digest,
    }))
  }
  if (content.kind === 'index')
    throw environmentError({
      code: 'base-nested',
      what: `the base ${formatReference(base)} is an index of indexes`,
      fix: 'choose another base',
    })
  const chunks: Buffer[] = []
  for await (const chunk of client.blob(base, content.config.digest, {
    size: content.config.size,
  }) as AsyncIterable<Buffer>)
    chunks.push(chunk)
  const config = parseObject(Buffer.concat(chunks))
  if (config === undefined)
    throw environmentError({
      code: 'base-config',
      what: `the configuration of ${formatReference(base)} is no JSON object`,
      fix: 'choose another base',
    })
  return { manifest: content, config }
}

/** An OCI manifest lists OCI media types, whatever the base called its layers. */
const ociLayer = (mediaType: string): string =>
  mediaType.replace(
    'application/vnd.docker.image.rootfs.diff.tar.gzip',
    'application/vnd.oci.image.layer.v1.tar+gzip',
  )

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
