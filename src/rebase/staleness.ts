import { isDigest } from '../registry/media-types.ts'
import { parseReference, type Reference } from '../registry/reference.ts'
import {
  BASE_DIGEST,
  BASE_NAME,
  type BaseNote,
  type ImageView,
  type Json,
  type PlatformView,
} from './model.ts'

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}

/** The base that an image notes: in annotations of the index or a manifest, or in labels. All places must agree. */
export function baseOf(image: ImageView): BaseNote | { readonly why: string } {
  const places: Json[] = [
    object(image.index?.['annotations']),
    ...image.platforms.flatMap(({ manifest, config }) => [
      { ...manifest.annotations },
      object(object(config['config'])['Labels']),
    ]),
  ]
  const noted = (key: string): string[] => [
    ...new Set(places.flatMap((place) => (typeof place[key] === 'string' ? [place[key]] : []))),
  ]
  const [name, ...otherNames] = noted(BASE_NAME)
  const [digest, ...otherDigests] = noted(BASE_DIGEST)
  if (name === undefined || digest === undefined)
    return { why: `it does not note its base (${BASE_NAME} and ${BASE_DIGEST})` }
  if (otherNames.length + otherDigests.length > 0) return { why: 'its platforms note different bases' }
  if (!isDigest(digest)) return { why: `the digest of its base is none: ${digest}` }
  if ('reason' in parseReference(name)) return { why: `the name of its base is none: ${name}` }
  return { name, digest }
}

/** The tag that is followed: what is noted without its digest, `latest` where no tag is noted. */
export function followedTag(note: BaseNote): Reference & { readonly tag: string } {
  const found = parseReference(note.name)
  if ('reason' in found) throw new TypeError(found.reason)
  return { registry: found.registry, repository: found.repository, tag: found.tag ?? 'latest' }
}

const DAY_MS = 86_400_000
/** Reproducible builds date images 1970 or 1980; nothing real is older than the first container images. */
const FIRST_IMAGES = Date.parse('2013-03-01T00:00:00Z')

/** Whole days from `created` of a configuration to `now`; undefined when it does not tell. */
export function ageInDays(platform: PlatformView | undefined, now: number): number | undefined {
  const created = platform?.config['created']
  const at = typeof created === 'string' ? Date.parse(created) : Number.NaN
  return at > FIRST_IMAGES ? Math.max(0, Math.floor((now - at) / DAY_MS)) : undefined
}
