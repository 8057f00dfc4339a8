import { describe, expect, it } from '@jest/globals'
import { PipelineError } from '../../../src/base/errors.ts'
import type { Command, Exec, Finished } from '../../../src/base/exec.ts'
import { portVariables, readConfig, readContainers, Stack } from '../../../src/integration/stack.ts'
import { testAct } from '../../support/registry-act.ts'

const container = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  Service: 'shop',
  State: 'running',
  Health: 'healthy',
  ExitCode: 0,
  Publishers: [
    { URL: '0.0.0.0', TargetPort: 8080, PublishedPort: 32768, Protocol: 'tcp' },
    { URL: '::', TargetPort: 8080, PublishedPort: 32768, Protocol: 'tcp' },
    { URL: '', TargetPort: 9090, PublishedPort: 0, Protocol: 'tcp' },
    { URL: '127.0.0.1', TargetPort: 53, PublishedPort: 53, Protocol: 'udp' },
  ],
  ...more,
})

describe('containers, as compose tells them', () => {
  it.each([
    [
      'an object a line',
      [container(), container({ Service: 'db' })].map((one) => JSON.stringify(one)).join('\n'),
    ],
    ['one array', JSON.stringify([container(), container({ Service: 'db' })])],
  ])('%s', (_, text) => {
    const found = readContainers(text)
    expect(found.map(({ end }) => end.service)).toEqual(['shop', 'db'])
    expect(found[0]?.ports).toEqual([
      { service: 'shop', target: 8080, host: '127.0.0.1', port: 32768 },
      { service: 'shop', target: 8080, host: '127.0.0.1', port: 32768 },
    ])
  })

  it('nothing at all', () => expect(readContainers('\n')).toEqual([]))

  it('give the tests their addresses', () => {
    const at = (service: string, target: number, port: number) => ({
      service,
      target,
      host: '127.0.0.1',
      port,
    })
    expect(
      portVariables([at('shop', 8080, 1), at('shop', 8080, 1), at('my-db', 5432, 2), at('my-db', 9187, 3)]),
    ).toEqual({
      SHOP_8080: '127.0.0.1:1',
      SHOP_ADDR: '127.0.0.1:1',
      MY_DB_5432: '127.0.0.1:2',
      MY_DB_9187: '127.0.0.1:3',
    })
  })
})

describe('the compose project', () => {
  const config = (services: unknown): string => JSON.stringify({ services })
  const image = `ghcr.io/acme/shop@sha256:${'a'.repeat(64)}`

  it.each([
    ['fits', { shop: { image }, db: { image: 'postgres:18' } }, ['shop'], []],
    ['lacks the service', { shop: { image } }, ['web'], ['integration-no-service']],
    ['runs another image', { shop: { image: 'ghcr.io/acme/shop:latest' } }, [], ['integration-image-unused']],
    ['builds it itself', { shop: { build: '.' } }, [], ['integration-image-unused', 'integration-builds']],
    ['is empty', undefined, [], ['integration-image-unused']],
  ])('%s', (_, services, asked, codes) => {
    expect(
      readConfig(config(services), { services: asked, images: [image] }).map(({ code }) => code),
    ).toEqual(codes)
  })
})

/** docker as it answers; every call is kept. */
class DockerDouble implements Exec {
  readonly calls: string[] = []
  readonly #answers: Record<string, Partial<Finished>>
  constructor(answers: Record<string, Partial<Finished>>) {
    this.#answers = answers
  }
  run({ argv }: Command): Promise<Finished> {
    const line = argv.join(' ')
    this.calls.push(line)
    const [, answer] = Object.entries(this.#answers).find(([word]) => line.includes(` ${word}`)) ?? []
    return Promise.resolve({ code: 0, stdout: '', stderr: '', tail: [], ms: 1, ...answer })
  }
}
const stackOf = (
  answers: Record<string, Partial<Finished>>,
): { stack: Stack; docker: DockerDouble; lines: string[] } => {
  const docker = new DockerDouble(answers)
  const settings = { folder: '/p', files: ['a.yaml'], services: [], env: {}, images: [], waitMs: 5000 }
  const act = testAct({ exec: docker })
  return { stack: new Stack(settings, act), docker, lines: act.lines }
}
const codesOf = async (promise: Promise<unknown>): Promise<[number, string[]]> => {
  const error: unknown = await promise.catch((reason: unknown) => reason)
  if (!(error instanceof PipelineError)) throw new Error(`no failure: ${String(error)}`)
  return [error.exitCode, error.problems.map(({ what, cause }) => `${what}: ${cause ?? ''}`)]
}

describe('the stack', () => {
  it.each<[string, Record<string, Partial<Finished>>, number, RegExp]>([
    ['no compose', { 'compose version': { code: 1, stderr: 'unknown command' } }, 3, /does not run here: unknown/],
    ['an old one', { 'compose version': { stdout: '2.17.3\n' }, config: { stdout: '{}' } }, 2, /2\.17\.3 is too old/],
    ['a file it cannot read', { 'compose version': { stdout: 'v2.40.0' }, config: { code: 15, stderr: 'yaml: line 3' } }, 2, /cannot be read: yaml: line 3/],
  ])('%s is told before anything starts', async (_, answers, exitCode, what) => {
    const { stack, docker } = stackOf(answers)
    const [code, told] = await codesOf(stack.check())
    expect(code).toBe(exitCode)
    expect(told.join()).toMatch(what)
    expect(docker.calls.some((call) => call.includes(' up '))).toBe(false)
  }) // prettier-ignore

  it('takes away what a killed run left, then starts and waits', async () => {
    const { stack, docker } = stackOf({})
    await stack.up()
    expect(docker.calls.map((call) => / (down|up) /.exec(call)?.[1])).toEqual(['down', 'up'])
    expect(docker.calls[1]).toContain('--wait --wait-timeout 5')
    expect(docker.calls[1]).toContain(`--project-name ${stack.project}`)
    expect(docker.calls[1]).toContain('--no-build')
  })

  it('names every service that did not become healthy, with its log', async () => {
    const ps = [
      container(),
      container({ Service: 'db', Health: 'unhealthy' }),
      container({ Service: 'migrate', State: 'exited', Health: '', ExitCode: 1 }),
      container({ Service: 'seed', State: 'exited', Health: '', ExitCode: 0 }),
    ]
    const { stack } = stackOf({
      'up --detach': { code: 1, stderr: 'dependency failed' },
      'ps --all': { stdout: ps.map((one) => JSON.stringify(one)).join('\n') },
      'logs --no-color': { stdout: 'db | no space left' },
    })
    const error: unknown = await stack.up().catch((reason: unknown) => reason)
    expect((error as PipelineError).problems.map(({ what, cause }) => [what, cause])).toEqual([
      ['the service db did not become healthy', 'its health is unhealthy after 5 s'],
      ['the service migrate did not become healthy', 'it is exited, exit code 1'],
    ])
    expect((error as PipelineError).exitCode).toBe(1)
    expect((error as PipelineError).log).toContain('no space left')
  })

  it('says what compose said when nothing was started at all', async () => {
    const { stack } = stackOf({ 'up --detach': { code: 1, stderr: 'pull access denied' } })
    expect((await codesOf(stack.up()))[1].join()).toContain('pull access denied')
  })

  it('a project that cannot be taken down costs a warning', async () => {
    const { stack, lines } = stackOf({ down: { code: 1, stderr: 'engine away' } })
    await stack.down()
    expect(lines).toEqual([`warning: ${stack.project} was not taken down: engine away`])
  })
})
