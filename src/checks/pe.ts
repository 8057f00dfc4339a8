import type { ReadAt } from './elf.ts'

/** What a PE header says (Microsoft PE/COFF specification, "COFF File Header", "Optional Header"). */
export interface PeFacts {
  readonly format: 'pe'
  readonly bits: 32 | 64
  readonly machine: number
  /** GOARCH spelling, or undefined for a machine that Go does not know. */
  readonly arch: string | undefined
  readonly dll: boolean
  readonly subsystem: 'console' | 'gui' | 'other'
  /** DLLs that are loaded at the start, lower case. */
  readonly imports: readonly string[]
}

const MACHINES: Readonly<Record<number, string>> = {
  0x14c: '386',
  0x8664: 'amd64',
  0xaa64: 'arm64',
  0x1c4: 'arm',
}
const MAX_SECTIONS = 96
const MAX_IMPORTS = 512
const MAX_NAME = 256

export const isPe = (start: Uint8Array): boolean =>
  start.length >= 2 && start[0] === 0x4d && start[1] === 0x5a

/** Reads a Windows program. Returns the reason when it is none; never throws for what the file holds. */
export async function readPe(read: ReadAt): Promise<PeFacts | { reason: string }> {
  const dos = await read(0, 64)
  if (!isPe(dos)) return { reason: 'not a Windows program' }
  if (dos.length < 64) return { reason: 'a Windows program that is cut short' }
  const at = dos.readUInt32LE(0x3c)
  const head = await read(at, 24)
  if (head.length < 24 || head.toString('latin1', 0, 4) !== 'PE\0\0')
    return { reason: 'an MS-DOS program, not a Windows one' }
  const machine = head.readUInt16LE(4)
  const sectionCount = head.readUInt16LE(6)
  const optionalSize = head.readUInt16LE(20)
  const characteristics = head.readUInt16LE(22)
  if (sectionCount > MAX_SECTIONS) return { reason: 'a Windows program with broken headers' }
  const optional = await read(at + 24, optionalSize)
  if (optional.length < optionalSize || optionalSize < 72)
    return { reason: 'a Windows program that is cut short' }
  const magic = optional.readUInt16LE(0)
  const bits = magic === 0x20b ? 64 : magic === 0x10b ? 32 : undefined
  if (bits === undefined) return { reason: 'a Windows program of an unknown kind' }
  const subsystem = optional.readUInt16LE(68)
  const table = await read(at + 24 + optionalSize, sectionCount * 40)
  const sections = Array.from({ length: Math.floor(table.length / 40) }, (_, index) => ({
    size: table.readUInt32LE(index * 40 + 8),
    address: table.readUInt32LE(index * 40 + 12),
    rawSize: table.readUInt32LE(index * 40 + 16),
    raw: table.readUInt32LE(index * 40 + 20),
  }))
  const toOffset = (address: number): number | undefined => {
    const section = sections.find(
      (one) => address >= one.address && address < one.address + Math.max(one.size, one.rawSize),
    )
    return section === undefined ? undefined : section.raw + (address - section.address)
  }
  return {
    format: 'pe',
    bits,
    machine,
    arch: MACHINES[machine],
    dll: (characteristics & 0x2000) !== 0,
    subsystem: subsystem === 3 ? 'console' : subsystem === 2 ? 'gui' : 'other',
    imports: await readImports(optional, bits, toOffset, read),
  }
}

/** Data directory 1: an array of descriptors of 20 bytes, ended by an empty one; the name's address is at 12. */
async function readImports(
  optional: Buffer,
  bits: 32 | 64,
  toOffset: (address: number) => number | undefined,
  read: ReadAt,
): Promise<string[]> {
  const directories = bits === 64 ? 112 : 96
  if (optional.length < directories + 16) return []
  const table = toOffset(optional.readUInt32LE(directories + 8))
  if (optional.readUInt32LE(directories + 8) === 0 || table === undefined) return []
  const descriptors = await read(table, MAX_IMPORTS * 20)
  const names: string[] = []
  for (let at = 0; at + 20 <= descriptors.length; at += 20) {
    const nameAt = descriptors.readUInt32LE(at + 12)
    if (nameAt === 0) break
    const offset = toOffset(nameAt)
    if (offset === undefined) continue
    const bytes = await read(offset, MAX_NAME)
    const end = bytes.indexOf(0)
    const name = bytes.toString('latin1', 0, end < 0 ? bytes.length : end).toLowerCase()
    if (name !== '' && !names.includes(name)) names.push(name)
  }
  return names
}
