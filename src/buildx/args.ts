import { formatPlatform, type Platform } from '../base/platform.ts'

/** A secret for `RUN --mount=type=secret`; its value is never in the argv. */
export type BuildSecret =
  | { readonly id: string; readonly value: string }
  | { readonly id: string; readonly env: string }
  | { readonly id: string; readonly file: string }

export interface Compression {
  readonly type: 'gzip' | 'zstd' | 'estargz' | 'uncompressed'
  readonly level?: number
}

/**
 * Where the result goes.
 * - `digest`: pushed under no tag (docker-container, kubernetes, remote);
 * - `tag`: pushed under tags (the docker driver cannot push by digest: use a staging tag);
 * - `oci`: an OCI layout as one tar file (not with the docker driver on the classic store);
 * - `load`: into the engine, one platform;
 * - `local`: the files of the target, into a folder (in a sub-folder for each platform when there are several);
 * - `cache`: nowhere, only the build itself counts (tester targets).
 */
export type BuildOutput =
  | { readonly kind: 'digest'; readonly names: readonly string[]; readonly compression?: Compression }
  | { readonly kind: 'tag'; readonly tags: readonly string[]; readonly compression?: Compression }
  | {
      readonly kind: 'oci'
      readonly file: string
      readonly tar?: boolean
      readonly compression?: Compression
    }
  | { readonly kind: 'load'; readonly tags: readonly string[] }
  | { readonly kind: 'local'; readonly folder: string }
  | { readonly kind: 'cache' }

export interface BuildRequest {
  /** Folder, git URL or `-`. */
  readonly context: string
  readonly file?: string
  /** Where `file` is a copy of ours, line by line: the user's own file, which messages name. */
  readonly source?: string
  readonly builder?: string
  readonly target?: string
  readonly platforms?: readonly Platform[]
  readonly output: BuildOutput
  readonly buildContexts?: readonly (readonly [name: string, value: string])[]
  readonly buildArgs?: readonly (readonly [name: string, value: string])[]
  readonly labels?: readonly (readonly [name: string, value: string])[]
  /** With `manifest:`, `index:` or another level in the key it is taken as it is; else it goes to every level there is. */
  readonly annotations?: readonly (readonly [name: string, value: string])[]
  readonly secrets?: readonly BuildSecret[]
  readonly ssh?: readonly string[]
  readonly cacheFrom?: readonly string[]
  readonly cacheTo?: readonly string[]
  readonly noCache?: boolean
  readonly noCacheFilters?: readonly string[]
  readonly pull?: boolean
  /** `off` (or `false`), `min`, `max`, `true` or attestation attributes (`mode=max,version=v1`). Default off. */
  readonly provenance?: string
  /** `off` (or `false`), `on` (or `true`) or attestation attributes (`generator=image`). Default off. */
  readonly sbom?: string
  readonly attests?: readonly string[]
  readonly metadataFile?: string
  readonly imageIdFile?: string
  readonly addHosts?: readonly string[]
  readonly network?: string
  readonly shmSize?: string
  readonly ulimits?: readonly string[]
  readonly cgroupParent?: string
  readonly allow?: readonly string[]
  /** Seconds since 1970 for every time BuildKit writes: the same commit gives the same digest. */
  readonly sourceDateEpoch?: number
  /** Only look at the Dockerfile (`--call=check`), build nothing. */
  readonly check?: boolean
  /** Put behind everything else, as the user wrote it. */
  readonly extra?: readonly string[]
}

/**
 * `buildx build …` without the program's name. Pure; secrets given by value are named by {@link secretVariable} and
 * handed over in the environment ({@link buildEnvironment}).
 */
export function buildArgv(request: BuildRequest): string[] {
  const many = (flag: string, values: readonly string[] | undefined): string[] =>
    (values ?? []).flatMap((value) => [flag, value])
  const pairs = (flag: string, values: BuildRequest['labels']): string[] =>
    many(
      flag,
      (values ?? []).map(([name, value]) => `${name}=${value}`),
    )
  const one = (flag: string, value: string | undefined): string[] =>
    value === undefined ? [] : [flag, value]
  const on = (flag: string, value: boolean | undefined): string[] => (value === true ? [flag] : [])

  return [
    'build',
    ...one('--builder', request.builder),
    ...one('--file', request.file),
    ...one('--target', request.target),
    ...one('--platform', platformList(request.platforms)),
    ...(request.check === true ? ['--call=check,format=json'] : outputArgs(request)),
    ...pairs('--build-context', request.buildContexts),
    ...pairs('--build-arg', epochArg(request)),
    ...pairs('--label', request.labels),
    ...many('--annotation', annotationArgs(request)),
    ...many('--secret', request.secrets?.map(secretArg)),
    ...many('--ssh', request.ssh),
    ...many('--cache-from', request.cacheFrom),
    ...many('--cache-to', request.check === true ? [] : request.cacheTo),
    ...on('--no-cache', request.noCache),
    ...many('--no-cache-filter', request.noCacheFilters),
    ...on('--pull', request.pull),
    ...many('--add-host', request.addHosts),
    ...one('--network', request.network),
    ...one('--shm-size', request.shmSize),
    ...many('--ulimit', request.ulimits),
    ...one('--cgroup-parent', request.cgroupParent),
    ...many('--allow', request.allow),
    ...one('--metadata-file', request.check === true ? undefined : request.metadataFile),
    ...one('--iidfile', request.check === true ? undefined : request.imageIdFile),
    ...(request.check === true ? [] : ['--progress=rawjson']),
    ...(request.extra ?? []),
    request.context,
  ]
}

/** What the build needs in its environment: secret values, and nothing that Buildx would pick up by itself. */
export function buildEnvironment(request: BuildRequest): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = {
    // Toggles of other tools must not change what we asked for in the argv.
    BUILDX_NO_DEFAULT_ATTESTATIONS: '1',
    BUILDX_METADATA_PROVENANCE: 'disabled',
    BUILDX_METADATA_WARNINGS: undefined,
    BUILDKIT_PROGRESS: undefined,
    BUILDX_BUILDER: undefined,
    NO_COLOR: '1',
  }
  request.secrets?.forEach((secret, index) => {
    if ('value' in secret) env[secretVariable(index)] = secret.value
  })
  return env
}

const secretVariable = (index: number): string => `GIP_BUILD_SECRET_${index}`

function secretArg(secret: BuildSecret, index: number): string {
  const source =
    'file' in secret ? `src=${secret.file}` : `env=${'env' in secret ? secret.env : secretVariable(index)}`
  return csv([`id=${secret.id}`, source])
}

function platformList(platforms: readonly Platform[] | undefined): string | undefined {
  if (platforms === undefined || platforms.length === 0) return undefined
  return platforms
    .map((platform) =>
      platform.osVersion === undefined
        ? formatPlatform(platform)
        : formatPlatform(platform).replace(platform.os, `${platform.os}(${platform.osVersion})`),
    )
    .join(',')
}

function outputArgs(request: BuildRequest): string[] {
  const { output } = request
  const sbom = request.sbom ?? 'off'
  const provenance = request.provenance ?? 'off'
  const attest = [
    `--provenance=${isOff(provenance) ? 'false' : ['min', 'max'].includes(provenance) ? `mode=${provenance}` : provenance}`,
    `--sbom=${isOff(sbom) ? 'false' : sbom === 'on' ? 'true' : sbom}`,
    ...(request.attests ?? []).flatMap((value) => ['--attest', value]),
  ]
  const tags = (values: readonly string[]): string[] => values.flatMap((tag) => ['--tag', tag])
  switch (output.kind) {
    case 'digest':
      return [
        '--output',
        csv([
          'type=image',
          `name=${output.names.join(',')}`,
          'push=true',
          'push-by-digest=true',
          'name-canonical=true',
          ...imageAttributes(output.compression),
        ]),
        ...attest,
      ]
    case 'tag':
      return [
        '--output',
        csv(['type=image', 'push=true', ...imageAttributes(output.compression)]),
        ...tags(output.tags),
        ...attest,
      ]
    case 'oci':
      return [
        '--output',
        csv([
          'type=oci',
          `dest=${output.file}`,
          ...(output.tar === false ? ['tar=false'] : []),
          ...imageAttributes(output.compression),
        ]),
        ...attest,
      ]
    // The engine holds neither attestations nor an index in its classic store.
    case 'load':
      return ['--output', 'type=docker', ...tags(output.tags), '--provenance=false', '--sbom=false']
    case 'local':
      return ['--output', csv(['type=local', `dest=${output.folder}`]), '--provenance=false', '--sbom=false']
    case 'cache':
      return ['--output', 'type=cacheonly', '--provenance=false', '--sbom=false']
  }
}

const isOff = (attestation: string | undefined): boolean =>
  ['off', 'false', ''].includes(attestation ?? 'off')

// The media types are pinned: runner images of two architectures once wrote different ones for the same Dockerfile.
function imageAttributes(compression: Compression | undefined): string[] {
  return [
    'oci-mediatypes=true',
    ...(compression === undefined
      ? []
      : [
          `compression=${compression.type}`,
          ...(compression.level === undefined ? [] : [`compression-level=${compression.level}`]),
        ]),
  ]
}

/** Outputs that keep manifests as they are: the engine's classic store holds neither attestations nor an index. */
const isImage = ({ kind }: BuildOutput): boolean => kind === 'digest' || kind === 'tag' || kind === 'oci'

/** True when the result is an index: several platforms, or attestation manifests beside one. */
export function makesIndex(
  request: Pick<BuildRequest, 'platforms' | 'provenance' | 'sbom' | 'attests' | 'output'>,
): boolean {
  if (!isImage(request.output)) return false
  return (
    (request.platforms?.length ?? 0) > 1 ||
    !isOff(request.provenance) ||
    !isOff(request.sbom) ||
    (request.attests?.length ?? 0) > 0
  )
}

function annotationArgs(request: BuildRequest): string[] {
  if (!isImage(request.output) || request.check === true) return []
  const levels = makesIndex(request) ? ['index', 'manifest'] : ['manifest']
  return (request.annotations ?? []).flatMap(([name, value]) =>
    /^(?:index|manifest|index-descriptor|manifest-descriptor)(?:[,[].*)?:/.test(name)
      ? [`${name}=${value}`]
      : levels.map((level) => `${level}:${name}=${value}`),
  )
}

function epochArg(request: BuildRequest): BuildRequest['buildArgs'] {
  const given = request.buildArgs ?? []
  if (request.sourceDateEpoch === undefined || given.some(([name]) => name === 'SOURCE_DATE_EPOCH'))
    return given
  return [...given, ['SOURCE_DATE_EPOCH', String(request.sourceDateEpoch)]]
}

/** One CSV record as Go's encoding/csv reads it: fields with commas, quotes or line ends are quoted (RFC 4180). */
export function csv(fields: readonly string[]): string {
  return fields
    .map((field) => (/[",\r\n]|^\s/.test(field) ? `"${field.replaceAll('"', '""')}"` : field))
    .join(',')
}
