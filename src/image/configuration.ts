import type { Platform } from '../base/platform.ts'
import type { HealthCheck, ImageConfig } from './generate.ts'
import type { Layer } from './layers.ts'
import { timestamp } from './labels.ts'
import { binaryPath, ZONEINFO_PATH } from './rootfs.ts'

type Json = Record<string, unknown>

/** What the configuration says besides what the base says. */
export interface ConfigurationRequest {
  readonly config: ImageConfig
  readonly labels: readonly (readonly [name: string, value: string])[]
  /** Seconds since the epoch. */
  readonly epoch: number
}

/** The image configuration (OCI image-spec 1.1, config.md): the base's with ours on top. Pure. */
export function imageConfiguration(
  platform: Platform,
  request: ConfigurationRequest,
  layer: Pick<Layer, 'diffId'>,
  base: Json | undefined,
): Json {
  const { config } = request
  const created = timestamp(request.epoch)
  const inherited = object(base?.['config'])
  const strings = (value: unknown): string[] =>
    Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  const env = new Map(
    strings(inherited['Env']).map((line): [string, string] => [line.split('=', 1)[0] ?? '', line]),
  )
  if (env.size === 0 && platform.os === 'linux')
    env.set('PATH', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin')
  const own = [
    ...(config.zoneinfo === true
      ? [
          [
            'ZONEINFO',
            platform.os === 'windows' ? `C:${ZONEINFO_PATH.replaceAll('/', '\\')}` : ZONEINFO_PATH,
          ] as const,
        ]
      : []),
    ...(config.env ?? []),
  ]
  for (const [name, value] of own) env.set(name, `${name}=${value}`)
  const ports = Object.fromEntries(
    (config.expose ?? []).map((port) => [port.includes('/') ? port : `${port}/tcp`, {}]),
  )
  const volumes = Object.fromEntries((config.volumes ?? []).map((path) => [path, {}]))
  const { Cmd: _, ...kept } = inherited
  const whole: Json = {
    ...kept,
    User: platform.os === 'windows' ? 'ContainerUser' : config.user,
    Env: [...env.values()],
    Entrypoint: [binaryPath(config.program, platform.os), ...(config.args ?? [])],
    ...((config.command ?? []).length === 0 ? {} : { Cmd: config.command }),
    Labels: { ...object(inherited['Labels']), ...Object.fromEntries(request.labels) },
    ...(Object.keys(ports).length === 0
      ? {}
      : { ExposedPorts: { ...object(inherited['ExposedPorts']), ...ports } }),
    ...(Object.keys(volumes).length === 0
      ? {}
      : { Volumes: { ...object(inherited['Volumes']), ...volumes } }),
    ...(config.stopSignal === undefined ? {} : { StopSignal: config.stopSignal }),
    ...(config.healthCheck === undefined ? {} : { Healthcheck: healthcheck(config.healthCheck) }),
  }
  const history = Array.isArray(base?.['history']) ? base['history'] : []
  const osVersion = base?.['os.version']
  return {
    created,
    architecture: platform.arch,
    ...(platform.variant === undefined
      ? platform.arch === 'arm'
        ? { variant: 'v7' }
        : {}
      : { variant: platform.variant }),
    os: platform.os,
    ...(typeof osVersion === 'string' ? { 'os.version': osVersion } : {}),
    config: whole,
    rootfs: { type: 'layers', diff_ids: [...strings(object(base?.['rootfs'])['diff_ids']), layer.diffId] },
    history: [...(history as unknown[]), { created, created_by: 'go-image-pipeline', comment: 'direct' }],
  }
}

/** Docker's extension of the configuration: durations in nanoseconds, the exec form marked by CMD. */
function healthcheck(check: HealthCheck): Json {
  const nanoseconds = (text: string): number => Number.parseFloat(text) * (text.endsWith('m') ? 60e9 : 1e9)
  return {
    Test: ['CMD', ...check.test],
    ...(check.interval === undefined ? {} : { Interval: nanoseconds(check.interval) }),
    ...(check.timeout === undefined ? {} : { Timeout: nanoseconds(check.timeout) }),
    ...(check.startPeriod === undefined ? {} : { StartPeriod: nanoseconds(check.startPeriod) }),
    ...(check.retries === undefined ? {} : { Retries: check.retries }),
  }
}

const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
