/** A listening TCP socket of a container. */
export interface Listener {
  /** `0.0.0.0`, `127.0.0.1`, `::`, `::1` … */
  readonly address: string
  readonly port: number
  /** Only reachable from inside the container. */
  readonly loopback: boolean
}

/**
 * The listening sockets in `/proc/PID/net/tcp` or `tcp6` (proc_pid_net(5)): addresses are hexadecimal words in the
 * byte order of the host, state 0A is LISTEN.
 */
export function parseProcNet(text: string, options: { bigEndian?: boolean } = {}): Listener[] {
  const listeners: Listener[] = []
  for (const line of text.split('\n').slice(1)) {
    const [, local = '', , state] = line.trim().split(/\s+/)
    const match = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/i.exec(local)
    if (state !== '0A' || match === null) continue
    const bytes = addressBytes(match[1] ?? '', options.bigEndian === true)
    const port = Number.parseInt(match[2] ?? '', 16)
    listeners.push({ address: formatAddress(bytes), port, loopback: isLoopback(bytes) })
  }
  return listeners
}

function addressBytes(hex: string, bigEndian: boolean): number[] {
  const bytes: number[] = []
  for (let word = 0; word < hex.length; word += 8) {
    const quad = [0, 2, 4, 6].map((at) => Number.parseInt(hex.slice(word + at, word + at + 2), 16))
    bytes.push(...(bigEndian ? quad : quad.reverse()))
  }
  return bytes
}

const isMapped = (bytes: readonly number[]): boolean =>
  bytes.length === 16 &&
  bytes.slice(0, 10).every((byte) => byte === 0) &&
  bytes[10] === 255 &&
  bytes[11] === 255

function isLoopback(bytes: readonly number[]): boolean {
  if (bytes.length === 4) return bytes[0] === 127
  if (isMapped(bytes)) return bytes[12] === 127
  return bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1
}

function formatAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.')
  if (isMapped(bytes)) return `::ffff:${bytes.slice(12).join('.')}`
  const words: string[] = []
  for (let i = 0; i < 16; i += 2) words.push((((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)).toString(16))
  // The longest run of zero words becomes `::` (RFC 5952 §4.2).
  let best = { at: -1, length: 1 }
  for (let at = 0; at < 8; at++) {
    let length = 0
    while (at + length < 8 && words[at + length] === '0') length++
    if (length > best.length) best = { at, length }
  }
  if (best.at < 0) return words.join(':')
  return `${words.slice(0, best.at).join(':')}::${words.slice(best.at + best.length).join(':')}`
}

/** The TCP ports of `EXPOSE` entries (`8080`, `8080/tcp`, `8000-8003`); UDP and SCTP have no listening state. */
export function tcpPorts(expose: readonly string[]): number[] {
  const ports = new Set<number>()
  for (const entry of expose) {
    const match = /^(\d+)(?:-(\d+))?(?:\/(\w+))?$/.exec(entry)
    if (match === null || (match[3] ?? 'tcp').toLowerCase() !== 'tcp') continue
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    for (let port = first; port <= last && port - first < 100; port++) ports.add(port)
  }
  return [...ports]
}

/** How the sockets that are open fit what the image promises. */
export type PortVerdict =
  | { readonly kind: 'ready'; readonly port: number }
  /** Nothing is promised, nothing listens: a worker. */
  | { readonly kind: 'quiet' }
  /** A promised port is not open yet. */
  | { readonly kind: 'waiting' }
  /** Open, but on 127.0.0.1 only. */
  | { readonly kind: 'loopback'; readonly ports: readonly number[] }
  /** Other ports are open than the promised ones. */
  | { readonly kind: 'elsewhere'; readonly open: readonly number[] }

/** Judges the sockets against `EXPOSE`. Pure. */
export function judgePorts(listeners: readonly Listener[], exposed: readonly number[]): PortVerdict {
  const open = unique(listeners.filter((one) => !one.loopback).map((one) => one.port))
  const inside = unique(listeners.filter((one) => one.loopback).map((one) => one.port)).filter(
    (port) => !open.includes(port),
  )
  const ready = exposed.find((port) => open.includes(port))
  if (ready !== undefined) return { kind: 'ready', port: ready }
  if (exposed.length === 0) {
    const first = open[0]
    if (first !== undefined) return { kind: 'ready', port: first }
    return inside.length > 0 ? { kind: 'loopback', ports: inside } : { kind: 'quiet' }
  }
  const hidden = exposed.filter((port) => inside.includes(port))
  if (hidden.length > 0) return { kind: 'loopback', ports: hidden }
  if (open.length > 0) return { kind: 'elsewhere', open }
  return inside.length > 0 ? { kind: 'loopback', ports: inside } : { kind: 'waiting' }
}

const unique = (ports: readonly number[]): number[] => [...new Set(ports)].sort((a, b) => a - b)
