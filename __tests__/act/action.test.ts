import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commitAll, crane, describeWithRig, projectOf, rigUp, rigValue, ROOT, run } from '../support/rig.ts'
import { outputsOf, type WorkflowRun, WorkflowRunner } from '../support/workflow-run.ts'

const FIXTURES = join(ROOT, '__tests__/fixtures/act')
const REPOSITORY = `act-${process.pid}/hello`

// The cold run compiles a standard library; on a busy machine that takes minutes.
if (rigUp) jest.setTimeout(1_200_000)

describeWithRig('the built action in a workflow', () => {
  let folder: string
  let runner: WorkflowRunner
  let project: Awaited<ReturnType<typeof projectOf>>
  const image = (): string => `${rigValue('GIP_REGISTRY')}/${REPOSITORY}`

  const vars = (more: Record<string, string> = {}): Record<string, string> => ({
    IMAGE: image(),
    MIRROR: `http://${rigValue('GIP_REGISTRY')}`,
    BUILDKIT: rigValue('GIP_BUILDKIT_IMAGE'),
    ...more,
  })

  /** Go's own folders: another `go` is another machine, which has only what the cache service gives. */
  const start = (
    workflow: string,
    go: string,
    more: Partial<Parameters<WorkflowRunner['run']>[1]> = {},
    at = project.folder,
  ): Promise<WorkflowRun> =>
    runner.run(at, {
      workflow,
      cache: join(folder, 'cache'),
      vars: vars(),
      env: { GOCACHE: join(folder, go, 'build'), GOMODCACHE: join(folder, go, 'mod') },
      ...more,
    })

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-act-'))
    runner = new WorkflowRunner(folder)
    await runner.prepare()
    project = await projectOf('hello', async (at) => {
      await mkdir(join(at, '.github/workflows'), { recursive: true })
      for (const name of ['image.yml', 'mistakes.yml'])
        await cp(join(FIXTURES, name), join(at, '.github/workflows', name))
    })
    await withOrigin(project.folder)
  })
  afterAll(async () => {
    await project.dispose()
    // The module cache is read-only, as Go makes it.
    await run(['chmod', '-R', 'u+w', folder])
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })

  let first: Record<string, string>

  it('cold: pushes what its outputs name, tells it in the summary, saves the caches, cleans up', async () => {
    const done = await start('image.yml', 'one')
    expect(failureOf(done)).toBe('')
    first = outputsOf(done) ?? {}
    expect(await crane('digest', `${image()}:v1`)).toBe(first['digest'])
    expect(first).toMatchObject({
      image: `${image()}@${first['digest'] ?? ''}`,
      tags: `${image()}:v1`,
      'go-version': expect.stringMatching(/^1\.\d+(\.\d+)?$/),
      'cache-hit-modules': 'false',
      'cache-hit-build': 'false',
    })
    expect(JSON.parse(first['platform-digests'] ?? '')).toEqual({ 'linux/amd64': first['digest'] })
    expect(JSON.parse(first['tests'] ?? '')).toMatchObject({ failed: 0, packages: 4, cached: 0 })
    expect(JSON.parse(first['metadata'] ?? '')).toMatchObject({ pushed: true, published: true })
    expect(JSON.parse(first['plan'] ?? '')).toMatchObject({ schema: 1, push: true })
    expect(Number(first['coverage'])).toBeGreaterThan(60)
    const config = JSON.parse(await crane('config', first['image'] ?? '')) as {
      config: { User: string; Labels: Record<string, string> }
    }
    expect(config.config.User).toBe('65532:65532')
    expect(config.config.Labels).toMatchObject({
      'org.opencontainers.image.source': 'https://github.com/acme/hello',
      'org.opencontainers.image.revision': await headOf(project.folder),
    })
    await crane('validate', '--remote', first['image'] ?? '')

    expect(done.log).toMatch(/Summary - ## ✅ hello v1 is published and read back/)
    expect(done.log).toContain(`docker pull ${image()}:v1`)
    expect((done.told.get('REPORT') ?? '').split(' ')).toEqual(
      expect.arrayContaining(['report.json', 'summary.md', 'junit.xml', 'coverage.out']),
    )

    expect(postOf(done)).toMatch(/module cache: saved/)
    expect(postOf(done)).toMatch(/build cache: saved/)
    expectClean(done)
  })

  it('again: another machine with a fresh clone publishes what was proved, and builds nothing', async () => {
    const clone = join(folder, 'again')
    await run(['git', 'clone', '-q', project.folder, clone])
    await withOrigin(clone)
    const done = await start('image.yml', 'again', {}, clone)
    expect(failureOf(done)).toBe('')
    expect(outputsOf(done)).toMatchObject({
      digest: first['digest'],
      image: first['image'],
      tags: first['tags'],
      coverage: first['coverage'],
      metadata: first['metadata'],
      reused: expect.stringMatching(/^https:\/\/github\.com\/acme\/hello\/actions\/runs\//),
    })
    expect(done.log).not.toMatch(/▶ (Compile|Vet and test|Start image)/)
    expect(done.log).toMatch(/Summary - ## ✅ hello v1 is published and read back/)
    expect((done.told.get('REPORT') ?? '').split(' ')).toEqual(
      expect.arrayContaining(['report.json', 'summary.md', 'junit.xml', 'coverage.out']),
    )
    expect(postOf(done)).not.toMatch(/cache: saved/)
    expectClean(done)
  })

  it('warm: built again, it restores both caches, finds its tests cached and makes the same image', async () => {
    const clone = join(folder, 'clone')
    await run(['git', 'clone', '-q', project.folder, clone])
    await withOrigin(clone)
    const done = await start('image.yml', 'two', { vars: vars({ REUSE: 'false' }) }, clone)
    expect(failureOf(done)).toBe('')
    const outputs = outputsOf(done) ?? {}
    expect(outputs).toMatchObject({
      digest: first['digest'],
      'cache-hit-modules': 'true',
      'cache-hit-build': 'true',
    })
    // The fourth reads a file, and Go keys that by its absolute path: act has a new workspace in every run.
    expect(JSON.parse(outputs['tests'] ?? '')).toMatchObject({ failed: 0, packages: 4, cached: 3 })
    expect(done.log).toMatch(/Install Go .*from the tool cache/)
    expect(postOf(done)).toMatch(/module cache: not saved/)
    expectClean(done)
  })

  it('red: a failing test fails the job on its line, moves no tag, and the caches are saved all the same', async () => {
    const red = join(folder, 'red')
    await run(['git', 'clone', '-q', project.folder, red])
    await writeFile(
      join(red, 'internal/config/broken_test.go'),
      // Packages that nothing else needs: enough that the build cache is worth saving again.
      'package config\n\nimport (\n\t_ "go/types"\n\t_ "html/template"\n\t"testing"\n)\n\nfunc TestBroken(t *testing.T) {\n\tt.Error("not today")\n}\n',
    )
    await commitAll(red)
    await withOrigin(red)
    const done = await start('image.yml', 'three', {}, red)
    expect(done.code).toBe(1)
    expect(done.told.get('OUTCOME')).toBe('failure')
    expect(annotationsOf(done)).toContainEqual(
      expect.stringMatching(
        /^::error (?=.*file=internal\/config\/broken_test\.go)(?=.*line=10\b).*::.*not today/,
      ),
    )
    expect(done.log).toMatch(/Summary - ## ❌/)
    expect(outputsOf(done)).toMatchObject({ tests: expect.stringContaining('"failed":1') })
    expect(await crane('digest', `${image()}:v1`)).toBe(first['digest'])
    expect(postOf(done)).toMatch(/build cache: saved .*more than restored/)
    expectClean(done)
  })

  it('pull request of a fork: every gate, nothing in the registry, nothing in the cache', async () => {
    const other = `${image()}-fork`
    const done = await start('image.yml', 'one', {
      event: 'pull_request',
      payload: join(FIXTURES, 'fork.json'),
      cache: join(folder, 'fork-cache'),
      vars: vars({ IMAGE: other }),
    })
    expect(failureOf(done)).toBe('')
    const outputs = outputsOf(done) ?? {}
    expect(JSON.parse(outputs['plan'] ?? '')).toMatchObject({ push: false })
    expect(JSON.parse(outputs['tests'] ?? '')).toMatchObject({ failed: 0, packages: 4 })
    for (const title of ['Vet and test', 'Build image', 'Start image'])
      expect(done.log).toContain(`✔ ${title}`)
    expect(done.log).not.toMatch(/▶ (Read back|Publish tags)/)
    const listed = await run([rigValue('GIP_CRANE'), 'ls', other])
    expect({ code: listed.code, stderr: listed.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining('NAME_UNKNOWN'),
    })
    expect(done.log).toContain('the pull request comes from a fork')
    expect(postOf(done)).not.toMatch(/cache: saved/)
    expectClean(done)
    // What is not pushed is assembled by Buildx; these mirrors need a builder of our own.
    const [, builder] = /--builder (gip-\w+)/.exec(done.log) ?? []
    expect(builder).toBeDefined()
    const names = ['docker', 'ps', '--all', '--filter', `name=${builder ?? ''}`, '--format', '{{.Names}}']
    expect(await run(names)).toMatchObject({ code: 0, stdout: '' })
  })

  it('bad input: every mistake is told at once, and nothing ran', async () => {
    const done = await start('mistakes.yml', 'one')
    expect(done.code).toBe(1)
    expect(done.told.get('OUTCOME')).toBe('failure')
    const told = annotationsOf(done).filter((line) => line.startsWith('::error'))
    for (const input of [
      'images',
      'platforms',
      'tags',
      'coverage-threshold',
      'push',
      'vet',
      'start',
      'secrets',
    ]) {
      expect(told.filter((line) => line.includes(`input "${input}"`))).toHaveLength(1)
      expect(done.log.slice(done.log.indexOf('Summary - '))).toContain(`input "${input}"`)
    }
    expect(done.log).not.toMatch(/first-hidden|second-hidden/)
    expect(done.log).not.toContain('▶')
    expect(outputsOf(done)).toEqual({})
    expect(done.told.get('TEMPORARY')).toBe('')
    expect(done.told.get('LEFT')).toBe('')
  })

  /** Temporary folders were there after main, and are gone when the post step has ended. */
  function expectClean(done: WorkflowRun): void {
    expect(done.told.get('TEMPORARY')).toMatch(/(^| )gip-/)
    expect(done.told.get('LEFT')).toBe('go-image-pipeline')
  }
})

async function withOrigin(folder: string): Promise<void> {
  await run(['git', 'remote', 'remove', 'origin'], { cwd: folder })
  const done = await run(['git', 'remote', 'add', 'origin', 'https://github.com/acme/hello.git'], {
    cwd: folder,
  })
  expect(done).toMatchObject({ code: 0 })
}

const headOf = async (folder: string): Promise<string> =>
  (await run(['git', 'rev-parse', 'HEAD'], { cwd: folder })).stdout.trim()

/** Empty when the job succeeded; else the end of its log. */
const failureOf = (done: WorkflowRun): string => (done.code === 0 ? '' : done.log.slice(-6000))

/** The commands with which the action annotated, as act shows them. */
const annotationsOf = (done: WorkflowRun): string[] =>
  done.log.split('\n').flatMap((line) => /(::(?:error|warning|notice)(?: .*?)?::.*)$/.exec(line)?.[1] ?? [])

/** What the post step of our action printed. */
const postOf = (done: WorkflowRun): string => {
  const at = done.log.indexOf('Run Post OWNER/go-image-pipeline')
  expect(at).toBeGreaterThan(0)
  return done.log.slice(at)
}
