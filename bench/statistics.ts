/** Figures of one thing measured several times. */
export interface Sample {
  readonly n: number
  readonly median: number
  readonly min: number
  readonly max: number
  /** Lower and upper quartile. */
  readonly q1: number
  readonly q3: number
}

/**
 * Quantile by linear interpolation between the order statistics (type 7 of Hyndman and Fan 1996, the default of R and NumPy).
 * @param share 0 to 1
 */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('no values')
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? 0
  const high = sorted[Math.ceil(at)] ?? 0
  return low + (high - low) * (at - Math.floor(at))
}

export const median = (values: readonly number[]): number => quantile(values, 0.5)

export function sample(values: readonly number[]): Sample {
  return {
    n: values.length,
    median: median(values),
    min: Math.min(...values),
    max: Math.max(...values),
    q1: quantile(values, 0.25),
    q3: quantile(values, 0.75),
  }
}

/** A ratio of medians, and the smallest and greatest ratio of two runs of one round. */
export interface Ratio {
  readonly value: number
  /** Of the rounds that have both; equal to `value` when there is none. */
  readonly min: number
  readonly max: number
  /** Rounds that have both. */
  readonly rounds: number
}

/**
 * `ours` against `other`, both by round. The ratio is that of the medians; the spread is that of the rounds, whose two runs were
 * measured close together and so under the same load. Undefined when one side has no run.
 */
export function ratio(
  ours: ReadonlyMap<number, number>,
  other: ReadonlyMap<number, number>,
): Ratio | undefined {
  if (ours.size === 0 || other.size === 0) return undefined
  const value = median([...ours.values()]) / median([...other.values()])
  const paired = [...ours].flatMap(([round, a]) => {
    const b = other.get(round)
    return b === undefined || b === 0 ? [] : [a / b]
  })
  return {
    value,
    min: Math.min(...paired, ...(paired.length === 0 ? [value] : [])),
    max: Math.max(...paired, ...(paired.length === 0 ? [value] : [])),
    rounds: paired.length,
  }
}

/**
 * The exponent of growth between two sizes: 1 is linear, 0 is constant, 2 is quadratic. What does not depend on the size
 * (`fixed`) is taken off first, else a large constant would look like slow growth.
 */
export function growthExponent(
  [smaller, larger]: readonly [size: number, size: number],
  [fast, slow]: readonly [ms: number, ms: number],
  fixed = 0,
): number {
  return Math.log(Math.max(1, slow - fixed) / Math.max(1, fast - fixed)) / Math.log(larger / smaller)
}
