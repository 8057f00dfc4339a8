import { gzipSync } from 'node:zlib'
import { OCI_CONFIG, OCI_LAYER_GZIP, OCI_MANIFEST } from '../../src/registry/media-types.ts'
import { digest, tarOf } from './image-maker.ts'
import type { RegistryDouble } from './registry-double.ts'

/** Puts an image of linux/amd64 with these layers (bottom first) into the double; returns its digest. */
export async function imageOf(
  registry: RegistryDouble,
  repository: string,
  layers: readonly Readonly<Record<string, string | Buffer>>[],
  labels: Readonly<Record<string, string>>,
): Promise<string> {
  const tars = await Promise.all(layers.map((files) => tarOf(files)))
  const blobs = tars.map((tar) => gzipSync(tar))
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      config: { Labels: labels },
      rootfs: { type: 'layers', diff_ids: tars.map(digest) },
    }),
  )
  const descriptor = (mediaType: string, bytes: Buffer): object => ({
    mediaType,
    digest: digest(bytes),
    size: bytes.length,
  })
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: descriptor(OCI_CONFIG, config),
      layers: blobs.map((blob) => descriptor(OCI_LAYER_GZIP, blob)),
    }),
  )
  for (const blob of [config, ...blobs]) registry.addBlob(repository, blob)
  registry.addManifest(repository, manifest, OCI_MANIFEST)
  return digest(manifest)
}
