import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from '@jest/globals'
import { systemClock } from '../../../../src/base/clock.ts'
import { SystemExec } from '../../../../src/base/exec.ts'
import { SystemHttp } from '../../../../src/base/http.ts'
import { Secrets } from '../../../../src/base/secrets.ts'
import { HostsAdapter } from '../../../../src/gray/adapters/hosts.ts'
import { makeAdapter } from '../../../../src/gray/adapters/index.ts'
import { itIsAnAdapter } from '../../../support/adapter-conformance.ts'
import { KeptLog } from '../../../support/docker-act.ts'
import { HostsDouble, NEW } from '../../../support/hosts-double.ts'
import { startTraefik } from '../../../support/traefik-double.ts'

const http = new SystemHttp()
const act = { exec: new SystemExec(), http, log: new KeptLog(), clock: systemClock, secrets: new Secrets() }
afterAll(() => http.close())

/** What a process that comes later has: the settings as JSON. */
const stored = (settings: unknown): unknown => JSON.parse(JSON.stringify(settings))

describe('the command adapter', () => {
  itIsAnAdapter('command', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gip-command-'))
    const file = join(folder, 'percent')
    await writeFile(file, '0\n')
    const reach = `test ! -e '${folder}/away' || { echo 'no route to the proxy' >&2; exit 7; }`
    const settings = {
      kind: 'command',
      get: { shell: 'sh', script: `${reach}\ncat '${file}'` },
      set: { shell: 'sh', script: `${reach}\necho "$GIP_PERCENT" > '${file}'` },
    }
    return {
      make: () => makeAdapter(stored(settings), act),
      truth: async () => Number(await readFile(file, 'utf8')),
      cut: () => writeFile(join(folder, 'away'), ''),
      join: () => rm(join(folder, 'away')),
      close: () => rm(folder, { recursive: true }),
    }
  })
})

describe('the Traefik adapter, against a double of its API', () => {
  itIsAnAdapter('traefik-file', async () => {
    const traefik = await startTraefik()
    const settings = { ...traefik.settings, settle: '2s' }
    return {
      make: () => makeAdapter(stored(settings), act),
      truth: () => Promise.resolve(traefik.percent()),
      cut: () => {
        traefik.away = true
      },
      join: () => {
        traefik.away = false
      },
      close: () => traefik.stop(),
    }
  })
})

describe('the hosts adapter, against hosts in memory', () => {
  itIsAnAdapter('hosts', () => {
    const double = new HostsDouble(4)
    const settings = { kind: 'hosts', hosts: double.hosts, image: NEW, batch: 1 } as const
    const share = (): number => (100 * double.running.filter((image) => image === NEW).length) / 4
    return {
      make: () => new HostsAdapter(stored(settings) as typeof settings, double.ssh, act.log),
      truth: () => Promise.resolve(share()),
      parts: [25, 50, 75],
      moments: () => double.moments,
      cut: () => {
        for (const index of double.hosts.keys()) double.away.add(index)
      },
      join: () => {
        double.mend()
      },
    }
  })
})
