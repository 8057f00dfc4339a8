import { readdir, stat } from 'node:fs/promises'
import { join, posix } from 'node:path'
import type { Problem } from '../base/errors.ts'
import { readTextIfAny, slashes } from '../base/files.ts'
import { parseGoMod, parseGoWork, type SyntaxFault } from './gomod.ts'

export { findMains, type MainOptions, type MainPackage } from './mains.ts'

export interface GoModule {
  /** Repository-relative with forward slashes; `.` is the root. */
  readonly dir: string
  /** The module path, for example `example.com/acme/hello`. */
  readonly path: string
  readonly go?: string
  readonly toolchain?: string
  /** It requires other modules. */
  readonly dependencies: boolean
  /** Its dependencies come from a vendor folder (its own, or the workspace's). */
  readonly vendored: boolean
  /** A `replace` points to a folder outside of the repository, whose content no commit names. */
  readonly replacesOutside: boolean
}

export interface Workspace {
  readonly modules: readonly GoModule[]
  /** The go.work in force, repository-relative. */
  readonly work?: string
  /** The `go` and `toolchain` lines of the go.work. */
  readonly go?: string
  readonly toolchain?: string
  /** go.mod, go.sum, go.work, go.work.sum that exist, repository-relative and sorted: what cache keys hash. */
  readonly sumFiles: readonly string[]
  /** No module, a broken go.mod or go.work, a `use` without its folder: all of them at once. */
  readonly problems: readonly Problem[]
}

export interface ModuleOptions {
  /** The GOWORK variable: `off`, or the path of a go.work. */
  readonly gowork?: string
}

/** Short name of the project: the last part of the first module's path, without its major version. */
export const projectName = (workspace: Pick<Workspace, 'modules'>): string | undefined =>
  workspace.modules[0]?.path
    .replace(/\/v\d+$/, '')
    .split('/')
    .at(-1)

/** Folders that Go never looks into for packages, and that hold no modules of ours. */
export const isSkippedFolder = (name: string): boolean =>
  name === 'vendor' ||
  name === 'node_modules' ||
  name === 'testdata' ||
  name.startsWith('.') ||
  name.startsWith('_')

/**
 * The modules in `workingDirectory` (repository-relative): those a go.work uses, or else every go.mod below it; when
 * there is none below, the one above it. Needs no Go.
 */
export async function findModules(
  root: string,
  workingDirectory: string,
  options: ModuleOptions = {},
): Promise<Workspace> {
  const start = normalise(workingDirectory)
  const work = await findWork(root, start, options.gowork)
  return work === undefined ? await loose(root, start) : await fromWork(root, work)
}

async function fromWork(root: string, work: string): Promise<Workspace> {
  const problems: Problem[] = []
  const base = posix.dirname(work)
  const parsed = parseGoWork((await readTextIfAny(join(root, work))) ?? '')
  problems.push(...parsed.faults.map((fault) => broken(work, fault)))
  const vendored = await exists(join(root, base, 'vendor', 'modules.txt'))
  const modules: GoModule[] = []
  const sums = [work, ...(await present(root, [posix.join(base, 'go.work.sum')]))]
  const seen = new Set<string>()
  for (const use of parsed.uses) {
    const where = `${work}:${use.line}`
    const path = slashes(use.path)
    const dir = normalise(posix.join(base, path))
    if (/^(?:\/|[A-Za-z]:)/.test(path) || dir.startsWith('..')) {
      problems.push({
        code: 'go-work-outside',
        what: `go.work uses ${use.path}, which is outside the repository`,
        where,
        cause: 'a checkout on a runner does not have it',
        fix: 'use folders of this repository only, or set GOWORK=off',
      })
      continue
    }
    if (seen.has(dir)) continue
    seen.add(dir)
    const module = await readModule(root, dir, problems, vendored)
    if (module === undefined) {
      problems.push({
        code: 'go-work-use-missing',
        what: `go.work uses ${use.path}, but there is no go.mod`,
        where,
        fix: 'check out the missing folder (a submodule?), or remove the line with: go work use -r .',
      })
      continue
    }
    modules.push(module)
    sums.push(...(await present(root, [posix.join(dir, 'go.mod'), posix.join(dir, 'go.sum')])))
  }
  if (modules.length === 0 && problems.length === 0) {
    problems.push({
      code: 'no-go-mod',
      what: 'the go.work uses no module',
      where: work,
      fix: 'add modules with: go work use -r .',
    })
  }
  return {
    modules: modules.sort(byDir),
    work,
    ...(parsed.go === undefined ? {} : { go: parsed.go }),
    ...(parsed.toolchain === undefined ? {} : { toolchain: parsed.toolchain }),
    sumFiles: [...new Set(sums)].sort(),
    problems,
  }
}

async function loose(root: string, start: string): Promise<Workspace> {
  const problems: Problem[] = []
  const dirs = await foldersWithGoMod(root, start)
  const enclosing = dirs.includes(start) ? undefined : await findAbove(root, posix.dirname(start), start)
  // A subfolder of a module: `go test ./...` works there, on the module above.
  if (enclosing !== undefined) dirs.unshift(enclosing)
  const modules: GoModule[] = []
  for (const dir of dirs) {
    const module = await readModule(root, dir, problems, false)
    if (module !== undefined) modules.push(module)
  }
  if (dirs.length === 0) {
    problems.push({
      code: 'no-go-mod',
      what: 'no go.mod was found',
      where: start === '.' ? 'the repository' : start,
      cause:
        'neither the folder, nor one above or below it, holds a Go module (or the checkout step is missing)',
      fix: 'put actions/checkout before this step, set working-directory, or create a module with: go mod init',
    })
  }
  const files = dirs.flatMap((dir) => [posix.join(dir, 'go.mod'), posix.join(dir, 'go.sum')])
  return { modules: modules.sort(byDir), sumFiles: (await present(root, files)).sort(), problems }
}

async function readModule(
  root: string,
  dir: string,
  problems: Problem[],
  workVendored: boolean,
): Promise<GoModule | undefined> {
  const file = posix.join(dir, 'go.mod')
  const text = await readTextIfAny(join(root, file))
  if (text === undefined) return undefined
  const mod = parseGoMod(text)
  problems.push(...mod.faults.map((fault) => broken(file, fault)))
  return {
    dir,
    path: mod.module ?? '',
    ...(mod.go === undefined ? {} : { go: mod.go }),
    ...(mod.toolchain === undefined ? {} : { toolchain: mod.toolchain }),
    dependencies: mod.requires > 0,
    vendored: workVendored || (await exists(join(root, dir, 'vendor', 'modules.txt'))),
    replacesOutside: mod.localReplacements.some((target) => isOutside(dir, target)),
  }
}

/** Whether a path of a go.mod leaves the repository. */
function isOutside(dir: string, target: string): boolean {
  const path = slashes(target)
  return posix.isAbsolute(path) || /^[A-Za-z]:/.test(path) || /^\.\.(?:\/|$)/.test(posix.join(dir, path))
}

const broken = (file: string, fault: SyntaxFault): Problem => ({
  code: 'go-mod-syntax',
  what: `${file} cannot be read`,
  where: `${file}:${fault.line}`,
  cause: fault.reason,
  fix: 'correct the line; "go mod edit -fmt" or "go work edit -fmt" shows what Go makes of it',
})

/** The go.work that the go command would take, as long as it lies in the repository. */
async function findWork(root: string, start: string, gowork = ''): Promise<string | undefined> {
  if (gowork === 'off') return undefined
  if (gowork !== '') {
    const given = slashes(gowork)
    const prefix = `${slashes(root).replace(/\/+$/, '')}/`
    return given.startsWith(prefix) ? normalise(given.slice(prefix.length)) : undefined
  }
  for (let dir = start; ; dir = posix.dirname(dir)) {
    const file = posix.join(dir, 'go.work')
    if (await exists(join(root, file))) return file
    if (dir === '.') return undefined
  }
}

async function findAbove(root: string, from: string, start: string): Promise<string | undefined> {
  if (start === '.') return undefined
  for (let dir = from; ; dir = posix.dirname(dir)) {
    if (await exists(join(root, dir, 'go.mod'))) return dir
    if (dir === '.') return undefined
  }
}

async function foldersWithGoMod(root: string, start: string): Promise<string[]> {
  const found: string[] = []
  const visit = async (dir: string): Promise<void> => {
    let entries
    try {
      entries = await readdir(join(root, dir), { withFileTypes: true })
    } catch {
      return
    }
    if (entries.some((entry) => entry.name === 'go.mod' && !entry.isDirectory())) found.push(dir)
    for (const entry of entries) {
      if (entry.isDirectory() && !isSkippedFolder(entry.name)) await visit(posix.join(dir, entry.name))
    }
  }
  await visit(start)
  return found.sort()
}

const byDir = (a: GoModule, b: GoModule): number => (a.dir < b.dir ? -1 : a.dir > b.dir ? 1 : 0)

/** `./a//b/` → `a/b`; the root is `.`. */
export function normalise(path: string): string {
  const clean = posix.normalize(slashes(path)).replace(/\/+$/, '')
  return clean === '' ? '.' : clean
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

async function present(root: string, files: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const file of files) if (await exists(join(root, file))) found.push(file)
  return found
}

/** The module that a repository-relative folder belongs to: the deepest one that holds it. */
export function moduleOf(modules: readonly GoModule[], dir: string): GoModule | undefined {
  return modules
    .filter((module) => isWithin(dir, module.dir))
    .sort((a, b) => b.dir.length - a.dir.length)
    .at(0)
}

/** `dir` is `parent` or lies below it; both repository-relative. */
export const isWithin = (dir: string, parent: string): boolean =>
  parent === '.' ? !dir.startsWith('..') : dir === parent || dir.startsWith(`${parent}/`)
