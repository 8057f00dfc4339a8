import { PipelineError, type Problem } from '../../base/errors.ts'
import { nearest } from '../../base/lists.ts'
import type { Ssh } from '../../deploy/ssh.ts'
import type { SshTarget } from '../../deploy/ssh-target.ts'
import { HostsAdapter } from '../../gray/adapters/hosts.ts'
import { type HostsSettings, hostSteps, parseHosts } from '../../gray/adapters/hosts-settings.ts'
import { ADAPTER_KINDS, makeAdapter, parseAdapter } from '../../gray/adapters/index.ts'
import { deadManFault } from '../../gray/dead-man.ts'
import type { Step } from '../../gray/plan.ts'
import type { AdapterFactory } from '../../gray/ports.ts'
import type { Shell } from '../shell.ts'
import type { AdapterSettings } from './gather.ts'
import type { Names } from './wire.ts'

type Stored = Readonly<Record<string, unknown>>

/** The versions stand beside the adapter's own settings, for its commands and for the image of hosts. */
function takeApart(stored: Stored): { own: Stored; versions: Names } {
  const { versions, ...own } = stored
  const { old, new: fresh } = (versions ?? {}) as { old?: unknown; new?: unknown }
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  return { own, versions: { old: text(old), new: text(fresh) } }
}

/** The settings of a stored `hosts` adapter; undefined for any other, or when they cannot be read any more. */
export function hostsOf(stored: Stored): HostsSettings | undefined {
  const { own, versions } = takeApart(stored)
  return own['kind'] === 'hosts' ? parseHosts(own, versions.new).settings : undefined
}

/** Everything that is wrong with the settings of an adapter; `fresh` is the version that the release brings. */
export function adapterProblems(adapter: AdapterSettings, fresh: string): Problem[] {
  return problemsOf(adapter, fresh).map((problem) => ({ input: 'adapter', ...problem }))
}

function problemsOf(adapter: AdapterSettings, fresh: string): readonly Problem[] {
  if (adapter.kind === 'hosts') return parseHosts(adapter, fresh === '' ? undefined : fresh).problems
  if (ADAPTER_KINDS.includes(adapter.kind)) return parseAdapter(adapter).problems
  const kinds = [...ADAPTER_KINDS, 'hosts']
  const near = nearest(adapter.kind, kinds)
  return [
    {
      code: 'gray-adapter',
      what: 'there is no adapter of this kind',
      value: adapter.kind,
      fix: `${near === undefined ? '' : `did you mean ${near}? `}use one of ${kinds.join(', ')}`,
    },
  ]
}

/** The settings as they are stored with the release: checked, and with the names of both versions. */
export function storedAdapter(adapter: AdapterSettings, versions: Names, leaseMs: number): AdapterSettings {
  const problems = adapterProblems(adapter, versions.new)
  if (problems.length > 0) throw new PipelineError('input', problems)
  const stored = { ...adapter, versions: { ...versions } }
  const silenceMs = hostsOf(stored)?.deadManMs
  const short = silenceMs === undefined ? undefined : deadManFault(silenceMs, leaseMs)
  if (short !== undefined) throw new PipelineError('input', [short])
  return stored
}

/** Makes the adapter from what is stored, in this process or in any later one. */
export function adapterFactory(
  act: Shell,
  ssh: (targets: readonly SshTarget[]) => Promise<Ssh>,
): AdapterFactory {
  return async (stored) => {
    const { own, versions } = takeApart(stored)
    if (own['kind'] !== 'hosts')
      return makeAdapter(own, act, { env: { GIP_OLD_VERSION: versions.old, GIP_NEW_VERSION: versions.new } })
    const { settings, problems } = parseHosts(own, versions.new)
    if (settings === undefined) throw new PipelineError('input', problems)
    return new HostsAdapter(settings, await ssh(settings.hosts.map(({ target }) => target)), act.log)
  }
}

/** A node plan has whole nodes; traffic is split as it is asked for. */
export function stepsFor(steps: readonly Step[], adapter: Stored): readonly Step[] {
  const hosts = hostsOf(adapter)
  return hosts === undefined ? steps : hostSteps(steps, hosts.hosts.length)
}
