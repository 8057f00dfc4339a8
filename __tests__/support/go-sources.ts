import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32, deflateRawSync, gzipSync } from 'node:zlib'
import { pack } from 'tar-stream'
import type { Http, HttpRequest, HttpResponse } from '../../src/base/http.ts'
import { tilePath } from '../../src/go/sumdb.ts'

/** One misbehaviour, for the next `times` requests (default 1) whose path matches. */
export interface GoFault {
  readonly path: RegExp
  times?: number
  readonly status?: number
  readonly headers?: Record<string, string>
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number
}

/** A loopback double of go.dev, of mirrors and of module proxies: files by path, Range honoured, faults on demand. */
export class GoSources {
  readonly files = new Map<string, Buffer>()
  readonly faults: GoFault[] = []
  /** `GET /go.dev/dl/… bytes=100-`, in the order they came. */
  readonly requests: string[] = []
  /** The Authorization headers seen. */
  readonly authorizations: string[] = []
  readonly #server: Server = createServer((request, response) => {
    this.#answer(request, response)
  })

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  put(path: string, content: string | Uint8Array): void {
    this.files.set(path, Buffer.from(content))
  }

  reset(): void {
    this.files.clear()
    this.faults.length = 0
    this.requests.length = 0
    this.authorizations.length = 0
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? ''
    const range = request.headers.range
    this.requests.push(`${request.method ?? ''} ${path}${range === undefined ? '' : ` ${range}`}`)
    if (request.headers.authorization !== undefined) this.authorizations.push(request.headers.authorization)
    const fault = this.faults.find((rule) => rule.path.test(path) && (rule.times ?? 1) > 0)
    if (fault !== undefined) fault.times = (fault.times ?? 1) - 1
    if (fault?.status !== undefined) {
      response.writeHead(fault.status, fault.headers).end('fault')
      return
    }
    const file = this.files.get(path)
    if (file === undefined) {
      response.writeHead(404).end('not found')
      return
    }
    const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
    const part = file.subarray(start)
    response.writeHead(start > 0 ? 206 : 200, { 'content-length': part.length })
    if (fault?.cutAfter === undefined) response.end(part)
    else {
      // An end, not a reset: what was sent arrives, and then the rest is missing.
      response.write(part.subarray(0, fault.cutAfter))
      response.socket?.end()
    }
  }
}

/** An Http that sends known hosts to the double and resolves no other name, so that no test reaches the network. */
export class RoutedHttp implements Http {
  readonly #http: Http
  readonly #routes: Readonly<Record<string, string>>

  constructor(http: Http, routes: Readonly<Record<string, string>>) {
    this.#http = http
    this.#routes = routes
  }

  request(request: HttpRequest): Promise<HttpResponse> {
    const { origin, pathname, search, hostname } = new URL(request.url)
    const target = hostname === '127.0.0.1' ? origin : this.#routes[origin]
    if (target === undefined) {
      return Promise.reject(
        Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' }),
      )
    }
    return this.#http.request({ ...request, url: `${target}${pathname}${search}` })
  }
}

/** Much, so that a connection can be cut in its midst with something already on disk. */
export const FILLER = 'x'.repeat(1_500_000)

/** What a fake go prints; enough for an installation to prove itself. */
export const goScript = (version: string): string => `#!/bin/sh\necho "go version go${version} linux/amd64"\n`

/** A `go<version>.<os>-<arch>.tar.gz` as go.dev has them, with a shell script as go. */
export async function goTarball(
  version: string,
  says = version,
  program = goScript(version),
): Promise<Buffer> {
  const tar = pack()
  // The same bytes each time, so that two sources can have the same file.
  const mtime = new Date(0)
  tar.entry({ name: 'go/VERSION', mtime }, `go${says}\ntime 2026-01-01T00:00:00Z\n`)
  tar.entry({ name: 'go/bin/go', mode: 0o755, mtime }, program)
  tar.entry({ name: 'go/src/fmt/print.go', mtime }, FILLER)
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk)
  // Hardly compressed, so that there is something to cut a connection in.
  return gzipSync(Buffer.concat(chunks), { level: 0 })
}

export interface ZipFile {
  readonly name: string
  readonly content: string | Uint8Array
  /** Unix mode with the file type; default a regular 0644 file. */
  readonly mode?: number
  readonly stored?: boolean
  /** Forgeries of the directory. */
  readonly forge?: { size?: number; flags?: number; method?: number }
}

/** Writes a zip file, also one that no decent program would write. */
export function makeZip(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, mode = 0o100644, stored = false, forge = {} } of files) {
    const data = Buffer.from(content)
    const packed = stored ? data : deflateRawSync(data)
    const label = Buffer.from(name)
    const shared = Buffer.alloc(26)
    shared.writeUInt16LE(20, 0)
    shared.writeUInt16LE(forge.flags ?? 0x800, 2)
    shared.writeUInt16LE(forge.method ?? (stored ? 0 : 8), 4)
    shared.writeUInt32LE(crc32(data), 10)
    shared.writeUInt32LE(packed.length, 14)
    shared.writeUInt32LE(forge.size ?? data.length, 18)
    shared.writeUInt16LE(label.length, 22)
    parts.push(Buffer.from('PK\u0003\u0004'), shared, label, packed)
    const tail = Buffer.alloc(14)
    tail.writeUInt16LE(0, 0)
    tail.writeUInt32LE(mode * 65536, 6)
    tail.writeUInt32LE(offset, 10)
    directory.push(Buffer.from('PK\u0001\u0002'), Buffer.from([20, 3]), shared, tail, label)
    offset += 4 + 26 + label.length + packed.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(files.length, 4)
  end.writeUInt16LE(files.length, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(offset, 12)
  return Buffer.concat([...parts, central, Buffer.from('PK\u0005\u0006'), end])
}

/** A `golang.org/toolchain` module zip with a shell script as go. */
export function toolchainZip(
  version: string,
  platform = 'linux-amd64',
  extra: readonly ZipFile[] = [],
): Buffer {
  const prefix = `golang.org/toolchain@v0.0.1-go${version}.${platform}/`
  return makeZip(
    [
      { name: 'VERSION', content: `go${version}\n` },
      { name: 'bin/go', content: goScript(version) },
      { name: 'pkg/tool/linux_amd64/compile', content: 'compile' },
      { name: 'lib/wasm/go_js_wasm_exec', content: 'exec' },
      { name: 'src/_go.mod', content: 'module std\n' },
      { name: 'src/cmd/_go.mod', content: 'module cmd\n' },
      { name: 'src/fmt/print.go', content: FILLER, stored: true },
      ...extra,
    ].map((file) => ({ ...file, name: prefix + file.name })),
  )
}

/** dirhash Hash1 of named contents, written down independently of the code under test. */
export function h1Of(files: Readonly<Record<string, string | Uint8Array>>): string {
  const hex = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')
  const names = Object.keys(files).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  const lines = names.map((name) => `${hex(files[name] ?? '')}  ${name}\n`)
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`
}

const hash = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest()

/** A checksum database of one's own: records, tree, tiles, signed heads. */
export class SumLog {
  readonly verifierKey: string
  readonly records: string[] = []
  readonly #private: KeyObject
  readonly #hash: string
  readonly #name: string

  constructor(name = 'sum.golang.org') {
    const pair = generateKeyPairSync('ed25519')
    this.#private = pair.privateKey
    this.#name = name
    const raw = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    const key = Buffer.concat([Buffer.of(1), raw])
    this.#hash = hash(Buffer.from(`${name}\n`), key).toString('hex', 0, 4)
    this.verifierKey = `${name}+${this.#hash}+${key.toString('base64')}`
  }

  add(module: string, version: string, h1: string): number {
    return this.records.push(`${module} ${version} ${h1}\n${module} ${version}/go.mod h1:AAAA=\n`) - 1
  }

  /** Unrelated records, to give the tree a shape. */
  fill(count: number): void {
    for (let i = 0; i < count; i++) this.add('example.com/m', `v0.0.${this.records.length}`, 'h1:BBBB=')
  }

  note(text: string): string {
    const signature = Buffer.concat([
      Buffer.from(this.#hash, 'hex'),
      sign(null, Buffer.from(text), this.#private),
    ])
    return `${text}\n\u2014 ${this.#name} ${signature.toString('base64')}\n`
  }

  /** RFC 6962's Merkle tree hash, by its recursive definition. */
  root(from = 0, to = this.records.length): Buffer {
    if (to - from === 1) return hash(Buffer.of(0), Buffer.from(this.records[from] ?? ''))
    let left = 1
    while (left * 2 < to - from) left *= 2
    return hash(Buffer.of(1), this.root(from, from + left), this.root(from + left, to))
  }

  treeNote(): string {
    return this.note(`go.sum database tree\n${this.records.length}\n${this.root().toString('base64')}\n`)
  }

  lookup(id: number): string {
    return `${id}\n${this.records[id] ?? ''}\n${this.treeNote()}`
  }

  /** Every tile of the tree by path. */
  tiles(): Map<string, Buffer> {
    const tiles = new Map<string, Buffer>()
    let row = this.records.map((record) => hash(Buffer.of(0), Buffer.from(record)))
    for (let level = 0; row.length > 0; level++) {
      const next: Buffer[] = []
      for (let n = 0; n * 256 < row.length; n++) {
        const part = row.slice(n * 256, (n + 1) * 256)
        tiles.set(tilePath(level, n, part.length), Buffer.concat(part))
        if (part.length === 256) next.push(perfect(part))
      }
      row = next
    }
    return tiles
  }

  /** Puts lookup, tiles and `supported` below a path of the double. */
  publish(sources: GoSources, base: string): void {
    sources.put(`${base}/supported`, '')
    for (const [path, tile] of this.tiles()) sources.put(`${base}/${path}`, tile)
    for (const [id, record] of this.records.entries()) {
      const [module = '', version = ''] = record.split(' ')
      if (module !== 'example.com/m') sources.put(`${base}/lookup/${module}@${version}`, this.lookup(id))
    }
  }
}

const perfect = (row: Buffer[]): Buffer =>
  row.length === 1
    ? (row[0] ?? Buffer.alloc(0))
    : hash(Buffer.of(1), perfect(row.slice(0, row.length / 2)), perfect(row.slice(row.length / 2)))
