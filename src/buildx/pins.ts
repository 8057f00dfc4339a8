import pins from './pins.json' with { type: 'json' }
import type { Host } from '../base/platform.ts'

/** The Buildx release that `auto` downloads, with a leading v. */
export const PINNED_BUILDX = pins.buildx.version

/** The BuildKit image of docker-container and kubernetes builders: tag for people, digest for the engine. */
export const PINNED_BUILDKIT = pins.buildkit.image

/**
 * The oldest Buildx that does all we ask: `--progress=rawjson`, `--call=check`, `prune --max-used-space` and the
 * GitHub Actions cache service v2, which came with 0.21 (docker/build-push-action#1345).
 */
export const MINIMUM_BUILDX = '0.21.0'

/** The committed SHA-256 of a release binary, or undefined when this version and platform are not pinned. */
export function pinnedChecksum(version: string, platform: string): string | undefined {
  if (version !== pins.buildx.version) return undefined
  return (pins.buildx.sha256 as Readonly<Record<string, string | undefined>>)[platform]
}

/** The platform part of a release file's name (`linux-arm-v7`), or undefined when no binary is published for it. */
export function releasePlatform(host: Host): string | undefined {
  const name = `${host.os}-${host.arch === 'arm' ? 'arm-v7' : host.arch}`
  return name in pins.buildx.sha256 ? name : undefined
}
