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
export const STANDARD_RULES = [
  { id: 'p99', title: 'P99 > 1 s for 5 min', metric: 'latency', quantile: 0.99, seconds: 1, window: 300, action: 'abort' },
  { id: 'cpu', title: 'CPU > 80 % as a 10 min mean', metric: 'cpu', limit: 0.8, window: 600, action: 'abort' },
  { id: '5xx', title: '5xx > 1 % over 5 min', metric: 'errors', limit: 0.01, window: 300, action: 'abort' },
  { id: '5xx-hard', title: '5xx > 5 % for 3 min', metric: 'errors', limit: 0.05, window: 180, action: 'hard-abort' },
  { id: 'p99-warn', title: 'P99 > 800 ms', metric: 'latency', quantile: 0.99, seconds: 0.8, window: 300, action: 'warn' },
  { id: 'business', title: 'business success < 99.5 %', metric: 'business', atLeast: 0.995, window: 300, action: 'page' },
  { id: 'coverage', title: 'coverage >= 80 %', metric: 'coverage', atLeast: 0.8, window: 0, action: 'block' },
] as const satisfies readonly Rule[] // prettier-ignore

/** Label matchers that choose one version: `{ job: '=shop', version: '=1.4.0' }`; a value may start with its operator. */
export type Selector = Readonly<Record<string, string>>

/** Vector selectors without the version's labels, which `vectorOf` adds. */
export interface MetricPreset {
  readonly name: string
  readonly title: string
  /** Counters of bad and of all requests. */
  readonly errors: { readonly bad: string; readonly total: string }
  /** The histogram's name, without `_bucket`. */
  readonly latency?: { readonly histogram: string }
  /** CPU seconds used (a counter) and CPUs available (a gauge), both per instance. */
  readonly cpu?: { readonly used: string; readonly available: string }
  /** The bucket edges in seconds that the library uses unless told otherwise. */
  readonly edges?: readonly number[]
  /** What this source cannot tell. */
  readonly lacks?: string
}

/** Go services as most of them are instrumented, and the two proxies. */
export const METRIC_PRESETS = [
  {
    name: 'client_golang',
    title: 'prometheus/client_golang: promhttp handlers with the usual names',
    errors: { bad: 'http_requests_total{code=~"5.."}', total: 'http_requests_total' },
    latency: { histogram: 'http_request_duration_seconds' },
    // prometheus.DefBuckets
    edges: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    cpu: { used: 'process_cpu_seconds_total', available: 'go_sched_gomaxprocs_threads' },
  },
  {
    name: 'opentelemetry',
    title: 'OpenTelemetry: http.server.request.duration of the stable semantic conventions',
    errors: {
      bad: 'http_server_request_duration_seconds_count{http_response_status_code=~"5.."}',
      total: 'http_server_request_duration_seconds_count',
    },
    latency: { histogram: 'http_server_request_duration_seconds' },
    edges: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    cpu: { used: 'process_cpu_time_seconds_total', available: 'go_processor_limit' },
  },
  {
    name: 'haproxy',
    title: 'HAProxy: its own exporter, per server',
    errors: {
      bad: 'haproxy_server_http_responses_total{code="5xx"}',
      total: 'haproxy_server_http_responses_total',
    },
    lacks:
      'latency (only a mean of the last 1024 requests, no histogram) and CPU: take them from the service',
  },
  {
    name: 'nginx-plus',
    title: 'nginx Plus: nginx-prometheus-exporter, per upstream server',
    errors: {
      bad: 'nginxplus_upstream_server_responses{code="5xx"}',
      total: 'nginxplus_upstream_server_requests',
    },
    lacks: 'latency and CPU: take them from the service',
  },
  {
    name: 'nginx-log',
    title: 'nginx: prometheus-nginxlog-exporter, one namespace "nginx", with a label for the version',
    errors: {
      bad: 'nginx_http_response_count_total{status=~"5.."}',
      total: 'nginx_http_response_count_total',
    },
    latency: { histogram: 'nginx_http_response_time_seconds_hist' },
    edges: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    lacks:
      'CPU; and plain nginx (stub_status) has no status codes at all, so its own exporter cannot judge a version',
  },
] as const satisfies readonly MetricPreset[]

/**
 * `job="shop", code=~"5.."` in PromQL. Values are escaped, so none can leave its quotes.
 * The operator is the value's start: `=`, `!=`, `=~` or `!~`; without one it is `=`.
 */
export function matcherList(selector: Selector): string {
  const parts = Object.entries(selector).map(([name, text]) => {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) throw new TypeError(`"${name}" is no label name`)
    const operator = /^(?:=~|!~|!=|=)/.exec(text)?.[0] ?? ''
    return `${name}${operator === '' ? '=' : operator}${JSON.stringify(text.slice(operator.length))}`
  })
  return parts.join(', ')
}

/** `{job="shop", code=~"5.."}`. */
export const matchers = (selector: Selector): string => `{${matcherList(selector)}}`

/** A vector selector of the user's (`orders_total{status="failed"}`) with a version's matchers, and a suffix to its name. */
export function vectorOf(vector: string, selector: Selector, suffix = ''): string {
  const [, name = vector, own = ''] = /^([^{]*)(?:\{(.*)\})?$/s.exec(vector) ?? []
  const parts = [own.trim().replace(/,$/, ''), matcherList(selector)].filter((part) => part !== '')
  return `${name}${suffix}${parts.length === 0 ? '' : `{${parts.join(', ')}}`}`
}

/** The bucket edges around a limit: equal when it is an edge; undefined where there is none on that side. */
export function edgesAround(limit: number, edges: readonly number[]): { below?: number; above?: number } {
  const below = edges.filter((edge) => edge <= limit).at(-1)
  const above = edges.find((edge) => edge >= limit)
  return { ...(below === undefined ? {} : { below }), ...(above === undefined ? {} : { above }) }
}
