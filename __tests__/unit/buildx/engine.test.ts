import { describe, expect, it } from '@jest/globals'
import {
  type Answer,
  explainUnreachable,
  plainVersion,
  probeEngine,
  readEngine,
} from '../../../src/buildx/engine.ts'
import { PlayedExec, testAct } from '../../support/docker-act.ts'

const LINUX = { os: 'linux', arch: 'amd64' } as const
const says = (value: unknown): Answer => ({ code: 0, stdout: JSON.stringify(value), stderr: '' })
const silent: Answer = { code: 1, stdout: '', stderr: '' }
const VERSION = {
  Client: { Version: '28.5.2' },
  Server: { Version: '28.5.2', Os: 'linux', Arch: 'amd64', Components: [{ Name: 'Engine' }] },
}
const INFO = {
  Driver: 'overlayfs',
  DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']],
  OperatingSystem: 'Ubuntu 24.04.3 LTS',
  SecurityOptions: ['name=seccomp,profile=builtin', 'name=rootless'],
  RegistryConfig: {
    Mirrors: ['https://mirror.example/'],
    InsecureRegistryCIDRs: ['127.0.0.0/8'],
    IndexConfigs: { 'docker.io': { Secure: true }, 'old.example:5000': { Secure: false } },
  },
  NCPU: 4,
  MemTotal: 16_000_000_000,
  ClientInfo: {
    Plugins: [
      { Name: 'compose', Version: 'v2', Path: '/x/docker-compose' },
      { Name: 'buildx', Version: 'v0.36.1', Path: '/x/docker-buildx' },
    ],
  },
}

describe('readEngine', () => {
  it('reads a whole engine', () => {
    const context = says({ Name: 'default', Endpoints: { docker: { Host: 'unix:///var/run/docker.sock' } } })
    expect(readEngine({ version: says(VERSION), info: says(INFO), context }, LINUX, {})).toEqual({
      reachable: true,
      client: { version: '28.5.2' },
      buildx: { version: '0.36.1', path: '/x/docker-buildx' },
      context: 'default',
      env: {},
      server: {
        version: '28.5.2',
        product: 'docker',
        os: 'linux',
        arch: 'amd64',
        system: 'Ubuntu 24.04.3 LTS',
        storageDriver: 'overlayfs',
        containerdStore: true,
        rootless: true,
        mirrors: ['https://mirror.example/'],
        insecureRegistries: ['127.0.0.0/8', 'old.example:5000'],
        cpus: 4,
        memoryBytes: 16_000_000_000,
      },
    })
  })

  it.each([
    [
      'the classic store',
      { ...INFO, DriverStatus: [['Backing Filesystem', 'extfs']] },
      { containerdStore: false },
    ],
    [
      'no status at all',
      { ...INFO, DriverStatus: null, RegistryConfig: null, SecurityOptions: null },
      { containerdStore: false, rootless: false, mirrors: [], insecureRegistries: [] },
    ],
  ])('sees %s', (_name, info, server) => {
    expect(
      readEngine({ version: says(VERSION), info: says(info), context: silent }, LINUX, {}).server,
    ).toMatchObject(server)
  })

  it('knows Podman behind the docker name', () => {
    const version = { ...VERSION, Server: { ...VERSION.Server, Components: [{ Name: 'Podman Engine' }] } }
    expect(
      readEngine({ version: says(version), info: says(INFO), context: silent }, LINUX, {}).server?.product,
    ).toBe('podman')
  })

  it.each([
    [
      'a context other than default',
      { Name: 'desktop-linux', Endpoints: { docker: { Host: 'unix:///home/a/docker.sock' } } },
      {},
      { DOCKER_HOST: 'unix:///home/a/docker.sock' },
    ],
    [
      'DOCKER_HOST, which wins',
      { Name: 'x', Endpoints: { docker: { Host: 'unix:///x' } } },
      { DOCKER_HOST: 'tcp://10.0.0.1:2375' },
      { DOCKER_HOST: 'tcp://10.0.0.1:2375' },
    ],
    [
      'a context with TLS',
      {
        Name: 'far',
        Endpoints: { docker: { Host: 'tcp://far:2376' } },
        TLSMaterial: { docker: ['ca.pem'] },
        Storage: { TLSPath: '/tls' },
      },
      {},
      { DOCKER_HOST: 'tcp://far:2376', DOCKER_CERT_PATH: '/tls/docker', DOCKER_TLS_VERIFY: '1' },
    ],
    ['a context without an address', { Name: 'odd' }, {}, {}],
  ])('carries %s', (_name, context, env, wanted) => {
    expect(
      readEngine({ version: says(VERSION), info: says(INFO), context: says(context) }, LINUX, env).env,
    ).toEqual(wanted)
  })

  it('keeps what the client knows when no engine answers', () => {
    const down =
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'
    const facts = readEngine(
      {
        version: { code: 1, stdout: JSON.stringify({ ...VERSION, Server: null }), stderr: down },
        info: says({ ClientInfo: INFO.ClientInfo }),
        context: silent,
      },
      LINUX,
      {},
    )
    expect(facts).toMatchObject({
      reachable: false,
      client: { version: '28.5.2' },
      buildx: { version: '0.36.1' },
    })
    expect(facts.problem).toMatchObject({ code: 'docker-down', where: 'unix:///var/run/docker.sock' })
    expect(facts.server).toBeUndefined()
  })

  it('survives output that is no JSON', () => {
    const odd: Answer = { code: 0, stdout: 'Emulate Docker CLI using podman', stderr: '' }
    expect(readEngine({ version: odd, info: odd, context: odd }, LINUX, {})).toMatchObject({
      reachable: false,
      context: 'default',
    })
  })
})

describe('explainUnreachable', () => {
  it.each([
    [
      'linux',
      'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get ...',
      true,
      'docker-permission',
      'group "docker"',
    ],
    ['linux', 'cannot start docker: no such program on PATH', false, 'docker-missing', 'install Docker'],
    ['darwin', 'cannot start docker: no such program on PATH', false, 'docker-missing', 'ubuntu-latest'],
    ['windows', 'cannot start docker: no such program on PATH', false, 'docker-missing', 'ubuntu-latest'],
    ['linux', 'Is the docker daemon running?', true, 'docker-down', 'systemctl start docker'],
    ['darwin', 'Is the docker daemon running?', true, 'docker-down', 'Docker Desktop'],
    [
      'windows',
      'open //./pipe/docker_engine: The system cannot find the file specified.',
      true,
      'docker-down',
      'service "docker"',
    ],
    ['linux', 'docker info did not end within 20 s and was stopped', true, 'docker-hangs', 'full disk'],
    [
      'linux',
      'Error response from daemon: client version 1.52 is too new. Maximum supported API version is 1.43',
      true,
      'docker-api-version',
      'DOCKER_API_VERSION',
    ],
    [
      'linux',
      'tls: failed to verify certificate: x509: unknown authority',
      true,
      'docker-tls',
      'DOCKER_CERT_PATH',
    ],
  ] as const)('%s: %s', (os, said, client, code, fix) => {
    const problem = explainUnreachable(said, { os, arch: 'amd64' }, client)
    expect(problem.code).toBe(code)
    expect(problem.fix).toContain(fix)
  })
})

describe('probeEngine', () => {
  it('asks three things, and a program that cannot start is an answer', async () => {
    const missing = new Error('cannot start docker: no such program on PATH')
    const exec = new PlayedExec(() => ({ throws: missing }))
    const act = await testAct({ exec, env: {} })
    const facts = await probeEngine(act)
    expect(exec.lines.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'docker version',
      'docker info',
      'docker context',
    ])
    expect(exec.calls.every((call) => (call.timeoutMs ?? 0) > 0)).toBe(true)
    expect(facts.problem?.code).toBe('docker-missing')
    await act.dispose()
  })

  it.each([
    ['default', ['version', 'info']],
    ['colima', ['version', 'info', 'context']],
  ])('asks where the context %s leads to only when the client does not know', async (name, wanted) => {
    const exec = new PlayedExec((argv) => ({
      stdout: argv[1] === 'info' ? JSON.stringify({ ClientInfo: { Context: name } }) : '{}',
    }))
    const act = await testAct({ exec, env: {} })
    await probeEngine(act)
    expect(exec.calls.map((call) => call.argv[1])).toEqual(wanted)
    await act.dispose()
  })

  it('stops when the run is cancelled', async () => {
    const act = await testAct({
      exec: new PlayedExec(() => ({})),
      signal: AbortSignal.abort(new Error('cancelled')),
    })
    await expect(probeEngine(act)).rejects.toThrow('cancelled')
    await act.dispose()
  })
})

it.each([
  ['github.com/docker/buildx 0.29.1+ds1 0.29.1+ds1-4', '0.29.1'],
  ['github.com/docker/buildx v0.36.1 1d8dde8', '0.36.1'],
  ['v0.37.0-rc1', '0.37.0-rc1'],
  ['0.21.0', '0.21.0'],
  ['unknown', ''],
])('plainVersion(%j)', (said, version) => {
  expect(plainVersion(said)).toBe(version)
})
