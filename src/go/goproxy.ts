import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentError, PipelineError } from '../base/errors.ts'
import { download, type FetchContext } from '../base/download.ts'
import type { Environment } from '../base/platform.ts'
import { redactUrl } from '../base/secrets.ts'
import { isAbsent, sourceText, type Trail, under, withCredentials } from './remote.ts'
import type { GoTarget } from './sources.ts'
import { lookupSum } from './sumdb.ts'
import { formatGoVersion, type GoRelease, type GoVersion, parseGoVersion } from './version.ts'
import { withZip } from './zip.ts'

/** The module as which every Go toolchain is also published (go.dev/doc/toolchain, "Toolchain downloads"). */
const MODULE = 'golang.org/toolchain'

/** The copies of the checksum database that cmd/go knows; the second is reachable from China and has the same key. */
const SUMDBS = ['https://sum.golang.org', 'https://sum.golang.google.cn']

/**
 * The proxies of a GOPROXY list, in order. `direct` is left out (for a toolchain it means go.dev, asked before);
 * `off` ends the list. Whether an item follows a comma or a bar does not matter here: the toolchain is no private
 * name and its hash is proved, so every proxy may be asked.
 */
export function parseGoProxy(list: string): string[] {
  const proxies: string[] = []
  for (const item of list.split(/[,|]/).map((text) => text.trim())) {
    if (item === 'off') break
    if (/^https?:\/\//i.test(item)) proxies.push(item.replace(/\/+$/, ''))
    else if (item !== '' && item !== 'direct' && item !== 'noproxy' && !item.includes('://')) {
      proxies.push(`https://${item.replace(/\/+$/, '')}`)
    }
  }
  return [...new Set(proxies)]
}

/** `v0.0.1-go1.26.7.linux-amd64`. */
export const toolchainVersion = (version: GoVersion, target: GoTarget): string =>
  `v0.0.1-go${formatGoVersion(version)}.${target.os}-${target.arch}`

/** Where the checksum database may be asked: through proxies that pass it on, GOSUMDB's own URL, then directly. */
export async function sumdbBases(
  proxies: readonly string[],
  env: Environment,
  context: FetchContext,
): Promise<string[]> {
  const bases: string[] = []
  for (const proxy of proxies) {
    const base = under(proxy, 'sumdb/sum.golang.org')
    try {
      await sourceText(under(base, 'supported'), context, { limit: 64 * 1024, attempts: 2 })
      bases.push(base)
    } catch {
      // Not passed on, or not reachable: the proxy's own turn will tell.
      context.signal?.throwIfAborted()
    }
  }
  // GOSUMDB="sum.golang.org https://copy.example": a copy under the same key. Its name alone, or `off`, changes nothing:
  // cmd/go too insists on the database for toolchains.
  const [name, url] = (env['GOSUMDB'] ?? '').trim().split(/\s+/)
  if (url !== undefined && /^sum\.golang\.org(\+|$)/.test(name ?? '') && /^https?:\/\//.test(url))
    bases.push(url)
  return [...new Set([...bases, ...SUMDBS])]
}

/** The toolchains for a target that the first answering proxy lists. Such lists may be incomplete. */
export async function listToolchains(
  proxies: readonly string[],
  target: GoTarget,
  context: FetchContext,
  trail: Trail,
): Promise<GoRelease[]> {
  const suffix = `.${target.os}-${target.arch}`
  for (const proxy of proxies) {
    try {
      const text = await sourceText(under(proxy, `${MODULE}/@v/list`), context)
      const releases: GoRelease[] = []
      for (const line of text.split(/\s+/)) {
        if (!line.startsWith('v0.0.1-go') || !line.endsWith(suffix)) continue
        const version = parseGoVersion(line.slice('v0.0.1-'.length, -suffix.length))
        if (version !== undefined && version.language === undefined) releases.push({ version })
      }
      trail.add(
        `list of ${redactUrl(proxy)}`,
        `${releases.length} toolchains for ${target.os}/${target.arch}`,
      )
      if (releases.length > 0) return releases
    } catch (error) {
      context.signal?.throwIfAborted()
      trail.fail(`list of ${redactUrl(proxy)}`, error)
    }
  }
  return []
}

export interface FetchedToolchain {
  /** The verified zip file. */
  readonly file: string
  /** The prefix of all names in it. */
  readonly prefix: string
  readonly proxy: string
  /** How it was verified, for the log. */
  readonly proof: string
}

/**
 * Downloads a toolchain from the first proxy that has it, and verifies its `h1:` hash against the checksum database
 * before anything of it is unpacked. Undefined when no source has it; every answer is in the trail.
 * Throws `sumdb-not-authentic` and `toolchain-altered` at once: those are no reason to look elsewhere quietly.
 *
 * @param folder an empty folder for the download
 */
export async function fetchToolchain(
  wanted: {
    version: GoVersion
    target: GoTarget
    proxies: readonly string[]
    folder: string
    sumdbKey?: string
  },
  env: Environment,
  context: FetchContext,
  trail: Trail,
): Promise<{ toolchain?: FetchedToolchain; absent: boolean }> {
  const { proxies, folder } = wanted
  const version = toolchainVersion(wanted.version, wanted.target)
  let sum
  try {
    const bases = await sumdbBases(proxies, env, context)
    sum = await lookupSum(MODULE, version, bases, context, wanted.sumdbKey)
  } catch (error) {
    context.signal?.throwIfAborted()
    if (!(error instanceof PipelineError) || error.problems[0]?.code !== 'sumdb-unreachable') throw error
    trail.fail('GOPROXY', error)
    return { absent: false }
  }
  if (sum === undefined) {
    trail.add('checksum database', `has no ${MODULE}@${version}`)
    return { absent: true }
  }
  const expected = sum.h1
  let absent = true
  for (const proxy of proxies) {
    const source = withCredentials(under(proxy, `${MODULE}/@v/${version}.zip`))
    const file = join(folder, 'toolchain.zip')
    try {
      await download(
        {
          ...source,
          file,
          check: async (path) => {
            const actual = await withZip(path, (zip) => zip.h1(context.signal))
            if (actual !== expected) throw altered(source.url, version, actual, expected)
          },
        },
        context,
      )
      return {
        toolchain: {
          file,
          prefix: `${MODULE}@${version}/`,
          proxy,
          proof: `${expected} proved by the checksum database (record in the signed tree of ${sum.treeSize})`,
        },
        absent: false,
      }
    } catch (error) {
      context.signal?.throwIfAborted()
      await rm(file, { force: true })
      if (error instanceof PipelineError && error.problems[0]?.code === 'toolchain-altered') throw error
      if (!isAbsent(error)) absent = false
      trail.fail(proxy, error)
    }
  }
  return { absent }
}

const altered = (url: string, version: string, actual: string, expected: string): PipelineError =>
  environmentError({
    code: 'toolchain-altered',
    what: `the module proxy served an altered ${MODULE}@${version}`,
    where: redactUrl(url),
    cause: `its hash is ${actual}, the checksum database has ${expected}`,
    fix: 'do not use this proxy until it is cleared; nothing was installed',
  })

/**
 * The files that the go command makes executable in an unpacked toolchain (cmd/go/internal/toolchain/exec.go):
 * everything in `bin` and `pkg/tool`, and `lib/go_?*_?*_exec`.
 */
export const isToolchainProgram = (path: string): boolean =>
  path.startsWith('bin/') || path.startsWith('pkg/tool/') || /^lib\/(?:.*\/)?go_[^/]+_[^/]+_exec$/.test(path)
