import { posix } from 'node:path'
import { slashes } from '../base/files.ts'
import type { HostOs } from '../base/platform.ts'
import { type GoModule, normalise } from '../project/modules.ts'

/** One thing that the compiler, `go vet` or the go command says about the code. */
export interface Diagnostic {
  /** `compile`: does not compile; `vet`: a finding; `setup`: a package or module cannot be loaded. */
  readonly kind: 'compile' | 'vet' | 'setup'
  readonly message: string
  /** Repository-relative with forward slashes; absent when it is about no file of the repository. */
  readonly file?: string
  readonly line?: number
  readonly column?: number
  readonly package?: string
  /** Of `go vet`: `printf`, `copylocks` … */
  readonly analyzer?: string
  /** What to do, for known causes. */
  readonly fix?: string
}

/** What paths in Go's output are measured against. */
export interface SourceTree {
  /** Absolute. */
  readonly root: string
  /** The root without symbolic links, when that differs (macOS: /tmp is /private/tmp). */
  readonly realRoot?: string
  readonly os: HostOs
  readonly modules: readonly GoModule[]
}

/**
 * A path of Go's output as a repository-relative one: absolute (vet, stack traces), relative to the folder the go
 * command ran in (compile errors), or starting with a module path (stack traces of -trimpath builds).
 * Undefined for files outside the repository: the standard library, dependencies.
 *
 * @param cwd repository-relative folder of the go command
 */
export function repositoryPath(path: string, tree: SourceTree, cwd = '.'): string | undefined {
  const clean = slashes(path)
  if (clean.startsWith('/') || /^[A-Za-z]:\//.test(clean)) {
    for (const root of [tree.root, tree.realRoot]) {
      if (root === undefined) continue
      const prefix = `${slashes(root).replace(/\/+$/, '')}/`
      const starts =
        tree.os === 'windows'
          ? clean.toLowerCase().startsWith(prefix.toLowerCase())
          : clean.startsWith(prefix)
      if (starts) return posix.normalize(clean.slice(prefix.length))
    }
    return undefined
  }
  const joined = posix.join(cwd, clean)
  return joined.startsWith('../') ? undefined : joined
}

/** A file named by a stack trace: absolute, or `module/path/dir/file.go` when built with -trimpath. */
export function stackPath(path: string, tree: SourceTree): string | undefined {
  const clean = slashes(path)
  if (clean.startsWith('/') || /^[A-Za-z]:\//.test(clean)) return repositoryPath(clean, tree)
  const dir = packageDir(posix.dirname(clean), tree)
  return dir === undefined ? undefined : posix.join(dir, posix.basename(clean))
}

/** The folder of a package by its import path: variants (`p [p.test]`, `p_test`) are the same folder. */
export function packageDir(importPath: string, tree: Pick<SourceTree, 'modules'>): string | undefined {
  const plain = plainPackage(importPath)
  const module = tree.modules
    .filter((m) => m.path !== '' && (plain === m.path || plain.startsWith(`${m.path}/`)))
    .sort((a, b) => b.path.length - a.path.length)
    .at(0)
  return module === undefined
    ? undefined
    : normalise(posix.join(module.dir, plain.slice(module.path.length + 1)))
}

/** `p [p.test]` → `p`. */
export const plainPackage = (id: string): string => id.replace(/ \[.*$/, '')

const LOCATED =
  /^(?:vet: )?((?:[A-Za-z]:[\\/])?[^\s:"'][^:"]*?\.(?:go|s|S|c|h|cc|cpp|cxx|hh|hpp|m|mm|syso|y|mod|work|sum|f90)):(\d+)(?::(\d+))?: (.*)$/

/** `file:line[:column]: message`, also with a Windows drive in front. */
export function parseLocated(
  line: string,
): { file: string; line: number; column?: number; message: string } | undefined {
  const match = LOCATED.exec(line)
  if (match === null) return undefined
  const [, file = '', row = '0', column, message = ''] = match
  return {
    file,
    line: Number(row),
    ...(column === undefined ? {} : { column: Number(column) }),
    message,
  }
}

/** `posn` of `go vet -json`: `C:\a\b.go:3:24`. */
export function parsePosition(posn: string): { file: string; line: number; column?: number } | undefined {
  const match = /^(.+?):(\d+)(?::(\d+))?$/.exec(posn)
  if (match === null) return undefined
  const [, file = '', line = '0', column] = match
  return { file, line: Number(line), ...(column === undefined ? {} : { column: Number(column) }) }
}

/**
 * Reads what a build prints: `# package` headers, located messages with indented continuation lines, and messages
 * without a place. `# [package]` marks findings of vet (cmd/go/internal/work: the vet action's description).
 */
export function parseBuildOutput(lines: readonly string[], tree: SourceTree, cwd: string): Diagnostic[] {
  const found: Diagnostic[] = []
  let current: Diagnostic | undefined
  let name: string | undefined
  let kind: Diagnostic['kind'] = 'compile'
  const finish = (): void => {
    if (current !== undefined) found.push(current)
    current = undefined
  }
  for (const raw of lines) {
    const line = raw.replace(/[\r\n]+$/, '')
    if (line.trim() === '') continue
    const header = /^# (\[)?([^\]]+?)\]?$/.exec(line)
    if (header !== null && !line.startsWith('# _')) {
      finish()
      const [, bracket, pkg = ''] = header
      // A header that is a pattern (./x/...) stands for what could not be loaded.
      kind = bracket !== undefined ? 'vet' : pkg.startsWith('.') ? 'setup' : 'compile'
      name = plainPackage(pkg)
      continue
    }
    const located = parseLocated(line)
    if (located !== undefined) {
      finish()
      const file = repositoryPath(located.file, tree, cwd)
      current = {
        // A type error found by vet is no finding: the package does not compile.
        kind: line.startsWith('vet: ') ? 'compile' : isSetup(located) ? 'setup' : kind,
        message: located.message,
        ...(file === undefined ? {} : { file, line: located.line }),
        ...(file === undefined || located.column === undefined ? {} : { column: located.column }),
        ...(name === undefined ? {} : { package: name }),
      }
      if (file === undefined)
        current = { ...current, message: `${located.file}:${located.line}: ${located.message}` }
    } else if (/^\s/.test(line) && current !== undefined) {
      current = { ...current, message: `${current.message}\n${line.trim()}` }
    } else if (!IGNORED.test(line)) {
      finish()
      current = {
        kind: name === undefined ? 'setup' : kind,
        message: line,
        ...(name === undefined ? {} : { package: name }),
      }
    }
  }
  finish()
  return unique(found)
}

const isSetup = (located: { file: string; message: string }): boolean =>
  /\.(?:mod|work|sum)$/.test(located.file) ||
  /no required module provides|is not in std|cannot find (?:main )?module|missing go\.sum entry|import cycle|use of internal package/.test(
    located.message,
  )

/** Lines that explain nothing: progress, the shell's own words, what the summary lines say better. */
const IGNORED =
  /^(?:go: (?:downloading|finding|extracting|warning|added|upgraded|creating|errors parsing)|too many errors|exit status|FAIL\b|ok\s|\?\s|PASS$|note: module requires|no packages to (?:test|vet)|WARNING: )/

export function unique(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>()
  return diagnostics.filter((d) => {
    const key = JSON.stringify([d.file, d.line, d.column, d.analyzer, d.message])
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

/** In the order of files and lines, so that the same code gives the same report. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...diagnostics].sort((a, b) => {
    const [x, y] = [a.file ?? '', b.file ?? '']
    if (x !== y) return x < y ? -1 : 1
    return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
  })
}

/** `cmd/a.go:3:4: message (printf)`, as compilers write it. */
export function formatDiagnostic(d: Diagnostic): string {
  const place =
    d.file === undefined
      ? d.package === undefined
        ? ''
        : `${d.package}: `
      : `${[d.file, d.line, d.column].filter((part) => part !== undefined).join(':')}: `
  return `${place}${d.message}${d.analyzer === undefined ? '' : ` (${d.analyzer})`}`
}
