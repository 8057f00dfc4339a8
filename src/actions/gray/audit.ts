import { judge } from '../../gray/judge.ts'
import { parseJudgeItem } from '../../gray/judge-input.ts'
import { auditVerifyCommand } from '../../report/audit-verify.ts'
import type { CliCommand } from '../arguments.ts'
import type { Shell } from '../shell.ts'
import { GRAY_USAGE } from './cli.ts'

/** `audit verify FILE [--head SEQ:HASH]`: the chain, and every verdict asked of the judge again. Returns the exit code. */
export async function auditCli(
  command: CliCommand,
  shell: Shell,
  write: (text: string) => void,
): Promise<number> {
  if (command.name === 'audit help') {
    write(GRAY_USAGE)
    return 0
  }
  const head = command.values.get('head')
  const { text, json, ok } = await auditVerifyCommand({
    file: command.operands[0] ?? '',
    ...(head === undefined ? {} : { expected: head }),
    judge: (item) => {
      const parsed = parseJudgeItem(item)
      return 'item' in parsed ? judge(parsed.item) : { verdict: 'error', reason: parsed.faults.join('; ') }
    },
  })
  write(command.flags.has('json') ? `${shell.secrets.redact(JSON.stringify(json, null, 2))}\n` : text)
  return ok ? 0 : 1
}
