/**
 * Authorization at registries: Basic, and Bearer tokens (distribution spec "token" authentication, and its OAuth2 form).
 * Credentials go to the registry's own origin and to the token server it names, nowhere else.
 */
import type { Act } from '../base/act.ts'
import { environmentError } from '../base/errors.ts'
import { parseObject } from '../base/json.ts'
import { type Challenge, parseChallenges } from './challenges.ts'
import { basicToken } from './credentials.ts'
import type { Credential } from './docker-config.ts'
import { type Asked, readFault } from './failures.ts'

/** Finds the login for a registry (or a mirror's host). */
export type CredentialSource = (registry: string) => Promise<Credential | undefined>

/** Who is asked: `origin` is scheme and host, `registry` the name the credentials are kept under. */
export interface Audience {
  readonly origin: string
  readonly registry: string
  /** Its certificate is not verified. */
  readonly unverified: boolean
}

interface Token {
  readonly value: string
  /** Milliseconds since the epoch after which it is not used any more. */
  readonly until: number
}

/** What has been learned, shared by all views of one client. */
interface Memory {
  readonly credentials: Map<string, Promise<Credential | undefined>>
  readonly challenges: Map<string, Challenge>
  readonly tokens: Map<string, Promise<Token>>
}

const CLIENT_ID = 'go-image-pipeline'
/** Tokens are good for 60 s unless they say otherwise (distribution spec, token response). */
const DEFAULT_SECONDS = 60

export const scopeOf = (repository: string, actions: 'pull' | 'pull,push' | 'delete,pull'): string =>
  `repository:${repository}:${actions}`

export class Authorizer {
  readonly #act: Pick<Act, 'http' | 'clock' | 'signal'>
  readonly #source: CredentialSource
  readonly #memory: Memory

  constructor(
    act: Pick<Act, 'http' | 'clock' | 'signal'>,
    source: CredentialSource,
    memory: Memory = { credentials: new Map(), challenges: new Map(), tokens: new Map() },
  ) {
    this.#act = act
    this.#source = source
    this.#memory = memory
  }

  /** The same logins and tokens, under another signal. */
  as(act: Pick<Act, 'http' | 'clock' | 'signal'>): Authorizer {
    return new Authorizer(act, this.#source, this.#memory)
  }

  /** Whether a login is known for the registry. */
  async loggedIn(registry: string): Promise<boolean> {
    return (await this.#credential(registry)) !== undefined
  }

  /**
   * The Authorization header for a request, or undefined when the registry has not asked for one yet.
   * Tokens are shared by equal scopes and renewed before they end.
   */
  async header(audience: Audience, scopes: readonly string[], asked: Asked): Promise<string | undefined> {
    const challenge = this.#memory.challenges.get(audience.origin)
    return challenge === undefined ? undefined : this.#answer(audience, challenge, scopes, asked)
  }

  /**
   * Takes a 401's WWW-Authenticate and returns a fresh Authorization header, or undefined when there is nothing (more)
   * to offer. `used` is the header that was refused.
   */
  async challenged(
    audience: Audience,
    header: string | undefined,
    scopes: readonly string[],
    asked: Asked,
    used: string | undefined,
  ): Promise<string | undefined> {
    const offered = parseChallenges(header ?? '')
    const challenge =
      offered.find(({ scheme, params }) => scheme === 'bearer' && params['realm'] !== undefined) ??
      offered.find(({ scheme }) => scheme === 'basic')
    if (challenge === undefined) {
      if (offered.length === 0) return undefined
      throw environmentError({
        code: 'registry-auth-scheme',
        what: `${asked.registry} wants a kind of login we do not have`,
        cause: `it offers ${offered.map(({ scheme }) => scheme).join(', ')}; registries use Bearer or Basic`,
        where: audience.origin,
        fix: 'a proxy may be asking instead of the registry: check HTTPS_PROXY and NO_PROXY',
      })
    }
    this.#memory.challenges.set(audience.origin, challenge)
    if (challenge.scheme === 'bearer') {
      // The registry may name a scope that we could not know (a proxy project, another spelling).
      const wanted = merge(scopes, challenge.params['scope'])
      this.#memory.tokens.delete(keyOf(audience, challenge, wanted))
      return this.#answer(audience, challenge, wanted, asked)
    }
    const basic = await this.#answer(audience, challenge, scopes, asked)
    return basic === used ? undefined : basic
  }

  async #answer(
    audience: Audience,
    challenge: Challenge,
    scopes: readonly string[],
    asked: Asked,
  ): Promise<string | undefined> {
    const credential = await this.#credential(audience.registry)
    if (challenge.scheme === 'basic') {
      return credential?.kind === 'password'
        ? `Basic ${basicToken(credential.username, credential.password)}`
        : undefined
    }
    const key = keyOf(audience, challenge, scopes)
    const known = this.#memory.tokens.get(key)
    const token = await known?.catch(() => undefined)
    if (token !== undefined && token.until > this.#act.clock.now()) return `Bearer ${token.value}`
    let pending = this.#memory.tokens.get(key)
    // Unless another request has renewed it while we waited.
    if (pending === known || pending === undefined) {
      pending = this.#fetchToken(audience, challenge, scopes, credential, asked)
      this.#memory.tokens.set(key, pending)
      const kept = pending
      // A failed fetch is not kept: the next request asks again.
      kept.catch(() => {
        if (this.#memory.tokens.get(key) === kept) this.#memory.tokens.delete(key)
      })
    }
    return `Bearer ${(await pending).value}`
  }

  async #fetchToken(
    audience: Audience,
    challenge: Challenge,
    scopes: readonly string[],
    credential: Credential | undefined,
    asked: Asked,
  ): Promise<Token> {
    const realm = this.#realm(audience, challenge, credential, asked)
    const service = challenge.params['service']
    const unverified = audience.unverified && realm.origin === audience.origin
    const url = new URL(realm)
    if (service !== undefined) url.searchParams.set('service', service)
    for (const scope of scopes) url.searchParams.append('scope', scope)
    const byGet = {
      method: 'GET' as const,
      url: url.toString(),
      headers:
        credential?.kind === 'password'
          ? { authorization: `Basic ${basicToken(credential.username, credential.password)}` }
          : {},
    }
    const form = new URLSearchParams({
      client_id: CLIENT_ID,
      ...(service === undefined ? {} : { service }),
      ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
      ...(credential?.kind === 'identity-token'
        ? { grant_type: 'refresh_token', refresh_token: credential.token }
        : credential === undefined
          ? {}
          : { grant_type: 'password', username: credential.username, password: credential.password }),
    })
    const byPost = {
      method: 'POST' as const,
      url: realm.toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    }
    // A refresh token can only be sent by POST; everything else prefers GET, which every registry answers.
    const ways =
      credential === undefined ? [byGet] : credential.kind === 'identity-token' ? [byPost] : [byGet, byPost]
    const about: Asked = { ...asked, loggedIn: credential !== undefined }
    for (const [at, request] of ways.entries()) {
      const response = await this.#act.http.request({ ...request, unverified, signal: this.#act.signal })
      const gone = response.status === 404 || response.status === 405 || response.status === 501
      if (gone && at + 1 < ways.length) {
        await response.drain()
        continue
      }
      if (response.status !== 200) throw await readFault(response, request, about)
      const json = parseObject(await response.text(1024 * 1024))
      const value = [json?.['token'], json?.['access_token']].find(
        (text): text is string => typeof text === 'string' && text !== '',
      )
      if (value === undefined) break
      const seconds = json?.['expires_in']
      const lifetime = typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_SECONDS
      // Renewed before its end, so that it does not run out under way.
      return { value, until: this.#act.clock.now() + lifetime * 1000 * 0.8 }
    }
    throw environmentError({
      code: 'registry-token',
      what: `the token server of ${asked.registry} gave no token`,
      where: realm.origin + realm.pathname,
      fix: 'check that the address belongs to a registry; a proxy may answer instead',
    })
  }

  #realm(audience: Audience, challenge: Challenge, credential: Credential | undefined, asked: Asked): URL {
    const text = challenge.params['realm'] ?? ''
    const realm = URL.canParse(text, audience.origin) ? new URL(text, audience.origin) : undefined
    const https = realm?.protocol === 'https:'
    const plain =
      realm?.protocol === 'http:' && (audience.origin.startsWith('http:') || credential === undefined)
    if (realm !== undefined && (https || plain)) return realm
    throw environmentError({
      code: 'registry-token',
      what: `the token server that ${asked.registry} names cannot be used`,
      cause:
        realm?.protocol === 'http:'
          ? 'the registry speaks TLS but sends logins to plain HTTP, which would show the password'
          : 'its address is not a URL',
      where: realm === undefined ? audience.origin : realm.origin,
      fix: 'correct the realm in the configuration of the registry',
    })
  }

  #credential(registry: string): Promise<Credential | undefined> {
    let known = this.#memory.credentials.get(registry)
    if (known === undefined) {
      known = this.#source(registry)
      this.#memory.credentials.set(registry, known)
      known.catch(() => this.#memory.credentials.delete(registry))
    }
    return known
  }
}

const keyOf = (audience: Audience, challenge: Challenge, scopes: readonly string[]): string =>
  [audience.origin, challenge.params['realm'], challenge.params['service'], ...[...scopes].sort()].join('\n')

/** Our scopes and those of the challenge (blank-separated), each once; a scope contained in another is left out. */
export function merge(scopes: readonly string[], offered: string | undefined): string[] {
  const all = new Map<string, Set<string>>()
  for (const scope of [...scopes, ...(offered ?? '').split(/\s+/)]) {
    if (scope === '') continue
    const at = scope.lastIndexOf(':')
    const name = at < 0 ? scope : scope.slice(0, at)
    const actions = all.get(name) ?? new Set<string>()
    if (at >= 0) for (const action of scope.slice(at + 1).split(',')) actions.add(action)
    all.set(name, actions)
  }
  return [...all].map(([name, actions]) => (actions.size === 0 ? name : `${name}:${[...actions].join(',')}`))
}
