import { join } from 'node:path'
import { download } from '../base/download.ts'
import { PipelineError } from '../base/errors.ts'
import { redactUrl } from '../base/secrets.ts'
import { fetchToolchain } from './goproxy.ts'
import { asked, type GoInstalled, type Job, mirrorTool, setting } from './install-job.ts'
import { isAbsent, under, withCredentials } from './remote.ts'
import {
  archiveFor,
  archiveName,
  checksumBeside,
  GO_DEV,
  officialHash,
  type Search,
  toolCacheArch,
} from './sources.ts'
import { installArchive } from './unpack.ts'
import { formatGoVersion, type GoVersion } from './version.ts'

/** Downloads the archive from the mirrors and go.dev in order; undefined when none of them could serve it. */
export async function fromArchives(
  job: Job,
  version: GoVersion,
  search: Search,
  mirrors: readonly string[],
): Promise<GoInstalled | undefined> {
  const { act, target, trail } = job
  const listed = search.found === undefined ? undefined : archiveFor(search.found.release, target)
  const filename = listed?.filename ?? archiveName(version, target)
  const official =
    search.found?.base === GO_DEV
      ? listed?.sha256
      : mirrors.length > 0
        ? await officialHash(version, target, act)
        : undefined
  const bases = official === undefined || official === '' ? mirrors : [...mirrors, GO_DEV]
  for (const base of bases) {
    const url = under(base, filename)
    let hash = official ?? ''
    let voucher = 'go.dev'
    if (hash === '' && search.found?.base === base) hash = listed?.sha256 ?? ''
    if (hash === '') {
      const beside = await checksumBeside(base, filename, act)
      if (!('sha256' in beside)) {
        trail.add(base, beside.answer)
        continue
      }
      hash = beside.sha256
    }
    if (official === undefined || official === '') voucher = 'the mirror alone (go.dev could not be asked)'
    const folder = await act.temp.make('go')
    const file = join(folder, filename)
    try {
      await download({ ...withCredentials(url), file, sha256: hash }, act)
    } catch (error) {
      act.signal.throwIfAborted()
      trail.fail(url, error)
      // A mirror that alters files must be heard of, even when the next source helps.
      if (error instanceof PipelineError) act.log.warning(error.message)
      else if (!isAbsent(error)) act.log.info(`${redactUrl(url)} failed; the next source of Go is asked`)
      continue
    }
    const isMirror = base !== GO_DEV
    const place = {
      roots: job.roots.install,
      name: voucher === 'go.dev' ? 'go' : mirrorTool(base),
      version,
      arch: toolCacheArch(target),
      target,
    }
    const kind = filename.endsWith('.zip') ? 'zip' : 'tar.gz'
    const installed = await installArchive({ file, kind, prefix: 'go/' }, place, act)
    return {
      ...installed,
      version: formatGoVersion(version),
      source: isMirror ? 'mirror' : 'go.dev',
      detail: `Go ${formatGoVersion(version)} from ${redactUrl(base)}, SHA-256 by ${voucher}, ${asked(job)}. Before: ${trail.toString()}`,
    }
  }
  return undefined
}

/** Takes the toolchain module from the proxies; `absent`: every source said that it does not exist. */
export async function fromProxies(
  job: Job,
  version: GoVersion,
  proxies: readonly string[],
): Promise<GoInstalled | { absent: boolean }> {
  const { act, target, trail, options } = job
  const gosumdb = setting(act, 'GOSUMDB') || job.pathGo?.gosumdb || ''
  const folder = await act.temp.make('go')
  const { toolchain, absent } = await fetchToolchain(
    {
      version,
      target,
      proxies,
      folder,
      ...(options.sumdbKey === undefined ? {} : { sumdbKey: options.sumdbKey }),
    },
    { ...act.env, GOSUMDB: gosumdb },
    act,
    trail,
  )
  if (toolchain === undefined) return { absent }
  const installed = await installArchive(
    { file: toolchain.file, kind: 'module', prefix: toolchain.prefix },
    { roots: job.roots.install, name: 'go', version, arch: toolCacheArch(target), target },
    act,
  )
  return {
    ...installed,
    version: formatGoVersion(version),
    source: 'goproxy',
    detail: `Go ${formatGoVersion(version)} from the module proxy ${redactUrl(toolchain.proxy)}, ${toolchain.proof}, ${asked(job)}. Before: ${trail.toString()}`,
  }
}
