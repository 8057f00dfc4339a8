import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { formatBytes } from '../../base/clock.ts'
import { environmentError, gateError } from '../../base/errors.ts'
import { prefixed } from '../../base/log.ts'
import { formatPlatform, nativeContainerPlatform, type Platform, samePlatform } from '../../base/platform.ts'
import type { BuildOutput, BuildRequest, BuildSecret } from '../../buildx/args.ts'
import { runBuild } from '../../buildx/build.ts'
import { createBuilder } from '../../buildx/builder.ts'
import { layerCache } from '../../buildx/cache.ts'
import { buildkitdToml } from '../../buildx/config.ts'
import { type Buildx, installBuildx, linkPlugin } from '../../buildx/install.ts'
import { mayWrite } from '../../cache/access.ts'
import { baseFor, baseTraits, pinBase } from '../../image/base.ts'
import { generateDockerfile } from '../../image/generate.ts'
import { formatAnnotation, imageAnnotations, imageLabels, type LabelFacts } from '../../image/labels.ts'
import { publishTargets } from '../../image/names.ts'
import { prepareRootfs } from '../../image/rootfs.ts'
import { startImage } from '../../image/start.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Inputs } from '../../plan/inputs.ts'
import type { Plan, Target } from '../../plan/make.ts'
import type { DockerfileFacts } from '../../project/dockerfile.ts'
import type { RegistryClient } from '../../registry/client.ts'
import { makeDockerConfig } from '../../registry/docker-config.ts'
import { type ImageManifest, isAttestation, toPlatform } from '../../registry/media-types.ts'
import { pushLayout } from '../../registry/oci-layout.ts'
import { publish } from '../../registry/publish.ts'
import { restoreTags, type TagMove } from '../../registry/restore.ts'
import { parseReference, type Reference, type Repository } from '../../registry/reference.ts'
import { verifyImage } from '../../registry/verify.ts'
import { loginsOf, registryClient } from '../registry.ts'
import type { Shell } from '../shell.ts'
import type { BuiltImage, BuiltPlatform, Results } from './results.ts'
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
  }

  async login(signal: AbortSignal): Promise<string> {
    const logins = loginsOf(this.#inputs, this.#act.env)
    const config = await makeDockerConfig(logins, this.#ports('login', signal))
    this.#dockerEnv = config.env
    this.#dockerConfig = config.dir
    this.#keepFolders()
    const client = this.#client.withSignal(signal)
    const repositories = this.#plan.push
      ? this.#plan.targets.flatMap((target) => this.#repositories(target))
      : []
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
    const { inputs } = { inputs: this.#inputs }
    const buildx = await installBuildx(
      { version: inputs.buildxVersion, baseUrl: inputs.buildxUrl, env: this.#dockerEnv },
      this.#facts.engine,
      act,
    )
    this.#results.buildx = buildx
    if (this.#dockerConfig !== '') await linkPlugin(buildx, this.#dockerConfig, act.host)
    const { driver } = this.#plan.driver
    if (driver === 'none') throw new TypeError('the plan has no driver')
    const config = await this.#buildkitd()
    const builder = await createBuilder(
      {
        driver,
        ...(config === undefined ? {} : { config }),
        driverOpts: inputs.driverOpts,
        ...(inputs.endpoint === undefined ? {} : { endpoint: inputs.endpoint }),
        registries: [
          ...this.#plan.targets.flatMap((target) => this.#repositories(target)).map((one) => one.registry),
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
      this.#plan.platforms.map((platform) => this.#base(platform)).filter((base) => base !== 'scratch'),
    )
    const client = this.#client.withSignal(signal)
    await Promise.all(
      [...bases].map(async (base) => {
        const { digest } = await client.resolve(this.#reference(base))
        this.#results.bases.set(base, digest)
      }),
    )
    return [...this.#results.bases].map(([base, digest]) => `${base} is ${digest.slice(0, 19)}`).join(', ')
  }

  async image(target: Target, signal: AbortSignal): Promise<string> {
    const act = this.#ports(`image ${target.id}`, signal)
    const request =
      this.#plan.form === 'generated' ? await this.#generated(target, act) : this.#dockerfile(target, act)
    const layout = join(await this.#folder(), `${target.id}.oci.tar`)
    const repositories = this.#repositories(target)
    const output: BuildOutput =
      this.#plan.push && this.#plan.driver.driver !== 'docker'
        ? { kind: 'digest', names: repositories.map((one) => `${one.registry}/${one.repository}`) }
        : { kind: 'oci', file: layout }
    const built = await runBuild({ ...request, output }, this.#buildx(), act, { root: this.#facts.root })
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
    const image: BuiltImage = {
      id: target.id,
      digest,
      mediaType: built.mediaType ?? '',
      platforms: this.#plan.push ? await this.#describe(repositories[0], digest, signal) : [],
      labels: Object.fromEntries(request.labels ?? []),
      ...(output.kind === 'oci' ? { layout } : {}),
    }
    this.#results.images.set(target.id, image)
    const sizes = image.platforms.map((one) => `${one.platform} ${formatBytes(one.size)}`).join(', ')
    return `${digest.slice(0, 19)}${sizes === '' ? '' : ` (${sizes})`}`
  }

  async start(target: Target, signal: AbortSignal): Promise<string> {
    const act = this.#ports(`start ${target.id}`, signal)
    const { inputs } = { inputs: this.#inputs }
    const platform = this.#plan.startPlatform
    const image = this.#results.images.get(target.id)
    if (platform === undefined || image === undefined) throw new TypeError('there is no image to start')
    const reference = await this.#runnable(target, image, platform, act)
    const report = await startImage(
      {
        image: reference.image,
        pull: reference.pull,
        remove: true,
        platform,
        mode: inputs.start === 'off' ? 'auto' : inputs.start,
        args: inputs.startArgs,
        env: inputs.startEnv,
        expose: inputs.expose,
        timeoutMs: inputs.startTimeoutMs,
        dockerEnv: this.#dockerEnv,
        ...(inputs.healthPath === undefined ? {} : { healthPath: inputs.healthPath }),
      },
      act,
    )
    this.#results.starts.set(target.id, report)
    for (const warning of report.warnings)
      act.log.annotate({
        level: 'warning',
        title: warning.what,
        message: warning.fix ?? warning.cause ?? warning.what,
      })
    if (report.problems.length > 0)
      throw gateError(
        report.problems[0] ?? { code: 'start-failed', what: 'the image did not start' },
        report.logs.join('\n'),
      )
    return report.summary
  }

  async verify(target: Target, signal: AbortSignal): Promise<string> {
    const image = this.#results.images.get(target.id)
    const { verify } = this.#inputs
    if (image === undefined || verify === 'off') throw new TypeError('there is nothing to read back')
    const client = this.#client.withSignal(signal)
    const reports = await Promise.all(
      this.#repositories(target).map((repository) =>
        verifyImage({ ...repository, digest: image.digest }, { platforms: this.#plan.platforms }, client, {
          level: verify,
          signal,
        }),
      ),
    )
    for (const report of reports) {
      this.#results.verifies.set(target.id, report)
      const [failure] = report.failures
      if (failure !== undefined) throw gateError(failure)
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
      const repositories = this.#repositories(target)
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
      this.#results.before.set(target.id, await this.#describe(earlier, earlier.old, signal))
    } catch {
      signal.throwIfAborted()
    }
  }

  async load(signal: AbortSignal): Promise<string> {
    const act = this.#ports('load', signal)
    const own = this.#ownPlatform()
    const names: string[] = []
    for (const target of this.#plan.targets) {
      const request =
        this.#plan.form === 'generated' ? await this.#generated(target, act) : this.#dockerfile(target, act)
      const repositories = this.#repositories(target)
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
    image: BuiltImage,
    platform: Platform,
    act: Shell,
  ): Promise<{ image: string; pull: boolean }> {
    const [repository] = this.#repositories(target)
    if (this.#plan.push && repository !== undefined && this.#engineReaches(repository.registry)) {
      return { image: `${repository.registry}/${repository.repository}@${image.digest}`, pull: true }
    }
    const tag = `gip-start-${target.id}:${image.digest.slice(7, 19)}`
    const request =
      this.#plan.form === 'generated' ? await this.#generated(target, act) : this.#dockerfile(target, act)
    await runBuild(
      { ...request, platforms: [platform], output: { kind: 'load', tags: [tag] } },
      this.#buildx(),
      act,
      { root: this.#facts.root },
    )
    return { image: tag, pull: false }
  }

  /** The engine has its own registry settings: a registry that needs ours cannot be pulled from by it. */
  #engineReaches(registry: string): boolean {
    if (this.#inputs.registryCa !== undefined) return false
    return (
      !this.#inputs.insecureRegistries.includes(registry) ||
      this.#facts.engine.server?.insecureRegistries.includes(registry) === true
    )
  }

  /** The request of the generated image: programs laid out per platform, one Dockerfile of COPY and metadata. */
  async #generated(target: Target, act: Shell): Promise<Omit<BuildRequest, 'output'>> {
    const { inputs, facts, plan, results } = {
      inputs: this.#inputs,
      facts: this.#facts,
      plan: this.#plan,
      results: this.#results,
    }
    const context = join(await this.#folder(), 'context', target.id)
    await mkdir(context, { recursive: true })
    const epoch = this.#epoch()
    const names = target.mains.map((main) => main.name)
    const platforms = plan.platforms.map((platform) => ({ platform, base: this.#base(platform) }))
    for (const { platform, base } of platforms) {
      await prepareRootfs({
        context,
        platform,
        host: act.host,
        binaries: results.binaries
          .filter((one) => names.includes(one.name) && samePlatform(one.platform, platform))
          .map((one) => ({ name: one.name, file: one.file })),
        furnished: baseTraits(base).furnished,
        files: inputs.files,
        filesRoot: facts.workingDirectory,
        user: inputs.user,
        epoch,
      })
    }
    const [program] = names
    if (program === undefined) throw new TypeError('a generated image has a main package')
    const dockerfile = generateDockerfile({
      platforms: platforms.map(({ platform, base }) => ({
        platform,
        base: pinBase(base, results.bases.get(base)),
      })),
      program,
      args: inputs.entrypointArgs,
      user: inputs.user,
      expose: inputs.expose,
      env: inputs.imageEnv,
      chmod: act.host.os === 'windows',
    })
    const file = join(context, 'Dockerfile')
    await writeFile(file, dockerfile)
    return { ...this.#common(target), context, file }
  }

  /** The request of the user's own Dockerfile. */
  #dockerfile(target: Target, act: Shell): Omit<BuildRequest, 'output'> {
    const { inputs, facts } = { inputs: this.#inputs, facts: this.#facts }
    const { dockerfile, git, event } = facts
    if (dockerfile === undefined) throw new TypeError('there is no Dockerfile')
    const declared = declaredArguments(dockerfile.facts)
    const given = new Set(inputs.buildArgs.map(([name]) => name))
    const automatic = (
      [
        ['VERSION', this.#plan.version],
        ['COMMIT', git?.commit ?? event.sha ?? ''],
        ['DATE', new Date(this.#epoch() * 1000).toISOString().replace('.000Z', 'Z')],
      ] as const
    ).filter(([name, value]) => declared.has(name) && !given.has(name) && value !== '')
    const cache = this.#layerCache(target)
    act.log.info(`layer cache: ${cache.kind} (${cache.why})`)
    return {
      ...this.#common(target),
      context: resolve(facts.workingDirectory, inputs.context),
      file: resolve(facts.workingDirectory, dockerfile.path),
      ...(inputs.target === undefined ? {} : { target: inputs.target }),
      buildArgs: [...automatic, ...inputs.buildArgs],
      buildContexts: inputs.buildContexts,
      secrets: this.#secrets(),
      ssh: inputs.ssh,
      cacheFrom: inputs.noCache ? [] : cache.from,
      cacheTo: cache.to,
    }
  }

  #common(
    target: Target,
  ): Pick<
    BuildRequest,
    | 'builder'
    | 'platforms'
    | 'labels'
    | 'annotations'
    | 'noCache'
    | 'pull'
    | 'provenance'
    | 'sbom'
    | 'sourceDateEpoch'
  > {
    const { inputs, plan } = { inputs: this.#inputs, plan: this.#plan }
    const facts = this.#labelFacts(target)
    const { entries } = imageAnnotations(facts, inputs.annotations, plan.platforms.length > 1)
    const switched = (text: string, on: string): string =>
      text === 'false' ? 'off' : text === 'true' ? on : text
    return {
      ...(this.#results.builder === undefined ? {} : { builder: this.#results.builder.name }),
      platforms: plan.platforms,
      labels: Object.entries(imageLabels(facts, inputs.labels).labels),
      annotations: entries.map((entry): [string, string] => {
        const text = formatAnnotation(entry)
        const at = text.indexOf('=')
        return [text.slice(0, at), text.slice(at + 1)]
      }),
      noCache: inputs.noCache,
      pull: inputs.pull,
      provenance: switched(inputs.provenance, 'min'),
      sbom: switched(inputs.sbom, 'on'),
      sourceDateEpoch: this.#epoch(),
    }
  }

  #labelFacts(target: Target): LabelFacts {
    const { git, event, workspace } = this.#facts
    const [base, ...others] = [...this.#results.bases]
    const url =
      git?.url ??
      (event.serverUrl !== undefined && event.repository !== undefined
        ? `${event.serverUrl}/${event.repository}`
        : undefined)
    return {
      created: this.#epoch(),
      title: target.id === 'image' ? (workspace.modules[0]?.path.split('/').at(-1) ?? 'image') : target.id,
      ...(git === undefined
        ? event.sha === undefined
          ? {}
          : { revision: event.sha }
        : { revision: git.commit }),
      ...(url === undefined ? {} : { url }),
      ...(this.#plan.version === '' ? {} : { version: this.#plan.version }),
      ...(event.description === undefined ? {} : { description: event.description }),
      ...(event.license === undefined ? {} : { license: event.license }),
      ...(base === undefined || others.length > 0 ? {} : { baseName: base[0], baseDigest: base[1] }),
    }
  }

  #layerCache(target: Target): ReturnType<typeof layerCache> {
    const { inputs, facts, plan } = { inputs: this.#inputs, facts: this.#facts, plan: this.#plan }
    const { env } = this.#act
    const [repository] = this.#repositories(target)
    const branch = facts.event.ref.replace(/^refs\/heads\//, '')
    if (plan.driver.driver === 'none') throw new TypeError('the plan has no driver')
    return layerCache(inputs.layerCache, {
      driver: plan.driver.driver,
      containerdStore: facts.engine.server?.containerdStore === true,
      ...(repository === undefined ? {} : { repository: `${repository.registry}/${repository.repository}` }),
      loggedIn: repository !== undefined && facts.loggedIn.has(repository.registry),
      ghaAvailable:
        (env['ACTIONS_RUNTIME_TOKEN'] ?? '') !== '' &&
        ((env['ACTIONS_RESULTS_URL'] ?? '') !== '' || (env['ACTIONS_CACHE_URL'] ?? '') !== ''),
      trusted: mayWrite(env, inputs.cache, undefined) && !facts.event.fork,
      defaultBranch: facts.event.defaultBranch !== undefined && branch === facts.event.defaultBranch,
      pullRequest: facts.event.name.startsWith('pull_request'),
      release: facts.event.ref.startsWith('refs/tags/'),
      generated: plan.form === 'generated',
      platforms: plan.platforms,
      ...(inputs.target === undefined ? {} : { target: inputs.target }),
    })
  }

  #secrets(): BuildSecret[] {
    const { inputs, facts } = { inputs: this.#inputs, facts: this.#facts }
    return [
      ...inputs.secrets.map(([id, value]): BuildSecret => ({ id, value })),
      ...inputs.secretFiles.map(([id, file]): BuildSecret => ({
        id,
        file: resolve(facts.workingDirectory, file),
      })),
      ...inputs.secretEnvs.map(([id, env]): BuildSecret => ({ id, env })),
    ]
  }

  async #buildkitd(): Promise<string | undefined> {
    const { inputs } = { inputs: this.#inputs }
    const given = inputs.buildkitdConfig
    const raw =
      given === undefined || given.includes('\n') || given.includes('=')
        ? given
        : await readFile(resolve(this.#facts.workingDirectory, given), 'utf8')
    const ca = inputs.registryCa
    let file: string | undefined
    if (ca !== undefined) {
      file = join(await this.#folder(), 'registry-ca.pem')
      await writeFile(
        file,
        ca.includes('-----BEGIN') ? ca : await readFile(resolve(this.#facts.workingDirectory, ca), 'utf8'),
      )
    }
    const registries = new Set(
      this.#plan.targets.flatMap((target) => this.#repositories(target)).map((one) => one.registry),
    )
    const { toml, problems } = buildkitdToml({
      mirrors: inputs.registryMirrors,
      insecure: [
        ...inputs.insecureRegistries,
        ...[...registries].filter(
          (one) => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(one) && ca === undefined,
        ),
      ],
      ...(file === undefined ? {} : { ca: [...registries].map((registry) => ({ registry, file })) }),
      ...(raw === undefined ? {} : { raw }),
    })
    const [problem] = problems
    if (problem !== undefined) throw environmentError(problem)
    return toml
  }

  /** Sizes per platform, from the manifests in the registry. */
  async #describe(
    repository: Repository | undefined,
    digest: string,
    signal: AbortSignal,
  ): Promise<BuiltPlatform[]> {
    if (repository === undefined) return []
    const client = this.#client.withSignal(signal)
    const top = await client.manifest({ ...repository, digest }, { origin: true })
    const layersOf = async (
      manifest: ImageManifest,
      platform: Platform | undefined,
    ): Promise<Pick<BuiltPlatform, 'size' | 'layers'>> => {
      const known = platform === undefined ? new Set<string>() : await this.#baseLayers(platform, client)
      const layers = manifest.layers.map((layer) => ({
        digest: layer.digest,
        size: layer.size,
        base: known.has(layer.digest),
      }))
      return { layers, size: manifest.config.size + layers.reduce((sum, layer) => sum + layer.size, 0) }
    }
    if (!('manifests' in top.content)) {
      const [only] = this.#plan.platforms
      return [
        {
          platform: only === undefined ? 'unknown' : formatPlatform(only),
          digest,
          ...(await layersOf(top.content, only)),
        },
      ]
    }
    return Promise.all(
      top.content.manifests
        .filter((entry) => !isAttestation(entry))
        .map(async (entry) => {
          const { content } = await client.manifest({ ...repository, digest: entry.digest }, { origin: true })
          if ('manifests' in content) throw new TypeError('an index in an index')
          const platform = entry.platform === undefined ? undefined : toPlatform(entry.platform)
          return {
            platform: platform === undefined ? 'unknown' : formatPlatform(platform),
            digest: entry.digest,
            ...(await layersOf(content, platform)),
          }
        }),
    )
  }

  /** Digests of the layers that come with the base; empty when that is not known. */
  async #baseLayers(platform: Platform, client: RegistryClient): Promise<Set<string>> {
    const base = this.#plan.form === 'generated' ? this.#base(platform) : 'scratch'
    const digest = this.#results.bases.get(base)
    if (digest === undefined) return new Set()
    try {
      const reference = this.#reference(base)
      const top = await client.manifest({
        registry: reference.registry,
        repository: reference.repository,
        digest,
      })
      if (!('manifests' in top.content)) return new Set(top.content.layers.map((layer) => layer.digest))
      const entry = top.content.manifests.find(
        (one) => one.platform !== undefined && samePlatform(toPlatform(one.platform), platform),
      )
      if (entry === undefined) return new Set()
      const { content } = await client.manifest({
        registry: reference.registry,
        repository: reference.repository,
        digest: entry.digest,
      })
      return new Set('manifests' in content ? [] : content.layers.map((layer) => layer.digest))
    } catch {
      // Only the picture of the layers is poorer for it.
      return new Set()
    }
  }

  #repositories(target: Target): Repository[] {
    return target.repositories
      .map((name) => this.#reference(name))
      .map(({ registry, repository }) => ({ registry, repository }))
  }

  #reference(name: string): Reference {
    const reference = parseReference(name)
    if ('reason' in reference)
      throw environmentError({
        code: 'bad-reference',
        what: `${name} is no image reference`,
        cause: reference.reason,
      })
    return reference
  }

  #base(platform: Platform): string {
    return baseFor(this.#inputs.base, platform, this.#inputs.cgo)
  }

  #ownPlatform(): Platform {
    return this.#plan.startPlatform ?? nativeContainerPlatform(this.#facts.host)
  }

  #epoch(): number {
    return this.#facts.git?.commitTime ?? this.#facts.event.commitTime ?? Math.floor(this.#facts.now / 1000)
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

/** Names of all ARG instructions, of any stage or before the first. */
function declaredArguments(facts: DockerfileFacts): ReadonlySet<string> {
  return new Set(facts.lines.flatMap((line) => /^\s*ARG\s+([A-Za-z_]\w*)/i.exec(line)?.[1] ?? []))
}
