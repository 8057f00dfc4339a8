/** What can be judged of an image without asking the registry again. Pure. */
import type { Problem } from '../base/errors.ts'
import { formatPlatform, type Platform, samePlatform } from '../base/platform.ts'
import { type Descriptor, type ImageConfig, toPlatform } from './media-types.ts'

export const REBUILD = 'build and push the image again; if it stays, report it against the tool that built it'

export const short = (digest: string): string => digest.slice(0, 19)

export const platformOf = (config: ImageConfig): Platform =>
  toPlatform({
    os: config.os,
    architecture: config.architecture,
    ...(config.variant === undefined ? {} : { variant: config.variant }),
    ...(config.osVersion === undefined ? {} : { 'os.version': config.osVersion }),
  })

/** What a configuration says about itself against its manifest, its entry in the index and the labels asked for. */
export function checkConfig(
  config: ImageConfig,
  layers: number,
  entry: Descriptor | undefined,
  labels: Readonly<Record<string, string>>,
): Problem[] {
  const problems: Problem[] = []
  if (config.diffIds.length !== layers)
    problems.push({
      code: 'image-layer-count',
      what: 'the configuration and the manifest do not name the same layers',
      cause: `${config.diffIds.length} diff_ids, ${layers} layers`,
      fix: REBUILD,
    })
  if (config.layerHistory !== undefined && config.layerHistory > 0 && config.layerHistory !== layers)
    problems.push({
      code: 'image-history-count',
      what: 'the history of the image does not fit its layers',
      cause: `${config.layerHistory} entries that made a layer, ${layers} layers`,
      fix: REBUILD,
    })
  if (entry?.platform !== undefined) {
    const said = toPlatform(entry.platform)
    const own = platformOf(config)
    if (!samePlatform(said, own) || said.osVersion !== own.osVersion)
      problems.push({
        code: 'image-platform-mismatch',
        what: `the index says ${display(said)}, the configuration ${display(own)}`,
        cause: 'an engine would pull it for the wrong machine',
        fix: REBUILD,
      })
  }
  for (const [name, value] of Object.entries(labels)) {
    const actual = config.labels[name]
    if (actual !== value)
      problems.push({
        code: 'image-label-mismatch',
        what: `the label ${name} is ${actual === undefined ? 'missing' : `"${actual}"`}`,
        cause: `expected "${value}"`,
        fix: 'look for a LABEL of the same name in the Dockerfile or the base',
      })
  }
  return problems
}

const display = (platform: Platform): string =>
  formatPlatform(platform) + (platform.osVersion === undefined ? '' : ` (${platform.osVersion})`)

/** Every wanted platform once, no platform twice. Windows platforms are told apart by their OS version. */
export function checkPlatforms(
  found: readonly Platform[],
  wanted: readonly Platform[],
  where: string,
): Problem[] {
  const problems: Problem[] = []
  const names = found.map((platform) => `${formatPlatform(platform)} ${platform.osVersion ?? ''}`)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined)
    problems.push({
      code: 'image-platform-twice',
      what: `the index has ${twice.trim()} more than once`,
      cause: 'engines take the first one and never see the other',
      where: where,
      fix: REBUILD,
    })
  for (const platform of wanted) {
    if (found.some((found) => samePlatform(found, platform))) continue
    problems.push({
      code: 'image-platform-missing',
      what: `the image has no ${formatPlatform(platform)}`,
      cause: `it has ${found.map(formatPlatform).join(', ') || 'no platform that could be read'}`,
      where: where,
      fix: 'build for it (input "platforms") and push the whole index',
    })
  }
  return problems
}
