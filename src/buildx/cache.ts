import { formatPlatform, type Platform } from '../base/platform.ts'
import { csv } from './args.ts'

export type LayerCacheInput = 'auto' | 'registry' | 'gha' | 'local' | 'off'

export interface LayerCacheFacts {
  /** The driver in use and whether its engine has the containerd store. */
  readonly driver: 'docker' | 'docker-container' | 'remote' | 'kubernetes'
  readonly containerdStore: boolean
  /** `host/name` without tag, of the first image; undefined when nothing is pushed anywhere. */
  readonly repository?: string
  /** Credentials for that registry were given. */
  readonly loggedIn: boolean
  /** The Actions cache service can be reached (its token and address are in the environment). */
  readonly ghaAvailable: boolean
  /** May write: not a pull request from a fork, not an untrusted trigger. */
  readonly trusted: boolean
  readonly defaultBranch: boolean
  readonly pullRequest: boolean
  /** A tag build: a release takes nothing from a cache that branches can write. */
  readonly release: boolean
  /** The last stage is our generated one: nothing runs in it, so there is nothing to cache. */
  readonly generated: boolean
  readonly platforms: readonly Platform[]
  readonly target?: string
  /** Folder for `local`. */
  readonly folder?: string
}

export interface LayerCache {
  readonly kind: 'registry' | 'gha' | 'local' | 'off'
  readonly from: string[]
  readonly to: string[]
  readonly why: string
}

/** How long GitHub's cache service may take per request before the build goes on without it. */
const GHA_TIMEOUT = '3m'

/**
 * Where layers are cached between runs. Only the default branch writes; everything else reads: exporting costs more
 * than it saves on branches nobody builds twice (docker/build-push-action#545, #1485).
 */
export function layerCache(input: LayerCacheInput, facts: LayerCacheFacts): LayerCache {
  const off = (why: string): LayerCache => ({ kind: 'off', from: [], to: [], why })
  if (input === 'off') return off('switched off')
  if (facts.generated && input === 'auto')
    return off('the generated image only copies files: there is nothing to cache')
  if (facts.release && input === 'auto') return off('a release is built from its sources alone')
  if (facts.driver === 'docker' && !facts.containerdStore) {
    return off('the docker driver without the containerd image store cannot read or write a layer cache')
  }
  const kind = input === 'auto' ? choose(facts) : input
  if (kind === undefined) return off('no registry login and no Actions cache service')
  const writes = facts.trusted && !facts.pullRequest && facts.defaultBranch
  const reads = writes ? 'read and written' : 'only read: it is written on the default branch'
  const scope = cacheScope(facts)
  switch (kind) {
    case 'registry': {
      if (facts.repository === undefined) return off('no image name to keep a registry cache beside')
      const ref = `ref=${facts.repository}:${cacheTag(scope)}`
      const to = csv([
        'type=registry',
        ref,
        'mode=max',
        'image-manifest=true',
        'oci-mediatypes=true',
        'ignore-error=true',
      ])
      const write = writes && facts.loggedIn
      return {
        kind,
        from: [csv(['type=registry', ref])],
        to: write ? [to] : [],
        why: `in the registry at ${ref.slice(4)}, ${write ? reads : facts.loggedIn ? reads : 'only read: no login'}`,
      }
    }
    case 'gha': {
      if (!facts.ghaAvailable) return off('the Actions cache service is not there')
      const where = ['type=gha', `scope=${scope}`, `timeout=${GHA_TIMEOUT}`]
      return {
        kind,
        from: [csv(where)],
        // mode=max would spend minutes of throttled uploads for little reuse (docker/build-push-action#545).
        to: writes ? [csv([...where, 'mode=min', 'ignore-error=true'])] : [],
        why: `in the Actions cache under ${scope}, ${reads}`,
      }
    }
    case 'local': {
      if (facts.folder === undefined) return off('no folder for a local layer cache')
      const where = `${facts.folder.replace(/[/\\]+$/, '')}/${scope}`
      return {
        kind,
        from: [csv(['type=local', `src=${where}`])],
        to: writes
          ? [
              csv([
                'type=local',
                `dest=${where}`,
                'mode=max',
                'image-manifest=true',
                'oci-mediatypes=true',
                'ignore-error=true',
              ]),
            ]
          : [],
        why: `in ${where}, ${reads}`,
      }
    }
  }
}

function choose(facts: LayerCacheFacts): 'registry' | 'gha' | undefined {
  if (facts.loggedIn && facts.repository !== undefined) return 'registry'
  return facts.ghaAvailable ? 'gha' : undefined
}

/** One scope per image, target and set of platforms, so that a matrix does not overwrite its own cache. */
export function cacheScope(facts: Pick<LayerCacheFacts, 'repository' | 'target' | 'platforms'>): string {
  const image = (facts.repository ?? 'image').split('/').slice(1).join('-') || 'image'
  const platforms = facts.platforms.map(formatPlatform).sort().join('-')
  return [image, facts.target ?? '', platforms]
    .filter((part) => part !== '')
    .join('-')
    .replace(/[^A-Za-z0-9_.-]+/g, '-')
}

/** A tag holds 128 characters (OCI distribution spec, `<reference>`); long scopes keep their end, which differs most. */
const cacheTag = (scope: string): string => `buildcache-${scope.slice(-110).replace(/^[.-]+/, '')}`
