import type { Problem } from '../../base/errors.ts'
import type { Environment } from '../../base/platform.ts'
import type { Secrets } from '../../base/secrets.ts'
import { parseTarget, type SshTarget } from '../../deploy/ssh-target.ts'
import { parseSteps, type Step } from '../../gray/plan.ts'
import type { Member } from '../../github/roles.ts'
import { AccessReader, type NotifyTarget, type TextOrFile } from '../access-reader.ts'
import { type ACTIONS, INPUTS } from './spec.ts'

export type GrayCommand = (typeof ACTIONS)[number]

/** Where the state lies: a file of this machine, or one at the target. */
export type StatePlace =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'ssh'; readonly target: SshTarget; readonly path: string }

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
  const reader = new GrayReader(INPUTS, read, env, secrets)
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
    approvers: reader.members('approvers'),
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

class GrayReader extends AccessReader {
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
