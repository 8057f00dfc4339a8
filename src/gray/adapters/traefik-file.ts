import type { Act } from '../../base/act.ts'
import { environmentError, inputError, messageOf, type Problem } from '../../base/errors.ts'
import { isRecord } from '../../base/json.ts'
import type { Adapter } from '../ports.ts'
import { timeoutOf } from './commands.ts'
import { Fields, plainUrl, type Test } from './fields.ts'
import { duration } from './haproxy-settings.ts'
import { type Hooks, readHooks } from './hooks.ts'
import { upstreamWeights } from './nginx-render.ts'
import { draftOf, readText } from './replace-file.ts'
import { shareOf } from './shares.ts'

/** Traffic split by a weighted service in a file of Traefik's file provider. */
export interface TraefikFileSettings extends Hooks {
  readonly kind: 'traefik-file'
  /** A .yml file of its own in the provider's directory (watched as a directory, not as a file). */
  readonly file: string
  /** The weighted service the routers point at, as `SERVICE@file`. */
  readonly service: string
  /** Services of the two versions, with their provider: `app-old@docker`. */
  readonly old: string
  readonly new: string
  /** Traefik's API, for reading back. */
  readonly api: string
  readonly settle?: string
}

const HEAD = '# go-image-pipeline gray release: written by a program, do not edit.\n'
const POLL_MS = 200

export function parseTraefikFileSettings(raw: unknown): {
  settings?: TraefikFileSettings
  problems: Problem[]
} {
  const problems: Problem[] = []
  const at = new Fields(raw, problems)
  at.raw('kind')
  const file = at.text('file', { test: yamlFile })
  const [service, old, fresh] = (['service', 'old', 'new'] as const).map((key) =>
    at.text(key, { test: serviceName }),
  )
  const api = at.text('api', { test: plainUrl, example: 'http://127.0.0.1:8080' })
  const settle = at.optionalText('settle', duration)
  const hooks = readHooks(at)
  at.end()
  if (problems.length > 0 || service === undefined || old === undefined || fresh === undefined)
    return { problems }
  const settings = { kind: 'traefik-file', file, service, old, new: fresh, api } as const
  return { settings: { ...settings, ...(settle === undefined ? {} : { settle }), ...hooks }, problems }
}

const yamlFile: Test = (text) =>
  /\.ya?ml$/.test(text)
    ? undefined
    : { what: 'does not end in .yml', fix: 'the file provider reads .yml and .toml files' }
const serviceName: Test = (text) =>
  /^[A-Za-z0-9_.-]+(?:@[a-z]+)?$/.test(text)
    ? undefined
    : { what: 'is no name of a service', fix: 'write it like app-old@docker' }

/** The file for a share; JSON texts are YAML texts. */
export function renderTraefik(settings: TraefikFileSettings, percent: number): string {
  const [old, fresh] = upstreamWeights(percent, 1, 1)
  return `${HEAD}http:
  services:
    ${JSON.stringify(settings.service)}:
      weighted:
        services:
          - name: ${JSON.stringify(settings.old)}
            weight: ${old}
          - name: ${JSON.stringify(settings.new)}
            weight: ${fresh}
`
}

export function makeTraefikFile(
  settings: TraefikFileSettings,
  act: Pick<Act, 'http' | 'log' | 'clock'>,
): Adapter {
  const settleMs = timeoutOf(settings.settle === undefined ? {} : { timeout: settings.settle }, 30_000)

  /** The share that Traefik has in force; undefined while it does not know the service. */
  const inForce = async (signal: AbortSignal): Promise<{ percent: number; enabled: boolean } | undefined> => {
    const url = `${settings.api.replace(/\/$/, '')}/api/http/services/${settings.service}@file`
    try {
      const answer = await act.http.request({ url, signal, timeoutMs: 10_000 })
      const text = await answer.text()
      if (answer.status === 404) return undefined
      const found = answer.status === 200 ? parseService(text, settings) : undefined
      if (found !== undefined) return found
      throw new Error(`status ${answer.status}: ${text.slice(0, 200)}`)
    } catch (error) {
      signal.throwIfAborted()
      throw environmentError({
        code: 'gray-traefik-api',
        what: 'Traefik’s API does not tell the weights of the service',
        cause: messageOf(error),
        where: url,
        fix: 'is the API on ("api.insecure" or a router to api@internal), and is the service a weighted one of the file provider?',
      })
    }
  }

  const own = async (): Promise<string | undefined> => {
    const content = await readText(settings.file)
    if (content === undefined || content.startsWith(HEAD)) return content
    throw inputError({
      code: 'gray-traefik-file',
      what: 'the file that is to split the traffic holds something else',
      where: settings.file,
      input: 'adapter',
      fix: 'give the adapter a file of its own in the provider’s directory',
    })
  }

  const set = async (percent: number, signal: AbortSignal): Promise<void> => {
    const before = await own()
    // The file itself is the act: a run that was cancelled writes none.
    signal.throwIfAborted()
    const content = renderTraefik(settings, percent)
    if (content !== before) {
      const draft = await draftOf(settings.file, content, before)
      try {
        await draft.commit()
      } finally {
        await draft.discard()
      }
    }
    // Traefik watches the folder and takes a change over within its throttle (2 s by default).
    const end = act.clock.now() + settleMs
    for (;;) {
      const now = await inForce(signal)
      if (now?.enabled === true && Math.abs(now.percent - percent) <= 0.01) return
      if (act.clock.now() + POLL_MS > end)
        throw environmentError({
          code: 'gray-traefik-not-loaded',
          what: 'Traefik has not taken the new weights over',
          cause: now === undefined ? 'it does not know the service' : `it has ${now.percent} % in force`,
          where: settings.file,
          fix: 'is the folder watched (providers.file.directory, watch: true)? See Traefik’s log for a fault in a file',
        })
      await act.clock.sleep(POLL_MS, signal)
    }
  }

  return {
    kind: 'traefik-file',
    check: async (signal) => {
      if ((await own()) !== undefined) await inForce(signal)
    },
    deploy: async (signal) => {
      if ((await own()) === undefined) await set(0, signal)
    },
    get: async (signal) => {
      const content = await own()
      const now = await inForce(signal)
      const percent = now?.percent ?? 0
      const faults = [
        ...(now === undefined ? ['Traefik does not know the service'] : []),
        ...(now?.enabled === false ? ['the service is not enabled'] : []),
        ...(content === renderTraefik(settings, percent) ? [] : ['the file says something else']),
      ]
      return { percent, settled: faults.length === 0, detail: [`new ${percent} %`, ...faults].join('; ') }
    },
    set,
    reset: (signal) => set(0, signal),
  }
}

/** Reads `/api/http/services/NAME@file`: `{"weighted": {"services": [{"name", "weight"}]}, "status": "enabled"}`. */
function parseService(
  text: string,
  settings: TraefikFileSettings,
): { percent: number; enabled: boolean } | undefined {
  const body: unknown = JSON.parse(text)
  const weighted = isRecord(body) && isRecord(body['weighted']) ? body['weighted']['services'] : undefined
  if (!isRecord(body) || !Array.isArray(weighted)) return undefined
  const weightOf = (name: string): number | undefined => {
    const entry: unknown = weighted.find((one: unknown) => isRecord(one) && one['name'] === name)
    if (!isRecord(entry)) return undefined
    // The API leaves a weight out when it is the default.
    const weight = entry['weight'] ?? 1
    return typeof weight === 'number' ? weight : undefined
  }
  const [old, fresh] = [weightOf(settings.old), weightOf(settings.new)]
  if (old === undefined || fresh === undefined || weighted.length !== 2) return undefined
  return { percent: Number(shareOf(old, fresh).toFixed(2)), enabled: body['status'] === 'enabled' }
}
