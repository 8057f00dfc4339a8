import type { DockerfileCopy } from '../project/dockerfile.ts'
import type { Facts } from './facts.ts'
import type { Inputs } from './inputs.ts'
import type { Plan } from './make.ts'

/**
 * Whether the RUN steps of the user's Dockerfile get Go's caches. `auto`: where the builder begins empty; a kept one has its own cache
 * mounts, which would only be hidden. Where it was to be expected and is not done, the note says why. Pure.
 */
export function decideDockerfileCaches(
  plan: Pick<Plan, 'form' | 'driver'>,
  inputs: Pick<Inputs, 'dockerfileCaches' | 'keepBuilder' | 'noCache' | 'cache'>,
  facts: Pick<Facts, 'dockerfile' | 'hosted' | 'cacheService'>,
): { readonly copy?: DockerfileCopy; readonly note?: string } {
  const copy = facts.dockerfile?.copy
  if (plan.form !== 'dockerfile' || inputs.dockerfileCaches === 'off' || copy === undefined) return {}
  const { driver, boots } = plan.driver
  const empty = facts.hosted === true || (boots && !inputs.keepBuilder)
  if (inputs.dockerfileCaches === 'auto' && !empty) return {}
  const not = (why: string): { note: string } => ({ note: `The Dockerfile gets no Go caches: ${why}.` })
  if (driver !== 'docker' && driver !== 'docker-container')
    return not(`the builder is elsewhere (driver ${driver})`)
  if ('why' in copy) return not(copy.why)
  if (inputs.noCache) return not('no-cache is set')
  if (inputs.cache === 'off') return not('cache is off')
  if (facts.cacheService !== true) return not('there is no cache service here to keep them')
  const { lines, text } = copy
  const how = text === undefined ? '' : ', in a copy'
  return {
    copy,
    note: `Go’s caches are handed to the Dockerfile (line${lines.length > 1 ? 's' : ''} ${lines.join(', ')}${how}; dockerfile-caches: off leaves it as it is).`,
  }
}
