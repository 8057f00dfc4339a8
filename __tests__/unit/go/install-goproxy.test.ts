import { describe, expect, it } from '@jest/globals'
import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Environment } from '../../../src/base/platform.ts'
import {
  failed,
  haveOnPath,
  haveTool,
  install,
  m,
  nothingLeft,
  offerModules,
  sources,
} from '../../support/go-machine.ts'
import { type SumLog, toolchainZip } from '../../support/go-sources.ts'

describe('the module proxy', () => {
  it('serves what go.dev cannot, proved by the checksum database', async () => {
    m.routes = {}
    const { proxy, sumdbKey } = offerModules(['1.26.8'])
    const installed = await install('1.26.8', { goproxy: `${proxy},direct`, sumdbKey })
    const root = join(m.tools, 'go', '1.26.8', 'x64')
    expect(installed).toMatchObject({ version: '1.26.8', source: 'goproxy', root })
    expect(installed.detail).toMatch(
      /proved by the checksum database \(record in the signed tree of 271\).*listing of https:\/\/go\.dev\/dl: its name cannot be resolved/,
    )
    expect(
      (await readdir(root, { recursive: true })).filter((name) => name.endsWith('go.mod')).sort(),
    ).toEqual(['src/cmd/go.mod', 'src/go.mod'])
    await access(join(root, 'pkg/tool/linux_amd64/compile'))
    await nothingLeft()
    expect(
      await readdir(join(m.work, 'temp')).then((names) =>
        Promise.all(names.map((name) => readdir(join(m.work, 'temp', name)))),
      ),
    ).toEqual([[]])
  })

  it('is asked for its list when no listing answers', async () => {
    m.routes = {}
    const { proxy, sumdbKey } = offerModules(['1.25.9', '1.26.8', '1.27rc1'])
    await haveTool('1.26.3')
    const options = { goproxy: proxy, sumdbKey }
    expect(await install('^1.25', { ...options, checkLatest: true })).toMatchObject({
      version: '1.26.8',
      source: 'goproxy',
    })
    expect(await install('oldstable', options)).toMatchObject({ version: '1.25.9', source: 'goproxy' })
    await haveTool('1.26.10')
    expect(await install('1.26', { ...options, checkLatest: true })).toMatchObject({
      version: '1.26.10',
      source: 'tool-cache',
    })
  })

  it.each<[string, Environment, string]>([
    ['GOPROXY of the environment', { GOPROXY: 'PROXY' }, 'go1.20'],
    ['what the Go on PATH says', {}, 'go1.20'],
  ])('is found by %s', async (_, env, name) => {
    const { proxy, sumdbKey } = offerModules(['1.26.8'])
    m.routes = { 'https://from.goenv.example': proxy }
    await haveOnPath(name)
    const filled = Object.fromEntries(
      Object.entries(env).map(([key, value]) => [key, value?.replace('PROXY', proxy)]),
    )
    expect(await install('1.26.8', { goproxy: undefined, sumdbKey }, { env: filled })).toMatchObject({
      source: 'goproxy',
    })
  })

  it('is resumed after a cut connection', async () => {
    m.routes = {}
    const { proxy, sumdbKey } = offerModules(['1.26.8'])
    sources.faults.push({ path: /\.zip$/, cutAfter: 1_000_000 })
    expect(await install('1.26.8', { goproxy: proxy, sumdbKey })).toMatchObject({ source: 'goproxy' })
    expect(sources.requests.filter((request) => request.includes('.zip'))[1]).toMatch(/bytes=\d+-/)
  })

  it('that has not got it is passed over', async () => {
    m.routes = {}
    const { proxy, sumdbKey } = offerModules(['1.26.8'])
    sources.faults.push({ path: /^\/first\//, status: 403, times: 99 })
    const installed = await install('1.26.8', { goproxy: `${sources.url}/first|${proxy}`, sumdbKey })
    expect(installed.detail).toContain('/first: answered 403')
  })

  it.each<[string, string, (module: string, key: { log: SumLog }) => void]>([
    [
      'another byte in a file',
      'toolchain-altered',
      (module) => {
        sources.put(module, toolchainZip('1.26.8', 'linux-amd64', [{ name: 'src/evil.go', content: 'evil' }]))
      },
    ],
    [
      'a file outside of its folder',
      'archive-broken',
      (module) => {
        sources.put(
          module,
          toolchainZip('1.26.8', 'linux-amd64', [{ name: '../../../evil', content: 'evil' }]),
        )
      },
    ],
    [
      'a forged record',
      'sumdb-not-authentic',
      (_, { log: sums }) => {
        const lookup = '/proxy/sumdb/sum.golang.org/lookup/golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64'
        sources.put(lookup, sums.lookup(270).replace(/h1:[^ \n]{10}/, 'h1:aaaaaaaaaa'))
      },
    ],
    [
      'an unsigned tree',
      'sumdb-not-authentic',
      (_, { log: sums }) => {
        const lookup = '/proxy/sumdb/sum.golang.org/lookup/golang.org/toolchain@v0.0.1-go1.26.8.linux-amd64'
        sources.put(lookup, sums.lookup(270).replace(/\u2014.*\n/, '\u2014 mallory AAAA\n'))
      },
    ],
  ])('with %s is refused: %s', async (_, code, tamper) => {
    m.routes = {}
    const offered = offerModules(['1.26.8'])
    tamper('/proxy/golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-amd64.zip', offered)
    const error = await failed(install('1.26.8', { goproxy: offered.proxy, sumdbKey: offered.sumdbKey }))
    expect(error.kind).toBe('environment')
    if (code === 'archive-broken') expect(error.message).toContain('leads out of the archive')
    else expect(error.problems[0]?.code).toBe(code)
    expect(await readdir(m.tools).catch(() => [])).toEqual([])
  })

  it('is refused when the database is not the one with the known key', async () => {
    m.routes = {}
    const { proxy } = offerModules(['1.26.8'])
    expect((await failed(install('1.26.8', { goproxy: proxy }))).problems[0]?.code).toBe(
      'sumdb-not-authentic',
    )
  })

  it('without any checksum database is not used', async () => {
    m.routes = {}
    const { proxy, sumdbKey } = offerModules(['1.26.8'])
    for (const name of [...sources.files.keys()]) if (name.includes('/sumdb/')) sources.files.delete(name)
    const error = await failed(install('1.26.8', { goproxy: proxy, sumdbKey }))
    expect(error.message).toMatch(/GOPROXY: the checksum of golang\.org\/toolchain.*cannot be verified/)
    expect(sources.requests.some((request) => request.endsWith('.zip'))).toBe(false)
  })
})
