import type { ReadAt } from './elf.ts'

/** What a Mach-O header and its load commands say (Apple, mach-o/loader.h). */
export interface MachFacts {
  readonly format: 'mach-o'
  readonly bits: 32 | 64
  /** cputype. */
  readonly machine: number
  /** GOARCH spelling, or undefined for a machine that Go does not build for. */
  readonly arch: string | undefined
  readonly executable: boolean
  /** Paths of LC_LOAD_DYLIB. */
  readonly libraries: readonly string[]
}

const MAGICS: Readonly<Record<number, 32 | 64>> = { 0xfeedface: 32, 0xfeedfacf: 64 }
const ARCHES: Readonly<Record<number, string>> = {
  0x01000007: 'amd64',
  0x0100000c: 'arm64',
  7: '386',
  12: 'arm',
}
const MH_EXECUTE = 2
/** LC_LOAD_DYLIB, LC_LOAD_WEAK_DYLIB, LC_REEXPORT_DYLIB. */
const DYLIBS = new Set([0xc, 0x80000018, 0x8000001f])
/** The numbers come from the file itself. */
const MOST_COMMANDS = 4 * 1024 * 1024

/** A thin Mach-O file of either size (little-endian, as all that Go writes). A universal file is none. */
export const isMachO = (start: Buffer): boolean => start.length >= 4 && start.readUInt32LE(0) in MAGICS

/** Reads a Mach-O file. Returns the reason when it is cut short; never throws for what the file holds. */
export async function readMachO(read: ReadAt): Promise<MachFacts | { reason: string }> {
  const head = await read(0, 32)
  const bits = head.length < 4 ? undefined : MAGICS[head.readUInt32LE(0)]
  if (bits === undefined) return { reason: 'not a Mach-O file' }
  const start = bits === 64 ? 32 : 28
  if (head.length < start) return { reason: 'a program for macOS that is cut short' }
  const machine = head.readUInt32LE(4)
  const size = head.readUInt32LE(20)
  if (size > MOST_COMMANDS) return { reason: 'a program for macOS with broken headers' }
  const commands = await read(start, size)
  if (commands.length < size) return { reason: 'a program for macOS that is cut short' }
  const libraries: string[] = []
  for (let at = 0; at + 12 <= commands.length;) {
    const command = commands.readUInt32LE(at)
    const length = commands.readUInt32LE(at + 4)
    if (length < 8) return { reason: 'a program for macOS with broken headers' }
    if (DYLIBS.has(command)) {
      const name = commands.subarray(at + commands.readUInt32LE(at + 8), at + length)
      const end = name.indexOf(0)
      libraries.push(name.toString('utf8', 0, end < 0 ? name.length : end))
    }
    at += length
  }
  const executable = head.readUInt32LE(12) === MH_EXECUTE
  return { format: 'mach-o', bits, machine, arch: ARCHES[machine], executable, libraries }
}
