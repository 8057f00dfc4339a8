import { posix } from 'node:path'
import { slashes } from '../base/files.ts'
import { isWithin, moduleOf, normalise, type Workspace } from '../project/modules.ts'

/** One go command: where it runs, and on which packages. */
export interface Invocation {
  /** Repository-relative. */
  readonly cwd: string
  readonly patterns: readonly string[]
}

/**
 * Spreads package patterns (relative to `workingDirectory`) over the modules, because `./...` ends at a nested
 * go.mod and, in a workspace, does not work from a folder that is no module. A go.work gives one command for all of
 * its modules, so that they build as one graph; else each module has its own.
 *
 * Patterns that name no folder (`example.com/x/...`, `all`) go to the modules they begin with, or to all.
 */
export function assignPackages(
  workspace: Workspace,
  workingDirectory: string,
  patterns: readonly string[],
): { invocations: Invocation[]; unmatched: string[] } {
  const start = normalise(workingDirectory)
  const byFolder = new Map<string, string[]>()
  const unmatched: string[] = []
  const workDir = workspace.work === undefined ? undefined : posix.dirname(workspace.work)
  const add = (moduleDir: string, folder: string, recursive: boolean): void => {
    const cwd = workDir ?? moduleDir
    const relative = posix.relative(cwd, folder)
    const base = relative === '' ? '.' : relative.startsWith('..') ? relative : `./${relative}`
    push(cwd, recursive ? `${base}/...` : base)
  }
  const push = (cwd: string, pattern: string): void => {
    const list = byFolder.get(cwd) ?? []
    byFolder.set(cwd, list)
    if (!list.includes(pattern)) list.push(pattern)
  }
  for (const raw of patterns) {
    const pattern = slashes(raw)
    if (!/^\.{1,2}(?:\/|$)/.test(pattern)) {
      const prefix = pattern.replace(/\/?\.\.\..*$/, '')
      const named = workspace.modules.filter(
        (module) =>
          prefix === module.path ||
          prefix.startsWith(`${module.path}/`) ||
          (pattern.includes('...') && module.path.startsWith(`${prefix}/`)),
      )
      const targets = named.length > 0 ? named : workspace.modules
      for (const module of targets) push(workDir ?? module.dir, pattern)
      continue
    }
    const recursive = /(?:^|\/)\.\.\.$/.test(pattern)
    const folder = normalise(
      posix.join(start, recursive ? pattern.replace(/\/?\.\.\.$/, '') || '.' : pattern),
    )
    const owner = moduleOf(workspace.modules, folder)
    if (owner !== undefined) add(owner.dir, folder, recursive)
    const below = recursive
      ? workspace.modules.filter((module) => module.dir !== folder && isWithin(module.dir, folder))
      : []
    for (const module of below) add(module.dir, module.dir, true)
    if (owner === undefined && below.length === 0) unmatched.push(raw)
  }
  return {
    invocations: [...byFolder].map(([cwd, list]) => ({ cwd, patterns: list })),
    unmatched,
  }
}
