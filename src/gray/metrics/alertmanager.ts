import type { Act } from '../../base/act.ts'
import { messageOf, type Problem } from '../../base/errors.ts'
import { redactUrl } from '../../base/secrets.ts'
import type { AlertSettings } from './settings.ts'

export type AlertAct = Pick<Act, 'http' | 'signal'> & { readonly headers: Readonly<Record<string, string>> }

/**
 * The alerts that fire now and match, as problems that forbid a start; so does an Alertmanager that does not answer.
 * `GET /api/v2/alerts` (prometheus/alertmanager, api/v2/openapi.yaml). `Watchdog` always fires and never counts.
 */
export async function firingAlerts(
  settings: AlertSettings,
  act: AlertAct,
): Promise<{ problem: Problem; kind: 'gate' | 'environment' }[]> {
  const where = redactUrl(settings.url)
  const url = new URL(settings.url)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/alerts`
  for (const [name, value] of [
    ['active', 'true'],
    ['silenced', 'false'],
    ['inhibited', 'false'],
    ['unprocessed', 'false'],
  ] as const)
    url.searchParams.set(name, value)
  for (const filter of settings.filter) url.searchParams.append('filter', quoted(filter))
  const unknown = (cause: string): { problem: Problem; kind: 'environment' }[] => [
    {
      kind: 'environment',
      problem: {
        code: 'gray-alertmanager',
        what: 'whether an alert fires could not be asked',
        cause,
        where,
        fix: 'correct alerts.url or its credentials, or remove "alerts:" to start without asking',
      },
    },
  ]
  let text: string
  try {
    const response = await act.http.request({
      url: url.toString(),
      headers: { accept: 'application/json', ...act.headers },
      timeoutMs: 10_000,
      signal: AbortSignal.any([act.signal, AbortSignal.timeout(20_000)]),
      ...(settings.unverified ? { unverified: true } : {}),
    })
    text = await response.text()
    if (response.status !== 200) return unknown(`HTTP ${response.status}: ${text.slice(0, 200)}`)
  } catch (error) {
    if (act.signal.aborted) throw error
    return unknown(messageOf(error))
  }
  const alerts = parseAlerts(text)
  if (alerts === undefined) return unknown('the answer is no list of alerts; is this address Alertmanager?')
  return alerts
    .filter(({ name }) => name !== 'Watchdog')
    .map(({ name, since, summary }) => ({
      kind: 'gate',
      problem: {
        code: 'gray-alert-firing',
        what: `the alert ${name} fires${since === undefined ? '' : ` since ${since}`}: no release starts into a fire`,
        ...(summary === undefined ? {} : { cause: summary }),
        where,
        fix: 'wait until it is resolved, silence it, or narrow alerts.filter',
      },
    }))
}

/** The API wants the value in quotes: `service=shop` is `service="shop"`. */
function quoted(filter: string): string {
  const [, name = '', operator = '', value = ''] = /^([^=!~]+)(=~|!~|!=|=)(.*)$/s.exec(filter) ?? []
  return /^".*"$/s.test(value.trim()) ? filter : `${name}${operator}${JSON.stringify(value.trim())}`
}

interface Alert {
  readonly name: string
  readonly since?: string
  readonly summary?: string
}

export function parseAlerts(text: string): Alert[] | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(value)) return undefined
  return (value as unknown[]).map((alert) => {
    const { labels, annotations, startsAt } = record(alert)
    const [name, summary] = [record(labels)['alertname'], record(annotations)['summary']]
    return {
      name: typeof name === 'string' ? name : 'without a name',
      ...(typeof startsAt === 'string' ? { since: startsAt } : {}),
      ...(typeof summary === 'string' ? { summary } : {}),
    }
  })
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
