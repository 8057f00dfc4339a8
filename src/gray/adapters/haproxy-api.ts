import { connect } from 'node:net'
import type { Act } from '../../base/act.ts'
import { reasonOf } from '../../base/clock.ts'
import { codeOf, environmentError, inputError, messageOf, PipelineError } from '../../base/errors.ts'
import { endpointOf, type HaproxySettings } from './haproxy-settings.ts'

type ProcessAddress = HaproxySettings['processes'][number]

const MOST_ANSWER = 4 * 1024 * 1024

/** The name of a process for people. */
export const nameOf = (address: ProcessAddress): string =>
  typeof address === 'string' ? address : address.run.join(' ')

/**
 * One request to HAProxy's runtime API: one line there, an answer until the end of the connection
 * (doc/management.txt, 9.3 "Unix Socket commands").
 */
export async function ask(
  act: Pick<Act, 'exec'>,
  address: ProcessAddress,
  request: string,
  options: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  options.signal.throwIfAborted()
  try {
    return typeof address === 'string'
      ? await overSocket(address, request, options)
      : await overCommand(act, address.run, request, options)
  } catch (error) {
    options.signal.throwIfAborted()
    if (error instanceof PipelineError) throw error
    throw unreachable(address, error)
  }
}

function overSocket(
  address: string,
  request: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  const endpoint = endpointOf(address)
  if (endpoint === undefined) throw new TypeError(`not an address: ${address}`)
  return new Promise((resolve, reject) => {
    const socket = connect(endpoint)
    const chunks: Buffer[] = []
    let size = 0
    const fail = (error: Error): void => {
      socket.destroy()
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      reject(error)
    }
    const onAbort = (): void => {
      fail(reasonOf(signal))
    }
    const timer = setTimeout(() => {
      fail(new Error(`no answer within ${timeoutMs} ms`))
    }, timeoutMs)
    signal.addEventListener('abort', onAbort, { once: true })
    socket.on('connect', () => {
      socket.write(`${request}\n`)
    })
    socket.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > MOST_ANSWER) fail(new Error(`an answer of more than ${MOST_ANSWER} bytes`))
      chunks.push(chunk)
    })
    socket.on('error', fail)
    socket.on('end', () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('utf8'))
    })
  })
}

async function overCommand(
  act: Pick<Act, 'exec'>,
  argv: readonly string[],
  request: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  const done = await act.exec.run({ argv, input: `${request}\n`, timeoutMs: timeoutMs + 15_000, signal })
  if (done.code === 0) return done.stdout
  throw environmentError(
    {
      code: 'gray-haproxy-unreachable',
      what: 'the command to HAProxy’s runtime API failed',
      cause: `exit code ${done.code}`,
      where: argv.join(' '),
      fix: 'see its last output below; try it by hand with "show info" on its stdin',
    },
    { log: done.tail.join('\n') },
  )
}

function unreachable(address: ProcessAddress, error: unknown): PipelineError {
  const [cause, fix] = explain(codeOf(error), messageOf(error))
  return environmentError(
    {
      code: 'gray-haproxy-unreachable',
      what: 'HAProxy’s runtime API does not answer',
      cause,
      where: nameOf(address),
      fix,
    },
    { cause: error },
  )
}

function explain(code: string | undefined, message: string): [cause: string, fix: string] {
  switch (code) {
    case 'ENOENT':
      return [
        'no such socket',
        'is HAProxy running, and does its global section have "stats socket PATH level admin"?',
      ]
    case 'EACCES':
    case 'EPERM':
      return [
        'this user may not open the socket',
        'give the socket a group this user is in: "stats socket PATH mode 660 group GROUP level admin"',
      ]
    case 'ECONNREFUSED':
      return ['nobody listens there', 'is HAProxy running? A socket file outlives a process that was killed']
    default:
      return [message, 'see whether HAProxy runs, and whether this machine reaches it']
  }
}

/**
 * What HAProxy said to a request that answers with nothing when all is well.
 * The texts are those of HAProxy 1.9 to 3.x; an unknown one is shown as it is.
 */
export function refused(address: ProcessAddress, request: string, answer: string): PipelineError | undefined {
  const text = answer.trim()
  if (text === '') return undefined
  const where = nameOf(address)
  if (/permission denied/i.test(text)) return levelTooLow(where)
  if (/static LB algorithm/i.test(text)) return staticAlgorithm(where, undefined)
  if (/(?:no such|can't find|unknown) (?:server|backend|proxy)/i.test(text))
    return unknownName(where, request, text)
  return environmentError({
    code: 'gray-haproxy-answer',
    what: `HAProxy did not take "${request}"`,
    cause: text.slice(0, 300),
    where,
    fix: 'try the request by hand; the runtime API of HAProxy 2.0 and later is understood',
  })
}

export const levelTooLow = (where: string): PipelineError =>
  inputError({
    code: 'gray-haproxy-level',
    what: 'this socket may not change weights',
    cause: 'its level is below admin',
    where,
    fix: 'write "level admin" on its "stats socket" line and reload HAProxy',
  })

export const staticAlgorithm = (where: string, algorithm: string | undefined): PipelineError =>
  inputError({
    code: 'gray-haproxy-algorithm',
    what: `the backend's balance algorithm${algorithm === undefined ? '' : ` (${algorithm})`} does not split by weights that change`,
    cause: 'a static or hashing algorithm takes only 0 % and 100 %, or splits keys and not requests',
    where,
    fix: 'write "balance roundrobin" (or leastconn, or random) in the backend; users stick by "cookie NAME insert", not by a hash',
  })

export function unknownName(where: string, request: string, text: string): PipelineError {
  return inputError({
    code: 'gray-haproxy-name',
    what: `HAProxy knows no such server or backend: ${request}`,
    cause: text.slice(0, 200),
    where,
    fix: 'backend, old and new name the backend and its server lines as they stand in the configuration',
  })
}
