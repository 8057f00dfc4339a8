import { parseDocument } from 'yaml'
import type { Act } from '../../base/act.ts'
import type { Problem } from '../../base/errors.ts'
import { parseMetrics } from '../../gray/metrics/parse.ts'
import type { MetricsSettings } from '../../gray/metrics/settings.ts'
import { adapterProblems } from './adapters.ts'
import type { TextOrFile } from '../access-reader.ts'
import { workspaceOf } from '../folders.ts'
import { readSource } from '../sources.ts'
import type { SshAccess } from '../ssh-lines.ts'
import { runOf, type ThisRun } from '../this-run.ts'
import type { GrayInputs } from './inputs.ts'

export type AdapterSettings = Readonly<Record<string, unknown>> & { readonly kind: string }

/** What the inputs point at, read; nothing of it has touched the target yet. */
export interface Gathered {
  readonly adapter?: AdapterSettings
  readonly metrics?: MetricsSettings
  readonly ssh: SshAccess
  /** Where relative paths begin. */
  readonly workspace: string
  readonly run?: ThisRun
}

/** Reads the files that inputs name. All problems are returned. */
export async function gatherSettings(
  inputs: GrayInputs,
  act: Pick<Act, 'env' | 'secrets'>,
): Promise<{ gathered: Gathered; problems: readonly Problem[] }> {
  const problems: Problem[] = []
  const workspace = workspaceOf(act.env)
  const read = (name: string, source: TextOrFile | undefined): Promise<string | undefined> =>
    readSource(name, source, workspace, problems)
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
