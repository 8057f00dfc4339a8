/** The value below or at which `share` of the values lie (nearest rank); undefined without values. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]
}

export const mean = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length

/** A share as a percentage; undefined of nothing, because 0 of 0 is neither 0 nor 100. */
export const percentOf = (part: number, whole: number): number | undefined =>
  whole === 0 ? undefined : (part / whole) * 100

export const DAY_MS = 86_400_000
export const WEEK_MS = 7 * DAY_MS

/** The most of `times` that lie in any stretch of `length`. */
export function busiest(times: readonly number[], length: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  let most = 0
  let first = 0
  for (const [last, time] of sorted.entries()) {
    while (time - (sorted[first] ?? time) >= length) first++
    most = Math.max(most, last - first + 1)
  }
  return most
}
