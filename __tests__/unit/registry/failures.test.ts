import { describe, expect, it } from '@jest/globals'
import { environmentError } from '../../../src/base/errors.ts'
import {
  type Asked,
  classifyRegistryFault,
  describeAnswer,
  describeNetworkFault,
  isAbsent,
  RegistryFault,
  registryError,
} from '../../../src/registry/failures.ts'

const asked = (registry: string, action: Asked['action'] = 'push', loggedIn = true): Asked => ({
  registry,
  repository: 'acme/hello',
  what: `${registry}/acme/hello:1`,
  action,
  loggedIn,
})

function fault(
  status: number,
  about: Asked,
  rest: Partial<{ codes: string[]; detail: string; html: boolean; retryAfter: string }> = {},
): RegistryFault {
  return new RegistryFault({
    status,
    codes: rest.codes ?? [],
    detail: rest.detail ?? '',
    html: rest.html ?? false,
    retryAfter: rest.retryAfter,
    url: `https://${about.registry}/v2/acme/hello/manifests/1`,
    method: 'PUT',
    asked: about,
  })
}

const ECR = '123456789012.dkr.ecr.eu-west-1.amazonaws.com'

describe('a refusal is told with its fix', () => {
  it.each<[string, RegistryFault, string, string]>([
    ['ghcr.io denied', fault(403, asked('ghcr.io'), { detail: 'permission_denied: write_package' }), 'registry-denied', 'packages: write'],
    ['ghcr.io denied to read', fault(403, asked('ghcr.io', 'pull')), 'registry-denied', 'packages: read'],
    ['ghcr.io without login', fault(401, asked('ghcr.io', 'push', false)), 'registry-login-missing', 'github.token'],
    ['Docker Hub: wrong login', fault(401, asked('docker.io', 'login')), 'registry-login-refused', 'access token'],
    ['Docker Hub: not our namespace', fault(403, asked('docker.io')), 'registry-denied', 'namespace'],
    ['Docker Hub: limit', fault(429, asked('docker.io', 'pull'), { detail: 'You have reached your pull rate limit' }), 'registry-rate-limit', 'registry-mirrors'],
    ['too many requests', fault(429, asked('r.io')), 'registry-rate-limit', 'mirror'],
    ['too many, by code', fault(403, asked('r.io'), { codes: ['TOOMANYREQUESTS'] }), 'registry-rate-limit', 'mirror'],
    ['ECR: no such repository', fault(404, asked(ECR), { codes: ['NAME_UNKNOWN'] }), 'registry-repository-missing', 'aws ecr create-repository'],
    ['ECR: role', fault(403, asked(ECR)), 'registry-denied', 'ecr:InitiateLayerUpload'],
    ['ECR: role to read', fault(403, asked(ECR, 'pull')), 'registry-denied', 'ecr:BatchGetImage'],
    ['ECR: login', fault(401, asked(ECR, 'login')), 'registry-login-refused', 'get-login-password'],
    ['ECR: immutable', fault(400, asked(ECR), { codes: ['TAG_INVALID'], detail: "The image tag '1' already exists and cannot be overwritten because the tag is immutable." }), 'registry-tag-immutable', 'new tag'],
    ['Harbor: immutable', fault(412, asked('h.io'), { codes: ['PRECONDITION'] }), 'registry-tag-immutable', 'new tag'],
    ['Harbor: quota', fault(403, asked('h.io'), { codes: ['DENIED'], detail: 'adding 10 MiB of storage resource, which when updated to current usage will exceed the configured upper limit' }), 'registry-quota', 'quota'],
    ['another repository missing', fault(404, asked('r.io'), { codes: ['NAME_UNKNOWN'] }), 'registry-repository-missing', 'check the name'],
    ['absent', fault(404, asked('r.io', 'pull')), 'registry-not-found', 'private'],
    ['denied elsewhere', fault(403, asked('r.io', 'delete')), 'registry-denied', 'delete acme/hello'],
    ['a portal', fault(403, asked('r.io'), { html: true }), 'registry-not-a-registry', 'NO_PROXY=r.io'],
    ['nginx', fault(413, asked('r.io'), { html: true }), 'registry-too-large', 'client_max_body_size'],
    ['a proxy', fault(407, asked('r.io')), 'registry-proxy', 'HTTPS_PROXY'],
    ['changed bytes', fault(400, asked('r.io'), { codes: ['DIGEST_INVALID'] }), 'registry-digest-invalid', 'run again'],
    ['a lost blob', fault(400, asked('r.io'), { codes: ['MANIFEST_BLOB_UNKNOWN'] }), 'registry-blob-unknown', 'run again'],
    ['down, with a page', fault(503, asked('r.io'), { html: true }), 'registry-unavailable', 'status page'],
    ['full', fault(507, asked('r.io')), 'registry-quota', 'delete old images'],
  ])('%s', (_name, refusal, code, fix) => {
    const problem = describeAnswer(refusal)
    expect(problem.code).toBe(code)
    expect(problem.fix).toContain(fix)
    expect(problem.what).toContain(refusal.asked.registry)
  }) // prettier-ignore
})

const system = (code: string, message = 'it failed'): Error => Object.assign(new Error(message), { code })

describe('no answer is told with its fix', () => {
  it.each([
    [system('ENOTFOUND'), 'registry-dns'],
    [system('EAI_AGAIN'), 'registry-dns'],
    [system('ECONNREFUSED'), 'registry-refused'],
    [system('SELF_SIGNED_CERT_IN_CHAIN'), 'registry-tls'],
    [system('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'registry-tls'],
    [system('CERT_HAS_EXPIRED'), 'registry-tls'],
    [system('ERR_TLS_CERT_ALTNAME_INVALID'), 'registry-tls'],
    [system('ERR_SSL_WRONG_VERSION_NUMBER'), 'registry-plain-http'],
    [system('EPROTO'), 'registry-plain-http'],
    [system('UND_ERR_ABORTED', 'Proxy response (407) !== 200 when HTTP Tunneling'), 'registry-proxy'],
    [system('UND_ERR_HEADERS_TIMEOUT'), 'registry-timeout'],
    [system('ETIMEDOUT'), 'registry-timeout'],
    [system('ECONNRESET'), 'registry-cut'],
    [new Error('fetch failed', { cause: system('UND_ERR_SOCKET') }), 'registry-cut'],
    [system('EHOSTUNREACH'), 'registry-unreachable'],
    [new Error('whatever'), 'registry-unreachable'],
  ])('%s: %s', (error, code) => {
    const problem = describeNetworkFault(error, asked('r.io'))
    expect(problem.code).toBe(code)
    expect(problem.fix).not.toBe('')
    expect(problem.where).toBe('r.io')
  })
})

describe('classes', () => {
  it.each<[string, unknown, 'passing' | 'final']>([
    ['500', fault(500, asked('r.io')), 'passing'],
    ['503', fault(503, asked('r.io')), 'passing'],
    ['429', fault(429, asked('r.io')), 'passing'],
    ['408', fault(408, asked('r.io')), 'passing'],
    ['501', fault(501, asked('r.io')), 'final'],
    ['507', fault(507, asked('r.io')), 'final'],
    ['401', fault(401, asked('r.io')), 'final'],
    ['403', fault(403, asked('r.io')), 'final'],
    ['404', fault(404, asked('r.io')), 'final'],
    ['a six-hour limit', fault(429, asked('r.io'), { detail: 'pull rate limit' }), 'final'],
    ['a quota behind a 500', fault(500, asked('r.io'), { detail: 'quota exceeded' }), 'final'],
    ['a cut', system('ECONNRESET'), 'passing'],
    ['an unknown name', system('ENOTFOUND'), 'final'],
    ['a bad certificate', system('CERT_HAS_EXPIRED'), 'final'],
    ['what has been judged', environmentError({ code: 'x', what: 'y' }), 'final'],
  ])('%s is %s', (_name, error, kind) => {
    expect(classifyRegistryFault(error, 0).kind).toBe(kind)
  })

  it('Retry-After as a date is counted from the clock', () => {
    const at = Date.parse('2026-11-21T10:00:00Z')
    const late = fault(503, asked('r.io'), { retryAfter: 'Sat, 21 Nov 2026 10:00:30 GMT' })
    expect(classifyRegistryFault(late, at)).toEqual({ kind: 'passing', afterMs: 30_000 })
  })

  it('absent is absent, not refused, not a web page', () => {
    expect(isAbsent(fault(404, asked('r.io')))).toBe(true)
    expect(isAbsent(registryError(fault(404, asked('r.io')), asked('r.io')))).toBe(true)
    expect(
      isAbsent(registryError(fault(404, asked('r.io'), { codes: ['NAME_UNKNOWN'] }), asked('r.io'))),
    ).toBe(true)
    expect(isAbsent(fault(404, asked('r.io'), { html: true }))).toBe(false)
    expect(isAbsent(registryError(fault(403, asked('r.io')), asked('r.io')))).toBe(false)
    expect(isAbsent(new Error('x'))).toBe(false)
  })
})
