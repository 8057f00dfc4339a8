import { open } from 'node:fs/promises'
import type { Problem } from '../base/errors.ts'
import { formatPlatform, type Platform } from '../base/platform.ts'
import { type ElfFacts, isElf, type ReadAt, readElf } from './elf.ts'
import { isMachO, type MachFacts, readMachO } from './macho.ts'
import { isPe, type PeFacts, readPe } from './pe.ts'

export type BinaryFacts =
  ElfFacts | PeFacts | MachFacts | { readonly format: 'script' | 'unknown'; readonly reason: string }

/** Tells what kind of program it is and reads its header. */
export async function readBinary(read: ReadAt): Promise<BinaryFacts> {
  const start = await read(0, 64)
  if (isElf(start)) {
    const elf = await readElf(read)
    return 'reason' in elf ? { format: 'unknown', reason: elf.reason } : elf
  }
  if (isPe(start)) {
    const pe = await readPe(read)
    return 'reason' in pe ? { format: 'unknown', reason: pe.reason } : pe
  }
  if (start.toString('latin1', 0, 2) === '#!') return { format: 'script', reason: 'a script' }
  if (isMachO(start)) {
    const mach = await readMachO(read)
    return 'reason' in mach ? { format: 'unknown', reason: mach.reason } : mach
  }
  const magic = start.length >= 4 ? start.readUInt32BE(0) : 0
  if ([0xfeedface, 0xfeedfacf, 0xcafebabe].includes(magic))
    return { format: 'unknown', reason: 'a universal or big-endian program for macOS' }
  return {
    format: 'unknown',
    reason: start.length === 0 ? 'an empty file' : 'no program that Linux or Windows starts',
  }
}

/** {@link readBinary} of a file on disk: only headers are read, whatever its size. */
export async function readBinaryFile(file: string): Promise<BinaryFacts> {
  const handle = await open(file, 'r')
  try {
    return await readBinary(async (offset, length) => {
      const bytes = Buffer.alloc(length)
      const { bytesRead } = await handle.read(bytes, 0, length, offset)
      return bytes.subarray(0, bytesRead)
    })
  } finally {
    await handle.close()
  }
}

/** Systems whose programs are not ELF. */
const FORMATS: Readonly<Record<string, BinaryFacts['format']>> = { windows: 'pe', darwin: 'mach-o' }

/** Libraries that every macOS has; there is no static program for it. */
const isMacOsOwn = (library: string): boolean => /^\/(?:usr\/lib|System\/Library)\//.test(library)

/**
 * Whether a program fits the platform it goes out for, and, where the base has no C library, needs none. `where` names
 * the program for people. Pure.
 */
export function judgeBinary(
  facts: BinaryFacts,
  platform: Platform,
  options: { readonly where: string; readonly mustBeStatic: boolean },
): Problem[] {
  const wanted = formatPlatform(platform)
  const { where } = options
  const format = FORMATS[platform.os] ?? 'elf'
  if ('reason' in facts || facts.format !== format) {
    const is =
      'reason' in facts
        ? facts.reason
        : { elf: 'a program for Linux', pe: 'a program for Windows', 'mach-o': 'a program for macOS' }[
            facts.format
          ]
    return [
      {
        code: 'binary-format',
        what: `${wanted} cannot start its program`,
        cause: `it is ${is}`,
        where,
        fix: `build it with GOOS=${platform.os} GOARCH=${platform.arch}`,
      },
    ]
  }
  const problems: Problem[] = []
  if (facts.arch !== platform.arch) {
    problems.push({
      code: 'binary-arch',
      what: `${wanted} cannot start its program (exec format error)`,
      cause: `it is built for ${facts.arch ?? `machine ${facts.machine}`}`,
      where,
      fix: `build it with GOARCH=${platform.arch}; in a Dockerfile take GOARCH=$TARGETARCH, and COPY the file of the right platform`,
    })
  }
  if (facts.format === 'elf' && options.mustBeStatic && !facts.static) {
    const needs = [...(facts.interpreter === undefined ? [] : [facts.interpreter]), ...facts.needed]
    problems.push({
      code: 'binary-dynamic',
      what: 'the program needs a C library that its base does not have ("no such file or directory" at the start)',
      cause: `it needs ${needs.join(', ')}`,
      where,
      fix: 'build with CGO_ENABLED=0, or use a base with glibc (base: distroless with cgo: true)',
    })
  }
  if (facts.format === 'mach-o') {
    const foreign = facts.libraries.filter((library) => !isMacOsOwn(library))
    if (options.mustBeStatic && foreign.length > 0)
      problems.push({
        code: 'binary-dynamic',
        what: 'the program needs libraries that macOS does not have',
        cause: `it needs ${foreign.join(', ')}`,
        where,
        fix: 'build with CGO_ENABLED=0',
      })
  }
  if (facts.format === 'pe' && facts.dll) {
    problems.push({
      code: 'binary-dll',
      what: `${wanted} cannot start a DLL`,
      where,
      fix: 'build it without -buildmode=c-shared',
    })
  }
  return problems
}
