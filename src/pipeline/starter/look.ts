import { readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { Act } from '../../base/act.ts'
import { PipelineError } from '../../base/errors.ts'
import { probe } from '../../base/exec.ts'
import { webUrl } from '../../project/event.ts'
import { gitFacts } from '../../project/git.ts'
import { findMains, findModules } from '../../project/modules.ts'
import { findFiles } from '../glob.ts'
import type { StarterFacts, StarterMain, TextFile } from './model.ts'

/** What init looks for; folders of tests' data are left out below. */
const GLOBS = [
  '**/Dockerfile', '**/Dockerfile.*', '**/*.Dockerfile', '**/*compose*.{yml,yaml}', '**/*_test.go', '**/*_windows.go',
  '**/*_darwin.go', '.golangci.{yml,yaml,toml,json}', '**/.golangci.{yml,yaml,toml,json}', '.github/workflows/*.{yml,yaml}', 'deploy/*.{yml,yaml}', 'deploy/known_hosts',
] // prettier-ignore

/** `//go:build` lines that ask for the tag, and do not only forbid it. */
const INTEGRATION = /^\/\/go:build\b(?=.*(?<![!\w])integration\b)/m

/**
 * Looks at the repository around `top`; changes nothing. `workingDirectory` is where modules and mains are looked for.
 * @throws PipelineError (input) with every problem of go.mod and go.work
 */
export async function lookAtRepository(
  top: string,
  workingDirectory: string,
  act: Pick<Act, 'exec' | 'log' | 'signal' | 'host' | 'env'>,
): Promise<StarterFacts> {
  const workspace = await findModules(top, workingDirectory)
  if (workspace.problems.length > 0) throw new PipelineError('input', workspace.problems)
  const [mains, git, files] = await Promise.all([
    findMains(top, workingDirectory, workspace),
    gitOf(top, act),
    findFiles(top, GLOBS),
  ])
  const seen = files.filter((path) => !/(^|\/)(testdata|_[^/]*|node_modules|vendor)\//.test(path))
  const read = async (paths: readonly string[]): Promise<TextFile[]> => {
    const found: TextFile[] = []
    for (const path of paths) found.push({ path, text: await readFile(join(top, path), 'utf8') })
    return found
  }
  const named = (pattern: RegExp): string[] => seen.filter((path) => pattern.test(path))
  const composes = await read(named(/compose[^/]*\.ya?ml$/))
  const tests = await read(named(/_test\.go$/))
  const lint = named(/(^|\/)\.golangci\.\w+$/)[0]
  return {
    modules: workspace.modules.map((module) => module.dir),
    mains: mains.map(({ module, path, name }): StarterMain => {
      // findMains tells paths from the folder it was asked about.
      const whole = posix.normalize(posix.join(workingDirectory, path))
      const inside = posix.relative(module.dir, whole)
      return { module: module.dir, path: inside === '' ? '.' : `./${inside}`, name }
    }),
    dockerfiles: await read(named(/(^|\/)(Dockerfile(\.[^/]+)?|[^/]+\.Dockerfile)$/)),
    composeFiles: composes
      .filter(({ text }) => /^\s*image:\s*['"]?\$\{?IMAGE\b/m.test(text))
      .map(({ path }) => path),
    integrationTests: tests.filter(({ text }) => INTEGRATION.test(text)).map(({ path }) => path),
    systems: (['windows', 'darwin'] as const).filter((system) =>
      seen.some((path) => path.endsWith(`_${system}.go`)),
    ),
    ...(lint === undefined ? {} : { lint }),
    deployFiles: named(/^deploy\/[^/]+$/),
    ...git,
    workflows: await read(named(/^\.github\/workflows\//)),
  }
}

const COMMON_BRANCHES = ['main', 'master', 'trunk', 'develop']

async function gitOf(
  top: string,
  act: Pick<Act, 'exec' | 'log' | 'signal' | 'host' | 'env'>,
): Promise<Pick<StarterFacts, 'remote' | 'defaultBranch' | 'versions'>> {
  const facts = await gitFacts(top, act.env, act)
  // A repository without a commit has a remote and a branch all the same.
  const ask = (...words: string[]): Promise<string | undefined> => probe(['git', '-C', top, ...words])
  const origin = facts === undefined ? await ask('config', '--get', 'remote.origin.url') : undefined
  const url = facts?.url ?? (origin === undefined ? undefined : webUrl(origin))
  const branch = facts === undefined ? await ask('symbolic-ref', '-q', '--short', 'HEAD') : facts.branch
  const place = url === undefined ? undefined : new URL(url)
  return {
    ...(place === undefined
      ? {}
      : { remote: { host: place.host, repository: place.pathname.replace(/^\/+/, '') } }),
    // A clone knows the default branch; where nobody told, a branch of a usual name is it.
    defaultBranch: facts?.defaultBranch ?? COMMON_BRANCHES.find((name) => name === branch?.trim()) ?? 'main',
    versions: facts?.tags.some((tag) => /^v?\d/.test(tag)) ?? false,
  }
}
