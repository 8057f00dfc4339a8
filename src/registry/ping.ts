/** Asking a registry before any work: is it there, does it know us, may we push? */
import { reasonOf } from '../base/clock.ts'
import { environmentError, PipelineError, type Problem } from '../base/errors.ts'
import type { Api } from './api.ts'
import { scopeOf } from './auth.ts'
import { parseChallenges } from './challenges.ts'
import { type Asked, describeAnswer, describeNetworkFault, readFault } from './failures.ts'
import type { Repository } from './reference.ts'

export interface PingResult {
  readonly registry: string
  /** It speaks the distribution API. */
  readonly ok: boolean
  /** `none` when it answers anybody, else how it wants a login. */
  readonly login?: 'none' | 'basic' | 'bearer' | 'other'
  readonly status?: number
  /** Why it is not ok. */
  readonly problem?: Problem
}

/** GET /v2/ without a login, once: 200 and 401 are a registry's answers; anything else is named for what it is. */
export async function ping(api: Api, registry: string): Promise<PingResult> {
  const endpoint = api.origin(registry)
  const asked: Asked = { registry, what: registry, action: 'login' }
  try {
    const { response, url } = await api.bare(endpoint)
    const { status, headers } = response
    const challenge = headers['www-authenticate']
    const api2 = headers['docker-distribution-api-version'] !== undefined
    if (status === 200 || status === 401) {
      const body = status === 200 ? (await response.text(64 * 1024).catch(() => '')).trim() : ''
      const html = /html/i.test(headers['content-type'] ?? '') || body.startsWith('<')
      const login = status === 200 ? 'none' : schemeOf(challenge)
      if (!html && (api2 || (status === 200 ? /^(?:\{.*\}|)$/s.test(body) : challenge !== undefined))) {
        if (status === 401) await response.drain()
        return { registry, ok: true, login, status }
      }
      if (status === 401) await response.drain()
      return {
        registry,
        ok: false,
        status,
        problem: {
          code: 'registry-not-a-registry',
          what: `something other than a registry answers for ${registry}`,
          cause: html
            ? `GET /v2/ gives an HTML page (status ${status}): a proxy, firewall or portal may stand between`
            : `GET /v2/ gives status ${status} without the signs of a registry`,
          where: url,
          fix: `check the name; behind a proxy set HTTPS_PROXY, or NO_PROXY=${registry} when it is inside`,
        },
      }
    }
    const fault = await readFault(response, { method: 'GET', url }, asked)
    if (status === 404 || (status >= 300 && status < 400))
      return {
        registry,
        ok: false,
        status,
        problem: {
          code: 'registry-not-a-registry',
          what: `${registry} is not a registry`,
          cause: `GET /v2/ gives status ${status}`,
          where: url,
          fix: 'give host and port of the registry itself, not of its web page',
        },
      }
    return { registry, ok: false, status, problem: describeAnswer(fault) }
  } catch (error) {
    if (api.act.signal.aborted) throw reasonOf(api.act.signal)
    const problem = error instanceof PipelineError ? error.problems[0] : describeNetworkFault(error, asked)
    return { registry, ok: false, ...(problem === undefined ? {} : { problem }) }
  }
}

function schemeOf(challenge: string | undefined): 'basic' | 'bearer' | 'other' {
  const schemes = parseChallenges(challenge ?? '').map(({ scheme }) => scheme)
  return schemes.includes('bearer') ? 'bearer' : schemes.includes('basic') ? 'basic' : 'other'
}

/** As `docker login`: the API's root with the login. Throws `registry-login-refused`, and whatever keeps it from answering. */
export async function checkLogin(api: Api, registry: string): Promise<void> {
  const asked: Asked = { registry, what: registry, action: 'login' }
  await api.call(
    registry,
    { method: 'GET', path: '', scopes: [], expect: [200], asked },
    async ({ response }) => {
      await response.drain()
    },
  )
}

/** Begins an upload and cancels it: the earliest proof that the push will be allowed. */
export async function checkPush(api: Api, to: Repository): Promise<void> {
  const asked: Asked = { ...to, what: `${to.registry}/${to.repository}`, action: 'push' }
  const scopes = [scopeOf(to.repository, 'pull,push')]
  const location = await api.call(
    to.registry,
    {
      method: 'POST',
      path: `${to.repository}/blobs/uploads/`,
      headers: { 'content-length': '0' },
      scopes,
      expect: [202],
      asked,
    },
    async ({ response }) => {
      await response.drain()
      return response.headers['location']
    },
  )
  if (location === undefined)
    throw environmentError({
      code: 'registry-location',
      what: `${to.registry} began an upload but did not say where`,
      cause: 'its answer has no Location header',
      where: to.registry,
      fix: 'a proxy before the registry may drop it',
    })
  try {
    const call = { method: 'DELETE' as const, path: '', location, scopes, expect: [204, 202, 200], asked }
    await (await api.send(api.origin(to.registry), call)).response.drain()
  } catch {
    // Not every registry can cancel; it drops the empty upload by itself.
    api.act.signal.throwIfAborted()
  }
}
