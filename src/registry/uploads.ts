/** Writing blobs: by mount, in one piece, or in chunks that can be resumed. */
import { Readable } from 'node:stream'
import { environmentError, PipelineError } from '../base/errors.ts'
import type { Api } from './api.ts'
import { scopeOf } from './auth.ts'
import { nameOfBlob, statBlob } from './blobs.ts'
import { type Asked, RegistryFault } from './failures.ts'
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
  if (await isThere(api, to, blob.digest)) return 'exists'
  return new Upload(api, to, blob, options).run()
}

async function isThere(api: Api, to: Repository, digest: string): Promise<boolean> {
  try {
    return (await statBlob(api, to, digest, 'pull,push')) !== undefined
  } catch (error) {
    // Some registries refuse to speak of a repository that is not made yet; a real refusal the upload tells better.
    if (error instanceof PipelineError && /denied|login/.test(error.problems[0]?.code ?? '')) return false
    throw error
  }
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
  /**
   * One PUT first, chunks after a fault: what a cut PUT had sent is dropped by some registries (distribution), a PATCH
   * is kept. `refused` once the registry has refused a PATCH.
   */
  #way: 'put' | 'chunks' | 'refused' = 'put'

  constructor(api: Api, to: Repository, blob: BlobSource, options: UploadOptions) {
    this.#api = api
    this.#to = to
    this.#blob = blob
    this.#options = options
    this.#endpoint = api.origin(to.registry)
    this.#asked = {
      registry: to.registry,
      repository: to.repository,
      what: `${nameOfBlob(blob.digest)} to ${to.registry}/${to.repository}`,
      action: 'push',
    }
  }

  run(): Promise<UploadResult> {
    return this.#api.retrying(
      this.#asked,
      async (attempt): Promise<UploadResult> => {
        if (attempt > 1) {
          // The last try may have succeeded with its answer lost.
          if (await isThere(this.#api, this.#to, this.#blob.digest)) return 'uploaded'
          this.#session = await this.#resume(this.#session)
          if (this.#way === 'put' && this.#blob.size > (this.#options.chunk ?? CHUNK)) this.#way = 'chunks'
        }
        if (this.#session === undefined) {
          const begun = await this.#begin()
          if (begun === 'mounted') return 'mounted'
          this.#session = begun
        }
        await (this.#way === 'chunks' || this.#session.offset > 0
          ? this.#patches(this.#session)
          : this.#put(this.#session))
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
    if (session === undefined || this.#way === 'refused') return undefined
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
    const patched = this.#way === 'chunks' || this.#session.offset > 0
    if (patched && [400, 404, 405, 411, 416, 501].includes(error.status)) {
      this.#way = 'refused'
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
