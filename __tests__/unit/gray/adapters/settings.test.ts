import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { systemClock } from '../../../../src/base/clock.ts'
import { SystemExec } from '../../../../src/base/exec.ts'
import { silentLog } from '../../../../src/base/log.ts'
import { Secrets } from '../../../../src/base/secrets.ts'
import { fill, shellArgv } from '../../../../src/gray/adapters/commands.ts'
import { parseObservation } from '../../../../src/gray/adapters/command.ts'
import { endpointOf } from '../../../../src/gray/adapters/haproxy-settings.ts'
import { makeAdapter, parseAdapter } from '../../../../src/gray/adapters/index.ts'
import { markerOf, parseMarker, render, roundPercent, upstreamWeights } from '../../../../src/gray/adapters/nginx-render.ts' // prettier-ignore
import { type NginxSettings, parseNginxSettings } from '../../../../src/gray/adapters/nginx-settings.ts'
import { ROOT } from '../../../support/rig.ts'

const signal = new AbortController().signal
const whatOf = (raw: unknown): string[] => parseAdapter(raw).problems.map(({ what }) => what)
const haproxy = { kind: 'haproxy', processes: ['/run/h.sock'], backend: 'app', old: ['a'], new: ['b'] }
const nginx = { kind: 'nginx', file: '/etc/nginx/gray.conf', old: 'app_old', new: 'app_new' }
const traefik = { kind: 'traefik-file', file: '/d/gray.yml', service: 'app', old: 'a@docker', new: 'b@docker', api: 'http://127.0.0.1:8080' } // prettier-ignore
const command = { kind: 'command', get: ['./t', 'get'], set: ['./t', 'set', '{percent}'] }

describe('settings', () => {
  const weighted = { ...nginx, upstream: 'app', options: ['keepalive 4'] }
  it.each([haproxy, nginx, { ...nginx, sticky: 'id' }, weighted, traefik, command])(
    'of kind $kind: the least there must be, and again',
    (settings) => {
      const { settings: read, problems } = parseAdapter(settings)
      expect(problems).toEqual([])
      // Complete now, and read again as they are stored.
      expect(parseAdapter(JSON.parse(JSON.stringify(read))).settings).toEqual(read)
    },
  )

  it.each<[unknown, string]>([
    ['haproxy', 'adapter is not a map of settings'],
    [{}, 'kind names no adapter'],
    [{ kind: 'hapoxy' }, 'kind names no adapter'],
    [{ kind: 'toString' }, 'kind names no adapter'],
    [{ ...haproxy, processes: ['run.sock'] }, 'processes[0] is not an address of the runtime API'],
    [{ ...haproxy, processes: undefined }, 'processes is missing'],
    [{ ...haproxy, backend: 'a b' }, 'backend has characters other than letters, digits and . _ - :'],
    [{ ...haproxy, new: ['a'] }, 'new names a twice, or as old too'],
    [{ ...haproxy, old: [{ name: 'a', size: 0 }] }, 'old[0].size is not a whole number from 1 to 32'],
    [{ ...haproxy, zero: 'drain' }, 'zero is not known'],
    [{ ...haproxy, validate: ['haproxy', '-c'] }, 'validate is of no use without config'],
    [{ ...haproxy, config: '/c', validate: ['haproxy', '-c'] }, 'validate does not name {config}'],
    [{ ...haproxy, timeout: '5' }, 'timeout is not a length of time'],
    [{ ...haproxy, procceses: [] }, 'procceses is not a setting'],
    [{ ...nginx, new: 'app_old' }, 'new names app_old as old too'],
    [{ ...nginx, old: 'a; }' }, 'old[0] is no upstream or address'],
    [{ ...nginx, old: ['a', 'c'] }, 'old has several entries'],
    [{ ...nginx, key: 'plain' }, 'key is not a text of nginx variables'],
    [{ ...nginx, key: '$x"; }' }, 'key is not a text of nginx variables'],
    [{ ...nginx, marker: '0.0.0.0:80' }, 'marker is not a loopback address with a port'],
    [{ ...nginx, sticky: 'a-b' }, 'sticky has characters other than letters, digits and _'],
    [{ ...nginx, sticky: 'id', key: '$x' }, 'key is of no use with sticky'],
    [{ ...nginx, upstream: 'app', sticky: 'id' }, 'sticky is of no use with upstream'],
    [{ ...nginx, options: ['keepalive 4'] }, 'options is for an upstream only'],
    [{ ...nginx, upstream: 'app', options: ['keepalive 4;'] }, 'options[0] is not a line of an upstream'],
    [{ ...traefik, file: '/d/gray.conf' }, 'file does not end in .yml'],
    [{ ...traefik, service: 'a b' }, 'service is no name of a service'],
    [{ ...traefik, api: 'http://u:p@h' }, 'api has a user or password in it'],
    [{ ...command, get: undefined }, 'get is missing'],
    [{ ...command, set: './t set' }, 'set is not a command'],
    [{ ...command, set: { shell: 'zsh', script: 'x' } }, 'set names no shell we know'],
    [{ ...command, set: { run: ['x'], shell: 'sh' } }, 'set has run and also shell or script'],
    [{ ...command, set: { run: [5] } }, 'set is not a list of words'],
    [{ ...command, set: { run: ['x'], timeout: 'long' } }, 'set has a timeout that is not a length of time'],
    [{ ...command, smoke: { url: 'file:///x' } }, 'smoke.url is not an http or https address'],
    [{ ...command, smoke: { url: 'http://x', status: [20] } }, 'smoke.status[0] is not an HTTP status'],
  ])('%j: %s', (raw, what) => {
    expect(whatOf(raw)).toContain(what)
    for (const { fix, input } of parseAdapter(raw).problems)
      expect([input, (fix ?? '') !== '']).toEqual(['adapter', true])
  })

  it('are those that docs/adapters.md shows', () => {
    const page = readFileSync(join(ROOT, 'docs/adapters.md'), 'utf8')
    const shown = [...page.matchAll(/^```yaml\n(kind: .*?)^```$/gms)].map(
      ([, text = '']) => parse(text) as unknown,
    )
    expect(shown).toHaveLength(5)
    for (const settings of shown) expect(whatOf(settings)).toEqual([])
  })

  it('may not hold a secret', () => {
    const secrets = new Secrets()
    secrets.mask('correct-horse-battery')
    const act = { exec: new SystemExec(), http: { request: () => Promise.reject(new Error('no')) }, log: silentLog, clock: systemClock, secrets } // prettier-ignore
    const set = ['./t', '--token', 'correct-horse-battery']
    expect(() => makeAdapter({ ...command, set }, act)).toThrow('a secret stands in the settings')
  })
})

describe('addresses of the runtime API', () => {
  it.each([
    ['/run/h.sock', { path: '/run/h.sock' }],
    ['unix:/run/h.sock', { path: '/run/h.sock' }],
    ['10.0.0.5:9999', { host: '10.0.0.5', port: 9999 }],
    ['tcp://h-1.example:80', { host: 'h-1.example', port: 80 }],
    ['[::1]:9999', { host: '::1', port: 9999 }],
    ['h:0', undefined],
    ['h:65536', undefined],
    ['run.sock', undefined],
  ])('%s', (text, endpoint) => {
    expect(endpointOf(text)).toEqual(endpoint)
  })
})

describe('the file of nginx', () => {
  const settings = (more: object = {}): NginxSettings => {
    const read = parseNginxSettings({ ...nginx, ...more }).settings
    if (read === undefined) throw new Error('bad settings')
    return read
  }
  const splitOf = (percent: number, more: object = {}): string =>
    render(settings(more), percent).split('\n# Tells')[0]?.split('\n').slice(1).join('\n').trim() ?? ''

  it.each([
    [0, '    * app_old;'],
    [5, '    5% app_new;\n    * app_old;'],
    [33.333, '    33.33% app_new;\n    * app_old;'],
    [99.99, '    99.99% app_new;\n    * app_old;'],
    [100, '    * app_new;'],
  ])('splits %d percent', (percent, ranges) => {
    expect(splitOf(percent)).toBe(
      'split_clients "${remote_addr}${request_id}" $gray_upstream {\n' + ranges + '\n}',
    )
  })

  it('has weights and a shared zone for an upstream, and takes a side at nothing out', () => {
    const more = {
      upstream: 'app',
      old: ['10.0.0.1:80', '10.0.0.2:80'],
      new: ['10.0.0.3:80'],
      options: ['keepalive 16'],
    }
    expect(
      splitOf(10, more)
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      'upstream app {',
      'zone app 256k;',
      'server 10.0.0.1:80 weight=9;',
      'server 10.0.0.2:80 weight=9;',
      'server 10.0.0.3:80 weight=2;',
      'keepalive 16;',
      '}',
    ])
    expect(splitOf(0, more)).toContain('server 10.0.0.3:80 down;')
    expect(splitOf(100, more)).toContain('server 10.0.0.1:80 down;')
  })

  it('says the same of itself in its head and on its marker, and something else for every other file', () => {
    const seen = new Set<string>()
    for (const [percent, more] of [
      [5, {}],
      [6, {}],
      [5, { variable: 'other' }],
      [5, { marker: '127.0.0.1:9' }],
    ] as const) {
      const content = render(settings(more), percent)
      const marker = markerOf(content)
      expect(parseMarker(/return 200 '(.*)';/.exec(content)?.[1] ?? '')).toEqual(marker)
      expect(marker?.percent).toBe(percent)
      seen.add(marker?.generation ?? '')
    }
    expect(seen.size).toBe(4)
    expect(markerOf('map $host $x { default 1; }')).toBeUndefined()
    expect(parseMarker('<html>404</html>')).toBeUndefined()
  })

  it.each([
    [5, 1, 1, [19, 1]],
    [0, 1, 1, [1, 0]],
    [100, 1, 1, [0, 1]],
    [12.34, 1, 1, [4383, 617]],
    [10, 9, 1, [1, 1]],
  ] as const)('%d %% over %d and %d servers', (percent, old, fresh, weights) => {
    const [a, b] = upstreamWeights(percent, old, fresh)
    expect([a, b]).toEqual(weights)
    expect((100 * b * fresh) / (a * old + b * fresh)).toBeCloseTo(percent, 6)
  })

  it('knows hundredths', () => {
    expect([-1, 0.004, 5.006, 101].map(roundPercent)).toEqual([0, 0, 5.01, 100])
  })
})

describe('what a get command prints', () => {
  it.each([
    ['5', { percent: 5, settled: true, detail: '5' }],
    ['looking…\n12.5 %\n', { percent: 12.5, settled: true, detail: '12.5 %' }],
    [
      '{"percent": 5, "settled": false, "detail": "two pods"}',
      { percent: 5, settled: false, detail: 'two pods' },
    ],
    ['{\n  "percent": 7\n}\n', { percent: 7, settled: true, detail: 'new 7 %' }],
    ['', { fault: 'it printed nothing' }],
    ['all good', { fault: 'it printed "all good"' }],
    ['101', { fault: '101 lies outside 0 to 100' }],
    ['-1', { fault: 'it printed "-1"' }],
    ['{"percent": "5"}', { fault: '"percent" is not a number' }],
    ['{"percent": 5, "settled": "yes"}', { fault: '"settled" is neither true nor false' }],
  ])('%j', (text, read) => {
    expect(parseObservation(text)).toEqual(read)
  })
})

describe('commands', () => {
  it('end at the first failure, whichever shell', () => {
    expect(shellArgv('sh', 'x')).toEqual(['sh', '-ec', 'x'])
    expect(shellArgv('bash', 'x')).toEqual(['bash', '--noprofile', '--norc', '-eo', 'pipefail', '-c', 'x'])
    for (const shell of ['pwsh', 'powershell'] as const)
      expect(shellArgv(shell, 'x').at(-1)).toMatch(
        /^\$ErrorActionPreference = 'Stop'\nx\nif .* exit \$LASTEXITCODE }$/,
      )
    expect(fill(['--p={percent}', '{x}', '$percent'], { percent: '5' })).toEqual(['--p=5', '{x}', '$percent'])
  })

  const secrets = new Secrets()
  const act = { exec: new SystemExec(), http: { request: () => Promise.reject(new Error('no')) }, log: silentLog, clock: systemClock, secrets } // prettier-ignore
  const adapterOf = (set: unknown, get: unknown = ['echo', '0']): ReturnType<typeof makeAdapter> =>
    makeAdapter({ kind: 'command', get, set }, act, { env: { GIP_NEW_VERSION: 'v2' } })

  it('get their values without a shell reading them', async () => {
    await adapterOf(['sh', '-c', 'test "$1" = 5 && test "$GIP_PERCENT" = 5 && test "$GIP_ACTION" = set && test "$GIP_NEW_VERSION" = v2', 'sh', '{percent}']).set(5, signal) // prettier-ignore
  })

  it('are ended when they take too long, or print without end', async () => {
    const slow = adapterOf({ run: ['sleep', '60'], timeout: '1s' })
    await expect(slow.set(5, signal)).rejects.toMatchObject({ kind: 'environment' })
    const loud = adapterOf(['true'], { run: ['sh', '-c', 'while :; do echo 0123456789012345678901234567890123456789; done'], timeout: '2s' }) // prettier-ignore
    await expect(loud.get(signal)).rejects.toMatchObject({ kind: 'environment' })
  })

  it('that fail are told with their last words', async () => {
    const error: unknown = await adapterOf(['sh', '-c', 'echo no route >&2; exit 3']).set(5, signal).catch((e: unknown) => e) // prettier-ignore
    expect(error).toMatchObject({
      kind: 'environment',
      problems: [{ code: 'gray-command' }],
      log: 'no route',
    })
  })
})
