import * as core from '@actions/core'
import type { Act } from '../base/act.ts'
import { systemClock } from '../base/clock.ts'
import { cancelledError, describeProblem, PipelineError, toPipelineError } from '../base/errors.ts'
import { SystemExec } from '../base/exec.ts'
import { TemporaryFolders, temporaryRoot } from '../base/files.ts'
import { SystemHttp } from '../base/http.ts'
import type { Annotation, Log } from '../base/log.ts'
import { type Environment, hostOf } from '../base/platform.ts'
import { RetryCounter } from '../base/retry.ts'
import { Secrets } from '../base/secrets.ts'
import { INPUTS } from './build/spec.ts'
import { INPUTS as GRAY_INPUTS } from './gray/spec.ts'
import { STAGES } from './stages/index.ts'

/** The ports of a run, with what must be closed at its end. */
export interface Shell extends Act {
  readonly cancel: (reason: Error) => void
  readonly close: () => Promise<void>
}

/**
 * `text` so that the runner finds no workflow command in it: what tests, builds and containers print must not set
 * outputs, unmask secrets or switch commands off in our name. A backslash shows where one was.
 *
 * The runner takes `::name::` at the start of a line, after blanks, and the older `##[name]` anywhere in it
 * (actions/runner, ActionCommand.TryParseV2 and TryParse); a lone CR ends a line too. It compares by the rules of a
 * language, which pass over characters that cannot be seen, so these do not hide a command here either.
 */
export function inert(text: string): string {
  return text
    .replace(/(^|[\r\n])([\p{Z}\p{C}\p{M}]*)(?=:[\p{C}\p{M}]*:)/gu, '$1$2\\')
    .replace(/(#[\p{C}\p{M}]*#[\p{C}\p{M}]*)(?=\[)/gu, '$1\\')
}

/** The log of a GitHub action: workflow commands on stdout. */
export function actionLog(secrets: Secrets): Log {
  const clean = (text: string): string => secrets.redact(text)
  return {
    // The others escape their text themselves and begin with a command, which the runner looks for first.
    info: (line) => core.info(inert(clean(line))),
    debug: (line) => core.debug(clean(line)),
    warning: (message) => core.warning(clean(message)),
    error: (message) => core.error(clean(message)),
    annotate: (annotation) => {
      const { level, message, title, file, line, column } = annotation
      const where = {
        ...(title === undefined ? {} : { title: clean(title) }),
        ...(file === undefined ? {} : { file }),
        ...(line === undefined ? {} : { startLine: line }),
        ...(column === undefined ? {} : { startColumn: column }),
      }
      core[level](clean(message), where)
    },
  }
}

/** The log of the command line: everything to stderr, so that stdout stays for results. */
export function terminalLog(secrets: Secrets, write: (text: string) => void, debug: boolean): Log {
  // The command line may run in a workflow step too, and the runner reads stderr like stdout.
  const line = (text: string): void => write(`${inert(secrets.redact(text))}\n`)
  return {
    info: line,
    debug: (text) => {
      if (debug) line(text)
    },
    warning: (message) => line(`warning: ${message}`),
    error: (message) => line(`error: ${message}`),
    annotate: (annotation) => line(formatAnnotation(annotation)),
  }
}

/** `file:line:column: error: message`, as compilers print it. */
export function formatAnnotation({ level, message, title, file, line, column }: Annotation): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  return [place === '' ? undefined : place, level, title, message]
    .filter((part) => part !== undefined)
    .join(': ')
}

const ALL_INPUTS = [INPUTS, GRAY_INPUTS, ...Object.values(STAGES).map((stage) => stage.inputs)].flat()
const INPUT_VARIABLES = new Set(ALL_INPUTS.map(({ name }) => `INPUT_${name.toUpperCase()}`))
const COMMAND_FILES = new Set(
  ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'].map((name) => `GITHUB_${name}`),
)

/**
 * The environment of the programs we start: without our inputs (passwords stand in them) and without the files by
 * which a step talks to the runner. Tests and builds run the repository's code; outputs, state and PATH of this job
 * are not theirs to set.
 */
export function childEnvironment(env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !INPUT_VARIABLES.has(name.toUpperCase()) && !COMMAND_FILES.has(name.toUpperCase()),
    ),
  )
}

/** Opens the ports of a run and listens for SIGINT and SIGTERM: the first cancels, a second one ends at once. */
export function openShell(
  log: (secrets: Secrets) => Log,
  secrets: Secrets,
  options: { ca?: string; env?: Environment } = {},
): Shell {
  const env = options.env ?? process.env
  const abort = new AbortController()
  const http = new SystemHttp(options.ca === undefined ? {} : { ca: options.ca })
  const onSignal = (name: NodeJS.Signals): void => {
    if (abort.signal.aborted) process.exit(130)
    abort.abort(cancelledError(`the run was cancelled (${name})`))
  }
  const names: NodeJS.Signals[] = ['SIGINT', 'SIGTERM']
  for (const name of names) process.on(name, onSignal)
  return {
    exec: new SystemExec(childEnvironment(env)),
    http,
    log: log(secrets),
    signal: abort.signal,
    host: hostOf(),
    env,
    counter: new RetryCounter(),
    secrets,
    temp: new TemporaryFolders(temporaryRoot(env)),
    clock: systemClock,
    cancel: (reason) => abort.abort(reason),
    close: async () => {
      for (const name of names) process.off(name, onSignal)
      await http.close()
    },
  }
}

/** Tells a failure completely: every problem with its fix, then the log it came with. Returns it typed. */
export function tellFailure(error: unknown, log: Log, what: string): PipelineError {
  const failure = toPipelineError(error, what)
  for (const problem of failure.problems) log.error(describeProblem(problem))
  if (failure.log !== undefined && failure.log !== '') {
    log.info('--- last output ---')
    for (const line of failure.log.split('\n').slice(-60)) log.info(line)
  }
  return failure
}
