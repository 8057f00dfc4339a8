import { createHash } from 'node:crypto'
import { cp, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Act } from '../base/act.ts'
import { formatBytes } from '../base/clock.ts'
import { sha256File } from '../base/download.ts'
import { environmentError, PipelineError } from '../base/errors.ts'
import { writeAtomic } from '../base/files.ts'
import { executable, formatPlatform, type Platform, platformSlug } from '../base/platform.ts'
import { judgeBinary, readBinaryFile } from '../checks/binary.ts'
import { compile, type CompileRun } from '../go/compile.ts'
import type { MainPackage } from '../project/modules.ts'
import { type BuildInfo, parseBuildInfo } from './build-info.ts'
import type { Bundle } from './names.ts'
import { type Member, pack } from './pack.ts'
import { mustBeStatic } from './platforms.ts'
import { type GitHubRun, toProvenance } from './provenance.ts'
import { toSpdx } from './sbom.ts'
import { formatSums, type NamedDigest, PROVENANCE, SUMS } from './sums.ts'

/** A program that is wanted. */
export interface Wanted {
  readonly main: MainPackage
  readonly name: string
  readonly platform: Platform
}

export interface BinariesRequest {
  readonly bundles: readonly Bundle<Wanted>[]
  /** How go build is called. */
  readonly compile: Omit<CompileRun, 'buildvcs' | 'timeoutMs'>
  /** Files that go into every archive beside the programs. */
  readonly extras: readonly Member[]
  /** Empty folder for everything that is made. */
  readonly out: string
  readonly sbom: boolean
  readonly version: string
  readonly commit: string
  /** Seconds since the epoch: the time of every file. */
  readonly commitTime: number
  readonly url?: string
  readonly license?: string
  /** Undefined outside GitHub Actions: then nobody could say who built it. */
  readonly run?: GitHubRun
  readonly parameters: Readonly<Record<string, unknown>>
}

/** A file of the release, for people and for the next job. */
export interface Archive {
  readonly name: string
  readonly digest: string
  readonly platform: string
  /** Bytes. */
  readonly size: number
  readonly programs: readonly string[]
}

export interface BuiltBinaries {
  readonly archives: readonly Archive[]
  readonly sums: readonly NamedDigest[]
  readonly provenance: boolean
}

type BuildAct = Pick<Act, 'exec' | 'log' | 'signal' | 'host' | 'temp'>

const BUILD_MS = 60 * 60_000

/**
 * Compiles every program, checks each for its machine, packs them, and writes SBOMs, SHA256SUMS and the provenance. The same
 * commit, Go and Node give the same files but the provenance, which names the run.
 *
 * @throws CompileError (gate); PipelineError gate `binary-…`, environment `binaries-no-info`
 */
export async function buildBinaries(request: BinariesRequest, act: BuildAct): Promise<BuiltBinaries> {
  const folder = await act.temp.make('binaries')
  // Filled apart: what was cut short leaves nothing in the folder that is released.
  const out = await act.temp.make('release')
  const wanted = request.bundles.flatMap((bundle) => bundle.members)
  const fileOf = (one: Wanted): string =>
    join(folder, platformSlug(one.platform), executable(one.name, one.platform.os))
  const built = await compile(
    wanted.map((one) => ({ main: one.main, platform: one.platform, output: fileOf(one) })),
    { ...request.compile, buildvcs: 'auto', timeoutMs: BUILD_MS },
    act,
  )
  act.log.info(`${built.length} programs, ${formatBytes(built.reduce((sum, one) => sum + one.size, 0))}`)
  await checkAll(wanted, fileOf)

  const sums: NamedDigest[] = []
  const archives: Archive[] = []
  const infos: BuildInfo[] = []
  for (const bundle of request.bundles) {
    act.signal.throwIfAborted()
    const programs = bundle.members.map((one) => ({
      name: executable(one.name, one.platform.os),
      from: fileOf(one),
      mode: 0o755 as const,
    }))
    const extras = bundle.format === 'none' ? [] : request.extras
    const file = await pack(bundle, [...programs, ...extras], out, request.commitTime, act)
    const sha256 = await sha256File(file)
    sums.push({ name: bundle.file, sha256 })
    archives.push({
      name: bundle.file,
      digest: `sha256:${sha256}`,
      platform: formatPlatform(bundle.platform),
      size: (await stat(file)).size,
      programs: programs.map(({ name }) => name),
    })
    for (const { from, name } of programs) {
      const info = await readInfo(from, request.compile, act)
      infos.push(info)
      if (!request.sbom) continue
      const sbom = `${programs.length === 1 ? bundle.file : `${bundle.file}.${name}`}.spdx.json`
      const text = `${JSON.stringify(toSpdx(info, await sbomFacts(from, name, request)), null, 2)}\n`
      await writeAtomic(join(out, sbom), text)
      sums.push({ name: sbom, sha256: createHash('sha256').update(text).digest('hex') })
    }
  }
  await writeAtomic(join(out, SUMS), formatSums(sums))
  const { run } = request
  if (run !== undefined) {
    const statement = toProvenance({
      subjects: [...sums].sort((a, b) => (a.name < b.name ? -1 : 1)),
      commit: request.commit,
      modules: infos.flatMap((info) => info.dependencies),
      go: infos[0]?.go ?? '',
      run,
      parameters: request.parameters,
    })
    await writeAtomic(join(out, PROVENANCE), `${JSON.stringify(statement, null, 2)}\n`)
  }
  await cp(out, request.out, { recursive: true })
  return { archives, sums, provenance: run !== undefined }
}

/** Every fault of every program at once. */
async function checkAll(wanted: readonly Wanted[], fileOf: (one: Wanted) => string): Promise<void> {
  const problems = await Promise.all(
    wanted.map(async (one) =>
      judgeBinary(await readBinaryFile(fileOf(one)), one.platform, {
        where: `${one.name} for ${formatPlatform(one.platform)}`,
        mustBeStatic: mustBeStatic(one.platform),
      }),
    ),
  )
  const all = problems.flat()
  if (all.length > 0) throw new PipelineError('gate', all)
}

async function sbomFacts(file: string, name: string, request: BinariesRequest): Promise<Parameters<typeof toSpdx>[1]> {
  const content = await readFile(file)
  const hash = (algorithm: string): string => createHash(algorithm).update(content).digest('hex')
  const { version, commitTime, license, url, commit } = request
  return {
    file: name,
    sha1: hash('sha1'),
    sha256: hash('sha256'),
    version,
    created: commitTime,
    ...(license === undefined ? {} : { license }),
    ...(url === undefined ? {} : { url }),
    ...(commit === '' ? {} : { commit }),
  }
} // prettier-ignore

async function readInfo(
  file: string,
  { bin, env }: Pick<CompileRun, 'bin' | 'env'>,
  act: BuildAct,
): Promise<BuildInfo> {
  const done = await act.exec.run({
    argv: [bin, 'version', '-m', file],
    // GOFLAGS may hold flags that `go version` does not know.
    env: { ...env, GOFLAGS: undefined },
    timeoutMs: 60_000,
    signal: act.signal,
  })
  const info = done.code === 0 ? parseBuildInfo(done.stdout) : undefined
  if (info === undefined)
    throw environmentError(
      {
        code: 'binaries-no-info',
        what: `${basename(file)} says nothing about what it is made of`,
        cause: 'it has no build information',
        fix: 'remove -buildmode and linker flags that strip it, or set sbom: false',
      },
      { log: done.tail.join('\n') },
    )
  return info
}
