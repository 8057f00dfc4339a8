import { spawnSync } from 'node:child_process'
import { describe, expect, it } from '@jest/globals'
import { PipelineError } from '../../../src/base/errors.ts'
import * as powershell from '../../../src/deploy/compose-powershell.ts'
import { parsePreflight } from '../../../src/deploy/compose-preflight.ts'
import * as sh from '../../../src/deploy/compose-sh.ts'
import { ENDS, type ServiceSettings } from '../../../src/deploy/compose-sh.ts'
import { parseServiceState, runningReference, versionOf } from '../../../src/deploy/compose-state.ts'
import { composeError, ComposeService } from '../../../src/deploy/compose.ts'
import { deployToHosts, imageFault, isFolder, isServiceName } from '../../../src/deploy/hosts.ts'
import { KeptLog } from '../../support/docker-act.ts'
import { HostsDouble, NEW, OLD } from '../../support/hosts-double.ts'
import { PlayedSsh, TARGET } from '../../support/ssh-local.ts'

const signal = new AbortController().signal
const settings: ServiceSettings = {
  folder: "/srv/it's here",
  service: 'web',
  waitSeconds: 30,
  stableSeconds: 3,
}
const full: ServiceSettings = {
  ...settings,
  files: ['a b.yaml', 'c.yaml'],
  project: 'shop',
  variable: 'APP_IMAGE',
  healthUrl: "http://127.0.0.1:8080/h?a='b'",
}
const container = (more: object = {}): string =>
  `container ${JSON.stringify({ id: 'c1', image: 'sha256:i1', ref: OLD, status: 'running', restarts: 0, health: 'healthy', ...more })}`

describe('the scripts', () => {
  const scripts = (from: typeof sh | typeof powershell, given: ServiceSettings): [string, string][] => [
    ['preflight', from.preflightScript(given)],
    ['inspect', from.inspectScript(given)],
    ['prepare', from.prepareScript(given, NEW)],
    ['update', from.updateScript(given, NEW)],
    ['back', from.backScript(given)],
    ['finalise', from.finaliseScript(given, NEW)],
  ]

  it.each([...scripts(sh, settings), ...scripts(sh, full)])('%s is POSIX shell', (_, script) => {
    for (const shell of ['sh', 'bash']) {
      const done = spawnSync(shell, ['-n'], { input: script, encoding: 'utf8' })
      expect([shell, done.status, done.stderr]).toEqual([shell, 0, ''])
    }
    // Everything of the settings is quoted.
    expect(script).toContain("'/srv/it'\\''s here'")
  })

  it.each([...scripts(powershell, { ...full, folder: 'C:\\it\u2019s' })])(
    '%s is there for Windows',
    (name, script) => {
      expect(script).toContain("Set-Location -LiteralPath 'C:\\it\u2019\u2019s'")
      expect(script.split('{').length).toBe(script.split('}').length)
      expect(script.split('(').length).toBe(script.split(')').length)
      // Told in the same words, so that one parser reads both.
      if (name !== 'preflight')
        expect(script).toContain("docker version --format 'docker {{.Server.Version}}'")
      if (name === 'update')
        for (const end of [ENDS.fenced, ENDS.refused, ENDS.stuck, ENDS.image])
          expect(script).toContain(`Exit-With ${end}`)
    },
  )

  it('say where there is no project before anything else', () => {
    for (const [, script] of scripts(sh, { ...settings, folder: '/no/such/folder' })) {
      const done = spawnSync('sh', ['-s'], { input: `(${script}\n)`, encoding: 'utf8' })
      expect([done.status, done.stderr.trim()]).toEqual([ENDS.folder, 'there is no folder /no/such/folder'])
    }
  })
})

describe('parseServiceState', () => {
  it('reads what a host says', () => {
    const state = parseServiceState(
      [
        'docker 28.5.2',
        container(),
        `image {"id":"sha256:i1","digests":["${OLD}"]}`,
        container({ id: 'c2', image: 'sha256:i2', ref: 'acme/shop:1', health: null }),
        'image {"id":"sha256:i2","digests":null}',
        `kept-new ${NEW}`,
        `kept-old ${OLD}`,
        'kept-tag gip-kept/shop-web:1',
        '',
      ].join('\r\n'),
      'web',
    )
    expect(state).toEqual({
      engine: '28.5.2',
      containers: [
        {
          id: 'c1',
          image: 'sha256:i1',
          ref: OLD,
          status: 'running',
          restarts: 0,
          health: 'healthy',
          digests: [OLD],
        },
        {
          id: 'c2',
          image: 'sha256:i2',
          ref: 'acme/shop:1',
          status: 'running',
          restarts: 0,
          health: null,
          digests: [],
        },
      ],
      kept: { new: NEW, old: OLD },
    })
    expect(runningReference(state)).toBe(OLD)
  })

  it.each([
    '',
    'Welcome to web',
    'docker 28\ncontainer {"id":',
    'docker 28\ncontainer {"id":1}',
    'docker 28\nimage 7',
  ])('never takes %j for an answer', (text) => {
    expect(() => parseServiceState(text, 'web')).toThrow(PipelineError)
  })
})

describe('versionOf', () => {
  const of = (...containers: string[]): ReturnType<typeof versionOf> =>
    versionOf(parseServiceState(['docker 28', ...containers].join('\n'), 'web'), NEW)
  it.each([
    [[], { version: 'none', healthy: false, detail: 'no container is there' }],
    [[container()], { version: 'old', healthy: true, detail: 'old' }],
    [[container({ ref: NEW })], { version: 'new', healthy: true, detail: 'new' }],
    [[container({ ref: NEW, health: null })], { version: 'new', healthy: true, detail: 'new' }],
    [
      [container({ ref: NEW, health: 'starting' })],
      { version: 'new', healthy: false, detail: 'new, running and starting' },
    ],
    [
      [container({ status: 'restarting', health: null })],
      { version: 'old', healthy: false, detail: 'old, restarting' },
    ],
    [
      [container({ ref: NEW }), container()],
      { version: 'mixed', healthy: true, detail: '1 of 2 containers new' },
    ],
    // Named by tag, but of the digest that is asked for.
    [
      [container({ ref: 'acme/shop:2' }), `image {"id":"sha256:i1","digests":["${NEW}"]}`],
      { version: 'new', healthy: true, detail: 'new' },
    ],
  ])('%j', (containers, version) => {
    expect(of(...containers)).toEqual(version)
  })
})

describe('parsePreflight', () => {
  const good = [
    'docker 28.5.2',
    'platform linux/amd64',
    'compose 2.40.3-3',
    'free 9000000',
    'writable yes',
    'config good',
    'service there',
    'variable used',
    'client there',
  ]
  const codes = (lines: string[], given = full): (string | undefined)[] =>
    parsePreflight(lines.join('\n'), 'yaml: line 3: bad', given, 'web').problems.map(({ code }) => code)
  const but = (name: string, ...instead: string[]): string[] => [
    ...good.filter((line) => !line.startsWith(name)),
    ...instead,
  ]

  it('finds nothing wrong with a good host', () => {
    expect(parsePreflight(good.join('\n'), '', full, 'web')).toEqual({
      facts: { docker: '28.5.2', compose: '2.40.3-3', platform: 'linux/amd64', freeKib: 9_000_000 },
      problems: [],
    })
  })

  it.each([
    ['compose-docker-old', but('docker', 'docker 19.03.15')],
    ['compose-old', but('compose', 'compose ')],
    ['compose-old', but('compose', 'compose 2.19.1')],
    ['compose-disk', but('free', 'free 1000')],
    ['compose-folder', but('writable', 'writable no')],
    ['compose-config', but('config', 'config bad')],
    ['compose-service', but('service', 'services api db')],
    ['compose-variable', but('variable', 'variable unused')],
    ['compose-health-client', but('client')],
  ])('%s', (code, lines) => {
    expect(codes(lines)).toEqual([code])
  })

  it('tells all at once, and takes newer major versions', () => {
    expect(codes(['docker 1.13', 'compose 1.29', 'writable no', 'config bad'])).toEqual([
      'compose-docker-old',
      'compose-old',
      'compose-folder',
      'compose-config',
      'compose-health-client',
    ])
    expect(codes(but('compose', 'compose v5.0.0'))).toEqual([])
    // A health URL that nobody set needs no client, a variable nobody set no use.
    expect(
      codes(
        but('client').filter((line) => !line.startsWith('variable')),
        settings,
      ),
    ).toEqual([])
  })
})

describe('composeError', () => {
  it.each<[number, string, string, string]>([
    [ENDS.folder, 'there is no folder', 'input', 'compose-folder'],
    [ENDS.refused, '', 'gate', 'compose-refused'],
    [ENDS.stuck, '', 'environment', 'compose-stuck'],
    [ENDS.fenced, 'was taken back', 'gate', 'compose-fenced'],
    [ENDS.image, '', 'gate', 'compose-image'],
    [ENDS.busy, '', 'environment', 'compose-busy'],
    [ENDS.pull, 'error from registry: unauthorized', 'input', 'compose-pull-denied'],
    [ENDS.pull, 'manifest unknown', 'input', 'compose-pull-missing'],
    [ENDS.pull, 'no matching manifest for linux/arm64', 'input', 'compose-pull-missing'],
    [ENDS.pull, 'write /var/lib: no space left on device', 'input', 'compose-disk'],
    [ENDS.pull, 'dial tcp: i/o timeout', 'environment', 'compose-pull'],
    [
      ENDS.docker,
      'permission denied while trying to connect to the Docker daemon socket',
      'input',
      'compose-docker-denied',
    ],
    [ENDS.docker, 'Cannot connect to the Docker daemon', 'environment', 'compose-docker'],
    [7, 'odd', 'environment', 'compose-failed'],
  ])('%i %s: %s %s', (code, stderr, kind, problem) => {
    const error = composeError(
      { code, stderr, stdout: 'log of the service', tail: ['tail'] },
      settings,
      'web',
    )
    expect([error.kind, error.problems[0]?.code, error.problems[0]?.where]).toEqual([kind, problem, 'web'])
    expect(error.problems[0]?.fix).toBeDefined()
  })
})

describe('ComposeService', () => {
  it('speaks PowerShell to Windows', async () => {
    const ssh = new PlayedSsh(() => ({ stdout: 'docker 28\n' }))
    const host = new ComposeService(ssh, {
      target: TARGET,
      os: 'windows',
      service: { ...settings, folder: 'C:\\shop' },
    })
    await host.update(NEW, signal)
    expect(ssh.calls).toMatchObject([
      { shell: 'powershell', script: expect.stringContaining('Start-Service-Image') },
    ])
  })
})

describe('names', () => {
  it.each([
    [NEW, undefined],
    ['acme/shop:2', 'is not an image with a digest'],
    ['acme/shop@sha256:12', 'is not an image with a digest'],
    [`a'b@sha256:${'a'.repeat(64)}`, 'is not an image reference'],
    [`-v@sha256:${'a'.repeat(64)}`, 'is not an image reference'],
  ])('%s', (image, fault) => {
    expect(imageFault(image)).toBe(fault)
  })
  it('are plain', () => {
    expect(['web', 'web-1', 'Web_1.x', '-x', 'a b', '', '$x'].map(isServiceName)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ])
    expect([
      isFolder('/srv', 'linux'),
      isFolder('srv', 'linux'),
      isFolder('C:\\srv', 'windows'),
      isFolder('/srv', 'windows'),
      isFolder('/a\nb', 'linux'),
    ]).toEqual([true, false, true, false, false])
  })
})

describe('deployToHosts', () => {
  const deploy = (double: HostsDouble, more: object = {}): ReturnType<typeof deployToHosts> =>
    deployToHosts({ hosts: double.services, image: NEW, log: new KeptLog(), signal, ...more })

  it('checks and pulls everywhere before it touches anything, then goes host by host', async () => {
    const double = new HostsDouble(3)
    const deployed = await deploy(double)
    expect(deployed).toEqual(double.names.map((host) => ({ host, before: OLD, changed: true })))
    expect(double.running).toEqual([NEW, NEW, NEW])
    expect(double.acts).toEqual([
      'preflight 0',
      'preflight 1',
      'preflight 2',
      'prepare 0',
      'prepare 1',
      'prepare 2',
      'update 0',
      'update 1',
      'update 2',
      'finalise 0',
      'finalise 1',
      'finalise 2',
    ])
  })

  it('touches nothing when one host is not fit', async () => {
    const double = new HostsDouble(3)
    double.break('preflight', 2, { stdout: 'docker 1.0\n' })
    double.break('preflight', 1, { code: ENDS.docker, stderr: 'permission denied' })
    await expect(deploy(double)).rejects.toMatchObject({ kind: 'input' })
    expect(double.acts.every((act) => act.startsWith('preflight'))).toBe(true)
    expect(double.running).toEqual([OLD, OLD, OLD])
  })

  it('takes all back when a host refuses', async () => {
    const double = new HostsDouble(3)
    double.break('update', 1, { code: ENDS.refused, stdout: 'panic: no table' })
    await expect(deploy(double)).rejects.toMatchObject({ kind: 'gate', log: 'panic: no table' })
    expect(double.running).toEqual([OLD, OLD, OLD])
    expect(double.acts).not.toContain('update 2')
  })

  it('names a host that could not be put back', async () => {
    const double = new HostsDouble(2)
    double.break('update', 1, { code: ENDS.refused })
    double.break('back', 0, { code: ENDS.busy })
    await expect(deploy(double, { batch: 2 })).rejects.toMatchObject({
      kind: 'environment',
      problems: [{ code: 'compose-refused' }, { code: 'compose-busy', where: double.names[0] }],
    })
  })

  it('stands by a deployment whose old image could not be removed', async () => {
    const double = new HostsDouble(1)
    double.break('finalise', 0, { code: ENDS.busy })
    const log = new KeptLog()
    await deploy(double, { log })
    expect(log.warnings[0]).toContain('the old image was not removed')
  })
})
