import { PipelineError, type Problem } from '../base/errors.ts'

export type SshFault =
  /** Nobody answers at that address now. */
  | 'unreachable'
  | 'refused'
  | 'name'
  /** The server closed the connection before or after the login (MaxStartups, a restart, a cut line). */
  | 'closed'
  | 'host-key-changed'
  | 'host-key-unknown'
  | 'denied'
  | 'key'
  | 'algorithms'
  | 'config'
  | 'unknown'

interface Rule {
  readonly fault: SshFault
  readonly pattern: RegExp
}

/** OpenSSH's own sentences, the most telling first; several can be in one answer. */
const RULES: readonly Rule[] = [
  { fault: 'host-key-changed', pattern: /REMOTE HOST IDENTIFICATION HAS CHANGED|has changed and you have requested strict|REVOKED HOST KEY/i },
  { fault: 'host-key-unknown', pattern: /host key is known for|Host key verification failed/i },
  { fault: 'key', pattern: /error in libcrypto|invalid format|UNPROTECTED PRIVATE KEY FILE|Load key .*: (?!No such)/i },
  { fault: 'denied', pattern: /Permission denied \(|Too many authentication failures|No supported authentication methods/i },
  { fault: 'algorithms', pattern: /no matching (?:host key type|key exchange method|cipher|MAC) found|no mutual signature/i },
  { fault: 'name', pattern: /Could not resolve hostname/i },
  { fault: 'refused', pattern: /Connection refused|administratively prohibited|open failed: connect failed/i },
  { fault: 'unreachable', pattern: /timed out|No route to host|Network is (?:unreachable|down)|Host is down/i },
  { fault: 'closed', pattern: /Connection (?:closed|reset)|kex_exchange_identification|Broken pipe|not responding|banner exchange|disconnect/i },
  { fault: 'config', pattern: /Bad configuration option|terminating, \d+ bad configuration|Bad owner or permissions/i },
] // prettier-ignore

/** What ssh's words on stderr mean. */
export function classifySsh(stderr: string): SshFault {
  return RULES.find(({ pattern }) => pattern.test(stderr))?.fault ?? 'unknown'
}

/** Whether another try can help: addresses that do not answer and lines that are cut do pass; keys and rights do not. */
export function isPassing(fault: SshFault, stderr: string): boolean {
  if (fault === 'name') return /Temporary failure|try again/i.test(stderr)
  return fault === 'unreachable' || fault === 'refused' || fault === 'closed' || fault === 'unknown'
}

interface Told {
  readonly code: string
  readonly kind: 'environment' | 'gate' | 'input'
  readonly what: (where: string) => string
  readonly cause?: string
  readonly fix: string
}

const TOLD: Readonly<Record<SshFault, Told>> = {
  unreachable: {
    code: 'ssh-unreachable',
    kind: 'environment',
    what: (where) => `${where} does not answer`,
    fix: 'check that the host runs, its address and port, and that its firewall lets this runner in',
  },
  refused: {
    code: 'ssh-refused',
    kind: 'environment',
    what: (where) => `${where} refuses the connection`,
    cause: 'no SSH server listens at that port, or it is being started again',
    fix: 'check the port, and sshd on the host',
  },
  name: {
    code: 'ssh-name',
    kind: 'environment',
    what: (where) => `the host name of ${where} cannot be resolved`,
    fix: 'check the spelling, and that this runner can ask the DNS that knows the name',
  },
  closed: {
    code: 'ssh-closed',
    kind: 'environment',
    what: (where) => `${where} closed the connection before the command began`,
    cause: 'too many logins at once (MaxStartups), a restart, or a firewall between',
    fix: 'see sshd’s log on the host',
  },
  'host-key-changed': {
    code: 'ssh-host-key-changed',
    kind: 'gate',
    what: (where) => `${where} shows another host key than the known one; nothing was sent to it`,
    cause: 'the host was set up again, or somebody sits between',
    fix: 'compare the fingerprint on the host itself (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub); only when it is right, renew its line in the known hosts',
  },
  'host-key-unknown': {
    code: 'ssh-host-key-unknown',
    kind: 'input',
    what: (where) => `the host key of ${where} is not among the known hosts; nothing was sent to it`,
    fix: 'add the line that ssh-keyscan -p PORT HOST prints, after comparing its fingerprint on the host itself',
  },
  denied: {
    code: 'ssh-denied',
    kind: 'input',
    what: (where) => `${where} does not accept the key`,
    cause: 'another user, another key, or rights on ~/.ssh that sshd refuses',
    fix: 'put the public key into ~/.ssh/authorized_keys of that user (0600, its folder 0700)',
  },
  key: {
    code: 'ssh-key',
    kind: 'input',
    what: (where) => `the private key for ${where} cannot be read`,
    fix: 'give the whole text of an unencrypted OpenSSH key, with its first and last line',
  },
  algorithms: {
    code: 'ssh-algorithms',
    kind: 'input',
    what: (where) => `this runner and ${where} have no algorithm in common`,
    cause: 'one of the two is many years older than the other',
    fix: 'update OpenSSH on the host, or use an ed25519 key',
  },
  config: {
    code: 'ssh-client',
    kind: 'environment',
    what: () => 'the ssh client of this runner does not understand its configuration',
    cause: 'it is older than OpenSSH 7.6',
    fix: 'install a newer OpenSSH client on the runner',
  },
  unknown: {
    code: 'ssh-failed',
    kind: 'environment',
    what: (where) => `ssh to ${where} failed`,
    fix: 'see its words below',
  },
}

/** The error for a connection that never reached the command. */
export function sshError(fault: SshFault, where: string, stderr: string): PipelineError {
  const told = TOLD[fault]
  const cause = told.cause ?? lastLine(stderr)
  return new PipelineError(
    told.kind,
    [
      {
        code: told.code,
        what: told.what(where),
        ...(cause === '' ? {} : { cause }),
        where,
        fix: told.fix,
      },
    ],
    { log: stderr },
  )
}

/** The connection broke while the command ran. */
export function lostError(where: string, stderr: string): PipelineError {
  return new PipelineError(
    'environment',
    [
      {
        code: 'ssh-lost',
        what: `the connection to ${where} broke while a command ran there`,
        cause: lastLine(stderr) || 'how far the command came is not known',
        where,
        fix: 'run again: every command of ours may be repeated',
      },
    ],
    { log: stderr },
  )
}

/** Our own limit of time. */
export const timeoutProblem = (where: string, what: string, ms: number): Problem => ({
  code: 'ssh-timeout',
  what: `${what} on ${where} did not end within ${Math.round(ms / 1000)} s`,
  where,
  fix: 'see what the host is busy with; raise the time only if it was still making progress',
})

const lastLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .at(-1) ?? ''
