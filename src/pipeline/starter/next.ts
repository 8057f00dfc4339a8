import {
  GRAY_FILES,
  hostsFile,
  isGithubRegistry,
  isGray,
  KNOWN_HOSTS,
  REGISTRY_ENVIRONMENT,
} from './calls.ts'
import type { StarterFacts, StarterLibrary, StarterOptions } from './model.ts'
import type { Service } from './services.ts'

/** Steps of other workflows that the pipeline takes over, by what stands in them. */
const OTHERS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/uses:\s*docker\/build-push-action@/, 'docker/build-push-action'],
  [/uses:\s*docker\/github-builder/, 'docker/github-builder'],
  [/uses:\s*ko-build\/setup-ko@|\bko build\b/, 'ko'],
  [/uses:\s*goreleaser\/goreleaser-action@|\bgoreleaser release\b/, 'goreleaser'],
]

/** What no file can do: environments, secrets, permissions, and what to look at. One line each. */
export function nextSteps(
  services: readonly Service[],
  facts: StarterFacts,
  options: StarterOptions,
  library: StarterLibrary,
): string[] {
  const { testEnvironment: test, productionEnvironment: production } = options
  const gray = isGray(facts, options)
  const steps: string[] = []
  if (library.repository.startsWith('OWNER/'))
    steps.push('OWNER stands for the owner of go-image-pipeline: run init again with --templates NAME/go-image-pipeline --force, or replace it') // prettier-ignore
  if (facts.remote !== undefined && facts.remote.host !== 'github.com' && !options.copies)
    steps.push(`The remote is on ${facts.remote.host}. GitHub Enterprise Server does not call templates of github.com: run init again with --copies --force (docs/pipeline.md). Other servers do not run these workflows; the command line does the same there`) // prettier-ignore
  if (services.some((service) => !service.images.every(isGithubRegistry)))
    steps.push(`Settings, Environments: make the environment ${REGISTRY_ENVIRONMENT} with the secret REGISTRIES, a line "host user password"`) // prettier-ignore
  if (services.some((service) => service.images.some(isGithubRegistry)))
    steps.push('ghcr.io: nothing to set. A package that somebody pushed by hand must give this repository the role Write (docs/permissions.md)') // prettier-ignore
  const hosts = [test, ...(gray ? [] : [production])].filter((name) => name !== undefined)
  for (const name of hosts) {
    const file = hostsFile(name)
    if (!facts.deployFiles.includes(file))
      steps.push(`Write ${file}: the hosts of ${name} (docs/workflows/deploy.md)`)
  }
  if (gray)
    for (const file of GRAY_FILES)
      if (!facts.deployFiles.includes(file))
        steps.push(`Write ${file} (${file.includes('adapter') ? 'docs/adapters.md' : 'docs/gray-metrics.md'})`)
  if ((test ?? production) !== undefined && !facts.deployFiles.includes(KNOWN_HOSTS))
    steps.push(`Hosts that are reached by SSH: put their keys into ${KNOWN_HOSTS} (docs/hosts.md), then run init again with --force`) // prettier-ignore
  for (const name of [test, production])
    if (name !== undefined)
      steps.push(`Settings, Environments: make the environment ${name} with the secret IDENTITY (an SSH key), if its hosts are reached by SSH, and NOTIFY, if somebody shall be told${name === production ? '. Required reviewers there approve every release' : ''}`) // prettier-ignore
  if (gray && production !== undefined)
    steps.push('Settings, Secrets: PROMETHEUS_TOKEN is a secret of the repository, if Prometheus asks for a token') // prettier-ignore
  if (services.length > 0 && production === undefined)
    steps.push('The pipeline ends with the published image. To deploy it: --test-environment, --production-environment') // prettier-ignore
  steps.push(
    services.length === 0
      ? 'Settings, Branches: require the check ci / report before a merge'
      : `Settings, Branches: require ${services.length === 1 ? 'the check pipeline / verdict' : `the checks ${services.map(({ slug }) => `pipeline ${slug} / verdict`).join(', ')}`} before a merge`,
  )
  for (const file of facts.workflows) {
    const other = OTHERS.find(([pattern]) => pattern.test(file.text))
    if (other !== undefined && services.length > 0)
      steps.push(`${file.path} uses ${other[1]}: docs/migration.md says what takes its place. Remove it when the pipeline is green`) // prettier-ignore
  }
  steps.push('Commit the files, push a branch, and open a pull request: nothing is pushed to a registry from there')
  return steps
} // prettier-ignore
