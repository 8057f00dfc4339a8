import type { Act } from '../../base/act.ts'
import { inputError, PipelineError, type Problem } from '../../base/errors.ts'
import { isRecord } from '../../base/json.ts'
import { nearest } from '../../base/lists.ts'
import type { Adapter } from '../ports.ts'
import { makeCommand, parseCommandSettings } from './command.ts'
import { fault } from './fields.ts'
import { makeHaproxy } from './haproxy.ts'
import { parseHaproxySettings } from './haproxy-settings.ts'
import { type Hooks, withHooks } from './hooks.ts'
import { makeNginx } from './nginx.ts'
import { parseNginxSettings } from './nginx-settings.ts'
import { makeTraefikFile, parseTraefikFileSettings } from './traefik-file.ts'

/** Plain JSON with a `kind`: it is stored with the release, so no secret is ever in it. */
export type AdapterSettings = Readonly<Record<string, unknown>> & { readonly kind: string }

export type AdapterAct = Pick<Act, 'exec' | 'http' | 'log' | 'clock' | 'secrets'>

export interface AdapterOptions {
  /** What the user's commands find in their environment, such as the two versions. */
  readonly env?: Readonly<Record<string, string>>
}

interface Parsed {
  readonly settings?: AdapterSettings
  readonly problems: readonly Problem[]
  readonly make?: (act: AdapterAct, options: AdapterOptions) => Adapter
}

/** Ties a kind's settings to what is made of them, so that the list below needs to know neither. */
function kind<S extends Hooks & { readonly kind: string }>(
  parse: (raw: unknown) => { readonly settings?: S; readonly problems: readonly Problem[] },
  make: (settings: S, act: AdapterAct, env: Readonly<Record<string, string>>) => Adapter,
): (raw: unknown) => Parsed {
  return (raw) => {
    const { settings, problems } = parse(raw)
    if (settings === undefined) return { problems }
    return {
      settings: settings as S & AdapterSettings,
      problems,
      make: (act, { env = {} }) => withHooks(make(settings, act, env), settings, act, env),
    }
  }
}

/** Every kind of adapter that needs nothing but `Act`. A new one is one line here. */
const KINDS: Readonly<Record<string, (raw: unknown) => Parsed>> = {
  haproxy: kind(parseHaproxySettings, makeHaproxy),
  nginx: kind(parseNginxSettings, makeNginx),
  'traefik-file': kind(parseTraefikFileSettings, makeTraefikFile),
  command: kind(parseCommandSettings, makeCommand),
}

export const ADAPTER_KINDS: readonly string[] = Object.keys(KINDS)

function read(raw: unknown): Parsed {
  if (!isRecord(raw))
    return {
      problems: [fault('adapter', 'is not a map of settings', 'write kind: haproxy and its settings')],
    }
  const name = raw['kind']
  if (typeof name === 'string' && Object.hasOwn(KINDS, name)) return KINDS[name]?.(raw) ?? { problems: [] }
  const guess = typeof name === 'string' ? nearest(name, ADAPTER_KINDS) : undefined
  const kinds = ADAPTER_KINDS.join(', ')
  return {
    problems: [
      fault(
        'kind',
        'names no adapter',
        guess === undefined ? `use one of ${kinds}` : `did you mean ${guess}?`,
        name,
      ),
    ],
  }
}

/** Checks an adapter's settings and completes them with their defaults; all faults at once. */
export function parseAdapter(raw: unknown): { settings?: AdapterSettings; problems: readonly Problem[] } {
  const { settings, problems } = read(raw)
  return settings === undefined ? { problems } : { settings, problems }
}

/** Makes the adapter from settings, also from stored ones; throws PipelineError (input) when they cannot be used. */
export function makeAdapter(settings: unknown, act: AdapterAct, options: AdapterOptions = {}): Adapter {
  const { problems, make } = read(settings)
  if (make === undefined) throw new PipelineError('input', problems)
  const text = JSON.stringify(settings)
  if (act.secrets.redact(text) !== text)
    throw inputError({
      code: 'gray-adapter-secret',
      what: 'a secret stands in the settings of the adapter',
      cause: 'they are kept at the target and shown in the audit',
      input: 'adapter',
      fix: 'let the commands take it from their environment instead',
    })
  return make(act, options)
}
