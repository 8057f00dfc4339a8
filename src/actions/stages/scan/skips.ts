import { resolve } from 'node:path'
import { environmentError, messageOf } from '../../../base/errors.ts'
import { GitHub, githubSettings, parseRepository } from '../../../github/client.ts'
import { AuditFile } from '../../../report/audit.ts'
import { formatHead } from '../../../report/audit-chain.ts'
import { type AuditBranch, fetchAudit, keepAudit } from '../../../report/audit-store.ts'
import { permitSkip, type Skip, type SkipPermit } from '../../../scan/skip.ts'
import type { Shell } from '../../shell.ts'
import type { ScanInputs } from './inputs.ts'
import { workspaceOf } from '../../folders.ts'

const KEEP_MS = 60_000

/** Asks whether the skips are allowed; the answer is in the audit, and on its branch when there is one, whatever it is. */
export async function allowSkips(
  skips: readonly Skip[],
  inputs: ScanInputs,
  reports: string,
  act: Shell,
): Promise<{ permit: SkipPermit; head: string | undefined }> {
  const name = act.env['GITHUB_REPOSITORY'] ?? ''
  const token = inputs.access.githubToken
  const github = name === '' || token === '' ? undefined : new GitHub(githubSettings(act.env, token), act)
  const file =
    inputs.audit === undefined ? resolve(reports, 'audit.jsonl') : resolve(workspaceOf(act.env), inputs.audit)
  const branch: AuditBranch | undefined =
    inputs.auditBranch === undefined
      ? undefined
      : { repository: parseRepository(name), branch: inputs.auditBranch, folder: 'scan' }
  if (branch !== undefined && github !== undefined && (await fetchAudit(github, branch, file, act.signal)))
    act.log.info(`the audit goes on from the branch ${branch.branch}`)
  const audit = new AuditFile({ file }, act)
  const { skipReason: reason, admins } = inputs
  try {
    const permit = await permitSkip({ skips, reason, admins }, github, audit, act)
    return { permit, head: audit.head === undefined ? undefined : formatHead(audit.head) }
  } finally {
    if (audit.head !== undefined) act.log.info(`audit: ${file} (${formatHead(audit.head)})`)
    if (branch !== undefined && github !== undefined) await keep(github, branch, file, act)
  }
}

/** A skip that is not kept where the inputs say is not allowed. */
async function keep(github: GitHub, branch: AuditBranch, file: string, act: Shell): Promise<void> {
  const signal = AbortSignal.any([AbortSignal.timeout(KEEP_MS), act.signal])
  try {
    const commit = await keepAudit(github, branch, file, 'scan skip', { signal })
    if (commit !== undefined) act.log.info(`the audit is kept on ${branch.branch} (${commit.slice(0, 12)})`)
  } catch (error) {
    throw environmentError(
      {
        code: 'scan-audit',
        what: `the audit was not brought to the branch ${branch.branch}, so nothing is skipped`,
        cause: messageOf(error),
        fix: 'give the job contents: write, or leave audit-branch empty and keep the audit file yourself',
      },
      { cause: error },
    )
  }
}
