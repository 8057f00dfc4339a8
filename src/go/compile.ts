import { chmod, mkdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { formatBytes, formatDuration, systemClock } from '../base/clock.ts'
import { environmentError, PipelineError } from '../base/errors.ts'
import { formatPlatform, goEnvironment, type Platform } from '../base/platform.ts'
import type { GoModule, MainPackage } from '../project/modules.ts'
import { readBuildId } from './build-id.ts'
import { type Diagnostic, formatDiagnostic, parseBuildOutput, type SourceTree } from './diagnostics.ts'
import { explainGo } from './explain.ts'
import type { GoPorts } from './test-step.ts'

export interface CompileTarget {
  readonly main: MainPackage
  readonly platform: Platform
  /** Absolute path of the binary. */
  readonly output: string
}

export interface CompileRun {
  /** The go program. */
  readonly bin: string
  /** The repository's root, absolute. */
  readonly root: string
  readonly modules: readonly GoModule[]
  /** Of goCommandEnvironment (GOFLAGS with -trimpath and tags, CGO_ENABLED), and PATH. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Rendered by renderLdflags. */
  readonly ldflags: string
  /** `auto` stamps the commit where git allows it; see goBuild for what happens where it does not. */
  readonly buildvcs: 'auto' | 'true' | 'false'
  /** More flags of go build, for example `-gcflags=all=-N`. */
  readonly flags?: readonly string[]
  /** Platforms compiled side by side; each go build uses all processors by itself. Default 3. */
  readonly concurrency?: number
  /** For each binary. */
  readonly timeoutMs: number
}

export interface CompiledBinary {
  readonly target: CompileTarget
  readonly path: string
  /** Bytes. */
  readonly size: number
  /** Names the content; empty when the linker was told to leave it out. */
  readonly buildId: string
  readonly ms: number
}

/** Code that does not compile, with every place. */
export class CompileError extends PipelineError {
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[], what: string, fix: string, log: string) {
    super(
      'gate',
      diagnostics.slice(0, 20).map((d) => ({
        code: 'compile-failed',
        what,
        cause: d.message,
        ...(d.file === undefined
          ? {}
          : { where: [d.file, d.line, d.column].filter((part) => part !== undefined).join(':') }),
        fix: d.fix ?? fix,
      })),
      { log },
    )
    this.name = 'CompileError'
    this.diagnostics = diagnostics
  }
}

/** The command line. Flags that vet and tests share (-trimpath, -tags, -mod) are in GOFLAGS, so they cannot differ. */
export function compileArgv(
  bin: string,
  options: {
    readonly package: string
    readonly output: string
    readonly ldflags: string
    readonly buildvcs: 'auto' | 'true' | 'false'
    readonly flags?: readonly string[]
  },
): string[] {
  return [
    bin,
    'build',
    `-buildvcs=${options.buildvcs}`,
    ...(options.ldflags === '' ? [] : [`-ldflags=${options.ldflags}`]),
    ...(options.flags ?? []),
    '-o',
    options.output,
    options.package,
  ]
}

/**
 * Compiles all binaries: platforms side by side, the main packages of one platform one after another (they share
 * most of their packages, so the later ones only link).
 * @throws CompileError (gate) with the places; PipelineError (environment) for disk, memory, network, C compiler
 */
export async function compile(
  targets: readonly CompileTarget[],
  run: CompileRun,
  act: GoPorts,
): Promise<CompiledBinary[]> {
  const tree: SourceTree = { root: run.root, os: act.host.os, modules: run.modules }
  const lanes = new Map<string, CompileTarget[]>()
  for (const target of targets) {
    const key = formatPlatform(target.platform)
    lanes.set(key, [...(lanes.get(key) ?? []), target])
  }
  const done = new Map<CompileTarget, CompiledBinary>()
  const queue = [...lanes.values()]
  // The first failure ends the others: they would fail with the same words.
  const stop = new AbortController()
  const signal = AbortSignal.any([act.signal, stop.signal])
  const errors: unknown[] = []
  const worker = async (): Promise<void> => {
    for (let lane = queue.shift(); lane !== undefined && !signal.aborted; lane = queue.shift()) {
      for (const target of lane) {
        try {
          done.set(target, await goBuild(target, run, tree, { ...act, signal }))
        } catch (error) {
          errors.push(error)
          stop.abort(error)
          return
        }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, run.concurrency ?? 3) }, worker))
  if (errors.length > 0) throw errors[0]
  act.signal.throwIfAborted()
  return targets.map((target) => done.get(target)).filter((binary) => binary !== undefined)
}

async function goBuild(
  target: CompileTarget,
  run: CompileRun,
  tree: SourceTree,
  act: GoPorts,
): Promise<CompiledBinary> {
  const started = systemClock.now()
  const name = `${target.main.name} for ${formatPlatform(target.platform)}`
  await mkdir(dirname(target.output), { recursive: true })
  const build = (buildvcs: CompileRun['buildvcs']) =>
    act.exec.run({
      argv: compileArgv(run.bin, {
        package: target.main.importPath,
        output: target.output,
        ldflags: run.ldflags,
        buildvcs,
        ...(run.flags === undefined ? {} : { flags: run.flags }),
      }),
      // In its own module, whatever the working directory: without a go.work no other place knows the package.
      cwd: join(run.root, target.main.module.dir),
      env: { ...run.env, ...goEnvironment(target.platform) },
      timeoutMs: run.timeoutMs,
      signal: act.signal,
    })
  let result = await build(run.buildvcs)
  if (result.code !== 0 && run.buildvcs === 'auto' && result.stderr.includes('error obtaining VCS status')) {
    act.log.warning(
      `${name}: git cannot be asked for the commit (another user owns the checkout?), so the binary does not name it. To have it: git config --global --add safe.directory "$GITHUB_WORKSPACE"`,
    )
    result = await build('false')
  }
  if (result.code !== 0) throw buildError(name, result.code, result.tail, target.main.module.dir, tree)
  let size: number
  try {
    size = (await stat(target.output)).size
    await chmod(target.output, 0o755)
  } catch (error) {
    throw environmentError(
      { code: 'binary-missing', what: `go build wrote no binary for ${name}`, where: target.output },
      { cause: error, log: result.tail.join('\n') },
    )
  }
  const ms = systemClock.now() - started
  act.log.info(`compiled ${name}: ${formatBytes(size)} in ${formatDuration(ms)}`)
  return { target, path: target.output, size, buildId: await readBuildId(target.output), ms }
}

function buildError(
  name: string,
  code: number,
  tail: readonly string[],
  cwd: string,
  tree: SourceTree,
): PipelineError {
  const log = tail.join('\n')
  const explained = explainGo(log)
  if (explained?.kind === 'environment') {
    const { cause, fix } = explained
    return environmentError({ code: explained.code, what: `cannot compile ${name}`, cause, fix }, { log })
  }
  const diagnostics = parseBuildOutput(tail, tree, cwd).map((d) => ({
    ...d,
    ...(explained === undefined ? {} : { fix: explained.fix }),
  }))
  if (diagnostics.length === 0) {
    return environmentError(
      {
        code: explained?.code ?? 'go-build-failed',
        what: `go build of ${name} ended with exit code ${code}`,
        cause: explained?.cause ?? 'it named no place in the code',
        fix: explained?.fix ?? 'run the same go build locally; its output is below',
      },
      { log },
    )
  }
  const first = diagnostics[0]
  const fix = `correct the code${first === undefined ? '' : `, first: ${formatDiagnostic(first)}`}`
  return new CompileError(diagnostics, `${name} does not compile`, explained?.fix ?? fix, log)
}
