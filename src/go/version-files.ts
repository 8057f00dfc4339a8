import { type Problem } from '../base/errors.ts'
import { slashes } from '../base/files.ts'
import { compareGoVersions, type GoRequest, parseGoSpec, parseGoVersion } from './version.ts'

export interface VersionInputs {
  /** Input `go-version`; empty when not given. */
  readonly goVersion: string
  /** Input `go-version-file`; empty when not given. */
  readonly goVersionFile: string
  /** Relative to the repository, or absolute. */
  readonly workingDirectory: string
}

export interface FileReader {
  /** The text of a file, undefined when there is none. Paths have forward slashes. */
  read(path: string): Promise<string | undefined>
}

/** A version and the line that says it. */
interface Found {
  readonly spec: string
  readonly origin: string
}

/**
 * Which Go the project wants, and which line says so.
 *
 * Order: input `go-version`; input `go-version-file`; else the nearest go.work, go.mod, `.go-version`,
 * `.tool-versions` from the working directory upwards to the repository root. In go.mod and go.work the newer of the `go` and `toolchain` lines
 * decides, for a workspace over all modules it uses. The modules' own minimum is always found out, so that a range
 * can be narrowed by it and a too old choice explained.
 */
export async function resolveGoRequest(
  inputs: VersionInputs,
  files: FileReader,
): Promise<{ request: GoRequest } | { problems: Problem[] }> {
  const directories = upwards(inputs.workingDirectory)
  const module = await modulesMinimum(directories, files)
  const minimum = module?.found
  const withMinimum = (found: Found): { request: GoRequest } => ({
    request: {
      ...found,
      ...(minimum === undefined || parseGoVersion(minimum.spec) === undefined
        ? {}
        : { minimum: minimum.spec, minimumOrigin: minimum.origin }),
    },
  })

  const asked = inputs.goVersion.trim()
  if (asked !== '') {
    const problem = check({ spec: asked, origin: 'input go-version' }, { input: 'go-version', value: asked })
    return problem === undefined
      ? withMinimum({ spec: asked, origin: 'input go-version' })
      : { problems: [problem] }
  }

  const named = slashes(inputs.goVersionFile.trim())
  if (named !== '') {
    const input = { input: 'go-version-file', value: inputs.goVersionFile.trim() }
    for (const path of new Set([join(inputs.workingDirectory, named), named])) {
      const text = await files.read(path)
      if (text === undefined) continue
      const found = await readVersionFile(path, text, files)
      if ('problem' in found) return { problems: [{ ...found.problem, ...input }] }
      const problem = check(found, input)
      return problem === undefined ? withMinimum(found) : { problems: [problem] }
    }
    return {
      problems: [
        {
          code: 'go-version-file-missing',
          what: 'the Go version file does not exist',
          ...input,
          where: join(inputs.workingDirectory, named),
          fix: 'give its path relative to working-directory or to the repository, and check that it is committed',
        },
      ],
    }
  }

  if (module !== undefined) {
    // Without a go line (cmd/go reads it as 1.16) any Go does.
    const found = minimum ?? { spec: 'stable', origin: `${module.path} has no go line` }
    const problem = check(found, {})
    return problem === undefined ? withMinimum(found) : { problems: [problem] }
  }
  for (const name of ['.go-version', '.tool-versions']) {
    for (const directory of directories) {
      const path = join(directory, name)
      const text = await files.read(path)
      if (text === undefined) continue
      const found = await readVersionFile(path, text, files)
      // A .tool-versions without Go (nodejs, python …) is no answer and no error.
      if ('problem' in found) continue
      const problem = check(found, {})
      return problem === undefined ? { request: found } : { problems: [problem] }
    }
  }
  return {
    problems: [
      {
        code: 'go-version-unknown',
        what: 'no Go version is asked for',
        cause: 'there is no go.work, go.mod, .go-version or .tool-versions with one',
        where: inputs.workingDirectory === '' ? '.' : inputs.workingDirectory,
        fix: 'set go-version (for example stable), or point working-directory at the folder of go.mod',
      },
    ],
  }
}

function check(found: Found, input: { input?: string; value?: string }): Problem | undefined {
  const spec = parseGoSpec(found.spec)
  if (!('reason' in spec)) return undefined
  return {
    code: 'go-version-invalid',
    what: 'the Go version cannot be understood',
    cause: spec.reason,
    ...(input.input === 'go-version' ? {} : { where: found.origin }),
    ...input,
    fix: 'correct the version where it is written',
  }
}

/** The nearest workspace or module and its newest `go` or `toolchain` line, as the go command would search. */
async function modulesMinimum(
  directories: readonly string[],
  files: FileReader,
): Promise<{ path: string; found: Found | undefined } | undefined> {
  for (const name of ['go.work', 'go.mod']) {
    for (const directory of directories) {
      const path = join(directory, name)
      const text = await files.read(path)
      if (text === undefined) continue
      return { path, found: newest(await moduleLines(path, text, files)) }
    }
  }
  return undefined
}

/** All version lines of a go.mod, or of a go.work and the modules it uses. */
async function moduleLines(path: string, text: string, files: FileReader): Promise<Found[]> {
  const { lines, use } = parseModuleFile(path, text)
  for (const folder of use) {
    const file = join(join(parent(path), slashes(folder)), 'go.mod')
    const inner = await files.read(file)
    if (inner !== undefined) lines.push(...parseModuleFile(file, inner).lines)
  }
  return lines
}

/**
 * The `go` and `toolchain` lines and `use` directives of a go.mod or go.work (Go Modules Reference, "go.mod files").
 * A custom toolchain (`go1.26.8-acme`) counts as the release it is based on.
 */
export function parseModuleFile(path: string, text: string): { lines: Found[]; use: string[] } {
  const lines: Found[] = []
  const use: string[] = []
  let block: string | undefined
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const words = raw
      .replace(/\/\/.*$/, '')
      .trim()
      .split(/\s+/)
      .map(unquote)
    const [first = '', second = ''] = words
    if (block !== undefined) {
      if (first === ')') block = undefined
      else if (block === 'use' && first !== '') use.push(first)
    } else if (second === '(' || first.endsWith('(')) block = first.replace(/\($/, '')
    else if (first === 'use' && second !== '') use.push(second)
    else if ((first === 'go' || first === 'toolchain') && second !== '' && second !== 'default') {
      const spec = first === 'go' ? second : second.replace(/^go/, '').replace(/-.*$/, '')
      lines.push({ spec, origin: `${path} line ${index + 1} (${first})` })
    }
  }
  return { lines, use }
}

/** The newest of several; the first wins among equals. Lines that are no version win, so that they are reported. */
function newest(lines: readonly Found[]): Found | undefined {
  let best: Found | undefined
  for (const line of lines) {
    const version = parseGoVersion(line.spec)
    if (version === undefined) return line
    const known = best === undefined ? undefined : parseGoVersion(best.spec)
    if (known === undefined || compareGoVersions(version, known) > 0) best = line
  }
  return best
}

/** What a file of any known kind says. */
async function readVersionFile(
  path: string,
  text: string,
  files: FileReader,
): Promise<Found | { problem: Problem }> {
  const name = path.slice(path.lastIndexOf('/') + 1)
  let found: Found | undefined
  if (/\.mod$|\.work$/.test(name)) found = newest(await moduleLines(path, text, files))
  else if (name === '.tool-versions') found = readToolVersions(path, text)
  else if (name.endsWith('.toml')) found = readMise(path, text)
  else if (/dockerfile|containerfile/i.test(name)) found = readDockerfile(path, text)
  else found = readPlain(path, text)
  if (found !== undefined) return found
  return {
    problem: {
      code: 'go-version-file-without-version',
      what: 'the Go version file names no Go version',
      where: path,
      fix: 'files understood: go.mod, go.work, .go-version, .tool-versions, mise.toml ([tools] go), Dockerfile (FROM golang:… or ARG GO_VERSION)',
    },
  }
}

function readPlain(path: string, text: string): Found | undefined {
  for (const [index, raw] of numbered(text)) {
    const line = raw.replace(/#.*$/, '').trim()
    if (line !== '') return { spec: line, origin: `${path} line ${index}` }
  }
  return undefined
}

/** asdf: `golang 1.26.8`, several versions are fallbacks, `latest:1.26` is the newest 1.26. */
function readToolVersions(path: string, text: string): Found | undefined {
  for (const [index, raw] of numbered(text)) {
    const [tool, version] = raw.replace(/#.*$/, '').trim().split(/\s+/)
    if ((tool === 'golang' || tool === 'go') && version !== undefined) {
      return { spec: withoutPrefix(version), origin: `${path} line ${index}` }
    }
  }
  return undefined
}

/** mise: `[tools]` with `go = "1.26"`, `go = ["1.26", …]`, `go = { version = "1.26" }`, or a table `[tools.go]`. */
function readMise(path: string, text: string): Found | undefined {
  let table = ''
  for (const [index, raw] of numbered(text)) {
    const header = /^\s*\[([^[\]]+)\]\s*(?:#.*)?$/.exec(raw)
    if (header !== null) {
      table = (header[1] ?? '').replace(/["'\s]/g, '')
      continue
    }
    const pair = /^\s*["']?([\w.:-]+)["']?\s*=\s*(.+)$/.exec(raw)
    const key = pair?.[1] ?? ''
    const wanted =
      (table === 'tools' && ['go', 'golang', 'core:go'].includes(key)) ||
      (['tools.go', 'tools.golang'].includes(table) && key === 'version') ||
      (table === '' && ['tools.go', 'tools.golang'].includes(key))
    if (!wanted) continue
    const value = pair?.[2] ?? ''
    const version = /version\s*=\s*["']([^"']+)["']/.exec(value) ?? /["']([^"']+)["']/.exec(value)
    if (version?.[1] !== undefined)
      return { spec: withoutPrefix(version[1]), origin: `${path} line ${index}` }
  }
  return undefined
}

/** The first `FROM …/golang:<version>…`, ARG values filled in; else the default of `ARG GO_VERSION`. */
function readDockerfile(path: string, text: string): Found | undefined {
  const args = new Map<string, Found>()
  for (const [index, raw] of numbered(text)) {
    const arg = /^\s*ARG\s+(\w+)=["']?([^"'\s]+)["']?/i.exec(raw)
    if (arg !== null) {
      const [, name = '', value = ''] = arg
      if (!args.has(name)) args.set(name, { spec: value, origin: `${path} line ${index} (ARG ${name})` })
    }
    const from = /^\s*FROM\s+(?:--\S+\s+)*(\S+)/i.exec(raw)
    let origin = `${path} line ${index} (FROM)`
    const image = (from?.[1] ?? '').replace(
      /\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)/g,
      (whole: string, braced?: string, fallback?: string, bare?: string) => {
        const known = args.get(braced ?? bare ?? '')
        if (known === undefined) return fallback ?? whole
        origin = known.origin
        return known.spec
      },
    )
    const tag = /(?:^|\/)golang(?::([^@]+))?(?:@.*)?$/.exec(image)
    if (tag === null) continue
    const version = /^\d+(?:\.\d+)*(?:(?:rc|beta)\d+)?/.exec(tag[1] ?? 'latest')?.[0] ?? 'latest'
    return { spec: version, origin }
  }
  return args.get('GO_VERSION') ?? args.get('GOLANG_VERSION')
}

const numbered = (text: string): [number, string][] =>
  text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, index) => [index + 1, line])

const unquote = (word: string): string => word.replace(/^["`](.*)["`]$/, '$1')
const withoutPrefix = (version: string): string => version.replace(/^(?:latest|prefix):/, '')

/** Clean concatenation with forward slashes; an absolute second part wins. */
function join(directory: string, name: string): string {
  if (name.startsWith('/') || /^[A-Za-z]:\//.test(name)) return name
  const parts: string[] = []
  for (const part of `${slashes(directory)}/${name}`.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..' && parts.at(-1) !== '') parts.pop()
    else if (part !== '.' && (part !== '' || parts.length === 0)) parts.push(part)
  }
  // An empty first part is a leading slash when the directory was absolute, and nothing when it was empty.
  if (parts[0] === '' && !slashes(directory).startsWith('/')) parts.shift()
  return parts.join('/')
}

const parent = (path: string): string =>
  path.includes('/') ? path.slice(0, path.lastIndexOf('/')) || '/' : ''

/** The folder and its parents, nearest first, up to the repository (relative) or the file system's root (absolute). */
function upwards(directory: string): string[] {
  const all: string[] = []
  let at = join(directory === '.' ? '' : directory, '.')
  for (let depth = 0; depth < 32; depth++) {
    all.push(at)
    const up = parent(at)
    if (up === at || at === '' || at === '/' || at.split('/').at(-1) === '..') break
    at = up
  }
  return all
}
