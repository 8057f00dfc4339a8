import { PipelineError, type Problem } from '../../base/errors.ts'
import type { Ssh } from '../../deploy/ssh.ts'
import type { SshTarget } from '../../deploy/ssh-target.ts'
import { makeHaproxy } from '../../gray/adapters/haproxy.ts'
import { parseHaproxySettings } from '../../gray/adapters/haproxy-settings.ts'
import { withHooks } from '../../gray/adapters/hooks.ts'
import { nearest } from '../../base/lists.ts'
import type { Step } from '../../gray/plan.ts'
import type { Adapter, AdapterFactory } from '../../gray/ports.ts'
import type { Shell } from '../shell.ts'
import type { AdapterSettings } from './gather.ts'

export interface AdapterDeps {
  readonly act: Shell
  readonly ssh: (targets: readonly SshTarget[]) => Promise<Ssh>
  readonly versions: { readonly old: string; readonly new: string }
}

/** Settings that were read and are good. */
interface Ready {
  make(deps: AdapterDeps): Adapter | Promise<Adapter>
  /** The steps as they can really be taken. */
  steps?(steps: readonly Step[]): readonly Step[]
}

type Read = (raw: unknown) => { ready?: Ready; problems: readonly Problem[] }

/** One kind of adapter: how its settings are read, and what is made from good ones. */
const kind =
  <S>(
    parse: (raw: unknown) => { settings?: S; problems: readonly Problem[] },
    ready: (settings: S) => Ready,
  ): Read =>
  (raw) => {
    const { settings, problems } = parse(raw)
    return { problems, ...(settings === undefined ? {} : { ready: ready(settings) }) }
  }

const KINDS: Readonly<Record<string, Read>> = {
  haproxy: kind(parseHaproxySettings, (settings) => ({
    make: ({ act, versions }) =>
      withHooks(makeHaproxy(settings, act), settings, act, environmentOf(versions)),
  })),
}

/** What every command of the user finds in its environment. */
function environmentOf({ old, new: fresh }: AdapterDeps['versions']): Record<string, string> {
  return { GIP_OLD_VERSION: old, GIP_NEW_VERSION: fresh }
}

function ready(adapter: Readonly<Record<string, unknown>>): Ready {
  const name = String(adapter['kind'])
  const read = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined
  if (read === undefined) {
    const near = nearest(name, Object.keys(KINDS))
    throw new PipelineError('input', [
      {
        code: 'gray-adapter',
        what: `there is no adapter of kind ${name}`,
        input: 'adapter',
        fix: near === undefined ? `use one of ${Object.keys(KINDS).join(', ')}` : `did you mean ${near}?`,
      },
    ])
  }
  const { versions: _, ...own } = adapter
  const { ready: one, problems } = read(own)
  if (one !== undefined) return one
  throw new PipelineError(
    'input',
    problems.map((problem) => ({ input: 'adapter', ...problem })),
  )
}

/** The settings as they are stored with the release: checked, and with the names of both versions. */
export function storedAdapter(
  adapter: AdapterSettings,
  versions: { readonly old: string; readonly new: string },
): AdapterSettings {
  ready(adapter)
  return { ...adapter, versions: { ...versions } }
}

/** Makes the adapter from what is stored, in this process or in any later one. */
export function adapterFactory(
  act: Shell,
  ssh: (targets: readonly SshTarget[]) => Promise<Ssh>,
): AdapterFactory {
  return (stored) => {
    const one = ready(stored)
    const versions = stored['versions'] as { old?: unknown; new?: unknown } | undefined
    const text = (value: unknown): string => (typeof value === 'string' ? value : '')
    return one.make({
      act,
      ssh,
      versions: { old: text(versions?.old), new: text(versions?.new) },
    })
  }
}

/** A node plan has whole nodes; traffic is split as it is asked for. */
export function stepsFor(steps: readonly Step[], adapter: AdapterSettings): readonly Step[] {
  return ready(adapter).steps?.(steps) ?? steps
}
