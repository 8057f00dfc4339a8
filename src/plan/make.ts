import type { Problem } from '../base/errors.ts'
import {
  formatPlatform,
  platformId,
  nativeContainerPlatform,
  parsePlatform,
  type Platform,
  samePlatform,
} from '../base/platform.ts'
import { chooseDriver, type DriverChoice } from '../buildx/driver.ts'
import { validateBase } from '../image/base.ts'
import { computeTags, tagFacts, type TagResult } from '../image/tags.ts'
import type { DockerfileCopy } from '../project/dockerfile.ts'
import { type MainPackage, projectName } from '../project/modules.ts'
import { parseReference } from '../registry/reference.ts'
import { decideDockerfileCaches } from './dockerfile-caches.ts'
import type { Facts } from './facts.ts'
import type { PlanStep } from './graph.ts'
import type { Inputs } from './inputs.ts'
import { notNative, planSteps } from './steps.ts'

/** One image to be made: from one main package, from several together, or from the user's Dockerfile. */
export interface Target {
  /** Name of the main package, or `image` for a Dockerfile. */
  readonly id: string
  readonly mains: readonly NamedMain[]
  /** Repositories without tag; empty when nothing is pushed and no name was given. */
  readonly repositories: readonly string[]
}

export interface NamedMain {
  readonly package: MainPackage
  readonly name: string
}

export interface Plan {
  readonly schema: 1
  /** `generated`: compiled on the runner, copied onto a base; `dockerfile`: the user's own file. */
  readonly form: 'generated' | 'dockerfile'
  /** What assembles the image: Docker Buildx, or our own layers over the registry API. */
  readonly engine: 'buildx' | 'direct'
  readonly push: boolean
  readonly platforms: readonly Platform[]
  /** The platform that is started here, when one of `platforms` runs without emulation. */
  readonly startPlatform?: Platform
  /** It is started as a process of this machine, because there is no engine. */
  readonly startsNatively?: true
  readonly targets: readonly Target[]
  readonly tags: TagResult
  readonly version: string
  readonly driver: DriverChoice
  /** The RUN steps of the user's Dockerfile get Go's caches, in a copy of it. */
  readonly dockerfileCaches?: DockerfileCopy
  readonly steps: readonly PlanStep[]
  /** Decisions a reader should know of, one sentence each. */
  readonly notes: readonly string[]
  readonly warnings: readonly string[]
}

const DEFAULT_PLATFORMS: readonly Platform[] = [
  { os: 'linux', arch: 'amd64' },
  { os: 'linux', arch: 'arm64' },
]

/** What is decided before the steps are laid out. */
export type PlanDecisions = Omit<Plan, 'steps' | 'notes' | 'warnings'>

/** Decides everything, from inputs and facts alone. All problems are returned together; with any, nothing may run. */
export function makePlan(inputs: Inputs, facts: Facts): { plan: Plan; problems: readonly Problem[] } {
  const maker = new Maker(inputs, facts)
  const plan = maker.make()
  return { plan, problems: maker.problems }
}

class Maker {
  readonly problems: Problem[] = []
  readonly #notes: string[] = []
  readonly #warnings: string[] = []
  readonly #inputs: Inputs
  readonly #facts: Facts

  constructor(inputs: Inputs, facts: Facts) {
    this.#inputs = inputs
    this.#facts = facts
  }

  make(): Plan {
    return this.#inputs.until === 'checks' ? this.#checks() : this.#whole()
  }

  /** Vet and tests alone: whatever an image would need may be missing. */
  #checks(): Plan {
    this.#notes.push('No image is built: until is checks.')
    const plan: PlanDecisions = {
      schema: 1,
      engine: 'direct',
      form: 'generated',
      push: false,
      platforms: [],
      targets: [],
      tags: { tags: [], moving: [], references: [], version: '', problems: [], notes: [] },
      version: '',
      driver: { driver: 'none', boots: false, why: '', problems: [] },
    }
    return {
      ...plan,
      steps: planSteps(plan, this.#inputs, this.#facts),
      notes: this.#notes,
      warnings: this.#warnings,
    }
  }

  #whole(): Plan {
    const form = this.#facts.dockerfile === undefined ? 'generated' : 'dockerfile'
    const push = this.#push()
    const platforms = this.#platforms(form)
    const targets = this.#targets(form, push)
    const tags = this.#tags(push)
    const engine = this.#engine(form, push, targets)
    const startPlatform = this.#startPlatform(platforms, engine, push)
    const driver = this.#driver(engine, platforms, form, push)
    this.#traps(platforms)
    if (engine === 'buildx' && form === 'generated') this.#oneOfEach(platforms)
    this.problems.push(...validateBase(this.#inputs.base, platforms, this.#inputs.cgo))
    const plan = {
      schema: 1,
      engine,
      form,
      push,
      platforms,
      targets,
      tags,
      version: tags.version,
      driver,
    } as const
    const copy = this.#dockerfileCaches(plan)
    const whole: PlanDecisions = {
      ...plan,
      ...(copy === undefined ? {} : { dockerfileCaches: copy }),
      ...(startPlatform === undefined ? {} : { startPlatform }),
      ...(startPlatform === undefined || this.#facts.engine.server !== undefined
        ? {}
        : { startsNatively: true }),
    }
    return {
      ...whole,
      steps: planSteps(whole, this.#inputs, this.#facts),
      notes: this.#notes,
      warnings: this.#warnings,
    }
  }

  #push(): boolean {
    const { push, images } = this.#inputs
    const { event, inActions } = this.#facts
    if (push !== 'auto') return push
    if (images.length === 0) {
      this.#notes.push('Nothing is pushed: no image is named.')
      return false
    }
    if (!inActions) {
      this.#notes.push('Nothing is pushed: outside GitHub Actions that must be asked for with push=true.')
      return false
    }
    if (event.name.startsWith('pull_request') || event.name === 'merge_group') {
      this.#notes.push(`Nothing is pushed on ${event.name}.`)
      return false
    }
    return true
  }

  #platforms(form: Plan['form']): readonly Platform[] {
    const { platforms, cgo } = this.#inputs
    if (platforms.length > 0) return platforms
    const own = nativeContainerPlatform(this.#facts.host)
    if (cgo) {
      this.#notes.push(`Only ${formatPlatform(own)} is built: cgo does not cross-compile.`)
      return [own]
    }
    const emulated =
      form === 'dockerfile' &&
      this.#facts.dockerfile?.findings(DEFAULT_PLATFORMS).some((finding) => finding.code === 'emulated-build')
    if (emulated === true) {
      this.#notes.push(
        `Only ${formatPlatform(own)} is built: this Dockerfile would need emulation for others. Set platforms to override.`,
      )
      return [own]
    }
    return DEFAULT_PLATFORMS
  }

  #startPlatform(
    platforms: readonly Platform[],
    engine: Plan['engine'],
    push: boolean,
  ): Platform | undefined {
    if (this.#inputs.start === 'off') return undefined
    const { server } = this.#facts.engine
    if (server === undefined) return this.#nativePlatform(platforms, engine)
    if (engine === 'direct' && !push) return undefined
    const own = parsePlatform(`${server.os}/${server.arch}`)
    if ('reason' in own) return undefined
    return platforms.find((platform) => samePlatform(platform, own))
  }

  /** Without an engine the program itself can be started, where it needs nothing that only the image has. */
  #nativePlatform(platforms: readonly Platform[], engine: Plan['engine']): Platform | undefined {
    if (engine !== 'direct' || notNative(this.#inputs, this.#facts) !== undefined) return undefined
    const own = { os: this.#facts.host.os, arch: this.#facts.host.arch }
    const platform = platforms.find((one) => samePlatform(one, own))
    if (platform !== undefined)
      this.#notes.push(
        'No Docker engine answers here: the program is started as a process of this machine, not in its image.',
      )
    return platform
  }

  #targets(form: Plan['form'], push: boolean): readonly Target[] {
    const { images, binaries } = this.#inputs
    if (push && images.length === 0) {
      // `together()` has told it already when push was asked for by name.
      if (this.#inputs.push !== true)
        this.#problem('images', 'no image is named', 'set images, or push: false')
    }
    if (form === 'dockerfile')
      return [
        {
          id: 'image',
          mains: [],
          repositories: images.map((image) => image.replaceAll('{name}', this.#projectName())),
        },
      ]
    const mains = this.#mains()
    if (mains.length === 0) return []
    if (binaries === 'together' || mains.length === 1) {
      const first = mains[0]
      if (first === undefined) return []
      return [
        {
          id: first.name,
          mains,
          repositories: images.map((image) => image.replaceAll('{name}', first.name)),
        },
      ]
    }
    return mains.map((main) => ({
      id: main.name,
      mains: [main],
      repositories: images.map((image) =>
        image.includes('{name}') ? image.replaceAll('{name}', main.name) : `${image}-${main.name}`,
      ),
    }))
  }

  #projectName(): string {
    return (projectName(this.#facts.workspace) ?? 'app').toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  }

  /** The mains asked for, or the only one there is. */
  #mains(): readonly NamedMain[] {
    const { main } = this.#inputs
    const found = this.#facts.mains
    const list = found.map((one) => one.path).join(', ')
    if (main.length > 0) {
      return main.flatMap((request) => {
        const match = found.find((one) => one.path === request.path)
        if (match === undefined) {
          this.#problem(
            'main',
            'no main package is there',
            found.length === 0
              ? 'check the path: no main package was found below working-directory'
              : `use one of ${list}`,
            request.path,
          )
          return []
        }
        return [{ package: match, name: request.name ?? match.name }]
      })
    }
    const [only, ...others] = found
    if (only === undefined) {
      this.#problem(
        'main',
        'there is no main package',
        'point working-directory at the Go project; a library has no image to build',
      )
      return []
    }
    if (others.length > 0) {
      this.#problem(
        'main',
        `${found.length} main packages are there and none is chosen`,
        `set main to one or more of ${list} (a line each)`,
      )
      return []
    }
    return [{ package: only, name: only.name }]
  }

  #tags(push: boolean): TagResult {
    const { git, event, now, folder } = this.#facts
    const facts = tagFacts(git, event, now, folder === '.' ? undefined : folder)
    const result = computeTags(this.#inputs.tags, facts, {
      required: push && this.#inputs.until === 'publish',
    })
    for (const problem of result.problems) this.problems.push({ input: 'tags', ...problem })
    this.#notes.push(...result.notes)
    return result
  }

  /** `auto`: direct where it does the job, because there is no builder to boot and no base layer to pull. */
  #engine(form: Plan['form'], push: boolean, targets: readonly Target[]): Plan['engine'] {
    const { inputs, facts } = { inputs: this.#inputs, facts: this.#facts }
    const needsBuildx: (readonly [input: string, why: string])[] = [
      ...(form === 'dockerfile' ? [['file', 'a Dockerfile is built'] as const] : []),
      ...(inputs.provenance === 'false' ? [] : [['provenance', 'an attestation is asked for'] as const]),
      // `true` needs no scanner: the programs say themselves what is in them.
      ...(!['true', 'false'].includes(inputs.sbom) ? [['sbom', 'a scanner is asked for'] as const] : []),
      ...(inputs.load ? [['load', 'the image is loaded into Docker'] as const] : []),
      ...(inputs.driver === 'auto' ? [] : [['driver', `the driver ${inputs.driver} is asked for`] as const]),
      ...(inputs.endpoint === undefined ? [] : [['endpoint', 'a builder is named'] as const]),
    ]
    if (inputs.engine === 'direct') {
      for (const [input, why] of needsBuildx)
        this.#problem(
          'engine',
          `the direct engine cannot do this: ${why}`,
          `set engine to buildx, or remove ${input}`,
          'direct',
        )
      return 'direct'
    }
    if (inputs.engine === 'buildx') return 'buildx'
    const [needed] = needsBuildx
    if (needed !== undefined) {
      this.#notes.push(`Docker Buildx assembles the image: ${needed[1]}.`)
      return 'buildx'
    }
    const engineThere = facts.engine.server !== undefined
    if (!push && engineThere) {
      this.#notes.push('Docker Buildx assembles the image: it is not pushed, and the engine has to start it.')
      return 'buildx'
    }
    const starts = inputs.start !== 'off' && engineThere
    if (push && starts && targets.some((target) => !enginePulls(target, inputs, facts))) {
      this.#notes.push(
        'Docker Buildx assembles the image: the engine cannot pull from this registry by itself, and has to start it.',
      )
      return 'buildx'
    }
    this.#notes.push(
      engineThere
        ? 'The image is assembled directly through the registry API: no builder to boot, no base layer to pull.'
        : 'The image is assembled directly through the registry API: no Docker engine answers here.',
    )
    return 'direct'
  }

  #driver(
    engine: Plan['engine'],
    platforms: readonly Platform[],
    form: Plan['form'],
    push: boolean,
  ): DriverChoice {
    if (engine === 'direct') return { driver: 'none', boots: false, why: '', problems: [] }
    const { inputs, facts } = { inputs: this.#inputs, facts: this.#facts }
    const choice = chooseDriver(inputs.driver, facts.engine, {
      platforms,
      mirrors: inputs.registryMirrors,
      insecure: inputs.insecureRegistries,
      ca: inputs.registryCa !== undefined,
      attestations: inputs.provenance !== 'false' || inputs.sbom !== 'false',
      cacheExport: form === 'dockerfile' && inputs.layerCache !== 'off',
      rawConfig: inputs.buildkitdConfig !== undefined,
      output: push ? 'push' : 'none',
      ...(inputs.endpoint === undefined ? {} : { endpoint: inputs.endpoint }),
    })
    this.problems.push(...choice.problems)
    if (choice.why !== '') this.#notes.push(choice.why)
    return choice
  }

  /** The copy of the Dockerfile that is built, with a note about it; undefined leaves the file as it is. */
  #dockerfileCaches(plan: Pick<Plan, 'form' | 'driver'>): DockerfileCopy | undefined {
    const { copy, note } = decideDockerfileCaches(plan, this.#inputs, this.#facts)
    if (note !== undefined) this.#notes.push(note)
    return copy
  }

  /** One build cannot make two images of one architecture (two Windows versions); the direct engine can. */
  #oneOfEach(platforms: readonly Platform[]): void {
    for (const [index, platform] of platforms.entries()) {
      if (platforms.findIndex((other) => formatPlatform(other) === formatPlatform(platform)) === index)
        continue
      this.#problem(
        'platforms',
        'Docker Buildx cannot build two versions of one platform at once',
        'set engine to direct (and push), or build them in two steps',
        platformId(platform),
      )
    }
  }

  #traps(platforms: readonly Platform[]): void {
    const { dockerfile } = this.#facts
    for (const finding of dockerfile?.findings(platforms) ?? []) {
      if (finding.severity !== 'error') continue
      this.problems.push({
        code: finding.code,
        what: finding.message,
        where: `${dockerfile?.path ?? 'Dockerfile'}:${finding.line}`,
        ...(finding.fix === undefined ? {} : { fix: finding.fix }),
      })
    }
  }

  #problem(input: string, what: string, fix: string, value?: string): void {
    this.problems.push({ code: 'bad-input', what, input, fix, ...(value === undefined ? {} : { value }) })
  }
}

/** The engine pulls with its own registry settings: a registry that needs ours is out of its reach. */
export function enginePulls(
  target: Pick<Target, 'repositories'>,
  inputs: Pick<Inputs, 'registryCa' | 'insecureRegistries'>,
  facts: Pick<Facts, 'engine'>,
): boolean {
  const [name] = target.repositories
  const reference = name === undefined ? undefined : parseReference(name)
  if (reference === undefined || 'reason' in reference) return false
  const { registry } = reference
  if (inputs.registryCa !== undefined) return false
  return (
    !inputs.insecureRegistries.includes(registry) ||
    facts.engine.server?.insecureRegistries.includes(registry) === true
  )
}
