import { randomBytes } from 'node:crypto'
import type { Finished } from '../base/exec.ts'
import { inputError } from '../base/errors.ts'
import { openSsh, type RemoteCommand, type Ssh, type SshPorts, type SshSettings } from './ssh.ts'
import { endMark, posixScript, powerShellScript, startMark } from './ssh-quote.ts'
import { isLocal, type SshTarget } from './ssh-target.ts'

/** The scripts of a host, run on this machine by its own shell. */
export class LocalShell implements Ssh {
  readonly #ports: Pick<SshPorts, 'exec'>

  constructor(ports: Pick<SshPorts, 'exec'>) {
    this.#ports = ports
  }

  async run(_target: SshTarget, command: RemoteCommand): Promise<Finished> {
    const nonce = randomBytes(8).toString('hex')
    const windows = command.shell === 'powershell'
    const text = (windows ? powerShellScript : posixScript)(command.script, nonce)
    const marks = (line: string): boolean =>
      line === startMark(nonce) || line.startsWith(`${endMark(nonce)} `)
    const done = await this.#ports.exec.run({
      // PowerShell's command is options and one base64 word: no blank in any of them.
      argv: windows ? text.command.split(' ') : ['/bin/sh', '-s'],
      input: text.input,
      timeoutMs: command.timeoutMs,
      signal: command.signal,
      maxStdout: 4 * 1024 * 1024,
      onLine: (line, stream) => {
        if (!marks(line)) command.onLine?.(line, stream)
      },
    })
    const clean = (lines: readonly string[]): string[] =>
      lines.map((line) => line.replace(/\r$/, '')).filter((line) => !marks(line))
    return { ...done, stderr: clean(done.stderr.split('\n')).join('\n'), tail: clean(done.tail) }
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

export type HostAccess = Omit<SshSettings, 'knownHosts'> & { readonly knownHosts?: string }

/** SSH to the hosts that are elsewhere, this machine's shell for `local`. Known hosts are needed as soon as one is elsewhere. */
export async function openHosts(access: HostAccess, ports: SshPorts): Promise<Ssh> {
  const local = new LocalShell(ports)
  const targets = access.targets.filter((target) => !isLocal(target))
  if (targets.length === 0) return local
  const { knownHosts } = access
  if (knownHosts === undefined)
    throw inputError({
      code: 'bad-input',
      what: 'nothing says which keys the hosts have',
      input: 'known-hosts',
      fix: 'run ssh-keyscan on a machine you trust, check the keys, and give its lines',
    })
  const ssh = await openSsh({ ...access, targets, knownHosts }, ports)
  return {
    run: (target, command) => (isLocal(target) ? local : ssh).run(target, command),
    close: () => ssh.close(),
  }
}
