/** Joining images that were built apart, one for each platform, into one index. */
import { buffer } from 'node:stream/consumers'
import { environmentError, inputError, PipelineError, type Problem } from '../base/errors.ts'
import { formatPlatform, type Platform, samePlatform } from '../base/platform.ts'
import type { RegistryClient } from '../registry/client.ts'
import {
  attestationSubject,
  type Descriptor,
  digestOf,
  isAttestation,
  type ManifestPlatform,
  OCI_INDEX,
  parseConfig,
  parseManifest,
  toPlatform,
} from '../registry/media-types.ts'
import { formatReference, type Repository } from '../registry/reference.ts'
import { mapLimited } from '../registry/pool.ts'

export type Part = Repository & { readonly digest: string }

export interface Joined {
  /** The index as it is to be pushed, or the only part as it is. */
  readonly bytes: Buffer
  readonly digest: string
  readonly mediaType: string
  /** The index is new; false: the only part was an image already and is it as it stands. */
  readonly made: boolean
  /** Platforms with the digest of their manifest, in the order of the index. */
  readonly platforms: readonly { readonly platform: Platform; readonly digest: string }[]
}

interface Entry {
  readonly platform: Platform
  readonly descriptor: Descriptor
  /** Attestations that speak about it; they go where it goes. */
  readonly attestations: readonly Descriptor[]
  readonly part: Part
}

/**
 * Reads the parts and makes the index; pushes nothing. A part may be a manifest or an index (then all that is in it counts,
 * attestations too); one part alone, without annotations, stays what it is. A platform that is there twice, missing, or not expected fails the gate, all of them told at once.
 */
export async function joinParts(
  parts: readonly Part[],
  expected: readonly Platform[],
  annotations: Readonly<Record<string, string>>,
  client: RegistryClient,
): Promise<Joined> {
  const read = await mapLimited(parts, 4, (part) => readPart(part, client))
  const entries = read.flatMap((one) => one.entries)
  const problems = faults(entries, expected)
  if (problems.length > 0) throw new PipelineError('gate', problems)
  const [only] = read
  if (only !== undefined && read.length === 1 && Object.keys(annotations).length === 0) {
    const { part, bytes, mediaType } = only
    const platforms = entries.map(({ platform, descriptor }) => ({ platform, digest: descriptor.digest }))
    return { bytes, digest: part.digest, mediaType, made: false, platforms }
  }
  const ordered =
    expected.length === 0
      ? entries
      : expected.flatMap((platform) => entries.filter((entry) => samePlatform(entry.platform, platform)))
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [
        ...ordered.map((entry) => entry.descriptor),
        ...ordered.flatMap((entry) => entry.attestations),
      ],
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    }),
  )
  return {
    bytes,
    digest: digestOf(bytes),
    mediaType: OCI_INDEX,
    made: true,
    platforms: ordered.map(({ platform, descriptor }) => ({ platform, digest: descriptor.digest })),
  }
}

function faults(entries: readonly Entry[], expected: readonly Platform[]): Problem[] {
  const problems: Problem[] = []
  entries.forEach((entry, at) => {
    const name = formatPlatform(entry.platform)
    const other = entries.slice(0, at).find((one) => samePlatform(one.platform, entry.platform))
    if (other !== undefined)
      problems.push({
        code: 'publish-platform-twice',
        what: `two parts are ${name}`,
        cause: `${other.part.digest} and ${entry.part.digest}`,
        input: 'digests',
        fix: 'give each leg of the matrix a platform of its own',
      })
    if (expected.length > 0 && !expected.some((platform) => samePlatform(platform, entry.platform)))
      problems.push({
        code: 'publish-platform-unexpected',
        what: `a part is ${name}, which is not among the platforms`,
        where: formatReference(entry.part),
        input: 'platforms',
        fix: `add ${name} to platforms, or leave the part out`,
      })
  })
  for (const platform of expected)
    if (!entries.some((entry) => samePlatform(entry.platform, platform)))
      problems.push({
        code: 'publish-platform-missing',
        what: `no part is ${formatPlatform(platform)}`,
        cause: 'its leg failed, was skipped, or its digest was not handed on',
        input: 'digests',
        fix: 'look at the job of that platform; nothing was tagged',
      })
  return problems
}

/** A part as it stands in its registry, and what is in it. */
interface ReadPart {
  readonly part: Part
  readonly bytes: Buffer
  readonly mediaType: string
  readonly entries: readonly Entry[]
}

async function readPart(part: Part, client: RegistryClient): Promise<ReadPart> {
  const where = formatReference(part)
  const { bytes, mediaType } = await client.manifest(part, { writing: true })
  const parsed = parseManifest(bytes, mediaType)
  if ('reason' in parsed)
    throw environmentError({
      code: 'publish-part-unreadable',
      what: 'a part is no image',
      cause: parsed.reason,
      where,
      fix: 'hand on the digest that the build printed',
    })
  if (parsed.kind === 'index') {
    const images = parsed.manifests.filter((entry) => !isAttestation(entry))
    const attestations = parsed.manifests.filter(isAttestation)
    const entries = images.map((descriptor) => {
      if (descriptor.platform === undefined) throw noPlatform(where, 'an entry of its index names none')
      return {
        platform: toPlatform(descriptor.platform),
        descriptor,
        attestations: attestations.filter((entry) => attestationSubject(entry) === descriptor.digest),
        part,
      }
    })
    return { part, bytes, mediaType, entries }
  }
  const config = parseConfig(await buffer(client.blob(part, parsed.config.digest)))
  if ('reason' in config) throw noPlatform(where, config.reason)
  const platform: ManifestPlatform = {
    os: config.os,
    architecture: config.architecture,
    ...(config.variant === undefined ? {} : { variant: config.variant }),
    ...(config.osVersion === undefined ? {} : { 'os.version': config.osVersion }),
  }
  const descriptor = { mediaType: parsed.mediaType, digest: part.digest, size: bytes.length, platform }
  return {
    part,
    bytes,
    mediaType,
    entries: [{ platform: toPlatform(platform), descriptor, attestations: [], part }],
  }
}

const noPlatform = (where: string, cause: string): Error =>
  inputError({
    code: 'publish-part-without-platform',
    what: 'a part does not say for which platform it is',
    cause,
    where,
    input: 'digests',
    fix: 'hand on the digest of an image, not of one of its layers or attestations',
  })
