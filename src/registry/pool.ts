/**
 * Runs `work` for every item, at most `limit` at a time, and returns the results in order. After the first failure no
 * further item is begun; those running are waited for, then the failure is thrown.
 */
export async function mapLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, at: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  let failure: { error: unknown } | undefined
  const worker = async (): Promise<void> => {
    while (failure === undefined && next < items.length) {
      const at = next++
      const item = items[at] as T
      try {
        results[at] = await work(item, at)
      } catch (error) {
        failure ??= { error }
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(limit, items.length)) }, worker))
  const failed = failure as { error: unknown } | undefined
  if (failed !== undefined) throw failed.error
  return results
}
