import { environmentError } from '../../src/base/errors.ts'
import type { Finished } from '../../src/base/exec.ts'
import { ENDS } from '../../src/deploy/compose-sh.ts'
import { type ComposeHost, ComposeService } from '../../src/deploy/compose.ts'
import { formatTarget } from '../../src/deploy/ssh-target.ts'
import { PlayedSsh } from './ssh-local.ts'

export const OLD = `acme/shop@sha256:${'1'.repeat(64)}`
export const NEW = `acme/shop@sha256:${'2'.repeat(64)}`

type Act = 'preflight' | 'inspect' | 'prepare' | 'update' | 'back' | 'finalise'
const ACTS: Readonly<Record<string, Act>> = {
  'look at the host': 'preflight',
  'look at the service': 'inspect',
  'pull of the image': 'prepare',
  'update of the service': 'update',
  'way back': 'back',
  'removal of the old image': 'finalise',
}

/** Hosts in memory that keep the scripts' promises: the note, the fence, the way back. */
export class HostsDouble {
  readonly hosts: readonly ComposeHost[]
  readonly ssh: PlayedSsh
  /** What each host's only container runs. */
  readonly running: (string | undefined)[]
  readonly health: (string | null)[]
  readonly kept: ({ new: string; old: string } | undefined)[]
  /** Hosts nobody reaches. */
  readonly away = new Set<number>()
  /** `update 0`, in the order in which they came. */
  readonly acts: string[] = []
  /** How many hosts ran the old and the new image after each act that changed one. */
  readonly moments: { old: number; new: number }[] = []
  readonly #broken = new Map<string, Partial<Finished>>()

  constructor(count: number) {
    this.hosts = Array.from({ length: count }, (_, index) => ({
      target: { user: 'deploy', host: `web-${index}`, port: 22 },
      os: 'linux' as const,
      service: { folder: '/srv/shop', service: 'web', waitSeconds: 30, stableSeconds: 3 },
    }))
    this.running = this.hosts.map(() => OLD)
    this.health = this.hosts.map(() => 'healthy')
    this.kept = this.hosts.map(() => undefined)
    this.ssh = new PlayedSsh((host, what, script) => this.#play(host, what, script))
  }

  get services(): ComposeService[] {
    return this.hosts.map((host) => new ComposeService(this.ssh, host))
  }

  get names(): string[] {
    return this.hosts.map(({ target }) => formatTarget(target))
  }

  /** This act of this host gives this answer, until it is mended. */
  break(act: Act, index: number, answer: Partial<Finished>): void {
    this.#broken.set(`${act} ${index}`, answer)
  }

  mend(): void {
    this.#broken.clear()
    this.away.clear()
  }

  #play(host: string, what: string, script: string): Partial<Finished> {
    const index = this.names.indexOf(host)
    if (this.away.has(index))
      throw environmentError({
        code: 'ssh-unreachable',
        what: `${host} does not answer`,
        where: host,
        fix: 'is it on?',
      })
    const act = ACTS[what]
    if (act === undefined) throw new Error(`nobody plays ${what}`)
    this.acts.push(`${act} ${index}`)
    const broken = this.#broken.get(`${act} ${index}`)
    if (broken !== undefined) return broken
    const image = /^image='(.*)'$/m.exec(script)?.[1] ?? ''
    const kept = this.kept[index]
    switch (act) {
      case 'preflight':
        return { stdout: 'docker 28.1\ncompose 2.40\nwritable yes\nconfig good\nservice there\n' }
      case 'prepare':
        if (kept?.new !== image) this.kept[index] = { new: image, old: this.running[index] ?? '-' }
        break
      case 'update':
        if (kept?.new !== image) return { code: ENDS.fenced, stderr: 'the release was taken back' }
        this.#runs(index, image)
        break
      case 'back':
        if (kept !== undefined) this.#runs(index, kept.old === '-' ? undefined : kept.old)
        this.kept[index] = undefined
        break
      case 'finalise':
        this.kept[index] = undefined
        break
      case 'inspect':
    }
    return { stdout: this.#state(index) }
  }

  #runs(index: number, image: string | undefined): void {
    this.running[index] = image
    const of = (wanted: string): number => this.running.filter((one) => one === wanted).length
    this.moments.push({ old: of(OLD), new: of(NEW) })
  }

  #state(index: number): string {
    const [running, kept] = [this.running[index], this.kept[index]]
    const container = {
      id: `c${index}`,
      image: `i-${running ?? ''}`,
      ref: running,
      status: 'running',
      restarts: 0,
      health: this.health[index],
    }
    return [
      'docker 28.1',
      ...(running === undefined
        ? []
        : [
            `container ${JSON.stringify(container)}`,
            `image ${JSON.stringify({ id: container.image, digests: [running] })}`,
          ]),
      ...(kept === undefined ? [] : [`kept-new ${kept.new}`, `kept-old ${kept.old}`]),
      '',
    ].join('\n')
  }
}
