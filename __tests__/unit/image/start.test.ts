import { afterEach, describe, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { type Http, wrapResponse } from '../../../src/base/http.ts'
import { loadedName, loadFromArchive, loadFromRegistry } from '../../../src/image/load.ts'
import { removeTrials, startImage, type StartOptions } from '../../../src/image/start.ts'
import { judgeStop, notReady, summarize } from '../../../src/image/start-verdicts.ts'
import { PlayedExec, type Reply, StepClock, testAct, type TestAct } from '../../support/docker-act.ts'

/** An engine whose processes cannot be seen from here, as with Docker Desktop: only published ports tell. */
interface Scene {
  expose?: readonly string[]
  /** State by the number of looks; the last one stays. */
  states: readonly object[]
  ports?: Record<number, number>
  start?: Reply
  logs?: string
  health?: (url: string, call: number) => number | Error
  os?: string
  /** How `docker stop` ends. */
  stop?: { takes: number; exitCode: number }
}

const servers: Server[] = []
/** A port on which something listens and keeps connections open. */
async function listening(): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined))
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}
/** A port that takes connections and drops them at once, as Docker's proxy does. */
async function dropping(): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

describe('startImage without a view of the processes', () => {
  let act: TestAct
  let exec: PlayedExec
  let envFile = ''
  afterEach(async () => {
    await act.dispose()
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve))
  })

  const start = async (
    scene: Scene,
    options: Partial<StartOptions> & { usualSettle?: boolean } = {},
    signal?: AbortSignal,
    clock = new StepClock(),
  ): ReturnType<typeof startImage> => {
    let looks = 0
    let asked = 0
    let stopped = false
    exec = new PlayedExec((argv) => {
      const verb = argv[1] === 'image' ? `image ${argv[2] ?? ''}` : argv[1]
      switch (verb) {
        case 'image inspect':
          return {
            stdout: JSON.stringify([
              {
                Id: 'i',
                Os: scene.os ?? 'linux',
                Architecture: 'amd64',
                Config: {
                  ExposedPorts: Object.fromEntries((scene.expose ?? []).map((port) => [port, {}])),
                  Entrypoint: ['/app/x'],
                },
              },
            ]),
          }
        case 'create':
          envFile = argv.includes('--env-file') ? (argv[argv.indexOf('--env-file') + 1] ?? '') : ''
          return { stdout: 'id' }
        case 'start':
          return scene.start ?? {}
        case 'inspect': {
          const state = stopped
            ? { Running: false, ExitCode: scene.stop?.exitCode ?? 0 }
            : (scene.states[Math.min(looks++, scene.states.length - 1)] ?? {})
          const ports = Object.fromEntries(
            Object.entries(scene.ports ?? {}).map(([inside, outside]) => [
              `${inside}/tcp`,
              [{ HostPort: String(outside) }],
            ]),
          )
          return {
            stdout: JSON.stringify([
              {
                Id: 'abcdefabcdef',
                State: state,
                NetworkSettings: { Ports: ports, IPAddress: '172.17.0.9' },
              },
            ]),
          }
        }
        case 'stop':
          stopped = true
          clock.pass(scene.stop?.takes ?? 0)
          return {}
        case 'logs':
          return { stdout: scene.logs ?? '' }
        case 'rm':
        case 'image rm':
        case 'pull':
          return {}
        default:
          return undefined
      }
    })
    const http: Http = {
      request: ({ url }) => {
        const answer = scene.health?.(url, ++asked) ?? 200
        return answer instanceof Error
          ? Promise.reject(answer)
          : Promise.resolve(wrapResponse(answer, {}, Readable.from([])))
      },
    }
    act = await testAct({
      exec,
      http,
      clock,
      host: { os: 'darwin', arch: 'arm64' },
      ...(signal === undefined ? {} : { signal }),
    })
    const { usualSettle, ...given } = options
    const settle = usualSettle === true ? {} : { settleMs: 500 }
    return startImage(
      { image: 'i', mode: 'auto', timeoutMs: 5000, ...settle, graceMs: 1000, run: 'unit', ...given },
      act,
    )
  }
  const RUNNING = { Running: true, Pid: 4242 }

  it('takes an open published port for a service', async () => {
    const report = await start({
      expose: ['8080/tcp'],
      states: [RUNNING],
      ports: { 8080: await listening() },
    })
    expect(report).toMatchObject({ verdict: 'passed', as: 'service', problems: [], exitCode: 0 })
    expect(exec.lines.at(-1)).toMatch(/^docker rm --force --volumes gip-start-/)
    expect(exec.lines.some((line) => /^docker stop --time 1 gip-start-/.test(line))).toBe(true)
  })

  it.each([
    [undefined, 2000],
    ['/health', 500],
  ])('with the health path %s it watches for %d ms', async (healthPath, wanted) => {
    const clock = new StepClock()
    const scene: Scene = { expose: ['8080'], states: [RUNNING], ports: { 8080: await listening() } }
    const report = await start(
      scene,
      { usualSettle: true, ...(healthPath === undefined ? {} : { healthPath }) },
      undefined,
      clock,
    )
    expect(report.verdict).toBe('passed')
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBe(wanted)
  })

  it('begins anew when the health path fails within that time', async () => {
    const clock = new StepClock()
    const health = (_: string, call: number): number => (call === 3 ? 503 : 200)
    const scene: Scene = { expose: ['8080'], states: [RUNNING], ports: { 8080: await listening() }, health }
    await start(scene, { usualSettle: true, healthPath: '/h' }, undefined, clock)
    expect(clock.slept.reduce((sum, ms) => sum + ms, 0)).toBeGreaterThan(600)
  })

  it('leaves the removal to the caller who asks for it, containers before the image', async () => {
    const removals: Promise<void>[] = []
    const scene: Scene = { states: [{ Running: false, ExitCode: 0 }] }
    await start(scene, { remove: true, defer: (removal) => removals.push(removal) })
    expect(removals).toHaveLength(1)
    await Promise.all(removals)
    expect(exec.lines.slice(-2)).toEqual([
      expect.stringMatching(/^docker rm --force --volumes gip-start-/),
      'docker image rm --force i',
    ])
  })

  it.each([
    [true, ['docker image inspect --format {{.Id}} i', 'docker pull --quiet --platform linux/amd64 i']],
    [false, ['docker pull --quiet --platform linux/amd64 i', 'docker image inspect i']],
  ])('removed afterwards %s: asks what was there before only then', async (remove, first) => {
    const scene: Scene = { states: [{ Running: false, ExitCode: 0 }] }
    await start(scene, { pull: true, remove, platform: { os: 'linux', arch: 'amd64' } })
    expect(exec.lines.slice(0, 2)).toEqual(first)
    expect(exec.lines.some((line) => line.startsWith('docker image rm'))).toBe(false)
  })

  it('tells a program that had to be killed from one that ended', async () => {
    const killed = await start({
      expose: ['8080'],
      states: [RUNNING],
      ports: { 8080: await listening() },
      stop: { takes: 1000, exitCode: 137 },
    })
    expect(killed).toMatchObject({ verdict: 'failed', problems: [{ code: 'start-ignores-sigterm' }] })
    const odd = await start({
      expose: ['8080'],
      states: [RUNNING],
      ports: { 8080: await listening() },
      stop: { takes: 20, exitCode: 137 },
    })
    expect(odd).toMatchObject({ verdict: 'passed', warnings: [{ code: 'start-stop-code' }] })
  })

  it('is not fooled by the proxy of the engine', async () => {
    const report = await start({ expose: ['8080'], states: [RUNNING], ports: { 8080: await dropping() } })
    expect(report.problems[0]).toMatchObject({
      code: 'start-not-listening',
      what: 'port 8080 was not open within 5.0 s',
    })
  })

  it('asks the health path at the published port until it answers 2xx', async () => {
    const port = await listening()
    const urls: string[] = []
    const health = (url: string, call: number): number | Error => {
      urls.push(url)
      return call === 1 ? new Error('ECONNRESET') : call === 2 ? 503 : 204
    }
    const report = await start(
      { expose: ['8080'], states: [RUNNING], ports: { 8080: port }, health },
      { healthPath: 'ready' },
    )
    expect(report.health).toMatchObject({ path: 'ready', status: 204 })
    expect(new Set(urls)).toEqual(new Set([`http://127.0.0.1:${port}/ready`]))
  })

  it('says what the health path answered last', async () => {
    const report = await start(
      { expose: ['8080'], states: [RUNNING], ports: { 8080: await listening() }, health: () => 500 },
      { healthPath: '/h', timeoutMs: 1000 },
    )
    expect(report.verdict).toBe('failed')
    expect(report.problems[0]?.cause).toContain('500')
  })

  it('hands the environment over in a file that only this user reads', async () => {
    const report = await start(
      { states: [{ Running: false, ExitCode: 0 }] },
      { env: [['TOKEN', 'se"cret $x']], remove: true },
    )
    const content = await readFile(envFile, 'utf8')
    expect(report).toMatchObject({ verdict: 'passed', as: 'command' })
    expect(content).toBe('TOKEN=se"cret $x\n')
    expect(exec.lines.join('\n')).not.toContain('se"cret')
    expect(exec.lines.at(-1)).toBe('docker image rm --force i')
    await expect(start({ states: [] }, { env: [['A', 'b\nc']] })).rejects.toMatchObject({ kind: 'input' })
  })

  it('stops a Windows container the way Windows can', async () => {
    await start({ os: 'windows', states: [RUNNING] }, { platform: { os: 'windows', arch: 'amd64' } })
    expect(exec.lines.some((line) => /^docker stop --time 1 /.test(line))).toBe(true)
  })

  it('tries once more with a writable root, and keeps both reasons when that fails too', async () => {
    const report = await start({
      states: [{ Running: false, ExitCode: 1 }],
      logs: 'open /x: read-only file system',
    })
    expect(report.verdict).toBe('failed')
    const creates = exec.lines.filter((line) => line.startsWith('docker create'))
    expect(creates.map((line) => line.includes('--read-only'))).toEqual([true, false])
    expect(report.problems).toHaveLength(2)
  })

  it('keeps what the runtime said when the program never began', async () => {
    const stderr = 'Error response from daemon: exec: "/app/x": stat /app/x: no such file or directory'
    const report = await start({
      states: [{ Running: false, ExitCode: 127, Error: 'x' }],
      start: { code: 1, stderr },
    })
    expect(report).toMatchObject({
      verdict: 'failed',
      logs: [stderr],
      problems: [expect.objectContaining({ code: 'start-program-missing' })],
    })
  })

  it('does nothing when switched off', async () => {
    const report = await start({ states: [] }, { mode: 'off' })
    expect(report).toMatchObject({ verdict: 'skipped', summary: 'the start is switched off' })
    expect(exec.calls).toEqual([])
  })

  it('removes the container when it is cancelled', async () => {
    const abort = new AbortController()
    const health = (): Error => {
      abort.abort(new Error('cancelled'))
      return new Error('the connection broke')
    }
    const scene: Scene = { states: [RUNNING], expose: ['8080'], ports: { 8080: await listening() }, health }
    await expect(start(scene, { healthPath: '/h' }, abort.signal)).rejects.toThrow('cancelled')
    const removal = exec.calls.find((call) => call.argv[1] === 'rm')
    // A cancelled run's signal would end the removal too.
    expect(removal).toBeDefined()
    expect(removal?.signal).toBeUndefined()
  })
})

describe('loading', () => {
  const LOADED = 'sha256:0'
  it.each([
    ['Loaded image: a/b:1\n', 'a/b:1'],
    [`x\nLoaded image ID: ${LOADED}\n`, LOADED],
    ['nothing', undefined],
  ])('loadedName(%j)', (said, name) => {
    expect(loadedName(said)).toBe(name)
  })

  const open = async (
    play: (argv: readonly string[], call: number) => Reply,
  ): Promise<{ act: TestAct; exec: PlayedExec }> => {
    const exec = new PlayedExec(play)
    return { exec, act: await testAct({ exec, clock: new StepClock() }) }
  }

  it('pulls one platform by digest, again after a fault that passes', async () => {
    let pulls = 0
    const { act, exec } = await open((argv) =>
      argv[1] === 'image' && argv[2] === 'inspect'
        ? { code: 1 }
        : argv[1] === 'pull' && ++pulls === 1
          ? { code: 1, stderr: 'received unexpected HTTP status: 502 Bad Gateway' }
          : {},
    )
    const loaded = await loadFromRegistry('r/a@sha256:0', { os: 'linux', arch: 'arm64' }, act, {
      DOCKER_CONFIG: '/c',
    })
    await loaded.remove()
    expect(exec.lines).toEqual([
      'docker image inspect --format {{.Id}} r/a@sha256:0',
      'docker pull --quiet --platform linux/arm64 r/a@sha256:0',
      'docker pull --quiet --platform linux/arm64 r/a@sha256:0',
      'docker image rm --force r/a@sha256:0',
    ])
    expect(exec.calls.every((call) => call.env?.['DOCKER_CONFIG'] === '/c')).toBe(true)
    await act.dispose()
  })

  it('does not remove what was there before', async () => {
    const { act, exec } = await open(() => ({}))
    await (await loadFromRegistry('a', { os: 'linux', arch: 'amd64' }, act)).remove()
    expect(exec.lines.some((line) => line.includes(' rm '))).toBe(false)
    await act.dispose()
  })

  it.each([
    ['unauthorized: denied', 'start-push-denied'],
    ['no basic auth credentials', 'start-base-unauthorized'],
    ['something new', 'start-load'],
  ])('explains %s', async (stderr, code) => {
    const { act } = await open((argv) => (argv[1] === 'pull' ? { code: 1, stderr } : {}))
    await expect(loadFromRegistry('a', { os: 'linux', arch: 'amd64' }, act)).rejects.toMatchObject({
      kind: 'environment',
      problems: [expect.objectContaining({ code })],
    })
    await act.dispose()
  })

  it('loads an archive, and needs its name', async () => {
    const { act } = await open(() => ({ stdout: 'Loaded image: a:1\n' }))
    expect((await loadFromArchive('/x.tar', act)).image).toBe('a:1')
    await act.dispose()
    const silent = await open(() => ({ stdout: '' }))
    await expect(loadFromArchive('/x.tar', silent.act)).rejects.toMatchObject({
      problems: [expect.objectContaining({ code: 'start-load' })],
    })
    await silent.act.dispose()
  })
})

it('removeTrials removes by label, and survives a broken engine', async () => {
  const exec = new PlayedExec((argv) => (argv[1] === 'ps' ? { stdout: 'a\nb\n' } : {}))
  const act = await testAct({ exec })
  expect(await removeTrials('r', act)).toBe(2)
  expect(exec.lines).toEqual([
    'docker ps -aq --filter label=go-image-pipeline.run=r',
    'docker rm --force --volumes a b',
  ])
  expect(
    await removeTrials('r', { log: act.log, exec: new PlayedExec(() => ({ throws: new Error('x') })) }),
  ).toBe(0)
  await act.dispose()
})

it.each([
  [0, undefined],
  [143, undefined],
  [2, 'start-sigterm-unhandled'],
  [1, 'start-stop-code'],
])('judgeStop(%d)', (code, wanted) => {
  expect(judgeStop(code, 'SIGTERM')?.code).toBe(wanted)
})

it.each([
  [{ kind: 'loopback', ports: [8080] }, 'start-loopback'],
  [{ kind: 'elsewhere', open: [9090] }, 'start-wrong-port'],
  [{ kind: 'ready', port: 8080 }, 'start-unhealthy'],
  [{ kind: 'waiting' }, 'start-not-listening'],
  [undefined, 'start-not-listening'],
] as const)('notReady(%j)', (verdict, code) => {
  const problem = notReady(verdict, { exposed: [8080], healthPath: '/health', lastHealth: '', limitMs: 1000 })
  expect(problem.code).toBe(code)
  expect(problem.fix).not.toBe('')
})

it('summarizes in one line', () => {
  const base = {
    verdict: 'passed',
    as: 'service',
    problems: [],
    warnings: [],
    logs: [],
    readOnly: true,
    listeners: [],
  } as const
  expect(summarize(base)).toBe('up')
  expect(summarize({ ...base, as: 'command' })).toBe('ran as a command and exited 0')
  expect(
    summarize({
      ...base,
      readyMs: 100,
      stopMs: 50,
      health: { path: '/h', status: 200, ms: 3 },
      listeners: [
        { address: '::', port: 1, loopback: false },
        { address: '0.0.0.0', port: 1, loopback: false },
        { address: '::1', port: 2, loopback: true },
      ],
    }),
  ).toBe('up after 100 ms, listens on 1, /h answered 200 in 3 ms, stopped in 50 ms')
  expect(summarize({ ...base, problems: [{ code: 'c', what: 'w', cause: 'because' }] })).toBe('w: because')
})
