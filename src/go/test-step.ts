import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { formatDuration, systemClock } from '../base/clock.ts'
import { environmentError, messageOf, PipelineError } from '../base/errors.ts'
import { type Diagnostic, plainPackage, type SourceTree } from './diagnostics.ts'
import { explainGo } from './explain.ts'
import type { Invocation } from './packages.ts'
import { TestEvents } from './test-events.ts'
import type { TestFailure } from './test-output.ts'
import type { PackageResult } from './test-state.ts'
import { parseVet, type VetReport } from './vet.ts'

export type GoPorts = Pick<Act, 'exec' | 'log' | 'signal' | 'host'>

export interface GoCommand {
  readonly bin: string
  readonly root: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly timeoutMs: number
}

/** What one `go test` told. */
export interface TestOutcome {
  readonly packages: readonly PackageResult[]
  readonly failures: readonly TestFailure[]
  readonly diagnostics: readonly Diagnostic[]
  /** See TestEvents.buildFailedPackages. */
  readonly buildFailedPackages: readonly string[]
}

const ATTEMPTS = 3
const HEARTBEAT_MS = 30_000
const SHOWN_LINES = 60

/**
 * Runs one `go test -json`, says for people what happens, and reads the events.
 * @throws PipelineError (environment) when go itself cannot do its work
 */
export async function goTest(
  command: GoCommand,
  invocation: Invocation,
  options: {
    readonly vet: boolean
    readonly race: boolean
    /** Absolute; no coverage without it. */
    readonly profile?: string
    /** See covdataFlag. */
    readonly covdata?: string
    readonly flags: readonly string[]
    readonly onRaw: (line: string) => void
  },
  tree: SourceTree,
  act: GoPorts,
): Promise<TestOutcome> {
  const argv = testArgv(command.bin, invocation.patterns, options)
  for (let attempt = 1; ; attempt++) {
    const run = await once(command, argv, invocation.cwd, options, tree, act)
    if (run.code === 0) return run.outcome
    const { packages, diagnostics } = run.outcome
    const explained = explainGo(run.text)
    const broken = packages.some((p) => p.status === 'build') || packages.length === 0
    if (broken && explained?.transient === true && attempt < ATTEMPTS) {
      act.log.warning(`go test: ${explained.cause}; attempt ${attempt + 1} of ${ATTEMPTS}`)
      await systemClock.sleep(2000 * attempt, act.signal)
      continue
    }
    if (broken && explained?.kind === 'environment') {
      const { code, cause, fix } = explained
      throw environmentError({ code, what: 'go test could not do its work', cause, fix }, { log: run.text })
    }
    if (packages.length === 0 && diagnostics.length === 0 && run.outcome.failures.length === 0) {
      if (/matched no packages|no packages to test/.test(run.text)) {
        act.log.info(`no packages in ${invocation.cwd}: ${invocation.patterns.join(' ')}`)
        return run.outcome
      }
      throw goFailed('go test', run.code, run.text)
    }
    return run.outcome
  }
}

/** Vets packages with `go vet -json`; the exit code says nothing about findings. */
export async function goVet(
  command: GoCommand,
  invocation: Invocation,
  tree: SourceTree,
  act: GoPorts,
): Promise<VetReport> {
  const errors: string[] = []
  const result = await act.exec.run({
    argv: [command.bin, 'vet', '-json', ...invocation.patterns],
    cwd: join(command.root, invocation.cwd),
    env: command.env,
    timeoutMs: command.timeoutMs,
    signal: act.signal,
    maxStdout: 64 * 1024 * 1024,
    onLine: (line, stream) => {
      if (stream === 'stderr') errors.push(line)
    },
  })
  // Before 1.25 the JSON comes on stderr.
  const report = parseVet([...result.stdout.split('\n'), ...errors], tree, invocation.cwd)
  if (result.code === 0) return report
  const text = errors.join('\n')
  const explained = explainGo(text)
  if (explained?.kind === 'environment') {
    const { code, cause, fix } = explained
    throw environmentError({ code, what: 'go vet could not do its work', cause, fix }, { log: text })
  }
  if (report.errors.length === 0 && report.findings.length === 0) {
    if (/matched no packages|no packages to vet/.test(text)) return report
    throw goFailed('go vet', result.code, text)
  }
  return report
}

/** The command line. Patterns stand before the caller's flags: Go ends the package list at a flag it does not know. */
export function testArgv(
  bin: string,
  patterns: readonly string[],
  options: {
    readonly vet: boolean
    readonly race: boolean
    readonly profile?: string
    readonly covdata?: string
    readonly flags: readonly string[]
  },
): string[] {
  return [
    bin,
    'test',
    '-json',
    `-vet=${options.vet ? 'all' : 'off'}`,
    ...(options.race ? ['-race'] : []),
    ...(options.profile === undefined
      ? []
      : [`-covermode=${options.race ? 'atomic' : 'set'}`, `-coverprofile=${options.profile}`]),
    ...(options.covdata === undefined ? [] : [options.covdata]),
    ...patterns,
    ...options.flags,
  ]
}

async function once(
  command: GoCommand,
  argv: readonly string[],
  cwd: string,
  options: { readonly flags: readonly string[]; readonly onRaw: (line: string) => void },
  tree: SourceTree,
  act: GoPorts,
): Promise<{ outcome: TestOutcome; code: number; text: string }> {
  const verbose = options.flags.some((flag) => /^--?(?:test\.)?(?:v|bench)(?:=|$)/.test(flag))
  let last = systemClock.now()
  const say = (line: string): void => {
    last = systemClock.now()
    act.log.info(line)
  }
  const events = new TestEvents(tree, cwd, {
    onFailure: (failure) => {
      for (const line of failureLines(failure)) say(line)
    },
    onPackage: (result) => {
      say(packageLine(result))
    },
    onText: (line) => {
      if (line.startsWith('go: downloading ') || line.trim() === '') act.log.debug(line)
      else say(line)
    },
    ...(verbose ? { onOutput: (line: string) => act.log.info(line.replace(/\n$/, '')) } : {}),
  })
  const started = last
  const heartbeat = setInterval(() => {
    const now = systemClock.now()
    if (now - last < HEARTBEAT_MS) return
    const running = events.running
    say(
      running.length === 0
        ? `… still compiling after ${formatDuration(now - started)}`
        : `… running for ${formatDuration(now - started)}: ${running.slice(0, 4).join('; ')}`,
    )
  }, HEARTBEAT_MS)
  heartbeat.unref()
  let code = 1
  const late: TestFailure[] = []
  try {
    const result = await act.exec.run({
      argv,
      cwd: join(command.root, cwd),
      env: command.env,
      timeoutMs: command.timeoutMs,
      signal: act.signal,
      maxStdout: 0,
      onLine: (line, stream) => {
        if (stream === 'stdout') options.onRaw(line)
        events.line(line)
      },
    })
    code = result.code
  } catch (error) {
    const running = events.running
    if (!isTimeout(error) || running.length === 0) throw error
    // Tests that do not end are the code's fault; what was learnt until then is kept.
    late.push({
      package: plainPackage(running[0]?.split(':')[0] ?? ''),
      kind: 'timeout',
      message: `go test did not end within ${formatDuration(command.timeoutMs)} and was stopped; still running: ${running.join('; ')}`,
      output: [],
    })
  } finally {
    clearInterval(heartbeat)
  }
  events.close()
  return {
    code,
    text: events.text.join('\n'),
    outcome: {
      packages: events.packages,
      failures: [...late, ...events.failures],
      diagnostics: events.buildDiagnostics,
      buildFailedPackages: events.buildFailedPackages,
    },
  }
}

const isTimeout = (error: unknown): boolean =>
  error instanceof PipelineError && error.problems[0]?.code === 'command-timeout'

function goFailed(what: string, code: number, text: string): PipelineError {
  const explained = explainGo(text)
  const first = text.split('\n').find((line) => line.trim() !== '')
  return environmentError(
    {
      code: explained?.code ?? 'go-failed',
      what: `${what} ended with exit code ${code} before any package`,
      cause: explained?.cause ?? first ?? 'it printed nothing',
      fix: explained?.fix ?? 'run the same command locally; its output is below',
    },
    { log: text },
  )
}

/** `ok    example.com/p   0.4 s   12 tests   (cached)   coverage 66.7 %`. */
export function packageLine(result: PackageResult): string {
  const total = result.passed + result.failed + result.skipped
  const mark = { pass: 'ok   ', fail: 'FAIL ', 'no-tests': '-    ', build: 'BUILD' }[result.status]
  const counts = [
    ...(result.failed > 0
      ? [`${result.failed} of ${total} failed`]
      : [`${total} ${total === 1 ? 'test' : 'tests'}`]),
    ...(result.skipped > 0 ? [`${result.skipped} skipped`] : []),
  ].join(', ')
  const details =
    result.status === 'no-tests'
      ? ['no test files']
      : result.status === 'build'
        ? ['not tested: see the findings and errors']
        : [
            result.cached ? '(cached)' : formatDuration(result.ms),
            counts,
            ...(result.coverage === undefined ? [] : [`coverage ${result.coverage.toFixed(1)} %`]),
          ]
  return `${mark} ${result.package}  ${details.join('  ')}`
}

/** A failure as a person reads it: what, where, and its last output. */
export function failureLines(failure: TestFailure): string[] {
  const place = failure.file === undefined ? '' : `  ${failure.file}:${failure.line ?? 1}`
  const shown = failure.output.slice(-SHOWN_LINES)
  const cut = failure.output.length - shown.length
  return [
    `--- ${failure.kind === 'failed' ? 'FAIL' : failure.kind.toUpperCase()}: ${failure.package}${failure.test === undefined ? '' : ` ${failure.test}`}${place}`,
    ...(failure.output.length === 0 || failure.kind === 'unfinished'
      ? failure.message.split('\n').map((line) => `    ${line}`)
      : []),
    ...(cut > 0 ? [`    … ${cut} lines before are left out`] : []),
    ...shown.map((line) => `    ${line}`),
  ]
}

/** Writes all events to a file as they come. A full disk costs the log, not the run. */
export class RawLog {
  #descriptor: number | undefined
  #buffer = ''
  readonly #warn: (message: string) => void

  constructor(file: string, warn: (message: string) => void) {
    this.#warn = warn
    this.#try(() => {
      this.#descriptor = openSync(file, 'w')
    })
  }

  write(line: string): void {
    this.#buffer += `${line}\n`
    if (this.#buffer.length > 64 * 1024) this.#flush()
  }

  close(): void {
    this.#flush()
    const descriptor = this.#descriptor
    this.#descriptor = undefined
    if (descriptor !== undefined) {
      this.#try(() => {
        closeSync(descriptor)
      })
    }
  }

  #flush(): void {
    const text = this.#buffer
    const descriptor = this.#descriptor
    this.#buffer = ''
    if (descriptor !== undefined && text !== '') {
      this.#try(() => {
        writeSync(descriptor, text)
      })
    }
  }

  #try(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#descriptor = undefined
      this.#warn(`the test log cannot be written: ${messageOf(error)}`)
    }
  }
}
