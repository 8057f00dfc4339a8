/** Images made of layers that a test chooses, so that one can stand on the other. */
import { gzipSync } from 'node:zlib'
import {
  DOCKER_CONFIG,
  DOCKER_LAYER_GZIP,
  DOCKER_MANIFEST,
  OCI_CONFIG,
  OCI_INDEX,
  OCI_LAYER_GZIP,
  OCI_MANIFEST,
} from '../../src/registry/media-types.ts'
import { digest, type MadeImage, type MadeManifest, tarOf } from './image-maker.ts'

type Json = Record<string, unknown>

export interface StackedPlatform {
  /** `linux/arm64`. */
  readonly platform: string
  /** Files of each layer. */
  readonly layers: readonly Record<string, string | Buffer>[]
  readonly settings?: Json
  /** `created_by` of each layer, and of entries without a layer (`!ENV …`). */
  readonly history?: readonly string[]
  readonly created?: string
}

export interface StackedOptions {
  readonly annotations?: Record<string, string>
  readonly docker?: boolean
  /** A single manifest instead of an index. */
  readonly single?: boolean
  readonly attestation?: boolean
}

/** The least that an ELF reader takes for a static program; `interpreter` makes it a dynamic one. */
export function elf(content: string, interpreter?: string): Buffer {
  const head = Buffer.alloc(64)
  head.write('\x7fELF\x02\x01\x01', 0, 'latin1')
  head.writeUInt16LE(2, 16)
  head.writeUInt16LE(62, 18)
  head.writeBigUInt64LE(64n, 32)
  head.writeUInt16LE(64, 52)
  head.writeUInt16LE(56, 54)
  head.writeUInt16LE(interpreter === undefined ? 0 : 1, 56)
  if (interpreter === undefined) return Buffer.concat([head, Buffer.from(content)])
  const text = Buffer.from(`${interpreter}\0`)
  const segment = Buffer.alloc(56)
  segment.writeUInt32LE(3, 0)
  segment.writeBigUInt64LE(120n, 8)
  segment.writeBigUInt64LE(BigInt(text.length), 32)
  segment.writeBigUInt64LE(BigInt(text.length), 40)
  return Buffer.concat([head, segment, text, Buffer.from(content)])
}

export async function stackedImage(
  platforms: readonly StackedPlatform[],
  options: StackedOptions = {},
): Promise<MadeImage> {
  const { docker = false, annotations } = options
  const blobs: Buffer[] = []
  const manifests: MadeManifest[] = []
  const entries: Json[] = []
  const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
  const add = (bytes: Buffer, mediaType: string): Json => {
    blobs.push(bytes)
    return { mediaType, digest: digest(bytes), size: bytes.length }
  }
  const addManifest = (value: Json, mediaType: string): MadeManifest => {
    const bytes = json(value)
    const made = { bytes, mediaType, digest: digest(bytes) }
    manifests.push(made)
    return made
  }
  for (const one of platforms) {
    const [os, architecture] = one.platform.split('/')
    const tars = await Promise.all(one.layers.map((files) => tarOf(files)))
    const history = one.history ?? one.layers.map((_, index) => `base ${index}`)
    const config = {
      created: one.created ?? '1970-01-01T00:00:00Z',
      os,
      architecture,
      config: one.settings ?? {},
      rootfs: { type: 'layers', diff_ids: tars.map(digest) },
      history: history.map((by) => (by.startsWith('!') ? { created_by: by.slice(1), empty_layer: true } : { created_by: by })), // prettier-ignore
    }
    const manifestType = docker ? DOCKER_MANIFEST : OCI_MANIFEST
    const manifest = addManifest(
      {
        schemaVersion: 2,
        mediaType: manifestType,
        config: add(json(config), docker ? DOCKER_CONFIG : OCI_CONFIG),
        layers: tars.map((tar) => add(gzipSync(tar), docker ? DOCKER_LAYER_GZIP : OCI_LAYER_GZIP)),
        ...(annotations === undefined ? {} : { annotations }),
      },
      manifestType,
    )
    entries.push({
      mediaType: manifestType,
      digest: manifest.digest,
      size: manifest.bytes.length,
      platform: { os, architecture },
    })
    if (options.attestation === true) {
      const note = addManifest(
        { schemaVersion: 2, mediaType: OCI_MANIFEST, config: add(json({}), OCI_CONFIG), layers: [] },
        OCI_MANIFEST,
      )
      entries.push({
        mediaType: OCI_MANIFEST,
        digest: note.digest,
        size: note.bytes.length,
        platform: { os: 'unknown', architecture: 'unknown' },
        annotations: {
          'vnd.docker.reference.type': 'attestation-manifest',
          'vnd.docker.reference.digest': manifest.digest,
        },
      })
    }
  }
  const [only] = manifests
  if (options.single === true && only !== undefined) return { top: only, manifests, blobs }
  const top = addManifest(
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests: entries, ...(annotations === undefined ? {} : { annotations }) },
    OCI_INDEX,
  ) // prettier-ignore
  return { top, manifests, blobs }
}
