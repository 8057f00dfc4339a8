import { ANSWER_MARK, type WorkerAnswer } from './worker.ts'

/** What the lines of one worker said; @actions/cache tells why only there (its return values do not). */
export class Talk {
  answer: WorkerAnswer | undefined
  /** Size of the archive. */
  bytes: number | undefined
  /** Warnings, errors and notes about what failed, in the order they came. */
  readonly faults: string[] = []
  readonly #mask: (secret: string) => void
  readonly #debug: (line: string) => void

  constructor(mask: (secret: string) => void, debug: (line: string) => void) {
    this.#mask = mask
    this.#debug = debug
  }

  /** Takes one line of the worker's stdout: a workflow command (`::name props::value`), the answer, or plain text. */
  hear(line: string): void {
    if (line.startsWith(ANSWER_MARK)) {
      this.answer = parseAnswer(line.slice(ANSWER_MARK.length))
      return
    }
    const command = /^::([\w-]+)[^:]*::(.*)$/.exec(line)
    const name = command?.[1] ?? ''
    const value = unescapeCommand(command?.[2] ?? line)
    if (name === 'add-mask') {
      this.#mask(value)
      return
    }
    // `Cache Size: ~107 MB (112472702 B)` on restore, `File Size: 112472702` (debug) on save.
    const size = /^(?:Cache Size: ~\d+ MB \((\d+) B\)|File Size: (\d+))$/.exec(value)
    if (size !== null) this.bytes = Number(size[1] ?? size[2])
    if (
      name === 'warning' ||
      name === 'error' ||
      value.startsWith('Failed to save: ') ||
      value.startsWith('Failed to reserve cache: ')
    )
      this.faults.push(value)
    if (value.trim() !== '') this.#debug(value)
  }
}

function parseAnswer(json: string): WorkerAnswer {
  try {
    const value: unknown = JSON.parse(json)
    if (typeof value !== 'object' || value === null) return { error: 'the answer is not an object' }
    const { key, id, error } = value as Partial<Record<keyof WorkerAnswer, unknown>>
    return {
      ...(typeof key === 'string' ? { key } : {}),
      ...(typeof id === 'number' ? { id } : {}),
      ...(typeof error === 'string' ? { error } : {}),
    }
  } catch {
    return { error: 'the answer is not JSON' }
  }
}

// @actions/core escapes data of commands this way (toCommandValue, escapeData).
const unescapeCommand = (value: string): string =>
  value.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%')

export type SaveStatus = 'saved' | 'exists' | 'denied' | 'failed' | 'unavailable'
export type RestoreStatus = 'restored' | 'missed' | 'denied' | 'failed' | 'unavailable'

/** What a finished restore came to. `why` is one line for people. */
export function judgeRestore(talk: Pick<Talk, 'answer' | 'faults'>): { status: RestoreStatus; why?: string } {
  const why = talk.answer === undefined ? 'its process died' : (talk.answer.error ?? reason(talk.faults))
  if (talk.faults.some((fault) => fault.includes('cache read denied:')))
    return { status: 'denied', why: 'the token of this run may not read caches' }
  if (why !== undefined) return { status: 'failed', why }
  return { status: talk.answer?.key === undefined ? 'missed' : 'restored' }
}

/** What a finished save came to. A v1 save has a number even when its upload failed, so faults decide first. */
export function judgeSave(talk: Pick<Talk, 'answer' | 'faults'>): { status: SaveStatus; why?: string } {
  const { answer, faults } = talk
  if (answer === undefined) return { status: 'failed', why: 'its process died' }
  if (answer.error !== undefined) return { status: 'failed', why: answer.error }
  if (faults.some((fault) => fault.includes('cache write denied:')))
    return { status: 'denied', why: 'the token of this run may not save caches' }
  const reserve = faults.filter((fault) => /reserve|reservation/.test(fault)).join('\n')
  if (reserve !== '') {
    // @actions/cache calls every refused reservation "another job"; the debug line before it has the real cause.
    const fault =
      /\b(?:4(?!09)\d\d|5\d\d)\b|rate limit|ECONN|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|timed? ?out|socket/i.exec(
        reserve,
      )
    return fault === null || /already exists/i.test(reserve)
      ? { status: 'exists', why: 'another job has saved this entry' }
      : { status: 'failed', why: reason(faults) ?? 'not reserved' }
  }
  const why = reason(faults)
  if (why !== undefined) return { status: 'failed', why }
  return (answer.id ?? -1) >= 0
    ? { status: 'saved' }
    : { status: 'failed', why: 'the service gave no reason' }
}

/** The fault that says most, in one line: the first that is not the library's general sentence. */
function reason(faults: readonly string[]): string | undefined {
  const lines = faults
    .map((fault) =>
      (fault.split('\n')[0] ?? '')
        .replace(/^(Failed to (restore|save|reserve cache): )+/, '')
        .replace(/^Error: /, '')
        .trim(),
    )
    .filter((line) => line !== '')
  const telling = lines.find(
    (line) => !line.startsWith('Unable to reserve cache') && !/^You've hit a rate limit/.test(line),
  )
  return (telling ?? lines[0])?.slice(0, 300)
}
