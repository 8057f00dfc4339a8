import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { editedPackage, type Generated, generateModule, loudModule, mainsOf } from './generate.ts'

/** A Go project as a git repository, and the one-line edit that is measured. */
export interface Subject {
  readonly name: string
  readonly folder: string
  readonly mains: readonly string[]
  /** Makes the edit with the number `n` in a working copy: another `n` gives another program. */
  readonly edit: (folder: string, n: number) => void
}

const git = (folder: string, ...args: string[]): string =>
  execFileSync(
    'git',
    ['-c', 'user.name=bench', '-c', 'user.email=bench@example.com', '-c', 'core.hooksPath=', ...args],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' },
    },
  ).trim()

/** Replaces the one place that `from` names; anything else is a fault of the bench. */
function replaceOnce(file: string, from: string, to: string): void {
  const parts = readFileSync(file, 'utf8').split(from)
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times ${from}`)
  writeFileSync(file, parts.join(to))
}

/** Makes the subject's repository below `work`; `root` is this repository. */
export function prepareSubject(name: string, root: string, work: string): Subject {
  const folder = join(work, 'subjects', name.replaceAll(/[^a-z0-9]+/g, '-'))
  mkdirSync(folder, { recursive: true })
  const subject = fill(name, folder, root)
  git(folder, 'init', '-q', '-b', 'main')
  git(folder, 'add', '-A')
  git(folder, 'commit', '-q', '-m', name)
  return subject
}

function fill(name: string, folder: string, root: string): Subject {
  const copied = (from: string): void => cpSync(join(root, from), folder, { recursive: true })
  if (name === 'hello') {
    copied('examples/hello')
    writeFileSync(join(folder, 'Dockerfile'), readFileSync(join(root, 'bench/subjects/service/Dockerfile')))
    const edit = (at: string, n: number): void =>
      replaceOnce(join(at, 'internal/server/server.go'), 'Requests answered,', `Requests answered (${n}),`)
    return { name, folder, mains: ['.'], edit }
  }
  if (name === 'service') {
    copied('bench/subjects/service')
    const edit = (at: string, n: number): void =>
      replaceOnce(join(at, 'internal/api/api.go'), '"status": "ok"', `"status": "ok ${n}"`)
    return { name, folder, mains: ['.'], edit }
  }
  const loud = /^logs-(\d+)$/.exec(name)?.[1]
  const generated = loud === undefined ? parseGenerated(name) : { packages: 10, mains: 1 }
  if (generated === undefined) throw new Error(`no subject ${name}`)
  for (const [path, text] of loud === undefined ? generateModule(generated) : loudModule(Number(loud))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  const edit = (at: string, n: number): void =>
    replaceOnce(join(at, editedPackage(generated)), 'const revision = 0', `const revision = ${n}`)
  return { name, folder, mains: mainsOf(generated), edit }
}

/** `generated-100x5`: 100 packages, 5 mains. */
export function parseGenerated(name: string): Generated | undefined {
  const match = /^generated-(\d+)x(\d+)$/.exec(name)
  return match === null ? undefined : { packages: Number(match[1]), mains: Number(match[2]) }
}

/** The commit that every chain starts from. */
export const baseCommit = (subject: Subject): string => git(subject.folder, 'rev-parse', 'main')

/** A commit with the edit `n` on top of the base; the working copy goes back to the base. */
export function editCommit(subject: Subject, n: number): string {
  const { folder } = subject
  git(folder, 'checkout', '-q', '-B', 'edit', 'main')
  subject.edit(folder, n)
  git(folder, 'commit', '-q', '-a', '-m', `edit ${n}`)
  const commit = git(folder, 'rev-parse', 'HEAD')
  git(folder, 'tag', '-f', `edit-${n}`)
  git(folder, 'checkout', '-q', 'main')
  return commit
}
