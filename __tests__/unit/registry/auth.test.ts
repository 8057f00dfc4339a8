import { describe, expect, it } from '@jest/globals'
import type { Credential } from '../../../src/registry/docker-config.ts'
import { copyImage } from '../../../src/registry/copy.ts'
import { publish } from '../../../src/registry/publish.ts'
import { locate } from '../../../src/registry/transport.ts'
import { digest, makeImage, plant } from '../../support/image-maker.ts'
import type { RegistryDouble, RegistryDoubleOptions } from '../../support/registry-double.ts'
import { at, clientFor, codeOf, read, registry } from './support.ts'

const LOGIN = { username: 'ada', password: 'secret: with a colon' }

async function guarded(auth: Partial<NonNullable<RegistryDoubleOptions['auth']>>): Promise<RegistryDouble> {
  const double = await registry({ auth: { kind: 'bearer', ...LOGIN, ...auth } })
  plant(double, 'acme/hello', await makeImage({ platforms: ['linux/amd64'] }), '1.0')
  plant(double, 'acme/base', await makeImage({ content: 'base', platforms: ['linux/amd64'] }), '1.0')
  return double
}
const tag = (double: RegistryDouble): { registry: string; repository: string; tag: string } => ({
  ...at(double),
  tag: '1.0',
})
const logins = (double: RegistryDouble): { registry: string; username: string; password: string }[] => [
  { registry: double.host, ...LOGIN },
]

describe('Bearer', () => {
  it('one token for all requests of a scope, asked for once', async () => {
    const double = await guarded({})
    const { client } = clientFor({ logins: logins(double) })
    await client.resolve(tag(double))
    await client.manifest(tag(double))
    await Promise.all([1, 2, 3].map(() => client.listTags(at(double))))
    expect(double.tokenRequests).toEqual([
      {
        method: 'GET',
        scopes: ['repository:acme/hello:pull'],
        authorization: expect.stringMatching(/^Basic /),
      },
    ])
    // One refused request taught it where the tokens are.
    expect(double.log.filter(({ status, path }) => status === 401 && path !== '/v2/')).toHaveLength(1)
  })

  it('is renewed before it ends', async () => {
    const double = await guarded({ lifetime: 100 })
    const { client, act } = clientFor({ logins: logins(double) })
    await client.resolve(tag(double))
    act.clock.advance(79_000)
    await client.resolve(tag(double))
    expect(double.tokenRequests).toHaveLength(1)
    act.clock.advance(2000)
    await client.resolve(tag(double))
    expect(double.tokenRequests).toHaveLength(2)
    expect(double.log.filter(({ status, path }) => status === 401 && path !== '/v2/')).toHaveLength(1)
  })

  it('that the server has forgotten is asked for again, once', async () => {
    const double = await guarded({})
    const { client } = clientFor({ logins: logins(double) })
    await client.resolve(tag(double))
    double.expireTokens()
    await client.resolve(tag(double))
    expect(double.tokenRequests).toHaveLength(2)
  })

  it('mounts ask for both repositories', async () => {
    const double = await guarded({})
    const { client } = clientFor({ logins: logins(double) })
    const [layer] = [...double.repository('acme/base').blobs].filter(
      (name) => !double.repository('acme/hello').blobs.has(name),
    )
    const blob = { digest: layer ?? '', size: 1, open: () => Buffer.alloc(1) }
    expect(await client.uploadBlob(at(double), blob, { mountFrom: 'acme/base' })).toBe('mounted')
    expect(double.tokenRequests.at(-1)?.scopes).toEqual([
      'repository:acme/hello:pull,push',
      'repository:acme/base:pull',
    ])
  })

  it('one token serves a whole push', async () => {
    const double = await guarded({})
    const { client, act } = clientFor({ logins: logins(double) })
    const image = await makeImage({ platforms: ['linux/amd64'], content: 'pushed' })
    plant(double, 'acme/hello', image)
    await copyImage({ ...at(double), digest: image.top.digest }, at(double, 'acme/new'), client, act)
    await publish(
      {
        source: { ...at(double, 'acme/new'), digest: image.top.digest },
        tags: [{ ...at(double, 'acme/new'), tag: '1' }],
      },
      client,
      act,
    )
    const scopes = double.tokenRequests.map((request) => request.scopes.join(' '))
    expect(scopes.filter((scope) => scope === 'repository:acme/new:pull,push')).toHaveLength(1)
    expect(scopes.filter((scope) => scope === 'repository:acme/new:pull')).toHaveLength(0)
  })

  it.each([
    ['by GET', 'GET', ['GET']],
    ['by POST where GET is unknown', 'POST', ['GET', 'POST']],
  ] as const)('%s', async (_name, only, methods) => {
    const double = await guarded({ only })
    const { client } = clientFor({ logins: logins(double) })
    await client.resolve(tag(double))
    expect(double.tokenRequests.map(({ method }) => method)).toEqual(methods)
  })

  it('by a refresh token of Docker\'s configuration', async () => {
    const double = await guarded({ identityToken: 'refresh-me' })
    const credential: Credential = { kind: 'identity-token', token: 'refresh-me' }
    const { client } = clientFor({ credentials: () => Promise.resolve(credential) })
    await client.resolve(tag(double))
    expect(double.tokenRequests).toEqual([
      { method: 'POST', scopes: ['repository:acme/hello:pull'], authorization: undefined },
    ])
  }) // prettier-ignore

  it('anonymously where that is enough, and told when it is not', async () => {
    const double = await guarded({ anonymousPull: true })
    const { client } = clientFor()
    await client.resolve(tag(double))
    expect(double.tokenRequests[0]?.authorization).toBeUndefined()
    expect(await codeOf(client.checkPush(at(double)))).toBe('registry-login-missing')
  })

  it('a wrong password', async () => {
    const double = await guarded({})
    const { client } = clientFor({ logins: [{ registry: double.host, username: 'ada', password: 'wrong' }] })
    expect(await codeOf(client.checkLogin(double.host))).toBe('registry-login-refused')
    expect(await codeOf(client.resolve(tag(double)))).toBe('registry-login-refused')
  })

  it('a repository that may not be pushed to: known before the build', async () => {
    const double = await guarded({ readOnly: /^acme\/hello$/ })
    const { client } = clientFor({ logins: logins(double) })
    await client.checkLogin(double.host)
    await client.resolve(tag(double))
    expect(await codeOf(client.checkPush(at(double)))).toBe('registry-login-refused')
    await client.checkPush(at(double, 'acme/other'))
    // The upload begun for the proof is cancelled; distribution wants the right to delete for that.
    const cancelled = double.log.filter(({ method, path }) => method === 'DELETE' && path.includes('uploads'))
    expect(cancelled.map(({ status }) => status)).toEqual([401, 204])
  })

  it('a token server that is down for a moment', async () => {
    const double = await guarded({})
    double.faults = [{ match: { path: /^\/token/, nth: 1 }, action: { status: 503 } }]
    const { client, act } = clientFor({ logins: logins(double) })
    await client.resolve(tag(double))
    expect(act.clock.sleeps).toHaveLength(1)
  })

  it.each([
    ['no token', { status: 200, body: '{}' }],
    ['a page', { status: 200, body: '<html>' }],
  ])('a token server that gives %s', async (_name, action) => {
    const double = await guarded({})
    double.faults = [{ match: { path: /^\/token/ }, action }]
    const { client } = clientFor({ logins: logins(double) })
    expect(await codeOf(client.resolve(tag(double)))).toBe('registry-token')
  })
})

describe('Basic', () => {
  it('is sent after the first refusal, then at once', async () => {
    const double = await guarded({ kind: 'basic' })
    const { client } = clientFor({ logins: logins(double) })
    await client.resolve(tag(double))
    await client.resolve(tag(double))
    const refused = double.log.filter(({ status, path }) => status === 401 && path !== '/v2/')
    expect(refused).toHaveLength(1)
    expect(refused[0]?.headers.authorization).toBeUndefined()
  })

  it.each([
    ['no login', [], 'registry-login-missing'],
    ['a wrong one', [{ username: 'ada', password: 'no' }], 'registry-login-refused'],
  ])('%s', async (_name, given, code) => {
    const double = await guarded({ kind: 'basic' })
    const { client } = clientFor({ logins: given.map((one) => ({ registry: double.host, ...one })) })
    expect(await codeOf(client.checkLogin(double.host))).toBe(code)
    // A refused login is not tried twice: accounts get locked.
    expect(double.log.length).toBeLessThanOrEqual(3)
  })

  it('another kind of login is named', async () => {
    const double = await registry({
      faults: [
        {
          match: { path: /manifests/ },
          action: { status: 401, headers: { 'www-authenticate': 'Negotiate, NTLM' } },
        },
      ],
    })
    const { client } = clientFor({ logins: logins(double) })
    expect(await codeOf(client.resolve(tag(double)))).toBe('registry-auth-scheme')
  })
})

describe('credentials stay where they belong', () => {
  it.each(['basic', 'bearer'] as const)('a redirect to another host gets none (%s)', async (kind) => {
    const double = await guarded({ kind })
    const storage = await registry()
    const bytes = Buffer.from('a layer')
    storage.addBlob('cdn/store', bytes)
    const name = digest(bytes)
    double.faults = [
      {
        match: { method: 'GET', path: /blobs/, nth: 2 },
        action: {
          status: 307,
          headers: { location: `http://localhost:${storage.host.split(':')[1] ?? ''}/v2/cdn/store/blobs/${name}?sig=abc` },
        },
      },
    ]
    const { client, act } = clientFor({ logins: logins(double) })
    expect((await read(client.blob(at(double), name))).equals(bytes)).toBe(true)
    const [request] = storage.log
    expect(request?.headers.authorization).toBeUndefined()
    expect(act.lines.join('\n')).toContain('sig=***')
  }) // prettier-ignore

  it('endless redirects end', async () => {
    const double = await registry()
    double.faults = [
      { match: { path: /manifests/ }, action: { status: 302, headers: { location: '/v2/a/manifests/b' } } },
    ]
    const { client } = clientFor()
    expect(await codeOf(client.manifest(tag(double)))).toBe('registry-unexpected')
    expect(double.log.filter(({ path }) => path.includes('manifests'))).toHaveLength(6)
  })

  it('no secret is in the log or in an error', async () => {
    const double = await guarded({ readOnly: /./ })
    const { client, act } = clientFor({ logins: logins(double) })
    const failure: unknown = await client.checkPush(at(double)).catch((error: unknown) => error)
    const said = [
      ...act.lines,
      String(failure),
      JSON.stringify((failure as { problems: unknown }).problems),
    ].join('\n')
    expect(said).not.toContain(LOGIN.password)
    expect(said).not.toContain(Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64'))
    expect(said).not.toMatch(/Bearer [0-9a-f]/)
  })

  it.each([
    [
      '/v2/a/blobs/uploads/1?_state=x',
      'https://r.example',
      'https://r.example/v2/a/blobs/uploads/1?_state=x',
    ],
    ['http://r.example/v2/u', 'https://r.example', 'https://r.example/v2/u'],
    ['http://r.example:80/v2/u', 'https://r.example:8443', 'https://r.example:8443/v2/u'],
    ['https://cdn.example/u?sig=1', 'https://r.example', 'https://cdn.example/u?sig=1'],
    ['http://r.example/v2/u', 'http://r.example', 'http://r.example/v2/u'],
  ])('the upload location %s of %s is %s', (location, origin, expected) => {
    expect(locate(location, origin)).toBe(expected)
  })
})

describe('a look at a registry', () => {
  it.each([
    ['nobody has to log in', {}, { ok: true, login: 'none', status: 200 }],
    ['Basic', { auth: { kind: 'basic', ...LOGIN } }, { ok: true, login: 'basic', status: 401 }],
    ['Bearer', { auth: { kind: 'bearer', ...LOGIN } }, { ok: true, login: 'bearer', status: 401 }],
  ] as [string, RegistryDoubleOptions, object][])('%s', async (_name, options, expected) => {
    const double = await registry(options)
    const { client } = clientFor({ logins: logins(double) })
    expect(await client.ping(double.host)).toMatchObject(expected)
  })

  it.each([
    ['a portal', { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Welcome</html>' }, 'registry-not-a-registry'],
    ['a web server', { status: 404, body: 'not found' }, 'registry-not-a-registry'],
    ['a login page', { status: 302, headers: { location: 'https://sso.example/' } }, 'registry-not-a-registry'],
    ['a firewall', { status: 403, headers: { 'content-type': 'text/html' }, body: '<html>Blocked</html>' }, 'registry-not-a-registry'],
    ['a web site with a password', { status: 401, headers: { 'content-type': 'text/html', 'www-authenticate': 'Basic realm=x' }, body: '<html>' }, 'registry-not-a-registry'],
    ['a proxy that wants a login', { status: 407 }, 'registry-proxy'],
    ['a registry in trouble', { status: 503 }, 'registry-unavailable'],
  ])('%s', async (_name, action, code) => {
    const double = await registry({ faults: [{ match: { path: /^\/v2\/$/ }, action }] })
    const { client } = clientFor()
    const result = await client.ping(double.host)
    expect(result.ok).toBe(false)
    expect(result.problem?.code).toBe(code)
  }) // prettier-ignore

  it.each([
    ['127.0.0.1:1', 'registry-refused'],
    ['registry.invalid', 'registry-dns'],
  ])('%s: %s', async (host, code) => {
    const { client } = clientFor()
    expect((await client.ping(host)).problem?.code).toBe(code)
  })
})
