import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { PipelineError } from '../../../src/base/errors.ts'
import { type GitHub, githubSettings, nextLink, parseRepository, route } from '../../../src/github/client.ts'
import { acceptedPermissions, GitHubFault, rateLimitWait } from '../../../src/github/faults.ts'
import { clientOf, TOKEN } from '../../support/github-act.ts'
import { GitHubDouble } from '../../support/github-double.ts'
import { testAct, type TestAct } from '../../support/registry-act.ts'

let double: GitHubDouble
let act: TestAct
let github: GitHub
const { signal } = new AbortController()
const RUN = '/repos/acme/shop/actions/runs/1'
const always = (): boolean => true

beforeEach(async () => {
  double = await GitHubDouble.start()
  act = testAct()
  github = clientOf(double, act)
  double.addRun(1, { actor: 'mona' })
})

afterEach(async () => {
  await double.close()
  await act.http.close()
})

const failure = async (call: Promise<unknown>): Promise<PipelineError> => {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof PipelineError) return error
  throw new Error(`not a PipelineError: ${String(error)}`)
}

describe('a request', () => {
  it('says who asks and which version is meant', async () => {
    await github.get(RUN, signal)
    expect(double.seen[0]?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
    })
  })

  it('masks the token', () => {
    expect(act.secrets.redact(`Bearer ${TOKEN}`)).toBe('Bearer ***')
  })
})

describe('retries', () => {
  it.each([
    ['a 502', { status: 502 }, 1],
    ['a 503 twice', { status: 503, times: 2 }, 2],
    ['a cut connection', { status: 'cut' }, 1],
  ] as const)('go on after %s', async (_, fault, sleeps) => {
    double.fail({ when: always, ...fault })
    await expect(github.get(RUN, signal)).resolves.toMatchObject({ id: 1 })
    expect(act.clock.sleeps).toHaveLength(sleeps)
    expect(act.counter.list()[0]?.count).toBe(sleeps)
  })

  it('end', async () => {
    double.fail({ when: always, status: 502, times: 99 })
    expect((await failure(github.get(RUN, signal))).problems[0]).toMatchObject({ code: 'github-unavailable' })
    expect(double.seen).toHaveLength(5)
  })

  it.each([
    ['a failing server', { status: 500 as const }],
    ['a cut connection', { status: 'cut' as const }],
  ])('never send twice what makes something, after %s', async (_, fault) => {
    double.fail({ when: always, ...fault })
    await failure(github.send('POST', '/repos/acme/shop/issues', signal, { body: { title: 'x' } }))
    expect(double.seen).toHaveLength(1)
  })

  it.each([
    ['Retry-After', 429, { 'retry-after': '7' }, 'slow down', 7000],
    [
      'a secondary limit with Retry-After',
      403,
      { 'retry-after': '30' },
      'You have exceeded a secondary rate limit',
      30_000,
    ],
    ['a secondary limit without one', 403, {}, 'You have exceeded a secondary rate limit', 60_000],
    [
      'the reset of the primary limit',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(1_700_000_040) },
      'API rate limit exceeded',
      41_000,
    ],
  ])('wait for %s', async (_, status, headers, message, ms) => {
    double.fail({ when: always, status, headers, body: { message } })
    // Rate-limited requests were not carried out, so that a POST may be sent again too.
    await github.send('POST', '/repos/acme/shop/issues', signal, { body: { title: 'x' } })
    expect(act.clock.sleeps).toEqual([ms])
  })

  it('do not wait for an hour', async () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(1_700_003_600) }
    double.fail({ when: always, status: 403, headers, body: { message: 'API rate limit exceeded' } })
    const { problems } = await failure(github.get(RUN, signal))
    expect(problems[0]).toMatchObject({ code: 'github-rate-limit' })
    expect(problems[0]?.fix).toContain('2023-11-14T23:13:21.000Z')
    expect(act.clock.sleeps).toEqual([])
  })

  it('stop with the signal', async () => {
    const controller = new AbortController()
    double.fail({ when: always, status: 502, times: 99 })
    const call = github.get(RUN, controller.signal)
    controller.abort(new Error('cancelled by a person'))
    await expect(call).rejects.toThrow()
  })
})

describe('refusals', () => {
  it.each([
    ['github-token', 401, 'Bad credentials', {}, undefined, 'pass github-token'],
    [
      'github-denied',
      403,
      'Resource not accessible by integration',
      {},
      'deployments: write',
      '"deployments: write"',
    ],
    [
      'github-denied',
      403,
      'Resource not accessible by integration',
      { 'x-accepted-github-permissions': 'actions=read,contents=read; administration=read' },
      undefined,
      '"actions: read, contents: read"',
    ],
    ['github-not-found', 404, 'Not Found', {}, 'actions: read', '"actions: read"'],
    ['github-refused', 422, 'Validation Failed', {}, undefined, 'names the field'],
  ])('%s tells the fix', async (code, status, message, headers, needs, fix) => {
    double.fail({ when: always, status, headers, body: { message } })
    const error = await failure(github.get(RUN, signal, needs === undefined ? {} : { needs }))
    expect(error).toBeInstanceOf(GitHubFault)
    expect(error.problems[0]).toMatchObject({ code, where: `GET ${RUN}`, cause: `${status} ${message}` })
    expect(error.problems[0]?.fix).toContain(fix)
    expect(error.message).not.toContain(TOKEN)
    expect(double.seen).toHaveLength(1)
  })

  it('name the fields', async () => {
    const errors = [
      { resource: 'Issue', field: 'title', code: 'missing_field' },
      'and a text',
      { message: 'own words' },
    ]
    double.fail({ when: always, status: 422, body: { message: 'Validation Failed', errors } })
    const error = await failure(github.get(RUN, signal))
    expect(error.problems[0]?.cause).toBe(
      '422 Validation Failed (Issue title missing_field; and a text; own words)',
    )
  })

  it('of a proxy keep its words', async () => {
    double.fail({ when: always, status: 403, body: 'Blocked by policy' })
    expect((await failure(github.get(RUN, signal))).problems[0]?.cause).toContain('Blocked by policy')
  })
})

describe('lists', () => {
  it('are followed, and never cut silently', async () => {
    double.pageSize = 2
    for (let i = 0; i < 6; i++) double.addIssue('mona', `${i}`, '', [])
    expect(await github.list('/repos/acme/shop/issues', signal)).toHaveLength(6)
    const cut = github.list('/repos/acme/shop/issues', signal, { pages: 2 })
    expect((await failure(cut)).problems[0]).toMatchObject({ code: 'github-too-many' })
  })

  it('must be lists', async () => {
    double.fail({ when: always, status: 200, body: { message: 'from a proxy' } })
    const list = github.list('/repos/acme/shop/issues', signal)
    expect((await failure(list)).problems[0]).toMatchObject({ code: 'github-answer' })
  })
})

describe('other servers', () => {
  let server: Server
  let other: Server
  const seen: { url: string | undefined; token: string | undefined }[] = []

  beforeEach(async () => {
    seen.length = 0
    other = createServer((request, response) => {
      seen.push({ url: request.url, token: request.headers.authorization })
      response.end('[]')
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const away = `http://127.0.0.1:${(other.address() as AddressInfo).port}`
    server = createServer((request, response) => {
      const page = request.url ?? ''
      if (page.startsWith('/api/v3/old'))
        response.writeHead(301, { location: '/api/v3/repositories/1' }).end()
      else if (page.startsWith('/api/v3/away'))
        response.writeHead(302, { location: `${away}/x` }).end('{"message":"moved"}')
      else if (page.startsWith('/api/v3/link'))
        response.writeHead(200, { link: `<${away}/2>; rel="next"` }).end('[1]')
      else if (page.startsWith('/api/v3/html')) response.end('<html>sign in</html>')
      else response.end(JSON.stringify({ url: page }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  })

  afterEach(async () => {
    server.closeAllConnections()
    other.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await new Promise((resolve) => other.close(resolve))
  })

  const client = async (): Promise<GitHub> => {
    const { GitHub: Client } = await import('../../../src/github/client.ts')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3/`
    return new Client(githubSettings({ GITHUB_API_URL: url }, TOKEN), act)
  }

  it('are found by GITHUB_API_URL, with renamed repositories', async () => {
    expect(await (await client()).get('/old', signal)).toEqual({ url: '/api/v3/repositories/1' })
  })

  it('never get the token of this one', async () => {
    const ghes = await client()
    expect((await failure(ghes.get('/away', signal))).problems[0]?.cause).toBe('302 moved')
    expect(await ghes.list('/link', signal)).toEqual([1])
    expect(seen).toEqual([])
  })

  it('that answer with a page are told so', async () => {
    expect((await failure((await client()).get('/html', signal))).problems[0]).toMatchObject({
      code: 'github-answer',
    })
  })

  it('that are not there are told so', async () => {
    const ghes = await client()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { problems } = await failure(ghes.get('/x', signal))
    expect(problems[0]).toMatchObject({ code: 'github-unreachable' })
  })
})

describe('small parts', () => {
  it.each([
    ['<https://a/?page=2>; rel="next", <https://a/?page=9>; rel="last"', 'https://a/?page=2'],
    ['<https://a/?page=1>; rel="prev", <https://a/?page=3>; rel=next', 'https://a/?page=3'],
    ['<https://a/?x=1,2>; rel="next"', 'https://a/?x=1,2'],
    ['<https://a/?page=1>; rel="first"', undefined],
    ['nonsense', undefined],
    [undefined, undefined],
  ])('next of %s', (header, next) => {
    expect(nextLink(header)).toBe(next)
  })

  it('encodes parameters of a path', () => {
    expect(route`/repos/${'a/b'}/${'c d'}/issues/${7}`).toBe('/repos/a%2Fb/c%20d/issues/7')
  })

  it.each(['acme', 'acme/', '/shop', 'a/b/c', 'acme/sh op', 'https://github.com/acme/shop'])(
    '%s is no repository',
    (text) => {
      expect(() => parseRepository(text)).toThrow('is no repository')
    },
  )

  it.each([
    [undefined, undefined],
    ['', undefined],
    ['allows_permissionless_access=true', undefined],
    ['deployments=write', 'deployments: write'],
    ['contents=write,workflows=write; administration=write', 'contents: write, workflows: write'],
  ])('permission %s', (header, permission) => {
    expect(acceptedPermissions(header)).toBe(permission)
  })

  it.each([
    [403, 'Must have admin rights', {}, undefined],
    [404, 'rate limit', { 'retry-after': '5' }, undefined],
    [403, 'x', { 'x-ratelimit-remaining': '12', 'x-ratelimit-reset': '1700000100' }, undefined],
    [429, '', {}, 60_000],
    [403, '', { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1600000000' }, 1000],
  ])('wait of %s %s %j', (status, message, headers, wait) => {
    expect(rateLimitWait({ method: 'GET', path: '/', status, message, headers }, 1_700_000_000_000)).toBe(
      wait,
    )
  })
})
