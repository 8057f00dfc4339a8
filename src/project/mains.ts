import { readdir, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { type BuildContext, evaluateConstraint, matchesFileName, readSource } from './go-source.ts'
import { type GoModule, isSkippedFolder, isWithin, moduleOf, normalise, type Workspace } from './modules.ts'

export interface MainPackage {
  readonly module: GoModule
  /** Relative to working-directory, as the go command takes it: `.`, `./cmd/server`, `../tools/x`. */
  readonly path: string
  readonly importPath: string
  /** The name that `go install` would give the binary, without a suffix. */
  readonly name: string
}

export interface MainOptions {
  readonly tags?: readonly string[]
  /** A main package counts when it builds for one of these systems. Default: linux and windows. */
  readonly systems?: readonly string[]
}

/**
 * The main packages in `workingDirectory`, sorted by path: folders with a file of `package main` that declares
 * `func main()` and builds for one of the systems. Needs no Go.
 */
export async function findMains(
  root: string,
  workingDirectory: string,
  workspace: Workspace,
  options: MainOptions = {},
): Promise<MainPackage[]> {
  const start = normalise(workingDirectory)
  const contexts = (options.systems ?? ['linux', 'windows']).flatMap((os) =>
    ['amd64', 'arm64'].map((arch): BuildContext => ({ os, arch, cgo: true, tags: options.tags ?? [] })),
  )
  const mains: MainPackage[] = []
  const inScope = workspace.modules.filter(
    (module) => isWithin(module.dir, start) || isWithin(start, module.dir),
  )
  const visited = new Set<string>()
  for (const module of inScope) {
    const from = isWithin(module.dir, start) ? module.dir : start
    // A start below two nested modules belongs to the deepest only.
    if (moduleOf(workspace.modules, from) !== module) continue
    for (const dir of await packageFolders(root, from)) {
      if (visited.has(dir)) continue
      visited.add(dir)
      if (await isMain(root, dir, contexts)) mains.push(describe(module, dir, start))
    }
  }
  return mains.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}

function describe(module: GoModule, dir: string, start: string): MainPackage {
  const inside = module.dir === '.' ? dir : dir === module.dir ? '.' : dir.slice(module.dir.length + 1)
  const importPath = inside === '.' ? module.path : `${module.path}/${inside}`
  const relative = posix.relative(start, dir)
  return {
    module,
    path: relative === '' ? '.' : relative.startsWith('..') ? relative : `./${relative}`,
    importPath,
    name: binaryName(importPath),
  }
}

/** As cmd/go/internal/load.DefaultExecName: the last element, or the one before a major-version suffix. */
export function binaryName(importPath: string): string {
  const parts = importPath.split('/')
  const last = parts.at(-1) ?? importPath
  return /^v[1-9][0-9]*$/.test(last) && last !== 'v1' && parts.length > 1 ? (parts.at(-2) ?? last) : last
}

/** Folders below `from` that Go would look into, nested modules left out. */
async function packageFolders(root: string, from: string): Promise<string[]> {
  const found: string[] = []
  const visit = async (dir: string): Promise<void> => {
    const entries = await readdir(join(root, dir), { withFileTypes: true })
    if (dir !== from && entries.some((entry) => entry.name === 'go.mod' && entry.isFile())) return
    if (entries.some((entry) => entry.isFile() && isSource(entry.name))) found.push(dir)
    for (const entry of entries) {
      if (entry.isDirectory() && !isSkippedFolder(entry.name)) await visit(posix.join(dir, entry.name))
    }
  }
  await visit(from)
  return found
}

const isSource = (name: string): boolean =>
  name.endsWith('.go') && !name.endsWith('_test.go') && !name.startsWith('_') && !name.startsWith('.')

async function isMain(root: string, dir: string, contexts: readonly BuildContext[]): Promise<boolean> {
  const files = (await readdir(join(root, dir))).filter(isSource).sort()
  for (const file of files) {
    const named = contexts.filter((context) => matchesFileName(file, context))
    if (named.length === 0) continue
    const facts = readSource(await readFile(join(root, dir, file), 'utf8'))
    if (facts.package !== 'main' || !facts.declaresMain) continue
    const { constraint } = facts
    if (constraint === undefined || named.some((context) => evaluateConstraint(constraint, context)))
      return true
  }
  return false
}
