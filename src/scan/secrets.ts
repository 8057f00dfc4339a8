import { join } from 'node:path'
import type { Act } from '../base/act.ts'
import { environmentError, inputError, type PipelineError } from '../base/errors.ts'
import { readTextIfAny, slashes } from '../base/files.ts'
import type { WorkTree } from '../project/git-folder.ts'
import type { ScanPart } from './findings.ts'
import { parseGitleaks } from './gitleaks.ts'
import type { Scanner } from './install.ts'
import { unreadable } from './source.ts'

export const SECRET_SCOPES = ['auto', 'history', 'folder'] as const
export type SecretScope = (typeof SECRET_SCOPES)[number]

export interface SecretRequest {
  /** What is looked at when it is no git repository, or the scope is `folder`. */
  readonly folder: string
  readonly scope: SecretScope
  /** The event is a pull request. */
  readonly pullRequest: boolean
}

export type SecretTarget =
  | { readonly kind: 'history' }
  /** The commits of a pull request: HEAD is GitHub's merge commit, its first parent the base. */
  | { readonly kind: 'range'; readonly range: string }
  | { readonly kind: 'folder' }

const SCAN_MS = 60 * 60_000
const LEAKS = 7

/**
 * What is looked at. A secret that was committed once is in every clone, so the history counts, not the last state. A history
 * that is cut off would pass unseen, so it is refused.
 *
 * @param git undefined outside git
 */
export function chooseTarget(
  request: Pick<SecretRequest, 'scope' | 'pullRequest'>,
  git: { readonly shallow: boolean; readonly parents: number } | undefined,
): SecretTarget {
  if (request.scope === 'folder') return { kind: 'folder' }
  if (git === undefined) {
    if (request.scope === 'auto') return { kind: 'folder' }
    throw inputError({
      code: 'scan-no-history',
      what: 'there is no git history to look for secrets in',
      input: 'secret-scope',
      value: request.scope,
      fix: 'check the repository out, or set secret-scope: folder',
    })
  }
  if (git.shallow)
    throw inputError({
      code: 'scan-no-history',
      what: 'the git history is cut off, so secrets in older commits would not be seen',
      cause: 'the clone is shallow (actions/checkout fetches one commit unless told otherwise)',
      input: 'secret-scope',
      value: request.scope,
      fix: 'set fetch-depth: 0 in actions/checkout, or secret-scope: folder to look at the present files only',
    })
  return request.scope === 'auto' && request.pullRequest && git.parents === 2
    ? { kind: 'range', range: 'HEAD^1..HEAD' }
    : { kind: 'history' }
}

/**
 * Looks for secrets with gitleaks. It is pointed at the git folder, not the work tree, so that nothing in the checkout
 * (`.gitleaksignore`, `.gitattributes`) hides a commit from it; comments `gitleaks:allow` do not count either. What is
 * accepted stands in the ignore file, with a reason and an end.
 *
 * @throws PipelineError input `scan-no-history`, environment `scan-failed`, `scan-output`
 */
export async function scanSecrets(
  request: SecretRequest,
  tree: WorkTree | undefined,
  scanner: Scanner,
  act: Pick<Act, 'exec' | 'log' | 'signal'>,
): Promise<ScanPart> {
  const started = Date.now()
  const parents = tree === undefined ? 0 : await countParents(tree)
  const target = chooseTarget(request, tree === undefined ? undefined : { shallow: tree.shallow, parents })
  const top = tree?.root ?? request.folder
  const notes: string[] = []
  const config = join(top, '.gitleaks.toml')
  const own = (await readTextIfAny(config)) !== undefined
  if (own) notes.push('rules and allow lists of .gitleaks.toml are used')
  if ((await readTextIfAny(join(top, '.gitleaksignore'))) !== undefined)
    notes.push(
      target.kind === 'folder'
        ? '.gitleaksignore hides findings without a reason and an end'
        : '.gitleaksignore is not read: accept findings in the ignore file, with a reason and an end',
    )
  const where =
    target.kind === 'folder' ? ['dir', request.folder] : ['git', ...(await gitArguments(target, tree))]
  const done = await act.exec.run({
    argv: [
      scanner.program, ...where,
      '--redact=100', '--ignore-gitleaks-allow', '--no-banner', '--no-color', '--log-level', 'info',
      '--report-format', 'json', '--report-path', '-', '--exit-code', String(LEAKS),
      ...(own ? ['--config', config] : []),
    ], // prettier-ignore
    // Not the folder that is scanned: gitleaks reads .gitleaksignore of where it stands as well.
    cwd: target.kind === 'folder' ? request.folder : await gitFolder(tree),
    env: { ...trusted(tree), GITLEAKS_CONFIG: undefined, GITLEAKS_CONFIG_TOML: undefined, LC_ALL: 'C' },
    timeoutMs: SCAN_MS,
    maxStdout: 128 * 1024 * 1024,
    signal: act.signal,
  })
  const fault = gitleaksFault(done)
  if (fault !== undefined) throw fault
  const commits = /(\d+) commits scanned/.exec(done.stderr)?.[1]
  const subject =
    target.kind === 'folder'
      ? 'the files of the folder'
      : target.kind === 'range'
        ? `the pull request (commits: ${commits ?? 'all'})`
        : `the history (commits: ${commits ?? 'all'})`
  try {
    const findings = parseGitleaks(done.stdout, (file) => relative(file, request.folder))
    return {
      scanner: 'gitleaks',
      subject,
      version: scanner.version,
      findings,
      notes,
      ms: Date.now() - started,
    }
  } catch (error) {
    // Not its output: even a redacted report has no business in the log.
    throw unreadable('gitleaks', subject, error, [])
  }
}

/**
 * Why gitleaks could not look; undefined when it could. It exits with 0 and reports nothing when git itself fails (a wrong
 * range, no repository), so its log decides.
 */
export function gitleaksFault(done: {
  readonly code: number
  readonly stderr: string
}): PipelineError | undefined {
  const errors = done.stderr.split('\n').filter((line) => /(?:^|\s)(?:ERR|FTL)\s/.test(line))
  if ((done.code === 0 || done.code === LEAKS) && errors.length === 0) return undefined
  const cause = errors[0]?.replace(/^.*?(?:ERR|FTL)\s+/, '')
  return environmentError(
    {
      code: 'scan-failed',
      what: 'gitleaks could not look for secrets',
      cause: cause ?? `it ended with exit code ${done.code}`,
      fix: 'see its last output below; a history that git cannot read has to be fetched again (fetch-depth: 0)',
    },
    { log: done.stderr },
  )
}

async function gitArguments(target: SecretTarget, tree: WorkTree | undefined): Promise<string[]> {
  const options = target.kind === 'range' ? target.range : '--all'
  return [await gitFolder(tree), `--log-opts=${options}`]
}

async function gitFolder(tree: WorkTree | undefined): Promise<string> {
  const found = await tree?.git(['rev-parse', '--absolute-git-dir'])
  return found?.code === 0 ? found.stdout.trim() : '.git'
}

async function countParents(tree: WorkTree): Promise<number> {
  const found = await tree.git(['rev-list', '--parents', '--max-count=1', 'HEAD'])
  return found.code === 0 ? found.stdout.trim().split(/\s+/).length - 1 : 0
}

/** git refuses a folder of another user by its own path; the work tree's was found to be the runner's own before. */
const trusted = (tree: WorkTree | undefined): Record<string, string> =>
  tree === undefined || Object.keys(tree.environment).length === 0
    ? {}
    : {
        ...tree.environment,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
      }

function relative(file: string, folder: string): string {
  const at = slashes(file)
  const top = `${slashes(folder).replace(/\/+$/, '')}/`
  return at.startsWith(top) ? at.slice(top.length) : at
}
