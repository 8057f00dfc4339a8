import type { Problem } from '../../base/errors.ts'
import { isRecord } from '../../base/json.ts'
import { nearest } from '../../base/lists.ts'

/**
 * A strict reader of YAML data that is its own JSON Schema: each shape reads a value and describes it, so that the file
 * editors check against cannot differ from what is accepted. Every fault names field, value and fix; none hides another.
 */
export interface Shape<T> {
  readonly schema: JsonSchema
  /** The value, or undefined after at least one fault was reported. */
  read(value: unknown, place: Place): T | undefined
}

export type JsonSchema = Readonly<Record<string, unknown>>

/** Where a value stands, and who hears of its faults. */
export class Place {
  readonly path: string
  readonly #problems: Problem[]
  readonly #file: string

  constructor(file: string, problems: Problem[], path = '') {
    this.#file = file
    this.#problems = problems
    this.path = path
  }

  /** How many faults there are so far, anywhere. */
  get faults(): number {
    return this.#problems.length
  }

  at(name: string | number): Place {
    const path =
      typeof name === 'number' ? `${this.path}[${name}]` : this.path === '' ? name : `${this.path}.${name}`
    return new Place(this.#file, this.#problems, path)
  }

  /** `value` is left out where it could be a secret. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller's own type, of which there is no value
  fault<T = unknown>(what: string, fix: string, value?: unknown): T | undefined {
    const name = this.path === '' ? 'the file' : this.path
    this.#problems.push({
      code: 'gray-metrics',
      what: `${name} ${what}`,
      where: this.#file,
      fix,
      input: 'metrics',
      ...(value === undefined ? {} : { value: preview(value) }),
    })
    return undefined
  }
}

export function preview(value: unknown): string {
  const text =
    typeof value === 'string' ? value : ((JSON.stringify(value) as string | undefined) ?? 'nothing')
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

function matched<T>(
  doc: string,
  rule: {
    pattern: RegExp
    convert: (text: string) => T | undefined
    what: string
    fix: string
    secret?: boolean
  },
): Shape<T> {
  return {
    schema: { type: 'string', pattern: rule.pattern.source, description: doc },
    read: (value, place) => {
      const result = typeof value === 'string' && rule.pattern.test(value) ? rule.convert(value) : undefined
      if (result !== undefined) return result
      const shown = rule.secret === true ? undefined : value
      // YAML reads 1.20 as the number 1.2, and yes as true.
      if ((typeof value === 'number' || typeof value === 'boolean') && rule.pattern.test(String(value)))
        return place.fault('must be a text', `put it in quotes: "${value}"`, shown)
      return place.fault(rule.what, rule.fix, shown)
    },
  }
}

/** Text that is not blank; with a pattern and what to write instead. */
export function text(doc: string, rule?: { pattern: RegExp; fix: string }): Shape<string> {
  return matched(doc, {
    pattern: rule?.pattern ?? /\S/,
    convert: (value) => value,
    what: rule === undefined ? 'must be a text that is not empty' : 'cannot be used as it is written',
    fix: rule?.fix ?? 'write a text',
  })
}

/** The name of an environment variable. A value of another form may be the secret itself, so it is never shown. */
export function variable(doc: string): Shape<string> {
  return matched(doc, {
    pattern: /^[A-Z_][A-Z0-9_]*$/,
    convert: (value) => value,
    what: 'must be the NAME of an environment variable, in capitals',
    fix: 'put the secret into `env:` of the step, and the name of that variable here',
    secret: true,
  })
}

export function flag(doc: string): Shape<boolean> {
  return {
    schema: { type: 'boolean', description: doc },
    read: (value, place) =>
      typeof value === 'boolean'
        ? value
        : place.fault('is neither true nor false', 'write true or false', value),
  }
}

/** A finite number; the bounds are allowed values, but for those given as `above` and `below`. */
export function number(
  doc: string,
  bounds: { min?: number; max?: number; above?: number; below?: number; whole?: boolean; example: number },
): Shape<number> {
  const { min, max, above, below, whole } = bounds
  const said = [
    whole === true ? 'a whole number' : 'a number',
    ...(min === undefined ? [] : [`at least ${min}`]),
    ...(max === undefined ? [] : [`at most ${max}`]),
    ...(above === undefined ? [] : [`above ${above}`]),
    ...(below === undefined ? [] : [`below ${below}`]),
  ].join(', ')
  return {
    schema: {
      type: whole === true ? 'integer' : 'number',
      ...(min === undefined ? {} : { minimum: min }),
      ...(max === undefined ? {} : { maximum: max }),
      ...(above === undefined ? {} : { exclusiveMinimum: above }),
      ...(below === undefined ? {} : { exclusiveMaximum: below }),
      description: doc,
    },
    read: (value, place) =>
      typeof value === 'number' &&
      Number.isFinite(value) &&
      value >= (min ?? -Infinity) &&
      value <= (max ?? Infinity) &&
      value > (above ?? -Infinity) &&
      value < (below ?? Infinity) &&
      (whole !== true || Number.isInteger(value))
        ? value
        : place.fault(`must be ${said}`, `write it like ${bounds.example}`, value),
  }
}

const PERCENT = /^(\d{1,2}(\.\d+)?|100(\.0+)?) ?%$/

/** A part: `1%`, or a number below 1 such as 0.01. The number 1 is refused: it could be meant as 1 % or as all. */
export function ratio(doc: string, example = '1%'): Shape<number> {
  return {
    schema: {
      anyOf: [
        { type: 'string', pattern: PERCENT.source },
        { type: 'number', minimum: 0, exclusiveMaximum: 1 },
      ],
      description: doc,
    },
    read: (value, place) => {
      if (typeof value === 'number' && value >= 0 && value < 1) return value
      // Divided as decimal text would be: 0.3 / 100 is not 0.003 in binary.
      if (typeof value === 'string' && PERCENT.test(value)) return Number(`${parseFloat(value)}e-2`)
      const meant = typeof value === 'number' && value >= 1 && value <= 100 ? `${value}%` : example
      return place.fault(
        'must be a percentage, or a number from 0 to below 1',
        `write it like ${meant}`,
        value,
      )
    },
  }
}

const DURATION =
  /^(?=.*[1-9])(?=\d)(\d+(\.\d+)?d)?(\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?$/
const UNIT_MS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 }

/** `800ms`, `1.5s`, `5m`, `1h30m`, `30d`, in ms. A number without a unit is refused. */
export function duration(doc: string, example = '5m'): Shape<number> {
  return matched(doc, {
    pattern: DURATION,
    convert: (value) => {
      let sum = 0
      for (const [, count, unit = ''] of value.matchAll(/(\d+(?:\.\d+)?)(ms|[dhms])/g))
        sum += Number(count) * (UNIT_MS[unit] ?? NaN)
      return sum > 0 ? Math.round(sum * 1000) / 1000 : undefined
    },
    what: 'is no duration above zero',
    fix: `write it with a unit, like ${example}`,
  })
}

export function choice<const T extends string>(doc: string, options: readonly T[]): Shape<T> {
  return {
    schema: { enum: options, description: doc },
    read: (value, place) => {
      const found = options.find((option) => option === value)
      if (found !== undefined) return found
      const near = typeof value === 'string' ? nearest(value, options) : undefined
      return place.fault(
        `must be one of ${options.join(', ')}`,
        near === undefined ? `write ${options[0] ?? ''}` : `did you mean ${near}?`,
        value,
      )
    },
  }
}

export function list<T>(doc: string, of: Shape<T>): Shape<readonly T[]> {
  return {
    schema: { type: 'array', items: of.schema, minItems: 1, description: doc },
    read: (value, place) => {
      if (!Array.isArray(value) || value.length === 0)
        return place.fault(
          'must be a list with at least one item',
          'write the items below it, each after "- "',
          value,
        )
      const items = (value as unknown[]).map((item, index) => of.read(item, place.at(index)))
      return items.includes(undefined) ? undefined : (items as T[])
    },
  }
}

/** Names of the user's own choice, each with a value of one shape. */
export function map<T>(
  doc: string,
  of: Shape<T>,
  names: { pattern: RegExp; fix: string },
): Shape<Readonly<Record<string, T>>> {
  return {
    schema: {
      type: 'object',
      additionalProperties: false,
      patternProperties: { [names.pattern.source]: of.schema },
      description: doc,
    },
    read: (value, place) => {
      if (!isRecord(value))
        return place.fault('must hold names and values', 'write "name: value" lines below it', value)
      const result: [string, T][] = []
      let bad = false
      for (const [name, item] of Object.entries(value)) {
        if (!names.pattern.test(name)) place.at(name).fault('has a name that cannot be used', names.fix)
        const read = of.read(item, place.at(name))
        if (read === undefined || !names.pattern.test(name)) bad = true
        else result.push([name, read])
      }
      return bad ? undefined : Object.fromEntries(result)
    },
  }
}

/** Either the shape, or `off` (also false). */
export function orOff<T>(of: Shape<T>): Shape<T | 'off'> {
  return {
    schema: { anyOf: [{ enum: ['off', false] }, of.schema] },
    read: (value, place) => (value === 'off' || value === false ? 'off' : of.read(value, place)),
  }
}

export interface Required<T> extends Shape<T> {
  readonly required: true
}

export function required<T>(shape: Shape<T>): Required<T> {
  return { ...shape, required: true }
}

type Fields = Readonly<Record<string, Shape<unknown>>>
type ValueOf<S> = S extends Shape<infer T> ? T : never
/** What an object of these fields reads as. */
export type Read<F extends Fields> = {
  readonly [K in keyof F as F[K] extends Required<unknown> ? K : never]: ValueOf<F[K]>
} & {
  readonly [K in keyof F as F[K] extends Required<unknown> ? never : K]?: ValueOf<F[K]>
}

/** Fixed fields. Unknown ones are faults, because a misspelt one would otherwise be ignored. */
export function object<F extends Fields>(doc: string, fields: F): Shape<Read<F>> {
  const names = Object.keys(fields)
  const needed = names.filter((name) => isRequired(fields[name]))
  return {
    schema: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(names.map((name) => [name, fields[name]?.schema])),
      ...(needed.length === 0 ? {} : { required: needed }),
      description: doc,
    },
    read: (value, place) => {
      if (!isRecord(value))
        return place.fault(
          'must hold fields',
          `write "name: value" lines below it (${names.join(', ')})`,
          value,
        )
      const result: Record<string, unknown> = {}
      let bad = false
      for (const [name, item] of Object.entries(value)) {
        const shape = Object.hasOwn(fields, name) ? fields[name] : undefined
        if (shape === undefined) {
          const near = nearest(name, names)
          place
            .at(name)
            .fault(
              'is not a field here',
              `${near === undefined ? 'remove it' : `did you mean "${near}"?`} (known: ${names.join(', ')})`,
            )
          bad = true
          continue
        }
        const read = shape.read(item, place.at(name))
        if (read === undefined) bad = true
        else result[name] = read
      }
      for (const name of needed) {
        if (Object.hasOwn(value, name)) continue
        place.at(name).fault('is missing', `add it: ${describe(fields[name])}`)
        bad = true
      }
      return bad ? undefined : (result as Read<F>)
    },
  }
}

function describe(shape: Shape<unknown> | undefined): string {
  const doc = shape?.schema['description']
  return typeof doc === 'string' ? doc : 'it is needed'
}

function isRequired(shape: Shape<unknown> | undefined): boolean {
  return shape !== undefined && 'required' in shape
}
