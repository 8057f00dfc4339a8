import { environmentError } from '../base/errors.ts'
import { at, listAt, textAt } from './answers.ts'
import { type GitHub, type Repository, route } from './client.ts'
import { GitHubFault, isStatus } from './faults.ts'

/** Files on a branch that nobody checks out, written through the Git data API: no clone, no worktree, no git. */
export interface BranchFile {
  readonly repository: Repository
  /** Without `refs/heads/`. Made as an orphan when it does not exist. */
  readonly branch: string
}

const NEEDS = 'contents: write'
const ATTEMPTS = 5

interface Tip {
  readonly commit: string
  readonly tree: string
}

async function tipOf(
  github: GitHub,
  { repository, branch }: BranchFile,
  signal: AbortSignal,
): Promise<Tip | undefined> {
  const { owner, repo } = repository
  const ref = await github.find(`${route`/repos/${owner}/${repo}/git/ref/`}${refPath(branch)}`, signal, {
    needs: NEEDS,
  })
  if (ref === undefined) return undefined
  const commit = textAt(ref, 'object', 'sha')
  const value = await github.get(route`/repos/${owner}/${repo}/git/commits/${commit}`, signal, {
    needs: NEEDS,
  })
  return { commit, tree: textAt(value, 'tree', 'sha') }
}

const refPath = (branch: string): string => `heads/${branch.split('/').map(encodeURIComponent).join('/')}`

/** The text of a file at the branch's tip; undefined when branch or file is not there. */
export async function readBranchFile(
  github: GitHub,
  target: BranchFile,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const tip = await tipOf(github, target, signal)
  return tip === undefined ? undefined : readAt(github, target, tip, path, signal)
}

async function readAt(
  github: GitHub,
  { repository, branch }: BranchFile,
  tip: Tip,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { owner, repo } = repository
  const tree = await github.get(route`/repos/${owner}/${repo}/git/trees/${tip.tree}`, signal, {
    query: { recursive: 1 },
    needs: NEEDS,
  })
  if (at(tree, 'truncated') === true)
    throw environmentError({
      code: 'github-too-many',
      what: `the branch ${branch} holds more files than GitHub lists`,
      fix: 'begin a new branch for the audit; keep the old one',
    })
  const entry = listAt(tree, 'tree').find((one) => at(one, 'path') === path && at(one, 'type') === 'blob')
  if (entry === undefined) return undefined
  const blob = await github.get(route`/repos/${owner}/${repo}/git/blobs/${textAt(entry, 'sha')}`, signal, {
    needs: NEEDS,
  })
  return Buffer.from(textAt(blob, 'content'), 'base64').toString('utf8')
}

/**
 * Writes a file that only ever grows: what is on the branch must be a beginning of `text`, else `branch-file-diverged`.
 * The branch moves forward only (compare-and-swap: a push in between is read and built upon). Returns the commit.
 */
export async function growBranchFile(
  github: GitHub,
  target: BranchFile,
  file: { readonly path: string; readonly text: string; readonly message: string },
  signal: AbortSignal,
): Promise<string> {
  const { owner, repo } = target.repository
  const send = async (what: string, body: unknown): Promise<string> =>
    // Objects are named by their content: sending one twice is nothing.
    textAt(
      await github.send('POST', `${route`/repos/${owner}/${repo}/git/`}${what}`, signal, {
        body,
        needs: NEEDS,
        repeatable: true,
      }),
      'sha',
    )
  let blob: string | undefined
  for (let attempt = 1; ; attempt++) {
    const tip = await tipOf(github, target, signal)
    const known = tip === undefined ? undefined : await readAt(github, target, tip, file.path, signal)
    if (tip !== undefined && known === file.text) return tip.commit
    if (known !== undefined && !file.text.startsWith(known)) throw diverged(target.branch, file.path)
    blob ??= await send('blobs', { content: Buffer.from(file.text).toString('base64'), encoding: 'base64' })
    const tree = await send('trees', {
      ...(tip === undefined ? {} : { base_tree: tip.tree }),
      tree: [{ path: file.path, mode: '100644', type: 'blob', sha: blob }],
    })
    const commit = await send('commits', {
      message: file.message,
      tree,
      parents: tip === undefined ? [] : [tip.commit],
    })
    try {
      if (tip === undefined)
        await github.send('POST', route`/repos/${owner}/${repo}/git/refs`, signal, {
          body: { ref: `refs/heads/${target.branch}`, sha: commit },
          needs: NEEDS,
        })
      else
        await github.send(
          'PATCH',
          `${route`/repos/${owner}/${repo}/git/refs/`}${refPath(target.branch)}`,
          signal,
          {
            body: { sha: commit, force: false },
            needs: NEEDS,
          },
        )
      return commit
    } catch (error) {
      // Somebody else was faster, or the answer was lost: look again.
      const raced = isStatus(error, 409, 422) || (error instanceof GitHubFault && error.status >= 500)
      if (!raced || attempt >= ATTEMPTS) throw error
      await github.clock.sleep(500 * attempt, signal)
    }
  }
}

function diverged(branch: string, path: string): Error {
  return environmentError({
    code: 'branch-file-diverged',
    what: 'the file on the branch is not a beginning of the one here',
    cause: 'another engine has written another audit under this name, or one of the two was changed',
    where: `${branch}:${path}`,
    fix: 'verify both with "gray audit verify"; keep both, and go on under another name',
  })
}
