import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { temporaryRoot } from '../base/files.ts'
import type { Environment } from '../base/platform.ts'

/** Where relative paths of the inputs begin. */
export function workspaceOf(env: Environment): string {
  const given = env['GITHUB_WORKSPACE']
  return given === undefined || given === '' ? process.cwd() : given
}

/**
 * Where a stage writes: what its input says, else a folder of the job's own temporary one, else (outside GitHub Actions) .gip/NAME.
 * @param part tells runs of the same job apart, for example the environment
 */
export function stageFolder(
  name: string,
  given: string | undefined,
  env: Environment,
  part?: string,
): string {
  if (given !== undefined) return resolve(workspaceOf(env), given)
  if (env['GITHUB_ACTIONS'] !== 'true') return resolve(workspaceOf(env), '.gip', name)
  const suffix = part === undefined ? '' : `-${part.replaceAll(/[^A-Za-z0-9.-]/g, '-')}`
  return resolve(temporaryRoot(env), `gip-${name}${suffix}`)
}

/**
 * Makes the folder, out of git's sight when it is new. A folder that was there is the user's: nothing is put in it but
 * the report.
 */
export async function makeReportFolder(folder: string): Promise<void> {
  const made = await mkdir(folder, { recursive: true })
  if (made !== undefined) await writeFile(join(folder, '.gitignore'), '*\n')
}
