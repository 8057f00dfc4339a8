import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CacheDouble } from '../support/cache-double.ts'
import { startRegistry, type RegistryDouble } from '../support/registry-double.ts'
import { cli, commitAll, pathWith, type Run } from '../support/rig.ts'

const linux = process.platform === 'linux' ? describe : describe.skip
/** Cold compiles are among them. */
jest.setTimeout(600_000)

/** The program is started by this machine itself. */
const OWN = `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`

const FILES = {
  'go.mod': 'module example.com/once\n\ngo 1.25\n',
  'main.go':
    'package main\n\nimport (\n\t_ "embed"\n\t"fmt"\n)\n\n//go:embed note.txt\nvar note string\n\nfunc main() { fmt.Print(greet(), note) }\n\nfunc greet() string { return "hello " }\n',
  'main_test.go':
    'package main\n\nimport "testing"\n\nfunc TestGreet(t *testing.T) {\n\tif greet() != "hello " {\n\t\tt.Fatal(greet())\n\t}\n}\n',
  'note.txt': 'tracked\n',
  '.gitignore': '*.gen\n',
}

linux('an input that a run before has proved', () => {
  let temp: string
  let path: string
  let project: string
  let cache: CacheDouble
  let registry: RegistryDouble
  let count = 0

  beforeAll(async () => {
    temp = await mkdtemp(join(tmpdir(), 'gip-reuse-'))
    path = await pathWith(join(temp, 'bin'), ['git', 'go', 'sh', 'tar', 'gzip', 'zstd', 'zstdmt', 'unzstd'])
    project = join(temp, 'project')
    for (const folder of [project, join(temp, 'home')]) await mkdir(folder)
    for (const [name, text] of Object.entries(FILES)) await writeFile(join(project, name), text)
    await commitAll(project)
    cache = await CacheDouble.start()
    registry = await startRegistry()
  })
  afterAll(async () => {
    await cache.close()
    await registry.close()
    await rm(temp, { recursive: true, force: true, maxRetries: 3 })
  })

  /** A run of its own number, in temporary folders of its own; the build cache stays on the disk to save time. */
  const build = async (env: Record<string, string> = {}, ...more: string[]): Promise<Run> => {
    const id = String(1000 + count++)
    await mkdir(join(temp, id))
    return cli(
      ['run', '--json', '--images', `${registry.host}/once`, '--tags', 'v1', '--push', 'true', '--base', 'scratch', '--platforms', OWN, '--report-dir', join(temp, 'report'), ...more],
      {
        cwd: project,
        env: {
          PATH: path, DOCKER_HOST: undefined, DOCKER_CONFIG: join(temp, 'none'), RUNNER_TEMP: join(temp, id), HOME: join(temp, 'home'),
          GOCACHE: join(temp, 'gocache'), ...cache.environment(), GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main',
          GITHUB_REPOSITORY: 'acme/once', GITHUB_RUN_ID: id, GITHUB_RUN_ATTEMPT: '1', GITHUB_JOB: 'image', ...env,
        },
      },
    ) // prettier-ignore
  }
  const outputsOf = (done: Run): Record<string, string | undefined> => {
    expect(done.code === 0 ? '' : done.stderr).toBe('')
    return JSON.parse(done.stdout) as Record<string, string | undefined>
  }
  const built = (done: Run): boolean => done.stderr.includes(`✔ Compile ${OWN}`)
  const proofs = (): string[] => cache.keys.filter((key) => key.startsWith('gip-v1-proof-'))

  let first: Record<string, string | undefined>

  it('is built, tested and started once, and leaves its proof', async () => {
    const done = await build()
    first = outputsOf(done)
    expect(built(done)).toBe(true)
    expect(done.stderr).toMatch(/Look for this input .*: not proved before/)
    expect(first).not.toHaveProperty('reused')
    expect(proofs()).toHaveLength(1)
  })

  it('is published again without being built: same image, same verdicts, whole report', async () => {
    registry.repository('once').tags.clear()
    await rm(join(temp, 'report'), { recursive: true })
    const done = await build()
    const outputs = outputsOf(done)
    expect(outputs).toMatchObject({
      reused: 'https://github.com/acme/once/actions/runs/1000',
      digest: first['digest'],
      image: first['image'],
      tags: first['tags'],
      'platform-digests': first['platform-digests'],
      metadata: first['metadata'],
      coverage: first['coverage'],
      tests: '{"passed":1,"failed":0,"skipped":0,"packages":1,"cached":1}',
    })
    expect(built(done)).toBe(false)
    expect(done.stderr).not.toMatch(/✔ (Vet and test|Assemble|Start|Read back)/)
    expect(registry.tags()).toEqual({ 'once:v1': first['digest'] })
    expect((await readdir(join(temp, 'report'))).sort()).toEqual(
      expect.arrayContaining(['coverage.out', 'go-test.jsonl', 'junit.xml', 'report.json', 'summary.md']),
    )
    const report = JSON.parse(await readFile(join(temp, 'report/report.json'), 'utf8')) as {
      outcome: string
      gates: { id: string; verdict: string; detail?: string }[]
      images: { verified: boolean; start?: { ok: boolean; provenAt?: string } }[]
    }
    expect(report.outcome).toBe('passed')
    for (const id of ['test', 'binaries', 'start', 'verify'])
      expect(report.gates.find((gate) => gate.id === id)).toMatchObject({
        verdict: 'passed',
        detail: expect.stringContaining('actions/runs/1000'),
      })
    expect(report.images).toMatchObject([
      { verified: true, start: { ok: true, provenAt: expect.any(String) as unknown } },
    ])
    // Nothing new was proved, and what was being restored is not saved.
    expect(proofs()).toHaveLength(1)
    expect(done.stderr).not.toMatch(/cache: saved/)
  })

  it.each<[string, Record<string, string>, ...string[]]>([
    ['another variable of the environment', { FEATURE: 'on' }],
    ['another linker flag', {}, '--ldflags', '-s -w'],
    ['another start', {}, '--start', 'command'],
    ['reuse: false', {}, '--reuse', 'false'],
    ['cache: off', {}, '--cache', 'off'],
    ['debug logging', { RUNNER_DEBUG: '1' }],
    ['-count in GOFLAGS', { GOFLAGS: '-count=1' }],
    ['-count in test-flags', {}, '--test-flags', '-count=1'],
  ])('is built again with %s', async (_, env, ...more) => {
    const done = await build(env, ...more)
    expect(outputsOf(done)).not.toHaveProperty('reused')
    expect(built(done)).toBe(true)
  })

  it('is built again with a file that git ignores, with a change, and with a new commit', async () => {
    await writeFile(join(project, 'more.gen'), 'ignored')
    expect(outputsOf(await build())).not.toHaveProperty('reused')
    // The same ignored file again is the same input.
    expect(outputsOf(await build())).toHaveProperty('reused')
    await rm(join(project, 'more.gen'))
    expect(outputsOf(await build())).toMatchObject({ reused: expect.stringMatching(/1000$/) })

    await writeFile(join(project, 'note.txt'), 'changed\n')
    const changed = await build()
    expect(outputsOf(changed)).not.toHaveProperty('reused')
    expect(changed.stderr).toMatch(/Look for this input: there are changes that are not committed/)
    await commitAll(project)
    const committed = await build()
    expect(outputsOf(committed)).not.toHaveProperty('reused')
    expect(outputsOf(committed)['digest']).not.toBe(first['digest'])
    expect(outputsOf(await build())).toMatchObject({ digest: outputsOf(committed)['digest'] })
  })

  it('is built again when its image is gone, and is there again after it', async () => {
    const { digest } = outputsOf(await build())
    const stored = registry.repository('once')
    stored.manifests.delete(digest ?? '')
    const done = await build()
    expect(outputsOf(done)).not.toHaveProperty('reused')
    expect(outputsOf(done)['digest']).toBe(digest)
    expect(done.stderr).toMatch(/Look for this input .*is not whole any more/)
    expect(stored.manifests.has(digest ?? '')).toBe(true)
    expect(outputsOf(await build())).toHaveProperty('reused')
  })

  it('is built when the cache service fails, or gives something else', async () => {
    const path = /GetCacheEntryDownloadURL/
    cache.faults.push({ path, fault: { kind: 'status', status: 500 }, times: 100 })
    const done = await build()
    cache.faults.length = 0
    expect(outputsOf(done)).not.toHaveProperty('reused')
    expect(built(done)).toBe(true)
    for (const entry of cache.entries)
      if (entry.key.startsWith('gip-v1-proof-')) await writeFile(entry.file, 'no archive')
    expect(outputsOf(await build())).not.toHaveProperty('reused')
  })

  it('is tested again when it failed', async () => {
    await writeFile(join(project, 'main_test.go'), FILES['main_test.go'].replace('!=', '=='))
    await commitAll(project)
    const before = proofs()
    for (let time = 0; time < 2; time++) {
      const done = await build()
      expect(done.code).toBe(1)
      expect(done.stderr).toContain('main_test.go:7')
    }
    expect(proofs()).toEqual(before)
  })

  it('is not proved by a run that may only read', async () => {
    await writeFile(join(project, 'main_test.go'), `${FILES['main_test.go']}\n// again\n`)
    await commitAll(project)
    const before = proofs()
    for (let time = 0; time < 2; time++)
      expect(outputsOf(await build({}, '--cache', 'read'))).not.toHaveProperty('reused')
    expect(proofs()).toEqual(before)
  })

  it('leaves no temporary folder', async () => {
    for (const name of await readdir(temp))
      if (/^\d+$/.test(name))
        expect((await readdir(join(temp, name))).filter((one) => one.startsWith('gip-'))).toEqual([])
  })
})
