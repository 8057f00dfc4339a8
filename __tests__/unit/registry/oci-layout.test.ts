import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { pack } from 'tar-stream'
import { copyImage } from '../../../src/registry/copy.ts'
import { openOciLayout, pushLayout } from '../../../src/registry/oci-layout.ts'
import { indexTar } from '../../../src/registry/tar-index.ts'
import { verifyImage } from '../../../src/registry/verify.ts'
import { digest, type MadeImage, makeImage, plant } from '../../support/image-maker.ts'
import { at, clientFor, codeOf, registry } from './support.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'layout-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

const blobName = (bytes: Buffer): string => `blobs/sha256/${digest(bytes).slice(7)}`

/** The files of a layout, as BuildKit writes them. */
function filesOf(
  images: MadeImage[],
  change: (files: Map<string, Buffer>) => void = () => undefined,
): Map<string, Buffer> {
  const files = new Map<string, Buffer>()
  for (const image of images)
    for (const bytes of [...image.blobs, ...image.manifests.map((one) => one.bytes), image.top.bytes])
      files.set(blobName(bytes), bytes)
  const manifests = images.map(({ top }) => ({
    mediaType: top.mediaType,
    digest: top.digest,
    size: top.bytes.length,
  }))
  files.set('index.json', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })))
  files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'))
  change(files)
  return files
}

async function asTar(files: Map<string, Buffer>): Promise<string> {
  const archive = pack()
  archive.entry({ name: 'blobs/', type: 'directory' })
  for (const [name, bytes] of files) archive.entry({ name, mtime: new Date(0) }, bytes)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk)
  const file = join(folder, 'image.tar')
  await writeFile(file, Buffer.concat(chunks))
  return file
}

async function asFolder(files: Map<string, Buffer>): Promise<string> {
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
  return folder
}

describe('pushing a layout', () => {
  it.each([
    ['a tar', asTar],
    ['a folder', asFolder],
  ])('%s: by digest, children first, no tag', async (_name, write) => {
    const image = await makeImage({ attestations: true })
    const path = await write(filesOf([image]))
    const double = await registry()
    const { client, act } = clientFor()
    const pushed = await pushLayout(path, at(double), client, act)
    expect(pushed).toMatchObject({
      digest: image.top.digest,
      mediaType: image.top.mediaType,
      manifests: 5,
      blobs: { exists: 0, mounted: 0, uploaded: image.blobs.length },
    })
    expect(double.tags()).toEqual({})
    expect(double.requests(/^PUT .*manifests/).at(-1)).toContain(image.top.digest)
    const report = await verifyImage({ ...at(double), digest: pushed.digest }, {}, client, {
      level: 'full',
      signal: act.signal,
    })
    expect(report.failures).toEqual([])
    expect((await pushLayout(path, at(double), client, act)).blobs.uploaded).toBe(0)
  })

  it('mounts what another repository has, and needs no bytes of what ours has already', async () => {
    const image = await makeImage()
    const double = await registry()
    plant(double, 'acme/base', image)
    const [lazy = Buffer.alloc(0)] = image.blobs
    double.addBlob('acme/hello', lazy)
    const path = await asTar(filesOf([image], (files) => void files.delete(blobName(lazy))))
    const { client, act } = clientFor()
    const pushed = await pushLayout(path, at(double), client, { ...act, mountFrom: () => 'acme/base' })
    expect(pushed.blobs).toEqual({ exists: 1, mounted: image.blobs.length - 1, uploaded: 0 })
  })

  it('goes on after faults', async () => {
    const image = await makeImage()
    const path = await asTar(filesOf([image]))
    const double = await registry({
      faults: [
        { match: { method: 'PUT', path: /uploads/, nth: 2 }, action: 'cut-request' },
        {
          match: { method: 'POST', path: /uploads/, nth: 3 },
          action: { status: 429, headers: { 'retry-after': '2' } },
        },
        { match: { method: 'PUT', path: /manifests/, nth: 1 }, action: { status: 500 } },
      ],
    })
    const { client, act } = clientFor()
    expect((await pushLayout(path, at(double), client, act)).digest).toBe(image.top.digest)
  })

  it('of several images wants to be told which', async () => {
    const [one, two] = [await makeImage(), await makeImage({ content: 'two' })]
    const path = await asTar(filesOf([one, two]))
    const double = await registry()
    const { client, act } = clientFor()
    expect(await codeOf(pushLayout(path, at(double), client, act))).toBe('oci-layout')
    const pushed = await pushLayout(path, at(double), client, { ...act, digest: two.top.digest })
    expect(pushed.digest).toBe(two.top.digest)
  })
})

describe('a layout that is broken', () => {
  it.each<[string, (files: Map<string, Buffer>, image: MadeImage) => void]>([
    ['no index.json', (files) => void files.delete('index.json')],
    ['an index.json that is none', (files) => void files.set('index.json', Buffer.from('[]'))],
    ['no images', (files) => void files.set('index.json', Buffer.from('{"manifests":[]}'))],
    ['another version', (files) => void files.set('oci-layout', Buffer.from('{"imageLayoutVersion":"9"}'))],
    ['a missing layer', (files, image) => void files.delete(blobName(image.blobs[0] ?? Buffer.alloc(0)))],
    ['a missing manifest', (files, image) => void files.delete(blobName(image.top.bytes))],
    ['a changed manifest', (files, image) => void files.set(blobName(image.top.bytes), Buffer.from('{}'))],
  ])('%s', async (_name, change) => {
    const image = await makeImage({ platforms: ['linux/amd64'] })
    const path = await asTar(filesOf([image], (files) => change(files, image)))
    const double = await registry()
    const { client, act } = clientFor()
    expect(await codeOf(pushLayout(path, at(double), client, act))).toBe('oci-layout')
    expect(double.requests(/^PUT .*manifests/)).toEqual([])
  })
})

describe('the index of a tar', () => {
  it('knows long names, pax and base-256 sizes, and where the bytes lie', async () => {
    const files = new Map([
      ['short', Buffer.from('a')],
      [`${'long/'.repeat(40)}name`, Buffer.from('pax name')],
      ['empty', Buffer.alloc(0)],
      ['block', Buffer.alloc(512, 1)],
    ])
    const file = await asTar(files)
    const entries = await indexTar(file)
    expect([...entries].map(([name, { size }]) => [name, size])).toEqual(
      [...files].map(([name, bytes]) => [name, bytes.length]),
    )
    const layout = await openOciLayout(await asTar(filesOf([await makeImage()])))
    for (const top of layout.tops) expect(digest(await layout.read(top.digest))).toBe(top.digest)
  })

  it.each([
    ['cut short', async (file: string) => truncate(file, 700)],
    ['not a tar', async (file: string) => writeFile(file, Buffer.alloc(2048, 'x'))],
  ])('%s', async (_name, spoil) => {
    const file = await asTar(new Map([['a', Buffer.alloc(4000, 7)]]))
    await spoil(file)
    expect(await codeOf(indexTar(file))).toBe('tar-broken')
  })

  /** A raw header, for what no packer here writes. */
  function headerOf(name: string, type: string, size: number | 'big'): Buffer {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    if (size === 'big') {
      header[124] = 0x80
      header.writeUInt32BE(2, 124 + 4)
      header.writeUInt32BE(5, 124 + 8)
    } else header.write(size.toString(8).padStart(11, '0'), 124)
    header.write(type, 156)
    const sum = [...header].reduce((all, byte, at) => all + (at >= 148 && at < 156 ? 0x20 : byte), 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return header
  }
  const padded = (text: string): Buffer =>
    Buffer.concat([Buffer.from(text), Buffer.alloc(512 - Buffer.byteLength(text))])

  it('base-256 sizes (GNU, beyond 8 GiB)', async () => {
    const file = join(folder, 'big.tar')
    await writeFile(file, headerOf('big', '0', 'big'))
    // Sparse: it only looks large.
    await truncate(file, 512 + 2 * 2 ** 32 + 512)
    expect((await indexTar(file)).get('big')).toEqual({ offset: 512, size: 2 * 2 ** 32 + 5 })
  })

  it('GNU and pax names, pax sizes, global headers', async () => {
    const file = join(folder, 'names.tar')
    await writeFile(
      file,
      Buffer.concat([
        headerOf('pax_global_header', 'g', 20),
        padded('20 comment=whatever\n'),
        headerOf('././@LongLink', 'L', 9),
        padded('gnu/name\0'),
        headerOf('gnu', '0', 3),
        padded('abc'),
        headerOf('PaxHeaders/x', 'x', 28),
        padded('18 path=pax/n\u00e4me\n10 size=4\n'),
        headerOf('x', '0', 0),
        padded('defg'),
        headerOf('link', '2', 0),
        headerOf('./plain', '\0', 0),
      ]),
    )
    expect([...(await indexTar(file))]).toEqual([
      ['gnu/name', { offset: 2560, size: 3 }],
      ['pax/n\u00e4me', { offset: 4608, size: 4 }],
      ['plain', { offset: 6144, size: 0 }],
    ])
  })
})

describe('copying', () => {
  it('from registry to registry, once, foreign layers left out', async () => {
    const from = await registry()
    const to = await registry()
    const image = await makeImage({ attestations: true })
    plant(from, 'acme/hello', image)
    const { client, act } = clientFor()
    const source = { ...at(from), digest: image.top.digest }
    const copied = await copyImage(source, at(to, 'x/y'), client, act)
    expect(copied.blobs).toEqual({ exists: 0, mounted: 0, uploaded: image.blobs.length })
    expect(to.repository('x/y').manifests.size).toBe(5)
    expect(from.requests(/GET .*blobs/)).toHaveLength(image.blobs.length)
    const again = await copyImage(source, at(to, 'x/y'), client, act)
    expect(again).toMatchObject({ manifests: 0, blobs: { uploaded: 0 } })
  })

  it('a blob that is cut while it is copied', async () => {
    const from = await registry()
    const to = await registry()
    const image = await makeImage({ platforms: ['linux/amd64'] })
    plant(from, 'acme/hello', image)
    from.faults = [{ match: { path: /blobs/, nth: 1 }, action: { cutAfterBytes: 40 } }]
    to.faults = [{ match: { method: 'PUT', path: /uploads/, nth: 2 }, action: { cutRequestAfterBytes: 30 } }]
    const { client, act } = clientFor()
    await copyImage({ ...at(from), digest: image.top.digest }, at(to), client, act)
    for (const bytes of image.blobs) expect(to.blobs.get(digest(bytes))?.equals(bytes)).toBe(true)
  })

  it('a damaged blob is never pushed on', async () => {
    const from = await registry({
      faults: [{ match: { method: 'GET', path: /blobs/ }, action: 'wrong-digest' }],
    })
    const to = await registry()
    const image = await makeImage({ platforms: ['linux/amd64'] })
    plant(from, 'acme/hello', image)
    const { client, act } = clientFor()
    const code = await codeOf(copyImage({ ...at(from), digest: image.top.digest }, at(to), client, act))
    expect(code).toBe('registry-blob-mismatch')
    expect(to.blobs.size).toBe(0)
  })
})
