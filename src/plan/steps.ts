import { platformId, type Platform, samePlatform } from '../base/platform.ts'
import { baseFor } from '../image/base.ts'
import type { Facts } from './facts.ts'
import type { PlanStep } from './graph.ts'
import type { Inputs } from './inputs.ts'
import type { PlanDecisions, Target } from './make.ts'
import { mayReuse, REUSE_STEP } from './reuse.ts'

/** Id of the step that compiles for a platform; two Windows versions of one architecture differ. */
export const compileStepId = (platform: Platform): string => `compile:${platformId(platform)}`

/** The graph of a plan: what runs, after what, and why. Pure. */
export function planSteps(plan: PlanDecisions, inputs: Inputs, facts: Facts): PlanStep[] {
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
  const reuse = mayReuse(plan, inputs, facts)
  if (reuse !== undefined)
    add(
      REUSE_STEP,
      'Look for this input',
      'network',
      ['login', ...(generated ? ['go', 'base'] : [])],
      'What an earlier run proved of the very same input need not be built again.',
      reuse === true ? {} : { skip: reuse },
    )
  const ready = [
    ...(needsGo ? ['go', 'build-restore', 'modules', 'mtimes'] : []),
    ...(reuse === true ? [REUSE_STEP] : []),
  ]

  const compiles: string[] = []
  const own: Platform = { os: facts.host.os, arch: facts.host.arch }
  let ownCompile: string | undefined
  const first = ownFirst(plan, facts)
  if (generated) {
    const isFirst = (platform: Platform): boolean => samePlatform(platform, first ?? own)
    const ordered = [...plan.platforms].sort((a, b) => Number(isFirst(b)) - Number(isFirst(a)))
    for (const platform of ordered) {
      // Tests and start wait for the first; on few cores the others would only keep it back.
      const inTurn = first !== undefined && facts.cores < 4 ? compiles.slice(0, 1) : []
      const id = add(
        compileStepId(platform),
        `Compile ${platformId(platform)}`,
        'compile',
        [...ready, ...inTurn],
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
  if (compiles.length > 0)
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

  const direct = plan.engine === 'direct'
  if (inputs.until !== 'checks' && (direct || plan.driver.driver !== 'none')) {
    if (!direct) {
      add(
        'builder',
        plan.driver.boots ? 'Boot builder' : 'Prepare Buildx',
        'engine',
        ['login'],
        plan.driver.why,
      )
    }
    if (generated) {
      const bases = [...new Set(plan.platforms.map((platform) => baseFor(inputs.base, platform, inputs.cgo)))]
      add(
        'base',
        'Resolve base',
        'network',
        ['login'],
        `Pinned to a digest before the build: ${bases.join(', ')}.`,
        bases.every((base) => base === 'scratch') ? { skip: 'scratch has no base' } : {},
      )
    }
    const copy = plan.dockerfileCaches
    const seeds: string[] = []
    if (copy !== undefined) {
      if (copy.collect !== undefined)
        seeds.push(
          add(
            'dockerfile-restore',
            'Restore Dockerfile build cache',
            'network',
            [],
            'What the RUN steps of the Dockerfile compiled before, newest first.',
          ),
        )
      if (copy.modules !== undefined && needsGo) seeds.push('modules')
    }
    const suffix = (target: Target): string => (plan.targets.length > 1 ? `:${target.id}` : '')
    const label = (target: Target): string => (plan.targets.length > 1 ? ` ${target.id}` : '')
    // A gate may be switched off, or stand on a part of the image: what comes last needs the whole of it.
    const images: string[] = []
    for (const target of plan.targets) {
      const own =
        first === undefined
          ? undefined
          : add(
              `own${suffix(target)}`,
              `Assemble ${platformId(first)}${label(target)}`,
              'network',
              ['base', compileStepId(first)],
              'What is started here goes first, so that its start runs beside the other platforms.',
            )
      const image = add(
        `image${suffix(target)}`,
        direct ? `Assemble image${label(target)}` : `Build image${label(target)}`,
        direct ? 'network' : 'engine',
        [
          ...(direct ? [] : ['builder']),
          ...(generated ? ['base', ...compiles] : []),
          ...(own === undefined ? [] : [own]),
          ...seeds,
        ],
        plan.push
          ? 'Pushed by digest only: no tag shows it before every gate has passed.'
          : 'Built, not pushed.',
      )
      images.push(image)
      if (copy?.collect !== undefined)
        add(
          `dockerfile-caches${suffix(target)}`,
          'Take compiled packages back',
          'engine',
          [image],
          'A cache mount never leaves its builder: what is new in it is kept for the next run.',
          inputs.cache === 'read' ? { skip: 'caches are only read' } : {},
        )
      if (inputs.start !== 'off') {
        gates.push(
          add(
            `start${suffix(target)}`,
            plan.startsNatively === true ? `Start program${label(target)}` : `Start image${label(target)}`,
            'start',
            [plan.startsNatively === true ? 'binaries' : (own ?? image)],
            plan.startsNatively === true
              ? 'No engine is here: the program itself must run, stay up and answer.'
              : 'The image must run, stay up and answer, under least privilege.',
            {
              gate: true,
              ...(plan.startPlatform === undefined
                ? {
                    skip: notStartable(plan, inputs, facts),
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
    if (inputs.load) add('load', 'Load image', 'engine', [...images, ...gates], 'Asked for by load.')
    add(
      'publish',
      'Publish tags',
      'network',
      [...images, ...gates],
      'The commit point: tags move only when every gate has passed, and move back if any of them fails to.',
      !plan.push
        ? { skip: 'nothing is pushed' }
        : inputs.until === 'image'
          ? { skip: 'until is image: another job publishes it' }
          : {},
    )
  }
  return steps
}

/**
 * The platform whose manifest is pushed before the others are even compiled: the one that is started. Only the direct engine
 * puts an image together platform by platform, and only the Docker engine's own pull brings it here.
 */
export function ownFirst(
  plan: Pick<PlanDecisions, 'engine' | 'push' | 'startPlatform' | 'platforms'>,
  facts: Pick<Facts, 'engine'>,
): Platform | undefined {
  const { startPlatform } = plan
  return plan.engine === 'direct' &&
    plan.push &&
    plan.platforms.length > 1 &&
    facts.engine.server !== undefined
    ? startPlatform
    : undefined
}

/** Why a program cannot be started without its image; undefined when it can. */
export function notNative(
  inputs: Pick<Inputs, 'cgo' | 'files'>,
  facts: Pick<Facts, 'host' | 'dockerfile'>,
): string | undefined {
  if (facts.dockerfile !== undefined) return 'only the Dockerfile knows how it is started'
  if (facts.host.os !== 'linux') return `a Linux program does not run on ${facts.host.os}`
  if (inputs.cgo) return 'a program with cgo needs the C library of its image'
  if (inputs.files.length > 0) return 'its files are only in the image'
  return undefined
}

function notStartable(plan: PlanDecisions, inputs: Inputs, facts: Facts): string {
  const { server, problem } = facts.engine
  if (server === undefined) {
    const engine = `no Docker engine is there to start it${problem === undefined ? '' : ` (${problem.what})`}`
    const why = notNative(inputs, facts) ?? `no platform of the image is ${facts.host.os}/${facts.host.arch}`
    return `${engine}, and ${why}`
  }
  if (!plan.push && plan.engine === 'direct')
    return 'an image that is not pushed cannot reach the engine from here'
  return `no platform of the image runs on ${server.os}/${server.arch} without emulation`
}
