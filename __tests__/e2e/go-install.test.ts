import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createServer, type Server } from 'node:http'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/base/clock.ts'
import { probe, SystemExec } from '../../src/base/exec.ts'
import { TemporaryFolders } from '../../src/base/files.ts'
import { type Http, SystemHttp } from '../../src/base/http.ts'
import { silentLog } from '../../src/base/log.ts'
import { hostOf } from '../../src/base/platform.ts'
import { RetryCounter } from '../../src/base/retry.ts'
import { parseGoProxy, sumdbBases } from '../../src/go/goproxy.ts'
import { type GoInstalled, type InstallAct, installGo } from '../../src/go/install.ts'
import { lookupSum } from '../../src/go/sumdb.ts'
import { toolchainEnvironment } from '../../src/go/toolchain-environment.ts'
import { withZip } from '../../src/go/zip.ts'
import { makeZip } from '../support/go-sources.ts'

/*
 * The real module proxy (GOPROXY of this machine), the real checksum database, a real toolchain. Where no proxy can be
 * reached, the tests are skipped, with the reason on the console.
 */
const VERSION = '1.26.7'
const host = hostOf()
const module = `v0.0.1-go${VERSION}.${host.os}-${host.arch}`
const http = new SystemHttp()
/** go.dev is taken out, so that the order of sources leads to the proxy wherever these tests run. */
const withoutGoDev: Http = {
  request: (request) =>
    new URL(request.url).hostname === 'go.dev'
      ? Promise.reject(Object.assign(new Error('getaddrinfo ENOTFOUND go.dev'), { code: 'ENOTFOUND' }))
      : http.request(request),
}
const proxies = parseGoProxy((await probe(['go', 'env', 'GOPROXY'])) ?? '')
/** Why the network tests cannot run here; empty when they can. */
const reason = await (async (): Promise<string> => {
  try {
    const url = `${proxies[0] ?? ''}/golang.org/toolchain/@v/${module}.info`
    const answer = await http.request({ url, timeoutMs: 20_000 })
    await answer.drain()
    return answer.status === 200 ? '' : `the module proxy answered ${answer.status} for ${module}`
  } catch {
    return 'the module proxy of `go env GOPROXY` cannot be reached'
  }
})()
if (reason !== '') console.warn(`skipped: ${reason}`)
const online = reason === '' ? it : it.skip

let work: string
let temp: TemporaryFolders

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'gip-e2e-go-'))
  temp = new TemporaryFolders(join(work, 'temp'))
})
afterAll(async () => {
  await temp.dispose()
  await rm(work, { recursive: true, force: true })
  await http.close()
})

const act = (over: Partial<InstallAct> = {}): InstallAct => ({
  exec: new SystemExec(),
  http: withoutGoDev,
  log: silentLog,
  signal: new AbortController().signal,
  host,
  env: process.env,
  temp,
  counter: new RetryCounter(),
  clock: systemClock,
  ...over,
})

describe('the real checksum database', () => {
  online(
    'proves the hash that the go command itself records',
    async () => {
      const bases = await sumdbBases(proxies, {}, { http })
      const sum = await lookupSum('golang.org/toolchain', module, bases, { http })
      expect(sum?.h1).toMatch(/^h1:[A-Za-z0-9+/]{43}=$/)
      expect(sum?.treeSize).toBeGreaterThan(60_000_000)
      // An old record, far from the right edge of the tree: rsc.io/quote v1.5.2, whose hash is in many a go.sum.
      const quote = await lookupSum('rsc.io/quote', 'v1.5.2', bases, { http })
      expect(quote?.h1).toBe('h1:w5fcysjrx7yqtD/aO+QwRjYZOKnaM9Uh2b40tElTs3Y=')
      expect(
        await lookupSum('golang.org/toolchain', 'v0.0.1-go1.26.99.linux-amd64', bases, { http }),
      ).toBeUndefined()
    },
    120_000,
  )
})

describe('a real toolchain from the module proxy', () => {
  let installed: GoInstalled | undefined
  const toolCache = (): string => join(work, 'tools')

  online(
    'is downloaded once, proved, installed, and found again',
    async () => {
      const request = { spec: VERSION, origin: 'go.mod line 3 (go)' }
      const options = { checkLatest: false, goMirrors: [], goproxy: undefined, toolCache: toolCache() }
      installed = await installGo(request, options, act())
      if (installed.source === 'path') {
        // This machine has that very version; it must not hide the proxy from the test.
        installed = await installGo(request, options, act({ exec: new WithoutGo() }))
      }
      expect(installed).toMatchObject({ version: VERSION, source: 'goproxy' })
      expect(installed.detail).toContain('proved by the checksum database')
      const again = await installGo(request, options, act({ exec: new WithoutGo() }))
      expect(again).toMatchObject({ source: 'tool-cache', root: installed.root })
      expect((await readdir(join(toolCache(), 'go'))).sort()).toEqual([VERSION])
    },
    600_000,
  )

  online(
    'builds and tests a module, and is the Go that its environment says',
    async () => {
      if (installed === undefined) throw new Error('the installation before has failed')
      const go = installed
      const folder = join(work, 'app')
      await mkdir(folder)
      await writeFile(join(folder, 'go.mod'), `module example.com/app\n\ngo ${VERSION}\n`)
      await writeFile(
        join(folder, 'a.go'),
        'package app\n\nimport "fmt"\n\nfunc Hello() string { return fmt.Sprint("hello") }\n',
      )
      await writeFile(
        join(folder, 'a_test.go'),
        'package app\n\nimport "testing"\n\nfunc TestHello(t *testing.T) {\n\tif Hello() != "hello" {\n\t\tt.Fatal()\n\t}\n}\n',
      )
      const { env, satisfied } = toolchainEnvironment(
        installed,
        VERSION,
        { ...process.env, GOROOT: '/nowhere' },
        host,
      )
      expect(satisfied).toBe(true)
      const run = async (...args: string[]): Promise<string> => {
        const done = await new SystemExec().run({
          argv: [go.bin, ...args],
          cwd: folder,
          env: { ...env, GOFLAGS: '', GOPROXY: 'off', GOCACHE: join(work, 'gocache'), CGO_ENABLED: '0' },
        })
        expect(`${done.code} ${done.tail.join('\n')}`).toMatch(/^0 /)
        return done.stdout.trim()
      }
      expect(await run('env', 'GOVERSION')).toBe(`go${VERSION}`)
      expect(await run('env', 'GOROOT')).toBe(installed.root)
      expect(await run('env', 'GOTOOLCHAIN')).toBe('local')
      expect(await run('test', './...')).toMatch(/^ok\s+example\.com\/app/)
      // The std library's own go.mod was stored as _go.mod.
      expect(await readFile(join(installed.root, 'src', 'go.mod'), 'utf8')).toMatch(/^module std/)
      if (host.os !== 'windows')
        expect((await stat(join(installed.root, 'bin', 'gofmt'))).mode & 0o111).toBe(0o111)
    },
    600_000,
  )
})

describe('an altered toolchain', () => {
  online(
    'is refused although proxy and database are otherwise the real ones',
    async () => {
      // A proxy that passes everything on but the zip, which is its own.
      const [real = ''] = proxies
      const evil = makeZip([
        { name: `golang.org/toolchain@${module}/bin/go`, content: '#!/bin/sh\necho evil\n' },
      ])
      const server: Server = createServer((request, response) => {
        if (request.url?.endsWith('.zip') === true) {
          response.end(evil)
          return
        }
        http.request({ url: `${real}${request.url ?? ''}` }).then(
          async (answer) => response.writeHead(answer.status).end(await answer.bytes()),
          () => response.writeHead(502).end(),
        )
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const toolCache = join(work, 'altered')
      try {
        const goproxy = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
        await expect(
          installGo(
            { spec: VERSION, origin: 'input go-version' },
            { checkLatest: false, goMirrors: [], goproxy, toolCache },
            act({ exec: new WithoutGo() }),
          ),
        ).rejects.toMatchObject({ problems: [{ code: 'toolchain-altered' }] })
        expect(await readdir(toolCache).catch(() => [])).toEqual([])
      } finally {
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      }
    },
    120_000,
  )

  it('has another hash after a change of one byte', async () => {
    const file = join(work, 'a.zip')
    const hash = async (content: string): Promise<string> => {
      await writeFile(file, makeZip([{ name: 'm/bin/go', content }]))
      return withZip(file, (zip) => zip.h1())
    }
    expect(await hash('a')).not.toBe(await hash('b'))
  })
})

/** This machine without the Go on its PATH. */
class WithoutGo extends SystemExec {
  override run(...args: Parameters<SystemExec['run']>): ReturnType<SystemExec['run']> {
    return args[0].argv[0] === 'go' ? Promise.reject(new Error('no such program')) : super.run(...args)
  }
}
