import { mainsOf } from './generate.ts'
import type { Options, Suite } from './options.ts'
import type { Chain } from './types.ts'

/** Runs that belong together: what the first leaves in the registry and the cache service, the next ones find. */
export interface UnitPlan {
  readonly suite: Suite
  readonly subject: string
  /** Name in the records. */
  readonly chain: string
  /** Which of the chains runs. */
  readonly family: Chain
  readonly round: number
  readonly platforms: readonly string[]
  readonly runs: readonly string[]
  /** Ours: inputs that differ from the defaults. */
  readonly inputs?: Readonly<Record<string, string>>
  /** Only the image part, with local caches that stay. */
  readonly imageOnly?: boolean
  /** On a base of the bench's own that has all eight platforms. */
  readonly wideBase?: boolean
}

export const TWO: readonly string[] = ['linux/amd64', 'linux/arm64']
/** What the growth over platforms goes through: the first 1, 2, 4 and 8. */
export const EIGHT: readonly string[] = [
  ...TWO, 'linux/arm/v7', 'linux/s390x', 'linux/ppc64le', 'linux/386', 'linux/riscv64', 'linux/loong64',
] // prettier-ignore
export const PACKAGES: readonly number[] = [10, 100, 1000]
export const MAINS: readonly number[] = [1, 5, 20]
export const PLATFORMS: readonly number[] = [1, 2, 4, 8]
/** MB of output that the tests of a subject of the memory suite print. */
export const LOGS: readonly number[] = [0, 20, 200]

/** Only compile, assemble and push. */
const IMAGE_ONLY = { vet: 'false', test: 'false', start: 'off', verify: 'off', cache: 'off' } as const

const ALL = ['cold', 'same', 'edit'] as const

/** A unit's name: the same in every run of the bench, so that an interrupted one goes on. */
export const unitName = (
  unit: Pick<UnitPlan, 'suite' | 'subject' | 'chain' | 'platforms' | 'round'>,
): string => [unit.suite, unit.subject, unit.chain, unit.platforms.length, unit.round].join('/')

/**
 * All units in the order they run: round by round, and in each round the chains of a comparison one after another, beginning with
 * another one each time, so that a slow minute of the machine does not always meet the same chain.
 */
export function planUnits(
  options: Pick<Options, 'rounds' | 'growthRounds' | 'suites' | 'chains' | 'only'>,
): UnitPlan[] {
  const units: UnitPlan[] = []
  for (let round = 1; round <= Math.max(options.rounds, options.growthRounds); round++) {
    for (const suite of options.suites) {
      const growth = suite === 'packages' || suite === 'mains' || suite === 'platforms' || suite === 'memory'
      if (round > (growth ? options.growthRounds : options.rounds)) continue
      for (const group of comparisons(suite)) {
        const wanted = group.filter((unit) => options.chains.includes(unit.family))
        units.push(...rotate(wanted, round - 1).map((unit) => ({ ...unit, suite, round })))
      }
    }
  }
  return units.filter((unit) => options.only?.test(unitName(unit)) ?? true)
}

export function rotate<T>(list: readonly T[], by: number): T[] {
  const at = list.length === 0 ? 0 : by % list.length
  return [...list.slice(at), ...list.slice(0, at)]
}

type Part = Omit<UnitPlan, 'suite' | 'round'>

const chainsOf = (names: readonly Chain[], rest: Omit<Part, 'chain' | 'family'>): Part[] =>
  names.map((family) => ({ chain: family, family, ...rest }))

/** The comparisons of a suite: the units of each run next to each other. */
function comparisons(suite: Suite): readonly (readonly Part[])[] {
  const three = ['ours', 'classic', 'ko'] as const
  switch (suite) {
    case 'main':
    case 'hello':
      return [
        chainsOf(['ours', 'classic', 'ko', 'floor'], {
          subject: suite === 'main' ? 'service' : 'hello',
          platforms: TWO,
          runs: ALL,
        }),
      ]
    case 'image': {
      const rest = { subject: 'service', platforms: TWO, runs: ['warm', 'edit'], imageOnly: true }
      const ours = (chain: string, inputs: Record<string, string>): Part => ({
        chain,
        family: 'ours',
        inputs: { ...IMAGE_ONLY, ...inputs },
        ...rest,
      })
      return [
        [
          ours('image-direct', { engine: 'direct' }),
          ours('image-buildx', { engine: 'buildx' }),
          { chain: 'image-ko', family: 'ko', ...rest },
        ],
      ]
    }
    case 'dockerfile':
      return [
        [
          {
            chain: 'ours-dockerfile',
            family: 'ours',
            subject: 'service',
            platforms: TWO,
            runs: ALL,
            inputs: { file: 'Dockerfile' },
          },
        ],
      ]
    case 'memory':
      return LOGS.map((mb) =>
        chainsOf(['ours'], { subject: `logs-${mb}`, platforms: TWO.slice(0, 1), runs: ['cold'] }),
      )
    case 'packages':
      return PACKAGES.map((count) =>
        chainsOf(three, { subject: `generated-${count}x1`, platforms: TWO, runs: ALL }),
      )
    case 'mains':
      return MAINS.map((count) =>
        chainsOf(three, { subject: `generated-100x${count}`, platforms: TWO, runs: ALL }),
      )
    case 'platforms':
      return PLATFORMS.map((count) =>
        chainsOf(three, {
          subject: 'generated-100x1',
          platforms: EIGHT.slice(0, count),
          runs: ALL,
          wideBase: true,
        }),
      )
  }
}

/** The number of main packages of a subject. */
export const mainsOfSubject = (subject: string): readonly string[] => {
  const mains = Number(/^generated-\d+x(\d+)$/.exec(subject)?.[1] ?? 0)
  return mains === 0 ? ['.'] : mainsOf({ mains })
}
