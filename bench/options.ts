import { type Chain, CHAINS } from './types.ts'

export const SUITES = [
  'main',
  'hello',
  'image',
  'dockerfile',
  'memory',
  'packages',
  'mains',
  'platforms',
] as const
export type Suite = (typeof SUITES)[number]

export interface Options {
  readonly rounds: number
  /** Rounds of the growth suites (packages, mains, platforms) and of memory. */
  readonly growthRounds: number
  readonly suites: readonly Suite[]
  readonly chains: readonly Chain[]
  /** Only the units whose name (suite/subject/chain/platforms/round) matches. */
  readonly only?: RegExp
  /** Where runs.jsonl, RESULTS.md and the pictures go. */
  readonly out: string
  /** Working folder; needs some 10 GB. */
  readonly work: string
  /** Write the results from the runs there are, measure nothing. */
  readonly reportOnly: boolean
  /** Measure again what has been measured. */
  readonly fresh: boolean
}

export const USAGE = `bash bench/run.sh [options]

  --rounds N         rounds of the main comparisons (default 5)
  --growth-rounds N  rounds of the growth curves and of memory (default 3)
  --cases A,B        ${SUITES.join(', ')} (default: all)
  --chains A,B       ${CHAINS.join(', ')} (default: all)
  --only REGEXP      only units whose name (suite/subject/chain/platforms/round) matches
  --out DIR          where runs.jsonl, RESULTS.md and the pictures go (default bench)
  --work DIR         working folder (default: a temporary one)
  --report           only write the results from the runs there are
  --fresh            measure again what runs.jsonl has
`

/** Reads the command line; a text is what is wrong with it. */
export function parseOptions(
  argv: readonly string[],
  defaults: { out: string; work: string },
): Options | string {
  let options: Options = {
    rounds: 5,
    growthRounds: 3,
    suites: SUITES,
    chains: CHAINS,
    reportOnly: false,
    fresh: false,
    ...defaults,
  }
  const words = [...argv]
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--report') options = { ...options, reportOnly: true }
    else if (word === '--fresh') options = { ...options, fresh: true }
    else {
      const value = words.shift()
      if (value === undefined) return `${word} needs a value`
      const set = valued(word, value)
      if (typeof set === 'string') return set
      options = { ...options, ...set }
    }
  }
  return options
}

function valued(word: string, value: string): Partial<Options> | string {
  switch (word) {
    case '--rounds':
    case '--growth-rounds': {
      if (!/^[1-9]\d?$/.test(value)) return `${word} takes a number from 1 to 99`
      return word === '--rounds' ? { rounds: Number(value) } : { growthRounds: Number(value) }
    }
    case '--cases': {
      const suites = listOf(value, SUITES)
      return typeof suites === 'string' ? `${word}: ${suites}` : { suites }
    }
    case '--chains': {
      const chains = listOf(value, CHAINS)
      return typeof chains === 'string' ? `${word}: ${chains}` : { chains }
    }
    case '--only':
      try {
        return { only: new RegExp(value) }
      } catch {
        return `${word}: ${JSON.stringify(value)} is no regular expression`
      }
    case '--out':
      return { out: value }
    case '--work':
      return { work: value }
    default:
      return `unknown option ${word}`
  }
}

function listOf<T extends string>(value: string, known: readonly T[]): readonly T[] | string {
  const named = value.split(',').map((part) => part.trim())
  const wrong = named.find((name) => !known.some((one) => one === name))
  return wrong === undefined
    ? known.filter((one) => named.includes(one))
    : `${JSON.stringify(wrong)} is none of ${known.join(', ')}`
}
