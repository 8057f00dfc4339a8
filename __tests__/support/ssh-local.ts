import { type Finished, SystemExec } from '../../src/base/exec.ts'
import { posixScript } from '../../src/deploy/ssh-quote.ts'
import type { RemoteCommand, Ssh } from '../../src/deploy/ssh.ts'
import { formatTarget, type SshTarget } from '../../src/deploy/ssh-target.ts'

export const TARGET: SshTarget = { user: 'deploy', host: 'web-1', port: 22 }

/** Runs the scripts on this machine, with the real shell and no network: what they do can be tested anywhere. */
export class LocalSsh implements Ssh {
  readonly #path: string | undefined
  readonly commands: string[] = []

  constructor(options: { path?: string } = {}) {
    this.#path = options.path
  }

  async run(target: SshTarget, command: RemoteCommand): Promise<Finished> {
    this.commands.push(`${formatTarget(target)} ${command.what}`)
    const done = await new SystemExec().run({
      argv: ['/bin/sh', '-s'],
      input: posixScript(command.script, 'local').input,
      timeoutMs: command.timeoutMs,
      signal: command.signal,
      ...(this.#path === undefined ? {} : { env: { PATH: this.#path } }),
    })
    const stderr = done.stderr
      .split('\n')
      .filter((line) => !/^gip-(start|end)-local/.test(line))
      .join('\n')
    return { ...done, stderr }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

/** Scripts answered by a function. */
export class PlayedSsh implements Ssh {
  readonly calls: { host: string; what: string; script: string; shell: string }[] = []
  readonly #play: (
    host: string,
    what: string,
    script: string,
  ) => Partial<Finished> | Promise<Partial<Finished>>

  constructor(
    play: (host: string, what: string, script: string) => Partial<Finished> | Promise<Partial<Finished>>,
  ) {
    this.#play = play
  }

  async run(target: SshTarget, { what, script, shell = 'sh', signal }: RemoteCommand): Promise<Finished> {
    signal.throwIfAborted()
    const host = formatTarget(target)
    this.calls.push({ host, what, script, shell })
    const answer = await this.#play(host, what, script)
    return { code: 0, stdout: '', stderr: '', tail: [], ms: 1, ...answer }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
