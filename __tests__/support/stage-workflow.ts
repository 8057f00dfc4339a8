/** A caller of one callable in a repository of its own, run under act. */
import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { commitAll, ROOT, run } from './rig.ts'
import {
  type WorkflowOptions,
  type WorkflowRun,
  WorkflowRunner,
  outputsOf,
  removeRunner,
} from './workflow-run.ts'

export interface Caller {
  readonly folder: string
  readonly run: (options: Omit<WorkflowOptions, 'workflow' | 'cache'>) => Promise<WorkflowRun>
  /** Outputs of the callable, as the job after it got them; undefined when it did not run. */
  readonly outputs: (done: WorkflowRun) => Record<string, string> | undefined
  readonly put: (file: string, text: string) => Promise<void>
  readonly dispose: () => Promise<void>
}

/** `fixture` is a folder in fixtures/act with the caller's main.yml. */
export async function callerOf(fixture: string): Promise<Caller> {
  const parent = await mkdtemp(join(tmpdir(), 'gip-act-'))
  const folder = join(parent, 'project')
  const put = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await writeFile(join(folder, file), text)
    await commitAll(folder)
  }
  await mkdir(join(folder, '.github/workflows'), { recursive: true })
  await cp(
    join(ROOT, '__tests__/fixtures/act', fixture, 'main.yml'),
    join(folder, '.github/workflows/main.yml'),
  )
  await commitAll(folder)
  await run(['git', 'remote', 'add', 'origin', 'https://github.com/acme/shop.git'], { cwd: folder })
  const runner = new WorkflowRunner(join(parent, 'runner'))
  await mkdir(join(parent, 'runner'))
  await runner.prepareLibrary()
  return {
    folder,
    put,
    run: (options) => runner.run(folder, { workflow: 'main.yml', cache: join(parent, 'cache'), ...options }),
    outputs: outputsOf,
    dispose: () => removeRunner(parent),
  }
}
