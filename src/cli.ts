import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describeProblem, exitCodeOf, inputError, PipelineError } from './base/errors.ts'
import { readTextIfAny } from './base/files.ts'
import { Secrets } from './base/secrets.ts'
import { parseArguments, type CliCommand } from './actions/arguments.ts'
import { finish } from './actions/build/finish.ts'
import { loadInputs } from './actions/build/inputs.ts'
import { runBuild } from './actions/build/run.ts'
import { INPUTS } from './actions/build/spec.ts'
import { StateKeeper } from './actions/build/state.ts'
import { doctorCommand } from './actions/doctor.ts'
import { withEmbeddedRegistry } from './actions/embedded.ts'
import { registryClient } from './actions/registry.ts'
import { INIT_FLAGS, INIT_OPTIONS } from './actions/init/spec.ts'
import type { InputSpec } from './actions/spec.ts'
import { openShell, type Shell, tellFailure, terminalLog } from './actions/shell.ts'
import { isStage, STAGES } from './actions/stages/index.ts'
import { verifyCommand } from './actions/verify.ts'

const USAGE = `go-image-pipeline: from go.mod to a tested container image, pushed, read back and proved to start

  node dist/cli.js run    [--INPUT VALUE …] [--json]   the whole pipeline, as in GitHub Actions
  node dist/cli.js plan   [--INPUT VALUE …] [--json|--mermaid]
                                                       what run would do, and why; runs nothing
         [--embedded-registry]                         push into a registry of its own on loopback, kept in .gip/registry
  node dist/cli.js verify REF [--INPUT VALUE …] [--json]
                                                       read an image back: every manifest, config and layer
  node dist/cli.js doctor [--INPUT VALUE …] [--json]   is everything there that a run needs
  node dist/cli.js init   [--OPTION VALUE …] [--dry-run] [--force] [--json]
                                                       look at this repository and write the workflows it needs (help init)
  node dist/cli.js judge FILE                          verdicts of the gray release's judge on a JSON file (docs/gray-judge.md)
  node dist/cli.js gray   COMMAND [--INPUT VALUE …]    gray releases: plan, start, tick, status, abort, reap … (gray help)
  node dist/cli.js audit  verify FILE                  whether an audit of a gray release is whole
${Object.values(STAGES)
  .map(
    ({ name, description }) =>
      `  node dist/cli.js ${name.padEnd(6)} [--INPUT VALUE …] [--json]   ${description.replace(/^[A-Z]/, (letter) => letter.toLowerCase())}`,
  )
  .join('\n')}
  node dist/cli.js help   [INPUT or STAGE]

Every input of the action is an option: --images ghcr.io/acme/hello --push true. An option may be repeated for lists.
--json prints one JSON object to stdout; everything else goes to stderr.
Exit code: 0 every gate passed, 1 a gate refused, 2 bad input, 3 the environment failed, 130 cancelled.`

/** The real stdout: it is for results alone. */
const stdout = process.stdout.write.bind(process.stdout)

/** The command line: the same code and the same verdicts as the action. Sets the exit code; never throws. */
export async function cli(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  // The toolkit's packages print workflow commands to stdout; here they would stand in the middle of the JSON.
  process.stdout.write = (text: unknown) =>
    typeof text === 'string' && text.startsWith('::') ? true : process.stderr.write(String(text))
  process.exitCode = await run(argv)
}

async function run(argv: readonly string[]): Promise<number> {
  const { command, problems } = parseArguments(argv)
  if (command.name === 'help') {
    stdout(help(command.operands[0]))
    return 0
  }
  if (command.name === 'version') {
    stdout(`${version()}\n`)
    return 0
  }
  const secrets = new Secrets()
  const log = (known: Secrets): ReturnType<typeof terminalLog> =>
    terminalLog(known, (text) => process.stderr.write(text), process.env['RUNNER_DEBUG'] === '1')
  if (problems.length > 0) {
    for (const problem of problems) process.stderr.write(`error: ${describeProblem(problem)}\n`)
    return new PipelineError('input', problems).exitCode
  }
  const ca = command.values.get('registry-ca')
  const shell = openShell(log, secrets, ca === undefined ? {} : { ca })
  try {
    return await dispatch(command, shell)
  } catch (error) {
    const failure = tellFailure(error, shell.log, `${command.name} failed`)
    if (command.flags.has('json'))
      stdout(`${secrets.redact(JSON.stringify({ problems: failure.problems }, null, 2))}\n`)
    return exitCodeOf(error)
  } finally {
    await shell.temp.dispose()
    await shell.close()
  }
}

async function dispatch(command: CliCommand, shell: Shell): Promise<number> {
  const print = (value: unknown): void => void stdout(`${JSON.stringify(value, null, 2)}\n`)
  const read = (name: string): string =>
    command.values.get(name) ?? (name === 'github-token' ? (process.env['GITHUB_TOKEN'] ?? '') : '')
  switch (command.name) {
    case 'run':
    case 'plan':
      if (!command.flags.has('embedded-registry')) return runOrPlan(command, shell, read, print)
      return withEmbeddedRegistry(read, process.cwd(), shell.log, (inside) =>
        runOrPlan(command, shell, inside, print),
      )
    case 'verify': {
      const report = await verifyCommand(command.operands[0] ?? '', read, shell)
      if (command.flags.has('json')) print(report.json)
      return report.exitCode
    }
    case 'doctor': {
      const report = await doctorCommand(read, shell)
      if (command.flags.has('json')) print(report.json)
      return report.ok ? 0 : 3
    }
    case 'judge': {
      const file = command.operands[0] ?? ''
      const text = await readTextIfAny(file)
      if (text === undefined)
        throw inputError({
          code: 'judge-file-missing',
          what: 'the file to judge is not there',
          where: file,
          fix: 'give the path of a JSON file',
        })
      // Its special functions are large, and nothing else needs them.
      const { judgeCommand } = await import('./gray/judge-command.ts')
      const { output, ok } = judgeCommand(text)
      print(output)
      return ok ? 0 : 2
    }
    case 'help':
    case 'version':
      return 0
    default:
      return furtherCommand(command, shell)
  }
}

/** Chunks of their own: the build needs none of it. */
async function furtherCommand(command: CliCommand, shell: Shell): Promise<number> {
  const write = (text: string): void => void stdout(text)
  const { name } = command
  if (name === 'init') return (await import('./actions/init/run.ts')).initCli(command, shell, write)
  if (isStage(name)) return (await import('./actions/stages/cli.ts')).stageCli(name, command, shell, write)
  if (command.name.startsWith('audit ')) {
    const { auditCli } = await import('./actions/gray/audit.ts')
    return auditCli(command, shell, write)
  }
  const { grayCli } = await import('./actions/gray/cli.ts')
  return grayCli(command, shell, write)
}

async function runOrPlan(
  command: CliCommand,
  shell: Shell,
  read: (name: string) => string,
  print: (value: unknown) => void,
): Promise<number> {
  const planOnly = command.name === 'plan'
  const keeper = new StateKeeper(() => undefined)
  try {
    const result = await runBuild(
      (name) => (planOnly && name === 'dry-run' ? 'true' : read(name)),
      shell,
      keeper,
    )
    if (command.flags.has('mermaid')) stdout(`${result.planMermaid}\n`)
    else if (planOnly && command.flags.has('json')) stdout(`${result.outputs['plan'] ?? '{}'}\n`)
    else if (planOnly || result.summary === undefined) stdout(`${result.planText}\n`)
    else if (command.flags.has('json')) print(result.outputs)
    if (result.failure !== undefined) tellFailure(result.failure, shell.log, 'the run failed')
    return result.failure === undefined ? 0 : exitCodeOf(result.failure)
  } finally {
    // Also after a cancel: what was made must go, so the aborted signal does not count here.
    const calm = { ...shell, signal: new AbortController().signal }
    await finish(keeper.state, calm, () =>
      registryClient(loadInputs(read, calm.env, calm.secrets).inputs, calm),
    )
  }
}

function help(about: string | undefined): string {
  if (about === undefined) return `${USAGE}\n\nInputs: ${INPUTS.map((spec) => spec.name).join(', ')}\n`
  if (isStage(about)) {
    const { description, inputs } = STAGES[about]
    return `${about}: ${description}\n\n${optionLines(inputs)}\n`
  }
  if (about === 'init')
    return `init: look at this repository and write the workflows it needs\n\n${optionLines(INIT_OPTIONS)}\n\nFlags: ${INIT_FLAGS.map((flag) => `--${flag}`).join(', ')}\n`
  const spec = INPUTS.find((one) => one.name === about.replace(/^--/, ''))
  if (spec === undefined) return `no such input: ${about}\n`
  return `--${spec.name}  (default: ${spec.default === '' ? 'none' : spec.default})\n  ${spec.description}\n`
}

const optionLines = (specs: readonly InputSpec[]): string =>
  specs
    .map((one) => `  --${one.name}${one.default === '' ? '' : ` (${one.default})`}\n      ${one.description}`)
    .join('\n')

/** The version of the package the program belongs to; it lies beside dist/. */
function version(): string {
  try {
    const text = readFileSync(join(dirname(process.argv[1] ?? ''), '../package.json'), 'utf8')
    return (JSON.parse(text) as { version: string }).version
  } catch {
    return 'unknown'
  }
}
