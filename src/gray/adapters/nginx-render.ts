import { createHash } from 'node:crypto'
import type { NginxSettings } from './nginx-settings.ts'

/** What the rendered file says of itself, in its first line and on its marker location. */
export interface Marker {
  readonly percent: number
  /** A digest of everything else in the file. */
  readonly generation: string
}

const HEAD = '# go-image-pipeline gray release: written by a program, do not edit. '

/** nginx's split_clients knows hundredths of a percent; weights are as fine. */
export function roundPercent(percent: number): number {
  return Math.min(100, Math.max(0, Math.round(percent * 100) / 100))
}

/** The whole include file for a share: head, split, and a loopback server that tells what is loaded. */
export function render(settings: NginxSettings, asked: number): string {
  const percent = roundPercent(asked)
  const split =
    settings.upstream === undefined ? renderSplit(settings, percent) : renderUpstream(settings, percent)
  const lines = split.join('\n')
  const generation = createHash('sha256')
    .update(`${percent}\n${settings.marker}\n${lines}`)
    .digest('hex')
    .slice(0, 16)
  const marker: Marker = { percent, generation }
  return `${HEAD}${JSON.stringify(marker)}
${lines}

# Tells which of these files the running nginx has loaded.
server {
    listen ${settings.marker};
    access_log off;
    location = ${MARKER_PATH} {
        default_type application/json;
        return 200 '${JSON.stringify(marker)}';
    }
    location / {
        return 404;
    }
}
`
}

export const MARKER_PATH = '/gray-release'

/** The first line's marker; undefined when the file is not one of ours. */
export function markerOf(content: string): Marker | undefined {
  return content.startsWith(HEAD)
    ? parseMarker(content.slice(HEAD.length).split('\n', 1)[0] ?? '')
    : undefined
}

export function parseMarker(text: string): Marker | undefined {
  try {
    const { percent, generation } = JSON.parse(text) as { percent?: unknown; generation?: unknown }
    return typeof percent === 'number' && typeof generation === 'string' ? { percent, generation } : undefined
  } catch {
    return undefined
  }
}

/**
 * `split_clients` (ngx_http_split_clients_module): the key's hash falls into a range, the new version's being the lowest.
 * So a key that is on the new version stays there while the share grows.
 */
function renderSplit(settings: NginxSettings, percent: number): string[] {
  const { variable, sticky } = settings
  const [old = '', fresh = ''] = [settings.old[0], settings.new[0]]
  const ranges =
    percent >= 100
      ? [`    * ${fresh};`]
      : [...(percent > 0 ? [`    ${percent}% ${fresh};`] : []), `    * ${old};`]
  if (sticky === undefined) return [`split_clients "${settings.key}" $${variable} {`, ...ranges, '}']
  return [
    // Who has no cookie yet is placed by the value the cookie will get, so the first request decides for all later ones.
    `map $cookie_${sticky} $${variable}_key {`,
    '    "" $request_id;',
    `    default $cookie_${sticky};`,
    '}',
    `map $cookie_${sticky} $${variable}_cookie {`,
    `    "" "${sticky}=$request_id; Path=/; HttpOnly; SameSite=Lax";`,
    '    default "";',
    '}',
    `split_clients "$${variable}_key" $${variable} {`,
    ...ranges,
    '}',
  ]
}

/** An upstream with weights; `zone` makes all workers share one round, so that the split is exact. */
function renderUpstream(settings: NginxSettings, percent: number): string[] {
  const name = settings.upstream ?? ''
  const [oldWeight, newWeight] = upstreamWeights(percent, settings.old.length, settings.new.length)
  const line = (address: string, weight: number): string =>
    `    server ${address}${weight > 0 ? ` weight=${weight}` : ' down'};`
  return [
    `upstream ${name} {`,
    `    zone ${name} 256k;`,
    ...settings.old.map((address) => line(address, oldWeight)),
    ...settings.new.map((address) => line(address, newWeight)),
    ...settings.options.map((option) => `    ${option};`),
    '}',
  ]
}

/** Per server; exact to a hundredth of a percent, divided by the greatest common divisor. */
export function upstreamWeights(percent: number, old: number, fresh: number): [old: number, fresh: number] {
  const hundredths = Math.round(percent * 100)
  const [a, b] = [(10_000 - hundredths) * fresh, hundredths * old]
  const divisor = gcd(a, b)
  return divisor === 0 ? [1, 0] : [a / divisor, b / divisor]
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}
