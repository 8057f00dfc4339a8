import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type EngineFacts, probeEngine } from '../../src/buildx/engine.ts'
import { installBuildx } from '../../src/buildx/install.ts'
import { testAct, type TestAct } from '../support/docker-act.ts'
import { describeWithRig, run } from '../support/rig.ts'

describeWithRig('a downloaded Buildx', () => {
  let server: Server
  let base: string
  let act: TestAct
  let real: Buffer
  let listing: string
  const asked: string[] = []

  beforeAll(async () => {
    act = await testAct()
    const engine = await probeEngine(act)
    real = await readFile(engine.buildx?.path ?? '')
    listing = `${createHash('sha256').update(real).digest('hex')} *buildx-v0.29.1.linux-amd64\n`
    server = createServer((request, response) => {
      asked.push(request.url ?? '')
      if (request.url === '/download/v0.29.1/checksums.txt') response.end(listing)
      else if (request.url === '/download/v0.29.1/buildx-v0.29.1.linux-amd64') response.end(real)
      else if (request.url === '/latest') response.writeHead(302, { location: '/tag/v0.29.1' }).end()
      else response.writeHead(404).end()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/download`
  })

  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve))
    await act.dispose()
  })

  it('runs, is kept, and is not downloaded again', async () => {
    const env = { XDG_CACHE_HOME: join(act.folder, 'cache') }
    const engine: EngineFacts = { reachable: false, context: 'default', env: {} }
    const here = { ...act, env }
    const first = await installBuildx({ version: 'latest', baseUrl: base }, engine, here)
    expect(first).toMatchObject({ source: 'download', version: '0.29.1' })
    expect((await run([...first.argv, 'version'])).stdout).toContain('buildx 0.29.1')
    asked.length = 0
    const second = await installBuildx({ version: 'v0.29.1', baseUrl: base }, engine, here)
    expect(second).toMatchObject({ source: 'tool-cache', path: first.path })
    expect(asked).toEqual(['/download/v0.29.1/checksums.txt'])
  })

  it('is refused when it is not the published file', async () => {
    const env = { XDG_CACHE_HOME: join(act.folder, 'other') }
    const engine: EngineFacts = { reachable: false, context: 'default', env: {} }
    const before = listing
    listing = `${'0'.repeat(64)} *buildx-v0.29.1.linux-amd64\n`
    try {
      await expect(
        installBuildx({ version: 'v0.29.1', baseUrl: base }, engine, { ...act, env }),
      ).rejects.toMatchObject({
        problems: [expect.objectContaining({ code: 'checksum-mismatch' })],
      })
    } finally {
      listing = before
    }
  })
})
