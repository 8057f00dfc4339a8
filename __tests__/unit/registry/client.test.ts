import { describe, expect, it } from '@jest/globals'
import type { HttpRequest, HttpResponse } from '../../../src/base/http.ts'
import { OCI_INDEX } from '../../../src/registry/media-types.ts'
import { makeImage, plant } from '../../support/image-maker.ts'
import { testAct } from '../../support/registry-act.ts'
import { at, clientFor, codeOf, registry } from './support.ts'

describe('manifests', () => {
  it('resolves by HEAD and reads bytes whose digest it has computed', async () => {
    const double = await registry()
    const image = await makeImage()
    plant(double, 'acme/hello', image, '1.0')
    const { client } = clientFor()
    const ref = { ...at(double), tag: '1.0' }
    expect(await client.resolve(ref)).toEqual({
      digest: image.top.digest,
      mediaType: OCI_INDEX,
      size: image.top.bytes.length,
    })
    expect(double.requests(/manifests/)).toEqual(['HEAD /v2/acme/hello/manifests/1.0'])
    const manifest = await client.manifest(ref)
    expect(manifest.bytes.equals(image.top.bytes)).toBe(true)
    expect(manifest.content.kind).toBe('index')
  })

  it.each(['none', 'no-digest'] as const)(
    'falls back to GET when HEAD says too little (%s)',
    async (head) => {
      const double = await registry({ head })
      const image = await makeImage()
      plant(double, 'acme/hello', image, '1.0')
      const { client } = clientFor()
      expect((await client.resolve({ ...at(double), tag: '1.0' })).digest).toBe(image.top.digest)
    },
  )

  it('tells an absent tag from a refused one', async () => {
    const double = await registry({
      faults: [
        { match: { path: /denied/ }, action: { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } },
      ],
    })
    const { client } = clientFor()
    expect(await client.tryResolve({ ...at(double), tag: 'none' })).toBeUndefined()
    expect(await codeOf(client.resolve({ ...at(double), tag: 'none' }))).toBe('registry-not-found')
    expect(await codeOf(client.tryResolve({ ...at(double), tag: 'denied' }))).toBe('registry-denied')
  })

  it.each(['by tag', 'by digest'])('refuses bytes that are not the digest (%s)', async (how) => {
    const double = await registry({
      faults: [{ match: { method: 'GET', path: /manifests/ }, action: 'wrong-digest' }],
    })
    const image = await makeImage()
    plant(double, 'acme/hello', image, '1.0')
    const { client } = clientFor()
    const ref = { ...at(double), ...(how === 'by tag' ? { tag: '1.0' } : { digest: image.top.digest }) }
    expect(await codeOf(client.manifest(ref))).toBe('registry-digest-mismatch')
  })

  it('puts the bytes as they are, and notices when the registry stored others', async () => {
    const double = await registry()
    const image = await makeImage()
    plant(double, 'acme/hello', image)
    const { client } = clientFor()
    const { bytes, mediaType } = image.top
    expect(await client.putManifest(at(double), bytes, mediaType, '2.0')).toEqual({
      digest: image.top.digest,
    })
    expect(double.tags()).toEqual({ 'acme/hello:2.0': image.top.digest })
    double.faults = [{ match: { method: 'PUT', path: /manifests/ }, action: 'wrong-digest' }]
    expect(await codeOf(client.putManifest(at(double), bytes, mediaType, '2.0'))).toBe(
      'registry-digest-mismatch',
    )
  })

  it('names an HTML page for what it is', async () => {
    const double = await registry({
      faults: [
        {
          match: { path: /manifests/ },
          action: {
            status: 200,
            headers: { 'content-type': 'text/html' },
            body: '<html>Log in to the Wi-Fi</html>',
          },
        },
      ],
    })
    const { client } = clientFor()
    expect(await codeOf(client.manifest({ ...at(double), tag: '1' }))).toBe('registry-not-a-registry')
  })

  it('lists tags over pages', async () => {
    const double = await registry({ tagPage: 2 })
    const image = await makeImage({ platforms: ['linux/amd64'] })
    plant(double, 'acme/hello', image, 'a', 'b', 'c', 'd', 'e')
    const { client } = clientFor()
    expect(await client.listTags(at(double))).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await client.listTags({ ...at(double), repository: 'acme/none' })).toEqual([])
  })

  it('deletes tags and manifests, and says when the registry cannot', async () => {
    const double = await registry()
    const image = await makeImage({ platforms: ['linux/amd64'] })
    const top = plant(double, 'acme/hello', image, 'a', 'b')
    const { client } = clientFor()
    expect(await client.deleteTag(at(double), 'a')).toBe('deleted')
    expect(await client.deleteTag(at(double), 'a')).toBe('absent')
    expect(await client.deleteManifest(at(double), top)).toBe('deleted')
    expect(double.tags()).toEqual({})
    const strict = await registry({ delete: false })
    plant(strict, 'acme/hello', image, 'a')
    expect(await client.deleteTag(at(strict), 'a')).toBe('unsupported')
  })
})

describe('retries', () => {
  it.each([
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '7' } }, 7000],
    ['500', { status: 500 }, 0],
    ['503', { status: 503 }, 0],
    ['a cut connection', 'cut-request', 0],
    ['a lost answer', 'cut-response', 0],
    ['an answer cut short', { cutAfterBytes: 10 }, 0],
  ] as const)('%s passes, is waited for and counted', async (_name, action, atLeast) => {
    const double = await registry({ faults: [{ match: { path: /manifests/, nth: 1 }, action }] })
    const image = await makeImage()
    plant(double, 'acme/hello', image, '1.0')
    const { client, act } = clientFor()
    expect((await client.manifest({ ...at(double), tag: '1.0' })).digest).toBe(image.top.digest)
    expect(act.clock.sleeps).toHaveLength(1)
    expect(act.clock.sleeps[0]).toBeGreaterThanOrEqual(atLeast)
    expect(act.counter.list()).toEqual([
      expect.objectContaining({ what: `pull of ${double.host}/acme/hello:1.0`, count: 1 }),
    ])
  })

  it('a server that is too slow is asked again', async () => {
    const double = await registry({
      faults: [{ match: { path: /manifests/, nth: 1 }, action: { delayMs: 3000 } }],
    })
    const image = await makeImage()
    plant(double, 'acme/hello', image, '1.0')
    const act = testAct()
    const { http } = act
    // Only the answer that is late is not waited for.
    let patience = 100
    const request = (one: HttpRequest): Promise<HttpResponse> => {
      const timeoutMs = one.url.includes('/manifests/') ? patience : 20_000
      if (one.url.includes('/manifests/')) patience = 20_000
      return http.request({ ...one, timeoutMs })
    }
    const impatient = { ...act, http: { request, close: () => http.close() } }
    const { client } = clientFor({}, impatient)
    expect((await client.manifest({ ...at(double), tag: '1.0' })).digest).toBe(image.top.digest)
    expect(double.requests(/manifests/)).toHaveLength(2)
  })

  it('gives up after five tries and tells what stayed', async () => {
    const double = await registry({ faults: [{ match: { path: /manifests/ }, action: { status: 503 } }] })
    const { client, act } = clientFor()
    expect(await codeOf(client.manifest({ ...at(double), tag: '1.0' }))).toBe('registry-unavailable')
    expect(act.clock.sleeps).toHaveLength(4)
  })

  it.each([
    [401, '', 'registry-login-missing'],
    [403, '{"errors":[{"code":"DENIED","message":"permission_denied: write_package"}]}', 'registry-denied'],
    [404, '{"errors":[{"code":"NAME_UNKNOWN","message":"repository does not exist"}]}', 'registry-repository-missing'],
    [403, '{"errors":[{"code":"DENIED","message":"will exceed the configured upper limit of the quota"}]}', 'registry-quota'],
    [412, '{"errors":[{"code":"PRECONDITION","message":"configured as immutable"}]}', 'registry-tag-immutable'],
    [400, '{"errors":[{"code":"TAG_INVALID","message":"already exists and cannot be overwritten because the repository is immutable."}]}', 'registry-tag-immutable'],
    [429, '{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your unauthenticated pull rate limit."}]}', 'registry-rate-limit'],
    [413, '<html><title>413 Request Entity Too Large</title></html>', 'registry-too-large'],
    [413, '', 'registry-too-large'],
    [405, '', 'registry-unsupported'],
    [507, '', 'registry-quota'],
    [418, 'I am a teapot', 'registry-unexpected'],
  ])('%i %s is final and named', async (status, body, code) => {
    const double = await registry({
      faults: [{ match: { method: 'PUT', path: /manifests/ }, action: { status, body } }],
    })
    const image = await makeImage()
    plant(double, 'acme/hello', image)
    const { client, act } = clientFor()
    const put = client.putManifest(at(double), image.top.bytes, image.top.mediaType, '1')
    expect(await codeOf(put)).toBe(code)
    if (status !== 507) expect(act.clock.sleeps).toEqual([])
  }) // prettier-ignore

  it('an abort ends waiting with the reason of the abort', async () => {
    const double = await registry({ faults: [{ match: { path: /manifests/ }, action: { status: 503 } }] })
    const { client, act } = clientFor()
    const reason = new Error('stop')
    double.faults = [
      { match: { path: /manifests/, nth: 2 }, action: { call: () => act.abort(reason) } },
      { match: { path: /manifests/ }, action: { status: 503 } },
    ]
    await expect(client.manifest({ ...at(double), tag: '1' })).rejects.toBe(reason)
  })
})

describe('network faults', () => {
  it.each([
    ['a port where nothing listens', '127.0.0.1:1', 'registry-refused'],
    ['a name that does not exist', 'registry.invalid', 'registry-dns'],
  ])('%s', async (_name, host, code) => {
    const { client } = clientFor()
    expect(await codeOf(client.resolve({ registry: host, repository: 'a/b', tag: 'c' }))).toBe(code)
  })
})
