/** One side of the split: how many units of weight its servers have in all, and how large one weight may be. */
export interface Side {
  /** Sum of the servers' sizes; the number of servers when all are equal. */
  readonly units: number
  /** The greatest weight for size 1. */
  readonly most: number
}

export interface Weights {
  /** Per unit of size. */
  readonly old: number
  readonly new: number
  /** What they really give, in percent. */
  readonly percent: number
}

/** The new version's part in percent: w·n / (w·n + v·m). */
export function shareOf(oldTotal: number, newTotal: number): number {
  return oldTotal + newTotal === 0 ? 0 : (100 * newTotal) / (oldTotal + newTotal)
}

/**
 * Whole weights whose share is nearest to `percent`; of equally near ones the smallest, which also spread requests most
 * evenly. At 0 and 100 one side has no weight, between them both have some.
 *
 * The error is at most 50·n/(m·V) points below the middle, m and n being the units of old and new and V the greatest old
 * weight (and 50·m/(n·W) above it): at a fixed old weight v = V the shares of w and w + 1 differ by
 * (n/(m·V))·(1 − r(w))·(1 − r(w+1)). One server on each side and weights up to 256: 0.2 points. Below the smallest
 * share, w = 1 and v = V, nothing is nearer than that share itself.
 */
export function nearestWeights(percent: number, old: Side, fresh: Side): Weights {
  if (percent <= 0) return { old: Math.min(100, old.most), new: 0, percent: 0 }
  if (percent >= 100) return { old: 0, new: Math.min(100, fresh.most), percent: 100 }
  let best: Weights | undefined
  let bestError = Infinity
  for (let w = 1; w <= fresh.most; w++) {
    const exact = (w * fresh.units * (100 - percent)) / (percent * old.units)
    for (const v of new Set(
      [Math.floor(exact), Math.ceil(exact)].map((n) => Math.min(old.most, Math.max(1, n))),
    )) {
      const share = shareOf(v * old.units, w * fresh.units)
      const error = Math.abs(share - percent)
      // The margin keeps 2/38 from passing for nearer than 1/19 by a last binary digit.
      if (best === undefined || error < bestError - 1e-9) {
        best = { old: v, new: w, percent: share }
        bestError = error
      }
    }
  }
  return best ?? { old: 1, new: 1, percent: shareOf(old.units, fresh.units) }
}

/**
 * Which side is set first, so that no moment between the two has everything at zero, or more on the new version than
 * before or after: raises go before lowers; of two raises the old side's comes first, of two lowers the new side's.
 */
export function orderOf(
  before: { readonly old: number; readonly new: number },
  after: { readonly old: number; readonly new: number },
): readonly ['old', 'new'] | readonly ['new', 'old'] {
  return after.old > before.old ? ['old', 'new'] : ['new', 'old']
}

/** Whether a share cannot pass for the one asked for: the engine takes more than half a point for drift. */
export function tooFar(asked: number, got: number): boolean {
  return Math.abs(asked - got) > 0.5
}
