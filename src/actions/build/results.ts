import type { Environment, Platform } from '../../base/platform.ts'
import type { Builder } from '../../buildx/builder.ts'
import type { Buildx } from '../../buildx/install.ts'
import type { CachePart } from '../../cache/plan.ts'
import type { GoInstalled } from '../../go/install.ts'
import type { TestReport } from '../../go/test.ts'
import type { PushCounts } from '../../image/direct.ts'
import type { StartReport } from '../../image/start.ts'
import type { PublishResult } from '../../registry/publish.ts'
import type { RunReport } from '../../report/model.ts'
import type { VerifyReport } from '../../registry/verify.ts'

/** A compiled program. */
export interface Binary {
  readonly name: string
  readonly platform: Platform
  readonly file: string
  /** Bytes. */
  readonly size: number
  readonly ms: number
}

/** An image as it was built: pushed by digest, or lying in an OCI layout. */
export interface BuiltImage {
  /** Id of the target. */
  readonly id: string
  readonly digest: string
  readonly mediaType: string
  readonly platforms: readonly BuiltPlatform[]
  readonly labels: Readonly<Record<string, string>>
  /** OCI layout as one tar file; absent when the builder pushed it. */
  readonly layout?: string
  /** What the direct engine had to send. */
  readonly pushed?: PushCounts
}

export interface BuiltLayer {
  readonly digest: string
  readonly size: number
  /** Part of the base image. */
  readonly base: boolean
}

export interface BuiltPlatform {
  readonly platform: string
  readonly digest: string
  /** Compressed bytes of all layers, base included. */
  readonly size: number
  readonly layers: readonly BuiltLayer[]
}

/** What the steps found out, filled while they run. */
export interface Results {
  go?: GoInstalled
  /** For every go command. */
  goEnvironment?: Environment
  modulesCache?: CachePart
  buildCache?: CachePart
  /** The report of the last good run, which came with the build cache. */
  lastRun?: RunReport
  /** What RUN steps of the user's Dockerfile compiled, apart from the runner's own. */
  dockerfileCache?: CachePart
  tests?: TestReport
  binaries: Binary[]
  buildx?: Buildx
  builder?: Builder
  /** Base reference to digest. */
  readonly bases: Map<string, string>
  readonly images: Map<string, BuiltImage>
  readonly starts: Map<string, StartReport>
  readonly verifies: Map<string, VerifyReport>
  readonly published: Map<string, PublishResult>
  /** Sizes of what the first tag pointed at before, by target and platform. */
  readonly before: Map<string, readonly BuiltPlatform[]>
  readonly notes: string[]
  /** The run whose image this is, when its input was proved before: its address or its time. */
  reused?: string
}

export const emptyResults = (): Results => ({
  binaries: [],
  bases: new Map(),
  images: new Map(),
  starts: new Map(),
  verifies: new Map(),
  published: new Map(),
  before: new Map(),
  notes: [],
})

/** What the caches did for this run: nothing when its input was proved before, which ends the restores early. */
export const usedCaches = (
  results: Results,
): Pick<Results, 'modulesCache' | 'buildCache' | 'dockerfileCache'> =>
  results.reused === undefined ? results : {}

/** What was restored, for post to save. */
export const cachesOf = (results: Results): (CachePart | undefined)[] => [
  results.modulesCache,
  results.buildCache,
  results.dockerfileCache,
]
