import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from '@jest/globals'
import { controlSocket, renderSshConfig, type SshConfig } from '../../../src/deploy/ssh-config.ts'
import { classifySsh, isPassing, lostError, type SshFault, sshError } from '../../../src/deploy/ssh-faults.ts'

const folder = mkdtempSync(join(tmpdir(), 'gip config %-'))
afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

const base: SshConfig = {
  targets: [
    { alias: 'gip-0', target: { user: 'deploy', host: 'web-1.example', port: 2222 } },
    { alias: 'gip-1', target: { user: 'deploy', host: 'web-2.example', port: 22 } },
  ],
  knownHosts: join(folder, 'known_hosts'),
  hostKeys: 'yes',
  identityFile: join(folder, 'key'),
  connectSeconds: 7,
}

/** What the real client understands. */
const understood = (config: SshConfig, alias: string): Map<string, string> => {
  const file = join(folder, 'config')
  writeFileSync(file, renderSshConfig(config), { mode: 0o600 })
  const done = spawnSync('ssh', ['-G', '-F', file, alias], { encoding: 'utf8' })
  expect(done.stderr).toBe('')
  return new Map(
    done.stdout
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
  )
}

describe('renderSshConfig', () => {
  it('is understood by ssh as it is meant', () => {
    const options = understood(base, 'gip-0')
    for (const [name, value] of [
      ['hostname', 'web-1.example'],
      ['port', '2222'],
      ['user', 'deploy'],
      ['batchmode', 'yes'],
      ['stricthostkeychecking', 'true'],
      ['userknownhostsfile', base.knownHosts],
      ['globalknownhostsfile', 'none'],
      ['identitiesonly', 'yes'],
      ['identityagent', 'none'],
      ['passwordauthentication', 'no'],
      ['kbdinteractiveauthentication', 'no'],
      ['forwardagent', 'no'],
      ['forwardx11', 'no'],
      ['permitlocalcommand', 'no'],
      ['connecttimeout', '7'],
      ['serveraliveinterval', '10'],
      ['updatehostkeys', 'false'],
    ] as const)
      expect([name, options.get(name)]).toEqual([name, value])
    expect(options.get('identityfile')).toContain(folder.replaceAll('%', '%%'))
    expect(options.has('proxyjump')).toBe(false)
  })

  it('sends every host but the jump host itself through the jump host', () => {
    const config: SshConfig = { ...base, jump: { user: 'hop', host: 'bastion.example', port: 22 } }
    expect(understood(config, 'gip-1').get('proxyjump')).toBe('gip-jump')
    const jump = understood(config, 'gip-jump')
    expect([jump.get('hostname'), jump.get('user'), jump.has('proxyjump')]).toEqual([
      'bastion.example',
      'hop',
      false,
    ])
    expect(jump.get('stricthostkeychecking')).toBe('true')
  })

  it('uses an agent only when asked to', () => {
    const { identityFile: _, ...rest } = base
    const agent = understood({ ...rest, agentSocket: '/run/agent.sock' }, 'gip-0')
    expect([agent.get('identityagent'), agent.get('identitiesonly')]).toEqual(['/run/agent.sock', 'no'])
  })

  it('writes Windows paths with forward slashes', () => {
    const text = renderSshConfig({ ...base, knownHosts: 'C:\\a b\\known', identityFile: 'D:\\t\\100%\\key' })
    expect(text).toContain('UserKnownHostsFile "C:/a b/known"')
    expect(text).toContain('IdentityFile "D:/t/100%%/key"')
  })

  it('takes an unknown key only under accept-new', () => {
    expect(understood({ ...base, hostKeys: 'accept-new' }, 'gip-0').get('stricthostkeychecking')).toBe(
      'accept-new',
    )
  })
})

describe('controlSocket', () => {
  it.each([
    ['linux', '/tmp/gip-ssh-abc', '/tmp/gip-ssh-abc/3'],
    ['darwin', '/var/folders/zz/T/gip-ssh-abc', '/var/folders/zz/T/gip-ssh-abc/3'],
    // ssh adds 17 characters while it binds; a socket that does not fit would fail every connection.
    ['linux', `/${'d'.repeat(87)}`, `/${'d'.repeat(87)}/3`],
    ['linux', `/${'d'.repeat(88)}`, undefined],
    ['darwin', `/${'d'.repeat(84)}`, undefined],
    ['windows', 'C:/t', undefined],
  ] as const)('%s %s', (os, where, socket) => {
    expect(controlSocket(where, 3, os)).toBe(socket)
  })
})

describe('what ssh says', () => {
  it.each<[SshFault, boolean, string]>([
    ['refused', true, 'ssh: connect to host 127.0.0.1 port 41023: Connection refused'],
    ['unreachable', true, 'ssh: connect to host 10.0.0.9 port 22: Connection timed out'],
    ['unreachable', true, 'ssh: connect to host 10.0.0.9 port 22: No route to host'],
    ['unreachable', true, 'ssh: connect to host fe80::1 port 22: Network is unreachable'],
    ['unreachable', true, 'Connection timed out during banner exchange'],
    ['name', false, 'ssh: Could not resolve hostname no.such.host: Name or service not known'],
    ['name', true, 'ssh: Could not resolve hostname web: Temporary failure in name resolution'],
    ['closed', true, 'kex_exchange_identification: Connection closed by remote host'],
    ['closed', true, 'Connection reset by 10.0.0.9 port 22'],
    ['closed', true, 'Connection closed by UNKNOWN port 65535'],
    ['denied', false, 'deploy@web: Permission denied (publickey,keyboard-interactive).'],
    ['denied', false, 'Received disconnect from 10.0.0.9 port 22:2: Too many authentication failures'],
    ['key', false, 'Load key "/t/key": error in libcrypto\ndeploy@web: Permission denied (publickey).'],
    ['key', false, '@ WARNING: UNPROTECTED PRIVATE KEY FILE! @\ndeploy@web: Permission denied (publickey).'],
    [
      'host-key-unknown',
      false,
      'No ED25519 host key is known for [127.0.0.1]:41022 and you have requested strict checking.\nHost key verification failed.',
    ],
    [
      'host-key-changed',
      false,
      '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\nHost key verification failed.',
    ],
    ['host-key-changed', false, 'Host key for web has changed and you have requested strict checking.'],
    [
      'algorithms',
      false,
      'Unable to negotiate with 10.0.0.9 port 22: no matching host key type found. Their offer: ssh-rsa,ssh-dss',
    ],
    ['config', false, '/t/config: line 3: Bad configuration option: frobnicate'],
    ['unknown', true, 'something nobody has seen'],
  ])('%s (passing: %j)', (fault, passing, stderr) => {
    expect([classifySsh(stderr), isPassing(classifySsh(stderr), stderr)]).toEqual([fault, passing])
    const error = sshError(fault, 'deploy@web', stderr)
    expect(error.log).toBe(stderr)
    expect(error.problems[0]?.fix).not.toBe('')
    // What may pass is environment; what is certain to fail again is not.
    if (passing) expect(error.kind).toBe('environment')
  })

  it('keeps the last words of a connection that broke', () => {
    const error = lostError('deploy@web', 'Timeout, server web not responding.\n')
    expect(error.problems[0]).toMatchObject({
      code: 'ssh-lost',
      cause: 'Timeout, server web not responding.',
    })
  })
})
