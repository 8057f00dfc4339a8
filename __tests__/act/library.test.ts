import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crane, describeWithRig, projectOf, rigUp, rigValue, ROOT, run } from '../support/rig.ts'
import { type WorkflowRun, WorkflowRunner } from '../support/workflow-run.ts'

if (rigUp) jest.setTimeout(600_000)

describeWithRig('image.yml, called from another repository', () => {
  let folder: string
  let runner: WorkflowRunner
  let project: Awaited<ReturnType<typeof projectOf>>
  let go: Record<string, string>
  const image = (): string => `${rigValue('GIP_REGISTRY')}/act-library-${process.pid}/hello`

  const start = (vars: Record<string, string>): Promise<WorkflowRun> =>
    runner.run(project.folder, {
      workflow: 'main.yml',
      cache: join(folder, 'cache'),
      // A cold compile is tested in action.test.ts.
      env: go,
      vars: { IMAGE: image(), MIRROR: `http://${rigValue('GIP_REGISTRY')}`, ...vars },
    })

  beforeAll(async () => {
    go = JSON.parse((await run(['go', 'env', '-json', 'GOCACHE', 'GOMODCACHE'])).stdout) as typeof go
    folder = await mkdtemp(join(tmpdir(), 'gip-act-'))
    runner = new WorkflowRunner(folder)
    await runner.prepareLibrary()
    project = await projectOf('hello', async (at) => {
      await mkdir(join(at, '.github/workflows'), { recursive: true })
      await cp(join(ROOT, '__tests__/fixtures/act/library/image.yml'), join(at, '.github/workflows/main.yml'))
    })
    await run(['git', 'remote', 'add', 'origin', 'https://github.com/acme/hello.git'], {
      cwd: project.folder,
    })
  })
  afterAll(async () => {
    await project.dispose()
    await run(['chmod', '-R', 'u+w', folder])
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })

  it('builds, proves and publishes; its outputs cross to the next job', async () => {
    const done = await start({ TAG: 'v1', HEALTH: '/health', COVERAGE: '50' })
    expect(done.code === 0 ? '' : done.log.slice(-6000)).toBe('')
    const outputs = JSON.parse(done.told.get('OUTPUTS') ?? '{}') as Record<string, string>
    const digest = await crane('digest', `${image()}:v1`)
    expect(outputs).toMatchObject({ digest, image: `${image()}@${digest}`, tags: `${image()}:v1` })
  })

  it.each([
    ['coverage', { COVERAGE: '100', HEALTH: '/health' }, /coverage.*below/i],
    ['the start', { COVERAGE: '', HEALTH: '/not-there' }, /\/not-there/],
  ])('is stopped by %s, and no tag moves', async (_, vars, message) => {
    const done = await start({ TAG: 'red', ...vars })
    expect(done.code).toBe(1)
    expect(done.log).toMatch(message)
    expect(done.told.has('OUTPUTS')).toBe(false)
    expect((await run([rigValue('GIP_CRANE'), 'manifest', `${image()}:red`])).code).not.toBe(0)
  })
})
