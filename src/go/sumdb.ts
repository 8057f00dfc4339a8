import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { environmentError, PipelineError } from '../base/errors.ts'
import { type FetchContext, HttpStatusError } from '../base/download.ts'
import { redactUrl } from '../base/secrets.ts'
import { answerOf, sourceBytes, sourceText, under } from './remote.ts'

/*
 * A client of the Go checksum database (golang.org/design/25530-sumdb; research.swtch.com/tlog).
 *
 * Verified, each time and without trust in whoever delivered the bytes: the Ed25519 signature of the tree head by the
 * known key; that the record is in that tree (Merkle inclusion proof from the tiles); that the record names exactly
 * the module version asked for. Not verified: that this tree head extends one seen before (the go command keeps
 * its last one in GOMODCACHE; a fresh runner has none to compare with).
 */

/** The public database's key, as cmd/go has it built in (cmd/go/internal/modfetch/key.go). */
export const SUM_GOLANG_ORG = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'

const WIDTH = 256
const HASH = 32

export interface VerifierKey {
  readonly name: string
  /** The first 4 bytes of SHA-256(name, newline, algorithm and key), hex. */
  readonly hash: string
  readonly key: KeyObject
}

export interface TreeHead {
  readonly size: number
  readonly root: Buffer
}

/** Bytes of the tile at `path` (`tile/8/0/x001/234`), or a rejection when there is none. */
export type TileReader = (path: string) => Promise<Buffer>

const forged = (what: string, cause: string, where?: string): PipelineError =>
  environmentError({
    code: 'sumdb-not-authentic',
    what,
    cause,
    ...(where === undefined ? {} : { where }),
    fix: 'something between this machine and sum.golang.org alters answers: check the module proxy; nothing was installed',
  })

// A login page or an error page is no forgery: another copy of the database may answer.
const malformed = (text: string): Error =>
  new Error(`its answer is none of a checksum database: ${JSON.stringify(text.slice(0, 80))}`)

const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Reads `name+hash+base64(algorithm, key)` (golang.org/x/mod/sumdb/note) and checks its own hash. */
export function parseVerifierKey(text: string): VerifierKey {
  const [, name = '', hash = '', encoded = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text) ?? []
  const bytes = Buffer.from(encoded, 'base64')
  if (bytes.length !== 33 || bytes[0] !== 1) throw forged('a verifier key is malformed', text)
  if (sha256(`${name}\n`, bytes).toString('hex', 0, 4) !== hash) {
    throw forged('a verifier key does not match its own hash', text)
  }
  const x = bytes.subarray(1).toString('base64url')
  return { name, hash, key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) }
}

/** The text of a signed note, if `key` signed it; signatures by other keys are of no interest. */
export function openNote(note: string, key: VerifierKey): string {
  const split = note.lastIndexOf('\n\n')
  if (split < 0) throw malformed(note)
  const text = note.slice(0, split + 1)
  let signed = false
  for (const line of note.slice(split + 2).split('\n')) {
    const [, name, encoded = ''] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? []
    if (name !== key.name) continue
    const bytes = Buffer.from(encoded, 'base64')
    if (bytes.toString('hex', 0, 4) !== key.hash) continue
    if (!verify(null, Buffer.from(text), key.key, bytes.subarray(4))) {
      throw forged('the checksum database answered with a wrong signature', `key ${key.name}+${key.hash}`)
    }
    signed = true
  }
  if (!signed) throw forged('the checksum database answered without its signature', `no line by ${key.name}`)
  return text
}

/** `go.sum database tree`, size, root hash: the text of a tree head. */
export function parseTreeHead(text: string): TreeHead {
  const [, size = '', root = ''] = /^go\.sum database tree\n(\d{1,15})\n(\S+)\n/.exec(text) ?? []
  const bytes = Buffer.from(root, 'base64')
  if (size === '' || bytes.length !== HASH) throw malformed(text)
  return { size: Number(size), root: bytes }
}

/** The answer of `/lookup/`: record number, record text, signed tree head. */
export function parseLookup(body: string): { id: number; record: string; note: string } {
  const [, id = '', record = '', note = ''] = /^(\d{1,15})\n([\s\S]*?\n)\n([\s\S]*)$/.exec(body) ?? []
  if (id === '') throw malformed(body)
  return { id: Number(id), record, note }
}

/** RFC 6962 §2.1: leaves and inner nodes are hashed with different first bytes. */
export const leafHash = (record: string | Uint8Array): Buffer => sha256(Buffer.of(0), record)
const nodeHash = (left: Buffer, right: Buffer): Buffer => sha256(Buffer.of(1), left, right)

/** `tile/8/<level>/<n>[.p/<width>]`; n in groups of three digits, all but the last with an `x`. */
export function tilePath(level: number, n: number, width: number): string {
  const digits = String(n)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? []
  const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/8/${level}/${name}${width < WIDTH ? `.p/${width}` : ''}`
}

/** The root of a perfect subtree over `hashes`, whose count is a power of two. */
function perfectRoot(hashes: readonly Buffer[]): Buffer {
  let row = [...hashes]
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, i) =>
      nodeHash(row[2 * i] ?? Buffer.alloc(0), row[2 * i + 1] ?? Buffer.alloc(0)),
    )
  }
  return row[0] ?? Buffer.alloc(0)
}

/**
 * Proves that the leaf is number `id` of the tree. First the tree's right edge (its partial tiles) is hashed up to
 * the signed root, which makes those tiles authentic; then each full tile above the leaf must hash to its entry in
 * the next, until an authentic tile is reached. Seven small files for a tree of 60 million records.
 */
export async function proveInclusion(
  id: number,
  leaf: Buffer,
  tree: TreeHead,
  readTile: TileReader,
): Promise<void> {
  if (id >= tree.size)
    throw forged('a record lies outside the signed tree', `record ${id}, size ${tree.size}`)
  const load = async (level: number, n: number, width: number): Promise<Buffer[]> => {
    let bytes: Buffer
    try {
      bytes = await readTile(tilePath(level, n, width))
    } catch (error) {
      // A partial tile may be gone once it is complete; its beginning is the same.
      if (width === WIDTH) throw error
      bytes = await readTile(tilePath(level, n, WIDTH))
    }
    if (bytes.length < width * HASH || bytes.length > WIDTH * HASH) {
      throw forged('a tile of the checksum database has a wrong size', tilePath(level, n, width))
    }
    return Array.from({ length: width }, (_, i) => bytes.subarray(i * HASH, (i + 1) * HASH))
  }

  const edge: { n: number; hashes: Buffer[] }[] = []
  for (let level = 0, count = tree.size; count > 0; level++, count = Math.floor(count / WIDTH)) {
    const n = Math.floor(count / WIDTH)
    edge[level] = { n, hashes: count % WIDTH === 0 ? [] : await load(level, n, count % WIDTH) }
  }
  // The tree is perfect subtrees from left (large) to right (small); fold them from the right (RFC 6962 §2.1).
  let root: Buffer | undefined
  for (const { hashes } of edge) {
    for (let end = hashes.length; end > 0;) {
      const size = end & -end
      const subtree = perfectRoot(hashes.slice(end - size, end))
      root = root === undefined ? subtree : nodeHash(subtree, root)
      end -= size
    }
  }
  if (root?.equals(tree.root) !== true) {
    throw forged('the tiles of the checksum database do not hash to the signed tree', `size ${tree.size}`)
  }

  let hash = leaf
  let index = id
  for (let level = 0; ; level++) {
    const n = Math.floor(index / WIDTH)
    const right = edge[level]?.n === n
    const hashes = right ? (edge[level]?.hashes ?? []) : await load(level, n, WIDTH)
    if (hashes[index % WIDTH]?.equals(hash) !== true) {
      throw forged('a record is not in the signed tree', `record ${id}, level ${level}`)
    }
    if (right) return
    hash = perfectRoot(hashes)
    index = n
  }
}

export interface Sum {
  /** `h1:…` of the module's zip file. */
  readonly h1: string
  /** Where the proof came from. */
  readonly base: string
  readonly treeSize: number
}

/**
 * The authentic `h1:` hash of a module version. Each base is asked in turn until one answers; what it answers is
 * verified, and a wrong answer ends the search with `sumdb-not-authentic`.
 *
 * @param bases `https://sum.golang.org`, or a module proxy's `…/sumdb/sum.golang.org`
 * @returns undefined when the database has no such version
 */
export async function lookupSum(
  module: string,
  version: string,
  bases: readonly string[],
  context: FetchContext,
  verifierKey: string = SUM_GOLANG_ORG,
): Promise<Sum | undefined> {
  const key = parseVerifierKey(verifierKey)
  const failures: string[] = []
  let absent = false
  for (const base of bases) {
    let answered = false
    try {
      const body = await sourceText(under(base, `lookup/${module}@${version}`), context, { limit: 64 * 1024 })
      answered = true
      const { id, record, note } = parseLookup(body)
      const tree = parseTreeHead(openNote(note, key))
      const line = record.split('\n').find((text) => text.startsWith(`${module} ${version} h1:`))
      if (line === undefined) {
        throw forged(
          'the checksum database answered for another module',
          JSON.stringify(record),
          redactUrl(base),
        )
      }
      await proveInclusion(id, leafHash(record), tree, (path) =>
        sourceBytes(under(base, path), context, { limit: WIDTH * HASH }),
      )
      return { h1: line.slice(module.length + version.length + 2), base, treeSize: tree.size }
    } catch (error) {
      context.signal?.throwIfAborted()
      if (error instanceof PipelineError && error.problems[0]?.code === 'sumdb-not-authentic') throw error
      if (!answered && error instanceof HttpStatusError && [404, 410].includes(error.status)) absent = true
      failures.push(`${redactUrl(base)}: ${answerOf(error)}`)
    }
  }
  if (absent) return undefined
  throw environmentError({
    code: 'sumdb-unreachable',
    what: `the checksum of ${module}@${version} cannot be verified`,
    cause: `no copy of the Go checksum database answered: ${failures.join('; ')}`,
    fix: 'allow https://sum.golang.org, or use a module proxy that passes /sumdb/ on (GOPROXY)',
  })
}
