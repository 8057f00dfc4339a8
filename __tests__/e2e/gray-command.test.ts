import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { systemClock } from '../../src/base/clock.ts'
import { SystemExec } from '../../src/base/exec.ts'
import { SystemHttp } from '../../src/base/http.ts'
import { Secrets } from '../../src/base/secrets.ts'
import { makeAdapter } from '../../src/gray/adapters/index.ts'
import { KeptLog } from '../support/docker-act.ts'
import { countVersions, type GrayRig, haproxyConfig, startGrayRig } from '../support/gray-rig.ts'
import { describeWithRig } from '../support/rig.ts'

/** A user's own tool for a proxy: `get` prints JSON, `set N` shifts, `reset` goes back. */
const TOOL = `
const [, , socket, action, value] = process.argv
const ask = (line) => new Promise((resolve, reject) => {
  const client = require('net').connect(socket)
  let text = ''
  client.on('data', (chunk) => (text += chunk))
  client.on('end', () => resolve(text))
  client.on('error', reject)
  client.write(line + '\\n')
})
const weightOf = async (name) => Number((await ask('get weight app/' + name)).split(' ')[0])
;(async () => {
  if (action === 'get') {
    const [old, fresh] = [await weightOf('old'), await weightOf('new')]
    console.error('asked', socket)
    console.log(JSON.stringify({ percent: (100 * fresh) / (old + fresh), settled: true, detail: 'by my tool' }))
    return
  }
  const percent = action === 'reset' ? 0 : Number(value)
  if (percent > 0) await ask('set server app/new weight ' + percent)
  await ask('set server app/old weight ' + (100 - percent))
  if (percent === 0) await ask('set server app/new weight 0')
})().catch((error) => { console.error(String(error)); process.exit(4) })
`

describeWithRig('the user’s own commands as the traffic adapter', () => {
  const signal = new AbortController().signal
  const http = new SystemHttp()
  const act = { exec: new SystemExec(), http, log: new KeptLog(), clock: systemClock, secrets: new Secrets() }
  let rig: GrayRig
  beforeAll(async () => {
    rig = await startGrayRig()
  })
  afterAll(async () => {
    await rig.stop()
    await http.close()
  })

  it('drives a real proxy under load without a failed request, with deploy, smoke and finalise', async () => {
    const [old, fresh] = [await rig.backend('old'), await rig.backend('new')]
    const proxy = await rig.haproxy(({ port, socket }) =>
      haproxyConfig({ port, socket, servers: { old, new: fresh }, weights: { old: 100, new: 0 } }),
    )
    const tool = join(rig.folder, 'traffic.cjs')
    const told = join(rig.folder, 'told')
    await writeFile(tool, TOOL)
    const words = [process.execPath, tool, proxy.socket]
    const tell = { shell: 'sh', script: `echo "$GIP_ACTION $GIP_NEW_VERSION" >> '${told}'` }
    const adapter = makeAdapter(
      {
        kind: 'command',
        get: [...words, 'get'],
        set: [...words, 'set', '{percent}'],
        reset: { run: [...words, 'reset'], timeout: '10s' },
        deploy: tell,
        smoke: { url: fresh.url, contains: 'new', timeout: '5s' },
        finalise: tell,
      },
      act,
      { env: { GIP_NEW_VERSION: 'v2' } },
    )
    await adapter.check(signal)
    await adapter.deploy?.(signal)
    await adapter.smoke?.(signal)
    const load = rig.load(proxy.url)
    for (const percent of [5, 50, 100, 0]) {
      await adapter.set(percent, signal)
      expect(await adapter.get(signal)).toEqual({ percent, settled: true, detail: 'by my tool' })
      const seen = await countVersions(proxy.url, 100)
      expect(Math.abs((seen['new'] ?? 0) - percent)).toBeLessThanOrEqual(4)
    }
    await adapter.set(50, signal)
    await adapter.reset(signal)
    expect(await adapter.get(signal)).toMatchObject({ percent: 0 })
    expect((await load.stop()).failed).toBe(0)
    await adapter.finalise?.(signal)
    expect(await readFile(told, 'utf8')).toBe('deploy v2\nfinalise v2\n')

    await proxy.program.kill()
    await expect(adapter.set(5, signal)).rejects.toMatchObject({
      kind: 'environment',
      problems: [{ code: 'gray-command', what: 'the adapter’s set command failed' }],
      log: expect.stringContaining('connect'),
    })
  })
})
