import { chmod, copyFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { formatDuration } from '../base/clock.ts'
import { sha256 } from '../base/download.ts'
import { environmentError, inputError, messageOf, PipelineError } from '../base/errors.ts'
import { type Environment, executable, type Host } from '../base/platform.ts'
import { makeStaging, placeTool, toolCacheRoots } from '../go/tool-cache.ts'
import type { ScannerName } from './findings.ts'
import { type Pin, pinOf } from './pins.ts'

/** The Go that scanners are built with and that govulncheck asks about the code. */
export interface ScanGo {
  readonly bin: string
  /** `1.26.8`. */
  readonly version: string
  readonly env: Environment
}

export type ScannerChoice = { readonly kind: 'pinned' } | { readonly kind: 'own'; readonly path: string }

/** A program that Go built from a pinned module, or one of the user's own. */
export interface Tool {
  readonly name: string
  readonly program: string
  /** `v1.8.0`; of an own program what its build info says, or `unknown`. */
  readonly version: string
}

export interface Scanner extends Tool {
  readonly name: ScannerName
}

type InstallAct = Pick<Act, 'exec' | 'log' | 'signal' | 'host' | 'env' | 'temp' | 'clock'>

const BUILD_MS = 45 * 60_000

/**
 * The scanner as a program: the user's own, one that was built here before, or built now from the pinned module. A build
 * needs a module proxy and nothing else; each module is compared with the committed checksum, so any proxy will do.
 *
 * @throws PipelineError input `scanner-missing`, environment `scanner-build`, `scanner-checksum`
 */
export async function provideScanner(
  name: ScannerName,
  choice: ScannerChoice,
  go: () => Promise<ScanGo>,
  act: InstallAct,
): Promise<Scanner> {
  return { ...(await provideTool(name, pinOf(name), choice, go, act)), name }
}

/** As {@link provideScanner}, for any pinned module; an own program is given by the input `name`. */
export async function provideTool(
  name: string,
  pin: Pin,
  choice: ScannerChoice,
  go: () => Promise<ScanGo>,
  act: InstallAct,
): Promise<Tool> {
  if (choice.kind === 'own') return ownTool(name, pin, choice.path, go, act)
  const with_ = await go()
  const roots = toolCacheRoots(act.env, act.host)
  const program = executable(name, act.host.os)
  const place = { name: `gip-${name}`, semver: placeName(pin, with_.version), arch: act.host.arch, program }
  for (const root of roots.search) {
    const file = join(root, place.name, place.semver, place.arch, program)
    const info = await buildInfo(file, with_, act)
    if (info?.version === pin.version && pin.sum.includes(`${pin.module} ${info.version} ${info.sum}`)) {
      act.log.info(`${name} ${pin.version} from the tool cache`)
      return { name, program: file, version: pin.version }
    }
  }
  const built = await build(name, pin, with_, program, act)
  for (const root of roots.install) {
    try {
      const staging = await makeStaging(root, place.name)
      await moveInto(built, join(staging, program))
      const folder = await placeTool(staging, { root, ...place }, act.clock)
      return { name, program: join(folder, program), version: pin.version }
    } catch (error) {
      act.log.debug(`${root} cannot hold ${name}: ${messageOf(error)}`)
    }
  }
  return { name, program: built, version: pin.version }
}

/** A folder name that another pin or another Go never shares. */
export const placeName = (pin: Pick<Pin, 'version' | 'sum'>, goVersion: string): string =>
  `${pin.version.replace(/^v/, '')}-go${goVersion}-${sha256(pin.sum.join('\n')).slice(0, 8)}`

/**
 * The environment of a build that depends on the pin alone: neither the repository's flags and workspace nor the target of the
 * job reach it. GOPROXY, GOPRIVATE and the caches stay. `go1.26.8+auto` begins with the Go at hand and lets Go fetch a
 * newer one when the scanner asks for it (https://go.dev/doc/toolchain#select).
 */
export const buildEnvironment = (go: Pick<ScanGo, 'env' | 'version'>, host: Host): Environment => ({
  ...go.env,
  GOFLAGS: '-mod=readonly',
  GOWORK: 'off',
  GO111MODULE: 'on',
  GOOS: host.os,
  GOARCH: host.arch,
  GOTOOLCHAIN: `go${go.version}+auto`,
  GOEXPERIMENT: undefined,
  CGO_ENABLED: '0',
})

async function build(name: string, pin: Pin, go: ScanGo, program: string, act: InstallAct): Promise<string> {
  const folder = await act.temp.make(name)
  await writeFile(join(folder, 'go.mod'), `${pin.mod.join('\n')}\n`)
  await writeFile(join(folder, 'go.sum'), `${pin.sum.join('\n')}\n`)
  const out = join(folder, 'bin', program)
  act.log.info(
    `builds ${name} ${pin.version} from ${pin.module}, checked against ${pin.sum.length} pinned checksums`,
  )
  const argv = [go.bin, 'build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w', '-o', out, pin.package]
  const done = await act.exec.run({
    argv,
    cwd: folder,
    env: buildEnvironment(go, act.host),
    timeoutMs: BUILD_MS,
    signal: act.signal,
  })
  if (done.code !== 0) throw buildFault(name, pin, done.tail)
  act.log.info(`built ${name} ${pin.version} in ${formatDuration(done.ms)}`)
  return out
}

/** Why a scanner could not be built, told by what go said. */
export function buildFault(name: string, pin: Pin, tail: readonly string[]): PipelineError {
  const log = tail.join('\n')
  const said = tail.find((line) => /SECURITY ERROR|checksum mismatch|verifying/.test(line))
  if (said !== undefined)
    return environmentError(
      {
        code: 'scanner-checksum',
        what: `a module of ${name} ${pin.version} is not the one that was pinned`,
        cause: said.trim(),
        fix: 'the module proxy or a cache alters modules: use another GOPROXY, and go clean -modcache on a machine of your own',
      },
      { log },
    )
  const cause = tail.findLast((line) => line.trim() !== '' && !line.startsWith('go: downloading'))
  return environmentError(
    {
      code: 'scanner-build',
      what: `${name} ${pin.version} could not be built`,
      ...(cause === undefined ? {} : { cause: cause.trim() }),
      fix: `check that GOPROXY can be reached, or give the path of an installed program as the input ${name}`,
    },
    { log },
  )
}

async function ownTool(
  name: string,
  pin: Pin,
  path: string,
  go: () => Promise<ScanGo>,
  act: InstallAct,
): Promise<Tool> {
  const info = await buildInfo(path, await go(), act)
  if (info === undefined)
    throw inputError({
      code: 'scanner-missing',
      what: `there is no ${name}`,
      cause: 'it is no program built by Go, or it is not there',
      input: name,
      value: path,
      fix: 'give the absolute path of an installed program, or auto',
    })
  const version = info.module === pin.module ? info.version : 'unknown'
  act.log.info(`${name} ${version} given by input (${path}), pinned is ${pin.version}`)
  return { name, program: path, version }
}

/** Module, version and checksum in the build info of a program; undefined when it is none of Go's. */
export function parseBuildInfo(text: string): { module: string; version: string; sum: string } | undefined {
  if (!/^\S.*: (?:go|devel)/m.test(text)) return undefined
  const [, module = '', version = 'unknown', sum = ''] = /^\tmod\t(\S+)\t(\S+)(?:\t(\S+))?/m.exec(text) ?? []
  return { module, version, sum }
}

async function buildInfo(
  file: string,
  go: ScanGo,
  act: InstallAct,
): Promise<ReturnType<typeof parseBuildInfo>> {
  const done = await act.exec.run({
    argv: [go.bin, 'version', '-m', file],
    env: { ...go.env, GOFLAGS: undefined },
    timeoutMs: 60_000,
    signal: act.signal,
  })
  return done.code === 0 ? parseBuildInfo(done.stdout) : undefined
}

/** The tool cache may be on another disk. */
async function moveInto(from: string, to: string): Promise<void> {
  await copyFile(from, to)
  await chmod(to, 0o755)
  await rm(from, { force: true })
}
