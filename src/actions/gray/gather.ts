import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { parseDocument } from 'yaml'
import type { Act } from '../../base/act.ts'
import { messageOf, type Problem } from '../../base/errors.ts'
import { readTextIfAny } from '../../base/files.ts'
import type { Environment } from '../../base/platform.ts'
import type { SshTarget } from '../../deploy/ssh-target.ts'
import { parseMetrics } from '../../gray/metrics/parse.ts'
import type { MetricsSettings } from '../../gray/metrics/settings.ts'
import type { StoredRelease } from '../../gray/ports.ts'
import { adapterProblems } from './adapters.ts'
import type { GrayInputs, TextOrFile } from './inputs.ts'

export type AdapterSettings = Readonly<Record<string, unknown>> & { readonly kind: string }

/** What the inputs point at, read; nothing of it has touched the target yet. */
export interface Gathered {
  readonly adapter?: AdapterSettings
  readonly metrics?: MetricsSettings
  readonly ssh: SshAccess
  /** Where relative paths begin. */
  readonly workspace: string
  readonly run?: NonNullable<StoredRelease['run']>
}

/** How hosts are logged in to; the texts, not the files they came from. */
export interface SshAccess {
  readonly identity?: string
  readonly knownHosts?: string
  readonly jump?: SshTarget
}

/** Reads the files that inputs name. All problems are returned. */
export async function gatherSettings(
  inputs: GrayInputs,
  act: Pick<Act, 'env' | 'secrets'>,
): Promise<{ gathered: Gathered; problems: readonly Problem[] }> {
  const problems: Problem[] = []
  const given = act.env['GITHUB_WORKSPACE']
  const workspace = given === undefined || given === '' ? process.cwd() : given
  const read = async (name: string, source: TextOrFile | undefined): Promise<string | undefined> => {
    if (source === undefined || source.kind === 'text') return source?.value
    const fault = (what: string, cause?: string): void => {
      problems.push({
        code: 'bad-input',
        what,
        ...(cause === undefined ? {} : { cause }),
        input: name,
        value: source.value,
        fix: 'give the path of a file, relative to the workspace, or the text itself',
      })
    }
    try {
      const text = await readTextIfAny(resolve(workspace, source.value))
      if (text === undefined) fault('the file is not there')
      return text
    } catch (error) {
      fault('the file cannot be read', messageOf(error))
      return undefined
    }
  }
  const [adapterText, metricsText, identity, knownHosts] = [
    await read('adapter', inputs.adapter),
    await read('metrics', inputs.metrics),
    await read('identity', inputs.identity),
    await read('known-hosts', inputs.knownHosts),
  ]
  if (identity !== undefined) act.secrets.mask(identity)
  const adapter = adapterText === undefined ? undefined : parseAdapterText(adapterText, nameOf(inputs.adapter), problems) // prettier-ignore
  if (adapter !== undefined) problems.push(...adapterProblems(adapter, inputs.newVersion ?? ''))
  let metrics: MetricsSettings | undefined
  if (metricsText !== undefined) {
    const parsed = parseMetrics(metricsText, nameOf(inputs.metrics) ?? 'metrics')
    problems.push(...parsed.problems)
    metrics = parsed.settings
  }
  const run = runOf(act.env)
  return {
    gathered: {
      workspace,
      ssh: {
        ...(identity === undefined ? {} : { identity }),
        ...(knownHosts === undefined ? {} : { knownHosts }),
        ...(inputs.jumpHost === undefined ? {} : { jump: inputs.jumpHost }),
      },
      ...(adapter === undefined ? {} : { adapter }),
      ...(metrics === undefined ? {} : { metrics }),
      ...(run === undefined ? {} : { run }),
    },
    problems,
  }
}

const nameOf = (source: TextOrFile | undefined): string | undefined =>
  source?.kind === 'file' ? source.value : undefined

/** The adapter's YAML as plain data with a kind; what else must be in it the adapter itself says. */
export function parseAdapterText(
  text: string,
  file: string | undefined,
  problems: Problem[],
): AdapterSettings | undefined {
  const bad = (what: string, more: Partial<Problem> = {}): void => {
    problems.push({
      code: 'gray-adapter',
      what,
      input: 'adapter',
      ...(file === undefined ? {} : { where: file }),
      fix: 'write kind: haproxy, nginx, traefik-file, command or hosts, and its settings (docs/adapters.md)',
      ...more,
    })
  }
  const document = parseDocument(text, { prettyErrors: true, uniqueKeys: true })
  const [error] = document.errors
  const value: unknown = error === undefined ? document.toJS({ maxAliasCount: 100 }) : undefined
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined
  if (error !== undefined) {
    const at = error.linePos?.[0]
    bad('the adapter is not good YAML', {
      cause: error.message.split('\n')[0] ?? error.code,
      ...(at === undefined ? {} : { where: `${file ?? 'adapter'}:${at.line}:${at.col}` }),
      fix: 'correct the line; texts that hold ": ", "#", "{" or quotes go into single quotes',
    })
  } else if (typeof value !== 'object' || value === null || Array.isArray(value))
    bad('the adapter is no mapping of settings')
  else if (typeof kind !== 'string' || kind === '') bad('the adapter has no kind')
  else return { ...value, kind }
  return undefined
}

/** The workflow run we are in; undefined outside GitHub Actions. */
export function runOf(env: Environment): NonNullable<StoredRelease['run']> | undefined {
  const repository = env['GITHUB_REPOSITORY'] ?? ''
  const id = env['GITHUB_RUN_ID'] ?? ''
  if (repository === '' || id === '') return undefined
  const attempt = Number(env['GITHUB_RUN_ATTEMPT'] ?? '1')
  const server = (env['GITHUB_SERVER_URL'] ?? 'https://github.com').replace(/\/+$/, '')
  return {
    repository,
    id,
    attempt: Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 1,
    url: `${server}/${repository}/actions/runs/${id}`,
  }
}

/** Unique to this process, and readable: who holds the lease. */
export function ownerOf(run: StoredRelease['run']): string {
  const random = randomBytes(4).toString('hex')
  return run === undefined ? `${hostname()}.${process.pid}.${random}` : `${run.id}.${run.attempt}.${random}`
}

/** Short enough to be typed, sorted by time: `20261121-143500-9f3a`. */
export function releaseId(now: number): string {
  const stamp = new Date(now).toISOString().replace(/\.\d+Z$/, '').replaceAll(/[-:]/g, '').replace('T', '-') // prettier-ignore
  return `${stamp}-${randomBytes(2).toString('hex')}`
}
