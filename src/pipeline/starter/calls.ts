import { posix } from 'node:path'
import type { Extra, StarterFacts, StarterOptions } from './model.ts'
import type { Call } from './render.ts'
import type { Service } from './services.ts'

const CONTENTS = ['contents', 'read', 'check the repository out'] as const
/** What deployments, the gray release and the reaper ask for. */
const DELIVERY = [
  ['deployments', 'write', 'mirror deployments and gray releases'],
  ['issues', 'write', 'ask for approval and tell of trouble'],
  ['actions', 'read', 'who started and who approved this run'],
] as const

/** Environment that holds the logins of a registry that is not ghcr.io. */
export const REGISTRY_ENVIRONMENT = 'registry'

export const isGithubRegistry = (image: string): boolean => image.startsWith('ghcr.io/')

/** File of the hosts of an environment, where none is there yet. */
export const hostsFile = (environment: string): string =>
  `deploy/${environment.replaceAll(/[^\w.-]/g, '-')}.yaml`

/** Keys of the hosts that are reached by SSH. */
export const KNOWN_HOSTS = 'deploy/known_hosts'

/** Files that a gray release needs (the defaults of pipeline.yml). */
export const GRAY_FILES = ['deploy/adapter.yaml', 'deploy/metrics.yaml'] as const

export const isGray = (facts: StarterFacts, options: StarterOptions): boolean =>
  options.gray === 'auto'
    ? options.productionEnvironment !== undefined &&
      GRAY_FILES.every((file) => facts.deployFiles.includes(file))
    : options.gray === 'true'

const onPush = (facts: StarterFacts, tags: boolean): Record<string, unknown> => ({
  push: { branches: [facts.defaultBranch], ...(tags ? { tags: ['v*'] } : {}) },
  pull_request: null,
})

/** Runners of the checks: one of each system that some files are written for. */
const runners = (facts: StarterFacts, options: StarterOptions): string =>
  [
    options.runner.length > 0 ? options.runner.join('+') : 'ubuntu-latest',
    ...facts.systems.map((system) => (system === 'windows' ? 'windows-latest' : 'macos-latest')),
  ].join(', ')

/** Runner labels as the templates take them: JSON. */
const runnerInput = (options: StarterOptions, ...names: string[]): Record<string, string> =>
  options.runner.length === 0
    ? {}
    : Object.fromEntries(
        names.map((name) => [
          name,
          JSON.stringify(options.runner.length === 1 ? options.runner[0] : options.runner),
        ]),
      )

const folder = (dir: string): Record<string, string> => (dir === '.' ? {} : { 'working-directory': dir })

export function pipelineCall(
  service: Service,
  facts: StarterFacts,
  options: StarterOptions,
  alone: boolean,
): Call {
  const { testEnvironment: test, productionEnvironment: production } = options
  const gray = isGray(facts, options)
  const delivered = (test ?? production) !== undefined
  const otherRegistry = !service.images.every(isGithubRegistry)
  const checks = facts.lint !== undefined || facts.systems.length > 0
  return {
    name: alone ? 'pipeline' : `pipeline ${service.slug}`,
    head: [
      `The whole way of a commit${alone ? '' : ` of ${service.slug}`}: checks, image, scan, tests, tags, environments.`,
      'The permissions are those of all stages: GitHub wants them granted, also for stages that are off.',
    ],
    on: onPush(facts, true),
    cancel: 'pull requests',
    template: 'pipeline.yml',
    permissions: [CONTENTS, ['packages', 'write', 'push to ghcr.io with the token of the job'], ...DELIVERY],
    with: {
      images: service.images.join('\n'),
      ...folder(service.dir),
      ...(service.main === undefined ? {} : { main: service.main }),
      ...(service.file === undefined ? {} : { file: service.file }),
      ...(checks ? { ci: true } : {}),
      ...(checks && runners(facts, options) !== 'ubuntu-latest' ? { runners: runners(facts, options) } : {}),
      ...(service.integration === undefined
        ? {}
        : {
            integration: true,
            ...(service.integration === '' ? {} : { 'integration-files': service.integration }),
          }),
      ...(test === undefined ? {} : { 'test-environment': test, 'test-hosts': hostsFile(test) }),
      ...(production === undefined ? {} : { 'production-environment': production }),
      ...(production === undefined || gray ? {} : { 'production-hosts': hostsFile(production) }),
      ...(gray && production !== undefined ? { gray: true } : {}),
      ...(gray && production !== undefined && options.state !== undefined ? { 'gray-state': options.state } : {}),
      ...(delivered && facts.deployFiles.includes(KNOWN_HOSTS)
        ? { 'known-hosts': KNOWN_HOSTS }
        : {}),
      ...(otherRegistry ? { 'registry-environment': REGISTRY_ENVIRONMENT } : {}),
      ...runnerInput(options, 'runner', 'deploy-runner'),
    },
    secrets: [
      ...(otherRegistry ? ['registries'] : []),
      ...(delivered ? ['identity', 'notify'] : []),
      ...(delivered && gray ? ['prometheus-token'] : []),
    ],
  }
} // prettier-ignore

/** The checks alone: of a library, or of the modules that no pipeline builds. */
export function ciCall(facts: StarterFacts, options: StarterOptions): Call {
  const [only = '.', ...more] = facts.modules
  return {
    name: 'ci',
    head: ['Vet, tests and coverage of every push and pull request.'],
    on: onPush(facts, false),
    cancel: 'pull requests',
    template: 'ci.yml',
    permissions: [CONTENTS],
    with: {
      runners: runners(facts, options),
      ...(more.length === 0 ? folder(only) : {}),
      ...runnerInput(options, 'plan-runner'),
    },
  }
}

/** A minute of its own for each repository: at the full hour GitHub's schedules are late. */
export function minuteOf(seed: string): number {
  let sum = 7
  for (const char of seed) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973
  return (sum % 53) + 4
}

type ExtraCall = (
  facts: StarterFacts,
  options: StarterOptions,
  services: readonly Service[],
  pipelines: readonly string[],
) => Call

const seedOf = (facts: StarterFacts): string => facts.remote?.repository ?? ''
const schedule = (minute: number, rest: string): Record<string, unknown> => ({
  schedule: [{ cron: `${minute} ${rest}` }],
  workflow_dispatch: null,
})

export const EXTRA_CALLS: Readonly<Record<Extra, ExtraCall>> = {
  'gray-reap': (facts, options) => ({
    name: 'gray-reap',
    head: ['Takes up a gray release whose run is gone, and brings everything back.'],
    on: { schedule: [{ cron: '*/10 * * * *' }], workflow_dispatch: null },
    cancel: 'never',
    template: 'gray-reap.yml',
    permissions: [CONTENTS, ...DELIVERY],
    with: {
      environment: options.productionEnvironment ?? 'production',
      state: options.state ?? '',
      ...(facts.deployFiles.includes(KNOWN_HOSTS) ? { 'known-hosts': KNOWN_HOSTS } : {}),
      ...runnerInput(options, 'runner'),
    },
    secrets: ['identity', 'notify'],
  }),
  metrics: (facts, options, _services, pipelines) => ({
    name: 'metrics',
    head: ['What the pipeline did in the last four weeks, and whether that is good enough.'],
    on: schedule(minuteOf(seedOf(facts)), '5 * * 1'),
    cancel: 'never',
    template: 'metrics.yml',
    permissions: [
      CONTENTS,
      ['actions', 'read', 'runs of workflows, and their reports'],
      ['deployments', 'read', 'deployments and what became of them'],
      ['security-events', 'read', 'alerts of code scanning'],
    ],
    with: {
      workflows: pipelines.join('\n'),
      branch: facts.defaultBranch,
      ...(options.productionEnvironment === undefined ? {} : { 'deployed-to': options.productionEnvironment }),
      ...runnerInput(options, 'runner'),
    },
  }),
  'base-refresh': (facts, options, services) => {
    const images = services.flatMap((service) => service.images)
    return {
      name: 'base-refresh',
      head: ['Tells by an issue when a published image stands on an old base.'],
      on: schedule(minuteOf(`${seedOf(facts)} bases`), '4 * * 2'),
      cancel: 'never',
      template: 'base-refresh.yml',
      permissions: [
        ['packages', 'write', 'read images of ghcr.io; rebase also writes them'],
        ['issues', 'write', 'open, change and close the issue'],
      ],
      with: {
        images: images.map((image) => `${image}:${facts.versions ? 'latest' : facts.defaultBranch}`).join('\n'),
        mode: 'issue',
        ...(images.every(isGithubRegistry) ? {} : { environment: REGISTRY_ENVIRONMENT }),
        ...runnerInput(options, 'runner'),
      },
      secrets: images.every(isGithubRegistry) ? [] : ['registries'],
    }
  },
  'template-lint': (facts, options) => ({
    name: 'template-lint',
    head: ['Checks every change of workflows and actions before it is merged.'],
    on: {
      push: { branches: [facts.defaultBranch], paths: ['.github/**', '**/action.yml'] },
      pull_request: { paths: ['.github/**', '**/action.yml'] },
    },
    cancel: 'always',
    template: 'template-lint.yml',
    permissions: [CONTENTS],
    with: { 'fail-on': 'warning', ...runnerInput(options, 'runner') },
  }),
  binaries: (facts, options, services) => {
    const dirs = [...new Set((services.length > 0 ? services : facts.mains.map((main) => ({ dir: main.module }))).map(({ dir }) => dir))]
    const dir = dirs.length === 1 ? (dirs[0] ?? '.') : '.'
    // Every main package is meant, unless some were left out.
    const all = services.length === 0 || services.length === facts.mains.length
    const mains = services.map((service) => {
      const path = posix.join(service.dir === dir ? '.' : service.dir, service.main ?? '.')
      return path === '.' ? '.' : `./${path}`
    })
    return {
      name: 'binaries',
      head: ['Release binaries of every version tag, in a draft release.'],
      on: { push: { tags: ['v*'] } },
      cancel: 'never',
      template: 'binaries.yml',
      permissions: [['contents', 'write', 'make the draft release; the job that compiles only reads']],
      with: {
        ...folder(dir),
        ...(all ? {} : { main: mains.join('\n') }),
        ...runnerInput(options, 'runner'),
      },
    }
  },
} // prettier-ignore
