/**
 * An OCI registry in memory (distribution-spec 1.1) with a script of faults. Everything it takes is checked as a real
 * registry would: digests, sizes, ranges of uploads, blobs that a manifest names.
 */
import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import {
  Cut,
  type FaultAction,
  type LoggedRequest,
  type RegistryDoubleOptions,
  type RegistryFaultRule,
  Reply,
} from './registry-double-parts.ts'

export type {
  FaultAction,
  LoggedRequest,
  RegistryDoubleOptions,
  RegistryFaultRule,
} from './registry-double-parts.ts'

interface StoredManifest {
  readonly bytes: Buffer
  readonly mediaType: string
}

interface StoredRepository {
  readonly manifests: Map<string, StoredManifest>
  readonly tags: Map<string, string>
  readonly blobs: Set<string>
}

const sha = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export class RegistryDouble {
  readonly log: LoggedRequest[] = []
  /** May be changed while running. */
  faults: RegistryFaultRule[]
  readonly repositories = new Map<string, StoredRepository>()
  readonly blobs = new Map<string, Buffer>()
  /** Bodies of token requests, decoded, to see what was sent where. */
  readonly tokenRequests: { method: string; scopes: string[]; authorization: string | undefined }[] = []
  readonly #options: RegistryDoubleOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #uploads = new Map<string, { repository: string; bytes: Buffer }>()
  readonly #tokens = new Map<string, Set<string>>()
  readonly #counts = new Map<RegistryFaultRule, number>()
  readonly #lagging = new Map<string, { left: number; digest: string | undefined }>()

  constructor(options: RegistryDoubleOptions) {
    this.#options = options
    this.faults = [...(options.faults ?? [])]
    this.#server = createServer((request, response) => {
      // Held now: a request that was destroyed half-read has none any more.
      const { socket } = request
      this.#serve(request, response).catch((error: unknown) => {
        if (error instanceof Cut || response.headersSent) socket.destroy()
        else response.writeHead(500).end(String(error))
      })
    })
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get url(): string {
    return `http://${this.host}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  repository(name: string): StoredRepository {
    let found = this.repositories.get(name)
    if (found === undefined) {
      found = { manifests: new Map(), tags: new Map(), blobs: new Set() }
      this.repositories.set(name, found)
    }
    return found
  }

  /** Every `repository:tag` and its digest, for "tags end as they were". */
  tags(): Record<string, string> {
    const all: Record<string, string> = {}
    for (const [name, repository] of this.repositories)
      for (const [tag, digest] of repository.tags) all[`${name}:${tag}`] = digest
    return all
  }

  /** `METHOD path` of every request, for assertions on what was asked. */
  requests(match: RegExp = /./): string[] {
    return this.log.map(({ method, path }) => `${method} ${path}`).filter((line) => match.test(line))
  }

  addBlob(repository: string, bytes: Buffer): string {
    const digest = sha(bytes)
    this.blobs.set(digest, bytes)
    this.repository(repository).blobs.add(digest)
    return digest
  }

  addManifest(repository: string, bytes: Buffer, mediaType: string, ...tags: string[]): string {
    const digest = sha(bytes)
    const stored = this.repository(repository)
    stored.manifests.set(digest, { bytes, mediaType })
    for (const tag of tags) stored.tags.set(tag, digest)
    return digest
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '/'
    const method = request.method ?? 'GET'
    const entry: LoggedRequest = { method, path, headers: request.headers, status: 0, bodyBytes: 0 }
    this.log.push(entry)
    response.on('finish', () => {
      entry.status = response.statusCode
    })
    const action = this.#fault(method, path)
    const body: Buffer[] = []
    const limit =
      action === 'cut-request'
        ? 0
        : typeof action === 'object' && 'cutRequestAfterBytes' in action
          ? action.cutRequestAfterBytes
          : Infinity
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const room = limit - entry.bodyBytes
      body.push(chunk.length > room ? chunk.subarray(0, room) : chunk)
      entry.bodyBytes += Math.min(chunk.length, room)
      if (entry.bodyBytes >= limit) break
    }
    if (limit !== Infinity) {
      // What has come stays in the session, as at a real registry.
      const upload = this.#uploads.get(/\/uploads\/([^?/]+)/.exec(path)?.[1] ?? '')
      if (upload !== undefined && (method === 'PATCH' || method === 'PUT'))
        upload.bytes = Buffer.concat([upload.bytes, ...body])
      throw new Cut()
    }
    if (typeof action === 'object' && 'status' in action) {
      response
        .writeHead(action.status, action.headers ?? {})
        .end(method === 'HEAD' ? '' : (action.body ?? ''))
      return
    }
    if (typeof action === 'object' && 'delayMs' in action)
      await new Promise((resolve) => setTimeout(resolve, action.delayMs).unref())
    if (typeof action === 'object' && 'call' in action) await action.call()
    const answer = new Reply()
    this.#route(request, method, new URL(path, 'http://registry'), Buffer.concat(body), answer)
    if (action === 'cut-response') throw new Cut()
    if (action === 'wrong-digest') answer.spoil(method)
    await answer.send(
      response,
      method,
      typeof action === 'object' && 'cutAfterBytes' in action ? action.cutAfterBytes : undefined,
    )
  }

  #fault(method: string, path: string): FaultAction | undefined {
    let action: FaultAction | undefined
    for (const rule of this.faults) {
      const { match } = rule
      if ((match.method !== undefined && match.method !== method) || !match.path.test(path)) continue
      const count = (this.#counts.get(rule) ?? 0) + 1
      this.#counts.set(rule, count)
      if (match.nth === undefined || match.nth === count) action ??= rule.action
    }
    return action
  }

  #route(request: IncomingMessage, method: string, url: URL, body: Buffer, answer: Reply): void {
    if (url.pathname === '/token') {
      this.#token(request, method, url, body, answer)
      return
    }
    answer.headers['docker-distribution-api-version'] = 'registry/2.0'
    const prefix = this.#options.prefix ?? ''
    const found =
      /^\/v2\/(?:(.+)\/(manifests|blobs\/uploads|blobs|tags)(?:\/([^/]*))?)?$/.exec(
        url.pathname.startsWith(`/v2/${prefix}`) ? `/v2/${url.pathname.slice(4 + prefix.length)}` : '',
      ) ?? undefined
    if (found === undefined) {
      answer.error(404, 'NAME_UNKNOWN', 'not found')
      return
    }
    const [, name, kind, id = ''] = found
    const write = !['GET', 'HEAD'].includes(method) || kind === 'blobs/uploads'
    if (!this.#allowed(request, method, name, write, answer)) return
    if (name === undefined) answer.json(200, {})
    else if (kind === 'manifests') this.#manifests(request, method, name, id, body, answer)
    else if (kind === 'blobs') this.#blobs(request, method, name, id, answer)
    else if (kind === 'blobs/uploads') this.#upload(request, method, name, id, url, body, answer)
    else this.#tagList(name, url, answer)
  }

  #allowed(
    request: IncomingMessage,
    method: string,
    name: string | undefined,
    write: boolean,
    answer: Reply,
  ): boolean {
    const { auth } = this.#options
    if (auth === undefined) return true
    const actions = method === 'DELETE' ? 'delete' : write ? 'push' : 'pull'
    const header = request.headers.authorization ?? ''
    if (auth.kind === 'basic') {
      const right = header === `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`
      if (right || (auth.anonymousPull === true && !write && name !== undefined)) return true
      answer.headers['www-authenticate'] = 'Basic realm="double"'
    } else {
      const granted = this.#tokens.get(header.replace(/^Bearer /, ''))
      const need = name === undefined ? '' : `${name}:${actions}`
      if (granted !== undefined && (need === '' || granted.has(need))) return true
      const scope =
        name === undefined ? '' : `,scope="repository:${name}:${actions === 'push' ? 'pull,push' : actions}"`
      const reason = granted === undefined ? '' : ',error="insufficient_scope"'
      answer.headers['www-authenticate'] =
        `Bearer realm="${this.url}/token",service="double"${scope}${reason}`
    }
    answer.error(401, 'UNAUTHORIZED', 'authentication required')
    return false
  }

  #token(request: IncomingMessage, method: string, url: URL, body: Buffer, answer: Reply): void {
    const { auth } = this.#options
    const form = method === 'POST' ? new URLSearchParams(body.toString()) : url.searchParams
    const scopes = method === 'POST' ? (form.get('scope') ?? '').split(' ') : form.getAll('scope')
    this.tokenRequests.push({ method, scopes, authorization: request.headers.authorization })
    if (auth === undefined || (auth.only !== undefined && auth.only !== method)) {
      answer.error(404, 'UNSUPPORTED', 'no tokens this way')
      return
    }
    const basic = Buffer.from(
      (request.headers.authorization ?? '').replace(/^Basic /, ''),
      'base64',
    ).toString()
    const given =
      method === 'POST'
        ? form.get('grant_type') === 'refresh_token'
          ? `token:${form.get('refresh_token') ?? ''}`
          : `${form.get('username') ?? ''}:${form.get('password') ?? ''}`
        : basic
    const known =
      given === `${auth.username}:${auth.password}` ||
      (auth.identityToken !== undefined && given === `token:${auth.identityToken}`)
    if (!known && (given !== '' || auth.anonymousPull !== true)) {
      answer.json(401, { details: 'incorrect username or password' })
      return
    }
    const granted = new Set<string>()
    for (const scope of scopes) {
      const [, name = '', actions = ''] = /^repository:(.+):([a-z,]+)$/.exec(scope) ?? []
      for (const action of actions.split(','))
        if (action === 'pull' || (known && auth.readOnly?.test(name) !== true))
          granted.add(`${name}:${action}`)
    }
    const token = randomUUID()
    this.#tokens.set(token, granted)
    answer.json(200, {
      [method === 'POST' ? 'access_token' : 'token']: token,
      expires_in: auth.lifetime ?? 300,
    })
  }

  /** Forgets every token: they have "expired" at the server. */
  expireTokens(): void {
    this.#tokens.clear()
  }

  #manifests(
    request: IncomingMessage,
    method: string,
    name: string,
    id: string,
    body: Buffer,
    answer: Reply,
  ): void {
    const stored = this.repository(name)
    const isDigest = id.startsWith('sha256:')
    if (method === 'PUT') {
      const digest = sha(body)
      const missing = this.#missing(stored, body)
      if (isDigest && id !== digest) answer.error(400, 'DIGEST_INVALID', 'provided digest did not match')
      else if (missing !== undefined) answer.error(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown', missing)
      else if (!isDigest && this.#options.immutable?.test(id) === true && stored.tags.has(id))
        answer.error(412, 'PRECONDITION', `tag ${id} is configured as immutable`)
      else {
        stored.manifests.set(digest, { bytes: body, mediaType: request.headers['content-type'] ?? '' })
        if (!isDigest) {
          if (this.#options.lag !== undefined)
            this.#lagging.set(`${name}:${id}`, { left: this.#options.lag, digest: stored.tags.get(id) })
          stored.tags.set(id, digest)
        }
        answer.headers['location'] = `/v2/${name}/manifests/${digest}`
        answer.headers['docker-content-digest'] = digest
        answer.status = 201
      }
      return
    }
    if (method === 'DELETE') {
      if (this.#options.delete === false) answer.error(405, 'UNSUPPORTED', 'the operation is unsupported')
      else if (!isDigest && this.#options.tagDelete === false)
        answer.error(400, 'UNSUPPORTED', 'digests only')
      else if (isDigest ? !stored.manifests.delete(id) : !stored.tags.delete(id))
        answer.error(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
      else {
        if (isDigest) for (const [tag, digest] of [...stored.tags]) if (digest === id) stored.tags.delete(tag)
        answer.status = 202
      }
      return
    }
    if (method === 'HEAD' && this.#options.head === 'none') {
      answer.error(405, 'UNSUPPORTED', 'no HEAD')
      return
    }
    const lagging = this.#lagging.get(`${name}:${id}`)
    const stale = lagging !== undefined && lagging.left-- > 0
    const digest = isDigest ? id : stale ? lagging.digest : stored.tags.get(id)
    const manifest = digest === undefined ? undefined : stored.manifests.get(digest)
    if (digest === undefined || manifest === undefined) {
      answer.error(404, 'MANIFEST_UNKNOWN', 'manifest unknown')
      return
    }
    answer.headers['content-type'] = manifest.mediaType
    if (!(method === 'HEAD' && this.#options.head === 'no-digest'))
      answer.headers['docker-content-digest'] = digest
    answer.body = manifest.bytes
  }

  /** The first blob or child manifest that a manifest names and the repository does not have. */
  #missing(stored: StoredRepository, body: Buffer): string | undefined {
    const json = JSON.parse(body.toString()) as Record<string, { digest: string; mediaType: string }[]>
    const children = (json['manifests'] ?? []).map(({ digest }) => digest)
    const config = json['config'] as unknown as { digest: string } | undefined
    const layers = (json['layers'] ?? []).filter(
      ({ mediaType }) => !/nondistributable|foreign/.test(mediaType),
    )
    const blobs = [...(config === undefined ? [] : [config.digest]), ...layers.map(({ digest }) => digest)]
    return (
      children.find((digest) => !stored.manifests.has(digest)) ??
      blobs.find((digest) => !stored.blobs.has(digest))
    )
  }

  #blobs(request: IncomingMessage, method: string, name: string, digest: string, answer: Reply): void {
    const bytes = this.repository(name).blobs.has(digest) ? this.blobs.get(digest) : undefined
    if (bytes === undefined) {
      answer.error(404, 'BLOB_UNKNOWN', 'blob unknown to registry')
      return
    }
    answer.headers['docker-content-digest'] = digest
    answer.headers['content-type'] = 'application/octet-stream'
    const start = /^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]
    if (start === undefined || this.#options.range === false || method === 'HEAD') answer.body = bytes
    else if (Number(start) >= bytes.length) answer.status = 416
    else {
      answer.status = 206
      answer.headers['content-range'] = `bytes ${start}-${bytes.length - 1}/${bytes.length}`
      answer.body = bytes.subarray(Number(start))
    }
  }

  #upload(
    request: IncomingMessage,
    method: string,
    name: string,
    id: string,
    url: URL,
    body: Buffer,
    answer: Reply,
  ): void {
    if (method === 'POST') {
      const mount = url.searchParams.get('mount')
      const from = url.searchParams.get('from')
      if (mount !== null && from !== null && this.#options.mount !== false) {
        if (this.repositories.get(from)?.blobs.has(mount) === true) {
          this.repository(name).blobs.add(mount)
          answer.status = 201
          answer.headers['location'] = `/v2/${name}/blobs/${mount}`
          answer.headers['docker-content-digest'] = mount
          return
        }
      }
      const session = randomUUID()
      this.#uploads.set(session, { repository: name, bytes: Buffer.alloc(0) })
      answer.status = 202
      if (this.#options.minChunk !== undefined)
        answer.headers['oci-chunk-min-length'] = String(this.#options.minChunk)
      this.#session(answer, name, session)
      return
    }
    const upload = this.#uploads.get(id)
    if (upload === undefined) {
      answer.error(404, 'BLOB_UPLOAD_UNKNOWN', 'blob upload unknown to registry')
    } else if (method === 'GET') {
      answer.status = 204
      this.#session(answer, name, id)
    } else if (method === 'DELETE') {
      this.#uploads.delete(id)
      answer.status = 204
    } else if (method === 'PATCH') {
      const range = /^(\d+)-(\d+)$/.exec(request.headers['content-range'] ?? '')
      if (this.#options.patch === false) answer.error(405, 'UNSUPPORTED', 'no chunks')
      else if (
        range !== null &&
        (Number(range[1]) !== upload.bytes.length ||
          Number(range[2]) + 1 !== upload.bytes.length + body.length)
      ) {
        answer.error(416, 'BLOB_UPLOAD_INVALID', 'out of order')
        this.#session(answer, name, id)
      } else {
        upload.bytes = Buffer.concat([upload.bytes, body])
        answer.status = 202
        this.#session(answer, name, id)
      }
    } else {
      upload.bytes = Buffer.concat([upload.bytes, body])
      const digest = url.searchParams.get('digest') ?? ''
      if (sha(upload.bytes) !== digest) answer.error(400, 'DIGEST_INVALID', 'provided digest did not match')
      else {
        this.addBlob(name, upload.bytes)
        this.#uploads.delete(id)
        answer.status = 201
        answer.headers['location'] = `/v2/${name}/blobs/${digest}`
        answer.headers['docker-content-digest'] = digest
      }
    }
  }

  #session(answer: Reply, name: string, id: string): void {
    const size = this.#uploads.get(id)?.bytes.length ?? 0
    answer.headers['location'] = `/v2/${name}/blobs/uploads/${id}?state=${size}`
    answer.headers['range'] = `0-${Math.max(0, size - 1)}`
  }

  #tagList(name: string, url: URL, answer: Reply): void {
    const stored = this.repositories.get(name)
    if (stored === undefined) {
      answer.error(404, 'NAME_UNKNOWN', 'repository name not known to registry')
      return
    }
    const all = [...stored.tags.keys()].sort()
    const last = url.searchParams.get('last')
    const rest = last === null ? all : all.filter((tag) => tag > last)
    const page = rest.slice(0, this.#options.tagPage ?? Number(url.searchParams.get('n') ?? 1000))
    if (page.length < rest.length)
      answer.headers['link'] =
        `</v2/${name}/tags/list?last=${page.at(-1) ?? ''}&n=${page.length}>; rel="next"`
    answer.json(200, { name, tags: page })
  }
}

/** Starts a registry on a free loopback port. The caller closes it. */
export const startRegistry = (options: RegistryDoubleOptions = {}): Promise<RegistryDouble> =>
  new RegistryDouble(options).listen()
