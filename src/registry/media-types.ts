/** Media types of OCI image-spec 1.1 and Docker's image manifest v2 schema 2, and the shapes they name. */
import { createHash } from 'node:crypto'
import { asObject, parseObject } from '../base/json.ts'
import type { Platform } from '../base/platform.ts'

export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json'
export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
export const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json'
export const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar'
export const OCI_LAYER_GZIP = `${OCI_LAYER}+gzip`
export const OCI_LAYER_ZSTD = `${OCI_LAYER}+zstd`
export const DOCKER_INDEX = 'application/vnd.docker.distribution.manifest.list.v2+json'
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
export const DOCKER_CONFIG = 'application/vnd.docker.container.image.v1+json'
export const DOCKER_LAYER_GZIP = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
export const IN_TOTO = 'application/vnd.in-toto+json'

/** What we ask for when a manifest is read. A registry converts or refuses what is not listed. */
export const ACCEPT_MANIFESTS = [OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST].join(', ')

export interface Descriptor {
  readonly mediaType: string
  /** `sha256:<hex>`. */
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly platform?: ManifestPlatform
  readonly annotations?: Readonly<Record<string, string>>
  readonly artifactType?: string
  readonly urls?: readonly string[]
}

/** The platform object of an index entry, in the specification's own spelling. */
export interface ManifestPlatform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
}

export interface ImageIndex {
  readonly kind: 'index'
  readonly mediaType: string
  readonly manifests: readonly Descriptor[]
  readonly annotations: Readonly<Record<string, string>>
}

export interface ImageManifest {
  readonly kind: 'manifest'
  readonly mediaType: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly annotations: Readonly<Record<string, string>>
  readonly artifactType?: string
}

/** What we read of an image configuration. */
export interface ImageConfig {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly osVersion?: string
  readonly diffIds: readonly string[]
  /** History entries that made a layer; undefined when there is no history. */
  readonly layerHistory?: number
  readonly labels: Readonly<Record<string, string>>
}

export const isIndexType = (mediaType: string): boolean =>
  mediaType === OCI_INDEX || mediaType === DOCKER_INDEX
export const isManifestType = (mediaType: string): boolean =>
  mediaType === OCI_MANIFEST || mediaType === DOCKER_MANIFEST
export const isConfigType = (mediaType: string): boolean =>
  mediaType === OCI_CONFIG || mediaType === DOCKER_CONFIG

/** Layers that lie outside the registry by licence (old Windows bases); they are never pushed or pulled by us. */
export const isForeignLayer = (mediaType: string): boolean =>
  mediaType.includes('.nondistributable.') || mediaType.includes('rootfs.foreign.')

/** How a layer's media type says it is compressed; undefined when it is no filesystem layer. */
export function layerCompression(mediaType: string): 'none' | 'gzip' | 'zstd' | undefined {
  const known =
    /^application\/vnd\.oci\.image\.layer\.(?:nondistributable\.)?v1\.tar(?:\+(gzip|zstd))?$/.exec(
      mediaType,
    ) ??
    /^application\/vnd\.docker\.image\.rootfs\.(?:foreign\.)?diff\.tar(?:\.(gzip|zstd))?$/.exec(mediaType)
  if (known === null) return undefined
  return known[1] === 'gzip' ? 'gzip' : known[1] === 'zstd' ? 'zstd' : 'none'
}

const ATTESTATION_TYPE = 'vnd.docker.reference.type'
const ATTESTATION_OF = 'vnd.docker.reference.digest'

/** BuildKit puts provenance and SBOM into the index as manifests of platform unknown/unknown. */
export const isAttestation = (entry: Descriptor): boolean =>
  entry.annotations?.[ATTESTATION_TYPE] === 'attestation-manifest' ||
  (entry.platform?.os === 'unknown' && entry.platform.architecture === 'unknown')

/** The digest of the manifest an attestation speaks about. */
export const attestationSubject = (entry: Descriptor): string | undefined =>
  entry.annotations?.[ATTESTATION_OF]

/** The platform an entry names, in our spelling: variants that say nothing (arm64/v8, amd64/v1) are left out. */
export function toPlatform(from: ManifestPlatform): Platform {
  const { variant = '', architecture: arch } = from
  const plain =
    variant === '' || (arch === 'arm64' && variant === 'v8') || (arch === 'amd64' && variant === 'v1')
  return {
    os: from.os,
    arch,
    ...(plain ? {} : { variant }),
    ...(from['os.version'] === undefined ? {} : { osVersion: from['os.version'] }),
  }
}

/** `sha256:<hex>` of the bytes, or with the algorithm of `like`. */
export function digestOf(bytes: Uint8Array | string, like = 'sha256:'): string {
  const algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256'
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`
}

export const isDigest = (text: string): boolean => /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/.test(text)

/**
 * Reads an index or manifest. Unknown fields are ignored, wrong ones are named.
 * `mediaType` is the Content-Type it came with: the body may leave its own out (OCI 1.0).
 */
export function parseManifest(
  bytes: Uint8Array,
  mediaType: string,
): ImageIndex | ImageManifest | { reason: string } {
  const json = parseObject(bytes)
  if (json === undefined) return { reason: 'it is not a JSON object' }
  const own = typeof json['mediaType'] === 'string' ? json['mediaType'] : undefined
  // CVE-2021-41190: a document must not be an index to one reader and a manifest to another.
  const offered = mediaType.split(';')[0]?.trim() ?? ''
  const known = isIndexType(offered) || isManifestType(offered)
  if (own !== undefined && known && own !== offered)
    return { reason: `its mediaType is ${own}, but it is served as ${offered}` }
  if ('manifests' in json && ('layers' in json || 'config' in json))
    return { reason: 'it has both "manifests" and "layers"' }
  const type = own ?? (known ? offered : 'manifests' in json ? OCI_INDEX : OCI_MANIFEST)
  const annotations = stringRecord(json['annotations'])
  if (isIndexType(type)) {
    const manifests = descriptors(json['manifests'])
    return manifests === undefined
      ? { reason: 'its "manifests" is not a list of descriptors' }
      : { kind: 'index', mediaType: type, manifests, annotations }
  }
  if (!isManifestType(type)) return { reason: `it is of type ${type}, not an image index or manifest` }
  const config = descriptor(json['config'])
  const layers = descriptors(json['layers'])
  if (config === undefined) return { reason: 'its "config" is not a descriptor' }
  if (layers === undefined) return { reason: 'its "layers" is not a list of descriptors' }
  const artifactType = json['artifactType']
  return {
    kind: 'manifest',
    mediaType: type,
    config,
    layers,
    annotations,
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
  }
}

/** Reads an image configuration (image-spec config.md). */
export function parseConfig(bytes: Uint8Array): ImageConfig | { reason: string } {
  const json = parseObject(bytes)
  if (json === undefined) return { reason: 'it is not a JSON object' }
  const { os, architecture, variant } = json
  if (typeof os !== 'string' || typeof architecture !== 'string')
    return { reason: 'it names no os and architecture' }
  const rootfs = asObject(json['rootfs'])
  const diffIds = rootfs?.['diff_ids']
  if (!Array.isArray(diffIds) || !diffIds.every((id) => typeof id === 'string' && isDigest(id)))
    return { reason: 'its rootfs.diff_ids is not a list of digests' }
  const history: unknown = json['history']
  const osVersion = json['os.version']
  return {
    os,
    architecture,
    ...(typeof variant === 'string' ? { variant } : {}),
    ...(typeof osVersion === 'string' ? { osVersion } : {}),
    diffIds: diffIds as string[],
    ...(Array.isArray(history)
      ? { layerHistory: history.filter((entry) => asObject(entry)?.['empty_layer'] !== true).length }
      : {}),
    labels: stringRecord(asObject(json['config'])?.['Labels']),
  }
}

function descriptors(value: unknown): Descriptor[] | undefined {
  if (!Array.isArray(value)) return undefined
  const all = value.map(descriptor)
  return all.every((one) => one !== undefined) ? all : undefined
}

function descriptor(value: unknown): Descriptor | undefined {
  const json = asObject(value)
  const { mediaType, digest, size, urls, artifactType } = json ?? {}
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || !isDigest(digest)) return undefined
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined
  const platform = asObject(json?.['platform'])
  const variant = platform?.['variant']
  const osVersion = platform?.['os.version']
  const annotations = stringRecord(json?.['annotations'])
  return {
    mediaType,
    digest,
    size,
    ...(typeof platform?.['os'] === 'string' && typeof platform['architecture'] === 'string'
      ? {
          platform: {
            os: platform['os'],
            architecture: platform['architecture'],
            ...(typeof variant === 'string' ? { variant } : {}),
            ...(typeof osVersion === 'string' ? { 'os.version': osVersion } : {}),
          },
        }
      : {}),
    ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    ...(typeof artifactType === 'string' ? { artifactType } : {}),
    ...(Array.isArray(urls) ? { urls: urls.filter((url) => typeof url === 'string') } : {}),
  }
}

function stringRecord(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asObject(value) ?? {}).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}
