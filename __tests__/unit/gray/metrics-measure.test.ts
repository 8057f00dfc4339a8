import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { type Http, type HttpRequest, wrapResponse } from '../../../src/base/http.ts'
import { parseAlerts } from '../../../src/gray/metrics/alertmanager.ts'
import { checkAgainstItself } from '../../../src/gray/metrics/aa.ts'
import { makeMeasurer, type MetricsMeasurer } from '../../../src/gray/metrics/measurer.ts'
import { parseMetrics } from '../../../src/gray/metrics/parse.ts'
import { powerTable } from '../../../src/gray/metrics/power-report.ts'
import { replay } from '../../../src/gray/metrics/replay.ts'
import type { MetricsSettings } from '../../../src/gray/metrics/settings.ts'
import type { Measurement, Window } from '../../../src/gray/ports.ts'
import { PipelineError } from '../../../src/base/errors.ts'
import { PrometheusDouble } from '../../support/prometheus-double.ts'
import { GOOD, SimulatedService } from '../../support/gray-simulation.ts'
import { testAct, type TestAct } from '../../support/registry-act.ts'
import { seeded } from './random.ts'

const NOW = 1_700_000_000_000
const SCRAPE = 15_000
const WINDOW_MS = 300_000
const HEAD =
  "prometheus: {url: 'http://prometheus:9090', scrape-interval: 15s}\nversion-label: version\nlabels: {job: shop}\n"
const PLAN = { steps: [5, 50, 100].map((percent) => ({ percent, observeMs: WINDOW_MS, hold: false })), warmUpMs: 0, maxExtends: 3 } // prettier-ignore

function settingsOf(yaml: string): MetricsSettings {
  const { settings, problems } = parseMetrics(yaml, 'metrics.yml')
  if (settings === undefined) throw new Error(JSON.stringify(problems))
  return settings
}

/** Values of one series, one each scrape, the last at the end of the window. */
type Put = [name: string, labels: Record<string, string>, values: readonly number[]]
function served(...puts: Put[]): PrometheusDouble {
  const double = new PrometheusDouble()
  for (const [name, labels, values] of puts)
    for (const [index, value] of values.entries())
      double.add(name, { job: 'shop', ...labels }, NOW - (values.length - 1 - index) * SCRAPE, value)
  return double
}
const rising = (step: number, count = 30): number[] =>
  Array.from({ length: count }, (_, index) => index * step)
const fresh = { version: '2', instance: 'n' }
const old = { version: '1', instance: 'o' }

const window = (more: Partial<Window> = {}): Window => ({
  start: NOW - WINDOW_MS,
  end: NOW,
  step: 0,
  percent: 5,
  baking: false,
  history: [],
  ...more,
})
const signal = new AbortController().signal

function measurerOf(
  yaml: string,
  http: Http,
  more: { act?: Partial<TestAct>; old?: string } = {},
): { measurer: MetricsMeasurer; act: TestAct } {
  const act = { ...testAct(), http: http as TestAct['http'], ...more.act }
  act.clock.advance(NOW - act.clock.now())
  return {
    measurer: makeMeasurer(settingsOf(yaml), act, { old: more.old ?? '1', new: '2', plan: PLAN }),
    act,
  }
}
const measured = (yaml: string, http: Http): Promise<Measurement> =>
  measurerOf(yaml, http).measurer.measure(window(), signal)

const ERRORS = `${HEAD}metrics: {errors: {ratio: {bad: 'http_requests_total{code=~"5.."}', total: http_requests_total, limit: 1%}, critical: true}}\n`
const GAUGE = `${HEAD}metrics: {depth: {samples: {gauge: depth, max: 10}, against: limit, critical: true}}\n`
const VALUE = `${HEAD}metrics: {queue: {value: {query: 'queue_depth{$selector}', max: 10}, critical: true}}\n`
const BOTH: Put[] = [
  ['http_requests_total', { ...fresh, code: '200' }, rising(50)],
  ['http_requests_total', { ...old, code: '200' }, rising(950)],
]

describe('through the HTTP API', () => {
  it('a look carries queries and counts that can be followed by hand', async () => {
    const double = served(...BOTH, [
      'http_requests_total',
      { ...fresh, code: '500' },
      [0, 0, 1, ...rising(0, 27).fill(1)],
    ])
    const look = await measured(ERRORS, double.http())
    expect(look).toMatchObject({ at: NOW, verdict: 'pass' })
    const [metric] = look.metrics
    expect(metric?.items?.[0]).toEqual({
      kind: 'ratio',
      limit: 0.01,
      confidence: 0.95,
      new: { bad: 0, total: 1000 },
    })
    expect(metric?.queries).toEqual(
      expect.arrayContaining([
        {
          query: 'http_requests_total{job="shop", version="=2"}[360s]'.replace('"=2"', '"2"'),
          at: NOW,
          answer: 1000,
        },
        { query: 'http_requests_total{code=~"5..", job="shop", version="2"}[360s]', at: NOW, answer: 0 },
      ]),
    )
  })

  it.each<[string, string, PrometheusDouble, string, string]>([
    ['no series of the new version', ERRORS, served(...BOTH.slice(1)), 'nodata', 'the new version: no series match'],
    ['no series of the old version', ERRORS, served(...BOTH.slice(0, 1)), 'nodata', 'the old version: no series match'],
    ['scraped once', GAUGE.replace(', scrape-interval: 15s', ''), served(['depth', fresh, [1]]), 'nodata', 'scraped only once'],
    ['stale', GAUGE, served(['depth', fresh, [...rising(0, 20), NaN, NaN, NaN, NaN]]), 'nodata', 'stale: the newest sample is 60 s old'],
    ['every sample NaN', GAUGE, served(['depth', fresh, rising(0).fill(NaN)]), 'nodata', 'every sample is NaN'],
    ['an infinite sample', GAUGE, served(['depth', fresh, [...rising(0), Infinity]]), 'error', 'infinite'],
    ['one number: two series', VALUE, served(['queue_depth', fresh, [1]], ['queue_depth', { ...fresh, instance: 'm' }, [1]]), 'error', '2 series where one is expected'],
    ['one number: NaN', VALUE, served(['queue_depth', fresh, [NaN]]), 'nodata', 'the value is NaN'],
    ['one number: infinite', VALUE, served(['queue_depth', fresh, [Infinity]]), 'error', 'a division by zero'],
    ['one number: none', VALUE, served(), 'nodata', 'no series match'],
    ['one number: a good one', VALUE, served(['queue_depth', fresh, [9]]), 'pass', 'queue'],
    ['one number: too great', VALUE, served(['queue_depth', fresh, [11]]), 'fail', 'beyond at most 10'],
  ])('%s', async (_, yaml, double, verdict, reason) => {
    const look = await measured(yaml, double.http())
    expect(look).toMatchObject({ verdict, reason: expect.stringContaining(reason) })
  }) // prettier-ignore

  it('a restart is no negative growth, and the first error of a new series counts', async () => {
    const counts = [...rising(100, 15), ...rising(100, 15)]
    const double = served(
      ['http_requests_total', { ...fresh, code: '200' }, counts],
      [
        'http_requests_total',
        { ...fresh, code: '500' },
        [...Array.from({ length: 25 }, () => NaN), 7, 7, 7, 7, 7],
      ],
      ...BOTH.slice(1),
    )
    const look = await measured(ERRORS, double.http())
    expect(look.metrics[0]?.items?.[0]).toMatchObject({ new: { bad: 7, total: 1900 + 7 } })
    expect(look.metrics[0]?.reason).toContain('1 restart on the new version')
  })

  it.each<[string, { status: number; body: string }, string]>([
    ['down', { status: 503, body: 'no' }, 'HTTP 503'],
    ['a refused query', { status: 400, body: '{"status":"error","error":"parse error at char 3"}' }, 'parse error at char 3'],
    ['denied', { status: 401, body: '' }, 'check the credentials'],
    ['an HTML page', { status: 200, body: '<html>' }, 'is this address Prometheus'],
    ['a partial result', { status: 200, body: '{"status":"success","warnings":["store down"],"data":{"resultType":"matrix","result":[]}}' }, 'store down'],
    ['a native histogram', { status: 200, body: '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"histograms":[]}]}}' }, 'native histogram'],
  ])('%s is an error, never a verdict about the release', async (_, answer, reason) => {
    const look = await measured(ERRORS, served().http(() => answer))
    expect(look).toMatchObject({ verdict: 'error', reason: expect.stringContaining(reason) })
  }) // prettier-ignore

  it('takes partial results where that is allowed', async () => {
    const body = '{"status":"success","warnings":["store down"],"data":{"resultType":"vector","result":[{"metric":{},"value":[1700000000,"3"]}]}}'
    const yaml = VALUE.replace('scrape-interval: 15s', 'scrape-interval: 15s, accept-partial: true')
    expect(await measured(yaml, served().http(() => ({ status: 200, body })))).toMatchObject({ verdict: 'pass' })
  }) // prettier-ignore

  it('a cancelled look throws, so that nobody takes it for one', async () => {
    const controller = new AbortController()
    const http: Http = {
      request: () => {
        controller.abort(new Error('stop'))
        return Promise.reject(new Error('stop'))
      },
    }
    await expect(measurerOf(ERRORS, http).measurer.measure(window(), controller.signal)).rejects.toThrow(
      'stop',
    )
  })

  it('secrets come from the environment, go into headers, and are masked', async () => {
    const seen: HttpRequest[] = []
    const double = served(...BOTH)
    const http: Http = { request: (request) => (seen.push(request), double.http().request(request)) }
    const yaml = ERRORS.replace('scrape-interval: 15s', 'auth: {bearer: PROM_TOKEN}, headers-from-env: {X-Tenant: TENANT}')
    const act = { ...testAct({ env: { PROM_TOKEN: 'hunter2hunter2', TENANT: 'tenant-secret' } }), http: http as TestAct['http'] }
    await makeMeasurer(settingsOf(yaml), act, { old: '1', new: '2', plan: PLAN }).measure(window(), signal)
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer hunter2hunter2', 'X-Tenant': 'tenant-secret' })
    expect(act.secrets.redact('hunter2hunter2 tenant-secret')).not.toMatch(/hunter2|tenant-secret/)
    const empty = { ...testAct(), http: http as TestAct['http'] }
    expect(() => makeMeasurer(settingsOf(yaml), empty, { old: '1', new: '2', plan: PLAN })).toThrow(/PROM_TOKEN[\s\S]*TENANT/)
  }) // prettier-ignore
})

const problemsOf = async (work: Promise<unknown>): Promise<string[]> => {
  try {
    await work
    return []
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    return error.problems.map(({ code }) => code)
  }
}

describe('before the start', () => {
  const checked = (yaml: string, http: Http, more: { old?: string } = {}) => {
    const { measurer, act } = measurerOf(yaml, http, more)
    return { codes: problemsOf(measurer.check(signal)), act }
  }

  it.each<[string, string, PrometheusDouble, { old?: string }, string[]]>([
    ['all is well', `${ERRORS}power: off\n`, served(...BOTH), {}, []],
    ['the old version has no data', `${ERRORS}power: off\n`, served(...BOTH.slice(0, 1)), {}, ['gray-query']],
    ['both versions have one name', `${ERRORS}power: off\n`, served(...BOTH), { old: '2' }, ['gray-metrics-versions']],
    ['a counter that nothing has', `${ERRORS.replace('bad: \'http_requests_total{code=~"5.."}\'', 'bad: nonsense_total')}power: off\n`, served(...BOTH), {}, ['gray-query']],
    ['two series where one is expected', `${VALUE}power: off\n`, served(['queue_depth', old, [1]], ['queue_depth', { ...old, instance: 'm' }, [1]]), {}, ['gray-query']],
    ['a query that does not parse', `${HEAD}metrics: {x: {value: {query: 'sum(($selector', max: 1}}}\npower: off\n`, served(...BOTH), {}, ['gray-query']],
    ['a budget that is spent', `${ERRORS}slo: {objective: 99.9%, bad: errors_total, total: http_requests_total}\npower: off\n`, served(...BOTH, ['errors_total', old, rising(10)]), {}, ['gray-budget-spent']],
    ['too little traffic, refused', `${ERRORS}power: refuse\n`, served(['http_requests_total', { ...old, code: '200' }, rising(1, 40)]), {}, ['gray-power', 'gray-power', 'gray-power']],
  ])('%s', async (_, yaml, double, more, codes) => {
    expect(await checked(yaml, double.http(), more).codes).toEqual(codes)
  }) // prettier-ignore

  it('Prometheus is down: told once', async () => {
    expect(await checked(ERRORS, served().http(() => ({ status: 502, body: '' }))).codes).toEqual(['gray-prometheus-unreachable'])
  }) // prettier-ignore

  it('too little traffic is a warning by default, with the table', async () => {
    const { codes, act } = checked(ERRORS, served(['http_requests_total', { ...old, code: '200' }, rising(1, 40)]).http())
    expect(await codes).toEqual([])
    expect(act.lines.join('\n')).toMatch(/\| errors \| 5 % \| \d+ \| \d+ \|/)
    expect(act.lines.join('\n')).toContain('warning: the traffic may not decide the release: errors at 5 %')
  }) // prettier-ignore

  const ALERTS = `${ERRORS}power: off\nalerts: {url: 'http://alerts:9093/prefix/', filter: ['service="shop"', 'team=web']}\n`
  const alertmanager = (status: number, body: string, asked: string[] = []): Http => {
    const prometheus = served(...BOTH).http()
    return {
      request: (request) => {
        if (!request.url.startsWith('http://alerts:9093/')) return prometheus.request(request)
        asked.push(request.url)
        return Promise.resolve(wrapResponse(status, {}, Readable.from([Buffer.from(body)])))
      },
    }
  }
  const alert = (name: string) => ({
    labels: { alertname: name },
    annotations: { summary: 'it burns' },
    startsAt: '2026-11-21T11:00:00Z',
  })
  it.each<[string, number, string, string[]]>([
    ['nothing fires', 200, '[]', []],
    ['the watchdog fires, as always', 200, JSON.stringify([alert('Watchdog')]), []],
    ['two alerts fire', 200, JSON.stringify([alert('Errors'), alert('Watchdog'), alert('Slow')]), ['gray-alert-firing', 'gray-alert-firing']],
    ['it does not answer', 500, 'oops', ['gray-alertmanager']],
    ['it is something else', 200, '<html>', ['gray-alertmanager']],
    ['it answers an object', 200, '{}', ['gray-alertmanager']],
  ])('alerts: %s', async (_, status, body, codes) => {
    expect(await checked(ALERTS, alertmanager(status, body)).codes).toEqual(codes)
  }) // prettier-ignore

  it('asks Alertmanager for what is active and matches, with quoted values', async () => {
    const asked: string[] = []
    await checked(ALERTS, alertmanager(200, '[]', asked)).codes
    const url = new URL(asked[0] ?? '')
    expect(url.pathname).toBe('/prefix/api/v2/alerts')
    expect(url.searchParams.getAll('filter')).toEqual(['service="shop"', 'team="web"'])
    expect([url.searchParams.get('active'), url.searchParams.get('silenced'), url.searchParams.get('inhibited')]).toEqual(['true', 'false', 'false'])
  }) // prettier-ignore

  it.each([
    ['[{}]', [{ name: 'without a name' }]],
    ['[null, 3]', [{ name: 'without a name' }, { name: 'without a name' }]],
    ['{"status":"success"}', undefined],
    ['', undefined],
  ])('reads the alerts of %s', (text, alerts) => expect(parseAlerts(text)).toEqual(alerts))
})

describe('the power plan', () => {
  it('says for each step what the traffic gives and what is needed', async () => {
    // 4 requests a second.
    const report = await measurerOf(ERRORS, served(['http_requests_total', { ...old, code: '200' }, rising(60, 60)]).http()).measurer.power(signal)
    expect(report.rates['errors']).toBeGreaterThan(2)
    expect(report.rows.map(({ percent, decides }) => [percent, decides])).toEqual([[5, false], [50, true], [100, true]])
    expect(report.rows[0]).toMatchObject({ metric: 'errors', needed: expect.any(Number) })
    expect(report.rows[0]?.needed).toBeGreaterThanOrEqual(299)
    expect(powerTable(report).split('\n')).toHaveLength(5)
  }) // prettier-ignore

  it('says so where no traffic could be read', async () => {
    const report = await measurerOf(ERRORS, served().http()).measurer.power(signal)
    expect(report).toMatchObject({ decides: false, rows: [], unknown: [expect.stringContaining('no events of the old version')] })
  }) // prettier-ignore
})

describe('on the past', () => {
  /** Two instances of the old version and one new, 20 minutes, 40 requests a second. */
  const past = (newErrors: number): PrometheusDouble => {
    const random = seeded(7)
    const double = new PrometheusDouble()
    const services = [
      new SimulatedService('1', 'a:80', GOOD),
      new SimulatedService('1', 'b:80', GOOD),
      new SimulatedService('2', 'c:80', { ...GOOD, errorRatio: newErrors }),
    ]
    for (let at = NOW - 1_500_000; at <= NOW; at += SCRAPE)
      for (const service of services) {
        service.serve(random, 200, 15)
        service.scrape(double, at)
      }
    return double
  }
  const STANDARD = settingsOf(`${HEAD}preset: client_golang\n`)
  const selector = (version: string) => ({ job: '=shop', version: `=${version}` })
  const options = {
    oldSelector: selector('1'),
    newSelector: selector('2'),
    start: NOW - 1_200_000,
    end: NOW,
    steps: [
      { percent: 33, observeMs: 300_000 },
      { percent: 50, observeMs: 300_000 },
      { percent: 100, observeMs: 3_600_000 },
    ],
  }

  it('replay of a good version passes each step that fits into the time', async () => {
    const report = await replay(STANDARD, past(GOOD.errorRatio), options)
    expect(report.steps.map(({ percent, verdict }) => [percent, verdict])).toEqual([[33, 'pass'], [50, 'pass']])
    expect(report.abort).toBeUndefined()
    expect(report.looks).toHaveLength(10)
  }) // prettier-ignore

  it('replay of a bad one says when it would have been taken back, and gives the same twice', async () => {
    const report = await replay(STANDARD, past(0.06), options)
    expect(report.abort).toMatchObject({ percent: 33 })
    expect(report.abort?.at).toBeLessThan(NOW - 900_000)
    expect(await replay(STANDARD, past(0.06), options)).toEqual(report)
  })

  it('against itself: the old version is aborted hardly ever', async () => {
    const report = await checkAgainstItself(STANDARD, past(GOOD.errorRatio), {
      selector: selector('1'),
      start: NOW - 1_200_000,
      end: NOW,
      percent: 25,
      observeMs: 300_000,
      runs: 40,
    })
    expect(report).toMatchObject({ runs: 40, rate: report.failed / 60, skipped: {} })
    expect(report.failed).toBeLessThanOrEqual(1)
    expect(report.passed + report.undecided + report.failed).toBe(40)
    expect(report.upper).toBeGreaterThan(report.rate)
    expect(report.events['5xx']).toBeGreaterThan(500)
  })

  it('against itself without data: nothing is claimed', async () => {
    const report = await checkAgainstItself(STANDARD, served(), { selector: selector('1'), start: NOW - 600_000, end: NOW, percent: 25, observeMs: 300_000, runs: 20 })
    expect(report).toMatchObject({ runs: 0, upper: 1 })
    expect(Object.keys(report.skipped)).toEqual(['p99', 'cpu', '5xx', '5xx-hard', 'p99-warn'])
  }) // prettier-ignore
})
