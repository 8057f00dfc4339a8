import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sha256 } from '../../base/download.ts'
import { readTextIfAny } from '../../base/files.ts'
import { formatPlatform, type Platform } from '../../base/platform.ts'
import type { Inputs } from '../../plan/inputs.ts'
import { passedReport } from '../../report/compare.ts'
import type { RunReport } from '../../report/model.ts'
import type { Results } from './results.ts'

/**
 * Where the report of the last good run travels with the build cache to a later one: in a folder that its entry holds, under a name that
 * the go command takes for none of its own. Undefined where the cache belongs to the machine or is not used.
 */
function lastRunFile(results: Results): string | undefined {
  const part = results.buildCache
  return part === undefined || part.status === 'kept' || part.status === 'unavailable'
    ? undefined
    : join(part.store.root, '00', 'gip-last-run.json')
}

/** The report of the last run that passed and whose build cache this run has; undefined when there is none. Never throws. */
export async function readLastRun(results: Results): Promise<RunReport | undefined> {
  const file = lastRunFile(results)
  if (file === undefined) return undefined
  return passedReport(await readTextIfAny(file).catch(() => undefined))
}

/** Puts the report where the next run finds it. */
export async function keepLastRun(results: Results, report: string): Promise<void> {
  const file = lastRunFile(results)
  if (file === undefined) return
  await mkdir(dirname(file), { recursive: true })
  await copyFile(report, file)
}

/**
 * Names a start by all that its verdict depends on: SHA-256 of the image's digest and of how it is started. Undefined with values in the
 * environment: those may be secret, and a hash of a short one tells it.
 */
export function startProof(
  digest: string,
  platform: Platform,
  natively: boolean,
  inputs: Pick<Inputs, 'start' | 'startArgs' | 'startEnv' | 'expose' | 'healthPath' | 'startTimeoutMs'>,
): string | undefined {
  const { start, startArgs, startEnv, expose, healthPath = null, startTimeoutMs } = inputs
  if (startEnv.length > 0) return undefined
  const how = { start, startArgs, expose, healthPath, startTimeoutMs }
  return sha256(JSON.stringify(['start 1', digest, formatPlatform(platform), natively, how]))
}

/** The start with this proof in an earlier report; undefined when it is not there or did not pass. */
export function provenStart(
  report: RunReport | undefined,
  proof: string,
): { readonly detail: string; readonly at: string } | undefined {
  for (const { start } of report?.images ?? [])
    if (report !== undefined && start?.ok === true && start.proof === proof)
      return { detail: start.detail, at: start.provenAt ?? report.startedAt }
  return undefined
}
