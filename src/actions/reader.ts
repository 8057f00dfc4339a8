import type { Problem } from '../base/errors.ts'
import { nearest, parseList, parsePairs, parseWords } from '../base/lists.ts'
import type { Secrets } from '../base/secrets.ts'
import type { InputSpec } from './spec.ts'

/** Reads one input after the other, by the specification of an action; every problem is kept, none is thrown. */
export class InputReader {
  readonly problems: Problem[] = []
  readonly #values = new Map<string, string>()
  readonly #secrets: Secrets
  readonly #specs: readonly InputSpec[]

  constructor(specs: readonly InputSpec[], read: (name: string) => string, secrets: Secrets) {
    this.#specs = specs
    this.#secrets = secrets
    for (const spec of specs) {
      // A `${{ … }}` default only has a meaning for the runner; outside it counts as not given.
      const standard = spec.default.startsWith('${{') ? '' : spec.default
      const raw = read(spec.name).trim()
      this.#values.set(spec.name, raw === '' ? standard : raw)
      // A list of secrets is masked value by value, when it is taken apart.
      if (spec.secret === true && spec.kind === 'text') secrets.mask(raw)
    }
  }

  text(name: string): string {
    const value = this.#values.get(name)
    if (value === undefined) throw new TypeError(`the input ${name} is not in the specification`)
    return value
  }

  optional(name: string): string | undefined {
    return this.text(name) === '' ? undefined : this.text(name)
  }

  /** Takes over the problems of a parser of its own, and the value by `pick`. */
  collect<T extends { readonly problems: readonly Problem[] }, V>(
    name: string,
    found: T,
    pick: (found: T) => V,
  ): V {
    for (const problem of found.problems) this.problems.push({ input: name, ...problem })
    return pick(found)
  }

  bad(name: string, value: string, what: string, fix: string): void {
    const secret = this.#spec(name).secret === true
    this.problems.push({ code: 'bad-input', what, input: name, ...(secret ? {} : { value }), fix })
  }

  boolean(name: string): boolean {
    const text = this.text(name)
    if (/^(true|True|TRUE)$/.test(text)) return true
    // The YAML 1.2 core schema, as core.getBooleanInput has it.
    if (!/^(false|False|FALSE)$/.test(text)) this.bad(name, text, 'not a boolean', 'write true or false')
    return false
  }

  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the specification's choices are T
  choice<T extends string>(name: string): T {
    const { choices = [] } = this.#spec(name)
    const text = this.text(name)
    if (!choices.includes(text)) {
      const near = nearest(text, choices)
      this.bad(
        name,
        text,
        'not a known value',
        `${near === undefined ? '' : `did you mean ${near}? `}use one of ${choices.join(', ')}`,
      )
      return choices[0] as T
    }
    return text as T
  }

  list(name: string, options: { commas?: boolean } = {}): string[] {
    return parseList(this.text(name), options)
  }

  pairs(name: string, rule?: { pattern: RegExp; name: string }): [string, string][] {
    const secret = this.#spec(name).secret === true
    const { pairs, errors } = secret ? secretPairs(this.text(name)) : parsePairs(this.text(name))
    for (const error of errors)
      this.bad(name, error.line, `not key=value: ${error.reason}`, 'write one key=value a line')
    const seen = new Set<string>()
    for (const [key, value] of pairs) {
      if (secret) this.#secrets.mask(value)
      // A secret given without an id: what stands before its own "=" is part of it.
      if (rule !== undefined && !rule.pattern.test(key))
        this.bad(name, key, `not ${rule.name}`, secret ? 'write id=value' : `rename ${key}`)
      if (seen.has(key)) this.bad(name, key, `${key} is given twice`, 'keep one of them')
      seen.add(key)
    }
    return pairs
  }

  words(name: string): string[] {
    const { words, error } = parseWords(this.text(name))
    if (error !== undefined) this.bad(name, this.text(name), error, 'close the quote')
    return words
  }

  relativePath(name: string, standard: string): string {
    const text = this.text(name).replaceAll('\\', '/')
    if (/^([A-Za-z]:|\/)/.test(text))
      this.bad(name, text, 'an absolute path', 'write it relative to the workspace or working-directory')
    else if (text.split('/').includes('..'))
      this.bad(name, text, 'a path that leads out of the workspace', 'remove the ..')
    const clean = text.replace(/^(\.\/)+/, '').replace(/\/+$/, '')
    return clean === '' || clean === '.' ? standard : clean
  }

  percent(name: string): number | undefined {
    const text = this.text(name).replace(/\s*%$/, '')
    if (text === '') return undefined
    const value = Number(text)
    if (!Number.isFinite(value) || value < 0 || value > 100) {
      this.bad(name, this.text(name), 'not a percentage', 'write a number from 0 to 100, for example 80')
      return undefined
    }
    return value
  }

  /** `30s`, `2m`, `500ms`, or seconds as a plain number; in ms. */
  duration(name: string): number {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(this.text(name))
    const unit = { ms: 1, s: 1000, m: 60_000 }[match?.[2] ?? 's'] ?? 1000
    const value = Number(match?.[1]) * unit
    if (match === null || value <= 0 || value > 3_600_000) {
      this.bad(name, this.text(name), 'not a duration', 'write for example 30s or 2m (at most 60m)')
      return 30_000
    }
    return value
  }

  urls(name: string): string[] {
    const urls = this.list(name, { commas: true })
    for (const text of urls) {
      const url = URL.canParse(text) ? new URL(text) : undefined
      // First: the other problem shows the whole text.
      if (text.includes('@'))
        this.bad(name, url?.host ?? '', 'a URL with a password', 'use a mirror that needs none, or a proxy')
      else if (url === undefined || !/^https?:$/.test(url.protocol))
        this.bad(name, text, 'not a URL', 'write https://…')
    }
    return urls.map((url) => url.replace(/\/+$/, ''))
  }

  #spec(name: string): InputSpec {
    const spec = this.#specs.find((one) => one.name === name)
    if (spec === undefined) throw new TypeError(`the input ${name} is not in the specification`)
    return spec
  }
}

/**
 * `id=value` lines whose values may go on over several lines when the line is quoted: `"KEY=first⏎second"`, as in
 * docker/build-push-action. A bad line's text is never returned: it may be a secret.
 */
function secretPairs(text: string): ReturnType<typeof parsePairs> {
  const lines: string[] = []
  let open: string | undefined
  for (const raw of text.split(/\r?\n/)) {
    const line: string = open === undefined ? raw.trimStart() : `${open}\n${raw}`
    const whole = line.trimEnd()
    open = undefined
    if (!line.startsWith('"')) lines.push(whole)
    // As in CSV: a quote in the value stands twice, so a closed line has an even number of them.
    else if (whole.length > 1 && whole.endsWith('"') && whole.split('"').length % 2 === 1)
      lines.push(whole.slice(1, -1).replaceAll('""', '"'))
    else open = line
  }
  const result: ReturnType<typeof parsePairs> = { pairs: [], errors: [] }
  if (open !== undefined) result.errors.push({ line: '(hidden)', reason: 'a quoted value is not closed' })
  for (const line of lines) {
    if (line === '' || line.startsWith('#')) continue
    const at = line.indexOf('=')
    if (at <= 0) result.errors.push({ line: '(hidden)', reason: at === 0 ? 'nothing before "="' : 'no "="' })
    else result.pairs.push([line.slice(0, at).trim(), line.slice(at + 1)])
  }
  return result
}
