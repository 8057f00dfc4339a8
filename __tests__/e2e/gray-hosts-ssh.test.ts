import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { Finished } from '../../src/base/exec.ts'
import type { RemoteCommand, SshSettings } from '../../src/deploy/ssh.ts'
import { SshStateStore } from '../../src/gray/store-ssh.ts'
import { type GrayRig, startGrayRig } from '../support/gray-rig.ts'
import { describeWithRig, run, until } from '../support/rig.ts'
import { codeOf, exists, sampleRelease, thrown } from '../support/ssh-fleet.ts'
import { type SshHost, sshTo, startHosts, type TestSsh } from '../support/ssh-host.ts'

const signal = new AbortController().signal

describeWithRig('ssh to a real server', () => {
  let rig: GrayRig
  let hosts: SshHost[]
  beforeAll(async () => {
    rig = await startGrayRig()
    hosts = await startHosts(rig, ['a', 'b'])
  })
  afterAll(async () => {
    for (const host of hosts) await host.line.close()
    await rig.stop()
  })
  const first = (): SshHost => hosts[0] as SshHost
  const second = (): SshHost => hosts[1] as SshHost
  const script = (
    connection: TestSsh,
    text: string,
    host = first(),
    more: Partial<RemoteCommand> = {},
  ): Promise<Finished> =>
    connection.ssh.run(host.target, { what: 'a test', script: text, timeoutMs: 120_000, signal, ...more })
  const using = async <T>(
    settings: Partial<SshSettings>,
    work: (connection: TestSsh) => Promise<T>,
  ): Promise<T> => {
    const connection = await sshTo(hosts, settings)
    try {
      return await work(connection)
    } finally {
      await connection.dispose()
    }
  }

  it('runs scripts over one shared connection, with exit codes and streams kept apart', async () => {
    await using({}, async (connection) => {
      const before = first().line.connections
      const done = await script(connection, 'echo out; echo err >&2; cat; exit 255')
      expect([done.code, done.stdout, done.stderr]).toEqual([255, 'out\n', 'err'])
      for (const code of [0, 1, 42]) expect((await script(connection, `exit ${code}`)).code).toBe(code)
      expect(first().line.connections - before).toBe(1)
      expect((await script(connection, 'exit', first())).code).toBe(0)
      const argv = await script(
        connection,
        'tr "\\0" " " </proc/$PPID/cmdline; cat /proc/self/environ | tr "\\0" "\\n" | grep -c SSH_AUTH_SOCK || :',
      )
      expect(argv.stdout).not.toContain('SSH_AUTH')
    })
  })

  it('refuses a changed host key, finally, without sending anything', async () => {
    const wrong = second().knownHosts.replace(/:\d+/, `:${first().target.port}`)
    await using({ knownHosts: wrong + second().knownHosts }, async (connection) => {
      const error = await thrown(script(connection, 'echo never'))
      expect([error.kind, error.problems[0]?.code]).toEqual(['gate', 'ssh-host-key-changed'])
      expect(connection.counter.list()).toEqual([])
    })
  })

  it('refuses hosts without a known key before it connects, and believes an unknown one only when asked to', async () => {
    expect(await codeOf(sshTo(hosts, { knownHosts: first().knownHosts }))).toBe('ssh-host-key-unknown')
    await using({ knownHosts: '', hostKeys: 'accept-new' }, async (connection) => {
      expect((await script(connection, 'echo in')).stdout).toBe('in\n')
    })
  })

  it('says denied for a key nobody knows, and does not try again', async () => {
    await using({ identity: { kind: 'key', text: second().key } }, async (connection) => {
      const error = await thrown(script(connection, 'true'))
      expect([error.kind, error.problems[0]?.code]).toEqual(['input', 'ssh-denied'])
      expect(connection.counter.list()).toEqual([])
    })
  })

  it('tries a host that is away again, and tells a broken command from one that never began', async () => {
    await using({}, async (connection) => {
      first().line.cut()
      const [done] = await Promise.all([
        script(connection, 'echo back', first(), { timeoutMs: 120_000 }),
        until('a try', () => first().line.refused > 0).then(() => first().line.join()),
      ])
      expect(done.stdout).toBe('back\n')
      expect(connection.counter.list()[0]?.count).toBeGreaterThan(0)
      const cut = script(connection, 'echo begun; sleep 20', first(), {
        attempts: 1,
        onLine: () => first().line.cut(),
      })
      expect(await codeOf(cut)).toBe('ssh-lost')
      first().line.join()
    })
  })

  it('bounds a command and a host that never answers', async () => {
    await using({}, async (connection) => {
      // Connected before: the time is the command's alone.
      await script(connection, 'true')
      const slow = await thrown(script(connection, 'sleep 60', first(), { timeoutMs: 500 }))
      expect(slow.problems[0]).toMatchObject({ code: 'ssh-timeout', where: first().text })
    })
    await using({ connectSeconds: 2 }, async (connection) => {
      second().line.silence()
      const silent = await thrown(script(connection, 'true', second(), { attempts: 1 }))
      expect(silent.problems[0]?.code).toBe('ssh-unreachable')
      second().line.join()
    })
  })

  it('stops at once when it is cancelled, and the shared connection lives on', async () => {
    await using({}, async (connection) => {
      await script(connection, 'true')
      const before = first().line.connections
      const stop = new AbortController()
      const running = script(connection, 'echo begun; sleep 60', first(), {
        signal: stop.signal,
        onLine: () => stop.abort(new Error('cancelled by a person')),
      })
      await expect(running).rejects.toThrow('cancelled by a person')
      expect((await script(connection, 'echo here')).stdout).toBe('here\n')
      expect(first().line.connections).toBe(before)
    })
  })

  it('goes through a jump host, whose key is checked too', async () => {
    await using({ targets: [second().target], jump: first().target }, async (connection) => {
      const before = first().line.connections
      expect((await script(connection, 'echo through', second())).stdout).toBe('through\n')
      expect(first().line.connections - before).toBe(1)
    })
    const wrong = second().knownHosts.replace(/:\d+/, `:${first().target.port}`)
    await using(
      { targets: [second().target], jump: first().target, knownHosts: wrong + second().knownHosts },
      async (connection) => {
        expect(await codeOf(script(connection, 'true', second()))).toBe('ssh-host-key-changed')
      },
    )
  })

  it('leaves neither keys nor connections behind', async () => {
    const connection = await sshTo(hosts)
    await script(connection, 'true')
    const [folder = ''] = connection.temp.folders
    const mode = (await run(['stat', '-c', '%a %n', join(folder, 'key'), folder])).stdout
    expect(mode).toBe(`600 ${join(folder, 'key')}\n700 ${folder}\n`)
    await connection.dispose()
    expect(await exists(folder)).toBe(false)
    // The client that held the shared connection may need a moment to end.
    await until('the last ssh', async () => (await run(['pgrep', '-f', folder])).stdout === '')
  })

  it('lets one of two racing stores win each time', async () => {
    const [one, other] = [await sshTo(hosts), await sshTo(hosts)]
    try {
      const path = join(first().folder, 'race/state.json')
      const [a, b] = [one.ssh, other.ssh].map((ssh) => new SshStateStore(ssh, first().target, path)) as [
        SshStateStore,
        SshStateStore,
      ]
      const release = sampleRelease(['x@y'])
      let revision = await a.write(release, undefined, signal)
      expect(await b.write({ ...release, id: 'late' }, undefined, signal)).toBeUndefined()
      for (let round = 0; round < 8; round++) {
        const tries = [a, b].map((store, index) =>
          store.write({ ...release, lease: { owner: `${index}-${round}`, expires: 1 } }, revision, signal),
        )
        const won = (await Promise.all(tries)).filter((answer) => answer !== undefined)
        expect(won).toHaveLength(1)
        revision = won[0]
        expect((await b.read(signal))?.revision).toBe(revision)
      }
    } finally {
      await one.dispose()
      await other.dispose()
    }
  })
})
