import { environmentError } from '../base/errors.ts'

export interface Container {
  readonly id: string
  /** The image's id on that host. */
  readonly image: string
  /** As compose asked for it: by digest, or by tag. */
  readonly ref: string
  /** Docker's word: running, restarting, exited … */
  readonly status: string
  readonly restarts: number
  /** null: the image and the compose file have no health check. */
  readonly health: string | null
  /** `name@sha256:…` under which the image was pulled. */
  readonly digests: readonly string[]
  /** How it was made; absent where the host did not say. */
  readonly made?: ContainerSettings
}

/** What the compose file asks for one container, as the engine has taken it. */
export interface ContainerSettings {
  /** Limit in bytes; 0: none. */
  readonly memory: number
  /** Whether the CPU is limited. */
  readonly cpuLimited: boolean
  /** `no`, `always`, `unless-stopped`, `on-failure`, or empty. */
  readonly restart: string
  /** Seconds between SIGTERM and SIGKILL; null: the engine's 10. */
  readonly graceSeconds: number | null
}

/** One line of the record a deployment leaves on the host. */
export interface Recorded {
  /** UTC, ISO 8601. */
  readonly at: string
  readonly kind: 'deploy' | 'rollback'
  readonly image: string
  /** What served before; `-`: nothing did. */
  readonly before: string
}

export interface ServiceState {
  readonly engine: string
  readonly containers: readonly Container[]
  /** The release under way: what it brings and what it would go back to (`-`: nothing ran before). */
  readonly kept?: { readonly new: string; readonly old: string }
  /** Former deployments, oldest first; absent: none is recorded. */
  readonly history?: readonly Recorded[]
}

/** Reads the lines of `inspectScript`; a line that cannot be read is a fault of the environment, not "no container". */
export function parseServiceState(text: string, where: string): ServiceState {
  let engine: string | undefined
  const containers: Omit<Container, 'digests'>[] = []
  const digests = new Map<string, readonly string[]>()
  const kept: { new?: string; old?: string } = {}
  const history: Recorded[] = []
  for (const line of text.split('\n')) {
    const [, name = '', rest = ''] = /^([a-z-]+) (.*)$/.exec(line.trimEnd()) ?? []
    if (name === 'docker') engine = rest
    else if (name === 'kept-new') kept.new = rest
    else if (name === 'kept-old') kept.old = rest
    else if (name === 'history') history.push(...recorded(rest))
    else if (name === 'container') {
      const value = parseObject(rest)
      const { id, image, ref, status, restarts, health } = value ?? {}
      if (
        typeof id !== 'string' ||
        typeof image !== 'string' ||
        typeof ref !== 'string' ||
        typeof status !== 'string' ||
        typeof restarts !== 'number'
      )
        throw unreadable(line, where)
      containers.push({
        id,
        image,
        ref,
        status,
        restarts,
        health: typeof health === 'string' ? health : null,
        ...madeOf(value ?? {}),
      })
    } else if (name === 'image') {
      const { id, digests: list } = parseObject(rest) ?? {}
      // An image without any name has null here.
      if (typeof id !== 'string') throw unreadable(line, where)
      digests.set(id, Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [])
    }
  }
  if (engine === undefined) throw unreadable(text.split('\n')[0] ?? '', where)
  return {
    engine,
    containers: containers.map((container) => ({
      ...container,
      digests: digests.get(container.image) ?? [],
    })),
    ...(kept.new === undefined || kept.old === undefined ? {} : { kept: { new: kept.new, old: kept.old } }),
    ...(history.length === 0 ? {} : { history }),
  }
}

/** A line that cannot be read is left out: the record only says where to go back to, and what is not there is told. */
function recorded(text: string): Recorded[] {
  const [at = '', kind, image = '', before = '', ...more] = text.trim().split(' ')
  if ((kind !== 'deploy' && kind !== 'rollback') || before === '' || more.length > 0) return []
  return [{ at, kind, image, before }]
}

function madeOf(value: Record<string, unknown>): { made?: ContainerSettings } {
  const { memory, cpus, quota, restart, grace } = value
  if (typeof memory !== 'number' || typeof restart !== 'string') return {}
  const limited = (number: unknown): boolean => typeof number === 'number' && number > 0
  const graceSeconds = typeof grace === 'number' ? grace : null
  return { made: { memory, cpuLimited: limited(cpus) || limited(quota), restart, graceSeconds } }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

const unreadable = (line: string, where: string): Error =>
  environmentError({
    code: 'compose-answer',
    what: `the answer of docker on ${where} cannot be read`,
    cause: `"${line.slice(0, 200)}"`,
    where,
    fix: 'log in there and run docker compose ps; a login shell that prints text of its own can be the cause',
  })

/** `sha256:…` of a reference by digest. */
export const digestOf = (reference: string): string | undefined =>
  /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1]

export const runsImage = (container: Container, image: string): boolean => {
  const wanted = digestOf(image)
  return (
    container.ref === image ||
    (wanted !== undefined && container.digests.some((name) => digestOf(name) === wanted))
  )
}

export interface ServiceVersion {
  /** `mixed`: containers of one service differ, as in the middle of an update. `none`: no container is there. */
  readonly version: 'new' | 'old' | 'mixed' | 'none'
  /** Every container runs, and is healthy where it has a health check. */
  readonly healthy: boolean
  readonly detail: string
}

/** Whether a host's service has the new image, as its containers really run. */
export function versionOf(state: ServiceState, image: string): ServiceVersion {
  const { containers } = state
  const fresh = containers.filter((container) => runsImage(container, image)).length
  const sick = containers.filter(
    ({ status, health }) => status !== 'running' || (health !== null && health !== 'healthy'),
  )
  const [first] = sick
  const version =
    containers.length === 0 ? 'none' : fresh === containers.length ? 'new' : fresh === 0 ? 'old' : 'mixed'
  return {
    version,
    healthy: containers.length > 0 && sick.length === 0,
    detail:
      version === 'none'
        ? 'no container is there'
        : `${version === 'mixed' ? `${fresh} of ${containers.length} containers new` : version}${
            first === undefined
              ? ''
              : `, ${first.status}${first.health === null ? '' : ` and ${first.health}`}`
          }`,
  }
}

/** What runs, for people: the first container's reference. */
export const runningReference = (state: ServiceState): string | undefined => {
  const [first] = state.containers
  return first === undefined
    ? undefined
    : digestOf(first.ref) === undefined
      ? (first.digests[0] ?? first.ref)
      : first.ref
}
