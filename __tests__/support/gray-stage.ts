import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
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
} from './gray-rig.ts'
import type { StoredRelease } from '../../src/gray/ports.ts'
import { endSteps, GrayJob, runCli } from './gray-action.ts'
import { ROOT, run, type Run, until } from './rig.ts'

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
  /** Ends it in order, and starts it anew on the same ports: its counters begin at 0. */
  restart(): Promise<void>
}

/** Builds examples/gray once; the path of its program. */
export async function buildService(folder: string): Promise<string> {
  const program = join(folder, 'service')
  const done = await run(['go', 'build', '-o', program, '.'], { cwd: join(ROOT, 'examples/gray') })
  if (done.code !== 0) throw new Error(`examples/gray does not build: ${done.stderr}`)
  return program
}

/** Backend servers of the proxy: which of them is old changes with each promotion. */
type Side = 'old' | 'new'

interface Parts {
  readonly rig: GrayRig
  readonly services: Readonly<Record<Side, Service>>
  readonly proxy: Proxy & { readonly socket: string }
  readonly prometheus: Prometheus
}

/** A small world: two versions, a proxy, Prometheus, load, and the place of the state. Releases go back and forth in it. */
export class Stage {
  readonly rig: GrayRig
  readonly proxy: Proxy & { readonly socket: string }
  readonly prometheus: Prometheus
  readonly #services: Readonly<Record<Side, Service>>
  #serving: Side = 'old'
  #load: Load | undefined

  private constructor(parts: Parts) {
    this.rig = parts.rig
    this.proxy = parts.proxy
    this.prometheus = parts.prometheus
    this.#services = parts.services
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
      const stage = new Stage({ rig, services: { old, new: fresh }, proxy, prometheus })
      await stage.measured()
      return stage
    } catch (error) {
      await rig.stop()
      throw error
    }
  }

  /** Prometheus hands targets to its scrapers 5 s after a start; without samples a release rightly refuses to begin. */
  async measured(): Promise<void> {
    const query = (): Promise<number | undefined> => this.prometheus.query('count(up{job="shop"} == 1)')
    await until('the first samples', async () => (await query().catch(() => undefined)) === 2)
  }

  /** Load needs two scrapes before Prometheus knows a rate; until then a plan has nothing to reckon with. */
  async trafficMeasured(): Promise<void> {
    const query = (): Promise<number | undefined> =>
      this.prometheus.query('sum(rate(http_requests_total{job="shop"}[10s]))')
    await until('a rate of requests', async () => ((await query().catch(() => undefined)) ?? 0) > 10)
  }

  get folder(): string {
    return this.rig.folder
  }

  get stateFile(): string {
    return join(this.folder, 'state/shop.json')
  }

  get #coming(): Side {
    return this.#serving === 'old' ? 'new' : 'old'
  }

  /** The version that serves. */
  get old(): Service {
    return this.#services[this.#serving]
  }

  /** The version that is to come. */
  get fresh(): Service {
    return this.#services[this.#coming]
  }

  /** After a promotion: the two have changed places. */
  promoted(): void {
    this.#serving = this.#coming
  }

  /** Load on /work through the proxy, until `endLoad`. */
  load(perSecond: number): void {
    this.#load = this.rig.load(`${this.proxy.url}work`, {
      perSecond,
      workers: 100,
      seconds: 7200,
      fresh: false,
    })
  }

  async endLoad(): Promise<LoadReport> {
    if (this.#load === undefined) throw new Error('there is no load')
    const report = await this.#load.stop()
    this.#load = undefined
    return report
  }

  /** A job that is about to begin: both versions have samples, also after a restart of Prometheus or a missed scrape. */
  async job(env: Readonly<Record<string, string>> = {}): Promise<GrayJob> {
    await this.measured()
    return GrayJob.open(env, this.folder)
  }

  cli(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Run> {
    return runCli(argv, { cwd: this.folder, env })
  }

  /** The adapter's settings for this proxy. */
  adapter(): string {
    return JSON.stringify({
      kind: 'haproxy',
      processes: [this.proxy.socket],
      backend: 'app',
      old: [this.#serving],
      new: [this.#coming],
    })
  }

  /** The stored release. */
  async stored(): Promise<StoredRelease> {
    return JSON.parse(await readFile(this.stateFile, 'utf8')) as StoredRelease
  }

  /** What HAProxy itself says: the coming version's part of the weights, in percent. */
  async share(): Promise<number> {
    const text = await ask(this.proxy.socket, 'show stat\n')
    const [head = '', ...rows] = text.replace(/^# /, '').split('\n')
    const names = head.split(',')
    const weight = (server: string): number => {
      const row = rows
        .map((line) => line.split(','))
        .find((cells) => cells[0] === 'app' && cells[1] === server)
      return Number(row?.[names.indexOf('weight')])
    }
    const fresh = weight(this.#coming)
    return (100 * fresh) / (weight(this.#serving) + fresh)
  }

  async stop(): Promise<void> {
    endSteps()
    await this.rig.stop()
  }
}

/** One command to HAProxy's runtime API. */
async function ask(socket: string, command: string): Promise<string> {
  const connection = connect(socket)
  connection.end(command)
  let answer = ''
  for await (const chunk of connection as AsyncIterable<Buffer>) answer += chunk.toString()
  return answer
}

async function startService(rig: GrayRig, program: string, version: string): Promise<Service> {
  const [port, admin] = [await rig.freePort(), await rig.freePort()]
  const base = `http://127.0.0.1:${port}`
  const start = (): Promise<Program> =>
    rig.program({
      name: `service ${version}`,
      argv: [program],
      // P99 is 207 ms; 40 % more is 290 ms, on the other side of the bucket edge at 250 ms.
      env: { PORT: String(port), VERSION: version, ADMIN_ADDR: `127.0.0.1:${admin}`, WORK_MEDIAN: '130ms', WORK_SPREAD: '0.2', GOMAXPROCS: '2' }, // prettier-ignore
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
  let running = await start()
  return {
    version,
    port,
    restart: async () => {
      await running.stop()
      running = await start()
    },
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
  timeout check 10s
  option httpchk GET /health
  option redispatch
  retries 3

frontend front
  bind 127.0.0.1:${port}
  default_backend app

backend app
  balance roundrobin
  server old 127.0.0.1:${servers.old} check inter 500ms weight 100
  server new 127.0.0.1:${servers.new} check inter 500ms weight 0
`
}

/**
 * The metrics of a stage: 5xx above 2 %, P99 above 1 s, which is far above the services' own 207 ms, because on a busy machine
 * some answers really are late; `more` are rules on top.
 */
export const metricsOf = (stage: Stage, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    prometheus: { url: stage.prometheus.url, 'scrape-interval': '1s', timeout: '2s' },
    labels: { job: 'shop' },
    'version-label': 'version',
    preset: 'client_golang',
    rules: {
      '5xx': { limit: '2%' },
      p99: { limit: '1s', against: 'limit' },
      '5xx-hard': 'off',
      cpu: 'off',
      'p99-warn': 'off',
      ...more,
    },
    power: 'off',
  })

/** A plan of minutes in seconds: 5 % for the 299 requests that P99 needs at 400 a second. */
export const inputsOf = (
  stage: Stage,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  'new-version': stage.fresh.version,
  'old-version': stage.old.version,
  state: stage.stateFile,
  adapter: stage.adapter(),
  metrics: metricsOf(stage),
  steps: '5% 16s, 25% 5s, 100% 4s',
  'warm-up': '2s',
  bake: '0s',
  interval: '1s',
  lease: '10s',
  ...more,
})

/** Inputs as options of the command line. */
export const optionsOf = (inputs: Readonly<Record<string, string>>): string[] =>
  Object.entries(inputs).flatMap(([name, value]) => [`--${name}`, value])
