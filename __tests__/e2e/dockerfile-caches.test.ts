import { afterAll, beforeAll, expect, it, jest } from '@jest/globals'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CacheDouble } from '../support/cache-double.ts'
import { publishModule } from '../support/module-proxy.ts'
import { cli, commitAll, describeWithRig, rigValue, run as runProgram, type Run } from '../support/rig.ts'

/** Without mounts of its own: the caches are put in. The image must not show it; times that a RUN leaves are its own. */
const DOCKERFILE = `# syntax=docker/dockerfile:1
FROM golang:1.26
WORKDIR /src
COPY . .
RUN CGO_ENABLED=0 go build -v -trimpath -buildvcs=false -ldflags=-s -o /out/app . \\
  && mkdir -p /out/tmp && find /out -exec touch -d @0 {} +
FROM scratch
COPY --from=0 /out /
ENTRYPOINT ["/app"]
`
const main = (word: string): string =>
  `package main\n\nimport "example.com/app/inner"\n\nfunc main() { println(inner.Name, "${word}") }\n`

let folder: string
let cache: CacheDouble
let run = 0
const project = (): string => join(folder, 'project')

const build = (...more: string[]): Promise<Run> => {
  run++
  const vet = more.includes('--vet') ? [] : ['--vet', 'false']
  const layers = more.includes('--layer-cache') ? [] : ['--layer-cache', 'off']
  return cli(
    [
      'run', '--json', '--images', `${rigValue('GIP_REGISTRY')}/e2e/dockerfile-caches`, '--tags', 'v1', '--push', 'true', '--platforms', 'linux/amd64',
      '--registry-mirrors', `docker.io=http://${rigValue('GIP_REGISTRY')}`, '--driver', 'docker-container', '--driver-opts', `image=${rigValue('GIP_BUILDKIT_IMAGE')}`,
      ...vet, ...layers, '--test', 'false', '--start', 'off', ...more,
    ],
    {
      cwd: project(),
      timeoutMs: 900_000,
      env: {
        ...cache.environment(),
        RUNNER_TEMP: join(folder, 'temp'),
        GOMODCACHE: join(folder, 'modules'),
        GONOSUMDB: '*',
        GOPROXY: `file://${join(folder, 'proxy')}`,
        GITHUB_RUN_ID: String(100 + run),
        GITHUB_EVENT_NAME: 'push',
        GITHUB_REF: 'refs/heads/main',
        GITHUB_EVENT_PATH: join(folder, 'event.json'),
      },
    },
  ) // prettier-ignore
}
/** Back to the first commit: its time and hash are in the labels. */
const reset = async (): Promise<void> => {
  const git = (...args: string[]): Promise<Run> => runProgram(['git', ...args], { cwd: project() })
  const first = (await git('rev-list', '--max-parents=0', 'HEAD')).stdout.trim()
  expect(await git('reset', '-q', '--hard', first)).toMatchObject({ code: 0 })
}
const digestOf = (done: Run): string => (JSON.parse(done.stdout) as { digest: string }).digest
/** Packages that `go build -v` named, in all tries. */
const compiled = (done: Run): string[] => packagesIn(done.stderr)
/** The same of the last try alone: the one before is stopped while its RUN begins, and may have named some. */
const compiledLast = (done: Run): string[] => {
  const [, ...tries] = done.stderr.split(/^\[image image\] .+ build --builder /m)
  expect(tries).not.toHaveLength(0)
  return packagesIn(tries.at(-1) ?? '')
}
const packagesIn = (log: string): string[] =>
  [...log.matchAll(/^\[image image\] {3}([\w./-]+)$/gm)].map(([, name]) => name ?? '').sort()

/** A run that failed shows why. */
const passed = (done: Run): void => expect(done.code === 0 ? '' : done.stderr).toBe('')

/** Every run boots a builder and unpacks the Go image in it. */
jest.setTimeout(1_200_000)

describeWithRig('Go’s caches in the user’s own Dockerfile', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-dockerfile-'))
    cache = await CacheDouble.start()
    await mkdir(join(folder, 'temp'))
    await writeFile(join(folder, 'event.json'), JSON.stringify({ repository: { default_branch: 'main' } }))
    await mkdir(join(project(), 'inner'), { recursive: true })
    await writeFile(join(project(), 'go.mod'), 'module example.com/app\n\ngo 1.25.0\n')
    await writeFile(join(project(), 'inner/inner.go'), 'package inner\n\nconst Name = "inner"\n')
    await writeFile(join(project(), 'main.go'), main('one'))
    await writeFile(join(project(), 'Dockerfile'), DOCKERFILE)
    // The report of the run before is no part of the same sources.
    await writeFile(join(project(), '.dockerignore'), '.gip\n')
    await commitAll(project())
  })
  afterAll(async () => {
    await cache.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  })

  let plain: string
  it('the image is the same with and without, and what was compiled is saved', async () => {
    const off = await build('--dockerfile-caches', 'off')
    passed(off)
    expect(off.stderr).not.toContain('gip-collect')
    plain = digestOf(off)
    const cold = await build('--dockerfile-caches', 'on')
    passed(cold)
    expect(digestOf(cold)).toBe(plain)
    expect(compiled(cold)).toEqual(
      expect.arrayContaining(['example.com/app', 'example.com/app/inner', 'runtime']),
    )
    expect(cold.stderr).toContain(
      'Dockerfile:5 is built as: RUN --mount=type=cache,target=/root/.cache/go-build CGO_ENABLED=0 go build',
    )
    expect(cache.keys.filter((key) => key.includes('-image-'))).toHaveLength(1)
  })

  it('an edit compiles only what changed, on a builder that is empty', async () => {
    await writeFile(join(project(), 'main.go'), main('two'))
    await commitAll(project())
    const edit = await build('--dockerfile-caches', 'on')
    passed(edit)
    expect(compiled(edit)).toContain('example.com/app')
    expect(['example.com/app']).toEqual(expect.arrayContaining(compiledLast(edit)))
    expect(digestOf(edit)).not.toBe(plain)
    // auto does the same where the builder is booted for the run.
    await reset()
    const back = await build()
    expect(compiledLast(back)).toEqual([])
    expect(digestOf(back)).toBe(plain)
  })

  it('the entry grows by what is new, and loses what was not used', async () => {
    await writeFile(
      join(project(), 'main.go'),
      'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(1) }\n',
    )
    await commitAll(project())
    const before = cache.entries.length
    const other = await build('--dockerfile-caches', 'on')
    passed(other)
    expect(compiled(other)).toContain('fmt')
    expect(compiledLast(other)).not.toContain('runtime')
    expect(other.stderr).toMatch(/Dockerfile build cache: saved .* more than restored/)
    expect(cache.entries.length).toBe(before + 1)
    await reset()
    const back = await build('--dockerfile-caches', 'on')
    passed(back)
    expect(compiledLast(back)).toEqual([])
    expect(back.stderr).toMatch(/Dockerfile build cache: saved .* of it was not used any more/)
  })

  it('what the layer cache has waits for no cache, though the caches have changed', async () => {
    const registry = rigValue('GIP_REGISTRY')
    const layers = [
      '--dockerfile-caches',
      'on',
      '--layer-cache',
      'registry',
      '--registries',
      `${registry} any any`,
    ]
    await reset()
    const first = await build(...layers)
    passed(first)
    expect(first.stderr).toMatch(/\[fill\] .* RUN /)
    const again = await build(...layers)
    passed(again)
    expect(again.stderr).toMatch(
      /RUN --mount=type=cache,target=\/root\/\.cache\/go-build CGO_ENABLED=0 .*: cached/,
    )
    expect(again.stderr).not.toContain('[fill]')
    expect(again.stderr).not.toContain('[collect]')
    expect([digestOf(first), digestOf(again)]).toEqual([plain, plain])
  })

  it('a compile error is told once, on the line of the user’s file', async () => {
    await writeFile(join(project(), 'main.go'), 'package main\n\nfunc main() { x }\n')
    await commitAll(project())
    const broken = await build('--dockerfile-caches', 'on')
    expect(broken.code).toBe(1)
    expect(broken.stderr).toContain('Dockerfile:5')
    expect(broken.stderr).not.toContain('is built without Go’s caches')
  })

  it('a build that fails only with the caches is built without them', async () => {
    await writeFile(join(project(), 'main.go'), main('one'))
    // Fails when GOCACHE is a mount point.
    await writeFile(
      join(project(), 'Dockerfile'),
      DOCKERFILE.replace('RUN ', 'RUN ! grep -q go-build /proc/mounts && '),
    )
    await commitAll(project())
    const done = await build('--dockerfile-caches', 'on')
    passed(done)
    expect(done.stderr).toContain('The Dockerfile is built without Go’s caches')
    await writeFile(join(project(), 'Dockerfile'), DOCKERFILE)
  })

  it('a cache service that fails costs nothing but the time', async () => {
    await reset()
    cache.faults.push({ path: /twirp/, times: 1000, fault: { kind: 'status', status: 403 } })
    const done = await build('--dockerfile-caches', 'on')
    cache.faults.length = 0
    passed(done)
    expect(digestOf(done)).toBe(plain)
  })

  it('modules come from the runner: the build needs no network for them', async () => {
    const proxy = join(folder, 'proxy')
    await publishModule(proxy, 'example.com/private', 'v1.2.0', { 'p.go': 'package p\n\nconst P = "p"\n' })
    const env = {
      GOPROXY: `file://${proxy}`,
      GONOSUMDB: '*',
      GOFLAGS: '',
      GOMODCACHE: join(folder, 'modules'),
    }
    await writeFile(
      join(project(), 'main.go'),
      'package main\n\nimport p "example.com/private"\n\nfunc main() { println(p.P) }\n',
    )
    expect(
      await runProgram(['go', 'get', 'example.com/private@v1.2.0'], { cwd: project(), env }),
    ).toMatchObject({ code: 0 })
    await writeFile(join(project(), 'Dockerfile'), DOCKERFILE.replace('RUN ', 'RUN --network=none '))
    await commitAll(project())
    const done = await build('--dockerfile-caches', 'on', '--vet', 'true')
    await runProgram(['go', 'clean', '-modcache'], { cwd: project(), env })
    passed(done)
    expect(compiled(done)).toContain('example.com/private')
  })

  it('leaves no builder and no temporary folder', async () => {
    expect((await readdir(join(folder, 'temp'))).filter((name) => name.startsWith('gip-'))).toEqual([])
  })
})
