/** What a rule's breach leads to. `block`: the build gate of the main action. */
export type RuleAction = 'abort' | 'hard-abort' | 'warn' | 'page' | 'block'

export type Rule = {
  readonly id: string
  readonly title: string
  /** Seconds over which it is judged; 0 for a rule without time. */
  readonly window: number
  readonly action: RuleAction
} & (
  | { readonly metric: 'errors'; readonly limit: number }
  | { readonly metric: 'latency'; readonly quantile: number; readonly seconds: number }
  | { readonly metric: 'cpu'; readonly limit: number }
  | { readonly metric: 'business'; readonly atLeast: number }
  | { readonly metric: 'coverage'; readonly atLeast: number }
)

/** The thresholds of the standard this project follows; ratios are between 0 and 1. */
export const STANDARD_RULES: readonly Rule[] = [
  { id: 'p99', title: 'P99 > 1 s for 5 min', metric: 'latency', quantile: 0.99, seconds: 1, window: 300, action: 'abort' },
  { id: 'cpu', title: 'CPU > 80 % as a 10 min mean', metric: 'cpu', limit: 0.8, window: 600, action: 'abort' },
  { id: '5xx', title: '5xx > 1 % over 5 min', metric: 'errors', limit: 0.01, window: 300, action: 'abort' },
  { id: '5xx-hard', title: '5xx > 5 % for 3 min', metric: 'errors', limit: 0.05, window: 180, action: 'hard-abort' },
  { id: 'p99-warn', title: 'P99 > 800 ms', metric: 'latency', quantile: 0.99, seconds: 0.8, window: 300, action: 'warn' },
  { id: 'business', title: 'business success < 99.5 %', metric: 'business', atLeast: 0.995, window: 300, action: 'page' },
  { id: 'coverage', title: 'coverage >= 80 %', metric: 'coverage', atLeast: 0.8, window: 0, action: 'block' },
] // prettier-ignore

/** Label matchers that choose one version: `{ job: '=shop', version: '=1.4.0' }`; a value starts with its operator. */
export type Selector = Readonly<Record<string, string>>

export interface MetricPreset {
  readonly name: string
  readonly title: string
  /** Counters of bad and of all requests: raw samples over `window` seconds, for whole counts. */
  readonly errors?: (selector: Selector, window: number) => { bad: string; total: string }
  /** Counters of the requests within a bucket edge (seconds) and of all. */
  readonly latency?: (selector: Selector, window: number, edge: number) => { within: string; total: string }
  /** The bucket edges in seconds that the library uses unless told otherwise. */
  readonly edges?: readonly number[]
  /** The used part of the CPUs, 0 … 1, as a mean over `window` seconds, per instance. */
  readonly cpu?: (selector: Selector, window: number) => string
  /** What this source cannot tell. */
  readonly lacks?: string
}

const counters =
  (metric: string, bad: Selector) =>
  (selector: Selector, window: number): { bad: string; total: string } => ({
    bad: `${metric}${matchers({ ...selector, ...bad })}[${window}s]`,
    total: `${metric}${matchers(selector)}[${window}s]`,
  })

const histogram =
  (metric: string) =>
  (selector: Selector, window: number, edge: number): { within: string; total: string } => ({
    within: `${metric}_bucket${matchers({ ...selector, le: edgeMatcher(edge) })}[${window}s]`,
    total: `${metric}_count${matchers(selector)}[${window}s]`,
  })

/** Go services as most of them are instrumented, and the two proxies. */
export const METRIC_PRESETS: readonly MetricPreset[] = [
  {
    name: 'client_golang',
    title: 'prometheus/client_golang: promhttp handlers with the usual names',
    errors: counters('http_requests_total', { code: '=~5..' }),
    latency: histogram('http_request_duration_seconds'),
    // prometheus.DefBuckets
    edges: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    cpu: (selector, window) =>
      `rate(process_cpu_seconds_total${matchers(selector)}[${window}s]) / on(instance, job) go_sched_gomaxprocs_threads${matchers(selector)}`,
  },
  {
    name: 'opentelemetry',
    title: 'OpenTelemetry: http.server.request.duration of the stable semantic conventions',
    errors: counters('http_server_request_duration_seconds_count', { http_response_status_code: '=~5..' }),
    latency: histogram('http_server_request_duration_seconds'),
    edges: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    cpu: (selector, window) =>
      `sum by (instance, job) (rate(process_cpu_time_seconds_total${matchers(selector)}[${window}s])) / on(instance, job) go_processor_limit${matchers(selector)}`,
  },
  {
    name: 'haproxy',
    title: 'HAProxy: its own exporter, per server',
    errors: (selector, window) => ({
      bad: `haproxy_server_http_responses_total${matchers({ ...selector, code: '=5xx' })}[${window}s]`,
      total: `haproxy_server_http_responses_total${matchers(selector)}[${window}s]`,
    }),
    lacks:
      'latency (only a mean of the last 1024 requests, no histogram) and CPU: take them from the service',
  },
  {
    name: 'nginx-plus',
    title: 'nginx Plus: nginx-prometheus-exporter, per upstream server',
    errors: (selector, window) => ({
      bad: `nginxplus_upstream_server_responses${matchers({ ...selector, code: '=5xx' })}[${window}s]`,
      total: `nginxplus_upstream_server_requests${matchers(selector)}[${window}s]`,
    }),
    lacks: 'latency and CPU: take them from the service',
  },
  {
    name: 'nginx-log',
    title: 'nginx: prometheus-nginxlog-exporter, one namespace "nginx", with a label for the version',
    errors: counters('nginx_http_response_count_total', { status: '=~5..' }),
    latency: histogram('nginx_http_response_time_seconds_hist'),
    edges: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    lacks:
      'CPU; and plain nginx (stub_status) has no status codes at all, so its own exporter cannot judge a version',
  },
]

/**
 * `{job="shop", code=~"5.."}` in PromQL. Values are escaped, so none can leave its quotes.
 * The operator is the value's start: `=`, `!=`, `=~` or `!~`; without one it is `=`.
 */
export function matchers(selector: Selector): string {
  const parts = Object.entries(selector).map(([name, text]) => {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) throw new TypeError(`"${name}" is no label name`)
    const operator = /^(?:=~|!~|!=|=)/.exec(text)?.[0] ?? ''
    return `${name}${operator === '' ? '=' : operator}${JSON.stringify(text.slice(operator.length))}`
  })
  return `{${parts.join(', ')}}`
}

/** Prometheus 3 writes `le="1.0"` where version 2 kept `le="1"`: both are matched. */
function edgeMatcher(edge: number): string {
  const escaped = String(edge).replace('.', '\\.')
  return Number.isInteger(edge) ? `=~${escaped}(\\.0)?` : `=${edge}`
}

/** The bucket edges around a limit: equal when it is an edge; undefined where there is none on that side. */
export function edgesAround(limit: number, edges: readonly number[]): { below?: number; above?: number } {
  const below = edges.filter((edge) => edge <= limit).at(-1)
  const above = edges.find((edge) => edge >= limit)
  return { ...(below === undefined ? {} : { below }), ...(above === undefined ? {} : { above }) }
}
