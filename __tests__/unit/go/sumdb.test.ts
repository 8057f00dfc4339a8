import { describe, expect, it, beforeAll, afterAll, beforeEach } from '@jest/globals'
import { SystemHttp } from '../../../src/base/http.ts'
import { systemClock } from '../../../src/base/clock.ts'
import {
  leafHash,
  lookupSum,
  openNote,
  parseLookup,
  parseTreeHead,
  parseVerifierKey,
  proveInclusion,
  SUM_GOLANG_ORG,
  tilePath,
} from '../../../src/go/sumdb.ts'
import { GoSources, RoutedHttp, SumLog } from '../../support/go-sources.ts'

// An answer of sum.golang.org, as it came on 2026-11-21.
const REAL = `60245666
golang.org/toolchain v0.0.1-go1.26.7.linux-amd64 h1:BbG1DRIqH1ZVMRnQg/4M6jtOJjMFUusUjI+kXRBWqE8=
golang.org/toolchain v0.0.1-go1.26.7.linux-amd64/go.mod h1:8wlg68NqwW7eMnI1aABk/C2pDYXj8mrMY4TyRfiLeS0=

go.sum database tree
60270439
F3uvV6lmCYD0s9NeQcz6S4gaO8wfSRVqlJI9yuszAjE=

\u2014 sum.golang.org Az3grqgYbQC9Nv/PIqXBg08SRWw+gtRxWdTKMtML1GHmt9OZVZrc4IBV3UY5xOvkZfgKKHoMZJTTQ1h5pgspy0lUSQY=
`

describe('a signed note of the real sum.golang.org', () => {
  const key = parseVerifierKey(SUM_GOLANG_ORG)
  const { id, record, note } = parseLookup(REAL)

  it('verifies with the built-in key', () => {
    expect(id).toBe(60245666)
    expect(record.split('\n')).toHaveLength(3)
    expect(parseTreeHead(openNote(note, key))).toEqual({
      size: 60270439,
      root: Buffer.from('F3uvV6lmCYD0s9NeQcz6S4gaO8wfSRVqlJI9yuszAjE=', 'base64'),
    })
  })

  it.each([
    ['another size', note.replace('60270439', '60270438')],
    ['another root', note.replace('F3uv', 'F3uw')],
    ['another signature', note.replace('rqgYbQ', 'rqgYbR')],
    ['a line more', note.replace('tree\n', 'tree\n\n')],
    ['another name', note.replace('sum.golang.org', 'sum.example.org')],
    ['another key hash', note.replace('Az3grq', 'Bz3grq')],
    ['a short signature', note.replace(/qgYb.*\n/, '\n')],
    ['no signature', note.replace(/\u2014.*\n/, '')],
  ])('does not verify with %s', (_, altered) => {
    expect(() => openNote(altered, key)).toThrow(/checksum database answered with/)
  })
})

describe('parseVerifierKey', () => {
  it.each([
    ['another name', SUM_GOLANG_ORG.replace('sum.', 'sun.')],
    ['another key', SUM_GOLANG_ORG.replace('Ac4z', 'Ac4y')],
    ['another algorithm', SUM_GOLANG_ORG.replace('+Ac4', '+Bc4')],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(() => parseVerifierKey(text)).toThrow(/verifier key/)
  })
})

describe('tilePath', () => {
  it.each([
    [0, 0, 256, 'tile/8/0/000'],
    [0, 999, 256, 'tile/8/0/999'],
    [1, 1000, 256, 'tile/8/1/x001/000'],
    [2, 1234067, 3, 'tile/8/2/x001/x234/067.p/3'],
  ])('level %i, tile %i, width %i: %s', (level, n, width, path) => {
    expect(tilePath(level, n, width)).toBe(path)
  })
})

describe('proveInclusion', () => {
  const SIZES = [1, 2, 3, 5, 7, 8, 255, 256, 257, 258, 511, 512, 513, 700, 65536, 66000]
  const logs = new Map<number, { log: SumLog; tiles: Map<string, Buffer>; root: Buffer }>()
  beforeAll(() => {
    const all = new SumLog()
    all.fill(66000)
    for (const size of SIZES) {
      const log = new SumLog()
      log.records.push(...all.records.slice(0, size))
      logs.set(size, { log, tiles: log.tiles(), root: log.root() })
    }
  })
  const tree = (size: number) => {
    const known = logs.get(size)
    if (known === undefined) throw new Error(String(size))
    return known
  }
  const reader = (tiles: Map<string, Buffer>) => (path: string) => {
    const tile = tiles.get(path)
    return tile === undefined ? Promise.reject(new Error(`no ${path}`)) : Promise.resolve(tile)
  }

  it.each(SIZES)('proves records of a tree of %i', async (size) => {
    const { log, tiles, root } = tree(size)
    for (const id of new Set(
      [0, 1, 100, 255, 256, 300, size - 2, size - 1].filter((n) => n >= 0 && n < size),
    )) {
      const leaf = leafHash(log.records[id] ?? '')
      await expect(proveInclusion(id, leaf, { size, root }, reader(tiles))).resolves.toBeUndefined()
    }
  })

  it.each(SIZES)('disproves every lie about a tree of %i', async (size) => {
    const { log, tiles, root } = tree(size)
    const id = Math.floor(size / 3)
    const leaf = leafHash(log.records[id] ?? '')
    const refused = (...args: Parameters<typeof proveInclusion>) =>
      expect(proveInclusion(...args)).rejects.toMatchObject({ problems: [{ code: 'sumdb-not-authentic' }] })
    await refused(id, leafHash('forged\n'), { size, root }, reader(tiles))
    await refused(size, leaf, { size, root }, reader(tiles))
    await refused(id, leaf, { size, root: Buffer.alloc(32) }, reader(tiles))
    if (size > 1) await refused((id + 1) % size, leaf, { size, root }, reader(tiles))
    // One flipped bit in any tile that the proof reads.
    const read: string[] = []
    await proveInclusion(id, leaf, { size, root }, (path) => {
      read.push(path)
      return reader(tiles)(path)
    })
    expect(read.length).toBeGreaterThan(0)
    for (const path of read) {
      const bent = Buffer.from(tiles.get(path) ?? '')
      const at = bent.length - 1
      bent[at] = (bent[at] ?? 0) ^ 1
      await refused(id, leaf, { size, root }, reader(new Map(tiles).set(path, bent)))
      await refused(id, leaf, { size, root }, reader(new Map(tiles).set(path, bent.subarray(1))))
    }
  })

  it('takes the beginning of a full tile when the partial one is gone', async () => {
    const { log, root } = tree(700)
    const grown = new SumLog()
    grown.records.push(...log.records)
    grown.fill(400)
    const leaf = leafHash(log.records[650] ?? '')
    await expect(
      proveInclusion(650, leaf, { size: 700, root }, (path) => {
        const tile =
          grown.tiles().get(path) ?? (path === 'tile/8/1/000.p/2' ? log.tiles().get(path) : undefined)
        return tile === undefined ? Promise.reject(new Error(path)) : Promise.resolve(tile)
      }),
    ).resolves.toBeUndefined()
  })
})

describe('lookupSum', () => {
  const sources = new GoSources()
  const http = new SystemHttp()
  let routed: RoutedHttp
  let log: SumLog
  let bases: string[]
  beforeAll(async () => {
    await sources.start()
    routed = new RoutedHttp(http, {})
  })
  afterAll(async () => {
    await http.close()
    await sources.stop()
  })
  beforeEach(() => {
    sources.reset()
    bases = [`${sources.url}/one`, `${sources.url}/two`]
    log = new SumLog()
    log.fill(300)
    log.add('golang.org/toolchain', 'v0.0.1-x', 'h1:right=')
    log.fill(20)
  })
  const quick = { ...systemClock, sleep: () => Promise.resolve() }
  const look = (key = log.verifierKey) =>
    lookupSum('golang.org/toolchain', 'v0.0.1-x', bases, { http: routed, clock: quick }, key)

  it('answers with the proved hash', async () => {
    log.publish(sources, '/one')
    expect(await look()).toEqual({ h1: 'h1:right=', base: bases[0], treeSize: 321 })
  })

  it('passes over copies that are down, or are no checksum database', async () => {
    log.publish(sources, '/two')
    sources.faults.push({ path: /^\/one\/lookup/, status: 503, times: 9 })
    expect(await look()).toMatchObject({ base: bases[1] })
    sources.faults.length = 0
    sources.put('/one/lookup/golang.org/toolchain@v0.0.1-x', '<html>please log in</html>')
    expect(await look()).toMatchObject({ base: bases[1] })
  })

  it('answers undefined when no copy has the version', async () => {
    expect(await look()).toBeUndefined()
  })

  it('passes over a copy that cannot prove what it says', async () => {
    log.publish(sources, '/one')
    for (const path of [...sources.files.keys()]) if (path.includes('/tile/')) sources.files.delete(path)
    log.publish(sources, '/two')
    expect(await look()).toMatchObject({ base: bases[1] })
  })

  it.each<[string, (body: string) => string]>([
    ['a hash of its own', (body) => body.replace('h1:right=', 'h1:wrong=')],
    ['another record', (body) => body.replace(/^300\n/, '299\n')],
    ['another module', (body) => body.replaceAll('golang.org/toolchain', 'golang.org/toolshed')],
    ['another tree', (body) => body.replace('\n321\n', '\n322\n')],
  ])('stops at once when a proxy answers with %s', async (_, forge) => {
    log.publish(sources, '/one')
    log.publish(sources, '/two')
    sources.put('/one/lookup/golang.org/toolchain@v0.0.1-x', forge(log.lookup(300)))
    await expect(look()).rejects.toMatchObject({
      kind: 'environment',
      problems: [{ code: 'sumdb-not-authentic' }],
    })
    expect(sources.requests.some((request) => request.includes('/two/'))).toBe(false)
  })

  it('does not believe a database with another key', async () => {
    log.publish(sources, '/one')
    await expect(look(SUM_GOLANG_ORG)).rejects.toMatchObject({ problems: [{ code: 'sumdb-not-authentic' }] })
  })

  it('lists every copy that did not answer', async () => {
    sources.faults.push({ path: /lookup/, status: 500, times: 99 })
    bases = [...bases, 'https://sum.golang.org']
    await expect(look()).rejects.toMatchObject({
      problems: [
        {
          code: 'sumdb-unreachable',
          cause: expect.stringMatching(/one: answered 500.*two: answered 500.*sum\.golang\.org/),
        },
      ],
    })
  })
})
