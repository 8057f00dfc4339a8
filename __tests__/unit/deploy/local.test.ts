import { describe, expect, it } from '@jest/globals'
import { PipelineError } from '../../../src/base/errors.ts'
import { type Command, type Exec, SystemExec } from '../../../src/base/exec.ts'
import { LocalShell, openHosts } from '../../../src/deploy/local.ts'
import { formatTarget, isLocal, LOCAL, parseTarget } from '../../../src/deploy/ssh-target.ts'
import { parseHosts } from '../../../src/gray/adapters/hosts-settings.ts'
import { testAct } from '../../support/registry-act.ts'

const command = (script: string): Parameters<LocalShell['run']>[1] => ({
  what: 'a test',
  script,
  timeoutMs: 10_000,
  signal: new AbortController().signal,
})

describe('this machine as a host', () => {
  it('runs the script by its own shell; exit code, both streams, none of our marks', async () => {
    const seen: string[] = []
    const done = await new LocalShell({ exec: new SystemExec() }).run(LOCAL, {
      ...command('echo "to $((1 + 1))"; echo bad >&2; exit 41'),
      onLine: (line, stream) => seen.push(`${stream} ${line}`),
    })
    expect(done).toMatchObject({ code: 41, stdout: 'to 2\n', stderr: 'bad' })
    expect(seen.sort()).toEqual(['stderr bad', 'stdout to 2'])
    expect(done.tail.join()).not.toContain('gip-')
  })

  it('runs PowerShell by an encoded command, in words without a shell', async () => {
    const calls: Command[] = []
    const exec: Exec = {
      run: (call) => {
        calls.push(call)
        return Promise.resolve({ code: 0, stdout: '', stderr: '', tail: [], ms: 0 })
      },
    }
    await new LocalShell({ exec }).run(LOCAL, { ...command('Get-Date'), shell: 'powershell' })
    expect(calls[0]?.argv[0]).toBe('powershell.exe')
    expect(calls[0]?.argv).toContain('-EncodedCommand')
  })

  it('needs no keys and no known hosts; another host does', async () => {
    const ports = testAct({ exec: new SystemExec() })
    const ssh = await openHosts({ targets: [LOCAL], identity: { kind: 'agent' } }, ports)
    expect((await ssh.run(LOCAL, command('exit 0'))).code).toBe(0)
    await ssh.close()
    const other = parseTarget('deploy@web-1')
    if ('reason' in other) throw new Error(other.reason)
    const error: unknown = await openHosts(
      { targets: [LOCAL, other], identity: { kind: 'agent' } },
      ports,
    ).catch((reason: unknown) => reason)
    expect((error as PipelineError).problems).toMatchObject([{ input: 'known-hosts' }])
  })

  it('is named in the settings of hosts, and told from a host of that name', () => {
    const image = `ghcr.io/acme/shop@sha256:${'a'.repeat(64)}`
    const { settings, problems } = parseHosts(
      { kind: 'hosts', hosts: ['local', 'me@local'], folder: '/srv/shop', service: 'web' },
      image,
    )
    expect(problems).toEqual([])
    expect(settings?.hosts.map(({ target }) => [formatTarget(target), isLocal(target)])).toEqual([
      ['local', true],
      ['me@local', false],
    ])
  })
})
