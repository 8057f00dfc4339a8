/**
 * The direct engine: base manifest + one layer of ours + configuration, written through the registry API. No Docker, no
 * BuildKit, no pull of the base. The configuration says what the generated Dockerfile would have said.
 */
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { environmentError } from '../base/errors.ts'
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
  parseObject,
  toPlatform,
} from '../registry/media-types.ts'
import { mapLimited } from '../registry/pool.ts'
import { formatReference, type Repository } from '../registry/reference.ts'
import type { HealthCheck, ImageConfig } from './generate.ts'
import { type AnnotationEntry, annotationsAt, timestamp } from './labels.ts'
import { type Layer, packLayer } from './layers.ts'
import { binaryPath, ZONEINFO_PATH } from './rootfs.ts'

export interface DirectPlatform {
  readonly platform: Platform
  /** Folder that becomes the layer. */
  readonly rootfs: string
  /** Undefined for scratch. */
  readonly base?: Repository & { readonly digest: string }
}

export interface DirectRequest {
  readonly platforms: readonly DirectPlatform[]
  readonly config: ImageConfig
  readonly labels: readonly (readonly [name: string, value: string])[]
  readonly annotations: readonly AnnotationEntry[]
  /** Seconds since the epoch, for every time that is written: the same commit gives the same digest. */
  readonly epoch: number
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

/** Packs the layers and writes configurations, manifests and index; reads only manifests and configurations of the bases. */
export async function assembleDirect(
  request: DirectRequest,
  client: RegistryClient,
  act: Pick<Act, 'log' | 'signal'>,
): Promise<DirectImage> {
  const manifests = await mapLimited(request.platforms, 4, (one) =>
    assemblePlatform(one, request, client, act),
  )
  const [only, ...others] = manifests
  if (only === undefined) throw new TypeError('an image needs a platform')
  if (others.length === 0) return { digest: only.descriptor.digest, mediaType: OCI_MANIFEST, manifests }
  const annotations = annotationsAt(request.annotations, 'index')
  const index = json({
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: manifests.map((one) => one.descriptor),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
  })
  return { digest: digestOf(index), mediaType: OCI_INDEX, index, manifests }
}

/** Pushes everything by digest, children first; base layers are mounted or copied from where they are. No tag is touched. */
export async function pushDirect(
  image: DirectImage,
  to: Repository,
  client: RegistryClient,
  act: Pick<Act, 'log' | 'signal'>,
): Promise<void> {
  const pushed = new Map<string, Promise<unknown>>()
  const once = (digest: string, push: () => Promise<unknown>): Promise<unknown> => {
    const known = pushed.get(digest)
    if (known !== undefined) return known
    const work = push()
    pushed.set(digest, work)
    return work
  }
  await mapLimited(image.manifests, 3, async (one) => {
    act.signal.throwIfAborted()
    const { layer, base } = one
    await Promise.all([
      once(layer.digest, () =>
        client.uploadBlob(to, {
          digest: layer.digest,
          size: layer.size,
          open: () => createReadStream(layer.file),
        }),
      ),
      once(one.configDigest, () =>
        client.uploadBlob(to, { digest: one.configDigest, size: one.config.length, open: () => one.config }),
      ),
      ...one.baseLayers.map(({ digest, size, mediaType }) =>
        base === undefined || isForeignLayer(mediaType)
          ? Promise.resolve()
          : once(digest, () =>
              client.uploadBlob(
                to,
                { digest, size, open: () => client.blob(base, digest, { size }) },
                base.registry === to.registry ? { mountFrom: base.repository } : {},
              ),
            ),
      ),
    ])
    await client.putManifest(to, one.bytes, OCI_MANIFEST, one.descriptor.digest)
  })
  if (image.index !== undefined) await client.putManifest(to, image.index, OCI_INDEX, image.digest)
  act.log.info(`pushed ${to.registry}/${to.repository}@${image.digest.slice(0, 19)} by digest`)
}

async function assemblePlatform(
  one: DirectPlatform,
  request: DirectRequest,
  client: RegistryClient,
  act: Pick<Act, 'log' | 'signal'>,
): Promise<DirectManifest> {
  const { platform } = one
  act.signal.throwIfAborted()
  const file = join(request.work, `layer-${platformSlug(platform)}.tar.gz`)
  const [layer, base] = await Promise.all([
    packLayer(one.rootfs, file, { mtime: request.epoch, windows: platform.os === 'windows' }),
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
  return {
    platform,
    descriptor: { mediaType: OCI_MANIFEST, digest: digestOf(bytes), size: bytes.length, platform: described },
    bytes,
    config,
    configDigest,
    layer,
    baseLayers,
    ...(one.base === undefined
      ? {}
      : { base: { registry: one.base.registry, repository: one.base.repository } }),
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

/** The image configuration (OCI image-spec 1.1, config.md): the base's with ours on top. Pure. */
export function imageConfiguration(
  platform: Platform,
  request: Pick<DirectRequest, 'config' | 'labels' | 'epoch'>,
  layer: Pick<Layer, 'diffId'>,
  base: Json | undefined,
): Json {
  const { config } = request
  const created = timestamp(request.epoch)
  const inherited = object(base?.['config'])
  const strings = (value: unknown): string[] =>
    Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  const env = new Map(
    strings(inherited['Env']).map((line): [string, string] => [line.split('=', 1)[0] ?? '', line]),
  )
  if (env.size === 0 && platform.os === 'linux')
    env.set('PATH', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
  const own = [
    ...(config.zoneinfo === true
      ? [
          [
            'ZONEINFO',
            platform.os === 'windows' ? `C:${ZONEINFO_PATH.replaceAll('/', '\\')}` : ZONEINFO_PATH,
          ] as const,
        ]
      : []),
    ...(config.env ?? []),
  ]
  for (const [name, value] of own) env.set(name, `${name}=${value}`)
  const ports = Object.fromEntries(
    (config.expose ?? []).map((port) => [port.includes('/') ? port : `${port}/tcp`, {}]),
  )
  const volumes = Object.fromEntries((config.volumes ?? []).map((path) => [path, {}]))
  const { Cmd: _, ...kept } = inherited
  const whole: Json = {
    ...kept,
    User: platform.os === 'windows' ? 'ContainerUser' : config.user,
    Env: [...env.values()],
    Entrypoint: [binaryPath(config.program, platform.os), ...(config.args ?? [])],
    ...((config.command ?? []).length === 0 ? {} : { Cmd: config.command }),
    Labels: { ...object(inherited['Labels']), ...Object.fromEntries(request.labels) },
    ...(Object.keys(ports).length === 0
      ? {}
      : { ExposedPorts: { ...object(inherited['ExposedPorts']), ...ports } }),
    ...(Object.keys(volumes).length === 0
      ? {}
      : { Volumes: { ...object(inherited['Volumes']), ...volumes } }),
    ...(config.stopSignal === undefined ? {} : { StopSignal: config.stopSignal }),
    ...(config.healthCheck === undefined ? {} : { Healthcheck: healthcheck(config.healthCheck) }),
  }
  const history = Array.isArray(base?.['history']) ? base['history'] : []
  const osVersion = base?.['os.version']
  return {
    created,
    architecture: platform.arch,
    ...(platform.variant === undefined
      ? platform.arch === 'arm'
        ? { variant: 'v7' }
        : {}
      : { variant: platform.variant }),
    os: platform.os,
    ...(typeof osVersion === 'string' ? { 'os.version': osVersion } : {}),
    config: whole,
    rootfs: { type: 'layers', diff_ids: [...strings(object(base?.['rootfs'])['diff_ids']), layer.diffId] },
    history: [...(history as unknown[]), { created, created_by: 'go-image-pipeline', comment: 'direct' }],
  }
}

/** Docker's extension of the configuration: durations in nanoseconds, the exec form marked by CMD. */
function healthcheck(check: HealthCheck): Json {
  const nanoseconds = (text: string): number => Number.parseFloat(text) * (text.endsWith('m') ? 60e9 : 1e9)
  return {
    Test: ['CMD', ...check.test],
    ...(check.interval === undefined ? {} : { Interval: nanoseconds(check.interval) }),
    ...(check.timeout === undefined ? {} : { Timeout: nanoseconds(check.timeout) }),
    ...(check.startPeriod === undefined ? {} : { StartPeriod: nanoseconds(check.startPeriod) }),
    ...(check.retries === undefined ? {} : { Retries: check.retries }),
  }
}

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

/** An OCI manifest lists OCI media types, whatever the base called its layers. */
const ociLayer = (mediaType: string): string =>
  mediaType.replace(
    'application/vnd.docker.image.rootfs.diff.tar.gzip',
    'application/vnd.oci.image.layer.v1.tar+gzip',
  )

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
