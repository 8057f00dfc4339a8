/**
 * A registry of our own on loopback (OCI distribution-spec 1.1), for the demo, laptops and tests: what was pushed lies in a folder. No
 * logins and no TLS, so it listens on 127.0.0.1 alone and never longer than the program that started it.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { messageOf } from '../base/errors.ts'
import { EmbeddedStore, StoreFull } from './embedded-store.ts'
import { digestOf, isForeignLayer, parseManifest } from './media-types.ts'

export interface EmbeddedOptions {
  /** Where everything is kept; made when it is missing. */
  readonly folder: string
  /** Default: a free one. */
  readonly port?: number
  /** Default 4 GiB. */
  readonly maxBytes?: number
  /** Default 64. */
  readonly maxUploads?: number
}

/** Larger manifests are refused by registries, ours too. */
const MAX_MANIFEST = 4 * 1024 * 1024
const PAGE = 1000
const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^sha256:[a-f0-9]{64}$/

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  readonly url: URL
  readonly name: string
  /** What stands behind the kind: a tag, a digest, an upload's id. */
  readonly id: string
}

/** An answer with a code of the specification. */
class Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export class EmbeddedRegistry {
  readonly #server: Server
  readonly #store: EmbeddedStore

  private constructor(server: Server, store: EmbeddedStore) {
    this.#server = server
    this.#store = store
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch((error: unknown) => {
        refuse(request, response, error)
      })
    })
  }

  /** Starts to listen. Rejects when the folder cannot be written or the port is taken. */
  static async start(options: EmbeddedOptions): Promise<EmbeddedRegistry> {
    const { folder, port = 0, maxBytes = 4 * 1024 ** 3, maxUploads = 64 } = options
    const store = await EmbeddedStore.open(folder, { maxBytes, maxUploads })
    const server = createServer({ requestTimeout: 10 * 60_000 })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    return new EmbeddedRegistry(server, store)
  }

  /** `127.0.0.1:PORT`. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? 'GET'
    const url = new URL(request.url ?? '/', 'http://registry')
    response.setHeader('docker-distribution-api-version', 'registry/2.0')
    // A page in a browser of this machine may reach us by a name of its own (DNS rebinding).
    if (!/^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? ''))
      throw new Refusal(421, 'DENIED', 'ask for 127.0.0.1')
    if (url.pathname === '/v2/' || url.pathname === '/v2') {
      json(response, 200, {})
      return
    }
    if (url.pathname === '/v2/_catalog') {
      json(response, 200, { repositories: await this.#store.repositories() })
      return
    }
    const match = /^\/v2\/(.+?)\/(manifests|blobs\/uploads|blobs|tags|referrers)(?:\/([^/]*))?$/.exec(
      url.pathname,
    )
    const [, name = '', kind = '', id = ''] = match ?? []
    if (match === null) throw new Refusal(404, 'UNSUPPORTED', 'no such path')
    if (name.length > 255 || !name.split('/').every((part) => COMPONENT.test(part)))
      throw new Refusal(400, 'NAME_INVALID', 'invalid repository name')
    const call: Call = { request, response, method, url, name, id }
    if (kind === 'manifests') await this.#manifests(call)
    else if (kind === 'blobs') await this.#blobs(call)
    else if (kind === 'blobs/uploads') await this.#uploads(call)
    else if (kind === 'tags') await this.#tags(call)
    else
      throw new Refusal(404, 'UNSUPPORTED', 'no referrers here: tags of the form sha256-HEX are looked for')
  }

  async #manifests({ request, response, method, name, id }: Call): Promise<void> {
    const byDigest = id.includes(':')
    if (!(byDigest ? DIGEST : TAG).test(id))
      throw new Refusal(400, 'MANIFEST_INVALID', 'no tag and no sha256 digest')
    if (method === 'PUT') {
      const bytes = await body(request, MAX_MANIFEST)
      const mediaType = request.headers['content-type'] ?? ''
      if (byDigest && id !== digestOf(bytes))
        throw new Refusal(400, 'DIGEST_INVALID', 'the content has another digest')
      await this.#complete(name, bytes, mediaType)
      const digest = await this.#store.putManifest(name, bytes, mediaType, byDigest ? undefined : id)
      response.setHeader('docker-content-digest', digest)
      created(response, `/v2/${name}/manifests/${digest}`)
    } else if (method === 'DELETE') {
      if (!(await this.#store.deleteManifest(name, id)))
        throw new Refusal(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
      response.writeHead(202, { 'content-length': '0' }).end()
    } else if (method === 'GET' || method === 'HEAD') {
      const stored = await this.#store.manifest(name, id)
      if (stored === undefined) throw new Refusal(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
      response.writeHead(200, {
        'content-type': stored.mediaType,
        'content-length': String(stored.bytes.length),
        'docker-content-digest': stored.digest,
      })
      response.end(method === 'HEAD' ? undefined : stored.bytes)
    } else throw new Refusal(405, 'UNSUPPORTED', 'method not allowed')
  }

  /** A manifest is taken only with all that it names. */
  async #complete(name: string, bytes: Buffer, mediaType: string): Promise<void> {
    const content = parseManifest(bytes, mediaType)
    if ('reason' in content) throw new Refusal(400, 'MANIFEST_INVALID', content.reason)
    if (content.kind === 'index') {
      for (const child of content.manifests)
        if ((await this.#store.manifest(name, child.digest)) === undefined)
          throw new Refusal(400, 'MANIFEST_BLOB_UNKNOWN', `it names ${child.digest}, which is not here`)
      return
    }
    const blobs = [content.config, ...content.layers.filter((layer) => !isForeignLayer(layer.mediaType))]
    for (const { digest, size } of blobs)
      if ((await this.#store.blobSize(name, digest)) !== size)
        throw new Refusal(
          400,
          'MANIFEST_BLOB_UNKNOWN',
          `it names ${digest} of ${size} bytes, which is not here`,
        )
  }

  async #blobs({ request, response, method, name, id }: Call): Promise<void> {
    if (!DIGEST.test(id)) throw new Refusal(400, 'DIGEST_INVALID', 'no sha256 digest')
    if (method !== 'GET' && method !== 'HEAD') throw new Refusal(405, 'UNSUPPORTED', 'method not allowed')
    const size = await this.#store.blobSize(name, id)
    if (size === undefined) throw new Refusal(404, 'BLOB_UNKNOWN', 'blob unknown')
    const range = rangeOf(request.headers.range, size)
    if (range === 'unsatisfiable') {
      response.writeHead(416, { 'content-range': `bytes */${size}`, 'content-length': '0' }).end()
      return
    }
    const [start, end] = range ?? [0, size - 1]
    response.writeHead(range === undefined ? 200 : 206, {
      'content-type': 'application/octet-stream',
      'content-length': String(end - start + 1),
      'docker-content-digest': id,
      'accept-ranges': 'bytes',
      ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }),
    })
    if (method === 'HEAD' || size === 0) response.end()
    else await pipeline(this.#store.openBlob(id, start, end), response)
  }

  async #uploads(call: Call): Promise<void> {
    const { request, response, method, url, name, id } = call
    const digest = url.searchParams.get('digest') ?? ''
    if (method === 'POST' && id === '') {
      const mount = url.searchParams.get('mount') ?? ''
      const from = url.searchParams.get('from') ?? ''
      const known = DIGEST.test(mount) && from.split('/').every((part) => COMPONENT.test(part))
      if (known && (await this.#store.mount(name, mount, from))) {
        response.setHeader('docker-content-digest', mount)
        created(response, `/v2/${name}/blobs/${mount}`)
        return
      }
      const session = await this.#store.begin()
      // The whole blob in one POST.
      if (digest !== '') await this.#finish({ ...call, id: session }, digest)
      else this.#session(response, 202, name, session)
      return
    }
    const size = this.#store.uploaded(id)
    if (size === undefined) throw new Refusal(404, 'BLOB_UPLOAD_UNKNOWN', 'no such upload')
    if (method === 'GET') this.#session(response, 204, name, id)
    else if (method === 'DELETE') {
      await this.#store.cancel(id)
      response.writeHead(204).end()
    } else if (method === 'PATCH') {
      const from = /^(\d+)-\d+$/.exec(request.headers['content-range'] ?? '')?.[1]
      if (from !== undefined && Number(from) !== size) {
        request.resume()
        this.#session(response, 416, name, id)
        return
      }
      await this.#store.append(id, request)
      this.#session(response, 202, name, id)
    } else if (method === 'PUT') await this.#finish(call, digest)
    else throw new Refusal(405, 'UNSUPPORTED', 'method not allowed')
  }

  async #finish({ request, response, name, id }: Call, digest: string): Promise<void> {
    if (!DIGEST.test(digest)) throw new Refusal(400, 'DIGEST_INVALID', 'no sha256 digest')
    await this.#store.append(id, request)
    if (!(await this.#store.finish(id, name, digest)))
      throw new Refusal(400, 'DIGEST_INVALID', 'the content has another digest')
    response.setHeader('docker-content-digest', digest)
    created(response, `/v2/${name}/blobs/${digest}`)
  }

  #session(response: ServerResponse, status: number, name: string, id: string): void {
    const size = this.#store.uploaded(id) ?? 0
    response.writeHead(status, {
      location: `/v2/${name}/blobs/uploads/${id}`,
      range: `0-${Math.max(0, size - 1)}`,
      'docker-upload-uuid': id,
      ...(status === 204 ? {} : { 'content-length': '0' }),
    })
    response.end()
  }

  async #tags({ response, method, url, name, id }: Call): Promise<void> {
    if (method !== 'GET' || id !== 'list') throw new Refusal(404, 'UNSUPPORTED', 'no such path')
    if (!(await this.#store.repositories()).includes(name))
      throw new Refusal(404, 'NAME_UNKNOWN', 'repository unknown')
    const last = url.searchParams.get('last') ?? ''
    const asked = Number(url.searchParams.get('n') ?? PAGE)
    const size = Number.isInteger(asked) && asked > 0 ? Math.min(asked, PAGE) : PAGE
    const rest = (await this.#store.tags(name)).filter((tag) => tag > last)
    const page = rest.slice(0, size)
    if (page.length < rest.length)
      response.setHeader('link', `</v2/${name}/tags/list?n=${size}&last=${page.at(-1) ?? ''}>; rel="next"`)
    json(response, 200, { name, tags: page })
  }
}

/** First and last byte of a `Range` header; undefined when the whole is asked for. Pure. */
export function rangeOf(
  header: string | undefined,
  size: number,
): [number, number] | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  const [, from = '', to = ''] = match ?? []
  // Another unit, several ranges or none: the whole is a right answer (RFC 9110, 14.2).
  if (match === null || (from === '' && to === '')) return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size - 1 : Math.min(size - 1, Number(to))
  return start > end ? 'unsatisfiable' : [start, end]
}

function created(response: ServerResponse, location: string): void {
  response.writeHead(201, { location, 'content-length': '0' }).end()
}

function json(response: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
  })
  response.end(text)
}

function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  request.resume()
  const known =
    error instanceof Refusal
      ? error
      : error instanceof StoreFull
        ? new Refusal(507, 'TOOMANYREQUESTS', `the embedded registry is full: ${error.message}`)
        : new Refusal(500, 'UNKNOWN', messageOf(error))
  json(response, known.status, { errors: [{ code: known.code, message: known.message }] })
}

async function body(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of Readable.from(request) as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > limit) throw new Refusal(413, 'SIZE_INVALID', `a manifest has ${limit} bytes at most`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
