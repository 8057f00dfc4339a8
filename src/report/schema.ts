import type { Problem } from '../base/errors.ts'
import { PHASES, type RunReport } from './model.ts'

/** The part of JSON Schema 2020-12 that describes the report. */
export interface JsonSchema {
  readonly $schema?: string
  readonly title?: string
  readonly description?: string
  readonly type: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean'
  readonly enum?: readonly (string | number)[]
  readonly minimum?: number
  readonly pattern?: string
  readonly items?: JsonSchema
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
}

/** A schema that is tied to the type it describes: the compiler refuses one that forgets or invents a field. */
interface Describes<T> {
  readonly json: JsonSchema
  /** Never set; makes `T` count in both directions. */
  readonly same?: (value: T) => T
}

type OptionalKey<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T]
type RequiredKey<T> = Exclude<keyof T, OptionalKey<T>>
type Fields<T, K extends keyof T> = { readonly [P in K]-?: Describes<Exclude<T[P], undefined>> }

const described = (description: string | undefined): { description?: string } =>
  description === undefined ? {} : { description }
const text = (description?: string): Describes<string> => ({
  json: { type: 'string', ...described(description) },
})
const digest: Describes<string> = { json: { type: 'string', pattern: '^sha(256|512):[0-9a-f]+$' } }
const flag = (description?: string): Describes<boolean> => ({
  json: { type: 'boolean', ...described(description) },
})
/** A number from 0 up. */
const amount = (description?: string): Describes<number> => ({
  json: { type: 'number', minimum: 0, ...described(description) },
})
const whole = (description?: string): Describes<number> => ({
  json: { type: 'integer', minimum: 0, ...described(description) },
})
const oneOf = <const T extends string>(...values: readonly T[]): Describes<T> => ({
  json: { type: 'string', enum: values },
})
const list = <T>(items: Describes<T>, description?: string): Describes<readonly T[]> => ({
  json: { type: 'array', items: items.json, ...described(description) },
})
const object = <T>(
  required: Fields<T, RequiredKey<T>>,
  optional: Fields<T, OptionalKey<T>>,
): Describes<T> => {
  const schemas = (fields: object): [string, JsonSchema][] =>
    Object.entries(fields as Record<string, Describes<unknown>>).map(([name, field]) => [name, field.json])
  return {
    json: {
      type: 'object',
      properties: Object.fromEntries([...schemas(required), ...schemas(optional)]),
      required: Object.keys(required),
    },
  }
}

type Of<K extends keyof RunReport> = Exclude<RunReport[K], undefined>
type Item<T> = T extends readonly (infer E)[] ? E : never
type Image = Item<Of<'images'>>

const problem = object<Problem>(
  { code: text('Stable, kebab-case.'), what: text() },
  { cause: text(), where: text(), fix: text(), input: text(), value: text() },
)
const image = object<Image>(
  {
    name: text('Name without tag or digest.'),
    tags: list(object<Item<Image['tags']>>({ tag: text() }, { before: digest, after: digest })),
    platforms: list(
      object<Item<Image['platforms']>>(
        {
          platform: text('os/arch[/variant]'),
          size: whole('Config and compressed layers, in bytes.'),
          layers: list(
            object<Item<Item<Image['platforms']>['layers']>>(
              { digest, size: whole(), base: flag('Part of the base image.') },
              {},
            ),
          ),
        },
        { digest, previousSize: whole() },
      ),
    ),
    verified: flag('Read back from the registry and hashed again.'),
  },
  {
    digest,
    base: object<Exclude<Image['base'], undefined>>({ name: text() }, { digest }),
    start: object<Exclude<Image['start'], undefined>>(
      { platform: text(), ok: flag(), detail: text() },
      {
        proof: text('SHA-256 over the digest of the image and how it was started.'),
        provenAt: text('When it was started, RFC 3339, UTC; absent when this run did it.'),
      },
    ),
  },
)

const report = object<RunReport>(
  {
    schema: { json: { type: 'integer', enum: [1] } },
    outcome: oneOf('passed', 'failed', 'cancelled'),
    startedAt: text('RFC 3339, UTC.'),
    durationMs: amount('Milliseconds, as all times in this file.'),
    project: object<Of<'project'>>(
      { name: text(), directory: text(), dirty: flag() },
      {
        module: text(),
        version: text(),
        url: text(),
        commit: text(),
        branch: text(),
        tag: text(),
        pullRequest: whole(),
      },
    ),
    run: object<Of<'run'>>(
      { event: text(), host: text() },
      { actor: text(), url: text(), attempt: whole(), cores: whole() },
    ),
    tools: list(object<Item<Of<'tools'>>>({ name: text(), version: text() }, { source: text() })),
    steps: list(
      object<Item<Of<'steps'>>>(
        {
          id: text(),
          title: text(),
          status: oneOf('ok', 'failed', 'skipped', 'cancelled'),
          gate: flag(),
          needs: list(text()),
          phase: oneOf(...PHASES),
        },
        {
          startMs: amount('Since the start of the run.'),
          endMs: amount(),
          reason: text(),
          waitedFor: text(
            'Id of the step whose place it took: until that one ended there was no room for it.',
          ),
        },
      ),
    ),
    gates: list(
      object<Item<Of<'gates'>>>(
        {
          id: text(),
          title: text(),
          verdict: oneOf('passed', 'failed', 'warned', 'off', 'not-reached'),
        },
        { detail: text(), durationMs: amount() },
      ),
    ),
    diagnostics: list(
      object<Item<Of<'diagnostics'>>>(
        { tool: text(), level: oneOf('error', 'warning', 'notice'), message: text() },
        { file: text('Repository-relative.'), line: whole(), code: text(), fix: text() },
      ),
    ),
    images: list(image),
    push: flag('false: built and checked only.'),
    published: flag('Tags were moved.'),
    caches: list(
      object<Item<Of<'caches'>>>(
        { name: text(), hit: oneOf('exact', 'partial', 'miss', 'off', 'failed') },
        { restoredBytes: whole(), restoreMs: amount(), key: text(), note: text() },
      ),
    ),
    retries: list(object<Item<Of<'retries'>>>({ what: text(), count: whole(), lastReason: text() }, {})),
    notes: list(text()),
    warnings: list(text()),
    problems: list(problem, 'Why the run did not pass.'),
    files: list(object<Item<Of<'files'>>>({ title: text(), path: text() }, {})),
    timing: object<Of<'timing'>>(
      {
        workMs: amount('Sum of all steps.'),
        criticalMs: amount(),
        criticalPath: list(text('Id of a step.')),
        phases: list(
          object<Item<Of<'timing'>['phases']>>(
            { phase: oneOf(...PHASES), wallMs: amount(), workMs: amount() },
            {},
          ),
        ),
      },
      {},
    ),
  },
  {
    tests: object<Of<'tests'>>(
      {
        passed: whole(),
        failed: whole(),
        skipped: whole(),
        packages: whole(),
        cachedPackages: whole(),
        durationMs: amount(),
        slowest: list(
          object<Item<Of<'tests'>['slowest']>>({ package: text(), name: text(), ms: amount() }, {}),
        ),
        failures: list(
          object<Item<Of<'tests'>['failures']>>(
            { package: text(), message: text(), output: list(text()) },
            { test: text(), file: text(), line: whole() },
          ),
        ),
      },
      {},
    ),
    coverage: object<Of<'coverage'>>(
      {
        percent: amount('Of statements, 0 to 100.'),
        packages: list(
          object<Item<Of<'coverage'>['packages']>>(
            { name: text(), covered: whole(), statements: whole() },
            {},
          ),
        ),
      },
      { threshold: amount(), previousPercent: amount() },
    ),
    failureLog: object<Of<'failureLog'>>({ step: text(), lines: list(text()) }, {}),
    previous: object<Of<'previous'>>(
      {
        startedAt: text('RFC 3339, UTC.'),
        durationMs: amount(),
        steps: list(object<Item<Of<'previous'>['steps']>>({ id: text(), ms: amount() }, {})),
      },
      { commit: text(), tests: whole('All that ran.'), coverage: amount('Of statements, 0 to 100.') },
    ),
    moved: object<Of<'moved'>>({ down: whole('Bytes.'), up: whole('Bytes.') }, {}),
    advice: text('What would make the next run faster.'),
  },
)

/** JSON Schema of report.json. Fields may be added under the same number; readers ignore what they do not know. */
export const REPORT_SCHEMA: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Report of a go-image-pipeline run',
  ...report.json,
}

/** Where `value` differs from the schema: `/images/0/tags/1/tag: is number, not string`. Empty when it fits. */
export function schemaFaults(value: unknown, schema: JsonSchema = REPORT_SCHEMA, path = ''): string[] {
  const type = Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
  const wanted = schema.type === 'integer' ? 'number' : schema.type
  if (type !== wanted) return [`${path || '/'}: is ${type}, not ${schema.type}`]
  const faults: string[] = []
  if (schema.enum?.includes(value as string | number) === false)
    faults.push(`${path}: is none of ${schema.enum.join(', ')}`)
  if (typeof value === 'number') {
    if (schema.type === 'integer' && !Number.isInteger(value)) faults.push(`${path}: is not a whole number`)
    if (schema.minimum !== undefined && !(value >= schema.minimum))
      faults.push(`${path}: is below ${schema.minimum}`)
  }
  if (typeof value === 'string' && schema.pattern !== undefined && !new RegExp(schema.pattern).test(value))
    faults.push(`${path}: does not look like ${schema.pattern}`)
  if (Array.isArray(value) && schema.items !== undefined) {
    const items = schema.items
    for (const [i, item] of (value as unknown[]).entries())
      faults.push(...schemaFaults(item, items, `${path}/${i}`))
  }
  if (type === 'object') {
    const fields = value as Record<string, unknown>
    for (const name of schema.required ?? [])
      if (!Object.hasOwn(fields, name)) faults.push(`${path}/${name}: is missing`)
    for (const [name, field] of Object.entries(schema.properties ?? {}))
      if (Object.hasOwn(fields, name)) faults.push(...schemaFaults(fields[name], field, `${path}/${name}`))
  }
  return faults
}

/** Reads a report.json (of an earlier run, for comparison); returns the reason when it is none. */
export function parseReport(json: string): RunReport | { readonly reason: string } {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    return { reason: error instanceof Error ? error.message : String(error) }
  }
  const faults = schemaFaults(value)
  return faults.length === 0 ? (value as RunReport) : { reason: faults.slice(0, 5).join('; ') }
}
