import type { Act } from '../base/act.ts'
import { environmentError, messageOf } from '../base/errors.ts'
import type { Finished } from '../base/exec.ts'
import { type Environment, formatPlatform, type Platform } from '../base/platform.ts'
import { retry } from '../base/retry.ts'
import { classifyBuildFault, explainFailure } from '../buildx/errors.ts'

export interface LoadedImage {
  /** What `docker create` takes. */
  readonly image: string
  /** Removes it from the engine again, when it was not there before. Never throws. */
  remove(): Promise<void>
}

type LoadAct = Pick<Act, 'exec' | 'log' | 'signal' | 'clock' | 'counter'>

/** Pulls `name@sha256:…` for one platform, to be removed again when it was not there before. */
export async function loadFromRegistry(
  reference: string,
  platform: Platform,
  act: LoadAct,
  dockerEnv?: Environment,
): Promise<LoadedImage> {
  const had = (await call(['image', 'inspect', '--format', '{{.Id}}', reference], act, dockerEnv)).code === 0
  await pullImage(reference, platform, act, dockerEnv)
  return {
    image: reference,
    remove: () => (had ? Promise.resolve() : removeImage(reference, act, dockerEnv)),
  }
}

/** Pulls `name@sha256:…` for one platform: exactly what was pushed is what is started. */
export async function pullImage(
  reference: string,
  platform: Platform,
  act: LoadAct,
  dockerEnv?: Environment,
): Promise<void> {
  await retry(
    async () => {
      const pulled = await call(
        ['pull', '--quiet', '--platform', formatPlatform(platform), reference],
        act,
        dockerEnv,
        15 * 60_000,
      )
      if (pulled.code !== 0) throw new DockerFault(pulled)
    },
    {
      what: `pull of ${reference}`,
      classify: (error) =>
        error instanceof DockerFault ? classifyBuildFault(error.said) : { kind: 'final' },
      signal: act.signal,
      log: act.log,
      clock: act.clock,
      counter: act.counter,
    },
  ).catch((error: unknown) => {
    throw error instanceof DockerFault
      ? explain(error, `${reference} could not be pulled to be started`)
      : error
  })
}

/**
 * Loads an archive that BuildKit wrote: `type=docker`, or `type=oci` into an engine with the containerd store (the
 * classic store takes an OCI archive of one platform only).
 */
export async function loadFromArchive(
  file: string,
  act: LoadAct,
  dockerEnv?: Environment,
): Promise<LoadedImage> {
  const loaded = await call(['load', '--input', file], act, dockerEnv, 10 * 60_000)
  if (loaded.code !== 0)
    throw explain(new DockerFault(loaded), 'the built image could not be loaded to be started')
  const image = loadedName(loaded.stdout)
  if (image === undefined) {
    throw environmentError(
      {
        code: 'start-load',
        what: 'the engine did not tell the name of the image it loaded',
        fix: 'update Docker; or set "start: off"',
      },
      { log: loaded.tail.join('\n') },
    )
  }
  return { image, remove: () => removeImage(image, act, dockerEnv) }
}

/** `Loaded image: name:tag` or `Loaded image ID: sha256:…`; the first one counts. */
export function loadedName(said: string): string | undefined {
  return /^Loaded image(?: ID)?: (\S+)$/m.exec(said)?.[1]
}

class DockerFault extends Error {
  readonly said: string
  constructor(finished: Finished) {
    const said = finished.tail
      .filter((line) => line.trim() !== '')
      .slice(-20)
      .join('\n')
    super(said.split('\n').at(-1) ?? `exit code ${finished.code}`)
    this.said = said
  }
}

function explain(fault: DockerFault, what: string): Error {
  const known = explainFailure(fault.said)
  return environmentError(
    {
      code: `start-${known?.code ?? 'load'}`,
      what,
      cause: [known?.cause, messageOf(fault)].filter((part) => part !== undefined && part !== '').join(' – '),
      fix: known?.fix ?? 'see the message of the engine below',
    },
    { log: fault.said },
  )
}

/** Never throws. */
export async function removeImage(
  image: string,
  act: Pick<Act, 'exec' | 'log'>,
  dockerEnv?: Environment,
): Promise<void> {
  try {
    await act.exec.run({
      argv: ['docker', 'image', 'rm', '--force', image],
      ...(dockerEnv === undefined ? {} : { env: dockerEnv }),
      timeoutMs: 60_000,
    })
  } catch (error) {
    act.log.debug(`removal of ${image}: ${messageOf(error)}`)
  }
}

function call(
  args: readonly string[],
  act: Pick<Act, 'exec' | 'signal'>,
  dockerEnv?: Environment,
  timeoutMs = 60_000,
): Promise<Finished> {
  return act.exec.run({
    argv: ['docker', ...args],
    ...(dockerEnv === undefined ? {} : { env: dockerEnv }),
    timeoutMs,
    signal: act.signal,
  })
}
