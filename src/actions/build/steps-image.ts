import { join } from 'node:path'
import { formatBytes } from '../../base/clock.ts'
import { environmentError } from '../../base/errors.ts'
import { prefixed } from '../../base/log.ts'
import { nativeContainerPlatform, type Platform } from '../../base/platform.ts'
import type { BuildOutput } from '../../buildx/args.ts'
import { runBuild } from '../../buildx/build.ts'
import { createBuilder } from '../../buildx/builder.ts'
import { type Buildx, installBuildx, linkPlugin } from '../../buildx/install.ts'
import { publishTargets } from '../../image/names.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Inputs } from '../../plan/inputs.ts'
import { enginePulls, type Plan, type Target } from '../../plan/make.ts'
import type { RegistryClient } from '../../registry/client.ts'
import { makeDockerConfig } from '../../registry/docker-config.ts'
import { pushLayout } from '../../registry/oci-layout.ts'
import { publish } from '../../registry/publish.ts'
import { restoreTags, type TagMove } from '../../registry/restore.ts'
import { verifyError, verifyImage } from '../../registry/verify.ts'
import { loginsOf, referenceOf, registryClient, repositoriesOf } from '../registry.ts'
import type { Shell } from '../shell.ts'
import { DirectEngine } from './direct-engine.ts'
import { DockerfileCaches } from './dockerfile-caches.ts'
import { ImageRequests } from './requests.ts'
import { ImageSizes } from './sizes.ts'
import type { BuiltImage, Results } from './results.ts'
import { Starts } from './starts.ts'
import type { StateKeeper } from './state.ts'

/** The steps around the image: login, builder, build, start, read back, publish. */
export class ImageSteps {
  readonly #inputs: Inputs
  readonly #facts: Facts
  readonly #plan: Plan
  readonly #act: Shell
  readonly #results: Results
  readonly #keeper: StateKeeper
  readonly #folder: () => Promise<string>
  readonly #client: RegistryClient
  readonly #requests: ImageRequests
  readonly #sizes: ImageSizes
  readonly #direct: DirectEngine
  readonly #caches: DockerfileCaches
  readonly #starts: Starts
  #dockerEnv: Readonly<Record<string, string | undefined>> = {}
  #dockerConfig = ''

  constructor(
    inputs: Inputs,
    facts: Facts,
    plan: Plan,
    act: Shell,
    results: Results,
    keeper: StateKeeper,
    folder: () => Promise<string>,
  ) {
    this.#inputs = inputs
    this.#facts = facts
    this.#plan = plan
    this.#act = act
    this.#results = results
    this.#keeper = keeper
    this.#folder = folder
    this.#client = registryClient(inputs, act)
    this.#caches = new DockerfileCaches(inputs, facts, plan, act, results, keeper, folder)
    this.#starts = new Starts(inputs, plan, results, keeper)
    this.#requests = new ImageRequests(inputs, facts, plan, act, results, folder, this.#caches)
    this.#direct = new DirectEngine(plan, this.#requests)
    this.#sizes = new ImageSizes(plan, results, this.#client, (platform) => this.#requests.base(platform))
  }

  async login(signal: AbortSignal): Promise<string> {
    const logins = loginsOf(this.#inputs, this.#act.env)
    const config = await makeDockerConfig(logins, this.#ports('login', signal))
    this.#dockerEnv = config.env
    this.#dockerConfig = config.dir
    this.#keepFolders()
    const client = this.#client.withSignal(signal)
    const repositories = this.#plan.push ? this.#plan.targets.flatMap((target) => repositoriesOf(target)) : []
    const used = new Set(repositories.map((repository) => repository.registry))
    // The job's own token is only worth a call when ghcr.io is used at all.
    const worth = logins.filter(
      (login) => used.has(login.registry) || this.#inputs.registries.includes(login),
    )
    await Promise.all(worth.map((login) => client.checkLogin(login.registry)))
    await Promise.all(repositories.map((repository) => client.checkPush(repository)))
    const names = [...new Set(repositories.map((one) => `${one.registry}/${one.repository}`))]
    return names.length === 0 ? 'nothing is pushed' : `may push to ${names.join(', ')}`
  }

  async builder(signal: AbortSignal): Promise<string> {
    const act = this.#ports('builder', signal)
    const inputs = this.#inputs
    const buildx = await installBuildx(
      { version: inputs.buildxVersion, baseUrl: inputs.buildxUrl, env: this.#dockerEnv },
      this.#facts.engine,
      act,
    )
    this.#results.buildx = buildx
    if (this.#dockerConfig !== '') await linkPlugin(buildx, this.#dockerConfig, act.host)
    const { driver } = this.#plan.driver
    if (driver === 'none') throw new TypeError('the plan has no driver')
    const config = await this.#requests.buildkitd()
    const builder = await createBuilder(
      {
        driver,
        ...(config === undefined ? {} : { config }),
        driverOpts: inputs.driverOpts,
        ...(inputs.endpoint === undefined ? {} : { endpoint: inputs.endpoint }),
        registries: [
          ...this.#plan.targets.flatMap((target) => repositoriesOf(target)).map((one) => one.registry),
          ...inputs.registryMirrors.map((mirror) => new URL(mirror.url).host),
        ],
        mirrors: inputs.registryMirrors,
        keep: inputs.keepBuilder,
      },
      buildx,
      act,
      (made) => {
        this.#keeper.update({ builder: { builder: made, buildx: { argv: buildx.argv, env: buildx.env } } })
      },
    )
    this.#results.builder = builder
    return `Buildx ${buildx.version}, ${builder.driver}${builder.buildkit === '' ? '' : `, BuildKit ${builder.buildkit}`}`
  }

  /** Resolves every base to its digest, so that all platforms and reruns use the same one. */
  async base(signal: AbortSignal): Promise<string> {
    const bases = new Set(
      this.#plan.platforms
        .map((platform) => this.#requests.base(platform))
        .filter((base) => base !== 'scratch'),
    )
    const client = this.#client.withSignal(signal)
    await Promise.all(
      [...bases].map(async (base) => {
        const { digest } = await client.resolve(referenceOf(base))
        this.#results.bases.set(base, digest)
      }),
    )
    return [...this.#results.bases].map(([base, digest]) => `${base} is ${digest.slice(0, 19)}`).join(', ')
  }

  async image(target: Target, signal: AbortSignal): Promise<string> {
    const act = this.#ports(`image ${target.id}`, signal)
    const image =
      this.#plan.engine === 'direct'
        ? await this.#direct.assemble(target, this.#client.withSignal(signal), act)
        : await this.#build(target, act)
    this.#results.images.set(target.id, image)
    const sizes = image.platforms.map((one) => `${one.platform} ${formatBytes(one.size)}`).join(', ')
    const { pushed } = image
    const unchanged = pushed !== undefined && pushed.bytes === 0 ? ', unchanged: nothing was sent' : ''
    return `${image.digest.slice(0, 19)}${sizes === '' ? '' : ` (${sizes})`}${unchanged}`
  }

  /** What the user's Dockerfile needs of Go's caches. */
  restoreDockerfileCache(signal: AbortSignal): Promise<string | undefined> {
    return this.#caches.restore(signal)
  }

  /** What it compiled, for the next run. */
  async collect(target: Target, signal: AbortSignal): Promise<string> {
    return this.#caches.collect(await this.#requests.request(target), this.#buildx(), signal)
  }

  /** The platform that is started, before the others. */
  async own(target: Target, signal: AbortSignal): Promise<string> {
    const platform = this.#plan.startPlatform
    if (platform === undefined) throw new TypeError('no platform is started')
    const act = this.#ports(`image ${target.id}`, signal)
    const { descriptor } = await this.#direct.ahead(target, platform, this.#client.withSignal(signal), act)
    return descriptor.digest.slice(0, 19)
  }

  async #build(target: Target, act: Shell): Promise<BuiltImage> {
    const { signal } = act
    let request = await this.#requests.request(target)
    const layout = join(await this.#folder(), `${target.id}.oci.tar`)
    const repositories = repositoriesOf(target)
    const compression = this.#inputs.compression === 'zstd' ? { compression: { type: 'zstd' } as const } : {}
    const output: BuildOutput =
      this.#plan.push && this.#plan.driver.driver !== 'docker'
        ? {
            kind: 'digest',
            names: repositories.map((one) => `${one.registry}/${one.repository}`),
            ...compression,
          }
        : this.#plan.push ||
            this.#plan.driver.driver !== 'docker' ||
            this.#facts.engine.server?.containerdStore === true
          ? { kind: 'oci', file: layout, ...compression }
          : { kind: 'load', tags: [`gip-build-${target.id}:latest`] }
    const build = (): ReturnType<typeof runBuild> =>
      runBuild({ ...request, output }, this.#buildx(), act, { root: this.#facts.root })
    const built = await build().catch(async (error: unknown) => {
      if (!this.#caches.retryPlain(error)) throw error
      request = await this.#requests.request(target)
      return build()
    })
    this.#results.executed = built.executed
    for (const warning of built.warnings) {
      act.log.annotate({
        level: 'warning',
        message: warning.message,
        ...(warning.file === undefined ? {} : { file: warning.file }),
        ...(warning.line === undefined ? {} : { line: warning.line }),
      })
    }
    let digest = built.digest
    if (output.kind === 'oci' && this.#plan.push) {
      for (const repository of repositories)
        digest = (await pushLayout(layout, repository, this.#client.withSignal(signal), { signal })).digest
    }
    if (digest === undefined) {
      throw environmentError({
        code: 'image-digest-missing',
        what: 'the build told no digest',
        fix: 'update Buildx (buildx-version: latest)',
      })
    }
    return {
      id: target.id,
      digest,
      mediaType: built.mediaType ?? '',
      platforms: this.#plan.push
        ? await this.#sizes.of(repositories[0], digest, signal)
        : output.kind === 'oci'
          ? await this.#sizes.ofLayout(layout, digest, signal)
          : [],
      labels: Object.fromEntries(request.labels ?? []),
      ...(output.kind === 'oci' ? { layout } : {}),
    }
  }

  start(target: Target, signal: AbortSignal): Promise<string> {
    const act = this.#ports(`start ${target.id}`, signal)
    const digest =
      this.#direct.begun(target)?.descriptor.digest ?? this.#results.images.get(target.id)?.digest
    return this.#starts.start(target, digest, act, this.#dockerEnv, (platform) =>
      digest === undefined
        ? Promise.reject(new TypeError('there is no image to start'))
        : this.#runnable(target, digest, platform, act),
    )
  }

  /** Waits for what goes on in the background; what is removed then need not be removed by post. */
  async settle(): Promise<void> {
    await Promise.all([this.#starts.settle(), this.#caches.settle()])
  }

  async verify(target: Target, signal: AbortSignal): Promise<string> {
    const image = this.#results.images.get(target.id)
    const { verify } = this.#inputs
    if (image === undefined || verify === 'off') throw new TypeError('there is nothing to read back')
    const client = this.#client.withSignal(signal)
    const reports = await Promise.all(
      repositoriesOf(target).map((repository) =>
        verifyImage({ ...repository, digest: image.digest }, { platforms: this.#plan.platforms }, client, {
          level: verify,
          signal,
        }),
      ),
    )
    for (const report of reports) {
      this.#results.verifies.set(target.id, report)
      const failure = verifyError(report)
      if (failure !== undefined) throw failure
    }
    const [first] = reports
    return first === undefined
      ? 'nothing to read'
      : `${first.blobs} blobs, ${formatBytes(first.bytes)} hashed`
  }

  /** Moves the tags of all images, or of none: what an earlier image had moved is put back when a later one fails. */
  async publish(signal: AbortSignal): Promise<string> {
    const act = this.#ports('publish', signal)
    const moves: TagMove[] = []
    const onMove = (move: TagMove): void => {
      moves.push(move)
      this.#keeper.update({
        moves: moves.map(({ target, old, new: to }) => ({
          target,
          new: to,
          ...(old === undefined ? {} : { old }),
        })),
      })
    }
    for (const target of this.#plan.targets) {
      const image = this.#results.images.get(target.id)
      const repositories = repositoriesOf(target)
      const [source] = repositories
      if (image === undefined || source === undefined)
        throw new TypeError('an image to publish was built and has a name')
      const tags = publishTargets(repositories, this.#plan.tags).flatMap((one) =>
        one.tags.map((tag) => ({ registry: one.registry, repository: one.repository, tag })),
      )
      const before = moves.length
      try {
        const result = await publish(
          { source: { ...source, digest: image.digest }, tags },
          this.#client.withSignal(signal),
          act,
          { onMove },
        )
        this.#results.published.set(target.id, result)
      } catch (error) {
        // Its own moves it has put back itself.
        await restoreTags(
          moves.slice(0, before).reverse(),
          this.#client.withSignal(AbortSignal.timeout(3 * 60_000)),
          act,
        )
        this.#results.published.clear()
        this.#keeper.update({ moves: [] })
        throw error
      }
      await this.#sizesBefore(target, signal)
    }
    this.#keeper.update({ moves: [] })
    const states = [...this.#results.published.values()].flatMap((result) => result.tags)
    return [
      ...new Set(states.map((one) => (one.state === 'unchanged' ? `${one.tag} (unchanged)` : one.tag))),
    ].join(', ')
  }

  /** What the image weighed before, for the comparison in the summary; not knowing it costs nothing. */
  async #sizesBefore(target: Target, signal: AbortSignal): Promise<void> {
    const tags = this.#results.published.get(target.id)?.tags ?? []
    const earlier = tags.findLast((tag) => tag.old !== undefined && tag.old !== tag.new)
    if (earlier?.old === undefined) return
    try {
      this.#results.before.set(target.id, await this.#sizes.of(earlier, earlier.old, signal))
    } catch {
      signal.throwIfAborted()
    }
  }

  async load(signal: AbortSignal): Promise<string> {
    const act = this.#ports('load', signal)
    const own = this.#ownPlatform()
    const names: string[] = []
    for (const target of this.#plan.targets) {
      const request = await this.#requests.request(target)
      const repositories = repositoriesOf(target)
      const tags =
        repositories.length === 0
          ? [`${target.id}:latest`]
          : publishTargets(repositories, this.#plan.tags).flatMap((one) =>
              one.tags.map((tag) => `${one.registry}/${one.repository}:${tag}`),
            )
      await runBuild({ ...request, platforms: [own], output: { kind: 'load', tags } }, this.#buildx(), act, {
        root: this.#facts.root,
      })
      names.push(...tags)
    }
    return names.join(', ')
  }

  /** What the engine is to start: the very image that was pushed, pulled by digest, or a loaded build of it. */
  async #runnable(
    target: Target,
    digest: string,
    platform: Platform,
    act: Shell,
  ): Promise<{ image: string; pull: boolean }> {
    const [repository] = repositoriesOf(target)
    if (this.#plan.push && repository !== undefined && enginePulls(target, this.#inputs, this.#facts)) {
      return { image: `${repository.registry}/${repository.repository}@${digest}`, pull: true }
    }
    const tag = `gip-start-${target.id}:${digest.slice(7, 19)}`
    const request = await this.#requests.request(target)
    await runBuild(
      { ...request, platforms: [platform], output: { kind: 'load', tags: [tag] } },
      this.#buildx(),
      act,
      { root: this.#facts.root },
    )
    return { image: tag, pull: false }
  }

  #ownPlatform(): Platform {
    return this.#plan.startPlatform ?? nativeContainerPlatform(this.#facts.host)
  }

  #buildx(): Buildx {
    if (this.#results.buildx === undefined) throw new TypeError('Buildx is not there yet')
    return this.#results.buildx
  }

  #keepFolders(): void {
    this.#keeper.update({ folders: this.#act.temp.folders })
  }

  #ports(name: string, signal: AbortSignal): Shell {
    return { ...this.#act, signal, log: prefixed(this.#act.log, name) }
  }
}
