import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { rootCertificates } from 'node:tls'
import { Agent, EnvHttpProxyAgent, type Dispatcher, request as undiciRequest } from 'undici'
import { environmentError } from './errors.ts'

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | Readable
  /** Time to the response headers, and longest silence between two pieces of the body. Default 60 s. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** The server's certificate is not verified: only for hosts the user has listed as insecure. */
  readonly unverified?: boolean
}

export interface HttpResponse {
  readonly status: number
  /** Lower-case names; several values of one name are joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readable
  /** The whole body, refused beyond `limit` bytes (default 16 MiB). */
  bytes(limit?: number): Promise<Buffer>
  text(limit?: number): Promise<string>
  /** Reads and drops the rest, so that the connection can be used again. */
  drain(): Promise<void>
}

/** The one door to the network. Follows no redirect: callers decide (credentials must not travel). */
export interface Http {
  request(request: HttpRequest): Promise<HttpResponse>
}

export interface HttpOptions {
  /** PEM text or path of extra authorities, on top of Node's own. */
  readonly ca?: string
  /** `User-Agent`. */
  readonly agent?: string
  /** A proxy for all requests, instead of the environment's. */
  readonly proxy?: string
}

/** undici with the proxy of the environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY, either case). */
export class SystemHttp implements Http {
  readonly #dispatcher: Dispatcher
  readonly #makeUnverified: () => Dispatcher
  #unverified: Dispatcher | undefined
  readonly #agent: string

  constructor(options: HttpOptions = {}) {
    const connect =
      options.ca === undefined
        ? {}
        : { ca: [...rootCertificates, ...extraAuthorities(), readAuthority(options.ca)] }
    const proxied = ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].some(
      (name) => (process.env[name] ?? '') !== '',
    )
    const make = (tls: object): Dispatcher => {
      const shared = { connect: { timeout: 15_000, ...tls }, connections: 16 }
      const { proxy } = options
      if (proxy !== undefined)
        return new EnvHttpProxyAgent({
          ...shared,
          requestTls: tls,
          httpProxy: proxy,
          httpsProxy: proxy,
          noProxy: '',
        } as EnvHttpProxyAgent.Options)
      return proxied
        ? new EnvHttpProxyAgent({ ...shared, requestTls: tls } as EnvHttpProxyAgent.Options)
        : new Agent(shared)
    }
    this.#dispatcher = make(connect)
    this.#makeUnverified = () => make({ rejectUnauthorized: false })
    this.#agent = options.agent ?? 'go-image-pipeline'
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const timeout = request.timeoutMs ?? 60_000
    const answer = await undiciRequest(request.url, {
      method: request.method ?? 'GET',
      headers: { 'user-agent': this.#agent, ...request.headers },
      body: request.body ?? null,
      headersTimeout: timeout,
      bodyTimeout: timeout,
      dispatcher:
        request.unverified === true ? (this.#unverified ??= this.#makeUnverified()) : this.#dispatcher,
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    })
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(answer.headers)) {
      if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
    }
    return wrapResponse(answer.statusCode, headers, answer.body)
  }

  /** Ends idle connections, so that the process can exit at once. */
  async close(): Promise<void> {
    await this.#dispatcher.destroy()
    await this.#unverified?.destroy()
  }
}

/** An HttpResponse over any stream: shared with the test doubles. */
export function wrapResponse(status: number, headers: Record<string, string>, body: Readable): HttpResponse {
  // A body nobody reads (an abort, a refused answer) must not end the process; whoever reads it still sees the error.
  body.on('error', () => undefined)
  const bytes = async (limit = 16 * 1024 * 1024): Promise<Buffer> => {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of body as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > limit) {
        body.destroy()
        throw environmentError({
          code: 'response-too-large',
          what: `a response is larger than ${limit} bytes`,
        })
      }
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
  return {
    status,
    headers,
    body,
    bytes,
    text: async (limit) => (await bytes(limit)).toString('utf8'),
    drain: async () => {
      body.resume()
      await finished(body)
    },
  }
}

function readAuthority(ca: string): string {
  return ca.includes('-----BEGIN') ? ca : readFileSync(ca, 'utf8')
}

// A custom list of authorities replaces Node's default, NODE_EXTRA_CA_CERTS included, so it is added back.
function extraAuthorities(): string[] {
  const file = process.env['NODE_EXTRA_CA_CERTS']
  if (file === undefined || file === '') return []
  try {
    return [readFileSync(file, 'utf8')]
  } catch {
    return []
  }
}
