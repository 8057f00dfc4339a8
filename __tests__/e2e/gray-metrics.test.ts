import { writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { request } from 'undici'
import { systemClock } from '../../src/base/clock.ts'
import { PipelineError } from '../../src/base/errors.ts'
import { makeMeasurer } from '../../src/gray/metrics/measurer.ts'
import { parseMetrics } from '../../src/gray/metrics/parse.ts'
import type { Measurement, Window } from '../../src/gray/ports.ts'
import { METRIC_PRESETS } from '../../src/gray/presets.ts'
import { type GrayRig, type Prometheus, startGrayRig } from '../support/gray-rig.ts'
import { testAct } from '../support/registry-act.ts'
import { describeWithRig, rigValue, run, until } from '../support/rig.ts'

/**
 * Our client against a real Prometheus: the queries of every preset parse there and answer, with series named as the libraries
 * and exporters name them. Counters grow by the clock, so what must come out is known.
 */
const PER_SECOND = 300
const WINDOW_MS = 10_000

interface Exposed {
  readonly version: string
  readonly server: Server
  readonly address: string
  /** The process starts anew: all counters from zero. */
  restart(): void
}

async function expose(version: string, errorRatio: number): Promise<Exposed> {
  let begun = Date.now()
  const server = createServer((_, response) => {
    const seconds = (Date.now() - begun) / 1000
    const total = Math.floor(seconds * PER_SECOND)
    const bad = Math.floor(total * errorRatio)
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(exposition(total, bad, seconds))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    version,
    server,
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    restart: () => {
      begun = Date.now() - 1000
    },
  }
}

function exposition(total: number, bad: number, seconds: number): string {
  const good = total - bad
  const histogram = (name: string, labels = ''): string[] => [
    `# TYPE ${name} histogram`,
    ...[0.25, 0.5, 0.75, 1, 2.5].map(
      (edge) => `${name}_bucket{${labels}le="${edge}"} ${Math.floor(total * (edge < 0.5 ? 0.95 : 1))}`,
    ),
    `${name}_bucket{${labels}le="+Inf"} ${total}`,
    `${name}_sum${labels === '' ? '' : `{${labels.slice(0, -1)}}`} ${total * 0.1}`,
    `${name}_count${labels === '' ? '' : `{${labels.slice(0, -1)}}`} ${total}`,
  ]
  // As client libraries have it: no series before its first event.
  const coded = (name: string, label: string, ok: string, not: string, more = ''): string[] => [
    `# TYPE ${name} counter`,
    `${name}{${label}="${ok}"${more}} ${good}`,
    ...(bad === 0 ? [] : [`${name}{${label}="${not}"${more}} ${bad}`]),
  ]
  const cpu = (seconds * 0.4).toFixed(3)
  return [
    ...coded('http_requests_total', 'code', '200', '500'),
    ...histogram('http_request_duration_seconds'),
    `process_cpu_seconds_total ${cpu}`,
    'go_sched_gomaxprocs_threads 2',
    ...histogram('http_server_request_duration_seconds', 'http_response_status_code="200",'),
    ...(bad === 0
      ? []
      : [`http_server_request_duration_seconds_count{http_response_status_code="500"} ${bad}`]),
    `process_cpu_time_seconds_total ${cpu}`,
    'go_processor_limit 2',
    ...coded('haproxy_server_http_responses_total', 'code', '2xx', '5xx', ',proxy="shop",server="s1"'),
    ...coded(
      'nginxplus_upstream_server_responses',
      'code',
      '2xx',
      '5xx',
      ',upstream="shop",server="10.0.0.1"',
    ),
    '# TYPE nginxplus_upstream_server_requests counter',
    `nginxplus_upstream_server_requests{upstream="shop",server="10.0.0.1"} ${total}`,
    ...coded('nginx_http_response_count_total', 'status', '200', '500', ',method="GET"'),
    ...histogram('nginx_http_response_time_seconds_hist'),
    'queue_depth{queue="a"} 3',
    'queue_depth{queue="b"} 4',
    'broken NaN',
    '',
  ].join('\n')
}

describeWithRig('metrics from a real Prometheus', () => {
  let rig: GrayRig
  let prometheus: Prometheus
  const targets = new Map<string, Exposed>()
  /** One end for all looks, so that they judge the same samples. */
  let end = 0
  let goneAt = 0

  beforeAll(async () => {
    rig = await startGrayRig()
    for (const [version, ratio] of [['old', 0.001], ['good', 0.001], ['bad', 0.12], ['restarted', 0.001], ['gone', 0.001]] as const)
      targets.set(version, await expose(version, ratio)) // prettier-ignore
    prometheus = await rig.prometheus({
      jobs: { shop: [...targets.values()].map(({ address, version }) => ({ target: address, labels: { version } })) },
    }) // prettier-ignore
    await until(
      'all targets to be scraped',
      async () => (await prometheus.query('count(up == 1)')) === targets.size,
    )
    await systemClock.sleep(7000)
    targets.get('restarted')?.restart()
    targets.get('gone')?.server.close()
    targets.get('gone')?.server.closeAllConnections()
    goneAt = Date.now()
    await until('a scrape without it', async () => (await prometheus.query('up{version="gone"}')) === 0)
    await systemClock.sleep(5000)
    end = Date.now() - 500
  })
  afterAll(async () => {
    for (const { server } of targets.values()) {
      server.close()
      server.closeAllConnections()
    }
    await rig.stop()
  })

  const yaml = (body: string, head = `url: '${prometheus.url}', scrape-interval: 1s`): string =>
    `prometheus: {${head}}\nversion-label: version\nlabels: {job: shop}\npower: 'off'\n${body}\n`
  const plan = { steps: [{ percent: 50, observeMs: WINDOW_MS, hold: false }], warmUpMs: 0, maxExtends: 1 }
  const measurer = (text: string, fresh: string, env: Record<string, string> = {}) => {
    const { settings, problems } = parseMetrics(text, 'metrics.yml')
    if (settings === undefined) throw new Error(JSON.stringify(problems))
    const act = { ...testAct({ env }), clock: { ...systemClock } as never }
    return makeMeasurer(settings, act, { old: 'old', new: fresh, plan })
  }
  const window = (more: Partial<Window> = {}): Window => ({
    start: end - WINDOW_MS,
    end,
    step: 0,
    percent: 50,
    baking: false,
    history: [],
    ...more,
  })
  const { signal } = new AbortController()
  const look = (text: string, fresh: string): Promise<Measurement> =>
    measurer(text, fresh).measure(window(), signal)
  const codesOf = async (
    text: string,
    fresh = 'good',
    env: Record<string, string> = {},
  ): Promise<string[]> => {
    // A check asks for series of this moment, and a busy machine may just have missed a scrape.
    await until(
      'samples of all that live',
      async () => (await prometheus.query('count(up == 1)')) === targets.size - 1,
    )
    try {
      await measurer(text, fresh, env).check(signal)
      return []
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      return error.problems.map(({ code, cause }) => `${code}${cause === undefined ? '' : `: ${cause}`}`)
    }
  }
  const RULES = 'rules: {cpu: {every: 1s, window: 10s, on-nodata: fail}}'
  const preset = (name: string): string =>
    yaml(`preset: ${name}\n${name === 'client_golang' || name === 'opentelemetry' ? RULES : ''}`)
  const ERRORS =
    'metrics: {errors: {ratio: {bad: \'http_requests_total{code=~"5.."}\', total: http_requests_total, limit: 1%}, critical: true}}'

  it.each(METRIC_PRESETS.map(({ name }) => name))('preset %s: its queries parse, answer, and judge', async (name) => {
    expect(await codesOf(preset(name))).toEqual([])
    const good = await look(preset(name), 'good')
    expect([good.verdict, good.reason]).toEqual(['pass', expect.any(String)])
    expect(good.metrics.map(({ verdict }) => verdict)).not.toContain('error')
    expect(good.metrics.map(({ verdict }) => verdict)).not.toContain('nodata')
    const errors = good.metrics.find((metric) => metric.name === '5xx')
    const [item] = (errors?.items ?? []) as { new: { total: number } }[]
    // 10 s at 300 a second, to within the scrape at either end.
    expect(item?.new.total).toBeGreaterThan(PER_SECOND * 7)
    expect(item?.new.total).toBeLessThanOrEqual(PER_SECOND * 11)
    // What the audit keeps can be asked again by hand.
    for (const { query, at } of good.metrics.flatMap(({ queries }) => queries ?? [])) {
      const answer = await request(`${prometheus.url}/api/v1/query?time=${at / 1000}&query=${encodeURIComponent(query)}`)
      expect(await answer.body.json()).toMatchObject({ status: 'success' })
    }
    const bad = await look(preset(name), 'bad')
    expect(bad).toMatchObject({ verdict: 'fail', hard: true, reason: expect.stringContaining('5xx') })
  }) // prettier-ignore

  it('the same window gives the same verdict and the same numbers later', async () => {
    const first = await look(preset('client_golang'), 'bad')
    expect(await look(preset('client_golang'), 'bad')).toEqual(first)
  })

  it('a counter that began anew counts what came after', async () => {
    const { metrics } = await look(yaml(ERRORS), 'restarted')
    const [metric] = metrics
    expect(metric).toMatchObject({ verdict: 'pass', reason: expect.stringContaining('1 restart on the new version') })
    const [item] = (metric?.items ?? []) as { new: { bad: number; total: number } }[]
    expect(item?.new.total).toBeGreaterThan(PER_SECOND * 5)
    expect(item?.new.bad).toBeLessThan(20)
  }) // prettier-ignore

  it('a target that is gone has no data, and is never a pass', async () => {
    expect(end - goneAt).toBeGreaterThan(3000)
    expect(await look(yaml(ERRORS), 'gone')).toMatchObject({ verdict: 'nodata', reason: expect.stringContaining('stale') })
    expect(await look(yaml(ERRORS), 'never-there')).toMatchObject({ verdict: 'nodata', reason: expect.stringContaining('no series match') })
  }) // prettier-ignore

  it.each([
    ['two series', 'queue_depth{$selector}', 'error', '2 series where one is expected'],
    ['an aggregate of them', 'max(queue_depth{$selector})', 'pass', 'the value is 4'],
    ['NaN', 'broken{$selector}', 'nodata', 'NaN'],
    ['a division by zero', 'queue_depth{queue="a", $selector} / 0', 'error', 'division by zero'],
    ['a query that does not parse', 'max(queue_depth{$selector}', 'error', 'parse error'],
  ])('one number: %s', async (_, query, verdict, reason) => {
    const text = yaml(`metrics: {queue: {value: {query: '${query}', max: 10}, critical: true}}`)
    const { verdict: found, metrics } = await look(text, 'good')
    expect([found, metrics[0]?.reason]).toEqual([verdict, expect.stringContaining(reason)])
  })

  it('names that nothing has, and queries that do not parse, forbid the start', async () => {
    expect(await codesOf(yaml('metrics: {x: {ratio: {bad: nonsense_total, total: http_requests_total, limit: 1%}}}'))).toEqual(['gray-query'])
    expect(await codesOf(yaml("metrics: {x: {value: {query: 'max((queue_depth{$selector}', max: 1}}}"))).toEqual([expect.stringMatching(/^gray-query: .*parse error/)])
  }) // prettier-ignore

  it('an alert that fires and matches forbids the start', async () => {
    const alertmanager = await rig.alertmanager()
    const alerts = (filter: string): string =>
      yaml(`${ERRORS}\nalerts: {url: '${alertmanager.url}', filter: ['${filter}']}`)
    expect(await codesOf(alerts('service=shop'))).toEqual([])
    const fire = await request(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ labels: { alertname: 'TooManyErrors', service: 'shop' }, annotations: { summary: 'it burns' } }]),
    })
    expect(fire.statusCode).toBe(200)
    await fire.body.dump()
    await until('the alert', async () => (await codesOf(alerts('service=shop'))).length > 0)
    expect(await codesOf(alerts('service=shop'))).toEqual(['gray-alert-firing: it burns'])
    expect(await codesOf(alerts('service=other'))).toEqual([])
    await alertmanager.program.stop()
    expect(await codesOf(alerts('service=shop'))).toEqual([expect.stringContaining('gray-alertmanager')])
  }) // prettier-ignore

  it('a bearer token, checked by a proxy before Prometheus', async () => {
    const proxy = createServer((from, to) => {
      if (from.headers.authorization !== 'Bearer let-me-in') {
        to.writeHead(401).end()
        return
      }
      const onward = httpRequest(`${prometheus.url}${from.url ?? ''}`, { method: from.method, headers: from.headers }, (answer) => {
        to.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(to)
      }) // prettier-ignore
      from.pipe(onward)
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const text = yaml(
      ERRORS,
      `url: 'http://127.0.0.1:${(proxy.address() as AddressInfo).port}', auth: {bearer: TOKEN}`,
    )
    expect(await codesOf(text, 'good', { TOKEN: 'let-me-in' })).toEqual([])
    expect(await codesOf(text, 'good', { TOKEN: 'wrong' })).toEqual([
      'gray-prometheus-unreachable: HTTP 401; check the credentials',
    ])
    proxy.close()
    proxy.closeAllConnections()
  })

  it('TLS by an authority of its own, and a password', async () => {
    const [key, certificate, web, config] = ['key.pem', 'cert.pem', 'web.yml', 'tls.yml'].map((name) => join(rig.folder, name)) as [string, string, string, string] // prettier-ignore
    const made = await run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate]) // prettier-ignore
    expect(made.code).toBe(0)
    await writeFile(config, '{}\n')
    // The hash of "test" from Prometheus' own guide to basic authentication.
    const hash = '$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay'
    await writeFile(web, JSON.stringify({ tls_server_config: { cert_file: certificate, key_file: key }, basic_auth_users: { admin: hash } })) // prettier-ignore
    const port = await rig.freePort()
    const url = `https://127.0.0.1:${port}`
    const head = (more: string): string => `url: '${url}', ${more}`
    const login = 'auth: {user: PROM_USER, password: PROM_PASSWORD}'
    const env = { PROM_USER: 'admin', PROM_PASSWORD: 'test' }
    const text = (more: string): string => yaml("metrics: {one: {value: {query: 'vector(1) or up{$selector}', max: 10}}}", head(more)) // prettier-ignore
    await rig.program({
      name: 'prometheus with TLS',
      argv: [rigValue('GIP_PROMETHEUS'), `--config.file=${config}`, `--storage.tsdb.path=${join(rig.folder, 'tls-data')}`, `--web.listen-address=127.0.0.1:${port}`, `--web.config.file=${web}`],
      ready: async () => (await codesOf(text(`${login}, tls: {ca: '${certificate}'}`), 'good', env)).length === 0,
    }) // prettier-ignore
    const ca = `tls: {ca: '${certificate}'}`
    expect(await codesOf(text(`${login}, ${ca}`), 'good', env)).toEqual([])
    expect(await codesOf(text(`${login}, tls: {insecure: true}`), 'good', env)).toEqual([])
    expect(await codesOf(text(`${login}, ${ca}`), 'good', { ...env, PROM_PASSWORD: 'wrong' })).toEqual([expect.stringContaining('HTTP 401')]) // prettier-ignore
    expect(await codesOf(text(login), 'good', env)).toEqual([expect.stringMatching(/gray-prometheus-unreachable: .*certificate/)]) // prettier-ignore
  })

  it('a server that is down for a moment is asked again, one that stays down is an error', async () => {
    const running = look(yaml(ERRORS), 'good')
    expect(await running).toMatchObject({ verdict: 'pass' })
    await prometheus.crash()
    expect(await look(yaml(ERRORS), 'good')).toMatchObject({ verdict: 'error' })
    await prometheus.restart()
    expect(await look(yaml(ERRORS), 'good')).toMatchObject({ verdict: 'pass' })
  })
})
