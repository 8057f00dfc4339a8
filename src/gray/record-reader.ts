/** Reads one JSON object field by field; what is wrong is collected with its path, and reading goes on. */
import { isRecord } from '../base/json.ts'
export class Reader {
  /** `state.phase is "x"`, shared with all children. */
  readonly faults: string[]
  readonly #value: unknown
  readonly #path: string
  readonly #seen = new Set<string>()

  constructor(value: unknown, path: string, faults: string[] = []) {
    this.#value = value
    this.#path = path
    this.faults = faults
  }

  fault(key: string, what: string): void {
    this.faults.push(`${this.#name(key)} ${what}`)
  }

  child(key: string): Reader {
    return new Reader(this.#get(key), this.#name(key), this.faults)
  }

  /** A child that may be absent. */
  optional(key: string): Reader | undefined {
    return this.#get(key) === undefined ? undefined : this.child(key)
  }

  /** A child that may be null, but not absent. */
  nullable(key: string): Reader | undefined {
    return this.#get(key) === null ? undefined : this.child(key)
  }

  /** Reads this value as an object; `read` has to ask for every field there is. */
  object<T>(read: (at: Reader) => T): T | undefined {
    if (!isRecord(this.#value)) {
      this.faults.push(`${this.#path} is not an object`)
      return undefined
    }
    const result = read(this)
    this.end()
    return result
  }

  list<T>(read: (at: Reader) => T): T[] {
    if (!Array.isArray(this.#value)) {
      this.faults.push(`${this.#path} is not a list`)
      return []
    }
    const items: T[] = []
    this.#value.forEach((item, index) => {
      const value = new Reader(item, `${this.#path}[${index}]`, this.faults).object(read)
      if (value !== undefined) items.push(value)
    })
    return items
  }

  /** The whole object as it is; its fields need not be known. */
  all(): Record<string, unknown> {
    if (!isRecord(this.#value)) return {}
    for (const key of Object.keys(this.#value)) this.#seen.add(key)
    return this.#value
  }

  /** Names the fields nobody asked for. */
  end(): void {
    if (!isRecord(this.#value)) return
    for (const key of Object.keys(this.#value)) if (!this.#seen.has(key)) this.fault(key, 'is not known')
  }

  string(key: string, empty = false): string {
    const value = this.#get(key)
    if (typeof value === 'string' && (empty || value !== '')) return value
    return this.#bad(key, 'is not a text', '')
  }

  nullableString(key: string): string | null {
    return this.#get(key) === null ? null : this.string(key, true)
  }

  boolean(key: string): boolean {
    const value = this.#get(key)
    return typeof value === 'boolean' ? value : this.#bad(key, 'is neither true nor false', false)
  }

  number(key: string): number {
    const value = this.#get(key)
    return typeof value === 'number' && Number.isFinite(value) ? value : this.#bad(key, 'is not a number', 0)
  }

  /** A length of time in ms. */
  amount(key: string): number {
    const value = this.number(key)
    return value >= 0 ? value : this.#bad(key, 'is below 0', 0)
  }

  optionalNumber(key: string): number | undefined {
    return this.#get(key) === undefined ? undefined : this.amount(key)
  }

  whole(key: string, least = 0): number {
    const value = this.number(key)
    return Number.isSafeInteger(value) && value >= least
      ? value
      : this.#bad(key, `is not a whole number from ${least}`, least)
  }

  /** ms since the epoch. */
  time(key: string): number {
    return this.amount(key)
  }

  nullableTime(key: string): number | null {
    return this.#get(key) === null ? null : this.time(key)
  }

  percent(key: string): number {
    const value = this.number(key)
    return value >= 0 && value <= 100 ? value : this.#bad(key, 'lies outside 0 to 100', 0)
  }

  nullablePercent(key: string): number | null {
    return this.#get(key) === null ? null : this.percent(key)
  }

  one<T extends string>(key: string, known: readonly [T, ...T[]]): T {
    const value = this.#get(key)
    return known.find((name) => name === value) ?? this.#bad(key, `is ${show(value)}`, known[0])
  }

  nullableOne<T extends string>(key: string, known: readonly [T, ...T[]]): T | null {
    return this.#get(key) === null ? null : this.one(key, known)
  }

  #get(key: string): unknown {
    this.#seen.add(key)
    return isRecord(this.#value) && Object.hasOwn(this.#value, key) ? this.#value[key] : undefined
  }

  #name(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`
  }

  #bad<T>(key: string, what: string, instead: T): T {
    this.fault(key, this.#get(key) === undefined ? 'is missing' : what)
    return instead
  }
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60)
}
