import type { Act } from '../base/act.ts'
import { environmentError, messageOf } from '../base/errors.ts'
import type { Environment } from '../base/platform.ts'
import { type ImageFacts, readImage, RUN_LABEL } from './container.ts'
import { type LoadedImage, loadFromRegistry, pullImage, removeImage } from './load.ts'
import type { StartAct, StartOptions, StartReport } from './start-types.ts'
import { docker, Trial } from './trial.ts'

export type { StartMode, StartOptions, StartReport } from './start-types.ts'

/**
 * Proves that an image starts, the way a careful cluster runs it: read-only root, no capabilities, no new privileges,
 * low ports forbidden. The container is removed whatever happens. A failing program is a report, not an exception;
 * exceptions are for a broken engine and for cancellation.
 */
export async function startImage(options: StartOptions, act: StartAct): Promise<StartReport> {
  if (options.mode === 'off') return skipped('the start is switched off')
  const loaded = await fetchImage(options, act)
  const trials: Trial[] = []
  try {
    return await startLoaded(options, act, trials)
  } finally {
    const removal = removeAll(trials, loaded)
    if (options.defer === undefined) await removal
    else options.defer(removal)
  }
}

/** Containers first: an image that one stands on stays. */
async function removeAll(trials: readonly Trial[], image: LoadedImage): Promise<void> {
  await Promise.all(trials.map((trial) => trial.remove()))
  await image.remove()
}

async function fetchImage(options: StartOptions, act: StartAct): Promise<LoadedImage> {
  const { image, platform, dockerEnv } = options
  const remove = options.remove === true
  if (options.pull === true) {
    if (platform === undefined) throw new TypeError('a pull needs a platform')
    if (remove) return loadFromRegistry(image, platform, act, dockerEnv)
    await pullImage(image, platform, act, dockerEnv)
  }
  return { image, remove: () => (remove ? removeImage(image, act, dockerEnv) : Promise.resolve()) }
}

async function startLoaded(options: StartOptions, act: StartAct, trials: Trial[]): Promise<StartReport> {
  const image = await inspectImage(options, act)
  const attempt = (readOnly: boolean): Promise<StartReport> => {
    const trial = new Trial(options, image, readOnly, act)
    trials.push(trial)
    return trial.run()
  }
  const report = await attempt(true)
  if (report.verdict !== 'failed' || report.problems[0]?.code !== 'start-read-only') return report
  act.log.info('it writes into its own file system: once more with a writable root, to tell the rest')
  const again = await attempt(false)
  if (again.verdict !== 'passed') return { ...again, problems: [...again.problems, ...report.problems] }
  return {
    ...again,
    warnings: [
      ...again.warnings,
      {
        code: 'start-writable-root',
        what: 'the program only starts with a writable root file system',
        cause: report.problems[0].cause ?? 'it writes into the image’s own file system',
        fix: 'write below /tmp, or into a volume; then readOnlyRootFilesystem can be set in the cluster',
      },
    ],
  }
}

const skipped = (cause: string): StartReport => ({
  verdict: 'skipped',
  as: undefined,
  problems: [],
  warnings: [{ code: 'start-skipped', what: 'the image was not started', cause }],
  listeners: [],
  logs: [],
  readOnly: false,
  summary: cause,
})

async function inspectImage(options: StartOptions, act: StartAct): Promise<ImageFacts> {
  const asked = await docker(['image', 'inspect', options.image], options, act)
  const image = asked.code === 0 ? readImage(asked.stdout) : undefined
  if (image === undefined) {
    throw environmentError(
      {
        code: 'start-no-image',
        what: `the engine does not hold ${options.image}`,
        cause: asked.stderr.trim().split('\n').at(-1) ?? '',
        fix: 'load or pull it before it is started',
      },
      { log: asked.tail.join('\n') },
    )
  }
  return image
}

/** Removes trial containers that a killed run left behind. Never throws. */
export async function removeTrials(
  run: string,
  act: Pick<Act, 'exec' | 'log'>,
  dockerEnv?: Environment,
): Promise<number> {
  const env = dockerEnv === undefined ? {} : { env: dockerEnv }
  try {
    const left = await act.exec.run({
      argv: ['docker', 'ps', '-aq', '--filter', `label=${RUN_LABEL}=${run}`],
      ...env,
      timeoutMs: 20_000,
    })
    const ids = left.code === 0 ? left.stdout.split(/\s+/).filter((id) => id !== '') : []
    if (ids.length > 0) {
      await act.exec.run({
        argv: ['docker', 'rm', '--force', '--volumes', ...ids],
        ...env,
        timeoutMs: 60_000,
      })
    }
    return ids.length
  } catch (error) {
    act.log.debug(`trial containers of ${run}: ${messageOf(error)}`)
    return 0
  }
}
