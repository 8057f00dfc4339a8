import type { Act } from '../../base/act.ts'
import { inputError, messageOf, PipelineError, type Problem } from '../../base/errors.ts'
import { type Http, type HttpOptions, SystemHttp } from '../../base/http.ts'
import type { Measurement, Measurer, Window } from '../ports.ts'
import { Prometheus, type PrometheusServer } from '../prometheus.ts'
import type { ReleasePlan } from '../reducer.ts'
import { checkStart } from './check.ts'
import { compose, type Measured } from './compose.ts'
import { evaluateLatency, evaluateRatio } from './evaluate-events.ts'
import { evaluateSamples, evaluateValue } from './evaluate-samples.ts'
import { type Look, lookOf } from './look.ts'
import { type PowerReport, powerReport } from './power-report.ts'
import { Reader } from './read.ts'
import {
  type MetricSpec,
  type MetricsSettings,
  type Selectors,
  selectorsFor,
  type ServerSettings,
} from './settings.ts'
import { type MetricsServer, type QueryRecord, Source } from './source.ts'

export type MeasurerAct = Pick<Act, 'http' | 'signal' | 'clock' | 'log' | 'counter' | 'env' | 'secrets'>

export interface Release {
  /** The names of both versions, as they stand in the version's label. */
  readonly old: string
  readonly new: string
  readonly plan: Pick<ReleasePlan, 'steps' | 'warmUpMs' | 'maxExtends'>
}

export interface MetricsMeasurer extends Measurer {
  /** Whether the old version's present traffic can decide the steps. */
  power(signal: AbortSignal): Promise<PowerReport>
}

/**
 * Connects the metrics file with Prometheus and the judge. Credentials are read here, from the variables the file names;
 * throws an input error that lists all that are missing.
 */
export function makeMeasurer(
  settings: MetricsSettings,
  act: MeasurerAct,
  release: Release,
  makeHttp: (options: HttpOptions) => Http = (options) => new SystemHttp(options),
): MetricsMeasurer {
  const alertAuth = authOf(settings.alerts?.auth, act)
  const ask = connect(settings, act, makeHttp, alertAuth.problems)
  const selectors = selectorsFor(settings, release)
  const options = { acceptPartial: settings.prometheus.acceptPartial }
  // Kept from look to look; each look brings its own signal.
  let signal = act.signal
  const kept = new Source(
    {
      instant: (query, at) => ask(signal).instant(query, at),
      range: (query, span) => ask(signal).range(query, span),
    },
    options,
  )
  const power = (by: AbortSignal): Promise<PowerReport> =>
    powerReport(settings, selectors, new Source(ask(by), options), release.plan, act.clock.now())
  return {
    power,
    check: (by) =>
      checkStart(settings, selectors, new Source(ask(by), options), {
        now: act.clock.now(),
        log: act.log,
        alerts: { http: act.http, headers: alertAuth.headers, signal: AbortSignal.any([act.signal, by]) },
        power: () => power(by),
        bothNamed: release.old !== '' && release.new !== '' && release.old !== release.new,
      }),
    measure: async (window, by) => {
      signal = by
      try {
        return await measureWindow(settings, selectors, kept, window, release.plan)
      } catch (error) {
        if (by.aborted || act.signal.aborted) throw error
        // A fault of our own is no verdict about the release.
        return {
          at: window.end,
          verdict: 'error',
          reason: `the metrics could not be judged: ${messageOf(error)}`,
          metrics: [],
        }
      }
    },
  }
}

/** The Prometheus of the settings, by the signal of each use: what `replay` and `checkAgainstItself` ask. */
export function connect(
  settings: MetricsSettings,
  act: MeasurerAct,
  makeHttp: (options: HttpOptions) => Http = (options) => new SystemHttp(options),
  more: readonly Problem[] = [],
): (signal: AbortSignal) => MetricsServer {
  const server = serverOf(settings.prometheus, act)
  const problems = [...server.problems, ...more]
  if (problems.length > 0) throw new PipelineError('input', problems)
  const http = ownHttp(settings.prometheus, makeHttp) ?? act.http
  const { clock, log, counter } = act
  return (signal) =>
    new Prometheus({ http, clock, log, counter, signal: AbortSignal.any([act.signal, signal]) }, server.value)
}

/** One look: all metrics at once, then one verdict. */
export async function measureWindow(
  settings: MetricsSettings,
  selectors: Selectors,
  source: Source,
  window: Window,
  plan: Pick<ReleasePlan, 'steps' | 'warmUpMs'>,
): Promise<Measurement> {
  const look = lookOf(window, plan, settings.prometheus.delayMs)
  const reader = new Reader(source, look, settings)
  const measured = await Promise.all(
    settings.metrics.map((spec) => measureOne(spec, reader, look, selectors)),
  )
  return compose(measured, look, settings.score)
}

async function measureOne(
  spec: MetricSpec,
  reader: Reader,
  look: Look,
  selectors: Selectors,
): Promise<Measured> {
  const queries: QueryRecord[] = []
  // At 100 % the old version has no traffic; its leftovers would be noise.
  const old = look.percent < 100 ? selectors.old : undefined
  const absent = { verdict: 'nodata', reason: 'at 100 % there is no old version' } as const
  switch (spec.kind) {
    case 'ratio': {
      const [fresh, before] = await Promise.all([
        reader.ratio(spec, selectors.new, queries),
        old === undefined ? absent : reader.ratio(spec, old, queries),
      ])
      return { ...evaluateRatio(spec, look, fresh, before), queries }
    }
    case 'latency': {
      const events = await reader.latency(
        spec,
        { new: selectors.new, ...(old === undefined ? {} : { old }) },
        queries,
      )
      return { ...evaluateLatency(spec, look, events.new, events.old ?? absent), queries }
    }
    case 'samples': {
      const [fresh, before] = await Promise.all([
        reader.samples(spec, selectors.new, queries),
        old === undefined ? absent : reader.samples(spec, old, queries),
      ])
      return { ...evaluateSamples(spec, look, fresh, before), queries }
    }
    case 'value':
      return { ...evaluateValue(spec, look, await reader.value(spec, selectors.new, queries)), queries }
  }
}

function ownHttp(server: ServerSettings, make: (options: HttpOptions) => Http): Http | undefined {
  const { proxy, tls } = server
  if (proxy === undefined && tls?.ca === undefined) return undefined
  try {
    return make({
      ...(proxy === undefined ? {} : { proxy }),
      ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
    })
  } catch (error) {
    throw inputError({
      code: 'gray-metrics',
      what: 'prometheus.tls.ca or prometheus.proxy cannot be used',
      cause: messageOf(error),
      fix: 'give the path of a PEM file, or its text',
      input: 'metrics',
    })
  }
}

function serverOf(
  settings: ServerSettings,
  act: MeasurerAct,
): { value: PrometheusServer; problems: Problem[] } {
  const { auth, problems } = authOf(settings.auth, act)
  const headers: Record<string, string> = { ...settings.headers }
  for (const [name, variable] of Object.entries(settings.headersFromEnv ?? {})) {
    const value = secretOf(variable, act)
    if (value === undefined) problems.push(missing(variable))
    else headers[name] = value
  }
  return {
    value: {
      url: settings.url,
      headers,
      ...(auth === undefined ? {} : { auth }),
      ...(settings.timeoutMs === undefined ? {} : { timeoutMs: settings.timeoutMs }),
      ...(settings.tls?.unverified === true ? { unverified: true } : {}),
    },
    problems,
  }
}

function authOf(
  auth: ServerSettings['auth'],
  act: MeasurerAct,
): { auth?: NonNullable<PrometheusServer['auth']>; headers: Record<string, string>; problems: Problem[] } {
  if (auth === undefined) return { headers: {}, problems: [] }
  const names = [auth.bearer, auth.user, auth.password].filter((name) => name !== undefined)
  const problems = names.filter((name) => secretOf(name, act) === undefined).map(missing)
  if (problems.length > 0) return { headers: {}, problems }
  const value = (name: string | undefined): string => (name === undefined ? '' : (secretOf(name, act) ?? ''))
  if (auth.bearer !== undefined) {
    const token = value(auth.bearer)
    return { auth: { kind: 'bearer', token }, headers: { authorization: `Bearer ${token}` }, problems }
  }
  const [user, password] = [value(auth.user), value(auth.password)]
  const basic = Buffer.from(`${user}:${password}`).toString('base64')
  act.secrets.mask(basic)
  return { auth: { kind: 'basic', user, password }, headers: { authorization: `Basic ${basic}` }, problems }
}

function secretOf(name: string, act: MeasurerAct): string | undefined {
  const value = act.env[name]?.trim()
  if (value === undefined || value === '') return undefined
  act.secrets.mask(value)
  return value
}

function missing(name: string): Problem {
  return {
    code: 'gray-metrics-secret',
    what: `the environment variable ${name}, which the metrics file names, is not set`,
    fix: `set it in the step: env: {${name}: \${{ secrets.${name} }}}`,
    input: 'metrics',
  }
}
