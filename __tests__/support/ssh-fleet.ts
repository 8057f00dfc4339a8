import { access, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '../../src/base/errors.ts'
import { ComposeService } from '../../src/deploy/compose.ts'
import type { ServiceSettings } from '../../src/deploy/compose-sh.ts'
import { versionOf } from '../../src/deploy/compose-state.ts'
import type { StoredRelease } from '../../src/gray/ports.ts'
import { newRelease } from '../../src/gray/record.ts'
import { type GrayRig, startGrayRig } from './gray-rig.ts'
import { run } from './rig.ts'
import { composeFile, composeIn, type ImageSpec, pushImages, type SshHost, sshTo, startHosts, type TestSsh } from './ssh-host.ts' // prettier-ignore

const signal = new AbortController().signal

/** Hosts with a compose project each, the images they run, and the connection to them. */
export class Fleet<Name extends string> {
  readonly rig: GrayRig
  readonly hosts: readonly SshHost[]
  readonly images: Readonly<Record<Name, string>>
  readonly connection: TestSsh
  /** Makes the names of this run its own. */
  readonly suffix: string

  private constructor(parts: Pick<Fleet<Name>, 'rig' | 'hosts' | 'images' | 'connection' | 'suffix'>) {
    this.rig = parts.rig
    this.hosts = parts.hosts
    this.images = parts.images
    this.connection = parts.connection
    this.suffix = parts.suffix
  }

  static async start<Name extends string>(
    count: number,
    specs: Readonly<Record<Name, ImageSpec>>,
  ): Promise<Fleet<Name>> {
    const rig = await startGrayRig()
    const suffix = `${process.pid.toString(36)}-${Date.now().toString(36).slice(-4)}`
    const names = Object.keys(specs) as Name[]
    const [hosts, references] = await Promise.all([
      startHosts(
        rig,
        Array.from({ length: count }, (_, index) => `h${index}`),
      ),
      pushImages(`gray/app-${suffix}`, Object.values<ImageSpec>(specs)),
    ])
    const images = Object.fromEntries(names.map((name, index) => [name, references[index] ?? ''])) as Record<Name, string> // prettier-ignore
    return new Fleet({ rig, hosts, images, connection: await sshTo(hosts), suffix })
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.hosts.map(async (host) => {
        await composeIn(host.folder, 'down', '-v', '--remove-orphans', '-t', '0').catch(() => undefined)
        await host.line.close()
      }),
    )
    await this.connection.dispose()
    await this.rig.stop()
    const kept = await run(['docker', 'image', 'ls', '-q', '--filter', `reference=gip-kept/*${this.suffix}*`])
    const left = [...Object.values<string>(this.images), ...kept.stdout.split('\n').filter((id) => id !== '')]
    await run(['docker', 'image', 'rm', '-f', ...new Set(left)])
  }

  host(index: number): SshHost {
    const host = this.hosts[index]
    if (host === undefined) throw new Error(`no host ${index}`)
    return host
  }

  /** A fresh project on a host that is given `image` as people write it; not started yet. */
  async project(
    index: number,
    image: string,
    more: { health?: boolean; neighbour?: boolean; file?: string } & Partial<ServiceSettings> = {},
  ): Promise<ComposeService> {
    const { folder, target } = this.host(index)
    const { health, neighbour = false, file, ...settings } = more
    await rm(join(folder, '.gip'), { recursive: true, force: true })
    await rm(join(folder, '.env'), { force: true })
    const text =
      file ?? composeFile({ project: `p${index}-${this.suffix}`, image, neighbour, ...(health === undefined ? {} : { health }) }) // prettier-ignore
    await writeFile(join(folder, 'compose.yaml'), text)
    const service = { folder, service: 'web', waitSeconds: 90, stableSeconds: 2, ...settings }
    return new ComposeService(this.connection.ssh, { target, os: 'linux', service })
  }

  async up(index: number): Promise<void> {
    await composeIn(this.host(index).folder, 'up', '-d', '--wait', '--remove-orphans')
  }

  /** Every host runs `image`, as if no release had ever been. */
  async all(image: string): Promise<ComposeService[]> {
    return Promise.all(
      this.hosts.map(async (_, index) => {
        const service = await this.project(index, image)
        await this.up(index)
        return service
      }),
    )
  }
}

export const detailOf = async (service: ComposeService, image: string): Promise<string> =>
  versionOf(await service.inspect(signal), image).detail

export async function thrown(work: Promise<unknown>): Promise<PipelineError> {
  try {
    await work
  } catch (error) {
    if (error instanceof PipelineError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

export const codeOf = async (work: Promise<unknown>): Promise<string | undefined> =>
  (await thrown(work)).problems[0]?.code

export const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )

/** A release over hosts, not yet begun. */
export const sampleRelease = (texts: readonly string[], id = 'r-1'): StoredRelease =>
  newRelease(
    {
      id,
      environment: 'production',
      old: 'one',
      new: 'two',
      planHash: 'hash',
      adapter: { kind: 'hosts', hosts: texts },
      plan: {
        steps: [
          { percent: 50, observeMs: 60_000, hold: false },
          { percent: 100, observeMs: 60_000, hold: false },
        ],
        warmUpMs: 0,
        bakeMs: 0,
        intervalMs: 1000,
        maxExtends: 1,
        endPolicy: 'rollback',
        maxErrors: 1,
        maxTries: 3,
      },
    },
    1_000_000,
  )
