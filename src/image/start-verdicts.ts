import { formatDuration } from '../base/clock.ts'
import type { Problem } from '../base/errors.ts'
import type { PortVerdict } from './ports.ts'
import type { StartReport } from './start-types.ts'

/** Why a service is not ready when its time is over. */
export function notReady(
  verdict: PortVerdict | undefined,
  seen: {
    readonly exposed: readonly number[]
    readonly healthPath?: string
    readonly lastHealth: string
    readonly limitMs: number
  },
): Problem {
  const exposed = seen.exposed.join(', ')
  const within = formatDuration(seen.limitMs)
  const healthPath = seen.healthPath
  switch (verdict?.kind) {
    case 'loopback':
      return {
        code: 'start-loopback',
        what: `the program listens on 127.0.0.1:${verdict.ports.join(', ')} only`,
        cause: 'nobody outside the container can reach that address',
        fix: `listen on all addresses: ":${verdict.ports[0] ?? 8080}" or "0.0.0.0:${verdict.ports[0] ?? 8080}" instead of "localhost"`,
      }
    case 'elsewhere':
      return {
        code: 'start-wrong-port',
        what: `the image promises port ${exposed}, but the program listens on ${verdict.open.join(', ')}`,
        cause: 'EXPOSE (or the "expose" input) and the program do not agree',
        fix: `expose ${verdict.open.join(', ')}, or make the program listen on ${exposed}`,
      }
    case 'ready':
      return {
        code: 'start-unhealthy',
        what: `${healthPath ?? ''} did not answer 2xx within ${within}`,
        ...(seen.lastHealth === '' ? {} : { cause: seen.lastHealth }),
        input: 'health-path',
        ...(healthPath === undefined ? {} : { value: healthPath }),
        fix: 'correct the path, or give the program what it needs to be healthy ("start-env"); raise "start-timeout" for a slow start',
      }
    case 'waiting':
    case 'quiet':
    case undefined:
      return {
        code: 'start-not-listening',
        what:
          exposed === ''
            ? `the program opened no port within ${within}`
            : `port ${exposed} was not open within ${within}`,
        cause: seen.lastHealth === '' ? 'the program runs, but does not listen' : seen.lastHealth,
        fix: 'raise "start-timeout" for a slow start; if it lacks configuration, give it with "start-env"; a program without a port needs no EXPOSE',
      }
  }
}

/** What an exit code after the stop signal says; undefined when it is in order. */
export function judgeStop(exitCode: number, signal: string): Problem | undefined {
  if (exitCode === 0 || exitCode === 143) return undefined
  // As process 1 the default action of a signal is ignored, and Go's runtime then ends with 2.
  const unhandled = exitCode === 2
  return {
    code: unhandled ? 'start-sigterm-unhandled' : 'start-stop-code',
    what: unhandled
      ? `the program does not handle ${signal}: it ends at once (code 2)`
      : `the program ends with code ${exitCode} on ${signal}`,
    cause: unhandled
      ? 'requests it is working on are cut off'
      : 'a stop that was asked for looks like a failure',
    fix: 'stop on the signal (signal.NotifyContext, http.Server.Shutdown) and exit 0',
  }
}

/** One line for people: what was seen, or why it failed. */
export function summarize(report: Omit<StartReport, 'summary'>): string {
  const [problem] = report.problems
  if (problem !== undefined)
    return problem.cause === undefined ? problem.what : `${problem.what}: ${problem.cause}`
  if (report.as === 'command') return 'ran as a command and exited 0'
  const open = report.listeners.filter((one) => !one.loopback).map((one) => one.port)
  const ports = [...new Set(open)]
  return [
    report.readyMs === undefined ? 'up' : `up after ${formatDuration(report.readyMs)}`,
    ...(ports.length === 0 ? [] : [`listens on ${ports.join(', ')}`]),
    ...(report.health === undefined
      ? []
      : [`${report.health.path} answered ${report.health.status} in ${formatDuration(report.health.ms)}`]),
    ...(report.stopMs === undefined ? [] : [`stopped in ${formatDuration(report.stopMs)}`]),
  ].join(', ')
}
