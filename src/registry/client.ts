/** The registry client: the distribution API (OCI distribution-spec 1.1) for what a release needs. */
import type { Readable } from 'node:stream'
import type { Act } from '../base/act.ts'
import { environmentError } from '../base/errors.ts'
import { parseObject } from '../base/json.ts'
import { Api } from './api.ts'
import { type CredentialSource, scopeOf } from './auth.ts'
import { type BlobOptions, readBlob, statBlob } from './blobs.ts'
import type { RegistryLogin, RegistryMirror } from './credentials.ts'
import { type Credential, readDockerCredentials } from './docker-config.ts'
import { type Asked, isAbsent, RegistryFault } from './failures.ts'
import {
  ACCEPT_MANIFESTS,
  digestOf,
  type ImageIndex,
  type ImageManifest,
  isDigest,
  parseManifest,
} from './media-types.ts'
import type { Endpoint } from './mirrors.ts'
import { checkLogin, checkPush, ping, type PingResult } from './ping.ts'
import {
  formatReference,
  identifierOf,
  normalizeRegistry,
  type Reference,
  type Repository,
} from './reference.ts'
import { Transport } from './transport.ts'
import { type BlobSource, uploadBlob, type UploadOptions, type UploadResult } from './uploads.ts'

export type ClientAct = Pick<Act, 'http' | 'log' | 'signal' | 'clock' | 'counter'>

export interface ClientOptions {
  readonly logins?: readonly RegistryLogin[]
  readonly mirrors?: readonly RegistryMirror[]
  readonly insecure?: readonly string[]
  /** Where a login comes from when `logins` has none, for example dockerCredentials(act). Default: anonymous. */
  readonly credentials?: CredentialSource
}

export interface ReadOptions {
  /** Only the registry itself, no mirror: for what we have pushed. */
  readonly origin?: boolean
  /**
   * As part of a push: the registry itself, with the right to push asked for as well. One token then serves the whole
   * push, and a repository that is yet to be made is no refusal.
   */
  readonly writing?: boolean
}

export interface Resolved {
  readonly digest: string
  readonly mediaType: string
  /** Bytes of the manifest; undefined when the registry does not tell. */
  readonly size?: number
}

export interface ManifestBytes {
  readonly bytes: Buffer
  readonly digest: string
  readonly mediaType: string
  readonly content: ImageIndex | ImageManifest
}

/** Manifests are at most 4 MiB at the registries; more is not read. */
const MANIFEST_LIMIT = 8 * 1024 * 1024
const MAX_TAG_PAGES = 200

/** The logins of Docker's own configuration. */
export const dockerCredentials =
  (act: Pick<Act, 'env' | 'exec' | 'host' | 'log' | 'signal' | 'secrets'>): CredentialSource =>
  (registry) =>
    readDockerCredentials(registry, act)

/**
 * Talks to registries. Every method retries what can pass, gives up at once on what cannot, and throws PipelineError
 * with cause and fix (`registry-*` codes); an abort throws the signal's reason.
 */
export class RegistryClient {
  readonly #act: ClientAct
  readonly #options: ClientOptions
  readonly #api: Api

  /** `known` is for withSignal only. */
  constructor(act: ClientAct, options: ClientOptions = {}, known?: Api) {
    this.#act = act
    this.#options = options
    this.#api = known ?? new Api(act, new Transport(act, sourceOf(options)), options)
  }

  /** The same client, with its logins and tokens, under another signal: for cleaning up after an abort. */
  withSignal(signal: AbortSignal): RegistryClient {
    return new RegistryClient({ ...this.#act, signal }, this.#options, this.#api.as(signal))
  }

  /** One look at a registry for the doctor: never throws but on abort. */
  ping(registry: string): Promise<PingResult> {
    return ping(this.#api, registry)
  }

  /** Proves user and password before any work; throws `registry-login-refused`. */
  checkLogin(registry: string): Promise<void> {
    return checkLogin(this.#api, registry)
  }

  /** Proves the right to push into a repository by beginning an upload and cancelling it. */
  checkPush(to: Repository): Promise<void> {
    return checkPush(this.#api, to)
  }

  /** Digest and media type of what a reference names, without reading it (HEAD; GET where HEAD says too little). */
  async resolve(ref: Reference, options: ReadOptions = {}): Promise<Resolved> {
    const asked = askedFor(ref, 'pull')
    const scope = options.writing === true ? 'pull,push' : 'pull'
    return this.#api.reading(ref.registry, asked, isOrigin(options), async (endpoint, about) => {
      const found = await this.#head(endpoint, ref, about, scope)
      if (found !== undefined) return found
      const { bytes, digest, mediaType } = await this.#get(endpoint, ref, about, scope)
      return { digest, mediaType, size: bytes.length }
    })
  }

  /** As resolve, but undefined when there is no such manifest or repository. */
  async tryResolve(ref: Reference, options: ReadOptions = {}): Promise<Resolved | undefined> {
    try {
      return await this.resolve(ref, options)
    } catch (error) {
      if (isAbsent(error)) return undefined
      throw error
    }
  }

  /** The bytes of a manifest or index, hashed again and compared with the digest asked for or announced. */
  manifest(ref: Reference, options: ReadOptions = {}): Promise<ManifestBytes> {
    return this.#api.reading(ref.registry, askedFor(ref, 'pull'), isOrigin(options), (endpoint, about) =>
      this.#get(endpoint, ref, about, options.writing === true ? 'pull,push' : 'pull'),
    )
  }

  /** Puts a manifest under a tag or its digest. The bytes are sent as they are. */
  async putManifest(
    to: Repository,
    bytes: Uint8Array,
    mediaType: string,
    tagOrDigest: string,
  ): Promise<{ digest: string }> {
    const digest = digestOf(bytes, tagOrDigest)
    const ref = withIdentifier(to, tagOrDigest)
    return this.#api.call(
      to.registry,
      {
        method: 'PUT',
        path: `${to.repository}/manifests/${tagOrDigest}`,
        headers: { 'content-type': mediaType },
        body: bytes,
        scopes: [scopeOf(to.repository, 'pull,push')],
        expect: [200, 201, 202],
        asked: askedFor(ref, 'push'),
        timeoutMs: 120_000,
      },
      async ({ response }) => {
        await response.drain()
        const told = response.headers['docker-content-digest']
        if (told !== undefined && told.startsWith('sha256:') && told !== digestOf(bytes))
          throw environmentError({
            code: 'registry-digest-mismatch',
            what: `${to.registry} stored another manifest than the one pushed to ${formatReference(ref)}`,
            cause: `pushed ${digest}, the registry answered ${told}`,
            where: to.registry,
            fix: 'the registry or a proxy rewrites manifests: look for a conversion setting there',
          })
        return { digest }
      },
    )
  }

  /** Streams a blob, verified; see readBlob. */
  blob(from: Repository, digest: string, options: BlobOptions = {}): Readable {
    return readBlob(this.#api, from, digest, options)
  }

  async hasBlob(at: Repository, digest: string): Promise<boolean> {
    return (await this.blobSize(at, digest)) !== undefined
  }

  /** Bytes; undefined when the registry does not have it, NaN when it does not tell the size. */
  blobSize(at: Repository, digest: string): Promise<number | undefined> {
    return statBlob(this.#api, at, digest)
  }

  /** Pushes a blob unless it is there; see uploadBlob. */
  uploadBlob(to: Repository, blob: BlobSource, options: UploadOptions = {}): Promise<UploadResult> {
    return uploadBlob(this.#api, to, blob, options)
  }

  /** All tags of a repository, none when there is no such repository. */
  async listTags(of: Repository): Promise<string[]> {
    const tags: string[] = []
    const asked: Asked = { ...of, what: `${of.registry}/${of.repository}`, action: 'list' }
    let location: string | undefined
    for (let page = 0; page < MAX_TAG_PAGES; page++) {
      const next: string | undefined = await this.#api.call(
        of.registry,
        {
          method: 'GET',
          path: `${of.repository}/tags/list`,
          query: { n: '1000' },
          ...(location === undefined ? {} : { location }),
          scopes: [scopeOf(of.repository, 'pull')],
          expect: [200, 404],
          asked,
        },
        async ({ response, url }) => {
          const text = await response.text()
          if (response.status === 404) return undefined
          const found = parseObject(text)?.['tags']
          if (Array.isArray(found)) tags.push(...found.filter((tag) => typeof tag === 'string'))
          const link = /<([^>]+)>\s*;\s*rel="?next"?/i.exec(response.headers['link'] ?? '')?.[1]
          return link === undefined ? undefined : new URL(link, url).toString()
        },
      )
      if (next === undefined || next === location) break
      location = next
    }
    return tags
  }

  /** Deletes a manifest with every tag on it. */
  deleteManifest(at: Repository, digest: string): Promise<'deleted' | 'absent' | 'unsupported'> {
    return this.#delete(at, digest)
  }

  /** Deletes a tag and leaves its manifest; many registries cannot. */
  deleteTag(at: Repository, tag: string): Promise<'deleted' | 'absent' | 'unsupported'> {
    return this.#delete(at, tag)
  }

  #delete(at: Repository, identifier: string): Promise<'deleted' | 'absent' | 'unsupported'> {
    return this.#api.call(
      at.registry,
      {
        method: 'DELETE',
        path: `${at.repository}/manifests/${identifier}`,
        scopes: [scopeOf(at.repository, 'delete,pull')],
        // 400: distribution 2 takes digests only; 405 and 501: deletion is switched off.
        expect: [200, 202, 204, 400, 404, 405, 501],
        asked: askedFor(withIdentifier(at, identifier), 'delete'),
      },
      async ({ response }) => {
        await response.drain()
        if (response.status === 404) return 'absent'
        return response.status < 300 ? 'deleted' : 'unsupported'
      },
    )
  }

  /** Undefined when the registry says too little to HEAD, so that GET must tell. */
  async #head(
    endpoint: Endpoint,
    ref: Reference,
    asked: Asked,
    scope: 'pull' | 'pull,push',
  ): Promise<Resolved | undefined> {
    try {
      const { response } = await this.#api.send(endpoint, {
        method: 'HEAD',
        path: `${ref.repository}/manifests/${identifierOf(ref)}`,
        headers: { accept: ACCEPT_MANIFESTS },
        scopes: [scopeOf(endpoint.prefix + ref.repository, scope)],
        expect: [200],
        asked,
      })
      await response.drain()
      const digest = response.headers['docker-content-digest']
      const mediaType = response.headers['content-type']
      if (digest === undefined || !isDigest(digest) || mediaType === undefined) return undefined
      if (ref.digest !== undefined && digest !== ref.digest) return undefined
      const size = Number(response.headers['content-length'] ?? Number.NaN)
      return { digest, mediaType, ...(Number.isFinite(size) && size > 0 ? { size } : {}) }
    } catch (error) {
      // A refused HEAD has no body to say why; a missing HEAD says nothing about the manifest.
      if (
        error instanceof RegistryFault &&
        error.status < 500 &&
        ![404, 408, 425, 429].includes(error.status)
      )
        return undefined
      throw error
    }
  }

  async #get(
    endpoint: Endpoint,
    ref: Reference,
    asked: Asked,
    scope: 'pull' | 'pull,push',
  ): Promise<ManifestBytes> {
    const { response } = await this.#api.send(endpoint, {
      method: 'GET',
      path: `${ref.repository}/manifests/${identifierOf(ref)}`,
      headers: { accept: ACCEPT_MANIFESTS },
      scopes: [scopeOf(endpoint.prefix + ref.repository, scope)],
      expect: [200],
      asked,
    })
    const bytes = await response.bytes(MANIFEST_LIMIT)
    const mediaType = response.headers['content-type'] ?? ''
    const announced = response.headers['docker-content-digest']
    const wanted = ref.digest ?? (announced !== undefined && isDigest(announced) ? announced : undefined)
    const digest = digestOf(bytes, wanted)
    if (wanted !== undefined && digest !== wanted)
      throw environmentError({
        code: 'registry-digest-mismatch',
        what: `${endpoint.registry} sent another manifest than ${asked.what}`,
        cause: `its bytes have the digest ${digest}, ${ref.digest === undefined ? 'it announced' : 'asked for was'} ${wanted}`,
        where: endpoint.host,
        fix: 'the registry, mirror or a proxy between stores or delivers it damaged or converted',
      })
    const content = parseManifest(bytes, mediaType)
    if ('reason' in content)
      throw environmentError({
        code: /html/i.test(mediaType) ? 'registry-not-a-registry' : 'registry-manifest-invalid',
        what: `what ${endpoint.registry} sent for ${asked.what} cannot be read`,
        cause: content.reason,
        where: endpoint.host,
        fix: /html/i.test(mediaType)
          ? 'a proxy, firewall or portal answers instead of the registry'
          : 'push the image again with a current tool (Docker schema 1 is not supported)',
      })
    return { bytes, digest, mediaType: content.mediaType, content }
  }
}

function sourceOf(options: ClientOptions): CredentialSource {
  const logins = new Map(
    (options.logins ?? []).map((login): [string, Credential] => [
      normalizeRegistry(login.registry),
      { kind: 'password', username: login.username, password: login.password },
    ]),
  )
  return (registry) => {
    const own = logins.get(registry)
    return own !== undefined || options.credentials === undefined
      ? Promise.resolve(own)
      : options.credentials(registry)
  }
}

const isOrigin = (options: ReadOptions): boolean => options.origin === true || options.writing === true

const askedFor = (ref: Reference, action: Asked['action']): Asked => ({
  registry: ref.registry,
  repository: ref.repository,
  what: formatReference(ref),
  action,
})

const withIdentifier = (at: Repository, tagOrDigest: string): Reference => ({
  registry: at.registry,
  repository: at.repository,
  ...(isDigest(tagOrDigest) ? { digest: tagOrDigest } : { tag: tagOrDigest }),
})
