import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { parse } from 'yaml'
import { ratio, duration, Place, text } from '../../../src/gray/metrics/fields.ts'
import { parseMetrics } from '../../../src/gray/metrics/parse.ts'
import { selectorsFor } from '../../../src/gray/metrics/settings.ts'
import { metricsSchema } from '../../../src/gray/metrics/shape.ts'
import { METRIC_PRESETS } from '../../../src/gray/presets.ts'

const HEAD = "prometheus: {url: 'http://prometheus:9090'}\nversion-label: version\n"
const settingsOf = (yaml: string) => {
  const { settings, problems } = parseMetrics(yaml, 'metrics.yml')
  expect(problems).toEqual([])
  if (settings === undefined) throw new Error('no settings')
  return settings
}

describe('a short file', () => {
  it('needs four lines and no PromQL', () => {
    const { metrics, prometheus, power, score } = settingsOf(`${HEAD}preset: client_golang\n`)
    expect(prometheus.url).toBe('http://prometheus:9090')
    expect(metrics.map(({ name, action, critical, against }) => [name, action, critical, against])).toEqual([
      ['p99', 'abort', true, 'both'],
      ['cpu', 'abort', true, 'both'],
      ['5xx', 'abort', true, 'both'],
      ['5xx-hard', 'hard-abort', true, 'limit'],
      ['p99-warn', 'warn', false, 'limit'],
    ])
    expect([power, score]).toEqual(['warn', { pass: 95, marginal: 75 }])
  })

  it.each(METRIC_PRESETS.map((preset) => ({ name: preset.name, preset })))(
    'preset $name has the rules it can read',
    ({ name, preset }) => {
      const names = settingsOf(`${HEAD}preset: ${name}\n`).metrics.map((metric) => metric.name)
      expect(names).toEqual(expect.arrayContaining(['5xx', '5xx-hard']))
      expect(names.includes('p99')).toBe('latency' in preset)
      expect(names.includes('cpu')).toBe('cpu' in preset)
    },
  )

  it('carries the thresholds of the standard', () => {
    const { metrics } = settingsOf(
      `${HEAD}preset: client_golang\nrules: {business: {good: 'orders{ok="true"}', total: orders}}\n`,
    )
    expect(Object.fromEntries(metrics.map((metric) => [metric.name, metric]))).toMatchObject({
      p99: { quantile: 0.99, limitSeconds: 1, windowMs: 300_000 },
      cpu: { max: 0.8, windowMs: 600_000 },
      '5xx': { limit: 0.01, windowMs: 300_000 },
      '5xx-hard': { limit: 0.05, windowMs: 180_000, action: 'hard-abort' },
      'p99-warn': { limitSeconds: 0.8, action: 'warn' },
      business: { limit: 0.005, action: 'page', partIs: 'good' },
    })
  })
})

describe('overriding and extending', () => {
  const FULL = `${HEAD}preset: client_golang
labels: {job: shop}
rules:
  p99: {limit: 800ms, confidence: 0.99, against: limit, sequential: off}
  cpu: off
  5xx: {limit: 0.5%, margin: 0.2%, window: 2m, weight: 3, on-nodata: fail, dry-run: true, critical: false}
  p99-warn: false
metrics:
  pay: {ratio: {bad: 'pay_total{result="failed"}', total: pay_total, limit: 0.1%}, critical: true}
  checkout: {latency: {histogram: 'checkout_seconds{route="/pay"}', quantile: 0.95, limit: 300ms}}
  routines: {samples: {gauge: go_goroutines, direction: increase, tolerance: 50%, every: 30s}}
  heap: {samples: {query: 'go_memstats_heap_inuse_bytes{$selector}', max: 1.0e+9}, against: limit}
  queue: {value: {query: 'max(queue_depth{$selector})', max: 100}, action: page}
slo: {objective: 99.9%}
score: {pass: 90, marginal: 50}
alerts: {url: 'http://alertmanager:9093', filter: ['service="shop"']}
power: refuse
`
  it('reads all of it', () => {
    const settings = settingsOf(FULL)
    const by = Object.fromEntries(settings.metrics.map((metric) => [metric.name, metric]))
    expect(Object.keys(by)).toEqual([
      'p99',
      '5xx',
      '5xx-hard',
      'pay',
      'checkout',
      'routines',
      'heap',
      'queue',
      'slo-burn',
    ])
    expect(by['p99']).toMatchObject({ limitSeconds: 0.8, confidence: 0.99, against: 'limit' })
    expect(by['p99']).not.toHaveProperty('sequential')
    expect(by['5xx']).toMatchObject({
      limit: 0.005,
      margin: 0.002,
      windowMs: 120_000,
      weight: 3,
      onNodata: 'fail',
      dryRun: true,
      critical: false,
    })
    expect(by['pay']).toMatchObject({
      kind: 'ratio',
      part: 'pay_total{result="failed"}',
      limit: 0.001,
      margin: 0.001,
      critical: true,
      sequential: { tolerated: 1.5, alpha: 0.01 },
    })
    expect(by['checkout']).toMatchObject({ kind: 'latency', quantile: 0.95, limitSeconds: 0.3, margin: 0.05 })
    expect(by['routines']).toMatchObject({ against: 'old', tolerance: 0.5, everyMs: 30_000 })
    expect(by['heap']).toMatchObject({ against: 'limit', max: 1e9 })
    expect(by['queue']).toMatchObject({ kind: 'value', action: 'page', against: 'limit' })
    expect(by['slo-burn']).toMatchObject({ limit: 0.0144, confirm: 1 / 12, critical: true })
    expect(settings.alerts).toEqual({
      url: 'http://alertmanager:9093',
      filter: ['service="shop"'],
      unverified: false,
    })
  })

  it('tells versions apart by a label, or by matchers with the names in them', () => {
    const names = { old: '1.4', new: '1.5' }
    expect(selectorsFor(settingsOf(FULL), names)).toEqual({
      old: { job: 'shop', version: '=1.4' },
      new: { job: 'shop', version: '=1.5' },
    })
    const chosen = settingsOf(
      "prometheus: {url: 'http://p'}\npreset: haproxy\nselectors: {old: {server: old}, new: {server: 'shop-$new'}}\n",
    )
    expect(selectorsFor(chosen, names)).toEqual({ old: { server: 'old' }, new: { server: 'shop-1.5' } })
  })
})

describe('faults', () => {
  const rows: [string, string, RegExp, RegExp][] = [
    ['no Prometheus', 'version-label: v\npreset: haproxy\n', /prometheus is missing/, /add it/],
    ['a misspelt field', `${HEAD}presett: haproxy\n`, /presett is not a field/, /did you mean "preset"/],
    [
      'a nested misspelt field',
      `${HEAD}preset: haproxy\nrules: {5xx: {limitt: 1%}}\n`,
      /rules\.5xx\.limitt/,
      /"limit"/,
    ],
    [
      'an unknown preset',
      `${HEAD}preset: client-golang\n`,
      /preset must be one of/,
      /did you mean client_golang/,
    ],
    [
      'a limit of 1',
      `${HEAD}preset: haproxy\nrules: {5xx: {limit: 1}}\n`,
      /5xx\.limit must be a percentage/,
      /like 1%/,
    ],
    [
      'a limit of 101 %',
      `${HEAD}preset: haproxy\nrules: {5xx: {limit: 101%}}\n`,
      /must be a percentage/,
      /1%/,
    ],
    [
      'a time without a unit',
      `${HEAD}preset: client_golang\nrules: {p99: {limit: 800}}\n`,
      /no duration/,
      /800ms/,
    ],
    [
      'a label that YAML makes a number',
      `${HEAD}preset: haproxy\nlabels: {env: 1.20}\n`,
      /labels\.env must be a text/,
      /quotes/,
    ],
    [
      'no way to tell versions apart',
      "prometheus: {url: 'http://p'}\npreset: haproxy\n",
      /told apart/,
      /version-label/,
    ],
    [
      'two ways to tell them apart',
      `${HEAD}preset: haproxy\nselectors: {old: {a: b}, new: {a: c}}\n`,
      /both version-label and selectors/,
      /keep one/,
    ],
    [
      'equal selectors',
      "prometheus: {url: 'http://p'}\npreset: haproxy\nselectors: {old: {a: b}, new: {a: b}}\n",
      /same for both/,
      /differs/,
    ],
    ['nothing to judge', HEAD, /names nothing to judge/, /preset/],
    [
      'only warnings',
      `${HEAD}metrics: {q: {value: {query: 'x{$selector}', max: 1}, action: warn}}\n`,
      /no metric with a say/,
      /abort/,
    ],
    [
      'a query with rate',
      `${HEAD}metrics: {q: {ratio: {bad: 'rate(x[5m])', total: x}}}\n`,
      /q\.ratio\.bad cannot be used/,
      /no rate/,
    ],
    [
      'two kinds',
      `${HEAD}metrics: {q: {ratio: {bad: a, total: b, limit: 1%}, value: {query: 'x{$selector}', max: 1}}}\n`,
      /ratio and value at once/,
      /exactly one/,
    ],
    ['no kind', `${HEAD}metrics: {q: {weight: 2}}\n`, /nothing to measure/, /ratio, latency, samples, value/],
    [
      'a query for both versions',
      `${HEAD}metrics: {q: {value: {query: up, max: 1}}}\n`,
      /does not hold \$selector/,
      /\$selector/,
    ],
    [
      'good and bad',
      `${HEAD}metrics: {q: {ratio: {good: a, bad: a, total: b, limit: 1%}}}\n`,
      /both bad and good/,
      /keep one/,
    ],
    [
      'no counter',
      `${HEAD}metrics: {q: {ratio: {total: b, limit: 1%}}}\n`,
      /no counter of bad or good/,
      /good:/,
    ],
    [
      'a limit that is not there',
      `${HEAD}metrics: {q: {ratio: {bad: a, total: b}, against: limit}}\n`,
      /has no limit/,
      /against: old/,
    ],
    [
      'a rule the preset cannot feed',
      `${HEAD}preset: haproxy\nrules: {p99: {limit: 800ms}}\n`,
      /rules\.p99 has nothing to read/,
      /histogram/,
    ],
    [
      'business without counters',
      `${HEAD}preset: haproxy\nrules: {business: {limit: 1%}}\n`,
      /rules\.business has nothing to read/,
      /counters/,
    ],
    [
      'a name that is taken',
      `${HEAD}preset: haproxy\nmetrics: {5xx: {value: {query: 'x{$selector}', max: 1}}}\n`,
      /name of a standard rule/,
      /rules/,
    ],
    [
      'marginal above pass',
      `${HEAD}preset: haproxy\nscore: {pass: 50, marginal: 60}\n`,
      /marginal above pass/,
      /not exceed/,
    ],
    [
      'a burn that cannot be',
      `${HEAD}preset: haproxy\nslo: {objective: 90%}\n`,
      /can never burn 14.4 times/,
      /smaller/,
    ],
    [
      'half of basic credentials',
      "prometheus: {url: 'http://p', auth: {user: U}}\nversion-label: v\npreset: haproxy\n",
      /neither a bearer token/,
      /password/,
    ],
    [
      'credentials in the address',
      "prometheus: {url: 'http://u:p@p'}\nversion-label: v\npreset: haproxy\n",
      /url cannot be used/,
      /without user/,
    ],
    [
      'a secret header in the open',
      "prometheus: {url: 'http://p', headers: {Authorization: x}}\nversion-label: v\npreset: haproxy\n",
      /looks like a secret/,
      /headers-from-env/,
    ],
    [
      'a key written twice',
      `${HEAD}${HEAD}preset: haproxy\n`,
      /no good YAML|not good YAML/,
      /correct the line/,
    ],
    [
      'a bad filter',
      `${HEAD}preset: haproxy\nalerts: {url: 'http://a', filter: [shop]}\n`,
      /filter\[0\]/,
      /service="shop"/,
    ],
    [
      'an empty filter',
      `${HEAD}preset: haproxy\nalerts: {url: 'http://a', filter: []}\n`,
      /at least one/,
      /"- "/,
    ],
    ['a text as the file', 'hello\n', /the file must hold fields/, /prometheus/],
  ]
  it.each(rows)('%s', (_, yaml, what, fix) => {
    const { settings, problems } = parseMetrics(yaml, 'metrics.yml')
    expect(settings).toBeUndefined()
    expect(problems[0]).toMatchObject({ code: 'gray-metrics', input: 'metrics' })
    expect(problems.map((problem) => problem.what).join('\n')).toMatch(what)
    expect(problems.map((problem) => problem.fix).join('\n')).toMatch(fix)
    for (const problem of problems) expect(problem.where).toMatch(/^metrics\.yml/)
  })

  it('all are told at once, with line and column of broken YAML', () => {
    expect(parseMetrics('prometheus: {}\npreset: x\nrules: {a: 1}\n').problems.length).toBeGreaterThanOrEqual(
      3,
    )
    expect(parseMetrics('a: [1\nb: 2\n', 'm.yml').problems[0]?.where).toMatch(/^m\.yml:\d+:\d+$/)
  })

  it('never shows what may be a secret', () => {
    const yaml =
      "prometheus: {url: 'http://p', auth: {bearer: glsa_supersecret}, headers-from-env: {X-Key: hunter2}}\nversion-label: v\npreset: haproxy\n"
    const { problems } = parseMetrics(yaml)
    expect(problems).toHaveLength(2)
    expect(JSON.stringify(problems)).not.toMatch(/supersecret|hunter2/)
  })
})

describe('values', () => {
  const read = <T>(shape: { read(value: unknown, place: Place): T | undefined }, value: unknown) =>
    shape.read(value, new Place('f', []))
  it.each<[unknown, number | undefined]>([
    ['1%', 0.01], ['0.5 %', 0.005], ['99.9%', 0.999], [0.01, 0.01], [0, 0], ['100%', 1],
    [1, undefined], [-0.1, undefined], ['1', undefined], ['200%', undefined], ['%', undefined], [null, undefined],
  ])('ratio %j is %s', (value, expected) => expect(read(ratio('r'), value)).toBe(expected)) // prettier-ignore
  it.each<[unknown, number | undefined]>([
    ['800ms', 800], ['1.5s', 1500], ['5m', 300_000], ['1h30m', 5_400_000], ['30d', 2_592_000_000], ['0.3s', 300],
    ['0s', undefined], ['', undefined], ['5', undefined], [5, undefined], ['5 m', undefined], ['m', undefined], ['5m5', undefined],
  ])('duration %j is %s', (value, expected) => expect(read(duration('d'), value)).toBe(expected)) // prettier-ignore
  it('percentages are exact decimals', () =>
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 }), (hundredths) => {
        expect(read(ratio('r'), `${hundredths / 100}%`)).toBe(Number((hundredths / 10_000).toFixed(6)))
      }),
    ))
  it('text must not be blank', () => expect(read(text('t'), ' ')).toBeUndefined())
})

describe('the JSON Schema', () => {
  const schema = metricsSchema()
  const validate = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema)
  it('is the committed file (npm run generate)', () => {
    const file = join(import.meta.dirname, '../../../schemas/gray-metrics.schema.json')
    expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(schema, null, 2)}\n`)
  })

  /** Values for every place of the schema, right ones and wrong ones. */
  const arbitrary = (node: Record<string, unknown>): fc.Arbitrary<unknown> => {
    const wrong = fc.constantFrom<unknown>(
      null,
      true,
      -1,
      2,
      'x y',
      '',
      [],
      {},
      '1%',
      '5m',
      0.5,
      'A_NAME',
      'off',
    )
    const right = (): fc.Arbitrary<unknown> => {
      if (Array.isArray(node['anyOf']))
        return fc.oneof(...(node['anyOf'] as Record<string, unknown>[]).map(arbitrary))
      if (Array.isArray(node['enum'])) return fc.constantFrom(...(node['enum'] as unknown[]))
      if (node['type'] === 'object' && node['properties'] !== undefined) {
        const properties = node['properties'] as Record<string, Record<string, unknown>>
        const required = (node['required'] ?? []) as string[]
        const optional = Object.keys(properties).filter((name) => !required.includes(name))
        return fc
          .subarray(optional, { maxLength: Math.min(2, optional.length) })
          .chain((some) =>
            fc.record(
              Object.fromEntries(
                [...required, ...some].map((name) => [name, arbitrary(properties[name] ?? {})]),
              ),
            ),
          )
      }
      if (node['type'] === 'object') {
        const [inner] = Object.values(node['patternProperties'] as Record<string, Record<string, unknown>>)
        return fc.dictionary(fc.constantFrom('a', 'b1', 'c', 'Bad Name'), arbitrary(inner ?? {}), {
          maxKeys: 2,
        })
      }
      if (node['type'] === 'array')
        return fc.array(arbitrary(node['items'] as Record<string, unknown>), { maxLength: 2 })
      if (node['type'] === 'boolean') return fc.boolean()
      if (node['type'] === 'number') return fc.constantFrom<unknown>(0.5, 0.95, 1, 2, 100)
      if (node['type'] === 'integer') return fc.constantFrom<unknown>(1, 3, 2.5)
      const pattern = new RegExp(typeof node['pattern'] === 'string' ? node['pattern'] : '.')
      // What stands after a lookahead cannot be generated.
      return pattern.source.includes('(?=')
        ? fc.constantFrom('5m', '1h30m', '0s', '5', '1.5s')
        : fc.oneof(
            fc.stringMatching(pattern),
            fc.constantFrom('http://p', 'A_NAME', '1%', 'a', 'total{a="b"}'),
          )
    }
    return fc.oneof({ weight: 60, arbitrary: right() }, { weight: 1, arbitrary: wrong })
  }

  it('accepts and refuses exactly what the reader takes', async () => {
    const { METRICS } = await import('../../../src/gray/metrics/shape.ts')
    let accepted = 0
    fc.assert(
      fc.property(arbitrary(METRICS.schema as Record<string, unknown>), (value) => {
        const problems: never[] = []
        const read = METRICS.read(value, new Place('f', problems))
        expect({ value, ok: validate(value) }).toEqual({ value, ok: read !== undefined })
        expect(read === undefined).toBe(problems.length > 0)
        if (read !== undefined) accepted++
      }),
      { numRuns: 1500, seed: 7 },
    )
    expect(accepted).toBeGreaterThan(200)
  })

  it('describes every field', () => {
    const bare: string[] = []
    const walk = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return
      const { properties, description } = node as {
        properties?: Record<string, unknown>
        description?: string
      }
      for (const [name, child] of Object.entries(properties ?? {})) walk(child, `${path}.${name}`)
      const anyOf = (node as { anyOf?: unknown[] }).anyOf
      if (description === undefined && anyOf === undefined) bare.push(path)
      for (const one of anyOf ?? [])
        if (!('enum' in (one as object)) && description === undefined) walk(one, path)
    }
    walk(schema, '')
    expect(bare).toEqual([])
  })

  it('takes the examples of the documentation', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/gray-metrics.md'), 'utf8')
    const blocks = [...text.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, block = '']) => block)
    const whole = blocks.filter((block) => /^prometheus:/m.test(block))
    expect(whole.length).toBeGreaterThan(1)
    for (const block of whole) {
      expect(parseMetrics(block).problems).toEqual([])
      expect({ block, ok: validate(parse(block)), errors: validate.errors }).toMatchObject({ ok: true })
    }
  })
})
