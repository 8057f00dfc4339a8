import { createHash, randomBytes } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { environmentError, messageOf, PipelineError } from '../base/errors.ts'
import type { Finished } from '../base/exec.ts'
import { writeAtomic } from '../base/files.ts'
import type { Environment } from '../base/platform.ts'
import { retry } from '../base/retry.ts'
import type { BuildxCommand } from './build.ts'
import { bareMirror, type RegistryMirror } from './config.ts'
import { type Driver, isLoopback } from './driver.ts'
import { classifyBuildFault, explainFailure } from './errors.ts'
import { PINNED_BUILDKIT } from './pins.ts'

export interface BuilderOptions {
  readonly driver: Driver
  /** TOML text for the daemon, from `buildkitdToml`. */
  readonly config?: string
  /** `key=value` each; an `image=…` replaces the pinned BuildKit. */
  readonly driverOpts?: readonly string[]
  readonly endpoint?: string
  readonly buildkitdFlags?: string
  /** Hosts the build pushes to or pulls from: a loopback one is only reachable over the host's network. */
  readonly registries?: readonly string[]
  /** Those of Docker Hub are tried first for BuildKit's own image, which the engine pulls, not BuildKit. */
  readonly mirrors?: readonly RegistryMirror[]
  /** Self-hosted: one builder for many runs, its cache kept and pruned to `keepBytes` (default 10 GB). */
  readonly keep?: boolean
  readonly keepBytes?: number
  /** Names the run in the builder's name, for people who look at `docker ps`. */
  readonly runName?: string
  /** Longest time for one boot. Default 3 minutes. */
  readonly bootTimeoutMs?: number
}

/** Plain data: it travels through the action's state to the post step. */
export interface Builder {
  readonly name: string
  readonly driver: Driver
  /** Made by us: removed by us (unless kept). */
  readonly owned: boolean
  readonly keep: boolean
  readonly keepBytes: number
  readonly buildkit: string
  readonly bootMs: number
  /** Buildx's own store of builders; the post step must look into the same one. */
  readonly env: Readonly<Record<string, string>>
}

const DEFAULT_KEEP_BYTES = 10_000_000_000

/** Whether Buildx starts a BuildKit for this driver: image and flags are ours to say then. */
const boots = (driver: Driver): boolean => driver === 'docker-container' || driver === 'kubernetes'

/** The driver options in force: ours, with the user's on top. Pure. */
export function driverOptions(
  options: BuilderOptions,
  env: Environment,
  image: string,
): { opts: string[]; warnings: string[] } {
  const given = options.driverOpts ?? []
  const has = (key: string): boolean => given.some((opt) => opt.startsWith(`${key}=`))
  const warnings: string[] = []
  const opts: string[] = []
  if (boots(options.driver) && !has('image')) opts.push(`image=${image}`)
  if (options.driver === 'docker-container') {
    if (
      !has('network') &&
      (options.registries ?? []).some((registry) => isLoopback(registry.split('/')[0] ?? ''))
    ) {
      opts.push('network=host')
    }
    // The builder pulls and pushes by itself, so it needs the proxy that this machine uses.
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
      const value = env[name] ?? env[name.toLowerCase()]
      if (value === undefined || value === '' || has(`env.${name}`) || has(`env.${name.toLowerCase()}`))
        continue
      if (/\/\/[^/@]+@/.test(value)) {
        warnings.push(
          `${name} holds a password, which would be visible in the process list: it is not handed to the builder. ` +
            'Use a proxy without a password in its URL, or set driver-opts env.' +
            name +
            ' on purpose.',
        )
      } else opts.push(quoteOpt(`env.${name}=${value}`))
    }
  }
  return { opts: [...opts, ...given], warnings }
}

// Buildx reads driver options as CSV: a comma in a value (NO_PROXY) needs quotes.
const quoteOpt = (opt: string): string => (/[",]/.test(opt) ? `"${opt.replaceAll('"', '""')}"` : opt)

/** `buildx create …` without the program's name. Pure. */
export function createArgv(
  name: string,
  options: Pick<BuilderOptions, 'driver' | 'endpoint' | 'buildkitdFlags' | 'config' | 'keep'>,
  opts: readonly string[],
  configFile: string | undefined,
): string[] {
  const flags = buildkitdFlags(options)
  return [
    'create',
    '--name',
    name,
    '--driver',
    options.driver,
    ...opts.flatMap((opt) => ['--driver-opt', opt]),
    ...(configFile === undefined ? [] : ['--buildkitd-config', configFile]),
    ...(flags === '' ? [] : ['--buildkitd-flags', flags]),
    ...(options.endpoint === undefined || options.endpoint === '' ? [] : [options.endpoint]),
  ]
}

/**
 * A builder of one run has nothing to collect, and BuildKit's collector is in the way. It runs soon after a build, at most once a minute, and
 * locks each cache mount while it measures it: a RUN that wants the mount just then gets another one, empty (BuildKit v0.32: `DiskUsage` in
 * cache/manager.go, `getRefCacheDirNoCache` in solver/llbsolver/mounts). What the user says of the worker wins.
 */
function buildkitdFlags({
  driver,
  keep,
  config = '',
  buildkitdFlags: given = '',
}: Pick<BuilderOptions, 'driver' | 'keep' | 'config' | 'buildkitdFlags'>): string {
  const theirs = /^\s*\[*\s*worker\b/m.test(config) || given.includes('--oci-worker-')
  return [given, ...(boots(driver) && keep !== true && !theirs ? ['--oci-worker-gc=false'] : [])]
    .filter((flag) => flag !== '')
    .join(' ')
}

/**
 * Images to try for BuildKit: through each HTTPS mirror of Docker Hub, then the original. All name the same digest,
 * so a mirror cannot give another one.
 */
export function buildkitImages(mirrors: readonly RegistryMirror[] = [], pinned = PINNED_BUILDKIT): string[] {
  const hub = mirrors.filter((mirror) => mirror.registry === 'docker.io' && mirror.url.startsWith('https://'))
  return [...hub.map((mirror) => `${bareMirror(mirror.url)}/${pinned}`), pinned]
}

/** Where Buildx keeps its builders: a place of the user that outlives this step, so that post finds the builder again. */
export function buildxStore(env: Environment): string {
  const set = env['BUILDX_CONFIG']
  if (set !== undefined && set !== '') return set
  const config = env['DOCKER_CONFIG']
  return join(config === undefined || config === '' ? join(homedir(), '.docker') : config, 'buildx')
}

/**
 * Makes a builder and waits until it answers; `docker` needs none. `onCreated` is called before anything exists that
 * would have to be removed, so that the caller can save the name for its post step first.
 */
export async function createBuilder(
  options: BuilderOptions,
  buildx: BuildxCommand,
  act: Pick<Act, 'exec' | 'log' | 'signal' | 'env' | 'clock' | 'counter' | 'temp'>,
  onCreated: (builder: Builder) => void = () => undefined,
): Promise<Builder> {
  const started = act.clock.now()
  const env = { BUILDX_CONFIG: buildxStore(act.env) }
  if (options.driver === 'docker') {
    const builder: Builder = {
      name: 'default', driver: 'docker', owned: false, keep: false, keepBytes: 0, buildkit: '', bootMs: 0, env,
    } // prettier-ignore
    return builder
  }
  const call = (args: readonly string[], timeoutMs: number): Promise<Finished> =>
    act.exec.run({
      argv: [...buildx.argv, ...args],
      env: { ...buildx.env, ...env },
      timeoutMs,
      signal: act.signal,
      onLine: (line) => act.log.debug(line),
    })

  const userImage = (options.driverOpts ?? []).find((opt) => opt.startsWith('image='))?.slice(6)
  const images = userImage === undefined ? buildkitImages(options.mirrors) : [userImage]
  const keep = options.keep === true
  const name = builderName(options, images[images.length - 1] ?? '')
  const draft: Builder = {
    name,
    driver: options.driver,
    owned: true,
    keep,
    keepBytes: options.keepBytes ?? DEFAULT_KEEP_BYTES,
    buildkit: '',
    bootMs: 0,
    env,
  }
  onCreated(draft)
  const configFile = await writeConfig(options.config, act)

  let last: unknown
  for (const image of options.driver === 'remote' ? [''] : images) {
    const { opts, warnings } = driverOptions(options, act.env, image)
    for (const warning of warnings) act.log.warning(warning)
    try {
      const known = keep ? await call(['inspect', name], 30_000) : undefined
      if (known?.code !== 0) {
        const made = await call(createArgv(name, options, opts, configFile), 60_000)
        if (made.code !== 0) throw new CallFault('create', made)
      }
      const inspected = await retry(
        async () => {
          const booted = await call(['inspect', '--bootstrap', name], options.bootTimeoutMs ?? 180_000)
          if (booted.code !== 0) throw new CallFault('boot', booted)
          return booted.stdout
        },
        {
          what: `boot of the builder (${options.driver})`,
          attempts: 4,
          baseMs: 1000,
          classify: (error) =>
            error instanceof CallFault ? classifyBuildFault(error.said) : { kind: 'final' },
          clock: act.clock,
          signal: act.signal,
          log: act.log,
          counter: act.counter,
        },
      )
      return { ...draft, buildkit: buildkitVersion(inspected), bootMs: act.clock.now() - started }
    } catch (error) {
      last = error
      if (act.signal.aborted || !(error instanceof CallFault)) break
      act.log.info(
        `the builder did not come up with ${image === '' ? options.driver : image}: ${messageOf(error)}`,
      )
      await removeBuilder({ ...draft, keep: false }, buildx, act)
    }
  }
  if (last instanceof CallFault) throw explainBuilder(last, options)
  await removeBuilder({ ...draft, keep: false }, buildx, act)
  throw last
}

/**
 * Removes a builder with its container and volume, or prunes a kept one. Never throws and never waits for ever: it
 * runs when everything else has ended, also after a cancellation.
 * @param machine `thrown-away`: a machine that ends with this job takes the volume along, whose removal can take a minute
 */
export async function removeBuilder(
  builder: Builder,
  buildx: BuildxCommand,
  act: Pick<Act, 'exec' | 'log'>,
  machine: 'thrown-away' | 'stays' = 'stays',
): Promise<boolean> {
  if (!builder.owned) return true
  const env = { ...buildx.env, ...builder.env }
  const call = async (argv: readonly string[], timeoutMs: number): Promise<Finished | undefined> => {
    try {
      return await act.exec.run({ argv, env, timeoutMs })
    } catch (error) {
      act.log.debug(`${argv.join(' ')}: ${messageOf(error)}`)
      return undefined
    }
  }
  if (builder.keep) {
    const size = `${Math.max(1, Math.round(builder.keepBytes / 1e6))}MB`
    const pruned = await call(
      [...buildx.argv, 'prune', '--builder', builder.name, '--force', '--max-used-space', size],
      120_000,
    )
    return pruned?.code === 0
  }
  const spare = machine === 'stays' ? [] : ['--keep-state']
  const removed = await call([...buildx.argv, 'rm', '--force', ...spare, builder.name], 60_000)
  const gone = removed?.code === 0 || /no builder .* found/i.test(removed?.stderr ?? '')
  if (builder.driver !== 'docker-container') {
    if (!gone)
      act.log.warning(`The builder ${builder.name} could not be removed: docker buildx rm ${builder.name}`)
    return gone
  }
  // `buildx rm` may give up half-way (docker/setup-buildx-action#615): make sure by the names Buildx gives.
  const container = `buildx_buildkit_${builder.name}0`
  const left = await call(['docker', 'ps', '-aq', '--filter', `name=^/?${container}$`], 20_000)
  if (left?.stdout.trim() !== '') await call(['docker', 'rm', '--force', '--volumes', container], 60_000)
  if (machine === 'thrown-away') return true
  const volume = await call(['docker', 'volume', 'ls', '-q', '--filter', `name=^${container}_state$`], 20_000)
  if (volume !== undefined && volume.stdout.trim() !== '') {
    const dropped = await call(['docker', 'volume', 'rm', '--force', `${container}_state`], 60_000)
    if (dropped?.code !== 0) {
      act.log.warning(`The builder’s volume is still there: docker volume rm ${container}_state`)
      return false
    }
  }
  return true
}

class CallFault extends Error {
  readonly step: 'create' | 'boot'
  readonly said: string
  constructor(step: 'create' | 'boot', finished: Finished) {
    const said = finished.tail
      .filter((line) => line.trim() !== '')
      .slice(-30)
      .join('\n')
    super(/^ERROR: (.*)$/m.exec(said)?.[1] ?? said.split('\n').at(-1) ?? `exit code ${finished.code}`)
    this.step = step
    this.said = said
  }
}

function explainBuilder(fault: CallFault, options: BuilderOptions): PipelineError {
  const known = explainFailure(fault.said)
  const pull = /pulling image|failed to pull|manifest|denied|toomanyrequests|no such image/i.test(fault.said)
  return environmentError(
    {
      code: `builder-${known?.code ?? (fault.step === 'boot' ? 'boot' : 'create')}`,
      what:
        fault.step === 'boot'
          ? `the builder (${options.driver}) did not start`
          : `the builder (${options.driver}) could not be made`,
      cause: [known?.cause, messageOf(fault)].filter((part) => part !== undefined && part !== '').join(' – '),
      ...(options.endpoint === undefined ? {} : { where: options.endpoint }),
      fix:
        known !== undefined && known.code !== 'base-missing'
          ? known.fix
          : pull
            ? 'make BuildKit’s image reachable: log in to Docker Hub ("registries"), name a mirror ("registry-mirrors"), or set driver-opts image=… to a copy of it'
            : 'see the log below; "driver: docker" needs no builder when the engine uses the containerd image store',
    },
    { log: fault.said },
  )
}

async function writeConfig(config: string | undefined, act: Pick<Act, 'temp'>): Promise<string | undefined> {
  if (config === undefined || config.trim() === '') return undefined
  const file = join(await act.temp.make('buildkitd'), 'buildkitd.toml')
  await writeAtomic(file, config, 0o600)
  return file
}

/** A kept builder is found again by what it is made of: other settings make another builder. */
function builderName(options: BuilderOptions, image: string): string {
  const run = (options.runName ?? '')
    .replace(/[^A-Za-z0-9-]+/g, '-')
    .slice(0, 24)
    .replace(/^-+|-+$/g, '')
  if (options.keep !== true)
    return ['gip', run, randomBytes(5).toString('hex')].filter((part) => part !== '').join('-')
  const recipe = JSON.stringify([
    options.driver, image, options.driverOpts ?? [], options.endpoint ?? '', options.config ?? '', options.buildkitdFlags ?? '',
    (options.registries ?? []).some((registry) => isLoopback(registry.split('/')[0] ?? '')),
  ]) // prettier-ignore
  return `gip-kept-${createHash('sha256').update(recipe).digest('hex').slice(0, 12)}`
}

/** `BuildKit version: v0.32.2` of `buildx inspect`, without the v. */
export function buildkitVersion(inspected: string): string {
  return /^\s*BuildKit(?: version)?:\s*v?(\S+)/im.exec(inspected)?.[1] ?? ''
}
