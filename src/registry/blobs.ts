/** Reading blobs: verified as they stream, resumed where they were cut. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { formatDuration, reasonOf } from '../base/clock.ts'
import { environmentError, messageOf, type PipelineError } from '../base/errors.ts'
import { scopeOf } from './auth.ts'
import type { Api } from './api.ts'
import { type Asked, classifyRegistryFault, registryError } from './failures.ts'
import type { Endpoint } from './mirrors.ts'
import type { Repository } from './reference.ts'

export interface BlobOptions {
  /** Bytes, when known: more or fewer are an error. */
  readonly size?: number
  /** Only the registry itself, no mirror. */
  readonly origin?: boolean
}

export const nameOfBlob = (digest: string): string => `blob ${digest.slice(0, 19)}`

/**
 * Streams a blob. After a cut connection it goes on where it stopped (Range), on the next endpoint when one fails for
 * good. Size and digest are checked before the stream ends: a reader that sees the end has seen the right bytes.
 */
export function readBlob(api: Api, from: Repository, digest: string, options: BlobOptions = {}): Readable {
  return Readable.from(streamBlob(api, from, digest, options), { objectMode: false })
}

async function* streamBlob(
  api: Api,
  from: Repository,
  digest: string,
  options: BlobOptions,
): AsyncGenerator<Buffer, void, undefined> {
  const { clock, signal, log, counter } = api.act
  const asked: Asked = {
    registry: from.registry,
    repository: from.repository,
    what: `${nameOfBlob(digest)} of ${from.registry}/${from.repository}`,
    action: 'pull',
  }
  const hash = createHash(digest.startsWith('sha512:') ? 'sha512' : 'sha256')
  let offset = 0
  let cuts = 0
  let source = from.registry
  for (;;) {
    const response = await api.reading(from.registry, asked, options.origin === true, (endpoint, about) => {
      source = endpoint.host
      return openBlob(api, endpoint, from, digest, offset, options.size, about)
    })
    const before = offset
    try {
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        offset += chunk.length
        if (options.size !== undefined && offset > options.size) {
          response.body.destroy()
          break
        }
        hash.update(chunk)
        yield chunk
      }
      if (options.size === undefined || offset >= options.size) break
      // A connection that ends early without a word is a cut as well.
      throw Object.assign(new Error(`it ended after ${offset} of ${options.size} bytes`), {
        code: 'ECONNRESET',
      })
    } catch (error) {
      if (signal.aborted) throw reasonOf(signal)
      cuts = offset > before ? 1 : cuts + 1
      if (classifyRegistryFault(error, clock.now()).kind === 'final' || cuts >= 5)
        throw registryError(error, asked)
      const wait = Math.random() * 500 * 2 ** (cuts - 1)
      const reason = messageOf(error)
      counter.add(`pull of ${asked.what}`, reason)
      log.info(`${asked.what} was cut after ${offset} bytes, going on in ${formatDuration(wait)} (${reason})`)
      await clock.sleep(wait, signal)
    }
  }
  const size = options.size ?? offset
  const actual = `${digest.slice(0, digest.indexOf(':'))}:${hash.digest('hex')}`
  if (offset === size && actual === digest) return
  throw mismatch(
    asked,
    source,
    offset === size
      ? `the bytes from ${source} have the digest ${actual}`
      : `${source} sent ${offset > size ? 'more than' : `${offset} of`} ${size} bytes`,
  )
}

const mismatch = (asked: Asked, source: string, cause: string): PipelineError =>
  environmentError({
    code: 'registry-blob-mismatch',
    what: `${asked.what} is not what its digest says`,
    cause,
    where: source,
    fix: 'the registry or mirror stores or delivers it damaged: push it again, or leave the mirror out',
  })

async function openBlob(
  api: Api,
  endpoint: Endpoint,
  from: Repository,
  digest: string,
  offset: number,
  size: number | undefined,
  asked: Asked,
): Promise<{ body: Readable }> {
  const { response } = await api.send(endpoint, {
    method: 'GET',
    path: `${from.repository}/blobs/${digest}`,
    headers: offset === 0 ? {} : { range: `bytes=${offset}-` },
    scopes: [scopeOf(endpoint.prefix + from.repository, 'pull')],
    expect: offset === 0 ? [200] : [200, 206],
    asked,
  })
  const range = /^bytes (\d+)-\d+\/(\d+)$/.exec(response.headers['content-range'] ?? '')
  const total = Number(
    (response.status === 206 ? range?.[2] : response.headers['content-length']) ?? Number.NaN,
  )
  if (size !== undefined && !Number.isNaN(total) && total !== size) {
    response.body.destroy()
    throw mismatch(asked, endpoint.host, `${endpoint.host} has ${total} instead of ${size} bytes`)
  }
  if (offset === 0) return response
  // A server may begin earlier than asked, or know no ranges at all.
  const start = response.status === 206 ? Number(range?.[1] ?? offset) : 0
  if (start === offset) return response
  if (start < offset) return { body: Readable.from(skip(response.body, offset - start)) }
  response.body.destroy()
  throw environmentError({
    code: 'registry-range',
    what: `${endpoint.host} answered a range that was not asked for`,
    cause: `asked from byte ${offset}, got from ${start}`,
    where: endpoint.host,
    fix: 'a proxy or cache between may mix up ranges',
  })
}

async function* skip(body: Readable, count: number): AsyncGenerator<Buffer, void, undefined> {
  let left = count
  for await (const chunk of body as AsyncIterable<Buffer>) {
    if (left >= chunk.length) left -= chunk.length
    else {
      yield chunk.subarray(left)
      left = 0
    }
  }
}

/** The size of a blob, or undefined when the registry does not have it; NaN when it is there but its size is not told. */
export function statBlob(
  api: Api,
  at: Repository,
  digest: string,
  scope: 'pull' | 'pull,push' = 'pull',
): Promise<number | undefined> {
  return api.call(
    at.registry,
    {
      method: 'HEAD',
      path: `${at.repository}/blobs/${digest}`,
      scopes: [scopeOf(at.repository, scope)],
      // A redirect to the storage also says that it is there; the storage may refuse HEAD.
      expect: [200, 301, 302, 303, 307, 308, 404],
      asked: {
        registry: at.registry,
        repository: at.repository,
        what: `${nameOfBlob(digest)} of ${at.registry}/${at.repository}`,
        action: 'pull',
      },
    },
    async ({ response }) => {
      await response.drain()
      if (response.status === 404) return undefined
      return response.status === 200 ? Number(response.headers['content-length'] ?? Number.NaN) : Number.NaN
    },
  )
}
