import type { Problem } from '../base/errors.ts'
import {
  formatPlatform,
  nativeContainerPlatform,
  parsePlatform,
  type Platform,
  samePlatform,
} from '../base/platform.ts'
import { chooseDriver, type DriverChoice } from '../buildx/driver.ts'
import { baseFor } from '../image/base.ts'
import { computeTags, tagFacts, type TagResult } from '../image/tags.ts'
import type { MainPackage } from '../project/modules.ts'
import type { Facts } from './facts.ts'
import type { PlanStep } from './graph.ts'
import type { Inputs } from './inputs.ts'

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
  readonly push: boolean
  readonly platforms: readonly Platform[]
  /** The platform that is started here, when one of `platforms` runs without emulation. */
  readonly startPlatform?: Platform
  readonly targets: readonly Target[]
  readonly tags: TagResult
  readonly version: string
  readonly driver: DriverChoice
  readonly steps: readonly PlanStep[]
  /** Decisions a reader should know of, one sentence each. */
  readonly notes: readonly string[]
  readonly warnings: readonly string[]
}

const DEFAULT_PLATFORMS: readonly Platform[] = [
  { os: 'linux', arch: 'amd64' },
  { os: 'linux', arch: 'arm64' },
]

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
    const form = this.#facts.dockerfile === undefined ? 'generated' : 'dockerfile'
    const push = this.#push()
    const platforms = this.#platforms(form)
    const targets = this.#targets(form, push)
    const startPlatform = this.#startPlatform(platforms)
    const tags = this.#tags(push)
    const driver = this.#driver(platforms, form, push)
    this.#traps(platforms)
    const plan = { schema: 1, form, push, platforms, targets, tags, version: tags.version, driver } as const
    const steps = this.#steps({ ...plan, ...(startPlatform === undefined ? {} : { startPlatform }) })
    return {
      ...plan,
      ...(startPlatform === undefined ? {} : { startPlatform }),
      steps,
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

  #startPlatform(platforms: readonly Platform[]): Platform | undefined {
    if (this.#inputs.start === 'off') return undefined
    const { server } = this.#facts.engine
    if (server === undefined) return undefined
    const own = parsePlatform(`${server.os}/${server.arch}`)
    if ('reason' in own) return undefined
    return platforms.find((platform) => samePlatform(platform, own))
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
    const module =
      this.#facts.workspace.modules[0]?.path
        .replace(/\/v\d+$/, '')
        .split('/')
        .at(-1) ?? 'app'
    return module.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
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
    const result = computeTags(this.#inputs.tags, facts, { required: push })
    for (const problem of result.problems) this.problems.push({ input: 'tags', ...problem })
    this.#notes.push(...result.notes)
    return result
  }

  #driver(platforms: readonly Platform[], form: Plan['form'], push: boolean): DriverChoice {
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

  #steps(plan: Omit<Plan, 'steps' | 'notes' | 'warnings'>): PlanStep[] {
    const { inputs, facts } = { inputs: this.#inputs, facts: this.#facts }
    const steps: PlanStep[] = []
    const add = (
      id: string,
      title: string,
      lane: PlanStep['lane'],
      needs: readonly string[],
      why: string,
      more: Partial<PlanStep> = {},
    ): string => {
      steps.push({ id, title, lane, needs, why, gate: false, ...more })
      return id
    }
    const generated = plan.form === 'generated'
    const needsGo = generated || inputs.vet || inputs.test
    const downloads = facts.workspace.modules.some((module) => module.dependencies && !module.vendored)
    const noCache = inputs.cache === 'off' ? { skip: 'cache is off' } : {}

    add(
      'login',
      'Log in',
      'network',
      [],
      'Credentials are needed before anything is pulled; they are checked before time is spent.',
    )
    if (needsGo) {
      add('go', 'Install Go', 'network', [], `${facts.go.spec} (${facts.go.origin})`)
      add(
        'modules-restore',
        'Restore modules',
        'network',
        [],
        'Keyed by what go.mod and go.sum ask for, shared by all platforms.',
        downloads ? noCache : { skip: 'no modules are needed' },
      )
      add(
        'build-restore',
        'Restore build cache',
        'network',
        ['go'],
        'Keyed by Go version and flags, newest commit first.',
        noCache,
      )
      add(
        'mtimes',
        'Set file times',
        'free',
        [],
        'Times derived from content keep unchanged tests cached across checkouts.',
        facts.inActions && facts.git !== undefined ? {} : { skip: 'only in fresh checkouts on a runner' },
      )
      add(
        'modules',
        'Download modules',
        'network',
        ['go', 'modules-restore'],
        'Once for all, so that parallel builds do not race for them.',
        {
          argv: [['go', 'mod', 'download']],
          ...(downloads ? {} : { skip: 'no modules are needed' }),
        },
      )
    }
    const ready = needsGo ? ['go', 'build-restore', 'modules', 'mtimes'] : []

    const compiles: string[] = []
    const own: Platform = { os: facts.host.os, arch: facts.host.arch }
    let ownCompile: string | undefined
    if (generated) {
      for (const platform of plan.platforms) {
        const id = add(
          `compile:${formatPlatform(platform)}`,
          `Compile ${formatPlatform(platform)}`,
          'compile',
          ready,
          'Cross-compiled on the runner, sharing one cache with the tests: no emulation, no second compile.',
        )
        compiles.push(id)
        if (samePlatform(platform, own)) ownCompile = id
      }
    }
    const gates: string[] = []
    if (inputs.vet || inputs.test) {
      const title = inputs.vet && inputs.test ? 'Vet and test' : inputs.vet ? 'Vet' : 'Test'
      gates.push(
        add(
          'test',
          title,
          'compile',
          [...ready, ...(ownCompile === undefined ? [] : [ownCompile])],
          ownCompile === undefined
            ? 'All modules, one build graph for vet and tests.'
            : 'After the compile of the same platform, whose packages it then finds in the cache.',
          { gate: true },
        ),
      )
      if (inputs.coverageThreshold !== undefined)
        gates.push(
          add(
            'coverage',
            `Coverage ≥ ${inputs.coverageThreshold} %`,
            'free',
            ['test'],
            'Asked for by coverage-threshold.',
            { gate: true },
          ),
        )
    }
    if (generated)
      gates.push(
        add(
          'binaries',
          'Check binaries',
          'free',
          compiles,
          'Right machine, executable, static where the base has no loader.',
          { gate: true },
        ),
      )

    if (plan.driver.driver !== 'none') {
      add(
        'builder',
        plan.driver.boots ? 'Boot builder' : 'Prepare Buildx',
        'engine',
        ['login'],
        plan.driver.why,
      )
      if (generated) {
        const bases = [
          ...new Set(plan.platforms.map((platform) => baseFor(inputs.base, platform, inputs.cgo))),
        ]
        add(
          'base',
          'Resolve base',
          'network',
          ['login'],
          `Pinned to a digest before the build: ${bases.join(', ')}.`,
          bases.every((base) => base === 'scratch') ? { skip: 'scratch has no base' } : {},
        )
      }
      const suffix = (target: Target): string => (plan.targets.length > 1 ? `:${target.id}` : '')
      const label = (target: Target): string => (plan.targets.length > 1 ? ` ${target.id}` : '')
      for (const target of plan.targets) {
        const image = add(
          `image${suffix(target)}`,
          `Build image${label(target)}`,
          'engine',
          ['builder', ...(generated ? ['base', ...compiles] : [])],
          plan.push
            ? 'Pushed by digest only: no tag shows it before every gate has passed.'
            : 'Built, not pushed.',
        )
        if (inputs.start !== 'off') {
          gates.push(
            add(
              `start${suffix(target)}`,
              `Start image${label(target)}`,
              'engine',
              [image],
              'The image must run, stay up and answer, under least privilege.',
              {
                gate: true,
                ...(plan.startPlatform === undefined
                  ? {
                      skip: `no platform of the image runs on ${facts.engine.server === undefined ? 'this machine' : `${facts.engine.server.os}/${facts.engine.server.arch}`} without emulation`,
                    }
                  : {}),
              },
            ),
          )
        }
        gates.push(
          add(
            `verify${suffix(target)}`,
            `Read back${label(target)}`,
            'network',
            [image],
            'Pulled again by digest; manifests, config and every layer hashed again.',
            {
              gate: true,
              ...(plan.push
                ? inputs.verify === 'off'
                  ? { skip: 'verify is off' }
                  : {}
                : { skip: 'nothing is pushed' }),
            },
          ),
        )
      }
      if (inputs.load) add('load', 'Load image', 'engine', [...gates], 'Asked for by load.')
      add(
        'publish',
        'Publish tags',
        'network',
        [...gates],
        'The commit point: tags move only when every gate has passed, and move back if any of them fails to.',
        plan.push ? {} : { skip: 'nothing is pushed' },
      )
    }
    return steps
  }
}
