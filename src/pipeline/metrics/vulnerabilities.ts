import { maybeText, textAt } from '../../github/answers.ts'
import type { DeploymentEvent } from './deployments.ts'
import type { VulnerabilityFact, Window } from './facts.ts'

/** Dismissed for these reasons it never was a vulnerability of this product. */
const NOT_ONE = new Set(['false positive', 'used in tests'])

/**
 * Alerts of code scanning, judged by what was deployed: one that was fixed before anything went live after it had been found
 * was stopped; one that was open while a version went live escaped. While it is open and nothing has gone live, nobody can say.
 */
export function alertFacts(
  alerts: readonly unknown[],
  severities: readonly string[],
  events: readonly DeploymentEvent[],
  window: Window,
): VulnerabilityFact[] {
  const live = events.filter((event) => event.outcome === 'live')
  return alerts.flatMap((alert): VulnerabilityFact[] => {
    const severity = maybeText(alert, 'rule', 'security_severity_level')
    if (severity === undefined || !severities.includes(severity)) return []
    if (NOT_ONE.has(maybeText(alert, 'dismissed_reason') ?? '')) return []
    const foundAt = Date.parse(textAt(alert, 'created_at'))
    const fixed = maybeText(alert, 'fixed_at')
    const until = fixed === undefined ? window.to : Date.parse(fixed)
    const escape = live.find((event) => event.at >= foundAt && event.at < until)
    const path = maybeText(alert, 'most_recent_instance', 'location', 'path')
    return [
      {
        id: maybeText(alert, 'rule', 'id') ?? textAt(alert, 'rule', 'name'),
        place: path ?? maybeText(alert, 'tool', 'name') ?? '',
        severity,
        foundAt,
        stopped: escape !== undefined ? false : fixed === undefined ? undefined : true,
        why:
          escape !== undefined
            ? `${short(escape.version)} went live while it was open`
            : fixed === undefined
              ? 'open; nothing has gone live since'
              : 'fixed before the next version went live',
        url: maybeText(alert, 'html_url'),
      },
    ]
  })
}

const short = (version: string): string => (/^[0-9a-f]{40}$/.test(version) ? version.slice(0, 12) : version)
