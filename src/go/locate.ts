import { readdir, readFile } from 'node:fs/promises'
import { join, posix } from 'node:path'
import { isSkippedFolder } from '../project/modules.ts'
import { packageDir, type SourceTree } from './diagnostics.ts'
import type { TestFailure } from './test-output.ts'

/**
 * Gives failures a place that exists. `go test` names the file without its folder, so a line of a helper in another
 * package seems to be in the test's own: there the only file of that name is taken. Without a file it is the test
 * function itself, or TestMain for a package that failed without a failing test.
 */
export async function locateFailures(
  failures: readonly TestFailure[],
  tree: SourceTree,
): Promise<TestFailure[]> {
  const sources = new Sources(tree)
  const located: TestFailure[] = []
  for (const failure of failures) located.push(await locate(failure, tree, sources))
  return located
}

async function locate(failure: TestFailure, tree: SourceTree, sources: Sources): Promise<TestFailure> {
  const dir = packageDir(failure.package, tree)
  if (failure.file !== undefined) {
    if (await sources.has(failure.file)) return failure
    const only = await sources.onlyNamed(posix.basename(failure.file))
    if (only !== undefined) return { ...failure, file: only }
  }
  const { package: owner, kind, message, output, test } = failure
  const rest: TestFailure = { package: owner, kind, message, output, ...(test === undefined ? {} : { test }) }
  if (dir === undefined) return rest
  const name = failure.test?.split('/')[0] ?? (failure.kind === 'package' ? 'TestMain' : undefined)
  const place = name === undefined ? undefined : await sources.declaration(dir, name)
  return place === undefined ? rest : { ...rest, ...place }
}

const MAX_FILES = 50_000

/** The Go files of the repository, listed once and only when needed. */
class Sources {
  readonly #tree: SourceTree
  #listing: Promise<ReadonlyMap<string, readonly string[]>> | undefined
  readonly #declarations = new Map<string, Promise<Map<string, { file: string; line: number }>>>()

  constructor(tree: SourceTree) {
    this.#tree = tree
  }

  async has(file: string): Promise<boolean> {
    return (await this.#files()).get(posix.basename(file))?.includes(file) === true
  }

  async onlyNamed(name: string): Promise<string | undefined> {
    const found = (await this.#files()).get(name) ?? []
    return found.length === 1 ? found[0] : undefined
  }

  async declaration(dir: string, name: string): Promise<{ file: string; line: number } | undefined> {
    const known = this.#declarations.get(dir) ?? this.#readDeclarations(dir)
    this.#declarations.set(dir, known)
    return (await known).get(name)
  }

  async #readDeclarations(dir: string): Promise<Map<string, { file: string; line: number }>> {
    const found = new Map<string, { file: string; line: number }>()
    const names = await readdir(join(this.#tree.root, dir)).catch(() => [])
    for (const name of names.filter((n) => n.endsWith('_test.go')).sort()) {
      const text = await readFile(join(this.#tree.root, dir, name), 'utf8').catch(() => '')
      for (const [index, line] of text.split('\n').entries()) {
        const test = /^func ((?:Test|Fuzz|Benchmark|Example)\w*)\(/.exec(line)?.[1]
        if (test !== undefined && !found.has(test))
          found.set(test, { file: posix.join(dir, name), line: index + 1 })
      }
    }
    return found
  }

  async #files(): Promise<ReadonlyMap<string, readonly string[]>> {
    this.#listing ??= this.#list()
    return this.#listing
  }

  async #list(): Promise<ReadonlyMap<string, readonly string[]>> {
    const byName = new Map<string, string[]>()
    let count = 0
    const visit = async (dir: string): Promise<void> => {
      const entries = await readdir(join(this.#tree.root, dir), { withFileTypes: true }).catch(() => [])
      for (const entry of entries) {
        if (count > MAX_FILES) return
        if (entry.isDirectory()) {
          if (!isSkippedFolder(entry.name)) await visit(posix.join(dir, entry.name))
        } else if (entry.name.endsWith('.go')) {
          count++
          const list = byName.get(entry.name) ?? []
          byName.set(entry.name, list)
          list.push(posix.join(dir, entry.name))
        }
      }
    }
    await visit('.')
    return byName
  }
}
