import { environmentError } from '../base/errors.ts'
import type { Environment } from '../base/platform.ts'
import { dockerCredentials, RegistryClient } from '../registry/client.ts'
import type { RegistryLogin } from '../registry/credentials.ts'
import { parseReference, type Reference, type Repository } from '../registry/reference.ts'
import type { RegistryAccess } from './build/reader.ts'
import type { Shell } from './shell.ts'

/** The logins of the inputs, and the job's own token for ghcr.io where it is GitHub's. */
export function loginsOf(
  inputs: Pick<RegistryAccess, 'registries' | 'githubToken'>,
  env: Environment,
): RegistryLogin[] {
  const own = inputs.registries.some((login) => login.registry === 'ghcr.io')
  const server = env['GITHUB_SERVER_URL'] ?? 'https://github.com'
  // A token of another server (GHES, Gitea) means nothing to ghcr.io.
  if (own || inputs.githubToken === '' || server !== 'https://github.com') return [...inputs.registries]
  return [
    ...inputs.registries,
    { registry: 'ghcr.io', username: env['GITHUB_ACTOR'] ?? 'x-access-token', password: inputs.githubToken },
  ]
}

/** A client with the logins, mirrors and exceptions of the inputs, and Docker's own logins below them. */
export const registryClient = (inputs: RegistryAccess, act: Shell): RegistryClient =>
  new RegistryClient(act, {
    logins: loginsOf(inputs, act.env),
    mirrors: inputs.registryMirrors,
    insecure: inputs.insecureRegistries,
    credentials: dockerCredentials(act),
  })

/** A reference that has been checked before; one that is none is a fault of ours. */
export function referenceOf(name: string): Reference {
  const reference = parseReference(name)
  if ('reason' in reference) {
    throw environmentError({
      code: 'bad-reference',
      what: `${name} is no image reference`,
      cause: reference.reason,
    })
  }
  return reference
}

/** Where an image goes, without tags. */
export const repositoriesOf = (target: { readonly repositories: readonly string[] }): Repository[] =>
  target.repositories.map(referenceOf).map(({ registry, repository }) => ({ registry, repository }))
