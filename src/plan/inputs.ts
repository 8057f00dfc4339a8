import type { Platform } from '../base/platform.ts'
import type { FileCopy } from '../image/rootfs.ts'
import type { TagRules } from '../image/tags.ts'
import type { RegistryLogin, RegistryMirror } from '../registry/credentials.ts'

/** A main package as asked for: a path relative to working-directory, and the name of its binary and image. */
export interface MainRequest {
  readonly path: string
  readonly name?: string
}

/** All inputs, checked and typed. Nothing else in the program reads an input. */
export interface Inputs {
  readonly images: readonly string[]
  /** Empty when not given: the plan decides by what is there. */
  readonly platforms: readonly Platform[]
  readonly tags: TagRules
  /** `key=value` lines, checked. */
  readonly labels: string
  readonly annotations: string
  readonly base: string
  readonly user: string
  readonly expose: readonly string[]
  readonly entrypointArgs: readonly string[]
  /** Exec form; empty for none. */
  readonly healthcheck: readonly string[]
  readonly imageEnv: readonly (readonly [string, string])[]
  readonly files: readonly FileCopy[]
  readonly workingDirectory: string
  readonly main: readonly MainRequest[]
  readonly binaries: 'separate' | 'together'
  readonly packages: readonly string[]
  readonly file: string
  readonly context: string
  readonly goVersion: string
  readonly goVersionFile: string
  readonly checkLatest: boolean
  readonly goTags: readonly string[]
  readonly cgo: boolean
  readonly ldflags: string
  readonly goproxy: string | undefined
  readonly goMirrors: readonly string[]
  readonly cacheDependencyPath: readonly string[]
  readonly vet: boolean
  readonly test: boolean
  readonly testFlags: readonly string[]
  readonly race: boolean
  readonly coverage: boolean
  readonly coverageThreshold: number | undefined
  readonly start: 'auto' | 'service' | 'command' | 'off'
  readonly healthPath: string | undefined
  readonly startArgs: readonly string[]
  readonly startEnv: readonly (readonly [string, string])[]
  readonly startTimeoutMs: number
  readonly verify: 'full' | 'fast' | 'off'
  readonly push: boolean | 'auto'
  readonly load: boolean
  readonly target: string | undefined
  readonly buildArgs: readonly (readonly [string, string])[]
  readonly buildContexts: readonly (readonly [string, string])[]
  readonly secrets: readonly (readonly [string, string])[]
  readonly secretFiles: readonly (readonly [string, string])[]
  readonly secretEnvs: readonly (readonly [string, string])[]
  readonly ssh: readonly string[]
  readonly noCache: boolean
  readonly pull: boolean
  readonly compression: 'gzip' | 'zstd'
  readonly provenance: string
  readonly sbom: string
  readonly registries: readonly RegistryLogin[]
  readonly githubToken: string
  readonly registryMirrors: readonly RegistryMirror[]
  readonly insecureRegistries: readonly string[]
  readonly registryCa: string | undefined
  readonly cache: 'auto' | 'read' | 'off'
  /** An input that a run before has proved is not built and tested again. */
  readonly reuse: boolean
  readonly layerCache: 'auto' | 'registry' | 'gha' | 'local' | 'off'
  readonly dockerfileCaches: 'auto' | 'on' | 'off'
  readonly engine: 'auto' | 'buildx' | 'direct'
  readonly driver: 'auto' | 'docker' | 'docker-container' | 'remote' | 'kubernetes'
  readonly driverOpts: readonly string[]
  readonly endpoint: string | undefined
  readonly buildkitdConfig: string | undefined
  readonly buildxVersion: string
  readonly buildxUrl: string
  readonly keepBuilder: boolean
  readonly until: 'publish' | 'image' | 'checks'
  readonly reportDir: string | undefined
  readonly dryRun: boolean
}
