import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { readTextIfAny } from '../../base/files.ts'
import type { Environment } from '../../base/platform.ts'
import { type CacheAccess, cacheAccess } from '../../cache/access.ts'
import type { ModuleFile } from '../../cache/keys.ts'
import { type CacheLocations, cacheLocations, goEnvFile, parseGoEnv } from '../../cache/locations.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Shell } from '../shell.ts'
import type { RunContext } from './run-context.ts'

/** Where this run's go command keeps its caches. */
export async function goCacheLocations({ host, env }: Pick<Shell, 'host' | 'env'>): Promise<CacheLocations> {
  const file = goEnvFile(host, env)
  const saved = file === undefined ? undefined : await readTextIfAny(file)
  return cacheLocations({
    host,
    env,
    runnerTemp: env['RUNNER_TEMP'],
    ...(saved === undefined ? {} : { goEnv: parseGoEnv(saved) }),
  })
}

/** The files that say which modules the project needs. */
export function moduleFiles({ root, workspace }: Pick<Facts, 'root' | 'workspace'>): Promise<ModuleFile[]> {
  return Promise.all(
    workspace.sumFiles.map(async (path) => ({
      path,
      content: await readFile(resolve(root, path), 'utf8'),
    })),
  )
}

/** Whether this run may read and save entries of the cache service. */
export async function accessOf({ act, inputs }: Pick<RunContext, 'act' | 'inputs'>): Promise<CacheAccess> {
  return cacheAccess(act.env, inputs.cache, await webhookPayload(act.env))
}

/** The parsed payload of the event, of unknown shape; undefined where there is none. */
export async function webhookPayload(env: Environment): Promise<unknown> {
  const file = env['GITHUB_EVENT_PATH']
  const text = file === undefined || file === '' ? undefined : await readTextIfAny(file)
  try {
    return text === undefined ? undefined : (JSON.parse(text) as unknown)
  } catch {
    return undefined
  }
}
