import { join } from 'node:path'
import { formatBytes } from '../../base/clock.ts'
import { environmentError } from '../../base/errors.ts'
import { prefixed } from '../../base/log.ts'
import { nativeContainerPlatform, type Platform } from '../../base/platform.ts'
import type { BuildOutput, BuildRequest } from '../../buildx/args.ts'
import { runBuild } from '../../buildx/build.ts'
import { createBuilder } from '../../buildx/builder.ts'
import { type Buildx, installBuildx, linkPlugin } from '../../buildx/install.ts'
import { publishTargets } from '../../image/names.ts'
import { enginePulls, type Target } from '../../plan/make.ts'
import type { RegistryClient } from '../../registry/client.ts'
import { makeDockerConfig } from '../../registry/docker-config.ts'
import { pushLayout } from '../../registry/oci-layout.ts'
import { publish } from '../../registry/publish.ts'
import { restoreTags, type TagMove } from '../../registry/restore.ts'
import { verifyError, verifyImage } from '../../registry/verify.ts'
import { loginsOf, referenceOf, repositoriesOf } from '../registry.ts'
import type { Shell } from '../shell.ts'
import { DirectEngine } from './direct-engine.ts'
import { DockerfileCaches } from './dockerfile-caches.ts'
import { ImageRequests } from './requests.ts'
import type { RunContext } from './run-context.ts'
import { ImageSizes } from './sizes.ts'
import type { BuiltImage } from './results.ts'
import { Starts } from './starts.ts'

/** The steps around the image: login, builder, build, start, read back, publish. */
export class ImageSteps {
  readonly #run: RunContext
  readonly #client: RegistryClient
  readonly #requests: ImageRequests
  readonly #sizes: ImageSizes
  readonly #direct: DirectEngine
  readonly #caches: DockerfileCaches
  readonly #starts: Starts
  #dockerEnv: Readonly<Record<string, string | undefined>> = {}
  #dockerConfig = ''

  constructor(run: RunContext, client: RegistryClient) {
    this.#run = run
    this.#client = client
    this.#caches = new DockerfileCaches(run)
    this.#starts = new Starts(run)
    this.#requests = new ImageRequests(run, this.#caches)
    this.#direct = new DirectEngine(run.plan, this.#requests)
    this.#sizes = new ImageSizes(run.plan, run.results, this.#client, (platform) =>
      this.#requests.base(platform),
    )
  }

  async login(signal: AbortSignal): Promise<string> {
    const logins = loginsOf(this.#run.inputs, this.#run.act.env)
    const config = await makeDockerConfig(logins, this.#ports('login', signal))
    this.#dockerEnv = config.env
    this.#dockerConfig = config.dir
    this.#keepFolders()
    const client = this.#client.withSignal(signal)
    const repositories = this.#run.plan.push
      ? this.#run.plan.targets.flatMap((target) => repositoriesOf(target))
      : []
    const used = new Set(repositories.map((repository) => repository.registry))
    // The job's own token is only worth a call when ghcr.io is used at all.
    const worth = logins.filter(
      (login) => used.has(login.registry) || this.#run.inputs.registries.includes(login),
    )
    await Promise.all(worth.map((login) => client.checkLogin(login.registry)))
    await Promise.all(repositories.map((repository) => client.checkPush(repository)))
    const names = [...new Set(repositories.map((one) => `${one.registry}/${one.repository}`))]
    return names.length === 0 ? 'nothing is pushed' : `may push to ${names.join(', ')}`
  }

  async builder(signal: AbortSignal): Promise<string> {
    const act = this.#ports('builder', signal)
    const inputs = this.#run.inputs
    const buildx = await installBuildx(
      { version: inputs.buildxVersion, baseUrl: inputs.buildxUrl, env: this.#dockerEnv },
      this.#run.facts.engine,
      act,
    )
    this.#run.results.buildx = buildx
    if (this.#dockerConfig !== '') await linkPlugin(buildx, this.#dockerConfig, act.host)
    const { driver } = this.#run.plan.driver
    if (driver === 'none') throw new TypeError('the plan has no driver')
    const config = await this.#requests.buildkitd()
    const builder = await createBuilder(
      {
        driver,
        ...(config === undefined ? {} : { config }),
        driverOpts: inputs.driverOpts,
        ...(inputs.endpoint === undefined ? {} : { endpoint: inputs.endpoint }),
        registries: [
          ...this.#run.plan.targets.flatMap((target) => repositoriesOf(target)).map((one) => one.registry),
          ...inputs.registryMirrors.map((mirror) => new URL(mirror.url).host),
        ],
        mirrors: inputs.registryMirrors,
        keep: inputs.keepBuilder,
      },
      buildx,
      act,
      (made) => {
        this.#run.keeper.update({
          builder: { builder: made, buildx: { argv: buildx.argv, env: buildx.env } },
        })
      },
    )
    this.#run.results.builder = builder
    this.#beginDockerfile()
    return `Buildx ${buildx.version}, ${builder.driver}${builder.buildkit === '' ? '' : `, BuildKit ${builder.buildkit}`}`
  }

  /** Resolves every base to its digest, so that all platforms and reruns use the same one. */
  async base(signal: AbortSignal): Promise<string> {
    const bases = new Set(
      this.#run.plan.platforms
        .map((platform) => this.#requests.base(platform))
        .filter((base) => base !== 'scratch'),
    )
    const client = this.#client.withSignal(signal)
    await Promise.all(
      [...bases].map(async (base) => {
        const { digest } = await client.resolve(referenceOf(base))
        this.#run.results.bases.set(base, digest)
      }),
    )
    return [...this.#run.results.bases]
      .map(([base, digest]) => `${base} is ${digest.slice(0, 19)}`)
      .join(', ')
  }

  async image(target: Target, signal: AbortSignal): Promise<string> {
    const act = this.#ports(`image ${target.id}`, signal)
    const image =
      this.#run.plan.engine === 'direct'
        ? await this.#direct.assemble(target, this.#client.withSignal(signal), act)
        : await this.#build(target, act)
    this.#run.results.images.set(target.id, image)
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
    const platform = this.#run.plan.startPlatform
    if (platform === undefined) throw new TypeError('no platform is started')
    const act = this.#ports(`image ${target.id}`, signal)
    const { descriptor } = await this.#direct.ahead(target, platform, this.#client.withSignal(signal), act)
    return descriptor.digest.slice(0, 19)
  }

  /** What is in the layer cache need not wait for Go's caches. */
  #beginDockerfile(): void {
    const [target] = this.#run.plan.targets
    if (this.#run.plan.form !== 'dockerfile' || target === undefined) return
    const act = this.#ports(`image ${target.id}`, this.#run.act.signal)
    this.#caches.begin(async (signal, onWork) => {
      const either = AbortSignal.any([signal, act.signal])
      return this.#buildOf(await this.#order(target), { ...act, signal: either }, onWork)
    })
  }

  async #order(target: Target): Promise<BuildRequest> {
    const request = await this.#requests.request(target)
    const repositories = repositoriesOf(target)
    const compression =
      this.#run.inputs.compression === 'zstd' ? { compression: { type: 'zstd' } as const } : {}
    const output: BuildOutput =
      this.#run.plan.push && this.#run.plan.driver.driver !== 'docker'
        ? {
            kind: 'digest',
            names: repositories.map((one) => `${one.registry}/${one.repository}`),
            ...compression,
          }
        : this.#run.plan.push ||
            this.#run.plan.driver.driver !== 'docker' ||
            this.#run.facts.engine.server?.containerdStore === true
          ? { kind: 'oci', file: await this.#layout(target), ...compression }
          : { kind: 'load', tags: [`gip-build-${target.id}:latest`] }
    return { ...request, output }
  }

  async #layout(target: Target): Promise<string> {
    return join(await this.#run.folder(), `${target.id}.oci.tar`)
  }

  #buildOf(order: BuildRequest, act: Shell, onWork?: (step?: string) => void): ReturnType<typeof runBuild> {
    return runBuild(order, this.#buildx(), act, {
      root: this.#run.facts.root,
      ...(onWork === undefined ? {} : { onWork }),
    })
  }

  async #build(target: Target, act: Shell): Promise<BuiltImage> {
    const { signal } = act
    let order = await this.#order(target)
    const { output } = order
    const repositories = repositoriesOf(target)
    const layout = await this.#layout(target)
    const built = await this.#caches
      .build(order, this.#buildx(), (signal, onWork) => this.#buildOf(order, { ...act, signal }, onWork), act)
      .catch(async (error: unknown) => {
        if (!this.#caches.retryPlain(error)) throw error
        order = await this.#order(target)
        return this.#buildOf(order, act)
      })
    for (const warning of built.warnings) {
      act.log.annotate({
        level: 'warning',
        message: warning.message,
        ...(warning.file === undefined ? {} : { file: warning.file }),
        ...(warning.line === undefined ? {} : { line: warning.line }),
      })
    }
    let digest = built.digest
    if (output.kind === 'oci' && this.#run.plan.push) {
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
      platforms: this.#run.plan.push
        ? await this.#sizes.of(repositories[0], digest, signal)
        : output.kind === 'oci'
          ? await this.#sizes.ofLayout(layout, digest, signal)
          : [],
      labels: Object.fromEntries(order.labels ?? []),
      ...(output.kind === 'oci' ? { layout } : {}),
    }
  }

  start(target: Target, signal: AbortSignal): Promise<string> {
    const act = this.#ports(`start ${target.id}`, signal)
    const digest =
      this.#direct.begun(target)?.descriptor.digest ?? this.#run.results.images.get(target.id)?.digest
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
    const image = this.#run.results.images.get(target.id)
    const { verify } = this.#run.inputs
    if (image === undefined || verify === 'off') throw new TypeError('there is nothing to read back')
    const client = this.#client.withSignal(signal)
    const reports = await Promise.all(
      repositoriesOf(target).map((repository) =>
        verifyImage(
          { ...repository, digest: image.digest },
          { platforms: this.#run.plan.platforms },
          client,
          {
            level: verify,
            signal,
          },
        ),
      ),
    )
    for (const report of reports) {
      this.#run.results.verifies.set(target.id, report)
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
      this.#run.keeper.update({
        moves: moves.map(({ target, old, new: to }) => ({
          target,
          new: to,
          ...(old === undefined ? {} : { old }),
        })),
      })
    }
    for (const target of this.#run.plan.targets) {
      const image = this.#run.results.images.get(target.id)
      const repositories = repositoriesOf(target)
      const [source] = repositories
      if (image === undefined || source === undefined)
        throw new TypeError('an image to publish was built and has a name')
      const tags = publishTargets(repositories, this.#run.plan.tags).flatMap((one) =>
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
        this.#run.results.published.set(target.id, result)
      } catch (error) {
        // Its own moves it has put back itself.
        await restoreTags(
          moves.slice(0, before).reverse(),
          this.#client.withSignal(AbortSignal.timeout(3 * 60_000)),
          act,
        )
        this.#run.results.published.clear()
        this.#run.keeper.update({ moves: [] })
        throw error
      }
      await this.#sizesBefore(target, signal)
    }
    this.#run.keeper.update({ moves: [] })
    const states = [...this.#run.results.published.values()].flatMap((result) => result.tags)
    return [
      ...new Set(states.map((one) => (one.state === 'unchanged' ? `${one.tag} (unchanged)` : one.tag))),
    ].join(', ')
  }

  /** What the image weighed before, for the comparison in the summary; not knowing it costs nothing. */
  async #sizesBefore(target: Target, signal: AbortSignal): Promise<void> {
    const tags = this.#run.results.published.get(target.id)?.tags ?? []
    const earlier = tags.findLast((tag) => tag.old !== undefined && tag.old !== tag.new)
    if (earlier?.old === undefined) return
    try {
      this.#run.results.before.set(target.id, await this.#sizes.of(earlier, earlier.old, signal))
    } catch {
      signal.throwIfAborted()
    }
  }

  async load(signal: AbortSignal): Promise<string> {
    const act = this.#ports('load', signal)
    const own = this.#ownPlatform()
    const names: string[] = []
    for (const target of this.#run.plan.targets) {
      const request = await this.#requests.request(target)
      const repositories = repositoriesOf(target)
      const tags =
        repositories.length === 0
          ? [`${target.id}:latest`]
          : publishTargets(repositories, this.#run.plan.tags).flatMap((one) =>
              one.tags.map((tag) => `${one.registry}/${one.repository}:${tag}`),
            )
      await runBuild({ ...request, platforms: [own], output: { kind: 'load', tags } }, this.#buildx(), act, {
        root: this.#run.facts.root,
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
    if (
      this.#run.plan.push &&
      repository !== undefined &&
      enginePulls(target, this.#run.inputs, this.#run.facts)
    ) {
      return { image: `${repository.registry}/${repository.repository}@${digest}`, pull: true }
    }
    const tag = `gip-start-${target.id}:${digest.slice(7, 19)}`
    const request = await this.#requests.request(target)
    await runBuild(
      { ...request, platforms: [platform], output: { kind: 'load', tags: [tag] } },
      this.#buildx(),
      act,
      { root: this.#run.facts.root },
    )
    return { image: tag, pull: false }
  }

  #ownPlatform(): Platform {
    return this.#run.plan.startPlatform ?? nativeContainerPlatform(this.#run.facts.host)
  }

  #buildx(): Buildx {
    if (this.#run.results.buildx === undefined) throw new TypeError('Buildx is not there yet')
    return this.#run.results.buildx
  }

  #keepFolders(): void {
    this.#run.keeper.update({ folders: this.#run.act.temp.folders })
  }

  #ports(name: string, signal: AbortSignal): Shell {
    return { ...this.#run.act, signal, log: prefixed(this.#run.act.log, name) }
  }
}
