import type { Problem } from '../../base/errors.ts'
import { isRecord } from '../../base/json.ts'
import type { ComposeHost } from '../../deploy/compose.ts'
import { imageFault, isFolder, isProjectName, isServiceName, isVariableName } from '../../deploy/hosts.ts'
import { formatTarget, LOCAL, parseTarget } from '../../deploy/ssh-target.ts'
import { nodeSteps, parseDuration, type Step } from '../plan.ts'
import { Fields, fault, plainUrl, type Test } from './fields.ts'

export interface HostsSettings {
  readonly kind: 'hosts'
  /** In the order in which they get the new version. */
  readonly hosts: readonly ComposeHost[]
  /** The new version, `name@sha256:…`. */
  readonly image: string
  /** Hosts updated at the same time within a step. */
  readonly batch: number
  /** Silence after which each host goes back by itself, ms; absent: no timer. */
  readonly deadManMs?: number
}

const OSES = ['linux', 'windows'] as const
type Os = (typeof OSES)[number]

const test =
  (holds: (text: string) => boolean, what: string, fix: string): Test =>
  (text) =>
    holds(text) ? undefined : { what, fix }
const duration: Test = (text) =>
  (parseDuration(text) ?? 0) > 0
    ? undefined
    : { what: 'is not a length of time', fix: 'write it like 30s or 5m' }

/**
 * Reads the settings of the `hosts` adapter (docs/hosts.md). `image` is what the release brings, used where the settings name no
 * image of their own. All faults are returned at once.
 */
export function parseHosts(
  raw: Readonly<Record<string, unknown>>,
  image?: string,
): { settings?: HostsSettings; problems: Problem[] } {
  const problems: Problem[] = []
  const fields = new Fields(raw, problems)
  fields.one('kind', ['hosts'] as const, 'hosts')
  const os = fields.one('os', OSES, 'linux')
  const folder = fields.optionalText('folder')
  const service = fields.text('service', {
    test: test(isServiceName, 'is not the name of a service', 'write its name in the compose file'),
    example: 'web',
  })
  const project = fields.optionalText(
    'project',
    test(isProjectName, 'is not a project name', 'write lower-case letters, digits, - and _'),
  )
  const variable = fields.optionalText(
    'variable',
    test(isVariableName, 'is not the name of a variable', 'write it like APP_IMAGE'),
  )
  const files = fields.has('files')
    ? fields.list('files', (value, path) => readFile(value, path, problems), '[compose.yaml]')
    : undefined
  const chosen = fields.text('image', {
    ...(image === undefined ? {} : { fallback: image }),
    test: (text) => {
      const what = imageFault(text)
      return what === undefined
        ? undefined
        : { what, fix: 'write name@sha256:…, as the digest output of the build gives it' }
    },
    example: 'ghcr.io/acme/shop@sha256:…',
  })
  const wait = parseDuration(fields.text('wait', { fallback: '2m', test: duration })) ?? 0
  const stable = parseDuration(fields.text('stable', { fallback: '5s', test: duration })) ?? 0
  const healthUrl = fields.optionalText('health-url', plainUrl)
  const batch = fields.whole('batch', { fallback: 1, least: 1, most: 50 })
  const deadMan = fields.optionalText('dead-man', duration)
  const shared = {
    service,
    waitSeconds: Math.ceil(wait / 1000),
    stableSeconds: Math.ceil(stable / 1000),
    ...(project === undefined ? {} : { project }),
    ...(variable === undefined ? {} : { variable }),
    ...(files === undefined ? {} : { files }),
    ...(healthUrl === undefined ? {} : { healthUrl }),
  }
  const hosts = fields.list(
    'hosts',
    (value, path) => {
      const host = readHost(value, path, { os, folder }, problems)
      return host === undefined
        ? undefined
        : { target: host.target, os: host.os, service: { ...shared, folder: host.folder } }
    },
    '[deploy@web-1.example, deploy@web-2.example]',
  )
  fields.end()
  const places = hosts.map((host) => `${formatTarget(host.target)} ${host.service.folder}`)
  for (const twice of new Set(places.filter((place, index) => places.indexOf(place) !== index)))
    problems.push(fault('hosts', 'has a host twice', 'name each host once', twice))
  if (deadMan !== undefined && hosts.some((host) => host.os === 'windows'))
    problems.push(fault('dead-man', 'is not there for Windows hosts', 'leave it out'))
  if (problems.length > 0) return { problems }
  const deadManMs = deadMan === undefined ? undefined : parseDuration(deadMan)
  return {
    settings: {
      kind: 'hosts',
      hosts,
      image: chosen,
      batch,
      ...(deadManMs === undefined ? {} : { deadManMs }),
    },
    problems,
  }
}

function readFile(value: unknown, path: string, problems: Problem[]): string | undefined {
  if (typeof value === 'string' && /^[^\p{Cc}:;]+$/u.test(value)) return value
  problems.push(fault(path, 'is not the path of a compose file', 'write it like compose.yaml', value))
  return undefined
}

function readHost(
  value: unknown,
  path: string,
  given: { readonly os: Os; readonly folder: string | undefined },
  problems: Problem[],
): (Pick<ComposeHost, 'target' | 'os'> & { folder: string }) | undefined {
  const before = problems.length
  const fields = isRecord(value) ? new Fields(value, problems, path) : undefined
  const text = fields === undefined ? value : fields.text('host', { example: 'deploy@web-1.example' })
  const os = fields?.one('os', OSES, given.os) ?? given.os
  const folder = fields?.optionalText('folder') ?? given.folder
  fields?.end()
  const target =
    text === LOCAL.host
      ? LOCAL
      : typeof text === 'string'
        ? parseTarget(text)
        : { reason: 'write user@host, user@host:port, or local' }
  const wrong =
    'reason' in target
      ? { what: 'is not a host', fix: target.reason }
      : folder === undefined
        ? { what: 'has no folder', fix: 'write folder: /srv/shop, for all hosts or for this one' }
        : isFolder(folder, os)
          ? undefined
          : {
              what: 'has a folder that is no absolute path',
              fix: os === 'windows' ? 'write it like C:\\srv\\shop' : 'write it like /srv/shop',
            }
  if (problems.length > before) return undefined
  if (wrong === undefined && folder !== undefined && !('reason' in target)) return { target, os, folder }
  problems.push(fault(path, wrong?.what ?? 'is not a host', wrong?.fix ?? '', value))
  return undefined
}

/**
 * The plan's steps as hosts can take them: percentages become those of whole hosts (10 % of 4 is 25 %), steps that would
 * move no further host are merged into the one before. The engine compares what it reads back with these.
 */
export const hostSteps = (steps: readonly Step[], hosts: number): Step[] =>
  nodeSteps(steps, hosts).map(({ real, observeMs, hold }) => ({ percent: real, observeMs, hold }))
