/** What a registry's refusal means: the error codes of the distribution specification, and of the great registries. */
import { classifyHttpFault } from '../base/download.ts'
import { codeOf, environmentError, messageOf, PipelineError, type Problem } from '../base/errors.ts'
import type { HttpResponse } from '../base/http.ts'
import { asObject, parseObject } from '../base/json.ts'
import { classifyStatus, type Fault } from '../base/retry.ts'
import { redactUrl } from '../base/secrets.ts'

/** What was asked for, in the words of the failure. */
export interface Asked {
  /** `docker.io`, `ghcr.io`, or a mirror's host. */
  readonly registry: string
  readonly repository?: string
  /** `ghcr.io/acme/hello:1.2.3`, a blob's digest, or the registry. */
  readonly what: string
  readonly action: 'login' | 'pull' | 'push' | 'delete' | 'list'
  /** Whether a login was sent. */
  readonly loggedIn?: boolean
}

/** An answer that is not the wanted one. */
export class RegistryFault extends Error {
  readonly status: number
  /** Error codes of the body, upper case: `DENIED`, `NAME_UNKNOWN`. */
  readonly codes: readonly string[]
  readonly detail: string
  readonly url: string
  readonly retryAfter: string | undefined
  /** The body was HTML: something other than a registry spoke. */
  readonly html: boolean
  readonly asked: Asked
  constructor(answer: {
    status: number
    codes: readonly string[]
    detail: string
    url: string
    retryAfter: string | undefined
    html: boolean
    method: string
    asked: Asked
  }) {
    const said = answer.detail === '' ? '' : `: ${answer.detail}`
    super(`${answer.method} ${redactUrl(answer.url)} answered ${answer.status}${said}`)
    this.name = 'RegistryFault'
    this.status = answer.status
    this.codes = answer.codes
    this.detail = answer.detail
    this.url = answer.url
    this.retryAfter = answer.retryAfter
    this.html = answer.html
    this.asked = answer.asked
  }
}

/** Reads the body of a refusal: the specification's JSON errors, a token server's `details`, or text. */
export async function readFault(
  response: HttpResponse,
  request: { method: string; url: string },
  asked: Asked,
): Promise<RegistryFault> {
  const text = request.method === 'HEAD' ? '' : await response.text(256 * 1024).catch(() => '')
  if (request.method === 'HEAD') await response.drain().catch(() => undefined)
  const json = parseObject(text)
  const errors = (Array.isArray(json?.['errors']) ? (json['errors'] as unknown[]) : []).map(asObject)
  const codes = errors
    .map((error) => (plain(error?.['code']) ?? '').toUpperCase())
    .filter((code) => code !== '')
  const html =
    /text\/html/i.test(response.headers['content-type'] ?? '') || /^\s*<(?:!doctype|html)/i.test(text)
  const said = errors
    .map((error) =>
      [error?.['message'], plain(error?.['detail'])]
        .filter((part) => typeof part === 'string' && part !== '')
        .join(' '),
    )
    .filter((line) => line !== '')
    .join('; ')
  const other = [json?.['details'], json?.['message'], json?.['error_description'], json?.['error']].find(
    (value) => typeof value === 'string' && value !== '',
  )
  const detail = said !== '' ? said : typeof other === 'string' ? other : html ? title(text) : text
  return new RegistryFault({
    status: response.status,
    codes,
    detail: detail.replace(/\s+/g, ' ').trim().slice(0, 300),
    url: request.url,
    retryAfter: response.headers['retry-after'],
    html,
    method: request.method,
    asked,
  })
}

const plain = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
const title = (html: string): string => /<title>([^<]*)/i.exec(html)?.[1] ?? 'an HTML page'

const QUOTA =
  /quota|storage (?:limit|space)|exceed(?:s|ed)? the (?:configured )?(?:upper )?limit|insufficient storage/i
// Docker Hub's allowance is counted over six hours: waiting seconds does not help.
const PULL_LIMIT = /pull rate limit/i
const IMMUTABLE = /immutab|cannot be overwritten/i

/** The class of anything a request can throw, for base/retry. */
export function classifyRegistryFault(error: unknown, now: number): Fault {
  if (error instanceof PipelineError) return { kind: 'final' }
  if (!(error instanceof RegistryFault)) return classifyHttpFault(error)
  if (error.status === 507 || QUOTA.test(error.detail) || PULL_LIMIT.test(error.detail))
    return { kind: 'final' }
  return classifyStatus(error.status, error.retryAfter, now)
}

/** True for an answer that says there is no such manifest, blob or repository. */
export const isAbsent = (error: unknown): boolean =>
  (error instanceof RegistryFault && error.status === 404 && !error.html) ||
  (error instanceof PipelineError &&
    error.problems.some(
      ({ code }) => code === 'registry-not-found' || code === 'registry-repository-missing',
    ))

/** Anything thrown while talking to a registry, told so that a person can act. PipelineErrors pass through. */
export function registryError(error: unknown, asked: Asked): PipelineError {
  if (error instanceof PipelineError) return error
  const problem = error instanceof RegistryFault ? describeAnswer(error) : describeNetworkFault(error, asked)
  return environmentError(problem, { cause: error })
}

const VERBS: Readonly<Record<Asked['action'], string>> = {
  login: 'log in to',
  pull: 'read',
  push: 'push',
  delete: 'delete',
  list: 'list the tags of',
}

/** The problem behind a refusal. */
export function describeAnswer(fault: RegistryFault): Problem {
  const { asked, status, codes, detail } = fault
  const { registry } = asked
  const base = {
    what: `${registry} refused to ${VERBS[asked.action]} ${asked.what}`,
    where: redactUrl(fault.url),
  }
  const cause = (text: string): string => (detail === '' ? text : `${text} (it says: ${detail})`)
  const has = (...names: string[]): boolean => names.some((name) => codes.includes(name))

  if (fault.html && ![413, 429].includes(status) && status < 500)
    return {
      ...base,
      code: 'registry-not-a-registry',
      what: `something other than a registry answers for ${registry}`,
      cause: cause(`status ${status} with an HTML page: a proxy, firewall or portal may stand between`),
      fix: `check the registry's name; behind a proxy set HTTPS_PROXY, or NO_PROXY=${registry} when it is inside`,
    }
  if (status === 407)
    return {
      ...base,
      code: 'registry-proxy',
      what: `the proxy on the way to ${registry} wants a login`,
      fix: 'put user and password into HTTPS_PROXY (http://user:password@proxy:port)',
    }
  if (PULL_LIMIT.test(detail))
    return {
      ...base,
      code: 'registry-rate-limit',
      cause: cause('the pull allowance of this address or account is used up'),
      fix: `log in to ${registry} with the input "registries", or name a mirror in "registry-mirrors"`,
    }
  if (status === 429 || has('TOOMANYREQUESTS'))
    return {
      ...base,
      code: 'registry-rate-limit',
      cause: cause('too many requests'),
      fix: 'run fewer jobs at once, log in for a higher limit, or use a mirror',
    }
  if (QUOTA.test(detail) || status === 507)
    return {
      ...base,
      code: 'registry-quota',
      cause: cause('the storage quota is used up'),
      fix: 'delete old images or raise the quota',
    }
  if (IMMUTABLE.test(detail) || status === 412)
    return {
      ...base,
      code: 'registry-tag-immutable',
      cause: cause('the tag exists and the registry does not let it move'),
      fix: 'give this release a new tag, or leave moving tags (latest, v1, v1.2) out of the immutability rule',
    }
  if (status === 401)
    return asked.loggedIn === true
      ? {
          ...base,
          code: 'registry-login-refused',
          cause: cause(
            `${registry} does not accept this user and password, or they may not ${asked.action} here`,
          ),
          fix: `check user and password of ${registry} in the input "registries"${loginHint(registry)}`,
        }
      : {
          ...base,
          code: 'registry-login-missing',
          cause: cause('it wants a login, and none is given'),
          fix: `add a line to the input "registries": ${registry} USER \${PASSWORD_VARIABLE}${loginHint(registry)}`,
        }
  if (status === 403 || has('DENIED'))
    return { ...base, code: 'registry-denied', cause: cause('no permission'), fix: deniedFix(asked) }
  if (has('NAME_UNKNOWN'))
    return {
      ...base,
      code: 'registry-repository-missing',
      cause: cause('there is no such repository'),
      fix: /\.dkr\.ecr\./.test(registry)
        ? 'create it first (aws ecr create-repository): Amazon ECR makes none by itself'
        : 'check the name; some registries want the repository or project made first',
    }
  if (status === 404)
    return {
      ...base,
      code: 'registry-not-found',
      what: `${asked.what} is not in ${registry}`,
      cause: cause('not found'),
      fix: 'check name, tag and digest; a private repository can also look like this without a login',
    }
  if (has('DIGEST_INVALID', 'SIZE_INVALID'))
    return {
      ...base,
      code: 'registry-digest-invalid',
      cause: cause('what arrived is not what was announced: it changed on disk or on the way'),
      fix: 'run again; if it stays, a proxy alters uploads',
    }
  if (has('MANIFEST_BLOB_UNKNOWN', 'BLOB_UNKNOWN'))
    return {
      ...base,
      code: 'registry-blob-unknown',
      cause: cause('the manifest names a blob the registry does not have (yet)'),
      fix: 'run again; if it stays, the registry loses blobs: check its storage',
    }
  if (status === 413)
    return {
      ...base,
      code: 'registry-too-large',
      cause: cause('the body is larger than the registry or a proxy before it takes'),
      fix: 'raise the limit (nginx: client_max_body_size 0), or make the image smaller',
    }
  if (status === 405 || status === 501 || has('UNSUPPORTED'))
    return { ...base, code: 'registry-unsupported', cause: cause('the registry does not support this') }
  if (status >= 500)
    return {
      ...base,
      code: 'registry-unavailable',
      cause: cause(`it answered ${status} each time`),
      fix: 'look at the status page of the registry, and run again',
    }
  return { ...base, code: 'registry-unexpected', cause: cause(`it answered ${status}`) }
}

function loginHint(registry: string): string {
  if (registry === 'ghcr.io') return ' (ghcr.io: user ${{ github.actor }}, password ${{ github.token }})'
  if (registry === 'docker.io')
    return ' (Docker Hub: an access token with write scope, not the account password)'
  if (/\.dkr\.ecr\./.test(registry))
    return ' (Amazon ECR: user AWS, password of `aws ecr get-login-password`)'
  return ''
}

function deniedFix(asked: Asked): string {
  const { registry, action } = asked
  if (registry === 'ghcr.io')
    return action === 'pull'
      ? 'give the job `permissions: packages: read`, and the package access for this repository (package settings, Manage Actions access)'
      : 'give the job `permissions: packages: write`; when the package exists already, add this repository with the Write role in its settings under Manage Actions access'
  if (registry === 'docker.io')
    return 'check the namespace (your user or organization), and that the access token may write'
  if (/\.dkr\.ecr\./.test(registry))
    return `the role needs ecr:${action === 'pull' ? 'BatchGetImage and ecr:GetDownloadUrlForLayer' : 'InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, BatchCheckLayerAvailability and PutImage'}`
  return `give the account of ${registry} the right to ${action === 'pull' ? 'read' : action === 'list' ? 'list' : action} ${asked.repository ?? 'it'}`
}

const CERTIFICATE =
  /^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT(?:_LOCALLY)?|CERT_[A-Z_]+|ERR_TLS_CERT_ALTNAME_INVALID)$/

/** The problem behind a request that got no answer. */
export function describeNetworkFault(error: unknown, asked: Asked): Problem {
  const code = codeOf(error) ?? ''
  const { registry } = asked
  const message = messageOf(error)
  const base = { where: registry, cause: message }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return {
      ...base,
      code: 'registry-dns',
      what: `the name of ${registry} cannot be resolved`,
      fix: 'check its spelling, the DNS of the runner, and whether it needs a VPN or a proxy',
    }
  if (code === 'ECONNREFUSED')
    return {
      ...base,
      code: 'registry-refused',
      what: `nothing listens at ${registry}`,
      fix: 'check host and port, and that the registry runs',
    }
  if (CERTIFICATE.test(code))
    return {
      ...base,
      code: 'registry-tls',
      what: `the TLS certificate of ${registry} cannot be trusted`,
      cause: `${message} (${code})`,
      fix:
        code === 'CERT_HAS_EXPIRED'
          ? 'renew the certificate'
          : 'give its authority in the input "registry-ca"; for a test registry list it in "insecure-registries"',
    }
  if (/^(?:EPROTO|ERR_SSL_)/.test(code))
    return {
      ...base,
      code: 'registry-plain-http',
      what: `${registry} does not speak TLS`,
      fix: 'list it in the input "insecure-registries" if it is meant to be plain HTTP',
    }
  if (/proxy/i.test(message))
    return {
      ...base,
      code: 'registry-proxy',
      what: `the proxy on the way to ${registry} does not let us through`,
      fix: `check HTTPS_PROXY (user and password in it), or add ${registry} to NO_PROXY`,
    }
  if (/TIMEOUT|ETIMEDOUT/.test(code))
    return {
      ...base,
      code: 'registry-timeout',
      what: `${registry} did not answer in time`,
      fix: 'check the network of the runner (firewall, proxy) and the load of the registry',
    }
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET')
    return {
      ...base,
      code: 'registry-cut',
      what: `the connection to ${registry} was cut each time while we tried to ${VERBS[asked.action]} ${asked.what}`,
      fix: 'look for a proxy or firewall that limits the size or time of transfers; run again',
    }
  return {
    ...base,
    code: 'registry-unreachable',
    what: `${registry} cannot be reached to ${VERBS[asked.action]} ${asked.what}`,
    ...(code === '' ? {} : { cause: `${message} (${code})` }),
    fix: 'check the network of the runner',
  }
}
