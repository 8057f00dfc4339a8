import { readdir } from 'node:fs/promises'
import { isAbsolute, join, posix, relative } from 'node:path'
import type { Act } from '../base/act.ts'
import { environmentError, gateError, messageOf } from '../base/errors.ts'
import { slashes } from '../base/files.ts'
import { executable } from '../base/platform.ts'
import type { GoModule } from '../project/modules.ts'
import type { Pin } from '../scan/pins.ts'
import type { ScanGo, Tool } from '../scan/install.ts'
import { batches, type LinterName, type LintFinding, parseGolangci, parseStaticcheck } from './findings.ts'
import golangci from './tools/golangci-lint.json' with { type: 'json' }
import staticcheck from './tools/staticcheck.json' with { type: 'json' }

export const LINTERS: Readonly<Record<LinterName, Pin>> = { staticcheck, 'golangci-lint': golangci }

type LintAct = Pick<Act, 'exec' | 'log' | 'signal' | 'host'>

const LINT_MS = 30 * 60_000
const MOST_OUTPUT = 128 * 1024 * 1024

/**
 * Runs a linter in each module. Exit code 0 is nothing found and 1 something; any other is a linter that could not look,
 * which is never a pass.
 *
 * @throws PipelineError gate `lint-load`, environment `lint-failed`, `lint-output`
 */
export async function runLinter(
  name: LinterName,
  tool: Tool,
  request: {
    readonly root: string
    readonly modules: readonly GoModule[]
    readonly tags: readonly string[]
    readonly go: ScanGo
  },
  act: LintAct,
): Promise<LintFinding[]> {
  const findings: LintFinding[] = []
  for (const module of request.modules) {
    const cwd = join(request.root, module.dir)
    const of = (file: string): string =>
      isAbsolute(file) ? slashes(relative(request.root, file)) : posix.normalize(posix.join(module.dir, slashes(file))) // prettier-ignore
    const tags = request.tags.join(',')
    const argv =
      name === 'staticcheck'
        ? [tool.program, '-f', 'json', ...(tags === '' ? [] : ['-tags', tags]), './...']
        : [tool.program, 'run', '--output.json.path=stdout', '--output.text.path=stderr', '--show-stats=false', '--issues-exit-code=1', '--path-mode=abs', ...(tags === '' ? [] : [`--build-tags=${tags}`]), './...'] // prettier-ignore
    const done = await act.exec.run({
      argv,
      cwd,
      env: request.go.env,
      timeoutMs: LINT_MS,
      maxStdout: MOST_OUTPUT,
      signal: act.signal,
    })
    if (done.code > 1) throw linterFault(name, module.path, done)
    try {
      const parse = name === 'staticcheck' ? parseStaticcheck : parseGolangci
      const found = parse(done.stdout, of)
      // A non-zero end that names nothing is no pass.
      if (done.code === 1 && found.length === 0) throw linterFault(name, module.path, done)
      findings.push(...found)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      throw environmentError(
        {
          code: 'lint-output',
          what: `the answer of ${name} on ${module.path} cannot be read`,
          cause: messageOf(error),
          fix: `an own program may be of another version: use the pinned one (${LINTERS[name].version})`,
        },
        { log: done.tail.slice(-20).join('\n') },
      )
    }
    act.log.info(`${name} looked at ${module.path}`)
  }
  return findings
}

function linterFault(
  name: LinterName,
  module: string,
  done: { readonly code: number; readonly tail: readonly string[]; readonly stderr: string },
): Error {
  const log = done.tail.slice(-60).join('\n')
  const cause = done.stderr.split('\n').findLast((line) => line.trim() !== '')?.trim()
  if (/typechecking error|could not load|no go files|can't load config|unsupported version of the configuration/i.test(done.stderr))
    return gateError(
      { code: 'lint-load', what: `${name} cannot load ${module}`, ...(cause === undefined ? {} : { cause }), fix: 'make it compile (go build ./...), and the configuration valid (golangci-lint config verify)' },
      log,
    )
  return environmentError(
    { code: 'lint-failed', what: `${name} could not look at ${module} (exit code ${done.code})`, ...(cause === undefined ? {} : { cause }), fix: 'see its last output; another version can be given by its path' },
    { log },
  )
} // prettier-ignore

/** The files that gofmt would change, repository-relative. */
export async function unformatted(
  root: string,
  files: readonly string[],
  go: ScanGo,
  act: LintAct,
): Promise<LintFinding[]> {
  const asked = await act.exec.run({
    argv: [go.bin, 'env', 'GOROOT'],
    cwd: root,
    env: go.env,
    timeoutMs: 60_000,
    signal: act.signal,
  })
  const gofmt = join(asked.stdout.trim(), 'bin', executable('gofmt', act.host.os))
  const found: LintFinding[] = []
  for (const batch of batches(files)) {
    const done = await act.exec.run({
      argv: [gofmt, '-l', ...batch],
      cwd: root,
      env: go.env,
      timeoutMs: LINT_MS,
      signal: act.signal,
    })
    for (const line of done.stdout.split(/\r?\n/).filter((one) => one !== ''))
      found.push({ tool: 'gofmt', rule: 'gofmt', severity: 'error', message: 'not formatted: run gofmt -w on it', file: slashes(line), line: 1 }) // prettier-ignore
    // What cannot be parsed: FILE:LINE:COLUMN: message, exit code 2.
    for (const line of done.stderr.split(/\r?\n/)) {
      const [, file, at, column, message = ''] = /^(.+\.go):(\d+):(\d+): (.*)$/.exec(line) ?? []
      if (file !== undefined)
        found.push({ tool: 'gofmt', rule: 'syntax', severity: 'error', message, file: slashes(file), line: Number(at), column: Number(column) }) // prettier-ignore
    }
    if (done.code !== 0 && found.length === 0)
      throw environmentError(
        { code: 'lint-failed', what: `gofmt ended with exit code ${done.code}`, fix: 'see its output' },
        { log: done.tail.join('\n') },
      )
  }
  return found
}

/** Go files below a folder that is not in git. */
export async function goFiles(root: string): Promise<string[]> {
  const names = await readdir(root, { recursive: true })
  return names.map(slashes).filter((name) => name.endsWith('.go'))
}
