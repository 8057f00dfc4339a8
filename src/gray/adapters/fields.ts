import type { Problem } from '../../base/errors.ts'
import { isRecord } from '../../base/json.ts'
import { nearest } from '../../base/lists.ts'

/** A reason why a value cannot be used, or undefined. */
export type Test = (text: string) => { readonly what: string; readonly fix: string } | undefined

/**
 * Reads an adapter's settings field by field. Whatever is wrong becomes a Problem with its path, and reading goes on, so
 * that all faults are told at once. What is read is valid only when `problems` stayed empty.
 */
export class Fields {
  readonly problems: Problem[]
  readonly #values: Readonly<Record<string, unknown>>
  readonly #path: string
  readonly #seen = new Set<string>()

  constructor(raw: unknown, problems: Problem[], path = '') {
    this.problems = problems
    this.#path = path
    if (isRecord(raw)) this.#values = raw
    else {
      this.#values = {}
      problems.push(
        fault(
          path === '' ? 'adapter' : path,
          'is not a map of settings',
          'write it as key: value lines',
          raw,
        ),
      )
    }
  }

  fault(key: string, what: string, fix: string): void {
    this.problems.push(fault(this.#name(key), what, fix, this.#values[key]))
  }

  has(key: string): boolean {
    return this.raw(key) !== undefined
  }

  /** The value as it is; a null (an empty YAML value) counts as absent. */
  raw(key: string): unknown {
    this.#seen.add(key)
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined
  }

  /** A text; without a fallback it is needed. */
  text(key: string, options: { fallback?: string; test?: Test; example?: string } = {}): string {
    const value = this.raw(key) ?? options.fallback
    const example = options.example === undefined ? '' : `, for example ${options.example}`
    if (typeof value !== 'string' || value === '') {
      this.fault(key, value === undefined ? 'is missing' : 'is not a text', `write ${key}: TEXT${example}`)
      return ''
    }
    const bad = options.test?.(value)
    if (bad !== undefined) this.fault(key, bad.what, bad.fix)
    return value
  }

  optionalText(key: string, test?: Test): string | undefined {
    return this.has(key) ? this.text(key, test === undefined ? {} : { test }) : undefined
  }

  whole(key: string, options: { fallback: number; least: number; most: number }): number {
    const value = this.raw(key) ?? options.fallback
    if (Number.isInteger(value) && (value as number) >= options.least && (value as number) <= options.most)
      return value as number
    this.fault(
      key,
      `is not a whole number from ${options.least} to ${options.most}`,
      `write a number such as ${options.fallback}`,
    )
    return options.fallback
  }

  one<T extends string>(key: string, known: readonly T[], fallback: T): T {
    const value = this.raw(key) ?? fallback
    const found = known.find((name) => name === value)
    if (found === undefined) this.fault(key, 'is not known', `write ${known.join(' or ')}`)
    return found ?? fallback
  }

  /** A list; one value alone counts as a list of one. `read` reports what is wrong with an item itself. */
  list<T>(key: string, read: (value: unknown, path: string) => T | undefined, example: string): T[] {
    const value = this.raw(key)
    const items: readonly unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value]
    if (items.length === 0)
      this.fault(key, value === undefined ? 'is missing' : 'is empty', `write ${key}: ${example}`)
    return items.flatMap((item, index) => {
      const result = read(item, `${this.#name(key)}[${index}]`)
      return result === undefined ? [] : [result]
    })
  }

  /** A map below this one, or undefined when it is absent. */
  child(key: string): Fields | undefined {
    const value = this.raw(key)
    return value === undefined ? undefined : new Fields(value, this.problems, this.#name(key))
  }

  path(key: string): string {
    return this.#name(key)
  }

  /** Reports the keys nobody asked for. To be called last. */
  end(): void {
    for (const key of Object.keys(this.#values)) {
      if (this.#seen.has(key)) continue
      const guess = nearest(key, [...this.#seen])
      const known = [...this.#seen].sort().join(', ')
      this.fault(
        key,
        'is not a setting',
        guess === undefined ? `the settings are: ${known}` : `did you mean ${guess}?`,
      )
    }
  }

  #name(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`
  }
}

/** A fault of the adapter's settings; the value is shown shortened. */
export function fault(path: string, what: string, fix: string, value?: unknown): Problem {
  const text = typeof value === 'string' ? value : ((JSON.stringify(value) as string | undefined) ?? '')
  return {
    code: 'gray-adapter',
    what: `${path} ${what}`,
    input: 'adapter',
    ...(text === '' ? {} : { value: text.length > 60 ? `${text.slice(0, 60)}…` : text }),
    fix,
  }
}

/** Only letters, digits and `. _ - :`, so that a name can stand in any configuration file or command unquoted. */
export const plainName: Test = (text) =>
  /^[A-Za-z0-9._:-]+$/.test(text)
    ? undefined
    : {
        what: 'has characters other than letters, digits and . _ - :',
        fix: 'write the name as it stands in the proxy',
      }

/** http(s) without user information: settings are stored, so no secret may be in them. */
export const plainUrl: Test = (text) => {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return { what: 'is not an address', fix: 'write it like http://127.0.0.1:8080/healthz' }
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return { what: 'is not an http or https address', fix: 'write it like http://127.0.0.1:8080/healthz' }
  if (url.username !== '' || url.password !== '')
    return { what: 'has a user or password in it', fix: 'leave it out: these settings are stored' }
  return undefined
}
