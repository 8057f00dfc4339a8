import type { Problem } from '../base/errors.ts'

export interface Step {
  /** The new version's part in percent: of the traffic, or of the nodes. */
  readonly percent: number
  /** How long it is observed before it is judged, in ms. */
  readonly observeMs: number
  /** Waits for people's approval after the step has passed. */
  readonly hold: boolean
}

export interface StepDefaults {
  readonly observeMs: number
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 }
const DEFAULT_OBSERVE_MS = 5 * 60_000

/**
 * Reads the steps of a release: `5% 5m, 10% 5m, 25%, 50% hold, 100%`. Items are parted by commas or lines; each has a percentage,
 * and may have a time (`30s`, `5m`, `1h30m`; default 5 min) and the word `hold`. They must rise and end at 100 %.
 * `100%` alone is a blue-green release.
 */
export function parseSteps(
  text: string,
  defaults: StepDefaults = { observeMs: DEFAULT_OBSERVE_MS },
): { steps: Step[]; problems: Problem[] } {
  const steps: Step[] = []
  const problems: Problem[] = []
  const problem = (value: string, what: string, fix: string): void => {
    problems.push({ code: 'gray-steps', what, input: 'steps', value, fix })
  }
  const items = text
    .split(/[,\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== '')
  for (const item of items) {
    const [first = '', ...words] = item.split(/\s+/)
    const match = /^(\d+(?:\.\d+)?)%$/.exec(first)
    const percent = Number(match?.[1])
    if (match === null) {
      problem(item, `a step starts with a percentage, not with "${first}"`, 'write it like "5% 5m"')
      continue
    }
    if (percent <= 0 || percent > 100) {
      problem(item, 'a step lies above 0 % and at most at 100 %', 'leave it out, or correct it')
      continue
    }
    let observeMs: number | undefined
    let hold = false
    for (const word of words) {
      const duration = parseDuration(word)
      if (word === 'hold' && !hold) hold = true
      else if (duration !== undefined && duration > 0 && observeMs === undefined) observeMs = duration
      else
        problem(
          item,
          `"${word}" is not understood in a step`,
          'a step is a percentage, a time such as 5m (once), and perhaps the word hold',
        )
    }
    const before = steps.at(-1)
    if (before !== undefined && percent <= before.percent)
      problem(
        item,
        `the step ${percent} % does not rise above ${before.percent} %`,
        'write the steps in rising order',
      )
    steps.push({ percent, observeMs: observeMs ?? defaults.observeMs, hold })
  }
  if (items.length === 0) problem(text, 'there are no steps', 'write them like "5% 5m, 25%, 100%"')
  else if (problems.length === 0 && steps.at(-1)?.percent !== 100)
    problem(text, 'the last step is not 100 %', 'end with "100%", so that one version is left')
  return { steps: problems.length > 0 ? [] : steps, problems }
}

/** `90s`, `5m`, `1h30m` in ms; undefined when it is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(?:\d+h)?(?:\d+m)?(?:\d+s)?$/.test(text) || text === '') return undefined
  let sum = 0
  for (const [, count, unit = ''] of text.matchAll(/(\d+)([hms])/g))
    sum += Number(count) * (UNITS[unit] ?? NaN)
  return Number.isSafeInteger(sum) ? sum : undefined
}

/**
 * How many of `nodes` have the new version at a step: rounded up, at least one, all only at 100 %, so that the old
 * version is still there to compare with and to go back to (a single node has no such choice).
 */
export function nodesAt(percent: number, nodes: number): number {
  if (nodes < 1) return 0
  if (percent >= 100) return nodes
  // The small term keeps 10 % of 30, which is 3.0000000000000004 in binary, from becoming 4.
  const wanted = Math.ceil((nodes * percent) / 100 - 1e-9)
  return Math.min(Math.max(1, wanted), Math.max(1, nodes - 1))
}

export interface NodeStep extends Step {
  readonly nodes: number
  /** The real part in percent, which small clusters round up: 1 of 4 is 25 %. */
  readonly real: number
}

/** The steps of a node plan; steps that would move no further node are left out. */
export function nodeSteps(steps: readonly Step[], nodes: number): NodeStep[] {
  const result: NodeStep[] = []
  for (const step of steps) {
    const count = nodesAt(step.percent, nodes)
    const last = result.at(-1)
    if (last === undefined || count > last.nodes) {
      result.push({ ...step, nodes: count, real: (100 * count) / nodes })
    } else {
      // Merged: the longer look and any hold stay, because somebody asked for them.
      result[result.length - 1] = {
        ...last,
        observeMs: Math.max(last.observeMs, step.observeMs),
        hold: last.hold || step.hold,
      }
    }
  }
  return result
}
