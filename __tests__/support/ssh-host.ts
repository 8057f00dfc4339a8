import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { SystemExec } from '../../src/base/exec.ts'
import { TemporaryFolders } from '../../src/base/files.ts'
import { hostOf } from '../../src/base/platform.ts'
import { RetryCounter } from '../../src/base/retry.ts'
import { Secrets } from '../../src/base/secrets.ts'
import { openSsh, type Ssh, type SshSettings } from '../../src/deploy/ssh.ts'
import type { SshTarget } from '../../src/deploy/ssh-target.ts'
import { KeptLog } from './docker-act.ts'
import type { GrayRig } from './gray-rig.ts'
import { rigValue, run } from './rig.ts'

/** A line to a server that can be cut and joined again: the machine behind it lives on, only nobody reaches it. */
export class Line {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #state: 'open' | 'cut' | 'silent' = 'open'
  /** How many were let through so far. */
  connections = 0
  /** How many were reset since the start. */
  refused = 0

  private constructor(server: Server) {
    this.#server = server
    this.port = (server.address() as AddressInfo).port
  }

  static async to(port: number): Promise<Line> {
    const holder: { line?: Line } = {}
    const server = createServer((client) => holder.line?.take(client, port))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return (holder.line = new Line(server))
  }

  take(client: Socket, port: number): void {
    this.#keep(client)
    if (this.#state === 'cut') {
      this.refused++
      client.resetAndDestroy()
    }
    if (this.#state !== 'open') return
    this.connections++
    const server = connect(port, '127.0.0.1')
    this.#keep(server)
    client.pipe(server).pipe(client)
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const)
      one.on('close', () => other.destroy())
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  /** Every connection is reset, new ones too. */
  cut(): void {
    this.#state = 'cut'
    for (const socket of this.#sockets) socket.destroy()
  }

  /** New connections are taken and never answered. */
  silence(): void {
    this.cut()
    this.#state = 'silent'
  }

  join(): void {
    this.#state = 'open'
  }

  close(): Promise<void> {
    this.cut()
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }
}

/** A machine of its own as far as a deployment can see: an sshd, a home, and a folder for compose projects. */
export interface SshHost {
  readonly target: SshTarget
  /** `user@host:port`. */
  readonly text: string
  readonly folder: string
  readonly knownHosts: string
  /** The private key's text. */
  readonly key: string
  readonly line: Line
  readonly authorizedKeys: string
}

export async function startHost(rig: GrayRig, name: string): Promise<SshHost> {
  const home = join(rig.folder, name)
  const folder = join(home, 'app')
  await mkdir(folder, { recursive: true })
  const env = {
    HOME: home,
    DOCKER_HOST: rigValue('DOCKER_HOST'),
    DOCKER_CONFIG: rigValue('DOCKER_CONFIG'),
    PATH: `${rigValue('GIP_RIG_PATH')}:/usr/local/bin:/usr/bin:/bin`,
  }
  const sshd = await rig.sshd({ env })
  const line = await Line.to(sshd.port)
  const known = (await readFile(sshd.knownHosts, 'utf8')).replace(`:${sshd.port} `, `:${line.port} `)
  return {
    target: { user: sshd.user, host: sshd.host, port: line.port },
    text: `${sshd.user}@${sshd.host}:${line.port}`,
    folder,
    knownHosts: known,
    key: await readFile(sshd.key, 'utf8'),
    line,
    authorizedKeys: join(dirname(sshd.key), 'authorized_keys'),
  }
}

export interface TestSsh {
  readonly ssh: Ssh
  readonly log: KeptLog
  readonly counter: RetryCounter
  readonly temp: TemporaryFolders
  dispose(): Promise<void>
}

/** Connections to hosts that share one key, over the real client. Every `ssh` in it is the system's. */
export async function sshTo(
  hosts: readonly SshHost[],
  settings: Partial<SshSettings> = {},
): Promise<TestSsh> {
  const [first] = hosts
  if (first === undefined) throw new Error('no host')
  const log = new KeptLog()
  const counter = new RetryCounter()
  const temp = new TemporaryFolders()
  const ssh = await openSsh(
    {
      targets: hosts.map(({ target }) => target),
      identity: { kind: 'key', text: first.key },
      knownHosts: hosts.map(({ knownHosts }) => knownHosts).join(''),
      connectSeconds: 30,
      ...settings,
    },
    {
      exec: new SystemExec(),
      log,
      host: hostOf(),
      secrets: new Secrets(),
      temp,
      counter,
      clock: systemClock,
    },
  )
  return {
    ssh,
    log,
    counter,
    temp,
    dispose: async () => {
      await ssh.close()
      await temp.dispose()
    },
  }
}

/** Hosts that all accept the first one's key, as a fleet does. */
export async function startHosts(rig: GrayRig, names: readonly string[]): Promise<SshHost[]> {
  const hosts: SshHost[] = []
  for (const name of names) {
    const host = await startHost(rig, name)
    const [first] = hosts
    if (first !== undefined) await appendFile(host.authorizedKeys, await readFile(first.authorizedKeys))
    hosts.push(host)
  }
  return hosts
}

export const SERVER = `package main

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

// One program, four images: VERSION names it, FAULT makes it sick (exit: ends at once; sick: unhealthy; slow: healthy after 3 s).
func main() {
	version, fault := os.Getenv("VERSION"), os.Getenv("FAULT")
	if len(os.Args) > 1 {
		answer, err := http.Get("http://127.0.0.1:8080/healthz")
		if err != nil || answer.StatusCode != 200 {
			fmt.Println("unhealthy:", err)
			os.Exit(1)
		}
		return
	}
	fmt.Println("version", version, "starts")
	if fault == "exit" {
		fmt.Println("cannot read the configuration: no such table")
		os.Exit(3)
	}
	begin := time.Now()
	http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {
		if fault == "sick" || fault == "slow" && time.Since(begin) < 3*time.Second {
			fmt.Println("health asked: the database is away")
			w.WriteHeader(503)
		}
	})
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, version) })
	fmt.Println(http.ListenAndServe(":8080", nil))
}
`

export interface ImageSpec {
  readonly version: string
  readonly fault?: string
}

/** Builds one small program and pushes an image per specification; answers references by digest, in order. */
export async function pushImages(repository: string, specs: readonly ImageSpec[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'gip-app-'))
  try {
    await writeFile(join(folder, 'main.go'), SERVER)
    await writeFile(join(folder, 'go.mod'), 'module example.com/app\n\ngo 1.26\n')
    const built = await run(['go', 'build', '-trimpath', '-ldflags=-s -w', '-o', 'app', '.'], {
      cwd: folder,
      env: { CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' },
    })
    if (built.code !== 0) throw new Error(built.stderr)
    const packed = await run(['tar', '-cf', 'app.tar', 'app'], { cwd: folder })
    if (packed.code !== 0) throw new Error(packed.stderr)
    const references: string[] = []
    for (const { version, fault } of specs) {
      const tag = `${rigValue('GIP_REGISTRY')}/${repository}:${version}`
      const changes = [
        'ENTRYPOINT ["/app"]',
        `ENV VERSION=${version}`,
        ...(fault === undefined ? [] : [`ENV FAULT=${fault}`]),
      ]
      const docker = async (...args: string[]): Promise<string> => {
        const done = await run(['docker', ...args], { cwd: folder })
        if (done.code !== 0) throw new Error(`docker ${args.join(' ')}: ${done.stderr}`)
        return done.stdout.trim()
      }
      await docker('import', ...changes.flatMap((change) => ['-c', change]), 'app.tar', tag)
      await docker('push', '-q', tag)
      const digests = await docker('image', 'inspect', '--format', '{{json .RepoDigests}}', tag)
      const [reference = ''] = JSON.parse(digests) as string[]
      references.push(reference)
      // Hosts pull it: what is here already would hide a pull that does not work.
      await docker('image', 'rm', tag)
    }
    return references
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export interface ProjectOptions {
  readonly project: string
  readonly image: string
  /** The neighbour's image; default the same. */
  readonly other?: string
  /** Without a health check the service is only watched. */
  readonly health?: boolean
  /** Default true. */
  readonly neighbour?: boolean
  readonly port?: number
  /** Answers in a row that make it unhealthy, one a second. Default 4. */
  readonly retries?: number
}

/** A compose project with one service `web` and, if wanted, one that must never be touched. */
export const composeFile = ({
  project,
  image,
  other,
  health = true,
  neighbour = true,
  port,
  retries = 4,
}: ProjectOptions): string =>
  `name: ${project}
services:
  web:
    image: ${image}
    stop_grace_period: 0s
${neighbour ? '    depends_on: [other]\n' : ''}${health ? `    healthcheck: {test: [CMD, /app, check], interval: 1s, timeout: 20s, retries: ${retries}, start_period: 1s}\n` : ''}${
    port === undefined ? '' : `    ports: ["127.0.0.1:${port}:8080"]\n`
  }${neighbour ? `  other:\n    image: ${other ?? image}\n    stop_grace_period: 0s\n` : ''}`

/** `docker compose` in a host's folder, as its owner types it there. */
export async function composeIn(folder: string, ...args: string[]): Promise<string> {
  const done = await run(['docker', 'compose', ...args], { cwd: folder })
  if (done.code !== 0) throw new Error(`docker compose ${args.join(' ')}: ${done.stderr}`)
  return done.stdout.trim()
}
