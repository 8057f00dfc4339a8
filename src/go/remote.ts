import { type FetchContext, classifyHttpFault, get, HttpStatusError } from '../base/download.ts'
import { codeOf, messageOf, PipelineError } from '../base/errors.ts'
import { type Fault, retry } from '../base/retry.ts'
import { redactUrl } from '../base/secrets.ts'

/** A source that was asked and what it answered, so that a failure can list every attempt. */
export interface Attempt {
  readonly source: string
  readonly answer: string
}

/** Collects the attempts of one search. */
export class Trail {
  readonly attempts: Attempt[] = []

  add(source: string, answer: string): void {
    this.attempts.push({ source: redactUrl(source), answer })
  }

  fail(source: string, error: unknown): void {
    this.add(source, answerOf(error))
  }

  toString(): string {
    return this.attempts.map((attempt) => `${attempt.source}: ${attempt.answer}`).join('; ')
  }
}

/** A failed request in a few words. */
export function answerOf(error: unknown): string {
  if (error instanceof HttpStatusError) return `answered ${error.status}`
  if (error instanceof PipelineError) {
    const problem = error.problems[0]
    return problem === undefined ? error.message : [problem.what, problem.cause].filter(Boolean).join(': ')
  }
  return codeOf(error) === 'ENOTFOUND'
    ? 'its name cannot be resolved'
    : (messageOf(error).split('\n')[0] ?? '')
}

/** Statuses by which a source says that it has not got the file: an answer, not a fault. */
export const isAbsent = (error: unknown): boolean =>
  error instanceof HttpStatusError && [403, 404, 410, 451].includes(error.status)

const CLOSED = new Set(['UND_ERR_CONNECT_TIMEOUT', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Like any HTTP fault, but a closed door is final: other sources remain, and waiting at this one costs minutes. */
export function classifySource(error: unknown): Fault {
  const code = codeOf(error)
  if (error instanceof PipelineError || (code !== undefined && CLOSED.has(code))) return { kind: 'final' }
  return classifyHttpFault(error)
}

/** A small file from one of several sources: three tries at what can pass, none at a closed door. */
export function sourceBytes(
  url: string,
  context: FetchContext,
  options: { limit?: number; attempts?: number } = {},
): Promise<Buffer> {
  const target = withCredentials(url)
  return retry(async () => (await get(target.url, context, target.headers)).bytes(options.limit), {
    what: `GET ${redactUrl(target.url)}`,
    classify: classifySource,
    attempts: options.attempts ?? 3,
    ...(context.clock === undefined ? {} : { clock: context.clock }),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
    ...(context.counter === undefined ? {} : { counter: context.counter }),
    ...(context.log === undefined ? {} : { log: context.log }),
  })
}

/** The same as text. */
export const sourceText = async (...args: Parameters<typeof sourceBytes>): Promise<string> =>
  (await sourceBytes(...args)).toString('utf8')

/** User information of a URL (`https://user:password@mirror/`) as a Basic header, so that it is in no log. */
export function withCredentials(text: string): { url: string; headers: Record<string, string> } {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return { url: text, headers: {} }
  }
  if (url.username === '' && url.password === '') return { url: text, headers: {} }
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  url.username = ''
  url.password = ''
  return { url: url.toString(), headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
}

/** Joins a base URL and a path by one slash. */
export const under = (base: string, path: string): string => `${base.replace(/\/+$/, '')}/${path}`
