import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { adapterProblems } from '../../src/actions/gray/adapters.ts'
import { parseAdapterText } from '../../src/actions/gray/gather.ts'
import { loadGrayInputs, type Purpose } from '../../src/actions/gray/inputs.ts'
import { INPUTS, OUTPUTS } from '../../src/actions/gray/spec.ts'
import { parseArguments } from '../../src/actions/arguments.ts'
import type { Problem } from '../../src/base/errors.ts'
import { parseWords } from '../../src/base/lists.ts'
import { Secrets } from '../../src/base/secrets.ts'
import { parseMetrics } from '../../src/gray/metrics/parse.ts'
import { PHASES } from '../../src/gray/record.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const OURS = /^OWNER\/go-image-pipeline\/gray-release@/
const IMAGE = `ghcr.io/acme/shop@sha256:${'9c'.repeat(32)}`

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const files = [
  'README.md',
  'README.zh-CN.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => /^(?:gray-.*|adapters|hosts|audit|notifications|approvals|recipes)\.md$/.test(name))
    .map((name) => `docs/${name}`),
]
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

const blocks = files.flatMap((file) => {
  const text = textOf(file)
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map((match) => ({
    name: `${file}:${text.slice(0, match.index).split('\n').length}`,
    file,
    language: match[1] ?? '',
    text: match[2] ?? '',
  }))
})
const yamls = blocks.filter(({ language }) => language === 'yaml')

/** What the runner would hand over: an expression becomes its last name, so that two of them stay different; an image stays one. */
const expanded = (text: string): string =>
  text.replace(/\$\{\{(.*?)\}\}/gs, (_, inner: string) =>
    /\.image\b/.test(inner)
      ? IMAGE
      : (/'([\w-]+)'\s*$/.exec(inner)?.[1] ?? /([\w-]+)\s*$/.exec(inner)?.[1] ?? 'word'),
  )

interface Step {
  readonly with: Readonly<Record<string, string>>
  readonly env: readonly string[]
}

function stepsOf(value: unknown, env: readonly string[] = []): Step[] {
  if (Array.isArray(value)) return value.flatMap((item) => stepsOf(item, env))
  if (!isObject(value)) return []
  const seen = [...env, ...(isObject(value['env']) ? Object.keys(value['env']) : [])]
  if (typeof value['uses'] !== 'string' || !OURS.test(value['uses']))
    return Object.values(value).flatMap((item) => stepsOf(item, seen))
  const given = isObject(value['with']) ? value['with'] : {}
  return [
    {
      env: seen,
      with: Object.fromEntries(Object.entries(given).map(([key, one]) => [key, expanded(String(one))])),
    },
  ]
}

function adapterOf(text: string, image = IMAGE): readonly Problem[] {
  const problems: Problem[] = []
  const adapter = parseAdapterText(text, undefined, problems)
  return adapter === undefined ? problems : [...problems, ...adapterProblems(adapter, image)]
}

const steps = yamls.flatMap(({ name, text }) =>
  stepsOf(parse(text)).map((step, index) => [`${name} step ${index + 1}`, step] as const),
)

describe('the steps of gray releases in the documentation', () => {
  it('are there, for HAProxy and for hosts, to release, to tick and to reap', () => {
    const commands = steps.map(([, step]) => step.with['command'] ?? 'release')
    expect(new Set(commands)).toEqual(new Set(['release', 'tick', 'reap']))
    const kinds = steps.flatMap(([, step]) => /kind: (\w+)/.exec(step.with['adapter'] ?? '')?.[1] ?? [])
    expect(kinds).toEqual(expect.arrayContaining(['haproxy', 'hosts']))
  })

  it.each(steps)('%s: the action has and takes all of its inputs', (_, step) => {
    expect(Object.keys(step.with).filter((key) => !INPUTS.some(({ name }) => name === key))).toEqual([])
    const env = Object.fromEntries(step.env.map((key) => [key, 'https://chat.example/word']))
    const read = (name: string): string =>
      step.with[name] ?? (name === 'github-token' ? 'the token of the job' : '')
    const { inputs, problems } = loadGrayInputs(read, env, new Secrets())
    expect(problems).toEqual([])
    const { adapter, metrics } = inputs
    if (adapter?.kind === 'text') expect(adapterOf(adapter.value, inputs.newVersion)).toEqual([])
    if (metrics?.kind === 'text') expect(parseMetrics(metrics.value, 'metrics').problems).toEqual([])
    // The metrics file names variables; the step has to set them.
    const named = parse(metrics?.kind === 'text' ? metrics.value : '{}') as { prometheus?: { auth?: Json } }
    for (const variable of Object.values(named.prometheus?.auth ?? {})) expect(step.env).toContain(variable)
  })

  it.each(yamls.map(({ name, text }) => [name, text] as const))(
    '%s reads outputs that there are',
    (_, text) => {
      const gray = [...text.matchAll(/steps\.gray\.outputs\.([\w-]+)/g)].map(([, output]) => output)
      expect(gray.filter((output) => !OUTPUTS.some(({ name }) => name === output))).toEqual([])
    },
  )
})

describe('settings in the documentation', () => {
  const parsed = yamls.map(({ name, text }) => ({ name, text, value: parse(expanded(text)) as unknown }))
  const adapters = parsed.filter(({ value }) => isObject(value) && typeof value['kind'] === 'string')
  const metrics = parsed.filter(({ value }) => isObject(value) && 'prometheus' in value)

  it('are there', () => {
    expect(adapters.length).toBeGreaterThan(4)
    expect(metrics.length).toBeGreaterThan(2)
  })

  it.each(adapters.map(({ name, text }) => [name, text] as const))('%s is an adapter', (_, text) => {
    expect(adapterOf(text)).toEqual([])
  })

  it.each(metrics.map(({ name, text }) => [name, text] as const))('%s is a metrics file', (_, text) => {
    expect(parseMetrics(text, 'metrics').problems).toEqual([])
  })
})

describe('gray commands in the documentation', () => {
  const commands = blocks
    .filter(({ language }) => ['sh', 'bash', 'console'].includes(language))
    .flatMap(({ name, text }) =>
      [...text.replaceAll('\\\n', ' ').matchAll(/dist\/cli\.js ((?:gray|audit) .*)$/gm)].map(
        ([, words = '']) => [name, words] as const,
      ),
    )

  it('are there', () => {
    expect(commands.map(([, words]) => words.split(' ').slice(0, 2).join(' '))).toEqual(
      expect.arrayContaining(['gray plan', 'gray status', 'gray abort', 'audit verify']),
    )
  })

  it.each(commands)('%s: %s', (_, text) => {
    const { words, error } = parseWords(text.replace(/\s#.*$/, ''))
    expect(error).toBeUndefined()
    const { command, problems } = parseArguments(words)
    expect(problems).toEqual([])
    if (!command.name.startsWith('gray ')) return
    const verb = command.name.replace('gray ', '')
    const purpose: Purpose = ['power', 'replay', 'aa'].includes(verb)
      ? 'past'
      : ['approve', 'reject'].includes(verb)
        ? 'vote'
        : 'command'
    const asked = ['plan', 'start', 'power', 'replay', 'aa'].includes(verb) ? 'release' : verb
    const read = (name: string): string =>
      name === 'command' ? (purpose === 'vote' ? 'status' : asked) : (command.values.get(name) ?? '')
    expect(loadGrayInputs(read, {}, new Secrets(), purpose).problems).toEqual([])
  })
})

describe('docs/gray-engine.md', () => {
  it.each(PHASES)('tells of the phase %s', (phase) => {
    expect(textOf('docs/gray-engine.md')).toContain(`\`${phase}\``)
  })
})
