import { createServer, type IncomingMessage, type Server } from 'node:http'
import { afterEach, describe, expect, it } from '@jest/globals'
import type { Clock } from '../../../src/base/clock.ts'
import { SystemHttp } from '../../../src/base/http.ts'
import { silentLog } from '../../../src/base/log.ts'
import { RetryCounter } from '../../../src/base/retry.ts'
import { counterIncrease, readOne, type Series } from '../../../src/gray/prometheus-data.ts'
import { Prometheus, type PrometheusServer, readAnswer } from '../../../src/gray/prometheus.ts'

interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly form: URLSearchParams
}
interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Record<string, string>
  /** The connection is cut instead. */
  readonly cut?: boolean
  /** No answer at all. */
  readonly silent?: boolean
}

const NOW = 1_700_000_000_000
const success = (resultType: string, result: unknown, rest = {}): Answer => ({
  status: 200,
  body: { status: 'success', data: { resultType, result }, ...rest },
})
const vector = (...values: string[]): Answer =>
  success(
    'vector',
    values.map((value, index) => ({ metric: { job: `j${index}` }, value: [NOW / 1000, value] })),
  )

let server: Server | undefined
let http: SystemHttp | undefined
afterEach(async () => {
  await http?.close()
  server?.closeAllConnections()
  await new Promise((resolve) => (server === undefined ? resolve(undefined) : server.close(resolve)))
  server = http = undefined
})

/** A server that gives the answers in order, the last one for ever. */
async function serve(
  answers: Answer[],
  config: Partial<PrometheusServer> = {},
  signal = new AbortController().signal,
) {
  const seen: Seen[] = []
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      seen.push({ method, url, headers, form: new URLSearchParams(body) })
      const answer = answers[Math.min(seen.length, answers.length) - 1]
      if (answer?.cut === true) return void request.socket.destroy()
      if (answer === undefined || answer.silent === true) return
      response.writeHead(answer.status, answer.headers)
      response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body))
    })
  })
  const listening = server
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  const address = listening.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  http = new SystemHttp()
  const counter = new RetryCounter()
  const clock: Clock = { now: () => NOW, sleep: () => Promise.resolve() }
  const prometheus = new Prometheus(
    { http, signal, clock, log: silentLog, counter },
    { url: `http://127.0.0.1:${port}/prom/`, ...config },
  )
  return { prometheus, seen, counter }
}
const rules = { now: NOW, maxAgeMs: 30_000 }

describe('requests', () => {
  it('posts the query with its time, limit, credentials and headers, under the path prefix', async () => {
    const { prometheus, seen } = await serve([vector('1')], {
      auth: { kind: 'basic', user: 'ann', password: 'pässword' },
      headers: { 'x-scope-orgid': 'team' },
      timeoutMs: 4000,
    })
    await prometheus.instant('up == 1', NOW)
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/prom/api/v1/query' })
    expect(seen[0]?.headers).toMatchObject({
      authorization: `Basic ${Buffer.from('ann:pässword').toString('base64')}`,
      'x-scope-orgid': 'team',
    })
    expect(Object.fromEntries(seen[0]?.form ?? [])).toEqual({
      query: 'up == 1',
      time: '1700000000',
      timeout: '4s',
    })
  })

  it('asks a range', async () => {
    const { prometheus, seen } = await serve([success('matrix', [])], {
      auth: { kind: 'bearer', token: 't0k' },
    })
    await prometheus.range('up', { start: NOW - 60_000, end: NOW, stepMs: 1500 })
    expect(seen[0]?.url).toBe('/prom/api/v1/query_range')
    expect(seen[0]?.headers.authorization).toBe('Bearer t0k')
    expect(Object.fromEntries(seen[0]?.form ?? [])).toMatchObject({
      start: '1699999940',
      end: '1700000000',
      step: '1.5',
    })
  })

  it('falls back to GET where POST is not allowed', async () => {
    const { prometheus, seen } = await serve([{ status: 405, body: 'no' }, vector('1')])
    expect(await prometheus.instant('a+b', NOW)).toMatchObject({ kind: 'answer' })
    expect(seen[1]?.method).toBe('GET')
    expect(new URL(seen[1]?.url ?? '', 'http://x').searchParams.get('query')).toBe('a+b')
  })

  it('tries passing faults again, and counts it', async () => {
    const { prometheus, seen, counter } = await serve([
      { status: 503, body: 'busy' },
      { status: 0, body: '', cut: true },
      vector('1'),
    ])
    expect(await prometheus.instant('up', NOW)).toMatchObject({ kind: 'answer' })
    expect(seen).toHaveLength(3)
    expect(counter.list()).toMatchObject([{ count: 2 }])
  })

  it.each<[string, Answer, string, boolean, RegExp, number]>([
    [
      'overload for good',
      { status: 503, body: { status: 'error', error: 'query timed out' } },
      'overloaded',
      true,
      /query timed out/,
      3,
    ],
    ['connection cut', { status: 0, body: '', cut: true }, 'unreachable', true, /./, 3],
    ['bad credentials', { status: 401, body: 'no' }, 'denied', false, /credentials/, 1],
    [
      'bad query',
      { status: 400, body: { status: 'error', error: 'parse error' } },
      'query',
      false,
      /parse error/,
      1,
    ],
    [
      'redirect',
      { status: 302, body: '', headers: { location: 'https://u:p@login.example/x?token=abc' } },
      'redirected',
      false,
      /^(?!.*(abc|u:p)).*login\.example/,
      1,
    ],
    ['another service', { status: 200, body: '<html>' }, 'malformed', false, /is this address Prometheus/, 1],
    ['not found', { status: 404, body: '' }, 'refused', false, /404/, 1],
  ])('%s', async (_, answer, fault, passing, detail, tries) => {
    const { prometheus, seen } = await serve([answer])
    const outcome = await prometheus.instant('up', NOW)
    expect(outcome).toMatchObject({
      kind: 'error',
      fault,
      passing,
      detail: expect.stringMatching(detail) as unknown,
    })
    expect(seen).toHaveLength(tries)
  })

  it('gives up on a server that never answers', async () => {
    const { prometheus } = await serve([{ status: 200, body: '', silent: true }], {
      timeoutMs: 1,
      attempts: 1,
    })
    expect(await prometheus.instant('up', NOW)).toMatchObject({
      kind: 'error',
      fault: 'unreachable',
      passing: true,
    })
  })

  it('a cancelled run is thrown, not returned', async () => {
    const { prometheus } = await serve([vector('1')], {}, AbortSignal.abort(new Error('cancelled')))
    await expect(prometheus.instant('up', NOW)).rejects.toThrow('cancelled')
  })
})

describe('one number', () => {
  const read = (answer: Answer, more = {}) =>
    readOne(readAnswer(answer.status, JSON.stringify(answer.body)), { ...rules, ...more })
  const aged = (seconds: number): Answer =>
    success('matrix', [
      {
        metric: {},
        values: [
          [NOW / 1000 - 60, '1'],
          [NOW / 1000 - seconds, '2'],
        ],
      },
    ])

  const rows: [string, Answer, object, object?][] = [
    ['a value', vector('0.25'), { kind: 'value', value: 0.25, at: NOW }],
    ['an exponent', vector('1e-05'), { kind: 'value', value: 0.00001 }],
    ['a scalar', success('scalar', [NOW / 1000, '3']), { kind: 'value', value: 3 }],
    ['the last of a range', aged(10), { kind: 'value', value: 2 }],
    ['no series', vector(), { kind: 'nodata', cause: 'empty' }],
    [
      'a series without points',
      success('matrix', [{ metric: {}, values: [] }]),
      { kind: 'nodata', cause: 'empty' },
    ],
    ['NaN', vector('NaN'), { kind: 'nodata', cause: 'nan' }],
    ['stale', aged(45), { kind: 'nodata', cause: 'stale' }],
    ['infinite', vector('+Inf'), { kind: 'error', cause: 'infinite', passing: false }],
    ['two series', vector('1', '2'), { kind: 'error', cause: 'several-series', passing: false }],
    [
      'a warning',
      success('vector', [], { warnings: ['store x is away'] }),
      { kind: 'error', cause: 'partial', passing: true },
    ],
    [
      'a warning, accepted',
      { ...vector('1'), body: { ...(vector('1').body as object), warnings: ['w'] } },
      { kind: 'value', warnings: ['w'] },
      { acceptPartial: true },
    ],
    [
      'an info only',
      { ...vector('1'), body: { ...(vector('1').body as object), infos: ['not a counter?'] } },
      { kind: 'value' },
    ],
    ['a text', success('string', [NOW / 1000, 'x']), { kind: 'error', cause: 'wrong-type' }],
    [
      'a native histogram',
      success('vector', [{ metric: {}, histogram: [1, {}] }]),
      { kind: 'error', cause: 'query-failed' },
    ],
    [
      'a broken sample',
      success('vector', [{ metric: {}, value: [1] }]),
      { kind: 'error', cause: 'query-failed' },
    ],
    [
      'a broken number',
      success('vector', [{ metric: {}, value: [1, '1x'] }]),
      { kind: 'error', cause: 'query-failed' },
    ],
    [
      'status error with 200',
      { status: 200, body: { status: 'error', error: 'e' } },
      { kind: 'error', cause: 'query-failed' },
    ],
  ]
  it.each(rows.map(([name, answer, expected, more = {}]) => ({ name, answer, expected, more })))(
    '$name',
    ({ answer, expected, more }) => expect(read(answer, more)).toMatchObject(expected),
  )
})

describe('counters', () => {
  const series = (...values: number[]): Series => ({
    labels: {},
    points: values.map((value, at) => ({ at, value })),
  })
  it.each<[string, Series[], { increase: number; resets: number } | undefined]>([
    ['none', [], undefined],
    ['one sample', [series(5)], undefined],
    ['still', [series(5, 5)], { increase: 0, resets: 0 }],
    ['growing', [series(5, 8, 20)], { increase: 15, resets: 0 }],
    ['a restart in between', [series(100, 110, 3, 5)], { increase: 15, resets: 1 }],
    ['a gap (NaN)', [series(5, NaN, 8)], { increase: 3, resets: 0 }],
    ['two instances', [series(1, 2), series(10, 14)], { increase: 5, resets: 0 }],
  ])('%s', (_, list, expected) => expect(counterIncrease(list)).toEqual(expected))
})
