import { METRIC_PRESETS } from '../presets.ts'
import * as f from './fields.ts'

const LABEL = { pattern: /^[a-zA-Z_][a-zA-Z0-9_]*$/, fix: 'a label has letters, digits and _ only' }
const URL_TEXT = {
  pattern: /^https?:\/\/[^\s@]+$/,
  fix: 'write http://host:port or https://host, without user and password',
}
const VECTOR = {
  pattern: /^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})?$/,
  fix: 'write a metric name, with matchers in braces where needed: orders_total{status="failed"}; no rate(), no [5m]',
}

const selector = (doc: string) =>
  f.map(doc, f.text('a value, or an operator (= != =~ !~) and a value'), LABEL)

const auth = f.object('Credentials, as names of environment variables.', {
  bearer: f.variable('The variable that holds a bearer token.'),
  user: f.variable('The variable that holds the user name of basic authentication.'),
  password: f.variable('The variable that holds the password of basic authentication.'),
})

const common = {
  critical: f.flag('A fail stops the release at once. Otherwise it only lowers the score.'),
  'dry-run': f.flag('Measured and shown, but without a say.'),
  weight: f.number('Its part of the score.', { above: 0, example: 1 }),
  'on-nodata': f.choice(
    'What it counts as when there is no data: keep waiting (default), a fail, or a pass.',
    ['wait', 'fail', 'pass'],
  ),
  against: f.choice(
    'Judged against its limit, against the old version at the same time, or both (default).',
    ['limit', 'old', 'both'],
  ),
  window: f.duration('The time it is judged over.'),
  confidence: f.number('How sure a verdict must be.', { min: 0.5, below: 1, example: 0.95 }),
}

const sequential = f.orOff(
  f.object('Early abort: may be looked at any number of times.', {
    tolerated: f.number("How many times the old version's bad-event rate is tolerable.", {
      min: 1,
      example: 1.5,
    }),
    alpha: f.number('The chance of a wrong abort over the whole release.', {
      above: 0,
      max: 0.2,
      example: 0.01,
    }),
  }),
)
const margin = f.ratio("How much higher than the old version's the bad ratio may be.")
const least = f.number('Fewer bad events than this stop no release.', { min: 1, whole: true, example: 3 })
const counters = {
  bad: f.text('The counter of bad events.', VECTOR),
  good: f.text('The counter of good events, instead of bad ones.', VECTOR),
  total: f.text('The counter of all events.', VECTOR),
}
const histogram = f.text('The histogram, without _bucket.', VECTOR)
const quantile = f.number('The quantile, such as 0.99 for P99.', { above: 0, below: 1, example: 0.99 })
const odds = f.number("How many times the odds of being slower than the old version's quantile may grow.", {
  min: 1,
  example: 1.5,
})
const comparison = {
  direction: f.choice('Which change is bad.', ['increase', 'decrease', 'either']),
  tolerance: f.ratio("The tolerated change, as a part of the old version's median.", '25%'),
  every: f.duration('One sample in this time: closer ones depend on each other.', '15s'),
}
const bounds = {
  max: f.number('The greatest value allowed.', { example: 100 }),
  min: f.number('The least value allowed.', { example: 10 }),
}

const errorRule = (doc: string) =>
  f.orOff(
    f.object(doc, {
      ...common,
      ...counters,
      limit: f.ratio('The limit of the bad ratio.'),
      margin,
      sequential,
      least,
    }),
  )
const latencyRule = (doc: string) =>
  f.orOff(
    f.object(doc, {
      ...common,
      histogram,
      quantile,
      limit: f.duration('The limit of the quantile.', '800ms'),
      margin,
      tolerated: odds,
      sequential,
      least,
    }),
  )

/** What may stand below one name of `metrics`: one kind, and what all have. */
const metric = f.object('A metric of your own: one of ratio, latency, samples, value.', {
  title: f.text('What people read.'),
  action: f.choice('What a fail leads to.', ['abort', 'hard-abort', 'warn', 'page']),
  ...common,
  ratio: f.object('Bad (or good) among all events, by two counters.', {
    ...counters,
    total: f.required(counters.total),
    limit: f.ratio('The limit of the bad ratio.'),
    margin,
    sequential,
    least,
  }),
  latency: f.object("A quantile, by a histogram's buckets.", {
    histogram: f.required(histogram),
    quantile,
    limit: f.duration('The limit of the quantile.', '800ms'),
    margin,
    tolerated: odds,
    sequential,
    least,
  }),
  samples: f.object('A gauge: many values of each version.', {
    gauge: f.text('The gauge, one series per instance.', VECTOR),
    query: f.text('PromQL with $selector for the matchers and $window for the time, instead of a gauge.'),
    ...bounds,
    ...comparison,
  }),
  value: f.object('One number of the new version, compared as it is.', {
    query: f.required(f.text('PromQL with $selector for the matchers and $window for the time; one series.')),
    ...bounds,
  }),
})

/** The whole file. */
export const METRICS = f.object('How go-image-pipeline judges a gray release (docs/gray-metrics.md).', {
  prometheus: f.required(
    f.object('The Prometheus server (also Thanos, Mimir, VictoriaMetrics).', {
      url: f.required(f.text('Its address, without /api/v1.', URL_TEXT)),
      auth,
      tls: f.object('TLS.', {
        ca: f.text('Extra authorities: a path, or PEM text.'),
        insecure: f.flag('Do not verify the certificate.'),
      }),
      proxy: f.text('Proxy for these requests; else HTTP_PROXY, HTTPS_PROXY and NO_PROXY.', URL_TEXT),
      timeout: f.duration('For one query.', '10s'),
      headers: f.map('Extra headers without secrets, such as X-Scope-OrgID.', f.text('A value.'), {
        pattern: /^[A-Za-z0-9-]+$/,
        fix: 'a header name has letters, digits and - only',
      }),
      'headers-from-env': f.map(
        'Extra headers whose values are secret.',
        f.variable('The variable that holds the value.'),
        {
          pattern: /^[A-Za-z0-9-]+$/,
          fix: 'a header name has letters, digits and - only',
        },
      ),
      'scrape-interval': f.duration(
        'How often the services are scraped; else found from the samples.',
        '15s',
      ),
      delay: f.duration('How late samples arrive (remote write, Thanos).', '10s'),
      'accept-partial': f.flag('Take results that carry warnings and may be partial.'),
    }),
  ),
  labels: selector('Labels that both versions have, such as job.'),
  'version-label': f.text('The label that holds the version.', LABEL),
  selectors: f.object(
    'The labels of each version, instead of version-label; $old and $new are the names of the release.',
    {
      old: f.required(selector('The old version.')),
      new: f.required(selector('The new version.')),
    },
  ),
  preset: f.choice(
    'Where errors, latency and CPU come from.',
    METRIC_PRESETS.map(({ name }) => name),
  ),
  rules: f.object('The standard rules: changed, or switched off.', {
    p99: latencyRule('P99 > 1 s for 5 min aborts.'),
    cpu: f.orOff(
      f.object('CPU > 80 % as a 10 min mean aborts.', {
        ...common,
        ...comparison,
        limit: f.ratio('The limit of the mean.', '80%'),
        used: f.text('The counter of used CPU seconds.', VECTOR),
        available: f.text('The gauge of available CPUs.', VECTOR),
        cores: f.number('The CPUs of one instance, instead of a gauge.', { above: 0, example: 2 }),
      }),
    ),
    '5xx': errorRule('5xx > 1 % over 5 min aborts.'),
    '5xx-hard': errorRule('5xx > 5 % for 3 min aborts, at any step.'),
    'p99-warn': latencyRule('P99 > 800 ms warns.'),
    business: errorRule('Business success < 99.5 % pages: give its counters.'),
  }),
  metrics: f.map('Metrics of your own.', metric, {
    pattern: /^[a-z0-9][a-z0-9-]*$/,
    fix: 'a name has small letters, digits and - only',
  }),
  slo: f.object(
    'A service level objective: burns of the error budget abort, a spent budget forbids the start.',
    {
      objective: f.required(f.ratio('The good part that was promised.', '99.9%')),
      period: f.duration('Over which it was promised.', '30d'),
      burn: f.number('The burn rate that aborts.', { above: 0, example: 14.4 }),
      ...counters,
    },
  ),
  score: f.object('For metrics that are not critical: passed weight of 100.', {
    pass: f.number('At least this passes.', { min: 0, max: 100, example: 95 }),
    marginal: f.number('Below this fails.', { min: 0, max: 100, example: 75 }),
  }),
  alerts: f.object('No start while an alert fires.', {
    url: f.required(f.text("Alertmanager's address, without /api/v2.", URL_TEXT)),
    filter: f.required(
      f.list(
        'Matchers of the alerts that count.',
        f.text('A matcher.', {
          pattern: /^[a-zA-Z_][a-zA-Z0-9_]*(=|!=|=~|!~)/,
          fix: 'write it like service="shop"',
        }),
      ),
    ),
    auth,
    insecure: f.flag('Do not verify the certificate.'),
  }),
  power: f.choice('When the traffic cannot decide a step: say so, refuse the start, or do not look.', [
    'warn',
    'refuse',
    'off',
  ]),
})

export type MetricsFile = NonNullable<ReturnType<typeof METRICS.read>>
export type RuleFields = NonNullable<MetricsFile['rules']>
export type OwnMetric = NonNullable<MetricsFile['metrics']>[string]

/** The JSON Schema of the file, for editors: `# yaml-language-server: $schema=…`. */
export function metricsSchema(): f.JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Metrics of a gray release',
    ...METRICS.schema,
  }
}
