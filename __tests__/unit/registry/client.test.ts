import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import { PipelineError } from '../../../src/base/errors.ts'
import { type ClientOptions, RegistryClient } from '../../../src/registry/client.ts'
import { OCI_INDEX } from '../../../src/registry/media-types.ts'
import { digest, makeImage, plant } from '../../support/image-maker.ts'
import { type TestAct, testAct } from '../../support/registry-act.ts'
import {
  type RegistryDouble,
  type RegistryDoubleOptions,
  startRegistry,
} from '../../support/registry-double.ts'

const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function registry(options: RegistryDoubleOptions = {}): Promise<RegistryDouble> {
  const double = await startRegistry(options)
  closers.push(() => double.close())
  return double
}

function clientFor(options: ClientOptions = {}): { client: RegistryClient; act: TestAct } {
  const act = testAct()
  closers.push(() => act.http.close())
  return { client: new RegistryClient(act, options), act }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof PipelineError) return error.problems[0]?.code ?? 'no problem'
    throw error
  }
  return 'no error'
}

async function read(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const hello = (double: RegistryDouble): { registry: string; repository: string } => ({
  registry: double.host,
  repository: 'acme/hello',
})

describe('manifests', () => {
  it('resolves by HEAD and reads bytes whose digest it has computed', async () => {
    const double = await registry()
    const image = await makeImage()
    plant(double, 'acme/hello', image, '1.0')
    const { client } = clientFor()
    const ref = { ...hello(double), tag: '1.0' }
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
      expect((await client.resolve({ ...hello(double), tag: '1.0' })).digest).toBe(image.top.digest)
    },
  )

  it('tells an absent tag from a refused one', async () => {
    const double = await registry({
      faults: [
        { match: { path: /denied/ }, action: { status: 403, body: '{"errors":[{"code":"DENIED"}]}' } },
      ],
    })
    const { client } = clientFor()
    expect(await client.tryResolve({ ...hello(double), tag: 'none' })).toBeUndefined()
    expect(await codeOf(client.resolve({ ...hello(double), tag: 'none' }))).toBe('registry-not-found')
    expect(await codeOf(client.tryResolve({ ...hello(double), tag: 'denied' }))).toBe('registry-denied')
  })

  it.each(['by tag', 'by digest'])('refuses bytes that are not the digest (%s)', async (how) => {
    const double = await registry({
      faults: [{ match: { method: 'GET', path: /manifests/ }, action: 'wrong-digest' }],
    })
    const image = await makeImage()
    plant(double, 'acme/hello', image, '1.0')
    const { client } = clientFor()
    const ref = { ...hello(double), ...(how === 'by tag' ? { tag: '1.0' } : { digest: image.top.digest }) }
    expect(await codeOf(client.manifest(ref))).toBe('registry-digest-mismatch')
  })

  it('puts the bytes as they are, and notices when the registry stored others', async () => {
    const double = await registry()
    const image = await makeImage()
    plant(double, 'acme/hello', image)
    const { client } = clientFor()
    const { bytes, mediaType } = image.top
    expect(await client.putManifest(hello(double), bytes, mediaType, '2.0')).toEqual({
      digest: image.top.digest,
    })
    expect(double.tags()).toEqual({ 'acme/hello:2.0': image.top.digest })
    double.faults = [{ match: { method: 'PUT', path: /manifests/ }, action: 'wrong-digest' }]
    expect(await codeOf(client.putManifest(hello(double), bytes, mediaType, '2.0'))).toBe(
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
    expect(await codeOf(client.manifest({ ...hello(double), tag: '1' }))).toBe('registry-not-a-registry')
  })

  it('lists tags over pages', async () => {
    const double = await registry({ tagPage: 2 })
    const image = await makeImage({ platforms: ['linux/amd64'] })
    plant(double, 'acme/hello', image, 'a', 'b', 'c', 'd', 'e')
    const { client } = clientFor()
    expect(await client.listTags(hello(double))).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await client.listTags({ ...hello(double), repository: 'acme/none' })).toEqual([])
  })

  it('deletes tags and manifests, and says when the registry cannot', async () => {
    const double = await registry()
    const image = await makeImage({ platforms: ['linux/amd64'] })
    const top = plant(double, 'acme/hello', image, 'a', 'b')
    const { client } = clientFor()
    expect(await client.deleteTag(hello(double), 'a')).toBe('deleted')
    expect(await client.deleteTag(hello(double), 'a')).toBe('absent')
    expect(await client.deleteManifest(hello(double), top)).toBe('deleted')
    expect(double.tags()).toEqual({})
    const strict = await registry({ delete: false })
    plant(strict, 'acme/hello', image, 'a')
    expect(await client.deleteTag(hello(strict), 'a')).toBe('unsupported')
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
    expect((await client.manifest({ ...hello(double), tag: '1.0' })).digest).toBe(image.top.digest)
    expect(act.clock.sleeps).toHaveLength(1)
    expect(act.clock.sleeps[0]).toBeGreaterThanOrEqual(atLeast)
    expect(act.counter.list()).toEqual([
      expect.objectContaining({ what: `pull of ${double.host}/acme/hello:1.0`, count: 1 }),
    ])
  })

  it('gives up after five tries and tells what stayed', async () => {
    const double = await registry({ faults: [{ match: { path: /manifests/ }, action: { status: 503 } }] })
    const { client, act } = clientFor()
    expect(await codeOf(client.manifest({ ...hello(double), tag: '1.0' }))).toBe('registry-unavailable')
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
    [413, '<html><title>413 Request Entity Too Large</title></html>', 'registry-not-a-registry'],
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
    const put = client.putManifest(hello(double), image.top.bytes, image.top.mediaType, '1')
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
    await expect(client.manifest({ ...hello(double), tag: '1' })).rejects.toBe(reason)
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

describe('reading blobs', () => {
  const bytes = randomBytes(300_000)

  it('goes on after a cut where it stopped', async () => {
    const double = await registry()
    const name = double.addBlob('acme/hello', bytes)
    double.faults = [
      { match: { path: /blobs/, nth: 1 }, action: { cutAfterBytes: 100_000 } },
      { match: { path: /blobs/, nth: 2 }, action: { cutAfterBytes: 50_000 } },
    ]
    const { client, act } = clientFor()
    const got = await read(client.blob(hello(double), name, { size: bytes.length }))
    expect(got.equals(bytes)).toBe(true)
    const ranges = double.log.filter(({ path }) => path.includes('blobs')).map(({ headers }) => headers.range)
    expect(ranges).toHaveLength(3)
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]\d*-$/.test(range ?? ''))).toBe(true)
    expect(act.counter.list()[0]?.count).toBe(2)
  })

  it('reads again and leaves out what it has when the server knows no ranges', async () => {
    const double = await registry({ range: false })
    const name = double.addBlob('acme/hello', bytes)
    double.faults = [{ match: { path: /blobs/, nth: 1 }, action: { cutAfterBytes: 100_000 } }]
    const { client } = clientFor()
    expect((await read(client.blob(hello(double), name, { size: bytes.length }))).equals(bytes)).toBe(true)
  })

  it('ends with an error when the bytes are wrong', async () => {
    const double = await registry()
    const name = double.addBlob('acme/hello', bytes)
    double.faults = [{ match: { path: /blobs/ }, action: 'wrong-digest' }]
    const { client } = clientFor()
    expect(await codeOf(read(client.blob(hello(double), name, { size: bytes.length })))).toBe(
      'registry-blob-mismatch',
    )
  })

  it.each([
    ['more', -1],
    ['fewer', 1],
  ])('ends with an error when there are %s bytes than promised', async (_name, difference) => {
    const double = await registry({ range: false })
    const name = double.addBlob('acme/hello', bytes)
    const { client } = clientFor()
    const stream = client.blob(hello(double), name, { size: bytes.length + difference })
    await expect(read(stream)).rejects.toBeInstanceOf(PipelineError)
  })

  it('gives up on a connection that is cut without progress', async () => {
    const double = await registry()
    const name = double.addBlob('acme/hello', bytes)
    double.faults = [{ match: { path: /blobs/ }, action: { cutAfterBytes: 0 } }]
    const { client } = clientFor()
    expect(await codeOf(read(client.blob(hello(double), name)))).toBe('registry-cut')
  })
})

describe('uploading blobs', () => {
  const bytes = randomBytes(400_000)
  const source = { digest: digest(bytes), size: bytes.length, open: () => bytes }

  it('sends one POST and one PUT, and nothing when the blob is there', async () => {
    const double = await registry()
    const { client } = clientFor()
    expect(await client.uploadBlob(hello(double), source)).toBe('uploaded')
    expect(double.requests(/blobs/).map((line) => line.split(' ')[0])).toEqual(['HEAD', 'POST', 'PUT'])
    expect(await client.uploadBlob(hello(double), source)).toBe('exists')
    expect(await client.hasBlob(hello(double), source.digest)).toBe(true)
    expect(await client.blobSize(hello(double), source.digest)).toBe(bytes.length)
    expect(await client.blobSize(hello(double), digest(Buffer.from('other')))).toBeUndefined()
  })

  it('takes an empty blob', async () => {
    const double = await registry()
    const { client } = clientFor()
    const empty = Buffer.alloc(0)
    expect(
      await client.uploadBlob(hello(double), { digest: digest(empty), size: 0, open: () => empty }),
    ).toBe('uploaded')
  })

  it('mounts from another repository, and sends the bytes where it cannot', async () => {
    const double = await registry()
    double.addBlob('acme/base', bytes)
    const { client } = clientFor()
    expect(await client.uploadBlob(hello(double), source, { mountFrom: 'acme/base' })).toBe('mounted')
    const other = { ...hello(double), repository: 'acme/other' }
    expect(await client.uploadBlob(other, source, { mountFrom: 'acme/unknown' })).toBe('uploaded')
    const third = { ...hello(double), repository: 'acme/third' }
    double.faults = [{ match: { method: 'POST', path: /mount=/ }, action: { status: 403 } }]
    expect(await client.uploadBlob(third, source, { mountFrom: 'acme/base' })).toBe('uploaded')
  })

  it('resumes in chunks from the byte the registry has', async () => {
    const double = await registry({
      faults: [
        { match: { method: 'PUT', path: /uploads/, nth: 1 }, action: { cutRequestAfterBytes: 150_000 } },
        { match: { method: 'PATCH', path: /uploads/, nth: 2 }, action: { cutRequestAfterBytes: 20_000 } },
      ],
    })
    const { client } = clientFor()
    expect(await client.uploadBlob(hello(double), source, { chunk: 100_000 })).toBe('uploaded')
    expect(double.blobs.get(source.digest)?.equals(bytes)).toBe(true)
    const sent = double.log
      .filter(({ method }) => method === 'PATCH' || method === 'PUT')
      .map(({ method, headers, bodyBytes }) => [method, headers['content-range'], bodyBytes])
    expect(sent).toEqual([
      ['PUT', undefined, 150_000],
      ['PATCH', '150000-249999', 100_000],
      ['PATCH', '250000-349999', 20_000],
      ['PATCH', '270000-369999', 100_000],
      ['PATCH', '370000-399999', 30_000],
      ['PUT', undefined, 0],
    ])
  })

  it('obeys the smallest chunk a registry takes', async () => {
    const double = await registry({
      minChunk: 200_000,
      faults: [
        { match: { method: 'PUT', path: /uploads/, nth: 1 }, action: { cutRequestAfterBytes: 10_000 } },
      ],
    })
    const { client } = clientFor()
    await client.uploadBlob(hello(double), source, { chunk: 1000 })
    const patches = double.log.filter(({ method }) => method === 'PATCH').map(({ bodyBytes }) => bodyBytes)
    expect(patches).toEqual([200_000, 190_000])
  })

  it.each([
    ['refuses chunks', { patch: false }],
    ['has lost the session', {}],
  ] as const)('begins again when the registry %s', async (name, options) => {
    const double = await registry({
      ...options,
      faults: [
        { match: { method: 'PUT', path: /uploads/, nth: 1 }, action: { cutRequestAfterBytes: 150_000 } },
        ...(name === 'refuses chunks'
          ? []
          : [{ match: { method: 'GET', path: /uploads/ }, action: { status: 404 } }]),
      ],
    })
    const { client } = clientFor()
    expect(await client.uploadBlob(hello(double), source)).toBe('uploaded')
    expect(double.blobs.get(source.digest)?.equals(bytes)).toBe(true)
  })

  it('sees that a push whose answer was lost has succeeded', async () => {
    const double = await registry({
      faults: [{ match: { method: 'PUT', path: /uploads/ }, action: 'cut-response' }],
    })
    const { client } = clientFor()
    expect(await client.uploadBlob(hello(double), source)).toBe('uploaded')
    expect(double.requests(/^PUT/)).toHaveLength(1)
  })

  it.each([[{ status: 503 }], [{ status: 429, headers: { 'retry-after': '1' } }], ['cut-request']] as const)(
    'tries a PUT again after %j',
    async (action) => {
      const double = await registry({
        faults: [{ match: { method: 'PUT', path: /uploads/, nth: 1 }, action }],
      })
      const { client } = clientFor()
      expect(await client.uploadBlob(hello(double), source)).toBe('uploaded')
    },
  )

  it('says when the content is not what was announced', async () => {
    const double = await registry()
    const { client } = clientFor()
    const lying = { ...source, digest: digest(Buffer.from('something else')) }
    expect(await codeOf(client.uploadBlob(hello(double), lying))).toBe('registry-digest-invalid')
  })
})

describe('mirrors', () => {
  it('pull first from the mirror, with ns=, and from the registry when the mirror fails', async () => {
    const origin = await registry()
    const mirror = await registry({ prefix: 'hub-proxy/' })
    const image = await makeImage()
    plant(origin, 'acme/hello', image, '1.0')
    const { client } = clientFor({
      mirrors: [{ registry: origin.host, url: `${mirror.url}/hub-proxy`, insecure: true }],
    })
    const ref = { ...hello(origin), tag: '1.0' }
    expect((await client.manifest(ref)).digest).toBe(image.top.digest)
    expect(mirror.requests(/manifests/)).toEqual([
      `GET /v2/hub-proxy/acme/hello/manifests/1.0?ns=${encodeURIComponent(origin.host)}`,
    ])
    expect(origin.requests(/manifests/)).toHaveLength(1)

    plant(mirror, 'acme/hello', image, '1.0')
    await client.manifest(ref)
    const [blob = Buffer.alloc(0)] = image.blobs
    await read(client.blob(hello(origin), digest(blob), { size: blob.length }))
    expect(origin.requests(/manifests|blobs/)).toHaveLength(1)
  })

  it.each([
    ['lies about a digest', 'wrong-digest', 1],
    ['is down', { status: 503 }, 2],
    ['refuses', { status: 403 }, 1],
    ['cuts', 'cut-request', 2],
  ] as const)('are left when one %s', async (_name, action, tries) => {
    const origin = await registry()
    const mirror = await registry({ faults: [{ match: { path: /manifests/ }, action }] })
    const image = await makeImage()
    plant(origin, 'acme/hello', image, '1.0')
    plant(mirror, 'acme/hello', image, '1.0')
    const { client } = clientFor({ mirrors: [{ registry: origin.host, url: mirror.url, insecure: true }] })
    expect((await client.manifest({ ...hello(origin), tag: '1.0' })).digest).toBe(image.top.digest)
    expect(mirror.requests(/manifests/)).toHaveLength(tries)
  })

  it('are never asked for pushes, nor for reads of what was pushed', async () => {
    const origin = await registry()
    const mirror = await registry()
    const image = await makeImage()
    plant(origin, 'acme/hello', image, '1.0')
    const { client } = clientFor({ mirrors: [{ registry: origin.host, url: mirror.url, insecure: true }] })
    const { bytes, mediaType } = image.top
    await client.putManifest(hello(origin), bytes, mediaType, '2.0')
    await client.resolve({ ...hello(origin), tag: '2.0' }, { origin: true })
    await client.uploadBlob(hello(origin), { digest: digest(bytes), size: bytes.length, open: () => bytes })
    expect(mirror.requests()).toEqual([])
  })

  it('a blob cut at the mirror for good goes on at the registry from the same byte', async () => {
    const bytes = randomBytes(200_000)
    const origin = await registry()
    const mirror = await registry({
      faults: [
        { match: { path: /blobs/, nth: 1 }, action: { cutAfterBytes: 120_000 } },
        { match: { path: /blobs/, nth: 2 }, action: { status: 503 } },
        { match: { path: /blobs/, nth: 3 }, action: { status: 503 } },
      ],
    })
    const name = origin.addBlob('acme/hello', bytes)
    mirror.addBlob('acme/hello', bytes)
    const { client } = clientFor({ mirrors: [{ registry: origin.host, url: mirror.url, insecure: true }] })
    expect((await read(client.blob(hello(origin), name, { size: bytes.length }))).equals(bytes)).toBe(true)
    expect(origin.log.find(({ path }) => path.includes('blobs'))?.headers.range).toMatch(/^bytes=[1-9]/)
  })
})
