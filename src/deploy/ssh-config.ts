import type { HostOs } from '../base/platform.ts'
import { slashes } from '../base/files.ts'
import type { SshTarget } from './ssh-target.ts'

export interface SshConfig {
  readonly targets: readonly { readonly alias: string; readonly target: SshTarget }[]
  /** A host every connection goes through. */
  readonly jump?: SshTarget
  readonly knownHosts: string
  /** `yes`: only keys in known_hosts. `accept-new`: an unknown host's key is believed once; a changed one never. */
  readonly hostKeys: 'yes' | 'accept-new'
  /** The key's file; absent: the agent's keys. */
  readonly identityFile?: string
  readonly agentSocket?: string
  readonly connectSeconds: number
}

export const JUMP_ALIAS = 'gip-jump'

/**
 * The whole configuration of our own ssh client. A file rather than options, because options of the command line do not
 * hold for the jump host (ssh(1), -J), and because arguments can be seen by every process of the machine. The user's and the
 * system's own configuration are not read.
 */
export function renderSshConfig(config: SshConfig): string {
  const host = (alias: string, target: SshTarget, jump: boolean): string[] => [
    `Host ${alias}`,
    `  HostName ${target.host.replaceAll('%', '%%')}`,
    `  Port ${target.port}`,
    `  User ${quoted(target.user)}`,
    ...(jump ? [`  ProxyJump ${JUMP_ALIAS}`] : []),
  ]
  const identity =
    config.identityFile === undefined
      ? config.agentSocket === undefined
        ? []
        : [`  IdentityAgent ${path(config.agentSocket)}`]
      : [`  IdentityFile ${path(config.identityFile)}`, '  IdentitiesOnly yes', '  IdentityAgent none']
  return [
    ...config.targets.flatMap(({ alias, target }) => host(alias, target, config.jump !== undefined)),
    ...(config.jump === undefined ? [] : host(JUMP_ALIAS, config.jump, false)),
    'Host *',
    '  BatchMode yes',
    `  StrictHostKeyChecking ${config.hostKeys}`,
    `  UserKnownHostsFile ${path(config.knownHosts)}`,
    '  GlobalKnownHostsFile none',
    '  UpdateHostKeys no',
    '  HashKnownHosts no',
    '  CheckHostIP no',
    '  VerifyHostKeyDNS no',
    ...identity,
    '  PreferredAuthentications publickey',
    '  PasswordAuthentication no',
    '  KbdInteractiveAuthentication no',
    '  ForwardAgent no',
    '  ForwardX11 no',
    '  PermitLocalCommand no',
    '  RequestTTY no',
    '  EscapeChar none',
    '  LogLevel ERROR',
    `  ConnectTimeout ${config.connectSeconds}`,
    '  ConnectionAttempts 1',
    '  ServerAliveInterval 10',
    '  ServerAliveCountMax 3',
    '  TCPKeepAlive yes',
    '',
  ].join('\n')
}

/** ssh binds the control socket as `PATH.` and 16 random characters before it moves it, and a socket's path is bounded. */
const SOCKET_LIMIT: Readonly<Record<HostOs, number>> = { linux: 107, darwin: 103, freebsd: 103, windows: 0 }

/** Where the shared connection's socket lies; undefined where there can be none (Windows' ssh has no such thing). */
export function controlSocket(folder: string, index: number, os: HostOs): string | undefined {
  const socket = `${folder}/${index}`
  return Buffer.byteLength(socket) + 17 <= SOCKET_LIMIT[os] ? socket : undefined
}

/** ssh expands %-tokens in paths, and takes what stands in double quotes as one word. */
const path = (text: string): string => quoted(slashesOnWindows(text).replaceAll('%', '%%'))
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
const slashesOnWindows = (text: string): string => (/^[A-Za-z]:\\/.test(text) ? slashes(text) : text)
