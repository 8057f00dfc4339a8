/** Small true images, made in memory: tar layers, configs, manifests, indexes, attestations. */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import {
  DOCKER_CONFIG,
  DOCKER_INDEX,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  IN_TOTO,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from '../../src/registry/media-types.ts'
import type { RegistryDouble } from './registry-double.ts'

export interface MadeManifest {
  readonly bytes: Buffer
  readonly mediaType: string
  readonly digest: string
}

export interface MadeImage {
  /** The index, or the only manifest. */
  readonly top: MadeManifest
  /** Children first, `top` last. */
  readonly manifests: readonly MadeManifest[]
  readonly blobs: readonly Buffer[]
}

export const digest = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))

/** A tar with these files. */
export async function tarOf(files: Record<string, string | Buffer>): Promise<Buffer> {
  const archive = pack()
  for (const [name, content] of Object.entries(files)) archive.entry({ name, mtime: new Date(0) }, content)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export interface ImageOptions {
  /** Default linux/amd64 and linux/arm64; one makes a plain manifest unless `index` is true. */
  readonly platforms?: readonly string[]
  readonly index?: boolean
  readonly docker?: boolean
  readonly labels?: Record<string, string>
  readonly attestations?: boolean
  /** Tells images apart. */
  readonly content?: string
  /** Uncompressed layers. */
  readonly plain?: boolean
  /** Bytes of incompressible filling in each platform's own layer. */
  readonly filling?: Buffer
  /** Last chance to break something. */
  readonly changeConfig?: (config: Record<string, unknown>) => Record<string, unknown>
  readonly changeManifest?: (manifest: Record<string, unknown>) => Record<string, unknown>
}

/** An image whose platforms share their first layer. */
export async function makeImage(options: ImageOptions = {}): Promise<MadeImage> {
  const { platforms = ['linux/amd64', 'linux/arm64'], docker = false, content = 'hello' } = options
  const types = docker
    ? { index: DOCKER_INDEX, manifest: DOCKER_MANIFEST, config: DOCKER_CONFIG, layer: DOCKER_LAYER_GZIP }
    : {
        index: OCI_INDEX,
        manifest: OCI_MANIFEST,
        config: OCI_CONFIG,
        layer: options.plain === true ? OCI_LAYER : OCI_LAYER_GZIP,
      }
  const compress = (tar: Buffer): Buffer => (options.plain === true && !docker ? tar : gzipSync(tar))
  const blobs: Buffer[] = []
  const manifests: MadeManifest[] = []
  const entries: Record<string, unknown>[] = []
  const shared = await tarOf({ 'etc/passwd': 'nonroot:x:65532:65532::/:\n' })
  const add = (bytes: Buffer, mediaType: string): { mediaType: string; digest: string; size: number } => {
    if (!blobs.some((blob) => blob.equals(bytes))) blobs.push(bytes)
    return { mediaType, digest: digest(bytes), size: bytes.length }
  }
  const addManifest = (value: unknown, mediaType: string): MadeManifest => {
    const bytes = json(value)
    const made = { bytes, mediaType, digest: digest(bytes) }
    manifests.push(made)
    return made
  }
  for (const platform of platforms) {
    const [os = '', architecture = '', variant] = platform.split('/')
    const own = await tarOf({
      'app/server': `${content} for ${platform}`,
      ...(options.filling === undefined ? {} : { 'app/data': options.filling }),
    })
    const base = {
      os,
      architecture,
      ...(variant === undefined ? {} : { variant }),
      config: { Labels: options.labels ?? {}, Entrypoint: ['/app/server'] },
      rootfs: { type: 'layers', diff_ids: [digest(shared), digest(own)] },
      history: [{ created_by: 'base' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'COPY' }],
    }
    const config = add(json(options.changeConfig?.(base) ?? base), types.config)
    const plain = {
      schemaVersion: 2,
      mediaType: types.manifest,
      config,
      layers: [add(compress(shared), types.layer), add(compress(own), types.layer)],
    }
    const manifest = addManifest(options.changeManifest?.(plain) ?? plain, types.manifest)
    entries.push({
      mediaType: types.manifest,
      digest: manifest.digest,
      size: manifest.bytes.length,
      platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
    })
    if (options.attestations === true) {
      const statement = json({ _type: 'https://in-toto.io/Statement/v0.1', subject: [{ name: platform }] })
      const attestation = addManifest(
        {
          schemaVersion: 2,
          mediaType: OCI_MANIFEST,
          config: add(
            json({
              os: 'unknown',
              architecture: 'unknown',
              config: {},
              rootfs: { type: 'layers', diff_ids: [digest(statement)] },
            }),
            OCI_CONFIG,
          ),
          layers: [add(statement, IN_TOTO)],
        },
        OCI_MANIFEST,
      )
      entries.push({
        mediaType: OCI_MANIFEST,
        digest: attestation.digest,
        size: attestation.bytes.length,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': manifest.digest,
        },
      })
    }
  }
  const [only] = manifests
  if (platforms.length === 1 && options.index !== true && only !== undefined)
    return { top: only, manifests, blobs }
  const top = addManifest({ schemaVersion: 2, mediaType: types.index, manifests: entries }, types.index)
  return { top, manifests, blobs }
}

/** Puts an image straight into the double's memory. */
export function plant(
  registry: RegistryDouble,
  repository: string,
  image: MadeImage,
  ...tags: string[]
): string {
  for (const blob of image.blobs) registry.addBlob(repository, blob)
  for (const { bytes, mediaType } of image.manifests) registry.addManifest(repository, bytes, mediaType)
  registry.addManifest(repository, image.top.bytes, image.top.mediaType, ...tags)
  return image.top.digest
}
