/** Blobs: reading with resumption and verification, writing by mount, in one piece or in chunks that can be resumed. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { formatDuration, reasonOf } from '../base/clock.ts'
import { environmentError, messageOf } from '../base/errors.ts'
import { scopeOf } from './auth.ts'
import type { Api } from './api.ts'
import { type Asked, classifyRegistryFault, RegistryFault, registryError } from './failures.ts'
import type { Endpoint } from './mirrors.ts'
import type { Repository } from './reference.ts'
import type { Answer, Call } from './transport.ts'

/** Something to push. `open` is called once for each try and gives the whole content from its beginning. */
export interface BlobSource {
  readonly digest: string
  /** Bytes. */
  readonly size: number
  open(): Readable | Uint8Array
}

export interface BlobOptions {
  /** Bytes, when known: more or fewer are an error. */
  readonly size?: number
  /** Only the registry itself, no mirror. */
  readonly origin?: boolean
}

const nameOf = (digest: string): string => `blob ${digest.slice(0, 19)}`

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
    what: `${nameOf(digest)} of ${from.registry}/${from.repository}`,
    action: 'pull',
  }
  const hash = createHash(digest.startsWith('sha512:') ? 'sha512' : 'sha256')
  let offset = 0
  let cuts = 0
  let source = from.registry
  for (;;) {
    const response = await api.reading(from.registry, asked, options.origin === true, (endpoint, about) => {
      source = endpoint.host
      return openBlob(api, endpoint, from, digest, offset, about)
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
  if (offset !== size || actual !== digest)
    throw environmentError({
      code: 'registry-blob-mismatch',
      what: `${asked.what} is not what its digest says`,
      cause:
        offset === size
          ? `the bytes from ${source} have the digest ${actual}`
          : `${source} sent ${offset > size ? 'more than' : `${offset} of`} ${size} bytes`,
      where: source,
      fix: 'the registry or mirror stores or delivers it damaged: push it again, or leave the mirror out',
    })
}

async function openBlob(
  api: Api,
  endpoint: Endpoint,
  from: Repository,
  digest: string,
  offset: number,
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
  if (offset === 0) return response
  // A server may begin earlier than asked, or know no ranges at all.
  const start =
    response.status === 206
      ? Number(/^bytes (\d+)-/.exec(response.headers['content-range'] ?? '')?.[1] ?? offset)
      : 0
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
export function statBlob(api: Api, at: Repository, digest: string): Promise<number | undefined> {
  return api.call(
    at.registry,
    {
      method: 'HEAD',
      path: `${at.repository}/blobs/${digest}`,
      scopes: [scopeOf(at.repository, 'pull')],
      // A redirect to the storage also says that it is there; the storage may refuse HEAD.
      expect: [200, 301, 302, 303, 307, 308, 404],
      asked: {
        registry: at.registry,
        repository: at.repository,
        what: `${nameOf(digest)} of ${at.registry}/${at.repository}`,
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

export type UploadResult = 'exists' | 'mounted' | 'uploaded'

export interface UploadOptions {
  /** A repository of the same registry that has the blob already. */
  readonly mountFrom?: string
  /** Bytes of one PATCH when an upload is resumed. Default 16 MiB. */
  readonly chunk?: number
}

const CHUNK = 16 * 1024 * 1024
const UPLOAD_TIMEOUT = 5 * 60_000

/**
 * Pushes a blob unless it is there: by cross-repository mount, else in one PUT (what every registry takes), and after a
 * cut in PATCH chunks from the byte the registry has (distribution spec, "Pushing a blob in chunks").
 */
export async function uploadBlob(
  api: Api,
  to: Repository,
  blob: BlobSource,
  options: UploadOptions = {},
): Promise<UploadResult> {
  if ((await statBlob(api, to, blob.digest)) !== undefined) return 'exists'
  return new Upload(api, to, blob, options).run()
}

interface Session {
  readonly location: string
  /** Bytes the registry has. */
  readonly offset: number
  readonly minChunk: number
}

class Upload {
  readonly #api: Api
  readonly #to: Repository
  readonly #blob: BlobSource
  readonly #options: UploadOptions
  readonly #asked: Asked
  readonly #endpoint: Endpoint
  #session: Session | undefined
  /** False once the registry has refused a PATCH. */
  #chunks = true

  constructor(api: Api, to: Repository, blob: BlobSource, options: UploadOptions) {
    this.#api = api
    this.#to = to
    this.#blob = blob
    this.#options = options
    this.#endpoint = api.origin(to.registry)
    this.#asked = {
      registry: to.registry,
      repository: to.repository,
      what: `${nameOf(blob.digest)} to ${to.registry}/${to.repository}`,
      action: 'push',
    }
  }

  run(): Promise<UploadResult> {
    return this.#api.retrying(
      this.#asked,
      async (attempt): Promise<UploadResult> => {
        if (attempt > 1) {
          // The last try may have succeeded with its answer lost.
          if ((await statBlob(this.#api, this.#to, this.#blob.digest)) !== undefined) return 'uploaded'
          this.#session = await this.#resume(this.#session)
        }
        if (this.#session === undefined) {
          const begun = await this.#begin()
          if (begun === 'mounted') return 'mounted'
          this.#session = begun
        }
        await (this.#session.offset > 0 ? this.#patches(this.#session) : this.#put(this.#session))
        return 'uploaded'
      },
      { attempts: 8, classify: (error) => this.#lost(error) },
    )
  }

  #call(
    call: Omit<Call, 'path' | 'scopes' | 'asked'> & Partial<Pick<Call, 'path' | 'scopes'>>,
  ): Promise<Answer> {
    return this.#api.send(this.#endpoint, {
      path: '',
      scopes: [scopeOf(this.#to.repository, 'pull,push')],
      ...call,
      asked: this.#asked,
    })
  }

  async #begin(): Promise<Session | 'mounted'> {
    const path = `${this.#to.repository}/blobs/uploads/`
    const from = this.#options.mountFrom
    let answer: Answer | undefined
    if (from !== undefined && from !== this.#to.repository) {
      try {
        answer = await this.#call({
          method: 'POST',
          path,
          query: { mount: this.#blob.digest, from },
          scopes: [scopeOf(this.#to.repository, 'pull,push'), scopeOf(from, 'pull')],
          expect: [201, 202],
          headers: { 'content-length': '0' },
        })
      } catch (error) {
        // No right to read the other repository, or no mounts here: then we send the bytes.
        if (!(error instanceof RegistryFault) || error.status === 429 || error.status >= 500) throw error
      }
    }
    answer ??= await this.#call({
      method: 'POST',
      path,
      expect: [202],
      headers: { 'content-length': '0' },
    })
    const { response } = answer
    await response.drain()
    if (response.status === 201) return 'mounted'
    const minChunk = Number(response.headers['oci-chunk-min-length'] ?? 0)
    return {
      location: this.#location(answer),
      offset: 0,
      minChunk: Number.isFinite(minChunk) ? minChunk : 0,
    }
  }

  #location({ response, url }: Answer): string {
    const location = response.headers['location']
    if (location === undefined)
      throw environmentError({
        code: 'registry-location',
        what: `${this.#to.registry} began an upload but did not say where`,
        cause: 'its answer has no Location header',
        where: url,
        fix: 'a proxy before the registry may drop it',
      })
    return location
  }

  /** What the registry has of a session that was cut; undefined to begin a new one. */
  async #resume(session: Session | undefined): Promise<Session | undefined> {
    if (session === undefined || !this.#chunks) return undefined
    try {
      const answer = await this.#call({ method: 'GET', location: session.location, expect: [204, 202, 200] })
      await answer.response.drain()
      const end = /^(?:bytes=)?0-(\d+)$/.exec(answer.response.headers['range'] ?? '')?.[1]
      const offset = end === undefined || end === '0' ? 0 : Number(end) + 1
      if (offset === 0 || offset > this.#blob.size) return undefined
      const location = answer.response.headers['location'] ?? session.location
      return { ...session, location, offset }
    } catch (error) {
      if (error instanceof RegistryFault && error.status < 500 && error.status !== 429) return undefined
      throw error
    }
  }

  async #put(session: Session): Promise<void> {
    const { size } = this.#blob
    await this.#finish(session.location, size, size === 0 ? undefined : () => this.#blob.open())
  }

  async #patches(session: Session): Promise<void> {
    const chunk = Math.max(this.#options.chunk ?? CHUNK, session.minChunk)
    let { location, offset } = session
    while (offset < this.#blob.size) {
      const start = offset
      const end = Math.min(this.#blob.size, start + chunk)
      const answer = await this.#call({
        method: 'PATCH',
        location,
        headers: {
          'content-type': 'application/octet-stream',
          'content-length': String(end - start),
          'content-range': `${start}-${end - 1}`,
        },
        body: () => Readable.from(slice(this.#blob.open(), start, end)),
        expect: [202, 201, 204],
        timeoutMs: UPLOAD_TIMEOUT,
      })
      await answer.response.drain()
      offset = end
      location = this.#location(answer)
      this.#session = { ...session, location, offset }
    }
    await this.#finish(location, 0, undefined)
  }

  async #finish(
    location: string,
    length: number,
    open: (() => Readable | Uint8Array) | undefined,
  ): Promise<void> {
    const { response } = await this.#call({
      method: 'PUT',
      location: `${location}${location.includes('?') ? '&' : '?'}digest=${encodeURIComponent(this.#blob.digest)}`,
      headers: { 'content-type': 'application/octet-stream', 'content-length': String(length) },
      ...(open === undefined ? {} : { body: () => asStream(open()) }),
      expect: [201, 204, 202],
      timeoutMs: UPLOAD_TIMEOUT,
    })
    await response.drain()
  }

  /** Faults of a session, not of the push: begin again, without chunks when those are refused. */
  #lost(error: unknown): { kind: 'passing' } | undefined {
    if (!(error instanceof RegistryFault) || this.#session === undefined) return undefined
    if (this.#session.offset > 0 && [400, 404, 405, 411, 416, 501].includes(error.status)) {
      this.#chunks = false
      this.#session = undefined
      return { kind: 'passing' }
    }
    if (error.codes.includes('BLOB_UPLOAD_UNKNOWN') || error.status === 416) {
      this.#session = undefined
      return { kind: 'passing' }
    }
    return undefined
  }
}

const asStream = (content: Readable | Uint8Array): Readable =>
  content instanceof Uint8Array ? Readable.from([content]) : content

/** The bytes from `start` to before `end`. */
async function* slice(
  content: Readable | Uint8Array,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (content instanceof Uint8Array) {
    yield content.subarray(start, end)
    return
  }
  let at = 0
  for await (const chunk of content as AsyncIterable<Buffer>) {
    const from = Math.max(0, start - at)
    const to = Math.min(chunk.length, end - at)
    if (to > from) yield chunk.subarray(from, to)
    at += chunk.length
    if (at >= end) break
  }
  content.destroy()
}
