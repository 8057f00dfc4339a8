import { environmentError, inputError, type PipelineError } from '../base/errors.ts'
import { redactUrl } from '../base/secrets.ts'
import { listToolchains, parseGoProxy } from './goproxy.ts'
import {
  type GoInstalled,
  type InstallAct,
  type InstallOptions,
  type Job,
  narrowed,
  pickLocal,
  prepare,
  setting,
  useLocal,
} from './install-job.ts'
import { GO_DEV, type Search, searchListings } from './sources.ts'
import { fromArchives, fromProxies } from './serve.ts'
import {
  chooseVersion,
  formatGoVersion,
  type GoRelease,
  type GoRequest,
  newestStable,
  type GoVersion,
} from './version.ts'

export type { GoInstalled, GoSource, InstallAct, InstallOptions } from './install-job.ts'

/**
 * Finds or installs the Go that is asked for.
 *
 * Order: the runner's tool cache; a Go on PATH or in GOROOT; the mirrors and go.dev, each archive checked against
 * its SHA-256 (go.dev's own where it can be asked); the module proxies' `golang.org/toolchain`, checked against the
 * signed checksum database. `stable` and `oldstable`, and `checkLatest`, ask the listings before the machine.
 *
 * Throws PipelineError: kind input when the version does not exist or not for this platform, otherwise environment
 * with every source and its answer.
 */
export async function installGo(
  request: GoRequest,
  options: InstallOptions,
  act: InstallAct,
): Promise<GoInstalled> {
  const job = await prepare(request, options, act)
  const { spec, trail } = job
  if (spec.kind === 'exact' || (spec.kind === 'range' && !options.checkLatest)) {
    const local = pickLocal(job, spec)
    if (local !== undefined) return useLocal(job, local)
  }

  const mirrors = options.goMirrors.map((base) => base.replace(/\/+$/, ''))
  const search = await searchListings(
    [...mirrors, GO_DEV],
    job.target,
    (available) => chooseVersion(spec, available, narrowed(job)),
    act,
    trail,
  )
  if (search.found !== undefined) {
    const local = pickLocal(job, { kind: 'exact', version: search.found.release.version })
    if (local !== undefined) return useLocal(job, local)
  }
  let version = search.found?.release.version ?? (spec.kind === 'exact' ? spec.version : undefined)
  if (version !== undefined) {
    const installed = await fromArchives(job, version, search, mirrors)
    if (installed !== undefined) return installed
  }

  const goproxy = options.goproxy ?? (setting(act, 'GOPROXY') || job.pathGo?.goproxy || '')
  const proxies = parseGoProxy(goproxy)
  if (proxies.length === 0)
    trail.add('GOPROXY', `names no proxy that could be asked (${redactList(goproxy)})`)
  let listed: GoRelease[] | undefined
  if (version === undefined) {
    listed = await listToolchains(proxies, job.target, act, trail)
    // Such a list may be behind, so what is on the machine competes with it.
    if (listed.length > 0) version = chooseVersion(spec, [...listed, ...job.locals], narrowed(job))?.version
  }
  let absent = false
  if (version !== undefined) {
    const local = pickLocal(job, { kind: 'exact', version })
    if (local !== undefined) return useLocal(job, local)
    const fetched = proxies.length === 0 ? { absent: false } : await fromProxies(job, version, proxies)
    if ('version' in fetched) return fetched
    absent = fetched.absent
  }

  // No source served. Something older that fits is better than nothing, if it is said aloud.
  const local = pickLocal(job, spec) ?? pickLocal({ ...job, minimum: undefined }, spec)
  if (local !== undefined) {
    act.log.warning(
      `no source of Go served ${request.spec} (${request.origin}); Go ${formatGoVersion(local.version)}, which is on this machine, is used. ${trail.toString()}`,
    )
    return useLocal(job, local)
  }
  if (search.newest === undefined) listed ??= await listToolchains(proxies, job.target, act, trail)
  throw failure(job, search, {
    absent: absent || (version === undefined && listed !== undefined && listed.length > 0),
    newest: search.newest ?? newestStable(listed ?? [])?.version,
  })
}

/** `absent`: sources were reached and have no such version, so trying again cannot help. */
function failure(
  job: Job,
  search: Search,
  known: { absent: boolean; newest: GoVersion | undefined },
): PipelineError {
  const { request, target, trail, spec } = job
  const platform = `${target.os}/${target.arch}`
  const wanted =
    spec.kind === 'exact'
      ? `Go ${formatGoVersion(spec.version)}`
      : job.minimum === undefined || job.minimum === request.spec
        ? `a Go that fits "${request.spec}"`
        : `a Go that fits "${request.spec}" and is at least ${job.minimum} (${request.minimumOrigin ?? 'go.mod'})`
  const newest = known.newest === undefined ? undefined : formatGoVersion(known.newest)
  const sources = `sources asked: ${trail.toString()}`
  if (search.otherTargets !== undefined) {
    return inputError({
      code: 'go-not-for-platform',
      what: `${wanted} is not published for ${platform}`,
      where: request.origin,
      cause: `it is published for ${search.otherTargets.join(', ')}; ${sources}`,
      fix: `choose another Go version${newest === undefined ? '' : ` (${newest} is published for it)`} or another runner architecture`,
    })
  }
  if (known.absent || (search.complete && search.found === undefined)) {
    const inModule = /\.(mod|work) line \d+ \(/.test(request.origin)
    const example = newest === undefined ? '' : `, for example ${newest}`
    return inputError({
      code: 'go-version-not-offered',
      what: `no source offers ${wanted} for ${platform}`,
      where: request.origin,
      cause: `${newest === undefined ? '' : `the newest release is ${newest}; `}${sources}`,
      fix: inModule
        ? `write a released version there (\`go mod edit -go=${newest ?? '<version>'} -toolchain=none\`), or set the input go-version`
        : `ask for a released version${example}`,
    })
  }
  return environmentError({
    code: 'go-unavailable',
    what: `${wanted} cannot be had for ${platform}`,
    where: request.origin,
    cause: sources,
    fix: 'let the runner reach one of them: https://go.dev/dl, a mirror (input go-mirrors), or a module proxy (input goproxy) together with sum.golang.org; or install this Go on the runner',
  })
}

const redactList = (list: string): string => list.split(',').map(redactUrl).join(',')
