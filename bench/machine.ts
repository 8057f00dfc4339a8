import { chmod, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Command, type Finished, runCommand } from './process.ts'
import type { Phase } from './types.ts'

/** What the rig and the machine give to every chain. */
export interface Tools {
  readonly node: string
  readonly go: { readonly root: string; readonly version: string }
  readonly ko: string
  readonly crane: string
  /** PATH without Go: the rig's tools and the system's. */
  readonly path: string
  readonly dockerHost: string
  readonly registry: string
  readonly buildkitImage: string
  readonly buildkitdToml: string
  readonly dist: string
  readonly modules: string
}

/**
 * A runner as a job finds it: Go in the tool cache, a fresh checkout, and nothing else. The folders of a chain are the same in
 * every run, as they are on GitHub's runners (tar archives and Go's cache keys hold paths).
 */
export class Machine {
  readonly folder: string
  readonly tools: Tools
  readonly home: string
  readonly workspace: string
  readonly temp: string
  /** What /tmp is on a runner: go builds there. */
  readonly tmp: string
  readonly #log: string
  readonly #phases: Phase[] = []
  #origin = performance.now()

  constructor(folder: string, tools: Tools, log: string) {
    this.folder = folder
    this.tools = tools
    this.home = join(folder, 'home')
    this.workspace = join(folder, 'work', 'repo')
    this.temp = join(folder, 'temp')
    this.tmp = join(folder, 'tmp')
    this.#log = log
  }

  get toolCache(): string {
    return join(this.folder, 'tools')
  }

  get goBin(): string {
    return join(this.toolCache, 'go', this.tools.go.version, 'x64', 'bin')
  }

  /** Throws everything away and makes an empty runner with a checkout of `source`. */
  async reset(source: string, commit: string): Promise<void> {
    await removeTree(this.folder)
    for (const part of [this.home, this.temp, this.tmp, join(this.folder, 'work')])
      await mkdir(part, { recursive: true })
    const slot = join(this.toolCache, 'go', this.tools.go.version)
    await mkdir(slot, { recursive: true })
    await symlink(this.tools.go.root, join(slot, 'x64')).catch(() => undefined)
    await writeFile(join(slot, 'x64.complete'), '')
    // What actions/checkout does: one commit, new times for all files.
    const git = (...args: string[]): Promise<Finished> =>
      this.#run({ argv: ['git', ...args], cwd: this.folder, env: this.env() })
    await git('clone', '-q', '--no-local', `file://${source}`, this.workspace)
    await git('-C', this.workspace, 'checkout', '-q', '-B', 'main', commit)
    await git('-C', this.workspace, 'remote', 'set-url', 'origin', 'https://github.com/acme/repo')
  }

  /** The next commit in the same working copy, as a developer goes on; all caches stay. */
  async advance(commit: string): Promise<void> {
    await this.#run({
      argv: ['git', '-C', this.workspace, 'checkout', '-q', '-B', 'main', commit],
      cwd: this.folder,
      env: this.env(),
    })
  }

  /** Starts the clock of a run. */
  begin(): void {
    this.#phases.length = 0
    this.#origin = performance.now()
  }

  get phases(): readonly Phase[] {
    return this.#phases
  }

  get elapsedMs(): number {
    return performance.now() - this.#origin
  }

  /** The environment that all chains share. */
  env(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    const { path, dockerHost, modules } = this.tools
    return {
      PATH: path,
      HOME: this.home,
      TMPDIR: this.tmp,
      LANG: 'C.UTF-8',
      DOCKER_HOST: dockerHost,
      GOPROXY: modules,
      // go.sum of every subject is complete: nothing is looked up, and the bench needs no network.
      GOSUMDB: 'off',
      GOTOOLCHAIN: 'local',
      GIT_AUTHOR_NAME: 'bench',
      GIT_COMMITTER_NAME: 'bench',
      GIT_AUTHOR_EMAIL: 'bench@example.com',
      GIT_COMMITTER_EMAIL: 'bench@example.com',
      ...more,
    }
  }

  /** The same with Go on PATH, as setup-go leaves it. */
  goEnv(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return this.env({ ...more, PATH: `${this.goBin}:${this.tools.path}` })
  }

  /** Runs one command of a chain and notes when it ran. */
  async step(
    name: string,
    command: Omit<Command, 'log' | 'cwd'> & { readonly cwd?: string },
  ): Promise<Finished> {
    const done = await this.#run({ cwd: this.workspace, ...command })
    this.note(name, done.startMs, done.endMs)
    return done
  }

  note(name: string, startMs: number, endMs: number): void {
    this.#phases.push({ name, startMs: startMs - this.#origin, endMs: endMs - this.#origin })
  }

  #run(command: Omit<Command, 'log'>): Promise<Finished> {
    return runCommand({ ...command, log: this.#log })
  }
}

/** Removes a tree; folders of Go's module cache are read-only. */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  } catch {
    await makeWritable(folder)
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755).catch(() => undefined)
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await makeWritable(join(folder, entry.name))
}
