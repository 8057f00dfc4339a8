import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BinaryFacts, judgeBinary, readBinary, readBinaryFile } from '../../../src/checks/binary.ts'
import { readElf, readerOf } from '../../../src/checks/elf.ts'
import { readPe } from '../../../src/checks/pe.ts'

interface ElfParts {
  bits?: 32 | 64
  little?: boolean
  machine?: number
  type?: number
  flags?: number
  interpreter?: string
  needed?: string[]
}

/** An ELF file with only what is read: header, program headers, loader name, dynamic section, strings. */
function elf({
  bits = 64,
  little = true,
  machine = 62,
  type = 2,
  flags = 0,
  interpreter,
  needed = [],
}: ElfParts = {}): Buffer {
  const file = Buffer.alloc(4096)
  const u16 = (value: number, at: number): number =>
    little ? file.writeUInt16LE(value, at) : file.writeUInt16BE(value, at)
  const u32 = (value: number, at: number): number =>
    little ? file.writeUInt32LE(value, at) : file.writeUInt32BE(value, at)
  const word = (value: number, at: number): void => {
    if (bits === 32) u32(value, at)
    else if (little) file.writeBigUInt64LE(BigInt(value), at)
    else file.writeBigUInt64BE(BigInt(value), at)
  }
  file.write('\x7fELF', 0, 'latin1')
  file[4] = bits === 64 ? 2 : 1
  file[5] = little ? 1 : 2
  u16(type, 16)
  u16(machine, 18)
  const wide = bits === 64
  const headersAt = wide ? 64 : 52
  const size = wide ? 56 : 32
  word(headersAt, wide ? 32 : 28)
  u32(flags, wide ? 48 : 36)
  u16(size, wide ? 54 : 42)
  const BASE = 0x10000
  const segments: { type: number; offset: number; address: number; size: number }[] = [
    { type: 1, offset: 0, address: BASE, size: 4096 },
  ]
  if (interpreter !== undefined) {
    file.write(`${interpreter}\0`, 1024)
    segments.push({ type: 3, offset: 1024, address: BASE + 1024, size: interpreter.length + 1 })
  }
  if (needed.length > 0) {
    const strings = `\0${needed.map((name) => `${name}\0`).join('')}`
    file.write(strings, 3072)
    const step = wide ? 16 : 8
    const rows = [
      ...needed.map((name) => [1, strings.indexOf(`${name}\0`)] as const),
      [5, BASE + 3072] as const,
      [10, strings.length] as const,
      [0, 0] as const,
    ]
    rows.forEach(([tag, value], index) => {
      word(tag, 2048 + index * step)
      word(value, 2048 + index * step + step / 2)
    })
    segments.push({ type: 2, offset: 2048, address: BASE + 2048, size: rows.length * step })
  }
  u16(segments.length, wide ? 56 : 44)
  segments.forEach((segment, index) => {
    const at = headersAt + index * size
    u32(segment.type, at)
    word(segment.offset, at + (wide ? 8 : 4))
    word(segment.address, at + (wide ? 16 : 8))
    word(segment.size, at + (wide ? 32 : 16))
  })
  return file
}

describe('readElf', () => {
  it.each<[ElfParts, object]>([
    [{}, { arch: 'amd64', bits: 64, littleEndian: true, type: 'executable', static: true, needed: [] }],
    [{ machine: 183 }, { arch: 'arm64' }],
    [
      { machine: 3, bits: 32 },
      { arch: '386', bits: 32 },
    ],
    [
      { machine: 40, bits: 32, flags: 0x5000400 },
      { arch: 'arm', hardFloat: true },
    ],
    [
      { machine: 40, bits: 32, flags: 0x5000200 },
      { arch: 'arm', hardFloat: false },
    ],
    [
      { machine: 22, little: false },
      { arch: 's390x', littleEndian: false },
    ],
    [{ machine: 21 }, { arch: 'ppc64le' }],
    [{ machine: 21, little: false }, { arch: 'ppc64' }],
    [{ machine: 8 }, { arch: 'mips64le' }],
    [{ machine: 8, bits: 32, little: false }, { arch: 'mips' }],
    [{ machine: 243 }, { arch: 'riscv64' }],
    [{ machine: 258 }, { arch: 'loong64' }],
    [{ machine: 9999 }, { arch: undefined, machine: 9999 }],
    [{ type: 3 }, { type: 'shared', static: true }],
    [
      { interpreter: '/lib64/ld-linux-x86-64.so.2', needed: ['libc.so.6', 'libresolv.so.2'] },
      { interpreter: '/lib64/ld-linux-x86-64.so.2', needed: ['libc.so.6', 'libresolv.so.2'], static: false },
    ],
    [
      { interpreter: '/lib/ld-musl-s390x.so.1', needed: ['libc.so'], bits: 64, little: false, machine: 22 },
      { interpreter: '/lib/ld-musl-s390x.so.1', needed: ['libc.so'] },
    ],
    [
      { bits: 32, machine: 40, needed: ['libc.so.6'] },
      { needed: ['libc.so.6'], static: false },
    ],
  ])('%j', async (parts, wanted) => {
    expect(await readElf(readerOf(elf(parts)))).toMatchObject(wanted)
  })

  it('never throws for broken files, and always ends', async () => {
    const good = elf({ interpreter: '/lib/ld.so', needed: ['a', 'b'] })
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 4, max: good.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 40,
        }),
        fc.integer({ min: 0, max: good.length }),
        async (changes, length) => {
          const bad = Buffer.from(good)
          for (const [at, byte] of changes) bad[at] = byte
          await readElf(readerOf(bad.subarray(0, length)))
        },
      ),
    )
  })

  it.each([
    [Buffer.from('not'), 'not an ELF'],
    [elf().subarray(0, 40), 'cut short'],
    [elf().subarray(0, 80), 'cut short'],
    [Buffer.concat([Buffer.from('\x7fELF\x07', 'latin1'), Buffer.alloc(60)]), 'unknown class'],
    [Buffer.concat([Buffer.from('\x7fELF\x02\x07', 'latin1'), Buffer.alloc(60)]), 'unknown byte order'],
  ])('says why (%#)', async (bytes, reason) => {
    expect(await readElf(readerOf(bytes))).toEqual({ reason: expect.stringContaining(reason) })
  })
})

describe('readPe', () => {
  const dos = (): Buffer => {
    const file = Buffer.alloc(512)
    file.write('MZ', 0)
    file.writeUInt32LE(128, 0x3c)
    file.write('PE\0\0', 128)
    file.writeUInt16LE(0xaa64, 132)
    file.writeUInt16LE(72, 148)
    file.writeUInt16LE(0x2002, 150)
    file.writeUInt16LE(0x20b, 152)
    file.writeUInt16LE(2, 152 + 68)
    return file
  }
  it('reads machine, kind and subsystem', async () => {
    expect(await readPe(readerOf(dos()))).toEqual({
      format: 'pe',
      bits: 64,
      machine: 0xaa64,
      arch: 'arm64',
      dll: true,
      subsystem: 'gui',
      imports: [],
    })
  })
  it.each<[string, (file: Buffer) => Buffer, string]>([
    ['no MZ', () => Buffer.from('ZM'), 'not a Windows'],
    ['only MZ', () => Buffer.from('MZ'), 'cut short'],
    ['MS-DOS', (file) => file.fill(0, 128, 132), 'MS-DOS'],
    ['a pointer beyond the end', (file) => (file.writeUInt32LE(0xffff_fff0, 0x3c), file), 'MS-DOS'],
    ['too many sections', (file) => (file.writeUInt16LE(9999, 134), file), 'broken'],
    ['no optional header', (file) => (file.writeUInt16LE(0, 148), file), 'cut short'],
    ['an unknown kind', (file) => (file.writeUInt16LE(7, 152), file), 'unknown kind'],
  ])('says why: %s', async (_name, change, reason) => {
    expect(await readPe(readerOf(change(dos())))).toEqual({ reason: expect.stringContaining(reason) })
  })
  it('never throws for broken files', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 2, max: 511 }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 60,
        }),
        async (changes) => {
          const bad = dos()
          for (const [at, byte] of changes) bad[at] = byte
          await readPe(readerOf(bad))
        },
      ),
    )
  })
})

describe('readBinary', () => {
  it.each([
    ['#!/bin/sh\n', 'script'],
    ['\xcf\xfa\xed\xfe', 'unknown'],
    ['\xca\xfe\xba\xbe', 'unknown'],
    // A Mach-O header of arm64 with no load commands.
    ['\xcf\xfa\xed\xfe\x0c\0\0\x01\0\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0', 'mach-o'],
    ['', 'unknown'],
    ['hello', 'unknown'],
    ['\x7fELF', 'unknown'],
    ['MZ', 'unknown'],
  ])('%j is %s', async (text, format) => {
    expect((await readBinary(readerOf(Buffer.from(text, 'latin1')))).format).toBe(format)
  })
})

describe('judgeBinary', () => {
  const facts = (parts: ElfParts = {}): Promise<BinaryFacts> => readBinary(readerOf(elf(parts)))
  const judge = async (
    on: Promise<BinaryFacts>,
    arch: string,
    os = 'linux',
    mustBeStatic = true,
  ): Promise<string[]> =>
    judgeBinary(await on, { os, arch }, { where: '/app/x', mustBeStatic }).map((problem) => problem.code)

  it('passes what fits', async () => {
    expect(await judge(facts(), 'amd64')).toEqual([])
    expect(await judge(facts({ needed: ['libc.so.6'] }), 'amd64', 'linux', false)).toEqual([])
  })
  it('refuses what does not', async () => {
    expect(await judge(facts(), 'arm64')).toEqual(['binary-arch'])
    expect(await judge(facts({ interpreter: '/lib/ld.so' }), 'amd64')).toEqual(['binary-dynamic'])
    expect(await judge(facts({ machine: 9999, needed: ['x'] }), 'amd64')).toEqual([
      'binary-arch',
      'binary-dynamic',
    ])
    expect(await judge(facts(), 'amd64', 'windows')).toEqual(['binary-format'])
    expect(await judge(readBinary(readerOf(Buffer.from('#!/bin/sh'))), 'amd64')).toEqual(['binary-format'])
    expect(
      await judge(
        Promise.resolve({
          format: 'pe',
          bits: 64,
          machine: 1,
          arch: 'amd64',
          dll: true,
          subsystem: 'other',
          imports: [],
        }),
        'amd64',
        'windows',
      ),
    ).toEqual(['binary-dll'])
  })
  it('names the loader and the libraries', async () => {
    const [problem] = judgeBinary(
      await facts({ interpreter: '/lib64/ld.so', needed: ['libc.so.6'] }),
      { os: 'linux', arch: 'amd64' },
      { where: '/app/x', mustBeStatic: true },
    )
    expect(problem).toMatchObject({ cause: 'it needs /lib64/ld.so, libc.so.6', where: '/app/x' })
  })
})

describe('a file on disk', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gip-binary-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('is read by its headers alone', async () => {
    const file = join(folder, 'x')
    await writeFile(file, elf({ interpreter: '/lib/ld.so', needed: ['libm.so.6'] }))
    expect(await readBinaryFile(file)).toMatchObject({ format: 'elf', needed: ['libm.so.6'] })
    expect(await readBinaryFile(file)).toEqual(await readBinary(readerOf(await readFile(file))))
  })

  it('agrees with this very Node', async () => {
    const facts = await readBinaryFile(process.execPath)
    const format = { linux: 'elf', win32: 'pe', darwin: 'mach-o' }[process.platform as string] ?? 'elf'
    expect(facts.format).toBe(format)
    if (facts.format === 'elf')
      expect(facts).toMatchObject({
        arch: process.arch === 'x64' ? 'amd64' : process.arch,
        static: false,
        needed: expect.arrayContaining(['libc.so.6']),
      })
  })
})
