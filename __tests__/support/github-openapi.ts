/** GitHub's published OpenAPI description as a judge of requests and answers. Loaded once, compiled path by path. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import formats from 'ajv-formats'

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

interface Operation {
  readonly parameters?: readonly Json[]
  readonly requestBody?: Json
  readonly responses: Readonly<Record<string, Json>>
}

const PACKAGE = join(createRequire(import.meta.url).resolve('@octokit/openapi/package.json'), '..')

export interface Found {
  readonly template: string
  readonly parameters: Readonly<Record<string, string>>
  readonly operation: Operation
}

export class OpenApi {
  static #shared: OpenApi | undefined
  readonly #document: Json
  readonly #ajv = new Ajv({ strict: false, logger: false, allErrors: true, coerceTypes: false })
  readonly #lenient = new Ajv({ strict: false, logger: false, allErrors: true, coerceTypes: true })
  readonly #schemas = new Map<string, ValidateFunction>()
  readonly #templates: { template: string; pattern: RegExp; names: string[]; literals: number }[]

  private constructor() {
    this.#document = JSON.parse(
      readFileSync(join(PACKAGE, 'generated', 'api.github.com.json'), 'utf8'),
    ) as Json
    formats.default(this.#ajv)
    formats.default(this.#lenient)
    this.#templates = Object.keys(this.#document['paths'] as Json).map((template) => {
      const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)
      // A ref and a path of a file have slashes of their own.
      const pattern = template.replace(/\{(\w+)\}/g, (_, name) =>
        name === 'ref' || name === 'path' ? '(.+)' : '([^/]+)',
      )
      const literals = template.split('/').filter((part) => !part.startsWith('{')).length
      return { template, pattern: new RegExp(`^${pattern}$`), names, literals }
    })
  }

  static get(): OpenApi {
    return (OpenApi.#shared ??= new OpenApi())
  }

  find(method: string, path: string): Found | undefined {
    const hits = this.#templates
      .flatMap(({ template, pattern, names, literals }) => {
        const match = pattern.exec(path)
        const item = (this.#document['paths'] as Record<string, Json>)[template]
        const operation = item?.[method.toLowerCase()] as Operation | undefined
        if (match === null || operation === undefined) return []
        const parameters = Object.fromEntries(
          names.map((name, index) => [name, decodeURIComponent(match[index + 1] ?? '')]),
        )
        return [{ template, parameters, operation, literals }]
      })
      .sort((a, b) => b.literals - a.literals)
    return hits[0]
  }

  /** What is wrong with a request; an empty list when nothing is. */
  request(found: Found, method: string, query: URLSearchParams, body: unknown): string[] {
    const { template, operation, parameters } = found
    const faults: string[] = []
    const known = (operation.parameters ?? []).map((one) => this.#resolve(one))
    for (const one of known) {
      const name = String(one['name'])
      const value = one['in'] === 'path' ? parameters[name] : one['in'] === 'query' ? query.get(name) : null
      if (value === null || value === undefined) {
        if (one['required'] === true && one['in'] !== 'header')
          faults.push(`${String(one['in'])} ${name} is missing`)
        continue
      }
      // The description says date-time, its own text (and GitHub) the search syntax: FROM..TO, >=FROM.
      if (name === 'created' && /^(>=|<=)?[\dTZ:-]+(\.\.[\dTZ:-]+)?$/.test(value)) continue
      // Texts of an address become what the schema says, hence the wrapping.
      const check = this.#compile(this.#lenient, `${template}?${name}`, {
        type: 'object',
        properties: { value: one['schema'] },
      })
      if (!check({ value })) faults.push(...told(`${String(one['in'])} ${name}`, check))
    }
    for (const name of query.keys())
      if (!known.some((one) => one['in'] === 'query' && one['name'] === name))
        faults.push(`query ${name} is not known`)
    faults.push(...this.#body(found, method, body))
    return faults
  }

  #body({ template, operation }: Found, method: string, body: unknown): string[] {
    if (operation.requestBody === undefined) return body === undefined ? [] : ['this request takes no body']
    const description = this.#resolve(operation.requestBody)
    if (body === undefined) return description['required'] === true ? ['the body is missing'] : []
    const schema = this.#resolve(schemaIn(description) ?? {})
    // GitHub ignores fields that it does not know; a test should not.
    const closed = isObject(schema['properties']) ? { ...schema, additionalProperties: false } : schema
    const check = this.#compile(this.#ajv, `${method} ${template} body`, closed)
    return check(body) ? [] : told('body', check)
  }

  /** What is wrong with an answer. Errors that the description leaves out must be of GitHub's common shape. */
  answer(found: Found, method: string, status: number, body: unknown): string[] {
    const described = found.operation.responses[String(status)]
    if (described === undefined && status < 400) return [`the status ${status} is not described`]
    const schema =
      described === undefined
        ? { $ref: '#/components/schemas/basic-error' }
        : schemaIn(this.#resolve(described))
    if (schema === undefined) return status >= 400 || body === undefined ? [] : ['this answer has no body']
    const check = this.#compile(this.#ajv, `${method} ${found.template} ${status}`, schema)
    return check(body) ? [] : told('answer', check)
  }

  /** A published example, as a base for an answer. */
  example(name: string): Json {
    const examples = (this.#document['components'] as Record<string, Record<string, Json>>)['examples'] ?? {}
    const value = examples[name]?.['value']
    const one = Array.isArray(value) ? (value as unknown[])[0] : value
    if (!isObject(one)) throw new Error(`there is no example ${name}`)
    return structuredClone(one)
  }

  #resolve(value: Json): Json {
    let at = value
    while (typeof at['$ref'] === 'string') at = this.#pointer(at['$ref'])
    return at
  }

  #pointer(ref: string): Json {
    return ref
      .slice(2)
      .split('/')
      .reduce<Json>(
        (at, name) => at[name.replaceAll('~1', '/').replaceAll('~0', '~')] as Json,
        this.#document,
      )
  }

  #compile(ajv: Ajv, key: string, schema: unknown): ValidateFunction {
    const known = this.#schemas.get(key)
    if (known !== undefined) return known
    const definitions: Record<string, unknown> = {}
    const convert = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(convert)
      if (!isObject(value)) return value
      const ref = value['$ref']
      if (typeof ref === 'string') {
        const name = ref.slice(2).replaceAll('/', '_')
        if (!(name in definitions)) {
          definitions[name] = true
          definitions[name] = convert(this.#pointer(ref))
        }
        return { $ref: `#/$defs/${name}` }
      }
      const copy = Object.fromEntries(
        Object.entries(value)
          .filter(
            ([name]) =>
              ![
                'example',
                'examples',
                'nullable',
                'discriminator',
                'xml',
                'externalDocs',
                'default',
              ].includes(name),
          )
          .map(([name, part]) => [name, name === 'properties' ? convertEach(part) : convert(part)]),
      )
      // OpenAPI 3.0 has a keyword where JSON Schema has a type.
      return value['nullable'] === true ? { anyOf: [copy, { type: 'null' }] } : copy
    }
    const convertEach = (value: unknown): unknown =>
      Object.fromEntries(Object.entries(value as Json).map(([name, part]) => [name, convert(part)]))
    const root = convert(schema)
    const check = ajv.compile({ allOf: [root], $defs: definitions })
    this.#schemas.set(key, check)
    return check
  }
}

function schemaIn(description: Json): Json | undefined {
  const content = description['content'] as Record<string, Json> | undefined
  return content?.['application/json']?.['schema'] as Json | undefined
}

const told = (what: string, { errors }: ValidateFunction): string[] =>
  (errors ?? []).map(
    ({ instancePath, message, params }) =>
      `${what}${instancePath} ${message ?? ''} ${JSON.stringify(params)}`,
  )
