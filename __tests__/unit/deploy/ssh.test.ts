import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { afterAll, afterEach, describe, expect, it } from '@jest/globals'
import { PipelineError } from '../../../src/base/errors.ts'
import { TemporaryFolders } from '../../../src/base/files.ts'
import type { Host } from '../../../src/base/platform.ts'
import { RetryCounter } from '../../../src/base/retry.ts'
import { Secrets } from '../../../src/base/secrets.ts'
import { openSsh, type Ssh, type SshSettings } from '../../../src/deploy/ssh.ts'
import { KeptLog, PlayedExec, type Reply, StepClock } from '../../support/docker-act.ts'

const root = mkdtempSync(join(tmpdir(), 'gip-ssh-test-'))
const made = spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(root, 'id')])
if (made.status !== 0) throw new Error(made.stderr.toString())
const KEY = readFileSync(join(root, 'id'), 'utf8')
const temp = new TemporaryFolders(join(root, 't'))
afterEach(() => temp.dispose())
afterAll(() => {
  rmSync(root, { recursive: true, force: true })
})

const web = { user: 'deploy', host: 'web', port: 22 }
const REFUSED = { code: 255, stderr: 'ssh: connect to host web port 22: Connection refused' }

interface Opened {
  readonly ssh: Ssh
  readonly exec: PlayedExec
  readonly counter: RetryCounter
  readonly secrets: Secrets
  readonly clock: StepClock
}

/** `session` answers the commands themselves; marks are put around what it gives unless it says otherwise. */
const open = async (
  session: (call: number) => Reply & { marks?: 'both' | 'start' | 'none' },
  options: { settings?: Partial<SshSettings>; host?: Host; master?: () => Reply } = {},
): Promise<Opened> => {
  let calls = 0
  const exec: PlayedExec = new PlayedExec((argv) => {
    if (argv.includes('-N')) return options.master?.() ?? {}
    if (argv.includes('-O')) return {}
    const reply = session(++calls)
    const input = exec.calls.at(-1)?.input as string
    const text = argv.at(-1) === 'sh -s' ? input : Buffer.from(input, 'base64').toString()
    const nonce = /gip-start-([0-9a-f]+)/.exec(text)?.[1] ?? ''
    const { marks = 'both', code = 0, stderr = '' } = reply
    const lines = [
      ...(marks === 'none' ? [] : [`gip-start-${nonce}`]),
      ...(stderr === '' ? [] : [stderr]),
      ...(marks === 'both' ? [`gip-end-${nonce} ${code}`] : []),
    ]
    return { ...reply, stderr: lines.map((line) => `${line}\n`).join('') }
  })
  const counter = new RetryCounter()
  const secrets = new Secrets()
  const clock = new StepClock()
  const ssh = await openSsh(
    {
      targets: [web],
      identity: { kind: 'key', text: KEY },
      knownHosts: 'web ssh-ed25519 AAAA',
      ...options.settings,
    },
    {
      exec,
      log: new KeptLog(),
      host: options.host ?? { os: 'linux', arch: 'amd64' },
      secrets,
      temp,
      counter,
      clock,
    },
  )
  return { ssh, exec, counter, secrets, clock }
}
const command = (more: object = {}): Parameters<Ssh['run']>[1] => ({
  what: 'a test',
  script: 'true',
  timeoutMs: 1000,
  signal: new AbortController().signal,
  ...more,
})
const problemOf = async (work: Promise<unknown>): Promise<[string, string | undefined]> => {
  try {
    await work
  } catch (error) {
    if (error instanceof PipelineError) return [error.kind, error.problems[0]?.code]
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('ssh', () => {
  it('opens one shared connection, sends scripts on standard input, and shows nothing in its arguments', async () => {
    const { ssh, exec, secrets } = await open(() => ({ code: 3, stdout: 'out\n', stderr: 'err' }))
    const done = await ssh.run(web, command({ script: "echo 'token-123'" }))
    expect([done.code, done.stdout, done.stderr]).toEqual([3, 'out\n', 'err'])
    await ssh.run(web, command())
    expect(exec.calls.filter(({ argv }) => argv.includes('-N'))).toHaveLength(1)
    const argv = exec.calls.flatMap((call) => call.argv)
    for (const hidden of ['token-123', 'OPENSSH', 'web', 'deploy'])
      expect(argv.join(' ')).not.toContain(hidden)
    for (const { env } of exec.calls) {
      expect(env).toMatchObject({ LC_ALL: 'C' })
      expect(env).toHaveProperty('SSH_AUTH_SOCK', undefined)
    }
    expect(secrets.redact(KEY)).not.toContain(KEY.split('\n')[1])
    await ssh.close()
    expect(exec.calls.at(-1)?.argv).toContain('-O')
  })

  it('shares no connection on Windows, where ssh cannot, and runs PowerShell when asked', async () => {
    const { ssh, exec } = await open(() => ({}), { host: { os: 'windows', arch: 'amd64' } })
    await ssh.run(web, command({ shell: 'powershell' }))
    expect(exec.calls).toHaveLength(1)
    expect(exec.calls[0]?.argv.join(' ')).not.toContain('Control')
    expect(exec.calls[0]?.argv.at(-1)).toContain('-EncodedCommand')
  })

  it('tries again what may pass, with growing waits, and counts it', async () => {
    const { ssh, counter, clock } = await open((call) =>
      call < 3 ? { ...REFUSED, marks: 'none' } : { stdout: 'in' },
    )
    expect((await ssh.run(web, command())).stdout).toBe('in')
    expect(counter.list()).toMatchObject([{ what: 'a test on deploy@web', count: 2 }])
    expect(clock.slept).toHaveLength(2)
  })

  it.each<[string, string, Reply & { marks?: 'both' | 'start' | 'none' }, number]>([
    ['environment', 'ssh-refused', { ...REFUSED, marks: 'none' }, 3],
    [
      'environment',
      'ssh-lost',
      { code: 255, stderr: 'Timeout, server web not responding.', marks: 'start' },
      3,
    ],
    [
      'input',
      'ssh-denied',
      { code: 255, stderr: 'deploy@web: Permission denied (publickey).', marks: 'none' },
      1,
    ],
    [
      'gate',
      'ssh-host-key-changed',
      { code: 255, stderr: 'REMOTE HOST IDENTIFICATION HAS CHANGED!', marks: 'none' },
      1,
    ],
    [
      'input',
      'ssh-name',
      { code: 255, stderr: 'ssh: Could not resolve hostname web: Name or service not known', marks: 'none' },
      1,
    ],
    ['input', 'ssh-shell', { code: 1, stderr: 'This account is currently not available.', marks: 'none' }, 1],
  ])('%s %s', async (kind, code, reply, tries) => {
    const { ssh, exec } = await open(() => reply)
    expect(await problemOf(ssh.run(web, command()))).toEqual([kind, code])
    expect(exec.calls.filter(({ argv }) => argv.at(-1) === 'sh -s')).toHaveLength(tries)
  })

  it('tells the fault of the shared connection as that of the host', async () => {
    const { ssh, exec } = await open(() => ({}), {
      master: () => ({ code: 255, stderr: 'deploy@web: Permission denied (publickey).' }),
    })
    expect(await problemOf(ssh.run(web, command()))).toEqual(['input', 'ssh-denied'])
    expect(exec.calls).toHaveLength(1)
  })

  it('goes on without a shared connection where its socket cannot be made', async () => {
    const { ssh, exec } = await open(() => ({ stdout: 'in' }), {
      master: () => ({ code: 255, stderr: 'unix_listener: cannot bind to path: Operation not permitted' }),
    })
    expect((await ssh.run(web, command())).stdout).toBe('in')
    expect(exec.calls.at(-1)?.argv.join(' ')).not.toContain('ControlPath')
  })

  it.each<[string, string, Partial<SshSettings>]>([
    ['a key that is none', 'ssh-key', { identity: { kind: 'key', text: 'id_ed25519' } }],
    ['a host without a known key', 'ssh-host-key-unknown', { knownHosts: 'db ssh-ed25519 AAAA' }],
    [
      'a jump host without a known key',
      'ssh-host-key-unknown',
      { jump: { user: 'hop', host: 'bastion', port: 22 } },
    ],
  ])('refuses %s before anything is sent', async (_, code, settings) => {
    expect(await problemOf(open(() => ({}), { settings }))).toEqual(['input', code])
  })

  it('asks only the hosts it was opened for', async () => {
    const { ssh } = await open(() => ({}))
    await expect(ssh.run({ ...web, host: 'db' }, command())).rejects.toThrow('not among the hosts')
  })
})
