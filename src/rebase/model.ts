import type { Platform } from '../base/platform.ts'
import type { Descriptor, ImageManifest } from '../registry/media-types.ts'
import type { Repository } from '../registry/reference.ts'

export type Json = Record<string, unknown>

/** One platform of an image, whole but for its layers. */
export interface PlatformView {
  readonly platform: Platform
  readonly descriptor: Descriptor
  readonly manifest: ImageManifest
  /** The manifest and the configuration as they are written, with what we do not know about. */
  readonly manifestJson: Json
  readonly config: Json
}

/** An image as a registry has it. */
export interface ImageView {
  readonly at: Repository
  readonly digest: string
  readonly mediaType: string
  /** Undefined when the image is a single manifest. */
  readonly index: Json | undefined
  readonly platforms: readonly PlatformView[]
  /** Provenance and SBOM manifests of the index. */
  readonly attestations: readonly Descriptor[]
}

/** What an image says about what it stands on (OCI image-spec, annotations.md). */
export interface BaseNote {
  /** As it is noted: `gcr.io/distroless/static-debian12:nonroot`. */
  readonly name: string
  readonly digest: string
}

export const BASE_NAME = 'org.opencontainers.image.base.name'
export const BASE_DIGEST = 'org.opencontainers.image.base.digest'

export type Staleness =
  /** The tag of the base still is what the image stands on. */
  | { readonly state: 'current'; readonly base: BaseNote }
  | {
      readonly state: 'stale'
      readonly base: BaseNote
      /** What the tag of the base is now. */
      readonly now: string
      /** Days since the newer base was made; undefined when it does not tell (reproducible bases are dated 1970). */
      readonly days: number | undefined
    }
  | { readonly state: 'unknown'; readonly why: string }
