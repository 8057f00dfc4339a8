import { afterEach, describe, expect, it } from '@jest/globals'
import { writeFileSync } from 'node:fs'
import { PipelineError } from '../../../src/base/errors.ts'
import type { BuildRequest } from '../../../src/buildx/args.ts'
import { dockerfilePath, runBuild } from '../../../src/buildx/build.ts'
import { classifyBuildFault, explainFailure } from '../../../src/buildx/errors.ts'
import { errorText, failureSource, ProgressReader } from '../../../src/buildx/progress.ts'
import { PlayedExec, type Reply, StepClock, testAct, type TestAct } from '../../support/docker-act.ts'

const b64 = (text: string): string => Buffer.from(text).toString('base64')
const event = (value: unknown): string => JSON.stringify(value)
const RUN = { digest: 'sha256:1', name: '[builder 2/3] RUN go build' }
const START = '2026-11-21T10:00:00Z'

describe('ProgressReader', () => {
  const read = (lines: readonly string[]): { reader: ProgressReader; printed: string[] } => {
    const printed: string[] = []
    const reader = new ProgressReader((line) => printed.push(line))
    for (const line of lines) reader.read(line)
    reader.end()
    return { reader, printed }
  }

  it('tells each step once, its output as it comes, and how long it took', () => {
    const { reader, printed } = read([
      event({ vertexes: [{ digest: 'sha256:0', name: '[internal] load build definition' }] }),
      event({
        vertexes: [
          { ...RUN, started: START },
          { ...RUN, started: START },
        ],
      }),
      event({
        logs: [
          { vertex: 'sha256:1', data: b64('half') },
          { vertex: 'sha256:1', data: b64(' line\r\nnext\nlast') },
          { vertex: 'sha256:x', data: b64('nobody\n') },
        ],
      }),
      event({ statuses: [{ id: 'x' }] }),
      event({ vertexes: [{ ...RUN, started: START, completed: '2026-11-21T10:00:01.5Z' }] }),
      event({
        vertexes: [
          {
            digest: 'sha256:2',
            name: '[stage-1 1/1] COPY a /',
            started: START,
            completed: START,
            cached: true,
          },
        ],
      }),
      event({
        vertexes: [
          { digest: 'sha256:3', name: '[linux/arm64 1/2] FROM alpine', started: START, completed: START },
        ],
      }),
    ])
    expect(printed).toEqual([
      '[builder 2/3] RUN go build',
      '  half line',
      '  next',
      '[builder 2/3] RUN go build: 1.5 s',
      '[stage-1 1/1] COPY a /',
      '[stage-1 1/1] COPY a /: cached',
      '[linux/arm64 1/2] FROM alpine',
      '  last',
    ])
    expect(reader.counts).toEqual({ total: 2, cached: 1 })
    expect(reader.failed).toBeUndefined()
  })

  it('tells at once which steps no cache has, and when a base is fetched for them', () => {
    const worked: (string | undefined)[] = []
    const reader = new ProgressReader(
      () => undefined,
      (step) => worked.push(step),
    )
    const vertex = (digest: string, name: string, more: object = {}): object => ({
      digest,
      name,
      started: START,
      ...more,
    })
    for (const one of [
      {
        vertexes: [
          vertex('1', '[internal] load build context'),
          vertex('2', 'docker-image://docker/dockerfile:1'),
        ],
      },
      {
        vertexes: [
          vertex('3', '[build 1/3] FROM golang'),
          vertex('4', '[build 2/3] COPY a b', { completed: START, cached: true }),
        ],
      },
      {
        statuses: [
          { vertex: '1', id: 'sha256:1' },
          { vertex: '2', id: 'sha256:2' },
          { vertex: '3', id: 'resolve golang' },
          { vertex: '4', id: 'sha256:4' },
        ],
      },
    ])
      reader.read(event(one))
    expect(worked).toEqual([])
    reader.read(event({ statuses: [{ vertex: '3', id: 'sha256:3' }] }))
    reader.read(event({ vertexes: [vertex('5', '[build 3/3] RUN go build')] }))
    expect(worked).toEqual([undefined, '[build 3/3] RUN go build'])
  })

  it('keeps the step that failed, not those that were cancelled with it', () => {
    const { reader } = read([
      event({
        vertexes: [
          { ...RUN, started: START },
          { digest: 'sha256:2', name: '[other 1/1] RUN x', started: START },
        ],
      }),
      event({
        vertexes: [
          { digest: 'sha256:2', name: '[other 1/1] RUN x', started: START, error: 'context canceled' },
        ],
      }),
      event({
        logs: [
          {
            vertex: 'sha256:1',
            data: b64(`${Array.from({ length: 60 }, (_, i) => `line ${i}`).join('\n')}\nno end`),
          },
        ],
      }),
      event({
        vertexes: [
          {
            ...RUN,
            started: START,
            completed: START,
            error: 'process "x" did not complete successfully: exit code: 1',
          },
        ],
      }),
    ])
    expect(reader.failed).toMatchObject({ name: RUN.name, error: expect.stringContaining('exit code: 1') })
    expect(reader.failed?.log).toHaveLength(40)
    expect(reader.failed?.log.at(-1)).toBe('no end')
  })

  it('reads a warning once, with rule and line', () => {
    const warning = {
      vertex: 'sha256:0',
      short: b64('JSONArgsRecommended: JSON arguments recommended (line 6)'),
      url: 'https://docs.example',
      sourceInfo: { filename: 'Dockerfile' },
      range: [{ start: { line: 6 } }],
    }
    const { reader } = read([
      event({ warnings: [warning, warning] }),
      event({ warnings: [{ short: b64('plain words') }] }),
    ])
    expect(reader.warnings).toEqual([
      {
        rule: 'JSONArgsRecommended',
        message: 'JSON arguments recommended',
        url: 'https://docs.example',
        file: 'Dockerfile',
        line: 6,
      },
      { rule: '', message: 'plain words' },
    ])
  })

  it('puts an event together that came in pieces, and survives a broken one', () => {
    const long = event({
      vertexes: [
        { digest: 'sha256:9', name: `[a 1/1] RUN ${'x'.repeat(150_000)}`, started: START, completed: START },
      ],
    })
    const pieces = long.match(/[\s\S]{1,65536}/g) ?? []
    const { reader, printed } = read([...pieces, '{"vertexes": broken', 'ERROR: it ended'])
    expect(reader.counts.total).toBe(1)
    expect(reader.plain).toEqual(['{"vertexes": broken', 'ERROR: it ended'])
    expect(printed.at(-1)).toBe('ERROR: it ended')
  })
})

const EXCERPT = [
  'Dockerfile:3',
  '--------------------',
  '   2 |     COPY a /',
  '   3 | >>> RUN false',
  '--------------------',
  'ERROR: failed to build: failed to solve: process "/bin/sh -c false" did not complete successfully: exit code: 1',
]

it('finds file, line and text of the fault', () => {
  expect(failureSource(EXCERPT)).toEqual({ file: 'Dockerfile', line: 3, text: 'RUN false' })
  expect(failureSource(['x:1', 'no ruler'])).toBeUndefined()
  expect(errorText(EXCERPT)).toBe('process "/bin/sh -c false" did not complete successfully: exit code: 1')
  expect(errorText(['', 'a', 'b'])).toBe('a\nb')
})

describe('explainFailure', () => {
  it.each([
    ['ERROR: failed to copy: write /x: no space left on device', 'disk-full', false],
    ['exec /bin/sh: exec format error', 'exec-format', false],
    ['qemu: uncaught target signal 11 (Segmentation fault) - core dumped', 'qemu-crash', false],
    ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock.', 'docker-down', false],
    ['toomanyrequests: You have reached your unauthenticated pull rate limit', 'rate-limited', true],
    ['unexpected status from PUT request: 429 Too Many Requests', 'rate-limited', true],
    [
      'tls: failed to verify certificate: x509: certificate signed by unknown authority',
      'registry-certificate',
      false,
    ],
    ['http: server gave HTTP response to HTTPS client', 'registry-plain-http', false],
    [
      'push-by-digest is currently not implemented for docker driver, please create a new builder instance',
      'unsupported-by-driver',
      false,
    ],
    ['Multi-platform build is not supported for the docker driver.', 'unsupported-by-driver', false],
    ['Attestation is not supported for the docker driver.', 'unsupported-by-driver', false],
    ['failed to read dockerfile: open Dockerfile: no such file or directory', 'dockerfile-missing', false],
    ['dockerfile parse error on line 3: unknown instruction: COPPY', 'dockerfile-syntax', false],
    ['target stage "testr" could not be found', 'target-missing', false],
    ['failed to calculate checksum of ref x::y: "/missing": not found', 'copy-missing', false],
    ['go: go.mod requires go >= 1.27.0 (running go 1.26.8; GOTOOLCHAIN=local)', 'go-too-old', false],
    ['error obtaining VCS status: exit status 128', 'go-vcs-stamp', false],
    ['missing go.sum entry for module providing package x', 'go-sum-missing', false],
    [
      'fatal: could not read Username for https://github.com: terminal prompts disabled',
      'go-private-module',
      false,
    ],
    ['exec: "/bin/sh": stat /bin/sh: no such file or directory', 'shell-missing', false],
    ['/bin/sh: 1: curl: not found', 'tool-missing', false],
    ['/bin/sh: apk: not found', 'tool-missing', false],
    ['go build x: /usr/local/go/pkg/tool/compile: signal: killed', 'out-of-memory', false],
    [
      'pull access denied, repository does not exist or may require authorization',
      'base-unauthorized',
      false,
    ],
    ['unexpected status from HEAD request: 403 Forbidden', 'push-denied', false],
    ['no match for platform in manifest: not found', 'platform-missing', false],
    [
      'failed to resolve source metadata for docker.io/library/nope:1: docker.io/library/nope:1: not found',
      'base-missing',
      false,
    ],
    ['error reading from server: EOF', 'builder-lost', true],
    ['rpc error: code = Unavailable desc = connection error', 'builder-lost', true],
    ['unexpected status from PUT request: 503 Service Unavailable', 'network', true],
    ['net/http: TLS handshake timeout', 'network', true],
    ['dial tcp: lookup ghcr.io: no such host', 'network', true],
    ['read tcp 10.0.0.1: connection reset by peer', 'network', true],
    ['process "go test ./..." did not complete successfully: exit code: 1', 'run-failed', false],
  ])('%s', (said, code, passing) => {
    expect(explainFailure(said)).toMatchObject({ code, passing })
    expect(classifyBuildFault(said).kind).toBe(passing ? 'passing' : 'final')
    expect(explainFailure(said)?.fix).not.toBe('')
  })

  it('leaves an unknown failure final', () => {
    expect(explainFailure('something new')).toBeUndefined()
    expect(classifyBuildFault('something new')).toEqual({ kind: 'final' })
  })
})

it.each([
  [{ file: 'docker/Dockerfile', context: '.' }, 'Dockerfile', undefined, 'docker/Dockerfile'],
  [{ file: '/repo/a/Dockerfile', context: '/repo' }, 'Dockerfile', '/repo', 'a/Dockerfile'],
  [{ context: '/repo/sub' }, 'Dockerfile', '/repo', 'sub/Dockerfile'],
  [{ context: 'https://github.com/a/b.git' }, 'Dockerfile', undefined, 'Dockerfile'],
  [{ file: '/elsewhere/Dockerfile', context: '.' }, 'Dockerfile', '/repo', '/elsewhere/Dockerfile'],
])('dockerfilePath(%j)', (request, named, root, wanted) => {
  expect(dockerfilePath(request, named, root)).toBe(wanted)
})

describe('runBuild', () => {
  let act: TestAct
  afterEach(() => act.dispose())
  const buildx = { argv: ['/opt/buildx'], env: { DOCKER_CONFIG: '/cfg' } }
  const request: BuildRequest = {
    context: '/repo',
    file: '/repo/Dockerfile',
    output: { kind: 'oci', file: '/x.tar' },
  }
  const DIGEST = `sha256:${'a'.repeat(64)}`
  const open = async (play: (call: number) => Reply & { metadata?: string }): Promise<PlayedExec> => {
    const exec = new PlayedExec((argv, call) => {
      const {
        metadata = event({
          'containerimage.digest': DIGEST,
          'containerimage.descriptor': { mediaType: 'm' },
          'containerimage.config.digest': 'c',
        }),
        ...reply
      } = play(call)
      if ((reply.code ?? 0) === 0) writeFileSync(argv[argv.indexOf('--metadata-file') + 1] ?? '', metadata)
      return reply
    })
    act = await testAct({ exec, clock: new StepClock() })
    return exec
  }

  it('gives digest, steps and warnings', async () => {
    const stderr = [
      event({ vertexes: [{ ...RUN, started: START, completed: START, cached: true }] }),
      event({
        warnings: [
          {
            short: b64('Rule: words (line 2)'),
            sourceInfo: { filename: 'Dockerfile' },
            range: [{ start: { line: 2 } }],
          },
        ],
      }),
    ].join('\n')
    const exec = await open(() => ({ stderr }))
    const result = await runBuild(
      { ...request, secrets: [{ id: 't', value: 'hunter2hunter2' }] },
      buildx,
      act,
      { root: '/repo' },
    )
    expect(result).toMatchObject({
      digest: DIGEST,
      mediaType: 'm',
      configDigest: 'c',
      attempts: 1,
      steps: { total: 1, cached: 1 },
      warnings: [{ rule: 'Rule', message: 'words', file: 'Dockerfile', line: 2 }],
    })
    expect(exec.calls[0]?.env).toMatchObject({ DOCKER_CONFIG: '/cfg', GIP_BUILD_SECRET_0: 'hunter2hunter2' })
    expect(exec.lines[0]).not.toContain('hunter2')
    expect(act.log.lines.join('\n')).not.toContain('hunter2')
  })

  it('runs again after a fault that passes, and counts it', async () => {
    const exec = await open((call) =>
      call < 3
        ? {
            code: 1,
            stderr: 'ERROR: failed to push: unexpected status from PUT request: 503 Service Unavailable',
          }
        : {},
    )
    expect(await runBuild(request, buildx, act)).toMatchObject({ digest: DIGEST, attempts: 3 })
    expect(exec.calls).toHaveLength(3)
    expect(act.counter.list()).toEqual([expect.objectContaining({ count: 2 })])
  })

  it('gives up on a fault that passes after its tries', async () => {
    const exec = await open(() => ({ code: 1, stderr: 'ERROR: failed to solve: toomanyrequests: slow down' }))
    await expect(runBuild(request, buildx, act)).rejects.toMatchObject({
      kind: 'environment',
      problems: [expect.objectContaining({ code: 'image-build-rate-limited' })],
    })
    expect(exec.calls).toHaveLength(4)
  })

  it('judges by the exit code, also when nothing is said', async () => {
    const exec = await open(() => ({ code: 7 }))
    await expect(runBuild(request, buildx, act)).rejects.toMatchObject({
      kind: 'environment',
      problems: [expect.objectContaining({ code: 'image-build-failed' })],
    })
    expect(exec.calls).toHaveLength(1)
  })

  it('tells step, line, cause and the last output, and annotates the line', async () => {
    const log = Array.from({ length: 30 }, (_, i) => `out ${i}`).join('\n')
    await open(() => ({
      code: 1,
      stderr: [
        event({ vertexes: [{ ...RUN, started: START }] }),
        event({
          logs: [
            {
              vertex: RUN.digest,
              data: b64(`${log}\ngo: go.mod requires go >= 1.27 (running go 1.26.8; GOTOOLCHAIN=local)\n`),
            },
          ],
        }),
        event({
          vertexes: [
            {
              ...RUN,
              started: START,
              completed: START,
              error: 'process "go build" did not complete successfully: exit code: 1',
            },
          ],
        }),
        ...EXCERPT,
      ].join('\n'),
    }))
    const failure = await runBuild(request, buildx, act, { root: '/repo' }).catch((error: unknown) => error)
    if (!(failure instanceof PipelineError)) throw new Error('no PipelineError')
    expect(failure.kind).toBe('gate')
    expect(failure.problems[0]).toMatchObject({
      code: 'image-build-go-too-old',
      what: 'the image build failed at [builder 2/3] RUN go build',
      where: 'Dockerfile:3',
    })
    expect(failure.log?.split('\n')[0]).toBe('out 11')
    expect(act.log.annotations).toEqual([
      expect.objectContaining({ file: 'Dockerfile', line: 3, level: 'error' }),
    ])
  })

  it.each([
    ['an input', 'ERROR: failed to solve: target stage "x" could not be found', 'input'],
    [
      'the sources',
      'ERROR: failed to solve: dockerfile parse error on line 1: unknown instruction: X',
      'gate',
    ],
    ['the world', 'ERROR: write /x: no space left on device', 'environment'],
  ])('blames %s', async (_name, stderr, kind) => {
    await open(() => ({ code: 1, stderr }))
    await expect(runBuild(request, buildx, act)).rejects.toMatchObject({ kind })
  })

  it.each([
    ['no digest', '{}', 'image-build-no-digest'],
    ['no JSON', 'oops', 'image-build-no-metadata'],
  ])('does not take %s for a success', async (_name, metadata, code) => {
    await open(() => ({ metadata }))
    await expect(runBuild(request, buildx, act)).rejects.toMatchObject({
      problems: [expect.objectContaining({ code })],
    })
  })

  it('needs no digest when nothing is exported', async () => {
    await open(() => ({ metadata: '{}' }))
    expect((await runBuild({ ...request, output: { kind: 'cache' } }, buildx, act)).digest).toBeUndefined()
  })

  it('passes a cancellation on', async () => {
    await open(() => ({ throws: new Error('cancelled') }))
    await expect(runBuild(request, buildx, act)).rejects.toThrow('cancelled')
  })
})
