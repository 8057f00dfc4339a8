import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Environment } from '../base/platform.ts'

/** The workflow run that a record names. */
export interface ThisRun {
  /** `OWNER/REPO`. */
  readonly repository: string
  readonly id: string
  readonly attempt: number
  readonly url: string
}

/** The workflow run we are in; undefined outside GitHub Actions. */
export function runOf(env: Environment): ThisRun | undefined {
  const repository = env['GITHUB_REPOSITORY'] ?? ''
  const id = env['GITHUB_RUN_ID'] ?? ''
  if (repository === '' || id === '') return undefined
  const attempt = Number(env['GITHUB_RUN_ATTEMPT'] ?? '1')
  const server = (env['GITHUB_SERVER_URL'] ?? 'https://github.com').replace(/\/+$/, '')
  return {
    repository,
    id,
    attempt: Number.isSafeInteger(attempt) && attempt > 0 ? attempt : 1,
    url: `${server}/${repository}/actions/runs/${id}`,
  }
}

/** Unique to this process, and readable: who holds the lease. */
export function ownerOf(run: ThisRun | undefined): string {
  const random = randomBytes(4).toString('hex')
  return run === undefined ? `${hostname()}.${process.pid}.${random}` : `${run.id}.${run.attempt}.${random}`
}

/** Short enough to be typed, sorted by time: `20261121-143500-9f3a`. */
export function releaseId(now: number): string {
  const stamp = new Date(now).toISOString().replace(/\.\d+Z$/, '').replaceAll(/[-:]/g, '').replace('T', '-') // prettier-ignore
  return `${stamp}-${randomBytes(2).toString('hex')}`
}
