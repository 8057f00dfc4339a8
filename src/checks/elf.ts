/** What an ELF header and its dynamic section say (gABI: "ELF Header", "Program Header", "Dynamic Section"). */
export interface ElfFacts {
  readonly format: 'elf'
  readonly bits: 32 | 64
  readonly littleEndian: boolean
  /** e_machine. */
  readonly machine: number
  /** GOARCH spelling, or undefined for a machine that Go does not know. */
  readonly arch: string | undefined
  readonly type: 'executable' | 'shared' | 'other'
  /** PT_INTERP: the loader that must be in the image. */
  readonly interpreter?: string
  /** DT_NEEDED: libraries that must be in the image. */
  readonly needed: readonly string[]
  /** Needs neither a loader nor a library. */
  readonly static: boolean
  /** e_flags of 32-bit ARM: hard-float ABI. */
  readonly hardFloat?: boolean
}

/** Reads `length` bytes at `offset`; fewer at the end of the file. A Buffer's slice, or a FileHandle's read. */
export type ReadAt = (offset: number, length: number) => Promise<Buffer>

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT_NEEDED = 1
const DT_STRTAB = 5
const DT_STRSZ = 10
/** Limits for broken or hostile files: the numbers come from the file itself. */
const MAX_HEADERS = 4096
const MAX_STRINGS = 4 * 1024 * 1024
const MAX_DYNAMIC = 1024 * 1024
const MAX_PATH = 4096

/** e_machine → GOARCH by class and byte order (debug/elf, cmd/link). */
function archOf(machine: number, bits: 32 | 64, little: boolean): string | undefined {
  switch (machine) {
    case 3:
      return '386'
    case 62:
      return bits === 64 ? 'amd64' : undefined
    case 40:
      return 'arm'
    case 183:
      return little ? 'arm64' : undefined
    case 8:
      return bits === 64 ? (little ? 'mips64le' : 'mips64') : little ? 'mipsle' : 'mips'
    case 21:
      return little ? 'ppc64le' : 'ppc64'
    case 22:
      return 's390x'
    case 243:
      return bits === 64 ? 'riscv64' : undefined
    case 258:
      return bits === 64 ? 'loong64' : undefined
    default:
      return undefined
  }
}

export const isElf = (start: Uint8Array): boolean =>
  start.length >= 4 && start[0] === 0x7f && start[1] === 0x45 && start[2] === 0x4c && start[3] === 0x46

/** Reads an ELF file. Returns the reason when it is none, or is cut short; never throws for what the file holds. */
export async function readElf(read: ReadAt): Promise<ElfFacts | { reason: string }> {
  const head = await read(0, 64)
  if (!isElf(head)) return { reason: 'not an ELF file' }
  const bits = head[4] === 1 ? 32 : head[4] === 2 ? 64 : undefined
  if (bits === undefined) return { reason: 'an ELF file of an unknown class' }
  if (head[5] !== 1 && head[5] !== 2) return { reason: 'an ELF file of an unknown byte order' }
  if (head.length < (bits === 64 ? 64 : 52)) return { reason: 'an ELF file that is cut short' }
  const view = new Reader(head, bits, head[5] === 1)
  const machine = view.u16(18)
  const headersAt = view.word(bits === 64 ? 32 : 28)
  const flags = view.u32(bits === 64 ? 48 : 36)
  const entrySize = view.u16(bits === 64 ? 54 : 42)
  const count = view.u16(bits === 64 ? 56 : 44)
  const smallest = bits === 64 ? 56 : 32
  if (count > MAX_HEADERS || (count > 0 && entrySize < smallest))
    return { reason: 'an ELF file with broken headers' }

  const table = await read(headersAt, count * entrySize)
  if (table.length < count * entrySize) return { reason: 'an ELF file that is cut short' }
  const segments = Array.from({ length: count }, (_, index) =>
    readSegment(new Reader(table.subarray(index * entrySize), bits, view.little)),
  )
  const interpreter = await readInterpreter(segments, read)
  const needed = await readNeeded(segments, read, bits, view.little)
  const type = view.u16(16)
  return {
    format: 'elf',
    bits,
    littleEndian: view.little,
    machine,
    arch: archOf(machine, bits, view.little),
    type: type === 2 ? 'executable' : type === 3 ? 'shared' : 'other',
    ...(interpreter === undefined ? {} : { interpreter }),
    needed,
    static: interpreter === undefined && needed.length === 0,
    // EF_ARM_ABI_FLOAT_HARD, ELF for the Arm Architecture, "e_flags".
    ...(machine === 40 ? { hardFloat: (flags & 0x400) !== 0 } : {}),
  }
}

interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly size: number
}

function readSegment(view: Reader): Segment {
  return view.bits === 64
    ? { type: view.u32(0), offset: view.word(8), address: view.word(16), size: view.word(32) }
    : { type: view.u32(0), offset: view.word(4), address: view.word(8), size: view.word(16) }
}

async function readInterpreter(segments: readonly Segment[], read: ReadAt): Promise<string | undefined> {
  const segment = segments.find((one) => one.type === PT_INTERP)
  if (segment === undefined) return undefined
  return cString(await read(segment.offset, Math.min(segment.size, MAX_PATH)), 0)
}

async function readNeeded(
  segments: readonly Segment[],
  read: ReadAt,
  bits: 32 | 64,
  little: boolean,
): Promise<string[]> {
  const dynamic = segments.find((one) => one.type === PT_DYNAMIC)
  if (dynamic === undefined) return []
  const bytes = await read(dynamic.offset, Math.min(dynamic.size, MAX_DYNAMIC))
  const step = bits === 64 ? 16 : 8
  const names: number[] = []
  let stringsAt: number | undefined
  let stringsSize = 0
  for (let at = 0; at + step <= bytes.length; at += step) {
    const view = new Reader(bytes.subarray(at), bits, little)
    const tag = view.word(0)
    const value = view.word(step / 2)
    if (tag === 0) break
    if (tag === DT_NEEDED) names.push(value)
    else if (tag === DT_STRTAB) stringsAt = value
    else if (tag === DT_STRSZ) stringsSize = value
  }
  if (names.length === 0 || stringsAt === undefined) return []
  // DT_STRTAB is an address in memory: find the loaded segment that holds it.
  const at = stringsAt
  const home = segments.find(
    (one) => one.type === PT_LOAD && at >= one.address && at < one.address + one.size,
  )
  if (home === undefined) return []
  const strings = await read(home.offset + (at - home.address), Math.min(stringsSize, MAX_STRINGS))
  return names.map((name) => cString(strings, name)).filter((name) => name !== '')
}

function cString(bytes: Buffer, at: number): string {
  if (at >= bytes.length) return ''
  const end = bytes.indexOf(0, at)
  return bytes.toString('utf8', at, end < 0 ? bytes.length : end)
}

/** Numbers of the file's own width and byte order; beyond the end they are 0. */
class Reader {
  readonly #bytes: Buffer
  readonly bits: 32 | 64
  readonly little: boolean

  constructor(bytes: Buffer, bits: 32 | 64, little: boolean) {
    this.#bytes = bytes
    this.bits = bits
    this.little = little
  }

  u16(at: number): number {
    if (at + 2 > this.#bytes.length) return 0
    return this.little ? this.#bytes.readUInt16LE(at) : this.#bytes.readUInt16BE(at)
  }

  u32(at: number): number {
    if (at + 4 > this.#bytes.length) return 0
    return this.little ? this.#bytes.readUInt32LE(at) : this.#bytes.readUInt32BE(at)
  }

  /** An address or offset; those beyond 2^53 are no real ones and become the largest safe number. */
  word(at: number): number {
    if (this.bits === 32) return this.u32(at)
    if (at + 8 > this.#bytes.length) return 0
    const value = this.little ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigUInt64BE(at)
    return value > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(value)
  }
}

/** A reader over bytes in memory. */
export const readerOf =
  (bytes: Buffer): ReadAt =>
  (offset, length) =>
    Promise.resolve(bytes.subarray(offset, offset + length))
