/** The report of a verification, and the notebook it is written in. */
import { PipelineError, type Problem } from '../base/errors.ts'

/** `gate`: the image is not what it should be. `environment`: the registry could not be asked. */
export interface VerifyFailure extends Problem {
  readonly kind: 'gate' | 'environment'
}

export interface VerifiedPlatform {
  /** `linux/arm64`. */
  readonly platform: string
  readonly digest: string
  readonly config: string
  readonly layers: readonly { readonly digest: string; readonly size: number; readonly mediaType: string }[]
  /** Compressed bytes of all layers and the configuration. */
  readonly size: number
}

export interface VerifyReport {
  readonly ok: boolean
  readonly reference: string
  readonly digest: string
  readonly mediaType: string
  readonly level: 'full' | 'fast'
  readonly platforms: readonly VerifiedPlatform[]
  /** Provenance and SBOM manifests in the index, with the digest of what they speak about. */
  readonly attestations: readonly { readonly digest: string; readonly subject?: string }[]
  /** Manifests read, blobs checked, bytes hashed. */
  readonly manifests: number
  readonly blobs: number
  readonly bytes: number
  readonly failures: readonly VerifyFailure[]
  /** What was not checked, and why. */
  readonly skipped: readonly { readonly what: string; readonly reason: string }[]
}

/** The failures as one error: a gate's when the image is wrong, the environment's when it could not be read. */
export function verifyError(report: VerifyReport): PipelineError | undefined {
  if (report.ok) return undefined
  const gate = report.failures.some(({ kind }) => kind === 'gate')
  return new PipelineError(gate ? 'gate' : 'environment', report.failures)
}

/** Faults that are the image's own; all others say that the registry could not be asked. */
const CONTENT = new Set([
  'registry-blob-mismatch',
  'registry-digest-mismatch',
  'registry-manifest-invalid',
  'registry-blob-unknown',
])

/** Collects what a verification finds, from parts that run at the same time. */
export class Notebook {
  readonly failures: VerifyFailure[] = []
  readonly skipped: { what: string; reason: string }[] = []
  readonly platforms: VerifiedPlatform[] = []
  readonly attestations: { digest: string; subject?: string }[] = []
  manifests = 0
  blobs = 0
  bytes = 0

  fail(problem: Problem): void {
    this.failures.push({ ...problem, kind: 'gate' })
  }

  skip(what: string, reason: string): void {
    this.skipped.push({ what, reason })
  }

  /** Runs a part; its failure becomes a line of the report, an abort is thrown. */
  async guarded<T>(
    where: string,
    work: () => Promise<T>,
    absent: VerifyFailure['kind'] = 'gate',
  ): Promise<T | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      for (const problem of error.problems) {
        const missing = problem.code === 'registry-not-found'
        const kind = missing ? absent : CONTENT.has(problem.code) ? 'gate' : 'environment'
        this.failures.push({ ...problem, where: problem.where ?? where, kind })
      }
      return undefined
    }
  }
}
