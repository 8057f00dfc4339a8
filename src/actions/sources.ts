import { resolve } from 'node:path'
import { messageOf, type Problem } from '../base/errors.ts'
import { readTextIfAny } from '../base/files.ts'
import type { TextOrFile } from './access-reader.ts'

/** The text of an input that may be the path of a file. What is wrong is added to `problems`. */
export async function readSource(
  name: string,
  source: TextOrFile | undefined,
  workspace: string,
  problems: Problem[],
): Promise<string | undefined> {
  if (source === undefined || source.kind === 'text') return source?.value
  const fault = (what: string, cause?: string): void => {
    problems.push({
      code: 'bad-input',
      what,
      ...(cause === undefined ? {} : { cause }),
      input: name,
      value: source.value,
      fix: 'give the path of a file, relative to the workspace, or the text itself',
    })
  }
  try {
    const text = await readTextIfAny(resolve(workspace, source.value))
    if (text === undefined) fault('the file is not there')
    return text
  } catch (error) {
    fault('the file cannot be read', messageOf(error))
    return undefined
  }
}
