import { randomBytes } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { PipelineError } from '../../../src/base/errors.ts'
import { digest, makeImage, plant } from '../../support/image-maker.ts'
import { at, clientFor, codeOf, read, registry } from './support.ts'

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
    const got = await read(client.blob(at(double), name, { size: bytes.length }))
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
    expect((await read(client.blob(at(double), name, { size: bytes.length }))).equals(bytes)).toBe(true)
  })

  it('ends with an error when the bytes are wrong', async () => {
    const double = await registry()
    const name = double.addBlob('acme/hello', bytes)
    double.faults = [{ match: { path: /blobs/ }, action: 'wrong-digest' }]
    const { client } = clientFor()
    expect(await codeOf(read(client.blob(at(double), name, { size: bytes.length })))).toBe(
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
    const stream = client.blob(at(double), name, { size: bytes.length + difference })
    await expect(read(stream)).rejects.toBeInstanceOf(PipelineError)
  })

  it('gives up on a connection that is cut without progress', async () => {
    const double = await registry()
    const name = double.addBlob('acme/hello', bytes)
    double.faults = [{ match: { path: /blobs/ }, action: { cutAfterBytes: 0 } }]
    const { client } = clientFor()
    expect(await codeOf(read(client.blob(at(double), name)))).toBe('registry-cut')
  })
})

describe('uploading blobs', () => {
  const bytes = randomBytes(400_000)
  const source = { digest: digest(bytes), size: bytes.length, open: () => bytes }

  it('sends one POST and one PUT, and nothing when the blob is there', async () => {
    const double = await registry()
    const { client } = clientFor()
    expect(await client.uploadBlob(at(double), source)).toBe('uploaded')
    expect(double.requests(/blobs/).map((line) => line.split(' ')[0])).toEqual(['HEAD', 'POST', 'PUT'])
    expect(await client.uploadBlob(at(double), source)).toBe('exists')
    expect(await client.hasBlob(at(double), source.digest)).toBe(true)
    expect(await client.blobSize(at(double), source.digest)).toBe(bytes.length)
    expect(await client.blobSize(at(double), digest(Buffer.from('other')))).toBeUndefined()
  })

  it('takes an empty blob', async () => {
    const double = await registry()
    const { client } = clientFor()
    const empty = Buffer.alloc(0)
    expect(await client.uploadBlob(at(double), { digest: digest(empty), size: 0, open: () => empty })).toBe(
      'uploaded',
    )
  })

  it('mounts from another repository, and sends the bytes where it cannot', async () => {
    const double = await registry()
    double.addBlob('acme/base', bytes)
    const { client } = clientFor()
    expect(await client.uploadBlob(at(double), source, { mountFrom: 'acme/base' })).toBe('mounted')
    const other = { ...at(double), repository: 'acme/other' }
    expect(await client.uploadBlob(other, source, { mountFrom: 'acme/unknown' })).toBe('uploaded')
    const third = { ...at(double), repository: 'acme/third' }
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
    expect(await client.uploadBlob(at(double), source, { chunk: 100_000 })).toBe('uploaded')
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
    await client.uploadBlob(at(double), source, { chunk: 1000 })
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
    expect(await client.uploadBlob(at(double), source)).toBe('uploaded')
    expect(double.blobs.get(source.digest)?.equals(bytes)).toBe(true)
  })

  it('sees that a push whose answer was lost has succeeded', async () => {
    const double = await registry({
      faults: [{ match: { method: 'PUT', path: /uploads/ }, action: 'cut-response' }],
    })
    const { client } = clientFor()
    expect(await client.uploadBlob(at(double), source)).toBe('uploaded')
    expect(double.requests(/^PUT/)).toHaveLength(1)
  })

  it.each([[{ status: 503 }], [{ status: 429, headers: { 'retry-after': '1' } }], ['cut-request']] as const)(
    'tries a PUT again after %j',
    async (action) => {
      const double = await registry({
        faults: [{ match: { method: 'PUT', path: /uploads/, nth: 1 }, action }],
      })
      const { client } = clientFor()
      expect(await client.uploadBlob(at(double), source)).toBe('uploaded')
    },
  )

  it('says when the content is not what was announced', async () => {
    const double = await registry()
    const { client } = clientFor()
    const lying = { ...source, digest: digest(Buffer.from('something else')) }
    expect(await codeOf(client.uploadBlob(at(double), lying))).toBe('registry-digest-invalid')
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
    const ref = { ...at(origin), tag: '1.0' }
    expect((await client.manifest(ref)).digest).toBe(image.top.digest)
    expect(mirror.requests(/manifests/)).toEqual([
      `GET /v2/hub-proxy/acme/hello/manifests/1.0?ns=${encodeURIComponent(origin.host)}`,
    ])
    expect(origin.requests(/manifests/)).toHaveLength(1)

    plant(mirror, 'acme/hello', image, '1.0')
    await client.manifest(ref)
    const [blob = Buffer.alloc(0)] = image.blobs
    await read(client.blob(at(origin), digest(blob), { size: blob.length }))
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
    expect((await client.manifest({ ...at(origin), tag: '1.0' })).digest).toBe(image.top.digest)
    expect(mirror.requests(/manifests/)).toHaveLength(tries)
  })

  it('are never asked for pushes, nor for reads of what was pushed', async () => {
    const origin = await registry()
    const mirror = await registry()
    const image = await makeImage()
    plant(origin, 'acme/hello', image, '1.0')
    const { client } = clientFor({ mirrors: [{ registry: origin.host, url: mirror.url, insecure: true }] })
    const { bytes, mediaType } = image.top
    await client.putManifest(at(origin), bytes, mediaType, '2.0')
    await client.resolve({ ...at(origin), tag: '2.0' }, { origin: true })
    await client.uploadBlob(at(origin), { digest: digest(bytes), size: bytes.length, open: () => bytes })
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
    expect((await read(client.blob(at(origin), name, { size: bytes.length }))).equals(bytes)).toBe(true)
    expect(origin.log.find(({ path }) => path.includes('blobs'))?.headers.range).toMatch(/^bytes=[1-9]/)
  })
})
