import { describe, expect, it } from '@jest/globals'
import { edgesAround, matchers, METRIC_PRESETS, STANDARD_RULES } from '../../../src/gray/presets.ts'

const preset = (name: string) => METRIC_PRESETS.find((one) => one.name === name)

describe('matchers', () => {
  it.each([
    [{}, '{}'],
    [{ job: 'shop' }, '{job="shop"}'],
    [{ job: '=shop', version: '!=1' }, '{job="shop", version!="1"}'],
    [{ instance: '=~a:.*', code: '!~5..' }, '{instance=~"a:.*", code!~"5.."}'],
    [{ path: 'a"} or up{x="' }, '{path="a\\"} or up{x=\\""}'],
    [{ path: '=~a\\.b' }, '{path=~"a\\\\.b"}'],
  ])('%j', (selector, text) => expect(matchers(selector as Record<string, string>)).toBe(text))

  it('refuses what is no label name', () => {
    expect(() => matchers({ 'job="x", y': '1' })).toThrow(TypeError)
  })
})

describe('queries', () => {
  const selector = { job: '=shop', version: '=2' }

  it('client_golang', () => {
    const golang = preset('client_golang')
    expect(golang?.errors?.(selector, 300)).toEqual({
      bad: 'http_requests_total{job="shop", version="2", code=~"5.."}[300s]',
      total: 'http_requests_total{job="shop", version="2"}[300s]',
    })
    expect(golang?.latency?.(selector, 300, 0.5)).toEqual({
      within: 'http_request_duration_seconds_bucket{job="shop", version="2", le="0.5"}[300s]',
      total: 'http_request_duration_seconds_count{job="shop", version="2"}[300s]',
    })
    expect(golang?.cpu?.(selector, 600)).toContain(
      'rate(process_cpu_seconds_total{job="shop", version="2"}[600s])',
    )
  })

  it('a whole edge matches the writing of Prometheus 2 and 3', () => {
    expect(preset('opentelemetry')?.latency?.({}, 60, 1).within).toBe(
      'http_server_request_duration_seconds_bucket{le=~"1(\\\\.0)?"}[60s]',
    )
  })

  it('the proxies', () => {
    expect(preset('haproxy')?.errors?.({ proxy: 'be', server: 'new' }, 60).bad).toBe(
      'haproxy_server_http_responses_total{proxy="be", server="new", code="5xx"}[60s]',
    )
    expect(preset('nginx-log')?.errors?.({}, 60).bad).toBe(
      'nginx_http_response_count_total{status=~"5.."}[60s]',
    )
    for (const name of ['haproxy', 'nginx-plus', 'nginx-log']) expect(preset(name)?.lacks).toContain('CPU')
  })
})

it.each([
  [1, { below: 1, above: 1 }],
  [0.8, { below: 0.5, above: 1 }],
  [20, { below: 10 }],
  [0.001, { above: 0.005 }],
])('edges around %d s', (limit, expected) =>
  expect(edgesAround(limit, preset('client_golang')?.edges ?? [])).toEqual(expected),
)

it('carries the thresholds of the standard', () => {
  expect(STANDARD_RULES.map(({ id, window, action }) => [id, window, action])).toEqual([
    ['p99', 300, 'abort'],
    ['cpu', 600, 'abort'],
    ['5xx', 300, 'abort'],
    ['5xx-hard', 180, 'hard-abort'],
    ['p99-warn', 300, 'warn'],
    ['business', 300, 'page'],
    ['coverage', 0, 'block'],
  ])
  expect(STANDARD_RULES).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ id: 'p99', quantile: 0.99, seconds: 1 }),
      expect.objectContaining({ id: 'p99-warn', seconds: 0.8 }),
      expect.objectContaining({ id: 'cpu', limit: 0.8 }),
      expect.objectContaining({ id: '5xx', limit: 0.01 }),
      expect.objectContaining({ id: '5xx-hard', limit: 0.05 }),
      expect.objectContaining({ id: 'business', atLeast: 0.995 }),
      expect.objectContaining({ id: 'coverage', atLeast: 0.8 }),
    ]),
  )
})
