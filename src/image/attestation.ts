/**
 * SBOMs as Buildx attaches them (docs.docker.com/build/metadata/attestations/attestation-storage): in-toto statements about a manifest, as the
 * layers of a manifest of no platform, beside the others in the index. Tools that read Buildx's find ours. Pure.
 */
import { type Descriptor, digestOf, IN_TOTO, OCI_CONFIG, OCI_MANIFEST } from '../registry/media-types.ts'

export const SPDX_PREDICATE = 'https://spdx.dev/Document'

export interface Attestation {
  /** Its entry in the index. */
  readonly descriptor: Descriptor
  readonly bytes: Buffer
  /** The statements and the configuration. */
  readonly blobs: readonly Buffer[]
}

/** @param subject digest of the manifest that `documents` speak about, one for each program */
export function attest(subject: string, documents: readonly object[]): Attestation {
  const statements = documents.map((document) =>
    json({
      _type: 'https://in-toto.io/Statement/v0.1',
      predicateType: SPDX_PREDICATE,
      // The name is free; the digest is what counts, and one image may have many names.
      subject: [{ name: '_', digest: { sha256: subject.replace(/^sha256:/, '') } }],
      predicate: document,
    }),
  )
  const config = json({
    architecture: 'unknown',
    os: 'unknown',
    config: {},
    rootfs: { type: 'layers', diff_ids: statements.map((one) => digestOf(one)) },
  })
  const bytes = json({
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: digestOf(config), size: config.length },
    layers: statements.map((statement) => ({
      mediaType: IN_TOTO,
      digest: digestOf(statement),
      size: statement.length,
      annotations: { 'in-toto.io/predicate-type': SPDX_PREDICATE },
    })),
  })
  return {
    descriptor: {
      mediaType: OCI_MANIFEST,
      digest: digestOf(bytes),
      size: bytes.length,
      annotations: {
        'vnd.docker.reference.digest': subject,
        'vnd.docker.reference.type': 'attestation-manifest',
      },
      platform: { architecture: 'unknown', os: 'unknown' },
    },
    bytes,
    blobs: [...statements, config],
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
