import { readFile } from 'node:fs/promises'
import { messageOf } from '../../base/errors.ts'
import type { GitHub, Repository } from '../../github/client.ts'
import { auditParts } from '../../report/audit.ts'
import { type AuditEntry, verifyAudit } from '../../report/audit-chain.ts'
import { type AuditBranch, fetchAudit, keepAudit } from '../../report/audit-store.ts'
import type { Shell } from '../shell.ts'
import type { GrayInputs } from './inputs.ts'
import type { Wires } from './wire.ts'

/** A kept audit is worth waiting for, but not the last minutes of a job. */
const KEEP_MS = 60_000

/** Where the audit comes from and where it goes: the branch of the inputs, or nowhere but its file. */
export function auditKeeping(
  inputs: GrayInputs,
  file: string,
  github: { readonly client: GitHub; readonly repository: Repository } | undefined,
  act: Shell,
  calm: AbortSignal | undefined,
): Pick<Wires, 'fetchAudit' | 'keepAudit' | 'auditEntries'> {
  const { auditBranch, environment } = inputs
  const branch: AuditBranch | undefined =
    auditBranch === undefined || github === undefined
      ? undefined
      : {
          repository: github.repository,
          branch: auditBranch,
          folder: environment.replaceAll(/[^A-Za-z0-9.-]/g, '-'),
        }
  return {
    fetchAudit: async () => {
      if (branch === undefined || github === undefined) return
      if (await fetchAudit(github.client, branch, file, act.signal))
        act.log.info(`the audit goes on from the branch ${branch.branch}`)
    },
    keepAudit: async () => {
      if (branch === undefined || github === undefined) return
      // Also of a cancelled run: its last lines matter most.
      const signals = [AbortSignal.timeout(KEEP_MS), ...(calm === undefined ? [] : [calm])]
      try {
        const commit = await keepAudit(github.client, branch, file, environment, { signal: AbortSignal.any(signals) }) // prettier-ignore
        if (commit !== undefined)
          act.log.info(`the audit is kept on ${branch.branch} (${commit.slice(0, 12)})`)
      } catch (error) {
        act.log.warning(
          `the audit was not brought to ${branch.branch}, it is in ${file}: ${messageOf(error)}`,
        )
      }
    },
    auditEntries: async (release) => {
      const entries: AuditEntry[] = []
      for (const part of await auditParts(file))
        entries.push(...verifyAudit(await readFile(part, 'utf8')).entries)
      return entries.filter((entry) => entry.release === release)
    },
  }
}
