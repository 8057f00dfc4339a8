import type { Act } from '../base/act.ts'
import { environmentError, inputError, messageOf, PipelineError } from '../base/errors.ts'
import type { HttpResponse } from '../base/http.ts'
import type { Environment } from '../base/platform.ts'
import { retry } from '../base/retry.ts'
import { at, maybeText } from './answers.ts'
import { classifyGitHubFault, GitHubFault, type Method } from './faults.ts'

export interface GitHubSettings {
  /** `https://api.github.com`, or `https://HOST/api/v3` of a GHES. */
  readonly apiUrl: string
  readonly token: string
}

export interface Repository {
  readonly owner: string
  readonly repo: string
}

export interface CallOptions {
  readonly query?: Readonly<Record<string, string | number | undefined>>
  readonly body?: unknown
  /** The permission this call needs, for the message when it is missing: `deployments: write`. */
  readonly needs?: string
  /** May be sent twice without harm. Default: everything but POST. */
  readonly repeatable?: boolean
  /** A file instead of `body`. */
  readonly file?: { readonly content: Uint8Array; readonly type: string }
}

/** The version of the API that this code was written and tested against. */
export const API_VERSION = '2022-11-28'
const TIMEOUT_MS = 30_000
/** Files may be large and lines slow. */
const UPLOAD_MS = 10 * 60_000
/** Longer waits for a rate limit are told to the user instead of being waited for. */
const LONGEST_WAIT_MS = 120_000
const ATTEMPTS = 5
const PER_PAGE = 100
const MOST_REDIRECTS = 3

/** Where the API is and who asks: GITHUB_API_URL is set by every runner, also those of GHES, Gitea and act. */
export function githubSettings(env: Environment, token: string): GitHubSettings {
  const given = env['GITHUB_API_URL']
  const apiUrl = (given === undefined || given === '' ? 'https://api.github.com' : given).replace(/\/+$/, '')
  return { apiUrl, token }
}

/** `OWNER/REPO`; throws `bad-repository`. */
export function parseRepository(text: string): Repository {
  const match = /^([A-Za-z0-9_.-]+)\/([A-Za-z0-9_.-]+)$/.exec(text)
  if (match === null)
    throw inputError({
      code: 'bad-repository',
      what: `"${text}" is no repository`,
      fix: 'write OWNER/REPO, as in GITHUB_REPOSITORY',
    })
  return { owner: match[1] ?? '', repo: match[2] ?? '' }
}

/** A path with its parameters encoded: ``route`/repos/${owner}/${repo}/issues/${number}` ``. */
export function route(parts: TemplateStringsArray, ...values: readonly (string | number)[]): string {
  return parts.reduce(
    (path, part, index) => path + encodeURIComponent(String(values[index - 1] ?? '')) + part,
  )
}

/**
 * A small client of GitHub's REST API: retries by class of fault, rate limits honoured up to a bound, pages followed, refusals
 * told with the missing permission. All methods throw GitHubFault for answers ≥ 300, and PipelineError otherwise.
 */
export class GitHub {
  readonly #settings: GitHubSettings
  readonly #act: Pick<Act, 'http' | 'log' | 'clock' | 'counter'>

  constructor(settings: GitHubSettings, act: Pick<Act, 'http' | 'log' | 'clock' | 'counter' | 'secrets'>) {
    act.secrets.mask(settings.token)
    this.#settings = settings
    this.#act = act
  }

  get apiUrl(): string {
    return this.#settings.apiUrl
  }

  get clock(): Act['clock'] {
    return this.#act.clock
  }

  async get(path: string, signal: AbortSignal, options: CallOptions = {}): Promise<unknown> {
    return (await this.#call('GET', this.#url(path, options.query), signal, options)).value
  }

  /** As `get`, but undefined for 404. */
  async find(path: string, signal: AbortSignal, options: CallOptions = {}): Promise<unknown> {
    try {
      return await this.get(path, signal, options)
    } catch (error) {
      if (error instanceof GitHubFault && error.status === 404) return undefined
      throw error
    }
  }

  async send(
    method: Exclude<Method, 'GET'>,
    path: string,
    signal: AbortSignal,
    options: CallOptions = {},
  ): Promise<unknown> {
    return (await this.#call(method, this.#url(path, options.query), signal, options)).value
  }

  /**
   * Sends a file to an address that an answer named (`upload_url` of a release). It must be of the same server or GitHub's
   * host for uploads: an answer cannot make the token go elsewhere.
   */
  async upload(
    address: string,
    query: Readonly<Record<string, string>>,
    file: { readonly content: Uint8Array; readonly type: string },
    signal: AbortSignal,
    options: Pick<CallOptions, 'needs'> = {},
  ): Promise<unknown> {
    const url = new URL(address)
    const api = new URL(this.#settings.apiUrl)
    const hosts = [api.host, `uploads.${api.host.replace(/^api\./, '')}`]
    if (url.protocol !== api.protocol || !hosts.includes(url.host))
      throw badAnswer('POST', url.pathname, `it sends uploads to ${url.host}`)
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    return (await this.#call('POST', url.toString(), signal, { ...options, file })).value
  }

  /**
   * The items of a list, page after page, as they are asked for. Ends with `github-too-many` after `pages` full pages:
   * what was not read must not be taken for absent.
   */
  async *items(
    path: string,
    signal: AbortSignal,
    options: CallOptions & { readonly pages?: number } = {},
  ): AsyncGenerator {
    const most = options.pages ?? 20
    let url: string | undefined = this.#url(path, { per_page: PER_PAGE, ...options.query })
    for (let page = 1; url !== undefined; page++) {
      if (page > most)
        throw environmentError({
          code: 'github-too-many',
          what: `a list of GitHub has more than ${most} pages`,
          where: `GET ${path}`,
          fix: 'close or delete what is old, so that nothing can hide behind the last page read',
        })
      const answer: { value: unknown; next: string | undefined } = await this.#call(
        'GET',
        url,
        signal,
        options,
      )
      if (!Array.isArray(answer.value)) throw badAnswer('GET', path, 'it is no list')
      yield* answer.value as unknown[]
      url = answer.next
    }
  }

  async list(
    path: string,
    signal: AbortSignal,
    options: CallOptions & { readonly pages?: number } = {},
  ): Promise<unknown[]> {
    const all: unknown[] = []
    for await (const item of this.items(path, signal, options)) all.push(item)
    return all
  }

  #url(path: string, query: CallOptions['query'] = {}): string {
    const url = new URL(this.#settings.apiUrl + path)
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value))
    return url.toString()
  }

  #call(
    method: Method,
    url: string,
    signal: AbortSignal,
    options: CallOptions,
  ): Promise<{ value: unknown; next: string | undefined }> {
    const { log, clock, counter } = this.#act
    const what = `${method} ${new URL(url).pathname}`
    return retry(() => this.#once(method, url, signal, options), {
      what,
      attempts: ATTEMPTS,
      capMs: LONGEST_WAIT_MS,
      classify: (error) =>
        error instanceof PipelineError && !(error instanceof GitHubFault)
          ? { kind: 'final' }
          : classifyGitHubFault(error, {
              repeatable: options.repeatable ?? method !== 'POST',
              longest: LONGEST_WAIT_MS,
              now: clock.now(),
            }),
      clock,
      signal,
      log,
      counter,
    }).catch((error: unknown) => {
      if (error instanceof PipelineError || signal.aborted) throw error
      throw environmentError(
        {
          code: 'github-unreachable',
          what: 'the GitHub API cannot be reached',
          cause: messageOf(error),
          where: `${method} ${new URL(url).origin}`,
          fix: 'check GITHUB_API_URL, the proxy (HTTPS_PROXY, NO_PROXY) and the firewall of this machine',
        },
        { cause: error },
      )
    })
  }

  async #once(
    method: Method,
    first: string,
    signal: AbortSignal,
    options: CallOptions,
  ): Promise<{ value: unknown; next: string | undefined }> {
    let url = first
    for (let hop = 0; ; hop++) {
      const response = await this.#act.http.request({
        method,
        url,
        headers: {
          accept: 'application/vnd.github+json',
          'x-github-api-version': API_VERSION,
          ...(this.#settings.token === '' ? {} : { authorization: `Bearer ${this.#settings.token}` }),
          ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(options.file === undefined ? {} : { 'content-type': options.file.type }),
        },
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        ...(options.file === undefined ? {} : { body: options.file.content }),
        timeoutMs: options.file === undefined ? TIMEOUT_MS : UPLOAD_MS,
        signal,
      })
      const { location } = response.headers
      // A renamed repository answers with its new address; the token never follows to another host.
      const moved = [301, 302, 307, 308].includes(response.status) && location !== undefined
      if (moved && hop < MOST_REDIRECTS) {
        const next = new URL(location, url)
        if (next.origin === new URL(url).origin) {
          await response.drain()
          url = next.toString()
          continue
        }
      }
      return { value: await this.#read(method, url, response, options), next: this.#next(response, url) }
    }
  }

  async #read(method: Method, url: string, response: HttpResponse, options: CallOptions): Promise<unknown> {
    const text = await response.text()
    const path = new URL(url).pathname
    const value = parseJson(text)
    if (response.status >= 300)
      throw new GitHubFault(
        {
          method,
          path,
          status: response.status,
          message: explain(value) ?? text.slice(0, 200).replace(/\s+/g, ' '),
          headers: response.headers,
          ...(options.needs === undefined ? {} : { needs: options.needs }),
        },
        this.#act.clock.now(),
      )
    if (text !== '' && value === undefined) throw badAnswer(method, path, 'it is no JSON')
    return value
  }

  /** The next page, on the same server only: a Link header must not send the token elsewhere. */
  #next(response: HttpResponse, url: string): string | undefined {
    const next = nextLink(response.headers['link'])
    if (next === undefined) return undefined
    const target = new URL(next, url)
    return target.origin === new URL(url).origin ? target.toString() : undefined
  }
}

/** The address with rel="next" of a Link header (RFC 8288). */
export function nextLink(header: string | undefined): string | undefined {
  for (const part of header?.split(/,\s*(?=<)/) ?? []) {
    const match = /^<([^>]*)>\s*;(.*)$/.exec(part.trim())
    if (match !== null && /(?:^|;)\s*rel="?next"?\s*(?:;|$)/.test(match[2] ?? '')) return match[1]
  }
  return undefined
}

/** `message`, and the fields that `errors` names (422). */
function explain(value: unknown): string | undefined {
  const message = maybeText(value, 'message')
  if (message === undefined) return undefined
  const errors = at(value, 'errors')
  const details = (Array.isArray(errors) ? (errors as unknown[]) : [])
    .map((one) =>
      typeof one === 'string'
        ? one
        : (maybeText(one, 'message') ??
          [maybeText(one, 'resource'), maybeText(one, 'field'), maybeText(one, 'code')]
            .filter((part) => part !== undefined)
            .join(' ')),
    )
    .filter((one) => one !== '')
  return details.length === 0 ? message : `${message} (${details.join('; ')})`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function badAnswer(method: Method, path: string, cause: string): PipelineError {
  return environmentError({
    code: 'github-answer',
    what: 'the answer of the GitHub API is not of the published shape',
    cause,
    where: `${method} ${path}`,
    fix: 'a proxy may answer in its place: ask the address with curl',
  })
}
