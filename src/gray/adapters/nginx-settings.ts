import type { Problem } from '../../base/errors.ts'
import { readCommand, type UserCommand } from './commands.ts'
import { Fields, fault, plainUrl, type Test } from './fields.ts'
import { duration } from './haproxy-settings.ts'
import { type Hooks, readHooks } from './hooks.ts'

export interface NginxSettings extends Hooks {
  readonly kind: 'nginx'
  /** The file that is rendered, included in the http section of nginx's configuration. Wholly ours. */
  readonly file: string
  /** Upstream names, or addresses; one each unless `upstream` is set. */
  readonly old: readonly string[]
  readonly new: readonly string[]
  /** What is split: a text with nginx variables. */
  readonly key: string
  /** The variable that gets the upstream, for `proxy_pass http://$gray_upstream`. */
  readonly variable: string
  /** A cookie that keeps each user on one version; new users get it by `add_header Set-Cookie $gray_upstream_cookie`. */
  readonly sticky?: string
  /** Instead of a variable: an upstream of this name with weights. */
  readonly upstream?: string
  /** More lines of that upstream, without their semicolon. */
  readonly options: readonly string[]
  /** `127.0.0.1:PORT` where the rendered file answers which version of it is loaded. */
  readonly marker: string
  /** Where this machine reaches the marker, when it is not `marker` itself. */
  readonly markerUrl?: string
  /** The nginx program with the options it was started with. */
  readonly nginx: readonly string[]
  /** Default: `nginx -s reload`. */
  readonly reload?: UserCommand
  /** How long a reload may take. Default 30s. */
  readonly settle?: string
}

// Told apart from what somebody wrote, so that completed settings can be read again.
const KEY = '${remote_addr}${request_id}'
const VARIABLE = 'gray_upstream'
const VARIABLES = /^(?:[A-Za-z0-9_.:|/-]|\$[a-z0-9_]+|\$\{[a-z0-9_]+\})+$/

/** Reads the settings of kind `nginx`; all faults at once. */
export function parseNginxSettings(raw: unknown): { settings?: NginxSettings; problems: Problem[] } {
  const problems: Problem[] = []
  const at = new Fields(raw, problems)
  at.raw('kind')
  const file = at.text('file', { example: '/etc/nginx/gray/app.conf' })
  const address = (value: unknown, path: string): string | undefined => {
    if (typeof value === 'string' && /^[A-Za-z0-9._:/[\]-]+$/.test(value)) return value
    problems.push(
      fault(path, 'is no upstream or address', 'write a name such as app_new, or 10.0.0.7:8080', value),
    )
    return undefined
  }
  const old = at.list('old', address, 'app_old')
  const fresh = at.list('new', address, 'app_new')
  const upstream = at.optionalText('upstream', identifier)
  const sticky = at.optionalText('sticky', identifier)
  const key = at.text('key', {
    fallback: KEY,
    test: (text) =>
      VARIABLES.test(text) && text.includes('$')
        ? undefined
        : { what: 'is not a text of nginx variables', fix: 'write it like ${remote_addr}${request_id}' },
  })
  const variable = at.text('variable', { fallback: VARIABLE, test: identifier })
  const given = at.raw('options')
  const options =
    given !== undefined && !(Array.isArray(given) && given.length === 0)
      ? at.list(
          'options',
          (value, path) => {
            if (typeof value === 'string' && /^[A-Za-z0-9_ =.:$/-]+$/.test(value)) return value
            problems.push(fault(path, 'is not a line of an upstream', 'write it like keepalive 16', value))
            return undefined
          },
          '[keepalive 16]',
        )
      : []
  const marker = at.text('marker', { fallback: '127.0.0.1:8099', test: loopback })
  const markerUrl = at.optionalText('markerUrl', plainUrl)
  const nginx = at.has('nginx')
    ? at.list(
        'nginx',
        (value, path) => {
          if (typeof value === 'string' && value !== '') return value
          problems.push(
            fault(path, 'is not a word', 'write it like [nginx, -c, /etc/nginx/nginx.conf]', value),
          )
          return undefined
        },
        '[nginx]',
      )
    : ['nginx']
  const reload = readCommand(at, 'reload')
  const settle = at.optionalText('settle', duration)
  const hooks = readHooks(at)
  at.end()
  if (upstream === undefined) {
    for (const [name, list] of [
      ['old', old],
      ['new', fresh],
    ] as const)
      if (list.length > 1)
        at.fault(
          name,
          'has several entries',
          'name one upstream; or set upstream, and list the addresses here',
        )
    if (options.length > 0) at.fault('options', 'is for an upstream only', 'set upstream, or remove it')
  } else {
    for (const [name, chosen] of [
      ['key', key !== KEY],
      ['variable', variable !== VARIABLE],
      ['sticky', sticky !== undefined],
    ] as const)
      if (chosen) at.fault(name, 'is of no use with upstream', 'remove one of the two')
  }
  if (sticky !== undefined && key !== KEY)
    at.fault('key', 'is of no use with sticky', 'remove one of the two')
  const both = old.filter((name) => fresh.includes(name))
  if (both.length > 0) at.fault('new', `names ${both.join(', ')} as old too`, 'the two versions stand apart')
  if (problems.length > 0) return { problems }
  return {
    settings: {
      kind: 'nginx',
      file,
      old,
      new: fresh,
      key,
      variable,
      ...(sticky === undefined ? {} : { sticky }),
      ...(upstream === undefined ? {} : { upstream }),
      options,
      marker,
      ...(markerUrl === undefined ? {} : { markerUrl }),
      nginx,
      ...(reload === undefined ? {} : { reload }),
      ...(settle === undefined ? {} : { settle }),
      ...hooks,
    },
    problems,
  }
}

const identifier: Test = (text) =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(text)
    ? undefined
    : { what: 'has characters other than letters, digits and _', fix: 'choose a plain name' }

const loopback: Test = (text) =>
  /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]):\d{1,5}$/.test(text)
    ? undefined
    : {
        what: 'is not a loopback address with a port',
        fix: 'write it like 127.0.0.1:8099: it is for this machine alone',
      }
