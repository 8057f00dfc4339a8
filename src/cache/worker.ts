/**
 * The half of the cache store that runs in a process of its own, around @actions/cache.
 *
 * A process of its own, because @actions/cache cannot be cancelled (a late tar would still write into a cache that Go uses
 * already), keeps 128 MiB segments in memory, prints to stdout and takes its settings (workspace, tar options) from
 * process.env. Here it is ended as a group, its lines are read by the parent, and its environment is its own.
 */

export interface WorkerRequest {
  readonly operation: 'restore' | 'save'
  /** Relative to the working directory of the worker; hashed into the entry's version as written, so never absolute. */
  readonly paths: readonly string[]
  readonly key: string
  readonly restoreKeys: readonly string[]
  /** The entry is shared by Windows and the others. */
  readonly crossOs: boolean
}

export interface WorkerAnswer {
  /** The matched key of a restore. */
  readonly key?: string
  /** The entry's number after a save; -1 when nothing was saved. */
  readonly id?: number
  /** What was thrown: a refused key or path, a missing tar, a bug. */
  readonly error?: string
}

/** Marks the one line of stdout that is the answer; everything else there is talk of @actions/cache. */
export const ANSWER_MARK = '@@gip-cache-answer@@'

/** Reads one {@link WorkerRequest} as JSON from stdin, does it, prints one marked {@link WorkerAnswer}, exits 0. */
export async function cacheWorkerMain(): Promise<void> {
  const answer = await serve()
  await new Promise<void>((resolve) => {
    process.stdout.write(`\n${ANSWER_MARK}${JSON.stringify(answer)}\n`, () => {
      resolve()
    })
  })
  // Sockets kept alive would hold the process for minutes (actions/cache#1217).
  process.exit(0)
}

async function serve(): Promise<WorkerAnswer> {
  try {
    const request = parseRequest(await readStdin())
    const cache = await import('@actions/cache')
    if (request.operation === 'save')
      return { id: await cache.saveCache([...request.paths], request.key, undefined, request.crossOs) }
    const key = await cache.restoreCache(
      [...request.paths],
      request.key,
      [...request.restoreKeys],
      undefined,
      request.crossOs,
    )
    return key === undefined ? {} : { key }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}

/** Checks the shape of the request, which crosses a process border. Throws TypeError. */
export function parseRequest(text: string): WorkerRequest {
  const value: unknown = JSON.parse(text)
  const texts = (list: unknown): list is string[] =>
    Array.isArray(list) && list.every((item) => typeof item === 'string')
  if (typeof value !== 'object' || value === null) throw new TypeError('the request is not an object')
  const { operation, paths, key, restoreKeys, crossOs } = value as Partial<
    Record<keyof WorkerRequest, unknown>
  >
  if (
    (operation !== 'restore' && operation !== 'save') ||
    !texts(paths) ||
    typeof key !== 'string' ||
    !texts(restoreKeys) ||
    typeof crossOs !== 'boolean'
  )
    throw new TypeError('the request is incomplete')
  return { operation, paths, key, restoreKeys, crossOs }
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
