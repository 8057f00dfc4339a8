import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Act } from '../base/act.ts'
import { readTextIfAny } from '../base/files.ts'
import { type BranchFile, growBranchFile, readBranchFile } from '../github/branch-file.ts'
import type { GitHub } from '../github/client.ts'
import { auditParts } from './audit.ts'

export interface AuditBranch extends BranchFile {
  /** Folder on the branch, one for each environment. */
  readonly folder: string
}

/**
 * Brings the audit of earlier runs to this machine, so that the chain goes on. A file that is here already stays. Call it
 * before the first line is written. Returns whether something was fetched.
 */
export async function fetchAudit(
  github: GitHub,
  branch: AuditBranch,
  file: string,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await readTextIfAny(file)) !== undefined) return false
  const text = await readBranchFile(github, branch, `${branch.folder}/${basename(file)}`, signal)
  if (text === undefined) return false
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text, { mode: 0o600, flag: 'wx' })
  return true
}

/** Writes the audit, with its rotated parts, to the branch; a part that is there already is left. Returns the last commit. */
export async function keepAudit(
  github: GitHub,
  branch: AuditBranch,
  file: string,
  what: string,
  act: Pick<Act, 'signal'>,
): Promise<string | undefined> {
  let commit: string | undefined
  for (const part of await auditParts(file)) {
    const text = await readFile(part, 'utf8')
    // A line that is being written belongs to the next time.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole === '') continue
    const path = join(branch.folder, basename(part)).replaceAll('\\', '/')
    commit = await growBranchFile(
      github,
      branch,
      { path, text: whole, message: `audit: ${what}` },
      act.signal,
    )
  }
  return commit
}
