import { inputError } from '../../base/errors.ts'
import type { Shell } from '../shell.ts'

export function pastCommand(
  verb: 'power' | 'replay' | 'aa',
  _read: (name: string) => string,
  _shell: Shell,
): Promise<{ text: string; json: unknown; exitCode: number }> {
  return Promise.reject(inputError({ code: 'unknown-command', what: `${verb} is not there yet` }))
}
