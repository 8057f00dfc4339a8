import { describe } from '@jest/globals'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Root of this repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '')

export const rigUp = process.env['GIP_RIG'] === '1'

/** A suite that needs the rig (scripts/rig); counted as skipped without it, which `npm test` never is. */
export const describeWithRig = rigUp ? describe : describe.skip

/** A variable of the rig; its absence is a fault of the rig, not a skip. */
export function rigValue(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') throw new Error(`the rig does not give ${name}`)
  return value
}

export interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, or kills it after `timeoutMs`. */
export function run(
  argv: readonly string[],
  options: {
    cwd?: string
    env?: Record<string, string | undefined>
    timeoutMs?: number
    onStderr?: (text: string, kill: (signal: NodeJS.Signals) => void) => void
  } = {},
): Promise<Run> {
  const [program = '', ...args] = argv
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs ?? 800_000)
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString()
      options.onStderr?.(chunk.toString(), (signal) => child.kill(signal))
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 128), stdout, stderr })
    })
  })
}

/** The built program, as a user of a clone runs it. */
export const cli = (
  args: readonly string[],
  options: Parameters<typeof run>[1] = {},
  node = process.execPath,
): Promise<Run> => run([node, join(ROOT, 'dist/cli.js'), ...args], options)

export const crane = async (...args: string[]): Promise<string> => {
  const done = await run([rigValue('GIP_CRANE'), ...args])
  if (done.code !== 0) throw new Error(`crane ${args.join(' ')}: ${done.stderr}`)
  return done.stdout.trim()
}

/** A folder with links to these programs and no others: the PATH of a machine without Docker. */
export async function pathWith(folder: string, programs: readonly string[]): Promise<string> {
  await mkdir(folder, { recursive: true })
  for (const name of programs) {
    const found = (process.env['PATH'] ?? '').split(delimiter).find((at) => existsSync(join(at, name)))
    if (found !== undefined) await symlink(join(found, name), join(folder, name))
  }
  return folder
}

/** A copy of an example as a git repository of its own, with one commit; `dispose` removes it. */
export async function projectOf(
  example: string,
  change?: (folder: string) => Promise<void>,
): Promise<{ folder: string; dispose: () => Promise<void> }> {
  const parent = await mkdtemp(join(tmpdir(), 'gip-project-'))
  const folder = join(parent, example)
  await cp(join(ROOT, 'examples', example), folder, { recursive: true })
  await change?.(folder)
  await commitAll(folder)
  return { folder, dispose: () => rm(parent, { recursive: true, force: true, maxRetries: 3 }) }
}

/** `git init` when needed, and everything committed with a fixed time, so that digests can be compared. */
export async function commitAll(folder: string): Promise<void> {
  const git = async (...args: string[]): Promise<void> => {
    const env = { GIT_AUTHOR_DATE: '2026-11-01T12:00:00Z', GIT_COMMITTER_DATE: '2026-11-01T12:00:00Z' }
    const done = await run(['git', '-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      cwd: folder,
      env,
    })
    if (done.code !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr}`)
  }
  await git('init', '-q', '-b', 'main')
  await git('add', '-A')
  await git('commit', '-q', '--allow-empty', '-m', 'test')
}

/** Waits until `condition` holds; throws naming `what` after `timeoutMs`. */
export async function until(
  what: string,
  condition: () => Promise<boolean> | boolean,
  timeoutMs = 60_000,
): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`waited ${timeoutMs} ms for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** A port of this machine that nobody has now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => {
        resolve(port)
      })
    })
  })
}
