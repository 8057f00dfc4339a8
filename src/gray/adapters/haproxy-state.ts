/** A server as HAProxy shows it. */
export interface ServerState {
  readonly name: string
  /** The weight now, and the one of the configuration. */
  readonly weight: number
  readonly initial: number
  /** Up and taking requests. */
  readonly up: boolean
  /** Out of the balancing by a person or by us: maintenance or drain. */
  readonly maint: boolean
  readonly drain: boolean
  /** `down`, `starting`, `maintenance` … for people. */
  readonly shown: string
}

/** Bits of srv_admin_state: forced, inherited, configured and DNS maintenance; forced and inherited drain. */
const MAINT = 0x01 | 0x02 | 0x04 | 0x20
const DRAIN = 0x08 | 0x10
const OPERATIONAL = ['down', 'starting', 'up', 'stopping']

/**
 * Reads the answer to `show servers state BACKEND` (doc/management.txt; format version 1: a line with the version, one
 * with `#` and the column names, one line per server). Undefined when it is not of this form.
 */
export function parseServersState(answer: string, backend: string): Map<string, ServerState> | undefined {
  const [version, header, ...rows] = answer
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  if (version !== '1' || header?.startsWith('#') !== true) return undefined
  const columns = header.slice(1).trim().split(/\s+/)
  const index = (name: string): number => columns.indexOf(name)
  const at = {
    backend: index('be_name'),
    name: index('srv_name'),
    state: index('srv_op_state'),
    admin: index('srv_admin_state'),
    weight: index('srv_uweight'),
    initial: index('srv_iweight'),
  }
  if (Object.values(at).some((position) => position < 0)) return undefined
  const servers = new Map<string, ServerState>()
  for (const row of rows) {
    if (row.startsWith('#')) continue
    const cells = row.split(/\s+/)
    if (cells[at.backend] !== backend) continue
    const name = cells[at.name] ?? ''
    const [state, admin, weight, initial] = [at.state, at.admin, at.weight, at.initial].map((i) =>
      Number(cells[i]),
    )
    if (
      name === '' ||
      !isWhole(state) ||
      !isWhole(admin) ||
      !isWhole(weight) ||
      !isWhole(initial) ||
      servers.has(name)
    )
      return undefined
    const [maint, drain] = [(admin & MAINT) !== 0, (admin & DRAIN) !== 0]
    servers.set(name, {
      name,
      weight,
      initial,
      up: state === 2 && !maint && !drain,
      maint,
      drain,
      shown: maint ? 'maintenance' : drain ? 'drain' : (OPERATIONAL[state] ?? `state ${state}`),
    })
  }
  return servers
}

function isWhole(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value >= 0
}

export interface BackendFacts {
  /** `roundrobin`, `leastconn` …; undefined when HAProxy does not tell. */
  readonly algorithm: string | undefined
  /** The persistence cookie's name, when there is one. */
  readonly cookie: string | undefined
  /** Servers that are used only when all others are down. */
  readonly backups: readonly string[]
}

/** Reads the CSV answer to `show stat` for one backend (doc/management.txt 9.1). Undefined when it is not of this form. */
export function parseStat(answer: string, backend: string): BackendFacts | undefined {
  const [header, ...rows] = answer.split('\n').filter((line) => line.trim() !== '')
  if (header?.startsWith('# ') !== true) return undefined
  const columns = header.slice(2).split(',')
  const rowsOf = rows.map((row) => new Map(splitCsv(row).map((cell, i) => [columns[i] ?? '', cell])))
  const own = rowsOf.filter((row) => row.get('pxname') === backend)
  const total = own.find((row) => row.get('svname') === 'BACKEND')
  if (total === undefined) return undefined
  const text = (name: string): string | undefined => {
    const value = total.get(name)
    return value === undefined || value === '' ? undefined : value
  }
  return {
    algorithm: text('algo'),
    cookie: text('cookie'),
    backups: own
      .filter((row) => row.get('type') === '2' && row.get('bck') === '1')
      .map((row) => row.get('svname') ?? ''),
  }
}

/** One CSV line; a field with commas or quotes stands in double quotes. */
function splitCsv(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? '',
  )
}
