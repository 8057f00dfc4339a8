import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { isToolchainProgram } from '../../../src/go/goproxy.ts'
import { isSafeName, withZip } from '../../../src/go/zip.ts'
import { h1Of, makeZip, type ZipFile } from '../../support/go-sources.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gip-zip-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function save(bytes: Uint8Array): Promise<string> {
  const file = join(folder, 'a.zip')
  await writeFile(file, bytes)
  return file
}
const unpack = async (files: readonly ZipFile[], prefix = 'm/'): Promise<string> => {
  const target = join(folder, 'out')
  const file = await save(makeZip(files))
  await withZip(file, (zip) => zip.unpack(target, { prefix, executable: isToolchainProgram }))
  return target
}

describe('h1', () => {
  it("is Go's hash of the empty archive and of several files", async () => {
    const empty = await withZip(await save(makeZip([])), (zip) => zip.h1())
    expect(empty).toBe('h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=')
    // Go sorts by bytes: U+FFEE comes before U+1F600, although UTF-16 has it the other way round.
    const names = {
      'm/b': 'data for b',
      'm/a': 'data for a',
      'm/ä': '',
      'm/A.go': 'x',
      'm/\u{1F600}': '1',
      'm/\uFFEE': '2',
    }
    const files = Object.entries(names).map(([name, content], i) => ({ name, content, stored: i % 2 === 0 }))
    expect(await withZip(await save(makeZip(files)), (zip) => zip.h1())).toBe(h1Of(names))
  })

  it('changes with any byte and any name', async () => {
    const hash = async (name: string, content: string): Promise<string> =>
      withZip(await save(makeZip([{ name, content }])), (zip) => zip.h1())
    const all = await Promise.all(
      [
        ['m/a', 'x'],
        ['m/a', 'y'],
        ['m/b', 'x'],
      ].map(async ([name = '', content = '']) => {
        const file = join(folder, `${name.replace('/', '')}${content}.zip`)
        await writeFile(file, makeZip([{ name, content }]))
        return withZip(file, (zip) => zip.h1())
      }),
    )
    expect(new Set(all).size).toBe(3)
    expect(await hash('m/a', 'x')).toBe(all[0])
  })
})

describe('unpack', () => {
  it('writes files, folders and permission bits', async () => {
    const out = await unpack([
      { name: 'm/', content: '', mode: 0o040755, stored: true },
      { name: 'm/bin/go', content: 'go' },
      { name: 'm/src/all.bash', content: 'bash', mode: 0o100755 },
      { name: 'm/src/fmt/print.go', content: 'print', stored: true },
      { name: 'm/empty/', content: '', mode: 0o040755, stored: true },
      { name: 'm/nothing', content: '' },
    ])
    expect((await readdir(out, { recursive: true })).sort()).toEqual(
      ['bin', 'bin/go', 'empty', 'nothing', 'src', 'src/all.bash', 'src/fmt', 'src/fmt/print.go'].map(
        (path) => join(path),
      ),
    )
    expect(await readFile(join(out, 'src/fmt/print.go'), 'utf8')).toBe('print')
    const bits = async (path: string): Promise<number> => (await stat(join(out, path))).mode & 0o111
    if (process.platform !== 'win32') {
      expect([await bits('bin/go'), await bits('src/all.bash'), await bits('src/fmt/print.go')]).toEqual([
        0o111, 0o111, 0,
      ])
    }
  })

  it('stops when cancelled', async () => {
    const file = await save(makeZip([{ name: 'm/a', content: 'a' }]))
    const signal = AbortSignal.abort(new Error('stop'))
    await expect(
      withZip(file, (zip) => zip.unpack(join(folder, 'out'), { prefix: 'm/', signal })),
    ).rejects.toThrow('stop')
    await expect(withZip(file, (zip) => zip.h1(signal))).rejects.toThrow('stop')
  })

  it.each<[string, ZipFile[], RegExp]>([
    ['a way out', [{ name: 'm/../../evil', content: '' }], /leads out of the archive/],
    ['an absolute name', [{ name: '/etc/passwd', content: '' }], /leads out/],
    ['a drive', [{ name: 'C:/x', content: '' }], /not portable/],
    ['a backslash', [{ name: 'm\\..\\evil', content: '' }], /not portable/],
    ['a zero byte', [{ name: 'm/a\u0000b', content: '' }], /not portable/],
    ['a symbolic link', [{ name: 'm/link', content: '/etc', mode: 0o120777 }], /no regular file/],
    [
      'a name twice',
      [
        { name: 'm/a', content: '1' },
        { name: 'm/a', content: '2' },
      ],
      /there twice/,
    ],
    ['another prefix', [{ name: 'other/a', content: '1' }], /not below m\//],
    ['encryption', [{ name: 'm/a', content: '1', forge: { flags: 1 } }], /encrypted/],
    ['an unknown method', [{ name: 'm/a', content: '1', forge: { method: 14 } }], /method 14/],
    ['a bomb', [{ name: 'm/a', content: '0'.repeat(100_000), forge: { size: 10 } }], /cannot be unpacked/],
    ['too short a file', [{ name: 'm/a', content: '123', forge: { size: 10 } }], /not the size/],
    ['a promise of 3 GB', [{ name: 'm/a', content: '1', forge: { size: 3e9 } }], /too many bytes/],
  ])('refuses %s', async (_, files, message) => {
    await expect(unpack(files)).rejects.toThrow(message)
    expect(await readdir(folder)).not.toContain('evil')
  })

  it.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
    ['no zip at all', () => Buffer.from('<html>'.repeat(20)), /no end record/],
    ['an empty file', () => Buffer.alloc(0), /no end record/],
    ['a cut file', (bytes) => bytes.subarray(0, bytes.length - 30), /no end record/],
    ['a file without its beginning', (bytes) => bytes.subarray(40), /directory lies outside|malformed/],
    ['a broken directory', (bytes) => replace(bytes, 'PK\u0001\u0002', 'PK\u0001\u0009'), /malformed/],
    ['a missing header', (bytes) => replace(bytes, 'PK\u0003\u0004', 'PK\u0003\u0009'), /no header/],
    [
      'zip64',
      (bytes) => {
        const copy = Buffer.from(bytes)
        copy.writeUInt16LE(0xffff, bytes.length - 12)
        return copy
      },
      /zip64/,
    ],
  ])('refuses %s', async (_, bend, message) => {
    const file = await save(
      bend(
        makeZip([
          { name: 'm/a', content: 'a' },
          { name: 'm/b', content: 'b' },
        ]),
      ),
    )
    await expect(withZip(file, (zip) => zip.h1())).rejects.toThrow(message)
  })
})

const replace = (bytes: Buffer, from: string, to: string): Buffer =>
  Buffer.from(bytes.toString('latin1').replace(from, to), 'latin1')

describe('isSafeName', () => {
  it('keeps every accepted name inside the folder', () => {
    const part = fc.constantFrom('..', '.', '', 'a', 'b c', '...', '..a', 'C:', '\\', '@v1', '~')
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
        const name = parts.join('/')
        if (isSafeName(name)) {
          expect(join('/base', name).startsWith('/base/')).toBe(true)
          expect(name).not.toContain('\\')
        }
      }),
    )
  })
  it.each(['golang.org/toolchain@v0.0.1-go1.26.7.linux-amd64/src/a_b+c.go', 'm/..data', 'm/-x'])(
    'accepts %s',
    (name) => {
      expect(isSafeName(name)).toBe(true)
    },
  )
})

describe('isToolchainProgram', () => {
  it.each([
    ['bin/go', true],
    ['pkg/tool/linux_amd64/compile', true],
    ['lib/wasm/go_js_wasm_exec', true],
    ['lib/go_android_arm64_exec', true],
    ['lib/wasm/wasm_exec.js', false],
    ['src/bin/go', false],
    ['LICENSE', false],
  ])('%s: %s', (path, expected) => {
    expect(isToolchainProgram(path)).toBe(expected)
  })
})
