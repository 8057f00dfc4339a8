import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { appendFile, mkdir, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a token may do in a scope: 1 read, 2 write, 3 both (the `ac` claim of the runner's token). */
export interface Scope {
  readonly scope: string
  readonly permission: 1 | 2 | 3
}

export interface Entry {
  readonly id: number
  readonly scope: string
  readonly key: string
  readonly version: string
  readonly file: string
  size: number
  finished: boolean
  downloads: number
}

/** One misbehaviour, for the next `times` requests (default: all) that match. */
export interface FaultRule {
  readonly method?: string
  /** Matched against the path with its query. */
  readonly path: RegExp
  times?: number
  readonly fault:
    | {
        readonly kind: 'status'
        readonly status: number
        readonly headers?: Record<string, string>
        readonly message?: string
      }
    /** The connection is destroyed before an answer, or after `afterBytes` of the body. */
    | { readonly kind: 'cut'; readonly afterBytes?: number }
    /** Headers and `afterBytes` of the body arrive, then nothing more. */
    | { readonly kind: 'stall'; readonly afterBytes: number }
    | { readonly kind: 'slow'; readonly ms: number }
}

/**
 * A loopback double of the cache service: v2 (twirp + blobs: what github.com offers @actions/cache and BuildKit) and v1
 * (GHES, act). Scopes, prefix matching and the refusal of finished keys are as on GitHub. Blobs are files, so it serves
 * benchmarks as well.
 */
export class CacheDouble {
  readonly url: string
  readonly folder: string
  readonly entries: Entry[] = []
  readonly faults: FaultRule[] = []
  /** `POST /twirp/…/CreateCacheEntry` …, in the order they came. */
  readonly requests: string[] = []
  bytesUp = 0
  bytesDown = 0
  readonly #server: Server
  readonly #closing = new AbortController()
  #next = 1

  private constructor(server: Server, folder: string) {
    this.#server = server
    this.folder = folder
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch((error: unknown) => {
        if (!response.headersSent && !response.destroyed)
          json(response, 500, { code: 'internal', msg: String(error) })
        else response.destroy()
      })
    })
  }

  static async start(port = 0): Promise<CacheDouble> {
    const folder = await mkdtemp(join(tmpdir(), 'cache-double-'))
    const server = createServer({ keepAliveTimeout: 1000 })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return new CacheDouble(server, folder)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
    await rm(this.folder, { recursive: true, force: true })
  }

  /** What a runner sets for a JavaScript action. */
  environment(protocol: 'v1' | 'v2' = 'v2', scopes?: readonly Scope[]): Record<string, string> {
    return {
      GITHUB_SERVER_URL: protocol === 'v2' ? 'https://github.com' : 'https://git.example',
      ACTIONS_RUNTIME_TOKEN: tokenFor(scopes),
      ACTIONS_CACHE_URL: this.url,
      ACTIONS_RESULTS_URL: this.url,
      ACTIONS_CACHE_SERVICE_V2: protocol === 'v2' ? 'true' : '',
    }
  }

  /** Keys of finished entries, newest last. */
  get keys(): string[] {
    return this.entries.filter((entry) => entry.finished).map((entry) => entry.key)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url)
    const method = request.method ?? 'GET'
    this.requests.push(`${method} ${url.pathname}`)
    const rule = this.faults.find(
      (at) =>
        (at.times ?? 1) > 0 &&
        (at.method === undefined || at.method === method) &&
        at.path.test(`${url.pathname}${url.search}`),
    )
    if (rule?.times !== undefined) rule.times--
    const fault = rule?.fault
    if (fault?.kind === 'status') {
      request.resume()
      json(
        response,
        fault.status,
        { code: 'injected', msg: fault.message ?? 'injected fault' },
        fault.headers,
      )
      return
    }
    if (fault?.kind === 'cut' && fault.afterBytes === undefined) {
      request.socket.destroy()
      return
    }
    if (fault?.kind === 'slow') await sleep(fault.ms, undefined, { signal: this.#closing.signal })

    const twirp = /^\/twirp\/github\.actions\.results\.api\.v1\.CacheService\/(\w+)$/.exec(url.pathname)
    if (url.pathname === '/health') json(response, 200, {})
    else if (twirp !== null && method === 'POST') await this.#twirp(twirp[1] ?? '', request, response)
    else if (url.pathname.startsWith('/devstoreaccount1/')) await this.#blob(url, request, response, fault)
    else if (url.pathname.startsWith('/_apis/artifactcache/')) await this.#v1(url, request, response)
    else json(response, 404, { code: 'bad_route', msg: url.pathname })
  }

  async #twirp(method: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const scopes = scopesOf(request)
    if (scopes === undefined) {
      json(response, 401, { code: 'unauthenticated', msg: 'no token' })
      return
    }
    const body = JSON.parse((await bytes(request)).toString('utf8')) as {
      key: string
      version: string
      restore_keys?: string[]
      size_bytes?: string
    }
    if (method === 'GetCacheEntryDownloadURL') {
      if (!scopes.some((at) => (at.permission & 1) !== 0)) {
        json(response, 403, { code: 'permission_denied', msg: 'cache read denied: no readable scope' })
        return
      }
      const found = this.match(scopes, [body.key, ...(body.restore_keys ?? [])], body.version)
      if (found !== undefined) found.downloads++
      json(
        response,
        200,
        found === undefined
          ? { ok: false }
          : { ok: true, signed_download_url: this.#signed(found), matched_key: found.key },
      )
    } else if (method === 'CreateCacheEntry') {
      const made = this.#reserve(scopes, body.key, body.version)
      if (made === 'denied')
        json(response, 200, { ok: false, message: 'cache write denied: the token is read-only' })
      else if (made === 'exists')
        json(response, 409, {
          code: 'already_exists',
          msg: 'cache entry with the same key, version, and scope already exists',
        })
      else json(response, 200, { ok: true, signed_upload_url: this.#signed(made) })
    } else if (method === 'FinalizeCacheEntryUpload') {
      const entry = this.entries.find(
        (at) => !at.finished && at.key === body.key && at.version === body.version,
      )
      if (entry === undefined || Number(body.size_bytes) !== entry.size)
        json(response, 200, { ok: false, message: 'the upload is not complete' })
      else {
        entry.finished = true
        json(response, 200, { ok: true, entry_id: String(entry.id) })
      }
    } else json(response, 404, { code: 'bad_route', msg: method })
  }

  /** Per scope in the token's order: the primary key and then each restore key, exactly first, then the newest with that prefix. */
  match(scopes: readonly Scope[], keys: readonly string[], version: string): Entry | undefined {
    for (const { scope, permission } of scopes) {
      if ((permission & 1) === 0) continue
      const visible = this.entries
        .filter((entry) => entry.finished && entry.scope === scope && entry.version === version)
        .reverse()
      for (const key of keys) {
        const found =
          visible.find((entry) => entry.key === key) ?? visible.find((entry) => entry.key.startsWith(key))
        if (found !== undefined) return found
      }
    }
    return undefined
  }

  #reserve(scopes: readonly Scope[], key: string, version: string): Entry | 'denied' | 'exists' {
    const scope = scopes.find((at) => (at.permission & 2) !== 0)?.scope
    if (scope === undefined) return 'denied'
    if (this.entries.some((at) => at.scope === scope && at.key === key && at.version === version))
      return 'exists'
    const id = this.#next++
    const entry: Entry = {
      id,
      scope,
      key,
      version,
      file: join(this.folder, String(id)),
      size: 0,
      finished: false,
      downloads: 0,
    }
    this.entries.push(entry)
    return entry
  }

  #signed(entry: Entry): string {
    return `${this.url}devstoreaccount1/cache/${entry.id}?sig=secret${randomUUID()}`
  }

  async #blob(
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
    fault: FaultRule['fault'] | undefined,
  ): Promise<void> {
    const entry = this.entries.find((at) => String(at.id) === url.pathname.split('/').at(-1))
    if (entry === undefined || !(url.searchParams.get('sig') ?? '').startsWith('secret')) {
      json(response, entry === undefined ? 404 : 403, {})
      return
    }
    if (request.method === 'PUT') {
      await this.#put(entry, url, request)
      response.writeHead(201, { 'x-ms-request-id': randomUUID(), etag: '"1"' }).end()
      return
    }
    const range = /^bytes=(\d+)-(\d*)$/.exec(
      request.headers['range'] ?? String(request.headers['x-ms-range'] ?? ''),
    )
    const start = Number(range?.[1] ?? 0)
    const end = Math.min(range?.[2] ? Number(range[2]) : entry.size - 1, entry.size - 1)
    response.writeHead(range === null ? 200 : 206, {
      'content-length': Math.max(0, end - start + 1),
      'content-type': 'application/octet-stream',
      'accept-ranges': 'bytes',
      ...(range === null ? {} : { 'content-range': `bytes ${start}-${end}/${entry.size}` }),
    })
    if (request.method === 'HEAD' || entry.size === 0) {
      response.end()
      return
    }
    if (fault?.kind === 'cut' || fault?.kind === 'stall') {
      const part = (await readFile(entry.file)).subarray(start, start + (fault.afterBytes ?? 0))
      response.write(part, () => {
        if (fault.kind === 'cut') setTimeout(() => request.socket.destroy(), 50)
      })
      return
    }
    this.bytesDown += end - start + 1
    await pipeline(createReadStream(entry.file, { start, end }), response)
  }

  async #put(entry: Entry, url: URL, request: IncomingMessage): Promise<void> {
    const part = url.searchParams.get('comp')
    if (part === 'block') {
      const id = Buffer.from(url.searchParams.get('blockid') ?? '').toString('hex')
      await mkdir(`${entry.file}.blocks`, { recursive: true })
      await pipeline(request, createWriteStream(join(`${entry.file}.blocks`, id)))
    } else if (part === 'blocklist') {
      const list = (await bytes(request)).toString('utf8')
      await writeFile(entry.file, '')
      for (const [, id = ''] of list.matchAll(/<(?:Latest|Uncommitted)>([^<]+)</g)) {
        const block = join(`${entry.file}.blocks`, Buffer.from(id).toString('hex'))
        await appendFile(entry.file, await readFile(block))
      }
      await rm(`${entry.file}.blocks`, { recursive: true, force: true })
      entry.size = (await stat(entry.file)).size
    } else {
      await pipeline(request, createWriteStream(entry.file))
      entry.size = (await stat(entry.file)).size
    }
    this.bytesUp += Number(request.headers['content-length'] ?? 0)
  }

  /** The older protocol: keys as one list, uploads by PATCH with Content-Range, 204 for a miss. */
  async #v1(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const scopes = scopesOf(request)
    if (scopes === undefined) {
      json(response, 401, { message: 'no token' })
      return
    }
    const path = url.pathname.slice('/_apis/artifactcache/'.length)
    const id = /^caches\/(\d+)$/.exec(path)?.[1]
    const entry = this.entries.find((at) => String(at.id) === id)
    if (path === 'cache' && request.method === 'GET') {
      const keys = (url.searchParams.get('keys') ?? '').split(',')
      const found = this.match(scopes, keys, url.searchParams.get('version') ?? '')
      if (found === undefined) response.writeHead(204).end()
      else
        json(response, 200, { archiveLocation: this.#signed(found), cacheKey: found.key, scope: found.scope })
    } else if (path === 'caches' && request.method === 'POST') {
      const body = JSON.parse((await bytes(request)).toString('utf8')) as { key: string; version: string }
      const made = this.#reserve(scopes, body.key, body.version)
      if (made === 'exists') json(response, 409, { message: `Cache already exists: ${body.key}` })
      else if (made === 'denied')
        json(response, 403, { message: 'cache write denied: the token is read-only' })
      else json(response, 201, { cacheId: made.id })
    } else if (entry !== undefined && request.method === 'PATCH') {
      const start = Number(/^bytes (\d+)-/.exec(request.headers['content-range'] ?? '')?.[1] ?? 0)
      const body = await bytes(request)
      const handle = await open(entry.file, entry.size === 0 && start === 0 ? 'w' : 'r+').catch(() =>
        open(entry.file, 'w'),
      )
      await handle.write(body, 0, body.length, start)
      await handle.close()
      entry.size = (await stat(entry.file)).size
      this.bytesUp += body.length
      response.writeHead(204).end()
    } else if (entry !== undefined && request.method === 'POST') {
      entry.finished = true
      await bytes(request)
      response.writeHead(204).end()
    } else json(response, 404, { message: path })
  }
}

/** An unsigned token with the claims that clients look at (BuildKit reads `ac`, `exp`, `nbf`). */
export function tokenFor(scopes: readonly Scope[] = [{ scope: 'refs/heads/main', permission: 3 }]): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const ac = JSON.stringify(scopes.map(({ scope, permission }) => ({ Scope: scope, Permission: permission })))
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ ac, nbf: 0, exp: 4_000_000_000, repository_id: '1' })}.x`
}

function scopesOf(request: IncomingMessage): Scope[] | undefined {
  const payload = /^Bearer [^.]+\.([^.]+)\./.exec(request.headers.authorization ?? '')?.[1]
  if (payload === undefined) return undefined
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { ac?: string }
  const list = JSON.parse(claims.ac ?? '[]') as { Scope: string; Permission: 1 | 2 | 3 }[]
  return list.map((at) => ({ scope: at.Scope, permission: at.Permission }))
}

async function bytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}
