/** A fresh Go repository that knows nothing of us, and what `init` makes of it, run under act. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseDocument } from 'yaml'
import { runCli } from './gray-action.ts'
import { commitAll, projectOf, type Run, run } from './rig.ts'
import { goEnvironmentOf } from './scan-go.ts'
import { type WorkflowOptions, type WorkflowRun, WorkflowRunner, removeRunner } from './workflow-run.ts'

const WORKFLOWS = '.github/workflows'

export class FreshRepository {
  readonly folder: string
  readonly #parent: string
  readonly #runner: WorkflowRunner
  readonly #go: Readonly<Record<string, string>>
  readonly #dispose: () => Promise<void>

  private constructor(parts: {
    folder: string
    parent: string
    runner: WorkflowRunner
    go: Readonly<Record<string, string>>
    dispose: () => Promise<void>
  }) {
    this.folder = parts.folder
    this.#parent = parts.parent
    this.#runner = parts.runner
    this.#go = parts.go
    this.#dispose = parts.dispose
  }

  /** The sources of examples/dockerfile without its Dockerfile. Go's caches are those of this machine. */
  static async make(): Promise<FreshRepository> {
    const parent = await mkdtemp(join(tmpdir(), 'gip-act-'))
    const { folder, dispose } = await projectOf('dockerfile', async (at) => {
      for (const file of ['Dockerfile', '.dockerignore']) await rm(join(at, file))
      const compose = join(at, 'compose.yaml')
      await writeFile(compose, (await readFile(compose, 'utf8')).replace('[CMD, /dice,', '[CMD, /app/dice,'))
    })
    await run(['git', 'remote', 'add', 'origin', 'https://github.com/acme/shop.git'], { cwd: folder })
    const runner = new WorkflowRunner(parent)
    await runner.prepareLibrary()
    return new FreshRepository({ folder, parent, runner, go: await goEnvironmentOf(), dispose })
  }

  /** Writes files, and commits them with everything else; an empty text removes the file. */
  async commit(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [file, text] of Object.entries(files)) {
      const path = join(this.folder, file)
      await mkdir(dirname(path), { recursive: true })
      await (text === '' ? rm(path, { force: true }) : writeFile(path, text))
    }
    await commitAll(this.folder)
  }

  /** `init` as a user calls it. */
  init(...options: string[]): Promise<Run> {
    return runCli(['init', ...options], { cwd: this.folder })
  }

  /** What a user adds to the call in a file of `init`, and a job behind it that tells the outputs. */
  async adapt(file: string, given: Readonly<Record<string, string | boolean>>): Promise<void> {
    const path = join(this.folder, WORKFLOWS, file)
    const document = parseDocument(await readFile(path, 'utf8'))
    const job = file.replace('.yml', '')
    for (const [name, value] of Object.entries(given)) document.setIn(['jobs', job, 'with', name], value)
    document.setIn(
      ['jobs', 'after'],
      document.createNode({
        name: 'after',
        needs: job,
        'runs-on': 'ubuntu-latest',
        'timeout-minutes': 5,
        steps: [
          {
            name: 'Tell',
            shell: 'bash',
            env: { OUTPUTS: `\${{ toJSON(needs.${job}.outputs) }}` },
            run: 'echo "OUTPUTS=$(echo "$OUTPUTS" | tr -d \'\\n\')"',
          },
        ],
      }),
    )
    await this.commit({ [join(WORKFLOWS, file)]: document.toString({ lineWidth: 0 }) })
  }

  run(options: Omit<WorkflowOptions, 'cache'>): Promise<WorkflowRun> {
    return this.#runner.run(this.folder, {
      cache: join(this.#parent, 'cache'),
      ...options,
      env: { ...this.#go, ...options.env },
    })
  }

  async dispose(): Promise<void> {
    await this.#dispose()
    await removeRunner(this.#parent)
  }
}
