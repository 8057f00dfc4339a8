import { environmentError } from '../base/errors.ts'
import { parseObject } from '../base/json.ts'
import { type Platform, samePlatform } from '../base/platform.ts'
import type { RegistryClient } from '../registry/client.ts'
import {
  type Descriptor,
  type ImageManifest,
  isAttestation,
  isConfigType,
  isIndexType,
  toPlatform,
} from '../registry/media-types.ts'
import { formatReference, type Reference, type Repository } from '../registry/reference.ts'
import type { ImageView, Json, PlatformView } from './model.ts'

const MAX_CONFIG = 16 * 1024 * 1024

/** An image with the manifests and configurations of all its platforms; no layer is read. */
export async function readImage(ref: Reference, client: RegistryClient): Promise<ImageView> {
  const top = await client.manifest(ref)
  const at = { registry: ref.registry, repository: ref.repository }
  const { content } = top
  if (content.kind === 'manifest') {
    const descriptor = { mediaType: top.mediaType, digest: top.digest, size: top.bytes.length }
    const platforms = [await readPlatform(at, descriptor, content, top.bytes, client)]
    return { at, digest: top.digest, mediaType: top.mediaType, index: undefined, platforms, attestations: [] }
  }
  const attestations = content.manifests.filter(isAttestation)
  const entries = content.manifests.filter((one) => !isAttestation(one))
  const platforms: PlatformView[] = []
  for (const entry of entries) {
    if (isIndexType(entry.mediaType)) throw notAnImage(ref, 'it is an index of indexes')
    const child = await client.manifest({ ...at, digest: entry.digest })
    if (child.content.kind === 'index') throw notAnImage(ref, 'it is an index of indexes')
    platforms.push(await readPlatform(at, entry, child.content, child.bytes, client))
  }
  const index = parseObject(top.bytes) ?? {}
  return { at, digest: top.digest, mediaType: top.mediaType, index, platforms, attestations }
}

/** The platform of a base that an image's platform stands on; undefined when the base has none. */
export const platformIn = (base: ImageView, platform: Platform): PlatformView | undefined =>
  base.platforms.find((one) => samePlatform(one.platform, platform))

async function readPlatform(
  at: Repository,
  descriptor: Descriptor,
  manifest: ImageManifest,
  bytes: Buffer,
  client: RegistryClient,
): Promise<PlatformView> {
  const reference = formatReference({ ...at, digest: descriptor.digest })
  const { config: described } = manifest
  if (!isConfigType(described.mediaType) || described.size > MAX_CONFIG)
    throw notAnImage({ ...at, digest: descriptor.digest }, `its configuration is of type ${described.mediaType}`)
  const chunks: Buffer[] = []
  for await (const chunk of client.blob(at, described.digest, { size: described.size }) as AsyncIterable<Buffer>)
    chunks.push(chunk)
  const config: Json | undefined = parseObject(Buffer.concat(chunks))
  const { os, architecture, variant } = config ?? {}
  if (config === undefined || typeof os !== 'string' || typeof architecture !== 'string')
    throw notAnImage({ ...at, digest: descriptor.digest }, `the configuration of ${reference} names no platform`)
  const platform = toPlatform({
    os,
    architecture,
    ...(typeof variant === 'string' ? { variant } : {}),
  })
  return { platform, descriptor, manifest, manifestJson: parseObject(bytes) ?? {}, config }
} // prettier-ignore

const notAnImage = (ref: Reference, cause: string): Error =>
  environmentError({
    code: 'rebase-not-an-image',
    what: `${formatReference(ref)} is no image that can be looked at`,
    cause,
    fix: 'name an image, not another artifact',
  })
