import betaln from '@stdlib/math-base-special-betaln'
import { betaUpperTail } from './statistics.ts'

export interface SequentialCounts {
  /** Bad events on the new version. */
  readonly fresh: number
  /** Bad events on both versions. */
  readonly all: number
}

/**
 * The greatest chance that a bad event falls on the new version while it is tolerable:
 * s·ρ / (s·ρ + 1 − s), for its share s of the requests and the tolerated ratio ρ of the two rates.
 */
export function nullChance(share: number, tolerated: number): number {
  // Divided through by s·ρ, so that no product overflows into NaN.
  return 1 / (1 + (1 - share) / (share * tolerated))
}

/**
 * The logarithm of the e-value against "each bad event falls on the new version with a chance of at most `chance`":
 * the likelihood ratio averaged over all greater chances, uniformly,
 *
 *   E = ∫ θ^k (1−θ)^(N−k) dθ over (θ0, 1), divided by (1−θ0) · θ0^k (1−θ0)^(N−k).
 *
 * Under the null hypothesis E, looked at after each event, is a non-negative supermartingale that starts at 1, so the
 * chance that it EVER reaches 1/α is at most α (Ville 1939; mixture by Robbins, Annals of Math. Statistics 41, 1970).
 * Looking often costs nothing.
 */
export function logEvalue({ fresh, all }: SequentialCounts, chance: number): number {
  // A chance of one rules nothing out; one of zero is refuted by the first event on the new version.
  if (all === 0 || chance >= 1) return 0
  const old = all - fresh
  if (chance <= 0) return fresh === 0 ? -Math.log(old + 1) : Infinity
  const tail = betaUpperTail(chance, fresh + 1, old + 1)
  return (
    betaln(fresh + 1, old + 1) +
    Math.log(tail) -
    Math.log1p(-chance) -
    fresh * Math.log(chance) -
    old * Math.log1p(-chance)
  )
}

/** The e-value as a finite number, for JSON. */
export function finiteEvalue(log: number): number {
  return Math.min(Math.exp(log), Number.MAX_VALUE)
}

/** The bad events of one scrape window. */
export interface WindowCounts {
  readonly fresh: number
  readonly old: number
  /** The new version's share of the requests in this window's step, as observed. */
  readonly share: number
}

export interface GuardedEvalue {
  /** The guarded e-value's logarithm: this one decides. */
  readonly log: number
  /** Without the guard, for the audit. */
  readonly unguarded: number
  /** Windows with at least one bad event on the new version. */
  readonly windows: number
  /** The most events on the new version that any window may count for. */
  readonly cap: number
}

/**
 * The e-value over scrape windows, with a burst guard: one bad client or one retry storm makes many errors at once, which
 * are one event, not many. So no window counts more bad events of the new version than the `minWindows`-th largest
 * window does: evidence must have come in at least that many windows. The old version's events all count. The guarded
 * value is never above the plain one, so Ville's bound stays. Windows of equal share form one e-value; those of
 * different shares (steps) are multiplied, which is valid because each step starts a fresh bet.
 */
export function guardedEvalue(
  windows: readonly WindowCounts[],
  tolerated: number,
  minWindows = 3,
): GuardedEvalue {
  const sizes = windows.map((window) => window.fresh).sort((a, b) => b - a)
  const cap = sizes[minWindows - 1] ?? 0
  const steps = new Map<number, { fresh: number; capped: number; old: number }>()
  for (const { fresh, old, share } of windows) {
    const step = steps.get(share) ?? { fresh: 0, capped: 0, old: 0 }
    steps.set(share, {
      fresh: step.fresh + fresh,
      capped: step.capped + Math.min(fresh, cap),
      old: step.old + old,
    })
  }
  let [log, unguarded] = [0, 0]
  for (const [share, { fresh, capped, old }] of steps) {
    const chance = nullChance(share, tolerated)
    log += logEvalue({ fresh: capped, all: capped + old }, chance)
    unguarded += logEvalue({ fresh, all: fresh + old }, chance)
  }
  return { log, unguarded, windows: sizes.filter((size) => size > 0).length, cap }
}
