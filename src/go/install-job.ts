import type { Act } from '../base/act.ts'
import { sha256 } from '../base/download.ts'
import { inputError } from '../base/errors.ts'
import { lookupEnvironment } from '../base/platform.ts'
import { findPathGo, type PathGo } from './local.ts'
import { Trail } from './remote.ts'
import { type GoTarget, goTarget, toolCacheArch } from './sources.ts'
import { listInstalled, type ToolCacheRoots, toolCacheRoots } from './tool-cache.ts'
import {
  canMeet,
  chooseVersion,
  formatGoVersion,
  type GoRelease,
  type GoRequest,
  type GoSpec,
  parseGoSpec,
} from './version.ts'

export type GoSource = 'tool-cache' | 'path' | 'go.dev' | 'mirror' | 'goproxy'

export interface GoInstalled {
  /** `1.26.8`, `1.27rc1`. */
  readonly version: string
  /** GOROOT. */
  readonly root: string
  /** The go program. */
  readonly bin: string
  readonly source: GoSource
  /** One line for the log: which line decided, which source served, why earlier ones did not. */
  readonly detail: string
}

export interface InstallOptions {
  /** Take the newest release that fits, even when an older fitting one is on the machine. */
  readonly checkLatest: boolean
  /** Base URLs asked before https://go.dev/dl, in order; user information becomes a Basic header. */
  readonly goMirrors: readonly string[]
  /** A GOPROXY list; undefined: GOPROXY of the environment, of a Go that is there, or Go's default. */
  readonly goproxy: string | undefined
  /** Architecture of the Go to install, in Go's, Node's or setup-go's spelling. Default: the host's. */
  readonly arch?: string
  /** A tool cache to use instead of the runner's. */
  readonly toolCache?: string
  /** The checksum database's key, for tests with a database of their own. */
  readonly sumdbKey?: string
}

export type InstallAct = Pick<
  Act,
  'exec' | 'http' | 'log' | 'signal' | 'host' | 'env' | 'temp' | 'counter' | 'clock'
>

/** A Go of this machine. */
export interface Local extends GoRelease {
  readonly root: string
  readonly bin: string
  readonly source: 'tool-cache' | 'path'
}

/** Everything one installation knows. */
export interface Job {
  readonly request: GoRequest
  readonly spec: GoSpec
  /** Only when the spec can meet it: otherwise it must not narrow the choice. */
  readonly minimum: string | undefined
  readonly target: GoTarget
  readonly options: InstallOptions
  readonly act: InstallAct
  readonly roots: ToolCacheRoots
  readonly locals: readonly Local[]
  readonly pathGo: PathGo | undefined
  readonly trail: Trail
}

/** Reads the request, and looks at what the machine has. Throws an input error when the version makes no sense. */
export async function prepare(request: GoRequest, options: InstallOptions, act: InstallAct): Promise<Job> {
  const spec = parseGoSpec(request.spec)
  if ('reason' in spec) {
    throw inputError({
      code: 'go-version-invalid',
      what: 'the Go version cannot be understood',
      cause: spec.reason,
      where: request.origin,
      fix: 'correct the version where it is written',
    })
  }
  const trail = new Trail()
  const target = goTarget(act.host, options.arch)
  const roots =
    options.toolCache === undefined
      ? toolCacheRoots(act.env, act.host)
      : { search: [options.toolCache], install: [options.toolCache] }
  const names = ['go', ...options.goMirrors.map(mirrorTool)]
  const [cached, path] = await Promise.all([
    listInstalled(roots.search, names, toolCacheArch(target), act.host),
    findPathGo(act),
  ])
  for (const folder of cached.damaged)
    act.log.warning(`the Go in ${folder} is damaged (no go program) and not used`)
  const list = cached.installed.map((go) => formatGoVersion(go.version)).join(', ')
  trail.add('tool cache', list === '' ? 'has no Go' : `has ${list}`)
  const locals: Local[] = cached.installed.map((go) => ({ ...go, source: 'tool-cache' }))
  const go = path.go
  if (go?.version !== undefined && go.target.os === target.os && go.target.arch === target.arch) {
    locals.push({ version: go.version, root: go.root, bin: go.bin, source: 'path' })
  }
  trail.add(
    'PATH',
    go !== undefined && go.target.arch !== target.arch ? `${go.name} for ${go.target.arch}` : path.answer,
  )
  const { minimum } = request
  return {
    request,
    spec,
    minimum: minimum !== undefined && canMeet(spec, minimum) ? minimum : undefined,
    target,
    options,
    act,
    roots,
    locals,
    pathGo: go,
    trail,
  }
}

/** The minimum as an option of `chooseVersion`. */
export const narrowed = (job: Pick<Job, 'minimum'>): { minimum?: string } =>
  job.minimum === undefined ? {} : { minimum: job.minimum }

/** A fitting Go of the machine: the tool cache's newest, else the one on PATH. */
export function pickLocal(job: Pick<Job, 'locals' | 'minimum'>, spec: GoSpec): Local | undefined {
  for (const source of ['tool-cache', 'path'] as const) {
    const local = chooseVersion(
      spec,
      job.locals.filter((go) => go.source === source),
      narrowed(job),
    )
    if (local !== undefined) return local
  }
  return undefined
}

export function useLocal(job: Job, local: Local): GoInstalled {
  const from = local.source === 'tool-cache' ? 'the tool cache' : 'PATH'
  return {
    version: formatGoVersion(local.version),
    root: local.root,
    bin: local.bin,
    source: local.source,
    detail: `Go ${formatGoVersion(local.version)} from ${from} (${local.root}), ${asked(job)}`,
  }
}

/** `asked for as ~1.26 by go.mod line 3 (go)`. */
export const asked = (job: Job): string => `asked for as ${job.request.spec} by ${job.request.origin}`

/** Tools from a mirror whose checksums only the mirror itself vouches for must not pass for go.dev's in a shared cache. */
export const mirrorTool = (mirror: string): string => `go-${sha256(mirror.replace(/\/+$/, '')).slice(0, 8)}`

/** A setting of the environment, empty when it is not set. */
export const setting = (act: Pick<Act, 'env' | 'host'>, name: string): string =>
  (lookupEnvironment(act.env, name, act.host.os) ?? '').trim()
