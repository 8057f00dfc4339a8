import { join } from 'node:path'
import { request } from 'undici'
import {
  type GrayRig,
  type Load,
  type LoadReport,
  type Program,
  type Prometheus,
  type Proxy,
  startGrayRig,
  until,
} from './gray-rig.ts'
import { GrayJob } from './gray-action.ts'
import { ROOT, run } from './rig.ts'

export interface Faults {
  readonly errorRatio?: number
  readonly latencyFactor?: number
  readonly cpu?: number
  readonly aboveRate?: number
  readonly aboveConcurrent?: number
}

/** One running version of examples/gray. */
export interface Service {
  readonly version: string
  readonly port: number
  /** Requests to /work that it has answered, by its own count. */
  count(): Promise<{ total: number; failed: number }>
  faults(faults: Faults): Promise<void>
  readonly program: Program
}

/** Builds examples/gray once; the path of its program. */
export async function buildService(folder: string): Promise<string> {
  const program = join(folder, 'service')
  const done = await run(['go', 'build', '-o', program, '.'], { cwd: join(ROOT, 'examples/gray') })
  if (done.code !== 0) throw new Error(`examples/gray does not build: ${done.stderr}`)
  return program
}

/** A small world of its own for one scenario: two versions, a proxy, Prometheus, load, and the place of the state. */
export class Stage {
  readonly rig: GrayRig
  readonly old: Service
  readonly fresh: Service
  readonly proxy: Proxy & { readonly socket: string }
  readonly prometheus: Prometheus
  #load: Load | undefined

  private constructor(parts: {
    rig: GrayRig
    old: Service
    fresh: Service
    proxy: Proxy & { readonly socket: string }
    prometheus: Prometheus
  }) {
    this.rig = parts.rig
    this.old = parts.old
    this.fresh = parts.fresh
    this.proxy = parts.proxy
    this.prometheus = parts.prometheus
  }

  static async open(program: string): Promise<Stage> {
    const rig = await startGrayRig()
    try {
      const [old, fresh] = await Promise.all([
        startService(rig, program, '1.3.0'),
        startService(rig, program, '1.4.0'),
      ])
      const proxy = await rig.haproxy((place) => proxyConfig(place, { old: old.port, new: fresh.port }))
      const target = ({ port }: Service): string => `127.0.0.1:${port}`
      const prometheus = await rig.prometheus({ jobs: { shop: [{ target: target(old) }, { target: target(fresh) }] } }) // prettier-ignore
      // Its discovery hands targets over 5 s after the start; without samples a release rightly refuses to begin.
      await until('the first samples', async () => (await prometheus.query('count(http_requests_total)')) === 4)
      return new Stage({ rig, old, fresh, proxy, prometheus })
    } catch (error) {
      await rig.stop()
      throw error
    }
  }

  get folder(): string {
    return this.rig.folder
  }

  get stateFile(): string {
    return join(this.folder, 'state/shop.json')
  }

  /** Load on /work through the proxy, until `endLoad`. */
  load(perSecond: number, workers = 10): void {
    this.#load = this.rig.load(`${this.proxy.url}work`, { perSecond, workers, seconds: 170, fresh: false })
  }

  async endLoad(): Promise<LoadReport> {
    if (this.#load === undefined) throw new Error('there is no load')
    const report = await this.#load.stop()
    this.#load = undefined
    return report
  }

  job(env: Readonly<Record<string, string>> = {}): Promise<GrayJob> {
    return GrayJob.open(env, this.folder)
  }

  /** The adapter's settings for this proxy. */
  adapter(more: Readonly<Record<string, unknown>> = {}): string {
    return JSON.stringify({
      kind: 'haproxy',
      processes: [this.proxy.socket],
      backend: 'app',
      old: ['old'],
      new: ['new'],
      ...more,
    })
  }

  /** What HAProxy itself says: the new version's part of the weights, in percent. */
  async share(): Promise<number> {
    const { connect } = await import('node:net')
    const text = await new Promise<string>((resolve, reject) => {
      let answer = ''
      const socket = connect(this.proxy.socket, () => socket.end('show stat\n'))
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
      socket.on('end', () => {
        resolve(answer)
      })
      socket.on('error', reject)
    })
    const [head = '', ...rows] = text.replace(/^# /, '').split('\n')
    const names = head.split(',')
    const weight = (server: string): number => {
      const row = rows
        .map((line) => line.split(','))
        .find((cells) => cells[0] === 'app' && cells[1] === server)
      return Number(row?.[names.indexOf('weight')])
    }
    const [old, fresh] = [weight('old'), weight('new')]
    return (100 * fresh) / (old + fresh)
  }

  async stop(): Promise<void> {
    await this.rig.stop()
  }
}

async function startService(rig: GrayRig, program: string, version: string): Promise<Service> {
  const [port, admin] = [await rig.freePort(), await rig.freePort()]
  const base = `http://127.0.0.1:${port}`
  const started = await rig.program({
    name: `service ${version}`,
    argv: [program],
    env: { PORT: String(port), VERSION: version, ADMIN_ADDR: `127.0.0.1:${admin}`, WORK_MEDIAN: '10ms', GOMAXPROCS: '2' }, // prettier-ignore
    ready: async () => {
      try {
        const answer = await request(`${base}/health`)
        await answer.body.dump()
        return answer.statusCode === 200
      } catch {
        return false
      }
    },
  })
  return {
    version,
    port,
    program: started,
    count: async () => {
      const text = await (await request(`${base}/metrics`)).body.text()
      const of = (code: string): number =>
        Number(new RegExp(`^http_requests_total\\{code="${code}"[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0)
      const [good, failed] = [of('200'), of('500')]
      return { total: good + failed, failed }
    },
    faults: async (faults) => {
      const answer = await request(`http://127.0.0.1:${admin}/faults`, {
        method: 'PUT',
        body: JSON.stringify(faults),
      })
      const text = await answer.body.text()
      if (answer.statusCode !== 200) throw new Error(`the faults were refused: ${text}`)
    },
  }
}

function proxyConfig(
  { port, socket }: { port: number; socket: string },
  servers: Readonly<Record<'old' | 'new', number>>,
): string {
  return `global
  stats socket ${socket} mode 600 level admin expose-fd listeners
  hard-stop-after 5s

defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  option httpchk GET /health

frontend front
  bind 127.0.0.1:${port}
  default_backend app

backend app
  balance roundrobin
  server old 127.0.0.1:${servers.old} check inter 500ms weight 100
  server new 127.0.0.1:${servers.new} check inter 500ms weight 0
`
}
