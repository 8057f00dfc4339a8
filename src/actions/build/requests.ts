import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { environmentError } from '../../base/errors.ts'
import { type Platform, samePlatform } from '../../base/platform.ts'
import type { BuildRequest, BuildSecret } from '../../buildx/args.ts'
import { layerCache } from '../../buildx/cache.ts'
import { buildkitdToml } from '../../buildx/config.ts'
import { mayWrite } from '../../cache/access.ts'
import { baseFor, baseTraits, pinBase } from '../../image/base.ts'
import type { DirectRequest } from '../../image/direct.ts'
import { generateDockerfile, type ImageConfig } from '../../image/generate.ts'
import { formatAnnotation, imageAnnotations, imageLabels, type LabelFacts } from '../../image/labels.ts'
import { type Compression, zstdHere } from '../../image/layers.ts'
import { prepareRootfs } from '../../image/rootfs.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Target } from '../../plan/make.ts'
import type { DockerfileFacts } from '../../project/dockerfile.ts'
import { projectName } from '../../project/modules.ts'
import { repositoriesOf, referenceOf } from '../registry.ts'
import type { DockerfileCaches } from './dockerfile-caches.ts'
import type { RunContext } from './run-context.ts'
import { programSboms } from './sboms.ts'

/** Quick enough to notice, slow enough not to load. */
const HEALTH = { interval: '30s', timeout: '3s', startPeriod: '5s', retries: 3 } as const

type UnsentRequest = Omit<BuildRequest, 'output'>

/** What is asked of an engine: the build requests of a target, from inputs, facts and what earlier steps found. */
export class ImageRequests {
  readonly #run: RunContext
  readonly #caches: DockerfileCaches

  constructor(run: RunContext, caches: DockerfileCaches) {
    this.#run = run
    this.#caches = caches
  }

  /** For Buildx. */
  request(target: Target): Promise<UnsentRequest> {
    return this.#run.plan.form === 'generated'
      ? this.#generated(target)
      : this.#caches.dress(this.#dockerfile(target))
  }

  /** For the direct engine. */
  async direct(target: Target, wanted: readonly Platform[]): Promise<DirectRequest> {
    const { context, platforms } = await this.#layOut(target, wanted)
    const facts = this.#labelFacts(target)
    const work = join(await this.#run.folder(), 'layers', target.id)
    await mkdir(work, { recursive: true })
    const sboms = await Promise.all(platforms.map(({ platform }) => this.#sboms(target, platform)))
    return {
      platforms: platforms.map(({ platform, base, folder }, at) => {
        const digest = this.#run.results.bases.get(base)
        return {
          platform,
          sbom: sboms[at] ?? [],
          rootfs: join(context, folder),
          ...(base === 'scratch' || digest === undefined ? {} : { base: { ...referenceOf(base), digest } }),
        }
      }),
      config: this.#config(target),
      labels: Object.entries(imageLabels(facts, this.#run.inputs.labels).labels),
      annotations: imageAnnotations(facts, this.#run.inputs.annotations, this.#run.plan.platforms.length > 1)
        .entries,
      epoch: this.#epoch(),
      compression: this.#compression(),
      work,
    }
  }

  /** What the programs of a platform are made of, when that was asked for. */
  async #sboms(target: Target, platform: Platform): Promise<object[]> {
    const { go, goEnvironment, binaries } = this.#run.results
    if (this.#run.inputs.sbom !== 'true' || go === undefined || goEnvironment === undefined) return []
    const names = target.mains.map((main) => main.name)
    const { url, revision, license } = this.#labelFacts(target)
    return programSboms(
      binaries.filter((one) => names.includes(one.name) && samePlatform(one.platform, platform)),
      { bin: go.bin, env: goEnvironment },
      {
        version: this.#run.plan.version,
        created: this.#epoch(),
        ...(license === undefined ? {} : { license }),
        ...(url === undefined ? {} : { url }),
        ...(revision === undefined ? {} : { commit: revision }),
      },
      this.#run.act,
    )
  }

  /** zstd only where this Node can write it; the image is as good with gzip. */
  #compression(): Compression {
    if (this.#run.inputs.compression === 'gzip' || zstdHere()) return this.#run.inputs.compression
    const note = `The layers are packed with gzip: Node ${process.versions.node} has no zstd (22.15 and newer have).`
    if (!this.#run.results.notes.includes(note)) this.#run.results.notes.push(note)
    return 'gzip'
  }

  /** buildkitd.toml for the registries of this run; undefined when BuildKit needs none. */
  async buildkitd(): Promise<string | undefined> {
    const inputs = this.#run.inputs
    const given = inputs.buildkitdConfig
    const raw =
      given === undefined || given.includes('\n') || given.includes('=')
        ? given
        : await readFile(resolve(this.#run.facts.workingDirectory, given), 'utf8')
    const ca = inputs.registryCa
    let file: string | undefined
    if (ca !== undefined) {
      file = join(await this.#run.folder(), 'registry-ca.pem')
      await writeFile(
        file,
        ca.includes('-----BEGIN')
          ? ca
          : await readFile(resolve(this.#run.facts.workingDirectory, ca), 'utf8'),
      )
    }
    const registries = new Set(
      this.#run.plan.targets.flatMap((target) => repositoriesOf(target)).map((one) => one.registry),
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

  /** The base of a platform: `scratch` or a reference. */
  base(platform: Platform): string {
    return baseFor(this.#run.inputs.base, platform, this.#run.inputs.cgo)
  }

  /** Lays the programs and files out per platform; the folders are relative to the context. */
  async #layOut(
    target: Target,
    wanted: readonly Platform[] = this.#run.plan.platforms,
  ): Promise<{ context: string; platforms: { platform: Platform; base: string; folder: string }[] }> {
    const { inputs, facts, results } = {
      inputs: this.#run.inputs,
      facts: this.#run.facts,
      results: this.#run.results,
    }
    const context = join(await this.#run.folder(), 'context', target.id)
    await mkdir(context, { recursive: true })
    const names = target.mains.map((main) => main.name)
    const platforms: { platform: Platform; base: string; folder: string }[] = []
    for (const platform of wanted) {
      const base = this.base(platform)
      const binaries = results.binaries.filter(
        (one) => names.includes(one.name) && samePlatform(one.platform, platform),
      )
      const { folder } = await prepareRootfs({
        context,
        platform,
        host: this.#run.act.host,
        binaries: binaries.map((one) => ({ name: one.name, file: one.file })),
        furnished: baseTraits(base).furnished,
        files: inputs.files,
        filesRoot: facts.workingDirectory,
        user: inputs.user,
        epoch: this.#epoch(),
      })
      platforms.push({ platform, base, folder })
    }
    return { context, platforms }
  }

  #config(target: Target): ImageConfig {
    const inputs = this.#run.inputs
    const [main] = target.mains
    if (main === undefined) throw new TypeError('a generated image has a main package')
    return {
      program: main.name,
      args: inputs.entrypointArgs,
      user: inputs.user,
      expose: inputs.expose,
      env: inputs.imageEnv,
      ...(inputs.healthcheck.length === 0 ? {} : { healthCheck: { test: inputs.healthcheck, ...HEALTH } }),
    }
  }

  /** The request of the generated image: one Dockerfile of COPY and metadata. */
  async #generated(target: Target): Promise<UnsentRequest> {
    const { context, platforms } = await this.#layOut(target)
    const dockerfile = generateDockerfile({
      ...this.#config(target),
      platforms: platforms.map(({ platform, base }) => ({
        platform,
        base: pinBase(base, this.#run.results.bases.get(base)),
      })),
      chmod: this.#run.act.host.os === 'windows',
    })
    const file = join(context, 'Dockerfile')
    await writeFile(file, dockerfile)
    return { ...this.#common(target), context, file }
  }

  /** The request of the user's own Dockerfile. */
  #dockerfile(target: Target): UnsentRequest {
    const { inputs, facts } = { inputs: this.#run.inputs, facts: this.#run.facts }
    const { dockerfile, git, event } = facts
    if (dockerfile === undefined) throw new TypeError('there is no Dockerfile')
    const declared = declaredArguments(dockerfile.facts)
    const given = new Set(inputs.buildArgs.map(([name]) => name))
    const automatic = (
      [
        ['VERSION', this.#run.plan.version],
        ['COMMIT', git?.commit ?? event.sha ?? ''],
        ['DATE', new Date(this.#epoch() * 1000).toISOString().replace('.000Z', 'Z')],
      ] as const
    ).filter(([name, value]) => declared.has(name) && !given.has(name) && value !== '')
    const cache = this.#layerCache(target)
    this.#run.act.log.info(`layer cache: ${cache.kind} (${cache.why})`)
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
    const { inputs, plan } = { inputs: this.#run.inputs, plan: this.#run.plan }
    const facts = this.#labelFacts(target)
    const { entries } = imageAnnotations(facts, inputs.annotations, plan.platforms.length > 1)
    const switched = (text: string, on: string): string =>
      text === 'false' ? 'off' : text === 'true' ? on : text
    return {
      ...(this.#run.results.builder === undefined ? {} : { builder: this.#run.results.builder.name }),
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
    const { git, event, workspace } = this.#run.facts
    const [base, ...others] = [...this.#run.results.bases]
    const url =
      git?.url ??
      (event.serverUrl !== undefined && event.repository !== undefined
        ? `${event.serverUrl}/${event.repository}`
        : undefined)
    return {
      created: this.#epoch(),
      title: target.id === 'image' ? (projectName(workspace) ?? 'image') : target.id,
      ...(git === undefined
        ? event.sha === undefined
          ? {}
          : { revision: event.sha }
        : { revision: git.commit }),
      ...(url === undefined ? {} : { url }),
      ...(this.#run.plan.version === '' ? {} : { version: this.#run.plan.version }),
      ...(event.description === undefined ? {} : { description: event.description }),
      ...(event.license === undefined ? {} : { license: event.license }),
      ...(base === undefined || others.length > 0 ? {} : { baseName: base[0], baseDigest: base[1] }),
    }
  }

  #layerCache(target: Target): ReturnType<typeof layerCache> {
    const { inputs, facts, plan } = { inputs: this.#run.inputs, facts: this.#run.facts, plan: this.#run.plan }
    const { env } = this.#run.act
    const [repository] = repositoriesOf(target)
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
    const { inputs, facts } = { inputs: this.#run.inputs, facts: this.#run.facts }
    return [
      ...inputs.secrets.map(([id, value]): BuildSecret => ({ id, value })),
      ...inputs.secretFiles.map(([id, file]): BuildSecret => ({
        id,
        file: resolve(facts.workingDirectory, file),
      })),
      ...inputs.secretEnvs.map(([id, env]): BuildSecret => ({ id, env })),
    ]
  }

  #epoch(): number {
    return epochOf(this.#run.facts)
  }
}

/** Seconds since the epoch of everything that is written into an image: the commit's, so that it can be reproduced. */
export const epochOf = (facts: Facts): number =>
  facts.git?.commitTime ?? facts.event.commitTime ?? Math.floor(facts.now / 1000)

/** Names of all ARG instructions, of any stage or before the first. */
function declaredArguments(facts: DockerfileFacts): ReadonlySet<string> {
  return new Set(facts.lines.flatMap((line) => /^\s*ARG\s+([A-Za-z_]\w*)/i.exec(line)?.[1] ?? []))
}
