import type { Problem } from '../../base/errors.ts'
import { nearest, parseList, parsePairs, parseWords } from '../../base/lists.ts'
import {
  type Environment,
  formatPlatform,
  parsePlatform,
  type Platform,
  samePlatform,
} from '../../base/platform.ts'
import type { Secrets } from '../../base/secrets.ts'
import { renderLdflags } from '../../go/ldflags.ts'
import { validateTestFlags } from '../../go/test-flags.ts'
import { parseGoSpec } from '../../go/version.ts'
import type { MainRequest } from '../../plan/inputs.ts'
import { parseRegistries, type RegistryLogin } from '../../registry/credentials.ts'
import { parseReference } from '../../registry/reference.ts'
import { INPUTS, type InputSpec } from './spec.ts'

/** Reads one input after the other; every problem is kept, none is thrown. */
export class Reader {
  readonly problems: Problem[] = []
  readonly #values = new Map<string, string>()
  readonly #env: Environment
  readonly #secrets: Secrets

  constructor(read: (name: string) => string, env: Environment, secrets: Secrets) {
    this.#env = env
    this.#secrets = secrets
    for (const spec of INPUTS) {
      // A `${{ … }}` default only has a meaning for the runner; outside it counts as not given.
      const standard = spec.default.startsWith('${{') ? '' : spec.default
      const raw = read(spec.name).trim()
      this.#values.set(spec.name, raw === '' ? standard : raw)
    }
    secrets.mask(this.text('github-token'))
  }

  text(name: string): string {
    const value = this.#values.get(name)
    if (value === undefined) throw new TypeError(`the input ${name} is not in the specification`)
    return value
  }

  optional(name: string): string | undefined {
    return this.text(name) === '' ? undefined : this.text(name)
  }

  /** Takes over the problems of a parser of its own, and the value by `pick`. */
  collect<T extends { readonly problems: readonly Problem[] }, V>(
    name: string,
    found: T,
    pick: (found: T) => V,
  ): V {
    for (const problem of found.problems) this.problems.push({ input: name, ...problem })
    return pick(found)
  }

  bad(name: string, value: string, what: string, fix: string): void {
    const secret = this.#spec(name).secret === true
    this.problems.push({ code: 'bad-input', what, input: name, ...(secret ? {} : { value }), fix })
  }

  boolean(name: string): boolean {
    const text = this.text(name)
    if (/^(true|True|TRUE)$/.test(text)) return true
    // The YAML 1.2 core schema, as core.getBooleanInput has it.
    if (!/^(false|False|FALSE)$/.test(text)) this.bad(name, text, 'not a boolean', 'write true or false')
    return false
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the specification's choices are T
  choice<T extends string>(name: string): T {
    const { choices = [] } = this.#spec(name)
    const text = this.text(name)
    if (!choices.includes(text)) {
      const near = nearest(text, choices)
      this.bad(
        name,
        text,
        'not a known value',
        `${near === undefined ? '' : `did you mean ${near}? `}use one of ${choices.join(', ')}`,
      )
      return choices[0] as T
    }
    return text as T
  }

  list(name: string, options: { commas?: boolean } = {}): string[] {
    return parseList(this.text(name), options)
  }

  pairs(name: string, rule?: { pattern: RegExp; name: string }): [string, string][] {
    const secret = this.#spec(name).secret === true
    const { pairs, errors } = secret ? secretPairs(this.text(name)) : parsePairs(this.text(name))
    for (const error of errors)
      this.bad(name, error.line, `not key=value: ${error.reason}`, 'write one key=value a line')
    const seen = new Set<string>()
    for (const [key, value] of pairs) {
      if (secret) this.#secrets.mask(value)
      // A secret given without an id: what stands before its own "=" is part of it.
      if (rule !== undefined && !rule.pattern.test(key))
        this.bad(name, key, `not ${rule.name}`, secret ? 'write id=value' : `rename ${key}`)
      if (seen.has(key)) this.bad(name, key, `${key} is given twice`, 'keep one of them')
      seen.add(key)
    }
    return pairs
  }

  words(name: string): string[] {
    const { words, error } = parseWords(this.text(name))
    if (error !== undefined) this.bad(name, this.text(name), error, 'close the quote')
    return words
  }

  healthcheck(): string[] {
    const words = this.words('healthcheck')
    if (words[0] !== undefined && !/^(\/|[A-Za-z]:\\)/.test(words[0])) {
      this.bad(
        'healthcheck',
        this.text('healthcheck'),
        'not the path of a program in the image',
        'write an absolute path, for example /app/NAME healthcheck (there is no shell to look it up)',
      )
    }
    return words
  }

  images(): string[] {
    const images = this.list('images', { commas: true })
    for (const image of images) {
      const found = parseReference(image.replaceAll('{name}', 'name'))
      if ('reason' in found)
        this.bad('images', image, found.reason, 'write a name such as ghcr.io/acme/hello, in lower case')
      else if (found.tag !== undefined || found.digest !== undefined) {
        this.bad('images', image, 'an image name with a tag or digest', 'put the tag into the input tags')
      }
    }
    return [...new Set(images)]
  }

  platforms(): Platform[] {
    const platforms: Platform[] = []
    for (const text of this.list('platforms', { commas: true })) {
      const platform = parsePlatform(text)
      if ('reason' in platform) this.bad('platforms', text, 'not a platform', platform.reason)
      else if (platforms.some((other) => samePlatform(other, platform))) {
        this.bad('platforms', text, `${formatPlatform(platform)} is given twice`, 'keep one of them')
      } else platforms.push(platform)
    }
    return platforms
  }

  user(): string {
    const user = this.text('user')
    if (!/^\d+(:\d+)?$/.test(user)) {
      this.bad(
        'user',
        user,
        'not a numeric user',
        'write uid or uid:gid, for example 65532:65532 (names are unknown in an image without /etc/passwd)',
      )
    }
    return user
  }

  ports(): string[] {
    const ports = this.list('expose', { commas: true })
    for (const port of ports) {
      const match = /^(\d{1,5})(\/(tcp|udp|sctp))?$/.exec(port)
      const number = Number(match?.[1])
      if (match === null || number < 1 || number > 65535)
        this.bad('expose', port, 'not a port', 'write 8080 or 8080/tcp')
    }
    return ports
  }

  mains(): MainRequest[] {
    const mains = this.list('main', { commas: true }).map((item): MainRequest => {
      const [path = '', name] = item.split('=', 2)
      if (path.startsWith('/') || path.split('/').includes('..')) {
        this.bad(
          'main',
          item,
          'a main package outside working-directory',
          'write a relative path such as ./cmd/server',
        )
      }
      if (name !== undefined && !/^[a-z0-9]+([._-][a-z0-9]+)*$/.test(name)) {
        this.bad(
          'main',
          item,
          'not a name for a binary and image',
          'use lower-case letters, digits and single . _ - between them',
        )
      }
      const clean = path.replace(/^\.\//, '').replace(/\/+$/, '')
      const normal = clean === '' || clean === '.' ? '.' : `./${clean}`
      return name === undefined ? { path: normal } : { path: normal, name }
    })
    const seen = new Set<string>()
    for (const { path } of mains) {
      if (seen.has(path)) this.bad('main', path, 'this main package is given twice', 'keep one of them')
      seen.add(path)
    }
    return mains
  }

  relativePath(name: string, standard: string): string {
    const text = this.text(name).replaceAll('\\', '/')
    if (/^([A-Za-z]:|\/)/.test(text))
      this.bad(name, text, 'an absolute path', 'write it relative to the workspace or working-directory')
    else if (text.split('/').includes('..'))
      this.bad(name, text, 'a path that leads out of the workspace', 'remove the ..')
    const clean = text.replace(/^(\.\/)+/, '').replace(/\/+$/, '')
    return clean === '' || clean === '.' ? standard : clean
  }

  goVersion(): string {
    const text = this.text('go-version')
    if (text !== '') {
      const spec = parseGoSpec(text)
      if ('reason' in spec) this.bad('go-version', text, 'not a Go version', spec.reason)
    }
    return text
  }

  goTags(): string[] {
    const tags = this.list('go-tags', { commas: true }).flatMap((item) => item.split(/\s+/))
    for (const tag of tags)
      if (!/^[\p{L}\p{N}_.]+$/u.test(tag))
        this.bad('go-tags', tag, 'not a build tag', 'use letters, digits, _ and .')
    return tags
  }

  ldflags(): string {
    const text = this.text('ldflags')
    const sample = {
      version: '0.0.0',
      commit: '0'.repeat(40),
      commitDate: '1970-01-01T00:00:00Z',
      env: this.#env,
    }
    return this.collect('ldflags', renderLdflags(text, sample), () => text)
  }

  testFlags(): string[] {
    const words = this.words('test-flags')
    return this.collect('test-flags', { problems: validateTestFlags(words) }, () => words)
  }

  percent(name: string): number | undefined {
    const text = this.text(name).replace(/\s*%$/, '')
    if (text === '') return undefined
    const value = Number(text)
    if (!Number.isFinite(value) || value < 0 || value > 100) {
      this.bad(name, this.text(name), 'not a percentage', 'write a number from 0 to 100, for example 80')
      return undefined
    }
    return value
  }

  /** `30s`, `2m`, `500ms`, or seconds as a plain number; in ms. */
  duration(name: string): number {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(this.text(name))
    const unit = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? 's'] ?? 1000
    const value = Number(match?.[1]) * unit
    if (match === null || value <= 0 || value > 3_600_000) {
      this.bad(name, this.text(name), 'not a duration', 'write for example 30s or 2m (at most 60m)')
      return 30_000
    }
    return value
  }

  healthPath(): string | undefined {
    const path = this.optional('health-path')
    if (path !== undefined && !/^\/[\x21-\x7e]*$/.test(path)) {
      this.bad(
        'health-path',
        path,
        'not an HTTP path',
        'write a path that begins with /, for example /health',
      )
    }
    return path
  }

  urls(name: string): string[] {
    const urls = this.list(name, { commas: true })
    for (const text of urls) {
      const url = URL.canParse(text) ? new URL(text) : undefined
      // First: the other problem shows the whole text.
      if (text.includes('@'))
        this.bad(name, url?.host ?? '', 'a URL with a password', 'use a mirror that needs none, or a proxy')
      else if (url === undefined || !/^https?:$/.test(url.protocol))
        this.bad(name, text, 'not a URL', 'write https://…')
    }
    return urls.map((url) => url.replace(/\/+$/, ''))
  }

  push(): boolean | 'auto' {
    const text = this.text('push').toLowerCase()
    if (text === 'true' || text === 'false') return text === 'true'
    if (text !== 'auto') this.bad('push', this.text('push'), 'not a known value', 'write true, false or auto')
    return 'auto'
  }

  attestation(name: string, keys: readonly string[]): string {
    const text = this.text(name)
    const known =
      /^(true|false)$/.test(text) || text.split(',').every((part) => keys.some((key) => part.startsWith(key)))
    if (!known)
      this.bad(
        name,
        text,
        'not a known value',
        `write true, false or ${keys.map((key) => `${key}…`).join(', ')}`,
      )
    return text
  }

  buildxVersion(): string {
    const text = this.text('buildx-version')
    if (!/^(auto|latest|v?\d+\.\d+\.\d+(-[\w.]+)?)$/.test(text))
      this.bad(
        'buildx-version',
        text,
        'not a Buildx version',
        'write auto, latest or a version such as v0.36.1',
      )
    return /^\d/.test(text) ? `v${text}` : text
  }

  registries(): RegistryLogin[] {
    const found = parseRegistries(this.text('registries'), this.#env)
    for (const login of found.registries) this.#secrets.mask(login.password)
    return this.collect('registries', found, (result) => [...result.registries])
  }

  #spec(name: string): InputSpec {
    const spec = INPUTS.find((one) => one.name === name)
    if (spec === undefined) throw new TypeError(`the input ${name} is not in the specification`)
    return spec
  }
}

/**
 * `id=value` lines whose values may go on over several lines when the line is quoted: `"KEY=first⏎second"`, as in
 * docker/build-push-action. A bad line's text is never returned: it may be a secret.
 */
function secretPairs(text: string): ReturnType<typeof parsePairs> {
  const lines: string[] = []
  let open: string | undefined
  for (const raw of text.split(/\r?\n/)) {
    const line: string = open === undefined ? raw.trimStart() : `${open}\n${raw}`
    const whole = line.trimEnd()
    open = undefined
    if (!line.startsWith('"')) lines.push(whole)
    // As in CSV: a quote in the value stands twice, so a closed line has an even number of them.
    else if (whole.length > 1 && whole.endsWith('"') && whole.split('"').length % 2 === 1)
      lines.push(whole.slice(1, -1).replaceAll('""', '"'))
    else open = line
  }
  const result: ReturnType<typeof parsePairs> = { pairs: [], errors: [] }
  if (open !== undefined) result.errors.push({ line: '(hidden)', reason: 'a quoted value is not closed' })
  for (const line of lines) {
    if (line === '' || line.startsWith('#')) continue
    const at = line.indexOf('=')
    if (at <= 0) result.errors.push({ line: '(hidden)', reason: at === 0 ? 'nothing before "="' : 'no "="' })
    else result.pairs.push([line.slice(0, at).trim(), line.slice(at + 1)])
  }
  return result
}
