/** Where the API of a registry is reached: its mirrors for pulls, itself for everything. */
import type { RegistryMirror } from './credentials.ts'
import { apiHost, isLoopback, normalizeRegistry } from './reference.ts'

export interface Endpoint {
  /** The name credentials are kept under: `docker.io`, or the mirror's host. */
  readonly registry: string
  /** `host[:port]` that is connected to. */
  readonly host: string
  /** Put before the repository, for mirrors that serve below a project: `hub-proxy/`. */
  readonly prefix: string
  /** The registry a mirror stands for, sent as `?ns=` like containerd does. */
  readonly ns?: string
  /** `https` is verified; `insecure` is TLS without verification or plain HTTP, whichever answers. */
  readonly transport: 'https' | 'http' | 'insecure'
}

export interface Routes {
  readonly mirrors?: readonly RegistryMirror[]
  readonly insecure?: readonly string[]
}

/** The registry itself. Loopback hosts need no TLS, as in Docker. */
export function originOf(registry: string, routes: Routes): Endpoint {
  const name = normalizeRegistry(registry)
  return { registry: name, host: apiHost(name), prefix: '', transport: transportOf(name, routes) }
}

/**
 * The endpoints to try in order. Pulls go to the mirrors first and end at the registry itself; pushes, and reads that
 * must see what was pushed, go to the registry only.
 */
export function endpointsOf(registry: string, routes: Routes, origin: boolean): Endpoint[] {
  const name = normalizeRegistry(registry)
  const mirrors = origin ? [] : (routes.mirrors ?? []).filter((mirror) => mirror.registry === name)
  return [
    ...mirrors.map((mirror): Endpoint => {
      const url = new URL(mirror.url)
      const path = url.pathname.replace(/^\/+|\/+$/g, '')
      return {
        registry: normalizeRegistry(url.host),
        host: url.host,
        prefix: path === '' ? '' : `${path}/`,
        ...(url.host === apiHost(name) ? {} : { ns: name }),
        transport: mirror.insecure ? 'http' : listed(url.host, routes) ? 'insecure' : 'https',
      }
    }),
    originOf(name, routes),
  ]
}

const listed = (host: string, routes: Routes): boolean =>
  (routes.insecure ?? []).some((name) => normalizeRegistry(name) === normalizeRegistry(host))

const transportOf = (registry: string, routes: Routes): Endpoint['transport'] =>
  listed(registry, routes) || isLoopback(registry) ? 'insecure' : 'https'
