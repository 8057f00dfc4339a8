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
import type { Inputs, MainRequest } from '../../plan/inputs.ts'
import {
  parseInsecure,
  parseMirrors,
  parseRegistries,
  type RegistryLogin,
} from '../../registry/credentials.ts'
import { parseReference } from '../../registry/reference.ts'
import { InputReader } from '../reader.ts'
import type { InputSpec } from '../spec.ts'
import { INPUTS } from './spec.ts'

/** Logins, mirrors and exceptions of the registries. */
export type RegistryAccess = Pick<
  Inputs,
  'registries' | 'githubToken' | 'registryMirrors' | 'insecureRegistries'
>

/** What the main action's inputs need beyond the common kinds; other actions that share some of them give their own `specs`. */
export class Reader extends InputReader {
  readonly #env: Environment
  readonly #secrets: Secrets

  constructor(
    read: (name: string) => string,
    env: Environment,
    secrets: Secrets,
    specs: readonly InputSpec[] = INPUTS,
  ) {
    super(specs, read, secrets)
    this.#env = env
    this.#secrets = secrets
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

  /** What a registry client is made of. */
  registryAccess(): RegistryAccess {
    return {
      registries: this.registries(),
      githubToken: this.text('github-token'),
      registryMirrors: this.collect(
        'registry-mirrors',
        parseMirrors(this.text('registry-mirrors')),
        (found) => found.mirrors,
      ),
      insecureRegistries: this.collect(
        'insecure-registries',
        parseInsecure(this.text('insecure-registries')),
        (found) => found.hosts,
      ),
    }
  }

  registries(): RegistryLogin[] {
    const found = parseRegistries(this.text('registries'), this.#env)
    for (const login of found.registries) this.#secrets.mask(login.password)
    return this.collect('registries', found, (result) => [...result.registries])
  }
}
