import { describeProblem, exitCodeOf, inputError, PipelineError } from '../../base/errors.ts'
import { decideLocally } from '../../gray/approvals-local.ts'
import type { CliCommand } from '../arguments.ts'
import { type Shell, tellFailure } from '../shell.ts'
import { approvalFolder } from './approval.ts'
import { gatherSettings } from './gather.ts'
import { loadGrayInputs } from './inputs.ts'
import { pastCommand } from './past.ts'
import { runGray } from './run.ts'
import { INPUTS } from './spec.ts'
import { GrayKeeper } from './state.ts'

export const GRAY_USAGE = `gray release: a new version gets its traffic step by step, judged by metrics, with a way back at every moment

  node dist/cli.js gray plan    [--INPUT VALUE …]   plan, what the traffic can decide, and every check; touches nothing
  node dist/cli.js gray start   [--INPUT VALUE …]   release, to the end (or, with --mode split, to the first wait)
  node dist/cli.js gray tick    [--INPUT VALUE …]   go on with a split release, to its next wait
  node dist/cli.js gray status  --state PLACE       where the release is and why
  node dist/cli.js gray abort   --state PLACE       take the present release back, whoever drives it
  node dist/cli.js gray reap    --state PLACE       take up a release whose run is gone: back, or on (--resume continue)
  node dist/cli.js gray recover --state PLACE       take back whatever is unfinished, as abort does
  node dist/cli.js gray approve ID | reject ID      vote on a hold (--approval local)
  node dist/cli.js gray power   [--INPUT VALUE …]   how long each step must be for a verdict, from the present traffic
  node dist/cli.js gray replay  --from TIME         judge a past window as if it were a release
  node dist/cli.js gray aa      --from TIME         old against old: how often these gates abort for nothing
  node dist/cli.js audit verify FILE [--head HASH]  whether an audit is whole, and every verdict recomputed

Every input of the action is an option (docs/gray-inputs.md). --json prints one JSON object to stdout.
Exit code: 0 promoted or under way, 1 a gate refused, 2 bad input, 3 the environment failed, 130 cancelled.
`

/** The verbs whose names differ from the action's `command`. */
const COMMANDS: Readonly<Record<string, string>> = {
  start: 'release',
  plan: 'release',
  power: 'release',
  replay: 'release',
  aa: 'release',
  approve: 'status',
  reject: 'status',
}

/** `gray …` on the command line: the same code and the same verdicts as the action. Returns the exit code. */
export async function grayCli(
  command: CliCommand,
  shell: Shell,
  write: (text: string) => void,
): Promise<number> {
  const verb = command.name.replace(/^gray /, '')
  const json = command.flags.has('json')
  const print = (value: unknown): void => write(`${shell.secrets.redact(JSON.stringify(value, null, 2))}\n`)
  const read = (name: string): string => {
    if (name === 'command') return COMMANDS[verb] ?? verb
    if (name === 'dry-run' && verb === 'plan') return 'true'
    const given = command.values.get(name)
    return given ?? (name === 'github-token' ? (shell.env['GITHUB_TOKEN'] ?? '') : '')
  }
  switch (verb) {
    case 'help':
      write(help(command.operands[0]))
      return 0
    case 'approve':
    case 'reject':
      await vote(command.operands[0] ?? '', verb === 'approve', read, shell)
      return 0
    case 'power':
    case 'replay':
    case 'aa': {
      const report = await pastCommand(verb, read, command.values, shell)
      if (json) print(report.json)
      else write(`${report.text}\n`)
      return report.exitCode
    }
    default: {
      const run = await runGray(read, shell, new GrayKeeper())
      if (json)
        print({ ...run.outputs, ...(run.failure === undefined ? {} : { problems: run.failure.problems }) }) // prettier-ignore
      else if (run.text !== undefined) write(`${run.text}\n`)
      else write(`${run.end.result}${run.end.reason === undefined ? '' : `: ${run.end.reason}`}\n`)
      if (run.failure === undefined) return 0
      tellFailure(run.failure, shell.log, `${command.name} failed`)
      return exitCodeOf(run.failure)
    }
  }
}

async function vote(
  hold: string,
  approves: boolean,
  read: (name: string) => string,
  shell: Shell,
): Promise<void> {
  const { inputs, problems } = loadGrayInputs(read, shell.env, shell.secrets, 'vote')
  if (problems.length > 0) throw new PipelineError('input', problems)
  const { gathered } = await gatherSettings({ ...inputs, adapter: undefined, metrics: undefined }, shell)
  const folder = approvalFolder(inputs, gathered.workspace)
  if (folder === undefined)
    throw inputError({
      code: 'bad-input',
      what: 'it is not known where votes are kept',
      input: 'approval-folder',
      fix: 'give --approval-folder, or --state with the path of the file',
    })
  await decideLocally({ folder, hold, approves, at: shell.clock.now() })
  shell.log.info(`${hold} is ${approves ? 'approved' : 'rejected'}`)
}

function help(about: string | undefined): string {
  if (about === undefined) return `${GRAY_USAGE}\nInputs: ${INPUTS.map((spec) => spec.name).join(', ')}\n`
  const spec = INPUTS.find((one) => one.name === about.replace(/^--/, ''))
  if (spec === undefined)
    return `${describeProblem({ code: 'unknown-option', what: `no such input: ${about}` })}\n`
  return `--${spec.name}  (default: ${spec.default === '' ? 'none' : spec.default})\n  ${spec.description}\n`
}
