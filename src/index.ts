/** The entries of the program. What only one needs (the cache service) is loaded by that one alone. */
export type Entry = 'main' | 'post' | 'gray-main' | 'gray-post' | 'cli' | 'cache-worker'

export async function start(entry: Entry): Promise<void> {
  if (entry === 'cache-worker') return (await import('./cache/worker.ts')).cacheWorkerMain()
  const app = await import('./app.ts')
  return app.ENTRIES[entry]()
}
