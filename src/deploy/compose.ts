import { environmentError, gateError, inputError, PipelineError, type Problem } from '../base/errors.ts'
import type { Finished } from '../base/exec.ts'
import { type HostFacts, parsePreflight } from './compose-preflight.ts'
import * as powershell from './compose-powershell.ts'
import * as sh from './compose-sh.ts'
import { recordScript, recordScriptWindows } from './compose-record.ts'
import { parseServiceState, type Recorded, type ServiceState } from './compose-state.ts'
import { ENDS, type ServiceSettings } from './compose-sh.ts'
import type { Ssh } from './ssh.ts'
import { formatTarget, type SshTarget } from './ssh-target.ts'

export interface ComposeHost {
  readonly target: SshTarget
  readonly os: 'linux' | 'windows'
  readonly service: ServiceSettings
}

const PULL_MS = 15 * 60_000
const LOOK_MS = 60_000

/**
 * One service of a compose project on one host. Every method may be called again at any time, also by another process
 * that knows only the settings: what is under way is noted on the host (`.gip/SERVICE.old`).
 */
export class ComposeService {
  readonly where: string
  readonly #ssh: Ssh
  readonly #host: ComposeHost

  constructor(ssh: Ssh, host: ComposeHost) {
    this.#ssh = ssh
    this.#host = host
    this.where = formatTarget(host.target)
  }

  /** What the host has and what it lacks; changes nothing. */
  async preflight(signal: AbortSignal): Promise<{ facts: HostFacts; problems: Problem[] }> {
    const done = await this.#run(
      'look at the host',
      this.#scripts.preflightScript(this.#host.service),
      LOOK_MS,
      signal,
    )
    if (done.code !== 0) throw this.#error(done)
    return parsePreflight(done.stdout, done.stderr, this.#host.service, this.where)
  }

  /** The service's containers as they run now. */
  async inspect(signal: AbortSignal): Promise<ServiceState> {
    return this.#state(
      'look at the service',
      this.#scripts.inspectScript(this.#host.service),
      LOOK_MS,
      signal,
    )
  }

  /** Pulls `image` (`name@sha256:…`) and notes what runs now as the way back; touches nothing that runs. */
  async prepare(image: string, signal: AbortSignal): Promise<ServiceState> {
    return this.#state(
      'pull of the image',
      this.#scripts.prepareScript(this.#host.service, image),
      PULL_MS,
      signal,
    )
  }

  /**
   * Puts the prepared image into service and waits until it is healthy. When it does not become so, the host puts the
   * old image back by itself and gateError `compose-refused` with the service's log is thrown.
   */
  async update(image: string, signal: AbortSignal): Promise<ServiceState> {
    const ms = (this.#host.service.waitSeconds * 4 + this.#host.service.stableSeconds * 2 + 120) * 1000
    return this.#state(
      'update of the service',
      this.#scripts.updateScript(this.#host.service, image),
      ms,
      signal,
    )
  }

  /** Puts the noted old image back, ends an update that still runs; nothing when nothing is noted. */
  async back(signal: AbortSignal): Promise<ServiceState> {
    const ms = (this.#host.service.waitSeconds * 4 + this.#host.service.stableSeconds + 120) * 1000
    return this.#state('way back', this.#scripts.backScript(this.#host.service), ms, signal)
  }

  /** Drops the note and the old image: from here there is no way back. */
  async finalise(image: string, signal: AbortSignal): Promise<ServiceState> {
    return this.#state(
      'removal of the old image',
      this.#scripts.finaliseScript(this.#host.service, image),
      LOOK_MS * 2,
      signal,
    )
  }

  /** As `finalise`, but the old image stays on the host, and what was done is in its record: the way back of later runs. */
  async record(entry: Omit<Recorded, 'before'>, signal: AbortSignal): Promise<ServiceState> {
    const { os, service } = this.#host
    const script = (os === 'windows' ? recordScriptWindows : recordScript)(service, entry)
    return this.#state('record of the deployment', script, LOOK_MS * 2, signal)
  }

  get #scripts(): typeof sh | typeof powershell {
    return this.#host.os === 'windows' ? powershell : sh
  }

  async #state(what: string, script: string, timeoutMs: number, signal: AbortSignal): Promise<ServiceState> {
    const done = await this.#run(what, script, timeoutMs, signal)
    if (done.code !== 0) throw this.#error(done)
    return parseServiceState(done.stdout, this.where)
  }

  #run(what: string, script: string, timeoutMs: number, signal: AbortSignal): Promise<Finished> {
    const shell = this.#host.os === 'windows' ? 'powershell' : 'sh'
    return this.#ssh.run(this.#host.target, { what, script, shell, timeoutMs, signal })
  }

  #error(done: Finished): PipelineError {
    return composeError(done, this.#host.service, this.where)
  }
}

/** What a script's exit code and words mean. */
export function composeError(
  done: Pick<Finished, 'code' | 'stdout' | 'stderr' | 'tail'>,
  { folder, service }: ServiceSettings,
  where: string,
): PipelineError {
  const log = done.stdout.trim() === '' ? done.tail.join('\n') : done.stdout.trim().slice(-20_000)
  const cause = done.stderr.trim().split('\n').at(-1) ?? ''
  const because = cause === '' ? {} : { cause }
  switch (done.code) {
    case ENDS.folder:
      return inputError({
        code: 'compose-folder',
        what: `${folder} on ${where} is no compose project this user can use`,
        ...because,
        where,
        fix: 'correct the folder, or give it to the deploying user (chown)',
      })
    case ENDS.refused:
      return gateError(
        {
          code: 'compose-refused',
          what: `the new version of ${service} on ${where} did not become healthy; the old one was put back`,
          where,
          fix: 'see the log of the service below',
        },
        log,
      )
    case ENDS.stuck:
      return environmentError(
        {
          code: 'compose-stuck',
          what: `neither version of ${service} on ${where} becomes healthy`,
          cause: 'the old version does not start any more, or something it needs is down',
          where,
          fix: `log in and look: docker compose logs ${service}; the state before is noted in .gip of ${folder}`,
        },
        { log },
      )
    case ENDS.fenced:
      return gateError({
        code: 'compose-fenced',
        what: `nothing was changed on ${where}`,
        ...because,
        where,
        fix: 'begin a new release',
      })
    case ENDS.image:
      return gateError(
        {
          code: 'compose-image',
          what: `${service} on ${where} would not run the image it was given; the old one was left`,
          cause: 'another file or an environment variable of the host sets the image again',
          where,
          fix: 'look for the image in docker compose config there; with COMPOSE_FILE set, our override must come last',
        },
        log,
      )
    case ENDS.busy:
      return environmentError({
        code: 'compose-busy',
        what: `another deployment is working on ${service} on ${where}`,
        where,
        fix: 'wait for it; see .gip of the folder for its holder',
      })
    case ENDS.pull:
      return pullError(done.stderr, where)
    case ENDS.docker:
      return dockerError(done.stderr, where)
    default:
      return environmentError(
        {
          code: 'compose-failed',
          what: `a command for ${service} on ${where} ended with ${done.code}`,
          ...because,
          where,
          fix: 'see the last output of the host below',
        },
        { log: done.tail.join('\n') },
      )
  }
}

function pullError(stderr: string, where: string): PipelineError {
  const cause = stderr.trim().split('\n').at(-1) ?? ''
  if (/denied|unauthorized|no basic auth|authentication required/i.test(stderr))
    return inputError({
      code: 'compose-pull-denied',
      what: `${where} may not pull the image`,
      cause,
      where,
      fix: 'log the deploying user in on the host once, with a token that can only read: docker login REGISTRY',
    })
  if (/not found|manifest unknown|no matching manifest|does not exist/i.test(stderr))
    return inputError({
      code: 'compose-pull-missing',
      what: `the image is not there for ${where}`,
      cause,
      where,
      fix: 'check the digest, and that it was built for the host’s platform',
    })
  if (/no space left/i.test(stderr))
    return inputError({
      code: 'compose-disk',
      what: `the disk of ${where} is full`,
      cause,
      where,
      fix: 'free space on the host: docker system df, docker image prune',
    })
  return environmentError({
    code: 'compose-pull',
    what: `${where} could not pull the image`,
    cause,
    where,
    fix: 'check that the host reaches the registry',
  })
}

function dockerError(stderr: string, where: string): PipelineError {
  const cause = stderr.trim().split('\n').at(-1) ?? ''
  const denied = /permission denied/i.test(stderr)
  return (denied ? inputError : environmentError)({
    code: denied ? 'compose-docker-denied' : 'compose-docker',
    what: denied ? `the user on ${where} may not use Docker` : `Docker does not answer on ${where}`,
    ...(cause === '' ? {} : { cause }),
    where,
    fix: denied
      ? 'add the user to the group docker (and log in again), or use rootless Docker; no sudo is needed'
      : 'see systemctl status docker there',
  })
}
