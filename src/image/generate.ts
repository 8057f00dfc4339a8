import { inputError } from '../base/errors.ts'
import { formatPlatform, type Platform } from '../base/platform.ts'
import { baseTraits } from './base.ts'
import { APP_FOLDER, binaryPath, rootfsSlug, ZONEINFO_PATH } from './rootfs.ts'

export interface HealthCheck {
  /** Exec form: a program that lies in the image. */
  readonly test: readonly string[]
  readonly interval?: string
  readonly timeout?: string
  readonly startPeriod?: string
  readonly retries?: number
}

/** What the image's configuration says; the same for every platform. */
export interface ImageConfig {
  /** Name of the program that is started, without suffix. */
  readonly program: string
  /** Arguments in the entry point, before those of `docker run`. */
  readonly args?: readonly string[]
  /** Default arguments, replaced by those of `docker run`. */
  readonly command?: readonly string[]
  /** `uid[:gid]`; Windows always runs as ContainerUser. */
  readonly user: string
  /** `8080` or `8080/udp`. */
  readonly expose?: readonly string[]
  readonly env?: readonly (readonly [name: string, value: string])[]
  readonly stopSignal?: string
  readonly volumes?: readonly string[]
  readonly healthCheck?: HealthCheck
  /** The zone database was put into the root file system. */
  readonly zoneinfo?: boolean
}

export interface PrebuiltOptions extends ImageConfig {
  readonly platforms: readonly { readonly platform: Platform; readonly base: string }[]
  /** Files get modes by `--chmod`: only needed where the host's file system has none (Windows). */
  readonly chmod?: boolean
}

/**
 * The Dockerfile of the generated image: per base one stage of `COPY --link` and metadata, so that BuildKit never pulls
 * a base layer (dockerfile reference, "Benefits of using --link"). No RUN, no WORKDIR, no `--chown` by name, no
 * `# syntax` line: each of them costs a pull. Pure: the same input gives the same bytes.
 */
export function generateDockerfile(options: PrebuiltOptions): string {
  const groups = groupByBase(options.platforms)
  const head =
    '# Made by go-image-pipeline: compiled on the runner, copied onto a base. Only COPY --link and metadata.'
  if (groups.length === 1 && groups[0] !== undefined) return text([head, ...stage(groups[0], options)])

  const lines = [head]
  groups.forEach((group, index) => lines.push(...stage(group, options, `group${index}`), ''))
  const byOs = new Set(groups.map((group) => group.os)).size === groups.length
  if (byOs) {
    groups.forEach((group, index) => lines.push(`FROM group${index} AS image-${group.os}`))
    lines.push('', 'FROM image-${TARGETOS}')
    return text(lines)
  }
  groups.forEach((group, index) =>
    group.slugs.forEach((slug) => lines.push(`FROM group${index} AS image-${slug}`)),
  )
  lines.push('', 'FROM image-${TARGETOS}_${TARGETARCH}${TARGETVARIANT}')
  return text(lines)
}

interface Group {
  readonly os: string
  readonly base: string
  readonly slugs: string[]
}

function groupByBase(platforms: PrebuiltOptions['platforms']): Group[] {
  const groups: Group[] = []
  const baseOf = new Map<string, string>()
  for (const { platform, base } of platforms) {
    const slug = rootfsSlug(platform)
    const known = baseOf.get(slug)
    if (known !== undefined && known !== base) {
      throw inputError({
        code: 'platform-twice',
        what: `${formatPlatform(platform)} is asked for with two bases`,
        cause: `${known} and ${base}: several Windows versions of one architecture need a build each`,
        input: 'platforms',
        fix: 'build them in two steps and merge the digests into one index',
      })
    }
    if (known !== undefined) continue
    baseOf.set(slug, base)
    const group = groups.find((one) => one.os === platform.os && one.base === base)
    if (group === undefined) groups.push({ os: platform.os, base, slugs: [slug] })
    else group.slugs.push(slug)
  }
  if (groups.length === 0) throw new TypeError('an image needs a platform')
  return groups
}

function stage(group: Group, options: PrebuiltOptions, name?: string): string[] {
  const source = '${TARGETOS}_${TARGETARCH}${TARGETVARIANT}/rootfs/'
  const as = name === undefined ? '' : ` AS ${name}`
  const scratch = baseTraits(group.base).kind === 'scratch'
  const copies =
    options.chmod !== true
      ? [`COPY --link ${source} /`]
      : // Folders need their x bit too, and --chmod knows one mode for all; /tmp comes last with its own.
        [
          `COPY --link --chmod=0755 ${source} /`,
          ...(scratch && group.os !== 'windows' ? [`COPY --link --chmod=1777 ${source}tmp/ /tmp/`] : []),
        ]
  return [
    `FROM ${group.base}${as}`,
    'ARG TARGETOS TARGETARCH TARGETVARIANT',
    ...copies,
    ...metadata(options, group.os),
  ]
}

/** USER, EXPOSE, ENV … ENTRYPOINT: no layer, no pull. */
function metadata(config: ImageConfig, os: string): string[] {
  const env = [
    ...(config.zoneinfo === true ? [['ZONEINFO', zoneinfoPath(os)] as const] : []),
    ...(config.env ?? []),
  ]
  const health = config.healthCheck
  return [
    `USER ${os === 'windows' ? 'ContainerUser' : config.user}`,
    ...env.map(([name, value]) => `ENV ${name}=${quoteEnv(value)}`),
    ...((config.expose ?? []).length > 0 ? [`EXPOSE ${(config.expose ?? []).join(' ')}`] : []),
    ...((config.volumes ?? []).length > 0 ? [`VOLUME ${execForm(config.volumes ?? [])}`] : []),
    ...(config.stopSignal === undefined ? [] : [`STOPSIGNAL ${config.stopSignal}`]),
    ...(health === undefined ? [] : [`HEALTHCHECK ${healthFlags(health)}CMD ${execForm(health.test)}`]),
    `ENTRYPOINT ${execForm([binaryPath(config.program, os), ...(config.args ?? [])])}`,
    ...((config.command ?? []).length > 0 ? [`CMD ${execForm(config.command ?? [])}`] : []),
  ]
}

const zoneinfoPath = (os: string): string =>
  os === 'windows' ? `C:${ZONEINFO_PATH.replaceAll('/', '\\')}` : ZONEINFO_PATH

function healthFlags(health: HealthCheck): string {
  const flags = [
    ['interval', health.interval],
    ['timeout', health.timeout],
    ['start-period', health.startPeriod],
    ['retries', health.retries],
  ] as const
  return flags.map(([name, value]) => (value === undefined ? '' : `--${name}=${value} `)).join('')
}

/** JSON, as the exec form is read; Go's reader takes the same escapes as JavaScript writes. */
const execForm = (words: readonly string[]): string => JSON.stringify(words)

/** A value for ENV: in double quotes, with what the Dockerfile reader would expand or unescape made literal. */
export function quoteEnv(value: string): string {
  if (/[\r\n]/.test(value)) {
    throw inputError({
      code: 'image-env',
      what: 'an environment variable of an image holds a line end',
      input: 'image-env',
      fix: 'put the text into a file ("files") and name the file in the variable',
    })
  }
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '\\$')}"`
}

/** For the context folder of the prebuilt form: everything out, the prepared trees in. */
export const prebuiltDockerignore = (): string => '*\n!*/rootfs\n'

export interface StandaloneOptions extends ImageConfig {
  readonly platforms: readonly { readonly platform: Platform; readonly base: string }[]
  /** Tag of the golang image: `1.26.8`. */
  readonly goVersion: string
  readonly binaries: readonly { readonly name: string; readonly package: string }[]
  /** Folder of the module in the context, `.` for its root. */
  readonly module?: string
  /** go.work is there: the whole source decides what is downloaded. */
  readonly workspace?: boolean
  readonly goSum?: boolean
  readonly vendored?: boolean
  readonly cgo?: boolean
  readonly tags?: readonly string[]
  /** Without -trimpath; build arguments VERSION, COMMIT and DATE may be used. */
  readonly ldflags?: string
}

/**
 * A whole Dockerfile that a user can keep and build anywhere: stages builder (cross-compiles on the build machine's
 * own platform), tester (vet and test, `--target tester`) and runtime (the same last stage as the generated image).
 */
export function standaloneDockerfile(options: StandaloneOptions): string {
  const cgo = options.cgo === true
  const module = options.module ?? '.'
  const groups = groupByBase(options.platforms)
  const caches = '--mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build'
  const source = (rw: boolean): string => `--mount=type=bind,target=/src${rw ? ',rw' : ''}`
  const flags = [
    '-trimpath',
    '-buildvcs=false',
    ...((options.tags ?? []).length > 0 ? [`-tags=${(options.tags ?? []).join(',')}`] : []),
  ]
  const bindFile = (name: string): string =>
    `--mount=type=bind,source=${posixJoin(module, name)},target=${name}`
  const download =
    options.vendored === true
      ? []
      : [
          '',
          '# Modules first: this step is done again only when go.mod or go.sum change.',
          options.workspace === true
            ? `RUN ${caches} ${source(false)} go mod download`
            : [
                `RUN ${caches}`,
                bindFile('go.mod'),
                ...(options.goSum === false ? [] : [bindFile('go.sum')]),
                'go mod download',
              ].join(' \\\n    '),
        ]
  const needsFurniture = groups.some((group) => baseTraits(group.base).kind === 'scratch')
  const [uid = '65532', gid = uid] = options.user.split(':')
  const lines = [
    '# syntax=docker/dockerfile:1',
    '# Stages: builder, tester (docker build --target tester .), runtime. Written by go-image-pipeline; yours to change.',
    '',
    `FROM --platform=$BUILDPLATFORM golang:${options.goVersion} AS modules`,
    `WORKDIR ${module === '.' ? '/src' : `/src/${module}`}`,
    `ENV CGO_ENABLED=${cgo ? '1' : '0'} GOTOOLCHAIN=local GOFLAGS="${flags.join(' ')}"`,
    ...download,
    '',
    'FROM modules AS tester',
    `RUN ${caches} ${source(true)} go vet ./... && go test ./...`,
    '',
    'FROM modules AS builder',
    'ARG VERSION=dev COMMIT=unknown DATE=unknown',
    'ARG TARGETOS TARGETARCH TARGETVARIANT',
    `RUN ${caches} ${source(false)} \\`,
    '    export GOOS=$TARGETOS GOARCH=$TARGETARCH && \\',
    '    case "$TARGETARCH" in arm) export GOARM=${TARGETVARIANT#v} ;; amd64) export GOAMD64=${TARGETVARIANT:-v1} ;; esac && \\',
    '    suffix=$(go env GOEXE) && \\',
    options.binaries
      .map(
        (binary) =>
          `    go build -ldflags=${shellQuote(options.ldflags ?? '-s -w')} -o "/out/rootfs${APP_FOLDER}/${binary.name}$suffix" ${binary.package}`,
      )
      .join(' && \\\n'),
    ...(needsFurniture
      ? [
          '',
          '# What scratch lacks: CA bundle, a user, /tmp.',
          'FROM modules AS furniture',
          'RUN mkdir -p /out/rootfs/etc/ssl/certs && mkdir -m 1777 /out/rootfs/tmp && \\',
          '    cp /etc/ssl/certs/ca-certificates.crt /out/rootfs/etc/ssl/certs/ && \\',
          `    echo 'nonroot:x:${uid}:${gid}:nonroot:/home/nonroot:/sbin/nologin' > /out/rootfs/etc/passwd && \\`,
          `    echo 'nonroot:x:${gid}:' > /out/rootfs/etc/group`,
        ]
      : []),
    '',
  ]
  const runtime = (group: Group, name: string): string[] => [
    `FROM ${group.base} AS ${name}`,
    ...(baseTraits(group.base).kind === 'scratch' ? ['COPY --link --from=furniture /out/rootfs/ /'] : []),
    'COPY --link --from=builder /out/rootfs/ /',
    ...metadata({ ...options, zoneinfo: false }, group.os),
  ]
  if (groups.length === 1 && groups[0] !== undefined)
    return text([...lines, ...runtime(groups[0], 'runtime')])
  groups.forEach((group, index) => lines.push(...runtime(group, `group${index}`), ''))
  const byOs = new Set(groups.map((group) => group.os)).size === groups.length
  groups.forEach((group, index) => {
    if (byOs) lines.push(`FROM group${index} AS runtime-${group.os}`)
    else group.slugs.forEach((slug) => lines.push(`FROM group${index} AS runtime-${slug}`))
  })
  lines.push(
    '',
    `FROM runtime-${byOs ? '${TARGETOS}' : '${TARGETOS}_${TARGETARCH}${TARGETVARIANT}'} AS runtime`,
  )
  return text(lines)
}

const posixJoin = (folder: string, name: string): string => (folder === '.' ? name : `${folder}/${name}`)

/** In double quotes for a POSIX shell, with $VERSION and its like left to expand. */
const shellQuote = (value: string): string =>
  `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('`', '\\`')}"`

/** For a repository with a Dockerfile of its own: nothing that the build does not need, so that its cache holds. */
export const proposedDockerignore = (): string =>
  [
    '.git',
    '.github',
    '**/*_test.go',
    '**/testdata',
    'dist',
    'bin',
    '*.md',
    'Dockerfile*',
    '.dockerignore',
    '',
  ].join('\n')

const text = (lines: readonly string[]): string => `${lines.join('\n').replace(/\n+$/, '')}\n`
