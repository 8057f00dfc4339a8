import { readFile } from 'node:fs/promises'
import { dirname, join, relative, isAbsolute } from 'node:path'
import type { Act } from '../base/act.ts'
import { PipelineError, environmentError, gateError, inputError, type Problem } from '../base/errors.ts'
import { display } from '../base/exec.ts'
import { slashes } from '../base/files.ts'
import { retry } from '../base/retry.ts'
import { buildArgv, buildEnvironment, type BuildRequest } from './args.ts'
import { classifyBuildFault, explainFailure } from './errors.ts'
import { type BuildWarning, errorText, failureSource, ProgressReader, type StepCounts } from './progress.ts'

/** How Buildx is called: the program with its leading arguments, and the environment that finds the same engine and logins. */
export interface BuildxCommand {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface BuildOptions {
  /** Repository root: annotations and messages name the Dockerfile relative to it. */
  readonly root?: string
  /** Default 60 minutes. */
  readonly timeoutMs?: number
  /** Tries in all when the fault is one that passes. Default 4. */
  readonly attempts?: number
  /** Called when a step begins that no cache has, with BuildKit's name of it; without one when a base is fetched. */
  readonly onWork?: (step?: string) => void
}

export interface BuildResult {
  /** Digest of the index or manifest: what was pushed or written. Undefined for `cache`. */
  readonly digest?: string
  readonly mediaType?: string
  /** Config digest, where the exporter tells it (one platform). */
  readonly configDigest?: string
  /** The metadata file as Buildx wrote it. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly steps: StepCounts
  /** Names of the steps that no cache had: `[build 4/5] RUN go build …`. */
  readonly executed: readonly string[]
  /** Of the Dockerfile frontend; files are repository-relative, ready to be annotated. */
  readonly warnings: readonly BuildWarning[]
  readonly ms: number
  /** Runs of Buildx, the successful one included. */
  readonly attempts: number
}

/** A failed run of Buildx that `retry` may judge; it never leaves this module. */
class BuildFault extends Error {
  readonly reader: ProgressReader
  readonly code: number
  constructor(reader: ProgressReader, code: number) {
    super(errorText(reader.plain).split('\n')[0] ?? `exit code ${code}`)
    this.reader = reader
    this.code = code
  }
  /** Everything that helps to tell the cause, most specific text first. */
  get said(): string {
    const failed = this.reader.failed
    return [errorText(this.reader.plain), failed?.error ?? '', ...(failed?.log ?? [])].join('\n')
  }
}

/**
 * Runs `buildx build` and reads its result. Layers stay in the builder, so another try after a broken push only
 * pushes. Throws PipelineError `image-build-…`: kind gate for a fault of the sources, environment for one of the world.
 */
export async function runBuild(
  request: BuildRequest,
  buildx: BuildxCommand,
  act: Pick<Act, 'exec' | 'log' | 'signal' | 'counter' | 'clock' | 'temp'>,
  options: BuildOptions = {},
): Promise<BuildResult> {
  const metadataFile = request.metadataFile ?? join(await act.temp.make('metadata'), 'metadata.json')
  const whole: BuildRequest = { ...request, metadataFile }
  const argv = [...buildx.argv, ...buildArgv(whole)]
  const env = { ...buildx.env, ...buildEnvironment(whole) }
  const started = act.clock.now()
  let attempts = 0
  act.log.info(display(argv))
  try {
    const reader = await retry(
      async () => {
        attempts++
        const progress = new ProgressReader((line) => act.log.info(line), options.onWork)
        const done = await act.exec.run({
          argv,
          env,
          signal: act.signal,
          timeoutMs: options.timeoutMs ?? 60 * 60_000,
          onLine: (line) => progress.read(line),
        })
        progress.end()
        if (done.code !== 0) throw new BuildFault(progress, done.code)
        return progress
      },
      {
        what: `build of ${outputName(request)}`,
        attempts: options.attempts ?? 4,
        baseMs: 2000,
        classify: (error) =>
          error instanceof BuildFault ? classifyBuildFault(error.said) : { kind: 'final' },
        clock: act.clock,
        signal: act.signal,
        log: act.log,
        counter: act.counter,
      },
    )
    const metadata = await readMetadata(metadataFile)
    return {
      ...digests(metadata, request),
      metadata,
      steps: reader.counts,
      executed: reader.executed,
      warnings: reader.warnings.map((warning) =>
        warning.file === undefined
          ? warning
          : {
              ...warning,
              file: dockerfilePath(request, warning.file, options.root),
            },
      ),
      ms: act.clock.now() - started,
      attempts,
    }
  } catch (error) {
    if (!(error instanceof BuildFault)) throw error
    const failure = describeBuildFailure(error, request, options.root)
    const { where, ...problem } = failure.problem
    if (failure.file !== undefined && failure.line !== undefined) {
      act.log.annotate({
        level: 'error',
        title: 'image build failed',
        message: [problem.what, problem.cause, problem.fix].filter((part) => part !== undefined).join('\n'),
        file: failure.file,
        line: failure.line,
      })
    }
    throw failure.make({ ...problem, ...(where === undefined ? {} : { where }) })
  }
}

/** Codes that the sources are to blame for; everything else of the table is the world's fault. */
const SOURCE_FAULTS = new Set([
  'run-failed', 'exec-format', 'qemu-crash', 'dockerfile-syntax', 'copy-missing', 'go-too-old', 'go-vcs-stamp', 'go-sum-missing',
  'shell-missing', 'tool-missing', 'base-missing', 'platform-missing', 'go-private-module',
]) // prettier-ignore
const INPUT_FAULTS = new Set(['dockerfile-missing', 'target-missing', 'unsupported-by-driver', 'entitlement'])

function describeBuildFailure(
  fault: BuildFault,
  request: BuildRequest,
  root: string | undefined,
): { problem: Problem; file?: string; line?: number; make: (problem: Problem) => PipelineError } {
  const { reader } = fault
  const text = errorText(reader.plain)
  // Buildx's own last word decides; only when it says nothing known does the step's output.
  const known = explainSpecific(text, fault.said)
  const source = failureSource(reader.plain)
  const file = source === undefined ? undefined : dockerfilePath(request, source.file, root)
  // An internal step means less to people than the line it came from.
  const line = source?.text === '' ? undefined : source?.text
  const failed = reader.failed?.name
  const step = failed?.startsWith('[internal]') === true ? (line ?? failed) : (failed ?? line)
  const log = [...(reader.failed?.log.slice(-20) ?? []), ...(text === '' ? [] : [text])].join('\n')
  const problem: Problem = {
    code: `image-build-${known?.code ?? 'failed'}`,
    what: step === undefined ? 'the image build failed' : `the image build failed at ${step}`,
    cause: [known?.cause, firstLine(text)].filter((part) => part !== undefined && part !== '').join(' – '),
    ...(file === undefined || source === undefined ? {} : { where: `${file}:${source.line}` }),
    fix: known?.fix ?? 'see the log of the failed step below',
  }
  const make = (made: Problem): PipelineError => {
    const code = known?.code ?? 'failed'
    if (INPUT_FAULTS.has(code)) return inputError(made)
    if (SOURCE_FAULTS.has(code) || (known === undefined && source !== undefined)) return gateError(made, log)
    return environmentError(made, { log })
  }
  return { problem, make, ...(file === undefined || source === undefined ? {} : { file, line: source.line }) }
}

/** `run-failed` only says that a command failed: its output may name the reason. */
function explainSpecific(text: string, said: string): ReturnType<typeof explainFailure> {
  const first = explainFailure(text)
  if (first !== undefined && first.code !== 'run-failed') return first
  const deeper = explainFailure(said)
  return deeper ?? first
}

const firstLine = (text: string): string => text.split('\n')[0] ?? ''

function outputName(request: BuildRequest): string {
  const { output } = request
  switch (output.kind) {
    case 'digest':
      return output.names[0] ?? 'the image'
    case 'tag':
    case 'load':
      return output.tags[0] ?? 'the image'
    case 'oci':
    case 'local':
    case 'cache':
      return request.target === undefined ? 'the image' : `target ${request.target}`
  }
}

/** The Dockerfile for people: repository-relative, with forward slashes. BuildKit knows only its base name. */
export function dockerfilePath(
  request: Pick<BuildRequest, 'file' | 'context' | 'source'>,
  named: string,
  root?: string,
): string {
  const file =
    request.source ??
    request.file ??
    (/^[a-z+]+:\/\//.test(request.context) ? named : join(request.context, named))
  if (root === undefined) return slashes(file)
  const inside = relative(root, isAbsolute(file) ? file : join(root, file))
  return inside.startsWith('..') ? slashes(file) : slashes(inside)
}

async function readMetadata(file: string): Promise<Record<string, unknown>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
  } catch (error) {
    throw environmentError(
      {
        code: 'image-build-no-metadata',
        what: 'Buildx ended well but left no readable metadata file',
        where: dirname(file),
        fix: 'check the free disk space of the runner; run again with debug logging',
      },
      { cause: error },
    )
  }
}

/** Digests of the metadata file (docs/reference/buildx_build.md, "--metadata-file"). */
function digests(
  metadata: Readonly<Record<string, unknown>>,
  request: BuildRequest,
): Pick<BuildResult, 'digest' | 'mediaType' | 'configDigest'> {
  const digest = metadata['containerimage.digest']
  const config = metadata['containerimage.config.digest']
  const descriptor = metadata['containerimage.descriptor'] as { mediaType?: unknown } | undefined
  if (typeof digest !== 'string') {
    if (request.output.kind === 'cache' || request.output.kind === 'local') return {}
    throw environmentError({
      code: 'image-build-no-digest',
      what: 'Buildx did not tell the digest of what it built',
      fix: 'update Buildx ("buildx-version: latest")',
    })
  }
  return {
    digest,
    ...(typeof descriptor?.mediaType === 'string' ? { mediaType: descriptor.mediaType } : {}),
    ...(typeof config === 'string' ? { configDigest: config } : {}),
  }
}
