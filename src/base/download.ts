import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Readable } from 'node:stream'
import { environmentError, PipelineError } from './errors.ts'
import type { Http, HttpResponse } from './http.ts'
import { type Log, silentLog } from './log.ts'
import { classifyNetworkFault, classifyStatus, type Fault, retry, type RetryCounter } from './retry.ts'
import { redactUrl } from './secrets.ts'
import type { Clock } from './clock.ts'

/** A status other than the wanted ones, with what a retry needs to know. */
export class HttpStatusError extends Error {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly url: string
  constructor(url: string, status: number, retryAfter?: string, detail = '') {
    super(`${redactUrl(url)} answered ${status}${detail === '' ? '' : `: ${detail}`}`)
    this.name = 'HttpStatusError'
    this.status = status
    this.retryAfter = retryAfter
    this.url = url
  }
}

export function classifyHttpFault(error: unknown): Fault {
  if (error instanceof HttpStatusError) return classifyStatus(error.status, error.retryAfter)
  return classifyNetworkFault(error)
}

export interface FetchContext {
  readonly http: Http
  readonly log?: Log
  readonly signal?: AbortSignal
  readonly counter?: RetryCounter
  readonly clock?: Clock
}

/** GET with redirects (at most 5; credentials never cross hosts) and the status checked. */
export async function get(
  url: string,
  context: FetchContext,
  headers: Record<string, string> = {},
): Promise<HttpResponse> {
  let at = url
  let send = headers
  for (let hop = 0; hop <= 5; hop++) {
    const response = await context.http.request({
      url: at,
      headers: send,
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    })
    const location = response.headers['location']
    if (
      response.status >= 300 &&
      response.status < 400 &&
      response.status !== 304 &&
      location !== undefined
    ) {
      await response.drain()
      const next = new URL(location, at)
      if (next.host !== new URL(at).host)
        send = Object.fromEntries(
          Object.entries(send).filter(([name]) => name.toLowerCase() !== 'authorization'),
        )
      at = next.toString()
      continue
    }
    if (response.status !== 200 && response.status !== 206) {
      const detail = (await response.text(64 * 1024).catch(() => '')).slice(0, 200).replace(/\s+/g, ' ')
      throw new HttpStatusError(at, response.status, response.headers['retry-after'], detail)
    }
    return response
  }
  throw new HttpStatusError(url, 310, undefined, 'too many redirects')
}

/** A small text (JSON, checksum file), with retries. */
export function getText(
  url: string,
  context: FetchContext,
  options: { limit?: number; headers?: Record<string, string> } = {},
): Promise<string> {
  return retry(
    async () => (await get(url, context, options.headers)).text(options.limit),
    retryOptions(`GET ${redactUrl(url)}`, context),
  )
}

export type Download = {
  readonly url: string
  readonly file: string
  readonly headers?: Record<string, string>
} & (
  | {
      /** Hex. The file is kept only when it matches. */
      readonly sha256: string
    }
  | {
      /** Another proof of the whole file (a Go module's `h1:` hash): rejects when it is not the right one. */
      readonly check: (file: string) => Promise<void>
    }
)

/**
 * Downloads to `file`, resuming after a cut connection where the server can, and checks SHA-256 before anybody
 * opens it. Throws HttpStatusError (final statuses) or PipelineError `checksum-mismatch`; no partial file stays.
 */
export async function download(job: Download, context: FetchContext): Promise<void> {
  await mkdir(dirname(job.file), { recursive: true })
  try {
    await retry(
      async () => {
        await downloadOnce(job, context)
      },
      retryOptions(`download of ${redactUrl(job.url)}`, context),
    )
  } catch (error) {
    await rm(job.file, { force: true })
    throw error
  }
}

async function downloadOnce(job: Download, context: FetchContext): Promise<void> {
  const have = (await stat(job.file).catch(() => undefined))?.size ?? 0
  const response = await get(job.url, context, {
    ...job.headers,
    ...(have > 0 ? { range: `bytes=${have}-` } : {}),
  }).catch(async (error: unknown) => {
    // 416: what lies here is not a prefix of the file; begin again.
    if (error instanceof HttpStatusError && error.status === 416) {
      await rm(job.file, { force: true })
      return get(job.url, context, job.headers)
    }
    throw error
  })
  await pipeline(response.body, createWriteStream(job.file, { flags: response.status === 206 ? 'a' : 'w' }))
  if ('check' in job) {
    try {
      await job.check(job.file)
    } catch (error) {
      await rm(job.file, { force: true })
      throw error
    }
    return
  }
  const actual = await sha256File(job.file)
  if (actual !== job.sha256.toLowerCase()) {
    await rm(job.file, { force: true })
    throw environmentError({
      code: 'checksum-mismatch',
      what: `the download of ${redactUrl(job.url)} is not the published file`,
      cause: `its SHA-256 is ${actual}, expected ${job.sha256}`,
      fix: 'a proxy or mirror may alter or truncate downloads: use another mirror; if the publisher says it changed, report it',
    })
  }
}

function retryOptions(what: string, context: FetchContext): Parameters<typeof retry>[1] {
  return {
    what,
    classify: (error) => (error instanceof PipelineError ? { kind: 'final' } : classifyHttpFault(error)),
    ...(context.clock === undefined ? {} : { clock: context.clock }),
    ...(context.signal === undefined ? {} : { signal: context.signal }),
    ...(context.counter === undefined ? {} : { counter: context.counter }),
    log: context.log ?? silentLog,
  }
}

export async function sha256Stream(stream: Readable): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    hash.update(chunk)
    size += chunk.length
  }
  return { sha256: hash.digest('hex'), size }
}

export const sha256File = async (file: string): Promise<string> =>
  (await sha256Stream(createReadStream(file))).sha256

export const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')
