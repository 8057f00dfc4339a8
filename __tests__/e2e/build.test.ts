import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cli, commitAll, crane, describeWithRig, projectOf, rigValue, run, until } from '../support/rig.ts'

const registry = (): string => rigValue('GIP_REGISTRY')
const MIRRORS = (): string =>
  ['gcr.io', 'docker.io', 'mcr.microsoft.com'].map((one) => `${one}=http://${registry()}`).join('\n')

/** The rig's BuildKit is a local image: it has no digest to pin. */
const BUILDKIT = (): string => `image=${rigValue('GIP_BUILDKIT_IMAGE')}`

interface Outputs {
  readonly image: string
  readonly digest: string
  readonly tags: string
  readonly 'platform-digests': string
  readonly tests: string
  readonly coverage: string
  readonly report: string
  readonly metadata: string
}

const SMALL_SERVER = `package main

import (
	"net"
	"os"
	"os/signal"
	"syscall"
)

var version = "dev"

func main() {
	if _, err := net.Listen("tcp", ":8080"); err != nil {
		println(version, err.Error())
		os.Exit(1)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
}
`

/** Options of a push to the rig's registry; `more` are option and value in turn. */
const options = (image: string, ...more: string[]): string[] => [
  'run', '--json', '--images', `${registry()}/${image}`, '--tags', 'v1\nlatest', '--push', 'true', '--registry-mirrors', MIRRORS(), '--driver-opts', BUILDKIT(), ...more,
] // prettier-ignore

let temp: string
beforeAll(async () => {
  temp = await mkdtemp(join(tmpdir(), 'gip-e2e-'))
})
afterAll(() => rm(temp, { recursive: true, force: true }))

/** Every temporary thing and every builder of a run lies here, so that leftovers show, and only ours. */
const env = (): Record<string, string> => ({ RUNNER_TEMP: temp, BUILDX_CONFIG: join(temp, 'buildx') })
const leftovers = async (): Promise<string[]> =>
  (await readdir(temp)).filter((name) => name.startsWith('gip-'))
const builders = async (): Promise<string> =>
  (await run(['docker', 'buildx', 'ls', '--format', '{{.Name}}'], { env: env() })).stdout
/** Images of all containers, stopped ones too. */
const containers = async (): Promise<string> =>
  (await run(['docker', 'ps', '--all', '--format', '{{.Image}}'])).stdout
const tagsOf = async (image: string): Promise<string[]> => {
  const done = await run([rigValue('GIP_CRANE'), 'ls', `${registry()}/${image}`])
  return done.stdout.split('\n').filter((line) => line !== '')
}

describeWithRig('the main job on examples/hello', () => {
  let project: Awaited<ReturnType<typeof projectOf>>
  beforeAll(async () => {
    project = await projectOf('hello')
  })
  afterAll(() => project.dispose())

  let first: Outputs
  it('tests, builds, starts, reads back and publishes; the outputs are what an independent client finds', async () => {
    const done = await cli(
      options(
        'e2e/hello',
        '--platforms',
        'linux/amd64,linux/arm64',
        '--health-path',
        '/health',
        '--expose',
        '8080',
        '--coverage-threshold',
        '60',
        '--labels',
        'team=red',
        '--healthcheck',
        '/app/hello healthcheck',
      ),
      { cwd: project.folder, env: env() },
    )
    expect(done).toMatchObject({ code: 0 })
    first = JSON.parse(done.stdout) as Outputs
    expect(await crane('digest', `${registry()}/e2e/hello:v1`)).toBe(first.digest)
    expect(await crane('digest', `${registry()}/e2e/hello:latest`)).toBe(first.digest)
    expect(first.image).toBe(`${registry()}/e2e/hello@${first.digest}`)
    expect(first.tags.split('\n').sort()).toEqual([
      `${registry()}/e2e/hello:latest`,
      `${registry()}/e2e/hello:v1`,
    ])
    const index = JSON.parse(await crane('manifest', first.image)) as {
      manifests: { digest: string; platform: { os: string; architecture: string } }[]
    }
    expect(
      Object.fromEntries(
        index.manifests.map((one) => [`${one.platform.os}/${one.platform.architecture}`, one.digest]),
      ),
    ).toEqual(JSON.parse(first['platform-digests']))
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      const config = JSON.parse(await crane('config', '--platform', platform, first.image)) as {
        architecture: string
        config: {
          User: string
          Entrypoint: string[]
          Labels: Record<string, string>
          ExposedPorts: Record<string, unknown>
        }
      }
      expect(`linux/${config.architecture}`).toBe(platform)
      expect(config.config).toMatchObject({
        User: '65532:65532',
        Entrypoint: ['/app/hello'],
        Labels: { team: 'red' },
        ExposedPorts: { '8080/tcp': {} },
        Healthcheck: {
          Test: ['CMD', '/app/hello', 'healthcheck'],
          Interval: 30e9,
          Timeout: 3e9,
          StartPeriod: 5e9,
          Retries: 3,
        },
      })
      expect(config.config.Labels['org.opencontainers.image.revision']).toMatch(/^[0-9a-f]{40}$/)
    }
    await crane('validate', '--remote', first.image)
    expect(JSON.parse(first.tests)).toMatchObject({ failed: 0 })
    expect(Number(first.coverage)).toBeGreaterThan(60)
  })

  it('leaves a report: data, summary, JUnit, pictures', async () => {
    const files = await readdir(first.report)
    expect(files).toEqual(
      expect.arrayContaining(['report.json', 'summary.md', 'junit.xml', 'coverage.out', 'timeline.svg']),
    )
    const report = JSON.parse(await readFile(join(first.report, 'report.json'), 'utf8')) as {
      outcome: string
      published: boolean
      gates: { verdict: string }[]
    }
    expect(report).toMatchObject({ outcome: 'passed', published: true })
    expect(report.gates.map((gate) => gate.verdict)).not.toContain('failed')
  })

  it('gives the same digest again for the same commit', async () => {
    const done = await cli(
      options(
        'e2e/hello',
        '--platforms',
        'linux/amd64,linux/arm64',
        '--expose',
        '8080',
        '--labels',
        'team=red',
        '--healthcheck',
        '/app/hello healthcheck',
      ),
      { cwd: project.folder, env: env() },
    )
    expect(done.code).toBe(0)
    expect((JSON.parse(done.stdout) as Outputs).digest).toBe(first.digest)
    expect(done.stderr).toContain('unchanged')
  })

  it('assembles the same kind of image by Buildx', async () => {
    const done = await cli(
      options(
        'e2e/buildx',
        '--engine',
        'buildx',
        '--platforms',
        'linux/amd64,linux/arm64',
        '--test',
        'false',
        '--vet',
        'false',
      ),
      { cwd: project.folder, env: env() },
    )
    expect(done).toMatchObject({ code: 0 })
    const { image } = JSON.parse(done.stdout) as Outputs
    await crane('validate', '--remote', image)
    const config = JSON.parse(await crane('config', '--platform', 'linux/arm64', image)) as {
      config: { User: string; Entrypoint: string[] }
    }
    expect(config.config).toMatchObject({ User: '65532:65532', Entrypoint: ['/app/hello'] })
  })

  it('keeps every tag where it was when a test fails, and says which line', async () => {
    await writeFile(
      join(project.folder, 'broken_test.go'),
      'package main\n\nimport "testing"\n\nfunc TestBroken(t *testing.T) {\n\tt.Error("no")\n}\n',
    )
    await commitAll(project.folder)
    const done = await cli(options('e2e/hello', '--tags', 'new'), { cwd: project.folder, env: env() })
    expect(done.code).toBe(1)
    expect(done.stderr).toContain('broken_test.go:6')
    expect(await crane('digest', `${registry()}/e2e/hello:v1`)).toBe(first.digest)
    expect((await tagsOf('e2e/hello')).sort()).toEqual(['latest', 'v1'])
  })

  it('leaves no builder, container or temporary folder behind', async () => {
    expect(await leftovers()).toEqual([])
    expect(await builders()).not.toMatch(/gip-/)
    expect(await containers()).not.toMatch(/e2e\/(?:hello|buildx)/)
  })
})

describeWithRig('gates on broken projects', () => {
  it.each([
    ['broken-vet', 1, /vet finding|printf|Printf/, []],
    ['broken-test', 1, /failed test|FAIL/, []],
    ['broken-panic', 1, /panic/, []],
    ['broken-compile', 1, /main\.go:\d+/, []],
    ['broken-coverage', 1, /coverage is/, ['--coverage-threshold', '80']],
    ['broken-crash', 1, /ended with code 1/, []],
    ['broken-localhost', 1, /127\.0\.0\.1/, []],
    ['broken-ignores-sigterm', 1, /SIGTERM/, []],
    ['broken-new-go', 2, /1\.99/, []],
    ['broken-two-mains', 2, /main packages are there and none is chosen/, []],
    ['broken-no-gomod', 2, /go\.mod/, []],
  ] as const)('%s ends with %i and publishes nothing', async (example, code, said, more) => {
    const project = await projectOf(example)
    try {
      const image = `e2e/${example}`
      const done = await cli(
        options(image, '--platforms', 'linux/amd64', '--base', 'scratch', '--file', 'none', ...more),
        { cwd: project.folder, env: env() },
      )
      expect({ code: done.code, said: said.test(done.stderr) ? 'as expected' : done.stderr }).toEqual({
        code,
        said: 'as expected',
      })
      expect(done.stderr).not.toMatch(/\n\s+at .*\(.*:\d+:\d+\)/)
      expect(await tagsOf(image)).toEqual([])
    } finally {
      await project.dispose()
    }
  })
})

describeWithRig('other shapes of projects', () => {
  it('a Dockerfile of its own, through a booted builder and mirrors', async () => {
    // A program without net/http: nothing is compiled yet in a booted builder, and this is done for two platforms.
    const project = await projectOf('dockerfile', async (folder) => {
      for (const file of ['main_test.go', 'integration_test.go']) await rm(join(folder, file))
      await writeFile(join(folder, 'main.go'), SMALL_SERVER)
    })
    try {
      const done = await cli(
        options('e2e/dockerfile', '--platforms', 'linux/amd64,linux/arm64', '--driver', 'docker-container'),
        { cwd: project.folder, env: env() },
      )
      expect(done).toMatchObject({ code: 0 })
      const { digest } = JSON.parse(done.stdout) as Outputs
      expect(await crane('digest', `${registry()}/e2e/dockerfile:v1`)).toBe(digest)
      await crane('validate', '--remote', `${registry()}/e2e/dockerfile@${digest}`)
      expect(await builders()).not.toMatch(/gip-/)
    } finally {
      await project.dispose()
    }
  })

  it('two images from one workspace', async () => {
    const project = await projectOf('monorepo')
    try {
      const done = await cli(
        options(
          'e2e/mono-{name}',
          '--platforms',
          'linux/amd64',
          '--main',
          './services/api\n./services/worker',
        ),
        { cwd: project.folder, env: env() },
      )
      expect(done).toMatchObject({ code: 0 })
      expect((JSON.parse(done.stdout) as Outputs).digest.split('\n')).toHaveLength(2)
      for (const name of ['api', 'worker']) expect(await tagsOf(`e2e/mono-${name}`)).toContain('v1')
    } finally {
      await project.dispose()
    }
  })

  it('Linux and Windows in one manifest list, from one Linux machine', async () => {
    const project = await projectOf('hello')
    try {
      const done = await cli(
        options(
          'e2e/windows',
          '--platforms',
          'linux/amd64,windows/amd64',
          '--test',
          'false',
          '--vet',
          'false',
        ),
        { cwd: project.folder, env: env() },
      )
      expect(done).toMatchObject({ code: 0 })
      const { image } = JSON.parse(done.stdout) as Outputs
      const config = JSON.parse(await crane('config', '--platform', 'windows/amd64', image)) as {
        os: string
        'os.version': string
        config: { Entrypoint: string[] }
      }
      expect(config).toMatchObject({ os: 'windows', config: { Entrypoint: ['C:\\app\\hello.exe'] } })
      expect(config['os.version']).toMatch(/^10\.0\.20348/)
    } finally {
      await project.dispose()
    }
  })

  it('a private registry with TLS of its own authority and a password from the environment', async () => {
    const project = await projectOf('hello')
    const host = rigValue('GIP_REGISTRY_AUTH')
    const password = (await readFile(rigValue('GIP_REGISTRY_AUTH_PASSWORD_FILE'), 'utf8')).trim()
    const login = (secret: string): string[] => [
      'run', '--json', '--images', `${host}/e2e/private`, '--tags', 'v1', '--push', 'true', '--platforms', 'linux/amd64', '--base', 'scratch', '--test', 'false', '--vet', 'false',
      '--registry-ca', rigValue('GIP_REGISTRY_CA'), '--driver-opts', BUILDKIT(), '--registries', `${host} ${rigValue('GIP_REGISTRY_AUTH_USER')} ${secret}`,
    ] // prettier-ignore
    try {
      const done = await cli(login('${E2E_PASSWORD}'), {
        cwd: project.folder,
        env: { ...env(), E2E_PASSWORD: password },
      })
      expect(done).toMatchObject({ code: 0 })
      expect(done.stdout + done.stderr).not.toContain(password)
      const wrong = await cli(login('wrong-password'), { cwd: project.folder, env: env() })
      expect(wrong.code).toBe(3)
      expect(wrong.stderr).toMatch(/login/)
      expect(wrong.stderr).not.toContain('wrong-password')
    } finally {
      await project.dispose()
    }
  })
})

describeWithRig('bad input and faults', () => {
  it('lists every mistake at once, before any work', async () => {
    const project = await projectOf('hello')
    try {
      const done = await cli(
        [
          'run',
          '--images',
          'Ghcr.io/UPPER:tag',
          '--platforms',
          'linux/z80',
          '--tags',
          'type=nonsense',
          '--user',
          'root',
          '--coverage-threshold',
          'high',
          '--push',
          'maybe',
          '--secrets',
          'a=1234\na=5678',
        ],
        { cwd: project.folder, env: env() },
      )
      expect(done.code).toBe(2)
      for (const input of ['images', 'platforms', 'tags', 'user', 'coverage-threshold', 'push', 'secrets'])
        expect(done.stderr).toContain(`input "${input}"`)
      expect(done.stderr).not.toContain('5678')
      expect(done.stderr).not.toContain('▶')
    } finally {
      await project.dispose()
    }
  })

  it('names a registry that is down, and an engine that is down, as faults of the environment', async () => {
    const project = await projectOf('hello')
    try {
      const down = await cli(
        ['run', '--images', '127.0.0.1:9/e2e/x', '--push', 'true', '--tags', 'v1', '--base', 'scratch'],
        { cwd: project.folder, env: env(), timeoutMs: 120_000 },
      )
      expect(down.code).toBe(3)
      expect(down.stderr).toContain('127.0.0.1:9')
      const engine = await cli(['run', '--images', `${registry()}/e2e/x`, '--push', 'true', '--tags', 'v1'], {
        cwd: project.folder,
        env: { ...env(), DOCKER_HOST: `unix://${join(temp, 'none.sock')}` },
      })
      expect(engine.code).toBe(3)
      expect(engine.stderr).toMatch(/Docker/)
    } finally {
      await project.dispose()
    }
  })

  it('a cancelled run ends its children, moves no tag and cleans up', async () => {
    const project = await projectOf('hello', async (folder) => {
      await mkdir(join(folder, 'slowtestbinary'))
      await writeFile(
        join(folder, 'slowtestbinary', 'slow_test.go'),
        'package slowtestbinary\n\nimport (\n\t"testing"\n\t"time"\n)\n\nfunc TestSlow(t *testing.T) {\n\ttime.Sleep(5 * time.Minute)\n}\n',
      )
    })
    try {
      let sent = false
      const done = await cli(options('e2e/cancelled'), {
        cwd: project.folder,
        env: env(),
        onStderr: (text, kill) => {
          if (!sent && text.includes('✔ Read back')) {
            sent = true
            kill('SIGINT')
          }
        },
      })
      expect(sent).toBe(true)
      expect(done.code).toBe(130)
      expect(await tagsOf('e2e/cancelled')).toEqual([])
      expect(await leftovers()).toEqual([])
      // The group gets SIGTERM at once; the kernel may need a moment to end it.
      await until('its test to end', async () => (await run(['pgrep', '-f', 'slowtestbinary'])).stdout === '')
    } finally {
      await project.dispose()
    }
  })
})

describeWithRig('plan, verify, doctor', () => {
  it.each(['20', '22', '24'])('run on Node %s with nothing but the bundle', async (version) => {
    const node = join(rigValue('GIP_RIG_DIR'), 'node', version, 'bin/node')
    expect(existsSync(node)).toBe(true)
    const project = await projectOf('hello')
    try {
      const plan = await cli(
        ['plan', '--json', '--images', `${registry()}/e2e/hello`, '--push', 'true'],
        { cwd: project.folder, env: env() },
        node,
      )
      expect(plan.code).toBe(0)
      expect(JSON.parse(plan.stdout)).toMatchObject({ schema: 1, push: true, form: 'generated' })
      const text = await cli(
        ['plan', '--images', `${registry()}/e2e/hello`],
        { cwd: project.folder, env: env() },
        node,
      )
      expect(text.stdout).toContain('Publish tags')
      // A newer Go on PATH is enough on a laptop; a runner installs what go.mod names.
      expect(text.stdout).toContain('the Go on PATH, which meets 1.25.0 of go.mod line 3 (go)')
      const runner = await cli(
        ['plan'],
        { cwd: project.folder, env: { ...env(), GITHUB_ACTIONS: 'true' } },
        node,
      )
      expect(runner.stdout).toContain('1.25.0 (go.mod line 3 (go))')
      const verify = await cli(
        ['verify', `${registry()}/library/debian:trixie-slim`, '--json'],
        { env: env() },
        node,
      )
      expect(verify).toMatchObject({ code: 0 })
      expect(JSON.parse(verify.stdout)).toMatchObject({ ok: true })
      const doctor = await cli(
        ['doctor', '--json', '--images', `${registry()}/e2e/hello`, '--base', 'scratch'],
        { cwd: project.folder, env: env() },
        node,
      )
      expect({ code: doctor.code, stderr: doctor.code === 0 ? '' : doctor.stderr }).toEqual({
        code: 0,
        stderr: '',
      })
    } finally {
      await project.dispose()
    }
  })
})
