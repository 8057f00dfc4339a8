import { parseList } from '../base/lists.ts'
import type { Environment } from '../base/platform.ts'
import type { Secrets } from '../base/secrets.ts'
import { parseTarget, type SshTarget } from '../deploy/ssh-target.ts'
import { type Member, parseMember } from '../github/roles.ts'
import { parseDuration } from '../gray/plan.ts'
import { InputReader } from './reader.ts'
import type { InputSpec } from './spec.ts'

/** A text, or the path of the file it stands in. */
export interface TextOrFile {
  readonly kind: 'text' | 'file'
  readonly value: string
}

export const CHANNELS = ['dingtalk', 'feishu', 'wecom', 'slack', 'webhook'] as const

export type NotifyTarget =
  | { readonly kind: (typeof CHANNELS)[number]; readonly url: string; readonly secret?: string }
  | { readonly kind: 'github-issue' }

/** The longest a wait of one job can sensibly be; GitHub's own limits are shorter for most. */
const LONGEST_MS = 35 * 24 * 3_600_000

/** Inputs that actions on a target share: who and where it is, how hosts are logged in to, who is told. */
export class AccessReader extends InputReader {
  readonly #env: Environment
  readonly #secrets: Secrets

  constructor(
    specs: readonly InputSpec[],
    read: (name: string) => string,
    env: Environment,
    secrets: Secrets,
  ) {
    super(specs, read, secrets)
    this.#env = env
    this.#secrets = secrets
  }

  environment(): string {
    const name = this.text('environment')
    // It becomes part of file names, issue titles and deployments.
    if (!/^[A-Za-z0-9](?:[A-Za-z0-9._ /-]{0,98}[A-Za-z0-9])?$/.test(name) || name.includes('..'))
      this.bad('environment', name, 'not the name of an environment', 'write a name such as production')
    return name
  }

  /** A duration of at least `least` ms. */
  time(name: string, least: number): number {
    const text = this.text(name)
    const value = text === '0' ? 0 : parseDuration(text)
    if (value === undefined) {
      this.bad(name, text, 'not a duration', 'write for example 30s, 5m or 1h30m')
      return least
    }
    if (value < least || value > LONGEST_MS)
      this.bad(
        name,
        text,
        value < least ? 'too short a time' : 'too long a time',
        value < least ? `write at least ${least / 1000}s` : 'write at most 840h',
      )
    return value
  }

  count(name: string, least: number, most: number): number {
    const text = this.text(name)
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < least || value > most) {
      this.bad(name, text, 'not a number that fits', `write a whole number from ${least} to ${most}`)
      return least
    }
    return value
  }

  /** The name of a branch, by the rules of git check-ref-format that matter in a URL. */
  branch(name: string): string | undefined {
    const text = this.optional(name)
    if (text === undefined) return undefined
    if (!/^(?![-/.])[A-Za-z0-9._/-]{1,200}$/.test(text) || /\.\.|\/\/|\/\.|\.lock(?:\/|$)|[./]$/.test(text))
      this.bad(name, text, 'not the name of a branch', 'write a name such as gray-audit')
    return text
  }

  /** YAML stands for itself; one line that is no mapping is a path. */
  textOrFile(name: string): TextOrFile | undefined {
    const value = this.optional(name)
    if (value === undefined) return undefined
    const inline = value.includes('\n') || /^[\w"'-]+:(?:\s|$)/.test(value) || value.startsWith('{')
    return { kind: inline ? 'text' : 'file', value }
  }

  identity(): TextOrFile | undefined {
    const value = this.optional('identity')
    if (value === undefined) return undefined
    return { kind: value.includes('PRIVATE KEY') || value.includes('\n') ? 'text' : 'file', value }
  }

  knownHosts(): TextOrFile | undefined {
    const value = this.optional('known-hosts')
    if (value === undefined) return undefined
    return { kind: /\s/.test(value) ? 'text' : 'file', value }
  }

  jumpHost(): SshTarget | undefined {
    const text = this.optional('jump-host')
    if (text === undefined) return undefined
    const target = parseTarget(text)
    if (!('reason' in target)) return target
    this.bad('jump-host', text, 'not an SSH address', target.reason)
    return undefined
  }

  /** `@user`, `@org/team` and `permission:…`. */
  members(name: string): Member[] {
    return this.list(name, { commas: true }).flatMap((text) => {
      const member = parseMember(text)
      if ('kind' in member) return [member]
      this.bad(name, text, 'names nobody', member.fix ?? '')
      return []
    })
  }

  /** `kind=URL [SECRET]` lines. Never shows a line: addresses of chat bots are secrets. */
  notify(): NotifyTarget[] {
    const targets: NotifyTarget[] = []
    for (const [index, line] of parseList(this.text('notify')).entries()) {
      if (line === 'github-issue') {
        targets.push({ kind: 'github-issue' })
        continue
      }
      const equals = line.indexOf('=')
      const kind = CHANNELS.find((one) => one === line.slice(0, Math.max(0, equals)).trim())
      const [url = '', secret, ...more] = line
        .slice(equals + 1)
        .trim()
        .split(/\s+/)
        .map((word) => this.#expand(word))
      for (const word of [url, secret]) this.#secrets.mask(word ?? '')
      if (kind === undefined) {
        this.bad('notify', '', `line ${index + 1}: not a known kind`, `write one of ${CHANNELS.join('=URL, ')}=URL, or github-issue`) // prettier-ignore
      } else if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
        this.bad('notify', '', `line ${index + 1}: no URL after ${kind}=`, `write ${kind}=https://…, and check that the secret or variable is set`) // prettier-ignore
      } else if (more.length > 0) {
        this.bad('notify', '', `line ${index + 1}: more than a URL and a secret`, `write ${kind}=URL SECRET`)
      } else {
        targets.push({ kind, url, ...(secret === undefined || secret === '' ? {} : { secret }) })
      }
    }
    return targets
  }

  #expand(word: string): string {
    return word.replace(/\$\{(\w+)\}/g, (_, name: string) => this.#env[name] ?? '')
  }
}
