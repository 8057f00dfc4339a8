import { isDeepStrictEqual } from 'node:util'
import { formatPlatform } from '../base/platform.ts'
import { type Descriptor, digestOf, layerCompression, OCI_MANIFEST } from '../registry/media-types.ts'
import { BASE_DIGEST, type ImageView, type Json, type PlatformView } from './model.ts'

/** One platform on its new base; only the layers are not in it. */
export interface RebasedPlatform {
  readonly descriptor: Descriptor
  readonly manifest: Buffer
  readonly mediaType: string
  readonly config: Buffer
  readonly configDigest: string
  /** Layers of the new base, as they are there. */
  readonly baseLayers: readonly Descriptor[]
  /** Layers of the image itself, which stay. */
  readonly ownLayers: readonly Descriptor[]
}

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : [])
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const diffIds = (config: Json): readonly unknown[] => list(object(config['rootfs'])['diff_ids'])

/** What a builder may have done on top of the base so that the result does not depend on what was in it. */
const HARMLESS = /^(?:COPY|ENV|LABEL|USER|ENTRYPOINT|CMD|EXPOSE|HEALTHCHECK|STOPSIGNAL|VOLUME|ARG|WORKDIR)\b/

/** The layers that are the image's own, or why they cannot be told or moved. Pure. */
export function ownLayersOf(
  image: PlatformView,
  oldBase: PlatformView,
): { readonly layers: readonly Descriptor[] } | { readonly why: string } {
  if (image.platform.os !== 'linux')
    return { why: 'only layers for Linux can change their base: Windows ties them to its version' }
  const ids = diffIds(image.config)
  const below = diffIds(oldBase.config)
  if (ids.length !== image.manifest.layers.length)
    return { why: 'its configuration and its manifest do not count the same layers' }
  if (ids.length <= below.length || !isDeepStrictEqual(ids.slice(0, below.length), below))
    return {
      why: 'its lower layers are not those of the base that it notes, so its own cannot be told apart',
    }
  const history = list(image.config['history'])
  const baseHistory = list(oldBase.config['history'])
  if (!isDeepStrictEqual(history.slice(0, baseHistory.length), baseHistory))
    return { why: 'its history does not begin with that of the base that it notes' }
  const own = history.slice(baseHistory.length).map(object)
  if (own.length === 0) return { why: 'it does not say how its own layers were made' }
  for (const entry of own) {
    const by = typeof entry['created_by'] === 'string' ? entry['created_by'] : ''
    if (by === 'go-image-pipeline' || HARMLESS.test(by)) continue
    return { why: `a step may have used what is in the base: ${by.slice(0, 80) || 'unknown'}` }
  }
  return { layers: image.manifest.layers.slice(below.length) }
}

/**
 * A platform with the layers and settings of the new base under its own. Settings are merged as people merge text: what the
 * image took over from the old base follows the new one, what the image set itself stays. The same three images always give
 * the same bytes; nothing is dated anew.
 */
export function rebasePlatform(
  image: PlatformView,
  oldBase: PlatformView,
  newBase: PlatformView,
  baseDigest: string,
): RebasedPlatform | { readonly why: string } {
  const own = ownLayersOf(image, oldBase)
  if ('why' in own) return own
  if (newBase.config['os'] !== image.config['os'] || newBase.config['architecture'] !== image.config['architecture'])
    return { why: `the new base is for ${formatPlatform(newBase.platform)}` }
  const lower: Descriptor[] = []
  for (const layer of newBase.manifest.layers) {
    const mediaType = layerType(layer.mediaType, image.manifest.mediaType === OCI_MANIFEST)
    if (mediaType === undefined) return { why: `a manifest of Docker cannot hold layers of type ${layer.mediaType}` }
    lower.push({ mediaType, digest: layer.digest, size: layer.size })
  }
  const below = diffIds(oldBase.config).length
  const settings = mergeSettings(object(image.config['config']), object(oldBase.config['config']), object(newBase.config['config']))
  const labels = object(settings['Labels'])
  const config = json({
    ...image.config,
    config: {
      ...settings,
      ...(BASE_DIGEST in labels ? { Labels: { ...labels, [BASE_DIGEST]: baseDigest } } : {}),
    },
    rootfs: { type: 'layers', diff_ids: [...diffIds(newBase.config), ...diffIds(image.config).slice(below)] },
    history: [
      ...list(newBase.config['history']),
      ...list(image.config['history']).slice(list(oldBase.config['history']).length),
    ],
  })
  const configDigest = digestOf(config)
  const annotations = object(image.manifestJson['annotations'])
  const manifest = json({
    ...image.manifestJson,
    config: { mediaType: image.manifest.config.mediaType, digest: configDigest, size: config.length },
    layers: [...lower, ...list(image.manifestJson['layers']).slice(below)],
    ...(BASE_DIGEST in annotations ? { annotations: { ...annotations, [BASE_DIGEST]: baseDigest } } : {}),
  })
  return {
    descriptor: { ...image.descriptor, digest: digestOf(manifest), size: manifest.length },
    manifest,
    mediaType: image.manifest.mediaType,
    config,
    configDigest,
    baseLayers: lower,
    ownLayers: own.layers,
  }
} // prettier-ignore

/** The layer's type in the family of the manifest that will list it. */
function layerType(mediaType: string, oci: boolean): string | undefined {
  const compression = layerCompression(mediaType)
  if (oci) {
    if (compression === undefined) return undefined
    return `application/vnd.oci.image.layer.v1.tar${compression === 'none' ? '' : `+${compression}`}`
  }
  return compression === 'gzip' ? 'application/vnd.docker.image.rootfs.diff.tar.gzip' : undefined
}

/** Three-way merge of the `config` object: per key, and inside Env, Labels, ExposedPorts and Volumes per entry. */
export function mergeSettings(image: Json, oldBase: Json, newBase: Json): Json {
  const merged: Json = {}
  for (const key of new Set([...Object.keys(image), ...Object.keys(newBase)])) {
    const value = mergeKey(key, image, oldBase, newBase)
    if (value !== undefined) merged[key] = value
  }
  return merged
}

function mergeKey(key: string, image: Json, oldBase: Json, newBase: Json): unknown {
  const [mine, before, after] = [image[key], oldBase[key], newBase[key]]
  if (key === 'Env') return Object.values(mergeRecord(envRecord(mine), envRecord(before), envRecord(after)))
  if (['Labels', 'ExposedPorts', 'Volumes'].includes(key)) {
    const record = mergeRecord(object(mine), object(before), object(after))
    return mine === undefined && Object.keys(record).length === 0 ? undefined : record
  }
  // An entry point of its own took the base's command away, and a new one must not come back.
  if (key === 'Cmd' && !isDeepStrictEqual(image['Entrypoint'], oldBase['Entrypoint'])) return mine
  return isDeepStrictEqual(mine, before) ? after : mine
}

/** `NAME=value` lines by their names; the lines stay the values, in order. */
const envRecord = (value: unknown): Json =>
  Object.fromEntries(
    list(value).flatMap((line) => (typeof line === 'string' ? [[line.split('=', 1)[0] ?? '', line]] : [])),
  )

function mergeRecord(mine: Json, before: Json, after: Json): Json {
  const merged: Json = {}
  for (const key of new Set([...Object.keys(after), ...Object.keys(mine)])) {
    const value = isDeepStrictEqual(mine[key], before[key]) ? after[key] : mine[key]
    if (value !== undefined) merged[key] = value
  }
  return merged
}

/** The index with its rebased platforms; attestations speak about the old digests and are left out. Undefined for a single manifest. */
export function rebaseIndex(
  image: ImageView,
  rebased: ReadonlyMap<string, RebasedPlatform>,
  baseDigest: string,
): Buffer | undefined {
  if (image.index === undefined) return undefined
  const gone = new Set(image.attestations.map((one) => one.digest))
  const annotations = object(image.index['annotations'])
  return json({
    ...image.index,
    manifests: list(image.index['manifests']).flatMap((entry) => {
      const { digest } = object(entry)
      if (typeof digest !== 'string' || gone.has(digest)) return []
      const fresh = rebased.get(digest)
      return [fresh === undefined ? entry : { ...object(entry), digest: fresh.descriptor.digest, size: fresh.descriptor.size }]
    }),
    ...(BASE_DIGEST in annotations ? { annotations: { ...annotations, [BASE_DIGEST]: baseDigest } } : {}),
  })
} // prettier-ignore
