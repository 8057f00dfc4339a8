import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '../../src/base/errors.ts'
import type { Platform } from '../../src/base/platform.ts'
import type { BuildRequest } from '../../src/buildx/args.ts'
import { type BuildxCommand, runBuild } from '../../src/buildx/build.ts'
import { type Builder, createBuilder, removeBuilder } from '../../src/buildx/builder.ts'
import { buildkitdToml } from '../../src/buildx/config.ts'
import { chooseDriver } from '../../src/buildx/driver.ts'
import { type EngineFacts, probeEngine } from '../../src/buildx/engine.ts'
import { installBuildx } from '../../src/buildx/install.ts'
import { generateDockerfile, standaloneDockerfile } from '../../src/image/generate.ts'
import { binaryPath, prepareRootfs } from '../../src/image/rootfs.ts'
import { describeWithRig, crane, rigValue, run } from '../support/rig.ts'
import { testAct, type TestAct } from '../support/docker-act.ts'

const AMD64: Platform = { os: 'linux', arch: 'amd64' }
const ARM64: Platform = { os: 'linux', arch: 'arm64' }
const ARMV7: Platform = { os: 'linux', arch: 'arm', variant: 'v7' }
const WINDOWS: Platform = { os: 'windows', arch: 'amd64' }
const EPOCH = 1_790_000_000

const docker = async (...args: string[]): Promise<string> => (await run(['docker', ...args])).stdout.trim()

describeWithRig('Buildx with a real engine', () => {
  let act: TestAct
  let engine: EngineFacts
  let buildx: BuildxCommand
  let registry: string
  let programs: Map<string, string>

  beforeAll(async () => {
    act = await testAct()
    registry = rigValue('GIP_REGISTRY')
    engine = await probeEngine(act)
    buildx = await installBuildx({ version: 'auto' }, engine, act)
    const source = join(act.folder, 'program')
    await mkdir(source)
    await writeFile(join(source, 'go.mod'), 'module example.com/program\n\ngo 1.26\n')
    await writeFile(
      join(source, 'main.go'),
      'package main\n\nimport (\n\t"fmt"\n\t"os"\n)\n\nvar version = "none"\n\nfunc main() {\n\tfmt.Println("program", version, len(os.Args))\n\tif len(os.Args) > 1 {\n\t\tfmt.Fprintln(os.Stderr, "main.go:3:4: it was told to fail")\n\t\tos.Exit(3)\n\t}\n}\n',
    )
    programs = new Map()
    for (const platform of [AMD64, ARM64, ARMV7, WINDOWS]) {
      const file = join(source, `program-${platform.os}-${platform.arch}`)
      const built = await run(['go', 'build', '-trimpath', '-o', file, '.'], {
        cwd: source,
        env: { CGO_ENABLED: '0', GOOS: platform.os, GOARCH: platform.arch, GOFLAGS: '' },
      })
      if (built.code !== 0) throw new Error(built.stderr)
      programs.set(platform.os + platform.arch, file)
    }
  })

  afterAll(async () => {
    await act.dispose()
  })

  /** A prepared context: what the pipeline makes of compiled programs. */
  async function context(
    name: string,
    platforms: readonly { platform: Platform; base: string }[],
  ): Promise<Omit<BuildRequest, 'output'>> {
    const folder = join(act.folder, name)
    await mkdir(folder, { recursive: true })
    for (const { platform, base } of platforms) {
      await prepareRootfs({
        context: folder,
        platform,
        host: act.host,
        binaries: [{ name: 'program', file: programs.get(platform.os + platform.arch) ?? '' }],
        furnished: base !== 'scratch',
        files: [],
        filesRoot: act.folder,
        user: '65532:65532',
        epoch: EPOCH,
      })
    }
    const file = join(folder, 'Dockerfile')
    await writeFile(
      file,
      generateDockerfile({
        platforms,
        program: 'program',
        user: '65532:65532',
        expose: ['8080'],
        env: [['GREETING', 'say "hi" to $USER \\o/']],
      }),
    )
    return { context: folder, file, platforms: platforms.map((one) => one.platform), sourceDateEpoch: EPOCH }
  }

  it('sees the engine as it is', () => {
    expect(engine.problem).toBeUndefined()
    expect(engine.server).toMatchObject({
      product: 'docker',
      os: 'linux',
      containerdStore: true,
      rootless: false,
    })
    expect(engine.server?.insecureRegistries).toContain('127.0.0.0/8')
    expect(engine.buildx?.version).toMatch(/^\d+\.\d+\.\d+$/)
    expect(engine.env['DOCKER_HOST']).toBe(process.env['DOCKER_HOST'])
  })

  it('needs no builder for several platforms with the containerd store', () => {
    const choice = chooseDriver('auto', engine, {
      platforms: [AMD64, ARM64],
      attestations: true,
      cacheExport: true,
      mirrors: [],
      insecure: [registry],
      ca: false,
      rawConfig: false,
    })
    expect(choice).toMatchObject({ driver: 'docker', boots: false, problems: [] })
  })

  it('writes the same OCI layout twice, with every platform, for the docker driver', async () => {
    const platforms = [
      { platform: AMD64, base: 'scratch' },
      { platform: ARM64, base: 'scratch' },
      { platform: ARMV7, base: 'scratch' },
    ]
    const first = await context('oci-a', platforms)
    const second = await context('oci-b', platforms)
    const annotations = [['org.opencontainers.image.title', 'a, "b"']] as const
    const build = (request: Omit<BuildRequest, 'output'>, file: string): ReturnType<typeof runBuild> =>
      runBuild({ ...request, annotations, noCache: true, output: { kind: 'oci', file } }, buildx, act)
    const one = await build(first, join(act.folder, 'one.tar'))
    const two = await build(second, join(act.folder, 'two.tar'))
    expect(one.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(two.digest).toBe(one.digest)
    expect(one.mediaType).toBe('application/vnd.oci.image.index.v1+json')
    expect(one.attempts).toBe(1)
    const index = JSON.parse(
      (await run(['tar', 'xOf', join(act.folder, 'one.tar'), `blobs/sha256/${one.digest?.slice(7) ?? ''}`]))
        .stdout,
    ) as {
      manifests: { platform: Platform & { architecture: string } }[]
      annotations: Record<string, string>
    }
    expect(index.manifests.map((one) => [one.platform.architecture, one.platform.variant])).toEqual([
      ['amd64', undefined],
      ['arm64', undefined],
      ['arm', 'v7'],
    ])
    expect(index.annotations['org.opencontainers.image.title']).toBe('a, "b"')
  })

  it('never pulls a base layer for the generated image, Linux and Windows in one index', async () => {
    const base = `${registry}/distroless/static-debian13:nonroot`
    const nano = `${registry}/windows/nanoserver:ltsc2022`
    const request = await context('lazy', [
      { platform: AMD64, base },
      { platform: ARM64, base },
      { platform: WINDOWS, base: nano },
    ])
    const name = `${registry}/e2e/lazy:staging`
    const built = await runBuild({ ...request, output: { kind: 'tag', tags: [name] } }, buildx, act)
    expect(await crane('digest', '--insecure', name)).toBe(built.digest)
    const config = JSON.parse(await crane('config', '--insecure', '--platform', 'linux/arm64', name)) as {
      config: { User: string; Entrypoint: string[]; Env: string[]; ExposedPorts: object }
      rootfs: { diff_ids: string[] }
    }
    expect(config.config).toMatchObject({
      User: '65532:65532',
      Entrypoint: [binaryPath('program', 'linux')],
      ExposedPorts: { '8080/tcp': {} },
    })
    expect(config.config.Env).toContain('GREETING=say "hi" to $USER \\o/')
    const below = JSON.parse(
      await crane('config', '--insecure', '--platform', 'linux/arm64', base),
    ) as typeof config
    expect(config.rootfs.diff_ids).toHaveLength(below.rootfs.diff_ids.length + 1)
    const windows = JSON.parse(await crane('config', '--insecure', '--platform', 'windows/amd64', name)) as {
      config: { Entrypoint: string[]; User: string }
      'os.version'?: string
    }
    expect(windows.config).toMatchObject({ Entrypoint: ['C:\\app\\program.exe'], User: 'ContainerUser' })
    expect(windows['os.version']).toMatch(/^10\.0\.20348/)
    expect(act.log.lines.join('\n')).not.toMatch(/extracting|sha256:\S+ .*downloading/)
  })

  it('gives the layer root’s files, the right modes and the wanted time', async () => {
    const request = await context('modes', [{ platform: AMD64, base: 'scratch' }])
    const file = join(act.folder, 'modes.tar')
    const built = await runBuild({ ...request, output: { kind: 'oci', file } }, buildx, act)
    const blob = async (digest: string): Promise<string> =>
      (await run(['tar', 'xOf', file, `blobs/sha256/${digest.slice(7)}`])).stdout
    const manifest = JSON.parse(await blob(built.digest ?? '')) as { layers: { digest: string }[] }
    const layer = manifest.layers[0]?.digest.slice(7) ?? ''
    await run(['tar', 'xf', file, '-C', act.folder, `blobs/sha256/${layer}`])
    const listed = (
      await run(['tar', 'tzvf', join(act.folder, 'blobs/sha256', layer), '--numeric-owner', '--full-time'])
    ).stdout
    const lines = new Map(
      listed
        .trim()
        .split('\n')
        .map((line) => [line.split(/\s+/).at(-1) ?? '', line]),
    )
    expect(lines.get('app/program')).toMatch(/^-r-xr-xr-x 0\/0 /)
    expect(lines.get('tmp/')).toMatch(/^drwxrwxrwt 0\/0 /)
    expect(lines.get('etc/ssl/certs/ca-certificates.crt')).toMatch(/^-r--r--r-- 0\/0 /)
    const stamp = new Date(EPOCH * 1000).toISOString().slice(0, 10)
    for (const line of lines.values()) expect(line).toContain(stamp)
  })

  it('tells a failed step with its line, its last output and its cause', async () => {
    const folder = join(act.folder, 'failing')
    await mkdir(folder)
    await writeFile(join(folder, 'program'), await readFile(programs.get('linuxamd64') ?? ''))
    await chmod(join(folder, 'program'), 0o755)
    const file = join(folder, 'Dockerfile')
    await writeFile(file, 'FROM scratch\nCOPY program /program\nRUN ["/program", "fail"]\n')
    act.log.annotations.length = 0
    const failure = await runBuild({ context: folder, file, output: { kind: 'cache' } }, buildx, act, {
      root: folder,
    }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(PipelineError)
    if (!(failure instanceof PipelineError)) return
    expect(failure.kind).toBe('gate')
    expect(failure.problems[0]).toMatchObject({
      code: 'image-build-run-failed',
      what: 'the image build failed at [2/2] RUN ["/program", "fail"]',
      where: 'Dockerfile:3',
    })
    expect(failure.log).toContain('main.go:3:4: it was told to fail')
    expect(act.log.annotations).toEqual([
      expect.objectContaining({ level: 'error', file: 'Dockerfile', line: 3 }),
    ])
  })

  it.each([
    ['a file that is not there', 'FROM scratch\nCOPY missing /x\n', 'image-build-copy-missing', 'gate'],
    ['an unknown instruction', 'FROM scratch\nCOPPY a /b\n', 'image-build-dockerfile-syntax', 'gate'],
    [
      'a RUN without a shell',
      'FROM scratch\nCOPY program /program\nRUN /program\n',
      'image-build-shell-missing',
      'gate',
    ],
    ['a base that does not exist', 'FROM REGISTRY/nobody/nothing:1\n', 'image-build-base-missing', 'gate'],
    ['a registry that does not answer', 'FROM 127.0.0.1:9/x:1\n', 'image-build-network', 'environment'],
  ])('explains %s', async (_name, dockerfile, code, kind) => {
    const folder = join(act.folder, 'failing')
    const file = join(folder, 'Dockerfile.case')
    await writeFile(file, dockerfile.replace('REGISTRY', registry))
    const failure = await runBuild({ context: folder, file, output: { kind: 'cache' } }, buildx, act, {
      attempts: 1,
    }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ kind, problems: [expect.objectContaining({ code })] })
  })

  it('hands secrets over byte for byte and never in the argv', async () => {
    const folder = join(act.folder, 'secret')
    await mkdir(folder)
    const secret = 'line 1, "quoted"\nline 2 \\ $HOME\n'
    const check = join(folder, 'check.go')
    await writeFile(
      check,
      'package main\n\nimport (\n\t"crypto/sha256"\n\t"fmt"\n\t"os"\n)\n\nfunc main() {\n\tb, err := os.ReadFile("/run/secrets/token")\n\tif err != nil {\n\t\tpanic(err)\n\t}\n\tfmt.Printf("sum %x\\n", sha256.Sum256(b))\n}\n',
    )
    const built = await run(['go', 'build', '-o', join(folder, 'check'), check], {
      env: { CGO_ENABLED: '0', GOFLAGS: '' },
    })
    expect(built.code).toBe(0)
    await writeFile(
      join(folder, 'Dockerfile'),
      'FROM scratch\nCOPY check /check\nRUN --mount=type=secret,id=token,required=true ["/check"]\n',
    )
    act.log.lines.length = 0
    const result = await runBuild(
      {
        context: folder,
        file: join(folder, 'Dockerfile'),
        secrets: [{ id: 'token', value: secret }],
        noCache: true,
        output: { kind: 'cache' },
      },
      buildx,
      act,
    )
    expect(result.steps).toEqual({ total: 2, cached: 0 })
    expect(act.log.lines).toContain(`  sum ${createHash('sha256').update(secret).digest('hex')}`)
    expect(act.log.lines.join('\n')).not.toContain('quoted')
  })

  it('boots a builder with its own configuration, pushes by digest, uses a cache, and leaves nothing', async () => {
    const { toml, problems } = buildkitdToml({
      mirrors: [
        { registry: 'docker.io', url: `http://${registry}` },
        { registry: 'gcr.io', url: `http://${registry}` },
      ],
      insecure: [registry],
      raw: '[worker.oci]\n  max-parallelism = 4\n',
    })
    expect(problems).toEqual([])
    const made: Builder[] = []
    const builder = await createBuilder(
      {
        driver: 'docker-container',
        ...(toml === undefined ? {} : { config: toml }),
        // The rig has BuildKit under its tag only: nothing can be pulled by digest there.
        driverOpts: ['image=moby/buildkit:buildx-stable-1'],
        registries: [registry],
        runName: 'e2e',
      },
      buildx,
      act,
      (one) => made.push(one),
    )
    try {
      expect(made[0]?.name).toBe(builder.name)
      expect(builder.buildkit).toMatch(/^\d+\.\d+\.\d+/)
      const request = await context('container', [
        { platform: AMD64, base: 'gcr.io/distroless/static-debian13:nonroot' },
        { platform: ARM64, base: 'gcr.io/distroless/static-debian13:nonroot' },
      ])
      const cache = `type=registry,ref=${registry}/e2e/container:buildcache`
      const whole: BuildRequest = {
        ...request,
        builder: builder.name,
        provenance: 'min',
        cacheFrom: [cache],
        cacheTo: [`${cache},mode=max,image-manifest=true,ignore-error=true`],
        output: { kind: 'digest', names: [`${registry}/e2e/container`, `${registry}/e2e/copy`] },
      }
      const built = await runBuild(whole, buildx, act)
      for (const name of ['container', 'copy']) {
        expect(await crane('digest', '--insecure', `${registry}/e2e/${name}@${built.digest ?? ''}`)).toBe(
          built.digest,
        )
      }
      expect(await crane('ls', '--insecure', `${registry}/e2e/container`)).toBe('buildcache')
      expect(
        (await run([rigValue('GIP_CRANE'), 'ls', '--insecure', `${registry}/e2e/copy`])).stdout.trim(),
      ).toBe('')
      const again = await runBuild(whole, buildx, act)
      expect(again.steps.cached).toBe(again.steps.total)
    } finally {
      expect(await removeBuilder(builder, buildx, act)).toBe(true)
    }
    expect(await docker('ps', '-aq', '--filter', `name=${builder.name}`)).toBe('')
    expect(await docker('volume', 'ls', '-q', '--filter', `name=${builder.name}`)).toBe('')
  })

  it('boots a builder of one run without a garbage collector', async () => {
    const options = { driver: 'docker-container', driverOpts: ['image=moby/buildkit:buildx-stable-1'], runName: 'e2e' } as const // prettier-ignore
    const builder = await createBuilder(options, buildx, act)
    try {
      const told = await docker(
        'exec',
        `buildx_buildkit_${builder.name}0`,
        'buildctl',
        'debug',
        'workers',
        '--verbose',
      )
      expect(told).toMatch(/^Platforms:/m)
      expect(told).not.toMatch(/^GC Policy/m)
    } finally {
      expect(await removeBuilder(builder, buildx, act)).toBe(true)
    }
  })

  it('says why a builder does not come up, and leaves nothing', async () => {
    const made: Builder[] = []
    const failure = await createBuilder(
      { driver: 'docker-container', driverOpts: [`image=${registry}/nobody/buildkit:none`] },
      buildx,
      act,
      (one) => made.push(one),
    ).catch((error: unknown) => error)
    expect(failure).toMatchObject({ kind: 'environment' })
    expect((failure as PipelineError).problems[0]?.what).toBe('the builder (docker-container) did not start')
    expect((failure as PipelineError).problems[0]?.fix).toContain('image=')
    expect(await docker('ps', '-aq', '--filter', `name=${made[0]?.name ?? '?'}`)).toBe('')
  })

  it('builds the Dockerfile that it writes for users, all stages', async () => {
    const folder = join(act.folder, 'program')
    const file = join(act.folder, 'Dockerfile.standalone')
    await writeFile(
      file,
      standaloneDockerfile({
        platforms: [
          { platform: AMD64, base: 'scratch' },
          { platform: ARM64, base: 'scratch' },
        ],
        goVersion: '1.26',
        binaries: [{ name: 'program', package: '.' }],
        goSum: false,
        ldflags: '-s -w -X main.version=$VERSION',
        program: 'program',
        user: '65532:65532',
      }),
    )
    const request: Omit<BuildRequest, 'output'> = {
      context: folder,
      file,
      buildArgs: [['VERSION', 'v1.2.3']],
    }
    const tester = await runBuild({ ...request, target: 'tester', output: { kind: 'cache' } }, buildx, act)
    expect(tester.steps.total).toBeGreaterThan(2)
    const image = 'gip-e2e-standalone:1'
    await runBuild({ ...request, platforms: [AMD64], output: { kind: 'load', tags: [image] } }, buildx, act)
    try {
      expect(await docker('run', '--rm', '--read-only', image)).toBe('program v1.2.3 1')
    } finally {
      await docker('image', 'rm', '--force', image)
    }
    const both = await runBuild(
      {
        ...request,
        platforms: [AMD64, ARM64],
        output: { kind: 'oci', file: join(act.folder, 'standalone.tar') },
      },
      buildx,
      act,
    )
    expect(both.mediaType).toBe('application/vnd.oci.image.index.v1+json')
  })

  it('knows what the classic store cannot do', async () => {
    const host = rigValue('GIP_DOCKER_HOST_CLASSIC')
    const classic = await testAct({ env: { ...process.env, DOCKER_HOST: host } })
    try {
      const facts = await probeEngine({
        ...classic,
        exec: {
          run: (command) => classic.exec.run({ ...command, env: { ...command.env, DOCKER_HOST: host } }),
        },
      })
      expect(facts.server).toMatchObject({ containerdStore: false, storageDriver: 'overlay2' })
      const needs = {
        platforms: [AMD64],
        attestations: false,
        cacheExport: false,
        mirrors: [],
        insecure: [],
        ca: false,
        rawConfig: false,
      }
      expect(chooseDriver('auto', facts, needs).driver).toBe('docker-container')
      expect(chooseDriver('auto', facts, { ...needs, output: 'load' }).driver).toBe('docker')
      expect(chooseDriver('docker', facts, needs).problems[0]?.code).toBe('driver-cannot')
    } finally {
      await classic.dispose()
    }
  })
})
