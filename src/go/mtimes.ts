import { lstat, lutimes, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { messageOf, PipelineError } from '../base/errors.ts'

export interface MtimeReport {
  readonly files: number
  readonly directories: number
  readonly symlinks: number
  /** Left alone: changed, missing, LFS, submodules, hidden from git by a flag. */
  readonly skipped: number
  /** Why nothing was done: not a work tree, no git. */
  readonly reason?: string
}

const FIRST_SECOND = 946_684_800 // 2000-01-01
const SECONDS = 631_152_000 // to 2020-01-01
const FRACTIONS = 2 ** 22

/**
 * A modification time, in seconds, that follows from a git object id: about 2^51 values between 2000 and 2020.
 *
 * `go test` takes a result from its cache only when files that the test opened have the same size and mtime
 * (cmd/go/internal/test: hashOpen), and a fresh checkout gives new mtimes. A constant would be wrong: cmd/go's module
 * index trusts (name, mtime, size), so an edit of the same size would go unseen. The fraction is a multiple of 2^-22 s
 * (238 ns): exact in a double, and coarser than NTFS's 100 ns. Node 20 (libuv 1.46) cuts it to microseconds, so results
 * are shared between runs of Node 20, and between runs of newer ones, but not across.
 */
export function mtimeOfObject(oid: string): number {
  const seconds = Number(BigInt(`0x${oid.slice(0, 16)}`) % BigInt(SECONDS))
  const fraction = Number(BigInt(`0x${oid.slice(16, 32)}`) % BigInt(FRACTIONS))
  return FIRST_SECOND + seconds + fraction / FRACTIONS
}

/**
 * Gives every clean tracked file and folder an mtime that follows from its content. Works with fetch-depth 1. What
 * cannot be done is counted or explained, never thrown; only a cancelled run throws.
 *
 * @param root the repository's root, absolute
 */
export async function setContentMtimes(
  root: string,
  act: Pick<Act, 'exec' | 'signal'>,
  options: {
    /** For git, for example `safe.directory` by GIT_CONFIG_*. */
    readonly env?: Readonly<Record<string, string>>
  } = {},
): Promise<MtimeReport> {
  const none = (reason: string): MtimeReport => ({
    files: 0,
    directories: 0,
    symlinks: 0,
    skipped: 0,
    reason,
  })
  const git = async (args: readonly string[]): Promise<string[] | undefined> => {
    const result = await act.exec.run({
      argv: ['git', ...args],
      cwd: root,
      env: { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1', ...options.env },
      timeoutMs: 120_000,
      signal: act.signal,
      maxStdout: 256 * 1024 * 1024,
    })
    return result.code === 0 ? result.stdout.split('\0').filter((entry) => entry !== '') : undefined
  }
  try {
    // -v: lower case is assume-unchanged, S is skip-worktree; only H is what git looks at.
    const index = await git(['ls-files', '-s', '-v', '-z'])
    if (index === undefined) return none('git cannot list the files (not a work tree?)')
    const changed = await git(['diff', '--name-only', '--no-ext-diff', '--ignore-submodules', '-z'])
    if (changed === undefined) return none('git cannot tell which files are changed')
    const staged = await git([
      'diff',
      '--cached',
      '--name-only',
      '--no-ext-diff',
      '--ignore-submodules',
      '-z',
      'HEAD',
    ])
    const lfs = (await git(['ls-files', '-z', ':(attr:filter=lfs)'])) ?? []
    const trees =
      staged === undefined
        ? []
        : ((await git(['ls-tree', '-r', '-t', '-d', '-z', '--full-tree', 'HEAD'])) ?? [])
    const rootTree = staged === undefined ? undefined : (await git(['rev-parse', 'HEAD^{tree}']))?.[0]?.trim()
    const plan = planMtimes({
      index,
      changed,
      staged: staged ?? [],
      lfs,
      trees,
      ...(rootTree === undefined ? {} : { rootTree }),
    })
    const counts = await apply(root, plan.entries, act.signal)
    // Git's own notes of sizes and times are stale now: refreshed once, or every later `git status` reads all files.
    await git(['update-index', '-q', '--refresh'])
    return { ...counts, skipped: counts.skipped + plan.skipped }
  } catch (error) {
    if (act.signal.aborted || (error instanceof PipelineError && error.kind === 'cancelled')) throw error
    return none(messageOf(error))
  }
}

export interface MtimePlan {
  readonly entries: readonly { path: string; kind: 'file' | 'directory' | 'symlink'; seconds: number }[]
  readonly skipped: number
}

/**
 * Decides which paths get which time. All lists are git's own, split at NUL.
 *
 * @param lists.index `ls-files -s -v -z`; @param lists.trees `ls-tree -r -t -d -z HEAD`
 */
export function planMtimes(lists: {
  readonly index: readonly string[]
  readonly changed: readonly string[]
  readonly staged: readonly string[]
  readonly lfs: readonly string[]
  readonly trees: readonly string[]
  /** The tree id of the root folder. */
  readonly rootTree?: string
}): MtimePlan {
  const entries: MtimePlan['entries'][number][] = []
  const left = new Set([...lists.changed, ...lists.lfs])
  // A folder's tree id speaks of HEAD: it holds only where nothing below it differs.
  const touched = new Set<string>()
  for (const path of [...lists.changed, ...lists.staged, ...lists.lfs]) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      touched.add(path.slice(0, at))
  }
  let skipped = 0
  for (const line of lists.index) {
    const match = /^(\S) (\d{6}) ([0-9a-f]{40,64}) (\d)\t([\s\S]+)$/.exec(line)
    const [, tag, mode = '', oid = '', stage, path = ''] = match ?? []
    const regular = mode.startsWith('100')
    if (tag !== 'H' || stage !== '0' || left.has(path) || !(regular || mode === '120000')) {
      skipped++
      continue
    }
    entries.push({ path, kind: regular ? 'file' : 'symlink', seconds: mtimeOfObject(oid) })
  }
  for (const line of lists.trees) {
    const match = /^040000 tree ([0-9a-f]{40,64})\t([\s\S]+)$/.exec(line)
    const [, oid = '', path = ''] = match ?? []
    if (match !== null && !touched.has(path))
      entries.push({ path, kind: 'directory', seconds: mtimeOfObject(oid) })
  }
  if (lists.rootTree !== undefined && lists.changed.length + lists.staged.length + lists.lfs.length === 0)
    entries.push({ path: '.', kind: 'directory', seconds: mtimeOfObject(lists.rootTree) })
  return { entries, skipped }
}

const AT_ONCE = 32

async function apply(
  root: string,
  entries: MtimePlan['entries'],
  signal: AbortSignal,
): Promise<{ files: number; directories: number; symlinks: number; skipped: number }> {
  const counts = { files: 0, directories: 0, symlinks: 0, skipped: 0 }
  let next = 0
  const worker = async (): Promise<void> => {
    for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) {
      signal.throwIfAborted()
      const path = join(root, entry.path)
      try {
        if (entry.kind === 'symlink') {
          await lutimes(path, entry.seconds, entry.seconds)
          counts.symlinks++
        } else {
          // Never through a link: what git calls a file or folder may have been replaced by one.
          const now = await lstat(path)
          if (entry.kind === 'file' ? !now.isFile() : !now.isDirectory()) {
            counts.skipped++
            continue
          }
          await utimes(path, entry.seconds, entry.seconds)
          counts[entry.kind === 'file' ? 'files' : 'directories']++
        }
      } catch {
        counts.skipped++
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
  return counts
}
