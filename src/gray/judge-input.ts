import { isRecord } from '../base/json.ts'
import { nearest } from '../base/lists.ts'
import type { Counts } from './statistics.ts'

export interface RatioLimitItem {
  readonly kind: 'ratio'
  readonly limit: number
  readonly confidence: number
  readonly new: Counts
}

export interface RatioMarginItem {
  readonly kind: 'ratio'
  readonly margin: number
  readonly confidence: number
  readonly old: Counts
  readonly new: Counts
}

export interface SequentialItem {
  readonly kind: 'sequential'
  /** The new version's share of the requests, between 0 and 1. */
  readonly share: number
  /** The tolerated ratio of the new version's bad-event rate to the old one's. */
  readonly tolerated: number
  readonly alpha: number
  /** Bad events on the new version, and on both versions together. */
  readonly new: number
  readonly all: number
}

/** A missing value (NaN, no scrape) is `null`. */
export type Sample = number | null

export interface SamplesItem {
  readonly kind: 'samples'
  readonly direction: 'increase' | 'decrease' | 'either'
  readonly tolerance: number
  readonly confidence: number
  readonly old: readonly Sample[]
  readonly new: readonly Sample[]
}

export type JudgeItem = RatioLimitItem | RatioMarginItem | SequentialItem | SamplesItem

export type ParsedItem = { readonly item: JudgeItem } | { readonly faults: readonly string[] }

const FIELDS = {
  sequential: ['kind', 'share', 'tolerated', 'alpha', 'new', 'all'],
  samples: ['kind', 'direction', 'tolerance', 'confidence', 'old', 'new'],
  limit: ['kind', 'limit', 'confidence', 'new'],
  margin: ['kind', 'margin', 'confidence', 'old', 'new'],
} as const

/** Reads one item of a judge file. Every fault is named, with its field; nothing is guessed or filled in. */
export function parseJudgeItem(value: unknown): ParsedItem {
  if (!isRecord(value)) return { faults: [`an item must be an object, not ${describe(value)}`] }
  const reader = new Reader(value)
  const item = read(reader)
  return item === undefined || reader.faults.length > 0 ? { faults: reader.faults } : { item }
}

function read(reader: Reader): JudgeItem | undefined {
  const kind = reader.oneOf('kind', ['ratio', 'sequential', 'samples'])
  switch (kind) {
    case 'ratio':
      return readRatio(reader)
    case 'sequential':
      return readSequential(reader)
    case 'samples': {
      reader.only(FIELDS.samples)
      return {
        kind,
        direction: reader.oneOf('direction', ['increase', 'decrease', 'either']) ?? 'either',
        tolerance: reader.number('tolerance', 'a number ≥ 0, such as 0.25 for 25 %', (x) => x >= 0),
        confidence: reader.confidence(),
        old: reader.samples('old'),
        new: reader.samples('new'),
      }
    }
    case undefined:
      return undefined
  }
}

function readRatio(reader: Reader): JudgeItem | undefined {
  if (reader.has('limit') === reader.has('margin')) {
    reader.faults.push(
      reader.has('limit')
        ? '"limit" and "margin" exclude each other: "limit" judges the new version alone, "margin" against the old one'
        : '"limit" (the new version alone) or "margin" (against the old one) is missing',
    )
    return undefined
  }
  if (reader.has('limit')) {
    reader.only(FIELDS.limit)
    return {
      kind: 'ratio',
      limit: reader.number(
        'limit',
        'a ratio from 0 to below 1, such as 0.01 for 1 %',
        (x) => x >= 0 && x < 1,
      ),
      confidence: reader.confidence(),
      new: reader.counts('new'),
    }
  }
  reader.only(FIELDS.margin)
  return {
    kind: 'ratio',
    margin: reader.number(
      'margin',
      'a difference of ratios from 0 to below 1, such as 0.01',
      (x) => x >= 0 && x < 1,
    ),
    confidence: reader.confidence(),
    old: reader.counts('old'),
    new: reader.counts('new'),
  }
}

function readSequential(reader: Reader): SequentialItem {
  reader.only(FIELDS.sequential)
  const inside = (x: number): boolean => x > 0 && x < 1
  const item: SequentialItem = {
    kind: 'sequential',
    share: reader.number('share', 'a number between 0 and 1, such as 0.05 for 5 %', inside),
    tolerated: reader.number('tolerated', 'a ratio > 0, such as 1.5', (x) => x > 0),
    alpha: reader.number('alpha', 'a chance between 0 and 1, such as 0.01', inside),
    new: reader.count('new'),
    all: reader.count('all'),
  }
  if (item.new > item.all) reader.faults.push(`"new" (${item.new}) must not exceed "all" (${item.all})`)
  return item
}

class Reader {
  readonly faults: string[] = []
  readonly #value: Readonly<Record<string, unknown>>

  constructor(value: Readonly<Record<string, unknown>>) {
    this.#value = value
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#value, name)
  }

  only(names: readonly string[]): void {
    for (const name of Object.keys(this.#value)) {
      if (names.includes(name)) continue
      const near = nearest(name, names)
      this.faults.push(
        `"${name}" is not a field here${near === undefined ? '' : `; did you mean "${near}"?`} (known: ${names.join(', ')})`,
      )
    }
  }

  number(
    name: string,
    expected: string,
    valid: (value: number) => boolean,
    at = this.#value,
    path = name,
  ): number {
    const value = Object.hasOwn(at, name) ? at[name] : undefined
    if (typeof value === 'number' && Number.isFinite(value) && valid(value)) return value
    this.faults.push(
      value === undefined
        ? `"${path}" is missing: ${expected}`
        : `"${path}" must be ${expected}, not ${describe(value)}`,
    )
    return NaN
  }

  count(name: string, at = this.#value, path = name): number {
    return this.number(name, 'a whole number ≥ 0', (x) => Number.isSafeInteger(x) && x >= 0, at, path)
  }

  confidence(): number {
    // Below one half the lower bound would lie above the upper one.
    return this.number('confidence', 'a number from 0.5 to below 1, such as 0.95', (x) => x >= 0.5 && x < 1)
  }

  oneOf<T extends string>(name: string, known: readonly T[]): T | undefined {
    const value = this.has(name) ? this.#value[name] : undefined
    const found = known.find((option) => option === value)
    if (found === undefined)
      this.faults.push(
        `"${name}" must be one of ${known.join(', ')}${value === undefined ? '; it is missing' : `, not ${describe(value)}`}`,
      )
    return found
  }

  counts(name: string): Counts {
    const value = this.has(name) ? this.#value[name] : undefined
    if (!isRecord(value)) {
      this.faults.push(
        value === undefined
          ? `"${name}" is missing: {"bad": …, "total": …}`
          : `"${name}" must be {"bad": …, "total": …}, not ${describe(value)}`,
      )
      return { bad: NaN, total: NaN }
    }
    for (const key of Object.keys(value))
      if (key !== 'bad' && key !== 'total')
        this.faults.push(`"${name}.${key}" is not a field here (known: bad, total)`)
    const bad = this.count('bad', value, `${name}.bad`)
    const total = this.count('total', value, `${name}.total`)
    if (bad > total) this.faults.push(`"${name}.bad" (${bad}) must not exceed "${name}.total" (${total})`)
    return { bad, total }
  }

  samples(name: string): Sample[] {
    const value = this.has(name) ? this.#value[name] : undefined
    if (!Array.isArray(value)) {
      this.faults.push(
        value === undefined
          ? `"${name}" is missing: an array of numbers`
          : `"${name}" must be an array of numbers, not ${describe(value)}`,
      )
      return []
    }
    return (value as unknown[]).map((sample, index) => {
      // Differences and their sums must stay finite too.
      if (typeof sample === 'number' && Math.abs(sample) <= 1e300) return sample
      // JSON has no NaN: JavaScript writes null for it, Prometheus "NaN".
      if (sample !== null && sample !== 'NaN')
        this.faults.push(
          `"${name}[${index}]" must be a finite number, or null for a missing sample, not ${describe(sample)}`,
        )
      return null
    })
  }
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object' && value !== null) return 'an object'
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? 'nothing' : text.length > 40 ? `${text.slice(0, 40)}…` : text
}
