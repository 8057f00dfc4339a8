/** The inputs `registries`, `registry-mirrors` and `insecure-registries`. */
import { parse as parseYaml, YAMLParseError } from 'yaml'
import type { Problem } from '../base/errors.ts'
import { asObject } from '../base/json.ts'
import { parseList, parsePairs } from '../base/lists.ts'
import type { Environment } from '../base/platform.ts'
import type { Secrets } from '../base/secrets.ts'
import { normalizeRegistry, registryFault } from './reference.ts'

export interface RegistryLogin {
  /** As normalizeRegistry writes it. */
  readonly registry: string
  readonly username: string
  readonly password: string
}

export interface RegistryMirror {
  /** Whose images it serves. */
  readonly registry: string
  /** `https://mirror.example` or with a path, `https://harbor.example/hub-proxy`; never with a slash at its end. */
  readonly url: string
  /** True for http://. */
  readonly insecure: boolean
}

const REGISTRIES = 'registries'
const LIST_SYNTAX =
  'write one line "host user ${PASSWORD_VARIABLE}" for each, or a YAML list with registry, username and password'

/** What stands in the input before the environment has been looked at. */
interface RawLogin {
  readonly where: string
  readonly registry: string
  readonly username: string
  readonly password: string
}

/**
 * Reads `host user password-or-${ENV}` lines, or a YAML list of {registry, username, password}. A user or password
 * that is wholly `${NAME}` is taken from `env`; anything else is literal, so a password may hold `$` and blanks.
 * No Problem ever holds a password.
 */
export function parseRegistries(
  text: string,
  env: Environment,
): { registries: RegistryLogin[]; problems: Problem[] } {
  const problems: Problem[] = []
  const raw = /^\s*-\s/m.test(firstLine(text)) ? readYaml(text, problems) : readLines(text, problems)
  const registries: RegistryLogin[] = []
  const seen = new Map<string, string>()
  for (const entry of raw) {
    const about = { input: REGISTRIES, where: entry.where }
    const host = normalizeHost(entry.registry)
    const fault = registryFault(host)
    if (fault !== undefined) {
      problems.push({
        code: 'registries-host',
        what: `"${redactHost(entry.registry)}" is not a registry`,
        cause: fault,
        fix: LIST_SYNTAX,
        ...about,
      })
      continue
    }
    const registry = normalizeRegistry(host)
    const before = seen.get(registry)
    if (before !== undefined) {
      problems.push({
        code: 'registries-twice',
        what: `${registry} is given twice`,
        cause: `it already stands at ${before}`,
        fix: 'keep one login for each registry',
        ...about,
      })
      continue
    }
    seen.set(registry, entry.where)
    const username = expand(entry.username, env)
    const password = expand(entry.password, env)
    for (const [part, result] of [
      ['user', username],
      ['password', password],
    ] as const) {
      if ('missing' in result)
        problems.push({
          code: 'registries-variable-missing',
          what: `the ${part} for ${registry} is to come from the environment variable ${result.missing}, which is ${result.empty ? 'empty' : 'not set'}`,
          cause: result.empty
            ? 'an unknown secret is empty; so is every secret in a pull request from a fork'
            : 'the step has no such variable',
          fix: `add it to the step: env: { ${result.missing}: \${{ secrets.${result.missing} }} }`,
          ...about,
        })
    }
    if ('value' in username && 'value' in password)
      registries.push({ registry, username: username.value, password: password.value })
  }
  return { registries, problems }
}

/** Tells the run's secrets every form a login can be printed in. */
export function maskLogins(logins: readonly RegistryLogin[], secrets: Secrets): void {
  for (const login of logins) {
    secrets.mask(login.password)
    secrets.mask(basicToken(login.username, login.password))
  }
}

/** The credentials of RFC 7617: base64 of `user:password`. */
export const basicToken = (username: string, password: string): string =>
  Buffer.from(`${username}:${password}`).toString('base64')

function readLines(text: string, problems: Problem[]): RawLogin[] {
  const found: RawLogin[] = []
  for (const [at, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue
    const where = `line ${at + 1}`
    const match = /^\s*(\S+)\s+(\S+)\s+(\S.*?)\s*$/.exec(line)
    if (match === null) {
      // The words may be secrets, so they are counted, not shown.
      const words = line.trim().split(/\s+/).length
      problems.push({
        code: 'registries-syntax',
        what: `a login needs three words: host, user, password; this line has ${words}`,
        fix: LIST_SYNTAX,
        input: REGISTRIES,
        where,
      })
      continue
    }
    const [, registry = '', username = '', password = ''] = match
    found.push({ where, registry, username, password })
  }
  return found
}

function readYaml(text: string, problems: Problem[]): RawLogin[] {
  let list: unknown
  try {
    // Without pretty errors: those quote the source, and the source holds passwords.
    list = parseYaml(text, { prettyErrors: false, maxAliasCount: 0 })
  } catch (error) {
    const at = error instanceof YAMLParseError ? text.slice(0, error.pos[0]).split('\n').length : undefined
    problems.push({
      code: 'registries-syntax',
      what: 'the list of registries is not valid YAML',
      cause:
        error instanceof YAMLParseError ? error.code.toLowerCase().replaceAll('_', ' ') : 'it cannot be read',
      fix: LIST_SYNTAX,
      input: REGISTRIES,
      ...(at === undefined ? {} : { where: `line ${at}` }),
    })
    return []
  }
  const found: RawLogin[] = []
  for (const [at, item] of (Array.isArray(list) ? (list as unknown[]) : []).entries()) {
    const where = `entry ${at + 1}`
    const entry = asObject(item)
    const text = (name: string): string | undefined => {
      const value = entry?.[name]
      // A number is a legal YAML password: 123456.
      return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined
    }
    const unknown = Object.keys(entry ?? {}).filter(
      (key) => !['registry', 'username', 'password'].includes(key),
    )
    const username = text('username')
    const password = text('password')
    const missing = [
      ...(username === undefined ? ['username'] : []),
      ...(password === undefined ? ['password'] : []),
    ]
    if (entry === undefined || unknown.length > 0 || missing.length > 0) {
      problems.push({
        code: 'registries-syntax',
        what:
          entry === undefined
            ? 'a login in the YAML list is an object with registry, username and password'
            : missing.length > 0
              ? `a login has no ${missing.join(' and no ')}`
              : `a login has no setting "${unknown.join('", "')}"`,
        fix: LIST_SYNTAX,
        input: REGISTRIES,
        where,
      })
      continue
    }
    found.push({
      where,
      registry: text('registry') ?? 'docker.io',
      username: username ?? '',
      password: password ?? '',
    })
  }
  return found
}

function expand(text: string, env: Environment): { value: string } | { missing: string; empty: boolean } {
  const name = /^\$\{([A-Za-z_]\w*)\}$/.exec(text)?.[1]
  if (name === undefined) return { value: text }
  const value = env[name]
  return value === undefined || value === '' ? { missing: name, empty: value === '' } : { value }
}

const firstLine = (text: string): string =>
  text.split(/\r?\n/).find((line) => line.trim() !== '' && !line.trim().startsWith('#')) ?? ''

// Docker itself writes Docker Hub as the address of its old v1 index.
const normalizeHost = (text: string): string =>
  text.replace(/^https:\/\//i, '').replace(/(?:\/v[12])?\/?$/, '')

const redactHost = (text: string): string => text.replace(/\/\/[^@/]*@/, '//***@')

/** Reads `docker.io=https://mirror.example` lines; several mirrors of one registry are tried in their order. */
export function parseMirrors(text: string): { mirrors: RegistryMirror[]; problems: Problem[] } {
  const input = 'registry-mirrors'
  const fix = 'write one line registry=URL for each, for example docker.io=https://mirror.example'
  const { pairs, errors } = parsePairs(text)
  const problems: Problem[] = errors.map((error) => ({
    code: 'registry-mirrors-syntax',
    what: 'a mirror is written registry=URL',
    cause: error.reason,
    fix,
    input,
    value: redactHost(error.line),
  }))
  const mirrors: RegistryMirror[] = []
  for (const [name, target] of pairs) {
    const refuse = (cause: string): void => {
      problems.push({
        code: 'registry-mirrors-syntax',
        what: `the mirror of ${name} cannot be used`,
        cause,
        fix,
        input,
        value: `${name}=${redactHost(target)}`,
      })
    }
    const fault = registryFault(name)
    if (fault !== undefined) {
      refuse(`"${name}" is not a registry: ${fault}`)
      continue
    }
    let url: URL
    try {
      url = new URL(target)
    } catch {
      refuse(/^https?:/i.test(target) ? 'that is not a URL' : 'the URL must begin with https:// or http://')
      continue
    }
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      refuse('the URL must begin with https:// or http://')
    else if (url.username !== '' || url.password !== '')
      refuse('credentials do not belong into the URL: give them in the input "registries"')
    else if (url.search !== '' || url.hash !== '') refuse('the URL must not have a query or a fragment')
    else {
      const path = url.pathname.replace(/\/+$/, '').replace(/^\/v2$/, '')
      const mirror = {
        registry: normalizeRegistry(name),
        url: `${url.protocol}//${url.host}${path}`,
        insecure: url.protocol === 'http:',
      }
      if (mirrors.some((other) => other.registry === mirror.registry && other.url === mirror.url))
        refuse('it is given twice')
      else mirrors.push(mirror)
    }
  }
  return { mirrors, problems }
}

/** Reads `host[:port]` lines (commas too): registries to be talked to over plain HTTP or unverified TLS. */
export function parseInsecure(text: string): { hosts: string[]; problems: Problem[] } {
  const problems: Problem[] = []
  const hosts = new Set<string>()
  for (const item of parseList(text, { commas: true })) {
    const fault = registryFault(item)
    if (fault === undefined) hosts.add(normalizeRegistry(item))
    else
      problems.push({
        code: 'insecure-registries-syntax',
        what: 'an insecure registry is written host or host:port',
        cause: fault,
        fix: 'write one host[:port] a line, for example registry.internal:5000',
        input: 'insecure-registries',
        value: redactHost(item),
      })
  }
  return { hosts: [...hosts], problems }
}
