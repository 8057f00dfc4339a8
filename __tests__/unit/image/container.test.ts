import { describe, expect, it } from '@jest/globals'
import {
  createContainerArgv,
  decodeExit,
  readContainer,
  readImage,
  type TrialContainer,
} from '../../../src/image/container.ts'

const trial: TrialContainer = {
  name: 'n',
  run: 'r',
  image: 'i@sha256:0',
  args: ['serve', '--x=y z'],
  publish: [8080, 9090],
  readOnly: true,
  memory: '512m',
  cpus: '1',
}

describe('createContainerArgv', () => {
  it('is as strict as a careful cluster', () => {
    const argv = createContainerArgv({
      ...trial,
      platform: { os: 'linux', arch: 'arm64' },
      envFile: '/e',
      user: '1:2',
    })
    expect(argv.slice(0, 2)).toEqual(['docker', 'create'])
    for (const flag of [
      '--pull=never',
      '--read-only',
      '--cap-drop=ALL',
      '--security-opt=no-new-privileges',
      '--sysctl=net.ipv4.ip_unprivileged_port_start=1024',
      '--memory=512m',
      '--memory-swap=512m',
      '--cpus=1',
      '--pids-limit=256',
      '--restart=no',
    ])
      expect(argv).toContain(flag)
    expect(argv.join(' ')).toContain('--tmpfs /tmp:rw,nosuid,nodev,size=64m,mode=1777 ')
    expect(argv.join(' ')).toContain('--platform linux/arm64 ')
    expect(argv.join(' ')).toContain('--publish 127.0.0.1::8080/tcp --publish 127.0.0.1::9090/tcp ')
    expect(argv.join(' ')).toContain('--user 1:2 --env-file /e ')
    expect(argv.slice(-3)).toEqual(['i@sha256:0', 'serve', '--x=y z'])
  })

  it('leaves the root writable when told', () => {
    const argv = createContainerArgv({ ...trial, readOnly: false })
    expect(argv).not.toContain('--read-only')
    expect(argv).toContain('--cap-drop=ALL')
  })

  it('asks nothing of Windows that only Linux has', () => {
    const argv = createContainerArgv({ ...trial, platform: { os: 'windows', arch: 'amd64' } })
    expect(argv.filter((word) => /read-only|tmpfs|cap-drop|security-opt|sysctl|pids|log/.test(word))).toEqual(
      [],
    )
    expect(argv).toContain('--memory=512m')
  })
})

it('reads docker inspect', () => {
  const inspected = {
    Id: 'abc',
    State: {
      Running: true,
      ExitCode: 0,
      OOMKilled: false,
      Error: '',
      Pid: 42,
      Health: { Status: 'starting' },
    },
    NetworkSettings: {
      IPAddress: '',
      Networks: { bridge: { IPAddress: '172.17.0.2' } },
      Ports: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '32768' }], '9090/tcp': null },
    },
  }
  expect(readContainer(JSON.stringify([inspected]))).toEqual({
    id: 'abc',
    running: true,
    exitCode: 0,
    oomKilled: false,
    error: '',
    pid: 42,
    ip: '172.17.0.2',
    published: new Map([[8080, 32768]]),
    health: 'starting',
  })
  for (const bad of ['', '[]', '{}', 'oops', '[1]']) expect(() => readContainer(bad)).not.toThrow()
  expect(readContainer('[]')).toBeUndefined()
})

it('reads docker image inspect', () => {
  const image = {
    Id: 'sha256:1',
    Os: 'linux',
    Architecture: 'amd64',
    Size: 5,
    Config: {
      User: '65532',
      ExposedPorts: { '8080/tcp': {} },
      Entrypoint: ['/app/x'],
      Cmd: null,
      StopSignal: 'SIGINT',
    },
  }
  expect(readImage(JSON.stringify([image]))).toEqual({
    id: 'sha256:1',
    os: 'linux',
    arch: 'amd64',
    user: '65532',
    expose: ['8080/tcp'],
    entrypoint: ['/app/x'],
    cmd: [],
    stopSignal: 'SIGINT',
    size: 5,
  })
  expect(readImage(JSON.stringify([{ Config: null }]))).toMatchObject({ stopSignal: 'SIGTERM', expose: [] })
})

describe('decodeExit', () => {
  const remains = {
    exitCode: 1,
    oomKilled: false,
    error: '',
    logs: [] as string[],
    program: '/app/x',
    memory: '512m',
  }
  it.each([
    [{ oomKilled: true, exitCode: 137 }, 'out-of-memory', /512m/],
    [{ logs: ['exec /app/x: exec format error'], exitCode: 255 }, 'exec-format', /TARGETARCH|architecture/],
    [
      { error: 'exec: "/bin/sh": stat /bin/sh: no such file or directory', exitCode: 127 },
      'shell-missing',
      /shell form/,
    ],
    [
      { error: 'exec: "/app/x": stat /app/x: no such file or directory', exitCode: 127 },
      'program-missing',
      /not in the image/,
    ],
    [
      { error: 'exec: "x": executable file not found in $PATH', exitCode: 127 },
      'program-missing',
      /not in the image/,
    ],
    [{ logs: ['exec /app/x: no such file or directory'], exitCode: 255 }, 'library-missing', /dynamically/],
    [
      { logs: ['/app/x: error while loading shared libraries: libc.so.6'], exitCode: 127 },
      'library-missing',
      /dynamically/,
    ],
    [
      { logs: ['Error loading shared library libc.musl: No such file'], exitCode: 127 },
      'library-missing',
      /dynamically/,
    ],
    [{ error: 'exec: "/app/x": permission denied', exitCode: 126 }, 'not-executable', /executed/],
    [{ logs: ['listen tcp :80: bind: permission denied'] }, 'low-port', /1024/],
    [{ logs: ['open /state: read-only file system'] }, 'read-only', /read-only/],
    [{ logs: ['chown: operation not permitted'] }, 'capability', /privilege/],
    [{ logs: ['Get "https://x": x509: certificate signed by unknown authority'] }, 'ca-missing', /CA bundle/],
    [{ logs: ['unknown time zone Asia/Shanghai'] }, 'zoneinfo-missing', /time zone/],
    [{ exitCode: 2, logs: ['panic: boom', '', 'goroutine 1 [running]:'] }, 'panic', /panic: boom/],
    [{ exitCode: 2, logs: ['goroutine 7 [running]:'] }, 'panic', /stack/],
    [{ exitCode: 132 }, 'illegal-instruction', /SIGILL/],
    [{ exitCode: 137 }, 'killed', /SIGKILL/],
    [{ exitCode: 139 }, 'segfault', /SIGSEGV/],
    [{ exitCode: 143 }, 'terminated', /SIGTERM/],
    [{ exitCode: 136 }, 'exit', /signal 8/],
    [{ exitCode: 7, logs: ['no configuration', ''] }, 'exit', /code 7; its last line: no configuration/],
  ])('%j', (part, code, cause) => {
    const ending = decodeExit({ ...remains, ...part })
    expect(ending.code).toBe(code)
    expect(`${ending.cause} ${ending.fix}`).toMatch(cause)
  })

  it('takes the program’s name literally', () => {
    expect(
      decodeExit({ ...remains, program: '/a(b', logs: ['exec /a(b: no such file or directory'] }).code,
    ).toBe('library-missing')
  })
})
