import { exitCodeOf } from '../../base/errors.ts'
import type { CliCommand } from '../arguments.ts'
import { type Shell, tellFailure } from '../shell.ts'
import { stageOf, type StageName } from './index.ts'

/** `STAGE [--INPUT VALUE …] [--json]`: the stage's action on the command line. Returns the exit code. */
export async function stageCli(
  name: StageName,
  command: Pick<CliCommand, 'values' | 'flags'>,
  act: Shell,
  write: (text: string) => void,
): Promise<number> {
  const stage = stageOf(name)
  const read = (input: string): string =>
    command.values.get(input) ?? (input === 'github-token' ? (act.env['GITHUB_TOKEN'] ?? '') : '')
  const end = await (await stage.load())(read, act)
  if (command.flags.has('json')) write(`${act.secrets.redact(JSON.stringify(end.outputs, null, 2))}\n`)
  else if (end.summary !== undefined) write(`${act.secrets.redact(end.summary.trimEnd())}\n`)
  if (end.failure === undefined) return 0
  tellFailure(end.failure, act.log, `${name} failed`)
  return exitCodeOf(end.failure)
}
