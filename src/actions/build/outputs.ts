import type { Plan } from '../../plan/make.ts'
import { publishTargets } from '../../image/names.ts'
import { parseReference, type Repository } from '../../registry/reference.ts'
import { formatPercent } from '../../go/coverage.ts'
import type { CachePart } from '../../cache/plan.ts'
import { type BuiltImage, type Results, usedCaches } from './results.ts'

/** The outputs of the action, by name; what is not known is left out. */
export function outputsOf(plan: Plan, results: Results): Record<string, string> {
  const { modulesCache, buildCache } = usedCaches(results)
  const outputs: Record<string, string> = {
    'cache-hit-modules': hit(modulesCache),
    'cache-hit-build': hit(buildCache),
  }
  if (results.reused !== undefined) outputs['reused'] = results.reused
  if (results.go !== undefined) outputs['go-version'] = results.go.version
  const { tests } = results
  if (tests !== undefined) {
    const { passed, failed, skipped, cached } = tests
    outputs['tests'] = JSON.stringify({ passed, failed, skipped, packages: tests.packages.length, cached })
    if (tests.coverage?.percent !== undefined)
      outputs['coverage'] = formatPercent(tests.coverage.percent).replace(/ %$/, '')
  }
  const built = plan.targets.flatMap((target) => {
    const image = results.images.get(target.id)
    return image === undefined ? [] : [{ target, image, repositories: repositoriesOf(target.repositories) }]
  })
  if (built.length === 0) return outputs
  const published = results.published.size > 0
  const tags = (repositories: readonly Repository[]): string[] =>
    publishTargets(repositories, plan.tags).flatMap((one) =>
      one.tags.map((tag) => `${one.registry}/${one.repository}:${tag}`),
    )
  outputs['digest'] = built.map(({ image }) => image.digest).join('\n')
  if (plan.push)
    outputs['image'] = built
      .flatMap(({ image, repositories }) =>
        repositories.map((one) => `${one.registry}/${one.repository}@${image.digest}`),
      )
      .join('\n')
  if (published) outputs['tags'] = built.flatMap(({ repositories }) => tags(repositories)).join('\n')
  const digests = (image: BuiltImage): Record<string, string> =>
    Object.fromEntries(image.platforms.map((one) => [one.platform, one.digest]))
  const [only, ...others] = built
  outputs['platform-digests'] = JSON.stringify(
    others.length === 0 && only !== undefined
      ? digests(only.image)
      : Object.fromEntries(built.map(({ image }) => [image.id, digests(image)])),
  )
  outputs['metadata'] = JSON.stringify({
    version: plan.version,
    pushed: plan.push,
    published,
    images: built.map(({ image, repositories }) => ({
      name: image.id,
      repositories: repositories.map((one) => `${one.registry}/${one.repository}`),
      digest: image.digest,
      mediaType: image.mediaType,
      platforms: image.platforms,
      tags: tags(repositories),
      labels: image.labels,
    })),
  })
  return outputs
}

function hit(part: CachePart | undefined): string {
  return part?.hit === 'exact' ? 'true' : part?.hit === 'partial' ? 'partial' : 'false'
}

function repositoriesOf(names: readonly string[]): Repository[] {
  return names.flatMap((name) => {
    const reference = parseReference(name)
    return 'reason' in reference ? [] : [{ registry: reference.registry, repository: reference.repository }]
  })
}
