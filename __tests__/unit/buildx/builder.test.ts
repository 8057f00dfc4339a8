import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import type { Environment } from '../../../src/base/platform.ts'
import {
  type Builder,
  buildkitImages,
  buildkitVersion,
  buildxStore,
  createArgv,
  createBuilder,
  driverOptions,
  removeBuilder,
} from '../../../src/buildx/builder.ts'
import { PINNED_BUILDKIT } from '../../../src/buildx/pins.ts'
import { PlayedExec, type Reply, StepClock, testAct, type TestAct } from '../../support/docker-act.ts'

const buildx = { argv: ['/opt/buildx'], env: { DOCKER_CONFIG: '/cfg' } }
const INSPECT =
  'Name:   x\nDriver: docker-container\n\nNodes:\nName: x0\nBuildKit version: v0.32.2\nPlatforms: linux/amd64\n'
const clean = (argv: readonly string[]): Reply | undefined =>
  argv[0] === 'docker' ? {} : argv[1] === 'rm' ? {} : undefined

describe('driverOptions', () => {
  const docker = { driver: 'docker-container' } as const
  it.each<[string, Parameters<typeof driverOptions>[0], Environment, string[]]>([
    ['the pinned image', docker, {}, ['image=I']],
    ['the user’s image wins', { ...docker, driverOpts: ['image=mine'] }, {}, ['image=mine']],
    [
      'a loopback registry needs the host network',
      { ...docker, registries: ['ghcr.io', '127.0.0.1:5000'] },
      {},
      ['image=I', 'network=host'],
    ],
    [
      'the user’s network wins',
      { ...docker, registries: ['localhost'], driverOpts: ['network=net'] },
      {},
      ['image=I', 'network=net'],
    ],
    [
      'a proxy',
      docker,
      { https_proxy: 'http://p:3128', NO_PROXY: 'a,b' },
      ['image=I', 'env.HTTPS_PROXY=http://p:3128', '"env.NO_PROXY=a,b"'],
    ],
    [
      'kubernetes has no network option',
      { driver: 'kubernetes', registries: ['localhost'] },
      { HTTP_PROXY: 'http://p' },
      ['image=I'],
    ],
    ['remote takes what it is given', { driver: 'remote', driverOpts: ['cacert=/x'] }, {}, ['cacert=/x']],
  ])('%s', (_name, options, env, wanted) => {
    expect(driverOptions(options, env, 'I')).toEqual({ opts: wanted, warnings: [] })
  })

  it('keeps a proxy’s password out of the argv', () => {
    const { opts, warnings } = driverOptions(docker, { HTTP_PROXY: 'http://user:hunter2@p:1' }, 'I')
    expect(opts.join()).not.toContain('hunter2')
    expect(warnings.join()).toContain('HTTP_PROXY')
    expect(warnings.join()).not.toContain('hunter2')
  })
})

it('createArgv', () => {
  expect(createArgv('n', { driver: 'remote', endpoint: 'tcp://b:1', buildkitdFlags: '--debug' }, ['a=b'], '/c.toml')).toEqual([
    'create', '--name', 'n', '--driver', 'remote', '--driver-opt', 'a=b', '--buildkitd-config', '/c.toml', '--buildkitd-flags', '--debug', 'tcp://b:1',
  ]) // prettier-ignore
})

describe('BuildKit’s garbage collector', () => {
  const OFF = '--oci-worker-gc=false'
  const container = { driver: 'docker-container' } as const
  it.each<[string, Parameters<typeof createArgv>[1], string | undefined]>([
    ['is off in a builder of one run', container, OFF],
    ['in the cluster too', { driver: 'kubernetes' }, OFF],
    ['beside the user’s flags', { ...container, buildkitdFlags: '--debug' }, `--debug ${OFF}`],
    ['a registry may be called so', { ...container, config: '[registry."worker.example"]\n' }, OFF],
    ['stays in a builder that is kept', { ...container, keep: true }, undefined],
    ['is not ours in a BuildKit that runs already', { driver: 'remote', endpoint: 'tcp://b:1' }, undefined],
    ['is the user’s by a flag', { ...container, buildkitdFlags: '--oci-worker-gc-keepstorage=9000' }, '--oci-worker-gc-keepstorage=9000'],
    ['is the user’s by the configuration', { ...container, config: 'debug = true\n[worker.oci]\n  gc = true\n' }, undefined],
    ['however it is written', { ...container, config: '[[worker.oci.gcpolicy]]\n  all = true\n' }, undefined],
  ])('%s', (_, options, flags) => {
    const argv = createArgv('n', options, [], undefined)
    const at = argv.indexOf('--buildkitd-flags')
    expect(at < 0 ? undefined : argv[at + 1]).toBe(flags)
  }) // prettier-ignore
})

it('BuildKit’s own image comes through HTTPS mirrors of Docker Hub first, always by digest', () => {
  expect(
    buildkitImages([
      { registry: 'docker.io', url: 'https://mirror.example/hub' },
      { registry: 'docker.io', url: 'http://plain.example' },
      { registry: 'ghcr.io', url: 'https://other.example' },
    ]),
  ).toEqual([`mirror.example/hub/${PINNED_BUILDKIT}`, PINNED_BUILDKIT])
  expect(PINNED_BUILDKIT).toMatch(/^moby\/buildkit:v\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/)
})

it.each<[Environment, RegExp]>([
  [{ BUILDX_CONFIG: '/b' }, /^\/b$/],
  [{ DOCKER_CONFIG: '/d' }, /^\/d[/\\]buildx$/],
  [{}, /\.docker[/\\]buildx$/],
])('buildxStore(%j)', (env, wanted) => {
  expect(buildxStore(env)).toMatch(wanted)
})

it('reads BuildKit’s version', () => {
  expect(buildkitVersion(INSPECT)).toBe('0.32.2')
  expect(buildkitVersion('Name: x')).toBe('')
})

describe('createBuilder', () => {
  let act: TestAct
  let clock: StepClock
  beforeEach(() => {
    clock = new StepClock()
  })
  afterEach(() => act.dispose())
  const make = async (
    play: (argv: readonly string[], call: number) => Reply | undefined,
    signal?: AbortSignal,
  ): Promise<PlayedExec> => {
    const exec = new PlayedExec((argv, call) => play(argv, call) ?? clean(argv))
    act = await testAct({
      exec,
      clock,
      env: { BUILDX_CONFIG: '/store' },
      ...(signal === undefined ? {} : { signal }),
    })
    return exec
  }

  it('makes nothing for the docker driver', async () => {
    const exec = await make(() => undefined)
    expect(await createBuilder({ driver: 'docker' }, buildx, act)).toMatchObject({
      name: 'default',
      owned: false,
    })
    expect(exec.calls).toEqual([])
  })

  it('creates, boots, and tells the name before anything exists', async () => {
    const order: string[] = []
    let config = ''
    const exec = await make((argv) => {
      order.push(argv[1] ?? '')
      if (argv[1] === 'create') config = argv[argv.indexOf('--buildkitd-config') + 1] ?? ''
      return argv[1] === 'inspect' ? { stdout: INSPECT } : {}
    })
    const builder = await createBuilder(
      { driver: 'docker-container', config: '[x]\n', runName: 'ci #42' },
      buildx,
      act,
      () => order.push('told'),
    )
    expect(order).toEqual(['told', 'create', 'inspect'])
    expect(builder).toMatchObject({
      driver: 'docker-container',
      owned: true,
      keep: false,
      buildkit: '0.32.2',
      env: { BUILDX_CONFIG: '/store' },
    })
    expect(builder.name).toMatch(/^gip-ci-42-[0-9a-f]{10}$/)
    expect(await readFile(config, 'utf8')).toBe('[x]\n')
    expect(exec.calls[0]?.env).toMatchObject({ DOCKER_CONFIG: '/cfg', BUILDX_CONFIG: '/store' })
    expect(exec.lines[1]).toBe(`/opt/buildx inspect --bootstrap ${builder.name}`)
  })

  it('boots again after a rate limit, counted', async () => {
    let boots = 0
    await make((argv) => {
      if (argv[1] === 'inspect')
        return ++boots < 3
          ? { code: 1, stderr: 'ERROR: toomanyrequests: You have reached your pull rate limit' }
          : { stdout: INSPECT }
      return {}
    })
    await createBuilder({ driver: 'docker-container' }, buildx, act)
    expect(boots).toBe(3)
    expect(act.counter.list()).toEqual([expect.objectContaining({ count: 2 })])
  })

  it('tries the next image when a mirror lacks it, and removes what it made', async () => {
    const exec = await make((argv) => {
      if (argv[1] === 'create') return {}
      if (argv[1] === 'inspect')
        return exec.lines.filter((line) => line.includes(' create ')).length === 1
          ? { code: 1, stderr: 'ERROR: pulling image mirror.example/x: not found' }
          : { stdout: INSPECT }
      return undefined
    })
    const builder = await createBuilder(
      { driver: 'docker-container', mirrors: [{ registry: 'docker.io', url: 'https://mirror.example' }] },
      buildx,
      act,
    )
    const creates = exec.lines.filter((line) => line.includes(' create '))
    expect(creates[0]).toContain(`image=mirror.example/${PINNED_BUILDKIT}`)
    expect(creates[1]).toContain(`image=${PINNED_BUILDKIT}`)
    expect(exec.lines).toContain(`/opt/buildx rm --force ${builder.name}`)
  })

  it.each([
    [
      'boot',
      'ERROR: Error response from daemon: pull access denied for moby/buildkit',
      'builder-base-unauthorized',
      'log in',
    ],
    ['boot', 'ERROR: something new', 'builder-boot', 'driver: docker'],
    ['create', 'ERROR: invalid driver option', 'builder-create', 'log below'],
    [
      'boot',
      'ERROR: Cannot connect to the Docker daemon at unix:///x',
      'builder-docker-down',
      'start the engine',
    ],
  ])('explains a failed %s: %s', async (step, stderr, code, fix) => {
    const exec = await make((argv) => {
      if (argv[1] === 'create') return step === 'create' ? { code: 1, stderr } : {}
      return argv[1] === 'inspect' ? { code: 1, stderr } : undefined
    })
    const failure = createBuilder({ driver: 'docker-container' }, buildx, act)
    await expect(failure).rejects.toMatchObject({
      kind: 'environment',
      log: stderr,
      problems: [expect.objectContaining({ code, fix: expect.stringContaining(fix) })],
    })
    expect(exec.lines.filter((line) => line.includes(' rm --force '))).not.toEqual([])
  })

  it('finds a kept builder again by what it is made of', async () => {
    const exec = await make((argv) => (argv[1] === 'inspect' ? { stdout: INSPECT } : {}))
    const one = await createBuilder(
      { driver: 'docker-container', keep: true, config: 'a = 1\n' },
      buildx,
      act,
    )
    const two = await createBuilder(
      { driver: 'docker-container', keep: true, config: 'a = 1\n' },
      buildx,
      act,
    )
    const other = await createBuilder(
      { driver: 'docker-container', keep: true, config: 'a = 2\n' },
      buildx,
      act,
    )
    expect(two.name).toBe(one.name)
    expect(other.name).not.toBe(one.name)
    expect(exec.lines.some((line) => line.includes(' create '))).toBe(false)
  })

  it('cleans up when the run is cancelled while it boots', async () => {
    const abort = new AbortController()
    const exec = await make((argv) => {
      if (argv[1] !== 'inspect') return {}
      abort.abort(new Error('cancelled'))
      return { throws: new Error('cancelled') }
    }, abort.signal)
    await expect(createBuilder({ driver: 'docker-container' }, buildx, act)).rejects.toThrow('cancelled')
    expect(exec.lines.at(-1)).toContain('docker volume ls')
    expect(exec.lines.some((line) => line.startsWith('/opt/buildx rm --force '))).toBe(true)
  })
})

describe('removeBuilder', () => {
  const builder: Builder = {
    name: 'b',
    driver: 'docker-container',
    owned: true,
    keep: false,
    keepBytes: 2e9,
    buildkit: '',
    bootMs: 0,
    env: { BUILDX_CONFIG: '/s' },
  }
  const remove = async (
    part: Partial<Builder>,
    play: (argv: readonly string[]) => Reply | undefined,
    machine?: 'thrown-away',
  ): Promise<{ exec: PlayedExec; gone: boolean; warnings: string[] }> => {
    const exec = new PlayedExec(play)
    const act = await testAct({ exec })
    const gone = await removeBuilder({ ...builder, ...part }, buildx, act, machine)
    await act.dispose()
    return { exec, gone, warnings: act.log.warnings }
  }

  it('leaves what is not ours', async () => {
    expect(await remove({ owned: false }, () => undefined)).toMatchObject({ gone: true, exec: { calls: [] } })
  })

  it('asks Buildx, then makes sure', async () => {
    const { exec, gone } = await remove({}, () => ({}))
    expect(gone).toBe(true)
    expect(exec.lines).toEqual([
      '/opt/buildx rm --force b',
      'docker ps -aq --filter name=^/?buildx_buildkit_b0$',
      'docker volume ls -q --filter name=^buildx_buildkit_b0_state$',
    ])
    expect(exec.calls.every((call) => call.signal === undefined && (call.timeoutMs ?? 0) > 0)).toBe(true)
  })

  it('leaves the volume to a machine that is thrown away, but no container', async () => {
    const { exec, gone } = await remove(
      {},
      (argv) => (argv[1] === 'ps' ? { stdout: 'abc\n' } : {}),
      'thrown-away',
    )
    expect(gone).toBe(true)
    expect(exec.lines).toEqual([
      '/opt/buildx rm --force --keep-state b',
      'docker ps -aq --filter name=^/?buildx_buildkit_b0$',
      'docker rm --force --volumes buildx_buildkit_b0',
    ])
  })

  it('removes container and volume itself when Buildx gave up', async () => {
    const { exec, gone } = await remove({}, (argv) => {
      if (argv[1] === 'rm' && argv[0] !== 'docker') return { throws: new Error('timeout') }
      return argv[1] === 'ps' ? { stdout: 'abc\n' } : argv[2] === 'ls' ? { stdout: 'vol\n' } : {}
    })
    expect(gone).toBe(true)
    expect(exec.lines).toContain('docker rm --force --volumes buildx_buildkit_b0')
    expect(exec.lines).toContain('docker volume rm --force buildx_buildkit_b0_state')
  })

  it('says what is left', async () => {
    const { gone, warnings } = await remove({}, (argv) =>
      argv[2] === 'ls' ? { stdout: 'vol' } : argv[2] === 'rm' ? { code: 1 } : {},
    )
    expect(gone).toBe(false)
    expect(warnings.join()).toContain('buildx_buildkit_b0_state')
  })

  it('prunes a kept one to its size', async () => {
    const { exec, gone } = await remove({ keep: true }, () => ({}))
    expect(gone).toBe(true)
    expect(exec.lines).toEqual(['/opt/buildx prune --builder b --force --max-used-space 2000MB'])
  })

  it('takes a builder that is gone already for removed', async () => {
    expect(
      (await remove({ driver: 'remote' }, () => ({ code: 1, stderr: 'ERROR: no builder "b" found' }))).gone,
    ).toBe(true)
    const { gone, warnings } = await remove({ driver: 'remote' }, () => ({
      code: 1,
      stderr: 'ERROR: locked',
    }))
    expect([gone, warnings.length]).toEqual([false, 1])
  })
})
