/** Runs `work` on every item, at most `limit` at once (file operations: the thread pool has 4 threads). The first fault is thrown. */
export async function each<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  limit = 16,
): Promise<void> {
  const queue = items.values()
  const lane = async (): Promise<void> => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
}
