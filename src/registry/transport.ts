/** One call of the distribution API: where to, who we are, redirects, refusals. Retrying is the caller's. */
import type { Readable } from 'node:stream'
import type { Act } from '../base/act.ts'
import { environmentError } from '../base/errors.ts'
import type { HttpRequest, HttpResponse } from '../base/http.ts'
import { redactUrl } from '../base/secrets.ts'
import { type Audience, Authorizer, type CredentialSource } from './auth.ts'
import { type Asked, readFault } from './failures.ts'
import type { Endpoint } from './mirrors.ts'

export type Body = string | Uint8Array | (() => Readable)

export interface Call {
  readonly method: NonNullable<HttpRequest['method']>
  /** Below `/v2/`, without the mirror's prefix: `library/alpine/manifests/3.22`. Empty for the API's root. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** Instead of path and query: where the registry told us to go (upload sessions). */
  readonly location?: string
  readonly headers?: Readonly<Record<string, string>>
  /** A function makes a new stream for each try. */
  readonly body?: Body
  readonly scopes: readonly string[]
  /** The statuses that are answers. */
  readonly expect: readonly number[]
  readonly asked: Asked
  readonly timeoutMs?: number
}

export interface Answer {
  readonly response: HttpResponse
  /** The URL that answered, after redirects. */
  readonly url: string
}

const MAX_REDIRECTS = 5

export class Transport {
  readonly #act: Pick<Act, 'http' | 'log' | 'clock' | 'signal'>
  readonly #auth: Authorizer
  readonly #schemes: Map<string, Promise<Scheme>>

  constructor(
    act: Pick<Act, 'http' | 'log' | 'clock' | 'signal'>,
    source: CredentialSource,
    known?: Transport,
  ) {
    this.#act = act
    this.#auth = known === undefined ? new Authorizer(act, source) : known.#auth.as(act)
    this.#schemes = known === undefined ? new Map<string, Promise<Scheme>>() : known.#schemes
  }

  get signal(): AbortSignal {
    return this.#act.signal
  }

  /** The same connections, logins and tokens under another signal. */
  as(signal: AbortSignal): Transport {
    return new Transport({ ...this.#act, signal }, () => Promise.resolve(undefined), this)
  }

  /** Sends one call. Throws RegistryFault for a status that is not expected, and whatever the network throws. */
  async send(endpoint: Endpoint, call: Call): Promise<Answer> {
    const { scheme, unverified } = await this.#scheme(endpoint)
    const origin = `${scheme}://${endpoint.host}`
    const audience: Audience = { origin, registry: endpoint.registry, unverified }
    let url = call.location === undefined ? urlOf(origin, endpoint, call) : locate(call.location, origin)
    let challenged = false
    for (let hops = 0; ;) {
      const own = new URL(url).origin === origin
      const authorization = own ? await this.#auth.header(audience, call.scopes, call.asked) : undefined
      let response = await this.#request(url, call, authorization, own && unverified)
      if (response.status === 401 && own && !challenged) {
        challenged = true
        const fresh = await this.#auth.challenged(
          audience,
          response.headers['www-authenticate'],
          call.scopes,
          call.asked,
          authorization,
        )
        if (fresh !== undefined) {
          await response.drain()
          response = await this.#request(url, call, fresh, unverified)
        }
      }
      if (call.expect.includes(response.status)) return { response, url }
      const target = response.headers['location']
      if (
        (call.method === 'GET' || call.method === 'HEAD') &&
        [301, 302, 303, 307, 308].includes(response.status) &&
        target !== undefined &&
        ++hops <= MAX_REDIRECTS
      ) {
        await response.drain()
        url = new URL(target, url).toString()
        continue
      }
      const loggedIn = await this.#auth.loggedIn(endpoint.registry)
      throw await readFault(response, { method: call.method, url }, { ...call.asked, loggedIn })
    }
  }

  /** The API's root, without a login, whatever it answers. */
  async bare(endpoint: Endpoint): Promise<Answer> {
    const { scheme, unverified } = await this.#scheme(endpoint)
    const url = `${scheme}://${endpoint.host}/v2/`
    const asked: Asked = { registry: endpoint.registry, what: endpoint.registry, action: 'login' }
    const call: Call = { method: 'GET', path: '', scopes: [], expect: [], asked, timeoutMs: 15_000 }
    return { response: await this.#request(url, call, undefined, unverified), url }
  }

  async #request(
    url: string,
    call: Call,
    authorization: string | undefined,
    unverified: boolean,
  ): Promise<HttpResponse> {
    const body = typeof call.body === 'function' ? call.body() : call.body
    const response = await this.#act.http.request({
      method: call.method,
      url,
      headers: { ...call.headers, ...(authorization === undefined ? {} : { authorization }) },
      ...(body === undefined ? {} : { body }),
      ...(unverified ? { unverified } : {}),
      timeoutMs: call.timeoutMs ?? 60_000,
      signal: this.#act.signal,
    })
    this.#act.log.debug(`${call.method} ${redactUrl(url)} -> ${response.status}`)
    return response
  }

  /** Which of TLS and plain HTTP a host speaks. Asked once, and only of hosts that may be insecure. */
  #scheme(endpoint: Endpoint): Promise<Scheme> {
    if (endpoint.transport !== 'insecure')
      return Promise.resolve({ scheme: endpoint.transport, unverified: false })
    const known = this.#schemes.get(endpoint.host)
    if (known !== undefined) return known
    const asking = this.#probe(endpoint.host)
    this.#schemes.set(endpoint.host, asking)
    asking.catch(() => this.#schemes.delete(endpoint.host))
    return asking
  }

  async #probe(host: string): Promise<Scheme> {
    const { http, signal } = this.#act
    const ask = async (scheme: 'https' | 'http'): Promise<Scheme> => {
      const unverified = scheme === 'https'
      const response = await http.request({
        url: `${scheme}://${host}/v2/`,
        unverified,
        timeoutMs: 15_000,
        signal,
      })
      await response.drain().catch(() => undefined)
      // What servers of TLS answer to plain HTTP.
      if (scheme === 'http' && response.status === 400) throw new Error('plain HTTP is refused')
      return { scheme, unverified }
    }
    try {
      return await ask('https')
    } catch (error) {
      signal.throwIfAborted()
      // The first error says more when nothing answers at all.
      return ask('http').catch(() => Promise.reject(error as Error))
    }
  }
}

interface Scheme {
  readonly scheme: 'https' | 'http'
  readonly unverified: boolean
}

function urlOf(origin: string, endpoint: Endpoint, call: Call): string {
  const url = new URL(`${origin}/v2/${call.path === '' ? '' : endpoint.prefix}${call.path}`)
  for (const [name, value] of Object.entries(call.query ?? {})) url.searchParams.append(name, value)
  if (endpoint.ns !== undefined) url.searchParams.set('ns', endpoint.ns)
  return url.toString()
}

/**
 * An upload location, made absolute. A registry behind a TLS proxy often names itself as http://: the same host is then
 * reached as before, so that no login goes out in plain text.
 */
export function locate(location: string, origin: string): string {
  if (!URL.canParse(location, origin))
    throw environmentError({
      code: 'registry-location',
      what: 'the registry sent us to an address that is not a URL',
      where: origin,
      fix: 'correct the external address in the configuration of the registry',
    })
  const url = new URL(location, origin)
  const base = new URL(origin)
  return url.hostname === base.hostname && url.protocol === 'http:' && base.protocol === 'https:'
    ? `${origin}${url.pathname}${url.search}`
    : url.toString()
}
