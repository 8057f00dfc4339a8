/**
 * What went wrong, told so that a person can act: what failed, why, where, and the fix.
 *
 * Three kinds decide the exit code: `input` (2, the caller wrote something wrong), `gate` (1, a gate refused
 * the release) and `environment` (3, a tool, service or machine failed). `cancelled` ends with 130.
 */
export type ErrorKind = 'input' | 'gate' | 'environment' | 'cancelled'

export interface Problem {
  /** Stable, kebab-case, listed in docs/failures.md, for example `registry-denied`. */
  readonly code: string
  /** What failed, one sentence without a full stop. */
  readonly what: string
  /** Why it failed, as far as it is known. */
  readonly cause?: string
  /** Where: `file:line`, an input name, a URL without credentials. */
  readonly where?: string
  /** What the reader should do. */
  readonly fix?: string
  /** The input at fault and the value it had (never a secret's). */
  readonly input?: string
  readonly value?: string
}

const EXIT_CODES: Readonly<Record<ErrorKind, number>> = { gate: 1, input: 2, environment: 3, cancelled: 130 }

/** An error whose message is complete: it is printed without a stack trace. */
export class PipelineError extends Error {
  readonly kind: ErrorKind
  readonly problems: readonly Problem[]
  /** The last lines of the failed tool's own output, kept because an unknown cause must never lose its log. */
  readonly log: string | undefined

  constructor(
    kind: ErrorKind,
    problems: readonly Problem[],
    options: { log?: string; cause?: unknown } = {},
  ) {
    super(
      problems.map(describeProblem).join('\n'),
      options.cause === undefined ? {} : { cause: options.cause },
    )
    this.name = 'PipelineError'
    this.kind = kind
    this.problems = problems
    this.log = options.log
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind]
  }
}

export const inputError = (problem: Problem): PipelineError => new PipelineError('input', [problem])
export const gateError = (problem: Problem, log?: string): PipelineError =>
  new PipelineError('gate', [problem], log === undefined ? {} : { log })
export const environmentError = (
  problem: Problem,
  options: { log?: string; cause?: unknown } = {},
): PipelineError => new PipelineError('environment', [problem], options)
export const cancelledError = (what = 'the run was cancelled'): PipelineError =>
  new PipelineError('cancelled', [{ code: 'cancelled', what }])

/** One problem as a short paragraph: `what (input "x" = "y", at z): cause. Fix: …`. */
export function describeProblem(problem: Problem): string {
  const place = [
    problem.input === undefined
      ? undefined
      : problem.value === undefined
        ? `input "${problem.input}"`
        : `input "${problem.input}" = "${problem.value}"`,
    problem.where,
  ].filter((part) => part !== undefined)
  const head = place.length > 0 ? `${problem.what} (${place.join(', ')})` : problem.what
  const cause = problem.cause === undefined ? '' : `: ${problem.cause}`
  const fix = problem.fix === undefined ? '' : `\n  fix: ${problem.fix}`
  return `${head}${cause}${fix}`
}

/** The exit code for anything thrown: known kinds as above, a bug or unknown fault is an environment fault. */
export function exitCodeOf(error: unknown): number {
  return error instanceof PipelineError ? error.exitCode : EXIT_CODES.environment
}

/** The message of anything thrown, without a stack. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) {
    // fetch and undici hide the reason of a failed connection in `cause`.
    const cause =
      error.cause instanceof Error && !error.message.includes(error.cause.message)
        ? `: ${error.cause.message}`
        : ''
    return `${error.message}${cause}`
  }
  return String(error)
}

/** Node's `code` of a system error (`ENOENT`, `ECONNRESET` …), looked up through `cause` and AggregateError. */
export function codeOf(error: unknown): string | undefined {
  let at: unknown = error
  // By shape, not by instanceof: errors of another realm (test runners, workers) count as well.
  for (let depth = 0; depth < 5 && typeof at === 'object' && at !== null; depth++) {
    const { code, cause, errors } = at as { code?: unknown; cause?: unknown; errors?: unknown }
    if (typeof code === 'string') return code
    at = Array.isArray(errors) ? (errors as unknown[])[0] : cause
  }
  return undefined
}

/** Turns anything thrown into a PipelineError; an unknown error keeps its stack as the log. */
export function toPipelineError(error: unknown, what: string): PipelineError {
  if (error instanceof PipelineError) return error
  const stack = error instanceof Error ? error.stack : undefined
  const full = codeOf(error) === 'ENOSPC'
  return environmentError(
    {
      code: full ? 'disk-full' : 'unexpected',
      what,
      cause: messageOf(error),
      fix: full
        ? 'free disk space on the runner (RUNNER_TEMP and the Docker data root), or use a larger runner'
        : 'run again with debug logging on; if it stays, report it with the log below',
    },
    stack === undefined ? { cause: error } : { cause: error, log: stack },
  )
}
