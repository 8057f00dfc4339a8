import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { Agent, request } from 'undici'
import { type Backend, startBackend } from './gray-backend.ts'
import { freePort, rigValue, run, until } from './rig.ts'

/**
 * Real programs of a gray release on loopback: HAProxy, nginx, Prometheus, Alertmanager, sshd, a load generator, and
 * services whose faults are set by the test. One rig per suite; `stop` ends every process by its own pid, last first.
 *
 *   const rig = await startGrayRig()
 *   const [old, fresh] = [await rig.backend('old'), await rig.backend('new')]
 *   const proxy = await rig.haproxy(({ port, socket }) => haproxyConfig({ port, socket, servers: { old, new: fresh } }))
 *   const load = rig.load(proxy.url, { perSecond: 100 })
 *   …
 *   expect((await load.stop()).failed).toBe(0)
 *   await rig.stop()
 */
export interface GrayRig {
  /** A short private folder, removed by `stop`. */
  readonly folder: string
  /** An HTTP service in this process: counts its requests, has /metrics, and faults to be set at any time. */
  backend(version: string): Promise<Backend>
  haproxy(config: (place: ProxyPlace) => string): Promise<Proxy & { readonly socket: string }>
  nginx(config: (place: ProxyPlace) => string): Promise<Proxy>
  prometheus(options: PrometheusOptions): Promise<Prometheus>
  alertmanager(): Promise<Server>
  sshd(options?: { readonly env?: Readonly<Record<string, string>> }): Promise<Sshd>
  /** Constant load by `hey`, until `stop`, at most `seconds`. */
  load(url: string, options?: LoadOptions): Load
  /** Any other program, waited for until `ready` holds, ended with the rig. */
  program(options: ProgramOptions): Promise<Program>
  freePort(): Promise<number>
  stop(): Promise<void>
}

export interface ProgramOptions {
  readonly name: string
  readonly argv: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly ready: () => Promise<boolean>
  /** Default 60 s. */
  readonly timeoutMs?: number
}

export interface Program {
  readonly pid: number
  /** Both streams so far. */
  readonly output: () => string
  readonly signal: (name: NodeJS.Signals) => void
  /** SIGTERM, SIGKILL after 5 s; resolves once it has ended. */
  readonly stop: () => Promise<void>
  /** kill -9, as a crash. */
  readonly kill: () => Promise<void>
  readonly ended: Promise<void>
}

export interface Server {
  readonly port: number
  readonly url: string
  readonly program: Program
}

/** What a proxy's configuration is made from. `folder` is its own and exists. */
export interface ProxyPlace {
  readonly port: number
  readonly folder: string
  /** HAProxy: where the runtime API is to listen. */
  readonly socket: string
}

export interface Proxy extends Server {
  readonly folder: string
  readonly config: string
  /** HAProxy: SIGUSR2 to the master; nginx: SIGHUP. Resolves when the new worker answers. */
  reload(): Promise<void>
}

export interface PrometheusOptions {
  /** Job name → `host:port` and labels of each target. */
  readonly jobs: Readonly<
    Record<string, readonly { readonly target: string; readonly labels?: Readonly<Record<string, string>> }[]>
  >
  /** Default 1 s. */
  readonly scrapeSeconds?: number
}

export interface Prometheus extends Server {
  /** kill -9, its data kept. */
  crash(): Promise<void>
  /** Starts it again on the same port and data. */
  restart(): Promise<void>
  /** The value of an instant query's only series, or undefined. */
  query(expression: string): Promise<number | undefined>
}

export interface Sshd extends Omit<Server, 'url'> {
  readonly host: string
  readonly user: string
  /** Private key file that may log in. */
  readonly key: string
  /** known_hosts file with the server's key. */
  readonly knownHosts: string
  /** `ssh` with everything but the command. */
  readonly argv: readonly string[]
}

export interface LoadOptions {
  /** Requests per second in all. Default 100. */
  readonly perSecond?: number
  /** Connections. Default 4. */
  readonly workers?: number
  /** At the longest. Default 1800. */
  readonly seconds?: number
  /** A connection per request. Default true: connections that live on would hide refused ones. */
  readonly fresh?: boolean
}

export interface LoadReport {
  readonly total: number
  /** Everything but a status below 400: refused, cut, timed out, 4xx, 5xx. */
  readonly failed: number
  readonly statuses: Readonly<Record<string, number>>
  readonly errors: Readonly<Record<string, number>>
  readonly text: string
}

export interface Load {
  stop(): Promise<LoadReport>
}

export async function startGrayRig(): Promise<GrayRig> {
  // Unix sockets must stay under 100 characters.
  const folder = await mkdtemp(join(tmpdir(), 'gray-'))
  const stops: (() => Promise<void>)[] = []
  let next = 0
  const place = async (name: string): Promise<string> => {
    const made = join(folder, `${name}${next++}`)
    await mkdir(made)
    return made
  }
  const program = async (options: ProgramOptions): Promise<Program> => {
    const started = launch(options.argv, options)
    stops.push(started.stop)
    await settle(started, options)
    return started
  }
  /** Between choosing a free port and listening another process may take it: then another port. */
  const onFreePort = async <T>(start: (port: number) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await start(await freePort())
      } catch (error) {
        if (attempt === 4 || !/in use|cannot bind|EADDRINUSE/i.test(String(error))) throw error
      }
    }
  }

  return {
    folder,
    program,
    freePort,
    backend: async (version) => {
      const backend = await startBackend(version)
      stops.push(backend.stop)
      return backend
    },
    haproxy: (config) =>
      onFreePort(async (port) => {
        const own = await place('h')
        const [file, socket] = [join(own, 'haproxy.cfg'), join(own, 'api.sock')]
        await writeFile(file, config({ port, folder: own, socket }))
        const url = `http://127.0.0.1:${port}/`
        const started = await program({
          name: 'haproxy',
          argv: [rigValue('GIP_HAPROXY'), '-W', '-db', '-f', file],
          ready: () => answers(url),
        })
        const workers = async (): Promise<string> =>
          (await readFile(`/proc/${started.pid}/task/${started.pid}/children`, 'utf8')).trim()
        return {
          port,
          url,
          socket,
          folder: own,
          config: file,
          program: started,
          reload: async () => {
            const before = new Set((await workers()).split(' '))
            started.signal('SIGUSR2')
            // The master execs itself anew; the old worker leaves once its connections have ended.
            await until('HAProxy to reload', async () => {
              const now = (await workers()).split(' ').filter((pid) => pid !== '')
              return now.some((pid) => !before.has(pid)) && (await answers(url))
            })
            await until(
              'the old HAProxy worker to stop listening',
              async () => (await workers()).split(' ').filter((pid) => before.has(pid)).length === 0,
            )
          },
        }
      }),
    nginx: (config) =>
      onFreePort(async (port) => {
        const own = await place('n')
        const file = join(own, 'nginx.conf')
        await mkdir(join(own, 'tmp'))
        await writeFile(file, config({ port, folder: own, socket: join(own, 'api.sock') }))
        const url = `http://127.0.0.1:${port}/`
        const started = await program({
          name: 'nginx',
          argv: [rigValue('GIP_NGINX'), '-p', own, '-c', file, '-e', 'stderr', '-g', 'daemon off;'],
          ready: () => answers(url),
        })
        return {
          port,
          url,
          folder: own,
          config: file,
          program: started,
          reload: async () => {
            started.signal('SIGHUP')
            await answersSoon(url)
          },
        }
      }),
    prometheus: (options) => onFreePort((port) => startPrometheus(port, options)),
    alertmanager: () =>
      onFreePort(async (port) => {
        const own = await place('a')
        const file = join(own, 'alertmanager.yml')
        await writeFile(file, 'route: {receiver: nobody}\nreceivers: [{name: nobody}]\n')
        const url = `http://127.0.0.1:${port}`
        const started = await program({
          name: 'alertmanager',
          argv: [
            rigValue('GIP_ALERTMANAGER'),
            `--config.file=${file}`,
            `--storage.path=${own}`,
            `--web.listen-address=127.0.0.1:${port}`,
            '--cluster.listen-address=',
          ],
          ready: () => answers(`${url}/-/ready`),
        })
        return { port, url, program: started }
      }),
    sshd: (options = {}) =>
      onFreePort(async (port) => startSshd(await place('s'), port, options.env ?? {}, program)),
    load: (url, options = {}) => {
      const { perSecond = 100, workers = 4, seconds = 1800, fresh = true } = options
      const hey = launch(
        [
          rigValue('GIP_HEY'),
          '-z',
          `${seconds}s`,
          '-c',
          String(workers),
          '-q',
          String(perSecond / workers),
        ].concat(fresh ? ['-disable-keepalive', url] : [url]),
      )
      stops.push(hey.kill)
      return {
        stop: async () => {
          hey.signal('SIGINT')
          await within(60_000, 'hey to report', hey.ended)
          return parseHey(hey.output())
        },
      }
    },
    stop: async () => {
      for (const stop of stops.reverse()) await stop()
      await rm(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }

  async function startPrometheus(port: number, options: PrometheusOptions): Promise<Prometheus> {
    const own = await place('p')
    const file = join(own, 'prometheus.yml')
    const every = `${options.scrapeSeconds ?? 1}s`
    await writeFile(
      file,
      // JSON is YAML.
      JSON.stringify({
        global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every },
        scrape_configs: Object.entries(options.jobs).map(([job, targets]) => ({
          job_name: job,
          static_configs: targets.map(({ target, labels }) => ({ targets: [target], labels: labels ?? {} })),
        })),
      }),
    )
    const url = `http://127.0.0.1:${port}`
    const start = (): Promise<Program> =>
      program({
        name: 'prometheus',
        argv: [
          rigValue('GIP_PROMETHEUS'),
          `--config.file=${file}`,
          `--storage.tsdb.path=${join(own, 'data')}`,
          `--web.listen-address=127.0.0.1:${port}`,
          '--storage.tsdb.retention.time=1d',
        ],
        ready: () => answers(`${url}/-/ready`),
      })
    let current = await start()
    return {
      port,
      url,
      get program() {
        return current
      },
      crash: () => current.kill(),
      restart: async () => {
        await current.stop()
        current = await start()
      },
      query: async (expression) => {
        const answer = await request(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`)
        const body = (await answer.body.json()) as { data?: { result?: { value?: [number, string] }[] } }
        const value = body.data?.result?.[0]?.value?.[1]
        return value === undefined ? undefined : Number(value)
      },
    }
  }
}

/** A small HAProxy configuration: one frontend, backend `app`, one server line per entry, all checked. */
export function haproxyConfig(options: {
  readonly port: number
  readonly socket: string
  readonly servers: Readonly<Record<string, { readonly port: number }>>
  /** Written as `weight N`; without it HAProxy's own default of 1. */
  readonly weights?: Readonly<Record<string, number>>
  /** Default roundrobin. */
  readonly balance?: string
  readonly level?: 'admin' | 'operator' | 'user'
  /** More lines of the global section. */
  readonly global?: readonly string[]
}): string {
  const servers = Object.entries(options.servers).map(([name, { port }]) => {
    const weight = options.weights?.[name]
    return `  server ${name} 127.0.0.1:${port} check inter 500ms${weight === undefined ? '' : ` weight ${weight}`}`
  })
  return `global
  stats socket ${options.socket} mode 600 level ${options.level ?? 'admin'} expose-fd listeners
  hard-stop-after 5s
${(options.global ?? []).map((line) => `  ${line}\n`).join('')}
defaults
  mode http
  timeout connect 2s
  timeout client 10s
  timeout server 10s
  timeout check 10s
  option httpchk GET /healthz

frontend front
  bind 127.0.0.1:${options.port}
  default_backend app

frontend metrics
  bind unix@${options.socket}.metrics mode 600
  http-request use-service prometheus-exporter

# The application, both versions of it.
backend app
  balance ${options.balance ?? 'roundrobin'}
${servers.join('\n')}
`
}

/** A small nginx configuration around the lines of its http section. */
export function nginxConfig(options: { readonly folder: string; readonly http: string }): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'scgi', 'uwsgi']
  return `worker_processes 2;
pid ${options.folder}/nginx.pid;
error_log stderr notice;
events { worker_connections 512; }
http {
  access_log off;
${temporary.map((name) => `  ${name}_temp_path ${options.folder}/tmp/${name};\n`).join('')}${options.http}
}
`
}

/** Sends `count` requests, each over a connection of its own, and counts the versions that answered (`x-version`). */
export async function countVersions(
  url: string,
  count: number,
  options: { readonly parallel?: number; readonly headers?: (index: number) => Record<string, string> } = {},
): Promise<Record<string, number>> {
  const seen: Record<string, number> = {}
  const agent = new Agent({ pipelining: 0, connections: options.parallel ?? 8 })
  let sent = 0
  const worker = async (): Promise<void> => {
    while (sent < count) {
      const index = sent++
      const headers = options.headers?.(index) ?? {}
      const answer = await request(url, { dispatcher: agent, headers })
      await answer.body.dump()
      const version =
        answer.statusCode === 200 ? String(answer.headers['x-version']) : `status ${answer.statusCode}`
      seen[version] = (seen[version] ?? 0) + 1
    }
  }
  try {
    await Promise.all(Array.from({ length: options.parallel ?? 8 }, worker))
  } finally {
    await agent.close()
  }
  return seen
}

// ---- processes

const alive = new Set<ChildProcess>()
// A test runner that is ended early must not leave daemons behind.
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

function launch(
  argv: readonly string[],
  options: { env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Program {
  const [file = '', ...args] = argv
  const child = spawn(file, args, {
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  alive.add(child)
  let output = ''
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-200_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      output += String(error)
      alive.delete(child)
      resolve()
    })
    child.once('close', () => {
      alive.delete(child)
      resolve()
    })
  })
  const end = async (first: NodeJS.Signals): Promise<void> => {
    if (!alive.has(child)) return
    child.kill(first)
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(timer)
  }
  return {
    pid: child.pid ?? 0,
    output: () => output,
    signal: (name) => child.kill(name),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    ended,
  }
}

async function settle(started: Program, options: ProgramOptions): Promise<void> {
  let over = false
  void started.ended.then(() => (over = true))
  try {
    await until(
      options.name,
      async () => {
        if (over) throw new Error(`${options.name} has ended`)
        return options.ready()
      },
      options.timeoutMs,
    )
  } catch (error) {
    await started.stop()
    throw new Error(`${String(error)}\n${started.output()}`, { cause: error })
  }
}

function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`waited ${ms} ms for ${what}`))
    }, ms)
  })
  return Promise.race([work, late]).finally(() => {
    clearTimeout(timer)
  })
}

/** Any answer but a 5xx; the body is dropped. */
async function answers(url: string): Promise<boolean> {
  try {
    const answer = await request(url, { headersTimeout: 2000, bodyTimeout: 2000, reset: true })
    await answer.body.dump()
    return answer.statusCode < 500
  } catch {
    return false
  }
}
const answersSoon = (url: string): Promise<void> => until(url, () => answers(url))

// ---- sshd

async function startSshd(
  own: string,
  port: number,
  env: Readonly<Record<string, string>>,
  program: GrayRig['program'],
): Promise<Sshd> {
  const binary = rigValue('GIP_SSHD')
  const beside = dirname(binary)
  const [key, hostKey, knownHosts] = [join(own, 'id'), join(own, 'host'), join(own, 'known_hosts')]
  for (const file of [key, hostKey]) {
    const made = await run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'rig', '-f', file])
    if (made.code !== 0) throw new Error(`ssh-keygen: ${made.stderr}`)
  }
  const [type, host] = (await readFile(`${hostKey}.pub`, 'utf8')).split(' ')
  await writeFile(knownHosts, `[127.0.0.1]:${port} ${type ?? ''} ${host ?? ''}\n`)
  await writeFile(join(own, 'authorized_keys'), await readFile(`${key}.pub`))
  await mkdir(join(own, 'empty'))
  const config = join(own, 'sshd_config')
  const variables = Object.entries(env).map(([name, value]) => `${name}="${value}"`)
  await writeFile(
    config,
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${hostKey}`,
      `PidFile ${join(own, 'sshd.pid')}`,
      `AuthorizedKeysFile ${join(own, 'authorized_keys')}`,
      'StrictModes no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'MaxStartups 100',
      `Subsystem sftp ${join(beside, 'sftp-server')}`,
      `SshdSessionPath ${join(beside, 'sshd-session')}`,
      `SshdAuthPath ${join(beside, 'sshd-auth')}`,
      ...(variables.length === 0 ? [] : [`SetEnv ${variables.join(' ')}`]),
      '',
    ].join('\n'),
  )
  // As root sshd wants a user `sshd` and /run/sshd: given to it alone, in a mount namespace of its own.
  const passwd = join(own, 'passwd')
  const users = readFileSync('/etc/passwd', 'utf8')
  await writeFile(
    passwd,
    /^sshd:/m.test(users) ? users : `${users}sshd:x:65533:65534::/run/sshd:/usr/sbin/nologin\n`,
  )
  const root = userInfo().uid === 0
  const script =
    'mount --bind "$1" /etc/passwd; mount -t tmpfs -o mode=755 gray /run; mkdir -p /run/sshd; shift; exec "$@"'
  const started = await program({
    name: 'sshd',
    argv: [
      ...(root ? ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', script, 'sh', passwd] : []),
      binary,
      '-D',
      '-e',
      '-f',
      config,
    ],
    ready: () => listens(port),
  })
  const { username } = userInfo()
  const argv = ['ssh', '-F', 'none', '-p', String(port), '-i', key, '-o', `UserKnownHostsFile=${knownHosts}`]
  const strict = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'StrictHostKeyChecking=yes',
    'GlobalKnownHostsFile=none',
  ]
  return {
    port,
    host: '127.0.0.1',
    user: username,
    key,
    knownHosts,
    program: started,
    argv: [...argv, ...strict.flatMap((option) => ['-o', option]), `${username}@127.0.0.1`],
  }
}

async function listens(port: number): Promise<boolean> {
  const wanted = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const table = await readFile('/proc/net/tcp', 'utf8')
  return table.split('\n').some((line) => {
    const [, local, , state] = line.trim().split(/\s+/)
    return local === wanted && state === '0A'
  })
}

// ---- hey

/** The summary of `hey`: its status code and error distributions. */
export function parseHey(text: string): LoadReport {
  const statuses: Record<string, number> = {}
  const errors: Record<string, number> = {}
  let total = 0
  let failed = 0
  for (const line of text.split('\n')) {
    const status = /^\s*\[(\d{3})\]\s+(\d+) responses/.exec(line)
    const fault = status === null ? /^\s*\[(\d+)\]\s+(.+)$/.exec(line) : null
    if (status !== null) {
      const count = Number(status[2])
      statuses[status[1] ?? ''] = count
      total += count
      if (Number(status[1]) >= 400) failed += count
    } else if (fault !== null) {
      errors[fault[2] ?? ''] = Number(fault[1])
      total += Number(fault[1])
      failed += Number(fault[1])
    }
  }
  // A report that could not be read must not look like a load without faults.
  if (total === 0) throw new Error(`hey counted no request:\n${text}`)
  return { total, failed, statuses, errors, text }
}
