import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { createGunzip } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { sha256 } from '../../../src/base/download.ts'
import { packLayer } from '../../../src/image/layers.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gip-layers-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function tree(name: string): Promise<string> {
  const root = join(folder, name)
  await mkdir(join(root, 'app'), { recursive: true })
  await mkdir(join(root, 'tmp'))
  await chmod(join(root, 'tmp'), 0o1777)
  await writeFile(join(root, 'app/hello'), 'x'.repeat(100_000), { mode: 0o555 })
  await writeFile(join(root, 'app/a-file'), 'text', { mode: 0o444 })
  await symlink('app/hello', join(root, 'link'))
  return root
}

async function entries(file: string): Promise<Header[]> {
  const found: Header[] = []
  const reader = createReadStream(file).pipe(createGunzip()).pipe(extract())
  for await (const entry of reader as unknown as AsyncIterable<NodeJS.ReadableStream & { header: Header }>) {
    found.push(entry.header)
    entry.resume()
  }
  return found
}

describe('packLayer', () => {
  it('gives the same bytes for the same content, whatever the times and order on disk', async () => {
    const one = await packLayer(await tree('one'), join(folder, 'one.tgz'), { mtime: 1_700_000_000 })
    const other = await tree('two')
    await utimes(join(other, 'app/hello'), new Date(0), new Date(0))
    const two = await packLayer(other, join(folder, 'two.tgz'), { mtime: 1_700_000_000 })
    expect({ ...two, file: '' }).toEqual({ ...one, file: '' })
    const later = await packLayer(other, join(folder, 'three.tgz'), { mtime: 1_700_000_001 })
    expect(later.digest).not.toBe(one.digest)
  })

  it('hashes both forms, and keeps modes, links and owners', async () => {
    const layer = await packLayer(await tree('one'), join(folder, 'one.tgz'), { mtime: 1_700_000_000 })
    const bytes = await readFile(layer.file)
    expect(layer).toMatchObject({
      digest: `sha256:${sha256(bytes)}`,
      size: bytes.length,
      diffId: `sha256:${sha256(gunzipSync(bytes))}`,
    })
    const headers = await entries(layer.file)
    expect(
      headers.map((h) => [h.name, h.type, h.mode.toString(8), h.uid, h.mtime.getTime() / 1000, h.linkname]),
    ).toEqual([
      ['app/', 'directory', '755', 0, 1_700_000_000, null],
      ['app/a-file', 'file', '444', 0, 1_700_000_000, null],
      ['app/hello', 'file', '555', 0, 1_700_000_000, null],
      ['link', 'symlink', '777', 0, 1_700_000_000, 'app/hello'],
      ['tmp/', 'directory', '1777', 0, 1_700_000_000, null],
    ])
  })

  it('puts Windows files under Files/ beside Hives/, with a security descriptor', async () => {
    const root = join(folder, 'win')
    await mkdir(root)
    await writeFile(join(root, 'app.exe'), 'MZ')
    const layer = await packLayer(root, join(folder, 'win.tgz'), { mtime: 1, windows: true })
    const headers = await entries(layer.file)
    expect(headers.map((h) => h.name)).toEqual(['Hives/', 'Files/', 'Files/app.exe'])
    expect(headers[2]?.pax).toMatchObject({
      'MSWINDOWS.rawsd': expect.stringMatching(/^AQAAgBQ/) as unknown as string,
    })
  })

  it('keeps files of every size whole, however they meet the pieces they are read in', async () => {
    const root = join(folder, 'sizes')
    await mkdir(root)
    const piece = 512 * 1024
    const sizes = [0, 1, 511, 512, 513, piece - 1, piece, piece + 1, 3 * piece + 77]
    const contents = sizes.map((size) => randomBytes(size))
    for (const [at, content] of contents.entries()) await writeFile(join(root, `file-${at}`), content)
    const layers = await Promise.all(
      Array.from({ length: 6 }, (_, at) => packLayer(root, join(folder, `${at}.tgz`), { mtime: 1 })),
    )
    const tar = gunzipSync(await readFile(join(folder, '5.tgz')))
    const found: string[] = []
    const reader = extract()
    reader.end(tar)
    for await (const entry of reader as unknown as AsyncIterable<AsyncIterable<Buffer>>) {
      const chunks: Buffer[] = []
      for await (const chunk of entry) chunks.push(chunk)
      found.push(sha256(Buffer.concat(chunks)))
    }
    expect(found).toEqual(contents.map((content) => sha256(content)))
    expect(new Set(layers.map(({ digest }) => digest)).size).toBe(1)
    expect(layers[0]).toMatchObject({ diffId: `sha256:${sha256(tar)}`, uncompressedSize: tar.length })
  })

  it('says why a layer cannot be written, and packs the next ones', async () => {
    const root = await tree('one')
    const nowhere = join(folder, 'no', 'such', 'folder.tgz')
    // More of them than there are turns.
    const failed = await Promise.allSettled(
      Array.from({ length: 20 }, () => packLayer(root, nowhere, { mtime: 1 })),
    )
    for (const one of failed)
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'ENOENT', path: nowhere } })
    await expect(packLayer(root, join(folder, 'x.tgz'), { mtime: 1 })).resolves.toMatchObject({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    })
  })

  // Linux says of these files that they are empty, and gives 37 bytes: as of a file that grows while it is packed.
  it('refuses a file that is not as long as the disk has said', async () => {
    await expect(packLayer('/proc/sys/kernel/random', join(folder, 'x.tgz'), { mtime: 1 })).rejects.toThrow(
      'Size mismatch',
    )
  })

  it('packs nothing more once the run is cancelled', async () => {
    const root = await tree('one')
    const cancel = new AbortController()
    const asked = Array.from({ length: 200 }, (_, at) =>
      packLayer(root, join(folder, `${at}.tgz`), { mtime: 1, signal: cancel.signal }),
    )
    cancel.abort(new Error('cancelled'))
    const ended = await Promise.allSettled(asked)
    expect(ended[0]?.status).toBe('fulfilled')
    expect(ended[199]).toMatchObject({ status: 'rejected', reason: { message: 'cancelled' } })
    await expect(readFile(join(folder, '199.tgz'))).rejects.toThrow('ENOENT')
  })

  it('leaves nothing open when a file cannot be read', async () => {
    await expect(packLayer(join(folder, 'missing'), join(folder, 'x.tgz'), { mtime: 1 })).rejects.toThrow(
      'ENOENT',
    )
  })
})
