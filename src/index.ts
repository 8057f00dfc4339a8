import type { StageName } from './actions/stages/index.ts'

/** The entries of the program. What only one needs (the cache service) is loaded by that one alone. */
export type Entry = 'main' | 'post' | 'gray-main' | 'gray-post' | 'cli' | 'cache-worker' | StageName

export async function start(entry: Entry): Promise<void> {
  if (entry === 'cache-worker') return (await import('./cache/worker.ts')).cacheWorkerMain()
  const app = await import('./app.ts')
  return app.isEntry(entry) ? app.ENTRIES[entry]() : app.stage(entry)
}
