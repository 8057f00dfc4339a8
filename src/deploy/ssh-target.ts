import { createHmac } from 'node:crypto'

/** Where to log in. */
export interface SshTarget {
  readonly user: string
  readonly host: string
  readonly port: number
}

/** This machine itself: no login, no connection. For a runner on the host, and for a laptop. */
export const LOCAL: SshTarget = { user: '', host: 'local', port: 0 }

export const isLocal = (target: SshTarget): boolean => target.user === '' && target.host === LOCAL.host

const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?$/
const IPV6 = /^[0-9A-Fa-f:]+(?:%[A-Za-z0-9._-]+)?$/
/** POSIX portable names, and the `user@domain` and `DOMAIN\user` of Windows; never a leading dash. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9._@\\-]*\$?$/

/** Reads `user@host`, `user@host:2222`, `user@[::1]:2222`, each also after `ssh://`. */
export function parseTarget(text: string): SshTarget | { reason: string } {
  const trimmed = text.trim().replace(/^ssh:\/\//, '')
  const at = trimmed.lastIndexOf('@')
  if (at <= 0) return { reason: 'write user@host or user@host:port; the user is needed' }
  const user = trimmed.slice(0, at)
  if (!USER.test(user)) return { reason: `"${user}" is not a user name` }
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(trimmed.slice(at + 1))
  if (match === null) return { reason: 'write user@host:port; an IPv6 address stands in [brackets]' }
  const [, six, name, portText] = match
  const host = six ?? name ?? ''
  const valid = six === undefined ? NAME.test(host) : IPV6.test(host) && host.includes(':')
  if (!valid) return { reason: `"${host}" is not a host name or address` }
  const port = portText === undefined ? 22 : Number(portText)
  if (port < 1 || port > 65_535) return { reason: `${port} is not a port` }
  return { user, host, port }
}

/** `user@host`, with the port where it is not 22; `local` for this machine. */
export function formatTarget(target: SshTarget): string {
  if (isLocal(target)) return LOCAL.host
  const { user, host, port } = target
  const name = host.includes(':') ? `[${host}]` : host
  return `${user}@${name}${port === 22 ? '' : `:${port}`}`
}

/** The name under which known_hosts keeps this host (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
export function knownName({ host, port }: Pick<SshTarget, 'host' | 'port'>): string {
  const lower = host.toLowerCase()
  return port === 22 ? lower : `[${lower}]:${port}`
}

/** The targets no line of `known` can match; ssh also takes a line without the port for another port. */
export function unknownTargets(known: string, targets: readonly SshTarget[]): SshTarget[] {
  const patterns = known
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/^@cert-authority\s+/, ''))
    .filter((line) => !line.startsWith('@'))
    .map((line) => line.split(/\s+/))
    .filter((words) => words.length >= 3)
    .map(([names = '']) => names.split(','))
  return targets.filter(
    (target) =>
      !patterns.some((names) =>
        [knownName(target), target.host.toLowerCase()].some((name) => matchesNames(names, name)),
      ),
  )
}

function matchesNames(names: readonly string[], name: string): boolean {
  let found = false
  for (const pattern of names) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(pattern.slice(1), name)) return false
    } else if (matchesPattern(pattern, name)) found = true
  }
  return found
}

function matchesPattern(pattern: string, name: string): boolean {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(pattern)
  if (hashed !== null) {
    const [, salt = '', hash = ''] = hashed
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
  }
  const expression = pattern
    .toLowerCase()
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${expression}$`).test(name)
}

/** A private key as ssh wants it, or why it cannot be used. */
export function parsePrivateKey(text: string): { text: string } | { reason: string; fix: string } {
  // Secrets are pasted with Windows line ends, without the last one, or with spaces around: ssh refuses all three.
  const lines = text
    .trim()
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
  const clean = `${lines.join('\n')}\n`
  if (/^PuTTY-User-Key-File-/.test(clean))
    return { reason: 'it is a PuTTY key', fix: 'export it in PuTTYgen as an OpenSSH key' }
  if (/^(?:ssh-|ecdsa-|sk-)\S+ AAAA/.test(clean))
    return {
      reason: 'it is a public key',
      fix: 'give the private one; its file has the same name without .pub',
    }
  const kind = /^-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----\n/.exec(clean)?.[1]
  if (kind === undefined)
    return {
      reason: 'it does not begin with -----BEGIN … PRIVATE KEY-----',
      fix: 'give the whole text of the key file, made by ssh-keygen -t ed25519',
    }
  if (!clean.endsWith(`-----END ${kind}PRIVATE KEY-----\n`))
    return { reason: 'its last line is missing', fix: 'give the whole text of the key file' }
  const locked = {
    reason: 'it is protected by a passphrase, and nobody is there to type it',
    fix: 'make a key for deployment alone with ssh-keygen -t ed25519 -N "", or load it into an agent',
  }
  if (kind.startsWith('ENCRYPTED') || lines.some((line) => line.startsWith('Proc-Type: 4,ENCRYPTED')))
    return locked
  if (kind === 'OPENSSH ' && cipherOf(lines.slice(1, -1).join('')) !== 'none') return locked
  return { text: clean }
}

/** The cipher's name in an OpenSSH key (PROTOCOL.key: the text "openssh-key-v1" and a NUL, then length and name). */
function cipherOf(base64: string): string {
  const bytes = Buffer.from(base64, 'base64')
  const at = 'openssh-key-v1\0'.length
  if (bytes.length < at + 4) return 'none'
  return bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at)).toString('latin1')
}
