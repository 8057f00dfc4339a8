/** Image names, as Docker and containerd read them (distribution/reference grammar). */

export interface Reference {
  /** `docker.io`, `ghcr.io`, `127.0.0.1:5000`, `[::1]:5000`. */
  readonly registry: string
  /** `library/alpine`, `acme/hello`. */
  readonly repository: string
  readonly tag?: string
  /** `sha256:<hex>`. */
  readonly digest?: string
}

export type Repository = Pick<Reference, 'registry' | 'repository'>

const COMPONENT = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/
const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/
const DOCKER_HUB = new Set([
  'docker.io',
  'index.docker.io',
  'registry-1.docker.io',
  'registry.hub.docker.com',
])

/** The name under which a registry's credentials, mirrors and settings are kept: lower case, Docker Hub in one spelling. */
export function normalizeRegistry(host: string): string {
  const lower = host.toLowerCase()
  return DOCKER_HUB.has(lower) ? 'docker.io' : lower
}

/** The host that answers the API of a registry: Docker Hub's is not at docker.io. */
export const apiHost = (registry: string): string =>
  normalizeRegistry(registry) === 'docker.io' ? 'registry-1.docker.io' : registry

/** Why `text` is no `host[:port]`, or undefined when it is one. IPv6 addresses stand in brackets. */
export function registryFault(text: string): string | undefined {
  if (/^[a-z]+:\/\//i.test(text)) return 'leave the scheme out: write host or host:port'
  if (text.includes('/')) return 'a registry is host or host:port, without a path'
  const match = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text)
  if (match === null) return 'write host or host:port (an IPv6 address in brackets)'
  const [, host = '', port] = match
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) return `there is no port ${port}`
  if (!host.startsWith('[') && !/^[a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?$/.test(host))
    return `"${host}" is not a host name`
  return undefined
}

export const isTag = (text: string): boolean => TAG.test(text)

/**
 * Reads `[registry/]repository[:tag][@digest]`. Without a registry it is Docker Hub's, without a namespace there
 * `library/`. Returns the reason when it is no reference.
 */
export function parseReference(text: string): Reference | { reason: string } {
  const trimmed = text.trim()
  if (trimmed === '') return { reason: 'it is empty' }
  if (/^[a-z]+:\/\//i.test(trimmed)) return { reason: 'leave the scheme (https://, docker://) out' }
  if (/\s/.test(trimmed)) return { reason: 'it holds a blank' }

  const at = trimmed.indexOf('@')
  const digest = at < 0 ? undefined : trimmed.slice(at + 1)
  if (digest !== undefined && !DIGEST.test(digest))
    return { reason: `"${digest}" is not a digest: write sha256: and 64 hexadecimal digits` }
  const named = at < 0 ? trimmed : trimmed.slice(0, at)
  // A colon after the last slash starts a tag; before it, a port.
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  const name = colon < 0 ? named : named.slice(0, colon)
  if (tag !== undefined && !TAG.test(tag))
    return {
      reason: `"${tag}" is not a tag: letters, digits, "_", "." and "-", at most 128, not starting with "." or "-"`,
    }

  const slash = name.indexOf('/')
  const first = slash < 0 ? '' : name.slice(0, slash)
  // Docker's rule: the first part is a host when it could not be a namespace.
  const hasHost = /[.:[]/.test(first) || first === 'localhost' || first !== first.toLowerCase()
  const host = hasHost ? first : 'docker.io'
  let repository = hasHost ? name.slice(slash + 1) : name
  const fault = registryFault(host)
  if (fault !== undefined) return { reason: `"${host}" is not a registry: ${fault}` }
  const registry = normalizeRegistry(host)
  if (registry === 'docker.io' && !repository.includes('/') && repository !== '')
    repository = `library/${repository}`

  if (repository === '') return { reason: 'it names no repository' }
  if (repository !== repository.toLowerCase())
    return { reason: `repository names are lower case: write ${repository.toLowerCase()}` }
  if (repository.length > 255) return { reason: 'its repository name is longer than 255 characters' }
  for (const part of repository.split('/')) {
    if (!COMPONENT.test(part))
      return {
        reason:
          part === ''
            ? 'it has an empty part between slashes'
            : `"${part}" is not allowed in a repository name: lower-case letters and digits, with ".", "_", "__" or "-" between them`,
      }
  }
  if (!hasHost && /^[a-f0-9]{64}$/.test(name)) return { reason: 'it is an image id, not a name' }
  return {
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** The full name: `docker.io/library/alpine:3.22@sha256:…`. */
export function formatReference(ref: Reference): string {
  return (
    `${ref.registry}/${ref.repository}` +
    (ref.tag === undefined ? '' : `:${ref.tag}`) +
    (ref.digest === undefined ? '' : `@${ref.digest}`)
  )
}

/** What is asked of the registry: the digest when there is one, else the tag, else `latest`. */
export const identifierOf = (ref: Reference): string => ref.digest ?? ref.tag ?? 'latest'

export const sameRepository = (a: Repository, b: Repository): boolean =>
  a.registry === b.registry && a.repository === b.repository

/** Hosts that Docker trusts without TLS: this machine's own. */
export function isLoopback(registry: string): boolean {
  const host = registry.replace(/:\d+$/, '')
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host)
}
