import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { ROOT, rigValue, run } from './rig.ts'
import { rewriteSelf } from './workflow-files.ts'

/** What a workflow run under act left in its log. */
export interface WorkflowRun {
  readonly code: number
  /** The whole log of act. */
  readonly log: string
  /** What the steps printed, without act's prefix. */
  readonly printed: readonly string[]
  /** `NAME=value` lines that the fixtures' own steps print. */
  readonly told: ReadonlyMap<string, string>
}

export interface WorkflowOptions {
  /** Name of the file in .github/workflows. */
  readonly workflow: string
  readonly event?: 'push' | 'pull_request' | 'schedule'
  /** File with the event's payload. */
  readonly payload?: string
  readonly vars?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  /** Folder of act's cache server: a fresh one is an empty cache. */
  readonly cache: string
}

/** All run right here: act has no machines of its own. */
const LABELS = ['ubuntu-latest', 'ubuntu-24.04', 'ubuntu-24.04-arm', 'windows-latest', 'macos-latest']

/**
 * act does not wait for the terminal of a step that fails (`HostEnvironment.exec` returns before `copyPtyOutput` has read all): its last
 * lines get lost on a busy machine. So a program that fails stays for a moment.
 */
const LINGER = `--require=${JSON.stringify(join(ROOT, '__tests__/fixtures/act/linger.cjs'))}`

/** act with a home of its own in `folder`, and the action as a user of the committed files gets it. */
export class WorkflowRunner {
  readonly #folder: string
  readonly #served = new Map<string, string>()
  #runs = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Puts action.yml and the tracked files of dist, nothing else, where act finds the action. */
  async prepare(): Promise<void> {
    await mkdir(join(this.#folder, 'home/.config/act'), { recursive: true })
    await writeFile(join(this.#folder, 'home/.config/act/actrc'), '')
    const tracked = await run(['git', 'ls-files', '-z', 'action.yml', 'dist'])
    const files = tracked.stdout.split('\0').filter((file) => file !== '')
    for (const file of files) {
      const to = join(this.#folder, 'action', file)
      await mkdir(dirname(to), { recursive: true })
      await cp(join(ROOT, file), to)
    }
    await cp(join(ROOT, '__tests__/fixtures/act/witness'), join(this.#folder, 'witness'), { recursive: true })
  }

  /**
   * The whole library as a caller of its callables gets it: the tracked files, `$/` rewritten for act, and stand-ins for
   * the artifact actions. Call it instead of `prepare`. All callers share one tool cache, as on a runner of one's own:
   * an empty one, into which Go is downloaded and proved, is what act/action.test.ts begins with.
   */
  async prepareLibrary(): Promise<void> {
    await this.prepare()
    const tools = join(rigValue('GIP_RIG_RUN'), 'data/tool-cache')
    await mkdir(tools, { recursive: true })
    await mkdir(join(this.#folder, 'home/.cache/act'), { recursive: true })
    await symlink(tools, join(this.#folder, 'home/.cache/act/tool_cache'))
    const listed = await run([
      'git',
      'ls-files',
      '-z',
      '.github/workflows',
      'workflows',
      'action.yml',
      '*/action.yml',
      'dist',
    ])
    const files = listed.stdout.split('\0').filter((file) => file !== '' && !file.startsWith('__tests__/'))
    for (const file of files) {
      const to = join(this.#folder, 'self', file)
      await mkdir(dirname(to), { recursive: true })
      if (!file.startsWith('.github/')) await cp(join(ROOT, file), to)
      else await writeFile(to, rewriteSelf(await readFile(join(ROOT, file), 'utf8'), 'remote'))
    }
    for (const file of files.filter((name) => name.startsWith('.github/'))) {
      const text = await readFile(join(ROOT, file), 'utf8')
      for (const [, name = '', sha = ''] of text.matchAll(/uses: actions\/((?:up|down)load-artifact)@(\S+)/g))
        this.#served.set(`actions/${name}@${sha}`, join(ROOT, '__tests__/fixtures/act', name))
    }
    // What the templates pin for others to call is what they have here.
    const { repository, sha } = JSON.parse(
      await readFile(join(ROOT, 'workflows/release.json'), 'utf8'),
    ) as Record<string, string>
    for (const ref of ['OWNER/go-image-pipeline@self', `${repository ?? ''}@${sha ?? ''}`])
      this.#served.set(ref, join(this.#folder, 'self'))
  }

  /** Runs one workflow of the repository `project` to its end. */
  async run(project: string, options: WorkflowOptions): Promise<WorkflowRun> {
    const { event = 'push', workflow, payload, vars = {}, env = {}, secrets = {}, cache } = options
    const pairs = (flag: string, values: Readonly<Record<string, string>>): string[] =>
      Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])
    const done = await run(
      [
        rigValue('GIP_ACT'), event,
        '--workflows', join('.github/workflows', workflow),
        ...LABELS.flatMap((label) => ['--platform', `${label}=-self-hosted`]),
        '--pull=false',
        '--local-repository', `OWNER/go-image-pipeline@v1=${join(this.#folder, 'action')}`,
        '--local-repository', `OWNER/witness@v1=${join(this.#folder, 'witness')}`,
        '--cache-server-addr', '127.0.0.1',
        '--cache-server-path', cache,
        ...(payload === undefined ? [] : ['--eventpath', payload]),
        ...pairs('--var', vars),
        ...pairs('--env', { NODE_OPTIONS: LINGER, RUNNER_ARTIFACTS: join(this.#folder, 'artifacts', String(++this.#runs)), ...env }),
        ...pairs('--secret', secrets),
        ...[...this.#served].flatMap(([name, folder]) => ['--local-repository', `${name}=${folder}`]),
      ], // prettier-ignore
      { cwd: project, env: this.#environment(), timeoutMs: 1_140_000 },
    )
    const log = done.stdout + done.stderr
    const printed = log.split(/\r?\n/).flatMap((line) => /^\[.*?\]\s+\| (.*)$/.exec(line)?.[1] ?? [])
    const told = new Map(
      printed.flatMap((line) => {
        const [, name, value] = /^([A-Z]+)=(.*)$/.exec(line) ?? []
        return name === undefined || value === undefined ? [] : [[name, value.trim()] as const]
      }),
    )
    return { code: done.code, log, printed, told }
  }

  /** Ours without what an outer runner would tell the inner one. */
  #environment(): Record<string, string | undefined> {
    const outer = Object.keys(process.env).filter((name) =>
      /^(GITHUB|ACTIONS|RUNNER|INPUT|STATE)_/.test(name),
    )
    return {
      ...Object.fromEntries(outer.map((name) => [name, undefined])),
      HOME: join(this.#folder, 'home'),
      PATH: [dirname(rigValue('GIP_NODE24')), process.env['PATH']].join(delimiter),
    }
  }
}

/** The outputs that the fixture's last step or job told; undefined when it did not run. */
export function outputsOf(done: WorkflowRun): Record<string, string> | undefined {
  const text = done.told.get('OUTPUTS')
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>)
}

/** Removes the folder of a runner: what Go put there is read-only. */
export async function removeRunner(folder: string): Promise<void> {
  await run(['chmod', '-R', 'u+w', folder])
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
