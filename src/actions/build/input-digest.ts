import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { sha256 } from '../../base/download.ts'
import { byName } from '../../base/lists.ts'
import { type Environment, formatPlatform } from '../../base/platform.ts'
import type { Secrets } from '../../base/secrets.ts'
import type { Facts } from '../../plan/facts.ts'
import type { Inputs } from '../../plan/inputs.ts'
import type { Plan } from '../../plan/make.ts'
import type { Shell } from '../shell.ts'

/** Inputs that decide nothing about the image and its gates: logins, what is kept where, how far and how it is told. */
const ELSEWHERE: ReadonlySet<keyof Inputs> = new Set([
  'registries',
  'githubToken',
  'secrets',
  'registryCa',
  'cache',
  'reuse',
  'reportDir',
  'dryRun',
])

/** Variables of the runner, of its folders and of the session: other ones in every run, and no part of what is built. */
const VOLATILE: readonly RegExp[] = [
  /^(?:ACTIONS|AGENT|BUILDX|INPUT|NPM|RUNNER|SSH|STATE|SYSTEMD|XDG)_/i,
  /^GITHUB_(?:ACTION(?:_.*)?|ACTOR(?:_ID)?|ENV|EVENT_PATH|OUTPUT|PATH|RETENTION_DAYS|RUN_.*|STATE|STEP_SUMMARY|TRIGGERING_ACTOR|WORKSPACE)$/,
  /^GO(?:BIN|CACHE|ENV|MODCACHE|PATH|ROOT|TMPDIR|TOOLDIR)$/,
  /^(?:HOME|HOSTNAME|INVOCATION_ID|JOURNAL_STREAM|LOGNAME|OLDPWD|PWD|SHLVL|TEMP|TERM|TMP|TMPDIR|USER|USERPROFILE|_)$/,
  /^DOCKER_CONFIG$/,
]

/** Their values are never hashed: a digest of a short secret tells it to whoever guesses. */
const SECRET = /AUTH|CREDENTIAL|KEY|PASS|PRIVATE|SECRET|TOKEN/i

/** What untracked files may amount to before looking at them costs more than it saves. */
const MAX_FILES = 2000
const MAX_BYTES = 64 * 1024 * 1024

export interface DigestFacts {
  readonly inputs: Inputs
  readonly facts: Pick<Facts, 'host' | 'folder' | 'git' | 'event'>
  readonly plan: Plan
  readonly env: Environment
  /** {@link programDigest}. */
  readonly program: string
  /** {@link untrackedDigest}. */
  readonly untracked: string
}

/**
 * SHA-256 (hex) of everything that decides an image and the verdicts about it, but the Go version and the base images, which are compared apart.
 * The commit stands for all tracked files.
 */
export function inputDigest(all: DigestFacts, secrets: Pick<Secrets, 'redact'>): string {
  const { inputs, facts, plan, env } = all
  const { git, event } = facts
  const given = Object.entries(inputs).filter(([name]) => !ELSEWHERE.has(name as keyof Inputs))
  const { tags, moving, references, version } = plan.tags
  const text = JSON.stringify([
    'input 1',
    all.program,
    [facts.host.os, facts.host.arch],
    given.sort(byName),
    [plan.engine, plan.form, plan.push, plan.driver.driver, plan.startsNatively ?? false],
    plan.startPlatform === undefined ? '' : formatPlatform(plan.startPlatform),
    plan.platforms,
    plan.targets.map((target) => [
      target.id,
      target.repositories,
      target.mains.map((main) => [main.name, main.package.path]),
    ]),
    [tags, moving, references, version, plan.version],
    facts.folder,
    git === undefined ? [] : [git.commit, git.commitTime, git.branch ?? '', git.tag ?? '', git.url ?? ''],
    [event.name, event.ref, event.repository ?? '', event.description ?? '', event.license ?? ''],
    environmentOf(env),
    all.untracked,
  ])
  return sha256(secrets.redact(text))
}

/** Names and values of the variables that a compiler, a test or a template may read. */
export function environmentOf(env: Environment): [string, string][] {
  return Object.entries(env)
    .flatMap(([name, value]): [string, string][] =>
      value === undefined || VOLATILE.some((pattern) => pattern.test(name))
        ? []
        : [[name, SECRET.test(name) ? (value === '' ? '' : '***') : value]],
    )
    .sort(byName)
}

/** SHA-256 (hex) of the program that runs: another release of it may do something else with the same input. */
export async function programDigest(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.js')).sort()
  const hash = createHash('sha256')
  for (const name of files) hash.update(`${name}\0`).update(await readFile(join(folder, name)))
  return hash.digest('hex')
}

/**
 * SHA-256 (hex) of all files of the work tree that git does not know, ignored ones too: generated code and embedded assets are such. Undefined
 * when they cannot be listed, or are too many to be looked at.
 * @param leave repository-relative folders that this program writes itself
 */
export async function untrackedDigest(
  root: string,
  leave: readonly string[],
  act: Pick<Shell, 'exec' | 'signal'>,
  environment: Environment,
): Promise<string | undefined> {
  const listed = await act.exec.run({
    argv: ['git', '--no-optional-locks', 'ls-files', '--others', '-z'],
    cwd: root,
    env: environment,
    signal: act.signal,
  })
  if (listed.code !== 0) return undefined
  const paths = listed.stdout
    .split('\0')
    .filter((path) => path !== '' && !leave.some((folder) => path.startsWith(`${folder}/`)))
    .sort()
  if (paths.length > MAX_FILES) return undefined
  const hash = createHash('sha256')
  let bytes = 0
  for (const path of paths) {
    const file = join(root, path)
    const info = await lstat(file)
    bytes += info.size
    // A folder here is a repository of its own.
    if (bytes > MAX_BYTES || info.isDirectory()) return undefined
    hash.update(`${path}\0${info.mode & 0o111}\0${info.size}\0`)
    if (info.isSymbolicLink()) hash.update(await readlink(file))
    else await pipeline(createReadStream(file), hash, { end: false })
  }
  return hash.digest('hex')
}
