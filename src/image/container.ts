import type { Platform } from '../base/platform.ts'
import { formatPlatform } from '../base/platform.ts'

/** What a trial container is made of. */
export interface TrialContainer {
  readonly name: string
  /** Marks it for removal by a post step that finds no report of it. */
  readonly run: string
  readonly image: string
  readonly platform?: Platform
  readonly args: readonly string[]
  /** File of KEY=value lines: values never stand in the argv. */
  readonly envFile?: string
  /** Ports published on 127.0.0.1 under free numbers. */
  readonly publish: readonly number[]
  readonly user?: string
  readonly readOnly: boolean
  readonly memory: string
  readonly cpus: string
}

/** The label that every container of ours carries. */
export const RUN_LABEL = 'go-image-pipeline.run'

/**
 * `docker create …`: as strict as a careful cluster, so that what fails there fails here. Low ports need
 * `ip_unprivileged_port_start` set back: Docker allows them to everybody (moby/moby#41030). Pure.
 */
export function createContainerArgv(trial: TrialContainer): string[] {
  const windows = trial.platform?.os === 'windows'
  return [
    'docker',
    'create',
    '--name',
    trial.name,
    '--label',
    `${RUN_LABEL}=${trial.run}`,
    '--pull=never',
    ...(trial.platform === undefined ? [] : ['--platform', formatPlatform(trial.platform)]),
    '--restart=no',
    `--memory=${trial.memory}`,
    ...(windows
      ? []
      : [
          ...(trial.readOnly ? ['--read-only', '--tmpfs', '/tmp:rw,nosuid,nodev,size=64m,mode=1777'] : []),
          '--cap-drop=ALL',
          '--security-opt=no-new-privileges',
          '--sysctl=net.ipv4.ip_unprivileged_port_start=1024',
          `--memory-swap=${trial.memory}`,
          `--cpus=${trial.cpus}`,
          '--pids-limit=256',
          // Bounded, and readable with `docker logs` whatever the engine's default is.
          '--log-driver=json-file',
          '--log-opt=max-size=10m',
        ]),
    ...(trial.user === undefined ? [] : ['--user', trial.user]),
    ...(trial.envFile === undefined ? [] : ['--env-file', trial.envFile]),
    ...trial.publish.flatMap((port) => ['--publish', `127.0.0.1::${port}/tcp`]),
    trial.image,
    ...trial.args,
  ]
}

/** The state of a container as `docker inspect` tells it. */
export interface ContainerState {
  readonly id: string
  readonly running: boolean
  readonly exitCode: number
  readonly oomKilled: boolean
  /** What the runtime said when the program could not be started. */
  readonly error: string
  readonly pid: number
  readonly ip: string
  /** Container port → port on 127.0.0.1. */
  readonly published: ReadonlyMap<number, number>
  readonly health?: string
}

/** What an image says of itself as `docker image inspect` tells it. */
export interface ImageFacts {
  readonly id: string
  readonly os: string
  readonly arch: string
  readonly user: string
  readonly expose: readonly string[]
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly stopSignal: string
  readonly size: number
}

type Json = Readonly<Record<string, unknown>>
const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const strings = (value: unknown): string[] => (Array.isArray(value) ? value.map(text) : [])
const number = (value: unknown): number => (typeof value === 'number' ? value : 0)

/** Reads the first object of `docker inspect`'s array. */
export function readContainer(inspected: string): ContainerState | undefined {
  const one = first(inspected)
  if (one === undefined) return undefined
  const state = object(one['State'])
  const network = object(one['NetworkSettings'])
  const published = new Map<number, number>()
  for (const [port, bindings] of Object.entries(object(network['Ports']))) {
    const host = Array.isArray(bindings) ? Number(text(object(bindings[0])['HostPort'])) : 0
    if (host > 0) published.set(Number(port.split('/')[0]), host)
  }
  const address = Object.values(object(network['Networks']))
    .map((one) => text(object(one)['IPAddress']))
    .find((ip) => ip !== '')
  const health = text(object(state['Health'])['Status'])
  return {
    id: text(one['Id']),
    running: state['Running'] === true,
    exitCode: number(state['ExitCode']),
    oomKilled: state['OOMKilled'] === true,
    error: text(state['Error']),
    pid: number(state['Pid']),
    ip: text(network['IPAddress']) || (address ?? ''),
    published,
    ...(health === '' ? {} : { health }),
  }
}

export function readImage(inspected: string): ImageFacts | undefined {
  const one = first(inspected)
  if (one === undefined) return undefined
  const config = object(one['Config'])
  return {
    id: text(one['Id']),
    os: text(one['Os']),
    arch: text(one['Architecture']),
    user: text(config['User']),
    expose: Object.keys(object(config['ExposedPorts'])),
    entrypoint: strings(config['Entrypoint']),
    cmd: strings(config['Cmd']),
    stopSignal: text(config['StopSignal']) || 'SIGTERM',
    size: number(one['Size']),
  }
}

function first(inspected: string): Json | undefined {
  try {
    const all: unknown = JSON.parse(inspected)
    return Array.isArray(all) && all.length > 0 ? object(all[0]) : undefined
  } catch {
    return undefined
  }
}

/** Why a program ended, or never began: cause, and what to do. */
export interface Ending {
  readonly code: string
  readonly cause: string
  readonly fix: string
}

/** What the program, the runtime and the kernel left behind. */
export interface Remains {
  readonly exitCode: number
  readonly oomKilled: boolean
  /** The runtime's error or `docker start`'s stderr. */
  readonly error: string
  readonly logs: readonly string[]
  readonly program: string
  readonly memory: string
}

/** Decodes an exit: texts of the kernel and the runtimes first, then the code itself. Pure. */
export function decodeExit(remains: Remains): Ending {
  const { exitCode, program, memory } = remains
  const said = [remains.error, ...remains.logs].join('\n')
  const panic = remains.logs.find((line) => /^panic: |^fatal error: /.test(line))
  if (remains.oomKilled) {
    return {
      code: 'out-of-memory',
      cause: `the kernel killed it: it needs more than ${memory} of memory`,
      fix: 'raise the limit, or set GOMEMLIMIT so that the collector works earlier',
    }
  }
  if (/exec format error/i.test(said)) {
    return {
      code: 'exec-format',
      cause: `${program} is built for another architecture (exec format error)`,
      fix: 'build it with GOOS=$TARGETOS GOARCH=$TARGETARCH; check that COPY takes the file of the right platform',
    }
  }
  if (/"?\/bin\/sh"?: (?:stat \/bin\/sh: )?no such file|exec: "(?:\/bin\/)?sh"/i.test(said)) {
    return {
      code: 'shell-missing',
      cause: 'ENTRYPOINT or CMD is in shell form, and the image has no /bin/sh',
      fix: 'write it in exec form: ENTRYPOINT ["/app/name"]',
    }
  }
  if (
    /exec: "[^"]+": (?:executable file not found|stat .*: no such file)|no such file or directory: unknown/i.test(
      said,
    )
  ) {
    return {
      code: 'program-missing',
      cause: `${program} is not in the image`,
      fix: 'correct the path in ENTRYPOINT, or the COPY that brings it',
    }
  }
  if (
    new RegExp(`exec ${escape(program)}: no such file or directory`).test(said) ||
    /error while loading shared libraries|Error loading shared library/i.test(said)
  ) {
    return {
      code: 'library-missing',
      cause: `${program} is linked dynamically, and its loader or a library is not in the image`,
      fix: 'build with CGO_ENABLED=0, or use a base with that C library (gcr.io/distroless/base-debian13 for glibc)',
    }
  }
  if (/exec[^\n]*permission denied|permission denied: unknown/i.test(said) || exitCode === 126) {
    return {
      code: 'not-executable',
      cause: `${program} may not be executed by the image’s user`,
      fix: 'give it the mode 0555 or 0755 (COPY --chmod=0555)',
    }
  }
  if (/listen [^\n]*bind: permission denied/i.test(said)) {
    return {
      code: 'low-port',
      cause: 'it listens on a port below 1024, which only root may',
      fix: 'listen on a port from 1024 on, for example 8080',
    }
  }
  if (/read-only file system/i.test(said)) {
    return {
      code: 'read-only',
      cause: 'it writes into the image’s own file system, which is read-only in a careful cluster',
      fix: 'write below /tmp, or into a volume',
    }
  }
  if (/operation not permitted/i.test(said) && exitCode !== 0) {
    return {
      code: 'capability',
      cause: 'it needs a privilege that was taken away (all capabilities are dropped)',
      fix: 'do without it, or start it with "start: off" and prove it in the cluster',
    }
  }
  if (/x509: certificate signed by unknown authority|failed to verify certificate/i.test(said)) {
    return {
      code: 'ca-missing',
      cause: 'it does not accept a server’s certificate: the image has no CA bundle, or not that authority',
      fix: 'use a base with a CA bundle (distroless), or copy one to /etc/ssl/certs/ca-certificates.crt',
    }
  }
  if (/unknown time zone/i.test(said)) {
    return {
      code: 'zoneinfo-missing',
      cause: 'the image has no time zone database',
      fix: 'import _ "time/tzdata", or use a base that has /usr/share/zoneinfo',
    }
  }
  if (panic !== undefined || (exitCode === 2 && remains.logs.some((line) => /^goroutine \d+/.test(line)))) {
    return {
      code: 'panic',
      cause: `it panicked: ${panic ?? 'see its stack below'}`,
      fix: 'see the stack below; if it lacks configuration, give it with "start-env" or "start-args"',
    }
  }
  const decoded = BY_CODE[exitCode]
  const last = remains.logs.findLast((line) => line.trim() !== '')
  const detail = last === undefined ? '' : `; its last line: ${last.slice(0, 300)}`
  if (decoded !== undefined) return { ...decoded, cause: `${decoded.cause}${detail}` }
  return {
    code: 'exit',
    cause:
      exitCode > 128 && exitCode < 160
        ? `it was ended by signal ${exitCode - 128}${detail}`
        : `it ended with code ${exitCode}${detail}`,
    fix: 'see its output below; if it lacks configuration, give it with "start-env" or "start-args"',
  }
}

const BY_CODE: Readonly<Record<number, Ending>> = {
  125: {
    code: 'runtime',
    cause: 'the container runtime refused to make the container',
    fix: 'see the message below',
  },
  127: {
    code: 'program-missing',
    cause: 'a program or its loader was not found (127)',
    fix: 'check ENTRYPOINT, and that the program is static (CGO_ENABLED=0)',
  },
  132: {
    code: 'illegal-instruction',
    cause: 'it used an instruction that this processor does not have (SIGILL)',
    fix: 'build for a lower level: GOAMD64=v1',
  },
  134: { code: 'aborted', cause: 'it aborted (SIGABRT)', fix: 'see its output below' },
  137: {
    code: 'killed',
    cause: 'it was killed (SIGKILL), often for lack of memory',
    fix: 'see its output below; raise the memory limit',
  },
  139: {
    code: 'segfault',
    cause: 'it crashed (SIGSEGV)',
    fix: 'usually C code: build with CGO_ENABLED=0, or find the fault with its output below',
  },
  143: { code: 'terminated', cause: 'it was ended from outside (SIGTERM)', fix: 'run again' },
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
