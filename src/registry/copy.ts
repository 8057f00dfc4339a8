/** Copying an image, whole and by digest, between repositories and registries. */
import type { Act } from '../base/act.ts'
import { PipelineError } from '../base/errors.ts'
import type { RegistryClient } from './client.ts'
import { type Descriptor, isForeignLayer, isIndexType, isManifestType } from './media-types.ts'
import { mapLimited } from './pool.ts'
import { formatReference, type Repository } from './reference.ts'

export interface CopyResult {
  readonly digest: string
  readonly mediaType: string
  /** Blobs that were there, mounted from the other repository, or sent. */
  readonly blobs: { exists: number; mounted: number; uploaded: number }
  /** Manifests put. */
  manifests: number
}

const CONCURRENCY = 4

/**
 * Copies an index with all its manifests and blobs, children first, so that the target never holds a manifest whose
 * parts are missing. Within one registry blobs are mounted, not sent. No tag is touched. Referrers (signatures kept
 * outside of the index) are not copied.
 */
export async function copyImage(
  from: Repository & { readonly digest: string },
  to: Repository,
  client: RegistryClient,
  act: Pick<Act, 'log' | 'signal'>,
): Promise<CopyResult> {
  const blobs = { exists: 0, mounted: 0, uploaded: 0 }
  let manifests = 0
  const seen = new Set<string>()

  const copyBlobs = async (all: readonly Descriptor[]): Promise<void> => {
    const fresh = all.filter((blob) => !isForeignLayer(blob.mediaType) && !seen.has(blob.digest))
    for (const { digest } of fresh) seen.add(digest)
    const once = [...new Map(fresh.map((blob) => [blob.digest, blob])).values()]
    await mapLimited(once, CONCURRENCY, async ({ digest, size }) => {
      const source = { digest, size, open: () => client.blob(from, digest, { size }) }
      const result = await client.uploadBlob(
        to,
        source,
        from.registry === to.registry ? { mountFrom: from.repository } : {},
      )
      blobs[result]++
    })
  }

  const isThere = async (digest: string): Promise<boolean> => {
    const ref = { registry: to.registry, repository: to.repository, digest }
    try {
      return (await client.tryResolve(ref, { writing: true })) !== undefined
    } catch (error) {
      // A repository that is not made yet may look like a refusal; the push tells which it is.
      if (error instanceof PipelineError && /denied|login/.test(error.problems[0]?.code ?? '')) return false
      throw error
    }
  }

  const copyManifest = async (digest: string): Promise<string> => {
    act.signal.throwIfAborted()
    const { bytes, mediaType, content } = await client.manifest({ ...from, digest })
    // A registry takes a manifest only with its parts, so one that is there is whole.
    if (await isThere(digest)) return mediaType
    if (content.kind === 'index') {
      for (const child of content.manifests) {
        if (isIndexType(child.mediaType) || isManifestType(child.mediaType)) await copyManifest(child.digest)
        else await copyBlobs([child])
      }
    } else await copyBlobs([content.config, ...content.layers])
    await client.putManifest(to, bytes, mediaType, digest)
    manifests++
    return mediaType
  }

  const mediaType = await copyManifest(from.digest)
  act.log.info(
    `copied ${formatReference({ ...from })} to ${to.registry}/${to.repository}: ${manifests} manifests, ` +
      `${blobs.mounted} blobs mounted, ${blobs.uploaded} sent, ${blobs.exists} there already`,
  )
  return { digest: from.digest, mediaType, blobs, manifests }
}
