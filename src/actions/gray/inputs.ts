import type { Problem } from '../../base/errors.ts'
import { parseList } from '../../base/lists.ts'
import type { Environment } from '../../base/platform.ts'
import type { Secrets } from '../../base/secrets.ts'
import { parseTarget, type SshTarget } from '../../deploy/ssh-target.ts'
import { parseDuration, parseSteps, type Step } from '../../gray/plan.ts'
import { type Member, parseMember } from '../../github/roles.ts'
import { InputReader } from '../reader.ts'
import { type ACTIONS, INPUTS } from './spec.ts'

export type GrayCommand = (typeof ACTIONS)[number]

/** A text, or the path of the file it stands in. */
export interface TextOrFile {
  readonly kind: 'text' | 'file'
  readonly value: string
}

/** Where the state lies: a file of this machine, or one at the target. */
export type StatePlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'ssh'; readonly target: SshTarget; readonly path: string }

export const CHANNELS = ['dingtalk', 'feishu', 'wecom', 'slack', 'webhook'] as const

export type NotifyTarget =
  | { readonly kind: (typeof CHANNELS)[number]; readonly url: string; readonly secret?: string }
  | { readonly kind: 'github-issue' }

/** Every input of the gray-release action, typed; names as in the specification. */
export interface GrayInputs {
  readonly command: GrayCommand
  readonly environment: string
  readonly newVersion: string | undefined
  readonly oldVersion: string | undefined
  readonly mode: 'inline' | 'split'
  readonly dryRun: boolean
  readonly steps: readonly Step[]
  readonly warmUpMs: number
  readonly bakeMs: number
  readonly intervalMs: number
  readonly maxExtends: number
  readonly endPolicy: 'rollback' | 'hold' | 'promote'
  readonly maxErrors: number
  readonly maxTries: number
  readonly adapter: TextOrFile | undefined
  readonly metrics: TextOrFile | undefined
  readonly power: 'auto' | 'warn' | 'refuse' | 'off'
  readonly state: StatePlace | undefined
  readonly identity: TextOrFile | undefined
  readonly knownHosts: TextOrFile | undefined
  readonly jumpHost: SshTarget | undefined
  readonly leaseMs: number
  readonly concurrency: 'queue' | 'newest-wins'
  readonly queueTimeoutMs: number
  readonly resume: 'rollback' | 'continue'
  readonly approval: 'local' | 'environment' | 'pull-request' | 'issue'
  readonly approvals: number
  readonly approvers: readonly Member[]
  readonly approvalEnvironments: readonly string[]
  readonly approvalFile: string | undefined
  readonly approvalFolder: string | undefined
  readonly approvalTimeoutMs: number
  readonly notify: readonly NotifyTarget[]
  readonly deployments: boolean
  readonly audit: string | undefined
  readonly auditBranch: string | undefined
  readonly reportDir: string | undefined
  readonly githubToken: string
}

/** What the inputs are for: to carry out their command, to look at the past in Prometheus, or to vote. */
export type Purpose = 'command' | 'past' | 'vote'

/**
 * Reads and checks every input; `read` gives the raw text by name (empty when not given). All problems are returned
 * together. Secrets are masked before anything else is done with them.
 */
export function loadGrayInputs(
  read: (name: string) => string,
  env: Environment,
  secrets: Secrets,
  purpose: Purpose = 'command',
): { inputs: GrayInputs; problems: readonly Problem[] } {
  const reader = new GrayReader(read, env, secrets)
  const inputs: GrayInputs = {
    command: reader.choice('command'),
    environment: reader.environment(),
    newVersion: reader.version('new-version'),
    oldVersion: reader.version('old-version'),
    mode: reader.choice('mode'),
    dryRun: reader.boolean('dry-run'),
    steps: reader.collect('steps', parseSteps(reader.text('steps')), (found) => found.steps),
    warmUpMs: reader.time('warm-up', 0),
    bakeMs: reader.time('bake', 0),
    intervalMs: reader.time('interval', 1000),
    maxExtends: reader.count('max-extends', 0, 100),
    endPolicy: reader.choice('end-policy'),
    maxErrors: reader.count('max-errors', 0, 1000),
    maxTries: reader.count('max-tries', 1, 20),
    adapter: reader.textOrFile('adapter'),
    metrics: reader.textOrFile('metrics'),
    power: reader.choice('power'),
    state: reader.state(),
    identity: reader.identity(),
    knownHosts: reader.knownHosts(),
    jumpHost: reader.jumpHost(),
    leaseMs: reader.time('lease', 5000),
    concurrency: reader.choice('concurrency'),
    queueTimeoutMs: reader.time('queue-timeout', 0),
    resume: reader.choice('resume'),
    approval: reader.choice('approval'),
    approvals: reader.count('approvals', 1, 20),
    approvers: reader.approvers(),
    approvalEnvironments: reader.list('approval-environments', { commas: true }),
    approvalFile: reader.optional('approval-file'),
    approvalFolder: reader.optional('approval-folder'),
    approvalTimeoutMs: reader.time('approval-timeout', 1000),
    notify: reader.notify(),
    deployments: reader.boolean('deployments'),
    audit: reader.optional('audit'),
    auditBranch: reader.branch('audit-branch'),
    reportDir: reader.optional('report-dir'),
    githubToken: reader.text('github-token'),
  }
  return { inputs, problems: [...reader.problems, ...together(inputs, reader.problems, purpose)] }
}

/** A day is the longest a wait of one job can sensibly be; GitHub's own limits are shorter for most. */
const LONGEST_MS = 35 * 24 * 3_600_000

class GrayReader extends InputReader {
  readonly #env: Environment
  readonly #secrets: Secrets

  constructor(read: (name: string) => string, env: Environment, secrets: Secrets) {
    super(INPUTS, read, secrets)
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

  version(name: string): string | undefined {
    const text = this.optional(name)
    if (text !== undefined && (/\p{C}/u.test(text) || text.length > 512))
      this.bad(
        name,
        text.slice(0, 60),
        'not a version',
        'write one line, for example an image with its digest',
      )
    return text
  }

  /** The name of a branch, by the rules of git check-ref-format that matter in a URL. */
  branch(name: string): string | undefined {
    const text = this.optional(name)
    if (text === undefined) return undefined
    if (!/^(?![-/.])[A-Za-z0-9._/-]{1,200}$/.test(text) || /\.\.|\/\/|\/\.|\.lock(?:\/|$)|[./]$/.test(text))
      this.bad(name, text, 'not the name of a branch', 'write a name such as gray-audit')
    return text
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

  /** YAML stands for itself; one line that is no mapping is a path. */
  textOrFile(name: string): TextOrFile | undefined {
    const value = this.optional(name)
    if (value === undefined) return undefined
    const inline = value.includes('\n') || /^[\w"'-]+:(?:\s|$)/.test(value) || value.startsWith('{')
    return { kind: inline ? 'text' : 'file', value }
  }

  state(): StatePlace | undefined {
    const text = this.optional('state')
    if (text === undefined) return undefined
    if (!text.startsWith('ssh://')) {
      if (/^[a-z][a-z0-9+.-]+:\/\//i.test(text))
        this.bad('state', text, 'not a place for the state', 'write a path, or ssh://user@host/path')
      return { kind: 'file', path: text }
    }
    const slash = text.indexOf('/', 'ssh://'.length)
    const path = slash < 0 ? '' : text.slice(slash)
    const target = parseTarget(slash < 0 ? text : text.slice(0, slash))
    if ('reason' in target) {
      this.bad('state', text, 'not an SSH address', target.reason)
      return undefined
    }
    if (path === '' || path.endsWith('/') || path.split('/').includes('..'))
      this.bad('state', text, 'the path of a file is missing', 'write ssh://user@host/path/to/state.json')
    return { kind: 'ssh', target, path }
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

  approvers(): Member[] {
    return this.list('approvers', { commas: true }).flatMap((name) => {
      const member = parseMember(name)
      if ('kind' in member) return [member]
      this.bad('approvers', name, 'names nobody', member.fix ?? '')
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

/** Rules that join several inputs. */
function together(inputs: GrayInputs, wrong: readonly Problem[], purpose: Purpose): Problem[] {
  const problems: Problem[] = []
  const add = (input: string, what: string, fix: string): void => {
    problems.push({ code: 'inputs-clash', what, input, fix })
  }
  const { command } = inputs
  const need = (input: string, missing: boolean, fix: string): void => {
    // What was given and could not be read has its own problem.
    if (missing && !wrong.some((one) => one.input === input)) add(input, `${command} needs ${input}`, fix)
  }
  const say = 'say what judges the release (docs/gray-metrics.md)'
  if (purpose === 'past') need('metrics', inputs.metrics === undefined, say)
  if (purpose !== 'command') return problems
  need(
    'state',
    inputs.state === undefined,
    'set the path of a file on the target: ssh://deploy@lb1.example/var/lib/gray/shop.json',
  )
  if (command === 'release') {
    need(
      'new-version',
      inputs.newVersion === undefined,
      'set it, for example to the image output of the build',
    )
    need('adapter', inputs.adapter === undefined, 'say how traffic is split (docs/adapters.md)')
  }
  if (command === 'release' || command === 'tick') need('metrics', inputs.metrics === undefined, say)
  if (inputs.newVersion !== undefined && inputs.newVersion === inputs.oldVersion)
    add('new-version', 'the new version is the old one', 'give two different versions')
  if (inputs.state?.kind === 'ssh' && inputs.knownHosts === undefined)
    add(
      'known-hosts',
      `nothing says which key ${inputs.state.target.host} has`,
      'run ssh-keyscan on a machine you trust, check the key, and put its lines into a variable of the repository',
    )
  if (inputs.leaseMs < 2 * inputs.intervalMs)
    add(
      'lease',
      'the lease could end between two looks',
      'make the lease at least twice as long as the interval',
    )
  const shortest = Math.min(...inputs.steps.map((step) => step.observeMs))
  if (inputs.intervalMs > shortest)
    add('interval', 'the interval is longer than the shortest step', 'look more often, or observe longer')
  const holds = inputs.steps.some((step) => step.hold) || inputs.endPolicy === 'hold'
  if (
    inputs.approval === 'local' &&
    inputs.approvalFolder === undefined &&
    inputs.state?.kind === 'ssh' &&
    holds
  )
    add(
      'approval-folder',
      'votes of people need a folder they all reach',
      'set approval-folder, or take approvals from GitHub',
    )
  if (inputs.approval === 'pull-request' && inputs.approvalFile === undefined)
    add(
      'approval-file',
      'approval: pull-request needs a file',
      'set approval-file to the file with the metrics or the adapter',
    )
  const github =
    inputs.approval !== 'local' ||
    inputs.deployments ||
    inputs.auditBranch !== undefined ||
    inputs.notify.some((one) => one.kind === 'github-issue')
  if (github && inputs.githubToken === '')
    add(
      'github-token',
      'approvals, deployments, issues and the audit branch need a token',
      'set github-token',
    )
  return problems
}
