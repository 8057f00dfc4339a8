import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Act } from '../base/act.ts'
import { formatBytes } from '../base/clock.ts'
import { environmentError, inputError } from '../base/errors.ts'
import { type Platform, platformId, samePlatform } from '../base/platform.ts'
import type { ManifestBytes, RegistryClient } from '../registry/client.ts'
import {
  type Descriptor,
  digestOf,
  isAttestation,
  isForeignLayer,
  isIndexType,
  OCI_INDEX,
  parseConfig,
  toPlatform,
} from '../registry/media-types.ts'
import { mapLimited } from '../registry/pool.ts'
import { formatReference, type Reference } from '../registry/reference.ts'
import { hasPackages, type LayerContent, readLayer, visible } from './layers.ts'

/** One platform of an image on this disk. */
export interface ImagePlatform {
  /** `name@digest` as it was asked for. */
  readonly image: string
  /** `linux/arm64`; Windows with its version. */
  readonly platform: string
  /** Go programs: path in the image (with leading slash) to the file here. */
  readonly programs: ReadonlyMap<string, string>
  /** Packages of a distribution or of other languages are in it. */
  readonly packages: boolean
  /** `org.opencontainers.image.revision`: the commit it was made from. */
  readonly revision: string | undefined
  readonly notes: readonly string[]
  /** Puts it into the layout folder as its only image, and returns the folder. Calls must not overlap. */
  readonly layout: () => Promise<string>
}

const REVISION = 'org.opencontainers.image.revision'
const MAX_CONFIG = 16 * 1024 * 1024

/**
 * Fetches an image by digest, each layer once, through our own client (its logins, mirrors and checks: every blob is hashed),
 * and finds its Go programs. No engine, no scanner and no credential is involved.
 *
 * @param platforms only these; empty: all
 */
export async function fetchImage(
  ref: Reference & { readonly digest: string },
  platforms: readonly Platform[],
  client: RegistryClient,
  act: Pick<Act, 'temp' | 'log' | 'signal'>,
): Promise<ImagePlatform[]> {
  const name = formatReference(ref)
  const folder = await act.temp.make('scan')
  const blobs = join(folder, 'layout', 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const manifests = await manifestsOf(ref, client)
  const chosen =
    platforms.length === 0
      ? manifests
      : manifests.filter((one) => platforms.some((platform) => samePlatform(platform, one.platform)))
  if (chosen.length === 0)
    throw inputError({
      code: 'scan-no-platform',
      what: `${name} has none of the platforms to scan`,
      cause: `it has ${manifests.map(({ platform }) => platformId(platform)).join(', ')}`,
      input: 'platforms',
      fix: 'leave platforms empty to scan all of them',
    })
  const save = async (blob: Descriptor): Promise<string> => {
    const file = join(blobs, blob.digest.replace(/^sha\d+:/, ''))
    await pipeline(client.blob(ref, blob.digest, { size: blob.size }), createWriteStream(file), {
      signal: act.signal,
    })
    return file
  }
  const layers = new Map<string, Descriptor>()
  for (const { manifest } of chosen)
    for (const layer of manifest.layers) if (!isForeignLayer(layer.mediaType)) layers.set(layer.digest, layer)
  const size = [...layers.values()].reduce((sum, layer) => sum + layer.size, 0)
  act.log.info(`fetches ${name}: ${chosen.length} platforms, ${layers.size} layers, ${formatBytes(size)}`)
  const contents = new Map<string, LayerContent>()
  await mapLimited([...layers.values()], 3, async (layer, at) => {
    contents.set(layer.digest, await readLayer(await save(layer), join(folder, `programs-${at}`)))
  })
  return mapLimited(chosen, 2, async ({ platform, manifest, bytes, descriptor }): Promise<ImagePlatform> => {
    await save(manifest.config)
    const config = parseConfig(await readBlob(client, ref, manifest.config))
    const seen = visible(manifest.layers.flatMap((layer) => contents.get(layer.digest) ?? []))
    const foreign = manifest.layers.filter((layer) => isForeignLayer(layer.mediaType)).length
    return {
      image: name,
      // An image without a configured platform (a bare artifact with layers) still has layers to look at.
      platform: platform.os === '' ? 'no platform' : platformId(platform),
      programs: new Map([...seen.programs].map(([path, file]) => [`/${path}`, file])),
      packages: hasPackages(seen.paths),
      revision: 'reason' in config ? undefined : config.labels[REVISION],
      notes:
        foreign === 0
          ? []
          : [`${foreign} layers of the Windows base lie outside the registry and were not looked at`],
      layout: async () => {
        await writeFile(join(blobs, descriptor.digest.replace(/^sha\d+:/, '')), bytes)
        const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [descriptor] }
        await writeFile(join(folder, 'layout', 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
        await writeFile(join(folder, 'layout', 'index.json'), JSON.stringify(index))
        return join(folder, 'layout')
      },
    }
  })
}

interface Chosen {
  readonly platform: Platform
  readonly manifest: Extract<ManifestBytes['content'], { kind: 'manifest' }>
  readonly bytes: Buffer
  readonly descriptor: { readonly mediaType: string; readonly digest: string; readonly size: number }
}

async function manifestsOf(
  ref: Reference & { readonly digest: string },
  client: RegistryClient,
): Promise<Chosen[]> {
  const top = await client.manifest(ref)
  if (top.content.kind === 'manifest') {
    const config = parseConfig(await readBlob(client, ref, top.content.config))
    if ('reason' in config) throw notAnImage(ref, config.reason)
    const platform = toPlatform({ os: config.os, architecture: config.architecture, ...(config.variant === undefined ? {} : { variant: config.variant }), ...(config.osVersion === undefined ? {} : { 'os.version': config.osVersion }) }) // prettier-ignore
    return [chosenOf(top, top.content, platform)]
  }
  const found: Chosen[] = []
  for (const entry of top.content.manifests) {
    if (isAttestation(entry) || isIndexType(entry.mediaType) || entry.platform === undefined) continue
    const one = await client.manifest({
      registry: ref.registry,
      repository: ref.repository,
      digest: entry.digest,
    })
    if (one.content.kind === 'manifest') found.push(chosenOf(one, one.content, toPlatform(entry.platform)))
  }
  if (found.length === 0) throw notAnImage(ref, 'its index names no platform')
  return found
}

const chosenOf = (
  { bytes, mediaType }: ManifestBytes,
  manifest: Chosen['manifest'],
  platform: Platform,
): Chosen => ({
  platform,
  manifest,
  bytes,
  descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length },
})

const notAnImage = (ref: Reference, cause: string): Error =>
  environmentError({
    code: 'scan-no-image',
    what: `${formatReference(ref)} is no image that can be scanned`,
    cause,
    fix: 'give the digest of an image or of an index of images',
  })

async function readBlob(client: RegistryClient, from: Reference, blob: Descriptor): Promise<Buffer> {
  if (blob.size > MAX_CONFIG) throw notAnImage(from, 'its configuration is too large')
  const chunks: Buffer[] = []
  for await (const chunk of client.blob(from, blob.digest, { size: blob.size }) as AsyncIterable<Buffer>)
    chunks.push(chunk)
  return Buffer.concat(chunks)
}
