import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { request as rawRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EmbeddedRegistry, rangeOf } from '../../../src/registry/embedded.ts'
import { OCI_INDEX, OCI_MANIFEST } from '../../../src/registry/media-types.ts'
import { publish } from '../../../src/registry/publish.ts'
import { verifyImage } from '../../../src/registry/verify.ts'
import { digest, makeImage } from '../../support/image-maker.ts'
import { clientFor, codeOf, read } from './support.ts'

let folder: string
let registry: EmbeddedRegistry
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gip-embedded-'))
  registry = await EmbeddedRegistry.start({ folder })
})
afterEach(async () => {
  await registry.close()
  await rm(folder, { recursive: true, force: true })
})

const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(`http://${registry.host}${path}`, init)
const errorOf = async (answer: Response): Promise<string> =>
  ((await answer.json()) as { errors: { code: string }[] }).errors[0]?.code ?? ''
const put = (path: string, body: Uint8Array, headers: Record<string, string> = {}): Promise<Response> =>
  call(path, { method: 'PUT', body: Buffer.from(body), headers })
/** Pushes a blob in one POST. */
const pushBlob = async (bytes: Buffer, repository = 'acme/hello'): Promise<void> => {
  const answer = await call(`/v2/${repository}/blobs/uploads/?digest=${digest(bytes)}`, {
    method: 'POST',
    body: Buffer.from(bytes),
  })
  expect(answer.status).toBe(201)
}
const begin = async (): Promise<string> => {
  const answer = await call('/v2/acme/hello/blobs/uploads/', { method: 'POST' })
  expect(answer.status).toBe(202)
  return answer.headers.get('location') ?? ''
}

describe('the embedded registry', () => {
  it('takes an image from our own client, which reads it back and publishes it; a later run finds it again', async () => {
    const image = await makeImage({ platforms: ['linux/amd64', 'linux/arm64'] })
    const { client, act } = clientFor()
    const at = { registry: registry.host, repository: 'acme/hello' }
    for (const bytes of image.blobs)
      expect(
        await client.uploadBlob(at, { digest: digest(bytes), size: bytes.length, open: () => bytes }),
      ).toBe('uploaded')
    for (const one of image.manifests) await client.putManifest(at, one.bytes, one.mediaType, one.digest)
    const reports = await verifyImage({ ...at, digest: image.top.digest }, {}, client, {
      level: 'full',
      signal: act.signal,
    })
    expect(reports).toMatchObject({ ok: true })
    await publish(
      { source: { ...at, digest: image.top.digest }, tags: ['v1', 'latest'].map((tag) => ({ ...at, tag })) },
      client,
      act,
    )
    expect(await (await call('/v2/acme/hello/tags/list')).json()).toEqual({
      name: 'acme/hello',
      tags: ['latest', 'v1'],
    })
    expect(await (await call('/v2/_catalog')).json()).toEqual({ repositories: ['acme/hello'] })

    await registry.close()
    registry = await EmbeddedRegistry.start({ folder })
    expect((await call('/v2/acme/hello/manifests/v1')).headers.get('docker-content-digest')).toBe(
      image.top.digest,
    )
    const other = { registry: registry.host, repository: 'acme/other' }
    const [first] = image.blobs
    if (first === undefined) throw new Error('an image has blobs')
    const again = await client.uploadBlob(
      other,
      { digest: digest(first), size: first.length, open: () => first },
      { mountFrom: 'acme/hello' },
    )
    expect(again).toBe('mounted')
  })

  it('is an OCI image layout that other tools can read', async () => {
    const image = await makeImage({ platforms: ['linux/amd64'] })
    for (const bytes of image.blobs) await pushBlob(bytes)
    expect(
      (await put('/v2/acme/hello/manifests/v1', image.top.bytes, { 'content-type': image.top.mediaType }))
        .status,
    ).toBe(201)
    expect(JSON.parse(await readFile(join(folder, 'oci-layout'), 'utf8'))).toEqual({
      imageLayoutVersion: '1.0.0',
    })
    expect(JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'))).toEqual({
      schemaVersion: 2,
      mediaType: OCI_INDEX,
      manifests: [
        {
          mediaType: OCI_MANIFEST,
          digest: image.top.digest,
          size: image.top.bytes.length,
          annotations: { 'org.opencontainers.image.ref.name': 'acme/hello:v1' },
        },
      ],
    })
    for (const name of await readdir(join(folder, 'blobs/sha256')))
      expect(digest(await readFile(join(folder, 'blobs/sha256', name)))).toBe(`sha256:${name}`)
  })

  it('takes chunks, tells how far it is, and refuses one out of order', async () => {
    const bytes = randomBytes(3000)
    const session = await begin()
    const patch = (from: number, to: number): Promise<Response> =>
      call(session, {
        method: 'PATCH',
        body: bytes.subarray(from, to),
        headers: { 'content-range': `${from}-${to - 1}` },
      })
    expect((await patch(0, 1000)).headers.get('range')).toBe('0-999')
    const wrong = await patch(2000, 3000)
    expect([wrong.status, wrong.headers.get('range')]).toEqual([416, '0-999'])
    expect((await call(session)).headers.get('range')).toBe('0-999')
    expect((await patch(1000, 2000)).status).toBe(202)
    const done = await put(`${session}?digest=${digest(bytes)}`, bytes.subarray(2000))
    expect([done.status, done.headers.get('docker-content-digest')]).toEqual([201, digest(bytes)])
    expect(await readdir(join(folder, 'uploads'))).toEqual([])
  })

  it('goes on with an upload whose connection was cut', async () => {
    const bytes = randomBytes(200_000)
    const session = await begin()
    await new Promise<void>((resolve) => {
      const cut = rawRequest(`http://${registry.host}${session}`, {
        method: 'PATCH',
        headers: { 'content-length': '200000' },
      })
      cut.on('error', () => resolve())
      cut.write(bytes.subarray(0, 100_000), () => setTimeout(() => cut.destroy(), 50))
    })
    let have = 0
    for (let tries = 0; tries < 1000 && have === 0; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      have = Number((await call(session)).headers.get('range')?.split('-')[1] ?? '0') + 1
      if (have === 1) have = 0
    }
    expect(have).toBeGreaterThan(1000)
    expect((await put(`${session}?digest=${digest(bytes)}`, bytes.subarray(have))).status).toBe(201)
  })

  it('gives parts of a blob', async () => {
    const bytes = randomBytes(1000)
    await pushBlob(bytes)
    const path = `/v2/acme/hello/blobs/${digest(bytes)}`
    const part = await call(path, { headers: { range: 'bytes=100-199' } })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 100-199/1000'])
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true)
    expect((await call(path, { headers: { range: 'bytes=2000-' } })).status).toBe(416)
    const { client } = clientFor()
    expect(
      (await read(client.blob({ registry: registry.host, repository: 'acme/hello' }, digest(bytes)))).equals(
        bytes,
      ),
    ).toBe(true)
  })

  it.each<[what: string, answer: () => Promise<Response>, status: number, code: string]>([
    ['a blob with another digest', () => put(`/v2/acme/hello/manifests/sha256:${'0'.repeat(64)}`, Buffer.from('{}')), 400, 'DIGEST_INVALID'],
    ['a manifest that is no JSON', () => put('/v2/acme/hello/manifests/v1', Buffer.from('x'), { 'content-type': OCI_MANIFEST }), 400, 'MANIFEST_INVALID'],
    ['a manifest without its blobs', async () => put('/v2/acme/hello/manifests/v1', (await makeImage({ platforms: ['linux/amd64'] })).top.bytes, { 'content-type': OCI_MANIFEST }), 400, 'MANIFEST_BLOB_UNKNOWN'],
    ['an index without its manifests', async () => put('/v2/acme/hello/manifests/v1', (await makeImage()).top.bytes, { 'content-type': OCI_INDEX }), 400, 'MANIFEST_BLOB_UNKNOWN'],
    ['a manifest that is too large', () => put('/v2/acme/hello/manifests/v1', Buffer.alloc(4 * 1024 * 1024 + 1), { 'content-type': OCI_MANIFEST }), 413, 'SIZE_INVALID'],
    ['a name that climbs', () => call('/v2/acme/%2e%2e%2fx/manifests/v1'), 400, 'NAME_INVALID'],
    ['a name in capitals', () => call('/v2/Acme/hello/manifests/v1'), 400, 'NAME_INVALID'],
    ['a tag that is none', () => call('/v2/acme/hello/manifests/-v1'), 400, 'MANIFEST_INVALID'],
    ['a tag that is not there', () => call('/v2/acme/hello/manifests/v1'), 404, 'MANIFEST_UNKNOWN'],
    ['a blob that is not there', () => call(`/v2/acme/hello/blobs/sha256:${'0'.repeat(64)}`), 404, 'BLOB_UNKNOWN'],
    ['an upload that is not there', () => call('/v2/acme/hello/blobs/uploads/x', { method: 'PATCH' }), 404, 'BLOB_UPLOAD_UNKNOWN'],
    ['a repository that is not there', () => call('/v2/acme/hello/tags/list'), 404, 'NAME_UNKNOWN'],
    ['another path', () => call('/etc/passwd'), 404, 'UNSUPPORTED'],
  ])('refuses %s', async (_, ask, status, code) => {
    const answer = await ask()
    expect([answer.status, await errorOf(answer)]).toEqual([status, code])
  }) // prettier-ignore

  it('a blob of one repository is not there for another', async () => {
    const bytes = randomBytes(10)
    await pushBlob(bytes)
    expect((await call(`/v2/acme/other/blobs/${digest(bytes)}`, { method: 'HEAD' })).status).toBe(404)
  })

  it('answers only to names of this machine', async () => {
    const status = await new Promise<number>((resolve, reject) => {
      rawRequest(`http://${registry.host}/v2/`, { headers: { host: 'evil.example' } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      })
        .on('error', reject)
        .end()
    })
    expect(status).toBe(421)
  })

  it('is bounded: a full one refuses, and has room again when the upload is dropped', async () => {
    await registry.close()
    registry = await EmbeddedRegistry.start({ folder, maxBytes: 1000, maxUploads: 2 })
    const session = await begin()
    const full = await call(session, { method: 'PATCH', body: randomBytes(2000) })
    expect([full.status, await errorOf(full)]).toEqual([507, 'TOOMANYREQUESTS'])
    expect((await call(session, { method: 'DELETE' })).status).toBe(204)
    await pushBlob(randomBytes(900))
    await Promise.all([begin(), begin()])
    expect((await call('/v2/acme/hello/blobs/uploads/', { method: 'POST' })).status).toBe(507)
  })

  it('a tag and a digest can be deleted', async () => {
    const image = await makeImage({ platforms: ['linux/amd64'] })
    for (const bytes of image.blobs) await pushBlob(bytes)
    for (const tag of ['a', 'b', 'c'])
      await put(`/v2/acme/hello/manifests/${tag}`, image.top.bytes, { 'content-type': image.top.mediaType })
    expect(await (await call('/v2/acme/hello/tags/list?n=2')).json()).toEqual({
      name: 'acme/hello',
      tags: ['a', 'b'],
    })
    expect((await call('/v2/acme/hello/tags/list?n=2')).headers.get('link')).toBe(
      '</v2/acme/hello/tags/list?n=2&last=b>; rel="next"',
    )
    expect((await call('/v2/acme/hello/manifests/a', { method: 'DELETE' })).status).toBe(202)
    expect((await call('/v2/acme/hello/manifests/b')).status).toBe(200)
    expect((await call(`/v2/acme/hello/manifests/${image.top.digest}`, { method: 'DELETE' })).status).toBe(
      202,
    )
    expect((await call('/v2/acme/hello/manifests/b')).status).toBe(404)
    const { client } = clientFor()
    expect(
      await codeOf(client.resolve({ registry: registry.host, repository: 'acme/hello', tag: 'b' })),
    ).not.toBe('none')
  })
})

describe('ranges', () => {
  it.each<[header: string | undefined, want: ReturnType<typeof rangeOf>]>([
    [undefined, undefined],
    ['bytes=0-9', [0, 9]],
    ['bytes=5-', [5, 9]],
    ['bytes=5-100', [5, 9]],
    ['bytes=-3', [7, 9]],
    ['bytes=-30', [0, 9]],
    ['bytes=10-', 'unsatisfiable'],
    ['bytes=-', undefined],
    ['bytes=0-1,3-4', undefined],
    ['lines=0-1', undefined],
  ])('%s of 10 bytes', (header, want) => {
    expect(rangeOf(header, 10)).toEqual(want)
  })
})
