import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Faults of a service, changed at any time. */
export interface Behaviour {
  /** Share of requests answered with 500. */
  errorRatio: number
  /** Each answer waits so long. */
  latencyMs: number
}

/** One version of a service. Each answer carries `x-version`; /healthz and /metrics are not counted. */
export interface Backend {
  readonly version: string
  readonly port: number
  /** `127.0.0.1:PORT` */
  readonly address: string
  readonly url: string
  readonly behaviour: Behaviour
  /** Requests answered so far. */
  readonly requests: number
  readonly stop: () => Promise<void>
}

const BUCKETS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

/** Starts one on a free port of loopback. Errors are spread evenly (every 1/ratio-th), so that counts are exact. */
export async function startBackend(version: string): Promise<Backend> {
  const behaviour: Behaviour = { errorRatio: 0, latencyMs: 0 }
  const counts = new Map<number, number>()
  const buckets = BUCKETS.map(() => 0)
  let requests = 0
  let sum = 0
  let owed = 0
  const metrics = (): string =>
    [
      '# TYPE http_requests_total counter',
      ...[...counts].map(([code, n]) => `http_requests_total{code="${code}",version="${version}"} ${n}`),
      '# TYPE http_request_duration_seconds histogram',
      ...BUCKETS.map(
        (le, i) => `http_request_duration_seconds_bucket{le="${le}",version="${version}"} ${buckets[i] ?? 0}`,
      ),
      `http_request_duration_seconds_bucket{le="+Inf",version="${version}"} ${requests}`,
      `http_request_duration_seconds_sum{version="${version}"} ${sum}`,
      `http_request_duration_seconds_count{version="${version}"} ${requests}`,
      '',
    ].join('\n')
  const server = createServer((request, response) => {
    response.setHeader('x-version', version)
    if (request.url === '/healthz') {
      response.end('ok\n')
      return
    }
    if (request.url === '/metrics') {
      response.setHeader('content-type', 'text/plain; version=0.0.4')
      response.end(metrics())
      return
    }
    const begun = performance.now()
    owed += behaviour.errorRatio
    const bad = owed >= 1
    if (bad) owed -= 1
    const code = bad ? 500 : 200
    const answer = (): void => {
      const seconds = (performance.now() - begun) / 1000
      requests++
      sum += seconds
      counts.set(code, (counts.get(code) ?? 0) + 1)
      for (const [i, le] of BUCKETS.entries()) if (seconds <= le) buckets[i] = (buckets[i] ?? 0) + 1
      response.statusCode = code
      response.end(`${version}\n`)
    }
    if (behaviour.latencyMs > 0) setTimeout(answer, behaviour.latencyMs)
    else answer()
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    version,
    port,
    address: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}/`,
    behaviour,
    get requests() {
      return requests
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve()
        })
        server.closeAllConnections()
      }),
  }
}
