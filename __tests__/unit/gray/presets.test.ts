import { describe, expect, it } from '@jest/globals'
import {
  edgesAround,
  matchers,
  METRIC_PRESETS,
  type MetricPreset,
  STANDARD_RULES,
  vectorOf,
} from '../../../src/gray/presets.ts'

const preset = (name: string): MetricPreset | undefined => METRIC_PRESETS.find((one) => one.name === name)

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

describe('a vector of the user, of a preset', () => {
  const selector = { job: '=shop', version: '=2' }
  it.each([
    ['up', '', 'up{job="shop", version="2"}'],
    ['up{}', '', 'up{job="shop", version="2"}'],
    ['orders{status="failed"}', '', 'orders{status="failed", job="shop", version="2"}'],
    ['orders{status="failed",}', '', 'orders{status="failed", job="shop", version="2"}'],
    [
      'checkout_seconds{route="/{id}"}',
      '_bucket',
      'checkout_seconds_bucket{route="/{id}", job="shop", version="2"}',
    ],
  ])('%s%s', (vector, suffix, query) => expect(vectorOf(vector, selector, suffix)).toBe(query))

  it('stays as it is without matchers', () => expect(vectorOf('up', {})).toBe('up'))

  it.each(METRIC_PRESETS.map((one) => ({ ...one })))('$name names its counters', (one) => {
    expect(vectorOf(one.errors.total, selector)).toBe(`${one.errors.total}{job="shop", version="2"}`)
    expect(vectorOf(one.errors.bad, selector)).toMatch(/5(\.\.|xx)/)
  })

  it('the proxies say what they lack', () => {
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
