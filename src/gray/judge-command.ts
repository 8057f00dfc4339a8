import { messageOf } from '../base/errors.ts'
import { judge, type Judgement } from './judge.ts'
import { parseJudgeItem } from './judge-input.ts'

/**
 * `judge FILE`: JSON text of one item, or an array of items, to one verdict, or an array of verdicts in the same order.
 * A malformed item gets the verdict `error` and does not disturb the others.
 * `ok` is true when every item could be read; a `fail` verdict is an answer, not a fault of the command.
 */
export function judgeCommand(text: string): { output: Judgement | Judgement[]; ok: boolean } {
  let value: unknown
  try {
    // A byte order mark is legal in a file, but not in JSON.
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    return { output: { verdict: 'error', reason: `not JSON: ${messageOf(error)}` }, ok: false }
  }
  const output = Array.isArray(value) ? value.map(judgeValue) : judgeValue(value)
  return { output, ok: [output].flat().every(({ verdict }) => verdict !== 'error') }
}

function judgeValue(value: unknown): Judgement {
  const parsed = parseJudgeItem(value)
  return 'item' in parsed ? judge(parsed.item) : { verdict: 'error', reason: parsed.faults.join('; ') }
}
