import { posix } from 'node:path'
import type { Act } from '../base/act.ts'
import { environmentError, type PipelineError } from '../base/errors.ts'
import type { Finished } from '../base/exec.ts'
import { slashes } from '../base/files.ts'
import { type Environment, lookupEnvironment } from '../base/platform.ts'

const QUESTION_MS = 30_000

/** Runs git in the work tree. A non-zero exit code is an answer. */
export type Git = (args: readonly string[], timeoutMs?: number) => Promise<Finished>

/** A work tree that git agrees to read. */
export interface WorkTree {
  readonly git: Git
  readonly root: string
  readonly shallow: boolean
  readonly environment: Record<string, string>
}

/**
 * Finds the work tree around `dir`, undefined outside git; adds `safe.directory` for this run's children when the runner's own workspace needs it.
 * @throws PipelineError (environment) `git-untrusted-folder`, `git-failed`, `program-missing`
 */
export async function openWorkTree(
  dir: string,
  env: Environment,
  act: Pick<Act, 'exec' | 'log' | 'signal' | 'host'>,
): Promise<WorkTree | undefined> {
  const gitWith =
    (environment: Record<string, string>): Git =>
    (args, timeoutMs = QUESTION_MS) =>
      act.exec.run({
        argv: ['git', '--no-optional-locks', ...args],
        cwd: dir,
        // Messages are read, so they must be English; nobody is there to answer a password prompt.
        env: { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GCM_INTERACTIVE: 'never', ...environment },
        timeoutMs,
        signal: act.signal,
      })
  const question = ['rev-parse', '--show-toplevel', '--is-shallow-repository']
  let environment: Record<string, string> = {}
  let result = await gitWith(environment)(question)
  const untrusted = untrustedFolder(result)
  if (untrusted !== undefined) {
    if (isRunnersOwn(untrusted, env, act.host.os === 'windows')) {
      environment = trusting(untrusted, env, act.host.os)
      result = await gitWith(environment)(question)
    }
    if (untrustedFolder(result) !== undefined) throw untrustedError(untrusted)
    act.log.info(
      `git: ${untrusted} belongs to another user; trusted for this run, because it is the workspace`,
    )
  }
  if (result.code !== 0) {
    if (/not a git repository|must be run in a work tree/i.test(result.stderr)) return undefined
    throw environmentError(
      {
        code: 'git-failed',
        what: 'git cannot read the repository',
        cause: result.stderr.trim().split('\n')[0] ?? '',
        where: dir,
        fix: 'run `git status` in that folder and repair what it says',
      },
      { log: result.tail.join('\n') },
    )
  }
  const [root = dir, shallow] = result.stdout.trim().split(/\r?\n/)
  return { git: gitWith(environment), root: slashes(root), shallow: shallow === 'true', environment }
}

/** The folder that git refuses to trust, from its message (2.35.2 and later word it differently). */
function untrustedFolder(result: Finished): string | undefined {
  if (result.code === 0) return undefined
  const match =
    /dubious ownership in repository at '(.+)'/.exec(result.stderr) ??
    /unsafe repository \('(.+)' is owned by someone else\)/.exec(result.stderr)
  return match?.[1]
}

function isRunnersOwn(folder: string, env: Environment, ignoreCase: boolean): boolean {
  const workspace = env['GITHUB_WORKSPACE']
  if (env['GITHUB_ACTIONS'] !== 'true' || workspace === undefined || workspace === '') return false
  const fold = (path: string): string => {
    const plain = posix.normalize(slashes(path)).replace(/\/+$/, '')
    return ignoreCase ? plain.toLowerCase() : plain
  }
  const inside = fold(folder)
  const top = fold(workspace)
  return inside === top || inside.startsWith(`${top}/`)
}

/** `safe.directory` by environment (git 2.31 and later read it, 2.38 and later obey it there), after what is set already. */
function trusting(folder: string, env: Environment, os: Act['host']['os']): Record<string, string> {
  const set = Number(lookupEnvironment(env, 'GIT_CONFIG_COUNT', os) ?? '0')
  const index = Number.isInteger(set) && set > 0 ? set : 0
  return {
    GIT_CONFIG_COUNT: String(index + 1),
    [`GIT_CONFIG_KEY_${index}`]: 'safe.directory',
    [`GIT_CONFIG_VALUE_${index}`]: folder,
  }
}

const untrustedError = (folder: string): PipelineError =>
  environmentError({
    code: 'git-untrusted-folder',
    what: 'git refuses to read the repository, because another user owns its folder',
    cause:
      'the files were checked out by another user than the one who runs this step, as happens in containers',
    where: folder,
    fix: `run \`git config --global --add safe.directory ${folder}\` as this user before this step, or give the folder to this user`,
  })
