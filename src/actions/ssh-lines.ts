import { openHosts } from '../deploy/local.ts'
import type { Ssh, SshPorts } from '../deploy/ssh.ts'
import type { SshTarget } from '../deploy/ssh-target.ts'

/** How hosts are logged in to; the texts, not the files they came from. */
export interface SshAccess {
  readonly identity?: string
  readonly knownHosts?: string
  readonly jump?: SshTarget
}

/** Connections of this run, by the hosts they are for (`local` is this machine's shell); all are closed at the end. */
export class Lines {
  readonly #access: SshAccess
  readonly #ports: SshPorts
  readonly #open = new Map<string, Promise<Ssh>>()

  constructor(access: SshAccess, ports: SshPorts) {
    this.#access = access
    this.#ports = ports
  }

  open(targets: readonly SshTarget[]): Promise<Ssh> {
    const key = JSON.stringify(targets)
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const { identity, ...access } = this.#access
    const opened = openHosts(
      { ...access, targets, identity: identity === undefined ? { kind: 'agent' } : { kind: 'key', text: identity } }, // prettier-ignore
      this.#ports,
    )
    this.#open.set(key, opened)
    return opened
  }

  async close(): Promise<void> {
    for (const line of this.#open.values()) await line.then((ssh) => ssh.close()).catch(() => undefined)
  }
}
