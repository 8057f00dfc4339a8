import { afterAll, beforeAll, jest } from '@jest/globals'
import { cp, mkdir, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectOf, rigUp, ROOT, run } from './rig.ts'
import { goEnvironmentOf } from './scan-go.ts'
import { type WorkflowOptions, type WorkflowRun, WorkflowRunner, removeRunner } from './workflow-run.ts'

export interface Library {
  /** Folder of the caller's repository. */
  readonly project: () => string
  readonly start: (
    vars: Record<string, string>,
    more?: Partial<Omit<WorkflowOptions, 'workflow' | 'cache' | 'vars'>>,
  ) => Promise<WorkflowRun>
}

/**
 * A repository of another owner, made of an example, whose only workflow is a fixture that calls one of ours: for the tests
 * of one `describe`. Go's caches are those of this machine: a cold compile is tested elsewhere.
 */
export function libraryCaller(example: string, fixture: string): Library {
  if (rigUp) jest.setTimeout(1_200_000)
  let folder: string
  let runner: WorkflowRunner
  let project: Awaited<ReturnType<typeof projectOf>>
  let go: Record<string, string>
  beforeAll(async () => {
    go = await goEnvironmentOf()
    folder = await mkdtemp(join(tmpdir(), 'gip-act-'))
    runner = new WorkflowRunner(folder)
    await runner.prepareLibrary()
    project = await projectOf(example, async (at) => {
      await mkdir(join(at, '.github/workflows'), { recursive: true })
      await cp(join(ROOT, '__tests__/fixtures/act/library', fixture), join(at, '.github/workflows/main.yml'))
    })
    await run(['git', 'remote', 'add', 'origin', `https://github.com/acme/${example}.git`], {
      cwd: project.folder,
    })
  })
  afterAll(async () => {
    await project.dispose()
    await removeRunner(folder)
  })
  return {
    project: () => project.folder,
    start: (vars, { env = {}, ...more } = {}) =>
      runner.run(project.folder, {
        workflow: 'main.yml',
        cache: join(folder, 'cache'),
        ...more,
        env: { ...go, ...env },
        vars,
      }),
  }
}
